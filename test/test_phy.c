/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>

#include "rig82545.h"

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_QEMU,
};

/* A port's default. */
static const struct asm82545_link_conf all_speeds = {
	.advertise = ASM82545_ANA_10_100, .advertise_1000 = ASM82545_GCON_1000FD,
};

/* Commands that wrote to the PHY, and the last of them. */
static uint32_t
phy_writes(const struct rig *r, uint32_t *last)
{
	uint32_t i, nb = 0;

	for (i = 0; i < r->m->nb_trace; i++) {
		const struct model82545_access *a = &r->m->trace[i];

		if (!a->write || a->offset != M_MDIC || (a->val >> 26 & 3) != M_MDIC_OP_WRITE)
			continue;
		*last = a->val;
		nb++;
	}
	return nb;
}

/* Initialised, with SLU as asm82545_link_setup() does. */
static struct rig *
chip(enum model82545_kind kind)
{
	struct rig *r = rig_chip(kind);

	assert_int_equal(asm82545_hw_init(&r->hw), 0);
	model82545_write(r->m, M_CTRL, model82545_read(r->m, M_CTRL) | M_CTRL_SLU);
	return r;
}

static void
test_accesses_the_internal_phy(void **state)
{
	uint32_t i;
	uint16_t val;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = chip(kinds[k]);

		r->m->tracing = true;
		assert_int_equal(asm82545_phy_read(&r->hw, 2, &val), 0);
		assert_int_equal(val, 0x0141);
		assert_int_equal(asm82545_phy_read(&r->hw, 3, &val), 0);
		assert_int_equal(val & 0xFFF0, 0x0C20);
		assert_int_equal(asm82545_phy_write(&r->hw, 4, 0x0061), 0);
		assert_int_equal(r->m->phy[4], 0x0061);
		for (i = 0; i < r->m->nb_trace; i++)
			if (r->m->trace[i].write)
				assert_int_equal(r->m->trace[i].val >> 21 & 0x1F, 1);
		rig_free(r);
	}
}

static void
test_access_takes_as_long_as_it_needs(void **state)
{
	struct rig *r = chip(MODEL82545_GM_COPPER);
	uint16_t val;

	for (r->m->mdic_us = 0; r->m->mdic_us < 5000; r->m->mdic_us += 500) {
		assert_int_equal(asm82545_phy_read(&r->hw, 2, &val), 0);
		assert_int_equal(val, 0x0141);
	}
	rig_free(r);
}

static void
test_access_without_answer_times_out(void **state)
{
	struct rig *r = chip(MODEL82545_GM_COPPER);
	uint64_t us = r->m->us;
	uint16_t val;

	r->m->stuck_mdic = true;
	assert_int_equal(asm82545_phy_read(&r->hw, 2, &val), -ETIMEDOUT);
	assert_in_range(r->m->us - us, 64, 200000);
	us = r->m->us;
	assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), -ETIMEDOUT);
	assert_in_range(r->m->us - us, 64, 200000);
	rig_free(r);
}

static void
test_error_bit_is_an_error(void **state)
{
	struct rig *r = chip(MODEL82545_GM_COPPER);
	uint16_t val;

	r->m->mdic_error = true;
	assert_int_equal(asm82545_phy_read(&r->hw, 2, &val), -EIO);
	assert_int_equal(asm82545_phy_write(&r->hw, 4, 0), -EIO);
	assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), -EIO);
	rig_free(r);
	/* QEMU does not have this register. */
	r = chip(MODEL82545_QEMU);
	assert_int_equal(asm82545_phy_read(&r->hw, 29, &val), -EIO);
	rig_free(r);
}

static void
test_setup_advertises_and_negotiates(void **state)
{
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = chip(kinds[k]);

		assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), 0);
		model82545_advance(r->m, 10 * r->m->an_us);
		assert_int_equal(r->m->phy[M_PHY_ANA], 0x01E1);
		assert_int_equal(r->m->phy[M_PHY_GCON] & 0x0300, 0x0200);
		assert_int_equal(r->m->phy[M_PHY_PSCON] & 0x0860, 0x0860);
		assert_int_equal(r->m->phy[M_PHY_PCTRL] & M_PCTRL_AN_EN, M_PCTRL_AN_EN);
		assert_true(r->m->phy[M_PHY_PSTATUS] & M_PSTATUS_AN_DONE);
		assert_true(*model82545_reg(r->m, M_STATUS) & M_STATUS_LU);
		if (kinds[k] != MODEL82545_QEMU)
			assert_int_equal(r->m->pscon, r->m->phy[M_PHY_PSCON]);
		rig_free(r);
	}
}

/* A restart of the port does not cost the link. */
static void
test_setup_leaves_a_right_phy_alone(void **state)
{
	uint32_t last;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig *r = chip(kinds[k]);

		assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), 0);
		model82545_advance(r->m, 10 * r->m->an_us);
		r->m->tracing = true;
		assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), 0);
		assert_int_equal(phy_writes(r, &last), 0);
		assert_true(*model82545_reg(r->m, M_STATUS) & M_STATUS_LU);
		rig_free(r);
	}
}

