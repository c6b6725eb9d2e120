#!/bin/sh
# kbuild.sh BASE TREE DIR TARGET...: make in a kernel tree, with what each base
# needs to build with the compiler of Debian 12.
#
# DIR is the build directory inside the tree: object files then name their
# sources the same way in the stock and in the patched tree, and ccache finds
# the one's objects for the other. QUIET=no leaves the compiler's warnings on,
# COMPILER=clang is for that and its linker.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 tree=$2 dir=$3
shift 3

# A cache that is set is the one to use.
export CCACHE_DIR="${CCACHE_DIR:-$cache/ccache}" CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=time_macros
export KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab

cc="ccache gcc"
hostcc=gcc
ld=ld
if [ "$base" = v4.4 ]; then
	# Debian's gcc makes position-independent code unless told otherwise,
	# and warns of much in code of 2016.
	cc="$cc -fno-pie"
	[ "${QUIET-}" = no ] || cc="$cc -w"
	# yylloc is defined twice in dtc and friends.
	hostcc="gcc -fcommon"
	# Without this the linker puts headers in segments of their own, which
	# moves the vDSO's and the real-mode code's sections.
	ld="ld -z noseparate-code"
	# Later 4.4.y tell the linker that the kernel is aligned to 2 MiB;
	# the first ones rely on the linker's old default.
	grep -q max-page-size "$tree/arch/x86/Makefile" || {
		cc="$cc -Wa,-mrelax-relocations=no"
		ld="$ld -z max-page-size=0x200000"
	}
	set -- "HOSTCC=$hostcc" "LD=$ld" "$@"
fi
if [ "${COMPILER-}" = clang ]; then
	cc="ccache clang"
	set -- LD=ld.lld "$@"
fi
# "make walk VERSION=4.4.1" must not become the kernel's VERSION.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES VERSION

mkdir -p "$tree/$dir"
exec make -C "$tree" "O=$dir" ARCH="${KARCH:-x86_64}" -j"$(($(nproc) + 1))" \
	"CC=$cc" "$@"
