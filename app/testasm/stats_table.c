/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* What happened in a period: a table that is redrawn on a terminal, else a line. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fwd.h"

/* To the upper left corner and clear what is below (ECMA-48 CUP, ED). */
#define REDRAW "\033[H\033[J"

/* Sums of a period; rates are per second. */
struct period {
	double rx[FWD_SIDES];
	double tx[FWD_SIDES];
	double mbps[FWD_SIDES]; /* on the wire, both directions, with FCS, preamble and gap */
	double fill;            /* packets a frame */
	double gain;            /* wire bytes natively / wire bytes as sent */
};

/* A sum that went back was cleared meanwhile. */
static uint64_t
since(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static double
wire_mbps(const struct rte_eth_stats *now, const struct rte_eth_stats *before, double sec)
{
	uint64_t packets = since(now->ipackets, before->ipackets) +
		since(now->opackets, before->opackets);
	uint64_t bytes = since(now->ibytes, before->ibytes) + since(now->obytes, before->obytes);

	return (bytes + packets * TESTASM_WIRE_OVERHEAD) * 8 / sec / 1e6;
}

static void
period_sum(struct period *p, const struct testasm_stats *now, const struct testasm_stats *before,
	double sec)
{
	const struct rte_assembler_stats *a = &now->assembler, *b = &before->assembler;
	uint64_t frames = since(a->frames, b->frames);
	double sent = since(a->frame_bytes, b->frame_bytes) + frames * TESTASM_WIRE_OVERHEAD;
	int64_t saved = a->wire_bytes_saved;
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++) {
		const struct rte_eth_stats *n = &now->port[i], *o = &before->port[i];

		p->rx[i] = since(n->ipackets, o->ipackets) / sec;
		p->tx[i] = since(n->opackets, o->opackets) / sec;
		p->mbps[i] = wire_mbps(n, o, sec);
	}
	if (a->frames >= b->frames)
		saved -= b->wire_bytes_saved;
	p->fill = frames > 0 ? (double)since(a->packets, b->packets) / frames : 0;
	p->gain = frames > 0 ? (sent + saved) / sent : 1;
}

static const char *
add_drop(const char *comma, const char *name, uint64_t now, uint64_t before)
{
	uint64_t nb = since(now, before);

	if (nb == 0)
		return comma;
	printf("%s %s %" PRIu64, comma, name, nb);
	return ",";
}

static const char *
add_drops(const char *comma, const struct testasm_stats *now, const struct testasm_stats *before,
	const struct stats_causes *causes)
{
	const uint64_t *n = RTE_PTR_ADD(now, causes->offset);
	const uint64_t *b = RTE_PTR_ADD(before, causes->offset);
	unsigned int i;

	for (i = 0; i < causes->nb; i++)
		comma = add_drop(comma, causes->name(i), n[i], b[i]);
	return comma;
}

/* By cause, those of this period only. */
static void
print_drops(const struct testasm_stats *now, const struct testasm_stats *before)
{
	const char *comma = "";
	unsigned int i;

	printf("dropped:");
	for (i = 0; i < FWD_SIDES; i++) {
		const struct rte_eth_stats *n = &now->port[i], *b = &before->port[i];

		comma = add_drop(comma, "missed", n->imissed, b->imissed);
		comma = add_drop(comma, "errors", n->ierrors, b->ierrors);
		comma = add_drop(comma, "no mbuf", n->rx_nombuf, b->rx_nombuf);
		comma = add_drop(comma, "TX", now->tx_dropped[i],
			before->tx_dropped[i]);
	}
	comma = add_drops(comma, now, before, &stats_dropped_packets);
	comma = add_drops(comma, now, before, &stats_dropped_frames);
	comma = add_drop(comma, "not mine",
		now->disassembler.not_mine, before->disassembler.not_mine);
	printf("%s", comma[0] == '\0' ? " none" : "");
}

/* Not lost: the other side is received from more slowly. */
static void
print_waits(const struct testasm_stats *now, const struct testasm_stats *before)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++)
		if (now->tx_full[i] != before->tx_full[i])
			printf("%s TX full %" PRIu64 " times; ", fwd_side_name[i],
				since(now->tx_full[i], before->tx_full[i]));
}

static void
print_line(const struct testasm_stats *now, const struct testasm_stats *before,
	const struct period *p)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++)
		printf("%s rx %.0f/s tx %.0f/s %.1f Mb/s; ", fwd_side_name[i], p->rx[i],
			p->tx[i], p->mbps[i]);
	if (now->assembles)
		printf("fill %.1f gain %.2f hold p99 %u us; ", p->fill, p->gain,
			now->assembler.hold_p99_us);
	print_waits(now, before);
	print_drops(now, before);
	printf("\n");
}

static void
print_table(const struct testasm *t, const struct testasm_stats *now,
	const struct testasm_stats *before, const struct period *p)
{
	char clock[sizeof("00:00:00")] = "";
	time_t sec = time(NULL);
	struct tm tm;
	unsigned int i;

	if (localtime_r(&sec, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	printf(REDRAW TESTASM_NAME " %s, %s\n\n", t->engine->name, clock);
	printf("%-14s %12s %12s %12s  link\n", "", "RX/s", "TX/s", "wire Mb/s");
	for (i = 0; i < FWD_SIDES; i++)
		printf("%-6s port %-2u %12.0f %12.0f %12.1f  %s\n", fwd_side_name[i],
			t->port[i].id, p->rx[i], p->tx[i], p->mbps[i],
			t->port[i].link_up ? "up" : "down");
	if (now->assembles)
		printf("\nfill: %.1f packets a frame   gain: %.2f times less wire   "
			"hold time: p99 %u us\n", p->fill, p->gain, now->assembler.hold_p99_us);
	printf("\n");
	print_waits(now, before);
	print_drops(now, before);
	printf("\nmbufs in use: %u of %u\n", now->mbufs_in_use, now->mbufs_total);
}

void
stats_period(const struct testasm *t, const struct testasm_stats *now,
	const struct testasm_stats *before, double sec)
{
	struct period p;

	period_sum(&p, now, before, sec);
	if (isatty(STDOUT_FILENO) && !t->conf.interactive)
		print_table(t, now, before, &p);
	else
		print_line(now, before, &p);
	fflush(stdout);
}
