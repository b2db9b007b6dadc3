/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "fwd.h"

static void
macfwd_rewrite(const struct fwd_dir *d)
{
	uint16_t i;

	for (i = 0; i < d->out.nb; i++) {
		struct rte_ether_hdr *eth =
			rte_pktmbuf_mtod(d->out.pkts[i], struct rte_ether_hdr *);

		eth->dst_addr = d->tx->peer;
		eth->src_addr = d->tx->mac;
	}
}

static void
macfwd_poll(struct testasm *t)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++) {
		struct fwd_dir *d = &t->dir[i];

		if (!fwd_dir_send(d))
			continue;
		fwd_dir_receive(d, &d->out);
		macfwd_rewrite(d);
		fwd_dir_send(d);
	}
}

const struct fwd_engine fwd_mac = {
	.name = "mac",
	.help = "as io, with the port's own source address and --peer as destination",
	.nb_dirs = 2,
	.poll = macfwd_poll,
	.drain = fwd_drain,
};
