/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_malloc.h>
#include <rte_string_fns.h>

#include "disassembler_private.h"

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_conf_default, 26.11)
void
rte_disassembler_conf_default(struct rte_disassembler_conf *conf)
{
	*conf = (struct rte_disassembler_conf){
		.max_pkt = RTE_ETHER_MAX_LEN - RTE_ETHER_CRC_LEN,
		.ether_type = RTE_ASSEMBLER_ETHER_TYPE,
		.socket_id = SOCKET_ID_ANY,
	};
}

static int
conf_check(const char *name, const struct rte_disassembler_conf *conf)
{
	if (name[0] == '\0' || strlen(name) > DISASSEMBLER_NAME_LEN) {
		ASSEMBLER_LOG(ERR, "the name \"%s\" does not have 1 to %u characters",
				name, DISASSEMBLER_NAME_LEN);
		return -EINVAL;
	}
	if (!rte_is_valid_assigned_ether_addr(&conf->own)) {
		ASSEMBLER_LOG(ERR, "own is " RTE_ETHER_ADDR_PRT_FMT
				", which can be no port's address",
				RTE_ETHER_ADDR_BYTES(&conf->own));
		return -EINVAL;
	}
	if (assembler_ether_type_check(conf->ether_type) != 0)
		return -EINVAL;
	if (conf->max_pkt < ASSEMBLER_FRAME_MIN || conf->max_pkt > RTE_ASSEMBLER_LEN_MASK) {
		ASSEMBLER_LOG(ERR, "max_pkt is %u, not in %u..%u", conf->max_pkt,
				ASSEMBLER_FRAME_MIN, RTE_ASSEMBLER_LEN_MASK);
		return -EINVAL;
	}
	if (conf->pkt_pool == NULL || rte_pktmbuf_data_room_size(conf->pkt_pool) <
			RTE_PKTMBUF_HEADROOM + conf->max_pkt + RTE_VLAN_HLEN) {
		ASSEMBLER_LOG(ERR, "pkt_pool has no room for packets of %u bytes",
				conf->max_pkt + RTE_VLAN_HLEN);
		return -EINVAL;
	}
	return 0;
}

