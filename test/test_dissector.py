# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The Wireshark dissector reads assembled frames as a receiver does."""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

TEST = Path(__file__).resolve().parent
sys.path.insert(0, str(TEST))
import test_wire_property as chance  # noqa: E402
import wire_format  # noqa: E402

SCRIPT = TEST.parent / 'devtools/wireshark/assembler.lua'
A, B = bytes.fromhex('020000000001'), bytes.fromhex('020000000002')
LINKTYPE_ETHERNET = 1
HEADER_FIELDS = ('version', 'hlen', 'flags', 'payload_len', 'count', 'stream', 'seq', 'epoch',
                 'hdr_csum')

pytestmark = pytest.mark.skipif(shutil.which('tshark') is None, reason='tshark is not installed')


def vectors(name):
    with open(TEST / 'data/vectors' / name) as lines:
        return [json.loads(line) for line in lines]


def write_pcap(path, frames):
    with open(path, 'wb') as pcap:
        pcap.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, LINKTYPE_ETHERNET))
        for frame in frames:
            pcap.write(struct.pack('<IIII', 0, 0, len(frame), len(frame)) + frame)


def dissect(directory, frames, fields, *options):
    """For each frame the list of values of each field."""
    pcap = directory / 'frames.pcap'
    write_pcap(pcap, frames)
    columns = [word for name in fields for word in ('-e', name)]
    # A home of its own: no profile of the user's changes what is printed.
    env = dict(os.environ, HOME=str(directory), XDG_CONFIG_HOME=str(directory))
    done = subprocess.run(
        ['tshark', '-n', '-X', f'lua_script:{SCRIPT}', '-r', str(pcap), *options, '-T', 'fields',
         '-E', 'occurrence=a', '-E', 'aggregator=|', *columns],
        env=env, capture_output=True, text=True, timeout=600, check=True)
    rows = [line.split('\t') for line in done.stdout.splitlines()]
    assert len(rows) == len(frames), done.stderr
    return [{name: value.split('|') if value else [] for name, value in zip(fields, row)}
            for row in rows]


def show(directory, frame, *fields):
    names = ['assembler.' + name for name in fields]
    row = dissect(directory, [frame], names)[0]
    return [row[name] for name in names]


def numbers(values):
    return [int(value, 0) for value in values]


@pytest.fixture(scope='module')
def good(tmp_path_factory):
    wires = [bytes.fromhex(v['wire']) for v in vectors('good.jsonl')]
    fields = ['assembler.' + name for name in HEADER_FIELDS] + [
        'assembler.sub.mode', 'assembler.inner', 'assembler.cause', 'eth.dst', 'eth.src', 'eth.type',
        'vlan.etype', '_ws.col.Protocol', 'assembler.padding', '_ws.expert.message']
    return dissect(tmp_path_factory.mktemp('good'), wires, fields)


@pytest.mark.parametrize('number,vector', enumerate(vectors('good.jsonl')),
                         ids=lambda v: v['name'] if isinstance(v, dict) else '')
def test_reads_golden_frame(good, number, vector):
    row, wire = good[number], bytes.fromhex(vector['wire'])
    header, frames = wire_format.decode(wire)
    for name in HEADER_FIELDS:
        assert numbers(row['assembler.' + name]) == [getattr(header, name)], name
    assert numbers(row['assembler.sub.mode']) == header.modes
    assert row['assembler.inner'] == [f.hex() for f in frames] == vector['frames']
    assert row['assembler.cause'] == []
    assert not any('Lua' in message for message in row['_ws.expert.message'])
    assert row['_ws.col.Protocol'] == ['Assembler']
    padding = wire[30 + header.payload_len:]
    assert row['assembler.padding'] == ([padding.hex()] if padding else [])


@pytest.mark.parametrize('number,vector', enumerate(vectors('good.jsonl')),
                         ids=lambda v: v['name'] if isinstance(v, dict) else '')
def test_dissects_inner_frames_as_ethernet(good, number, vector):
    row = good[number]
    frames = [bytes.fromhex(vector['wire'])] + [bytes.fromhex(f) for f in vector['frames']]
    assert row['eth.dst'] == [f[:6].hex(':') for f in frames]
    assert row['eth.src'] == [f[6:12].hex(':') for f in frames]
    # A frame of IEEE 802.3 has a length there.
    types = [struct.unpack('!H', f[12:14])[0] for f in frames]
    assert numbers(row['eth.type']) == [t for t in types if t >= 0x0600]


