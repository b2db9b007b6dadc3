/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Which peer and which class a packet belongs to. */

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_malloc.h>

#include "assembler_private.h"
#include "assembler_sleep.h"

/* What the class of a packet follows from: the beginning of a packet with one tag. */
#define CLASS_LEN (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
#define NB_PRIORITIES_BITS 3
#define NB_READERS ASSEMBLER_CLIENT_READER(RTE_ASSEMBLER_MAX_CLIENTS)

static int
readers_init(struct rte_assembler *a)
{
	uint32_t i;

	a->readers = rte_zmalloc_socket("assembler_readers", rte_rcu_qsbr_get_memsize(NB_READERS),
			RTE_CACHE_LINE_SIZE, a->conf.socket_id);
	if (a->readers == NULL || rte_rcu_qsbr_init(a->readers, NB_READERS) != 0)
		return -ENOMEM;
	for (i = 0; i < NB_READERS; i++)
		rte_rcu_qsbr_thread_register(a->readers, i);
	return 0;
}

/* As rte_hash_crc(), wherever in memory the address is. */
static inline uint32_t
address_hash(const void *addr, uint32_t len __rte_unused, uint32_t init)
{
	const uint8_t *p = addr;

	return rte_hash_crc_2byte(assembler_load16(p + sizeof(uint32_t)),
			rte_hash_crc_4byte(assembler_load32(p), init));
}

int
assembler_peers_init(struct rte_assembler *a)
{
	char name[RTE_HASH_NAMESIZE];
	const struct rte_hash_parameters params = {
		.name = name,
		.entries = RTE_MAX(a->conf.max_dsts, 8u),
		.key_len = RTE_ETHER_ADDR_LEN,
		.hash_func = address_hash,
		.socket_id = a->conf.socket_id == SOCKET_ID_ANY ? (int)rte_socket_id() :
				a->conf.socket_id,
		/* Without EXT_TABLE a bucket can be full before the table is. */
		.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF |
				RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};
	const union assembler_limits limits = { .epoch = a->rules[0].epoch };
	const union assembler_peer none = { .word = 0 };
	uint32_t i;

	a->peers_version = 1;
	for (i = 0; i <= RTE_ASSEMBLER_MAX_PEERS; i++)
		assembler_peer_write(a, i, none, &limits);
	if (a->conf.max_peers == 0)
		return 0;
	snprintf(name, sizeof(name), "ASM_%s", a->name);
	a->table = rte_hash_create(&params);
	a->peers_before = assembler_peer_stats_create(&a->conf);
	if (a->table == NULL || a->peers_before == NULL || readers_init(a) != 0)
		return -ENOMEM;
	return assembler_routes_init(a);
}

void
assembler_peers_free(struct rte_assembler *a)
{
	assembler_routes_free(a);
	rte_hash_free(a->table);
	rte_free(a->readers);
	rte_free(a->peers_before);
}

void
assembler_peer_write(struct rte_assembler *a, uint32_t i, union assembler_peer peer,
		const union assembler_limits *limits)
{
	struct assembler_peer_now *now = &a->peers[i];

	assembler_store_relaxed(&now->peer, 0);
	/* R7: pairs with A7 in peer_read(). */
	assembler_store_release(&now->limits, limits != NULL ? limits->word : 0);
	/* R6: pairs with A6 in peer_read(). */
	assembler_store_release(&now->peer, peer.word);
	/* R10: pairs with A10 in link_add_spread(). */
	assembler_fetch_add(&a->peers_version, 2);
}

static uint16_t
peer_epoch(const struct assembler_peer_now *now)
{
	const union assembler_limits limits = { .word = assembler_load_relaxed(&now->limits) };

	return limits.epoch;
}

/*
 * The numbers of a stream count what it sends to all default peers. So each one begins
 * anew, or it would take for lost what went to another one before it.
 */
static uint16_t
default_epoch(struct rte_assembler *a, const struct rte_ether_addr *addr)
{
	const struct rte_ether_addr before = a->default_addr;
	const uint16_t epoch = peer_epoch(&a->peers[0]);

	if (rte_is_zero_ether_addr(addr) || rte_is_same_ether_addr(addr, &before))
		return epoch;
	a->default_addr = *addr;
	return rte_is_zero_ether_addr(&before) ? epoch : epoch + 1;
}

void
assembler_peer_tell(struct rte_assembler *a, uint32_t i, union assembler_peer peer,
		union assembler_limits limits)
{
	struct assembler_peer_now *now = &a->peers[i];

