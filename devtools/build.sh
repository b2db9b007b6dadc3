#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# From a fresh Debian 12 to build/prefix with the driver, the assembler and the
# programs, built inside Debian's own DPDK source tree.

. "$(dirname "$0")/env.sh"

DRIVERS=bus/pci,bus/vdev,mempool/ring,mempool/stack,common/assembler,net/asm82545,net/e1000
DRIVERS=$DRIVERS,net/virtio,net/ring,net/null,net/pcap,net/tap,net/af_packet
APPS=test-pmd,proc-info,dumpcap,testasm
# Only those that DPDK lets one leave out and no program above needs.
NO_LIBS=flow_classify,gpudev,jobstats,kni,node,pipeline,port,table,vhost

usage() {
	cat <<-END
	usage: devtools/build.sh [--dpdk DIR]
	  Gets Debian's DPDK source, builds it with net_asm82545, the assembler and
	  dpdk-testasm inside and installs everything into build/prefix. The first
	  run downloads about 20 MB (cached in $CACHE)
	  besides Debian packages and takes some minutes, later ones seconds.
	  --dpdk DIR  another DPDK source tree (22.11 or later); it is copied, not
	              changed, and goes to build/prefix-VERSION
	END
}

# Source lines for what apt is configured with, whatever the files look like.
deb_src_lines() {
	local origin keyring uri release component
	# shellcheck disable=SC2016 # apt fills these in
	apt-get indextargets --format \
		'$(ORIGIN)|$(SIGNED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
		'Created-By: Packages' | sort -u |
	while IFS='|' read -r origin keyring uri release component; do
		[ "$origin" = Debian ] || continue
		case $keyring in
		/*) echo "deb-src [signed-by=$keyring] $uri $release $component" ;;
		*) echo "deb-src $uri $release $component" ;;
		esac
	done
}

# apt with sources of its own: neither /etc/apt nor its lists are touched.
private_apt() { # DIR ARG...
	local dir=$1
	shift
	"${APT[@]}" -o Dir::Etc::sourcelist="$dir/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$dir/lists" \
		-o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root "$@"
}

download_source() { # VERSION DIR
	local apt
	apt=$(mktemp -d "$CACHE/fetch.XXXXXX")
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/src"
	deb_src_lines >"$apt/sources.list"
	if [ ! -s "$apt/sources.list" ]; then
		"${APT[@]}" update
		deb_src_lines >"$apt/sources.list"
	fi
	private_apt "$apt" update
	(
		cd "$apt/src" || exit
		private_apt "$apt" source "dpdk=$1" >"$apt/log" 2>&1 ||
			private_apt "$apt" source dpdk >"$apt/log" 2>&1 || cat "$apt/log" >&2
	)
	[ -d "$(echo "$apt"/src/dpdk-*/)" ] ||
		die "cannot get the Debian source package of dpdk; check apt's sources and the network"
	mv "$apt"/src/dpdk-*/ "$2"
	rm -rf "$apt"
}

# Prints the directory of the pristine tree that matches Debian's libdpdk-dev.
pristine_tree() {
	local version dir
	version=$(dpkg-query -W -f '${Version}' libdpdk-dev)
	dir="$CACHE/dpdk-$version"
	if [ ! -d "$dir" ]; then
		say "getting the source of DPDK $version" >&2
		mkdir -p "$CACHE"
		download_source "$version" "$dir" >&2
	fi
	echo "$dir"
}

copy_tree() { # FROM
	[ "$1" != "$(cat "$TREE.from" 2>/dev/null)" ] || [ -n "$own_tree" ] || return 0
	say "copying the DPDK tree to ${TREE#"$ROOT/"}"
	mkdir -p "$TREE"
	cp -au --reflink=auto "$1/." "$TREE/"
	echo "$1" >"$TREE.from"
}

configure() {
	local options=(
		--prefix="$PREFIX" --libdir=lib --buildtype=release --werror
		-Ddefault_library=shared -Dplatform=generic -Ddeveloper_mode=enabled
		-Denable_driver_sdk=true -Dtests=false -Denable_docs=false
		-Denable_drivers="$DRIVERS" -Denable_apps="$APPS" -Ddisable_libs="$NO_LIBS"
	)
	[ "${options[*]}" != "$(cat "$OUT.options" 2>/dev/null)" ] || return 0
	say "configuring"
	rm -rf "$OUT"
	meson setup "${options[@]}" "$OUT" "$TREE" >"$OUT.log" 2>&1 || {
		tail -20 "$OUT.log" >&2
		die "meson setup failed; the whole output is in $OUT.log"
	}
	echo "${options[*]}" >"$OUT.options"
}

