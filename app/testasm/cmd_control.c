/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdio.h>

#include "prompt.h"

static int
start(struct testasm *t, const void *arg __rte_unused)
{
	unsigned int i;

	if (t->forwarding) {
		testasm_error("forwarding runs already");
		return -EALREADY;
	}
	for (i = 0; i < FWD_SIDES; i++) {
		if (t->port[i].started)
			continue;
		if (t->port[i].closed)
			testasm_error("port %u is closed: run the program anew",
				t->port[i].id);
		else
			testasm_error("port %u is stopped: \"port start %u\" first",
				t->port[i].id, t->port[i].id);
		return -ENETDOWN;
	}
	return forward_start(t);
}

static int
stop(struct testasm *t, const void *arg __rte_unused)
{
	struct testasm_stats stats;

	if (!t->forwarding) {
		testasm_error("forwarding does not run");
		return -EALREADY;
	}
	forward_stop(t);
	stats_read(t, &stats);
	return forward_show(t, &stats);
}

static void
cmd_start(struct testasm *t __rte_unused, const struct command_line *line __rte_unused)
{
	calls_make(start, NULL);
}

static void
cmd_stop(struct testasm *t __rte_unused, const struct command_line *line __rte_unused)
{
	calls_make(stop, NULL);
}

static void
cmd_quit(struct testasm *t __rte_unused, const struct command_line *line __rte_unused)
{
	testasm_stop();
}

static void
cmd_load(struct testasm *t __rte_unused, const struct command_line *line)
{
	prompt_load(line->word[1]);
}

static void
cmd_help(struct testasm *t __rte_unused, const struct command_line *line __rte_unused)
{
	prompt_help(NULL);
}

static void
cmd_help_section(struct testasm *t __rte_unused, const struct command_line *line)
{
	prompt_help(line->word[1]);
}

const struct command commands_control[] = {
	{ "start", "forward packets", cmd_start },
	{ "stop", "send what was received, stop, show statistics", cmd_stop },
	{ "quit", "stop and leave", cmd_quit },
	{ "load FILE", "run the commands of a file", cmd_load },
	{ "help", "all commands", cmd_help },
	{ "help control|display|config|ports", "those of a section", cmd_help_section },
	{ NULL, NULL, NULL },
};
