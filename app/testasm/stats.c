/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "testasm.h"

#define RULE "----------------------"
#define SUM_RULE "+++++++++++++++"
#define TITLE_WIDTH 12

/* The library's functions take an enum each. */
#define CAUSE_NAME(group_) \
static const char * \
group_##_name(unsigned int cause) \
{ \
	return rte_assembler_##group_##_name(cause); \
}

CAUSE_NAME(bypass)
CAUSE_NAME(flush)
CAUSE_NAME(drop)
CAUSE_NAME(cause)

const struct stats_causes stats_bypassed = {
	"bypassed", "bypassed:", bypass_name, RTE_ASSEMBLER_BYPASS_MAX,
	offsetof(struct testasm_stats, assembler.bypassed),
};

const struct stats_causes stats_flushed = {
	"flushed", "closed by:", flush_name, RTE_ASSEMBLER_FLUSH_MAX,
	offsetof(struct testasm_stats, assembler.flushed),
};

const struct stats_causes stats_dropped_packets = {
	"dropped", "dropped:", drop_name, RTE_ASSEMBLER_DROP_MAX,
	offsetof(struct testasm_stats, assembler.dropped),
};

const struct stats_causes stats_dropped_frames = {
	"dropped", "dropped:", cause_name, RTE_ASSEMBLER_CAUSE_MAX,
	offsetof(struct testasm_stats, disassembler.dropped),
};

int
stats_port(uint16_t port, struct rte_eth_stats *stats)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int ret;

	/* Drivers add up what their registers counted: not for two threads at once. */
	pthread_mutex_lock(&lock);
	ret = rte_eth_stats_get(port, stats);
	pthread_mutex_unlock(&lock);
	return ret;
}

/* What structures of statistics begin with: sums of 64 bits. */
#define ASSEMBLER_SUMS (offsetof(struct rte_assembler_stats, hold_p50_us) / sizeof(uint64_t))
#define DISASSEMBLER_SUMS (sizeof(struct rte_disassembler_stats) / sizeof(uint64_t))

void
stats_sums_add(void *sums, const void *more, size_t nb)
{
	const uint64_t *m = more;
	uint64_t *s = sums;
	size_t i;

	for (i = 0; i < nb; i++)
		s[i] += m[i];
}

/* What is added to it later gives the difference. */
void
stats_sums_negate(void *sums, size_t nb)
{
	uint64_t *s = sums;
	size_t i;

	for (i = 0; i < nb; i++)
		s[i] = -s[i];
}

/* Sums from the start; the hold time of the last engine that made a frame. */
static void
stats_sum(const struct testasm *t, struct stats_past *sum)
{
	struct rte_disassembler_stats d = { 0 };
	struct rte_assembler_stats a = { 0 };
	unsigned int i;

	*sum = t->past;
	for (i = 0; i < FWD_SIDES; i++) {
		sum->tx_dropped[i] += t->dir[i].tx_dropped;
		sum->tx_full[i] += t->dir[i].tx_full;
	}
	if (t->assembler != NULL)
		rte_assembler_stats_get(t->assembler, &a);
	if (t->disassembler != NULL)
		rte_disassembler_stats_get(t->disassembler, &d);
	stats_peers_add(t, &sum->peers);
	stats_sums_add(&sum->assembler, &a, ASSEMBLER_SUMS);
	stats_sums_add(&sum->disassembler, &d, DISASSEMBLER_SUMS);
	if (a.frames == 0)
		return;
	sum->assembler.hold_p50_us = a.hold_p50_us;
	sum->assembler.hold_p99_us = a.hold_p99_us;
	sum->assembler.hold_max_us = a.hold_max_us;
}

void
stats_keep(struct testasm *t)
{
	struct stats_past sum;

	stats_sum(t, &sum);
	/* The directions stay. */
	memcpy(sum.tx_dropped, t->past.tx_dropped, sizeof(sum.tx_dropped));
	memcpy(sum.tx_full, t->past.tx_full, sizeof(sum.tx_full));
	t->past = sum;
}

void
stats_clear(struct testasm *t)
{
	struct stats_past sum;

	memset(&t->past, 0, sizeof(t->past));
	stats_sum(t, &sum);
	stats_sums_negate(sum.tx_dropped, FWD_SIDES);
	stats_sums_negate(sum.tx_full, FWD_SIDES);
	stats_sums_negate(&sum.assembler, ASSEMBLER_SUMS);
	stats_sums_negate(&sum.disassembler, DISASSEMBLER_SUMS);
	stats_peers_negate(&sum.peers);
	t->past = sum;
}

void
stats_read(const struct testasm *t, struct testasm_stats *stats)
{
	struct stats_past sum;
	unsigned int i;

	memset(stats, 0, sizeof(*stats));
	/* What cannot be read stays 0. */
	for (i = 0; i < FWD_SIDES; i++)
		if (!t->port[i].closed)
			(void)stats_port(t->port[i].id, &stats->port[i]);
	stats->assembles = t->assembler != NULL;
	stats->disassembles = t->disassembler != NULL;
	stats_sum(t, &sum);
	memcpy(stats->tx_dropped, sum.tx_dropped, sizeof(stats->tx_dropped));
	memcpy(stats->tx_full, sum.tx_full, sizeof(stats->tx_full));
	stats->assembler = sum.assembler;
	stats->disassembler = sum.disassembler;
	stats->peers = sum.peers;
	mbufs_count(t, stats);
}

