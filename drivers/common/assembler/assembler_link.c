/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* One link's streams: which packet goes into which, and which close when. */

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "assembler_private.h"
#include "assembler_sleep.h"

/* In adaptive mode the hold time is so many binary orders longer behind a backlog. */
#define BACKLOG_HOLD_SHIFT 2

void
assembler_turn_begin(struct assembler_turn *turn, uint8_t *scratch)
{
	turn->scratch = scratch;
	turn->now = rte_rdtsc();
	turn->bytes = 0;
	turn->peers_version = 0;
	turn->pool = ASSEMBLER_NO_POOL;
	turn->nb_out = 0;
	turn->nb_used = 0;
	turn->nb_whole = 0;
	turn->nb_closes = 0;
}

/*
 * Most packets are whole mbufs of one pool that nobody else refers to: these go
 * back as they are, without a look at their second cache line. One answer for
 * all of them takes less than one for each.
 */
static void
free_used(struct rte_mbuf **used, uint16_t nb)
{
	struct rte_mempool *pool = used[0]->pool;
	uint16_t segs_or_refs = 0;
	const struct rte_mbuf *m;
	uintptr_t other_pool = 0;
	uint64_t flags = 0;
	uint16_t i;

	for (i = 0; i < nb; i++) {
		m = used[i];
		other_pool |= (uintptr_t)m->pool ^ (uintptr_t)pool;
		flags |= m->ol_flags;
		segs_or_refs |= m->nb_segs;
		segs_or_refs |= rte_mbuf_refcnt_read(m);
	}
	if (likely(other_pool == 0 && segs_or_refs == 1 &&
			(flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) == 0))
		rte_mempool_put_bulk(pool, (void **)used, nb);
	else
		rte_pktmbuf_free_bulk(used, nb);
}

void
assembler_turn_end(struct assembler_turn *turn, struct assembler_link *link)
{
	assembler_stream_count_closes(turn);
	/* There is room: assembler_link_room() saw to it. */
	if (turn->nb_out != 0) {
		rte_ring_sp_enqueue_bulk(link->done, (void **)turn->out, turn->nb_out, NULL);
		assembler_client_wake(link->client);
	}
	if (turn->nb_whole != 0)
		rte_mempool_put_bulk(link->client->pools[turn->pool - 1],
				(void **)turn->whole, turn->nb_whole);
	if (turn->nb_used != 0)
		free_used(turn->used, turn->nb_used);
	turn->nb_out = 0;
	turn->nb_used = 0;
	turn->nb_whole = 0;
}

/* Before a stream has its turn: is there room for all that it may put out? */
static inline void
turn_make_room(struct assembler_turn *turn, struct assembler_link *link)
{
	if (unlikely(turn->nb_out > ASSEMBLER_TURN_LEN - ASSEMBLER_STREAM_OUT ||
			turn->nb_used > ASSEMBLER_TURN_LEN - ASSEMBLER_STREAM_OUT))
		assembler_turn_end(turn, link);
}

/* Its first packets may have come before those of streams that are in the list already. */
static void
link_insert(struct assembler_open_list *list, struct assembler_stream *s)
{
	struct assembler_stream *before = TAILQ_LAST(list, assembler_open_list);

	while (before != NULL && before->opened > s->opened)
		before = TAILQ_PREV(before, assembler_open_list, next_open);
	if (before != NULL)
		TAILQ_INSERT_AFTER(list, before, s, next_open);
	else
		TAILQ_INSERT_HEAD(list, s, next_open);
}

/* The list is in the order in which frames were opened, the latest last. */
static inline void
link_note_open(struct assembler_link *link, struct assembler_stream *s, uint64_t opened_before,
		bool open_before)
{
	struct assembler_open_list *list = &link->open[s->class];

	if (open_before && (s->count == 0 || s->opened != opened_before))
		TAILQ_REMOVE(list, s, next_open);
	else if (open_before)
		return;
	if (s->count != 0)
		link_insert(list, s);
}

static inline void
link_add_to(struct assembler_link *link, struct assembler_stream *s,
		const struct assembler_burst *burst, uint16_t first, uint16_t nb,
		struct assembler_turn *turn)
{
	const uint64_t opened = s->opened;
	const bool open = s->count != 0;

