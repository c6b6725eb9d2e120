#!/bin/sh
# run.sh [--check]: the tests under prove, and what they come to. With --check, only
# those that build and boot no kernel. BASE, from the environment, is the base to test.
set -eu
lab=$(cd "$(dirname "$0")/../lab" && pwd)
. "$lab/lib.sh"

[ -z "${BASE-}" ] || need_base "$BASE"
tap=$out/test.tap
mkdir -p "$out"
cd "$top"

# run TEST...: prove says what has failed; totals.awk has the last word, also where no
# result says so: a test, or prove, that was killed. The formatter is the one that says a
# line when there is one, also into a pipe.
run()
{
	prove --verbose --timer --formatter TAP::Formatter::Console "$@" ||
		echo "# prove ended with status $?"
}

{
	run t/*.t
	# All others are of the kernels that are built here.
	if [ "${1-}" != --check ]; then
		run t/kernel/build.t
		export BUILT=yes
		run t/kernel/stock.t t/kernel/boots.t t/kernel/compile.t \
			t/kernel/firmwares.t t/kernel/kernels.t \
			t/kernel/scale.t t/kernel/misbehave.t t/kernel/bench.t
	fi
} | tee "$tap"
awk -f "$lab/totals.awk" "$tap"
