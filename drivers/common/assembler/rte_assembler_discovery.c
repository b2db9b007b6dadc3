/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include <rte_assembler_discovery.h>

#include "assembler_control.h"
#include "assembler_private.h"

#define MS_PER_SEC 1000
#define SEND_FLAGS (RTE_ASSEMBLER_FLAG_CTRL | RTE_ASSEMBLER_FLAG_TIMER)

/* A peer in words that any lcore may read. */
union view_who {
	uint64_t word;
	struct {
		struct rte_ether_addr addr;
		uint8_t state;
		uint8_t flags;
	};
};

union view_what {
	uint64_t word;
	struct {
		uint16_t max_frame;
		uint16_t max_count;
		uint16_t epoch;
		uint8_t lowest;
		uint8_t highest;
	};
};

struct view {
	ASSEMBLER_SHARED(uint64_t) who;
	ASSEMBLER_SHARED(uint64_t) what;
	ASSEMBLER_SHARED(uint64_t) heard; /* TSC */
};

struct rte_assembler_discovery {
	/* Set at creation, then read-only. */
	struct rte_assembler_discovery_conf conf;
	uint32_t room; /* bytes of a frame that the pool has room for, at most */

	/* Everything below is written by the discovery's lcore. */
	struct assembler_control control;
	uint32_t peers_version; /* of the assembler, whose peers were told what is known then */
	assembler_counter_t no_mbuf;
	struct rte_ether_addr admitted[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS]; /* 0: none */
	struct view views[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
	uint8_t copy[ASSEMBLER_FRAME_OVERHEAD + UINT16_MAX]; /* of a frame in several segments */
};

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_conf_default, 26.11)
void
rte_assembler_discovery_conf_default(struct rte_assembler_discovery_conf *conf)
{
	*conf = (struct rte_assembler_discovery_conf){
		.max_frame = ASSEMBLER_PROBE_FREE,
		.max_count = UINT16_MAX,
		.interval_ms = 500,
		.max_peers = 16,
		.socket_id = SOCKET_ID_ANY,
	};
}

static int
conf_check_ranges(const struct rte_assembler_discovery_conf *conf)
{
	const struct {
		const char *name;
		uint32_t value;
		uint32_t min;
		uint32_t max;
	} ranges[] = {
		{ "max_frame", conf->max_frame, ASSEMBLER_FRAME_MIN, 16384 },
		{ "max_count", conf->max_count, 1, UINT16_MAX },
		{ "interval_ms", conf->interval_ms, 10, 20000 },
		{ "max_peers", conf->max_peers, 1, RTE_ASSEMBLER_DISCOVERY_MAX_PEERS },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(ranges); i++) {
		if (ranges[i].value >= ranges[i].min && ranges[i].value <= ranges[i].max)
			continue;
		ASSEMBLER_LOG(ERR, "%s of a discovery is %u, not in %u..%u", ranges[i].name,
				ranges[i].value, ranges[i].min, ranges[i].max);
		return -EINVAL;
	}
	return 0;
}

/* The longest frame that is made: a PROBE, if the assembler wants long ones. */
static uint32_t
longest_frame(const struct rte_assembler_discovery_conf *conf)
{
	uint32_t longest = conf->assembler == NULL ? 0 : conf->assembler->conf.max_frame;

	return RTE_MAX(longest, (uint32_t)ASSEMBLER_CONTROL_LEN);
}

static uint32_t
pool_room(struct rte_mempool *pool)
{
	return pool == NULL ? 0 : rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
}

/* Peers know a gateway by one address, and a discovery speaks one EtherType. */
static bool
users_check(const struct rte_assembler_discovery_conf *conf)
{
	const struct assembler_rules *sends = conf->assembler == NULL ? NULL :
			conf->assembler->rules;
	const struct rte_disassembler_conf *receives = conf->disassembler == NULL ? NULL :
			assembler_disassembler_conf(conf->disassembler);

	if ((sends != NULL && !rte_is_same_ether_addr(&sends->src, &conf->own)) ||
			(receives != NULL && !rte_is_same_ether_addr(&receives->own, &conf->own))) {
		ASSEMBLER_LOG(ERR, "own address of a discovery is not that of its assembler "
				"and disassembler");
		return false;
	}
	if (sends != NULL && receives != NULL &&
			sends->ether_type != rte_cpu_to_be_16(receives->ether_type)) {
		ASSEMBLER_LOG(ERR, "assembler and disassembler of a discovery have different "
				"EtherTypes");
		return false;
	}
	return true;
}

