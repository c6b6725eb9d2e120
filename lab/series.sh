#!/bin/sh
# series.sh BASE OUTDIR: make the patches of a base from series/BASE and the
# whole files in this repository. Text in, text out: no kernel tree is needed.
#
# series/BASE/order has a line per patch: its name in series/BASE, and after a
# + the whole files it adds. A file in the repository is as it is after the
# last patch: what later patches change in it is taken back for the patch that
# adds it.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/lib.sh"

base=$1 outdir=$2
need_base "$base"
src=$top/series/$base
[ -f "$src/order" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$outdir"

mail()
{
	_file=$1 _part=$2
	shift 2
	awk -v part="$_part" "$@" -f "$lab/mail.awk" "$_file"
}

grep -v -e '^#' -e '^[[:space:]]*$' "$src/order" > "$work/order" || :
total=$(wc -l < "$work/order")
cut -d' ' -f1 "$work/order" > "$work/names"
while read -r name; do
	[ -f "$src/$name" ] || die "series/$base/order names $name, which is" \
		"not in series/$base"
done < "$work/names"
for patch in "$src"/*.patch; do
	[ ! -e "$patch" ] || grep -qx "${patch##*/}" "$work/names" ||
		die "series/$base/order does not name ${patch##*/}"
done

# added PATH AFTER: the file as the patch at line AFTER of the order adds it.
added()
{
	[ -f "$top/$1" ] || die "series/$base/order names $1, which is not in" \
		"this repository"
	rm -rf "$work/new"
	mkdir -p "$work/new/$(dirname "$1")"
	"$lab/resolve.sh" "$base" "$1" > "$work/new/$1"
	! grep -n EFI_PGD_BASE "$work/new/$1" >&2 ||
		die "$1: not all EFI_PGD_BASE conditionals can be resolved"
	[ ! -x "$top/$1" ] || chmod +x "$work/new/$1"
	sed -n "$(($2 + 1)),\$p" "$work/names" | tac | while read -r later; do
		mail "$src/$later" section -v path="$1" > "$work/later.diff"
		[ ! -s "$work/later.diff" ] ||
			(cd "$work/new" && GIT_DIR=/dev/null/none plain_git \
				apply -R ../later.diff) ||
			die "series/$base/$later does not fit $1 any more"
	done
	# --no-index says with 1 that there is a difference.
	(cd "$work/new" && GIT_DIR=/dev/null/none plain_git diff --no-index \
		--no-color --abbrev=12 /dev/null "$1") || [ $? -eq 1 ]
}

number=0
while read -r name plus files; do
	number=$((number + 1))
	[ -z "$plus" ] || [ "$plus" = + ] ||
		die "series/$base/order, $name: '$plus' where + and files belong"

	mail "$src/$name" diff > "$work/diff"
	for file in $files; do
		added "$file" "$number" >> "$work/diff"
	done

	prefix=$(printf 'PATCH %s %02d/%02d' "$base" "$number" "$total")
	{
		echo "From 0000000000000000000000000000000000000000" \
			"Mon Sep 17 00:00:00 2001"
		mail "$src/$name" header
		echo "Subject: [$prefix] $(mail "$src/$name" subject)"
		echo
		mail "$src/$name" message
		echo ---
		[ ! -s "$work/diff" ] || (cd "$work" && GIT_DIR=/dev/null/none \
			plain_git apply --stat --summary diff)
		echo
		cat "$work/diff"
		printf -- '-- \nefi-pgd\n'
	} > "$outdir/$name"
	printf '  %02d  %s\n' "$number" "$(mail "$src/$name" subject)" \
		>> "$work/subjects"
done < "$work/order"

if [ -f "$src/cover.txt" ] && [ "$total" -gt 0 ]; then
	# Not *.patch: git am patches/BASE/*.patch is to work.
	{
		mail "$src/$(head -n 1 "$work/names")" header |
			grep -E '^(From|Date):'
		printf 'Subject: [PATCH %s %02d/%02d] ' "$base" 0 "$total"
		head -n 1 "$src/cover.txt"
		sed 1d "$src/cover.txt"
		echo
		cat "$work/subjects"
		printf -- '-- \nefi-pgd\n'
	} > "$outdir/cover-letter.txt"
fi
