/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_ENTRY_H
#define ASSEMBLER_ENTRY_H

/*
 * A packet as it goes through a submission ring: the submitting lcore, which has
 * the mbuf in its caches, writes down all that packing it needs. So the lcore that
 * packs it fetches its bytes alone. What is fetched from another core's caches is
 * most of what a packet costs there, and whoever uses the mbuf next would pay for
 * fetching it back.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_prefetch.h>

/**
 * Packets between the fetch of a packet's bytes, which a NIC has written to the last cache
 * or to memory, and its turn to be packed.
 */
#define ASSEMBLER_FETCH_AHEAD 6
/** Pools that a client can have whole packets of; those of further ones are not. */
#define ASSEMBLER_POOLS 8
/** No whole packet is of this one. */
#define ASSEMBLER_NO_POOL UINT16_MAX

struct assembler_entry {
	struct rte_mbuf *mbuf;
	/*
	 * Of a whole packet: one in one segment, in a buffer of its own, that nobody else
	 * refers to. When its bytes are copied, the mbuf goes back to its pool as it is.
	 */
	uint32_t offset; /* of its bytes from mbuf */
	uint32_t kind;   /* its pool's number, from 1, << 16 | its bytes; 0: it is not whole */
};

/** A packet that is whole if it is of *pool*; *number* is that of the pool. */
static inline struct assembler_entry
assembler_entry_make(struct rte_mbuf *m, const struct rte_mempool *pool, uint32_t number)
{
	struct assembler_entry e = { .mbuf = m };

	if (likely(rte_mbuf_refcnt_read(m) == 1 && m->nb_segs == 1 && RTE_MBUF_DIRECT(m) &&
			m->pool == pool)) {
		e.offset = (uintptr_t)m->buf_addr + m->data_off - (uintptr_t)m;
		e.kind = number << 16 | m->data_len;
	}
	return e;
}

static inline bool
assembler_entry_is_whole(const struct assembler_entry *e)
{
	return e->kind != 0;
}

/** Number of a whole packet's pool. */
static inline uint16_t
assembler_entry_pool(const struct assembler_entry *e)
{
	return e->kind >> 16;
}

/** The bytes of a whole packet; the mbuf of another one. */
static inline const uint8_t *
assembler_entry_data(const struct assembler_entry *e)
{
	return RTE_PTR_ADD(e->mbuf, e->offset);
}

/** Bytes of any packet. */
static inline uint32_t
assembler_entry_len(const struct assembler_entry *e)
{
	return likely(assembler_entry_is_whole(e)) ? (uint16_t)e->kind : e->mbuf->pkt_len;
}

/** Fetch the first bytes of packets. */
static inline void
assembler_fetch(struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t i;

	for (i = 0; i < nb; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
}

/** Up to ASSEMBLER_BURST packets, as another lcore wrote them down or as the client has them. */
struct assembler_burst {
	const struct assembler_entry *entries; /* or NULL: not written down */
	struct rte_mbuf **pkts;
};

static inline struct rte_mbuf *
assembler_burst_mbuf(const struct assembler_burst *b, uint16_t i)
{
	return b->entries != NULL ? b->entries[i].mbuf : b->pkts[i];
}

/** Bytes of packet number *i*. */
static inline uint32_t
assembler_burst_len(const struct assembler_burst *b, uint16_t i)
{
	return b->entries != NULL ? assembler_entry_len(&b->entries[i]) : b->pkts[i]->pkt_len;
}

/** The first *len* bytes of packet number *i*, which it must have: where they are, or in *copy*. */
static inline const uint8_t *
assembler_burst_read(const struct assembler_burst *b, uint16_t i, uint32_t len, void *copy)
{
	if (b->entries == NULL)
		return rte_pktmbuf_read(b->pkts[i], 0, len, copy);
	if (likely(assembler_entry_is_whole(&b->entries[i])))
		return assembler_entry_data(&b->entries[i]);
	return rte_pktmbuf_read(b->entries[i].mbuf, 0, len, copy);
}

#endif /* ASSEMBLER_ENTRY_H */
