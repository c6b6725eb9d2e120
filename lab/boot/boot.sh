#!/bin/sh
# boot.sh BZIMAGE INITRD CONSOLE STEPS [APPEND]: boot a kernel under QEMU, once.
#
# The console goes to the file CONSOLE. From the environment:
#	FIRMWARE  one of lab/tables/firmwares; x64 is the default
#	SCREEN    display adapter, instead of the one that is there for FIRMWARE
#	TESTFW    firmware with a runtime driver that misbehaves on command: misbehave,
#	          or notable, without a memory attributes table
#	MAP       what firmware/map.c is to do to the memory map
#	ICOUNT    yes: the TSC counts instructions, and all is the same each time
#	PLUGIN    a plugin for QEMU, with its arguments
#	KVM       yes: run on the host's CPU
#	VARS      variable store to use and keep; else a fresh one
#	DISK      disk with an operating system. With BZIMAGE and INITRD given as
#	          "-", firmware boots from it
#	SIGN      no: leave unsigned what the firmware wants signed
#	SNAPSHOT  on: what is written to DISK is not kept
#	DISK2     second disk, read only
#	REPORT    file for what the guest says on its second serial port
#	CPUS CPU MEM DEADLINE
# Exit status: 0 the guest ended by itself, 3 it hung and was killed, 4 QEMU
# failed.
set -eu
lab=$(cd "$(dirname "$0")/.." && pwd)
. "$lab/lib.sh"

kernel=$1 initrd=$2 console=$3 steps=$4 append=${5-}
ovmf=${OVMF_DIR:-/usr/share/OVMF}
ovmf=${ovmf%/}
deadline=${DEADLINE:-180}

# First of all: nobody is to take an earlier guest for this one.
mkdir -p "${console%/*}"
: > "$console"
rm -f "$console.resets"
[ -z "${REPORT-}" ] || : > "$REPORT"

firmware=${FIRMWARE:-x64}
machine=$(firmware_field "$firmware" machine)
[ -n "$machine" ] ||
	die "no firmware '$firmware': FIRMWARE is one of $(firmwares | tr '\n' ' ')"
display=${SCREEN:-$(firmware_field "$firmware" display)}
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
	[ -z "${TESTFW-}${MAP-}" ] ||
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
	[ "${SIGN-}" = no ] || mv "$run/signed" "$run/uki"
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

set -- -machine "$machine" -cpu "${CPU:-qemu64}" -smp "${CPUS:-1}" \
	-m "${MEM:-1024}" -display none -net none -nodefaults -vga "$display"
[ -z "$uboot" ] || set -- "$@" -bios "$uboot"
if [ -n "$code" ]; then
	vars=${VARS:-$run/vars.fd}
	[ -s "$vars" ] || cp "$store" "$vars"
	chmod u+w "$vars"
	set -- "$@" \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,unit=1,file=$vars"
fi
[ "$machine" = q35 ] ||
	set -- "$@" -global driver=cfi.pflash01,property=secure,value=on
[ -z "${TESTFW-}${MAP-}" ] || "$lab/firmware/make.sh"
[ -z "${TESTFW-}" ] ||
	set -- "$@" -device "pci-testdev,romfile=$out/firmware/$TESTFW.rom"
[ -z "${MAP-}" ] ||
	set -- "$@" -device "pci-testdev,romfile=$out/firmware/map.rom" \
		-fw_cfg "name=opt/efi-pgd/map,string=$MAP"
[ "${KVM-}" != yes ] || set -- "$@" -accel kvm
[ -z "${PLUGIN-}" ] || set -- "$@" -plugin "$PLUGIN"
[ "${ICOUNT-}" != yes ] ||
	set -- "$@" -icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm
[ -z "${DISK-}" ] || set -- "$@" -device virtio-blk-pci,drive=disk \
	-drive "if=none,id=disk,format=raw,snapshot=${SNAPSHOT:-off},file=$DISK"
[ -z "${DISK2-}" ] || set -- "$@" -device virtio-blk-pci,drive=disk2 \
	-drive "if=none,id=disk2,format=raw,readonly=on,file=$DISK2"
[ ! -d "$run/esp" ] || set -- "$@" -device virtio-blk-pci,drive=esp \
	-drive "if=none,id=esp,format=raw,readonly=on,file=fat:$run/esp"
[ "$initrd" = - ] || set -- "$@" -initrd "$initrd"
[ "$kernel" = - ] || set -- "$@" -kernel "$kernel" \
	-append "$cmdline"

if [ "${SHELL_ON_TERMINAL-}" = yes ]; then
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
	${REPORT:+-serial "file:$REPORT"} \
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
	asleep=$(grep -c '^LAB: suspending' "$console" || :)
	resumed=$(grep -c -E '^LAB: (not )?ok suspend ' "$console" || :)
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
if [ "$rc" -eq 4 ]; then
	say "qemu-system-x86_64: $(head -n 3 "$console.qemu" | tr '\n' ' ')"
fi
exit "$rc"
