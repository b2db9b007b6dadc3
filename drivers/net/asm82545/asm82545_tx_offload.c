/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Transmission with checksums, TCP segmentation and VLAN insertion. A packet
 * that wants none of the first two takes legacy descriptors; else a context
 * descriptor (§3.3.5), where it differs from the last one of its kind, is
 * followed by data descriptors (§3.3.7).
 */

#include <errno.h>

#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "asm82545.h"
#include "asm82545_tx.h"

#define OFFLOAD_CKSUM (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG)
#define OFFLOAD_SUPPORTED (OFFLOAD_CKSUM | RTE_MBUF_F_TX_VLAN | \
	RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)

/* §3.5.2: header of a segmented packet, bytes. */
#define TSO_MAX_HDRLEN   240
/* Errata: of one descriptor of a segmented packet, bytes and segments. */
#define TSO_DESC_LEN     4096
#define TSO_DESC_SEGS    4
/* Errata 82546GB/82545GM 1: the end of a segmented packet, bytes, apart. */
#define TSO_SENTINEL     4
/* §3.5.1: the checksum of a longer frame is not reliable, bytes. */
#define CKSUM_MAX_LEN    12288

/* How a packet is put into descriptors. */
struct tx_plan {
	uint64_t ctx_addr; /* context descriptor */
	uint64_t ctx_word;
	uint64_t word;     /* bits of each data descriptor */
	uint16_t max_len;  /* of one data descriptor, bytes */
	uint16_t descs;    /* that it takes, context included */
	bool ctx;          /* a context descriptor comes first */
	bool sentinel;     /* the last bytes have a descriptor of their own */
};

static inline uint16_t
hdr_len(const struct rte_mbuf *m)
{
	return m->l2_len + m->l3_len + m->l4_len;
}

/* §3.3.6: where the chip sums and where it stores. */
static void
plan_context(const struct rte_mbuf *m, struct tx_plan *plan)
{
	uint64_t ip = m->l2_len, l4 = ip + m->l3_len;
	uint64_t l4_type = m->ol_flags & RTE_MBUF_F_TX_L4_MASK;
	bool tso = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	uint64_t cso = l4;

	plan->ctx_word = ASM82545_TXD_CMD_DEXT;
	if (tso || l4_type == RTE_MBUF_F_TX_TCP_CKSUM) {
		plan->ctx_word |= ASM82545_TXC_TCP;
		cso += offsetof(struct rte_tcp_hdr, cksum);
	} else if (l4_type == RTE_MBUF_F_TX_UDP_CKSUM) {
		cso += offsetof(struct rte_udp_hdr, dgram_cksum);
	}
	if (m->ol_flags & (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4))
		plan->ctx_word |= ASM82545_TXC_IPV4;
	if (tso)
		plan->ctx_word |= ASM82545_TXC_TSE |
			(uint64_t)hdr_len(m) << ASM82545_TXC_HDRLEN_S |
			(uint64_t)m->tso_segsz << ASM82545_TXC_MSS_S |
			(m->pkt_len - hdr_len(m));
	plan->ctx_addr = ip << ASM82545_TXC_IPCSS_S |
		(ip + offsetof(struct rte_ipv4_hdr, hdr_checksum)) << ASM82545_TXC_IPCSO_S |
		(l4 - 1) << ASM82545_TXC_IPCSE_S |
		l4 << ASM82545_TXC_TUCSS_S | cso << ASM82545_TXC_TUCSO_S;
}

/*
 * §3.3.7: POPTS counts in the first data descriptor; IFCS, VLE and the tag do
 * in the first or the last one. All of them have all of it.
 */
