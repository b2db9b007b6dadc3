/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#include "fwd.h"

struct option_desc;

/* Returns false for a value that it does not accept. */
typedef bool (*option_parse_t)(const struct option_desc *o, const char *value, void *field);

struct option_desc {
	const char *name;      /* of one letter: given with one dash */
	const char *value;     /* in the help; NULL: the option takes none */
	const char *accepted;  /* in errors; NULL: min to max, "": parse said it */
	const char *help;
	option_parse_t parse;
	size_t offset;         /* of the field in struct testasm_conf */
	uint32_t min;
	uint32_t max;
};

static bool
parse_number(const struct option_desc *o, const char *value, void *field)
{
	/* Not base 0: a leading 0 would quietly mean octal. */
	int base = value[0] == '0' && (value[1] | 0x20) == 'x' ? 16 : 10;
	unsigned long long number;
	char *end;

	if (value[0] < '0' || value[0] > '9')
		return false;
	errno = 0;
	number = strtoull(value, &end, base);
	if (errno != 0 || *end != '\0' || number < o->min || number > o->max)
		return false;
	*(uint32_t *)field = number;
	return true;
}

static bool
parse_ether_type(const struct option_desc *o, const char *value, void *field)
{
	return parse_number(o, value, field) &&
		rte_assembler_ether_type_check(*(uint32_t *)field) == 0;
}

static bool
parse_switch(const struct option_desc *o __rte_unused, const char *value, void *field)
{
	/* The option alone switches it on. */
	bool on = value == NULL || strcmp(value, "on") == 0;

	*(bool *)field = on;
	return on || strcmp(value, "off") == 0;
}

static bool
parse_flag(const struct option_desc *o __rte_unused, const char *value __rte_unused, void *field)
{
	*(bool *)field = true;
	return true;
}

static bool
parse_engine(const struct option_desc *o __rte_unused, const char *value, void *field)
{
	const struct fwd_engine *engine = fwd_engine_find(value);

	*(const struct fwd_engine **)field = engine;
	return engine != NULL;
}

static bool
parse_peer(const struct option_desc *o __rte_unused, const char *value, void *field)
{
	struct testasm_conf *conf = field; /* at offset 0: it has two fields */

	conf->peer_set = rte_ether_unformat_addr(value, &conf->peer) == 0 &&
		rte_is_valid_assigned_ether_addr(&conf->peer);
	return conf->peer_set;
}

static bool
parse_text(const struct option_desc *o __rte_unused, const char *value, void *field)
{
	*(const char **)field = value;
	return value[0] != '\0';
}

static bool
parse_config(const struct option_desc *o __rte_unused, const char *value, void *field)
{
	struct testasm_conf *conf = field; /* at offset 0: all of it */

	return config_load(value, conf) == 0;
}

#define FIELD(name_) .offset = offsetof(struct testasm_conf, name_)
#define NUMBER(name_, min_, max_) \
	.parse = parse_number, FIELD(name_), .min = min_, .max = max_
#define SWITCH(name_) \
	.value = "off|on", .accepted = "off or on", .parse = parse_switch, FIELD(name_)

#define FWD_MODES "io, mac, rxonly, txonly, flowgen, assemble, disassemble or gateway"

