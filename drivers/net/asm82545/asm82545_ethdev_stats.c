/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* ethdev ops: statistics and extended statistics. */

#include <errno.h>
#include <string.h>

#include "asm82545_ethdev.h"

/* What the driver counts beside the chip, by extended statistic. */
enum sw_counter {
	SW_OVERSIZE,
	SW_OVERSIZE_BYTES,
	SW_DAMAGED,
	SW_NO_MBUF,
	SW_STRADDLING,
	SW_TX_DROPPED,
	SW_TX_STUCK,
};

static const char *const sw_names[ASM82545_NB_SW_COUNTERS] = {
	[SW_OVERSIZE] = "rx_oversize_dropped_packets",
	[SW_OVERSIZE_BYTES] = "rx_oversize_dropped_bytes",
	[SW_DAMAGED] = "rx_damaged_dropped_packets",
	[SW_NO_MBUF] = "rx_refill_no_mbuf",
	[SW_STRADDLING] = "rx_straddling_buffers",
	[SW_TX_DROPPED] = "tx_unsendable_dropped_packets",
	[SW_TX_STUCK] = "tx_stuck_events",
};
static_assert(SW_TX_STUCK + 1 == ASM82545_NB_SW_COUNTERS, "one base for each");

#define NB_XSTATS (ASM82545_NB_COUNTERS + ASM82545_NB_SW_COUNTERS)

/* Since the queues were set up. */
static void
sw_read(const struct rte_eth_dev *dev, uint64_t *sw)
{
	const struct asm82545_rxq *rxq =
		dev->data->nb_rx_queues != 0 ? dev->data->rx_queues[0] : NULL;
	const struct asm82545_txq *txq =
		dev->data->nb_tx_queues != 0 ? dev->data->tx_queues[0] : NULL;

	memset(sw, 0, ASM82545_NB_SW_COUNTERS * sizeof(sw[0]));
	if (rxq != NULL) {
		sw[SW_OVERSIZE] = rxq->nb_oversize;
		sw[SW_OVERSIZE_BYTES] = rxq->oversize_bytes;
		sw[SW_DAMAGED] = rxq->nb_damaged;
		sw[SW_NO_MBUF] = rxq->nb_no_mbuf;
		sw[SW_STRADDLING] = rxq->nb_straddling;
	}
	if (txq != NULL)
		sw[SW_TX_DROPPED] = txq->nb_dropped;
	sw[SW_TX_STUCK] = asm82545_adapter(dev)->nb_tx_stuck;
}

/* Since the last reset; a queue set up anew starts again from nothing. */
static void
sw_get(const struct rte_eth_dev *dev, uint64_t *sw)
{
	const uint64_t *base = asm82545_adapter(dev)->sw_base;
	size_t i;

	sw_read(dev, sw);
	for (i = 0; i < ASM82545_NB_SW_COUNTERS; i++)
		sw[i] -= RTE_MIN(base[i], sw[i]);
}

/* All processes have the lock, and one may be killed with it: then it is free again. */
int
asm82545_dev_stats_init(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	pthread_mutexattr_t attr;
	int ret = pthread_mutexattr_init(&attr);

	if (ret != 0)
		return -ret;
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	ret = pthread_mutex_init(&a->stats_lock, &attr);
	pthread_mutexattr_destroy(&attr);
	asm82545_stats_start(&a->hw, &a->stats);
	return -ret;
}

static void
stats_lock(struct asm82545_adapter *a)
{
	if (pthread_mutex_lock(&a->stats_lock) == EOWNERDEAD)
		pthread_mutex_consistent(&a->stats_lock);
}

static void
stats_unlock(struct asm82545_adapter *a)
{
	pthread_mutex_unlock(&a->stats_lock);
}

void
asm82545_dev_stats_update(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	stats_lock(a);
	asm82545_stats_update(&a->hw, &a->stats);
	stats_unlock(a);
}

/* Around a reset of the chip: other threads may ask for statistics meanwhile. */
void
asm82545_dev_stats_before_reset(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	stats_lock(a);
	asm82545_stats_before_reset(&a->hw, &a->stats);
	stats_unlock(a);
}

void
asm82545_dev_stats_after_reset(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	stats_lock(a);
	asm82545_stats_after_reset(&a->hw, &a->stats);
	stats_unlock(a);
}

int
asm82545_dev_stats_get(ASM82545_STATS_GET_ARGS)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	uint64_t sw[ASM82545_NB_SW_COUNTERS];
	struct asm82545_basic_stats basic;

	asm82545_dev_stats_update(dev);
	sw_get(dev, sw);
	asm82545_stats_basic(&a->stats, &basic);
	/* The chip counts what the driver drops as good. */
	stats->ipackets = basic.rx_packets - sw[SW_OVERSIZE];
	stats->ibytes = basic.rx_bytes - sw[SW_OVERSIZE_BYTES];
	stats->imissed = basic.rx_missed;
	stats->ierrors = basic.rx_errors + sw[SW_OVERSIZE];
	stats->rx_nombuf = sw[SW_NO_MBUF];
	stats->opackets = basic.tx_packets;
	stats->obytes = basic.tx_bytes;
	stats->oerrors = basic.tx_errors + sw[SW_TX_DROPPED];
	ASM82545_QUEUE_STATS_SET(stats, qstats);
	return 0;
}

int
asm82545_dev_stats_reset(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	stats_lock(a);
	asm82545_stats_update(&a->hw, &a->stats);
	memset(a->stats.sum, 0, sizeof(a->stats.sum));
	sw_read(dev, a->sw_base);
	stats_unlock(a);
	return 0;
}

int
asm82545_dev_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats,
		unsigned int nb)
{
	const struct asm82545_adapter *a = asm82545_adapter(dev);
	uint64_t sw[ASM82545_NB_SW_COUNTERS];
	unsigned int i;

	if (nb < NB_XSTATS)
		return NB_XSTATS;
	asm82545_dev_stats_update(dev);
	sw_get(dev, sw);
	for (i = 0; i < NB_XSTATS; i++) {
		xstats[i].id = i;
		xstats[i].value = i < ASM82545_NB_COUNTERS ? a->stats.sum[i] :
			sw[i - ASM82545_NB_COUNTERS];
	}
	return NB_XSTATS;
}

int
asm82545_dev_xstats_get_names(struct rte_eth_dev *dev __rte_unused,
		struct rte_eth_xstat_name *names, unsigned int nb)
{
	unsigned int i;

	if (names == NULL || nb < NB_XSTATS)
		return NB_XSTATS;
	for (i = 0; i < NB_XSTATS; i++)
		snprintf(names[i].name, sizeof(names[i].name), "%s",
			i < ASM82545_NB_COUNTERS ? asm82545_counters[i].name :
			sw_names[i - ASM82545_NB_COUNTERS]);
	return NB_XSTATS;
}
