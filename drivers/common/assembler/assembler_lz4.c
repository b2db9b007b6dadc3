/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifdef ASSEMBLER_HAS_LZ4
#include <lz4.h>
#include <lz4hc.h>
#endif

#include <rte_common.h>

#include <rte_assembler_frame.h>

#include "assembler_compat.h"
#include "assembler_frame.h"
#include "assembler_lz4.h"

/* Bytes of the uncompressed length before the block. */
#define LENGTH_LEN 2
/* Of liblz4's slower compressor: higher ones gain little on frames of this size. */
#define LEVEL 3

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_has_lz4, 26.11)
bool
rte_assembler_has_lz4(void)
{
#ifdef ASSEMBLER_HAS_LZ4
	return true;
#else
	return false;
#endif
}

#ifdef ASSEMBLER_HAS_LZ4

/* A token has a length in each half. A half of 15 says that more bytes follow. */
#define LENGTH_MORE 15
#define MIN_MATCH 4
/* No match begins so many bytes before the end of a block, or ends in its last bytes. */
#define MATCH_FROM_END 12
#define LAST_LITERALS 5

struct block_reader {
	const uint8_t *next;
	const uint8_t *end;
};

static bool
read_length(struct block_reader *r, uint32_t *length)
{
	uint8_t more;

	if (*length < LENGTH_MORE)
		return true;
	do {
		if (r->next == r->end)
			return false;
		more = *r->next++;
		*length += more;
	} while (more == UINT8_MAX);
	return true;
}

/* Of a match, before which *done* bytes were made. */
static bool
read_offset(struct block_reader *r, uint32_t done)
{
	uint32_t offset;

	if (r->end - r->next < 2)
		return false;
	offset = r->next[0] | r->next[1] << 8;
	r->next += 2;
	return offset != 0 && offset <= done;
}

/*
 * Does the block give just *size* bytes, all of them from itself? liblz4 lets
 * an offset of 0 pass, and would deliver what is in the buffer from before.
 */
static bool
block_good(struct block_reader r, uint32_t size)
{
	uint32_t done = 0, literals, match;
	uint8_t token;

	while (r.next != r.end) {
		token = *r.next++;
		literals = token >> 4;
		if (!read_length(&r, &literals) || literals > (uint32_t)(r.end - r.next))
			return false;
		r.next += literals;
		done += literals;
		if (r.next == r.end)
			return done == size;
		match = token & 0xF;
		if (!read_offset(&r, done) || !read_length(&r, &match))
			return false;
		done += MIN_MATCH + match;
		if (done > size)
			return false;
	}
	return false;
}

uint32_t
assembler_lz4_decompress(const uint8_t *payload, uint32_t len, uint8_t *plain)
{
	const struct block_reader r = { .next = payload + LENGTH_LEN, .end = payload + len };
	uint32_t size;
	int made;

	if (len <= LENGTH_LEN)
		return 0;
	size = assembler_load_be16(payload);
	if (size == 0 || !block_good(r, size))
		return 0;
	made = LZ4_decompress_safe((const char *)r.next, (char *)plain, len - LENGTH_LEN, size);
	return made == (int)size ? size : 0;
}

size_t
assembler_lz4_state_size(void)
{
	return sizeof(LZ4_streamHC_t);
}

void
assembler_lz4_state_init(void *state)
{
	LZ4_initStreamHC(state, sizeof(LZ4_streamHC_t));
}

uint32_t
assembler_lz4_compress(void *state, const uint8_t *plain, uint32_t *len, uint8_t *payload,
		uint32_t room)
{
	int size = *len, made;

	LZ4_resetStreamHC_fast(state, LEVEL);
	made = LZ4_compress_HC_continue_destSize(state, (const char *)plain,
			(char *)payload + LENGTH_LEN, &size, room - LENGTH_LEN);
	if (made <= 0)
		return 0;
	assembler_store_be16(payload, size);
	*len = size;
	return LENGTH_LEN + made;
}

/* Bytes that a length takes besides its half of the token. */
static uint32_t
length_size(uint32_t length)
{
	return length < LENGTH_MORE ? 0 : 1 + (length - LENGTH_MORE) / UINT8_MAX;
}