static const struct option_desc options[] = {
	{ "forward-mode", "MODE", FWD_MODES, "see below; default gateway",
		.parse = parse_engine, FIELD(engine) },
	{ "access", "PORT", NULL, "port id of the access side; default 0",
		NUMBER(access, 0, RTE_MAX_ETHPORTS - 1) },
	{ "trunk", "PORT", NULL, "port id of the trunk side; default 1",
		NUMBER(trunk, 0, RTE_MAX_ETHPORTS - 1) },
	{ "peer", "MAC", "a unicast address such as 02:00:00:00:00:01",
		"address of the trunk peer; default: it is searched for", .parse = parse_peer },
	{ "max-frame", "BYTES", NULL, "longest assembled frame, without FCS; default 1514",
		NUMBER(max_frame, 60, 16384) },
	{ "max-count", "N", NULL, "most packets in a frame, 0: no limit; default 0",
		NUMBER(max_count, 0, UINT16_MAX) },
	{ "min-count", "N", NULL, "fewer travel natively; default 3",
		NUMBER(min_count, 1, RTE_ASSEMBLER_MAX_MIN_COUNT) },
	{ "hold-us", "USEC", NULL, "longest wait for a frame's next packet; default 50",
		NUMBER(hold_us, 0, 1000000) },
	{ "max-pkt", "BYTES", NULL, "longer packets travel natively; default 200",
		NUMBER(max_pkt, 60, 16383) },
	{ "idle-flush", .help = "close a frame when nothing is received; default off",
		SWITCH(idle_flush) },
	{ "ethertype", "TYPE", "0x600 to 0xffff, but for IP, ARP, VLAN and the like",
		"of assembled frames; default 0x88B5", .parse = parse_ether_type,
		FIELD(ether_type), .min = 0x600, .max = UINT16_MAX },
	{ "lz4", .help = "compress; the peer must read it; default off", SWITCH(lz4) },
	{ "adaptive", .help = "hold few packets no time, more under load; default off",
		SWITCH(adaptive) },
	{ "workers", "N", NULL, "lcores that assemble; default 0: the forwarding one",
		NUMBER(workers, 0, RTE_ASSEMBLER_MAX_WORKERS) },
	{ "interrupt", .help = "idle lcores sleep until a packet comes; default off",
		SWITCH(interrupt) },
	{ "lcore-map", "MAP", "task:lcore pairs", "lcores by task: rx:0,worker:1-2,tx:3,back:4",
		.parse = parse_text, FIELD(lcore_map) },
	{ "nb-rxd", "N", NULL, "RX descriptors of each port; default 512",
		NUMBER(nb_rxd, 32, 4096) },
	{ "nb-txd", "N", NULL, "TX descriptors of each port; default 512",
		NUMBER(nb_txd, 32, 4096) },
	{ "burst", "N", NULL, "packets received or sent at once; default 32",
		NUMBER(burst, 1, TESTASM_MAX_BURST) },
	{ "mbufs", "N", NULL, "packet buffers; default 8192",
		NUMBER(mbufs, 64, 1 << 22) },
	{ "txpkts", "BYTES", NULL, "length of txonly's and flowgen's packets; default 60",
		NUMBER(txpkts, 42, 1514) },
	{ "stats-period", "SEC", NULL, "statistics every so often, 0: at exit; default 0",
		NUMBER(stats_period, 0, 86400) },
	{ "stats-json", "FILE", "a path", "statistics as JSON, at exit and every period",
		.parse = parse_text, FIELD(stats_json) },
	{ "duration", "SEC", NULL, "stop after so long, 0: at SIGINT or SIGTERM; default 0",
		NUMBER(duration, 0, 100000000) },
	{ "config", "FILE", "", "options from a file, as if they stood here",
		.parse = parse_config },
	{ "cmdline-file", "FILE", "a path", "commands to begin with, needs -i",
		.parse = parse_text, FIELD(cmdline_file) },
	{ "i", .help = "prompt, which \"help\" explains", .parse = parse_flag,
		FIELD(interactive) },
	{ "a", .help = "start at once; default without -i", .parse = parse_flag, FIELD(start) },
};

static const struct testasm_conf defaults = {
	.engine = &fwd_gateway,
	.access = 0,
	.trunk = 1,
	.max_frame = 1514,
	.max_count = 0,
	.min_count = 3,
	.hold_us = 50,
	.max_pkt = 200,
	.ether_type = RTE_ASSEMBLER_ETHER_TYPE,
	.nb_rxd = 512,
	.nb_txd = 512,
	.burst = 32,
	.mbufs = 8192,
	.txpkts = 60,
};

static const char *
option_dash(const struct option_desc *o)
{
	return o->name[1] == '\0' ? "-" : "--";
}

static const struct option_desc *
option_find(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(options); i++)
		if (strncmp(options[i].name, name, len) == 0 && options[i].name[len] == '\0')
			return &options[i];
	return NULL;
}

static void
option_help(const struct option_desc *o)
{
	char text[40];

	snprintf(text, sizeof(text), "%s%s%s%s", option_dash(o), o->name,
		o->value != NULL ? "=" : "", o->value != NULL ? o->value : "");
	printf("  %-22s %s", text, o->help);
	if (o->parse == parse_number && o->accepted == NULL)
		printf(" (%" PRIu32 " to %" PRIu32 ")", o->min, o->max);
	printf("\n");
}

static void
print_usage(void)
{
	unsigned int i;

	printf("usage: " TESTASM_NAME " [EAL options] -- [options]\n\n");
	for (i = 0; i < RTE_DIM(options); i++)
		option_help(&options[i]);
	printf("  %-22s %s\n", "--help", "this text; EAL's own options: -h before --");
	printf("  %-22s %s\n\n", "--version", "the program's version and DPDK's");
	printf("Forward modes:\n");
	for (i = 0; fwd_engines[i] != NULL; i++)
		printf("  %-22s %s\n", fwd_engines[i]->name, fwd_engines[i]->help);
	printf("\nExample: " TESTASM_NAME " -l 0 -a 0000:02:01.0 -a 0000:02:02.0 -- "
		"--peer=52:54:00:00:00:02\n");
}

