# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""DPDK's own examples on our ports, between two wires that end on the host: what goes
in is compared with what comes out."""

import random
import signal
import struct
import time

import examples
import pytest
from conftest import boot
from frames import HOST, frame, frames, mac
from scapy.layers.inet import IP, UDP, defragment, fragment
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from qemu_lab import MACS, wait_until

ALONE = '-l 0 --in-memory'
SETTLE = 1.2  # the emulator's second without reception
LENGTHS = [60, 61, 127, 128, 1000, 1513, 1514] * 40


@pytest.fixture(scope='module', autouse=True)
def built():
    examples.build()


@pytest.fixture(scope='module')
def lab():
    yield from boot('dgram', 'dgram', mem=2560, hugepages=500)


@pytest.fixture
def run(lab):
    """Starts examples; ends them, and checks that no port was left in a bad way."""
    programs = []

    def start(name, *options, eal=ALONE, ready='entering main loop', settle=SETTLE):
        programs.append(examples.start(lab, name, eal, *options))
        programs[-1].expect(ready, 120)
        time.sleep(settle)
        return programs[-1]

    yield start
    for program in reversed(programs):
        if program.status is None:
            program.kill(signal.SIGINT)
            assert program.wait(60).status in (0, -signal.SIGINT), program.output[-2000:]
        for word in ('Segmentation', 'asm82545:', 'PANIC'):
            assert word not in program.output, program.output[-2000:]
    for wire in lab.wires:
        wire.take(0, 0)


def passed(lab, sent, here=0, there=1, nb=None):
    lab.wires[here].send(*sent)
    return lab.wires[there].take(len(sent) if nb is None else nb)


def assert_two_ways(lab, expected):
    """expected(frame, port): what port sends of a frame that the other received."""
    sent = frames(LENGTHS)
    for here, there in ((0, 1), (1, 0)):
        assert passed(lab, sent, here, there) == [expected(one, there) for one in sent]


def rewritten(one, port):
    """As l2fwd writes addresses: to 02:00:00:00:00:PORT, from the port's own."""
    return mac(f'02:00:00:00:00:{port:02x}') + mac(MACS[port]) + one[12:]


def unchanged(one, _):
    return one


def test_l2fwd(lab, run):
    run('l2fwd', '-p', '3', '-P', '-q', '2', '-T', '0')
    assert_two_ways(lab, rewritten)


def test_rxtx_callbacks(lab, run):
    run('rxtx_callbacks', ready='forwarding packets')
    assert_two_ways(lab, unchanged)


def test_link_status_interrupt(lab, run):
    program = run('link_status_interrupt', '-p', '3', '-q', '2', '-T', '0')
    assert_two_ways(lab, rewritten)
    before = program.output.count('LSC interrupt')
    for n, up in enumerate((False, True, False, True)):
        lab.set_link(0, up)
        program.expect('Port 0 Link ' + ('up' if up else 'down'))
        time.sleep(0.7)  # as the emulator's negotiation takes: for one too many
        assert program.output.count('LSC interrupt') - before == n + 1
    time.sleep(SETTLE)
    assert_two_ways(lab, rewritten)


def routed(number, dst, size=100):
    head = Ether(src=HOST, dst=MACS[0])
    data = UDP(sport=number, dport=9) / random.Random(number).randbytes(size)
    if ':' in dst:
        return bytes(head / IPv6(src='2001:db8::1', dst=dst, hlim=64) / data)
    return bytes(head / IP(src='192.0.2.1', dst=dst, ttl=64, id=number) / data)


def hop(one, port):
    """What l3fwd makes of it; it leaves the hop limit of IPv6 as it is."""
    packet = Ether(one)
    packet.dst, packet.src = f'02:00:00:00:00:{port:02x}', MACS[port]
    if IP in packet:
        packet[IP].ttl -= 1
        del packet[IP].chksum
    return bytes(packet)


def test_l3fwd(lab, run):
    run('l3fwd', '-p', '3', '-P', '--config=(0,0,0),(1,0,0)', '--parse-ptype')
    for port, targets in ((1, ('198.18.1.5', '2001:200:0:1::5')), (0, ('198.18.0.9',))):
        sent = [routed(i, dst, size) for dst in targets for i, size in enumerate([18, 19, 700, 1400] * 8)]
        came = passed(lab, sent, 0, port)
        assert sorted(came) == sorted(hop(one, port) for one in sent)


def test_l3fwd_power_wakes_for_each_packet(lab, run):
    """It sleeps on the receive interrupt between two packets."""
    run('l3fwd-power', '-p', '3', '-P', '--config=(0,0,0),(1,0,0)', '--interrupt-only',
        '--parse-ptype', ready='entering main interrupt loop')
    for i in range(100):
        sent = [routed(i, '2.1.1.7')]
        assert [one[12:] for one in passed(lab, sent)] == [hop(one, 1)[12:] for one in sent], i
    sent = [routed(i, '2.1.1.7') for i in range(300)]
    assert len(passed(lab, sent)) == len(sent)


def payloads(packets):
    return [(packet[IP].id, bytes(packet[IP].payload)) for packet in packets]


def big_packets():
    return [Ether(src=HOST, dst=MACS[0]) /
            IP(src='192.0.2.1', dst='100.20.0.7', id=100 + i, ttl=64) /
            UDP(sport=i, dport=9) / random.Random(i).randbytes(size)
            for i, size in enumerate([100, 1480, 1600, 3000, 5000, 8900])]


