/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <stdlib.h>
#include <string.h>

#include "rig82545.h"

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

/* §13.7: where each register is, by its name; apart from the driver's table. */
static const struct {
	enum asm82545_counter_id id;
	uint32_t offset;
} offsets[] = {
	{ ASM82545_CRCERRS, 0x4000 }, { ASM82545_ALGNERRC, 0x4004 },
	{ ASM82545_SYMERRS, 0x4008 }, { ASM82545_RXERRC, 0x400C },
	{ ASM82545_MPC, 0x4010 }, { ASM82545_SCC, 0x4014 },
	{ ASM82545_ECOL, 0x4018 }, { ASM82545_MCC, 0x401C },
	{ ASM82545_LATECOL, 0x4020 }, { ASM82545_COLC, 0x4028 },
	{ ASM82545_DC, 0x4030 }, { ASM82545_TNCRS, 0x4034 },
	{ ASM82545_SEC, 0x4038 }, { ASM82545_CEXTERR, 0x403C },
	{ ASM82545_RLEC, 0x4040 }, { ASM82545_XONRXC, 0x4048 },
	{ ASM82545_XONTXC, 0x404C }, { ASM82545_XOFFRXC, 0x4050 },
	{ ASM82545_XOFFTXC, 0x4054 }, { ASM82545_FCRUC, 0x4058 },
	{ ASM82545_PRC64, 0x405C }, { ASM82545_PRC127, 0x4060 },
	{ ASM82545_PRC255, 0x4064 }, { ASM82545_PRC511, 0x4068 },
	{ ASM82545_PRC1023, 0x406C }, { ASM82545_PRC1522, 0x4070 },
	{ ASM82545_GPRC, 0x4074 }, { ASM82545_BPRC, 0x4078 },
	{ ASM82545_MPRC, 0x407C }, { ASM82545_GPTC, 0x4080 },
	{ ASM82545_GORC, 0x4088 }, { ASM82545_GOTC, 0x4090 },
	{ ASM82545_RNBC, 0x40A0 }, { ASM82545_RUC, 0x40A4 },
	{ ASM82545_RFC, 0x40A8 }, { ASM82545_ROC, 0x40AC },
	{ ASM82545_RJC, 0x40B0 }, { ASM82545_MGTPRC, 0x40B4 },
	{ ASM82545_MGTPDC, 0x40B8 }, { ASM82545_MGTPTC, 0x40BC },
	{ ASM82545_TOR, 0x40C0 }, { ASM82545_TOT, 0x40C8 },
	{ ASM82545_TPR, 0x40D0 }, { ASM82545_TPT, 0x40D4 },
	{ ASM82545_PTC64, 0x40D8 }, { ASM82545_PTC127, 0x40DC },
	{ ASM82545_PTC255, 0x40E0 }, { ASM82545_PTC511, 0x40E4 },
	{ ASM82545_PTC1023, 0x40E8 }, { ASM82545_PTC1522, 0x40EC },
	{ ASM82545_MPTC, 0x40F0 }, { ASM82545_BPTC, 0x40F4 },
	{ ASM82545_TSCTC, 0x40F8 }, { ASM82545_TSCTFC, 0x40FC },
};

static bool
is_pair(uint32_t id)
{
	return asm82545_counters[id].high != 0;
}

static void
test_table_names_every_register_once(void **state)
{
	uint32_t i, j;

	assert_int_equal(RTE_DIM(offsets), ASM82545_NB_COUNTERS);
	for (i = 0; i < ASM82545_NB_COUNTERS; i++) {
		assert_int_equal(offsets[i].id, i);
		assert_int_equal(asm82545_counters[i].low, offsets[i].offset);
		if (is_pair(i))
			assert_int_equal(asm82545_counters[i].high, offsets[i].offset + 4);
		for (j = 0; j < i; j++)
			assert_string_not_equal(asm82545_counters[i].name,
				asm82545_counters[j].name);
	}
	assert_true(is_pair(ASM82545_GORC) && is_pair(ASM82545_GOTC) &&
		is_pair(ASM82545_TOR) && is_pair(ASM82545_TOT));
}

