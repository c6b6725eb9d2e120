#!/bin/sh
# boots.sh BASE VERSION [NAME...]: boot the patched kernel in each of the ways of
# lab/tables/boots, or only in those named. From the environment, both optional:
#	KERNEL  one of lab/tables/kernels; boots that begin with kernel- are for those
#	ON      one of lab/tables/firmwares, for the boots that are meant for the image of
#	        x64; others are left out
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

base=$1 version=$2
shift 2
only=" $* "
special=${KERNEL:+-$KERNEL}
logs=$out/boot/$base-$version$special${ON:+-$ON}
kernel=$(tree_dir "$base" "$version" patched)/build$special/arch/x86/boot/bzImage
initrd=$out/guest/$base-$version-patched.gz

[ -z "${ON-}" ] || [ -n "$(firmware_field "$ON" bits)" ] ||
	die "no firmware '$ON'; there are: $(firmwares | tr '\n' ' ')"
mkdir -p "$logs"
# Two at a time would take each other's variables away.
exec 7>"$logs/lock"
flock 7
rm -f "$logs"/*.store*
"$lab/boot/initramfs.sh" "$base" "$version" patched "$initrd"

# expected STEPS APPEND [PREFIX]: the results that a boot has to report. Those
# of the kernel that kexec started have "kexec-" before them.
expected()
{
	for step in $(echo "$1" | tr ',' ' '); do
		case $step in
		wx | testfw | notable) ;;
		kexec) echo kexec-load ;;
		suspend) echo "${3-}suspend"; echo "${3-}suspend-vars" ;;
		*) echo "${3-}$step" ;;
		esac
	done
	case ",$1," in
	*,kexec,*)
		expected "$(echo " $2" | sed 's/.* lab2=\([^ ]*\).*/\1/')" \
			'' kexec- ;;
	esac
}

# wx_verdict PREFIX: every check of W+X mappings in the console on standard
# input passed.
wx_verdict()
{
	grep 'Checked W+X mappings' > "$logs/$name.wx" || :
	if [ ! -s "$logs/$name.wx" ]; then
		echo "not ok - $where: $1DEBUG_WX said nothing"
	elif grep -q FAILED "$logs/$name.wx"; then
		echo "not ok - $where: $1DEBUG_WX found W+X mappings"
		sed 's/^/#   /' "$logs/$name.wx"
	else
		echo "ok - $where: $1DEBUG_WX passed"
	fi
}

# The firmware must have been running when the machine was reset, in the range
# of virtual addresses that the kernel gives it, and not after a triple fault.
reset_verdict()
{
	_last=$(awk '/^CPU Reset/ { cpu = $0 }
		/^[RE]IP=/ && cpu ~ /CPU 0/ { print $1 }' "$1.resets" |
		tail -n 1)
	case $_last in
	# Firmware of 32 bits is where it is in physical memory.
	RIP=fffffff[ef]* | EIP=*) ! grep -q 'Triple fault' "$1.resets" &&
		echo "ok - $where: the firmware did the reset ($_last)" &&
		return ;;
	esac
	echo "not ok - $where: the firmware did not do the reset ($_last)"
}

# secure_verdict CONSOLE: whether the kernel has found secure boot on, where it
# has to be. That of v4.4 does not look.
secure_verdict()
{
	[ "$(firmware_field "$firmware" secure)" != off ] &&
		[ "$base" != v4.4 ] || return 0
	if grep -q 'Secure boot enabled' "$1"; then
		echo "ok - $where: secure boot is on"
	else
		echo "not ok - $where: secure boot is on"
	fi
}

# fault_verdict CONSOLE: SetVirtualAddressMap() of U-Boot 2023.01 reads memory that
# is not in its memory map. The kernel must say so, and that this was the end of it.
fault='efi: \[Firmware Bug\]: SetVirtualAddressMap: page fault in '
fault_verdict()
{
	[ "$firmware" = u-boot ] || return 0
	if grep -q "$fault" "$1" && grep -q \
		'the call was ended, and EFI runtime services are off' "$1"; then
		echo "ok - $where: a page fault in SetVirtualAddressMap ended it"
	else
		echo "not ok - $where: a page fault in SetVirtualAddressMap ended it"
	fi
}

# without STEPS STEP...: the first but for the others
without()
{
	_steps=,$1,
	shift
	for _step; do
		_steps=$(echo "$_steps" | sed "s/,$_step,/,/")
	done
	_steps=${_steps%,}
	echo "${_steps#,}"
}

