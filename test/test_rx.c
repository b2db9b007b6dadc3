/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <stdlib.h>
#include <string.h>

#include "rig_packet.h"
#include "rig_paths.h"

#define MAX_BURST 64

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

/* Frame number *seq* of a run: its length and its bytes depend on it. */
static bool
inject(struct rig *r, uint32_t seq, uint32_t len)
{
	static uint8_t frame[RIG_MAX_FRAME];

	rig_make_frame(r, frame, len, seq);
	return model82545_rx_inject(r->m, frame, len, 0);
}

/* That *m* is such a frame, fit for any program; frees it. */
static void
check_frame(const struct rig *r, struct rte_mbuf *m, uint32_t seq, uint32_t len)
{
	static uint8_t frame[RIG_MAX_FRAME], bytes[RIG_MAX_FRAME];
	const struct rte_mbuf *seg;

	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->ol_flags, 0);
	assert_int_equal(m->packet_type, 0);
	for (seg = m; seg != NULL; seg = seg->next) {
		assert_int_equal(seg->data_off, RTE_PKTMBUF_HEADROOM);
		assert_int_equal(seg->port, 7);
		assert_int_equal(rte_mbuf_refcnt_read(seg), 1);
	}
	rig_make_frame(r, frame, len, seq);
	assert_int_equal(rig_mbuf_bytes(m, bytes), len);
	assert_memory_equal(bytes, frame, len);
	rte_pktmbuf_free(m);
}

static uint32_t
short_len(uint32_t seq)
{
	return 60 + seq * 7 % 140;
}

/* Descriptors that the chip does not have and that hold no frame. */
static uint32_t
rx_holes(const struct asm82545_rxq *q)
{
	uint32_t offset = 0;

	while (asm82545_rx_slot_state(q, offset) != ASM82545_RX_HOLE)
		offset++;
	return q->nb_desc - offset;
}

/* One burst: at most one write of RDT for each batch of descriptors refilled. */
static uint16_t
burst(struct rig *r, const struct rig_rx_path *path, struct rte_mbuf **pkts, uint16_t size)
{
	uint32_t nb_rdt = r->nb_rdt, fill = r->rxq->fill, filled;
	uint16_t nb = path->recv(r->rxq, pkts, size);

	assert_in_range(nb, 0, size);
	assert_int_equal(*model82545_reg(r->m, M_RDT), r->rxq->fill);
	filled = (r->rxq->fill + r->rxq->nb_desc - fill) % r->rxq->nb_desc;
	assert_in_range(r->nb_rdt - nb_rdt, 0, (filled != 0) + filled / r->rxq->free_thresh);
	return nb;
}

/* *nb* frames come and are received in bursts of *size*. */
static void
receive_all(struct rig *r, const struct rig_rx_path *path, uint16_t size, uint32_t nb)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint32_t in = 0, out = 0, i, n;

	while (out < nb) {
		n = 1 + rig_random(2 * size);
		for (i = 0; i < n && in < nb &&
				model82545_ring_posted(r->m, MODEL82545_RX) != 0; i++, in++) {
			assert_true(inject(r, in, short_len(in)));
			model82545_rx_run(r->m, 1);
		}
		assert_in_range(asm82545_rx_count(r->rxq), 1, in - out);
		n = burst(r, path, pkts, size);
		assert_in_range(n, 1, size);
		for (i = 0; i < n; i++, out++)
			check_frame(r, pkts[i], out, short_len(out));
	}
	assert_int_equal(burst(r, path, pkts, size), 0);
	assert_int_equal(asm82545_rx_count(r->rxq), 0);
}

static void
ring_size(uint16_t nb_desc, uint16_t step)
{
	uint16_t size;
	size_t p;

	for (p = 0; p < rig_nb_rx_paths(); p++) {
		for (size = 1; size <= MAX_BURST; size += step) {
			struct rig_conf conf = {
				.kind = kinds[size % RTE_DIM(kinds)],
				.nb_rxd = nb_desc,
				.nb_txd = 32,
				.room = 256,
				.mtu = 242,
			};
			struct rig *r = rig_new(&conf);

			receive_all(r, &rig_rx_paths[p], size, 10u * nb_desc);
			rig_free(r);
		}
	}
}

static void
test_receives_in_every_burst_size(void **state)
{
	ring_size(32, 1);
	ring_size(40, 1);
	ring_size(64, 1);
	ring_size(512, 9);
	ring_size(4096, 31);
}

