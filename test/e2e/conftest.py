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


def boot(*wires, **options):
    """A fixture's body: a guest for as long as the module's tests run."""
    from qemu_lab import Lab
    with Lab(wires, **options) as lab:
        yield lab
