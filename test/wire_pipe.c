/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * The library at the end of a pipe, for test_wire_property.py, which holds it against
 * another reading of the wire format. A request on standard input, and its answer on
 * standard output, is its length in 4 bytes and that many bytes; all numbers are big
 * endian, and what is said more than once comes after a count.
 *
 * 'P' pack packets into frames          'U' unpack frames, each with its verdict
 * 'E' encode TLVs into a control frame  'T' read the TLVs of a good control frame
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <rte_assembler.h>
#include <rte_disassembler.h>

#include "assembler_frame.h"
#include "assembler_tlv.h"

#define ROOM 16640
#define BURST 32
#define REQUEST_LEN (4 << 20)
#define ANSWER_LEN (16 << 20)

static struct rte_mempool *pool;
static uint8_t request[REQUEST_LEN];
static uint8_t answer[ANSWER_LEN];
static const uint8_t *in, *in_end;
static uint8_t *out;

static void __rte_noreturn
fail(const char *what)
{
	fprintf(stderr, "wire_pipe: %s: %s\n", what, rte_strerror(rte_errno));
	exit(EXIT_FAILURE);
}

static const uint8_t *
get_bytes(uint32_t len)
{
	const uint8_t *bytes = in;

	if (len > in_end - in)
		fail("a request ends too soon");
	in += len;
	return bytes;
}

static uint8_t
get8(void)
{
	return *get_bytes(1);
}

static uint16_t
get16(void)
{
	return assembler_load_be16(get_bytes(2));
}

static uint32_t
get32(void)
{
	return rte_be_to_cpu_32(assembler_load32(get_bytes(4)));
}

static struct rte_ether_addr
get_addr(void)
{
	struct rte_ether_addr addr;

	memcpy(&addr, get_bytes(sizeof(addr)), sizeof(addr));
	return addr;
}

static void
put_bytes(const void *bytes, uint32_t len)
{
	if (len > answer + ANSWER_LEN - out)
		fail("an answer is too long");
	memcpy(out, bytes, len);
	out += len;
}

static void
put8(uint8_t value)
{
	put_bytes(&value, sizeof(value));
}

static void
put16(uint16_t value)
{
	value = rte_cpu_to_be_16(value);
	put_bytes(&value, sizeof(value));
}

static void
put32(uint32_t value)
{
	value = rte_cpu_to_be_32(value);
	put_bytes(&value, sizeof(value));
}

/* A packet or frame, in so many segments as it asks for, or needs. */
static struct rte_mbuf *
get_mbuf(void)
{
	const uint32_t wanted = get8(), len = get16();
	const uint32_t nb_segs = RTE_MAX(wanted, len / ROOM + 1);
	const uint8_t *bytes = get_bytes(len);
	struct rte_mbuf *head = NULL, *seg;
	uint32_t i, part, done = 0;

	for (i = nb_segs; i > 0; i--) {
		seg = rte_pktmbuf_alloc(pool);
		if (seg == NULL)
			fail("no mbuf");
		part = i == 1 ? len - done : (len - done) / i;
		memcpy(rte_pktmbuf_append(seg, part), bytes + done, part);
		done += part;
		if (head == NULL)
			head = seg;
		else if (rte_pktmbuf_chain(head, seg) != 0)
			fail("too many segments");
	}
	return head;
}

static void
put_mbufs(struct rte_mbuf **mbufs, uint16_t nb)
{
	static uint8_t copy[UINT16_MAX];
	uint16_t i;

	for (i = 0; i < nb; i++) {
		rte_mbuf_sanity_check(mbufs[i], 1);
		put16(mbufs[i]->pkt_len);
		put_bytes(rte_pktmbuf_read(mbufs[i], 0, mbufs[i]->pkt_len, copy),
				mbufs[i]->pkt_len);
	}
	rte_pktmbuf_free_bulk(mbufs, nb);
}

/* What comes out goes behind its count, which is at *count_at*. */
static void
put_counted(uint8_t *count_at, struct rte_mbuf **mbufs, uint16_t nb)
{
	put_mbufs(mbufs, nb);
	assembler_store_be16(count_at, assembler_load_be16(count_at) + nb);
}

