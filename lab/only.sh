#!/bin/sh
# only.sh TEST BASE VERSION [ARGUMENT...]: one of the scripts in lab/test, on a tree
# that is prepared and built, as KTAP on standard output. What it says is kept in
# out/TEST/BASE-VERSION.log, and out/TEST/BASE-VERSION is a summary: a line for each
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
log=$out/$name/$base-$version
[ "${PREPARE-}" = no ] || "$lab/prepare.sh" "$base" "$version"
"$lab/build.sh" "$base" "$version" patched
mkdir -p "${log%/*}"
rc=0
{
	"$lab/test/$name.sh" "$base" "$version" "$@" ||
		echo "not ok - $base $version $name: ended early"
} | tee "$log.log" | "$lab/ktap.sh" || rc=$?

patched=$(tree_dir "$base" "$version" patched)
{
	echo "$(date -u +%Y-%m-%d), Linux $version, base $base, under QEMU's TCG"
	echo "series: $(git -C "$patched" rev-list --count base..HEAD) patches," \
		"tree $(git -C "$patched" rev-parse --short 'HEAD^{tree}')"
	# shellcheck disable=SC2016 # dpkg-query's variables
	dpkg-query -W -f '${Package} ${Version}\n' ovmf ovmf-ia32 \
		qemu-system-x86 gcc-12 clang-14 2>/dev/null |
		paste -s -d ',' | sed 's/,/, /g'
	echo
	awk -f "$lab/only.awk" "$log.log"
} > "$log"
say "summary: $log"
exit "$rc"
