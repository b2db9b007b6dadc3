/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <rte_malloc.h>

#include "assembler_lz4.h"
#include "assembler_private.h"
#include "assembler_squeeze.h"
#include "test_assembler_util.h"

/* Streams that compress: how far frames are filled, and that nothing is lost by it. */

#define MAX_OUT 512
#define NB_PKTS 2000
#define PKT_LEN 70
#define MAX_FRAME 1514
#define FLAGS(m) (frame_header(m).flags)

/* In a build without liblz4 there is nothing to test but that it says so. */
static void
needs_lz4(void)
{
	if (!rte_assembler_has_lz4())
		skip();
}

/* What a test works with. */
struct bench {
	struct rte_assembler *a;
	struct rte_assembler_client *c;
	struct rte_mbuf *out[MAX_OUT];
	uint16_t nb_out;
	uint32_t next;
	uint8_t random; /* bytes at the end of each packet */
	struct rte_assembler_stats stats;
};

static struct rte_assembler_conf
squeeze_conf(void)
{
	struct rte_assembler_conf conf = assembler_conf();

	conf.lz4 = true;
	return conf;
}

static void
bench_open(struct bench *b, const struct rte_assembler_conf *conf, uint8_t random)
{
	memset(b, 0, sizeof(*b));
	b->random = random;
	b->a = assembler_make(conf);
	b->c = rte_assembler_client_open(b->a);
	assert_non_null(b->c);
}

/* As pkt_fill(), but what depends on the number are its four bytes and *random* ones. */
static void
reading_fill(uint8_t *pkt, uint32_t len, uint32_t nb, uint8_t random)
{
	uint8_t noise[PKT_LEN];

	pkt_fill(pkt, len, 1, 0);
	pkt_fill(noise, PKT_LEN, 1, nb);
	memcpy(pkt + 16, &nb, sizeof(nb));
	memcpy(pkt + len - random, noise + PKT_LEN - random, random);
}

static void
bench_collect(struct bench *b)
{
	b->nb_out += rte_assembler_collect_burst(b->c, b->out + b->nb_out, MAX_OUT - b->nb_out);
	rte_assembler_stats_get(b->a, &b->stats);
}

static void
bench_submit(struct bench *b, uint32_t nb)
{
	uint8_t data[PKT_LEN];
	struct rte_mbuf *m;

	while (nb-- != 0) {
		reading_fill(data, PKT_LEN, b->next++, b->random);
		m = pkt_of(data, PKT_LEN);
		assert_int_equal(rte_assembler_submit_burst(b->c, &m, 1), 1);
		bench_collect(b);
	}
}

static void
bench_flush(struct bench *b)
{
	while (rte_assembler_flush(b->c) != 0)
		bench_collect(b);
	bench_collect(b);
}

/* Everything arrived, in order. Empties out and frees the assembler. */
static void
bench_close(struct bench *b)
{
	struct rte_disassembler *d = disassembler_make(1600);
	struct rte_disassembler_stats stats;
	uint8_t wanted[PKT_LEN];
	struct rte_mbuf *m;
	uint32_t nb = 0;

	assert_int_equal(rte_disassembler_submit_burst(d, b->out, b->nb_out), b->nb_out);
	while (rte_disassembler_collect_burst(d, &m, 1) == 1) {
		reading_fill(wanted, PKT_LEN, nb++, b->random);
		assert_int_equal(m->pkt_len, PKT_LEN);
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), wanted, PKT_LEN);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(nb, b->next);
	rte_disassembler_stats_get(d, &stats);
	assert_int_equal(stats.lost_frames, 0);
	assert_int_equal(stats.packets, b->stats.packets);
	assert_int_equal(b->stats.bytes, (uint64_t)b->stats.packets * PKT_LEN);
	rte_disassembler_free(d);
	rte_assembler_free(b->a);
	assert_pools_full();
}

