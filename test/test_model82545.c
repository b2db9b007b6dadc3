/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * The model tells a driver that breaks a rule from one that does not: a check
 * that never fires proves nothing. Here a driver breaks each of them.
 */

#include <stdlib.h>
#include <string.h>

#include "rig82545.h"

#define NB_DESC 16
#define BUF_LEN 2048

/* A chip, and a driver of a few lines. */
struct bench {
	struct model82545 *m;
	uint64_t *rx, *tx; /* rings */
	uint8_t *bufs;     /* NB_DESC each way, then one */
	uint32_t nb_sent;
};

static void
bench_sent(void *ctx, const uint8_t *frame, uint32_t len)
{
	struct bench *b = ctx;

	(void)frame;
	(void)len;
	b->nb_sent++;
}

static const struct model82545_ops bench_ops = { .sent = bench_sent };

static uint64_t
buf(const struct bench *b, uint32_t n)
{
	return (uintptr_t)(b->bufs + n * BUF_LEN);
}

static void
fill_rx(struct bench *b)
{
	uint32_t i;

	for (i = 0; i < NB_DESC; i++) {
		b->rx[2 * i] = buf(b, i);
		b->rx[2 * i + 1] = 0;
	}
}

static void
wr(struct bench *b, uint32_t offset, uint64_t val)
{
	model82545_write(b->m, offset, val);
}

static void
bench_rings(struct bench *b)
{
	wr(b, M_RDBAL, (uintptr_t)b->rx);
	wr(b, M_RDBAH, (uint64_t)(uintptr_t)b->rx >> 32);
	wr(b, M_RDLEN, NB_DESC * 16);
	wr(b, M_RDH, 0);
	wr(b, M_RDT, 0);
	wr(b, M_TDBAL, (uintptr_t)b->tx);
	wr(b, M_TDBAH, (uint64_t)(uintptr_t)b->tx >> 32);
	wr(b, M_TDLEN, NB_DESC * 16);
	wr(b, M_TDH, 0);
	wr(b, M_TDT, 0);
}

static void
bench_on(struct bench *b)
{
	wr(b, M_TCTL, M_TCTL_EN | M_TCTL_PSP);
	wr(b, M_RCTL, M_RCTL_EN | M_RCTL_UPE | M_RCTL_BAM | M_RCTL_SECRC);
}

/* Rings set up, everything on, the link up. */
static void
bench_start(struct bench *b, enum model82545_kind kind)
{
	memset(b, 0, sizeof(*b));
	b->m = malloc(sizeof(*b->m));
	b->rx = aligned_alloc(4096, 4096);
	b->tx = aligned_alloc(4096, 4096);
	b->bufs = aligned_alloc(65536, 2 * 65536);
	memset(b->tx, 0, 4096);
	memset(b->bufs, 0, 2 * 65536);
	model82545_init(b->m, kind, malloc(M_REGS_SIZE), &bench_ops, b);
	fill_rx(b);
	wr(b, M_CTRL, M_CTRL_SLU);
	model82545_advance(b->m, 10 * b->m->an_us);
	bench_rings(b);
	bench_on(b);
}

/* The first rule that was broken is as *what* says; NULL: none was. */
static void
bench_end(struct bench *b, const char *what)
{
	if (what == NULL && b->m->nb_faults != 0)
		fail_msg("unexpected: %s", b->m->fault);
	if (what != NULL && strstr(b->m->fault, what) == NULL)
		fail_msg("'%s' instead of '%s'", b->m->fault, what);
	model82545_fini(b->m);
	free(b->m->regs);
	free(b->m);
	free(b->rx);
	free(b->tx);
	free(b->bufs);
}

static void
post_tx(struct bench *b, uint32_t slot, uint64_t addr, uint64_t word)
{
	b->tx[2 * slot] = addr;
	b->tx[2 * slot + 1] = word;
	wr(b, M_TDT, (slot + 1) % NB_DESC);
}

static bool
inject(struct bench *b, uint32_t len)
{
	static uint8_t frame[RIG_MAX_FRAME];

	frame[0] = 2;
	return model82545_rx_inject(b->m, frame, len, 0);
}

static const uint64_t last = M_TXD_EOP | M_TXD_IFCS | M_TXD_RS;

