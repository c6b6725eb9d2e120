#!/bin/sh
# versions.sh BASE VERSION IMAGE SERIES: the day, and what a result was got with;
# the file SERIES has what series.sh said when the patched kernel was built.
set -eu

echo "$(date -u +%Y-%m-%d), Linux $2, base $1, under QEMU's TCG"
echo "series: $(cat "$4")"
# shellcheck disable=SC2016 # dpkg-query's variables
{
	cat "$3/versions"
	dpkg-query -W -f '${Package} ${Version}\n' ovmf qemu-system-x86
} | paste -s -d ',' | sed 's/,/, /g' | fold -s -w 80 | sed 's/ $//'
