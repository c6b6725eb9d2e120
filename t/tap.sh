# shellcheck shell=sh
# Sourced first of all by each test: standard output becomes TAP, and there is what
# lib.sh has. A test with each=base, or each=tree, takes a base, or a base and a version,
# as arguments. Without them it is run for each that there is: of BASE and VERSION from the
# environment, or of all. Trees are prepared and built, unless BUILT=yes.

# shellcheck disable=SC2034,SC2154 # used by, and set by, those who source this
t=$(cd "$(dirname "$0")" && pwd)
t=${t%/kernel}
lab=${t%/*}/lab
. "$lab/lib.sh"
# Whatever the environment has, the result is of the firmware that it says it is of.
unset FIRMWARE

if [ "${TAP_OF-}" != "$0" ]; then
	{
		TAP_OF=$0 "$0" "$@" || echo "not ok - ${0##*/} came to its end"
	} | "$lab/tap.sh"
	exit
fi

# build_tree BASE VERSION: with a result, unless that is known already.
build_tree()
{
	[ "${BUILT-}" != yes ] || return 0
	"$lab/build/prepare.sh" "$1" "$2" &&
		"$lab/build/build.sh" "$1" "$2" stock &&
		"$lab/build/build.sh" "$1" "$2" patched || {
		echo "not ok - $1 $2: prepared and built"
		return 1
	}
	echo "ok - $1 $2: prepared with git am, and built"
}

each_tree()
{
	if [ "$(base_field "$1" package)" = - ] && [ -z "$(versions_of "$1")" ]; then
		echo "ok - $1 # SKIP no kernel tree: 'make tree BASE=$1" \
			"FROM=directory-or-git-URL'"
		return
	fi
	versions=$("$lab/build/have-trees.sh" "$1" "${VERSION-}") || {
		echo "not ok - $1: a kernel tree"
		return
	}
	for version in $versions; do
		! build_tree "$1" "$version" || BUILT=yes "$0" "$1" "$version" ||
			echo "not ok - ${0##*/} $1 $version came to its end"
	done
}

if [ -n "${each-}" ] && [ $# -eq 0 ]; then
	for base in ${BASE:-$(bases)}; do
		need_base "$base"
		if [ "$each" = tree ]; then
			each_tree "$base"
		else
			"$0" "$base" ||
				echo "not ok - ${0##*/} $base came to its end"
		fi
	done
	exit 0
fi
[ "${each-}" != tree ] || build_tree "$1" "$2" || exit 0