static int
conf_check(const struct rte_assembler_discovery_conf *conf)
{
	if (!rte_is_valid_assigned_ether_addr(&conf->own)) {
		ASSEMBLER_LOG(ERR, "own address of a discovery is not that of a port");
		return -EINVAL;
	}
	if (conf->assembler == NULL && conf->disassembler == NULL) {
		ASSEMBLER_LOG(ERR, "a discovery has neither assembler nor disassembler");
		return -EINVAL;
	}
	if (!users_check(conf))
		return -EINVAL;
	if (pool_room(conf->pool) < longest_frame(conf)) {
		ASSEMBLER_LOG(ERR, "pool of a discovery has no room for frames of %u bytes",
				longest_frame(conf));
		return -EINVAL;
	}
	return conf_check_ranges(conf);
}

static rte_be16_t
ether_type(const struct rte_assembler_discovery_conf *conf)
{
	if (conf->assembler != NULL)
		return conf->assembler->rules[0].ether_type;
	return rte_cpu_to_be_16(assembler_disassembler_conf(conf->disassembler)->ether_type);
}

static void
control_init(struct rte_assembler_discovery *d)
{
	const struct rte_assembler_discovery_conf *conf = &d->conf;
	struct rte_assembler *a = conf->assembler;
	struct assembler_control_conf c = {
		.own = conf->own,
		.ether_type = ether_type(conf),
		.sends = a != NULL,
		.receives = conf->disassembler != NULL,
		.max_peers = conf->max_peers,
		.hz = rte_get_tsc_hz(),
	};

	c.interval = conf->interval_ms * c.hz / MS_PER_SEC;
	c.hello = (struct assembler_hello){
		.lowest = RTE_ASSEMBLER_VERSION,
		.highest = RTE_ASSEMBLER_VERSION,
		.flags = SEND_FLAGS | (rte_assembler_has_lz4() ? RTE_ASSEMBLER_FLAG_LZ4 : 0),
		.max_frame = conf->max_frame,
		.max_count = conf->max_count,
		/* Another one for each discovery: what it sends is numbered anew. */
		.epoch = a != NULL ? a->rules[0].epoch + a->nb_discoveries++ : rte_rand(),
		.interval_ms = conf->interval_ms,
	};
	assembler_control_init(&d->control, &c);
}

/* What the assembler is to know of the peer *addr*: nothing, unless it answers. */
static union assembler_peer
peer_of(const struct rte_assembler_discovery *d, const struct rte_ether_addr *addr,
		union assembler_limits *limits)
{
	union assembler_peer p = { .addr = *addr };
	const struct assembler_control_peer *peer;
	uint16_t i;

	limits->word = 0;
	for (i = 0; i < d->conf.max_peers; i++) {
		peer = &d->control.peers[i];
		if (peer->state != RTE_ASSEMBLER_PEER_UP ||
				!rte_is_same_ether_addr(&peer->addr, addr))
			continue;
		p.known = 1;
		limits->given = 1;
		limits->max_frame = assembler_control_max_frame(peer);
		limits->max_count = peer->hello.max_count;
		limits->lz4 = (peer->hello.flags & RTE_ASSEMBLER_FLAG_LZ4) != 0;
	}
	return p;
}

static void
peer_tell(const struct rte_assembler_discovery *d, uint32_t i, const struct rte_ether_addr *addr)
{
	union assembler_limits limits;
	const union assembler_peer p = peer_of(d, addr, &limits);

	assembler_peer_tell(d->conf.assembler, i, p, limits);
}

