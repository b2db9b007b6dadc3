/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prompt.h"

/* An option of the command line that can change; its checks and messages are the same. */
static int
option_change(struct testasm *t, const void *arg)
{
	const struct command_line *line = arg;
	const char *name = strcmp(line->word[1], "fwd") == 0 ? "forward-mode" : line->word[1];
	struct testasm_conf conf = t->conf;
	int ret = option_set(name, line->word[2], &conf);

	return ret == 0 ? forward_update(t, &conf) : ret;
}

static void
cmd_option(struct testasm *t __rte_unused, const struct command_line *line)
{
	calls_make(option_change, line);
}

static void
cmd_mode(struct testasm *t, const struct command_line *line)
{
	if (calls_make(option_change, line) == 0 && t->forwarding)
		printf("fwd %s begins with the next \"start\"\n", line->word[2]);
}

static int
route_change(struct testasm *t, const void *arg)
{
	const struct command_line *line = arg;
	struct testasm_conf conf = t->conf;
	struct rte_ether_addr peer;
	int ret;

	if (line->word[0][0] == 'd') {
		ret = route_del(&conf, line->word[2]);
	} else {
		ret = routes_peer(line->word[3], &peer);
		if (ret == 0)
			ret = route_add(&conf, line->word[2], &peer);
	}
	if (ret == 0)
		ret = forward_update(t, &conf);
	return ret;
}

static void
cmd_route(struct testasm *t __rte_unused, const struct command_line *line)
{
	calls_make(route_change, line);
}

static void
cmd_verbose(struct testasm *t, const struct command_line *line)
{
	uint32_t level = strtoul(line->word[2], NULL, 10);

	__atomic_store_n(&t->verbose, level, __ATOMIC_RELAXED);
}

#define FWD_MODES "io|mac|rxonly|txonly|flowgen|assemble|disassemble|gateway"

const struct command commands_config[] = {
	{ "set fwd " FWD_MODES, "mode of the next start", cmd_mode },
	{ "set peer MAC", "address of the trunk peer", cmd_option },
	{ "add route DESTINATION MAC", "trunk peer of a MAC address or IP prefix", cmd_route },
	{ "del route DESTINATION", "take that back", cmd_route },
	{ "set max-frame|max-count|min-count|max-pkt|hold-us NUMBER",
		"as the options of these names, at once", cmd_option },
	{ "set adaptive|lz4|idle-flush on|off", "as the options of these names, at once",
		cmd_option },
	{ "set burst|txpkts NUMBER", "as the options of these names", cmd_option },
	{ "set verbose 0|1", "a line for each assembled frame", cmd_verbose },
	{ NULL, NULL, NULL },
};
