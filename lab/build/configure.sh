#!/bin/sh
# configure.sh BASE TREE DIR CONFIG [SYMBOL...]: configure a kernel in the build
# directory DIR of a tree. CONFIG is
#	lab	tinyconfig with common.config and BASE.config of lab/tables/config
#	own	the file that CONFIG, from the environment, names, without its modules
#	other	what make of the tree knows by that name
# On top goes each SYMBOL, which is NAME=VALUE or a file of lab/tables/config. It must
# be in the configuration in the end, unless it is NAME?=VALUE, which not all bases
# have, or of a file. KARCH, from the environment, is for kbuild.sh.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 tree=$2 dir=$3 config=$4
shift 4
build=$tree/$dir

kbuild()
{
	"$lab/build/kbuild.sh" "$base" "$tree" "$@"
}

# Aside, and put in place only if it is another one: a new date on .config alone
# would have half the kernel built again.
new=$build/conf/.config
mkdir -p "$build/conf"
case $config in
lab)	kbuild "$dir/conf" tinyconfig
	cat "$lab/tables/config/common.config" "$lab/tables/config/$base.config" \
		>> "$new" ;;
own)	sed 's/^\(CONFIG_.*\)=m$/# \1 is not set/' "${CONFIG-}" > "$new"
	# Its recordmcount does not know the objects of today's assembler.
	[ "$base" != v4.4 ] ||
		printf 'CONFIG_%s=n\n' FUNCTION_TRACER STACK_TRACER >> "$new" ;;
*)	kbuild "$dir/conf" "$config" ;;
esac
for symbol; do
	case $symbol in
	*.config) cat "$lab/tables/config/$symbol" ;;
	*)	echo "CONFIG_$symbol" | tr -d '?' ;;
	esac
done >> "$new"
kbuild "$dir/conf" olddefconfig
if ! cmp -s "$new" "$build/.config"; then
	cp "$new" "$build/.config"
	kbuild "$dir" olddefconfig
fi

for symbol; do
	case $symbol in
	*.config | *'?'*) ;;
	*=n)	! grep -q "^CONFIG_${symbol%=n}=" "$build/.config" ;;
	*)	grep -q -x "CONFIG_$symbol" "$build/.config" ;;
	esac || die "$symbol did not take"
done
