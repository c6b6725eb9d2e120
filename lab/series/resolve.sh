#!/bin/sh
# resolve.sh BASE PATH [SET]: print one of the repository's whole files as the base
# gets it, with conditionals on EFI_PGD_BASE resolved, and in a base that has sets
# those on EFI_PGD_SUBLEVEL: the last number of the release that a set is named by.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 path=$2 set=${3-}
number=$(base_field "$base" number)
set=${set:-$(sets_of "$base" | head -n 1)}

case $path in
*.[chS])
	unifdef -DEFI_PGD_BASE="$number" \
		${set:+-DEFI_PGD_SUBLEVEL="${set##*.}"} "$top/$path" || [ $? -eq 1 ] ;;
*)
	cat "$top/$path" ;;
esac
