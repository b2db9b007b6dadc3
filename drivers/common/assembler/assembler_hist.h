/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_HIST_H
#define ASSEMBLER_HIST_H

/*
 * Histogram of durations in cycles, 8 buckets an octave: each bucket's bounds
 * are at most 1/8 apart, so that quantiles are good to that. Where there are many
 * of them each is a coarse one, 2 buckets an octave and good to 1/2.
 */

#include <stdint.h>

#include <rte_common.h>

#include "assembler_compat.h"

#define ASSEMBLER_HIST_SUB_BITS 3
#define ASSEMBLER_HIST_SUB (1 << ASSEMBLER_HIST_SUB_BITS)
/** 2^40 cycles are minutes: what is longer counts in the last bucket. */
#define ASSEMBLER_HIST_OCTAVES 38
#define ASSEMBLER_HIST_BUCKETS (ASSEMBLER_HIST_OCTAVES * ASSEMBLER_HIST_SUB)
/** So many buckets, as a power of two, are one of a coarse histogram. */
#define ASSEMBLER_HIST_COARSE_SHIFT 2
#define ASSEMBLER_HIST_COARSE (ASSEMBLER_HIST_BUCKETS >> ASSEMBLER_HIST_COARSE_SHIFT)

struct assembler_hist {
	assembler_counter_t max; /* cycles */
	assembler_counter_t buckets[ASSEMBLER_HIST_BUCKETS];
};

static inline uint32_t
assembler_hist_bucket(uint64_t cycles)
{
	uint32_t octave;

	if (cycles < ASSEMBLER_HIST_SUB)
		return cycles;
	octave = 63 - ASSEMBLER_HIST_SUB_BITS - __builtin_clzll(cycles);
	return RTE_MIN((octave << ASSEMBLER_HIST_SUB_BITS) + (uint32_t)(cycles >> octave),
			(uint32_t)ASSEMBLER_HIST_BUCKETS - 1);
}

/** Longest duration that counts in the bucket. */
static inline uint64_t
assembler_hist_upper(uint32_t bucket)
{
	uint32_t octave;

	if (bucket < 2 * ASSEMBLER_HIST_SUB)
		return bucket;
	octave = (bucket >> ASSEMBLER_HIST_SUB_BITS) - 1;
	return ((uint64_t)(bucket - (octave << ASSEMBLER_HIST_SUB_BITS) + 1) << octave) - 1;
}

/** By the one lcore that writes *hist*. */
static inline void
assembler_hist_record(struct assembler_hist *hist, uint64_t cycles)
{
	assembler_counter_add(&hist->buckets[assembler_hist_bucket(cycles)], 1);
	if (cycles > assembler_load_relaxed(&hist->max))
		assembler_store_relaxed(&hist->max, cycles);
}

/** Add *hist* to *sum*, which no other lcore writes. */
static inline void
assembler_hist_sum(struct assembler_hist *sum, const struct assembler_hist *hist)
{
	uint64_t max = assembler_load_relaxed(&hist->max);
	uint32_t i;

	for (i = 0; i < ASSEMBLER_HIST_BUCKETS; i++)
		sum->buckets[i] += assembler_load_relaxed(&hist->buckets[i]);
	sum->max = RTE_MAX(sum->max, max);
}

/** The same with a coarse one: each duration is as long as the longest of its bucket. */
static inline void
assembler_hist_sum_coarse(struct assembler_hist *sum, const assembler_counter_t *coarse,
		uint64_t max)
{
	uint32_t i;

	for (i = 0; i < ASSEMBLER_HIST_COARSE; i++)
		sum->buckets[((i + 1) << ASSEMBLER_HIST_COARSE_SHIFT) - 1] +=
				assembler_load_relaxed(&coarse[i]);
	sum->max = RTE_MAX((uint64_t)sum->max, max);
}

/** The duration in cycles that *percent* of the durations do not exceed; 0 if there are none. */
static inline uint64_t
assembler_hist_quantile(const struct assembler_hist *hist, uint32_t percent)
{
	uint64_t total = 0, below = 0;
	uint32_t i;

	for (i = 0; i < ASSEMBLER_HIST_BUCKETS; i++)
		total += hist->buckets[i];
	for (i = 0; i < ASSEMBLER_HIST_BUCKETS; i++) {
		below += hist->buckets[i];
		if (below * 100 >= total * percent)
			break;
	}
	/* No bucket is as sharp as the maximum. */
	return RTE_MIN(assembler_hist_upper(i), (uint64_t)hist->max);
}

#endif /* ASSEMBLER_HIST_H */
