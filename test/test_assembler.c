/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_private.h"
#include "test_assembler_util.h"

/* Assemblers without workers: what a frame closes on, and what goes round it. */

#define MAX_PKTS 512

/* What a test works with: an assembler, its client and what came out of it. */
struct bench {
	struct rte_assembler *a;
	struct rte_assembler_client *c;
	struct rte_mbuf *out[MAX_PKTS];
	uint16_t nb_out;
	uint32_t next; /* number of the next packet */
	struct rte_assembler_stats stats;
};

static void
bench_open(struct bench *b, const struct rte_assembler_conf *conf)
{
	memset(b, 0, sizeof(*b));
	b->a = assembler_make(conf);
	b->c = rte_assembler_client_open(b->a);
	assert_non_null(b->c);
}

static void
bench_collect(struct bench *b)
{
	b->nb_out += rte_assembler_collect_burst(b->c, b->out + b->nb_out, MAX_PKTS - b->nb_out);
	rte_assembler_stats_get(b->a, &b->stats);
}

static void
bench_flush(struct bench *b)
{
	while (rte_assembler_flush(b->c) != 0)
		bench_collect(b);
	bench_collect(b);
}

static void
bench_close(struct bench *b)
{
	rte_pktmbuf_free_bulk(b->out, b->nb_out);
	rte_assembler_free(b->a);
	assert_pools_full();
}

/* Submit *nb* numbered packets of *len* bytes. */
static void
bench_submit(struct bench *b, uint16_t nb, uint32_t len)
{
	struct rte_mbuf *pkts[MAX_PKTS];
	uint16_t i;

	for (i = 0; i < nb; i++)
		pkts[i] = pkt_numbered(len, 1, b->next++);
	assert_int_equal(rte_assembler_submit_burst(b->c, pkts, nb), nb);
}

static void
bench_submit_raw(struct bench *b, const void *data, uint32_t len)
{
	struct rte_mbuf *m = pkt_of(data, len);

	assert_int_equal(rte_assembler_submit_burst(b->c, &m, 1), 1);
}

/*
 * Everything that came out, disassembled, is packets number 0 to next - 1 in
 * this order. Empties out.
 */
static void
bench_check_order(struct bench *b)
{
	struct rte_disassembler *d = disassembler_make(1600);
	struct rte_disassembler_stats stats;
	struct rte_mbuf *m;
	uint32_t wanted = 0, nb;

	assert_int_equal(rte_disassembler_submit_burst(d, b->out, b->nb_out), b->nb_out);
	while (rte_disassembler_collect_burst(d, &m, 1) == 1) {
		assert_int_equal(pkt_check(m, &nb), 1);
		assert_int_equal(nb, wanted);
		wanted++;
	}
	assert_int_equal(wanted, b->next);
	rte_disassembler_stats_get(d, &stats);
	assert_int_equal(stats.lost_frames, 0);
	b->nb_out = 0;
	rte_disassembler_free(d);
}

/* Frames were closed for this reason only. */
static void
assert_flushed(const struct bench *b, enum rte_assembler_flush_reason reason, uint64_t nb)
{
	int i;

	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++)
		assert_int_equal(b->stats.flushed[i], i == (int)reason ? nb : 0);
}

static void
assert_bypassed(const struct bench *b, enum rte_assembler_bypass_reason reason, uint64_t nb)
{
	int i;

	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		assert_int_equal(b->stats.bypassed[i], i == (int)reason ? nb : 0);
}

static void
test_closes_on_size(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	/* 30 + 62 + 28 * 50 = 1492 bytes; one more does not fit. */
	bench_submit(&b, 29, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 0);
	bench_submit(&b, 1, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 1);
	assert_int_equal(b.out[0]->pkt_len, 1492);
	assert_int_equal(b.stats.packets, 29);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_SIZE, 1);
	bench_flush(&b);
	bench_check_order(&b);
	bench_close(&b);
}

