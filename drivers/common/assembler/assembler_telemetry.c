/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What rte_telemetry tells about assemblers. Commands run on the telemetry
 * thread, beside everything else: a lock keeps each assembler alive while it
 * is looked at. No lcore that moves packets takes it.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_string_fns.h>

#include "assembler_private.h"
#include "assembler_telemetry.h"

/* What an answer has room for. */
#define PEERS_SHOWN 128

TAILQ_HEAD(assembler_list, rte_assembler);
static struct assembler_list assemblers = TAILQ_HEAD_INITIALIZER(assemblers);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
assembler_telemetry_add(struct rte_assembler *a)
{
	pthread_mutex_lock(&lock);
	TAILQ_INSERT_TAIL(&assemblers, a, next);
	a->listed = true;
	pthread_mutex_unlock(&lock);
}

void
assembler_telemetry_remove(struct rte_assembler *a)
{
	pthread_mutex_lock(&lock);
	if (a->listed)
		TAILQ_REMOVE(&assemblers, a, next);
	pthread_mutex_unlock(&lock);
}

void
assembler_telemetry_set_discovery(struct rte_assembler *a, struct rte_assembler_discovery *d)
{
	pthread_mutex_lock(&lock);
	a->discovery = d;
	pthread_mutex_unlock(&lock);
}

int
assembler_tel_params(const char *params, char *name, size_t size, uint32_t *first)
{
	const char *comma;
	size_t len;

	if (params == NULL)
		return -EINVAL;
	comma = strchr(params, ',');
	*first = comma != NULL ? strtoul(comma + 1, NULL, 10) : 0;
	len = comma != NULL ? (size_t)(comma - params) : strlen(params);
	if (len >= size)
		return -ENOENT;
	strlcpy(name, params, len + 1);
	return 0;
}

/* *first* is what the parameter says. */
typedef int (*show_fn)(struct rte_assembler *a, uint32_t first, struct rte_tel_data *d);

static int
show(const char *params, struct rte_tel_data *d, show_fn fn)
{
	char name[ASSEMBLER_NAME_LEN + 1];
	struct rte_assembler *a;
	uint32_t first;
	int ret;

	ret = assembler_tel_params(params, name, sizeof(name), &first);
	if (ret != 0)
		return ret;
	ret = -ENOENT;
	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(a, &assemblers, next)
		if (strcmp(a->name, name) == 0)
			ret = fn(a, first, d);
	pthread_mutex_unlock(&lock);
	return ret;
}

void
assembler_tel_add_part(struct rte_tel_data *d, const char *name, struct rte_tel_data *part)
{
	if (rte_tel_data_add_dict_container(d, name, part, 0) != 0)
		rte_tel_data_free(part);
}

static const char *
bypass_name(unsigned int i)
{
	return rte_assembler_bypass_name(i);
}

static const char *
drop_name(unsigned int i)
{
	return rte_assembler_drop_name(i);
}

static const char *
flush_name(unsigned int i)
{
	return rte_assembler_flush_name(i);
}

void
assembler_tel_add_named(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb, assembler_tel_name_fn fn)
{
	struct rte_tel_data *part = rte_tel_data_alloc();
	unsigned int i;

	if (part == NULL)
		return;
	rte_tel_data_start_dict(part);
	for (i = 0; i < nb; i++)
		assembler_tel_add(part, fn(i), values[i]);
	assembler_tel_add_part(d, name, part);
}

void
assembler_tel_add_array(struct rte_tel_data *d, const char *name, const uint64_t *values,
		unsigned int nb)
{
	struct rte_tel_data *part = rte_tel_data_alloc();
	unsigned int i;

	if (part == NULL)
		return;
	assembler_tel_start_array(part);
	for (i = 0; i < nb; i++)
		assembler_tel_add_element(part, values[i]);
	assembler_tel_add_part(d, name, part);
}

static void
add_hold(struct rte_tel_data *d, const struct rte_assembler_stats *stats)
{
	struct rte_tel_data *part = rte_tel_data_alloc();

	if (part == NULL)
		return;
	rte_tel_data_start_dict(part);
	assembler_tel_add(part, "p50", stats->hold_p50_us);
	assembler_tel_add(part, "p99", stats->hold_p99_us);
	assembler_tel_add(part, "max", stats->hold_max_us);
	assembler_tel_add_part(d, "hold_us", part);
}

