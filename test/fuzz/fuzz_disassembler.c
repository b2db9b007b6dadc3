/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * A whole disassembler: any frame, in any number of segments, is counted once,
 * every packet that it yields is sound, and all mbufs come back.
 */

#include <rte_eal.h>
#include <rte_mbuf.h>

#include <rte_disassembler.h>

#include "fuzz.h"

#define BURST 32

static struct rte_mempool *pool;
static struct rte_disassembler *disassemblers[2]; /* the second one: FUZZ_SMALL */

static struct rte_disassembler *
make(const char *name, uint16_t max_pkt)
{
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;

	rte_disassembler_conf_default(&conf);
	conf.own = fuzz_own;
	conf.pkt_pool = pool;
	conf.max_pkt = max_pkt;
	d = rte_disassembler_create(name, &conf);
	fuzz_assert(d != NULL && rte_disassembler_peer_add(d, &fuzz_peer) == 0);
	return d;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *args[] = { (*argv)[0], strdup("--no-shconf"), strdup("--no-huge"), strdup("-m64"),
			strdup("--no-pci"), strdup("--no-telemetry"), strdup("-l0"), NULL };

	(void)argc;
	fuzz_assert(rte_eal_init(RTE_DIM(args) - 1, args) >= 0);
	pool = rte_pktmbuf_pool_create("fuzz", 255, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	fuzz_assert(pool != NULL);
	disassemblers[0] = make("fuzz", FUZZ_MAX_PKT(0));
	disassemblers[1] = make("fuzz_small", FUZZ_MAX_PKT(FUZZ_SMALL));
	return 0;
}

/* In nb_segs segments, or more if those are too small. */
static struct rte_mbuf *
mbuf_of(const uint8_t *data, uint32_t len, uint32_t nb_segs)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *seg = head;
	uint32_t part, size = RTE_MIN(len / nb_segs + 1, 2000u);

	while (true) {
		fuzz_assert(seg != NULL);
		part = RTE_MIN(len, size);
		if (part != 0)
			memcpy(rte_pktmbuf_append(seg, part), data, part);
		fuzz_assert(seg == head || rte_pktmbuf_chain(head, seg) == 0);
		data += part;
		len -= part;
		if (len == 0)
			return head;
		seg = rte_pktmbuf_alloc(pool);
	}
}

static uint64_t
collect(struct rte_disassembler *d)
{
	struct rte_mbuf *pkts[BURST];
	uint64_t all = 0;
	uint16_t nb, i;

	while ((nb = rte_disassembler_collect_burst(d, pkts, BURST)) != 0) {
		for (i = 0; i < nb; i++)
			rte_mbuf_sanity_check(pkts[i], 1);
		rte_pktmbuf_free_bulk(pkts, nb);
		all += nb;
	}
	return all;
}

/* Frames by what became of them. */
static uint64_t
fates(const struct rte_disassembler_stats *stats)
{
	uint64_t sum = stats->frames + stats->native + stats->control + stats->not_mine +
			stats->duplicate;
	int i;

	for (i = 0; i < RTE_ASSEMBLER_CAUSE_MAX; i++)
		sum += stats->dropped[i];
	return sum;
}

/*
 * Each frame is the first one of its sender's life: what becomes of it must not
 * depend on the inputs before.
 */
static void
renew_epoch(uint8_t *frame)
{
	static uint16_t epoch;
	struct rte_assembler_hdr hdr;

	memcpy(&hdr, frame + RTE_ETHER_HDR_LEN, sizeof(hdr));
	hdr.epoch = ++epoch;
	hdr.hdr_csum = 0;
	hdr.hdr_csum = ~rte_raw_cksum(&hdr, sizeof(hdr));
	memcpy(frame + RTE_ETHER_HDR_LEN, &hdr, sizeof(hdr));
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct rte_disassembler_stats before, after;
	struct rte_disassembler *d;
	struct rte_mbuf *m;
	uint8_t *frame;
	uint64_t all;

	if (size == 0)
		return 0;
	frame = fuzz_frame(input, size);
	if ((input[0] & FUZZ_REPAIR) && size - 1 >= RTE_ETHER_HDR_LEN + RTE_ASSEMBLER_HDR_LEN)
		renew_epoch(frame);
	m = mbuf_of(frame, size - 1, (input[0] >> FUZZ_SEGS_SHIFT) + 1);
	free(frame);
	d = disassemblers[(input[0] & FUZZ_SMALL) != 0];
	rte_disassembler_stats_get(d, &before);
	fuzz_assert(rte_disassembler_submit_burst(d, &m, 1) == 1);
	all = collect(d);
	rte_disassembler_stats_get(d, &after);
	fuzz_assert(fates(&after) == fates(&before) + 1);
	fuzz_assert(after.packets - before.packets + after.native - before.native == all);
	fuzz_assert((after.frames != before.frames) == (after.packets != before.packets));
	fuzz_assert(after.no_mbuf == 0 && rte_mempool_in_use_count(pool) == 0);
	return 0;
}
