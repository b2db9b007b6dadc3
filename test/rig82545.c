/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_log.h>
#include <rte_malloc.h>

#include "rig82545.h"

static struct rig *rigs;

/* BAR 0 */

static struct rig *
rig_of(const volatile void *bar0)
{
	struct rig *r;

	for (r = rigs; r != NULL; r = r->next_rig)
		if (r->m->regs == bar0)
			return r;
	fail_msg("no chip at this BAR 0");
	return NULL;
}

uint32_t
asm82545_mmio_read(const volatile void *bar0, uint32_t offset)
{
	return model82545_read(rig_of(bar0)->m, offset);
}

void
asm82545_mmio_write(volatile void *bar0, uint32_t offset, uint32_t val)
{
	struct rig *r = rig_of(bar0);

	r->nb_rdt += offset == M_RDT;
	r->nb_tdt += offset == M_TDT;
	model82545_write(r->m, offset, val);
}

static void
rig_io_write(void *io, uint32_t offset, uint32_t val)
{
	struct rig *r = io;

	model82545_io_write(r->m, offset, val);
}

static void
delay_us(unsigned int us)
{
	struct rig *r;

	for (r = rigs; r != NULL; r = r->next_rig)
		model82545_advance(r->m, us);
}

/* Surroundings of the chip */

void
rig_allow(struct rig *r, const void *base, size_t len)
{
	assert_true(r->nb_regions < RTE_DIM(r->regions));
	r->regions[r->nb_regions].base = (uintptr_t)base;
	r->regions[r->nb_regions++].len = len;
}

/* The mbuf with this memory, and its pool. */
static struct rte_mbuf *
find_mbuf(const struct rig *r, uint64_t iova, uint32_t len, struct rte_mempool **pool)
{
	struct rte_mempool *pools[] = { r->pool, r->other };
	struct rte_mbuf *m = NULL;
	size_t i;

	for (i = 0; i < RTE_DIM(pools) && m == NULL; i++) {
		*pool = pools[i];
		if (*pool != NULL)
			m = tracked_pool_find(*pool, iova, len);
	}
	return m;
}

static void *
chip_mem(void *ctx, uint64_t iova, uint32_t len)
{
	struct rig *r = ctx;
	struct rte_mempool *pool;
	uint32_t i;

	for (i = 0; i < r->nb_regions; i++)
		if (iova >= r->regions[i].base &&
				iova + len <= r->regions[i].base + r->regions[i].len)
			return (void *)(uintptr_t)iova;
	return find_mbuf(r, iova, len, &pool) != NULL ? (void *)(uintptr_t)iova : NULL;
}

static void
chip_posted(void *ctx, enum model82545_dir dir, uint64_t iova, uint32_t len)
{
	struct rig *r = ctx;
	struct rte_mempool *pool;
	struct rte_mbuf *m = find_mbuf(r, iova, len, &pool);

	if (m != NULL)
		tracked_pool_lend(pool, m, dir == MODEL82545_RX);
	else if (dir == MODEL82545_RX)
		model82545_fault(r->m, "a buffer to receive into is not of the pool");
}

static void
chip_returned(void *ctx, enum model82545_dir dir, uint64_t iova, uint32_t len)
{
	struct rte_mempool *pool;
	struct rte_mbuf *m = find_mbuf(ctx, iova, len, &pool);

	if (m != NULL)
		tracked_pool_unlend(pool, m, dir == MODEL82545_RX);
}

static void
chip_sent(void *ctx, const uint8_t *frame, uint32_t len)
{
	struct rig *r = ctx;
	struct rig_frame *f = malloc(sizeof(*f) + len);

	f->next = NULL;
	f->len = len;
	memcpy(f->data, frame, len);
	if (r->sent == NULL)
		r->sent = f;
	else
		r->sent_last->next = f;
	r->sent_last = f;
	r->nb_sent++;
}

static const struct model82545_ops chip_ops = {
	.mem = chip_mem,
	.posted = chip_posted,
	.returned = chip_returned,
	.sent = chip_sent,
};

struct rig_frame *
rig_sent(struct rig *r)
{
	struct rig_frame *f = r->sent;

	if (f != NULL)
		r->sent = f->next;
	return f;
}

