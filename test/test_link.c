/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "rig82545.h"

#define PAUSE   ASM82545_ANA_PAUSE
#define ASM_DIR ASM82545_ANA_ASM_DIR

static struct rig *
chip(enum model82545_kind kind)
{
	struct rig *r = rig_chip(kind);

	assert_int_equal(asm82545_hw_init(&r->hw), 0);
	return r;
}

static void
link_after(struct rig *r, struct asm82545_link *link)
{
	model82545_advance(r->m, 10 * r->m->an_us);
	asm82545_link_get(&r->hw, link);
}

/* §13.4.2: all values of SPEED, FD and LU, and a device that is gone. */
static void
test_decodes_status(void **state)
{
	static const uint32_t speeds[] = { 10, 100, 1000, 1000 };
	struct rig *r = chip(MODEL82545_GM_COPPER);
	struct asm82545_link link;
	uint32_t i;

	for (i = 0; i < 16; i++) {
		*model82545_reg(r->m, M_STATUS) = (i & 3) | (i >> 2) << 6;
		asm82545_link_get(&r->hw, &link);
		assert_int_equal(link.full_duplex, i & 1);
		assert_int_equal(link.up, i >> 1 & 1);
		assert_int_equal(link.speed, speeds[i >> 2]);
	}
	r->m->removed = true;
	asm82545_link_get(&r->hw, &link);
	assert_false(link.up);
	rig_free(r);
}

/* The best of what both sides can do. */
static void
test_negotiates(void **state)
{
	static const struct {
		uint16_t ana; /* ours */
		bool gigabit;
		uint16_t partner;
		bool partner_gigabit;
		uint32_t speed; /* 0: no link */
		bool full_duplex;
	} cases[] = {
		{ 0x01E0, true, 0x01E1, true, 1000, true },
		{ 0x01E0, true, 0x01E1, false, 100, true },
		{ 0x01E0, true, 0x00E1, false, 100, false },
		{ 0x01E0, true, 0x0061, false, 10, true },
		{ 0x01E0, true, 0x0021, false, 10, false },
		{ 0x0060, false, 0x01E1, true, 10, true },
		{ 0x0080, false, 0x01E1, true, 100, false },
		{ 0x0000, true, 0x01E1, true, 1000, true },
		{ 0x0000, true, 0x01E1, false, 0, false },
	};
	struct asm82545_link link;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		struct rig *r = chip(MODEL82545_GM_COPPER);
		struct asm82545_link_conf conf = {
			.advertise = cases[i].ana,
		};

		if (cases[i].gigabit)
			conf.advertise_1000 = ASM82545_GCON_1000FD;
		r->m->partner = cases[i].partner;
		r->m->partner_gigabit = cases[i].partner_gigabit;
		assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
		link_after(r, &link);
		assert_int_equal(link.up, cases[i].speed != 0);
		if (link.up) {
			assert_int_equal(link.speed, cases[i].speed);
			assert_int_equal(link.full_duplex, cases[i].full_duplex);
		}
		rig_free(r);
	}
}

/* §8.6.2: the same in the MAC as in the PHY. */
static void
test_forces_speed_and_duplex(void **state)
{
	static const uint16_t speeds[] = { 10, 100 };
	struct asm82545_link link;
	size_t i, duplex;

	for (i = 0; i < RTE_DIM(speeds); i++) {
		for (duplex = 0; duplex < 2; duplex++) {
			struct rig *r = chip(MODEL82545_GM_COPPER);
			struct asm82545_link_conf conf = {
				.forced_speed = speeds[i], .forced_full_duplex = duplex,
			};

			assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
			link_after(r, &link);
			assert_true(link.up);
			assert_int_equal(link.speed, speeds[i]);
			assert_int_equal(link.full_duplex, duplex);
			assert_true(*model82545_reg(r->m, M_CTRL) & M_CTRL_FRCSPD);
			assert_true(*model82545_reg(r->m, M_CTRL) & M_CTRL_FRCDPLX);
			/* And back to negotiation. */
			conf = (struct asm82545_link_conf) {
				.advertise = ASM82545_ANA_10_100,
				.advertise_1000 = ASM82545_GCON_1000FD,
			};
			assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
			link_after(r, &link);
			assert_true(link.up);
			assert_int_equal(link.speed, 1000);
			rig_free(r);
		}
	}
}

