/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "rig_packet.h"

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

/* A chain of *nb_segs*, the headers in the first one. */
static struct rte_mbuf *
to_mbuf(struct rig *r, const struct rig_packet *p, uint32_t nb_segs)
{
	uint32_t off = 0, part, i, first = p->l2 + p->l3 + p->l4;
	struct rte_mbuf *head = NULL, **link = &head, *m;

	for (i = 0; i < nb_segs; i++) {
		part = (p->len - off) / (nb_segs - i);
		if (i == 0)
			part = RTE_MAX(part, first);
		m = rte_pktmbuf_alloc(r->pool);
		assert_non_null(m);
		memcpy(rte_pktmbuf_append(m, part), p->data + off, part);
		off += part;
		*link = m;
		link = &m->next;
	}
	head->pkt_len = p->len;
	head->nb_segs = nb_segs;
	head->l2_len = p->l2;
	head->l3_len = p->l3;
	head->l4_len = p->l4;
	return head;
}

static void
ask_checksums(struct rte_mbuf *m, const struct rig_shape *s)
{
	m->ol_flags |= s->udp ? RTE_MBUF_F_TX_UDP_CKSUM : RTE_MBUF_F_TX_TCP_CKSUM;
	m->ol_flags |= s->ipv6 ? RTE_MBUF_F_TX_IPV6 :
		RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
}

static void
send_prepared(struct rig *r, struct rte_mbuf *m)
{
	assert_int_equal(asm82545_prep_pkts(r->txq, &m, 1), 1);
	assert_int_equal(asm82545_xmit_offload_pkts(r->txq, &m, 1), 1);
	model82545_tx_run(r->m, UINT32_MAX);
}

/* Zeros up to the least length: segments on QEMU do without. */
static void
pad(const struct rig *r, struct rig_packet *p, bool segment)
{
	if (p->len >= 60 || (segment && r->conf.kind == MODEL82545_QEMU))
		return;
	memset(p->data + p->len, 0, 60 - p->len);
	p->len = 60;
}

static void
insert_tag(struct rig_packet *p, uint16_t tci)
{
	memmove(p->data + 16, p->data + 12, p->len - 12);
	memcpy(p->data + 12, "\x81\x00", 2);
	p->data[14] = tci >> 8;
	p->data[15] = tci;
	p->len += 4;
}

/* 0000h and FFFFh are the same sum; emulators send the second. */
static void
check_bytes(struct rig *r, const struct rig_packet *want, uint32_t field)
{
	struct rig_frame *f = rig_sent(r);
	static uint8_t bytes[RIG_MAX_PACKET];

	assert_non_null(f);
	assert_int_equal(f->len, want->len);
	memcpy(bytes, want->data, want->len);
	if (f->data[field] == 0xFF && f->data[field + 1] == 0xFF &&
			bytes[field] == 0 && bytes[field + 1] == 0)
		memset(&bytes[field], 0xFF, 2);
	assert_memory_equal(f->data, bytes, f->len);
	free(f);
}

static uint32_t
l4_field(const struct rig_packet *p, const struct rig_shape *s)
{
	return p->l2 + p->l3 + (s->udp ? 6 : 16);
}

/* Of every shape, also in chains and short: as software would compute them. */
static void
test_inserts_checksums(void **state)
{
	static struct rig_packet p, want;
	struct rig_shape s;
	struct rte_mbuf *m;
	uint32_t i;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 32, .nb_txd = 128 };
		struct rig *r = rig_new(&conf);

		for (i = 0; i < 3000; i++) {
			rig_random_shape(&s);
			rig_make_packet(&want, r, &s, true);
			rig_make_packet(&p, r, &s, false);
			m = to_mbuf(r, &p, 1 + rig_random(4));
			ask_checksums(m, &s);
			send_prepared(r, m);
			pad(r, &want, false);
			check_bytes(r, &want, l4_field(&want, &s));
		}
		assert_int_equal(r->txq->nb_dropped, 0);
		rig_free(r);
	}
}

/* Only what was asked for is touched. */
static void
test_inserts_one_checksum_alone(void **state)
{
	struct rig_shape s = { .payload = 100 };
	static struct rig_packet p, want;
	struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 128 };
	struct rig *r = rig_new(&conf);
	struct rte_mbuf *m;

	rig_make_packet(&want, r, &s, true);
	rig_make_packet(&p, r, &s, true);
	memset(p.data + 14 + 10, 0x55, 2);
	m = to_mbuf(r, &p, 1);
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	send_prepared(r, m);
	check_bytes(r, &want, 24);

	rig_make_packet(&p, r, &s, true);
	memset(p.data + 14 + 20 + 16, 0x55, 2);
	m = to_mbuf(r, &p, 1);
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
	send_prepared(r, m);
	check_bytes(r, &want, l4_field(&want, &s));
	rig_free(r);
}

