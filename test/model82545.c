/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The model's registers, reset and EEPROM read; time, and the trace. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model82545.h"

#define F_RO    RTE_BIT32(0) /* writes are a fault */
#define F_WO    RTE_BIT32(1) /* reads as 0 */
#define F_KEEP  RTE_BIT32(2) /* CTRL.RST leaves it alone (§14.7) */
#define F_STAT  RTE_BIT32(3) /* cleared by a read */
#define F_QZERO RTE_BIT32(4) /* QEMU: reads as 0, writes are ignored */

/* §13.3; undocumented ones that drivers use as well. */
static const struct reg_info {
	uint32_t offset;
	uint32_t count;
	uint32_t step;
	uint32_t flags;
	uint32_t writable;
	uint32_t reset;
} infos[] = {
	{ M_CTRL,     1, 4, 0, 0xDCFC1BE9, M_CTRL_FD | M_CTRL_SPEED_1000 },
	{ M_CTRL_DUP, 1, 4, F_WO | F_QZERO, 0, 0 },
	{ M_STATUS,   1, 4, F_RO | F_KEEP, 0, 0 },
	{ M_EECD,     1, 4, F_KEEP, 0x3FF, 0 },
	{ M_EERD,     1, 4, 0, 0xFF01, 0 },
	{ M_CTRL_EXT, 1, 4, F_QZERO, 0x00C2FFEF, 0 },
	{ M_MDIC,     1, 4, 0, 0x2FFFFFFF, 0 },
	{ M_FCAL,     1, 4, F_QZERO, ~0u, 0 },
	{ M_FCAH,     1, 4, F_QZERO, 0xFFFF, 0 },
	{ M_FCT,      1, 4, F_QZERO, 0xFFFF, 0 },
	{ M_VET,      1, 4, 0, 0xFFFF, 0 },
	{ M_ICR,      1, 4, 0, 0x1F6DF, 0 },
	{ M_ITR,      1, 4, 0, 0xFFFF, 0 },
	{ M_ICS,      1, 4, F_WO, 0x1F6DF, 0 },
	{ M_IMS,      1, 4, 0, 0x1F6DF, 0 },
	{ M_IMC,      1, 4, F_WO, ~0u, 0 },
	{ M_RCTL,     1, 4, 0, 0x06DFB3FE, 0 },
	{ M_FCTTV,    1, 4, F_QZERO, 0xFFFF, 0 },
	{ M_TXCW,     1, 4, F_QZERO, 0xC000FFFF, 0 },
	{ M_RXCW,     1, 4, F_RO | F_QZERO, 0, 0 },
	{ M_TCTL,     1, 4, 0, 0x017FFFFA, 0 },
	{ M_TIPG,     1, 4, F_KEEP | F_QZERO, 0x3FFFFFFF, 0 },
	{ M_AIFS,     1, 4, 0, 0xFFFF, 0 },
	{ M_LEDCTL,   1, 4, 0, ~0u, 0x07068302 },
	{ M_PBA,      1, 4, F_KEEP, 0x7F, 0x00100030 },
	{ M_FCRTL,    1, 4, F_QZERO, 0x8000FFF8, 0 },
	{ M_FCRTH,    1, 4, F_QZERO, 0xFFF8, 0 },
	{ M_RDFH,     5, 8, 0, 0x1FFF, 0 },
	{ M_RDBAL,    1, 4, F_KEEP, ~0xFu, 0 },
	{ M_RDBAH,    1, 4, F_KEEP, ~0u, 0 },
	{ M_RDLEN,    1, 4, 0, 0xFFF80, 0 },
	{ M_RDH,      1, 4, 0, 0xFFFF, 0 },
	{ M_RDT,      1, 4, 0, 0xFFFF, 0 },
	{ M_RDTR,     1, 4, 0, 0xFFFF, 0 },
	{ M_RXDCTL,   1, 4, F_QZERO, 0x13F3F3F, 0x01010000 },
	{ M_RADV,     1, 4, 0, 0xFFFF, 0 },
	{ M_RSRPD,    1, 4, F_QZERO, 0xFFF, 0 },
	{ M_TDFH,     5, 8, 0, 0x1FFF, 0 },
	{ M_TDBAL,    1, 4, F_KEEP, ~0xFu, 0 },
	{ M_TDBAH,    1, 4, F_KEEP, ~0u, 0 },
	{ M_TDLEN,    1, 4, 0, 0xFFF80, 0 },
	{ M_TDH,      1, 4, 0, 0xFFFF, 0 },
	{ M_TDT,      1, 4, 0, 0xFFFF, 0 },
	{ M_TIDV,     1, 4, F_QZERO, 0xFFFF, 0 },
	{ M_TXDCTL,   1, 4, 0, 0xFF3F3F3F, 0 },
	{ M_TADV,     1, 4, 0, 0xFFFF, 0 },
	{ M_TSPMT,    1, 4, F_QZERO, ~0u, 0x01000400 },
	{ M_RXCSUM,   1, 4, F_QZERO, 0x7FF, 0 },
	{ M_MTA,    128, 4, F_KEEP, ~0u, 0 },
	{ M_RAL,     16, 8, F_KEEP, ~0u, 0 },
	{ M_RAH,     16, 8, F_KEEP, 0x8003FFFF, 0 },
	{ M_VFTA,   128, 4, F_KEEP, ~0u, 0 },
	{ M_WUC,      1, 4, 0, 0xF, 0 },
	{ M_WUFC,     1, 4, 0, 0xF00FF, 0 },
	{ M_WUS,      1, 4, F_KEEP, 0xF00FF, 0 },
	{ M_MANC,     1, 4, 0, ~0u, M_MANC_ARP_EN },
	{ M_IPAV,     1, 4, 0, 0x1000F, 0 },
	{ M_IP4AT,    4, 8, 0, ~0u, 0 },
	{ M_IP6AT,    4, 4, 0, ~0u, 0 },
	{ M_WUPL,     1, 4, F_QZERO, 0xFFFF, 0 },
	{ M_WUPM,    32, 4, F_KEEP, ~0u, 0 },
	{ M_FFLT,     4, 8, 0, 0x7FF, 0 },
	{ M_FFMT,   128, 8, F_KEEP, 0xF, 0 },
	{ M_FFVT,   128, 8, F_KEEP, ~0u, 0 },
	{ M_PBM,  16384, 4, F_KEEP, ~0u, 0 },
	/* Statistics, in rows between the holes. */
	{ 0x4000,     9, 4, F_RO | F_STAT, 0, 0 },
	{ 0x4028,     1, 4, F_RO | F_STAT, 0, 0 },
	{ 0x4030,     5, 4, F_RO | F_STAT, 0, 0 },
	{ 0x4048,    15, 4, F_RO | F_STAT, 0, 0 },
	{ 0x4088,     4, 4, F_RO | F_STAT, 0, 0 },
	{ 0x40A0,     8, 4, F_RO | F_STAT, 0, 0 },
	{ 0x40C0,    16, 4, F_RO | F_STAT, 0, 0 },
};