@pytest.fixture(scope='module')
def bad(tmp_path_factory):
    wires = [bytes.fromhex(v['wire']) for v in vectors('bad.jsonl')]
    return dissect(tmp_path_factory.mktemp('bad'), wires,
                   ['assembler.cause', '_ws.expert.message', '_ws.expert.severity', '_ws.col.Info',
                    'assembler.inner'])


@pytest.mark.parametrize('number,vector', enumerate(vectors('bad.jsonl')),
                         ids=lambda v: v['name'] if isinstance(v, dict) else '')
def test_marks_the_cause(bad, number, vector):
    row, cause = bad[number], vector['cause']
    assert row['assembler.cause'] == [cause]
    assert len(row['_ws.expert.message']) == 1
    assert row['_ws.expert.message'][0].startswith(cause + ': ')
    assert row['_ws.col.Info'][0].endswith(f'[dropped: {cause}]')
    assert row['assembler.inner'] == []


def test_marks_an_oversize_frame(tmp_path):
    frame = A + B + b'\x08\x00' + bytes(range(1, 202)) * 8
    for length, cause in ((1514, []), (1515, ['oversize'])):
        wire = wire_format.encode([frame[:length]], B, A)
        assert show(tmp_path, wire, 'cause') == [cause]


def control(payload, count):
    return wire_format.finish(B, A, wire_format.ETHERTYPE, payload, count, flags=wire_format.CTRL)


HELLO = bytes([1, 2, 3, 0]) + struct.pack('!HHHH', 9014, 100, 0xABCD, 250)


def test_reads_hello(tmp_path):
    wire = control(bytes([1, 12]) + HELLO + bytes([2, 14]) + HELLO + b'\x12\x34', 2)
    names = ('hello.min_version', 'hello.max_version', 'hello.flags', 'hello.reserved',
             'hello.max_frame', 'hello.max_count', 'hello.epoch', 'hello.keepalive')
    values = show(tmp_path, wire, 'tlv.type', *names, 'hello.answered', 'cause')
    assert [numbers(v) for v in values[:-1]] == [[1, 2]] + [
        [v, v] for v in (1, 2, 3, 0, 9014, 100, 0xABCD, 250)] + [[0x1234]]
    assert values[-1] == []


def test_reads_probe_bye_and_unknown_tlvs(tmp_path):
    payload = (struct.pack('!BBI', 3, 4, 7) + struct.pack('!BBIH', 4, 6, 8, 9014) +
               struct.pack('!BBH', 5, 2, 0xBEEF) + bytes([200, 1, 0x5A]) + bytes([201, 0]))
    values = show(tmp_path, control(payload, 5), 'tlv.type', 'probe.id', 'probe.received',
                  'bye.epoch', 'tlv.value', 'cause')
    assert numbers(values[0]) == [3, 4, 5, 200, 201]
    assert [numbers(v) for v in values[1:4]] == [[7, 8], [9014], [0xBEEF]]
    assert values[4:] == [['5a'], []]


@pytest.mark.parametrize('payload,count,cause', [
    (bytes([5, 3, 0, 0, 0]), 1, 'length'), (bytes([9, 1]), 1, 'walk'),
    (bytes([9, 0]), 2, 'walk'), (bytes([9, 0, 0]), 1, 'walk'), (b'', 1, 'walk')])
def test_marks_bad_control_frames(tmp_path, payload, count, cause):
    assert show(tmp_path, control(payload, count), 'cause') == [[cause]]


def lz4_frame(size=38, block=None):
    """A WHOLE subframe of 36 bytes in an LZ4 block made by hand, with one match."""
    frame = B + A + b'\x08\x00' + b'abcd' * 4 + b'at end'
    plain = len(frame).to_bytes(2, 'big') + frame
    match = plain.index(b'abcdabcd') + 4
    first, last = plain[:match], plain[match + 12:]
    if block is None:
        block = (bytes([0xF8, len(first) - 15]) + first + b'\x04\x00' +
                 bytes([len(last) << 4]) + last)
    payload = size.to_bytes(2, 'big') + block
    return frame, wire_format.finish(B, A, wire_format.ETHERTYPE, payload, 1,
                                     flags=wire_format.LZ4)


def test_decompresses_lz4(tmp_path):
    frame, wire = lz4_frame()
    assert show(tmp_path, wire, 'inner', 'lz4.length', 'cause') == [
        [wire_format.pad(frame).hex()], ['38'], []]


