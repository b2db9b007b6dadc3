/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Link and flow control (§8.6, §8.7, §14.3, §14.6). */

#include <errno.h>

#include "asm82545.h"

/* §8.6.2: forced in the MAC as in the PHY, or nothing passes. */
static uint32_t
link_forced_ctrl(const struct asm82545_link_conf *conf)
{
	uint32_t ctrl = ASM82545_CTRL_FRCSPD | ASM82545_CTRL_FRCDPLX;

	if (conf->forced_speed == 1000)
		ctrl |= ASM82545_CTRL_SPEED_1000;
	else if (conf->forced_speed == 100)
		ctrl |= ASM82545_CTRL_SPEED_100;
	if (conf->forced_full_duplex)
		ctrl |= ASM82545_CTRL_FD;
	return ctrl;
}

/*
 * §8.6.1, §13.4.13: the MAC negotiates by itself, anew when LRST falls or ANE
 * rises; without negotiation it is forced to 1000 Mb/s full duplex.
 */
static void
link_setup_serdes(const struct asm82545_hw *hw, const struct asm82545_link_conf *conf,
		  uint32_t ctrl)
{
	uint32_t txcw = ASM82545_TXCW_FD;

	if (conf->fc_advertise & ASM82545_ANA_PAUSE)
		txcw |= ASM82545_TXCW_PAUSE;
	if (conf->fc_advertise & ASM82545_ANA_ASM_DIR)
		txcw |= ASM82545_TXCW_ASM_DIR;
	ctrl |= ASM82545_CTRL_SLU | ASM82545_CTRL_FD;
	asm82545_wr32(hw, ASM82545_TXCW, txcw);
	asm82545_wr32(hw, ASM82545_CTRL, ctrl);
	if (conf->forced_speed == 0)
		asm82545_wr32(hw, ASM82545_TXCW, txcw | ASM82545_TXCW_ANE);
}

/* §15.1.3: the MAC at the PHY's speed; the PHY sends back what it gets. */
static int
link_setup_loopback(struct asm82545_hw *hw, uint32_t ctrl)
{
	asm82545_wr32(hw, ASM82545_CTRL, ctrl | ASM82545_CTRL_SLU |
		ASM82545_CTRL_FRCSPD | ASM82545_CTRL_FRCDPLX |
		ASM82545_CTRL_SPEED_1000 | ASM82545_CTRL_FD);
	return hw->media == ASM82545_COPPER ? asm82545_phy_loopback(hw) : 0;
}

/* §14.3 General Configuration, §14.6 PHY Initialization. */
int
asm82545_link_setup(struct asm82545_hw *hw, const struct asm82545_link_conf *conf)
{
	uint32_t ctrl = asm82545_rd32(hw, ASM82545_CTRL);

	ctrl &= ~(ASM82545_CTRL_LRST | ASM82545_CTRL_ASDE | ASM82545_CTRL_ILOS |
		ASM82545_CTRL_FRCSPD | ASM82545_CTRL_FRCDPLX | ASM82545_CTRL_SPEED_M |
		ASM82545_CTRL_FD | ASM82545_CTRL_RFCE | ASM82545_CTRL_TFCE | ASM82545_CTRL_VME |
		ASM82545_CTRL_PHY_RST | ASM82545_CTRL_RST);
	if (conf->vlan)
		ctrl |= ASM82545_CTRL_VME;
	if (conf->loopback)
		return link_setup_loopback(hw, ctrl);
	if (hw->media != ASM82545_COPPER) {
		link_setup_serdes(hw, conf, ctrl);
		return 0;
	}
	ctrl |= ASM82545_CTRL_SLU;
	if (conf->forced_speed != 0)
		ctrl |= link_forced_ctrl(conf);
	asm82545_wr32(hw, ASM82545_CTRL, ctrl);
	return asm82545_phy_setup(hw, conf);
}

/* §13.4.2: 10b and 11b both say 1000 Mb/s. */
void
asm82545_link_get(const struct asm82545_hw *hw, struct asm82545_link *link)
{
	uint32_t status = asm82545_rd32(hw, ASM82545_STATUS);

	link->up = status != UINT32_MAX && (status & ASM82545_STATUS_LU);
	link->full_duplex = (status & ASM82545_STATUS_FD) != 0;
	switch (status & ASM82545_STATUS_SPEED_M) {
	case ASM82545_STATUS_SPEED_10:
		link->speed = 10;
		break;
	case ASM82545_STATUS_SPEED_100:
		link->speed = 100;
		break;
	default:
		link->speed = 1000;
	}
}

