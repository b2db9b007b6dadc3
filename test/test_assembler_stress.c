/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <pthread.h>
#include <sched.h>

/* Threads that share a CPU wait in turn for each other's places in a ring, far too long. */
#define POOL_OPS "test_locked"

#include "assembler_private.h"
#include "test_assembler_lcores.h"
#include "test_assembler_util.h"

/*
 * All that an assembler can do at once: flows of eight classes to five peers, by
 * clients that come and go, while everything changes that may. Each flow arrives
 * complete and in its order. devtools/races.sh runs this under ThreadSanitizer.
 */

#define BURST 32
#define NB_CLIENTS 3
#define NB_FLOWS 32 /* of each client */
#define NB_PEERS 4  /* besides the default one */
#define NB_CLASSES 8
/* A flow's destination is in the table, from the first of these on. */
#define FIRST_TO_PEER 8
/* ... and changes from the first of these on, which may change its order. */
#define FIRST_THAT_MOVES 24
#define ROUNDS 3000
#define LIVES 12
#define PKTS_A_LIFE 1600
#define WAIT_US 2000

/* The sender, a client, and what comes out at each peer. */
struct player {
	struct rte_assembler *a;
	const struct rte_assembler_discovery *discovery; /* of another thread, to look at */
	struct rte_assembler_client *c;
	struct rte_disassembler *d[1 + NB_PEERS];
	uint16_t first_flow;
	uint64_t seed;
	struct rte_mbuf *kept[BURST]; /* refused, to be submitted again */
	uint16_t nb_kept;
	uint32_t sent[NB_FLOWS];
	uint32_t received[NB_FLOWS];
	uint32_t sum[NB_FLOWS];       /* of the numbers received */
	uint32_t nb_bad;              /* not as they should be */
	uint32_t nb_assembled;        /* frames */
};

static struct rte_ether_addr
peer_addr(uint16_t peer)
{
	return (struct rte_ether_addr){ { 0x02, 0, 0, 0xEE, 0, peer } };
}

static struct rte_ether_addr
flow_dst(uint16_t flow)
{
	return (struct rte_ether_addr){ { 0x02, 0, 0, 0xA, flow >> 8, flow } };
}

static uint32_t
chance(struct player *p, uint32_t below)
{
	p->seed = p->seed * 6364136223846793005u + 1442695040888963407u;
	return (p->seed >> 33) % below;
}

/* A flow has one priority, which its tag shows, and a length that changes. */
static uint32_t
pkt_write(uint8_t *pkt, uint16_t flow, uint32_t number)
{
	const struct rte_ether_addr dst = flow_dst(flow);
	const uint16_t tci = rte_cpu_to_be_16((flow % NB_CLASSES) << 13 | flow);
	const uint32_t len = number % 13 == 12 ? 400 : 60 + (number * 7 + flow) % 90;

	memset(pkt, 0x5A, len);
	memcpy(pkt, &dst, sizeof(dst));
	memcpy(pkt + 6, &dst, sizeof(dst));
	pkt[9] = 0xB;
	memcpy(pkt + 12, "\x81\x00", 2);
	memcpy(pkt + 14, &tci, sizeof(tci));
	memcpy(pkt + 16, "\x08\x01", 2);
	memcpy(pkt + 18, &flow, sizeof(flow));
	memcpy(pkt + 20, &number, sizeof(number));
	return len;
}

static struct rte_mbuf *
pkt_next(struct player *p)
{
	const uint16_t i = chance(p, NB_FLOWS);
	uint8_t pkt[PKT_ROOM];
	uint32_t len;

	len = pkt_write(pkt, p->first_flow + i, p->sent[i]++);
	return pkt_segmented(pkt, len, chance(p, 8) == 0 ? 3 : 1);
}

/* Of a thread that cannot assert, either. */
static void
expect(struct player *p, bool good)
{
	p->nb_bad += !good;
}

