# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The fuzz targets build, and stand a few seconds from the committed corpus."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TARGETS = sorted(path.stem for path in (ROOT / 'test/fuzz').glob('fuzz_*.c'))
SECONDS = 3


@pytest.mark.skipif(shutil.which('clang') is None, reason='clang is not installed')
def test_targets_stand_a_short_run():
    done = subprocess.run([ROOT / 'devtools/fuzz.sh', str(SECONDS)], capture_output=True,
                          text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = dict(re.findall(r'^(\w+): (\d+) executions, \d+ a second', done.stdout, re.M))
    assert sorted(runs) == TARGETS
    assert all(int(number) > 1000 for number in runs.values())