/* §8.6.1: by ANE, or forced; the PHY's registers are not used. */
static void
test_sets_fiber_up(void **state)
{
	struct asm82545_link link;
	size_t forced;

	for (forced = 0; forced < 2; forced++) {
		struct rig *r = chip(MODEL82545_FIBER);
		struct asm82545_link_conf conf = {
			.fc_advertise = PAUSE | ASM_DIR, .forced_speed = forced ? 1000 : 0,
			.forced_full_duplex = true,
		};

		r->m->tracing = true;
		assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
		assert_int_equal(model82545_trace_find(r->m, 0, true, M_MDIC), -1);
		link_after(r, &link);
		assert_true(link.up);
		assert_int_equal(link.speed, 1000);
		assert_true(link.full_duplex);
		assert_int_equal(*model82545_reg(r->m, M_TXCW),
			(forced ? 0 : M_TXCW_ANE) | 1 << 5 | 1 << 7 | 1 << 8);
		assert_int_equal(asm82545_link_set(&r->hw, false), 0);
		link_after(r, &link);
		assert_false(link.up);
		assert_int_equal(asm82545_link_set(&r->hw, true), 0);
		link_after(r, &link);
		assert_true(link.up);
		rig_free(r);
	}
}

static void
test_takes_copper_down_and_up(void **state)
{
	struct asm82545_link_conf conf = {
		.advertise = ASM82545_ANA_10_100, .advertise_1000 = ASM82545_GCON_1000FD,
	};
	struct rig *r = chip(MODEL82545_GM_COPPER);
	struct asm82545_link link;
	int i;

	assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
	for (i = 0; i < 10; i++) {
		link_after(r, &link);
		assert_true(link.up);
		assert_int_equal(asm82545_link_set(&r->hw, false), 0);
		link_after(r, &link);
		assert_false(link.up);
		assert_int_equal(asm82545_link_set(&r->hw, true), 0);
	}
	rig_free(r);
}

/* A thousand flaps: the link is read right each time, with one LSC each. */
static void
test_survives_a_thousand_flaps(void **state)
{
	static const enum model82545_kind kinds[] = {
		MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
	};
	struct asm82545_link_conf conf = {
		.advertise = ASM82545_ANA_10_100, .advertise_1000 = ASM82545_GCON_1000FD,
	};
	struct asm82545_link link;
	size_t k;
	int i;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = chip(kinds[k]);

		assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
		link_after(r, &link);
		model82545_read(r->m, M_ICR);
		for (i = 0; i < 1000; i++) {
			assert_true(link.up);
			model82545_cable(r->m, false);
			link_after(r, &link);
			assert_false(link.up);
			assert_int_equal(model82545_read(r->m, M_ICR), M_INT_LSC);
			model82545_cable(r->m, true);
			link_after(r, &link);
			assert_int_equal(model82545_read(r->m, M_ICR), M_INT_LSC);
		}
		rig_free(r);
	}
}

/* The loop is full duplex at 1000 Mb/s in the MAC too. */
static void
test_sets_loopback_up(void **state)
{
	struct asm82545_link_conf conf = { .loopback = true };
	struct asm82545_link link;
	struct rig *r = chip(MODEL82545_GM_COPPER);

	model82545_cable(r->m, false);
	assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
	link_after(r, &link);
	assert_true(link.up);
	assert_int_equal(link.speed, 1000);
	assert_true(link.full_duplex);
	assert_int_equal(r->m->phy[M_PHY_PCTRL], 0x4140);
	rig_free(r);
}

/* IEEE 802.3 table 28B-3, with all that both sides may advertise. */
static void
test_resolves_flow_control(void **state)
{
	static const struct {
		uint16_t local;
		uint16_t partner;
		enum asm82545_fc full; /* asked for: all of it */
	} rows[] = {
		{ 0, 0, 0 }, { 0, PAUSE, 0 }, { 0, ASM_DIR, 0 }, { 0, PAUSE | ASM_DIR, 0 },
		{ ASM_DIR, 0, 0 }, { ASM_DIR, PAUSE, 0 }, { ASM_DIR, ASM_DIR, 0 },
		{ ASM_DIR, PAUSE | ASM_DIR, ASM82545_FC_TX },
		{ PAUSE, 0, 0 }, { PAUSE, PAUSE, ASM82545_FC_FULL }, { PAUSE, ASM_DIR, 0 },
		{ PAUSE, PAUSE | ASM_DIR, ASM82545_FC_FULL },
		{ PAUSE | ASM_DIR, 0, 0 }, { PAUSE | ASM_DIR, PAUSE, ASM82545_FC_FULL },
		{ PAUSE | ASM_DIR, ASM_DIR, ASM82545_FC_RX },
		{ PAUSE | ASM_DIR, PAUSE | ASM_DIR, ASM82545_FC_FULL },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(rows); i++) {
		assert_int_equal(asm82545_fc_resolve(ASM82545_FC_FULL, rows[i].local,
				rows[i].partner), rows[i].full);
		/* Only what was asked for. */
		assert_int_equal(asm82545_fc_resolve(ASM82545_FC_RX, rows[i].local,
				rows[i].partner) & ~ASM82545_FC_RX &
				~(rows[i].full == ASM82545_FC_TX ? ASM82545_FC_TX : 0), 0);
		assert_int_equal(asm82545_fc_resolve(ASM82545_FC_NONE,
				asm82545_fc_advertise(ASM82545_FC_NONE),
				rows[i].partner), ASM82545_FC_NONE);
	}
	assert_int_equal(asm82545_fc_advertise(ASM82545_FC_NONE), 0);
	assert_int_equal(asm82545_fc_advertise(ASM82545_FC_TX), ASM_DIR);
	assert_int_equal(asm82545_fc_advertise(ASM82545_FC_RX), PAUSE | ASM_DIR);
	assert_int_equal(asm82545_fc_advertise(ASM82545_FC_FULL), PAUSE | ASM_DIR);
}

