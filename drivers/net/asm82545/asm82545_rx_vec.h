/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_RX_VEC_H
#define ASM82545_RX_VEC_H

/* What the receive paths with vectors share: what a burst does around their own part. */

#include "asm82545_rx.h"

/* The path's own part: good frames of the row, four at a time; returns how many. */
static inline uint32_t asm82545_rx_vec_fours(struct asm82545_rxq *q, struct rte_mbuf **pkts,
		uint32_t nb);

static __rte_noinline uint16_t
asm82545_rx_vec_rows(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts,
		     uint32_t done)
{
	return asm82545_rx_rows(q, pkts, nb_pkts, done, asm82545_rx_vec_fours, false);
}

static __rte_noinline uint16_t
asm82545_rx_vec_pkts(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return asm82545_rx_vec_burst(q, pkts, nb_pkts, asm82545_rx_vec_fours,
			asm82545_rx_vec_rows);
}

static __rte_always_inline uint16_t
asm82545_rx_vec_recv(struct asm82545_rxq *q, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	int nb = nb_pkts == 1 ? asm82545_rx_single(q, pkts, false) : -1;

	return nb >= 0 ? nb : asm82545_rx_vec_pkts(q, pkts, nb_pkts);
}

#endif /* ASM82545_RX_VEC_H */
