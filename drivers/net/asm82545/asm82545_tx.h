/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_TX_H
#define ASM82545_TX_H

/* What the transmit paths share: filling descriptors, RS, room. */

#include <string.h>

#include <rte_mbuf.h>

#include "asm82545.h"

/* §3.3.3: IFCS is valid with EOP, on the last descriptor. */
#define ASM82545_TXD_LAST (ASM82545_TXD_CMD_EOP | ASM82545_TXD_CMD_IFCS)

static inline uint32_t
asm82545_tx_next(const struct asm82545_txq *q, uint32_t slot)
{
	return slot + 1 == q->nb_desc ? 0 : slot + 1;
}

static inline uint32_t
asm82545_tx_prev(const struct asm82545_txq *q, uint32_t slot)
{
	return (slot == 0 ? q->nb_desc : slot) - 1;
}

/*
 * Whether *m* has one segment that nobody else holds. Two loads: a program has just
 * written either field, and one load of both would wait for the store buffer.
 */
static inline bool
asm82545_tx_is_sole(const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && rte_mbuf_refcnt_read(m) == 1;
}

/* Whether the mbuf is no part of another one and has no memory from outside. */
static inline uint64_t
asm82545_tx_foreign(uint64_t ol_flags)
{
	return ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);
}

/* The next packets are expected to be of this one. */
static inline void
asm82545_tx_other_pool(struct asm82545_txq *q, struct rte_mempool *pool)
{
	q->pool = pool;
	q->odd = 1;
}

/* What an offload context depends on beside the lengths in tx_offload. */
#define ASM82545_TX_CONTEXT_FLAGS (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK | \
	RTE_MBUF_F_TX_IPV4)
/* What makes two packets differ in more than their tag. */
#define ASM82545_TX_PLAN_FLAGS (ASM82545_TX_CONTEXT_FLAGS | RTE_MBUF_F_TX_TCP_SEG)
/* No packet has these. */
#define ASM82545_TX_NO_PLAN    UINT64_MAX

/* §3.3.3, §3.3.7: the tag that the chip is to insert. */
static inline uint64_t
asm82545_tx_vlan_word(const struct rte_mbuf *m)
{
	if (!(m->ol_flags & RTE_MBUF_F_TX_VLAN))
		return 0;
	return ASM82545_TXD_CMD_VLE | (uint64_t)m->vlan_tci << ASM82545_TXD_SPECIAL_S;
}

static inline void
asm82545_tx_put(struct asm82545_txq *q, struct rte_mbuf *m, rte_iova_t iova, uint64_t word)
{
	uint32_t tail = q->tail;

	asm82545_desc_fill(&q->ring[tail], iova, word);
	q->sw_ring[tail] = m;
	q->tail = asm82545_tx_next(q, tail);
	q->nb_free--;
	q->nb_since_rs++;
}

/* What became of a packet. */
enum asm82545_tx_result {
	ASM82545_TX_SENT,
	ASM82545_TX_UNSENDABLE, /* by this chip */
	ASM82545_TX_NO_ROOM,    /* yet */
};

void asm82545_tx_put_segments(struct asm82545_txq *q, struct rte_mbuf *m, uint64_t word);
enum asm82545_tx_result asm82545_tx_one_offload(struct asm82545_txq *q,
		struct rte_mbuf *m);

/*
 * After the last descriptor of a packet, which is the chip's only with the
 * tail: ask for its status where rs_thresh descriptors have come together.
 */
static inline void
asm82545_tx_report(struct asm82545_txq *q)
{
	uint32_t slot;

	if (q->nb_since_rs < q->rs_thresh)
		return;
	slot = asm82545_tx_prev(q, q->tail);
	q->ring[slot].word |= RTE_LE64(ASM82545_TXD_CMD_RS);
	q->rs[q->rs_tail].slot = slot;
	q->rs[q->rs_tail].pool = q->odd == 0 ? q->pool : NULL;
	q->rs_tail = asm82545_tx_next(q, q->rs_tail);
	q->nb_since_rs = 0;
	q->odd = 0;
}

/* Packets that scalar code does where vectors met one that they cannot do. */
#define ASM82545_TX_BETWEEN 4u

