/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <rte_service.h>

#include "assembler_flow.h"
#include "assembler_private.h"
#include "test_assembler_lcores.h"
#include "test_assembler_util.h"

/*
 * Assemblers with workers on lcores of their own. All lcores may share one CPU,
 * so that whoever waits yields. devtools/races.sh runs this under ThreadSanitizer.
 */

#define BURST 32
#define NB_FLOWS 16
#define MAX_CLIENTS 4

/* What one client sends and gets back. */
struct traffic {
	struct rte_assembler_client *c;
	struct rte_disassembler *d;
	uint16_t first_flow;
	uint32_t nb_pkts;            /* of each flow, to send */
	uint32_t sent[NB_FLOWS];
	uint32_t received[NB_FLOWS];
	uint32_t nb_sent;
	uint32_t nb_received;
	struct rte_mbuf *kept[BURST]; /* refused, to be submitted again */
	uint16_t nb_kept;
};

static void
traffic_open(struct traffic *t, struct rte_assembler *a, uint16_t first_flow, uint32_t nb_pkts)
{
	*t = (struct traffic){ .first_flow = first_flow, .nb_pkts = nb_pkts };
	t->c = rte_assembler_client_open(a);
	assert_non_null(t->c);
	t->d = disassembler_make(1600);
}

static void
traffic_close(struct traffic *t)
{
	assert_int_equal(rte_assembler_flush(t->c), 0);
	assert_int_equal(rte_assembler_client_close(t->c), 0);
	assert_int_equal(t->nb_received, t->nb_sent);
	assert_int_equal(t->nb_sent, t->nb_pkts * NB_FLOWS);
	rte_disassembler_free(t->d);
}

static struct rte_mbuf *
traffic_next(struct traffic *t)
{
	uint32_t flow = t->nb_sent % NB_FLOWS;
	uint32_t nb = t->sent[flow]++;

	t->nb_sent++;
	/* One in nine is too large for a frame. */
	return pkt_numbered(nb % 9 == 0 ? 300 : 60 + nb % 50, t->first_flow + flow, nb);
}

static void
traffic_send(struct traffic *t)
{
	uint16_t done;

	while (t->nb_kept < BURST && t->nb_sent < t->nb_pkts * NB_FLOWS)
		t->kept[t->nb_kept++] = traffic_next(t);
	done = rte_assembler_submit_burst(t->c, t->kept, t->nb_kept);
	t->nb_kept -= done;
	memmove(t->kept, t->kept + done, t->nb_kept * sizeof(t->kept[0]));
}

static void
traffic_receive(struct traffic *t)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t nb, i, flow;
	uint32_t number;

	nb = rte_assembler_collect_burst(t->c, pkts, BURST);
	assert_int_equal(rte_disassembler_submit_burst(t->d, pkts, nb), nb);
	while ((nb = rte_disassembler_collect_burst(t->d, pkts, BURST)) != 0) {
		for (i = 0; i < nb; i++) {
			flow = pkt_check(pkts[i], &number) - t->first_flow;
			assert_in_range(flow, 0, NB_FLOWS - 1);
			assert_int_equal(number, t->received[flow]);
			t->received[flow]++;
			t->nb_received++;
		}
	}
}

/* Send, receive and flush until everything is back. */
static void
traffic_run(struct traffic *t)
{
	while (t->nb_sent < t->nb_pkts * NB_FLOWS || t->nb_kept != 0) {
		traffic_send(t);
		traffic_receive(t);
		if (t->nb_kept != 0)
			sched_yield();
	}
	while (rte_assembler_flush(t->c) != 0) {
		traffic_receive(t);
		sched_yield();
	}
}

static struct rte_assembler_conf
worker_conf(uint16_t nb_workers, uint16_t ring_size)
{
	struct rte_assembler_conf conf = assembler_conf();

	conf.nb_workers = nb_workers;
	conf.ring_size = ring_size;
	return conf;
}

