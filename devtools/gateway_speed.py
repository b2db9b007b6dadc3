# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Small packets a second through dpdk-testasm, beside Debian's dpdk-testpmd with net_e1000_em.

Two ways to measure, both in the lab:

loop: one guest CPU and one program. Both NICs receive what they send, as if the same
    program stood at the other end of either wire, so that packets go round for ever: in by
    the access NIC, out of the trunk NIC and back. A round is two hops of testpmd's io mode;
    with assembling on, one gateway's way to the trunk and the other one's way from it.
trunk: two programs, a CPU each, and only the trunk between them. The source and the sink
    of the packets are inside the programs."""

import random
import time

from conftest import TESTASM
from gateways import ACCESS, TRUNK
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import wrpcap
from testpmd import Testpmd

from qemu_lab import ADDRESSES, DEVTOOLS, MACS, Lab

# The emulator's AVX2 takes twice as long as scalar code, which says nothing of a processor.
SCALAR = ['--force-max-simd-bitwidth=64']
FLOWS = 1024
# As many as go round: they fit the RX ring, holes for refills left out.
PACKETS = 400
# An instruction under --icount takes 16 ns, ten times what it should.
HOLD = '--hold-us=1000'
INSTRUCTION_NS = 16
SETTLE, SAMPLE = 2, 6
ROUNDS = 3


class Testasm(Testpmd):
    """dpdk-testasm by its prompt, which takes testpmd's commands."""

    prompt = 'testasm> '

    def __init__(self, lab, options, eal):
        self.program = lab.start([TESTASM, *eal, '--', '-i', '-a', *options])
        self.program.expect(self.prompt, 60)
        self.settle()


def eal(side, devices, scalar):
    return ['-l', side, *(word for nic in devices for word in ('-a', ADDRESSES[nic])),
            f'--file-prefix=side{side}', '--no-telemetry', *(SCALAR if scalar else [])]


def testpmd(lab, side, devices, scalar, *options):
    """The prompt's lcore shares the CPU of the one that forwards."""
    words = eal(side, devices, scalar)[2:]
    lcores = f'--lcores=({side},{side + 2})@{side} --main-lcore={side + 2}'
    return Testpmd(lab, f'--rxd=512 --txd=512 --total-num-mbufs=8192 {" ".join(options)}',
                   f'{lcores} {" ".join(words)}', plugin=None)


class Meter:
    """What was counted in how many seconds of the guest, of the host and of QEMU's CPU time."""

    def __init__(self, lab, program, port, counter):
        self.lab, self.program, self.port, self.counter = lab, program, port, counter

    def read(self):
        with open(f'/proc/{self.lab.qemu.pid}/stat', encoding='ascii') as stat:
            user, system = map(int, stat.read().rsplit(')', 1)[1].split()[11:13])
        guest = float(self.lab.run('read up _ </proc/uptime; echo $up').output)
        return (self.program.stats(self.port)[self.counter], guest, time.monotonic(),
                (user + system) / 100)

    def rates(self):
        """Packets a second, by the three clocks."""
        before = self.read()
        time.sleep(SAMPLE)
        count, *clocks = (b - a for a, b in zip(before, self.read(), strict=True))
        if count == 0:
            raise SystemExit('bench_gateway: no packet came through')
        return [count / clock for clock in clocks]


def flow_packet(number):
    """Of 60 bytes, as those of the mode flowgen; its last bytes are no zeros."""
    octets = f'{number >> 8}.{number & 255}'
    return bytes(Ether(src='02:00:00:00:01:01', dst='02:00:00:00:01:02') /
                 IP(src=f'198.18.{octets}', dst=f'198.19.{octets}') /
                 UDP(sport=10000 + number, dport=9) / Raw(random.Random(number).randbytes(18)))


def loop_programs(lab, scalar):
    """Each a title, and how to begin it; the peer of a trunk that comes back is oneself."""
    itself = f'--peer={MACS[1]}'

    def testasm(*options):
        return lambda: Testasm(lab, [itself, *options], eal(0, (0, 1), scalar))

    def em():
        program = testpmd(lab, 0, (0, 1), scalar)
        program('start')
        return program
    return {'testpmd io, em': em, 'gateway off': testasm('--max-count=1'),
            'gateway on': testasm(HOLD)}


def loop_once(lab, begin):
    with begin() as program:
        time.sleep(SETTLE)
        done = lab.run([DEVTOOLS / 'guest/phy_loopback.py', *ADDRESSES[:2]])
        if done.status != 0:
            raise SystemExit(f'bench_gateway: {done.output}')
        lab.wires[0].send(*map(flow_packet, range(PACKETS)))
        time.sleep(SETTLE)
        rates = Meter(lab, program, 0, 'TX-packets').rates()
        missed = [program.stats(port)['RX-missed'] for port in (0, 1)]
    for wire in lab.wires:
        wire.take(0, 0)
    if any(missed):
        raise SystemExit('bench_gateway: packets were lost on a wire that loses none')
    return rates


