# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Kernels' network stacks talk through two gateways, by protocols that gateways see."""

import json
import re
import subprocess
import time
from contextlib import contextmanager
from ctypes import CDLL, get_errno
from pathlib import Path

import pytest
from conftest import boot
from gateways import TRUNK, Gateways
from hosts import Host, start_broker, wait_for_answer
from packet_socket import packet_socket, receive

from qemu_lab import ADDRESSES, wait_until

HERE = Path(__file__).parent
CLIENTS, MESSAGES = 200, 5


@pytest.fixture(scope='module')
def hosts():
    pair = [Host(side) for side in (0, 1)]
    yield pair
    for host in pair:
        host.close()


@pytest.fixture(scope='module')
def lab(hosts):
    def boot_with_hosts():
        yield from boot(f'tap:{hosts[0].name}', 'pair:1', f'tap:{hosts[1].name}', 'pair:1',
                        mem=2560, hugepages=400)

    guest = boot_with_hosts()
    lab = next(guest)
    for host in hosts:
        host.enter_namespace()
    yield lab
    guest.close()


@pytest.fixture(scope='module')
def gateways(lab, hosts):
    pair = Gateways(lab, '--hold-us=500', '--max-pkt=300', '--min-count=2')
    wait_for_answer(hosts[0], hosts[1].address)
    yield pair
    # What a kernel sends by itself when the other gateway has ended would count as lost.
    for host in hosts:
        host.ip('link', 'set', host.name, 'down')
    time.sleep(1)
    stats = pair.stop()
    for side in (0, 1):
        here, there = stats[side], stats[1 - side]
        assert here['assembler']['frames'] == there['disassembler']['frames'] > 0
        assert here['assembler']['packets'] == there['disassembler']['packets']
        assert sum(here['disassembler']['dropped'].values()) == 0
        assert here['disassembler']['lost_frames'] == here['disassembler']['duplicate'] == 0
        assert [port['rx_missed'] for port in here['ports']] == [0, 0]
        assert here['assembler']['tx_dropped'] == here['disassembler']['tx_dropped'] == 0


def ping(host, address, *options):
    """Until ten answers have come, which the gateways must not lose one of."""
    # Without a deadline the last answer would have twice the usual time, and no more.
    out = host.run('ping', '-c', 10, '-w', 120, '-i', '0.05', *options, address)
    return int(re.search(r'(\d+) received', out)[1]) >= 10


# Before the tests that share two gateways, which then have the NICs.
def test_a_tap_serves_as_access_port(hosts, lab):
    """The access side of one end is the guest's own kernel, by net_tap."""
    a, _ = hosts
    lab.run('modprobe tun')
    tap = ['-a', ADDRESSES[TRUNK[1]], '--vdev', 'net_tap0,iface=inner']
    pair = Gateways(lab, devices=(None, tap), each=((), ('--access=1', '--trunk=0')))
    lab.run('ip address add 10.82.54.3/24 dev inner && ip link set inner up')
    wait_for_answer(a, '10.82.54.3')
    assert ping(a, '10.82.54.3')
    assert pair.stop()[1]['ports'][0]['driver'] == 'net_tap'


def test_ping_finds_the_other_host_by_arp_and_neighbour_discovery(hosts, gateways):
    a, b = hosts
    assert ping(a, b.address)
    assert ping(b, a.address6)


def test_packets_of_the_whole_mtu_pass(hosts, gateways):
    a, b = hosts
    assert ping(a, b.address, '-M', 'do', '-s', 1500 - 28)
    assert ping(a, b.address6, '-M', 'do', '-s', 1500 - 48)


@contextmanager
def inside(host):
    """This thread in the host's namespace."""
    libc = CDLL(None, use_errno=True)
    with open('/proc/thread-self/ns/net', encoding='ascii') as home, \
            open(f'/run/netns/{host.name}', encoding='ascii') as there:
        assert libc.setns(there.fileno(), 0) == 0, get_errno()
        try:
            yield
        finally:
            libc.setns(home.fileno(), 0)


def socket_on(host):
    with inside(host):
        sock = packet_socket(host.name)
    sock.settimeout(120)
    return sock


def crosses(hosts, frame):
    """Whether the other host gets the frame as it is, tag included."""
    with socket_on(hosts[1]) as listener, socket_on(hosts[0]) as sender:
        sender.send(frame)
        while receive(listener)[0] != frame:
            pass
        return True


@pytest.mark.parametrize('name, head', [
    ('STP', '0180c2000000' '020000008254' '0026' '424203'),
    ('LLDP', '0180c200000e' '020000008254' '88cc' '0207040200000000aa' '0000'),
    ('a tagged one', '020000008255' '020000008254' '8100' '6052' '88b6'),
    ('broadcast', 'ffffffffffff' '020000008254' '88b6'),
])
def test_frames_of_bridges_and_tagged_ones_pass(hosts, gateways, name, head):
    assert crosses(hosts, bytes.fromhex(head).ljust(60, b'\0'))


@pytest.mark.parametrize('options', [(), ('--udp', '--length', '64', '--bitrate', '2M')])
def test_iperf3_measures_both_ways(hosts, gateways, options):
    a, b = hosts
    server = b.start('iperf3', '--server', '--one-off', stdout=subprocess.DEVNULL)
    wait_until(lambda: ':5201 ' in b.run('ss', '-ltnH'), 20, 'iperf3 does not listen')
    done = json.loads(a.run('iperf3', '--client', b.address, '--bidir', '--time', 2, '--json',
                            *options))['end']
    for way in 'sum_received', 'sum_received_bidir_reverse':
        assert done[way]['bytes'] > 50000
    # Its port has to be free for the next one.
    assert server.wait(60) == 0


def test_readings_of_two_hundred_mqtt_clients_arrive_once(hosts, gateways, tmp_path):
    a, b = hosts
    broker = start_broker(b, tmp_path)
    load = HERE / 'mqtt_load.py'
    collector = b.start(load, 'collect', '127.0.0.1', CLIENTS * MESSAGES, stdout=subprocess.PIPE)
    assert collector.stdout.readline() == 'ready\n'
    sent = json.loads(a.run(load, 'publish', b.address, CLIENTS, MESSAGES))
    came = json.loads(collector.communicate(timeout=480)[0])
    broker.terminate()
    assert sent['acknowledged'] == CLIENTS * MESSAGES
    assert came['once'] == came['messages'] == CLIENTS * MESSAGES


def test_coap_requests_are_answered(hosts, gateways):
    a, b = hosts
    server = b.start('coap-server-notls', '-A', b.address, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)
    wait_until(lambda: ':5683 ' in b.run('ss', '-lunH'), 20, 'the CoAP server does not listen')
    for _ in range(10):
        out = a.run('coap-client-notls', '-m', 'get', f'coap://{b.address}/time')
        assert re.search(r'\d\d:\d\d:\d\d', out)
    server.terminate()