	turn_make_room(turn, link);
	link->residue -= assembler_stream_residue(s);
	if (unlikely(!assembler_stream_is_current(s)))
		assembler_stream_set_peer(s, turn);
	assembler_stream_add(s, burst, first, nb, turn);
	if (s->mbuf != NULL && s->peer_known)
		s->quick = turn->peers_version;
	link->residue += assembler_stream_residue(s);
	link_note_open(link, s, opened, open);
}

static void
link_close(struct assembler_link *link, struct assembler_stream *s,
		enum rte_assembler_flush_reason reason, struct assembler_turn *turn)
{
	turn_make_room(turn, link);
	link->residue -= assembler_stream_residue(s);
	assembler_stream_close(s, reason, turn);
	TAILQ_REMOVE(&link->open[s->class], s, next_open);
}

static void
link_add_spread(struct assembler_link *link, const struct assembler_burst *burst, uint16_t nb,
		struct assembler_turn *turn)
{
	uint16_t index[ASSEMBLER_BURST + ASSEMBLER_STREAM_AHEAD];
	uint16_t i, end;

	assembler_peers_begin(link->assembler, link->reader);
	assembler_peers_classify(link->assembler, burst, nb, index);
	/* A10: pairs with R10 in assembler_peer_write(): a number just found has this version. */
	turn->peers_version = assembler_load_acquire(&link->assembler->peers_version);
	for (i = 0; i < ASSEMBLER_STREAM_AHEAD; i++) {
		index[nb + i] = index[i];
		rte_prefetch0(&link->streams[index[i]]);
	}
	for (i = 0; i < nb; i = end) {
		i = assembler_stream_add_singles(link->streams, index, burst, i, nb, turn);
		for (end = i; end < nb && index[end] == index[i]; end++)
			;
		if (end != i)
			link_add_to(link, &link->streams[index[i]], burst, i, end - i, turn);
	}
	assembler_peers_end(link->assembler, link->reader);
}

/* That of the first packet which is whole. Bursts of several pools are rare. */
static uint16_t
pool_of(const struct assembler_entry *entries, uint16_t nb)
{
	uint16_t i;

	for (i = 0; i < nb; i++)
		if (likely(assembler_entry_is_whole(&entries[i])))
			return assembler_entry_pool(&entries[i]);
	return ASSEMBLER_NO_POOL;
}

void
assembler_link_add(struct assembler_link *link, const struct assembler_burst *burst, uint16_t nb,
		struct assembler_turn *turn)
{
	if (nb == 0)
		return;
	if (burst->entries != NULL)
		turn->pool = pool_of(burst->entries, nb);
	if (link->nb_streams == 1)
		link_add_to(link, link->streams, burst, 0, nb, turn);
	else
		link_add_spread(link, burst, nb, turn);
}

/*
 * How long a frame may be open. In adaptive mode it goes on filling while what came
 * out before it waits to be collected, as it would only wait behind that.
 */
static inline uint64_t
link_hold(const struct assembler_link *link, const struct assembler_rules *rules)
{
	uint64_t hold = assembler_load_relaxed(&rules->hold_cycles);

	if (assembler_load_relaxed(&rules->adaptive) && !rte_ring_empty(link->done))
		return hold << BACKLOG_HOLD_SHIFT;
	return hold;
}

void
assembler_link_expire(struct assembler_link *link, bool burst_ends, struct assembler_turn *turn)
{
	struct assembler_stream *s;
	uint64_t hold;
	uint16_t class;

	for (class = 0; class < link->nb_classes; class++) {
		while ((s = TAILQ_FIRST(&link->open[class])) != NULL) {
			hold = link_hold(link, s->rules);
			if (burst_ends ? hold != 0 : turn->now - s->opened < hold)
				break;
			link_close(link, s, RTE_ASSEMBLER_FLUSH_TIME, turn);
		}
	}
}

bool
assembler_link_has_expired(const struct assembler_link *link, uint64_t now)
{
	const struct assembler_stream *s;
	uint16_t class;

	for (class = 0; class < link->nb_classes; class++) {
		s = TAILQ_FIRST(&link->open[class]);
		if (s != NULL && now - s->opened >= link_hold(link, s->rules))
			return true;
	}
	return false;
}

void
assembler_link_close_all(struct assembler_link *link, enum rte_assembler_flush_reason reason,
		struct assembler_turn *turn)
{
	struct assembler_stream *s;
	uint16_t class;

	for (class = 0; class < link->nb_classes; class++)
		while ((s = TAILQ_FIRST(&link->open[class])) != NULL)
			link_close(link, s, reason, turn);
}
