/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_window.h"
#include "test_assembler_util.h"

#define MAX_PKTS 256
#define EPOCH 0x1234

static const struct rte_ether_addr stranger = { { 0x02, 0, 0, 0, 0, 0x77 } };

/* A payload of one OUTER subframe, a packet of 60 bytes. */
static const uint8_t one_subframe[] = { 0x80, 6, 0x08, 0x01, 'd', 'a', 't', 'a' };

static struct rte_mbuf *
mbuf_of(const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool());

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, len), data, len);
	return m;
}

static void
submit_bytes(struct rte_disassembler *d, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *m = mbuf_of(data, len);

	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
}

/* A good frame with one packet. */
static void
submit_from(struct rte_disassembler *d, const struct rte_ether_addr *src, uint16_t stream,
		uint32_t seq, uint16_t epoch)
{
	uint8_t frame[64];
	uint32_t len;

	len = frame_write(frame, src, header_make(sizeof(one_subframe), 1, stream, seq, epoch),
			one_subframe, sizeof(one_subframe));
	submit_bytes(d, frame, len);
}

static void
submit_numbered(struct rte_disassembler *d, uint16_t stream, uint32_t seq, uint16_t epoch)
{
	submit_from(d, &test_own, stream, seq, epoch);
}

/* Collect everything and free it. Returns how many packets there were. */
static uint32_t
drain(struct rte_disassembler *d)
{
	struct rte_mbuf *pkts[MAX_PKTS];
	uint32_t all = 0;
	uint16_t nb;

	while ((nb = rte_disassembler_collect_burst(d, pkts, MAX_PKTS)) != 0) {
		rte_pktmbuf_free_bulk(pkts, nb);
		all += nb;
	}
	return all;
}

static struct rte_disassembler_stats
stats_of(const struct rte_disassembler *d)
{
	struct rte_disassembler_stats stats;

	rte_disassembler_stats_get(d, &stats);
	return stats;
}

static struct rte_disassembler_peer_stats
peer_stats_of(const struct rte_disassembler *d, const struct rte_ether_addr *peer)
{
	struct rte_disassembler_peer_stats stats;

	assert_int_equal(rte_disassembler_peer_stats_get(d, peer, &stats), 0);
	assert_true(rte_is_same_ether_addr(&stats.addr, peer));
	return stats;
}

/* What peers count makes the sums: all of a disassembler whose peers kept their places. */
static void
assert_peers_sum(const struct rte_disassembler *d, uint32_t nb_peers)
{
	const struct rte_disassembler_stats all = stats_of(d);
	struct rte_disassembler_peer_stats sum = { .frames = 0 }, one;
	uint64_t dropped = 0;
	uint32_t next = 0, nb = 0;
	int i;

	for (; rte_disassembler_peer_stats_iterate(d, &next, &one) == 0; nb++) {
		sum.frames += one.frames;
		sum.packets += one.packets;
		sum.bytes += one.bytes;
		sum.dropped += one.dropped;
		sum.control += one.control;
		sum.lost_frames += one.lost_frames;
		sum.duplicate += one.duplicate;
		sum.late += one.late;
		sum.no_mbuf += one.no_mbuf;
	}
	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++)
		dropped += i == RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER ? 0 : all.dropped[i];
	assert_int_equal(nb, nb_peers);
	assert_int_equal(sum.frames, all.frames);
	assert_int_equal(sum.packets, all.packets);
	assert_int_equal(sum.bytes, all.bytes);
	assert_int_equal(sum.dropped, dropped);
	assert_int_equal(sum.control, all.control);
	assert_int_equal(sum.lost_frames, all.lost_frames);
	assert_int_equal(sum.duplicate, all.duplicate);
	assert_int_equal(sum.late, all.late);
	assert_int_equal(sum.no_mbuf, all.no_mbuf);
	/* Beyond the end there is still none. */
	assert_int_equal(rte_disassembler_peer_stats_iterate(d, &next, &one), -ENOENT);
}

static void
finish(struct rte_disassembler *d)
{
	rte_disassembler_free(d);
	assert_pools_full();
}

