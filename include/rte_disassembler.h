/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RTE_DISASSEMBLER_H
#define RTE_DISASSEMBLER_H

/**
 * @file
 * Packet disassembler: the receiving end of the assembled frames of
 * rte_assembler_frame.h. Each frame is checked whole before anything of it is
 * delivered. Runs on the caller's lcore; one lcore at a time per disassembler.
 * Statistics are for any lcore.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_compat.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include <rte_assembler_frame.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most peers of one disassembler. */
#define RTE_DISASSEMBLER_MAX_PEERS 1024

struct rte_disassembler;

/** Configuration. rte_disassembler_conf_default() fills it in. */
struct rte_disassembler_conf {
	/** Own trunk address: assembled frames to another one are not mine. */
	struct rte_ether_addr own;
	/** Rebuilt packets come from here; data room >= headroom + max_pkt + 4. */
	struct rte_mempool *pkt_pool;
	/**
	 * Longest rebuilt packet without a VLAN tag (4 more with one), 60..16383 bytes;
	 * default 1514.
	 */
	uint16_t max_pkt;
	/** Host order, as rte_assembler_ether_type_check(); default RTE_ASSEMBLER_ETHER_TYPE. */
	uint16_t ether_type;
	int socket_id;        /**< Of its memory, or SOCKET_ID_ANY. */
};

/** Running sums. */
struct rte_disassembler_stats {
	uint64_t frames;      /**< Assembled frames whose packets were delivered. */
	uint64_t packets;     /**< Packets rebuilt. */
	uint64_t bytes;       /**< Their bytes, without FCS. */
	uint64_t native;      /**< Other frames, passed through unchanged. */
	uint64_t dropped[RTE_ASSEMBLER_CAUSE_MAX]; /**< Assembled frames dropped whole, by cause. */
	/** Good control frames, consumed: static mode does nothing with them. */
	uint64_t control;
	uint64_t not_mine;    /**< Assembled frames to another address, dropped. */
	uint64_t lost_frames; /**< Gaps in seq. */
	uint64_t duplicate;   /**< Frames seen already, or older than the window: dropped. */
	uint64_t late;        /**< Older frames not seen before: delivered. */
	uint64_t no_mbuf;     /**< Packets lost because pkt_pool was empty. */
};

/** Running sums of one peer: what of struct rte_disassembler_stats came from it. */
struct rte_disassembler_peer_stats {
	struct rte_ether_addr addr;
	bool accepted;        /**< It is a peer; false: it was removed, and may come back. */
	/** Milliseconds since its last good frame, be it control; at first since it was added. */
	uint64_t age_ms;
	uint64_t frames;
	uint64_t packets;
	uint64_t bytes;
	uint64_t dropped;     /**< Its assembled frames dropped whole, whatever the cause. */
	uint64_t control;
	uint64_t lost_frames;
	uint64_t duplicate;
	uint64_t late;
	uint64_t no_mbuf;
};

/** Fill *conf* with the defaults; own and pkt_pool stay to be set. */
__rte_experimental
void rte_disassembler_conf_default(struct rte_disassembler_conf *conf);

/**
 * Create a disassembler. Control path: one caller at a time.
 *
 * @param name
 *   Unique, 1 to 20 characters.
 * @param conf
 *   Copied. pkt_pool must outlive the disassembler.
 * @return
 *   It, or NULL with rte_errno: EINVAL (one log line says what), ENOMEM, EEXIST.
 */
__rte_experimental
struct rte_disassembler *rte_disassembler_create(const char *name,
		const struct rte_disassembler_conf *conf);

/** Free it and the mbufs that it holds. NULL is allowed. No lcore uses it any more. */
__rte_experimental
void rte_disassembler_free(struct rte_disassembler *d);

/**
 * Accept assembled frames from *peer*. Not while another lcore submits or collects.
 * The counters of one that was removed go on, unless another one needed its place.
 *
 * @return
 *   0, -EEXIST, -ENOSPC, -EINVAL (not a unicast address).
 */
__rte_experimental
int rte_disassembler_peer_add(struct rte_disassembler *d,
		const struct rte_ether_addr *peer);

/**
 * Accept no more assembled frames from *peer*; those that were submitted are still
 * delivered. As rte_disassembler_peer_add().
 *
 * @return
 *   0, -ENOENT.
 */
__rte_experimental
int rte_disassembler_peer_del(struct rte_disassembler *d,
		const struct rte_ether_addr *peer);

/**
 * Submit frames received from the trunk. Each is checked here: a bad one is
 * freed and counted.
 *
 * @return
 *   How many were accepted: they belong to the library; the caller keeps the
 *   rest (fewer than nb: collect first).
 */
__rte_experimental
uint16_t rte_disassembler_submit_burst(struct rte_disassembler *d,
		struct rte_mbuf **frames, uint16_t nb);

/**
 * Collect rebuilt packets and native frames in the order of their arrival.
 *
 * @return
 *   How many were stored in pkts: they belong to the caller. Fewer than nb:
 *   nothing is left.
 */
__rte_experimental
uint16_t rte_disassembler_collect_burst(struct rte_disassembler *d,
		struct rte_mbuf **pkts, uint16_t nb);

/** Any lcore; values are those of a moment. */
__rte_experimental
void rte_disassembler_stats_get(const struct rte_disassembler *d,
		struct rte_disassembler_stats *stats);

/**
 * Read the counters of a peer, be it accepted or removed. Any lcore; values are those
 * of a moment, each by itself.
 *
 * @return
 *   0, -ENOENT.
 */
__rte_experimental
int rte_disassembler_peer_stats_get(const struct rte_disassembler *d,
		const struct rte_ether_addr *peer, struct rte_disassembler_peer_stats *stats);

/**
 * Read the counters of one peer after the other, in no order. As
 * rte_disassembler_peer_stats_get().
 *
 * @param next
 *   Where to go on; 0 at first, then left alone.
 * @return
 *   0, -ENOENT: there is no other one.
 */
__rte_experimental
int rte_disassembler_peer_stats_iterate(const struct rte_disassembler *d, uint32_t *next,
		struct rte_disassembler_peer_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* RTE_DISASSEMBLER_H */
