/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testasm.h"

/* Where the writer stands: a comma goes before all but a container's first value. */
struct json {
	FILE *file;
	bool comma;
};

static void
json_string(struct json *j, const char *text)
{
	fputc('"', j->file);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(j->file, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(j->file, "\\u%04x", *text);
		else
			fputc(*text, j->file);
	}
	fputc('"', j->file);
}

/* What goes before a value; *name* is NULL in an array. */
static void
json_name(struct json *j, const char *name)
{
	if (j->comma)
		fputs(", ", j->file);
	j->comma = true;
	if (name != NULL) {
		json_string(j, name);
		fputs(": ", j->file);
	}
}

static void
json_open(struct json *j, const char *name, char bracket)
{
	json_name(j, name);
	fputc(bracket, j->file);
	j->comma = false;
}

static void
json_close(struct json *j, char bracket)
{
	fputc(bracket, j->file);
	j->comma = true;
}

static void
json_u64(struct json *j, const char *name, uint64_t value)
{
	json_name(j, name);
	fprintf(j->file, "%" PRIu64, value);
}

static void
json_i64(struct json *j, const char *name, int64_t value)
{
	json_name(j, name);
	fprintf(j->file, "%" PRId64, value);
}

/* A number of 64 bits in a structure. */
struct json_field {
	const char *name;
	size_t offset;
};

static void
json_fields(struct json *j, const void *from, const struct json_field *fields, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		json_u64(j, fields[i].name,
			*(const uint64_t *)RTE_PTR_ADD(from, fields[i].offset));
}

static void
json_address(struct json *j, const struct rte_ether_addr *addr)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE] = "";

	if (!rte_is_zero_ether_addr(addr))
		rte_ether_format_addr(mac, sizeof(mac), addr);
	json_name(j, "address");
	json_string(j, mac);
}

static void
json_bool(struct json *j, const char *name, bool value)
{
	json_name(j, name);
	fputs(value ? "true" : "false", j->file);
}

static void
json_port(struct json *j, const struct fwd_port *p, const struct rte_eth_stats *s,
	uint64_t tx_full)
{
	static const struct json_field fields[] = {
		{ "rx_packets", offsetof(struct rte_eth_stats, ipackets) },
		{ "tx_packets", offsetof(struct rte_eth_stats, opackets) },
		{ "rx_bytes", offsetof(struct rte_eth_stats, ibytes) },
		{ "tx_bytes", offsetof(struct rte_eth_stats, obytes) },
		{ "rx_missed", offsetof(struct rte_eth_stats, imissed) },
		{ "rx_errors", offsetof(struct rte_eth_stats, ierrors) },
		{ "tx_errors", offsetof(struct rte_eth_stats, oerrors) },
		{ "rx_nombuf", offsetof(struct rte_eth_stats, rx_nombuf) },
	};

	json_open(j, NULL, '{');
	json_u64(j, "port", p->id);
	json_name(j, "driver");
	json_string(j, p->driver);
	json_fields(j, s, fields, RTE_DIM(fields));
	json_u64(j, "tx_full", tx_full);
	json_close(j, '}');
}

static void
json_counts(struct json *j, const struct stats_causes *causes, const uint64_t *counts)
{
	unsigned int i;

	json_open(j, causes->key, '{');
	for (i = 0; i < causes->nb; i++)
		json_u64(j, causes->name(i), counts[i]);
	json_close(j, '}');
}

static void
json_causes(struct json *j, const struct testasm_stats *stats, const struct stats_causes *causes)
{
	json_counts(j, causes, RTE_PTR_ADD(stats, causes->offset));
}

static void
json_fill(struct json *j, const uint64_t *fill)
{
	unsigned int i;

	json_open(j, "fill_histogram", '[');
	for (i = 0; i < RTE_ASSEMBLER_FILL_BUCKETS; i++)
		json_u64(j, NULL, fill[i]);
	json_close(j, ']');
}

static void
json_hold(struct json *j, uint32_t p50, uint32_t p99, uint32_t max)
{
	json_open(j, "hold_us", '{');
	json_u64(j, "p50", p50);
	json_u64(j, "p99", p99);
	json_u64(j, "max", max);
	json_close(j, '}');
}

static void
json_receiver(struct json *j, const struct rte_assembler_peer_stats *p)
{
	const struct rte_assembler_closes *closes = &p->closes;

	json_open(j, NULL, '{');
	json_address(j, &p->addr);
	json_bool(j, "default", p->is_default);
	json_bool(j, "known", p->known);
	json_u64(j, "packets", p->packets);
	json_u64(j, "frames", p->frames);
	json_counts(j, &stats_flushed, closes->flushed);
	json_fill(j, closes->fill_histogram);
	json_hold(j, closes->hold_p50_us, closes->hold_p99_us, closes->hold_max_us);
	json_close(j, '}');
}

