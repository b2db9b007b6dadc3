/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Reception. The chip owns the descriptors [RDH, RDT); of them the driver has
 * not inspected [next, fill). The rest, at least one so that the tail never
 * meets the head (§3.2.6), are holes: slots whose buffer was handed to the
 * program and which asm82545_rx_refill() fills again in batches.
 */

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>

#include "asm82545.h"

static inline uint16_t
next_slot(const struct asm82545_rxq *q, uint16_t slot)
{
	return slot + 1 == q->nb_desc ? 0 : slot + 1;
}

static inline void
set_len(struct rte_mbuf *m, uint32_t len)
{
	m->packet_type = 0;
	m->ol_flags = 0;
	m->pkt_len = len;
	m->data_len = len;
}

/*
 * 82545EM: set buffers aside that the chip must not write to and take others
 * in their place, until *n* good ones are in *bufs* or the pool is empty.
 */
static __rte_noinline int
rx_replace_straddling(struct asm82545_rxq *q, struct rte_mbuf **bufs, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		while (asm82545_straddles(rte_mbuf_data_iova_default(bufs[i]), q->buf_len)) {
			void *other;

			if (rte_mempool_get(q->pool, &other) != 0) {
				rte_mempool_put_bulk(q->pool, (void **)bufs, n);
				return -ENOMEM;
			}
			bufs[i]->next = q->straddling;
			q->straddling = bufs[i];
			q->nb_straddling++;
			bufs[i] = other;
		}
	}
	return 0;
}

/* Fill *n* holes that lie in a row. 0, or -ENOMEM and nothing is changed. */
static inline int
rx_refill_row(struct asm82545_rxq *q, uint16_t n)
{
	struct rte_mbuf **bufs = &q->sw_ring[q->fill];
	struct asm82545_desc *d = &q->ring[q->fill];
	uint16_t i;

	if (unlikely(rte_mempool_get_bulk(q->pool, (void **)bufs, n) != 0))
		goto no_mbuf;
	if (unlikely(q->quirks & ASM82545_QUIRK_RX_64K) &&
			rx_replace_straddling(q, bufs, n) != 0)
		goto no_mbuf;

	for (i = 0; i < n; i++) {
		*(uint64_t *)(uintptr_t)&bufs[i]->rearm_data = q->rearm;
		asm82545_rxd_arm(&d[i], rte_mbuf_data_iova_default(bufs[i]));
	}
	q->fill = q->fill + n == q->nb_desc ? 0 : q->fill + n;
	q->nb_hole -= n;
	return 0;

no_mbuf:
	q->nb_no_mbuf += n;
	return -ENOMEM;
}

static inline int
rx_refill(struct asm82545_rxq *q, uint16_t n)
{
	uint16_t row = RTE_MIN(n, (uint16_t)(q->nb_desc - q->fill));
	int ret = rx_refill_row(q, row);

	if (ret == 0 && row < n)
		ret = rx_refill_row(q, n - row);
	return ret;
}

void
asm82545_rx_post(const struct asm82545_rxq *q)
{
	asm82545_mmio_write(q->bar0, ASM82545_RDT, q->fill);
}

/* *seen* more slots have become holes: refill a batch when it is worth it. */
static inline void
rx_consume(struct asm82545_rxq *q, uint16_t next, uint16_t seen)
{
	uint16_t fill = q->fill;

	q->next = next;
	q->nb_hole += seen;
	while (q->nb_hole > q->free_thresh)
		if (rx_refill(q, q->free_thresh) != 0)
			break;
	if (q->fill != fill)
		asm82545_rx_post(q);
}

static bool
rx_is_tagged(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	return eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN);
}

/* max_len is that of an untagged frame; a VLAN tag may come on top. */
static inline bool
rx_too_long(const struct asm82545_rxq *q, const struct rte_mbuf *first, uint32_t len)
{
	return unlikely(len > q->max_len) &&
		(len > q->max_len + RTE_VLAN_HLEN || !rx_is_tagged(first));
}

/* The frame of which *word* is one descriptor is not delivered: count it. */
static __rte_noinline void
rx_drop(struct asm82545_rxq *q, struct rte_mbuf *m, uint64_t word)
{
	if (word & ASM82545_RXD_ERR_FRAME) {
		q->nb_damaged++;
	} else {
		q->nb_oversize += !q->skip;
		q->oversize_bytes += m->pkt_len;
	}
	q->skip = (word & ASM82545_RXD_STAT_EOP) == 0;
	rte_pktmbuf_free(m);
}

