/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Without --peer: the trunk peer is found by HELLO. Control frames are made by the lcore
 * that takes frames apart, or by the one that sends to the trunk where nobody does; they
 * reach the latter by a ring.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#include "fwd.h"

/* Control frames made or sent at once. */
#define BURST 8
/* How often a BYE is offered to a full TX ring. */
#define LEAVE_TRIES 5000
#define LEAVE_WAIT_US 100
/* Looks, ten a second, before somebody is told that nobody answers. */
#define LONELY_LOOKS 30

static int
discovery_create(struct testasm *t)
{
	struct rte_assembler_discovery_conf c;

	rte_assembler_discovery_conf_default(&c);
	c.own = t->port[FWD_TRUNK].mac;
	c.pool = t->frame_pool;
	c.assembler = t->assembler;
	c.disassembler = t->disassembler;
	c.max_frame = RTE_MIN(t->port[FWD_TRUNK].mtu + RTE_ETHER_HDR_LEN, 16384);
	c.socket_id = rte_socket_id();
	t->discovery = rte_assembler_discovery_create(&c);
	if (t->discovery != NULL)
		return 0;
	testasm_error("cannot search for a trunk peer: %s; give one with --peer",
		rte_strerror(rte_errno));
	return -rte_errno;
}

int
discovery_begin(struct testasm *t)
{
	int ret;

	t->watch = (struct discovery_watch) { 0 };
	t->control = rte_ring_create("testasm_control", TESTASM_CONTROL_RING, rte_socket_id(),
		RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (t->control == NULL) {
		testasm_error("cannot create a ring: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	ret = discovery_create(t);
	if (ret != 0)
		discovery_end(t);
	return ret;
}

void
discovery_end(struct testasm *t)
{
	struct rte_mbuf *m;

	rte_assembler_discovery_free(t->discovery);
	t->discovery = NULL;
	while (t->control != NULL && rte_ring_sc_dequeue(t->control, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(t->control);
	t->control = NULL;
}

uint16_t
discovery_make(struct testasm *t)
{
	struct rte_mbuf *frames[BURST];
	uint16_t nb = rte_assembler_discovery_poll(t->discovery, frames, BURST);
	uint16_t done;

	if (likely(nb == 0))
		return 0;
	done = rte_ring_sp_enqueue_burst(t->control, (void **)frames, nb, NULL);
	/* As if lost on the wire: the trunk takes nothing at all. */
	rte_pktmbuf_free_bulk(&frames[done], nb - done);
	return nb;
}

void
discovery_send(struct testasm *t)
{
	const struct fwd_port *trunk = &t->port[FWD_TRUNK];
	struct rte_mbuf *frames[BURST];
	uint16_t nb, done;

	nb = rte_ring_dequeue_burst_start(t->control, (void **)frames, BURST, NULL);
	if (likely(nb == 0))
		return;
	if (!__atomic_load_n(&trunk->link_up, __ATOMIC_RELAXED)) {
		rte_ring_dequeue_finish(t->control, nb);
		rte_pktmbuf_free_bulk(frames, nb);
		return;
	}
	/* What the TX ring refuses stays first in the queue. */
	done = rte_eth_tx_burst(trunk->id, 0, frames, nb);
	rte_ring_dequeue_finish(t->control, done);
}

void
discovery_listen(struct testasm *t)
{
	struct fwd_dir *d = &t->dir[FWD_ACCESS];
	uint16_t i;

	fwd_dir_receive(d, &d->in);
	for (i = 0; i < d->in.nb; i++) {
		if (rte_assembler_discovery_receive(t->discovery, d->in.pkts[i]))
			continue;
		rte_pktmbuf_free(d->in.pkts[i]);
		d->tx_dropped++;
	}
	d->in.nb = 0;
}

/* On the main lcore, while no other one forwards. */
void
discovery_leave(struct testasm *t)
{
	unsigned int tries;

	rte_assembler_discovery_leave(t->discovery);
	while (discovery_make(t) != 0)
		;
	for (tries = 0; tries < LEAVE_TRIES; tries++) {
		discovery_send(t);
		if (rte_ring_empty(t->control))
			break;
		rte_delay_us_sleep(LEAVE_WAIT_US);
	}
}

static const struct rte_assembler_discovery_peer *
peer_seen(const struct discovery_watch *watch, const struct rte_ether_addr *addr)
{
	uint16_t i;

	for (i = 0; i < watch->nb_peers; i++)
		if (rte_is_same_ether_addr(&watch->peers[i].addr, addr))
			return &watch->peers[i];
	return NULL;
}

static uint16_t
count_up(const struct rte_assembler_discovery_peer *peers, uint16_t nb)
{
	uint16_t i, up = 0;

	for (i = 0; i < nb; i++)
		up += peers[i].state == RTE_ASSEMBLER_PEER_UP;
	return up;
}

/* Who is only listened to is silent when it is forgotten. */
static void
watch_forgotten(const struct testasm *t, const struct discovery_watch *now)
{
	struct rte_assembler_discovery_peer peer;
	uint16_t i;

	for (i = 0; t->assembler == NULL && i < t->watch.nb_peers; i++) {
		peer = t->watch.peers[i];
		if (peer.state != RTE_ASSEMBLER_PEER_HEARD || peer_seen(now, &peer.addr) != NULL)
			continue;
		peer.state = RTE_ASSEMBLER_PEER_SILENT;
		explain_peer(t, &peer);
	}
}

static void
watch_peers(const struct testasm *t, struct discovery_watch *now)
{
	const struct rte_assembler_discovery_peer *peer, *before;
	uint16_t i;

	for (i = 0; i < now->nb_peers; i++) {
		peer = &now->peers[i];
		before = peer_seen(&t->watch, &peer->addr);
		if (before == NULL || before->state != peer->state ||
				before->max_frame != peer->max_frame)
			explain_peer(t, peer);
	}
	if (now->nb_up > 1 && now->nb_up != t->watch.nb_up)
		explain_many_peers(t, now->nb_up);
}

void
discovery_watch(struct testasm *t)
{
	struct discovery_watch now = { .looks = t->watch.looks + 1, .other = t->watch.other };
	struct rte_assembler_discovery_stats stats;

	if (t->discovery == NULL || !t->forwarding)
		return;
	now.nb_peers = rte_assembler_discovery_peers_get(t->discovery, now.peers,
		RTE_DIM(now.peers));
	now.nb_up = count_up(now.peers, now.nb_peers);
	rte_assembler_discovery_stats_get(t->discovery, &stats);
	watch_peers(t, &now);
	watch_forgotten(t, &now);
	if (now.looks == LONELY_LOOKS && now.nb_peers == 0)
		explain_no_peer(t);
	if (stats.incompatible != 0 && !now.other)
		explain_other_version();
	now.other = stats.incompatible != 0;
	t->watch = now;
}

void
discovery_print(const struct testasm *t)
{
	struct rte_assembler_discovery_peer peers[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	uint16_t nb, i;

	nb = rte_assembler_discovery_peers_get(t->discovery, peers, RTE_DIM(peers));
	for (i = 0; i < nb; i++) {
		rte_ether_format_addr(mac, sizeof(mac), &peers[i].addr);
		printf("  peer %s: %s, frames of up to %u bytes and %u packets%s, versions %u "
			"to %u, heard %u ms ago\n", mac,
			rte_assembler_peer_state_name(peers[i].state), peers[i].max_frame,
			peers[i].max_count, peers[i].lz4 ? ", LZ4" : "", peers[i].lowest,
			peers[i].highest, peers[i].age_ms);
	}
	if (nb == 0)
		printf("  no peer was heard of on the trunk\n");
}