static void
workers_carry(uint16_t nb_workers, uint16_t ring_size, uint32_t nb_pkts)
{
	const struct rte_assembler_conf conf = worker_conf(nb_workers, ring_size);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_stats stats;
	struct traffic t;
	uint16_t i;

	workers_launch(a, nb_workers, work);
	traffic_open(&t, a, 0, nb_pkts);
	traffic_run(&t);
	traffic_close(&t);
	workers_join(nb_workers);
	rte_assembler_stats_get(a, &stats);
	assert_int_equal(stats.packets + stats.bypassed[RTE_ASSEMBLER_BYPASS_LARGE] +
			stats.bypassed[RTE_ASSEMBLER_BYPASS_FEW], t.nb_sent);
	assert_true(stats.frames > 0);
	for (i = 0; i < nb_workers; i++)
		assert_true(t.c->links[i].stats.packets > 0);
	rte_assembler_free(a);
	assert_pools_full();
}

static void
test_one_worker_keeps_order(void **state)
{
	(void)state;
	workers_carry(1, 1024, 10000);
}

static void
test_two_workers_keep_order_of_flows(void **state)
{
	(void)state;
	workers_carry(2, 1024, 10000);
}

static void
test_tiny_rings_lose_nothing(void **state)
{
	(void)state;
	workers_carry(1, 64, 2000);
	workers_carry(2, 64, 2000);
}

#define NB_POOLS (ASSEMBLER_POOLS + 2)
#define NB_MIXED 600

static struct rte_mempool *
other_pool(uint32_t i)
{
	char name[16];

	snprintf(name, sizeof(name), "test_other%u", i);
	return pool_get(name, 255, PKT_ROOM);
}

/* Packet number *nb* in an mbuf of one kind or another; *also* is to be freed as well. */
static struct rte_mbuf *
mixed_pkt(uint32_t nb, struct rte_mbuf **also)
{
	const uint32_t len = 60 + nb % 100;
	struct rte_mbuf *m = rte_pktmbuf_alloc(other_pool(nb / 3 % NB_POOLS));
	uint8_t data[PKT_ROOM];

	*also = NULL;
	pkt_fill(data, len, 1, nb);
	if (nb % 11 == 0) {
		rte_pktmbuf_free(m);
		return pkt_segmented(data, len, 3);
	}
	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, len), data, len);
	if (nb % 7 == 0) {
		rte_mbuf_refcnt_update(m, 1);
		*also = m;
	} else if (nb % 5 == 0) {
		*also = m;
		m = rte_pktmbuf_clone(m, pkt_pool());
		assert_non_null(m);
	}
	return m;
}

/* Collect, take apart, and check the order. Returns the packets that came. */
static uint32_t
mixed_receive(struct rte_assembler_client *c, struct rte_disassembler *d, uint32_t next)
{
	struct rte_mbuf *pkts[BURST];
	const uint32_t first = next;
	uint32_t number;
	uint16_t nb, i;

	while ((nb = rte_assembler_collect_burst(c, pkts, BURST)) != 0) {
		assert_int_equal(rte_disassembler_submit_burst(d, pkts, nb), nb);
		while ((nb = rte_disassembler_collect_burst(d, pkts, BURST)) != 0) {
			for (i = 0; i < nb; i++, next++) {
				assert_int_equal(pkt_check(pkts[i], &number), 1);
				assert_int_equal(number, next);
			}
		}
	}
	return next - first;
}

/* Of more pools than a client keeps in mind, shared, cloned, segmented, in any order. */
static void
test_takes_mbufs_of_any_pool(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(1, 64);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_disassembler *d = disassembler_make(1600);
	struct rte_mbuf *pkts[BURST], *also[NB_MIXED];
	uint32_t sent = 0, received = 0, i, nb;

	(void)state;
	while (sent < NB_MIXED) {
		nb = RTE_MIN(1 + sent % BURST, NB_MIXED - sent);
		for (i = 0; i < nb; i++)
			pkts[i] = mixed_pkt(sent + i, &also[sent + i]);
		assert_int_equal(rte_assembler_submit_burst(c, pkts, nb), nb);
		sent += nb;
		while (rte_assembler_worker_poll(rte_assembler_worker_get(a, 0)) != 0)
			received += mixed_receive(c, d, received);
	}
	assert_int_equal(rte_assembler_flush(c), -EAGAIN);
	rte_assembler_worker_poll(rte_assembler_worker_get(a, 0));
	received += mixed_receive(c, d, received);
	assert_int_equal(received, NB_MIXED);
	rte_assembler_free(a);
	rte_disassembler_free(d);
	for (i = 0; i < NB_MIXED; i++) {
		assert_true(also[i] == NULL || rte_mbuf_refcnt_read(also[i]) == 1);
		rte_pktmbuf_free(also[i]);
	}
	for (i = 0; i < NB_POOLS; i++)
		assert_int_equal(rte_mempool_in_use_count(other_pool(i)), 0);
	assert_pools_full();
}

