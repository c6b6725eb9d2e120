#!/bin/sh
# deps.sh [GROUP [BASE]]: install the Debian packages that the lab needs and that
# are missing; with GROUP, those that only some commands need: "image" to make the
# Debian guest, "deb" to make packages of a kernel of BASE.
#
# What is already there, from a package or not, is left alone.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/lib.sh"

# A file or command that shows that the package is there, and the package.
missing=
need()
{
	case $1 in
	/*) [ ! -e "$1" ] || return 0 ;;
	*) ! PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || return 0 ;;
	esac
	missing="$missing $2"
}

case ${1-} in
image)
	need mmdebstrap mmdebstrap
	need fakeroot fakeroot
	need mcopy mtools
	need mkfs.vfat dosfstools
	need sfdisk fdisk
	need mke2fs e2fsprogs ;;
deb)
	need_base "${2-}"
	[ "$(base_field "$2" package)" != - ] ||
		die "Debian 12 has no kernel of $2: BASE is v6.1 or v6.12"
	need dpkg-buildpackage dpkg-dev
	need dh_testdir debhelper
	need kmod kmod
	need "/usr/src/linux-config-${2#v}" "linux-config-${2#v}" ;;
esac
need git git
need gcc gcc
need /usr/include/stdio.h libc6-dev
need make make
need flex flex
need bison bison
need bc bc
need prove perl
need xz xz-utils
need patch patch
need filterdiff patchutils
need rsync rsync
need cpio cpio
need ccache ccache
need /usr/include/libelf.h libelf-dev
need /usr/include/openssl/bio.h libssl-dev
need unifdef unifdef
need shellcheck shellcheck
need sparse sparse
need busybox busybox-static
need kexec kexec-tools
need clang clang
need /usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a \
	libclang-rt-14-dev
need lld-link lld
need qemu-system-x86_64 qemu-system-x86
need /usr/share/OVMF/OVMF_CODE_4M.fd ovmf
need /usr/share/OVMF/OVMF32_CODE_4M.secboot.fd ovmf-ia32
need /usr/lib/u-boot/qemu-x86_64/u-boot.rom u-boot-qemu
need mkimage u-boot-tools
need sbsign sbsigntool
need /usr/lib/systemd/boot/efi/linuxx64.efi.stub systemd-boot-efi
need openssl openssl
for base in $(bases); do
	package=$(base_field "$base" package)
	[ "$package" = - ] || [ -n "$(versions_of "$base")" ] ||
		need "/usr/src/$package.tar.xz" "$package"
done
# checkpatch.pl comes from this one in any case.
need /usr/src/linux-source-6.12.tar.xz linux-source-6.12

missing=$(echo "$missing" | tr ' ' '\n' | sort -u | tr '\n' ' ')
[ -n "$(echo "$missing" | tr -d ' ')" ] || exit 0

command -v apt-get >/dev/null ||
	die "missing:$missing(names of Debian packages): install them"
root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		die "missing:$missing: as root, run apt-get install $missing"
	root=sudo
fi

# kexec-tools asks whether it may take over reboots: the default is no.
install()
{
	# shellcheck disable=SC2086 # a list of packages
	$root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends $missing
}

say "missing Debian packages:$missing"
logged "updating the package lists" "$out/log/apt-update.log" \
	$root apt-get update ||
	die "apt-get update failed: see $out/log/apt-update.log"
logged "installing them" "$out/log/apt-install.log" install ||
	die "apt-get install failed: see $out/log/apt-install.log"
