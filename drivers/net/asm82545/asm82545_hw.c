/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The chip: reset and initialisation in the order of chapter 14. */

#include <errno.h>

#include <rte_cycles.h>

#include "asm82545.h"
#include "asm82545_log.h"

RTE_LOG_REGISTER_DEFAULT(asm82545_logtype, NOTICE);

/* Transactions on the bus end before a reset. INTERPRET-MISSING §14.7: 10 ms. */
#define DRAIN_MS        10
/* 1 s in QEMU, and what timers are late. */
#define RX_PAUSE_MS 1100
/* §13.4.1 RST reloads the EEPROM. INTERPRET-MISSING: for how long; 5 ms. */
#define EEPROM_LOAD_MS  5
/* INTERPRET-MISSING §13.4.1: an upper bound for RST to clear; 1 ms. */
#define RST_POLL_US     10
#define RST_POLLS       100

/* Subsystem vendors of emulated chips, to which the errata do not apply. */
#define SUBSYSTEM_QEMU   0x1AF4
#define SUBSYSTEM_VMWARE 0x15AD /* VirtualBox as well */

static const struct {
	uint16_t device_id;
	enum asm82545_media media;
	uint32_t quirks; /* of real silicon */
} parts[] = {
	{ ASM82545_DEV_EM_COPPER, ASM82545_COPPER,
	  ASM82545_QUIRK_RX_64K | ASM82545_QUIRK_IO_RESET },
	{ ASM82545_DEV_EM_FIBER, ASM82545_FIBER,
	  ASM82545_QUIRK_RX_64K | ASM82545_QUIRK_IO_RESET },
	{ ASM82545_DEV_GM_COPPER, ASM82545_COPPER, ASM82545_QUIRK_DUP_RESET },
	{ ASM82545_DEV_GM_FIBER, ASM82545_FIBER, ASM82545_QUIRK_DUP_RESET },
	{ ASM82545_DEV_GM_SERDES, ASM82545_SERDES, ASM82545_QUIRK_DUP_RESET },
};

static int
hw_identify(struct asm82545_hw *hw)
{
	bool emulated = hw->subsystem_vendor_id == SUBSYSTEM_QEMU ||
		hw->subsystem_vendor_id == SUBSYSTEM_VMWARE;
	size_t i;

	for (i = 0; i < RTE_DIM(parts); i++) {
		if (parts[i].device_id != hw->device_id)
			continue;
		hw->media = parts[i].media;
		hw->emulated = emulated;
		hw->quirks = emulated ? 0 : parts[i].quirks;
		if (hw->subsystem_vendor_id == SUBSYSTEM_QEMU)
			hw->quirks = ASM82545_QUIRK_LATE_TAIL;
		return 0;
	}
	return -ENOTSUP;
}

/* What of CTRL changes after a start. */
#define CTRL_AT_RUN_TIME (ASM82545_CTRL_LRST | ASM82545_CTRL_RST | \
	ASM82545_CTRL_RFCE | ASM82545_CTRL_TFCE | ASM82545_CTRL_VME)

/*
 * An absent device reads as all ones, which STATUS never does; on the bus of an
 * emulator as zero, and after EAL has put plain memory in its place as what was
 * written there. STATUS and CTRL are never both zero: SPEED and FD of CTRL are
 * not by default (§13.4.1), SLU not after a start.
 */
bool
asm82545_hw_removed(const struct asm82545_hw *hw)
{
	uint32_t status = asm82545_rd32(hw, ASM82545_STATUS);

	if (status != 0)
		return status == UINT32_MAX;
	return (asm82545_rd32(hw, ASM82545_CTRL) & ~CTRL_AT_RUN_TIME) == 0;
}

/*
 * INTERPRET-MISSING §14.7: the 82545EM may not acknowledge a 64-bit write that
 * resets it, so the write takes the I/O window where that is alive; the 82545GM
 * has an alias of CTRL for this.
 */
