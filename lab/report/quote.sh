#!/bin/sh
# quote.sh [--check]: doc/figures.txt from the last "make run" and "make bench" of each
# tree that had one, and all documents that quote figures, as lab/tables/quotes has them.
# With --check, only say which documents do not have those of doc/figures.txt.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

figures=$top/doc/figures.txt
table=$lab/tables/quotes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measured BASE-VERSION: its figures, if there are new ones
measured()
{
	awk -F '\t' -v OFS='\t' -v base="${1%%-*}" -v version="${1#*-}" \
		'{ print base, version, $1, $2, $3 }' "$out/boot/$1/rows" 2>/dev/null
	awk -v OFS='\t' -v base="${1%%-*}" -v version="${1#*-}" '
		NR == 1 { next }
		{
			text = substr($0, 1, 40)
			sub(/ +$/, "", text)
			if (text ~ /^ /) text = call ", " substr(text, 3)
			else call = text
			split(substr($0, 41), column, " ")
			print base, version, text, column[1], column[3]
		}' "$out/bench/$1/table" 2>/dev/null
}

if [ "${1-}" != --check ]; then
	for rows in "$out"/boot/*/rows; do
		[ -e "$rows" ] || die "no figures: 'make run' and 'make bench' take them"
		rows=${rows%/rows}
		measured "${rows##*/}" || :
	done > "$work/new"
	# A figure that was not measured again is as it was.
	cat "$work/new" "$figures" 2>/dev/null |
		awk -F '\t' '!seen[$1, $2, $3]++' | LC_ALL=C sort > "$work/figures"
	cp "$work/figures" "$figures"
fi

rc=0
awk -F '\t' '!/^#/ && NF { print $3 }' "$table" | sort -u > "$work/files"
while read -r file; do
	awk -v file="$file" -f "$lab/report/quote.awk" "$figures" "$table" \
		"$top/$file" > "$work/document" || rc=1
	cmp -s "$work/document" "$top/$file" && continue
	if [ "${1-}" = --check ]; then
		say "$file does not have the figures of doc/figures.txt: 'make figures'"
		rc=1
	else
		cat "$work/document" > "$top/$file"
		say "$file: figures brought up to date"
	fi
done < "$work/files"
exit "$rc"
