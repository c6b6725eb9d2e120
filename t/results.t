#!/bin/sh
# results.sh: what the tests say of results can be believed: a failure is one, what was
# done twice is counted, and no figure passes whatever it is. Nothing is built or booted.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# says TEXT RC PATTERN: ktap.sh says so of the results on standard input
says()
{
	rc=0
	"$lab/ktap.sh" > "$work/said" || rc=$?
	if [ "$rc" -eq "$2" ] && grep -q -e "$3" "$work/said"; then
		echo "ok - results: $1"
	else
		echo "not ok - results: $1"
		sed 's/^/#   /' "$work/said"
	fi
}

# boots N: results in which N boots were repeated
boots()
{
	echo "ok - v0 0.0 a: passed"
	seq "$1" | sed 's/.*/# v0 0.0 a&: hung, kept in file; booting again/'
}

echo "ok - a" | says "what passes passes" 0 '^1 passed, 0 failed, 0 skipped$'
printf 'ok - a\nnot ok - b\n' | says "a failure fails the run" 1 '^1 passed, 1 failed'
echo "skip - a" | says "a run in which nothing passed has failed" 1 '^0 passed'
printf 'ok - a\ntodo - b\n' | says "a known failure is skipped" 0 '^1 passed, 0 failed, 1 sk'
boots 2 | says "boots that were repeated are counted" 0 '^# booted a second time: 2$'
boots 2 | says "boots that were repeated are named" 0 '^#   v0 0.0 a2: hung, kept'
boots 4 | says "many boots that were repeated are a failure" 1 '^1 passed, 1 failed'

# bench FUNCTIONS: the verdict of bench.awk on so many bytes of functions, where the
# stock kernel has 1000
bench()
{
	printf 'loop 200000\nfunctions 1000\n' > "$work/stock"
	cp "$work/stock" "$work/noisolate"
	printf 'loop 200000\nfunctions %s\n' "$1" > "$work/isolated"
	awk -v unit=instructions -f "$lab/bench.awk" "$work/stock" \
		"$work/noisolate" "$work/isolated" |
		awk '/functions in it/ { print $NF }'
}

for case in 1000:met 23528:met 23529:MISSED 9999999:MISSED; do
	said=$(bench "${case%:*}")
	if [ "$said" = "${case#*:}" ]; then
		echo "ok - results: ${case%:*} bytes of functions: $said"
	else
		echo "not ok - results: ${case%:*} bytes of functions: $said"
	fi
done
