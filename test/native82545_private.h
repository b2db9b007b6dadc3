/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef NATIVE82545_PRIVATE_H
#define NATIVE82545_PRIVATE_H

#include <sys/un.h>

#include "model82545.h"
#include "native82545.h"

/* What one frame may take of a FIFO. */
#define NATIVE82545_FRAME_MAX 16384

struct native82545 {
	/* Set before there is a driver. */
	struct model82545 model;
	struct native82545 *peer; /* itself, where the wire leads elsewhere */
	uint32_t regs[NATIVE82545_REGS_SIZE / 4]; /* the model's */
	int resource;           /* the file that the EAL maps, */
	uint32_t *page;         /* the plugin's view of it, */
	char path[64];          /* and its name */
	int irq;                /* a FIFO, that the EAL knows as /dev/uioN */
	struct sockaddr_un there; /* where the wire leads; no path: to the other device */
	/* With native82545_lock(). */
	uint8_t *bar;           /* where the driver sees its registers, or NULL */
	struct wire_frame *wire, *wire_last; /* on their way to it, or elsewhere */
	int socket;             /* the wire that leads elsewhere; -1: it has no other end */
	uint64_t next_look;     /* for one */
	bool plain[2];          /* the pages of RDT and TDT are plain memory */
	uint64_t nb_reads;
	uint64_t nb_writes[NATIVE82545_REGS_SIZE / 4];
};

extern struct native82545 native82545_devices[NATIVE82545_NB];

/* native82545.c: the pair, its wire and what it does. */
void native82545_lock(void);
void native82545_unlock(void);
uint32_t native82545_read(struct native82545 *d, uint32_t offset);
void native82545_write(struct native82545 *d, uint32_t offset, uint32_t val);
/** Returns whether there was anything to do. */
bool native82545_work(void);

/* native82545_sysfs.c: what the EAL finds on the PCI bus. Returns -errno. */
int native82545_sysfs(struct native82545 *d, unsigned int index);
int native82545_sysfs_begin(void);

/* native82545_wire.c: wires that lead elsewhere. */
int native82545_wire_begin(struct native82545 *d, const char *path, unsigned int index);
static inline bool
native82545_wire_leads_elsewhere(const struct native82545 *d)
{
	return d->there.sun_path[0] != '\0';
}

/** Is there another end? *us*: the time. */
void native82545_wire_look(struct native82545 *d, uint64_t us);
/** Returns false where the other end has no room. */
bool native82545_wire_send(struct native82545 *d, const uint8_t *frame, uint32_t len);
/** Returns whether there was a frame; the FIFO must have room. */
bool native82545_wire_receive(struct native82545 *d);

/* native82545_trap.c: the driver's register accesses. */
int native82545_trap_begin(void);
/** The driver's accesses of this page are trapped, or go to plain memory. */
void native82545_trap_page(struct native82545 *d, uint32_t offset, bool trapped);

/* native82545_thread.c: the devices' own CPU. */
extern const struct native82545_control native82545_control;
int native82545_thread_begin(void);

#endif /* NATIVE82545_PRIVATE_H */
