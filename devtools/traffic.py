#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Writes a capture of made-up traffic of an IoT gateway: many small frames of
Modbus/TCP, CoAP, MQTT, ARP and bare TCP acknowledgements, a few large ones.
The same every time."""

import random
import struct
import sys

from scapy.contrib.coap import CoAP
from scapy.contrib.modbus import (ModbusADURequest, ModbusADUResponse,
                                  ModbusPDU03ReadHoldingRegistersRequest,
                                  ModbusPDU03ReadHoldingRegistersResponse)
from scapy.contrib.mqtt import MQTT, MQTTPublish
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether

FRAMES = 6000
DEVICES = 12
SERVER_MAC, SERVER_IP = '02:00:5e:00:00:01', '192.0.2.1'

dice = random.Random(82545)


class Device:
    def __init__(self, number):
        self.mac = f'02:00:5e:00:01:{number:02x}'
        self.ip = f'192.0.2.{10 + number}'
        self.port = dice.randrange(32768, 61000)
        self.seq = dice.randrange(1 << 32)
        self.ack = dice.randrange(1 << 32)
        self.count = 0

    def up(self):
        return Ether(src=self.mac, dst=SERVER_MAC) / IP(src=self.ip, dst=SERVER_IP, id=self.next())

    def down(self):
        return Ether(src=SERVER_MAC, dst=self.mac) / IP(src=SERVER_IP, dst=self.ip, id=self.next())

    def next(self):
        self.count += 1
        return self.count & 0xffff

    def tcp(self, port, payload=b'', flags='PA'):
        packet = self.up() / TCP(sport=self.port, dport=port, seq=self.seq, ack=self.ack,
                                 flags=flags) / payload
        self.seq = (self.seq + len(payload)) & 0xffffffff
        return packet

    def tcp_back(self, port, payload=b'', flags='PA'):
        packet = self.down() / TCP(sport=port, dport=self.port, seq=self.ack, ack=self.seq,
                                   flags=flags) / payload
        self.ack = (self.ack + len(payload)) & 0xffffffff
        return packet


def modbus(device):
    """A register read, its answer, and the acknowledgement."""
    count = dice.randrange(1, 9)
    number = device.next()
    request = ModbusADURequest(transId=number) / ModbusPDU03ReadHoldingRegistersRequest(
        startAddr=dice.randrange(1000), quantity=count)
    answer = ModbusADUResponse(transId=number) / ModbusPDU03ReadHoldingRegistersResponse(
        registerVal=[dice.randrange(1 << 16) for _ in range(count)])
    return [device.tcp_back(502, bytes(request)), device.tcp(502, bytes(answer)),
            device.tcp_back(502, flags='A')]


def coap(device):
    message = CoAP(type=1, code=2, msg_id=device.next(), token=dice.randbytes(2),
                   options=[('Uri-Path', 'sensor')], paymark=b'\xff')
    reading = b'%.1f' % dice.uniform(15, 30)
    return [device.up() / UDP(sport=5683, dport=5683) / message / reading]


def mqtt(device):
    value = b'{"t":%.2f,"n":%d}' % (dice.uniform(15, 30), device.count)
    publish = MQTT() / MQTTPublish(topic=f'site/{device.ip}/t', value=value)
    return [device.tcp(1883, bytes(publish)), device.tcp_back(1883, flags='A')]


def arp(device):
    return [Ether(src=device.mac, dst='ff:ff:ff:ff:ff:ff')
            / ARP(hwsrc=device.mac, psrc=device.ip, pdst=SERVER_IP)]


def bulk(device):
    """A log or firmware transfer: large frames and their acknowledgement."""
    return [device.tcp_back(443, dice.randbytes(1460)) for _ in range(2)] + \
        [device.tcp(443, flags='A')]


def traffic():
    devices = [Device(number) for number in range(DEVICES)]
    frames = []
    while len(frames) < FRAMES:
        kind = dice.choices([modbus, coap, mqtt, arp, bulk], [50, 20, 20, 4, 2])[0]
        for packet in kind(dice.choice(devices)):
            frames.append(bytes(packet))
    return frames[:FRAMES]


def write_pcap(name, frames):
    with open(name, 'wb') as file:
        file.write(struct.pack('=IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack('=IIII', 0, 100 * number, len(frame), len(frame)) + frame)


if __name__ == '__main__':
    if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
        sys.exit('usage: devtools/traffic.py FILE.pcap')
    write_pcap(sys.argv[1], traffic())
