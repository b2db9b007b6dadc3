/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Checksums, TCP segmentation and VLAN insertion. A packet that wants none of
 * the first two takes legacy descriptors; else a context descriptor (§3.3.5),
 * where the chip has another one, is followed by data descriptors (§3.3.7).
 * What packets have in common with the one before is the queue's plan: such
 * packets never come here.
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

#define OFFLOAD_CKSUM     (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)
#define OFFLOAD_SUPPORTED (ASM82545_TX_PLAN_FLAGS | RTE_MBUF_F_TX_IPV6 | \
	RTE_MBUF_F_TX_VLAN)

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
	struct asm82545_desc ctx; /* context descriptor */
	uint64_t word;     /* bits of each data descriptor */
	uint32_t max_len;  /* of one data descriptor, bytes */
	uint32_t descs;    /* that it takes at most, context included */
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
	uint64_t word = ASM82545_TXD_CMD_DEXT, cso = l4;

	if (tso || l4_type == RTE_MBUF_F_TX_TCP_CKSUM) {
		word |= ASM82545_TXC_TCP;
		cso += offsetof(struct rte_tcp_hdr, cksum);
	} else if (l4_type == RTE_MBUF_F_TX_UDP_CKSUM) {
		cso += offsetof(struct rte_udp_hdr, dgram_cksum);
	}
	if (m->ol_flags & (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4))
		word |= ASM82545_TXC_IPV4;
	if (tso)
		word |= ASM82545_TXC_TSE | (m->pkt_len - hdr_len(m)) |
			(uint64_t)hdr_len(m) << ASM82545_TXC_HDRLEN_S |
			(uint64_t)m->tso_segsz << ASM82545_TXC_MSS_S;
	plan->ctx.word = word;
	plan->ctx.addr = ip << ASM82545_TXC_IPCSS_S |
		(ip + offsetof(struct rte_ipv4_hdr, hdr_checksum)) << ASM82545_TXC_IPCSO_S |
		(l4 - 1) << ASM82545_TXC_IPCSE_S |
		l4 << ASM82545_TXC_TUCSS_S | cso << ASM82545_TXC_TUCSO_S;
}

/*
 * §3.3.7: POPTS counts in the first data descriptor; IFCS, VLE and the tag do
 * in the first or the last one. All of them have all of it.
 */
static uint64_t
plan_word(uint64_t ol_flags)
{
	uint64_t word = ASM82545_TXD_DTYP_DATA | ASM82545_TXD_CMD_DEXT |
		ASM82545_TXD_CMD_IFCS;

	if (ol_flags & (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_SEG))
		word |= ASM82545_TXD_POPTS_IXSM;
	if (ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG))
		word |= ASM82545_TXD_POPTS_TXSM;
	if (ol_flags & RTE_MBUF_F_TX_TCP_SEG)
		word |= ASM82545_TXD_CMD_TSE;
	return word;
}

static uint32_t
tso_max_len(const struct asm82545_txq *q, const struct rte_mbuf *m)
{
	uint32_t max_len = RTE_MIN(q->max_desc_len, (uint32_t)TSO_DESC_LEN);

	if (q->tso_short && m->tso_segsz < TSO_DESC_LEN / TSO_DESC_SEGS)
		max_len = RTE_MIN(max_len, (uint32_t)m->tso_segsz * TSO_DESC_SEGS);
	return max_len;
}

/* §3.5.2: the header is in one descriptor. */
static bool
tso_is_valid(const struct asm82545_txq *q, const struct rte_mbuf *m)
{
	uint16_t hdr = hdr_len(m);

	return (m->ol_flags & RTE_MBUF_F_TX_IPV4) && m->tso_segsz != 0 &&
		hdr <= TSO_MAX_HDRLEN && hdr <= m->data_len && m->pkt_len > hdr &&
		hdr <= tso_max_len(q, m) &&
		m->pkt_len - hdr <= ASM82545_TXC_PAYLEN_M &&
		hdr + m->tso_segsz <= q->tso_max;
}

/* False: the chip cannot send *m*. */
static bool
plan_tso(const struct asm82545_txq *q, const struct rte_mbuf *m, struct tx_plan *plan)
{
	const struct rte_mbuf *seg;
	uint32_t nb = 2; /* context, sentinel */

	if (!tso_is_valid(q, m))
		return false;
	plan_context(m, plan);
	plan->word = plan_word(m->ol_flags) | asm82545_tx_vlan_word(m);
	plan->max_len = tso_max_len(q, m);
	for (seg = m; seg != NULL; seg = seg->next)
		nb += seg->data_len / plan->max_len + 1;
	plan->descs = nb;
	return nb <= q->max_descs;
}

/* One segment, the last *tail* bytes of it apart where it has more. */
static void
put_segment(struct asm82545_txq *q, struct rte_mbuf *m, uint64_t word, uint32_t max_len,
	    uint32_t tail, bool last)
{
	rte_iova_t iova = rte_pktmbuf_iova(m);
	uint32_t len = m->data_len;

	if (len <= tail)
		tail = 0;
	len -= tail;
	for (; len > max_len; len -= max_len) {
		asm82545_tx_put(q, NULL, iova, max_len | word);
		iova += max_len;
	}
	if (tail != 0) {
		asm82545_tx_put(q, NULL, iova, len | word);
		iova += len;
		len = tail;
	}
	asm82545_tx_put(q, m, iova, len | word | (last ? ASM82545_TXD_LAST : 0));
}

