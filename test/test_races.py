# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""ThreadSanitizer finds no race where clients, peers and settings of an assembler change."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_stress_has_no_races():
    done = subprocess.run([ROOT / 'devtools/races.sh'], capture_output=True, text=True,
                          timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'assembler_stress: no races' in done.stdout
