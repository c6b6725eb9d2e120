#!/bin/sh
# results.t: what the tests say of results can be believed: a failure is one, what was
# done twice is counted, and no figure passes whatever it is. Nothing is built or booted.
set -eu
. "${0%/*}/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# says TEXT RC PATTERN: of the results on standard input, with the exit status
says()
{
	rc=0
	"$lab/tap.sh" > "$work/tap" || :
	awk -f "$lab/totals.awk" "$work/tap" > "$work/said" || rc=$?
	if [ "$rc" -eq "$2" ] && grep -q -e "$3" "$work/said"; then
		echo "ok - results: $1"
	else
		echo "not ok - results: $1"
		sed 's/^/#   /' "$work/tap" "$work/said"
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
echo "ok - a # SKIP b" | says "a run in which nothing passed has failed" 1 '^0 passed'
: | says "a run without a result has failed" 1 '^0 passed, 1 failed'
printf 'ok - a\nnot ok - b # TODO c\n' |
	says "a known failure is skipped" 0 '^1 passed, 0 failed, 1 sk'
boots 2 | says "boots that were repeated are counted" 0 '^# booted a second time: 2$'
boots 2 | says "boots that were repeated are named" 0 '^#   v0 0.0 a2: hung, kept'
boots 4 | says "many boots that were repeated are a failure" 1 '^1 passed, 1 failed'

printf 'ok - a\n# prove ended with status 143\n' |
	says "a run that was ended is a failure" 1 '^not ok - all results came: .* 143$'
printf 'ok - a\nnot ok - b\n# prove ended with status 1\n' |
	says "what prove says of a failure is not another" 1 '^1 passed, 1 failed'

# A test that ends before it has said all
mkdir "$work/lab" "$work/t"
cp "$lab/lib.sh" "$lab/tap.sh" "$work/lab"
cp "$t/tap.sh" "$work/t"
cat > "$work/t/dies.t" <<'EOF'
#!/bin/sh
set -eu
. "${0%/*}/tap.sh"
echo "ok - a"
exit 3
EOF
chmod +x "$work/t/dies.t"
if env -u TAP_OF "$work/t/dies.t" > "$work/tap"; then rc=0; else rc=$?; fi
if [ "$rc" -eq 1 ] && grep -q '^not ok 2 - dies.t came to its end' "$work/tap"; then
	echo "ok - results: a test that ends early has failed"
else
	echo "not ok - results: a test that ends early has failed"
	sed 's/^/#   /' "$work/tap"
fi

# bench FUNCTIONS: the verdict of bench.awk on so many bytes of functions, where the
# stock kernel has 1000
bench()
{
	printf 'loop 200000\nfunctions 1000\n' > "$work/stock"
	cp "$work/stock" "$work/noisolate"
	printf 'loop 200000\nfunctions %s\n' "$1" > "$work/isolated"
	awk -v unit=instructions -f "$lab/measure/bench.awk" "$work/stock" \
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
