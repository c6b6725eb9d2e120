#!/bin/sh
# debian-source.sh PACKAGE SUITE: the sources of a kernel that another release of Debian
# has, into the cache. apt gets a list of sources and a state of its own, so nothing of
# the system's changes. Prints the name of the tarball.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

package=$1 suite=$2
apt=$cache/apt/$suite
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

command -v apt-get >/dev/null ||
	die "no apt-get: get $package of Debian's $suite, and give the directory"
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/unpacked"
echo "deb [signed-by=$keyring] http://deb.debian.org/debian $suite main" \
	> "$apt/sources.list"

of_suite()
{
	apt-get -o Dir::Etc::sourcelist="$apt/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::State::lists="$apt/lists" \
		-o Dir::Cache="$apt" -o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until=false "$@"
}

fetch()
{
	of_suite update && cd "$apt/archives" && of_suite download "$package"
}

logged "downloading $package of $suite" "$out/log/$package-download.log" fetch ||
	die "cannot get $package of $suite: see $out/log/$package-download.log"
deb=$(find "$apt/archives" -name "${package}_*.deb" | sort -V | tail -n 1)
[ -n "$deb" ] || die "$suite has no $package: see $out/log/$package-download.log"
dpkg-deb -x "$deb" "$apt/unpacked"
echo "$apt/unpacked/usr/src/$package.tar.xz"
