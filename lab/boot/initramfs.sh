#!/bin/sh
# initramfs.sh BASE VERSION KIND OUTPUT: the guest's root file system for one
# kernel: busybox, the guest programs, the test module and what ptprobe has to
# be told about that kernel.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2 kind=$3 output=$4
build=$(build_dir "$base" "$version" "$kind")
mkdir -p "${output%/*}"
root=$(mktemp -d "${output%/*}/root.XXXXXX")
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$root/sbin" "$root/lab" "$root/proc" "$root/sys" \
	"$root/dev" "$root/tmp" "$root/etc"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$lab/guest/init" "$root/init"
chmod 755 "$root/init"

# program SOURCE OPTION...: it may have conditionals on the base.
program()
{
	source=$1
	shift
	gcc -static -O2 -Wall -DEFI_PGD_BASE="$(base_field "$base" number)" "$@" \
		-o "$root/bin/$(basename "$source" .c)" "$source" || {
		say "cannot compile $source"
		exit 1
	}
}

for src in "$lab"/guest/*.c; do
	program "$src"
done
# Where the kernel's own would be: it includes what is there.
selftests=$(tree_dir "$base" "$version" "$kind")/tools/testing/selftests/x86
for src in "$top"/tools/testing/selftests/x86/*.c; do
	program "$src" -I"$selftests"
done

# kexec is a dynamic program: its libraries come along.
if kexec=$(PATH=$PATH:/usr/sbin:/sbin command -v kexec); then
	cp "$kexec" "$root/sbin/kexec"
	ldd "$kexec" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$root${library%/*}"
		cp -L "$library" "$root$library"
	done
fi

cp "$build/arch/x86/boot/bzImage" "$root/lab/bzImage"
cp "$build"/lab/*.ko "$root/lab/"
complaints > "$root/lab/complaints"
echo "--trampoline-offset $(nm "$build/arch/x86/realmode/rm/realmode.elf" |
	awk '$3 == "trampoline_pgd" { print "0x" $1 }')" \
	> "$root/lab/probe-args"
! grep -q 'PAGE_TABLE_ISOLATION=y' "$build/.config" || : > "$root/lab/has-pti"

(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) |
	gzip -1 > "$output.new"
mv "$output.new" "$output"
