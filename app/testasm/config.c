/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Options from a file, see --config. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cfgfile.h>

#include "testasm.h"

#define SECTION "testasm"

static int
config_entries(const char *path, const struct rte_cfgfile_entry *entries, int nb,
	struct testasm_conf *conf)
{
	int ret = 0, i;

	for (i = 0; i < nb && ret == 0; i++) {
		/* A file of files might have no end. Values are kept as long as argv is. */
		ret = strcmp(entries[i].name, "config") == 0 ? -ENOENT :
			option_set(entries[i].name, strdup(entries[i].value), conf);
		if (ret == -ENOENT)
			testasm_error("%s: %s: no option for a file; --help lists those with a "
				"value", path, entries[i].name);
	}
	return ret;
}

int
config_load(const char *path, struct testasm_conf *conf)
{
	struct rte_cfgfile_entry *entries = NULL;
	struct rte_cfgfile_parameters params = { .comment_character = '#' };
	struct rte_cfgfile *file;
	int ret = -EINVAL, nb;

	if (access(path, R_OK) != 0) {
		testasm_error("--config=%s: cannot read it: %s", path, strerror(errno));
		return -EINVAL;
	}
	file = rte_cfgfile_load_with_params(path, 0, &params);
	nb = file != NULL ? rte_cfgfile_section_num_entries(file, SECTION) : 0;
	if (file == NULL) {
		testasm_error("--config=%s: give a file with a section [" SECTION "] and lines "
			"such as max-frame = 1514", path);
		return -EINVAL;
	}
	if (nb > 0)
		entries = calloc(nb, sizeof(*entries));
	if (nb < 0 || rte_cfgfile_num_sections(file, NULL, 0) != 1)
		testasm_error("--config=%s: give one section, [" SECTION "]", path);
	else if (nb > 0 && (entries == NULL ||
			rte_cfgfile_section_entries(file, SECTION, entries, nb) != nb))
		testasm_error("--config=%s: no memory", path);
	else
		ret = config_entries(path, entries, nb, conf);
	free(entries);
	rte_cfgfile_close(file);
	return ret;
}
