/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "test_assembler_util.h"

/*
 * Mutations of valid frames: whatever arrives, exactly one counter tells what
 * became of it, and nothing or everything of it is delivered. Each case lies in
 * heap memory of exactly its size, where AddressSanitizer sees a byte too far.
 * The seed is printed; to repeat a run, set it in TEST_SEED, and the number of
 * cases in TEST_CASES.
 */

#define NB_CASES 1000000
#define NB_BASES 64
#define MAX_BASE 600
#define MAX_PKT 64
#define MAX_PKTS 512

struct bytes {
	uint8_t data[MAX_BASE];
	uint32_t len;
};

static struct bytes bases[NB_BASES];

static uint32_t
random_below(uint32_t limit)
{
	return rte_rand_max(limit);
}

/* Random subframes, legal ones. Returns the bytes of the payload. */
static uint32_t
payload_make(uint8_t *payload, uint16_t count)
{
	uint8_t *p = payload;
	uint32_t mode, len, i;

	for (i = 0; i < count; i++) {
		do {
			mode = random_below(3);
		} while (i == 0 && mode == RTE_ASSEMBLER_MODE_SAME);
		len = (mode == RTE_ASSEMBLER_MODE_WHOLE ? 14 : 2) + random_below(50);
		*p++ = mode << 6 | len >> 8;
		*p++ = len;
		while (len-- > 0)
			*p++ = rte_rand() & 0x7F;
	}
	return p - payload;
}

static void
bases_make(void)
{
	uint8_t payload[MAX_BASE];
	struct rte_assembler_hdr hdr;
	struct bytes *base;
	uint16_t count;
	uint32_t len;

	for (base = bases; base < bases + NB_BASES; base++) {
		count = 1 + random_below(8);
		len = payload_make(payload, count);
		hdr = header_make(len, count, random_below(4), rte_rand(), random_below(4));
		hdr.flags = random_below(4) ? 0 : RTE_ASSEMBLER_FLAG_TIMER;
		base->len = frame_write(base->data, &test_own, hdr, payload, len);
	}
}

/* The offset of a random subframe header, or of something behind the last one. */
static uint32_t
random_subframe(const struct bytes *b)
{
	uint32_t pos = 30, skip = random_below(8);

	while (skip-- > 0 && pos + 2 < b->len)
		pos += 2 + ((b->data[pos] & 0x3F) << 8 | b->data[pos + 1]);
	return pos;
}

static void
mutate_length(struct bytes *b, uint32_t pos)
{
	uint32_t value;

	if (pos + 2 > b->len)
		return;
	value = b->data[pos] << 8 | b->data[pos + 1];
	value += random_below(4) ? random_below(7) - 3 : (uint32_t)rte_rand();
	b->data[pos] = value >> 8;
	b->data[pos + 1] = value;
}

static void
mutate(struct bytes *b)
{
	uint32_t len;

	switch (random_below(9)) {
	case 0: /* anywhere */
		b->data[random_below(b->len)] ^= 1 << random_below(8);
		break;
	case 1: /* in the assembled header */
		b->data[RTE_MIN(14 + random_below(16), b->len - 1)] ^= 1 << random_below(8);
		break;
	case 2: /* payload_len */
		mutate_length(b, 16);
		break;
	case 3: /* count */
		mutate_length(b, 18);
		break;
	case 4: /* mode or length of a subframe */
		mutate_length(b, random_subframe(b));
		break;
	case 5:
		b->data[RTE_MIN(random_subframe(b), b->len - 1)] ^= 0x40 << random_below(2);
		break;
	case 6: /* EtherType of an inner frame */
		len = random_subframe(b) + (random_below(2) ? 2 : 14);
		if (len + 2 <= b->len)
			memcpy(b->data + len, random_below(2) ? "\x88\xB5" : "\x81\x00", 2);
		break;
	case 7:
		b->len = 1 + random_below(b->len);
		break;
	default: /* bytes behind the frame */
		len = random_below(MAX_BASE - b->len + 1);
		memset(b->data + b->len, 0, len);
		b->len += len;
	}
}

