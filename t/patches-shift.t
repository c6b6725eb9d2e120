#!/bin/sh
# patches-shift.t BASE: patches land where they belong in a tree whose files have more
# lines than those they were made for, or git am refuses them. For each tree of the
# base at hand; only the files that are touched are looked at, and nothing is built.
set -eu
each=base
. "${0%/*}/tap.sh"

base=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export GIT_AUTHOR_NAME=Test GIT_AUTHOR_EMAIL=test@example.org
export GIT_COMMITTER_NAME=Test GIT_COMMITTER_EMAIL=test@example.org

# tree DIR LINES: the files of the list, with so many lines in front of each but
# those whose first line is in a hunk: git am refuses them anyway.
tree()
{
	rm -rf "$1"
	mkdir -p "$1"
	while read -r path; do
		git -C "$stock" cat-file -e "HEAD:$path" 2>/dev/null || continue
		mkdir -p "$1/${path%/*}"
		{
			[ "$2" -eq 0 ] || grep -qx "$path" "$work/first" || seq -f 'line %g of the shift' "$2"
			git -C "$stock" show "HEAD:$path"
		} > "$1/$path"
	done < "$work/files"
	plain_git -C "$1" init -q -b base
	plain_git -C "$1" add -A -f .
	plain_git -C "$1" commit -q -m stock
}

apply()
{
	# shellcheck disable=SC2046 # patch names have no spaces
	plain_git -C "$1" -c am.threeWay=false am -q \
		$(patches_of "$base" "$set") >> "$work/log" 2>&1
}

# one: says what became of the set on the tree. Fails where it does not fit it.
one()
{
	for patch in $(patches_of "$base" "$set"); do
		lsdiff --strip=1 "$patch"
	done | sort -u > "$work/files"
	# shellcheck disable=SC2046 # patch names have no spaces
	awk '/^diff --git / { path = substr($4, 3) } /^@@ -1[, ]/ { print path }' \
		$(patches_of "$base" "$set") > "$work/first"
	: > "$work/log"
	tree "$work/plain" 0
	apply "$work/plain" || return 1
	for lines in 43 200; do
		name="$base $version${set:+, set $set}: $lines more lines"
		tree "$work/shifted" "$lines"
		if ! apply "$work/shifted"; then
			echo "ok - $name: refused"
			continue
		fi
		shifted=yes
		while read -r path; do
			[ ! -f "$work/shifted/$path" ] ||
				sed -i '/^line [0-9]* of the shift$/d' \
				"$work/shifted/$path"
		done < "$work/files"
		if diff -r -q -x .git "$work/plain" "$work/shifted" \
		   > "$work/diff"; then
			echo "ok - $name: the same"
		else
			echo "not ok - $name: the same"
			sed "s,$work/,,g; s/^/#   /" "$work/diff"
		fi
	done
}

[ -n "$(patches_of "$base")" ] || exit 0
sets=$(sets_of "$base")
for version in $(versions_of "$base"); do
	stock=$(tree_dir "$base" "$version" stock)
	fits=no shifted=no
	for set in ${sets:-none}; do
		[ "$set" != none ] || set=
		! one || fits=yes
	done
	[ "$fits" = yes ] || {
		echo "not ok - $base $version: patches apply"
		sed 's/^/#   /' "$work/log"
	}
	# Where all are refused, nothing was compared.
	[ "$shifted" = yes ] ||
		echo "not ok - $base $version: patches apply to shifted files"
done