/* A frame of exactly max_frame bytes. */
static void
test_fills_to_the_last_byte(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	conf.max_frame = 1492;
	bench_open(&b, &conf);
	bench_submit(&b, 30, 60);
	bench_collect(&b);
	assert_int_equal(b.out[0]->pkt_len, 1492);
	bench_flush(&b);
	bench_check_order(&b);
	conf.max_frame = 1491;
	bench_close(&b);
	bench_open(&b, &conf);
	bench_submit(&b, 29, 60);
	bench_collect(&b);
	assert_int_equal(b.out[0]->pkt_len, 1442);
	bench_flush(&b);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_closes_on_count(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	conf.max_count = 5;
	bench_open(&b, &conf);
	bench_submit(&b, 23, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 4);
	assert_int_equal(rte_be_to_cpu_16(frame_header(b.out[3]).count), 5);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_COUNT, 4);
	assert_int_equal(b.stats.fill_histogram[2], 4);
	bench_flush(&b);
	bench_check_order(&b);
	bench_close(&b);
}

/* As on a machine that takes as long as it likes: what is to stay open has a second. */
static void
bench_hold_time_ends(struct bench *b)
{
	rte_delay_us_block(1100);
	assert_int_equal(rte_assembler_class_set(b->a, 0, 1000), 0);
}

static void
test_closes_on_time(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	bench_submit(&b, 4, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 0);
	bench_hold_time_ends(&b);
	/* Both calls look at the clock. */
	bench_collect(&b);
	assert_int_equal(rte_assembler_class_set(b.a, 0, conf.hold_us), 0);
	assert_int_equal(b.nb_out, 1);
	assert_int_equal(frame_header(b.out[0]).flags, RTE_ASSEMBLER_FLAG_TIMER);
	bench_submit(&b, 3, 60);
	bench_hold_time_ends(&b);
	bench_submit(&b, 3, 60);
	assert_int_equal(rte_assembler_class_set(b.a, 0, conf.hold_us), 0);
	assert_int_equal(rte_be_to_cpu_16(frame_header(b.out[0]).count), 4);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 2);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_TIME, 2);
	assert_in_range(b.stats.hold_p50_us, 1000, UINT32_MAX);
	assert_in_range(b.stats.hold_max_us, 1000, UINT32_MAX);
	bench_flush(&b);
	assert_int_equal(frame_header(b.out[2]).flags, 0);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_without_hold_time_closes_after_each_burst(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	conf.hold_us = 0;
	bench_open(&b, &conf);
	bench_submit(&b, 5, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 1);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_TIME, 1);
	bench_submit(&b, 2, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 3);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_TIME, 2);
	assert_bypassed(&b, RTE_ASSEMBLER_BYPASS_FEW, 2);
	assert_int_equal(rte_assembler_flush(b.c), 0);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_closes_on_idle_if_told_to(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;
	int idle;

	(void)state;
	for (idle = 0; idle <= 1; idle++) {
		conf.idle_flush = idle;
		bench_open(&b, &conf);
		bench_submit(&b, 6, 60);
		assert_int_equal(rte_assembler_submit_burst(b.c, NULL, 0), 0);
		bench_collect(&b);
		assert_int_equal(b.nb_out, idle);
		assert_flushed(&b, RTE_ASSEMBLER_FLUSH_IDLE, idle);
		bench_flush(&b);
		bench_check_order(&b);
		bench_close(&b);
	}
}

