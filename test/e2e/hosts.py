# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Two machines with the kernel's network stack, each behind a gateway of the guest:

    host a ── access [gateway] trunk ── trunk [gateway] access ── host b

A host is a network namespace whose one interface, a tap, is the cable of an access NIC."""

import os
import subprocess

from qemu_lab import wait_until


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

    def run(self, *command, timeout=480):
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
        return done.wait(120) == 0
    wait_until(answered, 60, f'{address} does not answer {host.address}')