/* All but the first ones, which begin without an estimate, and the last one. */
static void
test_fills_frames_by_compressed_size(void **state)
{
	static const uint8_t random[] = { 0, 4, 10, 20, 40 };
	const struct rte_assembler_conf conf = squeeze_conf();
	uint32_t longest, i, j;
	struct bench b;

	(void)state;
	needs_lz4();
	for (i = 0; i < RTE_DIM(random); i++) {
		bench_open(&b, &conf, random[i]);
		bench_submit(&b, NB_PKTS);
		bench_flush(&b);
		/* What a packet takes at most when it is compressed, and what is left as full. */
		longest = random[i] + 2 * 16;
		for (j = 0; j < b.nb_out - 1u; j++) {
			assert_int_equal(FLAGS(b.out[j]), RTE_ASSEMBLER_FLAG_LZ4);
			assert_in_range(b.out[j]->pkt_len, MAX_FRAME - longest, MAX_FRAME);
		}
		assert_int_equal(b.stats.lz4_frames, b.nb_out);
		assert_int_equal(b.stats.flushed[RTE_ASSEMBLER_FLUSH_SIZE], b.nb_out - 1);
		/* Of each packet all but the addresses and a header of two bytes. */
		assert_int_equal(b.stats.frame_bytes + b.stats.lz4_bytes_saved,
				NB_PKTS * (PKT_LEN - 10) + b.nb_out * (12 + 30));
		bench_close(&b);
	}
}

/* Packets of noise, in bursts; the frames are put out. */
static void
noise_assemble(bool lz4, struct rte_mbuf **frames, uint16_t nb_frames)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_client *c;
	struct rte_assembler_stats stats;
	struct rte_assembler *a;
	uint8_t data[150];
	struct rte_mbuf *m;
	uint32_t i, len;
	uint16_t nb = 0;

	conf.lz4 = lz4;
	a = assembler_make(&conf);
	c = rte_assembler_client_open(a);
	rte_srand(1);
	while (nb < nb_frames) {
		len = 60 + rte_rand_max(90);
		for (i = 0; i < len; i++)
			data[i] = rte_rand();
		m = pkt_of(data, len);
		assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
		nb += rte_assembler_collect_burst(c, frames + nb, nb_frames - nb);
	}
	rte_assembler_stats_get(a, &stats);
	assert_int_equal(stats.lz4_frames, 0);
	assert_int_equal(stats.lz4_bytes_saved, 0);
	rte_assembler_free(a);
}

/* The same frames as without compression. */
static void
test_leaves_alone_what_would_not_become_smaller(void **state)
{
	struct rte_mbuf *frames[2][50];
	const uint8_t *plain, *squeezed;
	uint32_t i;

	(void)state;
	needs_lz4();
	noise_assemble(false, frames[0], RTE_DIM(frames[0]));
	noise_assemble(true, frames[1], RTE_DIM(frames[1]));
	for (i = 0; i < RTE_DIM(frames[0]); i++) {
		plain = rte_pktmbuf_mtod(frames[0][i], const uint8_t *);
		squeezed = rte_pktmbuf_mtod(frames[1][i], const uint8_t *);
		assert_int_equal(frames[0][i]->pkt_len, frames[1][i]->pkt_len);
		/* Up to the epoch, and the payload. */
		assert_memory_equal(plain, squeezed, 26);
		assert_memory_equal(plain + 30, squeezed + 30, frames[0][i]->pkt_len - 30);
	}
	rte_pktmbuf_free_bulk(frames[0], RTE_DIM(frames[0]));
	rte_pktmbuf_free_bulk(frames[1], RTE_DIM(frames[1]));
	assert_pools_full();
}

/* Few packets, in a frame that is far from full. */
static void
test_compresses_what_closes_early(void **state)
{
	struct rte_assembler_conf conf = squeeze_conf();
	struct bench b;

	(void)state;
	needs_lz4();
	conf.max_count = 10;
	bench_open(&b, &conf, 10);
	bench_submit(&b, 10);
	assert_int_equal(b.nb_out, 1);
	assert_int_equal(FLAGS(b.out[0]), RTE_ASSEMBLER_FLAG_LZ4);
	assert_in_range(b.out[0]->pkt_len, 60, 400);
	assert_int_equal(b.stats.flushed[RTE_ASSEMBLER_FLUSH_COUNT], 1);
	bench_submit(&b, 4);
	bench_flush(&b);
	assert_int_equal(b.nb_out, 2);
	assert_int_equal(FLAGS(b.out[1]), RTE_ASSEMBLER_FLAG_LZ4);
	bench_close(&b);
}

/* Held packets are not in a frame yet. */
static void
test_few_packets_go_natively(void **state)
{
	const struct rte_assembler_conf conf = squeeze_conf();
	struct bench b;

	(void)state;
	needs_lz4();
	bench_open(&b, &conf, 0);
	bench_submit(&b, 2);
	bench_flush(&b);
	assert_int_equal(b.nb_out, 2);
	assert_int_equal(b.stats.bypassed[RTE_ASSEMBLER_BYPASS_FEW], 2);
	bench_close(&b);
}

