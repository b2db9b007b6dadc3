/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmdline_rdline.h>
#include <cmdline_socket.h>
#include <rte_string_fns.h>

#include "prompt.h"

#define PROMPT "testasm> "
/* How soon the prompt sees that the program ends. */
#define LOOK_MS 100
/* Alternatives of one word, as rte_cmdline writes them: "a#b". */
#define CHOICES_SIZE 128
/* Of a line of a file. */
#define COMMAND_SIZE 512

/* A command in the terms of rte_cmdline. */
struct bound_command {
	const struct command *command;
	struct testasm *t;
	struct cmdline_token_string token[COMMAND_WORDS];
	char choices[COMMAND_WORDS][CHOICES_SIZE];
};

static const struct command_section sections[] = {
	{ "control", "Forwarding and the prompt", commands_control },
	{ "display", "What there is to see", commands_display },
	{ "config", "What can change", commands_config },
	{ "ports", "Ports", commands_ports },
};

static pthread_t prompt_thread;
static bool prompt_runs;
static cmdline_parse_ctx_t *prompt_ctx;

static void
command_run(void *parsed, struct cmdline *cl __rte_unused, void *data)
{
	const struct bound_command *b = data;

	b->command->run(b->t, parsed);
	fflush(stdout);
}

/* NULL, for any word, where it is in capitals; else the choices. */
static const char *
word_choices(const char *word, size_t len, char *choices)
{
	size_t i;

	if (word[0] >= 'A' && word[0] <= 'Z')
		return NULL;
	for (i = 0; i < len; i++)
		choices[i] = word[i] == '|' ? '#' : word[i];
	choices[len] = '\0';
	return choices;
}

/* An instance of rte_cmdline ends with a list of tokens, NULL the last. */
static cmdline_parse_inst_t *
command_bind(struct bound_command *b, const struct command *c, struct testasm *t)
{
	cmdline_parse_inst_t *inst = calloc(1, sizeof(*inst) +
		(COMMAND_WORDS + 1) * sizeof(inst->tokens[0]));
	const char *word = c->usage;
	unsigned int nb = 0;
	size_t len;

	if (inst == NULL)
		return NULL;
	b->command = c;
	b->t = t;
	inst->f = command_run;
	inst->data = b;
	inst->help_str = c->help;
	for (; *word != '\0'; word += len + strspn(word + len, " "), nb++) {
		len = strcspn(word, " ");
		RTE_VERIFY(nb < COMMAND_WORDS && len < CHOICES_SIZE);
		b->token[nb] = (struct cmdline_token_string) {
			.hdr.ops = &cmdline_token_string_ops,
			.hdr.offset = offsetof(struct command_line, word[nb]),
			.string_data.str = word_choices(word, len, b->choices[nb]),
		};
		inst->tokens[nb] = &b->token[nb].hdr;
	}
	return inst;
}

static unsigned int
commands_count(void)
{
	const struct command *c;
	unsigned int nb = 0, s;

	for (s = 0; s < RTE_DIM(sections); s++)
		for (c = sections[s].commands; c->usage != NULL; c++)
			nb++;
	return nb;
}

