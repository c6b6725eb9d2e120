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
	echo "<h2>The longer tests</h2>" >> "$page.new"
	series=$("$lab/series/series-id.sh" "$base" "$version")
	for name in firmwares kernels clients distro scale; do
		result=$out/$name/$base-$version/result
		[ -s "$result" ] ||
			result=$top/doc/results/$name-$base.txt
		where=${result#"$top/"}
		if [ ! -s "$result" ]; then
			result=/dev/null
			where="not run: 'make $name BASE=$base'"
		fi
		awk -v name="$name" -v where="$where" -v series="$series" \
			-v page="$page.new" -f "$lab/report/result.awk" "$result"
	done
	echo
}

# The series of the other bases has no gate, which is what these are about.
! isolates "$base" "$version" || longer
echo "</body></html>" >> "$page.new"
mv "$page.new" "$page"
echo "report: $page"