static const struct reg_info *by_offset[M_REGS_SIZE / 4];

__attribute__((constructor)) static void
by_offset_fill(void)
{
	size_t i;
	uint32_t j;

	for (i = 0; i < RTE_DIM(infos); i++)
		for (j = 0; j < infos[i].count; j++)
			by_offset[(infos[i].offset + j * infos[i].step) / 4] = &infos[i];
}

void
model82545_fault(struct model82545 *m, const char *fmt, ...)
{
	va_list args;

	if (m->nb_faults++ != 0)
		return;
	va_start(args, fmt);
	vsnprintf(m->fault, sizeof(m->fault), fmt, args);
	va_end(args);
}

uint32_t *
model82545_reg(struct model82545 *m, uint32_t offset)
{
	return &m->regs[offset / 4];
}

static void
trace(struct model82545 *m, bool write, bool io, uint32_t offset, uint32_t val)
{
	if (!m->tracing)
		return;
	if (m->nb_trace == MODEL82545_TRACE_MAX) {
		model82545_fault(m, "too many register accesses to trace");
		return;
	}
	m->trace[m->nb_trace++] = (struct model82545_access){
		.us = m->us, .offset = offset, .val = val, .write = write, .io = io,
	};
}

int
model82545_trace_find(const struct model82545 *m, uint32_t from, bool write,
		uint32_t offset)
{
	uint32_t i;

	for (i = from; i < m->nb_trace; i++)
		if (m->trace[i].write == write && m->trace[i].offset == offset)
			return i;
	return -1;
}

