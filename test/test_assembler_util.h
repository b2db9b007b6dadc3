/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TEST_ASSEMBLER_UTIL_H
#define TEST_ASSEMBLER_UTIL_H

/*
 * What the suites of the assembler share: pools, packets, and assembled frames
 * written by hand, without the library's encoder.
 */

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_random.h>

#include <rte_assembler.h>
#include <rte_disassembler.h>

#include "test.h"

#define PKT_ROOM 2048
#define FRAME_ROOM 16384

static const struct rte_ether_addr test_own = { { 0x02, 0, 0, 0, 0, 0x01 } };
static const struct rte_ether_addr test_peer = { { 0x02, 0, 0, 0, 0, 0x02 } };

/*
 * ThreadSanitizer does not see how the libraries of DPDK hand mbufs from lcore to
 * lcore, but it sees the locks of locked_pool.c.
 */
#if defined(__SANITIZE_THREAD__) && !defined(POOL_OPS)
#define POOL_OPS "test_locked"
#elif !defined(POOL_OPS)
#define POOL_OPS NULL
#endif

static inline struct rte_mempool *
pool_get(const char *name, unsigned int nb, uint16_t room)
{
	struct rte_mempool *pool = rte_mempool_lookup(name);

	if (pool == NULL)
		pool = rte_pktmbuf_pool_create_by_ops(name, nb, 0, 0,
				RTE_PKTMBUF_HEADROOM + room, SOCKET_ID_ANY, POOL_OPS);
	assert_non_null(pool);
	return pool;
}

static inline struct rte_mempool *
pkt_pool(void)
{
	return pool_get("test_pkts", 8191, PKT_ROOM);
}

static inline struct rte_mempool *
frame_pool(void)
{
	return pool_get("test_frames", 1023, FRAME_ROOM);
}

/** The teardown of every test: all mbufs are back. */
static inline void
assert_pools_full(void)
{
	assert_int_equal(rte_mempool_in_use_count(pkt_pool()), 0);
	assert_int_equal(rte_mempool_in_use_count(frame_pool()), 0);
}

/** A packet of these bytes in *nb_segs* segments. */
static inline struct rte_mbuf *
pkt_segmented(const uint8_t *data, uint32_t len, uint32_t nb_segs)
{
	struct rte_mbuf *head = NULL, *seg;
	uint32_t done = 0, part;
	uint32_t i;

	for (i = 0; i < nb_segs; i++) {
		seg = rte_pktmbuf_alloc(pkt_pool());
		assert_non_null(seg);
		part = i + 1 == nb_segs ? len - done : (len - done) / (nb_segs - i);
		memcpy(rte_pktmbuf_append(seg, part), data + done, part);
		done += part;
		if (head == NULL)
			head = seg;
		else
			assert_int_equal(rte_pktmbuf_chain(head, seg), 0);
	}
	return head;
}

static inline struct rte_mbuf *
pkt_of(const uint8_t *data, uint32_t len)
{
	return pkt_segmented(data, len, 1);
}

/**
 * Fill in packet number *nb* of *flow*, *len* >= 24 bytes: each flow has
 * addresses of its own, and what follows depends on flow and number only.
 */
static inline void
pkt_fill(uint8_t *pkt, uint32_t len, uint16_t flow, uint32_t nb)
{
	const uint8_t addrs[] = { 0x02, 0, 0, 0xA, flow >> 8, flow, 0x02, 0, 0, 0xB, flow >> 8,
			flow, 0x08, 0x01 };
	uint32_t value = nb * 2654435761u + flow;
	uint32_t i;

	memcpy(pkt, addrs, sizeof(addrs));
	memcpy(pkt + 14, &flow, sizeof(flow));
	memcpy(pkt + 16, &nb, sizeof(nb));
	memcpy(pkt + 20, &len, sizeof(len));
	for (i = 24; i < len; i++) {
		value = value * 1103515245 + 12345;
		pkt[i] = value >> 24;
	}
	pkt[len - 1] |= 1;
}

static inline struct rte_mbuf *
pkt_numbered(uint32_t len, uint16_t flow, uint32_t nb)
{
	uint8_t data[PKT_ROOM];

	pkt_fill(data, len, flow, nb);
	return pkt_of(data, len);
}

