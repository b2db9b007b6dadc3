/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_private.h"
#include "test_assembler_util.h"

/*
 * Statistics of all, of each client and of each peer against what was collected, for
 * traffic that chance makes.
 */

#define BURST 32
#define NB_CLIENTS 3
#define NB_PEERS 5 /* with the default one, number 0 */
#define NB_FLOWS 12
#define NB_CLASSES 3

/* Frames that were collected. */
struct count {
	uint64_t packets;
	uint64_t frames;
	uint64_t fill[RTE_ASSEMBLER_FILL_BUCKETS];
};

struct bench {
	struct rte_assembler *a;
	struct rte_assembler_client *c[NB_CLIENTS];
	struct count by_client[NB_CLIENTS];
	struct count by_peer[NB_PEERS];
	uint64_t submitted[NB_CLIENTS];
};

static struct rte_ether_addr
peer_addr(uint16_t peer)
{
	struct rte_ether_addr addr = test_peer;

	addr.addr_bytes[4] = peer;
	return addr;
}

static void
bench_open(struct bench *b, uint16_t nb_workers)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_ether_addr dst, peer;
	int i;

	memset(b, 0, sizeof(*b));
	conf.max_frame = 1514;
	conf.max_count = 16;
	conf.idle_flush = true;
	conf.nb_workers = nb_workers;
	conf.by_peer = nb_workers != 0;
	conf.max_peers = NB_PEERS - 1;
	conf.max_dsts = NB_FLOWS;
	conf.nb_classes = NB_CLASSES;
	b->a = assembler_make(&conf);
	/* The highest class is urgent. */
	assert_int_equal(rte_assembler_class_set(b->a, NB_CLASSES - 1, 0), 0);
	for (i = 0; i < NB_FLOWS; i++) {
		if (i % NB_PEERS == 0)
			continue;
		dst = (struct rte_ether_addr){ { 0x02, 0, 0, 0xA, 0, i } };
		peer = peer_addr(i % NB_PEERS);
		assert_int_equal(rte_assembler_peer_add(b->a, &dst, &peer), 0);
	}
	for (i = 0; i < NB_CLIENTS; i++)
		assert_non_null(b->c[i] = rte_assembler_client_open(b->a));
}

static void
count_frame(struct count *count, uint16_t packets)
{
	uint32_t bucket = 0;

	while (packets >> (bucket + 1) != 0)
		bucket++;
	count->packets += packets;
	count->frames++;
	count->fill[bucket]++;
}

static uint32_t
collect(struct bench *b, int client)
{
	const uint32_t nb_workers = b->a->conf.nb_workers;
	const struct rte_ether_hdr *eth;
	struct rte_mbuf *m[BURST];
	uint16_t nb, i, packets;

	for (i = 0; i < nb_workers; i++)
		rte_assembler_worker_poll(rte_assembler_worker_get(b->a, i));
	nb = rte_assembler_collect_burst(b->c[client], m, BURST);
	for (i = 0; i < nb; i++) {
		eth = rte_pktmbuf_mtod(m[i], const struct rte_ether_hdr *);
		if (!is_assembled(m[i]))
			continue;
		packets = rte_be_to_cpu_16(frame_header(m[i]).count);
		count_frame(&b->by_client[client], packets);
		count_frame(&b->by_peer[eth->dst_addr.addr_bytes[4]], packets);
	}
	rte_pktmbuf_free_bulk(m, nb);
	return nb;
}

static void
drain(struct bench *b, int client)
{
	while (rte_assembler_flush(b->c[client]) != 0)
		collect(b, client);
}

/* Some priority, in a VLAN tag; some are too large to be assembled. */
static struct rte_mbuf *
pkt_any(void)
{
	struct rte_mbuf *m = pkt_numbered(rte_rand_max(40) == 0 ? 300 : 60 + rte_rand_max(60),
			rte_rand_max(NB_FLOWS), 0);
	uint8_t *pkt = rte_pktmbuf_mtod(m, uint8_t *);

	pkt[12] = 0x81;
	pkt[13] = 0;
	pkt[14] = (rte_rand_max(16) == 0 ? 7 : rte_rand_max(5)) << 5;
	return m;
}

static void
submit_some(struct bench *b, int client, uint16_t nb)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i, done = 0;

	for (i = 0; i < nb; i++)
		pkts[i] = pkt_any();
	/* Of no packets it says so once: the receive burst was empty. */
	do {
		done += rte_assembler_submit_burst(b->c[client], pkts + done, nb - done);
		collect(b, client);
	} while (done < nb);
	b->submitted[client] += nb;
}

