# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""A guest with Intel 82545 NICs, made by QEMU, that runs this machine's files.

    with Lab(['hub:0', 'hub:0']) as lab:
        result = lab.run('dpdk-devbind.py --status')
        print(result.output)

The guest sees the host's root directory with a RAM disk above it: what it
writes is lost, except below /lab, which is `lab.dir` on the host."""

import ctypes
import json
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections import namedtuple
from pathlib import Path

DEVTOOLS = Path(__file__).resolve().parent
ADDRESSES = ['0000:02:01.0', '0000:02:02.0', '0000:04:01.0', '0000:04:02.0']
MACS = ['52:54:00:82:45:%02x' % (i + 1) for i in range(4)]

SEND_BUFFER = 4 << 20

Result = namedtuple('Result', 'status output')


# How often the time that a step takes on a machine of one's own, at most, is waited for:
# others may use its cores as well. Only what fails waits that long.
PATIENCE = 4
SEND_TIMEOUT = PATIENCE * 20


class LabError(Exception):
    """Something in the lab went wrong; the text says what."""


class LabTimeout(LabError):
    """Something did not come in time."""


def die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def wait_until(condition, timeout, what, step=0.02):
    """Return the first true value of condition(); LabTimeout after PATIENCE * timeout s."""
    deadline = time.monotonic() + PATIENCE * timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabTimeout(f'timeout after {PATIENCE * timeout} s: {what}')
        time.sleep(step)


class HostWire:
    """The host's end of a NIC's cable: raw frames, one datagram each.

    A thread keeps receiving, so that the guest never waits for a slow test;
    sending blocks while the guest's NIC has no room, so nothing is lost there."""

    def __init__(self, here, there):
        self.there = str(there)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                             struct.pack('ll', SEND_TIMEOUT, 0))
        self.sock.bind(str(here))
        self.frames = []
        self.news = threading.Condition()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while True:
            try:
                frame = self.sock.recv(65536)
            except OSError:
                return
            if not frame:
                return
            with self.news:
                self.frames.append(frame)
                self.news.notify()

    def send(self, *frames):
        for frame in frames:
            try:
                self.sock.sendto(frame, self.there)
            except BlockingIOError:
                raise LabTimeout(f'the NIC took no frame for {SEND_TIMEOUT} s') from None

    def take(self, count=1, timeout=PATIENCE * 30):
        """Wait for count frames; return all that came, fewer after timeout s."""
        with self.news:
            self.news.wait_for(lambda: len(self.frames) >= count, timeout)
            frames, self.frames = self.frames, []
        return frames

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)  # which ends the thread
        self.sock.close()


class Program:
    """A program that runs in the guest."""

    def __init__(self, lab, number):
        self.lab = lab
        self.number = number
        self.status = None
        self.path = lab.dir / f'output.{number}'
        self.seen = 0

    @property
    def output(self):
        return self.path.read_text(errors='replace') if self.path.exists() else ''

    def write(self, text):
        self.lab.request(do='write', number=self.number, text=text)

    def expect(self, text, timeout=30):
        """Wait for text in new output; return the output up to its end."""
        # rte_cmdline writes a prompt by the character: another thread's line may tear it.
        torn = re.compile('(?:[^\n]*\n)??'.join(map(re.escape, text)))

        def found():
            ended = self.has_ended()
            match = torn.search(self.output, self.seen)
            if not match and ended:
                raise LabError(f'program ended with {self.status} before "{text}":\n'
                               + self.output[self.seen:][-3000:])
            return match
        try:
            end = wait_until(found, timeout, f'no "{text}"').end()
        except LabTimeout as error:
            raise LabTimeout(f'{error} in:\n{self.output[self.seen:][-3000:]}') from None
        new = self.output[self.seen:end]
        self.seen = end
        return new

    def has_ended(self):
        self.lab.alive()
        return self.status is not None

    def kill(self, signum=signal.SIGINT):
        self.lab.request(do='kill', number=self.number, signum=int(signum))

    def wait(self, timeout=60):
        try:
            wait_until(self.has_ended, timeout, f'program {self.number} still runs')
        except LabTimeout as error:
            raise LabTimeout(f'{error}; its output ends\n{self.output[-2000:]}') from None
        return Result(self.status, self.output)


