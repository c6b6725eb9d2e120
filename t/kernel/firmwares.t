#!/bin/sh
# firmwares.t [BASE VERSION]: the patched kernel boots on each firmware of the matrix in
# lab/tables/firmwares; "make firmwares" has the other boots on them. Bases without
# isolation have boots on other firmware in lab/tables/boots.
set -eu
each=tree
. "${0%/*}/../tap.sh"

if isolates "$1" "$2"; then
	"$lab/measure/firmwares.sh" "$1" "$2" share
else
	echo "ok - $1 $2: firmwares # SKIP nothing is isolated in this base"
fi