/* Frames of one descriptor; a longer one is dropped and counted. */
uint16_t
asm82545_recv_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	const uint64_t whole = ASM82545_RXD_STAT_EOP;
	struct asm82545_rxq *q = rxq;
	uint16_t posted = q->nb_desc - q->nb_hole;
	uint16_t next = q->next;
	uint16_t seen, nb = 0;

	for (seen = 0; seen < posted && nb < nb_pkts; seen++) {
		uint64_t word = asm82545_desc_word(&q->ring[next]);
		struct rte_mbuf *m = q->sw_ring[next];
		uint16_t len = asm82545_rxd_len(word);

		if (!(word & ASM82545_RXD_STAT_DD))
			break;
		next = next_slot(q, next);
		rte_prefetch0(q->sw_ring[next]);

		set_len(m, len);
		if (unlikely((word & (whole | ASM82545_RXD_ERR_FRAME)) != whole ||
				q->skip || rx_too_long(q, m, len))) {
			rx_drop(q, m, word);
			continue;
		}
		pkts[nb++] = m;
	}
	rx_consume(q, next, seen);
	return nb;
}

/* Append a buffer to the frame in the making. */
static inline void
rx_append(struct asm82545_rxq *q, struct rte_mbuf *m, uint16_t len)
{
	set_len(m, len);
	if (q->first == NULL) {
		q->first = m;
	} else {
		q->last->next = m;
		q->first->nb_segs++;
		q->first->pkt_len += len;
	}
	q->last = m;
}

/* Frames of any number of descriptors (§3.2.3: the last one has EOP). */
uint16_t
asm82545_recv_scattered_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct asm82545_rxq *q = rxq;
	uint16_t posted = q->nb_desc - q->nb_hole;
	uint16_t next = q->next;
	uint16_t seen, nb = 0;

	for (seen = 0; seen < posted && nb < nb_pkts; seen++) {
		uint64_t word = asm82545_desc_word(&q->ring[next]);
		struct rte_mbuf *m = q->sw_ring[next];

		if (!(word & ASM82545_RXD_STAT_DD))
			break;
		next = next_slot(q, next);
		rte_prefetch0(q->sw_ring[next]);

		if (unlikely(q->skip)) {
			set_len(m, asm82545_rxd_len(word));
			rx_drop(q, m, word);
			continue;
		}
		rx_append(q, m, asm82545_rxd_len(word));
		if (unlikely((word & ASM82545_RXD_ERR_FRAME) ||
				rx_too_long(q, q->first, q->first->pkt_len))) {
			rx_drop(q, q->first, word);
			q->first = NULL;
		} else if (word & ASM82545_RXD_STAT_EOP) {
			pkts[nb++] = q->first;
			q->first = NULL;
		}
	}
	rx_consume(q, next, seen);
	return nb;
}

/* Before the chip sees the ring: one buffer for all descriptors but one. */
int
asm82545_rx_fill(struct asm82545_rxq *q)
{
	q->next = 0;
	q->fill = 0;
	q->nb_hole = q->nb_desc;
	q->skip = false;
	q->first = NULL;
	return rx_refill(q, q->nb_desc - 1);
}

/* After the chip has stopped: all buffers go back to their pool. */
void
asm82545_rx_drain(struct asm82545_rxq *q)
{
	while (q->nb_hole < q->nb_desc) {
		rte_mbuf_raw_free(q->sw_ring[q->next]);
		q->next = next_slot(q, q->next);
		q->nb_hole++;
	}
	rte_pktmbuf_free(q->first);
	q->first = NULL;
	rte_pktmbuf_free(q->straddling);
	q->straddling = NULL;
}

/* Descriptors that the chip has done and the driver has not inspected. */
uint32_t
asm82545_rx_count(const struct asm82545_rxq *q)
{
	uint16_t posted = q->nb_desc - q->nb_hole;
	uint16_t slot = q->next;
	uint16_t nb;

	for (nb = 0; nb < posted; nb++) {
		if (!(asm82545_desc_word(&q->ring[slot]) & ASM82545_RXD_STAT_DD))
			break;
		slot = next_slot(q, slot);
	}
	return nb;
}
