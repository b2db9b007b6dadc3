# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Ethernet frames for tests: deterministic, numbered, of any length."""

import random

ELSEWHERE = bytes.fromhex('020000000099')
HOST = bytes.fromhex('020000000001')
BROADCAST = b'\xff' * 6
MULTICAST = bytes.fromhex('01005e000005')


def mac(text):
    return bytes.fromhex(text.replace(':', ''))


def frame(number, length=60, dst=ELSEWHERE, src=HOST):
    """A frame of an experimental EtherType; its number makes it unlike others."""
    head = dst + src + b'\x88\xb6' + number.to_bytes(4, 'big')
    return head + random.Random(number).randbytes(max(0, length - len(head)))


def frames(lengths, **addresses):
    return [frame(i, length, **addresses) for i, length in enumerate(lengths)]


def total(sent):
    return sum(len(one) for one in sent)
