/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Transmission of plain packets, four at a time with SSE4.1. What is not four
 * plain packets of the queue's pool in a row is left to the scalar path.
 */

#include "asm82545_tx_vec.h"

#define FOUR 4u

/* The descriptor: data_off and data_len stay of *lanes*, the rest is added. */
static inline void
put_desc(struct asm82545_desc *d, const struct rte_mbuf *m, __m128i lanes)
{
	const __m128i last = _mm_set_epi64x(ASM82545_TXD_LAST, 0);
	const __m128i iova = _mm_set_epi64x(0, rte_mbuf_iova_get(m));

	lanes = _mm_blend_epi16(lanes, last, ASM82545_TX_LANES_CONST);
	_mm_store_si128((__m128i *)d, _mm_add_epi64(iova, lanes));
}

/* Whether all lanes are from those of *least* to those of *most*. */
static inline bool
in_range(__m128i low, __m128i high, __m128i least, __m128i most)
{
	const __m128i out = _mm_or_si128(_mm_subs_epu16(least, low),
			_mm_subs_epu16(high, most));

	return _mm_testz_si128(out, out);
}

/* Plain packets of the queue's pool, four at a time; returns how many. */
static inline uint32_t
asm82545_tx_vec_fours(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	const __m128i least = asm82545_tx_lanes_least(), most = asm82545_tx_lanes_most(q);
	const struct rte_mempool *pool = q->pool;
	struct asm82545_desc *d = &q->ring[q->tail];
	struct rte_mbuf **sw = &q->sw_ring[q->tail];
	struct rte_mbuf **first = pkts, **end = pkts + RTE_ALIGN_FLOOR(nb, FOUR);

	for (; pkts != end; pkts += FOUR, sw += FOUR, d += FOUR) {
		struct rte_mbuf *m0 = pkts[0], *m1 = pkts[1], *m2 = pkts[2], *m3 = pkts[3];
		__m128i l0 = asm82545_tx_lanes(m0), l1 = asm82545_tx_lanes(m1);
		__m128i l2 = asm82545_tx_lanes(m2), l3 = asm82545_tx_lanes(m3);
		__m128i low = _mm_min_epu16(l0, l1), high = _mm_max_epu16(l0, l1);

		low = _mm_min_epu16(_mm_min_epu16(low, l2), l3);
		high = _mm_max_epu16(_mm_max_epu16(high, l2), l3);
		if (unlikely(!in_range(low, high, least, most) ||
				m0->pool != pool || m1->pool != pool ||
				m2->pool != pool || m3->pool != pool))
			break;
		put_desc(&d[0], m0, l0);
		put_desc(&d[1], m1, l1);
		put_desc(&d[2], m2, l2);
		put_desc(&d[3], m3, l3);
		memcpy(sw, pkts, FOUR * sizeof(sw[0]));
	}
	nb = pkts - first;
	q->tail += nb;
	q->row_left -= nb;
	return nb;
}

uint16_t
asm82545_xmit_pkts_sse(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_tx_vec_xmit(txq, pkts, nb_pkts);
}
