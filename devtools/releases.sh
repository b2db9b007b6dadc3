#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Compiles our sources in DPDK trees of several releases, with both compilers and
# the options that change what they see. Nothing of DPDK itself is compiled or linked.

. "$(dirname "$0")/env.sh"

OURS='^(drivers|app|buildtools/chkincs)/.*(asm82545|assembler|testasm).*\.o: '
DEBUG="-DRTE_ETHDEV_DEBUG_RX -DRTE_ETHDEV_DEBUG_TX -DRTE_LIBRTE_MBUF_DEBUG"
DEBUG="$DEBUG -DRTE_LIBRTE_MEMPOOL_DEBUG -DRTE_ENABLE_ASSERT"

usage() {
	cat <<-END
	usage: devtools/releases.sh DPDK_DIR...
	  Compiles the driver, the assembler and dpdk-testasm in copies of the DPDK source
	  trees given: gcc and clang as configured by default, gcc with DPDK's debug flags,
	  clang without physical addresses and, where the release has them, with C11's
	  atomics, and gcc for aarch64. A minute for each on an idle machine; warnings are errors.
	END
}

configure() { # TREE OUT CC OPTION...
	local tree=$1 out=$2 cc=$3
	shift 3
	rm -rf "$out"
	CC="ccache $cc" meson setup "$out" "$tree" --werror -Dplatform=generic \
		-Ddeveloper_mode=enabled -Dtests=false \
		-Denable_drivers=bus/pci,common/assembler,net/asm82545 -Denable_apps=testasm \
		"$@" >"$out.log" 2>&1
}

compile() { # TREE OUT CC OPTION...
	local out=$2 objects
	configure "$@" || { tail -5 "$out.log"; return 1; }
	objects=$(ninja -C "$out" -t targets all | grep -oE "$OURS" | tr -d ' :')
	[ "$(wc -w <<<"$objects")" -gt 40 ] || { echo "too few files of ours"; return 1; }
	# shellcheck disable=SC2086 # a list of names
	ninja -C "$out" -k0 $objects >"$out.log" 2>&1 || {
		grep -E 'warning:|error:' "$out.log" | sort -u
		return 1
	}
	wc -w <<<"$objects"
}

failed=0
check() { # VERSION TREE NAME CC OPTION...
	local version=$1 tree=$2 name=$3 said
	shift 3
	if said=$(compile "$tree" "$BUILD/releases/$version-$1-${name// /-}" "$@"); then
		say "$version, $1, $name: $said files without a warning"
	else
		failed=1
		say "$version, $1, $name: FAILED"
		echo "$said"
	fi
}

check_tree() { # DPDK_DIR
	local version tree atomics=
	version=$(cat "$1/VERSION")
	tree="$BUILD/releases/$version"
	mkdir -p "$tree"
	cp -au --reflink=auto "$1/." "$tree/"
	"$ROOT/devtools/overlay.sh" "$tree"
	grep -q enable_stdatomic "$tree/meson_options.txt" && atomics=-Denable_stdatomic=true
	check "$version" "$tree" "default" gcc -Dcheck_includes=true
	check "$version" "$tree" "default" clang -Dcheck_includes=true
	check "$version" "$tree" "debug flags" gcc --buildtype=debug -Dc_args="$DEBUG"
	# DPDK's own headers are no C++ with C11 atomics.
	# shellcheck disable=SC2086 # none or one
	check "$version" "$tree" "IOVA as VA${atomics:+ and C11 atomics}" clang \
		-Denable_iova_as_pa=false $atomics
	# No vectors of x86 there, and another order of memory accesses.
	check "$version" "$tree" "aarch64" gcc \
		--cross-file="$tree/config/arm/arm64_armv8_linux_gcc"
}

case ${1:-} in '' | -*) usage; exit 2 ;; esac
for dir in "$@"; do
	[ -f "$dir/VERSION" ] || die "$dir is not a DPDK source tree"
done
# shellcheck disable=SC2086 # a list of words
need_packages $BUILD_PACKAGES clang ccache gcc-aarch64-linux-gnu libc6-dev-arm64-cross
for dir in "$@"; do
	check_tree "$dir"
done
exit $failed
