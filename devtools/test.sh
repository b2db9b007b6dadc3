#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Every test there is, from an empty machine. The last line has the counts.

. "$(dirname "$0")/env.sh"

PARTS="units sanitized python lab"
LOGS="$BUILD/test"

usage() {
	cat <<-END
	usage: devtools/test.sh [PART...]
	  units      the device-free tests, against the installed DPDK
	  sanitized  the same under AddressSanitizer and UndefinedBehaviorSanitizer
	  python     the scripts, dpdk-testasm with software ports, the wire format
	  lab        Debian's testpmd and dpdk-testasm in a guest with emulated NICs
	  Without PART: all, in 20 to 30 minutes. What is said in full
	  is in build/test/*.log. Exit status 0: all passed, none was skipped.
	END
}

passed=0 failed=0 skipped=0

# Adds up, and shows what one part came to.
conclude() { # PART PASSED FAILED SKIPPED
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	say "$1: $2 passed, $3 failed, $4 skipped (${SECONDS} s)"
}

# Of the numbers of tests in cmocka's lines.
sum() { # WORD FILE
	awk -v word="[  $1 ]" 'index($0, word) == 1 && match($0, /[0-9]+ test\(s\)/) {
		n += substr($0, RSTART)
	} END { print n + 0 }' "$2"
}

meson_tests() { # PART DIR OPTION...
	local part=$1 dir=$2 log="$LOGS/$1.log" ok=0 bad=0 broken
	shift 2
	# A directory set up before devtools/build.sh ran knows no headers for drivers.
	grep -q port82545 "$dir/build.ninja" 2>/dev/null ||
		{ rm -rf "$dir"; meson setup "$@" "$dir" "$ROOT" >"$log" 2>&1; } ||
		{ tail -20 "$log"; bad=1; }
	if [ $bad = 0 ]; then
		meson test -C "$dir" --timeout-multiplier 4 --verbose >"$log" 2>&1 ||
			{ bad=1; grep -E '^FAILED|error:|\[  FAILED  \]|ERROR: ' "$log" | head -20 || true; }
		ok=$(sum 'PASSED ' "$log")
		broken=$(sum 'FAILED ' "$log")
		[ "$broken" = 0 ] || bad=$broken
	fi
	[ $((ok + bad)) -gt 0 ] || bad=1
	conclude "$part" "$ok" "$bad" "$(sum 'SKIPPED' "$log")"
}

pytest() { # PART PATH...
	local part=$1 log="$LOGS/$1.log" status=0 bad
	shift
	/usr/bin/python3 -m pytest -v --tb=short -p no:cacheprovider --durations=5 \
		-o junit_family=xunit2 --junitxml="$LOGS/$part.xml" "$@" 2>&1 |
		tee "$log" | grep --line-buffered -E 'PASSED|FAILED|ERROR|SKIPPED|RERUN|^E ' ||
		status=${PIPESTATUS[0]}
	conclude_junit "$part" "$status"
	# Not hidden: a step that was late once may be late for a reason.
	grep ' RERUN ' "$log" | sed 's/ RERUN .*/: a step came too late; tried again/' || true
}

conclude_junit() { # PART STATUS
	local counts
	counts=$(/usr/bin/python3 - "$LOGS/$1.xml" <<-'END'
	import sys, xml.etree.ElementTree as tree
	suites = list(tree.parse(sys.argv[1]).getroot().iter('testsuite'))
	total = lambda name: sum(int(suite.get(name)) for suite in suites)
	bad = total('failures') + total('errors')
	print(total('tests') - bad - total('skipped'), bad, total('skipped'))
	END
	) || counts="0 1 0"
	# A run that broke off has failed, whatever it counted.
	case "$2 $counts" in 0\ *) ;; *\ 0\ *) counts="${counts% 0 *} 1 ${counts##* }" ;; esac
	# shellcheck disable=SC2086 # three numbers
	conclude "$1" $counts
}

units() {
	meson_tests units "$BUILD/fast"
}

sanitized() {
	export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1
	meson_tests sanitized "$BUILD/sanitized" -Db_sanitize=address,undefined -Db_lundef=false
}

python() {
	[ -e "$BUILD/fast/build.ninja" ] || meson setup "$BUILD/fast" "$ROOT" >"$LOGS/fast.log"
	ninja -C "$BUILD/fast" dpdk-testasm test/assembler_mp test/librte_native82545.so test/wire_pipe \
		test/native_traffic pmd_cost >"$LOGS/fast.log" || tail -20 "$LOGS/fast.log"
	pytest python "$ROOT/test" --ignore="$ROOT/test/e2e"
}

# Emulated machines on shared cores: a step that did not come in time has its test tried once
# more. A wrong answer, a crash or a loss fails at once.
lab() {
	pytest lab --reruns 1 --only-rerun LabTimeout "$ROOT/test/e2e"
}

case ${1:-} in -*) usage; exit 0 ;; esac
for part in "$@"; do
	case " $PARTS " in *" $part "*) ;; *) usage >&2; exit 2 ;; esac
done
mkdir -p "$LOGS"
rm -f "$LOGS"/*
# shellcheck disable=SC2086 # lists of words
need_packages $LAB_PACKAGES
"$ROOT/devtools/build.sh"
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $PARTS
for part in "$@"; do
	say "$part:"
	$part
done
say "took $SECONDS s"
[ $skipped = 0 ] || more=", $skipped skipped"
echo "$passed passed, $failed failed${more:-}"
[ "$failed" = 0 ] && [ "$skipped" = 0 ] && [ "$passed" -gt 0 ]
