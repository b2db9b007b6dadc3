/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_private.h"
#include "test_assembler_lcores.h"
#include "test_assembler_util.h"

/* Several peers, and several classes of each. */

#define BURST 32
#define NB_PEERS 5 /* besides the default one */
#define NB_FLOWS 16

/* Peer 0 is the default one, which other suites call test_peer. */
static struct rte_ether_addr
peer_addr(uint16_t peer)
{
	struct rte_ether_addr addr = test_peer;

	addr.addr_bytes[3] = peer >> 8;
	addr.addr_bytes[4] = peer;
	return addr;
}

/* The destination of pkt_fill()'s packets. */
static struct rte_ether_addr
flow_dst(uint16_t flow)
{
	return (struct rte_ether_addr){ { 0x02, 0, 0, 0xA, flow >> 8, flow } };
}

static int
flow_to_peer(struct rte_assembler *a, uint16_t flow, uint16_t peer)
{
	const struct rte_ether_addr dst = flow_dst(flow), addr = peer_addr(peer);

	return rte_assembler_peer_add(a, &dst, &addr);
}

static struct rte_assembler_conf
peers_conf(uint16_t max_peers, uint16_t nb_classes)
{
	struct rte_assembler_conf conf = assembler_conf();

	conf.max_peers = max_peers;
	conf.max_dsts = RTE_MAX(max_peers, 64);
	conf.nb_classes = nb_classes;
	return conf;
}

static void
submit(struct rte_assembler_client *c, struct rte_mbuf *m)
{
	assert_int_equal(rte_assembler_submit_burst(c, &m, 1), 1);
}

static uint16_t
stream_of(const struct rte_mbuf *m)
{
	return rte_be_to_cpu_16(frame_header(m).stream);
}

static bool
is_to(const struct rte_mbuf *m, uint16_t peer)
{
	const struct rte_ether_addr addr = peer_addr(peer);

	return memcmp(rte_pktmbuf_mtod(m, void *), &addr, sizeof(addr)) == 0;
}

/* Packets of six flows in turn: each peer gets one frame with those of its flows. */
static void
test_each_peer_has_its_frame(void **state)
{
	const struct rte_assembler_conf conf = peers_conf(2, 1);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *frames[4];
	int i, j, seq;

	(void)state;
	/* Flows 0 and 1: default peer, 2 and 3: peer 1, 4 and 5: peer 2. */
	for (i = 2; i < 6; i++)
		assert_int_equal(flow_to_peer(a, i, i / 2), 0);
	for (seq = 0; seq < 3; seq++) {
		for (i = 0; i < 24; i++)
			submit(c, pkt_numbered(60, i % 6, i));
		assert_int_equal(rte_assembler_flush(c), -EAGAIN);
		assert_int_equal(rte_assembler_collect_burst(c, frames, 4), 3);
		for (j = 0; j < 3; j++) {
			assert_true(is_to(frames[j], j));
			assert_int_equal(rte_be_to_cpu_16(frame_header(frames[j]).count), 8);
			assert_int_equal(rte_be_to_cpu_32(frame_header(frames[j]).seq), seq);
			assert_int_equal(stream_of(frames[j]),
					j == 0 ? 0 : ASSEMBLER_STREAM_NUMBERED);
		}
		rte_pktmbuf_free_bulk(frames, 3);
	}
	rte_assembler_free(a);
	assert_pools_full();
}

/*
 * The default peer may be one that destinations name, too: with a discovery it is the
 * only one that answers. The receiver has both streams apart.
 */
static void
test_default_peer_may_have_destinations(void **state)
{
	const struct rte_assembler_conf conf = peers_conf(1, 2);
	const struct rte_ether_addr dst = flow_dst(1);
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_disassembler_stats stats;
	struct rte_mbuf *frames[4];
	uint16_t nb;
	int i;

	(void)state;
	assert_int_equal(rte_assembler_peer_add(a, &dst, &test_peer), 0);
	for (i = 0; i < 30; i++) {
		submit(c, pkt_numbered(60, i % 2, i));
		if (i % 10 == 9)
			rte_assembler_flush(c);
		nb = rte_assembler_collect_burst(c, frames, 4);
		assert_int_equal(rte_disassembler_submit_burst(d, frames, nb), nb);
	}
	rte_disassembler_stats_get(d, &stats);
	assert_int_equal(stats.duplicate + stats.late + stats.lost_frames, 0);
	for (i = 0; i < 30; i++) {
		assert_int_equal(rte_disassembler_collect_burst(d, frames, 1), 1);
		rte_pktmbuf_free(frames[0]);
	}
	rte_assembler_free(a);
	rte_disassembler_free(d);
	assert_pools_full();
}

static void
test_destination_changes_its_peer(void **state)
{
	const struct rte_assembler_conf conf = peers_conf(2, 1);
	const struct rte_ether_addr dst = flow_dst(1);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *m;
	const uint16_t peers[] = { 0, 1, 2, 0 };
	uint32_t i, j;

	(void)state;
	assert_int_equal(rte_assembler_peer_del(a, &dst), -ENOENT);
	for (i = 0; i < RTE_DIM(peers); i++) {
		if (peers[i] != 0)
			assert_int_equal(flow_to_peer(a, 1, peers[i]), 0);
		else if (i != 0)
			assert_int_equal(rte_assembler_peer_del(a, &dst), 0);
		for (j = 0; j < 3; j++)
			submit(c, pkt_numbered(60, 1, j));
		rte_assembler_flush(c);
		assert_int_equal(rte_assembler_collect_burst(c, &m, 1), 1);
		assert_true(is_to(m, peers[i]));
		rte_pktmbuf_free(m);
	}
	rte_assembler_free(a);
	assert_pools_full();
}

