#!/bin/sh
# figures.sh BASE VERSION KIND: boot a kernel once and take the figures that the
# comparison shows. Leaves them in out/boot/BASE-VERSION/KIND.figures.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2 kind=$3
dir=$out/boot/$base-$version
console=$dir/run-$kind.console
initrd=$out/guest/$base-$version-$kind.gz

mkdir -p "$dir"
rm -f "$dir/$kind.figures"
"$lab/boot/initramfs.sh" "$base" "$version" "$kind" "$initrd"
rc=0
logged "booting $base $version $kind" "$out/log/$base-$version-$kind-boot.log" \
	"$lab/boot/boot.sh" --firmware x64-vga --cpus 2 \
	--steps boot,wx,probe,selftest,vars "$(build_dir "$base" "$version" "$kind")/arch/x86/boot/bzImage" \
	"$initrd" "$console" || rc=$?
if [ "$rc" -ne 0 ] || ! grep -q '^1\.\.' "$console.ktap"; then
	[ "$rc" -ne 3 ] || say "the guest hung and was killed"
	say "the last lines of its console ($console):"
	tail -n 20 "$console" | sed 's/^/  /' >&2
	exit 1
fi
{
	echo "base=$base"
	echo "version=$version"
	echo "kind=$kind"
	# The verdicts of DEBUG_WX: on the kernel's tables, on those of EFI.
	sed -n 's/.*Checked W+X mappings: \(.*\)/wx.verdict.kernel=\1/p' \
		"$console" | head -n 1
	sed -n 's/.*Checked W+X mappings of EFI: \(.*\)/wx.verdict.efi=\1/p' \
		"$console" | head -n 1
	# What the kernel says about isolation; stock kernels say nothing.
	sed -n 's/.*efi: runtime services are \(\(not \)\{0,1\}isolated: .*\)/isolation=\1/p' \
		"$console" | head -n 1
	sed -n 's/^  # Totals: /selftest=/p' "$console.ktap" |
		sed 's/ [a-z]*:0//g'
	sed -n 's/^# \(probe\.\)/\1/p' "$console.ktap"
} > "$dir/$kind.figures"
