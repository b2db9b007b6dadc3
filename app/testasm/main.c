/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "fwd.h"

/* Turns of the loop between two looks at the clock. */
#define TURNS 32
#define LINK_PERIOD_MS 100
/* How long the last packets may take to leave. */
#define DRAIN_MS 1000
/* Bits a microsecond at 1 Gb/s. */
#define GIGABIT 1000
#define MIN_FRAME_BITS ((60 + TESTASM_WIRE_OVERHEAD) * 8)

/* What the loop does besides forwarding, in TSC cycles; UINT64_MAX: never. */
struct chores {
	uint64_t hz;
	uint64_t link;
	uint64_t stats;
	uint64_t end;
	uint64_t next; /* the earliest of them */
};

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

static void
request_stop(int signum __rte_unused)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
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
lcores_check(const struct testasm_conf *conf)
{
	if (conf->workers < rte_lcore_count() || !(conf->engine->flags & FWD_ASSEMBLES))
		return 0;
	testasm_error("--workers=%" PRIu32 ": needs %" PRIu32 " lcores, EAL has %u; "
		"give EAL -l 0-%" PRIu32 " or fewer workers",
		conf->workers, conf->workers + 1, rte_lcore_count(), conf->workers);
	return -EINVAL;
}

/*
 * A loop that keeps up takes no longer for a turn than full bursts of the
 * shortest frames take to arrive at 1 Gb/s: that long a frame may wait for it.
 */
static void
print_delay(const struct testasm_conf *conf)
{
	uint32_t poll = conf->burst * conf->engine->nb_dirs * MIN_FRAME_BITS / GIGABIT + 1;
	uint32_t wire = (conf->max_frame + TESTASM_WIRE_OVERHEAD) * 8 / GIGABIT + 1;

	printf("worst added delay: %" PRIu32 " us (hold time %" PRIu32 ", poll %" PRIu32
		", frame of %" PRIu32 " bytes at 1 Gb/s %" PRIu32 ")\n",
		conf->hold_us + poll + wire, conf->hold_us, poll, conf->max_frame, wire);
}

static void
print_start(const struct testasm *t)
{
	const struct testasm_conf *conf = &t->conf;

	if (conf->engine->flags & FWD_ASSEMBLES)
		print_delay(conf);
	else if (conf->workers > 0)
		printf("--workers=%" PRIu32 " has nothing to do in mode %s\n",
			conf->workers, conf->engine->name);
	printf("forwarding started: %s, access port %u, trunk port %u\n", conf->engine->name,
		t->port[FWD_ACCESS].id, t->port[FWD_TRUNK].id);
}

static int
stats_show(const struct testasm *t, const struct testasm_stats *stats)
{
	stats_print(t, stats);
	fflush(stdout);
	return t->conf.stats_json != NULL ? stats_json_write(t, stats) : 0;
}

static void
chores_begin(struct chores *c, const struct testasm_conf *conf)
{
	uint64_t now = rte_get_tsc_cycles();

	c->hz = rte_get_tsc_hz();
	c->link = now;
	c->stats = conf->stats_period != 0 ? now + conf->stats_period * c->hz : UINT64_MAX;
	c->end = conf->duration != 0 ? now + conf->duration * c->hz : UINT64_MAX;
	c->next = now;
}

static void
chores_do(struct chores *c, struct testasm *t, uint64_t now)
{
	struct testasm_stats stats;

	if (now >= c->link) {
		ports_poll_link(t);
		c->link = now + c->hz * LINK_PERIOD_MS / 1000;
	}
	if (now >= c->stats) {
		stats_read(t, &stats);
		(void)stats_show(t, &stats);
		c->stats += t->conf.stats_period * c->hz;
	}
	if (now >= c->end)
		request_stop(0);
	c->next = RTE_MIN(c->link, RTE_MIN(c->stats, c->end));
}

static void
forward(struct testasm *t)
{
	void (*poll)(struct testasm *t) = t->conf.engine->poll;
	struct chores chores;
	unsigned int turn;
	uint64_t now;

	chores_begin(&chores, &t->conf);
	while (likely(!testasm_stopped())) {
		for (turn = 0; turn < TURNS; turn++)
			poll(t);
		now = rte_get_tsc_cycles();
		if (unlikely(now >= chores.next))
			chores_do(&chores, t, now);
	}
}

/* Send what was received, as far as it goes in a bounded time. */
static void
drain(struct testasm *t)
{
	uint64_t deadline = rte_get_tsc_cycles() + rte_get_tsc_hz() * DRAIN_MS / 1000;
	unsigned int i;
	int ret = 0;

	if (t->conf.engine->drain != NULL) {
		do {
			ports_poll_link(t);
			ret = t->conf.engine->drain(t);
		} while (ret != 0 && rte_get_tsc_cycles() < deadline);
	}
	if (ret != 0)
		testasm_error("not everything could be sent within %u ms: the rest is dropped",
			DRAIN_MS);
	for (i = 0; i < FWD_SIDES; i++) {
		struct fwd_dir *d = &t->dir[i];

		rte_pktmbuf_free_bulk(&d->in.pkts[d->in.head], d->in.nb);
		d->tx_dropped += d->in.nb;
		d->in.nb = 0;
		fwd_dir_drop(d);
	}
	ports_finish_tx(t);
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
	print_start(t);
	forward(t);
	drain(t);
	/* Counters first, as closing a port takes them away; mbufs last, when none may be out. */
	stats_read(t, &stats);
	ports_drain_rx(t);
	engine_end(t);
	ports_close(t);
	mbufs_count(t, &stats);
	return stats_show(t, &stats);
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
		ret = lcores_check(&t.conf);
	if (ret == 0)
		ret = run(&t);
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