static int
show_stats(struct rte_assembler *a, uint32_t first, struct rte_tel_data *d)
{
	struct rte_assembler_stats stats;

	RTE_SET_USED(first);

	rte_assembler_stats_get(a, &stats);
	rte_tel_data_start_dict(d);
	assembler_tel_add(d, "packets", stats.packets);
	assembler_tel_add(d, "bytes", stats.bytes);
	assembler_tel_add(d, "frames", stats.frames);
	assembler_tel_add(d, "frame_bytes", stats.frame_bytes);
	assembler_tel_add(d, "lz4_frames", stats.lz4_frames);
	assembler_tel_add(d, "lz4_bytes_saved", stats.lz4_bytes_saved);
	assembler_tel_add_named(d, "bypassed", stats.bypassed, RTE_DIM(stats.bypassed),
			bypass_name);
	assembler_tel_add_named(d, "dropped", stats.dropped, RTE_DIM(stats.dropped), drop_name);
	assembler_tel_add_named(d, "flushed", stats.flushed, RTE_DIM(stats.flushed), flush_name);
	assembler_tel_add_array(d, "fill_histogram", stats.fill_histogram,
			RTE_DIM(stats.fill_histogram));
	add_hold(d, &stats);
	/* Telemetry of 22.11 has no negative numbers of 64 bits. */
	assembler_tel_add(d, "wire_bytes_saved", RTE_MAX(stats.wire_bytes_saved, 0));
	assembler_tel_add(d, "wire_bytes_wasted", RTE_MAX(-stats.wire_bytes_saved, 0));
	assembler_tel_add(d, "ring_full", stats.ring_full);
	assembler_tel_add(d, "no_mbuf", stats.no_mbuf);
	return 0;
}

struct rte_tel_data *
assembler_tel_strings(void)
{
	struct rte_tel_data *array = rte_tel_data_alloc();

	if (array != NULL)
		rte_tel_data_start_array(array, RTE_TEL_STRING_VAL);
	return array;
}

