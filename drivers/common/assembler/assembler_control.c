/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <string.h>

#include "assembler_control.h"

/* What a peer is owed. */
#define DUE(tlv) (1u << RTE_ASSEMBLER_TLV_ ## tlv)

/* Intervals without an answer after which a peer gets native frames. */
#define SILENT_INTERVALS 3
/* Own intervals without a word after which a peer is forgotten, or of its own: */
#define FORGET_INTERVALS 10
#define FORGET_PEER_INTERVALS 3
/* Answers that one peer gets, and in what part of a second. */
#define ANSWERS 8
#define ANSWERS_PER_SEC 10
/* With a peer that answers, every so many intervals a HELLO goes to everybody; a power of 2. */
#define SEARCH_INTERVALS 8
#define MS_PER_SEC 1000

void
assembler_control_init(struct assembler_control *c, const struct assembler_control_conf *conf)
{
	*c = (struct assembler_control){ .conf = *conf };
}

static void
owe(struct assembler_control *c, struct assembler_control_peer *peer, uint8_t due)
{
	peer->due |= due;
	c->any_due = true;
}

/* An answer to what a peer may send as often as it likes. */
static void
owe_answer(struct assembler_control *c, struct assembler_control_peer *peer, uint8_t due,
		uint64_t now)
{
	if (peer->due & due)
		return;
	if (now >= peer->answers_at) {
		peer->answers = ANSWERS;
		peer->answers_at = now + c->conf.hz / ANSWERS_PER_SEC;
	}
	if (peer->answers == 0) {
		assembler_counter_add(&c->stats.limited, 1);
		return;
	}
	peer->answers--;
	owe(c, peer, due);
}

static struct assembler_control_peer *
peer_find(struct assembler_control *c, const struct rte_ether_addr *addr)
{
	struct assembler_control_peer *peer;

	for (peer = c->peers; peer < c->peers + c->conf.max_peers; peer++)
		if (peer->state != RTE_ASSEMBLER_PEER_NONE &&
				rte_is_same_ether_addr(&peer->addr, addr))
			return peer;
	return NULL;
}

static struct assembler_control_peer *
peer_free_entry(struct assembler_control *c)
{
	struct assembler_control_peer *peer;

	for (peer = c->peers; peer < c->peers + c->conf.max_peers; peer++)
		if (peer->state == RTE_ASSEMBLER_PEER_NONE)
			return peer;
	return NULL;
}

/* Of those that do not answer the one that was heard of least lately. */
static struct assembler_control_peer *
peer_idle_entry(struct assembler_control *c)
{
	struct assembler_control_peer *peer, *oldest = NULL;

	for (peer = c->peers; peer < c->peers + c->conf.max_peers; peer++)
		if (peer->state != RTE_ASSEMBLER_PEER_UP &&
				(oldest == NULL || peer->heard < oldest->heard))
			oldest = peer;
	return oldest;
}

/*
 * Each entry has a stream of its own. A stream that is used again has another epoch: a
 * peer that saw it before takes nothing for old or lost. The next discovery's is one more:
 * so these are in other bits. When they have had all values, what is counted as lost is
 * too much, but sequence numbers are still ahead of all that were used.
 */
static struct assembler_control_peer *
peer_create(struct assembler_control *c, const struct rte_ether_addr *addr, bool answers)
{
	struct assembler_control_peer *peer = peer_free_entry(c);

	if (peer == NULL && answers)
		peer = peer_idle_entry(c);
	if (peer == NULL) {
		assembler_counter_add(&c->stats.refused, 1);
		return NULL;
	}
	*peer = (struct assembler_control_peer){
		.addr = *addr,
		.stream = ASSEMBLER_CONTROL_STREAM +
				(c->created & (ASSEMBLER_CONTROL_STREAMS - 1)),
		.epoch = c->conf.hello.epoch + (c->created / ASSEMBLER_CONTROL_STREAMS << 8),
		.seq = c->created < ASSEMBLER_CONTROL_STREAMS ? 0 :
				assembler_load_relaxed(&c->stats.sent),
	};
	c->created++;
	c->changed = true;
	return peer;
}

