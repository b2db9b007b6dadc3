# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Two programs find each other by HELLO, without --peer, over a trunk of the kernel's."""

import itertools
import os
import signal
import subprocess

import pytest

from test_forwarding import read, small_udp, wire_format, write

NEAR, FAR = "02:00:00:00:00:11", "02:00:00:00:00:22"
PACKETS = small_udp(1000)
ANSWERS, SILENT = (f"trunk peer {FAR.upper()} {what}" for what in ("answers", "is silent"))


@pytest.fixture
def trunk():
    """Two interfaces with a wire between them, which stay when a program ends."""
    names = [f"asm{os.getpid()}{end}" for end in "nf"]
    # net_af_packet names a group of sockets by process and interface, exclusive or: two
    # processes and two interfaces that follow each other would have the same name.
    near = os.getpid() & 0xFFFF | 1 << 20
    far = near ^ 0x5555 ^ 3 << 20
    for words in (f"link add {names[0]} index {near} address {NEAR} type veth "
                  f"peer {names[1]} index {far} address {FAR}",
                  *(f"link set {name} addrgenmode none up" for name in names)):
        subprocess.run(["ip", *words.split()], check=True)
    yield [f"net_af_packet1,iface={name}" for name in names]
    subprocess.run(["ip", "link", "del", names[0]], check=True)


@pytest.fixture
def gateways(start, trunk, tmp_path):
    """near() and far() begin one; near's access side receives packets without end."""
    source = write(tmp_path / "in.pcap", PACKETS)

    def begin(access, end, options, mode, nb_lcores):
        return start([access, trunk[end]],
                     [f"--forward-mode={mode}", "--stats-period=1", *options], nb_lcores)

    class Gateways:
        @staticmethod
        def near(*options, mode="gateway", nb_lcores=1):
            return begin(f"net_pcap0,rx_pcap={source},infinite_rx=1", 0, options, mode, nb_lcores)

        @staticmethod
        def far(*options, mode="gateway", nb_lcores=1):
            return begin(f"net_pcap0,tx_pcap={tmp_path}/out.pcap", 1, options, mode, nb_lcores)

        @staticmethod
        def out():
            return read(tmp_path / "out.pcap")

    return Gateways


def wait_for_lines(process, line, nb=1):
    process.wait_for(lambda: process.out.count(line) >= nb, f"{nb} x {line!r}")


def wait_for_end(process, peer, nb=1):
    """A BYE may get lost, as anything on a trunk."""
    process.wait_for(lambda: sum(process.out.count(f"trunk peer {peer.upper()} {what}") for what in
                                 ("has left", "is silent")) >= nb, "end of the peer")


def wait_for_stats(process, condition, what):
    process.wait_for(lambda: process.json_path.exists() and condition(process.stats), what)


def wait_for_frames(process):
    wait_for_stats(process, lambda stats: stats["disassembler"]["frames"] > 0, "frames")


def check(*all_stats):
    """Nothing was misunderstood, whatever else happened."""
    for stats in all_stats:
        assert sum(stats["disassembler"]["dropped"].values()) == 0
        assert stats["disassembler"]["duplicate"] == stats["disassembler"]["late"] == 0


@pytest.mark.parametrize("near_mode, far_mode, nb_lcores", [
    ("gateway", "gateway", 2), ("assemble", "disassemble", 1)])
def test_two_find_each_other(gateways, near_mode, far_mode, nb_lcores):
    near = gateways.near(mode=near_mode, nb_lcores=nb_lcores)
    far = gateways.far(mode=far_mode, nb_lcores=nb_lcores)
    wait_for_lines(near, ANSWERS)
    wait_for_frames(far)
    near_stats = near.stopped()
    wait_for_end(far, NEAR)
    check(near_stats, far.stopped())
    assert near_stats["assembler"]["frames"] > 0
    assert set(gateways.out()) <= set(PACKETS)


def test_packets_travel_natively_to_who_knows_nothing_of_it(gateways):
    near, far = gateways.near(), gateways.far(mode="io")
    wait_for_lines(near, "no gateway is heard on the trunk: packets travel natively")
    wait_for_stats(far, lambda stats: stats["ports"][1]["rx_packets"] > 1000, "packets")
    far.stopped()
    stats = near.stopped()
    assert stats["assembler"]["frames"] == 0
    assert stats["assembler"]["bypassed"]["peer"] == stats["ports"][0]["rx_packets"] > 1000


