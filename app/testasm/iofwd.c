/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "fwd.h"

static void
iofwd_poll(struct testasm *t)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++) {
		struct fwd_dir *d = &t->dir[i];

		if (!fwd_dir_send(d))
			continue;
		fwd_dir_receive(d, &d->out);
		fwd_dir_send(d);
	}
}

const struct fwd_engine fwd_io = {
	.name = "io",
	.help = "pass packets between the ports unchanged",
	.nb_dirs = 2,
	.poll = iofwd_poll,
	.drain = fwd_drain,
};
