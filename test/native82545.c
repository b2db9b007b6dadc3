/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* The pair of devices: their wire, their memory, their time; begin and end. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_memory.h>

#include "native82545_private.h"

#define AN_US        20000 /* a negotiation; the model's own second is long */
#define FIFO_KB      48
#define HUGE_SHIFT   21
#define NB_PAGES     1024  /* of the translation cache */

/* A frame between the two. */
struct wire_frame {
	struct wire_frame *next;
	uint32_t len;
	uint8_t data[];
};

struct native82545 native82545_devices[NATIVE82545_NB];

static bool plain_tails;
static int lock;
static uint64_t last_us;

void
native82545_lock(void)
{
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0)
		sched_yield();
}

void
native82545_unlock(void)
{
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

/*
 * Of the memory that the EAL gives out. Walking its segments takes long, so
 * what was found is kept, a page at a time.
 */
static void *
mem(void *ctx, uint64_t iova, uint32_t len)
{
	static struct {
		uint64_t page;
		uint8_t *addr;
	} cache[NB_PAGES];
	uint64_t page = iova >> HUGE_SHIFT, off = iova & ((1u << HUGE_SHIFT) - 1);
	uint32_t i = page % NB_PAGES;
	uint8_t *addr;

	if (rte_eal_iova_mode() == RTE_IOVA_VA)
		return rte_mem_virt2memseg_list((void *)iova) != NULL ? (void *)iova : NULL;
	if (cache[i].addr == NULL || cache[i].page != page) {
		addr = rte_mem_iova2virt(iova);
		if (addr == NULL)
			return NULL;
		cache[i].page = page;
		cache[i].addr = addr - off;
	}
	return cache[i].addr + off;
}

/* The other side of the wire keeps it until its FIFO has room. */
static void
sent(void *ctx, const uint8_t *frame, uint32_t len)
{
	struct native82545 *peer = ((struct native82545 *)ctx)->peer;
	struct wire_frame *f = malloc(sizeof(*f) + len);

	if (f == NULL)
		abort();
	f->next = NULL;
	f->len = len;
	memcpy(f->data, frame, len);
	if (peer->wire == NULL)
		peer->wire = f;
	else
		peer->wire_last->next = f;
	peer->wire_last = f;
}

/* uio_pci_generic counts interrupts; the reader learns how many there were. */
static void
interrupt(void *ctx, bool level)
{
	static const uint32_t count = 1;
	struct native82545 *d = ctx;

	if (level && write(d->irq, &count, sizeof(count)) < 0)
		return; /* the FIFO is full of those that nobody has read */
}

static const struct model82545_ops ops = {
	.mem = mem, .sent = sent, .interrupt = interrupt,
};

static bool
has_room(const struct native82545 *d)
{
	return d->model.fifo_len + NATIVE82545_FRAME_MAX <= FIFO_KB * 1024;
}

static bool
wire_work(struct native82545 *d)
{
	struct wire_frame *f = d->wire;

	if (f == NULL)
		return false;
	if (native82545_wire_leads_elsewhere(d)) {
		if (!native82545_wire_send(d, f->data, f->len))
			return false;
	} else {
		if (!has_room(d))
			return false;
		model82545_rx_inject(&d->model, f->data, f->len, 0);
	}
	d->wire = f->next;
	free(f);
	return true;
}

static void
advance(void)
{
	struct timespec ts;
	uint64_t us;
	unsigned int i;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	us = ts.tv_sec * UINT64_C(1000000) + ts.tv_nsec / 1000;
	if (us == last_us)
		return;
	for (i = 0; i < NATIVE82545_NB; i++) {
		model82545_advance(&native82545_devices[i].model, us - last_us);
		if (native82545_wire_leads_elsewhere(&native82545_devices[i]))
			native82545_wire_look(&native82545_devices[i], us);
	}
	last_us = us;
}

/* A tail in plain memory: where the driver has moved it to. */
static void
tail_follow(struct native82545 *d, uint32_t reg)
{
	uint32_t tail = __atomic_load_n(&d->page[reg / 4], __ATOMIC_ACQUIRE);

	if (tail != *model82545_reg(&d->model, reg))
		model82545_write(&d->model, reg, tail);
}

static void
tails_follow(void)
{
	unsigned int i;

	for (i = 0; i < NATIVE82545_NB; i++) {
		struct native82545 *d = &native82545_devices[i];

		if (d->plain[MODEL82545_RX])
			tail_follow(d, M_RDT);
		if (d->plain[MODEL82545_TX])
			tail_follow(d, M_TDT);
	}
}

static void
heads_show(struct native82545 *d)
{
	if (d->plain[MODEL82545_RX])
		d->page[M_RDH / 4] = *model82545_reg(&d->model, M_RDH);
	if (d->plain[MODEL82545_TX])
		d->page[M_TDH / 4] = *model82545_reg(&d->model, M_TDH);
}

/* A sender waits while the wire is full, so that no frame is lost there. */
bool
native82545_work(void)
{
	bool any = false;
	unsigned int i;

	advance();
	tails_follow();
	for (i = 0; i < NATIVE82545_NB; i++) {
		struct native82545 *d = &native82545_devices[i];

		while (wire_work(d))
			any = true;
		while (has_room(d) && native82545_wire_receive(d))
			any = true;
		any |= model82545_rx_run(&d->model, UINT32_MAX) != 0;
		while (d->peer->wire == NULL && model82545_tx_run(&d->model, 1) != 0)
			any = true;
		if (any)
			heads_show(d);
	}
	return any;
}

/* All registers of the page, or none but the tail and the head, are the model's. */
static void
page_mode(struct native82545 *d, enum model82545_dir dir, uint32_t tail, bool plain)
{
	uint32_t first = RTE_ALIGN_FLOOR(tail, NATIVE82545_PAGE) / 4;

	if (plain == d->plain[dir])
		return;
	d->plain[dir] = plain;
	memcpy(&d->page[first], &d->regs[first], NATIVE82545_PAGE);
	native82545_trap_page(d, tail, !plain);
}

uint32_t
native82545_read(struct native82545 *d, uint32_t offset)
{
	advance();
	d->nb_reads++;
	return model82545_read(&d->model, offset);
}

void
native82545_write(struct native82545 *d, uint32_t offset, uint32_t val)
{
	advance();
	tails_follow();
	d->nb_writes[offset / 4]++;
	model82545_write(&d->model, offset, val);
	if (plain_tails) {
		page_mode(d, MODEL82545_RX, M_RDT, d->model.rx.on);
		page_mode(d, MODEL82545_TX, M_TDT, d->model.tx.on);
	} else {
		while (native82545_work())
			;
	}
}

static int
begin(void)
{
	const char *tails = getenv("NATIVE82545_TAILS"), *mbps = getenv("NATIVE82545_MBPS");
	const char *wires = getenv("NATIVE82545_WIRES");
	unsigned int i;
	int ret;

	plain_tails = wires != NULL || (tails != NULL && strcmp(tails, "memory") == 0);
	ret = native82545_sysfs_begin();
	for (i = 0; i < NATIVE82545_NB && ret == 0; i++) {
		struct native82545 *d = &native82545_devices[i];

		d->peer = wires != NULL ? d : &native82545_devices[i ^ 1];
		d->socket = -1;
		model82545_init(&d->model, MODEL82545_EM_COPPER, d->regs, &ops, d);
		d->model.an_us = AN_US;
		d->model.partner_gigabit = mbps == NULL || strcmp(mbps, "100") != 0;
		model82545_cable(&d->model, wires == NULL);
		d->model.eeprom[2] += i << 8; /* the last byte of the address */
		model82545_eeprom_seal(&d->model);
		ret = native82545_sysfs(d, i);
		if (ret == 0 && wires != NULL)
			ret = native82545_wire_begin(d, wires, i);
	}
	if (ret == 0)
		ret = native82545_trap_begin();
	if (ret == 0 && plain_tails)
		ret = native82545_thread_begin();
	return ret;
}

__attribute__((constructor)) static void
native82545_begin(void)
{
	int ret = begin();

	if (ret != 0)
		fprintf(stderr, "native82545: no devices: %s (it takes root, or CAP_SYS_ADMIN)\n",
			strerror(-ret));
}

__attribute__((destructor)) static void
native82545_end(void)
{
	const char *path = getenv("NATIVE82545_REPORT");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;
	unsigned int i;

	if (file == NULL)
		return;
	for (i = 0; i < NATIVE82545_NB; i++) {
		const struct native82545 *d = &native82545_devices[i];

		fprintf(file, "{\"device\": %u, \"attached\": %s, \"faults\": %u, "
			"\"fault\": \"%s\", \"reads\": %" PRIu64 ", \"rdt\": %" PRIu64
			", \"tdt\": %" PRIu64 "}\n", i, d->bar != NULL ? "true" : "false",
			d->model.nb_faults, d->model.fault, d->nb_reads,
			d->nb_writes[M_RDT / 4], d->nb_writes[M_TDT / 4]);
	}
	fclose(file);
}
