/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Reception of frames of one descriptor, four at a time with SSE4.1. What is
 * not four good frames in a row is left to the scalar path.
 */

#include <rte_mbuf.h>
#include <rte_vect.h>

#include "asm82545.h"
#include "asm82545_rx_vec.h"

#define FOUR 4u

/* One store each fills the halves of what reception sets in an mbuf. */
static_assert(offsetof(struct rte_mbuf, ol_flags) ==
	offsetof(struct rte_mbuf, rearm_data) + 8, "rearm_data and ol_flags");
static_assert(offsetof(struct rte_mbuf, pkt_len) ==
	offsetof(struct rte_mbuf, rx_descriptor_fields1) + 4, "packet_type, pkt_len");
static_assert(offsetof(struct rte_mbuf, data_len) ==
	offsetof(struct rte_mbuf, rx_descriptor_fields1) + 8, "data_len, vlan_tci, hash");

/* How far the next four descriptors are good. */
static inline __m128i
limits(const struct asm82545_rxq *q)
{
	/* Two lengths, and two times no more status bits than wanted, twice. */
	return _mm_set1_epi64x((uint64_t)q->max_len << 16 | q->max_len);
}

/*
 * Whether all four are frames that end in their descriptor (DD and EOP),
 * undamaged, and no longer than max_len: then nothing else need be looked at.
 */
static inline bool
are_good(__m128i d0, __m128i d1, __m128i d2, __m128i d3, __m128i most)
{
	const __m128i look = _mm_set1_epi64x(0xFFFFFFFF |
			(ASM82545_RXD_GOOD_MASK | ASM82545_RXD_GOOD_MASK << 16));
	const __m128i want = _mm_set1_epi64x(ASM82545_RXD_GOOD | ASM82545_RXD_GOOD << 16);
	const __m128i words01 = _mm_unpackhi_epi64(d0, d1);
	const __m128i words23 = _mm_unpackhi_epi64(d2, d3);
	/* Lanes: length of 0, of 2, status of 0, of 2; the same of 1 and 3. */
	const __m128i lanes = _mm_blend_epi16(words01, _mm_slli_epi64(words23, 16), 0xAA);
	const __m128i differ = _mm_xor_si128(_mm_and_si128(lanes, look), want);
	const __m128i bad = _mm_subs_epu16(differ, most);

	return _mm_testz_si128(bad, bad);
}

/* rearm_data with ol_flags 0, and the descriptor's length in its two places. */
static inline void
set_mbuf(struct rte_mbuf *m, __m128i desc, __m128i rearm)
{
	const __m128i fields = _mm_set_epi8(-1, -1, -1, -1, -1, -1, 9, 8,
			-1, -1, 9, 8, -1, -1, -1, -1);

	_mm_store_si128((__m128i *)(uintptr_t)&m->rearm_data, rearm);
	_mm_store_si128((__m128i *)(uintptr_t)&m->rx_descriptor_fields1,
		_mm_shuffle_epi8(desc, fields));
}

/* Good frames of the row, four at a time; returns how many. */
static inline uint32_t
asm82545_rx_vec_fours(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	const __m128i most = limits(q), rearm = _mm_set_epi64x(0, q->rearm);
	const __m128i *d = (const __m128i *)(uintptr_t)&q->ring[q->next];
	struct rte_mbuf **sw = &q->sw_ring[q->next];
	struct rte_mbuf **first = pkts, **end = pkts + RTE_ALIGN_FLOOR(nb, FOUR);

	for (; pkts != end; pkts += FOUR, sw += FOUR, d += FOUR) {
		__m128i d0 = _mm_load_si128(&d[0]), d1 = _mm_load_si128(&d[1]);
		__m128i d2 = _mm_load_si128(&d[2]), d3 = _mm_load_si128(&d[3]);

		if (!are_good(d0, d1, d2, d3, most))
			break;
		/* The words above before the packets that the caller reads. */
		rte_io_rmb();
		set_mbuf(pkts[0] = sw[0], d0, rearm);
		set_mbuf(pkts[1] = sw[1], d1, rearm);
		set_mbuf(pkts[2] = sw[2], d2, rearm);
		set_mbuf(pkts[3] = sw[3], d3, rearm);
	}
	nb = pkts - first;
	q->next += nb;
	q->row_left -= nb;
	return nb;
}

uint16_t
asm82545_recv_pkts_sse(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_rx_vec_recv(rxq, pkts, nb_pkts);
}
