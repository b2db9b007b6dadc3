/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASSEMBLER_TEL_H
#define ASSEMBLER_TEL_H

/*
 * What telemetry shows by name, and what its answers are made of. Commands run on the
 * telemetry thread, beside everything else: a lock keeps each object alive while it is
 * looked at. No lcore that moves packets takes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include <rte_ether.h>
#include <rte_telemetry.h>

#include "assembler_compat.h"

/** What an object has to be in a list; at first all 0. */
struct assembler_tel_entry {
	TAILQ_ENTRY(assembler_tel_entry) next;
	const char *name; /* NULL: it is in none */
};

TAILQ_HEAD(assembler_tel_list, assembler_tel_entry);

/** The object is shown from the one to the other. Control path. */
void assembler_tel_insert(struct assembler_tel_list *list, struct assembler_tel_entry *entry,
		const char *name);
void assembler_tel_remove(struct assembler_tel_list *list, struct assembler_tel_entry *entry);

/** No object is looked at meanwhile. */
void assembler_tel_lock(void);
void assembler_tel_unlock(void);

/** Answer with the names of all objects. */
int assembler_tel_names(struct assembler_tel_list *list, struct rte_tel_data *d);

/** *rest*: what follows the name and a comma; "": nothing does. */
typedef int (*assembler_tel_show_fn)(struct assembler_tel_entry *entry, const char *rest,
		struct rte_tel_data *d);

/** Answer to "NAME[,REST]": -EINVAL without parameters, -ENOENT for an unknown name. */
int assembler_tel_show(struct assembler_tel_list *list, const char *params,
		assembler_tel_show_fn fn, struct rte_tel_data *d);

/** Read *text*, which is a whole number or "": 0. Returns 0 or -EINVAL. */
int assembler_tel_number(const char *text, uint32_t *number);

/** Let *part* be a member of *d*, which frees it. */
void assembler_tel_add_part(struct rte_tel_data *d, const char *name, struct rte_tel_data *part);

/** An object, or NULL. */
struct rte_tel_data *assembler_tel_object(void);

typedef const char *(*assembler_tel_name_fn)(unsigned int i);

/** A member that is an object with a number for each name. */
void assembler_tel_add_named(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb, assembler_tel_name_fn fn);

/** A member that is an array of numbers. */
void assembler_tel_add_array(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb);

/** Structures of one kind. Answers of 22.11 have no arrays of objects: each member is one. */
struct assembler_tel_rows {
	const void *first;
	size_t stride; /* bytes from one to the next */
	unsigned int nb;
};

/** A member of theirs, an unsigned number of 1, 2, 4 or 8 bytes. */
struct assembler_tel_column {
	const char *name;
	size_t offset;
	size_t size;
};

#define ASSEMBLER_TEL_COLUMN(name_, type, member) \
	{ name_, offsetof(type, member), sizeof(((type *)0)->member) }

/** An array of numbers for each column. */
void assembler_tel_add_columns(struct rte_tel_data *d, const struct assembler_tel_rows *rows,
		const struct assembler_tel_column *columns, unsigned int nb);

/** A word that says something of a row, which may be put into *room*. */
typedef const char *(*assembler_tel_text_fn)(const void *row,
		char room[RTE_ETHER_ADDR_FMT_SIZE]);

/** An array of words. */
void assembler_tel_add_texts(struct rte_tel_data *d, const char *name,
		const struct assembler_tel_rows *rows, assembler_tel_text_fn fn);

/** Of rows that begin with an address; that of nobody is "". */
const char *assembler_tel_address(const void *row, char room[RTE_ETHER_ADDR_FMT_SIZE]);

#endif /* ASSEMBLER_TEL_H */
