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

row="lab gcc lab"
if [ -n "$variant" ]; then
	grep -q "^${variant}[[:space:]]" "$lab/tables/kernels" ||
		[ -e "$lab/tables/config/$variant.config" ] ||
		die "no kernel '$variant' in lab/tables/kernels or lab/tables/config"
	row=$(kernel_row "$variant" | awk '{ $2 = ""; print }')
fi
# shellcheck disable=SC2086 # a list of words
set -- $row
export COMPILER="$2"
shift 2
[ "$1" != own ] || [ -r "${CONFIG-}" ] ||
	die "no configuration '${CONFIG-}': CONFIG= names the file"

# The Kconfig files of the tree count too: the series may add symbols.
config_id=$({
	echo "$* $COMPILER"
	cat "$lab"/tables/config/*.config
	[ "$1" != own ] || cat "$CONFIG"
	git -C "$tree" ls-files -s '*Kconfig*'
} | sha256sum)
if [ "$config_id" != "$(cat "$build/.lab-config" 2>/dev/null)" ]; then
	logged "configuring $name" "$log-config.log" \
		"$lab/build/configure.sh" "$base" "$tree" "$dir" "$@"
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
