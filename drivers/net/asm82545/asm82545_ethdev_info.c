/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* ethdev ops: what the port is, registers, EEPROM, LEDs. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "asm82545_ethdev.h"

#define RX_OFFLOADS (RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | \
	RTE_ETH_RX_OFFLOAD_VLAN_FILTER | RTE_ETH_RX_OFFLOAD_CHECKSUM)
#define TX_OFFLOADS (RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_VLAN_INSERT | \
	RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
	RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO | \
	RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)

/* §5.6: words of the EEPROM. */
#define EEPROM_IMAGE_VERSION 0x05
#define EEPROM_PBA_HIGH      0x08
#define EEPROM_PBA_LOW       0x09

/* §13.4.15: the mode of each of the four LEDs, 8 bits apart. */
#define LEDCTL_ALL_ON   0x0E0E0E0Eu
#define LEDCTL_ALL_OFF  0x0F0F0F0Fu

/* Registers of a dump: none that a read changes. */
static const struct {
	const char *name;
	uint32_t offset;
} regs[] = {
	{ "CTRL", ASM82545_CTRL }, { "STATUS", ASM82545_STATUS },
	{ "EECD", ASM82545_EECD }, { "CTRL_EXT", ASM82545_CTRL_EXT },
	{ "MDIC", ASM82545_MDIC }, { "FCAL", ASM82545_FCAL },
	{ "FCAH", ASM82545_FCAH }, { "FCT", ASM82545_FCT },
	{ "VET", ASM82545_VET }, { "ITR", ASM82545_ITR },
	{ "IMS", ASM82545_IMS }, { "RCTL", ASM82545_RCTL },
	{ "FCTTV", ASM82545_FCTTV }, { "TXCW", ASM82545_TXCW },
	{ "RXCW", ASM82545_RXCW }, { "TCTL", ASM82545_TCTL },
	{ "TIPG", ASM82545_TIPG }, { "AIFS", ASM82545_AIFS },
	{ "LEDCTL", ASM82545_LEDCTL }, { "PBA", ASM82545_PBA },
	{ "FCRTL", ASM82545_FCRTL }, { "FCRTH", ASM82545_FCRTH },
	{ "RDBAL", ASM82545_RDBAL }, { "RDBAH", ASM82545_RDBAH },
	{ "RDLEN", ASM82545_RDLEN }, { "RDH", ASM82545_RDH },
	{ "RDT", ASM82545_RDT }, { "RDTR", ASM82545_RDTR },
	{ "RXDCTL", ASM82545_RXDCTL }, { "RADV", ASM82545_RADV },
	{ "RSRPD", ASM82545_RSRPD }, { "TDBAL", ASM82545_TDBAL },
	{ "TDBAH", ASM82545_TDBAH }, { "TDLEN", ASM82545_TDLEN },
	{ "TDH", ASM82545_TDH }, { "TDT", ASM82545_TDT },
	{ "TIDV", ASM82545_TIDV }, { "TXDCTL", ASM82545_TXDCTL },
	{ "TADV", ASM82545_TADV }, { "TSPMT", ASM82545_TSPMT },
	{ "RXCSUM", ASM82545_RXCSUM }, { "WUC", ASM82545_WUC },
	{ "WUFC", ASM82545_WUFC }, { "MANC", ASM82545_MANC },
	{ "RAL0", ASM82545_RAL }, { "RAH0", ASM82545_RAH },
};

int
asm82545_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	static const struct rte_eth_desc_lim desc_lim = {
		.nb_max = ASM82545_DESC_MAX,
		.nb_min = ASM82545_DESC_MIN,
		.nb_align = ASM82545_DESC_ALIGN,
		.nb_seg_max = ASM82545_MAX_TX_SEGS,
		.nb_mtu_seg_max = ASM82545_MAX_TX_SEGS,
	};
	static const struct rte_eth_dev_portconf portconf = {
		.ring_size = ASM82545_DESC_DEFAULT,
		.burst_size = 32,
		.nb_queues = 1,
	};

	info->max_rx_queues = 1;
	info->max_tx_queues = 1;
	info->max_mac_addrs = ASM82545_MAX_MACS;
	info->min_rx_bufsize = 256; /* §13.4.22 BSIZE */
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = ASM82545_MAX_MTU;
	info->max_rx_pktlen = ASM82545_MAX_MTU + ASM82545_L2_OVERHEAD;
	info->rx_offload_capa = RX_OFFLOADS;
	info->tx_offload_capa = TX_OFFLOADS;
	info->rx_queue_offload_capa = 0;
	info->tx_queue_offload_capa = 0;
	info->rx_desc_lim = desc_lim;
	info->tx_desc_lim = desc_lim;
	info->speed_capa = asm82545_speed_capa(asm82545_hw(dev));
	info->default_rxportconf = portconf;
	info->default_txportconf = portconf;
	return 0;
}