/* Pools of a slot's earlier clients take no room from those of the present one. */
static void
test_each_client_has_its_own_pools(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(1, 64);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c;
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < NB_POOLS; i++) {
		c = rte_assembler_client_open(a);
		assert_non_null(c);
		m = rte_pktmbuf_alloc(other_pool(i));
		assert_non_null(m);
		memset(rte_pktmbuf_append(m, 60), 2, 60);
		assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
		assert_ptr_equal(c->pools[0], other_pool(i));
		assert_null(c->pools[1]);
		assert_int_equal(rte_assembler_flush(c), -EAGAIN);
		rte_assembler_worker_poll(rte_assembler_worker_get(a, 0));
		assert_int_equal(rte_assembler_collect_burst(c, &m, 1), 1);
		rte_pktmbuf_free(m);
		assert_int_equal(rte_assembler_flush(c), 0);
		assert_int_equal(rte_assembler_client_close(c), 0);
	}
	assert_int_equal(a->nb_slots, 1);
	rte_assembler_free(a);
	for (i = 0; i < NB_POOLS; i++)
		assert_int_equal(rte_mempool_in_use_count(other_pool(i)), 0);
}

/* Workers are busy for several clients of which some come and go. */
static void
test_clients_come_and_go(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(2, 64);
	struct rte_assembler *a = assembler_make(&conf);
	struct traffic t[MAX_CLIENTS];
	uint32_t i, round;

	(void)state;
	workers_launch(a, 2, work);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < MAX_CLIENTS; i++)
			traffic_open(&t[i], a, i * NB_FLOWS, 20 + 40 * i);
		for (i = 0; i < MAX_CLIENTS; i++) {
			traffic_send(&t[(i + 1) % MAX_CLIENTS]);
			traffic_run(&t[i]);
			traffic_close(&t[i]);
		}
	}
	workers_join(2);
	/* The same slots served all of them. */
	assert_int_equal(a->nb_slots, MAX_CLIENTS);
	rte_assembler_free(a);
	assert_pools_full();
}

static struct rte_assembler_sizes
random_sizes(void)
{
	return (struct rte_assembler_sizes){
		.max_frame = 60 + rte_rand_max(3000),
		.max_count = rte_rand_max(100),
		.min_count = 1 + rte_rand_max(RTE_ASSEMBLER_MAX_MIN_COUNT),
		.max_pkt = 60 + rte_rand_max(300),
	};
}

/* All that may change while workers run does, again and again. */
static void
test_settings_change_under_load(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(2, 64);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_stats stats;
	struct rte_assembler_sizes sizes;
	struct traffic t;

	(void)state;
	workers_launch(a, 2, work);
	traffic_open(&t, a, 0, 5000);
	while (t.nb_sent < t.nb_pkts * NB_FLOWS) {
		sizes = random_sizes();
		assert_int_equal(rte_assembler_sizes_set(a, &sizes), 0);
		assert_int_equal(rte_assembler_class_set(a, 0, rte_rand_max(100)), 0);
		rte_assembler_adaptive_set(a, rte_rand_max(2));
		/* Frames to a peer and packets as they came, in the order of each flow. */
		rte_assembler_peer_set(a, rte_rand_max(4) ? &test_peer : NULL);
		traffic_send(&t);
		traffic_receive(&t);
		if (t.nb_kept != 0)
			sched_yield();
	}
	traffic_run(&t);
	traffic_close(&t);
	workers_join(2);
	rte_assembler_stats_get(a, &stats);
	assert_true(stats.frames > 0);
	assert_true(stats.bypassed[RTE_ASSEMBLER_BYPASS_PEER] > 0);
	rte_assembler_free(a);
	assert_pools_full();
}

