/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>

#include "fwd.h"

/* What an lcore's cache may hold: a mempool lets it grow to 1.5 times its size. */
#define MBUF_CACHE_MOST (TESTASM_MBUF_CACHE * 3 / 2)

static bool
frames_fit(const struct testasm_conf *conf)
{
	return conf->max_frame <= RTE_MBUF_DEFAULT_DATAROOM;
}

/* Packets that can be under way outside the ports' rings. */
static uint32_t
mbufs_under_way(const struct testasm *t)
{
	/* Each peer has a frame open, which takes two with LZ4. */
	uint32_t rings = 2 * (TESTASM_RING_SIZE + t->conf.nb_routes) *
		RTE_MAX(t->lcores.nb_workers, 1u);

	return TESTASM_CONTROL_RING + rings + 2 * FWD_SIDES * t->conf.burst +
		lcores_count(&t->lcores) * MBUF_CACHE_MOST;
}

static uint32_t
mbufs_needed(const struct testasm *t)
{
	uint32_t needed = mbufs_under_way(t);
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++)
		needed += t->port[i].nb_rxd + t->port[i].nb_txd;
	return needed;
}

/* The drivers of memory pools are plugins of DPDK, which EAL leaves out in silence. */
static bool
has_pool_driver(const char *name)
{
	uint32_t i;

	for (i = 0; i < rte_mempool_ops_table.num_ops; i++)
		if (strcmp(rte_mempool_ops_table.ops[i].name, name) == 0)
			return true;
	return false;
}

/*
 * With workers one lcore frees what another one allocates. From a ring that would take all
 * mbufs in turn; from a stack it takes those freed last, which are few and in the caches.
 * What the user or the platform asks for comes first.
 */
static const char *
pool_ops(const struct testasm *t)
{
	const bool chosen = rte_mbuf_user_mempool_ops() != NULL ||
		rte_mbuf_platform_mempool_ops() != NULL;

	if (t->lcores.nb_workers != 0 && !chosen && has_pool_driver("stack"))
		return "stack";
	return rte_mbuf_best_mempool_ops();
}

static void
explain_pool(const char *ops, uint32_t nb, uint32_t room, int err)
{
	if (!has_pool_driver(ops))
		testasm_error("no driver \"%s\" for mbufs: let this user read the plugins of DPDK "
			"in %s, or name them with -d", ops, RTE_EAL_PMD_PATH);
	else
		testasm_error("cannot get %" PRIu32 " mbufs of %" PRIu32 " bytes (%s): set more "
			"hugepages aside (dpdk-hugepages.py --setup) or give a smaller --mbufs",
			nb, room, rte_strerror(err));
}

static struct rte_mempool *
pool_create(const struct testasm *t, const char *name, uint32_t nb, uint32_t room)
{
	const char *ops = pool_ops(t);
	struct rte_mempool *pool = rte_pktmbuf_pool_create_by_ops(name, nb, TESTASM_MBUF_CACHE, 0,
		RTE_PKTMBUF_HEADROOM + room, rte_socket_id(), ops);

	if (pool == NULL)
		explain_pool(ops, nb, RTE_PKTMBUF_HEADROOM + room, rte_errno);
	return pool;
}

int
mbufs_check(const struct testasm *t)
{
	const struct testasm_conf *conf = &t->conf;
	uint32_t needed = mbufs_needed(t);

	if (conf->mbufs < needed) {
		testasm_error("--mbufs=%" PRIu32 ": too few to fill the rings of the ports and of "
			"%u workers; give %" PRIu32 " or more",
			conf->mbufs, t->lcores.nb_workers, needed);
		return -EINVAL;
	}
	return 0;
}

int
mbufs_create(struct testasm *t)
{
	const struct testasm_conf *conf = &t->conf;
	int ret = mbufs_check(t);

	if (ret != 0)
		return ret;
	t->pkt_pool = pool_create(t, "testasm_pkt", conf->mbufs, RTE_MBUF_DEFAULT_DATAROOM);
	if (t->pkt_pool == NULL)
		return -rte_errno;
	t->frame_pool = t->pkt_pool;
	if (frames_fit(conf) || !(conf->interactive || t->engine->flags & FWD_ASSEMBLES))
		return 0;
	t->frame_pool = pool_create(t, "testasm_frame",
		t->port[FWD_TRUNK].nb_txd + mbufs_under_way(t), conf->max_frame);
	return t->frame_pool != NULL ? 0 : -rte_errno;
}

void
mbufs_print(const struct testasm *t)
{
	printf("mbufs %u, from %s\n", t->pkt_pool->size,
		rte_mempool_get_ops(t->pkt_pool->ops_index)->name);
}

void
mbufs_count(const struct testasm *t, struct testasm_stats *stats)
{
	stats->mbufs_total = t->pkt_pool->size;
	stats->mbufs_in_use = rte_mempool_in_use_count(t->pkt_pool);
	if (t->frame_pool != t->pkt_pool) {
		stats->mbufs_total += t->frame_pool->size;
		stats->mbufs_in_use += rte_mempool_in_use_count(t->frame_pool);
	}
}