# What becomes of a boot that is meant for x64 when it is on ON instead. A display
# adapter stays. In mixed mode, the kernel has no GetTime(), takes no buffers that
# cross pages that do not follow each other, no memory above 4 GiB, has no runtime
# services after kexec, and that of v6.12 does not switch to five levels of page
# tables. Nothing is isolated, so what tasks are in when they call is none of the
# gate's.
# With SMM, each call brings all CPUs to a stop: a hundred thousand calls are for
# two CPUs, or do not end on a busy host.
elsewhere()
{
	screen=$(firmware_field "$firmware" display)
	firmware=$ON
	case $(firmware_field "$ON" machine),$steps, in
	*smm=on*,load,*) cpus=2 ;;
	esac
	[ "$(firmware_field "$ON" bits)" = 32 ] || return 0
	steps=mixed,$(without "$steps" rtc module awkward la57 |
		sed 's/\bisolated\b/not_isolated/')
	case $append in
	*lab2=*) append=$(echo "$append" |
			sed 's/ *lab2=[^ ]*/ lab2=boot,noefi/') ;;
	esac
	[ "$memory" -le 4096 ] || append="$append mem=4G"
}

# lost_a_page CONSOLE: whether a program died after resuming, as its text was zero where
# it ran or right behind. Now and then it is, on stock kernels, too: with SMM, that of
# v6.12 died of it in two boots of eight. So the memory is lost on the way.
lost_a_page()
{
	sed '1,/ lab: suspending/d' "$1" |
		grep -q ' segfault at .* in busybox' &&
	sed '1,/ lab: suspending/d' "$1" |
		grep -q -E 'Code: .*(<00>( 00){4}|<..>( ..){0,8}( 00){10})'
}

judge()
{
	console=$1
	secure_verdict "$console"
	fault_verdict "$console"
	case ",$steps," in
	*,wx,*) sed '/ lab: kexec/,$d' "$console" | wx_verdict '' ;;
	esac
	case ",$append," in
	*lab2=*,wx,*) sed '1,/ lab: kexec/d' "$console" | wx_verdict kexec- ;;
	esac
	case ",$steps," in *,reset,*) reset_verdict "$console" ;; esac
	expected "$steps" "$append" > "$logs/$name.expected"
	# As "ok STEP TEXT" or "not ok STEP TEXT"
	awk '/^# kexec/ { prefix = "kexec-" }
		/^(not )?ok [0-9]+ - / { sub(/[0-9]+ - /, prefix); print }' \
		"$console.ktap" > "$logs/$name.results"
	while read -r step; do
		# A step that comes twice has the first of its lines taken away.
		line=$(awk -v step="$step" '
			{ n = ($1 == "not") ? 3 : 2 }
			$n == step { print NR ":" $0; exit }' \
			"$logs/$name.results")
		if [ -z "$line" ]; then
			echo "not ok - $where: $step: no result"
			continue
		fi
		sed -i "${line%%:*}d" "$logs/$name.results"
		line=${line#*:}
		case $line in
		ok*) echo "ok - $where: ${line#ok }" ;;
		not*)
			echo "not ok - $where: ${line#not ok }"
			if [ "$step" = selftest ]; then
				sed -n 's/^  /#   /p' "$console.ktap"
			else
				awk -v step="$step" '
					/^# step / { on = $3 == step }
					on' "$console.ktap" | tail -n 12 |
					sed 's/^/#   /'
			fi ;;
		esac
	done < "$logs/$name.expected"
	# Warnings that are not looked at: 4.4 may find interrupts pending in the
	# APIC after kexec, stock (3 of 14 boots of 4.4.178) as well as patched;
	# and W+X mappings where they are not what the boot is about. And the fault
	# that fault_verdict() asks for.
	known='^$'
	[ "$base" != v4.4 ] || known='at .*apic\\.c:.*setup_local_APIC'
	case ",$steps," in
	*,wx,*) ;;
	*) known="$known|W.X mapping" ;;
	esac
	told='^$'
	[ "$firmware" != u-boot ] || told=$fault
	if "$lab/boot/kernel-complaints.sh" "$console" "$known" | grep -v -e "$told" \
		> "$logs/$name.trouble"; then
		echo "not ok - $where: the kernel is not in trouble"
		head -n 5 "$logs/$name.trouble" | sed 's/^/#   /'
	else
		echo "ok - $where: the kernel is not in trouble"
	fi
}