/* Small values, large ones, none: each register adds up to what it counted. */
static void
test_adds_up_registers_that_clear(void **state)
{
	static const uint32_t steps[] = { 0, 1, 0, 2, 1, 63, 64, 65, 100000, 0, 1, 0xFFFFFFFF };
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct asm82545_stats s;
	uint64_t sum = 0;
	uint32_t i, id;

	asm82545_stats_start(&r->hw, &s);
	for (i = 0; i < RTE_DIM(steps); i++) {
		for (id = 0; id < ASM82545_NB_COUNTERS; id++)
			if (!is_pair(id))
				*model82545_reg(r->m, offsets[id].offset) = steps[i];
		sum += steps[i];
		asm82545_stats_update(&r->hw, &s);
		for (id = 0; id < ASM82545_NB_COUNTERS; id++)
			assert_int_equal(s.sum[id], is_pair(id) ? 0 : sum);
	}
	rig_free(r);
}

static const uint32_t pairs[] = {
	ASM82545_GORC, ASM82545_GOTC, ASM82545_TOR, ASM82545_TOT,
};

/* Beyond 32 bits, on a chip that clears both halves and on one that clears each. */
static void
test_adds_up_octets(void **state)
{
	struct asm82545_stats s;
	uint32_t turn, i;
	int virtualbox;

	for (virtualbox = 0; virtualbox < 2; virtualbox++) {
		struct rig *r = rig_chip(MODEL82545_GM_COPPER);
		uint64_t sum = 0;

		r->m->halves_clear = virtualbox;
		asm82545_stats_start(&r->hw, &s);
		for (turn = 1; turn < 100; turn++) {
			uint64_t step = turn % 5 == 0 ? 0 : turn * 0x1345678ull;

			for (i = 0; i < RTE_DIM(pairs); i++)
				model82545_count_octets(r->m, offsets[pairs[i]].offset, step);
			sum += step;
			asm82545_stats_update(&r->hw, &s);
			for (i = 0; i < RTE_DIM(pairs); i++)
				assert_true(s.sum[pairs[i]] == sum);
		}
		assert_true(sum > 10 * (uint64_t)UINT32_MAX);
		rig_free(r);
	}
}

/* A frame before each read of one half or the other. */
static void
test_loses_no_octets_between_reads(void **state)
{
	static const uint32_t octets[] = { 1, 64, 1518, 16128 };
	struct asm82545_stats s;
	uint64_t before;
	uint32_t turn;
	size_t i;
	int virtualbox;

	for (virtualbox = 0; virtualbox < 2; virtualbox++) {
		for (i = 0; i < RTE_DIM(octets); i++) {
			struct rig *r = rig_chip(MODEL82545_GM_COPPER);

			r->m->halves_clear = virtualbox;
			asm82545_stats_start(&r->hw, &s);
			r->m->octets = octets[i];
			before = r->m->octet_sum;
			for (turn = 0; turn < 200; turn++) {
				asm82545_stats_update(&r->hw, &s);
				assert_int_equal(s.sum[ASM82545_GORC], r->m->octet_sum - before);
			}
			rig_free(r);
		}
	}
}

/* VirtualBox, where as many came before each of the first reads. */
static void
test_octets_recover_from_a_wrong_conclusion(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct asm82545_stats s;
	uint64_t before;
	uint32_t turn;

	r->m->halves_clear = true;
	asm82545_stats_start(&r->hw, &s);
	s.mode[ASM82545_GORC] = ASM82545_COUNTER_RUNS;
	s.last[ASM82545_GORC] = 1000;
	asm82545_stats_update(&r->hw, &s);
	assert_int_equal(s.sum[ASM82545_GORC], 0);
	*model82545_reg(r->m, M_GORCL) = 5000000;
	asm82545_stats_update(&r->hw, &s);
	before = s.sum[ASM82545_GORC];
	for (turn = 0; turn < 100; turn++) {
		*model82545_reg(r->m, M_GORCL) = 777 + turn;
		before += 777 + turn;
		asm82545_stats_update(&r->hw, &s);
		assert_true(s.sum[ASM82545_GORC] == before);
	}
	rig_free(r);
}

