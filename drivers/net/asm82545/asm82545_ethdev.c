/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The control path: probe, configure, start, stop, and what ethdev asks for. */

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <ethdev_pci.h>

#include "asm82545_ethdev.h"

#define PCI_BAR0_OFFSET 0x10
#define PCI_BAR_IO      0x1
#define PCI_NB_BARS     6

static struct asm82545_rxq *
rxq_of(const struct rte_eth_dev *dev)
{
	return dev->data->nb_rx_queues != 0 ? dev->data->rx_queues[0] : NULL;
}

static struct asm82545_txq *
txq_of(const struct rte_eth_dev *dev)
{
	return dev->data->nb_tx_queues != 0 ? dev->data->tx_queues[0] : NULL;
}

static int
asm82545_dev_configure(struct rte_eth_dev *dev)
{
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	struct asm82545_link_conf link;

	if (conf->lpbk_mode > 1) {
		ASM82545_LOG(ERR, "port %u: lpbk_mode %u: give 0, or 1 for loopback in the PHY",
			dev->data->port_id, conf->lpbk_mode);
		return -EINVAL;
	}
	return asm82545_link_conf_get(dev, &link);
}

static int
dev_check_queues(const struct rte_eth_dev *dev)
{
	if (rxq_of(dev) != NULL && txq_of(dev) != NULL)
		return 0;
	ASM82545_LOG(ERR, "port %u: set up one RX and one TX queue before the start",
		dev->data->port_id);
	return -EINVAL;
}

static int
dev_hw_conf(const struct rte_eth_dev *dev, struct asm82545_hw_conf *conf)
{
	const struct asm82545_adapter *a = asm82545_adapter(dev);
	const struct asm82545_rxq *rxq = rxq_of(dev);
	const struct asm82545_txq *txq = txq_of(dev);
	int ret = asm82545_link_conf_get(dev, &conf->link);

	conf->link.loopback = dev->data->dev_conf.lpbk_mode != 0;
	conf->link.vlan = asm82545_uses_vlan(dev);
	conf->fc = &a->fc;
	conf->filters = &a->filters;
	conf->rx_iova = rxq->ring_iova;
	conf->nb_rxd = rxq->nb_desc;
	conf->tx_iova = txq->ring_iova;
	conf->nb_txd = txq->nb_desc;
	conf->itr = a->itr;
	conf->tpid = a->tpid;
	conf->rx_csum = rxq->csum;
	return ret;
}

