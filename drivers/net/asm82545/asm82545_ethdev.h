/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_ETHDEV_H
#define ASM82545_ETHDEV_H

/* What the control path shares: needs the driver SDK's headers. */

#include <bus_pci_driver.h>
#include <ethdev_driver.h>
#include <rte_spinlock.h>

#include "asm82545.h"
#include "asm82545_compat.h"
#include "asm82545_log.h"

/* A port: in memory that all processes share. */
struct asm82545_adapter {
	struct asm82545_hw hw;
	struct rte_pci_ioport ioport; /* behind hw.io */
	bool has_ioport;
	rte_spinlock_t stats_lock; /* a read of the registers clears them */
	struct asm82545_stats stats;
	struct rte_eth_stats base; /* software counters at the last reset */
};

static inline struct asm82545_adapter *
asm82545_adapter(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static inline struct asm82545_hw *
asm82545_hw(const struct rte_eth_dev *dev)
{
	return &asm82545_adapter(dev)->hw;
}

/* asm82545_queue.c: ethdev ops, see rte_ethdev.h for what they return */
int asm82545_rxq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_rxconf *conf,
		struct rte_mempool *pool);
int asm82545_txq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_txconf *conf);
void asm82545_rxq_release(struct rte_eth_dev *dev, uint16_t id);
void asm82545_txq_release(struct rte_eth_dev *dev, uint16_t id);
void asm82545_rxq_info_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_rxq_info *info);
void asm82545_txq_info_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_txq_info *info);
void asm82545_rx_select(struct rte_eth_dev *dev);
bool asm82545_needs_scatter(const struct rte_eth_dev *dev, uint16_t mtu);
asm82545_queue_count_t asm82545_rx_queue_count(void *rxq);
int asm82545_rx_descriptor_status(void *rxq, uint16_t offset);
int asm82545_tx_descriptor_status(void *txq, uint16_t offset);
int asm82545_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_burst_mode *mode);
int asm82545_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_burst_mode *mode);

#endif /* ASM82545_ETHDEV_H */