/* Longest frame and most packets in one, of all that come out; native packets count too. */
static void
assert_frames(struct rte_assembler_client *c, uint32_t nb_natively, uint32_t nb_frames,
		uint32_t max_len, uint32_t max_count)
{
	struct rte_mbuf *pkts[64];
	uint32_t frames = 0, native = 0, longest = 0, most = 0, n;
	uint16_t nb, i;

	rte_assembler_flush(c);
	nb = rte_assembler_collect_burst(c, pkts, 64);
	for (i = 0; i < nb; i++) {
		native += !is_assembled(pkts[i]);
		if (!is_assembled(pkts[i]))
			continue;
		n = rte_be_to_cpu_16(frame_header(pkts[i]).count);
		frames++;
		most = RTE_MAX(most, n);
		longest = RTE_MAX(longest, pkts[i]->pkt_len);
	}
	rte_pktmbuf_free_bulk(pkts, nb);
	assert_int_equal(native, nb_natively);
	assert_int_equal(frames, nb_frames);
	assert_int_equal(longest, max_len);
	assert_int_equal(most, max_count);
}

/* 32 packets of 60 bytes: 50 in a frame, the first one 62; both headers are 30. */
static void
test_keeps_to_what_a_peer_says(void **state)
{
	static const struct {
		union assembler_limits limits;
		uint16_t known, native, frames, max_len, max_count;
	} rows[] = {
		{ { .given = 1, .max_frame = 16384, .max_count = UINT16_MAX }, 1, 0, 2, 1492, 29 },
		{ { .given = 1, .max_frame = 1000, .max_count = UINT16_MAX }, 1, 0, 2, 992, 19 },
		{ { .given = 1, .max_frame = 1514, .max_count = 16 }, 1, 0, 2, 842, 16 },
		{ { .given = 1, .max_frame = 1514, .max_count = 2 }, 1, 32, 0, 0, 0 },
		{ { .given = 1, .max_frame = 60, .max_count = 16 }, 1, 32, 0, 0, 0 },
		{ { .given = 0 }, 1, 0, 2, 1492, 29 },
		{ { .given = 0 }, 0, 32, 0, 0, 0 },
	};
	const struct rte_assembler_conf conf = assembler_conf();
	union assembler_peer peer = { .addr = test_peer };
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	uint32_t i, row;

	(void)state;
	for (row = 0; row < RTE_DIM(rows); row++) {
		peer.known = rows[row].known;
		assembler_peer_write(a, 0, peer, &rows[row].limits);
		for (i = 0; i < 32; i++)
			submit(c, pkt_numbered(60, 1, i));
		assert_frames(c, rows[row].native, rows[row].frames, rows[row].max_len,
				rows[row].max_count);
	}
	rte_assembler_free(a);
	assert_pools_full();
}

static void
test_refuses_too_many_peers(void **state)
{
	const struct rte_assembler_conf conf = peers_conf(2, 1);
	const struct rte_assembler_conf none = assembler_conf();
	const struct rte_ether_addr group = { { 1 } };
	struct rte_assembler *a = assembler_make(&conf);

	(void)state;
	assert_int_equal(flow_to_peer(a, 1, 1), 0);
	assert_int_equal(flow_to_peer(a, 2, 2), 0);
	assert_int_equal(flow_to_peer(a, 3, 2), 0);
	assert_int_equal(flow_to_peer(a, 3, 3), -ENOSPC);
	assert_int_equal(rte_assembler_peer_add(a, &group, &group), -EINVAL);
	assert_int_equal(rte_assembler_class_set(a, 1, 10), -EINVAL);
	assert_int_equal(rte_assembler_class_set(a, 0, 1000001), -EINVAL);
	assert_int_equal(rte_assembler_peer_set(a, &group), -EINVAL);
	rte_assembler_free(a);
	a = assembler_make(&none);
	assert_int_equal(flow_to_peer(a, 1, 1), -EINVAL);
	rte_assembler_free(a);
}

/* A table has room for what it was made for, whatever the addresses. */
static void
test_table_takes_all_destinations(void **state)
{
	struct rte_assembler_conf conf = peers_conf(RTE_ASSEMBLER_MAX_PEERS, 1);
	struct rte_ether_addr dst, peer;
	struct rte_assembler *a;
	uint32_t i, round;

	(void)state;
	conf.max_dsts = RTE_ASSEMBLER_MAX_PEERS;
	for (round = 0; round < 4; round++) {
		a = assembler_make(&conf);
		for (i = 0; i <= conf.max_dsts; i++) {
			rte_eth_random_addr(dst.addr_bytes);
			peer = peer_addr(1 + i % RTE_ASSEMBLER_MAX_PEERS);
			assert_int_equal(rte_assembler_peer_add(a, &dst, &peer),
					i < conf.max_dsts ? 0 : -ENOSPC);
		}
		rte_assembler_free(a);
	}
}

