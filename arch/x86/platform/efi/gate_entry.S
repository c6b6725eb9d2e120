/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: into firmware at CPL 3, and out again.
 *
 * Entering and leaving, the CPU runs this page of text on the gate's stack. In
 * between, CR3 and IDTR are not the kernel's, or only one of them is:
 *
 *	kernel IDT, kernel CR3	 efi_gate_enter(), then
 *	gate's IDT, kernel CR3	  the window: nothing but NMI and #MC can happen,
 *	gate's IDT, EFI's CR3	  and neither may use anything of the kernel
 *	gate's IDT, EFI's CR3	   firmware
 *	gate's IDT, EFI's CR3	  the window
 *	gate's IDT, kernel CR3	  the window
 *	kernel IDT, kernel CR3	 back in efi_gate_enter()
 *
 * The page, efi_gate_page and the IDT are mapped at the same addresses in both
 * page tables. What is run here must not touch anything else in the window, be
 * it through an alternative or a thunk.
 *
 * An NMI or a machine check in the window is noted. On the way in, firmware is
 * not entered then: its registers were only read. On the way out, the interrupted
 * instructions are resumed, without IRET: that would unblock NMIs before the
 * kernel's handler has seen this one. The caller has it handled as soon as all is
 * the kernel's again, before it can take an exception and IRET from that.
 */
#include <linux/export.h>
#include <linux/linkage.h>
#if EFI_PGD_BASE >= 601
#include <linux/objtool.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#else
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#if EFI_PGD_SUBLEVEL >= 100
#include <asm/bitsperlong.h>
#include <asm/nospec-branch.h>
#endif
#endif
#include <asm/page_types.h>
#include <asm/percpu.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#if EFI_PGD_BASE >= 601
#include <asm/trapnr.h>
#include <asm/unwind_hints.h>
#endif

#include "../../entry/calling.h"
#include "gate_entry.h"

#if EFI_PGD_BASE >= 612
#define GATE_HINT UNWIND_HINT_UNDEFINED

#elif EFI_PGD_BASE >= 601
#define GATE_HINT UNWIND_HINT_EMPTY

#else
/* enum in <asm/traps.h> */
#define X86_TRAP_NMI	2
#define X86_TRAP_MC	18

#endif
/* Fields of efi_gate_page, and of efi_gate_page.regs by their names in pt_regs */
#define GATE(field)	efi_gate_page + GATE_##field(%rip)
#define REG(name)	efi_gate_page + GATE_regs + (name)(%rip)
/* What IRET loads, RIP to SS: the top of the gate's stack, right below the regs */
#define IRET(name)	efi_gate_page + GATE_regs + (name) - SS - 8(%rip)

/* Exceptions for which the CPU pushes an error code: #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX */
#define HAS_ERROR_CODE	0x60227d00

#if EFI_PGD_BASE >= 601
	.section .noinstr.text, "ax"
	.balign PAGE_SIZE, 0xcc
SYM_ENTRY(efi_gate_text, SYM_L_GLOBAL, SYM_A_NONE)
	ANNOTATE_NOENDBR
#else
	.section .kprobes.text, "ax"
	.balign PAGE_SIZE, 0xcc
GLOBAL(efi_gate_text)
#endif

/**
 * efi_gate_enter - run firmware until something happens
 *
 * Enters at CPL 3 with the registers in efi_gate_page.regs. Returns when the
 * firmware took an exception or was interrupted, with its registers there and
 * the reason in efi_gate_page.vector. That is left as it was if firmware was not
 * entered because of an NMI or a machine check. Whether there was one is in
 * efi_gate_page.nmi_pending and mce_pending: the caller has to have the kernel
 * handle it, before it takes an exception. Until then NMIs may be blocked.
 *
 * If efi_gate_page.copy_left is not 0, that many bytes are copied instead, on
 * EFI's page tables. An exception, an NMI or a machine check ends that, with some
 * left.
 *
 * Called with interrupts disabled. The caller takes care of what firmware may
 * change at CPL 3: segments, FS and GS base, PKRU, and the FPU.
 */
#if EFI_PGD_BASE >= 601
SYM_FUNC_START(efi_gate_enter)
#else
ENTRY(efi_gate_enter)
#endif
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushfq
#if EFI_PGD_BASE >= 601
	UNWIND_HINT_SAVE
#endif

	movq	%rsp, GATE(kernel_rsp)
#if EFI_PGD_BASE >= 601
	CLEAR_CPU_BUFFERS
#endif
	swapgs
	leaq	IRET(RIP), %rsp
#if EFI_PGD_BASE >= 601
	GATE_HINT
#endif

