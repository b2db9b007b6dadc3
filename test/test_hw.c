/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <string.h>

#include "rig82545.h"

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

/* §19.6 of the facts: IMC, receiver and transmitter off, 10 ms, RST, 1 us, MANC, IMC, ICR. */
static void
test_reset_keeps_order_and_waits(void **state)
{
	struct rig *r = rig_chip(MODEL82545_GM_COPPER);
	uint32_t imc, rctl, tctl, pba, rst, manc, imc2;

	r->m->tracing = true;
	assert_int_equal(asm82545_hw_init(&r->hw), 0);
	imc = next(r, 0, true, M_IMC);
	assert_int_equal(r->m->trace[imc].val, UINT32_MAX);
	rctl = next(r, imc, true, M_RCTL);
	assert_int_equal(r->m->trace[rctl].val, 0);
	tctl = next(r, imc, true, M_TCTL);
	assert_int_equal(r->m->trace[tctl].val & M_TCTL_EN, 0);
	/* Posted writes are flushed before the wait. */
	next(r, RTE_MAX(rctl, tctl), false, M_STATUS);
	rst = next(r, RTE_MAX(rctl, tctl), true, M_CTRL_DUP);
	assert_true(r->m->trace[rst].val & M_CTRL_RST);
	assert_true(us_at(r, rst) >= us_at(r, RTE_MAX(rctl, tctl)) + 10000);
	pba = next(r, 0, true, M_PBA);
	assert_true(pba < rst);
	assert_true(us_at(r, rst + 1) >= us_at(r, rst) + 5000);
	manc = next(r, rst, true, M_MANC);
	assert_int_equal(r->m->trace[manc].val & M_MANC_ARP_EN, 0);
	imc2 = next(r, rst, true, M_IMC);
	next(r, imc2, false, M_ICR);
	rig_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_reset_keeps_order_and_waits),
};

TEST_SUITE(hw, tests)
