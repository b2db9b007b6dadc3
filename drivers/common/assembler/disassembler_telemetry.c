/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* What rte_telemetry tells about disassemblers, in the manner of assembler_telemetry.c. */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "assembler_telemetry.h"
#include "disassembler_private.h"

/* What an answer has room for. */
#define PEERS_SHOWN 64

TAILQ_HEAD(disassembler_list, rte_disassembler);
static struct disassembler_list disassemblers = TAILQ_HEAD_INITIALIZER(disassemblers);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
disassembler_telemetry_add(struct rte_disassembler *d)
{
	pthread_mutex_lock(&lock);
	TAILQ_INSERT_TAIL(&disassemblers, d, next);
	d->listed = true;
	pthread_mutex_unlock(&lock);
}

void
disassembler_telemetry_remove(struct rte_disassembler *d)
{
	pthread_mutex_lock(&lock);
	if (d->listed)
		TAILQ_REMOVE(&disassemblers, d, next);
	pthread_mutex_unlock(&lock);
}

typedef int (*show_fn)(const struct rte_disassembler *d, uint32_t first, struct rte_tel_data *t);

static int
show(const char *params, struct rte_tel_data *t, show_fn fn)
{
	char name[DISASSEMBLER_NAME_LEN + 1];
	const struct rte_disassembler *d;
	uint32_t first;
	int ret;

	ret = assembler_tel_params(params, name, sizeof(name), &first);
	if (ret != 0)
		return ret;
	ret = -ENOENT;
	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(d, &disassemblers, next)
		if (strcmp(d->name, name) == 0)
			ret = fn(d, first, t);
	pthread_mutex_unlock(&lock);
	return ret;
}

static const char *
cause_name(unsigned int i)
{
	return rte_assembler_cause_name(i);
}

static int
show_stats(const struct rte_disassembler *d, uint32_t first, struct rte_tel_data *t)
{
	struct rte_disassembler_stats stats;

	RTE_SET_USED(first);
	rte_disassembler_stats_get(d, &stats);
	rte_tel_data_start_dict(t);
	assembler_tel_add(t, "frames", stats.frames);
	assembler_tel_add(t, "packets", stats.packets);
	assembler_tel_add(t, "bytes", stats.bytes);
	assembler_tel_add(t, "native", stats.native);
	assembler_tel_add_named(t, "dropped", stats.dropped, RTE_DIM(stats.dropped), cause_name);
	assembler_tel_add(t, "control", stats.control);
	assembler_tel_add(t, "not_mine", stats.not_mine);
	assembler_tel_add(t, "lost_frames", stats.lost_frames);
	assembler_tel_add(t, "duplicate", stats.duplicate);
	assembler_tel_add(t, "late", stats.late);
	assembler_tel_add(t, "no_mbuf", stats.no_mbuf);
	return 0;
}

/* The counters of a peer that are shown, each in an array of its own. */
static const struct {
	const char *name;
	size_t offset;
} peer_counters[] = {
#define COUNTER(name_) { #name_, offsetof(struct rte_disassembler_peer_stats, name_) }
	COUNTER(frames),
	COUNTER(packets),
	COUNTER(bytes),
	COUNTER(dropped),
	COUNTER(control),
	COUNTER(lost_frames),
	COUNTER(duplicate),
	COUNTER(late),
	COUNTER(no_mbuf),
#undef COUNTER
};

/* Returns how many there are, be they shown or not. */
static uint32_t
peers_get(const struct rte_disassembler *d, uint32_t first,
		struct rte_disassembler_peer_stats *peers, uint32_t *nb)
{
	struct rte_disassembler_peer_stats stats;
	uint32_t next = 0, all = 0;

	*nb = 0;
	for (; rte_disassembler_peer_stats_iterate(d, &next, &stats) == 0; all++)
		if (all >= first && *nb < PEERS_SHOWN)
			peers[(*nb)++] = stats;
	return all;
}

static int
show_peers(const struct rte_disassembler *d, uint32_t first, struct rte_tel_data *t)
{
	struct rte_tel_data *addresses = assembler_tel_strings(), *states = assembler_tel_strings();
	struct rte_disassembler_peer_stats peers[PEERS_SHOWN];
	uint64_t column[PEERS_SHOWN];
	uint32_t i, j, nb;

	if (addresses == NULL || states == NULL) {
		rte_tel_data_free(addresses);
		rte_tel_data_free(states);
		return -ENOMEM;
	}
	rte_tel_data_start_dict(t);
	assembler_tel_add(t, "peers", peers_get(d, first, peers, &nb));
	assembler_tel_add(t, "first", first);
	for (i = 0; i < nb; i++) {
		assembler_tel_add_address(addresses, &peers[i].addr);
		rte_tel_data_add_array_string(states, peers[i].accepted ? "accepted" : "removed");
	}
	assembler_tel_add_part(t, "address", addresses);
	assembler_tel_add_part(t, "state", states);
	for (j = 0; j < RTE_DIM(peer_counters); j++) {
		for (i = 0; i < nb; i++)
			column[i] = *(const uint64_t *)RTE_PTR_ADD(&peers[i],
					peer_counters[j].offset);
		assembler_tel_add_array(t, peer_counters[j].name, column, nb);
	}
	return 0;
}

static int
handle_list(const char *cmd, const char *params, struct rte_tel_data *t)
{
	const struct rte_disassembler *d;

	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	rte_tel_data_start_array(t, RTE_TEL_STRING_VAL);
	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(d, &disassemblers, next)
		rte_tel_data_add_array_string(t, d->name);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int
handle_stats(const char *cmd, const char *params, struct rte_tel_data *t)
{
	RTE_SET_USED(cmd);
	return show(params, t, show_stats);
}

static int
handle_peers(const char *cmd, const char *params, struct rte_tel_data *t)
{
	RTE_SET_USED(cmd);
	return show(params, t, show_peers);
}

RTE_INIT(disassembler_telemetry_init)
{
	rte_telemetry_register_cmd("/disassembler/list", handle_list,
			"Names of the disassemblers. Takes no parameters");
	rte_telemetry_register_cmd("/disassembler/stats", handle_stats,
			"Counters of a disassembler. Parameter: its name");
	rte_telemetry_register_cmd("/disassembler/peers", handle_peers,
			"What each peer sent. Parameters: a disassembler's name, first peer (0)");
}
