/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * The machine that finds peers, over a life of control frames and pauses. An input is a
 * sequence of steps: what to do, how long to wait, bytes of TLVs and the TLVs. Whatever
 * comes, its peers are few and different, and what it sends is good and little.
 */

#include "assembler_control.h"
#include "fuzz.h"

#define MAX_PEERS 4
#define INTERVAL 16
#define ROOM 4096
#define EPOCH 0x0101
/* In a step's first byte: whose frame it is, and to whom. */
#define SOURCES 7
#define TO_ALL 0x08
#define LEAVE 0xFF
/* Headers of a step. */
#define STEP_LEN 4

static struct assembler_control control;

static void
begin(uint8_t what)
{
	const struct assembler_control_conf conf = {
		.own = fuzz_own,
		.ether_type = RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE),
		.sends = !(what & 1),
		.receives = !(what & 2),
		.hello = {
			.lowest = 1,
			.highest = 1,
			.max_frame = 1514,
			.max_count = 100,
			.epoch = EPOCH,
			.interval_ms = INTERVAL,
		},
		.send_frame = what & 4 ? ROOM : 1514,
		.max_peers = MAX_PEERS,
		.interval = INTERVAL,
		.hz = 1000,
	};

	assembler_control_init(&control, &conf);
}

static bool
frame_good(const uint8_t *frame, uint32_t len, struct assembler_frame_info *info)
{
	const struct assembler_frame_limits limits = {
		.ether_type = RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE),
		.max_pkt = 1514,
	};

	return assembler_frame_check(frame, len, &limits, NULL, info) == ASSEMBLER_FRAME_OK;
}

/* *len* bytes of TLVs in a frame that ends where its memory ends. */
static void
give(const uint8_t *step, const uint8_t *tlvs, uint32_t len, uint64_t now)
{
	const struct rte_ether_addr src = { { 2, 0, 0, 0, 0, 1 + (step[0] & SOURCES) } };
	struct assembler_frame_info info = {
		.flags = RTE_ASSEMBLER_FLAG_CTRL,
		.payload_len = len,
		.count = step[2],
	};
	uint8_t addrs[ASSEMBLER_ADDRS_LEN];
	uint8_t padded[ASSEMBLER_FRAME_OVERHEAD + UINT8_MAX + 60];
	uint8_t *frame;

	memset(addrs, 0xFF, sizeof(addrs));
	if (!(step[0] & TO_ALL))
		memcpy(addrs, &fuzz_own, 6);
	memcpy(addrs + 6, &src, 6);
	memcpy(padded + ASSEMBLER_FRAME_OVERHEAD, tlvs, len);
	assembler_frame_finish(padded, assembler_addrs_load(addrs),
			RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE), &info);
	len += ASSEMBLER_FRAME_OVERHEAD;
	frame = malloc(len);
	fuzz_assert(frame != NULL);
	memcpy(frame, padded, len);
	if (frame_good(frame, len, &info))
		assembler_control_receive(&control, frame, len, &info, now);
	free(frame);
}

static void
check_peers(uint64_t now)
{
	const struct assembler_control_peer *a, *b, *end = control.peers + MAX_PEERS;

	for (a = control.peers; a < end; a++) {
		if (a->state == RTE_ASSEMBLER_PEER_NONE)
			continue;
		fuzz_assert(a->state < RTE_ASSEMBLER_PEER_MAX && a->heard <= now);
		fuzz_assert(a->hello.max_frame >= 60 && a->hello.max_count != 0);
		fuzz_assert(a->hello.lowest <= 1 && a->hello.highest >= 1);
		fuzz_assert(assembler_control_max_frame(a) <= a->hello.max_frame);
		fuzz_assert(a->probe.proven <= RTE_MAX(a->probe.target, 1514));
		if (a->state == RTE_ASSEMBLER_PEER_UP)
			fuzz_assert(control.conf.sends && now - a->answered < 3 * INTERVAL);
		for (b = a + 1; b < end; b++)
			fuzz_assert(b->state == RTE_ASSEMBLER_PEER_NONE ||
					!rte_is_same_ether_addr(&a->addr, &b->addr));
	}
	for (a = end; a < control.peers + RTE_ASSEMBLER_DISCOVERY_MAX_PEERS; a++)
		fuzz_assert(a->state == RTE_ASSEMBLER_PEER_NONE && a->due == 0);
}

static void
send_all(uint64_t now)
{
	uint8_t frame[ROOM];
	struct assembler_frame_info info;
	uint32_t nb = 0, len;

	assembler_control_poll(&control, now);
	check_peers(now);
	while ((len = assembler_control_next(&control, frame, ROOM)) != 0) {
		fuzz_assert(len >= 60 && len <= ROOM);
		fuzz_assert(frame_good(frame, len, &info));
		/* Streams used again have another one, in the upper bits. */
		fuzz_assert((info.epoch & UINT8_MAX) == (EPOCH & UINT8_MAX));
		fuzz_assert(len <= 1514 || control.conf.send_frame > 1514);
		/* To everybody, and to each peer one of each kind of frame. */
		fuzz_assert(++nb <= 1 + 2 * MAX_PEERS);
	}
	fuzz_assert(assembler_control_idle(&control, now));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const uint8_t *end = input + size;
	uint64_t now = 1;
	uint32_t len;

	if (size == 0)
		return 0;
	begin(*input++);
	while (end - input >= STEP_LEN) {
		now += input[1];
		len = RTE_MIN(input[3], end - input - STEP_LEN);
		if (input[0] == LEAVE)
			assembler_control_leave(&control);
		else
			give(input, input + STEP_LEN, len, now);
		send_all(now);
		input += STEP_LEN + len;
	}
	return 0;
}
