/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Transmission of plain packets, four at a time with AVX2: as asm82545_tx_sse.c
 * does it, with two packets in a vector.
 */

#include "asm82545_tx_vec.h"

#define FOUR 4u

static inline __m256i
two(__m128i a, __m128i b)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
}

/* The descriptors: data_off and data_len stay of *lanes*, the rest is added. */
static inline void
put_two(struct asm82545_desc *d, const struct rte_mbuf *m0, const struct rte_mbuf *m1,
	__m256i lanes)
{
	const __m256i last = _mm256_set_epi64x(ASM82545_TXD_LAST, 0, ASM82545_TXD_LAST, 0);
	const __m256i iova = _mm256_set_epi64x(0, rte_mbuf_iova_get(m1),
			0, rte_mbuf_iova_get(m0));

	lanes = _mm256_blend_epi16(lanes, last, ASM82545_TX_LANES_CONST);
	_mm256_storeu_si256((__m256i *)d, _mm256_add_epi64(iova, lanes));
}

/* Whether all lanes are from those of *least* to those of *most*. */
static inline bool
in_range(__m256i low, __m256i high, __m256i least, __m256i most)
{
	const __m256i out = _mm256_or_si256(_mm256_subs_epu16(least, low),
			_mm256_subs_epu16(high, most));

	return _mm256_testz_si256(out, out);
}

/* Plain packets of the queue's pool, four at a time; returns how many. */
static inline uint32_t
asm82545_tx_vec_fours(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	const __m256i least = _mm256_broadcastsi128_si256(asm82545_tx_lanes_least());
	const __m256i most = _mm256_broadcastsi128_si256(asm82545_tx_lanes_most(q));
	const struct rte_mempool *pool = q->pool;
	struct asm82545_desc *d = &q->ring[q->tail];
	struct rte_mbuf **sw = &q->sw_ring[q->tail];
	struct rte_mbuf **first = pkts, **end = pkts + RTE_ALIGN_FLOOR(nb, FOUR);

	for (; pkts != end; pkts += FOUR, sw += FOUR, d += FOUR) {
		struct rte_mbuf *m0 = pkts[0], *m1 = pkts[1], *m2 = pkts[2], *m3 = pkts[3];
		__m256i l01 = two(asm82545_tx_lanes(m0), asm82545_tx_lanes(m1));
		__m256i l23 = two(asm82545_tx_lanes(m2), asm82545_tx_lanes(m3));

		if (unlikely(!in_range(_mm256_min_epu16(l01, l23), _mm256_max_epu16(l01, l23),
					least, most) ||
				m0->pool != pool || m1->pool != pool ||
				m2->pool != pool || m3->pool != pool))
			break;
		put_two(&d[0], m0, m1, l01);
		put_two(&d[2], m2, m3, l23);
		memcpy(sw, pkts, FOUR * sizeof(sw[0]));
	}
	nb = pkts - first;
	q->tail += nb;
	q->row_left -= nb;
	return nb;
}

uint16_t
asm82545_xmit_pkts_avx2(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_tx_vec_xmit(txq, pkts, nb_pkts);
}
