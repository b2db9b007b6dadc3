# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Clients of an assembler in secondary processes, some of which are killed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'devtools'))

import native82545  # noqa: E402

PROGRAM = Path(os.environ.get('NATIVE_BUILD', ROOT / 'build/fast')) / 'test/assembler_mp'
TIMEOUT = 120
CPU = sorted(os.sched_getaffinity(0))[0]
BURST = 32  # of the program: what it may have in its hands


@pytest.fixture(scope='module', autouse=True)
def memory():
    assert os.geteuid() == 0, 'it takes root to reserve hugepages'
    with native82545.hugepages(128):
        yield


class Processes:
    """A primary process and its secondary ones. Three lcores each, of other numbers."""

    def __init__(self, directory):
        self.pages = directory / 'pages'
        self.pages.mkdir()
        subprocess.run(['mount', '-t', 'hugetlbfs', 'assembler_mp', self.pages], check=True)
        self.prefix = f'assembler-{os.getpid()}'
        self.running = []

    def start(self, kind, *role):
        first = 3 * len(self.running)
        lcores = ','.join(f'{lcore}@{CPU}' for lcore in range(first, first + 3))
        self.running.append(subprocess.Popen(
            [str(word) for word in (
                PROGRAM, '--lcores', lcores, '--no-pci', '-m', 64,
                '--no-telemetry', '--log-level=*:4', f'--proc-type={kind}',
                f'--huge-dir={self.pages}', f'--file-prefix={self.prefix}', '--', *role)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return self.running[-1]

    def primary(self, *settings):
        self.first = self.start('primary', 'primary', *settings)
        assert self.first.stdout.readline() == 'ready\n'

    def secondary(self, *role):
        return self.start('secondary', *role)

    def victim(self, role, says):
        """A secondary process, when it says how far it is."""
        process = self.secondary(role)
        assert process.stdout.readline() == f'{says}\n'
        return process

    def mbufs(self):
        """How many are in use, by whomever."""
        self.first.stdin.write('show\n')
        self.first.stdin.flush()
        return int(re.match(r'(\d+) mbufs', self.first.stdout.readline()).group(1))

    def wait_for_mbufs(self, most):
        end = time.monotonic() + TIMEOUT
        while self.mbufs() > most:
            assert time.monotonic() < end, f'{self.mbufs()} mbufs are still in use'
            time.sleep(0.02)

    def end(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
        subprocess.run(['umount', self.pages], check=True)


@pytest.fixture
def processes(tmp_path):
    assert PROGRAM.is_file(), f'{PROGRAM} is not built'
    processes = Processes(tmp_path)
    yield processes
    processes.end()


def arrived(process, number):
    out, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0 and out == f'{number} packets arrived\n', out


def quit_(processes):
    out, _ = processes.first.communicate('quit\n', timeout=TIMEOUT)
    return int(re.search(r'ended with (\d+) mbufs', out).group(1))


@pytest.mark.parametrize('settings', [(0,), (20,), (20, 'by_peer')])
def test_each_process_gets_its_packets_back(processes, settings):
    processes.primary(*settings)
    for process in [processes.secondary('run', 20000) for _ in range(3)]:
        arrived(process, 20000)
    assert quit_(processes) == 0


@pytest.mark.parametrize('sleep_us, how', [(0, 'fill'), (20, 'fill'), (20, 'halfway')])
def test_what_a_killed_process_held_is_freed(processes, sleep_us, how):
    processes.primary(sleep_us)
    victim = processes.victim(how, 'full')
    # Who is halfway keeps the control path waiting until it has ended.
    assert how == 'halfway' or processes.mbufs() > 256
    # Another one goes on meanwhile, and gets all of its packets.
    other = processes.secondary('run', 20000)
    victim.kill()
    arrived(other, 20000)
    processes.wait_for_mbufs(0)
    assert quit_(processes) == 0


def test_an_assembler_is_freed_right_after_a_process_was_killed(processes):
    processes.primary(20)
    victim = processes.victim('halfway', 'full')
    victim.kill()
    victim.wait()
    assert quit_(processes) == 0


def test_who_does_not_wake_a_worker_keeps_nobody_else_from_it(processes):
    processes.primary(20)
    victim = processes.victim('drowsy', 'drowsy')
    victim.send_signal(signal.SIGSTOP)
    arrived(processes.secondary('run', 1000), 1000)
    victim.kill()
    processes.wait_for_mbufs(0)
    assert quit_(processes) == 0


def test_what_a_killed_process_did_not_wake_a_worker_for_is_freed(processes):
    processes.primary(20)
    victim = processes.victim('drowsy', 'drowsy')
    assert processes.mbufs() == 1
    victim.kill()
    processes.wait_for_mbufs(0)
    assert quit_(processes) == 0


def test_processes_die_at_any_moment(processes):
    processes.primary(20)
    kills = 6
    for number in range(kills):
        victim = processes.victim('flood', 'flooding')
        time.sleep(0.01 * number)
        victim.kill()
        victim.wait()
    # What it had in its own hands nobody can know; the assembler keeps nothing.
    processes.wait_for_mbufs(kills * 2 * BURST)
    arrived(processes.secondary('run', 5000), 5000)
    assert quit_(processes) <= kills * 2 * BURST
