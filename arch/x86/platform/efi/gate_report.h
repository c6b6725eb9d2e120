/* SPDX-License-Identifier: GPL-2.0-only */
/* What the gate says about firmware */
#ifndef _X86_PLATFORM_EFI_GATE_REPORT_H
#define _X86_PLATFORM_EFI_GATE_REPORT_H

#include <linux/types.h>
#include <asm/insn.h>
#include <asm/ptrace.h>

#include "gate.h"

/**
 * struct efi_gate_exit - how a call ended
 * @cr2:	CR2, for what a page fault
 * @vector:	the exception that ended it
 * @in_gate:	the exception was in the gate itself
 * @returned:	there was none: firmware returned
 * @refused:	the privileged instruction that was the reason, or NULL
 * @insn:	the bytes at RIP
 * @insn_size:	how many of them could be read
 *
 * The registers are in efi_gate_page.
 */
struct efi_gate_exit {
	u64		cr2;
	unsigned int	vector;
	bool		in_gate;
	bool		returned;
	const char	*refused;
	u8		insn[MAX_INSN_SIZE];
	size_t		insn_size;
};

/* What is carried out and yet worth knowing: said once for each */
enum efi_gate_unusual {
	EFI_GATE_TRAP_FLAG,
	EFI_GATE_LONG_CLI,
	EFI_GATE_SAME_MSR,
	EFI_GATE_SAME_CR,
	EFI_GATE_INVLPG,
	EFI_GATE_RDPMC,
	EFI_GATE_READ_DR,
	EFI_GATE_SAME_DR,
	EFI_GATE_AC_FLAG,
	EFI_GATE_MONITOR,
	EFI_GATE_UNUSUALS,
};

void efi_gate_running(enum efi_gate_service service, struct task_struct *task);
void efi_gate_unusual(enum efi_gate_unusual what, const struct pt_regs *regs);
void efi_gate_report(enum efi_gate_service service,
		     const struct efi_gate_exit *e);

#endif /* _X86_PLATFORM_EFI_GATE_REPORT_H */
