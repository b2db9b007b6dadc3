/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <string.h>

#include "rig82545.h"

static struct rte_ether_addr
station(uint32_t n)
{
	return (struct rte_ether_addr) { { 0x02, 0xA5, n >> 24, n >> 16, n >> 8, n } };
}

/* Of many hashes, some of them equal. */
static struct rte_ether_addr
group(uint32_t n)
{
	return (struct rte_ether_addr) { { 0x01, 0x00, 0x5E, n >> 7, (n * 5) << 4, n * 3 } };
}

/* Whether a frame to *da* passes. */
static bool
passes(struct rig *r, const struct rte_ether_addr *da, uint32_t tag)
{
	uint8_t frame[100] = { 0 };
	struct rte_mbuf *m;

	memcpy(frame, da, sizeof(*da));
	frame[12] = tag != 0 ? 0x81 : 0x88;
	frame[13] = tag != 0 ? 0x00 : 0xB5;
	frame[14] = tag >> 8;
	frame[15] = tag;
	if (!model82545_rx_inject(r->m, frame, sizeof(frame), 0))
		return false;
	assert_int_equal(model82545_rx_run(r->m, 1), 1);
	assert_int_equal(asm82545_recv_pkts(r->rxq, &m, 1), 1);
	rte_pktmbuf_free(m);
	return true;
}

static bool
hears(struct rig *r, struct rte_ether_addr da)
{
	return passes(r, &da, 0);
}

/* §13.5.1: the manual's example, and each bit of the two bytes. */
static void
test_hash_is_the_manuals(void **state)
{
	struct rte_ether_addr a = { { 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC } };
	uint32_t i;

	assert_int_equal(asm82545_mta_hash(&a), 0xBC9);
	for (i = 0; i < 65536; i++) {
		a.addr_bytes[4] = i;
		a.addr_bytes[5] = i >> 8;
		assert_int_equal(asm82545_mta_hash(&a), i >> 4);
	}
}

/* §13.5.3: invalid, then the low half, then the high one with AV. */
static void
test_writes_rar_in_order(void **state)
{
	struct rig *r = rig_chip(MODEL82545_EM_COPPER);
	struct rte_ether_addr mac = station(0x01020304), none = { { 0 } };
	int a, b, c;

	r->m->tracing = true;
	asm82545_filter_set_rar(&r->hw, 3, &mac);
	a = model82545_trace_find(r->m, 0, true, M_RAH + 24);
	assert_true(a >= 0);
	assert_int_equal(r->m->trace[a].val, 0);
	b = model82545_trace_find(r->m, a + 1, true, M_RAL + 24);
	assert_true(b > a);
	assert_int_equal(r->m->trace[b].val, 0x0201A502);
	c = model82545_trace_find(r->m, b + 1, true, M_RAH + 24);
	assert_true(c > b);
	assert_int_equal(r->m->trace[c].val, 0x0403 | M_RAH_AV);
	/* Each write is read back. */
	assert_true(model82545_trace_find(r->m, a, false, M_STATUS) < b);
	assert_true(model82545_trace_find(r->m, b, false, M_STATUS) < c);
	asm82545_filter_set_rar(&r->hw, 3, &none);
	assert_int_equal(*model82545_reg(r->m, M_RAH + 24) & M_RAH_AV, 0);
	rig_free(r);
}

/* 16 exactly, the rest by hash: all are heard, and no longer when removed. */
static void
test_hears_each_address_while_it_is_set(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64 };
	struct rig *r = rig_new(&conf);
	struct rte_ether_addr none = { { 0 } }, mac;
	uint32_t i, j;

	for (i = 1; i < ASM82545_MAX_MACS; i++) {
		mac = station(i);
		assert_false(hears(r, mac));
		asm82545_filter_set_mac(&r->hw, &r->filters, i, &mac);
		for (j = 1; j < ASM82545_MAX_MACS; j++)
			assert_int_equal(hears(r, station(j)), j <= i);
		assert_true(hears(r, r->hw.mac));
	}
	/* A restart keeps them. */
	rig_stop(r);
	assert_int_equal(rig_start(r), 0);
	for (j = 1; j < ASM82545_MAX_MACS; j++)
		assert_true(hears(r, station(j)));
	for (i = 1; i < ASM82545_MAX_MACS; i++) {
		asm82545_filter_set_mac(&r->hw, &r->filters, i, &none);
		for (j = 1; j < ASM82545_MAX_MACS; j++)
			assert_int_equal(hears(r, station(j)), j > i);
	}
	assert_true(hears(r, r->hw.mac));
	rig_free(r);
}

