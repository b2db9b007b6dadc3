/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "test_assembler_util.h"

#define PAYLOAD_MAX 4000
#define NB_PKTS 20

/* LZ4's rules for the end of a block. */
#define LAST_LITERALS 5
#define MATCH_FROM_END 12
#define MIN_MATCH 4

static uint8_t *
put_length(uint8_t *out, uint32_t length)
{
	if (length < 15)
		return out;
	for (length -= 15; length >= 255; length -= 255)
		*out++ = 255;
	*out++ = length;
	return out;
}

/* Literals, and then a match unless match is 0. */
static uint8_t *
put_sequence(uint8_t *out, const uint8_t *literals, uint32_t len, uint32_t match, uint16_t offset)
{
	uint32_t extra = match != 0 ? match - MIN_MATCH : 0;

	*out++ = RTE_MIN(len, 15u) << 4 | RTE_MIN(extra, 15u);
	out = put_length(out, len);
	memcpy(out, literals, len);
	out += len;
	if (match == 0)
		return out;
	*out++ = offset;
	*out++ = offset >> 8;
	return put_length(out, extra);
}

/* The longest match at data[pos] with what is before it, 0 if there is none. */
static uint32_t
find_match(const uint8_t *data, uint32_t pos, uint32_t end, uint16_t *offset)
{
	uint32_t best = MIN_MATCH - 1, from, len;

	for (from = 0; from < pos; from++) {
		for (len = 0; pos + len < end && data[from + len] == data[pos + len]; len++)
			;
		if (len > best) {
			best = len;
			*offset = pos - from;
		}
	}
	return best < MIN_MATCH ? 0 : best;
}

/* Compress as the format says it, however slowly. Returns the payload's length. */
static uint32_t
compress(const uint8_t *plain, uint32_t len, uint8_t *payload)
{
	uint32_t pos = 0, anchor = 0, match;
	uint8_t *out = payload + 2;
	uint16_t offset = 0;

	payload[0] = len >> 8;
	payload[1] = len;
	while (pos + MATCH_FROM_END < len) {
		match = find_match(plain, pos, len - LAST_LITERALS, &offset);
		if (match == 0) {
			pos++;
			continue;
		}
		out = put_sequence(out, plain + anchor, pos - anchor, match, offset);
		pos += match;
		anchor = pos;
	}
	return put_sequence(out, plain + anchor, len - anchor, 0, 0) - payload;
}

static void
submit(struct rte_disassembler *d, const uint8_t *payload, uint32_t len, uint16_t count)
{
	static uint32_t seq;
	struct rte_assembler_hdr hdr = header_make(len, count, 0, seq++, 1);
	struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool());
	uint8_t frame[PAYLOAD_MAX + 128];

	assert_non_null(m);
	hdr.flags = RTE_ASSEMBLER_FLAG_LZ4;
	len = frame_write(frame, &test_own, hdr, payload, len);
	memcpy(rte_pktmbuf_append(m, len), frame, len);
	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
}

static struct rte_disassembler_stats
stats_of(const struct rte_disassembler *d)
{
	struct rte_disassembler_stats stats;

	rte_disassembler_stats_get(d, &stats);
	return stats;
}

static void
assert_dropped(struct rte_disassembler *d, const uint8_t *payload, uint32_t len,
		uint16_t count, enum rte_assembler_cause cause)
{
	const struct rte_disassembler_stats before = stats_of(d);
	struct rte_disassembler_stats after;
	struct rte_mbuf *m;

	submit(d, payload, len, count);
	after = stats_of(d);
	assert_one_counter(&before, &after, &after.dropped[cause]);
	assert_int_equal(rte_disassembler_collect_burst(d, &m, 1), 0);
}

static void
finish(struct rte_disassembler *d)
{
	struct rte_mbuf *m;

	assert_int_equal(rte_disassembler_collect_burst(d, &m, 1), 0);
	rte_disassembler_free(d);
	assert_pools_full();
}

/* NB_PKTS packets as WHOLE subframes, from number *first* on. */
static uint32_t
plain_make(uint8_t *plain, uint32_t pkt_len, uint32_t first)
{
	uint32_t i, len = 0;

	for (i = 0; i < NB_PKTS; i++) {
		plain[len++] = pkt_len >> 8;
		plain[len++] = pkt_len;
		pkt_fill(plain + len, pkt_len, 1, first + i / 4);
		len += pkt_len;
	}
	return len;
}

static void
assert_delivered(struct rte_disassembler *d, uint32_t first)
{
	struct rte_mbuf *pkts[NB_PKTS];
	uint32_t nb, i;

	assert_int_equal(rte_disassembler_collect_burst(d, pkts, NB_PKTS), NB_PKTS);
	for (i = 0; i < NB_PKTS; i++) {
		assert_int_equal(pkt_check(pkts[i], &nb), 1);
		assert_int_equal(nb, first + i / 4);
	}
}