static struct rte_hash *
table_create(const char *prefix, const char *name, uint32_t entries, uint32_t key_len,
		int socket_id)
{
	char full[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters params = {
		.name = full,
		.entries = entries,
		.key_len = key_len,
		.socket_id = socket_id,
		/* Without, a bucket can be full before the table is. */
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	snprintf(full, sizeof(full), "%s_%s", prefix, name);
	return rte_hash_create(&params);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_create, 26.11)
struct rte_disassembler *
rte_disassembler_create(const char *name, const struct rte_disassembler_conf *conf)
{
	struct rte_disassembler *d;
	int ret = -EINVAL;

	if (conf_check(name, conf) != 0)
		goto set_errno;
	ret = -ENOMEM;
	d = rte_zmalloc_socket("disassembler", sizeof(*d), RTE_CACHE_LINE_SIZE, conf->socket_id);
	if (d == NULL)
		goto set_errno;
	d->conf = *conf;
	strlcpy(d->name, name, sizeof(d->name));
	d->last_peer = DISASSEMBLER_NOBODY;
	d->limits.ether_type = rte_cpu_to_be_16(conf->ether_type);
	d->limits.max_pkt = conf->max_pkt;
	d->peers = table_create("DAP", name, RTE_DISASSEMBLER_MAX_PEERS,
			sizeof(struct rte_ether_addr), conf->socket_id);
	if (d->peers == NULL) {
		ret = -rte_errno;
		goto free_disassembler;
	}
	d->streams = table_create("DAS", name, DISASSEMBLER_MAX_STREAMS,
			sizeof(struct disassembler_stream_key), conf->socket_id);
	if (d->streams == NULL) {
		ret = -rte_errno;
		goto free_disassembler;
	}
	disassembler_telemetry_add(d);
	return d;

free_disassembler:
	rte_disassembler_free(d);
set_errno:
	rte_errno = -ret;
	return NULL;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_free, 26.11)
void
rte_disassembler_free(struct rte_disassembler *d)
{
	if (d == NULL)
		return;
	disassembler_telemetry_remove(d);
	for (; d->head != d->tail; d->head++)
		rte_pktmbuf_free(d->queue[d->head & DISASSEMBLER_QUEUE_MASK].mbuf);
	rte_hash_free(d->peers);
	rte_hash_free(d->streams);
	rte_free(d);
}

static union assembler_peer
peer_read(const struct disassembler_peer *p)
{
	return (union assembler_peer){ .word = assembler_load_relaxed(&p->peer) };
}

/* Of the peers that were removed the one that is so for the longest time; NOBODY: none was. */
static uint16_t
peer_find_removed(const struct rte_disassembler *d)
{
	uint16_t i, found = DISASSEMBLER_NOBODY;
	uint32_t age, longest = 0;

	for (i = 0; i < RTE_DISASSEMBLER_MAX_PEERS; i++) {
		if (peer_read(&d->peer[i]).known)
			continue;
		age = d->nb_removed - d->peer[i].removed_at;
		if (found != DISASSEMBLER_NOBODY && age <= longest)
			continue;
		found = i;
		longest = age;
	}
	return found;
}

/* Nothing counts for it any more. */
static int
peer_forget(struct rte_disassembler *d, uint16_t peer)
{
	const union assembler_peer p = peer_read(&d->peer[peer]);
	uint32_t i;

	for (i = d->head; i != d->tail; i++)
		if (d->queue[i & DISASSEMBLER_QUEUE_MASK].peer == peer)
			d->queue[i & DISASSEMBLER_QUEUE_MASK].peer = DISASSEMBLER_NOBODY;
	return rte_hash_del_key(d->peers, &p.addr);
}

/* A place for a new peer, with counters of 0. */
static int
peer_place(struct rte_disassembler *d, const struct rte_ether_addr *addr)
{
	int position = rte_hash_add_key(d->peers, addr);
	assembler_counter_t *counter;
	uint16_t removed;

	if (position == -ENOSPC) {
		removed = peer_find_removed(d);
		if (removed == DISASSEMBLER_NOBODY || peer_forget(d, removed) < 0)
			return -ENOSPC;
		position = rte_hash_add_key(d->peers, addr);
	}
	if (position < 0)
		return position;
	assembler_store_relaxed(&d->peer[position].peer, 0);
	for (counter = &d->peer[position].frames; counter <= &d->peer[position].no_mbuf; counter++)
		assembler_store_relaxed(counter, 0);
	assembler_store_relaxed(&d->peer[position].heard, rte_rdtsc());
	return position;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_peer_add, 26.11)
int
rte_disassembler_peer_add(struct rte_disassembler *d, const struct rte_ether_addr *peer)
{
	const union assembler_peer p = { .addr = *peer, .known = 1 };
	int position;

	if (!rte_is_valid_assigned_ether_addr(peer))
		return -EINVAL;
	position = rte_hash_lookup(d->peers, peer);
	if (position < 0)
		position = peer_place(d, peer);
	else if (peer_read(&d->peer[position]).known)
		return -EEXIST;
	if (position < 0)
		return position;
	/* R9: pairs with A9 in peer_stats(): behind the peer there are its own counters. */
	assembler_store_release(&d->peer[position].peer, p.word);
	return 0;
}

/* Forget windows of a peer. Returns whether there were some. */
static bool
streams_forget(struct rte_disassembler *d, const struct rte_ether_addr *peer)
{
	const struct disassembler_stream_key *key;
	const void *next_key;
	uint32_t iter = 0;
	bool some = false;
	void *data;

	while (rte_hash_iterate(d->streams, &next_key, &data, &iter) >= 0) {
		key = next_key;
		if (!rte_is_same_ether_addr(&key->src, peer))
			continue;
		rte_hash_del_key(d->streams, key);
		some = true;
	}
	return some;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_peer_del, 26.11)
int
rte_disassembler_peer_del(struct rte_disassembler *d, const struct rte_ether_addr *peer)
{
	const union assembler_peer p = { .addr = *peer };
	const int position = rte_hash_lookup(d->peers, peer);

	if (position < 0 || !peer_read(&d->peer[position]).known)
		return -ENOENT;
	assembler_store_relaxed(&d->peer[position].peer, p.word);
	d->peer[position].removed_at = ++d->nb_removed;
	d->last_addr = (struct rte_ether_addr){ { 0 } };
	d->last_peer = DISASSEMBLER_NOBODY;
	d->last_window = NULL;
	/* Each removal may move another window to where the iteration was already. */
	while (streams_forget(d, peer))
		;
	return 0;
}

int
assembler_disassembler_set_control(struct rte_disassembler *d, assembler_control_fn fn, void *arg)
{
	if (fn != NULL && d->control != NULL)
		return -EBUSY;
	d->control = fn;
	d->control_arg = arg;
	return 0;
}

const struct rte_disassembler_conf *
assembler_disassembler_conf(const struct rte_disassembler *d)
{
	return &d->conf;
}

/*
 * Which peer it is, or NOBODY. Only a peer's address is remembered, and no port has the
 * null address that stands there before.
 */
static uint16_t
peer_lookup(struct rte_disassembler *d, const struct rte_ether_addr *src)
{
	int position;

	if (likely(rte_is_same_ether_addr(src, &d->last_addr)))
		return d->last_peer;
	position = rte_hash_lookup(d->peers, src);
	if (position < 0 || !peer_read(&d->peer[position]).known)
		return DISASSEMBLER_NOBODY;
	d->last_addr = *src;
	d->last_peer = position;
	return position;
}

/* The window of a known peer's stream, or NULL if there are too many streams. */
static struct assembler_window *
stream_window(struct rte_disassembler *d, const struct rte_ether_addr *src, uint16_t stream)
{
	struct disassembler_stream_key key = { .src = *src, .stream = stream };
	int32_t position;

	if (likely(d->last_window != NULL && memcmp(&key, &d->last_key, sizeof(key)) == 0))
		return d->last_window;
	position = rte_hash_lookup(d->streams, &key);
	if (position < 0) {
		position = rte_hash_add_key(d->streams, &key);
		if (position < 0)
			return NULL;
		d->windows[position].started = false;
	}
	d->last_key = key;
	d->last_window = &d->windows[position];
	return d->last_window;
}

static void
sequence_count(struct rte_disassembler *d, struct disassembler_peer *peer,
		enum assembler_window_verdict verdict, uint32_t lost)
{
	assembler_counter_add(&d->stats.lost_frames, lost);
	assembler_counter_add(&peer->lost_frames, lost);
	if (verdict == ASSEMBLER_WINDOW_LATE) {
		assembler_counter_add(&d->stats.late, 1);
		assembler_counter_add(&peer->late, 1);
	} else if (verdict == ASSEMBLER_WINDOW_DUPLICATE) {
		assembler_counter_add(&d->stats.duplicate, 1);
		assembler_counter_add(&peer->duplicate, 1);
	}
}

/* Follow the sequence. Returns false if the frame was seen already. */
static bool
sequence_accept(struct rte_disassembler *d, const struct rte_ether_addr *src,
		struct disassembler_peer *peer, const struct assembler_frame_info *info)
{
	struct assembler_window *window = stream_window(d, src, info->stream);
	enum assembler_window_verdict verdict;
	uint32_t lost;

	if (unlikely(window == NULL))
		return true;
	verdict = assembler_window_update(window, info->epoch, info->seq, &lost);
	if (likely(verdict == ASSEMBLER_WINDOW_NEW && lost == 0))
		return true;
	sequence_count(d, peer, verdict, lost);
	return verdict != ASSEMBLER_WINDOW_DUPLICATE;
}

/* Bytes that matter of a frame, in one piece: in place or in *copy*. */
static const uint8_t *
frame_read(const struct rte_mbuf *m, uint8_t *copy, uint32_t *len)
{
	*len = RTE_MIN(m->pkt_len, (uint32_t)DISASSEMBLER_LINEAR_LEN);
	return rte_pktmbuf_read(m, 0, *len, copy);
}

/*
 * Pass 1 of an assembled frame to this address. Of a source that is not known yet
 * discovery reads control frames, and only good ones.
 */
static enum rte_assembler_cause
frame_check(struct rte_disassembler *d, const uint8_t *frame, uint32_t len, bool known,
		struct assembler_frame_info *info)
{
	enum rte_assembler_cause cause;

	if (len < ASSEMBLER_FRAME_OVERHEAD)
		return RTE_ASSEMBLER_CAUSE_SHORT;
	if (unlikely(!known) && (d->control == NULL || !assembler_frame_is_control(frame)))
		return RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER;
	cause = assembler_frame_check(frame, len, &d->limits, d->check_plain, info);
	return known || cause == ASSEMBLER_FRAME_OK ? cause : RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER;
}

/* To this address; with discovery, also control frames to everybody. */
static bool
is_mine(const struct rte_disassembler *d, const uint8_t *frame, uint32_t len)
{
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)frame;

	if (likely(rte_is_same_ether_addr(&eth->dst_addr, &d->conf.own)))
		return true;
	return d->control != NULL && rte_is_broadcast_ether_addr(&eth->dst_addr) &&
			len >= ASSEMBLER_FRAME_OVERHEAD && assembler_frame_is_control(frame);
}

static void
control_read(struct rte_disassembler *d, struct disassembler_peer *peer, const uint8_t *frame,
		uint32_t len, const struct assembler_frame_info *info)
{
	assembler_counter_add(&d->stats.control, 1);
	assembler_counter_add(&peer->control, 1);
	if (d->control != NULL)
		d->control(d->control_arg, frame, len, info);
}

/* Returns how many subframes of the assembled frame of *peer* are to be delivered. */
static uint16_t
frame_accept(struct rte_disassembler *d, const uint8_t *frame, uint32_t len, uint16_t peer)
{
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)frame;
	const bool known = peer != DISASSEMBLER_NOBODY;
	struct assembler_frame_info info;
	enum rte_assembler_cause cause;

	cause = frame_check(d, frame, len, known, &info);
	if (unlikely(cause != ASSEMBLER_FRAME_OK)) {
		assembler_counter_add(&d->stats.dropped[cause], 1);
		assembler_counter_add(&d->peer[peer].dropped, 1);
		return 0;
	}
	assembler_store_relaxed(&d->peer[peer].heard, d->now);
	if (known && !sequence_accept(d, &eth->src_addr, &d->peer[peer], &info))
		return 0;
	if (info.flags & RTE_ASSEMBLER_FLAG_CTRL) {
		control_read(d, &d->peer[peer], frame, len, &info);
		return 0;
	}
	return info.count;
}

