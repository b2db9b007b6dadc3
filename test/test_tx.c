/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <stdlib.h>
#include <string.h>

#include "rig82545.h"
#include "rig_paths.h"

#define MAX_BURST 64
#define MIN_LEN   60
#define MAX_LEN   16288
#define MAX_SEGS  40

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

/* One burst: at most one write of TDT, to where the queue ends. */
static uint16_t
burst(struct rig *r, rig_burst_t xmit, struct rte_mbuf **pkts, uint16_t size)
{
	uint32_t nb_tdt = r->nb_tdt;
	uint16_t nb = xmit(r->txq, pkts, size);

	assert_in_range(nb, 0, size);
	assert_in_range(r->nb_tdt - nb_tdt, 0, 1);
	assert_int_equal(*model82545_reg(r->m, M_TDT), r->txq->tail);
	assert_in_range(r->txq->nb_free, 2, r->txq->nb_desc);
	return nb;
}

/* Not in use, whether set aside for the next packets or not. */
static uint32_t
free_slots(const struct asm82545_txq *q)
{
	return q->nb_free + q->row_left;
}

/* That the next frame sent is number *seed*, with zeros up to the least length. */
static void
check_sent(struct rig *r, uint32_t len, uint32_t seed)
{
	static uint8_t frame[UINT16_MAX + 1];
	struct rig_frame *f = rig_sent(r);

	assert_non_null(f);
	assert_int_equal(f->len, RTE_MAX(len, (uint32_t)MIN_LEN));
	memset(frame, 0, MIN_LEN);
	rig_make_frame(r, frame, len, seed);
	assert_memory_equal(f->data, frame, f->len);
	free(f);
}

static void
send_one(struct rig *r, rig_burst_t xmit, uint32_t len, uint32_t nb_segs, uint32_t seed)
{
	struct rte_mbuf *m = rig_make_mbuf(r, len, nb_segs, seed);

	assert_int_equal(burst(r, xmit, &m, 1), 1);
	model82545_tx_run(r->m, UINT32_MAX);
	check_sent(r, len, seed);
}

/* Lengths around each limit, and the first few hundred. */
static uint32_t
next_len(uint32_t len)
{
	static const uint32_t steps[] = {
		300, 1510, 1520, 2012, 2020, 4095, 4097, 9000, 9018, 16284,
	};
	size_t i;

	for (i = 0; i < RTE_DIM(steps); i += 2)
		if (len == steps[i])
			return steps[i + 1];
	return len + 1;
}

static void
every_length(enum model82545_kind kind, rig_burst_t xmit, bool pcix)
{
	struct rig_conf conf = {
		.kind = kind, .nb_rxd = 32, .nb_txd = 128, .room = 16384, .pcix = pcix,
	};
	struct rig *r = rig_new(&conf);
	uint32_t len;

	for (len = 1; len <= MAX_LEN; len = next_len(len))
		send_one(r, xmit, len, 1, len);
	assert_int_equal(r->txq->nb_dropped, 0);
	rig_free(r);
}

static void
test_sends_every_length_padded_with_zeros(void **state)
{
	size_t p, k;

	for (p = 0; p < rig_nb_tx_paths(); p++)
		for (k = 0; k < RTE_DIM(kinds); k++)
			every_length(kinds[k], rig_tx_paths[p].xmit, false);
}

/* The model faults where the first descriptor is too long for PCI-X. */
static void
test_splits_long_buffers_on_pcix(void **state)
{
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		every_length(MODEL82545_EM_COPPER, rig_tx_paths[p].xmit, true);
		every_length(MODEL82545_GM_COPPER, rig_tx_paths[p].xmit, true);
	}
}

static void
test_sends_up_to_40_segments(void **state)
{
	static const uint32_t lens[] = { 40, 59, 60, 61, 1514, 9018, MAX_LEN };
	uint32_t segs, seed = 0;
	size_t p, k, i;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		for (k = 0; k < RTE_DIM(kinds); k++) {
			struct rig_conf conf = {
				.kind = kinds[k], .nb_rxd = 32, .nb_txd = 128, .room = 16384,
			};
			struct rig *r = rig_new(&conf);

			for (segs = 1; segs <= MAX_SEGS; segs++)
				for (i = 0; i < RTE_DIM(lens); i++)
					send_one(r, rig_tx_paths[p].xmit, lens[i], segs, seed++);
			rig_free(r);
		}
	}
}