static void
collect(struct rte_assembler_client *c, uint8_t *count_at)
{
	struct rte_mbuf *frames[BURST];
	uint16_t nb;

	while ((nb = rte_assembler_collect_burst(c, frames, BURST)) != 0)
		put_counted(count_at, frames, nb);
}

static void
pack_packets(struct rte_assembler_client *c, uint16_t burst)
{
	struct rte_mbuf *pkts[BURST];
	uint8_t *count_at = out;
	uint16_t left, nb;

	put16(0);
	for (left = get16(); left != 0; left -= nb) {
		for (nb = 0; nb < RTE_MIN(burst, left); nb++)
			pkts[nb] = get_mbuf();
		if (rte_assembler_submit_burst(c, pkts, nb) != nb)
			fail("submit");
		collect(c, count_at);
	}
	while (rte_assembler_flush(c) != 0)
		collect(c, count_at);
}

static void
pack(void)
{
	struct rte_assembler_conf conf;
	struct rte_assembler_client *c;
	struct rte_ether_addr peer;
	struct rte_assembler *a;
	uint16_t burst;

	rte_assembler_conf_default(&conf);
	conf.frame_pool = pool;
	conf.hold_us = 1000000;
	peer = get_addr();
	conf.src = get_addr();
	conf.ether_type = get16();
	conf.max_frame = get16();
	conf.max_count = get16();
	conf.min_count = get16();
	conf.max_pkt = get16();
	conf.lz4 = get8();
	burst = get8();
	a = rte_assembler_create("pipe", &conf);
	if (a == NULL || rte_assembler_peer_set(a, &peer) != 0)
		fail("create an assembler");
	c = rte_assembler_client_open(a);
	if (c == NULL)
		fail("open a client");
	pack_packets(c, burst);
	rte_assembler_free(a);
}

/* The one counter of verdicts that has changed. */
static const char *
verdict(const struct rte_disassembler_stats *from, const struct rte_disassembler_stats *to)
{
	const struct {
		const char *name;
		uint64_t nb;
	} counters[] = {
		{ "frames", to->frames - from->frames },
		{ "native", to->native - from->native },
		{ "control", to->control - from->control },
		{ "not_mine", to->not_mine - from->not_mine },
		{ "duplicate", to->duplicate - from->duplicate },
	};
	const char *name = "none";
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < RTE_DIM(counters); i++) {
		sum += counters[i].nb;
		if (counters[i].nb != 0)
			name = counters[i].name;
	}
	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++) {
		sum += to->dropped[i] - from->dropped[i];
		if (to->dropped[i] != from->dropped[i])
			name = rte_assembler_cause_name(i);
	}
	return sum <= 1 ? name : "several";
}

/* What was delivered, frames that are missing before it, whether it is late, the verdict. */
static void
unpack_one(struct rte_disassembler *d)
{
	struct rte_mbuf *m = get_mbuf(), *pkts[BURST];
	struct rte_disassembler_stats before, after;
	uint8_t *count_at = out;
	const char *word;
	uint16_t nb;

	put16(0);
	rte_disassembler_stats_get(d, &before);
	if (rte_disassembler_submit_burst(d, &m, 1) != 1)
		fail("submit");
	while ((nb = rte_disassembler_collect_burst(d, pkts, BURST)) != 0)
		put_counted(count_at, pkts, nb);
	rte_disassembler_stats_get(d, &after);
	word = verdict(&before, &after);
	put32(after.lost_frames - before.lost_frames);
	put8(after.late - before.late);
	put8(strlen(word));
	put_bytes(word, strlen(word));
}

static void
unpack(void)
{
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;
	struct rte_ether_addr peer;
	uint16_t nb;

	rte_disassembler_conf_default(&conf);
	conf.pkt_pool = pool;
	conf.own = get_addr();
	conf.ether_type = get16();
	conf.max_pkt = get16();
	d = rte_disassembler_create("pipe", &conf);
	if (d == NULL)
		fail("create a disassembler");
	for (nb = get8(); nb != 0; nb--) {
		peer = get_addr();
		if (rte_disassembler_peer_add(d, &peer) != 0)
			fail("add a peer");
	}
	nb = get16();
	put16(nb);
	for (; nb != 0; nb--)
		unpack_one(d);
	rte_disassembler_free(d);
}

