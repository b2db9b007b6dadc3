/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "assembler_sleep.h"

/* Most pauses between two polls of an idle worker. */
#define MAX_PAUSES 64
/* A worker whose clients do not collect looks again after so long. */
#define BLOCKED_NS 100000
#define FOREVER UINT64_MAX

static struct timespec
timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

/* Nanoseconds until the next frame of the link closes by time. */
static uint64_t
link_next_ns(const struct assembler_link *link, uint64_t now)
{
	uint64_t left = FOREVER, age, hold;
	const struct assembler_stream *s;
	uint16_t class;

	for (class = 0; class < link->nb_classes; class++) {
		s = TAILQ_FIRST(&link->open[class]);
		if (s == NULL)
			continue;
		age = now - s->opened;
		hold = assembler_load_relaxed(&s->rules->hold_cycles);
		left = RTE_MIN(left, age < hold ? hold - age : 0);
	}
	return left == FOREVER ? FOREVER : assembler_cycles_to_ns(left);
}

/* Nanoseconds for which the worker has nothing to do for the link. */
static uint64_t
link_idle_ns(const struct assembler_link *link, uint64_t now)
{
	const uint64_t next = link_next_ns(link, now);
	const bool waits = !rte_ring_empty(link->submit) ||
			assembler_load_relaxed(&link->request) !=
			assembler_load_relaxed(&link->served);

	if (!waits)
		return next;
	/* There is work; with room for it the worker goes on, else when somebody collects. */
	return assembler_link_room(link) != 0 ? 0 : RTE_MIN(next, (uint64_t)BLOCKED_NS);
}

static uint64_t
worker_idle_ns(const struct rte_assembler_worker *w)
{
	const struct rte_assembler *a = w->assembler;
	const uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 in slot_add() */
	const uint64_t now = rte_rdtsc();
	uint64_t ns = FOREVER;
	uint32_t i;

	for (i = 0; i < nb_slots; i++)
		ns = RTE_MIN(ns, link_idle_ns(&a->slots[i]->links[w->index], now));
	return ns;
}

/* Ask all clients to wake the worker, or no longer. */
static void
worker_tell(struct rte_assembler_worker *w, uint32_t asleep)
{
	struct rte_assembler *a = w->assembler;
	const uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 in slot_add() */
	uint32_t i;

	for (i = 0; i < nb_slots; i++)
		(void)assembler_exchange(&a->slots[i]->links[w->index].asleep, asleep);
}

static void
worker_sleep(struct rte_assembler_worker *w)
{
	/* A12: pairs with R12 in assembler_worker_rouse(): what it was woken for is there. */
	const uint32_t wakes = assembler_load_acquire(&w->wakes);
	struct timespec timeout;
	uint64_t ns;

	worker_tell(w, 1);
	ns = worker_idle_ns(w);
	/* With A4 in rte_assembler_worker_main(). */
	if (ns != 0 && !assembler_load_acquire(&w->stop)) {
		timeout = timespec_of(ns);
		/* Not if it was woken meanwhile. Woken by whatever it may be, the worker polls. */
		syscall(SYS_futex, &w->wakes, FUTEX_WAIT, wakes, ns == FOREVER ? NULL : &timeout,
				NULL, 0);
	}
	worker_tell(w, 0);
}

void
assembler_worker_rouse(struct rte_assembler_worker *w)
{
	/* R12: pairs with A12 in worker_sleep(). */
	(void)assembler_fetch_add(&w->wakes, 1);
	syscall(SYS_futex, &w->wakes, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void
assembler_worker_idle(struct rte_assembler_worker *w, struct assembler_idle *idle)
{
	const uint64_t now = rte_rdtsc();
	uint32_t i;

	if (w->assembler->conf.sleep_us == 0) {
		rte_pause();
		return;
	}
	if (idle->since == 0) {
		idle->since = now;
		idle->pauses = 1;
	}
	if (now - idle->since >= w->sleep_cycles) {
		worker_sleep(w);
		return;
	}
	for (i = 0; i < idle->pauses; i++)
		rte_pause();
	idle->pauses = RTE_MIN(2 * idle->pauses, (uint32_t)MAX_PAUSES);
}

int
assembler_event_open(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/* With workers the eventfd that they write to, inline a timer for the hold time. */
int
assembler_client_open_files(struct rte_assembler_client *c)
{
	c->fd = c->wake_fd;
	if (c->assembler->conf.nb_workers == 0)
		c->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return c->assembler->conf.nb_workers == 0 && c->fd < 0 ? -errno : 0;
}

/* The eventfd stays: a worker that has seen the client wait may write to it any time later. */
void
assembler_client_close_files(struct rte_assembler_client *c)
{
	if (c->assembler->conf.nb_workers == 0 && c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void
assembler_client_rouse(struct rte_assembler_client *c)
{
	const uint64_t one = 1;

	/* It fails only where it has been written to 2^64 - 2 times. */
	if (write(c->wake_fd, &one, sizeof(one)) < 0)
		return;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_collect_fd, 26.11)
int
rte_assembler_collect_fd(const struct rte_assembler_client *c)
{
	return c->fd >= 0 ? c->fd : -ENOTSUP;
}

/* Is there anything to collect, or did a flush end, which may have nothing to collect? */
static bool
anything_done(struct rte_assembler_client *c)
{
	struct assembler_link *link;
	uint32_t served;
	bool done = false;

	for (link = c->links; link < c->links + c->nb_links; link++) {
		served = assembler_load_relaxed(&link->served);
		done |= served != link->seen || !rte_ring_empty(link->done);
		link->seen = served;
	}
	return done;
}

/* A timer that runs out when the next frame is to be closed. */
static int
inline_arm(struct rte_assembler_client *c)
{
	const uint64_t ns = link_next_ns(&c->links[0], rte_rdtsc());
	struct itimerspec timer = { .it_value = { 0 } };

	if (ns == 0)
		return 1;
	if (ns != FOREVER)
		timer.it_value = timespec_of(ns);
	return timerfd_settime(c->fd, 0, &timer, NULL) == 0 ? 0 : -errno;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_collect_arm, 26.11)
int
rte_assembler_collect_arm(struct rte_assembler_client *c)
{
	uint64_t count;

	if (c->fd < 0)
		return -ENOTSUP;
	/* What it says of earlier times does not count; there may be nothing to read. */
	(void)!read(c->fd, &count, sizeof(count));
	(void)assembler_exchange(&c->waiting, 1);
	if (anything_done(c))
		return 1;
	return c->assembler->conf.nb_workers != 0 ? 0 : inline_arm(c);
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_collect_wait, 26.11)
uint16_t
rte_assembler_collect_wait(struct rte_assembler_client *c, struct rte_mbuf **pkts, uint16_t nb,
		uint32_t timeout_us)
{
	const struct timespec timeout = timespec_of(timeout_us * UINT64_C(1000));
	struct pollfd file = { .fd = c->fd, .events = POLLIN };
	uint16_t done;

	done = rte_assembler_collect_burst(c, pkts, nb);
	if (done != 0 || timeout_us == 0)
		return done;
	if (rte_assembler_collect_arm(c) == 0)
		ppoll(&file, 1, &timeout, NULL);
	(void)assembler_exchange(&c->waiting, 0);
	return rte_assembler_collect_burst(c, pkts, nb);
}
