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
uint16_t asm82545_rx_end(struct asm82545_rxq *q, uint16_t nb_pkts);
struct rte_mbuf *asm82545_rx_odd(struct asm82545_rxq *q, bool offload);
uint64_t asm82545_rx_bad_l4(const struct rte_mbuf *m);
void asm82545_rx_put_tag_back(const struct asm82545_rxq *q, struct rte_mbuf *m,
		uint16_t tci);

/* Of a buffer as it comes from the pool, one of *len* bytes as received. */
static inline void
asm82545_rx_set(struct rte_mbuf *m, uint64_t rearm, uint16_t len)
{
	*(uint64_t *)(uintptr_t)&m->rearm_data = rearm;
	m->ol_flags = 0;
	m->packet_type = 0;
	m->pkt_len = len;
	m->data_len = len;
}

/* §3.2.9: what the chip has checked (without IXSM), and found. */
static inline uint64_t
asm82545_rx_csum_flags(const struct rte_mbuf *m, uint64_t word)
{
	uint64_t flags = 0;

	if (word & ASM82545_RXD_STAT_IPCS)
		flags |= word & ASM82545_RXD_ERR_IPE ? RTE_MBUF_F_RX_IP_CKSUM_BAD :
			RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (word & ASM82545_RXD_STAT_TCPCS)
		flags |= word & ASM82545_RXD_ERR_TCPE ? asm82545_rx_bad_l4(m) :
			RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return flags;
}

/* What the last descriptor of a frame says beyond its length. */
static inline void
asm82545_rx_set_offloads(const struct asm82545_rxq *q, struct rte_mbuf *m, uint64_t word)
{
	uint64_t flags = 0;

	if (!(word & ASM82545_RXD_STAT_IXSM) && q->csum)
		flags = asm82545_rx_csum_flags(m, word);
	if (word & ASM82545_RXD_STAT_VP) {
		uint16_t tci = word >> ASM82545_RXD_SPECIAL_S;

		if (unlikely(!q->vlan_strip)) {
			asm82545_rx_put_tag_back(q, m, tci);
		} else {
			flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
			m->vlan_tci = tci;
		}
	}
	m->ol_flags = flags;
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
asm82545_rx_is_good(uint64_t word, uint32_t max_len)
{
	return (word & ASM82545_RXD_GOOD_MASK) == ASM82545_RXD_GOOD &&
		asm82545_rxd_len(word) <= max_len;
}

/* Good frames from q->next on, up to *nb* of the row; returns how many. */
static __rte_always_inline uint32_t
asm82545_rx_row(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint32_t nb,
		const bool offload)
{
	const struct asm82545_desc *d = &q->ring[q->next];
	struct rte_mbuf **sw = &q->sw_ring[q->next];
	const uint64_t rearm = q->rearm;
	const uint32_t max_len = q->max_len;
	intptr_t i;

#pragma GCC unroll 2
	for (i = 0; i < nb; i++, d++) {
		uint64_t word = asm82545_desc_word(d);
		struct rte_mbuf *m = sw[i];

		if (unlikely(!asm82545_rx_is_good(word, max_len)))
			break;
		asm82545_rx_set(m, rearm, asm82545_rxd_len(word));
		if (offload)
			asm82545_rx_set_offloads(q, m, word);
		pkts[i] = m;
	}
	q->next += i;
	q->row_left -= i;
	return i;
}

/*
 * Receives frames as asm82545_rx_row() does, but as many at a time as vectors
 * hold, and stops where that many are not good.
 */
typedef uint32_t (*asm82545_rx_vec_t)(struct asm82545_rxq *q, struct rte_mbuf **pkts,
		uint32_t nb);

/*
 * A burst of frames of one descriptor, of which *done* are received already.
 * *vec* may be NULL.
 */
static __rte_always_inline uint16_t
asm82545_rx_rows(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		  uint32_t done, const asm82545_rx_vec_t vec, const bool offload)
{
	uint32_t nb = done, row;

	/* The next row is there when the burst has ended. */
	while ((q->row_left != 0 || asm82545_rx_row_start(q)) && nb != nb_pkts) {
		row = RTE_MIN(nb_pkts - nb, q->row_left);
		done = vec != NULL ? vec(q, &pkts[nb], row) : 0;
		if (done != row)
			done += asm82545_rx_row(q, &pkts[nb + done], row - done, offload);
		nb += done;
		if (done == row)
			continue;
		if (!(asm82545_desc_word(&q->ring[q->next]) & ASM82545_RXD_STAT_DD))
			break;
		pkts[nb] = asm82545_rx_odd(q, offload);
		nb += pkts[nb] != NULL;
	}
	asm82545_rx_flush(q);
	return nb;
}

/* The general way, to which asm82545_rx_vec_burst() leaves what is not simple. */
typedef uint16_t (*asm82545_rx_rows_t)(struct asm82545_rxq *q, struct rte_mbuf **pkts,
		uint16_t nb_pkts, uint32_t done);

/* A burst that the row has whole needs no call, and nothing saved on the stack. */
static __rte_always_inline uint16_t
asm82545_rx_vec_burst(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		      const asm82545_rx_vec_t vec, const asm82545_rx_rows_t rows)
{
	uint32_t done = 0;

	if (likely(nb_pkts <= q->row_left))
		done = vec(q, pkts, nb_pkts);
	if (unlikely(done != nb_pkts))
		return rows(q, pkts, nb_pkts, done);
	return q->row_left == 0 ? asm82545_rx_end(q, nb_pkts) : nb_pkts;
}

/*
 * For a program that polls for one packet at a time: that packet, where there
 * is one and nothing about it or the ring is special. Else -1: the general way.
 */
static __rte_always_inline int
asm82545_rx_single(struct asm82545_rxq *q, struct rte_mbuf **pkts, const bool offload)
{
	uint32_t next = q->next;
	uint64_t word;

	if (unlikely(q->row_left == 0))
		return -1;
	word = asm82545_desc_word(&q->ring[next]);
	if (!asm82545_rx_is_good(word, q->max_len))
		return word & ASM82545_RXD_STAT_DD ? -1 : 0;
	*pkts = q->sw_ring[next];
	asm82545_rx_set(*pkts, q->rearm, asm82545_rxd_len(word));
	if (offload)
		asm82545_rx_set_offloads(q, *pkts, word);
	q->next = next + 1;
	if (unlikely(--q->row_left == 0))
		return asm82545_rx_end(q, 1);
	return 1;
}

#endif /* ASM82545_RX_H */