static void
test_good_driver_is_not_blamed(void **state)
{
	struct bench b;
	uint32_t turn, slot;

	bench_start(&b, MODEL82545_GM_COPPER);
	for (turn = 0; turn < 100; turn++) {
		slot = turn % NB_DESC;
		b.rx[2 * ((slot + NB_DESC - 1) % NB_DESC)] = buf(&b, (slot + 15) % NB_DESC);
		b.rx[2 * ((slot + NB_DESC - 1) % NB_DESC) + 1] = 0;
		wr(&b, M_RDT, (slot + NB_DESC - 1) % NB_DESC);
		assert_true(inject(&b, 100));
		assert_int_equal(model82545_rx_run(b.m, 10), 1);
		assert_int_equal(b.rx[2 * slot + 1] & 0xFFFF, 100);
		assert_true(b.rx[2 * slot + 1] & M_RXD_DD);
		post_tx(&b, slot, buf(&b, 20), 100 | last);
		assert_int_equal(model82545_tx_run(b.m, 10), 1);
		assert_true(b.tx[2 * slot + 1] & M_TXD_DD);
	}
	assert_int_equal(b.nb_sent, 100);
	bench_end(&b, NULL);
}

static void
test_blames_wrong_register_accesses(void **state)
{
	struct bench b;

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, 0x0024, 0);
	bench_end(&b, "there is no register");

	bench_start(&b, MODEL82545_GM_COPPER);
	model82545_read(b.m, 0x0101);
	bench_end(&b, "there is no register");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_STATUS, 0);
	bench_end(&b, "read-only");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RCTL, 1);
	bench_end(&b, "reserved bits");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_CTRL, M_CTRL_RST);
	model82545_read(b.m, M_CTRL);
	bench_end(&b, "within 1 us");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_PBA, 41);
	bench_end(&b, "PBA");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_MDIC, 2u << 26 | 1 << 21);
	wr(&b, M_MDIC, 2u << 26 | 1 << 21);
	bench_end(&b, "while a command runs");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_MDIC, 1u << 26 | 1 << 21 | M_PHY_ID1 << 16);
	bench_end(&b, "read-only PHY");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_MDIC, 2u << 26 | 1 << 21 | M_MDIC_I);
	bench_end(&b, "MDIC with I");
}

static void
test_blames_wrong_rings(void **state)
{
	struct bench b;

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RDH, 1);
	bench_end(&b, "in use");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RCTL, 0);
	wr(&b, M_TDLEN, 256);
	bench_end(&b, "in use");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RCTL, 0);
	model82545_advance(b.m, 10000);
	wr(&b, M_RCTL, M_RCTL_EN);
	bench_end(&b, "without being set up anew");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RCTL, 0);
	model82545_advance(b.m, 10000);
	wr(&b, M_RDLEN, 0);
	wr(&b, M_RDH, 0);
	wr(&b, M_RCTL, M_RCTL_EN);
	bench_end(&b, "without descriptors");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RCTL, 0);
	model82545_advance(b.m, 10000);
	wr(&b, M_RDH, NB_DESC);
	wr(&b, M_RCTL, M_RCTL_EN);
	bench_end(&b, "head");

	bench_start(&b, MODEL82545_EM_COPPER);
	wr(&b, M_RCTL, 0);
	model82545_advance(b.m, 10000);
	wr(&b, M_RDBAL, buf(&b, 32) - 128);
	wr(&b, M_RDH, 0);
	wr(&b, M_RCTL, M_RCTL_EN);
	bench_end(&b, "wrong place");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RDT, NB_DESC);
	bench_end(&b, "RX tail");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RDT, 5);
	wr(&b, M_RDT, 3);
	bench_end(&b, "RX tail");
}

/* The tail must not catch up, and never pass what was not given back. */
static void
test_blames_tails_that_pass_the_head(void **state)
{
	struct bench b;
	uint32_t i;

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RDT, NB_DESC - 1);
	assert_int_equal(b.m->nb_faults, 0);
	wr(&b, M_RDT, 0);
	bench_end(&b, "were not given back");

	bench_start(&b, MODEL82545_GM_COPPER);
	for (i = 0; i < NB_DESC - 2; i++)
		post_tx(&b, i, buf(&b, 20), 100 | last);
	assert_int_equal(b.m->nb_faults, 0);
	post_tx(&b, i, buf(&b, 20), 100 | last);
	bench_end(&b, "were not given back");

	/* Sent, but the driver cannot know yet. */
	bench_start(&b, MODEL82545_GM_COPPER);
	b.m->hold_dd = true;
	for (i = 0; i < NB_DESC - 2; i++)
		post_tx(&b, i, buf(&b, 20), 100 | last);
	assert_int_equal(model82545_tx_run(b.m, 100), NB_DESC - 2);
	post_tx(&b, i, buf(&b, 20), 100 | last);
	bench_end(&b, "were not given back");
}

