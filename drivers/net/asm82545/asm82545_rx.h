/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_RX_H
#define ASM82545_RX_H

/* What the receive paths share, see asm82545_rx.c. */

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "asm82545.h"

/* Status and errors of a whole and undamaged frame in one descriptor. */
#define ASM82545_RXD_GOOD       (ASM82545_RXD_STAT_DD | ASM82545_RXD_STAT_EOP)
#define ASM82545_RXD_GOOD_MASK  (ASM82545_RXD_GOOD | ASM82545_RXD_ERR_FRAME)

bool asm82545_rx_row_start(struct asm82545_rxq *q);
struct rte_mbuf *asm82545_rx_odd(struct asm82545_rxq *q, bool offload);
void asm82545_rx_set_offloads(const struct asm82545_rxq *q, struct rte_mbuf *m,
		uint64_t word);

/* Of a buffer as it comes from the pool, one of *len* bytes as received. */
static inline void
asm82545_rx_set(const struct asm82545_rxq *q, struct rte_mbuf *m, uint16_t len)
{
	*(uint64_t *)(uintptr_t)&m->rearm_data = q->rearm;
	m->ol_flags = 0;
	m->packet_type = 0;
	m->pkt_len = len;
	m->data_len = len;
}

/* At the end of a burst: one tail write for all that was filled in it. */
static inline void
asm82545_rx_flush(struct asm82545_rxq *q)
{
	if (q->fill != q->posted)
		asm82545_rx_post(q);
}

/* Whether nothing but the length and the offloads need be looked at. */
static inline bool
asm82545_rx_is_good(const struct asm82545_rxq *q, uint64_t word)
{
	return (word & ASM82545_RXD_GOOD_MASK) == ASM82545_RXD_GOOD &&
		asm82545_rxd_len(word) <= q->max_len;
}

/* Good frames from q->next on, up to *nb* of the row; returns how many. */
static __rte_always_inline uint32_t
asm82545_rx_row(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint32_t nb,
		const bool offload)
{
	const struct asm82545_desc *d = &q->ring[q->next];
	struct rte_mbuf **sw = &q->sw_ring[q->next];
	uint32_t i;

	for (i = 0; i < nb; i++) {
		uint64_t word = asm82545_desc_word(&d[i]);
		struct rte_mbuf *m = sw[i];

		if (unlikely(!asm82545_rx_is_good(q, word)))
			break;
		asm82545_rx_set(q, m, asm82545_rxd_len(word));
		if (offload)
			asm82545_rx_set_offloads(q, m, word);
		pkts[i] = m;
	}
	q->next += i;
	q->row_left -= i;
	return i;
}

/*
 * For a program that polls for one packet at a time: that packet, where there
 * is one and nothing about it or the ring is special. Else -1: the general way.
 */
static __rte_always_inline int
asm82545_rx_one(struct asm82545_rxq *q, struct rte_mbuf **pkts, const bool offload)
{
	uint64_t word;

	if (unlikely(q->row_left == 0 || q->skip))
		return -1;
	word = asm82545_desc_word(&q->ring[q->next]);
	if (!asm82545_rx_is_good(q, word))
		return word & ASM82545_RXD_STAT_DD ? -1 : 0;
	*pkts = q->sw_ring[q->next];
	asm82545_rx_set(q, *pkts, asm82545_rxd_len(word));
	if (offload)
		asm82545_rx_set_offloads(q, *pkts, word);
	q->next++;
	q->row_left--;
	return 1;
}

#endif /* ASM82545_RX_H */
