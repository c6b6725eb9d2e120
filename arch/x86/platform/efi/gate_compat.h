/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the gate takes from the kernel, by the names that it has in later kernels.
 * The rest of the gate is the same there, so that a mend fits both.
 */
#ifndef _X86_PLATFORM_EFI_GATE_COMPAT_H
#define _X86_PLATFORM_EFI_GATE_COMPAT_H

#include <linux/efi.h>
#include <linux/hardirq.h>
#include <linux/mm.h>
#include <linux/thread_info.h>
#include <asm/debugreg.h>
#include <asm/efi.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include <asm/insn.h>
#include <asm/msr.h>
#if EFI_PGD_SUBLEVEL >= 100
#include <asm/nospec-branch.h>
#endif
#include <asm/ptrace.h>
#include <asm/traps.h>

#ifndef __uninitialized
#define __uninitialized
#endif
#define __ro_after_init		__read_mostly

#define MSR_IA32_FEAT_CTL	MSR_IA32_FEATURE_CONTROL
#define MSR_AMD64_SYSCFG	MSR_K8_SYSCFG
#define MSR_IA32_ARCH_CAPABILITIES	0x0000010a

#define X86_PF_PROT		BIT(0)
#define X86_PF_WRITE		BIT(1)
#define X86_PF_INSTR		BIT(4)

/* The page tables of EFI belong to no mm. */
struct efi_tables {
	pgd_t *pgd;
};

#define efi_mm			((struct efi_tables) { efi_pgd })

#define efi_fpu_end		kernel_fpu_end

/* With the control words of the UEFI specification, whatever the caller has */
static inline void efi_fpu_begin(void)
{
	u32 mxcsr = MXCSR_DEFAULT;

	kernel_fpu_begin();
	asm volatile("fninit");
	asm volatile("ldmxcsr %0" : : "m" (mxcsr));
}
#if EFI_PGD_SUBLEVEL < 100

static inline void firmware_restrict_branch_speculation_start(void) {}
static inline void firmware_restrict_branch_speculation_end(void) {}
#endif

static inline void memset64(u64 *to, u64 value, size_t count)
{
	asm volatile("rep stosq" : "+D" (to), "+c" (count) : "a" (value) : "memory");
}

static __always_inline u64 __rdmsr(u32 msr)
{
	return native_read_msr(msr);
}

static __always_inline void __wrmsr(u32 msr, u32 low, u32 high)
{
	native_write_msr(msr, low, high);
}

static __always_inline unsigned long local_db_save(void)
{
	unsigned long dr7;

	get_debugreg(dr7, 7);
	if (dr7 & DR_GLOBAL_ENABLE_MASK || dr7 & DR_LOCAL_ENABLE_MASK)
		set_debugreg(0, 7);
	else
		dr7 = 0;
	barrier();
	return dr7;
}

static __always_inline void local_db_restore(unsigned long dr7)
{
	unsigned long now;

	barrier();
	if (!dr7)
		return;
	/* An NMI may have set others. */
	get_debugreg(now, 7);
	if (!(now & (DR_GLOBAL_ENABLE_MASK | DR_LOCAL_ENABLE_MASK)))
		set_debugreg(dr7, 7);
}

/* The kernel forgets the memory map after boot: runtime regions, and a copy */
extern efi_memory_desc_t *efi_gate_regions;
extern unsigned int efi_gate_nr_regions;

/* gate_insn.c */
int insn_get_modrm_rm_off(struct insn *insn, struct pt_regs *regs);
void __user *insn_get_addr_ref(struct insn *insn, struct pt_regs *regs);
bool insn_decode_64(struct insn *insn, const void *code, size_t size);
void insn_assign_reg(unsigned long *reg, u64 value, int bytes);

#endif /* _X86_PLATFORM_EFI_GATE_COMPAT_H */