/* Interrupts, §13.4.17-21 */

static void
int_refresh(struct model82545 *m)
{
	bool level = (*model82545_reg(m, M_ICR) & *model82545_reg(m, M_IMS)) != 0;

	if (level == m->int_level)
		return;
	m->int_level = level;
	if (m->ops->interrupt != NULL)
		m->ops->interrupt(m->ctx, level);
}

void
model82545_cause(struct model82545 *m, uint32_t bits)
{
	*model82545_reg(m, M_ICR) |= bits;
	int_refresh(m);
}

/* Statistics, §13.7: they saturate. */

void
model82545_count(struct model82545 *m, uint32_t offset, uint64_t n)
{
	uint32_t *reg = model82545_reg(m, offset);

	*reg = n > UINT32_MAX - *reg ? UINT32_MAX : *reg + n;
}

void
model82545_count_octets(struct model82545 *m, uint32_t offset, uint64_t n)
{
	uint32_t *reg = model82545_reg(m, offset);
	uint64_t sum = reg[0] | (uint64_t)reg[1] << 32;

	sum += n;
	reg[0] = sum;
	reg[1] = sum >> 32;
}

/* *len* with FCS. */
void
model82545_count_size(struct model82545 *m, uint32_t first, uint32_t len)
{
	static const uint32_t limits[] = { 64, 127, 255, 511, 1023 };
	uint32_t i;

	for (i = 0; i < RTE_DIM(limits); i++)
		if (len <= limits[i])
			break;
	model82545_count(m, first + 4 * i, 1);
}

/* §13.7: octets are pairs, which the high half clears. */
static uint32_t
stat_read(struct model82545 *m, uint32_t offset)
{
	uint32_t *reg = model82545_reg(m, offset);
	uint32_t val;

	if (offset == M_GPRC && m->stat_max != 0)
		*reg += m->stat_min + rand() % (m->stat_max - m->stat_min + 1);
	if (offset == M_GORCL || offset == M_GORCL + 4) {
		val = rand() % (m->octets + 1);
		model82545_count_octets(m, M_GORCL, val);
		m->octet_sum += val;
	}
	val = *reg;
	switch (offset) {
	case M_GPRC:
		m->stat_sum += val;
		*reg = 0;
		break;
	case M_MPC:
	case M_RNBC:
		if (m->kind != MODEL82545_QEMU)
			*reg = 0;
		break;
	case M_GORCL:
	case M_GOTCL:
	case M_TORL:
	case M_TOTL:
		if (m->halves_clear)
			*reg = 0;
		break;
	case M_GORCL + 4:
	case M_GOTCL + 4:
	case M_TORL + 4:
	case M_TOTL + 4:
		if (!m->halves_clear)
			reg[-1] = 0;
		*reg = 0;
		break;
	default:
		*reg = 0;
	}
	return val;
}

/* EEPROM by EERD, §13.4.4 */

static void
eerd_write(struct model82545 *m, uint32_t val)
{
	*model82545_reg(m, M_EERD) = val & 0xFF00;
	if (!(val & M_EERD_START) || m->stuck_eerd)
		return;
	if (*model82545_reg(m, M_EECD) & M_EECD_REQ)
		return; /* the pins have it */
	m->eerd_busy = true;
	m->eerd_done = m->us + m->eerd_us;
}

static void
eerd_finish(struct model82545 *m)
{
	uint32_t *reg = model82545_reg(m, M_EERD);
	uint32_t word = *reg >> 8 & 0xFF;
	uint32_t data = word < MODEL82545_EEPROM_WORDS ? m->eeprom[word] : 0;

	m->eerd_busy = false;
	*reg = data << 16 | word << 8 | M_EERD_DONE;
}

