# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""What net_e1000_em gets wrong in this guest and ours must not: the rows marked "run" in
the table of doc/guides/nics/asm82545.rst. To see net_e1000_em fail them:

    ASM82545_DRIVER=em python3 -m pytest test/e2e/test_em_defects.py"""

import os
import re
import time

import pytest
from conftest import PLUGIN, boot
from frames import frame, mac, total
from testpmd import Testpmd

from qemu_lab import wait_until

EM = os.environ.get('ASM82545_DRIVER') == 'em'
GROUP = '01:00:5e:00:00:05'


@pytest.fixture(scope='module')
def lab():
    yield from boot('dgram', 'dgram')


@pytest.fixture(scope='module')
def pmd(lab):
    # Without legacy interrupts em has none at all: it asks for MSI-X.
    eal = '-l 0-1 --in-memory' + (' --vfio-intr=legacy' if EM else '')
    with Testpmd(lab, '--total-num-mbufs=8000 --rxd=64', eal, None if EM else PLUGIN) as pmd:
        yield pmd


@pytest.fixture(autouse=True)
def fresh(lab, pmd):
    """Each test leaves ports that run; nothing of it is left on the wires."""
    pmd.forward('io')
    pmd.wait_link(0, 'up')
    for wire in lab.wires:
        wire.take(0, 0)


def restart(pmd, *commands):
    text = pmd('stop', 'port stop all', *commands, 'set fwd io', 'port start all', 'start')
    pmd.settle()
    return text


def come(lab, sent):
    lab.wires[0].send(*sent)
    return lab.wires[1].take(len(sent), 20)


def test_vlan_tag_is_inserted_without_stripping(lab, pmd):
    restart(pmd, 'tx_vlan set 1 1234')
    pmd('stop', 'set fwd mac', 'start')
    sent = frame(1)
    try:
        # Behind the addresses, which testpmd changes.
        assert [one[12:] for one in come(lab, [sent])] == \
            [bytes.fromhex('810004d2') + sent[12:]]
    finally:
        restart(pmd, 'tx_vlan reset 1')


def test_bytes_are_those_of_the_frames(lab, pmd):
    sent = [frame(i, 100 + i) for i in range(10)]
    assert come(lab, sent) == sent
    assert pmd.stats(0)['RX-bytes'] == pmd.stats(1)['TX-bytes'] == total(sent)


def seen(stats):
    return stats['RX-packets'] + stats['RX-missed']


def test_missed_frames_are_counted_once(lab, pmd):
    """Frames of five buffers, and for the last of them one buffer is left."""
    restart(pmd, 'port config mtu 0 9000')
    pmd('stop', 'clear port stats all')
    try:
        lab.wires[0].send(*[frame(i, 9000) for i in range(64)])
        wait_until(lambda: seen(pmd.stats(0)) >= 64, 20, 'not all 64 frames are counted')
        missed = [pmd.stats(0)['RX-missed'] for _ in range(3)]
        assert missed[0] > 0
        assert missed == missed[:1] * 3
    finally:
        pmd('start')
        restart(pmd, 'port config mtu 0 1500')


def test_flow_control_survives_a_restart(pmd):
    def shown():
        text = pmd('show port 0 flow_ctrl')
        return text[text.index('FC mode'):text.index('***\ntestpmd')]

    pmd('set flow_ctrl rx on tx on 30000 20000 1000 1 mac_ctrl_frame_fwd on autoneg on 0')
    pmd.wait_link(0, 'up')
    before = shown()
    restart(pmd)
    try:
        assert shown() == before
    finally:
        pmd('set flow_ctrl rx on tx on 30000 20000 1664 1 mac_ctrl_frame_fwd off autoneg on 0')


def test_multicast_addresses_survive_a_restart(lab, pmd):
    pmd('set promisc 0 off', f'mcast_addr add 0 {GROUP}')
    pmd.settle()
    sent = [frame(1, dst=mac(GROUP))]
    try:
        assert come(lab, sent) == sent
        restart(pmd)
        pmd('set promisc 0 off')
        pmd.settle()
        assert come(lab, sent) == sent
    finally:
        pmd(f'mcast_addr remove 0 {GROUP}', 'set promisc 0 on')


def test_one_event_for_each_change_of_the_link(lab, pmd):
    def events():
        return pmd.program.output.count('Port 0: link state change event')

    before = events()
    for nb, up in enumerate((False, True), 1):
        lab.set_link(0, up)
        pmd.wait_link(0, 'up' if up else 'down')
        wait_until(lambda: events() - before >= nb, 20, f'{nb} events')
        time.sleep(1)  # for one too many
    assert events() - before == 2


def test_queues_are_those_of_the_chip(pmd):
    info = pmd.info(0)
    assert info['Max possible RX queues'] == info['Max possible TX queues'] == '1'


def test_frame_beyond_the_buffers_is_no_several_packets(lab, pmd):
    """An MTU that buffers cannot hold, while the port runs: refused or obeyed."""
    pmd('port config mtu 0 9000')
    try:
        pmd.settle()
        long, last = frame(1, 5000), frame(2)
        lab.wires[0].send(long, last)
        deadline = time.monotonic() + 20
        came = []
        while last not in came and time.monotonic() < deadline:
            came += lab.wires[1].take(1, 0.5)
        assert [one for one in came if one != long] == [last]
    finally:
        restart(pmd, 'port config mtu 0 1500')


def test_received_descriptors_are_counted_exactly(lab, pmd):
    pmd('stop')
    lab.wires[0].send(*[frame(i) for i in range(6)])
    pmd.wait_stats(0, 'RX-packets', 6)
    text = pmd('show port 0 rxq 0 desc used count')
    pmd('start')
    assert int(re.search(r'Used desc count = (\d+)', text)[1]) == 6, text


def test_sent_descriptors_are_seen_as_done(lab, pmd):
    """Frames of three descriptors each, which are sent at once in this emulator."""
    pmd('stop', 'set fwd txonly', 'set txpkts 64,64,64', 'start')
    pmd.wait_stats(1, 'TX-packets', 1000)
    pmd('stop')
    states = [pmd(f'show port 1 txq 0 desc {n} status') for n in range(0, 512, 37)]
    pmd('set txpkts 64', 'set fwd io', 'start')
    for wire in lab.wires:
        while wire.take(1, 1):
            pass
    assert [text for text in states if 'DONE' not in text] == []


def test_interrupts_bring_no_error_lines(pmd):
    assert 'Error enabling' not in pmd.program.output
