#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Fuzzes the receiving end of the assembler under AddressSanitizer and
# UndefinedBehaviorSanitizer, one target after the other.

. "$(dirname "$0")/env.sh"

OUT="$BUILD/fuzz"
SOURCES="$ROOT/drivers/common/assembler"
PACKAGES="clang libclang-rt-14-dev libdpdk-dev liblz4-dev pkg-config python3"

usage() {
	cat <<-END
	usage: devtools/fuzz.sh [SECONDS]
	  Fuzzes each target of test/fuzz for SECONDS (60) and prints its executions per
	  second. What it finds to be new stays in build/fuzz/corpus-TARGET for the next
	  run. Exit status 1: an input made a target fail; it is in build/fuzz.
	END
}

CFLAGS="-DASSEMBLER_HAS_LZ4 -std=gnu11 -g -O1 -fno-strict-aliasing -D_GNU_SOURCE
	-DALLOW_EXPERIMENTAL_API -DRTE_LOG_DEFAULT_LOGTYPE=pmd.common.assembler
	-fsanitize=address,undefined -fno-sanitize-recover=undefined -I$ROOT/include -I$SOURCES"

newer() { # THAN FILE-OR-DIR...
	[ ! -e "$1" ] || [ -n "$(find "${@:2}" -name '*.[ch]' -newer "$1" -print -quit)" ]
}

# Of the library all objects, of the targets each; only where a source is newer.
build_library() {
	newer "$OUT/objects/done" "$SOURCES" "$ROOT/include" || return 0
	say "building the library"
	mkdir -p "$OUT/objects"
	# shellcheck disable=SC2046,SC2086 # lists of words
	(
		cd "$OUT/objects" && rm -f ./*.o
		printf '%s\n' "$SOURCES"/*.c | xargs -P "$(nproc)" -n 4 \
			clang $CFLAGS -fsanitize=fuzzer-no-link $(pkg-config --cflags libdpdk liblz4) -c
	)
	touch "$OUT/objects/done"
}

build() { # TARGET
	local target=$1
	newer "$OUT/$target" "$ROOT/test/fuzz" "$SOURCES" "$ROOT/include" || return 0
	say "building $target"
	# shellcheck disable=SC2046,SC2086 # lists of words
	clang $CFLAGS -fsanitize=fuzzer $(pkg-config --cflags libdpdk liblz4) \
		"$ROOT/test/fuzz/$target.c" "$OUT"/objects/*.o \
		-o "$OUT/$target" $(pkg-config --libs libdpdk liblz4)
}

fuzz() { # TARGET SECONDS
	local corpus="$OUT/corpus-$1" log="$OUT/$1.log"
	"$ROOT/test/fuzz/corpus.py" unpack "$corpus"
	# The EAL keeps its memory to the end; mbufs are counted by the target.
	ASAN_OPTIONS=detect_leaks=0 "$OUT/$1" -max_total_time="$2" -max_len=4096 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$OUT/$1-" "$corpus" >"$log" 2>&1 || {
		grep -E '^line |ERROR:|runtime error:|Test unit written' "$log" >&2 ||
			tail -20 "$log" >&2
		die "$1 failed; the whole output is in $log"
	}
	awk -v target="$1" '
		/^stat::number_of_executed_units/ { runs = $2 }
		/^stat::average_exec_per_sec/ { rate = $2 }
		/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") coverage = $(i + 1) }
		END { printf "%s: %d executions, %d a second, %d branches\n",
			target, runs, rate, coverage }' "$log"
}

seconds=${1:-60}
case $seconds in
-h | --help) usage; exit 0 ;;
*[!0-9]*) usage >&2; exit 2 ;;
esac
# shellcheck disable=SC2086 # a list of words
need_packages $PACKAGES
mkdir -p "$OUT"
build_library
for source in "$ROOT"/test/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	build "$target"
	fuzz "$target" "$seconds"
done