/* However another driver left it. */
static void
test_setup_wakes_any_phy(void **state)
{
	static const struct {
		uint32_t reg;
		uint16_t val;
	} states[] = {
		{ M_PHY_PCTRL, M_PCTRL_AN_EN | M_PCTRL_POWER_DOWN | 0x0140 },
		{ M_PHY_PCTRL, M_PCTRL_POWER_DOWN },
		{ M_PHY_PCTRL, M_PCTRL_AN_EN | M_PCTRL_ISOLATE | 0x0140 },
		{ M_PHY_PCTRL, M_PCTRL_LOOPBACK | 0x0140 },
		{ M_PHY_PCTRL, 0x2100 }, /* forced */
		{ M_PHY_ANA, 0x0001 },
		{ M_PHY_GCON, 0x0000 },
		{ M_PHY_PSCON, 0x0000 },
		{ M_PHY_PSCON, 0x0860 | 1 << 10 }, /* link forced good */
	};
	size_t i, j;

	for (i = 0; i < RTE_DIM(states); i++) {
		for (j = 0; j < RTE_DIM(states); j++) {
			struct rig *r = chip(MODEL82545_GM_COPPER);
			struct asm82545_link link;

			model82545_write(r->m, M_MDIC, 1 << 26 | 1 << 21 |
				states[i].reg << 16 | states[i].val);
			model82545_advance(r->m, 100);
			model82545_write(r->m, M_MDIC, 1 << 26 | 1 << 21 |
				states[j].reg << 16 | states[j].val);
			model82545_advance(r->m, 100);
			assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), 0);
			model82545_advance(r->m, 10 * r->m->an_us);
			asm82545_link_get(&r->hw, &link);
			assert_true(link.up);
			assert_int_equal(link.speed, 1000);
			assert_false(r->m->phy[M_PHY_PCTRL] & (M_PCTRL_LOOPBACK |
				M_PCTRL_POWER_DOWN | M_PCTRL_ISOLATE));
			assert_int_equal(r->m->pscon & 0x0C60, 0x0860);
			rig_free(r);
		}
	}
}

static void
test_reset_that_does_not_end_is_an_error(void **state)
{
	struct rig *r = chip(MODEL82545_GM_COPPER);
	uint64_t us = r->m->us;

	r->m->stuck_phy = true;
	assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), -ETIMEDOUT);
	assert_in_range(r->m->us - us, 100000, 2000000);
	rig_free(r);
}

/* §15.1.3: 9140h, 8140h, 4140h, and the loop stands without a partner. */
static void
test_loops_back(void **state)
{
	struct rig *r = chip(MODEL82545_GM_COPPER);
	struct asm82545_link link;

	model82545_cable(r->m, false);
	model82545_write(r->m, M_CTRL, M_CTRL_SLU | M_CTRL_FRCSPD | M_CTRL_FRCDPLX |
		M_CTRL_FD | 2 << 8);
	assert_int_equal(asm82545_phy_loopback(&r->hw), 0);
	assert_int_equal(r->m->phy[M_PHY_PCTRL], 0x4140);
	assert_int_equal(r->m->pscon & 0x0808, 0x0808);
	model82545_advance(r->m, 1000);
	asm82545_link_get(&r->hw, &link);
	assert_true(link.up);
	/* And out of it again. */
	model82545_cable(r->m, true);
	assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), 0);
	model82545_advance(r->m, 10 * r->m->an_us);
	assert_int_equal(r->m->phy[M_PHY_PCTRL] & M_PCTRL_LOOPBACK, 0);
	asm82545_link_get(&r->hw, &link);
	assert_true(link.up);
	rig_free(r);
}

static void
test_powers_down_and_up(void **state)
{
	struct rig *r = chip(MODEL82545_GM_COPPER);
	struct asm82545_link link;

	assert_int_equal(asm82545_phy_setup(&r->hw, &all_speeds), 0);
	model82545_advance(r->m, 10 * r->m->an_us);
	assert_int_equal(asm82545_phy_power(&r->hw, false), 0);
	asm82545_link_get(&r->hw, &link);
	assert_false(link.up);
	assert_int_equal(asm82545_phy_power(&r->hw, true), 0);
	model82545_advance(r->m, 10 * r->m->an_us);
	asm82545_link_get(&r->hw, &link);
	assert_true(link.up);
	/* A management agent needs it. */
	*model82545_reg(r->m, M_MANC) |= 1;
	assert_int_equal(asm82545_phy_power(&r->hw, false), -EBUSY);
	rig_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_accesses_the_internal_phy),
	cmocka_unit_test(test_access_takes_as_long_as_it_needs),
	cmocka_unit_test(test_access_without_answer_times_out),
	cmocka_unit_test(test_error_bit_is_an_error),
	cmocka_unit_test(test_setup_advertises_and_negotiates),
	cmocka_unit_test(test_setup_leaves_a_right_phy_alone),
	cmocka_unit_test(test_setup_wakes_any_phy),
	cmocka_unit_test(test_reset_that_does_not_end_is_an_error),
	cmocka_unit_test(test_loops_back),
	cmocka_unit_test(test_powers_down_and_up),
};

TEST_SUITE(phy, tests)
