# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Runs DPDK programs on this machine with two 82545s in memory (test/native82545.h).

The EAL takes UIO devices with physical addresses only, hence with hugepages: those that
the kernel hands out on demand, so that nothing stays reserved when a program has ended."""

import contextlib
import fcntl
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = '/proc/sys/vm/nr_overcommit_hugepages'
PAGE_MB = 2
TIMEOUT = 240


def raise_limit(pages):
    """Others may change it as well at the same time."""
    with open('/run/lock/native82545', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        limit = int(Path(LIMIT).read_text()) + pages
        Path(LIMIT).write_text(str(max(limit, 0)))


@contextlib.contextmanager
def hugepages(megabytes):
    """As many more can be had meanwhile."""
    pages = megabytes // PAGE_MB
    raise_limit(pages)
    try:
        yield
    finally:
        raise_limit(-pages)


class Native:
    """A build directory with the plugin, and the driver; None: net_e1000_em, which Debian's
    programs load by themselves."""

    def __init__(self, build, driver):
        self.device = Path(build) / 'test/librte_native82545.so'
        self.driver = driver

    def command(self, program, *options, lcores='0', megabytes=64, eal=()):
        drivers = ['-d', self.driver] if self.driver else []
        return [str(word) for word in (
            program, '--lcores', lcores, '--in-memory', '-m', megabytes, '--no-telemetry',
            '--log-level=*:4', '-d', self.device, *drivers, *eal, '--', *options)]

    def start(self, program, *options, tails='trap', cpu=None, mbps=1000, report=None,
              stdout=subprocess.PIPE, **named):
        """*report* names a file for what the devices saw."""
        environment = {**os.environ, 'NATIVE82545_TAILS': tails,
                       'NATIVE82545_MBPS': str(mbps)}
        if cpu is not None:
            environment['NATIVE82545_CPU'] = str(cpu)
        if report is not None:
            environment['NATIVE82545_REPORT'] = str(report)
        # By the line, lest a prompt, which is written at once, comes in the middle of one.
        return subprocess.Popen(['stdbuf', '-oL', *self.command(program, *options, **named)],
                                env=environment, stdin=subprocess.PIPE, stdout=stdout,
                                stderr=subprocess.STDOUT, text=True)

    @staticmethod
    def finish(process, text=''):
        """Its output, after *text* as its last input."""
        try:
            out = process.communicate(text, timeout=TIMEOUT)[0]
        finally:
            process.kill()
        if process.returncode != 0:
            raise RuntimeError(f'{process.args[2]} ended with {process.returncode}:\n{out}')
        return out

    def run(self, program, *options, text='', **named):
        return self.finish(self.start(program, *options, **named), text)


def devices(report):
    """What the devices saw: a list with an object for each."""
    return [json.loads(line) for line in Path(report).read_text().splitlines()]
