#!/bin/sh
# make.sh: make sure that the test firmware is in out/firmware. Guests that are
# booted at once all ask for it, and only one may make it.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

mkdir -p "$out/firmware"
flock "$out/firmware" make -s -C "$lab/firmware" O="$out/firmware" >&2 ||
	die "the test firmware does not build: run 'make deps'"
