/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The model's transmitter: descriptors, packets, reports. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model82545.h"

#define MIN_LEN       60
#define MAX_LEN       16288
#define MAX_DESCS     64   /* of one packet, emulated (VirtualBox) */
#define PCIX_FIRST    2015 /* errata, PCI-X */
#define TSO_DESC_MAX  4096u /* errata */
#define TX_FIFO_SPARE 80
#define SENTINEL      4

static bool
is_extended(uint64_t word)
{
	return word & M_TXD_DEXT;
}

static bool
is_context(uint64_t word)
{
	return is_extended(word) && (word >> 20 & 0xF) == 0;
}

static bool
is_tso(uint64_t word)
{
	return is_extended(word) && (word & M_TXD_TSE);
}

static void
count_sent(struct model82545 *m, const uint8_t *frame, uint32_t len)
{
	static const uint8_t broadcast[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

	len += MODEL82545_FCS_LEN;
	model82545_count(m, M_TPT, 1);
	model82545_count_octets(m, M_TOTL, len);
	model82545_count(m, M_GPTC, 1);
	model82545_count_octets(m, M_GOTCL, len);
	model82545_count_size(m, M_PTC64, len);
	if (memcmp(frame, broadcast, sizeof(broadcast)) == 0)
		model82545_count(m, M_BPTC, 1);
	else if (frame[0] & 1)
		model82545_count(m, M_MPTC, 1);
}

static void
send(struct model82545 *m, uint8_t *frame, uint32_t len)
{
	if (len < MIN_LEN && !m->any_length)
		model82545_fault(m, "a frame of %u bytes is left to the chip to pad", len);
	count_sent(m, frame, len);
	if (m->ops->sent != NULL)
		m->ops->sent(m->ctx, frame, len);
}

static void
send_segment(struct model82545 *m, uint8_t *frame, uint32_t len)
{
	const struct model82545_packet *p = &m->packet;
	bool any_length = m->any_length;

	/* Software cannot: §13.4.33 PSP does, but for QEMU. */
	if (len < MIN_LEN && m->kind != MODEL82545_QEMU &&
			(*model82545_reg(m, M_TCTL) & M_TCTL_PSP)) {
		memset(frame + len, 0, MIN_LEN - len);
		len = MIN_LEN;
	}
	m->any_length |= m->kind == MODEL82545_QEMU;
	if (p->first & M_TXD_VLE)
		len = model82545_tx_vlan(m, frame, len, p->first >> 48);
	send(m, frame, len);
	m->any_length = any_length;
}

/* §3.3.3 IC, CSS, CSO; on QEMU without effect. */
static void
legacy_checksum(struct model82545 *m, uint8_t *frame, uint32_t len, uint64_t word)
{
	uint32_t cso = word >> 16 & 0xFF, css = m->packet.css;
	uint16_t sum;

	if (!(word & M_TXD_IC) || css >= len || cso + 1 >= len ||
			m->kind == MODEL82545_QEMU)
		return;
	sum = ~model82545_sum(frame + css, len - css);
	frame[cso] = sum >> 8;
	frame[cso + 1] = sum;
}

static void
packet_send_plain(struct model82545 *m, uint64_t word)
{
	struct model82545_packet *p = &m->packet;
	uint32_t len = p->len;

	if (len > MAX_LEN || len + TX_FIFO_SPARE > (64 - m->rxa_kb) * 1024)
		model82545_fault(m, "a packet of %u bytes", len);
	if (!(word & M_TXD_IFCS))
		model82545_fault(m, "a packet without IFCS");
	if (p->extended)
		model82545_tx_checksums(m, p->data, len, &m->normal, p->first);
	else
		legacy_checksum(m, p->data, len, word);
	if (word & M_TXD_VLE)
		len = model82545_tx_vlan(m, p->data, len, word >> 48);
	send(m, p->data, len);
}

/*
 * Errata 82546GB/82545GM 1: the last bytes of a segmented packet, and of a
 * linear one that follows it, have a descriptor of their own.
 */
static void
packet_check_end(struct model82545 *m)
{
	struct model82545_packet *p = &m->packet;
	bool tso = is_tso(p->first);

	if (m->kind != MODEL82545_QEMU && (tso || p->after_tso) &&
			(p->nb_descs == 1 || (tso && p->last_len > SENTINEL)))
		model82545_fault(m, "%s ends with %u bytes in its last descriptor of %u",
			tso ? "TSO" : "the packet after TSO", p->last_len, p->nb_descs);
	p->after_tso = tso;
}

static void
packet_end(struct model82545 *m, uint64_t word)
{
	struct model82545_packet *p = &m->packet;

	packet_check_end(m);
	if (p->len == 0)
		model82545_fault(m, "an empty packet");
	else if (is_tso(p->first) && !(p->first & M_TXD_IFCS))
		model82545_fault(m, "TSO without IFCS");
	else if (is_tso(p->first))
		model82545_tx_segment(m, p, send_segment);
	else
		packet_send_plain(m, word);
	p->len = 0;
	p->nb_descs = 0;
}

/* The first data descriptor settles what the packet is (§3.3.7). */
static void
packet_begin(struct model82545 *m, uint64_t word, uint32_t len)
{
	struct model82545_packet *p = &m->packet;
	bool pcix = *model82545_reg(m, M_STATUS) & M_STATUS_PCIX;

	p->first = word;
	p->extended = is_extended(word);
	p->css = word >> 40;
	if (is_tso(word) && len < m->tso.hdrlen)
		model82545_fault(m, "TSO: %u bytes first, HDRLEN %u", len, m->tso.hdrlen);
	if (pcix && len > PCIX_FIRST)
		model82545_fault(m, "PCI-X: the first descriptor has %u bytes", len);
}

static void
packet_check(struct model82545 *m, uint64_t word, uint32_t len)
{
	struct model82545_packet *p = &m->packet;

	if (++p->nb_descs > MAX_DESCS && m->kind == MODEL82545_QEMU)
		model82545_fault(m, "a packet of more than %u descriptors", MAX_DESCS);
	if (p->extended != is_extended(word) || is_tso(p->first) != is_tso(word))
		model82545_fault(m, "a packet of mixed descriptors: %#" PRIx64 ", %#" PRIx64,
			p->first, word);
	if (m->kind != MODEL82545_QEMU && is_tso(word) &&
			len > RTE_MIN(TSO_DESC_MAX, 4u * m->tso.mss))
		model82545_fault(m, "TSO: %u bytes in one descriptor, MSS %u", len, m->tso.mss);
}

static void
packet_append(struct model82545 *m, const struct model82545_posted *d)
{
	struct model82545_packet *p = &m->packet;
	const uint8_t *mem;

	if (p->nb_descs == 0)
		packet_begin(m, d->word, d->len);
	packet_check(m, d->word, d->len);
	p->last_len = d->len;
	if (p->len + d->len + 4 > p->size) {
		p->size = 2 * (p->len + d->len + 4);
		p->data = realloc(p->data, p->size);
		if (p->data == NULL)
			abort();
	}
	mem = d->len != 0 ? model82545_mem(m, d->addr, d->len) : NULL;
	if (mem != NULL) {
		if (model82545_crc32(mem, d->len) != d->sum)
			model82545_fault(m, "bytes to send changed after TDT");
		memcpy(p->data + p->len, mem, d->len);
		p->len += d->len;
	}
	if (d->word & M_TXD_EOP)
		packet_end(m, d->word);
}

/* §8.6: DMA stops without a link; QEMU goes on, and loses the frames. */
static bool
may_send(struct model82545 *m)
{
	bool up = *model82545_reg(m, M_STATUS) & M_STATUS_LU;

	return m->tx.on && !m->freeze_tx && (up || m->kind == MODEL82545_QEMU);
}

static bool
tx_step(struct model82545 *m)
{
	uint32_t *tdh = model82545_reg(m, M_TDH);
	const struct model82545_posted *d = &m->tx.posted[*tdh];
	const uint64_t *desc;

	if (!may_send(m) || *tdh == m->tx.seen)
		return false;
	desc = model82545_ring_desc(m, &m->tx, *tdh);
	if (desc == NULL)
		return false;
	if (desc[0] != d->addr || desc[1] != d->word)
		model82545_fault(m, "TX slot %u: %#" PRIx64 " %#" PRIx64 " changed after TDT",
			*tdh, desc[0], desc[1]);
	if (!is_context(d->word)) {
		packet_append(m, d);
	} else {
		if (m->packet.nb_descs != 0)
			model82545_fault(m, "TX slot %u: a context amid a packet", *tdh);
		model82545_tx_context(m, d->addr, d->word);
	}
	*tdh = (*tdh + 1) % model82545_ring_size(m, &m->tx);
	if (*tdh == m->tx.seen)
		model82545_cause(m, M_INT_TXQE);
	return true;
}

/*
 * §13.4.43: with WTHRESH 0 the status byte of each descriptor with RS is
 * written. It says that all before it are done as well.
 */
static bool
report_step(struct model82545 *m)
{
	uint32_t size = model82545_ring_size(m, &m->tx);
	uint32_t slot = m->tx.returned;
	uint64_t *desc;

	while (slot != *model82545_reg(m, M_TDH) && !(m->tx.posted[slot].word & M_TXD_RS))
		slot = (slot + 1) % size;
	if (slot == *model82545_reg(m, M_TDH))
		return false;
	desc = model82545_ring_desc(m, &m->tx, slot);
	if (desc == NULL)
		return false;
	slot = (slot + 1) % size;
	while (m->tx.returned != slot)
		model82545_ring_return(m, &m->tx);
	__atomic_store_n((uint8_t *)&desc[1] + 4, 1, __ATOMIC_RELEASE);
	model82545_cause(m, M_INT_TXDW);
	return true;
}

uint32_t
model82545_tx_report(struct model82545 *m, uint32_t n)
{
	uint32_t nb = 0;

	while (nb < n && report_step(m))
		nb++;
	return nb;
}

uint32_t
model82545_tx_run(struct model82545 *m, uint32_t n)
{
	uint32_t nb = 0;

	while (nb < n && tx_step(m))
		nb++;
	if (!m->hold_dd)
		model82545_tx_report(m, UINT32_MAX);
	return nb;
}
