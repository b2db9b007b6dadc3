/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <rte_prefetch.h>

#include "assembler_squeeze.h"
#include "assembler_stream.h"

/* FCS, preamble and gap, which every frame on the wire has besides its bytes. */
#define WIRE_OVERHEAD 24
/* 01-80-C2-00-00-0x, the addresses that bridges do not forward, in assembler_addrs::lo. */
#define RESERVED_ADDR RTE_BE64(0x0180C20000000000)
#define RESERVED_MASK RTE_BE64(0xFFFFFFFFFFF00000)
/* Packets between the prefetch of a packet and its turn. */
#define PREFETCH_AHEAD 4

static inline uint32_t
padded(uint32_t len)
{
	return RTE_MAX(len, (uint32_t)ASSEMBLER_FRAME_MIN);
}

static inline bool
is_reserved(struct assembler_addrs addrs)
{
	return (addrs.lo & RESERVED_MASK) == RESERVED_ADDR;
}

void
assembler_stream_init(struct assembler_stream *s, const struct assembler_rules *rules,
		struct assembler_stream_stats *stats, uint16_t id, uint8_t *plain)
{
	memset(s, 0, sizeof(*s));
	s->squeeze.plain = plain;
	s->rules = rules;
	s->stats = stats;
	s->id = id;
	s->epoch = rules->epoch;
	s->next_epoch = rules->epoch;
}

/*
 * Neither word may belong to another peer than the other one: between two peers, or
 * limits, assembler_peer_write() names none. A stream that meets it at work goes
 * without a peer and looks again.
 */
static union assembler_peer
peer_read(const struct assembler_peer_now *now, union assembler_limits *limits)
{
	union assembler_peer p;

	/* A6: pairs with R6 in assembler_peer_write(): its limits or later ones. */
	p.word = assembler_load_acquire(&now->peer);
	/* A7: pairs with R7 in assembler_peer_write(): behind new limits there is no old peer. */
	limits->word = assembler_load_acquire(&now->limits);
	if (assembler_load_relaxed(&now->peer) != p.word)
		p.known = 0;
	return p;
}

/* Of the own settings, as they are now, and the peer's limits, whichever is less. */
static void
stream_update_sizes(struct assembler_stream *s)
{
	const union assembler_sizes sizes = { .word = assembler_load_relaxed(&s->rules->sizes) };

	s->next_sizes = sizes.s;
	if (s->limits.given) {
		s->next_sizes.max_frame = RTE_MIN(sizes.s.max_frame, s->limits.max_frame);
		s->next_sizes.max_count = RTE_MIN(sizes.s.max_count, s->limits.max_count);
	}
}

static void
stream_open(struct assembler_stream *s, const struct assembler_turn *turn)
{
	s->used = 0;
	s->bytes = 0;
	s->padded_bytes = 0;
	s->prev = ASSEMBLER_ADDRS_NONE;
	s->outer = s->next_outer;
	s->sizes = s->next_sizes;
	s->room = s->sizes.max_frame - ASSEMBLER_FRAME_OVERHEAD;
	s->limit = s->room;
	s->squeezes = assembler_squeeze_wanted(s);
	if (unlikely(s->epoch != s->next_epoch)) {
		s->epoch = s->next_epoch;
		s->seq = 0;
	}
	s->opened = turn->now;
}

/* The count packets that are held go as they came. */
static void
stream_release(struct assembler_stream *s, struct assembler_turn *turn)
{
	memcpy(&turn->out[turn->nb_out], s->held, s->count * sizeof(s->held[0]));
	turn->nb_out += s->count;
	assembler_counter_add(&s->stats->bypassed[RTE_ASSEMBLER_BYPASS_FEW], s->count);
	s->count = 0;
}

static void
stream_count_close(struct assembler_stream *s, enum rte_assembler_flush_reason reason,
		const struct assembler_turn *turn)
{
	assembler_counter_add(&s->stats->flushed[reason], 1);
	assembler_hist_record(&s->stats->hold, turn->now - s->opened);
}

