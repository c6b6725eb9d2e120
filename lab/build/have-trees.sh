#!/bin/sh
# have-trees.sh BASE [WHICH]: make sure that there is a tree; print the versions to
# work on. WHICH is a version in the cache, or what cache-tree.sh takes as FROM.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 which=${2-}
need_base "$base"

if [ -n "$which" ]; then
	if [ -e "$(tree_dir "$base" "$which" stock)/.git" ]; then
		echo "$which"
	else
		"$lab/build/cache-tree.sh" "$base" "$which"
	fi
	exit
fi

versions=$(versions_of "$base")
package=$(base_field "$base" package)
if [ -z "$versions" ]; then
	[ "$package" != - ] || die "no tree of $base: give one with" \
		"'make tree BASE=$base FROM=directory-or-git-URL'"
	[ -e "/usr/src/$package.tar.xz" ] ||
		die "no /usr/src/$package.tar.xz: run 'make deps'"
	versions=$("$lab/build/cache-tree.sh" "$base" "/usr/src/$package.tar.xz")
fi
echo "$versions"
