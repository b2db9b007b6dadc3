#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# House checks: layout, spelling, scripts, symbols, public headers, guides, DPDK's own
# checks, and what gcc and clang warn of.

# shellcheck disable=SC2317 # the checks are called by name

. "$(dirname "$0")/env.sh"
set +e +o pipefail  # all is well where grep finds nothing
shopt -s lastpipe   # what ends a pipe can set a variable

usage() {
	cat <<-END
	usage: devtools/check.sh
	  Checks what git tracks, in less than a minute, and in seconds what has not changed
	  since. Builds first what has changed (devtools/build.sh).
	  DPDK_CHECKPATCH_PATH  the kernel's checkpatch.pl; default: from Debian's package of
	                        the kernel's source (139 MB, fetched once, 250 KB are kept)
	END
}

case ${1:-} in
'') ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac

cd "$ROOT" || exit
status=0
SOURCES=(drivers app include test)

bad() { # WHAT, and its lines on standard input
	local lines
	lines=$(cat)
	[ -n "$lines" ] || return 0
	status=1
	say "$1 ($(wc -l <<<"$lines") lines):"
	while IFS= read -r line; do echo "  $line"; done <<<"$lines"
}

files() { # PATTERN...: tracked files that are there
	git ls-files -- "$@" | while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
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
	# shellcheck disable=SC2086 # a list of names
	shellcheck -x -e SC1091 $scripts devtools/env.sh | bad "shellcheck"
}

python_scripts() {
	{ files '*.py'; echo devtools/lab; } | while read -r file; do
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" 2>&1 |
			tail -1
	done | bad "Python syntax"
}

# Of both compilers, also of files that no build compiles with both.
warnings() {
	local log
	# With the list of files, include directories and flags of now.
	if [ -f "$BUILD/fast/build.ninja" ]; then
		ninja -C "$BUILD/fast" build.ninja
	else
		meson setup "$BUILD/fast" "$ROOT"
	fi >"$BUILD/fast.log" 2>&1 || tail -20 "$BUILD/fast.log" | bad "meson setup build/fast"
	log="$BUILD/warnings.log"
	devtools/check_warnings.py "$CLEAN/warnings" "$BUILD/dpdk-build" "$BUILD/fast" >"$log" 2>&1 ||
		bad "warnings" <"$log"
	say "warnings: $(tail -1 "$log")"
	grep -hA2 '^WARNING: ' "$BUILD"/{dpdk-build,fast}/meson-logs/meson-log.txt |
		bad "warnings of meson"
}

# DPDK's own checks, of the release that we build in.
dpdk_checks() {
	local dir
	for dir in drivers app test; do
		python3 "$TREE/devtools/check-meson.py" -d "$dir" 2>&1
	done | bad "check-meson.py"
	"$TREE/devtools/check-dup-includes.sh" "${SOURCES[@]}" 2>&1 | bad "check-dup-includes.sh"
	# Its exceptions are DPDK's directories. The licence's text is no source.
	"$TREE/devtools/check-spdx-tag.sh" |
		grep -vxE 'LICENSE|test/data/.*|.*\.(jsonl|pcap)|total: .*|' | bad "check-spdx-tag.sh"
	# Without its look for itself in git, where ours does not have it.
	sh -c "$(sed '/^# test git-grep/,/^fi$/d' "$TREE/devtools/parse-flow-support.sh")" \
		sh drivers/net/asm82545 doc/guides/nics/features/asm82545.ini 2>&1 |
		bad "check-doc-vs-code.sh: rte_flow in the code and in asm82545.ini"
}

# Prints the path of the kernel's script, got from Debian once.
checkpatch_pl() {
	local dir="$CACHE/checkpatch" package=linux-source-6.1 fetch
	[ -z "${DPDK_CHECKPATCH_PATH:-}" ] || { echo "$DPDK_CHECKPATCH_PATH"; return; }
	if [ ! -x "$dir/scripts/checkpatch.pl" ]; then
		say "getting checkpatch.pl out of Debian's $package" >&2
		mkdir -p "$dir"
		fetch=$(mktemp -d "$CACHE/fetch.XXXXXX")
		(cd "$fetch" && "${APT[@]}" download "$package" &&
			dpkg-deb --fsys-tarfile "$package"_*.deb |
			tar -xO "./usr/src/$package.tar.xz" |
			tar -xJ -C "$dir" --strip-components=1 --occurrence=1 \
				"$package/scripts/checkpatch.pl" "$package/scripts/spelling.txt" \
				"$package/scripts/const_structs.checkpatch") >/dev/null 2>&1
		rm -rf "$fetch"
	fi
	[ ! -x "$dir/scripts/checkpatch.pl" ] || echo "$dir/scripts/checkpatch.pl"
}

# A patch that adds each of the files.
patch_of() { # FILE...
	git diff --no-ext-diff "$(git hash-object -t tree /dev/null)" -- "$@"
}

