#!/bin/sh
# kernels.t [BASE VERSION]: the patched kernel with what checks it switched on builds and
# boots; "make kernels" has the others of lab/tables/kernels.
set -eu
each=tree
. "${0%/*}/../tap.sh"

"$lab/measure/kernels.sh" "$1" "$2" debug lockdep
