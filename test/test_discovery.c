/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Gateways of assembler, disassembler and discovery, wired to each other by passing
 * mbufs. What control frames do is tested in test_control.c; here, what comes of it.
 */

#include <rte_assembler_discovery.h>

#include "assembler_private.h"
#include "test_assembler_util.h"

#define INTERVAL_MS 50
#define BURST 32
#define NB 3

struct gateway {
	struct rte_ether_addr addr;
	struct rte_assembler *assembler;
	struct rte_assembler_client *client;
	struct rte_disassembler *disassembler;
	struct rte_assembler_discovery *discovery;
	bool off;        /* neither hears nor speaks */
	uint32_t native; /* packets that came out of it */
	uint32_t out;    /* all packets */
};

static struct gateway g[NB];

static struct rte_assembler_discovery_conf
discovery_conf(int i)
{
	struct rte_assembler_discovery_conf conf;

	rte_assembler_discovery_conf_default(&conf);
	conf.own = g[i].addr;
	conf.pool = frame_pool();
	conf.assembler = g[i].assembler;
	conf.disassembler = g[i].disassembler;
	conf.interval_ms = INTERVAL_MS;
	conf.max_frame = 9014;
	return conf;
}

static void
gateway_on(int i, uint16_t max_peers)
{
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_disassembler_conf dconf;
	struct rte_assembler_discovery_conf cconf;
	char name[] = "gateway0";

	name[7] += i;
	g[i] = (struct gateway){ .addr = { { 0x02, 0, 0, 0, 0, 0x51 + i } } };
	conf.src = g[i].addr;
	conf.max_peers = max_peers;
	conf.max_dsts = max_peers;
	g[i].assembler = rte_assembler_create(name, &conf);
	assert_non_null(g[i].assembler);
	g[i].client = rte_assembler_client_open(g[i].assembler);
	rte_disassembler_conf_default(&dconf);
	dconf.own = g[i].addr;
	dconf.pkt_pool = pkt_pool();
	g[i].disassembler = rte_disassembler_create(name, &dconf);
	assert_non_null(g[i].disassembler);
	cconf = discovery_conf(i);
	g[i].discovery = rte_assembler_discovery_create(&cconf);
	assert_non_null(g[i].discovery);
}

static void
gateway_off(int i)
{
	rte_assembler_discovery_free(g[i].discovery);
	rte_assembler_free(g[i].assembler);
	rte_disassembler_free(g[i].disassembler);
	g[i] = (struct gateway){ .off = true };
}

static void
all_off(void)
{
	int i;

	for (i = 0; i < NB; i++)
		if (g[i].discovery != NULL)
			gateway_off(i);
	assert_pools_full();
}

/* What a gateway sends reaches all others, as on a wire. */
static void
to_others(int from, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;
	int i;

	for (i = 0; i < NB; i++) {
		if (i == from || g[i].discovery == NULL || g[i].off || g[from].off)
			continue;
		copy = rte_pktmbuf_copy(m, frame_pool(), 0, UINT32_MAX);
		assert_non_null(copy);
		assert_int_equal(rte_disassembler_submit_burst(g[i].disassembler, &copy, 1), 1);
	}
	rte_pktmbuf_free(m);
}

static void
collect(int i)
{
	struct rte_disassembler_stats before, after;
	struct rte_mbuf *pkts[BURST];
	uint16_t nb;

	rte_disassembler_stats_get(g[i].disassembler, &before);
	while ((nb = rte_disassembler_collect_burst(g[i].disassembler, pkts, BURST)) != 0) {
		g[i].out += nb;
		rte_pktmbuf_free_bulk(pkts, nb);
	}
	rte_disassembler_stats_get(g[i].disassembler, &after);
	g[i].native += after.native - before.native;
}

static void
turn(void)
{
	struct rte_mbuf *frames[BURST];
	uint16_t nb, j;
	int i;

	for (i = 0; i < NB; i++) {
		if (g[i].discovery == NULL)
			continue;
		nb = rte_assembler_discovery_poll(g[i].discovery, frames, BURST);
		for (j = 0; j < nb; j++)
			to_others(i, frames[j]);
		collect(i);
	}
}

