/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TEST_ASSEMBLER_LCORES_H
#define TEST_ASSEMBLER_LCORES_H

/* Workers of an assembler on lcores of their own, which may all share one CPU. */

#include <sched.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include <rte_assembler.h>

#include "test.h"

struct job {
	struct rte_assembler_worker *w;
	bool stop;
	bool done;
};

static inline int
work(void *arg)
{
	struct job *job = arg;

	while (!__atomic_load_n(&job->stop, __ATOMIC_ACQUIRE))
		if (rte_assembler_worker_poll(job->w) == 0)
			sched_yield();
	__atomic_store_n(&job->done, true, __ATOMIC_RELEASE);
	return 0;
}

/* As a program has it: until rte_assembler_workers_stop(). */
static inline int
work_main(void *arg)
{
	struct job *job = arg;
	int ret = rte_assembler_worker_main(job->w);

	__atomic_store_n(&job->done, true, __ATOMIC_RELEASE);
	return ret;
}

static struct job jobs[RTE_ASSEMBLER_MAX_WORKERS];

/* Worker i runs on lcore i + 1. */
static inline void
workers_launch(struct rte_assembler *a, uint16_t nb, lcore_function_t *fn)
{
	uint16_t i;

	for (i = 0; i < nb; i++) {
		jobs[i] = (struct job){ .w = rte_assembler_worker_get(a, i) };
		assert_int_equal(rte_eal_remote_launch(fn, &jobs[i], i + 1), 0);
	}
	assert_null(rte_assembler_worker_get(a, nb));
}

static inline void
workers_join(uint16_t nb)
{
	uint16_t i;

	for (i = 0; i < nb; i++)
		__atomic_store_n(&jobs[i].stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < nb; i++) {
		/* ThreadSanitizer does not see what rte_eal_wait_lcore() waits for. */
		while (!__atomic_load_n(&jobs[i].done, __ATOMIC_ACQUIRE))
			sched_yield();
		assert_int_equal(rte_eal_wait_lcore(i + 1), 0);
	}
}

#endif /* TEST_ASSEMBLER_LCORES_H */