static void
test_closes_on_stop(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	assert_int_equal(rte_assembler_flush(b.c), 0);
	bench_submit(&b, 6, 60);
	assert_int_equal(rte_assembler_client_close(b.c), -EBUSY);
	assert_int_equal(rte_assembler_flush(b.c), -EAGAIN);
	assert_int_equal(rte_assembler_client_close(b.c), -EBUSY);
	bench_collect(&b);
	assert_int_equal(rte_assembler_flush(b.c), 0);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_STOP, 1);
	assert_int_equal(rte_assembler_client_close(b.c), 0);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_large_packet_does_not_overtake(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	bench_submit(&b, 4, 200);
	bench_submit(&b, 1, 201);
	bench_submit(&b, 1, 1514);
	bench_submit(&b, 2, 60);
	bench_submit(&b, 1, 500);
	bench_collect(&b);
	/* A frame, two large ones, two that were too few, a large one. */
	assert_int_equal(b.nb_out, 6);
	assert_int_equal(b.stats.flushed[RTE_ASSEMBLER_FLUSH_ORDER], 2);
	assert_int_equal(b.stats.bypassed[RTE_ASSEMBLER_BYPASS_LARGE], 3);
	assert_int_equal(b.stats.bypassed[RTE_ASSEMBLER_BYPASS_FEW], 2);
	assert_int_equal(b.stats.packets, 4);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_packet_that_fits_no_frame_is_large(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	conf.max_frame = 30 + 2 + 150;
	conf.min_count = 1;
	bench_open(&b, &conf);
	bench_submit(&b, 1, 150);
	bench_submit(&b, 1, 151);
	bench_submit(&b, 1, 60);
	bench_submit(&b, 1, 151);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 4);
	assert_bypassed(&b, RTE_ASSEMBLER_BYPASS_LARGE, 2);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_ORDER, 2);
	assert_int_equal(b.out[0]->pkt_len, conf.max_frame);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_link_local_packet_is_reserved(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	uint8_t pkt[60] = { 0x01, 0x80, 0xC2, 0, 0, 0, 2, 0, 0, 0, 0, 9, 0x88, 0xCC };
	struct bench b;
	int i;

	(void)state;
	bench_open(&b, &conf);
	for (i = 0; i <= 0x10; i++) {
		pkt[5] = i;
		bench_submit_raw(&b, pkt, sizeof(pkt));
	}
	bench_collect(&b);
	assert_int_equal(b.nb_out, 16);
	assert_bypassed(&b, RTE_ASSEMBLER_BYPASS_RESERVED, 16);
	bench_flush(&b);
	bench_close(&b);
}

static void
test_without_peer_everything_goes_natively(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	bench_submit(&b, 4, 60);
	rte_assembler_peer_set(b.a, NULL);
	bench_submit(&b, 4, 60);
	bench_submit(&b, 1, 300);
	bench_collect(&b);
	/* The frame that was open went before them. */
	assert_int_equal(b.nb_out, 6);
	assert_true(is_assembled(b.out[0]));
	assert_bypassed(&b, RTE_ASSEMBLER_BYPASS_PEER, 5);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_ORDER, 1);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_new_peer_takes_effect_with_next_frame(void **state)
{
	const struct rte_ether_addr other = { { 0x02, 0, 0, 0, 0, 0x03 } };
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	conf.max_count = 8;
	bench_open(&b, &conf);
	bench_submit(&b, 4, 60);
	rte_assembler_peer_set(b.a, &other);
	bench_submit(&b, 8, 60);
	bench_flush(&b);
	assert_int_equal(b.nb_out, 2);
	assert_memory_equal(rte_pktmbuf_mtod(b.out[0], void *), &test_peer, 6);
	assert_memory_equal(rte_pktmbuf_mtod(b.out[1], void *), &other, 6);
	bench_close(&b);
}

/* The frame that is open keeps its sizes, whether its packets are held or copied. */
static void
test_new_sizes_take_effect_with_next_frame(void **state)
{
	const struct rte_assembler_sizes small = {
		.max_frame = 200, .max_count = 2, .min_count = 2, .max_pkt = 100,
	};
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;
	uint16_t nb;

	(void)state;
	conf.max_count = 8;
	conf.min_count = 5;
	for (nb = 1; nb < 8; nb++) {
		bench_open(&b, &conf);
		bench_submit(&b, nb, 60);
		assert_int_equal(rte_assembler_sizes_set(b.a, &small), 0);
		bench_submit(&b, 8 - nb, 60);
		bench_collect(&b);
		assert_int_equal(b.nb_out, 1);
		assert_int_equal(rte_be_to_cpu_16(frame_header(b.out[0]).count), 8);
		/* By count, a large one, one that is alone because of it, by size. */
		bench_submit(&b, 3, 60);
		bench_submit(&b, 1, 101);
		bench_submit(&b, 1, 100);
		bench_submit(&b, 1, 100);
		bench_flush(&b);
		assert_int_equal(rte_be_to_cpu_16(frame_header(b.out[1]).count), 2);
		assert_int_equal(b.stats.bypassed[RTE_ASSEMBLER_BYPASS_LARGE], 1);
		assert_int_equal(b.stats.bypassed[RTE_ASSEMBLER_BYPASS_FEW], 3);
		assert_int_equal(b.stats.flushed[RTE_ASSEMBLER_FLUSH_SIZE], 1);
		bench_check_order(&b);
		bench_close(&b);
	}
}

