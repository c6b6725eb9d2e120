#!/bin/sh
# report-all.sh BASE: report.sh for every tree of the base that has figures.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
need_base "$base"
done=
for version in $(versions_of "$base"); do
	[ -s "$out/boot/$base-$version/patched.figures" ] || continue
	"$lab/report/report.sh" "$base" "$version"
	done=yes
done
[ -n "$done" ] || die "no figures of $base: 'make run BASE=$base' takes them"
