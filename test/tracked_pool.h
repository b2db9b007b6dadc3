/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TRACKED_POOL_H
#define TRACKED_POOL_H

/*
 * A pool of mbufs that knows of each whether it is free and whether a chip
 * has it. Whatever goes wrong with one is recorded as a fault. Free mbufs are
 * filled with garbage, and used again as late as possible.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

struct rte_mempool *tracked_pool_create(const char *name, uint32_t nb, uint16_t room);
void tracked_pool_free(struct rte_mempool *pool);

/** The mbuf, free or not, in which all of [addr, addr + len) lies; NULL: none. */
struct rte_mbuf *tracked_pool_find(const struct rte_mempool *pool, uint64_t addr,
		uint32_t len);

/** A chip has taken a buffer over to write to it, or to read from it. */
void tracked_pool_lend(struct rte_mempool *pool, const struct rte_mbuf *m, bool to_write);
void tracked_pool_unlend(struct rte_mempool *pool, const struct rte_mbuf *m, bool to_write);

/** The first fault of this pool; NULL: none. */
const char *tracked_pool_fault(const struct rte_mempool *pool);

#endif /* TRACKED_POOL_H */
