/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_TLV_H
#define ASSEMBLER_TLV_H

/* The TLVs of control frames: pure functions over bytes. */

#include <stdint.h>

#include <rte_common.h>

#include <rte_assembler_frame.h>

/** Bytes of the values. */
#define ASSEMBLER_HELLO_LEN 12
#define ASSEMBLER_HELLO_ACK_LEN (ASSEMBLER_HELLO_LEN + 2)
#define ASSEMBLER_PROBE_LEN 4
#define ASSEMBLER_PROBE_ACK_LEN (ASSEMBLER_PROBE_LEN + 2)
#define ASSEMBLER_BYE_LEN 2

/** What a side declares of itself. */
struct assembler_hello {
	uint8_t lowest;       /* version that it speaks */
	uint8_t highest;
	uint8_t flags;        /* that it understands */
	uint8_t reserved;     /* 0 */
	uint16_t max_frame;   /* bytes that it can receive, with Ethernet header */
	uint16_t max_count;
	uint16_t epoch;
	uint16_t interval_ms; /* between its keepalives */
};

/** One TLV of any kind; fields that its type has not are 0. */
struct assembler_tlv {
	uint8_t type;                /* enum rte_assembler_tlv, or unknown */
	struct assembler_hello hello;
	uint16_t epoch;              /* HELLO_ACK: of the HELLO that it answers; BYE */
	uint16_t bytes;              /* PROBE_ACK */
	uint32_t id;                 /* PROBE, PROBE_ACK */
};

/** Length of a known type's value; 0: unknown. */
uint8_t assembler_tlv_len(uint8_t type);

/** Write a TLV of a known type. Returns the bytes behind it. */
uint8_t *assembler_tlv_put(uint8_t *p, const struct assembler_tlv *tlv);

/** Read a TLV of a payload that was found good. Returns the bytes behind it. */
const uint8_t *assembler_tlv_get(const uint8_t *p, struct assembler_tlv *tlv);

#endif /* ASSEMBLER_TLV_H */
