/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>

#include <rte_cycles.h>

#include "asm82545.h"
#include "asm82545_log.h"

/*
 * §13.4.7: a 64-bit management frame at 2.5 MHz takes 26 us.
 * INTERPRET-MISSING §13.4.7: no limit is given for R to be set; 10 ms.
 */
#define MDIC_POLL_US     10
#define MDIC_POLLS       1000
/* INTERPRET-MISSING §13.4.7.1.1: of the PHY's reset bit; 0.5 s as in 802.3. */
#define PHY_RESET_POLL_MS 1
#define PHY_RESET_POLLS   500

static int
mdic_poll(const struct asm82545_hw *hw, uint32_t command, uint16_t *val)
{
	uint32_t mdic;
	int i;

	asm82545_wr32(hw, ASM82545_MDIC, command | ASM82545_MDIC_PHY_1);
	for (i = 0; i < MDIC_POLLS; i++) {
		rte_delay_us(MDIC_POLL_US);
		mdic = asm82545_rd32(hw, ASM82545_MDIC);
		if (!(mdic & ASM82545_MDIC_R))
			continue;
		if (mdic & ASM82545_MDIC_E)
			return -EIO;
		if (val != NULL)
			*val = mdic & ASM82545_MDIC_DATA_M;
		return 0;
	}
	return -ETIMEDOUT;
}

/* The link is looked at from EAL's interrupt thread as well. */
static int
mdic_run(struct asm82545_hw *hw, uint32_t command, uint16_t *val)
{
	int ret;

	rte_spinlock_lock(&hw->mdic_lock);
	ret = mdic_poll(hw, command, val);
	rte_spinlock_unlock(&hw->mdic_lock);
	return ret;
}

int
asm82545_phy_read(struct asm82545_hw *hw, uint8_t reg, uint16_t *val)
{
	return mdic_run(hw, (uint32_t)reg << ASM82545_MDIC_REG_S |
			ASM82545_MDIC_OP_READ, val);
}

int
asm82545_phy_write(struct asm82545_hw *hw, uint8_t reg, uint16_t val)
{
	return mdic_run(hw, (uint32_t)reg << ASM82545_MDIC_REG_S |
			ASM82545_MDIC_OP_WRITE | val, NULL);
}

/* Write (register & ~mask) | bits; *changed tells whether it was different. */
static int
phy_update(struct asm82545_hw *hw, uint8_t reg, uint16_t mask, uint16_t bits,
	   bool *changed)
{
	uint16_t old, val;
	int ret = asm82545_phy_read(hw, reg, &old);

	if (ret != 0)
		return ret;
	val = (old & ~mask) | bits;
	if (val == old)
		return 0;
	*changed = true;
	return asm82545_phy_write(hw, reg, val);
}

static int
phy_wait_reset(struct asm82545_hw *hw)
{
	uint16_t pctrl;
	int i, ret;

	for (i = 0; i < PHY_RESET_POLLS; i++) {
		ret = asm82545_phy_read(hw, ASM82545_PHY_PCTRL, &pctrl);
		if (ret != 0)
			return ret;
		if (!(pctrl & ASM82545_PCTRL_RESET))
			return 0;
		rte_delay_ms(PHY_RESET_POLL_MS);
	}
	return -ETIMEDOUT;
}

static int
phy_reset(struct asm82545_hw *hw)
{
	bool changed;
	int ret = phy_update(hw, ASM82545_PHY_PCTRL, 0, ASM82545_PCTRL_RESET, &changed);

	return ret != 0 ? ret : phy_wait_reset(hw);
}

/* §13.4.7.1.1: the bits of a forced speed and duplex. */
static uint16_t
phy_forced_pctrl(const struct asm82545_link_conf *conf)
{
	uint16_t pctrl = 0;

	if (conf->forced_speed == 100)
		pctrl |= ASM82545_PCTRL_SPEED_LSB;
	if (conf->forced_full_duplex)
		pctrl |= ASM82545_PCTRL_FD;
	return pctrl;
}

