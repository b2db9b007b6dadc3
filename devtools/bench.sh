#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Measure. Prints a table and writes the same figures as JSON.
#
#   devtools/bench.sh --assembler [JSON-FILE]    the assembler without a NIC, on two CPUs
#   devtools/bench.sh --pmd [JSON-FILE]          the driver's instructions per packet in the
#                                                lab, net_e1000_em beside it, and an SVG
#
# Default JSON-FILE: build/bench/assembler.json, pmd.json. BENCH_CPUS names the two CPUs (0,1).
set -eu
cd "$(dirname "$0")/.."

usage() {
	sed -n '5,12s/^# \{0,1\}//p' "$0"
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

bench_pmd() {
	json=${1:-build/bench/pmd.json}
	devtools/build.sh
	build pmd_insns
	plugin=$PWD/build/prefix/lib/librte_net_asm82545.so
	devtools/bench_pmd.py "$plugin" "$PWD/build/bench/pmd_insns" "$json"
	echo "JSON: $json, picture: ${json%.json}.svg"
}

case ${1:-} in
--assembler) shift; bench_assembler "$@" ;;
--pmd) shift; bench_pmd "$@" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
