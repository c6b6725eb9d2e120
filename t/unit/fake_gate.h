/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate and the kernel as marshal.c sees them, in user space. Every piece of
 * the argument area that is allocated is an allocation of its own of just the size
 * that was asked for, at an address that is none of this process. Slots have the
 * size of what the service has in them. What is mapped is the caller's memory, for
 * firmware to read.
 */
#ifndef FAKE_GATE_H
#define FAKE_GATE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate.h"

struct fake_piece {
	u64 addr;
	size_t size;
	u8 *memory;
	bool mapped;
};

extern struct fake_piece *fake_pieces;
extern unsigned int fake_piece_count;
extern struct fake_piece fake_slots[EFI_GATE_MAX_ARGS];

/* What firmware was called with last, and how often in all */
extern enum efi_gate_service fake_service;
extern u64 fake_address, fake_args[EFI_GATE_MAX_ARGS];
extern unsigned int fake_calls;

/* How memory was last asked for; that which is not to be had, 1 for the first */
extern gfp_t fake_gfp;
extern unsigned int fake_allocs, fake_fail;

/* Firmware: returns a status */
extern efi_status_t (*fake_firmware)(void);

/* Memory at an address of firmware. Ends the process if that is not there. */
void *fake_at(u64 addr, size_t size);
struct fake_piece *fake_piece(u64 addr);

#endif /* FAKE_GATE_H */
