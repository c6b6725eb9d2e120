#!/bin/sh
# deb.sh BASE [WHICH]: the patched kernel with Debian's own configuration for
# amd64, as .deb packages made by the kernel's bindeb-pkg.
#
# The configuration is that of the package linux-config-*, which belongs to the
# linux-source-* the tree is from. lab/tables/config/deb.modules has the modules that are
# kept, lab/tables/config/deb.config what else is changed. The packages are left in
# out/deb/BASE-VERSION; that directory is printed.
#
# From the environment:
#	PREPARE   no: take the patched tree as it is, with uncommitted work
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
need_base "$base"
package=$(base_field "$base" package)
[ "$package" != - ] ||
	die "Debian 12 has no kernel of $base: BASE is v6.1 or v6.12"
given=/usr/src/linux-config-${base#v}/config.amd64_none_amd64.xz
[ -e "$given" ] ||
	die "no $given: run 'make deb', which installs linux-config-${base#v}"
version=$(newest "$base" "${2-}")
[ "${PREPARE-}" = no ] || "$lab/build/prepare.sh" "$base" "$version"
name="$base $version patched with Debian's configuration"
tree=$(tree_dir "$base" "$version" patched)
# bindeb-pkg leaves the packages beside the build directory.
dir="build-deb/build"
build=$tree/$dir
debs=$out/deb/$base-$version
log=$out/log/$base-$version-deb

need_space "$cache" 10
lock "$cache/trees/$base/$version/lock-deb"
mkdir -p "$build/conf" "$out/log"
echo '*' > "$tree/build-deb/.gitignore"

# The version of the packages: the build must not get another one each time.
export KBUILD_BUILD_VERSION=1 KDEB_PKGVERSION="$version-1"
export KDEB_CHANGELOG_DIST=bookworm DEBEMAIL=lab@localhost DEBFULLNAME=lab
# Kbuild has looked for what it needs; the names of Debian's packages for it
# differ between kernel versions.
export DPKG_FLAGS=-d
# Else the tree, which is no release of Linux, adds a "+".
export LOCALVERSION=

# As in build.sh, made aside and put in place only if it is another one.
configure()
{
	{
		xz -dc "$given"
		cat "$lab/tables/config/deb.config"
	} > "$build/conf/.config"
	sed '/^#/d' "$lab/tables/config/deb.modules" > "$build/conf/lsmod"
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir/conf" olddefconfig
	# It asks for what is new in the series, and takes the default.
	yes '' | "$lab/build/kbuild.sh" "$base" "$tree" "$dir/conf" \
		LSMOD="$build/conf/lsmod" localmodconfig
	# EFI_TEST is not among the modules of any running kernel.
	cat "$lab/tables/config/deb.config" >> "$build/conf/.config"
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir/conf" olddefconfig
	cmp -s "$build/conf/.config" "$build/.config" ||
		cp "$build/conf/.config" "$build/.config"
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir" olddefconfig
}

# lost FILE: the settings of FILE that the configuration has not.
lost()
{
	grep '^CONFIG_' "$1" | while read -r line; do
		grep -q -x -F -e "$line" "$build/.config" || echo "$line"
	done
}

build()
{
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir" bzImage modules
}

pack()
{
	rm -f "$tree"/build-deb/linux-*
	"$lab/build/kbuild.sh" "$base" "$tree" "$dir" bindeb-pkg
}

config_id=$({
	cat "$given" "$lab/tables/config/deb.config" "$lab/tables/config/deb.modules"
	git -C "$tree" ls-files -s '*Kconfig*'
} | sha256sum)
if [ "$config_id" != "$(cat "$build/.lab-config" 2>/dev/null)" ]; then
	logged "configuring $name" "$log-config.log" configure
	left=$(lost "$lab/tables/config/deb.config")
	[ -z "$left" ] || die "not in the configuration of $name: $left"
	# Options of modules that are left out go with them.
	xz -dc "$given" | grep '=y$' > "$build/conf/builtin"
	lost "$build/conf/builtin" > "$build/conf/lost"
	say "  $(grep -c '=y$' "$build/.config") built in," \
		"$(grep -c '=m$' "$build/.config") modules; of what Debian" \
		"has built in, $(wc -l < "$build/conf/lost") are not:" \
		"see $build/conf/lost"
	echo "$config_id" > "$build/.lab-config"
fi

# Before, and not after: what changes meanwhile may not be in it.
series=$("$lab/series/series-id.sh" "$base" "$version")
logged "building $name" "$log-build.log" build
logged "packing $name" "$log-pack.log" pack
rm -rf "$debs"
mkdir -p "$debs"
cp "$tree"/build-deb/linux-image-*.deb "$debs"
echo "$series" > "$debs/series"
say "$(cd "$debs" && ls -s -h -- *.deb)"
echo "$debs"
