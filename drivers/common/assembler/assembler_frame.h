/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_FRAME_H
#define ASSEMBLER_FRAME_H

/*
 * Codec of the assembled frame: pure functions over bytes. They know neither
 * mbufs nor streams.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ether.h>

#include <rte_assembler_frame.h>

/** Ethernet header and assembled header: where the payload begins. */
#define ASSEMBLER_FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + RTE_ASSEMBLER_HDR_LEN)
/** Shortest Ethernet frame, without FCS. */
#define ASSEMBLER_FRAME_MIN (RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN)
#define ASSEMBLER_SUBFRAME_HDR_LEN 2
/** What assembler_frame_check() returns for a good frame. */
#define ASSEMBLER_FRAME_OK RTE_ASSEMBLER_CAUSE_MAX

/**
 * Destination and source address as two words, which compare faster than 12
 * bytes. hi holds 32 bits; more in it equal no address.
 */
struct assembler_addrs {
	uint64_t lo;
	uint64_t hi;
};

#define ASSEMBLER_ADDRS_LEN (2 * RTE_ETHER_ADDR_LEN)
#define ASSEMBLER_ADDRS_NONE ((struct assembler_addrs){ .hi = UINT64_MAX })

static inline uint16_t
assembler_load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
assembler_load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
assembler_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Compilers make one load, or store, and one rotation of these; rte_byteorder.h exchanges. */
static inline uint16_t
assembler_load_be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline void
assembler_store_be16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline struct assembler_addrs
assembler_addrs_load(const uint8_t *frame)
{
	return (struct assembler_addrs){
		.lo = assembler_load64(frame),
		.hi = assembler_load32(frame + sizeof(uint64_t)),
	};
}

static inline void
assembler_addrs_store(uint8_t *frame, struct assembler_addrs addrs)
{
	uint32_t hi = addrs.hi;

	memcpy(frame, &addrs.lo, sizeof(addrs.lo));
	memcpy(frame + sizeof(addrs.lo), &hi, sizeof(hi));
}

static inline bool
assembler_addrs_equal(struct assembler_addrs a, struct assembler_addrs b)
{
	return a.lo == b.lo && a.hi == b.hi;
}

/**
 * Copy *len* bytes, at least 2. Two fixed-size copies that overlap take the
 * place of a loop for small packets; neither side is touched beyond its end.
 */
static inline void
assembler_copy(uint8_t *dst, const uint8_t *src, uint32_t len)
{
	if (likely(len - 32 <= 32)) {
		memcpy(dst, src, 32);
		memcpy(dst + len - 32, src + len - 32, 32);
	} else if (len > 64) {
		memcpy(dst, src, len);
	} else if (len >= 16) {
		memcpy(dst, src, 16);
		memcpy(dst + len - 16, src + len - 16, 16);
	} else if (len >= 8) {
		memcpy(dst, src, 8);
		memcpy(dst + len - 8, src + len - 8, 8);
	} else if (len >= 4) {
		memcpy(dst, src, 4);
		memcpy(dst + len - 4, src + len - 4, 4);
	} else {
		memcpy(dst, src, 2);
		memcpy(dst + len - 2, src + len - 2, 2);
	}
}

/** How a packet becomes a subframe. */
struct assembler_subframe {
	uint32_t len;  /* data bytes */
	uint32_t mode; /* enum rte_assembler_mode */
	uint32_t skip; /* leading bytes of the packet that are left out */
};

/** Bytes of the 8 whose load is *v*, which is not 0, without the zeros at the end. */
static inline uint32_t
assembler_bytes_without_zeros(uint64_t v)
{
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
	return ((__builtin_clzll(v) ^ 63) >> 3) + 1; /* ^ 63: as x86 counts */
#else
	return sizeof(v) - (__builtin_ctzll(v) >> 3);
#endif
}

/**
 * Bytes of a packet of *len* >= 14 bytes that travel: trailing zeros of one of at
 * most 60 bytes do not, but its header does.
 */
static inline uint32_t
assembler_trim(const uint8_t *pkt, uint32_t len)
{
	uint64_t last;

	if (len > ASSEMBLER_FRAME_MIN)
		return len;
	last = assembler_load64(pkt + len - sizeof(last));
	/* Then it ends behind the header. */
	if (likely(last != 0 && len >= RTE_ETHER_HDR_LEN + sizeof(last)))
		return len - sizeof(last) + assembler_bytes_without_zeros(last);
	while (len > RTE_ETHER_HDR_LEN && pkt[len - 1] == 0)
		len--;
	return len;
}

/**
 * Choose mode and length for a packet of *len* bytes, 14 to 16383.
 *
 * @param prev
 *   Addresses of the previous subframe, or ASSEMBLER_ADDRS_NONE.
 * @param outer
 *   Addresses of the assembled frame.
 */
static inline struct assembler_subframe
assembler_subframe_plan(const uint8_t *pkt, uint32_t len,
		struct assembler_addrs prev, struct assembler_addrs outer)
{
	struct assembler_addrs addrs = assembler_addrs_load(pkt);
	struct assembler_subframe sub = { .skip = ASSEMBLER_ADDRS_LEN };

	if (assembler_addrs_equal(addrs, prev)) {
		sub.mode = RTE_ASSEMBLER_MODE_SAME;
	} else if (assembler_addrs_equal(addrs, outer)) {
		sub.mode = RTE_ASSEMBLER_MODE_OUTER;
	} else {
		sub.mode = RTE_ASSEMBLER_MODE_WHOLE;
		sub.skip = 0;
	}
	sub.len = assembler_trim(pkt, len) - sub.skip;
	return sub;
}

