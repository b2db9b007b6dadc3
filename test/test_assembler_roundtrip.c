/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "test_assembler_util.h"

/*
 * Random packets through an assembler and a disassembler of random settings:
 * what comes out is what went in, in order. The seed is printed; to repeat a
 * run, set it in TEST_SEED.
 */

#define NB_PKTS 700
#define NB_ROUNDS 400
#define MAX_BURST 80

struct expected {
	uint32_t len;
	uint8_t data[PKT_ROOM];
};

/* Packets on their way, oldest first. */
static struct expected expected[NB_PKTS];
static uint32_t nb_sent, nb_received;
/* One in so many bytes is random, the others are those of the packet before. */
static uint32_t randomness;

static uint32_t
random_in(uint32_t min, uint32_t max)
{
	return min + rte_rand_max(max - min + 1);
}

static uint32_t
random_len(void)
{
	switch (rte_rand_max(8)) {
	case 0:
		return random_in(14, 60);
	case 1:
		return random_in(200, 1514);
	case 2:
		return 60;
	default:
		return random_in(40, 220);
	}
}

static void
random_addrs(uint8_t *pkt)
{
	/* To and from the gateways themselves (OUTER), or one of a few hosts. */
	if (rte_rand_max(4) == 0) {
		memcpy(pkt, &test_peer, 6);
		memcpy(pkt + 6, &test_own, 6);
		return;
	}
	memset(pkt, 2, 12);
	pkt[4] = rte_rand_max(2);
	pkt[11] = rte_rand_max(2);
}

static struct rte_mbuf *
random_pkt(void)
{
	struct expected *e = &expected[nb_sent++];
	uint32_t len = random_len(), used, i;

	memset(e->data, 0, sizeof(e->data));
	used = rte_rand_max(3) == 0 ? random_in(14, len) : len;
	for (i = 0; i < used; i++)
		if (rte_rand_max(randomness) == 0)
			e->data[i] = rte_rand();
		else if (nb_sent > 1)
			e->data[i] = e[-1].data[i];
	random_addrs(e->data);
	e->data[12] = 0x08;
	e->len = RTE_MAX(len, 60u);
	return pkt_segmented(e->data, len, rte_rand_max(6) == 0 ? random_in(2, 5) : 1);
}

static void
check(struct rte_mbuf *m)
{
	const struct expected *e = &expected[nb_received++];
	uint16_t missing;

	assert_true(nb_received <= nb_sent);
	assert_int_equal(rte_pktmbuf_linearize(m), 0);
	/* A short packet that went natively is padded by the port. */
	missing = m->pkt_len < 60 ? 60 - m->pkt_len : 0;
	memset(rte_pktmbuf_append(m, missing), 0, missing);
	assert_int_equal(m->pkt_len, e->len);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), e->data, e->len);
	rte_pktmbuf_free(m);
}

static struct rte_assembler_conf
random_conf(void)
{
	struct rte_assembler_conf conf = assembler_conf();

	conf.max_frame = rte_rand_max(2) ? 1514 : random_in(60, FRAME_ROOM);
	conf.min_count = rte_rand_max(2) ? random_in(1, 5) : random_in(1, 64);
	conf.max_count = rte_rand_max(2) ? 0 : random_in(1, 100);
	conf.max_pkt = random_in(60, 1600);
	conf.ring_size = 64 << rte_rand_max(3);
	conf.idle_flush = rte_rand_max(2);
	conf.hold_us = rte_rand_max(3) ? random_in(0, 100) : 1000000;
	conf.lz4 = rte_assembler_has_lz4() && rte_rand_max(2);
	return conf;
}

/* From the assembler to the disassembler and from there to the check. */
static void
move(struct rte_assembler_client *c, struct rte_disassembler *d)
{
	struct rte_mbuf *frames[MAX_BURST], *pkts[MAX_BURST];
	uint16_t nb, i;

	nb = rte_assembler_collect_burst(c, frames, random_in(1, MAX_BURST));
	assert_int_equal(rte_disassembler_submit_burst(d, frames, nb), nb);
	do {
		nb = rte_disassembler_collect_burst(d, pkts, random_in(1, MAX_BURST));
		for (i = 0; i < nb; i++)
			check(pkts[i]);
	} while (nb != 0);
}

static void
round_trip(struct rte_assembler_client *c, struct rte_disassembler *d)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint16_t nb, done;

	nb_sent = 0;
	nb_received = 0;
	while (nb_sent < NB_PKTS) {
		for (nb = 0; nb < MAX_BURST && nb_sent < NB_PKTS && rte_rand_max(20) != 0; nb++)
			pkts[nb] = random_pkt();
		done = 0;
		do {
			done += rte_assembler_submit_burst(c, pkts + done, nb - done);
			if (done < nb || rte_rand_max(2))
				move(c, d);
		} while (done < nb);
	}
	while (rte_assembler_flush(c) != 0)
		move(c, d);
	assert_int_equal(nb_received, nb_sent);
}

static void
check_stats(struct rte_assembler *a, struct rte_disassembler *d)
{
	struct rte_disassembler_stats out;
	struct rte_assembler_stats in;
	uint64_t bypassed = 0;
	int i;

	rte_assembler_stats_get(a, &in);
	rte_disassembler_stats_get(d, &out);
	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		bypassed += in.bypassed[i];
	assert_int_equal(in.packets + bypassed, NB_PKTS);
	assert_int_equal(out.packets, in.packets);
	assert_int_equal(out.frames, in.frames);
	assert_int_equal(out.native, bypassed);
	assert_int_equal(out.lost_frames + out.late + out.duplicate + out.no_mbuf, 0);
	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++)
		assert_int_equal(out.dropped[i], 0);
}

static void
test_packets_survive_the_round_trip(void **state)
{
	const char *env = getenv("TEST_SEED");
	uint64_t seed = env != NULL ? strtoull(env, NULL, 0) : rte_rdtsc();
	struct rte_assembler_conf conf;
	struct rte_disassembler *d;
	struct rte_assembler *a;
	int i;

	(void)state;
	print_message("seed: %#lx\n", (unsigned long)seed);
	rte_srand(seed);
	for (i = 0; i < NB_ROUNDS; i++) {
		conf = random_conf();
		randomness = 1 << rte_rand_max(10);
		a = assembler_make(&conf);
		d = disassembler_make(1600);
		round_trip(rte_assembler_client_open(a), d);
		check_stats(a, d);
		rte_disassembler_free(d);
		rte_assembler_free(a);
		assert_pools_full();
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_packets_survive_the_round_trip),
};

TEST_SUITE(assembler_roundtrip, tests)