def test_ip_fragmentation(lab, run):
    run('ip_fragmentation', '-p', '3', '-q', '2')
    sent = big_packets()
    parts = sum(-(-len(one[IP].payload) // 1480) for one in sent)
    for _ in range(5):
        came = passed(lab, [bytes(one) for one in sent], nb=parts)
        assert len(came) == parts and max(map(len, came)) == 1514
        for raw in came:
            packet = Ether(raw)
            del packet[IP].chksum
            assert bytes(packet) == raw
        whole = defragment([Ether(raw) for raw in came])
        assert payloads(whole) == payloads(sent)


def test_ip_reassembly(lab, run):
    run('ip_reassembly', '-p', '3', '-q', '2', '--maxflows=64', '--flowttl=600s')
    sent = big_packets()
    for _ in range(5):
        parts = [part for one in sent for part in fragment(one, fragsize=1200)]
        came = passed(lab, [bytes(part) for part in parts], nb=len(sent))
        assert payloads(map(Ether, came)) == payloads(sent)
        for raw in came:
            packet = Ether(raw)
            del packet[IP].chksum
            assert bytes(packet) == raw


def test_a_server_receives_and_its_client_sends(lab, run):
    """multi_process/client_server_mp: the client is a secondary process."""
    run('mp_server', '-p', '3', '-n', '1', eal='-l 0', ready='Finished Process Init', settle=0)
    run('mp_client', '-n', '0', eal='-l 1 --proc-type=secondary', ready='handling packets')
    # The ring between the two has 128 slots, and the server drops what does not fit.
    sent = frames(LENGTHS)
    for here, there in ((0, 1), (1, 0)):
        for i in range(0, len(sent), 40):
            assert passed(lab, sent[i:i + 40], here, there) == sent[i:i + 40]


def test_symmetric_processes_are_as_many_as_queues(lab, run):
    """multi_process/symmetric_mp: each process has a queue of its own; so one of them works."""
    run('symmetric_mp', '-p', '3', '--num-procs=1', '--proc-id=0', eal='-l 0',
        ready='using queue 0 of each port')
    sent = frames(LENGTHS)
    assert passed(lab, sent) == sent
    assert passed(lab, sent, 1, 0) == sent


def test_two_symmetric_processes_are_refused(lab):
    program = examples.start(lab, 'symmetric_mp', ALONE, '-p', '3', '--num-procs=2', '--proc-id=0')
    result = program.wait(60)
    assert result.status != 0 and 'nb_rx_queues=2 > 1' in result.output, result.output


def test_words_of_simple_processes(run):
    """multi_process/simple_mp: no port, rings and a pool of the primary."""
    primary = run('simple_mp', eal='-l 0-1 --no-pci', ready='Finished Process Init', settle=0)
    secondary = run('simple_mp', eal='-l 0-1 --no-pci --proc-type=secondary',
                    ready='Finished Process Init', settle=0)
    for here, there, word in ((secondary, primary, 'hello'), (primary, secondary, 'goodbye')):
        here.write(f'send {word}\n')
        there.expect(f"Received '{word}'", 30)
    for program in (secondary, primary):
        program.write('quit\n')
        assert program.wait(30).status == 0


def test_ethtool(lab, run):
    program = run('ethtool', eal='-l 0-1 --in-memory', ready='EthApp> ')

    def ask(command):
        program.write(command + '\n')
        return program.expect('EthApp> ')

    def returned(*sent):
        """Each frame goes back to its sender."""
        lab.wires[0].send(*sent)
        return lab.wires[0].take(len(sent)) == [
            one[6:12] + mac(own) + one[12:] for one in sent]

    own = MACS[0]
    text = ask('drvinfo')
    assert text.count('net_asm82545') == 2 and 'firmware-version: 0x' in text
    assert 'Port 0: Up' in ask('link')
    for up, text in ((False, 'Port 0: Down'), (True, 'Port 0: Up')):
        lab.set_link(0, up)
        wait_until(lambda: text in ask('link'), 20, text, 0.1)
    assert returned(*frames(LENGTHS, dst=mac(own)))
    assert f'In: {len(LENGTHS)} ({sum(LENGTHS)} bytes)' in ask('portstats 0')
    ask('ringparam 0 256 512')
    text = ask('ringparam 0')
    assert 'Rx Pending: 512 (4096 max)' in text and 'Tx Pending: 256 (4096 max)' in text
    time.sleep(SETTLE)
    assert returned(frame(1, dst=mac(own)))
    ask('pause 0 rx autoneg off')
    assert 'Rx pause: on\nTx pause: off\nAutoneg: off' in ask('pause 0').replace('\r', '')
    assert 'MTU set to 1400' in ask('mtu 0 1400')
    own = '02:00:00:00:00:42'
    ask(f'macaddr 0 {own}')
    assert own in ask('macaddr 0')
    ask('regs 0 /lab/regs')
    ask('eeprom 0 /lab/eeprom')
    regs = (lab.dir / 'regs').read_bytes()
    assert len(regs) > 4 * 40 and regs[0] & 0x40  # CTRL.SLU
    eeprom = (lab.dir / 'eeprom').read_bytes()
    assert len(eeprom) == 128 and eeprom[:6] == mac(MACS[0])
    assert sum(struct.unpack('<64H', eeprom)) & 0xFFFF == 0xBABA
    ask('vlan 0 add 5')
    ask('vlan 0 del 5')
    ask('stop 0')
    ask('open 0')
    time.sleep(SETTLE)
    assert returned(frame(2, dst=mac(own)))
    program.write('quit\n')
    assert program.wait(30).status == 0
