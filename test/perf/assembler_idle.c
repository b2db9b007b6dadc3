/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What a worker costs that has nothing to do, and what its sleep costs the first
 * packet that comes: the CPU time of an idle worker, and the time from the
 * submission of one packet, after a pause, to its return. One line for each
 * sleep_us. Nothing here passes or fails.
 *
 * assembler_idle EAL-OPTIONS     two lcores
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include <rte_assembler.h>

#define IDLE_MS 500
#define PAUSE_MS 2
#define NB_PKTS 300

static const struct rte_ether_addr here = { { 0x02, 0, 0, 0, 0, 0x01 } };
static const struct rte_ether_addr there = { { 0x02, 0, 0, 0, 0, 0x02 } };

static double
seconds(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* CPU time of all other threads. */
static double
others(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID) - seconds(CLOCK_THREAD_CPUTIME_ID);
}

static double
idle_percent(void)
{
	const double start = seconds(CLOCK_MONOTONIC), used = others();

	rte_delay_us_sleep(IDLE_MS * 1000);
	return 100 * (others() - used) / (seconds(CLOCK_MONOTONIC) - start);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Microseconds from submission to collection of one packet. */
static double
first_packet(struct rte_assembler_client *c, struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint64_t start;

	if (m == NULL)
		rte_exit(EXIT_FAILURE, "no mbufs\n");
	memset(rte_pktmbuf_append(m, 60), 2, 60);
	rte_delay_us_sleep(PAUSE_MS * 1000);
	start = rte_rdtsc();
	rte_assembler_submit_burst(c, &m, 1);
	while (rte_assembler_collect_burst(c, &m, 1) == 0)
		;
	start = rte_rdtsc() - start;
	rte_pktmbuf_free(m);
	return start * 1e6 / rte_get_tsc_hz();
}

static void
measure(struct rte_mempool *pool, uint32_t sleep_us)
{
	const unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	struct rte_assembler_client *c;
	struct rte_assembler_conf conf;
	struct rte_assembler *a;
	double us[NB_PKTS], idle;
	int i;

	rte_assembler_conf_default(&conf);
	conf.src = here;
	conf.frame_pool = pool;
	conf.hold_us = 0;
	conf.min_count = 1;
	conf.nb_workers = 1;
	conf.sleep_us = sleep_us;
	a = rte_assembler_create("idle", &conf);
	if (a == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_assembler_peer_set(a, &there);
	c = rte_assembler_client_open(a);
	rte_eal_remote_launch(rte_assembler_worker_main, rte_assembler_worker_get(a, 0), lcore);
	idle = idle_percent();
	for (i = 0; i < NB_PKTS; i++)
		us[i] = first_packet(c, pool);
	qsort(us, NB_PKTS, sizeof(us[0]), compare);
	printf("%8u %10.2f %12.2f %8.2f\n", sleep_us, idle, us[NB_PKTS / 2],
			us[NB_PKTS - 1 - NB_PKTS / 100]);
	rte_assembler_workers_stop(a);
	rte_eal_mp_wait_lcore();
	rte_assembler_free(a);
}

int
main(int argc, char **argv)
{
	static const uint32_t sleeps[] = { 0, 1000, 100, 10 };
	struct rte_mempool *pool;
	size_t i;

	if (rte_eal_init(argc, argv) < 0 || rte_lcore_count() < 2)
		rte_exit(EXIT_FAILURE, "needs two lcores\n");
	pool = rte_pktmbuf_pool_create("pool", 1023, 32, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	printf("a packet every %d ms\n%8s %10s %12s %8s\n", PAUSE_MS, "sleep_us", "idle CPU %",
			"delay us p50", "p99");
	for (i = 0; i < RTE_DIM(sleeps); i++)
		measure(pool, sleeps[i]);
	return rte_eal_cleanup();
}
