/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_malloc.h>

#include <rte_disassembler.h>

#include "assembler_frame.h"
#include "assembler_lz4.h"
#include "assembler_private.h"
#include "assembler_window.h"

/* Frames that wait between submission and collection; a power of two. */
#define QUEUE_SIZE 1024
#define QUEUE_MASK (QUEUE_SIZE - 1)
/*
 * Streams whose sequence is followed. Frames of further ones are delivered
 * without: a peer that invents streams cannot disturb those that are known.
 */
#define MAX_STREAMS 4096
/* All bytes of a frame that can matter. */
#define LINEAR_LEN (ASSEMBLER_FRAME_OVERHEAD + UINT16_MAX)
/* Longest name: hash tables add a prefix to it. */
#define NAME_LEN 20

/* A stream as the hash table knows it. */
struct stream_key {
	struct rte_ether_addr src;
	uint16_t stream;
};

struct queue_entry {
	struct rte_mbuf *mbuf;
	uint16_t count; /* subframes; 0: a native frame */
};

struct rte_disassembler {
	/* Set at creation, or by the control path while no lcore submits. */
	struct rte_disassembler_conf conf;
	struct assembler_frame_limits limits;
	assembler_control_fn control; /* of discovery, or NULL: static mode */
	void *control_arg;
	struct rte_hash *peers;   /* by address */
	struct rte_hash *streams; /* by struct stream_key */

	/* Everything below is written by the lcore that submits and collects. */
	struct rte_ether_addr last_peer; /* found by the last look-up */
	struct stream_key last_key;
	struct assembler_window *last_window; /* of last_key, or NULL */

	struct queue_entry queue[QUEUE_SIZE];
	uint32_t head; /* free-running; oldest in use */
	uint32_t tail; /* free-running; next to fill */
	struct assembler_frame_reader reader; /* of queue[head], when reading */
	bool reading;

	struct rte_disassembler_stats stats;
	struct assembler_window windows[MAX_STREAMS];
	uint8_t check_copy[LINEAR_LEN]; /* of a frame in several segments */
	uint8_t read_copy[LINEAR_LEN];  /* the same, of queue[head] */
	uint8_t check_plain[ASSEMBLER_PLAIN_LEN]; /* what was compressed */
	uint8_t read_plain[ASSEMBLER_PLAIN_LEN];  /* the same, of queue[head] */
};

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
	if (name[0] == '\0' || strlen(name) > NAME_LEN) {
		ASSEMBLER_LOG(ERR, "the name \"%s\" does not have 1 to %u characters",
				name, NAME_LEN);
		return -EINVAL;
	}
	if (!rte_is_valid_assigned_ether_addr(&conf->own)) {
		ASSEMBLER_LOG(ERR, "own is not the address of a port");
		return -EINVAL;
	}
	if (conf->ether_type < 0x0600) {
		ASSEMBLER_LOG(ERR, "ether_type is %#x, below 0x600", conf->ether_type);
		return -EINVAL;
	}
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
	d->limits.ether_type = rte_cpu_to_be_16(conf->ether_type);
	d->limits.max_pkt = conf->max_pkt;
	d->peers = table_create("DAP", name, RTE_DISASSEMBLER_MAX_PEERS,
			sizeof(struct rte_ether_addr), conf->socket_id);
	if (d->peers == NULL) {
		ret = -rte_errno;
		goto free_disassembler;
	}
	d->streams = table_create("DAS", name, MAX_STREAMS, sizeof(struct stream_key),
			conf->socket_id);
	if (d->streams == NULL) {
		ret = -rte_errno;
		goto free_disassembler;
	}
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
	for (; d->head != d->tail; d->head++)
		rte_pktmbuf_free(d->queue[d->head & QUEUE_MASK].mbuf);
	rte_hash_free(d->peers);
	rte_hash_free(d->streams);
	rte_free(d);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_peer_add, 26.11)
int
rte_disassembler_peer_add(struct rte_disassembler *d, const struct rte_ether_addr *peer)
{
	int ret;

	if (!rte_is_valid_assigned_ether_addr(peer))
		return -EINVAL;
	if (rte_hash_lookup(d->peers, peer) >= 0)
		return -EEXIST;
	ret = rte_hash_add_key(d->peers, peer);
	return ret >= 0 ? 0 : ret;
}

