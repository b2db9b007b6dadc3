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
#include <stdint.h>

/** Longest uncompressed payload. */
#define ASSEMBLER_PLAIN_LEN UINT16_MAX

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

#endif /* ASSEMBLER_LZ4_H */
