/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Transmission. [head, tail) are the descriptors in use. Every rs_thresh of
 * them the last descriptor of a packet asks for its status (RS); such slots
 * are remembered in a FIFO, and the DD that the chip writes there completes
 * all slots up to it (§3.3.3, §3.4.2).
 */

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>

#include "asm82545.h"
#include "asm82545_tx.h"

/* mbufs that go back to a pool at a time */
#define TX_FREE_BATCH 64

struct free_batch {
	struct rte_mempool *pool;
	uint16_t nb;
	void *mbufs[TX_FREE_BATCH];
};

static inline void
free_batch_flush(struct free_batch *b)
{
	if (b->nb != 0)
		rte_mempool_put_bulk(b->pool, b->mbufs, b->nb);
	b->nb = 0;
}

/* A mbuf that goes to another pool than the one before, or not to a pool yet. */
static __rte_noinline void
free_batch_turn(struct free_batch *b, struct rte_mbuf *m)
{
	free_batch_flush(b);
	m = rte_pktmbuf_prefree_seg(m);
	if (m == NULL)
		return;
	b->pool = m->pool;
	b->mbufs[b->nb++] = m;
}

static inline void
free_batch_add(struct free_batch *b, struct rte_mbuf *m)
{
	if (unlikely(rte_mbuf_refcnt_read(m) != 1 || asm82545_tx_foreign(m->ol_flags) ||
			m->pool != b->pool || b->nb == TX_FREE_BATCH)) {
		free_batch_turn(b, m);
		return;
	}
	m->next = NULL;
	m->nb_segs = 1;
	b->mbufs[b->nb++] = m;
}

/* Free what the slots from head to *last*, inclusive, hold. */
static void
tx_free_slots(struct asm82545_txq *q, uint32_t last)
{
	struct free_batch b = { .nb = 0 };
	uint32_t slot = q->head;
	uint32_t end = asm82545_tx_next(q, last);
	uint16_t nb = 0;

	do {
		struct rte_mbuf *m = q->sw_ring[slot];

		if (m != NULL)
			free_batch_add(&b, m);
		slot = asm82545_tx_next(q, slot);
		nb++;
	} while (slot != end);
	free_batch_flush(&b);
	q->head = end;
	q->nb_free += nb;
}

/* The same for mbufs of one pool, each of one segment that nobody else holds. */
static inline void
tx_free_plain(struct asm82545_txq *q, const struct asm82545_tx_rs *rs)
{
	uint32_t nb = rs->slot + 1 - q->head;

	rte_mempool_put_bulk(rs->pool, (void **)&q->sw_ring[q->head], nb);
	q->head = asm82545_tx_next(q, rs->slot);
	q->nb_free += nb;
}

/*
 * Free what the chip has sent. Returns the number of descriptors freed.
 * §3.4: "Checking the transmit descriptor DD bit in memory eliminates a
 * potential race condition": TDH is never read.
 */
uint32_t
asm82545_tx_reclaim(struct asm82545_txq *q)
{
	uint32_t before = q->nb_free;

	while (q->rs_head != q->rs_tail) {
		const struct asm82545_tx_rs *rs = &q->rs[q->rs_head];

		if (!(asm82545_desc_word(&q->ring[rs->slot]) & ASM82545_TXD_STAT_DD))
			break;
		if (likely(rs->pool != NULL && rs->slot >= q->head))
			tx_free_plain(q, rs);
		else
			tx_free_slots(q, rs->slot);
		q->rs_head = asm82545_tx_next(q, q->rs_head);
	}
	return q->nb_free - before;
}

/*
 * A row is slots that are set aside to be filled one after the other: it ends
 * with the ring, with the next RS, or where the room does.
 */
static __rte_noinline bool
tx_row_start(struct asm82545_txq *q, struct rte_mempool *pool)
{
	uint32_t row = q->rs_thresh - q->nb_since_rs;

	if (q->nb_free < q->free_thresh || q->nb_free <= ASM82545_TX_GAP)
		asm82545_tx_reclaim(q);
	if (unlikely(q->nb_free <= ASM82545_TX_GAP))
		return false;
	if (q->nb_since_rs == 0)
		q->pool = pool;
	row = RTE_MIN(row, q->nb_desc - q->tail);
	row = RTE_MIN(row, q->nb_free - ASM82545_TX_GAP);
	q->row_left = row;
	q->nb_free -= row;
	q->nb_since_rs += row;
	return true;
}

static __rte_noinline void
tx_row_end(struct asm82545_txq *q)
{
	if (q->tail == q->nb_desc)
		q->tail = 0;
	asm82545_tx_report(q);
}

/* Give back what of the row was not used. */
static inline void
tx_row_cancel(struct asm82545_txq *q)
{
	q->nb_free += q->row_left;
	q->nb_since_rs -= q->row_left;
	q->row_left = 0;
}

/* A packet that is not plain. False: no room, it stays the caller's. */
static __rte_noinline bool
tx_one(struct asm82545_txq *q, struct rte_mbuf *m)
{
	uint32_t descs = asm82545_tx_count(q, m);

	if (unlikely(descs == 0)) {
		q->nb_dropped++;
		rte_pktmbuf_free(m);
		return true;
	}
	tx_row_cancel(q);
	if (unlikely(!asm82545_tx_has_room(q, descs)))
		return false;
	asm82545_tx_put_segments(q, m, 0);
	q->odd = 1;
	asm82545_tx_report(q);
	return true;
}

/*
 * Whether *m* takes one descriptor and goes back to *pool* as it is: one
 * segment that nobody else holds, of a length from ASM82545_MIN_TX_LEN to
 * *spread* above it, which needs neither padding nor splitting. Indirect and external ones are the caller's to find.
 */
