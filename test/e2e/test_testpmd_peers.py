# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Debian's dpdk-testpmd with our plugin between two wires that end on the host:
every frame that goes in or comes out is looked at."""

import random
import time

import pytest
from conftest import boot
from frames import BROADCAST, ELSEWHERE, HOST, MULTICAST, frame, frames, mac, total
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether
from testpmd import Testpmd

from qemu_lab import MACS

LENGTHS = [60, 61, 62, 63, 64, 65, 127, 128, 255, 256, 1000, 1023, 1024, 1025, 1500,
           1513, 1514] * 30
QUIET = 0.5


@pytest.fixture(scope='module')
def lab():
    yield from boot('dgram', 'dgram')


@pytest.fixture(scope='module')
def pmd(lab):
    with Testpmd(lab, '--total-num-mbufs=8000') as pmd:
        yield pmd


@pytest.fixture(autouse=True)
def nothing_left_over(lab):
    for wire in lab.wires:
        wire.take(0, 0)


@pytest.fixture
def generating(lab):
    """What comes without being asked for; the emulator may hold thousands back."""
    yield
    for wire in lab.wires:
        while wire.take(1, 1):
            pass


def nothing_comes(wire):
    time.sleep(QUIET)
    return wire.take(0, 0) == []


@pytest.mark.parametrize('here, there', [(0, 1), (1, 0)])
def test_io_passes_frames_unchanged_and_counts_them_exactly(lab, pmd, here, there):
    pmd.forward('io')
    sent = frames(LENGTHS)
    lab.wires[here].send(*sent)
    assert lab.wires[there].take(len(sent)) == sent
    got, out = pmd.stats(here), pmd.stats(there)
    assert (got['RX-packets'], got['RX-bytes']) == (len(sent), total(sent))
    assert (out['TX-packets'], out['TX-bytes']) == (len(sent), total(sent))
    assert got['RX-missed'] == got['RX-errors'] == got['RX-nombuf'] == out['TX-errors'] == 0
    pmd('clear port stats all')
    assert set(pmd.stats(here).values()) == {0}


def test_mac_and_macswap_rewrite_addresses(lab, pmd):
    sent = frames(LENGTHS)
    for mode, addresses in (('mac', mac('02:00:00:00:00:01') + mac(MACS[1])),
                            ('macswap', HOST + ELSEWHERE)):
        pmd.forward(mode)
        lab.wires[0].send(*sent)
        assert lab.wires[1].take(len(sent)) == [addresses + one[12:] for one in sent]


def test_rxonly_counts_and_sends_nothing(lab, pmd):
    pmd.forward('rxonly')
    sent = frames(LENGTHS)
    lab.wires[0].send(*sent)
    stats = pmd.wait_stats(0, 'RX-packets', len(sent))
    assert (stats['RX-packets'], stats['RX-bytes']) == (len(sent), total(sent))
    assert nothing_comes(lab.wires[1])


def test_short_frames_are_padded_with_zeros(lab, pmd, generating):
    pmd('stop', 'set txpkts 42')
    pmd.forward('txonly', 'start')
    pmd.wait_stats(0, 'TX-packets', 100)
    pmd('stop', 'set txpkts 64')
    came = lab.wires[0].take(100)
    assert len(came) >= 100
    for one in came:
        assert len(one) == 60 and one[42:] == bytes(18)
    stats = pmd.stats(0)
    assert stats['TX-bytes'] == 60 * stats['TX-packets']


def test_txonly_sends_frames_of_several_segments(lab, pmd, generating):
    pmd('stop', 'set txpkts 64,100,200')
    pmd.forward('txonly')
    pmd.wait_stats(0, 'TX-packets', 100)
    pmd('stop', 'set txpkts 64')
    came = lab.wires[0].take(100)
    assert len(came) >= 100
    assert {len(one) for one in came} == {364}
    assert {Ether(one)[IP].len for one in came} == {350}


def test_flowgen_makes_valid_packets(lab, pmd, generating):
    pmd.forward('flowgen')
    pmd.wait_stats(0, 'TX-packets', 200)
    pmd('stop')
    came = lab.wires[0].take(200)
    assert len(came) >= 200
    for one in came[:200]:
        packet = Ether(one)
        checksum = packet[IP].chksum
        del packet[IP].chksum
        assert Ether(bytes(packet))[IP].chksum == checksum
        assert packet[UDP].len == len(one) - 34
    assert len({Ether(one)[IP].dst for one in came[:200]}) > 16


def test_icmpecho_answers_arp_and_ping(lab, pmd):
    pmd.forward('icmpecho')
    ask = Ether(src='02:00:00:00:00:01', dst='ff:ff:ff:ff:ff:ff') / ARP(
        hwsrc='02:00:00:00:00:01', psrc='192.0.2.1', pdst='192.0.2.2')
    lab.wires[0].send(bytes(ask))
    answer = Ether(lab.wires[0].take(1)[0])
    assert (answer[ARP].op, answer[ARP].psrc, answer[ARP].hwsrc) == (2, '192.0.2.2', MACS[0])
    for size in (0, 18, 500, 1472):
        ping = Ether(src='02:00:00:00:00:01', dst=MACS[0]) / IP(
            src='192.0.2.1', dst='192.0.2.2') / ICMP(id=1, seq=size) / random.randbytes(size)
        lab.wires[0].send(bytes(ping))
        pong = Ether(lab.wires[0].take(1)[0])
        assert pong[ICMP].type == 0 and pong[ICMP].seq == size
        assert bytes(pong[ICMP].payload)[:size] == bytes(ping[ICMP].payload)


def arrives(lab, number, dst):
    """Does the port take a frame to dst? (Port 1 sends on what port 0 takes.)"""
    last = frame(number + 1, dst=BROADCAST)
    lab.wires[0].send(frame(number, dst=dst), last)
    came = []
    while last not in came:
        more = lab.wires[1].take()
        assert more, 'not even the last one came'
        came += more
    return len(came) == 2


def test_address_filters(lab, pmd):
    own, other = mac(MACS[0]), mac('02:00:00:00:00:77')
    pmd.forward('io')
    assert arrives(lab, 10, other)
    pmd('set promisc 0 off')
    pmd.settle()
    assert [arrives(lab, n, dst) for n, dst in
            ((20, own), (30, other), (40, MULTICAST))] == [True, False, False]
    pmd('set allmulti 0 on')
    pmd.settle()
    assert [arrives(lab, n, dst) for n, dst in
            ((50, own), (60, other), (70, MULTICAST))] == [True, False, True]
    pmd('set allmulti 0 off', 'mac_addr set 0 02:00:00:00:00:77')
    pmd.settle()
    assert [arrives(lab, n, dst) for n, dst in
            ((80, own), (90, other), (100, MULTICAST))] == [False, True, False]
    # A restart must not forget them.
    pmd('stop', 'port stop all', 'port start all', 'set promisc 0 off', 'start')
    pmd.settle()
    assert [arrives(lab, n, dst) for n, dst in
            ((110, own), (120, other), (130, MULTICAST))] == [False, True, False]
    pmd(f'mac_addr set 0 {MACS[0]}', 'set promisc 0 on')
    pmd.settle()
    assert arrives(lab, 140, own) and arrives(lab, 150, other)


def test_link_state_follows_the_cable(lab, pmd):
    pmd.forward('io')
    for up in (False, True, False, True):
        lab.set_link(0, up)
        pmd.wait_link(0, 'up' if up else 'down')
    pmd.settle()
    sent = frames(LENGTHS)
    lab.wires[0].send(*sent)
    assert lab.wires[1].take(len(sent)) == sent


def test_stopped_port_receives_nothing_and_starts_clean(lab, pmd):
    pmd.forward('io')
    pmd('stop', 'port stop all', 'port start all', 'clear port stats all', 'start')
    pmd.settle()
    assert nothing_comes(lab.wires[1])
    sent = frames(LENGTHS)
    lab.wires[0].send(*sent)
    assert lab.wires[1].take(len(sent)) == sent


def test_jumbo_frames_in_chains_of_small_buffers(lab, pmd):
    """Runs after the others: it replaces their testpmd."""
    pmd.program.write('quit\n')
    pmd.program.wait(30)
    # The emulator drops a frame for which it finds too few buffers: a few at a time.
    sent = frames([60, 511, 512, 513, 1023, 1024, 1025, 1514, 4000, 8192, 9014])
    for mbuf_size in (640, 1152, 2176, 10240):
        # MTU 9000: 22 bytes of Ethernet and VLAN headers and FCS.
        options = f'--mbuf-size={mbuf_size} --max-pkt-len=9022 --total-num-mbufs=8000 ' \
            '--enable-scatter --tx-offloads=0x8000'
        with Testpmd(lab, options) as jumbo:
            jumbo('start')
            for _ in range(60):
                lab.wires[0].send(*sent)
                assert lab.wires[1].take(len(sent)) == sent, mbuf_size
            stats = jumbo.stats(0)
            assert (stats['RX-packets'], stats['RX-bytes']) == (60 * len(sent), 60 * total(sent))