static void
pkt_arrives(struct player *p, struct rte_mbuf *m)
{
	uint8_t copy[PKT_ROOM], wanted[PKT_ROOM];
	const uint8_t *pkt = rte_pktmbuf_read(m, 0, m->pkt_len, copy);
	uint32_t number;
	uint16_t flow, i;

	memcpy(&flow, pkt + 18, sizeof(flow));
	memcpy(&number, pkt + 20, sizeof(number));
	expect(p, m->pkt_len == pkt_write(wanted, flow, number) &&
			memcmp(pkt, wanted, m->pkt_len) == 0);
	i = flow - p->first_flow;
	if (i < NB_FLOWS) {
		expect(p, i >= FIRST_THAT_MOVES || number == p->received[i]);
		p->received[i]++;
		p->sum[i] += number;
	} else {
		expect(p, false);
	}
	rte_pktmbuf_free(m);
}

static void
frame_arrives(struct player *p, struct rte_mbuf *m)
{
	const uint16_t peer = rte_pktmbuf_mtod(m, const uint8_t *)[5];

	p->nb_assembled++;
	if (peer > NB_PEERS || rte_disassembler_submit_burst(p->d[peer], &m, 1) != 1) {
		expect(p, false);
		rte_pktmbuf_free(m);
		return;
	}
	while (rte_disassembler_collect_burst(p->d[peer], &m, 1) == 1)
		pkt_arrives(p, m);
}

static void
player_receive(struct player *p, uint32_t wait_us)
{
	struct rte_mbuf *out[BURST];
	uint16_t nb, i;

	nb = wait_us == 0 ? rte_assembler_collect_burst(p->c, out, BURST) :
			rte_assembler_collect_wait(p->c, out, BURST, wait_us);
	for (i = 0; i < nb; i++) {
		if (is_assembled(out[i]))
			frame_arrives(p, out[i]);
		else
			pkt_arrives(p, out[i]);
	}
}

/* Returns how many packets were accepted; the others are kept. */
static uint16_t
player_send(struct player *p, uint16_t nb)
{
	uint16_t done;

	while (p->nb_kept < nb)
		p->kept[p->nb_kept++] = pkt_next(p);
	done = rte_assembler_submit_burst(p->c, p->kept, p->nb_kept);
	p->nb_kept -= done;
	memmove(p->kept, p->kept + done, p->nb_kept * sizeof(p->kept[0]));
	return done;
}

static struct rte_disassembler *
disassembler_of(uint16_t player, uint16_t peer)
{
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;
	char name[16];

	snprintf(name, sizeof(name), "stress%u_%u", player, peer);
	rte_disassembler_conf_default(&conf);
	conf.own = peer_addr(peer);
	conf.pkt_pool = pkt_pool();
	d = rte_disassembler_create(name, &conf);
	assert_non_null(d);
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), 0);
	return d;
}

static void
player_init(struct player *p, uint16_t number, struct rte_assembler *a, uint64_t seed)
{
	uint16_t i;

	*p = (struct player){ .a = a, .first_flow = number * NB_FLOWS, .seed = seed + number };
	for (i = 0; i <= NB_PEERS; i++)
		p->d[i] = disassembler_of(number, i);
}

/* All that was sent is there. Frees what the player has; *stats* gets the sums. */
static void
player_end(struct player *p, struct rte_disassembler_stats *stats)
{
	struct rte_disassembler_stats one;
	uint64_t *sum = (uint64_t *)stats;
	size_t j;
	uint16_t i;

	assert_int_equal(p->nb_bad, 0);
	assert_true(p->nb_assembled > 0);
	for (i = 0; i < NB_FLOWS; i++) {
		assert_int_equal(p->received[i], p->sent[i]);
		/* Each number once. */
		assert_int_equal(p->sum[i], (uint32_t)((uint64_t)p->sent[i] *
				(p->sent[i] - 1) / 2));
	}
	for (i = 0; i <= NB_PEERS; i++) {
		rte_disassembler_stats_get(p->d[i], &one);
		for (j = 0; j < sizeof(one) / sizeof(*sum); j++)
			sum[j] += ((uint64_t *)&one)[j];
		rte_disassembler_free(p->d[i]);
	}
}

