# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Debian's dpdk-testpmd with our plugin, on two 82545s wired to each other."""

import re
import time

import pytest
from conftest import boot
from testpmd import Testpmd

MBUFS = 12000
# Of 32 frames: a ring of 512 holds them all even before it is refilled, so that none
# waits on the wire when forwarding stops.
BURSTS = 14
CIRCULATIONS = 10_000_000


@pytest.fixture(scope='module')
def lab():
    yield from boot('hub:0', 'hub:0')


@pytest.fixture(scope='module')
def pmd(lab):
    with Testpmd(lab, f'--total-num-mbufs={MBUFS}') as pmd:
        yield pmd


def restart(pmd, *between):
    text = pmd('stop', 'port stop all', *between, 'port start all')
    pmd.settle()
    return text


def circulate(pmd, seconds=1.0, bursts=1):
    """Frames run in circles; every one that a port sent, its peer received."""
    pmd.forward('io', f'start tx_first {bursts}')
    time.sleep(seconds)
    for port in (0, 1):
        pmd.wait_stats(port, 'RX-packets', 1)
    text = pmd('stop')
    stats = pmd.wait_last()
    for here, there in (stats, stats[::-1]):
        assert here['TX-packets'] == there['RX-packets'] > 0, text
        assert here['TX-bytes'] == there['RX-bytes'], text
        assert here['RX-missed'] == here['RX-errors'] == here['RX-nombuf'] == 0
    return text, stats


def test_plugin_takes_device_before_em(pmd):
    for port in (0, 1):
        assert pmd.info(port)['Driver name'] == 'net_asm82545'
    assert 'Link status' in pmd.info(0)


def test_ten_million_packets_circulate_without_loss(pmd):
    pmd.forward('io', f'start tx_first {BURSTS}')
    begin = time.monotonic()
    while sum(pmd.stats(port)['RX-packets'] for port in (0, 1)) < CIRCULATIONS:
        assert time.monotonic() < begin + 900, 'too slow'
        time.sleep(1)
    text = pmd('stop')
    print(f'{CIRCULATIONS / (time.monotonic() - begin) / 1e6:.2f} Mpps')
    stats = pmd.wait_last()
    for here, there in (stats, stats[::-1]):
        assert here['TX-packets'] == there['RX-packets']
        assert here['RX-missed'] == here['RX-errors'] == here['TX-errors'] == 0
    assert text.count('RX-dropped: 0') == text.count('TX-dropped: 0') == 3, text


@pytest.mark.parametrize('size', [32, 40, 512, 4096])
def test_ring_sizes_work(pmd, size):
    restart(pmd, f'port config all rxd {size}', f'port config all txd {size}', 'set burst 8')
    text, _ = circulate(pmd)
    assert text.count('TX-dropped: 0') == 3, text
    assert f'RX desc={size} ' in pmd('show config rxtx')


@pytest.mark.parametrize('which', ['rxd', 'txd'])
@pytest.mark.parametrize('size', [24, 36, 4104])
def test_ring_sizes_are_refused(pmd, which, size):
    try:
        assert 'Fail' in restart(pmd, f'port config all {which} {size}')
    finally:
        restart(pmd, f'port config all {which} 512')
    circulate(pmd, 0.3)


def test_restart_by_command(pmd):
    for command in ('port stop all', 'port reset all'):
        pmd('stop', 'port stop all', command, 'port start all')
        pmd.settle()
        circulate(pmd, 0.3)


def test_restarts_lose_no_mbuf_and_no_memory(pmd):
    def state():
        pmd('stop', 'port stop all')
        memory = re.search(r'alloc: [\d.]+', pmd('dump_socket_mem')).group()
        return pmd.mbufs_in_use(MBUFS), memory, pmd('dump_memzone')

    restart(pmd, 'port config all rxd 512', 'port config all txd 512')
    circulate(pmd, 0.2)
    first = state()
    assert first[0] == 0
    for _ in range(4):
        pmd('port start all')
        pmd.settle()
        circulate(pmd, 0.2)
        assert state() == first
    restart(pmd)


def test_close_and_attach_again(lab, pmd):
    pmd('stop', 'port stop all', 'port close 1')
    text = pmd('device detach 0000:02:02.0', 'port attach 0000:02:02.0')
    assert 'Port 1 is attached' in text, text
    pmd('port start all')
    pmd.settle()
    circulate(pmd, 0.3)


def test_quits_cleanly(lab, pmd):
    pmd.program.write('quit\n')
    result = pmd.program.wait(30)
    assert result.status == 0
    assert 'Bye...' in result.output


@pytest.mark.parametrize('bits, path', [(64, 'Scalar'), (128, 'Vector SSE'),
                                        (256, 'Vector AVX2')])
def test_each_path_by_force(lab, pmd, bits, path):
    """The last tests: the ports go to others. The guest's processor has AVX2."""
    if pmd.program.status is None:
        pmd.program.write('quit\n')
        pmd.program.wait(30)
    with Testpmd(lab, f'--total-num-mbufs={MBUFS}',
                 eal=f'-l 0-1 --in-memory --force-max-simd-bitwidth={bits}') as forced:
        queues = forced('show rxq info 0 0', 'show txq info 0 0')
        assert queues.count(f'Burst mode: {path}') == 2, queues
        circulate(forced, bursts=BURSTS)
