# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The assembled Ethernet frame, version 1, a second time.

Written from the document of the format and not from the C code, so that the
two can judge each other:

    header, frames = decode(frame)      raises FrameError with the cause
    frame = encode(frames, dst, src)
"""

from dataclasses import dataclass, field
from typing import List, Tuple

ETHERTYPE = 0x88B5
ETHERNET_MIN = 60
HEADER_LEN = 16

CTRL, LZ4, TIMER = 0x01, 0x02, 0x10
WHOLE, SAME, OUTER = 0, 1, 2
VLAN_TYPES = (0x8100, 0x88A8)

# Bytes of the value of the TLVs that version 1 knows: HELLO, HELLO_ACK, PROBE, PROBE_ACK, BYE.
TLV_LENGTHS = {1: 12, 2: 14, 3: 4, 4: 6, 5: 2}


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
           stream: int = 0, seq: int = 0, epoch: int = 0, flags: int = 0) -> bytes:
    """Assemble frames into one, as a sender does."""
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
    return finish(dst, src, ethertype, bytes(payload), len(frames), stream, seq, epoch, flags)


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
    """The raw block format; raises ValueError or IndexError unless it gives size bytes."""
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
        if not 0 < offset <= len(out) or len(out) + length + 4 > size:
            raise ValueError('bad match')
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
