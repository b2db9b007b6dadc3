/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Machines that find each other over a wire that loses, repeats and reorders frames.
 * The clock counts milliseconds and is moved by the test; all chance is seeded.
 */

#include <stdlib.h>
#include <string.h>

#include "assembler_control.h"
#include "assembler_window.h"
#include "test.h"

#define INTERVAL 500
/* In which two gateways find each other again after one restarted. */
#define AGAIN_MS 3000
#define ROOM 16384
#define NB_SIDES 3
#define WIRE_LEN 512
#define UP RTE_ASSEMBLER_PEER_UP
#define HEARD RTE_ASSEMBLER_PEER_HEARD
#define SILENT RTE_ASSEMBLER_PEER_SILENT
#define LEFT RTE_ASSEMBLER_PEER_LEFT
#define NONE RTE_ASSEMBLER_PEER_NONE

struct flight {
	uint64_t at; /* arrival; 0: free */
	uint32_t len;
	int from;
	uint8_t frame[ROOM];
};

/* A world: up to three machines on one wire. */
static struct {
	struct assembler_control side[NB_SIDES];
	bool on[NB_SIDES];
	uint64_t now;
	uint64_t seed;
	uint32_t loss;      /* percent */
	uint32_t repeat;    /* percent */
	uint32_t delay;     /* up to so many ms: frames overtake each other */
	uint32_t mtu;       /* longest frame that passes */
	bool cut[NB_SIDES]; /* what the side sends is lost */
	uint32_t odd;       /* 1, 2: of the HELLOs of each side the odd, the even ones are lost */
	uint32_t hellos[NB_SIDES]; /* that it sent */
	uint32_t sent;      /* frames, by all sides */
	uint32_t longest;   /* of them that arrived */
	struct flight wire[WIRE_LEN];
} w;

static uint32_t
chance(uint32_t below)
{
	w.seed = w.seed * 6364136223846793005u + 1442695040888963407u;
	return (w.seed >> 33) % below;
}

static void
world_new(uint64_t seed)
{
	memset(&w, 0, sizeof(w));
	w.seed = seed * 2654435761u + 1;
	w.now = 1;
	w.mtu = ROOM;
}

static struct rte_ether_addr
addr_of(int i)
{
	return (struct rte_ether_addr){ { 0x02, 0, 0, 0, 0, 0x10 + i } };
}

static struct assembler_control_conf
conf_of(int i)
{
	return (struct assembler_control_conf){
		.own = addr_of(i),
		.ether_type = RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE),
		.sends = true,
		.receives = true,
		.hello = {
			.lowest = 1,
			.highest = 1,
			.flags = RTE_ASSEMBLER_FLAG_CTRL | RTE_ASSEMBLER_FLAG_TIMER,
			.max_frame = 1514,
			.max_count = UINT16_MAX,
			.epoch = 0x1000 + i,
			.interval_ms = INTERVAL,
		},
		.send_frame = 1514,
		.max_peers = 8,
		.interval = INTERVAL,
		.hz = 1000,
	};
}

static void
side_on(int i, const struct assembler_control_conf *conf)
{
	assembler_control_init(&w.side[i], conf);
	w.on[i] = true;
}

static bool
is_lost_hello(int from, const uint8_t *frame)
{
	struct assembler_tlv tlv;

	assembler_tlv_get(frame + ASSEMBLER_FRAME_OVERHEAD, &tlv);
	return tlv.type == RTE_ASSEMBLER_TLV_HELLO && w.odd != 0 &&
			(++w.hellos[from] + w.odd) % 2 == 0;
}

static void
wire_put(int from, const uint8_t *frame, uint32_t len)
{
	uint32_t i;

	if (w.cut[from] || len > w.mtu || chance(100) < w.loss || is_lost_hello(from, frame))
		return;
	for (i = 0; i < WIRE_LEN && w.wire[i].at != 0; i++)
		;
	assert_true(i < WIRE_LEN);
	w.wire[i].at = w.now + 1 + (w.delay ? chance(w.delay) : 0);
	w.wire[i].len = len;
	w.wire[i].from = from;
	memcpy(w.wire[i].frame, frame, len);
}

static bool
is_for(const uint8_t *frame, int i)
{
	const struct rte_ether_addr addr = addr_of(i);

	return memcmp(frame, &addr, 6) == 0 || frame[0] == 0xFF;
}

/* Every frame that a machine makes must be one that a receiver finds good. */
static struct assembler_frame_info
frame_info(const uint8_t *frame, uint32_t len)
{
	const struct assembler_frame_limits limits = {
		.ether_type = RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE),
		.max_pkt = 1514,
	};
	struct assembler_frame_info info;

	assert_int_equal(assembler_frame_check(frame, len, &limits, NULL, &info),
			ASSEMBLER_FRAME_OK);
	assert_true(info.flags & RTE_ASSEMBLER_FLAG_CTRL);
	return info;
}

