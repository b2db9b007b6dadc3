/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef FUZZ_H
#define FUZZ_H

/*
 * What the fuzz targets share. An input is a byte that says what to do with the
 * frame, and the frame.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include <rte_assembler_frame.h>

/* Make addresses, EtherType and checksum good: chance would never find them. */
#define FUZZ_REPAIR 0x01
/* Rebuilt packets are at most 60 bytes, else 1514. */
#define FUZZ_SMALL 0x02
/* Number of segments - 1 of the mbuf. */
#define FUZZ_SEGS_SHIFT 4

#define FUZZ_MAX_PKT(what) (((what) & FUZZ_SMALL) ? 60 : 1514)

static const struct rte_ether_addr fuzz_own = { { 0x02, 0, 0, 0, 0, 0x02 } };
static const struct rte_ether_addr fuzz_peer = { { 0x02, 0, 0, 0, 0, 0x01 } };

/* libFuzzer calls these. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static inline void
fuzz_assert_at(bool good, const char *text, int line)
{
	if (good)
		return;
	fprintf(stderr, "line %d: not so: %s\n", line, text);
	abort();
}
#define fuzz_assert(x) fuzz_assert_at(x, #x, __LINE__)

/* A copy of the input's frame that ends where its memory ends, to be freed. */
static inline uint8_t *
fuzz_frame(const uint8_t *input, size_t size)
{
	struct rte_assembler_hdr hdr;
	struct rte_ether_hdr eth = {
		.dst_addr = fuzz_own,
		.src_addr = fuzz_peer,
		.ether_type = RTE_BE16(RTE_ASSEMBLER_ETHER_TYPE),
	};
	uint8_t *frame = malloc(size - 1);

	fuzz_assert(frame != NULL || size == 1);
	if (size > 1)
		memcpy(frame, input + 1, size - 1);
	if (!(input[0] & FUZZ_REPAIR) || size - 1 < sizeof(eth) + sizeof(hdr))
		return frame;
	memcpy(frame, &eth, sizeof(eth));
	memcpy(&hdr, frame + sizeof(eth), sizeof(hdr));
	hdr.hdr_csum = 0;
	hdr.hdr_csum = ~rte_raw_cksum(&hdr, sizeof(hdr));
	memcpy(frame + sizeof(eth), &hdr, sizeof(hdr));
	return frame;
}

#endif /* FUZZ_H */