void
model82545_eeprom_seal(struct model82545 *m)
{
	uint16_t sum = 0;
	int i;

	for (i = 0; i < MODEL82545_EEPROM_WORDS - 1; i++)
		sum += m->eeprom[i];
	m->eeprom[MODEL82545_EEPROM_WORDS - 1] = 0xBABA - sum;
}

/* §5.6.1: words 0 to 2 go to RAR0, if word 0Ah is signed. */
static void
eeprom_load(struct model82545 *m)
{
	m->load_busy = false;
	if (m->eeprom[0x0A] >> 14 != 1)
		return;
	*model82545_reg(m, M_RAL) = m->eeprom[0] | (uint32_t)m->eeprom[1] << 16;
	*model82545_reg(m, M_RAH) = m->eeprom[2] | M_RAH_AV;
}

/* Reset, §14.7 */

static void
regs_reset(struct model82545 *m, uint32_t keep)
{
	uint32_t i;

	for (i = 0; i < M_REGS_SIZE / 4; i++)
		if (by_offset[i] != NULL && !(by_offset[i]->flags & keep))
			m->regs[i] = by_offset[i]->reset;
	for (i = 0; i < 16; i++)
		*model82545_reg(m, M_RAH + 8 * i) &= ~M_RAH_AV;
}

static void
ctrl_rst(struct model82545 *m)
{
	model82545_rings_reset(m);
	if (m->kind == MODEL82545_QEMU)
		return;
	regs_reset(m, F_KEEP);
	m->eerd_busy = false;
	m->mdic_busy = false;
	m->normal.valid = false;
	m->tso.valid = false;
	m->rxa_kb = *model82545_reg(m, M_PBA) & 0x7F;
	*model82545_reg(m, M_CTRL) |= M_CTRL_RST;
	m->rst_busy = true;
	m->rst_done = m->us + m->rst_us;
	m->load_busy = true;
	m->load_done = m->us + m->load_us;
	model82545_link_refresh(m);
	int_refresh(m);
}

static void
ctrl_write(struct model82545 *m, uint32_t val)
{
	uint32_t *reg = model82545_reg(m, M_CTRL);
	uint32_t old = *reg;

	if (val & M_CTRL_RST) {
		ctrl_rst(m);
		return;
	}
	*reg = val;
	if (m->kind == MODEL82545_QEMU)
		return;
	if (~val & old & M_CTRL_PHY_RST)
		model82545_phy_reset(m);
	if (m->kind == MODEL82545_FIBER && (~val & old & M_CTRL_LRST)) {
		m->an_busy = true;
		m->an_done = m->us + m->an_us;
	}
	model82545_link_refresh(m);
}

static void
txcw_write(struct model82545 *m, uint32_t val)
{
	uint32_t *reg = model82545_reg(m, M_TXCW);

	if (m->kind == MODEL82545_FIBER && (val & ~*reg & M_TXCW_ANE)) {
		m->phy_link = false;
		m->an_busy = true;
		m->an_done = m->us + m->an_us;
	}
	*reg = val;
	model82545_link_refresh(m);
}

/* §13.4.16: the other part is for transmission. */
static void
pba_write(struct model82545 *m, uint32_t val)
{
	if (val % 8 != 0 || val > 56 || val == 0)
		model82545_fault(m, "PBA %u: not a multiple of 8 KiB that leaves some", val);
	*model82545_reg(m, M_PBA) = val | (64 - val) << 16;
}

/* Base, length or head of a ring. */
static void
ring_write(struct model82545 *m, struct model82545_ring *r, uint32_t offset, uint32_t val)
{
	if (r->on || r->stopping)
		model82545_fault(m, "%#x is written while its ring is in use", offset);
	*model82545_reg(m, offset) = val;
	r->set_up |= offset == M_RDH || offset == M_TDH;
}

