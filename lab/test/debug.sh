#!/bin/sh
# debug.sh BASE VERSION: the patched kernel built to watch itself, with
# lab/config/debug.config, in the boots of lab/tests that are named debug-*.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
tree=$(tree_dir "$base" "$version" patched)
if [ ! -e "$tree/arch/x86/platform/efi/gate.c" ]; then
	echo "skip - $base $version: debug kernel: nothing is isolated in this base"
	exit
fi
if [ "${CI-}" = true ]; then
	echo "skip - $base $version: debug kernel: not in CI, takes long to build"
	exit
fi

build()
{
	"$lab/kbuild.sh" "$base" "$tree" build-debug tinyconfig || return 1
	cat "$lab/config/common.config" "$lab/config/$base.config" \
		"$lab/config/debug.config" >> "$tree/build-debug/.config"
	"$lab/kbuild.sh" "$base" "$tree" build-debug olddefconfig || return 1
	for symbol in KASAN PROVE_LOCKING DEBUG_VM DEBUG_ENTRY UNWINDER_ORC; do
		grep "^CONFIG_$symbol=y" "$tree/build-debug/.config" || return 1
	done
	"$lab/kbuild.sh" "$base" "$tree" build-debug bzImage
}

log=$out/log/$base-$version-debug-build.log
if ! logged "building the debug kernel of $base $version" "$log" build; then
	echo "not ok - $base $version: debug kernel builds"
	exit
fi
if grep -E 'objtool: .*(efi|gate)' "$log" | sed 's/^/#   /' | grep .; then
	echo "not ok - $base $version: debug kernel: objtool has nothing to say"
else
	echo "ok - $base $version: debug kernel: objtool has nothing to say"
fi
BUILD=build-debug exec "$lab/test/boots.sh" "$base" "$version"
