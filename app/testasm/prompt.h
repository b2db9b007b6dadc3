/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TESTASM_PROMPT_H
#define TESTASM_PROMPT_H

/* What the prompt and its commands share. All run on the prompt's thread. */

#include <cmdline.h>
#include <cmdline_parse.h>
#include <cmdline_parse_string.h>

#include "fwd.h"

#define COMMAND_WORDS 7

/** A command as it was typed: word[0] is its first one. */
struct command_line {
	cmdline_fixed_string_t word[COMMAND_WORDS];
};

struct command {
	/* Words; "a|b" is one of these, a word in capitals any. */
	const char *usage;
	const char *help;
	void (*run)(struct testasm *t, const struct command_line *line);
};

/** A section of help; its commands end with one that has no usage. */
struct command_section {
	const char *name;
	const char *title;
	const struct command *commands;
};

extern const struct command commands_control[];
extern const struct command commands_display[];
extern const struct command commands_config[];
extern const struct command commands_ports[];

/** Run the commands of a file; one line on stderr if it cannot be read. */
int prompt_load(const char *path);
/** Print the help of one section, or of all where *section* is NULL. */
void prompt_help(const char *section);

/**
 * Call *fn* for the port or ports that *text* names, a number or "all", until
 * one fails.
 */
int ports_each(struct testasm *t, const char *text,
		int (*fn)(struct testasm *t, struct fwd_port *p, const void *arg), const void *arg);

#endif /* TESTASM_PROMPT_H */
