#!/bin/sh
# bench.t BASE VERSION: what the isolation costs is within its targets.
set -eu
each=tree
. "${0%/*}/../tap.sh"

base=$1 version=$2
if ! isolates "$base" "$version"; then
	echo "ok - $base $version: bench # SKIP nothing is isolated in this base"
	exit
fi

if [ "${CI-}" = true ] && [ "$base" != v6.12 ]; then
	echo "ok - $base $version: bench # SKIP in CI, only for v6.12"
	exit
fi

table=$(mktemp)
trap 'rm -f "$table"' EXIT
rc=0
"$lab/measure/bench.sh" "$base" "$version" > "$table" || rc=$?
awk -v where="$base $version: bench" -v rc="$rc" '
	{ text = substr($0, 1, 40); sub(/ +$/, "", text) }
	text ~ /^[^ ]/ { call = text }
	text ~ /^ / { text = call "," substr(text, 2) }
	$NF == "met" || $NF == "MISSED" {
		print ($NF == "met" ? "ok" : "not ok") " - " where ": " text \
			": " $(NF - 2) ", at most " $(NF - 1)
		n++
	}
	END { if (!n) print "not ok - " where ": ended early, status " rc }
	' "$table"
sed 's/^/# /' "$table"
