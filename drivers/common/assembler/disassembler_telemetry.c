/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* What rte_telemetry tells about disassemblers. */

#include "assembler_tel.h"
#include "disassembler_private.h"

/* What an answer has room for. */
#define PEERS_SHOWN 64

static struct assembler_tel_list disassemblers = TAILQ_HEAD_INITIALIZER(disassemblers);

void
disassembler_telemetry_add(struct rte_disassembler *d)
{
	assembler_tel_insert(&disassemblers, &d->telemetry, d->name);
}

void
disassembler_telemetry_remove(struct rte_disassembler *d)
{
	assembler_tel_remove(&disassemblers, &d->telemetry);
}

static const struct rte_disassembler *
disassembler_of(struct assembler_tel_entry *entry)
{
	return container_of(entry, struct rte_disassembler, telemetry);
}

static const char *
cause_name(unsigned int i)
{
	return rte_assembler_cause_name(i);
}

static int
show_stats(struct assembler_tel_entry *entry, const char *rest, struct rte_tel_data *t)
{
	struct rte_disassembler_stats stats;

	RTE_SET_USED(rest);
	rte_disassembler_stats_get(disassembler_of(entry), &stats);
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

static const char *
peer_state(const void *row, char room[RTE_ETHER_ADDR_FMT_SIZE])
{
	const struct rte_disassembler_peer_stats *peer = row;

	RTE_SET_USED(room);
	return peer->accepted ? "accepted" : "removed";
}

static int
show_peers(struct assembler_tel_entry *entry, const char *rest, struct rte_tel_data *t)
{
	static const struct assembler_tel_column columns[] = {
#define COLUMN(member) ASSEMBLER_TEL_COLUMN(#member, struct rte_disassembler_peer_stats, member)
		COLUMN(age_ms),
		COLUMN(frames),
		COLUMN(packets),
		COLUMN(bytes),
		COLUMN(dropped),
		COLUMN(control),
		COLUMN(lost_frames),
		COLUMN(duplicate),
		COLUMN(late),
		COLUMN(no_mbuf),
#undef COLUMN
	};
	struct rte_disassembler_peer_stats peers[PEERS_SHOWN];
	struct assembler_tel_rows rows = { .first = peers, .stride = sizeof(peers[0]) };
	uint32_t first;
	int ret = assembler_tel_number(rest, &first);

	if (ret != 0)
		return ret;
	rte_tel_data_start_dict(t);
	assembler_tel_add(t, "peers", peers_get(disassembler_of(entry), first, peers, &rows.nb));
	assembler_tel_add(t, "first", first);
	assembler_tel_add_texts(t, "address", &rows, assembler_tel_address);
	assembler_tel_add_texts(t, "state", &rows, peer_state);
	assembler_tel_add_columns(t, &rows, columns, RTE_DIM(columns));
	return 0;
}

static int
handle_list(const char *cmd, const char *params, struct rte_tel_data *t)
{
	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	return assembler_tel_names(&disassemblers, t);
}

static int
handle_stats(const char *cmd, const char *params, struct rte_tel_data *t)
{
	RTE_SET_USED(cmd);
	return assembler_tel_show(&disassemblers, params, show_stats, t);
}

static int
handle_peers(const char *cmd, const char *params, struct rte_tel_data *t)
{
	RTE_SET_USED(cmd);
	return assembler_tel_show(&disassemblers, params, show_peers, t);
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
