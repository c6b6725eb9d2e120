#!/bin/sh
# build.t [BASE VERSION]: each tree of the base, stock and with the series, builds.
set -eu
each=tree
. "${0%/*}/../tap.sh"

# It was built before this, which tap.sh has said.
:
