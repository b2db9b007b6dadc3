#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The fuzz targets' corpus: corpus.jsonl has one input a line, in hex.

usage: corpus.py unpack DIR   corpus.jsonl and the golden vectors, a file each
       corpus.py pack DIR     the files become corpus.jsonl
"""

import json
import sys
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
CORPUS = FUZZ / 'corpus.jsonl'
VECTORS = FUZZ.parent / 'data/vectors'
REPAIR = 1  # as in fuzz.h


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def unpack(directory):
    directory.mkdir(parents=True, exist_ok=True)
    for name in ('good', 'bad', 'control'):
        for number, vector in enumerate(lines(VECTORS / f'{name}.jsonl')):
            frame = bytes.fromhex(vector['wire'])
            for what in (0, REPAIR):
                (directory / f'{name}-{number}-{what}').write_bytes(bytes([what]) + frame)
    for number, entry in enumerate(lines(CORPUS)):
        (directory / f'corpus-{number}').write_bytes(bytes.fromhex(entry['input']))


def pack(directory):
    inputs = sorted({path.read_bytes() for path in directory.iterdir()}, key=lambda i: (len(i), i))
    CORPUS.write_text(''.join(json.dumps({'input': i.hex()}) + '\n' for i in inputs))


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[1] not in ('unpack', 'pack'):
        sys.exit(__doc__)
    {'unpack': unpack, 'pack': pack}[sys.argv[1]](Path(sys.argv[2]))