/* Segmentation by the chip; never short, so never padded. */
static enum asm82545_tx_result
tx_tso(struct asm82545_txq *q, struct rte_mbuf *m)
{
	struct tx_plan plan;
	uint32_t tail;

	if (!plan_tso(q, m, &plan))
		return ASM82545_TX_UNSENDABLE;
	if (!asm82545_tx_has_room(q, plan.descs))
		return ASM82545_TX_NO_ROOM;
	/* Not into the header. */
	tail = RTE_MIN(m->pkt_len - hdr_len(m), (uint32_t)TSO_SENTINEL);
	asm82545_tx_put(q, NULL, plan.ctx.addr, plan.ctx.word);
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		put_segment(q, m, plan.word, plan.max_len,
			next == NULL ? tail : 0, next == NULL);
		m = next;
	}
	q->after_tso = true;
	q->plan_flags = ASM82545_TX_NO_PLAN;
	q->odd = 1;
	asm82545_tx_report(q);
	return ASM82545_TX_SENT;
}

/* §3.3.5: the chip's context stays until another one of its kind replaces it. */
static void
put_context(struct asm82545_txq *q, const struct rte_mbuf *m, uint64_t flags)
{
	struct tx_plan plan;

	if (flags == q->ctx_flags && m->tx_offload == q->ctx_offload)
		return;
	plan_context(m, &plan);
	asm82545_tx_put(q, NULL, plan.ctx.addr, plan.ctx.word);
	q->ctx_flags = flags;
	q->ctx_offload = m->tx_offload;
	q->odd = 1;
}

/* Of the first packet after a segmented one the last bytes go apart as well. */
static void
put_after_tso(struct asm82545_txq *q, struct rte_mbuf *m, uint64_t word)
{
	q->after_tso = false;
	q->odd = 1;
	if (m->nb_segs == 1 && m->pkt_len >= ASM82545_MIN_TX_LEN)
		put_segment(q, m, word, q->max_desc_len, TSO_SENTINEL, true);
	else
		asm82545_tx_put_segments(q, m, word);
}

/* Any packet. The plan is then made for those like it. */
enum asm82545_tx_result
asm82545_tx_one_offload(struct asm82545_txq *q, struct rte_mbuf *m)
{
	uint64_t flags = m->ol_flags & ASM82545_TX_CONTEXT_FLAGS;
	uint64_t word = 0;
	uint32_t descs;

	if (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG)
		return tx_tso(q, m);
	descs = asm82545_tx_count(q, m);
	if (unlikely(descs == 0))
		return ASM82545_TX_UNSENDABLE;
	/* A context and a sentinel may come on top. */
	if (unlikely(!asm82545_tx_has_room(q, descs + 2)))
		return ASM82545_TX_NO_ROOM;
	if (flags & OFFLOAD_CKSUM) {
		put_context(q, m, flags);
		word = plan_word(flags);
	}
	q->plan_flags = flags;
	q->plan_lens = asm82545_tx_header_lens(m);
	q->plan_word = word;
	word |= asm82545_tx_vlan_word(m);
	if (unlikely(q->after_tso))
		put_after_tso(q, m, word);
	else
		asm82545_tx_put_segments(q, m, word);
	asm82545_tx_report(q);
	return ASM82545_TX_SENT;
}

/*
 * The checksum of all bytes from *off* on. rte_raw_cksum_mbuf() loses carries
 * where a segment begins at an odd offset.
 */
static uint16_t
cksum_mbuf(const struct rte_mbuf *m, uint32_t off, uint16_t pseudo)
{
	uint32_t sum = pseudo, len;
	bool odd = false;

	for (; m != NULL; m = m->next, off = 0) {
		uint16_t part;

		len = m->data_len - off;
		part = rte_raw_cksum(rte_pktmbuf_mtod_offset(m, const void *, off), len);
		sum += odd ? rte_bswap16(part) : part;
		odd ^= len & 1;
	}
	return ~__rte_raw_cksum_reduce(sum);
}

static void
prep_long_l4(struct rte_mbuf *m, const void *ip, uint16_t off)
{
	uint16_t pseudo = m->ol_flags & RTE_MBUF_F_TX_IPV4 ? rte_ipv4_phdr_cksum(ip, 0) :
		rte_ipv6_phdr_cksum(ip, 0);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, off);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)tcp;

	if ((m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM) {
		tcp->cksum = 0;
		tcp->cksum = cksum_mbuf(m, off, pseudo);
	} else {
		udp->dgram_cksum = 0;
		udp->dgram_cksum = cksum_mbuf(m, off, pseudo);
		if (udp->dgram_cksum == 0) /* which would mean that there is none */
			udp->dgram_cksum = UINT16_MAX;
	}
}

/* §3.5.1: a long frame gets its checksums from software. */
static int
prep_long(struct rte_mbuf *m)
{
	uint16_t off = m->l2_len + m->l3_len;
	struct rte_ipv4_hdr *ip;

	if (m->data_len < off + sizeof(struct rte_tcp_hdr))
		return -EINVAL;
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, m->l2_len);
	if (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) {
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	if (m->ol_flags & RTE_MBUF_F_TX_L4_MASK)
		prep_long_l4(m, ip, off);
	m->ol_flags &= ~OFFLOAD_CKSUM;
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
	if (!tso && (m->ol_flags & OFFLOAD_CKSUM) && m->pkt_len > CKSUM_MAX_LEN) {
		ret = prep_long(m);
		if (ret != 0)
			return ret;
	}
	if (tso ? !plan_tso(q, m, &plan) : asm82545_tx_count(q, m) == 0)
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
