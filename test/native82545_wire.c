/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Wires whose other ends are in other programs. */

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native82545_private.h"

/* How often another end is looked for. */
#define LOOK_US 10000

int
native82545_wire_begin(struct native82545 *d, const char *path, unsigned int index)
{
	int len = snprintf(d->there.sun_path, sizeof(d->there.sun_path), "%s%u", path, index);

	d->there.sun_family = AF_UNIX;
	return len < (int)sizeof(d->there.sun_path) ? 0 : -ENAMETOOLONG;
}

void
native82545_wire_look(struct native82545 *d, uint64_t us)
{
	int fd;

	if (d->socket >= 0 || us < d->next_look)
		return;
	d->next_look = us + LOOK_US;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&d->there, sizeof(d->there)) != 0) {
		close(fd);
		return;
	}
	d->socket = fd;
	model82545_cable(&d->model, true);
}

static void
unplug(struct native82545 *d)
{
	close(d->socket);
	d->socket = -1;
	model82545_cable(&d->model, false);
}

bool
native82545_wire_send(struct native82545 *d, const uint8_t *frame, uint32_t len)
{
	if (d->socket < 0 || send(d->socket, frame, len, MSG_NOSIGNAL) >= 0)
		return true;
	if (errno == EAGAIN)
		return false;
	unplug(d);
	return true;
}

bool
native82545_wire_receive(struct native82545 *d)
{
	uint8_t frame[NATIVE82545_FRAME_MAX];
	ssize_t len;

	if (d->socket < 0)
		return false;
	len = recv(d->socket, frame, sizeof(frame), 0);
	if (len > 0)
		model82545_rx_inject(&d->model, frame, len, 0);
	else if (len == 0 || errno != EAGAIN)
		unplug(d);
	return len > 0;
}