static void
reg_write(struct model82545 *m, uint32_t offset, uint32_t val)
{
	uint32_t *reg = model82545_reg(m, offset);

	switch (offset) {
	case M_CTRL:
	case M_CTRL_DUP:
		ctrl_write(m, val);
		break;
	case M_EECD:
		model82545_eecd(m, val);
		break;
	case M_EERD:
		eerd_write(m, val);
		break;
	case M_MDIC:
		model82545_mdic(m, val);
		break;
	case M_ICR:
		*reg &= ~val;
		int_refresh(m);
		break;
	case M_ICS:
		model82545_cause(m, val);
		break;
	case M_IMS:
		*reg |= val;
		int_refresh(m);
		break;
	case M_IMC:
		*model82545_reg(m, M_IMS) &= ~val;
		int_refresh(m);
		break;
	case M_TXCW:
		txcw_write(m, val);
		break;
	case M_PBA:
		pba_write(m, val);
		break;
	case M_RCTL:
		*reg = val;
		model82545_ring_enable(m, &m->rx, val & M_RCTL_EN);
		break;
	case M_TCTL:
		*reg = val;
		model82545_ring_enable(m, &m->tx, val & M_TCTL_EN);
		break;
	case M_RDT:
		*reg = val;
		model82545_ring_tail(m, &m->rx, val);
		break;
	case M_TDT:
		*reg = val;
		model82545_ring_tail(m, &m->tx, val);
		break;
	case M_RDBAL:
	case M_RDBAH:
	case M_RDLEN:
	case M_RDH:
		ring_write(m, &m->rx, offset, val);
		break;
	case M_TDBAL:
	case M_TDBAH:
	case M_TDLEN:
	case M_TDH:
		ring_write(m, &m->tx, offset, val);
		break;
	default:
		*reg = val;
	}
}

static const struct reg_info *
access_check(struct model82545 *m, uint32_t offset)
{
	if (offset % 4 != 0 || offset >= M_REGS_SIZE || by_offset[offset / 4] == NULL) {
		model82545_fault(m, "there is no register at %#x", offset);
		return NULL;
	}
	/* §13.4.1 RST: "approximately 1 us" before the first access. */
	if (m->rst_busy && m->us + m->rst_us < m->rst_done + 1)
		model82545_fault(m, "%#x is accessed within 1 us of a reset", offset);
	return by_offset[offset / 4];
}

/* Another access brings a tail that waits. */
static bool
tail_waits(struct model82545 *m, bool write, uint32_t offset, uint32_t val)
{
	if (m->late_tail && write && offset == M_RDT) {
		m->rdt = val;
		m->rdt_waits = true;
		return true;
	}
	if (m->rdt_waits) {
		m->rdt_waits = false;
		reg_write(m, M_RDT, m->rdt);
	}
	return false;
}

void
model82545_write(struct model82545 *m, uint32_t offset, uint32_t val)
{
	const struct reg_info *info = access_check(m, offset);

	trace(m, true, false, offset, val);
	if (tail_waits(m, true, offset, val))
		return;
	if (info != NULL && m->replaced)
		*model82545_reg(m, offset) = val;
	if (info == NULL || m->removed || m->replaced)
		return;
	if (info->flags & F_RO) {
		model82545_fault(m, "read-only register %#x is written", offset);
		return;
	}
	if (m->kind == MODEL82545_QEMU && (info->flags & F_QZERO))
		return;
	if (info->writable != 0 && offset != M_IMS && offset != M_ICR &&
			(val & ~info->writable) != 0)
		model82545_fault(m, "reserved bits %#x of %#x are written",
			val & ~info->writable, offset);
	reg_write(m, offset, info->writable != 0 ? val & info->writable : val);
}

/* §2.4: IOADDR and IODATA, on QEMU without effect. */
void
model82545_io_write(struct model82545 *m, uint32_t offset, uint32_t val)
{
	uint32_t i = m->nb_trace;

	if (m->kind == MODEL82545_QEMU)
		return;
	model82545_write(m, offset, val);
	if (i < m->nb_trace)
		m->trace[i].io = true;
}

static uint32_t
reg_read(struct model82545 *m, const struct reg_info *info, uint32_t offset)
{
	uint32_t *reg = model82545_reg(m, offset);
	uint32_t val = *reg;

	if ((info->flags & F_WO) ||
			(m->kind == MODEL82545_QEMU && (info->flags & F_QZERO)))
		return 0;
	if (info->flags & F_STAT)
		return stat_read(m, offset);
	if (offset == M_ICR) {
		*reg = 0;
		int_refresh(m);
	}
	return val;
}