/* The address of the only peer that answers; of none or of several the null address. */
static struct rte_ether_addr
only_peer(const struct rte_assembler_discovery *d)
{
	struct rte_ether_addr addr = { { 0 } };
	uint16_t i, nb = 0;

	for (i = 0; i < d->conf.max_peers; i++) {
		if (d->control.peers[i].state != RTE_ASSEMBLER_PEER_UP)
			continue;
		addr = d->control.peers[i].addr;
		nb++;
	}
	return nb == 1 ? addr : (struct rte_ether_addr){ { 0 } };
}

static void
assembler_tell(struct rte_assembler_discovery *d)
{
	struct rte_assembler *a = d->conf.assembler;
	const struct rte_ether_addr addr = only_peer(d);
	union assembler_peer p;
	uint32_t i;

	peer_tell(d, 0, &addr);
	/* Peers are named on this lcore. */
	for (i = 1; i <= assembler_load_relaxed(&a->nb_peers); i++) {
		p.word = assembler_load_relaxed(&a->peers[i].peer);
		peer_tell(d, i, &p.addr);
	}
	d->peers_version = assembler_load_relaxed(&a->peers_version);
}

/* Did the assembler get a peer, maybe in the place of another one, that was told nothing? */
static bool
peers_named(const struct rte_assembler_discovery *d)
{
	const struct rte_assembler *a = d->conf.assembler;

	return a != NULL && assembler_load_relaxed(&a->peers_version) != d->peers_version;
}

/* Whoever may send assembled frames is admitted; who left may have some on the way. */
static void
disassembler_tell(struct rte_assembler_discovery *d)
{
	const struct assembler_control_peer *peer;
	const struct rte_ether_addr none = { { 0 } };
	struct rte_ether_addr wanted;
	uint16_t i;

	for (i = 0; i < d->conf.max_peers; i++) {
		peer = &d->control.peers[i];
		wanted = peer->state == RTE_ASSEMBLER_PEER_NONE ? none : peer->addr;
		if (rte_is_same_ether_addr(&wanted, &d->admitted[i]))
			continue;
		if (!rte_is_zero_ether_addr(&d->admitted[i]))
			rte_disassembler_peer_del(d->conf.disassembler, &d->admitted[i]);
		d->admitted[i] = none;
	}
	for (i = 0; i < d->conf.max_peers; i++) {
		peer = &d->control.peers[i];
		if (peer->state == RTE_ASSEMBLER_PEER_NONE ||
				!rte_is_zero_ether_addr(&d->admitted[i]))
			continue;
		/* One that the program added itself stays when the discovery forgets it. */
		if (rte_disassembler_peer_add(d->conf.disassembler, &peer->addr) == 0)
			d->admitted[i] = peer->addr;
	}
}

static void
views_update(struct rte_assembler_discovery *d)
{
	const struct assembler_control_peer *peer;
	union view_what what;
	union view_who who;
	uint16_t i;

	for (i = 0; i < d->conf.max_peers; i++) {
		peer = &d->control.peers[i];
		who = (union view_who){
			.addr = peer->addr,
			.state = peer->state,
			.flags = peer->hello.flags,
		};
		what = (union view_what){
			.max_frame = assembler_control_max_frame(peer),
			.max_count = peer->hello.max_count,
			.epoch = peer->hello.epoch,
			.lowest = peer->hello.lowest,
			.highest = peer->hello.highest,
		};
		assembler_store_relaxed(&d->views[i].heard, peer->heard);
		assembler_store_relaxed(&d->views[i].what, what.word);
		assembler_store_relaxed(&d->views[i].who, who.word);
	}
}

/* The longest frame that the assembler wants to send may change while it runs. */
static void
send_frame_update(struct rte_assembler_discovery *d)
{
	const struct rte_assembler *a = d->conf.assembler;
	union assembler_sizes sizes = { .word = 0 };

	if (a != NULL)
		sizes.word = assembler_load_relaxed(&a->rules[0].sizes);
	d->control.conf.send_frame = RTE_MIN(sizes.s.max_frame, d->room);
}

/* Pass on what has changed. */
static void
tell(struct rte_assembler_discovery *d)
{
	struct assembler_control *c = &d->control;

	if ((c->up_changed && d->conf.assembler != NULL) || peers_named(d))
		assembler_tell(d);
	if (c->changed && d->conf.disassembler != NULL)
		disassembler_tell(d);
	views_update(d);
	c->changed = false;
	c->up_changed = false;
}

