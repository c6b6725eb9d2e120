#!/bin/sh
# boot.sh [OPTION]... KERNEL INITRD CONSOLE: boot a kernel under QEMU, once. "-" for
# KERNEL and INITRD: the firmware boots what is on the disk. The console goes to the file
# CONSOLE, what the guest says on its second serial port to CONSOLE.ktap. KVM=yes in the environment: on the host's CPU; OVMF_DIR and UBOOT_DIR:
# where the firmware is. Exit status: 0 the guest ended by itself, 3 it hung and was
# killed, 4 QEMU failed.
#? --steps LIST      what the guest does, see step_* in lab/guest/init
#? --append TEXT     to the kernel's command line
#? --firmware NAME   one of lab/tables/firmwares; x64 is the default
#? --screen NAME     display adapter, instead of the firmware's
#? --cpu MODEL       of QEMU; qemu64 is the default
#? --cpus N          1 is the default
#? --memory MIB      1024 is the default
#? --deadline S      seconds until it has hung; 180 is the default
#? --testfw NAME     with the test firmware: misbehave, or notable, which has no
#?                   memory attributes table
#? --map TEXT        what firmware/map.c is to do to the memory map
#? --vars FILE       variable store to use and keep; else a fresh one
#? --unsigned        leave unsigned what the firmware wants signed
#? --disk FILE       disk with an operating system
#? --keep-disk       keep what is written to it
#? --disk2 FILE      second disk, read only
#? --plugin TEXT     a plugin for QEMU, with its arguments
#? --icount          the TSC counts instructions: all is the same each time
#? --terminal        on this terminal, for people
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

usage()
{
	sed -n 's/^#? //p' "$0" >&2
	die "boot.sh [OPTION]... KERNEL INITRD CONSOLE"
}

steps=- append='' firmware=x64 screen='' cpu=qemu64 cpus=1 memory=1024 deadline=180
testfw='' map='' vars='' sign=yes disk='' snapshot=on disk2='' plugin=''
terminal=no icount=no
while :; do
	case ${1-} in
	--unsigned)	sign=no; shift; continue ;;
	--keep-disk)	snapshot=off; shift; continue ;;
	--terminal)	terminal=yes; shift; continue ;;
	--icount)	icount=yes; shift; continue ;;
	--*)	[ $# -gt 1 ] || usage ;;
	*)	break ;;
	esac
	case $1 in
	--steps)	steps=$2 ;;
	--append)	append=$2 ;;
	--firmware)	firmware=$2 ;;
	--screen)	screen=$2 ;;
	--cpu)		cpu=$2 ;;
	--cpus)		cpus=$2 ;;
	--memory)	memory=$2 ;;
	--deadline)	deadline=$2 ;;
	--testfw)	testfw=$2 ;;
	--map)		map=$2 ;;
	--vars)		vars=$2 ;;
	--disk)		disk=$2 ;;
	--disk2)	disk2=$2 ;;
	--plugin)	plugin=$2 ;;
	*)	usage ;;
	esac
	shift 2
done
[ $# -eq 3 ] || usage
kernel=$1 initrd=$2 console=$3
ovmf=${OVMF_DIR:-/usr/share/OVMF}
ovmf=${ovmf%/}

# First of all: nobody is to take an earlier guest for this one.
mkdir -p "${console%/*}"
: > "$console"
rm -f "$console.resets"
ktap=$console.ktap
: > "$ktap"

machine=$(firmware_field "$firmware" machine)
[ -n "$machine" ] ||
	die "no firmware '$firmware': it is one of $(firmwares | tr '\n' ' ')"
display=${screen:-$(firmware_field "$firmware" display)}
secure=$(firmware_field "$firmware" secure)
code=$(firmware_field "$firmware" code)
store=$(firmware_field "$firmware" store)
uboot=''
case $code,$store in
-,*)	code='' ;;
*,-)	uboot=${UBOOT_DIR:-/usr/lib/u-boot/qemu-x86_64}/$code code=''
	[ -r "$uboot" ] || die "no ${uboot##*/} in ${uboot%/*}: install the" \
		"package u-boot-qemu, or set UBOOT_DIR"
	command -v mkimage >/dev/null || die "no mkimage: run 'make deps'"
	[ -z "$testfw$map" ] ||
		die "$firmware does not run EFI drivers of option ROMs, which" \
		    "the test firmware is" ;;