static void
test_refuses_bad_sizes(void **state)
{
	const struct rte_assembler_sizes good = {
		.max_frame = 1514, .min_count = 3, .max_pkt = 200,
	};
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_sizes sizes;
	struct rte_assembler *a;

	(void)state;
	conf.frame_pool = pkt_pool();
	a = assembler_make(&conf);
	rte_log_set_level_pattern("*", RTE_LOG_EMERG);
#define REFUSED(field, value) do { \
	sizes = good; \
	sizes.field = value; \
	assert_int_equal(rte_assembler_sizes_set(a, &sizes), -EINVAL); \
} while (0)
	REFUSED(max_frame, 59);
	REFUSED(max_frame, PKT_ROOM + 1);
	REFUSED(min_count, 0);
	REFUSED(min_count, 65);
	REFUSED(max_pkt, 59);
	REFUSED(max_pkt, 16384);
#undef REFUSED
	rte_log_set_level_pattern("*", RTE_LOG_ERR);
	assert_int_equal(rte_assembler_sizes_set(a, &good), 0);
	rte_assembler_free(a);
}

static void
test_few_packets_go_as_they_came(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_mbuf *pkts[RTE_ASSEMBLER_MAX_MIN_COUNT];
	struct bench b;
	uint16_t i, nb;

	(void)state;
	conf.ring_size = 64;
	conf.max_frame = 4000;
	for (nb = 1; nb < RTE_ASSEMBLER_MAX_MIN_COUNT; nb++) {
		conf.min_count = nb + 1;
		bench_open(&b, &conf);
		for (i = 0; i < nb; i++)
			pkts[i] = pkt_numbered(60, 1, i);
		assert_int_equal(rte_assembler_submit_burst(b.c, pkts, nb), nb);
		bench_flush(&b);
		assert_int_equal(b.nb_out, nb);
		assert_memory_equal(b.out, pkts, nb * sizeof(pkts[0]));
		assert_bypassed(&b, RTE_ASSEMBLER_BYPASS_FEW, nb);
		assert_flushed(&b, RTE_ASSEMBLER_FLUSH_STOP, 1);
		assert_int_equal(b.stats.frames, 0);
		bench_close(&b);
	}
}

static void
test_min_count_packets_are_enough(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;
	uint16_t nb;

	(void)state;
	conf.max_frame = 4000;
	for (nb = 1; nb <= RTE_ASSEMBLER_MAX_MIN_COUNT; nb++) {
		conf.min_count = nb;
		bench_open(&b, &conf);
		bench_submit(&b, nb, 60);
		bench_flush(&b);
		assert_int_equal(b.nb_out, 1);
		assert_int_equal(b.stats.packets, nb);
		bench_check_order(&b);
		bench_close(&b);
	}
}

/* What --max-count=1 means: assembling is off. */
static void
test_max_count_below_min_count_assembles_nothing(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	for (conf.max_count = 1; conf.max_count < conf.min_count; conf.max_count++) {
		bench_open(&b, &conf);
		/* None waits for another one. */
		bench_submit(&b, 51, 60);
		bench_collect(&b);
		assert_int_equal(b.nb_out, 51);
		assert_bypassed(&b, RTE_ASSEMBLER_BYPASS_FEW, 51);
		bench_check_order(&b);
		bench_close(&b);
	}
}

