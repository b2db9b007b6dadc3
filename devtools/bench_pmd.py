#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Instructions per packet of net_asm82545, with net_e1000_em beside it.

Both drivers run the same program in the same guest, one after the other. The
guest has one CPU and counts instructions instead of time, so the figures are
the same on a busy machine."""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICKS = 16  # of the TSC for an instruction: QEMU's -icount shift=4

# What is measured: title, EAL options of ours, options of pmd_cost.
ROWS = [
    ('60 bytes', [], []),
    ('60 bytes, no vectors', ['--force-max-simd-bitwidth=64'], []),
    ('60 bytes, VLAN and checksum offloads', [], ['--offloads']),
    ('9000 bytes, 6 segments out, 5 buffers in', [],
     ['--len', '9000', '--segs', '6', '--mtu', '9000', '--pkts', '3000']),
]


def commands(plugin, program):
    """One shell line for each row and driver; each prints JSON lines."""
    for index, (_, eal, options) in enumerate(ROWS):
        for driver, load in (('ours', ['-d', plugin] + eal), ('em', [])):
            words = [program, '-l', '0', '--log-level=*:4', '-a', '0000:02:01.0',
                     '-a', '0000:02:02.0'] + load + ['--', '--ticks', str(TICKS)] + options
            yield "%s 2>/lab/log.%d.%s | sed 's/^/%d %s /'" % (
                ' '.join(words), index, driver, index, driver)


def measure(plugin, program):
    """{(row, burst): {'ours': (tx, rx), 'em': (tx, rx)}}"""
    with tempfile.TemporaryDirectory() as results:
        lab = [os.path.join(ROOT, 'devtools/lab'), '--icount', '--smp', '1', '--timeout', '900',
               '--results', results, '--', 'sh', '-c',
               'cd /lab\n' + '\n'.join(commands(plugin, program))]
        out = subprocess.run(lab, stdout=subprocess.PIPE, text=True, check=True).stdout
    figures = {}
    for line in out.splitlines():
        index, driver, text = line.split(' ', 2)
        if not text.startswith('{'):
            continue
        found = json.loads(text)
        row = figures.setdefault((int(index), found['burst']), {})
        row[driver] = (found['tx'], found['rx'])
        expected = 'net_asm82545' if driver == 'ours' else 'net_e1000_em'
        if found['driver'] != expected:
            sys.exit('bench_pmd: %s took the ports instead of %s' % (found['driver'], expected))
    if len(figures) != 3 * len(ROWS) or any(len(row) != 2 for row in figures.values()):
        sys.exit('bench_pmd: a driver did not run to its end; see devtools/lab --console')
    return figures


def table(figures):
    print('Instructions per packet (TX + RX), rings of 512, one guest, one run')
    print('%-42s %5s %16s %16s %7s' % ('', 'burst', 'net_e1000_em', 'net_asm82545', 'ratio'))
    for (index, burst), row in sorted(figures.items(), key=lambda f: (f[0][0], -f[0][1])):
        em, ours = sum(row['em']), sum(row['ours'])
        print('%-42s %5d %5.0f+%4.0f=%5.0f %5.0f+%4.0f=%5.0f %6.1fx' % (
            ROWS[index][0], burst, *row['em'], em, *row['ours'], ours, em / ours))


def picture(figures, path):
    """Two bars for each row: the peer's and ours."""
    rows = sorted(figures.items(), key=lambda f: (f[0][0], -f[0][1]))
    widest = max(sum(row['em']) for _, row in rows)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="860" height="%d" '
           'font-family="sans-serif" font-size="12">' % (44 * len(rows) + 40),
           '<text x="10" y="20">Instructions per packet, TX + RX: net_e1000_em (grey), '
           'net_asm82545 (blue)</text>']
    for place, ((index, burst), row) in enumerate(rows):
        y = 40 + 44 * place
        out.append('<text x="10" y="%d">%s, burst %d</text>' % (y + 20, ROWS[index][0], burst))
        for offset, driver, colour in ((0, 'em', '#999'), (17, 'ours', '#36c')):
            total = sum(row[driver])
            length = 400 * total / widest
            out.append('<rect x="330" y="%d" width="%.1f" height="14" fill="%s"/>' % (
                y + offset, length, colour))
            out.append('<text x="%.1f" y="%d">%.0f</text>' % (336 + length, y + offset + 12, total))
    with open(path, 'w') as file:
        file.write('\n'.join(out + ['</svg>']) + '\n')


def store(figures, path):
    rows = [{'traffic': ROWS[index][0], 'burst': burst,
             **{driver: {'tx': tx, 'rx': rx} for driver, (tx, rx) in row.items()}}
            for (index, burst), row in sorted(figures.items())]
    with open(path, 'w') as file:
        json.dump({'unit': 'instructions per packet', 'rows': rows}, file, indent=1)


def main():
    if len(sys.argv) != 4:
        sys.exit('usage: bench_pmd.py PLUGIN PROGRAM JSON-FILE (see devtools/bench.sh)')
    plugin, program, path = sys.argv[1:]
    figures = measure(plugin, program)
    table(figures)
    store(figures, path)
    picture(figures, os.path.splitext(path)[0] + '.svg')


if __name__ == '__main__':
    main()
