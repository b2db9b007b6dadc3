# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Process 1 of the lab's guest: runs what the host asks for.

Speaks JSON, one object a line, over a virtio serial port. Programs write their
output straight into files of the share /lab, where the host reads them.
Imports little: a module costs the emulated processor a tenth of a second."""

import json
import os
import select
import signal

CHECKOUT = '@CHECKOUT@'  # the host fills it in
PORT = 'vport'
ENV = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LC_ALL': 'C.UTF-8',
       'TERM': 'dumb'}

programs = {}  # process id: the host's number
running = {}   # the host's number: process id, its standard input


def open_port():
    """The driver makes the file when it comes to it."""
    while True:
        for name in os.listdir('/dev'):
            if name.startswith(PORT):
                return os.open('/dev/' + name, os.O_RDWR)
        select.select([], [], [], 0.01)


def reply(port, **message):
    os.write(port, json.dumps(message).encode() + b'\n')


def close_to_world(path):
    """EAL loads no plugin from below a directory that all may write to."""
    while path != '/':
        path = os.path.dirname(path)
        mode = os.stat(path).st_mode
        if mode & 0o022:
            os.chmod(path, mode & 0o7755)


def become(argv, cwd, stdin, output, env):
    """In the child: turn into the program. Never returns."""
    try:
        out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(stdin, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.setsid()
        os.chdir(cwd)
        os.execvpe(argv[0], argv, {**ENV, **env})
    except OSError as error:
        os.write(2, f'{argv[0]}: {error}\n'.encode())
    os._exit(127)


def start(number, argv, cwd, output, env):
    there, here = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        become(argv, cwd, there, output, env)
    os.close(there)
    programs[pid] = number
    running[number] = pid, here


def write(number, text):
    if number in running:
        data = text.encode()
        while data:
            # A signal may come in the middle of what fits no pipe.
            data = data[os.write(running[number][1], data):]


def kill(number, signum):
    if number in running:
        try:
            os.killpg(running[number][0], signum)
        except ProcessLookupError:  # it has no session of its own yet
            os.kill(running[number][0], signum)


def reap(port):
    """Report programs that ended; others are orphans of such."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in programs:
            number = programs.pop(pid)
            os.close(running.pop(number)[1])
            reply(port, event='exit', program=number,
                  status=os.waitstatus_to_exitcode(status))


def serve(port, line):
    request = json.loads(line)
    verb = {'start': start, 'write': write, 'kill': kill}[request.pop('do')]
    try:
        verb(**request)
    except OSError as error:
        reply(port, event='error', text=f'{verb.__name__}: {error}')


def main():
    port = open_port()
    child_news, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.set_wakeup_fd(wakeup)
    close_to_world(CHECKOUT)
    reply(port, event='ready')
    text = b''
    while True:
        ready, _, _ = select.select([port, child_news], [], [])
        if child_news in ready:
            os.read(child_news, 4096)
            reap(port)
        if port in ready:
            text += os.read(port, 65536)
            *lines, text = text.split(b'\n')
            for line in lines:
                serve(port, line)


main()
