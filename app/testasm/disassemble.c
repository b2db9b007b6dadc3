/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "fwd.h"

int
disassemble_update(struct testasm *t, const struct testasm_conf *conf)
{
	int ret;

	if (!conf->peer_set)
		return 0;
	/* Frames of an earlier peer are still taken, those that it sent already too. */
	ret = rte_disassembler_peer_add(t->disassembler, &conf->peer);
	if (ret == 0 || ret == -EEXIST)
		ret = routes_disassemble(t, conf);
	if (ret != 0)
		testasm_error("cannot add the peer: %s", rte_strerror(-ret));
	return ret;
}

int
disassemble_begin(struct testasm *t)
{
	struct rte_disassembler_conf c;

	rte_disassembler_conf_default(&c);
	c.own = t->port[FWD_TRUNK].mac;
	c.pkt_pool = t->pkt_pool;
	/* A rebuilt packet is one mbuf; a longer one would be dropped as "oversize". */
	c.max_pkt = RTE_MIN(t->port[FWD_ACCESS].mtu + RTE_ETHER_HDR_LEN,
		RTE_MBUF_DEFAULT_DATAROOM - RTE_VLAN_HLEN);
	c.ether_type = t->conf.ether_type;
	c.socket_id = rte_socket_id();
	t->disassembler = rte_disassembler_create("testasm", &c);
	if (t->disassembler == NULL) {
		testasm_error("cannot create the disassembler: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	return disassemble_update(t, &t->conf);
}

static void
disassemble_submit(struct testasm *t, struct fwd_burst *in)
{
	uint16_t taken = rte_disassembler_submit_burst(t->disassembler, &in->pkts[in->head],
		in->nb);

	in->head += taken;
	in->nb -= taken;
}

/* Returns how many were collected: fewer than a burst says that nothing is left. */
static uint16_t
disassemble_collect(struct testasm *t, struct fwd_dir *d)
{
	d->out.head = 0;
	d->out.nb = rte_disassembler_collect_burst(t->disassembler, d->out.pkts, d->burst);
	return fwd_dir_hand_on(d);
}

uint16_t
disassemble_poll(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_ACCESS];
	uint16_t nb;

	if (t->discovery != NULL)
		discovery_make(t);
	if (!fwd_dir_send(d))
		return 0;
	if (d->in.nb == 0)
		fwd_dir_receive(d, &d->in);
	nb = d->in.nb;
	if (is_verbose(t))
		verbose_frames(t, "trunk RX:", &d->in.pkts[d->in.head], nb);
	if (nb != 0)
		disassemble_submit(t, &d->in);
	return nb + disassemble_collect(t, d);
}

int
disassemble_drain(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_ACCESS];

	if (!fwd_dir_send(d))
		return -EAGAIN;
	if (d->in.nb != 0)
		disassemble_submit(t, &d->in);
	if (disassemble_collect(t, d) == d->burst)
		return -EAGAIN;
	return d->out.nb != 0 || d->in.nb != 0 ? -EAGAIN : 0;
}

void
disassemble_end(struct testasm *t)
{
	rte_disassembler_free(t->disassembler);
	t->disassembler = NULL;
}

/* Nobody else sends to the trunk. */
static uint16_t
disassemble_only_poll(struct testasm *t)
{
	if (t->discovery != NULL)
		discovery_send(t);
	return disassemble_poll(t);
}

const struct fwd_engine fwd_disassemble = {
	.name = "disassemble",
	.help = "trunk port's assembled frames, as the original packets, out of the access port",
	.flags = FWD_HAS_PEER | FWD_MIXES_MBUFS,
	.begin = disassemble_begin,
	.poll = { [FWD_BACK] = disassemble_only_poll },
	.drain = disassemble_drain,
	.update = disassemble_update,
	.end = disassemble_end,
};
