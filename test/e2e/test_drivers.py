# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Which driver takes the device where net_e1000_em is there too; bound as the guide
says, in a machine without IOMMU, with pages of 1 GB."""

import os
import re
import subprocess

import pytest
from conftest import PLUGIN, PREFIX, ROOT, TESTASM, boot
from testpmd import Testpmd

from qemu_lab import ADDRESSES

OURS = ['port 0: net_asm82545', 'port 1: net_asm82545']


@pytest.fixture(scope='module')
def lab():
    yield from boot('hub:0', 'hub:0', bind='none', iommu=False, mem=4096, hugepages='1G')


@pytest.fixture(scope='module')
def bound(lab):
    """By the commands of the guide."""
    commands = 'modprobe uio_pci_generic && dpdk-devbind.py --bind=uio_pci_generic ' \
        + ' '.join(ADDRESSES[:2])
    result = lab.run(commands)
    assert result.status == 0, result.output


def output_of(*command, **environment):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, **environment}).stdout


def archives():
    """The static libraries in the order of a static DPDK build: drivers as listed."""
    listed = re.findall(r"^ +'(\w+)',", (PREFIX.parent / 'dpdk/drivers/net/meson.build').read_text(),
                        re.M)
    drivers = [PREFIX / f'lib/librte_net_{name}.a' for name in listed]
    others = [path for path in sorted(PREFIX.glob('lib/librte_*.a')) if path not in drivers]
    return [path for path in drivers if path.exists()] + others


@pytest.fixture(scope='session')
def static_program():
    """What `meson setup -Ddefault_library=static` links, without an hour of building."""
    program = ROOT / 'build/e2e/show-drivers'
    program.parent.mkdir(parents=True, exist_ok=True)
    flags = output_of('pkg-config', '--cflags', 'libdpdk',
                      PKG_CONFIG_PATH=f'{PREFIX}/lib/pkgconfig').split()
    needed = output_of('ldd', *PREFIX.glob('lib/librte_*.so'))
    system = sorted({path for path in re.findall(r'=> (/\S+)', needed) if 'librte_' not in path})
    subprocess.run(['cc', *flags, '-o', program, ROOT / 'test/e2e/show_drivers.c',
                    '-Wl,--whole-archive', *archives(), '-Wl,--no-whole-archive', *system],
                   check=True)
    assert 'librte_' not in output_of('ldd', program)
    symbols = output_of('nm', program)
    assert 'eth_em_' in symbols and 'asm82545_' in symbols
    return program


def test_devbind_shows_the_binding(lab, bound):
    lines = lab.run('dpdk-devbind.py --status-dev net').output.splitlines()
    for address in ADDRESSES[:2]:
        assert [line for line in lines if line.startswith(address)
                and 'drv=uio_pci_generic' in line]


def test_hugepages_of_1_gb_are_used(lab):
    assert '1Gb' in lab.run('dpdk-hugepages.py --show').output


def test_static_program(lab, bound, static_program):
    result = lab.run([static_program, '-l', '0'])
    assert result.status == 0, result.output
    assert [line for line in result.output.splitlines() if line.startswith('port')] == OURS


def test_testasm(lab, bound):
    program = lab.start([TESTASM, '-l', '0', '-a', ADDRESSES[0], '-a', ADDRESSES[1], '--',
                         '--forward-mode=rxonly', '--duration=1'])
    output = program.wait(60).output
    assert program.status == 0, output
    assert output.count('net_asm82545') >= 2 and 'net_e1000_em' not in output


def test_debians_programs_with_the_plugin(lab, bound):
    with Testpmd(lab) as pmd:
        assert "Selected IOVA mode 'PA'" in pmd.banner
        for port in (0, 1):
            assert pmd.info(port)['Driver name'] == 'net_asm82545'
        pmd.forward('io', 'start tx_first 8')
        for port in (0, 1):
            pmd.wait_stats(port, 'RX-packets', 1001)
        pmd('stop')
        stats = pmd.wait_last()
        for here, there in (stats, stats[::-1]):
            assert here['TX-packets'] == there['RX-packets'] > 1000


def test_em_takes_the_device_without_the_plugin(lab, bound):
    with Testpmd(lab, plugin=None) as pmd:
        assert pmd.info(0)['Driver name'] == 'net_e1000_em'


def test_plugin_carries_its_device_ids():
    """For dpdk-pmdinfo.py, and so for those who package the driver."""
    info = subprocess.run(['dpdk-pmdinfo.py', PLUGIN], stdout=subprocess.PIPE, text=True).stdout
    for device in ('100f', '1011', '1026', '1027', '1028'):
        assert f'8086:{device}' in info.lower() or f'"{device}"' in info.lower(), info
