/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "test_assembler_util.h"

/*
 * Random lives of an assembler: any settings, mbufs of any kind, and all that may change
 * while it runs does, in any order. Each packet arrives once, whole, and in the order of
 * its flow; receivers miss no frame; counters add up; all mbufs are back. Workers are
 * polled on the one lcore, so that a seed, which is printed, repeats a run but for the
 * clock: TEST_SEED. TEST_CASES is the number of lives.
 */

#define NB_LIVES 40
#define NB_STEPS 300
#define NB_CLIENTS 3
#define NB_PEERS 6       /* trunk addresses */
#define NB_FLOWS 12      /* of each client */
#define NB_MOVING 4      /* of these change their peer */
#define MAX_BURST 80
#define HEAD_LEN 24

static struct {
	struct rte_assembler *a;
	struct rte_assembler_conf conf;
	struct rte_assembler_client *client[NB_CLIENTS];
	struct rte_disassembler *d[NB_PEERS];
	uint32_t sent[NB_CLIENTS * NB_FLOWS];
	uint32_t arrived[NB_CLIENTS * NB_FLOWS]; /* of a flow that moves: how many */
	uint64_t submitted, native;
	uint32_t lazy;           /* of so many bursts one is followed by a collection; 0: none */
	struct rte_mbuf *starved[1023];
	unsigned int nb_starved;
} life;

static struct rte_assembler_stats sum; /* of all lives */

static uint32_t
below(uint32_t limit)
{
	return rte_rand_max(limit);
}

static struct rte_ether_addr
trunk_addr(uint32_t peer)
{
	return (struct rte_ether_addr){ { 0x02, 0, 0, 0, 0x70, peer } };
}

static struct rte_ether_addr
flow_dst(uint32_t flow)
{
	return (struct rte_ether_addr){ { 0x02, 0, 0, 0xA, 0, flow } };
}

static struct rte_mempool *
other_pool(void)
{
	return pool_get("test_others", 4095, PKT_ROOM);
}

/* Flow and number, and what follows from them. */
static uint32_t
pkt_write(uint8_t *pkt, uint32_t flow, uint32_t nb)
{
	static const uint8_t src[] = { 0x02, 0, 0, 0xB, 0, 0, 0x08, 0x01 };
	const struct rte_ether_addr dst = flow_dst(flow);
	uint32_t value = (nb * NB_FLOWS * NB_CLIENTS + flow) * 2654435761u, len, i;

	len = value >> 28 == 0 ? 300 + (value & 0x3FF) : HEAD_LEN + (value >> 8) % 190;
	memcpy(pkt, &dst, sizeof(dst));
	memcpy(pkt + 6, src, sizeof(src));
	/* A tag whose priority the flow says; its class keeps its order. */
	if (flow % 3 == 0) {
		pkt[12] = 0x81;
		pkt[13] = 0x00;
	}
	pkt[14] = flow << 5;
	pkt[15] = flow;
	pkt[16] = 0x08;
	pkt[17] = 0x01;
	memcpy(pkt + 18, &nb, sizeof(nb));
	for (i = 22; i < len; i++)
		pkt[i] = value & 0x400 ? i : value >> (i & 15);
	return len;
}

static void
buf_free(void *addr, void *opaque)
{
	(void)opaque;
	free(addr);
}

static struct rte_mbuf *
mbuf_external(const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(other_pool());
	struct rte_mbuf_ext_shared_info *shinfo;
	uint16_t room = len + sizeof(*shinfo) + sizeof(uint64_t);
	void *buf = malloc(room);

	shinfo = rte_pktmbuf_ext_shinfo_init_helper(buf, &room, buf_free, NULL);
	assert_non_null(shinfo);
	rte_pktmbuf_attach_extbuf(m, buf, RTE_BAD_IOVA, room, shinfo);
	memcpy(rte_pktmbuf_append(m, len), data, len);
	return m;
}

/* A clone refers to another mbuf, which nobody else has any more, or somebody still has. */
static struct rte_mbuf *
mbuf_indirect(const uint8_t *data, uint32_t len, uint32_t nb_segs)
{
	struct rte_mbuf *m = pkt_segmented(data, len, nb_segs);
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, other_pool());

	assert_non_null(clone);
	rte_pktmbuf_free(m);
	return clone;
}