class Lab:
    """wires: one string a NIC, at most four:
        pair:N           a cable between the two NICs with the same N; loses nothing
        hub:N            NICs on one hub N hear each other; faster, but a receiver that
                         falls behind loses what does not fit into its ring
        dgram            lab.wires[i], a HostWire, is the other end
        dgram:HERE:THERE two unix datagram sockets: QEMU's, and the other end's
        tap:NAME         an existing tap interface
        user             QEMU's user-mode network
        none             no cable
      A ,dump=FILE behind any of them writes the wire's frames to a pcap file; with
      virtio: before it the NIC is a virtio-net-pci in the place of the 82545.
    bind: vfio-pci, uio_pci_generic, e1000 (the kernel's own driver) or none.
    hugepages: number of 2 MB pages, or '1G' or '1G:N' for pages of 1 GB.
    kernel: more of the kernel's command line."""

    def __init__(self, wires=('hub:0', 'hub:0'), bind='vfio-pci', smp=2, mem=2048,
                 hugepages=256, iommu=True, icount=None, monitor=None, results=None,
                 console=False, kernel='', qemu_args=()):
        if not 0 <= len(wires) <= len(ADDRESSES):
            raise LabError(f'at most {len(ADDRESSES)} NICs')
        self.nics = list(wires)
        self.bind = bind
        self.smp = smp
        self.mem = mem
        self.hugepages = str(hugepages)
        self.iommu = iommu
        self.icount = icount
        self.console = console
        self.kernel = kernel
        self.qemu_args = list(qemu_args)
        self.keep = results is not None
        self.sockets = Path(tempfile.mkdtemp(prefix='lab.', dir='/tmp'))
        self.dir = Path(results or self.sockets / 'results').resolve()
        self.dir.mkdir(parents=True, exist_ok=True)
        self.monitor_path = monitor or self.sockets / 'monitor'
        self.wires = []
        self.programs = []
        self.errors = []
        self.ready = False
        self.qemu = None
        self.agent = None

    # QEMU's command line

    def _wire_args(self, i, spec):
        spec, _, dump = spec.partition(',dump=')
        kind, _, rest = spec.partition(':')
        wire = None
        if kind == 'hub':
            netdev = f'hubport,hubid={int(rest)}'
        elif kind in ('dgram', 'pair'):
            if kind == 'pair':
                ends = [self.sockets / f'pair{rest}{end}' for end in 'ab']
                here, there = ends if not any(nic.startswith(spec) for nic in self.nics[:i]) else ends[::-1]
            elif rest:
                here, there = rest.split(':')
            else:
                here, there = self.sockets / f'nic{i}', self.sockets / f'host{i}'
                wire = HostWire(there, here)
            netdev = (f'dgram,local.type=unix,local.path={here},'
                      f'remote.type=unix,remote.path={there}')
        elif kind == 'tap':
            netdev = f'tap,ifname={rest},script=no,downscript=no'
        elif kind == 'user':
            netdev = 'user'
        elif kind == 'none':
            netdev = None
        else:
            raise LabError(f'no such wire: {spec} (pair:N, hub:N, dgram, tap:NAME, user, none; '
                           'virtio: before it)')
        self.wires.append(wire)
        if netdev is None:
            return []
        args = ['-netdev', f'{netdev},id=net{i}']
        if dump:
            args += ['-object', f'filter-dump,id=dump{i},netdev=net{i},file={dump}']
        return args

    def _nic_args(self):
        args = []
        for pair in range((len(self.nics) + 1) // 2):
            # Two bridges in a row end the IOMMU group of what is behind them.
            args += ['-device', f'i82801b11-bridge,id=dmi{pair}',
                     '-device', f'pci-bridge,chassis_nr={pair + 1},id=pci{pair},bus=dmi{pair}']
        for i, spec in enumerate(self.nics):
            wire = spec.removeprefix('virtio:')
            args += self._wire_args(i, wire)
            # Without its flag a virtio device takes no notice of the IOMMU.
            model = 'e1000-82545em' if wire == spec else \
                'virtio-net-pci,disable-legacy=on,iommu_platform=on'
            device = f'{model},id=nic{i},mac={MACS[i]},bus=pci{i // 2},addr={i % 2 + 1},romfile='
            args += ['-device', device + (f',netdev=net{i}' if wire != 'none' else '')]
        return args

    def _hugepages(self):
        """Their size and number."""
        if self.hugepages.startswith('1G'):
            return '1G', int(self.hugepages[3:] or 1)
        return '2M', int(self.hugepages)

    def _kernel_args(self):
        kernel, initramfs = subprocess.run([DEVTOOLS / 'guest/image.sh'], check=True,
                                           stdout=subprocess.PIPE, text=True).stdout.split()
        # A guest on a busy machine gets its first timer interrupts too late for the check.
        append = ('console=ttyS0 panic=-1 quiet mitigations=off nokaslr tsc=reliable '
                  'no_timer_check')
        if self.iommu:
            append += ' intel_iommu=on iommu=pt'
        size, count = self._hugepages()
        append += f' default_hugepagesz={size} hugepagesz={size} hugepages={count}'
        append += f' {self.kernel}'
        return ['-kernel', kernel, '-initrd', initramfs, '-append', append]

    def _command(self):
        args = ['qemu-system-x86_64', '-M', 'q35', '-cpu', 'max,+pdpe1gb',
                '-smp', str(self.smp), '-m', str(self.mem), '-nodefaults', '-no-reboot',
                '-display', 'none', '-serial', 'stdio' if self.console else
                f'file:{self.dir}/console',
                '-monitor', f'unix:{self.monitor_path},server=on,wait=off']
        if self.icount is None:
            args += ['-accel', 'tcg,thread=multi']
        else:
            args += ['-accel', 'tcg', '-icount', self.icount]
        if self.iommu:
            args += ['-device', 'intel-iommu,caching-mode=on']
        args += self._nic_args()
        share = 'security_model=none,multidevs=remap'
        args += ['-virtfs', f'local,path=/,mount_tag=host,readonly=on,{share}',
                 '-virtfs', f'local,path={self.dir},mount_tag=lab,{share}',
                 '-device', 'virtio-serial',
                 '-chardev', f'socket,id=agent,path={self.sockets}/agent,server=on,wait=off',
                 '-device', 'virtserialport,chardev=agent,nr=1']
        return [str(arg) for arg in args + self._kernel_args() + self.qemu_args]

    # The guest's life

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _boot(self, timeout=90):
        (self.dir / 'agent.py').write_text((DEVTOOLS / 'guest/agent.py').read_text()
                                       .replace('@CHECKOUT@', str(DEVTOOLS.parent)))
        log = open(self.dir / 'qemu', 'wb')
        self.qemu = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL,
                                     stdout=None if self.console else log, stderr=log,
                                     preexec_fn=die_with_parent)
        log.close()
        self.agent = self._connect(self.sockets / 'agent')
        threading.Thread(target=self._listen, daemon=True).start()
        wait_until(lambda: self.alive() and self.ready, timeout, 'the guest does not boot; '
                   f'see {self.dir}/console')
        self._set_up()

    def _connect(self, path):
        sock = socket.socket(socket.AF_UNIX)

        def connected():
            self.alive()
            try:
                sock.connect(str(path))
            except OSError:
                return False
            return True
        wait_until(connected, 30, f'QEMU does not open {path}')
        return sock

    def alive(self):
        if self.qemu.poll() is not None:
            text = (self.dir / 'qemu').read_text()
            console = self.dir / 'console'
            if console.exists():
                text += console.read_text(errors='replace')[-2000:]
            raise LabError(f'QEMU ended with status {self.qemu.returncode}:\n{text}')
        return True

    def _set_up(self):
        script = ['mount -t hugetlbfs hugetlbfs /dev/hugepages']
        if self._hugepages()[1]:
            script.append('grep -q "HugePages_Total: *[1-9]" /proc/meminfo || '
                          '{ echo no hugepages: give it more memory; false; }')
        if self.bind != 'none':
            # As dpdk-devbind.py does, which takes 3 s here.
            script.append(f'modprobe {self.bind}')
            for address, wire in zip(ADDRESSES, self.nics):
                # A virtio NIC has its driver since the guest booted.
                if wire.startswith('virtio:'):
                    script.append(f'echo {address} >/sys/bus/pci/devices/{address}/driver/unbind')
                script.append(f'echo {self.bind} >/sys/bus/pci/devices/{address}/driver_override')
                script.append(f'echo {address} >/sys/bus/pci/drivers_probe')
        result = self.run(' && '.join(script), cwd='/')
        if result.status != 0:
            raise LabError(f'cannot prepare the guest: {result.output}')

    def _listen(self):
        for line in self.agent.makefile():
            message = json.loads(line)
            if message['event'] == 'ready':
                self.ready = True
            elif message['event'] == 'exit':
                self.programs[message['program']].status = message['status']
            else:
                self.errors.append(message['text'])

    def close(self):
        if self.qemu is not None:
            self.qemu.kill()
            self.qemu.wait()
        if self.agent is not None:
            self.agent.close()
        for wire in self.wires:
            if wire is not None:
                wire.close()
        shutil.rmtree(self.sockets, ignore_errors=True)

    # What the guest can be asked to do

    def request(self, **message):
        self.alive()
        if self.errors:
            raise LabError(self.errors.pop())
        self.agent.sendall(json.dumps(message).encode() + b'\n')

    def start(self, command, cwd=None, env=None):
        """Start a program: a string for the shell, or a list of words."""
        number = len(self.programs)
        program = Program(self, number)
        self.programs.append(program)
        argv = ['/bin/sh', '-c', command] if isinstance(command, str) else \
            [str(word) for word in command]
        self.request(do='start', number=number, argv=argv, cwd=cwd or os.getcwd(),
                     output=f'/lab/output.{number}', env=env or {})
        return program

    def run(self, command, timeout=60, **kwargs):
        """Run a program to its end; return its status and output."""
        program = self.start(command, **kwargs)
        try:
            return program.wait(timeout)
        except LabTimeout as error:
            program.kill(signal.SIGKILL)
            words = command if isinstance(command, str) else shlex.join(map(str, command))
            raise LabTimeout(f'{words}: {error}') from None

    def monitor(self, command):
        """Give QEMU's monitor one command, return what it says."""
        with self._connect(self.monitor_path) as sock:
            sock.settimeout(60)
            try:
                self._monitor_read(sock)
                sock.sendall(command.encode() + b'\n')
                _, _, text = self._monitor_read(sock).partition('\n')
            except TimeoutError:
                raise LabTimeout(f'{command}: QEMU does not answer') from None
            return text.removesuffix('(qemu) ')

    @staticmethod
    def _monitor_read(sock):
        text = b''
        while not text.endswith(b'(qemu) '):
            more = sock.recv(4096)
            if not more:
                raise LabError(f'QEMU went away: {text.decode(errors="replace")}')
            text += more
        return text.decode(errors='replace')

    def set_link(self, nic, up):
        self.monitor(f'set_link nic{nic} {"on" if up else "off"}')