static void
give(int to, const uint8_t *frame, uint32_t len)
{
	const struct assembler_frame_info info = frame_info(frame, len);

	assembler_control_receive(&w.side[to], frame, len, &info, w.now);
}

static void
wire_deliver(struct flight *f)
{
	int i;

	f->at = 0;
	w.longest = RTE_MAX(w.longest, f->len);
	for (i = 0; i < NB_SIDES; i++)
		if (w.on[i] && i != f->from && is_for(f->frame, i))
			give(i, f->frame, f->len);
}

static void
side_run(int i)
{
	uint8_t frame[ROOM];
	uint32_t len;

	assembler_control_poll(&w.side[i], w.now);
	while ((len = assembler_control_next(&w.side[i], frame, ROOM)) != 0) {
		w.sent++;
		wire_put(i, frame, len);
		if (chance(100) < w.repeat)
			wire_put(i, frame, len);
	}
	assert_true(assembler_control_idle(&w.side[i], w.now));
}

static void
run(uint32_t ms)
{
	uint32_t i;

	for (; ms > 0; ms--) {
		w.now++;
		for (i = 0; i < WIRE_LEN; i++)
			if (w.wire[i].at != 0 && w.wire[i].at <= w.now)
				wire_deliver(&w.wire[i]);
		for (i = 0; i < NB_SIDES; i++)
			if (w.on[i])
				side_run(i);
	}
}

/* What *side* has of *other*, or NULL. */
static const struct assembler_control_peer *
peer_at(int side, int other)
{
	const struct assembler_control_peer *peers = w.side[side].peers;
	const struct rte_ether_addr addr = addr_of(other);
	uint16_t i;

	for (i = 0; i < w.side[side].conf.max_peers; i++)
		if (peers[i].state != NONE && rte_is_same_ether_addr(&peers[i].addr, &addr))
			return &peers[i];
	return NULL;
}

static int
state(int side, int other)
{
	const struct assembler_control_peer *peer = peer_at(side, other);

	return peer == NULL ? (int)NONE : peer->state;
}

static bool
both_up(void)
{
	return state(0, 1) == UP && state(1, 0) == UP;
}

/* Two of the usual kind. */
static void
pair_on(void)
{
	struct assembler_control_conf conf;
	int i;

	for (i = 0; i < 2; i++) {
		conf = conf_of(i);
		side_on(i, &conf);
	}
}

static uint16_t
max_frame(int side, int other)
{
	assert_int_equal(state(side, other), UP);
	return assembler_control_max_frame(peer_at(side, other));
}

static void
test_two_find_each_other_at_once(void **state_)
{
	struct assembler_control_conf conf = conf_of(0);

	(void)state_;
	world_new(1);
	side_on(0, &conf);
	run(2 * INTERVAL + 100);
	assert_int_equal(state(0, 1), NONE);
	conf = conf_of(1);
	side_on(1, &conf);
	run(5);
	assert_true(both_up());
	assert_int_equal(max_frame(0, 1), 1514);
	/* A HELLO and an answer each way, every interval, and now and then one to all. */
	w.sent = 0;
	run(8 * INTERVAL);
	assert_true(both_up());
	assert_in_range(w.sent, 8 * 4, 8 * 4 + 2);
}

static void
test_bad_wires_delay_but_do_not_deceive(void **state_)
{
	static const struct {
		uint32_t loss, repeat, delay, patience;
	} rows[] = {
		{ 30, 0, 0, 20 }, { 0, 50, 0, 1 }, { 0, 0, 100, 2 }, { 60, 0, 0, 80 },
		{ 30, 30, 200, 30 }, { 10, 100, 600, 10 },
	};
	uint32_t row, seed, ms;

	(void)state_;
	for (row = 0; row < RTE_DIM(rows); row++) {
		for (seed = 0; seed < 20; seed++) {
			world_new(row * 100 + seed);
			w.loss = rows[row].loss;
			w.repeat = rows[row].repeat;
			w.delay = rows[row].delay;
			pair_on();
			for (ms = 0; !both_up(); ms++) {
				assert_true(ms < rows[row].patience * INTERVAL);
				run(1);
			}
			run(20 * INTERVAL);
			w.loss = w.repeat = w.delay = 0;
			run(2 * INTERVAL);
			assert_true(both_up());
			assert_int_equal(w.side[0].stats.invalid + w.side[1].stats.invalid, 0);
		}
	}
}

static void
test_repeats_and_delays_alone_break_nothing(void **state_)
{
	uint32_t ms;

	(void)state_;
	world_new(7);
	w.repeat = 100;
	w.delay = 300;
	pair_on();
	run(3 * INTERVAL);
	for (ms = 0; ms < 100 * INTERVAL; ms++) {
		assert_true(both_up());
		run(1);
	}
}

