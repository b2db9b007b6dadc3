/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "fwd.h"

/* Autonegotiation of 1000BASE-T takes two to four seconds. */
#define LINK_WAIT_MS 5000
#define LINK_POLL_MS 50
/* No ring takes longer to run empty at any speed worth waiting for. */
#define FINISH_TX_MAX_US 500000

/* The trunk takes assembled frames; a longer one than usual needs a larger MTU. */
static uint32_t
port_mtu(const struct testasm *t, const struct fwd_port *p)
{
	uint32_t mtu = t->conf.max_frame - RTE_ETHER_HDR_LEN;

	return p == &t->port[FWD_TRUNK] ? RTE_MAX(mtu, (uint32_t)RTE_ETHER_MTU) : RTE_ETHER_MTU;
}

/* A device that names no MTU names the longest frame, FCS counted. */
static uint32_t
port_max_mtu(const struct rte_eth_dev_info *info)
{
	uint32_t by_frame = info->max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN;

	return RTE_MIN(info->max_mtu, by_frame);
}

static int
port_find(struct testasm *t, enum fwd_side side, uint32_t id)
{
	struct fwd_port *p = &t->port[side];
	struct rte_eth_dev_info info;
	int ret;

	p->id = id;
	p->nb_rxd = t->conf.nb_rxd;
	p->nb_txd = t->conf.nb_txd;
	ret = rte_eth_dev_info_get(p->id, &info);
	if (ret == 0)
		ret = rte_eth_macaddr_get(p->id, &p->mac);
	/* Rings come in steps and bounds of the device's own. */
	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &p->nb_rxd, &p->nb_txd);
	if (ret != 0) {
		testasm_error("port %u: cannot read what it is: %s", p->id, rte_strerror(-ret));
		return ret;
	}
	strlcpy(p->driver, info.driver_name, sizeof(p->driver));
	if (port_mtu(t, p) > port_max_mtu(&info)) {
		testasm_error("--max-frame=%" PRIu32 ": port %u (%s) takes %" PRIu32 " at most",
			t->conf.max_frame, p->id, p->driver,
			port_max_mtu(&info) + RTE_ETHER_HDR_LEN);
		return -EINVAL;
	}
	p->peer = (struct rte_ether_addr) { { 0x02, 0, 0, 0, 0, p->id } };
	if (side == FWD_TRUNK && t->conf.peer_set)
		p->peer = t->conf.peer;
	return 0;
}

int
ports_find(struct testasm *t, int argc, char **argv)
{
	const uint32_t ids[FWD_SIDES] = { t->conf.access, t->conf.trunk };
	static const char *const option[FWD_SIDES] = { "--access", "--trunk" };
	unsigned int i;
	int ret;

	for (i = 0; i < FWD_SIDES; i++) {
		if (!rte_eth_dev_is_valid_port(ids[i])) {
			explain_port(argc, argv, option[i], ids[i]);
			return -ENODEV;
		}
		ret = port_find(t, i, ids[i]);
		if (ret != 0)
			return ret;
		t->dir[i].tx = &t->port[i];
		t->dir[i].rx = &t->port[FWD_SIDES - 1 - i];
		t->dir[i].burst = t->conf.burst;
	}
	return 0;
}

static int
port_say(const struct fwd_port *p, const char *what, int ret)
{
	if (ret != 0)
		testasm_error("port %u (%s): cannot %s it: %s", p->id, p->driver, what,
			rte_strerror(-ret));
	return ret;
}

static int
port_configure(const struct testasm *t, struct fwd_port *p, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = {
		.rxmode.mtu = port_mtu(t, p),
		.intr_conf.rxq = t->conf.interrupt,
	};
	uint64_t tx = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	uint64_t rx = 0;

	if (conf.rxmode.mtu + RTE_ETHER_HDR_LEN > RTE_MBUF_DEFAULT_DATAROOM)
		rx = RTE_ETH_RX_OFFLOAD_SCATTER;
	/* At a prompt the mode may change. */
	if (!(t->engine->flags & FWD_MIXES_MBUFS) && !t->conf.interactive)
		tx |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	conf.rxmode.offloads = rx & info->rx_offload_capa;
	conf.txmode.offloads = tx & info->tx_offload_capa;
	return rte_eth_dev_configure(p->id, 1, 1, &conf);
}

