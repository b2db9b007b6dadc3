/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_lz4.h"
#include "assembler_squeeze.h"

/*
 * How far a frame is filled is found by trying. What was tried and fits is
 * proven, and stays compressed in s->mbuf while the next attempt is made in the
 * spare mbuf. What is beyond it always fits into one more frame as it is:
 * so two mbufs are enough, whatever an attempt gives.
 */

/* A frame with so few bytes left is full. */
#define LEFT_MIN 16
/* What a limit goes beyond the estimate: few bytes too many cost less than another attempt. */
#define MARGIN(size) ((size) / 16)

/* Packets that fit into a frame, and their bytes there: compressed or as they are. */
struct attempt {
	struct assembler_part part;
	uint32_t len;
};

static struct assembler_part
part_all(const struct assembler_stream *s)
{
	return (struct assembler_part){
		.size = s->used,
		.padded_bytes = s->padded_bytes,
		.count = s->count,
		.last = s->prev,
	};
}

/* The packets that end within the first *size* bytes. */
static struct assembler_part
part_of(const struct assembler_stream *s, uint32_t size)
{
	struct assembler_part part = { .size = 0 };
	struct assembler_frame_reader reader = {
		.next = s->payload,
		.outer = s->outer,
		.left = s->count,
	};
	uint32_t len, end;

	if (size == s->used)
		return part_all(s);
	while (reader.left != 0) {
		len = assembler_frame_item_len(assembler_frame_next(&reader));
		end = reader.next - s->payload;
		if (end > size)
			break;
		part.size = end;
		part.padded_bytes += len;
		part.count++;
		part.last = reader.prev;
	}
	return part;
}

static uint8_t *
payload_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, uint8_t *, ASSEMBLER_FRAME_OVERHEAD);
}

/*
 * Compress as many packets as fit, into *m*. They are none unless they become
 * fewer bytes.
 */
static struct attempt
squeeze_try(const struct assembler_stream *s, struct rte_mbuf *m, const struct assembler_turn *turn)
{
	const uint32_t room = RTE_MIN(s->room, s->used - 1);
	uint32_t len = 0, made, size = s->used;
	struct attempt a = { .len = 0 };

	if (room <= ASSEMBLER_LZ4_MIN)
		return a;
	made = assembler_lz4_compress(turn->scratch + ASSEMBLER_SCRATCH_LEN, s->payload, &size,
			payload_of(m), room);
	if (made == 0)
		return a;
	a.part = part_of(s, size);
	if (a.part.size == size)
		len = made;
	while (len == 0 && a.part.count != 0) {
		len = assembler_lz4_cut(payload_of(m), made, s->payload, a.part.size, room);
		if (len == 0)
			a.part = part_of(s, a.part.size - 1);
	}
	a.len = len;
	return len < a.part.size ? a : (struct attempt){ .len = 0 };
}

static void
squeeze_swap(struct assembler_stream *s)
{
	struct rte_mbuf *m = s->mbuf;

	s->mbuf = s->squeeze.spare;
	s->squeeze.spare = m;
}

static struct attempt
squeeze_proven(const struct assembler_stream *s)
{
	return (struct attempt){
		.part = part_of(s, s->squeeze.proven),
		.len = s->squeeze.proven_len,
	};
}

/* Bring what a frame can take into s->mbuf: as much as is known to fit. */
static struct attempt
squeeze_fill(struct assembler_stream *s, const struct assembler_turn *turn)
{
	struct assembler_squeeze *q = &s->squeeze;
	struct rte_mbuf *m = q->spare != NULL ? q->spare : s->mbuf;
	struct attempt best, a;

	if (q->proven_len != 0 && q->proven == s->used)
		return squeeze_proven(s);
	a = squeeze_try(s, m, turn);
	if (q->proven_len != 0) {
		best = squeeze_proven(s);
	} else {
		best.part = part_of(s, RTE_MIN(s->used, (uint32_t)s->room));
		best.len = best.part.size;
	}
	if (a.part.count >= best.part.count) {
		if (m == q->spare)
			squeeze_swap(s);
		return a;
	}
	if (q->proven_len == 0)
		memcpy(payload_of(s->mbuf), s->payload, best.len);
	return best;
}

