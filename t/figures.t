#!/bin/sh
# figures.t: the documents quote the figures that were measured, and the numbers of cases
# that there are; and that is noticed where they do not.
set -eu
. "${0%/*}/tap.sh"
. "$t/scratch.sh"

rc=0
"$lab/report/quote.sh" --check 2> "$scratch/said" || rc=1
result $rc "figures: documents quote those of doc/figures.txt" "$scratch/said"

cases=$(grep -c '^[[:space:]]CASE("' "$lab/firmware/commands.h")
habits=$(grep -c '^[[:space:]]CASE("habit-' "$lab/firmware/commands.h")
rc=0
grep -q "does one of $((cases - habits)) things it must not" "$top/README.md" || rc=1
grep -q "There are $habits habits" "$top/README.md" || rc=1
for cover in "$top"/series/v6.*/cover.txt; do
	grep -q "on command, in $((cases - habits)) ways" "$cover" || rc=1
	grep -q "^$habits habits of well-meaning" "$cover" || rc=1
done
echo "$((cases - habits)) misbehaviours, $habits habits" > "$scratch/said"
result $rc "figures: documents say how many cases there are" "$scratch/said"

# A copy in which a figure, a document or the table is another
mkdir "$scratch/repo"
(cd "$top" && cp -R lab doc series README.md "$scratch/repo")
disagrees()
{
	rc=0
	"$scratch/repo/lab/report/quote.sh" --check > "$scratch/said" 2>&1 && rc=1
	grep -q -e "$2" "$scratch/said" || rc=1
	result $rc "figures: $1 is noticed" "$scratch/said"
}

sed -i 's/^\(v6.12.*efivarfs, one read\t.*\t\)[0-9]*$/\199999/' \
	"$scratch/repo/doc/figures.txt"
disagrees "another figure" '^README.md does not have the figures'
"$scratch/repo/lab/report/quote.sh" 2> /dev/null && rc=1 || rc=$?
[ "$rc" -eq 2 ] && rc=0 || rc=1
result $rc "figures: without a measurement, there is nothing to quote"
cp "$top/doc/figures.txt" "$scratch/repo/doc/figures.txt"
sed -i 's/a read from efivarfs  /to read from efivarfs/' "$scratch/repo/README.md"
disagrees "a document that quotes it in another way" "does not quote '| a read from"
