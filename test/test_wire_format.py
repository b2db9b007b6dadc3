# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The second reading of the wire format agrees with the golden vectors."""

import json
import os
import random
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire_format  # noqa: E402

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data', 'vectors')
A, B = bytes.fromhex('020000000001'), bytes.fromhex('020000000002')


def vectors(name):
    with open(os.path.join(VECTORS, name)) as lines:
        return [pytest.param(v, id=v['name']) for v in map(json.loads, lines)]


@pytest.mark.parametrize('vector', vectors('good.jsonl'))
def test_decodes_golden_frame(vector):
    header, frames = wire_format.decode(bytes.fromhex(vector['wire']))
    assert [f.hex() for f in frames] == vector['frames']
    for name, value in vector['options'].items():
        assert getattr(header, name) == value


@pytest.mark.parametrize('vector', vectors('good.jsonl'))
def test_encodes_golden_frame(vector):
    wire = bytes.fromhex(vector['wire'])
    frames = [bytes.fromhex(f) for f in vector['frames']]
    assert wire_format.encode(frames, wire[:6], wire[6:12], **vector['options']).hex() == wire.hex()


@pytest.mark.parametrize('vector', vectors('bad.jsonl'))
def test_names_the_cause(vector):
    with pytest.raises(wire_format.FrameError) as error:
        wire_format.decode(bytes.fromhex(vector['wire']))
    assert error.value.cause == vector['cause']


@pytest.mark.parametrize('vector', vectors('control.jsonl'))
def test_golden_control_frame(vector):
    wire = bytes.fromhex(vector['wire'])
    tlvs = [tuple(tlv) for tlv in vector['tlvs']]
    header, frames = wire_format.decode(wire)
    assert frames == []
    assert [(kind, wire_format.decode_tlv(kind, value)) for kind, value in header.tlvs] == tlvs
    for name, value in vector['options'].items():
        assert getattr(header, name) == value
    made = wire_format.encode_control(tlvs, wire[:6], wire[6:12], **vector['options'])
    # Whoever probes pads the frame.
    assert made.ljust(len(wire), b'\0') == wire


def test_round_trip():
    rng = random.Random(1)
    for _ in range(200):
        hosts = [A, B, rng.randbytes(6)]
        frames = []
        for _ in range(rng.randint(1, 40)):
            data = rng.choice(hosts) + rng.choice(hosts) + b'\x08\x00'
            data += rng.randbytes(rng.randint(0, 300)) + bytes(rng.randint(0, 20))
            frames.append(wire_format.pad(data))
        wire = wire_format.encode(frames, B, A, seq=7)
        header, decoded = wire_format.decode(wire)
        assert decoded == frames
        assert (header.count, header.seq) == (len(frames), 7)


def test_other_frames_are_not_assembled():
    with pytest.raises(wire_format.NotAssembled):
        wire_format.decode(A + B + b'\x08\x00' + bytes(46))


def control(payload, count):
    return wire_format.finish(B, A, wire_format.ETHERTYPE, payload, count, flags=wire_format.CTRL)


def test_reads_control_frames():
    payload = bytes([5, 2, 0xAB, 0xCD, 200, 0])
    wire = control(payload, 2)
    header, frames = wire_format.decode(wire)
    assert frames == []
    assert header.tlvs == [(5, b'\xab\xcd'), (200, b'')]
    for payload, count, cause in ((bytes([5, 3, 0, 0, 0]), 1, 'length'), (bytes([9, 1]), 1, 'walk'),
                                  (bytes([9, 0]), 2, 'walk'), (bytes([9, 0, 0]), 1, 'walk')):
        wire = control(payload, count)
        with pytest.raises(wire_format.FrameError) as error:
            wire_format.decode(wire)
        assert error.value.cause == cause


def lz4(size, block):
    return wire_format.finish(B, A, wire_format.ETHERTYPE, size.to_bytes(2, 'big') + block, 2,
                              flags=wire_format.LZ4)


def test_decompresses():
    """Two subframes in a block made by hand: literals, a match that overlaps itself, literals."""
    frame = B + A + b'\x08\x00' + b'ab' * 10 + b'end'
    plain = len(frame).to_bytes(2, 'big') + frame + b'\x40\x05\x08\x01xyz'
    first = plain.index(b'abab') + 2
    last = plain.index(b'end')
    block = (bytes([0xF0 | last - first - 4, first - 15]) + plain[:first] + b'\x02\x00' +
             bytes([len(plain) - last << 4]) + plain[last:])
    header, frames = wire_format.decode(lz4(len(plain), block))
    assert frames == [wire_format.pad(frame), wire_format.pad(frame[:12] + b'\x08\x01xyz')]
    assert header.modes == [wire_format.WHOLE, wire_format.SAME]
    for size, bad in ((len(plain) - 1, block), (len(plain) + 1, block), (len(plain), block[:-1]),
                      (len(plain), block.replace(b'\x02\x00', b'\x00\x00')), (0, b'\x00')):
        with pytest.raises(wire_format.FrameError) as error:
            wire_format.decode(lz4(size, bad))
        assert error.value.cause == 'lz4'