/* Rings of any size, through many turns, with bursts of any size. */
static void
test_sends_in_every_ring_and_burst_size(void **state)
{
	static const uint16_t rings[] = { 32, 40, 64, 512, 4096 };
	struct rte_mbuf *pkts[MAX_BURST];
	uint32_t seed, n, i, size;
	size_t p, k;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		for (k = 0; k < RTE_DIM(rings); k++) {
			struct rig_conf conf = {
				.kind = kinds[k % RTE_DIM(kinds)],
				.nb_rxd = 32, .nb_txd = rings[k], .room = 256,
			};
			struct rig *r = rig_new(&conf);

			for (seed = 0; seed < 10u * rings[k]; seed += n) {
				size = 1 + rig_random(RTE_MIN(MAX_BURST, rings[k] - 2));
				for (i = 0; i < size; i++)
					pkts[i] = rig_make_mbuf(r, 60 + (seed + i) % 100, 1,
							seed + i);
				n = burst(r, rig_tx_paths[p].xmit, pkts, size);
				rte_pktmbuf_free_bulk(&pkts[n], size - n);
				model82545_tx_run(r->m, UINT32_MAX);
				for (i = 0; i < n; i++)
					check_sent(r, 60 + (seed + i) % 100, seed + i);
				assert_true(n > 0);
			}
			rig_free(r);
		}
	}
}

/* Wherever it is, it goes with its packet. */
static void
test_sends_segments_of_no_length(void **state)
{
	static const uint32_t lens[] = { 30, 60, 200 };
	uint32_t at, seed = 0;
	size_t p, i;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 64 };
		struct rig *r = rig_new(&conf);

		for (i = 0; i < RTE_DIM(lens); i++) {
			for (at = 0; at <= 3; at++, seed++) {
				struct rte_mbuf *m = rig_make_mbuf(r, lens[i], 3, seed);
				struct rte_mbuf *empty = rte_pktmbuf_alloc(r->pool);
				struct rte_mbuf *before = m;

				if (at == 0) {
					empty->pkt_len = m->pkt_len;
					empty->next = m;
					m = empty;
				} else {
					while (before->next != NULL && at > 1)
						before = before->next;
					empty->next = before->next;
					before->next = empty;
				}
				m->nb_segs = 4;
				assert_int_equal(burst(r, rig_tx_paths[p].xmit, &m, 1), 1);
				model82545_tx_run(r->m, UINT32_MAX);
				check_sent(r, lens[i], seed);
			}
		}
		rig_free(r);
	}
}

/* What cannot be sent is freed and counted, and does not hold the rest up. */
static void
test_drops_what_the_chip_cannot_send(void **state)
{
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		struct rig_conf conf = {
			.nb_rxd = 32, .nb_txd = 128, .room = 16384, .nb_mbufs = 512,
		};
		struct rig *r = rig_new(&conf);
		uint32_t in_use = rte_mempool_in_use_count(r->pool);
		struct rte_mbuf *pkts[7];

		pkts[0] = rig_make_mbuf(r, 100, 1, 0);
		pkts[1] = rig_make_mbuf(r, 100, 1, 0);
		pkts[1]->pkt_len = 0;
		pkts[1]->data_len = 0;
		pkts[2] = rig_make_mbuf(r, 100, 1, 2);
		pkts[3] = rig_make_mbuf(r, MAX_LEN + 1, 1, 0);
		pkts[4] = rig_make_mbuf(r, MAX_LEN + 1, 3, 0);
		pkts[5] = rig_make_mbuf(r, 4000, r->txq->max_descs + 1, 0);
		pkts[6] = rig_make_mbuf(r, 100, 1, 6);
		assert_int_equal(burst(r, rig_tx_paths[p].xmit, pkts, 7), 7);
		assert_int_equal(r->txq->nb_dropped, 4);
		assert_int_equal(rte_mempool_in_use_count(r->pool), in_use + 3);
		model82545_tx_run(r->m, UINT32_MAX);
		check_sent(r, 100, 0);
		check_sent(r, 100, 2);
		check_sent(r, 100, 6);
		assert_null(rig_sent(r));
		rig_free(r);
	}
}

