# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Without liblz4 the library builds, says so, and does all but LZ4."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

import test_wire_property
import wire_format

TEST = Path(__file__).resolve().parent
BUILD = TEST.parent / 'build/without-lz4'


def run(*command, **env):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env},
                          timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope='module')
def library():
    """Built where pkg-config does not know liblz4."""
    BUILD.mkdir(parents=True, exist_ok=True)
    pkg_config = BUILD / 'no-lz4-pkg-config'
    pkg_config.write_text('#!/bin/sh\ncase "$*" in *liblz4*) exit 1 ;; esac\n'
                          'exec pkg-config "$@"\n')
    pkg_config.chmod(0o755)
    again = ['--reconfigure'] if (BUILD / 'meson-info').exists() else []
    said = run('meson', 'setup', *again, BUILD, TEST.parent, PKG_CONFIG=str(pkg_config))
    assert 'no liblz4: assembled frames will be neither compressed nor decompressed' in said
    run('ninja', '-C', BUILD, 'test/wire_pipe', 'dpdk-testasm')
    pipe = test_wire_property.Pipe(BUILD / 'test/wire_pipe')
    yield pipe
    pipe.end()


def vectors():
    with open(TEST / 'data/vectors/good.jsonl') as lines:
        return [json.loads(line) for line in lines]


def test_other_frames_are_read_and_compressed_ones_dropped(library):
    for vector in vectors():
        wire = bytes.fromhex(vector['wire'])
        compressed = wire_format.encode([wire], wire[:6], wire[6:12], flags=wire_format.LZ4,
                                        compress=lambda plain: test_wire_property.lz4_compress(
                                            plain, random.Random(1)))
        receiver = wire_format.Receiver(wire[:6], [wire[6:12]])
        (_, _, good, packets), (_, _, bad, nothing) = library.unpack(
            receiver, [wire, compressed], random.Random(1))
        assert (good, [packet.hex() for packet in packets]) == ('frames', vector['frames'])
        assert (bad, nothing) == ('lz4', [])


def program(*options, **how):
    return subprocess.run([BUILD / 'dpdk-testasm', '--no-huge', '-m', '64', '--no-pci',
                           '--no-shconf', '--no-telemetry', '--vdev=net_null0',
                           '--vdev=net_null1', '--lcores', '0@0', '--', *options],
                          capture_output=True, text=True, timeout=600, **how)


def test_compression_is_refused(library):
    why = 'lz4 on: this build has no LZ4; install liblz4-dev and build again'
    done = program('--lz4=on')
    assert done.returncode != 0
    assert why in done.stderr
    done = program('-i', '--peer=02:00:00:00:00:09', input='set lz4 on\nshow config fwd\nquit\n')
    assert done.returncode == 0
    assert why in done.stderr
    assert 'lz4 off' in done.stdout
