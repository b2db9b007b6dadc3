/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_COMPAT_H
#define ASSEMBLER_COMPAT_H

/*
 * What differs between DPDK 22.11 and later releases. Besides rte_ring, the
 * words accessed through these macros are all that lcores share.
 */

#include <stdint.h>

#include <rte_version.h>

/* DPDK 23.11 wraps the atomics, so that they can become those of C11. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#include <rte_stdatomic.h>
#define ASSEMBLER_SHARED(type) RTE_ATOMIC(type)
#define assembler_load_acquire(p) rte_atomic_load_explicit(p, rte_memory_order_acquire)
#define assembler_load_relaxed(p) rte_atomic_load_explicit(p, rte_memory_order_relaxed)
#define assembler_store_release(p, v) rte_atomic_store_explicit(p, v, rte_memory_order_release)
#define assembler_store_relaxed(p, v) rte_atomic_store_explicit(p, v, rte_memory_order_relaxed)
#define assembler_exchange(p, v) rte_atomic_exchange_explicit(p, v, rte_memory_order_acq_rel)
#define assembler_fetch_add(p, n) rte_atomic_fetch_add_explicit(p, n, rte_memory_order_acq_rel)
#else
#define ASSEMBLER_SHARED(type) type
#define assembler_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define assembler_load_relaxed(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define assembler_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define assembler_store_relaxed(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define assembler_exchange(p, v) __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL)
#define assembler_fetch_add(p, n) __atomic_fetch_add(p, n, __ATOMIC_ACQ_REL)
#endif

/* DPDK 24.11 has a type for addresses of IPv6. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
#define assembler_ipv6(bytes) ((const struct rte_ipv6_addr *)(bytes))
#else
#define assembler_ipv6(bytes) ((const uint8_t *)(bytes))
#endif

/* DPDK 23.03 renames what adds unsigned numbers to telemetry. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define assembler_tel_add rte_tel_data_add_dict_uint
#define assembler_tel_add_element rte_tel_data_add_array_uint
#define assembler_tel_start_array(d) rte_tel_data_start_array(d, RTE_TEL_UINT_VAL)
#else
#define assembler_tel_add rte_tel_data_add_dict_u64
#define assembler_tel_add_element rte_tel_data_add_array_u64
#define assembler_tel_start_array(d) rte_tel_data_start_array(d, RTE_TEL_U64_VAL)
#endif

/* DPDK 25.07 exports symbols where they are defined; before, version.map does. */
#ifdef __has_include
#if __has_include("eal_export.h")
#include <eal_export.h>
#endif
#endif
#ifndef RTE_EXPORT_EXPERIMENTAL_SYMBOL
#define RTE_EXPORT_EXPERIMENTAL_SYMBOL(symbol, version)
#endif

/* Counters have one writer and any number of readers, none of whom waits. */
typedef ASSEMBLER_SHARED(uint64_t) assembler_counter_t;

static inline void
assembler_counter_add(assembler_counter_t *counter, uint64_t n)
{
	assembler_store_relaxed(counter, assembler_load_relaxed(counter) + n);
}

#endif /* ASSEMBLER_COMPAT_H */