def loop(say, icount):
    """{title: [packets a second]}, of guest time or of QEMU's CPU time."""
    options = {'icount': 'shift=4,sleep=off'} if icount else {}
    results = {}
    with Lab(['dgram', 'dgram'], smp=1, kernel='iomem=relaxed', **options) as lab:
        for number in range(1 if icount else ROUNDS):
            for title, begin in loop_programs(lab, not icount).items():
                say(f'{"counted" if icount else "timed"} round {number + 1}: {title}')
                guest, _, cpu = loop_once(lab, begin)
                results.setdefault(title, []).append(guest if icount else cpu)
    return results


def trunk_programs(lab, flows):
    """Each a title, port and counter of what arrives, and how to begin its two sides."""
    sides = ((0, 'assemble', f'net_pcap0,rx_pcap={flows},infinite_rx=1'),
             (1, 'disassemble', 'net_null0'))

    def testasm(side, mode, access):
        return Testasm(lab, ['--access=1', '--trunk=0', '--mbufs=16384', HOLD,
                             f'--forward-mode={mode}', f'--peer={MACS[TRUNK[1 - side]]}'],
                       [*eal(side, (TRUNK[side],), True), '--vdev', access])

    def em(side, mode):
        program = testpmd(lab, side, (TRUNK[side],), True, f'--forward-mode={mode}',
                          '--txpkts=60')
        program('start')
        return program
    # Who receives begins, and hears: what waits meanwhile would come in a heap.
    return {'testpmd txonly to rxonly, em': (0, 'RX-packets', lambda: em(1, 'rxonly'),
                                             lambda: em(0, 'txonly')),
            'assemble to disassemble': (1, 'TX-packets', lambda: testasm(*sides[1]),
                                        lambda: testasm(*sides[0]))}


def trunk(say, directory):
    """{title: [packets a second]} of wall time."""
    flows = directory / 'flows.pcap'
    wrpcap(str(flows), map(flow_packet, range(FLOWS)), linktype=1)
    results = {}
    wires = ['none' if nic in ACCESS else 'hub:1' for nic in range(len(ADDRESSES))]
    with Lab(wires, mem=2560, hugepages=400) as lab:
        for number in range(ROUNDS):
            for title, (port, counter, sink, source) in trunk_programs(lab, flows).items():
                say(f'trunk round {number + 1}: {title}')
                with sink() as receiver, source():
                    _, wall, _ = Meter(lab, receiver, port, counter).rates()
                results.setdefault(title, []).append(wall)
    return results


def median(values):
    return sorted(values)[len(values) // 2]


def row(letter, title, unit, aim, results, peer):
    """The first of *results* is the peer."""
    ours, theirs = results[title], results[peer]
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {'row': letter, 'title': title, 'peer': peer, 'unit': unit, 'aim': aim,
            'packets_per_second': median(ours), 'peer_packets_per_second': median(theirs),
            'ratio': median(each), 'ratio_low': min(each), 'ratio_high': max(each)}


def measure(say, directory):
    rows = []
    for unit, results in (('counted instructions', loop(say, True)),
                          ("QEMU's CPU time", loop(say, False))):
        rows += [row('a', 'gateway off', unit, 0.95, results, 'testpmd io, em'),
                 row('b', 'gateway on', unit, 1.3, results, 'testpmd io, em')]
    rows.append(row('c', 'assemble to disassemble', 'wall time', 3, trunk(say, directory),
                    'testpmd txonly to rxonly, em'))
    return rows


def show(rows):
    print(f'{"":2}{"what":<25}{"peer":<30}{"by":<22}{"packets/s":>10}{"peer":>10}  ratio')
    for one in rows:
        print(f'{one["row"]:2}{one["title"]:<25}{one["peer"]:<30}{one["unit"]:<22}'
              f'{one["packets_per_second"]:>10.0f}{one["peer_packets_per_second"]:>10.0f}  '
              f'{one["ratio"]:.2f} ({one["ratio_low"]:.2f} to {one["ratio_high"]:.2f}), '
              f'aim {one["aim"]}')


def picture(rows):
    """SVG: a bar for each ratio to the peer, the aim as a line across it. Cut at 4."""
    label, unit, step, most = 440, 90, 30, 4
    text = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{label + unit * most + 70}" '
            f'height="{step * len(rows) + 40}" font-family="sans-serif" font-size="12">',
            '<!-- SPDX-License-Identifier: BSD-3-Clause -->',
            '<rect width="100%" height="100%" fill="#fff"/>',
            f'<text x="{label}" y="18">small packets a second, testpmd with net_e1000_em = 1; '
            'red: aim</text>']
    for number, one in enumerate(rows):
        y = 30 + step * number
        end, aim = (label + unit * min(one[key], most) for key in ('ratio', 'aim'))
        text += [f'<text x="{label - 8}" y="{y + 14}" text-anchor="end">'
                 f'{one["title"]}, by {one["unit"]}</text>',
                 f'<rect x="{label}" y="{y}" width="{end - label:.0f}" height="18" '
                 'fill="#7aa6c2"/>',
                 f'<path d="M{aim:.0f} {y - 3}v24" stroke="#b33" stroke-width="2"/>',
                 f'<text x="{end + 6:.0f}" y="{y + 14}">{one["ratio"]:.2f}</text>']
    return '\n'.join([*text, '</svg>\n'])