static struct rte_mbuf *
mbuf_of_other_pool(const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(other_pool());

	assert_non_null(m);
	/* Some have no headroom, some no tailroom. */
	if (below(2))
		rte_pktmbuf_prepend(m, rte_pktmbuf_headroom(m));
	else
		rte_pktmbuf_append(m, rte_pktmbuf_tailroom(m));
	rte_pktmbuf_trim(m, m->data_len > len ? m->data_len - len : 0);
	if (m->data_len < len)
		rte_pktmbuf_append(m, len - m->data_len);
	memcpy(rte_pktmbuf_mtod(m, void *), data, len);
	return m;
}

/* The first segment is empty. */
static struct rte_mbuf *
mbuf_with_an_empty_segment(const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(other_pool());

	assert_int_equal(rte_pktmbuf_chain(m, pkt_segmented(data, len, 1 + below(2))), 0);
	return m;
}

static struct rte_mbuf *
mbuf_of_any_kind(const uint8_t *data, uint32_t len)
{
	switch (below(10)) {
	case 0:
		return mbuf_external(data, len);
	case 1:
		return mbuf_indirect(data, len, 1);
	case 2:
		return mbuf_indirect(data, len, 3);
	case 3:
		return mbuf_of_other_pool(data, len);
	case 4:
		return pkt_segmented(data, len, 2 + below(4));
	case 5:
		return mbuf_with_an_empty_segment(data, len);
	default:
		return pkt_of(data, len);
	}
}

static void
check(struct rte_mbuf *m)
{
	uint8_t wanted[PKT_ROOM] = { 0 };
	uint32_t flow, nb, len, i;
	const uint8_t *pkt;
	uint8_t copy[PKT_ROOM];

	pkt = rte_pktmbuf_read(m, 0, m->pkt_len, copy);
	flow = pkt[15];
	memcpy(&nb, pkt + 18, sizeof(nb));
	len = pkt_write(wanted, flow, nb);
	assert_in_range(m->pkt_len, len, RTE_MAX(len, 60u));
	for (i = len; i < m->pkt_len; i++)
		assert_int_equal(pkt[i], 0);
	assert_memory_equal(pkt, wanted, len);
	assert_true(flow < NB_CLIENTS * NB_FLOWS);
	if (flow % NB_FLOWS >= NB_MOVING)
		assert_int_equal(nb, life.arrived[flow]);
	life.arrived[flow]++;
	rte_pktmbuf_free(m);
}

/* A frame goes to the peer that it names, and its packets come out there. */
static void
receive(struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct rte_disassembler *d;

	if (m->nb_segs != 1 || m->data_len < 60 || !is_assembled(m)) {
		life.native++;
		check(m);
		return;
	}
	assert_in_range(frame[5], 0, NB_PEERS - 1);
	d = life.d[frame[5]];
	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
	while (rte_disassembler_collect_burst(d, &m, 1) == 1)
		check(m);
}

static void
collect(uint32_t client)
{
	struct rte_mbuf *frames[MAX_BURST];
	uint16_t nb, i;

	nb = rte_assembler_collect_burst(life.client[client], frames, 1 + below(MAX_BURST));
	for (i = 0; i < nb; i++)
		receive(frames[i]);
}

static void
poll_workers(void)
{
	uint16_t i;

	for (i = 0; i < life.conf.nb_workers; i++)
		if (below(2))
			rte_assembler_worker_poll(rte_assembler_worker_get(life.a, i));
}

static void
submit(uint32_t client)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint8_t data[PKT_ROOM];
	uint16_t nb = below(MAX_BURST), done, i;
	uint32_t flow;

	for (i = 0; i < nb; i++) {
		flow = client * NB_FLOWS + below(1 + below(NB_FLOWS));
		memset(data, 0, sizeof(data));
		pkts[i] = mbuf_of_any_kind(data, pkt_write(data, flow, life.sent[flow]++));
		life.submitted++;
	}
	for (done = 0; ; ) {
		done += rte_assembler_submit_burst(life.client[client], pkts + done, nb - done);
		if (done == nb)
			break;
		poll_workers();
		collect(client);
	}
}

