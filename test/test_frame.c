/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <stdio.h>

#include <jansson.h>

#include "assembler_private.h"
#include "assembler_tlv.h"
#include "test_assembler_util.h"

#define MAX_FRAMES 64

/* A golden frame: what it carries, packets or TLVs (good ones), or why it is bad. */
struct vector {
	const char *name;
	const char *cause;
	const json_t *tlvs;
	uint8_t wire[FRAME_ROOM];
	uint32_t wire_len;
	uint8_t frames[MAX_FRAMES][PKT_ROOM];
	uint32_t frame_lens[MAX_FRAMES];
	uint16_t nb_frames;
	const json_t *options;
};

typedef void (*vector_fn)(const struct vector *v);

static uint32_t
hex_parse(const char *hex, uint8_t *bytes, size_t size)
{
	size_t len = strlen(hex) / 2, i;
	unsigned int byte;

	assert_true(len <= size);
	for (i = 0; i < len; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = byte;
	}
	return len;
}

static void
vector_parse(struct vector *v, const json_t *json)
{
	const json_t *frames = json_object_get(json, "frames");
	const char *hex;
	size_t i;

	v->name = json_string_value(json_object_get(json, "name"));
	v->cause = json_string_value(json_object_get(json, "cause"));
	v->options = json_object_get(json, "options");
	v->tlvs = json_object_get(json, "tlvs");
	v->nb_frames = json_array_size(frames);
	assert_true(v->nb_frames <= MAX_FRAMES);
	hex = json_string_value(json_object_get(json, "wire"));
	v->wire_len = hex_parse(hex, v->wire, sizeof(v->wire));
	for (i = 0; i < v->nb_frames; i++) {
		hex = json_string_value(json_array_get(frames, i));
		v->frame_lens[i] = hex_parse(hex, v->frames[i], PKT_ROOM);
	}
}

/* Do it for each golden frame of a file, at least *min* of them. */
static void
vectors_run(const char *path, vector_fn fn, int min)
{
	static struct vector v;
	FILE *file = fopen(path, "r");
	json_error_t error;
	json_t *json;
	int nb = 0;

	assert_non_null(file);
	while ((json = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)) != NULL) {
		vector_parse(&v, json);
		print_message("vector: %s\n", v.name);
		fn(&v);
		json_decref(json);
		nb++;
	}
	fclose(file);
	assert_true(nb >= min);
	assert_pools_full();
}

static uint64_t
option(const struct vector *v, const char *name)
{
	return json_integer_value(json_object_get(v->options, name));
}

static struct rte_mbuf *
wire_mbuf(const struct vector *v)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool());

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, v->wire_len), v->wire, v->wire_len);
	return m;
}

static struct rte_disassembler *
wire_disassembler(const struct vector *v)
{
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;

	rte_disassembler_conf_default(&conf);
	memcpy(&conf.own, v->wire, 6);
	conf.pkt_pool = pkt_pool();
	d = rte_disassembler_create("vector", &conf);
	assert_non_null(d);
	assert_int_equal(rte_disassembler_peer_add(d,
			(const struct rte_ether_addr *)(v->wire + 6)), 0);
	return d;
}

static void
decode(const struct vector *v)
{
	struct rte_disassembler *d = wire_disassembler(v);
	struct rte_mbuf *m = wire_mbuf(v);
	struct rte_mbuf *pkts[MAX_FRAMES];
	struct rte_disassembler_stats stats;
	uint16_t i;

	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
	assert_int_equal(rte_disassembler_collect_burst(d, pkts, MAX_FRAMES), v->nb_frames);
	for (i = 0; i < v->nb_frames; i++) {
		assert_int_equal(pkts[i]->pkt_len, v->frame_lens[i]);
		assert_int_equal(pkts[i]->data_len, v->frame_lens[i]);
		assert_memory_equal(rte_pktmbuf_mtod(pkts[i], void *), v->frames[i],
				v->frame_lens[i]);
	}
	rte_disassembler_stats_get(d, &stats);
	assert_int_equal(stats.frames, 1);
	assert_int_equal(stats.packets, v->nb_frames);
	rte_pktmbuf_free_bulk(pkts, v->nb_frames);
	rte_disassembler_free(d);
}