static void
plan_data(const struct asm82545_txq *q, const struct rte_mbuf *m, struct tx_plan *plan)
{
	uint64_t flags = m->ol_flags;

	plan->word = ASM82545_TXD_DTYP_DATA | ASM82545_TXD_CMD_DEXT |
		ASM82545_TXD_CMD_IFCS;
	if (flags & (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_SEG))
		plan->word |= ASM82545_TXD_POPTS_IXSM;
	if (flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG))
		plan->word |= ASM82545_TXD_POPTS_TXSM;
	if (flags & RTE_MBUF_F_TX_TCP_SEG) {
		plan->word |= ASM82545_TXD_CMD_TSE;
		plan->max_len = RTE_MIN(q->max_desc_len, TSO_DESC_LEN);
		if (q->tso_short && m->tso_segsz < TSO_DESC_LEN / TSO_DESC_SEGS)
			plan->max_len = RTE_MIN(plan->max_len,
					m->tso_segsz * TSO_DESC_SEGS);
	}
}

/* Whether the chip has this context already; remembers it where not. */
static bool
context_is_new(struct asm82545_txq *q, const struct tx_plan *plan)
{
	struct asm82545_desc *ctx = &q->ctx[(plan->ctx_word & ASM82545_TXC_TSE) != 0];

	if (ctx->addr == plan->ctx_addr && ctx->word == plan->ctx_word)
		return false;
	ctx->addr = plan->ctx_addr;
	ctx->word = plan->ctx_word;
	return true;
}

static uint32_t
count_data_descs(const struct rte_mbuf *m, const struct tx_plan *plan)
{
	uint32_t nb = m->pkt_len < ASM82545_MIN_TX_LEN;

	for (; m != NULL; m = m->next) {
		uint32_t len = m->data_len;

		for (nb++; len > plan->max_len; nb++)
			len -= plan->max_len;
	}
	return nb + plan->sentinel;
}

static bool
tso_is_valid(const struct asm82545_txq *q, const struct rte_mbuf *m)
{
	uint16_t hdr = hdr_len(m);

	return (m->ol_flags & RTE_MBUF_F_TX_IPV4) && m->tso_segsz != 0 &&
		hdr <= TSO_MAX_HDRLEN && hdr <= m->data_len && m->pkt_len > hdr &&
		m->pkt_len - hdr <= ASM82545_TXC_PAYLEN_M &&
		hdr + m->tso_segsz <= q->tso_max;
}

/* False: the chip cannot send *m*. */
static bool
plan_packet(const struct asm82545_txq *q, const struct rte_mbuf *m, struct tx_plan *plan)
{
	bool tso = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	uint32_t nb;

	*plan = (struct tx_plan) { .max_len = q->max_desc_len };
	if (m->pkt_len == 0 || (tso ? !tso_is_valid(q, m) : m->pkt_len > ASM82545_MAX_TX_LEN))
		return false;
	if (m->ol_flags & OFFLOAD_CKSUM) {
		plan_context(m, plan);
		plan_data(q, m, plan);
		plan->ctx = true;
	}
	if (m->ol_flags & RTE_MBUF_F_TX_VLAN)
		plan->word |= ASM82545_TXD_CMD_VLE |
			(uint64_t)m->vlan_tci << ASM82545_TXD_SPECIAL_S;
	plan->sentinel = tso || (q->after_tso && m->nb_segs == 1);
	nb = count_data_descs(m, plan) + plan->ctx;
	plan->descs = nb;
	return nb <= q->max_descs;
}

/* One segment, the last *tail* bytes of it apart where it has more. */
static void
put_segment(struct asm82545_txq *q, struct rte_mbuf *m, const struct tx_plan *plan,
	    uint32_t tail, bool last)
{
	rte_iova_t iova = rte_pktmbuf_iova(m);
	uint32_t len = m->data_len;

	if (len <= tail)
		tail = 0;
	len -= tail;
	for (; len > plan->max_len; len -= plan->max_len) {
		asm82545_tx_put(q, NULL, iova, plan->max_len | plan->word);
		iova += plan->max_len;
	}
	if (tail != 0) {
		asm82545_tx_put(q, NULL, iova, len | plan->word);
		iova += len;
		len = tail;
	}
	asm82545_tx_put(q, m, iova, len | plan->word | (last ? asm82545_tx_last(q) : 0));
}