static void
test_silence_ends_it_and_a_word_begins_it_again(void **state_)
{
	uint64_t answered;

	(void)state_;
	world_new(1);
	pair_on();
	run(INTERVAL + 50);
	assert_true(both_up());
	answered = peer_at(0, 1)->answered;
	w.on[1] = false;
	run(answered + 3 * INTERVAL - 1 - w.now);
	assert_int_equal(state(0, 1), UP);
	run(1);
	assert_int_equal(state(0, 1), SILENT);
	w.on[1] = true;
	run(INTERVAL + 3);
	assert_true(both_up());
	/* Gone for long, it is forgotten, but searched for. */
	w.on[1] = false;
	run(11 * INTERVAL);
	assert_int_equal(state(0, 1), NONE);
	w.on[1] = true;
	run(INTERVAL + 3);
	assert_true(both_up());
}

static void
test_one_way_is_no_way_to_send(void **state_)
{
	(void)state_;
	world_new(1);
	pair_on();
	run(INTERVAL);
	/* 1 hears 0 but is not heard: neither gets an answer. */
	w.cut[1] = true;
	run(4 * INTERVAL);
	assert_int_equal(state(0, 1), SILENT);
	/* 1 still hears 0's answers to what got lost? No: what was lost has none. */
	assert_int_equal(state(1, 0), SILENT);
	w.cut[1] = false;
	run(INTERVAL + 3);
	assert_true(both_up());
}

static void
test_restart_is_noticed_at_once(void **state_)
{
	struct assembler_control_conf conf = conf_of(1);
	uint32_t heard = 0, ms;

	(void)state_;
	world_new(1);
	pair_on();
	run(INTERVAL + 100);
	assert_true(both_up());
	conf.hello.epoch ^= 0x5555;
	conf.hello.max_frame = 900;
	side_on(1, &conf);
	for (ms = 0; ms < 6; ms++) {
		run(1);
		/* The new life knows nobody: nothing is sent to it before it answers. */
		heard += state(0, 1) == HEARD;
		if (state(0, 1) == UP && peer_at(0, 1)->hello.epoch == conf.hello.epoch)
			assert_true(state(1, 0) != NONE);
	}
	assert_true(heard > 0);
	assert_true(both_up());
	assert_int_equal(max_frame(0, 1), 900);
	assert_int_equal(max_frame(1, 0), 1514);
}

/* Until both send to each other again, 1 in the life that *epoch* tells. */
static uint32_t
ms_until_again(uint16_t epoch)
{
	uint32_t ms;

	for (ms = 0; ms < AGAIN_MS; ms++) {
		if (both_up() && peer_at(0, 1)->hello.epoch == epoch)
			break;
		run(1);
	}
	return ms;
}

/*
 * Whenever in an interval it happens, and however long 1 was away: not missed, missed,
 * forgotten.
 */
static void
test_a_restart_is_over_in_time(void **state_)
{
	static const uint32_t away[] = { 0, 700, 4 * INTERVAL, 20 * INTERVAL };
	struct assembler_control_conf conf = conf_of(1);
	uint32_t i, phase, most[3] = { 0 };

	(void)state_;
	conf.hello.epoch ^= 0x5555;
	for (i = 0; i < 3 * RTE_DIM(away); i++) {
		for (phase = 0; phase < INTERVAL; phase += 31) {
			world_new(phase);
			pair_on();
			run(2 * INTERVAL + phase);
			w.odd = i % 3;
			w.on[1] = false;
			run(away[i / 3]);
			side_on(1, &conf);
			most[w.odd] = RTE_MAX(most[w.odd], ms_until_again(conf.hello.epoch));
		}
	}
	/* Of those 3 s: at once, or with the HELLO after the one that was lost. */
	assert_in_range(most[0], 1, 10);
	assert_in_range(most[1], INTERVAL, INTERVAL + 10);
	assert_in_range(most[2], 1, INTERVAL + 10);
}

/* A control frame as a side would make it. */
static uint32_t
frame_of(uint8_t *frame, const struct rte_ether_addr *src, const struct rte_ether_addr *dst,
		const struct assembler_tlv *tlv)
{
	uint8_t *end = assembler_tlv_put(frame + ASSEMBLER_FRAME_OVERHEAD, tlv);
	const struct assembler_frame_info info = {
		.flags = RTE_ASSEMBLER_FLAG_CTRL,
		.payload_len = end - frame - ASSEMBLER_FRAME_OVERHEAD,
		.count = 1,
	};
	uint8_t addrs[ASSEMBLER_ADDRS_LEN];

	memcpy(addrs, dst, 6);
	memcpy(addrs + 6, src, 6);
	return assembler_frame_finish(frame, assembler_addrs_load(addrs),
			RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE), &info);
}

