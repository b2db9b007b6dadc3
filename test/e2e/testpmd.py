# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Debian's own dpdk-testpmd, in the guest, by its prompt."""

import re
import signal
import time

from conftest import PLUGIN

from qemu_lab import wait_until

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
        try:
            self.banner = self.program.expect(PROMPT, 60)
        except BaseException:
            self.kill()
            raise
        self.settle()

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if error:
            self.kill()
        elif self.program.status is None:
            self.program.write('quit\n')
            self.program.wait(30)

    def kill(self):
        """Whatever state it is in, the next test finds its ports free."""
        if self.program.status is None:
            self.program.kill(signal.SIGKILL)
            self.program.wait()

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

    def wait_stats(self, port, name, value, timeout=20):
        """The figures as soon as one is at least *value*."""
        def reached():
            stats = self.stats(port)
            return stats if stats[name] >= value else None
        return wait_until(reached, timeout, f'port {port} has no {value} {name}', 0.1)

    def wait_link(self, port, wanted, timeout=20):
        wait_until(lambda: self.info(port)['Link status'] == wanted, timeout,
                   f'the link of port {port} is not {wanted}', 0.1)

    def wait_last(self, pairs=((0, 1), (1, 0)), timeout=20):
        """Of ports that send no more: wait until frames that are still on the cable have come.
        [statistics of port 0, of port 1]"""
        def arrived():
            stats = [self.stats(port) for port in (0, 1)]
            return stats if all(
                stats[here]['TX-packets'] <= stats[there]['RX-packets'] + stats[there]['RX-missed']
                for here, there in pairs) else None
        return wait_until(arrived, timeout, 'frames are still on the cable', 0.1)

    def mbufs_in_use(self, size):
        """Of the only pool, which was made with size mbufs."""
        text = self('dump_mempool')
        pools = [pool for pool in text.split('mempool <') if pool.startswith('mb_pool')]
        assert len(pools) == 1, text
        free = re.findall(r'(?:total_cache_count|common_pool_count)=(\d+)', pools[0])
        assert len(free) == 2, pools[0]
        return size - sum(map(int, free))
