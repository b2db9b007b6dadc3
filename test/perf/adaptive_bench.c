/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What adaptive mode gains where traffic changes abruptly. The library's own code
 * serves a client, but packets, clock and trunk are simulated: each run gives the
 * same figures, on any machine. For each traffic it shows the best fixed hold time,
 * which is the one of the least mean delay among those that lose the fewest packets,
 * and adaptive mode with the same hold time. Nothing here passes or fails.
 *
 * adaptive_bench EAL-OPTIONS [-- all]     all: every hold time
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "assembler_private.h"

#define PKT_LEN 60
#define POLL_NS 1000     /* of the loop that receives, packs and sends */
#define RX_RING 512      /* packets that wait to be received; more are lost */
#define TX_RING 32       /* frames that wait for the trunk */
#define NB_ROUNDS 20     /* of the traffic */
#define MAX_PKTS (1 << 18)
#define WIRE_OVERHEAD 24 /* bytes for each frame */

/* Two kinds of random traffic that take turns, and a trunk. */
struct traffic {
	const char *name;
	double frame_ns; /* that a frame takes the trunk at least */
	double byte_ns;
	struct {
		double pps;
		double ms;
	} parts[2];
};

static const struct traffic traffics[] = {
	{ "1 k/s for 100 ms, 190 k/s for 2 ms; 100 Mb/s", 0, 80,
		{ { 1000, 100 }, { 190000, 2 } } },
	{ "1 k/s for 100 ms, 200 k/s for 2 ms; 20 k frames/s", 50000, 8,
		{ { 1000, 100 }, { 200000, 2 } } },
	{ "10 k/s for 50 ms, 300 k/s for 5 ms; 40 k frames/s", 25000, 8,
		{ { 10000, 50 }, { 300000, 5 } } },
	{ "5 k/s for 50 ms, 600 k/s for 5 ms; 20 k frames/s", 50000, 8,
		{ { 5000, 50 }, { 600000, 5 } } },
	{ "20 k/s for 20 ms, 200 k/s for 10 ms; 25 k frames/s", 40000, 8,
		{ { 20000, 20 }, { 200000, 10 } } },
};

static const uint32_t holds_us[] = { 0, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300 };

static struct rte_mempool *pkt_pool, *frame_pool;

static double arrivals[MAX_PKTS]; /* ns */
static uint32_t nb_arrivals;

static void
arrivals_make(const struct traffic *t)
{
	double at, end = 0;
	int round, part;

	srand48(1);
	nb_arrivals = 0;
	for (round = 0; round < NB_ROUNDS; round++) {
		for (part = 0; part < 2; part++) {
			at = end;
			end += t->parts[part].ms * 1e6;
			while ((at -= log(1 - drand48()) * 1e9 / t->parts[part].pps) < end)
				arrivals[nb_arrivals++] = at;
		}
	}
}

/* One run. */
struct run {
	const struct traffic *traffic;
	struct rte_assembler *a;
	struct rte_assembler_client *c;
	double now;               /* ns */
	double tx_end[TX_RING];   /* of the frames in the ring */
	double last_end;
	uint32_t tx_head, tx_tail;
	uint32_t next;            /* arrival */
	uint32_t nb_in, nb_out;   /* packets */
	uint32_t frames;
	double in[MAX_PKTS];      /* when each one that was received had arrived */
	double delays[MAX_PKTS];  /* us, to the end of its frame on the trunk */
};

static uint16_t
receive(struct run *r, struct rte_mbuf **pkts, uint16_t room)
{
	static const uint8_t data[PKT_LEN] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0,
			[PKT_LEN - 1] = 1 };
	uint16_t nb;

	while (r->next + RX_RING < nb_arrivals && arrivals[r->next + RX_RING] <= r->now)
		r->next++; /* lost */
	for (nb = 0; nb < room && r->next < nb_arrivals && arrivals[r->next] <= r->now; nb++) {
		pkts[nb] = rte_pktmbuf_alloc(pkt_pool);
		if (pkts[nb] == NULL)
			rte_exit(EXIT_FAILURE, "no mbufs\n");
		memcpy(rte_pktmbuf_append(pkts[nb], PKT_LEN), data, PKT_LEN);
		r->in[r->nb_in++] = arrivals[r->next++];
	}
	return nb;
}

/* What rte_assembler_submit_burst() does, at another time. */
static void
pack(struct run *r)
{
	struct assembler_link *link = &r->c->links[0];
	struct rte_mbuf *pkts[ASSEMBLER_BURST];
	const struct assembler_burst burst = { .pkts = pkts };
	struct assembler_turn turn;
	uint16_t nb;

	nb = receive(r, pkts, RTE_MIN(assembler_link_room(link), ASSEMBLER_BURST));
	assembler_turn_begin(&turn, r->c->scratch);
	turn.now = r->now * rte_get_tsc_hz() / 1e9;
	assembler_link_expire(link, false, &turn);
	if (nb != 0) {
		assembler_link_add(link, &burst, nb, &turn);
		assembler_link_expire(link, true, &turn);
	}
	assembler_turn_end(&turn, link);
}