static void
stream_count_frame(struct assembler_stream *s, const struct assembler_part *part,
		uint32_t bytes, uint32_t len)
{
	uint32_t bucket = 31 - __builtin_clz(part->count);

	assembler_counter_add(&s->packets, part->count);
	assembler_counter_add(&s->frames, 1);
	assembler_counter_add(&s->stats->packets, part->count);
	assembler_counter_add(&s->stats->bytes, bytes);
	assembler_counter_add(&s->stats->frames, 1);
	assembler_counter_add(&s->stats->frame_bytes, len);
	assembler_counter_add(&s->stats->native_wire_bytes,
			part->padded_bytes + part->count * WIRE_OVERHEAD);
	assembler_counter_add(&s->stats->frame_wire_bytes, padded(len) + WIRE_OVERHEAD);
	bucket = RTE_MIN(bucket, (uint32_t)RTE_ASSEMBLER_FILL_BUCKETS - 1);
	assembler_counter_add(&s->stats->fill[bucket], 1);
}

void
assembler_stream_put_out(struct assembler_stream *s, const struct assembler_part *part,
		uint32_t payload_len, enum rte_assembler_flush_reason reason,
		struct assembler_turn *turn)
{
	struct assembler_frame_info info = {
		.flags = reason == RTE_ASSEMBLER_FLUSH_TIME ? RTE_ASSEMBLER_FLAG_TIMER : 0,
		.payload_len = payload_len,
		.count = part->count,
		.stream = s->id,
		.seq = s->seq++,
		.epoch = s->epoch,
	};
	/* Packets shorter than 60 bytes count as 60 in what stays. The sum is right. */
	uint32_t rest = RTE_MIN(s->padded_bytes - part->padded_bytes, s->bytes);
	uint32_t len;

	if (payload_len < part->size) {
		info.flags |= RTE_ASSEMBLER_FLAG_LZ4;
		assembler_counter_add(&s->stats->lz4_frames, 1);
		assembler_counter_add(&s->stats->lz4_bytes_saved, part->size - payload_len);
	}
	stream_count_close(s, reason, turn);
	len = assembler_frame_finish(rte_pktmbuf_mtod(s->mbuf, uint8_t *), s->outer,
			s->rules->ether_type, &info);
	s->mbuf->data_len = len;
	s->mbuf->pkt_len = len;
	turn->out[turn->nb_out++] = s->mbuf;
	stream_count_frame(s, part, s->bytes - rest, len);
	s->mbuf = NULL;
	s->count -= part->count;
	s->bytes = rest;
	s->padded_bytes -= part->padded_bytes;
}

void
assembler_stream_close(struct assembler_stream *s, enum rte_assembler_flush_reason reason,
		struct assembler_turn *turn)
{
	const struct assembler_part all = {
		.size = s->used,
		.padded_bytes = s->padded_bytes,
		.count = s->count,
	};

	if (s->count == 0)
		return;
	if (s->mbuf == NULL) {
		stream_count_close(s, reason, turn);
		stream_release(s, turn);
	} else if (s->squeezes) {
		assembler_squeeze_close(s, reason, turn);
	} else {
		assembler_stream_put_out(s, &all, s->used, reason, turn);
	}
}

void
assembler_stream_set_peer(struct assembler_stream *s, struct assembler_turn *turn)
{
	const union assembler_peer p = peer_read(s->peer_now, &s->limits);
	uint8_t addrs[ASSEMBLER_ADDRS_LEN];

	memcpy(addrs, &p.addr, RTE_ETHER_ADDR_LEN);
	memcpy(addrs + RTE_ETHER_ADDR_LEN, &s->rules->src, RTE_ETHER_ADDR_LEN);
	s->next_outer = assembler_addrs_load(addrs);
	s->next_epoch = s->peer_now->epoch;
	s->peer_known = p.known;
	s->peer = p.word;
	if (s->next_epoch != s->epoch)
		assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_ORDER, turn);
}

void
assembler_stream_discard(struct assembler_stream *s)
{
	if (s->mbuf != NULL)
		rte_pktmbuf_free(s->mbuf);
	else
		rte_pktmbuf_free_bulk(s->held, s->count);
	rte_pktmbuf_free(s->squeeze.spare);
	s->mbuf = NULL;
	s->squeeze.spare = NULL;
	s->count = 0;
}

static void
stream_drop(struct assembler_stream *s, struct rte_mbuf *m,
		enum rte_assembler_drop_reason reason, struct assembler_turn *turn)
{
	turn->used[turn->nb_used++] = m;
	assembler_counter_add(&s->stats->dropped[reason], 1);
}