static int
phy_force(struct asm82545_hw *hw, const struct asm82545_link_conf *conf)
{
	bool changed = false;
	int ret = phy_update(hw, ASM82545_PHY_PCTRL, ASM82545_PCTRL_ASLEEP |
			ASM82545_PCTRL_AN_EN | ASM82545_PCTRL_MODE_M,
			phy_forced_pctrl(conf), &changed);

	/* Speed and duplex take effect with a reset, which keeps them. */
	return ret != 0 || !changed ? ret : phy_reset(hw);
}

static int
phy_negotiate(struct asm82545_hw *hw, const struct asm82545_link_conf *conf,
	      bool again)
{
	int ret = phy_update(hw, ASM82545_PHY_ANA,
			ASM82545_ANA_10_100 | ASM82545_ANA_PAUSE | ASM82545_ANA_ASM_DIR,
			conf->advertise | conf->fc_advertise | ASM82545_ANA_SELECTOR, &again);

	if (ret == 0)
		ret = phy_update(hw, ASM82545_PHY_GCON, ASM82545_GCON_1000HD |
				ASM82545_GCON_1000FD, conf->advertise_1000, &again);
	if (ret == 0)
		ret = phy_update(hw, ASM82545_PHY_PCTRL, ASM82545_PCTRL_ASLEEP,
				ASM82545_PCTRL_AN_EN, &again);
	if (ret == 0 && again)
		ret = phy_update(hw, ASM82545_PHY_PCTRL, 0, ASM82545_PCTRL_AN_EN |
				ASM82545_PCTRL_RESTART_AN, &again);
	return ret;
}

/*
 * A PHY that is set up as *conf* says is left alone: its link stays up over a
 * restart of the port. §13.4.7.1.1: changes of PCTRL act with a reset or a new
 * negotiation, those of PSCON (§13.4.7.1.13) with a reset.
 */
int
asm82545_phy_setup(struct asm82545_hw *hw, const struct asm82545_link_conf *conf)
{
	bool reset = false;
	int ret;

	ret = phy_update(hw, ASM82545_PHY_PSCON, ASM82545_PSCON_FORCE_LINK,
			ASM82545_PSCON_CRS_ON_TX | ASM82545_PSCON_AUTO_MDIX, &reset);
	if (ret == 0 && reset)
		ret = phy_reset(hw);
	if (ret == 0)
		ret = conf->forced_speed != 0 ? phy_force(hw, conf) :
			phy_negotiate(hw, conf, reset);
	if (ret != 0)
		ASM82545_LOG(ERR, "the PHY does not answer (%d): power-cycle the machine",
			ret);
	return ret;
}

/* §15.1.3: the values and their order. */
int
asm82545_phy_loopback(struct asm82545_hw *hw)
{
	int ret = asm82545_phy_write(hw, ASM82545_PHY_PSCON, 0x0808);

	if (ret == 0)
		ret = asm82545_phy_write(hw, ASM82545_PHY_PCTRL, 0x9140);
	if (ret == 0)
		ret = phy_wait_reset(hw);
	if (ret == 0)
		ret = asm82545_phy_write(hw, ASM82545_PHY_PCTRL, 0x8140);
	if (ret == 0)
		ret = phy_wait_reset(hw);
	if (ret == 0)
		ret = asm82545_phy_write(hw, ASM82545_PHY_PCTRL, 0x4140);
	return ret;
}

/* §13.4.7.1.1 power-down; a wake-up negotiates anew by itself. */
int
asm82545_phy_power(struct asm82545_hw *hw, bool up)
{
	bool changed;

	/* INTERPRET-MISSING: a management agent needs the PHY awake. */
	if (!up && (asm82545_rd32(hw, ASM82545_MANC) & ASM82545_MANC_SMBUS_EN))
		return -EBUSY;
	return phy_update(hw, ASM82545_PHY_PCTRL, ASM82545_PCTRL_POWER_DOWN,
			up ? 0 : ASM82545_PCTRL_POWER_DOWN, &changed);
}
