#!/bin/sh
# cache-tree.sh BASE FROM: put a pristine kernel tree into the cache.
#
# FROM is a directory, a tarball, a git URL with an optional #branch-or-tag, or
# PACKAGE@SUITE, which is downloaded from Debian, linux-source-7.3@trixie-backports for one.
# What arrives is one commit in trees/BASE/VERSION/stock; the source itself is
# only read. Prints the version.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 from=$2
need_base "$base"

new=$cache/trees/$base/.new.$$
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM

# is_kernel DIR NAME
is_kernel()
{
	[ -f "$1/Makefile" ] && [ -f "$1/Kbuild" ] && [ -d "$1/arch/x86" ] &&
		[ -n "$(tree_version "$1")" ] ||
		die "$2 is not a kernel source tree: give the directory that" \
		    "holds the kernel's top Makefile"
}

# check DIR NAME: is this what the base can use?
check()
{
	is_kernel "$1" "$2"
	version=$(tree_version "$1")
	pattern=$(base_field "$base" versions)
	# shellcheck disable=SC2254 # a pattern is what is wanted
	case $version in
	$pattern) ;;
	*) die "$2 is Linux $version, base $base takes $pattern:" \
	       "give another tree or another BASE" ;;
	esac
	"$lab/series/has-series.sh" "$base" "$1" || die "$2 has the series for $base" \
		"applied already: give a tree without it"
}

# same DIR: is the cached tree of this version what DIR holds?
same()
{
	_stock=$(tree_dir "$base" "$version" stock)
	_index=$cache/trees/$base/.index.$$
	rm -f "$_index"
	_tree=$(GIT_INDEX_FILE=$_index git --git-dir="$_stock/.git" \
		--work-tree="$1" -c core.excludesFile=/dev/null add -A -f . >&2 &&
		GIT_INDEX_FILE=$_index git --git-dir="$_stock/.git" write-tree)
	rm -f "$_index"
	[ "$_tree" = "$(git -C "$_stock" rev-parse 'HEAD^{tree}')" ]
}

copy_git()
{
	git -C "$from" archive HEAD | tar -x -C "$new/stock"
}

copy_plain()
{
	tar -c -C "$from" --exclude-vcs . | tar -x -C "$new/stock"
}

unpack()
{
	tar -x -f "$from" -C "$new/stock" --strip-components=1
}

clone()
{
	_ref=
	case $from in
	*'#'*) _ref=${from##*#} ;;
	esac
	git clone --quiet --depth 1 ${_ref:+--branch "$_ref"} \
		"${from%%#*}" "$new/stock" &&
	rm -rf "$new/stock/.git"
}

commit()
{
	cd "$new/stock"
	git init -q -b base
	# Tidying up in the background would go on beside builds and boots.
	git config gc.auto 0
	echo /build/ >> .git/info/exclude
	git -c core.autocrlf=false add -A -f .
	git -c user.name=efi-pgd -c user.email=efi-pgd@localhost \
		-c commit.gpgsign=false commit -q -m "linux $version"
}

case $from in
linux-source-*@*) from=$("$lab/build/debian-source.sh" "${from%%@*}" "${from#*@}") || exit ;;
esac
if [ -d "$from" ]; then
	check "$from" "$from"
	if git -C "$from" rev-parse -q --verify HEAD >/dev/null 2>&1 &&
	   [ -z "$(git -C "$from" rev-parse --show-prefix)" ]; then
		[ -z "$(git -C "$from" status --porcelain -uno)" ] ||
			die "$from has uncommitted changes: commit, stash or" \
			    "drop them"
		copy=copy_git
	else
		[ ! -e "$from/.config" ] && [ ! -e "$from/include/generated" ] ||
			die "$from was built in: run 'make mrproper' there"
		copy=copy_plain
	fi
elif [ -f "$from" ]; then
	copy=unpack
else
	case $from in
	*://*|*@*:*) copy=clone ;;
	*) die "$from does not exist: FROM is a directory, a tarball, a git" \
	       "URL or linux-source-VERSION@SUITE" ;;
	esac
fi

need_space "$cache" 6
mkdir -p "$new/stock"
log=$out/log/$base-tree.log
case $copy in
clone)	logged "cloning $from" "$log" clone ||
		die "cannot clone $from: see $log" ;;
unpack)	logged "unpacking $from" "$log" unpack ||
		die "cannot unpack $from: see $log" ;;
*)	logged "copying $from" "$log" $copy ;;
esac
[ "$copy" != unpack ] && [ "$copy" != clone ] || check "$new/stock" "$from"

if [ -e "$(tree_dir "$base" "$version" stock)/.git" ]; then
	same "$new/stock" || die "another $version is cached in" \
		"$cache/trees/$base/$version: remove that directory first"
else
	logged "recording Linux $version in git" "$log" commit
	mkdir -p "$cache/trees/$base/$version"
	mv "$new/stock" "$(tree_dir "$base" "$version" stock)"
fi
echo "$version"