/* Forget windows of a peer. Returns whether there were some. */
static bool
streams_forget(struct rte_disassembler *d, const struct rte_ether_addr *peer)
{
	const struct stream_key *key;
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
	if (rte_hash_del_key(d->peers, peer) < 0)
		return -ENOENT;
	d->last_peer = (struct rte_ether_addr){ { 0 } };
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

rte_be16_t
assembler_disassembler_type(const struct rte_disassembler *d)
{
	return d->limits.ether_type;
}

/*
 * The address is remembered only after it was found, and no port has the null
 * address that stands there before.
 */
static bool
peer_known(struct rte_disassembler *d, const struct rte_ether_addr *src)
{
	if (likely(rte_is_same_ether_addr(src, &d->last_peer)) && !rte_is_zero_ether_addr(src))
		return true;
	if (rte_hash_lookup(d->peers, src) < 0)
		return false;
	d->last_peer = *src;
	return true;
}

/* The window of a known peer's stream, or NULL if there are too many streams. */
static struct assembler_window *
stream_window(struct rte_disassembler *d, const struct rte_ether_addr *src, uint16_t stream)
{
	struct stream_key key = { .src = *src, .stream = stream };
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

/* Follow the sequence. Returns false if the frame was seen already. */
static bool
sequence_accept(struct rte_disassembler *d, const struct rte_ether_addr *src,
		const struct assembler_frame_info *info)
{
	struct assembler_window *window = stream_window(d, src, info->stream);
	enum assembler_window_verdict verdict;
	uint32_t lost;

	if (unlikely(window == NULL))
		return true;
	verdict = assembler_window_update(window, info->epoch, info->seq, &lost);
	d->stats.lost_frames += lost;
	d->stats.late += verdict == ASSEMBLER_WINDOW_LATE;
	d->stats.duplicate += verdict == ASSEMBLER_WINDOW_DUPLICATE;
	return verdict != ASSEMBLER_WINDOW_DUPLICATE;
}

/* Bytes that matter of a frame, in one piece: in place or in *copy*. */
static const uint8_t *
frame_read(const struct rte_mbuf *m, uint8_t *copy, uint32_t *len)
{
	*len = RTE_MIN(m->pkt_len, (uint32_t)LINEAR_LEN);
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
control_read(struct rte_disassembler *d, const uint8_t *frame, uint32_t len,
		const struct assembler_frame_info *info)
{
	d->stats.control++;
	if (d->control != NULL)
		d->control(d->control_arg, frame, len, info);
}

/* Returns how many subframes of the assembled frame are to be delivered. */
static uint16_t
frame_accept(struct rte_disassembler *d, const uint8_t *frame, uint32_t len)
{
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)frame;
	struct assembler_frame_info info;
	enum rte_assembler_cause cause;
	bool known;

	if (!is_mine(d, frame, len)) {
		d->stats.not_mine++;
		return 0;
	}
	known = peer_known(d, &eth->src_addr);
	cause = frame_check(d, frame, len, known, &info);
	if (unlikely(cause != ASSEMBLER_FRAME_OK)) {
		d->stats.dropped[cause]++;
		return 0;
	}
	if (known && !sequence_accept(d, &eth->src_addr, &info))
		return 0;
	if (info.flags & RTE_ASSEMBLER_FLAG_CTRL) {
		control_read(d, frame, len, &info);
		return 0;
	}
	return info.count;
}

static void
queue_put(struct rte_disassembler *d, struct rte_mbuf *m, uint16_t count)
{
	d->queue[d->tail++ & QUEUE_MASK] = (struct queue_entry){ .mbuf = m, .count = count };
}

static void
submit_one(struct rte_disassembler *d, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth;
	uint16_t count;
	uint32_t len;

	eth = (const struct rte_ether_hdr *)frame_read(m, d->check_copy, &len);
	if (len < sizeof(*eth) || eth->ether_type != d->limits.ether_type) {
		queue_put(d, m, 0);
		return;
	}
	count = frame_accept(d, (const uint8_t *)eth, len);
	if (count != 0)
		queue_put(d, m, count);
	else
		rte_pktmbuf_free(m);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_submit_burst, 26.11)
uint16_t
rte_disassembler_submit_burst(struct rte_disassembler *d, struct rte_mbuf **frames, uint16_t nb)
{
	uint32_t room = QUEUE_SIZE - (d->tail - d->head);
	uint16_t i;

	nb = RTE_MIN(nb, room);
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

/* Pass 2: up to *nb* of the packets of the assembled frame at the queue's head. */
static uint16_t
deliver_some(struct rte_disassembler *d, struct queue_entry *entry, struct rte_mbuf **pkts,
		uint16_t nb)
{
	struct assembler_frame_reader *reader = &d->reader;
	uint16_t port = entry->mbuf->port;
	uint16_t i, done;
	uint32_t len;

	nb = RTE_MIN(nb, reader->left);
	done = alloc_some(d->conf.pkt_pool, pkts, nb);
	for (i = 0; i < done; i++) {
		len = assembler_frame_rebuild(reader, rte_pktmbuf_mtod(pkts[i], uint8_t *));
		pkts[i]->data_len = len;
		pkts[i]->pkt_len = len;
		pkts[i]->port = port;
		d->stats.bytes += len;
	}
	d->stats.packets += done;
	if (unlikely(done < nb)) {
		/* What the pool has no mbufs for is lost, as in a driver. */
		d->stats.no_mbuf += reader->left;
		reader->left = 0;
	}
	return done;
}

static uint16_t
deliver(struct rte_disassembler *d, struct queue_entry *entry, struct rte_mbuf **pkts,
		uint16_t nb)
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
		d->stats.frames++;
		queue_pop(d);
	}
	return done;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_collect_burst, 26.11)
uint16_t
rte_disassembler_collect_burst(struct rte_disassembler *d, struct rte_mbuf **pkts, uint16_t nb)
{
	struct queue_entry *entry;
	uint16_t done = 0;

	while (done < nb && d->head != d->tail) {
		entry = &d->queue[d->head & QUEUE_MASK];
		if (entry->count != 0) {
			done += deliver(d, entry, pkts + done, nb - done);
			continue;
		}
		pkts[done++] = entry->mbuf;
		d->stats.native++;
		queue_pop(d);
	}
	return done;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_disassembler_stats_get, 26.11)
void
rte_disassembler_stats_get(const struct rte_disassembler *d, struct rte_disassembler_stats *stats)
{
	*stats = d->stats;
}