/* §3.3.5: a context goes out once, as long as the next packet wants the same. */
static void
test_sends_a_context_only_when_it_changes(void **state)
{
	struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 512 };
	struct rig *r = rig_new(&conf);
	struct rig_shape s = { .payload = 100 };
	static struct rig_packet p, want;
	uint32_t i, used, tail;
	struct rte_mbuf *m;

	for (i = 0; i < 100; i++) {
		s.udp = i / 10 % 2;
		rig_make_packet(&want, r, &s, true);
		rig_make_packet(&p, r, &s, false);
		m = to_mbuf(r, &p, 1);
		ask_checksums(m, &s);
		tail = r->txq->tail;
		send_prepared(r, m);
		used = (r->txq->tail + 512 - tail) % 512;
		assert_int_equal(used, i % 10 == 0 ? 2 : 1);
		check_bytes(r, &want, l4_field(&want, &s));
		/* A packet without offloads in between changes nothing. */
		m = rig_make_mbuf(r, 100, 1, i);
		assert_int_equal(asm82545_xmit_offload_pkts(r->txq, &m, 1), 1);
		model82545_tx_run(r->m, UINT32_MAX);
		free(rig_sent(r));
	}
	/* A chip that was reset has none. */
	rig_stop(r);
	assert_int_equal(rig_start(r), 0);
	m = to_mbuf(r, &p, 1);
	ask_checksums(m, &s);
	send_prepared(r, m);
	check_bytes(r, &want, l4_field(&want, &s));
	rig_free(r);
}

/* §3.5.1: beyond 12 KB the chip's checksum is not to be relied on. */
static void
test_long_frames_get_checksums_from_software(void **state)
{
	static const uint32_t lens[] = { 12200, 12234, 12235, 13000, 16200 };
	static struct rig_packet p, want;
	struct rig_shape s = { 0 };
	struct rte_mbuf *m;
	size_t i;

	for (i = 0; i < RTE_DIM(lens); i++) {
		struct rig_conf conf = {
			.nb_rxd = 32, .nb_txd = 128, .room = 16384, .nb_mbufs = 256,
		};
		struct rig *r = rig_new(&conf);

		s.payload = lens[i];
		s.udp = i % 2;
		rig_make_packet(&want, r, &s, true);
		rig_make_packet(&p, r, &s, false);
		m = to_mbuf(r, &p, 1 + i % 3);
		ask_checksums(m, &s);
		send_prepared(r, m);
		check_bytes(r, &want, l4_field(&want, &s));
		rig_free(r);
	}
}

/* The tag of each packet, with and without checksums, short and long. */
static void
test_inserts_vlan_tags(void **state)
{
	static struct rig_packet p, want;
	struct rig_shape s;
	struct rte_mbuf *m;
	uint32_t i, tci;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig_conf conf = {
			.kind = kinds[k], .nb_rxd = 32, .nb_txd = 128, .vlan = true,
		};
		struct rig *r = rig_new(&conf);

		for (i = 0; i < 2000; i++) {
			rig_random_shape(&s);
			tci = rig_random(65536);
			rig_make_packet(&want, r, &s, true);
			rig_make_packet(&p, r, &s, i % 2);
			m = to_mbuf(r, &p, 1 + rig_random(3));
			if (i % 2 == 0)
				ask_checksums(m, &s);
			m->ol_flags |= RTE_MBUF_F_TX_VLAN;
			m->vlan_tci = tci;
			send_prepared(r, m);
			pad(r, &want, false);
			insert_tag(&want, tci);
			check_bytes(r, &want, 4 + l4_field(&want, &s));
		}
		rig_free(r);
	}
}

/* Segment *i* of *whole*, as software would make it. */
static void
make_segment(struct rig_packet *seg, const struct rig_packet *whole, uint32_t mss, uint32_t i)
{
	uint32_t hdr = whole->l2 + whole->l3 + whole->l4, off = i * mss;
	uint32_t part = RTE_MIN(mss, whole->len - hdr - off);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(seg->data + whole->l2);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(seg->data + whole->l2 + whole->l3);

	seg->l2 = whole->l2;
	seg->l3 = whole->l3;
	seg->l4 = whole->l4;
	seg->len = hdr + part;
	memcpy(seg->data, whole->data, hdr);
	memcpy(seg->data + hdr, whole->data + hdr + off, part);
	ip->total_length = rte_cpu_to_be_16(seg->len - seg->l2);
	ip->packet_id = rte_cpu_to_be_16(rte_be_to_cpu_16(ip->packet_id) + i);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = ~rte_raw_cksum(ip, seg->l3);
	tcp->sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->sent_seq) + off);
	if (off + part < whole->len - hdr)
		tcp->tcp_flags &= ~0x09;
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

