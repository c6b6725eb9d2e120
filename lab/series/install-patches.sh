#!/bin/sh
# install-patches.sh [--check] [BASE...]: bring patches/ up to date, or say that
# it is not.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

check=no
[ "${1-}" != --check ] || { check=yes; shift; }
[ $# -gt 0 ] || {
	# shellcheck disable=SC2046 # base names have no spaces
	set -- $(bases)
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
stale=0
for base; do
	"$lab/series/make-patches.sh" "$base" "$work/$base"
	mkdir -p "$work/$base"
	mkdir -p "$work/old/$base"
	cp -R "$top/patches/$base/." "$work/old/$base" 2>/dev/null || :
	diff -r "$work/old/$base" "$work/$base" > "$work/diff" && continue
	if [ "$check" = yes ]; then
		sed -n 's/^/# /; 1,12p' "$work/diff"
		say "patches/$base is stale: run 'make series' and commit"
		stale=1
		continue
	fi
	rm -rf "${top:?}/patches/$base"
	mkdir -p "$top/patches/$base"
	cp -R "$work/$base/." "$top/patches/$base"
	rmdir "$top/patches/$base" 2>/dev/null || :
	say "patches/$base: $(find "$work/$base" -name '*.patch' | wc -l) patches"
done
exit "$stale"