/* The longest packet finds room in the smallest ring, whatever is in it. */
static void
test_longest_packet_always_finds_room(void **state)
{
	static const uint16_t rings[] = { 32, 40, 64, 128 };
	uint32_t before, seed, i;
	uint16_t descs;
	size_t p, k;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		for (k = 0; k < RTE_DIM(rings); k++) {
			struct rig_conf conf = {
				.nb_rxd = 32, .nb_txd = rings[k], .nb_mbufs = 512,
			};
			struct rig *r = rig_new(&conf);

			descs = r->txq->max_descs;
			for (before = 0; before < 2u * rings[k]; before++) {
				for (seed = 0; seed < before; seed++) {
					struct rte_mbuf *m = rig_make_mbuf(r, 100, 1, seed);

					while (burst(r, rig_tx_paths[p].xmit, &m, 1) == 0)
						model82545_tx_run(r->m, UINT32_MAX);
				}
				model82545_tx_run(r->m, UINT32_MAX);
				for (i = 0; i < before; i++)
					check_sent(r, 100, i);
				send_one(r, rig_tx_paths[p].xmit, 10 * descs, descs, before);
			}
			rig_free(r);
		}
	}
}

/* Full: the rest stays the caller's, two descriptors stay free. */
static void
test_full_ring_takes_a_part(void **state)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint32_t i, nb, sent;
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		rig_burst_t xmit = rig_tx_paths[p].xmit;
		struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 40 };
		struct rig *r = rig_new(&conf);

		for (i = 0; i < MAX_BURST; i++)
			pkts[i] = rig_make_mbuf(r, 100, 1, i);
		nb = burst(r, xmit, pkts, MAX_BURST);
		assert_int_equal(nb, 38);
		for (i = 0; i < 5; i++)
			assert_int_equal(burst(r, xmit, &pkts[nb], MAX_BURST - nb), 0);
		sent = r->txq->nb_free;
		assert_int_equal(sent, 2);
		model82545_tx_run(r->m, UINT32_MAX);
		assert_int_equal(burst(r, xmit, &pkts[nb], MAX_BURST - nb), MAX_BURST - nb);
		model82545_tx_run(r->m, UINT32_MAX);
		for (i = 0; i < MAX_BURST; i++)
			check_sent(r, 100, i);
		rig_free(r);
	}
}

/* Descriptors with RS are packet ends, rs_thresh apart or hardly more. */
static void
rs_cadence(rig_burst_t xmit, uint16_t rs_thresh, uint32_t nb_segs)
{
	struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 128, .rs_thresh = rs_thresh };
	struct rig *r = rig_new(&conf);
	uint32_t slot = 0, since = 0, i;

	for (i = 0; i < 200; i++) {
		struct rte_mbuf *m = rig_make_mbuf(r, 100, nb_segs, i);

		assert_int_equal(burst(r, xmit, &m, 1), 1);
		for (; slot != r->txq->tail; slot = (slot + 1) % 128) {
			uint64_t word = r->m->tx.posted[slot].word;

			since++;
			if (!(word & M_TXD_RS))
				continue;
			assert_true(word & M_TXD_EOP);
			assert_in_range(since, rs_thresh, rs_thresh + nb_segs - 1);
			since = 0;
		}
		assert_in_range(since, 0, rs_thresh - 1);
		model82545_tx_run(r->m, UINT32_MAX);
		check_sent(r, 100, i);
	}
	rig_free(r);
}

