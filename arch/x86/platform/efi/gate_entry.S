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
 * kernel's handler has seen this one. The handler is called as soon as all is
 * the kernel's again, before C code can take an exception and IRET from it.
 */
#include <linux/export.h>
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/page_types.h>
#include <asm/percpu.h>
#include <asm/segment.h>
#include <asm/smap.h>
#include <asm/trapnr.h>
#include <asm/unwind_hints.h>

#include "../../entry/calling.h"
#include "gate_entry.h"

#if EFI_PGD_BASE >= 612
#define GATE_HINT UNWIND_HINT_UNDEFINED
#else
#define GATE_HINT UNWIND_HINT_EMPTY
#endif

/* Fields of efi_gate_page and of efi_gate_page.regs; the latter as in pt_regs */
#define GATE(field)	efi_gate_page + GATE_##field(%rip)
#define REG(offset)	efi_gate_page + GATE_REGS + (offset)(%rip)
/* What IRET loads: the top of the gate's stack */
#define IRET(offset)	REG((offset) - 5*8)

/* Exceptions for which the CPU pushes an error code: #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX */
#define HAS_ERROR_CODE	0x60227d00

	.section .noinstr.text, "ax"
	.balign PAGE_SIZE, 0xcc
SYM_ENTRY(efi_gate_text, SYM_L_GLOBAL, SYM_A_NONE)
	ANNOTATE_NOENDBR

/**
 * efi_gate_enter - run firmware until something happens
 *
 * Enters at CPL 3 with the registers in efi_gate_page.regs. Returns when the
 * firmware took an exception or was interrupted, with its registers there and
 * the reason in efi_gate_page.vector. That is left as it was if firmware was not
 * entered because of an NMI or a machine check. These have been handled.
 *
 * If efi_gate_page.copy_left is not 0, that many bytes are copied instead, on
 * EFI's page tables. An exception, an NMI or a machine check ends that, with some
 * left.
 *
 * Called with interrupts disabled. The caller takes care of what firmware may
 * change at CPL 3: segments, FS and GS base, PKRU, and the FPU.
 */
SYM_FUNC_START(efi_gate_enter)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushfq
	UNWIND_HINT_SAVE

	movq	%rsp, GATE(KERNEL_RSP)
	CLEAR_CPU_BUFFERS
	swapgs
	leaq	IRET(0), %rsp
	GATE_HINT

SYM_INNER_LABEL(efi_gate_window, SYM_L_LOCAL)
	lidt	GATE(IDT)
	movq	GATE(EFI_CR3), %rax
	movq	%rax, %cr3

	cmpq	$0, GATE(COPY_LEFT)
	jne	.Lcopy

	/* IRET from a copy: an event must not find RSP in the registers. */
	movq	REG(16*8), %rax
	movq	%rax, IRET(0*8)
	movq	REG(17*8), %rax
	movq	%rax, IRET(1*8)
	movq	REG(18*8), %rax
	movq	%rax, IRET(2*8)
	movq	REG(19*8), %rax
	movq	%rax, IRET(3*8)
	movq	REG(20*8), %rax
	movq	%rax, IRET(4*8)
	movq	REG(0*8), %r15
	movq	REG(1*8), %r14
	movq	REG(2*8), %r13
	movq	REG(3*8), %r12
	movq	REG(4*8), %rbp
	movq	REG(5*8), %rbx
	movq	REG(6*8), %r11
	movq	REG(7*8), %r10
	movq	REG(8*8), %r9
	movq	REG(9*8), %r8
	movq	REG(10*8), %rax
	movq	REG(11*8), %rcx
	movq	REG(12*8), %rdx
	movq	REG(13*8), %rsi
	movq	REG(14*8), %rdi
	UNWIND_HINT_IRET_REGS
	iretq

.Lcopy:
	GATE_HINT
	movq	GATE(COPY_TO), %rdi
	movq	GATE(COPY_FROM), %rsi
	movq	GATE(COPY_LEFT), %rcx
	ASM_STAC
.Lcopy_byte:
	movb	(%rsi), %al
	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rcx
	movq	%rcx, GATE(COPY_LEFT)
	jnz	.Lcopy_byte
	ASM_CLAC

SYM_INNER_LABEL(efi_gate_leave, SYM_L_LOCAL)
	GATE_HINT
	movq	GATE(KERNEL_CR3), %rax
	movq	%rax, %cr3
	lidt	GATE(KERNEL_IDT)
	/* From here on, NMIs and machine checks are the kernel's. */
	movq	GATE(KERNEL_RSP), %rsp
	UNWIND_HINT_RESTORE
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
	IBRS_ENTER
	UNTRAIN_RET
	CLEAR_BRANCH_HISTORY

	/*
	 * INT uses the stack of the NMI and its reentrance check, as the CPU
	 * would have. NMIs are still blocked, until the handler's IRET.
	 */
	cmpb	$0, GATE(NMI_PENDING)
	je	.Lno_nmi
	movb	$0, GATE(NMI_PENDING)
	int	$X86_TRAP_NMI