static void
print_port(const struct rte_eth_stats *s, uint64_t tx_dropped, uint64_t tx_full)
{
	printf("  RX-packets: %-14" PRIu64 " RX-dropped: %-14" PRIu64 " RX-total: %" PRIu64 "\n",
		s->ipackets, s->imissed, s->ipackets + s->imissed);
	if (s->ierrors + s->rx_nombuf > 0)
		printf("  RX-error:   %-14" PRIu64 " RX-nombufs: %" PRIu64 "\n",
			s->ierrors, s->rx_nombuf);
	printf("  TX-packets: %-14" PRIu64 " TX-dropped: %-14" PRIu64 " TX-total: %" PRIu64 "\n",
		s->opackets, tx_dropped, s->opackets + tx_dropped);
	if (s->oerrors + tx_full > 0)
		printf("  TX-error:   %-14" PRIu64 " TX-full:    %" PRIu64 "\n", s->oerrors,
			tx_full);
}

static void
print_ports(const struct testasm *t, const struct testasm_stats *stats)
{
	struct rte_eth_stats sum = { 0 };
	uint64_t dropped = 0, full = 0;
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++) {
		const struct rte_eth_stats *s = &stats->port[i];

		printf("\n  " RULE " Forward statistics for port %u, %s " RULE "\n",
			t->port[i].id, fwd_side_name[i]);
		print_port(s, stats->tx_dropped[i], stats->tx_full[i]);
		sum.ipackets += s->ipackets;
		sum.imissed += s->imissed;
		sum.ierrors += s->ierrors;
		sum.rx_nombuf += s->rx_nombuf;
		sum.opackets += s->opackets;
		sum.oerrors += s->oerrors;
		dropped += stats->tx_dropped[i];
		full += stats->tx_full[i];
	}
	printf("\n  " SUM_RULE " Accumulated forward statistics for both ports " SUM_RULE "\n");
	print_port(&sum, dropped, full);
}

/* "title: word n, word n ..." without what did not happen. */
void
stats_counts_print(const struct stats_causes *causes, const uint64_t *counts, int width)
{
	const char *comma = "";
	unsigned int i;

	printf("%-*s", width, causes->title);
	for (i = 0; i < causes->nb; i++) {
		if (counts[i] == 0)
			continue;
		printf("%s %s %" PRIu64, comma, causes->name(i), counts[i]);
		comma = ",";
	}
	printf("%s\n", comma[0] == '\0' ? " none" : "");
}

static void
print_causes(const struct testasm_stats *stats, const struct stats_causes *causes)
{
	printf("  ");
	stats_counts_print(causes, RTE_PTR_ADD(stats, causes->offset), TITLE_WIDTH);
}

void
stats_print_assembler(const struct testasm_stats *stats)
{
	const struct rte_assembler_stats *a = &stats->assembler;
	double fill = a->frames > 0 ? (double)a->packets / a->frames : 0;

	printf("\n  " RULE " Assembler statistics " RULE "\n");
	printf("  packets:     %-14" PRIu64 " frames: %-14" PRIu64 " packets a frame: %.1f\n",
		a->packets, a->frames, fill);
	printf("  bytes:       %-14" PRIu64 " wire bytes saved: %" PRId64 "\n",
		a->bytes, a->wire_bytes_saved);
	print_causes(stats, &stats_bypassed);
	print_causes(stats, &stats_flushed);
	print_causes(stats, &stats_dropped_packets);
	printf("  hold time:   p50 %u us, p99 %u us, max %u us\n",
		a->hold_p50_us, a->hold_p99_us, a->hold_max_us);
	printf("  ring full:   %-14" PRIu64 " no mbuf: %-14" PRIu64 " TX-dropped: %" PRIu64 "\n",
		a->ring_full, a->no_mbuf, stats->tx_dropped[FWD_TRUNK]);
}

static void
print_disassembler(const struct testasm_stats *stats)
{
	const struct rte_disassembler_stats *d = &stats->disassembler;

	printf("\n  " RULE " Disassembler statistics " RULE "\n");
	printf("  packets:     %-14" PRIu64 " frames: %-14" PRIu64 " native: %" PRIu64 "\n",
		d->packets, d->frames, d->native);
	print_causes(stats, &stats_dropped_frames);
	printf("  not mine:    %-14" PRIu64 " lost frames: %-9" PRIu64 " duplicate: %" PRIu64 "\n",
		d->not_mine, d->lost_frames, d->duplicate);
	printf("  late:        %-14" PRIu64 " no mbuf: %-13" PRIu64 " TX-dropped: %" PRIu64 "\n",
		d->late, d->no_mbuf, stats->tx_dropped[FWD_ACCESS]);
	stats_senders_print(&stats->peers);
}

void
stats_print(const struct testasm *t, const struct testasm_stats *stats)
{
	print_ports(t, stats);
	if (stats->assembles)
		stats_print_assembler(stats);
	if (stats->disassembles)
		print_disassembler(stats);
	if (t->discovery != NULL)
		discovery_print(t);
	printf("\n  mbufs in use: %u of %u\n", stats->mbufs_in_use, stats->mbufs_total);
}
