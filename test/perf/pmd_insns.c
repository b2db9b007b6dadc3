/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Instructions per packet of a PMD: run in a guest of one CPU whose TSC counts
 * instructions (devtools/lab --icount). Port 0 is wired to port 1. Prints one
 * JSON object a line: for each burst size the ticks, divided by --ticks of one
 * instruction, that rte_eth_tx_burst() and rte_eth_rx_burst() took a packet.
 */

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define RING       512
#define POOL       8191
#define CACHE      256
#define MAX_BURST  64
/* Emulators receive nothing for a second after the port has started. */
#define SETTLE_MS  1200
#define MAX_POLLS  100000

static struct {
	unsigned long ticks;  /* of one instruction */
	unsigned long pkts;   /* for each burst size */
	unsigned long len;    /* of a frame, bytes */
	unsigned long segs;   /* it is sent in */
	unsigned long room;   /* of a buffer, bytes */
	uint64_t rx_offloads;
	uint64_t tx_offloads;
	uint64_t ol_flags;
	unsigned long mtu;
} opt = { .ticks = 16, .pkts = 20000, .len = 60, .segs = 1, .room = 2048, .mtu = 1500 };

static struct rte_mempool *pool;

static void
die(const char *what)
{
	fprintf(stderr, "pmd_insns: %s\n", what);
	exit(1);
}

static void
port_start(uint16_t port)
{
	struct rte_eth_conf conf = {
		.rxmode = { .offloads = opt.rx_offloads, .mtu = opt.mtu },
		.txmode = { .offloads = opt.tx_offloads },
	};

	if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
			rte_eth_rx_queue_setup(port, 0, RING, 0, NULL, pool) != 0 ||
			rte_eth_tx_queue_setup(port, 0, RING, 0, NULL) != 0 ||
			rte_eth_promiscuous_enable(port) != 0 ||
			rte_eth_dev_start(port) != 0)
		die("a port does not start");
}

static uint64_t
now(void)
{
	rte_compiler_barrier();
	return rte_rdtsc();
}

static uint64_t
clock_cost(void)
{
	uint64_t start = now();
	int i;

	for (i = 0; i < 1000; i++)
		(void)now();
	return (now() - start) / 1001;
}

/* One frame in opt.segs mbufs. */
static struct rte_mbuf *
frame_make(void)
{
	struct rte_mbuf *head = NULL, *m;
	unsigned long i, part = opt.len / opt.segs;

	for (i = 0; i < opt.segs; i++) {
		m = rte_pktmbuf_alloc(pool);
		if (m == NULL)
			die("no mbuf");
		m->data_len = i == 0 ? opt.len - part * (opt.segs - 1) : part;
		m->pkt_len = m->data_len;
		memset(rte_pktmbuf_mtod(m, void *), 0, m->data_len);
		if (head == NULL)
			head = m;
		else if (rte_pktmbuf_chain(head, m) != 0)
			die("too many segments");
	}
	head->ol_flags |= opt.ol_flags;
	head->vlan_tci = 5;
	head->l2_len = sizeof(struct rte_ether_hdr);
	head->l3_len = 20;
	head->l4_len = 20;
	return head;
}

struct sums {
	uint64_t tx, rx, nb_tx, nb_rx, tx_calls, rx_calls;
};

/* Send a burst, then receive all of it; what mbufs cost is not counted. */
static void
round_trip(struct sums *s, uint16_t burst, uint64_t cost)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint64_t start, end;
	uint16_t i, sent, got = 0, n;
	int polls;

	for (i = 0; i < burst; i++)
		pkts[i] = frame_make();
	start = now();
	sent = rte_eth_tx_burst(0, 0, pkts, burst);
	end = now();
	if (sent != burst)
		die("the transmit ring is full");
	s->tx += end - start - cost;
	s->nb_tx += sent;
	s->tx_calls++;
	for (polls = 0; got < sent && polls < MAX_POLLS; polls++) {
		start = now();
		n = rte_eth_rx_burst(1, 0, pkts, burst);
		end = now();
		if (n == 0)
			continue;
		s->rx += end - start - cost;
		s->rx_calls++;
		rte_pktmbuf_free_bulk(pkts, n);
		got += n;
	}
	if (got != sent)
		die("frames were lost");
	s->nb_rx += got;
}

static double
per_packet(uint64_t ticks, uint64_t nb)
{
	return (double)ticks / nb / opt.ticks;
}

static void
measure(const char *driver, uint16_t burst)
{
	struct sums warm = { 0 }, s = { 0 };
	uint64_t cost = clock_cost();

	while (warm.nb_rx < 2 * RING)
		round_trip(&warm, burst, cost);
	while (s.nb_rx < opt.pkts)
		round_trip(&s, burst, cost);
	printf("{\"driver\": \"%s\", \"burst\": %u, \"len\": %lu, \"segs\": %lu, "
		"\"tx\": %.1f, \"rx\": %.1f, \"rx_per_poll\": %.1f}\n",
		driver, burst, opt.len, opt.segs, per_packet(s.tx, s.nb_tx),
		per_packet(s.rx, s.nb_rx), (double)s.nb_rx / s.rx_calls);
	fflush(stdout);
}

static void
parse(int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "ticks", required_argument, NULL, 't' },
		{ "pkts", required_argument, NULL, 'p' },
		{ "len", required_argument, NULL, 'l' },
		{ "segs", required_argument, NULL, 's' },
		{ "room", required_argument, NULL, 'r' },
		{ "mtu", required_argument, NULL, 'm' },
		{ "offloads", no_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		unsigned long n = optarg != NULL ? strtoul(optarg, NULL, 0) : 0;

		switch (c) {
		case 't': opt.ticks = n; break;
		case 'p': opt.pkts = n; break;
		case 'l': opt.len = n; break;
		case 's': opt.segs = n; break;
		case 'r': opt.room = n; break;
		case 'm': opt.mtu = n; break;
		case 'o':
			opt.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP |
				RTE_ETH_RX_OFFLOAD_CHECKSUM;
			opt.tx_offloads = RTE_ETH_TX_OFFLOAD_VLAN_INSERT |
				RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
				RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
			opt.ol_flags = RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_TX_IPV4 |
				RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
			break;
		default:
			exit(2);
		}
	}
}

int
main(int argc, char **argv)
{
	static const uint16_t bursts[] = { 32, 8, 1 };
	struct rte_eth_dev_info info;
	int used = rte_eal_init(argc, argv);
	size_t i;

	if (used < 0)
		die("EAL does not start");
	parse(argc - used, argv + used);
	if (rte_eth_dev_count_avail() < 2)
		die("two ports are needed, wired to each other");
	pool = rte_pktmbuf_pool_create("pool", POOL, CACHE, 0,
			opt.room + RTE_PKTMBUF_HEADROOM, 0);
	if (pool == NULL)
		die("no memory");
	port_start(0);
	port_start(1);
	rte_delay_ms(SETTLE_MS);
	rte_eth_dev_info_get(1, &info);
	for (i = 0; i < RTE_DIM(bursts); i++)
		measure(info.driver_name, bursts[i]);
	rte_eth_dev_stop(0);
	rte_eth_dev_stop(1);
	rte_eth_dev_close(0);
	rte_eth_dev_close(1);
	return rte_eal_cleanup();
}