static void
decode_bad(const struct vector *v)
{
	const struct rte_disassembler_stats zero = { 0 };
	struct rte_disassembler *d = wire_disassembler(v);
	struct rte_mbuf *m = wire_mbuf(v), *pkt;
	struct rte_disassembler_stats stats;
	int cause = 0;

	while (strcmp(rte_assembler_cause_name(cause), v->cause) != 0)
		cause++;
	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
	assert_int_equal(rte_disassembler_collect_burst(d, &pkt, 1), 0);
	rte_disassembler_stats_get(d, &stats);
	assert_one_counter(&zero, &stats, &stats.dropped[cause]);
	rte_disassembler_free(d);
}

static struct rte_assembler *
wire_assembler(const struct vector *v)
{
	const union assembler_limits limits = { .epoch = option(v, "epoch") };
	struct rte_assembler_conf conf = assembler_conf();
	struct rte_assembler *a;

	memcpy(&conf.src, v->wire + 6, 6);
	conf.max_frame = FRAME_ROOM;
	conf.max_pkt = RTE_ASSEMBLER_LEN_MASK;
	conf.min_count = 1;
	conf.hold_us = option(v, "flags") == RTE_ASSEMBLER_FLAG_TIMER ? 1 : 1000000;
	a = assembler_make(&conf);
	assert_int_equal(rte_assembler_peer_set(a, (const struct rte_ether_addr *)v->wire), 0);
	a->rules[0].epoch = limits.epoch;
	a->peers[0].limits = limits.word;
	return a;
}

static void
encode(const struct vector *v)
{
	struct rte_assembler *a = wire_assembler(v);
	struct rte_assembler_client *c = rte_assembler_client_open(a);
	struct rte_mbuf *pkts[MAX_FRAMES], *frame;
	uint16_t i;

	assert_non_null(c);
	c->links[0].streams[0].id = option(v, "stream");
	c->links[0].streams[0].seq = option(v, "seq");
	for (i = 0; i < v->nb_frames; i++)
		pkts[i] = pkt_of(v->frames[i], v->frame_lens[i]);
	assert_int_equal(rte_assembler_submit_burst(c, pkts, v->nb_frames), v->nb_frames);
	rte_delay_us(2);
	if (option(v, "flags") == 0)
		assert_int_equal(rte_assembler_flush(c), -EAGAIN);
	assert_int_equal(rte_assembler_collect_burst(c, &frame, 1), 1);
	assert_int_equal(rte_assembler_flush(c), 0);
	assert_int_equal(frame->nb_segs, 1);
	assert_int_equal(frame->pkt_len, v->wire_len);
	assert_int_equal(frame->data_len, v->wire_len);
	assert_int_equal(rte_pktmbuf_headroom(frame), RTE_PKTMBUF_HEADROOM);
	assert_memory_equal(rte_pktmbuf_mtod(frame, void *), v->wire, v->wire_len);
	rte_pktmbuf_free(frame);
	rte_assembler_free(a);
}

static void
test_encodes_golden_frames(void **state)
{
	(void)state;
	vectors_run(TEST_DATA_DIR "/vectors/good.jsonl", encode, 12);
}

static void
test_decodes_golden_frames(void **state)
{
	(void)state;
	vectors_run(TEST_DATA_DIR "/vectors/good.jsonl", decode, 12);
}

static void
test_drops_bad_golden_frames(void **state)
{
	(void)state;
	vectors_run(TEST_DATA_DIR "/vectors/bad.jsonl", decode_bad, 25);
}

