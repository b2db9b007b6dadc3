/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <rte_prefetch.h>

#include "assembler_stream.h"

/* FCS, preamble and gap, which every frame on the wire has besides its bytes. */
#define WIRE_OVERHEAD 24
/* 01-80-C2-00-00-0x, the addresses that bridges do not forward. */
#define RESERVED_ADDR UINT64_C(0x0180C2000000)
#define RESERVED_MASK UINT64_C(0xFFFFFFFFFFF0)
/* Packets between the prefetch of a packet and its turn. */
#define PREFETCH_AHEAD 4

static uint32_t
wire_bytes(uint32_t len)
{
	return RTE_MAX(len, (uint32_t)ASSEMBLER_FRAME_MIN) + WIRE_OVERHEAD;
}

void
assembler_stream_init(struct assembler_stream *s, const struct assembler_rules *rules,
		uint16_t id)
{
	memset(s, 0, sizeof(*s));
	s->rules = rules;
	s->id = id;
}

static void
stream_open(struct assembler_stream *s, const struct assembler_turn *turn)
{
	s->used = ASSEMBLER_FRAME_OVERHEAD;
	s->bytes = 0;
	s->wire_bytes = 0;
	s->prev = ASSEMBLER_ADDRS_NONE;
	s->outer = turn->outer;
	s->opened = turn->now;
}

/* The count packets that are held go as they came. */
static void
stream_release(struct assembler_stream *s, struct assembler_turn *turn)
{
	memcpy(&turn->out[turn->nb_out], s->held, s->count * sizeof(s->held[0]));
	turn->nb_out += s->count;
	assembler_counter_add(&s->stats.bypassed[RTE_ASSEMBLER_BYPASS_FEW], s->count);
	s->count = 0;
}

static void
stream_count_frame(struct assembler_stream *s, uint32_t len)
{
	uint32_t bucket = 31 - __builtin_clz(s->count);

	assembler_counter_add(&s->stats.packets, s->count);
	assembler_counter_add(&s->stats.bytes, s->bytes);
	assembler_counter_add(&s->stats.frames, 1);
	assembler_counter_add(&s->stats.frame_bytes, len);
	assembler_counter_add(&s->stats.native_wire_bytes, s->wire_bytes);
	assembler_counter_add(&s->stats.frame_wire_bytes, wire_bytes(len));
	bucket = RTE_MIN(bucket, (uint32_t)RTE_ASSEMBLER_FILL_BUCKETS - 1);
	assembler_counter_add(&s->stats.fill[bucket], 1);
}

static void
stream_finish(struct assembler_stream *s, uint8_t flags, struct assembler_turn *turn)
{
	const struct assembler_frame_info info = {
		.flags = flags,
		.payload_len = s->used - ASSEMBLER_FRAME_OVERHEAD,
		.count = s->count,
		.stream = s->id,
		.seq = s->seq++,
		.epoch = s->rules->epoch,
	};
	uint32_t len;

	len = assembler_frame_finish(s->frame, s->outer, s->rules->ether_type, &info);
	s->mbuf->data_len = len;
	s->mbuf->pkt_len = len;
	turn->out[turn->nb_out++] = s->mbuf;
	stream_count_frame(s, len);
	s->mbuf = NULL;
	s->count = 0;
}

void
assembler_stream_close(struct assembler_stream *s, enum rte_assembler_flush_reason reason,
		struct assembler_turn *turn)
{
	if (s->count == 0)
		return;
	assembler_counter_add(&s->stats.flushed[reason], 1);
	assembler_hist_record(&s->stats.hold, turn->now - s->opened);
	if (s->mbuf == NULL)
		stream_release(s, turn);
	else
		stream_finish(s, reason == RTE_ASSEMBLER_FLUSH_TIME ?
				RTE_ASSEMBLER_FLAG_TIMER : 0, turn);
}

void
assembler_stream_discard(struct assembler_stream *s)
{
	if (s->mbuf != NULL)
		rte_pktmbuf_free(s->mbuf);
	else
		rte_pktmbuf_free_bulk(s->held, s->count);
	s->mbuf = NULL;
	s->count = 0;
}

static void
stream_drop(struct assembler_stream *s, struct rte_mbuf *m,
		enum rte_assembler_drop_reason reason, struct assembler_turn *turn)
{
	turn->used[turn->nb_used++] = m;
	assembler_counter_add(&s->stats.dropped[reason], 1);
}

/* What came before it goes first. */
static void
stream_bypass(struct assembler_stream *s, struct rte_mbuf *m,
		enum rte_assembler_bypass_reason reason, struct assembler_turn *turn)
{
	assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_ORDER, turn);
	turn->out[turn->nb_out++] = m;
	assembler_counter_add(&s->stats.bypassed[reason], 1);
}

