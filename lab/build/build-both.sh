#!/bin/sh
# build-all.sh BASE [WHICH]: prepare and build stock and patched.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/lib.sh"

base=$1
versions=$("$lab/get.sh" "$base" "${2-}")
for version in $versions; do
	"$lab/prepare.sh" "$base" "$version"
	"$lab/build.sh" "$base" "$version" stock
	"$lab/build.sh" "$base" "$version" patched
done