static void
flow_to_default(struct rte_assembler *a, uint16_t flow)
{
	const struct rte_ether_addr dst = flow_dst(flow);

	assert_int_equal(rte_assembler_peer_del(a, &dst), 0);
}

/* Three packets of *flow*, which come out of *d* as they went in. */
static void
pass_frame(struct rte_assembler_client *c, uint16_t flow, struct rte_disassembler *d)
{
	struct rte_mbuf *m;
	uint32_t i, nb;

	for (i = 0; i < 3; i++)
		submit(c, pkt_numbered(60, flow, i));
	assert_int_equal(rte_assembler_flush(c), -EAGAIN);
	assert_int_equal(rte_assembler_collect_burst(c, &m, 1), 1);
	assert_true(is_assembled(m));
	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(rte_disassembler_collect_burst(d, &m, 1), 1);
		assert_int_equal(pkt_check(m, &nb), flow);
		assert_int_equal(nb, i);
	}
}

static struct rte_disassembler *disassembler_of(uint16_t peer);

static void
disassembler_close(struct rte_disassembler *d)
{
	struct rte_disassembler_stats stats;

	rte_disassembler_stats_get(d, &stats);
	assert_int_equal(stats.lost_frames + stats.late + stats.duplicate, 0);
	assert_int_equal(stats.not_mine, 0);
	rte_disassembler_free(d);
}

static uint16_t
index_of(const struct rte_assembler *a, uint16_t peer)
{
	const struct rte_ether_addr addr = peer_addr(peer);
	uint16_t i;

	for (i = 1; memcmp(&a->peers[i].peer, &addr, sizeof(addr)) != 0; i++)
		assert_in_range(i, 1, a->nb_peers);
	return i;
}

/* Who was replaced and comes back has streams that begin anew, and its receiver sees that. */
static void
test_unused_peer_makes_room(void **state)
{
	const struct rte_assembler_conf conf = peers_conf(2, 1);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_disassembler *d[4];
	struct rte_assembler_peer_stats stats;
	uint32_t number;
	int i, round;

	(void)state;
	for (i = 1; i < 4; i++)
		d[i] = disassembler_of(i);
	for (round = 0; round < 5; round++) {
		assert_int_equal(flow_to_peer(a, 1, 1), 0);
		assert_int_equal(flow_to_peer(a, 2, 2), 0);
		for (i = 0; i < 10 - round; i++) {
			pass_frame(c, 1, d[1]);
			pass_frame(c, 2, d[2]);
		}
		assert_int_equal(flow_to_peer(a, 3, 3), -ENOSPC);
		flow_to_default(a, 1);
		flow_to_default(a, 2);
		/* It is named again before anybody needs its room: it goes on. */
		assert_int_equal(flow_to_peer(a, 2, 2), 0);
		pass_frame(c, 2, d[2]);
		assert_int_equal(flow_to_peer(a, 3, 3), 0);
		pass_frame(c, 3, d[3]);
		/* It got the number of peer 1, but not what that one counted. */
		number = index_of(a, 3);
		assert_int_equal(rte_assembler_peer_stats_iterate(a, &number, &stats), 0);
		assert_int_equal(stats.frames, 1);
		assert_int_equal(stats.packets, 3);
		flow_to_default(a, 2);
		flow_to_default(a, 3);
	}
	for (i = 1; i < 4; i++)
		disassembler_close(d[i]);
	rte_assembler_free(a);
	assert_pools_full();
}

/* 1,024 frames open at once, in rings that are smaller than that. */
static void
test_all_peers_have_open_frames(void **state)
{
	struct rte_assembler_conf conf = peers_conf(RTE_ASSEMBLER_MAX_PEERS, 2);
	struct rte_assembler_client *c;
	struct rte_mbuf *pkts[BURST];
	struct rte_assembler *a;
	uint32_t i, nb = 0, got;
	bool seen[1 + RTE_ASSEMBLER_MAX_PEERS] = { false };

	(void)state;
	conf.ring_size = 64;
	conf.min_count = 1;
	conf.max_frame = 1514;
	conf.frame_pool = pkt_pool();
	a = assembler_make(&conf);
	c = rte_assembler_client_open(a);
	for (i = 1; i <= RTE_ASSEMBLER_MAX_PEERS; i++)
		assert_int_equal(flow_to_peer(a, i, i), 0);
	for (i = 0; i < 3 * RTE_ASSEMBLER_MAX_PEERS; i++)
		submit(c, pkt_numbered(60, 1 + i % RTE_ASSEMBLER_MAX_PEERS, i));
	while (rte_assembler_flush(c) != 0) {
		got = rte_assembler_collect_burst(c, pkts, BURST);
		for (i = 0; i < got; i++) {
			const uint8_t *addr = rte_pktmbuf_mtod(pkts[i], const uint8_t *);

			assert_int_equal(rte_be_to_cpu_16(frame_header(pkts[i]).count), 3);
			assert_false(seen[addr[3] << 8 | addr[4]]);
			seen[addr[3] << 8 | addr[4]] = true;
		}
		rte_pktmbuf_free_bulk(pkts, got);
		nb += got;
	}
	assert_int_equal(nb, RTE_ASSEMBLER_MAX_PEERS);
	rte_assembler_free(a);
	assert_pools_full();
}