static void
put_packet(struct asm82545_txq *q, struct rte_mbuf *m, const struct tx_plan *plan)
{
	uint32_t pad = 0;

	if (plan->ctx && context_is_new(q, plan))
		asm82545_tx_put(q, NULL, plan->ctx_addr, plan->ctx_word);
	if (m->pkt_len < ASM82545_MIN_TX_LEN)
		pad = ASM82545_MIN_TX_LEN - m->pkt_len;
	q->after_tso = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;
		bool last = next == NULL;

		put_segment(q, m, plan, last && plan->sentinel ? TSO_SENTINEL : 0,
			last && pad == 0);
		m = next;
	}
	if (pad != 0)
		asm82545_tx_put(q, NULL, q->pad_iova,
			pad | plan->word | asm82545_tx_last(q));
}

uint16_t
asm82545_xmit_offload_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct asm82545_txq *q = txq;
	uint16_t tail = q->tail;
	struct tx_plan plan;
	uint16_t nb;

	if (q->nb_free < q->free_thresh)
		asm82545_tx_reclaim(q);

	for (nb = 0; nb < nb_pkts; nb++) {
		if (unlikely(!plan_packet(q, pkts[nb], &plan))) {
			q->nb_dropped++;
			rte_pktmbuf_free(pkts[nb]);
			continue;
		}
		if (unlikely(!asm82545_tx_has_room(q, plan.descs)))
			break;
		put_packet(q, pkts[nb], &plan);
	}
	if (q->tail != tail)
		asm82545_mmio_write(q->bar0, ASM82545_TDT, q->tail);
	return nb;
}

/* §3.5.1: a long frame gets its checksum from software. */
static int
prep_long(struct rte_mbuf *m)
{
	uint64_t l4_type = m->ol_flags & RTE_MBUF_F_TX_L4_MASK;
	uint16_t off = m->l2_len + m->l3_len;
	rte_be16_t *field;
	void *ip;

	if (m->data_len < off + sizeof(struct rte_tcp_hdr))
		return -EINVAL;
	ip = rte_pktmbuf_mtod_offset(m, void *, m->l2_len);
	if (l4_type == RTE_MBUF_F_TX_TCP_CKSUM)
		field = &rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, off)->cksum;
	else if (l4_type == RTE_MBUF_F_TX_UDP_CKSUM)
		field = &rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, off)->dgram_cksum;
	else
		return -ENOTSUP;
	*field = 0;
	*field = m->ol_flags & RTE_MBUF_F_TX_IPV4 ?
		rte_ipv4_udptcp_cksum_mbuf(m, ip, off) :
		rte_ipv6_udptcp_cksum_mbuf(m, ip, off);
	m->ol_flags &= ~RTE_MBUF_F_TX_L4_MASK;
	return 0;
}

static int
prep_packet(const struct asm82545_txq *q, struct rte_mbuf *m)
{
	bool tso = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	struct tx_plan plan;
	int ret;

	if ((m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) & ~OFFLOAD_SUPPORTED)
		return -ENOTSUP;
	if ((m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_SCTP_CKSUM ||
			(tso && !(m->ol_flags & RTE_MBUF_F_TX_IPV4)))
		return -ENOTSUP;
	if (!tso && (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) && m->pkt_len > CKSUM_MAX_LEN) {
		ret = prep_long(m);
		if (ret != 0)
			return ret;
	}
	if (!plan_packet(q, m, &plan))
		return -EINVAL;
	return rte_net_intel_cksum_prepare(m);
}

/*
 * rte_eth_tx_prepare(): the chip wants the pseudo-header's sum in the checksum
 * field and zero in that of IPv4 (§3.5.6). rte_errno says why the first packet
 * that is not prepared cannot be sent: ENOTSUP (an offload that the chip does
 * not have) or EINVAL (lengths, headers or segments beyond its limits).
 */
uint16_t
asm82545_prep_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	uint16_t nb;
	int ret;

	for (nb = 0; nb < nb_pkts; nb++) {
		ret = prep_packet(txq, pkts[nb]);
		if (ret != 0) {
			rte_errno = -ret;
			break;
		}
	}
	return nb;
}
