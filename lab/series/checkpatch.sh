#!/bin/sh
# checkpatch.sh [PATCH...]: checkpatch.pl --strict of the 6.12 sources, whichever
# base the patch is for: it knows more than that of 4.4, and is at hand with
# Debian's linux-source-6.12. Without a patch, only unpack it.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

scripts=$cache/checkpatch
source=/usr/src/linux-source-6.12.tar.xz

if [ ! -x "$scripts/checkpatch.pl" ]; then
	mkdir -p "$scripts"
	version=$(versions_of v6.12 | tail -n 1)
	if [ -n "$version" ]; then
		from=$(tree_dir v6.12 "$version" stock)/scripts
		cp "$from/spelling.txt" "$from/const_structs.checkpatch" \
			"$scripts/"
		cp "$from/checkpatch.pl" "$scripts/"
	else
		[ -e "$source" ] || die "no $source: run 'make deps'"
		logged "unpacking checkpatch.pl" "$out/log/checkpatch.log" \
			tar -x -f "$source" -C "$scripts" --strip-components=2 \
			--wildcards '*/scripts/checkpatch.pl' \
			'*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch'
	fi
fi
[ $# -gt 0 ] || exit 0

# No kernel tree: the patches are for several. What cannot be known without one
# is left out: whether a maintainer is to be told of a new file, and whether a
# commit that is named exists.
exec perl "$scripts/checkpatch.pl" --no-tree --strict --no-summary --quiet \
	--ignore FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID "$@"