/* On silicon a reset clears them, in QEMU it does not. */
static void
test_octets_survive_a_reset(void **state)
{
	struct asm82545_stats s;
	uint32_t turn, i;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = rig_chip(kinds[k]);

		assert_int_equal(asm82545_hw_init(&r->hw), 0);
		asm82545_stats_start(&r->hw, &s);
		for (turn = 1; turn < 20; turn++) {
			for (i = 0; i < RTE_DIM(pairs); i++)
				model82545_count_octets(r->m, offsets[pairs[i]].offset,
					0x32345678);
			asm82545_stats_before_reset(&r->hw, &s);
			asm82545_stats_update(&r->hw, &s);
			assert_int_equal(asm82545_hw_reset(&r->hw), 0);
			asm82545_stats_update(&r->hw, &s);
			asm82545_stats_after_reset(&r->hw, &s);
			asm82545_stats_update(&r->hw, &s);
			for (i = 0; i < RTE_DIM(pairs); i++)
				assert_true(s.sum[pairs[i]] == turn * 0x32345678ull);
		}
		rig_free(r);
	}
}

/* QEMU's MPC and RNBC run on: each step counts once, from the first one on. */
static void
running(uint32_t first, uint32_t step)
{
	struct rig *r = rig_chip(MODEL82545_QEMU);
	struct asm82545_stats s;
	uint32_t turn;

	asm82545_stats_start(&r->hw, &s);
	*model82545_reg(r->m, M_MPC) = first;
	*model82545_reg(r->m, M_RNBC) = first;
	for (turn = 0; turn < 50; turn++) {
		asm82545_stats_update(&r->hw, &s);
		assert_int_equal(s.sum[ASM82545_MPC], first + turn * step);
		assert_int_equal(s.sum[ASM82545_RNBC], first + turn * step);
		*model82545_reg(r->m, M_MPC) += step;
		*model82545_reg(r->m, M_RNBC) += step;
	}
	rig_free(r);
}

static void
test_adds_up_registers_that_run(void **state)
{
	static const uint32_t firsts[] = { 1, 2, 3, 10, 63, 64, 65, 1000, 1000000 };
	static const uint32_t steps[] = { 0, 1, 5, 1000, 100000 };
	size_t i, j;

	for (i = 0; i < RTE_DIM(firsts); i++)
		for (j = 0; j < RTE_DIM(steps); j++)
			running(firsts[i], steps[j]);
}

/* The machine was reset, or the register wrapped round: never a huge number. */
static void
test_running_register_may_start_anew(void **state)
{
	struct rig *r = rig_chip(MODEL82545_QEMU);
	struct asm82545_stats s;

	asm82545_stats_start(&r->hw, &s);
	*model82545_reg(r->m, M_MPC) = 1000;
	asm82545_stats_update(&r->hw, &s);
	*model82545_reg(r->m, M_MPC) = 7;
	asm82545_stats_update(&r->hw, &s);
	assert_int_equal(s.sum[ASM82545_MPC], 1007);
	*model82545_reg(r->m, M_MPC) = 0;
	asm82545_stats_update(&r->hw, &s);
	*model82545_reg(r->m, M_MPC) = 5;
	asm82545_stats_update(&r->hw, &s);
	assert_int_equal(s.sum[ASM82545_MPC], 1012);
	rig_free(r);
}

/* What another driver left in the registers is not counted. */
static void
test_starts_at_zero(void **state)
{
	struct asm82545_stats s;
	uint32_t id;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = rig_chip(kinds[k]);

		for (id = 0; id < ASM82545_NB_COUNTERS; id++)
			*model82545_reg(r->m, offsets[id].offset) = 12345;
		asm82545_stats_start(&r->hw, &s);
		for (id = 0; id < ASM82545_NB_COUNTERS; id++)
			assert_int_equal(s.sum[id], 0);
		asm82545_stats_update(&r->hw, &s);
		for (id = 0; id < ASM82545_NB_COUNTERS; id++)
			assert_int_equal(s.sum[id], 0);
		rig_free(r);
	}
}

