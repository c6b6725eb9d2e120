#!/bin/sh
# result-head.sh BASE VERSION SERIES [PACKAGE | FILE]...: the head of a result: the day,
# the kernel, the series as series-id.sh said it when the kernel was built, and
# the versions of packages of this machine, or those that a file lists.
set -eu

echo "$(date -u +%Y-%m-%d), Linux $2, base $1, under QEMU's TCG"
echo "series: $3"
shift 3
# shellcheck disable=SC2016 # dpkg-query's variables
for what; do
	case ${OVMF_DIR:+elsewhere},$what in
	elsewhere,ovmf) echo "OVMF from $OVMF_DIR" ;;
	elsewhere,ovmf-*) ;;
	*,[!/]*) dpkg-query -W -f '${Package} ${Version}\n' "$what" 2>/dev/null ||
			echo "no $what" ;;
	*)	cat "$what" ;;
	esac
done | paste -s -d ',' | sed 's/,/, /g' | fold -s -w 80 | sed 's/ $//'