static void
test_drops_what_can_travel_neither_way(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	uint8_t nested[60] = { 2, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 9, 0x88, 0xB5 };
	uint8_t tagged[60] = { 2, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 9, 0x81, 0, 0, 1, 0x88, 0xB5 };
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	bench_submit_raw(&b, nested, sizeof(nested));
	bench_submit_raw(&b, nested, 14);
	bench_submit_raw(&b, nested, 13);
	bench_submit_raw(&b, nested, 0);
	/* Behind a tag it is no assembled frame: version 1 has no tags. */
	bench_submit_raw(&b, tagged, sizeof(tagged));
	rte_assembler_peer_set(b.a, NULL);
	bench_submit_raw(&b, nested, sizeof(nested));
	bench_flush(&b);
	assert_int_equal(b.stats.dropped[RTE_ASSEMBLER_DROP_NESTED], 3);
	assert_int_equal(b.stats.dropped[RTE_ASSEMBLER_DROP_RUNT], 2);
	assert_int_equal(b.nb_out, 1);
	bench_close(&b);
}

static void
test_without_frame_mbufs_packets_go_natively(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	unsigned int nb = rte_mempool_avail_count(frame_pool());
	struct rte_mbuf **all = calloc(nb, sizeof(*all));
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	assert_int_equal(rte_pktmbuf_alloc_bulk(frame_pool(), all, nb), 0);
	bench_submit(&b, 7, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 6);
	assert_int_equal(b.stats.no_mbuf, 2);
	assert_bypassed(&b, RTE_ASSEMBLER_BYPASS_FEW, 6);
	rte_pktmbuf_free_bulk(all, nb);
	bench_submit(&b, 7, 60);
	bench_flush(&b);
	assert_int_equal(b.nb_out, 7);
	assert_flushed(&b, RTE_ASSEMBLER_FLUSH_STOP, 1);
	bench_check_order(&b);
	bench_close(&b);
	free(all);
}

static void
test_full_ring_refuses_and_loses_nothing(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_mbuf *pkts[200];
	struct bench b;
	uint16_t done = 0, n;

	(void)state;
	conf.ring_size = 64;
	conf.min_count = 64;
	conf.max_count = 1;
	bench_open(&b, &conf);
	for (n = 0; n < RTE_DIM(pkts); n++)
		pkts[n] = pkt_numbered(60, 1, b.next++);
	done = rte_assembler_submit_burst(b.c, pkts, RTE_DIM(pkts));
	assert_int_equal(done, 64);
	assert_int_equal(rte_assembler_submit_burst(b.c, pkts + done, 1), 0);
	bench_collect(&b);
	/* The second try is not another time, nor is a look in between. */
	assert_int_equal(rte_assembler_submit_burst(b.c, NULL, 0), 0);
	assert_int_equal(rte_assembler_submit_burst(b.c, pkts + done, 1), 1);
	done++;
	bench_collect(&b);
	assert_int_equal(b.stats.ring_full, 1);
	while (done < RTE_DIM(pkts)) {
		done += rte_assembler_submit_burst(b.c, pkts + done, RTE_DIM(pkts) - done);
		b.nb_out += rte_assembler_collect_burst(b.c, b.out + b.nb_out, 7);
	}
	bench_flush(&b);
	assert_true(b.stats.ring_full > 1);
	assert_int_equal(b.nb_out, RTE_DIM(pkts));
	bench_check_order(&b);
	bench_close(&b);
}

/* Held packets have their places in the ring: closing never waits. */
static void
test_held_packets_have_room_in_a_full_ring(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;
	struct rte_mbuf *m;

	(void)state;
	conf.ring_size = 64;
	conf.min_count = 64;
	bench_open(&b, &conf);
	bench_submit(&b, 30, 300);
	bench_submit(&b, 34, 60);
	m = pkt_numbered(60, 1, b.next++);
	assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 0);
	assert_int_equal(rte_assembler_flush(b.c), -EAGAIN);
	assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 0);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 64);
	assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 1);
	bench_flush(&b);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_takes_packets_of_any_shape(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	uint8_t data[PKT_ROOM];
	struct rte_mbuf *m;
	struct bench b;
	uint32_t len, nb_segs, i;

	(void)state;
	conf.max_pkt = 1500;
	bench_open(&b, &conf);
	for (len = 60; len < 400; len += 13) {
		for (nb_segs = 1; nb_segs < 6; nb_segs++) {
			pkt_fill(data, len, 1, b.next++);
			m = pkt_segmented(data, len, nb_segs);
			assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 1);
		}
	}
	/* Addresses and EtherType spread over segments of a few bytes. */
	pkt_fill(data, 60, 1, b.next++);
	m = pkt_segmented(data, 60, 20);
	assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 1);
	pkt_fill(data, 1510, 1, b.next++);
	m = pkt_segmented(data, 1510, 20);
	assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 1);
	bench_flush(&b);
	assert_int_equal(b.stats.bypassed[RTE_ASSEMBLER_BYPASS_LARGE], 1);
	assert_int_equal(b.out[b.nb_out - 1]->nb_segs, 20);
	for (i = 0; i < b.nb_out; i++)
		assert_int_equal(rte_pktmbuf_linearize(b.out[i]), 0);
	bench_check_order(&b);
	bench_close(&b);
}

