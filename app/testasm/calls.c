/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* What other threads have the main lcore do between two turns of its loop. */

#include <errno.h>
#include <pthread.h>

#include "fwd.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	call_t fn; /* NULL: nothing to do */
	const void *arg;
	int ret;
	bool done;
	bool closed;
} calls = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

int
calls_make(call_t fn, const void *arg)
{
	int ret = -ESHUTDOWN;

	pthread_mutex_lock(&calls.lock);
	calls.done = false;
	if (!calls.closed) {
		calls.arg = arg;
		__atomic_store_n(&calls.fn, fn, __ATOMIC_RELAXED);
	}
	while (!calls.closed && !calls.done)
		pthread_cond_wait(&calls.changed, &calls.lock);
	if (calls.done)
		ret = calls.ret;
	pthread_mutex_unlock(&calls.lock);
	return ret;
}

void
calls_serve(struct testasm *t)
{
	/* A look without the lock: the next turn sees what this one misses. */
	if (likely(__atomic_load_n(&calls.fn, __ATOMIC_RELAXED) == NULL))
		return;
	pthread_mutex_lock(&calls.lock);
	calls.ret = calls.fn(t, calls.arg);
	calls.fn = NULL;
	calls.done = true;
	pthread_cond_signal(&calls.changed);
	pthread_mutex_unlock(&calls.lock);
}

void
calls_close(void)
{
	pthread_mutex_lock(&calls.lock);
	calls.closed = true;
	calls.fn = NULL;
	pthread_cond_signal(&calls.changed);
	pthread_mutex_unlock(&calls.lock);
}
