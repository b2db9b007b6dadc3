/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "fwd.h"

static int
assemble_create(struct testasm *t)
{
	const struct testasm_conf *conf = &t->conf;
	struct rte_assembler_conf c;

	rte_assembler_conf_default(&c);
	c.src = t->port[FWD_TRUNK].mac;
	c.frame_pool = t->frame_pool;
	c.hold_us = conf->hold_us;
	c.max_frame = conf->max_frame;
	c.max_count = conf->max_count;
	c.min_count = conf->min_count;
	c.max_pkt = conf->max_pkt;
	c.ether_type = conf->ether_type;
	c.nb_workers = t->lcores.nb_workers;
	c.ring_size = TESTASM_RING_SIZE;
	c.idle_flush = conf->idle_flush;
	c.lz4 = conf->lz4;
	c.socket_id = rte_socket_id();
	c.sleep_us = conf->interrupt ? TESTASM_PATIENCE_US : 0;
	routes_size(conf, &c);
	t->assembler = rte_assembler_create("testasm", &c);
	if (t->assembler == NULL) {
		testasm_error("cannot create the assembler: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	rte_assembler_adaptive_set(t->assembler, conf->adaptive);
	t->client = rte_assembler_client_open(t->assembler);
	if (t->client == NULL) {
		testasm_error("cannot open a client of the assembler: %s",
			rte_strerror(rte_errno));
		return -rte_errno;
	}
	return conf->peer_set ? rte_assembler_peer_set(t->assembler, &conf->peer) : 0;
}

static int
assemble_launch(struct testasm *t)
{
	unsigned int lcore;
	uint16_t i;
	int ret;

	for (i = 0; i < t->lcores.nb_workers; i++) {
		lcore = t->lcores.worker[i];
		ret = rte_eal_remote_launch(rte_assembler_worker_main,
			rte_assembler_worker_get(t->assembler, i), lcore);
		if (ret != 0) {
			testasm_error("cannot start worker %u on lcore %u: %s", i, lcore,
				rte_strerror(-ret));
			return ret;
		}
	}
	return 0;
}

int
assemble_begin(struct testasm *t)
{
	int ret = assemble_create(t);

	if (ret == 0)
		ret = routes_assemble(t);
	return ret != 0 ? ret : assemble_launch(t);
}

static void
assemble_submit(struct testasm *t, struct fwd_burst *in)
{
	uint16_t taken = rte_assembler_submit_burst(t->client, &in->pkts[in->head], in->nb);

	in->head += taken;
	in->nb -= taken;
}

static uint16_t
assemble_collect(struct testasm *t, struct fwd_dir *d)
{
	d->out.head = 0;
	d->out.nb = rte_assembler_collect_burst(t->client, d->out.pkts, d->burst);
	if (is_verbose(t))
		verbose_frames(t, "trunk TX:", d->out.pkts, d->out.nb);
	return fwd_dir_hand_on(d);
}

uint16_t
assemble_rx(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_TRUNK];
	uint16_t nb;

	if (d->in.nb == 0)
		fwd_dir_receive(d, &d->in);
	nb = d->in.nb;
	/* An empty burst is submitted too: it is what --idle-flush acts on. */
	assemble_submit(t, &d->in);
	return nb - d->in.nb;
}

uint16_t
assemble_tx(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_TRUNK];

	/* First, so that a trunk that is full does not make this end seem silent. */
	if (t->discovery != NULL)
		discovery_send(t);
	/* What waits fills the library's rings, and then assemble_rx() receives nothing. */
	return fwd_dir_send(d) ? assemble_collect(t, d) : 0;
}

int
assemble_update(struct testasm *t, const struct testasm_conf *conf)
{
	const struct rte_assembler_sizes sizes = {
		.max_frame = conf->max_frame,
		.max_count = conf->max_count,
		.min_count = conf->min_count,
		.max_pkt = conf->max_pkt,
	};
	int ret = rte_assembler_sizes_set(t->assembler, &sizes);

	if (ret == 0)
		ret = rte_assembler_class_set(t->assembler, 0, conf->hold_us);
	rte_assembler_adaptive_set(t->assembler, conf->adaptive);
	return ret == 0 && conf->peer_set ?
		rte_assembler_peer_set(t->assembler, &conf->peer) : ret;
}

int
assemble_drain(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_TRUNK];
	int ret = -EAGAIN;

	if (!fwd_dir_send(d))
		return -EAGAIN;
	if (d->in.nb != 0)
		assemble_submit(t, &d->in);
	if (d->in.nb == 0)
		ret = rte_assembler_flush(t->client);
	assemble_collect(t, d);
	return d->out.nb != 0 ? -EAGAIN : ret;
}

void
assemble_end(struct testasm *t)
{
	if (t->assembler == NULL)
		return;
	rte_assembler_workers_stop(t->assembler);
	lcores_wait_workers(&t->lcores);
	rte_assembler_free(t->assembler);
	t->assembler = NULL;
}

/* The trunk port receives control frames only, for who makes the answers. */
static uint16_t
assemble_only_tx(struct testasm *t)
{
	if (t->discovery != NULL) {
		discovery_listen(t);
		discovery_make(t);
	}
	return assemble_tx(t);
}

const struct fwd_engine fwd_assemble = {
	.name = "assemble",
	.help = "access port's packets, assembled, out of the trunk port",
	.flags = FWD_HAS_PEER | FWD_ASSEMBLES | FWD_MIXES_MBUFS,
	.begin = assemble_begin,
	.poll = { [FWD_RX] = assemble_rx, [FWD_TX] = assemble_only_tx },
	.drain = assemble_drain,
	.update = assemble_update,
	.end = assemble_end,
};
