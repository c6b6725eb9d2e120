#!/bin/sh
# has-series.sh BASE TREE: fails when the tree has the series applied.
#
# Looked for: a file that the series adds, and a change to an existing file
# that can be taken back.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 tree=$2

for patch in $(patches_of "$base"); do
	# shellcheck disable=SC2013 # paths in the kernel have no spaces
	for new in $(awk '
		/^diff --git / { path = $4; sub("^b/", "", path) }
		/^new file mode / { print path }' "$patch"); do
		[ ! -e "$tree/$new" ] || exit 1
	done
done
for patch in $(patches_of "$base"); do
	grep -q '^diff --git ' "$patch" || continue
	(cd "$tree" && GIT_CEILING_DIRECTORIES=${PWD%/*} GIT_DIR=/dev/null/none \
		plain_git apply -R --check "$patch" 2>/dev/null) && exit 1
	break
done
exit 0