/* The driver's free threshold: from each one to all at once. */
static void
test_refills_by_threshold(void **state)
{
	static const uint16_t thresholds[] = { 1, 2, 7, 8, 16 };
	size_t i, p;

	for (i = 0; i < RTE_DIM(thresholds); i++) {
		for (p = 0; p < rig_nb_rx_paths(); p++) {
			struct rig_conf conf = {
				.nb_rxd = 32, .nb_txd = 32, .room = 256, .mtu = 242,
				.rx_free_thresh = thresholds[i],
			};
			struct rig *r = rig_new(&conf);

			receive_all(r, &rig_rx_paths[p], 5, 1000);
			assert_in_range(rx_holes(r->rxq), 1, thresholds[i]);
			rig_free(r);
		}
	}
}

/* Empty polls, and polls that find little, leave the tail alone. */
static void
test_writes_tail_once_per_batch(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64, .rx_free_thresh = 16 };
	struct rte_mbuf *pkt;
	uint32_t nb_rdt, seq;
	struct rig *r;
	size_t p;

	for (p = 0; p < rig_nb_rx_paths(); p++) {
		r = rig_new(&conf);
		nb_rdt = r->nb_rdt;
		for (seq = 0; seq < 160; seq++) {
			assert_int_equal(burst(r, &rig_rx_paths[p], &pkt, 1), 0);
			assert_true(inject(r, seq, 100));
			model82545_rx_run(r->m, 1);
			assert_int_equal(burst(r, &rig_rx_paths[p], &pkt, 1), 1);
			check_frame(r, pkt, seq, 100);
			assert_in_range(r->nb_rdt - nb_rdt, seq / 16, seq / 16 + 1);
		}
		rig_free(r);
	}
}

/* All descriptors used and no mbuf left; it goes on when there are some again. */
static void
exhaust_and_recover(const struct rig_rx_path *path)
{
	struct rig_conf conf = {
		.nb_rxd = 64, .nb_txd = 32, .rx_free_thresh = 8, .nb_mbufs = 63 + 20,
	};
	struct rig *r = rig_new(&conf);
	struct rte_mbuf *held[128], *pkts[MAX_BURST];
	uint32_t in = 0, nb = 0, out = 0, i, n;

	while (model82545_ring_posted(r->m, MODEL82545_RX) != 0) {
		assert_true(inject(r, in++, 100));
		model82545_rx_run(r->m, 1);
		nb += burst(r, path, &held[nb], 1);
	}
	assert_int_equal(nb, in);
	assert_true(nb > 63);
	assert_true(r->rxq->nb_no_mbuf > 0);
	n = r->rxq->nb_no_mbuf;
	assert_int_equal(burst(r, path, pkts, MAX_BURST), 0);
	assert_true(r->rxq->nb_no_mbuf > n);
	/* Frames wait in the packet buffer. */
	for (i = 0; i < 10; i++)
		assert_true(inject(r, in++, 100));
	assert_int_equal(model82545_rx_run(r->m, 10), 0);
	for (i = 0; i < nb; i++)
		check_frame(r, held[i], out++, 100);
	assert_int_equal(burst(r, path, pkts, MAX_BURST), 0);
	assert_int_equal(model82545_rx_run(r->m, 100), 10);
	assert_int_equal(burst(r, path, pkts, MAX_BURST), 10);
	for (i = 0; i < 10; i++)
		check_frame(r, pkts[i], out++, 100);
	rig_free(r);
}

static void
test_recovers_from_an_empty_pool(void **state)
{
	size_t p;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		exhaust_and_recover(&rig_rx_paths[p]);
}

/* As little as one mbuf more than the ring needs. */
static void
test_goes_on_with_hardly_any_mbufs(void **state)
{
	struct rig_conf conf = {
		.nb_rxd = 32, .nb_txd = 32, .rx_free_thresh = 1, .nb_mbufs = 32,
		.room = 256, .mtu = 242,
	};
	struct rig *r = rig_new(&conf);

	receive_all(r, &rig_rx_paths[0], 1, 500);
	receive_all(r, &rig_rx_paths[0], 4, 500);
	rig_free(r);
}

/* Start needs an mbuf for each descriptor but one. */
static void
test_fill_fails_without_mbufs_and_leaks_none(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64, .nb_txd = 32, .nb_mbufs = 63 };
	struct rig *r = rig_new(&conf);
	struct rte_mbuf *m;

	rig_stop(r);
	m = rte_pktmbuf_alloc(r->pool);
	assert_true(rig_start(r) != 0);
	asm82545_rx_drain(r->rxq);
	assert_int_equal(rte_mempool_in_use_count(r->pool), 1);
	rte_pktmbuf_free(m);
	assert_int_equal(rig_start(r), 0);
	rig_free(r);
}

