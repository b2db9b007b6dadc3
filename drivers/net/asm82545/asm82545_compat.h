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
	struct eth_queue_stats *qstats __rte_unused

#else

typedef uint32_t asm82545_queue_count_t;

#define ASM82545_STATS_GET_ARGS struct rte_eth_dev *dev, struct rte_eth_stats *stats

#endif

/* From 26.07 on the bus has a macro that finds its device for any class. */
#ifdef RTE_CLASS_TO_BUS_DEVICE
#define asm82545_pci(dev) RTE_CLASS_TO_BUS_DEVICE(dev, struct rte_pci_device)
#else
#define asm82545_pci(dev) RTE_ETH_DEV_TO_PCI(dev)
#endif

#endif /* ASM82545_COMPAT_H */