static void
count_free(void *addr, void *count)
{
	(void)addr;
	++*(int *)count;
}

/* An mbuf whose data are elsewhere: *data*, which *count* says is no longer used. */
static struct rte_mbuf *
pkt_external(uint8_t *data, uint32_t len, int *count)
{
	static struct rte_mbuf_ext_shared_info shared;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pkt_pool());

	assert_non_null(m);
	shared.free_cb = count_free;
	shared.fcb_opaque = count;
	rte_mbuf_ext_refcnt_set(&shared, 1);
	rte_pktmbuf_attach_extbuf(m, data, 0, len, &shared);
	m->data_len = len;
	m->pkt_len = len;
	return m;
}

/* As an application has them that multicasts or sends from its own memory. */
static void
test_takes_foreign_buffers(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_mbuf *original, *m, *cut;
	uint8_t data[PKT_ROOM];
	uint32_t nb, flow;
	int freed = 0, i;
	struct bench b;

	(void)state;
	conf.min_count = 1;
	bench_open(&b, &conf);
	/* Indirect: the original stays its owner's, untouched; large ones go as they are. */
	for (i = 0; i < 8; i++) {
		original = pkt_numbered(i % 4 == 3 ? 300 : 60 + i, 1, b.next++);
		m = rte_pktmbuf_clone(original, pkt_pool());
		assert_non_null(m);
		assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 1);
		flow = pkt_check(original, &nb);
		assert_true(flow == 1 && nb == b.next - 1);
	}
	/* External, alone and as the end of a packet in three segments of different kinds. */
	for (i = 0; i < 8; i++) {
		pkt_fill(data, 90, 1, b.next++);
		if (i % 2 == 0) {
			m = pkt_external(data, 90, &freed);
		} else {
			m = pkt_of(data, 20);
			original = pkt_of(data + 20, 30);
			cut = rte_pktmbuf_clone(original, pkt_pool());
			rte_pktmbuf_free(original);
			assert_int_equal(rte_pktmbuf_chain(m, cut), 0);
			cut = pkt_external(data + 50, 40, &freed);
			assert_int_equal(rte_pktmbuf_chain(m, cut), 0);
		}
		assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 1);
		/* It is copied and freed at once: the memory may be used again. */
		assert_int_equal(freed, i + 1);
	}
	bench_flush(&b);
	bench_check_order(&b);
	bench_close(&b);
}

static void
test_counts_wire_bytes(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	bench_submit(&b, 3, 60);
	bench_submit(&b, 1, 40);
	bench_submit(&b, 2, 100);
	bench_flush(&b);
	assert_int_equal(b.stats.packets, 6);
	assert_int_equal(b.stats.bytes, 3 * 60 + 40 + 2 * 100);
	assert_int_equal(b.stats.frames, 1);
	assert_int_equal(b.stats.frame_bytes, 30 + 62 + 2 * 50 + 30 + 2 * 90);
	assert_int_equal(b.stats.wire_bytes_saved,
			4 * 84 + 2 * 124 - (int)(b.stats.frame_bytes + 24));
	assert_int_equal(b.stats.fill_histogram[2], 1);
	bench_close(&b);
}

