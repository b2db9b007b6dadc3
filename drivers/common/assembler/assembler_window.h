/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_WINDOW_H
#define ASSEMBLER_WINDOW_H

/* Sequence window of one stream at its receiver. */

#include <stdbool.h>
#include <stdint.h>

/** Frames behind the newest one of which the receiver knows whether it saw them. */
#define ASSEMBLER_WINDOW 64

struct assembler_window {
	uint64_t seen;      /* bit n: expected - 1 - n was seen */
	uint32_t expected;
	uint16_t epoch;
	bool started;
};

enum assembler_window_verdict {
	ASSEMBLER_WINDOW_NEW,
	ASSEMBLER_WINDOW_LATE,
	ASSEMBLER_WINDOW_DUPLICATE,
};

/** Account for a frame; *lost* gets how many are missing before a new one. */
static inline enum assembler_window_verdict
assembler_window_update(struct assembler_window *w, uint16_t epoch, uint32_t seq,
		uint32_t *lost)
{
	uint32_t ahead = seq - w->expected;
	uint32_t behind = w->expected - 1 - seq;

	*lost = 0;
	if (!w->started || w->epoch != epoch) {
		*w = (struct assembler_window){
			.seen = 1,
			.expected = seq + 1,
			.epoch = epoch,
			.started = true,
		};
		return ASSEMBLER_WINDOW_NEW;
	}
	if (ahead <= INT32_MAX) {
		w->seen = ahead < ASSEMBLER_WINDOW - 1 ? w->seen << (ahead + 1) | 1 : 1;
		w->expected = seq + 1;
		*lost = ahead;
		return ASSEMBLER_WINDOW_NEW;
	}
	if (behind >= ASSEMBLER_WINDOW || w->seen & UINT64_C(1) << behind)
		return ASSEMBLER_WINDOW_DUPLICATE;
	w->seen |= UINT64_C(1) << behind;
	return ASSEMBLER_WINDOW_LATE;
}

#endif /* ASSEMBLER_WINDOW_H */