static void
hw_set_rst(struct asm82545_hw *hw)
{
	uint32_t ctrl = asm82545_rd32(hw, ASM82545_CTRL) | ASM82545_CTRL_RST;

	if ((hw->quirks & ASM82545_QUIRK_IO_RESET) && hw->io_write != NULL)
		hw->io_write(hw->io, ASM82545_CTRL, ctrl);
	else if (hw->quirks & ASM82545_QUIRK_DUP_RESET)
		asm82545_wr32(hw, ASM82545_CTRL_DUP, ctrl);
	else
		asm82545_wr32(hw, ASM82545_CTRL, ctrl);
}

static void
hw_mask_interrupts(const struct asm82545_hw *hw)
{
	asm82545_wr32(hw, ASM82545_IMC, ASM82545_INT_ALL);
	(void)asm82545_rd32(hw, ASM82545_ICR);
}

static int
hw_reset_failed(const struct asm82545_hw *hw)
{
	if (asm82545_hw_removed(hw))
		return -ENODEV;
	ASM82545_LOG(ERR, "reset does not end: power-cycle the machine");
	return -ETIMEDOUT;
}

/*
 * §14.7 Reset Operation. Afterwards the chip does no DMA and raises no
 * interrupt. Emulators leave most registers as they were: asm82545_hw_start()
 * writes each one that matters.
 */
int
asm82545_hw_reset(struct asm82545_hw *hw)
{
	int i;

	hw_mask_interrupts(hw);
	/* §13.4.22: a frame in flight is finished; §13.4.33: likewise. */
	asm82545_wr32(hw, ASM82545_RCTL, 0);
	asm82545_wr32(hw, ASM82545_TCTL, ASM82545_TCTL_PSP);
	hw->rctl = 0;
	asm82545_flush(hw);
	rte_delay_ms(DRAIN_MS);

	/* INTERPRET-MISSING §13.4.16: the split takes effect with a reset. */
	asm82545_wr32(hw, ASM82545_PBA, hw->rx_fifo_kb);
	hw_set_rst(hw);
	/* §13.4.1 RST: wait for about 1 us before the first access. */
	rte_delay_ms(EEPROM_LOAD_MS);
	for (i = 0; asm82545_rd32(hw, ASM82545_CTRL) & ASM82545_CTRL_RST; i++) {
		if (i == RST_POLLS)
			return hw_reset_failed(hw);
		rte_delay_us(RST_POLL_US);
	}
	/* INTERPRET-MISSING: a management agent must not answer ARP for us. */
	asm82545_wr32(hw, ASM82545_MANC,
		asm82545_rd32(hw, ASM82545_MANC) & ~ASM82545_MANC_ARP_EN);
	hw_mask_interrupts(hw);
	return 0;
}

static void
hw_rar0_mac(const struct asm82545_hw *hw, struct rte_ether_addr *mac)
{
	uint32_t low = asm82545_rd32(hw, ASM82545_RAL);
	uint32_t high = asm82545_rd32(hw, ASM82545_RAH);
	int i;

	for (i = 0; i < 4; i++)
		mac->addr_bytes[i] = low >> 8 * i & 0xFF;
	mac->addr_bytes[4] = high & 0xFF;
	mac->addr_bytes[5] = high >> 8 & 0xFF;
}

/*
 * The permanent address is in the EEPROM. RAR0 is what the chip loaded from it
 * (§5.6.1), and what some virtual machines have instead of a valid EEPROM.
 */
static int
hw_read_mac(struct asm82545_hw *hw)
{
	struct rte_ether_addr rar0;
	int ret;

	hw_rar0_mac(hw, &rar0);
	ret = asm82545_eeprom_mac(hw, &hw->mac);
	if (ret == 0)
		return 0;
	if (!rte_is_valid_assigned_ether_addr(&rar0)) {
		ASM82545_LOG(ERR, "no MAC address: EEPROM is not valid (%d), nor is RAR0",
			ret);
		return ret;
	}
	ASM82545_LOG(WARNING, "EEPROM is not valid (%d): MAC address taken from RAR0", ret);
	rte_ether_addr_copy(&rar0, &hw->mac);
	return 0;
}

