/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The control path: probe, configure, start, stop, and what ethdev asks for. */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <ethdev_pci.h>

#include "asm82545_ethdev.h"

/* As long as a negotiation may take (§8.6.2), with room for a slow switch. */
#define LINK_POLL_MS 100
#define LINK_POLLS   90

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

static void
stats_update(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	rte_spinlock_lock(&a->stats_lock);
	asm82545_stats_update(&a->hw, &a->stats);
	rte_spinlock_unlock(&a->stats_lock);
}

static int
asm82545_dev_configure(struct rte_eth_dev *dev)
{
	const struct rte_eth_conf *conf = &dev->data->dev_conf;

	if (conf->link_speeds & RTE_ETH_LINK_SPEED_FIXED) {
		ASM82545_LOG(ERR, "port %u: a fixed link speed is not supported: let it negotiate",
			dev->data->port_id);
		return -ENOTSUP;
	}
	if (conf->lpbk_mode != 0) {
		ASM82545_LOG(ERR, "port %u: loopback is not supported: set lpbk_mode to 0",
			dev->data->port_id);
		return -ENOTSUP;
	}
	return 0;
}

/* RCTL as the port's settings want it (§13.4.22). */
static uint32_t
dev_rctl(const struct rte_eth_dev *dev)
{
	uint32_t rctl = ASM82545_RCTL_EN | ASM82545_RCTL_BAM | ASM82545_RCTL_SECRC |
		asm82545_rctl_bsize(rxq_of(dev)->buf_len);

	if (dev->data->promiscuous)
		rctl |= ASM82545_RCTL_UPE | ASM82545_RCTL_MPE;
	if (dev->data->all_multicast)
		rctl |= ASM82545_RCTL_MPE;
	/* LPE=0 ends at 1522 bytes with FCS: an MTU of 1500 and a tag. */
	if (dev->data->mtu > RTE_ETHER_MTU)
		rctl |= ASM82545_RCTL_LPE;
	return rctl;
}

static void
dev_update_rctl(struct rte_eth_dev *dev)
{
	if (dev->data->dev_started)
		asm82545_hw_set_rctl(asm82545_hw(dev), dev_rctl(dev));
}

static void
dev_set_max_len(struct rte_eth_dev *dev, uint16_t mtu)
{
	rxq_of(dev)->max_len = mtu + RTE_ETHER_HDR_LEN;
}

static int
asm82545_dev_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	struct rte_eth_link link = {
		.link_autoneg = RTE_ETH_LINK_AUTONEG,
	};
	struct asm82545_link state;
	int polls = wait_to_complete ? LINK_POLLS : 1;

	for (;;) {
		asm82545_hw_link_get(asm82545_hw(dev), &state);
		if (state.up || --polls == 0 || asm82545_hw_removed(asm82545_hw(dev)))
			break;
		rte_delay_ms(LINK_POLL_MS);
	}
	if (state.up && dev->data->dev_started) {
		link.link_status = RTE_ETH_LINK_UP;
		link.link_speed = state.speed;
		link.link_duplex = state.full_duplex;
	}
	return rte_eth_linkstatus_set(dev, &link);
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
asm82545_dev_start(struct rte_eth_dev *dev)
{
	struct asm82545_hw *hw = asm82545_hw(dev);
	struct asm82545_rxq *rxq = rxq_of(dev);
	struct asm82545_txq *txq = txq_of(dev);
	struct asm82545_hw_conf conf;
	int ret = dev_check_queues(dev);

	if (ret != 0)
		return ret;
	conf.mac = dev->data->mac_addrs[0];
	conf.rx_iova = rxq->ring_iova;
	conf.nb_rxd = rxq->nb_desc;
	conf.tx_iova = txq->ring_iova;
	conf.nb_txd = txq->nb_desc;
	asm82545_tx_drain(txq);
	dev_set_max_len(dev, dev->data->mtu);
	dev->data->scattered_rx = asm82545_needs_scatter(dev, dev->data->mtu);
	asm82545_rx_select(dev);

	ret = asm82545_rx_fill(rxq);
	if (ret != 0) {
		ASM82545_LOG(ERR, "port %u: pool %s has too few mbufs for %u descriptors",
			dev->data->port_id, rxq->pool->name, rxq->nb_desc);
		goto drain;
	}
	stats_update(dev); /* the reset clears the registers */
	ret = asm82545_hw_start(hw, &conf);
	if (ret != 0)
		goto reset;
	asm82545_hw_set_rctl(hw, dev_rctl(dev));
	asm82545_rx_post(rxq);
	dev->data->rx_queue_state[0] = RTE_ETH_QUEUE_STATE_STARTED;
	dev->data->tx_queue_state[0] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;

reset:
	asm82545_hw_reset(hw);
drain:
	asm82545_rx_drain(rxq);
	return ret;
}

