#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Puts this project into a DPDK tree: links to our directories and one line in
# each of the tree's lists. Can be run again at any time; --undo takes it out.

set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd -P)

# The DPDK directory whose meson.build has a list, the list, our entry in it.
LISTS="drivers/common drivers assembler
drivers/net drivers asm82545
app apps testasm"

# Found by the textual ../.. of our meson files.
SHARED="include"

usage() {
	cat <<-END
	usage: devtools/overlay.sh [--undo] DPDK_DIR
	  Links the asm82545 drivers and programs into the DPDK source tree DPDK_DIR
	  and adds them to its lists, so that its own build builds them.
	  --undo  take the links and the list entries out again
	END
}

die() {
	echo "overlay.sh: error: $*" >&2
	exit 1
}

link_dir() { # PATH
	local link="$tree/$1"
	if [ -e "$link" ] && [ ! -L "$link" ]; then
		die "$link is in the way: it is not a link, move it"
	fi
	[ "$(readlink "$link")" = "$ROOT/$1" ] || ln -sfn "$ROOT/$1" "$link"
}

unlink_dir() { # PATH
	[ ! -L "$tree/$1" ] || rm "$tree/$1"
}

entry_line() { # NAME: as the lists of every release are indented
	printf "        '%s'," "$1"
}

list_entry() { # DIR LIST NAME
	local file="$tree/$1/meson.build" line
	line=$(entry_line "$3")
	grep -qxF "$line" "$file" && return
	sed -i "/^$2 = \\[/a\\$line" "$file"
	grep -qxF "$line" "$file" || die "$file has no list '$2 = ['"
}

unlist_entry() { # DIR NAME
	local file="$tree/$1/meson.build" line
	line=$(entry_line "$2")
	! grep -qxF "$line" "$file" || sed -i "/^$line\$/d" "$file"
}

apply() {
	local dir list name
	for dir in $SHARED; do
		link_dir "$dir"
	done
	while read -r dir list name; do
		link_dir "$dir/$name"
		list_entry "$dir" "$list" "$name"
	done <<<"$LISTS"
}

undo() {
	local dir list name
	for dir in $SHARED; do
		unlink_dir "$dir"
	done
	while read -r dir list name; do
		unlink_dir "$dir/$name"
		unlist_entry "$dir" "$name"
	done <<<"$LISTS"
}

action=apply
tree=
for arg in "$@"; do
	case $arg in
	--undo) action=undo ;;
	-h | --help) usage; exit 0 ;;
	-*) usage >&2; exit 2 ;;
	*) [ -z "$tree" ] || die "one DPDK_DIR only"; tree=$arg ;;
	esac
done
[ -n "$tree" ] || { usage >&2; exit 2; }
if [ ! -f "$tree/VERSION" ] || [ ! -f "$tree/drivers/net/meson.build" ]; then
	die "$tree is not a DPDK source tree"
fi
tree=$(cd "$tree" && pwd -P)
$action