/* Life of a rig */

static void
hw_identity(struct rig *r)
{
	static const uint16_t ids[] = {
		[MODEL82545_EM_COPPER] = 0x100F,
		[MODEL82545_GM_COPPER] = 0x1026,
		[MODEL82545_FIBER] = 0x1027,
		[MODEL82545_QEMU] = 0x100F,
	};

	r->hw.bar0 = r->m->regs;
	r->hw.device_id = ids[r->conf.kind];
	r->hw.subsystem_vendor_id = r->conf.kind == MODEL82545_QEMU ? 0x1AF4 : 0x8086;
	r->hw.io = r;
	r->hw.io_write = rig_io_write;
}

struct rig *
rig_chip(enum model82545_kind kind)
{
	struct rig *r = calloc(1, sizeof(*r));

	r->conf.kind = kind;
	r->m = malloc(sizeof(*r->m));
	model82545_init(r->m, kind, malloc(M_REGS_SIZE), &chip_ops, r);
	hw_identity(r);
	r->next_rig = rigs;
	rigs = r;
	rte_delay_us_callback_register(delay_us);
	/* What goes wrong here is meant to. */
	rte_log_set_level_pattern("pmd.net.asm82545", RTE_LOG_CRIT);
	return r;
}

static struct asm82545_desc *
ring_alloc(struct rig *r, uint16_t nb_desc, uint64_t *iova)
{
	size_t len = nb_desc * sizeof(struct asm82545_desc);
	struct asm82545_desc *ring = rte_zmalloc("ring", len, rte_align32pow2(len));

	assert_non_null(ring);
	*iova = (uintptr_t)ring;
	assert_int_equal(rte_malloc_virt2iova(ring), *iova);
	rig_allow(r, ring, len);
	return ring;
}

/* As asm82545_queue.c does. */
static void
rxq_new(struct rig *r)
{
	struct asm82545_rxq *q = rte_zmalloc("rxq", sizeof(*q), RTE_CACHE_LINE_SIZE);
	struct rte_mbuf template = {
		.data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1, .port = 7,
	};

	rte_mbuf_refcnt_set(&template, 1);
	rte_compiler_barrier();
	q->rearm = *(uint64_t *)(uintptr_t)&template.rearm_data;
	q->nb_desc = r->conf.nb_rxd;
	q->ring = ring_alloc(r, q->nb_desc, &q->ring_iova);
	q->sw_ring = rte_zmalloc("rxq", q->nb_desc * sizeof(q->sw_ring[0]), 64);
	q->bar0 = r->hw.bar0;
	q->quirks = r->hw.quirks;
	q->pool = r->pool;
	q->port_id = 7;
	q->free_thresh = r->conf.rx_free_thresh;
	q->buf_len = asm82545_buf_len(r->conf.room);
	q->max_len = r->conf.mtu + RTE_ETHER_HDR_LEN;
	q->tpid = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	q->csum = r->conf.rx_csum;
	q->vlan_strip = r->conf.vlan_strip;
	r->rxq = q;
}

static void
txq_new(struct rig *r)
{
	struct asm82545_txq *q = rte_zmalloc("txq", sizeof(*q), RTE_CACHE_LINE_SIZE);

	q->nb_desc = r->conf.nb_txd;
	q->nb_free = q->nb_desc;
	q->ring = ring_alloc(r, q->nb_desc, &q->ring_iova);
	q->sw_ring = rte_zmalloc("txq", q->nb_desc * sizeof(q->sw_ring[0]), 64);
	q->rs = rte_zmalloc("txq", q->nb_desc * sizeof(q->rs[0]), 64);
	q->bar0 = r->hw.bar0;
	q->pad_iova = (uintptr_t)q->pad;
	rig_allow(r, q->pad, sizeof(q->pad));
	q->rs_thresh = r->conf.rs_thresh;
	q->free_thresh = r->conf.tx_free_thresh;
	q->max_desc_len = r->hw.pcix ? ASM82545_PCIX_TX_LEN : ASM82545_MAX_TX_LEN;
	q->tso_max = (ASM82545_PBA_TOTAL_KB - r->hw.rx_fifo_kb) * 1024 - ASM82545_TSO_SPARE;
	q->tso_short = !r->hw.emulated;
	q->max_spread = q->max_desc_len - ASM82545_MIN_TX_LEN;
	q->max_descs = q->nb_desc - ASM82545_TX_GAP - (q->rs_thresh - 1) - 2;
	if (r->hw.emulated)
		q->max_descs = RTE_MIN(q->max_descs, ASM82545_EMULATED_DESCS);
	q->port_id = 7;
	r->txq = q;
}