static void
test_large_packet_does_not_overtake(void **state)
{
	const struct rte_assembler_conf conf = squeeze_conf();
	struct rte_mbuf *large;
	struct bench b;
	uint32_t nb;

	(void)state;
	needs_lz4();
	/* So many that one frame cannot take them and two can, each way. */
	for (nb = 10; nb < 60; nb++) {
		bench_open(&b, &conf, 20);
		bench_submit(&b, nb);
		large = pkt_numbered(1000, 1, 0);
		assert_int_equal(rte_assembler_submit_burst(b.c, &large, 1), 1);
		bench_collect(&b);
		assert_ptr_equal(b.out[--b.nb_out], large);
		rte_pktmbuf_free(large);
		assert_int_equal(b.stats.flushed[RTE_ASSEMBLER_FLUSH_ORDER], 1);
		bench_close(&b);
	}
}

/* Submit until *nb* more frames are out. */
static void
bench_submit_frames(struct bench *b, uint16_t nb)
{
	const uint16_t wanted = b->nb_out + nb;

	while (b->nb_out < wanted)
		bench_submit(b, 1);
}

/*
 * Sizes that change count for the next frame that has none of its packets yet:
 * the second one from now.
 */
static void
test_sizes_change_under_load(void **state)
{
	const struct rte_assembler_conf conf = squeeze_conf();
	struct rte_assembler_sizes sizes = { MAX_FRAME, 0, 3, 200 };
	struct bench b;
	uint32_t i;

	(void)state;
	needs_lz4();
	bench_open(&b, &conf, 35);
	bench_submit_frames(&b, 5);
	for (i = 0; i < 40; i++) {
		sizes.max_frame = i & 1 ? MAX_FRAME : 1000;
		assert_int_equal(rte_assembler_sizes_set(b.a, &sizes), 0);
		bench_submit_frames(&b, 3);
		assert_in_range(b.out[b.nb_out - 1]->pkt_len, sizes.max_frame - 100,
				sizes.max_frame);
	}
	bench_flush(&b);
	bench_close(&b);
}

static void
test_peer_changes_under_load(void **state)
{
	const struct rte_ether_addr peers[] = { { { 0x02, 0, 0, 0, 0, 0x77 } }, test_peer };
	const struct rte_assembler_conf conf = squeeze_conf();
	struct bench b;
	uint32_t i;

	(void)state;
	needs_lz4();
	bench_open(&b, &conf, 35);
	bench_submit_frames(&b, 5);
	for (i = 0; i < 40; i++) {
		rte_assembler_peer_set(b.a, &peers[i & 1]);
		bench_submit_frames(&b, 3);
		assert_memory_equal(rte_pktmbuf_mtod(b.out[b.nb_out - 1], void *),
				&peers[i & 1], 6);
	}
	bench_flush(&b);
	/* For the check, which is the first peer's. */
	for (i = 0; i < b.nb_out; i++)
		if (is_assembled(b.out[i]))
			memcpy(rte_pktmbuf_mtod(b.out[i], void *), &test_peer, 6);
	bench_close(&b);
}

static void
test_a_peer_without_lz4_gets_plain_frames(void **state)
{
	const union assembler_peer peer = { .addr = test_peer, .known = 1 };
	union assembler_limits limits = {
		.given = 1, .max_frame = MAX_FRAME, .max_count = UINT16_MAX,
	};
	const struct rte_assembler_conf conf = squeeze_conf();
	struct bench b;
	uint16_t i, changed;

	(void)state;
	needs_lz4();
	bench_open(&b, &conf, 20);
	assembler_peer_write(b.a, 0, peer, &limits);
	bench_submit(&b, 100);
	for (i = 0; i < b.nb_out; i++)
		assert_int_equal(FLAGS(b.out[i]), 0);
	bench_flush(&b);
	changed = b.nb_out;
	limits.lz4 = 1;
	assembler_peer_write(b.a, 0, peer, &limits);
	bench_submit(&b, 200);
	assert_in_range(b.nb_out, changed + 3, MAX_OUT);
	for (i = changed; i < b.nb_out; i++)
		assert_int_equal(FLAGS(b.out[i]), RTE_ASSEMBLER_FLAG_LZ4);
	changed = b.nb_out + 2;
	limits.lz4 = 0;
	assembler_peer_write(b.a, 0, peer, &limits);
	bench_submit(&b, 200);
	for (i = changed; i < b.nb_out; i++)
		assert_int_equal(FLAGS(b.out[i]), 0);
	bench_flush(&b);
	bench_close(&b);
}