static int
asm82545_dev_stop(struct rte_eth_dev *dev)
{
	struct rte_eth_link down = { .link_autoneg = RTE_ETH_LINK_AUTONEG };
	int ret;

	stats_update(dev);
	ret = asm82545_hw_reset(asm82545_hw(dev));
	asm82545_rx_drain(rxq_of(dev));
	asm82545_tx_drain(txq_of(dev));
	dev->data->rx_queue_state[0] = RTE_ETH_QUEUE_STATE_STOPPED;
	dev->data->tx_queue_state[0] = RTE_ETH_QUEUE_STATE_STOPPED;
	dev->data->dev_started = 0;
	rte_eth_linkstatus_set(dev, &down);
	return ret;
}

static int
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
	if (a->has_ioport)
		rte_pci_ioport_unmap(&a->ioport);
	a->has_ioport = false;
	a->hw.io_write = NULL;
	return ret;
}

static int
asm82545_dev_is_removed(struct rte_eth_dev *dev)
{
	return asm82545_hw_removed(asm82545_hw(dev));
}

/* ethdev has set the flag in dev->data for enable, not yet for disable. */
static int
asm82545_dev_promiscuous_enable(struct rte_eth_dev *dev)
{
	dev->data->promiscuous = 1;
	dev_update_rctl(dev);
	return 0;
}

static int
asm82545_dev_promiscuous_disable(struct rte_eth_dev *dev)
{
	dev->data->promiscuous = 0;
	dev_update_rctl(dev);
	return 0;
}

static int
asm82545_dev_allmulticast_enable(struct rte_eth_dev *dev)
{
	dev->data->all_multicast = 1;
	dev_update_rctl(dev);
	return 0;
}

static int
asm82545_dev_allmulticast_disable(struct rte_eth_dev *dev)
{
	dev->data->all_multicast = 0;
	dev_update_rctl(dev);
	return 0;
}

static int
asm82545_dev_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr)
{
	asm82545_hw_set_rar(asm82545_hw(dev), 0, addr);
	return 0;
}

/* While the port runs, its burst function stays what it is. */
static int
asm82545_dev_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	if (!dev->data->dev_started)
		return 0;
	if (asm82545_needs_scatter(dev, mtu) != dev->data->scattered_rx) {
		ASM82545_LOG(ERR, "port %u: MTU %u changes how frames are received: stop the port first",
			dev->data->port_id, mtu);
		return -EBUSY;
	}
	dev->data->mtu = mtu;
	dev_set_max_len(dev, mtu);
	dev_update_rctl(dev);
	return 0;
}

/* What the queues count since they were set up. */
static void
queue_stats(const struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	const struct asm82545_rxq *rxq = rxq_of(dev);
	const struct asm82545_txq *txq = txq_of(dev);

	memset(stats, 0, sizeof(*stats));
	if (rxq != NULL) {
		stats->ierrors = rxq->nb_oversize + rxq->nb_damaged;
		stats->ipackets = rxq->nb_oversize; /* the chip counts them as good */
		stats->ibytes = rxq->oversize_bytes;
		stats->rx_nombuf = rxq->nb_no_mbuf;
	}
	if (txq != NULL)
		stats->oerrors = txq->nb_dropped;
}

static int
dev_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	const struct rte_eth_stats *base = &a->base;
	struct asm82545_basic_stats basic;
	struct rte_eth_stats sw;

	queue_stats(dev, &sw);
	rte_spinlock_lock(&a->stats_lock);
	asm82545_stats_update(&a->hw, &a->stats);
	asm82545_stats_basic(&a->stats, &basic);
	rte_spinlock_unlock(&a->stats_lock);
	stats->ipackets = basic.rx_packets - (sw.ipackets - base->ipackets);
	stats->ibytes = basic.rx_bytes - (sw.ibytes - base->ibytes);
	stats->imissed = basic.rx_missed;
	stats->ierrors = basic.rx_errors + sw.ierrors - base->ierrors;
	stats->rx_nombuf = sw.rx_nombuf - base->rx_nombuf;
	stats->opackets = basic.tx_packets;
	stats->obytes = basic.tx_bytes;
	stats->oerrors = basic.tx_errors + sw.oerrors - base->oerrors;
	return 0;
}

ASM82545_STATS_GET_OP(asm82545_dev_stats_get, dev_stats_get)

static int
asm82545_dev_stats_reset(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	rte_spinlock_lock(&a->stats_lock);
	asm82545_stats_update(&a->hw, &a->stats);
	memset(a->stats.sum, 0, sizeof(a->stats.sum));
	queue_stats(dev, &a->base);
	rte_spinlock_unlock(&a->stats_lock);
	return 0;
}

