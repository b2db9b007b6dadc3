#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Draws the cases of bench.sh --assembler: bench_bars.py FILE.json makes FILE.svg.

A bar is the median of the ratio to the case that it is compared with, the line on it
the middle 80 % of the runs, cut at 1.5."""

import json
import sys
from xml.sax.saxutils import escape

LABEL, WIDTH, STEP, MOST = 330, 420, 22, 1.5


def x_of(ratio):
    return LABEL + WIDTH * min(ratio, MOST) / MOST


def row(number, case):
    y = 30 + STEP * number
    low, high = x_of(case['ratio_p10']), x_of(case['ratio_p90'])
    return (f'<text x="{LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(case["name"])}</text>'
            f'<rect x="{LABEL}" y="{y}" width="{x_of(case["ratio"]) - LABEL:.1f}" height="16" '
            f'fill="#7aa6c2"/><path d="M{low:.1f} {y + 8}H{high:.1f}" stroke="#222"/>'
            f'<text x="{LABEL + WIDTH + 8}" y="{y + 12}">{case["ratio"]:.2f}, '
            f'{case["cycles"]:.0f} cycles</text>')


def draw(cases):
    height = 40 + STEP * len(cases)
    limit = x_of(1)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL + WIDTH + 150}" '
            f'height="{height}" font-family="sans-serif" font-size="12">'
            '<rect width="100%" height="100%" fill="#fff"/>'
            f'<text x="{LABEL}" y="18">ratio to the case that it is compared with</text>'
            f'<path d="M{limit} 24V{height}" stroke="#b33"/>' +
            '\n'.join(row(number, case) for number, case in enumerate(cases)) + '</svg>\n')


if __name__ == '__main__':
    if len(sys.argv) != 2 or not sys.argv[1].endswith('.json'):
        sys.exit('usage: devtools/bench_bars.py FILE.json')
    with open(sys.argv[1]) as file:
        picture = draw(json.load(file)['cases'])
    with open(sys.argv[1][:-4] + 'svg', 'w') as file:
        file.write(picture)