/* Once per probe: bar0, ids and the I/O window are set by the caller. */
int
asm82545_hw_init(struct asm82545_hw *hw)
{
	int ret = hw_identify(hw);

	if (ret != 0)
		return ret;
	if (hw->rx_fifo_kb == 0)
		hw->rx_fifo_kb = ASM82545_PBA_RX_KB;
	if (asm82545_hw_removed(hw)) {
		ASM82545_LOG(ERR, "registers read as all ones: the device is gone or asleep");
		return -ENODEV;
	}
	hw->pcix = (asm82545_rd32(hw, ASM82545_STATUS) & ASM82545_STATUS_PCIX) != 0;
	ret = asm82545_hw_reset(hw);
	if (ret != 0)
		return ret;
	return hw_read_mac(hw);
}

/* §14.4 Receive Initialization, all but RCTL. Delay timers are off: no RDTR. */
void
asm82545_hw_setup_rx(const struct asm82545_hw *hw, const struct asm82545_hw_conf *conf)
{
	asm82545_wr32(hw, ASM82545_RDTR, 0);
	asm82545_wr32(hw, ASM82545_RADV, 0);
	asm82545_wr32(hw, ASM82545_RSRPD, 0);
	asm82545_wr32(hw, ASM82545_RXCSUM, conf->rx_csum ? ASM82545_RXCSUM_ALL : 0);
	asm82545_wr32(hw, ASM82545_RDBAL, (uint32_t)conf->rx_iova);
	asm82545_wr32(hw, ASM82545_RDBAH, conf->rx_iova >> 32);
	asm82545_wr32(hw, ASM82545_RDLEN, conf->nb_rxd * sizeof(struct asm82545_desc));
	asm82545_wr32(hw, ASM82545_RDH, 0);
	asm82545_wr32(hw, ASM82545_RDT, 0);
	/* §13.4.46: WTHRESH 1 in descriptors writes each one back at once. */
	asm82545_wr32(hw, ASM82545_RXDCTL,
		ASM82545_XDCTL_GRAN | 1u << ASM82545_XDCTL_WTHRESH_S);
}

/*
 * §13.4.22: a frame in flight is finished. INTERPRET-CONTRADICTION: the same
 * text wants the receiver reset before it is enabled again, which would reset
 * transmission too; the ring is set up anew instead.
 */
void
asm82545_hw_stop_rx(struct asm82545_hw *hw)
{
	asm82545_hw_set_rctl(hw, 0);
	rte_delay_ms(DRAIN_MS);
}

/* §13.4.33: a frame in flight is finished. */
void
asm82545_hw_stop_tx(const struct asm82545_hw *hw)
{
	asm82545_wr32(hw, ASM82545_TCTL, ASM82545_TCTL_PSP);
	asm82545_flush(hw);
	rte_delay_ms(DRAIN_MS);
}

/* §14.5 Transmit Initialization. */
void
asm82545_hw_start_tx(const struct asm82545_hw *hw, const struct asm82545_hw_conf *conf)
{
	uint32_t ipgt = hw->media == ASM82545_COPPER ? 8 : 9;

	asm82545_wr32(hw, ASM82545_TIDV, 0);
	asm82545_wr32(hw, ASM82545_TADV, 0);
	asm82545_wr32(hw, ASM82545_AIFS, 0);
	asm82545_wr32(hw, ASM82545_TDBAL, (uint32_t)conf->tx_iova);
	asm82545_wr32(hw, ASM82545_TDBAH, conf->tx_iova >> 32);
	asm82545_wr32(hw, ASM82545_TDLEN, conf->nb_txd * sizeof(struct asm82545_desc));
	asm82545_wr32(hw, ASM82545_TDH, 0);
	asm82545_wr32(hw, ASM82545_TDT, 0);
	/* §13.4.43: WTHRESH 0 writes the status back as soon as RS asks for it. */
	asm82545_wr32(hw, ASM82545_TXDCTL, ASM82545_XDCTL_GRAN);
	/* INTERPRET-CONTRADICTION §14.5, §13.4.34: 10/10/10 or 10/8/6. */
	asm82545_wr32(hw, ASM82545_TIPG, ipgt | 8u << ASM82545_TIPG_IPGR1_S |
		6u << ASM82545_TIPG_IPGR2_S);
	/* INTERPRET-CONTRADICTION §13.4.33, §14.5: CT is 0Fh or 10h. */
	asm82545_wr32(hw, ASM82545_TCTL, ASM82545_TCTL_EN | ASM82545_TCTL_PSP |
		0x0Fu << ASM82545_TCTL_CT_S | 0x40u << ASM82545_TCTL_COLD_S |
		ASM82545_TCTL_RTLC);
}

