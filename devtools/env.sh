# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
# shellcheck shell=bash
#
# Sourced by the scripts of devtools/: where things are, how to say what is
# going on, and how to get Debian packages.

set -eu -o pipefail

# An older python3 ahead of Debian's hides the modules that DPDK's build needs.
export PATH="/usr/bin:/usr/sbin:/bin:/sbin:$PATH"
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/asm82545"
BUILD="$ROOT/build"
PREFIX="$BUILD/prefix"
export ROOT CACHE BUILD PREFIX

BUILD_PACKAGES="build-essential meson ninja-build pkg-config patchelf
	python3 python3-pyelftools libdpdk-dev libnuma-dev libpcap-dev
	libcmocka-dev libjansson-dev liblz4-dev"
LAB_PACKAGES="qemu-system-x86 busybox-static kmod cpio iproute2 dpdk dpdk-dev python3-scapy
	python3-pytest python3-pytest-rerunfailures tshark tcpdump ethtool clang libclang-rt-14-dev
	iperf3 iputils-ping mosquitto python3-paho-mqtt libcoap3-bin systemd"
CHECK_PACKAGES="python3-sphinx clang codespell gawk git shellcheck"
export BUILD_PACKAGES LAB_PACKAGES CHECK_PACKAGES

say() {
	echo "$(basename "$0"): $*"
}

die() {
	echo "$(basename "$0"): error: $*" >&2
	exit 1
}

# Options that keep apt quiet, patient and alike for every caller.
APT=(apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

missing_packages() {
	local package
	for package in "$@"; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
			grep -qx installed || echo "$package"
	done
}

# need_packages NAME... installs what is missing; touches no network otherwise.
need_packages() {
	local missing
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	set -- $missing
	[ "$(id -u)" = 0 ] || die "run as root once, or: apt-get install $*"
	say "installing Debian packages: $*"
	"${APT[@]}" update
	DEBIAN_FRONTEND=noninteractive \
		"${APT[@]}" install -y --no-install-recommends "$@" >/dev/null ||
		die "apt-get install $* failed; see its message above"
}
