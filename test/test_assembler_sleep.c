/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "assembler_private.h"
#include "test_assembler_lcores.h"
#include "test_assembler_util.h"

/*
 * Workers and consumers that sleep. Nothing here depends on how long anything
 * takes: a wake-up that is lost shows as a wait that ends by its time only,
 * which is far longer than any machine may be slow.
 */

#define FOREVER_MS (300 * 1000)
#define FOREVER_US (FOREVER_MS * 1000u)

static struct rte_assembler *
sleepy_assembler(uint16_t nb_workers, uint32_t hold_us, uint16_t min_count)
{
	struct rte_assembler_conf conf = assembler_conf();

	conf.nb_workers = nb_workers;
	conf.hold_us = hold_us;
	conf.min_count = min_count;
	conf.ring_size = 64;
	conf.sleep_us = nb_workers != 0 ? 1 : 0;
	return assembler_make(&conf);
}

/* In bursts: however long the caller is kept waiting, what is one comes as one. */
static void
submit_some(struct rte_assembler_client *c, uint32_t nb)
{
	struct rte_mbuf *pkts[128];
	uint32_t i, done;

	assert_in_range(nb, 1, RTE_DIM(pkts));
	for (i = 0; i < nb; i++)
		pkts[i] = pkt_numbered(60, i, i);
	for (done = 0; done < nb; done += rte_assembler_submit_burst(c, pkts + done, nb - done))
		sched_yield();
}

static void
wait_until_asleep(struct rte_assembler *a)
{
	uint16_t i;

	for (i = 0; i < a->conf.nb_workers; i++)
		while (!__atomic_load_n(&a->slots[0]->links[i].asleep, __ATOMIC_ACQUIRE))
			sched_yield();
}

static void
workers_end(struct rte_assembler *a)
{
	rte_assembler_workers_stop(a);
	workers_join(a->conf.nb_workers);
	rte_assembler_free(a);
	assert_pools_full();
}

/* Who sleeps when, is all there is to chance: pauses of any length come in between. */
static void
test_no_wake_up_is_lost(void **state)
{
	struct rte_assembler *a = sleepy_assembler(2, 0, 1);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *m;
	int round;

	(void)state;
	workers_launch(a, 2, work_main);
	for (round = 0; round < 20000; round++) {
		m = pkt_numbered(60, round, round);
		assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
		assert_int_equal(rte_assembler_collect_wait(c, &m, 1, FOREVER_US), 1);
		rte_pktmbuf_free(m);
		rte_delay_us_block(rte_rand_max(4));
		if (round % 1000 == 0)
			wait_until_asleep(a);
	}
	workers_end(a);
}

/* Nobody submits any more: the worker itself sees to the hold time. */
static void
test_sleeping_worker_keeps_the_hold_time(void **state)
{
	struct rte_assembler *a = sleepy_assembler(1, 3000, 3);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_assembler_stats stats;
	struct rte_mbuf *m;
	int round;

	(void)state;
	workers_launch(a, 1, work_main);
	for (round = 1; round <= 20; round++) {
		submit_some(c, 4);
		assert_int_equal(rte_assembler_collect_wait(c, &m, 1, FOREVER_US), 1);
		assert_int_equal(frame_header(m).flags, RTE_ASSEMBLER_FLAG_TIMER);
		rte_pktmbuf_free(m);
	}
	/* A hold time that becomes shorter counts for who sleeps already. */
	rte_assembler_class_set(a, 0, 1000000);
	submit_some(c, 4);
	wait_until_asleep(a);
	rte_assembler_class_set(a, 0, 10);
	assert_int_equal(rte_assembler_collect_wait(c, &m, 1, FOREVER_US), 1);
	rte_pktmbuf_free(m);
	rte_assembler_stats_get(a, &stats);
	assert_int_equal(stats.flushed[RTE_ASSEMBLER_FLUSH_TIME], 21);
	workers_end(a);
}

static void
test_flush_and_stop_wake(void **state)
{
	struct rte_assembler *a = sleepy_assembler(2, 1000000, 3);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *pkts[32];
	int round;

	(void)state;
	for (round = 0; round < 20; round++) {
		workers_launch(a, 2, work_main);
		submit_some(c, 32);
		wait_until_asleep(a);
		while (rte_assembler_flush(c) != 0)
			rte_pktmbuf_free_bulk(pkts, rte_assembler_collect_wait(c, pkts, 32,
					FOREVER_US));
		wait_until_asleep(a);
		rte_assembler_workers_stop(a);
		workers_join(2);
	}
	rte_assembler_free(a);
	assert_pools_full();
}

