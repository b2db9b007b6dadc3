/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_LOG_H
#define ASM82545_LOG_H

#include <rte_log.h>

extern int asm82545_logtype;

/* Control path only. One line that says what is wrong and what to do. */
#define ASM82545_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, asm82545_logtype, \
		"asm82545: " fmt "\n", ## __VA_ARGS__)

#endif /* ASM82545_LOG_H */
