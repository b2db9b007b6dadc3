/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Reception. The chip owns the descriptors [RDH, RDT); of them the driver has
 * not inspected [next, fill). The rest, at least one so that the tail never
 * meets the head (§3.2.6), are holes: slots whose buffer was handed to the
 * program and which asm82545_rx_refill() fills again in batches.
 */

#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_net.h>
#include <rte_prefetch.h>
#include <rte_udp.h>

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
	rte_pktmbuf_free(m);
}

/*
 * An UDP datagram without a checksum has 0 in the field; the manual does not
 * say what the chip makes of it (INTERPRET-MISSING §3.2.9), so look.
 */
static __rte_noinline uint64_t
rx_bad_l4(const struct rte_mbuf *m)
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

/* §3.2.9: what the chip has checked, and found. */
static inline uint64_t
rx_csum_flags(const struct rte_mbuf *m, uint64_t word)
{
	uint64_t flags = 0;

	if (word & ASM82545_RXD_STAT_IXSM)
		return 0;
	if (word & ASM82545_RXD_STAT_IPCS)
		flags |= word & ASM82545_RXD_ERR_IPE ? RTE_MBUF_F_RX_IP_CKSUM_BAD :
			RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (word & ASM82545_RXD_STAT_TCPCS)
		flags |= word & ASM82545_RXD_ERR_TCPE ? rx_bad_l4(m) :
			RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return flags;
}

/* The chip strips tags as transmission inserts them; nobody asked it to. */
static __rte_noinline void
rx_put_tag_back(const struct asm82545_rxq *q, struct rte_mbuf *m, uint16_t tci)
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

/* What the last descriptor of a frame says beyond its length. */
static inline void
rx_set_offloads(const struct asm82545_rxq *q, struct rte_mbuf *m, uint64_t word)
{
	if (q->csum)
		m->ol_flags |= rx_csum_flags(m, word);
	if (!(word & ASM82545_RXD_STAT_VP))
		return;
	if (q->vlan_strip) {
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m->vlan_tci = word >> ASM82545_RXD_SPECIAL_S;
	} else {
		rx_put_tag_back(q, m, word >> ASM82545_RXD_SPECIAL_S);
	}
}

/* Frames of one descriptor; a longer one is dropped and counted. */
static __rte_always_inline uint16_t
rx_burst(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
	 const bool offload)
{
	const uint64_t whole = ASM82545_RXD_STAT_EOP;
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
		if (offload)
			rx_set_offloads(q, m, word);
		pkts[nb++] = m;
	}
	rx_consume(q, next, seen);
	return nb;
}

uint16_t
asm82545_recv_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return rx_burst(rxq, pkts, nb_pkts, false);
}

uint16_t
asm82545_recv_offload_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return rx_burst(rxq, pkts, nb_pkts, true);
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
static __rte_always_inline uint16_t
rx_scattered_burst(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		   const bool offload)
{
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
		if (unlikely(rx_is_damaged(word) ||
				rx_too_long(q, q->first, q->first->pkt_len))) {
			rx_drop(q, q->first, word);
			q->first = NULL;
		} else if (word & ASM82545_RXD_STAT_EOP) {
			if (offload)
				rx_set_offloads(q, q->first, word);
			pkts[nb++] = q->first;
			q->first = NULL;
		}
	}
	rx_consume(q, next, seen);
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

/* Before the chip sees the ring: one buffer for all descriptors but one. */
int
asm82545_rx_fill(struct asm82545_rxq *q)
{
	q->next = 0;
	q->fill = 0;
	q->nb_hole = q->nb_desc;
	q->skip = false;
	q->first = NULL;
	q->filled = true;
	return rx_refill(q, q->nb_desc - 1);
}

/*
 * After the chip has stopped: all buffers go back to their pool. What is left
 * looks like a ring to which nothing ever comes, should somebody poll it.
 */
void
asm82545_rx_drain(struct asm82545_rxq *q)
{
	if (!q->filled)
		return;
	for (; q->nb_hole < q->nb_desc; q->nb_hole++) {
		rte_mbuf_raw_free(q->sw_ring[q->next]);
		q->next = next_slot(q, q->next);
	}
	rte_pktmbuf_free(q->first);
	rte_pktmbuf_free(q->straddling);
	q->straddling = NULL;
	q->first = NULL;
	q->filled = false;
	q->nb_hole = 0;
	memset(q->ring, 0, q->nb_desc * sizeof(q->ring[0]));
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