#if EFI_PGD_BASE >= 601
SYM_INNER_LABEL(efi_gate_window, SYM_L_LOCAL)
#else
efi_gate_window:
#endif
	lidt	GATE(idt)
	movq	GATE(efi_cr3), %rax
	movq	%rax, %cr3

	cmpq	$0, GATE(copy_left)
	jne	.Lcopy

	/* IRET from a copy: an event must not find RSP in the registers. */
	movq	REG(RIP), %rax
	movq	%rax, IRET(RIP)
	movq	REG(CS), %rax
	movq	%rax, IRET(CS)
	movq	REG(EFLAGS), %rax
	movq	%rax, IRET(EFLAGS)
	movq	REG(RSP), %rax
	movq	%rax, IRET(RSP)
	movq	REG(SS), %rax
	movq	%rax, IRET(SS)
	movq	REG(R15), %r15
	movq	REG(R14), %r14
	movq	REG(R13), %r13
	movq	REG(R12), %r12
	movq	REG(RBP), %rbp
	movq	REG(RBX), %rbx
	movq	REG(R11), %r11
	movq	REG(R10), %r10
	movq	REG(R9), %r9
	movq	REG(R8), %r8
	movq	REG(RAX), %rax
	movq	REG(RCX), %rcx
	movq	REG(RDX), %rdx
	movq	REG(RSI), %rsi
	movq	REG(RDI), %rdi
#if EFI_PGD_BASE >= 601
	UNWIND_HINT_IRET_REGS
#endif
	iretq

.Lcopy:
#if EFI_PGD_BASE >= 601
	GATE_HINT
#endif
	movq	GATE(copy_to), %rdi
	movq	GATE(copy_from), %rsi
	movq	GATE(copy_left), %rcx
	/* Not STAC: the first calls may come before alternatives are applied. */
	pushfq
	orq	$X86_EFLAGS_AC, (%rsp)
	popfq
.Lcopy_byte:
	movb	(%rsi), %al
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rcx
	movq	%rcx, GATE(copy_left)
	jnz	.Lcopy_byte

#if EFI_PGD_BASE >= 601
SYM_INNER_LABEL(efi_gate_leave, SYM_L_LOCAL)
	GATE_HINT
#else
efi_gate_leave:
#endif
	movq	GATE(kernel_cr3), %rax
	movq	%rax, %cr3
	lidt	GATE(kernel_idt)
	/* From here on, NMIs and machine checks are the kernel's. */
	movq	GATE(kernel_rsp), %rsp
#if EFI_PGD_BASE >= 601
	UNWIND_HINT_RESTORE
#endif
	popfq
	swapgs

	/* Nothing that firmware left in registers or predictors is to be used. */
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
#if EFI_PGD_BASE >= 601
	IBRS_ENTER
	UNTRAIN_RET
	CLEAR_BRANCH_HISTORY
#endif
#if EFI_PGD_BASE >= 601 || EFI_PGD_SUBLEVEL >= 100
	/* The CALL that RET belongs to is not the last one the CPU has seen. */
	FILL_RETURN_BUFFER %rax, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_CTXSW
#endif

	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
#if EFI_PGD_BASE >= 601
	RET
SYM_FUNC_END(efi_gate_enter)
#else
	ret
ENDPROC(efi_gate_enter)
#endif

/* Where the gate's IDT points to. */
	.balign EFI_GATE_EXC_STUB, 0xcc
#if EFI_PGD_BASE >= 601
SYM_CODE_START(efi_gate_exc_stubs)
#else
GLOBAL(efi_gate_exc_stubs)
#endif
	vector = 0
	.rept EFI_GATE_EXCEPTIONS
	.balign EFI_GATE_EXC_STUB, 0xcc
#if EFI_PGD_BASE >= 601
	GATE_HINT
	ENDBR
#endif
	.if !((HAS_ERROR_CODE >> vector) & 1)
	pushq	$0
	.endif
	pushq	$vector
	jmp	efi_gate_exception
	vector = vector + 1
	.endr
#if EFI_PGD_BASE >= 601
SYM_CODE_END(efi_gate_exc_stubs)
#else
END(efi_gate_exc_stubs)
#endif

	.balign EFI_GATE_IRQ_STUB, 0xcc
#if EFI_PGD_BASE >= 601
SYM_CODE_START(efi_gate_irq_stubs)
#else
GLOBAL(efi_gate_irq_stubs)
#endif
	.rept EFI_GATE_VECTORS - EFI_GATE_EXCEPTIONS
	.balign EFI_GATE_IRQ_STUB, 0xcc
#if EFI_PGD_BASE >= 601
	GATE_HINT
	ENDBR
#endif
	pushq	$(vector - 128)
	jmp	.Lirq
	vector = vector + 1
	.endr
#if EFI_PGD_BASE >= 601
SYM_CODE_END(efi_gate_irq_stubs)
#else
END(efi_gate_irq_stubs)
#endif

#if EFI_PGD_BASE >= 601
SYM_CODE_START_LOCAL(efi_gate_exception)
	GATE_HINT
#else
efi_gate_exception:
#endif
	testb	$3, 3*8(%rsp)
	jz	efi_gate_nested
.Lsave:
	/* The CPU has pushed the rest, onto the end of efi_gate_page.regs. */
	xchgq	%rdi, (%rsp)
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rdi, GATE(vector)
	movq	%cr2, %rax
	movq	%rax, GATE(cr2)
	cmpl	$X86_TRAP_NMI, %edi
	jne	1f
	movb	$1, GATE(nmi_pending)
1:	cmpl	$X86_TRAP_MC, %edi
	jne	2f
	movb	$1, GATE(mce_pending)