/*
 * Nobody collects: the worker holds what it has, the submission ring fills, and
 * the caller keeps the rest. Everything moves on when somebody collects.
 */
static void
test_backpressure_reaches_the_caller(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(1, 64);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_worker *w = rte_assembler_worker_get(a, 0);
	struct rte_assembler_stats stats;
	struct traffic t;
	int i;

	(void)state;
	rte_assembler_peer_set(a, NULL);
	traffic_open(&t, a, 0, 64);
	for (i = 0; i < 100; i++) {
		traffic_send(&t);
		rte_assembler_worker_poll(w);
	}
	rte_assembler_stats_get(a, &stats);
	assert_int_equal(t.nb_kept, BURST);
	assert_int_equal(t.nb_sent, 64 + 64 + BURST);
	assert_int_equal(stats.bypassed[RTE_ASSEMBLER_BYPASS_PEER], 64);
	assert_true(stats.ring_full > 0);
	while (t.nb_sent < t.nb_pkts * NB_FLOWS || rte_assembler_flush(t.c) != 0) {
		traffic_send(&t);
		rte_assembler_worker_poll(w);
		traffic_receive(&t);
	}
	traffic_close(&t);
	rte_assembler_free(a);
	assert_pools_full();
}

static void
submit_some(struct rte_assembler_client *c, uint32_t nb)
{
	struct rte_mbuf *m;
	uint32_t i;

	for (i = 0; i < nb; i++) {
		m = pkt_numbered(60, 1, i);
		assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
	}
}

static uint64_t
closed_by(struct rte_assembler *a, enum rte_assembler_flush_reason reason)
{
	struct rte_assembler_stats stats;

	rte_assembler_stats_get(a, &stats);
	return stats.flushed[reason];
}

/* One step at a time: what the worker closes when. */
static void
test_worker_closes_on_time_idle_and_stop(void **state)
{
	struct rte_assembler_conf conf = worker_conf(1, 64);
	struct rte_assembler_worker *w;
	struct rte_assembler_client *c;
	struct rte_assembler *a;
	struct rte_mbuf *frames[4];

	(void)state;
	conf.idle_flush = true;
	a = assembler_make(&conf);
	w = rte_assembler_worker_get(a, 0);
	c = rte_assembler_client_open(a);
	submit_some(c, 4);
	assert_int_equal(rte_assembler_worker_poll(w), 4);
	assert_int_equal(rte_assembler_worker_poll(w), 0);
	assert_int_equal(rte_assembler_collect_burst(c, frames, 4), 0);
	rte_delay_us_block(1100);
	assert_int_equal(rte_assembler_class_set(a, 0, 1000), 0);
	rte_assembler_worker_poll(w);
	assert_int_equal(closed_by(a, RTE_ASSEMBLER_FLUSH_TIME), 1);
	assert_int_equal(rte_assembler_class_set(a, 0, conf.hold_us), 0);
	submit_some(c, 4);
	rte_assembler_submit_burst(c, NULL, 0);
	rte_assembler_submit_burst(c, NULL, 0);
	rte_assembler_worker_poll(w);
	assert_int_equal(closed_by(a, RTE_ASSEMBLER_FLUSH_IDLE), 1);
	submit_some(c, 4);
	assert_int_equal(rte_assembler_flush(c), -EAGAIN);
	assert_int_equal(rte_assembler_client_close(c), -EBUSY);
	rte_assembler_worker_poll(w);
	assert_int_equal(closed_by(a, RTE_ASSEMBLER_FLUSH_STOP), 1);
	assert_int_equal(rte_assembler_flush(c), -EAGAIN);
	assert_int_equal(rte_assembler_collect_burst(c, frames, 4), 3);
	assert_int_equal(rte_assembler_flush(c), 0);
	rte_pktmbuf_free_bulk(frames, 3);
	assert_int_equal(rte_assembler_client_close(c), 0);
	rte_assembler_free(a);
	assert_pools_full();
}

