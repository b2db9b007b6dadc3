/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * How a driver that knows nothing of it talks to the model: its registers are
 * a mapping without access rights. An access faults; the handler opens the page
 * for one instruction, which the processor's trap flag ends, and the model gets
 * what was written, or has put there before what is to be read. Another thread of
 * the driver may slip through the page that is open: what it writes shows
 * afterwards, unless it is what was there, and what it reads has no side effect.
 *
 * Where the EAL mapped the registers shows the first access: the file is still
 * empty then, which is SIGBUS instead of SIGSEGV.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "native82545_private.h"

#ifndef __x86_64__
#error "the trap flag and the fault's error code are x86's"
#endif

#define PAGE_WORDS  (NATIVE82545_PAGE / 4)
#define TRAP_FLAG   0x100
#define FAULT_WRITE 2 /* in the error code of a page fault */

/* The access that is under way, with native82545_lock(). */
static struct {
	struct native82545 *device;
	uint32_t offset;
	bool write;
	sigset_t mask;
	uint32_t before[PAGE_WORDS]; /* the page when it was opened */
} step;

static struct sigaction old_segv, old_bus, old_trap;

void
native82545_trap_page(struct native82545 *d, uint32_t offset, bool trapped)
{
	if (mprotect(d->bar + RTE_ALIGN_FLOOR(offset, NATIVE82545_PAGE), NATIVE82545_PAGE,
			trapped ? PROT_NONE : PROT_READ | PROT_WRITE) != 0)
		abort();
}

/* Not ours: whoever was there before us gets it, or the process ends. */
static void
pass_on(int sig, const struct sigaction *old, siginfo_t *info, void *context)
{
	if (old->sa_flags & SA_SIGINFO)
		old->sa_sigaction(sig, info, context);
	else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN)
		old->sa_handler(sig);
	else
		signal(sig, SIG_DFL); /* it happens again at once */
}

static struct native82545 *
device_at(const uint8_t *addr)
{
	unsigned int i;

	for (i = 0; i < NATIVE82545_NB; i++) {
		const uint8_t *bar = native82545_devices[i].bar;

		if (bar != NULL && addr >= bar && addr < bar + NATIVE82545_REGS_SIZE)
			return &native82545_devices[i];
	}
	return NULL;
}

static void
page_open(struct native82545 *d, uint32_t offset)
{
	uint32_t first = RTE_ALIGN_FLOOR(offset, NATIVE82545_PAGE) / 4;
	uint32_t val = step.write ? 0 : native82545_read(d, offset);

	memcpy(&d->page[first], &d->regs[first], NATIVE82545_PAGE);
	if (!step.write)
		d->page[offset / 4] = val;
	memcpy(step.before, &d->page[first], NATIVE82545_PAGE);
	native82545_trap_page(d, offset, false);
}

static void
page_close(struct native82545 *d, uint32_t offset)
{
	uint32_t first = RTE_ALIGN_FLOOR(offset, NATIVE82545_PAGE) / 4, i;

	native82545_trap_page(d, offset, true);
	for (i = 0; i < PAGE_WORDS; i++)
		if ((step.write && first + i == offset / 4) ||
				d->page[first + i] != step.before[i])
			native82545_write(d, 4 * (first + i), d->page[first + i]);
}

/* Other signals wait: their handlers may use the device as well. */
static void
step_begin(struct native82545 *d, uint32_t offset, ucontext_t *uc)
{
	native82545_lock();
	step.device = d;
	step.offset = offset;
	step.write = uc->uc_mcontext.gregs[REG_ERR] & FAULT_WRITE;
	step.mask = uc->uc_sigmask;
	page_open(d, offset);
	sigfillset(&uc->uc_sigmask);
	sigdelset(&uc->uc_sigmask, SIGSEGV);
	sigdelset(&uc->uc_sigmask, SIGBUS);
	sigdelset(&uc->uc_sigmask, SIGTRAP);
	uc->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void
on_segv(int sig, siginfo_t *info, void *context)
{
	struct native82545 *d = device_at(info->si_addr);

	if (d != NULL)
		step_begin(d, (uint8_t *)info->si_addr - d->bar, context);
	else
		pass_on(sig, &old_segv, info, context);
}

static void
on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	struct native82545 *d = step.device;

	if (d == NULL || info->si_code != TRAP_TRACE) {
		pass_on(sig, &old_trap, info, context);
		return;
	}
	uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	uc->uc_sigmask = step.mask;
	step.device = NULL;
	page_close(d, step.offset);
	native82545_unlock();
}

/* The mapping of *path* that holds *addr*, or NULL. */
static uint8_t *
find_mapping(const char *path, uintptr_t addr)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];
	uint8_t *bar = NULL;

	if (maps == NULL)
		return NULL;
	while (bar == NULL && fgets(line, sizeof(line), maps) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, path) != NULL &&
				sscanf(line, "%lx-%lx", &start, &end) == 2 &&
				addr >= start && addr < end)
			bar = (uint8_t *)start;
	}
	fclose(maps);
	return bar;
}

static void
on_bus(int sig, siginfo_t *info, void *context)
{
	unsigned int i;

	for (i = 0; i < NATIVE82545_NB; i++) {
		struct native82545 *d = &native82545_devices[i];
		uint8_t *bar;

		if (d->bar != NULL)
			continue;
		bar = find_mapping(d->path, (uintptr_t)info->si_addr);
		if (bar == NULL)
			continue;
		if (ftruncate(d->resource, NATIVE82545_REGS_SIZE) != 0 ||
				mprotect(bar, NATIVE82545_REGS_SIZE, PROT_NONE) != 0)
			abort();
		d->bar = bar;
		return; /* it happens again, as SIGSEGV */
	}
	pass_on(sig, &old_bus, info, context);
}

int
native82545_trap_begin(void)
{
	struct sigaction segv = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	struct sigaction bus = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
	struct sigaction trap = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	if (sigaction(SIGSEGV, &segv, &old_segv) != 0 ||
			sigaction(SIGBUS, &bus, &old_bus) != 0 ||
			sigaction(SIGTRAP, &trap, &old_trap) != 0)
		return -errno;
	return 0;
}
