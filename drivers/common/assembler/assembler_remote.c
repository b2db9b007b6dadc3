/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Clients of secondary processes. Their memory is shared, as all memory of EAL;
 * what is left to do is to ask the primary process for a slot, and to notice the
 * death of who has one. With its request the secondary process sends the end of
 * a pipe whose other end it keeps and never uses: when it ends, however that
 * may be, the kernel closes that one. The primary process then does in its place
 * what it did not: it collects, flushes and closes.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "assembler_private.h"
#include "assembler_sleep.h"

#define ACTION "assembler"
/* How long the primary process may take to answer. */
#define ANSWER_S 10
/* Between two looks at who is alive. */
#define LOOK_US 20000
#define BURST 64

struct remote_request {
	char name[ASSEMBLER_NAME_LEN + 1];
	bool close;              /* or open */
	uint32_t slot;           /* to close; in the answer: opened */
	int32_t ret;             /* in the answer */
};

/* A request on its way from the thread that may not allocate to the one that may. */
struct remote_call {
	struct rte_mp_msg msg;
	char peer[];
};

/* Among the primary process's own control path and its interrupt thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
assembler_remote_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
assembler_remote_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* Primary process. */

static void
remote_forget(struct rte_assembler_client *c)
{
	close(c->life_fd);
	c->fd = -1;
	c->remote = false;
	c->dead = false;
}

/*
 * The process may have ended in the middle of a burst. What it had not
 * submitted yet is not in the ring, and what it had not collected yet still is.
 */
static void
remote_repair(struct rte_assembler_client *c)
{
	struct assembler_link *link;

	for (link = c->links; link < c->links + c->nb_links; link++) {
		link->submit->prod.head = link->submit->prod.tail;
		link->done->cons.head = link->done->cons.tail;
		link->dirty = true;
	}
	c->next_link = 0;
	assembler_peers_end(c->assembler, c->reader);
}

/* Whom it had found asleep it may not have woken. */
static void
remote_bury(struct rte_assembler_client *c)
{
	struct rte_assembler *a = c->assembler;
	uint16_t i;

	remote_repair(c);
	for (i = 0; i < a->conf.nb_workers; i++)
		assembler_worker_rouse(&a->workers[i]);
	c->dead = true;
	ASSEMBLER_LOG(NOTICE, "%s: a secondary process ended without closing its client",
			a->name);
}

/* In place of who is dead. Returns whether nothing is left. */
static bool
remote_clear(struct rte_assembler_client *c)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t nb;

	while ((nb = rte_assembler_collect_burst(c, pkts, BURST)) != 0)
		rte_pktmbuf_free_bulk(pkts, nb);
	return rte_assembler_flush(c) == 0;
}

/* Returns whether it needs to be looked at again. */
static bool
remote_look(struct rte_assembler_client *c)
{
	struct pollfd life = { .fd = c->life_fd, .events = POLLIN };

	if (!assembler_load_relaxed(&c->open) || !c->remote)
		return false;
	if (!c->dead && poll(&life, 1, 0) > 0)
		remote_bury(c);
	if (!c->dead || !remote_clear(c))
		return true;
	assembler_store_relaxed(&c->open, 0);
	remote_forget(c);
	return false;
}

static void
remote_look_at_all(void *arg)
{
	struct rte_assembler *a = arg;
	bool again = false;
	uint32_t i;

	assembler_remote_lock();
	for (i = 0; i < a->nb_slots; i++)
		again |= remote_look(a->slots[i]);
	a->looks = again && rte_eal_alarm_set(LOOK_US, remote_look_at_all, a) == 0;
	assembler_remote_unlock();
}

static int32_t
remote_open(struct rte_assembler *a, const struct rte_mp_msg *msg, uint32_t *slot)
{
	struct rte_assembler_client *c;

	if (a->conf.nb_workers == 0)
		return -ENOTSUP;
	if (msg->num_fds != 1)
		return -EINVAL;
	c = assembler_slot_open(a);
	if (c == NULL)
		return -rte_errno;
	c->remote = true;
	c->life_fd = msg->fds[0];
	for (*slot = 0; a->slots[*slot] != c; (*slot)++)
		;
	if (!a->looks)
		a->looks = rte_eal_alarm_set(LOOK_US, remote_look_at_all, a) == 0;
	return 0;
}

static int32_t
remote_close(struct rte_assembler *a, uint32_t slot)
{
	struct rte_assembler_client *c;
	int ret;

	if (slot >= a->nb_slots || !a->slots[slot]->remote)
		return -EINVAL;
	c = a->slots[slot];
	ret = assembler_slot_close(c);
	if (ret == 0)
		remote_forget(c);
	return ret;
}