/* Damaged frames, which come with RCTL.SBP only, are counted; good ones pass. */
static void
error_frames(const struct rig_rx_path *path, uint32_t len)
{
	static const uint64_t errors[] = {
		M_RXD_CE, M_RXD_SE, M_RXD_SEQ, M_RXD_RXE, M_RXD_ERRORS,
	};
	struct rig_conf conf = { .nb_rxd = 64, .rctl = M_RCTL_SBP, .mtu = 9000 };
	struct rig *r = rig_new(&conf);
	static uint8_t frame[RIG_MAX_FRAME];
	struct rte_mbuf *pkts[4];
	uint32_t seq, n;

	for (seq = 0; seq < 300; seq++) {
		assert_true(inject(r, 2 * seq, 100));
		rig_make_frame(r, frame, len, seq);
		assert_true(model82545_rx_inject(r->m, frame, len,
				errors[seq % RTE_DIM(errors)]));
		assert_true(inject(r, 2 * seq + 1, 100));
		model82545_rx_run(r->m, UINT32_MAX);
		for (n = 0; n < 2; )
			n += burst(r, path, &pkts[n], 3);
		assert_int_equal(n, 2);
		check_frame(r, pkts[0], 2 * seq, 100);
		check_frame(r, pkts[1], 2 * seq + 1, 100);
		assert_int_equal(r->rxq->nb_damaged, seq + 1);
	}
	assert_int_equal(r->rxq->nb_oversize, 0);
	rig_free(r);
}

static void
test_drops_error_frames_and_counts_them(void **state)
{
	size_t p;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		error_frames(&rig_rx_paths[p], 100);
}

static void
test_drops_long_error_frames_once(void **state)
{
	size_t p;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		if (rig_rx_paths[p].scattered)
			error_frames(&rig_rx_paths[p], 9000);
}

/* Too long and damaged as well: one frame is counted once. */
static void
test_counts_a_frame_that_is_long_and_damaged_once(void **state)
{
	static uint8_t frame[5000];
	struct rte_mbuf *pkts[4];
	size_t p;
	int i;

	for (p = 0; p < rig_nb_rx_paths(); p++) {
		struct rig_conf conf = {
			.nb_rxd = 64, .rctl = M_RCTL_SBP | M_RCTL_LPE, .room = 1024,
			.mtu = rig_rx_paths[p].scattered ? 1500 : 1000,
		};
		struct rig *r = rig_new(&conf);

		rig_make_frame(r, frame, sizeof(frame), 0);
		for (i = 1; i < 20; i++) {
			assert_true(model82545_rx_inject(r->m, frame, sizeof(frame), M_RXD_CE));
			assert_true(inject(r, i, 100));
			model82545_rx_run(r->m, UINT32_MAX);
			assert_int_equal(burst(r, &rig_rx_paths[p], pkts, 4), 1);
			check_frame(r, pkts[0], i, 100);
			assert_int_equal(r->rxq->nb_damaged + r->rxq->nb_oversize, i);
		}
		rig_free(r);
	}
}

/* The MTU is the limit; a tag may come on top of it. */
static void
length_limit(const struct rig_rx_path *path)
{
	struct rig_conf conf = { .room = 4096, .rctl = M_RCTL_LPE };
	struct rig *r = rig_new(&conf);
	static uint8_t frame[RIG_MAX_FRAME];
	struct rte_mbuf *pkts[8];
	uint64_t bytes = 0;
	uint32_t len, nb = 0;

	for (len = 1510; len <= 1525; len++) {
		rig_make_frame(r, frame, len, len);
		assert_true(model82545_rx_inject(r->m, frame, len, 0));
		model82545_rx_run(r->m, UINT32_MAX);
		if (burst(r, path, pkts, 8) == 1) {
			assert_true(len <= 1514);
			check_frame(r, pkts[0], len, len);
		} else {
			assert_true(len > 1514);
			bytes += len;
			nb++;
		}
		frame[12] = 0x81;
		frame[13] = 0x00;
		assert_true(model82545_rx_inject(r->m, frame, len, 0));
		model82545_rx_run(r->m, UINT32_MAX);
		if (burst(r, path, pkts, 8) == 1) {
			assert_true(len <= 1518);
			rte_pktmbuf_free(pkts[0]);
		} else {
			assert_true(len > 1518);
			bytes += len;
			nb++;
		}
		assert_int_equal(r->rxq->nb_oversize, nb);
		assert_int_equal(r->rxq->oversize_bytes, bytes);
	}
	rig_free(r);
}

static void
test_drops_frames_beyond_the_mtu(void **state)
{
	size_t p;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		length_limit(&rig_rx_paths[p]);
}

