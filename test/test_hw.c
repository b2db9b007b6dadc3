/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rig82545.h"

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

/* The number of the next such access; fails when there is none. */
static uint32_t
next(const struct rig *r, uint32_t from, bool write, uint32_t offset)
{
	int i = model82545_trace_find(r->m, from, write, offset);

	if (i < 0)
		fail_msg("no %s of %#x from %u on", write ? "write" : "read", offset, from);
	return i;
}

static uint64_t
us_at(const struct rig *r, uint32_t access)
{
	return r->m->trace[access].us;
}

/* The register through which the reset went. */
static uint32_t
next_reset(const struct rig *r, uint32_t from)
{
	uint32_t i;

	for (i = from; i < r->m->nb_trace; i++)
		if (r->m->trace[i].write && (r->m->trace[i].val & M_CTRL_RST) &&
				(r->m->trace[i].offset == M_CTRL ||
				 r->m->trace[i].offset == M_CTRL_DUP))
			return i;
	fail_msg("no reset");
	return 0;
}

/* §14.7, and what it leaves out: interrupts, DMA off, 10 ms, RST, 5 ms, MANC, interrupts. */
static void
test_reset_keeps_order_and_waits(void **state)
{
	uint32_t imc, rctl, tctl, off, rst, manc;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = rig_chip(kinds[k]);

		if (kinds[k] == MODEL82545_QEMU)
			r->hw.io_write = NULL;
		r->m->tracing = true;
		assert_int_equal(asm82545_hw_init(&r->hw), 0);
		imc = next(r, 0, true, M_IMC);
		assert_int_equal(r->m->trace[imc].val, UINT32_MAX);
		rctl = next(r, imc, true, M_RCTL);
		assert_int_equal(r->m->trace[rctl].val, 0);
		tctl = next(r, imc, true, M_TCTL);
		assert_int_equal(r->m->trace[tctl].val & M_TCTL_EN, 0);
		off = RTE_MAX(rctl, tctl);
		rst = next_reset(r, off);
		/* Posted writes are flushed before the wait. */
		assert_in_range(next(r, off, false, M_STATUS), off, rst);
		assert_true(us_at(r, rst) >= us_at(r, off) + 10000);
		assert_in_range(next(r, 0, true, M_PBA), off, rst);
		assert_true(us_at(r, rst + 1) >= us_at(r, rst) + 5000);
		manc = next(r, rst, true, M_MANC);
		assert_int_equal(r->m->trace[manc].val & M_MANC_ARP_EN, 0);
		next(r, next(r, rst, true, M_IMC), false, M_ICR);
		rig_free(r);
	}
}

/* 82545EM: by I/O where that is alive; 82545GM: by the alias; else plainly. */
static void
test_resets_through_the_right_register(void **state)
{
	static const struct {
		enum model82545_kind kind;
		bool io;
		uint32_t offset;
		bool by_io;
	} ways[] = {
		{ MODEL82545_EM_COPPER, true, M_CTRL, true },
		{ MODEL82545_EM_COPPER, false, M_CTRL, false },
		{ MODEL82545_GM_COPPER, true, M_CTRL_DUP, false },
		{ MODEL82545_GM_COPPER, false, M_CTRL_DUP, false },
		{ MODEL82545_FIBER, true, M_CTRL_DUP, false },
		{ MODEL82545_QEMU, true, M_CTRL, false },
		{ MODEL82545_QEMU, false, M_CTRL, false },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(ways); i++) {
		struct rig *r = rig_chip(ways[i].kind);
		const struct model82545_access *a;

		if (!ways[i].io)
			r->hw.io_write = NULL;
		r->m->tracing = true;
		assert_int_equal(asm82545_hw_init(&r->hw), 0);
		a = &r->m->trace[next_reset(r, 0)];
		assert_int_equal(a->offset, ways[i].offset);
		assert_int_equal(a->io, ways[i].by_io);
		rig_free(r);
	}
}

