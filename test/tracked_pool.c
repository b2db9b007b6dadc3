/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mempool.h>

#include "tracked_pool.h"

#define OPS_NAME "tracked"

struct tracked {
	struct rte_mbuf *m;
	bool is_free;
	uint16_t writers; /* chips that may write to it */
	uint32_t readers; /* descriptors that it is to be sent by */
};

struct tracked_pool {
	struct tracked *objs; /* by address */
	void **queue;         /* free ones, oldest first */
	uint32_t nb, head, nb_free;
	bool armed;           /* all are in place */
	char fault[128];
};

static void __rte_format_printf(2, 3)
fault(struct tracked_pool *p, const char *fmt, ...)
{
	va_list args;

	if (p->fault[0] != '\0')
		return;
	va_start(args, fmt);
	vsnprintf(p->fault, sizeof(p->fault), fmt, args);
	va_end(args);
}

/* The last one that begins at or before *addr*. */
static struct tracked *
find(const struct tracked_pool *p, const void *addr)
{
	uint32_t low = 0, high = p->nb;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if ((const void *)p->objs[mid].m <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? NULL : &p->objs[low - 1];
}

static int
pool_alloc(struct rte_mempool *mp)
{
	struct tracked_pool *p = calloc(1, sizeof(*p));

	if (p != NULL) {
		p->objs = calloc(mp->size, sizeof(p->objs[0]));
		p->queue = calloc(mp->size, sizeof(p->queue[0]));
	}
	mp->pool_data = p;
	return p == NULL || p->objs == NULL || p->queue == NULL ? -ENOMEM : 0;
}

static void
pool_release(struct rte_mempool *mp)
{
	struct tracked_pool *p = mp->pool_data;

	free(p->objs);
	free(p->queue);
	free(p);
}

/* All that whoever takes the mbuf next must not rely on. */
static void
spoil(struct rte_mbuf *m)
{
	m->data_off = 0xBAD;
	m->port = 0xBAD;
	m->ol_flags = ~(RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT);
	m->packet_type = 0xBADBADBA;
	m->pkt_len = 0xBADBADBA;
	m->data_len = 0xBADB;
	m->vlan_tci = 0xBADB;
	m->vlan_tci_outer = 0xBADB;
	m->hash.rss = 0xBADBADBA;
	m->tx_offload = 0xBADBADBADBADBADB;
	memset(m->buf_addr, 0xDB, m->buf_len);
}

static void
take_back(struct tracked_pool *p, struct rte_mbuf *m)
{
	struct tracked *t = find(p, m);

	if (t == NULL || t->m != m) {
		fault(p, "%p is freed to a pool that is not its own", m);
		return;
	}
	if (t->is_free)
		fault(p, "mbuf %p is freed twice", m);
	if (t->writers != 0 || t->readers != 0)
		fault(p, "mbuf %p is freed while a chip has it", m);
	if (rte_mbuf_refcnt_read(m) != 1 || m->next != NULL || m->nb_segs != 1 ||
			!RTE_MBUF_DIRECT(m))
		fault(p, "mbuf %p is freed with refcnt %u, %u segments, %s%s", m,
			rte_mbuf_refcnt_read(m), m->nb_segs, m->next ? "a next one" : "",
			RTE_MBUF_DIRECT(m) ? "" : "a foreign buffer");
	t->is_free = true;
	spoil(m);
}

static int
pool_enqueue(struct rte_mempool *mp, void * const *objs, unsigned int n)
{
	struct tracked_pool *p = mp->pool_data;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (p->armed)
			take_back(p, objs[i]);
		if (p->nb_free == mp->size)
			return 0;
		p->queue[(p->head + p->nb_free++) % mp->size] = objs[i];
	}
	return 0;
}

static int
pool_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	struct tracked_pool *p = mp->pool_data;
	unsigned int i;

	if (n > p->nb_free)
		return -ENOBUFS;
	for (i = 0; i < n; i++) {
		objs[i] = p->queue[p->head];
		p->head = (p->head + 1) % mp->size;
		p->nb_free--;
		if (p->armed)
			find(p, objs[i])->is_free = false;
	}
	return 0;
}

static unsigned int
pool_count(const struct rte_mempool *mp)
{
	const struct tracked_pool *p = mp->pool_data;

	return p->nb_free;
}

static const struct rte_mempool_ops tracked_ops = {
	.name = OPS_NAME,
	.alloc = pool_alloc,
	.free = pool_release,
	.enqueue = pool_enqueue,
	.dequeue = pool_dequeue,
	.get_count = pool_count,
};
RTE_MEMPOOL_REGISTER_OPS(tracked_ops);

static int
by_address(const void *a, const void *b)
{
	const struct tracked *ta = a, *tb = b;

	return ta->m < tb->m ? -1 : ta->m > tb->m;
}

struct rte_mempool *
tracked_pool_create(const char *name, uint32_t nb, uint16_t room)
{
	struct rte_mempool *mp = rte_pktmbuf_pool_create_by_ops(name, nb, 0, 0,
			RTE_PKTMBUF_HEADROOM + room, SOCKET_ID_ANY, OPS_NAME);
	struct tracked_pool *p;
	uint32_t i;

	if (mp == NULL)
		return NULL;
	p = mp->pool_data;
	p->nb = nb;
	for (i = 0; i < nb; i++)
		p->objs[i] = (struct tracked){ .m = p->queue[i], .is_free = true };
	qsort(p->objs, nb, sizeof(p->objs[0]), by_address);
	for (i = 0; i < nb; i++)
		spoil(p->objs[i].m);
	p->armed = true;
	return mp;
}

void
tracked_pool_free(struct rte_mempool *pool)
{
	rte_mempool_free(pool);
}

struct rte_mbuf *
tracked_pool_find(const struct rte_mempool *pool, uint64_t addr, uint32_t len)
{
	const struct tracked *t = find(pool->pool_data, (const void *)(uintptr_t)addr);
	uint64_t start;

	if (t == NULL)
		return NULL;
	/* An attached mbuf has its own buffer all the same, behind its header. */
	start = (uintptr_t)t->m + sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(t->m->pool);
	if (addr < start || addr + len > start + rte_pktmbuf_data_room_size(t->m->pool))
		return NULL;
	return t->m;
}

void
tracked_pool_lend(struct rte_mempool *pool, const struct rte_mbuf *m, bool to_write)
{
	struct tracked_pool *p = pool->pool_data;
	struct tracked *t = find(p, m);

	if (t->is_free)
		fault(p, "mbuf %p, which is free, is given to a chip", m);
	if (t->writers != 0 || (to_write && t->readers != 0))
		fault(p, "mbuf %p is given to a chip twice", m);
	if (to_write)
		t->writers++;
	else
		t->readers++;
}

void
tracked_pool_unlend(struct rte_mempool *pool, const struct rte_mbuf *m, bool to_write)
{
	struct tracked *t = find(pool->pool_data, m);

	if (to_write)
		t->writers--;
	else
		t->readers--;
}

const char *
tracked_pool_fault(const struct rte_mempool *pool)
{
	const struct tracked_pool *p = pool->pool_data;

	return p->fault[0] != '\0' ? p->fault : NULL;
}
