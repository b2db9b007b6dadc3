/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>

#include "fwd.h"

static int
gateway_begin(struct testasm *t)
{
	int ret = disassemble_begin(t);

	return ret != 0 ? ret : assemble_begin(t);
}

static int
gateway_drain(struct testasm *t)
{
	int ret = assemble_drain(t);

	return disassemble_drain(t) != 0 ? -EAGAIN : ret;
}

static int
gateway_update(struct testasm *t, const struct testasm_conf *conf)
{
	int ret = disassemble_update(t, conf);

	return ret == 0 ? assemble_update(t, conf) : ret;
}

static void
gateway_end(struct testasm *t)
{
	assemble_end(t);
	disassemble_end(t);
}

const struct fwd_engine fwd_gateway = {
	.name = "gateway",
	.help = "assemble and disassemble at once",
	.flags = FWD_HAS_PEER | FWD_ASSEMBLES | FWD_MIXES_MBUFS,
	.begin = gateway_begin,
	.poll = {
		[FWD_RX] = assemble_rx,
		[FWD_TX] = assemble_tx,
		[FWD_BACK] = disassemble_poll,
	},
	.drain = gateway_drain,
	.update = gateway_update,
	.end = gateway_end,
};
