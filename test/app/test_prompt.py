# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The prompt: commands typed, piped in, and from files."""

import os
import pty
import re
import subprocess
import threading

import pytest

from test_forwarding import TRUNK_MAC, is_assembled, mixed, read, small_udp, wire_format, write
from testasm import EAL, PROMPT, TIMEOUT, Prompt

NULLS = ["net_null0,copy=0", "net_null1,copy=0"]
PEER = f"--peer={TRUNK_MAC}"


@pytest.fixture
def prompt(start):
    return lambda vdevs=NULLS, *options, **named: Prompt(start, vdevs, *options, **named)


@pytest.mark.parametrize("options, eal, ops", [
    ([], [], "ring_mp_mc"),
    (["--workers=1"], [], "stack"),
    (["--workers=1"], ["--mbuf-pool-ops-name=ring_mp_sc"], "ring_mp_sc"),
])
def test_workers_get_mbufs_of_a_stack(prompt, options, eal, ops):
    p = prompt(NULLS, PEER, *options, nb_lcores=2, eal=[*EAL, *eal])
    assert f"\nmbufs 8192, from {ops}\n" in p.say("show config fwd")
    p.quit()


def test_nothing_is_forwarded_before_start(prompt):
    p = prompt(NULLS, PEER, "--forward-mode=rxonly")
    assert "forwarding started" not in p.process.out
    assert "rxonly, stopped" in p.say("show config fwd")
    assert re.search(r"RX-packets: 0 ", p.say("show port stats 0"))
    assert "forwarding started: rxonly" in p.say("start")
    assert "rxonly, forwarding" in p.say("show config fwd")
    assert "runs already" in p.say("start")
    assert "Forward statistics for port 0" in p.say("stop")
    assert "does not run" in p.say("stop")
    assert p.quit()["ports"][0]["rx_packets"] > 0


def test_a_starts_at_once_and_has_a_prompt(prompt):
    p = prompt(NULLS, PEER, "-a")
    p.process.started()
    assert "gateway, forwarding" in p.say("show config fwd")
    p.quit()


def test_the_end_of_what_is_typed_ends_the_run(prompt):
    p = prompt(NULLS, PEER)
    p.process.popen.stdin.close()
    p.process.finished()


def test_a_signal_ends_a_run_with_a_prompt(prompt):
    p = prompt(NULLS, PEER, "-a")
    p.process.stopped()


def test_every_command_is_in_the_help_of_its_section(prompt):
    p = prompt(NULLS, PEER)
    whole = p.say("help")
    for section in "control", "display", "config", "ports":
        part = p.say(f"help {section}")
        lines = re.findall(r"^  \S.*$", part, re.M)
        assert len(lines) >= 4
        assert all(line in whole for line in lines)
    p.quit()


WRONG = [
    ("nonsense", "Command not found"),
    ("show", "Bad arguments"),
    ("set fwd gate", "Bad arguments"),
    ("set max-frame 59", "give a number from 60 to 16384"),
    ("set max-frame 9014", "the trunk port was set up for 1514"),
    ("set hold-us -1", "give a number from 0 to 1000000"),
    ("set peer 01:00:00:00:00:01", "give a unicast address"),
    ("show port stats 2", "port 2: give 0, 1 or all"),
    ("rx_vlan add 4096 0", "give a number from 0 to 4095"),
    ("port config mtu 0 67", "give a number from 68 to 65535"),
    ("set link-down port 0", "port 0 (net_null): cannot link-down"),
    ("load /nonexistent", "/nonexistent: cannot read commands there"),
]


def test_what_cannot_be_is_answered(prompt):
    p = prompt(NULLS, PEER)
    for line, answer in WRONG:
        assert answer in p.say(line)
    p.quit()