static enum rte_assembler_peer_state
state_of(int i, const struct rte_ether_addr *addr)
{
	struct rte_assembler_discovery_peer peers[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
	uint16_t nb, j;

	nb = rte_assembler_discovery_peers_get(g[i].discovery, peers, RTE_DIM(peers));
	for (j = 0; j < nb; j++)
		if (rte_is_same_ether_addr(&peers[j].addr, addr))
			return peers[j].state;
	return RTE_ASSEMBLER_PEER_NONE;
}

/* Nothing here is a matter of time but this: other load must not fail a test. */
static void
wait_until(int i, const struct rte_ether_addr *addr, enum rte_assembler_peer_state state)
{
	const uint64_t end = rte_rdtsc() + 30 * rte_get_tsc_hz();

	while (state_of(i, addr) != state) {
		assert_true(rte_rdtsc() < end);
		turn();
	}
}

static bool
all_up(void)
{
	int i, j;

	for (i = 0; i < NB; i++)
		for (j = 0; j < NB; j++)
			if (i != j && g[i].discovery != NULL && g[j].discovery != NULL &&
					state_of(i, &g[j].addr) != RTE_ASSEMBLER_PEER_UP)
				return false;
	return true;
}

/* All at one time: a machine that stands still for a moment makes them silent. */
static void
wait_until_all_are_up(void)
{
	const uint64_t end = rte_rdtsc() + 30 * rte_get_tsc_hz();

	while (!all_up()) {
		assert_true(rte_rdtsc() < end);
		turn();
	}
}

/* Twelve packets of *flow* in at *from*. Returns how many frames leave it. */
static uint16_t
send_12(int from, uint16_t flow, struct rte_mbuf *frames[BURST])
{
	uint16_t i, nb = 0;

	for (i = 0; i < 12; i++)
		frames[i] = pkt_numbered(60, flow, i);
	assert_int_equal(rte_assembler_submit_burst(g[from].client, frames, 12), 12);
	while (rte_assembler_flush(g[from].client) != 0)
		nb += rte_assembler_collect_burst(g[from].client, frames + nb, BURST - nb);
	return nb;
}

/* How many of the twelve come out at *to* in assembled frames? */
static uint32_t
receive_12(int from, int to, struct rte_mbuf **frames, uint16_t nb)
{
	const uint32_t out = g[to].out, native = g[to].native;
	uint16_t i;
	int j;

	for (i = 0; i < nb; i++)
		to_others(from, frames[i]);
	for (j = 0; j < NB; j++)
		if (g[j].discovery != NULL)
			collect(j);
	assert_int_equal(g[to].out - out, 12);
	return 12 - (g[to].native - native);
}

static uint32_t
assembled_of_12(int from, int to, uint16_t flow)
{
	struct rte_mbuf *frames[BURST];
	const uint16_t nb = send_12(from, flow, frames);

	return receive_12(from, to, frames, nb);
}

static void
test_assembles_only_for_who_answers(void **state)
{
	struct rte_ether_addr peer;

	(void)state;
	gateway_on(0, 0);
	gateway_on(1, 0);
	g[1].off = true;
	turn();
	peer = g[1].addr;
	assert_int_equal(state_of(0, &peer), RTE_ASSEMBLER_PEER_NONE);
	g[1].off = false;
	assert_int_equal(assembled_of_12(0, 1, 7), 0);
	wait_until_all_are_up();
	assert_int_equal(assembled_of_12(0, 1, 7), 12);
	assert_int_equal(assembled_of_12(1, 0, 7), 12);
	/* Silent, and back. */
	g[1].off = true;
	wait_until(0, &peer, RTE_ASSEMBLER_PEER_SILENT);
	g[1].off = false;
	assert_int_equal(assembled_of_12(0, 1, 7), 0);
	wait_until_all_are_up();
	assert_int_equal(assembled_of_12(0, 1, 7), 12);
	all_off();
}

static void
test_leaves_with_a_word(void **state)
{
	struct rte_mbuf *frames[BURST];
	uint16_t nb;

	(void)state;
	gateway_on(0, 0);
	gateway_on(1, 0);
	wait_until_all_are_up();
	nb = send_12(1, 7, frames);
	rte_assembler_discovery_leave(g[1].discovery);
	turn();
	turn();
	assert_int_equal(state_of(0, &g[1].addr), RTE_ASSEMBLER_PEER_LEFT);
	assert_int_equal(assembled_of_12(0, 1, 7), 0);
	/* What it sent before may come after its BYE. */
	assert_int_equal(receive_12(1, 0, frames, nb), 12);
	/* Who the peer is remains for the discovery to say. */
	assert_int_equal(rte_assembler_peer_set(g[1].assembler, &g[0].addr), -EBUSY);
	assert_int_equal(assembled_of_12(1, 0, 7), 0);
	gateway_off(1);
	gateway_on(1, 0);
	wait_until_all_are_up();
	assert_int_equal(assembled_of_12(0, 1, 7), 12);
	all_off();
}

/* Nobody can tell which of two peers a destination is behind, unless it was told. */
static void
test_two_peers_need_a_table(void **state)
{
	const struct rte_ether_addr dst = { { 0x02, 0, 0, 0xA, 0, 9 } }; /* flow 9's */

	(void)state;
	gateway_on(0, 4);
	gateway_on(1, 0);
	wait_until_all_are_up();
	gateway_on(2, 0);
	/* One that is added later is known when it answers. */
	assert_int_equal(rte_assembler_peer_add(g[0].assembler, &dst, &g[2].addr), 0);
	assert_int_equal(assembled_of_12(0, 1, 7), 12);
	assert_int_equal(assembled_of_12(0, 2, 9), 0);
	wait_until_all_are_up();
	assert_int_equal(assembled_of_12(0, 1, 7), 0);
	assert_int_equal(assembled_of_12(0, 2, 9), 12);
	rte_assembler_discovery_leave(g[2].discovery);
	wait_until(0, &g[2].addr, RTE_ASSEMBLER_PEER_LEFT);
	assert_int_equal(assembled_of_12(0, 1, 7), 12);
	assert_int_equal(assembled_of_12(0, 2, 9), 0);
	all_off();
}

/* A peer that takes another one's place in the table is told of at once, not with the next news. */
static void
test_tells_of_a_peer_in_anothers_place(void **state)
{
	const struct rte_ether_addr dst = { { 0x02, 0, 0, 0xA, 0, 9 } }; /* flow 9's */
	int i;

	(void)state;
	gateway_on(0, 1);
	gateway_on(1, 0);
	gateway_on(2, 0);
	wait_until_all_are_up();
	for (i = 1; i <= 4; i++) {
		assert_int_equal(rte_assembler_peer_add(g[0].assembler, &dst,
				&g[1 + i % 2].addr), 0);
		turn();
		wait_until_all_are_up();
		assert_int_equal(assembled_of_12(0, 1 + i % 2, 9), 12);
		assert_int_equal(rte_assembler_peer_del(g[0].assembler, &dst), 0);
	}
	all_off();
}

/* Without a discovery no peer of its is known, until it is named once more. */
static void
test_leaves_no_peer_behind(void **state)
{
	const struct rte_ether_addr dst = { { 0x02, 0, 0, 0xA, 0, 9 } }; /* flow 9's */
	struct rte_assembler_discovery *d;

	(void)state;
	gateway_on(0, 1);
	gateway_on(1, 0);
	assert_int_equal(rte_assembler_peer_add(g[0].assembler, &dst, &g[1].addr), 0);
	wait_until_all_are_up();
	assert_int_equal(assembled_of_12(0, 1, 9), 12);
	d = g[0].discovery;
	rte_assembler_discovery_free(d);
	assert_int_equal(assembled_of_12(0, 1, 7), 0);
	assert_int_equal(assembled_of_12(0, 1, 9), 0);
	assert_int_equal(rte_assembler_peer_add(g[0].assembler, &dst, &g[1].addr), 0);
	assert_int_equal(assembled_of_12(0, 1, 7), 0);
	assert_int_equal(assembled_of_12(0, 1, 9), 12);
	assert_int_equal(rte_assembler_peer_set(g[0].assembler, &g[1].addr), 0);
	assert_int_equal(assembled_of_12(0, 1, 7), 12);
	g[0].discovery = NULL;
	rte_assembler_free(g[0].assembler);
	rte_disassembler_free(g[0].disassembler);
	all_off();
}

/* What the assembler of g[0] knows of a peer: what the discovery says of that address. */
static void
check_peer_told(uint16_t number, const struct rte_assembler_discovery_peer *peers, uint16_t nb)
{
	const struct assembler_peer_now *now = &g[0].assembler->peers[number];
	const union assembler_peer p = { .word = now->peer };
	const union assembler_limits limits = { .word = now->limits };
	uint16_t i;

	for (i = 0; i < nb; i++)
		if (peers[i].state == RTE_ASSEMBLER_PEER_UP &&
				rte_is_same_ether_addr(&peers[i].addr, &p.addr))
			break;
	if (p.known != (i < nb))
		fail_msg("peer %u", number);
	if (i == nb)
		return;
	assert_int_equal(limits.given, 1);
	assert_int_equal(limits.max_frame, peers[i].max_frame);
	assert_int_equal(limits.max_count, peers[i].max_count);
	assert_int_equal(limits.lz4, peers[i].lz4);
}

static void
check_told(void)
{
	struct rte_assembler_discovery_peer peers[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
	uint16_t nb = rte_assembler_discovery_peers_get(g[0].discovery, peers, RTE_DIM(peers));
	const union assembler_peer p = { .word = g[0].assembler->peers[0].peer };
	uint16_t i, nb_up = 0;

	for (i = 0; i < nb; i++)
		nb_up += peers[i].state == RTE_ASSEMBLER_PEER_UP;
	assert_int_equal(p.known, nb_up == 1);
	for (i = nb_up == 1 ? 0 : 1; i <= g[0].assembler->nb_peers; i++)
		check_peer_told(i, peers, nb);
}

static void
random_step(void)
{
	struct rte_assembler_sizes sizes = { 1514, 0, 3, 200 };
	const struct rte_ether_addr dst = { { 0x02, 0, 0, 0xA, 0, rte_rand_max(4) } };
	const struct rte_ether_addr peer = { { 0x02, 0, 0, 0, 0, 0x51 + rte_rand_max(NB) } };
	const int i = 1 + rte_rand_max(NB - 1);
	struct rte_assembler_discovery_conf conf;

	switch (rte_rand_max(7)) {
	case 0:
		(void)rte_assembler_peer_add(g[0].assembler, &dst, &peer);
		break;
	case 1:
		(void)rte_assembler_peer_del(g[0].assembler, &dst);
		break;
	case 2:
		sizes.max_frame = 60 + rte_rand_max(9000);
		assert_int_equal(rte_assembler_sizes_set(g[0].assembler, &sizes), 0);
		break;
	case 3:
		g[i].off = !g[i].off;
		break;
	case 4:
		rte_assembler_discovery_leave(g[i].discovery);
		break;
	case 5:
		gateway_off(i);
		gateway_on(i, 0);
		break;
	default:
		rte_assembler_discovery_free(g[0].discovery);
		conf = discovery_conf(0);
		g[0].discovery = rte_assembler_discovery_create(&conf);
		assert_non_null(g[0].discovery);
	}
}

/* Whatever happens, and in whatever order, the assembler is told all of it. */
static void
test_tells_all_it_knows(void **state)
{
	const char *env = getenv("TEST_SEED");
	const uint64_t seed = env != NULL ? strtoull(env, NULL, 0) : rte_rdtsc();
	uint32_t step, up = 0;

	(void)state;
	print_message("seed: %#lx\n", (unsigned long)seed);
	rte_srand(seed);
	gateway_on(0, 2);
	gateway_on(1, 0);
	gateway_on(2, 0);
	for (step = 0; step < 1000; step++) {
		random_step();
		turn();
		turn();
		check_told();
		up += state_of(0, &g[1].addr) == RTE_ASSEMBLER_PEER_UP;
	}
	assert_int_not_equal(up, 0);
	all_off();
}

static struct rte_mbuf *
frame_mbuf(const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool());

	memcpy(rte_pktmbuf_append(m, len), data, len);
	return m;
}

/* A good HELLO of a stranger to g[0], or to everybody. */
static uint32_t
hello_write(uint8_t *frame, bool to_all, uint8_t last)
{
	const uint8_t payload[] = { 1, 12, 1, 1, 0x11, 0, 0x05, 0xEA, 0xFF, 0xFF, 0xBE, 0xEF, 0,
			INTERVAL_MS };
	struct rte_assembler_hdr hdr = header_make(sizeof(payload), 1, 0xC00, 0, 0xBEEF);
	const struct rte_ether_addr src = { { 0x02, 0, 0, 0, 0x99, last } };
	uint32_t len;

	hdr.flags = RTE_ASSEMBLER_FLAG_CTRL;
	len = frame_write(frame, &src, hdr, payload, sizeof(payload));
	memcpy(frame, &g[0].addr, 6);
	if (to_all)
		memset(frame, 0xFF, 6);
	return len;
}

static void
test_reads_good_control_frames_of_strangers_only(void **state)
{
	const struct rte_ether_addr stranger = { { 0x02, 0, 0, 0, 0x99, 1 } };
	struct rte_disassembler_stats before, after;
	struct rte_mbuf *m;
	uint8_t frame[128];
	uint32_t len, i;

	(void)state;
	gateway_on(0, 0);
	for (i = 0; i < 6; i++) {
		len = hello_write(frame, i & 1, 1);
		/* A fault, and a frame that carries packets. */
		if (i < 2)
			frame[30]++;
		else if (i < 4)
			frame[15] = 0;
		if (i < 4)
			frame_fix_checksum(frame);
		if (i == 1)
			frame[29] ^= 1;
		m = frame_mbuf(frame, len);
		rte_disassembler_stats_get(g[0].disassembler, &before);
		assert_int_equal(rte_disassembler_submit_burst(g[0].disassembler, &m, 1), 1);
		rte_disassembler_stats_get(g[0].disassembler, &after);
		if (i == 3)
			assert_one_counter(&before, &after, &after.not_mine);
		else if (i < 3)
			assert_one_counter(&before, &after,
					&after.dropped[RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER]);
		else
			assert_one_counter(&before, &after, &after.control);
	}
	turn();
	assert_int_equal(state_of(0, &stranger), RTE_ASSEMBLER_PEER_HEARD);
	all_off();
}

/* A discovery that comes after another one on the same assembler is a new life to its peers. */
static void
test_one_comes_after_another(void **state)
{
	struct rte_assembler_discovery_stats before, after;
	struct rte_assembler_discovery_conf conf;
	struct rte_disassembler_stats sums;
	int i, round;

	(void)state;
	gateway_on(0, 0);
	gateway_on(1, 0);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 5; i++)
			turn();
		assert_int_equal(state_of(0, &g[1].addr), RTE_ASSEMBLER_PEER_UP);
		assert_int_equal(state_of(1, &g[0].addr), RTE_ASSEMBLER_PEER_UP);
		rte_assembler_discovery_leave(g[0].discovery);
		turn();
		assert_int_equal(state_of(1, &g[0].addr), RTE_ASSEMBLER_PEER_LEFT);
		rte_assembler_discovery_free(g[0].discovery);
		conf = discovery_conf(0);
		g[0].discovery = rte_assembler_discovery_create(&conf);
		assert_non_null(g[0].discovery);
		rte_assembler_discovery_stats_get(g[1].discovery, &before);
		turn();
		rte_assembler_discovery_stats_get(g[1].discovery, &after);
		assert_true(after.received > before.received);
		assert_int_equal(after.stale, before.stale);
	}
	rte_disassembler_stats_get(g[1].disassembler, &sums);
	assert_int_equal(sums.duplicate, 0);
	all_off();
}

