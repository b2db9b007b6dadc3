/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * A port in a secondary process: it receives, sends and looks, the primary
 * process controls. All data are shared; addresses of functions are not.
 */

#include <errno.h>

#include <rte_cycles.h>

#include "asm82545_ethdev.h"

#define GATE_POLL_US 10
#define GATE_WAIT_MS 1000 /* a burst takes far less, but its process may have to wait */

/* By the primary, when the queue is as bursts expect it. */
void
asm82545_gate_open(struct asm82545_gate *gate)
{
	rte_mb(); /* the queue is written before anyone sees the gate open */
	gate->open = true;
}

/* By the primary: when this returns no process is within a burst of the queue. */
void
asm82545_gate_shut(struct asm82545_gate *gate, const char *queue, uint16_t port_id)
{
	uint32_t us;

	gate->open = false;
	rte_mb(); /* orders this write and the reads of inside: see gate_enter() */
	for (us = 0; gate->inside && us < GATE_WAIT_MS * 1000; us += GATE_POLL_US)
		rte_delay_us_sleep(GATE_POLL_US);
	if (!gate->inside)
		return;
	ASM82545_LOG(WARNING, "port %u: a secondary process ended within a burst of its %s queue: "
		"if it still runs, end it", port_id, queue);
	gate->inside = false;
}

/* By the secondary: whether the queue is its own until gate_leave(). */
static inline bool
gate_enter(struct asm82545_gate *gate)
{
	gate->inside = true;
	rte_mb(); /* orders this write and the read of open: one of the two sees the other */
	if (likely(gate->open))
		return true;
	gate->inside = false;
	return false;
}

static inline void
gate_leave(struct asm82545_gate *gate)
{
	rte_mb(); /* what the burst wrote is seen before this */
	gate->inside = false;
}

/*
 * The primary may start the port anew with other offloads or another MTU, of
 * which no process tells the others: so each burst asks for the function.
 */
static uint16_t
secondary_recv_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct asm82545_adapter *a = container_of(rxq, struct asm82545_adapter, rxq);
	uint16_t nb;

	if (unlikely(rxq == NULL || !gate_enter(&a->rx_gate)))
		return 0;
	nb = asm82545_rx_burst(&rte_eth_devices[a->rxq.port_id])(rxq, pkts, nb_pkts);
	gate_leave(&a->rx_gate);
	return nb;
}

static uint16_t
secondary_xmit_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct asm82545_adapter *a = container_of(txq, struct asm82545_adapter, txq);
	uint16_t nb;

	if (unlikely(txq == NULL || !gate_enter(&a->tx_gate)))
		return 0;
	nb = asm82545_tx_burst(&rte_eth_devices[a->txq.port_id])(txq, pkts, nb_pkts);
	gate_leave(&a->tx_gate);
	return nb;
}

/* It frees as a burst does. */
static int
secondary_tx_done_cleanup(void *txq, uint32_t nb_pkts)
{
	struct asm82545_adapter *a = container_of(txq, struct asm82545_adapter, txq);
	int nb;

	if (!gate_enter(&a->tx_gate))
		return 0;
	nb = asm82545_tx_done_cleanup(txq, nb_pkts);
	gate_leave(&a->tx_gate);
	return nb;
}

/* The primary process looks each second: flow control follows what it finds changed. */
static int
secondary_link_update(struct rte_eth_dev *dev __rte_unused, int wait __rte_unused)
{
	return 0;
}

static int
refuse(struct rte_eth_dev *dev)
{
	ASM82545_LOG(ERR, "port %u: a secondary process cannot control it: let the primary do so",
		dev->data->port_id);
	return -ENOTSUP;
}

static int
refuse_number(struct rte_eth_dev *dev, uint16_t number __rte_unused)
{
	return refuse(dev);
}

static int
refuse_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr __rte_unused)
{
	return refuse(dev);
}

