/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RTE_ASSEMBLER_DISCOVERY_H
#define RTE_ASSEMBLER_DISCOVERY_H

/**
 * @file
 * Discovery of trunk peers by the control frames of rte_assembler_frame.h, in the
 * place of addresses that are configured (static mode, which sends none).
 *
 * Each side says HELLO, to everybody while nobody answers and to those that it knows
 * from then on, and declares what it can receive. A peer that answers gets assembled
 * frames that keep to what it declared; frames above 1514 bytes only as far as a PROBE
 * of that size came through. A peer that answers none of three HELLOs, or says BYE,
 * gets native frames again.
 *
 * A discovery drives an assembler, a disassembler, or both. It runs on the caller's
 * lcore, that of the disassembler if there is one; nothing here blocks.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_compat.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include <rte_assembler.h>
#include <rte_disassembler.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most peers of one discovery. */
#define RTE_ASSEMBLER_DISCOVERY_MAX_PEERS 64

struct rte_assembler_discovery;

/** What is known of a peer. */
enum rte_assembler_peer_state {
	RTE_ASSEMBLER_PEER_NONE,   /**< Nothing. */
	RTE_ASSEMBLER_PEER_HEARD,  /**< It said HELLO and has not answered one. */
	RTE_ASSEMBLER_PEER_UP,     /**< It answers: it gets assembled frames. */
	RTE_ASSEMBLER_PEER_SILENT, /**< It answered, and has not for three intervals. */
	RTE_ASSEMBLER_PEER_LEFT,   /**< It said BYE. */
	RTE_ASSEMBLER_PEER_MAX
};

/** Configuration. rte_assembler_discovery_conf_default() fills it in. */
struct rte_assembler_discovery_conf {
	struct rte_ether_addr own;   /**< Own trunk address. */
	/** Control frames come from here; data room >= headroom + longest PROBE. */
	struct rte_mempool *pool;
	/**
	 * Told which peers answer, and what they take; or NULL: nothing is sent, so no
	 * HELLO either. Its default peer is the one that answers, if just one does, and
	 * rte_assembler_peer_set() is refused. Peers
	 * of rte_assembler_peer_add() get assembled frames while they answer; that and
	 * rte_assembler_peer_del() are called on the discovery's lcore then.
	 */
	struct rte_assembler *assembler;
	/**
	 * Told whose frames to accept, and the source of control frames; or NULL: no
	 * HELLO is answered, as nothing can be received.
	 */
	struct rte_disassembler *disassembler;
	uint16_t max_frame;   /**< Bytes that can be received, 60..16384; default 1514. */
	uint16_t max_count;   /**< Packets a frame that can be received, not 0; default 65535. */
	uint16_t interval_ms; /**< Between two HELLOs, 10..20000; default 500. */
	uint16_t max_peers;   /**< 1..RTE_ASSEMBLER_DISCOVERY_MAX_PEERS; default 16. */
	int socket_id;        /**< Of its memory, or SOCKET_ID_ANY. */
};

/** Running sums. */
struct rte_assembler_discovery_stats {
	uint64_t received;     /**< Control frames read. */
	uint64_t sent;         /**< Control frames made. */
	uint64_t refused;      /**< HELLOs and answers of peers that there was no room for. */
	uint64_t limited;      /**< HELLOs and PROBEs not answered: too many from one peer. */
	uint64_t incompatible; /**< HELLOs and answers of peers that do not speak version 1. */
	uint64_t invalid;      /**< HELLOs and answers that declare what cannot be. */
	uint64_t stale;        /**< Answers and BYEs that belong to an earlier life. */
	uint64_t no_mbuf;      /**< Control frames not made as the pool was empty. */
};

/** A peer, as rte_assembler_discovery_peers_get() shows it. */
struct rte_assembler_discovery_peer {
	struct rte_ether_addr addr;
	enum rte_assembler_peer_state state;
	uint8_t lowest;      /**< Versions that it speaks. */
	uint8_t highest;
	bool lz4;            /**< It reads compressed frames. */
	uint16_t max_frame;  /**< Longest frame that it gets: its limit, or what a PROBE proved. */
	uint16_t max_count;  /**< Most packets in a frame that it takes. */
	uint16_t epoch;
	uint32_t age_ms;     /**< Since its last control frame. */
};

/** Fill *conf* with the defaults; addresses, pool and users stay to be set. */
__rte_experimental
void rte_assembler_discovery_conf_default(struct rte_assembler_discovery_conf *conf);

/**
 * Create a discovery. The assembler's peers are unknown from now on, until they answer.
 * Control path: one caller at a time, while no lcore uses the disassembler.
 *
 * @param conf
 *   Copied. EtherTypes and addresses of its users must be the same. pool and users
 *   must outlive the discovery.
 * @return
 *   It, or NULL with rte_errno: EINVAL (one log line says what), ENOMEM, EBUSY (a user
 *   has a discovery already).
 */
__rte_experimental
struct rte_assembler_discovery *rte_assembler_discovery_create(
		const struct rte_assembler_discovery_conf *conf);

/**
 * Free it. The assembler's peers are unknown then, until rte_assembler_peer_set(),
 * rte_assembler_peer_add() or rte_assembler_prefix_add() name them again; the
 * disassembler keeps those that it was told of. NULL is allowed. As
 * rte_assembler_discovery_create().
 */
__rte_experimental
void rte_assembler_discovery_free(struct rte_assembler_discovery *d);

/**
 * Take a frame that the trunk port received, for programs without a disassembler; with
 * one, rte_disassembler_submit_burst() does it. The discovery's lcore.
 *
 * @return
 *   Whether *m* was a good control frame: it is freed then. Else it stays the caller's.
 */
__rte_experimental
bool rte_assembler_discovery_receive(struct rte_assembler_discovery *d, struct rte_mbuf *m);

/**
 * Look at the clock, and get control frames to be sent out of the trunk port. To be
 * called at least ten times in an interval; costs next to nothing where nothing is due.
 * The discovery's lcore.
 *
 * @return
 *   How many were stored in frames: they belong to the caller. One that is dropped
 *   counts as lost on the way.
 */
__rte_experimental
uint16_t rte_assembler_discovery_poll(struct rte_assembler_discovery *d,
		struct rte_mbuf **frames, uint16_t nb);

/**
 * Take leave: the next polls give a BYE for each peer and nothing more. The assembler
 * knows no peer from now on: flush it before. The discovery's lcore.
 */
__rte_experimental
void rte_assembler_discovery_leave(struct rte_assembler_discovery *d);

/**
 * Read what is known of the peers. Any lcore; values are those of a moment, each by
 * itself.
 *
 * @return
 *   How many were stored in peers, at most nb.
 */
__rte_experimental
uint16_t rte_assembler_discovery_peers_get(const struct rte_assembler_discovery *d,
		struct rte_assembler_discovery_peer *peers, uint16_t nb);

/** Any lcore; values are those of a moment. */
__rte_experimental
void rte_assembler_discovery_stats_get(const struct rte_assembler_discovery *d,
		struct rte_assembler_discovery_stats *stats);

/** Word of a state, as in "silent"; NULL out of range. */
__rte_experimental
const char *rte_assembler_peer_state_name(enum rte_assembler_peer_state state);

#ifdef __cplusplus
}
#endif

#endif /* RTE_ASSEMBLER_DISCOVERY_H */
