#!/bin/sh
# scale.sh BASE [VERSION]: how boot time, page-table memory and the cost of a
# runtime call grow with memory, with the memory map and with the number of CPUs,
# on stock and patched: a table. The points are in lab/tables/scale. Exit status 1 if a
# point of the patched kernel does not come out as it has to. The table goes to
# out/scale/BASE-VERSION/result, too.
#
# QEMU counts the guest's instructions, and makes believe that each takes a
# nanosecond. From the environment, all optional:
#	PREPARE   no: take the patched tree as it is, with uncommitted work
#	BUILD     no: take the kernels and the modules as they are, too
#	POINTS    only these; of the others, what an earlier run has found is kept,
#		  if it was of the same series
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
version=$(newest "$base" "${2-}")
dir=$out/scale/$base-$version
initrd=$dir/initrd.gz
points=$(awk '!/^#/ && NF { print $1 }' "$lab/tables/scale")
for name in ${POINTS-}; do
	echo "$points" | grep -q -x -e "$name" ||
		die "no point '$name'; there are: $(echo "$points" | tr '\n' ' ')"
done
mkdir -p "$dir"

[ "${PREPARE-}" = no ] || [ "${BUILD-}" = no ] ||
	"$lab/build/prepare.sh" "$base" "$version"
for tree in stock patched; do
	[ "${BUILD-}" = no ] || "$lab/build/build.sh" "$base" "$version" "$tree"
done

"$lab/boot/initramfs-bench.sh" "$base" "$version" "$initrd" ticks efivars ptprobe

# figures CONSOLE: lines "NAME FIGURE"
figures()
{
	awk '$1 == "MAP:" && $2 == "left" { left = $4 }
		!sub(/^# bench /, "") { next }
		$1 == "now" { print "boot", ($2 - left) / 1000 }
		$2 ~ /^[0-9]+$/ { print $1, $2 }' \
		OFMT=%.0f "$1" "$1.ktap"
}

# outcome CONSOLE: what became of the services, and a word on that
outcome()
{
	if ! grep -q "^MAP: made $map\$" "$1"; then
		echo "died: the firmware did not make the map"
	elif ! grep -q '^1\.\.' "$1.ktap"; then
		echo "died: $("$lab/boot/kernel-complaints.sh" "$1" |
			head -n 1 | grep . || echo without a word)"
	elif ! grep -q "^# bench cpus $cpus\\b" "$1.ktap"; then
		echo "died: not with $cpus CPUs"
	elif grep -q '^ok [0-9]* - vars' "$1.ktap"; then
		echo works
	else
		echo "refused: $(grep -o -m 1 "$refusal" "$1" ||
			echo without a reason)"
	fi
	! "$lab/boot/kernel-complaints.sh" "$1" "$known" | head -n 1 | grep . ||
		echo trouble
}

refusal='efi: .*\(Cannot map the EFI regions\|not map the memory map\).*'
# Early in boot, so many entries cannot be mapped at a time.
known=early_ioremap

# The kernels as they are now, whatever is built meanwhile
for kind in stock patched; do
	cp "$(build_dir "$base" "$version" "$kind")/arch/x86/boot/bzImage" \
		"$dir/bzImage-$kind"
done

# While QEMU 7.2 counts instructions, a CPU that waits has to do so with PAUSE or HLT,
# or no other CPU gets a turn; Linux before 6.5 waits otherwise for a CPU that it
# starts. There, init starts them, beside a program that does nothing but PAUSE, and
# there is no boot time for more than one CPU.
waits_with_pause=605

# measure KIND NAME WANT: one boot
measure()
{
	console=$dir/$2-$1.console
	append="quiet lab.kind=$1"
	[ "$cpus" -eq 1 ] ||
		[ "$(base_field "$base" number)" -ge $waits_with_pause ] ||
		append="$append maxcpus=1"
	"$lab/boot/boot.sh" --icount --testfw misbehave --steps scale,vars \
		--append "$append" --memory "$memory" --cpus "$cpus" --map "$map" \
		--deadline $((900 + 200 * cpus)) \
		"$dir/bzImage-$1" "$initrd" "$console" < /dev/null || :
	figures "$console" > "$dir/$2-$1"
	echo "$2 $1 $3 $(outcome "$console" | tr '\n' ' ')" >> "$dir/results"
}

start=$(date +%s)
series=$(cat "$(build_dir "$base" "$version" patched)/.lab-series")
[ "$series" = "$(cat "$dir/series" 2>/dev/null)" ] || : > "$dir/results"
echo "$series" > "$dir/series"
echo "make scale BASE=$base: NOT COMPLETE, it has not come to its end" \
	> "$dir/result"
for name in ${POINTS-$points}; do
	sed -i "/^$name /d" "$dir/results"
done
grep -v -e '^#' -e '^[[:space:]]*$' "$lab/tables/scale" |
while read -r name want memory cpus map; do
	case " ${POINTS-$name} " in *" $name "*) ;; *) continue ;; esac
	say "booting $base $version stock and patched: $name, $memory MiB," \
		"$cpus CPUs, $map ($(($(date +%s) - start)) s so far)"
	measure stock "$name" "$want" &
	trap 'kill_tree $!; exit 130' INT TERM
	measure patched "$name" "$want"
	wait
done

# In the order of lab/tables/scale
without=
: > "$dir/results.sorted"
for name in $points; do
	grep "^$name " "$dir/results" >> "$dir/results.sorted" ||
		without="$without $name"
done
{
	echo "make scale BASE=$base${without:+: NOT COMPLETE, without$without}"
	"$lab/measure/result-head.sh" "$base" "$version" "$series" ovmf qemu-system-x86 gcc-12
	echo
	awk -v dir="$dir" -f "$lab/measure/scale.awk" "$lab/tables/scale" \
		"$dir/results.sorted" || echo failed
} > "$dir/result"
cat "$dir/result"
! grep -q '^failed' "$dir/result"
