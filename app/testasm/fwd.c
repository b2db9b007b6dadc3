/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <string.h>

#include "fwd.h"

const char *const fwd_side_name[FWD_SIDES] = {
	[FWD_ACCESS] = "access",
	[FWD_TRUNK] = "trunk",
};

const struct fwd_engine *const fwd_engines[] = {
	&fwd_io,
	&fwd_mac,
	&fwd_rxonly,
	&fwd_txonly,
	&fwd_flowgen,
	&fwd_assemble,
	&fwd_disassemble,
	&fwd_gateway,
	NULL
};

const struct fwd_engine *
fwd_engine_find(const char *name)
{
	unsigned int i;

	for (i = 0; fwd_engines[i] != NULL; i++)
		if (strcmp(fwd_engines[i]->name, name) == 0)
			return fwd_engines[i];
	return NULL;
}

void
fwd_dir_drop(struct fwd_dir *d)
{
	rte_pktmbuf_free_bulk(&d->out.pkts[d->out.head], d->out.nb);
	d->tx_dropped += d->out.nb;
	d->out.nb = 0;
}

int
fwd_drain(struct testasm *t)
{
	bool sent = fwd_dir_send(&t->dir[FWD_ACCESS]);

	return fwd_dir_send(&t->dir[FWD_TRUNK]) && sent ? 0 : -EAGAIN;
}