static void
check_segments(struct rig *r, const struct rig_packet *whole, uint32_t mss, int tci)
{
	uint32_t payload = whole->len - whole->l2 - whole->l3 - whole->l4, i;
	uint32_t nb = (payload + mss - 1) / mss;
	static struct rig_packet seg;

	for (i = 0; i < nb; i++) {
		uint32_t field = whole->l2 + whole->l3 + 16;

		make_segment(&seg, whole, mss, i);
		pad(r, &seg, true);
		if (tci >= 0) {
			insert_tag(&seg, tci);
			field += 4;
		}
		check_bytes(r, &seg, field);
	}
	/* QEMU adds an empty segment to an exact multiple. */
	if (r->conf.kind == MODEL82545_QEMU && payload % mss == 0)
		free(rig_sent(r));
	assert_null(rig_sent(r));
}

/*
 * The model faults where the header is not in the first descriptor, where one
 * is too long, and where the last bytes have none of their own.
 */
static void
tso(struct rig *r, const struct rig_shape *s, uint32_t mss, uint32_t nb_segs, int tci)
{
	static struct rig_packet p;
	struct rte_mbuf *m;

	rig_make_packet(&p, r, s, false);
	m = to_mbuf(r, &p, nb_segs);
	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
		RTE_MBUF_F_TX_TCP_CKSUM;
	m->tso_segsz = mss;
	if (tci >= 0) {
		m->ol_flags |= RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = tci;
	}
	send_prepared(r, m);
	check_segments(r, &p, mss, tci);
}

static void
test_segments(void **state)
{
	static const uint32_t msss[] = { 64, 100, 536, 1000, 1460, 4000, 8960 };
	uint32_t i;
	size_t k, j;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		for (i = 0; i < 2; i++) {
			struct rig_conf conf = {
				.kind = kinds[k], .nb_rxd = 32, .nb_txd = 1024, .room = 16384,
				.nb_mbufs = 2048, .vlan = true,
				.pcix = i != 0 && kinds[k] != MODEL82545_QEMU,
			};
			struct rig *r = rig_new(&conf);

			for (j = 0; j < 300; j++) {
				uint32_t mss = msss[j % RTE_DIM(msss)];
				struct rig_shape s = {
					.tagged = rig_random(5) == 0,
					.options = rig_random(3) == 0 ? 4 * rig_random(11) : 0,
					.payload = 1 + rig_random(RTE_MIN(60000u, 40 * mss)),
				};

				if (j % 4 == 0)
					s.payload = RTE_MAX(mss, s.payload / mss * mss);
				tso(r, &s, mss, s.payload > 16000 ? 4 + rig_random(8) :
					1 + rig_random(8), j % 3 == 0 ? (int)j : -1);
				/* In between: a plain one, and one with checksums. */
				if (j % 5 == 0) {
					struct rte_mbuf *m = rig_make_mbuf(r, 60 + j, 1, j);

					assert_int_equal(asm82545_xmit_offload_pkts(r->txq,
							&m, 1), 1);
					model82545_tx_run(r->m, UINT32_MAX);
					free(rig_sent(r));
				}
			}
			assert_int_equal(r->txq->nb_dropped, 0);
			rig_free(r);
		}
	}
}

/*
 * Hardly more than nothing in each segment: as long as four of them are not
 * shorter than the header, which must be whole.
 */
static void
test_segments_with_a_tiny_mss(void **state)
{
	static struct rig_packet p;
	struct rte_mbuf *m;
	uint32_t mss;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 32, .nb_txd = 512 };
		struct rig *r = rig_new(&conf);

		for (mss = 1; mss < 64; mss++) {
			struct rig_shape s = { .payload = 10 * mss + 3 };

			if (mss >= 14 || kinds[k] == MODEL82545_QEMU) {
				tso(r, &s, mss, 1, -1);
				continue;
			}
			rig_make_packet(&p, r, &s, false);
			m = to_mbuf(r, &p, 1);
			m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 |
				RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
			m->tso_segsz = mss;
			assert_int_equal(asm82545_prep_pkts(r->txq, &m, 1), 0);
			assert_int_equal(rte_errno, EINVAL);
			rte_pktmbuf_free(m);
		}
		rig_free(r);
	}
}

