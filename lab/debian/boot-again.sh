#!/bin/sh
# boot-again.sh KERNEL CONSOLE [OPTION...]: lab/boot/boot.sh, with the same exit
# status, for a guest that runs debian/guest. One that does not come to its first step
# is booted again, up to three times: on a busy host it may miss its first timer
# interrupts, and panic. Whatever happens later is not tried again. The file AGAIN gets
# a line for each time that it did not, with the console that it left.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

kernel=$1 console=$2
shift 2
for try in 1 2 3; do
	rc=0
	"$lab/boot/boot.sh" "$@" "$kernel" - "$console" \
		< /dev/null || rc=$?
	! grep -q -a '^# step' "$console.ktap" || break
	say "  the guest does not come to its first step, try $try of 3"
	cp "$console" "$console.$try"
	echo "# try $try of 3 does not come to its first step: ${console##*/}.$try" \
		>> "$AGAIN"
done
exit "$rc"