/* A packet of that priority: in a VLAN tag, or in the DSCP of IPv4 or IPv6. */
static struct rte_mbuf *
pkt_of_priority(uint8_t priority, uint16_t type)
{
	uint8_t data[60] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, type >> 8, type };

	switch (type) {
	case RTE_ETHER_TYPE_VLAN:
	case RTE_ETHER_TYPE_QINQ:
		data[14] = priority << 5;
		break;
	case RTE_ETHER_TYPE_IPV4:
		data[14] = 0x45;
		data[15] = priority << 5;
		break;
	case RTE_ETHER_TYPE_IPV6:
		data[14] = 0x60 | priority << 1;
		break;
	}
	data[59] = 1;
	return pkt_of(data, sizeof(data));
}

static void
check_class(uint16_t nb_classes, uint8_t priority, uint16_t type, uint16_t wanted)
{
	const struct rte_assembler_conf conf = peers_conf(0, nb_classes);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *m;
	int i;

	for (i = 0; i < 3; i++)
		submit(c, pkt_of_priority(priority, type));
	rte_assembler_flush(c);
	assert_int_equal(rte_assembler_collect_burst(c, &m, 1), 1);
	assert_int_equal(stream_of(m), wanted << 12);
	rte_pktmbuf_free(m);
	rte_assembler_free(a);
}

static void
test_class_follows_from_priority(void **state)
{
	uint8_t priority;

	(void)state;
	for (priority = 0; priority < 8; priority++) {
		check_class(8, priority, RTE_ETHER_TYPE_VLAN, priority);
		check_class(8, priority, RTE_ETHER_TYPE_QINQ, priority);
		check_class(8, priority, RTE_ETHER_TYPE_IPV4, priority);
		check_class(8, priority, RTE_ETHER_TYPE_IPV6, priority);
		check_class(8, priority, RTE_ETHER_TYPE_ARP, 0);
		check_class(2, priority, RTE_ETHER_TYPE_VLAN, priority / 4);
		check_class(3, priority, RTE_ETHER_TYPE_VLAN, priority * 3 / 8);
	}
	assert_pools_full();
}

/* The urgent class does not wait, and the other one's frame stays open. */
static void
test_each_class_has_its_hold_time(void **state)
{
	const struct rte_assembler_conf conf = peers_conf(0, 2);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *pkts[8];
	int i;

	(void)state;
	assert_int_equal(rte_assembler_class_set(a, 1, 0), 0);
	for (i = 0; i < 8; i++)
		pkts[i] = pkt_of_priority(i % 2 ? 7 : 0, RTE_ETHER_TYPE_VLAN);
	assert_int_equal(rte_assembler_submit_burst(c, pkts, 8), 8);
	assert_int_equal(rte_assembler_collect_burst(c, pkts, 8), 1);
	assert_int_equal(stream_of(pkts[0]), 1 << 12);
	assert_int_equal(rte_be_to_cpu_16(frame_header(pkts[0]).count), 4);
	rte_pktmbuf_free(pkts[0]);
	/* A shorter hold time counts for what is open already. */
	rte_assembler_class_set(a, 0, 100);
	rte_delay_us_block(150);
	assert_int_equal(rte_assembler_collect_burst(c, pkts, 8), 1);
	assert_int_equal(stream_of(pkts[0]), 0);
	rte_pktmbuf_free(pkts[0]);
	assert_int_equal(rte_assembler_flush(c), 0);
	rte_assembler_free(a);
	assert_pools_full();
}

/* Many peers and classes, and what comes out at each peer. */
struct net {
	struct rte_assembler *a;
	struct rte_assembler_client *c;
	struct rte_disassembler *d[1 + NB_PEERS];
	uint32_t sent[NB_FLOWS];
	uint32_t received[NB_FLOWS];
	uint32_t nb_sent;
	uint32_t nb_received;
};

static struct rte_disassembler *
disassembler_of(uint16_t peer)
{
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;
	char name[16];

	snprintf(name, sizeof(name), "peer%u", peer);
	rte_disassembler_conf_default(&conf);
	conf.own = peer_addr(peer);
	conf.pkt_pool = pkt_pool();
	conf.max_pkt = 1600;
	d = rte_disassembler_create(name, &conf);
	assert_non_null(d);
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), 0);
	return d;
}

static void
net_open(struct net *net, const struct rte_assembler_conf *conf)
{
	uint16_t i;

	memset(net, 0, sizeof(*net));
	net->a = assembler_make(conf);
	net->c = rte_assembler_client_open(net->a);
	for (i = 0; i <= NB_PEERS; i++)
		net->d[i] = disassembler_of(i);
	for (i = 0; i < NB_FLOWS; i++)
		if (i % (1 + NB_PEERS) != 0)
			assert_int_equal(flow_to_peer(net->a, i, i % (1 + NB_PEERS)), 0);
}

static void
net_close(struct net *net)
{
	uint16_t i;

	assert_int_equal(net->nb_received, net->nb_sent);
	for (i = 0; i <= NB_PEERS; i++)
		disassembler_close(net->d[i]);
	rte_assembler_free(net->a);
	assert_pools_full();
}

static uint16_t
net_peer(const struct rte_mbuf *m)
{
	const uint8_t *addr = rte_pktmbuf_mtod(m, const uint8_t *);

	return is_assembled(m) ? addr[3] << 8 | addr[4] : addr[5] % (1 + NB_PEERS);
}

