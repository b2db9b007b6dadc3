/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_STREAM_H
#define ASSEMBLER_STREAM_H

/*
 * A stream: packets of one client, handled by one lcore, on their way to one
 * peer. It has one open frame at a time and decides when that closes and which
 * packets go round it. Pure data path: it knows no rings and no clock.
 */

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_mbuf.h>

#include <rte_assembler.h>

#include "assembler_compat.h"
#include "assembler_entry.h"
#include "assembler_frame.h"
#include "assembler_hist.h"

/** Most packets of one assembler_stream_add(). */
#define ASSEMBLER_BURST 32
/** Most mbufs that one call puts into a turn. */
#define ASSEMBLER_STREAM_OUT (ASSEMBLER_BURST + RTE_ASSEMBLER_MAX_MIN_COUNT)
/**
 * With many streams neither they nor their frames are in the cache: a stream is
 * fetched so many packets before its turn.
 */
#define ASSEMBLER_STREAM_AHEAD 8
/** Room in a turn, in which several streams may be called. */
#define ASSEMBLER_TURN_LEN (2 * ASSEMBLER_STREAM_OUT)
/** Bytes that a packet of several segments can have in a frame. */
#define ASSEMBLER_SCRATCH_LEN (RTE_ASSEMBLER_LEN_MASK + 1)

/** A peer in one word. */
union assembler_peer {
	uint64_t word;
	struct {
		struct rte_ether_addr addr;
		uint8_t known; /* and answering */
	};
};

/** What a peer said that it can receive; nothing is given in static mode. */
union assembler_limits {
	uint64_t word;
	struct {
		uint16_t max_frame; /* bytes with Ethernet header */
		uint16_t max_count; /* packets a frame */
		uint8_t given;
		uint8_t lz4;        /* it reads compressed frames */
		uint16_t epoch;     /* not said: of the frames that it gets */
	};
};

/** A peer as lcores read it while it changes; assembler_peer_write() changes it. */
struct assembler_peer_now {
	ASSEMBLER_SHARED(uint64_t) peer;   /* union assembler_peer */
	ASSEMBLER_SHARED(uint64_t) limits; /* union assembler_limits */
	ASSEMBLER_SHARED(uint32_t) spread; /* over all workers, by flow */
};

/** Sizes in one word, which lcores read while they change; max_count is never 0. */
union assembler_sizes {
	uint64_t word;
	struct rte_assembler_sizes s;
};

/** The settings of a class as the data path wants them; what is not shared is read-only. */
struct assembler_rules {
	struct rte_mempool *frame_pool;
	ASSEMBLER_SHARED(uint64_t) hold_cycles;
	ASSEMBLER_SHARED(uint64_t) sizes; /* union assembler_sizes */
	ASSEMBLER_SHARED(uint32_t) adaptive;
	rte_be16_t ether_type;
	uint16_t plain_len; /* bytes that a stream may compress into one frame; 0: none */
	uint16_t epoch;
	struct rte_ether_addr src;
};

/** Frames by what closed them, by their packets, and by the time that they were open. */
struct assembler_closes {
	assembler_counter_t flushed[RTE_ASSEMBLER_FLUSH_MAX];
	assembler_counter_t fill[RTE_ASSEMBLER_FILL_BUCKETS];
	struct assembler_hist hold;
};

/**
 * What one lcore made for one peer. There are many, and a frame touches few of their
 * cache lines, a packet none.
 */
struct assembler_peer_stats {
	alignas(RTE_CACHE_LINE_SIZE)
	assembler_counter_t packets;  /* in assembled frames */
	assembler_counter_t hold_max; /* cycles */
	assembler_counter_t flushed[RTE_ASSEMBLER_FLUSH_MAX];
	assembler_counter_t fill[RTE_ASSEMBLER_FILL_BUCKETS];
	assembler_counter_t hold[ASSEMBLER_HIST_COARSE];
};

