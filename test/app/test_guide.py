# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The guide's examples are run, all of them, as they stand."""

import re
import subprocess

from test_command_line import OPTIONS, REFUSED
from test_forwarding import mixed, read, write
from testasm import PROGRAM, ROOT, TIMEOUT

GUIDE = (ROOT / "doc/guides/tools/testasm.rst").read_text()
EXAMPLE = re.compile(r"\.\. code-block:: console\n\n((?: +\$ .*\n)+)")


def examples():
    return [line.strip()[2:] for block in EXAMPLE.findall(GUIDE)
            for line in block.splitlines()]


def test_every_example_runs(tmp_path):
    assert PROGRAM.is_file(), f"{PROGRAM} is not built, and TESTASM names no other"
    (tmp_path / "dpdk-testasm").symlink_to(PROGRAM.resolve())
    packets = mixed(500)
    write(tmp_path / "in.pcap", packets)
    commands = examples()
    assert GUIDE.count("$ ") == len(commands) > 20
    script = "\n".join(["set -ex", f"export PATH={tmp_path}:$PATH", *commands])
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                          timeout=len(commands) * TIMEOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert read(tmp_path / "out.pcap") == packets


def test_every_option_has_an_entry_and_an_example():
    text = "\n".join(examples())
    for option in OPTIONS:
        assert re.search(rf"^.*``--{option}(=\S+)?``", GUIDE, re.M), option
        assert re.search(rf" --{option}\b", text), option


def test_ranges_are_those_of_the_program():
    ranges = [accepted for option, _, accepted in REFUSED
              if re.fullmatch(r"\d+ to \d{2,5}", accepted) and option not in
              ("access", "trunk", "stats-period")]
    assert ranges
    for accepted in ranges:
        assert accepted in GUIDE, accepted