uint32_t asm82545_tx_fill(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb);
uint16_t asm82545_tx_single_other(struct asm82545_txq *q, struct rte_mbuf **pkts,
		bool offload);
uint16_t asm82545_tx_end(struct asm82545_txq *q, uint16_t nb_pkts);
bool asm82545_tx_row_next(struct asm82545_txq *q);
uint32_t asm82545_tx_others(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb,
		bool offload);

/*
 * Whether *m* takes one descriptor: one segment, which nobody else holds, of a
 * length from ASM82545_MIN_TX_LEN to *spread* above it, which needs neither
 * padding nor splitting.
 */
static inline bool
asm82545_tx_is_plain(const struct rte_mbuf *m, uint32_t spread)
{
	return asm82545_tx_is_sole(m) && (uint32_t)m->data_len - ASM82545_MIN_TX_LEN <= spread;
}

/*
 * The lengths of the headers before the L4 one, which are all that a context
 * without segmentation depends on. Programs have just written them as two bit
 * fields: a wider load would wait until those have left the store buffer.
 */
static inline uint16_t
asm82545_tx_header_lens(const struct rte_mbuf *m)
{
	return (uint16_t)(m->l2_len | m->l3_len << RTE_MBUF_L2_LEN_BITS);
}

/* Whether the chip needs no other context for *m*: see the queue's plan. */
static inline bool
asm82545_tx_is_planned(const struct rte_mbuf *m, uint64_t plan_flags, uint16_t plan_lens)
{
	uint64_t flags = m->ol_flags & ASM82545_TX_PLAN_FLAGS;

	return flags == plan_flags && (flags == 0 || asm82545_tx_header_lens(m) == plan_lens);
}

/* Plain packets, up to *nb* of the row; returns how many. */
static __rte_always_inline uint32_t
asm82545_tx_row_fill(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb,
		     const bool offload)
{
	struct rte_mempool *pool = q->pool;
	const uint32_t spread = q->max_spread;
	const uint64_t plan_flags = q->plan_flags;
	const uint16_t plan_lens = q->plan_lens;
	const uint64_t plan_word = offload ? q->plan_word : 0;
	struct asm82545_desc *d = &q->ring[q->tail];
	struct rte_mbuf **sw = &q->sw_ring[q->tail];
	uint64_t ol_flags = 0;
	intptr_t i;

#pragma GCC unroll 4
	for (i = 0; i < nb; i++, d++) {
		struct rte_mbuf *m = pkts[i];
		uint64_t word = ASM82545_TXD_LAST | plan_word;

		if (unlikely(!asm82545_tx_is_plain(m, spread) ||
				(offload && !asm82545_tx_is_planned(m, plan_flags, plan_lens))))
			break;
		if (unlikely(m->pool != pool))
			asm82545_tx_other_pool(q, pool = m->pool);
		if (offload)
			word |= asm82545_tx_vlan_word(m);
		ol_flags |= m->ol_flags;
		asm82545_desc_fill(d, rte_pktmbuf_iova(m), m->data_len | word);
		sw[i] = m;
	}
	q->odd |= asm82545_tx_foreign(ol_flags);
	q->tail += i;
	q->row_left -= i;
	return i;
}

/*
 * Fills descriptors as asm82545_tx_row_fill() does, but as many at a time as
 * vectors hold, and stops where that many packets are not plain.
 */
typedef uint32_t (*asm82545_tx_vec_t)(struct asm82545_txq *q, struct rte_mbuf **pkts,
		uint32_t nb);

/* Up to *nb* descriptors of the row; what vectors cannot do goes in between. */
static __rte_always_inline uint32_t
asm82545_tx_vec_fill(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb,
		     const asm82545_tx_vec_t vec)
{
	uint32_t done = vec(q, pkts, nb), scalar = ASM82545_TX_BETWEEN;

	while (unlikely(done != nb) && scalar == ASM82545_TX_BETWEEN) {
		scalar = asm82545_tx_fill(q, &pkts[done], RTE_MIN(nb - done, scalar));
		done += scalar;
		done += vec(q, &pkts[done], nb - done);
	}
	return done;
}