/* Reception begins with RCTL.EN and the tail, when all else is set up. */
static int
rx_start(struct rte_eth_dev *dev)
{
	struct asm82545_rxq *q = rxq_of(dev);
	int ret = asm82545_rx_fill(q);

	if (ret != 0) {
		ASM82545_LOG(ERR, "port %u: pool %s has too few mbufs for %u descriptors",
			dev->data->port_id, q->pool->name, q->nb_desc);
		asm82545_rx_drain(q);
		return ret;
	}
	asm82545_enable_rx(dev);
	asm82545_rx_post(q);
	asm82545_gate_open(&asm82545_adapter(dev)->rx_gate);
	dev->data->rx_queue_state[0] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

static int
asm82545_rx_queue_start(struct rte_eth_dev *dev, uint16_t id __rte_unused)
{
	struct asm82545_hw_conf conf;
	int ret = dev_hw_conf(dev, &conf);

	if (ret != 0)
		return ret;
	asm82545_hw_setup_rx(asm82545_hw(dev), &conf);
	return rx_start(dev);
}

static int
asm82545_rx_queue_stop(struct rte_eth_dev *dev, uint16_t id __rte_unused)
{
	asm82545_gate_shut(&asm82545_adapter(dev)->rx_gate, "RX", dev->data->port_id);
	asm82545_hw_stop_rx(asm82545_hw(dev));
	asm82545_rx_drain(rxq_of(dev));
	dev->data->rx_queue_state[0] = RTE_ETH_QUEUE_STATE_STOPPED;
	return 0;
}

static int
asm82545_tx_queue_start(struct rte_eth_dev *dev, uint16_t id __rte_unused)
{
	struct asm82545_hw_conf conf;
	int ret = dev_hw_conf(dev, &conf);

	if (ret != 0)
		return ret;
	asm82545_tx_drain(txq_of(dev));
	asm82545_hw_start_tx(asm82545_hw(dev), &conf);
	asm82545_gate_open(&asm82545_adapter(dev)->tx_gate);
	dev->data->tx_queue_state[0] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

static int
asm82545_tx_queue_stop(struct rte_eth_dev *dev, uint16_t id __rte_unused)
{
	asm82545_gate_shut(&asm82545_adapter(dev)->tx_gate, "TX", dev->data->port_id);
	asm82545_hw_stop_tx(asm82545_hw(dev));
	asm82545_tx_drain(txq_of(dev));
	dev->data->tx_queue_state[0] = RTE_ETH_QUEUE_STATE_STOPPED;
	return 0;
}

static int
dev_start_hw(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	struct asm82545_hw_conf conf;
	int ret = dev_hw_conf(dev, &conf);

	if (ret != 0)
		return ret;
	conf.tx_on = !txq_of(dev)->deferred;
	asm82545_dev_stats_update(dev); /* the reset clears the registers */
	ret = asm82545_hw_start(&a->hw, &conf);
	if (ret == 0 && a->link_off)
		ret = asm82545_link_set(&a->hw, false);
	if (ret == 0 && !rxq_of(dev)->deferred)
		ret = rx_start(dev);
	if (ret == 0)
		ret = asm82545_intr_start(dev);
	return ret;
}

static void
gates_shut(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_gate_shut(&a->rx_gate, "RX", dev->data->port_id);
	asm82545_gate_shut(&a->tx_gate, "TX", dev->data->port_id);
}

/* The chip does nothing any more; what it counted until then is kept. */
static int
dev_silence(struct rte_eth_dev *dev)
{
	int ret;

	asm82545_dev_stats_before_reset(dev);
	ret = asm82545_hw_reset(asm82545_hw(dev));
	asm82545_dev_stats_after_reset(dev);
	return ret;
}

static int
asm82545_dev_start(struct rte_eth_dev *dev)
{
	struct asm82545_rxq *rxq = rxq_of(dev);
	struct asm82545_txq *txq = txq_of(dev);
	int ret = dev_check_queues(dev);

	if (ret != 0)
		return ret;
	asm82545_tx_drain(txq);
	dev->data->scattered_rx = asm82545_needs_scatter(dev, dev->data->mtu);
	asm82545_rx_configure(dev);
	dev->data->rx_queue_state[0] = RTE_ETH_QUEUE_STATE_STOPPED;
	dev->data->tx_queue_state[0] = txq->deferred ?
		RTE_ETH_QUEUE_STATE_STOPPED : RTE_ETH_QUEUE_STATE_STARTED;
	ret = dev_start_hw(dev);
	if (ret != 0) {
		asm82545_intr_stop(dev);
		gates_shut(dev);
		dev_silence(dev);
		asm82545_rx_drain(rxq);
		return ret;
	}
	if (!txq->deferred)
		asm82545_gate_open(&asm82545_adapter(dev)->tx_gate);
	/* A link that stayed up over a restart raises no interrupt. */
	asm82545_adapter(dev)->running = true;
	asm82545_dev_link_update(dev, 0);
	return 0;
}

static int
asm82545_dev_stop(struct rte_eth_dev *dev)
{
	int ret;

	asm82545_adapter(dev)->running = false;
	asm82545_intr_stop(dev);
	gates_shut(dev);
	ret = dev_silence(dev);
	asm82545_rx_drain(rxq_of(dev));
	asm82545_tx_drain(txq_of(dev));
	dev->data->rx_queue_state[0] = RTE_ETH_QUEUE_STATE_STOPPED;
	dev->data->tx_queue_state[0] = RTE_ETH_QUEUE_STATE_STOPPED;
	dev->data->dev_started = 0;
	asm82545_dev_link_update(dev, 0); /* down */
	/* A device that is gone has stopped. */
	return ret == -ENODEV ? 0 : ret;
}

int
asm82545_dev_close(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	int ret = 0;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return 0;
	if (dev->data->dev_started)
		ret = asm82545_dev_stop(dev);
	if (dev->data->nb_rx_queues != 0)
		asm82545_rxq_release(dev, 0);
	if (dev->data->nb_tx_queues != 0)
		asm82545_txq_release(dev, 0);
	asm82545_wr32(&a->hw, ASM82545_LEDCTL, a->ledctl);
	if (a->has_ioport)
		rte_pci_ioport_unmap(&a->ioport);
	a->has_ioport = false;
	a->hw.io_write = NULL;
	return ret;
}

int
asm82545_dev_is_removed(struct rte_eth_dev *dev)
{
	return asm82545_hw_removed(asm82545_hw(dev));
}

/* While the port runs, its burst function stays what it is. */
static int
asm82545_dev_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	if (!dev->data->dev_started)
		return 0;
	if (asm82545_needs_scatter(dev, mtu) != dev->data->scattered_rx) {
		ASM82545_LOG(ERR, "port %u: MTU %u changes the way of reception: stop it first",
			dev->data->port_id, mtu);
		return -EBUSY;
	}
	dev->data->mtu = mtu;
	asm82545_rx_configure(dev);
	asm82545_update_rctl(dev);
	return 0;
}

/* The chip is as it was after probing; filters and flow control stay. */
static int
asm82545_dev_reset(struct rte_eth_dev *dev)
{
	struct asm82545_hw *hw = asm82545_hw(dev);
	int ret = asm82545_hw_init(hw);

	if (ret == 0)
		ret = asm82545_dev_mac_addr_set(dev, &hw->mac);
	if (ret == 0)
		rte_ether_addr_copy(&hw->mac, &dev->data->mac_addrs[0]);
	return ret;
}

static const struct eth_dev_ops asm82545_ops = {
	.dev_configure = asm82545_dev_configure,
	.dev_start = asm82545_dev_start,
	.dev_stop = asm82545_dev_stop,
	.dev_close = asm82545_dev_close,
	.dev_reset = asm82545_dev_reset,
	.dev_set_link_up = asm82545_dev_set_link_up,
	.dev_set_link_down = asm82545_dev_set_link_down,
	.is_removed = asm82545_dev_is_removed,
	.link_update = asm82545_dev_link_update,
	.promiscuous_enable = asm82545_dev_promiscuous_enable,
	.promiscuous_disable = asm82545_dev_promiscuous_disable,
	.allmulticast_enable = asm82545_dev_allmulticast_enable,
	.allmulticast_disable = asm82545_dev_allmulticast_disable,
	.mac_addr_set = asm82545_dev_mac_addr_set,
	.mac_addr_add = asm82545_dev_mac_addr_add,
	.mac_addr_remove = asm82545_dev_mac_addr_remove,
	.set_mc_addr_list = asm82545_dev_set_mc_addr_list,
	.mtu_set = asm82545_dev_mtu_set,
	.vlan_filter_set = asm82545_dev_vlan_filter_set,
	.vlan_tpid_set = asm82545_dev_vlan_tpid_set,
	.vlan_offload_set = asm82545_dev_vlan_offload_set,
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
	.rx_queue_start = asm82545_rx_queue_start,
	.rx_queue_stop = asm82545_rx_queue_stop,
	.tx_queue_start = asm82545_tx_queue_start,
	.tx_queue_stop = asm82545_tx_queue_stop,
	.rx_queue_setup = asm82545_rxq_setup,
	.rx_queue_release = asm82545_rxq_release,
	.rx_queue_intr_enable = asm82545_rx_intr_enable,
	.rx_queue_intr_disable = asm82545_rx_intr_disable,
	.tx_queue_setup = asm82545_txq_setup,
	.tx_queue_release = asm82545_txq_release,
	.tx_done_cleanup = asm82545_tx_done_cleanup,
	.dev_led_on = asm82545_dev_led_on,
	.dev_led_off = asm82545_dev_led_off,
	.flow_ctrl_get = asm82545_flow_ctrl_get,
	.flow_ctrl_set = asm82545_flow_ctrl_set,
	.get_reg = asm82545_get_reg,
	.get_eeprom_length = asm82545_get_eeprom_length,
	.get_eeprom = asm82545_get_eeprom,
	.set_eeprom = asm82545_set_eeprom,
	.eth_dev_priv_dump = asm82545_priv_dump,
};

static void
io_write(void *io, uint32_t offset, uint32_t val)
{
	rte_pci_ioport_write(io, &offset, sizeof(offset), ASM82545_IOADDR);
	rte_pci_ioport_write(io, &val, sizeof(val), ASM82545_IODATA);
}

/* An emulated window may be dead: a live one gives IOADDR back. */
static bool
io_is_alive(struct rte_pci_ioport *io)
{
	uint32_t offset = ASM82545_STATUS, back = 0;

	rte_pci_ioport_write(io, &offset, sizeof(offset), ASM82545_IOADDR);
	rte_pci_ioport_read(io, &back, sizeof(back), ASM82545_IOADDR);
	return back == offset;
}

/* T4-2: the I/O BAR is found by its type, its number depends on the bus. */
static void
dev_map_io(struct asm82545_adapter *a, struct rte_pci_device *pci)
{
	uint32_t bar;
	int i;

	for (i = 0; i < PCI_NB_BARS; i++) {
		if (rte_pci_read_config(pci, &bar, sizeof(bar),
				PCI_BAR0_OFFSET + i * sizeof(bar)) != sizeof(bar))
			return;
		if (bar != UINT32_MAX && (bar & PCI_BAR_IO))
			break;
	}
	if (i == PCI_NB_BARS || rte_pci_ioport_map(pci, i, &a->ioport) != 0)
		return;
	a->has_ioport = true;
	if (io_is_alive(&a->ioport)) {
		a->hw.io = &a->ioport;
		a->hw.io_write = io_write;
	}
}

static int
asm82545_dev_init(struct rte_eth_dev *dev)
{
	struct rte_pci_device *pci = asm82545_pci(dev);
	struct asm82545_adapter *a = asm82545_adapter(dev);
	struct asm82545_hw *hw = &a->hw;
	int ret;

	dev->rx_queue_count = asm82545_rx_queue_count;
	dev->rx_descriptor_status = asm82545_rx_descriptor_status;
	dev->tx_descriptor_status = asm82545_tx_descriptor_status;
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return asm82545_secondary_init(dev);
	asm82545_select_bursts(dev);
	dev->dev_ops = &asm82545_ops;
	hw->bar0 = pci->mem_resource[0].addr;
	if (hw->bar0 == NULL) {
		ASM82545_LOG(ERR, "%s: BAR 0 is not mapped: bind the device to vfio-pci",
			pci->name);
		return -ENODEV;
	}
	hw->device_id = pci->id.device_id;
	hw->subsystem_vendor_id = pci->id.subsystem_vendor_id;
	ret = asm82545_devargs_parse(a, pci->device.devargs);
	if (ret != 0)
		return ret;
	dev_map_io(a, pci);
	ret = asm82545_hw_init(hw);
	if (ret == 0)
		ret = asm82545_dev_stats_init(dev);
	if (ret != 0)
		goto unmap;
	dev->data->mac_addrs = rte_zmalloc("asm82545_mac",
			ASM82545_MAX_MACS * sizeof(struct rte_ether_addr), 0);
	if (dev->data->mac_addrs == NULL) {
		ret = -ENOMEM;
		goto unmap;
	}
	rte_ether_addr_copy(&hw->mac, &dev->data->mac_addrs[0]);
	rte_ether_addr_copy(&hw->mac, &a->filters.macs[0]);
	a->tpid = RTE_ETHER_TYPE_VLAN;
	a->wake_fd = -1;
	a->ledctl = asm82545_rd32(hw, ASM82545_LEDCTL);
	asm82545_fc_default(a);
	dev->data->dev_flags |= RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	a->magic = ASM82545_MAGIC;
	return 0;

unmap:
	if (a->has_ioport)
		rte_pci_ioport_unmap(&a->ioport);
	ASM82545_LOG(ERR, "%s: not initialised (%s)", pci->name, rte_strerror(-ret));
	return ret;
}

static int
asm82545_pci_probe(struct rte_pci_driver *drv __rte_unused, struct rte_pci_device *pci)
{
	return rte_eth_dev_pci_generic_probe(pci, sizeof(struct asm82545_adapter),
			asm82545_dev_init);
}

static int
asm82545_pci_remove(struct rte_pci_device *pci)
{
	return rte_eth_dev_pci_generic_remove(pci, asm82545_dev_close);
}

static const struct rte_pci_id asm82545_ids[] = {
	{ RTE_PCI_DEVICE(ASM82545_VENDOR_ID, ASM82545_DEV_EM_COPPER) },
	{ RTE_PCI_DEVICE(ASM82545_VENDOR_ID, ASM82545_DEV_EM_FIBER) },
	{ RTE_PCI_DEVICE(ASM82545_VENDOR_ID, ASM82545_DEV_GM_COPPER) },
	{ RTE_PCI_DEVICE(ASM82545_VENDOR_ID, ASM82545_DEV_GM_FIBER) },
	{ RTE_PCI_DEVICE(ASM82545_VENDOR_ID, ASM82545_DEV_GM_SERDES) },
	{ .vendor_id = 0 },
};

static struct rte_pci_driver asm82545_pmd = {
	.id_table = asm82545_ids,
	.drv_flags = RTE_PCI_DRV_NEED_MAPPING | RTE_PCI_DRV_INTR_LSC |
		RTE_PCI_DRV_INTR_RMV,
	.probe = asm82545_pci_probe,
	.remove = asm82545_pci_remove,
};

RTE_PMD_REGISTER_PCI(net_asm82545, asm82545_pmd);
RTE_PMD_REGISTER_PCI_TABLE(net_asm82545, asm82545_ids);
RTE_PMD_REGISTER_PARAM_STRING(net_asm82545,
	ASM82545_DEVARG_INTR_US "=<0-16776> "
	ASM82545_DEVARG_RX_FIFO "=<16-48>");
RTE_PMD_REGISTER_KMOD_DEP(net_asm82545, "* igb_uio | uio_pci_generic | vfio-pci");