run_checkpatches() { # PATCH...
	# Not ours to mend: EMBEDDED_* take English words for names; CONSTANT_COMPARISON takes
	# RTE_VERSION for a variable, FUNCTION_ARGUMENTS a macro for a type; NAKED_SSCANF does
	# not know cmocka. "\xFF" "ab" needs its parts, exec and mkdtemp need arrays that can
	# be written to, the model of the chip knows no header of DPDK. The macros whose
	# arguments are used twice take one of two types.
	local ignore=EMBEDDED_FUNCTION_NAME,EMBEDDED_FILENAME,CONSTANT_COMPARISON
	ignore=$ignore,FUNCTION_ARGUMENTS,NAKED_SSCANF,STRING_FRAGMENTS
	ignore=$ignore,STATIC_CONST_CHAR_ARRAY,PREFER_DEFINED_ATTRIBUTE_MACRO,MACRO_ARG_REUSE
	# Reads its release from the directory it is in.
	[ $# != 0 ] || return 0
	(cd "$TREE" && printf '%s\n' "$@" | DPDK_CHECKPATCH_PATH=$script \
		DPDK_CHECKPATCH_CODESPELL=disable DPDK_CHECKPATCH_OPTIONS="--ignore=$ignore" \
		xargs -n1 -P"$(nproc)" devtools/checkpatches.sh -q 2>&1)
}

# Names of the C files, without those of which this very script said nothing before.
unchecked() { # FILE-OF-HASHES-AND-NAMES
	local script
	script=$(git hash-object devtools/check.sh)
	files "${SOURCES[@]/%//*.[ch]}" doc/*.c >"$1.names"
	paste -d ' ' <(git hash-object --stdin-paths <"$1.names") "$1.names" |
		sed "s/^/$script/" >"$1"
	touch "$CHECKED"
	grep -vxFf "$CHECKED" "$1" | cut -d ' ' -f 2
}

# checkpatch.pl learns the names of types from a whole patch, and takes a variable of another
# file for one: what is said of many files at once counts if it is said of the file alone.
checkpatches() {
	local script dir suspects file name patches
	CHECKED="$CLEAN/checkpatches"
	script=$(checkpatch_pl)
	[ -n "$script" ] || {
		say "checkpatches: LEFT OUT, no checkpatch.pl to be had: set DPDK_CHECKPATCH_PATH"
		return
	}
	dir=$(mktemp -d)
	unchecked "$dir/all" | split -n "r/$(nproc)" -e - "$dir/files."
	for file in "$dir"/files.*; do
		[ -f "$file" ] || continue
		# shellcheck disable=SC2046 # a list of names
		patch_of $(cat "$file") >"$file.patch"
		echo "$file.patch"
	done | readarray -t patches
	run_checkpatches "${patches[@]}" >"$dir/said"
	suspects=$(sed -n 's/^#[0-9]*: FILE: \(.*\):[0-9]*:$/\1/p; s/^Warning in \(.*\):$/\1/p' \
		"$dir/said" | sort -u)
	if [ -n "$suspects" ]; then
		for name in $suspects; do
			patch_of "$name" >"$dir/${name//\//-}.patch"
		done
		rm "${patches[@]}"
		run_checkpatches "$dir"/*.patch >"$dir/said"
	fi
	grep -vE '^$|^### *$|^total: ' "$dir/said" | bad "checkpatches.sh"
	[ "$status" != 0 ] || cp "$dir/all" "$CHECKED"
	say "checkpatches: $(cat "$dir"/files.?? 2>/dev/null | wc -l) of" \
		"$(wc -l <"$dir/all") files, the others have not changed"
	rm -rf "$dir"
}

# A symbol is exported by the map up to DPDK 25.03 and by a macro since.
symbols() {
	local map=drivers/common/assembler/version.map
	diff <(sed -n 's/^\t\(rte_.*\);$/\1/p' "$map" | sort) \
		<(sed -n 's/^RTE_EXPORT_EXPERIMENTAL_SYMBOL(\(.*\),.*/\1/p' \
			drivers/common/assembler/*.c | sort) | grep '^[<>]' |
		bad "symbols of $map (<) and of the sources (>)"
}

public_headers() {
	local cc flags header
	flags=$(pkg-config --cflags libdpdk)
	for header in include/*.h; do
		for cc in "gcc -x c" "g++ -x c++" "clang -x c"; do
			# shellcheck disable=SC2086 # lists of words
			$cc -fsyntax-only -Wall -Wextra -Werror -Wno-unused-parameter -Iinclude $flags \
				-DALLOW_EXPERIMENTAL_API - <<<"#include <${header#include/}>" 2>&1
		done
	done | grep -E 'error|warning' | bad "public headers on their own"
}

# The one index is that of the tree of DPDK.
guides() {
	/usr/bin/python3 -m sphinx -q -C -b dummy -D root_doc=decisions -d "$out/doctrees" \
		doc/guides "$out/doc" 2>&1 | grep -v "isn't included in any toctree" |
		bad "guides as Sphinx reads them"
}

# What holds on one machine only has no place in the project.
portability() {
	files | grep -vE '^test/data/' |
		xargs grep -nE '(^|[^a-z])/(work|root)/|https?://[a-z.]*(deb|debian|ubuntu)\.[a-z]+' |
		grep -v '^devtools/check.sh:' | bad "paths or hosts of one machine"
}

# shellcheck disable=SC2086 # a list of words
need_packages $BUILD_PACKAGES $CHECK_PACKAGES
TREE="$BUILD/dpdk"
mkdir -p "$BUILD"
"$ROOT/devtools/build.sh" >"$BUILD/check.log" 2>&1 ||
	{ tail -20 "$BUILD/check.log"; die "the sources do not build"; }
# What the lengthy checks found nothing in, by content: for all clones, with this DPDK.
CLEAN="$CACHE/clean-$(basename "$(cat "$TREE.from")")"
mkdir -p "$CLEAN"
checks=(layout spelling shell_scripts python_scripts symbols public_headers portability guides
	dpdk_checks checkpatches warnings)
say "${checks[*]}"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# All at once, told in this order. The lengthy ones begin first.
declare -A pid
for check in warnings checkpatches "${checks[@]:0:9}"; do
	($check >"$out/$check" 2>&1; exit $status) &
	pid[$check]=$!
done
for check in "${checks[@]}"; do
	wait "${pid[$check]}" || { status=1; say "$check: FAILED"; }
	cat "$out/$check"
done
if [ $status = 0 ]; then
	say "all well ($SECONDS s)"
else
	say "FAILED, see above ($SECONDS s)"
fi
exit $status
