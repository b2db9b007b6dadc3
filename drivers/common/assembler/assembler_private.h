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
 * Each link has its own streams and its own rings, so that no two lcores ever
 * touch one end of a ring.
 */

#include <stdalign.h>
#include <sys/queue.h>

#include <rte_hash.h>
#include <rte_log.h>
#include <rte_memzone.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include <rte_assembler.h>
#include <rte_assembler_discovery.h>

#include "assembler_compat.h"
#include "assembler_entry.h"
#include "assembler_stream.h"
#include "assembler_tel.h"

extern int assembler_logtype;

#define ASSEMBLER_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, assembler_logtype, "assembler: " fmt "\n", ## __VA_ARGS__)

/** Longest name of an assembler. */
#define ASSEMBLER_NAME_LEN 16
/**
 * The stream field of a frame: class, whether it is the default peer's or another's,
 * which may have the same address, and the number of the link.
 */
#define ASSEMBLER_CLASS_SHIFT 12
#define ASSEMBLER_STREAM_NUMBERED 0x0400
/**
 * Bytes of each client's round, in which no packet counts for less than the
 * shortest frame: a burst of these is just what a round pays for.
 */
#define ASSEMBLER_QUANTUM (ASSEMBLER_BURST * ASSEMBLER_FRAME_MIN)

TAILQ_HEAD(assembler_open_list, assembler_stream);

/** What one worker does for one client. */
struct assembler_link {
	/* Set when the client's slot is first opened, then read-only. */
	struct rte_ring *submit; /* of entries; SP: submitting lcore, SC: worker; inline NULL */
	struct rte_ring *done;   /* SP: worker (or submitting lcore), SC: collecting lcore */
	const struct rte_assembler *assembler;
	struct rte_assembler_client *client;
	struct assembler_stream *streams; /* [peer * nb_classes + class]; peer 0: default */
	struct assembler_peer_stats *peer_stats; /* of the lcore that serves it, [peer] */
	uint8_t *plain;          /* of all streams, if they compress */
	uint32_t nb_streams;
	uint16_t nb_classes;
	uint16_t reader;         /* who looks up peers: as in rte_assembler::readers */

	/* Written by the submitting lcore. */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint32_t) request; /* last one: number << 1 | is it a stop? */
	bool dirty;              /* submitted to since the last request */

	/* Exchanged by the submitting lcore, and by the worker that goes to sleep. */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint32_t) asleep; /* who submits next has to wake the worker */

	/* Written by the collecting lcore. */
	alignas(RTE_CACHE_LINE_SIZE)
	uint32_t seen;           /* served when it last looked */

	/* Written by the worker (or, inline, the submitting lcore). */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint32_t) served; /* last request carried out */
	int64_t credit;          /* bytes; below 0: taken beyond what its rounds paid for */
	assembler_counter_t taken_packets;
	assembler_counter_t taken_bytes;
	uint32_t residue;        /* most mbufs that closing all streams now puts out */
	struct assembler_open_list open[RTE_ASSEMBLER_MAX_CLASSES]; /* streams with a frame */
	struct assembler_stream_stats stats;
};

struct rte_assembler_client {
	/* Set when the slot is first opened, then read-only. */
	struct rte_assembler *assembler;
	uint8_t *scratch;        /* inline: as in struct assembler_turn */
	struct assembler_peer_stats *peer_stats; /* inline: [peer]; else NULL */
	uint16_t nb_links;
	uint16_t reader;         /* who looks up peers to submit: as in rte_assembler::readers */
	int wake_fd;             /* what workers write to, in their process; or -1 */

	/* Written by the control path. */
	ASSEMBLER_SHARED(uint32_t) open;
	struct rte_assembler_client_stats stats_base; /* of the slot's earlier clients */
	struct assembler_closes closes_base; /* the same; its links' maxima begin anew */
	int fd;                  /* readable when there is something to collect; or -1 */
	/* Of a client of a secondary process, written by the primary one. */
	bool remote;
	bool dead;               /* its process has ended */
	int life_fd;             /* readable when it has */
	int live_fd;             /* the other end, in the secondary process */

	/* Written by the submitting lcore. */
	alignas(RTE_CACHE_LINE_SIZE)
	assembler_counter_t ring_full;
	bool refused;            /* packets of the last burst */
	struct rte_mempool *pools[ASSEMBLER_POOLS]; /* of whole packets, in order of number */

	/* Written by the collecting lcore. */
	alignas(RTE_CACHE_LINE_SIZE)
	uint16_t next_link;      /* to collect from */

	/* Exchanged by the collecting lcore, that sleeps, and by workers, that wake it. */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint32_t) waiting;

	alignas(RTE_CACHE_LINE_SIZE)
	struct assembler_link links[];
};

/** What the control path knows of a peer. */
struct assembler_peer_use {
	uint32_t nb_keys;        /* destinations and prefixes that name it */
	uint32_t unused_since;   /* nb_unused then */
};

