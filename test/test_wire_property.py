# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The library and the second reading of the wire format agree, whatever comes.

What one packs the other unpacks, and of frames that are damaged both say the same.
All chance follows from a seed, which is printed; to repeat a run set it in TEST_SEED.
TEST_CASES is the number of cases of each test.
"""

import os
import random
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

TEST = Path(__file__).resolve().parent
sys.path.insert(0, str(TEST))
import wire_format  # noqa: E402
from wire_format import (BYE, CTRL, HELLO, HELLO_ACK, LZ4, OUTER, PROBE, PROBE_ACK,  # noqa: E402
                         SAME, TIMER, TLV_FIELDS, WHOLE)

PROGRAM = Path(os.environ.get('NATIVE_BUILD', TEST.parent / 'build/fast')) / 'test/wire_pipe'
EAL = ('--no-huge', '-m', '256', '--no-pci', '--no-shconf', '--no-telemetry', '--lcores', '0@0',
       '--log-level', '*:4')
SEED = int(os.environ.get('TEST_SEED', '0'), 0) or random.SystemRandom().getrandbits(32)
CASES = int(os.environ.get('TEST_CASES', '300'))
ETHERTYPES = (wire_format.ETHERTYPE, 0x88B6)
VLAN = 0x8100
LONGEST_PAYLOAD = 65000  # and then some bytes that do no harm
TLV_RECORD = struct.Struct('>BBBBHHHHHHI')
CAUSES = {'short', 'unknown_peer', 'version', 'hlen', 'flags', 'checksum', 'truncated', 'count',
          'lz4', 'walk', 'mode', 'length', 'same_first', 'oversize', 'nested'}


class Answer:
    def __init__(self, data):
        self.data, self.pos = data, 0

    def take(self, nb):
        assert self.pos + nb <= len(self.data)
        self.pos += nb
        return self.data[self.pos - nb:self.pos]

    def number(self, size):
        return int.from_bytes(self.take(size), 'big')

    def mbufs(self):
        return [self.take(self.number(2)) for _ in range(self.number(2))]

    def unpacked(self):
        """Lost frames, is it late, verdict and packets of one frame."""
        packets = self.mbufs()
        return self.number(4), self.number(1), self.take(self.number(1)).decode(), packets


class Pipe:
    """The library."""

    def __init__(self, program=PROGRAM):
        self.process = subprocess.Popen([program, *EAL], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, request):
        self.process.stdin.write(len(request).to_bytes(4, 'big') + request)
        self.process.stdin.flush()
        head = self.process.stdout.read(4)
        assert len(head) == 4, f'the library ended, seed {SEED:#x}'
        return Answer(self.process.stdout.read(int.from_bytes(head, 'big')))

    def pack(self, packets, dst, src, ethertype, sizes, lz4, burst, rng):
        request = struct.pack('>c6s6sHHHHHBBH', b'P', dst, src, ethertype, *sizes, lz4, burst,
                              len(packets))
        return self.ask(request + b''.join(mbuf(packet, rng) for packet in packets)).mbufs()

    def unpack(self, receiver, frames, rng):
        request = struct.pack('>c6sHHB', b'U', receiver.own, receiver.ethertype,
                              receiver.max_pkt, len(receiver.peers))
        request += b''.join(receiver.peers) + len(frames).to_bytes(2, 'big')
        answer = self.ask(request + b''.join(mbuf(frame, rng) for frame in frames))
        assert answer.number(2) == len(frames)
        return [answer.unpacked() for _ in frames]

    def read_tlvs(self, frame):
        answer = self.ask(b'T' + frame)
        return [answer.take(TLV_RECORD.size) for _ in range(answer.number(2))]

    def encode_control(self, tlvs, dst, src, stream, seq, epoch):
        request = struct.pack('>c6s6sHIHH', b'E', dst, src, stream, seq, epoch, len(tlvs))
        return self.ask(request + b''.join(record(*tlv) for tlv in tlvs)).data

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=600) == 0


@pytest.fixture(scope='module')
def library():
    pipe = Pipe()
    yield pipe
    pipe.end()


@pytest.fixture
def rng(request):
    """Chance of its own for each test, so that each can be repeated alone."""
    print(f'seed: {SEED:#x}')
    return random.Random(f'{SEED} {request.node.name}')


def mbuf(data, rng):
    """With the number of segments that it shall have."""
    return bytes([rng.choice((1, 1, 1, 2, 5))]) + len(data).to_bytes(2, 'big') + data


def address(rng):
    return bytes([2]) + rng.randbytes(5)


def random_data(rng, length):
    """Bytes that repeat themselves, so that they can be compressed; or not."""
    if rng.random() < 0.3:
        return rng.randbytes(length)
    word = rng.randbytes(rng.randint(1, 12))
    data = bytearray((word * (length // len(word) + 1))[:length])
    for _ in range(rng.randint(0, 3)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def random_packet(rng, hosts, longest):
    """At least 14 bytes; not always as long as Ethernet wants it."""
    kind = rng.choice((0x0800, 0x0800, 0x86DD, VLAN, 0x88A8))
    most = max(longest - 14, 0)
    length = rng.choice((rng.randint(0, min(46, most)), rng.randint(0, min(200, most)),
                         rng.randint(0, most)))
    data = random_data(rng, length)
    if rng.random() < 0.3:
        zeros = rng.randint(0, length)
        data = data[:length - zeros] + bytes(zeros)
    packet = rng.choice(hosts) + rng.choice(hosts) + kind.to_bytes(2, 'big') + data
    return wire_format.pad(packet) if rng.random() < 0.8 else packet


def lz4_length(length):
    if length < 15:
        return b''
    length -= 15
    return b'\xff' * (length // 255) + bytes([length % 255])


def lz4_sequence(literals, match=None, offset=0):
    extra = 0 if match is None else match - 4
    out = bytes([min(len(literals), 15) << 4 | min(extra, 15)]) + lz4_length(len(literals))
    out += literals
    return out if match is None else out + offset.to_bytes(2, 'little') + lz4_length(extra)


def lz4_compress(plain, rng):
    """Any block that gives these bytes: matches are taken, or not, as chance has it."""
    out, anchor, pos, last = b'', 0, 0, {}
    while pos <= len(plain) - wire_format.LZ4_MATCH_FROM_END:
        start = last.get(plain[pos:pos + 4])
        last[plain[pos:pos + 4]] = pos
        if start is None or rng.random() < 0.1:
            pos += 1
            continue
        most = len(plain) - wire_format.LZ4_LAST_LITERALS - pos
        match = 4
        while match < most and plain[start + match] == plain[pos + match]:
            match += 1
        match = match if rng.random() < 0.8 else rng.randint(4, match)
        out += lz4_sequence(plain[anchor:pos], match, pos - start)
        pos += match
        anchor = pos
    return out + lz4_sequence(plain[anchor:])


# The library packs.

def random_sizes(rng):
    """max_frame, max_count, min_count and max_pkt."""
    return (rng.choice((60, 200, 1514, 1514, 9000, 16384)), rng.choice((0, 0, 1, 5, 40)),
            rng.choice((1, 2, 3, 3, 8)), rng.choice((60, 200, 200, 1514, 16383)))


def packets_to_pack(rng, hosts, ethertype):
    packets = [random_packet(rng, hosts, rng.choice((60, 300, 1600)))
               for _ in range(rng.randint(1, 120))]
    for _ in range(rng.choice((0, 0, 1, 3))):
        packets[rng.randrange(len(packets))] = rng.choice((
            rng.randbytes(rng.randint(1, 13)),
            hosts[0] + hosts[1] + ethertype.to_bytes(2, 'big') + bytes(46),
            b'\x01\x80\xc2\x00\x00' + bytes([rng.randrange(16)]) + hosts[1] + bytes(48)))
    return packets


def is_dropped(packet, ethertype):
    """The sender can send it neither way."""
    return len(packet) < 14 or int.from_bytes(packet[12:14], 'big') == ethertype


def must_be_native(packet, max_pkt):
    return len(packet) > max_pkt or (packet[:5] == b'\x01\x80\xc2\x00\x00' and packet[5] < 16)


def check_frame(frame, header, frames, dst, src, ethertype, sizes, lz4):
    """It keeps to the sizes, and is what the second reading makes of its packets."""
    max_frame, max_count, min_count, _ = sizes
    assert len(frame) <= max_frame
    # What does not fit any more when it is compressed begins the next frame.
    assert (1 if lz4 else min_count) <= header.count <= (max_count or 65535)
    assert header.flags & ~(LZ4 | TIMER) == 0
    plain = wire_format.subframes(frames, dst, src)
    if header.flags & LZ4:
        assert header.payload_len < len(plain)
        payload = frame[30:30 + header.payload_len]
        assert wire_format.decompress(payload) == plain
    else:
        payload = plain
    assert frame == wire_format.finish(dst, src, ethertype, payload, len(frames), header.stream,
                                       header.seq, header.epoch, header.flags)


def is_assembled(frame, ethertype):
    return int.from_bytes(frame[12:14], 'big') == ethertype


@pytest.mark.parametrize('lz4', (False, True), ids=('plain', 'lz4'))
def test_library_packs(library, rng, lz4):
    counts = Counter()
    for _ in range(CASES):
        dst, src = address(rng), address(rng)
        hosts = [dst, src, address(rng), address(rng)]
        ethertype, sizes = rng.choice(ETHERTYPES), random_sizes(rng)
        packets = packets_to_pack(rng, hosts, ethertype)
        left = [p for p in packets if not is_dropped(p, ethertype)]
        epoch = set()
        wires = library.pack(packets, dst, src, ethertype, sizes, lz4, rng.randint(1, 32), rng)
        seq = 0
        for wire in wires:
            if not is_assembled(wire, ethertype):
                assert wire == left.pop(0)
                counts['native'] += 1
                continue
            header, frames = wire_format.decode(wire, ethertype, 16383)
            sent, left = left[:header.count], left[header.count:]
            assert [wire_format.pad(packet) for packet in sent] == frames
            assert not any(must_be_native(packet, sizes[3]) for packet in sent)
            check_frame(wire, header, frames, dst, src, ethertype, sizes, lz4)
            assert (header.stream, header.seq) == (0, seq)
            epoch.add(header.epoch)
            seq += 1
            counts['frames'] += 1
            counts['lz4'] += (header.flags & LZ4) != 0
        assert left == [] and len(epoch) <= 1
    assert min(counts['native'], counts['frames']) > CASES
    assert (counts['lz4'] > CASES) if lz4 else counts['lz4'] == 0


# The library unpacks.

def random_frame(rng, receiver, hosts):
    """A good frame, or one that is too much for the receiver."""
    src = rng.choice(receiver.peers)
    ends = hosts + [receiver.own, src]
    longest = rng.choice((60, 200, receiver.max_pkt, receiver.max_pkt + 6))
    most = min(30, LONGEST_PAYLOAD // (longest + 6))
    packets = [random_packet(rng, ends, longest)
               for _ in range(rng.choice((1, 2, 3, min(8, most), most)))]
    flags = rng.choice((0, 0, 0, TIMER, LZ4, 0x20, 0x80 | LZ4))
    # Few numbers, which come twice, and many, round the end of the numbers.
    seq = rng.choice((rng.randrange(6), rng.randint(-70, 70) % (1 << 32)))
    return wire_format.encode(packets, receiver.own, src, receiver.ethertype,
                              stream=rng.randrange(2) << 12, seq=seq,
                              epoch=rng.choice((7, 7, 7, 7, 7, 9)), flags=flags,
                              compress=lambda plain: lz4_compress(plain, rng))


def random_receiver(rng):
    return wire_format.Receiver(address(rng), [address(rng) for _ in range(rng.randint(1, 3))],
                                rng.choice(ETHERTYPES), rng.choice((60, 300, 1514, 1514, 9000)))


def compare(library, receiver, frames, rng):
    """Counters and deliveries of both. Returns how often which verdict was reached."""
    verdicts = Counter()
    for frame, found in zip(frames, library.unpack(receiver, frames, rng)):
        verdict, packets = receiver.receive(frame)
        assert found == (receiver.lost, receiver.late, verdict, packets), frame.hex()
        verdicts[verdict] += 1
        verdicts['lost'] += receiver.lost
        verdicts['late'] += receiver.late
    return verdicts


def test_library_unpacks(library, rng):
    """Good frames of several peers and streams, repeated and in any order."""
    verdicts = Counter()
    for _ in range(CASES):
        receiver = random_receiver(rng)
        hosts = [address(rng), address(rng)]
        frames = [random_frame(rng, receiver, hosts) for _ in range(rng.randint(1, 20))]
        frames += rng.sample(frames, rng.randint(0, len(frames)))
        frames.append(random_packet(rng, hosts, 1514))
        rng.shuffle(frames)
        verdicts += compare(library, receiver, frames, rng)
    assert set(verdicts) <= {'frames', 'native', 'duplicate', 'oversize', 'lost', 'late'}
    assert min(verdicts.values()) > CASES // 10, verdicts


def fix_checksum(frame):
    if len(frame) >= 30:
        frame[28:30] = b'\0\0'
        total = wire_format.ones_complement_sum(bytes(frame[14:30]))
        frame[28:30] = (0xFFFF ^ total).to_bytes(2, 'big')


def flip(rng, frame, begin, end):
    """A bit somewhere in a part of the frame."""
    end = min(end, len(frame))
    if begin < end:
        frame[rng.randrange(begin, end)] ^= 1 << rng.randrange(8)


def nudge(rng, frame, pos):
    """A number of two bytes becomes another, often one that is near."""
    if pos + 2 <= len(frame):
        value = int.from_bytes(frame[pos:pos + 2], 'big')
        value = rng.choice((value - 1, value + 1, value + rng.randint(-20, 20), 0,
                            rng.randrange(65536)))
        frame[pos:pos + 2] = (value % 65536).to_bytes(2, 'big')


def subframe_at(rng, frame):
    """Where a subframe, or TLV, begins, if the frame is not compressed."""
    pos = 30
    for _ in range(rng.randrange(6)):
        if pos + 2 < len(frame):
            pos += 2 + (int.from_bytes(frame[pos:pos + 2], 'big') & 0x3FFF)
    return pos


def damage(rng, frame, receiver):
    kind = rng.randrange(12)
    if kind == 0:
        flip(rng, frame, 0, 14)
    elif kind == 1:
        flip(rng, frame, 14, 30)
    elif kind == 2:
        flip(rng, frame, 30, len(frame))
    elif kind == 3:
        flip(rng, frame, 30, 40)
    elif kind == 4:
        nudge(rng, frame, 16)
    elif kind == 5:
        nudge(rng, frame, 18)
    elif kind == 6:
        nudge(rng, frame, subframe_at(rng, frame))
    elif kind == 7:
        del frame[rng.randint(1, len(frame)):]
    elif kind == 8:
        frame += rng.randbytes(rng.randint(1, 40))
    elif kind == 9:
        pos = subframe_at(rng, frame) + rng.choice((2, 14))
        kinds = (receiver.ethertype, VLAN)
        if pos + 2 <= len(frame):
            frame[pos:pos + 2] = rng.choice(kinds).to_bytes(2, 'big')
    elif kind == 10:
        pos = subframe_at(rng, frame)
        if pos < len(frame):
            frame[pos] = frame[pos] & 0x3F | rng.choice((WHOLE, SAME, OUTER, 3)) << 6
    elif len(frame) > 15:
        frame[15] ^= rng.choice((CTRL, LZ4))


def test_both_say_the_same_of_damaged_frames(library, rng):
    verdicts = Counter()
    for _ in range(CASES):
        receiver = random_receiver(rng)
        hosts = [address(rng), address(rng)]
        frames = []
        for _ in range(20):
            frame = bytearray(random_frame(rng, receiver, hosts))
            for _ in range(rng.choice((1, 1, 2, 4))):
                damage(rng, frame, receiver)
            if rng.random() < 0.75:
                fix_checksum(frame)
            frames.append(bytes(frame))
        verdicts += compare(library, receiver, frames, rng)
    print(dict(verdicts))
    assert CAUSES | {'frames', 'native', 'not_mine', 'duplicate'} <= set(verdicts)


def damaged_block(rng, block):
    block = bytearray(block)
    for _ in range(rng.choice((1, 1, 2, 5))):
        kind = rng.randrange(4)
        if kind == 0 and block:
            flip(rng, block, 0, len(block))
        elif kind == 1 and block:
            del block[rng.randrange(len(block)):]
        elif kind == 2:
            pos = rng.randint(0, len(block))
            block[pos:pos] = rng.randbytes(rng.randint(1, 4))
        elif kind == 3 and len(block) > 4:
            pos = rng.randrange(len(block) - 2)
            block[pos:pos + 2] = rng.choice((b'\0\0', b'\1\0', b'\xff\xff', rng.randbytes(2)))
    return bytes(block)


def loose_block(rng):
    """Sequences that may break the rules for the end of a block."""
    block = lz4_sequence(rng.randbytes(rng.randint(1, 40)), rng.randint(4, 60), 1)
    if rng.random() < 0.5:
        block += lz4_sequence(rng.randbytes(rng.randint(0, 8)), rng.randint(4, 20), 2)
    return block + lz4_sequence(rng.randbytes(rng.randint(0, 14)))


def plain_size(block):
    """Bytes that it gives, however it ends."""
    pos = total = 0
    while pos < len(block):
        token = block[pos]
        length, pos = wire_format.lz4_length(block, pos + 1, token >> 4)
        total += length
        pos += length
        if pos >= len(block):
            break
        length, pos = wire_format.lz4_length(block, pos + 2, token & 15)
        total += length + 4
    return total


def compressed_subframes(rng, receiver, plain, count):
    """The size that is said and a block, perhaps a bad one, and the count of subframes."""
    kind = rng.randrange(4)
    if kind == 0:
        block = loose_block(rng)
        return plain_size(block), block, count
    block = lz4_compress(plain, rng)
    if kind == 1:
        return max(len(plain) + rng.randint(-14, 14), 0) % 65536, block, count
    return len(plain), damaged_block(rng, block) if kind == 2 else block, count


def test_both_say_the_same_of_damaged_blocks(library, rng):
    """LZ4 where the library and liblz4 have to be as strict as the format."""
    verdicts = Counter()
    for _ in range(CASES):
        receiver = random_receiver(rng)
        src = receiver.peers[0]
        hosts = [address(rng), address(rng), receiver.own, src]
        frames = []
        for seq in range(20):
            packets = [random_packet(rng, hosts, 120) for _ in range(rng.randint(1, 8))]
            plain = wire_format.subframes(packets, receiver.own, src)
            size, block, count = compressed_subframes(rng, receiver, plain, len(packets))
            frames.append(wire_format.finish(receiver.own, src, receiver.ethertype,
                                             size.to_bytes(2, 'big') + block, count, seq=seq,
                                             flags=LZ4))
        verdicts += compare(library, receiver, frames, rng)
    print(dict(verdicts))
    # Good blocks with good and with bad subframes, and bad blocks.
    bad = sum(verdicts[cause] for cause in ('walk', 'mode', 'length', 'oversize'))
    assert min(verdicts['frames'], verdicts['lz4'], bad) > CASES


# Control frames.

def random_tlv(rng):
    kind = rng.choice((HELLO, HELLO_ACK, PROBE, PROBE_ACK, BYE))
    return kind, {name: 0 if name == 'reserved' else rng.randrange(1 << 8 * size)
                  for name, size in TLV_FIELDS[kind]}


def record(kind, fields):
    """As the library shows a TLV."""
    hello = fields if kind in (HELLO, HELLO_ACK) else {}
    own_epoch = {HELLO_ACK: 'answers_epoch', BYE: 'epoch'}.get(kind)
    return TLV_RECORD.pack(
        kind, *(hello.get(name, 0) for name in ('lowest', 'highest', 'flags', 'max_frame',
                                                'max_count', 'epoch', 'interval_ms')),
        fields.get(own_epoch, 0), fields.get('bytes', 0), fields.get('id', 0))


def test_both_encode_the_same_control_frames(library, rng):
    for _ in range(CASES):
        dst, src = address(rng), address(rng)
        tlvs = [random_tlv(rng) for _ in range(rng.randint(1, 12))]
        options = dict(stream=rng.randrange(1 << 16), seq=rng.randrange(1 << 32),
                       epoch=rng.randrange(1 << 16))
        wire = library.encode_control(tlvs, dst, src, **options)
        assert wire == wire_format.encode_control(tlvs, dst, src, **options)
        header, _ = wire_format.decode(wire)
        assert [(kind, wire_format.decode_tlv(kind, value)) for kind, value in header.tlvs] == tlvs


def random_payload(rng):
    """TLVs, known and unknown ones, and their number."""
    tlvs = []
    for _ in range(rng.randint(1, 8)):
        if rng.random() < 0.7:
            tlvs.append(wire_format.encode_tlv(*random_tlv(rng)))
        else:
            length = rng.choice((0, 1, rng.randrange(256)))
            tlvs.append(bytes([rng.choice((0, rng.randint(6, 255))), length]) +
                        rng.randbytes(length))
    return b''.join(tlvs), len(tlvs)


def read_as_library(kind, value):
    """What is not known has a type only."""
    return record(kind, wire_format.decode_tlv(kind, value) if kind in TLV_FIELDS else {})


def test_both_read_the_same_control_frames(library, rng):
    """Good and damaged ones, and of the good ones each field."""
    verdicts = Counter()
    for _ in range(CASES):
        receiver = random_receiver(rng)
        frames = []
        for seq in range(10):
            payload, count = random_payload(rng)
            frame = bytearray(wire_format.finish(
                receiver.own, receiver.peers[0], receiver.ethertype, payload, count, seq=seq,
                flags=CTRL | rng.choice((0, 0, 0x40))))
            if rng.random() < 0.5:
                damage(rng, frame, receiver)
            if rng.random() < 0.8:
                fix_checksum(frame)
            frames.append(bytes(frame))
        verdicts += compare(library, receiver, frames, rng)
        for frame in frames:
            try:
                header, _ = wire_format.decode(frame, receiver.ethertype)
            except ValueError:
                continue
            if header.flags & CTRL:
                assert library.read_tlvs(frame) == [read_as_library(*tlv) for tlv in header.tlvs]
    print(dict(verdicts))
    assert min(verdicts['control'], verdicts['walk'], verdicts['length']) > CASES // 10
