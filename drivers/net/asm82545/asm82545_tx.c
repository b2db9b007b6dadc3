/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Transmission. [head, tail) are the descriptors in use. Every rs_thresh of
 * them the last descriptor of a packet asks for its status (RS); such slots
 * are remembered in a FIFO, and the DD that the chip writes there completes
 * all slots up to it (§3.3.3, §3.4.2).
 */

#include <string.h>

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

static inline void
free_batch_add(struct free_batch *b, struct rte_mbuf *m)
{
	m = rte_pktmbuf_prefree_seg(m);
	if (m == NULL)
		return;
	if (m->pool != b->pool || b->nb == TX_FREE_BATCH) {
		free_batch_flush(b);
		b->pool = m->pool;
	}
	b->mbufs[b->nb++] = m;
}

/* Free what the slots from head to *last*, inclusive, hold. */
static void
tx_free_slots(struct asm82545_txq *q, uint16_t last)
{
	struct free_batch b = { .nb = 0 };
	uint16_t slot = q->head;
	uint16_t end = asm82545_tx_next(q, last);
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

/*
 * Free what the chip has sent. Returns the number of descriptors freed.
 * §3.4: "Checking the transmit descriptor DD bit in memory eliminates a
 * potential race condition": TDH is never read.
 */
uint32_t
asm82545_tx_reclaim(struct asm82545_txq *q)
{
	uint16_t before = q->nb_free;

	while (q->rs_head != q->rs_tail) {
		uint16_t slot = q->rs_slot[q->rs_head];

		if (!(asm82545_desc_word(&q->ring[slot]) & ASM82545_TXD_STAT_DD))
			break;
		tx_free_slots(q, slot);
		q->rs_head = asm82545_tx_next(q, q->rs_head);
	}
	return q->nb_free - before;
}

/* Descriptors for *m*, which is not the plain case of one; 0: cannot be sent. */
static __rte_noinline uint16_t
tx_count_descs(const struct asm82545_txq *q, const struct rte_mbuf *m)
{
	uint32_t nb = m->pkt_len < ASM82545_MIN_TX_LEN;

	if (m->pkt_len == 0 || m->pkt_len > ASM82545_MAX_TX_LEN)
		return 0;
	for (; m != NULL; m = m->next) {
		uint32_t len = m->data_len;

		for (nb++; len > q->max_desc_len; nb++)
			len -= q->max_desc_len;
	}
	return nb <= q->max_descs ? nb : 0;
}

/* One segment, in pieces where a descriptor must not be that long. */
static inline void
tx_put_segment(struct asm82545_txq *q, struct rte_mbuf *m, bool last)
{
	rte_iova_t iova = rte_pktmbuf_iova(m);
	uint32_t len = m->data_len;

	while (unlikely(len > q->max_desc_len)) {
		asm82545_tx_put(q, NULL, iova, q->max_desc_len);
		iova += q->max_desc_len;
		len -= q->max_desc_len;
	}
	asm82545_tx_put(q, m, iova, len | (last ? asm82545_tx_last(q) : 0));
}

/* A packet of several segments, or a short one: zeros follow it. */
static __rte_noinline void
tx_put_packet(struct asm82545_txq *q, struct rte_mbuf *m)
{
	uint32_t pad = 0;

	if (m->pkt_len < ASM82545_MIN_TX_LEN)
		pad = ASM82545_MIN_TX_LEN - m->pkt_len;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		tx_put_segment(q, m, next == NULL && pad == 0);
		m = next;
	}
	if (pad != 0)
		asm82545_tx_put(q, NULL, q->pad_iova, pad | asm82545_tx_last(q));
}

static inline bool
tx_is_plain(const struct asm82545_txq *q, const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && m->data_len >= ASM82545_MIN_TX_LEN &&
		m->data_len <= q->max_desc_len;
}

uint16_t
asm82545_xmit_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct asm82545_txq *q = txq;
	uint16_t tail = q->tail;
	uint16_t nb;

	if (q->nb_free < q->free_thresh)
		asm82545_tx_reclaim(q);

	for (nb = 0; nb < nb_pkts; nb++) {
		struct rte_mbuf *m = pkts[nb];
		bool plain = tx_is_plain(q, m);
		uint16_t descs = plain ? 1 : tx_count_descs(q, m);

		if (unlikely(descs == 0)) {
			q->nb_dropped++;
			rte_pktmbuf_free(m);
			continue;
		}
		if (unlikely(!asm82545_tx_has_room(q, descs)))
			break;
		if (likely(plain))
			asm82545_tx_put(q, m, rte_pktmbuf_iova(m), m->data_len | asm82545_tx_last(q));
		else
			tx_put_packet(q, m);
	}
	if (q->tail != tail)
		asm82545_mmio_write(q->bar0, ASM82545_TDT, q->tail);
	return nb;
}

/* The oldest slot with EOP from *slot* on, before *end*; *end*: there is none. */
static uint16_t
tx_find_eop(const struct asm82545_txq *q, uint16_t slot, uint16_t end)
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
		uint16_t rs = q->rs_slot[q->rs_head];
		uint16_t eop = tx_find_eop(q, q->head, q->tail);

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
		tx_free_slots(q, (q->tail == 0 ? q->nb_desc : q->tail) - 1);
	q->head = 0;
	q->tail = 0;
	q->nb_free = q->nb_desc;
	q->nb_since_rs = 0;
	q->rs_head = 0;
	q->rs_tail = 0;
	q->after_tso = false;
	memset(q->ctx, 0, sizeof(q->ctx));
}

/*
 * Whether the chip has sent what slot *slot* holds: the first slot with RS at
 * or after it tells. True for a slot that is not in use.
 */
bool
asm82545_tx_slot_done(const struct asm82545_txq *q, uint16_t slot)
{
	uint16_t used = q->nb_desc - q->nb_free;
	uint16_t at = (slot + q->nb_desc - q->head) % q->nb_desc;
	uint16_t i;

	if (at >= used)
		return true;
	for (i = q->rs_head; i != q->rs_tail; i = asm82545_tx_next(q, i)) {
		uint16_t rs = q->rs_slot[i];

		if ((rs + q->nb_desc - q->head) % q->nb_desc >= at)
			return asm82545_desc_word(&q->ring[rs]) & ASM82545_TXD_STAT_DD;
	}
	return false;
}