static void
test_passes_native_frames_in_order(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_mbuf *in[2], *out[4];
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		in[0] = pkt_numbered(60, 1, 0);
		in[1] = pkt_numbered(1514, 1, 0);
		assert_int_equal(rte_disassembler_submit_burst(d, in, 1), 1);
		submit_numbered(d, 0, round, EPOCH);
		assert_int_equal(rte_disassembler_submit_burst(d, in + 1, 1), 1);
		assert_int_equal(rte_disassembler_collect_burst(d, out, 4), 3);
		assert_ptr_equal(out[0], in[0]);
		assert_ptr_equal(out[2], in[1]);
		assert_int_equal(out[1]->pkt_len, 60);
		rte_pktmbuf_free_bulk(out, 3);
	}
	/* Too short to be anything else. */
	submit_bytes(d, (const uint8_t *)"tiny", 4);
	submit_bytes(d, (const uint8_t *)"", 0);
	assert_int_equal(drain(d), 2);
	assert_int_equal(stats_of(d).native, 8);
	finish(d);
}

static void
test_drops_frames_to_another_address(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	const struct rte_disassembler_stats before = stats_of(d);
	struct rte_disassembler_stats after;
	uint8_t frame[64];
	uint32_t len;

	(void)state;
	/* Even where nothing else about it is right. */
	len = frame_write(frame, &stranger, header_make(99, 0, 0, 0, 0), frame, 0);
	frame[5]++;
	submit_bytes(d, frame, len);
	after = stats_of(d);
	assert_one_counter(&before, &after, &after.not_mine);
	submit_bytes(d, frame, 20);
	assert_int_equal(stats_of(d).not_mine, 2);
	assert_int_equal(drain(d), 0);
	finish(d);
}

/* The frame has every fault from *first* on: the first is the one that counts. */
static void
submit_faulty(struct rte_disassembler *d, enum rte_assembler_cause first)
{
	struct rte_assembler_hdr hdr = header_make(6000, 0, 0, 0, 0);
	uint8_t payload[40] = { 0 }, frame[128];
	uint32_t len;

	hdr.flags = first <= RTE_ASSEMBLER_CAUSE_FLAGS ? 0xF : RTE_ASSEMBLER_FLAG_LZ4;
	if (first > RTE_ASSEMBLER_CAUSE_HLEN)
		hdr.ver_hlen = 0x14;
	else
		hdr.ver_hlen = first == RTE_ASSEMBLER_CAUSE_HLEN ? 0x13 : 0x23;
	if (first > RTE_ASSEMBLER_CAUSE_TRUNCATED)
		hdr.payload_len = RTE_BE16(40);
	if (first > RTE_ASSEMBLER_CAUSE_COUNT)
		hdr.count = RTE_BE16(1);
	len = frame_write(frame, first <= RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER ? &stranger : &test_own,
			hdr, payload, sizeof(payload));
	if (first <= RTE_ASSEMBLER_CAUSE_CHECKSUM)
		frame[29] ^= 1;
	if (first == RTE_ASSEMBLER_CAUSE_SHORT)
		len = 29;
	submit_bytes(d, frame, len);
}

static void
test_tests_causes_in_their_order(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_disassembler_stats before, after;
	int cause;

	(void)state;
	for (cause = 0; cause <= RTE_ASSEMBLER_CAUSE_LZ4; cause++) {
		before = stats_of(d);
		submit_faulty(d, cause);
		after = stats_of(d);
		assert_one_counter(&before, &after, &after.dropped[cause]);
	}
	assert_int_equal(drain(d), 0);
	finish(d);
}

/* Submit a payload in a frame with a fresh number. Returns its packets. */
static uint32_t
submit_payload(struct rte_disassembler *d, uint8_t flags, const void *payload, uint32_t len,
		uint16_t count)
{
	static uint32_t seq;
	struct rte_assembler_hdr hdr = header_make(len, count, 0, seq, EPOCH);
	uint8_t frame[2048];

	hdr.flags = flags;
	submit_bytes(d, frame, frame_write(frame, &test_own, hdr, payload, len));
	len = drain(d);
	seq += len != 0 || flags != 0;
	return len;
}

static void
assert_dropped(struct rte_disassembler *d, enum rte_assembler_cause cause,
		const void *payload, uint32_t len, uint16_t count)
{
	const struct rte_disassembler_stats before = stats_of(d);
	struct rte_disassembler_stats after;

	assert_int_equal(submit_payload(d, 0, payload, len, count), 0);
	after = stats_of(d);
	assert_one_counter(&before, &after, &after.dropped[cause]);
}