static void
test_knows_all_parts_and_no_other(void **state)
{
	static const struct {
		uint16_t id;
		enum asm82545_media media;
		uint32_t quirks;
	} parts[] = {
		{ 0x100F, ASM82545_COPPER, ASM82545_QUIRK_RX_64K | ASM82545_QUIRK_IO_RESET },
		{ 0x1011, ASM82545_FIBER, ASM82545_QUIRK_RX_64K | ASM82545_QUIRK_IO_RESET },
		{ 0x1026, ASM82545_COPPER, ASM82545_QUIRK_DUP_RESET },
		{ 0x1027, ASM82545_FIBER, ASM82545_QUIRK_DUP_RESET },
		{ 0x1028, ASM82545_SERDES, ASM82545_QUIRK_DUP_RESET },
	};
	static const uint16_t emulated[] = { 0x1AF4, 0x15AD };
	uint32_t id;
	size_t i = 0, k;

	for (id = 0x1000; id < 0x1100; id++) {
		struct rig *r = rig_chip(MODEL82545_GM_COPPER);

		r->hw.device_id = id;
		if (i == RTE_DIM(parts) || id != parts[i].id) {
			assert_int_equal(asm82545_hw_init(&r->hw), -ENOTSUP);
			rig_free(r);
			continue;
		}
		assert_int_equal(asm82545_hw_init(&r->hw), 0);
		assert_int_equal(r->hw.media, parts[i].media);
		assert_int_equal(r->hw.quirks, parts[i].quirks);
		for (k = 0; k < RTE_DIM(emulated); k++) {
			r->hw.subsystem_vendor_id = emulated[k];
			assert_int_equal(asm82545_hw_init(&r->hw), 0);
			assert_int_equal(r->hw.media, parts[i].media);
			assert_int_equal(r->hw.quirks,
				emulated[k] == 0x1AF4 ? ASM82545_QUIRK_LATE_TAIL : 0);
		}
		rig_free(r);
		i++;
	}
	assert_int_equal(i, RTE_DIM(parts));
}

static void
test_sees_pcix(void **state)
{
	struct rig *r = rig_chip(MODEL82545_EM_COPPER);

	assert_int_equal(asm82545_hw_init(&r->hw), 0);
	assert_false(r->hw.pcix);
	*model82545_reg(r->m, M_STATUS) |= M_STATUS_PCIX;
	assert_int_equal(asm82545_hw_init(&r->hw), 0);
	assert_true(r->hw.pcix);
	rig_free(r);
}

