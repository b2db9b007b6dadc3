/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Reception. The chip owns the descriptors [RDH, RDT); of them the driver has
 * not inspected [next, fill). The rest, at least one so that the tail never
 * meets the head (§3.2.6), are holes: slots whose buffer was handed to the
 * program and which are filled again in batches.
 *
 * A row is slots from next on that are inspected without further thought. It
 * ends with the ring, with the posted descriptors, or where a batch of holes
 * has come together.
 */

#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_net.h>
#include <rte_udp.h>

#include "asm82545.h"
#include "asm82545_rx.h"

/*
 * 82545EM: set buffers aside that the chip must not write to and take others
 * in their place, until *n* good ones are in *bufs* or the pool is empty.
 */
static __rte_noinline int
rx_replace_straddling(struct asm82545_rxq *q, struct rte_mbuf **bufs, uint32_t n)
{
	uint32_t i;

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

/* A batch of the usual size in a row is copied by code that knows its size. */
#define USUAL_BATCH ASM82545_RX_FREE_THRESH

/* Fill *n* holes that lie in a row. 0, or -ENOMEM and nothing is changed. */
static __rte_always_inline int
rx_refill_inline(struct asm82545_rxq *q, const uint32_t n)
{
	struct rte_mbuf **bufs = &q->sw_ring[q->fill];
	struct asm82545_desc *d = &q->ring[q->fill];
	int ret = rte_mempool_get_bulk(q->pool, (void **)bufs, n);
	uint32_t i;

	if (ret == 0 && unlikely(q->quirks & ASM82545_QUIRK_RX_64K))
		ret = rx_replace_straddling(q, bufs, n);
	if (unlikely(ret != 0)) {
		q->nb_no_mbuf += n;
		return -ENOMEM;
	}
#pragma GCC unroll 8
	for (i = 0; i < n; i++)
		asm82545_rxd_arm(&d[i], bufs[i]);
	q->fill = q->fill + n == q->nb_desc ? 0 : q->fill + n;
	return 0;
}

static __rte_noinline int
rx_refill_row(struct asm82545_rxq *q, uint32_t n)
{
	return rx_refill_inline(q, n);
}

/* Fill *n* holes, those before the ring's end first. */
static inline int
rx_refill(struct asm82545_rxq *q, uint32_t n)
{
	uint32_t row = RTE_MIN(n, q->nb_desc - q->fill);
	int ret;

	if (likely(row == n && n == USUAL_BATCH))
		return rx_refill_inline(q, USUAL_BATCH);
	ret = rx_refill_row(q, row);
	if (ret == 0 && row < n)
		ret = rx_refill_row(q, n - row);
	return ret;
}

/*
 * Under KVM, QEMU takes writes of RDT only with the machine's next access to a
 * device, which a program that merely receives does not make: read a register
 * before half of the ring waits.
 */
static __rte_noinline void
rx_push_tail(struct asm82545_rxq *q, uint32_t nb)
{
	q->nb_late += nb;
	if (q->nb_late < q->nb_desc / 2)
		return;
	q->nb_late = 0;
	(void)asm82545_mmio_read(q->bar0, ASM82545_STATUS);
}

/* Hand the chip what was filled since the last time. */
void
asm82545_rx_post(struct asm82545_rxq *q)
{
	uint32_t nb = q->fill >= q->posted ? q->fill - q->posted :
		q->fill + q->nb_desc - q->posted;

	q->posted = q->fill;
	asm82545_mmio_write(q->bar0, ASM82545_RDT, q->fill);
	if (q->quirks & ASM82545_QUIRK_LATE_TAIL)
		rx_push_tail(q, nb);
}

/* Descriptors without a buffer: there is always one at least. */
static inline uint32_t
rx_holes(const struct asm82545_rxq *q)
{
	return q->next > q->fill ? q->next - q->fill : q->next + q->nb_desc - q->fill;
}

/* Descriptors that the chip has or has filled, from q->next on. */
static inline uint32_t
rx_posted(const struct asm82545_rxq *q)
{
	return q->filled ? q->nb_desc - rx_holes(q) : 0;
}

/*
 * A new row, refilled where a batch of holes has come together. False: the chip
 * has no descriptor, or the queue is stopped.
 */
static bool
rx_row_next(struct asm82545_rxq *q)
{
	uint32_t row, holes;

	if (unlikely(!q->filled))
		return false;
	if (q->next == q->nb_desc)
		q->next = 0;
	/* As many batches as there are holes for; posted when the burst ends. */
	while ((holes = rx_holes(q)) > q->free_thresh)
		if (rx_refill(q, q->free_thresh) != 0)
			break;
	row = RTE_MIN(q->nb_desc - holes, q->nb_desc - q->next);
	/* With an empty pool go on, and try again after another batch. */
	q->row_left = RTE_MIN(row, holes > q->free_thresh ? q->free_thresh :
			q->free_thresh + 1 - holes);
	return q->row_left != 0;
}

/* *nb* slots of the row have been dealt with. */
static inline void
rx_step(struct asm82545_rxq *q, uint32_t nb)
{
	q->next += nb;
	q->row_left -= nb;
}

/* The half of a descriptor's word that has status and errors. */
static inline uint32_t
rxd_status(uint64_t word)
{
	return word >> 32;
}

static inline bool
rx_is_tagged(const struct asm82545_rxq *q, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	return eth->ether_type == q->tpid;
}

/* max_len is that of an untagged frame; a VLAN tag may come on top. */
static inline bool
rx_too_long(const struct asm82545_rxq *q, const struct rte_mbuf *first, uint32_t len)
{
	return unlikely(len > q->max_len) &&
		(len > q->max_len + RTE_VLAN_HLEN || !rx_is_tagged(q, first));
}

/* §3.2.3: of a descriptor without EOP only length and DD count. */
static inline bool
rx_is_damaged(uint64_t word)
{
	return (word & ASM82545_RXD_STAT_EOP) && (word & ASM82545_RXD_ERR_FRAME);
}

/*
 * The frame of which *word* is one descriptor is not delivered: count it once,
 * as what its first descriptor to be dropped says.
 */
static __rte_noinline void
rx_drop(struct asm82545_rxq *q, struct rte_mbuf *m, uint64_t word)
{
	if (!q->skip && rx_is_damaged(word)) {
		q->nb_damaged++;
	} else {
		q->nb_oversize += !q->skip;
		q->oversize_bytes += m->pkt_len;
	}
	q->skip = (word & ASM82545_RXD_STAT_EOP) == 0;
	if (q->skip)
		q->row_left = 0; /* until it has ended, see asm82545_rx_row_start() */
	rte_pktmbuf_free(m);
}

/*
 * An UDP datagram without a checksum has 0 in the field; the manual does not
 * say what the chip makes of it (INTERPRET-MISSING §3.2.9), so look.
 */
uint64_t
asm82545_rx_bad_l4(const struct rte_mbuf *m)
{
	struct rte_net_hdr_lens lens;
	const struct rte_udp_hdr *udp;
	uint32_t ptype = rte_net_get_ptype(m, &lens, RTE_PTYPE_ALL_MASK);

	if ((ptype & RTE_PTYPE_L4_MASK) != RTE_PTYPE_L4_UDP)
		return RTE_MBUF_F_RX_L4_CKSUM_BAD;
	udp = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *,
			lens.l2_len + lens.l3_len);
	return udp->dgram_cksum == 0 ? RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN :
		RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

/* The chip strips tags as transmission inserts them; nobody asked it to. */
void
asm82545_rx_put_tag_back(const struct asm82545_rxq *q, struct rte_mbuf *m, uint16_t tci)
{
	char *start = rte_pktmbuf_prepend(m, RTE_VLAN_HLEN);
	struct rte_vlan_hdr *vlan;

	if (unlikely(start == NULL))
		return;
	memmove(start, start + RTE_VLAN_HLEN, 2 * RTE_ETHER_ADDR_LEN);
	vlan = (struct rte_vlan_hdr *)(start + sizeof(struct rte_ether_hdr));
	((struct rte_ether_hdr *)start)->ether_type = q->tpid;
	vlan->vlan_tci = rte_cpu_to_be_16(tci);
}

/*
 * The descriptor at q->next, which has DD and is not good: a frame of more than
 * one descriptor, too long, or damaged. Returns the frame, or NULL: dropped.
 */
struct rte_mbuf *
asm82545_rx_odd(struct asm82545_rxq *q, bool offload)
{
	uint64_t word = asm82545_desc_word(&q->ring[q->next]);
	struct rte_mbuf *m = q->sw_ring[q->next];
	uint16_t len = asm82545_rxd_len(word);

	rx_step(q, 1);
	asm82545_rx_set(m, q->rearm, len);
	if (q->skip || (word & ASM82545_RXD_GOOD_MASK) != ASM82545_RXD_GOOD ||
			rx_too_long(q, m, len)) {
		rx_drop(q, m, word);
		return NULL;
	}
	if (offload)
		asm82545_rx_set_offloads(q, m, word);
	return m;
}

/*
 * A row whose first descriptor begins a frame: what is left of one that is
 * being dropped goes first. False: there is none, or not yet.
 */
bool
asm82545_rx_row_start(struct asm82545_rxq *q)
{
	while (rx_row_next(q)) {
		if (likely(!q->skip))
			return true;
		if (!(asm82545_desc_word(&q->ring[q->next]) & ASM82545_RXD_STAT_DD)) {
			q->row_left = 0;
			return false;
		}
		(void)asm82545_rx_odd(q, false);
	}
	return false;
}

/* The end of a burst of *nb_pkts* that has used up its row. */
uint16_t
asm82545_rx_end(struct asm82545_rxq *q, uint16_t nb_pkts)
{
	(void)asm82545_rx_row_start(q);
	asm82545_rx_flush(q);
	return nb_pkts;
}

static __rte_noinline uint16_t
recv_pkts(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_rx_rows(q, pkts, nb_pkts, 0, NULL, false);
}

static __rte_noinline uint16_t
recv_offload_pkts(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_rx_rows(q, pkts, nb_pkts, 0, NULL, true);
}

uint16_t
asm82545_recv_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	int nb = nb_pkts == 1 ? asm82545_rx_single(rxq, pkts, false) : -1;

	return nb >= 0 ? nb : recv_pkts(rxq, pkts, nb_pkts);
}

