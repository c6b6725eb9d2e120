#!/bin/sh
# run.sh BASE [WHICH]: the main job: build stock and patched, boot both, show
# what changed.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
need_base "$base"
[ -n "$(patches_of "$base")" ] ||
	die "there is no series for $base yet: BASE is one of" \
	    "$(for b in $(bases); do
		[ -z "$(patches_of "$b")" ] || echo "$b"
	    done | tr '\n' ' ')"
[ -r "${OVMF_DIR:-/usr/share/OVMF}/OVMF_CODE_4M.fd" ] ||
	die "no OVMF in ${OVMF_DIR:-/usr/share/OVMF}: install the package" \
	    "ovmf, or set OVMF_DIR"

versions=$("$lab/build/have-trees.sh" "$base" "${2-}")
for version in $versions; do
	"$lab/build/prepare.sh" "$base" "$version"
	for kind in stock patched; do
		"$lab/build/build.sh" "$base" "$version" "$kind"
		"$lab/measure/figures.sh" "$base" "$version" "$kind"
	done
	"$lab/report/report.sh" "$base" "$version"
done
