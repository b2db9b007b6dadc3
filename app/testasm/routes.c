/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Several trunk peers: which destinations are behind which of them. */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "fwd.h"

#define IPV4_BITS 32
#define IPV6_BITS 128

/* ADDRESS or ADDRESS/DEPTH. */
static bool
prefix_parse(const char *text, struct rte_assembler_prefix *p)
{
	char addr[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	unsigned long depth, most;
	char *end;

	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	p->ipv6 = strchr(addr, ':') != NULL;
	most = p->ipv6 ? IPV6_BITS : IPV4_BITS;
	if (inet_pton(p->ipv6 ? AF_INET6 : AF_INET, addr, p->addr) != 1)
		return false;
	depth = text[len] == '/' ? strtoul(&text[len + 1], &end, 10) : most;
	p->depth = depth;
	if (text[len] == '/' && (text[len + 1] < '1' || text[len + 1] > '9' || *end != '\0'))
		return false;
	return depth <= most;
}

static int
route_parse(const char *text, struct testasm_route *r)
{
	memset(r, 0, sizeof(*r));
	if (rte_ether_unformat_addr(text, &r->dst) == 0)
		return 0;
	r->has_prefix = true;
	if (prefix_parse(text, &r->prefix))
		return 0;
	testasm_error("%s: give a MAC address, or an IP prefix such as 10.1.0.0/16 or "
		"2001:db8::/32", text);
	return -EINVAL;
}

static struct testasm_route *
route_find(struct testasm_conf *conf, const struct testasm_route *r)
{
	uint32_t i;

	for (i = 0; i < conf->nb_routes; i++)
		if (conf->routes[i].has_prefix == r->has_prefix &&
				rte_is_same_ether_addr(&conf->routes[i].dst, &r->dst) &&
				memcmp(&conf->routes[i].prefix, &r->prefix, sizeof(r->prefix)) == 0)
			return &conf->routes[i];
	return NULL;
}

int
route_add(struct testasm_conf *conf, const char *text, const struct rte_ether_addr *peer)
{
	struct testasm_route r, *known;
	int ret = route_parse(text, &r);

	if (ret != 0)
		return ret;
	known = route_find(conf, &r);
	if (known == NULL && conf->nb_routes == TESTASM_MAX_ROUTES) {
		testasm_error("%s: more than %u destinations", text, TESTASM_MAX_ROUTES);
		return -ENOSPC;
	}
	r.peer = *peer;
	if (known != NULL)
		*known = r;
	else
		conf->routes[conf->nb_routes++] = r;
	return 0;
}

int
route_del(struct testasm_conf *conf, const char *text)
{
	struct testasm_route r, *known;
	int ret = route_parse(text, &r);

	if (ret != 0)
		return ret;
	known = route_find(conf, &r);
	if (known == NULL) {
		testasm_error("%s: there is no such route", text);
		return -ENOENT;
	}
	*known = conf->routes[--conf->nb_routes];
	return 0;
}

int
routes_peer(const char *text, struct rte_ether_addr *peer)
{
	if (text != NULL && rte_ether_unformat_addr(text, peer) == 0 &&
			rte_is_valid_assigned_ether_addr(peer))
		return 0;
	testasm_error("mac %s: give a unicast address such as 02:00:00:00:00:01",
		text != NULL ? text : "is missing");
	return -EINVAL;
}

void
routes_size(const struct testasm_conf *conf, struct rte_assembler_conf *c)
{
	uint32_t i;

	c->max_peers = conf->nb_routes;
	/* Prefixes of a kind take much memory: none, where there are none. */
	for (i = 0; i < conf->nb_routes; i++) {
		c->max_prefixes4 += conf->routes[i].has_prefix && !conf->routes[i].prefix.ipv6;
		c->max_prefixes6 += conf->routes[i].has_prefix && conf->routes[i].prefix.ipv6;
	}
	c->max_dsts = conf->nb_routes;
}

int
routes_assemble(struct testasm *t)
{
	const struct testasm_route *r = t->conf.routes;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < t->conf.nb_routes && ret == 0; i++, r++)
		ret = r->has_prefix ? rte_assembler_prefix_add(t->assembler, &r->prefix, &r->peer) :
			rte_assembler_peer_add(t->assembler, &r->dst, &r->peer);
	if (ret != 0)
		testasm_error("cannot add route %" PRIu32 ": %s", i, rte_strerror(-ret));
	return ret;
}

int
routes_disassemble(struct testasm *t, const struct testasm_conf *conf)
{
	uint32_t i;
	int ret;

	for (i = 0; i < conf->nb_routes; i++) {
		ret = rte_disassembler_peer_add(t->disassembler, &conf->routes[i].peer);
		if (ret != 0 && ret != -EEXIST)
			return ret;
	}
	return 0;
}

void
routes_print(const struct testasm_conf *conf)
{
	const struct testasm_route *r = conf->routes;
	char peer[RTE_ETHER_ADDR_FMT_SIZE], to[INET6_ADDRSTRLEN];
	uint32_t i;

	for (i = 0; i < conf->nb_routes; i++, r++) {
		rte_ether_format_addr(peer, sizeof(peer), &r->peer);
		if (r->has_prefix)
			inet_ntop(r->prefix.ipv6 ? AF_INET6 : AF_INET, r->prefix.addr, to,
				sizeof(to));
		else
			rte_ether_format_addr(to, sizeof(to), &r->dst);
		printf("  route %s", to);
		if (r->has_prefix)
			printf("/%u", r->prefix.depth);
		printf(" to peer %s\n", peer);
	}
}
