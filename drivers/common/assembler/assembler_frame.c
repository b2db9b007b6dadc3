/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include <rte_ip.h>

#include "assembler_compat.h"
#include "assembler_frame.h"
#include "assembler_lz4.h"
#include "assembler_tlv.h"

static_assert(sizeof(struct rte_assembler_hdr) == RTE_ASSEMBLER_HDR_LEN, "wire format");
static_assert(offsetof(struct rte_assembler_hdr, seq) == 8, "wire format");
static_assert(offsetof(struct rte_assembler_hdr, hdr_csum) == 14, "wire format");

#define VER_HLEN (RTE_ASSEMBLER_VERSION << 4 | RTE_ASSEMBLER_HDR_LEN / 4)
#define CSUM_GOOD 0xFFFF

/* Of the header's words, in host order; their sum is far from 32 bits. */
static uint16_t
header_csum(const struct assembler_frame_info *info)
{
	uint32_t sum = VER_HLEN << 8 | info->flags;

	sum += info->payload_len;
	sum += info->count;
	sum += info->stream;
	sum += info->seq >> 16;
	sum += info->seq & 0xFFFF;
	sum += info->epoch;
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return ~sum;
}

uint32_t
assembler_frame_finish(uint8_t *frame, struct assembler_addrs addrs,
		rte_be16_t ether_type, const struct assembler_frame_info *info)
{
	uint32_t len = ASSEMBLER_FRAME_OVERHEAD + info->payload_len;
	uint8_t *hdr = frame + RTE_ETHER_HDR_LEN;

	assembler_addrs_store(frame, addrs);
	memcpy(frame + ASSEMBLER_ADDRS_LEN, &ether_type, sizeof(ether_type));
	/* Not as a struct: to copy what was just put together piece by piece is slow. */
	hdr[0] = VER_HLEN;
	hdr[1] = info->flags;
	assembler_store_be16(hdr + 2, info->payload_len);
	assembler_store_be16(hdr + 4, info->count);
	assembler_store_be16(hdr + 6, info->stream);
	assembler_store_be16(hdr + 8, info->seq >> 16);
	assembler_store_be16(hdr + 10, info->seq);
	assembler_store_be16(hdr + 12, info->epoch);
	assembler_store_be16(hdr + 14, header_csum(info));
	if (len < ASSEMBLER_FRAME_MIN) {
		memset(frame + len, 0, ASSEMBLER_FRAME_MIN - len);
		len = ASSEMBLER_FRAME_MIN;
	}
	return len;
}

static bool
is_vlan(rte_be16_t ether_type)
{
	return ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
			ether_type == RTE_BE16(RTE_ETHER_TYPE_QINQ);
}

/*
 * Check the subframe at *sub*, of whose payload *left* bytes (2 or more) are
 * left, and store its size.
 */
static enum rte_assembler_cause
check_subframe(const uint8_t *sub, uint32_t left, bool first,
		const struct assembler_frame_limits *limits, uint32_t *size)
{
	uint16_t word = assembler_load_be16(sub);
	uint32_t mode = word >> RTE_ASSEMBLER_LEN_BITS;
	uint32_t len = word & RTE_ASSEMBLER_LEN_MASK;
	uint32_t skip = mode == RTE_ASSEMBLER_MODE_WHOLE ? 0 : ASSEMBLER_ADDRS_LEN;
	uint32_t limit = limits->max_pkt;
	rte_be16_t ether_type;

	if (mode > RTE_ASSEMBLER_MODE_OUTER)
		return RTE_ASSEMBLER_CAUSE_MODE;
	if (skip + len < RTE_ETHER_HDR_LEN || ASSEMBLER_SUBFRAME_HDR_LEN + len > left)
		return RTE_ASSEMBLER_CAUSE_LENGTH;
	if (first && mode == RTE_ASSEMBLER_MODE_SAME)
		return RTE_ASSEMBLER_CAUSE_SAME_FIRST;
	ether_type = assembler_load16(sub + ASSEMBLER_SUBFRAME_HDR_LEN +
			ASSEMBLER_ADDRS_LEN - skip);
	if (is_vlan(ether_type))
		limit += RTE_VLAN_HLEN;
	if (skip + len > limit)
		return RTE_ASSEMBLER_CAUSE_OVERSIZE;
	if (ether_type == limits->ether_type)
		return RTE_ASSEMBLER_CAUSE_NESTED;
	*size = ASSEMBLER_SUBFRAME_HDR_LEN + len;
	return ASSEMBLER_FRAME_OK;
}

