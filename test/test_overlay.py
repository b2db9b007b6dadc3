# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""devtools/overlay.sh puts us into a DPDK tree and out of it again."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OVERLAY = ROOT / 'devtools/overlay.sh'
LINKS = ['drivers/common/assembler', 'drivers/net/asm82545', 'app/testasm', 'include']
LISTS = ['drivers/common/meson.build', 'drivers/net/meson.build', 'app/meson.build']


@pytest.fixture
def tree(tmp_path):
    """A copy of the tree that devtools/build.sh keeps."""
    pristine = ROOT / 'build/dpdk.from'
    assert pristine.exists(), 'run devtools/build.sh first'
    copy = tmp_path / 'dpdk'
    subprocess.run(['cp', '-a', '--reflink=auto', pristine.read_text().strip(), copy], check=True)
    return copy


def overlay(*arguments):
    return subprocess.run([OVERLAY, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def applied(*arguments):
    result = overlay(*arguments)
    assert result.returncode == 0, result.stdout


def fingerprint(tree):
    """Every path with its mode and its content or target."""
    prints = {}
    for directory, subdirectories, files in os.walk(tree):
        for name in subdirectories + files:
            path = Path(directory, name)
            if path.is_symlink():
                content = os.readlink(path)
            else:
                content = '' if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
            prints[str(path.relative_to(tree))] = (path.lstat().st_mode, content)
    return prints


def test_apply_twice_then_undo_twice(tree):
    before = fingerprint(tree)
    applied(tree)
    after = fingerprint(tree)
    assert sorted(set(after) - set(before)) == sorted(LINKS)
    assert sorted(path for path in before if before[path] != after[path]) == sorted(LISTS)
    for link in LINKS:
        assert (tree / link).is_symlink() and (tree / link).samefile(ROOT / link)
    applied(tree)
    assert fingerprint(tree) == after
    applied('--undo', tree)
    assert fingerprint(tree) == before
    applied(tree, '--undo')
    assert fingerprint(tree) == before


def test_one_line_in_each_list(tree):
    def lines():
        return [(tree / path).read_text().splitlines() for path in LISTS]
    before = lines()
    applied(tree)
    added = [[line for line in new if line not in old] for old, new in zip(before, lines())]
    assert added == [["        'assembler',"], ["        'asm82545',"], ["        'testasm',"]]
    assert [len(new) - len(old) for old, new in zip(before, lines())] == [1, 1, 1]


def test_ours_is_listed_before_em(tree):
    """A static build registers drivers in this order, and the first one wins."""
    applied(tree)
    text = (tree / 'drivers/net/meson.build').read_text()
    assert text.index("'asm82545'") < text.index("'e1000'")


def test_links_of_another_checkout_are_replaced(tree, tmp_path):
    (tree / 'include').symlink_to(tmp_path)
    applied(tree)
    assert (tree / 'include').samefile(ROOT / 'include')


@pytest.mark.parametrize('path', ['include', 'drivers/net/asm82545'])
def test_what_is_in_the_way_is_named_and_kept(tree, path):
    (tree / path).mkdir()
    result = overlay(tree)
    assert result.returncode != 0
    assert f'{path} is in the way' in result.stdout
    assert (tree / path).is_dir() and not (tree / path).is_symlink()


def test_mistakes_are_answered(tmp_path):
    assert overlay().returncode == 2
    assert overlay('--frobnicate', tmp_path).returncode == 2
    result = overlay(tmp_path)
    assert result.returncode == 1 and 'is not a DPDK source tree' in result.stdout