static void
conf_defaults(struct rig_conf *c)
{
	if (c->nb_rxd == 0)
		c->nb_rxd = ASM82545_DESC_DEFAULT;
	if (c->nb_txd == 0)
		c->nb_txd = ASM82545_DESC_DEFAULT;
	if (c->rx_free_thresh == 0)
		c->rx_free_thresh = RTE_MIN(ASM82545_RX_FREE_THRESH, c->nb_rxd / 4);
	if (c->rs_thresh == 0)
		c->rs_thresh = RTE_MIN(32, c->nb_txd / 4);
	if (c->tx_free_thresh == 0)
		c->tx_free_thresh = c->nb_txd - 2 * c->rs_thresh;
	if (c->mtu == 0)
		c->mtu = RTE_ETHER_MTU;
	if (c->room == 0)
		c->room = 2048;
	if (c->nb_mbufs == 0)
		c->nb_mbufs = c->nb_rxd + c->nb_txd + 256;
}

/* A port's defaults. */
static void
hw_conf_defaults(struct rig *r)
{
	r->filters.macs[0] = r->hw.mac;
	r->fc.autoneg = true;
	r->hw_conf = (struct asm82545_hw_conf) {
		.link = {
			.advertise = ASM82545_ANA_10_100,
			.advertise_1000 = ASM82545_GCON_1000FD,
			.vlan = r->conf.vlan,
		},
		.fc = &r->fc,
		.filters = &r->filters,
		.rx_iova = r->rxq->ring_iova,
		.tx_iova = r->txq->ring_iova,
		.nb_rxd = r->rxq->nb_desc,
		.nb_txd = r->txq->nb_desc,
		.tpid = RTE_ETHER_TYPE_VLAN,
		.tx_on = true,
		.rx_csum = r->conf.rx_csum,
	};
}

int
rig_start(struct rig *r)
{
	uint32_t rctl = ASM82545_RCTL_EN | ASM82545_RCTL_BAM | ASM82545_RCTL_SECRC |
		asm82545_rctl_bsize(r->rxq->buf_len) | r->conf.rctl;
	int ret;

	if (r->conf.mtu > RTE_ETHER_MTU)
		rctl |= ASM82545_RCTL_LPE;
	asm82545_tx_drain(r->txq);
	ret = asm82545_rx_fill(r->rxq);
	if (ret != 0)
		return ret;
	ret = asm82545_hw_start(&r->hw, &r->hw_conf);
	if (ret != 0)
		return ret;
	asm82545_hw_set_rctl(&r->hw, rctl);
	asm82545_rx_post(r->rxq);
	delay_us(10 * r->m->an_us);
	return 0;
}

void
rig_stop(struct rig *r)
{
	assert_int_equal(asm82545_hw_reset(&r->hw), 0);
	asm82545_rx_drain(r->rxq);
	asm82545_tx_drain(r->txq);
}

static struct rte_mempool *
pool_new(const struct rig *r)
{
	static uint32_t nb; /* a test that fails leaves its pool */
	struct rte_mempool *pool;
	char name[16];

	snprintf(name, sizeof(name), "rig%u", nb++);
	pool = tracked_pool_create(name, r->conf.nb_mbufs, r->conf.room);
	assert_non_null(pool);
	return pool;
}

void
rig_pool(struct rig *r)
{
	r->pool = pool_new(r);
}

void
rig_other_pool(struct rig *r)
{
	r->other = pool_new(r);
}

