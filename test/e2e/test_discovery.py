# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Two gateways that are not told of each other: they meet by HELLO on the trunk.

One test, in which one thing leads to the next: what the trunk carries is recorded and
read with the other reading of the wire format."""

import signal
import time

import gateways
import pytest
import wire_format
from conftest import boot_gateways
from frames import frames, mac
from gateways import ACCESS, TRUNK, start
from scapy.utils import RawPcapReader

from qemu_lab import MACS, wait_until

SENT = frames([60] * 300, dst=mac('02:00:00:00:01:01'))
HELLO, HELLO_ACK, PROBE, PROBE_ACK, BYE = range(1, 6)


@pytest.fixture(scope='module')
def lab(trunk_pcap):
    yield from boot_gateways(trunk_pcap)


@pytest.fixture(autouse=True)
def nothing_runs_on(lab):
    yield
    gateways.kill_all(lab)


def finished(lab, program, side):
    stats = gateways.finished(lab, program, side)
    assert sum(stats['disassembler']['dropped'].values()) == 0
    return stats


def stopped(lab, program, side):
    program.kill(signal.SIGINT)
    return finished(lab, program, side)


def line(side, what):
    """What the program on *side* says of the other one."""
    return f'trunk peer {MACS[TRUNK[1 - side]].upper()} {what}'


def heard(program, text, nb=1):
    wait_until(lambda: program.output.count(text) >= nb, 60, f'no {nb} x {text!r}')


def started_again(lab):
    """It has found the other one, which went on; how long that took is for the reader."""
    program = start(lab, 1)
    begin = time.monotonic()
    heard(program, line(1, 'answers'))
    print(f'found again {time.monotonic() - begin:.1f} s after forwarding started')
    return program


def pass_through(lab):
    lab.wires[ACCESS[0]].send(*SENT)
    assert lab.wires[ACCESS[1]].take(len(SENT), 60) == SENT


def on_trunk(pcap, since):
    """Frames that carry packets, native frames, and the TLVs by sender, since then."""
    assembled = native = 0
    tlvs = {mac(MACS[nic]): [] for nic in TRUNK}
    everything = [data for data, _ in RawPcapReader(str(pcap))]
    for data in everything[since:]:
        try:
            header, _ = wire_format.decode(data)
        except wire_format.NotAssembled:
            native += 1
            continue
        if header.flags & wire_format.CTRL:
            tlvs[header.src] += [(data, kind, value) for kind, value in header.tlvs]
        else:
            assembled += 1
    return assembled, native, tlvs, len(everything)


def kinds(tlvs, side):
    return [kind for _, kind, _ in tlvs[mac(MACS[TRUNK[side]])]]


def test_gateways_meet_part_and_meet_again(lab, trunk_pcap):
    a = start(lab, 0, '--hold-us=20000')
    # The other end is a plain host: it sees what the access side sends, and HELLOs.
    host = start(lab, 1, mode='io')
    time.sleep(1.2)
    lab.wires[ACCESS[0]].send(*SENT)
    came = []
    while len(came) < len(SENT):
        more = lab.wires[ACCESS[1]].take(1, 60)
        assert more, f'{len(came)} of {len(SENT)} frames came'
        came += [frame for frame in more if frame[12:14] != b'\x88\xb5']
    assert came == SENT
    heard(a, 'no gateway is heard on the trunk')
    stopped(lab, host, 1)
    assembled, native, tlvs, seen = on_trunk(trunk_pcap, 0)
    assert (assembled, native) == (0, len(SENT))
    assert set(kinds(tlvs, 0)) == {HELLO}
    assert {data[:6] for data, _, _ in tlvs[mac(MACS[TRUNK[0]])]} == {b'\xff' * 6}
    lab.wires[ACCESS[1]].take(0, 0)

    b = start(lab, 1)
    heard(a, line(0, 'answers'))
    heard(b, line(1, 'answers'))
    pass_through(lab)
    assembled, native, tlvs, seen = on_trunk(trunk_pcap, seen)
    assert assembled > 0 and native < len(SENT) / 3
    assert {HELLO, HELLO_ACK} <= set(kinds(tlvs, 0)) and {HELLO, HELLO_ACK} <= set(kinds(tlvs, 1))

    # Killed: silence. What travels natively then reaches a plain host again.
    b.kill(signal.SIGKILL)
    b.wait()
    heard(a, line(0, 'is silent'))
    b = started_again(lab)
    heard(a, line(0, 'answers'), 2)
    pass_through(lab)
    # Killed and there again before it is missed: another epoch tells.
    b.kill(signal.SIGKILL)
    b.wait()
    b = started_again(lab)
    pass_through(lab)

    # Stopped: a BYE.
    _, _, _, seen = on_trunk(trunk_pcap, 0)
    stats = stopped(lab, b, 1)
    assert stats['disassembler']['packets'] > 0
    heard(a, line(0, 'has left'))
    assert kinds(on_trunk(trunk_pcap, seen)[2], 1)[-1] == BYE
    stats = stopped(lab, a, 0)
    assert stats['assembler']['bypassed']['peer'] >= len(SENT)
    assert stats['disassembler']['late'] == stats['disassembler']['duplicate'] == 0


def test_jumbo_frames_wait_for_a_probe(lab, trunk_pcap):
    _, _, _, seen = on_trunk(trunk_pcap, 0)
    a = start(lab, 0, '--max-frame=9014', '--hold-us=100000')
    b = start(lab, 1, '--max-frame=4014')
    heard(a, line(0, 'answers: it gets frames of up to 4014 bytes'))
    pass_through(lab)
    stopped(lab, a, 0)
    stopped(lab, b, 1)
    _, _, tlvs, _ = on_trunk(trunk_pcap, seen)
    probes = [len(data) for data, kind, _ in tlvs[mac(MACS[TRUNK[0]])] if kind == PROBE]
    assert set(probes) == {4014}
    acks = [value for _, kind, value in tlvs[mac(MACS[TRUNK[1]])] if kind == PROBE_ACK]
    assert acks and all(value[4:] == (4014).to_bytes(2, 'big') for value in acks)
    lengths = [len(data) for data, _ in list(RawPcapReader(str(trunk_pcap)))[seen:]]
    assert max(lengths) <= 4014
