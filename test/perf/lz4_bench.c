/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What LZ4 gains on captures, and what it costs, without a NIC. All packets of a
 * capture go through an inline assembler in their order, without a limit of
 * time; what comes out is taken apart again and compared. Gain is wire time
 * natively by wire time of what came out, bypassed packets included, each with
 * 24 bytes of FCS, preamble and gap. Speed is native wire time by the time that
 * one core took: its processor time, in which other load of the machine does not
 * count. Lines are medians of NB_RUNS runs.
 *
 * lz4_bench EAL-OPTIONS -- JSON-FILE CAPTURE...
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_byteorder.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

#include <rte_assembler.h>
#include <rte_disassembler.h>

#define BURST 32
#define NB_RUNS 7
#define MAX_PKTS 65536
#define FRAME_MIN 60
#define WIRE_OVERHEAD 24
#define MAX_PKT 1518
#define FRAME_ROOM 9014

static const struct rte_ether_addr here = { { 0x02, 0, 0, 0, 0, 0x01 } };
static const struct rte_ether_addr there = { { 0x02, 0, 0, 0, 0, 0x02 } };

static struct rte_mempool *pkt_pool, *frame_pool;

struct pkt {
	uint32_t len;
	uint8_t *data;
};

struct capture {
	const char *name;
	uint32_t nb;
	uint64_t wire; /* bytes natively */
	struct pkt pkts[MAX_PKTS];
};

static struct capture capture;

static uint64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint32_t
wire_len(uint32_t len)
{
	return RTE_MAX(len, (uint32_t)FRAME_MIN) + WIRE_OVERHEAD;
}

/* pcap's record headers, in the file's byte order. Packets that were cut are left out. */
static void
capture_read(const char *path)
{
	uint32_t head[6], record[4], len;
	FILE *f = fopen(path, "rb");
	bool swapped;
	uint8_t *data;

	if (f == NULL || fread(head, sizeof(head), 1, f) != 1)
		rte_exit(EXIT_FAILURE, "cannot read %s\n", path);
	swapped = head[0] == 0xD4C3B2A1 || head[0] == 0x4D3CB2A1;
	if (!swapped && head[0] != 0xA1B2C3D4 && head[0] != 0xA1B23C4D)
		rte_exit(EXIT_FAILURE, "%s is no pcap file\n", path);
	while (capture.nb != 0)
		free(capture.pkts[--capture.nb].data);
	capture.name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	capture.wire = 0;
	while (capture.nb < MAX_PKTS && fread(record, sizeof(record), 1, f) == 1) {
		len = swapped ? rte_bswap32(record[2]) : record[2];
		if (len > UINT16_MAX)
			rte_exit(EXIT_FAILURE, "%s is damaged\n", path);
		data = calloc(1, RTE_MAX(len, (uint32_t)FRAME_MIN));
		if (data == NULL || fread(data, 1, len, f) != len)
			rte_exit(EXIT_FAILURE, "%s is cut\n", path);
		if (record[2] != record[3] || len > MAX_PKT) {
			free(data);
			continue;
		}
		len = RTE_MAX(len, (uint32_t)FRAME_MIN);
		capture.pkts[capture.nb++] = (struct pkt){ .len = len, .data = data };
		capture.wire += wire_len(len);
	}
	fclose(f);
}

/* A way to pack, and what it gave. */
struct setting {
	bool lz4;
	uint16_t max_frame;
	uint16_t max_pkt;
	double gain;
	double gbps;
	double pps;
	struct rte_assembler_stats stats;
};

static struct setting settings[] = {
	{ false, 1514, 200 },
	{ true, 1514, 200 },
	{ true, 1514, 1400 },
	{ true, 9014, 200 },
	{ true, 9014, 1514 },
};

struct run {
	struct rte_assembler_client *c;
	struct rte_disassembler *d;
	uint32_t arrived;
	uint64_t wire;
	uint64_t ns;    /* of submit and collect */
};

static void
check(struct run *r)
{
	struct rte_mbuf *pkts[BURST];
	const struct pkt *p;
	uint16_t nb, i;

	while ((nb = rte_disassembler_collect_burst(r->d, pkts, BURST)) != 0) {
		for (i = 0; i < nb; i++) {
			p = &capture.pkts[r->arrived++];
			if (pkts[i]->pkt_len != p->len || memcmp(p->data,
					rte_pktmbuf_mtod(pkts[i], void *), p->len) != 0)
				rte_exit(EXIT_FAILURE, "packet %u is not what was sent\n",
						r->arrived);
		}
		rte_pktmbuf_free_bulk(pkts, nb);
	}
}

static void
collect(struct run *r)
{
	struct rte_mbuf *frames[BURST];
	uint64_t start = cpu_ns();
	uint16_t nb, i;

	nb = rte_assembler_collect_burst(r->c, frames, BURST);
	r->ns += cpu_ns() - start;
	for (i = 0; i < nb; i++)
		r->wire += wire_len(frames[i]->pkt_len);
	rte_disassembler_submit_burst(r->d, frames, nb);
	check(r);
}

