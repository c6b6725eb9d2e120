#!/bin/sh
# tap.sh: make TAP of the results on standard input: numbers, and the plan at the end.
# A result is "ok - TEXT" or "not ok - TEXT", with "# SKIP REASON" or "# TODO REASON"
# behind it where it is one; lines after # explain. Exit status 1 if one is a failure,
# or if there is none.
set -eu

number=0 failed=0
while IFS= read -r line; do
	case $line in
	'ok - '*) verdict=ok ;;
	'not ok - '*'# TODO '*) verdict='not ok' ;;
	'not ok - '*) verdict='not ok' failed=$((failed + 1)) ;;
	*)	printf '%s\n' "$line"
		continue ;;
	esac
	number=$((number + 1))
	printf '%s %d - %s\n' "$verdict" "$number" "${line#"$verdict - "}"
done
[ "$number" -gt 0 ] || {
	number=1 failed=1
	echo "not ok 1 - there is a result"
}
echo "1..$number"
[ "$failed" -eq 0 ]
