# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""devtools/lab, the command."""

import subprocess
import uuid

from conftest import ROOT

LAB = ROOT / 'devtools/lab'


def lab(*arguments, stdin=''):
    return subprocess.run([LAB, *arguments], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600)


def test_runs_a_command_with_our_files_and_returns_status_and_results(tmp_path):
    """Four NICs of the kernel's own driver, and a cable that ends in a tap."""
    tap = 'lab' + uuid.uuid4().hex[:8]
    subprocess.run(['ip', 'tuntap', 'add', tap, 'mode', 'tap'], check=True)
    try:
        result = lab('--nics', '4', '--wire', f'tap:{tap}', '--wire', 'none', '--wire', 'pair:1',
                     '--wire', 'pair:1', '--bind', 'e1000', '--results', tmp_path, '--',
                     'sh', '-c',
                     'pwd; read word; echo "got $word"; ls -d /sys/bus/pci/drivers/e1000/0000:*; '
                     f'test -x {LAB} && echo kept >/lab/kept; touch {tmp_path}/lost; exit 7',
                     stdin='hello\n')
    finally:
        subprocess.run(['ip', 'link', 'del', tap], check=True)
    assert result.returncode == 7, result.stdout
    lines = result.stdout.splitlines()
    assert 'got hello' in lines
    assert [line[-12:] for line in lines if 'drivers/e1000' in line] == [
        '0000:02:01.0', '0000:02:02.0', '0000:04:01.0', '0000:04:02.0']
    assert (tmp_path / 'kept').read_text() == 'kept\n'
    assert not (tmp_path / 'lost').exists()


def test_a_command_that_does_not_end_is_ended(tmp_path):
    result = lab('--timeout', '1', '--icount', '--smp', '1', '--',
                 'sh', '-c', 'while :; do :; done')
    assert result.returncode == 1
    assert 'timeout: the command still runs after 1 s' in result.stdout


def test_mistakes_are_answered():
    assert 'no such wire' in lab('--wire', 'string', '--', 'true').stdout
    assert 'at most 4' in lab('--nics', '5', '--', 'true').stdout
    assert '--smp 1' in lab('--icount', '--', 'true').stdout