static void
net_receive(struct net *net)
{
	struct rte_mbuf *frames[BURST], *m;
	uint16_t nb, i, flow, peer;
	uint32_t number;

	nb = rte_assembler_collect_burst(net->c, frames, BURST);
	for (i = 0; i < nb; i++) {
		peer = net_peer(frames[i]);
		assert_in_range(peer, 0, NB_PEERS);
		assert_int_equal(rte_disassembler_submit_burst(net->d[peer], &frames[i], 1), 1);
		while (rte_disassembler_collect_burst(net->d[peer], &m, 1) == 1) {
			flow = pkt_check(m, &number);
			assert_int_equal(flow % (1 + NB_PEERS), peer);
			assert_int_equal(number, net->received[flow]++);
			net->nb_received++;
		}
	}
}

static void
net_send(struct net *net, uint16_t nb)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i, flow, done = 0;

	for (i = 0; i < nb; i++) {
		flow = rte_rand_max(NB_FLOWS);
		pkts[i] = pkt_numbered(rte_rand_max(9) ? 60 + rte_rand_max(100) : 400, flow,
				net->sent[flow]++);
	}
	net->nb_sent += nb;
	do {
		done += rte_assembler_submit_burst(net->c, pkts + done, nb - done);
		if (net->a->conf.nb_workers != 0)
			rte_assembler_worker_poll(rte_assembler_worker_get(net->a,
					rte_rand_max(net->a->conf.nb_workers)));
		net_receive(net);
	} while (done < nb);
}

static void
net_flush(struct net *net)
{
	uint16_t i;

	while (rte_assembler_flush(net->c) != 0) {
		for (i = 0; i < net->a->conf.nb_workers; i++)
			rte_assembler_worker_poll(rte_assembler_worker_get(net->a, i));
		net_receive(net);
	}
}

/* Four packets in a frame to each of these default peers. */
static void
defaults_in_turn(struct rte_assembler *a, struct rte_assembler_client *c,
		struct rte_disassembler **d, const char *peers)
{
	struct rte_ether_addr addr;
	struct rte_mbuf *pkts[4];
	uint16_t i, nb;

	for (; *peers != '\0'; peers++) {
		if (*peers == '-') {
			assert_int_equal(rte_assembler_peer_set(a, NULL), 0);
			continue;
		}
		addr = peer_addr(*peers - 'A');
		assert_int_equal(rte_assembler_peer_set(a, &addr), 0);
		for (i = 0; i < 4; i++)
			pkts[i] = pkt_numbered(60, 1, i);
		assert_int_equal(rte_assembler_submit_burst(c, pkts, 4), 4);
		rte_assembler_flush(c);
		assert_int_equal(rte_assembler_collect_burst(c, pkts, 4), 1);
		assert_int_equal(rte_disassembler_submit_burst(d[*peers - 'A'], pkts, 1), 1);
		nb = rte_disassembler_collect_burst(d[*peers - 'A'], pkts, 4);
		assert_int_equal(nb, 4);
		rte_pktmbuf_free_bulk(pkts, nb);
	}
}

/* What went to others while it was not the default peer is not lost. */
static void
test_a_default_peer_comes_back(void **state)
{
	const struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_disassembler *d[] = { disassembler_of(0), disassembler_of(1) };
	struct rte_disassembler_stats stats;
	uint16_t epoch;
	int i;

	(void)state;
	defaults_in_turn(a, c, d, "AAABBABABBA");
	/* Nor does a time without a peer, or the same one again, begin anything. */
	epoch = c->links[0].streams[0].epoch;
	defaults_in_turn(a, c, d, "A-A--AA-");
	assert_int_equal(c->links[0].streams[0].epoch, epoch);
	assert_int_equal(c->links[0].streams[0].seq, 5);
	for (i = 0; i < 2; i++) {
		rte_disassembler_stats_get(d[i], &stats);
		assert_int_equal(stats.frames, i == 0 ? 10 : 5);
		assert_int_equal(stats.lost_frames + stats.duplicate + stats.late, 0);
		disassembler_close(d[i]);
	}
	rte_assembler_free(a);
	assert_pools_full();
}

/* Peers and hold times change, and it drains now and then, while packets move. */
static void
peers_keep_order(uint16_t nb_workers)
{
	struct rte_assembler_conf conf = peers_conf(NB_PEERS, 4);
	struct rte_ether_addr dst;
	struct net net;
	int round;

	conf.nb_workers = nb_workers;
	conf.ring_size = 64;
	net_open(&net, &conf);
	for (round = 0; round < 1000; round++) {
		net_send(&net, rte_rand_max(BURST + 1));
		if (rte_rand_max(10) == 0)
			rte_assembler_class_set(net.a, rte_rand_max(4), rte_rand_max(200));
		if (rte_rand_max(10) == 0)
			rte_assembler_adaptive_set(net.a, rte_rand_max(2));
		if (rte_rand_max(50) == 0)
			net_flush(&net);
		/* An address that nobody sends to comes and goes. */
		dst = flow_dst(1000 + rte_rand_max(10));
		if (rte_rand_max(2) == 0)
			assert_int_equal(flow_to_peer(net.a, 1000 + rte_rand_max(10), 1), 0);
		else
			rte_assembler_peer_del(net.a, &dst);
	}
	net_flush(&net);
	net_close(&net);
}