*)	code=$ovmf/$code store=$ovmf/$store
	[ -r "$code" ] && [ -r "$store" ] ||
		die "no ${code##*/} with ${store##*/} in $ovmf: install the" \
		    "packages ovmf and ovmf-ia32, or set OVMF_DIR" ;;
esac
command -v qemu-system-x86_64 >/dev/null ||
	die "no qemu-system-x86_64: run 'make deps'"

run=$(mktemp -d)
qemu='' tail=''
cleanup()
{
	[ -z "$tail" ] || kill "$tail" 2>/dev/null || :
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || :
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

cmdline="console=ttyS0 panic=-1 lab=$steps $append"
# QEMU changes the header of the kernel that -kernel gives, so that no signature
# on it holds. A signed one is started from a disk, with initramfs and command line
# in the same file, as systemd's stub has it.
case $secure in
off | on) key= ;;
*)	key=${ovmf%/*}/ovmf/$secure ;;
esac
stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
if [ -n "$key" ] && [ "$kernel" != - ]; then
	for need in "$key.key" "$key.pem" "$stub" /usr/bin/sbsign; do
		[ -e "$need" ] || die "no $need: run 'make deps'"
	done
	mkdir -p "$run/esp/EFI/BOOT"
	printf '%s' "$cmdline" > "$run/cmdline"
	# Close together, as the firmware allocates all from the first to the
	# last; the kernel, which unpacks itself, comes last.
	initrd_at=$((0x100000))
	kernel_at=$(((initrd_at + $(wc -c < "$initrd") + 0xfffff) & ~0xfffff))
	objcopy --add-section ".cmdline=$run/cmdline" \
		--change-section-vma .cmdline=0x30000 \
		--add-section ".initrd=$initrd" \
		--change-section-vma ".initrd=$initrd_at" \
		--add-section ".linux=$kernel" \
		--change-section-vma ".linux=$kernel_at" \
		"$stub" "$run/uki"
	# The passphrase is public: ovmf's README.Debian has it.
	openssl rsa -in "$key.key" -passin pass:snakeoil -out "$run/key" 2>&1
	sbsign --key "$run/key" --cert "$key.pem" --output "$run/signed" \
		"$run/uki" 2>&1
	[ "$sign" = no ] || mv "$run/signed" "$run/uki"
	mv "$run/uki" "$run/esp/EFI/BOOT/BOOTX64.EFI"
	kernel=- initrd=-
fi > "$console.disk"
# U-Boot boots what -kernel gives it without EFI; what is on a disk, as a script
# there says. Systemd's stub uses SSE, which U-Boot 2023.01 has not switched on.
if [ -n "$uboot" ] && [ "$kernel" != - ]; then
	mkdir -p "$run/esp"
	cp "$kernel" "$run/esp/bzImage"
	cp "$initrd" "$run/esp/initrd"
	cat > "$run/script" <<-EOF
		setenv bootargs 'initrd=initrd $cmdline'
		load \${devtype} \${devnum}:\${distro_bootpart} \${kernel_addr_r} bzImage
		bootefi \${kernel_addr_r}
	EOF
	mkimage -T script -d "$run/script" "$run/esp/boot.scr"
	kernel=- initrd=-
fi >> "$console.disk"

set -- -machine "$machine" -cpu "$cpu" -smp "$cpus" \
	-m "$memory" -display none -net none -nodefaults -vga "$display"
[ -z "$uboot" ] || set -- "$@" -bios "$uboot"
if [ -n "$code" ]; then
	vars=${vars:-$run/vars.fd}
	[ -s "$vars" ] || cp "$store" "$vars"
	chmod u+w "$vars"
	set -- "$@" \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,unit=1,file=$vars"
fi
[ "$machine" = q35 ] ||
	set -- "$@" -global driver=cfi.pflash01,property=secure,value=on
[ -z "$testfw$map" ] || "$lab/firmware/make.sh"
[ -z "$testfw" ] ||
	set -- "$@" -device "pci-testdev,romfile=$out/firmware/$testfw.rom"
[ -z "$map" ] ||
	set -- "$@" -device "pci-testdev,romfile=$out/firmware/map.rom" \
		-fw_cfg "name=opt/efi-pgd/map,string=$map"
[ "${KVM-}" != yes ] || set -- "$@" -accel kvm
[ -z "$plugin" ] || set -- "$@" -plugin "$plugin"
[ "$icount" = no ] ||
	set -- "$@" -icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm
[ -z "$disk" ] || set -- "$@" -device virtio-blk-pci,drive=disk \
	-drive "if=none,id=disk,format=raw,snapshot=$snapshot,file=$disk"
[ -z "$disk2" ] || set -- "$@" -device virtio-blk-pci,drive=disk2 \
	-drive "if=none,id=disk2,format=raw,readonly=on,file=$disk2"
[ ! -d "$run/esp" ] || set -- "$@" -device virtio-blk-pci,drive=esp \
	-drive "if=none,id=esp,format=raw,readonly=on,file=fat:$run/esp"
[ "$initrd" = - ] || set -- "$@" -initrd "$initrd"
[ "$kernel" = - ] || set -- "$@" -kernel "$kernel" \
	-append "$cmdline"

if [ "$terminal" = yes ]; then
	exec qemu-system-x86_64 "$@" -serial mon:stdio -no-reboot
fi

# A guest that resets once more than it should is stopped by the deadline
# otherwise; only the reset test may reset, and leaves a trace of where from.
case ,$steps, in
*,reset,*) set -- "$@" -d cpu_reset -D "$console.resets" ;;
*) set -- "$@" -no-reboot ;;
esac

mkfifo "$run/monitor.in" "$run/monitor.out"
qemu-system-x86_64 "$@" -serial "file:$console" \
	-serial "file:$ktap" \
	-chardev "pipe,id=monitor,path=$run/monitor" -mon chardev=monitor \
	> "$console.qemu" 2>&1 &
qemu=$!
cat "$run/monitor.out" > "$console.monitor" &
tail=$!
exec 8<>"$run/monitor.in"

start=$(date +%s)
awake=0
rc=0
while kill -0 "$qemu" 2>/dev/null; do
	sleep 0.3
	# Wake the guest as often as it said it was going to sleep. QEMU
	# ignores the command while the guest still runs: repeat it.
	asleep=$(grep -c ' lab: suspending' "$console" || :)
	resumed=$(grep -c -E '^(not )?ok [0-9]+ - suspend ' "$ktap" || :)
	if [ "$asleep" -gt "$resumed" ]; then
		awake=$((awake + 1))
		[ $((awake % 7)) -ne 0 ] || echo system_wakeup >&8
	fi
	# Without power management, as U-Boot has it, this is the end.
	! grep -q 'reboot: .*System halted' "$console" || echo quit >&8
	if [ $(($(date +%s) - start)) -ge "$deadline" ]; then
		# Where it hangs is worth knowing: left in CONSOLE.monitor.
		echo "info registers -a" >&8
		sleep 1
		kill "$qemu" 2>/dev/null || :
		wait "$qemu" 2>/dev/null || :
		rc=3
		break
	fi
done
[ "$rc" -ne 0 ] || wait "$qemu" || rc=4
qemu=''
# Without what the firmware says to terminals, and with a newline at the end.
tr -d '\r' < "$console" | sed "s/$(printf '\033')\\[[0-9;=]*[A-Za-z]//g" \
	> "$console.new"
[ -z "$(tail -c 1 "$console.new")" ] || echo >> "$console.new"
mv "$console.new" "$console"
sed -i 's/\r$//' "$ktap"
if [ "$rc" -eq 4 ]; then
	say "qemu-system-x86_64: $(head -n 3 "$console.qemu" | tr '\n' ' ')"
fi
exit "$rc"