static void
give_tlv(int to, int from, const struct assembler_tlv *tlv)
{
	const struct rte_ether_addr src = addr_of(from), dst = addr_of(to);
	uint8_t frame[ASSEMBLER_CONTROL_LEN];
	uint32_t len = frame_of(frame, &src, &dst, tlv);

	give(to, frame, len);
}

/* What an assembler has to know of is noted, whichever way it comes. */
static void
test_changes_of_a_peer_that_answers_are_noted(void **state_)
{
	struct assembler_control *c = &w.side[0];
	struct assembler_tlv hello = { .type = RTE_ASSEMBLER_TLV_HELLO };
	struct assembler_control_conf conf = conf_of(1);
	int i;

	(void)state_;
	for (i = 0; i < 4; i++) {
		world_new(i);
		pair_on();
		run(INTERVAL);
		assert_true(both_up());
		assert_true(c->up_changed);
		c->up_changed = false;
		run(3 * INTERVAL);
		assert_false(c->up_changed);
		hello.hello = conf.hello;
		if (i == 0)
			hello.hello.epoch++;
		else if (i == 1)
			hello.hello.max_count--;
		else if (i == 2)
			hello.hello.highest = 0;
		w.on[1] = false;
		if (i < 3)
			give_tlv(0, 1, &hello);
		else
			run(4 * INTERVAL);
		assert_true(c->up_changed);
	}
}

static void
test_words_of_an_earlier_life_do_not_count(void **state_)
{
	struct assembler_tlv tlv = { .hello = conf_of(1).hello };
	struct assembler_control *c = &w.side[0];

	(void)state_;
	world_new(1);
	pair_on();
	w.on[1] = false;
	run(1);
	/* An answer to a HELLO that another life of 0 said. */
	tlv.type = RTE_ASSEMBLER_TLV_HELLO_ACK;
	tlv.epoch = conf_of(0).hello.epoch + 1;
	give_tlv(0, 1, &tlv);
	assert_int_equal(state(0, 1), NONE);
	assert_int_equal(c->stats.stale, 1);
	tlv.epoch--;
	give_tlv(0, 1, &tlv);
	assert_int_equal(state(0, 1), UP);
	/* A BYE of another life. */
	tlv.type = RTE_ASSEMBLER_TLV_BYE;
	tlv.epoch = tlv.hello.epoch + 1;
	give_tlv(0, 1, &tlv);
	assert_int_equal(state(0, 1), UP);
	assert_int_equal(c->stats.stale, 2);
	tlv.epoch--;
	give_tlv(0, 1, &tlv);
	assert_int_equal(state(0, 1), LEFT);
	/* What was on its way when it left comes after its BYE. */
	tlv.type = RTE_ASSEMBLER_TLV_HELLO;
	give_tlv(0, 1, &tlv);
	tlv.type = RTE_ASSEMBLER_TLV_HELLO_ACK;
	tlv.epoch = conf_of(0).hello.epoch;
	give_tlv(0, 1, &tlv);
	assert_int_equal(state(0, 1), LEFT);
	assert_int_equal(c->stats.stale, 4);
	/* The next life. */
	tlv.type = RTE_ASSEMBLER_TLV_HELLO;
	tlv.hello.epoch++;
	give_tlv(0, 1, &tlv);
	assert_int_equal(state(0, 1), HEARD);
	/* An answer to a PROBE that was never sent. */
	tlv = (struct assembler_tlv){ .type = RTE_ASSEMBLER_TLV_PROBE_ACK, .id = 1, .bytes = 9000 };
	give_tlv(0, 1, &tlv);
	assert_int_equal(c->stats.stale, 5);
}

static void
test_leaving_is_said_to_each(void **state_)
{
	struct assembler_control_conf conf = conf_of(2);

	(void)state_;
	world_new(1);
	pair_on();
	side_on(2, &conf);
	run(100);
	assert_true(both_up());
	assert_int_equal(state(1, 2), UP);
	assembler_control_leave(&w.side[0]);
	w.sent = 0;
	run(2);
	assert_int_equal(w.sent, 2);
	assert_int_equal(state(1, 0), LEFT);
	assert_int_equal(state(2, 0), LEFT);
	assert_int_equal(state(1, 2), UP);
	/* It says nothing any more, and nobody speaks to it. */
	w.on[1] = w.on[2] = false;
	w.sent = 0;
	run(20 * INTERVAL);
	assert_int_equal(w.sent, 0);
	w.on[0] = false;
	w.on[1] = true;
	run(20 * INTERVAL);
	assert_int_equal(state(1, 0), NONE);
}

