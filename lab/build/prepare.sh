#!/bin/sh
# prepare.sh BASE VERSION: make the patched tree what patches/BASE says.
#
# Where the base has sets, it is the one that applies; the file "set" has its name.
# The series is applied with git am in a work tree without files first, so that
# a patch that does not apply changes nothing. The patched tree is a git work
# tree on branch efi-pgd: edit and commit there, then "make refresh". Commits
# that are not in series/ yet are never thrown away: the file "applied" holds
# the commit this script, or refresh.sh, left the branch at.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
stock=$(tree_dir "$base" "$version" stock)
patched=$(tree_dir "$base" "$version" patched)
applied=$cache/trees/$base/$version/applied
trial=$cache/trees/$base/$version/.trial
log=$out/log/$base-$version-am.log

mkdir -p "$out/log"
lock "$cache/trees/$base/$version/lock"

exclude=$stock/.git/info/exclude
grep -qx '/build\*/' "$exclude" 2>/dev/null || echo '/build*/' >> "$exclude"
start=$(git -C "$stock" rev-parse HEAD)

[ -z "$(git -C "$stock" status --porcelain -uno)" ] ||
	die "$stock was changed: 'git checkout .' there"

# Keeping author, date and committer fixed gives the same commits every time.
# apply_series [SET]
apply_series()
{
	git -C "$stock" worktree prune
	rm -rf "$trial"
	git -C "$stock" worktree add -q --no-checkout --detach "$trial" "$start"
	git -C "$trial" read-tree HEAD
	# shellcheck disable=SC2046 # patch names have no spaces
	GIT_COMMITTER_NAME=efi-pgd GIT_COMMITTER_EMAIL=efi-pgd@localhost \
	git -C "$trial" -c core.hooksPath=/dev/null -c commit.gpgsign=false \
		-c am.threeWay=false -c core.autocrlf=false \
		am --committer-date-is-author-date -q \
		$(patches_of "$base" "${1-}")
}

# The sets, that of this release first: all its patches are to apply.
candidates()
{
	sets_of "$base" | grep -x -F "$version" || :
	sets_of "$base" | grep -v -x -F "$version" || :
}

choose_set()
{
	for set in $(candidates); do
		if apply_series "$set" >"$log" 2>&1; then
			echo "$set" > "$cache/trees/$base/$version/set"
			return 0
		fi
	done
	die "no set of patches/$base applies to $version ($(sets_of "$base" |
		tr '\n' ' ')are there): see $log, and README.md, 'Using the series'"
}

drop_trial()
{
	git -C "$stock" worktree remove -f "$trial" 2>/dev/null || rm -rf "$trial"
	git -C "$stock" worktree prune
}
trap drop_trial EXIT
trap 'exit 130' INT TERM

if [ -z "$(patches_of "$base")" ]; then
	series=$start
elif [ -n "$(sets_of "$base")" ]; then
	choose_set
	series=$(git -C "$trial" rev-parse HEAD)
elif apply_series >"$log" 2>&1; then
	series=$(git -C "$trial" rev-parse HEAD)
else
	num=$(git -C "$trial" am --show-current-patch=raw 2>/dev/null |
		sed -n 's/^Subject: *//p' | head -n 1)
	where=$(sed -n 's/^error: patch failed: //p; s/^error: \(.*: .*\)/\1/p' \
		"$log" | head -n 1)
	die "'$num' does not apply to $version: ${where:-see $log}:" \
	    "mend it with git am in a clone of $stock, then 'make refresh'"
fi

if [ ! -e "$patched/.git" ]; then
	# A build directory may be there already: keep it.
	git -C "$stock" worktree prune
	git -C "$stock" branch -q -f efi-pgd "$series"
	if [ -d "$patched" ]; then
		die "$patched is in the way: remove it"
	fi
	logged "checking out $base $version patched" "$log" \
		git -C "$stock" worktree add -q "$patched" efi-pgd
	echo "$series" > "$applied"
	exit 0
fi

gitdir=$(git -C "$patched" rev-parse --git-dir)
[ ! -e "$gitdir/rebase-apply" ] && [ ! -e "$gitdir/rebase-merge" ] ||
	die "$patched is in the middle of a rebase or git am: finish it"
[ -z "$(git -C "$patched" status --porcelain)" ] ||
	die "$patched has uncommitted changes: commit them and" \
	    "'make refresh BASE=$base', or drop them"
head=$(git -C "$patched" rev-parse HEAD)
if [ "$(git -C "$patched" rev-parse "$head^{tree}")" = \
     "$(git -C "$patched" rev-parse "$series^{tree}")" ]; then
	# Same content; what was committed by hand keeps its commits.
	[ -e "$applied" ] || echo "$head" > "$applied"
	exit 0
fi
[ "$head" = "$start" ] || [ "$head" = "$(cat "$applied" 2>/dev/null)" ] ||
	die "$patched has commits that patches/$base has not:" \
	    "'make refresh BASE=$base', or move branch efi-pgd back"
git -C "$patched" checkout -q -B efi-pgd "$series"
echo "$series" > "$applied"
say "$base $version patched: now at patches/$base"
