# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The systemd unit, set up as the guide says and run by Debian's systemd: process 1 of a
process namespace of the guest, with the journal and the few targets that it needs."""

import json
import re

import pytest
import wire_format
from conftest import PREFIX, ROOT, boot
from frames import frames

from qemu_lab import wait_until

HUGEPAGES = 256
TARGETS = ['sysinit.target', 'basic.target', 'multi-user.target', 'network.target',
           'shutdown.target', 'systemd-journald.service', 'systemd-journald.socket']

# What was built stands in for what "meson install" puts into /usr/local. EAL looks for the
# plugins of mempools where they were built, which the unit hides: -d names the one it needs.
INSTALL = f"""set -e
mount --bind {PREFIX} /usr/local
mount -t tmpfs units /etc/systemd/system
cd {ROOT}
useradd --system --no-create-home testasm
cp app/testasm/dpdk-testasm.service /etc/systemd/system/
cp app/testasm/dpdk-testasm.conf /etc/
sed -i 's/^#peer/peer/; s/^#interrupt/interrupt/; s/^hold-us.*/hold-us = 100000/' /etc/dpdk-testasm.conf
echo 'EAL_OPTIONS=-l 0 -a 0000:02:01.0 -a 0000:02:02.0 -d /usr/local/lib/librte_mempool_ring.so' \
    > /etc/default/dpdk-testasm
umount /dev/hugepages
dpdk-hugepages.py --setup {2 * HUGEPAGES}M --user $(id -u testasm)
chown testasm /dev/vfio/[0-9]*
"""

SYSTEMD = f"""set -e
cd /etc/systemd/system
for unit in {' '.join(TARGETS)}; do ln -s /lib/systemd/system/$unit .; done
mkdir sysinit.target.wants
ln -s ../systemd-journald.service sysinit.target.wants/
mount -t cgroup2 cgroup2 /sys/fs/cgroup
export container=lab SYSTEMD_UNIT_PATH=$PWD SYSTEMD_GENERATOR_PATH=/none
exec unshare --pid --mount --ipc --uts --cgroup --fork --mount-proc --propagation shared \
    /lib/systemd/systemd --unit=multi-user.target
"""
INSIDE = 'nsenter --all --target $(pgrep -xo systemd) '


class Service:
    """dpdk-testasm.service, and the systemd that runs it."""

    def __init__(self, lab):
        self.lab = lab
        result = lab.run(INSTALL)
        assert result.status == 0, result.output
        self.systemd = lab.start(SYSTEMD)
        wait_until(self.enabled, 60, 'systemd does not come up')
        self.journal = lab.start(INSIDE + 'journalctl -f -n all -o cat -u dpdk-testasm')

    def enabled(self):
        """As soon as systemd listens."""
        assert self.systemd.status is None, self.systemd.output
        return self.lab.run(INSIDE + 'systemctl enable --now dpdk-testasm').status == 0

    def run(self, command):
        result = self.lab.run(INSIDE + command)
        assert result.status == 0, result.output
        return result.output


@pytest.fixture(scope='module')
def lab():
    yield from boot('dgram', 'dgram', hugepages=HUGEPAGES)


@pytest.fixture(scope='module')
def service(lab):
    return Service(lab)


def forwards(lab, service):
    """What comes in at the access side leaves on the trunk, assembled or not."""
    service.journal.expect('forwarding started')
    sent = frames([60] * 5)
    lab.wires[0].send(*sent)
    came = []
    while len(came) < len(sent):
        news = lab.wires[1].take(1, 60)
        assert news, f'{len(came)} of {len(sent)} frames came'
        for frame in news:
            try:
                came += wire_format.decode(frame)[1]
            except wire_format.NotAssembled:
                came.append(frame)
    assert came == sent


# Even root is refused another device there.
LOOK = """sh -c '
proc=/proc/$(systemctl show --value --property MainPID dpdk-testasm)
id -u testasm; cat $proc/status $proc/mountinfo
: </dev/mem || exit
echo $$ >/sys/fs/cgroup/system.slice/dpdk-testasm.service/cgroup.procs
echo confined; : </dev/mem'"""


def check_hardening(lab):
    seen = lab.run(INSIDE + LOOK).output
    user = seen.split()[0]
    assert re.search(rf'^Uid:\t{user}\t{user}\t{user}\t{user}$', seen, re.M), seen
    for name, value in (('CapEff', '0' * 16), ('CapBnd', '0' * 16), ('NoNewPrivs', '1'),
                        ('Seccomp', '2')):
        assert re.search(rf'^{name}:\t{value}$', seen, re.M), name
    for where, how in (('/', 'ro'), ('/sys', 'ro'), ('/dev/hugepages', 'rw')):
        assert re.search(rf' {where} {how},', seen), where
    assert re.search(r'/inaccessible/dir /root ', seen)
    assert re.search(r'^confined\n.*/dev/mem: Operation not permitted$', seen, re.M)


def telemetry(service):
    """As the guide asks it."""
    out = service.run("sh -c 'echo /assembler/stats,testasm | RUNTIME_DIRECTORY="
                      "/run/dpdk-testasm dpdk-telemetry.py -f testasm'")
    return json.loads(out.splitlines()[-1])['/assembler/stats']


def test_starts_is_hardened_comes_back_and_stops(lab, service):
    forwards(lab, service)
    check_hardening(lab)
    counted = telemetry(service)
    assert counted['packets'] + sum(counted['bypassed'].values()) == 5

    service.run('systemctl kill --signal=KILL dpdk-testasm')
    service.journal.expect('status=9/KILL')
    forwards(lab, service)

    service.run('systemctl stop dpdk-testasm')
    service.journal.expect('RX-packets: 5 ')
    service.journal.expect('mbufs in use: 0 of 8192')
    end = service.run('systemctl show -p ActiveState -p Result -p ExecMainCode '
                      '-p ExecMainStatus -p NRestarts dpdk-testasm')
    # Code 1: it ended of itself.
    assert set(end.split()) == {'ActiveState=inactive', 'Result=success', 'ExecMainCode=1',
                                'ExecMainStatus=0', 'NRestarts=1'}
    left = lab.run('pgrep -x dpdk-testasm; ls -A /dev/hugepages; ls -d /run/dpdk-testasm 2>&-; '
                   'cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages')
    assert left.output == f'{HUGEPAGES}\n'
