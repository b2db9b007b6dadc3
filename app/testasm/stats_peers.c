/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Who sent what to the disassembler, and what the assembler made for whom: sums that
 * outlive both, as those of stats.c do.
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_cycles.h>

#include "testasm.h"

/* The sums in the two structures; addresses are what both begin with. */
#define SENDER_SUMS offsetof(struct rte_disassembler_peer_stats, frames)
#define NB_SENDER_SUMS \
	((sizeof(struct rte_disassembler_peer_stats) - SENDER_SUMS) / sizeof(uint64_t))
#define RECEIVER_SUMS offsetof(struct rte_assembler_peer_stats, packets)
#define NB_RECEIVER_SUMS \
	((offsetof(struct rte_assembler_peer_stats, closes.hold_p50_us) - RECEIVER_SUMS) / \
	sizeof(uint64_t))

static uint64_t
now_ms(void)
{
	return rte_get_timer_cycles() / (rte_get_timer_hz() / MS_PER_S);
}

/*
 * The place in *rows*, of *size* bytes each, for the address: from *first* on where it
 * stands, or a new one. TESTASM_PEERS: further ones are in the sums of all only.
 */
static uint32_t
row_place(const void *rows, size_t size, uint32_t first, uint32_t nb,
	const struct rte_ether_addr *addr)
{
	uint32_t i;

	for (i = first; i < nb; i++)
		if (rte_is_same_ether_addr(RTE_PTR_ADD(rows, i * size), addr))
			break;
	return i;
}

static void
senders_add(const struct testasm *t, struct stats_peers *peers)
{
	struct rte_disassembler_peer_stats one, *sum;
	uint32_t i, next = 0;

	for (i = 0; i < peers->nb_senders; i++)
		peers->sender[i].accepted = false;
	while (rte_disassembler_peer_stats_iterate(t->disassembler, &next, &one) == 0) {
		i = row_place(peers->sender, sizeof(*sum), 0, peers->nb_senders, &one.addr);
		if (i == TESTASM_PEERS)
			continue;
		peers->nb_senders = RTE_MAX(peers->nb_senders, i + 1);
		sum = &peers->sender[i];
		sum->addr = one.addr;
		sum->accepted = one.accepted;
		stats_sums_add(RTE_PTR_ADD(sum, SENDER_SUMS), RTE_PTR_ADD(&one, SENDER_SUMS),
			NB_SENDER_SUMS);
		peers->heard_ms[i] = now_ms() - one.age_ms;
	}
}

/* The default peer comes first, whatever its address. */
static void
receivers_add(const struct testasm *t, struct stats_peers *peers)
{
	struct rte_assembler_peer_stats one, *sum;
	uint32_t i, next = 0;

	for (i = 0; i < peers->nb_receivers; i++)
		peers->receiver[i].known = false;
	while (rte_assembler_peer_stats_iterate(t->assembler, &next, &one) == 0) {
		i = one.is_default ? 0 : row_place(peers->receiver, sizeof(*sum), 1,
			peers->nb_receivers, &one.addr);
		if (i == TESTASM_PEERS)
			continue;
		peers->nb_receivers = RTE_MAX(peers->nb_receivers, i + 1);
		sum = &peers->receiver[i];
		sum->addr = one.addr;
		sum->is_default = one.is_default;
		sum->known = one.known;
		stats_sums_add(RTE_PTR_ADD(sum, RECEIVER_SUMS), RTE_PTR_ADD(&one, RECEIVER_SUMS),
			NB_RECEIVER_SUMS);
		if (one.frames == 0)
			continue;
		sum->closes.hold_p50_us = one.closes.hold_p50_us;
		sum->closes.hold_p99_us = one.closes.hold_p99_us;
		sum->closes.hold_max_us = one.closes.hold_max_us;
	}
}

void
stats_peers_add(const struct testasm *t, struct stats_peers *peers)
{
	uint32_t i;

	if (t->assembler != NULL)
		receivers_add(t, peers);
	if (t->disassembler != NULL)
		senders_add(t, peers);
	/* Time goes on for those that have gone, too. */
	for (i = 0; i < peers->nb_senders; i++)
		peers->sender[i].age_ms = now_ms() - peers->heard_ms[i];
}

void
stats_peers_negate(struct stats_peers *peers)
{
	uint32_t i;

	for (i = 0; i < peers->nb_senders; i++)
		stats_sums_negate(RTE_PTR_ADD(&peers->sender[i], SENDER_SUMS), NB_SENDER_SUMS);
	for (i = 0; i < peers->nb_receivers; i++)
		stats_sums_negate(RTE_PTR_ADD(&peers->receiver[i], RECEIVER_SUMS),
			NB_RECEIVER_SUMS);
}

void
stats_closes_print(const struct rte_assembler_closes *closes)
{
	printf("    hold time p50 %u us, p99 %u us, max %u us; ", closes->hold_p50_us,
		closes->hold_p99_us, closes->hold_max_us);
	stats_counts_print(&stats_flushed, closes->flushed, 0);
}

void
stats_receivers_print(const struct stats_peers *peers)
{
	const struct rte_assembler_peer_stats *p;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	uint32_t i;

	for (i = 0; i < peers->nb_receivers; i++) {
		p = &peers->receiver[i];
		rte_ether_format_addr(mac, sizeof(mac), &p->addr);
		printf("  to %s%s%s: frames %" PRIu64 ", packets %" PRIu64 "\n",
			rte_is_zero_ether_addr(&p->addr) ? "nobody" : mac,
			p->is_default ? " (default)" : "", p->known ? "" : " (natively)",
			p->frames, p->packets);
		stats_closes_print(&p->closes);
	}
}

void
stats_senders_print(const struct stats_peers *peers)
{
	const struct rte_disassembler_peer_stats *p;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	uint32_t i;

	for (i = 0; i < peers->nb_senders; i++) {
		p = &peers->sender[i];
		rte_ether_format_addr(mac, sizeof(mac), &p->addr);
		printf("  from %s%s: frames %" PRIu64 ", packets %" PRIu64 ", dropped %" PRIu64
			", lost frames %" PRIu64 ", duplicate %" PRIu64 ", late %" PRIu64
			"; last frame %" PRIu64 " ms ago\n", mac, p->accepted ? "" : " (removed)",
			p->frames, p->packets, p->dropped, p->lost_frames, p->duplicate, p->late,
			p->age_ms);
	}
}
