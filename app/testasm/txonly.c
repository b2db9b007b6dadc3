/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "fwd.h"
#include "pktgen.h"

static int
txonly_begin(struct testasm *t)
{
	pktgen_begin(t);
	return 0;
}

static void
txonly_poll(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_TRUNK];

	if (!fwd_dir_send(d))
		return;
	pktgen_fill(t, &d->out);
	fwd_dir_send(d);
}

const struct fwd_engine fwd_txonly = {
	.name = "txonly",
	.help = "send UDP packets of --txpkts bytes out of the trunk port, receive nothing",
	.nb_dirs = 1,
	.begin = txonly_begin,
	.poll = txonly_poll,
	.drain = fwd_drain,
};
