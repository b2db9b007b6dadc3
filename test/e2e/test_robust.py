# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Programs that are killed, devices that are pulled out, users without privileges."""

import re
import signal
import time

import pytest
from conftest import PREFIX, TESTASM, boot
from testpmd import Testpmd

from qemu_lab import ADDRESSES, MACS, wait_until

HERE, PULLED = ADDRESSES[0], ADDRESSES[2]


@pytest.fixture(scope='module')
def vfio():
    # Linux 6.1 breaks when one device of an IOMMU group is pulled out and the program
    # that has the others ends: the one to be pulled out has a group of its own.
    yield from boot('pair:0', 'none', 'pair:0')


@pytest.fixture(scope='module')
def uio():
    yield from boot('pair:0', 'pair:0', bind='uio_pci_generic', iommu=False)


BOTH = f'-a {HERE} -a {PULLED}'


def free_hugepages(lab):
    return int(re.search(r'HugePages_Free: +(\d+)', lab.run('cat /proc/meminfo').output)[1])


def keep_frames_going(pmd):
    """Both ports forward to each other for as long as nobody stops them."""
    pmd.forward('io', 'start tx_first 8')
    for port in (0, 1):
        pmd.wait_stats(port, 'RX-packets', 1000)


def assert_sane(pmd):
    """Stopped: what one sent the other received."""
    pmd('stop')
    stats = pmd.wait_last()
    for sent, came in (stats, stats[::-1]):
        assert sent['TX-packets'] == came['RX-packets'] + came['RX-missed']
        assert sent['TX-bytes'] == 64 * sent['TX-packets']
        assert came['RX-bytes'] == 64 * came['RX-packets']
        assert sent['TX-errors'] == came['RX-errors'] == came['RX-nombuf'] == 0


def kill_under_traffic(lab, devices=''):
    eal = '-l 0-1 ' + devices
    free = set()
    for _ in range(3):
        # Files of hugepages stay behind: the next one must take them over.
        pmd = Testpmd(lab, '--total-num-mbufs=4000', eal=eal)
        free.add(free_hugepages(lab))
        for port in (0, 1):
            stats = pmd.stats(port)
            # What the dead one had sent may still come, of the 512 frames that went round.
            assert stats.pop('RX-packets') <= 512 and stats.pop('RX-bytes') <= 512 * 64
            assert not any(stats.values()), stats
        keep_frames_going(pmd)
        pmd.program.kill(signal.SIGKILL)
        assert pmd.program.wait().status == -signal.SIGKILL
    with Testpmd(lab, '--total-num-mbufs=4000', eal=eal) as pmd:
        free.add(free_hugepages(lab))
        keep_frames_going(pmd)
        assert_sane(pmd)
    assert len(free) == 1, free


def test_killed_and_started_again_with_vfio(vfio):
    kill_under_traffic(vfio, BOTH)


def test_killed_and_started_again_with_uio(uio):
    """Without an IOMMU nobody but the driver keeps a dead program's DMA from harm."""
    kill_under_traffic(uio)


# Ordinary users, by the steps of the guide

HUGE_DIR = '/mnt/huge'
AS_USER = 'prlimit --memlock={} setpriv --reuid=nobody --regid=nogroup --clear-groups ' \
    '--bounding-set=-all --inh-caps=-all --no-new-privs'


@pytest.fixture(scope='module')
def for_user(vfio):
    result = vfio.run(f'''set -e
        # The checkout may be below a directory that only root may enter.
        dir={PREFIX}; while [ $dir != / ]; do chmod o+rx $dir; dir=$(dirname $dir); done
        mkdir -p {HUGE_DIR}
        mount -t hugetlbfs -o uid=$(id -u nobody),mode=0700 hugetlbfs {HUGE_DIR}
        chown nobody /dev/vfio/[0-9]*''')
    assert result.status == 0, result.output
    return AS_USER.format('unlimited')