static void
test_works_without_a_disassembler(void **state)
{
	struct rte_assembler_discovery_stats stats;
	struct rte_assembler_discovery_conf conf;
	struct rte_mbuf *m, *frames[BURST];
	uint8_t frame[128];
	uint16_t nb, i;
	uint32_t len;

	(void)state;
	gateway_on(0, 0);
	gateway_on(1, 0);
	rte_assembler_discovery_free(g[0].discovery);
	conf = discovery_conf(0);
	conf.disassembler = NULL;
	g[0].discovery = rte_assembler_discovery_create(&conf);
	len = hello_write(frame, true, 1);
	m = frame_mbuf(frame, len);
	assert_true(rte_assembler_discovery_receive(g[0].discovery, m));
	frame[0] = 2;
	m = frame_mbuf(frame, len);
	assert_false(rte_assembler_discovery_receive(g[0].discovery, m));
	rte_pktmbuf_free(m);
	m = pkt_numbered(60, 1, 1);
	assert_false(rte_assembler_discovery_receive(g[0].discovery, m));
	rte_pktmbuf_free(m);
	m = frame_mbuf(frame, 0);
	assert_false(rte_assembler_discovery_receive(g[0].discovery, m));
	rte_pktmbuf_free(m);
	rte_assembler_discovery_stats_get(g[0].discovery, &stats);
	assert_int_equal(stats.received, 1);
	/* It says HELLO to all and to the stranger, and answers nothing. */
	nb = rte_assembler_discovery_poll(g[0].discovery, frames, BURST);
	assert_int_equal(nb, 2);
	for (i = 0; i < nb; i++)
		assert_int_equal(rte_be_to_cpu_16(frame_header(frames[i]).count), 1);
	rte_pktmbuf_free_bulk(frames, nb);
	all_off();
}

