/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_FLOW_H
#define ASSEMBLER_FLOW_H

/*
 * Flow hash: spreads packets over workers so that those of one flow stay
 * together. A flow is the Ethernet addresses and, where there is IP, its
 * addresses and the ports of TCP, UDP and SCTP. Fragments have no ports: they
 * stay together by addresses.
 */

#include <netinet/in.h>

#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "assembler_frame.h"

#define ASSEMBLER_FLOW_TAGS 2
/** Bytes of a packet that the hash may look at: up to the ports behind an IPv6 header. */
#define ASSEMBLER_FLOW_LEN (RTE_ETHER_HDR_LEN + ASSEMBLER_FLOW_TAGS * RTE_VLAN_HLEN + \
		sizeof(struct rte_ipv6_hdr) + sizeof(uint32_t))

static inline uint32_t
assembler_flow_ports(const uint8_t *l4, uint32_t len, uint8_t proto, uint32_t hash)
{
	if (len < sizeof(uint32_t))
		return hash;
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_SCTP)
		return hash;
	return rte_hash_crc_4byte(assembler_load32(l4), hash);
}

static inline uint32_t
assembler_flow_ipv4(const uint8_t *ip, uint32_t len, uint32_t hash)
{
	const struct rte_ipv4_hdr *hdr = (const struct rte_ipv4_hdr *)ip;
	uint32_t hdr_len;

	if (len < sizeof(*hdr))
		return hash;
	hash = rte_hash_crc_8byte(assembler_load64((const uint8_t *)&hdr->src_addr), hash);
	hdr_len = (hdr->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER;
	if (hdr->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK))
		return hash;
	if (hdr_len < sizeof(*hdr) || hdr_len > len)
		return hash;
	return assembler_flow_ports(ip + hdr_len, len - hdr_len, hdr->next_proto_id, hash);
}

static inline uint32_t
assembler_flow_ipv6(const uint8_t *ip, uint32_t len, uint32_t hash)
{
	const struct rte_ipv6_hdr *hdr = (const struct rte_ipv6_hdr *)ip;
	const uint8_t *addrs = (const uint8_t *)&hdr->src_addr;
	uint32_t i;

	if (len < sizeof(*hdr))
		return hash;
	for (i = 0; i < 2 * sizeof(hdr->src_addr); i += sizeof(uint64_t))
		hash = rte_hash_crc_8byte(assembler_load64(addrs + i), hash);
	return assembler_flow_ports(ip + sizeof(*hdr), len - sizeof(*hdr), hdr->proto, hash);
}

/** Where the network header begins; *type*: its EtherType, 0 if the packet is too short. */
static inline uint32_t
assembler_flow_network(const uint8_t *pkt, uint32_t len, uint16_t *type)
{
	uint32_t pos = ASSEMBLER_ADDRS_LEN, tags;

	*type = 0;
	if (len < RTE_ETHER_HDR_LEN)
		return len;
	*type = assembler_load_be16(pkt + pos);
	for (tags = 0; tags < ASSEMBLER_FLOW_TAGS; tags++) {
		if (*type != RTE_ETHER_TYPE_VLAN && *type != RTE_ETHER_TYPE_QINQ)
			break;
		*type = 0;
		if (pos + RTE_VLAN_HLEN + sizeof(*type) > len)
			return len;
		pos += RTE_VLAN_HLEN;
		*type = assembler_load_be16(pkt + pos);
	}
	return pos + sizeof(*type);
}

static inline uint32_t
assembler_flow_hash(const struct rte_mbuf *m)
{
	uint8_t copy[ASSEMBLER_FLOW_LEN];
	uint32_t len = RTE_MIN(m->pkt_len, (uint32_t)sizeof(copy));
	const uint8_t *pkt = rte_pktmbuf_read(m, 0, len, copy);
	uint32_t hash, pos;
	uint16_t type;

	if (len < RTE_ETHER_HDR_LEN)
		return 0;
	hash = rte_hash_crc_8byte(assembler_load64(pkt), 0);
	hash = rte_hash_crc_4byte(assembler_load32(pkt + sizeof(uint64_t)), hash);
	pos = assembler_flow_network(pkt, len, &type);
	if (type == RTE_ETHER_TYPE_IPV4)
		return assembler_flow_ipv4(pkt + pos, len - pos, hash);
	if (type == RTE_ETHER_TYPE_IPV6)
		return assembler_flow_ipv6(pkt + pos, len - pos, hash);
	return hash;
}

/** The flow's worker, 0 to nb_workers - 1, without a division. */
static inline uint16_t
assembler_flow_worker(const struct rte_mbuf *m, uint16_t nb_workers)
{
	return ((uint64_t)assembler_flow_hash(m) * nb_workers) >> 32;
}

#endif /* ASSEMBLER_FLOW_H */
