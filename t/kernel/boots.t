#!/bin/sh
# boots.t [BASE VERSION]: the patched kernel boots in each of the ways of
# lab/tables/boots, and does there what it has to.
set -eu
each=tree
. "${0%/*}/../tap.sh"

"$lab/measure/boots.sh" "$1" "$2"
