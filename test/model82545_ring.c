/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Who owns which descriptor (§3.2.6, §3.4). Of a ring the driver has posted
 * [returned, seen): from there up to the head the chip is done with them but
 * has not said so, from the head onwards they are to be used.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model82545.h"

#define DMA_BOUND  65536
#define DESC_LEN   16
/* TDT that catches up with TDH may hang the transmitter: two stay free. */
#define TX_GAP     2
#define MAX_TX_LEN 16288
/* INTERPRET-MISSING §13.4.22: how long DMA goes on after EN was cleared. */
#define IN_FLIGHT_US 1000

void *
model82545_mem(struct model82545 *m, uint64_t iova, uint32_t len)
{
	void *mem = (void *)(uintptr_t)iova;

	if (m->ops->mem != NULL)
		mem = m->ops->mem(m->ctx, iova, len);
	if (mem == NULL)
		model82545_fault(m, "DMA to [%#" PRIx64 ", +%u): no memory of ours", iova, len);
	return mem;
}

static bool
crosses(struct model82545 *m, uint64_t iova, uint32_t len)
{
	return m->bound_64k &&
		iova / DMA_BOUND != (iova + len - 1) / DMA_BOUND;
}

/* RDBAL is followed by RDBAH, RDLEN, RDH, RDT; TDBAL likewise. */
static uint32_t
ring_reg(struct model82545 *m, const struct model82545_ring *r, uint32_t of_rx)
{
	return *model82545_reg(m, r->base + of_rx - M_RDBAL);
}

uint32_t
model82545_ring_size(struct model82545 *m, const struct model82545_ring *r)
{
	return ring_reg(m, r, M_RDLEN) / DESC_LEN;
}

static uint64_t
ring_iova(struct model82545 *m, const struct model82545_ring *r)
{
	return ring_reg(m, r, M_RDBAL) | (uint64_t)ring_reg(m, r, M_RDBAH) << 32;
}

uint64_t *
model82545_ring_desc(struct model82545 *m, const struct model82545_ring *r, uint32_t slot)
{
	return model82545_mem(m, ring_iova(m, r) + slot * DESC_LEN, DESC_LEN);
}

static const char *
ring_name(const struct model82545_ring *r)
{
	return r->dir == MODEL82545_RX ? "RX" : "TX";
}

static void
ring_check(struct model82545 *m, const struct model82545_ring *r)
{
	uint32_t size = model82545_ring_size(m, r);
	uint64_t iova = ring_iova(m, r);

	if (size == 0)
		model82545_fault(m, "%s ring without descriptors", ring_name(r));
	else if (iova % DESC_LEN != 0 || crosses(m, iova, size * DESC_LEN))
		model82545_fault(m, "%s ring at %#" PRIx64 ": wrong place", ring_name(r), iova);
	if (ring_reg(m, r, M_RDH) >= size || ring_reg(m, r, M_RDT) >= size)
		model82545_fault(m, "%s ring of %u: head %u, tail %u", ring_name(r), size,
			ring_reg(m, r, M_RDH), ring_reg(m, r, M_RDT));
}

/*
 * §13.4.22, §13.4.33 EN: a frame in flight is finished. The receiver is "to be
 * reset before it is enabled again"; at the least its ring is set up anew.
 */
void
model82545_ring_enable(struct model82545 *m, struct model82545_ring *r, bool on)
{
	if (on == r->on)
		return;
	r->on = on;
	if (!on) {
		r->stopping = true;
		r->set_up = false;
		r->off_us = m->us;
		return;
	}
	if (r->stopping || !r->set_up)
		model82545_fault(m, "the %s ring is switched on without being set up anew",
			ring_name(r));
	ring_check(m, r);
	r->seen = ring_reg(m, r, M_RDH);
	r->returned = r->seen;
	model82545_ring_tail(m, r, ring_reg(m, r, M_RDT));
}

/* §13.4.22 BSIZE, BSEX */
uint32_t
model82545_buf_len(struct model82545 *m)
{
	uint32_t rctl = *model82545_reg(m, M_RCTL);
	uint32_t bsize = rctl >> 16 & 3;

	if (!(rctl & M_RCTL_BSEX))
		return 2048 >> bsize;
	if (bsize == 0)
		model82545_fault(m, "RCTL.BSIZE 0 with BSEX is reserved");
	return 32768 >> bsize;
}

static void
rx_check(struct model82545 *m, const struct model82545_posted *d, uint32_t slot)
{
	if (d->word != 0)
		model82545_fault(m, "RX slot %u: status %#" PRIx64 " was not cleared",
			slot, d->word);
	if (d->addr == 0)
		model82545_fault(m, "RX slot %u: no buffer", slot);
	else if (crosses(m, d->addr, d->len))
		model82545_fault(m, "RX slot %u: buffer [%#" PRIx64 ", +%u) crosses 64 KiB",
			slot, d->addr, d->len);
}

static bool
tx_is_context(uint64_t word)
{
	return (word & M_TXD_DEXT) && (word >> 20 & 0xF) == 0;
}

static void
tx_check_legacy(struct model82545 *m, const struct model82545_posted *d, uint32_t slot)
{
	if (d->word & (M_TXD_RPS | M_TXD_IDE | 0xFFull << 32))
		model82545_fault(m, "TX slot %u: reserved bits in %#" PRIx64, slot, d->word);
	if (!(d->word & M_TXD_IC) && (d->word & (0xFFull << 16 | 0xFFull << 40)))
		model82545_fault(m, "TX slot %u: CSO, CSS without IC: %#" PRIx64, slot, d->word);
	if (!(d->word & M_TXD_VLE) && d->word >> 48 != 0)
		model82545_fault(m, "TX slot %u: special without VLE: %#" PRIx64, slot, d->word);
	if (d->len > MAX_TX_LEN)
		model82545_fault(m, "TX slot %u: %u bytes in one descriptor", slot, d->len);
}

