#!/bin/sh
# test.sh [--check] [BASE...]: all tests, as KTAP on standard output; what is going on
# meanwhile on standard error. With --check, only those that build and boot no kernel.
#
# The scripts in lab/test print a line per result: "ok - text", "not ok - text",
# "skip - text" and "todo - text" (a known failure); lines after # explain.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/lib.sh"
# Whatever the environment has, the result is of the firmware that it says it is of.
unset FIRMWARE SCREEN

check=no
[ "${1-}" != --check ] || { check=yes; shift; }
for base; do
	need_base "$base"
done

group()
{
	"$@" || echo "not ok - ${1##*/} $2 $3: ended early"
}

one_tree()
{
	base=$1 version=$2
	"$lab/prepare.sh" "$base" "$version" &&
		"$lab/build.sh" "$base" "$version" stock &&
		"$lab/build.sh" "$base" "$version" patched || {
		echo "not ok - $base $version: prepared and built"
		return
	}
	echo "ok - $base $version: prepared with git am, and built"
	group "$lab/test/stock.sh" "$base" "$version"
	group "$lab/test/boots.sh" "$base" "$version"
	group "$lab/test/compile.sh" "$base" "$version"
	# Others have boots on other firmware in lab/tests, and that will do.
	! isolates "$base" "$version" ||
		group "$lab/test/firmwares.sh" "$base" "$version" share
	group "$lab/test/kernels.sh" "$base" "$version" debug
	group "$lab/test/scale.sh" "$base" "$version"
	group "$lab/test/misbehave.sh" "$base" "$version"
	group "$lab/test/bench.sh" "$base" "$version"
}

without_kernels()
{
	group "$lab/test/shell.sh" '' ''
	group "$lab/test/unit.sh" '' ''
	group "$lab/test/bad-input.sh" '' ''
	group "$lab/test/round-trip.sh" '' ''
	group "$lab/test/report.sh" '' ''
	group "$lab/test/results.sh" '' ''
	group "$lab/test/testfw.sh" '' ''
	for base; do
		group "$lab/test/series.sh" "$base" ''
		# Of the trees that are there.
		[ "$check" = no ] || [ -z "$(versions_of "$base")" ] ||
			group "$lab/test/shift.sh" "$base" ''
	done
}

with_kernels()
{
	for base; do
		if [ -z "$(patches_of "$base")" ]; then
			echo "skip - $base: there is no series for it yet"
			continue
		fi
		if [ -z "$(versions_of "$base")" ] &&
		   [ "$(base_field "$base" package)" = - ]; then
			echo "skip - $base: no kernel tree: 'make tree" \
				"BASE=$base FROM=directory-or-git-URL'"
			continue
		fi
		versions=$("$lab/get.sh" "$base") || {
			echo "not ok - $base: a kernel tree"
			continue
		}
		group "$lab/test/shift.sh" "$base" ''
		for version in $versions; do
			one_tree "$base" "$version"
		done
	done
}

[ $# -gt 0 ] || {
	# shellcheck disable=SC2046 # base names have no spaces
	set -- $(bases)
}
{
	without_kernels "$@"
	[ "$check" = yes ] || with_kernels "$@"
} | "$lab/ktap.sh"
