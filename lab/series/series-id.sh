#!/bin/sh
# series-id.sh BASE VERSION: what is in the patched tree now. To be kept with what
# is built of it, for the tree may be another one when that is used.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

patched=$(tree_dir "$1" "$2" patched)
start=$(git -C "$(tree_dir "$1" "$2" stock)" rev-parse HEAD)
printf '%s patches, tree %s' \
	"$(git -C "$patched" rev-list --count "$start..HEAD")" \
	"$(git -C "$patched" rev-parse --short=12 'HEAD^{tree}')"
if [ -n "$(git -C "$patched" status --porcelain -uno)" ]; then
	printf ', and work that is not committed, %.7s' \
		"$(git -C "$patched" diff HEAD | sha256sum)"
fi
echo