/*
 * Each flow may go to the default peer and to those whose numbers are even or
 * odd as half its own. There are fewer places than peers: they change all the time.
 */
static void
flow_moves(struct rte_assembler *a)
{
	uint16_t flow = rte_rand_max(8);
	const struct rte_ether_addr dst = flow_dst(flow);
	uint16_t peer = 1 + (flow / 2 + 1) % 2 + 2 * rte_rand_max(NB_PEERS / 2);

	if (rte_rand_max(2) == 0)
		rte_assembler_peer_del(a, &dst);
	else
		flow_to_peer(a, flow, peer);
}

/* Returns how many packets arrived; each where its flow may go. */
static uint32_t
receive_anywhere(struct net *net)
{
	struct rte_mbuf *frames[BURST], *m;
	uint16_t nb, i, peer, flow;
	uint32_t number, arrived = 0;

	nb = rte_assembler_collect_burst(net->c, frames, BURST);
	for (i = 0; i < nb; i++) {
		peer = is_assembled(frames[i]) ? net_peer(frames[i]) : 0;
		rte_disassembler_submit_burst(net->d[peer], &frames[i], 1);
		while (rte_disassembler_collect_burst(net->d[peer], &m, 1) == 1) {
			flow = pkt_check(m, &number);
			assert_true(peer == 0 || (peer - flow / 2) % 2 == 0);
			net->received[flow]++;
			arrived++;
		}
	}
	return arrived;
}

static void
test_peers_come_and_go_under_load(void **state)
{
	struct rte_assembler_conf conf = peers_conf(2, 1);
	struct rte_mbuf *pkts[BURST];
	struct net net = { .nb_sent = 0 };
	uint16_t i, flow, done = BURST;
	int round;

	(void)state;
	conf.nb_workers = 2;
	conf.ring_size = 64;
	net.a = assembler_make(&conf);
	net.c = rte_assembler_client_open(net.a);
	for (i = 0; i <= NB_PEERS; i++)
		net.d[i] = disassembler_of(i);
	workers_launch(net.a, 2, work);
	for (round = 0; round < 4000; round++) {
		for (i = 0; done == BURST && i < BURST; i++) {
			flow = rte_rand_max(NB_FLOWS);
			pkts[i] = pkt_numbered(60, flow, net.sent[flow]++);
		}
		done = done == BURST ? 0 : done;
		done += rte_assembler_submit_burst(net.c, pkts + done, BURST - done);
		flow_moves(net.a);
		net.nb_received += receive_anywhere(&net);
		if (done < BURST)
			sched_yield();
	}
	rte_pktmbuf_free_bulk(pkts + done, BURST - done);
	while (rte_assembler_flush(net.c) != 0) {
		net.nb_received += receive_anywhere(&net);
		sched_yield();
	}
	workers_join(2);
	for (i = 0; i < NB_FLOWS; i++)
		net.nb_sent += net.sent[i];
	net.nb_sent -= BURST - done;
	assert_true(net.a->nb_replaced > 100);
	net_close(&net);
}

static void
test_each_peer_gets_its_packets_in_order(void **state)
{
	(void)state;
	peers_keep_order(0);
	peers_keep_order(1);
	peers_keep_order(3);
}

/* The streams that the frames of 64 flows to each of two peers have. */
static void
collect_streams(struct rte_assembler *a, struct rte_assembler_client *c, uint32_t *streams)
{
	uint32_t sent[64] = { 0 }, received[64] = { 0 }, number;
	struct rte_disassembler *d[] = { NULL, disassembler_of(1), disassembler_of(2) };
	struct rte_mbuf *frames[BURST], *m;
	uint16_t i, nb, flow, peer;

	memset(streams, 0, 3 * sizeof(*streams));
	for (i = 0; i < 64 * 20; i++)
		submit(c, pkt_numbered(60, i % 64, sent[i % 64]++));
	while (rte_assembler_flush(c) != 0) {
		for (i = 0; i < a->conf.nb_workers; i++)
			rte_assembler_worker_poll(rte_assembler_worker_get(a, i));
		nb = rte_assembler_collect_burst(c, frames, BURST);
		for (i = 0; i < nb; i++) {
			peer = net_peer(frames[i]);
			assert_in_range(peer, 1, 2);
			streams[peer] |= RTE_BIT32(stream_of(frames[i]) &
					~ASSEMBLER_STREAM_NUMBERED);
			rte_disassembler_submit_burst(d[peer], &frames[i], 1);
			while (rte_disassembler_collect_burst(d[peer], &m, 1) == 1) {
				flow = pkt_check(m, &number);
				assert_int_equal(flow % 2 + 1, peer);
				assert_int_equal(number, received[flow]++);
			}
		}
	}
	assert_memory_equal(sent, received, sizeof(sent));
	disassembler_close(d[1]);
	disassembler_close(d[2]);
}