static struct assembler_tlv
get_tlv(void)
{
	struct assembler_tlv tlv = { .type = get8() };

	tlv.hello.lowest = get8();
	tlv.hello.highest = get8();
	tlv.hello.flags = get8();
	tlv.hello.max_frame = get16();
	tlv.hello.max_count = get16();
	tlv.hello.epoch = get16();
	tlv.hello.interval_ms = get16();
	tlv.epoch = get16();
	tlv.bytes = get16();
	tlv.id = get32();
	return tlv;
}

static void
put_tlv(const struct assembler_tlv *tlv)
{
	put8(tlv->type);
	put8(tlv->hello.lowest);
	put8(tlv->hello.highest);
	put8(tlv->hello.flags);
	put16(tlv->hello.max_frame);
	put16(tlv->hello.max_count);
	put16(tlv->hello.epoch);
	put16(tlv->hello.interval_ms);
	put16(tlv->epoch);
	put16(tlv->bytes);
	put32(tlv->id);
}

static void
encode_control(void)
{
	const struct assembler_addrs addrs = assembler_addrs_load(get_bytes(ASSEMBLER_ADDRS_LEN));
	struct assembler_frame_info info = { .flags = RTE_ASSEMBLER_FLAG_CTRL };
	static uint8_t frame[ROOM];
	uint8_t *end = frame + ASSEMBLER_FRAME_OVERHEAD;
	struct assembler_tlv tlv;
	uint16_t i;

	info.stream = get16();
	info.seq = get32();
	info.epoch = get16();
	info.count = get16();
	for (i = 0; i < info.count; i++) {
		tlv = get_tlv();
		end = assembler_tlv_put(end, &tlv);
	}
	info.payload_len = end - frame - ASSEMBLER_FRAME_OVERHEAD;
	put_bytes(frame, assembler_frame_finish(frame, addrs,
			RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE), &info));
}

/* Of a frame that 'U' found good. */
static void
read_tlvs(void)
{
	const uint8_t *p = get_bytes(ASSEMBLER_FRAME_OVERHEAD);
	uint16_t count = assembler_load_be16(p + RTE_ETHER_HDR_LEN +
			offsetof(struct rte_assembler_hdr, count));
	struct assembler_tlv tlv;

	p += ASSEMBLER_FRAME_OVERHEAD;
	put16(count);
	while (count-- != 0) {
		p = assembler_tlv_get(p, &tlv);
		put_tlv(&tlv);
	}
}

static void
answer_request(void)
{
	switch (get8()) {
	case 'P':
		pack();
		break;
	case 'U':
		unpack();
		break;
	case 'E':
		encode_control();
		break;
	case 'T':
		read_tlvs();
		break;
	default:
		fail("an unknown request");
	}
	if (rte_mempool_in_use_count(pool) != 0)
		fail("mbufs are missing");
}

/* False: there are no more. */
static bool
request_read(void)
{
	uint8_t head[sizeof(uint32_t)];
	uint32_t len;

	if (fread(head, sizeof(head), 1, stdin) != 1)
		return false;
	len = rte_be_to_cpu_32(assembler_load32(head));
	if (len > REQUEST_LEN || fread(request, 1, len, stdin) != len)
		fail("read a request");
	in = request;
	in_end = request + len;
	return true;
}

static void
answer_write(void)
{
	const uint32_t len = out - answer, head = rte_cpu_to_be_32(len);

	if (fwrite(&head, sizeof(head), 1, stdout) != 1 || fwrite(answer, 1, len, stdout) != len ||
			fflush(stdout) != 0)
		fail("write an answer");
}

int
main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		fail("EAL does not start");
	pool = rte_pktmbuf_pool_create("pipe", 2047, 0, 0, RTE_PKTMBUF_HEADROOM + ROOM,
			SOCKET_ID_ANY);
	if (pool == NULL)
		fail("no pool");
	while (request_read()) {
		out = answer;
		answer_request();
		answer_write();
	}
	return rte_eal_cleanup();
}
