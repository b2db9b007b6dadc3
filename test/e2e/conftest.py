# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""What the end-to-end tests share: the built files, and one guest a module."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'devtools'), str(ROOT / 'test')]

PREFIX = Path(os.environ.get('ASM82545_PREFIX', ROOT / 'build/prefix'))
PLUGIN = PREFIX / 'lib/librte_net_asm82545.so'
TESTASM = PREFIX / 'bin/dpdk-testasm'


@pytest.fixture(scope='session', autouse=True)
def built():
    for path in (PLUGIN, TESTASM):
        assert path.exists(), f'{path} is missing: run devtools/build.sh'


@pytest.fixture(scope='module')
def trunk_pcap(tmp_path_factory):
    """What the trunk of a pair of gateways carries."""
    return tmp_path_factory.mktemp('trunk') / 'trunk.pcap'


def boot(*wires, **options):
    """A fixture's body: a guest for as long as the module's tests run."""
    from qemu_lab import Lab
    with Lab(wires, **options) as lab:
        yield lab


def boot_gateways(trunk_pcap):
    """The same for two gateways with a trunk between them and cables to the test."""
    yield from boot('dgram', f'pair:1,dump={trunk_pcap}', 'dgram', 'pair:1', mem=2560,
                    hugepages=400)