/* Clients are flushed now and then. */
static void
bench_run(struct bench *b, int rounds)
{
	int i;

	while (rounds-- != 0) {
		i = rte_rand_max(NB_CLIENTS);
		submit_some(b, i, rte_rand_max(8) == 0 ? 0 : 1 + rte_rand_max(BURST));
		if (rte_rand_max(50) == 0)
			drain(b, i);
	}
	for (i = 0; i < NB_CLIENTS; i++)
		drain(b, i);
}

static void
assert_counted(const struct count *count, uint64_t packets, uint64_t frames,
		const struct rte_assembler_closes *closes)
{
	assert_int_equal(packets, count->packets);
	assert_int_equal(frames, count->frames);
	assert_memory_equal(closes->fill_histogram, count->fill, sizeof(count->fill));
	assert_true(closes->hold_p50_us <= closes->hold_p99_us);
	assert_true(closes->hold_p99_us <= closes->hold_max_us);
}

static void
sum_closes(struct rte_assembler_closes *sum, const struct rte_assembler_closes *closes)
{
	int i;

	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++)
		sum->flushed[i] += closes->flushed[i];
	for (i = 0; i < RTE_ASSEMBLER_FILL_BUCKETS; i++)
		sum->fill_histogram[i] += closes->fill_histogram[i];
	sum->hold_max_us = RTE_MAX(sum->hold_max_us, closes->hold_max_us);
}

static void
assert_sum(const struct rte_assembler_stats *all, const struct rte_assembler_closes *sum)
{
	assert_memory_equal(sum->flushed, all->flushed, sizeof(all->flushed));
	assert_memory_equal(sum->fill_histogram, all->fill_histogram,
			sizeof(all->fill_histogram));
	assert_int_equal(sum->hold_max_us, all->hold_max_us);
}

/* All clients are those that were opened first. */
static void
check_clients(const struct bench *b, const struct rte_assembler_stats *all)
{
	struct rte_assembler_closes sum = { .hold_max_us = 0 };
	struct rte_assembler_client_stats stats;
	int i;

	for (i = 0; i < NB_CLIENTS; i++) {
		rte_assembler_client_stats_get(b->c[i], &stats);
		assert_counted(&b->by_client[i], stats.assembled, stats.frames, &stats.closes);
		assert_int_equal(stats.packets, b->submitted[i]);
		assert_int_equal(stats.assembled + stats.bypassed, stats.packets);
		sum_closes(&sum, &stats.closes);
	}
	assert_sum(all, &sum);
}

static void
check_peers(const struct bench *b, const struct rte_assembler_stats *all)
{
	struct rte_assembler_closes sum = { .hold_max_us = 0 };
	struct rte_assembler_peer_stats stats;
	struct rte_ether_addr addr;
	uint32_t i, next = 0;

	for (i = 0; rte_assembler_peer_stats_iterate(b->a, &next, &stats) == 0; i++) {
		addr = peer_addr(stats.addr.addr_bytes[4]);
		assert_true(rte_is_same_ether_addr(&stats.addr, &addr));
		assert_true(stats.known);
		assert_int_equal(stats.is_default, i == 0);
		assert_counted(&b->by_peer[stats.addr.addr_bytes[4]], stats.packets,
				stats.frames, &stats.closes);
		sum_closes(&sum, &stats.closes);
	}
	assert_int_equal(i, NB_PEERS);
	assert_int_equal(next, NB_PEERS);
	assert_sum(all, &sum);
}

/* Coarse buckets have what finer ones have together. */
static void
check_hold_times(struct rte_assembler *a)
{
	struct assembler_closes all, peer;
	uint64_t fine[ASSEMBLER_HIST_COARSE] = { 0 }, coarse[ASSEMBLER_HIST_COARSE] = { 0 };
	uint32_t i, j;

	assembler_closes_get(a, &all);
	for (j = 0; j < ASSEMBLER_HIST_BUCKETS; j++)
		fine[j / 4] += all.hold.buckets[j];
	for (i = 0; i < NB_PEERS; i++) {
		assembler_peer_closes_get(a, i, &peer);
		for (j = 0; j < ASSEMBLER_HIST_BUCKETS; j++)
			coarse[j / 4] += peer.hold.buckets[j];
	}
	assert_memory_equal(coarse, fine, sizeof(fine));
}

static void
check_sums(uint16_t nb_workers)
{
	struct rte_assembler_stats all;
	struct bench b;
	int i;

	bench_open(&b, nb_workers);
	bench_run(&b, 1000);
	rte_assembler_stats_get(b.a, &all);
	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++)
		assert_int_not_equal(all.flushed[i], 0);
	check_clients(&b, &all);
	check_peers(&b, &all);
	check_hold_times(b.a);
	rte_assembler_free(b.a);
	assert_pools_full();
}

static void
test_clients_and_peers_add_up_to_all(void **state)
{
	(void)state;
	check_sums(0);
	check_sums(1);
	check_sums(3);
}