	limits.epoch = i == 0 ? default_epoch(a, &peer.addr) : peer_epoch(now);
	/* Only what differs: while it is written, packets go natively. */
	if (assembler_load_relaxed(&now->peer) != peer.word ||
			assembler_load_relaxed(&now->limits) != limits.word)
		assembler_peer_write(a, i, peer, &limits);
}

static struct rte_ether_addr
peer_address(const struct assembler_peer_now *now)
{
	const union assembler_peer p = { .word = now->peer };

	return p.addr;
}

static uint16_t
peer_find(const struct rte_assembler *a, const struct rte_ether_addr *peer)
{
	struct rte_ether_addr addr;
	uint16_t i;

	for (i = 1; i <= a->nb_peers; i++) {
		addr = peer_address(&a->peers[i]);
		if (rte_is_same_ether_addr(&addr, peer))
			return i;
	}
	return 0;
}

/* The peer that no key names for the longest time; 0: there is none. */
static uint16_t
peer_find_unused(const struct rte_assembler *a)
{
	uint32_t age, longest = 0;
	uint16_t i, found = 0;

	for (i = 1; i <= a->nb_peers; i++) {
		age = a->nb_unused - a->peer_use[i].unused_since;
		if (a->peer_use[i].nb_keys == 0 && (found == 0 || age > longest)) {
			found = i;
			longest = age;
		}
	}
	return found;
}

/*
 * Another peer will get the number. Who had it may come back with another one:
 * its streams then begin anew, which the epoch tells the receiver.
 */
static void
peer_retire(struct rte_assembler *a, uint16_t i)
{
	rte_rcu_qsbr_synchronize(a->readers, RTE_QSBR_THRID_INVALID);
	assembler_store_relaxed(&a->peers[i].spread, 0);
	assembler_peer_stats_begin(a, i);
}

uint16_t
assembler_peer_index(struct rte_assembler *a, const struct rte_ether_addr *peer)
{
	const bool known = a->discovery == NULL; /* which tells when it answers */
	const union assembler_peer wanted = { .addr = *peer, .known = known };
	union assembler_limits limits = { .word = 0 };
	uint16_t i = peer_find(a, peer);

	if (i != 0) {
		/* A discovery that was freed may have left it unknown. */
		if (known)
			assembler_peer_tell(a, i, wanted, limits);
		return i;
	}
	limits.epoch = a->rules[0].epoch;
	if (a->nb_peers < a->conf.max_peers) {
		i = a->nb_peers + 1;
	} else {
		i = peer_find_unused(a);
		if (i == 0)
			return 0;
		peer_retire(a, i);
		limits.epoch += ++a->nb_replaced;
	}
	assembler_peer_write(a, i, wanted, &limits);
	/* R5: pairs with A5 in assembler_stats.c; lcores get the number from the table. */
	if (i > a->nb_peers)
		assembler_store_release(&a->nb_peers, i);
	return i;
}

void
assembler_peer_hold(struct rte_assembler *a, uint16_t i)
{
	a->peer_use[i].nb_keys++;
}

void
assembler_peer_release(struct rte_assembler *a, uint16_t i)
{
	if (i != 0 && --a->peer_use[i].nb_keys == 0)
		a->peer_use[i].unused_since = ++a->nb_unused;
}

/* 0: *dst* has no peer of its own. */
static uint16_t
peer_of(const struct rte_assembler *a, const struct rte_ether_addr *dst)
{
	void *data;

	return rte_hash_lookup_data(a->table, dst, &data) < 0 ? 0 : (uintptr_t)data;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_peer_add, 26.11)
int
rte_assembler_peer_add(struct rte_assembler *a, const struct rte_ether_addr *dst,
		const struct rte_ether_addr *peer)
{
	uint16_t before, now;
	int ret;

	if (a->table == NULL || !rte_is_valid_assigned_ether_addr(peer))
		return -EINVAL;
	before = peer_of(a, dst);
	now = assembler_peer_index(a, peer);
	if (now == 0)
		return -ENOSPC;
	ret = rte_hash_add_key_data(a->table, dst, (void *)(uintptr_t)now);
	if (ret != 0)
		return ret;
	assembler_peer_hold(a, now);
	assembler_peer_release(a, before);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_peer_del, 26.11)
int
rte_assembler_peer_del(struct rte_assembler *a, const struct rte_ether_addr *dst)
{
	uint16_t before;
	int32_t pos;

	if (a->table == NULL)
		return -ENOENT;
	before = peer_of(a, dst);
	pos = rte_hash_del_key(a->table, dst);
	if (pos < 0)
		return -ENOENT;
	/* A lcore may still be reading the key. */
	rte_rcu_qsbr_synchronize(a->readers, RTE_QSBR_THRID_INVALID);
	rte_hash_free_key_with_position(a->table, pos);
	assembler_peer_release(a, before);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_peer_spread, 26.11)
