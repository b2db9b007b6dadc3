/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TEST_H
#define TEST_H

/* What cmocka.h wants before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** A suite of tests: one file, named after the source that it tests. */
struct test_suite {
	const char *name;
	const struct CMUnitTest *tests;
	size_t nb_tests;
	struct test_suite *next;
};

void test_suite_register(struct test_suite *suite);

/** Make *tests_* known to the program as suite *name_*. */
#define TEST_SUITE(name_, tests_)						\
static struct test_suite suite_##name_ = {					\
	.name = #name_,								\
	.tests = tests_,							\
	.nb_tests = sizeof(tests_) / sizeof((tests_)[0]),			\
};										\
__attribute__((constructor)) static void suite_register_##name_(void)		\
{										\
	test_suite_register(&suite_##name_);					\
}

#endif /* TEST_H */
