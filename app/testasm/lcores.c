/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_string_fns.h>

#include "fwd.h"

#define UNSET LCORE_ID_ANY
#define MAP_FORMAT "give task:lcore pairs such as rx:0,worker:1-2,tx:3,back:4"

static const char *const task_key[FWD_TASKS] = {
	[FWD_RX] = "rx",
	[FWD_TX] = "tx",
	[FWD_BACK] = "back",
};

static void
lcores_clear(struct lcores *l)
{
	unsigned int i;

	memset(l, 0, sizeof(*l));
	for (i = 0; i < FWD_TASKS; i++)
		l->task[i] = UNSET;
}

static bool
is_worker(const struct lcores *l, unsigned int lcore)
{
	uint16_t i;

	for (i = 0; i < l->nb_workers; i++)
		if (l->worker[i] == lcore)
			return true;
	return false;
}

static bool
is_taken(const struct lcores *l, unsigned int lcore)
{
	unsigned int i;

	for (i = 0; i < FWD_TASKS; i++)
		if (l->task[i] == lcore)
			return true;
	return is_worker(l, lcore);
}

/* The next lcore that does nothing yet; UNSET: there is none. */
static unsigned int
spare_lcore(const struct lcores *l)
{
	unsigned int lcore;

	RTE_LCORE_FOREACH_WORKER(lcore)
		if (!is_taken(l, lcore))
			return lcore;
	return UNSET;
}

/* "task:lcore" or "worker:first-last". */
static int
map_entry(const struct testasm *t, struct lcores *l, char *entry)
{
	char *number = strchr(entry, ':'), *end;
	uint64_t first, last;
	unsigned int i;

	if (number == NULL || number[1] < '0' || number[1] > '9')
		return -EINVAL;
	*number++ = '\0';
	first = last = strtoull(number, &end, 10);
	if (end[0] == '-' && end[1] >= '0' && end[1] <= '9')
		last = strtoull(end + 1, &end, 10);
	if (*end != '\0' || last < first)
		return -EINVAL;
	for (; first <= last; first++) {
		if (first >= RTE_MAX_LCORE || !rte_lcore_is_enabled(first)) {
			testasm_error("--lcore-map=%s: EAL has no lcore %" PRIu64
				"; give it with -l", t->conf.lcore_map, first);
			return -ENODEV;
		}
		if (strcmp(entry, "worker") == 0 && l->nb_workers < RTE_DIM(l->worker)) {
			l->worker[l->nb_workers++] = first;
			continue;
		}
		for (i = 0; i < FWD_TASKS && strcmp(entry, task_key[i]) != 0; i++)
			;
		if (i == FWD_TASKS || l->task[i] != UNSET)
			return -EINVAL;
		l->task[i] = first;
	}
	return 0;
}

static int
map_parse(const struct testasm *t, struct lcores *l)
{
	char *text = strdup(t->conf.lcore_map), *entry, *save;
	int ret = text != NULL ? 0 : -ENOMEM;

	for (entry = text != NULL ? strtok_r(text, ",", &save) : NULL;
			entry != NULL && ret == 0; entry = strtok_r(NULL, ",", &save))
		ret = map_entry(t, l, entry);
	free(text);
	if (ret == -EINVAL)
		testasm_error("--lcore-map=%s: " MAP_FORMAT, t->conf.lcore_map);
	return ret;
}

/* What the map says nothing of stays with the lcore that has rx. */
static int
map_check(const struct testasm *t, struct lcores *l)
{
	const char *map = t->conf.lcore_map;
	unsigned int i;
	uint16_t w;

	for (i = 0; i < FWD_TASKS; i++)
		if (l->task[i] == UNSET)
			l->task[i] = i == FWD_RX ? rte_get_main_lcore() : l->task[FWD_RX];
	for (w = 0; w < l->nb_workers; w++) {
		unsigned int lcore = l->worker[w];
		struct lcores rest = *l;

		rest.worker[w] = UNSET;
		if (lcore != rte_get_main_lcore() && !is_taken(&rest, lcore))
			continue;
		testasm_error("--lcore-map=%s: a worker has its lcore to itself, and lcore %u is "
			"not free", map, lcore);
		return -EINVAL;
	}
	if (t->conf.workers != 0 && t->conf.workers != l->nb_workers) {
		testasm_error("--lcore-map=%s: has %u workers, --workers=%" PRIu32 "; leave "
			"--workers out", map, l->nb_workers, t->conf.workers);
		return -EINVAL;
	}
	if (l->nb_workers == 0 && l->task[FWD_TX] != l->task[FWD_RX]) {
		testasm_error("--lcore-map=%s: without a worker, rx and tx are one lcore's", map);
		return -EINVAL;
	}
	return 0;
}

