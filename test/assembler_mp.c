/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * An assembler that several processes share: test_assembler_mp.py runs this.
 *
 * assembler_mp EAL-OPTIONS -- primary SLEEP_US      commands on standard input
 * assembler_mp EAL-OPTIONS -- primary SLEEP_US by_peer
 *                                                   two workers, chosen by peer
 * assembler_mp EAL-OPTIONS -- run NUMBER            packets through, checked
 * assembler_mp EAL-OPTIONS -- fill                  until the rings are full; sleeps then
 * assembler_mp EAL-OPTIONS -- halfway               the same, in the middle of every call
 * assembler_mp EAL-OPTIONS -- drowsy                between finding the worker asleep and waking it
 * assembler_mp EAL-OPTIONS -- flood                 packets without end
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <rte_disassembler.h>

#include "assembler_private.h"

#define BURST 32
#define PKT_LEN 60
#define FOREVER_US (60 * 1000 * 1000)
#define POOL "assembler_mp"

static const struct rte_ether_addr here = { { 0x02, 0, 0, 0, 0, 0x01 } };
static const struct rte_ether_addr there = { { 0x02, 0, 0, 0, 0, 0x02 } };
static const struct rte_ether_addr beyond = { { 0x02, 0, 0, 0, 0, 0x09 } }; /* of all packets */

static struct rte_mempool *pool;
static struct rte_assembler *a;

static void __rte_noreturn
fail(const char *what)
{
	printf("failed: %s: %s\n", what, rte_strerror(rte_errno));
	exit(EXIT_FAILURE);
}

static int
primary(uint32_t sleep_us, bool by_peer)
{
	struct rte_assembler_stats stats;
	struct rte_assembler_conf conf;
	unsigned int lcore;
	char line[80];
	uint16_t i;

	/*
	 * No caches: an mbuf is in the pool, or somebody has it. Who is killed in the
	 * middle of an access blocks the others where the pool is a ring, as they wait
	 * for each other's turns there.
	 */
	pool = rte_pktmbuf_pool_create_by_ops(POOL, 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY, "lf_stack");
	rte_assembler_conf_default(&conf);
	conf.src = here;
	conf.frame_pool = pool;
	conf.nb_workers = by_peer ? 2 : 1;
	conf.by_peer = by_peer;
	conf.max_peers = 1;
	conf.max_dsts = 2;
	conf.ring_size = 256;
	conf.sleep_us = sleep_us;
	conf.hold_us = 1000;
	a = rte_assembler_create(POOL, &conf);
	if (a == NULL)
		fail("create");
	rte_assembler_peer_set(a, &there);
	if (by_peer && rte_assembler_peer_add(a, &beyond, &there) != 0)
		fail("peer");
	for (i = 0, lcore = -1; i < conf.nb_workers; i++) {
		lcore = rte_get_next_lcore(lcore, 1, 0);
		rte_eal_remote_launch(rte_assembler_worker_main, rte_assembler_worker_get(a, i),
				lcore);
	}
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "quit\n") != 0) {
		/* This waits for all that may be looking up a peer. */
		if (rte_assembler_peer_add(a, &here, &there) != 0 ||
				rte_assembler_peer_del(a, &here) != 0)
			fail("peer");
		rte_assembler_stats_get(a, &stats);
		printf("%u mbufs, %lu packets\n", rte_mempool_in_use_count(pool),
				(unsigned long)stats.packets);
	}
	rte_assembler_workers_stop(a);
	rte_eal_mp_wait_lcore();
	rte_assembler_free(a);
	printf("ended with %u mbufs\n", rte_mempool_in_use_count(pool));
	return EXIT_SUCCESS;
}

static struct rte_mbuf *
pkt_make(uint32_t nb)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 1 };
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t pkt[PKT_LEN];

	if (m == NULL)
		return NULL;
	memset(pkt, 0xA5, PKT_LEN);
	memcpy(pkt, head, sizeof(head));
	memcpy(pkt + sizeof(head), &nb, sizeof(nb));
	memcpy(rte_pktmbuf_append(m, PKT_LEN), pkt, PKT_LEN);
	return m;
}

/* Packets number *next* and so on, and nothing else. Returns the next number. */
static uint32_t
check(struct rte_disassembler *d, struct rte_mbuf **frames, uint16_t nb_frames, uint32_t next)
{
	struct rte_mbuf *m;
	uint32_t nb;

	rte_disassembler_submit_burst(d, frames, nb_frames);
	while (rte_disassembler_collect_burst(d, &m, 1) == 1) {
		memcpy(&nb, rte_pktmbuf_mtod_offset(m, void *, 14), sizeof(nb));
		if (nb != next || m->pkt_len != PKT_LEN ||
				*rte_pktmbuf_mtod_offset(m, uint8_t *, PKT_LEN - 1) != 0xA5)
			fail("another packet arrived");
		rte_pktmbuf_free(m);
		next++;
	}
	return next;
}