void
assembler_tel_add_address(struct rte_tel_data *strings, const struct rte_ether_addr *addr)
{
	char text[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(text, sizeof(text), addr);
	rte_tel_data_add_array_string(strings, text);
}

/* What discovery knows of the trunk, an array for each field. */
static int
add_discovered(struct rte_tel_data *d, const struct rte_assembler_discovery *discovery)
{
	struct rte_assembler_discovery_peer peers[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
	struct rte_tel_data *addresses = assembler_tel_strings(), *states = assembler_tel_strings();
	uint64_t columns[7][RTE_DIM(peers)];
	uint16_t i, nb;

	if (addresses == NULL || states == NULL) {
		rte_tel_data_free(addresses);
		rte_tel_data_free(states);
		return -ENOMEM;
	}
	nb = rte_assembler_discovery_peers_get(discovery, peers, RTE_DIM(peers));
	for (i = 0; i < nb; i++) {
		assembler_tel_add_address(addresses, &peers[i].addr);
		rte_tel_data_add_array_string(states,
				rte_assembler_peer_state_name(peers[i].state));
		columns[0][i] = peers[i].lowest;
		columns[1][i] = peers[i].highest;
		columns[2][i] = peers[i].max_frame;
		columns[3][i] = peers[i].max_count;
		columns[4][i] = peers[i].lz4;
		columns[5][i] = peers[i].epoch;
		columns[6][i] = peers[i].age_ms;
	}
	rte_tel_data_start_dict(d);
	assembler_tel_add_part(d, "address", addresses);
	assembler_tel_add_part(d, "state", states);
	assembler_tel_add_array(d, "lowest_version", columns[0], nb);
	assembler_tel_add_array(d, "highest_version", columns[1], nb);
	assembler_tel_add_array(d, "max_frame", columns[2], nb);
	assembler_tel_add_array(d, "max_count", columns[3], nb);
	assembler_tel_add_array(d, "lz4", columns[4], nb);
	assembler_tel_add_array(d, "epoch", columns[5], nb);
	assembler_tel_add_array(d, "age_ms", columns[6], nb);
	return 0;
}

/* "static": it was configured, "up": it answers discovery, "none": it gets no frames. */
static void
add_peer(struct rte_tel_data *addresses, struct rte_tel_data *states, struct rte_assembler *a,
		uint32_t i)
{
	const union assembler_peer peer = {
		.word = assembler_load_relaxed(&a->peers[i].peer),
	};

	if (rte_is_zero_ether_addr(&peer.addr))
		rte_tel_data_add_array_string(addresses, "");
	else
		assembler_tel_add_address(addresses, &peer.addr);
	if (!peer.known)
		rte_tel_data_add_array_string(states, "none");
	else
		rte_tel_data_add_array_string(states, a->discovery != NULL ? "up" : "static");
}

static void
add_discovery(struct rte_tel_data *d, const struct rte_assembler_discovery *discovery)
{
	struct rte_tel_data *part = rte_tel_data_alloc();

	if (part != NULL && add_discovered(part, discovery) == 0)
		assembler_tel_add_part(d, "discovery", part);
	else
		rte_tel_data_free(part);
}

/* The default peer is number 0. */
static int
show_peers(struct rte_assembler *a, uint32_t first, struct rte_tel_data *d)
{
	/* A5: pairs with R5 in peer_index(). */
	const uint32_t nb_peers = 1 + assembler_load_acquire(&a->nb_peers);
	struct rte_tel_data *addresses = assembler_tel_strings(), *states = assembler_tel_strings();
	uint64_t frames[PEERS_SHOWN], packets[PEERS_SHOWN];
	uint32_t i, nb = 0;

	if (addresses == NULL || states == NULL) {
		rte_tel_data_free(addresses);
		rte_tel_data_free(states);
		return -ENOMEM;
	}
	for (i = first; i < nb_peers && nb < PEERS_SHOWN; i++, nb++) {
		add_peer(addresses, states, a, i);
		assembler_peer_sum(a, i, &frames[nb], &packets[nb]);
	}
	rte_tel_data_start_dict(d);
	assembler_tel_add(d, "peers", nb_peers);
	assembler_tel_add(d, "first", first);
	assembler_tel_add_part(d, "address", addresses);
	assembler_tel_add_part(d, "state", states);
	assembler_tel_add_array(d, "frames", frames, nb);
	assembler_tel_add_array(d, "packets", packets, nb);
	if (a->discovery != NULL)
		add_discovery(d, a->discovery);
	return 0;
}

/* One array for each counter; telemetry of 22.11 has no arrays of objects. */
static int
show_clients(struct rte_assembler *a, uint32_t first, struct rte_tel_data *d)
{
	const uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 */
	uint64_t columns[7][RTE_ASSEMBLER_MAX_CLIENTS];
	struct rte_assembler_client_stats stats;
	uint32_t i, nb = 0;

	RTE_SET_USED(first);
	/* None of them closes meanwhile, and opens for another one. */
	assembler_remote_lock();
	for (i = 0; i < nb_slots; i++) {
		if (!assembler_load_relaxed(&a->slots[i]->open))
			continue;
		rte_assembler_client_stats_get(a->slots[i], &stats);
		columns[0][nb] = i;
		columns[1][nb] = stats.packets;
		columns[2][nb] = stats.bytes;
		columns[3][nb] = stats.assembled;
		columns[4][nb] = stats.frames;
		columns[5][nb] = stats.bypassed;
		columns[6][nb] = stats.ring_full;
		nb++;
	}
	assembler_remote_unlock();
	rte_tel_data_start_dict(d);
	assembler_tel_add_array(d, "client", columns[0], nb);
	assembler_tel_add_array(d, "packets", columns[1], nb);
	assembler_tel_add_array(d, "bytes", columns[2], nb);
	assembler_tel_add_array(d, "assembled", columns[3], nb);
	assembler_tel_add_array(d, "frames", columns[4], nb);
	assembler_tel_add_array(d, "bypassed", columns[5], nb);
	assembler_tel_add_array(d, "ring_full", columns[6], nb);
	return 0;
}

/* The buckets in which something counts, and their upper bounds. */
static int
show_histogram(struct rte_assembler *a, uint32_t first, struct rte_tel_data *d)
{
	uint64_t upper[ASSEMBLER_HIST_BUCKETS], count[ASSEMBLER_HIST_BUCKETS];
	struct assembler_hist hold = { .max = 0 };
	struct rte_assembler_stats stats;
	uint32_t i, nb = 0;

	RTE_SET_USED(first);
	rte_assembler_stats_get(a, &stats);
	assembler_hold_sum(a, &hold);
	for (i = 0; i < ASSEMBLER_HIST_BUCKETS; i++) {
		if (hold.buckets[i] == 0)
			continue;
		upper[nb] = assembler_cycles_to_ns(assembler_hist_upper(i));
		count[nb++] = hold.buckets[i];
	}
	rte_tel_data_start_dict(d);
	assembler_tel_add_array(d, "fill", stats.fill_histogram, RTE_DIM(stats.fill_histogram));
	assembler_tel_add_array(d, "hold_ns_upper", upper, nb);
	assembler_tel_add_array(d, "hold_count", count, nb);
	return 0;
}

static int
handle_list(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct rte_assembler *a;

	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(a, &assemblers, next)
		rte_tel_data_add_array_string(d, a->name);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int
handle_stats(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return show(params, d, show_stats);
}

static int
handle_peers(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return show(params, d, show_peers);
}

static int
handle_clients(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return show(params, d, show_clients);
}

static int
handle_histogram(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return show(params, d, show_histogram);
}

RTE_INIT(assembler_telemetry_init)
{
	rte_telemetry_register_cmd("/assembler/list", handle_list,
			"Names of the assemblers. Takes no parameters");
	rte_telemetry_register_cmd("/assembler/stats", handle_stats,
			"Counters of an assembler. Parameter: its name");
	rte_telemetry_register_cmd("/assembler/peers", handle_peers,
			"Peers of an assembler. Parameters: its name, first peer (0)");
	rte_telemetry_register_cmd("/assembler/clients", handle_clients,
			"Open clients of an assembler. Parameter: its name");
	rte_telemetry_register_cmd("/assembler/histogram", handle_histogram,
			"Fill and hold time of an assembler's frames. Parameter: its name");
}