# One line in a hundred, and all that is no progress line.
progress() {
	awk -F '[][/]' '!/^\[/ { print; next } $2 % 100 == 0 || $2 == $3 { print; fflush() }'
}

compile() {
	ninja -C "$OUT" build.ninja >"$OUT.log" ||
		{ tail -20 "$OUT.log" >&2; die "meson failed; the whole output is in $OUT.log"; }
	say "compiling"
	NINJA_STATUS="[%f/%t] " ninja -C "$OUT" | tee "$OUT.ninja" | progress ||
		die "the build failed; the messages above say where"
}

# Programs find the libraries beside them; the loader passes DT_RPATH on to what
# the libraries need. The plugins get none: in Debian's programs they must use
# Debian's libraries. Our driver comes with each program, so that it registers
# before net_e1000_em, which is in the same directory of plugins.
patch_programs() {
	local program
	for program in "$PREFIX"/bin/dpdk-*; do
		case $(head -c 4 "$program" | tail -c 3) in ELF) ;; *) continue ;; esac
		# shellcheck disable=SC2016 # $ORIGIN is for the loader
		[ "$(patchelf --print-rpath "$program")" = '$ORIGIN/../lib' ] ||
			patchelf --force-rpath --set-rpath '$ORIGIN/../lib' "$program"
		patchelf --print-needed "$program" | grep -q '^librte_net_asm82545\.so' ||
			patchelf --add-needed "$(driver_soname)" "$program"
	done
}

driver_soname() {
	patchelf --print-soname "$PREFIX/lib/librte_net_asm82545.so"
}

# For programs that use the assembler: libdpdk.pc lists no driver's library.
write_pc() {
	cat >"$PREFIX/lib/pkgconfig/libasm82545.pc" <<-END
	prefix=$PREFIX
	libdir=\${prefix}/lib

	Name: libasm82545
	Description: Packet assembler library rte_assembler
	Version: $(sed -n "s/^ *version: '\(.*\)',/\1/p" "$ROOT/meson.build" | head -1)
	Requires: libdpdk
	Libs: -L\${libdir} -lrte_common_assembler
	END
}

install_prefix() {
	local stamp="$OUT.installed"
	if grep -q '^ninja: no work to do' "$OUT.ninja" && [ -e "$stamp" ] &&
		[ -z "$(find -L "$ROOT/include" -newer "$stamp" -print -quit)" ]; then
		return
	fi
	say "installing into ${PREFIX#"$ROOT/"}"
	meson install -C "$OUT" --no-rebuild --only-changed --quiet >"$OUT.install" ||
		die "meson install failed; see $OUT.install"
	patch_programs
	write_pc
	touch "$stamp"
}

show_result() {
	local plugin="$PREFIX/lib/librte_net_asm82545.so"
	say "done in $SECONDS s"
	[ ! -e "$plugin" ] || say "plugin:    $plugin  (for -d)"
	say "programs:  $(cd "$PREFIX/bin" && echo dpdk-test* dpdk-proc-info dpdk-dumpcap)"
	say "           in $PREFIX/bin"
	say "libraries: PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig pkg-config libasm82545"
}

own_tree=
while [ $# -gt 0 ]; do
	case $1 in
	--dpdk) own_tree=${2:?--dpdk needs a directory}; shift 2 ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done

# shellcheck disable=SC2086 # a list of words
need_packages $BUILD_PACKAGES
TREE="$BUILD/dpdk"
if [ -n "$own_tree" ]; then
	[ -f "$own_tree/VERSION" ] || die "$own_tree is not a DPDK source tree"
	own_tree=$(cd "$own_tree" && pwd -P)
	version=$(cat "$own_tree/VERSION")
	TREE="$BUILD/dpdk-$version"
	PREFIX="$BUILD/prefix-$version"
fi
OUT="$TREE-build"
copy_tree "${own_tree:-$(pristine_tree)}"
"$ROOT/devtools/overlay.sh" "$TREE"
configure
compile
install_prefix
show_result