/* With one mbuf for a stream nothing can be tried: frames are as full as plain ones. */
static void
test_goes_on_without_a_second_mbuf(void **state)
{
	const struct rte_assembler_conf conf = squeeze_conf();
	const unsigned int nb_mbufs = frame_pool()->size;
	struct rte_mbuf **taken = malloc(nb_mbufs * sizeof(taken[0]));
	struct bench b;

	(void)state;
	needs_lz4();
	assert_non_null(taken);
	bench_open(&b, &conf, 20);
	assert_int_equal(rte_pktmbuf_alloc_bulk(frame_pool(), taken, nb_mbufs - 1), 0);
	bench_submit(&b, 25);
	assert_int_equal(b.nb_out, 1);
	assert_int_equal(FLAGS(b.out[0]), RTE_ASSEMBLER_FLAG_LZ4);
	assert_int_equal(rte_be_to_cpu_16(frame_header(b.out[0]).count), 24);
	bench_flush(&b);
	rte_pktmbuf_free_bulk(taken, nb_mbufs - 1);
	free(taken);
	bench_submit(&b, 100);
	bench_flush(&b);
	bench_close(&b);
}

static void
submit_tagged(struct bench *b, uint16_t class, uint32_t len, bool noise, uint32_t nb)
{
	uint8_t data[512] = { 0x02 };
	struct rte_mbuf *m;
	uint32_t i;

	for (; nb != 0; nb--) {
		for (i = 0; noise && i < len; i++)
			data[i] = rte_rand() & 0x7F;
		data[0] = 0x02;
		data[12] = 0x81;
		data[13] = 0;
		data[14] = class << 5;
		m = pkt_of(data, len);
		assert_int_equal(rte_assembler_submit_burst(b->c, &m, 1), 1);
	}
}

/* Frames of several streams that become two each find room behind a consumer that sleeps. */
static void
test_both_mbufs_have_room_in_the_ring(void **state)
{
	struct rte_assembler_conf conf = squeeze_conf();
	uint32_t sent, got = 0, i;
	struct rte_mbuf *m;
	struct bench b;
	uint16_t class;

	(void)state;
	needs_lz4();
	conf.ring_size = 64;
	conf.nb_classes = RTE_ASSEMBLER_MAX_CLASSES;
	bench_open(&b, &conf, 0);
	/* What can be compressed lets the next frame grow; what comes then cannot. */
	for (class = 1; class < conf.nb_classes; class++)
		submit_tagged(&b, class, 200, false, 100);
	bench_flush(&b);
	for (class = 1; class < conf.nb_classes; class++)
		submit_tagged(&b, class, 200, true, 12);
	sent = (conf.nb_classes - 1) * 112;
	for (i = 0; i < 200; i++) {
		m = pkt_numbered(300, 1, i);
		if (rte_assembler_submit_burst(b.c, &m, 1) == 0)
			break;
		sent++;
	}
	rte_pktmbuf_free(m);
	assert_in_range(i, 1, 199);
	bench_flush(&b);
	assert_int_equal(b.stats.flushed[RTE_ASSEMBLER_FLUSH_SIZE] >= conf.nb_classes - 1u, true);
	for (i = 0; i < b.nb_out; i++)
		got += is_assembled(b.out[i]) ? rte_be_to_cpu_16(frame_header(b.out[i]).count) : 1;
	assert_int_equal(got, sent);
	rte_pktmbuf_free_bulk(b.out, b.nb_out);
	rte_assembler_free(b.a);
	assert_pools_full();
}

static void
test_free_takes_both_mbufs_back(void **state)
{
	const struct rte_assembler_conf conf = squeeze_conf();
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	uint8_t data[PKT_LEN];
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	needs_lz4();
	for (i = 0; i < 40; i++) {
		reading_fill(data, PKT_LEN, i, 20);
		m = pkt_of(data, PKT_LEN);
		assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
	}
	assert_int_equal(rte_mempool_in_use_count(frame_pool()), 2);
	rte_assembler_free(a);
	assert_pools_full();
}