/* To be called before a change that ends, and after one that begins the state UP. */
static void
peer_note_change(struct assembler_control *c, const struct assembler_control_peer *peer)
{
	c->changed = true;
	c->up_changed |= peer->state == RTE_ASSEMBLER_PEER_UP;
}

static void
peer_set_state(struct assembler_control *c, struct assembler_control_peer *peer, uint8_t state)
{
	if (peer->state == state)
		return;
	peer_note_change(c, peer);
	peer->state = state;
	peer_note_change(c, peer);
}

static void
peer_forget(struct assembler_control *c, struct assembler_control_peer *peer)
{
	peer->due = 0;
	peer_set_state(c, peer, RTE_ASSEMBLER_PEER_NONE);
}

/* How long it is remembered without a word from it. */
static uint64_t
peer_patience(const struct assembler_control *c, const struct assembler_control_peer *peer)
{
	const uint64_t interval = peer->hello.interval_ms * c->conf.hz / MS_PER_SEC;

	return RTE_MAX(FORGET_INTERVALS * c->conf.interval, FORGET_PEER_INTERVALS * interval);
}

/* Can the peer that declares this be talked to? If not, it gets native frames. */
static bool
hello_check(struct assembler_control *c, struct assembler_control_peer *peer,
		const struct assembler_hello *hello)
{
	if (hello->lowest > RTE_ASSEMBLER_VERSION || hello->highest < RTE_ASSEMBLER_VERSION)
		assembler_counter_add(&c->stats.incompatible, 1);
	else if (hello->max_frame < ASSEMBLER_FRAME_MIN || hello->max_count == 0)
		assembler_counter_add(&c->stats.invalid, 1);
	else
		return true;
	if (peer != NULL)
		peer_forget(c, peer);
	return false;
}

/* Note what a peer declares. With another epoch it has restarted and knows nobody. */
static void
peer_declare(struct assembler_control *c, struct assembler_control_peer *peer,
		const struct assembler_hello *hello, uint64_t now)
{
	const uint16_t target = RTE_MIN(c->conf.send_frame, hello->max_frame);
	const bool restarted = peer->state == RTE_ASSEMBLER_PEER_NONE ||
			peer->hello.epoch != hello->epoch;

	if (restarted || peer->probe.target != target ||
			memcmp(&peer->hello, hello, sizeof(*hello)) != 0)
		peer_note_change(c, peer);
	if (restarted) {
		peer->state = RTE_ASSEMBLER_PEER_HEARD;
		peer->due = 0;
		if (c->conf.sends)
			owe(c, peer, DUE(HELLO));
	}
	if (restarted || peer->probe.target != target)
		assembler_probe_begin(&peer->probe, target, now, c->conf.interval);
	peer->hello = *hello;
	peer->heard = now;
}

/* Something that it sent before its BYE and that comes after it. */
static bool
is_before_bye(struct assembler_control *c, const struct assembler_control_peer *peer,
		const struct assembler_hello *hello)
{
	if (peer == NULL || peer->state != RTE_ASSEMBLER_PEER_LEFT ||
			peer->hello.epoch != hello->epoch)
		return false;
	assembler_counter_add(&c->stats.stale, 1);
	return true;
}

static void
receive_hello(struct assembler_control *c, struct assembler_control_peer *peer,
		const struct rte_ether_addr *src, const struct assembler_tlv *tlv, uint64_t now)
{
	if (!hello_check(c, peer, &tlv->hello) || is_before_bye(c, peer, &tlv->hello))
		return;
	if (peer == NULL)
		peer = peer_create(c, src, false);
	if (peer == NULL)
		return;
	peer_declare(c, peer, &tlv->hello, now);
	if (c->conf.receives)
		owe_answer(c, peer, DUE(HELLO_ACK), now);
}

