#!/bin/sh
# pack.sh TREE OUTPUT STEPS [FILE...]: the second disk of a guest that runs
# debian/guest: an archive with that, its steps, the selftests of the kernel in
# TREE, and more files. CRASH tells the panic of this run from those of others.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

tree=$1 output=$2 steps=$3
shift 3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cp "$lab/debian/guest" "$dir/guest"
echo "$steps" | tr ' ' '\n' > "$dir/steps"
echo "$CRASH" > "$dir/crash"
complaints > "$dir/complaints"

# Built as its own Makefile does, which leaves its files beside the source: of a
# copy, then.
mkdir "$dir/kselftest"
cp -r "$tree/tools/testing/selftests/efivarfs" \
	"$tree/tools/testing/selftests"/*.mk "$tree/tools/testing/selftests"/*.h \
	"$dir/kselftest"
# It takes no other than its own directory only when make is not run by make.
make -s -C "$dir/kselftest/efivarfs" OUTPUT="$dir/kselftest/efivarfs" \
	> "$output.log" 2>&1 && [ -x "$dir/kselftest/efivarfs/create-read" ] ||
	die "the selftests of efivarfs do not build: see $output.log"
mv "$dir/kselftest/efivarfs" "$dir/selftests"
rm -rf "$dir/kselftest"

# Where Kconfig rules out rtc-efi on x86, its line says so.
sed -n '/^config RTC_DRV_EFI$/,/^config /s/^[[:space:]]*\(depends on .*!X86.*\)/\1/p' \
	"$tree/drivers/rtc/Kconfig" > "$dir/no-rtc-efi"

for file; do
	cp -r "$file" "$dir"
done
tar -c -C "$dir" --owner=0 --group=0 . > "$output"
