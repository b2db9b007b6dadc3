#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# House checks in some seconds: licence lines, spelling, scripts, layout. Runs without
# building anything; a tool that is missing is named and left out.

. "$(dirname "$0")/env.sh"
set +e +o pipefail  # all is well where grep finds nothing
shopt -s lastpipe   # what ends a pipe can set a variable

case ${1:-} in
'') ;;
*)
	echo "usage: devtools/check.sh"
	echo "  Checks licence lines, spelling, scripts and meson files of what git tracks."
	exit 0
	;;
esac

cd "$ROOT" || exit
status=0

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

meson_files() {
	local tool
	tool=$(find "$BUILD/dpdk/devtools/check-meson.py" "$CACHE"/dpdk-*/devtools/check-meson.py \
		2>/dev/null | head -1) || true
	[ -n "$tool" ] || { say "no DPDK tree yet, check-meson.py left out (devtools/build.sh)"; return; }
	local dir
	for dir in drivers app; do
		python3 "$tool" -d "$dir" 2>&1 || true
	done | bad "meson files"
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
meson_files
portability
[ $status = 0 ] && say "all well (${SECONDS} s)"
exit $status
