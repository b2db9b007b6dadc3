/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_SQUEEZE_H
#define ASSEMBLER_SQUEEZE_H

/*
 * A stream that compresses: it gathers more packets than a frame takes as they
 * are, and puts out as many of them as fit when they are compressed. The others
 * begin the next frame.
 */

#include "assembler_stream.h"

/** Should frames that open now be compressed? */
static inline bool
assembler_squeeze_wanted(const struct assembler_stream *s)
{
	return s->squeeze.plain != NULL && (!s->limits.given || s->limits.lz4);
}

/**
 * The open frame, which is in s->mbuf, has reached its limit: let it take more,
 * or put it out. Called until a subframe of *size* bytes fits.
 */
void assembler_squeeze_grow(struct assembler_stream *s, uint32_t size,
		struct assembler_turn *turn);

/** Put out all packets of the open frame, which is in s->mbuf: one frame or two. */
void assembler_squeeze_close(struct assembler_stream *s,
		enum rte_assembler_flush_reason reason, struct assembler_turn *turn);

#endif /* ASSEMBLER_SQUEEZE_H */
