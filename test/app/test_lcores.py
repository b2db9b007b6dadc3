# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Which lcore does what."""

import re

import pytest

from testasm import EAL, lcores

NULLS = ["net_null0,copy=0", "net_null1,copy=0"]
PEER = "--peer=02:00:00:00:00:01"


def plan(start, nb_lcores, *options):
    process = start(NULLS, [PEER, *options], nb_lcores=nb_lcores).started()
    process.stopped()
    return re.search(r"^lcores: (.*)$", process.out, re.M)[1]


@pytest.mark.parametrize("nb_lcores, options, line", [
    (1, [], "0 access to trunk, 0 trunk to access"),
    (2, [], "0 access to trunk, 1 trunk to access"),
    (4, [], "0 access to trunk, 1 trunk to access"),
    (2, ["--workers=1"], "0 access to trunk, 0 trunk to access, 1 worker 0"),
    (3, ["--workers=1"], "0 access to trunk, 2 trunk to access, 1 worker 0"),
    (4, ["--workers=1"], "0 access to trunk, 3 trunk TX, 2 trunk to access, 1 worker 0"),
    (3, ["--workers=2"], "0 access to trunk, 0 trunk to access, 1 worker 0, 2 worker 1"),
    (2, ["--forward-mode=assemble"], "0 access to trunk"),
    (2, ["--forward-mode=disassemble"], "0 trunk to access"),
    (2, ["--forward-mode=io"], "0 access to trunk, 1 trunk to access"),
    (2, ["--forward-mode=txonly"], "0 access to trunk"),
])
def test_lcores_are_given_tasks_by_their_number(start, nb_lcores, options, line):
    assert plan(start, nb_lcores, *options) == line


@pytest.mark.parametrize("text, line", [
    ("rx:1", "1 access to trunk, 1 trunk to access"),
    ("back:2", "0 access to trunk, 2 trunk to access"),
    ("worker:2-3,rx:1", "1 access to trunk, 1 trunk to access, 2 worker 0, 3 worker 1"),
    ("rx:0,worker:1,tx:2,back:3",
     "0 access to trunk, 2 trunk TX, 3 trunk to access, 1 worker 0"),
    ("worker:3,worker:1", "0 access to trunk, 0 trunk to access, 3 worker 0, 1 worker 1"),
])
def test_a_map_says_who_does_what(start, text, line):
    assert plan(start, 4, f"--lcore-map={text}") == line


@pytest.mark.parametrize("text, answer", [
    ("rx", "give task:lcore pairs"), ("rx:", "give task:lcore pairs"),
    ("rx:1x", "give task:lcore pairs"), ("rx:-1", "give task:lcore pairs"),
    ("rx:1-2", "give task:lcore pairs"), ("rx:1,rx:2", "give task:lcore pairs"),
    ("worker:2-1", "give task:lcore pairs"), ("sleep:1", "give task:lcore pairs"),
    ("rx:4", "EAL has no lcore 4"), ("worker:1-4", "EAL has no lcore 4"),
    ("worker:99999999999999999999", "EAL has no lcore"),
    ("worker:0", "lcore 0 is not free"), ("worker:1,back:1", "lcore 1 is not free"),
    ("worker:1,worker:1", "lcore 1 is not free"),
    ("tx:1", "rx and tx are one lcore's"),
])
def test_a_map_that_cannot_be_is_refused(refused, text, answer):
    line = refused("--lcores", lcores(4), *EAL, "--vdev", "net_null0", "--vdev", "net_null1",
                   "--", PEER, f"--lcore-map={text}")
    assert line.startswith(f"dpdk-testasm: --lcore-map={text}: ")
    assert answer in line


def test_a_map_and_another_number_of_workers_are_refused(refused):
    line = refused("--lcores", lcores(4), *EAL, "--vdev", "net_null0", "--vdev", "net_null1",
                   "--", PEER, "--lcore-map=worker:1", "--workers=2")
    assert "has 1 workers, --workers=2; leave --workers out" in line


def test_ports_without_interrupts_are_named(refused):
    line = refused("--lcores", lcores(1), *EAL, "--vdev", "net_null0", "--vdev", "net_null1",
                   "--", PEER, "--interrupt")
    assert "--interrupt: port 0 (net_null) has no RX interrupts" in line
