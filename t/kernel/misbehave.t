#!/bin/sh
# misbehave.t BASE VERSION: firmware that misbehaves does no harm to the patched
# kernel, in any of the ways of lab/firmware/commands.h, and firmware that means
# well keeps its services with each of the habits there. Some of the former that
# are known to harm the stock kernel are found to do so: a test that the tests can
# fail. All of the latter are habits with the stock kernel.
set -eu
each=tree
. "${0%/*}/../tap.sh"

base=$1 version=$2
export VERSION="$version"
if ! isolates "$base" "$version"; then
	echo "ok - $base $version: misbehaviour # SKIP nothing is isolated in this base"
	exit
fi

"$lab/measure/misbehave.sh" "$base" patched || [ $? -eq 1 ]

if [ "${CI-}" = true ] && [ "$base" = v6.1 ]; then
	echo "ok - $base $version: misbehaviour, stock # SKIP in CI, only for v6.12"
	exit
fi
"$lab/measure/misbehave.sh" "$base" stock habits

# What becomes of the stock kernel: how a case ends, and what is said of it. That of v4.4
# has other flags where it calls firmware, and names no exception.
expected()
{
	case $base in
	v4.4)	sed -e '/^cr0-wp /d' -e '/^rflags-if /d' \
			-e 's/invalid opcode\.\*//' -e 's/divide error\.\*//' ;;
	*)	cat ;;
	esac <<-'EOF'
		read-data exposed kernel memory was read
		write-data exposed kernel memory at .* was written
		exec-function exposed a function of the kernel was executed
		ud died invalid opcode.*Kernel panic
		de died divide error.*Kernel panic
		stack-at-0 died double fault
		cr0-wp changed the caller.s CR0
		rflags-if changed the kernel said .WARNING
		get-size exposed size 65 with a buffer of 64
		long-cli changed had no timer interrupt
		write-esrt exposed the system resource table was written
		capsule-outside exposed memory beside a capsule was read
	EOF
}

said=$(mktemp)
trap 'rm -f "$said"' EXIT
# shellcheck disable=SC2046 # a list of names
"$lab/measure/misbehave.sh" "$base" stock $(expected | cut -d' ' -f1) > "$said" || [ $? -eq 1 ]
where="$base $version stock"
expected | while read -r name verdict evidence; do
	if grep -q "^not ok - $where: $name $verdict: .*$evidence" "$said"; then
		echo "ok - $where: $name $verdict, as it has to be"
	else
		echo "not ok - $where: $name $verdict, as it has to be"
		grep ": $name " "$said" | sed 's/^/#   /'
	fi
done
grep '^# ' "$said"