/** Bytes of the payload that the subframe takes. */
static inline uint32_t
assembler_subframe_size(struct assembler_subframe sub)
{
	return ASSEMBLER_SUBFRAME_HDR_LEN + sub.len;
}

/** Write a subframe. assembler_subframe_size() bytes must be free at *dst*. */
static inline void
assembler_subframe_put(uint8_t *dst, const uint8_t *pkt, struct assembler_subframe sub)
{
	assembler_store_be16(dst, sub.mode << RTE_ASSEMBLER_LEN_BITS | sub.len);
	assembler_copy(dst + ASSEMBLER_SUBFRAME_HDR_LEN, pkt + sub.skip, sub.len);
}

/** Fields of the assembled header in host order. */
struct assembler_frame_info {
	uint8_t flags;
	uint16_t payload_len;
	uint16_t count;
	uint16_t stream;
	uint32_t seq;
	uint16_t epoch;
};

/**
 * Write Ethernet header, assembled header and padding round a payload that is
 * in place. *frame* must have room for 60 bytes.
 *
 * @return
 *   Bytes of the frame.
 */
uint32_t assembler_frame_finish(uint8_t *frame, struct assembler_addrs addrs,
		rte_be16_t ether_type, const struct assembler_frame_info *info);

/** Does a frame of at least ASSEMBLER_FRAME_OVERHEAD bytes say that it has control TLVs? */
static inline bool
assembler_frame_is_control(const uint8_t *frame)
{
	return (frame[RTE_ETHER_HDR_LEN + offsetof(struct rte_assembler_hdr, flags)] &
			RTE_ASSEMBLER_FLAG_CTRL) != 0;
}

/** What a receiver accepts. */
struct assembler_frame_limits {
	rte_be16_t ether_type; /* of assembled frames */
	uint16_t max_pkt;      /* longest rebuilt frame without a VLAN tag, bytes */
};

/**
 * Pass 1: check a frame that is long enough for both headers and comes from a
 * known peer. Has no effect but on *info*, which is valid for a good frame.
 *
 * @param len
 *   Bytes received, at least ASSEMBLER_FRAME_OVERHEAD.
 * @param plain
 *   ASSEMBLER_PLAIN_LEN bytes to decompress to.
 * @return
 *   The first cause to drop it, or ASSEMBLER_FRAME_OK.
 */
enum rte_assembler_cause assembler_frame_check(const uint8_t *frame, uint32_t len,
		const struct assembler_frame_limits *limits, uint8_t *plain,
		struct assembler_frame_info *info);

/**
 * The subframes of a frame that pass 1 found good: in place, or decompressed to
 * *plain*.
 */
const uint8_t *assembler_frame_subframes(const uint8_t *frame, uint8_t *plain);

/** Where pass 2 is in a frame that pass 1 found good. */
struct assembler_frame_reader {
	const uint8_t *next; /* subframe */
	struct assembler_addrs prev;
	struct assembler_addrs outer;
	uint16_t left; /* subframes */
};

static inline void
assembler_frame_reader_init(struct assembler_frame_reader *reader,
		const uint8_t *frame, const uint8_t *subframes, uint16_t count)
{
	reader->next = subframes;
	reader->outer = assembler_addrs_load(frame);
	reader->prev = reader->outer;
	reader->left = count;
}

/** A subframe of a frame that pass 1 found good. */
struct assembler_frame_item {
	const uint8_t *data;
	uint16_t len;  /* data bytes */
	uint16_t skip; /* leading bytes of the packet that are not among them */
};

/** The next subframe; reader->prev becomes its addresses. There must be one left. */
static inline struct assembler_frame_item
assembler_frame_next(struct assembler_frame_reader *reader)
{
	uint16_t word = assembler_load_be16(reader->next);
	uint32_t mode = word >> RTE_ASSEMBLER_LEN_BITS;
	const struct assembler_frame_item item = {
		.data = reader->next + ASSEMBLER_SUBFRAME_HDR_LEN,
		.len = word & RTE_ASSEMBLER_LEN_MASK,
		.skip = mode == RTE_ASSEMBLER_MODE_WHOLE ? 0 : ASSEMBLER_ADDRS_LEN,
	};

	reader->next = item.data + item.len;
	reader->left--;
	if (mode == RTE_ASSEMBLER_MODE_WHOLE)
		reader->prev = assembler_addrs_load(item.data);
	else if (mode == RTE_ASSEMBLER_MODE_OUTER)
		reader->prev = reader->outer;
	return item;
}

/** Bytes of the packet, padded to 60. */
static inline uint32_t
assembler_frame_item_len(struct assembler_frame_item item)
{
	return RTE_MAX(item.skip + item.len, ASSEMBLER_FRAME_MIN);
}

/**
 * Rebuild the next packet at *dst*, which has room for the limits' max_pkt + 4
 * bytes. There must be a subframe left.
 *
 * @return
 *   Bytes of the packet, padded to 60.
 */
static inline uint32_t
assembler_frame_rebuild(struct assembler_frame_reader *reader, uint8_t *dst)
{
	const struct assembler_frame_item item = assembler_frame_next(reader);

	/* Zeros first: a fixed number of them costs less than just those that are needed. */
	if (item.skip + item.len < ASSEMBLER_FRAME_MIN)
		memset(dst + ASSEMBLER_ADDRS_LEN, 0, ASSEMBLER_FRAME_MIN - ASSEMBLER_ADDRS_LEN);
	assembler_addrs_store(dst, reader->prev);
	assembler_copy(dst + item.skip, item.data, item.len);
	return assembler_frame_item_len(item);
}

#endif /* ASSEMBLER_FRAME_H */
