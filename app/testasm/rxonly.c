/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "fwd.h"

static uint16_t
rxonly_dir(struct fwd_dir *d)
{
	uint16_t nb;

	fwd_dir_receive(d, &d->in);
	nb = d->in.nb;
	rte_pktmbuf_free_bulk(d->in.pkts, nb);
	d->in.nb = 0;
	return nb;
}

uint16_t
rxonly_access(struct testasm *t)
{
	return rxonly_dir(&t->dir[FWD_TRUNK]);
}

uint16_t
rxonly_trunk(struct testasm *t)
{
	return rxonly_dir(&t->dir[FWD_ACCESS]);
}

const struct fwd_engine fwd_rxonly = {
	.name = "rxonly",
	.help = "receive on both ports, count and drop",
	.poll = { [FWD_RX] = rxonly_access, [FWD_BACK] = rxonly_trunk },
};
