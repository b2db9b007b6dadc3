# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The autotests of Debian's dpdk-test that take real ports, with our plugin."""

import re

import pytest
from conftest import PLUGIN, boot

from qemu_lab import ADDRESSES

PROMPT = 'RTE>>'


@pytest.fixture(scope='module')
def lab():
    # The event tests make a pool of half a million mbufs for a port.
    yield from boot('hub:0', 'hub:0', mem=3072, hugepages=900)


def autotest(lab, name):
    """What one autotest says, on one port."""
    program = lab.start(['stdbuf', '-oL', 'dpdk-test', '-l', '0-1', '--in-memory', '-d', PLUGIN,
                         '-a', ADDRESSES[0]])
    program.expect(PROMPT, 120)
    program.write(name + '\n')
    text = program.expect(PROMPT, 300)
    program.write('quit\n')
    program.wait(60)
    return text


def test_throughput_of_one_port_in_loopback(lab):
    """Three million packets go round in the PHY."""
    text = autotest(lab, 'pmd_perf_autotest')
    assert 'Test OK' in text and ' 0 drop' in text, text
    result = re.search(r'Result: (\d+) cycles per packet', text)
    assert result and int(result.group(1)) > 0, text
    print(result.group())


def cases(text, how):
    return set(re.findall(r'TestCase \[ *\d+\] : (\w+) ' + how, text))


# These want a second queue, or that a weighted list of one queue is added twice, which
# DPDK 22.11's adapter answers with -ENOMEM for any NIC of one queue.
@pytest.mark.parametrize('name, nb_passed, impossible', [
    ('event_eth_rx_adapter_autotest', 8, {'adapter_queue_add_del', 'adapter_pollq_instance_get'}),
    ('event_eth_rx_intr_adapter_autotest', 1, {'adapter_intrq_instance_get'}),
])
def test_event_adapter_takes_the_port(lab, name, nb_passed, impossible):
    text = autotest(lab, name)
    assert cases(text, 'failed') == impossible, text
    assert len(cases(text, 'succeeded')) == nb_passed, text
