#!/bin/sh
# versions.sh BASE VERSION IMAGE: the day, and what a result was got with.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2 image=$3
patched=$(tree_dir "$base" "$version" patched)

echo "$(date -u +%Y-%m-%d), Linux $version, base $base, under QEMU's TCG"
printf 'series: %s patches, tree %s' \
	"$(git -C "$patched" rev-list --count base..HEAD)" \
	"$(git -C "$patched" rev-parse --short 'HEAD^{tree}')"
if [ -n "$(git -C "$patched" status --porcelain -uno)" ]; then
	printf ', and work that is not committed'
fi
echo
# shellcheck disable=SC2016 # dpkg-query's variables
{
	cat "$image/versions"
	dpkg-query -W -f '${Package} ${Version}\n' ovmf qemu-system-x86
} | paste -s -d ',' | sed 's/,/, /g' | fold -s -w 80 | sed 's/ $//'
