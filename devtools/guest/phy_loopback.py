#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""In the guest: has NICs receive what they send, while a program of DPDK has them.

  phy_loopback.py PCI-ADDRESS...

Sets the loopback bit of the PHY, through MDIC (manual, §13.4.7). The kernel allows it when
booted with iomem=relaxed."""

import mmap
import os
import sys

MDIC, WRITE, READ, PHY_1 = 0x20, 1 << 26, 2 << 26, 1 << 21
READY, ERROR = 1 << 28, 1 << 30
LOOPBACK = 1 << 14  # of register 0


def mdic(registers, command):
    registers[MDIC // 4] = command | PHY_1
    while not (done := registers[MDIC // 4]) & READY:
        pass
    if done & ERROR:
        sys.exit('phy_loopback: the PHY does not answer')
    return done & 0xffff


def main():
    for address in sys.argv[1:]:
        device = os.open(f'/sys/bus/pci/devices/{address}/resource0', os.O_RDWR | os.O_SYNC)
        registers = memoryview(mmap.mmap(device, 0x20000)).cast('I')
        mdic(registers, WRITE | mdic(registers, READ) | LOOPBACK)


main()
