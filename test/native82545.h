/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef NATIVE82545_H
#define NATIVE82545_H

/*
 * Two 82545s in memory, wired to each other, for unmodified PMDs in an
 * unmodified EAL: load the plugin with -d and they are 0000:02:01.0 and
 * 0000:02:02.0. The chip is the model of model82545.h. See the guide's section
 * "An 82545 without a machine" for how it works and what it cannot show.
 *
 * Environment:
 *   NATIVE82545_TAILS   trap (the default): each register access goes to the
 *                       model, which does its work before the driver goes on.
 *                       memory: of rings that are on, the registers are plain
 *                       memory, and a thread on another CPU follows the tails.
 *   NATIVE82545_CPU     of that thread; default: the last one allowed.
 *   NATIVE82545_MBPS    what the link comes up with: 1000 (the default) or 100.
 *                       Nothing is slower for it; some programs measure longer
 *                       where the link is faster.
 *   NATIVE82545_WIRES   a path: the devices are not wired to each other, but device N to
 *                       whoever listens at the Unix socket PATHN, of SOCK_SEQPACKET, a
 *                       frame each packet; while nobody does it has no link. As with
 *                       flow control, who has no room holds the sender back. Implies
 *                       "memory".
 *   NATIVE82545_REPORT  a file that gets, at exit, one JSON object a line for
 *                       each device: faults, register accesses.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NATIVE82545_NB        2
#define NATIVE82545_PAGE      4096
#define NATIVE82545_REGS_SIZE 0x20000

/**
 * For a program that takes turns with the devices, by dlsym("native82545_control")
 * on the plugin. May be called from one lcore at a time.
 */
struct native82545_control {
	/** From now on the devices work in go() only. */
	void (*hold)(void);
	/** The devices do, on their thread, all that they can; returns then. */
	void (*go)(void);
	/** Register writes by the driver so far; in plain memory they are not seen. */
	uint64_t (*writes)(unsigned int device, uint32_t offset);
	/** Register reads so far. */
	uint64_t (*reads)(unsigned int device);
	/** Rules that the driver broke. */
	uint32_t (*faults)(unsigned int device);
};

#endif /* NATIVE82545_H */
