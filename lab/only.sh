#!/bin/sh
# only.sh TEST BASE VERSION [ARGUMENT...]: one of the scripts in lab/test, on a tree
# that is prepared and built, as KTAP on standard output. What it says is kept in
# out/TEST/BASE-VERSION/log, and "result" beside it is a summary: a line for each
# firmware or kernel, and each failure.
#
# From the environment:
#	PREPARE   no: take the patched tree as it is, with uncommitted work
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/lib.sh"

name=$1 base=$2 which=$3
shift 3
version=$(newest "$base" "$which")
dir=$out/$name/$base-$version
[ "${PREPARE-}" = no ] || "$lab/prepare.sh" "$base" "$version"
"$lab/build.sh" "$base" "$version" patched
series=$("$lab/which-series.sh" "$base" "$version")
mkdir -p "$dir"
rc=0
{
	"$lab/test/$name.sh" "$base" "$version" "$@" ||
		echo "not ok - $base $version $name: ended early"
} | tee "$dir/log" | "$lab/ktap.sh" || rc=$?

{
	echo "make $name BASE=$base${*:+, only $*}"
	"$lab/versions.sh" "$base" "$version" "$series" ovmf ovmf-ia32 \
		qemu-system-x86 gcc-12 clang-14
	echo
	awk -f "$lab/only.awk" "$dir/log"
} > "$dir/result"
say "summary: $dir/result"
exit "$rc"
