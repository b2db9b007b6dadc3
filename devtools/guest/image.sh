#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
#
# Makes what the lab boots: Debian's kernel and a small initramfs, both in the
# cache. Nothing is installed into /boot. Prints the names of both files.

. "$(dirname "$0")/../env.sh"

HERE="$ROOT/devtools/guest"
MODULES="virtio_pci 9p 9pnet_virtio overlay virtio_console vfio-pci
	vfio_iommu_type1 uio_pci_generic e1000 tun veth"

# linux-image-amd64 is an empty package that depends on the current kernel's.
kernel_package() {
	apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1
}

fetch_kernel() { # DIR
	local package scratch
	package=$(kernel_package)
	if [ -z "$package" ]; then
		"${APT[@]}" update >&2
		package=$(kernel_package)
	fi
	[ -n "$package" ] || die "apt knows no linux-image-amd64; check apt's sources"
	say "getting the guest's kernel, $package (70 MB)" >&2
	scratch=$(mktemp -d "$CACHE/kernel.XXXXXX")
	(cd "$scratch" && "${APT[@]}" -o APT::Sandbox::User=root download "$package" >&2) ||
		die "cannot download $package"
	dpkg-deb --fsys-tarfile "$scratch"/*.deb |
		tar -x -C "$scratch" ./boot ./lib/modules
	mkdir -p "$1"
	pick_modules "$scratch" "$1/lib/modules"
	unpack_kernel "$scratch"/boot/vmlinuz-* "$1/vmlinux"
	rm -rf "$scratch"
}

# Copies the modules we load and those that they need.
pick_modules() { # FROM TO
	local version module file
	version=$(ls "$1/lib/modules")
	depmod -b "$1" "$version"
	for module in $MODULES; do
		modprobe -d "$1" -S "$version" --show-depends "$module"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u |
	while read -r file; do
		install -D -m 644 "$file" "$2/$version/${file#"$1/lib/modules/$version/"}"
	done
	cp "$1/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$2/$version/"
	depmod -b "${2%/lib/modules}" "$version"
}

# The emulated processor takes 4 s to decompress the kernel, this one a moment.
unpack_kernel() { # VMLINUZ VMLINUX
	python3 - "$@" <<-'END'
	import lzma, struct, sys
	image = open(sys.argv[1], "rb").read()
	offset, length = struct.unpack_from("<II", image, 0x248)  # payload_offset, _length
	offset += (image[0x1f1] + 1) * 512                        # setup_sects
	kernel = lzma.LZMADecompressor().decompress(image[offset:offset + length])
	open(sys.argv[2], "wb").write(kernel)
	END
}

make_initramfs() { # KERNEL_DIR FILE
	local scratch
	scratch=$(mktemp -d "$CACHE/initramfs.XXXXXX")
	install -D -m 755 /bin/busybox "$scratch/bin/busybox"
	install -m 755 "$HERE/init" "$scratch/init"
	cp -a "$1/lib" "$scratch/"
	(cd "$scratch" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$2.tmp.$$"
	mv "$2.tmp.$$" "$2"
	rm -rf "$scratch"
}

# shellcheck disable=SC2086 # a list of words
need_packages $LAB_PACKAGES >&2
mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9
# A change of what goes in makes another one; other checkouts keep theirs.
kernel="$CACHE/kernel-$(echo "$MODULES" | sha256sum | head -c 8)"
if [ ! -e "$kernel/vmlinux" ]; then
	rm -rf "$kernel.tmp"
	fetch_kernel "$kernel.tmp"
	mv "$kernel.tmp" "$kernel"
fi
initramfs="$kernel/initramfs-$(sha256sum <"$HERE/init" | head -c 8).gz"
[ -e "$initramfs" ] || make_initramfs "$kernel" "$initramfs"
echo "$kernel/vmlinux $initramfs"