/* A good control frame: assembler_control_fn of the disassembler. */
static void
receive(void *arg, const uint8_t *frame, uint32_t len, const struct assembler_frame_info *info)
{
	struct rte_assembler_discovery *d = arg;

	assembler_control_receive(&d->control, frame, len, info, rte_rdtsc());
	if (d->control.changed)
		tell(d);
}

static int
users_attach(struct rte_assembler_discovery *d)
{
	struct rte_assembler *a = d->conf.assembler;

	if (a != NULL && assembler_set_discovery(a, d) != 0)
		return -EBUSY;
	if (d->conf.disassembler != NULL &&
			assembler_disassembler_set_control(d->conf.disassembler, receive, d) != 0) {
		if (a != NULL)
			assembler_set_discovery(a, NULL);
		return -EBUSY;
	}
	if (a != NULL)
		assembler_tell(d);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_create, 26.11)
struct rte_assembler_discovery *
rte_assembler_discovery_create(const struct rte_assembler_discovery_conf *conf)
{
	struct rte_assembler_discovery *d;

	if (conf_check(conf) != 0) {
		rte_errno = EINVAL;
		return NULL;
	}
	d = rte_zmalloc_socket("assembler_discovery", sizeof(*d), RTE_CACHE_LINE_SIZE,
			conf->socket_id);
	if (d == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	d->conf = *conf;
	d->room = RTE_MIN(pool_room(conf->pool), (uint32_t)UINT16_MAX);
	control_init(d);
	if (users_attach(d) != 0) {
		ASSEMBLER_LOG(ERR, "assembler or disassembler has a discovery already");
		rte_free(d);
		rte_errno = EBUSY;
		return NULL;
	}
	return d;
}

/* What the peers said holds no longer, and nobody would notice it if they were gone. */
static void
assembler_detach(struct rte_assembler *a)
{
	const union assembler_limits no_limits = { .word = 0 };
	union assembler_peer p = { .word = 0 };
	uint32_t i;

	assembler_peer_tell(a, 0, p, no_limits);
	for (i = 1; i <= assembler_load_relaxed(&a->nb_peers); i++) {
		p.word = assembler_load_relaxed(&a->peers[i].peer);
		p.known = 0;
		assembler_peer_tell(a, i, p, no_limits);
	}
	assembler_set_discovery(a, NULL);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_free, 26.11)
void
rte_assembler_discovery_free(struct rte_assembler_discovery *d)
{
	if (d == NULL)
		return;
	if (d->conf.assembler != NULL)
		assembler_detach(d->conf.assembler);
	if (d->conf.disassembler != NULL)
		assembler_disassembler_set_control(d->conf.disassembler, NULL, NULL);
	rte_free(d);
}

/* Is it a good control frame to this address or to everybody? */
static bool
is_control(const struct rte_assembler_discovery *d, const uint8_t *frame, uint32_t len,
		struct assembler_frame_info *info)
{
	const struct assembler_frame_limits limits = { .ether_type = d->control.conf.ether_type };
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)frame;

	if (len < ASSEMBLER_FRAME_OVERHEAD || eth->ether_type != limits.ether_type ||
			!assembler_frame_is_control(frame))
		return false;
	if (!rte_is_same_ether_addr(&eth->dst_addr, &d->conf.own) &&
			!rte_is_broadcast_ether_addr(&eth->dst_addr))
		return false;
	/* What CTRL frames carry is never compressed. */
	return assembler_frame_check(frame, len, &limits, NULL, info) == ASSEMBLER_FRAME_OK;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_receive, 26.11)
bool
rte_assembler_discovery_receive(struct rte_assembler_discovery *d, struct rte_mbuf *m)
{
	const uint32_t len = RTE_MIN(m->pkt_len, (uint32_t)sizeof(d->copy));
	const uint8_t *frame = rte_pktmbuf_read(m, 0, len, d->copy);
	struct assembler_frame_info info;

	if (!is_control(d, frame, len, &info))
		return false;
	receive(d, frame, m->pkt_len, &info);
	rte_pktmbuf_free(m);
	return true;
}

