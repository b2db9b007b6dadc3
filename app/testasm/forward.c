/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "fwd.h"

/* Turns of the loop between two looks at the clock. */
#define TURNS 32
#define LINK_PERIOD_MS 100
/* Of the main lcore between two looks at the clock where others do all the work. */
#define IDLE_US 1000
/* How long the last packets may take to leave; a worker may have to wait for its CPU. */
#define DRAIN_MS 5000
/* Bits a microsecond at 1 Gb/s. */
#define GIGABIT 1000
#define MIN_FRAME_BITS ((60 + TESTASM_WIRE_OVERHEAD) * 8)

/* What the main lcore does besides forwarding, in TSC cycles; UINT64_MAX: never. */
struct chores {
	uint64_t hz;
	uint64_t link;
	uint64_t stats;
	uint64_t end;
	uint64_t next; /* the earliest of them */
	struct testasm_stats shown; /* at the end of the last period */
	uint64_t shown_at;
};

/*
 * A loop that keeps up takes no longer for a turn than full bursts of the
 * shortest frames take to arrive at 1 Gb/s: that long a frame may wait for it.
 */
static void
print_delay(const struct testasm *t)
{
	const struct testasm_conf *conf = &t->conf;
	fwd_poll_t polls[FWD_TASKS];
	/* Sending is no reception. */
	unsigned int bursts = lcores_polls(t, t->lcores.task[FWD_RX], polls) -
		(t->lcores.task[FWD_TX] == t->lcores.task[FWD_RX]);
	uint32_t poll = conf->burst * bursts * MIN_FRAME_BITS / GIGABIT + 1;
	uint32_t wire = (conf->max_frame + TESTASM_WIRE_OVERHEAD) * 8 / GIGABIT + 1;

	printf("worst added delay: %" PRIu32 " us (hold time %" PRIu32 ", poll %" PRIu32
		", frame of %" PRIu32 " bytes at 1 Gb/s %" PRIu32 ")\n",
		conf->hold_us + poll + wire, conf->hold_us, poll, conf->max_frame, wire);
}

static void
print_start(const struct testasm *t)
{
	const struct testasm_conf *conf = &t->conf;

	lcores_print(t);
	if (conf->interrupt)
		printf("idle lcores sleep until a packet comes\n");
	if (t->engine->flags & FWD_ASSEMBLES)
		print_delay(t);
	else if (conf->workers > 0)
		printf("--workers=%" PRIu32 " has nothing to do in mode %s\n",
			conf->workers, t->engine->name);
	printf("forwarding started: %s, access port %u, trunk port %u\n", t->engine->name,
		t->port[FWD_ACCESS].id, t->port[FWD_TRUNK].id);
}

int
forward_show(const struct testasm *t, const struct testasm_stats *stats)
{
	stats_print(t, stats);
	fflush(stdout);
	return t->conf.stats_json != NULL ? stats_json_write(t, stats) : 0;
}

static void
chores_begin(struct chores *c, const struct testasm *t)
{
	const struct testasm_conf *conf = &t->conf;
	uint64_t now = rte_get_tsc_cycles();

	c->hz = rte_get_tsc_hz();
	c->link = now;
	c->stats = conf->stats_period != 0 ? now + conf->stats_period * c->hz : UINT64_MAX;
	c->end = conf->duration != 0 ? now + conf->duration * c->hz : UINT64_MAX;
	c->next = now;
	c->shown_at = now;
	stats_read(t, &c->shown);
}

static void
show_period(struct chores *c, const struct testasm *t, uint64_t now)
{
	struct testasm_stats stats;

	stats_read(t, &stats);
	stats_period(t, &stats, &c->shown, (double)(now - c->shown_at) / c->hz);
	if (t->conf.stats_json != NULL)
		(void)stats_json_write(t, &stats);
	c->shown = stats;
	c->shown_at = now;
}

static void
chores_do(struct chores *c, struct testasm *t, uint64_t now)
{
	if (now >= c->link) {
		ports_poll_link(t);
		discovery_watch(t);
		c->link = now + c->hz * LINK_PERIOD_MS / 1000;
	}
	if (now >= c->stats) {
		show_period(c, t, now);
		/* After a standstill none is shorter than it should be. */
		c->stats = now + t->conf.stats_period * c->hz;
	}
	if (now >= c->end)
		testasm_stop();
	c->next = RTE_MIN(c->stats, c->end);
	c->next = RTE_MIN(c->link, c->next);
}

