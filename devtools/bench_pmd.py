#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""What net_asm82545 costs, with net_e1000_em beside it.

Both drivers run the same program (test/perf/pmd_cost.c), one after the other:
in a guest of one CPU that counts instructions instead of time, whose figures are
the same on a busy machine; in a guest of two CPUs, for the time that packets take
through an emulated NIC; and on this machine, on the 82545s in memory of
test/native82545.h, for cycles and for writes of the tails. DPDK's own
pmd_perf_autotest runs on these as well."""

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import bench_report
import native82545

ROOT = Path(__file__).resolve().parent.parent
TICKS = 16  # of the TSC for an instruction: QEMU's -icount shift=4
BURSTS = (32, 8, 1)
DRIVERS = {'em': 'net_e1000_em', 'ours': 'net_asm82545'}
HUGEPAGES_MB = 256

# What is measured: title, EAL options, options of pmd_cost.
ROWS = [
    ('60 bytes', [], []),
    ('60 bytes, no vectors', ['--force-max-simd-bitwidth=64'], []),
    ('60 bytes, VLAN and checksum offloads', [], ['--offloads']),
    ('9000 bytes, 6 segments out, 5 buffers in', [],
     ['--len', '9000', '--segs', '6', '--mtu', '9000']),
]


def packets(index, args):
    """How many for each figure; large frames take the device long."""
    if args.quick:
        return 1024
    return 3000 if '--len' in ROWS[index][2] else 20000


def parse_lines(text, driver):
    """{burst: figures} of what pmd_cost printed."""
    found = [json.loads(line) for line in text.splitlines() if line.startswith('{')]
    for line in found:
        if line['driver'] != DRIVERS[driver]:
            sys.exit(f"bench_pmd: {line['driver']} took the ports instead of {DRIVERS[driver]}")
    if [line['burst'] for line in found] != list(BURSTS):
        sys.exit(f'bench_pmd: {DRIVERS[driver]} did not run to its end:\n{text}')
    return {line['burst']: line for line in found}


def in_guest(args, runs, *lab):
    """Runs of pmd_cost, one after the other: (row, driver, options) each."""
    lines = []
    for number, (index, driver, options) in enumerate(runs):
        load = ['-d', args.driver] if driver == 'ours' else []
        words = [args.program, '-l', '0', '--log-level=*:4', '-a', '0000:02:01.0',
                 '-a', '0000:02:02.0', *load, *ROWS[index][1], '--', *options, *ROWS[index][2],
                 '--pkts', packets(index, args)]
        lines.append(f"{' '.join(map(str, words))} 2>&1 | sed 's/^/{number} /'")
    with tempfile.TemporaryDirectory() as results:
        command = [ROOT / 'devtools/lab', *lab, '--timeout', '1500', '--results', results,
                   '--', 'sh', '-c', '\n'.join(lines)]
        out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    texts = ['' for _ in runs]
    for line in out.splitlines():
        number, _, text = line.partition(' ')
        if number.isdigit():
            texts[int(number)] += text + '\n'
    return [parse_lines(text, run[1]) for text, run in zip(texts, runs)]


def pick(figures, *names):
    return {name: figures[name] for name in names}


def instructions(args, rows):
    runs = [(index, driver, ['--ticks', TICKS])
            for index in range(2 if args.quick else len(ROWS)) for driver in DRIVERS]
    for (index, driver, _), bursts in zip(runs, in_guest(args, runs, '--icount', '--smp', '1')):
        for burst, figures in bursts.items():
            rows[index, burst].setdefault('instructions', {})[driver] = pick(figures, 'tx', 'rx')


def median(values):
    return sorted(values)[len(values) // 2]


def ratio(em, ours):
    """em over ours, of runs that followed each other."""
    each = [a / b for a, b in zip(em, ours)]
    return {'median': median(each), 'low': min(each), 'high': max(each)}


def wall(args):
    """Packets a second through the emulated NICs, all told."""
    runs = [(0, driver, ['--ticks', '1']) for _ in range(args.runs) for driver in DRIVERS]
    done = in_guest(args, runs, '--smp', '2')
    result = []
    for burst in BURSTS:
        pps = {driver: [figures[burst]['pps'] for run, figures in zip(runs, done)
                        if run[1] == driver] for driver in DRIVERS}
        result.append({'burst': burst, **pps, 'ratio': ratio(pps['ours'], pps['em'])})
    return result


def on_native(args, driver):
    return native82545.Native(args.build, args.driver if driver == 'ours' else None)


def native_run(args, index, driver, tails):
    native = on_native(args, driver)
    out = native.run(args.program, '--ticks', '1', '--settle', '100', '--device', native.device,
                     *ROWS[index][2], '--pkts', packets(index, args), tails=tails,
                     cpu=args.cpus[1], lcores=f'0@{args.cpus[0]}', megabytes=128,
                     eal=ROWS[index][1])
    return parse_lines(out, driver)


def tail_writes(args, rows):
    for index in range(len(ROWS)):
        for driver in DRIVERS:
            for burst, figures in native_run(args, index, driver, 'trap').items():
                rows[index, burst].setdefault('tail_writes', {})[driver] = \
                    pick(figures, 'tdt', 'rdt')


def cycles(args, rows):
    done = {}
    for index in range(len(ROWS)):
        for _ in range(args.runs):
            for driver in DRIVERS:
                for burst, figures in native_run(args, index, driver, 'memory').items():
                    done.setdefault((index, burst), {}).setdefault(driver, []).append(figures)
    for key, runs in done.items():
        total = {driver: [one['tx'] + one['rx'] for one in runs[driver]] for driver in DRIVERS}
        rows[key]['cycles'] = {
            **{driver: {part: median([one[part] for one in runs[driver]])
                        for part in ('tx', 'rx')} for driver in DRIVERS},
            'ratio': ratio(total['em'], total['ours'])}


def autotest_run(args, driver):
    """Cycles a packet, of bursts that sent and of bursts that received something."""
    out = on_native(args, driver).run(
        'dpdk-test', tails='memory', cpu=args.cpus[1], mbps=100, megabytes=160,
        lcores=f'0@{args.cpus[1]},1@{args.cpus[0]}',
        text='set_rxtx_anchor txonly\npmd_perf_autotest\n'
             'set_rxtx_anchor rxonly\npmd_perf_autotest\nquit\n')
    found = re.findall(r'Result: (\d+) cycles per packet', out)
    if len(found) != 2:
        sys.exit(f'bench_pmd: pmd_perf_autotest did not run to its end:\n{out}')
    return dict(zip(('tx', 'rx'), map(int, found)))


def autotest(args):
    runs = {driver: [] for driver in DRIVERS}
    for _ in range(min(args.runs, 3)):
        for driver in DRIVERS:
            runs[driver].append(autotest_run(args, driver))
    result = {}
    for part in ('tx', 'rx'):
        each = {driver: [run[part] for run in runs[driver]] for driver in DRIVERS}
        result[part] = {**each, 'ratio': ratio(each['em'], each['ours'])}
    return result


def native(args, rows, result):
    try:
        with native82545.hugepages(HUGEPAGES_MB):
            tail_writes(args, rows)
            cycles(args, rows)
    except (OSError, RuntimeError) as error:
        result['no_cycles'] = f'no 82545s on this machine (root and hugepages?): {error}'


def perf_autotest(args, result):
    try:
        with native82545.hugepages(HUGEPAGES_MB):
            result['pmd_perf_autotest'] = autotest(args)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        print(f'bench_pmd: no pmd_perf_autotest: {error}', file=sys.stderr)


def first_line(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0].strip()


def versions():
    cpu = re.search(r'model name\s*: (.*)', Path('/proc/cpuinfo').read_text())
    return {
        'dpdk': first_line('dpkg-query', '-W', '-f', '${Version}\n', 'libdpdk-dev'),
        'qemu': first_line('dpkg-query', '-W', '-f', '${Version}\n', 'qemu-system-x86'),
        'compiler': first_line('cc', '--version'),
        'asm82545': first_line('git', '-C', str(ROOT), 'describe', '--always', '--dirty'),
        'cpu': cpu.group(1) if cpu else os.uname().machine,
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0],
                                     usage='bench_pmd.py [options] BUILD-DIR DRIVER JSON-FILE')
    parser.add_argument('--quick', action='store_true', help='few packets, instructions of two rows, no time')
    parser.add_argument('--runs', type=int, default=5, help='of what is time (default 5)')
    parser.add_argument('--cpus', default='0,1', type=lambda text: text.split(','),
                        help='of the program, of the device (default 0,1)')
    parser.add_argument('build', type=Path)
    parser.add_argument('driver', type=Path)
    parser.add_argument('json', type=Path)
    args = parser.parse_args()
    args.program = args.build / 'pmd_cost'
    if args.quick:
        args.runs = 1
    return args


def main():
    args = parse()
    rows = {(index, burst): {'traffic': ROWS[index][0], 'burst': burst}
            for index in range(len(ROWS)) for burst in BURSTS}
    result = {'date': datetime.date.today().isoformat(), 'quick': args.quick,
              'runs': args.runs, 'versions': versions()}
    instructions(args, rows)
    result['wall'] = [] if args.quick else wall(args)
    native(args, rows, result)
    if not args.quick and 'no_cycles' not in result:
        perf_autotest(args, result)
    result['rows'] = list(rows.values())
    args.json.write_text(json.dumps(result, indent=1) + '\n')
    args.json.with_suffix('.svg').write_text(bench_report.picture(result))
    args.json.with_suffix('.rst').write_text(bench_report.guide(result))
    print(bench_report.table(result))


if __name__ == '__main__':
    main()
