/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "rig_packet.h"

static void
make_l4(struct rig_packet *p, const struct rig_shape *s, const void *ip, bool checksums)
{
	uint8_t *l4 = p->data + p->l2 + p->l3;
	rte_be16_t *field;

	rig_pattern(l4, p->len - p->l2 - p->l3, s->payload);
	if (s->udp) {
		((struct rte_udp_hdr *)l4)->dgram_len = rte_cpu_to_be_16(8 + s->payload);
		field = &((struct rte_udp_hdr *)l4)->dgram_cksum;
	} else {
		l4[12] = 5 << 4;
		l4[13] = 0x19; /* ACK, PSH, FIN */
		field = &((struct rte_tcp_hdr *)l4)->cksum;
	}
	if (!checksums)
		return;
	*field = 0;
	*field = s->ipv6 ? rte_ipv6_udptcp_cksum(ip, l4) : rte_ipv4_udptcp_cksum(ip, l4);
}

static void
make_ipv4(struct rig_packet *p, const struct rig_shape *s, bool checksums)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(p->data + p->l2);

	memset(ip, 1, p->l3); /* options: no operation */
	ip->version_ihl = 0x40 | p->l3 / 4;
	ip->total_length = rte_cpu_to_be_16(p->len - p->l2);
	ip->packet_id = RTE_BE16(0xFFF0);
	ip->fragment_offset = RTE_BE16(0x4000);
	ip->next_proto_id = s->udp ? IPPROTO_UDP : IPPROTO_TCP;
	ip->src_addr = RTE_BE32(0xC0A80001);
	ip->dst_addr = RTE_BE32(0x0A0000FE);
	make_l4(p, s, ip, checksums);
	ip->hdr_checksum = checksums ? 0 : 0x1234;
	if (checksums)
		ip->hdr_checksum = ~rte_raw_cksum(ip, p->l3);
}

static void
make_ipv6(struct rig_packet *p, const struct rig_shape *s, bool checksums)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(p->data + p->l2);

	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = RTE_BE32(0x60000000);
	ip->payload_len = rte_cpu_to_be_16(p->len - p->l2 - p->l3);
	ip->proto = s->udp ? IPPROTO_UDP : IPPROTO_TCP;
	ip->hop_limits = 64;
	rig_pattern((uint8_t *)ip + 8, 32, 6);
	make_l4(p, s, ip, checksums);
}

void
rig_make_packet(struct rig_packet *p, const struct rig *r, const struct rig_shape *s,
		bool checksums)
{
	p->l2 = s->tagged ? 18 : 14;
	p->l3 = s->ipv6 ? 40 : 20 + s->options;
	p->l4 = s->udp ? 8 : 20;
	p->len = p->l2 + p->l3 + p->l4 + s->payload;
	rig_make_frame(r, p->data, p->len, 0);
	if (s->tagged)
		memcpy(p->data + 12, "\x81\x00\x20\x05", 4);
	memcpy(p->data + p->l2 - 2, s->ipv6 ? "\x86\xDD" : "\x08\x00", 2);
	if (s->ipv6)
		make_ipv6(p, s, checksums);
	else
		make_ipv4(p, s, checksums);
}

void
rig_random_shape(struct rig_shape *s)
{
	s->ipv6 = rig_random(3) == 0;
	s->udp = rig_random(2);
	s->tagged = rig_random(4) == 0;
	s->options = rig_random(3) == 0 ? 4 * rig_random(11) : 0;
	s->payload = rig_random(3) == 0 ? rig_random(20) : rig_random(1400);
}
