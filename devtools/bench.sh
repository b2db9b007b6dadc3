#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Measure. Prints a table and writes the same figures as JSON.
#
#   devtools/bench.sh --assembler [JSON-FILE]    the assembler without a NIC, on two CPUs
#   devtools/bench.sh --adaptive [all]           adaptive mode beside the best fixed hold time, in
#                                                virtual time; all: beside every one
#   devtools/bench.sh --lz4 [JSON-FILE [CAPTURE...]]
#                                                what LZ4 gains and costs; without captures:
#                                                made-up traffic and ../shared/data/*.pcap
#   devtools/bench.sh --idle                     CPU time of an idle worker, on two CPUs
#   devtools/bench.sh --pmd [--quick] [JSON-FILE]
#                                                the driver, net_e1000_em beside it: instructions
#                                                and time in the lab, cycles and tail writes on
#                                                this machine; --quick: the least of it
#   devtools/bench.sh --guide                    the same, into the driver's guide
#   devtools/bench.sh --gateway [JSON-FILE [CLIENTS MESSAGES]]
#                                                in the lab: small packets a second beside
#                                                testpmd, and MQTT between two kernels through
#                                                two gateways: off, on, LZ4
#   devtools/bench.sh                            --pmd, --assembler, --adaptive, --lz4 and --idle
#
# Default JSON-FILE: build/bench/assembler.json, lz4.json, pmd.json, gateway.json. The
# assembler's figures in hugepages, if 512 MB of these are free: assembler-hugepages.json.
# BENCH_CPUS names the two CPUs (0,1).
set -eu
cd "$(dirname "$0")/.."
BENCH_CPUS=${BENCH_CPUS:-0,1}

usage() {
	sed -n '5,27s/^# \{0,1\}//p' "$0"
}

build() { # TARGET
	[ -f build/bench/build.ninja ] ||
		meson setup --buildtype=release build/bench >/dev/null
	meson compile -C build/bench "$1" >build/bench/compile.log ||
		{ cat build/bench/compile.log >&2; exit 1; }
}

# Is there room for 512 MB in hugepages of the default size?
has_hugepages() {
	awk '/^HugePages_Free/ { n = $2 } /^Hugepagesize/ { kb = $2 }
		END { exit n * kb < 512 * 1024 }' /proc/meminfo
}

run_assembler() { # JSON-FILE EAL-OPTION
	build/bench/assembler_bench "$2" -m 512 --no-pci --no-shconf --no-telemetry \
		--log-level '*:4' --lcores "0@${BENCH_CPUS%,*},1@${BENCH_CPUS#*,}" -- "$1"
	devtools/bench_bars.py "$1"
	echo "JSON: $1; a picture beside it: .svg"
}

bench_assembler() {
	json=${1:-build/bench/assembler.json}
	build assembler_bench
	echo "In ordinary pages:"
	run_assembler "$json" --no-huge
	if has_hugepages; then
		echo "In hugepages:"
		run_assembler "${json%.json}-hugepages.json" --in-memory
	else
		echo "Not in hugepages: there are not 512 MB of them free"
	fi
}

bench_adaptive() {
	build adaptive_bench
	build/bench/adaptive_bench --no-huge -m 64 --no-pci --no-shconf --no-telemetry \
		--log-level '*:4' --lcores "0@${BENCH_CPUS%,*}" -- "$@"
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
	quick=
	[ "${1:-}" != --quick ] || { quick=$1; shift; }
	json=${1:-build/bench/pmd.json}
	devtools/build.sh
	build pmd_cost
	build rte_native82545
	devtools/bench_pmd.py ${quick:+"$quick"} --cpus "$BENCH_CPUS" "$PWD/build/bench" \
		"$PWD/build/prefix/lib/librte_net_asm82545.so" "$json"
	echo "JSON: $json; the same as .svg and .rst"
}

bench_guide() {
	bench_pmd
	cp build/bench/pmd.svg doc/guides/nics/asm82545_perf.svg
	cp build/bench/pmd.rst doc/guides/nics/asm82545_perf.rst
}

bench_gateway() {
	json=${1:-build/bench/gateway.json}
	[ $# = 0 ] || shift
	devtools/build.sh
	devtools/bench_gateway.py "$json" "$@"
	echo "JSON: $json; the same as .svg"
}

case ${1:-} in
--gateway) shift; bench_gateway "$@" ;;
--assembler) shift; bench_assembler "$@" ;;
--adaptive) shift; bench_adaptive "$@" ;;
--lz4) shift; bench_lz4 "$@" ;;
--idle) bench_idle ;;
--pmd) shift; bench_pmd "$@" ;;
--guide) bench_guide ;;
'') bench_pmd; bench_assembler; bench_adaptive; bench_lz4; bench_idle ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