uint16_t
asm82545_recv_offload_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	int nb = nb_pkts == 1 ? asm82545_rx_single(rxq, pkts, true) : -1;

	return nb >= 0 ? nb : recv_offload_pkts(rxq, pkts, nb_pkts);
}

/* The next buffer is the first one of a frame; returns where it goes. */
static inline struct rte_mbuf **
rx_frame_start(struct asm82545_rxq *q)
{
	q->first = NULL;
	q->link = &q->first;
	q->frame_len = 0;
	q->frame_segs = 0;
	return q->link;
}

/* The frame that ends with *word* goes to the program, or is dropped: NULL. */
static __rte_always_inline struct rte_mbuf *
rx_complete(struct asm82545_rxq *q, struct rte_mbuf *m, uint64_t word, const bool offload)
{
	if (unlikely((word & ASM82545_RXD_ERR_FRAME) || rx_too_long(q, m, m->pkt_len))) {
		rx_drop(q, m, word);
		return NULL;
	}
	if (offload)
		asm82545_rx_set_offloads(q, m, word);
	return m;
}

/*
 * A row of descriptors, each the next buffer of a frame (§3.2.3: the last one
 * has EOP, and what says anything about the frame). Returns how many frames.
 */
static __rte_always_inline uint32_t
rx_gather_row(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint32_t nb_pkts,
	      const bool offload)
{
	const struct asm82545_desc *d = &q->ring[q->next], *end = d + q->row_left;
	struct rte_mbuf **sw = &q->sw_ring[q->next], **link = q->link, *m;
	uint32_t len = q->frame_len, segs = q->frame_segs, nb = 0;
	const uint64_t rearm = q->rearm;

	for (; d != end; d++) {
		uint64_t word = asm82545_desc_word(d);

		if (!(rxd_status(word) & rxd_status(ASM82545_RXD_STAT_DD)))
			break;
		*link = m = *sw++;
		link = &m->next;
		asm82545_rx_set(m, rearm, asm82545_rxd_len(word));
		len += asm82545_rxd_len(word);
		segs++;
		if (!(rxd_status(word) & rxd_status(ASM82545_RXD_STAT_EOP)))
			continue;
		m = q->first;
		m->pkt_len = len;
		m->nb_segs = segs;
		pkts[nb] = rx_complete(q, m, word, offload);
		nb += pkts[nb] != NULL;
		link = rx_frame_start(q);
		len = 0;
		segs = 0;
		if (nb == nb_pkts)
			break;
	}
	q->link = link;
	q->frame_len = len;
	q->frame_segs = segs;
	rx_step(q, sw - &q->sw_ring[q->next]);
	return nb;
}

