/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Statistics, which any lcore may read while others count, and their words. */

#include <errno.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

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

static void
counters_add(assembler_counter_t *sum, const assembler_counter_t *counters, uint32_t nb)
{
	uint32_t i;

	for (i = 0; i < nb; i++)
		assembler_counter_add(&sum[i], assembler_load_relaxed(&counters[i]));
}

/* While others read them. */
static void
counters_set(assembler_counter_t *counters, const assembler_counter_t *values, uint32_t nb)
{
	uint32_t i;

	for (i = 0; i < nb; i++)
		assembler_store_relaxed(&counters[i], assembler_load_relaxed(&values[i]));
}

/* Modulo 2^64: what is added to it later gives the difference. */
static void
counters_negate(assembler_counter_t *counters, uint32_t nb)
{
	uint32_t i;

	for (i = 0; i < nb; i++)
		assembler_store_relaxed(&counters[i], -assembler_load_relaxed(&counters[i]));
}

static void
closes_add(struct assembler_closes *sum, const struct assembler_closes *closes)
{
	counters_add(sum->flushed, closes->flushed, RTE_DIM(sum->flushed));
	counters_add(sum->fill, closes->fill, RTE_DIM(sum->fill));
	assembler_hist_sum(&sum->hold, &closes->hold);
}

/* All but the maximum. */
static void
closes_negate(struct assembler_closes *closes)
{
	counters_negate(closes->flushed, RTE_DIM(closes->flushed));
	counters_negate(closes->fill, RTE_DIM(closes->fill));
	counters_negate(closes->hold.buckets, RTE_DIM(closes->hold.buckets));
}

static void
closes_add_peer(struct assembler_closes *sum, const struct assembler_peer_stats *p)
{
	counters_add(sum->flushed, p->flushed, RTE_DIM(sum->flushed));
	counters_add(sum->fill, p->fill, RTE_DIM(sum->fill));
	assembler_hist_sum_coarse(&sum->hold, p->hold, assembler_load_relaxed(&p->hold_max));
}

static void
closes_tell(const struct assembler_closes *closes, struct rte_assembler_closes *to)
{
	memset(to, 0, sizeof(*to));
	sum_counters(to->flushed, closes->flushed, RTE_DIM(to->flushed));
	sum_counters(to->fill_histogram, closes->fill, RTE_DIM(to->fill_histogram));
	to->hold_p50_us = cycles_to_us(assembler_hist_quantile(&closes->hold, 50));
	to->hold_p99_us = cycles_to_us(assembler_hist_quantile(&closes->hold, 99));
	to->hold_max_us = cycles_to_us(closes->hold.max);
}

static void
client_closes_add(struct assembler_closes *sum, const struct rte_assembler_client *c)
{
	uint16_t i;

	for (i = 0; i < c->nb_links; i++)
		closes_add(sum, &c->links[i].stats.closes);
}

void
assembler_closes_get(struct rte_assembler *a, struct assembler_closes *sum)
{
	uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 in slot_add() */
	uint64_t before;
	uint32_t i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < nb_slots; i++) {
		client_closes_add(sum, a->slots[i]);
		before = assembler_load_relaxed(&a->slots[i]->closes_base.hold.max);
		sum->hold.max = RTE_MAX((uint64_t)sum->hold.max, before);
	}
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_stats_get, 26.11)
void
rte_assembler_stats_get(struct rte_assembler *a, struct rte_assembler_stats *stats)
{
	uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 in slot_add() */
	const struct rte_assembler_client *c;
	struct rte_assembler_closes told;
	struct assembler_closes closes;
	uint32_t i, j;

	memset(stats, 0, sizeof(*stats));
	for (i = 0; i < nb_slots; i++) {
		c = a->slots[i];
		stats->ring_full += assembler_load_relaxed(&c->ring_full);
		for (j = 0; j < c->nb_links; j++)
			sum_stream(stats, &c->links[j].stats);
	}
	assembler_closes_get(a, &closes);
	closes_tell(&closes, &told);
	memcpy(stats->flushed, told.flushed, sizeof(stats->flushed));
	memcpy(stats->fill_histogram, told.fill_histogram, sizeof(stats->fill_histogram));
	stats->hold_p50_us = told.hold_p50_us;
	stats->hold_p99_us = told.hold_p99_us;
	stats->hold_max_us = told.hold_max_us;
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
	struct assembler_closes *base = &c->closes_base, sum;
	uint16_t i;

	client_sum(c, &c->stats_base);
	memset(&sum, 0, sizeof(sum));
	sum.hold.max = assembler_load_relaxed(&base->hold.max);
	client_closes_add(&sum, c);
	closes_negate(&sum);
	counters_set(base->flushed, sum.flushed, RTE_DIM(sum.flushed));
	counters_set(base->fill, sum.fill, RTE_DIM(sum.fill));
	counters_set(base->hold.buckets, sum.hold.buckets, RTE_DIM(sum.hold.buckets));
	counters_set(&base->hold.max, &sum.hold.max, 1);
	/* The slot is drained: nobody counts in it until the client submits. */
	for (i = 0; i < c->nb_links; i++)
		assembler_store_relaxed(&c->links[i].stats.closes.hold.max, 0);
}

