#!/bin/sh
# rom.sh DRIVER OUTPUT [SUBSYSTEM]: wrap an EFI driver into a PCI option ROM (PCI Firmware
# Specification 3.0, 5.1; UEFI 2.10, 14.4.2). The firmware loads it from the
# device that carries it, so the machine needs no boot disk. The subsystem is 12 for
# a runtime driver, 11 for one that is gone after boot.
set -eu

driver=$1 output=$2 subsystem=${3:-12}
header=64
blocks=$((($(wc -c < "$driver") + header + 511) / 512))

# le16 NUMBER: two bytes, the low one first
le16()
{
	printf '%b' "$(printf '\\0%03o\\0%03o' $(($1 & 255)) $(($1 >> 8)))"
}

{
	le16 0xaa55
	le16 "$blocks"
	le16 0x0ef1; le16 0		# an EFI image,
	le16 "$subsystem"; le16 0x8664; le16 0 # a driver, x86-64, as it is,
	le16 0; le16 0; le16 0; le16 0
	le16 "$header"; le16 28; le16 0	# that starts here; PCI data follow
	printf PCIR
	le16 0x1b36; le16 0x0005	# QEMU's pci-testdev
	le16 0; le16 24; le16 0; le16 0xff00
	le16 "$blocks"
	le16 0; le16 0x8003; le16 0	# EFI, last image
	dd if=/dev/zero bs=1 count=$((header - 52)) 2>/dev/null
	cat "$driver"
} > "$output.new"
truncate -s "$((blocks * 512))" "$output.new"
mv "$output.new" "$output"