/* A stream by itself, so that the test has the clock. */
struct stream {
	struct assembler_stream s;
	struct assembler_rules rules;
	struct assembler_stream_stats stats;
	struct assembler_peer_stats peer_stats;
	struct assembler_peer_now peer;
	struct assembler_turn turn;
	uint8_t *plain;
};

static void
stream_make(struct stream *t)
{
	const union assembler_peer peer = { .addr = test_peer, .known = 1 };
	const union assembler_sizes sizes = { .s = { MAX_FRAME, UINT16_MAX, 3, 200 } };
	const struct rte_assembler_conf conf = squeeze_conf();

	memset(t, 0, sizeof(*t));
	t->rules.frame_pool = frame_pool();
	t->rules.sizes = sizes.word;
	t->rules.ether_type = RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE);
	t->rules.plain_len = ASSEMBLER_PLAIN_LEN;
	t->plain = malloc(ASSEMBLER_PLAIN_LEN);
	t->turn.scratch = assembler_scratch_create(&conf);
	assert_non_null(t->plain);
	assert_non_null(t->turn.scratch);
	assembler_stream_init(&t->s, &t->rules, &t->stats, &t->peer_stats, 0, t->plain);
	t->s.peer_now = &t->peer;
	t->peer.peer = peer.word;
	assembler_stream_set_peer(&t->s, &t->turn);
}

/* No packet waits longer than since the time that its frame is said to be open. */
static void
test_packets_for_the_next_frame_keep_their_time(void **state)
{
	uint64_t came[NB_PKTS];
	uint8_t data[PKT_LEN];
	uint32_t i, first = 0, carried = 0;
	struct rte_mbuf *m;
	struct stream t;

	(void)state;
	needs_lz4();
	stream_make(&t);
	for (i = 0; i < NB_PKTS; i++) {
		t.turn.now = came[i] = 1000 + 10 * i;
		reading_fill(data, PKT_LEN, i, 10 + i / 60);
		m = pkt_of(data, PKT_LEN);
		assembler_stream_add(&t.s, &(struct assembler_burst){ .pkts = &m }, 0, 1, &t.turn);
		rte_pktmbuf_free_bulk(t.turn.used, t.turn.nb_used);
		t.turn.nb_used = 0;
		assert_in_range(t.turn.nb_out, 0, 1);
		if (t.turn.nb_out == 0)
			continue;
		first += rte_be_to_cpu_16(frame_header(t.turn.out[0]).count);
		rte_pktmbuf_free(t.turn.out[0]);
		t.turn.nb_out = 0;
		t.turn.nb_closes = 0;
		assert_int_equal(t.s.count, i + 1 - first);
		carried += t.s.count - 1;
		assert_in_range(t.s.opened, 0, came[first]);
		/* Nor is it said to be much older than it is: by what is not proven. */
		assert_in_range(t.s.opened, came[first - RTE_MIN(first, 40u)], came[first]);
	}
	assert_in_range(carried, 10, NB_PKTS);
	assembler_stream_discard(&t.s);
	free(t.plain);
	rte_free(t.turn.scratch);
	assert_pools_full();
}

/* Streams close in the order of their first packets, when these were left from a frame, too. */
static void
test_hold_time_of_left_packets(void **state)
{
	struct rte_assembler_conf conf = squeeze_conf();
	const struct rte_ether_addr dst = { { 0x02, 0, 0, 0xA, 0, 1 } }, there = { { 0x02, 1 } };
	struct assembler_stream *s, *last = NULL;
	struct assembler_link *link;
	struct rte_mbuf *m;
	struct bench b;
	uint32_t i;

	(void)state;
	needs_lz4();
	conf.max_peers = 1;
	conf.max_dsts = 1;
	bench_open(&b, &conf, 20);
	assert_int_equal(rte_assembler_peer_add(b.a, &dst, &there), 0);
	link = &b.c->links[0];
	for (i = 0; i < 500; i++) {
		bench_submit(&b, 1);
		m = pkt_numbered(100, 2, i);
		assert_int_equal(rte_assembler_submit_burst(b.c, &m, 1), 1);
		last = NULL;
		TAILQ_FOREACH(s, &link->open[0], next_open) {
			assert_true(last == NULL || last->opened <= s->opened);
			last = s;
		}
	}
	assert_non_null(last);
	bench_flush(&b);
	rte_pktmbuf_free_bulk(b.out, b.nb_out);
	rte_assembler_free(b.a);
	assert_pools_full();
}

