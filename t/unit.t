#!/bin/sh
# unit.t: what marshals the runtime services and what shows memory to firmware, in
# user space under sanitizers:
# unit tests, tests of these tests, and a short run of the fuzzer.
set -eu
. "${0%/*}/tap.sh"

marshal=$top/arch/x86/platform/efi/marshal.c
args=$top/arch/x86/platform/efi/gate_args.c
seconds=${EFI_PGD_FUZZ_SECONDS:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# Memory that a test leaves to the end of its process is not a leak.
export ASAN_OPTIONS=detect_leaks=0

build()
{
	make -s -C "$t/unit" OUT="$work" "$@" > "$work/build.log" 2>&1
}

# not_ok NAME FILE
not_ok()
{
	echo "not ok - $1"
	head -n 60 "$2" | sed 's/^/#   /'
}

for cc in gcc clang; do
	for test in test args; do
		build $test-$cc || {
			not_ok "unit: $test built with $cc" "$work/build.log"
			continue
		}
		rc=0
		"$work/$test-$cc" > "$work/log" 2> "$work/errors" || rc=$?
		passed=$(grep -c '^ok ' "$work/log" || :)
		if [ "$rc" -eq 0 ] && [ "$passed" -gt 0 ] &&
		   grep -q "^1\.\.$passed\$" "$work/log"; then
			echo "ok - unit: $passed tests of $test pass with" \
				"$cc, ASan and UBSan"
		else
			{
				grep -v '^ok ' "$work/log" || :
				cat "$work/errors"
			} > "$work/both"
			not_ok "unit: tests of $test pass with $cc, ASan and" \
				"UBSan" "$work/both"
		fi
	done
done

# mistakes FILE SOURCE VARIABLE TEST: the tests have to fail with each mistake of
# this half of the file, and each has to be one.
mistakes()
{
	caught=0
	: > "$work/missed"
	grep -v -e '^#' -e '^$' "$t/unit/$1" | awk -v half="$half" 'NR % 2 == half' \
		> "$work/list"
	while IFS='	' read -r what command; do
		sed "$command" "$2" > "$work/mistake.c"
		touch "$work/mistake.c"
		if cmp -s "$2" "$work/mistake.c"; then
			echo "$what: changes nothing" >> "$work/missed"
		elif ! build "$4" "$3=$work/mistake.c" warnings=-w; then
			echo "$what: does not build" >> "$work/missed"
			grep -m 3 error "$work/build.log" >> "$work/missed" || :
		elif timeout 60 "$work/$4" > "$work/log" 2>&1; then
			echo "$what: not noticed" >> "$work/missed"
		else
			caught=$((caught + 1))
		fi
	done < "$work/list"
	if [ ! -s "$work/missed" ] && [ "$caught" -gt 0 ]; then
		echo "ok - unit: the tests fail with each of $caught $1"
	else
		not_ok "unit: the tests fail with each of $1" "$work/missed"
	fi
}

# half 0|1: of the mistakes; the two at the same time
half()
{
	half=$1 work=$work/half$1
	mkdir "$work"
	mistakes mutations "$marshal" MARSHAL test-gcc
	mistakes mutations-args "$args" GATE_ARGS args-gcc
}
(half 0) > "$work/first" &
first=$!
(half 1) > "$work/second"
wait "$first"
cat "$work/first" "$work/second"

# fuzz SECONDS: its log ends up in $work/log.
fuzz()
{
	(cd "$work" && timeout $(($1 * 3 + 60)) ./fuzz -seed=1 -max_len=256 \
		-max_total_time="$1" -timeout=20 -print_final_stats=1) \
		> "$work/log" 2>&1
}

if ! build fuzz; then
	not_ok "unit: fuzzer built" "$work/build.log"
	exit 0
fi
if fuzz "$seconds"; then
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
	echo "ok - unit: $runs inputs of the fuzzer in $seconds s"
else
	tail -n 60 "$work/log" > "$work/tail"
	not_ok "unit: fuzzer" "$work/tail"
fi

# It has to find the mistakes that it is there for.
for what in 'size of a variable not checked' 'size checked, then read again' \
	    'name not checked for an end'; do
	command=$(awk -F '\t' -v what="$what" '$1 == what { print $2 }' \
		"$lab/../t/unit/mutations")
	sed "$command" "$marshal" > "$work/marshal.c"
	touch "$work/marshal.c"
	if cmp -s "$marshal" "$work/marshal.c" ||
	   ! build fuzz MARSHAL="$work/marshal.c" warnings=-w; then
		not_ok "unit: fuzzer with '$what' built" "$work/build.log"
	elif fuzz 60; then
		tail -n 5 "$work/log" > "$work/tail"
		not_ok "unit: the fuzzer finds '$what'" "$work/tail"
	elif grep -q -E 'AddressSanitizer|not true:' "$work/log"; then
		echo "ok - unit: the fuzzer finds '$what'"
	else
		not_ok "unit: the fuzzer finds '$what'" "$work/log"
	fi
done