static void
test_hot_peer_is_spread(void **state)
{
	const struct rte_ether_addr hot = peer_addr(1), unknown = peer_addr(9);
	struct rte_assembler_conf conf = peers_conf(2, 1);
	struct rte_assembler_client *c;
	struct rte_assembler *a;
	uint32_t streams[3];
	int i;

	(void)state;
	conf.nb_workers = 2;
	conf.ring_size = 2048;
	conf.min_count = 1;
	conf.by_peer = true;
	a = assembler_make(&conf);
	c = rte_assembler_client_open(a);
	for (i = 0; i < 64; i++)
		assert_int_equal(flow_to_peer(a, i, i % 2 + 1), 0);
	collect_streams(a, c, streams);
	/* Each has one of the two workers. */
	assert_int_equal(streams[1] | streams[2], 3);
	assert_int_equal(streams[1] & streams[2], 0);
	assert_int_equal(rte_assembler_peer_spread(a, &hot, true), 0);
	collect_streams(a, c, streams);
	assert_int_equal(streams[1], 3);
	assert_int_equal(__builtin_popcount(streams[2]), 1);
	assert_int_equal(rte_assembler_peer_spread(a, &hot, false), 0);
	collect_streams(a, c, streams);
	assert_int_equal(__builtin_popcount(streams[1]), 1);
	assert_int_equal(rte_assembler_peer_spread(a, &unknown, true), -ENOENT);
	assert_int_equal(rte_assembler_peer_spread(a, NULL, true), 0);
	rte_assembler_free(a);
	conf.by_peer = false;
	a = assembler_make(&conf);
	assert_int_equal(rte_assembler_peer_spread(a, NULL, true), -EINVAL);
	rte_assembler_free(a);
	assert_pools_full();
}

/* An IP packet behind *nb_tags* VLAN tags, to a router in front of the destination. */
static struct rte_mbuf *
ip_pkt(bool ipv6, const uint8_t *dst, int nb_tags)
{
	uint8_t data[80] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8 };
	uint8_t *p = data + 12;

	while (nb_tags-- > 0) {
		memcpy(p, "\x81\x00\x00\x05", 4);
		p += 4;
	}
	memcpy(p, ipv6 ? "\x86\xDD" : "\x08\x00", 2);
	p[2] = ipv6 ? 0x60 : 0x45;
	memcpy(p + 2 + (ipv6 ? 24 : 16), dst, ipv6 ? 16 : 4);
	data[79] = 1;
	return pkt_of(data, sizeof(data));
}

static const struct rte_assembler_prefix prefixes[] = {
	{ { 10 }, 8, false },
	{ { 10, 1 }, 16, false },
	{ { 10, 1, 2, 3 }, 32, false },
	{ { 0x20, 0x01 }, 16, true },
	{ { 0x20, 0x01, 0xDB, 0x80 }, 32, true },
	{ { 0x20, 0x01, 0xDB, 0x80, [15] = 1 }, 128, true },
};

static const struct {
	uint8_t dst[16];
	bool ipv6;
	uint16_t peer;
} routed[] = {
	{ { 10, 9, 9, 9 }, false, 1 }, { { 10, 1, 9, 9 }, false, 2 },
	{ { 10, 1, 2, 3 }, false, 3 }, { { 10, 1, 2, 4 }, false, 2 },
	{ { 11, 1, 2, 3 }, false, 0 },
	{ { 0x20, 0x01, 0xFF }, true, 4 }, { { 0x20, 0x01, 0xDB, 0x80, 9 }, true, 5 },
	{ { 0x20, 0x01, 0xDB, 0x80, [15] = 1 }, true, 6 },
	{ { 0x20, 0x01, 0xDB, 0x80, [15] = 2 }, true, 5 },
	{ { 0x20, 0x02 }, true, 0 },
};

static struct rte_assembler *
routes_open(uint16_t max_peers)
{
	struct rte_assembler_conf conf = peers_conf(max_peers, 1);
	struct rte_ether_addr peer;
	struct rte_assembler *a;
	uint32_t i;

	conf.max_prefixes4 = 3;
	conf.max_prefixes6 = 3;
	a = assembler_make(&conf);
	for (i = 0; i < RTE_DIM(prefixes); i++) {
		peer = peer_addr(1 + i);
		assert_int_equal(rte_assembler_prefix_add(a, &prefixes[i], &peer),
				i < max_peers ? 0 : -ENOSPC);
	}
	return a;
}

static void
check_route(struct rte_assembler_client *c, uint32_t i, int nb_tags, uint16_t peer)
{
	struct rte_mbuf *m;
	int j;

	for (j = 0; j < 3; j++)
		submit(c, ip_pkt(routed[i].ipv6, routed[i].dst, nb_tags));
	rte_assembler_flush(c);
	assert_int_equal(rte_assembler_collect_burst(c, &m, 1), 1);
	assert_true(is_to(m, peer));
	rte_pktmbuf_free(m);
}

static void
test_longest_prefix_names_the_peer(void **state)
{
	const struct rte_ether_addr router = { { 2, 0, 0, 0, 0, 9 } }, peer = peer_addr(6);
	struct rte_assembler *a = routes_open(6);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	uint32_t i;
	int tags;

	(void)state;
	for (i = 0; i < RTE_DIM(routed); i++)
		for (tags = 0; tags < 3; tags++)
			check_route(c, i, tags, routed[i].peer);
	/* Without the longest ones the next ones serve. */
	assert_int_equal(rte_assembler_prefix_del(a, &prefixes[2]), 0);
	assert_int_equal(rte_assembler_prefix_del(a, &prefixes[2]), -ENOENT);
	check_route(c, 2, 0, 2);
	assert_int_equal(rte_assembler_prefix_del(a, &prefixes[5]), 0);
	check_route(c, 7, 0, 5);
	assert_int_equal(rte_assembler_prefix_add(a, &prefixes[5], &peer), 0);
	check_route(c, 7, 0, 6);
	/* Another peer for the same prefix. */
	assert_int_equal(rte_assembler_prefix_add(a, &prefixes[1], &peer), 0);
	check_route(c, 1, 0, 6);
	/* The destination address comes first. */
	assert_int_equal(rte_assembler_peer_add(a, &router, &peer), 0);
	check_route(c, 0, 0, 6);
	rte_assembler_free(a);
	assert_pools_full();
}

