/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "prompt.h"

#define PORT_RULE "######################## "

static int
show_port_stats(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	struct rte_eth_stats s;
	int ret = stats_port(p->id, &s);

	if (ret != 0) {
		testasm_error("port %u: cannot read its statistics: %s", p->id,
			rte_strerror(-ret));
		return ret;
	}
	printf("\n  " PORT_RULE "NIC statistics for port %u\n", p->id);
	printf("  RX-packets: %-14" PRIu64 " RX-missed: %-14" PRIu64 " RX-bytes: %" PRIu64 "\n",
		s.ipackets, s.imissed, s.ibytes);
	printf("  RX-errors:  %-14" PRIu64 " RX-nombuf: %" PRIu64 "\n", s.ierrors, s.rx_nombuf);
	printf("  TX-packets: %-14" PRIu64 " TX-errors: %-14" PRIu64 " TX-bytes: %" PRIu64 "\n",
		s.opackets, s.oerrors, s.obytes);
	return 0;
}

static int
show_port_xstats(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	int nb = rte_eth_xstats_get_names(p->id, NULL, 0), i;
	struct rte_eth_xstat_name *names = calloc(RTE_MAX(nb, 1), sizeof(*names));
	struct rte_eth_xstat *values = calloc(RTE_MAX(nb, 1), sizeof(*values));

	printf("\n  " PORT_RULE "NIC extended statistics for port %u\n", p->id);
	if (names == NULL || values == NULL || nb < 0 ||
			rte_eth_xstats_get_names(p->id, names, nb) != nb ||
			rte_eth_xstats_get(p->id, values, nb) != nb)
		nb = 0;
	for (i = 0; i < nb; i++)
		printf("  %s: %" PRIu64 "\n", names[values[i].id].name, values[i].value);
	free(values);
	free(names);
	return 0;
}

static int
show_port_info(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE], name[RTE_ETH_NAME_MAX_LEN] = "";
	struct rte_eth_burst_mode rx = { .info = "" }, tx = { .info = "" };

	rte_ether_format_addr(mac, sizeof(mac), &p->mac);
	(void)rte_eth_dev_get_name_by_port(p->id, name);
	(void)rte_eth_rx_burst_mode_get(p->id, 0, &rx);
	(void)rte_eth_tx_burst_mode_get(p->id, 0, &tx);
	printf("\n  " PORT_RULE "Infos for port %u\n", p->id);
	printf("  Device: %s, driver %s, MAC address %s\n", name, p->driver, mac);
	printf("  MTU: %u, promiscuous mode: %s\n", p->mtu,
		rte_eth_promiscuous_get(p->id) == 1 ? "on" : "off");
	printf("  RX: %u descriptors, %s; TX: %u descriptors, %s\n", p->nb_rxd,
		rx.info[0] != '\0' ? rx.info : "burst mode unknown", p->nb_txd,
		tx.info[0] != '\0' ? tx.info : "burst mode unknown");
	return 0;
}

static int
show_port_summary(struct testasm *t, struct fwd_port *p, const void *arg __rte_unused)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE], name[RTE_ETH_NAME_MAX_LEN] = "";
	struct rte_eth_link link = { .link_status = 0 };

	rte_ether_format_addr(mac, sizeof(mac), &p->mac);
	(void)rte_eth_dev_get_name_by_port(p->id, name);
	if (rte_eth_link_get_nowait(p->id, &link) != 0)
		link.link_status = RTE_ETH_LINK_DOWN;
	printf("%-4u %-6s %-17s %-16s %-14s %-4s %s\n", p->id,
		fwd_side_name[p - t->port], mac, name, p->driver,
		link.link_status ? "up" : "down", rte_eth_link_speed_to_str(link.link_speed));
	return 0;
}

static int
clear_port_stats(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	return rte_eth_stats_reset(p->id);
}

static int
clear_port_xstats(struct testasm *t __rte_unused, struct fwd_port *p, const void *arg __rte_unused)
{
	return rte_eth_xstats_reset(p->id);
}

static const struct {
	const char *verb;
	const char *noun;
	int (*fn)(struct testasm *t, struct fwd_port *p, const void *arg);
} port_views[] = {
	{ "show", "stats", show_port_stats },
	{ "show", "xstats", show_port_xstats },
	{ "show", "info", show_port_info },
	{ "show", "summary", show_port_summary },
	{ "clear", "stats", clear_port_stats },
	{ "clear", "xstats", clear_port_xstats },
};

static void
cmd_port_view(struct testasm *t, const struct command_line *line)
{
	unsigned int i;

	if (strcmp(line->word[2], "summary") == 0)
		printf("%-4s %-6s %-17s %-16s %-14s %-4s %s\n", "Port", "Side", "MAC address",
			"Name", "Driver", "Link", "Speed");
	for (i = 0; i < RTE_DIM(port_views); i++)
		if (strcmp(line->word[0], port_views[i].verb) == 0 &&
				strcmp(line->word[2], port_views[i].noun) == 0)
			ports_each(t, line->word[3], port_views[i].fn, NULL);
}