/* A few bytes behind the header: those that go apart are not the header's. */
static void
test_segments_hardly_any_payload(void **state)
{
	uint32_t payload;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct rig_conf conf = { .kind = kinds[k], .nb_rxd = 32, .nb_txd = 512 };
		struct rig *r = rig_new(&conf);

		for (payload = 1; payload < 20; payload++) {
			struct rig_shape s = { .payload = payload };

			tso(r, &s, 1000, 1, -1);
			tso(r, &s, 1000, 2, -1);
		}
		rig_free(r);
	}
}

/* What the chip cannot do is refused by prepare, with the reason. */
static void
test_prepare_refuses(void **state)
{
	struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 128, .nb_mbufs = 2000 };
	struct rig_shape s = { .payload = 1000 };
	struct rig *r = rig_new(&conf);
	static struct rig_packet p;
	const uint64_t tso = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 |
		RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	const struct {
		uint64_t flags;
		uint32_t segs;
		uint16_t segsz;
		uint16_t l4_len;
		int error;
	} cases[] = {
		{ RTE_MBUF_F_TX_SCTP_CKSUM | RTE_MBUF_F_TX_IPV4, 1, 0, 20, ENOTSUP },
		{ RTE_MBUF_F_TX_UDP_SEG | RTE_MBUF_F_TX_IPV4, 1, 500, 20, ENOTSUP },
		{ RTE_MBUF_F_TX_OUTER_IP_CKSUM, 1, 0, 20, ENOTSUP },
		{ RTE_MBUF_F_TX_TUNNEL_VXLAN | RTE_MBUF_F_TX_IP_CKSUM, 1, 0, 20, ENOTSUP },
		{ RTE_MBUF_F_TX_QINQ, 1, 0, 20, ENOTSUP },
		{ (tso & ~RTE_MBUF_F_TX_IPV4 & ~RTE_MBUF_F_TX_IP_CKSUM) | RTE_MBUF_F_TX_IPV6,
			1, 500, 20, ENOTSUP },
		{ tso, 1, 0, 20, EINVAL },          /* no MSS */
		{ tso, 1, 30000, 20, EINVAL },      /* MSS beyond the FIFO */
		{ tso, 1, 500, 255, EINVAL },       /* header beyond 240 */
		{ RTE_MBUF_F_TX_IPV4, 200, 0, 20, EINVAL }, /* segments */
		{ tso, 200, 500, 20, EINVAL },
	};
	struct rte_mbuf *pkts[2];
	size_t i;

	rig_make_packet(&p, r, &s, true);
	for (i = 0; i < RTE_DIM(cases); i++) {
		pkts[0] = rig_make_mbuf(r, 100, 1, 0);
		pkts[1] = to_mbuf(r, &p, cases[i].segs);
		pkts[1]->ol_flags |= cases[i].flags;
		pkts[1]->tso_segsz = cases[i].segsz;
		pkts[1]->l4_len = cases[i].l4_len;
		rte_errno = 0;
		assert_int_equal(asm82545_prep_pkts(r->txq, pkts, 2), 1);
		assert_int_equal(rte_errno, cases[i].error);
		rte_pktmbuf_free_bulk(pkts, 2);
	}
	rig_free(r);
}

/* Without prepare the worst that happens is a drop that is counted. */
static void
test_drops_what_cannot_be_segmented(void **state)
{
	struct rig_conf conf = { .nb_rxd = 32, .nb_txd = 128, .nb_mbufs = 2000 };
	struct rig_shape s = { .payload = 1000 };
	struct rig *r = rig_new(&conf);
	static struct rig_packet p;
	struct rte_mbuf *pkts[5];
	uint32_t in_use = rte_mempool_in_use_count(r->pool), i;

	rig_make_packet(&p, r, &s, true);
	for (i = 0; i < 5; i++) {
		pkts[i] = to_mbuf(r, &p, i == 4 ? 200 : 1);
		pkts[i]->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4;
		pkts[i]->tso_segsz = 500;
	}
	pkts[0]->tso_segsz = 0;
	pkts[1]->l4_len = 255;
	pkts[2]->ol_flags &= ~RTE_MBUF_F_TX_IPV4;
	pkts[3]->tso_segsz = 40000;
	assert_int_equal(asm82545_xmit_offload_pkts(r->txq, pkts, 5), 5);
	assert_int_equal(r->txq->nb_dropped, 5);
	assert_int_equal(rte_mempool_in_use_count(r->pool), in_use);
	assert_int_equal(model82545_tx_run(r->m, UINT32_MAX), 0);
	rig_free(r);
}