static void
tx_check_extended(struct model82545 *m, const struct model82545_posted *d, uint32_t slot)
{
	uint64_t type = d->word >> 20 & 0xF;

	if (type > 1)
		model82545_fault(m, "TX slot %u: descriptor type %" PRIu64, slot, type);
	if (d->word & (M_TXD_RPS | M_TXD_IDE | 0xFFull << 32))
		model82545_fault(m, "TX slot %u: reserved bits in %#" PRIx64, slot, d->word);
	if (type == 0 && (d->word & M_TXD_VLE))
		model82545_fault(m, "TX slot %u: VLE in a context", slot);
	if (type == 1 && (d->word >> 42 & 0x3F) != 0)
		model82545_fault(m, "TX slot %u: POPTS in %#" PRIx64, slot, d->word);
}

static void
take(struct model82545 *m, struct model82545_ring *r, uint32_t slot)
{
	struct model82545_posted *d = &r->posted[slot];
	const uint64_t *desc = model82545_ring_desc(m, r, slot);

	memset(d, 0, sizeof(*d));
	if (desc == NULL)
		return;
	d->addr = desc[0];
	d->word = desc[1];
	if (r->dir == MODEL82545_RX) {
		d->len = model82545_buf_len(m);
		rx_check(m, d, slot);
	} else if (tx_is_context(d->word)) {
		tx_check_extended(m, d, slot);
	} else if (d->word & M_TXD_DEXT) {
		d->len = d->word & 0xFFFFF;
		tx_check_extended(m, d, slot);
	} else {
		d->len = d->word & 0xFFFF;
		tx_check_legacy(m, d, slot);
	}
	if (d->len == 0)
		return;
	if (r->dir == MODEL82545_TX) {
		const uint8_t *mem = model82545_mem(m, d->addr, d->len);

		d->sum = mem == NULL ? 0 : model82545_crc32(mem, d->len);
	}
	if (m->ops->posted != NULL)
		m->ops->posted(m->ctx, r->dir, d->addr, d->len);
}

/* The driver moved the tail: it posts what lies between. */
void
model82545_ring_tail(struct model82545 *m, struct model82545_ring *r, uint32_t tail)
{
	uint32_t size = model82545_ring_size(m, r);
	uint32_t gap = r->dir == MODEL82545_TX ? TX_GAP : 1;
	uint32_t owned, fresh;

	if (!r->on || size == 0)
		return;
	if (tail >= size) {
		model82545_fault(m, "%s tail %u in a ring of %u", ring_name(r), tail, size);
		return;
	}
	owned = (r->seen + size - r->returned) % size;
	fresh = (tail + size - r->seen) % size;
	if (owned + fresh > size - gap) {
		model82545_fault(m, "%s tail from %u to %u: %u were not given back",
			ring_name(r), r->seen, tail, owned);
		if (owned + fresh > size - 1)
			return;
	}
	for (; r->seen != tail; r->seen = (r->seen + 1) % size)
		take(m, r, r->seen);
	if (m->immediate && r->dir == MODEL82545_RX)
		model82545_rx_run(m, UINT32_MAX);
	if (m->immediate && r->dir == MODEL82545_TX)
		model82545_tx_run(m, UINT32_MAX);
}

/* Slot *returned* is the driver's again. */
void
model82545_ring_return(struct model82545 *m, struct model82545_ring *r)
{
	const struct model82545_posted *d = &r->posted[r->returned];

	r->returned = (r->returned + 1) % model82545_ring_size(m, r);
	if (d->len != 0 && m->ops->returned != NULL)
		m->ops->returned(m->ctx, r->dir, d->addr, d->len);
}

static void
ring_return_all(struct model82545 *m, struct model82545_ring *r)
{
	while (r->returned != r->seen)
		model82545_ring_return(m, r);
	r->stopping = false;
}

static void
ring_reset(struct model82545 *m, struct model82545_ring *r)
{
	ring_return_all(m, r);
	r->seen = 0;
	r->returned = 0;
	r->on = false;
}

/* What was in flight when a ring was switched off has ended. */
void
model82545_rings_tick(struct model82545 *m)
{
	if (m->rx.stopping && m->us >= m->rx.off_us + IN_FLIGHT_US)
		ring_return_all(m, &m->rx);
	if (m->tx.stopping && m->us >= m->tx.off_us + IN_FLIGHT_US)
		ring_return_all(m, &m->tx);
}

void
model82545_rings_reset(struct model82545 *m)
{
	ring_reset(m, &m->rx);
	ring_reset(m, &m->tx);
	while (m->fifo != NULL) {
		struct model82545_frame *next = m->fifo->next;

		free(m->fifo);
		m->fifo = next;
	}
	m->fifo_len = 0;
	m->packet.len = 0;
	m->packet.nb_descs = 0;
}

uint32_t
model82545_ring_posted(const struct model82545 *m, enum model82545_dir dir)
{
	const struct model82545_ring *r = dir == MODEL82545_RX ? &m->rx : &m->tx;
	uint32_t base = r->base / 4, size = m->regs[base + (M_RDLEN - M_RDBAL) / 4] / 16;

	if (!r->on || size == 0)
		return 0;
	return (r->seen + size - m->regs[base + (M_RDH - M_RDBAL) / 4]) % size;
}
