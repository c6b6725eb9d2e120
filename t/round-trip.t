#!/bin/sh
# round-trip.t: commits in a patched tree become series/ and patches/, and
# patches/ become those commits again, in two trees that differ around them.
set -eu
. "${0%/*}/tap.sh"
. "$t/scratch.sh"

copy_repository
log=$scratch/log
base=v4.4
trees=$EFI_PGD_CACHE/trees/$base
one=$trees/4.4.1
last=$trees/4.4.178

small_tree "$scratch/one" 4.4.1
small_tree "$scratch/last" 4.4.178
# Out of the context of what is changed below.
sed -i '3s/.*/other/' "$scratch/last/arch/x86/mm/init.c"
git -C "$scratch/last" commit -q -am other

rc=0
"$repo/lab/build/cache-tree.sh" $base "$scratch/one" > "$log" 2>&1 || rc=1
"$repo/lab/build/cache-tree.sh" $base "$scratch/last" >> "$log" 2>&1 || rc=1
"$repo/lab/build/prepare.sh" $base 4.4.1 >> "$log" 2>&1 || rc=1
result $rc "trees cached and prepared with no series" "$log"

# A cache that is named from the working directory.
rc=0
(
	cd "$scratch"
	export EFI_PGD_CACHE=relative EFI_PGD_OUT=relative/out
	"$repo/lab/build/cache-tree.sh" $base "$scratch/one"
	"$repo/lab/build/prepare.sh" $base 4.4.1
) > "$log" 2>&1 || rc=1
[ -e "$scratch/relative/trees/$base/4.4.1/patched/Makefile" ] || rc=1
result $rc "a cache with a relative name" "$log"

# A whole file of the repository, with a conditional on the base.
mkdir -p "$repo/arch/x86/platform/efi"
whole=arch/x86/platform/efi/pgtable.c
cat > "$repo/$whole" <<'C'
int first;
#if EFI_PGD_BASE >= 601
int later_bases;
#else
int old_bases;
#endif
int middle;
int more;
int last;
C
git -C "$repo" add "$whole"
git -C "$repo" commit -q -m whole

# Two commits: one changes a file and adds the whole one, one changes both.
p=$one/patched
sed -i '10s/.*/ten/' "$p/arch/x86/mm/init.c"
"$repo/lab/series/resolve.sh" $base $whole > "$p/$whole"
git -C "$p" add .
git -C "$p" commit -q -m "x86/efi: first

With a message." --date="2026-01-02 03:04:05 +0000"
sed -i '20s/.*/twenty/' "$p/arch/x86/mm/init.c"
sed -i 's/int last/int very_last/' "$p/$whole"
git -C "$p" commit -q -am "x86/efi: second"

rc=0
"$repo/lab/series/refresh.sh" $base > "$log" 2>&1 || rc=1
"$repo/lab/series/install-patches.sh" >> "$log" 2>&1 || rc=1
grep -qx '0001-x86-efi-first.patch + arch/x86/platform/efi/pgtable.c' \
	"$repo/series/$base/order" || rc=1
result $rc "commits become series/ and patches/" "$log"

rc=0
grep -q very_last "$repo/$whole" || rc=1
grep -q EFI_PGD_BASE "$repo/$whole" || rc=1
result $rc "the whole file comes back with its conditional" "$repo/$whole"

rc=0
grep -q '^+int old_bases' "$repo/patches/$base/0001-x86-efi-first.patch" || rc=1
! grep -q later_bases "$repo/patches/$base"/*.patch || rc=1
! grep -q EFI_PGD_BASE "$repo/patches/$base"/*.patch || rc=1
grep -q '^Subject: \[PATCH 4.4 02/02\] x86/efi: second$' \
	"$repo/patches/$base/0002-x86-efi-second.patch" || rc=1
grep -q '^Date: .*2 Jan 2026 03:04:05' \
	"$repo/patches/$base/0001-x86-efi-first.patch" || rc=1
result $rc "patches are numbered, dated, and resolved for the base" \
	"$repo/patches/$base/0001-x86-efi-first.patch"

rc=0
git clone -q "$scratch/last" "$scratch/plain"
git -C "$scratch/plain" am -q "$repo/patches/$base"/*.patch > "$log" 2>&1 || rc=1
grep -q very_last "$scratch/plain/$whole" || rc=1
result $rc "plain git am applies them to the other tree" "$log"

rc=0
"$repo/lab/build/prepare.sh" $base 4.4.178 > "$log" 2>&1 || rc=1
diff -r -x .git "$scratch/plain" "$last/patched" >> "$log" || rc=1
result $rc "the lab applies them to the other tree" "$log"

rc=0
before=$(git -C "$p" rev-parse HEAD)
"$repo/lab/build/prepare.sh" $base 4.4.1 > "$log" 2>&1 || rc=1
[ "$(git -C "$p" rev-parse HEAD)" = "$before" ] || rc=1
"$repo/lab/series/refresh.sh" $base 4.4.1 >> "$log" 2>&1 || rc=1
"$repo/lab/series/install-patches.sh" --check >> "$log" 2>&1 || rc=1
result $rc "preparing and refreshing again changes nothing" "$log"

# Work that is in no patch yet must survive.
rc=0
sed -i '25s/.*/twentyfive/' "$p/arch/x86/mm/init.c"
! "$repo/lab/build/prepare.sh" $base 4.4.1 > "$log" 2>&1 || rc=1
grep -q 'uncommitted changes' "$log" || rc=1
git -C "$p" commit -q -am "x86/efi: third"
! "$repo/lab/build/prepare.sh" $base 4.4.1 > "$log" 2>&1 || rc=1
grep -q 'make refresh' "$log" || rc=1
grep -q twentyfive "$p/arch/x86/mm/init.c" || rc=1
result $rc "uncommitted changes and new commits are never dropped" "$log"