static enum rte_assembler_cause
check_subframes(const uint8_t *payload, uint32_t left, uint16_t count,
		const struct assembler_frame_limits *limits)
{
	enum rte_assembler_cause cause;
	uint32_t size;
	uint16_t i;

	for (i = 0; i < count; i++) {
		if (left < ASSEMBLER_SUBFRAME_HDR_LEN)
			return RTE_ASSEMBLER_CAUSE_WALK;
		cause = check_subframe(payload, left, i == 0, limits, &size);
		if (cause != ASSEMBLER_FRAME_OK)
			return cause;
		payload += size;
		left -= size;
	}
	return left == 0 ? ASSEMBLER_FRAME_OK : RTE_ASSEMBLER_CAUSE_WALK;
}

static enum rte_assembler_cause
check_tlvs(const uint8_t *payload, const struct assembler_frame_info *info)
{
	uint32_t left = info->payload_len;
	uint32_t type, len;
	uint16_t i;

	for (i = 0; i < info->count; i++) {
		if (left < RTE_ASSEMBLER_TLV_HDR_LEN)
			return RTE_ASSEMBLER_CAUSE_WALK;
		type = payload[0];
		len = payload[1];
		if (RTE_ASSEMBLER_TLV_HDR_LEN + len > left)
			return RTE_ASSEMBLER_CAUSE_WALK;
		if (assembler_tlv_len(type) != 0 && assembler_tlv_len(type) != len)
			return RTE_ASSEMBLER_CAUSE_LENGTH;
		payload += RTE_ASSEMBLER_TLV_HDR_LEN + len;
		left -= RTE_ASSEMBLER_TLV_HDR_LEN + len;
	}
	return left == 0 ? ASSEMBLER_FRAME_OK : RTE_ASSEMBLER_CAUSE_WALK;
}

static bool
flags_good(uint8_t flags)
{
	const uint8_t both = RTE_ASSEMBLER_FLAG_CTRL | RTE_ASSEMBLER_FLAG_LZ4;

	if (flags & RTE_ASSEMBLER_FLAGS_MUST & ~both)
		return false;
	return (flags & both) != both;
}

/* The causes from version to count, in the order of the format. */
static enum rte_assembler_cause
check_header(const struct rte_assembler_hdr *hdr, uint32_t received)
{
	if (hdr->ver_hlen >> 4 != RTE_ASSEMBLER_VERSION)
		return RTE_ASSEMBLER_CAUSE_VERSION;
	if (hdr->ver_hlen != VER_HLEN)
		return RTE_ASSEMBLER_CAUSE_HLEN;
	if (!flags_good(hdr->flags))
		return RTE_ASSEMBLER_CAUSE_FLAGS;
	if (rte_raw_cksum(hdr, sizeof(*hdr)) != CSUM_GOOD)
		return RTE_ASSEMBLER_CAUSE_CHECKSUM;
	if (rte_be_to_cpu_16(hdr->payload_len) > received)
		return RTE_ASSEMBLER_CAUSE_TRUNCATED;
	if (hdr->count == 0)
		return RTE_ASSEMBLER_CAUSE_COUNT;
	return ASSEMBLER_FRAME_OK;
}

enum rte_assembler_cause
assembler_frame_check(const uint8_t *frame, uint32_t len,
		const struct assembler_frame_limits *limits, uint8_t *plain,
		struct assembler_frame_info *info)
{
	const uint8_t *payload = frame + ASSEMBLER_FRAME_OVERHEAD;
	uint32_t payload_len;
	struct rte_assembler_hdr hdr;
	enum rte_assembler_cause cause;