def test_a_peer_sleeps_leaves_and_dies(gateways):
    near, far = gateways.near(), gateways.far()
    wait_for_lines(near, ANSWERS)
    far.popen.send_signal(signal.SIGSTOP)
    wait_for_lines(near, SILENT)
    far.popen.send_signal(signal.SIGCONT)
    wait_for_lines(near, ANSWERS, 2)
    check(far.stopped())
    wait_for_end(near, FAR, 2)
    silent = near.out.count(SILENT)
    # It is another one that comes then.
    far = gateways.far()
    wait_for_lines(near, ANSWERS, 3)
    far.popen.kill()
    far.popen.wait()
    wait_for_lines(near, SILENT, silent + 1)
    far = gateways.far()
    wait_for_lines(near, ANSWERS, 4)
    wait_for_frames(far)
    check(far.stopped(), near.stopped())


def answer(cable, peers, frame, seq, **says):
    """As a gateway with each of these addresses: a HELLO_ACK, if the frame has a HELLO."""
    header, _ = wire_format.decode(frame)
    for kind, value in header.tlvs:
        if kind != wire_format.HELLO:
            continue
        hello = wire_format.decode_tlv(kind, value)
        for peer in peers:
            ack = {**hello, "epoch": 1, "answers_epoch": hello["epoch"], **says}
            cable.send(wire_format.encode_control([(wire_format.HELLO_ACK, ack)], header.src, peer,
                                                  stream=0xC00, seq=seq, epoch=1))


def test_routes_tell_which_of_several_peers(start, cards, tmp_path):
    peers = [bytes.fromhex(f"0200000000{i}") for i in ("0a", "0b")]
    config = tmp_path / "testasm.conf"
    config.write_text("[testasm]\naccess = 1\ntrunk = 0\n[peer far]\n"
                      f"mac = {peers[1].hex(':')}\ndestinations = 10.0.1.0/24\n")
    elsewhere = [packet[:30] + bytes([10, 9, 9, 9]) + packet[34:] for packet in PACKETS]
    source = write(tmp_path / "in.pcap", [*PACKETS, *elsewhere])
    card = cards(1)
    near = start([f"net_pcap0,rx_pcap={source},infinite_rx=1"],
                 [f"--config={config}", "--hold-us=100000"], **card.named)
    cable = card.cables[0]
    came, seq = [], 0
    while len(came) < len(PACKETS):
        frame = cable.take()
        try:
            header, packets = wire_format.decode(frame)
        except wire_format.NotAssembled:
            continue
        if packets:
            assert header.dst == peers[1]
            came += packets
        else:
            answer(cable, peers, frame, seq)
            seq += 1
    assert set(came) <= set(PACKETS)
    near.wait_for(lambda: "2 trunk peers answer: packets to destinations without a route travel "
                  "natively" in near.out, "word of both")
    cable.unplug()
    near.stopped()


def test_leave_is_taken_of_each_peer(start, cards, tmp_path):
    """Of more than control frames are sent at once."""
    peers = [bytes.fromhex(f"0200000000{i:02x}") for i in range(0x10, 0x1C)]
    source = write(tmp_path / "in.pcap", PACKETS[:1])
    card = cards(1)
    near = start([f"net_pcap0,rx_pcap={source}"], ["--access=1", "--trunk=0"], **card.named)
    cable = card.cables[0]
    seq, told = itertools.count(), set()

    def control():
        frame = cable.take()
        return frame if frame[12:14] == wire_format.ETHERTYPE.to_bytes(2, "big") else None

    def all_answer():
        for _ in range(len(peers)):
            if cable.has_some() and (frame := control()):
                # They are not forgotten, however long this takes.
                answer(cable, peers, frame, next(seq), interval_ms=65535)
        return all(f"trunk peer {peer.hex(':').upper()} answers" in near.out for peer in peers)

    near.wait_for(all_answer, "answers of all")
    near.popen.send_signal(signal.SIGTERM)
    while told != set(peers):
        if frame := control():
            header, _ = wire_format.decode(frame)
            if wire_format.BYE in (kind for kind, _ in header.tlvs):
                told.add(header.dst)
    near.finished()