boot()
{
	"$lab/boot/boot.sh" --steps "$steps" --append "$append" \
		--firmware "$firmware" --screen "$screen" --cpu "$cpu" \
		--cpus "$cpus" --memory "$memory" --vars "$vars" \
		--testfw "$testfw" --deadline "$deadline" \
		"$kernel" "$initrd" "$console" < /dev/null
}

grep -v -e '^#' -e '^[[:space:]]*$' "$lab/tables/boots" |
while read -r name bases todo firmware cpus cpu memory store steps append; do
	case ,$bases, in *,all,* | *,"$base",*) ;; *) continue ;; esac
	case $only in '  ' | *" $name "*) ;; *) continue ;; esac
	case $name in
	kernel-*) [ -n "${KERNEL-}" ] || continue ;;
	*) [ -z "${KERNEL-}" ] || continue ;;
	esac
	[ -z "${ON-}" ] || [ "$(firmware_field "$firmware" code)" = \
		"$(firmware_field x64 code)" ] || continue
	# A hundred thousand calls did not come to their end within half an hour.
	case $(firmware_field "${ON:-x64}" bits),$steps, in
	32,*,load,*)
		echo "ok - $base $version $ON $name # SKIP it is about the" \
			"gate, which mixed mode does not have"
		continue ;;
	esac
	screen=
	[ -z "${ON-}" ] || elsewhere
	# On a busy host, the timer may not tick within the few milliseconds that
	# the kernel waits for it before it panics.
	append="$append no_timer_check"
	where="$base $version ${KERNEL:+$KERNEL }${ON:+$ON }$name"
	console=$logs/$name.console
	vars=
	[ "$store" = - ] || vars=$logs/$store.store
	# A hundred thousand calls take their time on a busy host.
	deadline=180
	case ,$steps, in *,load,*) deadline=600 ;; esac
	# Nor are kernels that watch themselves fast, or SMM with many CPUs.
	[ -z "${ON-}${KERNEL-}" ] || deadline=$((deadline * 3))
	testfw=
	case ,$steps, in
	*,ports,* | *,testfw,*) testfw=misbehave ;;
	*,notable,*) testfw=notable ;;
	esac
	[ ! -s "$vars" ] || cp "$vars" "$vars.before"
	start=$(date +%s)
	rc=0
	boot || rc=$?
	# Emulated CPUs of a busy host starve each other now and then, and old
	# kernels do not get over it. A guest that does it twice is at fault.
	why=
	[ "$rc" -ne 3 ] || why=hung
	! lost_a_page "$console" || why='a page lost in suspend'
	if [ -n "$why" ]; then
		cp "$console" "$console.hung"
		echo "# $where: $why, kept in $console.hung; booting again"
		rc=0
		if [ -n "$vars" ]; then
			rm -f "$vars"
			[ ! -s "$vars.before" ] || mv "$vars.before" "$vars"
		fi
		boot || rc=$?
	fi
	echo "# $where: $(($(date +%s) - start)) s"
	{
		if [ "$rc" -eq 3 ]; then
			echo "not ok - $where: the guest hung and was killed"
		elif [ "$rc" -ne 0 ]; then
			echo "not ok - $where: QEMU failed, see $console.qemu"
		fi
		if [ "$rc" -ne 0 ] || ! grep -q '^1\.\.' "$console.ktap"; then
			echo "#   the last lines of its console ($console):"
			tail -n 20 "$console" | sed 's/^/#   /'
		fi
		judge "$console"
	} > "$logs/$name.tap"
	awk -v base="$base" -v todo="$todo" -v where="$where: " '
		BEGIN { n = split(todo, list, ",") }
		/^not ok - / {
			step = substr($0, length("not ok - " where) + 1)
			sub(/[: ].*/, "", step)
			for (i = 1; i <= n; i++)
				if (list[i] == base || list[i] == base ":" step)
					$0 = $0 " # TODO known failure"
		}
		/^ok - / {
			step = substr($0, length("ok - " where) + 1)
			sub(/[: ].*/, "", step)
			for (i = 1; i <= n; i++)
				if (list[i] == base ":" step)
					$0 = "not " $0 ", a known failure no more"
		}
		{ print }' "$logs/$name.tap"
done