/*
 * §14.2 to §14.6: from reset to everything but reception, which begins with
 * asm82545_hw_set_rctl() and RDT.
 */
int
asm82545_hw_start(struct asm82545_hw *hw, const struct asm82545_hw_conf *conf)
{
	int ret = asm82545_hw_reset(hw);

	if (ret != 0)
		return ret;
	ret = asm82545_link_setup(hw, &conf->link);
	if (ret != 0)
		return ret;
	asm82545_fc_setup(hw, conf->fc);
	asm82545_filter_write(hw, conf->filters);
	asm82545_wr32(hw, ASM82545_VET, conf->tpid);
	asm82545_wr32(hw, ASM82545_ITR, conf->itr);
	asm82545_wr32(hw, ASM82545_WUC, 0);
	asm82545_wr32(hw, ASM82545_WUFC, 0);
	asm82545_hw_setup_rx(hw, conf);
	if (conf->tx_on)
		asm82545_hw_start_tx(hw, conf);
	return 0;
}

/*
 * Change bits of CTRL while the port runs: the link's from EAL's interrupt
 * thread, VME from the program's. The two that reset are never written back.
 */
void
asm82545_hw_update_ctrl(struct asm82545_hw *hw, uint32_t clear, uint32_t set)
{
	uint32_t old, ctrl;

	rte_spinlock_lock(&hw->ctrl_lock);
	old = asm82545_rd32(hw, ASM82545_CTRL);
	ctrl = (old & ~(clear | ASM82545_CTRL_RST | ASM82545_CTRL_PHY_RST)) | set;
	if (ctrl != old) {
		asm82545_wr32(hw, ASM82545_CTRL, ctrl);
		asm82545_flush(hw);
	}
	rte_spinlock_unlock(&hw->ctrl_lock);
}

/* Only when it changes: emulators stop reception for 1 s at each write. */
void
asm82545_hw_set_rctl(struct asm82545_hw *hw, uint32_t rctl)
{
	if (rctl == hw->rctl)
		return;
	hw->rctl = rctl;
	asm82545_wr32(hw, ASM82545_RCTL, rctl);
	asm82545_flush(hw);
	hw->rctl_tsc = rte_get_tsc_cycles();
}

/* Whether an emulator may still hold reception back after a write of RCTL. */
bool
asm82545_hw_rx_paused(const struct asm82545_hw *hw)
{
	uint64_t since = rte_get_tsc_cycles() - hw->rctl_tsc;

	return hw->emulated && since < rte_get_tsc_hz() / 1000 * RX_PAUSE_MS;
}

/* §13.4.22 BSIZE with BSEX: the sizes that the chip has, bytes. */
static const struct {
	uint16_t len;
	uint32_t rctl;
} bsizes[] = {
	{ 16384, ASM82545_RCTL_BSEX | 1u << ASM82545_RCTL_BSIZE_S },
	{ 8192, ASM82545_RCTL_BSEX | 2u << ASM82545_RCTL_BSIZE_S },
	{ 4096, ASM82545_RCTL_BSEX | 3u << ASM82545_RCTL_BSIZE_S },
	{ 2048, 0u << ASM82545_RCTL_BSIZE_S },
	{ 1024, 1u << ASM82545_RCTL_BSIZE_S },
	{ 512, 2u << ASM82545_RCTL_BSIZE_S },
	{ 256, 3u << ASM82545_RCTL_BSIZE_S },
};

/* The largest buffer size that fits *room* bytes; 0: none does. */
uint16_t
asm82545_buf_len(uint16_t room)
{
	size_t i;

	for (i = 0; i < RTE_DIM(bsizes); i++)
		if (bsizes[i].len <= room)
			return bsizes[i].len;
	return 0;
}

uint32_t
asm82545_rctl_bsize(uint16_t buf_len)
{
	size_t i;

	for (i = 0; i < RTE_DIM(bsizes) - 1; i++)
		if (bsizes[i].len == buf_len)
			break;
	return bsizes[i].rctl;
}
