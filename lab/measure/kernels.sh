#!/bin/sh
# kernels.sh BASE VERSION [KERNEL...]: build the patched kernel in each of the ways
# of lab/tables/kernels, or only in those named, and boot it in the ways of lab/tables/boots that
# begin with kernel-. CONFIG, from the environment, is the configuration of the kernel
# that is called own.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
shift 2
only=" $* "
names=$(awk '!/^#/ && NF { print $1 }' "$lab/tables/kernels")
for name; do
	echo "$names" | grep -q -x -e "$name" ||
		die "no kernel '$name'; there are: $(echo "$names" | tr '\n' ' ')"
done
if ! isolates "$base" "$version"; then
	echo "ok - $base $version kernels # SKIP nothing is isolated in this base"
	exit
fi
if [ "${CI-}" = true ]; then
	echo "ok - $base $version kernels # SKIP not in CI, they take long to build"
	exit
fi

grep -v -e '^#' -e '^[[:space:]]*$' "$lab/tables/kernels" |
while read -r name bases _ config _; do
	case ,$bases, in *,"$base",*) ;; *) continue ;; esac
	case $only in '  ' | *" $name "*) ;; *) continue ;; esac
	where="$base $version $name"
	if [ "$config" = own ] && [ -z "${CONFIG-}" ]; then
		echo "ok - $where # SKIP no configuration: CONFIG= names the file"
		continue
	fi
	log=$out/log/$base-$version-patched-$name-build.log
	# All that is looked at below is to be in the log of this build.
	rm -f "$(tree_dir "$base" "$version" \
		patched)/build-$name/arch/x86/platform/efi"/*.o
	if ! "$lab/build/build.sh" "$base" "$version" patched "$name" < /dev/null; then
		echo "not ok - $where: builds"
		grep -E 'error|Error|undefined' "$log" | head -n 10 |
			sed 's/^/#   /' || :
		continue
	fi
	build=$(tree_dir "$base" "$version" patched)/build-$name
	echo "ok - $where: builds ($(sed -n \
		's/^CONFIG_CC_VERSION_TEXT="\(.*\)"/\1/p' "$build/.config"))"
	if grep -E 'objtool: .*(efi|gate)' "$log" | sed 's/^/#   /' | grep .; then
		echo "not ok - $where: objtool has nothing to say"
	else
		echo "ok - $where: objtool has nothing to say"
	fi
	KERNEL=$name "$lab/measure/boots.sh" "$base" "$version" < /dev/null
done
