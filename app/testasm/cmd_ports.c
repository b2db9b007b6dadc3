/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "prompt.h"

/* What drivers answer, in words. */
static int
port_answer(const struct fwd_port *p, const char *what, int ret)
{
	if (ret != 0)
		testasm_error("port %u (%s): cannot %s: %s", p->id, p->driver, what,
			rte_strerror(-ret));
	return ret;
}

static int
one_start(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	return port_start(p);
}

static int
one_stop(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	return port_stop(p);
}

static int
one_close(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	return port_close(p);
}

static int
one_reset(struct testasm *t, struct fwd_port *p, const void *arg __rte_unused)
{
	return port_reset(t, p);
}

static int
state_change(struct testasm *t, const void *arg)
{
	static const struct {
		const char *verb;
		int (*fn)(struct testasm *t, struct fwd_port *p, const void *arg);
	} verbs[] = {
		{ "start", one_start },
		{ "stop", one_stop },
		{ "close", one_close },
		{ "reset", one_reset },
	};
	const struct command_line *line = arg;
	unsigned int i;

	if (t->forwarding) {
		testasm_error("ports are in use: \"stop\" first");
		return -EBUSY;
	}
	for (i = 0; i < RTE_DIM(verbs); i++)
		if (strcmp(line->word[1], verbs[i].verb) == 0)
			return ports_each(t, line->word[2], verbs[i].fn, NULL);
	return -EINVAL;
}

static void
cmd_port_state(struct testasm *t __rte_unused, const struct command_line *line)
{
	calls_make(state_change, line);
}

static int
one_promisc(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg)
{
	bool on = strcmp(arg, "on") == 0;

	return port_answer(p, "set promiscuous mode", on ? rte_eth_promiscuous_enable(p->id) :
		rte_eth_promiscuous_disable(p->id));
}

static void
cmd_promisc(struct testasm *t, const struct command_line *line)
{
	ports_each(t, line->word[2], one_promisc, line->word[3]);
}

static int
one_link(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg)
{
	bool up = strcmp(arg, "link-up") == 0;

	return port_answer(p, arg, up ? rte_eth_dev_set_link_up(p->id) :
		rte_eth_dev_set_link_down(p->id));
}

static void
cmd_link(struct testasm *t, const struct command_line *line)
{
	ports_each(t, line->word[3], one_link, line->word[1]);
}

/* A number in decimal; one line on stderr if *text* is none or out of range. */
static int
number(const char *text, unsigned int min, unsigned int max, uint16_t *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < min || n > max) {
		testasm_error("%s: give a number from %u to %u", text, min, max);
		return -EINVAL;
	}
	*value = n;
	return 0;
}

static int
one_mtu(struct testasm *t, struct fwd_port *p, const void *arg)
{
	uint16_t mtu = *(const uint16_t *)arg;
	int ret = port_answer(p, "set the MTU", rte_eth_dev_set_mtu(p->id, mtu));

	if (ret != 0)
		return ret;
	p->mtu = mtu;
	/* It is what the disassembler rebuilds, and what a trunk peer is told. */
	t->stale = true;
	return 0;
}

static int
mtu_change(struct testasm *t, const void *arg)
{
	const struct command_line *line = arg;
	uint16_t mtu;

	if (number(line->word[4], RTE_ETHER_MIN_MTU, UINT16_MAX, &mtu) != 0)
		return -EINVAL;
	if (t->forwarding) {
		testasm_error("ports are in use: \"stop\" first");
		return -EBUSY;
	}
	return ports_each(t, line->word[3], one_mtu, &mtu);
}

static void
cmd_mtu(struct testasm *t __rte_unused, const struct command_line *line)
{
	calls_make(mtu_change, line);
}

static int
one_vlan_offload(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg)
{
	const struct command_line *line = arg;
	int mask = strcmp(line->word[2], "strip") == 0 ? RTE_ETH_VLAN_STRIP_OFFLOAD :
		RTE_ETH_VLAN_FILTER_OFFLOAD;
	int now = rte_eth_dev_get_vlan_offload(p->id);

	if (now >= 0)
		now = rte_eth_dev_set_vlan_offload(p->id,
			strcmp(line->word[3], "on") == 0 ? now | mask : now & ~mask);
	return port_answer(p, "set VLAN offloads", RTE_MIN(now, 0));
}

static void
cmd_vlan_offload(struct testasm *t, const struct command_line *line)
{
	ports_each(t, line->word[4], one_vlan_offload, line);
}

struct vlan_id {
	uint16_t id;
	bool add;
};

static int
one_vlan_id(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg)
{
	const struct vlan_id *vlan = arg;

	return port_answer(p, "set the VLAN filter",
		rte_eth_dev_vlan_filter(p->id, vlan->id, vlan->add));
}

static void
cmd_rx_vlan(struct testasm *t, const struct command_line *line)
{
	struct vlan_id vlan = { .add = strcmp(line->word[1], "add") == 0 };

	if (number(line->word[2], 0, RTE_ETHER_MAX_VLAN_ID, &vlan.id) == 0)
		ports_each(t, line->word[3], one_vlan_id, &vlan);
}

const struct command commands_ports[] = {
	{ "port start|stop|close|reset PORT", "a number or all; forwarding is stopped",
		cmd_port_state },
	{ "port config mtu PORT BYTES", "as \"port config mtu 1 9000\"; forwarding is stopped",
		cmd_mtu },
	{ "set promisc PORT on|off", "receive what is for others too", cmd_promisc },
	{ "set link-up|link-down port PORT", "the port's own end of the link", cmd_link },
	{ "vlan set strip|filter on|off PORT", "VLAN tags that are received", cmd_vlan_offload },
	{ "rx_vlan add|rm ID PORT", "VLANs that the filter lets in", cmd_rx_vlan },
	{ NULL, NULL, NULL },
};