static inline bool
tx_is_plain(const struct rte_mbuf *m, const struct rte_mempool *pool, uint32_t spread)
{
	return asm82545_tx_is_sole(m) && m->pool == pool &&
		(uint32_t)m->data_len - ASM82545_MIN_TX_LEN <= spread;
}

/*
 * Plain packets, up to *nb* of the row; returns how many. Not inlined: it has
 * as many values to keep as there are registers.
 */
static __rte_noinline uint32_t
tx_row_fill(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	const struct rte_mempool *pool = q->pool;
	const uint32_t spread = q->max_spread;
	struct asm82545_desc *d = &q->ring[q->tail];
	struct rte_mbuf **sw = &q->sw_ring[q->tail];
	uint64_t ol_flags = 0;
	intptr_t i;

#pragma GCC unroll 4
	for (i = 0; i < nb; i++, d++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(!tx_is_plain(m, pool, spread)))
			break;
		ol_flags |= m->ol_flags;
		asm82545_desc_fill(d, rte_pktmbuf_iova(m), m->data_len | ASM82545_TXD_LAST);
		sw[i] = m;
	}
	q->odd |= asm82545_tx_foreign(ol_flags);
	q->tail += i;
	q->row_left -= i;
	return i;
}

static __rte_noinline uint16_t
xmit_pkts(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct rte_mbuf **first = pkts, **end = pkts + nb_pkts;

	while (pkts != end) {
		uint32_t row, done;

		if (q->row_left == 0 && !tx_row_start(q, (*pkts)->pool))
			break;
		row = RTE_MIN((uint32_t)(end - pkts), q->row_left);
		done = tx_row_fill(q, pkts, row);
		pkts += done;
		if (q->row_left == 0)
			tx_row_end(q);
		if (unlikely(done < row)) {
			if (!tx_one(q, *pkts))
				break;
			pkts++;
		}
	}
	if (likely(pkts != first))
		asm82545_mmio_write(q->bar0, ASM82545_TDT, q->tail);
	return pkts - first;
}

/*
 * A program that sends one packet at a time has it in the ring here, where
 * nothing about it or the row is special.
 */
uint16_t
asm82545_xmit_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct asm82545_txq *q = txq;
	struct rte_mbuf *m;
	uint32_t tail;

	if (nb_pkts != 1 || q->row_left <= 1)
		return xmit_pkts(q, pkts, nb_pkts);
	m = pkts[0];
	if (unlikely(!tx_is_plain(m, q->pool, q->max_spread) || asm82545_tx_foreign(m->ol_flags)))
		return xmit_pkts(q, pkts, nb_pkts);
	tail = q->tail++;
	q->row_left--;
	asm82545_desc_fill(&q->ring[tail], rte_pktmbuf_iova(m),
		m->data_len | ASM82545_TXD_LAST);
	q->sw_ring[tail] = m;
	asm82545_mmio_write(q->bar0, ASM82545_TDT, tail + 1);
	return 1;
}

/* The oldest slot with EOP from *slot* on, before *end*; *end*: there is none. */
static uint32_t
tx_find_eop(const struct asm82545_txq *q, uint32_t slot, uint32_t end)
{
	while (slot != end &&
			!(asm82545_desc_word(&q->ring[slot]) & ASM82545_TXD_CMD_EOP))
		slot = asm82545_tx_next(q, slot);
	return slot;
}

/*
 * Free up to *nb_pkts* packets, 0: all, that the chip has sent. Returns how
 * many. A context descriptor has no EOP of its own.
 */
uint32_t
asm82545_tx_cleanup(struct asm82545_txq *q, uint32_t nb_pkts)
{
	uint32_t nb = 0;

	while (q->rs_head != q->rs_tail && (nb_pkts == 0 || nb < nb_pkts)) {
		uint32_t rs = q->rs[q->rs_head].slot;
		uint32_t eop = tx_find_eop(q, q->head, q->tail);

		if (!(asm82545_desc_word(&q->ring[rs]) & ASM82545_TXD_STAT_DD))
			break;
		if (eop == rs)
			q->rs_head = asm82545_tx_next(q, q->rs_head);
		tx_free_slots(q, eop);
		nb++;
	}
	return nb;
}

/* After the chip has stopped: everything in the ring is freed. */
void
asm82545_tx_drain(struct asm82545_txq *q)
{
	if (q->head != q->tail)
		tx_free_slots(q, asm82545_tx_prev(q, q->tail));
	q->head = 0;
	q->tail = 0;
	q->nb_free = q->nb_desc;
	q->nb_since_rs = 0;
	q->row_left = 0;
	q->odd = 0;
	q->rs_head = 0;
	q->rs_tail = 0;
	q->after_tso = false;
	q->plan_flags = 0;
	q->plan_offload = 0;
}

/* How far *slot* is from the oldest one in use. */
static inline uint32_t
tx_distance(const struct asm82545_txq *q, uint32_t slot)
{
	return slot >= q->head ? slot - q->head : slot + q->nb_desc - q->head;
}

/*
 * Whether the chip has sent what slot *slot* holds: the first slot with RS at
 * or after it tells. True for a slot that is not in use.
 */
bool
asm82545_tx_slot_done(const struct asm82545_txq *q, uint16_t slot)
{
	uint32_t at = tx_distance(q, slot);
	uint32_t i;

	if (at >= tx_distance(q, q->tail))
		return true;
	for (i = q->rs_head; i != q->rs_tail; i = asm82545_tx_next(q, i)) {
		uint32_t rs = q->rs[i].slot;

		if (tx_distance(q, rs) >= at)
			return asm82545_desc_word(&q->ring[rs]) & ASM82545_TXD_STAT_DD;
	}
	return false;
}