/* What workers in the other process count, of all peers and of this client. */
static void
check_statistics(const struct rte_assembler_client *c, uint32_t nb_pkts)
{
	struct rte_assembler_peer_stats peer, sum = { .frames = 0 };
	struct rte_assembler_client_stats client;
	uint64_t frames = 0;
	uint32_t i, next = 0;

	rte_assembler_client_stats_get(c, &client);
	for (i = 0; i < RTE_ASSEMBLER_FILL_BUCKETS; i++)
		frames += client.closes.fill_histogram[i];
	if (client.assembled + client.bypassed != nb_pkts || client.frames != frames)
		fail("statistics of the client");
	while (rte_assembler_peer_stats_iterate(c->assembler, &next, &peer) == 0) {
		sum.frames += peer.frames;
		sum.packets += peer.packets;
		sum.closes.hold_max_us = RTE_MAX(sum.closes.hold_max_us, peer.closes.hold_max_us);
	}
	if (sum.frames < client.frames || sum.packets < client.assembled ||
			sum.closes.hold_max_us < client.closes.hold_max_us)
		fail("statistics of the peers");
	/* All went by the number of the peer that the table names, not to the default one. */
	if (c->nb_links > 1 && (next != 2 || peer.packets < client.assembled))
		fail("the peer that was chosen");
}

static void
run(struct rte_assembler_client *c, uint32_t nb_pkts)
{
	struct rte_mbuf *frames[BURST], *m = NULL;
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;
	uint32_t sent = 0, arrived = 0;
	char name[16];
	uint16_t nb;

	snprintf(name, sizeof(name), "mp%d", getpid());
	rte_disassembler_conf_default(&conf);
	conf.own = there;
	conf.pkt_pool = pool;
	d = rte_disassembler_create(name, &conf);
	if (d == NULL || rte_disassembler_peer_add(d, &here) != 0)
		fail("disassembler");
	while (arrived < nb_pkts) {
		while (sent < nb_pkts && (m != NULL || (m = pkt_make(sent)) != NULL) &&
				rte_assembler_submit_burst(c, &m, 1) == 1) {
			m = NULL;
			sent++;
		}
		nb = rte_assembler_collect_wait(c, frames, BURST, FOREVER_US);
		arrived = check(d, frames, nb, arrived);
	}
	while (rte_assembler_flush(c) != 0)
		usleep(100);
	check_statistics(c, nb_pkts);
	if (rte_assembler_create(name, &a->conf) != NULL || rte_errno != E_RTE_SECONDARY)
		fail("an assembler of a secondary process");
	if (rte_assembler_client_close(c) != 0)
		fail("close");
	rte_disassembler_free(d);
	printf("%u packets arrived\n", arrived);
}

/* As it is where calls end between two writes: the next one would have put it right. */
static void
leave_halfway(struct rte_assembler_client *c)
{
	c->next_link = c->nb_links;
	c->links[0].dirty = false;
	c->links[0].submit->prod.head++;
	c->links[0].done->cons.head++;
	rte_rcu_qsbr_thread_online(c->assembler->readers, c->reader);
}

static void
fill(struct rte_assembler_client *c, bool halfway)
{
	struct rte_mbuf *m;
	int refused = 0;

	/* The worker goes on for a while: it is full when it is refused again and again. */
	while (refused < 1000) {
		m = pkt_make(0);
		if (m == NULL)
			fail("mbufs");
		if (rte_assembler_submit_burst(c, &m, 1) == 1) {
			refused = 0;
			continue;
		}
		rte_pktmbuf_free(m);
		refused++;
		usleep(100);
	}
	if (halfway)
		leave_halfway(c);
	printf("full\n");
	pause();
}

/* It finds the worker asleep, and goes no further than to submit what it would wake it for. */
static void
drowsy(struct rte_assembler_client *c)
{
	struct rte_mbuf *m = pkt_make(0);

	rte_assembler_submit_burst(c, &m, 1);
	while (rte_assembler_collect_wait(c, &m, 1, FOREVER_US) == 0)
		;
	/* The worker was awake: now it goes to sleep. */
	while (assembler_exchange(&c->links[0].asleep, 0) == 0)
		usleep(100);
	usleep(50000);
	rte_assembler_submit_burst(c, &m, 1);
	printf("drowsy\n");
	pause();
}

static void
flood(struct rte_assembler_client *c)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t nb, i;

	printf("flooding\n");
	for (;;) {
		for (nb = 0; nb < BURST && (pkts[nb] = pkt_make(nb)) != NULL; nb++)
			;
		for (i = rte_assembler_submit_burst(c, pkts, nb); i < nb; i++)
			rte_pktmbuf_free(pkts[i]);
		nb = rte_assembler_collect_burst(c, pkts, BURST);
		rte_pktmbuf_free_bulk(pkts, nb);
	}
}

int
main(int argc, char **argv)
{
	int nb_eal = rte_eal_init(argc, argv);
	struct rte_assembler_client *c;
	const char *role;

	if (nb_eal < 0 || nb_eal + 1 >= argc)
		fail("EAL");
	setvbuf(stdout, NULL, _IOLBF, 0);
	role = argv[nb_eal + 1];
	if (strcmp(role, "primary") == 0)
		return primary(atoi(argv[nb_eal + 2]), nb_eal + 3 < argc);
	pool = rte_mempool_lookup(POOL);
	a = rte_assembler_lookup(POOL);
	c = a != NULL ? rte_assembler_client_open(a) : NULL;
	if (c == NULL)
		fail("open");
	if (strcmp(role, "fill") == 0)
		fill(c, false);
	else if (strcmp(role, "halfway") == 0)
		fill(c, true);
	else if (strcmp(role, "drowsy") == 0)
		drowsy(c);
	else if (strcmp(role, "flood") == 0)
		flood(c);
	else
		run(c, atoi(argv[nb_eal + 2]));
	return rte_eal_cleanup();
}