/* Take the link down for the partner too, or bring it back. */
int
asm82545_link_set(struct asm82545_hw *hw, bool up)
{
	if (hw->media == ASM82545_COPPER)
		return asm82545_phy_power(hw, up);
	/* §8.6.1: LRST holds the link in reset. */
	asm82545_hw_update_ctrl(hw, ASM82545_CTRL_LRST, up ? 0 : ASM82545_CTRL_LRST);
	return 0;
}

/* What to advertise to get *mode*, as in IEEE 802.3 table 28B-2. */
uint16_t
asm82545_fc_advertise(enum asm82545_fc mode)
{
	switch (mode) {
	case ASM82545_FC_TX:
		return ASM82545_ANA_ASM_DIR;
	case ASM82545_FC_RX:
	case ASM82545_FC_FULL:
		return ASM82545_ANA_PAUSE | ASM82545_ANA_ASM_DIR;
	default:
		return 0;
	}
}

/* IEEE 802.3 table 28B-3, with *mode* as the most that was asked for. */
enum asm82545_fc
asm82545_fc_resolve(enum asm82545_fc mode, uint16_t local, uint16_t partner)
{
	bool pause = local & ASM82545_ANA_PAUSE, asym = local & ASM82545_ANA_ASM_DIR;
	bool lp_pause = partner & ASM82545_ANA_PAUSE;
	bool lp_asym = partner & ASM82545_ANA_ASM_DIR;

	if (pause && lp_pause)
		return mode;
	if (!pause && asym && lp_pause && lp_asym)
		return ASM82545_FC_TX;
	if (pause && asym && !lp_pause && lp_asym)
		return ASM82545_FC_RX & mode;
	return ASM82545_FC_NONE;
}

/*
 * §14.3: with an internal PHY software sets RFCE and TFCE when the link comes
 * up. Half duplex has no pause frames.
 */
static int
fc_apply(struct asm82545_hw *hw, enum asm82545_fc mode)
{
	uint32_t bits = 0;

	if (!(asm82545_rd32(hw, ASM82545_STATUS) & ASM82545_STATUS_FD))
		mode = ASM82545_FC_NONE;
	if (mode & ASM82545_FC_RX)
		bits |= ASM82545_CTRL_RFCE;
	if (mode & ASM82545_FC_TX)
		bits |= ASM82545_CTRL_TFCE;
	asm82545_hw_update_ctrl(hw, ASM82545_CTRL_RFCE | ASM82545_CTRL_TFCE, bits);
	return 0;
}

/* When the link has come up. */
int
asm82545_fc_update(struct asm82545_hw *hw, const struct asm82545_fc_conf *fc)
{
	uint16_t local, partner;
	int ret;

	if (!fc->autoneg)
		return fc_apply(hw, fc->mode);
	if (hw->media != ASM82545_COPPER)
		return 0; /* §8.6.1: set by the chip */
	ret = asm82545_phy_read(hw, ASM82545_PHY_ANA, &local);
	if (ret == 0)
		ret = asm82545_phy_read(hw, ASM82545_PHY_LPA, &partner);
	if (ret != 0)
		return ret;
	return fc_apply(hw, asm82545_fc_resolve(fc->mode, local, partner));
}

/* The mode in force. */
enum asm82545_fc
asm82545_fc_get(const struct asm82545_hw *hw)
{
	uint32_t ctrl = asm82545_rd32(hw, ASM82545_CTRL);

	return (ctrl & ASM82545_CTRL_RFCE ? ASM82545_FC_RX : 0) |
		(ctrl & ASM82545_CTRL_TFCE ? ASM82545_FC_TX : 0);
}

/* §8.7, §13.4.23-24: thresholds in bytes, 8 at a time. */
void
asm82545_fc_setup(const struct asm82545_hw *hw, const struct asm82545_fc_conf *fc)
{
	bool tx = (fc->mode & ASM82545_FC_TX) != 0;

	asm82545_wr32(hw, ASM82545_FCAL, ASM82545_FCAL_PAUSE);
	asm82545_wr32(hw, ASM82545_FCAH, ASM82545_FCAH_PAUSE);
	asm82545_wr32(hw, ASM82545_FCT, ASM82545_FCT_PAUSE);
	asm82545_wr32(hw, ASM82545_FCTTV, fc->pause_time);
	asm82545_wr32(hw, ASM82545_FCRTL, !tx ? 0 :
		fc->low_water | (fc->send_xon ? ASM82545_FCRTL_XONE : 0));
	asm82545_wr32(hw, ASM82545_FCRTH, tx ? fc->high_water : 0);
}
