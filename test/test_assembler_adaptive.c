/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_private.h"
#include "test_assembler_util.h"

/* Adaptive mode. The test is the clock: it serves the client's link itself. */

#define HOLD 1000 /* cycles */
#define AFTER 48  /* frames with too few packets, after which none waits any more */

struct bench {
	struct rte_assembler *a;
	struct rte_assembler_client *c;
	uint64_t now;
	uint32_t sent;  /* packets */
	uint32_t taken; /* packets that came out, in order */
};

static void
bench_open(struct bench *b, bool adaptive)
{
	const struct rte_assembler_conf conf = assembler_conf();

	*b = (struct bench){ .now = 1000000 };
	b->a = assembler_make(&conf);
	assembler_store_relaxed(&b->a->rules[0].hold_cycles, HOLD);
	if (adaptive)
		rte_assembler_adaptive_set(b->a, true);
	b->c = rte_assembler_client_open(b->a);
	assert_non_null(b->c);
}

/* After *gap* cycles a burst of *nb* packets, which may be empty. */
static void
bench_turn(struct bench *b, uint64_t gap, uint16_t nb)
{
	struct assembler_link *link = &b->c->links[0];
	struct rte_mbuf *pkts[ASSEMBLER_BURST];
	const struct assembler_burst burst = { .pkts = pkts };
	struct assembler_turn turn;
	uint16_t i;

	for (i = 0; i < nb; i++)
		pkts[i] = pkt_numbered(60, 1, b->sent++);
	b->now += gap;
	assembler_turn_begin(&turn, b->c->scratch);
	turn.now = b->now;
	assembler_link_expire(link, false, &turn);
	if (nb != 0) {
		assembler_link_add(link, &burst, nb, &turn);
		assembler_link_expire(link, true, &turn);
	}
	assembler_turn_end(&turn, link);
}

static uint32_t
waiting(const struct bench *b)
{
	return rte_ring_count(b->c->links[0].done);
}

/* Take what came out; it must continue in order. Returns the assembled frames. */
static uint32_t
bench_take(struct bench *b)
{
	struct rte_disassembler *d = disassembler_make(1600);
	uint32_t frames = 0, nb;
	struct rte_mbuf *m;

	while (rte_ring_sc_dequeue(b->c->links[0].done, (void **)&m) == 0) {
		frames += is_assembled(m);
		assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
		while (rte_disassembler_collect_burst(d, &m, 1) == 1) {
			assert_int_equal(pkt_check(m, &nb), 1);
			assert_int_equal(nb, b->taken++);
		}
	}
	rte_disassembler_free(d);
	return frames;
}

static void
bench_close(struct bench *b)
{
	while (rte_assembler_flush(b->c) != 0)
		bench_take(b);
	bench_take(b);
	assert_int_equal(b->taken, b->sent);
	rte_assembler_free(b->a);
	assert_pools_full();
}

/* Packets that wait for others in vain. */
static void
trickle(struct bench *b, uint32_t nb)
{
	while (nb-- != 0) {
		bench_turn(b, HOLD, 1);
		assert_int_equal(waiting(b), 0);
		bench_turn(b, HOLD, 0);
		assert_int_equal(bench_take(b), 0);
		assert_int_equal(b->taken, b->sent);
	}
}

static void
make_sparse(struct bench *b)
{
	trickle(b, AFTER);
	bench_turn(b, HOLD, 1);
	assert_int_equal(waiting(b), 1);
	bench_take(b);
}

static void
test_sparse_packets_do_not_wait(void **state)
{
	struct rte_assembler_stats stats;
	struct bench b;

	(void)state;
	bench_open(&b, true);
	trickle(&b, AFTER);
	bench_turn(&b, HOLD, 1);
	assert_int_equal(waiting(&b), 1);
	rte_assembler_stats_get(b.a, &stats);
	assert_int_equal(stats.flushed[RTE_ASSEMBLER_FLUSH_TIME], AFTER);
	assert_int_equal(stats.bypassed[RTE_ASSEMBLER_BYPASS_FEW], AFTER + 1);
	bench_close(&b);
}

static void
test_one_good_frame_counts_from_the_start(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, true);
	trickle(&b, AFTER - 1);
	bench_turn(&b, HOLD, 3);
	bench_turn(&b, HOLD, 0);
	assert_int_equal(bench_take(&b), 1);
	trickle(&b, AFTER);
	bench_close(&b);
}

static void
test_a_burst_is_assembled_at_once(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, true);
	make_sparse(&b);
	bench_turn(&b, HOLD, 3);
	assert_int_equal(waiting(&b), 0);
	bench_turn(&b, HOLD, 0);
	assert_int_equal(bench_take(&b), 1);
	bench_close(&b);
}

static void
test_a_short_gap_lets_packets_wait_again(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, true);
	make_sparse(&b);
	bench_turn(&b, HOLD + 1, 1);
	assert_int_equal(waiting(&b), 1);
	bench_take(&b);
	bench_turn(&b, HOLD, 1);
	assert_int_equal(waiting(&b), 0);
	bench_turn(&b, 1, 2);
	bench_turn(&b, HOLD, 0);
	assert_int_equal(bench_take(&b), 1);
	/* Two at once are near each other, too. */
	make_sparse(&b);
	bench_turn(&b, 5 * HOLD, 2);
	assert_int_equal(waiting(&b), 0);
	bench_close(&b);
}

static void
test_it_can_be_turned_off(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, false);
	trickle(&b, 2 * AFTER);
	rte_assembler_adaptive_set(b.a, true);
	make_sparse(&b);
	rte_assembler_adaptive_set(b.a, false);
	trickle(&b, 2 * AFTER);
	bench_close(&b);
}

static void
test_without_hold_time_nothing_changes(void **state)
{
	struct bench b;
	int i;

	(void)state;
	bench_open(&b, true);
	assembler_store_relaxed(&b.a->rules[0].hold_cycles, 0);
	for (i = 0; i < 2 * AFTER; i++)
		bench_turn(&b, HOLD, 1);
	assert_false(b.c->links[0].streams[0].sparse);
	bench_close(&b);
}

static void
test_behind_a_backlog_frames_fill(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, true);
	bench_turn(&b, HOLD, 3);
	bench_turn(&b, HOLD, 3);
	assert_int_equal(waiting(&b), 1);
	/* The first frame is not collected: the second one stays open beyond its time, */
	bench_turn(&b, 2 * HOLD, 3);
	bench_turn(&b, 2 * HOLD - 1, 0);
	assert_int_equal(waiting(&b), 1);
	/* but not for ever. */
	bench_turn(&b, 1, 3);
	assert_int_equal(waiting(&b), 2);
	/* The third one closes as soon as there is nothing before it. */
	bench_turn(&b, 2 * HOLD, 0);
	assert_int_equal(waiting(&b), 2);
	assert_int_equal(bench_take(&b), 2);
	bench_turn(&b, 1, 0);
	assert_int_equal(waiting(&b), 1);
	assert_int_equal(b.taken, 9);
	bench_close(&b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_sparse_packets_do_not_wait),
	cmocka_unit_test(test_one_good_frame_counts_from_the_start),
	cmocka_unit_test(test_a_burst_is_assembled_at_once),
	cmocka_unit_test(test_a_short_gap_lets_packets_wait_again),
	cmocka_unit_test(test_it_can_be_turned_off),
	cmocka_unit_test(test_without_hold_time_nothing_changes),
	cmocka_unit_test(test_behind_a_backlog_frames_fill),
};

TEST_SUITE(assembler_adaptive, tests)
