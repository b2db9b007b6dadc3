/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * All burst functions side by side, each on a chip of its own. They are given
 * the same, at random, and whatever a program or the chip can see of them must
 * be the same after each burst.
 */

#include <stdlib.h>
#include <string.h>

#include "rig82545.h"
#include "rig_paths.h"

#define MAX_BURST  64
#define MAX_RACERS 8
#define MAX_HELD   4096

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

/* One in *n*. */
static bool
chance(uint32_t n)
{
	return rig_random(n) == 0;
}

/* Reception */

/* What the chip says, and who is to make the same of it. */
struct mix {
	bool split;     /* some descriptors do not end their frame */
	bool tags;      /* some frames had a tag */
	bool offloads;  /* checksums and tags are reported */
	bool plain, scattered, offload; /* paths that take part: without ... */
};

struct rx_racer {
	struct rig *r;
	const struct rig_rx_path *path;
	struct rte_mbuf *pkts[MAX_BURST];
	struct rte_mbuf *held[MAX_HELD]; /* by the program, FIFO */
};

struct rx_race {
	struct mix mix;
	struct rx_racer racers[MAX_RACERS];
	uint32_t nb, head, tail, seed;
};

static bool
takes_part(const struct mix *mix, const struct rig_rx_path *path)
{
	if (path->scattered && path->offload)
		return mix->scattered || mix->offload;
	return path->scattered ? mix->scattered : path->offload ? mix->offload : mix->plain;
}

static void
rx_race_start(struct rx_race *race, const struct mix *mix, const struct rig_conf *conf)
{
	uint32_t p;

	memset(race, 0, sizeof(*race));
	race->mix = *mix;
	for (p = 0; p < rig_nb_rx_paths(); p++) {
		if (!takes_part(mix, &rig_rx_paths[p]))
			continue;
		race->racers[race->nb].path = &rig_rx_paths[p];
		race->racers[race->nb++].r = rig_new(conf);
	}
	assert_in_range(race->nb, 2, MAX_RACERS);
}

/* Bits that the chip sets, or not, in the word of one descriptor. */
static uint64_t
random_word(const struct mix *mix, uint64_t *clear)
{
	static const uint64_t errors[] = { M_RXD_CE, M_RXD_SE, M_RXD_SEQ, M_RXD_RXE };
	uint64_t set = (uint64_t)rig_random(0x10000) << 16 |
		(uint64_t)rig_random(0x10000) << 48;

	set |= rig_random(16) * ASM82545_RXD_STAT_TCPCS; /* and the three above it */
	set &= ~ASM82545_RXD_ERR_CE;
	if (chance(2))
		set |= ASM82545_RXD_STAT_IXSM;
	if (chance(8))
		set |= ASM82545_RXD_ERR_TCPE;
	if (chance(8))
		set |= ASM82545_RXD_ERR_IPE;
	if (mix->tags && chance(3))
		set |= ASM82545_RXD_STAT_VP;
	if (chance(16))
		set |= errors[rig_random(RTE_DIM(errors))];
	*clear = mix->split && chance(10) ? ASM82545_RXD_STAT_EOP : 0;
	return set;
}

/* Up to *n* descriptors are used; all chips then say the same of each. */
static void
rx_race_run(struct rx_race *race, uint32_t n)
{
	uint32_t slot = *model82545_reg(race->racers[0].r->m, M_RDH), used = 0, i, k;
	uint64_t set, clear;

	for (i = 0; i < race->nb; i++) {
		uint32_t nb = model82545_rx_run(race->racers[i].r->m, n);

		assert_int_equal(nb, i == 0 ? nb : used);
		used = nb;
	}
	for (k = 0; k < used; k++) {
		set = random_word(&race->mix, &clear);
		for (i = 0; i < race->nb; i++) {
			struct asm82545_rxq *q = race->racers[i].r->rxq;

			q->ring[slot].word = (q->ring[slot].word | set) & ~clear;
		}
		slot = (slot + 1) % race->racers[0].r->rxq->nb_desc;
	}
}

