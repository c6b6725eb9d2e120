#!/bin/sh
# bench.sh BASE [WHICH]: what the isolation costs, in instructions of the guest
# that QEMU counts, so that the figures are the same each time. Exit status 1
# when a target is missed.
#
# Three kernels: stock, patched with efi=noisolate, patched. From the
# environment, both optional:
#	PREPARE   no: take the patched tree as it is, with uncommitted work
#	KVM       yes: cycles of the host's CPU; no target is judged then
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1
version=$(newest "$base" "${2-}")
dir=$out/bench/$base-$version
initrd=$dir/initrd.gz
mkdir -p "$dir"

[ "${PREPARE-}" = no ] || "$lab/build/prepare.sh" "$base" "$version"
isolates "$base" "$version" ||
	die "nothing is isolated in $base: BASE is one whose series has gate.c"
for tree in stock patched; do
	"$lab/build/build.sh" "$base" "$version" "$tree"
done

"$lab/boot/initramfs-bench.sh" "$base" "$version" "$initrd" ticks

if [ "${KVM-}" = yes ]; then
	unit=cycles
	cpu=host icount=
else
	unit=instructions
	gcc -shared -fPIC -O2 -Wall -o "$dir/count.so" "$lab/measure/count.c"
	cpu=qemu64 icount=--icount
fi

# boot KIND TREE FIRMWARE APPEND: with that test firmware, or none; adds lines "NAME
# FIGURE" to DIR/KIND. The figures of the firmware's own instructions, "fw-NAME", are of
# the stretch that the plugin has counted as many instructions for; with port I/O it may
# be off by a few.
boot()
{
	console=$dir/$1-$3.console
	counts=$dir/$1-$3.counts
	: > "$counts"
	say "booting $base $version $1, test firmware: ${3:-none}"
	rc=0
	"$lab/boot/boot.sh" --steps bench --append "quiet lab.kind=$2 $4" \
		--cpu $cpu --testfw "$3" --deadline 600 \
		${icount:+"$icount" --plugin "$dir/count.so,out=$counts"} \
		"$(build_dir "$base" "$version" "$2")/arch/x86/boot/bzImage" \
		"$initrd" "$console" < /dev/null || rc=$?
	if [ "$rc" -ne 0 ] || ! grep -q '^ok 1 - bench' "$console.ktap"; then
		tail -n 20 "$console" | sed 's/^/  /' >&2
		die "$base $version $1 does not get to the end: see $console"
	fi
	awk -v testfw="$3" '
		NR == FNR { if (!($1 in fw)) fw[$1] = $2; next }
		!sub(/^# bench /, "") { next }
		$2 == "failed:" { print $1, "failed" }
		$2 !~ /^[0-9]+,?$/ { next }
		# The second boot of a kernel is for what the first cannot do.
		testfw != "" && $1 !~ /^(measuring|empty|late)/ { next }
		{
			print $1, $2 + 0
			if ($1 == "measuring") measuring = $2
			best = ""
			for (n in fw) {
				off = n - $2 - measuring
				off = off < 0 ? -off : off
				if (off < $2 / 100 && (best == "" || off < best)) {
					best = off
					own = fw[n]
				}
			}
			if (best != "") print "fw-" $1, own
		}' "$counts" "$console.ktap" >> "$dir/$1"
}

# Text, and what is there for the gate without being allocated. In vmlinux, sections
# are padded to 2 MiB, which hides what was added; functions are counted as
# scripts/bloat-o-meter does.
sizes()
{
	size "$1/vmlinux" | awk 'NR == 2 { print "text", $1 }'
	nm -S -t d "$1/vmlinux" |
		awk '$3 ~ /^[tTwW]$/ { n += $2 } END { print "functions", n }'
	find "$1/arch/x86/platform/efi" \( -name 'gate*.o' -o -name marshal.o \) \
		-exec size {} + |
		awk '{ n += $2 + $3 } END { print "static", int((n + 1023) / 1024) }'
}

for kind in stock noisolate isolated; do
	tree=patched append=''
	[ "$kind" != stock ] || tree=stock
	[ "$kind" != noisolate ] || append=efi=noisolate
	sizes "$(build_dir "$base" "$version" "$tree")" > "$dir/$kind"
	boot "$kind" "$tree" '' "$append"
	boot "$kind" "$tree" misbehave "$append lab.testfw"
done

echo "Linux $version, base $base; of calls: $unit, the quickest of many"
rc=0
old=''
[ "$base" != v4.4 ] || old=yes
awk -v unit="$unit" -v old="$old" -f "$lab/measure/bench.awk" "$dir/stock" "$dir/noisolate" \
	"$dir/isolated" > "$dir/table" || rc=1
cat "$dir/table"
exit "$rc"