static uint64_t
seed_new(void)
{
	const char *env = getenv("TEST_SEED");
	const uint64_t seed = env != NULL ? strtoull(env, NULL, 0) : rte_rdtsc();

	print_message("seed: %#lx\n", (unsigned long)seed);
	return seed;
}

static struct rte_assembler *
stress_assembler(uint16_t nb_workers, bool by_peer, uint32_t sleep_us)
{
	struct rte_assembler_conf conf = assembler_conf();
	const struct rte_ether_addr addr = peer_addr(0);
	struct rte_assembler *a;

	conf.nb_workers = nb_workers;
	conf.by_peer = by_peer;
	conf.sleep_us = sleep_us;
	conf.ring_size = 64;
	conf.max_peers = NB_PEERS;
	conf.max_dsts = 4 * NB_CLIENTS * NB_FLOWS;
	conf.nb_classes = NB_CLASSES;
	conf.lz4 = rte_assembler_has_lz4();
	a = rte_assembler_create("stress", &conf);
	assert_non_null(a);
	assert_int_equal(rte_assembler_peer_set(a, &addr), 0);
	return a;
}

static int
flow_to_peer(struct rte_assembler *a, uint16_t flow, uint16_t peer)
{
	const struct rte_ether_addr dst = flow_dst(flow), addr = peer_addr(peer);

	return rte_assembler_peer_add(a, &dst, &addr);
}

/* The first flows go to the default peer. */
static void
flows_to_peers(struct rte_assembler *a)
{
	uint16_t flow;

	for (flow = 0; flow < NB_CLIENTS * NB_FLOWS; flow++)
		if (flow % NB_FLOWS >= FIRST_TO_PEER)
			assert_int_equal(flow_to_peer(a, flow, 1 + flow % NB_PEERS), 0);
}

static void
settings_change(struct player *p)
{
	const struct rte_assembler_sizes sizes = {
		.max_frame = chance(p, 3) == 0 ? 1514 : 60 + chance(p, 3000),
		.max_count = chance(p, 60),
		.min_count = 1 + chance(p, 4),
		.max_pkt = 60 + chance(p, 300),
	};

	expect(p, rte_assembler_sizes_set(p->a, &sizes) == 0);
	rte_assembler_adaptive_set(p->a, chance(p, 2));
	/* The last class stays urgent. */
	expect(p, rte_assembler_class_set(p->a, chance(p, NB_CLASSES - 1), chance(p, 300)) == 0);
}

/* Of the urgent class nothing waits for more. */
static void
assert_urgent_closed(const struct rte_assembler *a, uint16_t link)
{
	uint32_t i;

	for (i = 0; i < a->nb_slots; i++)
		assert_true(TAILQ_EMPTY(&a->slots[i]->links[link].open[NB_CLASSES - 1]));
}

/* One step of a player, and perhaps of a worker. */
static void
step(struct player *p)
{
	const uint16_t nb_workers = p->a->conf.nb_workers;
	uint16_t w = 0;

	player_send(p, chance(p, BURST + 1));
	if (nb_workers != 0) {
		w = chance(p, nb_workers);
		rte_assembler_worker_poll(rte_assembler_worker_get(p->a, w));
	}
	if (nb_workers != 0 || p->nb_kept == 0)
		assert_urgent_closed(p->a, w);
	player_receive(p, 0);
}

static void
drain(struct player *p)
{
	uint16_t w;

	while (player_send(p, 0) != 0 || p->nb_kept != 0 || rte_assembler_flush(p->c) != 0) {
		for (w = 0; w < p->a->conf.nb_workers; w++)
			rte_assembler_worker_poll(rte_assembler_worker_get(p->a, w));
		player_receive(p, 0);
	}
}