static void
files_close(const struct rte_mp_msg *msg)
{
	int i;

	for (i = 0; i < msg->num_fds; i++)
		close(msg->fds[i]);
}

static void
remote_answer(void *arg)
{
	struct remote_call *call = arg;
	struct remote_request *request = (struct remote_request *)call->msg.param;
	struct rte_assembler *a;

	assembler_remote_lock();
	a = rte_assembler_lookup(request->name);
	if (a == NULL)
		request->ret = -ENOENT;
	else if (request->close)
		request->ret = remote_close(a, request->slot);
	else
		request->ret = remote_open(a, &call->msg, &request->slot);
	if (request->ret != 0 || request->close)
		files_close(&call->msg);
	call->msg.num_fds = 0;
	if (request->ret == 0 && !request->close && a->conf.sleep_us != 0)
		call->msg.fds[call->msg.num_fds++] = a->slots[request->slot]->wake_fd;
	assembler_remote_unlock();
	rte_mp_reply(&call->msg, call->peer);
	free(call);
}

/* This thread may not allocate memory of EAL: that takes messages, which it would handle. */
static int
remote_receive(const struct rte_mp_msg *msg, const void *peer)
{
	const size_t peer_len = strlen(peer) + 1;
	struct remote_call *call = NULL;
	int ret;

	if (msg->len_param == sizeof(struct remote_request))
		call = malloc(sizeof(*call) + peer_len);
	if (call == NULL) {
		/* Without an answer whoever asks gives up. */
		files_close(msg);
		return -EINVAL;
	}
	call->msg = *msg;
	memcpy(call->peer, peer, peer_len);
	ret = rte_eal_alarm_set(1, remote_answer, call);
	if (ret != 0) {
		files_close(msg);
		free(call);
	}
	return ret;
}

void
assembler_remote_listen(void)
{
	/* It may listen already; without shared configuration there are no secondary processes. */
	(void)rte_mp_action_register(ACTION, remote_receive);
}

void
assembler_remote_end(struct rte_assembler *a)
{
	uint32_t i;

	assembler_remote_lock();
	assembler_store_relaxed(&a->ready, 0);
	assembler_remote_unlock();
	rte_eal_alarm_cancel(remote_look_at_all, a);
	/* No process uses a client any more, but one may have died with it a moment ago. */
	for (i = 0; i < a->nb_slots; i++) {
		if (!a->slots[i]->remote)
			continue;
		remote_repair(a->slots[i]);
		remote_forget(a->slots[i]);
	}
}

/* Secondary process. */

/* Send *fd, or none if it is below 0; it becomes the file of the answer. */
static int
remote_ask(const struct rte_assembler *a, struct remote_request *request, int *fd)
{
	const struct timespec timeout = { .tv_sec = ANSWER_S };
	struct rte_mp_msg msg = { .name = ACTION, .len_param = sizeof(*request) };
	struct rte_mp_reply reply;

	strlcpy(request->name, a->name, sizeof(request->name));
	memcpy(msg.param, request, sizeof(*request));
	if (*fd >= 0)
		msg.fds[msg.num_fds++] = *fd;
	if (rte_mp_request_sync(&msg, &reply, &timeout) != 0)
		return -rte_errno;
	if (reply.nb_received != 1 || reply.msgs[0].len_param != sizeof(*request)) {
		free(reply.msgs);
		return -ETIMEDOUT;
	}
	memcpy(request, reply.msgs[0].param, sizeof(*request));
	*fd = reply.msgs[0].num_fds == 1 ? reply.msgs[0].fds[0] : -1;
	free(reply.msgs);
	return request->ret;
}

struct rte_assembler_client *
assembler_remote_client_open(struct rte_assembler *a)
{
	struct remote_request request = { .close = false };
	struct rte_assembler_client *c;
	int ends[2], fd, ret;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		rte_errno = errno;
		return NULL;
	}
	fd = ends[0];
	ret = remote_ask(a, &request, &fd);
	close(ends[0]);
	if (ret != 0) {
		ASSEMBLER_LOG(ERR, "%s: the primary process opens no client: %s", a->name,
				rte_strerror(-ret));
		close(ends[1]);
		rte_errno = -ret;
		return NULL;
	}
	c = a->slots[request.slot];
	c->fd = fd;
	c->live_fd = ends[1];
	return c;
}

int
assembler_remote_client_close(struct rte_assembler_client *c)
{
	struct remote_request request = { .close = true };
	const int fd = c->fd, live_fd = c->live_fd;
	int ret, none = -1;

	while (c->assembler->slots[request.slot] != c)
		request.slot++;
	ret = remote_ask(c->assembler, &request, &none);
	if (ret != 0)
		return ret;
	close(live_fd);
	if (fd >= 0)
		close(fd);
	return 0;
}
