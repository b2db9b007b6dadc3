#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Measure. Prints a table and writes the same figures as JSON.
#
#   devtools/bench.sh --assembler [JSON-FILE]    the assembler without a NIC, on two CPUs
#
# Default JSON-FILE: build/bench/assembler.json. BENCH_CPUS names the two CPUs (0,1).
set -eu
cd "$(dirname "$0")/.."

usage() {
	sed -n '5,10s/^# \{0,1\}//p' "$0"
}

build() { # TARGET
	[ -f build/bench/build.ninja ] ||
		meson setup --buildtype=release build/bench >/dev/null
	meson compile -C build/bench "$1" >build/bench/compile.log ||
		{ cat build/bench/compile.log >&2; exit 1; }
}

bench_assembler() {
	cpus=${BENCH_CPUS:-0,1}
	json=${1:-build/bench/assembler.json}
	build assembler_bench
	build/bench/assembler_bench --no-huge -m 512 --no-pci --no-shconf --no-telemetry \
		--log-level '*:4' --lcores "0@${cpus%,*},1@${cpus#*,}" -- "$json"
	echo "JSON: $json"
}

case ${1:-} in
--assembler) shift; bench_assembler "$@" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
