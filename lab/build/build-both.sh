#!/bin/sh
# build-both.sh BASE [WHICH]: prepare and build stock and patched.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
versions=$("$lab/build/have-trees.sh" "$base" "${2-}")
for version in $versions; do
	"$lab/build/prepare.sh" "$base" "$version"
	"$lab/build/build.sh" "$base" "$version" stock
	"$lab/build/build.sh" "$base" "$version" patched
done
