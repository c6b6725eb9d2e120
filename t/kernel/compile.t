#!/bin/sh
# compile.t BASE VERSION [NAME...]: the patched tree builds in the configurations of
# lab/tables/configurations, or in those named, and what the series touches brings no
# warning that stock has not, with W=1 and under sparse.
set -eu
each=tree
. "${0%/*}/../tap.sh"

base=$1 version=$2
shift 2
only=" $* "
logs=$out/log/$base-$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Functions that "logged" runs in a condition: set -e does not hold there.

# What the series touches: C files, and the directories they are in.
patches_of "$base" "$(set_of "$base" "$version")" | while read -r patch; do
	lsdiff --strip=1 "$patch"
done | grep -E '^(arch/x86|drivers|init|mm|kernel)/' |
	grep -E '\.[cS]$' | grep -v -e ^arch/x86/boot/ | sort -u > "$work/files" || :
sed 's,/[^/]*$,/,' "$work/files" | sort -u > "$work/dirs"
[ -s "$work/files" ] || exit 0

# In CI, of directories where much is compiled and little was touched, only what was
# touched, if the kernel of the boots has it.
large='^(arch/x86/kernel|drivers/acpi|init|kernel|mm)/'
if [ "${CI-}" = true ]; then
	mv "$work/dirs" "$work/all"
	grep -v -E "$large" "$work/all" > "$work/dirs"
	grep -E "$large" "$work/files" | sed 's/[cS]$/o/' |
	while read -r object; do
		[ ! -e "$(build_dir "$base" "$version" patched)/$object" ] ||
			echo "$object"
	done >> "$work/dirs"
fi

# configure KIND NAME ARCH SYMBOL...: in build/matrix/NAME of that tree
configure()
{
	tree=$(tree_dir "$base" "$version" "$1") dir=build/matrix/$2 config=lab
	export KARCH="$3"
	shift 3
	if [ "${1-}" = allnoconfig ]; then
		config=$1
		shift
	fi
	"$lab/build/configure.sh" "$base" "$tree" "$dir" "$config" "$@"
}

compile()
{
	configure patched "$@" || return 1
	if [ "$how" = link ]; then
		"$lab/build/kbuild.sh" "$base" "$tree" "$dir" bzImage
	else
		"$lab/build/kbuild.sh" "$base" "$tree" "$dir" prepare || return 1
		# shellcheck disable=SC2013 # paths without spaces
		for target in $(cat "$work/dirs"); do
			case $target in
			arch/x86/platform/uv/)
				grep -q CONFIG_X86_UV=y "$tree/$dir/.config" ||
					continue ;;
			*/efi/*)
				grep -q CONFIG_EFI=y "$tree/$dir/.config" ||
					continue ;;
			drivers/acpi/prmt.o)
				grep -q CONFIG_ACPI_PRMT=y "$tree/$dir/.config" ||
					continue ;;
			esac
			"$lab/build/kbuild.sh" "$base" "$tree" "$dir" "$target" ||
				return 1
		done
	fi
}

grep -v -e '^#' -e '^[[:space:]]*$' "$lab/tables/configurations" |
while read -r name arch how symbols; do
	case $only in '  ' | *" $name "*) ;; *) continue ;; esac
	# Linking without EFI compiles most of a kernel anew: too long for CI.
	case ${CI-},$name in true,isolate-n) ;; true,*) how=dirs ;; esac
	[ "${MATRIX-}" != full ] || how='link'
	# Where two bases differ little, one of them has to do.
	if [ "${CI-}" = true ] && [ "$base" = v6.1 ]; then
		echo "ok - $base $version builds: $name # SKIP in CI, only for v6.12"
		continue
	fi
	# These are much like another.
	case ${CI-},$name in
	true,stub-n | true,debug-n | true,uv | true,x86-pae | true,distros)
		echo "ok - $base $version builds: $name # SKIP not in CI"
		continue ;;
	esac
	start=$(date +%s)
	# shellcheck disable=SC2086 # a list of symbols
	if logged "compiling $base $version $name" "$logs-matrix-$name.log" \
		compile "$name" "$arch" $symbols < /dev/null; then
		echo "ok - $base $version builds: $name ($how," \
			"$(($(date +%s) - start)) s)"
	else
		echo "not ok - $base $version builds: $name ($how)"
		grep -E 'error|Error|did not take|undefined' \
			"$logs-matrix-$name.log" | head -n 10 | sed 's/^/#   /'
	fi
done

# warnings KIND: of the files that the series touches, with every machine that
# they are for configured in; line numbers taken off, as patches move lines.
warnings()
{
	symbols=$(sed -n 's,^uv  *x86_64  *dirs  *,,p' "$lab/tables/configurations")
	# shellcheck disable=SC2086 # a list of symbols
	configure "$1" uv x86_64 $symbols || return 1
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir" prepare || return 1
	while read -r file; do
		[ -e "$tree/$file" ] || continue
		case $file in *_32.c) continue ;; esac
		target=${file%.[cS]}.o
		rm -f "$tree/$dir/$target"
		echo "$target" >> "$work/targets-$1"
	done < "$work/files"
	# shellcheck disable=SC2046 # paths without spaces
	QUIET=no "$lab/build/kbuild.sh" "$base" "$tree" "$dir" -k W=1 C=2 \
		CHECK=sparse $(cat "$work/targets-$1")
}

for kind in stock patched; do
	logged "W=1 and sparse, $base $version $kind" "$logs-w1-$kind.log" \
		warnings "$kind" || {
		echo "not ok - $base $version: W=1 and sparse, $kind compiles"
		exit 0
	}
	sed -n 's,^\(\.\./\)*\([a-z][^ :]*\.[chS]\):[0-9:]* *,\2: ,p' \
		"$logs-w1-$kind.log" | grep -E 'warning|error' |
		sort -u > "$work/$kind"
done
new=$(comm -13 "$work/stock" "$work/patched" |
	grep -F -f "$work/files" || :)
if [ -z "$new" ]; then
	echo "ok - $base $version: no new warnings with W=1 and under sparse" \
		"($(wc -l < "$work/files") files)"
else
	echo "not ok - $base $version: no new warnings with W=1 and under sparse"
	echo "$new" | sed 's/^/#   /'
fi