static void
mutated_make(struct bytes *b)
{
	uint32_t i, nb = 1 + random_below(4);

	*b = bases[random_below(NB_BASES)];
	for (i = 0; i < nb; i++)
		mutate(b);
	/* So that the checks behind the checksum see something, too. */
	if (random_below(2) && b->len >= 30)
		frame_fix_checksum(b->data);
}

static void
heap_free(void *addr, void *opaque)
{
	(void)opaque;
	free(addr);
}

/* An mbuf whose data are in heap memory of their own. */
static struct rte_mbuf *
heap_mbuf(const struct bytes *b, struct rte_mbuf_ext_shared_info *shinfo)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(frame_pool());
	uint8_t *data = malloc(b->len);

	assert_non_null(m);
	assert_non_null(data);
	memcpy(data, b->data, b->len);
	shinfo->free_cb = heap_free;
	rte_mbuf_ext_refcnt_set(shinfo, 1);
	rte_pktmbuf_attach_extbuf(m, data, 0, b->len, shinfo);
	m->data_len = b->len;
	m->pkt_len = b->len;
	return m;
}

/* The counters that tell what became of a frame, added up. */
static uint64_t
verdicts(const struct rte_disassembler_stats *s)
{
	uint64_t sum = s->frames + s->native + s->not_mine + s->duplicate + s->control;
	int i;

	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++)
		sum += s->dropped[i];
	return sum;
}

static void
run_case(struct rte_disassembler *d, const struct bytes *b, struct rte_disassembler_stats *stats)
{
	uint64_t before = verdicts(stats), packets = stats->packets;
	struct rte_mbuf_ext_shared_info shinfo;
	struct rte_mbuf *m = heap_mbuf(b, &shinfo);
	struct rte_mbuf *pkts[MAX_PKTS];
	uint64_t frames = stats->frames;
	uint16_t nb, i;

	assert_int_equal(rte_disassembler_submit_burst(d, &m, 1), 1);
	nb = rte_disassembler_collect_burst(d, pkts, MAX_PKTS);
	rte_disassembler_stats_get(d, stats);
	assert_int_equal(verdicts(stats), before + 1);
	if (stats->frames != frames) {
		assert_int_equal(nb, b->data[18] << 8 | b->data[19]);
		assert_int_equal(stats->packets, packets + nb);
		for (i = 0; i < nb; i++)
			assert_in_range(pkts[i]->pkt_len, 60, MAX_PKT + 4);
	} else {
		assert_int_equal(stats->packets, packets);
	}
	rte_pktmbuf_free_bulk(pkts, nb);
}

static uint64_t
env_number(const char *name, uint64_t otherwise)
{
	const char *env = getenv(name);

	return env != NULL ? strtoull(env, NULL, 0) : otherwise;
}

static void
test_bears_a_million_mutations(void **state)
{
	const uint64_t seed = env_number("TEST_SEED", rte_rdtsc());
	const uint64_t nb = env_number("TEST_CASES", NB_CASES);
	struct rte_disassembler *d = disassembler_make(MAX_PKT);
	struct rte_disassembler_stats stats = { 0 };
	struct bytes b;
	uint64_t i;
	int cause;

	(void)state;
	print_message("seed: %#lx\n", (unsigned long)seed);
	rte_srand(seed);
	for (i = 0; i < nb; i++) {
		if (i % 1000 == 0)
			bases_make();
		mutated_make(&b);
		run_case(d, &b, &stats);
	}
	print_message("delivered: %lu\n", (unsigned long)stats.frames);
	for (cause = 0; cause < RTE_ASSEMBLER_CAUSE_MAX; cause++) {
		print_message("%s: %lu\n", rte_assembler_cause_name(cause),
				(unsigned long)stats.dropped[cause]);
		/* The mutations reach every check. */
		if (nb >= NB_CASES)
			assert_true(stats.dropped[cause] != 0);
	}
	rte_disassembler_free(d);
	assert_pools_full();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_bears_a_million_mutations),
};

TEST_SUITE(assembler_mutation, tests)