/* From what both PHYs say to RFCE and TFCE; not in half duplex. */
static void
test_applies_flow_control(void **state)
{
	static const struct {
		enum asm82545_fc mode;
		uint16_t partner;
		bool partner_gigabit;
		enum asm82545_fc want;
	} cases[] = {
		{ ASM82545_FC_FULL, 0x01E1 | PAUSE, true, ASM82545_FC_FULL },
		{ ASM82545_FC_FULL, 0x01E1, true, ASM82545_FC_NONE },
		{ ASM82545_FC_FULL, 0x01E1 | ASM_DIR, true, ASM82545_FC_RX },
		{ ASM82545_FC_TX, 0x01E1 | PAUSE | ASM_DIR, true, ASM82545_FC_TX },
		{ ASM82545_FC_TX, 0x01E1 | PAUSE, true, ASM82545_FC_NONE },
		{ ASM82545_FC_RX, 0x01E1 | PAUSE, true, ASM82545_FC_RX },
		{ ASM82545_FC_NONE, 0x01E1 | PAUSE, true, ASM82545_FC_NONE },
		{ ASM82545_FC_FULL, 0x00A1 | PAUSE, false, ASM82545_FC_NONE },
	};
	struct asm82545_link link;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		struct rig *r = chip(MODEL82545_GM_COPPER);
		struct asm82545_fc_conf fc = { .mode = cases[i].mode, .autoneg = true };
		struct asm82545_link_conf conf = {
			.advertise = ASM82545_ANA_10_100,
			.advertise_1000 = ASM82545_GCON_1000FD,
			.fc_advertise = asm82545_fc_advertise(cases[i].mode),
		};

		r->m->partner = cases[i].partner;
		r->m->partner_gigabit = cases[i].partner_gigabit;
		assert_int_equal(asm82545_link_setup(&r->hw, &conf), 0);
		link_after(r, &link);
		assert_int_equal(asm82545_fc_update(&r->hw, &fc), 0);
		assert_int_equal(asm82545_fc_get(&r->hw), cases[i].want);
		assert_int_equal(*model82545_reg(r->m, M_CTRL) >> 27 & 3, cases[i].want);
		/* Forced: whatever the partner says. */
		if (link.full_duplex) {
			fc.autoneg = false;
			assert_int_equal(asm82545_fc_update(&r->hw, &fc), 0);
			assert_int_equal(asm82545_fc_get(&r->hw), cases[i].mode);
		}
		rig_free(r);
	}
}

static void
test_programs_flow_control(void **state)
{
	struct rig *r = chip(MODEL82545_GM_COPPER);
	struct asm82545_fc_conf fc = {
		.mode = ASM82545_FC_FULL, .pause_time = 0x0680, .send_xon = true,
		.high_water = 0x8000, .low_water = 0x7FF8,
	};

	asm82545_fc_setup(&r->hw, &fc);
	assert_int_equal(*model82545_reg(r->m, M_FCAL), 0x00C28001);
	assert_int_equal(*model82545_reg(r->m, M_FCAH), 0x0100);
	assert_int_equal(*model82545_reg(r->m, M_FCT), 0x8808);
	assert_int_equal(*model82545_reg(r->m, M_FCTTV), 0x0680);
	assert_int_equal(*model82545_reg(r->m, M_FCRTH), 0x8000);
	assert_int_equal(*model82545_reg(r->m, M_FCRTL), 0x80007FF8);
	fc.mode = ASM82545_FC_RX;
	asm82545_fc_setup(&r->hw, &fc);
	assert_int_equal(*model82545_reg(r->m, M_FCRTH), 0);
	assert_int_equal(*model82545_reg(r->m, M_FCRTL), 0);
	rig_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_decodes_status),
	cmocka_unit_test(test_negotiates),
	cmocka_unit_test(test_forces_speed_and_duplex),
	cmocka_unit_test(test_sets_fiber_up),
	cmocka_unit_test(test_takes_copper_down_and_up),
	cmocka_unit_test(test_survives_a_thousand_flaps),
	cmocka_unit_test(test_sets_loopback_up),
	cmocka_unit_test(test_resolves_flow_control),
	cmocka_unit_test(test_applies_flow_control),
	cmocka_unit_test(test_programs_flow_control),
};

TEST_SUITE(link, tests)
