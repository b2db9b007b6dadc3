#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Suites of the assembler under ThreadSanitizer.

. "$(dirname "$0")/env.sh"

OUT="$BUILD/races"
LONG="assembler_worker assembler_sleep assembler_stats assembler_peers assembler_telemetry discovery squeeze"
PACKAGES="gcc libtsan2 libdpdk-dev liblz4-dev libcmocka-dev libjansson-dev meson ninja-build pkg-config"

usage() {
	cat <<-END
	usage: devtools/races.sh [all | SUITE...]
	  Builds the tests in build/races with ThreadSanitizer and runs them: without
	  SUITE assembler_stress, in which clients, peers and settings come and go at
	  once, in some seconds; "all" runs also
	  $LONG.
	  Exit status 1: a test failed, or there was a race; the output says where.
	END
}

case ${1:-} in
-*) usage; exit 0 ;;
'') set -- assembler_stress ;;
all)
	# shellcheck disable=SC2086 # a list of words
	set -- assembler_stress $LONG
	;;
esac

# shellcheck disable=SC2086 # a list of words
need_packages $PACKAGES
[ -e "$OUT/build.ninja" ] ||
	meson setup -Db_sanitize=thread -Db_lundef=false -Dc_args=-DRTE_USE_C11_MEM_MODEL \
		"$OUT" "$ROOT" >"$OUT.log" 2>&1 || { tail -20 "$OUT.log" >&2; exit 1; }
programs=test/assembler_stress
[ "$*" = assembler_stress ] || programs="$programs test/dpdk-asm82545-test"
# shellcheck disable=SC2086 # a list of words
ninja -C "$OUT" $programs >"$OUT.log" || { tail -20 "$OUT.log" >&2; exit 1; }

status=0
for suite in "$@"; do
	program="$OUT/test/dpdk-asm82545-test"
	[ "$suite" != assembler_stress ] || program="$OUT/test/assembler_stress"
	log="$OUT/$suite.log"
	if TSAN_OPTIONS="suppressions=$ROOT/test/data/tsan.supp" "$program" "$suite" >"$log" 2>&1; then
		say "$suite: no races"
	else
		status=1
		grep -E -A 20 'WARNING: ThreadSanitizer|ERROR|FAILED' "$log" | head -60
		say "$suite: the whole output is in $log"
	fi
done
exit $status