static void
json_assembler(struct json *j, const struct testasm_stats *stats)
{
	const struct rte_assembler_stats *a = &stats->assembler;
	uint32_t i;

	json_open(j, "assembler", '{');
	json_u64(j, "packets", a->packets);
	json_u64(j, "bytes", a->bytes);
	json_u64(j, "frames", a->frames);
	json_causes(j, stats, &stats_bypassed);
	json_causes(j, stats, &stats_dropped_packets);
	json_causes(j, stats, &stats_flushed);
	json_fill(j, a->fill_histogram);
	json_hold(j, a->hold_p50_us, a->hold_p99_us, a->hold_max_us);
	json_i64(j, "wire_bytes_saved", a->wire_bytes_saved);
	json_u64(j, "lz4_frames", a->lz4_frames);
	json_u64(j, "lz4_bytes_saved", a->lz4_bytes_saved);
	json_u64(j, "ring_full", a->ring_full);
	json_open(j, "peers", '[');
	for (i = 0; i < stats->peers.nb_receivers; i++)
		json_receiver(j, &stats->peers.receiver[i]);
	json_close(j, ']');
	json_u64(j, "tx_dropped", stats->tx_dropped[FWD_TRUNK]);
	json_close(j, '}');
}

static void
json_sender(struct json *j, const struct rte_disassembler_peer_stats *p)
{
	static const struct json_field fields[] = {
#define FIELD(member) { #member, offsetof(struct rte_disassembler_peer_stats, member) }
		FIELD(age_ms),
		FIELD(frames),
		FIELD(packets),
		FIELD(bytes),
		FIELD(dropped),
		FIELD(control),
		FIELD(lost_frames),
		FIELD(duplicate),
		FIELD(late),
		FIELD(no_mbuf),
#undef FIELD
	};

	json_open(j, NULL, '{');
	json_address(j, &p->addr);
	json_name(j, "state");
	json_string(j, p->accepted ? "accepted" : "removed");
	json_fields(j, p, fields, RTE_DIM(fields));
	json_close(j, '}');
}

static void
json_disassembler(struct json *j, const struct testasm_stats *stats)
{
	const struct rte_disassembler_stats *d = &stats->disassembler;
	uint32_t i;

	json_open(j, "disassembler", '{');
	json_u64(j, "frames", d->frames);
	json_u64(j, "packets", d->packets);
	json_u64(j, "native", d->native);
	json_causes(j, stats, &stats_dropped_frames);
	json_u64(j, "not_mine", d->not_mine);
	json_u64(j, "lost_frames", d->lost_frames);
	json_u64(j, "duplicate", d->duplicate);
	json_u64(j, "late", d->late);
	json_u64(j, "no_mbuf", d->no_mbuf);
	json_open(j, "peers", '[');
	for (i = 0; i < stats->peers.nb_senders; i++)
		json_sender(j, &stats->peers.sender[i]);
	json_close(j, ']');
	json_u64(j, "tx_dropped", stats->tx_dropped[FWD_ACCESS]);
	json_close(j, '}');
}

static void
json_stats(FILE *file, const struct testasm *t, const struct testasm_stats *stats)
{
	struct json j = { .file = file };
	unsigned int i;

	json_open(&j, NULL, '{');
	json_open(&j, "ports", '[');
	for (i = 0; i < FWD_SIDES; i++)
		json_port(&j, &t->port[i], &stats->port[i], stats->tx_full[i]);
	json_close(&j, ']');
	json_assembler(&j, stats);
	json_disassembler(&j, stats);
	json_open(&j, "mbufs", '{');
	json_u64(&j, "total", stats->mbufs_total);
	json_u64(&j, "in_use", stats->mbufs_in_use);
	json_close(&j, '}');
	json_close(&j, '}');
	fputc('\n', file);
}

/* Beside *path*, for rename() to work. */
static FILE *
temporary_open(const char *path, char *name, size_t size)
{
	FILE *file = NULL;

	errno = ENAMETOOLONG;
	if ((size_t)snprintf(name, size, "%s.tmp", path) < size)
		file = fopen(name, "w");
	if (file == NULL)
		testasm_error("--stats-json=%s: cannot write there: %s", path, strerror(errno));
	return file;
}

int
stats_json_check(const char *path)
{
	char name[PATH_MAX];
	struct stat st;
	FILE *file;

	/* rename() would put a plain file in the place of a device or a pipe. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		testasm_error("--stats-json=%s: give a plain file", path);
		return -EINVAL;
	}
	file = temporary_open(path, name, sizeof(name));
	if (file == NULL)
		return -EACCES;
	fclose(file);
	unlink(name);
	return 0;
}

int
stats_json_write(const struct testasm *t, const struct testasm_stats *stats)
{
	const char *path = t->conf.stats_json;
	char name[PATH_MAX];
	FILE *file = temporary_open(path, name, sizeof(name));
	bool good;

	if (file == NULL)
		return -EACCES;
	json_stats(file, t, stats);
	good = ferror(file) == 0;
	/* A full disk may show as late as here. */
	good = fclose(file) == 0 && good;
	if (good && rename(name, path) == 0)
		return 0;
	testasm_error("--stats-json=%s: cannot write it: %s", path, strerror(errno));
	unlink(name);
	return -EIO;
}
