/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_PROBE_H
#define ASSEMBLER_PROBE_H

/*
 * Which is the longest frame that reaches a peer? Frames up to 1514 bytes pass every
 * Ethernet; a longer one is sent only after a PROBE of its size was acknowledged. The
 * wanted size is probed first. What does not pass is halved towards what does. The
 * size in use is probed again and again: a path that stops to take it is noticed.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

/** Longest frame that needs no PROBE. */
#define ASSEMBLER_PROBE_FREE (RTE_ETHER_MAX_LEN - RTE_ETHER_CRC_LEN)

/** All times are of the caller's clock. */
struct assembler_probe {
	uint64_t at;       /* when to look again */
	uint64_t timeout;  /* of one try */
	uint64_t rest;     /* between two probes of the size in use */
	uint32_t id;       /* of the last try */
	uint16_t target;   /* longest frame that is wanted */
	uint16_t proven;   /* longest that is known to pass */
	uint16_t failed;   /* shortest that seems not to; 0: none */
	uint16_t size;     /* being probed */
	uint8_t tries;     /* that were not acknowledged */
	uint8_t rests;     /* since the search ended */
};

/** Forget what was found. *interval*: that of the keepalive. */
void assembler_probe_begin(struct assembler_probe *p, uint16_t target, uint64_t now,
		uint64_t interval);

/** Is a PROBE of p->size bytes with p->id to be sent now? May set proven back. */
bool assembler_probe_due(struct assembler_probe *p, uint64_t now);

/** *bytes* of the PROBE *id* arrived. Returns whether it was waited for. */
bool assembler_probe_acked(struct assembler_probe *p, uint32_t id, uint16_t bytes, uint64_t now);

/** When assembler_probe_due() may say something new; UINT64_MAX: never. */
static inline uint64_t
assembler_probe_next(const struct assembler_probe *p)
{
	return p->target > ASSEMBLER_PROBE_FREE ? p->at : UINT64_MAX;
}

#endif /* ASSEMBLER_PROBE_H */
