# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""What the forwarding modes do with packets, between files and between two programs."""

import functools
import pathlib
import random
import struct
import sys

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import RawPcapReader, RawPcapWriter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import wire_format  # noqa: E402

ETHER_TYPE = 0x88B5
# net_pcap gives its ports these addresses, in the order of their creation.
ACCESS_MAC = "02:70:63:61:70:00"
TRUNK_MAC = "02:70:63:61:70:01"
OTHER_MAC = "02:00:00:00:00:99"


def read(path):
    return [data for data, _ in RawPcapReader(str(path))]


def write(path, packets):
    with RawPcapWriter(str(path), linktype=1) as file:
        file.write([bytes(packet) for packet in packets])
    return path


def address(packet, which):
    at = {"destination": 0, "source": 6}[which]
    return packet[at:at + 6].hex(":")


def ether_type(packet):
    return int.from_bytes(packet[12:14], "big")


def is_assembled(packet):
    return ether_type(packet) == ETHER_TYPE


@functools.lru_cache(maxsize=None)
def udp_headers(flow, length):
    """Without a UDP checksum, for any *length* bytes."""
    return bytes(Ether(src=f"02:00:00:00:01:{flow:02x}", dst="02:00:00:00:02:01") /
                 IP(src=f"10.0.0.{flow}", dst="10.0.1.1") /
                 UDP(sport=4000 + flow, dport=5683, chksum=0) / Raw(bytes(length)))[:-length]