/* Nor does a burst of which the full ring takes nothing. */
static void
test_empty_burst_writes_no_tail(void **state)
{
	struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 40 };
	struct rte_mbuf *pkts[MAX_BURST];
	uint32_t i, nb, nb_tdt;
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		rig_burst_t xmit = rig_tx_paths[p].xmit;
		struct rig *r = rig_new(&conf);

		nb_tdt = r->nb_tdt;
		assert_int_equal(burst(r, xmit, pkts, 0), 0);
		assert_int_equal(r->nb_tdt, nb_tdt);
		for (i = 0; i < MAX_BURST; i++)
			pkts[i] = rig_make_mbuf(r, 100, 1, i);
		nb = burst(r, xmit, pkts, MAX_BURST);
		assert_int_equal(r->nb_tdt, nb_tdt + 1);
		assert_int_equal(burst(r, xmit, pkts, 0), 0);
		assert_int_equal(burst(r, xmit, &pkts[nb], MAX_BURST - nb), 0);
		assert_int_equal(r->nb_tdt, nb_tdt + 1);
		rte_pktmbuf_free_bulk(&pkts[nb], MAX_BURST - nb);
		rig_free(r);
	}
}

static void
test_asks_for_status_every_rs_thresh(void **state)
{
	static const uint16_t thresholds[] = { 1, 2, 3, 8, 31, 32, 64 };
	uint32_t segs;
	size_t p, i;

	for (p = 0; p < rig_nb_tx_paths(); p++)
		for (i = 0; i < RTE_DIM(thresholds); i++)
			for (segs = 1; segs <= 5; segs++)
				rs_cadence(rig_tx_paths[p].xmit, thresholds[i], segs);
}

/* Each report frees what lies up to it, neither less nor more. */
static void
test_reclaims_exactly_what_was_reported(void **state)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint32_t i, in_use, turn;
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 128, .rs_thresh = 8 };
		struct rig *r = rig_new(&conf);

		r->m->hold_dd = true;
		for (turn = 0; turn < 30; turn++) {
			asm82545_tx_reclaim(r->txq);
			assert_int_equal(free_slots(r->txq), 128);
			in_use = rte_mempool_in_use_count(r->pool);
			for (i = 0; i < 56; i++)
				pkts[i] = rig_make_mbuf(r, 100, 1, i);
			assert_int_equal(burst(r, rig_tx_paths[p].xmit, pkts, 56), 56);
			assert_int_equal(asm82545_tx_reclaim(r->txq), 0);
			assert_int_equal(model82545_tx_run(r->m, UINT32_MAX), 56);
			/* Sent, but not reported. */
			assert_int_equal(asm82545_tx_reclaim(r->txq), 0);
			assert_int_equal(rte_mempool_in_use_count(r->pool), in_use + 56);
			for (i = 1; i <= 7; i++) {
				assert_int_equal(model82545_tx_report(r->m, 1), 1);
				assert_int_equal(asm82545_tx_reclaim(r->txq), 8);
				assert_int_equal(rte_mempool_in_use_count(r->pool),
					in_use + 56 - 8 * i);
				assert_int_equal(asm82545_tx_reclaim(r->txq), 0);
			}
			for (i = 0; i < 56; i++)
				check_sent(r, 100, i);
		}
		rig_free(r);
	}
}

/* Up to the number of packets asked for, none that was not reported. */
static void
test_cleans_up_packet_by_packet(void **state)
{
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 128, .rs_thresh = 8 };
		struct rig *r = rig_new(&conf);
		uint32_t in_use = rte_mempool_in_use_count(r->pool), i;
		struct rte_mbuf *m;

		for (i = 0; i < 30; i++) {
			m = rig_make_mbuf(r, 120, 2, i);
			assert_int_equal(burst(r, rig_tx_paths[p].xmit, &m, 1), 1);
		}
		assert_int_equal(asm82545_tx_cleanup(r->txq, 0), 0);
		model82545_tx_run(r->m, UINT32_MAX);
		/* 60 descriptors, 56 of them reported. */
		assert_int_equal(asm82545_tx_cleanup(r->txq, 3), 3);
		assert_int_equal(rte_mempool_in_use_count(r->pool), in_use + 54);
		assert_int_equal(free_slots(r->txq), 128 - 54);
		assert_int_equal(asm82545_tx_cleanup(r->txq, 1), 1);
		assert_int_equal(asm82545_tx_cleanup(r->txq, 0), 24);
		assert_int_equal(rte_mempool_in_use_count(r->pool), in_use + 4);
		assert_int_equal(asm82545_tx_cleanup(r->txq, 0), 0);
		for (i = 0; i < 30; i++)
			check_sent(r, 120, i);
		rig_free(r);
	}
}