static void
test_refuses_bad_prefixes(void **state)
{
	struct rte_assembler_prefix bad4 = { { 10 }, 33, false }, bad6 = { { 0x20 }, 129, true };
	struct rte_assembler_conf conf = peers_conf(2, 1);
	const struct rte_ether_addr peer = peer_addr(1);
	struct rte_assembler *a = routes_open(4);

	(void)state;
	assert_int_equal(rte_assembler_prefix_add(a, &bad4, &peer), -EINVAL);
	assert_int_equal(rte_assembler_prefix_add(a, &bad6, &peer), -EINVAL);
	bad4.depth = 0;
	assert_int_equal(rte_assembler_prefix_add(a, &bad4, &peer), -EINVAL);
	bad4.depth = 9;
	assert_int_equal(rte_assembler_prefix_add(a, &bad4, &peer), -ENOSPC);
	assert_int_equal(rte_assembler_prefix_del(a, &bad4), -ENOENT);
	rte_assembler_free(a);
	a = assembler_make(&conf);
	assert_int_equal(rte_assembler_prefix_add(a, &prefixes[0], &peer), -EINVAL);
	rte_assembler_free(a);
}

static uint16_t
route_of(const struct rte_assembler *a, struct rte_mbuf *m)
{
	const struct assembler_entry e = assembler_entry_make(m, m->pool, 1);
	const struct assembler_burst taken = { .pkts = &m }, written = { .entries = &e };
	const uint16_t peer = assembler_route_lookup(a, &taken, 0);

	assert_int_equal(assembler_route_lookup(a, &written, 0), peer);
	return peer;
}

/* A packet of any length and shape: what is not there is not looked at. */
static void
test_routes_packets_of_any_shape(void **state)
{
	struct rte_assembler *a = routes_open(6);
	struct rte_mbuf *m, *cut;
	uint32_t i, len;
	uint8_t data[80];

	(void)state;
	for (i = 0; i < RTE_DIM(routed); i++) {
		m = ip_pkt(routed[i].ipv6, routed[i].dst, i % 3);
		memcpy(data, rte_pktmbuf_mtod(m, void *), sizeof(data));
		rte_pktmbuf_free(m);
		for (len = 0; len <= sizeof(data); len++) {
			m = pkt_of(data, len);
			cut = pkt_segmented(data, len, 5);
			assert_int_equal(route_of(a, m), route_of(a, cut));
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(cut);
		}
	}
	rte_assembler_free(a);
	assert_pools_full();
}

static void
test_takes_packets_of_any_shape(void **state)
{
	const struct rte_assembler_conf conf = peers_conf(1, 8);
	struct rte_assembler *a = assembler_make(&conf);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	uint8_t data[60] = { 0 };
	struct rte_mbuf *m;
	uint32_t len, nb_segs;

	(void)state;
	assert_int_equal(flow_to_peer(a, 1, 1), 0);
	for (len = 0; len <= sizeof(data); len++) {
		for (nb_segs = 1; nb_segs <= 4; nb_segs++) {
			if (len >= 24)
				pkt_fill(data, len, 1, 0);
			submit(c, pkt_segmented(data, len, nb_segs));
		}
	}
	while (rte_assembler_flush(c) != 0) {
		if (rte_assembler_collect_burst(c, &m, 1) == 1) {
			assert_true(!is_assembled(m) || is_to(m, 0) || is_to(m, 1));
			rte_pktmbuf_free(m);
		}
	}
	rte_assembler_free(a);
	assert_pools_full();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_a_default_peer_comes_back),
	cmocka_unit_test(test_each_peer_has_its_frame),
	cmocka_unit_test(test_default_peer_may_have_destinations),
	cmocka_unit_test(test_destination_changes_its_peer),
	cmocka_unit_test(test_keeps_to_what_a_peer_says),
	cmocka_unit_test(test_refuses_too_many_peers),
	cmocka_unit_test(test_table_takes_all_destinations),
	cmocka_unit_test(test_unused_peer_makes_room),
	cmocka_unit_test(test_all_peers_have_open_frames),
	cmocka_unit_test(test_class_follows_from_priority),
	cmocka_unit_test(test_each_class_has_its_hold_time),
	cmocka_unit_test(test_each_peer_gets_its_packets_in_order),
	cmocka_unit_test(test_peers_come_and_go_under_load),
	cmocka_unit_test(test_hot_peer_is_spread),
	cmocka_unit_test(test_longest_prefix_names_the_peer),
	cmocka_unit_test(test_refuses_bad_prefixes),
	cmocka_unit_test(test_routes_packets_of_any_shape),
	cmocka_unit_test(test_takes_packets_of_any_shape),
};

TEST_SUITE(assembler_peers, tests)