/* Sizes around one, two and many buffers, *per_step* descriptors at a time. */
static void
scattered(const struct rig_rx_path *path, enum model82545_kind kind, uint16_t room,
	  uint32_t per_step)
{
	struct rig_conf conf = { .kind = kind, .nb_rxd = 256, .room = room, .mtu = 16110 };
	struct rig *r = rig_new(&conf);
	const uint32_t sizes[] = {
		60, room - 1, room, room + 1, 2 * room - 1, 2 * room, 2 * room + 1,
		3 * room, 1514, 1518, 9018, 16124,
	};
	struct rte_mbuf *pkts[4];
	uint32_t seq, len, n;

	for (seq = 0; seq < 8 * RTE_DIM(sizes); seq++) {
		len = RTE_MIN(sizes[seq % RTE_DIM(sizes)], 16124u);
		assert_true(inject(r, seq, len));
		for (n = 0; n == 0; n = burst(r, path, pkts, 4))
			if (model82545_rx_run(r->m, per_step) == 0)
				break;
		if (n == 0)
			n = burst(r, path, pkts, 4);
		assert_int_equal(n, 1);
		assert_int_equal(pkts[0]->nb_segs, (len + room - 1) / room);
		check_frame(r, pkts[0], seq, len);
	}
	rig_free(r);
}

static void
test_gathers_frames_of_many_descriptors(void **state)
{
	static const uint16_t rooms[] = { 256, 512, 1024, 2048, 4096, 8192 };
	size_t p, k, i;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		for (k = 0; k < RTE_DIM(kinds) && rig_rx_paths[p].scattered; k++)
			for (i = 0; i < RTE_DIM(rooms); i++)
				scattered(&rig_rx_paths[p], kinds[k], rooms[i], UINT32_MAX);
}

/* A frame that is not complete when the burst ends goes on in the next one. */
static void
test_gathers_frames_over_several_bursts(void **state)
{
	size_t p, k;
	uint32_t per_step;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		for (k = 0; k < RTE_DIM(kinds) && rig_rx_paths[p].scattered; k++)
			for (per_step = 1; per_step <= 3; per_step++)
				scattered(&rig_rx_paths[p], kinds[k], 1024, per_step);
}

/* Where frames of one descriptor are expected, longer ones are dropped whole. */
static void
drops_scattered(const struct rig_rx_path *path, enum model82545_kind kind)
{
	struct rig_conf conf = { .kind = kind, .nb_rxd = 64, .rctl = M_RCTL_LPE };
	struct rig *r = rig_new(&conf);
	struct rte_mbuf *pkts[8];
	uint32_t seq, i, n, nb;

	for (seq = 0; seq < 100; seq++) {
		assert_true(inject(r, seq, 2049 + rig_random(7000)));
		nb = 1 + rig_random(8);
		for (i = 0; i < nb; i++)
			assert_true(inject(r, seq + i, 200));
		for (n = 0; n < nb; n += burst(r, path, &pkts[n], 8 - n))
			model82545_rx_run(r->m, 1 + rig_random(12));
		assert_int_equal(n, nb);
		for (i = 0; i < nb; i++)
			check_frame(r, pkts[i], seq + i, 200);
		assert_int_equal(r->rxq->nb_oversize, seq + 1);
	}
	assert_int_equal(r->rxq->nb_damaged, 0);
	rig_free(r);
}

static void
test_drops_scattered_frames_where_none_are_expected(void **state)
{
	size_t p, k;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		for (k = 0; k < RTE_DIM(kinds) && !rig_rx_paths[p].scattered; k++)
			drops_scattered(&rig_rx_paths[p], kinds[k]);
}

/* Too long in the middle: the rest is dropped as well, and counted once. */
static void
test_drops_scattered_frames_beyond_the_mtu(void **state)
{
	struct rte_mbuf *pkts[8];
	uint64_t bytes = 0;
	uint32_t seq, len;
	size_t p;

	for (p = 0; p < rig_nb_rx_paths(); p++, bytes = 0) {
		struct rig_conf conf = { .nb_rxd = 128, .room = 512, .mtu = 2000 };
		struct rig *r = rig_new(&conf);

		for (seq = 0; seq < 100 && rig_rx_paths[p].scattered; seq++) {
			len = 2019 + rig_random(10000);
			bytes += len;
			assert_true(inject(r, seq, len));
			assert_true(inject(r, seq, 2014));
			model82545_rx_run(r->m, 1 + rig_random(5));
			while (burst(r, &rig_rx_paths[p], pkts, 8) == 0)
				model82545_rx_run(r->m, 1);
			check_frame(r, pkts[0], seq, 2014);
			assert_int_equal(r->rxq->nb_oversize, seq + 1);
			assert_int_equal(r->rxq->oversize_bytes, bytes);
		}
		rig_free(r);
	}
}

/*
 * 82545EM: buffers across a 64 KiB line are set aside; the model faults where
 * one is given to it. At the stop all are back.
 */