/* Of the registers that a port depends on, the value after a start. */
static void
check_registers(const struct rig *r, bool all)
{
	struct model82545 *m = r->m;
	const struct {
		uint32_t offset;
		uint32_t val;
		bool qemu; /* QEMU has it */
	} want[] = {
		{ M_IMS, 0, true },
		{ M_TCTL, M_TCTL_EN | M_TCTL_PSP | 0x0F << 4 | 0x40 << 12 | 1 << 24, true },
		{ M_TIPG, r->conf.kind == MODEL82545_FIBER ? 0x00602009 : 0x00602008, false },
		{ M_AIFS, 0, true },
		{ M_RDBAL, (uint32_t)r->rxq->ring_iova, true },
		{ M_RDBAH, r->rxq->ring_iova >> 32, true },
		{ M_RDLEN, r->conf.nb_rxd * 16, true },
		{ M_RDH, 0, true },
		{ M_RDT, r->conf.nb_rxd - 1, true },
		{ M_RDTR, 0, true },
		{ M_RADV, 0, true },
		{ M_RSRPD, 0, false },
		{ M_RXDCTL, 0x01010000, false },
		{ M_RXCSUM, 0, false },
		{ M_TDBAL, (uint32_t)r->txq->ring_iova, true },
		{ M_TDBAH, r->txq->ring_iova >> 32, true },
		{ M_TDLEN, r->conf.nb_txd * 16, true },
		{ M_TDH, 0, true },
		{ M_TDT, 0, true },
		{ M_TIDV, 0, false },
		{ M_TADV, 0, true },
		{ M_TXDCTL, 0x01000000, true },
		{ M_ITR, 0, true },
		{ M_VET, 0x8100, true },
		{ M_FCAL, 0x00C28001, false },
		{ M_FCAH, 0x00000100, false },
		{ M_FCT, 0x8808, false },
		{ M_FCTTV, 0, false },
		{ M_FCRTL, 0, false },
		{ M_FCRTH, 0, false },
		{ M_WUC, 0, true },
		{ M_WUFC, 0, true },
		{ M_RAL, 0x56341200, true },
		{ M_RAH, 0x9A78 | M_RAH_AV, true },
	};
	uint32_t i;

	for (i = 0; i < RTE_DIM(want); i++)
		if (all || want[i].qemu)
			if (*model82545_reg(m, want[i].offset) != want[i].val)
				fail_msg("register %#x: %#x instead of %#x", want[i].offset,
					*model82545_reg(m, want[i].offset), want[i].val);
	assert_int_equal(*model82545_reg(m, M_PBA) & 0x7F, ASM82545_PBA_RX_KB);
	assert_int_equal(*model82545_reg(m, M_MANC) & M_MANC_ARP_EN, 0);
	for (i = 1; i < 16; i++)
		assert_int_equal(*model82545_reg(m, M_RAH + 8 * i) & M_RAH_AV, 0);
	for (i = 0; i < 128; i++) {
		assert_int_equal(*model82545_reg(m, M_MTA + 4 * i), 0);
		assert_int_equal(*model82545_reg(m, M_VFTA + 4 * i), 0);
	}
}

static void
check_traffic(struct rig *r)
{
	static uint8_t frame[200];
	struct rig_frame *sent;
	struct rte_mbuf *m;

	rig_make_frame(r, frame, sizeof(frame), 1);
	assert_true(model82545_rx_inject(r->m, frame, sizeof(frame), 0));
	assert_int_equal(model82545_rx_run(r->m, 1), 1);
	assert_int_equal(asm82545_recv_pkts(r->rxq, &m, 1), 1);
	assert_int_equal(asm82545_xmit_pkts(r->txq, &m, 1), 1);
	assert_int_equal(model82545_tx_run(r->m, 1), 1);
	sent = rig_sent(r);
	assert_int_equal(sent->len, sizeof(frame));
	assert_memory_equal(sent->data, frame, sizeof(frame));
	free(sent);
}

/*
 * Whatever the registers held: a start sets each one that matters. On QEMU the
 * reset leaves all of it in place.
 */
static void
test_start_programs_poisoned_registers(void **state)
{
	uint32_t seed;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		for (seed = 1; seed <= 20; seed++) {
			struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 64, .nb_txd = 64 };
			struct rig *r = rig_new(&conf);

			rig_stop(r);
			model82545_poison(r->m, seed);
			assert_int_equal(rig_start(r), 0);
			check_registers(r, kinds[k] != MODEL82545_QEMU);
			check_traffic(r);
			rig_free(r);
		}
	}
}

/* The address survives garbage in RAR0, as it comes from the EEPROM. */
static void
test_init_reads_the_address_from_poisoned_registers(void **state)
{
	static const uint8_t mac[] = { 0x00, 0x12, 0x34, 0x56, 0x78, 0x9A };
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = rig_chip(kinds[k]);

		model82545_poison(r->m, 7);
		assert_int_equal(asm82545_hw_init(&r->hw), 0);
		assert_memory_equal(r->hw.mac.addr_bytes, mac, sizeof(mac));
		rig_free(r);
	}
}

