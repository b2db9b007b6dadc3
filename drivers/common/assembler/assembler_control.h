/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_CONTROL_H
#define ASSEMBLER_CONTROL_H

/*
 * How peers find each other: the state machine behind rte_assembler_discovery.h. It
 * knows neither mbufs nor ports nor a clock: frames are bytes, the time is given.
 *
 * Nothing is queued. Of each peer is noted what it is owed, and frames are made when
 * they are asked for, so that a flood costs neither memory nor more than some answers.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#include <rte_assembler_discovery.h>

#include "assembler_compat.h"
#include "assembler_frame.h"
#include "assembler_probe.h"
#include "assembler_tlv.h"

/** Bytes of the longest frame that is no PROBE. */
#define ASSEMBLER_CONTROL_LEN 128
/** Streams of control frames; those of packets are below. */
#define ASSEMBLER_CONTROL_STREAM_ALL 0x0BFF /* to everybody */
#define ASSEMBLER_CONTROL_STREAM 0x0C00     /* to one, the first of ... */
#define ASSEMBLER_CONTROL_STREAMS 0x0400

struct assembler_control_conf {
	struct rte_ether_addr own;
	rte_be16_t ether_type;
	bool sends;              /* assembled frames: so it says HELLO */
	bool receives;           /* assembled frames: so it answers */
	struct assembler_hello hello; /* what it declares */
	uint16_t send_frame;     /* longest that it wants to send */
	uint16_t max_peers;
	uint64_t interval;       /* hello.interval_ms by the caller's clock */
	uint64_t hz;             /* of that clock */
};

struct assembler_control_peer {
	struct rte_ether_addr addr;
	uint8_t state;           /* enum rte_assembler_peer_state; NONE: the entry is free */
	uint8_t due;             /* what it is owed: one bit for each kind of TLV */
	uint8_t answers;         /* that it may still have for the time being */
	uint64_t answers_at;     /* when it may have more */
	struct assembler_hello hello; /* what it declared last */
	uint64_t heard;          /* its last good control frame */
	uint64_t answered;       /* its last answer to a HELLO */
	uint32_t probe_ack_id;
	uint16_t probe_ack_bytes;
	/* Of the headers of control frames to it. */
	uint16_t stream;
	uint16_t epoch;
	uint32_t seq;
	struct assembler_probe probe;
};

/** As struct rte_assembler_discovery_stats, for any lcore to read. */
struct assembler_control_stats {
	assembler_counter_t received;
	assembler_counter_t sent;
	assembler_counter_t refused;
	assembler_counter_t limited;
	assembler_counter_t incompatible;
	assembler_counter_t invalid;
	assembler_counter_t stale;
};

struct assembler_control {
	struct assembler_control_conf conf;
	uint64_t next;           /* nothing happens by itself before */
	uint64_t hello_at;       /* when the next interval begins */
	uint32_t intervals;
	uint32_t created;        /* peers, so far */
	uint32_t all_seq;        /* of the stream to everybody */
	uint16_t turn;           /* the peer to serve next */
	bool all_due;            /* a HELLO to everybody */
	bool any_due;            /* anything */
	bool leaving;
	bool changed;            /* set with every change of a peer's state or limits */
	bool up_changed;         /* the same, of one that answers: who floods does not */
	struct assembler_control_stats stats;
	struct assembler_control_peer peers[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
};

void assembler_control_init(struct assembler_control *c,
		const struct assembler_control_conf *conf);

/** Read a control frame that assembler_frame_check() found good, to own or to everybody. */
void assembler_control_receive(struct assembler_control *c, const uint8_t *frame, uint32_t len,
		const struct assembler_frame_info *info, uint64_t now);

/** See what the time brings. */
void assembler_control_poll(struct assembler_control *c, uint64_t now);

/** Would assembler_control_poll() or assembler_control_next() do anything? */
static inline bool
assembler_control_idle(const struct assembler_control *c, uint64_t now)
{
	return now < c->next && !c->any_due;
}

/**
 * Write the next frame that is due. *room* is at least ASSEMBLER_CONTROL_LEN, and
 * conf.send_frame where that is longer.
 *
 * @return
 *   Its bytes; 0: none is due.
 */
uint32_t assembler_control_next(struct assembler_control *c, uint8_t *frame, uint32_t room);

/** Owe each peer a BYE, and nothing else from now on. */
void assembler_control_leave(struct assembler_control *c);

/** The longest frame that the peer gets. */
static inline uint16_t
assembler_control_max_frame(const struct assembler_control_peer *peer)
{
	return RTE_MIN(peer->hello.max_frame, peer->probe.proven);
}

#endif /* ASSEMBLER_CONTROL_H */