static void
test_numbers_frames_of_each_stream(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_client *other;
	struct rte_assembler_hdr hdr[4];
	struct rte_mbuf *pkts[3];
	struct bench b;
	int i;

	(void)state;
	conf.max_count = 3;
	bench_open(&b, &conf);
	b.c->links[0].streams[0].seq = UINT32_MAX;
	other = rte_assembler_client_open(b.a);
	bench_submit(&b, 6, 60);
	bench_collect(&b);
	for (i = 0; i < 3; i++)
		pkts[i] = pkt_numbered(60, 2, i);
	assert_int_equal(rte_assembler_submit_burst(other, pkts, 3), 3);
	b.nb_out += rte_assembler_collect_burst(other, b.out + b.nb_out, 1);
	/* The next client in the slot goes on where this one ends. */
	assert_int_equal(rte_assembler_flush(b.c), 0);
	assert_int_equal(rte_assembler_client_close(b.c), 0);
	b.c = rte_assembler_client_open(b.a);
	bench_submit(&b, 3, 60);
	bench_collect(&b);
	assert_int_equal(b.nb_out, 4);
	for (i = 0; i < 4; i++)
		hdr[i] = frame_header(b.out[i]);
	assert_int_equal(rte_be_to_cpu_32(hdr[0].seq), UINT32_MAX);
	assert_int_equal(rte_be_to_cpu_32(hdr[1].seq), 0);
	assert_int_equal(rte_be_to_cpu_32(hdr[2].seq), 0);
	assert_int_equal(rte_be_to_cpu_32(hdr[3].seq), 1);
	assert_int_equal(hdr[0].stream, hdr[3].stream);
	assert_int_not_equal(hdr[0].stream, hdr[2].stream);
	assert_int_equal(hdr[0].epoch, hdr[2].epoch);
	/* Statistics of a closed client stay. */
	assert_int_equal(b.stats.frames, 4);
	bench_close(&b);
}

static void
test_opens_so_many_clients(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_client *clients[RTE_ASSEMBLER_MAX_CLIENTS];
	struct rte_assembler *a;
	int i;

	(void)state;
	conf.ring_size = 64;
	a = assembler_make(&conf);
	for (i = 0; i < RTE_ASSEMBLER_MAX_CLIENTS; i++) {
		clients[i] = rte_assembler_client_open(a);
		assert_non_null(clients[i]);
	}
	assert_null(rte_assembler_client_open(a));
	assert_int_equal(rte_errno, ENOSPC);
	assert_int_equal(rte_assembler_client_close(clients[7]), 0);
	assert_ptr_equal(rte_assembler_client_open(a), clients[7]);
	rte_assembler_free(a);
}

static void
test_free_frees_what_is_inside(void **state)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct bench b;

	(void)state;
	bench_open(&b, &conf);
	bench_submit(&b, 100, 60);
	bench_close(&b);
	bench_open(&b, &conf);
	bench_submit(&b, 2, 60);
	bench_close(&b);
	conf.nb_workers = 2;
	bench_open(&b, &conf);
	bench_submit(&b, 100, 60);
	bench_close(&b);
	rte_assembler_free(NULL);
}

static void
assert_refused(const char *name, const struct rte_assembler_conf *conf)
{
	rte_errno = 0;
	assert_null(rte_assembler_create(name, conf));
	assert_int_equal(rte_errno, EINVAL);
}

static void
test_refuses_bad_configuration(void **state)
{
	const struct rte_assembler_conf good = assembler_conf();
	struct rte_assembler_conf conf;
	struct rte_assembler *a;

	(void)state;
	rte_log_set_level_pattern("*", RTE_LOG_EMERG);
#define REFUSED(field, value) do { \
	conf = good; \
	conf.field = value; \
	assert_refused("test", &conf); \
} while (0)
	REFUSED(hold_us, 1000001);
	REFUSED(max_frame, 59);
	REFUSED(max_frame, 16385);
	REFUSED(min_count, 0);
	REFUSED(min_count, 65);
	REFUSED(max_pkt, 59);
	REFUSED(max_pkt, 16384);
	REFUSED(ether_type, 0x5FF);
	REFUSED(ether_type, RTE_ETHER_TYPE_IPV4);
	REFUSED(ether_type, RTE_ETHER_TYPE_VLAN);
	REFUSED(nb_workers, 17);
	REFUSED(ring_size, 32);
	REFUSED(ring_size, 1000);
	REFUSED(ring_size, 65535);
	REFUSED(frame_pool, NULL);
	REFUSED(src.addr_bytes[0], 0x01);