	memcpy(&hdr, frame + RTE_ETHER_HDR_LEN, sizeof(hdr));
	cause = check_header(&hdr, len - ASSEMBLER_FRAME_OVERHEAD);
	if (cause != ASSEMBLER_FRAME_OK)
		return cause;
	info->flags = hdr.flags;
	info->payload_len = rte_be_to_cpu_16(hdr.payload_len);
	info->count = rte_be_to_cpu_16(hdr.count);
	info->stream = rte_be_to_cpu_16(hdr.stream);
	info->seq = rte_be_to_cpu_32(hdr.seq);
	info->epoch = rte_be_to_cpu_16(hdr.epoch);
	if (hdr.flags & RTE_ASSEMBLER_FLAG_CTRL)
		return check_tlvs(payload, info);
	payload_len = info->payload_len;
	if (hdr.flags & RTE_ASSEMBLER_FLAG_LZ4) {
		payload_len = assembler_lz4_decompress(payload, payload_len, plain);
		if (payload_len == 0)
			return RTE_ASSEMBLER_CAUSE_LZ4;
		payload = plain;
	}
	return check_subframes(payload, payload_len, info->count, limits);
}

const uint8_t *
assembler_frame_subframes(const uint8_t *frame, uint8_t *plain)
{
	const uint8_t *payload = frame + ASSEMBLER_FRAME_OVERHEAD;
	struct rte_assembler_hdr hdr;

	memcpy(&hdr, frame + RTE_ETHER_HDR_LEN, sizeof(hdr));
	if (!(hdr.flags & RTE_ASSEMBLER_FLAG_LZ4))
		return payload;
	assembler_lz4_decompress(payload, rte_be_to_cpu_16(hdr.payload_len), plain);
	return plain;
}

/* What hosts and bridges act on: none of it could cross the trunk if it were ours. */
static const uint16_t ether_types_taken[] = {
	RTE_ETHER_TYPE_IPV4, RTE_ETHER_TYPE_IPV6, RTE_ETHER_TYPE_ARP, RTE_ETHER_TYPE_RARP,
	/* Tags and what else goes round a frame, MACsec last. */
	RTE_ETHER_TYPE_VLAN, RTE_ETHER_TYPE_QINQ, RTE_ETHER_TYPE_QINQ1, RTE_ETHER_TYPE_QINQ2,
	RTE_ETHER_TYPE_QINQ3, RTE_ETHER_TYPE_ETAG, RTE_ETHER_TYPE_MPLS, RTE_ETHER_TYPE_MPLSM,
	RTE_ETHER_TYPE_PPPOE_DISCOVERY, RTE_ETHER_TYPE_PPPOE_SESSION, 0x88E5,
	/* Of one link: among others, MAC control (pause frames) and IEEE 802.1X. */
	RTE_ETHER_TYPE_SLOW, RTE_ETHER_TYPE_LLDP, RTE_ETHER_TYPE_1588, 0x8808, 0x888E,
};

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_ether_type_check, 26.11)
int
rte_assembler_ether_type_check(uint16_t ether_type)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(ether_types_taken); i++)
		if (ether_type == ether_types_taken[i])
			return -EINVAL;
	return ether_type < 0x0600 ? -EINVAL : 0;
}

static const char * const cause_names[] = {
	[RTE_ASSEMBLER_CAUSE_SHORT] = "short",
	[RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER] = "unknown_peer",
	[RTE_ASSEMBLER_CAUSE_VERSION] = "version",
	[RTE_ASSEMBLER_CAUSE_HLEN] = "hlen",
	[RTE_ASSEMBLER_CAUSE_FLAGS] = "flags",
	[RTE_ASSEMBLER_CAUSE_CHECKSUM] = "checksum",
	[RTE_ASSEMBLER_CAUSE_TRUNCATED] = "truncated",
	[RTE_ASSEMBLER_CAUSE_COUNT] = "count",
	[RTE_ASSEMBLER_CAUSE_LZ4] = "lz4",
	[RTE_ASSEMBLER_CAUSE_WALK] = "walk",
	[RTE_ASSEMBLER_CAUSE_MODE] = "mode",
	[RTE_ASSEMBLER_CAUSE_LENGTH] = "length",
	[RTE_ASSEMBLER_CAUSE_SAME_FIRST] = "same_first",
	[RTE_ASSEMBLER_CAUSE_OVERSIZE] = "oversize",
	[RTE_ASSEMBLER_CAUSE_NESTED] = "nested",
};

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_cause_name, 26.11)
const char *
rte_assembler_cause_name(enum rte_assembler_cause cause)
{
	return (unsigned int)cause < RTE_DIM(cause_names) ? cause_names[cause] : NULL;
}