/* Kept until the program ends. */
static int
commands_bind(struct testasm *t)
{
	unsigned int nb = commands_count(), s;
	struct bound_command *b = calloc(nb, sizeof(*b));
	const struct command *c;

	prompt_ctx = calloc(nb + 1, sizeof(*prompt_ctx));
	if (b == NULL || prompt_ctx == NULL)
		return -ENOMEM;
	nb = 0;
	for (s = 0; s < RTE_DIM(sections); s++) {
		for (c = sections[s].commands; c->usage != NULL; c++) {
			prompt_ctx[nb] = command_bind(&b[nb], c, t);
			if (prompt_ctx[nb++] == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

void
prompt_help(const char *section)
{
	const struct command *c;
	unsigned int s;

	for (s = 0; s < RTE_DIM(sections); s++) {
		if (section != NULL && strcmp(section, sections[s].name) != 0)
			continue;
		printf("\n%s (help %s):\n", sections[s].title, sections[s].name);
		for (c = sections[s].commands; c->usage != NULL; c++)
			printf("  %-44s %s\n", c->usage, c->help);
	}
	printf("\nTab completes a word, the arrows bring back earlier lines.\n");
}

static const char *
parse_error(int ret)
{
	switch (ret) {
	case CMDLINE_PARSE_AMBIGUOUS:
		return "may be several commands";
	case CMDLINE_PARSE_BAD_ARGS:
		return "the command goes on otherwise";
	default:
		return "no such command";
	}
}

int
prompt_load(const char *path)
{
	struct cmdline *cl = cmdline_new(prompt_ctx, "", -1, -1);
	FILE *file = fopen(path, "r");
	unsigned int number = 0;
	char text[COMMAND_SIZE];
	int ret = 0;

	if (file == NULL)
		testasm_error("%s: cannot read commands there: %s", path, strerror(errno));
	while (file != NULL && cl != NULL && ret >= 0 && !testasm_stopped() &&
			fgets(text, sizeof(text) - 1, file) != NULL) {
		number++;
		/* What ends without a line feed is a command too. */
		if (strchr(text, '\n') == NULL)
			strlcat(text, "\n", sizeof(text));
		ret = cmdline_parse(cl, text);
		if (ret < 0)
			testasm_error("%s:%u: %s: %.*s", path, number, parse_error(ret),
				(int)strcspn(text, "\n"), text);
	}
	if (file != NULL)
		fclose(file);
	cmdline_free(cl);
	return file != NULL && cl != NULL && ret >= 0 ? 0 : -EINVAL;
}

int
ports_each(struct testasm *t, const char *text,
	int (*fn)(struct testasm *t, struct fwd_port *p, const void *arg), const void *arg)
{
	bool all = strcmp(text, "all") == 0;
	struct fwd_port *p;
	unsigned int i;
	int ret = 0;

	if (!all) {
		p = port_by_text(t, text);
		return p != NULL ? fn(t, p, arg) : -EINVAL;
	}
	for (i = 0; i < FWD_SIDES && ret == 0; i++)
		if (!t->port[i].closed)
			ret = fn(t, &t->port[i], arg);
	return ret;
}

/* Until "quit", the end of what is typed, or the end of the program. */
static void
prompt_read(struct cmdline *cl)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char c;

	while (!testasm_stopped()) {
		if (poll(&in, 1, LOOK_MS) <= 0)
			continue;
		if (read(in.fd, &c, 1) != 1 || cmdline_in(cl, &c, 1) < 0)
			break;
	}
}

static void *
prompt_main(void *arg)
{
	struct testasm *t = arg;
	struct cmdline *cl;

	/* Not beside the main lcore, whose thread began this one, but where the kernel likes. */
	pthread_setaffinity_np(pthread_self(), sizeof(t->cpus), &t->cpus);
	if (t->conf.cmdline_file != NULL && prompt_load(t->conf.cmdline_file) != 0)
		testasm_stop();
	cl = testasm_stopped() ? NULL : cmdline_stdin_new(prompt_ctx, PROMPT);
	if (cl != NULL) {
		prompt_read(cl);
		cmdline_stdin_exit(cl);
	}
	testasm_stop();
	return NULL;
}

int
prompt_begin(struct testasm *t)
{
	int ret = commands_bind(t);

	if (ret == 0)
		ret = -pthread_create(&prompt_thread, NULL, prompt_main, t);
	if (ret != 0)
		testasm_error("cannot begin the prompt: %s", strerror(-ret));
	prompt_runs = ret == 0;
	return ret;
}

void
prompt_end(void)
{
	if (prompt_runs)
		pthread_join(prompt_thread, NULL);
	prompt_runs = false;
}