/* A stop that comes before the worker has begun counts too. */
static void
test_worker_main_returns_when_stopped(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(2, 64);
	struct rte_assembler *a = assembler_make(&conf);
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		workers_launch(a, 2, work_main);
		if (round == 1)
			rte_delay_us_sleep(1000);
		rte_assembler_workers_stop(a);
		workers_join(2);
	}
	rte_assembler_free(a);
}

/* The workers as services on service lcores, which start and stop in between. */
static void
test_workers_run_as_services(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(2, 64);
	struct rte_assembler *a;
	struct traffic t;
	uint32_t ids[2], i;

	(void)state;
#ifdef __SANITIZE_THREAD__
	/* It does not see how EAL waits for a service to end. */
	skip();
#endif
	a = assembler_make(&conf);
	assert_int_equal(rte_assembler_service_register(a, ids), 0);
	assert_int_equal(rte_assembler_service_register(a, ids), -EINVAL);
	assert_string_equal(rte_service_get_name(ids[1]), "test_w1");
	for (i = 0; i < 2; i++) {
		assert_int_equal(rte_service_runstate_set(ids[i], 1), 0);
		assert_int_equal(rte_service_lcore_add(i + 1), 0);
		assert_int_equal(rte_service_map_lcore_set(ids[i], i + 1, 1), 0);
		assert_int_equal(rte_service_lcore_start(i + 1), 0);
	}
	traffic_open(&t, a, 0, 1000);
	traffic_run(&t);
	traffic_close(&t);
	for (i = 0; i < 2; i++) {
		assert_int_equal(rte_service_runstate_set(ids[i], 0), 0);
		while (rte_service_may_be_active(ids[i]) != 0)
			sched_yield();
		assert_int_equal(rte_service_map_lcore_set(ids[i], i + 1, 0), 0);
		assert_int_equal(rte_service_lcore_stop(i + 1), 0);
		assert_int_equal(rte_service_lcore_del(i + 1), 0);
		assert_int_equal(rte_eal_wait_lcore(i + 1), 0);
	}
	rte_assembler_free(a);
	assert_int_not_equal(rte_service_get_by_name("test_w1", &ids[1]), 0);
	assert_pools_full();
}

/* Two clients that ask for more than they get are served alike. */
static void
test_serves_clients_in_turn(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(1, 1024);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *busy = rte_assembler_client_open(a);
	struct rte_assembler_client *calm = rte_assembler_client_open(a);
	struct rte_assembler_worker *w = rte_assembler_worker_get(a, 0);

	(void)state;
	submit_some(busy, 1000);
	submit_some(calm, 10);
	assert_int_equal(rte_assembler_worker_poll(w), ASSEMBLER_BURST + 10);
	submit_some(calm, 40);
	assert_int_equal(rte_assembler_worker_poll(w), 2 * ASSEMBLER_BURST);
	rte_assembler_free(a);
	assert_pools_full();
}

/* Clients of very unequal demand, all of them served by one worker. */
#define NB_RIVALS 8

struct rival {
	struct rte_assembler_client *c;
	struct rte_assembler_client_stats stats;
	uint16_t demand; /* packets a round */
	uint16_t len;    /* of a packet */
	uint32_t longest_wait; /* rounds in a row with packets waiting and none served */
	uint32_t wait;
};

/* What of its demand its ring takes. */
static void
rival_submit(struct rival *r)
{
	struct rte_mbuf *pkts[128];
	uint16_t i, done;

	for (i = 0; i < r->demand; i++)
		pkts[i] = pkt_numbered(r->len, 1, i);
	done = rte_assembler_submit_burst(r->c, pkts, r->demand);
	rte_pktmbuf_free_bulk(pkts + done, r->demand - done);
}

static void
rival_collect(struct rival *r)
{
	const uint64_t before = r->stats.packets;
	struct rte_mbuf *pkts[128];

	rte_pktmbuf_free_bulk(pkts, rte_assembler_collect_burst(r->c, pkts, RTE_DIM(pkts)));
	rte_assembler_client_stats_get(r->c, &r->stats);
	r->wait = r->stats.packets == before ? r->wait + 1 : 0;
	r->longest_wait = RTE_MAX(r->longest_wait, r->wait);
}