/* Take the mbufs of frames, or give them back. */
static void
starve(void)
{
	if (life.nb_starved != 0) {
		rte_pktmbuf_free_bulk(life.starved, life.nb_starved);
		life.nb_starved = 0;
		return;
	}
	while (life.nb_starved < RTE_DIM(life.starved) - below(8)) {
		life.starved[life.nb_starved] = rte_pktmbuf_alloc(frame_pool());
		if (life.starved[life.nb_starved] == NULL)
			break;
		life.nb_starved++;
	}
}

static void
change_sizes(void)
{
	struct rte_assembler_sizes sizes = {
		.max_frame = below(2) ? 1514 : 60 + below(9000),
		.max_count = below(2) ? 0 : 1 + below(70),
		.min_count = 1 + below(below(2) ? 4 : 64),
		.max_pkt = 60 + below(1500),
	};

	assert_int_equal(rte_assembler_sizes_set(life.a, &sizes), 0);
}

static void
change_default_peer(void)
{
	const struct rte_ether_addr addr = trunk_addr(below(NB_PEERS));

	assert_int_equal(rte_assembler_peer_set(life.a, below(4) ? &addr : NULL), 0);
}

static void
change_table(void)
{
	const uint32_t flow = below(NB_CLIENTS) * NB_FLOWS + below(NB_MOVING);
	const struct rte_ether_addr dst = flow_dst(flow), peer = trunk_addr(below(NB_PEERS));
	int ret;

	if (below(3) == 0) {
		ret = rte_assembler_peer_del(life.a, &dst);
		assert_true(ret == 0 || ret == -ENOENT);
	} else {
		ret = rte_assembler_peer_add(life.a, &dst, &peer);
		assert_true(ret == 0 || (ret == -ENOSPC && life.conf.max_peers < NB_PEERS) ||
				(ret == -EINVAL && life.conf.max_peers == 0));
	}
	if (life.conf.by_peer && rte_assembler_peer_spread(life.a, &peer, false) != 0)
		assert_int_equal(rte_assembler_peer_spread(life.a, NULL, false), 0);
}

static void
reopen(uint32_t client)
{
	while (rte_assembler_flush(life.client[client]) != 0) {
		poll_workers();
		collect(client);
	}
	assert_int_equal(rte_assembler_client_close(life.client[client]), 0);
	life.client[client] = rte_assembler_client_open(life.a);
	assert_non_null(life.client[client]);
}

static void
step(void)
{
	const uint32_t client = below(NB_CLIENTS);

	switch (below(24)) {
	case 0:
		change_sizes();
		break;
	case 1:
		change_default_peer();
		break;
	case 2:
		change_table();
		break;
	case 3:
		rte_assembler_class_set(life.a, below(life.conf.nb_classes),
				below(3) ? below(200) : 0);
		break;
	case 4:
		rte_assembler_adaptive_set(life.a, below(2));
		break;
	case 5:
		starve();
		break;
	case 6:
		reopen(client);
		break;
	case 7:
		rte_assembler_submit_burst(life.client[client], NULL, 0);
		break;
	case 8:
		rte_assembler_flush(life.client[client]);
		break;
	default:
		submit(client);
		if (below(2))
			poll_workers();
		if (life.lazy != 0 && below(life.lazy) == 0)
			collect(client);
	}
}

static void
life_begin(void)
{
	struct rte_disassembler_conf dconf;
	uint32_t i;
	char name[16];

	memset(&life, 0, sizeof(life));
	life.conf = assembler_conf();
	life.conf.hold_us = below(3) ? below(100) : 1000000;
	life.conf.nb_workers = below(4);
	life.conf.ring_size = 64 << below(3);
	life.conf.max_peers = below(2) ? below(NB_PEERS + 1) : 0;
	life.conf.max_dsts = life.conf.max_peers == 0 ? 0 : 64;
	life.conf.nb_classes = 1 + below(RTE_ASSEMBLER_MAX_CLASSES);
	life.conf.by_peer = below(2);
	life.conf.idle_flush = below(2);
	life.conf.lz4 = rte_assembler_has_lz4() && below(2);
	life.conf.max_frame = below(2) ? 1514 : 60 + below(9000);
	life.conf.min_count = 1 + below(8);
	life.lazy = below(3);
	life.a = rte_assembler_create("life", &life.conf);
	assert_non_null(life.a);
	for (i = 0; i < NB_CLIENTS; i++)
		life.client[i] = rte_assembler_client_open(life.a);
	for (i = 0; i < NB_PEERS; i++) {
		snprintf(name, sizeof(name), "life%u", i);
		rte_disassembler_conf_default(&dconf);
		dconf.own = trunk_addr(i);
		dconf.pkt_pool = other_pool();
		dconf.max_pkt = 1600;
		life.d[i] = rte_disassembler_create(name, &dconf);
		assert_non_null(life.d[i]);
		assert_int_equal(rte_disassembler_peer_add(life.d[i], &test_own), 0);
	}
}