/* Account for a packet that is in the frame, or will be. */
static inline void
stream_account(struct assembler_stream *s, const uint8_t *pkt, uint32_t len,
		struct assembler_subframe sub)
{
	s->used += assembler_subframe_size(sub);
	s->prev = assembler_addrs_load(pkt);
	s->bytes += len;
	s->wire_bytes += wire_bytes(len);
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
		assembler_counter_add(&s->stats.no_mbuf, 1);
		stream_release(s, turn);
		return;
	}
	s->frame = rte_pktmbuf_mtod(s->mbuf, uint8_t *);
	tail = s->frame + ASSEMBLER_FRAME_OVERHEAD;
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
static inline void
stream_append(struct assembler_stream *s, struct rte_mbuf *m, const uint8_t *pkt,
		struct assembler_subframe sub, struct assembler_turn *turn)
{
	uint32_t tail = s->used;

	stream_account(s, pkt, m->pkt_len, sub);
	if (likely(s->mbuf != NULL)) {
		assembler_subframe_put(s->frame + tail, pkt, sub);
		turn->used[turn->nb_used++] = m;
		s->count++;
	} else {
		s->held[s->count++] = m;
		if (s->count == s->rules->min_count)
			stream_materialise(s, turn);
	}
	if (unlikely(s->count == s->rules->max_count))
		assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_COUNT, turn);
}

/* It does not fit into what is open: into the next frame, or into none. */
static void
stream_append_next(struct assembler_stream *s, struct rte_mbuf *m, const uint8_t *pkt,
		struct assembler_turn *turn)
{
	struct assembler_subframe sub;

	sub = assembler_subframe_plan(pkt, m->pkt_len, ASSEMBLER_ADDRS_NONE, turn->outer);
	if (ASSEMBLER_FRAME_OVERHEAD + assembler_subframe_size(sub) > s->rules->max_frame) {
		stream_bypass(s, m, RTE_ASSEMBLER_BYPASS_LARGE, turn);
		return;
	}
	assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_SIZE, turn);
	stream_open(s, turn);
	stream_append(s, m, pkt, sub, turn);
}

/* Why the packet may not be assembled, or RTE_ASSEMBLER_BYPASS_MAX. */
static inline enum rte_assembler_bypass_reason
bypass_reason(const struct assembler_rules *rules, const uint8_t *pkt, uint32_t len,
		const struct assembler_turn *turn)
{
	uint64_t dst = rte_be_to_cpu_64(assembler_load64(pkt)) >> 16;

	if (unlikely(!turn->peer_known))
		return RTE_ASSEMBLER_BYPASS_PEER;
	if (unlikely((dst & RESERVED_MASK) == RESERVED_ADDR))
		return RTE_ASSEMBLER_BYPASS_RESERVED;
	if (unlikely(len > rules->max_pkt))
		return RTE_ASSEMBLER_BYPASS_LARGE;
	return RTE_ASSEMBLER_BYPASS_MAX;
}

static inline void
stream_add_one(struct assembler_stream *s, struct rte_mbuf *m, struct assembler_turn *turn)
{
	enum rte_assembler_bypass_reason reason;
	uint32_t len = m->pkt_len;
	struct assembler_subframe sub;
	const uint8_t *pkt;

	if (unlikely(len < RTE_ETHER_HDR_LEN)) {
		stream_drop(s, m, RTE_ASSEMBLER_DROP_RUNT, turn);
		return;
	}
	pkt = rte_pktmbuf_read(m, 0, RTE_ETHER_HDR_LEN, turn->scratch);
	if (unlikely(assembler_load16(pkt + ASSEMBLER_ADDRS_LEN) == s->rules->ether_type)) {
		stream_drop(s, m, RTE_ASSEMBLER_DROP_NESTED, turn);
		return;
	}
	reason = bypass_reason(s->rules, pkt, len, turn);
	if (unlikely(reason != RTE_ASSEMBLER_BYPASS_MAX)) {
		stream_bypass(s, m, reason, turn);
		return;
	}
	/* A packet in several segments is read as a whole only now that its length is bounded. */
	pkt = rte_pktmbuf_read(m, 0, len, turn->scratch);
	if (s->count == 0)
		stream_open(s, turn);
	sub = assembler_subframe_plan(pkt, len, s->prev, s->outer);
	if (likely(s->used + assembler_subframe_size(sub) <= s->rules->max_frame))
		stream_append(s, m, pkt, sub, turn);
	else
		stream_append_next(s, m, pkt, turn);
}

void
assembler_stream_add(struct assembler_stream *s, struct rte_mbuf **pkts, uint16_t nb,
		struct assembler_turn *turn)
{
	uint16_t i;

	for (i = 0; i < RTE_MIN(nb, PREFETCH_AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < nb; i++) {
		if (i + PREFETCH_AHEAD < nb)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH_AHEAD], void *));
		stream_add_one(s, pkts[i], turn);
	}
}
