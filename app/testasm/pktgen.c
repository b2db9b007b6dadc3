/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <netinet/in.h>
#include <string.h>

#include <rte_memcpy.h>

#include "pktgen.h"

static union {
	struct pktgen_hdr hdr;
	uint8_t bytes[RTE_ETHER_MAX_LEN];
} pktgen_packet;

void
pktgen_begin(const struct testasm *t)
{
	const struct fwd_port *trunk = &t->port[FWD_TRUNK];
	struct pktgen_hdr *h = &pktgen_packet.hdr;
	uint16_t ip_len = t->conf.txpkts - sizeof(h->eth);
	unsigned int i;

	/* Not zeros: the assembler leaves those out at a packet's end, real data it cannot. */
	for (i = sizeof(*h); i < sizeof(pktgen_packet); i++)
		pktgen_packet.bytes[i] = i;

	h->eth.dst_addr = trunk->peer;
	h->eth.src_addr = trunk->mac;
	h->eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	h->ip = (struct rte_ipv4_hdr) {
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(ip_len),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = RTE_BE32(PKTGEN_SRC_ADDR),
		.dst_addr = RTE_BE32(PKTGEN_DST_ADDR),
	};
	h->ip.hdr_checksum = rte_ipv4_cksum(&h->ip);
	h->udp = (struct rte_udp_hdr) {
		.src_port = RTE_BE16(PKTGEN_UDP_PORT),
		.dst_port = RTE_BE16(PKTGEN_UDP_PORT),
		.dgram_len = rte_cpu_to_be_16(ip_len - sizeof(h->ip)),
	};
}

void
pktgen_fill(const struct testasm *t, struct fwd_burst *out)
{
	uint16_t i;

	out->head = 0;
	if (rte_pktmbuf_alloc_bulk(t->pkt_pool, out->pkts, t->conf.burst) != 0)
		return;
	out->nb = t->conf.burst;
	for (i = 0; i < out->nb; i++) {
		struct rte_mbuf *m = out->pkts[i];

		rte_memcpy(rte_pktmbuf_mtod(m, void *), pktgen_packet.bytes, t->conf.txpkts);
		m->data_len = t->conf.txpkts;
		m->pkt_len = t->conf.txpkts;
	}
}
