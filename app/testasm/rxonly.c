/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "fwd.h"

static void
rxonly_poll(struct testasm *t)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++) {
		struct fwd_burst *in = &t->dir[i].in;

		fwd_dir_receive(&t->dir[i], in);
		rte_pktmbuf_free_bulk(in->pkts, in->nb);
		in->nb = 0;
	}
}

const struct fwd_engine fwd_rxonly = {
	.name = "rxonly",
	.help = "receive on both ports, count and drop",
	.nb_dirs = 2,
	.poll = rxonly_poll,
};
