/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_COMPAT_H
#define ASM82545_COMPAT_H

/* What differs between DPDK releases, 22.11 being the base. */

#include <rte_version.h>

#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)

typedef int asm82545_queue_count_t;

/* Statistics of queues have an argument of their own: there is one queue. */
#define ASM82545_STATS_GET_ARGS struct rte_eth_dev *dev, struct rte_eth_stats *stats, \
	struct eth_queue_stats *qstats
#define ASM82545_QUEUE_STATS_SET(stats, qstats) do { \
	if ((qstats) != NULL) \
		ASM82545_QUEUE_STATS_COPY(stats, qstats); \
} while (0)

#define ASM82545_LINK_CONNECTOR_SET(link, media) ((link)->link_connector = \
	(media) == ASM82545_COPPER ? RTE_ETH_LINK_CONNECTOR_TP : \
	(media) == ASM82545_FIBER ? RTE_ETH_LINK_CONNECTOR_FIBER : \
	RTE_ETH_LINK_CONNECTOR_OTHER)

#else

typedef uint32_t asm82545_queue_count_t;

#define ASM82545_STATS_GET_ARGS struct rte_eth_dev *dev, struct rte_eth_stats *stats
#define ASM82545_QUEUE_STATS_SET(stats, qstats) ASM82545_QUEUE_STATS_COPY(stats, stats)
/* Ports do not tell. */
#define ASM82545_LINK_CONNECTOR_SET(link, media) RTE_SET_USED(link)

#endif

/* The one queue of each direction has all that the port has. */
#define ASM82545_QUEUE_STATS_COPY(stats, to) do { \
	(to)->q_ipackets[0] = (stats)->ipackets; \
	(to)->q_ibytes[0] = (stats)->ibytes; \
	(to)->q_opackets[0] = (stats)->opackets; \
	(to)->q_obytes[0] = (stats)->obytes; \
	(to)->q_errors[0] = (stats)->ierrors; \
} while (0)

/* From 26.07 on the bus has a macro that finds its device for any class. */
#ifdef RTE_CLASS_TO_BUS_DEVICE
#define asm82545_pci(dev) RTE_CLASS_TO_BUS_DEVICE(dev, struct rte_pci_device)
#else
#define asm82545_pci(dev) RTE_ETH_DEV_TO_PCI(dev)
#endif

#endif /* ASM82545_COMPAT_H */
