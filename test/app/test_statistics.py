# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Statistics on screen and as JSON, and how a run ends."""

import contextlib
import os
import pty
import re
import signal
import time

import pytest

from test_forwarding import TRUNK_MAC, read, small_udp, write
from testasm import Prompt

NULLS = ["net_null0", "net_null1"]
PEER = f"--peer={TRUNK_MAC}"
PORT = {"port", "driver", "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_missed",
        "rx_errors", "tx_errors", "rx_nombuf", "tx_full"}
ASSEMBLER = {
    "packets": int, "bytes": int, "frames": int,
    "bypassed": {"large", "few", "reserved", "peer"},
    "dropped": {"nested", "runt"},
    "flushed": {"size", "count", "time", "idle", "order", "stop"},
    "fill_histogram": list,
    "hold_us": {"p50", "p99", "max"},
    "wire_bytes_saved": int, "lz4_frames": int, "lz4_bytes_saved": int, "ring_full": int,
    "peers": list, "tx_dropped": int,
}
RECEIVER = {
    "address": str, "default": bool, "known": bool, "packets": int, "frames": int,
    "flushed": ASSEMBLER["flushed"], "fill_histogram": list, "hold_us": ASSEMBLER["hold_us"],
}
DISASSEMBLER = {
    "frames": int, "packets": int, "native": int,
    "dropped": set("short unknown_peer version hlen flags checksum truncated count lz4 walk mode "
                   "length same_first oversize nested".split()),
    "not_mine": int, "lost_frames": int, "duplicate": int, "late": int, "no_mbuf": int,
    "peers": list, "tx_dropped": int,
}


def check_fields(block, fields):
    assert block.keys() == fields.keys()
    for name, kind in fields.items():
        if isinstance(kind, set):
            assert block[name].keys() == kind
            assert all(isinstance(value, int) for value in block[name].values())
        else:
            assert isinstance(block[name], kind)


@pytest.mark.parametrize("mode", ["io", "txonly", "assemble", "disassemble", "gateway"])
def test_json_has_every_field_in_every_mode(run, mode):
    stats = run(NULLS, [f"--forward-mode={mode}", PEER])
    assert stats.keys() == {"ports", "assembler", "disassembler", "mbufs"}
    assert [port["port"] for port in stats["ports"]] == [0, 1]
    for port in stats["ports"]:
        assert port.keys() == PORT
        assert port["driver"] == "net_null"
    check_fields(stats["assembler"], ASSEMBLER)
    check_fields(stats["disassembler"], DISASSEMBLER)
    assert len(stats["assembler"]["peers"]) == (mode in ("assemble", "gateway"))
    for peer in stats["assembler"]["peers"]:
        check_fields(peer, RECEIVER)
        assert (peer["address"].lower(), peer["default"], peer["known"]) == (
            TRUNK_MAC, True, True)
        # It is the only one: its figures are those of all.
        for name in RECEIVER.keys() - {"address", "default", "known", "hold_us"}:
            assert peer[name] == stats["assembler"][name]
        assert peer["hold_us"]["max"] == stats["assembler"]["hold_us"]["max"]
    assert stats["mbufs"] == {"total": 8192, "in_use": 0}


def test_access_and_trunk_may_be_any_two_ports(run):
    stats = run(["net_null0", "net_null1", "net_ring2"],
                ["--forward-mode=io", "--access=2", "--trunk=0"])
    assert [(p["port"], p["driver"]) for p in stats["ports"]] == [(2, "net_ring"),
                                                                  (0, "net_null")]


def test_json_is_whole_whenever_it_is_read(start):
    process = start(NULLS, ["--forward-mode=io", "--stats-period=1"])
    process.wait_for(process.json_path.exists, "statistics")
    seen = []

    def replaced_three_times():
        # As often as possible, to meet the moment of a change.
        for _ in range(100):
            seen.append(process.stats["ports"][0]["rx_packets"])
        return len(set(seen)) >= 4

    process.wait_for(replaced_three_times, "fourth statistics")
    assert seen == sorted(seen)
    assert process.stopped()["ports"][0]["rx_packets"] >= seen[-1]
    assert list(process.json_path.parent.glob("*.tmp")) == []


def test_screen_shows_ports_sum_and_engines(run, start):
    process = start(NULLS, ["--forward-mode=gateway", PEER, "--duration=1"])
    stats = process.finished()
    out = process.out
    assert out.count("Accumulated forward statistics") == 1
    last = out[out.rindex("statistics for port 0, access"):]
    for port, block in zip(stats["ports"], re.split(r"statistics for port 1, trunk", last)):
        assert f"RX-packets: {port['rx_packets']} " in block
        assert f"TX-packets: {port['tx_packets']} " in block
    assert re.search(r"Assembler statistics(?s:.*)Disassembler statistics", last)
    assert "mbufs in use: 0 of 8192" in last