static int
asm82545_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	static const struct rte_eth_desc_lim desc_lim = {
		.nb_max = ASM82545_DESC_MAX,
		.nb_min = ASM82545_DESC_MIN,
		.nb_align = ASM82545_DESC_ALIGN,
		.nb_seg_max = ASM82545_MAX_TX_SEGS,
		.nb_mtu_seg_max = ASM82545_MAX_TX_SEGS,
	};

	info->max_rx_queues = 1;
	info->max_tx_queues = 1;
	info->max_mac_addrs = 1;
	info->min_rx_bufsize = 256; /* §13.4.22 BSIZE */
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = ASM82545_MAX_MTU;
	info->max_rx_pktlen = ASM82545_MAX_MTU + ASM82545_L2_OVERHEAD;
	info->rx_offload_capa = RTE_ETH_RX_OFFLOAD_SCATTER;
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	info->rx_desc_lim = desc_lim;
	info->tx_desc_lim = desc_lim;
	info->speed_capa = RTE_ETH_LINK_SPEED_1G;
	if (asm82545_hw(dev)->media == ASM82545_COPPER)
		info->speed_capa |= RTE_ETH_LINK_SPEED_10M_HD | RTE_ETH_LINK_SPEED_10M |
			RTE_ETH_LINK_SPEED_100M_HD | RTE_ETH_LINK_SPEED_100M;
	info->default_rxportconf.ring_size = ASM82545_DESC_DEFAULT;
	info->default_txportconf.ring_size = ASM82545_DESC_DEFAULT;
	info->default_rxportconf.burst_size = 32;
	info->default_txportconf.burst_size = 32;
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.nb_queues = 1;
	return 0;
}

static const struct eth_dev_ops asm82545_ops = {
	.dev_configure = asm82545_dev_configure,
	.dev_start = asm82545_dev_start,
	.dev_stop = asm82545_dev_stop,
	.dev_close = asm82545_dev_close,
	.is_removed = asm82545_dev_is_removed,
	.link_update = asm82545_dev_link_update,
	.promiscuous_enable = asm82545_dev_promiscuous_enable,
	.promiscuous_disable = asm82545_dev_promiscuous_disable,
	.allmulticast_enable = asm82545_dev_allmulticast_enable,
	.allmulticast_disable = asm82545_dev_allmulticast_disable,
	.mac_addr_set = asm82545_dev_mac_addr_set,
	.mtu_set = asm82545_dev_mtu_set,
	.stats_get = asm82545_dev_stats_get,
	.stats_reset = asm82545_dev_stats_reset,
	.dev_infos_get = asm82545_dev_infos_get,
	.rxq_info_get = asm82545_rxq_info_get,
	.txq_info_get = asm82545_txq_info_get,
	.rx_burst_mode_get = asm82545_rx_burst_mode_get,
	.tx_burst_mode_get = asm82545_tx_burst_mode_get,
	.rx_queue_setup = asm82545_rxq_setup,
	.rx_queue_release = asm82545_rxq_release,
	.tx_queue_setup = asm82545_txq_setup,
	.tx_queue_release = asm82545_txq_release,
};

/* A secondary process receives, sends and looks; the primary one controls. */
static const struct eth_dev_ops asm82545_secondary_ops = {
	.dev_close = asm82545_dev_close,
	.is_removed = asm82545_dev_is_removed,
	.link_update = asm82545_dev_link_update,
	.stats_get = asm82545_dev_stats_get,
	.stats_reset = asm82545_dev_stats_reset,
	.dev_infos_get = asm82545_dev_infos_get,
	.rxq_info_get = asm82545_rxq_info_get,
	.txq_info_get = asm82545_txq_info_get,
	.rx_burst_mode_get = asm82545_rx_burst_mode_get,
	.tx_burst_mode_get = asm82545_tx_burst_mode_get,
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
	asm82545_rx_select(dev);
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		dev->dev_ops = &asm82545_secondary_ops;
		return 0;
	}
	dev->dev_ops = &asm82545_ops;
	rte_spinlock_init(&a->stats_lock);
	hw->bar0 = pci->mem_resource[0].addr;
	if (hw->bar0 == NULL) {
		ASM82545_LOG(ERR, "%s: BAR 0 is not mapped: bind the device to vfio-pci",
			pci->name);
		return -ENODEV;
	}
	hw->device_id = pci->id.device_id;
	hw->subsystem_vendor_id = pci->id.subsystem_vendor_id;
	dev_map_io(a, pci);
	ret = asm82545_hw_init(hw);
	if (ret != 0)
		goto unmap;
	dev->data->mac_addrs = rte_zmalloc("asm82545_mac", sizeof(struct rte_ether_addr), 0);
	if (dev->data->mac_addrs == NULL) {
		ret = -ENOMEM;
		goto unmap;
	}
	rte_ether_addr_copy(&hw->mac, &dev->data->mac_addrs[0]);
	dev->data->dev_flags |= RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	asm82545_stats_start(hw, &a->stats);
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
	.drv_flags = RTE_PCI_DRV_NEED_MAPPING,
	.probe = asm82545_pci_probe,
	.remove = asm82545_pci_remove,
};

RTE_PMD_REGISTER_PCI(net_asm82545, asm82545_pmd);
RTE_PMD_REGISTER_PCI_TABLE(net_asm82545, asm82545_ids);
RTE_PMD_REGISTER_KMOD_DEP(net_asm82545, "* igb_uio | uio_pci_generic | vfio-pci");
