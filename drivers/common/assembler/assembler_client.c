/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "assembler_flow.h"
#include "assembler_private.h"
#include "assembler_sleep.h"

static bool
is_inline(const struct rte_assembler_client *c)
{
	return c->assembler->conf.nb_workers == 0;
}

static void
submit_drain(struct rte_ring *ring)
{
	struct assembler_entry e;

	while (ring != NULL && rte_ring_sc_dequeue_elem(ring, &e, sizeof(e)) == 0)
		rte_pktmbuf_free(e.mbuf);
}

static void
done_drain(struct rte_ring *ring)
{
	void *m;

	while (ring != NULL && rte_ring_sc_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
}

void
assembler_client_free(struct rte_assembler_client *c)
{
	struct assembler_link *link;
	uint32_t j;
	uint16_t i;

	for (i = 0; i < c->nb_links; i++) {
		link = &c->links[i];
		for (j = 0; link->streams != NULL && j < link->nb_streams; j++)
			assembler_stream_discard(&link->streams[j]);
		rte_free(link->streams);
		rte_free(link->plain);
		submit_drain(link->submit);
		done_drain(link->done);
		rte_ring_free(link->submit);
		rte_ring_free(link->done);
	}
	assembler_client_close_files(c);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	rte_free(c->scratch);
	rte_free(c->peer_stats);
	rte_free(c);
}

static struct rte_ring *
link_ring(const struct rte_assembler *a, const char *kind, uint32_t slot, uint16_t worker,
		uint32_t esize, uint32_t size)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s_%s%u_%u", a->name, kind, slot, worker);
	return rte_ring_create_elem(name, esize, size, a->conf.socket_id,
			RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

/*
 * What is open must not take the room of what moves: with several streams the
 * completion ring has some for all of them besides.
 */
static uint32_t
done_size(const struct assembler_link *link, const struct rte_assembler *a)
{
	if (link->nb_streams == 1)
		return a->conf.ring_size;
	return a->conf.ring_size + link->nb_streams *
			RTE_MAX(a->conf.min_count - 1, a->conf.lz4 ? 2 : 1);
}

static int
plain_init(struct assembler_link *link, const struct rte_assembler *a)
{
	size_t size = (size_t)link->nb_streams * a->rules[0].plain_len;

	if (size == 0)
		return 0;
	link->plain = rte_malloc_socket("assembler_plain", size, RTE_CACHE_LINE_SIZE,
			a->conf.socket_id);
	return link->plain == NULL ? -ENOMEM : 0;
}

static_assert(RTE_ASSEMBLER_MAX_CLIENTS * RTE_ASSEMBLER_MAX_WORKERS <= ASSEMBLER_STREAM_NUMBERED,
		"a stream field has room for the number of each link");

static uint16_t
stream_id(uint16_t link, uint32_t peer, uint16_t class)
{
	return class << ASSEMBLER_CLASS_SHIFT | (peer != 0 ? ASSEMBLER_STREAM_NUMBERED : 0) | link;
}

/* Streams of all peers and classes that the assembler may have. */
static int
streams_init(struct assembler_link *link, struct rte_assembler *a, uint16_t id,
		uint16_t reader)
{
	struct assembler_stream *s;
	uint32_t i;
	uint16_t class;

	link->assembler = a;
	link->reader = reader;
	link->peer_stats = a->conf.nb_workers != 0 ? a->workers[reader].peer_stats :
			link->client->peer_stats;
	link->nb_classes = a->conf.nb_classes;
	link->nb_streams = (1 + a->conf.max_peers) * link->nb_classes;
	link->streams = rte_malloc_socket("assembler_streams",
			link->nb_streams * sizeof(*link->streams), RTE_CACHE_LINE_SIZE,
			a->conf.socket_id);
	if (link->streams == NULL || plain_init(link, a) != 0)
		return -ENOMEM;
	for (class = 0; class < link->nb_classes; class++) {
		TAILQ_INIT(&link->open[class]);
		for (i = class; i < link->nb_streams; i += link->nb_classes) {
			s = &link->streams[i];
			assembler_stream_init(s, &a->rules[class], &link->stats,
					&link->peer_stats[i / link->nb_classes],
					stream_id(id, i / link->nb_classes, class),
					link->plain == NULL ? NULL :
					link->plain + (size_t)i * a->rules[0].plain_len);
			s->class = class;
			s->peer_now = &a->peers[i / link->nb_classes];
		}
	}
	return 0;
}

static int
link_init(struct assembler_link *link, struct rte_assembler *a, uint32_t slot,
		uint16_t worker)
{
	uint16_t nb_links = RTE_MAX(a->conf.nb_workers, 1);

	/* Whoever looks up peers for this link: its worker, or the client itself. */
	if (streams_init(link, a, slot * nb_links + worker, a->conf.nb_workers != 0 ?
			worker : ASSEMBLER_CLIENT_READER(slot)) != 0)
		return -ENOMEM;
	link->done = link_ring(a, "d", slot, worker, sizeof(void *), done_size(link, a));
	if (link->done == NULL)
		return -ENOMEM;
	if (a->conf.nb_workers == 0)
		return 0;
	link->submit = link_ring(a, "s", slot, worker, sizeof(struct assembler_entry),
			a->conf.ring_size);
	return link->submit == NULL ? -ENOMEM : 0;
}

static struct rte_assembler_client *
client_create(struct rte_assembler *a, uint32_t slot)
{
	uint16_t nb_links = RTE_MAX(a->conf.nb_workers, 1);
	struct rte_assembler_client *c;
	size_t size = sizeof(*c) + nb_links * sizeof(c->links[0]);
	uint16_t i;

	c = rte_zmalloc_socket("assembler_client", size, RTE_CACHE_LINE_SIZE, a->conf.socket_id);
	if (c == NULL)
		return NULL;
	c->assembler = a;
	c->fd = -1;
	c->wake_fd = -1;
	c->nb_links = nb_links;
	c->reader = ASSEMBLER_CLIENT_READER(slot);
	c->scratch = assembler_scratch_create(&a->conf);
	if (c->scratch == NULL)
		goto free_client;
	if (a->conf.nb_workers == 0) {
		c->peer_stats = assembler_peer_stats_create(&a->conf);
		if (c->peer_stats == NULL)
			goto free_client;
	}
	if (a->conf.nb_workers != 0 && a->conf.sleep_us != 0) {
		c->wake_fd = assembler_event_open();
		if (c->wake_fd < 0)
			goto free_client;
	}
	for (i = 0; i < nb_links; i++) {
		c->links[i].client = c;
		c->links[i].asleep = 1; /* The worker may be. */
		if (link_init(&c->links[i], a, slot, i) != 0)
			goto free_client;
	}
	return c;

free_client:
	assembler_client_free(c);
	return NULL;
}

static struct rte_assembler_client *
slot_find_closed(struct rte_assembler *a)
{
	uint32_t i;

	for (i = 0; i < a->nb_slots; i++)
		if (!a->slots[i]->open)
			return a->slots[i];
	return NULL;
}

static struct rte_assembler_client *
slot_add(struct rte_assembler *a)
{
	uint32_t slot = a->nb_slots;

	if (slot == RTE_ASSEMBLER_MAX_CLIENTS) {
		rte_errno = ENOSPC;
		return NULL;
	}
	a->slots[slot] = client_create(a, slot);
	if (a->slots[slot] == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	/* R3: pairs with A3 in rte_assembler_worker_poll(). */
	assembler_store_release(&a->nb_slots, slot + 1);
	return a->slots[slot];
}

struct rte_assembler_client *
assembler_slot_open(struct rte_assembler *a)
{
	struct rte_assembler_client *c = slot_find_closed(a);

	if (c == NULL)
		c = slot_add(a);
	if (c == NULL)
		return NULL;
	assembler_client_stats_begin(c);
	/* Nothing is on its way that names a pool of the slot's last client. */
	memset(c->pools, 0, sizeof(c->pools));
	assembler_store_relaxed(&c->open, 1);
	return c;
}

static struct rte_assembler_client *
local_client_open(struct rte_assembler *a)
{
	struct rte_assembler_client *c;

	assembler_remote_lock();
	c = assembler_slot_open(a);
	if (c != NULL && assembler_client_open_files(c) != 0) {
		rte_errno = errno;
		assembler_store_relaxed(&c->open, 0);
		c = NULL;
	}
	assembler_remote_unlock();
	if (c == NULL)
		ASSEMBLER_LOG(ERR, "%s: no client can be opened: %s", a->name,
				rte_strerror(rte_errno));
	return c;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_client_open, 26.11)
struct rte_assembler_client *
rte_assembler_client_open(struct rte_assembler *a)
{
	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		return assembler_remote_client_open(a);
	return local_client_open(a);
}

static bool
link_drained(const struct assembler_link *link)
{
	if (link->submit == NULL)
		return link->residue == 0 && rte_ring_empty(link->done);
	if (link->dirty)
		return false;
	/* A2: pairs with R2 in link_serve(). */
	return assembler_load_acquire(&link->served) == link->request &&
			rte_ring_empty(link->done);
}

static bool
client_drained(const struct rte_assembler_client *c)
{
	uint16_t i;

	for (i = 0; i < c->nb_links; i++)
		if (!link_drained(&c->links[i]))
			return false;
	return true;
}

int
assembler_slot_close(struct rte_assembler_client *c)
{
	if (!client_drained(c))
		return -EBUSY;
	/* A worker that still sees it open finds nothing to do in it. */
	assembler_store_relaxed(&c->open, 0);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_client_close, 26.11)
int
rte_assembler_client_close(struct rte_assembler_client *c)
{
	int ret;

	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		return assembler_remote_client_close(c);
	assembler_remote_lock();
	ret = assembler_slot_close(c);
	if (ret == 0)
		assembler_client_close_files(c);
	assembler_remote_unlock();
	return ret;
}

/* Ask the worker to close what it will have after emptying the submission ring. */
static void
client_request(struct rte_assembler_client *c, uint16_t worker,
		enum rte_assembler_flush_reason reason)
{
	struct assembler_link *link = &c->links[worker];
	uint32_t number = (link->request >> 1) + 1;

	if (!link->dirty)
		return;
	link->dirty = false;
	/* R1: pairs with A1 in link_serve(). */
	assembler_store_release(&link->request,
			number << 1 | (reason == RTE_ASSEMBLER_FLUSH_STOP));
	assembler_worker_wake(c, worker);
}

static void
inline_close(struct rte_assembler_client *c, enum rte_assembler_flush_reason reason)
{
	struct assembler_link *link = &c->links[0];
	struct assembler_turn turn;

	assembler_turn_begin(&turn, c->scratch);
	assembler_link_close_all(link, reason, &turn);
	assembler_turn_end(&turn, link);
}

static void
client_close_frames(struct rte_assembler_client *c, enum rte_assembler_flush_reason reason)
{
	uint16_t i;

	if (is_inline(c)) {
		inline_close(c, reason);
		return;
	}
	for (i = 0; i < c->nb_links; i++)
		client_request(c, i, reason);
}

static void
inline_expire(struct rte_assembler_client *c)
{
	struct assembler_link *link = &c->links[0];
	struct assembler_turn turn;

	if (link->residue == 0 || !assembler_link_has_expired(link, rte_rdtsc()))
		return;
	assembler_turn_begin(&turn, c->scratch);
	assembler_link_expire(link, false, &turn);
	assembler_turn_end(&turn, link);
}

static void
inline_add(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb, bool last)
{
	const struct assembler_burst burst = { .pkts = pkts };
	struct assembler_link *link = &c->links[0];
	struct assembler_turn turn;

	/* Peers are looked up for all packets before the first one is packed. */
	assembler_fetch(pkts, link->nb_streams == 1 ? RTE_MIN(nb, ASSEMBLER_FETCH_AHEAD) : nb);
	assembler_turn_begin(&turn, c->scratch);
	assembler_link_expire(link, false, &turn);
	assembler_link_add(link, &burst, nb, &turn);
	assembler_link_count(link, nb, turn.bytes);
	if (last)
		assembler_link_expire(link, true, &turn);
	assembler_turn_end(&turn, link);
}

static uint16_t
inline_submit(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t done = 0, n;

	if (nb == 0)
		inline_expire(c);
	while (done < nb) {
		n = RTE_MIN(nb - done, ASSEMBLER_BURST);
		n = RTE_MIN(n, assembler_link_room(&c->links[0]));
		if (n == 0)
			break;
		inline_add(c, pkts + done, n, done + n == nb);
		done += n;
	}
	return done;
}

/* The number of a pool, counted from 1; 0: there is no room for so many. */
static uint32_t
client_pool(struct rte_assembler_client *c, struct rte_mempool *pool)
{
	uint16_t i;

	for (i = 0; i < ASSEMBLER_POOLS; i++) {
		if (c->pools[i] == NULL)
			c->pools[i] = pool;
		if (c->pools[i] == pool)
			return i + 1;
	}
	return 0;
}

static void
client_write(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb,
		struct assembler_entry *entries)
{
	const uint32_t number = client_pool(c, pkts[0]->pool);
	const struct rte_mempool *pool = number != 0 ? pkts[0]->pool : NULL;
	uint16_t i;

	for (i = 0; i < nb; i++)
		entries[i] = assembler_entry_make(pkts[i], pool, number);
}

/* A worker for each peer, without a division. */
static uint16_t
peer_worker(uint16_t peer, uint16_t nb_workers)
{
	return ((uint64_t)(peer * UINT32_C(0x9E3779B1)) * nb_workers) >> 32;
}

static void
choose_workers(const struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb,
		uint16_t *workers)
{
	const struct assembler_burst burst = { .pkts = pkts };
	const struct rte_assembler *a = c->assembler;
	uint16_t i, peer;

	assembler_fetch(pkts, nb);
	if (a->conf.by_peer) {
		assembler_peers_begin(a, c->reader);
		assembler_peers_lookup(a, &burst, nb, workers);
		assembler_peers_end(a, c->reader);
	}
	for (i = 0; i < nb; i++) {
		peer = workers[i];
		if (!a->conf.by_peer || assembler_load_relaxed(&a->peers[peer].spread))
			workers[i] = assembler_flow_worker(pkts[i], c->nb_links);
		else
			workers[i] = peer_worker(peer, c->nb_links);
	}
}

/* There is room for them. */
static void
worker_submit(struct rte_assembler_client *c, uint16_t worker,
		const struct assembler_entry *entries, uint16_t nb)
{
	struct assembler_link *link = &c->links[worker];

	rte_ring_sp_enqueue_bulk_elem(link->submit, entries, sizeof(*entries), nb, NULL);
	/* The worker reads this cache line each time: write it only if need be. */
	if (!link->dirty)
		link->dirty = true;
	assembler_worker_wake(c, worker);
}

/*
 * Up to ASSEMBLER_BURST packets to the workers of their flows. It ends before
 * the first packet that finds its worker's ring full: the caller gets back
 * what follows, too, although other rings may have room.
 */
static uint16_t
spread(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb)
{
	struct assembler_entry bins[RTE_ASSEMBLER_MAX_WORKERS][ASSEMBLER_BURST];
	struct assembler_entry entries[ASSEMBLER_BURST];
	uint32_t room[RTE_ASSEMBLER_MAX_WORKERS];
	uint16_t fill[RTE_ASSEMBLER_MAX_WORKERS] = { 0 };
	uint16_t workers[ASSEMBLER_BURST];
	uint16_t i, w;

	choose_workers(c, pkts, nb, workers);
	client_write(c, pkts, nb, entries);
	for (w = 0; w < c->nb_links; w++)
		room[w] = rte_ring_free_count(c->links[w].submit);
	for (i = 0; i < nb; i++) {
		w = workers[i];
		if (fill[w] == room[w])
			break;
		bins[w][fill[w]++] = entries[i];
	}
	for (w = 0; w < c->nb_links; w++) {
		if (fill[w] != 0)
			worker_submit(c, w, bins[w], fill[w]);
	}
	return i;
}

/* The same with one worker. */
static uint16_t
submit_all(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb)
{
	struct assembler_entry entries[ASSEMBLER_BURST];

	nb = RTE_MIN(nb, rte_ring_free_count(c->links[0].submit));
	if (nb == 0)
		return 0;
	client_write(c, pkts, nb, entries);
	worker_submit(c, 0, entries, nb);
	return nb;
}

static uint16_t
workers_submit(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t done = 0, n, want;

	while (done < nb) {
		want = RTE_MIN(nb - done, ASSEMBLER_BURST);
		n = c->nb_links == 1 ? submit_all(c, pkts + done, want) :
				spread(c, pkts + done, want);
		done += n;
		if (n < want)
			break;
	}
	return done;
}

/* A caller that tries again and again counts once, until a burst goes through. */
static void
count_refusal(struct rte_assembler_client *c, bool refused, uint16_t nb)
{
	if (nb == 0)
		return;
	c->refused = refused;
	if (refused)
		assembler_counter_add(&c->ring_full, 1);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_submit_burst, 26.11)
uint16_t
rte_assembler_submit_burst(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t done;

	if (nb == 0 && c->assembler->conf.idle_flush)
		client_close_frames(c, RTE_ASSEMBLER_FLUSH_IDLE);
	done = is_inline(c) ? inline_submit(c, pkts, nb) : workers_submit(c, pkts, nb);
	if (unlikely((done < nb) != c->refused))
		count_refusal(c, done < nb, nb);
	return done;
}

static uint16_t
client_collect(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t done = 0, i;
	struct rte_ring *ring;

	/* Begin where the last burst ended, so that no worker's ring is served less. */
	for (i = 0; i < c->nb_links && done < nb; i++) {
		ring = c->links[c->next_link].done;
		done += rte_ring_sc_dequeue_burst(ring, (void **)(pkts + done), nb - done, NULL);
		if (++c->next_link == c->nb_links)
			c->next_link = 0;
	}
	return done;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_collect_burst, 26.11)
uint16_t
rte_assembler_collect_burst(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t done = client_collect(c, pkts, nb);

	if (done != 0 || !is_inline(c))
		return done;
	/* A look at the clock costs more than a look at the ring: so this comes second. */
	inline_expire(c);
	return client_collect(c, pkts, nb);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_flush, 26.11)
int
rte_assembler_flush(struct rte_assembler_client *c)
{
	client_close_frames(c, RTE_ASSEMBLER_FLUSH_STOP);
	return client_drained(c) ? 0 : -EAGAIN;
}
