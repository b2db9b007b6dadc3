# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Receive interrupts, registers, EEPROM, LEDs and loopback: what testpmd has no
command for, by a program of Debian's DPDK that loads our plugin."""

import re
import subprocess

import pytest
from conftest import PLUGIN, ROOT, boot

from qemu_lab import ADDRESSES


@pytest.fixture(scope='module')
def lab():
    yield from boot('hub:0', 'hub:0')


@pytest.fixture(scope='module')
def output(lab):
    program = ROOT / 'build/e2e/port-ops'
    program.parent.mkdir(parents=True, exist_ok=True)
    flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'libdpdk'], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    subprocess.run(['cc', '-O2', '-Wall', '-Werror', '-DALLOW_EXPERIMENTAL_API', '-o', program,
                    ROOT / 'test/e2e/port_ops.c', *flags], check=True)
    result = lab.run(f'{program} -l 0 -d {PLUGIN} -a {ADDRESSES[0]} -a {ADDRESSES[1]}')
    assert result.status == 0, result.output
    return result.output


def test_poller_is_woken_by_each_frame(output):
    assert 'rx interrupt: woken 200 times, 100 of them by an earlier frame' in output


def test_interrupts_bring_no_error_lines(output):
    assert 'Error' not in output


def test_registers_and_eeprom_are_dumped(output):
    assert 'registers: ' in output and 'eeprom: 0x' in output


def test_leds_turn_on_and_off(output):
    assert 'led: on and off' in output


def test_loopback_in_the_phy(output):
    assert 'loopback: 16 frames came back' in output and 'loopback: left' in output


def test_reception_recovers_from_an_empty_pool(output):
    empty = re.search(r'pool: empty after (\d+), back again, rx_nombuf (\d+)', output)
    assert int(empty[1]) > 1500 and int(empty[2]) > 0


def test_stop_under_load(output):
    assert 'stop: 3 times under load, no mbuf lost or written to' in output


def test_every_mbuf_comes_back(output):
    assert 'all back' in output