/* Two addresses with one hash: removing one leaves the other. */
static void
test_shared_hash_bits_stay(void **state)
{
	struct rig_conf conf = { .nb_rxd = 64 };
	struct rig *r = rig_new(&conf);
	struct rte_ether_addr a = station(0x00011230), b = station(0x00021230);
	struct rte_ether_addr mc = group(1), none = { { 0 } };

	assert_int_equal(asm82545_mta_hash(&a), asm82545_mta_hash(&b));
	mc.addr_bytes[4] = a.addr_bytes[4];
	mc.addr_bytes[5] = a.addr_bytes[5];
	asm82545_filter_set_mac(&r->hw, &r->filters, 20, &a);
	asm82545_filter_set_mac(&r->hw, &r->filters, 21, &b);
	asm82545_filter_set_mc(&r->hw, &r->filters, &mc, 1);
	asm82545_filter_set_mac(&r->hw, &r->filters, 20, &none);
	assert_true(hears(r, b));
	assert_true(hears(r, mc));
	asm82545_filter_set_mac(&r->hw, &r->filters, 21, &none);
	assert_true(hears(r, mc));
	asm82545_filter_set_mc(&r->hw, &r->filters, NULL, 0);
	assert_false(hears(r, mc));
	assert_false(hears(r, b));
	rig_free(r);
}

/* Each list replaces the one before; a restart keeps it. */
static void
test_hears_the_multicast_list(void **state)
{
	static const uint32_t lens[] = { 1, 100, 3, 0, 17 };
	struct rig_conf conf = { .nb_rxd = 64 };
	struct rig *r = rig_new(&conf);
	struct rte_ether_addr list[100];
	bool hashes[4096];
	uint32_t i, j;

	for (i = 0; i < RTE_DIM(lens); i++) {
		memset(hashes, 0, sizeof(hashes));
		for (j = 0; j < lens[i]; j++) {
			list[j] = group(100 * i + j);
			hashes[asm82545_mta_hash(&list[j])] = true;
		}
		asm82545_filter_set_mc(&r->hw, &r->filters, list, lens[i]);
		for (j = 0; j < 1000; j++) {
			struct rte_ether_addr da = group(j);

			assert_int_equal(hears(r, da), hashes[asm82545_mta_hash(&da)]);
		}
		rig_stop(r);
		assert_int_equal(rig_start(r), 0);
		for (j = 0; j < lens[i]; j++)
			assert_true(hears(r, list[j]));
	}
	rig_free(r);
}

static void
test_hears_broadcast_and_what_modes_let_pass(void **state)
{
	static const struct rte_ether_addr all = { {
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
	} };
	struct rig_conf conf = { .nb_rxd = 64 };
	struct rig *r = rig_new(&conf);
	uint32_t rctl = r->hw.rctl;

	assert_true(hears(r, all));
	assert_false(hears(r, station(1)));
	assert_false(hears(r, group(1)));
	asm82545_hw_set_rctl(&r->hw, rctl | ASM82545_RCTL_MPE);
	assert_true(hears(r, group(1)));
	assert_false(hears(r, station(1)));
	asm82545_hw_set_rctl(&r->hw, rctl | ASM82545_RCTL_MPE | ASM82545_RCTL_UPE);
	assert_true(hears(r, group(1)));
	assert_true(hears(r, station(1)));
	asm82545_hw_set_rctl(&r->hw, rctl);
	assert_false(hears(r, station(1)));
	rig_free(r);
}

/* §13.5.4: by VID, only frames that have a tag, and only with VFE. */
static void
test_filters_vlans(void **state)
{
	static const uint16_t vids[] = { 1, 31, 32, 33, 63, 64, 2047, 4094, 4095 };
	struct rig_conf conf = { .nb_rxd = 64 };
	struct rig *r = rig_new(&conf);
	struct rte_ether_addr mac = r->hw.mac;
	size_t i, j;

	for (i = 0; i < RTE_DIM(vids); i++)
		assert_true(passes(r, &mac, vids[i]));
	asm82545_hw_set_rctl(&r->hw, r->hw.rctl | ASM82545_RCTL_VFE);
	assert_true(passes(r, &mac, 0));
	for (i = 0; i < RTE_DIM(vids); i++) {
		asm82545_filter_set_vlan(&r->hw, &r->filters, vids[i], true);
		for (j = 0; j < RTE_DIM(vids); j++) {
			assert_int_equal(passes(r, &mac, vids[j]), j <= i);
			assert_int_equal(passes(r, &mac, vids[j] | 0xE000), j <= i);
		}
	}
	rig_stop(r);
	assert_int_equal(rig_start(r), 0);
	asm82545_hw_set_rctl(&r->hw, r->hw.rctl | ASM82545_RCTL_VFE);
	for (i = 0; i < RTE_DIM(vids); i++) {
		assert_true(passes(r, &mac, vids[i]));
		asm82545_filter_set_vlan(&r->hw, &r->filters, vids[i], false);
		assert_false(passes(r, &mac, vids[i]));
	}
	rig_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_hash_is_the_manuals),
	cmocka_unit_test(test_writes_rar_in_order),
	cmocka_unit_test(test_hears_each_address_while_it_is_set),
	cmocka_unit_test(test_shared_hash_bits_stay),
	cmocka_unit_test(test_hears_the_multicast_list),
	cmocka_unit_test(test_hears_broadcast_and_what_modes_let_pass),
	cmocka_unit_test(test_filters_vlans),
};

TEST_SUITE(filter, tests)