static void
test_walks_subframes(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);

	(void)state;
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_WALK, "\x80\2ab", 4, 2);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_WALK, "\x80\2ab\0", 5, 2);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_WALK, "\x80\2ab\0", 5, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_MODE, "\xC0\0ab", 4, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_LENGTH, "\x80\0ab", 4, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_LENGTH, "\x80\1ab", 4, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_LENGTH, "\x80\3ab", 4, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_LENGTH, "\x40\1ab", 4, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_LENGTH, "\0\15DDDDDDSSSSSSt", 15, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_LENGTH, "\x7F\xFF" "ab", 4, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_SAME_FIRST, "\x40\2ab", 4, 1);
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_NESTED, "\x80\2ab\x40\2\x88\xB5", 8, 2);
	/* The fault of an earlier subframe comes before that of a later one. */
	assert_dropped(d, RTE_ASSEMBLER_CAUSE_NESTED, "\x80\2\x88\xB5\xC0\2ab", 8, 2);
	assert_int_equal(submit_payload(d, 0, "\x80\2ab\x40\2ab", 8, 2), 2);
	/* Behind a tag it is not nested. */
	assert_int_equal(submit_payload(d, 0, "\x80\6\x81\0\0\1\x88\xB5", 8, 1), 1);
	finish(d);
}

/* *pkt_len* bytes of packet in one OUTER subframe. */
static uint32_t
submit_long(struct rte_disassembler *d, uint32_t pkt_len, const char *ether_type)
{
	uint8_t payload[2048] = { 0 };
	uint32_t len = pkt_len - 12;

	payload[0] = 0x80 | len >> 8;
	payload[1] = len;
	memcpy(payload + 2, ether_type, 2);
	return submit_payload(d, 0, payload, len + 2, 1);
}

static void
test_allows_a_tag_in_packets_of_full_size(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);

	(void)state;
	assert_int_equal(submit_long(d, 1514, "\x08\x00"), 1);
	assert_int_equal(submit_long(d, 1515, "\x08\x00"), 0);
	assert_int_equal(submit_long(d, 1518, "\x81\x00"), 1);
	assert_int_equal(submit_long(d, 1519, "\x81\x00"), 0);
	assert_int_equal(submit_long(d, 1518, "\x88\xA8"), 1);
	/* Oversize is tested before nested. */
	assert_int_equal(submit_long(d, 1515, "\x88\xB5"), 0);
	assert_int_equal(stats_of(d).dropped[RTE_ASSEMBLER_CAUSE_OVERSIZE], 3);
	finish(d);
}

static void
test_consumes_control_frames(void **state)
{
	static const uint8_t hello[] = "\1\14HELLO-------";
	struct rte_disassembler *d = disassembler_make(1514);

	(void)state;
	submit_payload(d, RTE_ASSEMBLER_FLAG_CTRL, hello, 14, 1);
	/* An unknown type of any length is skipped. */
	submit_payload(d, RTE_ASSEMBLER_FLAG_CTRL, "\x80\3abc\5\2ab\0\0", 11, 3);
	assert_int_equal(stats_of(d).control, 2);
	submit_payload(d, RTE_ASSEMBLER_FLAG_CTRL, "\5\3abc", 5, 1);
	assert_int_equal(stats_of(d).dropped[RTE_ASSEMBLER_CAUSE_LENGTH], 1);
	submit_payload(d, RTE_ASSEMBLER_FLAG_CTRL, "\5\2ab", 4, 2);
	submit_payload(d, RTE_ASSEMBLER_FLAG_CTRL, "\5\2ab\0", 5, 1);
	submit_payload(d, RTE_ASSEMBLER_FLAG_CTRL, "\5\2a", 3, 1);
	submit_payload(d, RTE_ASSEMBLER_FLAG_CTRL, "\5", 1, 1);
	assert_int_equal(stats_of(d).dropped[RTE_ASSEMBLER_CAUSE_WALK], 4);
	assert_int_equal(stats_of(d).frames, 0);
	finish(d);
}

