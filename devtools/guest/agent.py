# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Process 1 of the lab's guest: runs what the host asks for.

Speaks JSON, one object a line, over a virtio serial port. Programs write their
output straight into files of the share /lab, where the host reads them."""

import glob
import json
import os
import signal
import subprocess
import threading
import traceback

CHECKOUT = '@CHECKOUT@'  # the host fills it in
PORT = '/dev/vport*p1'
ENV = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LC_ALL': 'C.UTF-8',
       'TERM': 'dumb'}

programs = {}
lock = threading.Lock()


def open_port():
    fd = os.open(glob.glob(PORT)[0], os.O_RDWR)
    return os.fdopen(fd, 'rb', 0), os.fdopen(os.dup(fd), 'wb', 0)


def reply(port, **message):
    with lock:
        port.write(json.dumps(message).encode() + b'\n')


def close_to_world(path):
    """EAL loads no plugin from below a directory that all may write to."""
    while path != '/':
        path = os.path.dirname(path)
        mode = os.stat(path).st_mode
        if mode & 0o022:
            os.chmod(path, mode & 0o7755)


def wait(port, number, program):
    reply(port, event='exit', program=number, status=program.wait())


def start(port, number, argv, cwd, output, env):
    with open(output, 'wb') as out:
        program = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.PIPE, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**ENV, **env})
    programs[number] = program
    threading.Thread(target=wait, args=(port, number, program), daemon=True).start()


def write(number, text):
    try:
        programs[number].stdin.write(text.encode())
        programs[number].stdin.flush()
    except BrokenPipeError:
        pass


def kill(number, signum):
    if programs[number].poll() is None:
        os.killpg(programs[number].pid, signum)


def serve(port, request):
    verb = request.pop('do')
    if verb == 'start':
        start(port, **request)
    elif verb == 'write':
        write(**request)
    elif verb == 'kill':
        kill(**request)


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    incoming, outgoing = open_port()
    close_to_world(CHECKOUT)
    reply(outgoing, event='ready')
    for line in incoming:
        try:
            serve(outgoing, json.loads(line))
        except Exception:
            reply(outgoing, event='error', text=traceback.format_exc())


main()
