/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Transmission of plain packets, four at a time with SSE4.1. What is not four
 * plain packets of the queue's pool in a row is left to the scalar path.
 */

#include <rte_mbuf.h>
#include <rte_vect.h>

#include "asm82545.h"
#include "asm82545_tx.h"

#define FOUR 4u

/*
 * What is looked at of an mbuf, in 16-bit lanes: data_off, refcnt, nb_segs and
 * port, then data_len and, above it, ol_flags but its lowest 16 bits.
 */
#define LANE_LEN 4
static_assert(offsetof(struct rte_mbuf, data_off) % sizeof(__m128i) == 0, "lane 0");
static_assert(offsetof(struct rte_mbuf, refcnt) ==
	offsetof(struct rte_mbuf, data_off) + 2, "lane 1");
static_assert(offsetof(struct rte_mbuf, nb_segs) ==
	offsetof(struct rte_mbuf, data_off) + 4, "lane 2");
static_assert(offsetof(struct rte_mbuf, ol_flags) ==
	offsetof(struct rte_mbuf, data_off) + 8, "lanes 4 to 7");
static_assert((RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL) >> 48 == 0x6000, "lane 7");

static inline __m128i
lanes_of(const struct rte_mbuf *m)
{
	return _mm_insert_epi16(_mm_load_si128((const __m128i *)&m->data_off),
			m->data_len, LANE_LEN);
}

/* The descriptor: data_off and data_len stay of *lanes*, the rest is added. */
static inline void
put_desc(struct asm82545_desc *d, const struct rte_mbuf *m, __m128i lanes)
{
	const __m128i last = _mm_set_epi64x(ASM82545_TXD_LAST, 0);
	const __m128i off_word = _mm_blend_epi16(lanes, last, 0xEE);
	const __m128i iova = _mm_set_epi64x(0, rte_mbuf_iova_get(m));

	_mm_store_si128((__m128i *)d, _mm_add_epi64(iova, off_word));
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
fill_fours(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	const __m128i least = _mm_setr_epi16(0, 1, 1, 0, ASM82545_MIN_TX_LEN, 0, 0, 0);
	const __m128i most = _mm_insert_epi16(_mm_setr_epi16(-1, 1, 1, -1, 0, -1, -1, 0x1FFF),
			q->max_desc_len, LANE_LEN);
	const struct rte_mempool *pool = q->pool;
	struct asm82545_desc *d = &q->ring[q->tail];
	struct rte_mbuf **sw = &q->sw_ring[q->tail];
	struct rte_mbuf **first = pkts, **end = pkts + RTE_ALIGN_FLOOR(nb, FOUR);

	for (; pkts != end; pkts += FOUR, sw += FOUR, d += FOUR) {
		struct rte_mbuf *m0 = pkts[0], *m1 = pkts[1], *m2 = pkts[2], *m3 = pkts[3];
		__m128i l0 = lanes_of(m0), l1 = lanes_of(m1);
		__m128i l2 = lanes_of(m2), l3 = lanes_of(m3);
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
		_mm_storeu_si128((__m128i *)&sw[0], _mm_loadu_si128((const __m128i *)&pkts[0]));
		_mm_storeu_si128((__m128i *)&sw[2], _mm_loadu_si128((const __m128i *)&pkts[2]));
	}
	nb = pkts - first;
	q->tail += nb;
	q->row_left -= nb;
	return nb;
}

static inline uint32_t
fill(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	uint32_t done = fill_fours(q, pkts, nb), scalar = FOUR;

	while (unlikely(done != nb) && scalar == FOUR) {
		scalar = asm82545_tx_fill(q, &pkts[done], RTE_MIN(nb - done, FOUR));
		done += scalar;
		done += fill_fours(q, &pkts[done], nb - done);
	}
	return done;
}

/* The general way, *done* packets being in the row already. */
static __rte_noinline uint16_t
xmit_rows(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts, uint32_t done)
{
	return asm82545_tx_rows(q, pkts, nb_pkts, done, fill, false);
}

/* A burst that is all plain and fits into the row has nothing to save on the stack. */
static __rte_noinline uint16_t
xmit_pkts(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	uint32_t done = 0;

	if (likely(nb_pkts <= q->row_left))
		done = fill_fours(q, pkts, nb_pkts);
	if (likely(done == nb_pkts && done != 0))
		return asm82545_tx_end(q, nb_pkts);
	return xmit_rows(q, pkts, nb_pkts, done);
}

uint16_t
asm82545_xmit_pkts_sse(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	if (nb_pkts == 1 && asm82545_tx_single_put(txq, pkts[0]))
		return asm82545_tx_single_end(txq);
	return xmit_pkts(txq, pkts, nb_pkts);
}
