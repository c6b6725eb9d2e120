#!/bin/sh
# ktap.sh: turn results on standard input into KTAP, with a plan and the totals
# at the end. Fails when a result is a failure or nothing passed.
set -eu

echo "KTAP version 1"
number=0 passed=0 failed=0 skipped=0
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
	*)
		printf '%s\n' "$line"
		continue ;;
	esac
	number=$((number + 1))
	printf '%s %d - %s\n' "$verdict" "$number" "$text"
done
echo "1..$number"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
