/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifdef ASSEMBLER_HAS_LZ4
#include <lz4.h>
#endif

#include <rte_common.h>

#include <rte_assembler_frame.h>

#include "assembler_compat.h"
#include "assembler_frame.h"
#include "assembler_lz4.h"

/* Bytes of the uncompressed length before the block. */
#define LENGTH_LEN 2

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

#else

uint32_t
assembler_lz4_decompress(const uint8_t *payload, uint32_t len, uint8_t *plain)
{
	RTE_SET_USED(payload);
	RTE_SET_USED(len);
	RTE_SET_USED(plain);
	return 0;
}

#endif
