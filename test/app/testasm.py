# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Runs dpdk-testasm on this machine with software ports: no NIC, no hugepages, no root."""

import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TESTASM", ROOT / "build/fast/dpdk-testasm"))
TIMEOUT = 240  # only what fails waits that long
PROMPT = "testasm> "
# What every run under way starts with; more lcores than CPUs share them.
CPUS = sorted(os.sched_getaffinity(0))
EAL = ["--no-huge", "-m", "512", "--no-pci", "--no-shconf", "--no-telemetry"]

# With it a run can be asked for what its ports count.
TELEMETRY_EAL = [word for word in EAL if word != "--no-telemetry"]
RUNTIME = "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")

_numbers = itertools.count()


def lcores(nb):
    return ",".join(f"{i}@{CPUS[i % len(CPUS)]}" for i in range(nb))


class Process:
    """A run of the program: its output so far, and its statistics."""

    def __init__(self, directory, eal, options, stdin=subprocess.DEVNULL, stdout=None,
                 env=None):
        name = f"testasm-{os.getpid()}-{next(_numbers)}"
        self.telemetry_path = f"{RUNTIME}/dpdk/{name}/dpdk_telemetry.v2"
        self.json_path = directory / f"{name}.json"
        self.out_path = directory / f"{name}.out"
        self.err_path = directory / f"{name}.err"
        command = [PROGRAM, *eal, f"--file-prefix={name}", "--",
                   f"--stats-json={self.json_path}", *options]
        with open(self.out_path, "w") as out, open(self.err_path, "w") as err:
            self.popen = subprocess.Popen(command, stdin=stdin, stdout=stdout or out,
                                          stderr=err, env={**os.environ, **(env or {})})

    @property
    def out(self):
        return self.out_path.read_text()

    @property
    def err(self):
        return self.err_path.read_text()

    @property
    def stats(self):
        return json.loads(self.json_path.read_text())

    def ask(self, command):
        """EAL's telemetry, of a run with TELEMETRY_EAL."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
            sock.settimeout(TIMEOUT)
            sock.connect(self.telemetry_path)
            sock.recv(65536)
            sock.send(command.encode())
            return json.loads(sock.recv(65536))[command.split(",")[0]]

    def wait_for(self, condition, what):
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, f"no {what} in {TIMEOUT} s:\n{self.out}{self.err}"
            assert self.popen.poll() is None, f"ended without {what}:\n{self.out}{self.err}"
            time.sleep(0.02)

    def started(self):
        self.wait_for(lambda: "\nforwarding started" in self.out, "start")
        return self

    def stopped(self, signum=signal.SIGTERM):
        self.popen.send_signal(signum)
        return self.finished()

    def finished(self):
        """The statistics of a run that ended as it should, without an mbuf lost."""
        assert self.popen.wait(TIMEOUT) == 0, self.out + self.err
        stats = self.stats
        assert stats["mbufs"]["in_use"] == 0
        return stats


def torn(text):
    """A pattern: what is written by the character another thread's line may tear."""
    return "(?:[^\n]*\n)??".join(map(re.escape, text))


class Prompt:
    """A run that is told what to do, a line at a time."""

    def __init__(self, start, vdevs, *options, **named):
        self.process = start(vdevs, ["-i", *options], stdin=subprocess.PIPE, **named)
        self.seen = 0
        self.answer("")

    def answer(self, line):
        """What came between the line, which is shown as it is typed, and the next prompt."""
        pattern = re.compile(torn(line) + "(.*?)" + torn(PROMPT), re.S)
        found = None

        def complete():
            nonlocal found
            found = pattern.search(self.process.out, self.seen)
            return found

        self.process.wait_for(complete, "prompt")
        self.seen = found.end()
        return found[1]

    def type(self, line):
        self.process.popen.stdin.write(line.encode() + b"\n")
        self.process.popen.stdin.flush()

    def say(self, line):
        errors = len(self.process.err)
        self.type(line)
        return self.answer(line).strip() + self.process.err[errors:]

    def quit(self):
        self.type("quit")
        return self.process.finished()
