/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* ethdev ops: addresses, promiscuity, VLAN. All of it survives a restart. */

#include <errno.h>

#include "asm82545_ethdev.h"

/* RCTL as the port's settings want it (§13.4.22). */
static uint32_t
dev_rctl(const struct rte_eth_dev *dev)
{
	const struct rte_eth_rxmode *rxmode = &dev->data->dev_conf.rxmode;
	const struct asm82545_rxq *q = dev->data->rx_queues[0];
	uint32_t rctl = ASM82545_RCTL_EN | ASM82545_RCTL_BAM | ASM82545_RCTL_SECRC |
		asm82545_rctl_bsize(q->buf_len);

	if (dev->data->promiscuous)
		rctl |= ASM82545_RCTL_UPE | ASM82545_RCTL_MPE;
	if (dev->data->all_multicast)
		rctl |= ASM82545_RCTL_MPE;
	if (rxmode->offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
		rctl |= ASM82545_RCTL_VFE;
	if (asm82545_adapter(dev)->fc.pass_control)
		rctl |= ASM82545_RCTL_PMCF;
	if (dev->data->dev_conf.lpbk_mode != 0)
		rctl |= ASM82545_RCTL_LBM_M;
	/* LPE=0 ends at 1522 bytes with FCS: an MTU of 1500 and a tag. */
	if (dev->data->mtu > RTE_ETHER_MTU)
		rctl |= ASM82545_RCTL_LPE;
	return rctl;
}

void
asm82545_update_rctl(struct rte_eth_dev *dev)
{
	struct asm82545_hw *hw = asm82545_hw(dev);

	/* Only while the queue receives: see asm82545_enable_rx(). */
	if (hw->rctl & ASM82545_RCTL_EN)
		asm82545_hw_set_rctl(hw, dev_rctl(dev));
}

void
asm82545_enable_rx(struct rte_eth_dev *dev)
{
	asm82545_hw_set_rctl(asm82545_hw(dev), dev_rctl(dev));
}

int
asm82545_dev_promiscuous_enable(struct rte_eth_dev *dev)
{
	dev->data->promiscuous = 1;
	asm82545_update_rctl(dev);
	return 0;
}

int
asm82545_dev_promiscuous_disable(struct rte_eth_dev *dev)
{
	dev->data->promiscuous = 0;
	asm82545_update_rctl(dev);
	return 0;
}

int
asm82545_dev_allmulticast_enable(struct rte_eth_dev *dev)
{
	dev->data->all_multicast = 1;
	asm82545_update_rctl(dev);
	return 0;
}

int
asm82545_dev_allmulticast_disable(struct rte_eth_dev *dev)
{
	dev->data->all_multicast = 0;
	asm82545_update_rctl(dev);
	return 0;
}

int
asm82545_dev_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_filter_set_mac(&a->hw, &a->filters, 0, addr);
	return 0;
}

int
asm82545_dev_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *addr,
		uint32_t index, uint32_t pool __rte_unused)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_filter_set_mac(&a->hw, &a->filters, index, addr);
	return 0;
}

void
asm82545_dev_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	static const struct rte_ether_addr none;
	struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_filter_set_mac(&a->hw, &a->filters, index, &none);
}

int
asm82545_dev_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs,
		uint32_t nb)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_filter_set_mc(&a->hw, &a->filters, addrs, nb);
	return 0;
}

int
asm82545_dev_vlan_filter_set(struct rte_eth_dev *dev, uint16_t vid, int on)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_filter_set_vlan(&a->hw, &a->filters, vid, on != 0);
	return 0;
}

/* §9: the chip looks at one tag, the outer one. */
int
asm82545_dev_vlan_tpid_set(struct rte_eth_dev *dev, enum rte_vlan_type type, uint16_t tpid)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	if (type != RTE_ETH_VLAN_TYPE_OUTER) {
		ASM82545_LOG(ERR, "port %u: only the outer tag's TPID can be set",
			dev->data->port_id);
		return -ENOTSUP;
	}
	a->tpid = tpid;
	asm82545_wr32(&a->hw, ASM82545_VET, tpid);
	asm82545_rx_configure(dev);
	return 0;
}

/* §9: tags are stripped and inserted with VME, both or none. */
bool
asm82545_uses_vlan(const struct rte_eth_dev *dev)
{
	return (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) ||
		(dev->data->dev_conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT);
}

int
asm82545_dev_vlan_offload_set(struct rte_eth_dev *dev, int mask)
{
	if (mask & RTE_ETH_VLAN_FILTER_MASK)
		asm82545_update_rctl(dev);
	if (!(mask & RTE_ETH_VLAN_STRIP_MASK) || !dev->data->dev_started)
		return 0;
	/* The burst function first: it must know what a stripped tag is. */
	asm82545_rx_configure(dev);
	asm82545_hw_update_ctrl(asm82545_hw(dev), ASM82545_CTRL_VME,
		asm82545_uses_vlan(dev) ? ASM82545_CTRL_VME : 0);
	return 0;
}
