/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * The devices' own CPU, where the tails are plain memory: a thread looks at
 * them and lets the devices work, all the time or when it is told to.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_pause.h>

#include "native82545_private.h"

/* Looks that find nothing before the thread sleeps, and for how long. */
#define IDLE_MAX 2000
#define IDLE_US  50

static bool started;
static bool held;
/* Orders of go(), and how many were carried out. */
static uint32_t ordered, done;

static void
work(void)
{
	native82545_lock();
	while (native82545_work())
		;
	native82545_unlock();
}

static void *
thread_main(void *arg)
{
	uint32_t idle = 0, order;
	bool busy;

	for (;;) {
		order = __atomic_load_n(&ordered, __ATOMIC_ACQUIRE);
		if (order != done) {
			work();
			__atomic_store_n(&done, order, __ATOMIC_RELEASE);
			busy = true;
		} else if (!__atomic_load_n(&held, __ATOMIC_RELAXED)) {
			native82545_lock();
			busy = native82545_work();
			native82545_unlock();
		} else {
			busy = false;
		}
		idle = busy ? 0 : idle + 1;
		if (idle > IDLE_MAX)
			usleep(IDLE_US);
		else
			rte_pause();
	}
	return arg;
}

static int
last_cpu(void)
{
	cpu_set_t set;
	int cpu;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	for (cpu = CPU_SETSIZE - 1; cpu > 0; cpu--)
		if (CPU_ISSET(cpu, &set))
			break;
	return cpu;
}

int
native82545_thread_begin(void)
{
	const char *cpu = getenv("NATIVE82545_CPU");
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(cpu != NULL ? atoi(cpu) : last_cpu(), &set);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (ret == 0)
		ret = pthread_create(&thread, &attr, thread_main, NULL);
	pthread_attr_destroy(&attr);
	started = ret == 0;
	return -ret;
}

static void
control_hold(void)
{
	__atomic_store_n(&held, true, __ATOMIC_RELAXED);
	native82545_control.go();
}

/* With trapped tails there is nothing left to do. */
static void
control_go(void)
{
	uint32_t order = ordered + 1;

	if (!started)
		return;
	__atomic_store_n(&ordered, order, __ATOMIC_RELEASE);
	while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != order)
		rte_pause();
}

static uint64_t
control_writes(unsigned int device, uint32_t offset)
{
	return native82545_devices[device].nb_writes[offset / 4];
}

static uint64_t
control_reads(unsigned int device)
{
	return native82545_devices[device].nb_reads;
}

static uint32_t
control_faults(unsigned int device)
{
	return native82545_devices[device].model.nb_faults;
}

const struct native82545_control native82545_control = {
	.hold = control_hold,
	.go = control_go,
	.writes = control_writes,
	.reads = control_reads,
	.faults = control_faults,
};
