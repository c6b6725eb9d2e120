#!/bin/sh
# firmwares.sh BASE VERSION [FIRMWARE...]: on each firmware of the matrix in
# lab/tables/firmwares, or only on those named, the boots of lab/tables/boots that are meant for
# x64, and firmware that misbehaves. With "share" for the names, one boot on each,
# with suspend in it, as firmware has a part in that: what "make test" does. ONLY,
# from the environment, is boots or misbehaviour: only these.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2 share=no
shift 2
export VERSION="$version"
if [ "${1-}" = share ]; then
	share=yes
	shift
fi
matrix=$(for firmware in $(firmwares); do
	[ "$(firmware_field "$firmware" matrix)" != yes ] || echo "$firmware"
done)
for firmware; do
	[ -n "$(firmware_field "$firmware" bits)" ] ||
		die "no firmware '$firmware'; in the matrix are:" \
		    "$(echo "$matrix" | tr '\n' ' ')"
done
[ $# -gt 0 ] || {
	# shellcheck disable=SC2086 # a list of names
	set -- $matrix
}

# unsigned FIRMWARE: what it must verify, and is not signed, it does not start: a
# test that "signed" in the others means something.
unsigned()
{
	console=$out/boot/$base-$version-$1/unsigned.console
	start=$out/guest/$base-$version-patched.gz
	rc=0
	"$lab/boot/boot.sh" --unsigned --firmware "$1" --steps boot \
		"$(build_dir "$base" "$version" patched)/arch/x86/boot/bzImage" \
		"$start" "$console" < /dev/null || rc=$?
	if grep -q 'BdsDxe: failed to load .*Access Denied' "$console" &&
	   ! grep -q '^# step' "$console.ktap"; then
		echo "ok - $base $version $1 unsigned: access denied"
	else
		echo "not ok - $base $version $1 unsigned: access denied" \
			"(boot.sh $rc, see $console)"
	fi
}

for firmware; do
	if [ "$share" = yes ]; then
		ON=$firmware "$lab/measure/boots.sh" "$base" "$version" pti
		continue
	fi
	case ${ONLY-},$(firmware_field "$firmware" secure) in
	misbehaviour,*) ;;
	*,off | *,on) ON=$firmware "$lab/measure/boots.sh" "$base" "$version" ;;
	*)	ON=$firmware "$lab/measure/boots.sh" "$base" "$version"
		unsigned "$firmware" ;;
	esac
	[ "${ONLY-}" != boots ] || continue
	if ! isolates "$base" "$version"; then
		echo "ok - $base $version $firmware misbehaviour # SKIP nothing" \
			"is isolated in this base"
	elif [ "$(firmware_field "$firmware" bits)" != 64 ]; then
		echo "ok - $base $version $firmware misbehaviour # SKIP in mixed" \
			"mode nothing is isolated, and firmware does what it" \
			"does to the stock kernel"
	else
		FIRMWARE=$firmware BUILD=no "$lab/measure/misbehave.sh" "$base" patched ||
			[ $? -eq 1 ]
	fi
done
