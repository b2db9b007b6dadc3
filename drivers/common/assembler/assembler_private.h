/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_PRIVATE_H
#define ASSEMBLER_PRIVATE_H

/*
 * An assembler and its parts:
 *
 *   client --- link --- worker     one link for each client and worker; without
 *                                  workers one, which the client serves itself
 *
 * Each link has its own stream and its own rings, so that no two lcores ever
 * touch one end of a ring.
 */

#include <stdalign.h>
#include <sys/queue.h>

#include <rte_log.h>
#include <rte_memzone.h>
#include <rte_ring.h>

#include <rte_assembler.h>

#include "assembler_compat.h"
#include "assembler_stream.h"

extern int assembler_logtype;

#define ASSEMBLER_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, assembler_logtype, "assembler: " fmt "\n", ## __VA_ARGS__)

/** Longest name of an assembler. */
#define ASSEMBLER_NAME_LEN 16
/**
 * Bytes of each client's round, in which no packet counts for less than the
 * shortest frame: a burst of these is just what a round pays for.
 */
#define ASSEMBLER_QUANTUM (ASSEMBLER_BURST * ASSEMBLER_FRAME_MIN)

/** What one worker does for one client. */
struct assembler_link {
	/* Set when the client's slot is first opened, then read-only. */
	struct rte_ring *submit; /* SP: submitting lcore, SC: worker; NULL when inline */
	struct rte_ring *done;   /* SP: worker (or submitting lcore), SC: collecting lcore */

	/* Written by the submitting lcore. */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint32_t) request; /* last one: number << 1 | is it a stop? */
	bool dirty;              /* submitted to since the last request */

	/* Written by the worker (or, inline, the submitting lcore). */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint32_t) served; /* last request carried out */
	int64_t credit;          /* bytes; below 0: taken beyond what its rounds paid for */
	assembler_counter_t taken_packets;
	assembler_counter_t taken_bytes;
	struct assembler_stream stream;
};

struct rte_assembler_client {
	/* Set when the slot is first opened, then read-only. */
	struct rte_assembler *assembler;
	uint8_t *scratch;        /* inline: as in struct assembler_turn */
	uint16_t nb_links;

	/* Written by the control path. */
	ASSEMBLER_SHARED(uint32_t) open;
	struct rte_assembler_client_stats stats_base; /* of the slot's earlier clients */

	/* Written by the submitting lcore. */
	alignas(RTE_CACHE_LINE_SIZE)
	assembler_counter_t ring_full;

	/* Written by the collecting lcore. */
	alignas(RTE_CACHE_LINE_SIZE)
	uint16_t next_link;      /* to collect from */

	alignas(RTE_CACHE_LINE_SIZE)
	struct assembler_link links[];
};

struct rte_assembler_worker {
	struct rte_assembler *assembler;
	uint8_t *scratch;        /* as in struct assembler_turn */
	uint16_t index;
	bool is_service;
	uint32_t service;        /* id, if it is one */
	ASSEMBLER_SHARED(uint32_t) stop;
};

/** Lives in a memzone that is named after it. */
struct rte_assembler {
	/* Set at creation, then read-only. */
	struct rte_assembler_conf conf;
	struct assembler_rules rules;
	const struct rte_memzone *memzone;
	char name[ASSEMBLER_NAME_LEN + 1];
	struct rte_assembler_worker workers[RTE_ASSEMBLER_MAX_WORKERS];

	/*
	 * Written by the control path. A slot that was opened once keeps its
	 * memory, rings and streams until the assembler is freed and serves the
	 * next client that opens: a worker may look at a closed one at any
	 * time, statistics of closed clients stay, and no sequence number of a
	 * stream is used twice.
	 */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint64_t) peer; /* union assembler_peer */
	ASSEMBLER_SHARED(uint32_t) nb_slots;
	struct rte_assembler_client *slots[RTE_ASSEMBLER_MAX_CLIENTS];

	/* Of the telemetry, under its lock. */
	TAILQ_ENTRY(rte_assembler) next;
	bool listed;
};

void assembler_client_free(struct rte_assembler_client *c);

/** Count from 0 for a client that opens. */
void assembler_client_stats_begin(struct rte_assembler_client *c);

/** Add to *sum* how long the frames of all clients were open, in cycles. */
void assembler_hold_sum(struct rte_assembler *a, struct assembler_hist *sum);
uint64_t assembler_cycles_to_ns(uint64_t cycles);

/** No service runs any more. Control path. */
void assembler_service_unregister(struct rte_assembler *a);

/** Telemetry shows an assembler from the one to the other. Control path. */
void assembler_telemetry_add(struct rte_assembler *a);
void assembler_telemetry_remove(struct rte_assembler *a);

/** Begin to serve a link: time and peer are those of now. */
void assembler_turn_begin(struct assembler_turn *turn, struct rte_assembler *a,
		struct assembler_link *link, uint8_t *scratch);

/** Hand over what came out, and free what was used up. */
void assembler_turn_end(struct assembler_turn *turn, struct assembler_link *link);

/**
 * Packets that the link can take now, so that whatever becomes of them and of
 * what is open finds room in its completion ring. Only the lcore that serves
 * the link makes this less.
 */
static inline uint16_t
assembler_link_room(const struct assembler_link *link)
{
	return rte_ring_free_count(link->done) - assembler_stream_residue(&link->stream);
}

/** Count packets that the lcore which serves the link takes. */
static inline void
assembler_link_count(struct assembler_link *link, uint32_t packets, uint64_t bytes)
{
	assembler_counter_add(&link->taken_packets, packets);
	assembler_counter_add(&link->taken_bytes, bytes);
}

#endif /* ASSEMBLER_PRIVATE_H */
