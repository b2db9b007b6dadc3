/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_SLEEP_H
#define ASSEMBLER_SLEEP_H

/*
 * Sleeping and waking, of workers and of lcores that collect. Whoever goes to
 * sleep exchanges a word for 1 and then looks for work once more; whoever has
 * made work exchanges the word for 0 and wakes if it was 1. One of the two
 * exchanges comes first: either the sleeper sees the work, or the other one
 * sees the sleeper. No wake-up is lost.
 *
 * A worker has such a word with each client. Who found it asleep and is stopped
 * before it wakes it keeps back its own packets alone.
 */

#include "assembler_private.h"

/** What a worker has found to do lately; set it to 0 to begin. */
struct assembler_idle {
	uint64_t since;  /* TSC; 0: it found something the last time */
	uint32_t pauses;
};

/** A worker whose poll moved nothing pauses, ever longer, and sleeps in the end. */
void assembler_worker_idle(struct rte_assembler_worker *w, struct assembler_idle *idle);

/** Wake a worker, whoever else may be about to. */
void assembler_worker_rouse(struct rte_assembler_worker *w);

/** Call into the kernel to wake who collects. */
void assembler_client_rouse(struct rte_assembler_client *c);

/** There is work for the worker on the client's link. */
static inline void
assembler_worker_wake(struct rte_assembler_client *c, uint16_t worker)
{
	struct rte_assembler *a = c->assembler;

	if (a->conf.sleep_us != 0 && unlikely(assembler_exchange(&c->links[worker].asleep, 0) != 0))
		assembler_worker_rouse(&a->workers[worker]);
}

/** There is something to collect. */
static inline void
assembler_client_wake(struct rte_assembler_client *c)
{
	if (c->wake_fd >= 0 && unlikely(assembler_exchange(&c->waiting, 0) != 0))
		assembler_client_rouse(c);
}

/** A file to be woken by; below 0: none, and errno says why. */
int assembler_event_open(void);

/** Files that a client waits on, in the process that opens it. Control path. */
int assembler_client_open_files(struct rte_assembler_client *c);
void assembler_client_close_files(struct rte_assembler_client *c);

#endif /* ASSEMBLER_SLEEP_H */
