# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The assembled Ethernet frame, version 1, a second time.

Written from the document of the format and not from the C code, so that the
two can judge each other:

    header, frames = decode(frame)      raises FrameError with the cause
    frame = encode(frames, dst, src)
    verdict, frames = Receiver(own, peers).receive(frame)
    frame = encode_control(tlvs, dst, src)
"""

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Set, Tuple

ETHERTYPE = 0x88B5
ETHERNET_MIN = 60
HEADER_LEN = 16

CTRL, LZ4, TIMER = 0x01, 0x02, 0x10
WHOLE, SAME, OUTER = 0, 1, 2
VLAN_TYPES = (0x8100, 0x88A8)

# LZ4's rules for the end of a block: the last bytes are literals, and no match begins later.
LZ4_LAST_LITERALS, LZ4_MATCH_FROM_END = 5, 12

# Fields of the TLVs that version 1 knows, and their bytes.
HELLO, HELLO_ACK, PROBE, PROBE_ACK, BYE = 1, 2, 3, 4, 5
HELLO_FIELDS = (('lowest', 1), ('highest', 1), ('flags', 1), ('reserved', 1), ('max_frame', 2),
                ('max_count', 2), ('epoch', 2), ('interval_ms', 2))
TLV_FIELDS = {
    HELLO: HELLO_FIELDS,
    HELLO_ACK: HELLO_FIELDS + (('answers_epoch', 2),),
    PROBE: (('id', 4),),
    PROBE_ACK: (('id', 4), ('bytes', 2)),
    BYE: (('epoch', 2),),
}
TLV_LENGTHS = {kind: sum(size for _, size in fields) for kind, fields in TLV_FIELDS.items()}

SEQ_MODULUS = 1 << 32
WINDOW = 64


class FrameError(ValueError):
    """A frame that a receiver drops whole; `cause` is the format's word for why."""

    def __init__(self, cause: str):
        super().__init__(cause)
        self.cause = cause


class NotAssembled(ValueError):
    """A frame with another EtherType: it passes through unchanged."""


@dataclass
class Header:
    dst: bytes
    src: bytes
    version: int
    hlen: int
    flags: int
    payload_len: int
    count: int
    stream: int
    seq: int
    epoch: int
    hdr_csum: int
    modes: List[int] = field(default_factory=list)  # of the subframes
    tlvs: List[Tuple[int, bytes]] = field(default_factory=list)  # of a control frame