struct rte_assembler_worker {
	struct rte_assembler *assembler;
	uint8_t *scratch;        /* as in struct assembler_turn */
	struct assembler_peer_stats *peer_stats; /* [peer] */
	uint16_t index;
	bool is_service;
	uint32_t service;        /* id, if it is one */
	uint64_t sleep_cycles;   /* without work, before it sleeps */
	ASSEMBLER_SHARED(uint32_t) stop;

	/* Changed by whoever wakes it: it sleeps only while this stays as it is. */
	alignas(RTE_CACHE_LINE_SIZE)
	ASSEMBLER_SHARED(uint32_t) wakes;
};

/** The reader that a client is. */
#define ASSEMBLER_CLIENT_READER(slot) (RTE_ASSEMBLER_MAX_WORKERS + (slot))

/** Lives in a memzone that is named after it. */
struct rte_assembler {
	/* Set at creation, then read-only. */
	struct rte_assembler_conf conf;
	struct assembler_rules rules[RTE_ASSEMBLER_MAX_CLASSES];
	struct rte_hash *table;  /* destination address to number of the peer; or NULL */
	struct rte_lpm *lpm4;    /* IPv4 prefix to number of the peer; or NULL */
	struct rte_lpm6 *lpm6[2]; /* IPv6: [lpm6_index] is read, the other one changes; or NULL */
	/* Who is looking up peers now: first workers, then clients; NULL: there is no table. */
	struct rte_rcu_qsbr *readers;
	struct assembler_peer_stats *peers_before; /* [peer]: of others that had the number */
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
	struct assembler_peer_now peers[1 + RTE_ASSEMBLER_MAX_PEERS];
	struct assembler_peer_use peer_use[1 + RTE_ASSEMBLER_MAX_PEERS];
	ASSEMBLER_SHARED(uint32_t) lpm6_index;
	ASSEMBLER_SHARED(uint32_t) nb_peers; /* besides the default one */
	ASSEMBLER_SHARED(uint32_t) peers_version; /* changes with any of peers[]; odd */
	uint32_t nb_unused;      /* times that a peer was no longer used */
	uint16_t nb_replaced;    /* times that another one got its number */
	struct rte_ether_addr default_addr; /* the last default peer that had one */
	uint16_t nb_discoveries; /* that it had */
	ASSEMBLER_SHARED(uint32_t) nb_slots;
	struct rte_assembler_client *slots[RTE_ASSEMBLER_MAX_CLIENTS];
	bool looks;              /* at secondary processes, by an alarm */
	ASSEMBLER_SHARED(uint32_t) ready; /* to be found, and to have clients */

	/* Under the lock of assembler_tel.c. */
	struct rte_assembler_discovery *discovery; /* or NULL: static mode; the settings' lock */
	struct assembler_tel_entry telemetry;
};

/** As rte_assembler_ether_type_check(), with a line in the log. */
int assembler_ether_type_check(uint16_t ether_type);

/** As in struct assembler_turn, or NULL. Freed with rte_free(). */
uint8_t *assembler_scratch_create(const struct rte_assembler_conf *conf);

void assembler_client_free(struct rte_assembler_client *c);

/** Open a slot, and close one that is drained. Control path of the primary process. */
struct rte_assembler_client *assembler_slot_open(struct rte_assembler *a);
int assembler_slot_close(struct rte_assembler_client *c);

/** Slots are opened and closed by the control path and for secondary processes. */
void assembler_remote_lock(void);
void assembler_remote_unlock(void);

/** Serve secondary processes, from the first assembler on. Control path. */
void assembler_remote_listen(void);
/** No longer look at them, or serve them. Control path. */
void assembler_remote_end(struct rte_assembler *a);

/** In a secondary process. */
struct rte_assembler_client *assembler_remote_client_open(struct rte_assembler *a);
int assembler_remote_client_close(struct rte_assembler_client *c);

/** Count from 0 for a client that opens. */
void assembler_client_stats_begin(struct rte_assembler_client *c);

/**
 * Set *sum* to what the frames of all clients, of one client that is open, or of one
 * peer counted.
 */
void assembler_closes_get(struct rte_assembler *a, struct assembler_closes *sum);
void assembler_client_closes_get(const struct rte_assembler_client *c,
		struct assembler_closes *sum);
void assembler_peer_closes_get(struct rte_assembler *a, uint16_t peer,
		struct assembler_closes *sum);
uint64_t assembler_cycles_to_ns(uint64_t cycles);

/** Of all peers, 0, or NULL. Freed with rte_free(). */
struct assembler_peer_stats *assembler_peer_stats_create(const struct rte_assembler_conf *conf);

/** Another peer gets the number: it counts from 0. Control path. */
void assembler_peer_stats_begin(struct rte_assembler *a, uint16_t peer);

/** No service runs any more. Control path. */
void assembler_service_unregister(struct rte_assembler *a);

/** Telemetry shows an assembler from the one to the other. Control path. */
void assembler_telemetry_add(struct rte_assembler *a);
void assembler_telemetry_remove(struct rte_assembler *a);

