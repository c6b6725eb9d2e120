#!/bin/sh
# misbehave.sh BASE KIND [CASE...]: let the test firmware misbehave in each of the
# ways of lab/firmware/commands.h, and have each of the habits there, or only those
# named, and say what became of the kernel. CASE can be "habits", for all of them.
#
# On standard output a line per case, "ok - " if it was contained or a habit kept,
# and the sums. Exit status 1 if one was not, with a patched kernel.
# From the environment, all optional:
#	VERSION   of the kernel
#	PREPARE   no: take the patched tree as it is, with uncommitted work
#	BUILD     no: take the kernel and the modules as they are, too
#	BATCH     cases to a boot; a boot ends with a case that is not contained.
#	          Without it, only habits share a boot of the stock kernel
#	CPU CPUS FIRMWARE  as the options of boot.sh; max, 2 and x64 if not set
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 kind=$2
shift 2
need_base "$base"
case $kind in
stock)	batch=${BATCH:-1} turn_on='' ;;
patched) batch=${BATCH:-40} turn_on=-t, ;;
*)	die "no kind '$kind': KIND is stock or patched" ;;
esac
case $(firmware_field "${FIRMWARE:-x64}" bits) in
64)	;;
32)	die "the test firmware is of 64 bits, and in mixed mode nothing is" \
	    "isolated: FIRMWARE is one of 64 bits in lab/tables/firmwares" ;;
*)	die "no firmware '$FIRMWARE': FIRMWARE is one of 64 bits in" \
	    "lab/tables/firmwares" ;;
esac
version=$(newest "$base" "${VERSION-}")
where="$base $version ${FIRMWARE:+$FIRMWARE }$kind"
dir=$out/misbehave/$base-$version-$kind${FIRMWARE:+-$FIRMWARE}
kernel=$(build_dir "$base" "$version" "$kind")/arch/x86/boot/bzImage

# A patched tree with work in it is left as it is with PREPARE=no.
[ "$kind" = stock ] || [ "${PREPARE-}" = no ] || [ "${BUILD-}" = no ] ||
	"$lab/build/prepare.sh" "$base" "$version"
[ "${BUILD-}" = no ] || "$lab/build/build.sh" "$base" "$version" "$kind"
mkdir -p "$dir"
"$lab/boot/initramfs.sh" "$base" "$version" "$kind" "$dir/initrd.gz"

# The table of the cases, without asking a program that only the guest has.
names=$(sed -n 's/^[[:space:]]*CASE("\([^"]*\)".*/\1/p' \
	"$lab/firmware/commands.h")
habits=$(echo "$names" | grep '^habit-')
case "$#:${1-}" in
0:)	# shellcheck disable=SC2086 # a list of names
	set -- $names ;;
1:habits) # shellcheck disable=SC2086 # a list of names
	set -- $habits ;;
esac
for name; do
	echo "$names" | grep -q -x -e "$name" ||
		die "no case '$name'; there are: $(echo "$names" | tr '\n' ' ')"
done

# how_it_died CONSOLE CASE RC: what the console says after the case began.
how_it_died()
{
	awk -v name="$2" -v complaints="$(complaints)" '
		/ lab: case / && $NF == name { on = 1; next }
		on && !/ \? |Call Trace/ && ($0 ~ complaints || /PANIC|fault/) {
			sub(/^\[ *[0-9.]+\] */, "")
			if (n++ < 2) printf "%s%.100s", (n > 1 ? "; " : ""), $0
		}
		END { if (!n) printf "%s", "without a word" }' "$1"
	[ "$3" -ne 3 ] || printf '; hung'
	[ "$3" -ne 0 ] || printf '; machine reset'
	# It gives up on what it cannot emulate, such as having no TSS.
	[ "$3" -ne 4 ] || grep -m 1 fatal "$1.qemu" | cut -c1-60 |
		sed 's/^/; /' | tr -d '\n'
}

record()	# CASE VERDICT EVIDENCE
{
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$dir/results"
	say "$(printf '  %-24s %-10s %.120s' "$1" "$2" "$3")"
}

: > "$dir/results"
boot=0
empty=0
while [ $# -gt 0 ]; do
	boot=$((boot + 1))
	now='' n=0
	for name; do
		# Well-meaning firmware does not misbehave as well.
		case $name in
		habit-*) kind_of=habit most=${BATCH:-40} ;;
		*)	kind_of=misbehaviour most=$batch ;;
		esac
		[ "$n" -eq 0 ] || [ "$kind_of" = "$first" ] || break
		[ "$n" -lt "$most" ] || break
		first=$kind_of
		n=$((n + 1))
		now="${now:+$now,}$name"
	done
	console=$dir/$1.console
	rc=0
	"$lab/boot/boot.sh" --firmware "${FIRMWARE:-x64}" --testfw misbehave \
		--cpu "${CPU:-max}" --cpus "${CPUS:-2}" --deadline $((60 + 6 * n)) \
		--steps misbehave --append "oops=panic lab.cases=$turn_on$now" \
		"$kernel" "$dir/initrd.gz" "$console" < /dev/null || rc=$?
	begun=$(grep -c '^# case ' "$console.ktap" || :)
	# Nothing began: the host was busy, or there is something wrong.
	if [ "$begun" -eq 0 ]; then
		empty=$((empty + 1))
		[ "$empty" -lt 3 ] || {
			tail -n 15 "$console" >&2
			die "$where does not get as far as the first case: see" \
			    "$console"
		}
		cp "$console" "$console.again"
		echo "# $where $1: no case began, kept in $console.again;" \
			"booting again"
		continue
	fi
	empty=0
	while [ "$begun" -gt 0 ]; do
		begun=$((begun - 1))
		line=$(sed -n "s/^  \(not \)*ok [0-9]* - $1 //p" "$console.ktap" |
			head -n 1)
		if [ -z "$line" ]; then
			record "$1" died "$(how_it_died "$console" "$1" "$rc")"
		else
			record "$1" "${line%%:*}" "${line#*: }"
		fi
		shift
	done
done

while IFS="$(printf '\t')" read -r name verdict evidence; do
	case $verdict in
	contained | kept) echo "ok - $where: $name $verdict" ;;
	skipped) echo "ok - $where: $name # SKIP $evidence" ;;
	*)	echo "not ok - $where: $name $verdict: $evidence"
		[ "$verdict" != died ] || [ "$kind" = stock ] ||
			tail -n 20 "$dir/$name.console" | sed 's/^/#   /' ;;
	esac
done < "$dir/results"
awk -F '\t' -v where="$where" -v boots="$boot" '
	{ n[$2]++ }
	END { printf "# %s: %d cases, %d boots: %d contained, %d died, " \
		"%d changed, %d exposed, %d kept, %d lost, %d skipped\n",
		where, NR, boots, n["contained"], n["died"], n["changed"],
		n["exposed"], n["kept"], n["lost"], n["skipped"] }' \
		"$dir/results"
[ "$kind" = stock ] || ! awk -F '\t' '{ print $2 }' "$dir/results" |
	grep -q -v -x -e contained -e kept -e skipped
