# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Options from a file."""

import re
import subprocess

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from test_forwarding import read, wire_format, write
from testasm import PROGRAM, ROOT, TIMEOUT, Prompt

NULLS = ["net_null0", "net_null1"]
ETHER = "02:00:00:00:0e:01"
PEER_A = "[testasm]\n[peer a]\nmac = 02:00:00:00:00:02\n"


def configured(start, tmp_path, text, *options):
    path = tmp_path / "testasm.conf"
    path.write_text(text)
    # The prompt shows what came of it.
    process = start(NULLS, [*options[:1], f"--config={path}", *options[1:], "-i"],
                    stdin=subprocess.PIPE)
    process.popen.stdin.write(b"show config fwd\nquit\n")
    process.popen.stdin.flush()
    process.finished()
    return process.out


def test_a_file_gives_options(start, tmp_path):
    out = configured(start, tmp_path, """
# How the gateway at the pump house runs.
[testasm]
forward-mode = assemble
peer = 02:00:00:00:00:07   # the other one
hold-us=123
max-pkt = 0x80
""")
    assert "assemble, stopped" in out
    assert "peer 02:00:00:00:00:07" in out.lower()
    assert "max-pkt 128, hold-us 123" in out


def test_what_comes_last_counts(start, tmp_path):
    text = "[testasm]\nforward-mode = io\nhold-us = 5\nmin-count = 7\n"
    out = configured(start, tmp_path, text, "--hold-us=4", "--min-count=9")
    assert "io, stopped" in out
    assert "hold-us 5" in out
    assert "min-count 9" in out


@pytest.mark.parametrize("text, answer", [
    ("[testasm]\nmax-frame = 1\n", "--max-frame=1: give a number from 60 to 16384"),
    ("[testasm]\nforward = io\n", "forward: no option for a file"),
    ("[testasm]\ni = 1\n", "i: no option for a file"),
    ("[testasm]\nconfig = testasm.conf\n", "config: no option for a file"),
    ("[other]\nhold-us = 1\n", "give one section [testasm]"),
    ("[testasm]\n[other]\nhold-us = 1\n", "give one section [testasm]"),
    ("[testasm]\n[peer]\nmac = 02:00:00:00:00:02\n", "a section [peer NAME] for each"),
    ("[testasm]\n[peer a]\ndestinations = 10.1.0.0/16\n", "mac is missing: give a unicast"),
    ("[testasm]\n[peer a]\nmac = 03:00:00:00:00:01\n", "mac 03:00:00:00:00:01: give a unicast"),
    (PEER_A + "destination = 10.1.0.0/16\n", "destination: no option for a file in [peer a]"),
    *((PEER_A + f"destinations = 10.1.0.0/16, {bad}\n", f"{bad}: give a MAC address, or an IP")
      for bad in ("10.1.0.0/33", "10.1.0.0/0", "10.1.0/16", "10.1.0.0/", "10.1.0.0/8x",
                  "2001:db8::/129", "2001:db8:::/32", "pump", "02:00:00:00:00", "1" * 60)),
    (PEER_A + "".join(f"destinations = 10.1.{i}.0/24\n" for i in range(65)),
     "10.1.64.0/24: more than 64 destinations"),
    ("hold-us = 1\n", "give a file with a section [testasm]"),
    ("[testasm\n", "give a file with a section [testasm]"),
    (None, "cannot read it: No such file or directory"),
])
def test_a_file_that_is_wrong_is_refused(refused, tmp_path, text, answer):
    path = tmp_path / "testasm.conf"
    if text is not None:
        path.write_text(text)
    assert answer in refused("--", "--peer=02:00:00:00:00:01", f"--config={path}")


def to(*addresses):
    """A packet to each, a MAC or an IP address."""
    for address in addresses:
        if len(address) == len(ETHER):
            yield bytes(Ether(dst=address, src=ETHER, type=0x88B6) / Raw(bytes(46)))
            continue
        layer = IPv6(dst=address) if ":" in address else IP(dst=address)
        yield bytes(Ether(dst=ETHER, src=ETHER) / layer / UDP() / Raw(bytes(20)))