/* Jain's index of the bytes served to those that were refused packets. */
static double
fairness(const struct rival *rivals, uint32_t *nb_greedy)
{
	double sum = 0, squares = 0, bytes;
	int i;

	*nb_greedy = 0;
	for (i = 0; i < NB_RIVALS; i++) {
		if (rivals[i].stats.ring_full == 0)
			continue;
		bytes = rivals[i].stats.bytes;
		sum += bytes;
		squares += bytes * bytes;
		(*nb_greedy)++;
	}
	return sum * sum / (*nb_greedy * squares);
}

static void
test_shares_bytes_fairly(void **state)
{
	/* The first two ask for less than the 1920 bytes of a round, some for many times that. */
	struct rival rivals[NB_RIVALS] = {
		{ .demand = 1, .len = 60 }, { .demand = 2, .len = 400 },
		{ .demand = 40, .len = 60 }, { .demand = 10, .len = 1500 },
		{ .demand = 100, .len = 60 }, { .demand = 50, .len = 110 },
		{ .demand = 100, .len = 200 }, { .demand = 100, .len = 1000 },
	};
	const struct rte_assembler_conf conf = worker_conf(1, 128);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_worker *w = rte_assembler_worker_get(a, 0);
	uint32_t nb_greedy;
	int i, round;

	(void)state;
	for (i = 0; i < NB_RIVALS; i++)
		rivals[i].c = rte_assembler_client_open(a);
	for (round = 0; round < 1000; round++) {
		for (i = 0; i < NB_RIVALS; i++)
			rival_submit(&rivals[i]);
		rte_assembler_worker_poll(w);
		for (i = 0; i < NB_RIVALS; i++)
			rival_collect(&rivals[i]);
	}
	assert_true(fairness(rivals, &nb_greedy) >= 0.99);
	assert_int_equal(nb_greedy, 6);
	for (i = 0; i < NB_RIVALS; i++)
		assert_int_equal(rivals[i].longest_wait, 0);
	/* Who asks for little gets all of it. */
	assert_int_equal(rivals[0].stats.packets, 1000);
	assert_int_equal(rivals[1].stats.bytes, 2000 * 400);
	rte_assembler_free(a);
	assert_pools_full();
}

/* A packet of many rounds' bytes is paid for in later rounds; nobody saves up while idle. */
static void
test_credit_is_bounded(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(1, 128);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_worker *w = rte_assembler_worker_get(a, 0);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *m = pkt_numbered(2000, 1, 0);
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(rte_assembler_worker_poll(w), 0);
	submit_some(c, 70);
	assert_int_equal(rte_assembler_worker_poll(w), 32);
	assert_int_equal(rte_assembler_worker_poll(w), 32);
	assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
	assert_int_equal(rte_assembler_worker_poll(w), 7);
	assert_int_equal(c->links[0].credit, ASSEMBLER_QUANTUM - 6 * 60 - 2000);
	submit_some(c, 40);
	assert_int_equal(rte_assembler_worker_poll(w), 25);
	rte_assembler_free(a);
	assert_pools_full();
}

/* The client that gets a slot counts from 0; the sums go on. */
static void
test_counts_each_client_by_itself(void **state)
{
	const struct rte_assembler_conf conf = worker_conf(0, 64);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_assembler_client_stats stats;
	struct rte_assembler_stats sum;
	struct rte_mbuf *m;

	(void)state;
	submit_some(c, 10);
	assert_int_equal(rte_assembler_flush(c), -EAGAIN);
	assert_int_equal(rte_assembler_collect_burst(c, &m, 1), 1);
	rte_pktmbuf_free(m);
	rte_assembler_client_stats_get(c, &stats);
	assert_int_equal(stats.packets, 10);
	assert_int_equal(stats.bytes, 600);
	assert_int_equal(stats.assembled, 10);
	assert_int_equal(stats.frames, 1);
	assert_int_equal(rte_assembler_flush(c), 0);
	assert_int_equal(rte_assembler_client_close(c), 0);
	assert_ptr_equal(rte_assembler_client_open(a), c);
	submit_some(c, 2);
	rte_assembler_client_stats_get(c, &stats);
	assert_int_equal(stats.packets, 2);
	assert_int_equal(stats.assembled + stats.frames + stats.bypassed, 0);
	rte_assembler_stats_get(a, &sum);
	assert_int_equal(sum.packets, 10);
	rte_assembler_free(a);
	assert_pools_full();
}

