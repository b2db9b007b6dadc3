/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_TX_H
#define ASM82545_TX_H

/* What the transmit paths share: filling descriptors, RS, room. */

#include "asm82545.h"

static inline uint16_t
asm82545_tx_next(const struct asm82545_txq *q, uint16_t slot)
{
	return slot + 1 == q->nb_desc ? 0 : slot + 1;
}

static inline void
asm82545_tx_put(struct asm82545_txq *q, struct rte_mbuf *m, rte_iova_t iova, uint64_t word)
{
	asm82545_txd_fill(&q->ring[q->tail], iova, word);
	q->sw_ring[q->tail] = m;
	q->tail = asm82545_tx_next(q, q->tail);
	q->nb_free--;
	q->nb_since_rs++;
}

/* §3.3.3: EOP on the last descriptor; IFCS is valid with it. */
static inline uint64_t
asm82545_tx_last(struct asm82545_txq *q)
{
	uint64_t word = ASM82545_TXD_CMD_EOP | ASM82545_TXD_CMD_IFCS;

	if (q->nb_since_rs + 1 >= q->rs_thresh) {
		word |= ASM82545_TXD_CMD_RS;
		q->rs_slot[q->rs_tail] = q->tail;
		q->rs_tail = asm82545_tx_next(q, q->rs_tail);
		q->nb_since_rs = UINT16_MAX; /* asm82545_tx_put() makes it 0 */
	}
	return word;
}

static inline bool
asm82545_tx_has_room(struct asm82545_txq *q, uint16_t nb)
{
	if (likely(q->nb_free >= nb + ASM82545_TX_GAP))
		return true;
	asm82545_tx_reclaim(q);
	return q->nb_free >= nb + ASM82545_TX_GAP;
}

#endif /* ASM82545_TX_H */