static void
cmd_fwd_stats(struct testasm *t, const struct command_line *line __rte_unused)
{
	struct testasm_stats stats;

	stats_read(t, &stats);
	stats_print(t, &stats);
}

static int
clear_fwd(struct testasm *t, const void *arg __rte_unused)
{
	stats_clear(t);
	return ports_each(t, "all", clear_port_stats, NULL);
}

static void
cmd_clear_fwd(struct testasm *t __rte_unused, const struct command_line *line __rte_unused)
{
	calls_make(clear_fwd, NULL);
}

static void
cmd_config_fwd(struct testasm *t, const struct command_line *line __rte_unused)
{
	const struct testasm_conf *c = &t->conf;
	char peer[RTE_ETHER_ADDR_FMT_SIZE] = "searched for";

	if (c->peer_set)
		rte_ether_format_addr(peer, sizeof(peer), &c->peer);
	printf("%s, %s; burst %" PRIu32 ", peer %s\n", c->engine->name,
		t->forwarding ? "forwarding" : "stopped", c->burst, peer);
	printf("max-frame %" PRIu32 ", max-count %" PRIu32 ", min-count %" PRIu32
		", max-pkt %" PRIu32 ", hold-us %" PRIu32 ", lz4 %s, idle-flush %s"
		", adaptive %s\n",
		c->max_frame, c->max_count, c->min_count, c->max_pkt, c->hold_us,
		c->lz4 ? "on" : "off", c->idle_flush ? "on" : "off",
		c->adaptive ? "on" : "off");
	if (t->engine != NULL) {
		mbufs_print(t);
		lcores_print(t);
	}
}

static void
show_histogram(const struct rte_assembler_stats *a)
{
	static const char bar[] = "##################################################";
	uint64_t most = 1, nb;
	unsigned int i;

	for (i = 0; i < RTE_ASSEMBLER_FILL_BUCKETS; i++)
		most = RTE_MAX(most, a->fill_histogram[i]);
	printf("packets a frame        frames\n");
	for (i = 0; i < RTE_ASSEMBLER_FILL_BUCKETS; i++) {
		nb = a->fill_histogram[i];
		if (nb == 0)
			continue;
		printf("%6u to %-6u %12" PRIu64 " %.*s\n", 1u << i, (2u << i) - 1, nb,
			(int)((nb * (sizeof(bar) - 1) + most - 1) / most), bar);
	}
	printf("hold time: p50 %u us, p99 %u us, max %u us\n", a->hold_p50_us, a->hold_p99_us,
		a->hold_max_us);
}

static void
show_client(const struct testasm *t)
{
	struct rte_assembler_client_stats c;

	rte_assembler_client_stats_get(t->client, &c);
	printf("client 0: packets %" PRIu64 ", bytes %" PRIu64 ", assembled %" PRIu64
		", frames %" PRIu64 ", bypassed %" PRIu64 ", dropped %" PRIu64
		", ring full %" PRIu64 "\n", c.packets, c.bytes, c.assembled, c.frames,
		c.bypassed, c.dropped, c.ring_full);
	stats_closes_print(&c.closes);
}

/* What goes to each peer, and what comes from each that there was. */
static void
show_peers(const struct testasm *t, const struct testasm_stats *stats)
{
	char peer[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(peer, sizeof(peer), &t->conf.peer);
	if (t->discovery != NULL)
		discovery_print(t);
	else
		printf("peer %s, given\n", peer);
	routes_print(&t->conf);
	if (stats->assembles)
		stats_receivers_print(&stats->peers);
	if (stats->disassembles)
		stats_senders_print(&stats->peers);
}

static void
cmd_assembler(struct testasm *t, const struct command_line *line)
{
	struct testasm_stats stats;

	stats_read(t, &stats);
	if (stats.disassembles && line->word[2][0] == 'p') {
		show_peers(t, &stats);
		return;
	}
	if (!stats.assembles) {
		testasm_error("mode %s does not assemble; \"set fwd gateway\" does",
			t->conf.engine->name);
		return;
	}
	switch (line->word[2][0]) {
	case 's':
		stats_print_assembler(&stats);
		explain_assembling(t, &stats);
		break;
	case 'p':
		show_peers(t, &stats);
		break;
	case 'c':
		show_client(t);
		break;
	default:
		show_histogram(&stats.assembler);
		break;
	}
}

const struct command commands_display[] = {
	{ "show port stats|xstats|info|summary PORT", "a number or all", cmd_port_view },
	{ "clear port stats|xstats PORT", "a number or all", cmd_port_view },
	{ "show fwd stats all", "forwarding statistics, as at the end", cmd_fwd_stats },
	{ "clear fwd stats all", "those, and the ports' own", cmd_clear_fwd },
	{ "show config fwd", "mode, settings and lcores", cmd_config_fwd },
	{ "show assembler stats|peers|clients|histogram", "how well packets are packed, and why",
		cmd_assembler },
	{ NULL, NULL, NULL },
};
