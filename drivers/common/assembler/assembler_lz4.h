/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_LZ4_H
#define ASSEMBLER_LZ4_H

/*
 * Payloads of frames with LZ4: 2 bytes with the uncompressed length, then one
 * block. Without liblz4 none can be read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest uncompressed payload. */
#define ASSEMBLER_PLAIN_LEN UINT16_MAX
/** No payload has fewer bytes: the length, a token. */
#define ASSEMBLER_LZ4_MIN 3

/**
 * Decompress a payload of *len* bytes.
 *
 * @param plain
 *   ASSEMBLER_PLAIN_LEN bytes. Nothing is written unless the block says that it
 *   gives just the length before it.
 * @return
 *   Bytes at *plain*; 0: the payload is bad.
 */
uint32_t assembler_lz4_decompress(const uint8_t *payload, uint32_t len, uint8_t *plain);

/** Bytes that compressing works in, aligned as by malloc(); 0 without liblz4. */
size_t assembler_lz4_state_size(void);
void assembler_lz4_state_init(void *state);

/**
 * Compress as much of *plain* as fits into a payload of *room* bytes.
 *
 * @param len
 *   In: bytes at *plain*, at most ASSEMBLER_PLAIN_LEN. Out: how many of them are
 *   in the payload.
 * @param room
 *   More than ASSEMBLER_LZ4_MIN.
 * @return
 *   Bytes of the payload; 0: none fits.
 */
uint32_t assembler_lz4_compress(void *state, const uint8_t *plain, uint32_t *len,
		uint8_t *payload, uint32_t room);

/**
 * Shorten a payload of *len* bytes, which assembler_lz4_compress() made from
 * *plain*, so that it gives the first *size* bytes of that only.
 *
 * @return
 *   Bytes of the payload; 0: these would be more than *room*, nothing is changed.
 */
uint32_t assembler_lz4_cut(uint8_t *payload, uint32_t len, const uint8_t *plain,
		uint32_t size, uint32_t room);

#endif /* ASSEMBLER_LZ4_H */
