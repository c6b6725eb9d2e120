#!/bin/sh
# shell.sh BASE [VERSION]: a shell in the booted patched guest, on this terminal.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
version=$(newest "$base" "${2-}")
"$lab/build/prepare.sh" "$base" "$version"
"$lab/build/build.sh" "$base" "$version" patched
initrd=$out/guest/$base-$version-patched.gz
"$lab/boot/initramfs.sh" "$base" "$version" patched "$initrd"
exec "$lab/boot/boot.sh" --terminal --steps shell \
	"$(build_dir "$base" "$version" patched)/arch/x86/boot/bzImage" \
	"$initrd" "$out/guest/console"
