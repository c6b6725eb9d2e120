#!/bin/sh
# results.sh [RESULT...]: doc/results.md again, with the results of the longer tests that
# are in out/, or those named, in place of older ones of the same command.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

page=$top/doc/results.md
[ $# -gt 0 ] || set -- "$out"/*/*/result
[ -e "$1" ] || die "no results in $out: 'make firmwares', kernels, clients, distro" \
	"and scale leave them there"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n '/^| `make/p' "$page" 2>/dev/null > "$work/rows" || :
for result; do
	awk -f "$lab/report/results.awk" "$result" >> "$work/rows"
done
{
	cat <<-'EOF'
		# Results of the longer tests

		What the tests found that `make test` does not run, or runs a part of. `make
		results` makes this page from what the commands in the first column have left in
		`out/`; nobody edits it. A result is of the series that it names: `make run`
		says where that is not the series of the tree. "todo" is a known failure.

		| command | Linux | date | series | verdict | figures | repeated |
		|---------|-------|------|--------|---------|---------|----------|
	EOF
	# The last row of a command is the newest.
	tac "$work/rows" | awk -F '|' '!seen[$2]++' | LC_ALL=C sort
} > "$page.new"
mv "$page.new" "$page"
say "$page: $(grep -c '^| `make' "$page") results"
