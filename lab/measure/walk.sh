#!/bin/sh
# walk.sh BASE [VERSION]: apply the series patch by patch, build and boot each.
#
# In a work tree of its own, "walk", beside the patched one, with a build
# directory that stays from patch to patch.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
[ -n "$(patches_of "$base")" ] || die "there is no series for $base yet"
version=$(newest "$base" "${2-}")
stock=$(tree_dir "$base" "$version" stock)
walk=$(tree_dir "$base" "$version" walk)
dir=$out/boot/$base-$version
log=$out/log/$base-$version-walk

mkdir -p "$dir" "$out/log"
git -C "$stock" worktree prune
if [ ! -e "$walk/.git" ]; then
	git -C "$stock" worktree add -q --detach "$walk" HEAD
fi
git -C "$walk" am --abort 2>/dev/null || :
git -C "$walk" checkout -q --force --detach "$(git -C "$stock" rev-parse HEAD)"

one()
{
	rc=0
	"$lab/build/build.sh" "$base" "$version" walk || rc=1
	[ "$rc" -eq 0 ] || { echo "not ok - $name: builds"; return; }
	echo "ok - $name: builds"
	initrd=$out/guest/$base-$version-walk.gz
	console=$dir/walk-${patch##*/}.console
	"$lab/boot/initramfs.sh" "$base" "$version" walk "$initrd"
	"$lab/boot/boot.sh" --steps boot,selftest,vars,rtc,module,kexec \
		--append lab2=boot,vars "$walk/build/arch/x86/boot/bzImage" \
		"$initrd" "$console" < /dev/null || rc=$?
	for step in boot vars rtc module kexec-load; do
		grep -q "^ok [0-9]* - $step " "$console.ktap" || rc=1
	done
	if [ "$rc" -eq 0 ] && grep -q '^1\.\.' "$console.ktap"; then
		echo "ok - $name: boots and calls the firmware"
	else
		echo "not ok - $name: boots and calls the firmware"
		tail -n 20 "$console" | sed 's/^/#   /'
	fi
	grep 'Checked W+X' "$console" | sed 's/^.*x86\/mm/#   x86\/mm/'
	sed -n 's/^  # Totals:/#   selftest/p' "$console.ktap"
}

walk()
{
	for patch in $(patches_of "$base" "$(set_of "$base" "$version")"); do
		name="$base $version $(basename "$patch" .patch)"
		if ! git -C "$walk" -c user.name=efi-pgd \
			-c user.email=efi-pgd@localhost -c commit.gpgsign=false \
			am -q "$patch" > "$log-am.log" 2>&1; then
			echo "not ok - $name: applies"
			sed 's/^/#   /' "$log-am.log"
			break
		fi
		one
	done
	ended=yes
}

# Whatever ends it early is not to look like the end of the series.
{
	ended=no
	trap '[ "$ended" = yes ] || echo "not ok - $base $version: ended early"' EXIT
	walk
} | "$lab/tap.sh" | tee "$log.tap"
awk -f "$lab/totals.awk" "$log.tap"
