#!/bin/sh
# patches-series.t BASE: patches/BASE is what "make series" makes, and in good form.
set -eu
each=base
. "${0%/*}/tap.sh"

base=$1
[ -f "$top/series/$base/order" ] || exit 0
found=$(mktemp)
trap 'rm -f "$found"' EXIT

if "$lab/series/install-patches.sh" --check "$base" > "$found" 2>&1; then
	echo "ok - $base series: patches/ is fresh"
else
	echo "not ok - $base series: patches/ is fresh"
	sed 's/^#* */# /' "$found"
fi

# What it says while it unpacks is not about a patch.
"$lab/series/checkpatch.sh"
sets=$(sets_of "$base")
for set in ${sets:-none}; do
	[ "$set" != none ] || set=
	total=$(patches_of "$base" "$set" | wc -l)
	number=0
	for patch in $(patches_of "$base" "$set"); do
		number=$((number + 1))
		name=${patch##*/}
		want=$(printf '[PATCH %s %02d/%02d] ' "${base#v}" "$number" "$total")
		{
			grep -q -F "Subject: $want" "$patch" ||
				echo "the subject does not say $want"
			[ "${name%%-*}" = "$(printf %04d "$number")" ] ||
				echo "the file is not number $number"
			from=$(sed -n 's/^From: //p; /^$/q' "$patch" | head -n 1)
			sed '/^---$/q' "$patch" | grep -q '^Signed-off-by: ' ||
				echo "no Signed-off-by:"
			[ -n "$from" ] || echo "no From:"
			"$lab/series/checkpatch.sh" "$patch" 2>&1 || :
		} > "$found"
		if [ -s "$found" ]; then
			echo "not ok - $base series: ${set:+$set/}$name in good form"
			head -n 40 "$found" | sed 's/^/#   /'
		else
			echo "ok - $base series: ${set:+$set/}$name in good form"
		fi
	done
done
