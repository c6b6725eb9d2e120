#!/bin/sh
# debug.sh BASE VERSION: the patched kernel built to watch itself, with
# lab/config/debug.config, in the boots of lab/tests that are named debug-*.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
if ! isolates "$base" "$version"; then
	echo "skip - $base $version: debug kernel: nothing is isolated in this base"
	exit
fi
if [ "${CI-}" = true ]; then
	echo "skip - $base $version: debug kernel: not in CI, takes long to build"
	exit
fi

if ! "$lab/build.sh" "$base" "$version" patched debug; then
	echo "not ok - $base $version: debug kernel builds"
	exit
fi
tree=$(tree_dir "$base" "$version" patched)
for symbol in KASAN PROVE_LOCKING DEBUG_VM DEBUG_ENTRY UNWINDER_ORC; do
	grep -q "^CONFIG_$symbol=y" "$tree/build-debug/.config" ||
		echo "not ok - $base $version: debug kernel has $symbol"
done
log=$out/log/$base-$version-patched-debug-build.log
if grep -E 'objtool: .*(efi|gate)' "$log" | sed 's/^/#   /' | grep .; then
	echo "not ok - $base $version: debug kernel: objtool has nothing to say"
else
	echo "ok - $base $version: debug kernel: objtool has nothing to say"
fi
BUILD=build-debug exec "$lab/test/boots.sh" "$base" "$version"
