/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Options from a file, see --config. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cfgfile.h>
#include <rte_string_fns.h>

#include "testasm.h"

#define SECTION "testasm"
#define PEER_SECTION "peer "
/* Sections of peers, of which each has a destination. */
#define MAX_SECTIONS (TESTASM_MAX_ROUTES + 1)

/* What a section means; returns -ENOENT for an entry that it does not know. */
typedef int (*entry_set_t)(const struct rte_cfgfile_entry *e, struct testasm_conf *conf,
	const struct rte_ether_addr *peer);

static int
option_entry(const struct rte_cfgfile_entry *e, struct testasm_conf *conf,
	const struct rte_ether_addr *peer __rte_unused)
{
	/* A file of files might have no end. Values are kept as long as argv is. */
	return strcmp(e->name, "config") == 0 ? -ENOENT :
		option_set(e->name, strdup(e->value), conf);
}

static int
peer_entry(const struct rte_cfgfile_entry *e, struct testasm_conf *conf,
	const struct rte_ether_addr *peer)
{
	char text[CFG_VALUE_LEN], *rest = text, *word;
	int ret = 0;

	if (strcmp(e->name, "mac") == 0)
		return 0;
	if (strcmp(e->name, "destinations") != 0)
		return -ENOENT;
	strlcpy(text, e->value, sizeof(text));
	while (ret == 0 && (word = strsep(&rest, ", \t")) != NULL)
		if (word[0] != '\0')
			ret = route_add(conf, word, peer);
	return ret;
}

static int
section_load(struct rte_cfgfile *file, const char *path, const char *section,
	entry_set_t set, struct testasm_conf *conf, const struct rte_ether_addr *peer)
{
	int nb = rte_cfgfile_section_num_entries(file, section), ret = 0, i;
	struct rte_cfgfile_entry *entries = calloc(RTE_MAX(nb, 1), sizeof(*entries));

	if (entries == NULL || rte_cfgfile_section_entries(file, section, entries, nb) != nb) {
		testasm_error("--config=%s: no memory", path);
		ret = -ENOMEM;
	}
	for (i = 0; i < nb && ret == 0; i++) {
		ret = set(&entries[i], conf, peer);
		if (ret == -ENOENT)
			testasm_error("%s: %s: no option for a file in [%s]; the guide lists "
				"them", path, entries[i].name, section);
	}
	free(entries);
	return ret;
}

static int
peers_load(struct rte_cfgfile *file, const char *path, struct testasm_conf *conf)
{
	static char names[MAX_SECTIONS][CFG_NAME_LEN];
	char *sections[MAX_SECTIONS];
	struct rte_ether_addr peer;
	int ret = 0, nb, i;

	for (i = 0; i < MAX_SECTIONS; i++)
		sections[i] = names[i];
	nb = rte_cfgfile_sections(file, sections, MAX_SECTIONS);
	for (i = 0; i < nb && ret == 0; i++) {
		if (strcmp(names[i], SECTION) == 0)
			continue;
		ret = routes_peer(rte_cfgfile_get_entry(file, names[i], "mac"), &peer);
		if (ret == 0)
			ret = section_load(file, path, names[i], peer_entry, conf, &peer);
	}
	return ret;
}

int
config_load(const char *path, struct testasm_conf *conf)
{
	struct rte_cfgfile_parameters params = { .comment_character = '#' };
	struct rte_cfgfile *file;
	int ret = -EINVAL, nb;

	if (access(path, R_OK) != 0) {
		testasm_error("--config=%s: cannot read it: %s", path, strerror(errno));
		return -EINVAL;
	}
	file = rte_cfgfile_load_with_params(path, 0, &params);
	nb = file != NULL ? rte_cfgfile_num_sections(file, NULL, 0) : 0;
	if (nb == 0)
		testasm_error("--config=%s: give a file with a section [" SECTION "] and lines "
			"such as max-frame = 1514", path);
	else if (nb > MAX_SECTIONS ||
			rte_cfgfile_num_sections(file, SECTION, sizeof(SECTION)) != 1 ||
			rte_cfgfile_num_sections(file, PEER_SECTION,
				sizeof(PEER_SECTION) - 1) != nb - 1)
		testasm_error("--config=%s: give one section [" SECTION "], and a section "
			"[" PEER_SECTION "NAME] for each of several trunk peers", path);
	else
		ret = section_load(file, path, SECTION, option_entry, conf, NULL);
	if (ret == 0)
		ret = peers_load(file, path, conf);
	if (file != NULL)
		rte_cfgfile_close(file);
	return ret;
}