/* Everything at random in bursts, with a ring that is often full. */
struct due {
	struct rig_packet p;
	struct rig_shape s;
	uint32_t mss;
	int tci;
	bool plain;
	uint32_t seed;
};

static struct due dues[512];

static struct rte_mbuf *
random_packet(struct rig *r, struct due *d, uint32_t seed)
{
	struct rte_mbuf *m;

	*d = (struct due) { .tci = rig_random(3) == 0 ? (int)rig_random(65536) : -1 };
	rig_random_shape(&d->s);
	d->seed = seed;
	d->plain = rig_random(3) == 0;
	if (rig_random(6) == 0) {
		d->s.ipv6 = false;
		d->s.udp = false;
		d->plain = false;
		d->s.payload = 1 + rig_random(8000);
		d->mss = 200 + rig_random(1200);
	}
	rig_make_packet(&d->p, r, &d->s, d->plain);
	m = to_mbuf(r, &d->p, (d->p.len > 1800 ? 6 : 1) + rig_random(3));
	if (d->mss != 0) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 |
			RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
		m->tso_segsz = d->mss;
	} else if (!d->plain) {
		ask_checksums(m, &d->s);
		rig_make_packet(&d->p, r, &d->s, true);
	}
	if (d->tci >= 0) {
		m->ol_flags |= RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = d->tci;
	}
	assert_int_equal(asm82545_prep_pkts(r->txq, &m, 1), 1);
	return m;
}

static void
check_due(struct rig *r, const struct due *d)
{
	static struct rig_packet want;
	uint32_t i, nb, payload = d->s.payload, field = l4_field(&d->p, &d->s);

	nb = d->mss == 0 ? 1 : (payload + d->mss - 1) / d->mss;
	for (i = 0; i < nb; i++) {
		if (d->mss != 0)
			make_segment(&want, &d->p, d->mss, i);
		else
			want = d->p;
		pad(r, &want, d->mss != 0);
		if (d->tci >= 0)
			insert_tag(&want, d->tci);
		check_bytes(r, &want, field + (d->tci >= 0 ? 4 : 0));
	}
	if (r->conf.kind == MODEL82545_QEMU && d->mss != 0 && payload % d->mss == 0)
		free(rig_sent(r));
}

static void
soak(enum model82545_kind kind, bool pcix)
{
	struct rig_conf conf = {
		.kind = kind, .pcix = pcix, .nb_rxd = 32, .nb_txd = 128 + 8 * rig_random(16),
		.vlan = true, .nb_mbufs = 4000,
	};
	struct rig *r = rig_new(&conf);
	struct rte_mbuf *pkts[RTE_DIM(dues)];
	uint32_t turn, i, nb, sent;

	for (turn = 0; turn < 60; turn++) {
		nb = 1 + rig_random(64);
		for (i = 0; i < nb; i++)
			pkts[i] = random_packet(r, &dues[i], i);
		for (sent = 0; sent < nb; ) {
			sent += asm82545_xmit_offload_pkts(r->txq, &pkts[sent],
					RTE_MIN(nb - sent, 1 + rig_random(64)));
			model82545_tx_run(r->m, rig_random(60));
		}
		model82545_tx_run(r->m, UINT32_MAX);
		for (i = 0; i < nb; i++)
			check_due(r, &dues[i]);
		assert_null(rig_sent(r));
	}
	assert_int_equal(r->txq->nb_dropped, 0);
	rig_free(r);
}

static void
test_soak(void **state)
{
	size_t k;
	int i;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < RTE_DIM(kinds); k++) {
			soak(kinds[k], false);
			if (kinds[k] != MODEL82545_QEMU)
				soak(kinds[k], true);
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_inserts_checksums),
	cmocka_unit_test(test_inserts_one_checksum_alone),
	cmocka_unit_test(test_sends_a_context_only_when_it_changes),
	cmocka_unit_test(test_long_frames_get_checksums_from_software),
	cmocka_unit_test(test_inserts_vlan_tags),
	cmocka_unit_test(test_segments),
	cmocka_unit_test(test_segments_with_a_tiny_mss),
	cmocka_unit_test(test_segments_hardly_any_payload),
	cmocka_unit_test(test_prepare_refuses),
	cmocka_unit_test(test_drops_what_cannot_be_segmented),
	cmocka_unit_test(test_soak),
};

TEST_SUITE(tx_offload, tests)
