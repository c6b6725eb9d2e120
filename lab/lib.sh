# shellcheck shell=sh
# What every lab script needs: messages, the table of bases, the cache.
# Sourced, with $lab set to the directory of the scripts.

# shellcheck disable=SC2034,SC2154 # used by, and set by, those who source this
top=$(cd "$lab/.." && pwd)
cache=${EFI_PGD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/efi-pgd}
# shellcheck disable=SC2034
out=${EFI_PGD_OUT:-$top/out}
# Not all that is told of them has the same working directory.
case $cache in /*) ;; *) cache=$PWD/$cache; export EFI_PGD_CACHE="$cache" ;; esac
case $out in /*) ;; *) out=$PWD/$out; export EFI_PGD_OUT="$out" ;; esac

say()
{
	echo "$*" >&2
}

# Bad input: one line that names the remedy, and nothing changed.
die()
{
	say "efi-pgd: $*"
	exit 2
}

# base_field BASE COLUMN: number, versions or package.
base_field()
{
	awk -v base="$1" -v want="$2" '
		BEGIN { col["number"] = 2; col["versions"] = 3
			col["package"] = 4 }
		$1 == base { print $col[want] }' "$lab/tables/bases"
}

bases()
{
	awk '!/^#/ && NF { print $1 }' "$lab/tables/bases"
}

need_base()
{
	[ -n "$(base_field "$1" number)" ] ||
		die "no base '$1': BASE is one of $(bases | tr '\n' ' ')"
}

# newest BASE [WHICH]: the version to work on. There must be such a base, and a tree.
newest()
{
	_versions=$("$lab/build/have-trees.sh" "$1" "${2-}") || exit
	echo "$_versions" | tail -n 1
}

# kernel_row NAME: its line of lab/tables/kernels, or one made up for what has a file in
# lab/tables/config alone.
kernel_row()
{
	awk -v name="$1" '$1 == name { print; found = 1; exit }
		END { if (!found) print name, "all gcc lab", name ".config" }' \
		"$lab/tables/kernels"
}

# firmware_field NAME COLUMN: matrix, bits, secure, machine, display, code or store.
firmware_field()
{
	awk -v name="$1" -v want="$2" '
		BEGIN { split("name matrix bits secure machine display code " \
			"store", names, " ")
			for (i in names) if (names[i] == want) col = i }
		$1 == name { print $col }' "$lab/tables/firmwares"
}

firmwares()
{
	awk '!/^#/ && NF { print $1 }' "$lab/tables/firmwares"
}

# One expression for all of lab/tables/complaints
complaints()
{
	sed '/^#/d' "$lab/tables/complaints" | paste -s -d '|'
}

# The sets of a base, for it has several where one does not fit all its releases.
# Each has the name of the release it is made for; the first is series/BASE itself.
sets_of()
{
	[ ! -f "$top/series/$1/sets" ] ||
		awk '!/^#/ && NF { print $1 }' "$top/series/$1/sets"
}

# without_of BASE SET: the patches of the series that the set has not.
without_of()
{
	[ ! -f "$top/series/$1/sets" ] || awk -v set="$2" '$1 == set {
		for (i = 2; i <= NF; i++) print $i }' "$top/series/$1/sets"
}

# set_of BASE VERSION: the set that prepare.sh found to fit the tree. The first
# one where it has not looked yet; nothing where the base has no sets.
set_of()
{
	_set=$(cat "$cache/trees/$1/$2/set" 2>/dev/null || :)
	sets_of "$1" | awk -v set="$_set" 'NR == 1 { first = $0 }
		$0 == set { found = 1 }
		END { if (NR) print found ? set : first }'
}

# patches_of BASE [SET]: the patches, in order; empty where there is no series
# yet. Without SET: those of all sets.
patches_of()
{
	find "$top/patches/$1${2:+/$2}" -name '[0-9]*.patch' 2>/dev/null | sort
}

# VERSION.PATCHLEVEL.SUBLEVEL of the kernel tree in a directory.
tree_version()
{
	awk '/^VERSION =/ { v = $3 } /^PATCHLEVEL =/ { p = $3 }
		/^SUBLEVEL =/ { print v "." p "." $3; exit }' "$1/Makefile"
}

# The versions of a base that are in the cache, oldest first.
versions_of()
{
	for tree in "$cache/trees/$1"/*/stock/.git; do
		[ -e "$tree" ] || continue
		tree=${tree%/stock/.git}
		echo "${tree##*/}"
	done | sort -V
}

tree_dir()
{
	echo "$cache/trees/$1/$2/$3"
}

# Does the patched tree run firmware isolated?
isolates()
{
	[ -e "$(tree_dir "$1" "$2" patched)/arch/x86/platform/efi/gate.c" ]
}

build_dir()
{
	echo "$cache/trees/$1/$2/$3/build"
}

# git without the user's settings: for output that must be the same everywhere.
plain_git()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git "$@"
}

# lock FILE: from here to the end of the script, the only one that has it.
lock()
{
	exec 9>"$1"
	flock -n 9 || {
		say "waiting for another run that has $1"
		flock 9
	}
}

# kill_tree PID: in the background, nothing hears of ^C.
kill_tree()
{
	_children=$(cat /proc/[0-9]*/stat 2>/dev/null |
		sed -n "s/^\([0-9]*\) (.*) [A-Z] $1 .*/\1/p")
	kill "$1" 2>/dev/null || :
	for _child in $_children; do
		kill_tree "$_child"
	done
}

# logged "doing what" LOG COMMAND...: say what is going on and for how long,
# keep the output in LOG, show its end when the command fails.
logged()
{
	_what=$1 _log=$2
	shift 2
	mkdir -p "${_log%/*}"
	say "$_what (log: $_log)"
	_start=$(date +%s)
	"$@" >"$_log" 2>&1 &
	_pid=$!
	trap 'kill_tree "$_pid"; exit 130' INT TERM
	_seen=0
	while kill -0 "$_pid" 2>/dev/null; do
		sleep 0.2
		_now=$(($(date +%s) - _start))
		[ "$((_now / 30))" -gt "$_seen" ] || continue
		_seen=$((_now / 30))
		say "  ... $_what: $_now s"
	done
	_rc=0
	wait "$_pid" || _rc=$?
	trap 'exit 130' INT TERM
	_now=$(($(date +%s) - _start))
	if [ "$_rc" -eq 0 ]; then
		[ "$_now" -lt 3 ] || say "  done: $_what, $_now s"
		return 0
	fi
	say "  failed: $_what, $_now s; the end of $_log:"
	tail -n "${LOG_TAIL:-15}" "$_log" >&2
	return "$_rc"
}

# need_space DIR GIB
need_space()
{
	_dir=$1
	while [ ! -d "$_dir" ]; do _dir=$(dirname "$_dir"); done
	_free=$(df -Pk "$_dir" | awk 'NR == 2 { print int($4 / 1048576) }')
	[ "${EFI_PGD_FREE_GIB:-$_free}" -ge "$2" ] ||
		die "${EFI_PGD_FREE_GIB:-$_free} GiB free in $_dir, $2 needed:" \
		    "make room, or point EFI_PGD_CACHE elsewhere"
}