#undef REFUSED
	conf = good;
	conf.frame_pool = pkt_pool();
	conf.max_frame = PKT_ROOM + 1;
	assert_refused("test", &conf);
	assert_refused("", &good);
	assert_refused("seventeen-letters", &good);
	a = rte_assembler_create("sixteen--letters", &good);
	assert_non_null(a);
	assert_null(rte_assembler_create("sixteen--letters", &good));
	assert_int_equal(rte_errno, EEXIST);
	rte_assembler_free(a);
	rte_log_set_level_pattern("*", RTE_LOG_ERR);
}

static void
test_names_every_reason(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++)
		assert_non_null(rte_assembler_flush_name(i));
	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		assert_non_null(rte_assembler_bypass_name(i));
	for (i = 0; i < RTE_ASSEMBLER_DROP_MAX; i++)
		assert_non_null(rte_assembler_drop_name(i));
	assert_null(rte_assembler_flush_name(RTE_ASSEMBLER_FLUSH_MAX));
	assert_null(rte_assembler_bypass_name(RTE_ASSEMBLER_BYPASS_MAX));
	assert_null(rte_assembler_drop_name(RTE_ASSEMBLER_DROP_MAX));
	assert_string_equal(rte_assembler_flush_name(RTE_ASSEMBLER_FLUSH_ORDER), "order");
}

static void
assert_not_found(const char *name)
{
	rte_errno = 0;
	assert_null(rte_assembler_lookup(name));
	assert_int_equal(rte_errno, ENOENT);
}

/* From when it is complete, which takes a while where it has tables, until it is freed. */
static void
test_is_found_while_it_is_there(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler *a;

	(void)state;
	assert_not_found("test");
	a = assembler_make(&conf);
	assert_ptr_equal(rte_assembler_lookup("test"), a);
	assert_not_found("tes");
	assert_not_found("a name that is longer than that of any assembler");
	a->ready = 0;
	assert_not_found("test");
	a->ready = 1;
	rte_assembler_free(a);
	assert_not_found("test");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_closes_on_size),
	cmocka_unit_test(test_fills_to_the_last_byte),
	cmocka_unit_test(test_closes_on_count),
	cmocka_unit_test(test_closes_on_time),
	cmocka_unit_test(test_without_hold_time_closes_after_each_burst),
	cmocka_unit_test(test_closes_on_idle_if_told_to),
	cmocka_unit_test(test_closes_on_stop),
	cmocka_unit_test(test_large_packet_does_not_overtake),
	cmocka_unit_test(test_packet_that_fits_no_frame_is_large),
	cmocka_unit_test(test_link_local_packet_is_reserved),
	cmocka_unit_test(test_without_peer_everything_goes_natively),
	cmocka_unit_test(test_new_peer_takes_effect_with_next_frame),
	cmocka_unit_test(test_new_sizes_take_effect_with_next_frame),
	cmocka_unit_test(test_refuses_bad_sizes),
	cmocka_unit_test(test_few_packets_go_as_they_came),
	cmocka_unit_test(test_min_count_packets_are_enough),
	cmocka_unit_test(test_max_count_below_min_count_assembles_nothing),
	cmocka_unit_test(test_drops_what_can_travel_neither_way),
	cmocka_unit_test(test_without_frame_mbufs_packets_go_natively),
	cmocka_unit_test(test_full_ring_refuses_and_loses_nothing),
	cmocka_unit_test(test_held_packets_have_room_in_a_full_ring),
	cmocka_unit_test(test_takes_packets_of_any_shape),
	cmocka_unit_test(test_takes_foreign_buffers),
	cmocka_unit_test(test_counts_wire_bytes),
	cmocka_unit_test(test_numbers_frames_of_each_stream),
	cmocka_unit_test(test_opens_so_many_clients),
	cmocka_unit_test(test_free_frees_what_is_inside),
	cmocka_unit_test(test_refuses_bad_configuration),
	cmocka_unit_test(test_is_found_while_it_is_there),
	cmocka_unit_test(test_names_every_reason),
};

TEST_SUITE(assembler, tests)