static int
refuse_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *addr __rte_unused,
		uint32_t index __rte_unused, uint32_t pool __rte_unused)
{
	return refuse(dev);
}

static int
refuse_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs __rte_unused,
		uint32_t nb __rte_unused)
{
	return refuse(dev);
}

static int
refuse_vlan_filter(struct rte_eth_dev *dev, uint16_t vid __rte_unused, int on __rte_unused)
{
	return refuse(dev);
}

static int
refuse_vlan_tpid(struct rte_eth_dev *dev, enum rte_vlan_type type __rte_unused,
		uint16_t tpid __rte_unused)
{
	return refuse(dev);
}

static int
refuse_flow_ctrl(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf __rte_unused)
{
	return refuse(dev);
}

static int
refuse_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info __rte_unused)
{
	return refuse(dev);
}

/*
 * dev_configure, dev_stop, dev_reset, the setup of queues, vlan_offload_set and
 * mac_addr_remove are left out: for these ethdev changes shared data before it
 * calls the driver, and refuses (-ENOTSUP) before that when there is no function.
 */
static const struct eth_dev_ops secondary_ops = {
	.dev_start = refuse,
	.dev_close = asm82545_dev_close,
	.dev_set_link_up = refuse,
	.dev_set_link_down = refuse,
	.is_removed = asm82545_dev_is_removed,
	.link_update = secondary_link_update,
	.promiscuous_enable = refuse,
	.promiscuous_disable = refuse,
	.allmulticast_enable = refuse,
	.allmulticast_disable = refuse,
	.mac_addr_set = refuse_mac_addr_set,
	.mac_addr_add = refuse_mac_addr_add,
	.set_mc_addr_list = refuse_mc_addr_list,
	.mtu_set = refuse_number,
	.vlan_filter_set = refuse_vlan_filter,
	.vlan_tpid_set = refuse_vlan_tpid,
	.stats_get = asm82545_dev_stats_get,
	.stats_reset = asm82545_dev_stats_reset,
	.xstats_get = asm82545_dev_xstats_get,
	.xstats_reset = asm82545_dev_stats_reset,
	.xstats_get_names = asm82545_dev_xstats_get_names,
	.dev_infos_get = asm82545_dev_infos_get,
	.fw_version_get = asm82545_fw_version_get,
	.rxq_info_get = asm82545_rxq_info_get,
	.txq_info_get = asm82545_txq_info_get,
	.rx_burst_mode_get = asm82545_rx_burst_mode_get,
	.tx_burst_mode_get = asm82545_tx_burst_mode_get,
	.rx_queue_start = refuse_number,
	.rx_queue_stop = refuse_number,
	.tx_queue_start = refuse_number,
	.tx_queue_stop = refuse_number,
	.rx_queue_intr_enable = refuse_number,
	.rx_queue_intr_disable = refuse_number,
	.tx_done_cleanup = secondary_tx_done_cleanup,
	.dev_led_on = refuse,
	.dev_led_off = refuse,
	.flow_ctrl_get = asm82545_flow_ctrl_get,
	.flow_ctrl_set = refuse_flow_ctrl,
	.get_reg = asm82545_get_reg,
	.get_eeprom_length = asm82545_get_eeprom_length,
	.get_eeprom = asm82545_get_eeprom,
	.set_eeprom = refuse_eeprom,
	.eth_dev_priv_dump = asm82545_priv_dump,
};

int
asm82545_secondary_init(struct rte_eth_dev *dev)
{
	if (asm82545_adapter(dev)->magic != ASM82545_MAGIC) {
		ASM82545_LOG(NOTICE, "port %u: the primary process has another driver for it",
			dev->data->port_id);
		return 1; /* so that EAL asks the next driver */
	}
	dev->dev_ops = &secondary_ops;
	dev->rx_pkt_burst = secondary_recv_pkts;
	dev->tx_pkt_burst = secondary_xmit_pkts;
	dev->tx_pkt_prepare = asm82545_prep_pkts;
	return 0;
}
