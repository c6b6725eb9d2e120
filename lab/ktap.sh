#!/bin/sh
# ktap.sh: turn results on standard input into KTAP, with a plan and the totals
# at the end. Fails when a result is a failure or nothing passed, or when more was
# done a second time than a busy host accounts for.
set -eu

repeats_at_most=3

echo "KTAP version 1"
number=0 passed=0 failed=0 skipped=0 repeated=0 repeats=
while IFS= read -r line; do
	case $line in
	'ok - '*)
		passed=$((passed + 1)) verdict=ok
		text=${line#ok - } ;;
	'not ok - '*)
		failed=$((failed + 1)) verdict='not ok'
		text=${line#not ok - } ;;
	'skip - '*)
		skipped=$((skipped + 1)) verdict=ok
		text="${line#skip - } # SKIP" ;;
	'todo - '*)
		skipped=$((skipped + 1)) verdict='not ok'
		text="${line#todo - } # TODO known failure" ;;
	'# '*'; booting again')
		repeated=$((repeated + 1))
		repeats="$repeats
#   ${line#\# }"
		printf '%s\n' "$line"
		continue ;;
	*)
		printf '%s\n' "$line"
		continue ;;
	esac
	number=$((number + 1))
	printf '%s %d - %s\n' "$verdict" "$number" "$text"
done
if [ "$repeated" -gt "$repeats_at_most" ]; then
	number=$((number + 1)) failed=$((failed + 1))
	echo "not ok $number - at most $repeats_at_most boots repeated: $repeated"
fi
echo "1..$number"
[ "$repeated" -eq 0 ] || printf '# booted a second time: %d%s\n' "$repeated" "$repeats"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
