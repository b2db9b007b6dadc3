# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Two dpdk-testasm gateways back to back over an emulated trunk.

The host sends into one access port and looks at what comes out of the other;
the trunk is recorded and read with the other reading of the wire format."""

import re
import signal
import subprocess
import threading
import time
from contextlib import suppress

import pytest
from conftest import ROOT, TESTASM, boot_gateways
from frames import frame, frames, mac
from gateways import ACCESS, TRUNK, Gateways, kill_all, peer, start, stop
from scapy.utils import RawPcapReader
from wire_format import NotAssembled, decode

from qemu_lab import ADDRESSES, MACS, LabError, wait_until

LENGTHS = [60, 60, 60, 64, 66, 100, 60, 199, 200, 201, 60, 1514, 60, 61] * 100


@pytest.fixture(scope='module')
def lab(trunk_pcap):
    yield from boot_gateways(trunk_pcap)


@pytest.fixture(autouse=True)
def nothing_runs_on(lab):
    yield
    kill_all(lab)
    for wire in lab.wires:
        if wire:
            wire.take(0, 0)


def pass_through(lab, here, sent):
    there = 1 - here
    lab.wires[ACCESS[here]].send(*sent)
    return lab.wires[ACCESS[there]].take(len(sent), 60)


def sends_one_way(here):
    return frames(LENGTHS, dst=mac('02:00:00:00:01:%02x' % here))


def check_sums(stats, sent):
    for side in (0, 1):
        here, there = stats[side]['assembler'], stats[1 - side]['disassembler']
        assert here['frames'] == there['frames'] > 0
        assert here['packets'] == there['packets']
        assert sum(here['flushed'].values()) >= here['frames']
        assert sum(there['dropped'].values()) == there['lost_frames'] == 0
        assert there['duplicate'] == there['late'] == there['not_mine'] == 0
        bypassed = sum(here['bypassed'].values())
        assert there['packets'] + bypassed == len(sent)
        assert there['native'] == bypassed
        assert here['wire_bytes_saved'] > 0
        ports = stats[side]['ports']
        assert [port['driver'] for port in ports] == ['net_asm82545'] * 2
        assert ports[0]['rx_packets'] == ports[0]['tx_packets'] == len(sent)
        assert ports[1]['tx_packets'] == here['frames'] + bypassed


def test_frames_cross_the_trunk_unchanged_and_in_order(lab, trunk_pcap):
    before = len(list(RawPcapReader(str(trunk_pcap))))
    gateways = Gateways(lab)
    sent = [sends_one_way(side) for side in (0, 1)]
    came = [None, None]

    def one_way(side):
        came[side] = pass_through(lab, side, sent[side])
    threads = [threading.Thread(target=one_way, args=(side,)) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = gateways.stop()
    assert came[0] == sent[0]
    assert came[1] == sent[1]
    check_sums(stats, sent[0])
    check_trunk(list(RawPcapReader(str(trunk_pcap)))[before:], stats)


def check_trunk(records, stats):
    """An independent reading of the wire gives the frames that the programs count."""
    assembled = {mac(MACS[nic]): [] for nic in TRUNK}
    native = 0
    for data, _ in records:
        try:
            header, inner = decode(data)
        except NotAssembled:
            native += 1
            continue
        assembled[header.src].append((header.seq, len(inner)))
    for side in (0, 1):
        got = assembled[mac(MACS[TRUNK[side]])]
        assert [seq for seq, _ in got] == list(range(stats[side]['assembler']['frames']))
        assert sum(count for _, count in got) == stats[1 - side]['disassembler']['packets']
    assert native == sum(stats[side]['disassembler']['native'] for side in (0, 1))


CAPTURES = sorted((ROOT.parent / 'shared/data').glob('*.pcap'))


@pytest.fixture(scope='session')
def made_up(tmp_path_factory):
    capture = tmp_path_factory.mktemp('traffic') / 'traffic.pcap'
    subprocess.run(['/usr/bin/python3', ROOT / 'devtools/traffic.py', capture], check=True)
    return capture


@pytest.mark.parametrize('lz4, most, fewer', [('off', None, 3), ('on', 3000, 5)])
def test_captures_cross_the_trunk(lab, made_up, lz4, most, fewer):
    """Made-up traffic always, and real traffic where it lies beside the project."""
    gateways = Gateways(lab, '--hold-us=2500', f'--lz4={lz4}')
    total = 0
    for capture in [made_up, *CAPTURES]:
        sent = [data.ljust(60, b'\0') for data, _ in RawPcapReader(str(capture))][:most]
        assert pass_through(lab, 0, sent) == sent, capture.name
        total += len(sent)
    stats = gateways.stop()
    assert stats[0]['ports'][0]['rx_packets'] == total
    assert stats[0]['ports'][1]['tx_packets'] < total / fewer
    assert (stats[0]['assembler']['lz4_frames'] > 0) == (lz4 == 'on')
    assert sum(stats[1]['disassembler']['dropped'].values()) == 0


def received(program):
    """Packets at the access port of one that has a prompt."""
    program.write('show port stats 0\n')
    return int(re.search(r'RX-packets: (\d+)', program.expect('TX-packets'))[1])


def test_term_signal_flushes_what_is_held(lab):
    gateways = Gateways(lab, '--hold-us=1000000', '--min-count=1', each=(('-i', '-a'), ()))
    sent = frames([60] * 5)
    lab.wires[ACCESS[0]].send(*sent)
    wait_until(lambda: received(gateways.programs[0]) == 5, 20, '5 frames')
    stats = stop(lab, gateways.programs[0], 0, signal.SIGTERM)
    # By time where the machine stood still for a second.
    assert stats['assembler']['flushed']['stop'] + stats['assembler']['flushed']['time'] > 0
    assert stats['assembler']['packets'] == 5
    assert lab.wires[ACCESS[1]].take(5) == sent
    stop(lab, gateways.programs[1], 1)


def test_a_restart_loses_what_was_in_flight_only(lab):
    """Stopped in the middle of a stream, and started again: the other end goes on."""
    gateways = Gateways(lab)
    sent = frames([60] * 3000)

    def send():
        # While nobody receives, the cable takes no more: the rest waits for the new start.
        with suppress(LabError):
            lab.wires[ACCESS[0]].send(*sent)
    sender = threading.Thread(target=send)
    sender.start()
    first = lab.wires[ACCESS[1]].take(500, 60)
    stats = stop(lab, gateways.programs[0], 0, signal.SIGTERM)
    while more := lab.wires[ACCESS[1]].take(1, 2):
        first += more
    assert first == sent[:len(first)]
    # The rest of what the NIC received was still in its ring.
    assert 0 <= stats['ports'][0]['rx_packets'] - len(first) <= 512
    gateways.programs[0] = start(lab, 0, peer(0))
    time.sleep(1.2)
    sender.join()
    # What the cable kept for the NIC meanwhile comes before.
    second = sends_one_way(0)
    lab.wires[ACCESS[0]].send(*second)
    came = lab.wires[ACCESS[1]].take(len(second), 60)
    while came[-1] != second[-1]:
        more = lab.wires[ACCESS[1]].take(1, 60)
        assert more
        came += more
    assert came[-len(second):] == second
    stats = gateways.stop()
    assert stats[1]['disassembler']['late'] == stats[1]['disassembler']['duplicate'] == 0


def test_a_trunk_without_link_is_counted_and_recovers(lab):
    gateways = Gateways(lab, '--stats-period=1')
    sent = sends_one_way(0)
    assert pass_through(lab, 0, sent) == sent
    lab.set_link(TRUNK[0], False)
    lost = 0

    def dropped():
        nonlocal lost
        if 'dropped: TX ' in gateways.programs[0].output:
            return True
        # Before the gateway has heard of it the cable takes what comes.
        lab.wires[ACCESS[0]].send(*frames([60] * 200))
        lost += 200
        return False
    wait_until(dropped, 30, 'TX drops', 0.5)
    lab.set_link(TRUNK[0], True)
    probes, came = 0, []
    while not came:
        assert probes < 240
        lab.wires[ACCESS[0]].send(frame(1000 + probes))
        probes += 1
        came = lab.wires[ACCESS[1]].take(1, 0.5)
    # What was on its way comes before the last one.
    while frame(1000 + probes - 1) not in came:
        more = lab.wires[ACCESS[1]].take()
        assert more
        came += more
    assert pass_through(lab, 0, sent) == sent
    stats = gateways.stop()
    assert stats[0]['assembler']['tx_dropped'] > 0
    assert stats[0]['ports'][0]['rx_packets'] == 2 * len(sent) + lost + probes
    assert 2 * len(sent) < stats[1]['ports'][0]['tx_packets'] <= 2 * len(sent) + lost + probes


def test_assembling_off_sends_everything_natively(lab):
    gateways = Gateways(lab, '--max-count=1')
    sent = sends_one_way(0)
    assert pass_through(lab, 0, sent) == sent
    stats = gateways.stop()
    assert stats[0]['assembler']['frames'] == 0
    assert stats[1]['disassembler']['native'] == len(sent)


@pytest.mark.parametrize('mode', ['io', 'mac'])
def test_plain_forwarding(lab, mode):
    programs = [start(lab, side, mode=mode) for side in (0, 1)]
    time.sleep(1.2)
    sent = sends_one_way(1)
    came = pass_through(lab, 1, sent)
    assert [one[12:] for one in came] == [one[12:] for one in sent]
    assert (came == sent) == (mode == 'io')
    for side in (0, 1):
        stop(lab, programs[side], side)


def test_one_way_assembly(lab):
    """assemble on one side, disassemble on the other."""
    programs = [start(lab, 0, peer(0), mode='assemble'), start(lab, 1, peer(1), mode='disassemble')]
    time.sleep(1.2)
    sent = sends_one_way(0)
    assert pass_through(lab, 0, sent) == sent
    stats = [stop(lab, programs[side], side) for side in (0, 1)]
    assert stats[0]['assembler']['frames'] == stats[1]['disassembler']['frames'] > 0


def test_worker_lcore(lab):
    """One side assembles on a second lcore."""
    access, trunk = ADDRESSES[:2]
    with_worker = lab.start([TESTASM, '-l', '0-1', '-a', access, '-a', trunk, '--file-prefix=side0',
                             '--no-telemetry', '--', '--workers=1',
                             '--stats-json=/lab/side0.json', peer(0)])
    with_worker.expect('forwarding started', 60)
    other = start(lab, 1, peer(1))
    time.sleep(1.2)
    sent = sends_one_way(0)
    assert pass_through(lab, 0, sent) == sent
    stop(lab, with_worker, 0)
    stop(lab, other, 1)


def cpu_seconds(lab):
    """That each gateway has used, of user and system time."""
    stats = lab.run("cat $(pgrep -x dpdk-testasm | sed 's,.*,/proc/&/stat,')").output
    fields = [line.rsplit(')')[1].split() for line in stats.splitlines()]
    return [(int(user) + int(system)) / 100 for *_, user, system in
            (line[:13] for line in fields)]


def idle_share(lab, wanted, seconds):
    """What idle gateways take of an lcore, at most. Who polls takes all of it, always; who
    sleeps takes more than it uses where the guest itself has to wait for a CPU."""
    for _ in range(5):
        before, begin = cpu_seconds(lab), time.monotonic()
        time.sleep(seconds)
        used = [after - used for after, used in zip(cpu_seconds(lab), before, strict=True)]
        share = max(used) / (time.monotonic() - begin)
        if share < wanted:
            break
    assert len(used) == 2
    return share


def test_idle_gateways_sleep_and_wake_for_each_packet(lab):
    gateways = Gateways(lab, '--interrupt')
    sent = frames([60] * 40)
    delays = []
    share = idle_share(lab, 0.3, 4)
    for packet in sent:
        begin = time.monotonic()
        assert pass_through(lab, 0, [packet]) == [packet]
        delays.append(time.monotonic() - begin)
        time.sleep(0.02)
    # What comes while it wakes must fit the RX ring of 512.
    assert pass_through(lab, 1, sends_one_way(1)[:400]) == sends_one_way(1)[:400]
    for stats in gateways.stop():
        assert [port['rx_missed'] for port in stats['ports']] == [0, 0]
    print(f'idle: {share:.1%} of an lcore; first packet through two sleeping gateways: '
          f'median {sorted(delays)[len(delays) // 2] * 1e3:.1f} ms')
    assert share < 0.3


def test_workers_and_their_collector_sleep_too(lab):
    """rx, worker, tx and back on lcores of their own, on two CPUs."""
    access, trunk = ADDRESSES[:2]
    spread = lab.start([TESTASM, '--lcores=(0-3)@(0-1)', '-a', access, '-a', trunk,
                        '--file-prefix=side0', '--no-telemetry', '--', '--interrupt',
                        '--lcore-map=rx:0,worker:1,tx:2,back:3',
                        '--stats-json=/lab/side0.json', peer(0)])
    spread.expect('forwarding started', 60)
    other = start(lab, 1, peer(1), '--interrupt')
    time.sleep(1.2)
    assert idle_share(lab, 0.5, 3) < 0.5
    for side in (0, 1):
        sent = sends_one_way(side)[:400]
        assert pass_through(lab, side, sent) == sent
    stats = stop(lab, spread, 0)
    assert stats['assembler']['frames'] > 0
    stop(lab, other, 1)


def test_own_kind_of_frames_is_refused_at_access(lab):
    gateways = Gateways(lab)
    nested = bytes(12) + b'\x88\xb5' + bytes(46)
    last = frame(1)
    lab.wires[ACCESS[0]].send(nested, last)
    assert lab.wires[ACCESS[1]].take(1) == [last]
    stats = gateways.stop()
    assert stats[0]['assembler']['dropped']['nested'] == 1


def refusal(lab, *options, eal=('-a', ADDRESSES[0], '-a', ADDRESSES[1])):
    """The one line that says what to do."""
    result = lab.run([TESTASM, '-l', '0', '--no-telemetry', *eal, '--',
                      *options])
    assert result.status not in (0, 127), result.output
    lines = [line for line in result.output.splitlines() if line.startswith('dpdk-testasm: ')]
    assert len(lines) == 1 and lines[0] == result.output.splitlines()[-1], result.output
    return lines[0]


def test_mistakes_are_answered_in_one_line(lab):
    assert '--trunk=5' in refusal(lab, peer(0), '--trunk=5')
    assert 'no such PCI device' in refusal(lab, peer(0), eal=('-a', '0000:09:01.0'))
    assert 'needs -i' in refusal(lab, peer(0), '--cmdline-file=commands')


def rebind(lab, driver):
    """Of the first pair: the devices of one IOMMU group go together."""
    for address in ADDRESSES[:2]:
        nic = f'/sys/bus/pci/devices/{address}'
        assert lab.run(f'modprobe {driver} && echo {address} >{nic}/driver/unbind && '
                       f'echo {driver} >{nic}/driver_override && '
                       f'echo {address} >/sys/bus/pci/drivers_probe').status == 0


def test_wrong_driver_is_named(lab):
    rebind(lab, 'e1000')
    line = refusal(lab, peer(0))
    assert 'e1000' in line and 'dpdk-devbind.py --bind=vfio-pci' in line
    rebind(lab, 'vfio-pci')


def test_no_hugepages_is_named(lab):
    lab.run('echo 0 >/proc/sys/vm/nr_hugepages')
    line = refusal(lab, peer(0))
    assert 'dpdk-hugepages.py' in line
    assert lab.run('echo 400 >/proc/sys/vm/nr_hugepages').status == 0