static void
queue_put(struct rte_disassembler *d, struct rte_mbuf *m, uint16_t count, uint16_t peer)
{
	d->queue[d->tail++ & DISASSEMBLER_QUEUE_MASK] = (struct disassembler_queue_entry){
		.mbuf = m,
		.count = count,
		.peer = peer,
	};
}

static void
submit_assembled(struct rte_disassembler *d, struct rte_mbuf *m, const uint8_t *frame,
		uint32_t len)
{
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)frame;
	uint16_t peer = DISASSEMBLER_NOBODY, count = 0;

	if (is_mine(d, frame, len)) {
		peer = peer_lookup(d, &eth->src_addr);
		count = frame_accept(d, frame, len, peer);
	} else {
		assembler_counter_add(&d->stats.not_mine, 1);
	}
	if (count != 0)
		queue_put(d, m, count, peer);
	else
		rte_pktmbuf_free(m);
}

static void
submit_one(struct rte_disassembler *d, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth;
	uint32_t len;

	eth = (const struct rte_ether_hdr *)frame_read(m, d->check_copy, &len);
	if (len < sizeof(*eth) || eth->ether_type != d->limits.ether_type)
		queue_put(d, m, 0, DISASSEMBLER_NOBODY);
	else
		submit_assembled(d, m, (const uint8_t *)eth, len);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_submit_burst, 26.11)
