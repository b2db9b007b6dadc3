# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Access sides that are no 82545: net_virtio on QEMU's virtio-net-pci at one gateway, and
net_af_packet on an interface of the kernel at the other one (net_tap: test_real_machines.py)."""

from pathlib import Path

import pytest
from conftest import boot
from frames import frame, frames
from gateways import ACCESS, TRUNK, Gateways, kill_all

from qemu_lab import ADDRESSES, wait_until

HERE = Path(__file__).parent
TAG = bytes.fromhex('81006052')  # 802.1Q, priority 3, VLAN 82


def tagged(number, length):
    whole = frame(number, length - len(TAG))
    return whole[:12] + TAG + whole[12:]


BURST = 30
SENT = frames([60, 60, 61, 64, 100, 199, 200, 201, 1514] * 20) + \
    [tagged(number, length) for number in range(10) for length in (64, 104, 1518)]


@pytest.fixture(scope='module')
def lab():
    yield from boot('virtio:dgram', 'pair:1', 'none', 'pair:1', mem=2560, hugepages=400)


@pytest.fixture(scope='module')
def inner(lab):
    """The guest's kernel behind the second gateway: frames in and out as lines."""
    assert lab.run('modprobe veth && modprobe af_packet; '
                   'ip link add outer type veth peer name inner && '
                   'sysctl -qw net.ipv6.conf.inner.disable_ipv6=1 '
                   'net.ipv6.conf.outer.disable_ipv6=1; '
                   'ip link set outer up && ip link set inner up').status == 0
    program = lab.start([HERE / 'packet_socket.py', 'inner'])
    program.expect('ready\n')
    return program


@pytest.fixture(scope='module')
def gateways(lab, inner):
    virtio = ('-a', ADDRESSES[ACCESS[0]], '-a', ADDRESSES[TRUNK[0]])
    packet = ('-a', ADDRESSES[TRUNK[1]], '--vdev', 'net_af_packet0,iface=outer')
    pair = Gateways(lab, '--hold-us=1000', devices=(virtio, packet),
                    each=((), ('--access=1', '--trunk=0')))
    yield pair
    kill_all(lab)


def arrived(program, count):
    """The frames that the program has printed, as soon as there are so many."""
    def whole_lines():
        lines = program.output[program.seen:].rpartition('\n')[0].split()
        return lines if len(lines) >= count else None
    return [bytes.fromhex(line) for line in wait_until(whole_lines, 30, f'{count} frames')]


def test_frames_cross_between_virtio_and_af_packet(lab, gateways, inner):
    # What the kernel's socket has no room for waits in net_af_packet until more is sent.
    for begin in range(0, len(SENT), BURST):
        lab.wires[0].send(*SENT[begin:begin + BURST])
        assert arrived(inner, min(begin + BURST, len(SENT))) == SENT[:begin + BURST]
    inner.write(''.join(f'{one.hex()}\n' for one in SENT))
    assert lab.wires[0].take(len(SENT), 60) == SENT
    stats = gateways.stop()
    for here, there in (stats, stats[::-1]):
        assert here['assembler']['frames'] == there['disassembler']['frames'] > 0
        assert here['assembler']['bypassed']['large'] > 0
        assert sum(there['disassembler']['dropped'].values()) == 0
    assert [side['ports'][0]['driver'] for side in stats] == ['net_virtio', 'net_af_packet']
