#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Small packets through two gateways and an assembled trunk, from an empty
# machine: see devtools/demo.py for what it shows.

. "$(dirname "$0")/env.sh"

usage() {
	cat <<-END
	usage: devtools/demo.sh [CAPTURE.pcap]
	  Builds everything, boots a guest with four emulated 82545s, sends
	  small packets (made-up IoT traffic, or the capture's) through two
	  dpdk-testasm gateways back to back, with and without assembling, and
	  shows what the trunk carried. Exit status 0: every frame came out the same and
	  in order.
	END
}

case ${1:-} in
-*) usage; exit 0 ;;
?*) [ -r "$1" ] || die "cannot read $1" ;;
esac
[ "$(id -u)" = 0 ] || die "run as root: it installs Debian packages where some are missing"

if [ -e "$PREFIX/bin/dpdk-testasm" ]; then
	say "this takes about a minute"
else
	say "the first time this takes about 5 minutes, 100 MB of downloads besides Debian"
	say "packages, and 0.5 GB of disk (in $BUILD and $CACHE)"
fi
"$ROOT/devtools/build.sh"
# shellcheck disable=SC2086 # a list of words
need_packages $LAB_PACKAGES
exec /usr/bin/python3 "$ROOT/devtools/demo.py" "$@"
