/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Frames both ways between port 0 and port 1, which are wired to each other:
 * each must arrive once, in order and byte for byte. For any PMD; the tests run
 * it on the devices of native82545.h.
 *
 *   native_traffic [EAL options] -- FRAMES SEGMENTS
 *
 * FRAMES each way, of random lengths, in bursts of random size, each in up to
 * SEGMENTS mbufs. Prints "ok DRIVER FRAMES", or what is wrong.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define RING      128
#define POOL      2047
#define MAX_BURST 48
#define MIN_LEN   60
#define MAX_LEN   1514
#define WAIT_S    60 /* for frames that do not come */
#define SEQ_AT    14 /* where a frame has its number */

static struct rte_mempool *pool;
static uint32_t nb_frames, max_segs;
static uint32_t nb_sent[2], nb_got[2];

static void
die(const char *what, uint16_t port)
{
	fprintf(stderr, "native_traffic: %s; port %u sent %u, received %u, the other %u, %u\n",
		what, port, nb_sent[port], nb_got[port], nb_sent[port ^ 1], nb_got[port ^ 1]);
	exit(1);
}

static void
port_start(uint16_t port)
{
	struct rte_eth_conf conf = {
		.txmode.offloads = max_segs > 1 ? RTE_ETH_TX_OFFLOAD_MULTI_SEGS : 0,
	};

	if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
			rte_eth_rx_queue_setup(port, 0, RING, 0, NULL, pool) != 0 ||
			rte_eth_tx_queue_setup(port, 0, RING, 0, NULL) != 0 ||
			rte_eth_promiscuous_enable(port) != 0 ||
			rte_eth_dev_start(port) != 0)
		die("a port does not start", port);
}

static void
links_wait(void)
{
	struct rte_eth_link link;
	uint16_t port;

	for (port = 0; port < 2; port++)
		if (rte_eth_link_get(port, &link) != 0 || link.link_status != RTE_ETH_LINK_UP)
			die("no link", port);
}

/* Frame number *seq* out of *port*: its length and its bytes. */
static uint32_t
frame_bytes(uint16_t port, uint32_t seq, uint8_t *data)
{
	uint64_t x = (uint64_t)seq << 1 | port;
	uint32_t i, len;

	x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	len = MIN_LEN + (x >> 33) % (MAX_LEN - MIN_LEN + 1);
	for (i = 0; i < len; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		data[i] = x >> 56;
	}
	data[0] = 2; /* to a station */
	memcpy(data + 12, "\x88\xB6", 2);
	memcpy(data + SEQ_AT, &seq, sizeof(seq));
	return len;
}

static struct rte_mbuf *
frame_make(uint16_t port, uint32_t seq)
{
	uint8_t data[MAX_LEN];
	uint32_t len = frame_bytes(port, seq, data), off = 0, i;
	uint32_t segs = 1 + rand() % max_segs;
	struct rte_mbuf *head = NULL, *m;

	for (i = 0; i < segs; i++) {
		uint32_t part = i == segs - 1 ? len - off : len / segs;

		m = rte_pktmbuf_alloc(pool);
		if (m == NULL)
			die("no mbuf", port);
		memcpy(rte_pktmbuf_append(m, part), data + off, part);
		off += part;
		if (head == NULL)
			head = m;
		else
			rte_pktmbuf_chain(head, m);
	}
	return head;
}

static void
send_some(uint16_t port)
{
	static struct rte_mbuf *pkts[2][MAX_BURST];
	static uint16_t nb[2];
	uint16_t want = 1 + rand() % MAX_BURST, sent;

	while (nb[port] < want && nb_sent[port] + nb[port] < nb_frames) {
		pkts[port][nb[port]] = frame_make(port, nb_sent[port] + nb[port]);
		nb[port]++;
	}
	sent = rte_eth_tx_burst(port, 0, pkts[port], nb[port]);
	nb_sent[port] += sent;
	nb[port] -= sent;
	memmove(pkts[port], pkts[port] + sent, nb[port] * sizeof(pkts[port][0]));
}

static void
receive_some(uint16_t port)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint8_t data[MAX_LEN];
	uint16_t nb = rte_eth_rx_burst(port, 0, pkts, 1 + rand() % MAX_BURST), i;

	for (i = 0; i < nb; i++) {
		uint32_t len = frame_bytes(port ^ 1, nb_got[port]++, data);

		if (pkts[i]->pkt_len != len || pkts[i]->nb_segs != 1 ||
				memcmp(rte_pktmbuf_mtod(pkts[i], void *), data, len) != 0)
			die("a frame is not the one that is due", port);
	}
	rte_pktmbuf_free_bulk(pkts, nb);
}

static void
traffic(void)
{
	uint64_t end = rte_rdtsc() + WAIT_S * rte_get_tsc_hz();
	uint16_t port;

	while (nb_got[0] < nb_frames || nb_got[1] < nb_frames) {
		for (port = 0; port < 2; port++) {
			send_some(port);
			receive_some(port);
		}
		if (rte_rdtsc() > end)
			die("frames are missing", 0);
	}
}

int
main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);
	struct rte_eth_dev_info info;
	uint16_t port;

	if (used < 0 || argc - used != 3 || rte_eth_dev_count_avail() != 2)
		die("usage: native_traffic [EAL options] -- FRAMES SEGMENTS, with two ports", 0);
	nb_frames = strtoul(argv[used + 1], NULL, 0);
	max_segs = strtoul(argv[used + 2], NULL, 0);
	pool = rte_pktmbuf_pool_create("pool", POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		die("no memory", 0);
	for (port = 0; port < 2; port++)
		port_start(port);
	links_wait();
	traffic();
	if (rte_eth_dev_info_get(0, &info) != 0)
		die("no info of port", 0);
	for (port = 0; port < 2; port++) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	if (rte_mempool_in_use_count(pool) != 0)
		die("mbufs are missing", 0);
	printf("ok %s %u\n", info.driver_name, nb_got[0] + nb_got[1]);
	return rte_eal_cleanup();
}
