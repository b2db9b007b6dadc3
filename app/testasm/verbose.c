/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_assembler_frame.h>

#include "fwd.h"

static void
verbose_frame(const struct testasm *t, const char *what, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_assembler_hdr *h = (const struct rte_assembler_hdr *)(eth + 1);
	char from[RTE_ETHER_ADDR_FMT_SIZE], to[RTE_ETHER_ADDR_FMT_SIZE];

	if (m->data_len < sizeof(*eth) + sizeof(*h) ||
			eth->ether_type != rte_cpu_to_be_16(t->conf.ether_type))
		return;
	rte_ether_format_addr(from, sizeof(from), &eth->src_addr);
	rte_ether_format_addr(to, sizeof(to), &eth->dst_addr);
	printf("%s %s > %s, %" PRIu32 " bytes, stream %u, seq %" PRIu32 ": %u %s%s%s\n", what,
		from, to, m->pkt_len, rte_be_to_cpu_16(h->stream), rte_be_to_cpu_32(h->seq),
		rte_be_to_cpu_16(h->count),
		h->flags & RTE_ASSEMBLER_FLAG_CTRL ? "control TLVs" : "packets",
		h->flags & RTE_ASSEMBLER_FLAG_LZ4 ? ", lz4" : "",
		h->flags & RTE_ASSEMBLER_FLAG_TIMER ? ", closed by time" : "");
}

void
verbose_frames(const struct testasm *t, const char *what, struct rte_mbuf *const *pkts,
	uint16_t nb)
{
	uint16_t i;

	for (i = 0; i < nb; i++)
		verbose_frame(t, what, pkts[i]);
}