/* Frames come in between the reads that settle how a register behaves. */
static void
test_counts_what_comes_while_it_looks(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct asm82545_stats s;
	uint64_t before;
	uint32_t turn;

	for (r->m->stat_max = 1; r->m->stat_max < 100; r->m->stat_max++) {
		asm82545_stats_start(&r->hw, &s);
		before = r->m->stat_sum;
		for (turn = 0; turn < 20; turn++)
			asm82545_stats_update(&r->hw, &s);
		assert_int_equal(s.sum[ASM82545_GPRC], r->m->stat_sum - before);
	}
	rig_free(r);
}

/*
 * As many frames before each read as before the one before: the register looks
 * as if it ran. When a value falls the error ends.
 */
static void
test_recovers_from_a_wrong_conclusion(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct asm82545_stats s;
	uint64_t before;
	uint32_t turn;

	asm82545_stats_start(&r->hw, &s);
	r->m->stat_min = 3;
	r->m->stat_max = 3;
	asm82545_stats_update(&r->hw, &s);
	assert_int_equal(s.mode[ASM82545_GPRC], ASM82545_COUNTER_RUNS);
	r->m->stat_min = 0;
	while (s.mode[ASM82545_GPRC] == ASM82545_COUNTER_RUNS)
		asm82545_stats_update(&r->hw, &s);
	before = r->m->stat_sum - s.sum[ASM82545_GPRC];
	for (turn = 0; turn < 100; turn++)
		asm82545_stats_update(&r->hw, &s);
	assert_int_equal(s.sum[ASM82545_GPRC], r->m->stat_sum - before);
	rig_free(r);
}

static void
test_leaves_a_removed_device_alone(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	struct asm82545_stats s;
	uint32_t id;

	asm82545_stats_start(&r->hw, &s);
	*model82545_reg(r->m, M_GPRC) = 5;
	asm82545_stats_update(&r->hw, &s);
	r->m->removed = true;
	asm82545_stats_update(&r->hw, &s);
	for (id = 0; id < ASM82545_NB_COUNTERS; id++)
		assert_int_equal(s.sum[id], id == ASM82545_GPRC ? 5 : 0);
	rig_free(r);
}

static void
receive(struct rig *r, const uint8_t *da, uint32_t len)
{
	uint8_t frame[RIG_MAX_FRAME];
	struct rte_mbuf *m;

	rig_make_frame(r, frame, len, len);
	if (da != NULL)
		memcpy(frame, da, 6);
	assert_true(model82545_rx_inject(r->m, frame, len, 0));
	model82545_rx_run(r->m, UINT32_MAX);
	assert_int_equal(asm82545_recv_pkts(r->rxq, &m, 1), 1);
	assert_int_equal(asm82545_xmit_pkts(r->txq, &m, 1), 1);
	model82545_tx_run(r->m, UINT32_MAX);
	free(rig_sent(r));
}