/** Running sums of rte_assembler_stats that a stream keeps. */
struct assembler_stream_stats {
	assembler_counter_t packets;
	assembler_counter_t bytes;
	assembler_counter_t frames;
	assembler_counter_t frame_bytes;
	assembler_counter_t native_wire_bytes;
	assembler_counter_t frame_wire_bytes;
	assembler_counter_t lz4_frames;
	assembler_counter_t lz4_bytes_saved;
	assembler_counter_t no_mbuf;
	assembler_counter_t bypassed[RTE_ASSEMBLER_BYPASS_MAX];
	assembler_counter_t dropped[RTE_ASSEMBLER_DROP_MAX];
	struct assembler_closes closes;
};

/** What a stream that compresses has besides. */
struct assembler_squeeze {
	uint8_t *plain;          /* subframes, rules->plain_len bytes; NULL: it does not */
	struct rte_mbuf *spare;  /* to try in; there is one when used > room */
	uint32_t proven;         /* bytes at plain that a frame can take for sure */
	uint32_t proven_len;     /* compressed they are so many in mbuf; 0: as they are */
	uint64_t proven_at;      /* TSC; what is beyond them did not come before */
	uint32_t typical;        /* bytes of the last frame that was full */
};

/**
 * Written by the lcore that serves the stream only; others read the statistics.
 *
 * Until min_count packets are in, they are only held, so that they can still
 * go natively without a copy; from then on they are copied to payload, which is
 * in mbuf or, if the stream compresses, squeeze.plain.
 */
struct assembler_stream {
	/* What a packet needs that just goes into the open frame: one cache line. */
	alignas(RTE_CACHE_LINE_SIZE)
	uint8_t *payload;
	struct assembler_addrs prev;
	struct assembler_addrs outer;
	uint32_t bytes;          /* of its packets */
	uint32_t padded_bytes;   /* the same, each packet padded to 60 */
	uint32_t quick;          /* assembler_turn::peers_version for which they do; else 0 */
	uint16_t used;           /* bytes at payload, or what held packets will take */
	uint16_t limit;          /* which it may become */
	uint16_t count;          /* 0: no frame is open */
	uint16_t max_count;      /* of sizes */
	uint16_t max_pkt;        /* of sizes */
	rte_be16_t ether_type;   /* of rules */
	/* What others need, and where frames open and close. */
	struct rte_mbuf *mbuf;   /* NULL while packets are held */
	const struct assembler_rules *rules;
	uint64_t opened;         /* TSC */
	struct rte_assembler_sizes sizes;
	const struct assembler_peer_now *peer_now; /* what peer and limits should be */
	uint64_t peer;           /* as the assembler has it */
	union assembler_limits limits; /* the same */
	uint16_t room;           /* bytes of payload that the frame has */
	uint16_t class;
	uint16_t id;
	bool peer_known;
	bool squeezes;           /* the frame may be compressed */
	bool sparse;             /* adaptive: packets come too seldom to wait for others */
	uint8_t nb_few;          /* adaptive: frames in a row with fewer than min_count */
	TAILQ_ENTRY(assembler_stream) next_open; /* for who serves the stream */
	struct assembler_stream_stats *stats; /* of all streams of the link */
	struct assembler_peer_stats *peer_stats; /* of all streams of the lcore to the peer */
	struct rte_assembler_sizes next_sizes;
	struct assembler_addrs next_outer;
	uint32_t seq;
	uint16_t epoch;          /* that seq belongs to */
	uint16_t next_epoch;
	uint64_t last;           /* TSC of the last packets, while sparse */
	struct assembler_squeeze squeeze;
	struct rte_mbuf *held[RTE_ASSEMBLER_MAX_MIN_COUNT];
};

/** The first packets of a payload. */
struct assembler_part {
	uint32_t size;           /* bytes of the payload */
	uint32_t padded_bytes;   /* of the packets, each padded to 60 */
	uint16_t count;
	struct assembler_addrs last; /* of the last packet */
};

/** A frame that was closed and is not counted for its peer yet. */
struct assembler_close {
	struct assembler_peer_stats *peer;
	uint64_t hold;    /* cycles that it was open */
	uint16_t count;   /* packets assembled; 0: they went natively */
	uint8_t reason;
	uint8_t fill;     /* bucket of count */
	uint16_t bucket;  /* of hold */
};

