/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The model's receiver: filters, packet buffer, descriptors. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model82545.h"

#define MIN_LEN   64
#define MAX_SHORT 1522  /* RCTL.LPE 0 */
#define MAX_LONG  16384

static uint32_t crc_table[256];

__attribute__((constructor)) static void
crc_table_fill(void)
{
	uint32_t i, crc;
	int bit;

	for (i = 0; i < RTE_DIM(crc_table); i++) {
		crc = i;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
		crc_table[i] = crc;
	}
}

uint32_t
model82545_crc32(const uint8_t *data, uint32_t len)
{
	uint32_t crc = ~0u;

	while (len-- > 0)
		crc = crc >> 8 ^ crc_table[(crc ^ *data++) & 0xFF];
	return ~crc;
}

static uint32_t
rctl(struct model82545 *m)
{
	return *model82545_reg(m, M_RCTL);
}

static bool
is_broadcast(const uint8_t *da)
{
	return memcmp(da, "\xFF\xFF\xFF\xFF\xFF\xFF", 6) == 0;
}

/* §13.5.1: twelve of the last sixteen bits of the address. */
static bool
mta_matches(struct model82545 *m, const uint8_t *da)
{
	uint32_t offset = rctl(m) >> 12 & 3;
	uint32_t hash = (da[4] >> (4 - offset - (offset == 3)) |
			(uint32_t)da[5] << (4 + offset + (offset == 3))) & 0xFFF;

	return *model82545_reg(m, M_MTA + 4 * (hash >> 5)) >> (hash & 31) & 1;
}

static bool
rar_matches(struct model82545 *m, const uint8_t *da)
{
	uint32_t low = da[0] | da[1] << 8 | da[2] << 16 | (uint32_t)da[3] << 24;
	uint32_t high = da[4] | da[5] << 8;
	int i;

	for (i = 0; i < 16; i++)
		if (*model82545_reg(m, M_RAL + 8 * i) == low &&
				*model82545_reg(m, M_RAH + 8 * i) == (high | M_RAH_AV))
			return true;
	return false;
}

/* §3.2.1, §13.5; M_RXD_PIF when the address passed by its hash only. */
static bool
address_passes(struct model82545 *m, const uint8_t *da, uint64_t *status)
{
	bool group = da[0] & 1;

	if (rar_matches(m, da) || (is_broadcast(da) && (rctl(m) & M_RCTL_BAM)))
		return true;
	if (group ? rctl(m) & M_RCTL_MPE : rctl(m) & M_RCTL_UPE)
		return !is_broadcast(da) || m->kind == MODEL82545_QEMU;
	if (!mta_matches(m, da))
		return false;
	if (m->kind != MODEL82545_QEMU)
		*status |= M_RXD_PIF;
	return true;
}

static bool
is_tagged(struct model82545 *m, const uint8_t *frame)
{
	return (uint32_t)(frame[12] << 8 | frame[13]) == *model82545_reg(m, M_VET);
}

/* §9.3 */
static bool
vlan_passes(struct model82545 *m, const uint8_t *frame)
{
	uint32_t vid = (frame[14] << 8 | frame[15]) & 0xFFF;

	if (!(rctl(m) & M_RCTL_VFE) || !is_tagged(m, frame))
		return true;
	return *model82545_reg(m, M_VFTA + 4 * (vid >> 5)) >> (vid & 31) & 1;
}

/* *len* with FCS. */
static bool
length_passes(struct model82545 *m, uint32_t len)
{
	if (len < MIN_LEN) {
		model82545_count(m, M_RUC, 1);
		return false;
	}
	if (len > (rctl(m) & M_RCTL_LPE ? MAX_LONG : MAX_SHORT)) {
		model82545_count(m, M_ROC, 1);
		return false;
	}
	return true;
}

static bool
errors_pass(struct model82545 *m, uint64_t errors)
{
	if (errors & M_RXD_CE)
		model82545_count(m, M_CRCERRS, 1);
	if (errors & M_RXD_SE)
		model82545_count(m, M_SYMERRS, 1);
	if (errors & M_RXD_SEQ)
		model82545_count(m, M_SEC, 1);
	if (errors & M_RXD_RXE)
		model82545_count(m, M_RXERRC, 1);
	return errors == 0 || (rctl(m) & M_RCTL_SBP);
}

static void
count_good(struct model82545 *m, const uint8_t *frame, uint32_t len)
{
	model82545_count(m, M_GPRC, 1);
	model82545_count_octets(m, M_GORCL, len);
	model82545_count_size(m, M_PRC64, len);
	if (is_broadcast(frame))
		model82545_count(m, M_BPRC, 1);
	else if (frame[0] & 1)
		model82545_count(m, M_MPRC, 1);
}

/* §9.2: with CTRL.VME the tag goes to the descriptor. */
static void
vlan_strip(struct model82545 *m, struct model82545_frame *f)
{
	if (!(*model82545_reg(m, M_CTRL) & M_CTRL_VME) || !is_tagged(m, f->data))
		return;
	f->special = f->data[14] << 8 | f->data[15];
	f->status |= M_RXD_VP;
	memmove(f->data + 12, f->data + 16, f->len - 16);
	f->len -= 4;
}

