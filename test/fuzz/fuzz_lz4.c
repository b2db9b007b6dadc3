/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * LZ4 both ways, on memory whose ends AddressSanitizer guards. An input is a room, a cut
 * and bytes. These are a payload to decompress, which must stay within what it says; and
 * they are compressed into the room, cut, and decompressed again, which must give their
 * beginning.
 */

#include "assembler_frame.h"
#include "assembler_lz4.h"
#include "fuzz.h"

/* Bytes before those that are worked with. */
#define HEAD_LEN 4

static void *state;

/* A copy that ends where its memory ends, to be freed. */
static uint8_t *
copy_of(const uint8_t *bytes, uint32_t len)
{
	uint8_t *copy = malloc(len);

	fuzz_assert(copy != NULL || len == 0);
	if (len != 0)
		memcpy(copy, bytes, len);
	return copy;
}

/* Where the bytes that the payload promises end, its memory ends. */
static uint32_t
decompress(const uint8_t *payload, uint32_t len, uint8_t **plain)
{
	const uint32_t size = len >= 2 ? assembler_load_be16(payload) : 0;
	uint8_t *guarded = copy_of(payload, len);
	uint32_t made;

	*plain = malloc(size + 1);
	fuzz_assert(*plain != NULL);
	made = assembler_lz4_decompress(guarded, len, *plain);
	fuzz_assert(made == 0 || made == size);
	free(guarded);
	return made;
}

/* The payload gives the first *size* bytes of these. */
static void
check_payload(const uint8_t *payload, uint32_t len, const uint8_t *bytes, uint32_t size)
{
	uint8_t *plain;

	fuzz_assert(decompress(payload, len, &plain) == size);
	fuzz_assert(memcmp(plain, bytes, size) == 0);
	free(plain);
}

static void
compress(const uint8_t *bytes, uint32_t len, uint32_t room, uint32_t cut)
{
	uint8_t *payload = malloc(room), *whole;
	uint32_t size = len, made, made_whole;

	fuzz_assert(payload != NULL);
	made = assembler_lz4_compress(state, bytes, &size, payload, room);
	fuzz_assert(made <= room && size <= len);
	if (made != 0) {
		fuzz_assert(size != 0 && made > 2);
		check_payload(payload, made, bytes, size);
		whole = copy_of(payload, made);
		made_whole = made;
		cut = 1 + cut % size;
		made = assembler_lz4_cut(payload, made, bytes, cut, room);
		fuzz_assert(made <= room);
		if (made != 0)
			check_payload(payload, made, bytes, cut);
		else
			fuzz_assert(memcmp(payload, whole, made_whole) == 0);
		free(whole);
	}
	free(payload);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	state = malloc(assembler_lz4_state_size());
	fuzz_assert(state != NULL);
	assembler_lz4_state_init(state);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const uint32_t len = size - HEAD_LEN;
	uint8_t *bytes, *plain;
	uint32_t room, cut;

	if (size <= HEAD_LEN || len > ASSEMBLER_PLAIN_LEN)
		return 0;
	room = RTE_MAX(assembler_load_be16(input) % (2 * len + 32), ASSEMBLER_LZ4_MIN + 1u);
	cut = assembler_load_be16(input + 2);
	bytes = copy_of(input + HEAD_LEN, len);
	decompress(bytes, len, &plain);
	free(plain);
	compress(bytes, len, room, cut);
	free(bytes);
	return 0;
}
