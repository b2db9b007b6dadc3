# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""What the driver offers beyond passing frames, by Debian's dpdk-testpmd between two
wires that end on the host: port 0 receives, port 1 sends what it is asked to."""

import random
import re
import time

import pytest
from conftest import boot
from frames import BROADCAST, ELSEWHERE, HOST, MULTICAST, frame, mac, total
from scapy.layers.inet import IP, TCP, UDP, IPOption_Router_Alert
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from testpmd import Testpmd

from qemu_lab import MACS, wait_until

MULTI_SEGS = '--tx-offloads=0x8000'
MSS = 800


@pytest.fixture(scope='module')
def lab():
    yield from boot('dgram', 'dgram')


@pytest.fixture(scope='module')
def pmd(lab):
    # Not --in-memory: other processes attach to it.
    with Testpmd(lab, f'--total-num-mbufs=8000 {MULTI_SEGS}', eal='-l 0-1') as pmd:
        yield pmd


@pytest.fixture(autouse=True)
def nothing_left_over(lab):
    for wire in lab.wires:
        wire.take(0, 0)


def while_stopped(pmd, *commands, start='start'):
    text = pmd('stop', 'port stop all', *commands, 'port start all', start)
    pmd.settle()
    return text


def passed(lab, sent, here=0, there=1, more=0):
    """What comes out of a port when these went into the other."""
    lab.wires[here].send(*sent)
    return lab.wires[there].take(len(sent) + more)


def xstats(pmd, port):
    text = pmd(f'show port xstats {port}')
    return {name: int(value) for name, value in re.findall(r'(\w+): (\d+)', text)}


# Checksums and segmentation: testpmd puts its own addresses in, hence [12:].

CHECKSUMS = [f'csum set {what} hw 1' for what in ('ip', 'udp', 'tcp')]


def right(packet):
    """The bytes of a packet with its checksums made anew."""
    packet = Ether(bytes(packet))
    for layer in (IP, TCP, UDP):
        if layer in packet and not (layer is UDP and packet[UDP].chksum == 0):
            del packet[layer].chksum
    return bytes(packet)


def l3_heads():
    eth = Ether(src=HOST, dst=ELSEWHERE)
    v4, v6 = dict(src='192.0.2.1', dst='198.51.100.7'), dict(src='2001:db8::1', dst='2001:db8::9')
    yield eth / IP(chksum=0xDEAD, **v4)
    yield eth / IP(chksum=0, options=[IPOption_Router_Alert()] * 3, **v4)
    yield eth / IPv6(**v6)
    yield eth / Dot1Q(vlan=7) / IP(chksum=0xBEEF, **v4)


def checksum_frames():
    lengths = (18, 19, 64, 101, 1000, 1399)
    for i, size in enumerate(lengths):
        data = random.Random(i).randbytes(size)
        for head in l3_heads():
            yield head / TCP(sport=1000 + i, dport=9, chksum=i * 0x1111) / data
            yield head / UDP(sport=1000 + i, dport=9, chksum=0x1234) / data
            if IP in head:
                yield head / UDP(sport=1000 + i, dport=9, chksum=0) / data


def assert_checksums(lab):
    sent = [bytes(one) for one in checksum_frames()]
    came = passed(lab, sent)
    assert [one[12:] for one in came] == [right(one)[12:] for one in sent]


def test_checksums(lab, pmd):
    text = while_stopped(pmd, *CHECKSUMS, 'set fwd csum')
    for what in ('IP', 'UDP', 'TCP'):
        assert f'{what} checksum offload is hw' in text
    assert_checksums(lab)


def test_checksums_of_frames_of_many_segments(lab, pmd):
    # Ethernet, VLAN, IP options and TCP fit into the first one.
    pmd('stop', 'set txpkts 80,1,77', 'set txsplit rand', 'start')
    for _ in range(4):
        assert_checksums(lab)
    pmd('stop', 'set txpkts 64', 'set txsplit off', 'start')


def tso_packet(sport, size, vlan=None):
    eth = Ether(src=HOST, dst=ELSEWHERE)
    if vlan:
        eth /= Dot1Q(vlan=vlan)
    return eth / IP(src='192.0.2.1', dst='198.51.100.7', id=100 * sport & 0xFFFF, chksum=1) / TCP(
        sport=sport, dport=9, seq=sport << 12, flags='PAF', chksum=2) / \
        random.Random(sport).randbytes(size)


def assert_segments(packet, came):
    """The frames that the chip made of a packet."""
    data, size = bytes(packet[TCP].payload), len(packet[TCP].payload)
    got = b''
    nb = -(-size // MSS)
    assert len(came) == nb or (len(came) == nb + 1 and size % MSS == 0)
    for i, raw in enumerate(came):
        segment = Ether(raw)
        assert right(segment) == raw
        assert segment[IP].id == (packet[IP].id + i) & 0xFFFF
        assert segment[TCP].seq == packet[TCP].seq + len(got)
        payload = bytes(segment[TCP].payload)[:segment[IP].len - 40]
        got += payload
        assert segment[TCP].flags == ('PAF' if len(got) == size else 'A')
    assert got == data


def assert_mixture(lab, sizes):
    """Segmented packets, others with checksums, and such with neither, in turn."""
    plain = [frame(i, 100 + i) for i in range(len(sizes))]
    short = [bytes(one) for one in checksum_frames() if len(one) < MSS][:len(sizes)]
    long = [tso_packet(2000 + i, size) for i, size in enumerate(sizes)]
    # The emulator sends a frame without data behind a whole number of segments.
    sent, segments = [], sum(size % MSS == 0 for size in sizes)
    for i, size in enumerate(sizes):
        sent += [bytes(long[i]), plain[i], bytes(short[i])]
        segments += max(0, -(-size // MSS) - 1)
    came = passed(lab, sent, more=segments)
    by_port = {}
    others = []
    for raw in came:
        packet = Ether(raw)
        if TCP in packet and packet[TCP].sport >= 2000:
            by_port.setdefault(packet[TCP].sport, []).append(raw)
        else:
            others.append(raw[12:])
    for packet in long:
        assert_segments(packet, by_port[packet[TCP].sport])
    assert others == [right(one)[12:] if one in short else one[12:]
                      for pair in zip(plain, short) for one in pair]


def test_segmentation_mixed_with_others(lab, pmd):
    while_stopped(pmd, f'tso set {MSS} 1', 'clear port xstats all')
    sizes = [MSS + 1, MSS + 4, MSS + 5, 1000, 1459, 1460] * 2
    assert_mixture(lab, sizes)
    assert xstats(pmd, 1)['tx_tso_contexts'] == len(sizes)


def test_segmentation_of_frames_of_many_segments(lab, pmd):
    pmd('stop', 'set txpkts 80,3,401,2', 'set txsplit on', 'start')
    assert_mixture(lab, [MSS + 1, MSS + 4, MSS + 5, 1000, 1459, 1460])
    pmd('stop', 'set txpkts 64', 'set txsplit off', 'start')


# VLAN

def tagged(number, vid, length=100, tpid=0x8100):
    one = frame(number, length)
    return one[:12] + tpid.to_bytes(2, 'big') + vid.to_bytes(2, 'big') + one[12:]


def untagged(one):
    return one[:12] + one[16:]


def test_vlan_insertion(lab, pmd):
    while_stopped(pmd, 'tso set 0 1', 'tx_vlan set 1 1234', 'set fwd mac')
    sent = [frame(i, length) for i, length in enumerate([60, 61, 64, 1000, 1510])]
    want = [tagged(i, 1234, len(one))[12:] for i, one in enumerate(sent)]
    assert [one[12:] for one in passed(lab, sent)] == want
    # Port 1 does not strip: what comes in with a tag is given with it.
    sent = [tagged(i, 77, length) for i, length in enumerate([60, 64, 1000, 1514])]
    assert [one[12:] for one in passed(lab, sent, 1, 0)] == [one[12:] for one in sent]
    pmd('vlan set strip on 1')
    want = [untagged(one)[12:] for one in sent]
    assert [one[12:] for one in passed(lab, sent, 1, 0)] == want
    sent = [frame(i, 100) for i in range(3)]
    want = [tagged(i, 1234)[12:] for i in range(3)]
    assert [one[12:] for one in passed(lab, sent)] == want
    while_stopped(pmd, 'tx_vlan reset 1', 'vlan set strip off 1', 'set fwd io')
    assert passed(lab, sent) == sent


def test_vlan_strip_at_run_time(lab, pmd):
    sent = [tagged(i, 77) for i in range(8)] + [frame(9)]
    for _ in range(2):
        pmd('vlan set strip on 0')
        assert passed(lab, sent) == [untagged(one) for one in sent[:-1]] + sent[-1:]
        pmd('vlan set strip off 0')
        assert passed(lab, sent) == sent


def test_vlan_filter(lab, pmd):
    pmd('vlan set filter on 0', 'rx_vlan add 5 0', 'rx_vlan add 4095 0', 'rx_vlan add 32 0')
    pmd.settle()
    sent = {vid: tagged(vid, vid) for vid in (0, 5, 31, 32, 33, 4094, 4095)}
    last = frame(9)
    assert passed(lab, [*sent.values(), last], more=-4) == \
        [sent[5], sent[32], sent[4095], last]
    pmd('rx_vlan rm 5 0')
    assert passed(lab, [*sent.values(), last], more=-5) == [sent[32], sent[4095], last]
    pmd('vlan set filter off 0')
    pmd.settle()
    assert passed(lab, [*sent.values(), last]) == [*sent.values(), last]


def test_outer_tpid(lab, pmd):
    pmd('vlan set strip on 0', 'vlan set outer tpid 0x88A8 0')
    sent = [tagged(1, 5, tpid=0x88A8), tagged(2, 5)]
    assert passed(lab, sent) == [untagged(sent[0]), sent[1]]
    pmd('vlan set outer tpid 0x8100 0')
    assert passed(lab, sent) == [sent[0], untagged(sent[1])]
    assert 'fail' in pmd('vlan set inner tpid 0x88A8 0').lower()
    pmd('vlan set strip off 0')


def test_received_flags(lab, pmd):
    pmd('vlan set strip on 0', 'set verbose 1', 'set fwd rxonly')
    pmd('stop', 'start')
    lab.wires[0].send(*[bytes(tso_packet(1, 100, vlan)) for vlan in (5, None)])
    for vlan in (True, False):
        text = pmd.program.expect('ol_flags') + pmd.program.expect('\n')
        assert ('VLAN tci=0x5' in text) == vlan
        assert ('RTE_MBUF_F_RX_VLAN_STRIPPED' in text) == vlan
        assert 'RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN' in text
        assert 'RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN' in text
        assert 'sw ptype: L2_ETHER L3_IPV4 L4_TCP' in text
    pmd('stop', 'set verbose 0', 'vlan set strip off 0', 'set fwd io', 'start')


# Addresses

def address(last):
    return f'02:00:00:00:01:{last:02x}'


def arriving(lab, macs):
    """Which of these addresses port 0 takes; one that it must take is first and last."""
    sent = [frame(i, dst=mac(text)) for i, text in enumerate([MACS[0], *macs, MACS[0]])]
    lab.wires[0].send(*sent)
    came = []
    while sent[-1] not in came:
        more = lab.wires[1].take()
        assert more, 'not even the last one came'
        came += more
    return [text for text, one in zip(macs, sent[1:]) if one in came]


ADDED = [address(i) for i in range(20)]
GROUPS = ['01:00:5e:00:00:05', '33:33:00:00:00:01']
OTHERS = [address(99), '01:00:5e:00:00:77']


def test_addresses(lab, pmd):
    pmd('set fwd io', 'set promisc 0 off', *[f'mac_addr add 0 {one}' for one in ADDED],
        *[f'mcast_addr add 0 {one}' for one in GROUPS])
    pmd.settle()
    everything = ADDED + GROUPS + OTHERS
    for _ in range(2):
        assert arriving(lab, everything) == ADDED + GROUPS
        # A restart must not forget them; testpmd makes ports promiscuous again.
        while_stopped(pmd)
        pmd('set promisc 0 off')
        pmd.settle()
    # One of the sixteen that the chip compares, one beyond.
    pmd(f'mac_addr remove 0 {ADDED[3]}', f'mac_addr remove 0 {ADDED[18]}',
        f'mcast_addr remove 0 {GROUPS[0]}')
    left = [one for one in ADDED if one not in (ADDED[3], ADDED[18])]
    assert arriving(lab, everything) == left + GROUPS[1:]
    pmd('set allmulti 0 on')
    pmd.settle()
    assert arriving(lab, everything) == left + GROUPS + OTHERS[1:]
    pmd('set allmulti 0 off', *[f'mac_addr remove 0 {one}' for one in left],
        f'mcast_addr remove 0 {GROUPS[1]}')
    pmd.settle()
    assert arriving(lab, everything) == []
    pmd('set promisc 0 on')
    pmd.settle()
    assert arriving(lab, everything) == everything


# Link

def test_one_event_for_each_change_of_the_link(lab, pmd):
    def events():
        return pmd.program.output.count('Port 0: link state change event')

    while_stopped(pmd, 'set fwd io')
    pmd.wait_link(0, 'up')
    time.sleep(1)
    before = events()
    for n in range(1, 41):
        lab.set_link(0, n % 2 == 0)
        wait_until(lambda: events() - before >= n, 20, f'{n} events')
        if n % 10 == 0:
            pmd.wait_link(0, 'up')
            sent = [frame(n)]
            assert passed(lab, sent) == sent
    time.sleep(1.5)  # for one more look at the link
    assert events() - before == n


def test_link_down_and_up_by_command(lab, pmd):
    pmd('set link-down port 0')
    pmd.wait_link(0, 'down')
    while_stopped(pmd)
    assert pmd.info(0)['Link status'] == 'down'
    pmd('set link-up port 0')
    pmd.wait_link(0, 'up')
    pmd.settle()
    sent = [frame(i) for i in range(50)]
    assert passed(lab, sent) == sent


def test_speeds(lab, pmd):
    for speed, duplex in (('100', 'full'), ('10', 'half'), ('auto', 'auto')):
        while_stopped(pmd, f'port config 0 speed {speed} duplex {duplex}')
        pmd.wait_link(0, 'up')
        sent = [frame(1)]
        assert passed(lab, sent) == sent
    text = while_stopped(pmd, 'port config 0 speed 10000 duplex full')
    assert 'give 10, 100, 1000 Mb/s' in text
    while_stopped(pmd, 'port config 0 speed auto duplex auto')
    pmd.wait_link(0, 'up')


def test_flow_control_survives_a_restart(pmd):
    pmd('set flow_ctrl rx on tx off 30000 20000 1000 1 mac_ctrl_frame_fwd on autoneg off 0')
    pmd.settle()
    text = pmd('show port 0 flow_ctrl')
    while_stopped(pmd)
    pmd.wait_link(0, 'up')
    assert pmd('show port 0 flow_ctrl') == text
    for value in ('0x7530', '0x4e20', '0x3e8', 'Rx pause: on', 'Tx pause: off'):
        assert value in text, text
    assert 'multiples of 8' in \
        pmd('set flow_ctrl rx on tx on 20000 30000 1000 1 mac_ctrl_frame_fwd off autoneg on 0')
    pmd('set flow_ctrl rx on tx on 30000 20000 1664 1 mac_ctrl_frame_fwd off autoneg on 0')


def test_loopback(lab, pmd):
    """What port 0 sends comes back to it: a frame into port 1 comes out of port 1."""
    while_stopped(pmd, 'port config 0 loopback 1', 'set fwd io')
    pmd.wait_link(0, 'up')
    sent = [frame(i, 60 + i) for i in range(100)]
    assert passed(lab, sent, 1, 1) == sent
    assert lab.wires[0].take(0, 0) == []
    while_stopped(pmd, 'port config 0 loopback 0')
    pmd.wait_link(0, 'up')
    assert passed(lab, sent, 1, 0) == sent


def test_mtu_of_a_running_port(lab, pmd):
    sent = [frame(i, length) for i, length in enumerate([1413, 1414, 1415, 1514, 60])]
    pmd('clear port stats 0', 'port config mtu 0 1400')
    pmd.settle()
    assert passed(lab, sent, more=-2) == [sent[0], sent[1], sent[4]]
    assert pmd.stats(0)['RX-errors'] == 2
    pmd('port config mtu 0 16111')
    assert pmd.info(0)['MTU'] == '1400'
    pmd('port config mtu 0 1500')
    pmd.settle()
    assert passed(lab, sent) == sent


# Queues and statistics

def test_queues_stop_and_start_under_traffic(lab, pmd):
    sent = [frame(i, 64 + i) for i in range(300)]
    for port, queue in ((0, 'rxq'), (1, 'txq')):
        lab.wires[0].send(*sent)
        pmd(f'port {port} {queue} 0 stop', f'port {port} {queue} 0 start')
        pmd.settle()
        # Behind what the cable kept meanwhile.
        last = frame(1000 + port)
        came = passed(lab, [last], more=0)
        while last not in came:
            more = lab.wires[1].take()
            assert more, 'not even the last one came'
            came += more
        assert passed(lab, sent) == sent


def test_queue_information(lab, pmd):
    text = pmd('show rxq info 0 0') + pmd('show txq info 0 0')
    assert text.count('Number of RXDs: 512') == 1
    assert text.count('Number of TXDs: 512') == 1
    assert 'AVAILABLE' in pmd('show port 0 rxq 0 desc 100 status')
    assert 'DONE' in pmd('show port 1 txq 0 desc 0 status')
    sent = [frame(i) for i in range(40)]
    assert passed(lab, sent) == sent
    pmd('stop', 'port cleanup 1 txq 0 0', 'start')
    assert passed(lab, sent) == sent


def test_extended_statistics(lab, pmd):
    pmd('clear port xstats all')
    sent = [frame(i, length) for i, length in enumerate([60, 60, 100, 300, 1514])]
    sent += [frame(6, dst=BROADCAST), frame(7, dst=MULTICAST)]
    assert passed(lab, sent) == sent
    got = xstats(pmd, 0)
    assert len(got) > 60
    assert got['rx_good_packets'] == got['rx_total_packets'] == len(sent)
    assert got['rx_good_bytes'] == total(sent)


def test_reset(lab, pmd):
    pmd('stop', 'port stop 0', 'port reset 0', 'port start 0', 'start')
    pmd.settle()
    sent = [frame(i) for i in range(50)]
    assert passed(lab, sent) == sent


# Other processes

def test_telemetry(lab, pmd):
    pmd.forward('io')
    sent = [frame(i, 100) for i in range(50)]
    assert passed(lab, sent) == sent
    pmd.wait_link(0, 'up')
    asked = ['/ethdev/list', '/ethdev/stats,0', '/ethdev/xstats,1', '/ethdev/link_status,0',
             '/ethdev/info,0', '/ethdev/dump_priv,0']
    text = lab.run('printf "%s\n" ' + ' '.join(asked) + ' | dpdk-telemetry.py').output
    for wanted in ('[0, 1]', '"ipackets": 50', '"ibytes": 5000', '"tx_good_packets": 50',
                   '"tx_total_packets": 50', '"status": "UP"', '"speed": 1000', '"state": 1',
                   f'"mac_addr": "{MACS[0]}"', '82545 8086:100f', 'RX: 512 descriptors'):
        assert wanted in text, text


# The last: it detaches a port.

def test_device_arguments(lab, pmd):
    device = '0000:02:01.0'
    pmd('stop', 'port stop 0', 'port close 0', f'device detach {device}')
    for bad, wanted in (('intr_us=16777', 'give 0 to 16776'), ('intr_us=-1', 'give 0 to 16776'),
                        ('intr_us=x', 'give 0 to 16776'), ('rx_fifo_kb=20', 'give 16 to 48'),
                        ('rx_fifo_kb=56', 'give 16 to 48'), ('nothing=1', 'give intr_us=N')):
        text = pmd(f'port attach {device},{bad}')
        assert wanted in text and 'is attached' not in text, text
    text = pmd(f'port attach {device},intr_us=100,rx_fifo_kb=32')
    assert 'Port 0 is attached' in text, text
    pmd('port start 0', 'set promisc 0 on', 'set fwd io', 'start')
    pmd.settle()
    sent = [frame(i) for i in range(50)]
    assert passed(lab, sent) == sent
    pmd.program.write('quit\n')
    assert pmd.program.wait(30).status == 0


# Long frames, in testpmds of their own

def long_frames(mtu):
    """Up to the longest, with a tag at that."""
    return [frame(i, length) for i, length in enumerate([60, 1514, 5000, mtu + 13, mtu + 14])] + \
        [tagged(9, 5, mtu + 14)]


@pytest.mark.parametrize('mtu, size', [(9000, 10240), (16110, 16512), (9000, 2176)])
def test_long_frames(lab, mtu, size):
    options = f'--mbuf-size={size} --max-pkt-len={mtu + 22} --total-num-mbufs=4000 ' + MULTI_SEGS
    with Testpmd(lab, options + (' --enable-scatter' if size < mtu else '')) as pmd:
        pmd('start')
        good = long_frames(mtu)
        bad = [frame(20, mtu + 15), frame(21, mtu + 100), tagged(22, 5, mtu + 15)]
        for _ in range(10):
            assert passed(lab, good) == good
        lab.wires[0].send(*bad[:2], good[0], bad[2], good[1])
        assert lab.wires[1].take(2) == good[:2]
        stats = pmd.stats(0)
        assert stats['RX-errors'] == len(bad)
        assert stats['RX-packets'] == 10 * len(good) + 2
        assert stats['RX-bytes'] == 10 * total(good) + total(good[:2])
        if mtu == 9000:
            while_stopped(pmd, f'tso set {MSS} 1', *CHECKSUMS, 'set fwd csum')
            assert_mixture(lab, [8000, 8001, 8940, 4097, 4100, 900])
