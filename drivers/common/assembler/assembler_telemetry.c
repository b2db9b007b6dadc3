/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* What rte_telemetry tells about assemblers. */

#include <errno.h>
#include <string.h>

#include "assembler_private.h"
#include "assembler_tel.h"

/* What an answer has room for. */
#define PEERS_SHOWN 64

static struct assembler_tel_list assemblers = TAILQ_HEAD_INITIALIZER(assemblers);

void
assembler_telemetry_add(struct rte_assembler *a)
{
	assembler_tel_insert(&assemblers, &a->telemetry, a->name);
}

void
assembler_telemetry_remove(struct rte_assembler *a)
{
	assembler_tel_remove(&assemblers, &a->telemetry);
}

void
assembler_telemetry_set_discovery(struct rte_assembler *a, struct rte_assembler_discovery *d)
{
	assembler_tel_lock();
	a->discovery = d;
	assembler_tel_unlock();
}

static struct rte_assembler *
assembler_of(struct assembler_tel_entry *entry)
{
	return container_of(entry, struct rte_assembler, telemetry);
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

static void
add_hold(struct rte_tel_data *d, const struct rte_assembler_stats *stats)
{
	struct rte_tel_data *part = assembler_tel_object();

	if (part == NULL)
		return;
	assembler_tel_add(part, "p50", stats->hold_p50_us);
	assembler_tel_add(part, "p99", stats->hold_p99_us);
	assembler_tel_add(part, "max", stats->hold_max_us);
	assembler_tel_add_part(d, "hold_us", part);
}

static int
show_stats(struct assembler_tel_entry *entry, const char *rest, struct rte_tel_data *d)
{
	struct rte_assembler_stats stats;

	RTE_SET_USED(rest);
	rte_assembler_stats_get(assembler_of(entry), &stats);
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

/* An array for each reason and each quantile. *closes*: those in the rows. */
static void
add_closes(struct rte_tel_data *d, const struct assembler_tel_rows *closes)
{
	static const struct assembler_tel_column holds[] = {
		ASSEMBLER_TEL_COLUMN("p50", struct rte_assembler_closes, hold_p50_us),
		ASSEMBLER_TEL_COLUMN("p99", struct rte_assembler_closes, hold_p99_us),
		ASSEMBLER_TEL_COLUMN("max", struct rte_assembler_closes, hold_max_us),
	};
	struct rte_tel_data *flushed = assembler_tel_object(), *hold = assembler_tel_object();
	struct assembler_tel_column reason;
	unsigned int i;

	for (i = 0; flushed != NULL && i < RTE_ASSEMBLER_FLUSH_MAX; i++) {
		reason = (struct assembler_tel_column){
			flush_name(i), offsetof(struct rte_assembler_closes, flushed[i]),
			sizeof(uint64_t),
		};
		assembler_tel_add_columns(flushed, closes, &reason, 1);
	}
	if (hold != NULL)
		assembler_tel_add_columns(hold, closes, holds, RTE_DIM(holds));
	assembler_tel_add_part(d, "flushed", flushed);
	assembler_tel_add_part(d, "hold_us", hold);
}

static const char *
discovered_state(const void *row, char room[RTE_ETHER_ADDR_FMT_SIZE])
{
	const struct rte_assembler_discovery_peer *peer = row;

	RTE_SET_USED(room);
	return rte_assembler_peer_state_name(peer->state);
}

/* What discovery knows of the trunk. */
static void
add_discovery(struct rte_tel_data *d, const struct rte_assembler_discovery *discovery)
{
	static const struct assembler_tel_column columns[] = {
#define COLUMN(name_, member) \
	ASSEMBLER_TEL_COLUMN(name_, struct rte_assembler_discovery_peer, member)
		COLUMN("lowest_version", lowest),
		COLUMN("highest_version", highest),
		COLUMN("max_frame", max_frame),
		COLUMN("max_count", max_count),
		COLUMN("lz4", lz4),
		COLUMN("epoch", epoch),
		COLUMN("age_ms", age_ms),
#undef COLUMN
	};
	struct rte_assembler_discovery_peer peers[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
	struct assembler_tel_rows rows = { .first = peers, .stride = sizeof(peers[0]) };
	struct rte_tel_data *part = assembler_tel_object();

	if (part == NULL)
		return;
	rows.nb = rte_assembler_discovery_peers_get(discovery, peers, RTE_DIM(peers));
	assembler_tel_add_texts(part, "address", &rows, assembler_tel_address);
	assembler_tel_add_texts(part, "state", &rows, discovered_state);
	assembler_tel_add_columns(part, &rows, columns, RTE_DIM(columns));
	assembler_tel_add_part(d, "discovery", part);
}

/* "static": it was configured, "up": it answers discovery, "none": it gets no frames. */
static const char *
static_state(const void *row, char room[RTE_ETHER_ADDR_FMT_SIZE])
{
	const struct rte_assembler_peer_stats *peer = row;

	RTE_SET_USED(room);
	return peer->known ? "static" : "none";
}

static const char *
found_state(const void *row, char room[RTE_ETHER_ADDR_FMT_SIZE])
{
	const struct rte_assembler_peer_stats *peer = row;

	RTE_SET_USED(room);
	return peer->known ? "up" : "none";
}

/* The default peer is number 0. */
static int
show_peers(struct assembler_tel_entry *entry, const char *rest, struct rte_tel_data *d)
{
	static const struct assembler_tel_column columns[] = {
		ASSEMBLER_TEL_COLUMN("frames", struct rte_assembler_peer_stats, frames),
		ASSEMBLER_TEL_COLUMN("packets", struct rte_assembler_peer_stats, packets),
	};
	struct rte_assembler *a = assembler_of(entry);
	struct rte_assembler_peer_stats peers[PEERS_SHOWN];
	struct assembler_tel_rows rows = { .first = peers, .stride = sizeof(peers[0]) };
	uint32_t first, next;
	int ret = assembler_tel_number(rest, &first);

	if (ret != 0)
		return ret;
	for (next = first; rows.nb < PEERS_SHOWN; rows.nb++)
		if (rte_assembler_peer_stats_iterate(a, &next, &peers[rows.nb]) != 0)
			break;
	rte_tel_data_start_dict(d);
	assembler_tel_add(d, "peers", 1 + assembler_load_relaxed(&a->nb_peers));
	assembler_tel_add(d, "first", first);
	assembler_tel_add_texts(d, "address", &rows, assembler_tel_address);
	assembler_tel_add_texts(d, "state", &rows,
			a->discovery != NULL ? found_state : static_state);
	assembler_tel_add_columns(d, &rows, columns, RTE_DIM(columns));
	rows.first = &peers[0].closes;
	add_closes(d, &rows);
	if (a->discovery != NULL)
		add_discovery(d, a->discovery);
	return 0;
}

struct client_row {
	uint32_t client;
	struct rte_assembler_client_stats stats;
};

/* Returns how many are open. */
static unsigned int
clients_get(struct rte_assembler *a, struct client_row *rows)
{
	const uint32_t nb_slots = assembler_load_acquire(&a->nb_slots); /* with R3 */
	unsigned int nb = 0;
	uint32_t i;

	/* None of them closes meanwhile, and opens for another one. */
	assembler_remote_lock();
	for (i = 0; i < nb_slots; i++) {
		if (!assembler_load_relaxed(&a->slots[i]->open))
			continue;
		rte_assembler_client_stats_get(a->slots[i], &rows[nb].stats);
		rows[nb++].client = i;
	}
	assembler_remote_unlock();
	return nb;
}

static int
show_clients(struct assembler_tel_entry *entry, const char *rest, struct rte_tel_data *d)
{
	static const struct assembler_tel_column columns[] = {
#define COLUMN(member) ASSEMBLER_TEL_COLUMN(#member, struct client_row, stats.member)
		ASSEMBLER_TEL_COLUMN("client", struct client_row, client),
		COLUMN(packets),
		COLUMN(bytes),
		COLUMN(assembled),
		COLUMN(frames),
		COLUMN(bypassed),
		COLUMN(dropped),
		COLUMN(ring_full),
#undef COLUMN
	};
	struct client_row clients[RTE_ASSEMBLER_MAX_CLIENTS];
	struct assembler_tel_rows rows = { .first = clients, .stride = sizeof(clients[0]) };

	RTE_SET_USED(rest);
	rows.nb = clients_get(assembler_of(entry), clients);
	rte_tel_data_start_dict(d);
	assembler_tel_add_columns(d, &rows, columns, RTE_DIM(columns));
	rows.first = &clients[0].stats.closes;
	add_closes(d, &rows);
	return 0;
}

static int
client_closes(struct rte_assembler *a, uint32_t i, struct assembler_closes *closes)
{
	int ret = -ENOENT;

	assembler_remote_lock();
	if (i < assembler_load_acquire(&a->nb_slots) && /* with R3 */
			assembler_load_relaxed(&a->slots[i]->open)) {
		assembler_client_closes_get(a->slots[i], closes);
		ret = 0;
	}
	assembler_remote_unlock();
	return ret;
}

/* *which* is "", "client,N" or "peer,N". */
static int
closes_of(struct rte_assembler *a, const char *which, struct assembler_closes *closes)
{
	const char *comma = strchr(which, ',');
	const size_t len = strcspn(which, ",");
	uint32_t i;

	if (which[0] == '\0') {
		assembler_closes_get(a, closes);
		return 0;
	}
	if (comma == NULL || comma[1] == '\0' || assembler_tel_number(comma + 1, &i) != 0)
		return -EINVAL;
	if (strncmp(which, "client", RTE_MAX(len, strlen("client"))) == 0)
		return client_closes(a, i, closes);
	if (strncmp(which, "peer", RTE_MAX(len, strlen("peer"))) != 0)
		return -EINVAL;
	if (i > assembler_load_acquire(&a->nb_peers)) /* with R5 */
		return -ENOENT;
	assembler_peer_closes_get(a, i, closes);
	return 0;
}

/* The buckets in which something counts, and their upper bounds. */
static int
show_histogram(struct assembler_tel_entry *entry, const char *rest, struct rte_tel_data *d)
{
	uint64_t upper[ASSEMBLER_HIST_BUCKETS], count[ASSEMBLER_HIST_BUCKETS];
	uint64_t fill[RTE_ASSEMBLER_FILL_BUCKETS];
	struct assembler_closes closes;
	uint32_t i, nb = 0;
	int ret = closes_of(assembler_of(entry), rest, &closes);

	if (ret != 0)
		return ret;
	for (i = 0; i < ASSEMBLER_HIST_BUCKETS; i++) {
		if (closes.hold.buckets[i] == 0)
			continue;
		upper[nb] = assembler_cycles_to_ns(assembler_hist_upper(i));
		count[nb++] = closes.hold.buckets[i];
	}
	for (i = 0; i < RTE_DIM(fill); i++)
		fill[i] = closes.fill[i];
	rte_tel_data_start_dict(d);
	assembler_tel_add_array(d, "fill", fill, RTE_DIM(fill));
	assembler_tel_add_array(d, "hold_ns_upper", upper, nb);
	assembler_tel_add_array(d, "hold_count", count, nb);
	return 0;
}

static int
handle_list(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	return assembler_tel_names(&assemblers, d);
}

static int
handle_stats(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return assembler_tel_show(&assemblers, params, show_stats, d);
}

static int
handle_peers(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return assembler_tel_show(&assemblers, params, show_peers, d);
}

static int
handle_clients(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return assembler_tel_show(&assemblers, params, show_clients, d);
}

static int
handle_histogram(const char *cmd, const char *params, struct rte_tel_data *d)
{
	RTE_SET_USED(cmd);
	return assembler_tel_show(&assemblers, params, show_histogram, d);
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
			"Fill and hold time of an assembler's frames. "
			"Parameters: its name, \"client\" or \"peer\" and a number (all)");
}
