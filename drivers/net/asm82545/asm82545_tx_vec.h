/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_TX_VEC_H
#define ASM82545_TX_VEC_H

/*
 * What the transmit paths with vectors share: what makes a packet plain for them,
 * and what a burst does around their own part.
 */

#include <string.h>

#include <rte_mbuf.h>
#include <rte_vect.h>

#include "asm82545.h"
#include "asm82545_tx.h"

/*
 * What is looked at of an mbuf, in 16-bit lanes: data_off, refcnt, nb_segs and
 * port, then data_len and, above it, ol_flags but its lowest 16 bits.
 */
#define ASM82545_TX_LANE_LEN 4
static_assert(offsetof(struct rte_mbuf, data_off) % sizeof(__m128i) == 0, "lane 0");
static_assert(offsetof(struct rte_mbuf, refcnt) ==
	offsetof(struct rte_mbuf, data_off) + 2, "lane 1");
static_assert(offsetof(struct rte_mbuf, nb_segs) ==
	offsetof(struct rte_mbuf, data_off) + 4, "lane 2");
static_assert(offsetof(struct rte_mbuf, ol_flags) ==
	offsetof(struct rte_mbuf, data_off) + 8, "lanes 4 to 7");
static_assert((RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL) >> 48 == 0x6000, "lane 7");

static inline __m128i
asm82545_tx_lanes(const struct rte_mbuf *m)
{
	return _mm_insert_epi16(_mm_load_si128((const __m128i *)&m->data_off),
			m->data_len, ASM82545_TX_LANE_LEN);
}

/* What the lanes of a plain packet are at least and at most. */
static inline __m128i
asm82545_tx_lanes_least(void)
{
	return _mm_setr_epi16(0, 1, 1, 0, ASM82545_MIN_TX_LEN, 0, 0, 0);
}

static inline __m128i
asm82545_tx_lanes_most(const struct asm82545_txq *q)
{
	return _mm_insert_epi16(_mm_setr_epi16(-1, 1, 1, -1, 0, -1, -1, 0x1FFF),
			q->max_desc_len, ASM82545_TX_LANE_LEN);
}

/* The lanes that the descriptor does not take from the mbuf, for blends of 16 bits. */
#define ASM82545_TX_LANES_CONST 0xEE

/*
 * The path's own part: plain packets of the queue's pool, four at a time;
 * returns how many.
 */
static inline uint32_t asm82545_tx_vec_fours(struct asm82545_txq *q, struct rte_mbuf **pkts,
		uint32_t nb);

static __rte_noinline uint16_t
asm82545_tx_vec_rows(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		     uint32_t done)
{
	return asm82545_tx_rows(q, pkts, nb_pkts, done, asm82545_tx_vec_fours, false);
}

static __rte_noinline uint16_t
asm82545_tx_vec_pkts(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_tx_vec_burst(q, pkts, nb_pkts, asm82545_tx_vec_fours,
			asm82545_tx_vec_rows);
}

static __rte_always_inline uint16_t
asm82545_tx_vec_xmit(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	if (nb_pkts == 1)
		return asm82545_tx_single(q, pkts, asm82545_tx_vec_pkts);
	return asm82545_tx_vec_pkts(q, pkts, nb_pkts);
}

#endif /* ASM82545_TX_VEC_H */