static void
submit(struct run *r, uint32_t from, uint16_t nb)
{
	struct rte_mbuf *pkts[BURST];
	uint64_t start;
	uint16_t i;

	if (rte_pktmbuf_alloc_bulk(pkt_pool, pkts, nb) != 0)
		rte_exit(EXIT_FAILURE, "no mbufs\n");
	for (i = 0; i < nb; i++)
		memcpy(rte_pktmbuf_append(pkts[i], capture.pkts[from + i].len),
				capture.pkts[from + i].data, capture.pkts[from + i].len);
	start = cpu_ns();
	if (rte_assembler_submit_burst(r->c, pkts, nb) != nb)
		rte_exit(EXIT_FAILURE, "packets were refused\n");
	r->ns += cpu_ns() - start;
}

static void
run_capture(struct run *r)
{
	uint32_t i;

	for (i = 0; i < capture.nb; i += BURST) {
		submit(r, i, RTE_MIN(capture.nb - i, (uint32_t)BURST));
		collect(r);
	}
	while (rte_assembler_flush(r->c) != 0)
		collect(r);
	if (r->arrived != capture.nb)
		rte_exit(EXIT_FAILURE, "%u packets of %u arrived\n", r->arrived, capture.nb);
}

static struct rte_assembler *
assembler_make(const struct setting *s)
{
	struct rte_assembler_conf conf;
	struct rte_assembler *a;

	rte_assembler_conf_default(&conf);
	conf.src = here;
	conf.frame_pool = frame_pool;
	conf.hold_us = 1000000;
	conf.max_frame = s->max_frame;
	conf.max_pkt = s->max_pkt;
	conf.lz4 = s->lz4;
	a = rte_assembler_create("lz4", &conf);
	if (a == NULL)
		rte_exit(EXIT_FAILURE, "no memory, or no liblz4\n");
	rte_assembler_peer_set(a, &there);
	return a;
}

static struct rte_disassembler *
disassembler_make(void)
{
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;

	rte_disassembler_conf_default(&conf);
	conf.own = there;
	conf.pkt_pool = pkt_pool;
	conf.max_pkt = MAX_PKT;
	d = rte_disassembler_create("lz4", &conf);
	if (d == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_disassembler_peer_add(d, &here);
	return d;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
measure(struct setting *s)
{
	uint64_t ns[NB_RUNS];
	struct rte_assembler *a;
	double seconds;
	int i;

	for (i = 0; i < NB_RUNS; i++) {
		a = assembler_make(s);
		struct run r = { rte_assembler_client_open(a), disassembler_make() };

		run_capture(&r);
		ns[i] = r.ns;
		s->gain = (double)capture.wire / r.wire;
		rte_assembler_stats_get(a, &s->stats);
		rte_disassembler_free(r.d);
		rte_assembler_free(a);
	}
	qsort(ns, NB_RUNS, sizeof(ns[0]), compare);
	seconds = ns[NB_RUNS / 2] / 1e9;
	s->gbps = capture.wire * 8 / seconds / 1e9;
	s->pps = capture.nb / seconds;
}

static void
print(FILE *f, bool first, const struct setting *s)
{
	printf("%-20s %3s %9u %7u %7.3f %9.2f %9.2f %9.1f\n", capture.name,
			s->lz4 ? "on" : "off", s->max_frame, s->max_pkt, s->gain, s->gbps,
			s->pps / 1e6, (double)s->stats.packets / s->stats.frames);
	fprintf(f, "%s\n{\"capture\": \"%s\", \"lz4\": %s, \"max_frame\": %u, \"max_pkt\": %u, "
			"\"gain\": %.4f, \"native_gbps\": %.3f, \"pps\": %.0f, "
			"\"packets_a_frame\": %.2f}", first ? "" : ",", capture.name,
			s->lz4 ? "true" : "false", s->max_frame, s->max_pkt, s->gain, s->gbps,
			s->pps, (double)s->stats.packets / s->stats.frames);
}

int
main(int argc, char **argv)
{
	int nb_eal = rte_eal_init(argc, argv);
	bool first = true;
	size_t j;
	FILE *f;
	int i;

	if (nb_eal < 0 || nb_eal + 3 > argc)
		rte_exit(EXIT_FAILURE, "give EAL-OPTIONS -- JSON-FILE CAPTURE...\n");
	f = fopen(argv[nb_eal + 1], "w");
	if (f == NULL)
		rte_exit(EXIT_FAILURE, "cannot write %s\n", argv[nb_eal + 1]);
	pkt_pool = rte_pktmbuf_pool_create("pkts", 8191, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY);
	frame_pool = rte_pktmbuf_pool_create("frames", 1023, 64, 0,
			RTE_PKTMBUF_HEADROOM + FRAME_ROOM, SOCKET_ID_ANY);
	if (pkt_pool == NULL || frame_pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	printf("%-20s %3s %9s %7s %7s %9s %9s %9s\n", "capture", "lz4", "max-frame", "max-pkt",
			"gain", "Gb/s", "Mpkt/s", "pkt/frame");
	fprintf(f, "{\"runs\": %d, \"lines\": [", NB_RUNS);
	for (i = nb_eal + 2; i < argc; i++) {
		capture_read(argv[i]);
		for (j = 0; j < RTE_DIM(settings); j++, first = false) {
			measure(&settings[j]);
			print(f, first, &settings[j]);
		}
	}
	fprintf(f, "]}\n");
	fclose(f);
	return rte_eal_cleanup();
}
