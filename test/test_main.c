/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <limits.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "test.h"

static struct test_suite *suites;

void
test_suite_register(struct test_suite *suite)
{
	suite->next = suites;
	suites = suite;
}

static int
run(const struct test_suite *suite)
{
	return _cmocka_run_group_tests(suite->name, suite->tests,
			suite->nb_tests, NULL, NULL) != 0;
}

static char runtime_dir[] = "/tmp/asm82545-test.XXXXXX";

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
runtime_dir_remove(void)
{
	nftw(runtime_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* A place of its own for the socket of the telemetry. */
static void
runtime_dir_make(void)
{
	if (mkdtemp(runtime_dir) == NULL || setenv("RUNTIME_DIRECTORY", runtime_dir, 1) != 0) {
		perror(runtime_dir);
		exit(1);
	}
	atexit(runtime_dir_remove);
}

static void
eal_start(const char *program)
{
	/* Neither hugepages, nor devices, nor root. Three lcores on any CPUs. */
	const char *args[] = {
		program, "--no-huge", "-m", "512", "--no-pci", "--no-shconf",
		"--lcores", "(0-2)@0", "--log-level", "*:4",
	};
	/* EAL keeps pointers into what it is given. */
	static char argv_mem[RTE_DIM(args)][PATH_MAX];
	char *argv[RTE_DIM(args) + 1] = { NULL };
	size_t i;

	for (i = 0; i < RTE_DIM(args); i++) {
		snprintf(argv_mem[i], sizeof(argv_mem[i]), "%s", args[i]);
		argv[i] = argv_mem[i];
	}
	if (rte_eal_init(RTE_DIM(args), argv) < 0) {
		fprintf(stderr, "EAL does not start\n");
		exit(1);
	}
}

/* Returns 0, or 1 where a test of it failed. */
static int
run_alone(const char *program, const struct test_suite *suite)
{
	int failed;

	runtime_dir_make();
	eal_start(program);
	failed = run(suite);
	/* A test that failed may have left lcores at work, which this would wait for. */
	if (failed == 0)
		rte_eal_cleanup();
	return failed;
}

/* Each in a process of its own, as ports, pools and memory of a suite stay to its end. */
static int
run_all(char *program)
{
	const struct test_suite *suite;
	int failed = 0, status;
	pid_t pid;

	for (suite = suites; suite != NULL; suite = suite->next) {
		char *argv[] = { program, (char *)(uintptr_t)suite->name, NULL };

		pid = fork();
		if (pid == 0) {
			execv("/proc/self/exe", argv);
			_exit(1);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
			fprintf(stderr, "suite %s failed\n", suite->name);
			failed++;
		}
	}
	return failed != 0;
}

/* Without arguments: all suites. */
int
main(int argc, char **argv)
{
	const struct test_suite *suite;

	if (argc <= 1)
		return run_all(argv[0]);
	for (suite = suites; suite != NULL; suite = suite->next) {
		if (strcmp(argv[1], suite->name) == 0)
			return run_alone(argv[0], suite);
	}
	fprintf(stderr, "no suite %s; there are:", argv[1]);
	for (suite = suites; suite != NULL; suite = suite->next)
		fprintf(stderr, " %s", suite->name);
	fprintf(stderr, "\n");
	return 2;
}