static uint8_t *
put_length(uint8_t *out, uint32_t length)
{
	if (length < LENGTH_MORE)
		return out;
	for (length -= LENGTH_MORE; length >= UINT8_MAX; length -= UINT8_MAX)
		*out++ = UINT8_MAX;
	*out++ = length;
	return out;
}

/* A sequence in a payload. */
struct sequence {
	uint32_t token;  /* where it begins */
	uint32_t extra;  /* where the match's length goes on, if it does */
	uint32_t from;   /* bytes that the payload gives before the match */
	uint32_t match;
};

/* The sequence at *pos* of a good payload, of *len* bytes; the last one has match 0. */
static struct sequence
read_sequence(const uint8_t *payload, uint32_t len, uint32_t pos, uint32_t done)
{
	struct block_reader r = { .next = payload + pos, .end = payload + len };
	struct sequence seq = { .token = pos };
	uint8_t token = *r.next++;
	uint32_t literals = token >> 4;

	read_length(&r, &literals);
	r.next += literals;
	seq.from = done + literals;
	if (r.next == r.end)
		return seq;
	seq.extra = r.next + 2 - payload;
	seq.match = token & 0xF;
	r.next += 2;
	read_length(&r, &seq.match);
	seq.match += MIN_MATCH;
	return seq;
}

/* How much of its match it can have in a payload that gives *size* bytes. */
static uint32_t
match_kept(const struct sequence *seq, uint32_t size)
{
	uint32_t keep;

	if (seq->match == 0 || seq->from + MATCH_FROM_END > size)
		return 0;
	keep = RTE_MIN(seq->match, size - LAST_LITERALS - seq->from);
	return keep >= MIN_MATCH ? keep : 0;
}

uint32_t
assembler_lz4_cut(uint8_t *payload, uint32_t len, const uint8_t *plain, uint32_t size,
		uint32_t room)
{
	uint32_t pos = LENGTH_LEN, done = 0, end, keep, literals;
	struct sequence seq;
	uint8_t *out;

	/* All stays up to a sequence whose match ends too late. */
	for (;;) {
		seq = read_sequence(payload, len, pos, done);
		keep = match_kept(&seq, size);
		if (keep == 0 || keep < seq.match)
			break;
		pos = seq.extra + length_size(seq.match - MIN_MATCH);
		done = seq.from + seq.match;
	}
	/* Of this one the literals and some of the match stay, or nothing. */
	end = seq.token;
	if (keep != 0) {
		end = seq.extra + length_size(keep - MIN_MATCH);
		done = seq.from + keep;
	}
	literals = size - done;
	if (end + 1 + length_size(literals) + literals > room)
		return 0;
	out = payload + end;
	if (keep != 0) {
		payload[seq.token] &= 0xF0;
		payload[seq.token] |= RTE_MIN(keep - MIN_MATCH, (uint32_t)LENGTH_MORE);
		put_length(payload + seq.extra, keep - MIN_MATCH);
	}
	*out++ = RTE_MIN(literals, (uint32_t)LENGTH_MORE) << 4;
	out = put_length(out, literals);
	memcpy(out, plain + done, literals);
	assembler_store_be16(payload, size);
	return out + literals - payload;
}

#else

uint32_t
assembler_lz4_decompress(const uint8_t *payload, uint32_t len, uint8_t *plain)
{
	RTE_SET_USED(payload);
	RTE_SET_USED(len);
	RTE_SET_USED(plain);
	return 0;
}

size_t
assembler_lz4_state_size(void)
{
	return 0;
}

void
assembler_lz4_state_init(void *state)
{
	RTE_SET_USED(state);
}

uint32_t
assembler_lz4_compress(void *state, const uint8_t *plain, uint32_t *len, uint8_t *payload,
		uint32_t room)
{
	RTE_SET_USED(state);
	RTE_SET_USED(plain);
	RTE_SET_USED(len);
	RTE_SET_USED(payload);
	RTE_SET_USED(room);
	return 0;
}

uint32_t
assembler_lz4_cut(uint8_t *payload, uint32_t len, const uint8_t *plain, uint32_t size,
		uint32_t room)
{
	RTE_SET_USED(payload);
	RTE_SET_USED(len);
	RTE_SET_USED(plain);
	RTE_SET_USED(size);
	RTE_SET_USED(room);
	return 0;
}

#endif