static void
test_each_keeps_to_what_the_other_takes(void **state_)
{
	struct assembler_control_conf conf;

	(void)state_;
	world_new(1);
	conf = conf_of(0);
	conf.hello.max_frame = 1000;
	conf.hello.max_count = 8;
	side_on(0, &conf);
	conf = conf_of(1);
	conf.hello.flags |= RTE_ASSEMBLER_FLAG_LZ4;
	conf.hello.max_frame = 9014;
	conf.hello.interval_ms = 2 * INTERVAL;
	conf.interval = 2 * INTERVAL;
	side_on(1, &conf);
	run(5 * INTERVAL);
	assert_int_equal(max_frame(1, 0), 1000);
	assert_int_equal(peer_at(1, 0)->hello.max_count, 8);
	assert_int_equal(peer_at(1, 0)->hello.flags & RTE_ASSEMBLER_FLAG_LZ4, 0);
	/* 0 does not want to send more than 1514, whatever 1 takes. */
	assert_int_equal(max_frame(0, 1), 1514);
	assert_true(peer_at(0, 1)->hello.flags & RTE_ASSEMBLER_FLAG_LZ4);
	assert_in_range(w.longest, 60, 1514);
}

/* Both want *size*; the wire takes *mtu*. */
static void
jumbo_pair(uint16_t size, uint32_t mtu)
{
	struct assembler_control_conf conf;
	int i;

	world_new(1);
	w.mtu = mtu;
	for (i = 0; i < 2; i++) {
		conf = conf_of(i);
		conf.hello.max_frame = size;
		conf.send_frame = size;
		side_on(i, &conf);
	}
	/* Nothing longer before it is proven. */
	while (state(0, 1) != UP) {
		w.longest = 0;
		run(1);
	}
	assert_in_range(w.longest, 60, 1514);
	assert_int_equal(max_frame(0, 1), 1514);
}

static void
test_jumbo_frames_wait_for_a_probe(void **state_)
{
	(void)state_;
	jumbo_pair(9014, ROOM);
	run(20);
	assert_int_equal(w.longest, 9014);
	assert_int_equal(max_frame(0, 1), 9014);
	assert_int_equal(max_frame(1, 0), 9014);
	/* A path that shrinks is noticed, and so is one that grows. */
	w.mtu = 4000;
	run(30 * INTERVAL);
	assert_in_range(max_frame(0, 1), 4000 - 64, 4000);
	assert_in_range(max_frame(1, 0), 4000 - 64, 4000);
	w.mtu = 1514;
	run(30 * INTERVAL);
	assert_int_equal(max_frame(0, 1), 1514);
	w.mtu = ROOM;
	run(150 * INTERVAL);
	assert_int_equal(max_frame(0, 1), 9014);
	assert_true(both_up());
}

/* Own sizes change while the path shrinks: what was proven before is not believed any more. */
static void
test_another_size_is_proven_anew(void **state_)
{
	(void)state_;
	jumbo_pair(9014, ROOM);
	run(20);
	assert_int_equal(max_frame(0, 1), 9014);
	w.side[0].up_changed = false;
	w.side[0].conf.send_frame = 5000;
	w.mtu = 1514;
	run(2 * INTERVAL);
	assert_int_equal(max_frame(0, 1), 1514);
	assert_true(w.side[0].up_changed);
	w.mtu = ROOM;
	run(150 * INTERVAL);
	assert_int_equal(max_frame(0, 1), 5000);
}

static void
test_the_longest_frame_that_passes_is_found(void **state_)
{
	static const uint32_t mtus[] = { 1514, 1515, 1600, 2000, 4084, 9014, 9018, 16000, 16383 };
	uint32_t i, found;

	(void)state_;
	for (i = 0; i < RTE_DIM(mtus); i++) {
		jumbo_pair(16384, mtus[i]);
		run(30 * INTERVAL);
		found = max_frame(0, 1);
		assert_in_range(found, RTE_MAX(mtus[i] - 64, 1514u), mtus[i]);
		assert_in_range(w.longest, 60, mtus[i]);
	}
}

static void
test_probes_survive_a_bad_wire(void **state_)
{
	uint32_t seed, up = 0;

	(void)state_;
	for (seed = 0; seed < 20; seed++) {
		jumbo_pair(9014, ROOM);
		w.seed = seed;
		w.loss = 20;
		w.repeat = 20;
		w.delay = 50;
		run(40 * INTERVAL);
		w.loss = 0;
		run(150 * INTERVAL);
		up += max_frame(0, 1) == 9014;
	}
	assert_int_equal(up, 20);
}