.Lno_nmi:
	/* After it: the IRET from this one would unblock NMIs, too. */
	cmpb	$0, GATE(MCE_PENDING)
	je	.Lno_mce
	movb	$0, GATE(MCE_PENDING)
	int	$X86_TRAP_MC
.Lno_mce:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(efi_gate_enter)

/* Where the gate's IDT points to. */
	.balign EFI_GATE_EXC_STUB, 0xcc
SYM_CODE_START(efi_gate_exc_stubs)
	vector = 0
	.rept EFI_GATE_EXCEPTIONS
	.balign EFI_GATE_EXC_STUB, 0xcc
	GATE_HINT
	ENDBR
	.if !((HAS_ERROR_CODE >> vector) & 1)
	pushq	$0
	.endif
	pushq	$vector
	jmp	efi_gate_exception
	vector = vector + 1
	.endr
SYM_CODE_END(efi_gate_exc_stubs)

	.balign EFI_GATE_IRQ_STUB, 0xcc
SYM_CODE_START(efi_gate_irq_stubs)
	.rept EFI_GATE_VECTORS - EFI_GATE_EXCEPTIONS
	.balign EFI_GATE_IRQ_STUB, 0xcc
	GATE_HINT
	ENDBR
	pushq	$(vector - 128)
	jmp	.Lirq
	vector = vector + 1
	.endr
SYM_CODE_END(efi_gate_irq_stubs)

SYM_CODE_START_LOCAL(efi_gate_exception)
	GATE_HINT
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
	movq	%rdi, GATE(VECTOR)
	movq	%cr2, %rax
	movq	%rax, GATE(CR2)
	cmpl	$X86_TRAP_NMI, %edi
	jne	1f
	movb	$1, GATE(NMI_PENDING)
1:	cmpl	$X86_TRAP_MC, %edi
	jne	2f
	movb	$1, GATE(MCE_PENDING)
2:	jmp	efi_gate_leave

.Lirq:
	/* Interrupts are off at CPL 0: this came from CPL 3. */
	GATE_HINT
	pushq	$EFI_GATE_IRQ
	jmp	.Lsave
SYM_CODE_END(efi_gate_exception)

/*
 * Return to where an event came from, without IRET. All it takes is RSP, RIP and
 * RFLAGS, because the privilege level stays what it was. The new frame may lie on
 * top of the one that the CPU has pushed, so that is read first.
 */
.macro RESUME save
	movq	%rbx, efi_gate_page + \save + 1*8(%rip)
	movq	%rcx, efi_gate_page + \save + 2*8(%rip)
	movq	5*8(%rsp), %rax
	movq	2*8(%rsp), %rbx
	movq	4*8(%rsp), %rcx
	movq	%rbx, -1*8(%rax)
	movq	%rcx, -2*8(%rax)
	leaq	-2*8(%rax), %rsp
	movq	efi_gate_page + \save(%rip), %rax
	movq	efi_gate_page + \save + 1*8(%rip), %rbx
	movq	efi_gate_page + \save + 2*8(%rip), %rcx
	popfq
	ANNOTATE_UNRET_SAFE
	ret
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
SYM_CODE_START_LOCAL(efi_gate_nested)
	GATE_HINT
	cmpq	$X86_TRAP_NMI, (%rsp)
	je	.Lnested_nmi
	cmpq	$X86_TRAP_MC, (%rsp)
	je	.Lnested_mce

	/* Copying, or IRET to where the firmware cannot go: tell the caller. */
	popq	%rax
	incq	%rax
	movq	%rax, GATE(FAULT)
	movq	%cr2, %rax
	movq	%rax, GATE(CR2)
	jmp	efi_gate_leave

.Lnested_nmi:
	movb	$1, GATE(NMI_PENDING)
	ABORT_ENTRY GATE_NMI_SAVE
	RESUME GATE_NMI_SAVE

.Lnested_mce:
	GATE_HINT
	movb	$1, GATE(MCE_PENDING)
	ABORT_ENTRY GATE_MCE_SAVE
	RESUME GATE_MCE_SAVE
SYM_CODE_END(efi_gate_nested)

	.balign PAGE_SIZE, 0xcc
SYM_ENTRY(efi_gate_text_end, SYM_L_GLOBAL, SYM_A_NONE)

	.section .rodata, "a"
	.balign 8
SYM_DATA(efi_gate_text_size, .quad efi_gate_text_end - efi_gate_text)

	.text

/*
 * efi_gate_deliver_irq - have the kernel handle an interrupt
 * @handler:	the entry point in the kernel's IDT
 *
 * The CPU has acknowledged the interrupt on its way through the gate's IDT. Make
 * the frame it would have pushed; the handler returns with IRET.
 */
SYM_FUNC_START(efi_gate_deliver_irq)
	pushq	%rbp
	movq	%rsp, %rbp
	andq	$-16, %rsp
	pushq	$__KERNEL_DS
	pushq	%rbp
	pushfq
	pushq	$__KERNEL_CS
	CALL_NOSPEC rdi
	/* For objtool, which does not know that the handler popped the frame. */
	movq	%rbp, %rsp
	popq	%rbp
	RET
SYM_FUNC_END(efi_gate_deliver_irq)
