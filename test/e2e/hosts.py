# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Two machines with the kernel's network stack, each behind a gateway of the guest:

    host a ── access [gateway] trunk ── trunk [gateway] access ── host b

A host is a network namespace whose one interface, a tap, is the cable of an access NIC."""

import json
import os
import signal
import subprocess
import time

from conftest import TESTASM

from qemu_lab import ADDRESSES, MACS, wait_until

ACCESS, TRUNK = (0, 2), (1, 3)


class HostError(Exception):
    pass


def ip(*args, **options):
    done = subprocess.run(['ip', *map(str, args)], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise HostError(f"ip {' '.join(map(str, args))}: {done.stderr}")


class Host:
    """Made in two steps: the tap before QEMU starts, the namespace when QEMU has it."""

    def __init__(self, side):
        self.side = side
        self.name = f"asm{os.getpid()}{'ab'[side]}"
        self.address = f'10.82.54.{side + 1}'
        self.address6 = f'fd82:54::{side + 1}'
        ip('tuntap', 'add', 'dev', self.name, 'mode', 'tap')
        self.started = []

    def enter_namespace(self):
        ip('netns', 'add', self.name)
        ip('link', 'set', self.name, 'netns', self.name)
        self.ip('link', 'set', 'lo', 'up')
        self.ip('address', 'add', f'{self.address}/24', 'dev', self.name)
        self.ip('address', 'add', f'{self.address6}/64', 'dev', self.name, 'nodad')
        self.ip('link', 'set', self.name, 'up')

    def ip(self, *args):
        ip('-n', self.name, *args)

    def start(self, *command, **options):
        process = subprocess.Popen(['ip', 'netns', 'exec', self.name, *map(str, command)],
                                   text=True, **options)
        self.started.append(process)
        return process

    def run(self, *command, timeout=120):
        """What the command printed; it must end well."""
        process = self.start(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out, _ = process.communicate(timeout=timeout)
        if process.returncode != 0:
            raise HostError(f'{command} ended with status {process.returncode}:\n{out}')
        return out

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        for args in (('netns', 'del', self.name), ('link', 'del', self.name)):
            subprocess.run(['ip', *args], capture_output=True, check=False)


class Gateways:
    """A pair of gateways in a guest, on lcores of their own."""

    def __init__(self, lab, *options, devices=(None, None), each=((), ())):
        self.lab = lab
        self.programs = [self._start(side, devices[side], (*options, *each[side]))
                         for side in (0, 1)]
        for program in self.programs:
            program.expect('forwarding started', 60)
        time.sleep(1.2)  # reception begins a second after the ports

    def _start(self, side, devices, options):
        nics = ('-a', ADDRESSES[ACCESS[side]], '-a', ADDRESSES[TRUNK[side]])
        return self.lab.start([
            TESTASM, '-l', side, *(devices or nics), f'--file-prefix=side{side}',
            '--no-telemetry', '--', f'--peer={MACS[TRUNK[1 - side]]}',
            f'--stats-json=/lab/side{side}.json', *options])

    def stop(self):
        """Their statistics."""
        stats = []
        for side, program in enumerate(self.programs):
            program.kill(signal.SIGTERM)
            result = program.wait(30)
            assert result.status == 0, result.output
            stats.append(json.loads((self.lab.dir / f'side{side}.json').read_text()))
            assert stats[-1]['mbufs']['in_use'] == 0
        return stats


def listening(host, port):
    return lambda: f':{port} ' in host.run('ss', '-ltnuH')


def start_broker(host, directory):
    """mosquitto on all addresses of the host, for anybody."""
    conf = directory / 'mosquitto.conf'
    conf.write_text('listener 1883\nallow_anonymous true\nmax_queued_messages 0\n'
                    'max_inflight_messages 0\nset_tcp_nodelay true\n')
    broker = host.start('mosquitto', '-c', conf, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
    wait_until(listening(host, 1883), 20, 'the broker does not listen')
    return broker


def wait_for_answer(host, address):
    """Neighbours are looked for three times, a second apart, and then given up for a while."""
    def answered():
        done = host.start('ping', '-c', '1', '-W', '2', address, stdout=subprocess.DEVNULL)
        return done.wait(30) == 0
    wait_until(answered, 60, f'{address} does not answer {host.address}')