static void
test_hellos_that_cannot_be(void **state_)
{
	static const struct {
		uint8_t lowest, highest;
		uint16_t max_frame, max_count;
		int state;
		uint64_t incompatible, invalid;
	} rows[] = {
		{ 1, 1, 1514, 100, HEARD, 0, 0 },
		{ 1, 3, 1514, 100, HEARD, 0, 0 }, /* a higher version that still speaks this one */
		{ 0, 1, 1514, 100, HEARD, 0, 0 },
		{ 2, 3, 1514, 100, NONE, 1, 0 },  /* and one that does not */
		{ 0, 0, 1514, 100, NONE, 1, 0 },
		{ 3, 1, 1514, 100, NONE, 1, 0 },
		{ 1, 1, 59, 100, NONE, 0, 1 },
		{ 1, 1, 60, 1, HEARD, 0, 0 },
		{ 1, 1, 1514, 0, NONE, 0, 1 },
	};
	struct assembler_tlv tlv = { .type = RTE_ASSEMBLER_TLV_HELLO };
	struct assembler_control_conf conf = conf_of(0);
	uint32_t row;
	int before;

	(void)state_;
	/* To a machine that does not know the peer yet, and to one that does. */
	for (row = 0; row < 2 * RTE_DIM(rows); row++) {
		world_new(1);
		side_on(0, &conf);
		before = row & 1;
		tlv.hello = conf_of(1).hello;
		if (before)
			give_tlv(0, 1, &tlv);
		assert_int_equal(state(0, 1), before ? HEARD : NONE);
		tlv.hello.lowest = rows[row / 2].lowest;
		tlv.hello.highest = rows[row / 2].highest;
		tlv.hello.max_frame = rows[row / 2].max_frame;
		tlv.hello.max_count = rows[row / 2].max_count;
		w.side[0].changed = false;
		w.side[0].up_changed = false;
		give_tlv(0, 1, &tlv);
		assert_false(w.side[0].up_changed);
		assert_int_equal(state(0, 1), rows[row / 2].state);
		assert_int_equal(w.side[0].stats.incompatible, rows[row / 2].incompatible);
		assert_int_equal(w.side[0].stats.invalid, rows[row / 2].invalid);
		w.sent = 0;
		run(1);
		/* The HELLO to all, and what a peer gets. */
		assert_int_equal(w.sent, 1 + (rows[row / 2].state == HEARD));
	}
}

static void
test_a_peer_of_a_higher_version_is_a_peer(void **state_)
{
	struct assembler_control_conf conf = conf_of(1);

	(void)state_;
	world_new(1);
	pair_on();
	conf.hello.highest = 7;
	conf.hello.flags = 0xFF;
	side_on(1, &conf);
	run(INTERVAL);
	assert_true(both_up());
}

static struct rte_ether_addr
stranger(void)
{
	uint32_t a = chance(1 << 30), b = chance(1 << 8);

	return (struct rte_ether_addr){ { 0x06, a >> 24, a >> 16, a >> 8, a, b } };
}

/* *nb* frames with *type* from as many addresses, within a second. */
static void
flood(uint32_t nb, uint8_t type)
{
	static const struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } };
	struct assembler_tlv tlv = { .type = type, .hello = conf_of(1).hello };
	const struct rte_ether_addr own = addr_of(0);
	uint8_t frame[ASSEMBLER_CONTROL_LEN];
	struct rte_ether_addr src;
	uint32_t i, len;

	tlv.hello.interval_ms = UINT16_MAX;
	for (i = 0; i < nb; i++) {
		src = stranger();
		tlv.hello.epoch = chance(1 << 16);
		tlv.epoch = chance(1 << 16) | 0x8000;
		len = frame_of(frame, &src, i & 1 ? &all : &own, &tlv);
		give(0, frame, len);
		if (i % (nb / 1000) == 0)
			run(1);
	}
}

static void
test_strangers_get_little(void **state_)
{
	const struct assembler_control *c = &w.side[0];
	struct assembler_control_conf conf = conf_of(2);
	uint64_t sent;

	(void)state_;
	world_new(5);
	pair_on();
	run(INTERVAL);
	sent = c->stats.sent;
	w.side[0].up_changed = false;
	flood(100000, RTE_ASSEMBLER_TLV_HELLO);
	assert_true(both_up());
	/* Nor any work for the assembler's tables. */
	assert_false(c->up_changed);
	/* An answer and a HELLO an interval for each of seven entries, and those of the peer. */
	assert_true(c->stats.sent - sent <= 7 * 4 + 12);
	assert_true(c->stats.refused > 99000);
	/* Answers to HELLOs that were never said. */
	flood(100000, RTE_ASSEMBLER_TLV_HELLO_ACK);
	assert_true(c->stats.stale >= 50000);
	assert_false(c->up_changed);
	assert_true(both_up());
	/* Who answers finds room all the same, within the time between two HELLOs to all. */
	side_on(2, &conf);
	run(9 * INTERVAL);
	assert_int_equal(state(0, 2), UP);
	assert_int_equal(state(2, 0), UP);
	assert_true(both_up());
}