bool
options_inform(int argc, char **argv)
{
	int eal = options_eal_count(argc, argv);
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || (i > eal && strcmp(argv[i], "-h") == 0)) {
			print_usage();
			return true;
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf(TESTASM_NAME " " TESTASM_VERSION " (%s)\n", rte_version());
			return true;
		}
	}
	return false;
}

int
options_eal_count(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return argc;
}

/* EAL would answer an option of ours with its whole usage: say what is meant instead. */
static int
options_check_place(int eal_argc, char **argv)
{
	int i;

	for (i = 1; i < eal_argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0 &&
				option_find(argv[i] + 2, strcspn(argv[i] + 2, "=")) != NULL) {
			testasm_error("%s: put -- between EAL's options and this one", argv[i]);
			return -EINVAL;
		}
	}
	return 0;
}

static int
option_apply(const struct option_desc *o, const char *value, struct testasm_conf *conf)
{
	if (o->parse(o, value, RTE_PTR_ADD(conf, o->offset)))
		return 0;
	if (o->accepted != NULL && o->accepted[0] == '\0')
		return -EINVAL;
	if (o->accepted != NULL)
		testasm_error("%s%s=%s: give %s", option_dash(o), o->name, value, o->accepted);
	else
		testasm_error("%s%s=%s: give a number from %" PRIu32 " to %" PRIu32,
			option_dash(o), o->name, value, o->min, o->max);
	return -EINVAL;
}

int
option_set(const char *name, const char *value, struct testasm_conf *conf)
{
	const struct option_desc *o = option_find(name, strlen(name));

	return o != NULL && o->value != NULL ? option_apply(o, value, conf) : -ENOENT;
}

/* What getopt_long() answered: a letter, or a number that it calls an option of the table by. */
#define OPTION_FIRST (UCHAR_MAX + 1)

static int
option_refuse(int answer, const char *arg)
{
	if (answer == ':')
		testasm_error("--%s: give a value, as in --%s=%s",
			options[optopt - OPTION_FIRST].name,
			options[optopt - OPTION_FIRST].name,
			options[optopt - OPTION_FIRST].value);
	else if (optopt > 0 && optopt < OPTION_FIRST)
		testasm_error("-%c: no such option; --help lists them", optopt);
	else
		testasm_error("%s: no such option, or short for several; --help lists them", arg);
	return -EINVAL;
}

static void
options_table(struct option *table)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(options); i++) {
		if (options[i].value == NULL)
			continue;
		*table++ = (struct option) {
			.name = options[i].name,
			.has_arg = options[i].parse == parse_switch ? optional_argument :
				required_argument,
			.val = OPTION_FIRST + i,
		};
	}
	*table = (struct option) { 0 };
}

static int
options_scan(int argc, char **argv, struct testasm_conf *conf)
{
	struct option table[RTE_DIM(options) + 1];
	int answer, ret;
	char name[2] = "";

	options_table(table);
	opterr = 0;
	optind = 1;
	while ((answer = getopt_long(argc, argv, "+:ia", table, NULL)) != -1) {
		if (answer == '?' || answer == ':')
			return option_refuse(answer, argv[optind - 1]);
		if (answer < OPTION_FIRST) {
			name[0] = answer;
			ret = option_apply(option_find(name, 1), NULL, conf);
		} else {
			ret = option_apply(&options[answer - OPTION_FIRST], optarg, conf);
		}
		if (ret != 0)
			return ret;
	}
	if (optind < argc) {
		testasm_error("%s: not an option; --help lists them", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

int
options_lz4_check(const struct testasm_conf *conf)
{
	if (!conf->lz4 || rte_assembler_has_lz4())
		return 0;
	testasm_error("lz4 on: this build has no LZ4; install liblz4-dev and build again");
	return -ENOTSUP;
}

/* What no option can say of itself alone. */
static int
options_check(const struct testasm_conf *conf)
{
	if (conf->cmdline_file != NULL && !conf->interactive) {
		testasm_error("--cmdline-file=%s: needs -i", conf->cmdline_file);
		return -EINVAL;
	}
	if (options_lz4_check(conf) != 0)
		return -ENOTSUP;
	if (conf->access == conf->trunk) {
		testasm_error("--access=%" PRIu32 " --trunk=%" PRIu32 ": give two different ports",
			conf->access, conf->trunk);
		return -EINVAL;
	}
	return conf->stats_json != NULL ? stats_json_check(conf->stats_json) : 0;
}

int
options_parse(int argc, char **argv, struct testasm_conf *conf)
{
	int eal_argc = options_eal_count(argc, argv);
	int ret = options_check_place(eal_argc, argv);

	*conf = defaults;
	if (ret == 0 && eal_argc < argc)
		ret = options_scan(argc - eal_argc, argv + eal_argc, conf);
	if (ret == 0)
		ret = options_check(conf);
	/* EAL parses with getopt as well. */
	optind = 1;
	return ret;
}