static void
rx_race_inject(struct rx_race *race)
{
	static uint8_t frame[RIG_MAX_FRAME];
	uint32_t limit = race->racers[0].r->rxq->max_len, i;
	uint32_t len = chance(3) ? 60 + rig_random(limit + 100 - 60) : 60 + rig_random(100);
	bool taken = false;

	for (i = 0; i < race->nb; i++) {
		struct rig *r = race->racers[i].r;
		bool ok;

		rig_make_frame(r, frame, len, race->seed);
		ok = model82545_rx_inject(r->m, frame, len, 0);
		assert_true(ok == (i == 0 ? ok : taken));
		taken = ok;
	}
	race->seed++;
}

/* All that a program may look at, byte for byte. */
static void
assert_same_mbuf(const struct rte_mbuf *a, const struct rte_mbuf *b)
{
	assert_int_equal(a->pkt_len, b->pkt_len);
	assert_int_equal(a->ol_flags, b->ol_flags);
	if (a->ol_flags & RTE_MBUF_F_RX_VLAN)
		assert_int_equal(a->vlan_tci, b->vlan_tci);
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		assert_memory_equal(&a->rearm_data, &b->rearm_data, sizeof(uint64_t));
		assert_int_equal(a->ol_flags, b->ol_flags);
		assert_int_equal(a->packet_type, b->packet_type);
		assert_int_equal(a->data_len, b->data_len);
		assert_memory_equal(rte_pktmbuf_mtod(a, void *), rte_pktmbuf_mtod(b, void *),
			a->data_len);
	}
	assert_ptr_equal(a, b); /* both have ended */
}

static void
assert_same_rxq(const struct rig *a, const struct rig *b)
{
	const struct asm82545_rxq *qa = a->rxq, *qb = b->rxq;

	assert_int_equal(qa->next, qb->next);
	assert_int_equal(qa->fill, qb->fill);
	assert_int_equal(a->nb_rdt, b->nb_rdt);
	assert_int_equal(qa->nb_oversize, qb->nb_oversize);
	assert_int_equal(qa->oversize_bytes, qb->oversize_bytes);
	assert_int_equal(qa->nb_damaged, qb->nb_damaged);
	assert_int_equal(qa->nb_no_mbuf, qb->nb_no_mbuf);
	assert_int_equal(rte_mempool_in_use_count(a->pool),
		rte_mempool_in_use_count(b->pool));
}

static void
rx_race_receive(struct rx_race *race, uint16_t size)
{
	struct rx_racer *first = &race->racers[0], *other;
	uint16_t nb = first->path->recv(first->r->rxq, first->pkts, size), n;
	uint32_t i;

	for (i = 1; i < race->nb; i++) {
		other = &race->racers[i];
		assert_int_equal(other->path->recv(other->r->rxq, other->pkts, size), nb);
		assert_same_rxq(first->r, other->r);
		for (n = 0; n < nb; n++)
			assert_same_mbuf(first->pkts[n], other->pkts[n]);
	}
	for (n = 0; n < nb; n++, race->tail++)
		for (i = 0; i < race->nb; i++)
			race->racers[i].held[race->tail % MAX_HELD] = race->racers[i].pkts[n];
}

/* The program gives *nb* mbufs back, the oldest first. */
static void
rx_race_free(struct rx_race *race, uint32_t nb)
{
	uint32_t i;

	for (; nb != 0 && race->head != race->tail; nb--, race->head++)
		for (i = 0; i < race->nb; i++)
			rte_pktmbuf_free(race->racers[i].held[race->head % MAX_HELD]);
}

static void
rx_race(const struct mix *mix, const struct rig_conf *conf, uint32_t rounds)
{
	static struct rx_race race;
	uint32_t i, n;

	rx_race_start(&race, mix, conf);
	for (i = 0; i < rounds; i++) {
		for (n = rig_random(40); n > 0; n--)
			rx_race_inject(&race);
		rx_race_run(&race, rig_random(64));
		rx_race_receive(&race, chance(4) ? 1 : 1 + rig_random(MAX_BURST));
		rx_race_free(&race, rig_random(40));
	}
	for (n = 0; n < race.nb; n++)
		assert_true(race.racers[n].r->rxq->nb_damaged > 0);
	rx_race_free(&race, UINT32_MAX);
	for (n = 0; n < race.nb; n++)
		rig_free(race.racers[n].r);
}