def test_destinations_have_peers_of_their_own(start, tmp_path):
    peers = {
        "02:00:00:00:00:0a": ["10.1.2.3", "02:00:00:00:0d:01"],
        "02:00:00:00:00:0b": ["10.1.9.9", "2001:db8::1"],
        "02:00:00:00:00:0c": ["10.2.0.1", "2001:db9::1", "02:00:00:00:0d:02"],
    }
    config = tmp_path / "testasm.conf"
    config.write_text("""
[testasm]
forward-mode = assemble
peer = 02:00:00:00:00:0c
hold-us = 1000000
min-count = 1
[peer pump house]
mac = 02:00:00:00:00:0a
destinations = 10.1.0.0/16, 02:00:00:00:0d:01
[peer gate]
mac = 02:00:00:00:00:0b
destinations = 10.1.9.0/24
destinations = 2001:db8::/32
""")
    sent = [packet for _ in range(20) for addresses in peers.values()
            for packet in to(*addresses)]
    source = write(tmp_path / "in.pcap", sent)
    p = Prompt(start, [f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={tmp_path}/out.pcap"],
               f"--config={config}", "--forward-mode=gateway")
    p.say("add route 10.2.0.0/16 02:00:00:00:00:0a")
    p.say("del route 10.2.0.0/16")
    assert "10.3.0.0/16: there is no such route" in p.say("del route 10.3.0.0/16")
    assert "give a unicast address" in p.say("add route 10.3.0.0/16 nowhere")
    assert "give a MAC address, or an IP prefix" in p.say("add route nowhere 02:00:00:00:00:0a")
    shown = p.say("show assembler peers")
    assert re.findall(r"route (\S+) to peer (\S+)", shown.lower()) == [
        ("10.1.0.0/16", "02:00:00:00:00:0a"), ("02:00:00:00:0d:01", "02:00:00:00:00:0a"),
        ("10.1.9.0/24", "02:00:00:00:00:0b"), ("2001:db8::/32", "02:00:00:00:00:0b")]
    p.say("start")
    p.process.wait_for(lambda: f"RX-packets: {len(sent)} " in p.say("show port stats 0"),
                       "packets")
    stats = p.quit()["assembler"]
    came = {mac: [] for mac in peers}
    sizes = {mac: [] for mac in peers}
    for frame in read(tmp_path / "out.pcap"):
        header, packets = wire_format.decode(frame)
        came[header.dst.hex(":")] += packets
        sizes[header.dst.hex(":")].append(len(packets))
    assert came == {mac: [packet for _ in range(20) for packet in to(*addresses)]
                    for mac, addresses in peers.items()}
    counted = {peer["address"].lower(): peer for peer in stats["peers"]}
    assert counted.keys() == peers.keys()
    for mac, peer in counted.items():
        assert (peer["frames"], peer["packets"]) == (len(sizes[mac]), sum(sizes[mac]))
        assert peer["fill_histogram"] == [sum(size.bit_length() == bucket for size in sizes[mac])
                                          for bucket in range(1, 14)]
        assert peer["default"] == (mac == "02:00:00:00:00:0c")
    for reason, count in stats["flushed"].items():
        assert sum(peer["flushed"][reason] for peer in counted.values()) == count
    assert max(peer["hold_us"]["max"] for peer in counted.values()) == stats["hold_us"]["max"]


def test_the_file_of_the_service_is_good(start, tmp_path):
    text = (ROOT / "app/testasm/dpdk-testasm.conf").read_text()
    out = configured(start, tmp_path, text)
    assert "gateway, stopped" in out


def test_the_unit_of_the_service_is_good(tmp_path):
    unit = (ROOT / "app/testasm/dpdk-testasm.service").read_text()
    path = tmp_path / "dpdk-testasm.service"
    # The program is wherever it was built.
    path.write_text(unit.replace("/usr/local/bin/dpdk-testasm", str(PROGRAM)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], text=True,
                          capture_output=True, timeout=TIMEOUT)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_route_without_memory_leaves_forwarding_as_it_was(start):
    eal = ["--no-huge", "-m", "48", "--no-pci", "--no-shconf", "--no-telemetry"]
    p = Prompt(start, ["net_null0", "net_null1"], "--peer=02:00:00:00:00:0c", "-a", eal=eal)
    p.process.started()
    assert "forwarding started" in p.say("add route 10.0.0.0/8 02:00:00:00:00:0a")
    assert "no memory for prefixes; IPv4 takes 64 MB" in p.process.err
    assert "gateway, forwarding" in p.say("show config fwd")
    assert "route" not in p.say("show assembler peers")
    p.quit()