2:	jmp	efi_gate_leave

.Lirq:
	/* Interrupts are off at CPL 0: this came from CPL 3. */
#if EFI_PGD_BASE >= 601
	GATE_HINT
#endif
	pushq	$EFI_GATE_IRQ
	jmp	.Lsave
#if EFI_PGD_BASE >= 601
SYM_CODE_END(efi_gate_exception)
#else
END(efi_gate_exception)
#endif

/*
 * Return to where an event came from, without IRET. All it takes is RSP, RIP and
 * RFLAGS, because the privilege level stays what it was. The new frame may lie on
 * top of the one that the CPU has pushed, so that is read first. The return is a
 * far one, which no branch predictor has a say in: firmware may have trained it.
 */
.macro RESUME save
	movq	%rbx, efi_gate_page + \save + 1*8(%rip)
	movq	%rcx, efi_gate_page + \save + 2*8(%rip)
	movq	5*8(%rsp), %rax
	movq	2*8(%rsp), %rbx
	movq	4*8(%rsp), %rcx
	movq	$__KERNEL_CS, -1*8(%rax)
	movq	%rbx, -2*8(%rax)
	movq	%rcx, -3*8(%rax)
	leaq	-3*8(%rax), %rsp
	movq	efi_gate_page + \save(%rip), %rax
	movq	efi_gate_page + \save + 1*8(%rip), %rbx
	movq	efi_gate_page + \save + 2*8(%rip), %rcx
	popfq
	lretq
	int3
.endm

/* Go on to efi_gate_leave if this is the way in. Clobbers RAX, keeps it in @save. */
.macro ABORT_ENTRY save
	movq	%rax, efi_gate_page + \save(%rip)
	leaq	efi_gate_window(%rip), %rax
	cmpq	%rax, 2*8(%rsp)
	jb	.Lresume_\@
	leaq	efi_gate_leave(%rip), %rax
	cmpq	%rax, 2*8(%rsp)
	jb	efi_gate_leave
.Lresume_\@:
.endm

/* An event at CPL 0. On the stack: vector, error code, and what the CPU pushes. */
#if EFI_PGD_BASE >= 601
SYM_CODE_START_LOCAL(efi_gate_nested)
	GATE_HINT
#else
efi_gate_nested:
#endif
	cmpq	$X86_TRAP_NMI, (%rsp)
	je	.Lnested_nmi
	cmpq	$X86_TRAP_MC, (%rsp)
	je	.Lnested_mce

	/* Copying, or IRET to where the firmware cannot go: tell the caller. */
	popq	%rax
	incq	%rax
	movq	%rax, GATE(fault)
	movq	%cr2, %rax
	movq	%rax, GATE(cr2)
	jmp	efi_gate_leave

.Lnested_nmi:
	movb	$1, GATE(nmi_pending)
	ABORT_ENTRY GATE_nmi_save
	RESUME GATE_nmi_save

.Lnested_mce:
#if EFI_PGD_BASE >= 601
	GATE_HINT
#endif
	movb	$1, GATE(mce_pending)
	ABORT_ENTRY GATE_mce_save
	RESUME GATE_mce_save
#if EFI_PGD_BASE >= 601
SYM_CODE_END(efi_gate_nested)
#else
END(efi_gate_nested)
#endif

	.balign PAGE_SIZE, 0xcc
#if EFI_PGD_BASE >= 601
SYM_ENTRY(efi_gate_text_end, SYM_L_GLOBAL, SYM_A_NONE)
#else
GLOBAL(efi_gate_text_end)
#endif

	.section .rodata, "a"
	.balign 8
#if EFI_PGD_BASE >= 601
SYM_DATA(efi_gate_text_size, .quad efi_gate_text_end - efi_gate_text)
#else
GLOBAL(efi_gate_text_size)
	.quad	efi_gate_text_end - efi_gate_text
#endif

	.text

/*
 * efi_gate_deliver_irq - have the kernel handle an interrupt
 * @handler:	the entry point in the kernel's IDT
 *
 * The CPU has acknowledged the interrupt on its way through the gate's IDT. Make
 * the frame it would have pushed; the handler returns with IRET.
 */
#if EFI_PGD_BASE >= 601
SYM_FUNC_START(efi_gate_deliver_irq)
#else
ENTRY(efi_gate_deliver_irq)
#endif
	pushq	%rbp
	movq	%rsp, %rbp
	andq	$-16, %rsp
	pushq	$__KERNEL_DS
	pushq	%rbp
	pushfq
	pushq	$__KERNEL_CS
#if EFI_PGD_BASE >= 601
	CALL_NOSPEC rdi
#elif EFI_PGD_SUBLEVEL >= 100
	CALL_NOSPEC %rdi
#else
	call	*%rdi
#endif
	/* For objtool, which does not know that the handler popped the frame. */
	movq	%rbp, %rsp
	popq	%rbp
#if EFI_PGD_BASE >= 601
	RET
SYM_FUNC_END(efi_gate_deliver_irq)
#else
	ret
ENDPROC(efi_gate_deliver_irq)
#endif