/* The EEPROM's image version and the number of the board. */
int
asm82545_fw_version_get(struct rte_eth_dev *dev, char *version, size_t len)
{
	const struct asm82545_hw *hw = asm82545_hw(dev);
	uint16_t image, high, low;
	int ret = asm82545_eeprom_read(hw, EEPROM_IMAGE_VERSION, &image);

	if (ret == 0)
		ret = asm82545_eeprom_read(hw, EEPROM_PBA_HIGH, &high);
	if (ret == 0)
		ret = asm82545_eeprom_read(hw, EEPROM_PBA_LOW, &low);
	if (ret != 0)
		return ret;
	ret = snprintf(version, len, "0x%04x, PBA %04x%02x-%03x",
		image, high, low >> 8, low & 0xFF) + 1;
	return (size_t)ret > len ? ret : 0;
}

int
asm82545_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	const struct asm82545_hw *hw = asm82545_hw(dev);
	uint32_t *data = info->data;
	uint32_t i;

	info->width = sizeof(uint32_t);
	info->version = (uint32_t)ASM82545_VENDOR_ID << 16 | hw->device_id;
	if (data == NULL) {
		info->length = RTE_DIM(regs);
		return 0;
	}
	/* No length: all. DPDK's ethtool example leaves the offset unset then. */
	if (info->length == 0) {
		info->offset = 0;
		info->length = RTE_DIM(regs);
	}
	if (info->offset > RTE_DIM(regs) || info->length > RTE_DIM(regs) - info->offset)
		return -EINVAL;
	for (i = 0; i < info->length; i++)
		data[i] = asm82545_rd32(hw, regs[info->offset + i].offset);
	return 0;
}

int
asm82545_get_eeprom_length(struct rte_eth_dev *dev __rte_unused)
{
	return ASM82545_EEPROM_WORDS * sizeof(uint16_t);
}

/* The EEPROM has words; a request for bytes between them is refused. */
static int
eeprom_check(const struct rte_dev_eeprom_info *info)
{
	uint32_t len = ASM82545_EEPROM_WORDS * sizeof(uint16_t);

	if (info->offset % 2 == 0 && info->length % 2 == 0 && info->offset <= len &&
			info->length <= len - info->offset)
		return 0;
	ASM82545_LOG(ERR, "EEPROM: give an even offset and length within %u bytes", len);
	return -EINVAL;
}

int
asm82545_get_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info)
{
	const struct asm82545_hw *hw = asm82545_hw(dev);
	uint16_t *data = info->data;
	int ret = eeprom_check(info);
	uint32_t i;

	info->magic = (uint32_t)hw->device_id << 16 | ASM82545_VENDOR_ID;
	for (i = 0; ret == 0 && i < info->length / 2; i++)
		ret = asm82545_eeprom_read(hw, info->offset / 2 + i, &data[i]);
	return ret;
}

int
asm82545_set_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info)
{
	struct asm82545_hw *hw = asm82545_hw(dev);
	const uint16_t *data = info->data;
	int ret = eeprom_check(info);

	if (ret == 0 && info->magic != ((uint32_t)hw->device_id << 16 | ASM82545_VENDOR_ID)) {
		ASM82545_LOG(ERR, "EEPROM: magic 0x%x is not this device's", info->magic);
		return -EINVAL;
	}
	return ret != 0 ? ret : asm82545_eeprom_write(hw, info->offset / 2, data,
			info->length / 2);
}

int
asm82545_dev_led_on(struct rte_eth_dev *dev)
{
	asm82545_wr32(asm82545_hw(dev), ASM82545_LEDCTL, LEDCTL_ALL_ON);
	return 0;
}

int
asm82545_dev_led_off(struct rte_eth_dev *dev)
{
	asm82545_wr32(asm82545_hw(dev), ASM82545_LEDCTL, LEDCTL_ALL_OFF);
	return 0;
}

static void
dump_rxq(FILE *file, const struct asm82545_rxq *q)
{
	fprintf(file, "RX: %u descriptors of %u bytes, next %u, fill %u, done %u\n",
		q->nb_desc, q->buf_len, q->next, q->fill, asm82545_rx_count(q));
}

static void
dump_txq(FILE *file, const struct asm82545_txq *q)
{
	fprintf(file, "TX: %u descriptors, head %u, tail %u, free %u, RS after %u, since %u\n",
		q->nb_desc, q->head, q->tail, q->nb_free, q->rs_thresh, q->nb_since_rs);
}

int
asm82545_priv_dump(struct rte_eth_dev *dev, FILE *file)
{
	const struct asm82545_hw *hw = asm82545_hw(dev);
	uint32_t i;

	fprintf(file, "82545 8086:%04x subsystem vendor %04x%s%s, quirks 0x%x\n",
		hw->device_id, hw->subsystem_vendor_id, hw->emulated ? ", emulated" : "",
		hw->pcix ? ", PCI-X" : "", hw->quirks);
	for (i = 0; i < RTE_DIM(regs); i++)
		fprintf(file, "%-8s %05x %08x\n", regs[i].name, regs[i].offset,
			asm82545_rd32(hw, regs[i].offset));
	if (dev->data->nb_rx_queues != 0 && dev->data->rx_queues[0] != NULL)
		dump_rxq(file, dev->data->rx_queues[0]);
	if (dev->data->nb_tx_queues != 0 && dev->data->tx_queues[0] != NULL)
		dump_txq(file, dev->data->tx_queues[0]);
	return 0;
}
