# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""82545s in memory (test/native82545.h) for dpdk-testasm, whose cables end here."""

import os
import pathlib
import select
import socket
import sys

from testasm import ROOT, TIMEOUT

sys.path.insert(0, str(ROOT / "devtools"))
import native82545  # noqa: E402

BUILD = pathlib.Path(os.environ.get("NATIVE_BUILD", ROOT / "build/fast"))
PREFIX = pathlib.Path(os.environ.get("ASM82545_PREFIX", ROOT / "build/prefix"))
ADDRESSES = ["0000:02:01.0", "0000:02:02.0"]
MACS = ["00:12:34:56:78:9a", "00:12:34:56:78:9b"]
MEGABYTES = 64


def hugepages():
    """For two runs, or one with a table of IPv4 prefixes, which takes 64 MB more."""
    return native82545.hugepages(4 * MEGABYTES)


class Cable:
    """Of a card. Frames are lost while this end is not plugged in; else who has no room
    holds the sender back."""

    def __init__(self, path):
        self.path = path
        self.plug()

    def plug(self):
        self.end = None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.settimeout(TIMEOUT)
        self.listener.bind(self.path)
        self.listener.listen()

    def unplug(self):
        os.unlink(self.path)
        self.listener.close()
        if self.end is not None:
            self.end.close()

    def plugged(self):
        if self.end is None:
            self.end, _ = self.listener.accept()
            self.end.settimeout(TIMEOUT)
        return self.end

    def send(self, frame):
        self.plugged().send(frame)

    def take(self):
        """The next frame."""
        frame = self.plugged().recv(65536)
        assert frame, "the program at the other end has ended"
        return frame

    def has_some(self):
        """Frames, or in a moment."""
        return bool(select.select([self.plugged()], [], [], 0.1)[0])


class Cards:
    """So many of them, which are the first ports of start(vdevs, options, **cards.named)."""

    def __init__(self, directory, nb):
        plugins = [BUILD / "test/librte_native82545.so", PREFIX / "lib/librte_net_asm82545.so"]
        allowed = [f"-a{address}" for address in ADDRESSES[:nb]]
        self.cables = [Cable(f"{directory}/{i}") for i in range(nb)]
        self.named = {
            "eal": ["--in-memory", "-m", str(MEGABYTES), "--no-telemetry", *allowed,
                    *(f"-d{plugin}" for plugin in plugins)],
            "env": {"NATIVE82545_WIRES": f"{directory}/"},
        }