@pytest.mark.parametrize('size,block', [
    (37, None), (39, None), (65535, b'\x1fa\x01\x00' + b'\xff' * 300), (20, b'\x4aabcd\x00\x00\x00'),
    (20, b'\x4aabcd\x05\x00\x00'), (5, b'\xf0'), (5, b'\x50abc')])
def test_marks_bad_lz4(tmp_path, size, block):
    assert show(tmp_path, lz4_frame(size, block)[1], 'cause') == [['lz4']]


def read(frame):
    """Count, causes and inner frames as the second reading of the format has them."""
    try:
        header, frames = wire_format.decode(frame)
    except wire_format.NotAssembled:
        return [], []
    except wire_format.FrameError as error:
        return [error.cause], []
    return [], [inner.hex() for inner in frames]


def damaged_frames(rng, nb):
    receiver = wire_format.Receiver(A, [B])
    hosts = [chance.address(rng), chance.address(rng)]
    for _ in range(nb):
        frame = bytearray(chance.random_frame(rng, receiver, hosts))
        for _ in range(rng.choice((0, 1, 1, 2))):
            chance.damage(rng, frame, receiver)
        if rng.random() < 0.9:
            chance.fix_checksum(frame)
        yield bytes(frame)


def loose_blocks(rng, nb):
    """Blocks that break the rules for their end, or just keep to them."""
    for _ in range(nb):
        size, block, count = chance.compressed_subframes(
            rng, None, wire_format.subframes([chance.random_packet(rng, [A, B], 120)], B, A), 1)
        yield wire_format.finish(B, A, wire_format.ETHERTYPE, size.to_bytes(2, 'big') + block,
                                 count, flags=wire_format.LZ4)


def test_agrees_with_the_second_reading(tmp_path):
    """On frames that chance makes and damages."""
    print(f'seed: {chance.SEED:#x}')
    rng = random.Random(chance.SEED)
    frames = [*damaged_frames(rng, 600), *loose_blocks(rng, 200)]
    fields = ['assembler.cause', 'assembler.inner']
    causes = set()
    # What is inside is noise, at which some dissector may give up the whole frame.
    rows = dissect(tmp_path, frames, fields, '--disable-protocol', 'ip', '--disable-protocol', 'ipv6')
    for frame, row in zip(frames, rows):
        assert (row[fields[0]], row[fields[1]]) == read(frame), frame.hex()
        causes.update(row[fields[0]])
    assert len(causes) > 7, causes


def test_knows_no_assembled_frame_behind_a_tag(tmp_path):
    """Neither on the trunk nor inside a frame, where a receiver delivers it."""
    wire = wire_format.encode([A + B + b'\x08\x00' + bytes(range(46))] * 3, B, A)
    tagged = wire[:12] + b'\x81\x00\x00\x01' + wire[12:]
    assert show(tmp_path, tagged, 'count', 'cause') == [[], []]
    assert show(tmp_path, wire_format.encode([tagged], B, A), 'count', 'cause') == [['1'], []]


def test_follows_the_ethertype_preference(tmp_path):
    frame = A + B + b'\x08\x00' + bytes(46)
    wire = wire_format.encode([frame] * 3, B, A, ethertype=0x88B6)
    fields = ['assembler.count', 'assembler.cause']
    option = ('-o', 'assembler.ethertype:%d' % 0x88B6)
    assert dissect(tmp_path, [wire], fields)[0]['assembler.count'] == []
    assert dissect(tmp_path, [wire], fields, *option)[0]['assembler.count'] == ['3']
    other = wire_format.encode([frame] * 3, B, A)
    assert dissect(tmp_path, [other], fields, *option)[0]['assembler.count'] == []


def test_says_that_a_capture_is_cut(tmp_path):
    pcap = tmp_path / 'frames.pcap'
    wire = wire_format.encode([A + B + b'\x08\x00' + bytes(range(46))] * 5, B, A)
    for kept in (20, 40):
        cut = struct.pack('<IIII', 0, 0, kept, len(wire)) + wire[:kept]
        write_pcap(pcap, [])
        with open(pcap, 'ab') as out:
            out.write(cut)
        text = subprocess.run(['tshark', '-X', f'lua_script:{SCRIPT}', '-r', str(pcap), '-V'],
                              capture_output=True, text=True, timeout=600, check=True).stdout
        assert "The capture lacks the frame's end" in text
        assert 'Dropped by a receiver' not in text