static void
test_blames_wrong_receive_descriptors(void **state)
{
	struct bench b;

	bench_start(&b, MODEL82545_GM_COPPER);
	b.rx[1] = M_RXD_DD;
	wr(&b, M_RDT, 1);
	bench_end(&b, "was not cleared");

	bench_start(&b, MODEL82545_GM_COPPER);
	b.rx[0] = 0;
	wr(&b, M_RDT, 1);
	bench_end(&b, "no buffer");

	bench_start(&b, MODEL82545_EM_COPPER);
	b.rx[0] = buf(&b, 32) - 1;
	wr(&b, M_RDT, 1);
	bench_end(&b, "crosses 64 KiB");

	bench_start(&b, MODEL82545_GM_COPPER);
	wr(&b, M_RDT, 1);
	b.rx[0] = buf(&b, 9);
	assert_true(inject(&b, 100));
	model82545_rx_run(b.m, 1);
	bench_end(&b, "changed after RDT");
}

static void
test_blames_wrong_transmit_descriptors(void **state)
{
	static const struct {
		uint64_t word;
		const char *what;
	} cases[] = {
		{ 100 | M_TXD_EOP | M_TXD_RS, "without IFCS" },
		{ 59 | M_TXD_EOP | M_TXD_IFCS, "left to the chip to pad" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | M_TXD_RPS, "reserved bits" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | M_TXD_IDE, "reserved bits" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | M_TXD_DD, "reserved bits" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | 1 << 16, "CSO" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | 1ull << 48, "special without VLE" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | M_TXD_VLE, "CTRL.VME" },
		{ 16289 | M_TXD_EOP | M_TXD_IFCS, "in one descriptor" },
		{ M_TXD_EOP | M_TXD_IFCS, "an empty packet" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | M_TXD_DEXT | 2 << 20, "descriptor type" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | M_TXD_DEXT | 1 << 20 | 4ull << 40, "POPTS" },
		{ 100 | M_TXD_EOP | M_TXD_IFCS | M_TXD_DEXT | 1 << 20 | M_TXD_POPTS_TXSM,
			"without a context" },
		{ M_TXD_DEXT | M_TXD_VLE, "VLE in a context" },
		{ M_TXD_DEXT | 100ull << 48, "context without TSE" },
		{ M_TXD_DEXT | M_TXD_TSE | M_TXD_TUCMD_IP, "TSO context" },
		{ M_TXD_DEXT | M_TXD_TSE | 100ull << 48 | 54ull << 40, "IPv6" },
	};
	struct bench b;
	size_t i;
	bool context;

	for (i = 0; i < RTE_DIM(cases); i++) {
		bench_start(&b, MODEL82545_GM_COPPER);
		context = (cases[i].word & M_TXD_DEXT) != 0 && (cases[i].word & 1 << 20) == 0;
		post_tx(&b, 0, context ? 0 : buf(&b, 0), cases[i].word);
		model82545_tx_run(b.m, 1);
		bench_end(&b, cases[i].what);
	}
}

static void
test_blames_wrong_packets(void **state)
{
	const uint64_t data = M_TXD_DEXT | 1 << 20;
	struct bench b;
	uint32_t i;

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tx(&b, 0, buf(&b, 0), 100);
	post_tx(&b, 1, buf(&b, 0), 100 | data | last);
	model82545_tx_run(b.m, 2);
	bench_end(&b, "mixed descriptors");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tx(&b, 0, buf(&b, 0), 100 | data);
	post_tx(&b, 1, 0, M_TXD_DEXT);
	model82545_tx_run(b.m, 2);
	bench_end(&b, "amid a packet");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tx(&b, 0, buf(&b, 0), 9000);
	post_tx(&b, 1, buf(&b, 0), 9000 | last);
	model82545_tx_run(b.m, 2);
	bench_end(&b, "a packet of 18000 bytes");

	bench_start(&b, MODEL82545_GM_COPPER);
	*model82545_reg(b.m, M_STATUS) |= M_STATUS_PCIX;
	post_tx(&b, 0, buf(&b, 0), 2016 | last);
	model82545_tx_run(b.m, 1);
	bench_end(&b, "PCI-X");

	bench_start(&b, MODEL82545_QEMU);
	for (i = 0; i < 65; i++) {
		post_tx(&b, i % NB_DESC, buf(&b, 0), 10 | M_TXD_RS);
		model82545_tx_run(b.m, 1);
	}
	bench_end(&b, "more than 64 descriptors");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tx(&b, 0, buf(&b, 0), 100 | last);
	b.bufs[50] ^= 1;
	model82545_tx_run(b.m, 1);
	bench_end(&b, "changed after TDT");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tx(&b, 0, buf(&b, 0), 100 | last);
	b.tx[1] = 200 | last;
	model82545_tx_run(b.m, 1);
	bench_end(&b, "changed after TDT");
}

