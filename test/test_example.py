# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The library's example is compiled where the library was installed, as its guide says."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / 'doc/guides/prog_guide'
LIB = Path(os.environ.get('ASM82545_PREFIX', ROOT / 'build/prefix')) / 'lib'


def test_example_is_compiled_as_the_guide_says(tmp_path):
    [command] = re.findall(r'\$ (cc (?:.*\\\n)*.*)', (GUIDE / 'assembler.rst').read_text())
    (tmp_path / 'assembler_example.c').symlink_to(GUIDE / 'assembler_example.c')
    environment = {**os.environ, 'PKG_CONFIG_PATH': f'{LIB}/pkgconfig', 'LD_LIBRARY_PATH': str(LIB)}
    for line in (command, "./assembler_example --no-huge -m 128 --no-pci --no-shconf "
                 "--no-telemetry --lcores '(0-1)@0'"):
        done = subprocess.run(['sh', '-c', line], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
        assert 'warning' not in done.stderr, done.stderr
    assert done.stdout.endswith('; 10240 arrived\n')