/*
 * Workers come first, as they were asked for. An lcore that is left over takes
 * the way back, the next one sending what the workers made.
 */
static int
plan_by_number(const struct testasm *t, struct lcores *l)
{
	const struct testasm_conf *conf = &t->conf;
	unsigned int main = rte_get_main_lcore(), spare;
	bool assembles = t->engine->flags & FWD_ASSEMBLES;
	uint32_t workers = assembles ? conf->workers : 0;

	if (workers >= rte_lcore_count()) {
		testasm_error("--workers=%" PRIu32 ": needs %" PRIu32 " lcores, EAL has %u; "
			"give EAL -l 0-%" PRIu32 " or fewer workers",
			workers, workers + 1, rte_lcore_count(), workers);
		return -EINVAL;
	}
	l->task[FWD_RX] = main;
	while (l->nb_workers < workers) {
		spare = spare_lcore(l);
		l->worker[l->nb_workers++] = spare;
	}
	spare = t->engine->poll[FWD_RX] != NULL && t->engine->poll[FWD_BACK] != NULL ?
		spare_lcore(l) : UNSET;
	l->task[FWD_BACK] = spare != UNSET ? spare : main;
	spare = workers > 0 ? spare_lcore(l) : UNSET;
	l->task[FWD_TX] = spare != UNSET ? spare : main;
	return 0;
}

int
lcores_plan(struct testasm *t)
{
	struct lcores *l = &t->lcores;
	int ret;

	lcores_clear(l);
	if (t->conf.lcore_map == NULL) {
		ret = plan_by_number(t, l);
	} else {
		ret = map_parse(t, l);
		if (ret == 0)
			ret = map_check(t, l);
	}
	if (!(t->engine->flags & FWD_ASSEMBLES))
		l->nb_workers = 0;
	return ret;
}

unsigned int
lcores_count(const struct lcores *l)
{
	unsigned int nb = 0, lcore;

	RTE_LCORE_FOREACH(lcore)
		nb += lcore == rte_get_main_lcore() || is_taken(l, lcore);
	return nb;
}

void
lcores_print(const struct testasm *t)
{
	static const char *const what[FWD_TASKS] = {
		[FWD_RX] = "access to trunk",
		[FWD_TX] = "trunk TX",
		[FWD_BACK] = "trunk to access",
	};
	const struct lcores *l = &t->lcores;
	const char *comma = "";
	unsigned int i;
	uint16_t w;

	printf("lcores:");
	for (i = 0; i < FWD_TASKS; i++) {
		if (t->engine->poll[i] == NULL || (i == FWD_TX && l->task[i] == l->task[FWD_RX]))
			continue;
		printf("%s %u %s", comma, l->task[i], what[i]);
		comma = ",";
	}
	for (w = 0; w < l->nb_workers; w++)
		printf(", %u worker %u", l->worker[w], w);
	printf("\n");
}

void
lcores_wait_workers(const struct lcores *l)
{
	uint16_t w;

	for (w = 0; w < l->nb_workers; w++)
		rte_eal_wait_lcore(l->worker[w]);
}

unsigned int
lcores_polls(const struct testasm *t, unsigned int lcore, fwd_poll_t *polls)
{
	unsigned int nb = 0, i;

	for (i = 0; i < FWD_TASKS; i++)
		if (t->lcores.task[i] == lcore && t->engine->poll[i] != NULL)
			polls[nb++] = t->engine->poll[i];
	return nb;
}
