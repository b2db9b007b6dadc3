# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Other processes on the ports of a running one: a second dpdk-testpmd that passes the
frames, dpdk-dumpcap, dpdk-proc-info."""

import re
import signal
import subprocess
import time

import pytest
from conftest import PLUGIN, PREFIX, ROOT, TESTASM, boot
from frames import frame, frames, total
from scapy.utils import RawPcapReader
from testpmd import Testpmd
from wire_format import decode

from qemu_lab import ADDRESSES, wait_until

LENGTHS = [60, 61, 127, 128, 1000, 1513, 1514] * 30
REFUSED = 'a secondary process cannot control it'
# DPDK numbers the drivers of mempools in the order in which a process loads them, and
# Debian's dpdk-testpmd is linked with this one.
PRELOAD = f'LD_PRELOAD=librte_mempool_dpaa.so.23:{PLUGIN}'


@pytest.fixture(scope='module')
def lab():
    yield from boot('dgram', 'dgram')


@pytest.fixture(scope='module')
def pmd(lab):
    """The primary process: sets the ports up, and leaves the frames to others."""
    with Testpmd(lab, '--total-num-mbufs=8000', eal='-l 0-1') as pmd:
        yield pmd


@pytest.fixture(scope='module')
def other(lab, pmd):
    with Testpmd(lab, '--total-num-mbufs=8000', eal='-l 0-1 --proc-type=secondary') as other:
        other.forward('io')
        yield other


@pytest.fixture(autouse=True)
def nothing_left_over(lab):
    for wire in lab.wires:
        wire.take(0, 0)


def assert_passing(lab, sent):
    for here, there in ((0, 1), (1, 0)):
        lab.wires[here].send(*sent)
        assert lab.wires[there].take(len(sent)) == sent


def xstats(pmd, port):
    text = pmd(f'show port xstats {port}')
    return {name: int(value) for name, value in re.findall(r'(\w+): (\d+)', text)}


def test_secondary_passes_frames_and_both_count_them(lab, pmd, other):
    pmd('clear port stats all', 'clear port xstats all')
    sent = frames(LENGTHS)
    assert_passing(lab, sent)
    for process in (pmd, other):
        for port in (0, 1):
            stats = process.stats(port)
            assert stats['RX-packets'] == stats['TX-packets'] == len(sent)
            assert stats['RX-bytes'] == stats['TX-bytes'] == total(sent)
            assert xstats(process, port)['rx_size_512_to_1023_packets'] == LENGTHS.count(1000)


def test_secondary_runs_engines(lab, pmd, other):
    for mode in ('mac', 'csum', 'io'):
        other('stop', f'set fwd {mode}', 'start')
        sent = frames([100] * 64)
        lab.wires[0].send(*sent)
        assert [one[12:] for one in lab.wires[1].take(len(sent))] == [one[12:] for one in sent]


def restart(pmd, mtu):
    pmd('port stop all', f'port config mtu 0 {mtu}', f'port config mtu 1 {mtu}',
        'port start all')
    pmd.settle()


def test_secondary_follows_a_restart_with_another_way_of_reception(lab, pmd, other):
    """Frames of several buffers, for which the primary takes another burst function."""
    restart(pmd, 9000)
    assert 'Scattered' in pmd('show rxq info 0 0')
    sent = frames([60, 1514, 2048, 2049, 5000, 9014])
    for _ in range(10):
        assert_passing(lab, sent)
    restart(pmd, 1500)
    assert_passing(lab, frames(LENGTHS))


def test_secondary_controls_nothing(lab, pmd, other):
    before = pmd('show port info 0')[-1000:], pmd('show port 0 flow_ctrl')
    other('stop')
    for command in ('set promisc 0 off', 'set allmulti 0 on', 'set link-down port 0',
                    'mac_addr add 0 02:00:00:00:00:01', 'mac_addr set 0 02:00:00:00:00:02',
                    'mcast_addr add 0 01:00:5e:00:00:05', 'port config mtu 0 1400',
                    'vlan set outer tpid 0x88A8 0', 'port 0 rxq 0 stop', 'port 0 txq 0 stop',
                    'set flow_ctrl rx off tx off 30000 20000 9 1 mac_ctrl_frame_fwd off '
                    'autoneg off 0'):
        text = other(command)
        assert text.count(REFUSED) == 1, text
    # What ethdev refuses before it asks the driver.
    for command in ('vlan set strip on 0', 'mac_addr remove 0 52:54:00:82:45:01', 'port stop 0'):
        assert REFUSED not in other(command)
    assert (pmd('show port info 0')[-1000:], pmd('show port 0 flow_ctrl')) == before
    other('port start 0', 'start')
    assert_passing(lab, frames(LENGTHS))


def test_link_is_seen_by_both_and_told_once(lab, pmd, other):
    def events():
        return pmd.program.output.count('Port 0: link state change event')

    before = events()
    for n, up in enumerate((False, True)):
        lab.set_link(0, up)
        for process in (other, pmd):
            process.wait_link(0, 'up' if up else 'down')
        wait_until(lambda: events() - before > n, 20, f'{n + 1} events')
        time.sleep(0.7)  # as the emulator's negotiation takes: for one too many
        assert events() - before == n + 1
    pmd.settle()
    assert_passing(lab, frames(LENGTHS))


def test_primary_goes_on_when_the_secondary_has_ended(lab, pmd, other):
    other.program.write('quit\n')
    assert other.program.wait(30).status == 0
    assert 'up' in pmd.info(0)['Link status']
    pmd.forward('io')
    assert_passing(lab, frames(LENGTHS))


def capture(lab, dumpcap, sent, *options):
    """What a dumpcap records while frames go into port 0 and out of port 1."""
    assert capture_until(lambda came: len(came) >= len(sent), lab, dumpcap, sent,
                         *options) == sent


def capture_until(complete, lab, dumpcap, sent, *options):
    """What comes out of port 1, all of which the dumpcap must have seen."""
    program = lab.start(f'{dumpcap} {" ".join(options)}')
    program.expect('Packets captured', 60)
    lab.wires[0].send(*sent)
    came = []
    while not complete(came):
        more = lab.wires[1].take(1)
        assert more, len(came)
        came += more
    # It shows its count as it writes; what is in its ring when it ends is lost.
    program.expect(f'\b{len(came)} ', 60)
    program.kill(signal.SIGINT)
    result = program.wait(30)
    assert 'Segmentation' not in result.output and 'failed' not in result.output, result.output
    assert f'{len(came)}/0 (100.0)' in result.output, result.output
    return came


def recorded(path):
    return [data for data, _ in RawPcapReader(str(path))]


def test_debians_dumpcap(lab, pmd):
    pmd.forward('io')
    sent = frames(LENGTHS)
    capture(lab, f'{PRELOAD} dpdk-dumpcap', sent, '-p -i 0 -w /lab/port0.pcapng')
    assert recorded(lab.dir / 'port0.pcapng') == sent


def test_proc_info(lab, pmd):
    def info(*options):
        result = lab.run(['dpdk-proc-info', '-d', PLUGIN, '--', '-p', '1', *options])
        assert result.status == 0, result.output
        return result.output

    pmd.forward('io', 'clear port xstats all')
    pmd('start')
    sent = [frame(i, 100) for i in range(50)]
    lab.wires[0].send(*sent)
    assert lab.wires[1].take(len(sent)) == sent
    text = info('--stats', '--show-port', '--show-port-private')
    assert re.search(r'RX-packets: +50 +RX-errors: +0 +RX-bytes: +5000', text), text
    assert 'driver net_asm82545' in text and 'mtu (1500)' in text, text
    assert re.search(r'STATUS +00008', text) and 'TX: 512 descriptors' in text, text
    text = info('--xstats')
    assert 'rx_good_packets: 50' in text and 'rx_good_bytes: 5000' in text, text
    assert 'rx_size_65_to_127_packets: 50' in text and text.count(': ') > 60
    info('--stats-reset')
    assert pmd.stats(0)['RX-packets'] == 0


def test_a_secondary_with_the_plugin_leaves_the_ports_of_others_alone(lab, pmd):
    """Runs after the others: it ends their primary process."""
    pmd.program.write('quit\n')
    assert pmd.program.wait(30).status == 0
    with Testpmd(lab, plugin=None, eal='-l 0-1') as em:
        assert em.info(0)['Driver name'] == 'net_e1000_em'
        result = lab.run(['dpdk-proc-info', '-d', PLUGIN, '--', '-p', '1', '--show-port'])
        assert result.status == 0, result.output
        assert 'the primary process has another driver for it' in result.output
        assert 'net_e1000_em' in result.output


def test_dumpcap_of_the_prefix_records_what_testasm_passes(lab):
    program = lab.start([TESTASM, '-l', '0', '-a', ADDRESSES[0], '-a', ADDRESSES[1], '--',
                         '--forward-mode=io'])
    program.expect('forwarding started', 60)
    time.sleep(1.2)
    sent = frames(LENGTHS)
    for port in (0, 1):
        name = f'testasm{port}.pcap'
        capture(lab, PREFIX / 'bin/dpdk-dumpcap', sent, f'-p -P -i {port} -w /lab/{name}')
        assert recorded(lab.dir / name) == sent
    program.kill(signal.SIGINT)
    result = program.wait(30)
    assert result.status == 0 and 'mbufs in use: 0' in result.output, result.output


def dissected(path):
    """[packets in it] of each assembled frame, as tshark shows them."""
    done = subprocess.run(
        ['tshark', '-n', '-X', f'lua_script:{ROOT}/devtools/wireshark/assembler.lua', '-r', path,
         '-Y', 'assembler', '-T', 'fields', '-e', 'assembler.count'],
        capture_output=True, text=True, timeout=600, check=True)
    return [int(count) for count in done.stdout.split()]


def test_what_a_running_gateway_sends_is_captured_dissected_and_told(lab):
    program = lab.start([TESTASM, '-l', '0', '-a', ADDRESSES[0], '-a', ADDRESSES[1], '--',
                         '--peer=02:00:00:00:00:05', '--hold-us=20000', '--min-count=1'])
    program.expect('forwarding started', 60)
    time.sleep(1.2)
    sent = frames([60] * 200)

    def complete(came):
        return sum(len(decode(one)[1]) for one in came) >= len(sent)
    trunk = capture_until(complete, lab, PREFIX / 'bin/dpdk-dumpcap', sent,
                          '-p -i 1 -w /lab/trunk.pcapng')
    assert recorded(lab.dir / 'trunk.pcapng') == trunk
    assert sum(dissected(lab.dir / 'trunk.pcapng')) == len(sent)
    asked = lab.run("echo /assembler/stats,testasm | dpdk-telemetry.py")
    assert f'"packets": {len(sent)}' in asked.output, asked.output
    program.kill(signal.SIGINT)
    result = program.wait(30)
    assert result.status == 0 and 'mbufs in use: 0' in result.output, result.output
