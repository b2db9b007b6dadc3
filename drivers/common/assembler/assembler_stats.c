/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Statistics, which any lcore may read while others count, and their words. */

#include <rte_cycles.h>

#include "assembler_private.h"

static void
sum_counters(uint64_t *sum, const assembler_counter_t *counters, uint32_t nb)
{
	uint32_t i;

	for (i = 0; i < nb; i++)
		sum[i] += assembler_load_relaxed(&counters[i]);
}

static void
sum_stream(struct rte_assembler_stats *sum, const struct assembler_stream_stats *s)
{
	sum->packets += assembler_load_relaxed(&s->packets);
	sum->bytes += assembler_load_relaxed(&s->bytes);
	sum->frames += assembler_load_relaxed(&s->frames);
	sum->frame_bytes += assembler_load_relaxed(&s->frame_bytes);
	sum->lz4_frames += assembler_load_relaxed(&s->lz4_frames);
	sum->lz4_bytes_saved += assembler_load_relaxed(&s->lz4_bytes_saved);
	sum->no_mbuf += assembler_load_relaxed(&s->no_mbuf);
	sum->wire_bytes_saved += assembler_load_relaxed(&s->native_wire_bytes);
	sum->wire_bytes_saved -= assembler_load_relaxed(&s->frame_wire_bytes);
	sum_counters(sum->bypassed, s->bypassed, RTE_DIM(s->bypassed));
	sum_counters(sum->dropped, s->dropped, RTE_DIM(s->dropped));
	sum_counters(sum->flushed, s->flushed, RTE_DIM(s->flushed));
	sum_counters(sum->fill_histogram, s->fill, RTE_DIM(s->fill));
}

uint64_t
assembler_cycles_to_ns(uint64_t cycles)
{
	const uint64_t hz = rte_get_tsc_hz();

	return cycles / hz * NS_PER_S + cycles % hz * NS_PER_S / hz;
}

static uint32_t
cycles_to_us(uint64_t cycles)
{
	return RTE_MIN(assembler_cycles_to_ns(cycles) / 1000, UINT32_MAX);
}

void
assembler_hold_sum(struct rte_assembler *a, struct assembler_hist *sum)
{
	uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 in slot_add() */
	uint32_t i, j;

	for (i = 0; i < nb_slots; i++)
		for (j = 0; j < a->slots[i]->nb_links; j++)
			assembler_hist_sum(sum, &a->slots[i]->links[j].stats.hold);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_stats_get, 26.11)
void
rte_assembler_stats_get(struct rte_assembler *a, struct rte_assembler_stats *stats)
{
	uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 in slot_add() */
	const struct rte_assembler_client *c;
	struct assembler_hist hold = { .max = 0 };
	uint32_t i, j;

	memset(stats, 0, sizeof(*stats));
	for (i = 0; i < nb_slots; i++) {
		c = a->slots[i];
		stats->ring_full += assembler_load_relaxed(&c->ring_full);
		for (j = 0; j < c->nb_links; j++)
			sum_stream(stats, &c->links[j].stats);
	}
	assembler_hold_sum(a, &hold);
	stats->hold_p50_us = cycles_to_us(assembler_hist_quantile(&hold, 50));
	stats->hold_p99_us = cycles_to_us(assembler_hist_quantile(&hold, 99));
	stats->hold_max_us = cycles_to_us(hold.max);
}

static void
client_sum(const struct rte_assembler_client *c, struct rte_assembler_client_stats *sum)
{
	const struct assembler_stream_stats *s;
	uint16_t i, j;

	*sum = (struct rte_assembler_client_stats){
		.ring_full = assembler_load_relaxed(&c->ring_full),
	};
	for (i = 0; i < c->nb_links; i++) {
		s = &c->links[i].stats;
		sum->packets += assembler_load_relaxed(&c->links[i].taken_packets);
		sum->bytes += assembler_load_relaxed(&c->links[i].taken_bytes);
		sum->assembled += assembler_load_relaxed(&s->packets);
		sum->frames += assembler_load_relaxed(&s->frames);
		for (j = 0; j < RTE_ASSEMBLER_BYPASS_MAX; j++)
			sum->bypassed += assembler_load_relaxed(&s->bypassed[j]);
		for (j = 0; j < RTE_ASSEMBLER_DROP_MAX; j++)
			sum->dropped += assembler_load_relaxed(&s->dropped[j]);
	}
}

void
assembler_client_stats_begin(struct rte_assembler_client *c)
{
	client_sum(c, &c->stats_base);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_client_stats_get, 26.11)
void
rte_assembler_client_stats_get(const struct rte_assembler_client *c,
		struct rte_assembler_client_stats *stats)
{
	const struct rte_assembler_client_stats *base = &c->stats_base;

	client_sum(c, stats);
	stats->packets -= base->packets;
	stats->bytes -= base->bytes;
	stats->assembled -= base->assembled;
	stats->frames -= base->frames;
	stats->bypassed -= base->bypassed;
	stats->dropped -= base->dropped;
	stats->ring_full -= base->ring_full;
}

static const char * const flush_names[] = {
	[RTE_ASSEMBLER_FLUSH_SIZE] = "size",
	[RTE_ASSEMBLER_FLUSH_COUNT] = "count",
	[RTE_ASSEMBLER_FLUSH_TIME] = "time",
	[RTE_ASSEMBLER_FLUSH_IDLE] = "idle",
	[RTE_ASSEMBLER_FLUSH_ORDER] = "order",
	[RTE_ASSEMBLER_FLUSH_STOP] = "stop",
};

static const char * const bypass_names[] = {
	[RTE_ASSEMBLER_BYPASS_LARGE] = "large",
	[RTE_ASSEMBLER_BYPASS_FEW] = "few",
	[RTE_ASSEMBLER_BYPASS_RESERVED] = "reserved",
	[RTE_ASSEMBLER_BYPASS_PEER] = "peer",
};

static const char * const drop_names[] = {
	[RTE_ASSEMBLER_DROP_NESTED] = "nested",
	[RTE_ASSEMBLER_DROP_RUNT] = "runt",
};

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_flush_name, 26.11)
const char *
rte_assembler_flush_name(enum rte_assembler_flush_reason reason)
{
	return (unsigned int)reason < RTE_DIM(flush_names) ? flush_names[reason] : NULL;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_bypass_name, 26.11)
const char *
rte_assembler_bypass_name(enum rte_assembler_bypass_reason reason)
{
	return (unsigned int)reason < RTE_DIM(bypass_names) ? bypass_names[reason] : NULL;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_drop_name, 26.11)
const char *
rte_assembler_drop_name(enum rte_assembler_drop_reason reason)
{
	return (unsigned int)reason < RTE_DIM(drop_names) ? drop_names[reason] : NULL;
}