static void
test_sets_straddling_buffers_aside(void **state)
{
	struct rig_conf conf = {
		.kind = MODEL82545_EM_COPPER, .nb_rxd = 512, .nb_txd = 32, .room = 4096,
	};
	struct rig *r = rig_new(&conf);

	assert_true(r->hw.quirks & ASM82545_QUIRK_RX_64K);
	receive_all(r, &rig_rx_paths[0], 32, 5000);
	assert_in_range(r->rxq->nb_straddling, 1, r->conf.nb_mbufs);
	rig_stop(r);
	assert_int_equal(rte_mempool_in_use_count(r->pool), 0);
	assert_int_equal(rig_start(r), 0);
	receive_all(r, rig_rx_path_scattered(), 32, 5000);
	rig_free(r);
}

/* The pool runs dry while a straddling buffer is to be replaced. */
static void
replace_fails(uint32_t nb_mbufs)
{
	struct rig_conf conf = {
		.kind = MODEL82545_EM_COPPER, .nb_rxd = 64, .nb_txd = 32,
		.rx_free_thresh = 8, .nb_mbufs = nb_mbufs, .room = 8192,
	};
	struct rig *r = rig_new(&conf);
	struct rte_mbuf *held[512], *pkts[MAX_BURST];
	uint32_t in = 0, nb = 0, i, in_use;

	while (model82545_ring_posted(r->m, MODEL82545_RX) != 0) {
		assert_true(inject(r, in++, 100));
		model82545_rx_run(r->m, 1);
		nb += burst(r, &rig_rx_paths[0], &held[nb], 1);
	}
	in_use = rte_mempool_in_use_count(r->pool);
	for (i = 0; i < 100; i++)
		assert_int_equal(burst(r, &rig_rx_paths[0], pkts, MAX_BURST), 0);
	assert_int_equal(rte_mempool_in_use_count(r->pool), nb + r->rxq->nb_straddling);
	assert_in_range(rte_mempool_in_use_count(r->pool), in_use, nb_mbufs);
	for (i = 0; i < nb; i++)
		check_frame(r, held[i], i, 100);
	assert_int_equal(burst(r, &rig_rx_paths[0], pkts, MAX_BURST), 0);
	receive_all(r, &rig_rx_paths[0], 16, 500);
	rig_free(r);
}

static void
test_keeps_count_when_no_buffer_replaces_a_straddling_one(void **state)
{
	uint32_t nb_mbufs;

	for (nb_mbufs = 84; nb_mbufs < 130; nb_mbufs++)
		replace_fails(nb_mbufs);
}

/* Whatever was received, in the making, or not seen yet: the drain has it. */
static void
test_drain_returns_all_buffers(void **state)
{
	uint32_t steps;
	struct rte_mbuf *pkts[4];
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		for (steps = 0; steps < 40; steps++) {
			struct rig_conf conf = {
				.kind = kinds[k], .nb_rxd = 64, .room = 512, .mtu = 9000,
			};
			struct rig *r = rig_new(&conf);

			while (inject(r, steps, 9000))
				;
			model82545_rx_run(r->m, steps);
			if (burst(r, rig_rx_path_scattered(), pkts, 1) == 1)
				check_frame(r, pkts[0], steps, 9000);
			model82545_rx_run(r->m, steps / 2);
			rig_stop(r);
			assert_int_equal(rte_mempool_in_use_count(r->pool), 0);
			assert_int_equal(rig_start(r), 0);
			receive_all(r, rig_rx_path_scattered(), 8, 100);
			rig_free(r);
		}
	}
}

/* Of *done* descriptors that wait, and of *posted* in all. */
static void
check_slots(const struct rig *r, uint32_t done, uint32_t posted)
{
	uint32_t offset;

	assert_int_equal(asm82545_rx_count(r->rxq), done);
	for (offset = 0; offset < r->rxq->nb_desc; offset++)
		assert_int_equal(asm82545_rx_slot_state(r->rxq, offset),
			offset < done ? ASM82545_RX_DONE :
			offset < posted ? ASM82545_RX_POSTED : ASM82545_RX_HOLE);
}

static void
test_counts_what_waits(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64, .rx_free_thresh = 8 };
	struct rig *r = rig_new(&conf);
	struct rte_mbuf *pkt;
	uint32_t n, seq, turn;

	for (turn = 0; turn < 5; turn++) {
		uint32_t posted = model82545_ring_posted(r->m, MODEL82545_RX);

		for (n = 0; n < posted; n++) {
			check_slots(r, n, posted);
			assert_true(inject(r, n, 100));
			model82545_rx_run(r->m, 1);
		}
		for (seq = 0; seq < posted; seq++) {
			check_slots(r, posted - seq, posted - seq +
				model82545_ring_posted(r->m, MODEL82545_RX));
			assert_int_equal(burst(r, &rig_rx_paths[0], &pkt, 1), 1);
			check_frame(r, pkt, seq, 100);
		}
		assert_int_equal(asm82545_rx_count(r->rxq), 0);
	}
	/* Stopped: nothing is posted, nothing waits. */
	rig_stop(r);
	check_slots(r, 0, 0);
	assert_int_equal(asm82545_recv_pkts(r->rxq, &pkt, 1), 0);
	assert_int_equal(rig_start(r), 0);
	rig_free(r);
}