static uint32_t
packets_of(const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	if (assembler_load_be16(frame + ASSEMBLER_ADDRS_LEN) != RTE_ASSEMBLER_ETHER_TYPE)
		return 1;
	return assembler_load_be16(frame + RTE_ETHER_HDR_LEN +
			offsetof(struct rte_assembler_hdr, count));
}

static void
transmit(struct run *r)
{
	const struct traffic *t = r->traffic;
	struct rte_mbuf *m;
	uint32_t nb;

	while (r->tx_tail != r->tx_head && r->tx_end[r->tx_tail % TX_RING] <= r->now)
		r->tx_tail++;
	while (r->tx_head - r->tx_tail < TX_RING &&
			rte_ring_sc_dequeue(r->c->links[0].done, (void **)&m) == 0) {
		r->last_end = RTE_MAX(r->last_end, r->now) +
				RTE_MAX((m->pkt_len + WIRE_OVERHEAD) * t->byte_ns, t->frame_ns);
		r->tx_end[r->tx_head++ % TX_RING] = r->last_end;
		r->frames++;
		for (nb = packets_of(m); nb != 0; nb--, r->nb_out++)
			r->delays[r->nb_out] = (r->last_end - r->in[r->nb_out]) / 1000;
		rte_pktmbuf_free(m);
	}
}

struct result {
	double mean, p50, p99, max;  /* us */
	double lost;                 /* percent */
	uint32_t frames;
};

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct result
evaluate(struct run *r)
{
	struct result result = { .frames = r->frames };
	uint32_t i;

	for (i = 0; i < r->nb_out; i++)
		result.mean += r->delays[i] / r->nb_out;
	qsort(r->delays, r->nb_out, sizeof(double), compare);
	result.p50 = r->delays[r->nb_out / 2];
	result.p99 = r->delays[r->nb_out / 100 * 99];
	result.max = r->delays[r->nb_out - 1];
	result.lost = 100.0 * (nb_arrivals - r->nb_out) / nb_arrivals;
	return result;
}

static struct result
run(const struct traffic *t, uint32_t hold_us, bool adaptive)
{
	const struct rte_ether_addr peer = { { 2, 0, 0, 0, 0, 2 } };
	struct rte_assembler_conf conf;
	static struct run r;

	memset(&r, 0, sizeof(r));
	r.traffic = t;
	rte_assembler_conf_default(&conf);
	conf.src = (struct rte_ether_addr){ { 2, 0, 0, 0, 0, 1 } };
	conf.frame_pool = frame_pool;
	conf.hold_us = hold_us;
	r.a = rte_assembler_create("adaptive", &conf);
	r.c = r.a != NULL ? rte_assembler_client_open(r.a) : NULL;
	if (r.c == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_assembler_peer_set(r.a, &peer);
	rte_assembler_adaptive_set(r.a, adaptive);
	for (r.now = 0; r.next < nb_arrivals || r.nb_out < r.nb_in; r.now += POLL_NS) {
		pack(&r);
		transmit(&r);
	}
	rte_assembler_free(r.a);
	return evaluate(&r);
}

static void
print(const char *mode, uint32_t hold_us, const struct result *r)
{
	printf("  %-8s %4u  %8.1f %8.1f %8.1f %8.1f  %6.2f %7u\n", mode, hold_us, r->mean, r->p50,
			r->p99, r->max, r->lost, r->frames);
}

static bool
is_better(const struct result *a, const struct result *b)
{
	return a->lost < b->lost || (a->lost == b->lost && a->mean < b->mean);
}

static void
traffic_run(const struct traffic *t, bool all)
{
	struct result fixed[RTE_DIM(holds_us)], adaptive[RTE_DIM(holds_us)];
	size_t i, best = 0;

	arrivals_make(t);
	printf("%s\n", t->name);
	for (i = 0; i < RTE_DIM(holds_us); i++) {
		fixed[i] = run(t, holds_us[i], false);
		adaptive[i] = run(t, holds_us[i], true);
		if (is_better(&fixed[i], &fixed[best]))
			best = i;
	}
	for (i = 0; i < RTE_DIM(holds_us); i++) {
		if (!all && i != best)
			continue;
		print("fixed", holds_us[i], &fixed[i]);
		print("adaptive", holds_us[i], &adaptive[i]);
	}
}

int
main(int argc, char **argv)
{
	int nb_eal = rte_eal_init(argc, argv);
	size_t i;

	if (nb_eal < 0)
		rte_exit(EXIT_FAILURE, "no EAL\n");
	pkt_pool = rte_pktmbuf_pool_create("pkts", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY);
	frame_pool = rte_pktmbuf_pool_create("frames", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY);
	if (pkt_pool == NULL || frame_pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	printf("delay in us to the end of the frame on the trunk; packets lost in percent\n"
			"  %-8s %4s  %8s %8s %8s %8s  %6s %7s\n", "mode", "hold", "mean", "p50",
			"p99", "max", "lost", "frames");
	for (i = 0; i < RTE_DIM(traffics); i++)
		traffic_run(&traffics[i], nb_eal + 1 < argc);
	return rte_eal_cleanup();
}