static void
classes_keep_order(uint16_t nb_workers, bool by_peer, uint64_t seed)
{
	struct rte_assembler *a = stress_assembler(nb_workers, by_peer, 0);
	struct rte_disassembler_stats stats = { 0 };
	const struct rte_ether_addr hot = peer_addr(1);
	struct rte_assembler_stats sent;
	struct player players[NB_CLIENTS];
	uint32_t round;
	int i;

	flows_to_peers(a);
	assert_int_equal(rte_assembler_class_set(a, NB_CLASSES - 1, 0), 0);
	if (by_peer)
		assert_int_equal(rte_assembler_peer_spread(a, &hot, true), 0);
	for (i = 0; i < NB_CLIENTS; i++) {
		player_init(&players[i], i, a, seed);
		players[i].c = rte_assembler_client_open(a);
	}
	for (round = 0; round < ROUNDS; round++) {
		step(&players[round % NB_CLIENTS]);
		if (round % 16 == 0)
			settings_change(&players[0]);
	}
	for (i = 0; i < NB_CLIENTS; i++) {
		drain(&players[i]);
		player_end(&players[i], &stats);
	}
	rte_assembler_stats_get(a, &sent);
	assert_int_equal(stats.frames, sent.frames);
	assert_int_equal(stats.packets, sent.packets);
	assert_int_equal(sent.lz4_frames > 0, rte_assembler_has_lz4());
	assert_int_equal(stats.lost_frames + stats.duplicate + stats.late, 0);
	rte_assembler_free(a);
	assert_pools_full();
}

static void
test_classes_keep_the_order_of_flows(void **state)
{
	const uint64_t seed = seed_new();

	(void)state;
	classes_keep_order(0, false, seed);
	classes_keep_order(1, false, seed);
	classes_keep_order(3, false, seed);
	classes_keep_order(3, true, seed);
}

/* A client of a thread of its own, again and again. */
static void *
player_run(void *arg)
{
	struct player *p = arg;
	struct rte_assembler_discovery_stats found;
	struct rte_assembler_client_stats stats;
	uint32_t life, nb, i;
	cpu_set_t cpus;

	/* Any of them: EAL has pinned the thread that started this one. */
	memset(&cpus, 0xFF, sizeof(cpus));
	expect(p, pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) == 0);
	for (life = 0; life < LIVES; life++) {
		p->c = rte_assembler_client_open(p->a);
		if (p->c == NULL) {
			expect(p, false);
			break;
		}
		for (nb = 0; nb < PKTS_A_LIFE || p->nb_kept != 0;) {
			nb += player_send(p, nb < PKTS_A_LIFE ? BURST / 2 : 0);
			player_receive(p, chance(p, 4) == 0 ? chance(p, WAIT_US) : 0);
		}
		while (rte_assembler_flush(p->c) != 0)
			player_receive(p, WAIT_US);
		rte_assembler_discovery_stats_get(p->discovery, &found);
		expect(p, found.no_mbuf == 0);
		rte_assembler_client_stats_get(p->c, &stats);
		expect(p, stats.packets == nb && stats.assembled + stats.bypassed == nb);
		for (i = 0; i < RTE_ASSEMBLER_FILL_BUCKETS; i++)
			stats.frames -= stats.closes.fill_histogram[i];
		expect(p, stats.frames == 0);
		expect(p, rte_assembler_client_close(p->c) == 0);
	}
	return NULL;
}

/* The other end of the trunk, as discovery finds it: receivers that come and go. */
struct trunk {
	struct rte_assembler_discovery *near;
	struct rte_assembler_discovery *far[1 + NB_PEERS];
	struct rte_disassembler *d[1 + NB_PEERS];
	uint32_t nb_found; /* times that one was up */
};

static struct rte_assembler_discovery *
discovery_of(struct rte_ether_addr own, struct rte_assembler *a, struct rte_disassembler *d)
{
	struct rte_assembler_discovery_conf conf;
	struct rte_assembler_discovery *discovery;

	rte_assembler_discovery_conf_default(&conf);
	conf.own = own;
	conf.pool = frame_pool();
	conf.assembler = a;
	conf.disassembler = d;
	conf.interval_ms = 10;
	conf.max_frame = 3000;
	discovery = rte_assembler_discovery_create(&conf);
	assert_non_null(discovery);
	return discovery;
}

