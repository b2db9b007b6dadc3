# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Debian's own dpdk-testpmd, in the guest, by its prompt."""

import re
import time

from conftest import PLUGIN

PROMPT = 'testpmd> '
# The emulator pauses reception for a second after each write of RCTL.
RX_PAUSE = 1.2


class Testpmd:
    __test__ = False  # a class for tests, not one of tests
    prompt = PROMPT

    def __init__(self, lab, options='', eal='-l 0-1 --in-memory', plugin=PLUGIN, before=''):
        command = [*before.split(), 'stdbuf', '-oL', 'dpdk-testpmd', *eal.split()]
        if plugin:
            command += ['-d', plugin]
        self.program = lab.start([*command, '--', '-i', *options.split()])
        self.banner = self.program.expect(PROMPT, 60)
        self.settle()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.status is None:
            self.program.write('quit\n')
            self.program.wait(30)

    @staticmethod
    def settle():
        time.sleep(RX_PAUSE)

    def __call__(self, *commands, timeout=30):
        """Type commands one by one; return what they printed."""
        text = ''
        for command in commands:
            self.program.write(command + '\n')
            text += self.program.expect(self.prompt, timeout)
        return text

    def forward(self, mode, start='start'):
        self('stop', f'set fwd {mode}', 'clear port stats all', start)

    def stats(self, port):
        """The figures of `show port stats`: {'RX-packets': 1, ...}."""
        text = self(f'show port stats {port}')
        return {name: int(value) for name, value in
                re.findall(r'([RT]X-\w+): +(\d+)', text)}

    def info(self, port):
        text = self(f'show port info {port}')
        return dict(re.findall(r'^([^:\n]+): (.*?)\r?$', text, re.M))

    def wait_stats(self, port, name, value, timeout=80):
        deadline = time.monotonic() + timeout
        while True:
            stats = self.stats(port)
            if stats[name] >= value or time.monotonic() > deadline:
                return stats
            time.sleep(0.1)

    def mbufs_in_use(self, size):
        """Of the only pool, which was made with size mbufs."""
        text = self('dump_mempool')
        pools = [pool for pool in text.split('mempool <') if pool.startswith('mb_pool')]
        assert len(pools) == 1, text
        free = re.findall(r'(?:total_cache_count|common_pool_count)=(\d+)', pools[0])
        assert len(free) == 2, pools[0]
        return size - sum(map(int, free))