static __rte_always_inline void
take_turns(struct testasm *t, const fwd_poll_t *polls, unsigned int nb, struct sleeper *s)
{
	unsigned int moved = 0, i, p;

	for (i = 0; i < TURNS; i++)
		for (p = 0; p < nb; p++)
			moved += polls[p](t);
	if (s->epfd >= 0)
		sleeper_turn(t, s, moved);
}

/* That of the lcore, whichever of its tasks comes first; NULL: it has none. */
static struct sleeper *
lcore_sleeper(struct testasm *t, unsigned int lcore)
{
	unsigned int i;

	for (i = 0; i < FWD_TASKS; i++)
		if (t->lcores.task[i] == lcore)
			return &t->sleeper[i];
	return NULL;
}

/* What an lcore that is not the main one does. */
static int
lcore_loop(void *arg)
{
	struct testasm *t = arg;
	fwd_poll_t polls[FWD_TASKS];
	unsigned int nb = lcores_polls(t, rte_lcore_id(), polls);
	struct sleeper *s = lcore_sleeper(t, rte_lcore_id());

	while (likely(!__atomic_load_n(&t->halt, __ATOMIC_ACQUIRE)))
		take_turns(t, polls, nb, s);
	return 0;
}

static void
lcores_halt(struct testasm *t)
{
	unsigned int i;

	__atomic_store_n(&t->halt, true, __ATOMIC_RELEASE);
	for (i = 0; i < FWD_TASKS; i++)
		if (t->lcores.task[i] != rte_lcore_id())
			rte_eal_wait_lcore(t->lcores.task[i]);
	for (i = 0; i < FWD_TASKS; i++)
		sleeper_end(&t->sleeper[i]);
}

static int
lcore_launch(struct testasm *t, unsigned int lcore)
{
	struct sleeper *s = lcore_sleeper(t, lcore);
	fwd_poll_t polls[FWD_TASKS];
	int ret;

	if (lcores_polls(t, lcore, polls) == 0)
		return 0;
	ret = sleeper_begin(t, lcore, s);
	if (ret != 0 || lcore == rte_lcore_id())
		return ret;
	ret = rte_eal_remote_launch(lcore_loop, t, lcore);
	if (ret != 0)
		testasm_error("cannot start lcore %u: %s", lcore, rte_strerror(-ret));
	return ret;
}

static int
lcores_launch(struct testasm *t)
{
	unsigned int lcore;
	int ret = 0;

	t->halt = false;
	RTE_LCORE_FOREACH(lcore) {
		ret = lcore_launch(t, lcore);
		if (ret != 0)
			break;
	}
	if (ret != 0)
		lcores_halt(t);
	return ret;
}

/* Send what the engine holds, in a bounded time. *drop*: what no port takes goes. */
static int
drain_engine(struct testasm *t, bool drop)
{
	uint64_t deadline = rte_get_tsc_cycles() + rte_get_tsc_hz() * DRAIN_MS / 1000;
	unsigned int i;
	int ret;

	do {
		ports_poll_link(t);
		for (i = 0; drop && i < FWD_SIDES; i++)
			fwd_dir_drop(&t->dir[i]);
		ret = t->engine->drain(t);
	} while (ret != 0 && rte_get_tsc_cycles() < deadline);
	return ret;
}

/* Send what was received, as far as it goes, and count the rest as dropped. */
static void
drain(struct testasm *t)
{
	unsigned int i;

	if (t->engine->drain != NULL && drain_engine(t, false) != 0) {
		testasm_error("not everything could be sent within %u ms: the rest is dropped",
			DRAIN_MS);
		(void)drain_engine(t, true);
	}
	for (i = 0; i < FWD_SIDES; i++) {
		struct fwd_dir *d = &t->dir[i];

		rte_pktmbuf_free_bulk(&d->in.pkts[d->in.head], d->in.nb);
		d->tx_dropped += d->in.nb;
		d->in.nb = 0;
		fwd_dir_drop(d);
	}
	if (t->discovery != NULL)
		discovery_leave(t);
	ports_finish_tx(t);
}

