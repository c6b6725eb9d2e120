#!/bin/sh
# resolve.sh BASE PATH: print one of the repository's whole files as the base
# gets it, with conditionals on EFI_PGD_BASE resolved.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 path=$2
number=$(base_field "$base" number)

case $path in
*.[chS])
	unifdef -DEFI_PGD_BASE="$number" "$top/$path" || [ $? -eq 1 ] ;;
*)
	cat "$top/$path" ;;
esac
