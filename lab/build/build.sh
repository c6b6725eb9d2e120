#!/bin/sh
# build.sh BASE VERSION KIND [VARIANT]: build the stock or patched kernel of a
# tree, and the test modules for it. Which series is in a patched kernel is in
# .lab-series in the build directory. A variant is one of lab/tables/kernels, or else has
# lab/tables/config/VARIANT.config on top; it has a build directory of its own,
# build-VARIANT, and no modules.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2 kind=$3 variant=${4-}
tree=$(tree_dir "$base" "$version" "$kind")
dir=build${variant:+-$variant}
build=$tree/$dir
name="$base $version $kind${variant:+ $variant}"
log=$out/log/$base-$version-$kind${variant:+-$variant}

need_space "$cache" 6
mkdir -p "$out/log"
lock "$cache/trees/$base/$version/lock-$kind${variant:+-$variant}"

config=lab on_top=''
if [ -n "$variant" ]; then
	grep -q "^${variant}[[:space:]]" "$lab/tables/kernels" ||
		[ -e "$lab/tables/config/$variant.config" ] ||
		die "no kernel '$variant' in lab/tables/kernels or lab/tables/config"
	row=$(kernel_row "$variant")
	config=$(echo "$row" | awk '{ print $4 }')
	on_top=$(echo "$row" | awk '{ for (i = 5; i <= NF; i++) print $i }')
	COMPILER=$(echo "$row" | awk '{ print $3 }')
	export COMPILER
fi
own=${CONFIG-}
[ "$config" != own ] || [ -r "$own" ] ||
	die "no configuration '$own': CONFIG= names the file"

symbols()
{
	case $config in
	lab)	cat "$lab/tables/config/common.config" "$lab/tables/config/$base.config" ;;
	own)	sed 's/^\(CONFIG_.*\)=m$/# \1 is not set/' "$own"
		# Its recordmcount does not know the objects of today's assembler.
		[ "$base" != v4.4 ] ||
			printf "CONFIG_%s=n\n" FUNCTION_TRACER STACK_TRACER ;;
	esac
	for symbol in $on_top; do
		case $symbol in
		*.config) cat "$lab/tables/config/$symbol" ;;
		*) echo "CONFIG_$symbol" | tr -d '?' ;;
		esac
	done
}

# did_not_take: the symbols of lab/tables/kernels that the configuration is without.
did_not_take()
{
	for symbol in $on_top; do
		case $symbol in
		*.config | *'?'*) ;;
		*=n)	! grep -q "^CONFIG_${symbol%=n}=" "$build/.config" ;;
		*)	grep -q -x "CONFIG_$symbol" "$build/.config" ;;
		esac || echo "$symbol"
	done
}

# The configuration is made aside, and put in place only if it is another one:
# a new date on .config alone would have half the kernel built again.
configure()
{
	case $config in
	lab)	"$lab/build/kbuild.sh" "$base" "$tree" "$dir/conf" tinyconfig ;;
	own)	mkdir -p "$build/conf"
		: > "$build/conf/.config" ;;
	*)	"$lab/build/kbuild.sh" "$base" "$tree" "$dir/conf" "$config" ;;
	esac
	symbols >> "$build/conf/.config"
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir/conf" olddefconfig
	if ! cmp -s "$build/conf/.config" "$build/.config"; then
		cp "$build/conf/.config" "$build/.config"
		"$lab/build/kbuild.sh" "$base" "$tree" "$dir" olddefconfig
	fi
}

# The Kconfig files of the tree count too: the series may add symbols.
config_id=$({
	symbols
	[ -z "$variant" ] || echo "$config $COMPILER"
	git -C "$tree" ls-files -s '*Kconfig*'
} | sha256sum)
if [ "$config_id" != "$(cat "$build/.lab-config" 2>/dev/null)" ]; then
	logged "configuring $name" "$log-config.log" configure
	lost=$(did_not_take | tr '\n' ' ')
	[ -z "$lost" ] || die "$name: not in its configuration: $lost(lab/tables/kernels)"
	echo "$config_id" > "$build/.lab-config"
fi

# Before, and not after: what changes meanwhile may not be in it.
series=
[ "$kind" != patched ] || series=$("$lab/series/series-id.sh" "$base" "$version")
logged "building $name" "$log-build.log" \
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir" bzImage
[ -z "$series" ] || echo "$series" > "$build/.lab-series"
[ -z "$variant" ] || exit 0

# In a copy: kbuild leaves its objects beside the source.
build_modules()
{
	mkdir -p "$build/lab"
	for src in "$lab"/guest/modules/* "$lab/firmware/commands.h"; do
		cmp -s "$src" "$build/lab/${src##*/}" || cp "$src" "$build/lab/"
	done
	"$lab/build/kbuild.sh" "$base" "$tree" build modules_prepare
	# All that the modules need is exported; modpost of the whole kernel
	# would only be needed for symbol versions.
	KBUILD_MODPOST_WARN=1 "$lab/build/kbuild.sh" "$base" "$tree" build \
		M="$build/lab" modules
}

logged "building the test modules for $name" "$log-modules.log" build_modules
