#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# House checks: licence lines, spelling, scripts, layout, public headers, and DPDK's own
# checks. A tool that is missing is named and left out.

. "$(dirname "$0")/env.sh"
set +e +o pipefail  # all is well where grep finds nothing
shopt -s lastpipe   # what ends a pipe can set a variable

case ${1:-} in
'') ;;
*)
	echo "usage: devtools/check.sh"
	echo "  Checks licence lines, spelling, scripts, meson files and public headers"
	echo "  of what git tracks."
	exit 0
	;;
esac

cd "$ROOT" || exit
status=0
SOURCES=(drivers app include test)

bad() { # WHAT, and its lines on standard input
	local lines
	lines=$(cat)
	[ -n "$lines" ] || return 0
	status=1
	say "$1:"
	while IFS= read -r line; do echo "  $line"; done <<<"$lines"
}

files() { # PATTERN...: tracked files that are there
	git ls-files -- "$@" | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

have() { # TOOL PACKAGE
	command -v "$1" >/dev/null || { say "no $1 here, left out (apt-get install $2)"; false; }
}

licences() {
	files | grep -vE '^(LICENSE|README\.md|test/data/)|\.(md|ini|jsonl|pcap|map)$' |
		while read -r file; do
			head -5 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || echo "$file"
		done | bad "no SPDX-License-Identifier: BSD-3-Clause in the first lines"
}

layout() {
	files | cut -d/ -f1 | sort -u |
		grep -vxE 'LICENSE|README.md|meson.build|include|drivers|app|test|doc|devtools|\..*' |
		bad "top-level names that the layout does not have"
	files '*.c' '*.h' '*.py' '*.sh' '*.build' | xargs grep -nE '[[:space:]]+$' |
		bad "white space at the end of lines"
	files '*.c' '*.h' | xargs python3 -c '
import sys
for name in sys.argv[1:]:
    for number, line in enumerate(open(name), 1):
        if len(line.rstrip("\n").expandtabs()) > 100:
            print(f"{name}:{number}")' | bad "lines of more than 100 characters"
}

spelling() {
	have codespell codespell || return 0
	files | grep -vE '^test/data/|\.(jsonl|pcap)$' |
		xargs codespell --ignore-words-list=ane 2>&1 | bad "spelling"
}

shell_scripts() {
	local scripts
	scripts=$(files | while read -r file; do
		! head -1 "$file" | grep -qE '^#!/bin/(ba)?sh' || echo "$file"
	done)
	echo "$scripts" | while read -r file; do bash -n "$file" 2>&1; done |
		bad "shell syntax"
	have shellcheck shellcheck || return 0
	# shellcheck disable=SC2086 # a list of names
	shellcheck -x -e SC1091 $scripts devtools/env.sh | bad "shellcheck"
}

python_scripts() {
	{ files '*.py'; echo devtools/lab; } | while read -r file; do
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" 2>&1 |
			tail -1
	done | bad "Python syntax"
}

# DPDK's own checks, from the newest tree there is.
dpdk_checks() {
	local tree dir patch
	tree=$(find "$BUILD/dpdk" "$CACHE"/dpdk-* -maxdepth 0 2>/dev/null | head -1) || true
	[ -n "$tree" ] || { say "no DPDK tree yet, its checks left out (devtools/build.sh)"; return; }
	for dir in drivers app test; do
		python3 "$tree/devtools/check-meson.py" -d "$dir" 2>&1 || true
	done | bad "meson files"
	"$tree/devtools/check-dup-includes.sh" "${SOURCES[@]}" 2>&1 | bad "headers included twice"
	patch=$(mktemp)
	git diff --no-ext-diff "$(git hash-object -t tree /dev/null)" -- "${SOURCES[@]}" >"$patch"
	# checkpatches.sh wants the kernel's checkpatch.pl, which no small package has:
	# of it the part that does without.
	bash -c "$(sed -n '/^check_forbidden_additions/,/^}/p' "$tree/devtools/checkpatches.sh")
		check_forbidden_additions $patch" "$tree/devtools/checkpatches.sh" 2>&1 |
		bad "words that DPDK does not want"
	rm -f "$patch"
}

# A symbol is exported by the map up to DPDK 25.03 and by a macro since.
symbols() {
	local map=drivers/common/assembler/version.map
	diff <(sed -n 's/^\t\(rte_.*\);$/\1/p' $map | sort) \
		<(sed -n 's/^RTE_EXPORT_EXPERIMENTAL_SYMBOL(\(.*\),.*/\1/p' \
			drivers/common/assembler/*.c | sort) | grep '^[<>]' |
		bad "symbols of $map (<) and of the sources (>)"
}

public_headers() {
	local cc flags header
	flags=$(pkg-config --cflags libdpdk 2>/dev/null) ||
		{ say "no libdpdk, public headers left out (devtools/build.sh)"; return; }
	for header in include/*.h; do
		for cc in "gcc -x c" "g++ -x c++" "clang -x c"; do
			have "${cc%% *}" "${cc%% *}" || continue
			# shellcheck disable=SC2086 # lists of words
			$cc -fsyntax-only -Wall -Wextra -Werror -Wno-unused-parameter -Iinclude $flags \
				-DALLOW_EXPERIMENTAL_API - <<<"#include <${header#include/}>" 2>&1
		done
	done | grep -E 'error|warning|left out' | bad "public headers on their own"
}

# What holds on one machine only has no place in the project.
portability() {
	files | grep -vE '^test/data/' |
		xargs grep -nE '(^|[^a-z])/(work|root)/|https?://[a-z.]*(deb|debian|ubuntu)\.[a-z]+' |
		grep -v '^devtools/check.sh:' | bad "paths or hosts of one machine"
}

licences
layout
spelling
shell_scripts
python_scripts
dpdk_checks
symbols
public_headers
portability
[ $status = 0 ] && say "all well (${SECONDS} s)"
exit $status