static void
test_reads_frames_in_several_segments(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	uint8_t frame[1600], payload[1400], *p = payload;
	struct rte_mbuf *m, *pkts[4];
	uint32_t len, nb_segs;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		p[0] = 300 >> 8;
		p[1] = 300 & 0xFF;
		pkt_fill(p + 2, 300, 5, i);
		p += 302;
	}
	for (nb_segs = 1; nb_segs < 60; nb_segs++) {
		len = frame_write(frame, &test_own, header_make(4 * 302, 4, 0, nb_segs, EPOCH),
				payload, 4 * 302);
		m = pkt_segmented(frame, len, nb_segs);
		assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
		/* The check of this one must not disturb the delivery of the last one. */
		if (nb_segs % 2 == 0)
			submit_faulty(d, RTE_ASSEMBLER_CAUSE_CHECKSUM);
		assert_int_equal(rte_disassembler_collect_burst(d, pkts, 2), 2);
		m = pkt_segmented(frame, len - 1, 3);
		assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
		assert_int_equal(rte_disassembler_collect_burst(d, pkts + 2, 2), 2);
		for (i = 0; i < 4; i++) {
			assert_int_equal(pkt_check(pkts[i], &len), 5);
			assert_int_equal(len, i);
		}
	}
	assert_int_equal(stats_of(d).dropped[RTE_ASSEMBLER_CAUSE_TRUNCATED], 59);
	finish(d);
}

static void
test_window_follows_the_sequence(void **state)
{
	const struct {
		uint32_t seq;
		uint16_t epoch;
		enum assembler_window_verdict verdict;
		uint32_t lost;
	} steps[] = {
		{ 0xFFFFFFF0, 1, ASSEMBLER_WINDOW_NEW, 0 },  /* the first may be any */
		{ 0xFFFFFFF0, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },
		{ 0xFFFFFFF1, 1, ASSEMBLER_WINDOW_NEW, 0 },
		{ 0xFFFFFFF4, 1, ASSEMBLER_WINDOW_NEW, 2 },
		{ 0xFFFFFFF3, 1, ASSEMBLER_WINDOW_LATE, 0 },
		{ 0xFFFFFFF3, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },
		{ 2, 1, ASSEMBLER_WINDOW_NEW, 13 },          /* over the wrap */
		{ 0xFFFFFFFF, 1, ASSEMBLER_WINDOW_LATE, 0 },
		{ 0xFFFFFFF1, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },
		{ 65, 1, ASSEMBLER_WINDOW_NEW, 62 },
		{ 2, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },     /* 63 behind: known */
		{ 3, 1, ASSEMBLER_WINDOW_LATE, 0 },
		{ 66, 1, ASSEMBLER_WINDOW_NEW, 0 },
		{ 2, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },     /* out of the window */
		{ 3, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },
		{ 4, 1, ASSEMBLER_WINDOW_LATE, 0 },
		{ 66 + 64, 1, ASSEMBLER_WINDOW_NEW, 63 },
		{ 66, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },
		{ 67, 1, ASSEMBLER_WINDOW_LATE, 0 },
		{ 130 + 1000, 1, ASSEMBLER_WINDOW_NEW, 999 },
		{ 130 + 999, 1, ASSEMBLER_WINDOW_LATE, 0 },
		{ 130 + 1000 - 63, 1, ASSEMBLER_WINDOW_LATE, 0 },
		{ 130 + 1000 - 64, 1, ASSEMBLER_WINDOW_DUPLICATE, 0 },
		{ 5, 2, ASSEMBLER_WINDOW_NEW, 0 },           /* the sender restarted */
		{ 6, 2, ASSEMBLER_WINDOW_NEW, 0 },
		{ 7u + INT32_MAX, 2, ASSEMBLER_WINDOW_NEW, INT32_MAX },
		{ 7u, 2, ASSEMBLER_WINDOW_DUPLICATE, 0 },    /* half a circle is behind */
	};
	struct assembler_window w = { .started = false };
	uint32_t lost;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(steps); i++) {
		assert_int_equal(assembler_window_update(&w, steps[i].epoch, steps[i].seq, &lost),
				steps[i].verdict);
		assert_int_equal(lost, steps[i].lost);
	}
}