static void
trunk_open(struct trunk *t, struct rte_assembler *a)
{
	uint16_t i;

	*t = (struct trunk){ .near = discovery_of(test_own, a, NULL) };
	for (i = 0; i <= NB_PEERS; i++) {
		t->d[i] = disassembler_of(NB_CLIENTS, i);
		t->far[i] = discovery_of(peer_addr(i), NULL, t->d[i]);
	}
}

/* What it says reaches the near end. */
static void
far_speaks(struct trunk *t, uint16_t i)
{
	struct rte_mbuf *frames[BURST];
	uint16_t nb, j;

	nb = rte_assembler_discovery_poll(t->far[i], frames, BURST);
	for (j = 0; j < nb; j++)
		if (!rte_assembler_discovery_receive(t->near, frames[j]))
			rte_pktmbuf_free(frames[j]);
}

static void
near_speaks(struct trunk *t)
{
	struct rte_mbuf *frames[BURST], *copy;
	uint16_t nb, i, j;

	nb = rte_assembler_discovery_poll(t->near, frames, BURST);
	for (i = 0; i < nb; i++) {
		for (j = 0; j <= NB_PEERS; j++) {
			copy = rte_pktmbuf_copy(frames[i], frame_pool(), 0, UINT32_MAX);
			assert_non_null(copy);
			rte_disassembler_submit_burst(t->d[j], &copy, 1);
		}
		rte_pktmbuf_free(frames[i]);
	}
}

/* One leaves and another one, or the same again, comes in its place. */
static void
far_changes(struct trunk *t, uint16_t i)
{
	rte_assembler_discovery_leave(t->far[i]);
	far_speaks(t, i);
	rte_assembler_discovery_free(t->far[i]);
	t->far[i] = discovery_of(peer_addr(i), NULL, t->d[i]);
}

static void
trunk_step(struct trunk *t, struct player *p)
{
	struct rte_assembler_discovery_peer peers[1 + NB_PEERS];
	uint16_t i, nb;

	near_speaks(t);
	for (i = 0; i <= NB_PEERS; i++)
		far_speaks(t, i);
	if (chance(p, 200) == 0)
		far_changes(t, chance(p, 1 + NB_PEERS));
	nb = rte_assembler_discovery_peers_get(t->near, peers, RTE_DIM(peers));
	for (i = 0; i < nb; i++)
		t->nb_found += peers[i].state == RTE_ASSEMBLER_PEER_UP;
}

static void
trunk_close(struct trunk *t)
{
	uint16_t i;

	assert_true(t->nb_found > 0);
	rte_assembler_discovery_free(t->near);
	for (i = 0; i <= NB_PEERS; i++) {
		rte_assembler_discovery_free(t->far[i]);
		rte_disassembler_free(t->d[i]);
	}
}

/* Of a flow that may be moved. */
static void
peers_change(struct player *p)
{
	const uint16_t flow = chance(p, NB_CLIENTS) * NB_FLOWS + FIRST_THAT_MOVES +
			chance(p, NB_FLOWS - FIRST_THAT_MOVES);
	const struct rte_ether_addr dst = flow_dst(flow);

	if (chance(p, 2) == 0)
		expect(p, flow_to_peer(p->a, flow, 1 + chance(p, NB_PEERS)) == 0);
	else
		(void)rte_assembler_peer_del(p->a, &dst);
}

/* Of a player whose thread counts. */
static void
statistics_read(const struct player *p)
{
	struct rte_disassembler_peer_stats peer;
	struct rte_disassembler_stats stats;
	uint16_t i;

	for (i = 0; i <= NB_PEERS; i++) {
		rte_disassembler_stats_get(p->d[i], &stats);
		if (rte_disassembler_peer_stats_get(p->d[i], &test_own, &peer) != 0)
			fail();
	}
}

/* Sums over peers, while lcores count. */
static void
peers_read(struct rte_assembler *a, struct rte_assembler_stats *sum)
{
	struct rte_assembler_peer_stats peer;
	uint32_t next = 0;

	memset(sum, 0, sizeof(*sum));
	while (rte_assembler_peer_stats_iterate(a, &next, &peer) == 0) {
		sum->frames += peer.frames;
		sum->packets += peer.packets;
		sum->hold_max_us = RTE_MAX(sum->hold_max_us, peer.closes.hold_max_us);
	}
}