uint32_t
model82545_read(struct model82545 *m, uint32_t offset)
{
	const struct reg_info *info = access_check(m, offset);
	uint32_t val = m->absent;

	tail_waits(m, false, offset, 0);
	if (m->vanish_after != 0 && --m->vanish_after == 0) {
		m->removed = true;
		model82545_rings_reset(m);
	}
	if (info != NULL && !m->removed)
		val = m->replaced ? *model82545_reg(m, offset) : reg_read(m, info, offset);
	trace(m, false, false, offset, val);
	return val;
}

void
model82545_advance(struct model82545 *m, uint64_t us)
{
	m->us += us;
	if (m->rst_busy && !m->stuck_rst && m->us >= m->rst_done) {
		m->rst_busy = false;
		*model82545_reg(m, M_CTRL) &= ~M_CTRL_RST;
	}
	if (m->load_busy && m->us >= m->load_done)
		eeprom_load(m);
	if (m->eerd_busy && m->us >= m->eerd_done)
		eerd_finish(m);
	model82545_phy_tick(m);
	model82545_rings_tick(m);
}

/* Not what would act at once, nor what only the chip writes. */
void
model82545_poison(struct model82545 *m, uint32_t seed)
{
	uint32_t i;

	for (i = 0; i < M_REGS_SIZE / 4; i++) {
		const struct reg_info *info = by_offset[i];

		if (info == NULL || info->writable == 0 || (info->flags & F_RO))
			continue;
		if (m->kind == MODEL82545_QEMU && (info->flags & F_QZERO))
			continue;
		seed = seed * 1664525 + 1013904223;
		switch (4 * i) {
		case M_CTRL:
		case M_EECD:
		case M_EERD:
		case M_MDIC:
			break;
		default:
			m->regs[i] = (seed ^ seed >> 16) & info->writable;
		}
	}
	int_refresh(m);
}

static const uint16_t eeprom_default[] = {
	0x1200, 0x5634, 0x9A78, 0x0D00, 0xFFFF, 0x1008, 0xFFFF, 0xFFFF,
	0x1008, 0x8086, 0x640B, 0x1008, 0x8086, 0x100F, 0x8086, 0x3244,
};

void
model82545_init(struct model82545 *m, enum model82545_kind kind, uint32_t *regs,
		const struct model82545_ops *ops, void *ctx)
{
	memset(m, 0, sizeof(*m));
	memset(regs, 0, M_REGS_SIZE);
	m->kind = kind;
	m->regs = regs;
	m->ops = ops;
	m->ctx = ctx;
	m->rx.dir = MODEL82545_RX;
	m->rx.base = M_RDBAL;
	m->tx.dir = MODEL82545_TX;
	m->tx.base = M_TDBAL;
	m->rx.posted = calloc(UINT16_MAX + 1, sizeof(m->rx.posted[0]));
	m->tx.posted = calloc(UINT16_MAX + 1, sizeof(m->tx.posted[0]));
	m->bound_64k = kind == MODEL82545_EM_COPPER;
	m->absent = UINT32_MAX;
	m->eerd_us = 50;
	m->mdic_us = 26;
	m->rst_us = 3;
	m->load_us = 3000;
	m->an_us = 1500000;
	memset(m->eeprom, 0xFF, sizeof(m->eeprom));
	memcpy(m->eeprom, eeprom_default, sizeof(eeprom_default));
	model82545_eeprom_seal(m);
	regs_reset(m, 0);
	m->rxa_kb = 48;
	*model82545_reg(m, M_EECD) = M_EECD_PRES;
	if (kind == MODEL82545_QEMU)
		*model82545_reg(m, M_VET) = 0x8100;
	eeprom_load(m);
	m->cable = true;
	m->partner = 0x01E1;
	m->partner_gigabit = true;
	model82545_phy_reset(m);
	model82545_advance(m, 10 * (uint64_t)m->an_us);
	*model82545_reg(m, M_ICR) = 0;
}

void
model82545_fini(struct model82545 *m)
{
	model82545_rings_reset(m);
	free(m->packet.data);
	free(m->rx.posted);
	free(m->tx.posted);
}
