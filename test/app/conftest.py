# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors

import os
import re
import shutil
import signal
import subprocess
import tempfile

import pytest
from scapy.utils import RawPcapReader

from cards import Cards, hugepages
from testasm import EAL, PROGRAM, TELEMETRY_EAL, TIMEOUT, Process, lcores


@pytest.fixture
def start(tmp_path):
    """start(vdevs, options, nb_lcores=1, eal=EAL) begins a run; what still runs at the end is
    killed."""
    assert PROGRAM.is_file(), f"{PROGRAM} is not built, and TESTASM names no other"
    processes = []

    def begin(vdevs, options, nb_lcores=1, eal=EAL, **named):
        eal = ["--lcores", lcores(nb_lcores), *eal]
        for vdev in vdevs:
            eal += ["--vdev", str(vdev)]
        processes.append(Process(tmp_path, eal, options, **named))
        return processes[-1]

    yield begin
    for process in processes:
        if process.popen.poll() is None:
            process.popen.send_signal(signal.SIGCONT)
            process.popen.kill()
            process.popen.wait()
        shutil.rmtree(os.path.dirname(process.telemetry_path), ignore_errors=True)


@pytest.fixture
def cards():
    """cards(nb) gives Cards, all plugged in, for one run."""
    with hugepages(), tempfile.TemporaryDirectory(prefix="cards.") as directory:
        yield lambda nb: Cards(directory, nb)


def run_through(process, nb_ports, nb_packets):
    """The statistics of a run that ends when it has received so many packets, and moves none."""
    before = None

    def is_through():
        nonlocal before
        stats = [process.ask(f"/ethdev/stats,{port}") for port in range(nb_ports)]
        now = [sum(one[name] for one in stats) for name in ("ipackets", "opackets")]
        before, rests = now, now == before
        return rests and now[0] >= nb_packets

    process.started().wait_for(is_through, f"{nb_packets} packets")
    return process.stopped()


@pytest.fixture
def run(start):
    """run(vdevs, options) runs until all packets of net_pcap's files have passed, or, without
    any, for a second. Returns the statistics."""
    def attempt(vdevs, options, **named):
        files = re.findall(r"rx_pcap=([^,]+)", ",".join(map(str, vdevs)))
        packets = sum(1 for file in files for _ in RawPcapReader(file))
        if packets == 0:
            return start(vdevs, ["--duration=1", *options], **named).finished()
        return run_through(start(vdevs, options, eal=TELEMETRY_EAL, **named), len(vdevs), packets)

    return attempt


@pytest.fixture
def refused():
    """refused(*arguments) is the last line of a run that must fail."""
    assert PROGRAM.is_file(), f"{PROGRAM} is not built, and TESTASM names no other"

    def attempt(*arguments, **environment):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              timeout=TIMEOUT, env={**os.environ, **environment})
        assert done.returncode != 0, done.stdout
        lines = done.stderr.splitlines()
        ours = [line for line in lines if line.startswith("dpdk-testasm: ")]
        assert ours == lines[-1:], done.stderr
        return ours[0]

    return attempt
