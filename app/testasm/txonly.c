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

static uint16_t
txonly_poll(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_TRUNK];

	if (!fwd_dir_send(d))
		return 0;
	pktgen_fill(t, &d->out);
	return fwd_dir_hand_on(d);
}

const struct fwd_engine fwd_txonly = {
	.name = "txonly",
	.help = "send UDP packets of --txpkts bytes out of the trunk port, receive nothing",
	.begin = txonly_begin,
	.poll = { [FWD_RX] = txonly_poll },
	.drain = fwd_drain,
};
