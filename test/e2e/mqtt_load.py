#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Readings of many sensors by MQTT: publish them, or collect them and say what came.

  mqtt_load.py publish BROKER CLIENTS MESSAGES   each client so many, with QoS 1
  mqtt_load.py collect BROKER TOTAL              prints JSON when TOTAL have come

Publisher and collector share the machine's clock, which gives the delays."""

import json
import sys
import threading
import time

from paho.mqtt.client import Client

TOPIC = 'sensors'
READING = 60  # bytes
PATIENCE = 240  # seconds without a message


def publish(broker, nb_clients, nb_messages):
    clients = []
    for number in range(nb_clients):
        client = Client(f'sensor{number}', clean_session=True)
        client.connect(broker)
        client.loop_start()
        clients.append(client)
    begin = time.monotonic()
    sent = []
    for message in range(nb_messages):
        for number, client in enumerate(clients):
            reading = f'{number} {message} {time.monotonic_ns()} '.ljust(READING, '.')
            sent.append(client.publish(f'{TOPIC}/{number}', reading, qos=1))
    for one in sent:
        one.wait_for_publish(PATIENCE)
    seconds = time.monotonic() - begin
    for client in clients:
        client.disconnect()
    acknowledged = sum(one.is_published() for one in sent)
    print(json.dumps({'acknowledged': acknowledged, 'per_second': acknowledged / seconds}))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def collect(broker, total):
    seen, delays = {}, []
    changed = threading.Event()

    def came(_client, _data, message):
        number, sequence, sent_at, _ = message.payload.decode().split(maxsplit=3)
        delays.append(time.monotonic_ns() - int(sent_at))
        seen[number, sequence] = seen.get((number, sequence), 0) + 1
        changed.set()

    client = Client('collector', clean_session=True)
    client.on_message = came
    client.on_connect = lambda *_: client.subscribe(f'{TOPIC}/#', qos=1)
    client.on_subscribe = lambda *_: print('ready', flush=True)
    client.connect(broker)
    client.loop_start()
    while len(seen) < total and changed.wait(PATIENCE):
        changed.clear()
    client.loop_stop()
    print(json.dumps({
        'once': sum(times == 1 for times in seen.values()), 'messages': len(delays),
        'delay_ms': {'p50': percentile(delays, 0.5) / 1e6, 'p99': percentile(delays, 0.99) / 1e6},
    }))


if __name__ == '__main__':
    if sys.argv[1] == 'publish':
        publish(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        collect(sys.argv[2], int(sys.argv[3]))