/* Again and again, in the middle of traffic. */
static void
test_restarts(void **state)
{
	uint32_t turn, i;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 64, .nb_txd = 64 };
		struct rig *r = rig_new(&conf);
		static uint8_t frame[300];

		rig_make_frame(r, frame, sizeof(frame), 1);
		for (turn = 0; turn < 20; turn++) {
			check_traffic(r);
			for (i = 0; i < 3 * turn; i++)
				model82545_rx_inject(r->m, frame, sizeof(frame), 0);
			model82545_rx_run(r->m, 2 * turn);
			rig_stop(r);
			assert_false(r->m->rx.on);
			assert_false(r->m->tx.on);
			assert_int_equal(*model82545_reg(r->m, M_IMS), 0);
			assert_int_equal(rte_mempool_in_use_count(r->pool), 0);
			assert_int_equal(rig_start(r), 0);
			check_registers(r, kinds[k] != MODEL82545_QEMU);
		}
		rig_free(r);
	}
}

/* The model faults where a queue's memory is touched before DMA has ended. */
static void
test_stops_and_starts_one_queue(void **state)
{
	uint32_t turn, rctl;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 64, .nb_txd = 64 };
		struct rig *r = rig_new(&conf);

		for (turn = 0; turn < 10; turn++) {
			rctl = r->hw.rctl;
			asm82545_hw_stop_rx(&r->hw);
			asm82545_rx_drain(r->rxq);
			assert_int_equal(asm82545_rx_fill(r->rxq), 0);
			asm82545_hw_setup_rx(&r->hw, &r->hw_conf);
			asm82545_hw_set_rctl(&r->hw, rctl);
			asm82545_rx_post(r->rxq);
			check_traffic(r);
			asm82545_hw_stop_tx(&r->hw);
			asm82545_tx_drain(r->txq);
			asm82545_hw_start_tx(&r->hw, &r->hw_conf);
			check_traffic(r);
		}
		rig_free(r);
	}
}

/* Emulators stop reception at each write of RCTL. */
static void
test_writes_rctl_only_when_it_changes(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64 };
	struct rig *r = rig_new(&conf);
	uint32_t rctl = r->hw.rctl;

	r->m->tracing = true;
	asm82545_hw_set_rctl(&r->hw, rctl);
	assert_int_equal(r->m->nb_trace, 0);
	asm82545_hw_set_rctl(&r->hw, rctl | M_RCTL_UPE);
	assert_int_equal(next(r, 0, true, M_RCTL), 0);
	assert_int_equal(next(r, 0, false, M_STATUS), 1);
	assert_int_equal(*model82545_reg(r->m, M_RCTL), rctl | M_RCTL_UPE);
	asm82545_hw_set_rctl(&r->hw, rctl);
	assert_int_equal(next(r, 2, true, M_RCTL), 2);
	assert_int_equal(r->m->nb_trace, 4);
	rig_free(r);
}

static void
test_knows_how_long_an_emulator_pauses_reception(void **state)
{
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 64 };
		struct rig *r = rig_new(&conf);

		r->hw.rctl_tsc -= 2 * rte_get_tsc_hz();
		assert_false(asm82545_hw_rx_paused(&r->hw));
		asm82545_hw_set_rctl(&r->hw, r->hw.rctl);
		assert_false(asm82545_hw_rx_paused(&r->hw));
		asm82545_hw_set_rctl(&r->hw, r->hw.rctl | M_RCTL_UPE);
		assert_int_equal(asm82545_hw_rx_paused(&r->hw), kinds[k] == MODEL82545_QEMU);
		rig_free(r);
	}
}

static void
test_reset_that_does_not_end_is_an_error(void **state)
{
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = rig_chip(kinds[k]);
		uint64_t us = r->m->us;

		r->m->stuck_rst = true;
		if (kinds[k] == MODEL82545_QEMU) {
			assert_int_equal(asm82545_hw_init(&r->hw), 0);
		} else {
			assert_int_equal(asm82545_hw_init(&r->hw), -ETIMEDOUT);
			assert_in_range(r->m->us - us, 15000, 1000000);
		}
		rig_free(r);
	}
}

