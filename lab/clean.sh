#!/bin/sh
# clean.sh: remove what can be made again: out/ and the build directories.
# Trees stay: a patched one may hold work. So do the disks of clients and distro.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/lib.sh"

rm -rf "$out"
for build in "$cache"/trees/*/*/*/build*; do
	[ ! -d "$build" ] || rm -rf "$build"
done
say "removed $out and the build directories in $cache/trees; trees, compiled" \
	"objects and disk images stay in $cache"