/**
 * Its peers are what a discovery says; NULL: what it is told. Control path. -EBUSY: it
 * has a discovery already.
 */
int assembler_set_discovery(struct rte_assembler *a, struct rte_assembler_discovery *d);
void assembler_telemetry_set_discovery(struct rte_assembler *a,
		struct rte_assembler_discovery *d);

/** Gets good control frames that a disassembler takes; on the lcore that submits. */
typedef void (*assembler_control_fn)(void *arg, const uint8_t *frame, uint32_t len,
		const struct assembler_frame_info *info);

/**
 * From now on control frames of unknown sources and to everybody are read, too; not
 * with NULL. -EBUSY: there is a function already.
 */
int assembler_disassembler_set_control(struct rte_disassembler *d, assembler_control_fn fn,
		void *arg);

/** What it was created with. */
const struct rte_disassembler_conf *assembler_disassembler_conf(const struct rte_disassembler *d);

/** The table of peers, if the configuration asks for one. Control path. */
int assembler_peers_init(struct rte_assembler *a);
void assembler_peers_free(struct rte_assembler *a);

/** The number of the peer, which gets one if it has none; 0: there are too many. */
uint16_t assembler_peer_index(struct rte_assembler *a, const struct rte_ether_addr *peer);

/** One key more or less names the peer. Peer 0 needs none. */
void assembler_peer_hold(struct rte_assembler *a, uint16_t i);
void assembler_peer_release(struct rte_assembler *a, uint16_t i);

/** The tables of prefixes that the configuration asks for. Control path. */
int assembler_routes_init(struct rte_assembler *a);
void assembler_routes_free(struct rte_assembler *a);

/** The number of the peer that a prefix gives the destination of packet *i*; 0: none does. */
uint16_t assembler_route_lookup(const struct rte_assembler *a, const struct assembler_burst *burst,
		uint16_t i);

/** Change a peer while lcores read it. limits: NULL is all 0. One writer at a time. */
void assembler_peer_write(struct rte_assembler *a, uint32_t i, union assembler_peer peer,
		const union assembler_limits *limits);

/**
 * The same with peer number *i*, if anything changes; its epoch follows. Of the default
 * peer: by the discovery's lcore or, without a discovery, under the lock of the settings.
 */
void assembler_peer_tell(struct rte_assembler *a, uint32_t i, union assembler_peer peer,
		union assembler_limits limits);

/** As in rte_assembler::readers. Until it ends no peer's number goes to another one. */
static inline void
assembler_peers_begin(const struct rte_assembler *a, uint16_t reader)
{
	if (a->readers != NULL)
		rte_rcu_qsbr_thread_online(a->readers, reader);
}

static inline void
assembler_peers_end(const struct rte_assembler *a, uint16_t reader)
{
	if (a->readers != NULL)
		rte_rcu_qsbr_thread_offline(a->readers, reader);
}

/** Numbers of the streams of up to ASSEMBLER_BURST packets. */
void assembler_peers_classify(const struct rte_assembler *a, const struct assembler_burst *burst,
		uint16_t nb, uint16_t *index);

/** Numbers of the peers of up to ASSEMBLER_BURST packets. */
void assembler_peers_lookup(const struct rte_assembler *a, const struct assembler_burst *burst,
		uint16_t nb, uint16_t *peers);

/** Begin to serve a link: time is that of now. */
void assembler_turn_begin(struct assembler_turn *turn, uint8_t *scratch);

/** Hand over what came out, and free what was used up. */
void assembler_turn_end(struct assembler_turn *turn, struct assembler_link *link);

/** Put up to ASSEMBLER_BURST packets into their streams. */
void assembler_link_add(struct assembler_link *link, const struct assembler_burst *burst,
		uint16_t nb, struct assembler_turn *turn);

/** Close frames whose hold time is over; when a burst ends, those that have none. */
void assembler_link_expire(struct assembler_link *link, bool burst_ends,
		struct assembler_turn *turn);

/** Would assembler_link_expire() close a frame? */
bool assembler_link_has_expired(const struct assembler_link *link, uint64_t now);

/** Close all frames. */
void assembler_link_close_all(struct assembler_link *link,
		enum rte_assembler_flush_reason reason, struct assembler_turn *turn);

/**
 * Packets that the link can take now, so that whatever becomes of them and of
 * what is open finds room in its completion ring. Only the lcore that serves
 * the link makes this less.
 */
static inline uint16_t
assembler_link_room(const struct assembler_link *link)
{
	return RTE_MIN(rte_ring_free_count(link->done) - link->residue, (uint32_t)UINT16_MAX);
}

/** Count packets that the lcore which serves the link takes. */
static inline void
assembler_link_count(struct assembler_link *link, uint32_t packets, uint64_t bytes)
{
	assembler_counter_add(&link->taken_packets, packets);
	assembler_counter_add(&link->taken_bytes, bytes);
}

#endif /* ASSEMBLER_PRIVATE_H */
