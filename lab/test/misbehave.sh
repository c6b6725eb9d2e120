#!/bin/sh
# misbehave.sh BASE VERSION: firmware that misbehaves does no harm to the patched
# kernel, in any of the ways of lab/firmware/commands.h, and firmware that means
# well keeps its services with each of the habits there. Some of the former that
# are known to harm the stock kernel are found to do so: a test that the tests can
# fail. All of the latter are habits with the stock kernel.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
export VERSION="$version"
if ! isolates "$base" "$version"; then
	echo "skip - $base $version: misbehaviour: nothing is isolated in this base"
	exit
fi

"$lab/misbehave.sh" "$base" patched || [ $? -eq 1 ]

if [ "${CI-}" = true ] && [ "$base" = v6.1 ]; then
	echo "skip - $base $version: misbehaviour, stock: in CI, only for v6.12"
	exit
fi
"$lab/misbehave.sh" "$base" stock habits
{
	"$lab/misbehave.sh" "$base" stock read-data write-data exec-function ud \
		de stack-at-0 cr0-wp rflags-if get-size long-cli \
		write-esrt capsule-outside ||
		echo "ok - $base $version stock: ended early"
} |
awk '/^ok - / { sub(/^ok - /, "not ok - "); print $0 ", which it cannot be"; next }
	/^not ok - / { sub(/^not /, ""); print $0 " (as expected)"; next }
	{ print }'
