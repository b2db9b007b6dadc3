/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Packets through an assembler with one worker, and through a disassembler. */

#include <stdio.h>
#include <string.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_assembler.h>
#include <rte_disassembler.h>

#define BURST 32

static const struct rte_ether_addr here = { { 0x02, 0, 0, 0, 0, 0x01 } };
static const struct rte_ether_addr there = { { 0x02, 0, 0, 0, 0, 0x02 } };

/* In place of rte_eth_rx_burst(): packets of 60 bytes from one sensor. */
static void
receive(struct rte_mempool *pool, struct rte_mbuf **pkts)
{
	static const uint8_t data[60] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0, [59] = 1 };
	int i;

	if (rte_pktmbuf_alloc_bulk(pool, pkts, BURST) != 0)
		rte_exit(EXIT_FAILURE, "no mbufs\n");
	for (i = 0; i < BURST; i++)
		memcpy(rte_pktmbuf_append(pkts[i], sizeof(data)), data, sizeof(data));
}

/* In place of rte_eth_tx_burst(): straight to the other end. Returns what comes out there. */
static uint32_t
transmit(struct rte_assembler_client *client, struct rte_disassembler *d)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t nb = rte_assembler_collect_burst(client, pkts, BURST);
	uint32_t arrived = 0;

	rte_disassembler_submit_burst(d, pkts, nb); /* its queue is longer than a burst */
	while ((nb = rte_disassembler_collect_burst(d, pkts, BURST)) != 0) {
		rte_pktmbuf_free_bulk(pkts, nb);
		arrived += nb;
	}
	return arrived;
}

int
main(int argc, char **argv)
{
	struct rte_mbuf *pkts[BURST];
	struct rte_disassembler_conf dconf;
	struct rte_assembler_conf conf;
	struct rte_assembler_stats stats;
	uint32_t sent, arrived = 0;
	uint16_t done;

	if (rte_eal_init(argc, argv) < 0 || rte_lcore_count() < 2)
		rte_exit(EXIT_FAILURE, "needs two lcores, as in: -l 0,1\n");
	rte_assembler_conf_default(&conf);
	rte_disassembler_conf_default(&dconf);
	conf.src = here;
	dconf.own = there;
	conf.frame_pool = dconf.pkt_pool = rte_pktmbuf_pool_create("pool", 4095, 128, 0,
			RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	conf.nb_workers = 1;
	struct rte_assembler *a = rte_assembler_create("example", &conf);
	struct rte_disassembler *d = rte_disassembler_create("example", &dconf);
	if (a == NULL || d == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_assembler_peer_set(a, &there);
	rte_disassembler_peer_add(d, &here);
	struct rte_assembler_client *client = rte_assembler_client_open(a);
	if (client == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_eal_remote_launch(rte_assembler_worker_main, rte_assembler_worker_get(a, 0),
			rte_get_next_lcore(-1, 1, 0));

	for (sent = 0; sent < 10240; sent += BURST) {
		receive(conf.frame_pool, pkts);
		for (done = 0; done < BURST;) { /* what a full ring refuses is still ours */
			done += rte_assembler_submit_burst(client, pkts + done, BURST - done);
			arrived += transmit(client, d);
		}
	}
	while (rte_assembler_flush(client) != 0)
		arrived += transmit(client, d);
	rte_assembler_workers_stop(a);
	rte_eal_mp_wait_lcore();

	rte_assembler_stats_get(a, &stats);
	printf("%u packets sent, %lu of them in %lu assembled frames; %u arrived\n", sent,
			(unsigned long)stats.packets, (unsigned long)stats.frames, arrived);
	rte_assembler_client_close(client);
	rte_assembler_free(a);
	rte_disassembler_free(d);
	rte_eal_cleanup();
	return arrived == sent ? EXIT_SUCCESS : EXIT_FAILURE;
}