/* Receives what was injected; fails when it is not one frame. */
static struct rte_mbuf *
receive_one(struct rig *r, rig_burst_t recv)
{
	struct rte_mbuf *pkts[2] = { NULL };

	model82545_rx_run(r->m, UINT32_MAX);
	assert_int_equal(recv(r->rxq, pkts, 2), 1);
	return pkts[0];
}

/* As the chip tells: good, bad, or nothing at all. */
static uint64_t
csum_flags(const struct rig *r, const struct rig_shape *s, bool bad_ip, bool bad_l4)
{
	uint64_t flags = bad_l4 ? RTE_MBUF_F_RX_L4_CKSUM_BAD : RTE_MBUF_F_RX_L4_CKSUM_GOOD;

	if (r->conf.kind == MODEL82545_QEMU || !r->conf.rx_csum)
		return 0;
	if (s->ipv6)
		return flags;
	return flags | (bad_ip ? RTE_MBUF_F_RX_IP_CKSUM_BAD : RTE_MBUF_F_RX_IP_CKSUM_GOOD);
}

static void
checksums(rig_burst_t recv, enum model82545_kind kind, bool on, uint16_t room)
{
	struct rig_conf conf = {
		.kind = kind, .nb_rxd = 128, .nb_txd = 32, .rx_csum = on, .room = room,
	};
	struct rig *r = rig_new(&conf);
	static struct rig_packet p;
	struct rig_shape s;
	struct rte_mbuf *m;
	bool bad_ip, bad_l4;
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		rig_random_shape(&s);
		s.payload += 20; /* no padding, which chips leave out of the sum */
		rig_make_packet(&p, r, &s, true);
		bad_ip = !s.ipv6 && rig_random(3) == 0;
		bad_l4 = rig_random(3) == 0;
		if (bad_ip)
			p.data[p.l2 + 8] ^= 1 << rig_random(8);
		if (bad_l4)
			p.data[p.len - 1 - rig_random(20)] ^= 1 << rig_random(8);
		assert_true(model82545_rx_inject(r->m, p.data, p.len, 0));
		m = receive_one(r, recv);
		assert_int_equal(m->ol_flags, csum_flags(r, &s, bad_ip, bad_l4));
		rte_pktmbuf_free(m);
		/* Of a frame that is not IP nothing is claimed. */
		inject(r, i, 60 + i);
		m = receive_one(r, recv);
		assert_int_equal(m->ol_flags, 0);
		rte_pktmbuf_free(m);
	}
	rig_free(r);
}

static void
test_reports_checksums_as_the_chip_does(void **state)
{
	size_t k;
	int on;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		for (on = 0; on < 2; on++) {
			checksums(asm82545_recv_offload_pkts, kinds[k], on, 2048);
			checksums(asm82545_recv_scattered_offload_pkts, kinds[k], on, 512);
		}
	}
}

/* A chip may call a datagram without a checksum bad. It is neither. */
static void
test_reports_no_checksum_as_unknown(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64, .nb_txd = 32, .rx_csum = true };
	struct rig_shape s = { .udp = true, .payload = 100 };
	struct rig *r = rig_new(&conf);
	static struct rig_packet p;
	struct rte_mbuf *m;
	int i;

	for (i = 0; i < 8; i++) {
		r->m->udp_zero_bad = i & 1;
		s.ipv6 = i & 2;
		s.tagged = i & 4;
		rig_make_packet(&p, r, &s, true);
		memset(p.data + p.l2 + p.l3 + 6, 0, 2);
		assert_true(model82545_rx_inject(r->m, p.data, p.len, 0));
		m = receive_one(r, asm82545_recv_offload_pkts);
		assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
			RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN);
		rte_pktmbuf_free(m);
	}
	rig_free(r);
}

