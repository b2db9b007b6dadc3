/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* With --interrupt, an lcore that has nothing to do waits for its ports' RX interrupts. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_epoll.h>
#include <rte_errno.h>

#include "fwd.h"

/* An lcore wakes as often, to see whether it is to leave and for the main one's chores. */
#define SLEEP_MS 100

static const struct {
	enum fwd_task task;
	enum fwd_side rx;
} receives[] = {
	{ FWD_RX, FWD_ACCESS },
	{ FWD_BACK, FWD_TRUNK },
};

static int
sleeper_add(struct sleeper *s, const struct fwd_port *p)
{
	int ret = rte_eth_dev_rx_intr_ctl_q(p->id, 0, s->epfd, RTE_INTR_EVENT_ADD, NULL);

	if (ret == 0)
		s->port[s->nb_ports++] = p;
	else
		testasm_error("--interrupt: port %u (%s) has no RX interrupts; leave the option "
			"out", p->id, p->driver);
	return ret;
}

/* With workers, what they made is collected by one lcore, and they wake it. */
static int
sleeper_collect(const struct testasm *t, struct sleeper *s)
{
	int fd = rte_assembler_collect_fd(t->client);

	s->collect = (struct rte_epoll_event) { .epdata.event = EPOLLIN };
	s->collects = true;
	return fd >= 0 ? rte_epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &s->collect) : fd;
}

int
sleeper_begin(struct testasm *t, unsigned int lcore, struct sleeper *s)
{
	unsigned int i;
	int ret = 0;

	memset(s, 0, sizeof(*s));
	s->epfd = -1;
	if (!t->conf.interrupt)
		return 0;
	s->epfd = epoll_create1(0);
	if (s->epfd < 0) {
		testasm_error("--interrupt: cannot get an epoll instance: %s", strerror(errno));
		return -errno;
	}
	s->nb_polls = lcores_polls(t, lcore, s->polls);
	/* After the hold time nothing is under way in the library any more. */
	s->patience = rte_get_tsc_hz() * (t->conf.hold_us + TESTASM_PATIENCE_US) / US_PER_S;
	for (i = 0; i < RTE_DIM(receives) && ret == 0; i++) {
		if (t->lcores.task[receives[i].task] != lcore ||
				t->engine->poll[receives[i].task] == NULL)
			continue;
		s->dir[s->nb_ports] = &t->dir[FWD_SIDES - 1 - receives[i].rx];
		ret = sleeper_add(s, &t->port[receives[i].rx]);
	}
	if (ret == 0 && t->lcores.nb_workers > 0 && t->lcores.task[FWD_TX] == lcore)
		ret = sleeper_collect(t, s);
	return ret;
}

void
sleeper_end(struct sleeper *s)
{
	unsigned int i;

	for (i = 0; i < s->nb_ports; i++)
		(void)rte_eth_dev_rx_intr_ctl_q(s->port[i]->id, 0, s->epfd,
			RTE_INTR_EVENT_DEL, NULL);
	if (s->epfd >= 0)
		close(s->epfd);
	s->nb_ports = 0;
	s->collects = false;
	s->epfd = -1;
}

/* A packet that came before the interrupts were enabled raises none. */
static bool
has_come(struct testasm *t, const struct sleeper *s)
{
	unsigned int moved = s->collects ? rte_assembler_collect_arm(t->client) : 0, i;

	for (i = 0; i < s->nb_polls; i++)
		moved += s->polls[i](t);
	return moved != 0;
}

static void
sleeper_wait(struct testasm *t, struct sleeper *s)
{
	struct rte_epoll_event events[FWD_SIDES + 1];
	unsigned int i;

	for (i = 0; i < s->nb_ports; i++)
		rte_eth_dev_rx_intr_enable(s->port[i]->id, 0);
	if (!has_come(t, s))
		(void)rte_epoll_wait(s->epfd, events, RTE_DIM(events), SLEEP_MS);
	for (i = 0; i < s->nb_ports; i++)
		rte_eth_dev_rx_intr_disable(s->port[i]->id, 0);
}

void
sleeper_turn(struct testasm *t, struct sleeper *s, unsigned int moved)
{
	uint64_t now = rte_get_tsc_cycles();
	unsigned int i;

	for (i = 0; i < s->nb_ports; i++)
		moved += s->dir[i]->in.nb + s->dir[i]->out.nb;
	if (s->collects)
		moved += t->dir[FWD_TRUNK].out.nb;
	if (moved != 0 || s->busy_at == 0) {
		s->busy_at = now;
		return;
	}
	if (now - s->busy_at < s->patience)
		return;
	sleeper_wait(t, s);
}
