# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""host ─ access [gateway A] trunk ─ trunk [gateway B] access ─ host

One guest has the four NICs; both gateways are dpdk-testasm. The host sends
frames in at A, receives at B, and reads the recorded trunk."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from qemu_lab import ADDRESSES, MACS, Lab, LabError
from scapy.utils import RawPcapReader

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / 'test'))
import wire_format  # noqa: E402

PREFIX = Path(os.environ.get('ASM82545_PREFIX', ROOT / 'build/prefix'))
SCRATCH = ROOT / 'build/demo'
ACCESS, TRUNK = (0, 2), (1, 3)
# Frames come at some 15,000 a second here, not at a million as from a real wire: a
# frame takes that much longer to fill.
HOLD_US = 2500
LONGEST = 1514
ASSEMBLED = b'\x88\xb5'
GIGABIT = 1e9


def say(text):
    print(f'demo: {text}', flush=True)


def read_frames(name):
    """The frames of a capture that an Ethernet of MTU 1500 can carry."""
    frames = [data for data, _ in RawPcapReader(str(name))]
    fit = [frame.ljust(60, b'\0') for frame in frames
           if 14 <= len(frame) <= LONGEST and frame[12:14] != ASSEMBLED]
    if len(fit) < len(frames):
        say(f'{len(frames) - len(fit)} frames left out: longer than {LONGEST} bytes or assembled')
    if not fit:
        raise LabError(f'{name} has no Ethernet frames')
    return fit


def start_gateway(lab, side, options):
    command = [PREFIX / 'bin/dpdk-testasm', '-l', side, f'--file-prefix=gateway{side}',
               '-a', ADDRESSES[ACCESS[side]], '-a', ADDRESSES[TRUNK[side]], '--',
               f'--peer={MACS[TRUNK[1 - side]]}', f'--hold-us={HOLD_US}',
               f'--stats-json=/lab/gateway{side}.json', *options]
    program = lab.start(command)
    program.expect('forwarding started', 60)
    return program


def stop_gateway(lab, side, program):
    program.kill(signal.SIGINT)
    result = program.wait(30)
    if result.status != 0:
        raise LabError(f'dpdk-testasm ended with status {result.status}:\n{result.output}')
    return json.loads((lab.dir / f'gateway{side}.json').read_text())


def receive(wire, count):
    """Until count frames came, or none for a long time."""
    frames = []
    while len(frames) < count:
        new = wire.take(1, 30)
        if not new:
            break
        frames += new
    return frames


class Run:
    """One pass of the traffic; what came out and what the trunk carried."""

    def __init__(self, lab, trunk, sent, options):
        self.sent = sent
        programs = [start_gateway(lab, side, options) for side in (0, 1)]
        time.sleep(1.2)  # the emulator receives nothing in a port's first second
        before = len(trunk())
        begin = time.monotonic()
        lab.wires[ACCESS[0]].send(*sent)
        self.came = receive(lab.wires[ACCESS[1]], len(sent))
        self.seconds = time.monotonic() - begin
        self.stats = [stop_gateway(lab, side, program) for side, program in enumerate(programs)]
        self.trunk = trunk()[before:]

    @property
    def lost(self):
        return len(self.sent) - len(self.came)

    @property
    def identical(self):
        return self.came == self.sent

    @property
    def wire_bytes(self):
        """With FCS, preamble and gap; never less than the shortest frame's."""
        return sum(max(60, len(frame)) + 24 for frame in self.trunk)

    def trunk_decodes(self):
        """Does another reading of the wire format find the same frames on the trunk?"""
        found = []
        for frame in self.trunk:
            try:
                found += wire_format.decode(frame)[1]
            except wire_format.NotAssembled:
                found.append(frame)
        return found == self.sent


def show(on, off):
    def row(name, figure, form='{:,}'):
        print(f'  {name:<34}' + ''.join(f'{form.format(figure(run)):>16}' for run in (on, off)))

    def yes(value):
        return 'yes' if value else 'NO'

    print(f'\n  {"":<34}{"assembling":>16}{"--max-count=1":>16}')
    row('frames in', lambda run: len(run.sent))
    row('frames out', lambda run: len(run.came))
    row('lost', lambda run: run.lost)
    row('identical and in order', lambda run: yes(run.identical), '{}')
    row('trunk read by a second decoder', lambda run: yes(run.trunk_decodes()), '{}')
    row('frames on the trunk', lambda run: len(run.trunk))
    row('bytes on the trunk, without FCS', lambda run: sum(map(len, run.trunk)))
    row('time on a trunk of 1 Gb/s (ms)', lambda run: run.wire_bytes * 8e3 / GIGABIT, '{:.2f}')
    row('of them in assembled frames', lambda run: run.stats[0]['assembler']['packets'])
    row('frames a second, emulated', lambda run: int(len(run.came) / run.seconds))
    print(f'\n  gain: {len(off.trunk) / len(on.trunk):.1f} times fewer frames, '
          f'{off.wire_bytes / on.wire_bytes:.2f} times less wire time on the trunk\n'
          f'  (--hold-us={HOLD_US}, as frames come slowly here; '
          'wire time is computed, the emulated wire\n  has no bit rate)\n')


def main():
    SCRATCH.mkdir(parents=True, exist_ok=True)
    capture = Path(sys.argv[1]) if len(sys.argv) > 1 else SCRATCH / 'traffic.pcap'
    if len(sys.argv) == 1:
        say('making traffic: Modbus/TCP, CoAP, MQTT, ARP, acknowledgements, some large frames')
        subprocess.run(['/usr/bin/python3', ROOT / 'devtools/traffic.py', capture], check=True)
    sent = read_frames(capture)
    trunk_pcap = SCRATCH / 'trunk.pcap'

    def trunk():
        return [data for data, _ in RawPcapReader(str(trunk_pcap))]

    say('booting a guest with four 82545s')
    with Lab(['dgram', f'pair:0,dump={trunk_pcap}', 'dgram', 'pair:0'], mem=2560,
             hugepages=400) as lab:
        say(f'sending {len(sent):,} frames through both gateways')
        on = Run(lab, trunk, sent, [])
        say('and again with assembling off')
        off = Run(lab, trunk, sent, ['--max-count=1'])
    show(on, off)
    good = all(run.identical and run.trunk_decodes() for run in (on, off))
    say(f'the trunk is recorded in {trunk_pcap.relative_to(ROOT)}')
    say('every frame came out identical and in order' if good else
        'FAILED: not every frame came out identical and in order')
    return 0 if good else 1


try:
    sys.exit(main())
except (LabError, OSError) as error:
    sys.exit(f'demo: error: {error}')
