/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "fwd.h"

static bool stop;

void
testasm_error(const char *fmt, ...)
{
	va_list args;

	/* What was printed before comes first where both go to one place. */
	fflush(stdout);
	va_start(args, fmt);
	fprintf(stderr, TESTASM_NAME ": ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
}

bool
testasm_stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

void
testasm_stop(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
}

static void
request_stop(int signum __rte_unused)
{
	testasm_stop();
}

static void
signals_setup(void)
{
	const struct sigaction leave = { .sa_handler = request_stop };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &leave, NULL);
	sigaction(SIGTERM, &leave, NULL);
	/* A reader of the statistics that goes away must not take the mbufs with it. */
	sigaction(SIGPIPE, &ignore, NULL);
}

static void
engine_end(struct testasm *t)
{
	if (t->conf.engine->end != NULL)
		t->conf.engine->end(t);
}

static int
run(struct testasm *t)
{
	struct testasm_stats stats;
	int ret;

	ret = mbufs_create(t);
	if (ret != 0)
		return ret;
	ret = ports_setup(t);
	if (ret == 0 && t->conf.engine->begin != NULL)
		ret = t->conf.engine->begin(t);
	if (ret == 0)
		ret = ports_start(t);
	if (ret != 0) {
		engine_end(t);
		ports_close(t);
		return ret;
	}
	ret = forward(t);
	/* Counters first, as closing a port takes them away; mbufs last, when none may be out. */
	stats_read(t, &stats);
	ports_drain_rx(t);
	engine_end(t);
	ports_close(t);
	mbufs_count(t, &stats);
	return forward_show(t, &stats) != 0 ? -EIO : ret;
}

int
main(int argc, char **argv)
{
	static struct testasm t;
	int eal_argc = options_eal_count(argc, argv);
	int ret;

	if (options_inform(argc, argv))
		return EXIT_SUCCESS;
	if (options_parse(argc, argv, &t.conf) != 0)
		return EXIT_FAILURE;
	/* Lines are read as they come, by a script that waits for one as well. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	signals_setup();
	if (rte_eal_init(argc, argv) < 0) {
		explain_eal(eal_argc, argv, rte_errno);
		return EXIT_FAILURE;
	}
	ret = ports_find(&t, eal_argc, argv);
	if (ret == 0)
		ret = lcores_plan(&t);
	if (ret == 0)
		ret = run(&t);
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
