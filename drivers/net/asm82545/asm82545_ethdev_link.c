/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* ethdev ops: link and flow control. */

#include <errno.h>

#include <rte_cycles.h>

#include "asm82545_ethdev.h"

/* As long as a negotiation may take (§8.6.2), with room for a slow switch. */
#define LINK_POLL_MS 100
#define LINK_POLLS   90

/* What rte_eth_conf.link_speeds may ask for. */
static const struct {
	uint32_t speed_flag;
	uint16_t mbps;
	bool full_duplex;
	uint16_t advertise;
	uint16_t advertise_1000;
} link_modes[] = {
	{ RTE_ETH_LINK_SPEED_10M_HD, 10, false, ASM82545_ANA_10HD, 0 },
	{ RTE_ETH_LINK_SPEED_10M, 10, true, ASM82545_ANA_10FD, 0 },
	{ RTE_ETH_LINK_SPEED_100M_HD, 100, false, ASM82545_ANA_100HD, 0 },
	{ RTE_ETH_LINK_SPEED_100M, 100, true, ASM82545_ANA_100FD, 0 },
	{ RTE_ETH_LINK_SPEED_1G, 1000, true, 0, ASM82545_GCON_1000FD },
};

uint32_t
asm82545_speed_capa(const struct asm82545_hw *hw)
{
	uint32_t capa = 0;
	size_t i;

	if (hw->media != ASM82545_COPPER)
		return RTE_ETH_LINK_SPEED_1G;
	for (i = 0; i < RTE_DIM(link_modes); i++)
		capa |= link_modes[i].speed_flag;
	return capa;
}

static int
link_speeds_refuse(uint32_t speeds)
{
	ASM82545_LOG(ERR, "link_speeds 0x%x: give 10, 100, 1000 Mb/s (fiber: 1000), one if fixed",
		speeds);
	return -EINVAL;
}

/*
 * A fixed 10 or 100 Mb/s is forced. 1000BASE-T always negotiates (IEEE 802.3
 * 40.5.1): fixed, it is all that is advertised.
 */
int
asm82545_link_conf_get(const struct rte_eth_dev *dev, struct asm82545_link_conf *conf)
{
	uint32_t speeds = dev->data->dev_conf.link_speeds;
	bool fixed = (speeds & RTE_ETH_LINK_SPEED_FIXED) != 0;
	uint32_t capa = asm82545_speed_capa(asm82545_hw(dev));
	size_t i;

	*conf = (struct asm82545_link_conf) { .forced_speed = 0 };
	speeds &= ~RTE_ETH_LINK_SPEED_FIXED;
	if (speeds == RTE_ETH_LINK_SPEED_AUTONEG)
		speeds = capa;
	if ((speeds & ~capa) != 0 || (fixed && __builtin_popcount(speeds) != 1))
		return link_speeds_refuse(dev->data->dev_conf.link_speeds);
	for (i = 0; i < RTE_DIM(link_modes); i++) {
		if (!(speeds & link_modes[i].speed_flag))
			continue;
		conf->advertise |= link_modes[i].advertise;
		conf->advertise_1000 |= link_modes[i].advertise_1000;
		if (fixed && link_modes[i].advertise_1000 == 0) {
			conf->forced_speed = link_modes[i].mbps;
			conf->forced_full_duplex = link_modes[i].full_duplex;
		}
	}
	conf->fc_advertise = asm82545_fc_advertise(asm82545_adapter(dev)->fc.mode);
	return 0;
}

/* What only software can do when the link comes up. */
static void
link_came_up(struct rte_eth_dev *dev)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_fc_update(&a->hw, &a->fc);
}

/*
 * A loop is up when frames go round: what is sent while an emulator holds
 * reception back comes nowhere, as no wire keeps it.
 */
static bool
link_is_up(const struct rte_eth_dev *dev, struct asm82545_link *state)
{
	const struct asm82545_adapter *a = asm82545_adapter(dev);

	asm82545_link_get(&a->hw, state);
	return state->up && !(dev->data->dev_conf.lpbk_mode != 0 &&
		asm82545_hw_rx_paused(&a->hw));
}

int
asm82545_dev_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	struct rte_eth_link link = {
		.link_autoneg = !(dev->data->dev_conf.link_speeds & RTE_ETH_LINK_SPEED_FIXED),
	};
	int polls = wait_to_complete ? LINK_POLLS : 1;
	struct asm82545_link state;
	bool up;
	int ret;

	ASM82545_LINK_CONNECTOR_SET(&link, a->hw.media);
	for (;;) {
		up = link_is_up(dev, &state);
		if (up || --polls == 0 || a->link_off ||
				!a->running || asm82545_hw_removed(&a->hw))
			break;
		rte_delay_ms(LINK_POLL_MS);
	}
	if (up && !a->link_off && a->running) {
		link.link_status = RTE_ETH_LINK_UP;
		link.link_speed = state.speed;
		link.link_duplex = state.full_duplex;
	}
	ret = rte_eth_linkstatus_set(dev, &link);
	if (ret == 0 && link.link_status == RTE_ETH_LINK_UP)
		link_came_up(dev);
	return ret;
}

