/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What gate_entry.S and gate.c share: one page of data that is mapped at the
 * same address in the kernel's page tables and, as a supervisor page, in EFI's.
 */
#ifndef _X86_PLATFORM_EFI_GATE_ENTRY_H
#define _X86_PLATFORM_EFI_GATE_ENTRY_H

/* Vectors below are exceptions, which come with an error code or a 0 for one. */
#define EFI_GATE_EXCEPTIONS	32
#define EFI_GATE_VECTORS	256

/* efi_gate_page.vector: what ended a stay at CPL 3, if it is no exception */
#define EFI_GATE_IRQ		256	/* regs.orig_ax: vector minus 128 */
#define EFI_GATE_NOTHING	257	/* firmware did not get to run */

/* The stubs of interrupts are shorter. With IBT, ENDBR takes four bytes more. */
#define EFI_GATE_EXC_STUB	16
#ifdef CONFIG_X86_KERNEL_IBT
#define EFI_GATE_IRQ_STUB	16
#else
#define EFI_GATE_IRQ_STUB	8
#endif

#ifndef __ASSEMBLY__

#if EFI_PGD_BASE >= 601
#include <linux/build_bug.h>
#endif
#include <linux/types.h>
#include <asm/desc_defs.h>
#include <asm/page.h>
#include <asm/ptrace.h>

/**
 * struct efi_gate_page - state of the gate
 * @kernel_cr3:		CR3 to leave with
 * @kernel_rsp:		stack to leave on
 * @efi_cr3:		CR3 to enter with
 * @cr2:		CR2 on leaving
 * @kernel_idt:		IDT to leave with
 * @idt:		IDT to enter with
 * @vector:		why firmware was left: an exception, or EFI_GATE_*
 * @fault:		1 + vector of an exception in the gate itself, 0 if none
 * @nmi_pending:	there was an NMI, for the kernel to handle
 * @mce_pending:	the same of a machine check
 * @copy_to:		where efi_gate_enter() is to copy to
 * @copy_from:		where it is to copy from
 * @copy_left:		bytes to copy; 0 if it is to run firmware
 * @nmi_save:		registers, while returning from an NMI in the gate
 * @mce_save:		the same for a machine check
 * @buffer:		kernel's end of such a copy
 * @stack:		the gate's stack, grows down from @regs
 * @regs:		registers of the firmware; the CPU pushes the last five on
 *			leaving CPL 3, because this is where TSS.RSP0 points
 */
struct efi_gate_page {
	u64			kernel_cr3;
	u64			kernel_rsp;
	u64			efi_cr3;
	u64			cr2;
	struct desc_ptr		kernel_idt __aligned(16);
	struct desc_ptr		idt __aligned(16);
	u64			vector;
	u64			fault;
	u8			nmi_pending;
	u8			mce_pending;
	u64			copy_to;
	u64			copy_from;
	u64			copy_left;
	u64			nmi_save[3] __aligned(16);
	u64			mce_save[3] __aligned(16);
	u8			buffer[256] __aligned(16);
	u8			stack[1032] __aligned(1024);
	struct pt_regs		regs;
} __aligned(PAGE_SIZE);

extern struct efi_gate_page efi_gate_page;
extern const u8 efi_gate_text[];
extern const unsigned long efi_gate_text_size;
extern const u8 efi_gate_exc_stubs[], efi_gate_irq_stubs[];

void efi_gate_enter(void);
void efi_gate_deliver_irq(unsigned long handler);

#endif /* !__ASSEMBLY__ */
#endif /* _X86_PLATFORM_EFI_GATE_ENTRY_H */