/* A burst, of which *done* are in the row already. *vec* may be NULL. */
static __rte_always_inline uint16_t
asm82545_tx_rows(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		  uint32_t done, const asm82545_tx_vec_t vec, const bool offload)
{
	uint32_t nb = done, row;

	while (nb != nb_pkts) {
		if (q->row_left == 0 && !asm82545_tx_row_next(q))
			break;
		row = RTE_MIN(nb_pkts - nb, q->row_left);
		done = vec != NULL ? asm82545_tx_vec_fill(q, &pkts[nb], row, vec) :
			asm82545_tx_row_fill(q, &pkts[nb], row, offload);
		nb += done;
		if (likely(done == row))
			continue;
		done = asm82545_tx_others(q, &pkts[nb], nb_pkts - nb, offload);
		nb += done;
		if (done == 0)
			break;
	}
	return likely(nb != 0) ? asm82545_tx_end(q, nb) : 0;
}

/* The general way, to which asm82545_tx_vec_burst() leaves what is not simple. */
typedef uint16_t (*asm82545_tx_rows_t)(struct asm82545_txq *q, struct rte_mbuf **pkts,
		uint16_t nb_pkts, uint32_t done);

/* A burst that is all plain and fits into the row has nothing to save on the stack. */
static __rte_always_inline uint16_t
asm82545_tx_vec_burst(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		      const asm82545_tx_vec_t vec, const asm82545_tx_rows_t rows)
{
	uint32_t done = 0;

	if (likely(nb_pkts <= q->row_left))
		done = vec(q, pkts, nb_pkts);
	if (likely(done == nb_pkts && done != 0))
		return asm82545_tx_end(q, nb_pkts);
	return rows(q, pkts, nb_pkts, done);
}

/* Whether nothing about a single packet or the row is special; it is in the ring then. */
static __rte_always_inline bool
asm82545_tx_single_put(struct asm82545_txq *q, struct rte_mbuf *m)
{
	uint32_t tail = q->tail;
	uint64_t len = m->data_len;

	if (unlikely(q->row_left == 0 || !asm82545_tx_is_sole(m) || m->pool != q->pool ||
			asm82545_tx_foreign(m->ol_flags) != 0 ||
			len - ASM82545_MIN_TX_LEN > q->max_spread))
		return false;
	asm82545_desc_fill(&q->ring[tail], rte_pktmbuf_iova(m), len | ASM82545_TXD_LAST);
	q->sw_ring[tail] = m;
	return true;
}

/* The chip gets it. */
static __rte_always_inline uint16_t
asm82545_tx_single_end(struct asm82545_txq *q)
{
	q->tail++;
	if (unlikely(--q->row_left == 0))
		return asm82545_tx_end(q, 1);
	asm82545_mmio_write(q->bar0, ASM82545_TDT, q->tail);
	return 1;
}

/* A burst of one packet; *general* for what is special about it or the row. */
static __rte_always_inline uint16_t
asm82545_tx_single(struct asm82545_txq *q, struct rte_mbuf **pkts,
		uint16_t (*general)(struct asm82545_txq *, struct rte_mbuf **, uint16_t))
{
	if (likely(asm82545_tx_single_put(q, pkts[0])))
		return asm82545_tx_single_end(q);
	if (pkts[0]->nb_segs != 1)
		return asm82545_tx_single_other(q, pkts, false);
	return general(q, pkts, 1);
}

static inline bool
asm82545_tx_has_room(struct asm82545_txq *q, uint32_t nb)
{
	if (likely(q->nb_free >= nb + ASM82545_TX_GAP))
		return true;
	asm82545_tx_reclaim(q);
	return q->nb_free >= nb + ASM82545_TX_GAP;
}

/*
 * Descriptors for a packet that is not segmented by the chip, at most; 0: it
 * cannot be sent. A split into pieces of max_desc_len, never below 1024, makes
 * no more of them than each started KiB does.
 */
static inline uint32_t
asm82545_tx_count(const struct asm82545_txq *q, const struct rte_mbuf *m)
{
	uint32_t nb = m->nb_segs + (m->pkt_len < ASM82545_MIN_TX_LEN);

	if (unlikely(q->max_desc_len < ASM82545_MAX_TX_LEN))
		nb += m->pkt_len / 1024;
	return m->pkt_len != 0 && m->pkt_len <= ASM82545_MAX_TX_LEN &&
		nb <= q->max_descs ? nb : 0;
}

#endif /* ASM82545_TX_H */
