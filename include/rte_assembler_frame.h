/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RTE_ASSEMBLER_FRAME_H
#define RTE_ASSEMBLER_FRAME_H

/**
 * @file
 * Wire format of the assembled Ethernet frame, version 1.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Default EtherType: IEEE 802 local experimental EtherType 1. */
#define RTE_ASSEMBLER_ETHER_TYPE 0x88B5
#define RTE_ASSEMBLER_VERSION 1
/** Bytes of struct rte_assembler_hdr. */
#define RTE_ASSEMBLER_HDR_LEN 16

/** Follows the Ethernet header; the payload follows it. */
struct rte_assembler_hdr {
	uint8_t ver_hlen;       /**< Version << 4 | header length in 4-byte words. */
	uint8_t flags;          /**< RTE_ASSEMBLER_FLAG_x. */
	rte_be16_t payload_len; /**< Bytes after this header, padding not counted. */
	rte_be16_t count;       /**< Subframes in the payload (TLVs when CTRL), not 0. */
	rte_be16_t stream;      /**< Sender's class << 12 | index. */
	rte_be32_t seq;         /**< Of (sender, stream), + 1 for each frame. */
	rte_be16_t epoch;       /**< Random when the sender starts; another one: seq begins anew. */
	rte_be16_t hdr_csum;    /**< Internet checksum over this header. */
};

/** Flags: a receiver must understand those of the low nibble. */
#define RTE_ASSEMBLER_FLAG_CTRL  0x01 /**< The payload is control TLVs. */
#define RTE_ASSEMBLER_FLAG_LZ4   0x02 /**< The payload is compressed. */
#define RTE_ASSEMBLER_FLAG_TIMER 0x10 /**< The hold timer closed the frame. */
#define RTE_ASSEMBLER_FLAGS_MUST 0x0F

/** A subframe begins with 2 bytes: mode << 14 | number of data bytes. */
#define RTE_ASSEMBLER_LEN_BITS 14
#define RTE_ASSEMBLER_LEN_MASK ((1 << RTE_ASSEMBLER_LEN_BITS) - 1)

/** What of the inner frame a subframe leaves out. */
enum rte_assembler_mode {
	RTE_ASSEMBLER_MODE_WHOLE, /**< Nothing. */
	RTE_ASSEMBLER_MODE_SAME,  /**< Addresses: those of the previous subframe. */
	RTE_ASSEMBLER_MODE_OUTER, /**< Addresses: those of the assembled frame. */
};

/** Control TLVs: type, length and value; two bytes come before the value. */
enum rte_assembler_tlv {
	RTE_ASSEMBLER_TLV_HELLO = 1,
	RTE_ASSEMBLER_TLV_HELLO_ACK,
	RTE_ASSEMBLER_TLV_PROBE,
	RTE_ASSEMBLER_TLV_PROBE_ACK,
	RTE_ASSEMBLER_TLV_BYE,
};
#define RTE_ASSEMBLER_TLV_HDR_LEN 2

/** Why an assembled frame was dropped, in the order in which causes are tested. */
enum rte_assembler_cause {
	RTE_ASSEMBLER_CAUSE_SHORT,
	RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER,
	RTE_ASSEMBLER_CAUSE_VERSION,
	RTE_ASSEMBLER_CAUSE_HLEN,
	RTE_ASSEMBLER_CAUSE_FLAGS,
	RTE_ASSEMBLER_CAUSE_CHECKSUM,
	RTE_ASSEMBLER_CAUSE_TRUNCATED,
	RTE_ASSEMBLER_CAUSE_COUNT,
	RTE_ASSEMBLER_CAUSE_LZ4,
	RTE_ASSEMBLER_CAUSE_WALK,
	RTE_ASSEMBLER_CAUSE_MODE,
	RTE_ASSEMBLER_CAUSE_LENGTH,
	RTE_ASSEMBLER_CAUSE_SAME_FIRST,
	RTE_ASSEMBLER_CAUSE_OVERSIZE,
	RTE_ASSEMBLER_CAUSE_NESTED,
	RTE_ASSEMBLER_CAUSE_MAX
};

/** Word of a cause, as in "same_first"; NULL out of range. */
__rte_experimental
const char *rte_assembler_cause_name(enum rte_assembler_cause cause);

/** Was the library built with liblz4? Without, frames with LZ4 are dropped. Any lcore. */
__rte_experimental
bool rte_assembler_has_lz4(void);

/**
 * Can this be the EtherType of assembled frames? Packets of that type cannot cross the
 * trunk, so it must not be one that hosts and bridges act on: IP, ARP, tags and what else
 * goes round a frame (MPLS, PPPoE, MACsec), protocols of one link (LLDP, 802.1X, pause
 * frames, LACP, PTP). Any lcore; needs no EAL.
 *
 * @param ether_type
 *   Host order.
 * @return
 *   0, or -EINVAL: it is one of these, or below 0x0600.
 */
__rte_experimental
int rte_assembler_ether_type_check(uint16_t ether_type);

#ifdef __cplusplus
}
#endif

#endif /* RTE_ASSEMBLER_FRAME_H */