static void
test_follows_each_stream_by_itself(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_disassembler_stats stats;
	uint16_t stream;

	(void)state;
	for (stream = 0; stream < 1000; stream++)
		submit_numbered(d, stream, stream, EPOCH);
	assert_int_equal(drain(d), 1000);
	for (stream = 0; stream < 1000; stream++)
		submit_numbered(d, stream, stream + 3, EPOCH);
	assert_int_equal(drain(d), 1000);
	submit_numbered(d, 5, 5, EPOCH);
	submit_numbered(d, 5, 6, EPOCH);
	/* A restart is neither loss nor repetition. */
	submit_numbered(d, 5, 5, EPOCH + 1);
	assert_int_equal(drain(d), 2);
	stats = stats_of(d);
	assert_int_equal(stats.lost_frames, 2000);
	assert_int_equal(stats.duplicate, 1);
	assert_int_equal(stats.late, 1);
	assert_int_equal(stats.frames, 2002);
	finish(d);
}

/* A peer that invents streams does not stop anybody's packets. */
static void
test_delivers_more_streams_than_it_follows(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	uint32_t stream;

	(void)state;
	for (stream = 0; stream <= UINT16_MAX; stream++) {
		submit_numbered(d, stream, 0, EPOCH);
		assert_int_equal(drain(d), 1);
	}
	submit_numbered(d, 0, 0, EPOCH);
	assert_int_equal(drain(d), 0);
	assert_int_equal(stats_of(d).duplicate, 1);
	finish(d);
}

static void
test_knows_so_many_peers(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_ether_addr addr = { { 0x02, 1, 0, 0, 0, 0 } };
	uint8_t frame[64];
	uint32_t len;
	int i;

	(void)state;
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), -EEXIST);
	for (i = 1; i < RTE_DISASSEMBLER_MAX_PEERS; i++) {
		addr.addr_bytes[4] = i >> 8;
		addr.addr_bytes[5] = i;
		assert_int_equal(rte_disassembler_peer_add(d, &addr), 0);
	}
	assert_int_equal(rte_disassembler_peer_add(d, &stranger), -ENOSPC);
	for (i = 0; i < RTE_DISASSEMBLER_MAX_PEERS + 10; i++) {
		addr.addr_bytes[4] = i >> 8;
		addr.addr_bytes[5] = i;
		len = frame_write(frame, &addr, header_make(sizeof(one_subframe), 1, 0, i, EPOCH),
				one_subframe, sizeof(one_subframe));
		submit_bytes(d, frame, len);
		drain(d);
	}
	assert_int_equal(stats_of(d).frames, RTE_DISASSEMBLER_MAX_PEERS - 1);
	assert_int_equal(stats_of(d).dropped[RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER], 11);
	addr.addr_bytes[0] = 1;
	assert_int_equal(rte_disassembler_peer_add(d, &addr), -EINVAL);
	memset(&addr, 0, sizeof(addr));
	assert_int_equal(rte_disassembler_peer_add(d, &addr), -EINVAL);
	/* The null address is no peer, not even before any other was seen. */
	finish(d);
	d = disassembler_make(1514);
	submit_bytes(d, frame, frame_write(frame, &addr, header_make(sizeof(one_subframe), 1, 0, 0,
			EPOCH), one_subframe, sizeof(one_subframe)));
	assert_int_equal(stats_of(d).dropped[RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER], 1);
	finish(d);
}