/**
 * One turn of serving a stream: what is the same for all its packets, and what
 * comes out. Each packet taken yields at most one mbuf in out, so that packets
 * of one burst and what was open before fit.
 */
struct assembler_turn {
	uint64_t now;     /* TSC */
	uint8_t *scratch; /* ASSEMBLER_SCRATCH_LEN bytes, then what compressing works in */
	uint64_t bytes;   /* of the packets that streams took */
	uint32_t peers_version; /* rte_assembler::peers_version; 0: packets had no look-up */
	uint16_t pool;    /* as in struct assembler_entry, of what is in whole */
	uint16_t nb_out;
	uint16_t nb_used;
	uint16_t nb_whole;
	uint16_t nb_closes; /* at most nb_out */
	struct rte_mbuf *out[ASSEMBLER_TURN_LEN];
	struct rte_mbuf *used[ASSEMBLER_TURN_LEN];
	struct rte_mbuf *whole[ASSEMBLER_BURST];
	struct assembler_close closes[ASSEMBLER_TURN_LEN];
};

/** *plain* is for rules->plain_len bytes and outlives the stream. */
void assembler_stream_init(struct assembler_stream *s,
		const struct assembler_rules *rules, struct assembler_stream_stats *stats,
		struct assembler_peer_stats *peer_stats, uint16_t id, uint8_t *plain);

/**
 * Frames that open from now on go to the peer that peer_now names. If another
 * one had its number before, the open frame is that one's, and closes.
 */
void assembler_stream_set_peer(struct assembler_stream *s, struct assembler_turn *turn);

/** Has what peer_now names not changed since assembler_stream_set_peer()? */
static inline bool
assembler_stream_is_current(const struct assembler_stream *s)
{
	return assembler_load_relaxed(&s->peer_now->peer) == s->peer &&
			assembler_load_relaxed(&s->peer_now->limits) == s->limits.word;
}

/**
 * Take *nb* packets, from number *first* on, whole ones of turn->pool the quickest. All
 * of them belong to the stream or are in turn->out (to send, in order), turn->used (to
 * free) or turn->whole (to put back into that pool) afterwards.
 */
void assembler_stream_add(struct assembler_stream *s, const struct assembler_burst *burst,
		uint16_t first, uint16_t nb, struct assembler_turn *turn);

/**
 * Packets of streams that change from one to the next, up to the first one of three of
 * one stream, or that does more than just go into the open frame of a stream whose peer
 * is the present one. Most do.
 *
 * @param index
 *   The streams of the burst's packets, and of ASSEMBLER_STREAM_AHEAD further ones, which
 *   are fetched.
 * @param first
 *   Packet to begin with.
 * @param nb
 *   Packets of the burst.
 * @return
 *   The first packet that was not taken, or *nb*.
 */
uint16_t assembler_stream_add_singles(struct assembler_stream *streams, const uint16_t *index,
		const struct assembler_burst *burst, uint16_t first, uint16_t nb,
		struct assembler_turn *turn);

/** Close the open frame, if there is one. */
void assembler_stream_close(struct assembler_stream *s,
		enum rte_assembler_flush_reason reason, struct assembler_turn *turn);

/**
 * Put out s->mbuf with the first packets of the payload, which are *payload_len*
 * bytes in it, plain or compressed. The stream forgets them.
 */
void assembler_stream_put_out(struct assembler_stream *s, const struct assembler_part *part,
		uint32_t payload_len, enum rte_assembler_flush_reason reason,
		struct assembler_turn *turn);

/** Count the turn's closes for their peers. */
void assembler_stream_count_closes(struct assembler_turn *turn);

/** Free what is open, without trace in the statistics. */
void assembler_stream_discard(struct assembler_stream *s);

/** Most mbufs that closing now puts out. */
static inline uint16_t
assembler_stream_residue(const struct assembler_stream *s)
{
	if (s->mbuf == NULL)
		return s->count;
	return s->squeeze.spare != NULL ? 2 : 1;
}

#endif /* ASSEMBLER_STREAM_H */
