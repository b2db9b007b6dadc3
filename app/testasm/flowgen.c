/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "fwd.h"
#include "pktgen.h"

/* A power of two; each flow has its own addresses and its own source port. */
#define FLOWGEN_FLOWS 1024
#define FLOWGEN_FIRST_PORT 10000

static uint32_t flowgen_next;

static int
flowgen_begin(struct testasm *t)
{
	flowgen_next = 0;
	pktgen_begin(t);
	return 0;
}

static void
flowgen_vary(struct fwd_burst *out)
{
	uint16_t i;

	for (i = 0; i < out->nb; i++) {
		struct pktgen_hdr *h = rte_pktmbuf_mtod(out->pkts[i], struct pktgen_hdr *);
		uint32_t flow = flowgen_next++ & (FLOWGEN_FLOWS - 1);

		h->ip.src_addr = rte_cpu_to_be_32(PKTGEN_SRC_ADDR + flow);
		h->ip.dst_addr = rte_cpu_to_be_32(PKTGEN_DST_ADDR + flow);
		h->udp.src_port = rte_cpu_to_be_16(FLOWGEN_FIRST_PORT + flow);
		h->ip.hdr_checksum = 0;
		h->ip.hdr_checksum = rte_ipv4_cksum(&h->ip);
	}
}

static uint16_t
flowgen_poll(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_TRUNK];
	uint16_t received = rxonly_access(t);

	if (!fwd_dir_send(d))
		return received;
	pktgen_fill(t, &d->out);
	flowgen_vary(&d->out);
	return received + fwd_dir_hand_on(d);
}

const struct fwd_engine fwd_flowgen = {
	.name = "flowgen",
	.help = "as txonly with 1024 flows; receive on both ports, count and drop",
	.begin = flowgen_begin,
	.poll = { [FWD_RX] = flowgen_poll, [FWD_BACK] = rxonly_trunk },
	.drain = fwd_drain,
};