/* Stripped where that was asked for, else as on the wire. */
static void
vlan(const struct rig_rx_path *path, enum model82545_kind kind, bool mode, bool strip)
{
	struct rig_conf conf = {
		.kind = kind, .nb_rxd = 128, .nb_txd = 32, .vlan = mode, .vlan_strip = strip,
		.room = path->scattered ? 512 : 2048,
	};
	struct rig *r = rig_new(&conf);
	uint8_t frame[1518], bytes[1518];
	uint32_t seq, len, tci;
	struct rte_mbuf *m;

	for (seq = 0; seq < 600; seq++) {
		len = seq % 50 == 0 ? 1518 : 64 + rig_random(1454);
		tci = rig_random(65536);
		rig_make_frame(r, frame, len, seq);
		if (seq % 3 != 0) {
			memcpy(frame + 12, "\x81\x00", 2);
			frame[14] = tci >> 8;
			frame[15] = tci;
		} else {
			len = RTE_MIN(len, 1514u);
		}
		assert_true(model82545_rx_inject(r->m, frame, len, 0));
		m = receive_one(r, path->recv);
		if (seq % 3 != 0 && mode && strip) {
			assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_VLAN |
				RTE_MBUF_F_RX_VLAN_STRIPPED);
			assert_int_equal(m->vlan_tci, tci);
			memmove(frame + 12, frame + 16, len - 16);
			len -= 4;
		} else {
			assert_int_equal(m->ol_flags, 0);
		}
		assert_int_equal(rig_mbuf_bytes(m, bytes), len);
		assert_memory_equal(bytes, frame, len);
		rte_pktmbuf_free(m);
	}
	rig_free(r);
}

static void
test_strips_tags_or_leaves_them(void **state)
{
	size_t p, k;
	int i;

	for (p = 0; p < rig_nb_rx_paths(); p++) {
		for (k = 0; k < RTE_DIM(kinds); k++) {
			vlan(&rig_rx_paths[p], kinds[k], false, false);
			if (!rig_rx_paths[p].offload)
				continue;
			for (i = 0; i < 2; i++)
				vlan(&rig_rx_paths[p], kinds[k], true, i);
		}
	}
}

/* Two tags: the outer one goes. */
static void
test_strips_the_outer_of_two_tags(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64, .nb_txd = 32, .vlan = true, .vlan_strip = true };
	struct rig *r = rig_new(&conf);
	uint8_t frame[200], bytes[200];
	struct rte_mbuf *m;

	rig_make_frame(r, frame, sizeof(frame), 1);
	memcpy(frame + 12, "\x81\x00\x20\x01\x81\x00\x40\x02", 8);
	assert_true(model82545_rx_inject(r->m, frame, sizeof(frame), 0));
	m = receive_one(r, asm82545_recv_offload_pkts);
	assert_int_equal(m->vlan_tci, 0x2001);
	assert_int_equal(rig_mbuf_bytes(m, bytes), sizeof(frame) - 4);
	assert_memory_equal(bytes + 12, frame + 16, sizeof(frame) - 16);
	rte_pktmbuf_free(m);
	rig_free(r);
}

/* Everything at random, compared byte for byte. */
struct soak {
	struct rig *r;
	const struct rig_rx_path *path;
	struct {
		uint32_t seq;
		uint32_t len;
	} due[4096]; /* FIFO of what is to be received */
	uint32_t head, tail, in;
	struct rte_mbuf *held[256];
	uint32_t nb_held;
};

static void
soak_inject(struct soak *s)
{
	static uint8_t frame[RIG_MAX_FRAME];
	uint32_t limit = s->r->rxq->max_len;
	uint32_t len = rig_random(3) == 0 ? 60 + rig_random(limit + 200 - 60) :
		60 + rig_random(200);
	bool damaged = rig_random(20) == 0;

	rig_make_frame(s->r, frame, len, s->in);
	if (!model82545_rx_inject(s->r->m, frame, len, damaged ? M_RXD_CE : 0))
		return;
	if ((!damaged || s->r->m->kind == MODEL82545_QEMU) && len <= limit) {
		s->due[s->tail % RTE_DIM(s->due)].seq = s->in;
		s->due[s->tail++ % RTE_DIM(s->due)].len = len;
	}
	s->in++;
}

static void
soak_receive(struct soak *s)
{
	struct rte_mbuf *pkts[MAX_BURST];
	uint16_t size = 1 + rig_random(MAX_BURST), nb, i;

	nb = burst(s->r, s->path, pkts, size);
	for (i = 0; i < nb; i++, s->head++) {
		uint32_t at = s->head % RTE_DIM(s->due);

		assert_true(s->head != s->tail);
		check_frame(s->r, pkts[i], s->due[at].seq, s->due[at].len);
	}
}

/* Programs hold mbufs, and give them back, as they like. */
static void
soak_hold(struct soak *s)
{
	if (rig_random(2) == 0 && s->nb_held < RTE_DIM(s->held)) {
		s->held[s->nb_held] = rte_pktmbuf_alloc(s->r->pool);
		s->nb_held += s->held[s->nb_held] != NULL;
	} else if (s->nb_held > 0) {
		rte_pktmbuf_free(s->held[--s->nb_held]);
	}
}