static void
test_tells_peers_apart(void **state)
{
	const struct rte_ether_addr other = { { 0x02, 0, 0, 0, 0, 0x78 } };
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_disassembler_peer_stats own, second;
	uint8_t frame[64];
	uint32_t len;

	(void)state;
	assert_int_equal(rte_disassembler_peer_add(d, &other), 0);
	/* Of one sender frames are lost ... */
	submit_numbered(d, 0, 0, EPOCH);
	submit_numbered(d, 0, 4, EPOCH);
	/* ... while the other one's come again, in disorder, with a fault, and with TLVs. */
	submit_from(d, &other, 0, 7, EPOCH);
	submit_from(d, &other, 0, 7, EPOCH);
	submit_from(d, &other, 0, 9, EPOCH);
	submit_from(d, &other, 0, 8, EPOCH);
	submit_from(d, &other, 0, 9, EPOCH);
	len = frame_write(frame, &other, header_make(4, 2, 0, 10, EPOCH),
			(const uint8_t *)"\x80\2ab", 4);
	submit_bytes(d, frame, len);
	frame[15] = RTE_ASSEMBLER_FLAG_CTRL;
	frame[19] = 1;
	memcpy(frame + 30, "\5\2ab", 4);
	frame_fix_checksum(frame);
	submit_bytes(d, frame, len);
	submit_numbered(d, 1, 0, EPOCH);
	/* Nobody's. */
	submit_from(d, &stranger, 0, 0, EPOCH);
	assert_int_equal(drain(d), 6);
	own = peer_stats_of(d, &test_own);
	second = peer_stats_of(d, &other);
	assert_true(own.accepted);
	assert_true(second.accepted);
	assert_int_equal(own.frames, 3);
	assert_int_equal(own.packets, 3);
	assert_int_equal(own.bytes, 180);
	assert_int_equal(own.lost_frames, 3);
	assert_int_equal(own.duplicate + own.late + own.dropped + own.control, 0);
	assert_int_equal(second.frames, 3);
	assert_int_equal(second.bytes, 180);
	assert_int_equal(second.lost_frames, 1);
	assert_int_equal(second.duplicate, 2);
	assert_int_equal(second.late, 1);
	assert_int_equal(second.dropped, 1);
	assert_int_equal(second.control, 1);
	assert_int_equal(rte_disassembler_peer_stats_get(d, &stranger, &own), -ENOENT);
	assert_peers_sum(d, 2);
	finish(d);
}

/* Milliseconds of the TSC's time since *then*. */
static uint64_t
ms_since(uint64_t then)
{
	return (rte_rdtsc() - then) * MS_PER_S / rte_get_tsc_hz();
}

/* Its age is between those of what was before and after its last good frame. */
static void
assert_heard_between(const struct rte_disassembler *d, const struct rte_ether_addr *peer,
		uint64_t before, uint64_t after)
{
	const uint64_t least = ms_since(after);
	const uint64_t age = peer_stats_of(d, peer).age_ms;

	assert_in_range(age, least, ms_since(before) + 1);
}

static void
test_tells_who_is_silent(void **state)
{
	const struct rte_ether_addr other = { { 0x02, 0, 0, 0, 0, 0x78 } };
	uint64_t begin = rte_rdtsc(), added, before, after;
	struct rte_disassembler *d = disassembler_make(1514);
	uint8_t bad[64] = { 0 };

	(void)state;
	assert_int_equal(rte_disassembler_peer_add(d, &other), 0);
	added = rte_rdtsc();
	rte_delay_us_block(5000);
	/* Nothing came, or nothing good. */
	frame_write(bad, &other, header_make(4, 2, 0, 10, EPOCH), (const uint8_t *)"\x80\2ab", 4);
	submit_bytes(d, bad, sizeof(bad));
	assert_int_equal(peer_stats_of(d, &other).dropped, 1);
	assert_heard_between(d, &other, begin, added);
	before = rte_rdtsc();
	submit_numbered(d, 0, 0, EPOCH);
	after = rte_rdtsc();
	assert_heard_between(d, &test_own, before, after);
	assert_heard_between(d, &other, begin, added);
	rte_delay_us_block(5000);
	assert_heard_between(d, &test_own, before, after);
	/* It is heard of, if not for the first time; and what it was stays. */
	before = rte_rdtsc();
	submit_numbered(d, 0, 0, EPOCH);
	after = rte_rdtsc();
	assert_int_equal(peer_stats_of(d, &test_own).duplicate, 1);
	assert_int_equal(rte_disassembler_peer_del(d, &test_own), 0);
	rte_delay_us_block(5000);
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), 0);
	assert_heard_between(d, &test_own, before, after);
	drain(d);
	finish(d);
}

/* Who was removed and comes back is known, but nothing was lost meanwhile. */
static void
test_a_peer_comes_back(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_disassembler_peer_stats stats;

	(void)state;
	submit_numbered(d, 0, 0, EPOCH);
	submit_numbered(d, 0, 2, EPOCH);
	/* What is in the queue counts, even now. */
	assert_int_equal(rte_disassembler_peer_del(d, &test_own), 0);
	assert_int_equal(rte_disassembler_peer_del(d, &test_own), -ENOENT);
	assert_int_equal(drain(d), 2);
	submit_numbered(d, 0, 3, EPOCH);
	stats = peer_stats_of(d, &test_own);
	assert_false(stats.accepted);
	assert_int_equal(stats.frames, 2);
	assert_int_equal(stats.lost_frames, 1);
	assert_int_equal(stats.dropped, 0);
	assert_int_equal(stats_of(d).dropped[RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER], 1);
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), 0);
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), -EEXIST);
	submit_numbered(d, 0, 50, EPOCH);
	submit_numbered(d, 0, 50, EPOCH);
	assert_int_equal(drain(d), 1);
	stats = peer_stats_of(d, &test_own);
	assert_true(stats.accepted);
	assert_int_equal(stats.frames, 3);
	assert_int_equal(stats.lost_frames, 1);
	assert_int_equal(stats.duplicate, 1);
	assert_peers_sum(d, 1);
	finish(d);
}