int
forward_begin(struct testasm *t)
{
	unsigned int i;
	int ret;

	for (i = 0; i < FWD_TASKS; i++)
		t->sleeper[i].epfd = -1;
	t->engine = t->conf.engine;
	t->stale = false;
	ret = lcores_plan(t);
	if (ret == 0)
		ret = mbufs_check(t);
	if (ret == 0 && t->engine->begin != NULL)
		ret = t->engine->begin(t);
	if (ret == 0 && (t->engine->flags & FWD_HAS_PEER) && !t->conf.peer_set)
		ret = discovery_begin(t);
	if (ret != 0)
		forward_end(t);
	return ret;
}

int
forward_start(struct testasm *t)
{
	int ret = 0;

	if (t->engine != t->conf.engine || t->stale) {
		forward_end(t);
		ret = forward_begin(t);
	}
	if (ret == 0)
		ret = lcores_launch(t);
	if (ret != 0)
		return ret;
	t->nb_polls = lcores_polls(t, rte_lcore_id(), t->polls);
	t->forwarding = true;
	print_start(t);
	return 0;
}

void
forward_stop(struct testasm *t)
{
	if (!t->forwarding)
		return;
	lcores_halt(t);
	drain(t);
	/* What leaves comes back as another: peers know it by its epoch. */
	t->stale |= t->discovery != NULL;
	t->nb_polls = 0;
	t->forwarding = false;
}

static int
update_check(const struct testasm *t, const struct testasm_conf *conf)
{
	uint32_t most = t->port[FWD_TRUNK].mtu + RTE_ETHER_HDR_LEN;

	if (conf->max_frame > most) {
		testasm_error("max-frame %" PRIu32 ": the trunk port was set up for %" PRIu32,
			conf->max_frame, most);
		return -EINVAL;
	}
	return options_lz4_check(conf);
}

/* Does something change that the engine takes over when it begins? */
static bool
begins_anew(const struct testasm *t, const struct testasm_conf *conf)
{
	return conf->lz4 != t->conf.lz4 || conf->idle_flush != t->conf.idle_flush ||
		conf->nb_routes != t->conf.nb_routes ||
		memcmp(conf->routes, t->conf.routes, sizeof(conf->routes)) != 0;
}

/* The engine begins anew; as it was *before*, if it cannot. */
static int
restart(struct testasm *t, const struct testasm_conf *before)
{
	int ret;

	forward_stop(t);
	ret = forward_start(t);
	if (ret != 0) {
		t->conf = *before;
		t->stale = true;
		(void)forward_start(t);
	}
	return ret;
}

int
forward_update(struct testasm *t, const struct testasm_conf *conf)
{
	const struct testasm_conf before = t->conf;
	const bool anew = begins_anew(t, conf);
	int ret = update_check(t, conf), i;

	if (ret != 0)
		return ret;
	/* Between two turns nobody looks at what changes, and nothing is lost. */
	if (t->forwarding)
		lcores_halt(t);
	if (conf->peer_set && t->discovery != NULL) {
		discovery_leave(t);
		discovery_end(t);
	}
	if (t->engine != NULL && t->engine->update != NULL)
		ret = t->engine->update(t, conf);
	else
		t->stale = true;
	if (ret == 0) {
		t->stale |= anew;
		t->conf = *conf;
		if (conf->peer_set)
			t->port[FWD_TRUNK].peer = conf->peer;
		for (i = 0; i < FWD_SIDES; i++)
			t->dir[i].burst = conf->burst;
	}
	if (!t->forwarding)
		return ret;
	if (ret == 0 && anew && t->engine == t->conf.engine)
		return restart(t, &before);
	return RTE_MIN(lcores_launch(t), ret);
}

void
forward_end(struct testasm *t)
{
	/* No peer is known once the discovery has ended. */
	stats_keep(t);
	discovery_end(t);
	if (t->engine != NULL && t->engine->end != NULL)
		t->engine->end(t);
	t->engine = NULL;
}

void
forward_run(struct testasm *t)
{
	struct sleeper *s;
	struct chores chores;
	uint64_t now;

	chores_begin(&chores, t);
	while (likely(!testasm_stopped())) {
		calls_serve(t);
		if (t->nb_polls == 0) {
			rte_delay_us_sleep(IDLE_US);
		} else {
			s = lcore_sleeper(t, rte_lcore_id());
			take_turns(t, t->polls, t->nb_polls, s);
		}
		now = rte_get_tsc_cycles();
		if (unlikely(now >= chores.next))
			chores_do(&chores, t, now);
	}
	calls_close();
}
