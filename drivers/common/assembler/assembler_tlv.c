/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_frame.h"
#include "assembler_tlv.h"

static const uint8_t value_len[] = {
	[RTE_ASSEMBLER_TLV_HELLO] = ASSEMBLER_HELLO_LEN,
	[RTE_ASSEMBLER_TLV_HELLO_ACK] = ASSEMBLER_HELLO_ACK_LEN,
	[RTE_ASSEMBLER_TLV_PROBE] = ASSEMBLER_PROBE_LEN,
	[RTE_ASSEMBLER_TLV_PROBE_ACK] = ASSEMBLER_PROBE_ACK_LEN,
	[RTE_ASSEMBLER_TLV_BYE] = ASSEMBLER_BYE_LEN,
};

uint8_t
assembler_tlv_len(uint8_t type)
{
	return type < RTE_DIM(value_len) ? value_len[type] : 0;
}

static void
hello_put(uint8_t *p, const struct assembler_hello *hello)
{
	p[0] = hello->lowest;
	p[1] = hello->highest;
	p[2] = hello->flags;
	p[3] = hello->reserved;
	assembler_store_be16(p + 4, hello->max_frame);
	assembler_store_be16(p + 6, hello->max_count);
	assembler_store_be16(p + 8, hello->epoch);
	assembler_store_be16(p + 10, hello->interval_ms);
}

static void
hello_get(const uint8_t *p, struct assembler_hello *hello)
{
	*hello = (struct assembler_hello){
		.lowest = p[0],
		.highest = p[1],
		.flags = p[2],
		.max_frame = assembler_load_be16(p + 4),
		.max_count = assembler_load_be16(p + 6),
		.epoch = assembler_load_be16(p + 8),
		.interval_ms = assembler_load_be16(p + 10),
	};
}

static void
id_put(uint8_t *p, uint32_t id)
{
	assembler_store_be16(p, id >> 16);
	assembler_store_be16(p + 2, id);
}

static uint32_t
id_get(const uint8_t *p)
{
	return (uint32_t)assembler_load_be16(p) << 16 | assembler_load_be16(p + 2);
}

static bool
has_hello(uint8_t type)
{
	return type == RTE_ASSEMBLER_TLV_HELLO || type == RTE_ASSEMBLER_TLV_HELLO_ACK;
}

static bool
has_id(uint8_t type)
{
	return type == RTE_ASSEMBLER_TLV_PROBE || type == RTE_ASSEMBLER_TLV_PROBE_ACK;
}

uint8_t *
assembler_tlv_put(uint8_t *p, const struct assembler_tlv *tlv)
{
	uint8_t *value = p + RTE_ASSEMBLER_TLV_HDR_LEN;

	p[0] = tlv->type;
	p[1] = assembler_tlv_len(tlv->type);
	if (has_hello(tlv->type))
		hello_put(value, &tlv->hello);
	if (has_id(tlv->type))
		id_put(value, tlv->id);
	if (tlv->type == RTE_ASSEMBLER_TLV_HELLO_ACK)
		assembler_store_be16(value + ASSEMBLER_HELLO_LEN, tlv->epoch);
	else if (tlv->type == RTE_ASSEMBLER_TLV_PROBE_ACK)
		assembler_store_be16(value + ASSEMBLER_PROBE_LEN, tlv->bytes);
	else if (tlv->type == RTE_ASSEMBLER_TLV_BYE)
		assembler_store_be16(value, tlv->epoch);
	return value + p[1];
}

const uint8_t *
assembler_tlv_get(const uint8_t *p, struct assembler_tlv *tlv)
{
	const uint8_t *value = p + RTE_ASSEMBLER_TLV_HDR_LEN;

	*tlv = (struct assembler_tlv){ .type = p[0] };
	if (has_hello(tlv->type))
		hello_get(value, &tlv->hello);
	if (has_id(tlv->type))
		tlv->id = id_get(value);
	if (tlv->type == RTE_ASSEMBLER_TLV_HELLO_ACK)
		tlv->epoch = assembler_load_be16(value + ASSEMBLER_HELLO_LEN);
	else if (tlv->type == RTE_ASSEMBLER_TLV_PROBE_ACK)
		tlv->bytes = assembler_load_be16(value + ASSEMBLER_PROBE_LEN);
	else if (tlv->type == RTE_ASSEMBLER_TLV_BYE)
		tlv->epoch = assembler_load_be16(value);
	return value + p[1];
}
