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
#define RESERVED_ADDR_BEGIN RTE_BE32(0x0180C200)
#define RESERVED_MASK RTE_BE64(0xFFFFFFFFFFF00000)

/* Adaptive mode: packets wait no more when so many frames in a row got fewer than min_count. */
#define SPARSE_AFTER 48

/* Packets between the prefetch of the end of a frame and its turn. */
#define FRAME_AHEAD 4

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
		struct assembler_stream_stats *stats, struct assembler_peer_stats *peer_stats,
		uint16_t id, uint8_t *plain)
{
	memset(s, 0, sizeof(*s));
	s->squeeze.plain = plain;
	s->rules = rules;
	s->stats = stats;
	s->peer_stats = peer_stats;
	s->id = id;
	s->ether_type = rules->ether_type;
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
	s->max_count = s->sizes.max_count;
	s->max_pkt = s->sizes.max_pkt;
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

static uint8_t
fill_bucket(uint16_t count)
{
	const uint32_t bucket = 31 - __builtin_clz(count);

	return RTE_MIN(bucket, (uint32_t)RTE_ASSEMBLER_FILL_BUCKETS - 1);
}

/*
 * With many peers what is counted for each of them is not in the cache: it is fetched
 * now, and counted when the turn ends. *count*: packets assembled, or 0.
 */
static void
stream_count_close(struct assembler_stream *s, enum rte_assembler_flush_reason reason,
		uint16_t count, struct assembler_turn *turn)
{
	struct assembler_close *close = &turn->closes[turn->nb_closes++];
	struct assembler_closes *closes = &s->stats->closes;

	*close = (struct assembler_close){
		.peer = s->peer_stats,
		.hold = turn->now - s->opened,
		.count = count,
		.reason = reason,
		.fill = count != 0 ? fill_bucket(count) : 0,
	};
	close->bucket = assembler_hist_bucket(close->hold) >> ASSEMBLER_HIST_COARSE_SHIFT;
	rte_prefetch0(close->peer);
	rte_prefetch0(&close->peer->fill[close->fill]);
	rte_prefetch0(&close->peer->hold[close->bucket]);
	assembler_counter_add(&closes->flushed[reason], 1);
	assembler_hist_record(&closes->hold, close->hold);
	if (count != 0)
		assembler_counter_add(&closes->fill[close->fill], 1);
}

static void
count_close(const struct assembler_close *close)
{
	struct assembler_peer_stats *peer = close->peer;

	assembler_counter_add(&peer->flushed[close->reason], 1);
	assembler_counter_add(&peer->hold[close->bucket], 1);
	if (close->hold > assembler_load_relaxed(&peer->hold_max))
		assembler_store_relaxed(&peer->hold_max, close->hold);
	if (close->count == 0)
		return;
	assembler_counter_add(&peer->packets, close->count);
	assembler_counter_add(&peer->fill[close->fill], 1);
}

void
assembler_stream_count_closes(struct assembler_turn *turn)
{
	uint16_t i;

	for (i = 0; i < turn->nb_closes; i++)
		count_close(&turn->closes[i]);
	turn->nb_closes = 0;
}

static void
stream_count_frame(struct assembler_stream *s, const struct assembler_part *part,
		uint32_t bytes, uint32_t len)
{
	assembler_counter_add(&s->stats->packets, part->count);
	assembler_counter_add(&s->stats->bytes, bytes);
	assembler_counter_add(&s->stats->frames, 1);
	assembler_counter_add(&s->stats->frame_bytes, len);
	assembler_counter_add(&s->stats->native_wire_bytes,
			part->padded_bytes + part->count * WIRE_OVERHEAD);
	assembler_counter_add(&s->stats->frame_wire_bytes, padded(len) + WIRE_OVERHEAD);
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
	stream_count_close(s, reason, part->count, turn);
	len = assembler_frame_finish(rte_pktmbuf_mtod(s->mbuf, uint8_t *), s->outer,
			s->rules->ether_type, &info);
	s->mbuf->data_len = len;
	s->mbuf->pkt_len = len;
	turn->out[turn->nb_out++] = s->mbuf;
	stream_count_frame(s, part, s->bytes - rest, len);
	s->nb_few = 0;
	s->quick = 0;
	s->mbuf = NULL;
	s->count -= part->count;
	s->bytes = rest;
	s->padded_bytes -= part->padded_bytes;
}

/* Packets waited in vain for min_count to come together. Do they always? */
static void
stream_count_few(struct assembler_stream *s, enum rte_assembler_flush_reason reason)
{
	if (reason != RTE_ASSEMBLER_FLUSH_TIME ||
			!assembler_load_relaxed(&s->rules->adaptive) ||
			assembler_load_relaxed(&s->rules->hold_cycles) == 0)
		return;
	s->nb_few = RTE_MIN(s->nb_few + 1, SPARSE_AFTER);
	s->sparse = s->nb_few == SPARSE_AFTER;
	s->last = s->opened;
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
		stream_count_close(s, reason, 0, turn);
		stream_release(s, turn);
		stream_count_few(s, reason);
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
	s->next_epoch = s->limits.epoch;
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

/* From now on packets are copied. */
static bool
stream_begin_copy(struct assembler_stream *s)
{
	s->mbuf = rte_pktmbuf_alloc(s->rules->frame_pool);
	if (unlikely(s->mbuf == NULL))
		return false;
	s->payload = s->squeezes ? s->squeeze.plain :
			rte_pktmbuf_mtod_offset(s->mbuf, uint8_t *, ASSEMBLER_FRAME_OVERHEAD);
	return true;
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

	if (!stream_begin_copy(s)) {
		assembler_counter_add(&s->stats->no_mbuf, 1);
		stream_release(s, turn);
		return;
	}
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
	/* Others do not come in time, or may not come into its frame. */
	if (s->sparse || s->next_sizes.max_count < s->next_sizes.min_count)
		return RTE_ASSEMBLER_BYPASS_FEW;
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

	turn->bytes += len;
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

/* The data of packets that just go into a frame. */
static inline bool
is_plain(const uint8_t *pkt, rte_be16_t ether_type)
{
	return assembler_load16(pkt + ASSEMBLER_ADDRS_LEN) != ether_type &&
			(likely(assembler_load32(pkt) != RESERVED_ADDR_BEGIN) ||
			!is_reserved(assembler_addrs_load(pkt)));
}

/*
 * Where packets go into the open frame. It is kept in local variables, because
 * the compiler must assume that bytes written to the frame change the stream.
 */
struct cursor {
	uint8_t *tail;
	uint8_t *end;        /* which tail must not pass */
	struct assembler_addrs prev;
	uint32_t bytes;      /* of packets put so far */
	uint32_t padded_bytes; /* the same, each packet padded to 60 */
	uint32_t width;      /* longest packet, less the shortest one */
	uint32_t pool;       /* entries: assembler_entry::kind of a packet of no bytes */
	rte_be16_t ether_type;
	bool full;           /* the last one did not fit */
};

static inline struct cursor
cursor_begin(const struct assembler_stream *s, const struct assembler_turn *turn)
{
	return (struct cursor){
		.tail = s->payload + s->used,
		.end = s->payload + s->limit,
		.prev = s->prev,
		.width = s->max_pkt - RTE_ETHER_HDR_LEN,
		.pool = (uint32_t)turn->pool << 16,
		.ether_type = s->ether_type,
	};
}

/* Put a packet that just goes into the frame. False: it is special in some way. */
static __rte_always_inline bool
cursor_put(struct cursor *c, const uint8_t *pkt, uint32_t len, const struct assembler_stream *s)
{
	struct assembler_subframe sub;
	struct assembler_addrs addrs;

	if (unlikely(!is_plain(pkt, c->ether_type)))
		return false;
	addrs = assembler_addrs_load(pkt);
	sub = assembler_subframe_plan(pkt, len, c->prev, s->outer);
	c->full = c->tail + assembler_subframe_size(sub) > c->end;
	if (unlikely(c->full))
		return false;
	assembler_subframe_put(c->tail, pkt, sub);
	c->tail += assembler_subframe_size(sub);
	c->prev = addrs;
	c->bytes += len;
	c->padded_bytes += padded(len);
	return true;
}

/* One comparison for both ends of the range of lengths. */
static __rte_always_inline bool
cursor_put_mbuf(struct cursor *c, const struct rte_mbuf *m, const struct assembler_stream *s)
{
	return likely(m->nb_segs == 1 &&
			(uint32_t)m->data_len - RTE_ETHER_HDR_LEN <= c->width) &&
			cursor_put(c, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, s);
}

/* One comparison for these and for the pool. */
static __rte_always_inline bool
cursor_put_entry(struct cursor *c, const struct assembler_entry *e,
		const struct assembler_stream *s)
{
	return likely(e->kind - c->pool - RTE_ETHER_HDR_LEN <= c->width) &&
			cursor_put(c, assembler_entry_data(e), e->kind - c->pool, s);
}

/* *nb* packets were put. */
static inline void
cursor_end(const struct cursor *c, uint16_t nb, struct assembler_stream *s,
		struct assembler_turn *turn)
{
	s->prev = c->prev;
	s->used = c->tail - s->payload;
	s->count += nb;
	s->bytes += c->bytes;
	s->padded_bytes += c->padded_bytes;
	turn->bytes += c->bytes;
}

static inline bool
stream_add_one(struct assembler_stream *s, const struct assembler_burst *b, uint16_t i,
		struct assembler_turn *turn)
{
	struct cursor c;
	bool put;

	if (s->quick != turn->peers_version || s->count + 1 >= s->max_count)
		return false;
	c = cursor_begin(s, turn);
	if (b->entries != NULL)
		put = cursor_put_entry(&c, &b->entries[i], s);
	else
		put = cursor_put_mbuf(&c, b->pkts[i], s);
	if (put)
		cursor_end(&c, 1, s, turn);
	return put;
}

/* The end of its frame, if packets are copied there. */
static inline void
prefetch_frame(const struct assembler_stream *s)
{
	const void *tail = RTE_PTR_ADD(s->payload, s->used);

	rte_prefetch0(tail);
	rte_prefetch0(RTE_PTR_ADD(tail, RTE_CACHE_LINE_SIZE));
}

/* *nb* packets were copied, from number *first* on. */
static inline void
burst_used(const struct assembler_burst *b, uint16_t first, uint16_t nb,
		struct assembler_turn *turn)
{
	uint16_t i;

	if (b->entries == NULL) {
		memcpy(&turn->used[turn->nb_used], b->pkts + first, nb * sizeof(b->pkts[0]));
		turn->nb_used += nb;
		return;
	}
	for (i = 0; i < nb; i++)
		turn->whole[turn->nb_whole + i] = b->entries[first + i].mbuf;
	turn->nb_whole += nb;
}

uint16_t
assembler_stream_add_singles(struct assembler_stream *streams, const uint16_t *index,
		const struct assembler_burst *burst, uint16_t first, uint16_t nb,
		struct assembler_turn *turn)
{
	uint16_t i;

	nb = RTE_MIN(nb, first + ASSEMBLER_TURN_LEN - turn->nb_used);
	for (i = first; i < nb; i++) {
		rte_prefetch0(&streams[index[i + ASSEMBLER_STREAM_AHEAD]]);
		prefetch_frame(&streams[index[i + FRAME_AHEAD]]);
		/* Of two packets it would be a guess, and often a wrong one. */
		if (((index[i] ^ index[i + 1]) | (index[i] ^ index[i + 2])) == 0)
			break;
		if (!stream_add_one(&streams[index[i]], burst, i, turn))
			break;
	}
	burst_used(burst, first, i - first, turn);
	return i;
}

/*
 * The loops where the time goes. They end before the first packet that is special, or
 * after *nb*. Of mbufs there are *there* to fetch.
 */
static inline uint16_t
cursor_put_mbufs(struct cursor *c, struct rte_mbuf **pkts, uint16_t nb, uint16_t there,
		const struct assembler_stream *s)
{
	struct rte_mbuf **next = pkts, **last = pkts + nb;
	struct rte_mbuf **end = pkts + there;

	for (; next < last; next++) {
		if (end - next > ASSEMBLER_FETCH_AHEAD)
			rte_prefetch0(rte_pktmbuf_mtod(next[ASSEMBLER_FETCH_AHEAD], void *));
		if (!cursor_put_mbuf(c, *next, s))
			break;
	}
	return next - pkts;
}

static inline uint16_t
cursor_put_entries(struct cursor *c, const struct assembler_entry *entries, uint16_t nb,
		const struct assembler_stream *s)
{
	const struct assembler_entry *next = entries, *last = entries + nb;

	while (next < last && cursor_put_entry(c, next, s))
		next++;
	return next - entries;
}

static uint16_t
stream_add_plain(struct assembler_stream *s, const struct assembler_burst *b, uint16_t first,
		uint16_t nb, struct assembler_turn *turn)
{
	struct cursor c = cursor_begin(s, turn);
	const uint16_t there = nb;

	nb = RTE_MIN(nb, s->max_count - s->count - 1);
	if (b->entries != NULL)
		nb = cursor_put_entries(&c, b->entries + first, nb, s);
	else
		nb = cursor_put_mbufs(&c, b->pkts + first, nb, there, s);
	burst_used(b, first, nb, turn);
	cursor_end(&c, nb, s, turn);
	/* Would the next frame take it? In doubt stream_add_any() knows. */
	if (c.full && !s->squeezes && ASSEMBLER_SUBFRAME_HDR_LEN +
			assembler_burst_len(b, first + nb) <= s->room)
		assembler_stream_close(s, RTE_ASSEMBLER_FLUSH_SIZE, turn);
	return nb;
}

/* Does it just go into a frame that has room for it? */
static bool
burst_is_plain(const struct assembler_burst *b, uint16_t i, const struct assembler_stream *s,
		const struct assembler_turn *turn)
{
	if (assembler_burst_len(b, i) - RTE_ETHER_HDR_LEN >
			(uint32_t)s->next_sizes.max_pkt - RTE_ETHER_HDR_LEN)
		return false;
	if (b->entries != NULL)
		return assembler_entry_pool(&b->entries[i]) == turn->pool &&
				is_plain(assembler_entry_data(&b->entries[i]), s->ether_type);
	return b->pkts[i]->nb_segs == 1 &&
			is_plain(rte_pktmbuf_mtod(b->pkts[i], const uint8_t *), s->ether_type);
}

/*
 * With no frame open: if it is sure that the next one gets min_count packets of
 * these, they need not be held first.
 */
static void
stream_begin(struct assembler_stream *s, const struct assembler_burst *b, uint16_t first,
		uint16_t nb, const struct assembler_turn *turn)
{
	const struct rte_assembler_sizes *sizes = &s->next_sizes;
	uint32_t bytes = 0;
	uint16_t i;

	stream_update_sizes(s);
	if (nb < sizes->min_count || sizes->max_count <= sizes->min_count)
		return;
	for (i = first; i < first + sizes->min_count; i++) {
		if (!burst_is_plain(b, i, s, turn))
			return;
		bytes += ASSEMBLER_SUBFRAME_HDR_LEN + assembler_burst_len(b, i);
	}
	if (bytes + ASSEMBLER_FRAME_OVERHEAD > sizes->max_frame)
		return;
	stream_open(s, turn);
	stream_begin_copy(s);
}

/*
 * Two packets within a hold time may be the beginning of more. The first of them has
 * gone; if the others went natively too, until it is certain that min_count come
 * together, bursts would take more frames and so longer.
 */
static bool
stream_is_sparse(struct assembler_stream *s, uint16_t nb, const struct assembler_turn *turn)
{
	const uint64_t hold = assembler_load_relaxed(&s->rules->hold_cycles);
	const uint64_t gap = turn->now - s->last;

	s->last = turn->now;
	return nb == 1 && gap > hold && hold != 0 && assembler_load_relaxed(&s->rules->adaptive);
}

void
assembler_stream_add(struct assembler_stream *s, const struct assembler_burst *burst,
		uint16_t first, uint16_t nb, struct assembler_turn *turn)
{
	uint16_t done = 0;

	if (unlikely(s->sparse))
		s->sparse = stream_is_sparse(s, nb, turn);
	while (done < nb) {
		if (s->count == 0 && s->peer_known && !s->sparse)
			stream_begin(s, burst, first + done, nb - done, turn);
		if (s->mbuf != NULL && s->peer_known) {
			done += stream_add_plain(s, burst, first + done, nb - done, turn);
			if (s->mbuf == NULL)
				continue;
		}
		if (done < nb)
			stream_add_any(s, assembler_burst_mbuf(burst, first + done++), turn);
	}
}
