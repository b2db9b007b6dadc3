/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef DISASSEMBLER_PRIVATE_H
#define DISASSEMBLER_PRIVATE_H

#include <rte_disassembler.h>

#include "assembler_frame.h"
#include "assembler_lz4.h"
#include "assembler_private.h"
#include "assembler_window.h"

/** Frames that wait between submission and collection; a power of two. */
#define DISASSEMBLER_QUEUE_SIZE 1024
#define DISASSEMBLER_QUEUE_MASK (DISASSEMBLER_QUEUE_SIZE - 1)
/**
 * Streams whose sequence is followed. Frames of further ones are delivered
 * without: a peer that invents streams cannot disturb those that are known.
 */
#define DISASSEMBLER_MAX_STREAMS 4096
/** All bytes of a frame that can matter. */
#define DISASSEMBLER_LINEAR_LEN (ASSEMBLER_FRAME_OVERHEAD + UINT16_MAX)
/** Longest name: hash tables add a prefix to it. */
#define DISASSEMBLER_NAME_LEN 20
/** Where frames of nobody that is known count. */
#define DISASSEMBLER_NOBODY RTE_DISASSEMBLER_MAX_PEERS

/** A stream as the hash table knows it. */
struct disassembler_stream_key {
	struct rte_ether_addr src;
	uint16_t stream;
};

/**
 * A peer, at its position in the table of peers. One that was removed keeps its
 * place and its counters, in case it comes back, until another one needs the place.
 */
struct disassembler_peer {
	ASSEMBLER_SHARED(uint64_t) peer; /* union assembler_peer; 0: the place is free */
	ASSEMBLER_SHARED(uint64_t) heard; /* TSC of its last good frame or, before, of its place */
	/* As in struct rte_disassembler_peer_stats. */
	assembler_counter_t frames;
	assembler_counter_t packets;
	assembler_counter_t bytes;
	assembler_counter_t dropped;
	assembler_counter_t control;
	assembler_counter_t lost_frames;
	assembler_counter_t duplicate;
	assembler_counter_t late;
	assembler_counter_t no_mbuf;
	uint32_t removed_at; /* nb_removed then; of the control path */
};

/** As struct rte_disassembler_stats, for any lcore to read. */
struct disassembler_counters {
	assembler_counter_t frames;
	assembler_counter_t packets;
	assembler_counter_t bytes;
	assembler_counter_t native;
	assembler_counter_t dropped[RTE_ASSEMBLER_CAUSE_MAX];
	assembler_counter_t control;
	assembler_counter_t not_mine;
	assembler_counter_t lost_frames;
	assembler_counter_t duplicate;
	assembler_counter_t late;
	assembler_counter_t no_mbuf;
};

struct disassembler_queue_entry {
	struct rte_mbuf *mbuf;
	uint16_t count; /* subframes; 0: a native frame */
	uint16_t peer;  /* who sent it: a position in the table of peers */
};

struct rte_disassembler {
	/* Set at creation, or by the control path while no lcore submits. */
	struct rte_disassembler_conf conf;
	struct assembler_frame_limits limits;
	assembler_control_fn control; /* of discovery, or NULL: static mode */
	void *control_arg;
	struct rte_hash *peers;   /* by address */
	struct rte_hash *streams; /* by struct disassembler_stream_key */
	uint32_t nb_removed;      /* times that a peer was removed */

	char name[DISASSEMBLER_NAME_LEN + 1];
	struct assembler_tel_entry telemetry;

	/* Everything below is written by the lcore that submits and collects. */
	struct rte_ether_addr last_addr; /* found by the last look-up */
	uint16_t last_peer;              /* its position */
	struct disassembler_stream_key last_key;
	struct assembler_window *last_window; /* of last_key, or NULL */
	uint64_t now;                    /* TSC when the burst was submitted */

	struct disassembler_queue_entry queue[DISASSEMBLER_QUEUE_SIZE];
	uint32_t head; /* free-running; oldest in use */
	uint32_t tail; /* free-running; next to fill */
	struct assembler_frame_reader reader; /* of queue[head], when reading */
	bool reading;

	struct disassembler_counters stats;
	struct disassembler_peer peer[RTE_DISASSEMBLER_MAX_PEERS + 1]; /* the last: NOBODY */
	struct assembler_window windows[DISASSEMBLER_MAX_STREAMS];
	uint8_t check_copy[DISASSEMBLER_LINEAR_LEN]; /* of a frame in several segments */
	uint8_t read_copy[DISASSEMBLER_LINEAR_LEN];  /* the same, of queue[head] */
	uint8_t check_plain[ASSEMBLER_PLAIN_LEN]; /* what was compressed */
	uint8_t read_plain[ASSEMBLER_PLAIN_LEN];  /* the same, of queue[head] */
};

/** Telemetry shows a disassembler from the one to the other. Control path. */
void disassembler_telemetry_add(struct rte_disassembler *d);
void disassembler_telemetry_remove(struct rte_disassembler *d);

#endif /* DISASSEMBLER_PRIVATE_H */
