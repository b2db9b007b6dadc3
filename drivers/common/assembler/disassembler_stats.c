/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Statistics of the receiving end, which any lcore may read while another one counts. */

#include <errno.h>

#include <rte_cycles.h>

#include "disassembler_private.h"

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_stats_get, 26.11)
void
rte_disassembler_stats_get(const struct rte_disassembler *d, struct rte_disassembler_stats *stats)
{
	const struct disassembler_counters *c = &d->stats;
	unsigned int i;

	*stats = (struct rte_disassembler_stats){
		.frames = assembler_load_relaxed(&c->frames),
		.packets = assembler_load_relaxed(&c->packets),
		.bytes = assembler_load_relaxed(&c->bytes),
		.native = assembler_load_relaxed(&c->native),
		.control = assembler_load_relaxed(&c->control),
		.not_mine = assembler_load_relaxed(&c->not_mine),
		.lost_frames = assembler_load_relaxed(&c->lost_frames),
		.duplicate = assembler_load_relaxed(&c->duplicate),
		.late = assembler_load_relaxed(&c->late),
		.no_mbuf = assembler_load_relaxed(&c->no_mbuf),
	};
	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++)
		stats->dropped[i] = assembler_load_relaxed(&c->dropped[i]);
}

/* Another lcore's clock may be a little ahead of this one's. */
static uint64_t
age_ms(const struct disassembler_peer *p)
{
	const uint64_t heard = assembler_load_relaxed(&p->heard);
	const uint64_t now = rte_rdtsc();

	return now < heard ? 0 : assembler_cycles_to_ns(now - heard) / (NS_PER_S / MS_PER_S);
}

/* Returns false where there is no peer. */
static bool
peer_stats(const struct disassembler_peer *p, struct rte_disassembler_peer_stats *stats)
{
	/* A9: pairs with R9 in rte_disassembler_peer_add(). */
	const union assembler_peer peer = { .word = assembler_load_acquire(&p->peer) };

	*stats = (struct rte_disassembler_peer_stats){
		.addr = peer.addr,
		.accepted = peer.known,
		.age_ms = age_ms(p),
		.frames = assembler_load_relaxed(&p->frames),
		.packets = assembler_load_relaxed(&p->packets),
		.bytes = assembler_load_relaxed(&p->bytes),
		.dropped = assembler_load_relaxed(&p->dropped),
		.control = assembler_load_relaxed(&p->control),
		.lost_frames = assembler_load_relaxed(&p->lost_frames),
		.duplicate = assembler_load_relaxed(&p->duplicate),
		.late = assembler_load_relaxed(&p->late),
		.no_mbuf = assembler_load_relaxed(&p->no_mbuf),
	};
	return peer.word != 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_peer_stats_iterate, 26.11)
int
rte_disassembler_peer_stats_iterate(const struct rte_disassembler *d, uint32_t *next,
		struct rte_disassembler_peer_stats *stats)
{
	while (*next < RTE_DISASSEMBLER_MAX_PEERS)
		if (peer_stats(&d->peer[(*next)++], stats))
			return 0;
	return -ENOENT;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_peer_stats_get, 26.11)
int
rte_disassembler_peer_stats_get(const struct rte_disassembler *d,
		const struct rte_ether_addr *peer, struct rte_disassembler_peer_stats *stats)
{
	uint32_t next = 0;
	int ret;

	/* Not by the table, which may change meanwhile. */
	do {
		ret = rte_disassembler_peer_stats_iterate(d, &next, stats);
	} while (ret == 0 && !rte_is_same_ether_addr(&stats->addr, peer));
	return ret;
}
