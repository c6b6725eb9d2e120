#!/bin/sh
# refresh.sh BASE [VERSION]: write the commits of a patched tree back into
# series/BASE, and the whole files they add back into this repository.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"
. "$lab/series/mail.sh"

base=$1 version=${2-}
need_base "$base"

head_of()
{
	git -C "$(tree_dir "$base" "$1" patched)" rev-parse -q --verify \
		HEAD 2>/dev/null
}

# Without VERSION: the tree that has something new.
if [ -z "$version" ]; then
	for v in $(versions_of "$base"); do
		head=$(head_of "$v") || continue
		[ "$head" != "$(git -C "$(tree_dir "$base" "$v" stock)" \
			rev-parse HEAD)" ] || continue
		[ "$head" != "$(cat "$cache/trees/$base/$v/applied" \
			2>/dev/null)" ] || continue
		[ -z "$version" ] || die "both $version and $v have new" \
			"commits: say which with VERSION="
		version=$v
	done
	[ -n "$version" ] || { say "no tree of $base has new commits"; exit 0; }
fi

stock=$(tree_dir "$base" "$version" stock)
patched=$(tree_dir "$base" "$version" patched)
applied=$cache/trees/$base/$version/applied
[ -e "$patched/.git" ] || die "$patched does not exist: run 'make build" \
	"BASE=$base'"
gitdir=$(git -C "$patched" rev-parse --git-dir)
[ ! -e "$gitdir/rebase-apply" ] && [ ! -e "$gitdir/rebase-merge" ] ||
	die "$patched is in the middle of a rebase or git am: finish it"
[ -z "$(git -C "$patched" status --porcelain)" ] ||
	die "$patched has uncommitted changes: commit or drop them"

start=$(git -C "$stock" rev-parse HEAD)
head=$(head_of "$version")
was=$(cat "$applied" 2>/dev/null || :)
set=$(set_of "$base" "$version")
[ "$set" = "$(sets_of "$base" | head -n 1)" ] ||
	die "$version has set $set of $base, whose variants are edited by hand:" \
	    "refresh from a tree of the first set in series/$base/sets"
series=$top/series/$base
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

git -C "$patched" merge-base --is-ancestor "$start" "$head" ||
	die "$patched is not based on the stock tree"
[ -z "$(git -C "$patched" rev-list --merges "$start..$head")" ] ||
	die "$patched has merges: make the series linear"

blob()
{
	git -C "$patched" rev-parse -q --verify "$1:$2" 2>/dev/null
}

# bring_back PATH: make the repository's copy of a whole file what the tree
# has, unless it is the repository's copy that has moved on.
bring_back()
{
	"$lab/series/resolve.sh" "$base" "$1" > "$work/repository"
	git -C "$patched" show "$head:$1" > "$work/tree"
	! cmp -s "$work/repository" "$work/tree" || return 0
	new=$(blob "$head" "$1")
	old=$([ -n "$was" ] && blob "$was" "$1") || old=
	here=$(git hash-object "$work/repository")
	if [ "$new" = "$old" ] || git -C "$top" rev-list --objects HEAD -- "$1" |
	   grep -q "^$new "; then
		say "$1: the repository's copy is newer and stays"
		return 0
	fi
	if [ -n "$old" ] && [ "$here" != "$old" ]; then
		say "$1: changed here and in $patched: merge by hand"
		return 1
	fi
	if [ -z "$old" ] && [ -n "$(git -C "$top" status --porcelain "$1")" ]
	then
		say "$1: differs from $patched and is not committed here:" \
		    "commit it first"
		return 1
	fi
	# Carry the change over conditionals that it does not touch.
	cp "$top/$1" "$work/raw"
	diff -u "$work/repository" "$work/tree" |
		patch -s -f "$work/raw" >/dev/null 2>&1 || :
	cp "$top/$1" "$work/saved"
	cat "$work/raw" > "$top/$1"
	if "$lab/series/resolve.sh" "$base" "$1" 2>/dev/null |
	   cmp -s - "$work/tree"; then
		say "$1: brought back from the tree"
		return 0
	fi
	cat "$work/saved" > "$top/$1"
	say "$1: edit by hand, a conditional on EFI_PGD_BASE is in the way:"
	diff -u "$work/repository" "$work/tree" >&2 || :
	return 1
}

# The files an order line carried under a name, numbers not counted.
carried_before()
{
	[ ! -f "$series/order" ] ||
		sed -n "s/^[0-9]*-\($1\.patch\) + //p" "$series/order"
}

mkdir "$work/series"
echo "# The patches, in order. After a +: whole files from this repository." \
	> "$work/series/order"
number=0
status=0
all=
for commit in $(git -C "$patched" rev-list --reverse "$start..$head"); do
	number=$((number + 1))
	slug=$(git -C "$patched" log -1 --format=%f "$commit" | cut -c1-52)
	slug=${slug%.}
	name=$(printf '%04d-%s.patch' "$number" "$slug")
	plain_git -C "$patched" format-patch -1 --stdout --always \
		--zero-commit --no-signature --no-stat -N --no-renames \
		--abbrev=12 -U3 "$commit" > "$work/mail"
	files=
	mail "$work/mail"
	for path in $(lsdiff -s --strip=1 "$work/diff" | sed -n 's/^+ //p'); do
		if [ -e "$top/$path" ]; then
			files="$files $path"
		else
			say "$name adds $path, which is not in this repository:" \
			    "it stays in the patch as a diff"
		fi
	done
	# What was put into the order by hand and is in no tree yet stays.
	for path in $(carried_before "$slug"); do
		case " $files " in *" $path "*) continue ;; esac
		if [ -e "$top/$path" ] && ! blob "$head" "$path" >/dev/null &&
		   ! blob "${was:-none}" "$path" >/dev/null; then
			files="$files $path"
		fi
	done
	for path in $files; do
		! blob "$head" "$path" >/dev/null ||
			bring_back "$path" || status=1
	done
	{
		mail_head PATCH "$(field Subject)"
		echo
		cat "$work/message"
		echo ---
		# shellcheck disable=SC2086 # a list of files
		filterdiff -p1 ${files:+$(printf -- ' -x %s' $files)} "$work/diff"
	} > "$work/series/$name"
	echo "$name${files:+ +$files}" >> "$work/series/order"
	all="$all $files"
done
[ "$number" -gt 0 ] || die "$patched has no commits on top of the stock tree"

mkdir -p "$series"
rm -f "$series"/*.patch
cp "$work/series"/* "$series/"
say "series/$base: $number patches from $patched"
[ "$status" -ne 0 ] || echo "$head" > "$applied"
exit "$status"