/* The rings are full: who does not collect keeps a worker from nothing but rest. */
static void
test_worker_sleeps_until_somebody_collects(void **state)
{
	struct rte_assembler *a = sleepy_assembler(1, 0, 1);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *pkts[32];
	uint32_t nb = 0;

	(void)state;
	rte_assembler_peer_set(a, NULL);
	workers_launch(a, 1, work_main);
	submit_some(c, 128);
	wait_until_asleep(a);
	while (nb < 128) {
		uint16_t n = rte_assembler_collect_wait(c, pkts, 32, FOREVER_US);

		rte_pktmbuf_free_bulk(pkts, n);
		nb += n;
	}
	assert_int_equal(nb, 128);
	workers_end(a);
}

static void
test_inline_client_waits_for_the_hold_time(void **state)
{
	struct rte_assembler *a = sleepy_assembler(0, 2000, 3);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *m;
	int round;

	(void)state;
	for (round = 0; round < 10; round++) {
		submit_some(c, 4);
		/* Whenever the timer runs out, the frame is due or nearly so. */
		while (rte_assembler_collect_wait(c, &m, 1, FOREVER_US) == 0)
			;
		assert_int_equal(frame_header(m).flags, RTE_ASSEMBLER_FLAG_TIMER);
		rte_pktmbuf_free(m);
	}
	/* Nothing is open: only the time ends this. */
	assert_int_equal(rte_assembler_collect_wait(c, &m, 1, 1000), 0);
	rte_assembler_free(a);
	assert_pools_full();
}

/* Without workers sleep_us means nothing, and there is nobody to wake. */
static void
test_inline_client_wakes_nobody(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_client *c;
	struct rte_assembler *a;
	struct rte_mbuf *m;

	(void)state;
	conf.sleep_us = 1;
	a = assembler_make(&conf);
	c = rte_assembler_client_open(a);
	assert_int_equal(rte_assembler_collect_arm(c), 0);
	errno = 0;
	submit_some(c, 4);
	assert_int_equal(rte_assembler_flush(c), -EAGAIN);
	assert_int_equal(rte_assembler_collect_burst(c, &m, 1), 1);
	/* As it would be after a file that is none was written to. */
	assert_int_equal(errno, 0);
	rte_pktmbuf_free(m);
	rte_assembler_free(a);
	assert_pools_full();
}

/* The client's file among others. */
static void
wait_by_epoll(uint16_t nb_workers)
{
	struct rte_assembler *a = sleepy_assembler(nb_workers, 1000, 3);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0), ret, round;
	struct rte_mbuf *m;

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, rte_assembler_collect_fd(c), &event), 0);
	workers_launch(a, nb_workers, work_main);
	for (round = 0; round < 20; round++) {
		submit_some(c, 4);
		while (rte_assembler_collect_burst(c, &m, 1) == 0) {
			ret = rte_assembler_collect_arm(c);
			assert_in_range(ret, 0, 1);
			if (ret == 0)
				assert_int_equal(epoll_wait(epoll, &event, 1, FOREVER_MS), 1);
		}
		rte_pktmbuf_free(m);
		assert_int_equal(rte_assembler_collect_arm(c), 0);
		assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
	}
	close(epoll);
	workers_end(a);
}

static void
test_client_is_one_file_among_others(void **state)
{
	(void)state;
	wait_by_epoll(0);
	wait_by_epoll(1);
}

static void
test_without_sleep_nobody_waits(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_client *c;
	struct rte_assembler *a;
	struct rte_mbuf *m;

	(void)state;
	conf.nb_workers = 1;
	a = assembler_make(&conf);
	c = rte_assembler_client_open(a);
	assert_int_equal(rte_assembler_collect_fd(c), -ENOTSUP);
	assert_int_equal(rte_assembler_collect_arm(c), -ENOTSUP);
	assert_int_equal(rte_assembler_collect_wait(c, &m, 1, FOREVER_US), 0);
	rte_assembler_free(a);
}

/* A program without a file left gets no client, and one as soon as it has one. */
static void
test_opening_a_client_takes_a_file(void **state)
{
	struct rlimit limit, none;
	struct rte_assembler *a;
	uint16_t nb_workers;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	for (nb_workers = 0; nb_workers < 2; nb_workers++) {
		a = sleepy_assembler(nb_workers, 50, 3);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		assert_null(rte_assembler_client_open(a));
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(rte_errno, nb_workers == 0 ? EMFILE : ENOMEM);
		assert_non_null(rte_assembler_client_open(a));
		rte_assembler_free(a);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_no_wake_up_is_lost),
	cmocka_unit_test(test_sleeping_worker_keeps_the_hold_time),
	cmocka_unit_test(test_flush_and_stop_wake),
	cmocka_unit_test(test_worker_sleeps_until_somebody_collects),
	cmocka_unit_test(test_inline_client_waits_for_the_hold_time),
	cmocka_unit_test(test_inline_client_wakes_nobody),
	cmocka_unit_test(test_client_is_one_file_among_others),
	cmocka_unit_test(test_without_sleep_nobody_waits),
	cmocka_unit_test(test_opening_a_client_takes_a_file),
};

TEST_SUITE(assembler_sleep, tests)