static void
test_all_make_the_same_of_random_descriptors(void **state)
{
	/* A frame of several descriptors is dropped by some and gathered by others. */
	static const struct mix mixes[] = {
		{ .plain = true, .scattered = true, .offload = true },
		{ .plain = true, .split = true },
		{ .scattered = true, .split = true },
		{ .offload = true, .tags = true, .offloads = true },
	};
	static const uint16_t rings[] = { 32, 40, 64, 256, 512 };
	uint32_t i, k;

	for (i = 0; i < RTE_DIM(mixes); i++) {
		for (k = 0; k < RTE_DIM(rings); k++) {
			struct rig_conf conf = {
				.kind = kinds[k % RTE_DIM(kinds)],
				.nb_rxd = rings[k], .nb_txd = 32,
				.nb_mbufs = rings[k] + 100,
				.rx_csum = mixes[i].offloads,
				.vlan_strip = mixes[i].offloads,
				.rctl = M_RCTL_LPE,
			};

			rx_race(&mixes[i], &conf, 1000);
		}
	}
}

/* Transmission */

struct tx_racer {
	struct rig *r;
	const struct rig_tx_path *path;
	struct rte_mbuf *pkts[MAX_BURST];
};

struct tx_race {
	struct tx_racer racers[MAX_RACERS];
	uint32_t nb, seed;
	struct rte_mbuf *shared[MAX_RACERS][MAX_HELD]; /* held by the program, FIFO */
	uint32_t head, tail;
};

static void
tx_race_start(struct tx_race *race, const struct rig_conf *conf, bool roomy)
{
	uint32_t p;

	memset(race, 0, sizeof(*race));
	for (p = 0; p < rig_nb_tx_paths(); p++) {
		struct tx_racer *t = &race->racers[race->nb];

		if (rig_tx_paths[p].offload && !roomy)
			continue;
		t->path = &rig_tx_paths[p];
		t->r = rig_new(conf);
		rig_other_pool(t->r);
		race->nb++;
	}
	assert_in_range(race->nb, 2, MAX_RACERS);
}

/* Packet *n* of the burst, the same for all. False: there is no mbuf left. */
static bool
tx_race_make(struct tx_race *race, uint32_t n, bool other)
{
	uint32_t len = chance(3) ? 1 + rig_random(1600) : 50 + rig_random(60);
	uint32_t nb_segs = chance(5) ? 1 + rig_random(6) : 1, i;
	bool share = chance(20), shift = chance(10);

	for (i = 0; i < race->nb; i++) {
		struct rig *r = race->racers[i].r;
		struct rte_mempool *pool = other ? r->other : r->pool;
		struct rte_mbuf *m;

		if (rte_mempool_avail_count(pool) < nb_segs)
			return false;
		m = rig_make_mbuf_of(r, pool, len, nb_segs, race->seed);
		if (shift) { /* data_off is where the program wants it */
			rte_pktmbuf_prepend(m, 8);
			memmove(rte_pktmbuf_mtod(m, char *),
				rte_pktmbuf_mtod_offset(m, char *, 8), m->data_len - 8);
			rte_pktmbuf_trim(m, nb_segs == 1 ? 8 : 0);
		}
		if (share) {
			rte_pktmbuf_refcnt_update(m, 1);
			race->shared[i][race->tail % MAX_HELD] = m;
		}
		race->racers[i].pkts[n] = m;
	}
	race->tail += share;
	race->seed++;
	return true;
}