rc=0
{
	"$repo/lab/series/refresh.sh" $base &&
	"$repo/lab/series/install-patches.sh" &&
	"$repo/lab/build/prepare.sh" $base 4.4.178
} > "$log" 2>&1 || rc=1
grep -q twentyfive "$last/patched/arch/x86/mm/init.c" || rc=1
result $rc "a third commit reaches the other tree" "$log"

# Edits of a whole file in the repository reach both trees.
rc=0
sed -i 's/int first/int very_first/' "$repo/$whole"
{
	! "$repo/lab/series/install-patches.sh" --check &&
	"$repo/lab/series/install-patches.sh" &&
	"$repo/lab/build/prepare.sh" $base 4.4.1 &&
	"$repo/lab/build/prepare.sh" $base 4.4.178
} > "$log" 2>&1 || rc=1
grep -q very_first "$one/patched/$whole" || rc=1
grep -q very_first "$last/patched/$whole" || rc=1
result $rc "an edit of a whole file reaches both trees" "$log"

# Sets: a release whose files have another context has a variant of a patch.
rc=0
small_tree "$scratch/far" 4.4.200
sed -i '9s/.*/far/' "$scratch/far/arch/x86/mm/init.c"
git -C "$scratch/far" commit -q -am far
{
	"$repo/lab/build/cache-tree.sh" $base "$scratch/far"
	! "$repo/lab/build/prepare.sh" $base 4.4.200
} > "$log" 2>&1 || rc=1
grep -q "does not apply to 4.4.200: .*git am" "$log" || rc=1
result $rc "a tree that a series without sets does not fit is told which patch" "$log"

rc=0
src=$repo/series/$base
mkdir "$src/4.4.200"
sed 's/^ 9$/ far/' "$src/0001-x86-efi-first.patch" > "$src/4.4.200/x86-efi-first.patch"
printf '# a comment\n4.4.1\n4.4.200 x86-efi-third\n' > "$src/sets"
"$repo/lab/series/install-patches.sh" > "$log" 2>&1 || rc=1
[ "$(find "$repo/patches/$base/4.4.1" -name '*.patch' | wc -l)" -eq 3 ] || rc=1
[ "$(find "$repo/patches/$base/4.4.200" -name '*.patch' | wc -l)" -eq 2 ] || rc=1
grep -q 'PATCH 4.4 02/02' "$repo/patches/$base/4.4.200"/0002-*.patch || rc=1
result $rc "a set for each release, with its variants and without what it has" "$log"

rc=0
for version in 4.4.1 4.4.178 4.4.200; do
	"$repo/lab/build/prepare.sh" $base $version || rc=1
done > "$log" 2>&1
cat "$trees/4.4.1/set" "$trees/4.4.178/set" "$trees/4.4.200/set" > "$scratch/sets"
printf '4.4.1\n4.4.1\n4.4.200\n' | cmp - "$scratch/sets" >> "$log" 2>&1 || rc=1
! grep -q twentyfive "$trees/4.4.200/patched/arch/x86/mm/init.c" || rc=1
grep -q twentyfive "$last/patched/arch/x86/mm/init.c" || rc=1
result $rc "each tree gets the set that fits it" "$log"

rc=0
small_tree "$scratch/none" 4.4.210
sed -i '9s/.*/none/' "$scratch/none/arch/x86/mm/init.c"
git -C "$scratch/none" commit -q -am none
{
	"$repo/lab/build/cache-tree.sh" $base "$scratch/none"
	! "$repo/lab/build/prepare.sh" $base 4.4.210
} > "$log" 2>&1 || rc=1
[ "$(grep -c '^efi-pgd: ' "$log")" -eq 1 ] || rc=1
grep -q "no set of patches/v4.4 applies to 4.4.210 (4.4.1 4.4.200 are there)" "$log" ||
	rc=1
result $rc "a tree that no set fits is told so in one line" "$log"

rc=0
head=$(git -C "$repo" status --porcelain series | sha256sum)
! "$repo/lab/series/refresh.sh" $base 4.4.200 > "$log" 2>&1 || rc=1
[ "$(git -C "$repo" status --porcelain series | sha256sum)" = "$head" ] || rc=1
result $rc "only a tree of the first set is one to refresh from" "$log"
