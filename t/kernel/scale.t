#!/bin/sh
# scale.t BASE VERSION: memory maps that are large or odd, see lab/firmware/map.c.
# With those that can be mapped, runtime services work, also with regions that do not
# fit. With maps that cannot be mapped, the patched kernel says so and runs without
# services. The stock kernel dies of a region that does not fit: a test that the tests
# can fail.
set -eu
each=tree
. "${0%/*}/../tap.sh"

base=$1 version=$2
where="$base $version scale"
logs=$out/boot/$base-$version
initrd=$out/guest/$base-$version-patched.gz
cpu=qemu64
mkdir -p "$logs"
"$lab/boot/initramfs.sh" "$base" "$version" patched "$initrd"

# boot KIND NAME MAP STEPS [APPEND]: the exit status of boot.sh in rc
boot()
{
	console=$logs/scale-$2.console rc=0
	"$lab/boot/boot.sh" --map "$3" --cpu "$cpu" --steps "$4" --append "${5-}" \
		"$(build_dir "$base" "$version" "$1")/arch/x86/boot/bzImage" \
		"$initrd" "$console" < /dev/null || rc=$?
	grep -q "^MAP: made $3\$" "$console" ||
		echo "not ok - $where: $2: the firmware did not make the map"
}

# check TEXT COMMAND...: a result, from the command's exit status
check()
{
	text=$1
	shift
	if "$@"; then
		echo "ok - $where: $text"
	else
		echo "not ok - $where: $text"
		tail -n 12 "$console" | sed 's/^/#   /'
	fi
}

all_ok()	# STEPS
{
	[ "$(grep -c '^ok ' "$console.ktap")" -eq \
	  "$(echo "$1" | tr ',' '\n' | wc -l)" ] &&
		grep -q '^1\.\.' "$console.ktap"
}

# Early in boot, so many entries cannot be mapped at a time, which the kernel warns
# of by itself.
no_trouble()
{
	lines=$("$lab/boot/kernel-complaints.sh" "$console" early_ioremap |
		grep -v 'No address leads to region') || return 0
	echo "$lines" | head -n 5 | sed 's/^/#   /'
	return 1
}

no_wx()
{
	if grep 'Checked W+X mappings.*FAILED' "$console"; then return 1; fi
}

# With a panic, or by a reset: not so that it only hangs.
dies()
{
	if grep '^1\.\.' "$console.ktap"; then return 1; fi
	[ "$rc" -eq 0 ] && grep -q 'Linux version' "$console"
}

works()		# NAME MAP [STEPS]
{
	steps=vars
	! isolates "$base" "$version" || steps=vars,isolated${3-,probe}
	boot patched "$1" "$2" "$steps"
	check "$1: services work, $2" all_ok "$steps"
	check "$1: the kernel is not in trouble" no_trouble
}

refused()	# NAME MAP REASON [APPEND]
{
	boot patched "$1" "$2" boot,noefi "${4-}"
	check "$1: runs without services, $2 ${4-}" all_ok boot,noefi
	check "$1: says why" grep -q "efi: .*$3" "$console"
	check "$1: the kernel is not in trouble" no_trouble
	check "$1: nothing is left writable and executable" no_wx
}

works fragments runtime:2500
works mixture boot:1500+holes:200+misaligned:32+adjacent:1000+mmio4g:1
works window window:63+filler:900
# No memory map has these, but one that is wrong: the stock kernel gets by. The probe
# does not find page tables that have such a region.
works odd odd:2
works beyond beyond:2 ''
cpu=qemu64,phys-bits=52
works hole beyond:2 ''
cpu=qemu64

# What does not fit into the window stays at its physical address. It is mapped from
# the top: after the large region, all others fit.
one_stays()
{
	[ "$(grep -c 'VA address range overflow' "$console")" -eq 1 ]
}

works window-over window:63+filler:1000
check "window-over: there are regions that do not fit" \
	grep -q 'VA address range overflow' "$console"
works large large:70
check "large: one region does not fit" one_stays
if isolates "$base" "$version"; then
	boot patched noisolate large:70 vars efi=noisolate
	# Without the isolation, v4.4 has still a builder of its own.
	if [ "$base" = v4.4 ]; then
		check "large: services work without isolation, too" all_ok vars
	else
		check "large: without isolation it dies as stock does" dies
	fi
fi
refused too-many runtime:3000 'Could not map the memory map'

boot stock stock-large large:70 vars
check "large: the stock kernel dies, as expected" dies