static void
test_delivers_compressed_packets(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	uint8_t plain[PAYLOAD_MAX], payload[PAYLOAD_MAX + 64];
	uint32_t pkt_len, len, plain_len;

	(void)state;
	for (pkt_len = 60; pkt_len < 190; pkt_len += 7) {
		plain_len = plain_make(plain, pkt_len, pkt_len);
		len = compress(plain, plain_len, payload);
		assert_true(len < plain_len / 2);
		if (!rte_assembler_has_lz4()) {
			assert_dropped(d, payload, len, NB_PKTS, RTE_ASSEMBLER_CAUSE_LZ4);
			continue;
		}
		submit(d, payload, len, NB_PKTS);
		assert_delivered(d, pkt_len);
	}
	finish(d);
}

/* Several frames wait, and what one decompresses to does not disturb another. */
static void
test_delivers_compressed_frames_that_wait(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	uint8_t plain[PAYLOAD_MAX], payload[PAYLOAD_MAX + 64];
	uint32_t len, i;

	(void)state;
	if (!rte_assembler_has_lz4())
		skip();
	for (i = 0; i < 8; i++) {
		len = plain_make(plain, 60 + 10 * i, 100 * i);
		submit(d, payload, compress(plain, len, payload), NB_PKTS);
	}
	for (i = 0; i < 8; i++)
		assert_delivered(d, 100 * i);
	finish(d);
}

static void
test_drops_bad_blocks(void **state)
{
	/* The uncompressed length, then the block. */
	static const struct {
		const char *what;
		uint8_t len;
		uint8_t payload[24];
	} bad[] = {
		{ "no length", 1, { 0 } },
		{ "no block", 2, { 0, 16 } },
		{ "length 0, no block", 2, { 0, 0 } },
		{ "length 0", 3, { 0, 0, 0x00 } },
		{ "literals past the end", 5, { 0, 5, 0x50, 'a', 'b' } },
		{ "literal length past the end", 3, { 0, 20, 0xF0 } },
		{ "endless literal length", 6, { 0, 20, 0xF0, 255, 255, 255 } },
		{ "too few bytes", 7, { 0, 5, 0x40, 'a', 'b', 'c', 'd' } },
		{ "too many bytes", 7, { 0, 3, 0x40, 'a', 'b', 'c', 'd' } },
		{ "no offset", 7, { 0, 9, 0x41, 'a', 'b', 'c', 'd' } },
		{ "half an offset", 8, { 0, 9, 0x41, 'a', 'b', 'c', 'd', 1 } },
		{ "ends with a match", 9, { 0, 9, 0x41, 'a', 'b', 'c', 'd', 4, 0 } },
		{ "offset 0", 15, { 0, 14, 0x40, 'a', 'b', 'c', 'd', 0, 0,
			0x60, 'a', 'b', 'c', 'd', 'e', 'f' } },
		{ "offset before the beginning", 16, { 0, 14, 0x40, 'a', 'b', 'c', 'd', 5, 0,
			0x60, 'a', 'b', 'c', 'd', 'e', 'f' } },
		{ "match past the length", 12, { 0, 20, 0x4F, 'a', 'b', 'c', 'd', 4, 0,
			255, 255, 0 } },
	};
	struct rte_disassembler *d = disassembler_make(1514);
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_dropped(d, bad[i].payload, bad[i].len, 1, RTE_ASSEMBLER_CAUSE_LZ4);
	finish(d);
}

/* A good block, cut anywhere or with any one bit changed. */
static void
test_survives_damaged_blocks(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	uint8_t plain[PAYLOAD_MAX], payload[PAYLOAD_MAX + 64];
	uint32_t len, i, nb;
	struct rte_mbuf *pkts[NB_PKTS];

	(void)state;
	len = compress(plain, plain_make(plain, 60, 0), payload);
	for (i = 0; i < len; i++)
		assert_dropped(d, payload, i, NB_PKTS, RTE_ASSEMBLER_CAUSE_LZ4);
	for (i = 0; i < 8 * len; i++) {
		payload[i / 8] ^= 1 << i % 8;
		submit(d, payload, len, NB_PKTS);
		nb = rte_disassembler_collect_burst(d, pkts, NB_PKTS);
		assert_true(nb == 0 || nb == NB_PKTS);
		rte_pktmbuf_free_bulk(pkts, nb);
		payload[i / 8] ^= 1 << i % 8;
	}
	finish(d);
}

static void
test_walks_what_was_compressed(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	uint8_t plain[PAYLOAD_MAX], payload[PAYLOAD_MAX + 64];
	uint32_t len, plain_len;

	(void)state;
	if (!rte_assembler_has_lz4())
		skip();
	plain_len = plain_make(plain, 60, 0);
	len = compress(plain, plain_len, payload);
	assert_dropped(d, payload, len, NB_PKTS - 1, RTE_ASSEMBLER_CAUSE_WALK);
	assert_dropped(d, payload, len, NB_PKTS + 1, RTE_ASSEMBLER_CAUSE_WALK);
	plain[0] = 0xC0;
	len = compress(plain, plain_len, payload);
	assert_dropped(d, payload, len, NB_PKTS, RTE_ASSEMBLER_CAUSE_MODE);
	finish(d);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_delivers_compressed_packets),
	cmocka_unit_test(test_delivers_compressed_frames_that_wait),
	cmocka_unit_test(test_drops_bad_blocks),
	cmocka_unit_test(test_survives_damaged_blocks),
	cmocka_unit_test(test_walks_what_was_compressed),
};

TEST_SUITE(lz4, tests)
