/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Reception of frames of one descriptor, four at a time with SSSE3. What is
 * not four good frames in a row is left to the scalar path.
 */

#include <rte_mbuf.h>
#include <rte_vect.h>

#include "asm82545.h"
#include "asm82545_rx.h"

#define FOUR 4

/* One store each fills the halves of what reception sets in an mbuf. */
static_assert(offsetof(struct rte_mbuf, ol_flags) ==
	offsetof(struct rte_mbuf, rearm_data) + 8, "rearm_data and ol_flags");
static_assert(offsetof(struct rte_mbuf, pkt_len) ==
	offsetof(struct rte_mbuf, rx_descriptor_fields1) + 4, "packet_type, pkt_len");
static_assert(offsetof(struct rte_mbuf, data_len) ==
	offsetof(struct rte_mbuf, rx_descriptor_fields1) + 8, "data_len, vlan_tci, hash");

/* What is the same for all fours of a burst. */
struct four_consts {
	__m128i want;    /* status bits of a good descriptor */
	__m128i look;    /* those that must be as wanted */
	__m128i max_len; /* bytes */
	__m128i rearm;   /* rearm_data, ol_flags 0 */
	__m128i fields;  /* descriptor to packet_type, pkt_len, data_len, ... */
};

static inline struct four_consts
four_consts(const struct asm82545_rxq *q)
{
	return (struct four_consts) {
		.want = _mm_set1_epi32((ASM82545_RXD_STAT_DD | ASM82545_RXD_STAT_EOP) >> 32),
		.look = _mm_set1_epi32((ASM82545_RXD_STAT_DD | ASM82545_RXD_STAT_EOP |
				ASM82545_RXD_ERR_FRAME) >> 32),
		.max_len = _mm_set1_epi32(q->max_len),
		.rearm = _mm_set_epi64x(0, q->rearm),
		.fields = _mm_set_epi8(-1, -1, -1, -1, -1, -1, 9, 8,
				-1, -1, 9, 8, -1, -1, -1, -1),
	};
}

/*
 * Whether all four words are frames that end in their descriptor (DD and EOP),
 * undamaged, and no longer than max_len: then nothing else need be looked at.
 */
static inline bool
four_are_good(const struct four_consts *k, __m128i w01, __m128i w23)
{
	__m128i status = _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(w01),
			_mm_castsi128_ps(w23), _MM_SHUFFLE(3, 1, 3, 1)));
	__m128i len = _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(w01),
			_mm_castsi128_ps(w23), _MM_SHUFFLE(2, 0, 2, 0)));
	__m128i good = _mm_cmpeq_epi32(_mm_and_si128(status, k->look), k->want);
	__m128i too_long = _mm_cmpgt_epi32(_mm_srli_epi32(_mm_slli_epi32(len, 16), 16),
			k->max_len);

	return _mm_movemask_ps(_mm_castsi128_ps(_mm_andnot_si128(too_long, good))) == 0xF;
}

static inline void
set_mbuf(const struct four_consts *k, struct rte_mbuf *m, __m128i desc)
{
	_mm_storeu_si128((__m128i *)(uintptr_t)&m->rearm_data, k->rearm);
	_mm_storeu_si128((__m128i *)(uintptr_t)&m->rx_descriptor_fields1,
		_mm_shuffle_epi8(desc, k->fields));
}

/* Fours of good frames from q->next on; returns how many frames. */
static inline uint32_t
recv_fours(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	const struct four_consts k = four_consts(q);
	const __m128i *d = (const __m128i *)(uintptr_t)&q->ring[q->next];
	struct rte_mbuf **sw = &q->sw_ring[q->next];
	struct rte_mbuf **first = pkts, **end = pkts + RTE_ALIGN_FLOOR(nb, FOUR);

	for (; pkts != end; pkts += FOUR, sw += FOUR, d += FOUR) {
		__m128i d0 = _mm_load_si128(&d[0]), d1 = _mm_load_si128(&d[1]);
		__m128i d2 = _mm_load_si128(&d[2]), d3 = _mm_load_si128(&d[3]);

		if (!four_are_good(&k, _mm_unpackhi_epi64(d0, d1), _mm_unpackhi_epi64(d2, d3)))
			break;
		/* The words above before the packets that the caller reads. */
		rte_io_rmb();
		set_mbuf(&k, pkts[0] = sw[0], d0);
		set_mbuf(&k, pkts[1] = sw[1], d1);
		set_mbuf(&k, pkts[2] = sw[2], d2);
		set_mbuf(&k, pkts[3] = sw[3], d3);
	}
	nb = pkts - first;
	q->next += nb;
	q->row_left -= nb;
	return nb;
}

static __rte_noinline uint16_t
recv_pkts(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct rte_mbuf **first = pkts, **end = pkts + nb_pkts;
	uint32_t row, done;

	while (pkts != end) {
		if (q->row_left == 0 && !asm82545_rx_row_start(q))
			break;
		row = RTE_MIN((uint32_t)(end - pkts), q->row_left);
		done = q->skip ? 0 : recv_fours(q, pkts, row);
		if (done < row && !q->skip)
			done += asm82545_rx_row(q, &pkts[done], row - done, false);
		pkts += done;
		if (done == row)
			continue;
		if (!(asm82545_desc_word(&q->ring[q->next]) & ASM82545_RXD_STAT_DD))
			break;
		*pkts = asm82545_rx_odd(q, false);
		pkts += *pkts != NULL;
	}
	asm82545_rx_flush(q);
	return pkts - first;
}

uint16_t
asm82545_recv_pkts_sse(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	int nb = nb_pkts == 1 ? asm82545_rx_one(rxq, pkts, false) : -1;

	return nb >= 0 ? nb : recv_pkts(rxq, pkts, nb_pkts);
}
