#!/bin/sh
# bad-input.t: what the lab is given and cannot use gets one line on standard
# error that names a remedy, exit status 2, and changes nothing.
set -eu
. "${0%/*}/tap.sh"
. "$t/scratch.sh"

copy_repository
error=$scratch/error
base=v6.12

# A series of one patch for the small tree.
small_tree "$scratch/kernel" 6.12.1
cp -R "$scratch/kernel" "$scratch/changed"
sed -i '10s/.*/ten/' "$scratch/changed/arch/x86/mm/init.c"
git -C "$scratch/changed" commit -q -am "x86/mm: change a line"
mkdir -p "$repo/patches/$base"
git -C "$scratch/changed" format-patch -q -1 -o "$repo/patches/$base"

contents()
{
	find "$EFI_PGD_CACHE" "$repo" -not -path '*/.git/*' -type f \
		-not -name 'lock*' -exec sha256sum {} + 2>/dev/null | sort
	find "$EFI_PGD_CACHE" -name HEAD -path '*/.git/*' \
		-exec cat {} + 2>/dev/null
}

# refused NAME PATTERN COMMAND...: one line that matches, status 2, no change.
refused()
{
	name=$1 pattern=$2
	shift 2
	contents > "$scratch/before"
	rc=0
	"$@" > "$scratch/stdout" 2> "$error" < /dev/null || rc=$?
	contents > "$scratch/after"
	bad=
	[ "$rc" -eq 2 ] || bad="exit status $rc"
	grep '^efi-pgd: ' "$error" | grep -q -E -- "$pattern" ||
		bad="$bad no line with '$pattern'"
	[ "$(grep -c '^efi-pgd: ' "$error" || :)" -eq 1 ] ||
		bad="$bad not one line"
	cmp -s "$scratch/before" "$scratch/after" || bad="$bad changed something"
	if [ -z "$bad" ]; then
		echo "ok - bad input: $name"
	else
		echo "not ok - bad input: $name:$bad"
		sed 's/^/#   /' "$error"
		diff "$scratch/before" "$scratch/after" | sed 's/^/#   /' || :
	fi
}

tree="$repo/lab/build/cache-tree.sh"

refused "no such base" "BASE is one of" \
	"$tree" v9.9 "$scratch/kernel"
refused "no such directory" "does not exist.*FROM is" \
	"$tree" $base "$scratch/nowhere"
mkdir "$scratch/empty"
refused "a tree that is not a kernel" "not a kernel source tree.*give" \
	"$tree" $base "$scratch/empty"
small_tree "$scratch/old" 5.10.7
refused "the wrong version for the base" "is Linux 5.10.7.*takes 6.12.*give" \
	"$tree" $base "$scratch/old"
refused "a tree with the series applied" "applied already: give" \
	"$tree" $base "$scratch/changed"
cp -R "$scratch/kernel" "$scratch/dirty"
echo x >> "$scratch/dirty/Kbuild"
refused "a dirty tree" "uncommitted changes: commit" \
	"$tree" $base "$scratch/dirty"
cp -R "$scratch/kernel" "$scratch/built"
rm -rf "$scratch/built/.git"
: > "$scratch/built/.config"
refused "a tree that was built in" "make mrproper" \
	"$tree" $base "$scratch/built"
refused "no space" "1 GiB free.*make room" \
	env EFI_PGD_FREE_GIB=1 "$tree" $base "$scratch/kernel"
refused "a base with no tree" "make tree BASE=v4.4" \
	"$repo/lab/build/have-trees.sh" v4.4
refused "no OVMF" "no OVMF in.*install" \
	env OVMF_DIR="$scratch/empty" "$repo/lab/report/run.sh" $base
echo "ok 1 - boot" | tee "$scratch/console" > "$scratch/console.ktap"
refused "no OVMF, one boot" "no OVMF_CODE_4M.fd.*install" \
	env OVMF_DIR="$scratch/empty" "$repo/lab/boot/boot.sh" \
	/dev/null /dev/null "$scratch/console"
[ -s "$scratch/console" ] || [ -s "$scratch/console.ktap" ] && rc=1 || rc=0
result $rc "bad input: no guest, and none of an earlier console"
refused "an option that boot.sh has not" "OPTION.*KERNEL INITRD CONSOLE" \
	"$repo/lab/boot/boot.sh" --nonsense 1 /dev/null /dev/null "$scratch/console"
