/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Who sent what to the disassembler: sums that outlive it, as those of stats.c do. */

#include <inttypes.h>
#include <stdio.h>

#include "testasm.h"

/* The sums that struct rte_disassembler_peer_stats ends with. */
#define SUMS_BEGIN offsetof(struct rte_disassembler_peer_stats, frames)
#define NB_SUMS ((sizeof(struct rte_disassembler_peer_stats) - SUMS_BEGIN) / sizeof(uint64_t))

/* NULL: further ones are in the sums of all only. */
static struct rte_disassembler_peer_stats *
peer_entry(struct stats_peers *peers, const struct rte_ether_addr *addr)
{
	uint32_t i;

	for (i = 0; i < peers->nb; i++)
		if (rte_is_same_ether_addr(&peers->peer[i].addr, addr))
			return &peers->peer[i];
	if (i == TESTASM_PEERS)
		return NULL;
	peers->nb++;
	peers->peer[i] = (struct rte_disassembler_peer_stats){ .addr = *addr };
	return &peers->peer[i];
}

void
stats_peers_add(const struct testasm *t, struct stats_peers *peers)
{
	struct rte_disassembler_peer_stats one, *sum;
	const uint64_t *more = RTE_PTR_ADD(&one, SUMS_BEGIN);
	uint64_t *sums;
	uint32_t next = 0;
	size_t i;

	for (i = 0; i < peers->nb; i++)
		peers->peer[i].accepted = false;
	while (rte_disassembler_peer_stats_iterate(t->disassembler, &next, &one) == 0) {
		sum = peer_entry(peers, &one.addr);
		if (sum == NULL)
			continue;
		sum->accepted = one.accepted;
		sums = RTE_PTR_ADD(sum, SUMS_BEGIN);
		for (i = 0; i < NB_SUMS; i++)
			sums[i] += more[i];
	}
}

void
stats_peers_negate(struct stats_peers *peers)
{
	uint64_t *sums;
	uint32_t i;
	size_t j;

	for (i = 0; i < peers->nb; i++) {
		sums = RTE_PTR_ADD(&peers->peer[i], SUMS_BEGIN);
		for (j = 0; j < NB_SUMS; j++)
			sums[j] = -sums[j];
	}
}

void
stats_peers_print(const struct stats_peers *peers)
{
	const struct rte_disassembler_peer_stats *p;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	uint32_t i;

	for (i = 0; i < peers->nb; i++) {
		p = &peers->peer[i];
		rte_ether_format_addr(mac, sizeof(mac), &p->addr);
		printf("  from %s%s: frames %" PRIu64 ", packets %" PRIu64 ", dropped %" PRIu64
			", lost frames %" PRIu64 ", duplicate %" PRIu64 ", late %" PRIu64 "\n",
			mac, p->accepted ? "" : " (removed)", p->frames, p->packets, p->dropped,
			p->lost_frames, p->duplicate, p->late);
	}
}
