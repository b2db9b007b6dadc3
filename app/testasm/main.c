/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#ifdef RTE_LIB_PDUMP
#include <rte_pdump.h>
#endif

#include "fwd.h"

/* How long the interrupt thread may take over what it is left. */
#define SETTLE_MS 1000

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

static int
run(struct testasm *t)
{
	struct testasm_stats stats;
	int ret;

	ret = mbufs_create(t);
	if (ret != 0)
		return ret;
	ret = ports_setup(t);
	if (ret == 0)
		ret = forward_begin(t);
	if (ret == 0)
		ret = ports_start(t);
	if (ret == 0 && (t->conf.start || !t->conf.interactive))
		ret = forward_start(t);
	if (ret == 0 && t->conf.interactive)
		ret = prompt_begin(t);
	if (ret == 0) {
		forward_run(t);
		prompt_end();
		forward_stop(t);
		/* Before the ports close, and take their counters away. */
		stats_read(t, &stats);
		ports_drain_rx(t);
	}
	forward_end(t);
	ports_close(t);
	if (ret != 0)
		return ret;
	/* Now none may be out. */
	mbufs_count(t, &stats);
	return forward_show(t, &stats);
}

static void
settled(void *arg)
{
	__atomic_store_n((bool *)arg, true, __ATOMIC_RELEASE);
}

/*
 * A driver that closes may leave work to EAL's interrupt thread (memif does), which
 * rte_eal_cleanup() takes the memory from. Alarms run on that thread, after such work.
 */
static void
interrupts_settle(void)
{
	static bool done;
	unsigned int waited;

	if (rte_eal_alarm_set(1, settled, &done) != 0)
		return;
	for (waited = 0; waited < SETTLE_MS; waited++) {
		if (__atomic_load_n(&done, __ATOMIC_ACQUIRE))
			return;
		rte_delay_us_sleep(1000);
	}
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
	sched_getaffinity(0, sizeof(t.cpus), &t.cpus);
	if (rte_eal_init(argc, argv) < 0) {
		explain_eal(eal_argc, argv, rte_errno);
		return EXIT_FAILURE;
	}
#ifdef RTE_LIB_PDUMP
	rte_pdump_init(); /* for dpdk-dumpcap, which is no must */
#endif
	ret = ports_find(&t, eal_argc, argv);
	t.engine = t.conf.engine;
	if (ret == 0)
		ret = lcores_plan(&t);
	if (ret == 0)
		ret = run(&t);
#ifdef RTE_LIB_PDUMP
	rte_pdump_uninit();
#endif
	interrupts_settle();
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
