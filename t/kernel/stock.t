#!/bin/sh
# stock.t BASE VERSION: the stock kernel, booted the same way, must fail where
# the series claims to change something: a test that the tests can fail.
set -eu
each=tree
. "${0%/*}/../tap.sh"

base=$1 version=$2
where="$base $version stock"
"$lab/measure/figures.sh" "$base" "$version" stock
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

# Of the selftest, these fail, and no others.
case $base in
v4.4)	must_fail='kernel_no_efi_virtual kernel_no_efi_direct kernel_no_wx efi_no_wx
		efi_permissions efi_no_leftovers runtime_services' ;;
*)	must_fail='efi_no_wx efi_permissions' ;;
esac
# shellcheck disable=SC2086 # a list of names
printf '%s\n' $must_fail | sort > "$console.must"
sed -n 's/^  not ok [0-9]* //p' "$console.ktap" | sort > "$console.failed"
if cmp -s "$console.must" "$console.failed"; then
	echo "ok - $where: the selftest fails where it has to"
else
	echo "not ok - $where: the selftest fails where it has to"
	diff "$console.must" "$console.failed" | sed 's/^/#   /'
fi

# U-Boot's SetVirtualAddressMap() ends the stock kernel, and nothing else of U-Boot.
# That of Debian 12 does not start a v4.4 kernel, see the README.
if [ "$base" != v4.4 ]; then
	console=$out/boot/$base-$version/u-boot-stock.console
	"$lab/boot/boot.sh" --firmware u-boot --steps boot --append no_timer_check \
		"$(build_dir "$base" "$version" stock)/arch/x86/boot/bzImage" \
		"$out/guest/$base-$version-stock.gz" "$console" \
		< /dev/null || :
	sed -n '/BUG: unable to handle page fault for address/,/end trace/p' \
		"$console" > "$console.oops"
	if grep -q ' efi_set_virtual_address_map+' "$console.oops" &&
	   grep -q 'Kernel panic - not syncing: Attempted to kill the idle task' \
		"$console" && ! grep -q '^# step' "$console.ktap"; then
		echo "ok - $where: panics on U-Boot in SetVirtualAddressMap()"
	else
		echo "not ok - $where: panics on U-Boot in SetVirtualAddressMap()"
		tail -n 20 "$console" | sed 's/^/#   /'
	fi
fi
