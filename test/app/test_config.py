# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Options from a file."""

import subprocess

import pytest

from testasm import PROGRAM, ROOT, TIMEOUT

NULLS = ["net_null0", "net_null1"]


def configured(start, tmp_path, text, *options):
    path = tmp_path / "testasm.conf"
    path.write_text(text)
    # The prompt shows what came of it.
    process = start(NULLS, [*options[:1], f"--config={path}", *options[1:], "-i"],
                    stdin=subprocess.PIPE)
    process.popen.stdin.write(b"show config fwd\nquit\n")
    process.popen.stdin.flush()
    process.finished()
    return process.out


def test_a_file_gives_options(start, tmp_path):
    out = configured(start, tmp_path, """
# How the gateway at the pump house runs.
[testasm]
forward-mode = assemble
peer = 02:00:00:00:00:07   # the other one
hold-us=123
max-pkt = 0x80
""")
    assert "assemble, stopped" in out
    assert "peer 02:00:00:00:00:07" in out.lower()
    assert "max-pkt 128, hold-us 123" in out


def test_what_comes_last_counts(start, tmp_path):
    text = "[testasm]\nforward-mode = io\nhold-us = 5\nmin-count = 7\n"
    out = configured(start, tmp_path, text, "--hold-us=4", "--min-count=9")
    assert "io, stopped" in out
    assert "hold-us 5" in out
    assert "min-count 9" in out


@pytest.mark.parametrize("text, answer", [
    ("[testasm]\nmax-frame = 1\n", "--max-frame=1: give a number from 60 to 16384"),
    ("[testasm]\nforward = io\n", "forward: no option for a file"),
    ("[testasm]\ni = 1\n", "i: no option for a file"),
    ("[testasm]\nconfig = testasm.conf\n", "config: no option for a file"),
    ("[other]\nhold-us = 1\n", "give one section, [testasm]"),
    ("[testasm]\n[other]\nhold-us = 1\n", "give one section, [testasm]"),
    ("hold-us = 1\n", "give a file with a section [testasm]"),
    ("[testasm\n", "give a file with a section [testasm]"),
    (None, "cannot read it: No such file or directory"),
])
def test_a_file_that_is_wrong_is_refused(refused, tmp_path, text, answer):
    path = tmp_path / "testasm.conf"
    if text is not None:
        path.write_text(text)
    assert answer in refused("--", "--peer=02:00:00:00:00:01", f"--config={path}")


def test_the_file_of_the_service_is_good(start, tmp_path):
    text = (ROOT / "app/testasm/dpdk-testasm.conf").read_text()
    out = configured(start, tmp_path, text)
    assert "gateway, stopped" in out


def test_the_unit_of_the_service_is_good(tmp_path):
    unit = (ROOT / "app/testasm/dpdk-testasm.service").read_text()
    path = tmp_path / "dpdk-testasm.service"
    # The program is wherever it was built.
    path.write_text(unit.replace("/usr/local/bin/dpdk-testasm", str(PROGRAM)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], text=True,
                          capture_output=True, timeout=TIMEOUT)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
