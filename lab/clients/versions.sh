#!/bin/sh
# versions.sh IMAGE: what a result was got with, besides the kernel.
set -eu

# shellcheck disable=SC2016 # dpkg-query's variables
{
	cat "$1/versions"
	dpkg-query -W -f '${Package} ${Version}\n' ovmf qemu-system-x86
} | paste -s -d ',' | sed 's/,/, /g' | fold -s -w 80 | sed 's/ $//'