uint16_t
rte_disassembler_submit_burst(struct rte_disassembler *d, struct rte_mbuf **frames, uint16_t nb)
{
	uint32_t room = DISASSEMBLER_QUEUE_SIZE - (d->tail - d->head);
	uint16_t i;

	nb = RTE_MIN(nb, room);
	d->now = rte_rdtsc();
	for (i = 0; i < nb; i++) {
		if (i + 1 < nb)
			rte_prefetch0(rte_pktmbuf_mtod(frames[i + 1], void *));
		submit_one(d, frames[i]);
	}
	return nb;
}

/* As many mbufs as there are, up to *nb*. */
static uint16_t
alloc_some(struct rte_mempool *pool, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t i;

	if (likely(rte_pktmbuf_alloc_bulk(pool, pkts, nb) == 0))
		return nb;
	for (i = 0; i < nb; i++) {
		pkts[i] = rte_pktmbuf_alloc(pool);
		if (pkts[i] == NULL)
			break;
	}
	return i;
}

static void
queue_pop(struct rte_disassembler *d)
{
	d->reading = false;
	d->head++;
}

/*
 * Rebuild the next *nb* packets, and return their bytes. The reader is in local variables
 * meanwhile, because the compiler must assume that bytes written to packets change it.
 */
static uint64_t
rebuild(struct assembler_frame_reader *from, struct rte_mbuf **pkts, uint16_t nb, uint16_t port)
{
	struct assembler_frame_reader reader = *from;
	struct rte_mbuf *m;
	uint64_t bytes = 0;
	uint32_t len;
	uint16_t i;

	for (i = 0; i < nb; i++) {
		m = pkts[i];
		len = assembler_frame_rebuild(&reader, rte_pktmbuf_mtod(m, uint8_t *));
		m->data_len = len;
		m->pkt_len = len;
		m->port = port;
		bytes += len;
	}
	*from = reader;
	return bytes;
}