echo 'v9.8 908 9.8.* -' >> "$repo/lab/tables/bases"
refused "a base with no series" "no series for v9.8" \
	"$repo/lab/report/run.sh" v9.8

# From here on with the tree in the cache.
"$tree" $base "$scratch/kernel" > /dev/null 2>&1
cp -R "$scratch/kernel" "$scratch/other"
echo 31 >> "$scratch/other/arch/x86/mm/init.c"
git -C "$scratch/other" commit -q -am other
refused "another tree of the same version" "another 6.12.1 is cached.*remove" \
	"$tree" $base "$scratch/other"
sed -i 's/^ 9$/ nine/' "$repo/patches/$base"/*.patch
refused "a patch that does not apply" \
	"x86/mm: change a line.*does not apply.*arch/x86/mm/init.c" \
	"$repo/lab/build/prepare.sh" $base 6.12.1
sed -i 's/^ nine$/ 9/' "$repo/patches/$base"/*.patch
"$repo/lab/build/prepare.sh" $base 6.12.1 > /dev/null 2>&1
patched=$EFI_PGD_CACHE/trees/$base/6.12.1/patched
echo work >> "$patched/arch/x86/mm/init.c"
refused "a patched tree with changes" "uncommitted changes: commit" \
	"$repo/lab/build/prepare.sh" $base 6.12.1
refused "refresh with changes" "uncommitted changes: commit" \
	"$repo/lab/series/refresh.sh" $base 6.12.1
git -C "$patched" checkout -q .
echo x >> "$EFI_PGD_CACHE/trees/$base/6.12.1/stock/Kbuild"
refused "a stock tree with changes" "was changed: 'git checkout" \
	"$repo/lab/build/prepare.sh" $base 6.12.1
git -C "$EFI_PGD_CACHE/trees/$base/6.12.1/stock" checkout -q .

# A guest that hangs: a boot sector and header as of Linux, and of code only a
# jump to itself.
guest=$scratch/hangs
head -c 8192 /dev/zero > "$guest"
put()
{
	printf '%b' "$2" | dd of="$guest" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
put 497 '\0001'			# one sector of setup code
put 510 '\0125\0252'
put 512 '\0353\0376'		# jmp .
put 514 'HdrS\0014\0002'	# boot protocol 2.12
put 529 '\0001'			# loaded high
put 556 '\0377\0377\0377\0177'	# where the ramdisk may end
rc=0
start=$(date +%s)
"$repo/lab/boot/boot.sh" --firmware bios --deadline 5 "$guest" "$guest" \
	"$scratch/console" > /dev/null 2> "$error" < /dev/null || rc=$?
took=$(($(date +%s) - start))
if [ "$rc" -eq 3 ] && [ "$took" -ge 5 ] && [ "$took" -lt 30 ]; then
	echo "ok - bad input: a guest that hangs is killed on its deadline"
else
	echo "not ok - bad input: a guest that hangs is killed on its deadline"
	echo "#   exit status $rc after $took s"
	sed 's/^/#   /' "$error"
fi
rc=0
: > "$scratch/nothing"
"$repo/lab/boot/boot.sh" --firmware bios --deadline 5 "$scratch/nothing" \
	"$scratch/nothing" "$scratch/console" > /dev/null 2> "$error" \
	< /dev/null || rc=$?
if [ "$rc" -eq 4 ] && [ -s "$error" ]; then
	echo "ok - bad input: QEMU that cannot start is told from a guest"
else
	echo "not ok - bad input: QEMU that cannot start is told from a guest"
	echo "#   exit status $rc"
fi

# What runs in the background goes with the script that started it.
cat > "$scratch/busy" <<END
lab=$repo/lab
. "\$lab/lib.sh"
doing() { sh -c 'sleep 29.753; :'; }
logged busy "$scratch/log" doing
END
alive()
{
	grep -q -a -s '^sleep.29.753' /proc/[0-9]*/cmdline
}
sh "$scratch/busy" 2> "$error" &
start=$!
until alive; do sleep 0.2; done
kill "$start"
wait "$start" || :
# What was told to end takes its time on a busy host, but not the time it had left.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	alive || break
	sleep 0.5
done
alive && rc=1 || rc=0
result $rc "bad input: a build that is interrupted ends" "$error"