static __rte_always_inline uint16_t
rx_scattered_burst(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		   const bool offload)
{
	uint32_t nb = 0;

	while ((q->row_left != 0 || asm82545_rx_row_start(q)) && nb != nb_pkts) {
		nb += rx_gather_row(q, &pkts[nb], nb_pkts - nb, offload);
		if (q->row_left != 0)
			break; /* the next one is the chip's, or the burst is full */
	}
	asm82545_rx_flush(q);
	return nb;
}

uint16_t
asm82545_recv_scattered_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return rx_scattered_burst(rxq, pkts, nb_pkts, false);
}

uint16_t
asm82545_recv_scattered_offload_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return rx_scattered_burst(rxq, pkts, nb_pkts, true);
}

/*
 * Before the chip sees the ring: one buffer for all descriptors but one. The
 * holes are counted from where the last one was, hence next == fill at first.
 */
int
asm82545_rx_fill(struct asm82545_rxq *q)
{
	q->next = 0;
	q->fill = 0;
	q->posted = 0;
	q->row_left = 0;
	q->skip = false;
	rx_frame_start(q);
	q->filled = true;
	return rx_refill_row(q, q->nb_desc - 1);
}

/* After the chip has stopped: all buffers go back to their pool. */
void
asm82545_rx_drain(struct asm82545_rxq *q)
{
	uint32_t nb = rx_posted(q);

	for (; nb != 0; nb--) {
		if (q->next == q->nb_desc)
			q->next = 0;
		rte_mbuf_raw_free(q->sw_ring[q->next++]);
	}
	rte_pktmbuf_free(q->first);
	rte_pktmbuf_free(q->straddling);
	q->straddling = NULL;
	rx_frame_start(q);
	q->filled = false;
	q->row_left = 0;
}

/* Descriptors that the chip has done and the driver has not inspected. */
uint32_t
asm82545_rx_count(const struct asm82545_rxq *q)
{
	uint32_t posted = rx_posted(q);
	uint32_t slot = q->next;
	uint32_t nb;

	for (nb = 0; nb < posted; nb++, slot++) {
		if (slot == q->nb_desc)
			slot = 0;
		if (!(asm82545_desc_word(&q->ring[slot]) & ASM82545_RXD_STAT_DD))
			break;
	}
	return nb;
}

/* What the chip or the driver has at *offset* from the next one to inspect. */
enum asm82545_rx_state
asm82545_rx_slot_state(const struct asm82545_rxq *q, uint32_t offset)
{
	uint32_t slot = q->next + offset;

	if (offset >= rx_posted(q))
		return ASM82545_RX_HOLE;
	if (slot >= q->nb_desc)
		slot -= q->nb_desc;
	return asm82545_desc_word(&q->ring[slot]) & ASM82545_RXD_STAT_DD ?
		ASM82545_RX_DONE : ASM82545_RX_POSTED;
}