static void
assert_same_txq(const struct rig *a, const struct rig *b)
{
	const struct asm82545_txq *qa = a->txq, *qb = b->txq;
	uint32_t slot;

	assert_int_equal(qa->tail, qb->tail);
	assert_int_equal(qa->head, qb->head);
	assert_int_equal(qa->nb_free + qa->row_left, qb->nb_free + qb->row_left);
	assert_int_equal(qa->nb_dropped, qb->nb_dropped);
	assert_int_equal(a->nb_tdt, b->nb_tdt);
	for (slot = 0; slot < qa->nb_desc; slot++)
		assert_int_equal(qa->ring[slot].word, qb->ring[slot].word);
	assert_int_equal(rte_mempool_in_use_count(a->pool),
		rte_mempool_in_use_count(b->pool));
	assert_int_equal(rte_mempool_in_use_count(a->other),
		rte_mempool_in_use_count(b->other));
}

static void
tx_race_send(struct tx_race *race, uint16_t size)
{
	bool other = chance(2), mixed = chance(4);
	uint32_t i, n;
	uint16_t nb = 0;

	for (n = 0; n < size; n++)
		if (!tx_race_make(race, n, mixed ? chance(2) : other))
			break;
	size = n;
	for (i = 0; i < race->nb; i++) {
		struct tx_racer *t = &race->racers[i];
		uint16_t sent = t->path->xmit(t->r->txq, t->pkts, size);

		assert_int_equal(sent, i == 0 ? sent : nb);
		nb = sent;
		rte_pktmbuf_free_bulk(&t->pkts[nb], size - nb);
		assert_same_txq(race->racers[0].r, t->r);
	}
}

/* The chips send, and the same. */
static void
tx_race_run(struct tx_race *race, uint32_t n, bool hold_dd)
{
	struct rig_frame *a, *b;
	uint32_t i;

	for (i = 0; i < race->nb; i++) {
		race->racers[i].r->m->hold_dd = hold_dd;
		model82545_tx_run(race->racers[i].r->m, n);
	}
	while ((a = rig_sent(race->racers[0].r)) != NULL) {
		for (i = 1; i < race->nb; i++) {
			b = rig_sent(race->racers[i].r);
			assert_non_null(b);
			assert_int_equal(a->len, b->len);
			assert_memory_equal(a->data, b->data, a->len);
			free(b);
		}
		free(a);
	}
}

static void
tx_race_release(struct tx_race *race, uint32_t nb)
{
	uint32_t i;

	for (; nb != 0 && race->head != race->tail; nb--, race->head++)
		for (i = 0; i < race->nb; i++)
			rte_pktmbuf_free(race->shared[i][race->head % MAX_HELD]);
}

static void
tx_race(const struct rig_conf *conf, bool roomy, uint32_t rounds)
{
	static struct tx_race race;
	uint32_t i, n;

	tx_race_start(&race, conf, roomy);
	for (n = 0; n < rounds; n++) {
		tx_race_send(&race, chance(4) ? 1 : 1 + rig_random(MAX_BURST));
		tx_race_run(&race, roomy ? UINT32_MAX : rig_random(120), chance(4));
		for (i = 0; i < race.nb; i++)
			model82545_tx_report(race.racers[i].r->m, UINT32_MAX);
		tx_race_release(&race, rig_random(4));
	}
	tx_race_release(&race, UINT32_MAX);
	for (i = 0; i < race.nb; i++)
		rig_free(race.racers[i].r);
}

static void
test_all_send_random_packets_alike(void **state)
{
	static const uint16_t rings[] = { 32, 40, 64, 256, 512 };
	uint32_t k;

	for (k = 0; k < RTE_DIM(rings); k++) {
		struct rig_conf conf = {
			.kind = kinds[k % RTE_DIM(kinds)],
			.nb_rxd = 32, .nb_txd = rings[k],
			.pcix = kinds[k % RTE_DIM(kinds)] != MODEL82545_QEMU && k % 2,
		};

		tx_race(&conf, false, 600);
		/* With offloads two more descriptors must be free for a packet. */
		tx_race(&conf, rings[k] >= 256, 600);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_all_make_the_same_of_random_descriptors),
	cmocka_unit_test(test_all_send_random_packets_alike),
};

TEST_SUITE(paths, tests)