static void
receive_hello_ack(struct assembler_control *c, struct assembler_control_peer *peer,
		const struct rte_ether_addr *src, const struct assembler_tlv *tlv, uint64_t now)
{
	if (!c->conf.sends || tlv->epoch != c->conf.hello.epoch) {
		assembler_counter_add(&c->stats.stale, 1);
		return;
	}
	if (!hello_check(c, peer, &tlv->hello) || is_before_bye(c, peer, &tlv->hello))
		return;
	if (peer == NULL)
		peer = peer_create(c, src, true);
	if (peer == NULL)
		return;
	peer_declare(c, peer, &tlv->hello, now);
	if (peer->state != RTE_ASSEMBLER_PEER_UP)
		assembler_probe_begin(&peer->probe, peer->probe.target, now, c->conf.interval);
	peer_set_state(c, peer, RTE_ASSEMBLER_PEER_UP);
	peer->due &= ~DUE(HELLO);
	peer->answered = now;
	/* A probe may be due at once. */
	c->next = now;
}

static void
receive_probe(struct assembler_control *c, struct assembler_control_peer *peer,
		const struct assembler_tlv *tlv, uint32_t len, uint64_t now)
{
	if (peer->state == RTE_ASSEMBLER_PEER_LEFT || !c->conf.receives)
		return;
	peer->heard = now;
	peer->probe_ack_id = tlv->id;
	peer->probe_ack_bytes = RTE_MIN(len, (uint32_t)UINT16_MAX);
	owe_answer(c, peer, DUE(PROBE_ACK), now);
}

static void
receive_probe_ack(struct assembler_control *c, struct assembler_control_peer *peer,
		const struct assembler_tlv *tlv, uint64_t now)
{
	const uint16_t before = peer->probe.proven;

	if (peer->state != RTE_ASSEMBLER_PEER_UP ||
			!assembler_probe_acked(&peer->probe, tlv->id, tlv->bytes, now)) {
		assembler_counter_add(&c->stats.stale, 1);
		return;
	}
	peer->heard = now;
	if (peer->probe.proven != before)
		peer_note_change(c, peer);
	c->next = now;
}

static void
receive_bye(struct assembler_control *c, struct assembler_control_peer *peer,
		const struct assembler_tlv *tlv, uint64_t now)
{
	if (tlv->epoch != peer->hello.epoch) {
		assembler_counter_add(&c->stats.stale, 1);
		return;
	}
	peer->heard = now;
	peer->due = 0;
	peer_set_state(c, peer, RTE_ASSEMBLER_PEER_LEFT);
}

static void
receive_tlv(struct assembler_control *c, const struct rte_ether_addr *src,
		const struct assembler_tlv *tlv, uint32_t len, uint64_t now)
{
	struct assembler_control_peer *peer = peer_find(c, src);

	if (tlv->type == RTE_ASSEMBLER_TLV_HELLO)
		receive_hello(c, peer, src, tlv, now);
	else if (tlv->type == RTE_ASSEMBLER_TLV_HELLO_ACK)
		receive_hello_ack(c, peer, src, tlv, now);
	else if (peer == NULL)
		return;
	else if (tlv->type == RTE_ASSEMBLER_TLV_PROBE)
		receive_probe(c, peer, tlv, len, now);
	else if (tlv->type == RTE_ASSEMBLER_TLV_PROBE_ACK)
		receive_probe_ack(c, peer, tlv, now);
	else if (tlv->type == RTE_ASSEMBLER_TLV_BYE)
		receive_bye(c, peer, tlv, now);
}

void
assembler_control_receive(struct assembler_control *c, const uint8_t *frame, uint32_t len,
		const struct assembler_frame_info *info, uint64_t now)
{
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)frame;
	const bool to_all = rte_is_broadcast_ether_addr(&eth->dst_addr);
	const uint8_t *p = frame + ASSEMBLER_FRAME_OVERHEAD;
	struct assembler_tlv tlv;
	uint32_t seen = 0;
	uint16_t i;

	assembler_counter_add(&c->stats.received, 1);
	if (c->leaving || !rte_is_valid_assigned_ether_addr(&eth->src_addr) ||
			rte_is_same_ether_addr(&eth->src_addr, &c->conf.own))
		return;
	for (i = 0; i < info->count; i++) {
		p = assembler_tlv_get(p, &tlv);
		/* The first one of each kind: a frame full of them is no more work. */
		if (tlv.type > RTE_ASSEMBLER_TLV_BYE || (seen & 1u << tlv.type))
			continue;
		seen |= 1u << tlv.type;
		/* All else is between two. */
		if (!to_all || tlv.type == RTE_ASSEMBLER_TLV_HELLO)
			receive_tlv(c, &eth->src_addr, &tlv, len, now);
	}
}

