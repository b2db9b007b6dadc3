/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Peers of destination prefixes, for traffic that is routed. */

#include <errno.h>
#include <stdio.h>

#include <rte_ip.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>

#include "assembler_flow.h"
#include "assembler_private.h"

/* Bytes of a packet up to the end of an IPv6 header. */
#define ROUTE_LEN (ASSEMBLER_FLOW_LEN - sizeof(uint32_t))
/* Of an IPv6 address 24 bits are in the first table, and each further byte in one of these. */
#define TBL8S_A_PREFIX 13
#define MAX_TBL8S (1 << 21)
#define IPV6_BITS 128
#define IPV4_BITS 32

static int
socket_of(const struct rte_assembler *a)
{
	return a->conf.socket_id == SOCKET_ID_ANY ? (int)rte_socket_id() : a->conf.socket_id;
}

static int
init4(struct rte_assembler *a)
{
	const struct rte_lpm_config config = {
		.max_rules = a->conf.max_prefixes4,
		.number_tbl8s = a->conf.max_prefixes4,
	};
	struct rte_lpm_rcu_config rcu = {
		.v = a->readers,
		.mode = RTE_LPM_QSBR_MODE_SYNC,
	};
	char name[RTE_LPM_NAMESIZE];

	if (a->conf.max_prefixes4 == 0)
		return 0;
	snprintf(name, sizeof(name), "ASM4_%s", a->name);
	a->lpm4 = rte_lpm_create(name, socket_of(a), &config);
	if (a->lpm4 == NULL)
		return -ENOMEM;
	return rte_lpm_rcu_qsbr_add(a->lpm4, &rcu) == 0 ? 0 : -ENOMEM;
}

