/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_MMIO_H
#define ASM82545_MMIO_H

/*
 * All register access. The device is little endian and takes aligned 32-bit
 * accesses only (§13.2). rte_write32() orders all earlier stores, those to
 * descriptors above all, before the register write: nothing else is needed
 * between filling a descriptor and moving the tail.
 */

#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_io.h>

#include "asm82545_regs.h"

#ifndef ASM82545_MMIO_MODEL

static inline uint32_t
asm82545_mmio_read(const volatile void *bar0, uint32_t offset)
{
	return rte_le_to_cpu_32(rte_read32((const volatile uint8_t *)bar0 + offset));
}

static inline void
asm82545_mmio_write(volatile void *bar0, uint32_t offset, uint32_t val)
{
	rte_write32(rte_cpu_to_le_32(val), (volatile uint8_t *)bar0 + offset);
}

#else /* the tests put a model of the chip behind these two */

uint32_t asm82545_mmio_read(const volatile void *bar0, uint32_t offset);
void asm82545_mmio_write(volatile void *bar0, uint32_t offset, uint32_t val);

#endif

#endif /* ASM82545_MMIO_H */