def ones_complement_sum(data: bytes) -> int:
    total = sum(int.from_bytes(data[i:i + 2], 'big') for i in range(0, len(data), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def trim(frame: bytes) -> bytes:
    """Leave out what a receiver restores: trailing zeros of a frame of at most 60 bytes."""
    if len(frame) > ETHERNET_MIN:
        return frame
    return frame[:14] + frame[14:].rstrip(b'\0')


def pad(frame: bytes) -> bytes:
    return frame.ljust(ETHERNET_MIN, b'\0')


def encode(frames: List[bytes], dst: bytes, src: bytes, ethertype: int = ETHERTYPE,
           stream: int = 0, seq: int = 0, epoch: int = 0, flags: int = 0,
           compress: Optional[Callable[[bytes], bytes]] = None) -> bytes:
    """Assemble frames into one, as a sender does.

    With LZ4 in flags, compress makes the block: LZ4 allows many for the same bytes.
    """
    payload = subframes(frames, dst, src)
    if flags & LZ4:
        payload = len(payload).to_bytes(2, 'big') + compress(payload)
    return finish(dst, src, ethertype, payload, len(frames), stream, seq, epoch, flags)


def subframes(frames: List[bytes], dst: bytes, src: bytes) -> bytes:
    """The payload of an assembled frame that is not compressed."""
    payload = bytearray()
    previous = None
    for frame in frames:
        data = trim(frame)
        if previous is not None and data[:12] == previous:
            mode, data = SAME, data[12:]
        elif data[:12] == dst + src:
            mode, data = OUTER, data[12:]
        else:
            mode = WHOLE
        previous = frame[:12]
        payload += (mode << 14 | len(data)).to_bytes(2, 'big') + data
    return bytes(payload)


def finish(dst: bytes, src: bytes, ethertype: int, payload: bytes, count: int,
           stream: int = 0, seq: int = 0, epoch: int = 0, flags: int = 0) -> bytes:
    """Put headers before a payload, whatever is in it, and pad the frame."""
    head = (bytes([1 << 4 | HEADER_LEN // 4, flags]) + len(payload).to_bytes(2, 'big') +
            count.to_bytes(2, 'big') + stream.to_bytes(2, 'big') + seq.to_bytes(4, 'big') +
            epoch.to_bytes(2, 'big'))
    csum = 0xFFFF ^ ones_complement_sum(head)
    return pad(dst + src + ethertype.to_bytes(2, 'big') + head + csum.to_bytes(2, 'big') + payload)


def parse_header(frame: bytes) -> Header:
    word = lambda pos, size=2: int.from_bytes(frame[14 + pos:14 + pos + size], 'big')
    return Header(dst=frame[:6], src=frame[6:12], version=frame[14] >> 4, hlen=frame[14] & 0xF,
                  flags=frame[15], payload_len=word(2), count=word(4), stream=word(6),
                  seq=word(8, 4), epoch=word(12), hdr_csum=word(14))


def check_header(header: Header, frame: bytes) -> None:
    if header.version != 1:
        raise FrameError('version')
    if header.hlen != 4:
        raise FrameError('hlen')
    if header.flags & 0x0C or header.flags & (CTRL | LZ4) == CTRL | LZ4:
        raise FrameError('flags')
    if ones_complement_sum(frame[14:14 + HEADER_LEN]) != 0xFFFF:
        raise FrameError('checksum')
    if header.payload_len > len(frame) - 14 - HEADER_LEN:
        raise FrameError('truncated')
    if header.count == 0:
        raise FrameError('count')


def lz4_length(block: bytes, pos: int, length: int) -> Tuple[int, int]:
    """A length of 15 goes on in further bytes, up to one that is not 255."""
    if length == 15:
        while True:
            length += block[pos]
            pos += 1
            if block[pos - 1] != 255:
                break
    return length, pos


def lz4_decompress(block: bytes, size: int) -> bytes:
    """The raw block format; raises ValueError or IndexError unless it gives size bytes.

    As liblz4 does, it insists on the rules for the end of a block.
    """
    out = bytearray()
    pos = 0
    while True:
        token = block[pos]
        length, pos = lz4_length(block, pos + 1, token >> 4)
        if length > len(block) - pos:
            raise ValueError('literals past the end')
        out += block[pos:pos + length]
        pos += length
        if pos == len(block):
            break
        offset = block[pos] | block[pos + 1] << 8
        length, pos = lz4_length(block, pos + 2, token & 15)
        if not 0 < offset <= len(out):
            raise ValueError('bad offset')
        if (len(out) > size - LZ4_MATCH_FROM_END or
                len(out) + length + 4 > size - LZ4_LAST_LITERALS):
            raise ValueError('a match too near to the end')
        for _ in range(length + 4):
            out.append(out[-offset])
    if len(out) != size:
        raise ValueError('another length')
    return bytes(out)


def decompress(payload: bytes) -> bytes:
    size = int.from_bytes(payload[:2], 'big')
    try:
        if size == 0:
            raise ValueError('nothing in it')
        return lz4_decompress(payload[2:], size)
    except (ValueError, IndexError):
        raise FrameError('lz4') from None


def walk(header: Header, payload: bytes, ethertype: int, max_pkt: int) -> List[bytes]:
    frames = []
    previous = None
    pos = 0
    for _ in range(header.count):
        if len(payload) - pos < 2:
            raise FrameError('walk')
        word = int.from_bytes(payload[pos:pos + 2], 'big')
        mode, length = word >> 14, word & 0x3FFF
        pos += 2
        if mode == 3:
            raise FrameError('mode')
        if length < (14 if mode == WHOLE else 2) or length > len(payload) - pos:
            raise FrameError('length')
        data = payload[pos:pos + length]
        pos += length
        if mode == SAME:
            if previous is None:
                raise FrameError('same_first')
            data = previous + data
        elif mode == OUTER:
            data = header.dst + header.src + data
        inner_type = int.from_bytes(data[12:14], 'big')
        if len(data) > max_pkt + (4 if inner_type in VLAN_TYPES else 0):
            raise FrameError('oversize')
        if inner_type == ethertype:
            raise FrameError('nested')
        previous = data[:12]
        header.modes.append(mode)
        frames.append(pad(data))
    if pos != len(payload):
        raise FrameError('walk')
    return frames


def walk_tlvs(header: Header, payload: bytes) -> None:
    pos = 0
    for _ in range(header.count):
        if len(payload) - pos < 2 or len(payload) - pos - 2 < payload[pos + 1]:
            raise FrameError('walk')
        kind, length = payload[pos], payload[pos + 1]
        if TLV_LENGTHS.get(kind, length) != length:
            raise FrameError('length')
        header.tlvs.append((kind, payload[pos + 2:pos + 2 + length]))
        pos += 2 + length
    if pos != len(payload):
        raise FrameError('walk')


def decode(frame: bytes, ethertype: int = ETHERTYPE,
           max_pkt: int = 1514) -> Tuple[Header, List[bytes]]:
    """Take an assembled frame apart, as a receiver that knows its source does.

    Returns the header and the inner frames; a control frame has none, but
    header.tlvs. Raises FrameError with the cause that the receiver counts.
    """
    if len(frame) < 14 or int.from_bytes(frame[12:14], 'big') != ethertype:
        raise NotAssembled('another EtherType')
    if len(frame) < 14 + HEADER_LEN:
        raise FrameError('short')
    header = parse_header(frame)
    check_header(header, frame)
    payload = frame[14 + HEADER_LEN:14 + HEADER_LEN + header.payload_len]
    if header.flags & CTRL:
        walk_tlvs(header, payload)
        return header, []
    if header.flags & LZ4:
        payload = decompress(payload)
    return header, walk(header, payload, ethertype, max_pkt)


def decode_tlv(kind: int, value: bytes) -> Dict[str, int]:
    """The fields of a TLV that version 1 knows."""
    fields, pos = {}, 0
    for name, size in TLV_FIELDS[kind]:
        fields[name] = int.from_bytes(value[pos:pos + size], 'big')
        pos += size
    return fields


def encode_tlv(kind: int, fields: Dict[str, int]) -> bytes:
    value = b''.join(fields[name].to_bytes(size, 'big') for name, size in TLV_FIELDS[kind])
    return bytes([kind, len(value)]) + value


def encode_control(tlvs: List[Tuple[int, Dict[str, int]]], dst: bytes, src: bytes,
                   ethertype: int = ETHERTYPE, **options: int) -> bytes:
    """A control frame with TLVs that version 1 knows."""
    payload = b''.join(encode_tlv(kind, fields) for kind, fields in tlvs)
    return finish(dst, src, ethertype, payload, len(tlvs), flags=CTRL, **options)


@dataclass
class Window:
    """The sequence of one (source address, stream)."""
    epoch: int
    expected: int
    seen: Set[int] = field(default_factory=set)


class Receiver:
    """A receiver in static mode.

    Its peers are configured. After receive(), lost and late say how many frames are
    missing before this one, and whether it is an older one.
    """

    def __init__(self, own: bytes, peers: List[bytes], ethertype: int = ETHERTYPE,
                 max_pkt: int = 1514):
        self.own, self.peers = own, peers
        self.ethertype, self.max_pkt = ethertype, max_pkt
        self.windows: Dict[Tuple[bytes, int], Window] = {}
        self.lost, self.late = 0, False

    def receive(self, frame: bytes) -> Tuple[str, List[bytes]]:
        """What is counted, and what is delivered."""
        self.lost, self.late = 0, False
        try:
            return self.receive_assembled(frame)
        except NotAssembled:
            return 'native', [frame]
        except FrameError as error:
            return error.cause, []

    def receive_assembled(self, frame: bytes) -> Tuple[str, List[bytes]]:
        if len(frame) < 14 or int.from_bytes(frame[12:14], 'big') != self.ethertype:
            raise NotAssembled('another EtherType')
        if frame[:6] != self.own:
            return 'not_mine', []
        if len(frame) >= 14 + HEADER_LEN and frame[6:12] not in self.peers:
            raise FrameError('unknown_peer')
        header, frames = decode(frame, self.ethertype, self.max_pkt)
        if self.follow(header):
            return 'duplicate', []
        return 'control' if header.flags & CTRL else 'frames', frames

    def follow(self, header: Header) -> bool:
        """Was the frame seen already, or is it too old to know?"""
        key = header.src, header.stream
        window = self.windows.get(key)
        if window is None or window.epoch != header.epoch:
            window = self.windows[key] = Window(header.epoch, header.seq)
        ahead = (header.seq - window.expected) % SEQ_MODULUS
        if ahead < SEQ_MODULUS // 2:
            self.lost = ahead
            window.expected = (header.seq + 1) % SEQ_MODULUS
        elif SEQ_MODULUS - ahead > WINDOW or header.seq in window.seen:
            return True
        else:
            self.late = True
        window.seen.add(header.seq)
        return False
