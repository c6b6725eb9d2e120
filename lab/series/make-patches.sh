#!/bin/sh
# make-patches.sh BASE OUTDIR [SET]: make the patches of a base from series/BASE and the
# whole files in this repository. Text in, text out: no kernel tree is needed.
#
# series/BASE/order has a line per patch: its name in series/BASE, and after a
# + the whole files it adds. A file in the repository is as it is after the
# last patch: what later patches change in it is taken back for the patch that
# adds it.
#
# Where series/BASE/sets names sets, each goes to a directory of its name in
# OUTDIR. A set takes SUBJECT.patch from series/BASE/SET where that is there,
# and 0000-SUBJECT.patch from series/BASE where not, and leaves out what its
# line in "sets" names.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"
. "$lab/series/mail.sh"

base=$1 outdir=$2 set=${3-}
need_base "$base"
src=$top/series/$base
[ -f "$src/order" ] || exit 0
if [ -z "$set" ] && [ -n "$(sets_of "$base")" ]; then
	for set in $(sets_of "$base"); do
		"$0" "$base" "$outdir/$set" "$set"
	done
	exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$outdir"

grep -v -e '^#' -e '^[[:space:]]*$' "$src/order" > "$work/order" || :
cut -d' ' -f1 "$work/order" > "$work/names"
while read -r name; do
	[ -f "$src/$name" ] || die "series/$base/order names $name, which is" \
		"not in series/$base"
done < "$work/names"
for patch in "$src"/*.patch; do
	[ ! -e "$patch" ] || grep -qx "${patch##*/}" "$work/names" ||
		die "series/$base/order does not name ${patch##*/}"
done

# Variants have no number, so that a new patch renames none.
for slug in $(without_of "$base" "$set"); do
	grep -q "^[0-9]*-$slug\.patch\( \|\$\)" "$work/order" ||
		die "series/$base/sets leaves out $slug, which is in no order"
	sed -i "/^[0-9]*-$slug\.patch/d" "$work/order"
done
for patch in "$src/${set:-none}"/*.patch; do
	[ ! -e "$patch" ] || grep -q "^[0-9]*-${patch##*/}\( \|\$\)" \
		"$work/order" || die "$patch is a variant of nothing"
done
cut -d' ' -f1 "$work/order" > "$work/names"
total=$(wc -l < "$work/order")

# source_of NAME: the variant of the set, or the patch all have.
source_of()
{
	if [ -n "$set" ] && [ -f "$src/$set/${1#*-}" ]; then
		echo "$src/$set/${1#*-}"
	else
		echo "$src/$1"
	fi
}

# added PATH AFTER: the file as the patch at line AFTER of the order adds it.
added()
{
	[ -f "$top/$1" ] || die "series/$base/order names $1, which is not in" \
		"this repository"
	rm -rf "$work/new"
	mkdir -p "$work/new/$(dirname "$1")"
	"$lab/series/resolve.sh" "$base" "$1" "$set" > "$work/new/$1"
	! grep -n EFI_PGD_ "$work/new/$1" >&2 ||
		die "$1: not all EFI_PGD_ conditionals can be resolved"
	[ ! -x "$top/$1" ] || chmod +x "$work/new/$1"
	sed -n "$(($2 + 1)),\$p" "$work/names" | tac | while read -r later; do
		filterdiff -p1 -i "$1" "$(source_of "$later")" > "$work/later.diff"
		[ ! -s "$work/later.diff" ] ||
			(cd "$work/new" && GIT_DIR=/dev/null/none plain_git \
				apply -R ../later.diff) ||
			die "series/$base/$later does not fit $1 any more"
	done
	# --no-index says with 1 that there is a difference.
	(cd "$work/new" && GIT_DIR=/dev/null/none plain_git diff --no-index \
		--no-color --abbrev=12 /dev/null "$1") || [ $? -eq 1 ]
}

release=${set:-${base#v}.y}
number=0
while read -r name plus files; do
	number=$((number + 1))
	[ -z "$plus" ] || [ "$plus" = + ] ||
		die "series/$base/order, $name: '$plus' where + and files belong"

	from=$(source_of "$name")
	mail "$from"
	for file in $files; do
		added "$file" "$number" >> "$work/diff"
	done

	prefix=$(printf 'PATCH %s %02d/%02d' "${base#v}" "$number" "$total")
	{
		mail_head "$prefix" "$(field Subject)"
		echo
		cat "$work/message"
		echo ---
		[ ! -s "$work/diff" ] || (cd "$work" && GIT_DIR=/dev/null/none \
			plain_git apply --stat --summary diff)
		echo
		cat "$work/diff"
		printf '\nbase: Linux %s\n-- \nefi-pgd\n' "$release"
	} > "$outdir/$(printf %04d "$number")-${name#*-}"
	printf '  %02d  %s\n' "$number" "$(field Subject)" \
		>> "$work/subjects"
done < "$work/order"

if [ -f "$src/cover.txt" ] && [ "$total" -gt 0 ]; then
	# Not *.patch: git am patches/BASE/*.patch is to work.
	{
		mail "$src/$(head -n 1 "$work/names")"
		mail_head "$(printf 'PATCH %s %02d/%02d' "${base#v}" 0 "$total")" \
			"$(head -n 1 "$src/cover.txt")" | sed 1d
		sed 1d "$src/cover.txt"
		echo
		cat "$work/subjects"
		printf '\nbase: Linux %s\n-- \nefi-pgd\n' "$release"
	} > "$outdir/cover-letter.txt"
fi