struct rig *
rig_new(const struct rig_conf *conf)
{
	struct rig *r = rig_chip(conf->kind);

	r->conf = *conf;
	conf_defaults(&r->conf);
	if (conf->pcix)
		*model82545_reg(r->m, M_STATUS) |= M_STATUS_PCIX;
	assert_int_equal(asm82545_hw_init(&r->hw), 0);
	rig_pool(r);
	rxq_new(r);
	txq_new(r);
	hw_conf_defaults(r);
	assert_int_equal(rig_start(r), 0);
	return r;
}

void
rig_check(const struct rig *r)
{
	if (r->m->nb_faults != 0)
		fail_msg("%s", r->m->fault);
	if (r->pool != NULL && tracked_pool_fault(r->pool) != NULL)
		fail_msg("%s", tracked_pool_fault(r->pool));
	if (r->other != NULL && tracked_pool_fault(r->other) != NULL)
		fail_msg("%s", tracked_pool_fault(r->other));
}

static void
pool_free(struct rte_mempool *pool)
{
	if (pool == NULL)
		return;
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	tracked_pool_free(pool);
}

static void
queues_free(struct rig *r)
{
	rig_stop(r);
	rig_check(r);
	pool_free(r->pool);
	pool_free(r->other);
	rte_free(r->rxq->ring);
	rte_free(r->rxq->sw_ring);
	rte_free(r->rxq);
	rte_free(r->txq->ring);
	rte_free(r->txq->sw_ring);
	rte_free(r->txq->rs);
	rte_free(r->txq);
}

void
rig_free(struct rig *r)
{
	struct rig **link = &rigs;
	struct rig_frame *f;

	rig_check(r);
	if (r->rxq != NULL)
		queues_free(r);
	else
		pool_free(r->pool);
	while ((f = rig_sent(r)) != NULL)
		free(f);
	while (*link != r)
		link = &(*link)->next_rig;
	*link = r->next_rig;
	model82545_fini(r->m);
	free(r->m->regs);
	free(r->m);
	free(r);
}

/* Contents */

void
rig_pattern(uint8_t *data, uint32_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1, part;

	for (; len > 0; len -= part, data += part) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		part = RTE_MIN(len, sizeof(x));
		memcpy(data, &x, part);
	}
}

void
rig_make_frame(const struct rig *r, uint8_t *data, uint32_t len, uint32_t seed)
{
	static const uint8_t sa_type[] = { 0x02, 0, 0, 0, 0, 1, 0x88, 0xB5 };

	rig_pattern(data, len, seed);
	memcpy(data, r->hw.mac.addr_bytes, RTE_MIN(len, 6u));
	if (len >= RTE_ETHER_HDR_LEN)
		memcpy(data + 6, sa_type, sizeof(sa_type));
}

struct rte_mbuf *
rig_make_mbuf_of(struct rig *r, struct rte_mempool *pool, uint32_t len,
		uint32_t nb_segs, uint32_t seed)
{
	static uint8_t bytes[RTE_PKTMBUF_HEADROOM + UINT16_MAX];
	struct rte_mbuf *first = NULL, **link = &first, *m;
	uint32_t i, off = 0, part;

	rig_make_frame(r, bytes, len, seed);
	for (i = 0; i < nb_segs; i++) {
		part = (len - off) / (nb_segs - i);
		m = rte_pktmbuf_alloc(pool);
		assert_non_null(m);
		assert_true(part <= rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), bytes + off, part);
		m->data_len = part;
		off += part;
		*link = m;
		link = &m->next;
	}
	first->pkt_len = len;
	first->nb_segs = nb_segs;
	return first;
}

struct rte_mbuf *
rig_make_mbuf(struct rig *r, uint32_t len, uint32_t nb_segs, uint32_t seed)
{
	return rig_make_mbuf_of(r, r->pool, len, nb_segs, seed);
}

uint32_t
rig_mbuf_bytes(const struct rte_mbuf *m, uint8_t *data)
{
	uint32_t nb_segs = m->nb_segs, pkt_len = m->pkt_len, len = 0;

	for (; m != NULL; m = m->next, nb_segs--) {
		memcpy(data + len, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
		len += m->data_len;
	}
	assert_int_equal(nb_segs, 0);
	assert_int_equal(len, pkt_len);
	return len;
}

uint32_t
rig_random(uint32_t n)
{
	static uint32_t x = 82545;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % n;
}