static int
link_set(struct rte_eth_dev *dev, bool up)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	int ret = asm82545_link_set(&a->hw, up);

	if (ret != 0)
		return ret;
	a->link_off = !up;
	asm82545_dev_link_update(dev, 0);
	return 0;
}

int
asm82545_dev_set_link_up(struct rte_eth_dev *dev)
{
	return link_set(dev, true);
}

int
asm82545_dev_set_link_down(struct rte_eth_dev *dev)
{
	return link_set(dev, false);
}

static const struct {
	enum asm82545_fc fc;
	enum rte_eth_fc_mode mode;
} fc_modes[] = {
	{ ASM82545_FC_NONE, RTE_ETH_FC_NONE },
	{ ASM82545_FC_RX, RTE_ETH_FC_RX_PAUSE },
	{ ASM82545_FC_TX, RTE_ETH_FC_TX_PAUSE },
	{ ASM82545_FC_FULL, RTE_ETH_FC_FULL },
};

/*
 * §8.7.3: XOFF while a frame still fits above the threshold, XON 1.5 KB below
 * it; both from the receive part of the packet buffer.
 */
void
asm82545_fc_default(struct asm82545_adapter *a)
{
	uint32_t fifo = a->hw.rx_fifo_kb * 1024;
	uint32_t high = RTE_MIN(fifo * 9 / 10, fifo - (RTE_ETHER_MAX_LEN + RTE_VLAN_HLEN));

	a->fc = (struct asm82545_fc_conf) {
		.mode = ASM82545_FC_FULL,
		.autoneg = true,
		.send_xon = true,
		.pause_time = 0x0680,
		.high_water = RTE_ALIGN_FLOOR(high, 8),
		.low_water = RTE_ALIGN_FLOOR(high, 8) - 1536,
	};
}

int
asm82545_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	const struct asm82545_adapter *a = asm82545_adapter(dev);
	enum asm82545_fc now = dev->data->dev_started ?
		asm82545_fc_get(&a->hw) : a->fc.mode;
	size_t i;

	for (i = 0; i < RTE_DIM(fc_modes); i++)
		if (fc_modes[i].fc == now)
			conf->mode = fc_modes[i].mode;
	conf->high_water = a->fc.high_water;
	conf->low_water = a->fc.low_water;
	conf->pause_time = a->fc.pause_time;
	conf->send_xon = a->fc.send_xon;
	conf->mac_ctrl_frame_fwd = a->fc.pass_control;
	conf->autoneg = a->fc.autoneg;
	return 0;
}

static int
fc_check(const struct asm82545_adapter *a, const struct rte_eth_fc_conf *conf)
{
	uint32_t fifo = a->hw.rx_fifo_kb * 1024;

	if (conf->high_water % 8 == 0 && conf->low_water % 8 == 0 &&
			conf->low_water < conf->high_water && conf->high_water < fifo)
		return 0;
	ASM82545_LOG(ERR, "flow control: give multiples of 8, low_water %u < high_water %u < %u",
		conf->low_water, conf->high_water, fifo);
	return -EINVAL;
}

int
asm82545_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	struct asm82545_link_conf link;
	int ret = fc_check(a, conf);
	size_t i;

	if (ret != 0)
		return ret;
	for (i = 0; i < RTE_DIM(fc_modes); i++)
		if (fc_modes[i].mode == conf->mode)
			a->fc.mode = fc_modes[i].fc;
	a->fc.high_water = conf->high_water;
	a->fc.low_water = conf->low_water;
	a->fc.pause_time = conf->pause_time;
	a->fc.send_xon = conf->send_xon != 0;
	a->fc.pass_control = conf->mac_ctrl_frame_fwd != 0;
	a->fc.autoneg = conf->autoneg != 0;
	if (!dev->data->dev_started)
		return 0;
	asm82545_fc_setup(&a->hw, &a->fc);
	asm82545_update_rctl(dev);
	ret = asm82545_link_conf_get(dev, &link);
	if (ret == 0 && a->hw.media == ASM82545_COPPER)
		ret = asm82545_phy_setup(&a->hw, &link);
	return ret != 0 ? ret : asm82545_fc_update(&a->hw, &a->fc);
}
