/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "fwd.h"

static uint16_t
iofwd_dir(struct fwd_dir *d)
{
	if (!fwd_dir_send(d))
		return 0;
	fwd_dir_receive(d, &d->out);
	return fwd_dir_hand_on(d);
}

static uint16_t
iofwd_out(struct testasm *t)
{
	return iofwd_dir(&t->dir[FWD_TRUNK]);
}

static uint16_t
iofwd_back(struct testasm *t)
{
	return iofwd_dir(&t->dir[FWD_ACCESS]);
}

const struct fwd_engine fwd_io = {
	.name = "io",
	.help = "pass packets between the ports unchanged",
	.poll = { [FWD_RX] = iofwd_out, [FWD_BACK] = iofwd_back },
	.drain = fwd_drain,
};
