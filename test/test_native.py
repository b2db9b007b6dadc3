# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The 82545s in memory as PCI devices of this machine: what Debian's net_e1000_em and
net_asm82545, both unmodified, make of them."""

import os
import re
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'devtools'))

import native82545  # noqa: E402

BUILD = Path(os.environ.get('NATIVE_BUILD', ROOT / 'build/fast'))
PREFIX = Path(os.environ.get('ASM82545_PREFIX', ROOT / 'build/prefix'))
OURS = PREFIX / 'lib/librte_net_asm82545.so'
DRIVERS = {'net_asm82545': OURS, 'net_e1000_em': None}
FRAMES = 5000  # each way


@pytest.fixture(scope='module', autouse=True)
def memory():
    assert os.geteuid() == 0, 'it takes root to give a process PCI devices of its own'
    with native82545.hugepages(128):
        yield


@pytest.fixture(params=DRIVERS)
def driver(request):
    return request.param


def on(driver):
    return native82545.Native(BUILD, DRIVERS[driver])


def mounts():
    return Path('/proc/self/mounts').read_text()


@pytest.mark.parametrize('segments', [1, 4])
@pytest.mark.parametrize('tails', ['trap', 'memory'])
def test_frames_arrive_once_in_order_and_whole(driver, tails, segments, tmp_path):
    report = tmp_path / 'report'
    out = on(driver).run(BUILD / 'test/native_traffic', FRAMES, segments, tails=tails, report=report)
    assert out.splitlines()[-1] == f'ok {driver} {2 * FRAMES}', out
    for device in native82545.devices(report):
        assert device['attached']
        # Each tail write is seen, or only that which starts the ring.
        assert (device['tdt'] > FRAMES / 48) == (tails == 'trap')
        if driver == 'net_asm82545':
            assert device['faults'] == 0, device['fault']


def wait_for(condition, path):
    """Until it is true of what testpmd has printed."""
    end = time.monotonic() + native82545.TIMEOUT
    while not condition(path.read_text()):
        assert time.monotonic() < end, path.read_text()
        time.sleep(0.1)


def type_line(process, line):
    process.stdin.write(line + '\n')
    process.stdin.flush()


def test_debians_testpmd_forwards(driver, tmp_path):
    """tx_first sends 32 frames out of each port, which then go round for ever."""
    report, output = tmp_path / 'report', tmp_path / 'output'
    native = on(driver)
    with open(output, 'w') as file:
        testpmd = native.start('dpdk-testpmd', '-i', '--total-num-mbufs=2048', lcores='0,1@0',
                               report=report, stdout=file)
    wait_for(lambda text: 'testpmd>' in text, output)
    type_line(testpmd, 'start tx_first')

    def went_round(text):
        type_line(testpmd, 'show port stats all')
        return len(set(re.findall(r'RX-packets: +(\d{3,})', text))) > 2
    wait_for(went_round, output)
    native.finish(testpmd, 'stop\nshow port stats all\nquit\n')
    out = output.read_text()
    forwarded = re.findall(r'RX-packets: (\d+) +RX-dropped: 0 +RX-total: \1\n'
                           r' *TX-packets: (\d+) +TX-dropped: 0 ', out)
    assert len(forwarded) == 3, out
    # What one port sent, the other received; each circle went round.
    (rx0, tx0), (rx1, tx1) = [tuple(map(int, port)) for port in forwarded[:2]]
    assert rx0 == tx1 and rx1 == tx0 and min(rx0, rx1) > 32, out
    assert set(re.findall(r'RX-missed: (\d+)', out)) == {'0'}, out
    if driver == 'net_asm82545':
        assert not any(device['faults'] for device in native82545.devices(report))


def test_nothing_stays_behind():
    before = mounts(), os.listdir('/dev'), os.listdir('/sys/class')
    on('net_asm82545').run(BUILD / 'test/native_traffic', 100, 1)
    assert (mounts(), os.listdir('/dev'), os.listdir('/sys/class')) == before