def test_a_period_is_a_line_in_a_pipe(start, tmp_path):
    source = write(tmp_path / "in.pcap", small_udp(1000))
    process = start([f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={tmp_path}/trunk.pcap"],
                    ["--forward-mode=assemble", PEER, "--stats-period=1", "--duration=3"])
    stats = process.finished()
    lines = re.findall(r"^access rx (\d+)/s tx 0/s ([\d.]+) Mb/s; trunk rx 0/s tx (\d+)/s "
                       r"([\d.]+) Mb/s; fill ([\d.]+) gain ([\d.]+) hold p99 \d+ us; "
                       r"dropped: none$", process.out, re.M)
    assert len(lines) >= 2
    busy = next(line for line in lines if int(line[0]) > 0)
    assert float(busy[4]) == pytest.approx(
        stats["assembler"]["packets"] / stats["assembler"]["frames"], abs=0.1)
    assert float(busy[1]) / float(busy[3]) == pytest.approx(float(busy[5]), abs=0.1)
    assert lines[-1][0] == "0"


def test_no_period_is_short_after_a_standstill(start):
    process = start(NULLS, ["--forward-mode=rxonly", "--stats-period=1", "--duration=4"])
    process.wait_for(lambda: "access rx" in process.out, "first period")
    process.popen.send_signal(signal.SIGSTOP)
    time.sleep(2.5)
    before = process.out.count("access rx")
    process.popen.send_signal(signal.SIGCONT)
    process.finished()
    # The one that stood still, and at most one more.
    assert process.out.count("access rx") <= before + 2


def read_terminal(controller):
    """Until nobody has it open any more."""
    shown = b""
    with contextlib.suppress(OSError):
        while data := os.read(controller, 4096):
            shown += data
    os.close(controller)
    return shown.decode()


def test_a_period_redraws_a_table_on_a_terminal(start):
    controller, terminal = pty.openpty()
    process = start(NULLS, [PEER, "--stats-period=1", "--duration=2"], stdout=terminal)
    os.close(terminal)
    shown = read_terminal(controller)
    process.finished()
    tables = shown.split("\033[H\033[J")[1:]
    assert len(tables) >= 1
    for table in tables:
        assert re.search(r"^access port 0 +\d+ +\d+ +[\d.]+  up\s*$", table, re.M)
        assert "packets a frame" in table and "dropped:" in table


@pytest.mark.parametrize("mode, shown", [("io", []), ("assemble", ["Assembler"]),
                                         ("disassemble", ["Disassembler"])])
def test_screen_shows_only_what_the_mode_does(start, mode, shown):
    process = start(NULLS, [f"--forward-mode={mode}", PEER, "--duration=1"])
    process.finished()
    assert re.findall(r"(\w+) statistics -", process.out) == shown


def test_start_tells_the_worst_delay(start):
    process = start(NULLS, ["--forward-mode=assemble", PEER, "--hold-us=200", "--duration=1"])
    process.finished()
    match = re.search(r"^worst added delay: (\d+) us \(hold time (\d+), poll (\d+), "
                      r"frame of 1514 bytes at 1 Gb/s (\d+)\)$", process.out, re.M)
    total, hold, poll, frame = map(int, match.groups())
    assert total == hold + poll + frame
    assert (hold, frame) == (200, 13)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_signal_sends_what_is_held(start, tmp_path, signum):
    packets = small_udp(10)
    source, trunk = write(tmp_path / "in.pcap", packets), tmp_path / "trunk.pcap"
    prompt = Prompt(start, [f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={trunk}"], "-a",
                    "--forward-mode=assemble", PEER, "--hold-us=1000000", "--max-frame=1514")
    prompt.process.wait_for(
        lambda: "RX-packets: 10 " in prompt.say("show port stats 0"), "packets")
    stats = prompt.process.stopped(signum)
    assert stats["ports"][0]["rx_packets"] == 10
    assert stats["assembler"]["packets"] == 10
    assert stats["ports"][1]["tx_packets"] == len(read(trunk)) == stats["assembler"]["frames"]


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("mode", ["assemble", "gateway"])
def test_every_mbuf_comes_back_under_load(start, mode, workers):
    process = start(NULLS, [f"--forward-mode={mode}", PEER, f"--workers={workers}"],
                    nb_lcores=1 + workers).started()
    time.sleep(1)
    stats = process.stopped(signal.SIGINT)
    assembler = stats["assembler"]
    assert stats["ports"][0]["rx_packets"] == (
        assembler["packets"] + sum(assembler["bypassed"].values()) +
        sum(assembler["dropped"].values()))


def test_signal_while_waiting_for_a_link_ends_the_wait(start, cards):
    card = cards(1)
    card.cables[0].unplug()
    process = start(["net_null0"], ["--forward-mode=rxonly"], **card.named)
    # What EAL says last before the ports start.
    process.wait_for(lambda: "Probe PCI driver" in process.err + process.out, "start")
    process.stopped()
    assert "port 0 has no link" in process.out


def test_duration_ends_the_run(start):
    begin = time.monotonic()
    start(NULLS, ["--forward-mode=rxonly", "--duration=3"]).finished()
    assert time.monotonic() - begin >= 3


def test_workers_without_work_are_mentioned(start):
    process = start(NULLS, ["--forward-mode=io", "--workers=4", "--duration=1"])
    process.finished()
    assert "--workers=4 has nothing to do in mode io" in process.out