static bool
any_is_up(const struct assembler_control *c)
{
	uint16_t i;

	for (i = 0; i < c->conf.max_peers; i++)
		if (c->peers[i].state == RTE_ASSEMBLER_PEER_UP)
			return true;
	return false;
}

static void
interval_begin(struct assembler_control *c, uint64_t now)
{
	struct assembler_control_peer *peer;

	/* After a pause the clock begins anew: what was missed is not made up for. */
	c->hello_at += c->conf.interval;
	if (c->hello_at <= now)
		c->hello_at = now + c->conf.interval;
	for (peer = c->peers; peer < c->peers + c->conf.max_peers; peer++) {
		if (c->conf.sends && peer->state != RTE_ASSEMBLER_PEER_NONE &&
				peer->state != RTE_ASSEMBLER_PEER_LEFT)
			owe(c, peer, DUE(HELLO));
	}
	if (!c->conf.sends)
		return;
	c->all_due = (c->intervals++ & (SEARCH_INTERVALS - 1)) == 0 || !any_is_up(c);
	c->any_due |= c->all_due;
}

static void
peer_poll(struct assembler_control *c, struct assembler_control_peer *peer, uint64_t now)
{
	const uint16_t before = peer->probe.proven;

	if (now - peer->heard >= peer_patience(c, peer)) {
		peer_forget(c, peer);
		return;
	}
	if (peer->state != RTE_ASSEMBLER_PEER_UP)
		return;
	if (now - peer->answered >= SILENT_INTERVALS * c->conf.interval) {
		peer->due &= ~DUE(PROBE);
		peer_set_state(c, peer, RTE_ASSEMBLER_PEER_SILENT);
		return;
	}
	if (assembler_probe_due(&peer->probe, now))
		owe(c, peer, DUE(PROBE));
	if (peer->probe.proven != before)
		peer_note_change(c, peer);
}

static uint64_t
peer_next(const struct assembler_control *c, const struct assembler_control_peer *peer)
{
	const uint64_t forget = peer->heard + peer_patience(c, peer);
	const uint64_t silent = peer->answered + SILENT_INTERVALS * c->conf.interval;
	uint64_t next;

	if (peer->state != RTE_ASSEMBLER_PEER_UP)
		return forget;
	next = RTE_MIN(silent, assembler_probe_next(&peer->probe));
	return RTE_MIN(forget, next);
}

void
assembler_control_poll(struct assembler_control *c, uint64_t now)
{
	struct assembler_control_peer *peer;

	if (now < c->next || c->leaving)
		return;
	if (now >= c->hello_at)
		interval_begin(c, now);
	c->next = c->hello_at;
	for (peer = c->peers; peer < c->peers + c->conf.max_peers; peer++) {
		if (peer->state != RTE_ASSEMBLER_PEER_NONE)
			peer_poll(c, peer, now);
		if (peer->state != RTE_ASSEMBLER_PEER_NONE)
			c->next = RTE_MIN(c->next, peer_next(c, peer));
	}
}

/* Put headers round the TLVs that end at *end*. */
static uint32_t
frame_finish(struct assembler_control *c, uint8_t *frame, const uint8_t *end,
		const struct rte_ether_addr *dst, struct assembler_frame_info *info)
{
	uint8_t addrs[ASSEMBLER_ADDRS_LEN];

	memcpy(addrs, dst, RTE_ETHER_ADDR_LEN);
	memcpy(addrs + RTE_ETHER_ADDR_LEN, &c->conf.own, RTE_ETHER_ADDR_LEN);
	info->flags = RTE_ASSEMBLER_FLAG_CTRL;
	info->payload_len = end - frame - ASSEMBLER_FRAME_OVERHEAD;
	assembler_counter_add(&c->stats.sent, 1);
	return assembler_frame_finish(frame, assembler_addrs_load(addrs), c->conf.ether_type,
			info);
}