static struct model82545_frame *
frame_new(struct model82545 *m, const uint8_t *frame, uint32_t len, uint64_t errors)
{
	struct model82545_frame *f = malloc(sizeof(*f) + len + MODEL82545_FCS_LEN);
	uint32_t crc = rctl(m) & M_RCTL_SECRC ? 0 : model82545_crc32(frame, len);
	int i;

	if (f == NULL)
		abort();
	memset(f, 0, sizeof(*f));
	memcpy(f->data, frame, len);
	if (errors & M_RXD_CE)
		crc = ~crc;
	for (i = 0; i < MODEL82545_FCS_LEN; i++)
		f->data[len + i] = crc >> 8 * i;
	f->len = len + MODEL82545_FCS_LEN;
	f->errors = errors;
	return f;
}

static void
fifo_append(struct model82545 *m, struct model82545_frame *f)
{
	if (m->fifo == NULL)
		m->fifo = f;
	else
		m->fifo_last->next = f;
	m->fifo_last = f;
	m->fifo_len += f->len;
}

bool
model82545_rx_inject(struct model82545 *m, const void *frame, uint32_t len,
		uint64_t errors)
{
	uint64_t status = 0;
	struct model82545_frame *f;

	if (!m->rx.on || !(*model82545_reg(m, M_STATUS) & M_STATUS_LU))
		return false;
	model82545_count(m, M_TPR, 1);
	model82545_count_octets(m, M_TORL, len + MODEL82545_FCS_LEN);
	if (!errors_pass(m, errors) || !length_passes(m, len + MODEL82545_FCS_LEN) ||
			!address_passes(m, frame, &status) || !vlan_passes(m, frame))
		return false;
	if (m->fifo_len + len + MODEL82545_FCS_LEN > m->rxa_kb * 1024) {
		model82545_count(m, M_MPC, 1);
		model82545_cause(m, M_INT_RXO);
		return false;
	}
	if (model82545_ring_posted(m, MODEL82545_RX) == 0)
		model82545_count(m, M_RNBC, 1);
	if (errors == 0)
		count_good(m, frame, len + MODEL82545_FCS_LEN);
	f = frame_new(m, frame, len, errors);
	f->status = status | model82545_rx_checks(m, frame, len);
	f->csum = model82545_sum(f->data, f->len);
	vlan_strip(m, f);
	if (rctl(m) & M_RCTL_SECRC)
		f->len -= MODEL82545_FCS_LEN;
	fifo_append(m, f);
	if (m->immediate)
		model82545_rx_run(m, UINT32_MAX);
	return true;
}

/*
 * The word of a descriptor used. Of one without EOP all but length and DD is
 * undefined (§3.2.3): the complement of what a driver may hope for.
 */
static uint64_t
rx_word(const struct model82545_frame *f, uint32_t len, bool last)
{
	if (!last)
		return len | M_RXD_DD | M_RXD_ERRORS | M_RXD_VP | 0xDEADull << 48;
	return len | (uint64_t)f->csum << 16 | M_RXD_DD | M_RXD_EOP | f->status |
		f->errors | (uint64_t)f->special << 48;
}

/* QEMU: status bits are added to what is there, errors and checksum are not written. */
static uint64_t
rx_word_qemu(const struct model82545_frame *f, uint32_t len, bool last, uint64_t old)
{
	uint64_t word = (old & 0x0000FFFFFFFF0000) | len | M_RXD_DD |
		(f->status & M_RXD_VP) | (uint64_t)f->special << 48;

	return last ? word | M_RXD_EOP | M_RXD_IXSM : word & ~M_RXD_EOP;
}

static void
rx_frame_done(struct model82545 *m, struct model82545_frame *f)
{
	m->fifo = f->next;
	m->fifo_len -= f->off;
	free(f);
	model82545_cause(m, M_INT_RXT0);
}

/* §3.2.4: data first, then the descriptor. */
static bool
rx_step(struct model82545 *m)
{
	struct model82545_frame *f = m->fifo;
	uint32_t *rdh = model82545_reg(m, M_RDH);
	uint32_t size = model82545_ring_size(m, &m->rx);
	const struct model82545_posted *d = &m->rx.posted[*rdh];
	uint64_t *desc;
	uint32_t len;
	uint8_t *buf;
	bool last;

	if (!m->rx.on || f == NULL || *rdh == m->rx.seen)
		return false;
	desc = model82545_ring_desc(m, &m->rx, *rdh);
	len = RTE_MIN(f->len - f->off, d->len);
	buf = model82545_mem(m, d->addr, len);
	if (desc == NULL || buf == NULL)
		return false;
	if (desc[0] != d->addr || desc[1] != d->word)
		model82545_fault(m, "RX slot %u: %#" PRIx64 " %#" PRIx64 " changed after RDT",
			*rdh, desc[0], desc[1]);
	memcpy(buf, f->data + f->off, len);
	f->off += len;
	last = f->off == f->len;
	if (m->kind == MODEL82545_QEMU) {
		__atomic_store_n(&desc[1], rx_word_qemu(f, len, last, desc[1]),
			__ATOMIC_RELEASE);
	} else {
		desc[0] = ~d->addr; /* the manual does not say that it survives */
		__atomic_store_n(&desc[1], rx_word(f, len, last), __ATOMIC_RELEASE);
	}
	*rdh = (*rdh + 1) % size;
	model82545_ring_return(m, &m->rx);
	if (last)
		rx_frame_done(m, f);
	if (model82545_ring_posted(m, MODEL82545_RX) == size >> (1 + (rctl(m) >> 8 & 3)))
		model82545_cause(m, M_INT_RXDMT0);
	return true;
}

uint32_t
model82545_rx_run(struct model82545 *m, uint32_t n)
{
	uint32_t nb = 0;

	while (nb < n && rx_step(m))
		nb++;
	return nb;
}
