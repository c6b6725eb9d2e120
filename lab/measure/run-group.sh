#!/bin/sh
# run-group.sh TEST BASE VERSION [ARGUMENT...]: boots.sh, firmwares.sh or kernels.sh on a tree
# that is prepared and built, as TAP on standard output. What it says is kept in
# out/TEST/BASE-VERSION/log, and "result" beside it is a summary: a line for each
# firmware or kernel, and each failure.
#
# From the environment:
#	PREPARE   no: take the patched tree as it is, with uncommitted work
#	ONLY      see firmwares.sh
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

name=$1 base=$2 which=$3
shift 3
version=$(newest "$base" "$which")
dir=$out/$name/$base-$version
[ "${PREPARE-}" = no ] || "$lab/build/prepare.sh" "$base" "$version"
"$lab/build/build.sh" "$base" "$version" patched
series=$(cat "$(build_dir "$base" "$version" patched)/.lab-series")
mkdir -p "$dir"
part="${*:+only $*}${ONLY:+ only $ONLY}"
echo "make $name BASE=$base: NOT COMPLETE, it has not come to its end" \
	> "$dir/result"
rc=0
{
	"$lab/measure/$name.sh" "$base" "$version" "$@" ||
		echo "not ok - $base $version $name: ended early"
} | tee "$dir/log" | "$lab/tap.sh" | tee "$dir/tap"
awk -f "$lab/totals.awk" "$dir/tap" || rc=$?

{
	echo "make $name BASE=$base${part:+: NOT COMPLETE, $part}"
	"$lab/measure/result-head.sh" "$base" "$version" "$series" ovmf ovmf-ia32 \
		qemu-system-x86 gcc-12 clang-14
	echo
	awk -f "$lab/measure/run-group.awk" "$dir/log"
} > "$dir/result"
say "summary: $dir/result"
exit "$rc"