def test_show_port_has_all_views(prompt):
    p = prompt(NULLS, PEER)
    assert re.search(r"^0 +access .* net_null0 +net_null +up", p.say("show port summary all"),
                     re.M)
    assert "driver net_null, MAC address" in p.say("show port info 1")
    assert "rx_good_packets: 0" in p.say("show port xstats 1")
    both = p.say("show port stats all")
    assert "for port 0" in both and "for port 1" in both
    p.quit()


def test_statistics_are_cleared(prompt):
    p = prompt(NULLS, PEER, "--forward-mode=rxonly")
    p.say("start")
    p.say("stop")
    assert not re.search(r"RX-packets: 0 ", p.say("show port stats 0"))
    p.say("clear port stats 0")
    assert re.search(r"RX-packets: 0 ", p.say("show port stats 0"))
    assert not re.search(r"RX-packets: 0 ", p.say("show port stats 1"))
    p.quit()


def test_ports_are_stopped_started_reset_and_closed(prompt):
    p = prompt(NULLS, PEER, "--forward-mode=io")
    p.say("port stop 0")
    assert 'port 0 is stopped: "port start 0" first' in p.say("start")
    p.say("port start all")
    p.say("start")
    assert '"stop" first' in p.say("port stop all")
    p.say("stop")
    p.say("port close 1")
    assert "port 1 is closed" in p.say("port start 1")
    assert "port 1 is closed: run the program anew" in p.say("start")
    assert "Invalid port_id" not in p.say("show fwd stats all")
    p.quit()


