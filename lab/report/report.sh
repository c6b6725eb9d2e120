#!/bin/sh
# report.sh BASE VERSION: the comparison on the terminal and as a page in out/,
# from the figures of the last run.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
dir=$out/boot/$base-$version
page=$out/report-$base-$version.html

for kind in stock patched; do
	[ -s "$dir/$kind.figures" ] || die "no figures of $base $version" \
		"$kind: 'make run BASE=$base' takes them"
done

awk -f "$lab/report/rows.awk" "$dir/stock.figures" "$dir/patched.figures" \
	> "$dir/rows"

echo
echo "Linux $version, base $base"
echo
{
	printf '\tstock\tpatched\n'
	cat "$dir/rows"
} | awk -F '\t' '
	# Long cells continue on lines of their own.
	function wrap(text, width,    at) {
		if (length(text) <= width) { rest = ""; return text }
		at = width
		while (at > 1 && substr(text, at, 1) != " ") at--
		if (at == 1) at = width
		rest = substr(text, at + 1)
		return substr(text, 1, at)
	}
	{
		b = $2; c = $3; a = $1
		do {
			left = wrap(b, 32); b = rest
			right = wrap(c, 32); c = rest
			printf "  %-42s %-33s %s\n", a, left, right
			a = ""
		} while (b != "" || c != "")
		if (NR == 1) print ""
	}' | sed 's/ *$//'
echo

awk -v summary=1 -f "$lab/report/rows.awk" "$dir/stock.figures" \
	"$dir/patched.figures"
echo

awk -f "$lab/report/page.awk" "$dir/rows" "$dir/stock.figures" \
	"$dir/patched.figures" > "$page.new"

# longer: the longer tests, whose result is of this machine, or else the one in the
# documentation.
longer()
{
	echo "The longer tests, and what was found last:"
	echo
	series=$("$lab/series/series-id.sh" "$base" "$version")
	for name in firmwares kernels clients distro scale; do
		where=$out/$name/$base-$version/result
		if [ -s "$where" ]; then
			row=$(awk -f "$lab/report/results.awk" "$where")
		elif row=$(grep -s -F "| \`make $name BASE=$base\` |" \
			"$top/doc/results.md"); then
			where=doc/results.md
		else
			row='| | | - | - | not run | - |'
			where="'make $name BASE=$base'"
		fi
		echo "$row" | awk -F ' *[|] *' -v name="$name" \
			-v series="$series" -v where="$where" '{
				printf "  make %-10s %s", name, $6
				if ($4 != "-")
					printf ", %s", $4
				if ($5 != "-" && $5 != series)
					printf ", of another series (%s)", $5
				print "; " $7 "; " where
			}'
	done | tee "$dir/longer"
	echo
	{
		echo "<h2>The longer tests</h2><pre>"
		sed 's/&/\&amp;/g; s/</\&lt;/g' "$dir/longer"
		echo "</pre>"
	} >> "$page.new"
}

# The series of the other bases has no gate, which is what these are about.
! isolates "$base" "$version" || longer
echo "</body></html>" >> "$page.new"
mv "$page.new" "$page"
echo "report: $page"
