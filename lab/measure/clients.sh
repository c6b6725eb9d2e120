#!/bin/sh
# clients.sh BASE [WHICH]: programs of Debian 12 that use EFI, and the kernel's
# own selftest, on the stock and on the patched small kernel, side by side. Exit
# status 1 when the patched one does worse anywhere.
#
# The kernels have lab/tables/config/clients.config on top, and are booted without
# systemd. The guest is the one of image.sh; what it does is in debian/guest.
# The result goes to out/clients/BASE-VERSION/result, too.
#
# From the environment:
#	FIRMWARE  one of lab/tables/firmwares that starts what is not signed
#	PREPARE   no: take the patched tree as it is, with uncommitted work
#	BUILD     no: take the kernels as they are, too
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
version=$(newest "$base" "${2-}")
dir=$out/clients/$base-$version${FIRMWARE:+-$FIRMWARE}

[ "${PREPARE-}" = no ] || [ "${BUILD-}" = no ] ||
	"$lab/build/prepare.sh" "$base" "$version"
series=$(tree_dir "$base" "$version" patched)/build-clients/.lab-series
if [ "${BUILD-}" != no ]; then
	"$lab/build/build.sh" "$base" "$version" stock clients
	"$lab/build/build.sh" "$base" "$version" patched clients
fi
# The kernel in the image is not the one that is booted: any will do.
case $base in
v6.*)	image=$("$lab/debian/image.sh" "$base") ;;
*)	image=$("$lab/debian/image.sh" v6.1) ;;
esac
AGAIN=$dir/again CRASH=$(date +%s)
export AGAIN CRASH
rm -rf "$dir"
mkdir -p "$dir"
: > "$AGAIN"
echo "make clients BASE=$base${FIRMWARE:+ FIRMWARE=$FIRMWARE}: NOT COMPLETE, it has not come to its end" \
	> "$dir/result"

# boot KIND STEPS: the second disk for these steps, and what the guest reports.
boot()
{
	"$lab/debian/pack.sh" "$(tree_dir "$base" "$version" "$1")" \
		"$dir/disk2" "$2"
	_log=$dir/$1-${2%% *}
	rc=0
	"$lab/debian/boot-again.sh" "$(tree_dir "$base" "$version" \
		"$1")/build-clients/arch/x86/boot/bzImage" "$_log.console" \
		--disk "$image/disk" --disk2 "$dir/disk2" \
		--vars "$dir/$1.vars" --firmware "${FIRMWARE:-x64}" --cpus 2 \
		--deadline 1500 --append \
		"root=/dev/vda2 rw init=/usr/local/sbin/lab-start" || rc=$?
	case $2 in
	*crash)	last='^# step crash' ;;
	*)	last='^# done' ;;
	esac
	if [ "$rc" -eq 0 ] && grep -q -a "$last" "$_log.console.ktap"; then return; fi
	tail -n 20 "$_log.console" | sed 's/^/  /' >&2
	die "$base $version $1 does not get to the end of '$2': see $_log.console"
}

for kind in stock patched; do
	say "clients on $base $version $kind"
	_start=$(date +%s)
	boot "$kind" "clients fwts trouble crash"
	boot "$kind" "pstore trouble"
	say "  done: clients on $kind, $(($(date +%s) - _start)) s"
	cat "$dir/$kind-clients.console.ktap" "$dir/$kind-pstore.console.ktap" |
		tr -d '\r' | grep -a '^=' > "$dir/$kind.results" || :
done

{
	echo "make clients${FIRMWARE:+ FIRMWARE=$FIRMWARE}: Debian's programs on the" \
		"lab's small kernel"
	"$lab/measure/result-head.sh" "$base" "$version" "$(cat "$series")" \
		"$image/versions" ovmf qemu-system-x86
	echo
	cat "$AGAIN"
} > "$dir/result"
rc=0 old=''
[ "$base" != v4.4 ] || old=yes
awk -v old="$old" -f "$lab/measure/clients.awk" "$dir/stock.results" \
	"$dir/patched.results" >> "$dir/result" || rc=1
# Not a client's: without it, stock is compared with stock.
if ! grep -q -h 'efi: runtime services are isolated' \
	"$dir/patched-clients.console" &&
   isolates "$base" "$version"; then
	echo "not ok: the patched kernel does not isolate" >> "$dir/result"
	rc=1
fi
cat "$dir/result"
exit "$rc"
