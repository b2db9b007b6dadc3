/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_probe.h"

/* Tries of a size before it counts as failed. */
#define TRIES 3
/* Tries in a keepalive interval, as a shift. */
#define TIMEOUT_SHIFT 2
/* Keepalive intervals between two probes of the size in use, as a shift. */
#define REST_SHIFT 2
/* The search ends where the failed size is not more than so many bytes away. */
#define STEP 64
/* Rests after which a longer size is tried again. */
#define RESTS 32

void
assembler_probe_begin(struct assembler_probe *p, uint16_t target, uint64_t now,
		uint64_t interval)
{
	/* Answers to earlier probes must not count. */
	const uint32_t id = p->id + TRIES;

	*p = (struct assembler_probe){
		.at = now,
		.timeout = interval >> TIMEOUT_SHIFT,
		.rest = interval << REST_SHIFT,
		.id = id,
		.target = target,
		.proven = ASSEMBLER_PROBE_FREE,
	};
}

/* Nothing longer is worth a try for the time being. */
static bool
is_settled(const struct assembler_probe *p)
{
	if (p->failed == 0)
		return p->proven >= p->target;
	return p->failed - p->proven <= STEP;
}

static void
rest(struct assembler_probe *p, uint64_t now)
{
	p->at = now + p->rest;
	if (++p->rests < RESTS)
		return;
	p->rests = 0;
	p->failed = 0;
}

static void
size_failed(struct assembler_probe *p)
{
	if (p->size <= p->proven)
		p->proven = ASSEMBLER_PROBE_FREE;
	p->failed = p->size;
	p->tries = 0;
}

/* The next size to try; 0: none before the next rest is over. */
static uint16_t
size_choose(const struct assembler_probe *p)
{
	if (!is_settled(p))
		return p->failed == 0 ? p->target : (p->proven + p->failed) >> 1;
	return p->proven > ASSEMBLER_PROBE_FREE ? p->proven : 0;
}

bool
assembler_probe_due(struct assembler_probe *p, uint64_t now)
{
	if (p->target <= ASSEMBLER_PROBE_FREE || now < p->at)
		return false;
	if (p->tries == TRIES)
		size_failed(p);
	if (p->tries == 0)
		p->size = size_choose(p);
	if (p->size == 0) {
		rest(p, now);
		return false;
	}
	p->tries++;
	p->id++;
	p->at = now + p->timeout;
	return true;
}

bool
assembler_probe_acked(struct assembler_probe *p, uint32_t id, uint16_t bytes, uint64_t now)
{
	/* Any of the tries will do: all were of this size. */
	if (p->id - id >= p->tries || bytes != p->size)
		return false;
	p->tries = 0;
	p->proven = p->size;
	if (is_settled(p))
		rest(p, now);
	else
		p->at = now;
	return true;
}