static void
post_tso(struct bench *b, uint32_t mss, uint32_t paylen)
{
	post_tx(b, 0, 14 | 24 << 8 | 33 << 16 | 34ull << 32 | 50ull << 40,
		paylen | M_TXD_DEXT | M_TXD_TSE | M_TXD_TUCMD_IP | M_TXD_TUCMD_TCP |
		54ull << 40 | (uint64_t)mss << 48);
}

static void
test_blames_wrong_segmentation(void **state)
{
	const uint64_t data = M_TXD_DEXT | 1 << 20 | M_TXD_TSE | M_TXD_IFCS;
	struct bench b;

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tso(&b, 100, 246);
	post_tx(&b, 1, buf(&b, 0), 296 | data);
	post_tx(&b, 2, buf(&b, 0), 4 | data | last);
	model82545_tx_run(b.m, 3);
	assert_int_equal(b.nb_sent, 3);
	bench_end(&b, NULL);

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tso(&b, 100, 247);
	post_tx(&b, 1, buf(&b, 0), 296 | data);
	post_tx(&b, 2, buf(&b, 0), 4 | data | last);
	model82545_tx_run(b.m, 3);
	bench_end(&b, "PAYLEN");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tso(&b, 100, 246);
	post_tx(&b, 1, buf(&b, 0), 300 | data | last);
	model82545_tx_run(b.m, 2);
	bench_end(&b, "in its last descriptor");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tso(&b, 100, 446);
	post_tx(&b, 1, buf(&b, 0), 401 | data);
	model82545_tx_run(b.m, 2);
	bench_end(&b, "in one descriptor, MSS");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tso(&b, 100, 246);
	post_tx(&b, 1, buf(&b, 0), 53 | data);
	model82545_tx_run(b.m, 2);
	bench_end(&b, "bytes first");

	bench_start(&b, MODEL82545_GM_COPPER);
	post_tso(&b, 100, 246);
	post_tx(&b, 1, buf(&b, 0), 296 | data);
	post_tx(&b, 2, buf(&b, 0), 4 | data | last);
	post_tx(&b, 3, buf(&b, 0), 100 | last);
	model82545_tx_run(b.m, 4);
	bench_end(&b, "the packet after TSO");
}

/* What a reset keeps and what it clears (§14.7), and what QEMU makes of it. */
static void
test_reset_is_as_the_manual_says(void **state)
{
	static const uint32_t kept[] = {
		M_RDBAL, M_RDBAH, M_TDBAL, M_TDBAH, M_TIPG, M_MTA, M_VFTA + 508, M_RAL + 8,
	};
	static const uint32_t cleared[] = {
		M_RCTL, M_TCTL, M_IMS, M_RDLEN, M_TDLEN, M_ITR, M_RDTR, M_RADV, M_WUC, M_VET,
	};
	enum model82545_kind kind;
	size_t i;

	for (kind = MODEL82545_EM_COPPER; kind <= MODEL82545_QEMU; kind++) {
		struct rig *r = rig_chip(kind);
		uint32_t before;

		model82545_poison(r->m, 5);
		*model82545_reg(r->m, M_RCTL) = 0x8000;
		*model82545_reg(r->m, M_TCTL) = 8;
		*model82545_reg(r->m, M_RAH + 8) = 0x1234 | M_RAH_AV;
		before = *model82545_reg(r->m, M_RDBAL);
		model82545_write(r->m, M_CTRL, M_CTRL_RST);
		model82545_advance(r->m, 5000);
		assert_int_equal(model82545_read(r->m, M_CTRL) & M_CTRL_RST, 0);
		assert_int_equal(*model82545_reg(r->m, M_RDBAL), before);
		for (i = 0; i < RTE_DIM(cleared); i++)
			if (kind != MODEL82545_QEMU)
				assert_int_equal(*model82545_reg(r->m, cleared[i]), 0);
			else
				assert_int_not_equal(*model82545_reg(r->m, cleared[i]), 0);
		for (i = 0; i < RTE_DIM(kept); i++)
			if (kind != MODEL82545_QEMU)
				assert_int_not_equal(*model82545_reg(r->m, kept[i]), 0);
		assert_int_equal(*model82545_reg(r->m, M_RAH + 8) & M_RAH_AV,
			kind == MODEL82545_QEMU ? M_RAH_AV : 0);
		rig_free(r);
	}
}