static void
test_refuses_what_cannot_work(void **state)
{
	struct rte_assembler_discovery_conf good, conf;
	struct rte_disassembler_conf dconf;
	struct rte_disassembler *other;
	int i;

	(void)state;
	gateway_on(0, 0);
	good = discovery_conf(0);
	assert_null(rte_assembler_discovery_create(&good));
	assert_int_equal(rte_errno, EBUSY);
	/* What its users are to others, and what they take for assembled frames, is the same. */
	gateway_on(1, 0);
	rte_disassembler_conf_default(&dconf);
	dconf.own = g[0].addr;
	dconf.pkt_pool = pkt_pool();
	dconf.ether_type = RTE_ASSEMBLER_ETHER_TYPE + 1;
	other = rte_disassembler_create("other", &dconf);
	assert_non_null(other);
	for (i = 0; i < 10; i++) {
		conf = good;
		if (i == 0)
			memset(&conf.own, 0xFF, 6);
		else if (i == 7)
			conf.disassembler = other;
		else if (i == 8)
			conf.disassembler = g[1].disassembler;
		else if (i == 9)
			conf.assembler = g[1].assembler;
		else if (i == 1)
			conf.pool = NULL;
		else if (i == 2)
			conf.assembler = NULL, conf.disassembler = NULL;
		else if (i == 3)
			conf.max_peers = RTE_ASSEMBLER_DISCOVERY_MAX_PEERS + 1;
		else if (i == 4)
			conf.interval_ms = 9;
		else if (i == 5)
			conf.max_frame = 59;
		else
			conf.max_count = 0;
		assert_null(rte_assembler_discovery_create(&conf));
		assert_int_equal(rte_errno, EINVAL);
	}
	rte_assembler_discovery_free(NULL);
	rte_disassembler_free(other);
	assert_string_equal(rte_assembler_peer_state_name(RTE_ASSEMBLER_PEER_SILENT), "silent");
	assert_null(rte_assembler_peer_state_name(RTE_ASSEMBLER_PEER_MAX));
	all_off();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_assembles_only_for_who_answers),
	cmocka_unit_test(test_leaves_with_a_word),
	cmocka_unit_test(test_two_peers_need_a_table),
	cmocka_unit_test(test_tells_of_a_peer_in_anothers_place),
	cmocka_unit_test(test_leaves_no_peer_behind),
	cmocka_unit_test(test_tells_all_it_knows),
	cmocka_unit_test(test_reads_good_control_frames_of_strangers_only),
	cmocka_unit_test(test_one_comes_after_another),
	cmocka_unit_test(test_works_without_a_disassembler),
	cmocka_unit_test(test_refuses_what_cannot_work),
};
TEST_SUITE(discovery, tests)
