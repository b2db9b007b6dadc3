# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors

import os
import re
import signal
import subprocess
import tempfile

import pytest
from scapy.utils import RawPcapReader

from cards import Cards, hugepages
from testasm import EAL, PROGRAM, TIMEOUT, Process, lcores


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


@pytest.fixture
def cards():
    """cards(nb) gives Cards, all plugged in, for one run."""
    with hugepages(), tempfile.TemporaryDirectory(prefix="cards.") as directory:
        yield lambda nb: Cards(directory, nb)


@pytest.fixture
def run(start):
    """run(vdevs, options) runs until the files of net_pcap are read: for a second, or as long
    as a busy machine needs for it. Returns the statistics."""
    def attempt(vdevs, options, **named):
        files = re.findall(r"rx_pcap=([^,]+)", " ".join(map(str, vdevs)).replace(" ", ","))
        packets = sum(1 for file in files for _ in RawPcapReader(file))
        for seconds in (1, 8, 64):
            stats = start(vdevs, [f"--duration={seconds}", *options], **named).finished()
            if sum(port["rx_packets"] for port in stats["ports"]) >= packets:
                break
        return stats

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
