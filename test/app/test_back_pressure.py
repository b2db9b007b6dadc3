# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""A side that takes packets more slowly than the other one brings them. Both ports are
82545s in memory: QEMU's sends whatever it is given at once, so that its ring never fills."""

import re
import threading
from contextlib import suppress

import pytest

from cards import MACS
from test_forwarding import small_udp, wire_format
from testasm import Prompt

ACCESS, TRUNK = 0, 1
SIDES = "access", "trunk"
PEER = "02:00:00:00:00:99"
PACKETS = small_udp(1000)
# Of the access side, and the most that come out of a frame.
ROUND = 5


def packets(number):
    at = number * ROUND % len(PACKETS)
    return PACKETS[at:at + ROUND]


def assembled(number):
    own, peer = (bytes.fromhex(text.replace(":", "")) for text in (MACS[TRUNK], PEER))
    return [wire_format.encode(packets(number), own, peer, seq=number)]


class Sender(threading.Thread):
    """Sends frames as fast as they are taken, until it is told to stop or nobody is there."""

    def __init__(self, cable, frames):
        super().__init__(daemon=True)
        self.cable, self.frames, self.rounds, self.going = cable, frames, 0, True
        self.start()

    def run(self):
        with suppress(ConnectionError):
            while self.going:
                for frame in self.frames(self.rounds):
                    self.cable.send(frame)
                self.rounds += 1


def restored(frame):
    try:
        return wire_format.decode(frame)[1]
    except wire_format.NotAssembled:
        return [frame]


def stands_still(process, side):
    """In three periods, one after the other, *side* received nothing; the last statistics."""
    periods = []

    def still():
        if process.json_path.exists():
            when, stats = process.json_path.stat().st_mtime_ns, process.stats
            if not periods or periods[-1][0] != when:
                periods.append((when, stats))
        seen = [stats["ports"][side]["rx_packets"] for _, stats in periods[-3:]]
        return len(seen) == 3 and seen[0] == seen[2] > 0

    process.wait_for(still, "standstill")
    return periods[-1][1]


@pytest.mark.parametrize("slow", [ACCESS, TRUNK], ids=SIDES)
def test_a_slow_side_holds_the_other_one_back(start, cards, slow):
    fast = 1 - slow
    ports = cards(2)
    p = Prompt(start, [], f"--peer={PEER}", "-a", "--stats-period=1", **ports.named)
    p.process.started()
    sender = Sender(ports.cables[fast], [assembled, packets][slow])
    # Nobody takes what comes out of the slow side.
    stats = stands_still(p.process, fast)
    assert stats["ports"][slow]["tx_full"] > 0 == stats["ports"][fast]["tx_full"]
    # The rings are full, and hold no more; nothing is lost and no buffer is missing.
    assert stats["mbufs"]["in_use"] < stats["mbufs"]["total"] / 2
    assert not any(port["rx_nombuf"] for port in stats["ports"])
    assert stats["assembler"]["tx_dropped"] == stats["disassembler"]["tx_dropped"] == 0
    assert re.search(rf"goes out of port {slow} \({SIDES[slow]}\) had to wait \d+ times, as its TX "
                     rf"ring was full: port {fast} ", p.say("show assembler stats"))
    assert f"{SIDES[slow]} TX full" in p.process.out
    # The way back is free.
    ports.cables[slow].send([packets, assembled][slow](0)[0])
    assert restored(ports.cables[fast].take()) == packets(0)[:1]

    came = []
    sender.going = False
    # Its last frame may come before it says how many it sent.
    while sender.is_alive():
        if ports.cables[slow].has_some():
            came += restored(ports.cables[slow].take())
    while len(came) < sender.rounds * ROUND:
        came += restored(ports.cables[slow].take())
    assert came == [packet for number in range(sender.rounds) for packet in packets(number)]
    stats = p.quit()
    assert stats["assembler"]["tx_dropped"] == stats["disassembler"]["tx_dropped"] == 0


def test_what_a_full_side_keeps_is_counted_at_the_end(start, cards):
    ports = cards(2)
    p = Prompt(start, [], f"--peer={PEER}", "-a", "--stats-period=1", "--max-count=1",
               "--nb-txd=32", **ports.named)
    p.process.started()
    Sender(ports.cables[ACCESS], packets)
    stands_still(p.process, ACCESS)
    stats = p.quit()
    assert "not everything could be sent within 5000 ms: the rest is dropped" in p.process.err
    taken = sum(stats["assembler"]["bypassed"].values())
    gone = stats["ports"][TRUNK]["tx_packets"] + stats["assembler"]["tx_dropped"]
    # Of what the TX ring had taken nobody can tell any more.
    assert 0 <= taken - gone <= 32 < stats["assembler"]["tx_dropped"]
    assert stats["mbufs"]["in_use"] == 0