#define BLOCK_LEN 3000
/* Every record of a payload that was cut anywhere is what it was. */
static void
test_cuts_payloads_anywhere(void **state)
{
	static uint8_t plain[BLOCK_LEN], payload[BLOCK_LEN], cut[BLOCK_LEN + 64];
	static uint8_t out[ASSEMBLER_PLAIN_LEN];
	uint32_t size, room, made, len, i;
	void *lz4 = rte_malloc(NULL, assembler_lz4_state_size(), 0);

	(void)state;
	needs_lz4();
	assert_non_null(lz4);
	assembler_lz4_state_init(lz4);
	for (i = 0; i < BLOCK_LEN; i += 75)
		reading_fill(plain + i, 75, i, i / 75 % 30);
	/* And a long match. */
	memset(plain + 1200, 7, 900);
	size = BLOCK_LEN;
	made = assembler_lz4_compress(lz4, plain, &size, payload, BLOCK_LEN);
	assert_int_equal(size, BLOCK_LEN);
	for (size = 1; size < BLOCK_LEN; size++) {
		memset(cut, 0xAA, sizeof(cut));
		memcpy(cut, payload, made);
		len = assembler_lz4_cut(cut, made, plain, size, BLOCK_LEN);
		assert_in_range(len, 3, made + 16);
		assert_int_equal(assembler_lz4_decompress(cut, len, out), size);
		assert_memory_equal(out, plain, size);
		/* Just room enough, and one byte too few. */
		memcpy(cut, payload, made);
		room = len;
		assert_int_equal(assembler_lz4_cut(cut, made, plain, size, room), len);
		memcpy(cut, payload, made);
		assert_int_equal(assembler_lz4_cut(cut, made, plain, size, room - 1), 0);
		assert_memory_equal(cut, payload, made);
	}
	rte_free(lz4);
}

/* As many bytes as fit, and never more than there is room for. */
static void
test_compresses_what_fits(void **state)
{
	static uint8_t plain[BLOCK_LEN], payload[BLOCK_LEN], out[ASSEMBLER_PLAIN_LEN];
	void *lz4 = rte_malloc(NULL, assembler_lz4_state_size(), 0);
	uint32_t room, size, made, before = 0, i;

	(void)state;
	needs_lz4();
	assert_non_null(lz4);
	assembler_lz4_state_init(lz4);
	for (i = 0; i < BLOCK_LEN; i += 75)
		reading_fill(plain + i, 75, i, i / 75 % 30);
	for (room = ASSEMBLER_LZ4_MIN + 1; room < 1000; room++) {
		memset(payload, 0xAA, sizeof(payload));
		size = BLOCK_LEN;
		made = assembler_lz4_compress(lz4, plain, &size, payload, room);
		assert_in_range(made, 1, room);
		assert_int_equal(payload[made], 0xAA);
		assert_int_equal(assembler_lz4_decompress(payload, made, out), size);
		assert_memory_equal(out, plain, size);
		assert_in_range(size, before, BLOCK_LEN);
		before = size;
	}
	assert_in_range(before, 2000, BLOCK_LEN);
	rte_free(lz4);
}

static void
test_needs_liblz4(void **state)
{
	const struct rte_assembler_conf conf = squeeze_conf();

	(void)state;
	if (rte_assembler_has_lz4())
		return;
	assert_null(rte_assembler_create("test", &conf));
	assert_int_equal(rte_errno, EINVAL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_fills_frames_by_compressed_size),
	cmocka_unit_test(test_leaves_alone_what_would_not_become_smaller),
	cmocka_unit_test(test_compresses_what_closes_early),
	cmocka_unit_test(test_few_packets_go_natively),
	cmocka_unit_test(test_large_packet_does_not_overtake),
	cmocka_unit_test(test_sizes_change_under_load),
	cmocka_unit_test(test_peer_changes_under_load),
	cmocka_unit_test(test_a_peer_without_lz4_gets_plain_frames),
	cmocka_unit_test(test_goes_on_without_a_second_mbuf),
	cmocka_unit_test(test_both_mbufs_have_room_in_the_ring),
	cmocka_unit_test(test_free_takes_both_mbufs_back),
	cmocka_unit_test(test_packets_for_the_next_frame_keep_their_time),
	cmocka_unit_test(test_hold_time_of_left_packets),
	cmocka_unit_test(test_cuts_payloads_anywhere),
	cmocka_unit_test(test_compresses_what_fits),
	cmocka_unit_test(test_needs_liblz4),
};

TEST_SUITE(squeeze, tests)
