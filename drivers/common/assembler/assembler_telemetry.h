/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_TELEMETRY_H
#define ASSEMBLER_TELEMETRY_H

/*
 * What the answers to telemetry are made of. Those of 22.11 have no arrays of objects:
 * there is an array for each member.
 */

#include <rte_ether.h>
#include <rte_telemetry.h>

#include "assembler_compat.h"

/**
 * Take "NAME[,FIRST]" apart. *first*, for what does not fit into one answer, is 0 where it
 * is missing. Returns 0, -EINVAL without parameters or -ENOENT: *name* has no room.
 */
int assembler_tel_params(const char *params, char *name, size_t size, uint32_t *first);

/** Let *part* be a member of *d*, which frees it. */
void assembler_tel_add_part(struct rte_tel_data *d, const char *name, struct rte_tel_data *part);

typedef const char *(*assembler_tel_name_fn)(unsigned int i);

/** A member that is an object with a number for each name. */
void assembler_tel_add_named(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb, assembler_tel_name_fn fn);

/** A member that is an array of numbers. */
void assembler_tel_add_array(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb);

/** An array for strings, or NULL. */
struct rte_tel_data *assembler_tel_strings(void);
void assembler_tel_add_address(struct rte_tel_data *strings, const struct rte_ether_addr *addr);

#endif /* ASSEMBLER_TELEMETRY_H */