/* TLV number *i* of a golden control frame. */
static struct assembler_tlv
tlv_of(const struct vector *v, size_t i)
{
	const json_t *json = json_array_get(v->tlvs, i), *fields = json_array_get(json, 1);
#define FIELD(name) json_integer_value(json_object_get(fields, name))
	struct assembler_tlv tlv = {
		.type = json_integer_value(json_array_get(json, 0)),
		.hello = {
			.lowest = FIELD("lowest"),
			.highest = FIELD("highest"),
			.flags = FIELD("flags"),
			.max_frame = FIELD("max_frame"),
			.max_count = FIELD("max_count"),
			.epoch = FIELD("epoch"),
			.interval_ms = FIELD("interval_ms"),
		},
		.epoch = FIELD("answers_epoch"),
		.bytes = FIELD("bytes"),
		.id = FIELD("id"),
	};
#undef FIELD

	if (tlv.type == RTE_ASSEMBLER_TLV_BYE) {
		tlv.epoch = tlv.hello.epoch;
		tlv.hello.epoch = 0;
	}
	return tlv;
}

static void
assert_tlv_equal(const struct assembler_tlv *a, const struct assembler_tlv *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->hello.lowest, b->hello.lowest);
	assert_int_equal(a->hello.highest, b->hello.highest);
	assert_int_equal(a->hello.flags, b->hello.flags);
	assert_int_equal(a->hello.max_frame, b->hello.max_frame);
	assert_int_equal(a->hello.max_count, b->hello.max_count);
	assert_int_equal(a->hello.epoch, b->hello.epoch);
	assert_int_equal(a->hello.interval_ms, b->hello.interval_ms);
	assert_int_equal(a->epoch, b->epoch);
	assert_int_equal(a->bytes, b->bytes);
	assert_int_equal(a->id, b->id);
}

static void
control_encode(const struct vector *v, uint8_t *frame)
{
	struct assembler_frame_info info = {
		.flags = RTE_ASSEMBLER_FLAG_CTRL,
		.count = json_array_size(v->tlvs),
		.stream = option(v, "stream"),
		.seq = option(v, "seq"),
		.epoch = option(v, "epoch"),
	};
	uint8_t *end = frame + ASSEMBLER_FRAME_OVERHEAD;
	struct assembler_tlv tlv;
	uint32_t len;
	size_t i;

	for (i = 0; i < info.count; i++) {
		tlv = tlv_of(v, i);
		end = assembler_tlv_put(end, &tlv);
	}
	info.payload_len = end - frame - ASSEMBLER_FRAME_OVERHEAD;
	len = assembler_frame_finish(frame, assembler_addrs_load(v->wire),
			RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE), &info);
	/* Whoever probes pads the frame. */
	memset(frame + len, 0, v->wire_len - len);
}

static void
control(const struct vector *v)
{
	const struct assembler_frame_limits limits = { .max_pkt = 1514 };
	struct assembler_tlv tlv, wanted;
	struct assembler_frame_info info;
	uint8_t frame[FRAME_ROOM];
	const uint8_t *p;
	size_t i;

	control_encode(v, frame);
	assert_memory_equal(frame, v->wire, v->wire_len);
	assert_int_equal(assembler_frame_check(v->wire, v->wire_len, &limits, NULL, &info),
			ASSEMBLER_FRAME_OK);
	assert_int_equal(info.count, json_array_size(v->tlvs));
	p = v->wire + ASSEMBLER_FRAME_OVERHEAD;
	for (i = 0; i < info.count; i++) {
		p = assembler_tlv_get(p, &tlv);
		wanted = tlv_of(v, i);
		assert_tlv_equal(&tlv, &wanted);
	}
	assert_ptr_equal(p, v->wire + ASSEMBLER_FRAME_OVERHEAD + info.payload_len);
}

static void
test_golden_control_frames(void **state)
{
	(void)state;
	vectors_run(TEST_DATA_DIR "/vectors/control.jsonl", control, 7);
}