/* In a full table a new peer takes the place of the one that was removed first. */
static void
test_a_new_peer_takes_an_old_place(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_ether_addr addr = { { 0x02, 1, 0, 0, 0, 0 } };
	struct rte_disassembler_peer_stats stats;
	int i;

	(void)state;
	for (i = 1; i < RTE_DISASSEMBLER_MAX_PEERS; i++) {
		addr.addr_bytes[4] = i >> 8;
		addr.addr_bytes[5] = i;
		assert_int_equal(rte_disassembler_peer_add(d, &addr), 0);
		submit_from(d, &addr, 0, 0, EPOCH);
	}
	drain(d);
	assert_peers_sum(d, RTE_DISASSEMBLER_MAX_PEERS);
	submit_from(d, &addr, 0, 3, EPOCH);
	assert_int_equal(rte_disassembler_peer_del(d, &addr), 0);
	submit_numbered(d, 0, 0, EPOCH);
	assert_int_equal(rte_disassembler_peer_del(d, &test_own), 0);
	/* Two frames wait in the queue, one of each; the first one's peer is forgotten. */
	assert_int_equal(rte_disassembler_peer_add(d, &stranger), 0);
	assert_int_equal(rte_disassembler_peer_stats_get(d, &addr, &stats), -ENOENT);
	submit_from(d, &stranger, 0, 9, EPOCH);
	assert_int_equal(drain(d), 3);
	stats = peer_stats_of(d, &stranger);
	assert_int_equal(stats.frames, 1);
	assert_int_equal(stats.bytes, 60);
	assert_int_equal(stats.lost_frames, 0);
	assert_int_equal(peer_stats_of(d, &test_own).frames, 1);
	/* The place of the other one is left. */
	assert_int_equal(rte_disassembler_peer_add(d, &addr), 0);
	assert_int_equal(rte_disassembler_peer_stats_get(d, &test_own, &stats), -ENOENT);
	assert_int_equal(peer_stats_of(d, &addr).frames, 0);
	assert_int_equal(rte_disassembler_peer_add(d, &test_own), -ENOSPC);
	finish(d);
}

static void
test_without_mbufs_counts_what_is_lost(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	unsigned int nb = rte_mempool_avail_count(pkt_pool()) - 3;
	struct rte_mbuf **all = calloc(nb, sizeof(*all));
	uint8_t payload[64], frame[128];
	struct rte_mbuf *pkts[16];
	int i;

	(void)state;
	for (i = 0; i < 8; i++)
		memcpy(payload + i * sizeof(one_subframe), one_subframe, sizeof(one_subframe));
	assert_int_equal(rte_pktmbuf_alloc_bulk(pkt_pool(), all, nb), 0);
	submit_bytes(d, frame, frame_write(frame, &test_own, header_make(64, 8, 0, 0, EPOCH),
			payload, 64));
	assert_int_equal(rte_disassembler_collect_burst(d, pkts, 16), 3);
	assert_int_equal(stats_of(d).no_mbuf, 5);
	assert_int_equal(stats_of(d).packets, 3);
	assert_peers_sum(d, 1);
	rte_pktmbuf_free_bulk(pkts, 3);
	rte_pktmbuf_free_bulk(all, nb);
	free(all);
	submit_numbered(d, 0, 1, EPOCH);
	assert_int_equal(drain(d), 1);
	finish(d);
}