void
assembler_client_closes_get(const struct rte_assembler_client *c, struct assembler_closes *sum)
{
	*sum = c->closes_base;
	sum->hold.max = 0;
	client_closes_add(sum, c);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_client_stats_get, 26.11)
void
rte_assembler_client_stats_get(const struct rte_assembler_client *c,
		struct rte_assembler_client_stats *stats)
{
	const struct rte_assembler_client_stats *base = &c->stats_base;
	struct assembler_closes closes;

	client_sum(c, stats);
	stats->packets -= base->packets;
	stats->bytes -= base->bytes;
	stats->assembled -= base->assembled;
	stats->frames -= base->frames;
	stats->bypassed -= base->bypassed;
	stats->dropped -= base->dropped;
	stats->ring_full -= base->ring_full;
	assembler_client_closes_get(c, &closes);
	closes_tell(&closes, &stats->closes);
}

struct assembler_peer_stats *
assembler_peer_stats_create(const struct rte_assembler_conf *conf)
{
	return rte_zmalloc_socket("assembler_peer_stats",
			(1 + conf->max_peers) * sizeof(struct assembler_peer_stats),
			RTE_CACHE_LINE_SIZE, conf->socket_id);
}

/* What the lcore number *i* counts of a peer: a worker, or a client that is inline. */
static struct assembler_peer_stats *
peer_part(struct rte_assembler *a, uint32_t i, uint16_t peer)
{
	return a->conf.nb_workers != 0 ? &a->workers[i].peer_stats[peer] :
			&a->slots[i]->peer_stats[peer];
}

static uint32_t
nb_peer_parts(const struct rte_assembler *a)
{
	/* With R3 in slot_add(). */
	return a->conf.nb_workers != 0 ? a->conf.nb_workers : assembler_load_acquire(&a->nb_slots);
}

void
assembler_peer_stats_begin(struct rte_assembler *a, uint16_t peer)
{
	struct assembler_peer_stats *before = &a->peers_before[peer], sum, *p;
	const uint32_t nb = nb_peer_parts(a);
	uint32_t i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < nb; i++) {
		p = peer_part(a, i, peer);
		counters_add(&sum.packets, &p->packets, 1);
		counters_add(sum.flushed, p->flushed, RTE_DIM(p->flushed));
		counters_add(sum.fill, p->fill, RTE_DIM(p->fill));
		counters_add(sum.hold, p->hold, RTE_DIM(p->hold));
		/* A lcore may write it once more, for a frame of the last peer, and no more. */
		assembler_store_relaxed(&p->hold_max, 0);
	}
	counters_set(&before->packets, &sum.packets, 1);
	counters_set(before->flushed, sum.flushed, RTE_DIM(sum.flushed));
	counters_set(before->fill, sum.fill, RTE_DIM(sum.fill));
	counters_set(before->hold, sum.hold, RTE_DIM(sum.hold));
}

void
assembler_peer_closes_get(struct rte_assembler *a, uint16_t peer, struct assembler_closes *sum)
{
	const uint32_t nb = nb_peer_parts(a);
	uint32_t i;

	memset(sum, 0, sizeof(*sum));
	/* It comes first, as it is never more than what follows. */
	if (a->peers_before != NULL)
		closes_add_peer(sum, &a->peers_before[peer]);
	closes_negate(sum);
	for (i = 0; i < nb; i++)
		closes_add_peer(sum, peer_part(a, i, peer));
}

static uint64_t
peer_packets(struct rte_assembler *a, uint16_t peer)
{
	const uint32_t nb = nb_peer_parts(a);
	uint64_t sum = 0;
	uint32_t i;

	if (a->peers_before != NULL)
		sum -= assembler_load_relaxed(&a->peers_before[peer].packets);
	for (i = 0; i < nb; i++)
		sum += assembler_load_relaxed(&peer_part(a, i, peer)->packets);
	return sum;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_peer_stats_iterate, 26.11)
int
rte_assembler_peer_stats_iterate(struct rte_assembler *a, uint32_t *next,
		struct rte_assembler_peer_stats *stats)
{
	const uint32_t i = *next;
	struct assembler_closes closes;
	union assembler_peer peer;
	uint32_t j;

	/* A5: pairs with R5 in assembler_peer_index(). */
	if (i > assembler_load_acquire(&a->nb_peers))
		return -ENOENT;
	*next = i + 1;
	peer.word = assembler_load_relaxed(&a->peers[i].peer);
	*stats = (struct rte_assembler_peer_stats){
		.addr = peer.addr,
		.is_default = i == 0,
		.known = peer.known,
		.packets = peer_packets(a, i),
	};
	assembler_peer_closes_get(a, i, &closes);
	closes_tell(&closes, &stats->closes);
	for (j = 0; j < RTE_DIM(stats->closes.fill_histogram); j++)
		stats->frames += stats->closes.fill_histogram[j];
	return 0;
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
