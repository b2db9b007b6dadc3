# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""No division, logging, allocation or clock call on the way of a packet.

Everything that a burst function can reach inside its library is disassembled, as it is
shipped. What it calls outside is on a list.
"""

import re
import subprocess
from pathlib import Path

import pytest

LIB = Path(__file__).resolve().parents[1] / 'build/prefix/lib'

# Calls out of a library that a packet may cost, and why.
ALLOWED = {
    '__rte_panic': 'DPDK: a pool without ops',
    '__rte_pktmbuf_read': 'packets in several segments',
    'memcpy': '', 'memmove': '',
    'rte_pktmbuf_free_bulk': '',
    'rte_hash_lookup': 'the receiver: another peer or stream than the last one',
    'rte_hash_add_key': 'the receiver: the first frame of a stream',
    'rte_hash_lookup_with_hash_bulk_data': 'the sender: peers',
    'rte_lpm6_lookup': 'the sender: prefixes',
    'LZ4_compress_HC_continue_destSize': '', 'LZ4_resetStreamHC_fast': '',
    'LZ4_decompress_safe': '',
    'syscall': 'wakes a worker', 'write': 'wakes a client',
    'rte_net_get_ptype': 'a bad checksum: is it one of L4?',
}
# Functions that divide, and why.
DIVIDES = {
    'assembler_squeeze_grow': 'once for each attempt to compress a frame',
    'plan_tso': 'once for a packet that the driver has to cut up',
}

LIBRARIES = {
    'librte_common_assembler.so': (
        'rte_assembler_submit_burst', 'rte_assembler_collect_burst', 'rte_assembler_worker_poll',
        'rte_disassembler_submit_burst', 'rte_disassembler_collect_burst'),
    'librte_net_asm82545.so': (
        'asm82545_recv_pkts', 'asm82545_recv_offload_pkts', 'asm82545_recv_scattered_pkts',
        'asm82545_recv_scattered_offload_pkts', 'asm82545_recv_pkts_sse',
        'asm82545_recv_pkts_avx2', 'asm82545_xmit_pkts', 'asm82545_xmit_offload_pkts',
        'asm82545_xmit_pkts_sse', 'asm82545_xmit_pkts_avx2', 'asm82545_prep_pkts'),
}


def disassemble(library):
    """The instructions of each function."""
    done = subprocess.run(['objdump', '-d', '--no-show-raw-insn', library], capture_output=True,
                          text=True, check=True)
    functions = {}
    for line in done.stdout.splitlines():
        head = re.match(r'[0-9a-f]+ <(.+)>:$', line)
        instruction = re.match(r'\s+[0-9a-f]+:\s+(.*)', line)
        if head:
            code = functions[head[1]] = []
        elif instruction:
            code.append(instruction[1])
    return functions


def callees(code):
    """Functions that are called or jumped to, by name; pointers to them are not followed."""
    for instruction in code:
        target = re.match(r'(?:call|j\w+)\s+[0-9a-f]+ <([^>+]+)', instruction)
        # Through the global offset table: there is no name to look at.
        assert not re.match(r'(?:call|jmp)\s+\*.*\(%rip\)', instruction), instruction
        if target:
            yield target[1]


def reached(functions, roots):
    found, left = set(), list(roots)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            if not name.endswith('@plt'):
                left += callees(functions[name])
    return found


def offences(library, roots):
    functions = disassemble(library)
    assert set(roots) <= set(functions)
    for name in sorted(reached(functions, roots)):
        # As the compiler splits them: NAME.part.0, NAME.cold.
        base = name.split('.')[0]
        if name.endswith('@plt'):
            if name[:-len('@plt')] not in ALLOWED:
                yield f'calls {name[:-len("@plt")]}'
        elif any(re.match(r'i?div[bwlq]?\s', line) for line in functions[name]):
            if base not in DIVIDES:
                yield f'{name} divides'


@pytest.mark.parametrize('library', LIBRARIES)
def test_packets_meet_nothing_slow(library):
    assert list(offences(LIB / library, LIBRARIES[library])) == []


def test_finds_what_is_slow(tmp_path):
    source, library = tmp_path / 'slow.c', tmp_path / 'slow.so'
    source.write_text('''
        #include <stdlib.h>
        #include <time.h>
        static __attribute__((noinline)) int quotient(int a, int b) { return a / b; }
        static __attribute__((noinline)) void *some(int n) { return malloc(n); }
        void *burst(int a, int b) { return some(quotient(a, b)); }
        long poll_clock(void) { struct timespec t; return clock_gettime(CLOCK_REALTIME, &t); }
        unsigned long constant(unsigned long a) { return a / 255; }
    ''')
    subprocess.run(['gcc', '-O2', '-shared', '-fPIC', '-o', library, source], check=True)
    assert list(offences(library, ['burst'])) == ['calls malloc', 'quotient divides']
    assert list(offences(library, ['poll_clock'])) == ['calls clock_gettime']
    assert list(offences(library, ['constant'])) == []