/* With traffic: packets and bytes without FCS, by class, on any chip. */
static void
test_counts_traffic(void **state)
{
	static const uint8_t all[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	static const uint8_t group[] = { 0x01, 0x00, 0x5E, 0, 0, 1 };
	static const uint32_t lens[] = { 60, 61, 123, 124, 251, 252, 507, 508, 1019, 1020, 1514 };
	struct asm82545_basic_stats basic;
	struct asm82545_stats s;
	uint64_t nb = 0, bytes = 0;
	uint32_t turn, i;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++, nb = 0, bytes = 0) {
		struct rig_conf conf = { .kind = kinds[k], .rctl = M_RCTL_MPE };
		struct rig *r = rig_new(&conf);

		asm82545_stats_start(&r->hw, &s);
		for (turn = 1; turn <= 10; turn++) {
			for (i = 0; i < RTE_DIM(lens); i++, nb++) {
				receive(r, i == 0 ? all : i == 1 ? group : NULL, lens[i]);
				bytes += lens[i];
			}
			if (turn % 3 == 0)
				asm82545_stats_update(&r->hw, &s);
		}
		asm82545_stats_update(&r->hw, &s);
		asm82545_stats_basic(&s, &basic);
		assert_int_equal(basic.rx_packets, nb);
		assert_int_equal(basic.rx_bytes, bytes);
		assert_int_equal(basic.tx_packets, nb);
		assert_int_equal(basic.tx_bytes, bytes);
		assert_int_equal(basic.rx_missed + basic.rx_errors + basic.tx_errors, 0);
		assert_int_equal(s.sum[ASM82545_BPRC], 10);
		assert_int_equal(s.sum[ASM82545_MPRC], 10);
		assert_int_equal(s.sum[ASM82545_BPTC], 10);
		assert_int_equal(s.sum[ASM82545_MPTC], 10);
		assert_int_equal(s.sum[ASM82545_PRC64], 10);
		for (i = 0; i < 4; i++) {
			assert_int_equal(s.sum[ASM82545_PRC127 + i], 20);
			assert_int_equal(s.sum[ASM82545_PTC127 + i], 20);
		}
		assert_int_equal(s.sum[ASM82545_PRC1522], 20);
		assert_int_equal(s.sum[ASM82545_TPR], nb);
		assert_int_equal(s.sum[ASM82545_TOR], bytes + 4 * nb);
		assert_int_equal(s.sum[ASM82545_TOT], bytes + 4 * nb);
		rig_free(r);
	}
}

/* The packet buffer is full: missed, which is no error, nor a packet received. */
static void
test_counts_missed_and_damaged_frames(void **state)
{
	struct asm82545_basic_stats basic;
	struct asm82545_stats s;
	static uint8_t frame[1514];
	uint64_t missed = 0;
	uint32_t turn, i;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++, missed = 0) {
		struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 32 };
		struct rig *r = rig_new(&conf);

		rig_make_frame(r, frame, sizeof(frame), 0);
		asm82545_stats_start(&r->hw, &s);
		for (turn = 0; turn < 10; turn++) {
			for (i = 0; i < 40; i++)
				if (!model82545_rx_inject(r->m, frame, sizeof(frame), 0))
					missed++;
			assert_false(model82545_rx_inject(r->m, frame, 100, M_RXD_CE));
			assert_false(model82545_rx_inject(r->m, frame, 100, M_RXD_RXE));
			assert_false(model82545_rx_inject(r->m, frame, 30, 0));
			asm82545_stats_update(&r->hw, &s);
			asm82545_stats_basic(&s, &basic);
			assert_int_equal(basic.rx_missed, missed);
			assert_int_equal(basic.rx_packets, 40 * (turn + 1) - missed);
			assert_int_equal(basic.rx_errors, 3 * (turn + 1));
		}
		assert_true(missed > 0);
		rig_free(r);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_table_names_every_register_once),
	cmocka_unit_test(test_adds_up_registers_that_clear),
	cmocka_unit_test(test_adds_up_octets),
	cmocka_unit_test(test_loses_no_octets_between_reads),
	cmocka_unit_test(test_octets_recover_from_a_wrong_conclusion),
	cmocka_unit_test(test_octets_survive_a_reset),
	cmocka_unit_test(test_adds_up_registers_that_run),
	cmocka_unit_test(test_running_register_may_start_anew),
	cmocka_unit_test(test_starts_at_zero),
	cmocka_unit_test(test_counts_what_comes_while_it_looks),
	cmocka_unit_test(test_recovers_from_a_wrong_conclusion),
	cmocka_unit_test(test_leaves_a_removed_device_alone),
	cmocka_unit_test(test_counts_traffic),
	cmocka_unit_test(test_counts_missed_and_damaged_frames),
};

TEST_SUITE(stats, tests)
