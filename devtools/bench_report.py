# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""What devtools/bench_pmd.py measured, as text, as a picture and as a part of the guide."""

COLUMNS = (
    # Key in a row, its parts, unit, digits.
    ('instructions', ('tx', 'rx'), 'Instructions', 0),
    ('cycles', ('tx', 'rx'), 'Cycles', 0),
    ('tail_writes', ('tdt', 'rdt'), 'Tail writes', 3),
)
BAR = 13  # height in the picture
SCALE = 400  # length of the longest bar


def cell(row, column, driver):
    key, parts, _, digits = column
    if key not in row:
        return '-'
    return ' + '.join(f'{row[key][driver][part]:.{digits}f}' for part in parts)


def faster(row, column):
    """How many times ours is em's figure, with the spread where it is of time."""
    key, parts = column[:2]
    if key not in row:
        return '-'
    if 'ratio' in row[key]:
        return spread(row[key]['ratio'])
    em, ours = (sum(row[key][driver][part] for part in parts) for driver in ('em', 'ours'))
    return f'{em / ours:.1f}'


def spread(ratio):
    return f"{ratio['median']:.1f} ({ratio['low']:.1f} to {ratio['high']:.1f})"


def lines(result, column):
    """Title, burst, em, ours, ratio: of each row."""
    for row in result['rows']:
        yield (row['traffic'], str(row['burst']), cell(row, column, 'em'),
               cell(row, column, 'ours'), faster(row, column))


def others(result):
    """The same of what has no rows: it is of 60-byte frames."""
    for one in result['wall']:
        yield ('emulated NIC, packets a second', str(one['burst']),
               *(f"{sorted(one[driver])[len(one[driver]) // 2]:.0f}" for driver in ('em', 'ours')),
               spread(one['ratio']))
    for part, one in sorted(result.get('pmd_perf_autotest', {}).items(), reverse=True):
        yield (f'pmd_perf_autotest, {part}only, cycles', '32',
               *(str(sorted(one[driver])[len(one[driver]) // 2]) for driver in ('em', 'ours')),
               spread(one['ratio']))


def heading(column):
    return f"{column[2]} a packet ({' + '.join(part.upper() for part in column[1])})"


def tables(result):
    for column in COLUMNS:
        yield heading(column), list(lines(result, column))
    if result['wall']:
        yield 'Time', list(others(result))


def about(result):
    v = result['versions']
    quick = ' Few packets, one run (--quick).' if result['quick'] else ''
    return (f"Measured {result['date']}: DPDK {v['dpdk']}, QEMU {v['qemu']}, {v['compiler']}, "
            f"{v['cpu']}, asm82545 {v['asm82545']}.{quick}")


# Gain: how many times less ours is; of packets a second, how many times more.
HEAD = ('', 'Burst', 'net_e1000_em', 'net_asm82545', 'Gain')


def grid(rows, left, rule):
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    text = ['  '.join(word.ljust(width) for word, width in zip(row, widths)).rstrip()
            for row in rows]
    line = '  '.join('=' * width for width in widths)
    if rule:
        text = [line, text[0], line, *text[1:], line]
    return '\n'.join(left + one for one in text)


def table(result):
    """For a terminal."""
    text = [about(result)]
    for title, rows in tables(result):
        text.append(f'\n{title}:\n' + grid([HEAD, *rows], '  ', False))
    if 'no_cycles' in result:
        text.append('\n' + result['no_cycles'])
    return '\n'.join(text)


def guide(result):
    """What doc/guides/nics/asm82545.rst includes."""
    text = ['..  SPDX-License-Identifier: BSD-3-Clause',
            '    Copyright(c) 2026 The asm82545 Authors',
            '    Written by devtools/bench.sh --pmd; asm82545.rst includes it.', '',
            about(result), '']
    for title, rows in tables(result):
        head = ('Traffic', *HEAD[1:])
        text += [f'{title}:', '', grid([head, *rows], '', True), '']
    if 'no_cycles' in result:
        text += [result['no_cycles'], '']
    return '\n'.join(text)


def picture(result):
    """SVG: for each row and each unit two bars, em's and ours."""
    parts, y = [], 40
    for column in COLUMNS[:2]:
        rows = [row for row in result['rows'] if column[0] in row]
        if not rows:
            continue
        totals = [[sum(row[column[0]][driver][part] for part in column[1])
                   for driver in ('em', 'ours')] for row in rows]
        widest = max(map(max, totals))
        parts.append(f'<text x="10" y="{y + 12}" font-weight="bold">{heading(column)}</text>')
        y += 24
        for row, pair in zip(rows, totals):
            parts.append(f'<text x="10" y="{y + 18}">{row["traffic"]}, '
                         f'burst {row["burst"]}</text>')
            for total, colour in zip(pair, ('#999', '#36c')):
                length = SCALE * total / widest
                parts.append(f'<rect x="330" y="{y}" width="{length:.1f}" height="{BAR}" '
                             f'fill="{colour}"/>')
                parts.append(f'<text x="{336 + length:.1f}" y="{y + 11}">{total:.0f}</text>')
                y += BAR + 2
            y += 10
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{y}" '
        'font-family="sans-serif" font-size="12">',
        '<!-- SPDX-License-Identifier: BSD-3-Clause -->',
        f'<rect width="800" height="{y}" fill="#fff"/>',
        '<text x="10" y="20">net_e1000_em (grey), net_asm82545 (blue)</text>',
        *parts, '</svg>']) + '\n'