/* The packets behind *part* are the first ones of the next frame. */
static void
squeeze_carry(struct assembler_stream *s, const struct assembler_part *part)
{
	uint8_t *first = s->payload + part->size, *to = s->payload;
	uint32_t left = s->used - part->size;
	uint16_t word = assembler_load_be16(first);

	if (word >> RTE_ASSEMBLER_LEN_BITS != RTE_ASSEMBLER_MODE_SAME) {
		memmove(to, first, left);
	} else if (assembler_addrs_equal(part->last, s->outer)) {
		memmove(to, first, left);
		word &= RTE_ASSEMBLER_LEN_MASK;
		word |= RTE_ASSEMBLER_MODE_OUTER << RTE_ASSEMBLER_LEN_BITS;
	} else {
		left += ASSEMBLER_ADDRS_LEN;
		word &= RTE_ASSEMBLER_LEN_MASK;
		word += ASSEMBLER_ADDRS_LEN;
		memmove(to + ASSEMBLER_SUBFRAME_HDR_LEN + ASSEMBLER_ADDRS_LEN,
				first + ASSEMBLER_SUBFRAME_HDR_LEN,
				left - ASSEMBLER_SUBFRAME_HDR_LEN - ASSEMBLER_ADDRS_LEN);
		assembler_addrs_store(to + ASSEMBLER_SUBFRAME_HDR_LEN, part->last);
	}
	assembler_store_be16(to, word);
	s->used = left;
	s->opened = s->squeeze.proven_at;
}

static void
squeeze_put_out(struct assembler_stream *s, const struct attempt *a,
		enum rte_assembler_flush_reason reason, struct assembler_turn *turn)
{
	struct assembler_squeeze *q = &s->squeeze;
	bool all = a->part.count == s->count;

	assembler_stream_put_out(s, &a->part, a->len, reason, turn);
	if (all) {
		rte_pktmbuf_free(q->spare);
	} else {
		squeeze_carry(s, &a->part);
		s->mbuf = q->spare;
	}
	q->spare = NULL;
	q->proven = 0;
	q->proven_len = 0;
	s->limit = s->room;
}

/* Let the frame become *want* bytes, unless what is not proven could be too much then. */
static void
squeeze_set_limit(struct assembler_stream *s, uint32_t want)
{
	const uint32_t proven = s->squeeze.proven + s->room - ASSEMBLER_ADDRS_LEN;
	const uint32_t most = RTE_MIN(proven, (uint32_t)s->rules->plain_len);

	s->limit = RTE_MIN(want, most);
}

static void
squeeze_prove(struct assembler_stream *s, uint32_t len, const struct assembler_turn *turn)
{
	s->squeeze.proven = s->used;
	s->squeeze.proven_len = len;
	s->squeeze.proven_at = turn->now;
}

/* The first time: all that is in fits as it is. Is it worth to go on without an attempt? */
static bool
squeeze_begin(struct assembler_stream *s, uint32_t size, const struct assembler_turn *turn)
{
	struct assembler_squeeze *q = &s->squeeze;

	q->spare = rte_pktmbuf_alloc(s->rules->frame_pool);
	if (q->spare == NULL)
		return false;
	squeeze_prove(s, 0, turn);
	squeeze_set_limit(s, q->typical + MARGIN(q->typical));
	return s->used + size <= s->limit;
}

/* Would a frame that opens now be like the one that is open? */
static bool
squeeze_is_current(const struct assembler_stream *s)
{
	return assembler_addrs_equal(s->outer, s->next_outer) &&
			memcmp(&s->sizes, &s->next_sizes, sizeof(s->sizes)) == 0 &&
			assembler_squeeze_wanted(s);
}

void
assembler_squeeze_grow(struct assembler_stream *s, uint32_t size, struct assembler_turn *turn)
{
	struct assembler_squeeze *q = &s->squeeze;
	struct attempt a;
	uint32_t left;

	if (q->spare == NULL && squeeze_begin(s, size, turn))
		return;
	a = squeeze_fill(s, turn);
	q->typical = a.part.size;
	if (a.part.count == s->count && a.len < a.part.size && q->spare != NULL) {
		squeeze_prove(s, a.len, turn);
		left = s->room - a.len;
		if (left >= LEFT_MIN) {
			left = left * a.part.size / a.len;
			squeeze_set_limit(s, s->used + left + MARGIN(left));
			q->typical = s->used + left;
			if (s->used + size <= s->limit)
				return;
		}
	}
	squeeze_put_out(s, &a, RTE_ASSEMBLER_FLUSH_SIZE, turn);
	if (s->count != 0 && !squeeze_is_current(s))
		assembler_squeeze_close(s, RTE_ASSEMBLER_FLUSH_SIZE, turn);
}

void
assembler_squeeze_close(struct assembler_stream *s, enum rte_assembler_flush_reason reason,
		struct assembler_turn *turn)
{
	struct attempt a;

	while (s->count != 0) {
		a = squeeze_fill(s, turn);
		squeeze_put_out(s, &a, a.part.count == s->count ? reason :
				RTE_ASSEMBLER_FLUSH_SIZE, turn);
	}
}