/* For each slot: done if free, or if an RS at or after it was reported. */
static void
check_slots(const struct rig *r)
{
	const struct asm82545_txq *q = r->txq;
	uint32_t used = (q->tail + q->nb_desc - q->head) % q->nb_desc, slot, at;
	bool done = false;

	for (at = q->nb_desc; at-- > 0; ) {
		slot = (q->head + at) % q->nb_desc;
		if (at >= used) {
			assert_true(asm82545_tx_slot_done(q, slot));
			continue;
		}
		if (r->m->tx.posted[slot].word & M_TXD_RS)
			done = q->ring[slot].word & M_TXD_DD;
		assert_int_equal(asm82545_tx_slot_done(q, slot), done);
	}
}

static void
test_knows_of_each_slot_whether_it_is_done(void **state)
{
	uint32_t i, segs;
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 40, .rs_thresh = 5 };
		struct rig *r = rig_new(&conf);
		struct rte_mbuf *m;

		r->m->hold_dd = true;
		for (i = 0; i < 500; i++) {
			segs = 1 + rig_random(3);
			m = rig_make_mbuf(r, 200, segs, i);
			check_slots(r);
			while (burst(r, rig_tx_paths[p].xmit, &m, 1) == 0) {
				model82545_tx_run(r->m, 1 + rig_random(5));
				model82545_tx_report(r->m, rig_random(2));
				check_slots(r);
			}
			check_slots(r);
		}
		rig_free(r);
	}
}

/* Sent or not, reported or not: all are freed, and the queue begins anew. */
static void
test_drain_frees_everything(void **state)
{
	uint32_t steps, i, sent;
	struct rte_mbuf *m;
	size_t p, k;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		for (steps = 0; steps < 60; steps++) {
			struct rig_conf conf = {
				.kind = kinds[steps % RTE_DIM(kinds)],
				.nb_rxd = 32, .nb_txd = 64,
			};
			struct rig *r = rig_new(&conf);
			struct rig_frame *f;

			r->m->hold_dd = steps % 2;
			for (k = 0; k < 3; k++) {
				for (i = 0; i < 20 + k; i++) {
					m = rig_make_mbuf(r, 200, 2, i);
					if (burst(r, rig_tx_paths[p].xmit, &m, 1) == 0)
						rte_pktmbuf_free(m);
				}
				sent = model82545_tx_run(r->m, steps);
				assert_in_range(sent, 0, steps);
				rig_stop(r);
				assert_int_equal(rte_mempool_in_use_count(r->pool), 0);
				while ((f = rig_sent(r)) != NULL)
					free(f);
				assert_int_equal(rig_start(r), 0);
				r->m->hold_dd = false;
				send_one(r, rig_tx_paths[p].xmit, 300, 3, k);
			}
			rig_free(r);
		}
	}
}

static void
ext_buf_free(void *addr, void *opaque)
{
	(void)addr;
	++*(uint32_t *)opaque;
}

/* A packet whose bytes are outside of any pool. */
static struct rte_mbuf *
make_external(struct rig *r, uint32_t len, uint32_t seed,
	      struct rte_mbuf_ext_shared_info *shared, uint8_t *buf, uint32_t *nb_freed)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(r->pool);

	shared->free_cb = ext_buf_free;
	shared->fcb_opaque = nb_freed;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rig_make_frame(r, buf, len, seed);
	rte_pktmbuf_attach_extbuf(m, buf, (uintptr_t)buf, 2048, shared);
	m->data_len = len;
	m->pkt_len = len;
	return m;
}