static int
port_setup(const struct testasm *t, struct fwd_port *p)
{
	struct rte_eth_dev_info info;
	int socket = rte_eth_dev_socket_id(p->id);
	int ret = rte_eth_dev_info_get(p->id, &info);

	if (ret == 0)
		ret = port_configure(t, p, &info);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(p->id, 0, p->nb_rxd, socket, NULL, t->pkt_pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(p->id, 0, p->nb_txd, socket, NULL);
	if (ret == 0)
		ret = rte_eth_dev_get_mtu(p->id, &p->mtu);
	return ret;
}

int
ports_setup(struct testasm *t)
{
	unsigned int i;
	int ret;

	for (i = 0; i < FWD_SIDES; i++) {
		ret = port_say(&t->port[i], "set up", port_setup(t, &t->port[i]));
		if (ret != 0)
			return ret;
	}
	return 0;
}

int
port_start(struct fwd_port *p)
{
	int ret;

	if (p->started)
		return 0;
	ret = rte_eth_dev_start(p->id);
	if (ret != 0)
		return port_say(p, "start", ret);
	p->started = true;
	ret = rte_eth_promiscuous_enable(p->id);
	/* Software ports that hear everything have nothing to enable. */
	return ret == -ENOTSUP ? 0 : port_say(p, "make promiscuous", ret);
}

static void
port_poll_link(struct fwd_port *p)
{
	struct rte_eth_link link;

	/* A port that cannot tell has a link for all that is known. */
	bool up = !p->closed && (rte_eth_link_get_nowait(p->id, &link) != 0 ||
		link.link_status == RTE_ETH_LINK_UP);

	__atomic_store_n(&p->link_up, up, __ATOMIC_RELAXED);
}

void
ports_poll_link(struct testasm *t)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++)
		port_poll_link(&t->port[i]);
}

static void
port_print(const struct fwd_port *p, enum fwd_side side)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	/* DPDK's own length cuts "Twisted Pair" off. */
	char text[2 * RTE_ETH_LINK_MAX_STR_LEN] = "Link unknown";
	struct rte_eth_link link;

	rte_ether_format_addr(mac, sizeof(mac), &p->mac);
	if (rte_eth_link_get_nowait(p->id, &link) == 0)
		rte_eth_link_to_str(text, sizeof(text), &link);
	printf("port %u: %s, %s, %s, MTU %u, %u RX and %u TX descriptors. %s\n", p->id,
		fwd_side_name[side], p->driver, mac, p->mtu, p->nb_rxd, p->nb_txd, text);
	if (!p->link_up)
		printf("port %u has no link: going on, what it should send is dropped\n", p->id);
}

int
ports_start(struct testasm *t)
{
	unsigned int waited, i;
	int ret;

	for (i = 0; i < FWD_SIDES; i++) {
		ret = port_start(&t->port[i]);
		if (ret != 0)
			return ret;
	}
	for (waited = 0; waited < LINK_WAIT_MS && !testasm_stopped(); waited += LINK_POLL_MS) {
		ports_poll_link(t);
		if (t->port[FWD_ACCESS].link_up && t->port[FWD_TRUNK].link_up)
			break;
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
	}
	for (i = 0; i < FWD_SIDES; i++)
		port_print(&t->port[i], i);
	return 0;
}

void
ports_finish_tx(const struct testasm *t)
{
	uint32_t wait_us = 0;
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++) {
		const struct fwd_port *p = &t->port[i];
		uint32_t bits = (p->mtu + RTE_ETHER_HDR_LEN + TESTASM_WIRE_OVERHEAD) * 8;
		struct rte_eth_link link;

		if (!p->link_up || rte_eth_link_get_nowait(p->id, &link) != 0 ||
				link.link_speed == 0)
			continue;
		wait_us = RTE_MAX(wait_us, p->nb_txd * bits / link.link_speed);
	}
	rte_delay_us_sleep(RTE_MIN(wait_us, (uint32_t)FINISH_TX_MAX_US));
}

void
ports_drain_rx(const struct testasm *t)
{
	struct rte_mbuf *pkts[TESTASM_MAX_BURST];
	unsigned int i;
	uint32_t seen;
	uint16_t nb;

	for (i = 0; i < FWD_SIDES; i++) {
		/* No more than there are mbufs: the other end may go on sending. */
		for (seen = 0; t->port[i].started && seen < t->conf.mbufs; seen += nb) {
			nb = rte_eth_rx_burst(t->port[i].id, 0, pkts, RTE_DIM(pkts));
			if (nb == 0)
				break;
			rte_pktmbuf_free_bulk(pkts, nb);
		}
	}
}

int
port_stop(struct fwd_port *p)
{
	if (!p->started)
		return 0;
	p->started = false;
	return port_say(p, "stop", rte_eth_dev_stop(p->id));
}

int
port_close(struct fwd_port *p)
{
	int ret;

	if (p->closed)
		return 0;
	ret = port_stop(p);
	if (ret != 0)
		return ret;
	p->closed = true;
	return port_say(p, "close", rte_eth_dev_close(p->id));
}

int
port_reset(const struct testasm *t, struct fwd_port *p)
{
	int ret = port_stop(p);

	if (ret == 0)
		ret = port_say(p, "reset", rte_eth_dev_reset(p->id));
	return ret == 0 ? port_say(p, "set up", port_setup(t, p)) : ret;
}

void
ports_close(struct testasm *t)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++)
		port_close(&t->port[i]);
}

struct fwd_port *
port_by_text(struct testasm *t, const char *text)
{
	unsigned int i;
	char id[8];

	for (i = 0; i < FWD_SIDES; i++) {
		snprintf(id, sizeof(id), "%u", t->port[i].id);
		if (strcmp(text, id) != 0)
			continue;
		if (!t->port[i].closed)
			return &t->port[i];
		testasm_error("port %s is closed", text);
		return NULL;
	}
	testasm_error("port %s: give %u, %u or all", text, t->port[FWD_ACCESS].id,
		t->port[FWD_TRUNK].id);
	return NULL;
}
