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

/* Whether *m* is nobody else's and not made of another one's memory. */
static inline bool
tx_is_own(const struct rte_mbuf *m)
{
	return rte_mbuf_refcnt_read(m) == 1 && asm82545_tx_foreign(m->ol_flags) == 0;
}

/* Free what the slots from head to *last*, inclusive, hold. */
static void
tx_free_slots(struct asm82545_txq *q, uint32_t last)
{
	uint32_t nb_desc = q->nb_desc, slot = q->head, nb = 0;
	uint32_t end = last + 1 == nb_desc ? 0 : last + 1;
	struct rte_mempool *pool = NULL;
	struct rte_mbuf **sw = q->sw_ring;
	void *batch[TX_FREE_BATCH];

	q->nb_free += last >= slot ? last + 1 - slot : last + 1 + nb_desc - slot;
	q->head = end;
	do {
		struct rte_mbuf *m = sw[slot];

		slot = slot + 1 == nb_desc ? 0 : slot + 1;
		if (m == NULL)
			continue;
		if (likely(m->pool == pool && tx_is_own(m) && nb < TX_FREE_BATCH)) {
			m->next = NULL;
			m->nb_segs = 1;
			batch[nb++] = m;
			continue;
		}
		if (nb != 0)
			rte_mempool_put_bulk(pool, batch, nb);
		nb = 0;
		m = rte_pktmbuf_prefree_seg(m);
		if (m == NULL)
			continue;
		pool = m->pool;
		batch[nb++] = m;
	} while (slot != end);
	if (nb != 0)
		rte_mempool_put_bulk(pool, batch, nb);
}

/* A group of the usual size is copied by code that knows its size. */
#define USUAL_GROUP 32

/* The same for mbufs of one pool, each of one segment that nobody else holds. */
static inline void
tx_free_plain(struct asm82545_txq *q, const struct asm82545_tx_rs *rs)
{
	void **bufs = (void **)&q->sw_ring[q->head];
	uint32_t nb = rs->slot + 1 - q->head;

	if (likely(nb == USUAL_GROUP))
		rte_mempool_put_bulk(rs->pool, bufs, USUAL_GROUP);
	else
		rte_mempool_put_bulk(rs->pool, bufs, nb);
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
 * with the ring, with the next RS, or where the room does. The next one begins
 * where the last one has ended. False: there is no room.
 */
bool
asm82545_tx_row_next(struct asm82545_txq *q)
{
	uint32_t row;

	if (q->tail == q->nb_desc)
		q->tail = 0;
	asm82545_tx_report(q);
	if (q->nb_free < q->free_thresh || q->nb_free <= ASM82545_TX_GAP)
		asm82545_tx_reclaim(q);
	if (unlikely(q->nb_free <= ASM82545_TX_GAP))
		return false;
	row = RTE_MIN(q->rs_thresh - q->nb_since_rs, q->nb_desc - q->tail);
	row = RTE_MIN(row, q->nb_free - ASM82545_TX_GAP);
	q->row_left = row;
	q->nb_free -= row;
	q->nb_since_rs += row;
	return true;
}

/* The end of a burst, with RS where it is due: the chip gets *nb_pkts* packets. */
uint16_t
asm82545_tx_end(struct asm82545_txq *q, uint16_t nb_pkts)
{
	if (q->row_left == 0)
		asm82545_tx_row_next(q);
	asm82545_mmio_write(q->bar0, ASM82545_TDT, q->tail);
	return nb_pkts;
}

/* Give back what of the row was not used. */
static inline void
tx_row_cancel(struct asm82545_txq *q)
{
	q->nb_free += q->row_left;
	q->nb_since_rs -= q->row_left;
	q->row_left = 0;
}

/* In pieces where a descriptor must not be that long. */
static __rte_noinline void
tx_split_segments(struct asm82545_txq *q, struct rte_mbuf *m, uint64_t word)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;
		rte_iova_t iova = rte_pktmbuf_iova(m);
		uint32_t len = m->data_len;

		for (; len > q->max_desc_len; len -= q->max_desc_len) {
			asm82545_tx_put(q, NULL, iova, word | q->max_desc_len);
			iova += q->max_desc_len;
		}
		asm82545_tx_put(q, m, iova, word | len);
		m = next;
	}
}

/* What is held by somebody else must stay as it is. */
static inline void
tx_unlink(struct asm82545_txq *q, struct rte_mbuf *m)
{
	if (rte_mbuf_refcnt_read(m) != 1) {
		q->odd = 1;
		return;
	}
	m->next = NULL;
	m->nb_segs = 1;
}

/*
 * The chain is taken apart where its segments are nobody else's, so that they
 * can go back to their pool as they are.
 */
