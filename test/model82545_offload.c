/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* What the model does to frames: checksums, segmentation, VLAN tags. */

#include <string.h>

#include "model82545.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86DD
#define PROTO_TCP      6
#define PROTO_UDP      17
#define TCP_FIN_PSH    0x09
#define MAX_HEADER     240  /* §3.5.1 */
#define CSUM_MAX       12288

static uint32_t
get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static void
put16(uint8_t *p, uint32_t val)
{
	p[0] = val >> 8;
	p[1] = val;
}

static void
put32(uint8_t *p, uint32_t val)
{
	put16(p, val >> 16);
	put16(p + 2, val);
}

/* One's complement sum of big-endian words, an odd byte filled up with 0. */
uint16_t
model82545_sum(const uint8_t *data, uint32_t len)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(data + i);
	if (i < len)
		sum += data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

static uint16_t
sum_add(uint16_t a, uint32_t b)
{
	uint32_t sum = a + (b & 0xFFFF) + (b >> 16);

	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

/* Reception, §3.2.9, T3-5 */

/* §3.2.3: with IXSM the rest means nothing, so that it may be anything. */
#define NOT_CHECKED (M_RXD_IXSM | M_RXD_IPCS | M_RXD_TCPCS | M_RXD_IPE | M_RXD_TCPE)

/* Of a good checksum the whole sum is FFFFh. */
static uint64_t
l4_check(const struct model82545 *m, const uint8_t *l4, uint32_t len, uint8_t proto,
	 uint16_t pseudo)
{
	uint32_t at = proto == PROTO_TCP ? 16 : 6;

	if (len < at + 2u)
		return 0;
	/* Not computed by the sender; the manual does not say what is made of it. */
	if (proto == PROTO_UDP && get16(l4 + at) == 0)
		return m->udp_zero_bad ? M_RXD_TCPCS | M_RXD_TCPE : 0;
	pseudo = sum_add(sum_add(pseudo, proto), len);
	if (sum_add(model82545_sum(l4, len), pseudo) == 0xFFFF)
		return M_RXD_TCPCS;
	return M_RXD_TCPCS | M_RXD_TCPE;
}

static bool
is_l4(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP;
}

static uint64_t
ipv4_check(struct model82545 *m, const uint8_t *ip, uint32_t len)
{
	uint32_t header = (ip[0] & 0xF) * 4, total = get16(ip + 2);
	uint64_t flags = M_RXD_IPCS;

	if (ip[0] >> 4 != 4 || header < 20 || total < header || total > len)
		return NOT_CHECKED;
	if (model82545_sum(ip, header) != 0xFFFF)
		flags |= M_RXD_IPE;
	if ((get16(ip + 6) & 0x3FFF) != 0 || !is_l4(ip[9]) ||
			!(*model82545_reg(m, M_RXCSUM) & M_RXCSUM_TUOFLD))
		return flags;
	return flags | l4_check(m, ip + header, total - header, ip[9],
			model82545_sum(ip + 12, 8));
}

/* Without extension headers: with them the checks are left out. */
static uint64_t
ipv6_check(struct model82545 *m, const uint8_t *ip, uint32_t len)
{
	uint32_t payload = get16(ip + 4);
	uint64_t flags = 0;

	if (ip[0] >> 4 == 6 && payload + 40 <= len && is_l4(ip[6]) &&
			(*model82545_reg(m, M_RXCSUM) & M_RXCSUM_TUOFLD))
		flags = l4_check(m, ip + 40, payload, ip[6],
				model82545_sum(ip + 8, 32));
	return flags != 0 ? flags : NOT_CHECKED;
}

/* Status and error bits of a frame that begins at its Ethernet header. */
uint64_t
model82545_rx_checks(struct model82545 *m, const uint8_t *frame, uint32_t len)
{
	uint32_t rxcsum = *model82545_reg(m, M_RXCSUM);
	uint32_t at = 12;

	if (m->kind == MODEL82545_QEMU)
		return M_RXD_IXSM;
	if (get16(frame + at) == *model82545_reg(m, M_VET))
		at += 4;
	if (get16(frame + at) == ETHERTYPE_IPV4 && len >= at + 22 &&
			(rxcsum & M_RXCSUM_IPOFLD))
		return ipv4_check(m, frame + at + 2, len - at - 2);
	if (get16(frame + at) == ETHERTYPE_IPV6 && len >= at + 42 &&
			(rxcsum & M_RXCSUM_IPV6OFL))
		return ipv6_check(m, frame + at + 2, len - at - 2);
	return NOT_CHECKED;
}

/* Transmission, §3.3.5 to §3.3.7, §3.5 */

void
model82545_tx_context(struct model82545 *m, uint64_t addr, uint64_t word)
{
	struct model82545_context *c = word & M_TXD_TSE ? &m->tso : &m->normal;

	c->valid = true;
	c->ipcss = addr;
	c->ipcso = addr >> 8;
	c->ipcse = addr >> 16;
	c->tucss = addr >> 32;
	c->tucso = addr >> 40;
	c->tucse = addr >> 48;
	c->paylen = word & 0xFFFFF;
	c->hdrlen = word >> 40;
	c->mss = word >> 48;
	c->tcp = word & M_TXD_TUCMD_TCP;
	c->ip = word & M_TXD_TUCMD_IP;
	if (word & M_TXD_TSE) {
		if (c->mss == 0 || c->hdrlen > MAX_HEADER || c->hdrlen <= c->tucss)
			model82545_fault(m, "TSO context: MSS %u, HDRLEN %u", c->mss, c->hdrlen);
		if (m->kind != MODEL82545_QEMU && !c->ip)
			model82545_fault(m, "TSO context: IPv6 gives a wrong length");
	} else if (c->paylen != 0 || c->hdrlen != 0 || c->mss != 0) {
		model82545_fault(m, "a context without TSE has PAYLEN, HDRLEN or MSS");
	}
}

/* Sum from *start* to *end* inclusive, 0: the last byte; its complement to *at*. */
static void
checksum_insert(struct model82545 *m, uint8_t *frame, uint32_t len, uint32_t start,
		uint32_t at, uint32_t end)
{
	uint16_t sum;

	if (end == 0)
		end = len - 1;
	if (start > end || end >= len || at + 1 >= len) {
		model82545_fault(m, "checksum of bytes %u to %u to byte %u of %u",
			start, end, at, len);
		return;
	}
	sum = ~model82545_sum(frame + start, end - start + 1);
	if (m->kind == MODEL82545_QEMU && sum == 0)
		sum = 0xFFFF;
	put16(frame + at, sum);
}

void
model82545_tx_checksums(struct model82545 *m, uint8_t *frame, uint32_t len,
		const struct model82545_context *c, uint64_t popts)
{
	if (!(popts & (M_TXD_POPTS_IXSM | M_TXD_POPTS_TXSM)))
		return;
	if (!c->valid)
		model82545_fault(m, "checksums without a context");
	if (len > CSUM_MAX)
		model82545_fault(m, "checksums of %u bytes", len);
	if (popts & M_TXD_POPTS_IXSM) {
		if (get16(frame + c->ipcso) != 0)
			model82545_fault(m, "the IP checksum field is not 0");
		checksum_insert(m, frame, len, c->ipcss, c->ipcso, c->ipcse);
	}
	if (popts & M_TXD_POPTS_TXSM)
		checksum_insert(m, frame, len, c->tucss, c->tucso, c->tucse);
}

/* *frame* has room for four bytes more. §9.1: needs CTRL.VME. */
uint32_t
model82545_tx_vlan(struct model82545 *m, uint8_t *frame, uint32_t len, uint16_t tci)
{
	if (!(*model82545_reg(m, M_CTRL) & M_CTRL_VME)) {
		model82545_fault(m, "VLE without CTRL.VME");
		return len;
	}
	memmove(frame + 16, frame + 12, len - 12);
	put16(frame + 12, *model82545_reg(m, M_VET));
	put16(frame + 14, tci);
	return len + 4;
}

/* §3.5.7: lengths, IP identification, sequence number, flags of segment *i*. */
static void
segment_headers(const struct model82545_context *c, uint8_t *frame, uint32_t len,
		uint32_t i, bool last)
{
	uint8_t *ip = frame + c->ipcss, *l4 = frame + c->tucss;
	uint32_t l4_len = len - c->tucss;

	if (c->ip) {
		put16(ip + 2, len - c->ipcss);
		put16(ip + 4, get16(ip + 4) + i);
	} else {
		put16(ip + 4, len - c->ipcss); /* 40 too many, §3.5 */
	}
	if (c->tcp) {
		put32(l4 + 4, get32(l4 + 4) + i * c->mss);
		if (!last)
			l4[13] &= ~TCP_FIN_PSH;
	} else {
		put16(l4 + 4, l4_len);
	}
	/* The field has the pseudo-header's sum without the length. */
	put16(frame + c->tucso, sum_add(get16(frame + c->tucso), l4_len));
}

static void
segment_send(struct model82545 *m, const struct model82545_packet *p, uint32_t i,
		uint32_t off, uint32_t part, bool last,
		void (*emit)(struct model82545 *m, uint8_t *frame, uint32_t len))
{
	const struct model82545_context *c = &m->tso;
	uint8_t frame[MAX_HEADER + UINT16_MAX + 4];
	uint32_t len = c->hdrlen + part;

	memcpy(frame, p->data, c->hdrlen);
	memcpy(frame + c->hdrlen, p->data + c->hdrlen + off, part);
	segment_headers(c, frame, len, i, last);
	model82545_tx_checksums(m, frame, len, c, p->first);
	emit(m, frame, len);
}

void
model82545_tx_segment(struct model82545 *m, struct model82545_packet *p,
		void (*emit)(struct model82545 *m, uint8_t *frame, uint32_t len))
{
	const struct model82545_context *c = &m->tso;
	uint32_t off = 0, part, i;

	if (!c->valid || c->hdrlen + c->paylen != p->len || c->mss == 0) {
		model82545_fault(m, "TSO: %u bytes of data, HDRLEN %u, PAYLEN %u",
			p->len, c->hdrlen, c->paylen);
		model82545_count(m, M_TSCTFC, 1);
		return;
	}
	for (i = 0; off < c->paylen; i++) {
		part = RTE_MIN(c->mss, c->paylen - off);
		segment_send(m, p, i, off, part, off + part == c->paylen, emit);
		off += part;
	}
	if (m->kind == MODEL82545_QEMU && c->paylen % c->mss == 0)
		segment_send(m, p, i, off, 0, true, emit);
	model82545_count(m, M_TSCTC, 1);
}