int
rte_assembler_peer_spread(struct rte_assembler *a, const struct rte_ether_addr *peer, bool spread)
{
	uint16_t i = peer != NULL ? peer_find(a, peer) : 0;

	if (!a->conf.by_peer)
		return -EINVAL;
	if (peer != NULL && i == 0)
		return -ENOENT;
	assembler_store_relaxed(&a->peers[i].spread, spread);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_adaptive_set, 26.11)
void
rte_assembler_adaptive_set(struct rte_assembler *a, bool adaptive)
{
	uint16_t class;

	for (class = 0; class < a->conf.nb_classes; class++)
		assembler_store_relaxed(&a->rules[class].adaptive, adaptive);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_class_set, 26.11)
int
rte_assembler_class_set(struct rte_assembler *a, uint16_t class_id, uint32_t hold_us)
{
	uint16_t i;

	if (class_id >= a->conf.nb_classes || hold_us > US_PER_S)
		return -EINVAL;
	assembler_store_relaxed(&a->rules[class_id].hold_cycles,
			hold_us * rte_get_tsc_hz() / US_PER_S);
	/* Who sleeps until a frame is to be closed may have to close it earlier. */
	for (i = 0; i < a->conf.nb_workers; i++)
		assembler_worker_rouse(&a->workers[i]);
	return 0;
}

/* PCP of the outer tag; without one, the precedence bits of the DSCP. */
static inline uint32_t
priority(const uint8_t *pkt, uint32_t len)
{
	const uint16_t type = assembler_load_be16(pkt + ASSEMBLER_ADDRS_LEN);
	const uint8_t *next = pkt + RTE_ETHER_HDR_LEN;

	if (len < CLASS_LEN)
		return 0;
	if (type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ)
		return next[0] >> 5;
	if (type == RTE_ETHER_TYPE_IPV4)
		return next[1] >> 5;
	if (type == RTE_ETHER_TYPE_IPV6)
		return (next[0] & 0x0F) >> 1;
	return 0;
}

/* The first bytes of packets. */
struct heads {
	const void *at[ASSEMBLER_BURST]; /* zeros of one too short for Ethernet */
	uint8_t copies[ASSEMBLER_BURST][CLASS_LEN];
};

static inline void
heads_read(const struct assembler_burst *burst, uint16_t nb, struct heads *heads)
{
	static const uint8_t zeros[CLASS_LEN];
	uint32_t len;
	uint16_t i;

	for (i = 0; i < nb; i++) {
		len = RTE_MIN(assembler_burst_len(burst, i), (uint32_t)CLASS_LEN);
		heads->at[i] = len < RTE_ETHER_HDR_LEN ? zeros :
				assembler_burst_read(burst, i, len, heads->copies[i]);
	}
}

static inline void
lookup(const struct rte_assembler *a, const struct assembler_burst *burst,
		const void **heads, uint16_t nb, uint16_t *peers)
{
	const bool routes = a->lpm4 != NULL || a->lpm6[0] != NULL;
	hash_sig_t sigs[ASSEMBLER_BURST];
	void *data[ASSEMBLER_BURST];
	uint64_t hits = 0;
	uint16_t i;

	/* In a secondary process the table does not know where its hash function is. */
	for (i = 0; a->table != NULL && i < nb; i++)
		sigs[i] = address_hash(heads[i], RTE_ETHER_ADDR_LEN, 0);
	if (a->table != NULL)
		rte_hash_lookup_with_hash_bulk_data(a->table, heads, sigs, nb, &hits, data);
	for (i = 0; i < nb; i++) {
		peers[i] = 0;
		if (hits & RTE_BIT64(i))
			peers[i] = (uintptr_t)data[i];
		else if (routes)
			peers[i] = assembler_route_lookup(a, burst, i);
	}
}

void
assembler_peers_lookup(const struct rte_assembler *a, const struct assembler_burst *burst,
		uint16_t nb, uint16_t *peers)
{
	struct heads heads;

	heads_read(burst, nb, &heads);
	lookup(a, burst, heads.at, nb, peers);
}

void
assembler_peers_classify(const struct rte_assembler *a, const struct assembler_burst *burst,
		uint16_t nb, uint16_t *index)
{
	const uint32_t nb_classes = a->conf.nb_classes;
	struct heads heads;
	uint16_t i;

	heads_read(burst, nb, &heads);
	lookup(a, burst, heads.at, nb, index);
	for (i = 0; i < nb; i++)
		index[i] = index[i] * nb_classes +
				(priority(heads.at[i], assembler_burst_len(burst, i)) *
				nb_classes >> NB_PRIORITIES_BITS);
}