static struct rte_mbuf *
frame_make(struct rte_assembler_discovery *d)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(d->conf.pool);
	uint32_t len;

	if (unlikely(m == NULL)) {
		assembler_counter_add(&d->no_mbuf, 1);
		return NULL;
	}
	len = assembler_control_next(&d->control, rte_pktmbuf_mtod(m, uint8_t *), d->room);
	if (len == 0) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	m->data_len = len;
	m->pkt_len = len;
	return m;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_poll, 26.11)
uint16_t
rte_assembler_discovery_poll(struct rte_assembler_discovery *d, struct rte_mbuf **frames,
		uint16_t nb)
{
	const uint64_t now = rte_rdtsc();
	uint16_t i;

	if (likely(assembler_control_idle(&d->control, now) && !peers_named(d)))
		return 0;
	send_frame_update(d);
	assembler_control_poll(&d->control, now);
	tell(d);
	for (i = 0; i < nb; i++) {
		frames[i] = frame_make(d);
		if (frames[i] == NULL)
			break;
	}
	return i;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_leave, 26.11)
void
rte_assembler_discovery_leave(struct rte_assembler_discovery *d)
{
	assembler_control_leave(&d->control);
	tell(d);
}

static void
view_read(const struct view *view, struct rte_assembler_discovery_peer *peer)
{
	const union view_who who = { .word = assembler_load_relaxed(&view->who) };
	const union view_what what = { .word = assembler_load_relaxed(&view->what) };
	const uint64_t heard = assembler_load_relaxed(&view->heard);
	const uint64_t now = rte_rdtsc();

	*peer = (struct rte_assembler_discovery_peer){
		.addr = who.addr,
		.state = who.state,
		.lowest = what.lowest,
		.highest = what.highest,
		.lz4 = (who.flags & RTE_ASSEMBLER_FLAG_LZ4) != 0,
		.max_frame = what.max_frame,
		.max_count = what.max_count,
		.epoch = what.epoch,
		/* Clocks of two lcores may differ by a little. */
		.age_ms = (now - RTE_MIN(heard, now)) / (rte_get_tsc_hz() / MS_PER_SEC),
	};
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_peers_get, 26.11)
uint16_t
rte_assembler_discovery_peers_get(const struct rte_assembler_discovery *d,
		struct rte_assembler_discovery_peer *peers, uint16_t nb)
{
	struct rte_assembler_discovery_peer peer;
	uint16_t i, n = 0;

	for (i = 0; i < d->conf.max_peers && n < nb; i++) {
		view_read(&d->views[i], &peer);
		if (peer.state != RTE_ASSEMBLER_PEER_NONE)
			peers[n++] = peer;
	}
	return n;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_discovery_stats_get, 26.11)
void
rte_assembler_discovery_stats_get(const struct rte_assembler_discovery *d,
		struct rte_assembler_discovery_stats *stats)
{
	const struct assembler_control_stats *c = &d->control.stats;

	*stats = (struct rte_assembler_discovery_stats){
		.received = assembler_load_relaxed(&c->received),
		.sent = assembler_load_relaxed(&c->sent),
		.refused = assembler_load_relaxed(&c->refused),
		.limited = assembler_load_relaxed(&c->limited),
		.incompatible = assembler_load_relaxed(&c->incompatible),
		.invalid = assembler_load_relaxed(&c->invalid),
		.stale = assembler_load_relaxed(&c->stale),
		.no_mbuf = assembler_load_relaxed(&d->no_mbuf),
	};
}

static const char * const state_names[] = {
	[RTE_ASSEMBLER_PEER_NONE] = "none",
	[RTE_ASSEMBLER_PEER_HEARD] = "heard",
	[RTE_ASSEMBLER_PEER_UP] = "up",
	[RTE_ASSEMBLER_PEER_SILENT] = "silent",
	[RTE_ASSEMBLER_PEER_LEFT] = "left",
};

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_peer_state_name, 26.11)
const char *
rte_assembler_peer_state_name(enum rte_assembler_peer_state state)
{
	return (unsigned int)state < RTE_DIM(state_names) ? state_names[state] : NULL;
}