static inline void
tx_put_segments(struct asm82545_txq *q, struct rte_mbuf *m, uint64_t word)
{
	struct rte_mempool *pool = q->pool;
	struct asm82545_desc *d = &q->ring[q->tail], *end = &q->ring[q->nb_desc];
	struct rte_mbuf **sw = &q->sw_ring[q->tail], *next;
	uint64_t ol_flags = 0;

	q->nb_free -= m->nb_segs;
	q->nb_since_rs += m->nb_segs;
	do {
		next = m->next;
		ol_flags |= m->ol_flags;
		if (unlikely(m->pool != pool))
			asm82545_tx_other_pool(q, pool = m->pool);
		if (likely(asm82545_tx_is_sole(m)))
			m->next = NULL;
		else
			tx_unlink(q, m);
		asm82545_desc_fill(d, rte_pktmbuf_iova(m), word | m->data_len);
		*sw = m;
		m = next;
		d++;
		sw++;
		if (unlikely(d == end)) {
			d = q->ring;
			sw = q->sw_ring;
		}
	} while (m != NULL);
	q->tail = d - q->ring;
	q->odd |= asm82545_tx_foreign(ol_flags);
}

/*
 * The segments of a packet, and zeros behind a short one. *word* is what their
 * descriptors have in common.
 */
void
asm82545_tx_put_segments(struct asm82545_txq *q, struct rte_mbuf *m, uint64_t word)
{
	uint32_t pkt_len = m->pkt_len;

	if (likely(pkt_len <= q->max_desc_len)) {
		tx_put_segments(q, m, word);
	} else {
		tx_split_segments(q, m, word);
		q->odd = 1;
	}
	if (unlikely(pkt_len < ASM82545_MIN_TX_LEN)) {
		asm82545_tx_put(q, NULL, q->pad_iova,
			word | (ASM82545_MIN_TX_LEN - pkt_len));
		q->odd = 1;
	}
	q->ring[asm82545_tx_prev(q, q->tail)].word |= RTE_LE64(ASM82545_TXD_LAST);
}

/* A packet that is not plain, without offloads. */
static enum asm82545_tx_result
tx_one(struct asm82545_txq *q, struct rte_mbuf *m)
{
	uint32_t descs = asm82545_tx_count(q, m);

	if (unlikely(descs == 0))
		return ASM82545_TX_UNSENDABLE;
	if (unlikely(!asm82545_tx_has_room(q, descs)))
		return ASM82545_TX_NO_ROOM;
	asm82545_tx_put_segments(q, m, 0);
	asm82545_tx_report(q);
	return ASM82545_TX_SENT;
}

/* Packets that are not plain, or not planned, up to the first that is both. */
uint32_t
asm82545_tx_others(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb,
		   bool offload)
{
	uint32_t i = 0;

	tx_row_cancel(q);
	do {
		struct rte_mbuf *m = pkts[i];
		enum asm82545_tx_result ret = offload ?
			asm82545_tx_one_offload(q, m) : tx_one(q, m);

		if (ret == ASM82545_TX_NO_ROOM)
			break;
		if (unlikely(ret == ASM82545_TX_UNSENDABLE)) {
			q->nb_dropped++;
			rte_pktmbuf_free(m);
		}
		i++;
	} while (i < nb && (!asm82545_tx_is_sole(pkts[i]) ||
			(offload && !asm82545_tx_is_planned(pkts[i], q->plan_flags,
				q->plan_lens))));
	return i;
}

/* A burst of one packet that is not plain: it needs no row. */
__rte_noinline uint16_t
asm82545_tx_single_other(struct asm82545_txq *q, struct rte_mbuf **pkts, bool offload)
{
	if (q->nb_free < q->free_thresh)
		asm82545_tx_reclaim(q);
	if (asm82545_tx_others(q, pkts, 1, offload) == 0)
		return 0;
	asm82545_mmio_write(q->bar0, ASM82545_TDT, q->tail);
	return 1;
}

/* As asm82545_tx_row_fill(), for where it is seldom needed. */
__rte_noinline uint32_t
asm82545_tx_fill(struct asm82545_txq *q, struct rte_mbuf **pkts, uint32_t nb)
{
	return asm82545_tx_row_fill(q, pkts, nb, false);
}

static __rte_noinline uint16_t
xmit_pkts(struct asm82545_txq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_tx_rows(q, pkts, nb_pkts, 0, NULL, false);
}

uint16_t
asm82545_xmit_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	if (nb_pkts == 1)
		return asm82545_tx_single(txq, pkts, xmit_pkts);
	return xmit_pkts(txq, pkts, nb_pkts);
}

/* With checksums, TCP segmentation and VLAN insertion. */
uint16_t
asm82545_xmit_offload_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	if (nb_pkts == 1 && pkts[0]->nb_segs != 1)
		return asm82545_tx_single_other(txq, pkts, true);
	return asm82545_tx_rows(txq, pkts, nb_pkts, 0, NULL, true);
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
	q->plan_lens = 0;
	q->plan_word = 0;
	q->ctx_flags = 0;
	q->ctx_offload = 0;
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
