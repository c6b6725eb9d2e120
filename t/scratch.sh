# shellcheck shell=sh
# For tests: a small kernel tree, a copy of this repository, KTAP.
# Sourced, with $lab set to lab/.

# shellcheck disable=SC2154 # set by those who source this
here=$(cd "$lab/.." && pwd)
scratch=$(mktemp -d)
cleanup()
{
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# A cache, an output directory and a repository that a test may do anything to.
export EFI_PGD_CACHE="$scratch/cache" EFI_PGD_OUT="$scratch/out"
export EFI_PGD_FREE_GIB=100
mkdir "$EFI_PGD_CACHE" "$EFI_PGD_OUT"
export GIT_AUTHOR_NAME=Test GIT_AUTHOR_EMAIL=test@example.org
export GIT_COMMITTER_NAME=Test GIT_COMMITTER_EMAIL=test@example.org

# copy_repository: sets $repo; no patches, no series.
copy_repository()
{
	repo=$scratch/repo
	mkdir -p "$repo"
	cp -R "$here/lab" "$here/Makefile" "$repo/"
	git -C "$repo" init -q -b main
	git -C "$repo" add .
	git -C "$repo" commit -q -m start
}

# small_tree DIR VERSION.PATCHLEVEL.SUBLEVEL: what passes for a kernel.
small_tree()
{
	mkdir -p "$1/arch/x86/mm" "$1/arch/x86/platform/efi"
	echo "$2" | awk -F. '{ printf "VERSION = %s\nPATCHLEVEL = %s\n" \
		"SUBLEVEL = %s\nEXTRAVERSION =\n", $1, $2, $3 }' > "$1/Makefile"
	: > "$1/Kbuild"
	seq 1 30 > "$1/arch/x86/mm/init.c"
	seq 101 130 > "$1/arch/x86/platform/efi/efi.c"
	git -C "$1" init -q -b master
	git -C "$1" add .
	git -C "$1" commit -q -m "linux $2"
}

result()
{
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		[ ! -s "${3-}" ] || sed 's/^/# /' "$3"
	fi
}
