/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TESTASM_PKTGEN_H
#define TESTASM_PKTGEN_H

/* The UDP packets that txonly and flowgen send. */

#include <assert.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "testasm.h"

/* RFC 2544 sets 198.18.0.0/15 aside for benchmarks; RFC 863 makes 9 the discard port. */
#define PKTGEN_SRC_ADDR RTE_IPV4(198, 18, 0, 1)
#define PKTGEN_DST_ADDR RTE_IPV4(198, 19, 0, 1)
#define PKTGEN_UDP_PORT 9

struct pktgen_hdr {
	struct rte_ether_hdr eth;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
};

/* None of the three is aligned to more than two bytes: nothing lies between them. */
static_assert(sizeof(struct pktgen_hdr) == 14 + 20 + 8, "headers must follow one another");

/** Lay out the one packet that pktgen_fill() copies: conf.txpkts bytes out of the trunk port. */
void pktgen_begin(const struct testasm *t);

/** Fill an empty *out* with a burst of copies; nothing if the mempool has too few. */
void pktgen_fill(const struct testasm *t, struct fwd_burst *out);

#endif /* TESTASM_PKTGEN_H */
