/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Pools for test_assembler_util.h: ThreadSanitizer sees by their locks how mbufs go
 * from lcore to lcore.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_mempool.h>

struct locked_stack {
	pthread_mutex_t lock;
	unsigned int nb;
	void *objs[];
};

static int
locked_alloc(struct rte_mempool *mp)
{
	/* As other ops, in EAL's memory, in which no leak is looked for: pools are never freed. */
	struct locked_stack *s = rte_zmalloc("locked_stack",
			sizeof(*s) + mp->size * sizeof(s->objs[0]), 0);

	if (s == NULL)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	mp->pool_data = s;
	return 0;
}

static void
locked_free(struct rte_mempool *mp)
{
	rte_free(mp->pool_data);
}

static int
locked_enqueue(struct rte_mempool *mp, void * const *objs, unsigned int nb)
{
	struct locked_stack *s = mp->pool_data;

	pthread_mutex_lock(&s->lock);
	memcpy(s->objs + s->nb, objs, nb * sizeof(objs[0]));
	s->nb += nb;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static int
locked_dequeue(struct rte_mempool *mp, void **objs, unsigned int nb)
{
	struct locked_stack *s = mp->pool_data;
	int ret = -ENOBUFS;

	pthread_mutex_lock(&s->lock);
	if (nb <= s->nb) {
		s->nb -= nb;
		memcpy(objs, s->objs + s->nb, nb * sizeof(objs[0]));
		ret = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return ret;
}

static unsigned int
locked_count(const struct rte_mempool *mp)
{
	const struct locked_stack *s = mp->pool_data;

	return s->nb;
}

static const struct rte_mempool_ops locked_ops = {
	.name = "test_locked",
	.alloc = locked_alloc,
	.free = locked_free,
	.enqueue = locked_enqueue,
	.dequeue = locked_dequeue,
	.get_count = locked_count,
};

RTE_MEMPOOL_REGISTER_OPS(locked_ops)
