#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""What gateways gain: small packets a second beside dpdk-testpmd (gateway_speed.py), and
MQTT readings from one kernel to another through two gateways.

  devtools/bench_gateway.py JSON-FILE [CLIENTS [MESSAGES]]

The settings of the latter take turns, in one guest. The emulated wires have no bit rate: messages a
second show what the emulated NICs and the processor cost; bytes and frames are those of the trunk."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / 'devtools'), str(ROOT / 'test/e2e'), str(ROOT / 'test')]

import gateway_speed  # noqa: E402
from gateways import Gateways  # noqa: E402
from hosts import Host, start_broker, wait_for_answer  # noqa: E402

from qemu_lab import Lab  # noqa: E402

SETTINGS = {
    'off': ['--max-count=1'],
    'on': [],
    'LZ4': ['--lz4=on'],
    'adaptive': ['--adaptive'],
}
# TCP with options takes 66 bytes besides the reading; acknowledgements come back alone.
COMMON = ['--hold-us=1000', '--max-pkt=1514', '--min-count=2']
WIRE_OVERHEAD = 24
ROUNDS = 3


def trunk_of(stats):
    """Frames and wire bytes that both gateways sent to the trunk."""
    ports = [side['ports'][1] for side in stats]
    frames = sum(port['tx_packets'] for port in ports)
    return frames, sum(port['tx_bytes'] for port in ports) + frames * WIRE_OVERHEAD


def once(lab, hosts, options, clients, messages):
    a, b = hosts
    load = ROOT / 'test/e2e/mqtt_load.py'
    pair = Gateways(lab, *COMMON, *options)
    wait_for_answer(a, b.address)
    collector = b.start(load, 'collect', '127.0.0.1', clients * messages,
                        stdout=subprocess.PIPE)
    if collector.stdout.readline() != 'ready\n':
        raise SystemExit('bench_gateway: the collector found no broker')
    sent = json.loads(a.run(load, 'publish', b.address, clients, messages, timeout=300))
    came = json.loads(collector.communicate(timeout=300)[0])
    frames, wire_bytes = trunk_of(pair.stop())
    return {'messages_per_second': sent['per_second'], 'arrived_once': came['once'],
            'trunk_frames': frames, 'trunk_wire_bytes': wire_bytes,
            'delay_ms_p50': came['delay_ms']['p50'], 'delay_ms_p99': came['delay_ms']['p99']}


def median(rounds, key):
    return sorted(one[key] for one in rounds)[len(rounds) // 2]


def show(results, total):
    print(f'{"assembling":<11}{"messages/s":>11}{"trunk frames":>14}{"wire bytes":>12}'
          f'{"delay p50":>11}{"p99":>9}   of {total} readings arrived once')
    for name, rounds in results.items():
        print(f'{name:<11}{median(rounds, "messages_per_second"):>11.0f}'
              f'{median(rounds, "trunk_frames"):>14}{median(rounds, "trunk_wire_bytes"):>12}'
              f'{median(rounds, "delay_ms_p50"):>8.1f} ms{median(rounds, "delay_ms_p99"):>6.1f} ms'
              f'   {min(one["arrived_once"] for one in rounds)}')


def say(what):
    print(f'bench_gateway: {what}', file=sys.stderr, flush=True)


def readings(clients, messages):
    hosts = [Host(0), Host(1)]
    results = {name: [] for name in SETTINGS}
    try:
        with tempfile.TemporaryDirectory() as scratch, \
                Lab((f'tap:{hosts[0].name}', 'pair:1', f'tap:{hosts[1].name}', 'pair:1'),
                    mem=2560, hugepages=400) as lab:
            for host in hosts:
                host.enter_namespace()
            start_broker(hosts[1], Path(scratch))
            for number in range(ROUNDS):
                for name, options in SETTINGS.items():
                    say(f'MQTT round {number + 1} of {ROUNDS}, assembling {name}')
                    results[name].append(once(lab, hosts, options, clients, messages))
    finally:
        for host in hosts:
            host.close()
    return results


def main():
    path = Path(sys.argv[1])
    clients, messages = map(int, sys.argv[2:4] if len(sys.argv) > 3 else (200, 20))
    with tempfile.TemporaryDirectory() as scratch:
        speed = gateway_speed.measure(say, Path(scratch))
    rounds = readings(clients, messages)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({'speed': speed, 'mqtt': {'clients': clients,
                                'messages': messages, 'rounds': rounds}}, indent=1) + '\n')
    path.with_suffix('.svg').write_text(gateway_speed.picture(speed))
    gateway_speed.show(speed)
    print()
    show(rounds, clients * messages)


main()