static void
test_one_peer_cannot_ask_without_end(void **state_)
{
	const struct assembler_control *c = &w.side[0];
	struct assembler_tlv tlv;
	uint64_t sent;
	uint32_t i;

	(void)state_;
	world_new(1);
	pair_on();
	run(INTERVAL);
	w.on[1] = false;
	sent = c->stats.sent;
	for (i = 0; i < 20000; i++) {
		tlv = (struct assembler_tlv){ .type = RTE_ASSEMBLER_TLV_PROBE, .id = i };
		give_tlv(0, 1, &tlv);
		if (i % 20 == 0)
			run(1);
	}
	/* Eighty a second. */
	assert_in_range(c->stats.sent - sent, 80, 90);
	assert_true(c->stats.limited > 0);
}

/* Of a frame that is full of HELLOs and TLVs that nobody knows the first HELLO counts. */
static void
test_one_of_each_kind_counts_in_a_frame(void **state_)
{
	const struct rte_ether_addr src = addr_of(1), dst = addr_of(0);
	struct assembler_tlv tlv = { .type = 99 };
	struct assembler_frame_info info = { .flags = RTE_ASSEMBLER_FLAG_CTRL };
	uint8_t frame[1514], addrs[ASSEMBLER_ADDRS_LEN], *end = frame + ASSEMBLER_FRAME_OVERHEAD;
	struct assembler_control_conf conf = conf_of(0);

	(void)state_;
	world_new(1);
	side_on(0, &conf);
	while (end + 16 <= frame + sizeof(frame)) {
		end = assembler_tlv_put(end, &tlv);
		info.count++;
		tlv.type ^= 99 ^ RTE_ASSEMBLER_TLV_HELLO;
		tlv.hello = conf_of(1).hello;
		tlv.hello.epoch = 0x2000 + info.count;
	}
	info.payload_len = end - frame - ASSEMBLER_FRAME_OVERHEAD;
	memcpy(addrs, &dst, 6);
	memcpy(addrs + 6, &src, 6);
	give(0, frame, assembler_frame_finish(frame, assembler_addrs_load(addrs),
			conf.ether_type, &info));
	assert_int_equal(peer_at(0, 1)->hello.epoch, 0x2001);
}

static void
test_a_hello_without_answer_is_said_again(void **state_)
{
	struct assembler_control_conf conf = conf_of(1);
	struct assembler_tlv tlv = { .type = RTE_ASSEMBLER_TLV_PROBE };
	uint64_t received;
	uint32_t i;

	(void)state_;
	/* What 0 says gets lost: 1 says HELLO in each interval. */
	world_new(1);
	pair_on();
	w.cut[0] = true;
	run(2);
	for (i = 0; i < 5; i++) {
		received = w.side[0].stats.received;
		run(INTERVAL);
		assert_true(w.side[0].stats.received > received);
		assert_int_equal(state(0, 1), HEARD);
		assert_int_equal(state(1, 0), NONE);
	}
	w.cut[0] = false;
	run(INTERVAL + 3);
	assert_true(both_up());
	/* 0 has no answer left for 1, which has restarted: there is one for its next HELLO. */
	w.on[1] = false;
	for (i = 0; i < 20; i++) {
		tlv.id = i;
		give_tlv(0, 1, &tlv);
		side_run(0);
	}
	assert_true(w.side[0].stats.limited > 0);
	conf.hello.epoch++;
	side_on(1, &conf);
	w.side[0].stats.limited = 0;
	run(3);
	assert_int_equal(w.side[0].stats.limited, 1);
	assert_int_not_equal(state(1, 0), UP);
	run(INTERVAL);
	assert_true(both_up());
}

static void
test_peers_that_only_send_or_only_receive(void **state_)
{
	struct assembler_control_conf conf;

	(void)state_;
	world_new(1);
	conf = conf_of(0);
	conf.receives = false;
	side_on(0, &conf);
	conf = conf_of(1);
	conf.sends = false;
	side_on(1, &conf);
	run(3 * INTERVAL);
	assert_int_equal(state(0, 1), UP);
	assert_int_equal(state(1, 0), HEARD);
	/* One HELLO and one answer an interval, and now and then one to all. */
	w.sent = 0;
	run(8 * INTERVAL);
	assert_in_range(w.sent, 16, 17 + 1);
	/* Two that only send never come up. */
	conf = conf_of(1);
	conf.receives = false;
	conf.hello.epoch++;
	side_on(1, &conf);
	run(10 * INTERVAL);
	assert_int_equal(state(0, 1), HEARD);
	assert_int_equal(state(1, 0), HEARD);
}