/*
 * Clones, mbufs that others hold as well, foreign buffers, two pools: each
 * goes back where it belongs when nobody holds it any more. The pools fault
 * where one does not.
 */
static void
test_frees_any_kind_of_mbuf_rightly(void **state)
{
	struct rte_mbuf_ext_shared_info shared;
	struct rte_mbuf *pkts[6], *original, *shared_pkt;
	uint32_t turn, i, in_use, other_in_use, nb_freed = 0;
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++) {
		struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 64, .rs_thresh = 1 };
		struct rig *r = rig_new(&conf);
		uint8_t *buf = calloc(1, 2048);

		rig_other_pool(r);
		rig_allow(r, buf, 2048);
		in_use = rte_mempool_in_use_count(r->pool);
		other_in_use = rte_mempool_in_use_count(r->other);
		for (turn = 0; turn < 100; turn++) {
			original = rig_make_mbuf(r, 500, 1, 0);
			pkts[0] = rte_pktmbuf_clone(original, r->pool);
			pkts[1] = rte_pktmbuf_clone(original, r->other);
			shared_pkt = rig_make_mbuf_of(r, r->other, 300, 2, 1);
			rte_pktmbuf_refcnt_update(shared_pkt, 1);
			pkts[2] = shared_pkt;
			pkts[3] = rig_make_mbuf_of(r, r->other, 300, 1, 2);
			pkts[4] = make_external(r, 200, 3, &shared, buf, &nb_freed);
			pkts[5] = rig_make_mbuf(r, 300, 1, 4);
			assert_int_equal(burst(r, rig_tx_paths[p].xmit, pkts, 6), 6);
			model82545_tx_run(r->m, UINT32_MAX);
			asm82545_tx_reclaim(r->txq);
			check_sent(r, 500, 0);
			check_sent(r, 500, 0);
			for (i = 1; i <= 4; i++)
				check_sent(r, i == 3 ? 200 : 300, i);
			assert_int_equal(nb_freed, p * 100 + turn + 1);
			assert_int_equal(rte_mbuf_refcnt_read(original), 1);
			assert_int_equal(rte_mbuf_refcnt_read(shared_pkt), 1);
			assert_int_equal(rte_mempool_in_use_count(r->pool), in_use + 1);
			assert_int_equal(rte_mempool_in_use_count(r->other), other_in_use + 2);
			rte_pktmbuf_free(original);
			rte_pktmbuf_free(shared_pkt);
		}
		rig_free(r);
		free(buf);
	}
}

/* Everything at random, compared byte for byte. */
struct soak {
	struct rig *r;
	rig_burst_t xmit;
	struct {
		uint32_t seed;
		uint32_t len;
	} due[8192]; /* FIFO of what is to be sent */
	uint32_t head, tail, seed;
	struct rte_mbuf *held[64]; /* by the program as well */
	uint32_t nb_held;
};

static struct rte_mbuf *
soak_packet(struct soak *s, uint32_t *len)
{
	struct rte_mempool *pool = rig_random(4) == 0 ? s->r->other : s->r->pool;
	uint32_t nb_segs = rig_random(3) == 0 ? 1 + rig_random(12) : 1;
	struct rte_mbuf *m, *clone;

	*len = rig_random(2) == 0 ? 1 + rig_random(100) : 1 + rig_random(1514);
	if (rte_mempool_avail_count(pool) < nb_segs + 1)
		return NULL;
	m = rig_make_mbuf_of(s->r, pool, *len, nb_segs, s->seed);
	if (rig_random(10) != 0 || s->nb_held == RTE_DIM(s->held))
		return m;
	if (rig_random(2) == 0) {
		rte_pktmbuf_refcnt_update(m, 1);
		s->held[s->nb_held++] = m;
		return m;
	}
	clone = rte_mempool_avail_count(s->r->pool) < nb_segs ? NULL :
		rte_pktmbuf_clone(m, s->r->pool);
	if (clone == NULL)
		return m;
	s->held[s->nb_held++] = m;
	return clone;
}

