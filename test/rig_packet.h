/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RIG_PACKET_H
#define RIG_PACKET_H

/* TCP and UDP packets of any shape, for what offloads make of them. */

#include "rig82545.h"

#define RIG_MAX_PACKET 65535

/* What a packet is made of. */
struct rig_shape {
	bool ipv6;
	bool udp;
	bool tagged;      /* with a tag in the packet itself */
	uint32_t options; /* bytes, of the network header */
	uint32_t payload;
};

struct rig_packet {
	uint8_t data[RIG_MAX_PACKET];
	uint32_t len, l2, l3, l4;
};

/** *checksums*: right ones, else what a program leaves there: garbage. */
void rig_make_packet(struct rig_packet *p, const struct rig *r, const struct rig_shape *s,
		bool checksums);

void rig_random_shape(struct rig_shape *s);

#endif /* RIG_PACKET_H */