static int
init6(struct rte_assembler *a)
{
	struct rte_lpm6_config config = {
		.max_rules = a->conf.max_prefixes6,
		.number_tbl8s = RTE_MIN(a->conf.max_prefixes6 * TBL8S_A_PREFIX,
				(uint32_t)MAX_TBL8S),
	};
	char name[RTE_LPM6_NAMESIZE];
	int i;

	for (i = 0; a->conf.max_prefixes6 != 0 && i < 2; i++) {
		snprintf(name, sizeof(name), "ASM6%c_%s", "ab"[i], a->name);
		a->lpm6[i] = rte_lpm6_create(name, socket_of(a), &config);
		if (a->lpm6[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

int
assembler_routes_init(struct rte_assembler *a)
{
	int ret = init4(a);

	if (ret == 0)
		ret = init6(a);
	if (ret != 0)
		ASSEMBLER_LOG(ERR, "%s: no memory for prefixes; IPv4 takes 64 MB, IPv6 128 MB",
				a->name);
	return ret;
}

void
assembler_routes_free(struct rte_assembler *a)
{
	rte_lpm_free(a->lpm4);
	rte_lpm6_free(a->lpm6[0]);
	rte_lpm6_free(a->lpm6[1]);
}

uint16_t
assembler_route_lookup(const struct rte_assembler *a, const struct assembler_burst *burst,
		uint16_t i)
{
	/* A8: pairs with R8 in lpm6_change(). */
	const struct rte_lpm6 *lpm6 = a->lpm6[assembler_load_acquire(&a->lpm6_index)];
	uint32_t len = RTE_MIN(assembler_burst_len(burst, i), (uint32_t)ROUTE_LEN), pos, hop;
	uint8_t copy[ROUTE_LEN];
	const uint8_t *pkt = assembler_burst_read(burst, i, len, copy), *dst;
	uint16_t type;

	pos = assembler_flow_network(pkt, len, &type);
	if (type == RTE_ETHER_TYPE_IPV4 && a->lpm4 != NULL &&
			pos + sizeof(struct rte_ipv4_hdr) <= len) {
		dst = pkt + pos + offsetof(struct rte_ipv4_hdr, dst_addr);
		if (rte_lpm_lookup(a->lpm4, rte_be_to_cpu_32(assembler_load32(dst)), &hop) == 0)
			return hop;
	} else if (type == RTE_ETHER_TYPE_IPV6 && lpm6 != NULL &&
			pos + sizeof(struct rte_ipv6_hdr) <= len) {
		dst = pkt + pos + offsetof(struct rte_ipv6_hdr, dst_addr);
		if (rte_lpm6_lookup(lpm6, assembler_ipv6(dst), &hop) == 0)
			return hop;
	}
	return 0;
}

static uint32_t
ipv4_of(const struct rte_assembler_prefix *prefix)
{
	return rte_be_to_cpu_32(assembler_load32(prefix->addr));
}

static bool
prefix_valid(const struct rte_assembler *a, const struct rte_assembler_prefix *prefix)
{
	if (prefix->depth == 0)
		return false;
	if (prefix->ipv6)
		return a->lpm6[0] != NULL && prefix->depth <= IPV6_BITS;
	return a->lpm4 != NULL && prefix->depth <= IPV4_BITS;
}

/* The peer that the prefix itself names; 0: none. */
static uint16_t
prefix_peer(const struct rte_assembler *a, const struct rte_assembler_prefix *prefix)
{
	uint32_t hop;
	int ret;

	if (prefix->ipv6)
		ret = rte_lpm6_is_rule_present(a->lpm6[0], assembler_ipv6(prefix->addr),
				prefix->depth, &hop);
	else
		ret = rte_lpm_is_rule_present(a->lpm4, ipv4_of(prefix), prefix->depth, &hop);
	return ret == 1 ? hop : 0;
}

/* Peer 0: take the prefix out. */
static int
lpm6_set(struct rte_lpm6 *lpm6, const struct rte_assembler_prefix *prefix, uint16_t peer)
{
	if (peer == 0)
		return rte_lpm6_delete(lpm6, assembler_ipv6(prefix->addr), prefix->depth);
	return rte_lpm6_add(lpm6, assembler_ipv6(prefix->addr), prefix->depth, peer);
}

/*
 * rte_lpm6 does not bear changes while lcores look up: there are two of them,
 * and the one that changes is never the one that is read.
 */
static int
lpm6_change(struct rte_assembler *a, const struct rte_assembler_prefix *prefix, uint16_t peer)
{
	const uint32_t old = assembler_load_relaxed(&a->lpm6_index);
	int ret = lpm6_set(a->lpm6[!old], prefix, peer);

	if (ret != 0)
		return ret;
	/* R8: pairs with A8 in assembler_route_lookup(). */
	assembler_store_release(&a->lpm6_index, !old);
	rte_rcu_qsbr_synchronize(a->readers, RTE_QSBR_THRID_INVALID);
	return lpm6_set(a->lpm6[old], prefix, peer);
}

static int
prefix_change(struct rte_assembler *a, const struct rte_assembler_prefix *prefix, uint16_t peer)
{
	if (prefix->ipv6)
		return lpm6_change(a, prefix, peer);
	if (peer == 0)
		return rte_lpm_delete(a->lpm4, ipv4_of(prefix), prefix->depth);
	return rte_lpm_add(a->lpm4, ipv4_of(prefix), prefix->depth, peer);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_prefix_add, 26.11)
int
rte_assembler_prefix_add(struct rte_assembler *a, const struct rte_assembler_prefix *prefix,
		const struct rte_ether_addr *peer)
{
	uint16_t before, now;
	int ret;

	if (!prefix_valid(a, prefix) || !rte_is_valid_assigned_ether_addr(peer))
		return -EINVAL;
	before = prefix_peer(a, prefix);
	now = assembler_peer_index(a, peer);
	if (now == 0)
		return -ENOSPC;
	ret = prefix_change(a, prefix, now);
	if (ret != 0)
		return ret;
	assembler_peer_hold(a, now);
	assembler_peer_release(a, before);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_prefix_del, 26.11)
int
rte_assembler_prefix_del(struct rte_assembler *a, const struct rte_assembler_prefix *prefix)
{
	uint16_t before;
	int ret;

	if (!prefix_valid(a, prefix))
		return -EINVAL;
	before = prefix_peer(a, prefix);
	if (before == 0)
		return -ENOENT;
	ret = prefix_change(a, prefix, 0);
	if (ret == 0)
		assembler_peer_release(a, before);
	return ret;
}