/* §13.4.17-21 */
static void
test_interrupts(void **state)
{
	struct bench b;

	bench_start(&b, MODEL82545_GM_COPPER);
	model82545_read(b.m, M_ICR);
	wr(&b, M_ICS, M_INT_LSC);
	assert_false(b.m->int_level);
	wr(&b, M_IMS, M_INT_LSC | M_INT_RXT0);
	assert_true(b.m->int_level);
	assert_int_equal(model82545_read(b.m, M_ICR), M_INT_LSC);
	assert_false(b.m->int_level);
	assert_int_equal(model82545_read(b.m, M_ICR), 0);
	wr(&b, M_RDT, 2);
	inject(&b, 100);
	model82545_rx_run(b.m, 1);
	assert_true(b.m->int_level);
	wr(&b, M_IMC, M_INT_RXT0);
	assert_false(b.m->int_level);
	assert_int_equal(model82545_read(b.m, M_IMS), M_INT_LSC);
	assert_true(model82545_read(b.m, M_ICR) & M_INT_RXT0);
	bench_end(&b, NULL);
}

/* The pool that the rig uses notices what goes wrong with an mbuf. */
static void
test_pool_notices(void **state)
{
	static const char * const faults[] = {
		"freed twice", "freed while a chip", "to a chip twice", "which is free",
		"freed with refcnt", "not its own",
	};
	struct rte_mempool *pool, *other;
	struct rte_mbuf *m, *n;
	char name[32];
	void *objs[2];
	size_t i;

	for (i = 0; i < RTE_DIM(faults); i++) {
		snprintf(name, sizeof(name), "notices%zu", i);
		pool = tracked_pool_create(name, 8, 256);
		snprintf(name, sizeof(name), "notices_too%zu", i);
		other = tracked_pool_create(name, 8, 256);
		m = rte_pktmbuf_alloc(pool);
		n = rte_pktmbuf_alloc(pool);
		assert_null(tracked_pool_fault(pool));
		switch (i) {
		case 0:
			objs[0] = m;
			objs[1] = m;
			rte_mempool_put_bulk(pool, objs, 2);
			break;
		case 1:
			tracked_pool_lend(pool, m, true);
			rte_pktmbuf_free(m);
			break;
		case 2:
			tracked_pool_lend(pool, m, true);
			tracked_pool_lend(pool, m, true);
			break;
		case 3:
			rte_pktmbuf_free(m);
			tracked_pool_lend(pool, m, false);
			break;
		case 4:
			m->next = n;
			objs[0] = m;
			rte_mempool_put(pool, m);
			break;
		default:
			m->pool = other;
			rte_pktmbuf_free(m);
			assert_non_null(strstr(tracked_pool_fault(other), faults[i]));
		}
		if (i < 5)
			assert_non_null(strstr(tracked_pool_fault(pool), faults[i]));
		tracked_pool_free(pool);
		tracked_pool_free(other);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_good_driver_is_not_blamed),
	cmocka_unit_test(test_blames_wrong_register_accesses),
	cmocka_unit_test(test_blames_wrong_rings),
	cmocka_unit_test(test_blames_tails_that_pass_the_head),
	cmocka_unit_test(test_blames_wrong_receive_descriptors),
	cmocka_unit_test(test_blames_wrong_transmit_descriptors),
	cmocka_unit_test(test_blames_wrong_packets),
	cmocka_unit_test(test_blames_wrong_segmentation),
	cmocka_unit_test(test_reset_is_as_the_manual_says),
	cmocka_unit_test(test_interrupts),
	cmocka_unit_test(test_pool_notices),
};

TEST_SUITE(model82545, tests)
