# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The kernel's e1000 driver at the other end of the wire: ping, tcpdump, ethtool, and
iperf3 from a kernel through our driver to another kernel."""

import re
import signal
import time

import pytest
from conftest import boot
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.l2 import Ether
from scapy.utils import rdpcap
from testpmd import Testpmd

from qemu_lab import ADDRESSES, MACS, wait_until

PEER = ADDRESSES[2]
PEER_ADDRESS, OWN_ADDRESS = '192.0.2.1', '192.0.2.2'


@pytest.fixture(scope='module')
def lab():
    # The first pair is one IOMMU group, and all of that must be DPDK's; the kernel has
    # the third NIC.
    for lab in boot('pair:0', 'none', 'pair:0', bind='none'):
        own = ' '.join(ADDRESSES[:2])
        result = lab.run(
            f'modprobe vfio-pci && for a in {own}; do '
            'echo vfio-pci >/sys/bus/pci/devices/$a/driver_override; '
            'echo $a >/sys/bus/pci/drivers_probe; done; modprobe e1000; modprobe tun; '
            f'ip link set $(ls /sys/bus/pci/devices/{PEER}/net) name peer && '
            'sysctl -qw net.ipv6.conf.peer.disable_ipv6=1 && ip link set peer up && '
            f'ip address add {PEER_ADDRESS}/24 dev peer')
        assert result.status == 0, result.output
        yield lab


def run(lab, command):
    result = lab.run(command)
    assert result.status == 0, result.output
    return result.output


def wait_carrier(lab, wanted):
    run(lab, f'for i in $(seq 1000); do grep -q {wanted} /sys/class/net/peer/carrier && exit 0; '
             'sleep 0.1; done; exit 1')


def peer_counts(lab):
    return {name: int(value) for name, value in
            re.findall(r'(\w+): (\d+)', run(lab, 'ethtool -S peer'))}


def counts(lab, pmd):
    """The peer's and our figures of one time: the kernel sends ARP when it likes."""
    while True:
        own = pmd.stats(0)
        peers = peer_counts(lab)
        if pmd.stats(0) == own:
            return peers, own


@pytest.fixture
def pmd(lab):
    with Testpmd(lab, '--portmask=1', eal=f'-l 0-1 --in-memory -a {ADDRESSES[0]}') as pmd:
        pmd.forward('icmpecho')
        pmd.settle()
        wait_carrier(lab, 1)
        yield pmd


def ping(lab, size, count=5):
    text = run(lab, f'busybox ping -c {count} -i 0.2 -W 5 -s {size} {OWN_ADDRESS}')
    assert f'{count} packets received' in text, text


def test_ping_is_answered_and_recorded(lab, pmd):
    pmd('clear port stats 0')
    before, own = counts(lab, pmd)
    sizes = (18, 56, 1000, 1472)
    dump = lab.start(f'exec tcpdump -i peer --immediate-mode -c {10 * len(sizes)} '
                     '-w /lab/peer.pcap icmp')
    dump.expect('listening on', 60)
    for size in sizes:
        ping(lab, size)
    dump.wait(30)
    packets = rdpcap(str(lab.dir / 'peer.pcap'))
    asked = [packet for packet in packets if packet[ICMP].type == 8]
    answered = [packet for packet in packets if packet[ICMP].type == 0]
    assert len(asked) == len(answered) == 5 * len(sizes)
    for ask, answer in zip(asked, answered):
        assert (answer[Ether].src, answer[IP].src) == (MACS[0], OWN_ADDRESS)
        assert (answer[ICMP].id, answer[ICMP].seq) == (ask[ICMP].id, ask[ICMP].seq)
        assert bytes(answer[ICMP].payload) == bytes(ask[ICMP].payload)
        assert len(answer) == len(ask)
    after, stats = counts(lab, pmd)
    for there, here, least in (('rx', 'TX', len(answered)), ('tx', 'RX', len(asked))):
        assert after[f'{there}_packets'] - before[f'{there}_packets'] == \
            stats[f'{here}-packets'] - own[f'{here}-packets'] >= least
    for name in ('rx_errors', 'rx_crc_errors', 'rx_length_errors', 'rx_missed_errors'):
        assert after[name] == before[name]
    assert stats['RX-errors'] == stats['TX-errors'] == 0


def test_renegotiation_and_flaps_of_the_peer_are_survived(lab, pmd):
    """The emulated cables of the two NICs are apart: set_link takes ours."""
    text = run(lab, 'ethtool peer')
    assert 'Speed: 1000Mb/s' in text and 'Link detected: yes' in text
    run(lab, 'ethtool -r peer')
    wait_carrier(lab, 1)
    ping(lab, 100)
    run(lab, 'ip link set peer down && ip link set peer up')
    wait_carrier(lab, 1)
    ping(lab, 100)
    def events():
        return pmd.program.output.count('Port 0: link state change event')

    before = events()
    for nb, up in enumerate((False, True), 1):
        lab.set_link(0, up)
        wait_until(lambda: events() - before >= nb, 20, f'{nb} events')
    time.sleep(1)  # for one too many
    assert events() - before == 2
    ping(lab, 1000)


def test_iperf3_between_two_kernels(lab):
    """peer, e1000, the wire, our driver, testpmd, a TAP, the stack of the first namespace."""
    with Testpmd(lab, eal=f'-l 0-1 --in-memory -a {ADDRESSES[0]} --vdev=net_tap0,iface=dtap') as pmd:
        pmd.forward('io')
        pmd.settle()
        wait_carrier(lab, 1)
        run(lab, 'ip netns add far && ip link set peer netns far && '
                 'ip -n far link set peer up && '
                 f'ip -n far address add {PEER_ADDRESS}/24 dev peer && '
                 f'ip link set dtap up && ip address add {OWN_ADDRESS}/24 dev dtap')
        run(lab, 'until ip netns exec far busybox ping -c 1 -W 2 '
                 f'{OWN_ADDRESS}; do sleep 0.1; done')
        server = lab.start('exec iperf3 -s --forceflush')
        server.expect('listening', 60)
        dump = lab.start('exec ip netns exec far tcpdump -i peer -U -s 100 -w /lab/tcp.pcap tcp')
        dump.expect('listening on', 60)
        for options in ('-n 2M', '-n 2M -R'):
            text = run(lab, f'ip netns exec far iperf3 -c {OWN_ADDRESS} {options}')
            assert 'iperf Done' in text, text
        dump.kill(signal.SIGINT)
        dump.wait()
        stats = pmd.stats(0)
        assert stats['RX-errors'] == stats['TX-errors'] == stats['RX-nombuf'] == 0
        assert min(stats['RX-bytes'], stats['TX-bytes']) > 1 << 20
        # A busy tcpdump drops most of them.
        packets = [packet for packet in rdpcap(str(lab.dir / 'tcp.pcap')) if TCP in packet]
        for dst in (OWN_ADDRESS, PEER_ADDRESS):
            assert any(packet[IP].dst == dst for packet in packets)
        server.kill(signal.SIGINT)
