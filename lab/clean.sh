#!/bin/sh
# clean.sh: remove what can be made again: out/ and the build directories.
# Trees stay: a patched one may hold work.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/lib.sh"

rm -rf "$out"
for build in "$cache"/trees/*/*/stock/build* "$cache"/trees/*/*/patched/build*; do
	[ ! -d "$build" ] || rm -rf "$build"
done
say "removed $out and the build directories in $cache/trees"