/* Every length and every number of trailing zeros, against a loop. */
static void
test_trims_trailing_zeros(void **state)
{
	uint32_t len, used, wanted;
	uint8_t pkt[64];

	(void)state;
	for (len = 14; len <= sizeof(pkt); len++) {
		for (used = 0; used <= len; used++) {
			memset(pkt, 0, sizeof(pkt));
			memset(pkt, 0x80, used);
			wanted = len > 60 ? len : RTE_MAX(used, 14u);
			assert_int_equal(assembler_trim(pkt, len), wanted);
			memset(pkt, 0x01, used);
			assert_int_equal(assembler_trim(pkt, len), wanted);
		}
	}
}

static void
test_copies_exactly(void **state)
{
	uint8_t src[300], dst[302];
	uint32_t len, i;

	(void)state;
	for (i = 0; i < sizeof(src); i++)
		src[i] = i + 1;
	for (len = 2; len <= sizeof(src); len++) {
		memset(dst, 0, sizeof(dst));
		assembler_copy(dst + 1, src, len);
		assert_memory_equal(dst + 1, src, len);
		assert_int_equal(dst[0], 0);
		assert_int_equal(dst[len + 1], 0);
	}
}

static void
test_names_every_cause(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++)
		assert_non_null(rte_assembler_cause_name(i));
	assert_null(rte_assembler_cause_name(RTE_ASSEMBLER_CAUSE_MAX));
	assert_string_equal(rte_assembler_cause_name(RTE_ASSEMBLER_CAUSE_SAME_FIRST),
			"same_first");
}

static void
test_histogram_is_good_to_an_eighth(void **state)
{
	struct assembler_hist hist;
	uint64_t value, upper;
	uint32_t i, bucket;

	(void)state;
	for (i = 0; i < 100000; i++) {
		value = rte_rand() >> (24 + i % 40);
		bucket = assembler_hist_bucket(value);
		upper = assembler_hist_upper(bucket);
		assert_true(upper >= value && upper <= value + value / 8);
		if (bucket > 0)
			assert_true(assembler_hist_upper(bucket - 1) < value);
	}
	memset(&hist, 0, sizeof(hist));
	assert_int_equal(assembler_hist_quantile(&hist, 50), 0);
	for (value = 1; value <= 1000; value++)
		assembler_hist_record(&hist, value);
	assert_in_range(assembler_hist_quantile(&hist, 50), 500, 562);
	assert_in_range(assembler_hist_quantile(&hist, 99), 990, 1000);
	assert_int_equal(hist.max, 1000);
}

static void
test_takes_no_type_of_another_protocol(void **state)
{
	static const uint16_t taken[] = {
		0, 1500, 0x05FF, 0x0800, 0x0806, 0x8035, 0x8100, 0x86DD, 0x8808, 0x8809, 0x8847,
		0x8848, 0x8863, 0x8864, 0x888E, 0x88A8, 0x88CC, 0x88E5, 0x88F7, 0x893F, 0x9100,
		0x9200, 0x9300,
	};
	static const uint16_t good[] = { 0x0600, 0x88B5, 0x88B6, 0x88B7, 0x9000, 0xFFFF };
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(taken); i++)
		assert_int_equal(rte_assembler_ether_type_check(taken[i]), -EINVAL);
	for (i = 0; i < RTE_DIM(good); i++)
		assert_int_equal(rte_assembler_ether_type_check(good[i]), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_takes_no_type_of_another_protocol),
	cmocka_unit_test(test_encodes_golden_frames),
	cmocka_unit_test(test_decodes_golden_frames),
	cmocka_unit_test(test_drops_bad_golden_frames),
	cmocka_unit_test(test_golden_control_frames),
	cmocka_unit_test(test_trims_trailing_zeros),
	cmocka_unit_test(test_copies_exactly),
	cmocka_unit_test(test_names_every_cause),
	cmocka_unit_test(test_histogram_is_good_to_an_eighth),
};

TEST_SUITE(frame, tests)
