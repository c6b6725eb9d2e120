#!/bin/sh
# report.t: the report has the result of each of the longer tests, and does not
# make it better than it is.
set -eu
. "${0%/*}/tap.sh"
. "$t/scratch.sh"

copy_repository
base=v6.12 version=6.12.1
small_tree "$scratch/kernel" $version
mkdir -p "$repo/patches/$base"
cp -R "$scratch/kernel" "$scratch/changed"
: > "$scratch/changed/arch/x86/platform/efi/gate.c"
echo gate >> "$scratch/changed/Kbuild"
git -C "$scratch/changed" add .
git -C "$scratch/changed" commit -q -m "x86/efi: add a gate"
git -C "$scratch/changed" format-patch -q -1 -o "$repo/patches/$base"
{
	"$repo/lab/build/cache-tree.sh" $base "$scratch/kernel"
	"$repo/lab/build/prepare.sh" $base $version
} > /dev/null 2>&1
series=$("$repo/lab/series/series-id.sh" $base $version)

boot=$EFI_PGD_OUT/boot/$base-$version
mkdir -p "$boot" "$repo/doc"
for kind in stock patched; do
	printf 'base=%s\nversion=%s\nkind=%s\n' $base $version $kind \
		> "$boot/$kind.figures"
done

# found TEST FILE SERIES LINE: a result
found()
{
	mkdir -p "$(dirname "$2")"
	printf 'make %s BASE=%s\n2026-01-02, Linux 6.12.1\nseries: %s\n\n%s\n' \
		"$1" "$base" "$3" "$4" \
		> "$2"
}

here_is()
{
	found "$1" "$EFI_PGD_OUT/$1/$base-$version/result" "$2" "$3"
}

here_is firmwares "$series" "not ok - a <boot>: hung"
here_is clients "$series" "efivar   list all variables    ok not ok WORSE"
here_is distro "$series" "of 90 checks, all the same"
here_is scale "1 patches, tree 0000000" "all points"
found clients "$scratch/documented" "$series" "of 9 checks, all the same"
"$repo/lab/report/results.sh" "$scratch/documented" 2> /dev/null
"$repo/lab/report/report.sh" $base $version > "$scratch/said"

told()
{
	rc=0
	grep -q -E -e "^ *make $2" "$scratch/said" || rc=1
	result $rc "report: $1" "$scratch/said"
}

told "a failure is one" 'firmwares +1 not ok, 2026-01-02; .*/firmwares/'
told "a client that does worse is a failure" 'clients +1 not ok'
told "what has not failed" 'distro +no failure, 2026-01-02; .*/distro/'
told "the result of another series" \
	'scale +no failure, .*, of another series \(1 patches, tree 0000000\)'
told "what was not run" "kernels +not run; -; 'make kernels BASE=$base'"
rc=0
grep -q 'make firmwares *1 not ok' "$EFI_PGD_OUT/report-$base-$version.html" || rc=1
result $rc "report: the page has them, too"

rm -r "$EFI_PGD_OUT/clients"
found kernels "$scratch/kernels" "$series" "NOT COMPLETE"
found scale "$scratch/scale" "$series" "no trouble"
"$repo/lab/report/results.sh" "$scratch/kernels" "$scratch/scale" 2> /dev/null
found scale "$scratch/scale" "$series" "failed"
"$repo/lab/report/results.sh" "$scratch/scale" 2> /dev/null
rc=0
grep 'make scale' "$repo/doc/results.md" > "$scratch/scale"
grep -q '| 1 not ok |' "$scratch/scale" && [ "$(wc -l < "$scratch/scale")" -eq 1 ] || rc=1
result $rc "report: the last result of a command is the documented one" "$scratch/scale"
"$repo/lab/report/report.sh" $base $version > "$scratch/said"
told "the documented result, where there is none of this machine" \
	'clients +no failure, 2026-01-02; of 9 checks, all the same; doc/results.md'
told "a result that is not complete" 'kernels +not complete, 2026-01-02'

# compare EXPECTED TEXT STOCK PATCHED: exit status of the comparison
compare()
{
	printf '=\tefivar\tok\tlist\t\n=\tfwts\t%s\ttime\t\n' "$3" > "$scratch/a"
	printf '=\tefivar\tok\tlist\t\n=\tfwts\t%s\ttime\t\n' "$4" > "$scratch/b"
	rc=0
	awk -f "$repo/lab/measure/clients.awk" "$scratch/a" "$scratch/b" \
		> "$scratch/said" || rc=$?
	[ "$rc" -eq "$1" ] && rc=0 || rc=1
	result $rc "clients: $2" "$scratch/said"
}

compare 0 "the same" ok ok
compare 1 "worse" ok skip
compare 1 "what works nowhere" skip skip
