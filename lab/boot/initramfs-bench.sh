#!/bin/sh
# initramfs-bench.sh BASE VERSION OUTPUT PROGRAM...: the guest's root file system for
# measuring: busybox, programs of lab/guest, and the modules of the stock and of
# the patched kernel. One for both and without dates: what differs is the kernel.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2 output=$3
shift 3
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

chmod 755 "$root"
for name in bin lab/stock lab/patched proc sys dev tmp; do
	mkdir -p "$root/$name"
done
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$lab/guest/init" "$root/init"
chmod 755 "$root/init"
for name; do
	gcc -static -O2 -Wall -o "$root/bin/$name" "$lab/guest/$name.c"
done
for kind in stock patched; do
	cp "$(build_dir "$base" "$version" "$kind")/lab/bench.ko" \
		"$root/lab/$kind/"
done
find "$root" -exec touch -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort |
	cpio -o -H newc -R 0:0 --quiet --reproducible) | gzip -1n > "$output"