def small_udp(nb, seed=1, flows=8):
    """UDP packets of 60 to 150 bytes; the payload begins with the number within the flow."""
    rng = random.Random(seed)
    packets = []
    for number in range(nb):
        flow = number % flows
        load = (number // flows).to_bytes(4, "big") + rng.randbytes(rng.randrange(14, 104))
        packets.append(udp_headers(flow, len(load)) + load)
    return packets


def mixed(nb, seed=2):
    """Packets of all lengths, with many addresses, tags and zeros at the end."""
    rng = random.Random(seed)
    packets = []
    for _ in range(nb):
        length = rng.choice([60, 60, 60, 61, 90, 150, 200, 201, 600, 1514])
        data = bytearray(rng.randbytes(length))
        data[0:12] = bytes.fromhex("02000000020%d02000000010%d" % (rng.randrange(4),
                                                                    rng.randrange(3)))
        data[12:14] = rng.choice([b"\x08\x00", b"\x81\x00", b"\x86\xdd", b"\x88\xb6"])
        if rng.randrange(3) == 0:
            zeros = rng.randrange(1, 46)
            data[length - zeros:] = bytes(zeros)
        packets.append(bytes(data))
    return packets


def files(tmp_path, packets):
    """What goes in at the access side, then through the trunk, and comes out at the far end."""
    return write(tmp_path / "in.pcap", packets), tmp_path / "trunk.pcap", tmp_path / "out.pcap"


def there_and_back(run, tmp_path, packets, options=(), nb_lcores=1):
    """Assemble in one run, disassemble in another; both runs' statistics and the packets."""
    source, trunk, sink = files(tmp_path, packets)
    # Both runs have the same address, as both have their trunk on the second net_pcap.
    options = [f"--peer={TRUNK_MAC}", *options]
    there = run([f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={trunk}"],
                ["--forward-mode=assemble", *options], nb_lcores=nb_lcores)
    back = run([f"net_pcap0,tx_pcap={sink}", f"net_pcap1,rx_pcap={trunk}"],
               ["--forward-mode=disassemble", *[o for o in options if "workers" not in o]])
    return there["assembler"], back["disassembler"], read(sink)


def test_io_passes_both_ways_unchanged(run, tmp_path):
    up, down = mixed(500, seed=3), mixed(300, seed=4)
    write(tmp_path / "up.pcap", up)
    write(tmp_path / "down.pcap", down)
    stats = run([f"net_pcap0,rx_pcap={tmp_path}/up.pcap,tx_pcap={tmp_path}/to_access.pcap",
                 f"net_pcap1,rx_pcap={tmp_path}/down.pcap,tx_pcap={tmp_path}/to_trunk.pcap"],
                ["--forward-mode=io"])
    assert read(tmp_path / "to_trunk.pcap") == up
    assert read(tmp_path / "to_access.pcap") == down
    access, trunk = stats["ports"]
    assert (access["rx_packets"], access["tx_packets"]) == (500, 300)
    assert (trunk["rx_packets"], trunk["tx_packets"]) == (300, 500)
    assert trunk["tx_bytes"] == sum(map(len, up))


@pytest.mark.parametrize("options, peer", [
    ([], "02:00:00:00:00:01"), ([f"--peer={OTHER_MAC}"], OTHER_MAC)])
def test_mac_writes_own_and_peer_address(run, tmp_path, options, peer):
    packets = mixed(100)
    for name in "up", "down":
        write(tmp_path / f"{name}.pcap", packets)
    run([f"net_pcap0,rx_pcap={tmp_path}/up.pcap,tx_pcap={tmp_path}/to_access.pcap",
         f"net_pcap1,rx_pcap={tmp_path}/down.pcap,tx_pcap={tmp_path}/to_trunk.pcap"],
        ["--forward-mode=mac", *options])
    for name, source, destination in (("to_trunk", TRUNK_MAC, peer),
                                      ("to_access", ACCESS_MAC, "02:00:00:00:00:00")):
        out = read(tmp_path / f"{name}.pcap")
        assert [p[12:] for p in out] == [p[12:] for p in packets]
        assert {address(p, "source") for p in out} == {source}
        assert {address(p, "destination") for p in out} == {destination}


def test_rxonly_counts_and_drops(run, tmp_path):
    source = write(tmp_path / "in.pcap", mixed(200))
    stats = run([f"net_pcap0,rx_pcap={source}", f"net_pcap1,rx_pcap={source}"],
                ["--forward-mode=rxonly"])
    assert [p["rx_packets"] for p in stats["ports"]] == [200, 200]
    assert [p["tx_packets"] for p in stats["ports"]] == [0, 0]


def test_txonly_keeps_what_a_full_ring_refuses(run):
    # Nobody reads the ring: it takes what it has room for, and then TX is full.
    trunk = run(["net_null0", "net_ring1"], ["--forward-mode=txonly"])["ports"][1]
    assert 1000 <= trunk["tx_packets"] <= 1024
    assert trunk["rx_packets"] == 0


def wait_for_size(process, path, size):
    process.wait_for(lambda: path.exists() and path.stat().st_size >= size, f"{size} bytes")


@pytest.mark.parametrize("length", [42, 60, 333, 1514])
def test_txonly_sends_valid_udp(start, tmp_path, length):
    sink = tmp_path / "out.pcap"
    process = start(["net_null0", f"net_pcap1,tx_pcap={sink}"],
                    ["--forward-mode=txonly", f"--txpkts={length}", f"--peer={OTHER_MAC}",
                     "--burst=1"]).started()
    wait_for_size(process, sink, 10000)
    stats = process.stopped()
    out = read(sink)
    assert stats["ports"][1]["tx_packets"] == len(out) > 0
    assert {len(packet) for packet in out} == {length}
    packet = Ether(out[0])
    assert (packet.dst, packet.src) == (OTHER_MAC, TRUNK_MAC.replace(":01", ":00"))
    assert packet[IP].len == length - 14
    assert packet[UDP].len == length - 34
    checksum = packet[IP].chksum
    del packet[IP].chksum
    assert Ether(bytes(packet))[IP].chksum == checksum


def test_flowgen_cycles_through_its_flows_and_receives(start, tmp_path):
    source, sink = write(tmp_path / "in.pcap", mixed(50)), tmp_path / "out.pcap"
    process = start([f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={sink}"],
                    ["--forward-mode=flowgen", "--burst=32"]).started()
    wait_for_size(process, sink, 4096 * 80)
    stats = process.stopped()
    out = read(sink)[:4096]
    assert stats["ports"][0]["rx_packets"] == 50
    flows = [(p[26:30], p[30:34], p[34:36]) for p in out]
    assert len(set(flows)) == 1024
    assert flows[:1024] == flows[1024:2048]
    for data in out[:1024:100]:
        packet = Ether(data)
        checksum = packet[IP].chksum
        del packet[IP].chksum
        assert Ether(bytes(packet))[IP].chksum == checksum


@pytest.mark.parametrize("options", [
    [], ["--hold-us=0"], ["--hold-us=100000"], ["--idle-flush=on"], ["--min-count=1"],
    ["--min-count=64"], ["--max-count=5"], ["--max-pkt=60"], ["--max-pkt=1600"],
    ["--max-frame=300"], ["--max-frame=4000", "--max-pkt=2000"],
    ["--max-frame=9014", "--max-pkt=2000"], ["--burst=1"], ["--burst=512"],
    ["--nb-rxd=32", "--nb-txd=32"], ["--lz4=on", "--max-pkt=1600"],
], ids=" ".join)
def test_packets_cross_the_trunk_identical_and_in_order(run, tmp_path, options):
    packets = mixed(3000)
    assembler, disassembler, out = there_and_back(run, tmp_path, packets, options)
    assert out == packets
    bypassed = sum(assembler["bypassed"].values())
    assert assembler["packets"] + bypassed == len(packets)
    assert disassembler["packets"] == assembler["packets"]
    assert disassembler["frames"] == assembler["frames"]
    assert disassembler["native"] == bypassed
    assert disassembler["lost_frames"] == 0


def test_small_packets_share_frames(run, tmp_path):
    packets = small_udp(3000)
    assembler, _, out = there_and_back(run, tmp_path, packets)
    assert out == packets
    trunk = read(tmp_path / "trunk.pcap")
    frames = [p for p in trunk if is_assembled(p)]
    assert len(frames) == assembler["frames"]
    assert len(trunk) < len(packets) / 5
    assert {address(p, "source") for p in frames} == {TRUNK_MAC}
    assert {address(p, "destination") for p in frames} == {TRUNK_MAC}
    assert max(map(len, trunk)) <= 1514
    assert assembler["wire_bytes_saved"] == (sum(map(len, packets)) + 24 * len(packets) -
                                             sum(map(len, trunk)) - 24 * len(trunk))


def readings(nb, seed=5):
    """What a meter reports: packets that differ little."""
    rng = random.Random(seed)
    packets = []
    for number in range(nb):
        load = b'{"meter": 4711, "number": %06d, "watt": %04d}' % (number, rng.randrange(10000))
        packet = bytearray(udp_headers(1, len(load)) + load)
        packet[18:20] = number.to_bytes(2, "big")
        packet[24:26] = bytes(2)
        total = sum(struct.unpack("!10H", packet[14:34]))
        packet[24:26] = (0xFFFF - total % 0xFFFF).to_bytes(2, "big")
        packets.append(bytes(packet))
    return packets


@pytest.mark.parametrize("max_frame", [1514, 9014])
def test_lz4_fills_frames_and_the_format_reads_them(run, tmp_path, max_frame):
    packets = readings(4000)
    options = ["--lz4=on", f"--max-frame={max_frame}", "--hold-us=1000000"]
    assembler, disassembler, out = there_and_back(run, tmp_path, packets, options)
    assert out == packets
    assert disassembler["packets"] == assembler["packets"] == len(packets)
    trunk = read(tmp_path / "trunk.pcap")
    decoded = [wire_format.decode(frame) for frame in trunk]
    assert [packet for _, inner in decoded for packet in inner] == packets
    assert {header.flags & ~wire_format.TIMER for header, _ in decoded} == {wire_format.LZ4}
    assert assembler["lz4_frames"] == assembler["frames"] == len(trunk)
    plain = sum(int.from_bytes(frame[30:32], "big") for frame in trunk)
    assert assembler["lz4_bytes_saved"] == plain - sum(header.payload_len for header, _ in decoded)
    # But for the last one they are full, or nearly, unless the machine stood still for a second.
    full = [len(frame) for frame, (header, _) in zip(trunk[:-1], decoded)
            if not header.flags & wire_format.TIMER]
    assert full and all(max_frame - 60 < length <= max_frame for length in full)


def test_max_count_one_sends_everything_natively(run, tmp_path):
    packets = small_udp(500)
    assembler, _, _ = there_and_back(run, tmp_path, packets, ["--max-count=1"])
    assert read(tmp_path / "trunk.pcap") == packets
    assert assembler["bypassed"]["few"] == 500
    assert assembler["frames"] == 0


def test_one_worker_keeps_the_order(run, tmp_path):
    packets = mixed(3000)
    assembler, _, out = there_and_back(run, tmp_path, packets, ["--workers=1"], nb_lcores=2)
    assert out == packets
    assert assembler["frames"] > 0


def test_two_workers_keep_the_order_of_each_flow(run, tmp_path):
    packets = small_udp(4000)
    assembler, disassembler, out = there_and_back(run, tmp_path, packets, ["--workers=2"],
                                                  nb_lcores=3)
    assert sorted(out) == sorted(packets)
    for flow in range(8):
        source = bytes([2, 0, 0, 0, 1, flow])
        assert ([p for p in out if p[6:12] == source] ==
                [p for p in packets if p[6:12] == source])
    assert assembler["frames"] == disassembler["frames"] > 0


def test_ethertype_changes_what_is_assembled(run, tmp_path):
    packets = small_udp(300)
    _, disassembler, out = there_and_back(run, tmp_path, packets, ["--ethertype=0x9000"])
    assert out == packets
    assert {ether_type(p) for p in read(tmp_path / "trunk.pcap")} <= {0x9000, 0x0800}
    assert disassembler["frames"] > 0


def test_packets_that_must_not_be_assembled(run, tmp_path):
    packets = small_udp(30)
    large = bytes(Ether(dst=OTHER_MAC, src=OTHER_MAC, type=0x88B6) / Raw(bytes(300)))
    link_local = bytes(Ether(dst="01:80:c2:00:00:0e", src=OTHER_MAC, type=0x88CC) /
                       Raw(bytes(60)))
    nested = bytes(Ether(dst=OTHER_MAC, src=OTHER_MAC, type=ETHER_TYPE) / Raw(bytes(60)))
    sent = packets[:10] + [large] + packets[10:20] + [link_local, nested] + packets[20:]
    assembler, _, out = there_and_back(run, tmp_path, sent, ["--hold-us=1000000"])
    assert out == [packet for packet in sent if packet != nested]
    assert assembler["bypassed"]["large"] == 1
    assert assembler["bypassed"]["reserved"] == 1
    assert assembler["dropped"]["nested"] == 1
    assert assembler["flushed"]["order"] == 2


@pytest.mark.parametrize("options, counter", [
    (["--peer=" + OTHER_MAC], ("dropped", "unknown_peer")),
    (["--peer=" + TRUNK_MAC], ("not_mine", None)),
])
def test_frames_of_others_are_dropped_and_counted(run, tmp_path, options, counter):
    source, trunk, sink = files(tmp_path, small_udp(100))
    peer = TRUNK_MAC if counter[0] == "dropped" else OTHER_MAC
    run([f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={trunk}"],
        ["--forward-mode=assemble", f"--peer={peer}", "--min-count=1"])
    stats = run([f"net_pcap0,tx_pcap={sink}", f"net_pcap1,rx_pcap={trunk}"],
                ["--forward-mode=disassemble", *options])["disassembler"]
    value = stats[counter[0]] if counter[1] is None else stats[counter[0]][counter[1]]
    assert value == len(read(trunk)) > 0
    assert read(sink) == []


@pytest.mark.parametrize("options, nb_lcores", [
    ([], 1), ([], 2), (["--workers=1"], 4),
    (["--lcore-map=rx:1,worker:2,tx:3,back:3"], 4), (["--lcore-map=rx:1,back:2"], 3)])
def test_gateway_does_both_at_once(run, tmp_path, options, nb_lcores):
    up, down, native = small_udp(2000), small_udp(1500, seed=9), mixed(200)
    there_and_back(run, tmp_path, down)
    from_trunk = read(tmp_path / "trunk.pcap") + native
    write(tmp_path / "from_trunk.pcap", from_trunk)
    write(tmp_path / "up.pcap", up)
    stats = run([f"net_pcap0,rx_pcap={tmp_path}/up.pcap,tx_pcap={tmp_path}/to_access.pcap",
                 f"net_pcap1,rx_pcap={tmp_path}/from_trunk.pcap,tx_pcap={tmp_path}/to_trunk.pcap"],
                ["--forward-mode=gateway", f"--peer={TRUNK_MAC}", *options],
                nb_lcores=nb_lcores)
    assert read(tmp_path / "to_access.pcap") == down + native
    access, trunk = stats["ports"]
    assembler, disassembler = stats["assembler"], stats["disassembler"]
    bypassed = sum(assembler["bypassed"].values())
    assert access["rx_packets"] == len(up) == assembler["packets"] + bypassed
    assert trunk["tx_packets"] == assembler["frames"] + bypassed
    assert trunk["rx_packets"] == disassembler["frames"] + disassembler["native"]
    assert access["tx_packets"] == disassembler["packets"] + disassembler["native"]


def test_trunk_down_is_counted_and_recovers(start, cards, tmp_path):
    packets = small_udp(1000)
    source = write(tmp_path / "in.pcap", packets)
    card = cards(1)
    cable = card.cables[0]
    cable.unplug()
    process = start([f"net_pcap0,rx_pcap={source},infinite_rx=1"],
                    ["--access=1", "--trunk=0", f"--peer={OTHER_MAC}", "--stats-period=1"],
                    **card.named)

    def dropped():
        return process.stats["assembler"]["tx_dropped"] if process.json_path.exists() else 0

    for _ in range(2):
        before = dropped()
        process.wait_for(lambda: dropped() > before, "drops")
        cable.plug()
        came = []
        while len(came) < len(packets):
            frame = cable.take()
            # Few may be in one that a busy machine kept waiting: they travel natively.
            came += wire_format.decode(frame)[1] if is_assembled(frame) else [frame]
        assert set(came) <= set(packets)
        cable.unplug()
    assert "port 0 has no link" in process.out
    process.stopped()