/* A device that was pulled out: soon an error, wherever it happens. */
static void
test_removed_device_is_an_error(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64, .nb_txd = 64 };
	struct rig *r = rig_chip(MODEL82545_EM_COPPER);
	struct rte_mbuf *m;
	uint64_t us;

	assert_false(asm82545_hw_removed(&r->hw));
	r->m->removed = true;
	assert_true(asm82545_hw_removed(&r->hw));
	assert_int_equal(asm82545_hw_init(&r->hw), -ENODEV);
	rig_free(r);

	r = rig_new(&conf);
	us = r->m->us;
	r->m->removed = true;
	assert_int_equal(asm82545_hw_reset(&r->hw), -ENODEV);
	assert_int_equal(asm82545_hw_start(&r->hw, &r->hw_conf), -ENODEV);
	assert_in_range(r->m->us - us, 0, 1000000);
	/* Bursts touch memory only. */
	assert_int_equal(asm82545_recv_pkts(r->rxq, &m, 1), 0);
	m = rig_make_mbuf(r, 100, 1, 0);
	assert_int_equal(asm82545_xmit_pkts(r->txq, &m, 1), 1);
	r->m->removed = false;
	rig_free(r);
}

/* Registers that vanish in the middle of each step of a start. */
static void
test_start_ends_when_the_device_vanishes(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64, .nb_txd = 64 };
	struct rig *r = rig_new(&conf);
	uint64_t us;
	uint32_t reads;

	rig_stop(r);
	for (reads = 0; reads < 40; reads++) {
		us = r->m->us;
		r->m->vanish_after = reads + 1;
		asm82545_hw_start(&r->hw, &r->hw_conf);
		assert_in_range(r->m->us - us, 0, 2000000);
		r->m->vanish_after = 0;
		r->m->removed = false;
	}
	assert_int_equal(rig_start(r), 0);
	check_traffic(r);
	rig_free(r);
}

/* §13.4.22: the manual's table. */
static void
test_buffer_sizes(void **state)
{
	static const struct {
		uint16_t room;
		uint16_t len;
		uint32_t rctl;
	} sizes[] = {
		{ 0, 0, 0 }, { 255, 0, 0 },
		{ 256, 256, 3 << 16 }, { 511, 256, 3 << 16 },
		{ 512, 512, 2 << 16 }, { 1023, 512, 2 << 16 },
		{ 1024, 1024, 1 << 16 }, { 2047, 1024, 1 << 16 },
		{ 2048, 2048, 0 }, { 4095, 2048, 0 },
		{ 4096, 4096, M_RCTL_BSEX | 3 << 16 }, { 8191, 4096, M_RCTL_BSEX | 3 << 16 },
		{ 8192, 8192, M_RCTL_BSEX | 2 << 16 }, { 16383, 8192, M_RCTL_BSEX | 2 << 16 },
		{ 16384, 16384, M_RCTL_BSEX | 1 << 16 },
		{ 65535, 16384, M_RCTL_BSEX | 1 << 16 },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		assert_int_equal(asm82545_buf_len(sizes[i].room), sizes[i].len);
		if (sizes[i].len != 0)
			assert_int_equal(asm82545_rctl_bsize(sizes[i].len), sizes[i].rctl);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_reset_keeps_order_and_waits),
	cmocka_unit_test(test_resets_through_the_right_register),
	cmocka_unit_test(test_knows_all_parts_and_no_other),
	cmocka_unit_test(test_sees_pcix),
	cmocka_unit_test(test_start_programs_poisoned_registers),
	cmocka_unit_test(test_init_reads_the_address_from_poisoned_registers),
	cmocka_unit_test(test_restarts),
	cmocka_unit_test(test_stops_and_starts_one_queue),
	cmocka_unit_test(test_writes_rctl_only_when_it_changes),
	cmocka_unit_test(test_knows_how_long_an_emulator_pauses_reception),
	cmocka_unit_test(test_reset_that_does_not_end_is_an_error),
	cmocka_unit_test(test_removed_device_is_an_error),
	cmocka_unit_test(test_start_ends_when_the_device_vanishes),
	cmocka_unit_test(test_buffer_sizes),
};

TEST_SUITE(hw, tests)
