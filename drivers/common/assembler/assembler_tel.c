/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "assembler_tel.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
assembler_tel_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
assembler_tel_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void
assembler_tel_insert(struct assembler_tel_list *list, struct assembler_tel_entry *entry,
		const char *name)
{
	assembler_tel_lock();
	entry->name = name;
	TAILQ_INSERT_TAIL(list, entry, next);
	assembler_tel_unlock();
}

void
assembler_tel_remove(struct assembler_tel_list *list, struct assembler_tel_entry *entry)
{
	assembler_tel_lock();
	if (entry->name != NULL)
		TAILQ_REMOVE(list, entry, next);
	entry->name = NULL;
	assembler_tel_unlock();
}

int
assembler_tel_names(struct assembler_tel_list *list, struct rte_tel_data *d)
{
	const struct assembler_tel_entry *entry;

	rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	assembler_tel_lock();
	TAILQ_FOREACH(entry, list, next)
		rte_tel_data_add_array_string(d, entry->name);
	assembler_tel_unlock();
	return 0;
}

int
assembler_tel_show(struct assembler_tel_list *list, const char *params, assembler_tel_show_fn fn,
		struct rte_tel_data *d)
{
	struct assembler_tel_entry *entry;
	const char *rest;
	int ret = -ENOENT;
	size_t len;

	if (params == NULL)
		return -EINVAL;
	len = strcspn(params, ",");
	rest = params + len + (params[len] == ',');
	assembler_tel_lock();
	TAILQ_FOREACH(entry, list, next)
		if (strlen(entry->name) == len && memcmp(entry->name, params, len) == 0)
			ret = fn(entry, rest, d);
	assembler_tel_unlock();
	return ret;
}

int
assembler_tel_number(const char *text, uint32_t *number)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	*number = value;
	if (text[0] == '\0')
		return 0;
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || value > UINT32_MAX)
		return -EINVAL;
	return 0;
}

void
assembler_tel_add_part(struct rte_tel_data *d, const char *name, struct rte_tel_data *part)
{
	if (part != NULL && rte_tel_data_add_dict_container(d, name, part, 0) != 0)
		rte_tel_data_free(part);
}

struct rte_tel_data *
assembler_tel_object(void)
{
	struct rte_tel_data *object = rte_tel_data_alloc();

	if (object != NULL)
		rte_tel_data_start_dict(object);
	return object;
}

void
assembler_tel_add_named(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb, assembler_tel_name_fn fn)
{
	struct rte_tel_data *part = assembler_tel_object();
	unsigned int i;

	if (part == NULL)
		return;
	for (i = 0; i < nb; i++)
		assembler_tel_add(part, fn(i), values[i]);
	assembler_tel_add_part(d, name, part);
}

static uint64_t
number_read(const void *number, size_t size)
{
	switch (size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)number;
	case sizeof(uint16_t):
		return *(const uint16_t *)number;
	case sizeof(uint32_t):
		return *(const uint32_t *)number;
	default:
		return *(const uint64_t *)number;
	}
}

static void
add_column(struct rte_tel_data *d, const struct assembler_tel_rows *rows,
		const struct assembler_tel_column *column)
{
	struct rte_tel_data *part = rte_tel_data_alloc();
	unsigned int i;

	if (part == NULL)
		return;
	assembler_tel_start_array(part);
	for (i = 0; i < rows->nb; i++)
		assembler_tel_add_element(part, number_read(RTE_PTR_ADD(rows->first,
				i * rows->stride + column->offset), column->size));
	assembler_tel_add_part(d, column->name, part);
}

void
assembler_tel_add_columns(struct rte_tel_data *d, const struct assembler_tel_rows *rows,
		const struct assembler_tel_column *columns, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		add_column(d, rows, &columns[i]);
}

void
assembler_tel_add_array(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb)
{
	const struct assembler_tel_rows rows = { values, sizeof(values[0]), nb };
	const struct assembler_tel_column column = { name, 0, sizeof(values[0]) };

	add_column(d, &rows, &column);
}

void
assembler_tel_add_texts(struct rte_tel_data *d, const char *name,
		const struct assembler_tel_rows *rows, assembler_tel_text_fn fn)
{
	struct rte_tel_data *part = rte_tel_data_alloc();
	char room[RTE_ETHER_ADDR_FMT_SIZE];
	unsigned int i;

	if (part == NULL)
		return;
	rte_tel_data_start_array(part, RTE_TEL_STRING_VAL);
	for (i = 0; i < rows->nb; i++)
		rte_tel_data_add_array_string(part,
				fn(RTE_PTR_ADD(rows->first, i * rows->stride), room));
	assembler_tel_add_part(d, name, part);
}

const char *
assembler_tel_address(const void *row, char room[RTE_ETHER_ADDR_FMT_SIZE])
{
	const struct rte_ether_addr *addr = row;

	if (rte_is_zero_ether_addr(addr))
		return "";
	rte_ether_format_addr(room, RTE_ETHER_ADDR_FMT_SIZE, addr);
	return room;
}
