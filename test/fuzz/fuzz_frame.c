/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * The codec alone, on memory whose ends AddressSanitizer guards. A good frame is
 * also encoded again, which must give the same packets in no more bytes than its
 * payload has uncompressed.
 */

#include "assembler_frame.h"
#include "assembler_lz4.h"
#include "fuzz.h"

static const struct assembler_frame_info *
check(const uint8_t *frame, uint32_t len, uint16_t max_pkt)
{
	const struct assembler_frame_limits limits = {
		.ether_type = RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE),
		.max_pkt = max_pkt,
	};
	static struct assembler_frame_info info;
	static uint8_t plain[ASSEMBLER_PLAIN_LEN];
	enum rte_assembler_cause cause;

	cause = assembler_frame_check(frame, len, &limits, plain, &info);
	fuzz_assert(cause == ASSEMBLER_FRAME_OK || rte_assembler_cause_name(cause) != NULL);
	fuzz_assert(cause > RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER);
	if (cause != ASSEMBLER_FRAME_OK)
		return NULL;
	fuzz_assert(info.count != 0 && info.payload_len + ASSEMBLER_FRAME_OVERHEAD <= (int)len);
	return (info.flags & RTE_ASSEMBLER_FLAG_CTRL) ? NULL : &info;
}

/* Guarded, too: what is behind the uncompressed payload. */
static uint8_t *
subframes_of(const uint8_t *frame, const struct assembler_frame_info *info, uint32_t *len)
{
	static uint8_t plain[ASSEMBLER_PLAIN_LEN];
	const uint8_t *subframes = assembler_frame_subframes(frame, plain);
	uint8_t *copy;

	*len = info->payload_len;
	if (info->flags & RTE_ASSEMBLER_FLAG_LZ4)
		*len = assembler_load_be16(frame + ASSEMBLER_FRAME_OVERHEAD);
	copy = malloc(*len);
	fuzz_assert(copy != NULL);
	memcpy(copy, subframes, *len);
	return copy;
}

/* The packets of a good frame go into *again*. Returns how much of it is used. */
static uint32_t
encode_again(const uint8_t *frame, const uint8_t *subframes, uint32_t plain_len,
		struct assembler_frame_info info, uint16_t max_pkt, uint8_t *again)
{
	struct assembler_addrs prev = ASSEMBLER_ADDRS_NONE;
	uint8_t *pkt = malloc(max_pkt + 4), *tail = again + ASSEMBLER_FRAME_OVERHEAD;
	struct assembler_frame_reader reader;
	struct assembler_subframe sub;
	uint32_t len;

	assembler_frame_reader_init(&reader, frame, subframes, info.count);
	while (reader.left != 0) {
		len = assembler_frame_rebuild(&reader, pkt);
		fuzz_assert(len >= 60 && len <= max_pkt + 4u);
		fuzz_assert(assembler_load_be16(pkt + 12) != RTE_ASSEMBLER_ETHER_TYPE);
		sub = assembler_subframe_plan(pkt, len, prev, reader.outer);
		assembler_subframe_put(tail, pkt, sub);
		tail += assembler_subframe_size(sub);
		prev = assembler_addrs_load(pkt);
	}
	free(pkt);
	len = tail - again - ASSEMBLER_FRAME_OVERHEAD;
	fuzz_assert(len <= plain_len);
	info.flags = 0;
	info.payload_len = len;
	return assembler_frame_finish(again, reader.outer, RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE),
			&info);
}

static void
compare(const uint8_t *frame, const uint8_t *subframes, const uint8_t *again, uint16_t count,
		uint16_t max_pkt)
{
	uint8_t *pkts = malloc(2 * (max_pkt + 4));
	struct assembler_frame_reader ra, rb;
	uint32_t len;

	assembler_frame_reader_init(&ra, frame, subframes, count);
	assembler_frame_reader_init(&rb, again, again + ASSEMBLER_FRAME_OVERHEAD, count);
	while (ra.left != 0) {
		len = assembler_frame_rebuild(&ra, pkts);
		fuzz_assert(assembler_frame_rebuild(&rb, pkts + max_pkt + 4) == len);
		fuzz_assert(memcmp(pkts, pkts + max_pkt + 4, len) == 0);
	}
	free(pkts);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const struct assembler_frame_info *info;
	uint8_t *frame, *again, *subframes;
	uint32_t len, plain_len;
	uint16_t max_pkt;

	if (size < 1 + ASSEMBLER_FRAME_OVERHEAD)
		return 0;
	max_pkt = FUZZ_MAX_PKT(input[0]);
	frame = fuzz_frame(input, size);
	info = check(frame, size - 1, max_pkt);
	if (info != NULL) {
		subframes = subframes_of(frame, info, &plain_len);
		again = malloc(ASSEMBLER_FRAME_OVERHEAD + plain_len + ASSEMBLER_FRAME_MIN);
		len = encode_again(frame, subframes, plain_len, *info, max_pkt, again);
		info = check(again, len, max_pkt);
		fuzz_assert(info != NULL);
		compare(frame, subframes, again, info->count, max_pkt);
		free(subframes);
		free(again);
	}
	free(frame);
	return 0;
}
