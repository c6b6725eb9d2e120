#!/bin/sh
# test-firmware.t: the test firmware is whole however many ask for it at once.
set -eu
. "${0%/*}/tap.sh"
. "$t/scratch.sh"

log=$scratch/log
made=$EFI_PGD_OUT/firmware
rc=0
"$lab/firmware/make.sh" > "$log" 2>&1 || rc=1
cp -R "$made" "$scratch/alone"
result $rc "test firmware: made" "$log"

rc=0
for _ in 1 2 3 4 5; do
	rm -rf "$made"
	for _ in 1 2 3 4; do
		"$lab/firmware/make.sh" >> "$log" 2>&1 &
	done
	wait
	for rom in misbehave.rom notable.rom map.rom; do
		cmp "$scratch/alone/$rom" "$made/$rom" >> "$log" 2>&1 || rc=1
	done
done
result $rc "test firmware: made by four at once" "$log"
