#!/bin/sh
# boot-again.sh ARGUMENT...: as lab/boot/boot.sh, with the same exit status, for a guest that
# runs debian/guest. One that does not come to its first step is booted again, up
# to three times: on a busy host it may miss its first timer interrupts, and panic.
# Whatever happens later is not tried again. The file AGAIN gets a line for each time
# that it did not, with the console that it left.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

for try in 1 2 3; do
	rc=0
	"$lab/boot/boot.sh" "$@" < /dev/null || rc=$?
	! grep -q -a '^# step' "$REPORT" || break
	say "  the guest does not come to its first step, try $try of 3"
	cp "$3" "$3.$try"
	echo "# try $try of 3 does not come to its first step: ${3##*/}.$try" \
		>> "$AGAIN"
done
exit "$rc"
