#!/bin/sh
# shell.t: every script of this repository is clean under shellcheck.
set -eu
. "${0%/*}/tap.sh"

cd "$top"
{
	git ls-files '*.sh'
	git grep -l -I -E '^#! ?/bin/(sh|busybox sh)'
} | sort -u | while read -r script; do
	if [ -e "$script" ]; then echo "$script"; fi
done > "${TMPDIR:-/tmp}/scripts.$$"
# shellcheck disable=SC2046 # script names have no spaces
if shellcheck $(cat "${TMPDIR:-/tmp}/scripts.$$") > "${TMPDIR:-/tmp}/found.$$"
then
	echo "ok - shell: $(wc -l < "${TMPDIR:-/tmp}/scripts.$$") scripts are" \
		"clean under shellcheck"
else
	echo "not ok - shell: clean under shellcheck"
	sed 's/^/# /' "${TMPDIR:-/tmp}/found.$$"
fi
rm -f "${TMPDIR:-/tmp}/scripts.$$" "${TMPDIR:-/tmp}/found.$$"
