/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Reception of frames of one descriptor, four at a time with AVX2: as
 * asm82545_rx_sse.c does it, with two descriptors in a vector, and one store
 * for all that is set in an mbuf.
 */

#include <string.h>

#include <rte_mbuf.h>
#include <rte_vect.h>

#include "asm82545.h"
#include "asm82545_rx_vec.h"

#define FOUR 4u

static_assert(offsetof(struct rte_mbuf, ol_flags) ==
	offsetof(struct rte_mbuf, rearm_data) + 8, "rearm_data and ol_flags");
static_assert(offsetof(struct rte_mbuf, rx_descriptor_fields1) ==
	offsetof(struct rte_mbuf, rearm_data) + 16, "and then what the descriptor says");
static_assert(offsetof(struct rte_mbuf, pkt_len) ==
	offsetof(struct rte_mbuf, rx_descriptor_fields1) + 4, "packet_type, pkt_len");
static_assert(offsetof(struct rte_mbuf, data_len) ==
	offsetof(struct rte_mbuf, rx_descriptor_fields1) + 8, "data_len, vlan_tci, hash");

/*
 * Whether all four are frames that end in their descriptor (DD and EOP),
 * undamaged, and no longer than max_len: then nothing else need be looked at.
 */
static inline bool
are_good(__m256i d01, __m256i d23, __m256i max_len)
{
	const __m256i look = _mm256_set1_epi64x(ASM82545_RXD_LEN_M | ASM82545_RXD_GOOD_MASK);
	const __m256i want = _mm256_set1_epi64x(ASM82545_RXD_GOOD);
	const __m256i words = _mm256_unpackhi_epi64(d01, d23);
	const __m256i differ = _mm256_xor_si256(_mm256_and_si256(words, look), want);
	const __m256i bad = _mm256_subs_epu16(differ, max_len);

	return _mm256_testz_si256(bad, bad);
}

/* rearm_data with ol_flags 0, and the descriptors' lengths in their two places. */
static inline void
set_two(struct rte_mbuf *m0, struct rte_mbuf *m1, __m256i d01, __m256i rearm)
{
	const __m128i places = _mm_set_epi8(-1, -1, -1, -1, -1, -1, 9, 8,
			-1, -1, 9, 8, -1, -1, -1, -1);
	const __m256i shuffle = _mm256_broadcastsi128_si256(places);
	const __m256i fields = _mm256_shuffle_epi8(d01, shuffle);

	_mm256_storeu_si256((__m256i *)(uintptr_t)&m0->rearm_data,
		_mm256_inserti128_si256(rearm, _mm256_castsi256_si128(fields), 1));
	_mm256_storeu_si256((__m256i *)(uintptr_t)&m1->rearm_data,
		_mm256_blend_epi32(rearm, fields, 0xF0));
}

/* Good frames of the row, four at a time; returns how many. */
static inline uint32_t
asm82545_rx_vec_fours(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	const __m256i max_len = _mm256_set1_epi64x(q->max_len);
	const __m256i rearm = _mm256_set_epi64x(0, 0, 0, q->rearm);
	const struct asm82545_desc *d = &q->ring[q->next];
	struct rte_mbuf **sw = &q->sw_ring[q->next];
	struct rte_mbuf **first = pkts, **end = pkts + RTE_ALIGN_FLOOR(nb, FOUR);

	for (; pkts != end; pkts += FOUR, sw += FOUR, d += FOUR) {
		__m256i d01 = _mm256_loadu_si256((const __m256i *)&d[0]);
		__m256i d23 = _mm256_loadu_si256((const __m256i *)&d[2]);

		if (!are_good(d01, d23, max_len))
			break;
		/* The words above before the packets that the caller reads. */
		rte_io_rmb();
		set_two(sw[0], sw[1], d01, rearm);
		set_two(sw[2], sw[3], d23, rearm);
		memcpy(pkts, sw, FOUR * sizeof(pkts[0]));
	}
	nb = pkts - first;
	q->next += nb;
	q->row_left -= nb;
	return nb;
}

uint16_t
asm82545_recv_pkts_avx2(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_rx_vec_recv(rxq, pkts, nb_pkts);
}
