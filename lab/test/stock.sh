#!/bin/sh
# stock.sh BASE VERSION: the stock kernel, booted the same way, must fail where
# the series claims to change something: a test that the tests can fail.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
where="$base $version stock"
"$lab/figures.sh" "$base" "$version" stock
console=$out/boot/$base-$version/run-stock.console

if [ "$base" = v4.4 ]; then
	if grep -q 'Checked W+X mappings: FAILED' "$console"; then
		echo "ok - $where: DEBUG_WX fails as expected"
	else
		echo "not ok - $where: DEBUG_WX fails as expected"
	fi
else
	if grep -q 'Checked W+X mappings' "$console" &&
	   ! grep -q 'Checked W+X mappings of EFI' "$console"; then
		echo "ok - $where: DEBUG_WX does not look at EFI's tables"
	else
		echo "not ok - $where: DEBUG_WX does not look at EFI's tables"
	fi
fi

if grep -q '^LAB: not ok selftest' "$console"; then
	echo "ok - $where: the selftest fails as expected"
else
	echo "not ok - $where: the selftest fails as expected"
fi