static void
soak(const struct rig_rx_path *path, enum model82545_kind kind, uint32_t rounds)
{
	static struct soak s;
	struct rig_conf conf = {
		.kind = kind,
		.nb_rxd = 32 + 8 * rig_random(20),
		.nb_txd = 32,
		.room = path->scattered ? 512 : 2048,
		.mtu = path->scattered ? 5000 : 1500,
		.rctl = M_RCTL_LPE | (kind == MODEL82545_QEMU ? 0 : M_RCTL_SBP),
	};
	uint32_t i, n;

	conf.nb_mbufs = conf.nb_rxd + 64;
	memset(&s, 0, sizeof(s));
	s.path = path;
	s.r = rig_new(&conf);
	for (i = 0; i < rounds; i++) {
		for (n = rig_random(16); n > 0; n--)
			soak_inject(&s);
		model82545_rx_run(s.r->m, rig_random(64));
		soak_receive(&s);
		for (n = rig_random(8); n > 0; n--)
			soak_hold(&s);
	}
	while (s.nb_held > 0)
		rte_pktmbuf_free(s.held[--s.nb_held]);
	while (s.head != s.tail) {
		soak_receive(&s);
		model82545_rx_run(s.r->m, UINT32_MAX);
	}
	rig_free(s.r);
}

static void
test_soak(void **state)
{
	size_t p, k;

	for (p = 0; p < rig_nb_rx_paths(); p++)
		for (k = 0; k < RTE_DIM(kinds); k++)
			soak(&rig_rx_paths[p], kinds[k], 3000);
}

/* QEMU under KVM: no other access than RDT's, and the ring never runs dry. */
static void
test_tail_that_waits_is_pushed(void **state)
{
	static const uint16_t threshs[] = { 1, 8, 16, 31, 32 };
	static uint8_t frame[100];
	struct rte_mbuf *m;
	uint32_t i, reads;
	size_t k;

	for (k = 0; k < RTE_DIM(threshs); k++) {
		struct rig_conf conf = {
			.kind = MODEL82545_QEMU, .nb_rxd = 64, .rx_free_thresh = threshs[k],
		};
		struct rig *r = rig_new(&conf);

		rig_make_frame(r, frame, sizeof(frame), 1);
		r->m->late_tail = true;
		r->m->tracing = true;
		for (i = 0; i < 6400; i++) {
			assert_true(model82545_rx_inject(r->m, frame, sizeof(frame), 0));
			assert_int_equal(model82545_rx_run(r->m, 1), 1);
			assert_int_equal(asm82545_recv_pkts(r->rxq, &m, 1), 1);
			rte_pktmbuf_free(m);
		}
		for (i = 0, reads = 0; i < r->m->nb_trace; i++)
			reads += !r->m->trace[i].write;
		assert_in_range(reads, 100, 200);
		r->m->late_tail = false;
		rig_free(r);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_receives_in_every_burst_size),
	cmocka_unit_test(test_refills_by_threshold),
	cmocka_unit_test(test_writes_tail_once_per_batch),
	cmocka_unit_test(test_tail_that_waits_is_pushed),
	cmocka_unit_test(test_recovers_from_an_empty_pool),
	cmocka_unit_test(test_goes_on_with_hardly_any_mbufs),
	cmocka_unit_test(test_fill_fails_without_mbufs_and_leaks_none),
	cmocka_unit_test(test_drops_error_frames_and_counts_them),
	cmocka_unit_test(test_drops_long_error_frames_once),
	cmocka_unit_test(test_counts_a_frame_that_is_long_and_damaged_once),
	cmocka_unit_test(test_drops_frames_beyond_the_mtu),
	cmocka_unit_test(test_gathers_frames_of_many_descriptors),
	cmocka_unit_test(test_gathers_frames_over_several_bursts),
	cmocka_unit_test(test_drops_scattered_frames_where_none_are_expected),
	cmocka_unit_test(test_drops_scattered_frames_beyond_the_mtu),
	cmocka_unit_test(test_sets_straddling_buffers_aside),
	cmocka_unit_test(test_keeps_count_when_no_buffer_replaces_a_straddling_one),
	cmocka_unit_test(test_drain_returns_all_buffers),
	cmocka_unit_test(test_counts_what_waits),
	cmocka_unit_test(test_reports_checksums_as_the_chip_does),
	cmocka_unit_test(test_reports_no_checksum_as_unknown),
	cmocka_unit_test(test_strips_tags_or_leaves_them),
	cmocka_unit_test(test_strips_the_outer_of_two_tags),
	cmocka_unit_test(test_soak),
};

TEST_SUITE(rx, tests)