/* What came before it goes first. */
static void
stream_bypass(struct assembler_stream *s, struct rte_mbuf *m,
		enum rte_assembler_bypass_reason reason, struct assembler_turn *turn)
{
	assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_ORDER, turn);
	turn->out[turn->nb_out++] = m;
	assembler_counter_add(&s->stats->bypassed[reason], 1);
}

/* The first min_count packets are in: copy them into a frame. */
static void
stream_materialise(struct assembler_stream *s, struct assembler_turn *turn)
{
	struct assembler_addrs prev = ASSEMBLER_ADDRS_NONE;
	struct assembler_subframe sub;
	const uint8_t *pkt;
	uint8_t *tail;
	uint16_t i;

	s->mbuf = rte_pktmbuf_alloc(s->rules->frame_pool);
	if (unlikely(s->mbuf == NULL)) {
		assembler_counter_add(&s->stats->no_mbuf, 1);
		stream_release(s, turn);
		return;
	}
	s->payload = s->squeezes ? s->squeeze.plain :
			rte_pktmbuf_mtod_offset(s->mbuf, uint8_t *, ASSEMBLER_FRAME_OVERHEAD);
	tail = s->payload;
	for (i = 0; i < s->count; i++) {
		pkt = rte_pktmbuf_read(s->held[i], 0, s->held[i]->pkt_len, turn->scratch);
		sub = assembler_subframe_plan(pkt, s->held[i]->pkt_len, prev, s->outer);
		assembler_subframe_put(tail, pkt, sub);
		tail += assembler_subframe_size(sub);
		prev = assembler_addrs_load(pkt);
		turn->used[turn->nb_used++] = s->held[i];
	}
}

/* Into the open frame, where there is room for it. */
static void
stream_append(struct assembler_stream *s, struct rte_mbuf *m, const uint8_t *pkt,
		struct assembler_subframe sub, struct assembler_turn *turn)
{
	if (s->mbuf != NULL) {
		assembler_subframe_put(s->payload + s->used, pkt, sub);
		turn->used[turn->nb_used++] = m;
	} else {
		s->held[s->count] = m;
	}
	s->count++;
	s->used += assembler_subframe_size(sub);
	s->prev = assembler_addrs_load(pkt);
	s->bytes += m->pkt_len;
	s->padded_bytes += padded(m->pkt_len);
	if (s->mbuf == NULL && s->count == s->sizes.min_count)
		stream_materialise(s, turn);
	if (s->count == s->sizes.max_count)
		assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_COUNT, turn);
}

/*
 * It does not fit into what is open: into more of it, if that can be compressed,
 * into the next frame, or into none.
 */
static void
stream_append_next(struct assembler_stream *s, struct rte_mbuf *m, const uint8_t *pkt,
		struct assembler_turn *turn)
{
	struct assembler_subframe sub;

	sub = assembler_subframe_plan(pkt, m->pkt_len, ASSEMBLER_ADDRS_NONE, s->next_outer);
	if (assembler_subframe_size(sub) + ASSEMBLER_FRAME_OVERHEAD > s->next_sizes.max_frame) {
		stream_bypass(s, m, RTE_ASSEMBLER_BYPASS_LARGE, turn);
		return;
	}
	do {
		if (s->squeezes && s->mbuf != NULL)
			assembler_squeeze_grow(s, assembler_subframe_size(sub), turn);
		else
			assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_SIZE, turn);
		if (s->count == 0)
			stream_open(s, turn);
		sub = assembler_subframe_plan(pkt, m->pkt_len, s->prev, s->outer);
	} while (s->used + assembler_subframe_size(sub) > s->limit);
	stream_append(s, m, pkt, sub, turn);
}

/* Why the packet may not be assembled, or RTE_ASSEMBLER_BYPASS_MAX. */
static enum rte_assembler_bypass_reason
bypass_reason(const struct assembler_stream *s, const uint8_t *pkt, uint32_t len)
{
	if (!s->peer_known)
		return RTE_ASSEMBLER_BYPASS_PEER;
	if (is_reserved(assembler_addrs_load(pkt)))
		return RTE_ASSEMBLER_BYPASS_RESERVED;
	if (len > s->next_sizes.max_pkt)
		return RTE_ASSEMBLER_BYPASS_LARGE;
	return RTE_ASSEMBLER_BYPASS_MAX;
}

