#!/bin/sh
# distro.sh BASE [WHICH]: the patched kernel as a distribution has it, all the way:
# Debian's configuration, made into packages (deb.sh), installed with dpkg in a
# Debian guest (image.sh), booted by firmware, shim and GRUB to a login prompt
# under systemd, used by the clients of clients.sh, crashed, removed again.
#
# Six boots with one disk and one variable store; in the guest, debian/guest does
# what is listed below for each. Prints the result, a line a check and the sums, kept
# in out/distro/BASE-VERSION/result. Exit status 1 if a check fails.
#
# From the environment:
#	PREPARE   no: take the patched tree as it is, with uncommitted work
#	BUILD     no: take the packages in out/deb as they are, too
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
version=$(newest "$base" "${2-}")
dir=$out/distro/$base-$version
debs=$out/deb/$base-$version
[ "${BUILD-}" = no ] || "$lab/build/deb.sh" "$base" "$version" > /dev/null
image=$("$lab/debian/image.sh" "$base")
patched=$(basename "$debs"/linux-image-*.deb)
[ -e "$debs/$patched" ] || die "no packages in $debs: run 'make deb BASE=$base'"
patched=${patched#linux-image-}
patched=${patched%%_*}
stock=$(sed -n 's/^linux-image-\([0-9]*\.[0-9]*\.[0-9].*-amd64\) .*/\1/p' \
	"$image/versions")

rm -rf "$dir"
mkdir -p "$dir"
: > "$dir/again"
echo "make distro BASE=$base: NOT COMPLETE, it has not come to its end" \
	> "$dir/result"
cp --sparse=always "$image/disk" "$dir/disk"
echo "$patched" > "$dir/installed"
mkdir "$dir/debs"
cp "$debs"/*.deb "$dir/debs"
AGAIN=$dir/again CRASH=$(date +%s)
export AGAIN CRASH

# boot NAME RELEASE STEPS [FILE...]: the results, and whether there is a login
# prompt, in NAME.results.
boot()
{
	_name=$1 _log=$dir/$1 _steps=$3
	echo "$2" > "$dir/release"
	shift 3
	"$lab/debian/pack.sh" "$(tree_dir "$base" "$version" patched)" \
		"$dir/disk2" "$_steps" "$dir/installed" "$dir/release" "$@"
	say "booting Debian: $_name ($_steps)"
	_start=$(date +%s)
	_rc=0
	"$lab/debian/boot-again.sh" - "$_log.console" \
		--disk "$dir/disk" --keep-disk --disk2 "$dir/disk2" \
		--vars "$dir/vars" --cpus 2 --memory 2048 --deadline 2400 || _rc=$?
	say "  done: $_name, $(($(date +%s) - _start)) s"
	tr -d '\r' < "$_log.console.ktap" | grep -a '^=' > "$_log.results" || :
	{
		verdict boot "login prompt" grep -q '^lab login: ' \
			"$_log.console"
		case $_steps in
		*crash)	verdict kernel "panics on request" \
				grep -q 'Kernel panic .*sysrq' "$_log.console" ;;
		*)	verdict boot "all steps done, system reboots" \
				ended "$_rc" ;;
		esac
	} >> "$_log.results"
	# Without the steps of this boot the next ones say nothing.
	if [ "$_rc" -ne 0 ]; then
		tail -n 20 "$_log.console" | sed 's/^/  /' >&2
		die "$base $version: '$_name' does not get to the end: see" \
			"$_log.console and $_log.console.ktap"
	fi
}

ended()
{
	[ "$1" -eq 0 ] && grep -q -a '^# done' "$_log.console.ktap"
}

# verdict WHAT CHECK COMMAND...: a result like those of the guest
verdict()
{
	_what=$1 _check=$2
	shift 2
	if "$@"; then _verdict=ok; else _verdict='not ok'; fi
	printf '=\t%s\t%s\t%s\t\n' "$_what" "$_verdict" "$_check"
}

boot stock "$stock" "kernel units clients trouble install noisolate" \
	"$dir/debs"
grep -q '^=	dpkg	ok	install ' "$dir/stock.results" ||
	die "$patched cannot be installed: see $dir/stock.console.ktap"
boot noisolate "$patched" "kernel not_isolated units fwts trouble isolate"
boot patched "$patched" "kernel isolated units clients fwts next trouble"
boot next "$patched" "kernel isolated units was_next trouble crash"
boot pstore "$patched" "kernel isolated units pstore was_first trouble purge"
boot left "$stock" "kernel units was_deleted trouble"

# Clients and units are judged by what they do on the kernels that isolate nothing:
# Debian's own, or for fwts, which Debian's does not have /dev/efi_test for, the
# patched one with efi=noisolate.
clients='efivar|efibootmgr|mokutil|hwclock|fwupd|selftests/|fwts|systemd|kernel'
{
	grep -E "^=	($clients)" "$dir/stock.results"
	grep -E "^=	fwts" "$dir/noisolate.results"
} > "$dir/baseline"
grep -E "^=	($clients)" "$dir/patched.results" |
	grep -v -e 'are isolated' -e 'outside BootOrder' > "$dir/isolated"

rc=0
{
	echo "make distro: packages with Debian's configuration"
	"$lab/measure/result-head.sh" "$base" "$version" "$(cat "$debs/series")" \
		"$image/versions" ovmf qemu-system-x86
	echo
	for name in stock noisolate patched next pstore left; do
		awk -F '\t' -v where="$base $version $name" -v name="$name" '
			# These are compared below.
			(name == "stock" || name == "patched") &&
				$2 !~ /^(boot|dpkg|kernel|pstore)$/ &&
				$4 !~ /outside BootOrder/ { next }
			(name == "stock" || name == "left") &&
				$2 ~ /^(kernel|systemd)$/ { next }
			name == "noisolate" && $2 ~ /^fwts/ { next }
			{ print ($3 == "skip" ? "ok" : $3) " - " where ": " \
				$2 ": " $4 ($5 != "" ? ": " $5 : "") \
				($3 == "skip" ? " # SKIP" : "") }' "$dir/$name.results"
	done
} > "$dir/checks"
awk -f "$lab/measure/clients.awk" "$dir/baseline" "$dir/isolated" \
	> "$dir/table" || rc=$?
if [ "$rc" -eq 0 ]; then
	echo "ok - $base $version: clients do as without isolation"
else
	echo "not ok - $base $version: clients do as without isolation"
fi >> "$dir/checks"
{
	cat "$dir/checks" "$dir/again"
	awk '/ # SKIP/ { skip++; next } /^ok - / { ok++ } /^not ok - / { bad++ }
		END { printf "# %d ok, %d not ok, %d skip\n", ok, bad, skip }' \
		"$dir/checks"
	echo
	cat "$dir/table"
} > "$dir/result"
cat "$dir/result"
rm -f "$dir/disk" "$dir/disk2"
! grep -q '^not ok - ' "$dir/result"