static void
check_receivers(const struct rte_assembler_stats *stats)
{
	struct rte_disassembler_stats all = { 0 }, s;
	uint32_t i, cause;

	for (i = 0; i < NB_PEERS; i++) {
		rte_disassembler_stats_get(life.d[i], &s);
		assert_int_equal(s.lost_frames + s.duplicate + s.late + s.no_mbuf, 0);
		for (cause = 0; cause < RTE_ASSEMBLER_CAUSE_MAX; cause++)
			assert_int_equal(s.dropped[cause], 0);
		all.packets += s.packets;
		all.frames += s.frames;
	}
	assert_int_equal(all.packets, stats->packets);
	assert_int_equal(all.frames, stats->frames);
}

static void
stats_add(const struct rte_assembler_stats *stats)
{
	uint32_t i;

	sum.lz4_frames += stats->lz4_frames;
	sum.no_mbuf += stats->no_mbuf;
	sum.ring_full += stats->ring_full;
	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		sum.bypassed[i] += stats->bypassed[i];
	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++)
		sum.flushed[i] += stats->flushed[i];
	for (i = 0; i < RTE_ASSEMBLER_FILL_BUCKETS; i++)
		sum.fill_histogram[i] += stats->fill_histogram[i];
}

/* All that may happen to packets and frames did. */
static void
check_sum(void)
{
	uint32_t i;

	assert_int_equal(sum.lz4_frames != 0, rte_assembler_has_lz4());
	assert_int_not_equal(sum.no_mbuf, 0);
	assert_int_not_equal(sum.ring_full, 0);
	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		if (i != RTE_ASSEMBLER_BYPASS_RESERVED)
			assert_int_not_equal(sum.bypassed[i], 0);
	for (i = 0; i < RTE_ASSEMBLER_FLUSH_MAX; i++)
		assert_int_not_equal(sum.flushed[i], 0);
	for (i = 0; i < 6; i++)
		assert_int_not_equal(sum.fill_histogram[i], 0);
}

static void
life_end(void)
{
	struct rte_assembler_stats stats;
	uint64_t bypassed = 0;
	uint32_t i;

	if (life.nb_starved != 0)
		starve();
	for (i = 0; i < NB_CLIENTS; i++)
		reopen(i);
	for (i = 0; i < NB_CLIENTS * NB_FLOWS; i++)
		assert_int_equal(life.arrived[i], life.sent[i]);
	rte_assembler_stats_get(life.a, &stats);
	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		bypassed += stats.bypassed[i];
	assert_int_equal(bypassed, life.native);
	assert_int_equal(stats.packets + bypassed, life.submitted);
	check_receivers(&stats);
	stats_add(&stats);
	for (i = 0; i < NB_PEERS; i++)
		rte_disassembler_free(life.d[i]);
	rte_assembler_free(life.a);
	assert_pools_full();
	assert_int_equal(rte_mempool_in_use_count(other_pool()), 0);
}

static void
test_nothing_is_lost_whatever_changes(void **state)
{
	const char *env = getenv("TEST_SEED");
	uint64_t seed = env != NULL ? strtoull(env, NULL, 0) : rte_rdtsc();
	const char *number = getenv("TEST_CASES");
	const int nb_lives = number != NULL ? atoi(number) : NB_LIVES;
	int i, j;

	(void)state;
	memset(&sum, 0, sizeof(sum));
	print_message("seed: %#lx\n", (unsigned long)seed);
	for (i = 0; i < nb_lives; i++) {
		rte_srand(seed + i);
		life_begin();
		for (j = 0; j < NB_STEPS; j++)
			step();
		life_end();
	}
	check_sum();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_nothing_is_lost_whatever_changes),
};

TEST_SUITE(assembler_life, tests)