/* Any packet, whatever becomes of it. */
static void
stream_add_any(struct assembler_stream *s, struct rte_mbuf *m, struct assembler_turn *turn)
{
	enum rte_assembler_bypass_reason reason;
	uint32_t len = m->pkt_len;
	struct assembler_subframe sub;
	const uint8_t *pkt;

	stream_update_sizes(s);
	if (len < RTE_ETHER_HDR_LEN) {
		stream_drop(s, m, RTE_ASSEMBLER_DROP_RUNT, turn);
		return;
	}
	pkt = rte_pktmbuf_read(m, 0, RTE_ETHER_HDR_LEN, turn->scratch);
	if (assembler_load16(pkt + ASSEMBLER_ADDRS_LEN) == s->rules->ether_type) {
		stream_drop(s, m, RTE_ASSEMBLER_DROP_NESTED, turn);
		return;
	}
	reason = bypass_reason(s, pkt, len);
	if (reason != RTE_ASSEMBLER_BYPASS_MAX) {
		stream_bypass(s, m, reason, turn);
		return;
	}
	/* A packet in several segments is read as a whole only now that its length is bounded. */
	pkt = rte_pktmbuf_read(m, 0, len, turn->scratch);
	if (s->count == 0)
		stream_open(s, turn);
	sub = assembler_subframe_plan(pkt, len, s->prev, s->outer);
	if (s->used + assembler_subframe_size(sub) <= s->limit)
		stream_append(s, m, pkt, sub, turn);
	else
		stream_append_next(s, m, pkt, turn);
}

static inline bool
is_plain(const struct rte_mbuf *m, const uint8_t *pkt, uint16_t max_pkt, rte_be16_t ether_type)
{
	return m->nb_segs == 1 &&
			m->data_len >= RTE_ETHER_HDR_LEN && m->data_len <= max_pkt &&
			assembler_load16(pkt + ASSEMBLER_ADDRS_LEN) != ether_type &&
			!is_reserved(assembler_addrs_load(pkt));
}

/*
 * The loop where the time goes: packets that just go into the frame that is
 * open. It ends before the first one that is special in any way. The state of
 * the frame is in local variables, because the compiler must assume that bytes
 * written to the frame change that of the stream.
 */
static uint16_t
stream_add_plain(struct assembler_stream *s, struct rte_mbuf **pkts, uint16_t nb,
		struct assembler_turn *turn)
{
	const rte_be16_t ether_type = s->rules->ether_type;
	const struct rte_assembler_sizes sizes = s->sizes;
	const struct assembler_addrs outer = s->outer;
	struct assembler_addrs prev = s->prev;
	uint8_t *payload = s->payload;
	uint32_t used = s->used, bytes = 0, padded_bytes = 0, limit = s->limit, len;
	struct assembler_subframe sub;
	const uint8_t *pkt;
	uint16_t i;

	nb = RTE_MIN(nb, sizes.max_count - s->count - 1);
	for (i = 0; i < nb; i++) {
		if (i + PREFETCH_AHEAD < nb)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		pkt = rte_pktmbuf_mtod(pkts[i], const uint8_t *);
		if (unlikely(!is_plain(pkts[i], pkt, sizes.max_pkt, ether_type)))
			break;
		len = pkts[i]->data_len;
		sub = assembler_subframe_plan(pkt, len, prev, outer);
		if (unlikely(used + assembler_subframe_size(sub) > limit))
			break;
		assembler_subframe_put(payload + used, pkt, sub);
		used += assembler_subframe_size(sub);
		prev = assembler_addrs_load(pkt);
		bytes += len;
		padded_bytes += padded(len);
	}
	memcpy(&turn->used[turn->nb_used], pkts, i * sizeof(pkts[0]));
	turn->nb_used += i;
	s->prev = prev;
	s->used = used;
	s->count += i;
	s->bytes += bytes;
	s->padded_bytes += padded_bytes;
	return i;
}

void
assembler_stream_add(struct assembler_stream *s, struct rte_mbuf **pkts, uint16_t nb,
		struct assembler_turn *turn)
{
	uint16_t done = 0;

	while (done < nb) {
		if (s->mbuf != NULL && s->peer_known)
			done += stream_add_plain(s, pkts + done, nb - done, turn);
		if (done < nb)
			stream_add_any(s, pkts[done++], turn);
	}
}