static uint32_t
frame_to_all(struct assembler_control *c, uint8_t *frame)
{
	static const struct rte_ether_addr all = { { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF } };
	const struct assembler_tlv hello = {
		.type = RTE_ASSEMBLER_TLV_HELLO,
		.hello = c->conf.hello,
	};
	const uint8_t *end = assembler_tlv_put(frame + ASSEMBLER_FRAME_OVERHEAD, &hello);
	struct assembler_frame_info info = {
		.count = 1,
		.stream = ASSEMBLER_CONTROL_STREAM_ALL,
		.epoch = c->conf.hello.epoch,
		.seq = c->all_seq++,
	};

	c->all_due = false;
	return frame_finish(c, frame, end, &all, &info);
}

/*
 * What is due goes into one frame, answers before a HELLO: a peer that is known to
 * answer finds room where a stranger does not.
 */
static uint32_t
frame_to_peer(struct assembler_control *c, struct assembler_control_peer *peer, uint8_t *frame,
		uint8_t due)
{
	uint8_t *end = frame + ASSEMBLER_FRAME_OVERHEAD;
	struct assembler_tlv tlv = { .hello = c->conf.hello };
	struct assembler_frame_info info = {
		.stream = peer->stream,
		.epoch = peer->epoch,
		.seq = peer->seq++,
	};

	for (tlv.type = RTE_ASSEMBLER_TLV_BYE; tlv.type != 0; tlv.type--) {
		if (!(due & 1u << tlv.type))
			continue;
		tlv.epoch = tlv.type == RTE_ASSEMBLER_TLV_BYE ? c->conf.hello.epoch :
				peer->hello.epoch;
		tlv.bytes = peer->probe_ack_bytes;
		tlv.id = tlv.type == RTE_ASSEMBLER_TLV_PROBE ? peer->probe.id :
				peer->probe_ack_id;
		end = assembler_tlv_put(end, &tlv);
		info.count++;
	}
	peer->due &= ~due;
	return frame_finish(c, frame, end, &peer->addr, &info);
}

/* A PROBE alone, padded to the size that is probed. */
static uint32_t
frame_probe(struct assembler_control *c, struct assembler_control_peer *peer, uint8_t *frame,
		uint32_t room)
{
	const uint32_t len = frame_to_peer(c, peer, frame, DUE(PROBE));
	const uint32_t size = RTE_MIN(peer->probe.size, room);

	memset(frame + len, 0, size - len);
	return size;
}

uint32_t
assembler_control_next(struct assembler_control *c, uint8_t *frame, uint32_t room)
{
	struct assembler_control_peer *peer;
	uint16_t i;

	if (!c->any_due)
		return 0;
	if (c->all_due)
		return frame_to_all(c, frame);
	for (i = 0; i < c->conf.max_peers; i++) {
		peer = &c->peers[c->turn];
		if (peer->due & ~DUE(PROBE))
			return frame_to_peer(c, peer, frame, peer->due & ~DUE(PROBE));
		if (peer->due != 0)
			return frame_probe(c, peer, frame, room);
		if (++c->turn == c->conf.max_peers)
			c->turn = 0;
	}
	c->any_due = false;
	return 0;
}

void
assembler_control_leave(struct assembler_control *c)
{
	struct assembler_control_peer *peer;

	c->leaving = true;
	c->next = UINT64_MAX;
	c->all_due = false;
	for (peer = c->peers; peer < c->peers + c->conf.max_peers; peer++) {
		peer->due = 0;
		if (peer->state == RTE_ASSEMBLER_PEER_NONE)
			continue;
		if (peer->state != RTE_ASSEMBLER_PEER_LEFT)
			owe(c, peer, DUE(BYE));
		/* No frame is sent to it any more. */
		peer_set_state(c, peer, RTE_ASSEMBLER_PEER_LEFT);
	}
}
