/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RTE_ASSEMBLER_FRAME_H
#define RTE_ASSEMBLER_FRAME_H

/**
 * @file
 * Wire format of the assembled Ethernet frame, version 1.
 */

#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Default EtherType: IEEE 802 local experimental EtherType 1. */
#define RTE_ASSEMBLER_ETHER_TYPE 0x88B5

/** Why an assembled frame was dropped, in the order in which causes are tested. */
enum rte_assembler_cause {
	RTE_ASSEMBLER_CAUSE_SHORT,
	RTE_ASSEMBLER_CAUSE_UNKNOWN_PEER,
	RTE_ASSEMBLER_CAUSE_VERSION,
	RTE_ASSEMBLER_CAUSE_HLEN,
	RTE_ASSEMBLER_CAUSE_FLAGS,
	RTE_ASSEMBLER_CAUSE_CHECKSUM,
	RTE_ASSEMBLER_CAUSE_TRUNCATED,
	RTE_ASSEMBLER_CAUSE_COUNT,
	RTE_ASSEMBLER_CAUSE_LZ4,
	RTE_ASSEMBLER_CAUSE_WALK,
	RTE_ASSEMBLER_CAUSE_MODE,
	RTE_ASSEMBLER_CAUSE_LENGTH,
	RTE_ASSEMBLER_CAUSE_SAME_FIRST,
	RTE_ASSEMBLER_CAUSE_OVERSIZE,
	RTE_ASSEMBLER_CAUSE_NESTED,
	RTE_ASSEMBLER_CAUSE_MAX
};

/** Word of a cause, as in "same_first"; NULL out of range. */
__rte_experimental
const char *rte_assembler_cause_name(enum rte_assembler_cause cause);

#ifdef __cplusplus
}
#endif

#endif /* RTE_ASSEMBLER_FRAME_H */
