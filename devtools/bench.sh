#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Measure. Prints a table and writes the same figures as JSON.
#
#   devtools/bench.sh --assembler [JSON-FILE]    the assembler without a NIC, on two CPUs
#   devtools/bench.sh --lz4 [JSON-FILE [CAPTURE...]]
#                                                what LZ4 gains and costs; without captures:
#                                                made-up traffic and ../shared/data/*.pcap
#   devtools/bench.sh --idle                     CPU time of an idle worker, on two CPUs
#   devtools/bench.sh --pmd [JSON-FILE]          the driver's instructions per packet in the
#                                                lab, net_e1000_em beside it, and an SVG
#   devtools/bench.sh --gateway [JSON-FILE [CLIENTS MESSAGES]]
#                                                MQTT between two kernels through two gateways
#                                                in the lab: off, on, LZ4
#
# Default JSON-FILE: build/bench/assembler.json, lz4.json, pmd.json. BENCH_CPUS names the
# two CPUs (0,1).
set -eu
cd "$(dirname "$0")/.."
BENCH_CPUS=${BENCH_CPUS:-0,1}

usage() {
	sed -n '5,21s/^# \{0,1\}//p' "$0"
}

build() { # TARGET
	[ -f build/bench/build.ninja ] ||
		meson setup --buildtype=release build/bench >/dev/null
	meson compile -C build/bench "$1" >build/bench/compile.log ||
		{ cat build/bench/compile.log >&2; exit 1; }
}

bench_assembler() {
	json=${1:-build/bench/assembler.json}
	build assembler_bench
	build/bench/assembler_bench --no-huge -m 512 --no-pci --no-shconf --no-telemetry \
		--log-level '*:4' --lcores "0@${BENCH_CPUS%,*},1@${BENCH_CPUS#*,}" -- "$json"
	echo "JSON: $json"
}

bench_lz4() {
	json=${1:-build/bench/lz4.json}
	[ $# = 0 ] || shift
	build lz4_bench
	if [ $# = 0 ]; then
		devtools/traffic.py build/bench/made-up.pcap
		set -- build/bench/made-up.pcap
		for capture in ../shared/data/*.pcap; do
			[ ! -f "$capture" ] || set -- "$@" "$capture"
		done
	fi
	build/bench/lz4_bench --no-huge -m 512 --no-pci --no-shconf --no-telemetry \
		--log-level '*:4' --lcores "0@${BENCH_CPUS%,*}" -- "$json" "$@"
	echo "JSON: $json"
}

bench_idle() {
	cpus=${BENCH_CPUS:-0,1}
	build assembler_idle
	build/bench/assembler_idle --no-huge -m 64 --no-pci --no-shconf --no-telemetry \
		--log-level '*:4' --lcores "0@${cpus%,*},1@${cpus#*,}"
}

bench_pmd() {
	json=${1:-build/bench/pmd.json}
	devtools/build.sh
	build pmd_cost
	plugin=$PWD/build/prefix/lib/librte_net_asm82545.so
	devtools/bench_pmd.py "$plugin" "$PWD/build/bench/pmd_cost" "$json"
	echo "JSON: $json, picture: ${json%.json}.svg"
}

bench_gateway() {
	json=${1:-build/bench/gateway.json}
	[ $# = 0 ] || shift
	devtools/build.sh
	devtools/bench_gateway.py "$json" "$@"
	echo "JSON: $json"
}

case ${1:-} in
--gateway) shift; bench_gateway "$@" ;;
--assembler) shift; bench_assembler "$@" ;;
--lz4) shift; bench_lz4 "$@" ;;
--idle) bench_idle ;;
--pmd) shift; bench_pmd "$@" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