/** Check that a packet is intact and free it. Returns its flow and its number. */
static inline uint16_t
pkt_check(struct rte_mbuf *m, uint32_t *nb)
{
	const uint8_t *pkt = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t wanted[PKT_ROOM];
	uint16_t flow;
	uint32_t len;

	assert_int_equal(m->nb_segs, 1);
	assert_in_range(m->pkt_len, 24, PKT_ROOM);
	assert_int_equal(m->pkt_len, m->data_len);
	memcpy(&flow, pkt + 14, sizeof(flow));
	memcpy(nb, pkt + 16, sizeof(*nb));
	memcpy(&len, pkt + 20, sizeof(len));
	assert_int_equal(len, m->pkt_len);
	pkt_fill(wanted, len, flow, *nb);
	assert_memory_equal(pkt, wanted, len);
	rte_pktmbuf_free(m);
	return flow;
}

static inline bool
is_assembled(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type ==
			RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE);
}

static inline struct rte_assembler_hdr
frame_header(const struct rte_mbuf *m)
{
	struct rte_assembler_hdr hdr;

	memcpy(&hdr, rte_pktmbuf_mtod_offset(m, const void *, RTE_ETHER_HDR_LEN), sizeof(hdr));
	return hdr;
}

/** A header to be sent by test_own to test_peer. */
static inline struct rte_assembler_hdr
header_make(uint16_t payload_len, uint16_t count, uint16_t stream, uint32_t seq, uint16_t epoch)
{
	return (struct rte_assembler_hdr){
		.ver_hlen = 0x14,
		.payload_len = rte_cpu_to_be_16(payload_len),
		.count = rte_cpu_to_be_16(count),
		.stream = rte_cpu_to_be_16(stream),
		.seq = rte_cpu_to_be_32(seq),
		.epoch = rte_cpu_to_be_16(epoch),
	};
}

/** Set the checksum of the assembled header in a frame. */
static inline void
frame_fix_checksum(uint8_t *frame)
{
	uint8_t *hdr = frame + RTE_ETHER_HDR_LEN;
	uint32_t sum = 0;
	int i;

	hdr[14] = 0;
	hdr[15] = 0;
	for (i = 0; i < 16; i += 2)
		sum += hdr[i] << 8 | hdr[i + 1];
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	hdr[14] = sum >> 8;
	hdr[15] = sum;
}

/** Write a frame. Returns its bytes, without padding. */
static inline uint32_t
frame_write(uint8_t *frame, const struct rte_ether_addr *src, struct rte_assembler_hdr hdr,
		const uint8_t *payload, uint32_t payload_len)
{
	memcpy(frame, &test_peer, 6);
	memcpy(frame + 6, src, 6);
	frame[12] = RTE_ASSEMBLER_ETHER_TYPE >> 8;
	frame[13] = RTE_ASSEMBLER_ETHER_TYPE & 0xFF;
	memcpy(frame + RTE_ETHER_HDR_LEN, &hdr, sizeof(hdr));
	memcpy(frame + RTE_ETHER_HDR_LEN + sizeof(hdr), payload, payload_len);
	frame_fix_checksum(frame);
	return RTE_ETHER_HDR_LEN + sizeof(hdr) + payload_len;
}

static inline struct rte_assembler_conf
assembler_conf(void)
{
	struct rte_assembler_conf conf;

	rte_assembler_conf_default(&conf);
	conf.src = test_own;
	conf.frame_pool = frame_pool();
	/* No hold time ends in a test that does not wait for it. */
	conf.hold_us = 1000000;
	return conf;
}

static inline struct rte_assembler *
assembler_make(const struct rte_assembler_conf *conf)
{
	struct rte_assembler *a = rte_assembler_create("test", conf);

	assert_non_null(a);
	assert_int_equal(rte_assembler_peer_set(a, &test_peer), 0);
	return a;
}

/** A disassembler at test_peer that knows test_own. */
static inline struct rte_disassembler *
disassembler_make(uint16_t max_pkt)
{
	static unsigned int nb;
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;
	char name[16];

	snprintf(name, sizeof(name), "test%u", nb++);
	rte_disassembler_conf_default(&conf);
	conf.own = test_peer;
	conf.pkt_pool = pkt_pool();
	conf.max_pkt = max_pkt;
	d = rte_disassembler_create(name, &conf);
	assert_non_null(d);
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), 0);
	return d;
}

/** All counters of *after* but the one at *changed*, by one, are those of *before*. */
static inline void
assert_one_counter(const struct rte_disassembler_stats *before,
		const struct rte_disassembler_stats *after, const uint64_t *changed)
{
	const uint64_t *from = (const uint64_t *)before, *to = (const uint64_t *)after;
	size_t i;

	for (i = 0; i < sizeof(*after) / sizeof(*to); i++)
		assert_int_equal(to[i], from[i] + (&to[i] == changed));
}

#endif /* TEST_ASSEMBLER_UTIL_H */
