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

static uint16_t
macfwd_dir(struct fwd_dir *d)
{
	if (!fwd_dir_send(d))
		return 0;
	fwd_dir_receive(d, &d->out);
	macfwd_rewrite(d);
	return fwd_dir_hand_on(d);
}

static uint16_t
macfwd_out(struct testasm *t)
{
	return macfwd_dir(&t->dir[FWD_TRUNK]);
}

static uint16_t
macfwd_back(struct testasm *t)
{
	return macfwd_dir(&t->dir[FWD_ACCESS]);
}

const struct fwd_engine fwd_mac = {
	.name = "mac",
	.help = "as io, with the port's own source address and --peer as destination",
	.poll = { [FWD_RX] = macfwd_out, [FWD_BACK] = macfwd_back },
	.drain = fwd_drain,
};