/* An IPv4 UDP packet, or with *fragment* a fragment of one, behind *tags* VLAN tags. */
static struct rte_mbuf *
udp_pkt(uint16_t port, bool fragment, int tags)
{
	uint8_t data[80] = { 2, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 9 };
	struct rte_ipv4_hdr ip = {
		.version_ihl = 0x45,
		.fragment_offset = fragment ? RTE_BE16(RTE_IPV4_HDR_MF_FLAG) : 0,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 1)),
		.dst_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 2)),
	};
	uint8_t *p = data + 12;

	while (tags-- > 0) {
		memcpy(p, "\x81\x00\x00\x05", 4);
		p += 4;
	}
	memcpy(p, "\x08\x00", 2);
	memcpy(p + 2, &ip, sizeof(ip));
	memcpy(p + 2 + sizeof(ip), &port, sizeof(port));
	return pkt_of(data, sizeof(data));
}

static uint32_t
udp_hash(uint16_t port, bool fragment, int tags)
{
	struct rte_mbuf *m = udp_pkt(port, fragment, tags);
	uint32_t hash = assembler_flow_hash(m);

	rte_pktmbuf_free(m);
	return hash;
}

static void
test_flow_hash_tells_flows_apart(void **state)
{
	uint32_t hits[4] = { 0 };
	struct rte_mbuf *m;
	uint16_t i;
	int tags;

	(void)state;
	for (tags = 0; tags <= 2; tags++) {
		assert_int_equal(udp_hash(7, false, tags), udp_hash(7, false, tags));
		assert_int_not_equal(udp_hash(7, false, tags), udp_hash(8, false, tags));
		assert_int_equal(udp_hash(7, true, tags), udp_hash(8, true, tags));
	}
	for (i = 0; i < 4000; i++) {
		m = udp_pkt(i, false, 0);
		hits[assembler_flow_worker(m, 4)]++;
		rte_pktmbuf_free(m);
	}
	for (i = 0; i < 4; i++)
		assert_in_range(hits[i], 700, 1300);
}

/* However short or cut up a packet is, the hash reads no further than its end. */
static void
test_flow_hash_bears_any_packet(void **state)
{
	uint8_t data[128];
	struct rte_mbuf *m, *cut;
	uint32_t len, i, round;

	(void)state;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < sizeof(data); i++)
			data[i] = rte_rand();
		memcpy(data + 12, round % 2 ? "\x08\x00" : "\x86\xDD", 2);
		for (len = 0; len <= sizeof(data); len++) {
			m = pkt_of(data, len);
			cut = pkt_segmented(data, len, 5);
			assert_int_equal(assembler_flow_hash(m), assembler_flow_hash(cut));
			assert_in_range(assembler_flow_worker(m, 3), 0, 2);
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(cut);
		}
	}
	assert_pools_full();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_one_worker_keeps_order),
	cmocka_unit_test(test_two_workers_keep_order_of_flows),
	cmocka_unit_test(test_tiny_rings_lose_nothing),
	cmocka_unit_test(test_takes_mbufs_of_any_pool),
	cmocka_unit_test(test_each_client_has_its_own_pools),
	cmocka_unit_test(test_clients_come_and_go),
	cmocka_unit_test(test_settings_change_under_load),
	cmocka_unit_test(test_backpressure_reaches_the_caller),
	cmocka_unit_test(test_worker_closes_on_time_idle_and_stop),
	cmocka_unit_test(test_worker_main_returns_when_stopped),
	cmocka_unit_test(test_workers_run_as_services),
	cmocka_unit_test(test_serves_clients_in_turn),
	cmocka_unit_test(test_shares_bytes_fairly),
	cmocka_unit_test(test_credit_is_bounded),
	cmocka_unit_test(test_counts_each_client_by_itself),
	cmocka_unit_test(test_flow_hash_tells_flows_apart),
	cmocka_unit_test(test_flow_hash_bears_any_packet),
};

TEST_SUITE(assembler_worker, tests)