/* Whoever sees a stream that others had before neither drops a frame nor misses any. */
static void
test_a_stream_used_again_begins_anew(void **state_)
{
	struct assembler_control_conf conf = conf_of(0);
	struct assembler_tlv tlv = { .type = RTE_ASSEMBLER_TLV_HELLO };
	struct rte_ether_addr src;
	uint8_t frame[ASSEMBLER_CONTROL_LEN];
	struct assembler_frame_info info;
	static struct assembler_window windows[ASSEMBLER_CONTROL_STREAMS];
	uint32_t i, len, lost, nb = 0;

	(void)state_;
	world_new(1);
	memset(windows, 0, sizeof(windows));
	assembler_control_init(&w.side[0], &conf);
	tlv.hello = conf_of(1).hello;
	/* More peers than there are streams, one after the other. */
	for (i = 0; i < 2500; i++) {
		src = stranger();
		len = frame_of(frame, &src, &conf.own, &tlv);
		give(0, frame, len);
		w.now += 11 * INTERVAL;
		while ((len = assembler_control_next(&w.side[0], frame, ROOM)) != 0) {
			info = frame_info(frame, len);
			assert_true(info.stream >= ASSEMBLER_CONTROL_STREAM);
			nb++;
			assert_int_equal(assembler_window_update(
					&windows[info.stream - ASSEMBLER_CONTROL_STREAM],
					info.epoch, info.seq, &lost), ASSEMBLER_WINDOW_NEW);
			assert_int_equal(lost, 0);
		}
		/* Forget it; without the HELLOs of an interval that begins. */
		w.side[0].hello_at = UINT64_MAX;
		w.side[0].next = 0;
		assembler_control_poll(&w.side[0], w.now);
	}
	assert_int_equal(nb, 2500);
}

static void
test_ignores_its_own_voice_and_what_it_does_not_know(void **state_)
{
	static const struct rte_ether_addr all = { { 255, 255, 255, 255, 255, 255 } };
	struct assembler_tlv tlv = { .type = RTE_ASSEMBLER_TLV_HELLO };
	const struct rte_ether_addr own = addr_of(0), peer = addr_of(1);
	uint8_t frame[ASSEMBLER_CONTROL_LEN];
	uint32_t len;

	(void)state_;
	world_new(1);
	pair_on();
	w.on[1] = false;
	tlv.hello = conf_of(0).hello;
	len = frame_of(frame, &own, &all, &tlv);
	give(0, frame, len);
	assert_int_equal(state(0, 0), NONE);
	/* No port has a group address. */
	len = frame_of(frame, &all, &own, &tlv);
	give(0, frame, len);
	/* Answers go to one. */
	tlv.type = RTE_ASSEMBLER_TLV_HELLO_ACK;
	tlv.epoch = conf_of(0).hello.epoch;
	len = frame_of(frame, &peer, &all, &tlv);
	give(0, frame, len);
	/* A TLV of a later version. */
	tlv.type = 99;
	len = frame_of(frame, &peer, &own, &tlv);
	give(0, frame, len);
	/* What only a peer may ask. */
	tlv.type = RTE_ASSEMBLER_TLV_PROBE;
	len = frame_of(frame, &peer, &own, &tlv);
	give(0, frame, len);
	tlv.type = RTE_ASSEMBLER_TLV_BYE;
	len = frame_of(frame, &peer, &own, &tlv);
	give(0, frame, len);
	w.sent = 0;
	run(1);
	assert_int_equal(w.sent, 1);
	assert_int_equal(state(0, 1), NONE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_two_find_each_other_at_once),
	cmocka_unit_test(test_bad_wires_delay_but_do_not_deceive),
	cmocka_unit_test(test_repeats_and_delays_alone_break_nothing),
	cmocka_unit_test(test_silence_ends_it_and_a_word_begins_it_again),
	cmocka_unit_test(test_one_way_is_no_way_to_send),
	cmocka_unit_test(test_restart_is_noticed_at_once),
	cmocka_unit_test(test_a_restart_is_over_in_time),
	cmocka_unit_test(test_changes_of_a_peer_that_answers_are_noted),
	cmocka_unit_test(test_words_of_an_earlier_life_do_not_count),
	cmocka_unit_test(test_leaving_is_said_to_each),
	cmocka_unit_test(test_each_keeps_to_what_the_other_takes),
	cmocka_unit_test(test_jumbo_frames_wait_for_a_probe),
	cmocka_unit_test(test_another_size_is_proven_anew),
	cmocka_unit_test(test_the_longest_frame_that_passes_is_found),
	cmocka_unit_test(test_probes_survive_a_bad_wire),
	cmocka_unit_test(test_hellos_that_cannot_be),
	cmocka_unit_test(test_a_peer_of_a_higher_version_is_a_peer),
	cmocka_unit_test(test_strangers_get_little),
	cmocka_unit_test(test_one_peer_cannot_ask_without_end),
	cmocka_unit_test(test_one_of_each_kind_counts_in_a_frame),
	cmocka_unit_test(test_a_hello_without_answer_is_said_again),
	cmocka_unit_test(test_peers_that_only_send_or_only_receive),
	cmocka_unit_test(test_a_stream_used_again_begins_anew),
	cmocka_unit_test(test_ignores_its_own_voice_and_what_it_does_not_know),
};
TEST_SUITE(control, tests)