static void
test_everything_changes_at_once(void **state)
{
	struct rte_assembler *a = stress_assembler(2, true, 20);
	struct rte_disassembler_stats stats = { 0 };
	struct player players[NB_CLIENTS], control = { .a = a, .seed = seed_new() };
	struct rte_assembler_stats sum, all;
	pthread_t threads[NB_CLIENTS];
	struct trunk trunk;
	int i, running;

	(void)state;
	flows_to_peers(a);
	trunk_open(&trunk, a);
	workers_launch(a, 2, work_main);
	for (i = 0; i < NB_CLIENTS; i++) {
		player_init(&players[i], i, a, control.seed);
		players[i].discovery = trunk.near;
		assert_int_equal(pthread_create(&threads[i], NULL, player_run, &players[i]), 0);
	}
	for (running = NB_CLIENTS; running > 0;) {
		trunk_step(&trunk, &control);
		settings_change(&control);
		peers_change(&control);
		rte_assembler_stats_get(a, &sum);
		statistics_read(&players[running - 1]);
		peers_read(a, &sum);
		rte_delay_us_sleep(100);
		if (pthread_tryjoin_np(threads[running - 1], NULL) == 0)
			running--;
	}
	assert_int_equal(control.nb_bad, 0);
	rte_assembler_workers_stop(a);
	workers_join(2);
	for (i = 0; i < NB_CLIENTS; i++)
		player_end(&players[i], &stats);
	rte_assembler_stats_get(a, &sum);
	peers_read(a, &all);
	assert_int_equal(all.frames, sum.frames);
	assert_int_equal(all.packets, sum.packets);
	assert_int_equal(all.hold_max_us, sum.hold_max_us);
	trunk_close(&trunk);
	rte_assembler_free(a);
	assert_pools_full();
}

#define NAMERS 2
#define NAMES 300

/* A thread that says who the default peer is, as another one does. */
static void *
namer_run(void *arg)
{
	struct player *p = arg;
	struct rte_ether_addr addr;
	uint32_t i, peer;

	for (i = 0; i < NAMES; i++) {
		peer = chance(p, 2 + NB_PEERS);
		addr = peer_addr(peer);
		expect(p, rte_assembler_peer_set(p->a, peer > NB_PEERS ? NULL : &addr) == 0);
		sched_yield();
	}
	return NULL;
}

/* Each peer gets what begins with its epoch, and misses nothing that went to others. */
static void
test_any_lcore_names_the_default_peer(void **state)
{
	struct rte_assembler *a = stress_assembler(0, false, 0);
	struct player namers[NAMERS], p;
	struct rte_disassembler_stats stats = { 0 };
	pthread_t threads[NAMERS];
	int i, running;

	(void)state;
	player_init(&p, 0, a, seed_new());
	p.c = rte_assembler_client_open(a);
	/* One frame at least, whoever is named. */
	while (p.nb_assembled == 0) {
		player_send(&p, BURST);
		player_receive(&p, 0);
	}
	for (i = 0; i < NAMERS; i++) {
		namers[i] = (struct player){ .a = a, .seed = p.seed + i };
		assert_int_equal(pthread_create(&threads[i], NULL, namer_run, &namers[i]), 0);
	}
	for (running = NAMERS; running > 0;) {
		player_send(&p, chance(&p, BURST + 1));
		player_receive(&p, 0);
		if (pthread_tryjoin_np(threads[running - 1], NULL) == 0)
			running--;
	}
	for (i = 0; i < NAMERS; i++)
		assert_int_equal(namers[i].nb_bad, 0);
	drain(&p);
	player_end(&p, &stats);
	assert_int_equal(stats.lost_frames + stats.duplicate + stats.late, 0);
	rte_assembler_free(a);
	assert_pools_full();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_any_lcore_names_the_default_peer),
	cmocka_unit_test(test_classes_keep_the_order_of_flows),
	cmocka_unit_test(test_everything_changes_at_once),
};

TEST_SUITE(assembler_stress, tests)
