/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What a PMD costs: the ticks of the TSC that rte_eth_tx_burst() and
 * rte_eth_rx_burst() take a packet, divided by --ticks. Port 0 is wired to port
 * 1. In a guest of one CPU whose TSC counts instructions (devtools/lab --icount)
 * these are instructions, on the plugin of test/native82545.h cycles: --device
 * names it, and the program takes turns with the devices, which work on their
 * own CPU between two calls that are measured. Prints one JSON object a line for
 * each burst size.
 */

#include <dlfcn.h>
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

#include "native82545.h"

#define RING       512
#define POOL       8191
#define CACHE      256
#define MAX_BURST  64
#define MAX_POLLS  100000
/*
 * Packets that one figure is of. What interrupts the program spoils some figures,
 * and only ever adds: the lower quartile counts.
 */
#define CHUNK      256
#define MAX_CHUNKS 1024
#define RDT        0x2818
#define TDT        0x3818

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
	/* Emulators receive nothing for a second after the port has started. */
	unsigned long settle; /* ms */
	const char *device;
} opt = {
	.ticks = 16, .pkts = 20000, .len = 60, .segs = 1, .room = 2048, .mtu = 1500,
	.settle = 1200,
};

static struct rte_mempool *pool;
static const struct native82545_control *device;

static void
die(const char *what)
{
	fprintf(stderr, "pmd_cost: %s\n", what);
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

/* All loads before are done, none after has begun. */
static uint64_t
now(void)
{
	uint64_t tsc;

	rte_rmb();
	tsc = rte_rdtsc();
	rte_rmb();
	return tsc;
}

/* What a look at the clock costs itself. */
static uint64_t
clock_cost(void)
{
	uint64_t least = UINT64_MAX, start;
	int i;

	for (i = 0; i < 1000; i++) {
		start = now();
		least = RTE_MIN(least, now() - start);
	}
	return least;
}

static uint64_t
elapsed(uint64_t start, uint64_t cost)
{
	uint64_t ticks = now() - start;

	return ticks > cost ? ticks - cost : 0;
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
	uint64_t tx, rx, nb, rx_calls;
};

static uint16_t
send_burst(struct sums *s, uint16_t burst, uint64_t cost)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint64_t start, ticks;
	uint16_t i;

	for (i = 0; i < burst; i++)
		pkts[i] = frame_make();
	start = now();
	i = rte_eth_tx_burst(0, 0, pkts, burst);
	ticks = elapsed(start, cost);
	if (i != burst)
		die("the transmit ring is full");
	s->tx += ticks;
	return burst;
}

/* Polls that find nothing are the device's, not the driver's. */
static uint16_t
receive_burst(struct sums *s, uint16_t burst, uint64_t cost)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint64_t start = now(), ticks;
	uint16_t nb = rte_eth_rx_burst(1, 0, pkts, burst);

	ticks = elapsed(start, cost);
	if (nb == 0)
		return 0;
	s->rx += ticks;
	s->rx_calls++;
	rte_pktmbuf_free_bulk(pkts, nb);
	return nb;
}

/* Send a burst, then receive all of it; what mbufs cost is not counted. */
static void
round_trip(struct sums *s, uint16_t burst, uint64_t cost)
{
	uint16_t sent = send_burst(s, burst, cost), got = 0;
	int polls;

	if (device != NULL)
		device->go();
	for (polls = 0; got < sent && polls < MAX_POLLS; polls++)
		got += receive_burst(s, burst, cost);
	if (got != sent)
		die("frames were lost");
	s->nb += got;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
lower_quartile(double *values, uint32_t nb)
{
	qsort(values, nb, sizeof(values[0]), compare);
	return values[nb / 4];
}

static uint64_t
tail_writes(uint16_t port, uint32_t reg)
{
	return device != NULL ? device->writes(port, reg) : 0;
}

struct result {
	double tx, rx, rx_per_poll, tdt, rdt, pps;
};

static struct result
measure(uint16_t burst)
{
	static double tx[MAX_CHUNKS], rx[MAX_CHUNKS];
	uint64_t cost = clock_cost(), start, tdt, rdt, calls = 0, nb = 0;
	struct sums s = { 0 };
	uint32_t i;

	while (s.nb < 2 * RING)
		round_trip(&s, burst, cost);
	tdt = tail_writes(0, TDT);
	rdt = tail_writes(1, RDT);
	start = rte_rdtsc();
	for (i = 0; i < MAX_CHUNKS && nb < opt.pkts; i++) {
		memset(&s, 0, sizeof(s));
		while (s.nb < CHUNK)
			round_trip(&s, burst, cost);
		tx[i] = (double)s.tx / s.nb / opt.ticks;
		rx[i] = (double)s.rx / s.nb / opt.ticks;
		calls += s.rx_calls;
		nb += s.nb;
	}
	return (struct result){
		.tx = lower_quartile(tx, i), .rx = lower_quartile(rx, i),
		.rx_per_poll = (double)nb / calls,
		.pps = (double)nb * rte_get_tsc_hz() / (rte_rdtsc() - start),
		.tdt = (double)(tail_writes(0, TDT) - tdt) / nb,
		.rdt = (double)(tail_writes(1, RDT) - rdt) / nb,
	};
}

static void
report(const char *driver, uint16_t burst)
{
	struct result r = measure(burst);

	printf("{\"driver\": \"%s\", \"burst\": %u, \"len\": %lu, \"segs\": %lu, "
		"\"tx\": %.1f, \"rx\": %.1f, \"rx_per_poll\": %.1f, \"pps\": %.0f, "
		"\"tdt\": %.4f, \"rdt\": %.4f}\n", driver, burst, opt.len, opt.segs,
		r.tx, r.rx, r.rx_per_poll, r.pps, r.tdt, r.rdt);
	fflush(stdout);
}

/* The EAL has loaded the plugin, in a scope of its own. */
static void
device_find(void)
{
	void *plugin;

	if (opt.device == NULL)
		return;
	plugin = dlopen(opt.device, RTLD_NOW | RTLD_NOLOAD);
	if (plugin != NULL)
		device = dlsym(plugin, "native82545_control");
	if (device == NULL)
		die("--device is not the plugin that -d loaded");
	device->hold();
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
		{ "settle", required_argument, NULL, 'w' },
		{ "device", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		unsigned long n = optarg != NULL ? strtoul(optarg, NULL, 0) : 0;

		switch (c) {
		case 't':
			opt.ticks = n;
			break;
		case 'p':
			opt.pkts = n;
			break;
		case 'l':
			opt.len = n;
			break;
		case 's':
			opt.segs = n;
			break;
		case 'r':
			opt.room = n;
			break;
		case 'm':
			opt.mtu = n;
			break;
		case 'w':
			opt.settle = n;
			break;
		case 'd':
			opt.device = optarg;
			break;
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
	rte_delay_ms(opt.settle);
	device_find();
	if (rte_eth_dev_info_get(1, &info) != 0)
		die("no info of port 1");
	for (i = 0; i < RTE_DIM(bursts); i++)
		report(info.driver_name, bursts[i]);
	rte_eth_dev_stop(0);
	rte_eth_dev_stop(1);
	rte_eth_dev_close(0);
	rte_eth_dev_close(1);
	return rte_eal_cleanup();
}