/* Pass 2: up to *nb* of the packets of the assembled frame at the queue's head. */
static uint16_t
deliver_some(struct rte_disassembler *d, struct disassembler_queue_entry *entry,
		struct rte_mbuf **pkts, uint16_t nb)
{
	struct assembler_frame_reader *reader = &d->reader;
	struct disassembler_peer *peer = &d->peer[entry->peer];
	uint64_t bytes;
	uint16_t done;

	nb = RTE_MIN(nb, reader->left);
	done = alloc_some(d->conf.pkt_pool, pkts, nb);
	bytes = rebuild(reader, pkts, done, entry->mbuf->port);
	assembler_counter_add(&d->stats.bytes, bytes);
	assembler_counter_add(&d->stats.packets, done);
	assembler_counter_add(&peer->bytes, bytes);
	assembler_counter_add(&peer->packets, done);
	if (unlikely(done < nb)) {
		/* What the pool has no mbufs for is lost, as in a driver. */
		assembler_counter_add(&d->stats.no_mbuf, reader->left);
		assembler_counter_add(&peer->no_mbuf, reader->left);
		reader->left = 0;
	}
	return done;
}

static uint16_t
deliver(struct rte_disassembler *d, struct disassembler_queue_entry *entry,
		struct rte_mbuf **pkts, uint16_t nb)
{
	const uint8_t *frame;
	uint32_t len;
	uint16_t done;

	if (!d->reading) {
		frame = frame_read(entry->mbuf, d->read_copy, &len);
		assembler_frame_reader_init(&d->reader, frame,
				assembler_frame_subframes(frame, d->read_plain), entry->count);
		d->reading = true;
	}
	done = deliver_some(d, entry, pkts, nb);
	if (d->reader.left == 0) {
		rte_pktmbuf_free(entry->mbuf);
		assembler_counter_add(&d->stats.frames, 1);
		assembler_counter_add(&d->peer[entry->peer].frames, 1);
		queue_pop(d);
	}
	return done;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_collect_burst, 26.11)
uint16_t
rte_disassembler_collect_burst(struct rte_disassembler *d, struct rte_mbuf **pkts, uint16_t nb)
{
	struct disassembler_queue_entry *entry;
	uint16_t done = 0;

	while (done < nb && d->head != d->tail) {
		entry = &d->queue[d->head & DISASSEMBLER_QUEUE_MASK];
		if (entry->count != 0) {
			done += deliver(d, entry, pkts + done, nb - done);
			continue;
		}
		pkts[done++] = entry->mbuf;
		assembler_counter_add(&d->stats.native, 1);
		queue_pop(d);
	}
	return done;
}