def test_testpmd_as_an_ordinary_user(vfio, for_user):
    with Testpmd(vfio, '--total-num-mbufs=4000', before=for_user,
                 eal=f'-l 0-1 --huge-dir {HUGE_DIR} --iova-mode=va {BOTH}') as pmd:
        status = vfio.run('cat /proc/$(pgrep -x dpdk-testpmd)/status').output
        assert re.search(r'^Uid:\t65534\t65534\t65534', status, re.M)
        assert re.search(r'^CapEff:\t0+$', status, re.M)
        assert pmd.info(0)['Driver name'] == 'net_asm82545'
        keep_frames_going(pmd)
        assert_sane(pmd)
    assert pmd.program.status == 0


def run_testasm(lab, before, eal):
    return lab.run(f'{before} {TESTASM} -l 0 {eal} -- --forward-mode=rxonly --duration=1')


def test_testasm_as_an_ordinary_user(vfio, for_user):
    result = run_testasm(vfio, for_user, f'--huge-dir {HUGE_DIR} {BOTH}')
    assert result.status == 0, result.output
    assert result.output.count('net_asm82545') >= 2 and 'forwarding started' in result.output


def test_locked_memory_below_the_hugepages_is_an_error(vfio, for_user):
    result = run_testasm(vfio, AS_USER.format(1 << 20), f'--huge-dir {HUGE_DIR} {BOTH}')
    assert result.status != 0
    assert 'DMA remapping failed, error 12 (Cannot allocate memory)' in result.output


def test_iova_mode_that_does_not_fit_is_an_error(uio):
    result = run_testasm(uio, '', '--in-memory --iova-mode=va')
    assert result.status != 0
    assert "Expecting 'PA' IOVA mode but current mode is 'VA'" in result.output


# Devices that are pulled out, the last tests of their guests

def plug_in(lab):
    """The same NIC, bound as before."""
    # QEMU knows the old one until the guest's kernel has let go of it.
    wait_until(lambda: 'Error' not in lab.monitor(
        f'device_add e1000-82545em,id=nic2,mac={MACS[2]},bus=pci1,addr=1,romfile=,netdev=net2'),
        60, 'QEMU does not take the device back')
    there = f'/sys/bus/pci/devices/{PULLED}'
    result = lab.run(f'''while [ ! -e {there} ]; do sleep 0.1; done
        echo vfio-pci >{there}/driver_override && echo {PULLED} >/sys/bus/pci/drivers_probe
        readlink {there}/driver | grep vfio-pci''')
    assert result.status == 0, result.output


def test_pulled_out_and_plugged_in_with_vfio(vfio):
    """VFIO asks the program to give the device up, before it is gone."""
    with Testpmd(vfio, '--hot-plug --total-num-mbufs=4000',
                 eal=f'-l 0-1 --in-memory {BOTH}') as pmd:
        for _ in range(2):
            keep_frames_going(pmd)
            vfio.monitor('device_del nic2')
            pmd.program.expect('Now total ports is 1')
            plug_in(vfio)
            assert 'Port 1 is attached' in pmd('stop', f'port attach {PULLED}')
            pmd('port start 1')
            pmd.settle()
        keep_frames_going(pmd)
        assert_sane(pmd)
        pmd('port stop all', 'port close all')
        assert pmd.mbufs_in_use(4000) == 0
    assert pmd.program.status == 0
    assert 'failed' not in pmd.program.output, pmd.program.output


def test_pulled_out_with_uio(uio):
    """The device is gone at once, and its registers with it: the driver tells."""
    with Testpmd(uio, '--total-num-mbufs=4000') as pmd:
        keep_frames_going(pmd)
        uio.monitor('device_del nic0')
        pmd.program.expect('Now total ports is 1')
        time.sleep(2)  # for one event too many
        pmd('stop', 'port stop all', 'port close all')
        assert pmd.mbufs_in_use(4000) == 0
    assert pmd.program.status == 0
    output = pmd.program.output
    assert output.count('device removal event') == 1
    assert 'the device is gone' in output and 'failed' not in output, output


def test_pulled_out_with_uio_and_hot_plug(uio):
    """EAL puts plain memory where the registers were."""
    with Testpmd(uio, '--hot-plug --total-num-mbufs=4000') as pmd:
        pmd('start')
        uio.monitor('device_del nic1')
        pmd.program.expect('Now total ports is 0')
        assert pmd.mbufs_in_use(4000) == 0
    assert pmd.program.status == 0
    assert 'failed' not in pmd.program.output, pmd.program.output
