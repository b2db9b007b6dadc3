# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Two dpdk-testasm in one guest, each with an access and a trunk NIC and an lcore.

The numbers are those of the NICs and of Lab.wires; a side is 0 or 1."""

import json
import signal
import time

from conftest import TESTASM

from qemu_lab import ADDRESSES, MACS

ACCESS = (0, 2)
TRUNK = (1, 3)


def peer(side):
    return f'--peer={MACS[TRUNK[1 - side]]}'


def launch(lab, side, *options, devices=None):
    """Without waiting until it forwards; *devices* replace its two NICs."""
    nics = ('-a', ADDRESSES[ACCESS[side]], '-a', ADDRESSES[TRUNK[side]])
    return lab.start([TESTASM, '-l', side, *(devices or nics), f'--file-prefix=side{side}',
                      '--no-telemetry', '--', f'--stats-json=/lab/side{side}.json', *options])


def start(lab, side, *options, mode='gateway'):
    program = launch(lab, side, f'--forward-mode={mode}', *options)
    program.expect('forwarding started', 60)
    return program


def finished(lab, program, side):
    """The statistics of a run that ends as it should, without an mbuf lost."""
    result = program.wait(30)
    assert result.status == 0, result.output
    stats = json.loads((lab.dir / f'side{side}.json').read_text())
    assert stats['mbufs']['in_use'] == 0
    return stats


def stop(lab, program, side, signum=signal.SIGINT):
    program.kill(signum)
    return finished(lab, program, side)


def kill_all(lab):
    """What a failed test leaves behind must not fail the next one."""
    for program in lab.programs:
        if program.status is None:
            program.kill(signal.SIGKILL)
            program.wait()


class Gateways:
    """Both, with the other one as --peer."""

    def __init__(self, lab, *options, devices=(None, None), each=((), ())):
        self.lab = lab
        self.programs = [launch(lab, side, peer(side), *options, *each[side],
                                devices=devices[side]) for side in (0, 1)]
        for program in self.programs:
            program.expect('forwarding started', 60)
        time.sleep(1.2)  # reception begins a second after the ports

    def stop(self, signum=signal.SIGINT):
        """Their statistics."""
        return [stop(self.lab, program, side, signum)
                for side, program in enumerate(self.programs)]