def test_a_mode_changes_between_stop_and_start(prompt, tmp_path):
    packets = mixed(300)
    source = write(tmp_path / "in.pcap", packets)
    p = prompt([f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={tmp_path}/out.pcap"],
               "--forward-mode=rxonly")
    p.say("set fwd gateway")
    assert "peer searched for" in p.say("show config fwd")
    p.say(f"set peer {TRUNK_MAC}")
    assert f"peer {TRUNK_MAC.upper()}" in p.say("show config fwd")
    p.say("set fwd io")
    assert "forwarding started: io" in p.say("start")
    p.process.wait_for(lambda: "RX-packets: 300" in p.say("show port stats 0"), "packets")
    assert "fwd assemble begins with the next" in p.say("set fwd assemble")
    p.say("stop")
    assert "forwarding started: assemble" in p.say("start")
    stats = p.quit()
    assert read(tmp_path / "out.pcap") == packets
    assert stats["ports"][1]["tx_packets"] == 300


def test_the_mtu_of_the_access_port_bounds_what_is_rebuilt(prompt, run, tmp_path):
    source = write(tmp_path / "in.pcap", mixed(300))
    trunk = tmp_path / "trunk.pcap"
    sent = run([f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={trunk}"],
               [PEER, "--forward-mode=assemble", "--max-pkt=1400"])
    frames = sent["assembler"]["frames"]

    def oversize(mtu):
        # The second net_pcap has the address that the frames are for.
        p = prompt([f"net_pcap0,rx_pcap={source}", f"net_pcap1,rx_pcap={trunk}", "net_null0"],
                   PEER, "--forward-mode=disassemble", "--access=2")
        assert p.say(f"port config mtu 2 {mtu}") == ""
        assert "forwarding started" in p.say("start")
        seen = r"(?:frames:|oversize) +(\d+)"
        p.process.wait_for(lambda: sum(map(int, re.findall(
            seen, p.say("show fwd stats all")))) >= frames, "frames")
        return p.quit()["disassembler"]["dropped"]["oversize"]

    assert oversize(300) > 0
    # More than an mbuf has room for.
    assert oversize(9000) == 0


def senders(text):
    """The counters of each sender, by its address."""
    lines = re.findall(r"^ *from ([0-9A-F:]+)(?: \(removed\))?: (.*); last frame \d+ ms ago$",
                       text, re.M)
    return {mac.lower(): {name: int(value) for name, value in
                          (counter.rsplit(" ", 1) for counter in counters.split(", "))}
            for mac, counters in lines}


def frames_of(source, numbers):
    """Frames with these numbers, of three packets each."""
    dst, src = (bytes.fromhex(mac.replace(":", "")) for mac in (TRUNK_MAC, source))
    return [wire_format.encode(small_udp(3), dst, src, seq=number) for number in numbers]


def test_each_sender_has_its_counters(prompt, tmp_path):
    first, second = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
    trunk = write(tmp_path / "trunk.pcap",
                  [*frames_of(first, [0, 1, 4]), *frames_of(second, [9, 9, 11, 10]),
                   *frames_of("02:00:00:00:00:0c", [0])])
    p = prompt([f"net_pcap0,tx_pcap={tmp_path}/out.pcap", f"net_pcap1,rx_pcap={trunk}"],
               f"--peer={first}", "--forward-mode=disassemble")
    # Frames of both are taken from now on.
    assert p.say(f"set peer {second}") == ""
    p.say("start")
    p.process.wait_for(lambda: "unknown_peer 1" in p.say("show fwd stats all"), "frames")
    seen = senders(p.say("show assembler peers"))
    assert seen == senders(p.say("show fwd stats all"))
    counters = ["frames", "packets", "dropped", "lost frames", "duplicate", "late"]
    assert seen == {first: dict(zip(counters, [3, 9, 0, 2, 0, 0])),
                    second: dict(zip(counters, [3, 9, 0, 1, 1, 1]))}
    # They go on where another engine begins, and from 0 where they are cleared.
    p.say("stop")
    p.say("set lz4 on")
    p.say("start")
    assert senders(p.say("show fwd stats all"))[second]["late"] == 1
    p.say("clear fwd stats all")
    assert all(sum(sender.values()) == 0
               for sender in senders(p.say("show fwd stats all")).values())
    peers = p.quit()["disassembler"]["peers"]
    assert [peer["address"].lower() for peer in peers] == [second]
    assert peers[0]["age_ms"] >= 0


def test_a_peer_is_searched_for_until_it_is_given(prompt):
    p = prompt(["net_null0", "net_null1"])
    p.say("start")
    assert "no peer was heard of on the trunk" in p.say("show assembler peers")
    p.say(f"set peer {TRUNK_MAC}")
    assert f"peer {TRUNK_MAC.upper()}, given" in p.say("show assembler peers")
    p.quit()


def test_settings_change_while_packets_pass_and_none_is_lost(prompt, cards, tmp_path):
    packets = small_udp(20000, flows=1)
    source = write(tmp_path / "in.pcap", packets)
    card = cards(1)
    p = prompt([f"net_pcap0,rx_pcap={source}"], PEER, "--forward-mode=assemble", "--burst=4",
               "--access=1", "--trunk=0", nb_lcores=2, **card.named)
    came = []

    def receive():
        while len(came) < len(packets):
            frame = card.cables[0].take()
            came.extend(wire_format.decode(frame)[1] if is_assembled(frame) else [frame])

    receiver = threading.Thread(target=receive, daemon=True)
    receiver.start()
    p.say("start")
    for line in ("set max-frame 300", "set min-count 1", "set max-count 2", "set hold-us 0",
                 "set max-pkt 100", "set burst 32", "set max-count 0", "set max-frame 1514"):
        assert p.say(line) == ""
    for line in "set idle-flush on", "set lz4 on", "add route 10.0.0.0/8 02:00:00:00:00:0a":
        assert "forwarding started: assemble" in p.say(line)
    assert "max-frame 1514, max-count 0, min-count 1, max-pkt 100, hold-us 0" in p.say(
        "show config fwd")
    receiver.join(TIMEOUT)
    assert came == packets
    assert p.quit()["assembler"]["frames"] > 0


def test_lz4_begins_at_once(prompt, tmp_path):
    source = write(tmp_path / "in.pcap", small_udp(400))
    p = prompt([f"net_pcap0,rx_pcap={source},infinite_rx=1", "net_null1"], PEER, "-a",
               "--forward-mode=assemble")

    def frames():
        return int(re.search(r" frames: +(\d+)", p.say("show assembler stats"))[1])

    p.process.started()
    p.process.wait_for(frames, "frames")
    assert "forwarding started: assemble" in p.say("set lz4 on")
    assert "lz4 on" in p.say("show config fwd")
    before = frames()
    p.process.wait_for(lambda: frames() > before, "more frames")
    stats = p.quit()["assembler"]
    assert 0 < stats["lz4_frames"] < stats["frames"]


def sums(text):
    return [int(n) for n in re.findall(r"(?:packets|frames|bytes|few|TX-dropped): +(\d+)", text)]


def receiver(text):
    """What the default peer got."""
    match = re.search(rf"^  to {TRUNK_MAC} \(default\): frames (\d+), packets (\d+)\n    hold time "
                      r"p50 \d+ us, p99 \d+ us, max (\d+) us; closed by: (.*)$", text, re.M | re.I)
    frames, packets, longest = map(int, match.groups()[:3])
    return {"frames": frames, "packets": packets, "max": longest,
            "closed by": {reason: int(count) for reason, count
                          in re.findall(r"(\w+) (\d+)", match[4])}}


def test_statistics_go_on_over_restarts_until_they_are_cleared(prompt, tmp_path):
    source = write(tmp_path / "in.pcap", small_udp(400))
    p = prompt([f"net_pcap0,rx_pcap={source}", "net_null1"], PEER, "--forward-mode=assemble",
               "--stats-period=1")
    p.say("start")
    p.process.wait_for(lambda: "RX-packets: 400" in p.say("show port stats 0"), "packets")
    p.say("stop")
    counted = p.say("show assembler stats")
    sent = receiver(p.say("show assembler peers"))
    assert sent["packets"] > 0 and sum(sent["closed by"].values()) > 0
    for line in "set lz4 on", "set lz4 off", "set idle-flush on", "set fwd io":
        p.say(line)
        p.say("start")
        p.say("stop")
    p.say("set fwd assemble")
    p.say("start")
    p.say("stop")
    assert sum(sums(counted)) > 400
    assert sums(p.say("show assembler stats")) == sums(counted)
    assert receiver(p.say("show assembler peers")) == sent
    p.say("clear fwd stats all")
    assert sum(sums(p.say("show assembler stats"))) == 0
    cleared = receiver(p.say("show assembler peers"))
    assert (cleared["frames"], cleared["packets"], cleared["closed by"]) == (0, 0, {})
    assert "RX-packets: 0 " in p.say("show port stats 0")
    # A period that has fewer than the one before is none of 2^64 packets a second.
    lines = p.process.out.count("access rx")
    p.process.wait_for(lambda: p.process.out.count("access rx") > lines + 1, "periods")
    assert max(map(int, re.findall(r"rx (\d+)/s", p.process.out))) <= 1000
    assert p.quit()["assembler"]["packets"] == 0


def test_adaptive_begins_and_ends_at_once(prompt, cards):
    ports = cards(2)
    p = prompt([], PEER, "--forward-mode=assemble", "--hold-us=1", **ports.named)

    def closed_by_time():
        """Frames, when a hundred packets have come one by one, and never two within the hold
        time."""
        for packet in small_udp(100):
            ports.cables[0].send(packet)
            assert ports.cables[1].take() == packet
        return int(re.search(r"closed by: +time (\d+)\s", p.say("show assembler stats"))[1])

    assert "adaptive off" in p.say("show config fwd")
    p.say("set adaptive on")
    assert "adaptive on" in p.say("show config fwd")
    p.say("start")
    assert closed_by_time() == 48
    assert closed_by_time() == 48
    p.say("set adaptive off")
    assert closed_by_time() == 148
    p.quit()


def test_verbose_has_a_line_for_each_assembled_frame(prompt, tmp_path):
    source = write(tmp_path / "in.pcap", small_udp(200))
    p = prompt([f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={tmp_path}/trunk.pcap"],
               PEER, "--forward-mode=assemble", "--hold-us=1000000")
    p.say("set verbose 1")
    p.type("start")
    stats = p.quit()["assembler"]
    lines = re.findall(rf"trunk TX: {TRUNK_MAC} > {TRUNK_MAC}, (\d+) bytes, stream 0, "
                       r"seq (\d+): (\d+) packets", p.process.out, re.M | re.I)
    assert len(lines) == stats["frames"] > 1
    assert [int(seq) for _, seq, _ in lines] == list(range(int(lines[0][1]),
                                                           int(lines[0][1]) + len(lines)))
    assert sum(int(count) for _, _, count in lines) == stats["packets"]


def test_show_assembler_says_why_little_is_assembled(prompt, tmp_path):
    source = write(tmp_path / "in.pcap", small_udp(50))
    p = prompt([f"net_pcap0,rx_pcap={source}", "net_null1"], PEER, "--forward-mode=assemble",
               "--max-pkt=60")
    assert "No packet came from the access side (port 0)" in p.say("show assembler stats")
    p.say("start")
    p.process.wait_for(lambda: "RX-packets: 50" in p.say("show port stats 0"), "packets")
    assert ("Most packets travel natively: they are longer than max-pkt." in
            p.say("show assembler stats"))
    assert TRUNK_MAC in p.say("show assembler peers").lower()
    assert re.search(r"client 0: packets 50, .*bypassed 50.*\n +hold time p50 0 us, p99 0 us, "
                     r"max 0 us; closed by: none$", p.say("show assembler clients"), re.M)
    p.quit()


def test_the_histogram_is_drawn(prompt, tmp_path):
    source = write(tmp_path / "in.pcap", small_udp(400))
    p = prompt([f"net_pcap0,rx_pcap={source}", "net_null1"], PEER, "--forward-mode=assemble",
               "--hold-us=100000", "--max-count=10")
    p.say("start")
    p.process.wait_for(lambda: "RX-packets: 400" in p.say("show port stats 0"), "packets")
    p.say("stop")
    assert re.search(r"^ +8 to 15 +40 #{50}$", p.say("show assembler histogram"), re.M)
    p.quit()


def test_a_file_is_run_before_the_prompt(prompt, tmp_path):
    inner = tmp_path / "inner"
    inner.write_text("set hold-us 7\n")
    commands = tmp_path / "commands"
    commands.write_text(f"# as typed\nset fwd io\n\nload {inner}\nstart")
    p = prompt(NULLS, PEER, f"--cmdline-file={commands}")
    assert "forwarding started: io" in p.process.out
    assert "hold-us 7" in p.say("show config fwd")
    p.quit()


def test_a_bad_line_of_a_file_is_named_and_ends_the_run(start, tmp_path):
    commands = tmp_path / "commands"
    commands.write_text("start\nset fwd nowhere\nset fwd io\n")
    process = start(NULLS, [PEER, "-i", f"--cmdline-file={commands}"], stdin=subprocess.PIPE)
    process.finished()
    assert f"{commands}:2: the command goes on otherwise: set fwd nowhere" in process.err


def test_tab_completes_and_arrows_bring_lines_back(start):
    controller, terminal = pty.openpty()
    process = start(NULLS, [PEER, "-i"], stdin=terminal)
    process.wait_for(lambda: PROMPT in process.out, "prompt")
    os.write(controller, b"show config f\t\n")
    process.wait_for(lambda: process.out.count("gateway, stopped") == 1, "answer")
    os.write(controller, b"\x1b[A\n")
    process.wait_for(lambda: process.out.count("gateway, stopped") == 2, "second answer")
    os.write(controller, b"quit\n")
    process.finished()
    os.close(controller)
    os.close(terminal)
