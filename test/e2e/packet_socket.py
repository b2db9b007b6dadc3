#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Whole frames to and from an interface of the kernel.

  packet_socket.py INTERFACE     sends each line of its input, prints what comes, all in
                                 hexadecimal; until the end of the input"""

import socket
import struct
import sys
import threading

# linux/if_packet.h, which the socket module does not have.
SOL_PACKET, PACKET_AUXDATA, VLAN_VALID = 263, 8, 0x10
AUXDATA = struct.Struct('=IIIHHHH')


def packet_socket(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind((name, 0))
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    return sock


def receive(sock):
    """The next frame, and whether this machine sent it."""
    got, extra, _, (_, _, kind, _, _) = sock.recvmsg(2048, 64)
    for level, what, data in extra:
        status, *_, tci, tpid = AUXDATA.unpack(data)
        # The kernel takes the tag off and says what it was, packet(7).
        if (level, what) == (SOL_PACKET, PACKET_AUXDATA) and status & VLAN_VALID:
            got = got[:12] + struct.pack('!HH', tpid, tci) + got[12:]
    return got, kind == socket.PACKET_OUTGOING


def print_frames(sock):
    while True:
        frame, own = receive(sock)
        if not own:
            print(frame.hex(), flush=True)


def main():
    sock = packet_socket(sys.argv[1])
    threading.Thread(target=print_frames, args=(sock,), daemon=True).start()
    print('ready', flush=True)
    for line in sys.stdin:
        sock.send(bytes.fromhex(line))


if __name__ == '__main__':
    main()