/* A slot's next client counts from 0, and the sums of all go on. */
static void
check_new_client(uint16_t nb_workers)
{
	static const struct rte_assembler_client_stats none;
	struct rte_assembler_client_stats stats;
	struct rte_assembler_stats before, all;
	struct bench b;
	int round;

	bench_open(&b, nb_workers);
	bench_run(&b, 100);
	for (round = 0; round < 3; round++) {
		rte_assembler_stats_get(b.a, &before);
		assert_int_equal(rte_assembler_client_close(b.c[1]), 0);
		b.c[1] = rte_assembler_client_open(b.a);
		rte_assembler_client_stats_get(b.c[1], &stats);
		assert_memory_equal(&stats, &none, sizeof(none));
		rte_assembler_stats_get(b.a, &all);
		assert_memory_equal(&all, &before, sizeof(all));
		memset(&b.by_client[1], 0, sizeof(b.by_client[1]));
		submit_some(&b, 1, BURST);
		submit_some(&b, 1, BURST);
		drain(&b, 1);
		rte_assembler_client_stats_get(b.c[1], &stats);
		assert_counted(&b.by_client[1], stats.assembled, stats.frames, &stats.closes);
		rte_assembler_stats_get(b.a, &all);
		assert_int_equal(all.frames - before.frames, stats.frames);
		assert_true(all.hold_max_us >= RTE_MAX(before.hold_max_us,
				stats.closes.hold_max_us));
		check_peers(&b, &all);
	}
	rte_assembler_free(b.a);
	assert_pools_full();
}

static void
test_new_client_counts_from_nothing(void **state)
{
	(void)state;
	check_new_client(0);
	check_new_client(2);
}

/* Three packets, which are a frame. */
static void
send_frame(struct rte_assembler_client *c, uint16_t flow)
{
	struct rte_mbuf *m;
	int i;

	for (i = 0; i < 3; i++) {
		m = pkt_numbered(60, flow, i);
		assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
	}
	while (rte_assembler_flush(c) != 0)
		if (rte_assembler_collect_burst(c, &m, 1) == 1)
			rte_pktmbuf_free(m);
}

/* Of who had the number before nothing is left. */
static void
test_new_peer_counts_from_nothing(void **state)
{
	const struct rte_ether_addr dst = { { 0x02, 0, 0, 0xA, 0, 1 } };
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler_peer_stats stats;
	struct rte_assembler_client *c;
	struct rte_ether_addr peer;
	struct rte_assembler *a;
	uint32_t i, j, next;

	(void)state;
	conf.max_peers = 1;
	conf.max_dsts = 1;
	a = assembler_make(&conf);
	c = rte_assembler_client_open(a);
	for (i = 1; i < 5; i++) {
		peer = peer_addr(i);
		assert_int_equal(rte_assembler_peer_add(a, &dst, &peer), 0);
		next = 1;
		assert_int_equal(rte_assembler_peer_stats_iterate(a, &next, &stats), 0);
		assert_true(rte_is_same_ether_addr(&stats.addr, &peer));
		assert_int_equal(stats.packets + stats.frames + stats.closes.hold_max_us, 0);
		for (j = 0; j < i; j++)
			send_frame(c, 1);
		next = 1;
		assert_int_equal(rte_assembler_peer_stats_iterate(a, &next, &stats), 0);
		assert_int_equal(stats.frames, i);
		assert_int_equal(stats.packets, 3 * i);
		assert_int_equal(stats.closes.fill_histogram[1], i);
		assert_int_equal(stats.closes.flushed[RTE_ASSEMBLER_FLUSH_STOP], i);
		assert_int_equal(rte_assembler_peer_stats_iterate(a, &next, &stats), -ENOENT);
		assert_int_equal(rte_assembler_peer_del(a, &dst), 0);
	}
	rte_assembler_free(a);
	assert_pools_full();
}

/* The address of the default peer, and whether it is known, are those of now. */
static void
test_default_peer_may_be_nobody(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_assembler_peer_stats stats;
	uint32_t next = 0;

	(void)state;
	send_frame(c, 1);
	assert_int_equal(rte_assembler_peer_set(a, NULL), 0);
	assert_int_equal(rte_assembler_peer_stats_iterate(a, &next, &stats), 0);
	assert_true(rte_is_zero_ether_addr(&stats.addr));
	assert_true(stats.is_default);
	assert_false(stats.known);
	assert_int_equal(stats.frames, 1);
	assert_int_equal(rte_assembler_peer_stats_iterate(a, &next, &stats), -ENOENT);
	rte_assembler_free(a);
	assert_pools_full();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_clients_and_peers_add_up_to_all),
	cmocka_unit_test(test_new_client_counts_from_nothing),
	cmocka_unit_test(test_new_peer_counts_from_nothing),
	cmocka_unit_test(test_default_peer_may_be_nobody),
};

TEST_SUITE(assembler_stats, tests)