static void
test_full_queue_refuses(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_mbuf *in[100], *out[100];
	uint32_t in_nb = 0, out_nb = 0, number;
	uint16_t nb, i;

	(void)state;
	for (;;) {
		for (i = 0; i < RTE_DIM(in); i++)
			in[i] = pkt_numbered(60, 1, in_nb + i);
		nb = rte_disassembler_submit_burst(d, in, RTE_DIM(in));
		in_nb += nb;
		if (nb < RTE_DIM(in))
			break;
	}
	rte_pktmbuf_free_bulk(in + nb, RTE_DIM(in) - nb);
	assert_in_range(in_nb, 512, 4096);
	while ((nb = rte_disassembler_collect_burst(d, out, RTE_DIM(out))) != 0) {
		for (i = 0; i < nb; i++) {
			pkt_check(out[i], &number);
			assert_int_equal(number, out_nb++);
		}
	}
	assert_int_equal(out_nb, in_nb);
	finish(d);
}

static void
test_free_frees_what_is_inside(void **state)
{
	struct rte_disassembler *d = disassembler_make(1514);
	struct rte_mbuf *m = pkt_numbered(60, 1, 0), *pkt;
	uint8_t frame[64];

	(void)state;
	submit_bytes(d, frame, frame_write(frame, &test_own, header_make(8, 2, 0, 0, EPOCH),
			(const uint8_t *)"\x80\2ab\x80\2ab", 8));
	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
	assert_int_equal(rte_disassembler_collect_burst(d, &pkt, 1), 1);
	rte_pktmbuf_free(pkt);
	finish(d);
	rte_disassembler_free(NULL);
}

static void
assert_refused(const char *name, const struct rte_disassembler_conf *conf)
{
	rte_errno = 0;
	assert_null(rte_disassembler_create(name, conf));
	assert_int_equal(rte_errno, EINVAL);
}

static void
test_refuses_bad_configuration(void **state)
{
	struct rte_disassembler_conf good, conf;
	struct rte_disassembler *d;

	(void)state;
	rte_disassembler_conf_default(&good);
	good.own = test_peer;
	good.pkt_pool = pkt_pool();
	rte_log_set_level_pattern("*", RTE_LOG_EMERG);
#define REFUSED(field, value) do { \
	conf = good; \
	conf.field = value; \
	assert_refused("test", &conf); \
} while (0)
	REFUSED(max_pkt, 59);
	REFUSED(max_pkt, 16384);
	REFUSED(max_pkt, PKT_ROOM - 3);
	REFUSED(ether_type, 0x5FF);
	REFUSED(ether_type, RTE_ETHER_TYPE_IPV4);
	REFUSED(ether_type, RTE_ETHER_TYPE_VLAN);
	REFUSED(pkt_pool, NULL);
	REFUSED(own.addr_bytes[0], 0x03);
#undef REFUSED
	assert_refused("", &good);
	assert_refused("a name that is too long", &good);
	good.max_pkt = PKT_ROOM - 4;
	d = rte_disassembler_create("twice", &good);
	assert_non_null(d);
	assert_null(rte_disassembler_create("twice", &good));
	assert_int_equal(rte_errno, EEXIST);
	rte_log_set_level_pattern("*", RTE_LOG_ERR);
	rte_disassembler_free(d);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_passes_native_frames_in_order),
	cmocka_unit_test(test_drops_frames_to_another_address),
	cmocka_unit_test(test_tests_causes_in_their_order),
	cmocka_unit_test(test_walks_subframes),
	cmocka_unit_test(test_allows_a_tag_in_packets_of_full_size),
	cmocka_unit_test(test_consumes_control_frames),
	cmocka_unit_test(test_reads_frames_in_several_segments),
	cmocka_unit_test(test_window_follows_the_sequence),
	cmocka_unit_test(test_follows_each_stream_by_itself),
	cmocka_unit_test(test_delivers_more_streams_than_it_follows),
	cmocka_unit_test(test_knows_so_many_peers),
	cmocka_unit_test(test_tells_peers_apart),
	cmocka_unit_test(test_tells_who_is_silent),
	cmocka_unit_test(test_a_peer_comes_back),
	cmocka_unit_test(test_a_new_peer_takes_an_old_place),
	cmocka_unit_test(test_without_mbufs_counts_what_is_lost),
	cmocka_unit_test(test_full_queue_refuses),
	cmocka_unit_test(test_free_frees_what_is_inside),
	cmocka_unit_test(test_refuses_bad_configuration),
};

TEST_SUITE(disassembler, tests)