static void
soak_send(struct soak *s)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint32_t lens[MAX_BURST], size = 1 + rig_random(MAX_BURST), nb, i;

	for (i = 0; i < size; i++, s->seed++) {
		pkts[i] = soak_packet(s, &lens[i]);
		if (pkts[i] == NULL)
			break;
	}
	size = i;
	nb = burst(s->r, s->xmit, pkts, size);
	for (i = 0; i < nb; i++) {
		s->due[s->tail % RTE_DIM(s->due)].seed = s->seed - size + i;
		s->due[s->tail++ % RTE_DIM(s->due)].len = lens[i];
	}
	for (; i < size; i++)
		rte_pktmbuf_free(pkts[i]);
}

static void
soak_check(struct soak *s)
{
	while (s->r->sent != NULL) {
		uint32_t at = s->head++ % RTE_DIM(s->due);

		assert_true(s->head <= s->tail);
		check_sent(s->r, s->due[at].len, s->due[at].seed);
	}
}

static void
soak(rig_burst_t xmit, enum model82545_kind kind, bool pcix, uint32_t rounds)
{
	static struct soak s;
	struct rig_conf conf = {
		.kind = kind, .nb_rxd = 32, .nb_txd = 32 + 8 * rig_random(20), .pcix = pcix,
	};
	uint32_t i;

	conf.rs_thresh = 1 + rig_random(conf.nb_txd / 4);
	conf.tx_free_thresh = 1 + rig_random(conf.nb_txd - 2);
	memset(&s, 0, sizeof(s));
	s.xmit = xmit;
	s.r = rig_new(&conf);
	rig_other_pool(s.r);
	for (i = 0; i < rounds; i++) {
		s.r->m->hold_dd = rig_random(2);
		soak_send(&s);
		model82545_tx_run(s.r->m, rig_random(80));
		model82545_tx_report(s.r->m, rig_random(4));
		soak_check(&s);
		if (rig_random(4) == 0)
			asm82545_tx_reclaim(s.r->txq);
		if (rig_random(8) == 0)
			asm82545_tx_cleanup(s.r->txq, rig_random(10));
		while (s.nb_held > rig_random(RTE_DIM(s.held)))
			rte_pktmbuf_free(s.held[--s.nb_held]);
	}
	model82545_tx_run(s.r->m, UINT32_MAX);
	soak_check(&s);
	assert_int_equal(s.head, s.tail);
	assert_int_equal(s.r->txq->nb_dropped, 0);
	while (s.nb_held > 0)
		rte_pktmbuf_free(s.held[--s.nb_held]);
	rig_free(s.r);
}

static void
test_soak(void **state)
{
	uint32_t i;
	size_t p;

	for (p = 0; p < rig_nb_tx_paths(); p++)
		for (i = 0; i < 20; i++)
			soak(rig_tx_paths[p].xmit, kinds[i % RTE_DIM(kinds)],
				kinds[i % RTE_DIM(kinds)] != MODEL82545_QEMU && i % 3 == 0, 300);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_sends_every_length_padded_with_zeros),
	cmocka_unit_test(test_splits_long_buffers_on_pcix),
	cmocka_unit_test(test_sends_up_to_40_segments),
	cmocka_unit_test(test_sends_in_every_ring_and_burst_size),
	cmocka_unit_test(test_sends_segments_of_no_length),
	cmocka_unit_test(test_drops_what_the_chip_cannot_send),
	cmocka_unit_test(test_longest_packet_always_finds_room),
	cmocka_unit_test(test_full_ring_takes_a_part),
	cmocka_unit_test(test_empty_burst_writes_no_tail),
	cmocka_unit_test(test_asks_for_status_every_rs_thresh),
	cmocka_unit_test(test_reclaims_exactly_what_was_reported),
	cmocka_unit_test(test_cleans_up_packet_by_packet),
	cmocka_unit_test(test_knows_of_each_slot_whether_it_is_done),
	cmocka_unit_test(test_drain_frees_everything),
	cmocka_unit_test(test_frees_any_kind_of_mbuf_rightly),
	cmocka_unit_test(test_soak),
};

TEST_SUITE(tx, tests)
