// SPDX-License-Identifier: GPL-2.0-only
/*
 * Privileged instructions that runtime firmware may use.
 *
 * Firmware is written for CPL 0. Most of it never notices that it runs at CPL 3;
 * some of it turns interrupts off around a sequence of port accesses, flushes
 * caches before it hands memory to a device, or looks at what the CPU can do.
 * These instructions are carried out, as far as they can be without giving
 * anything away. All others end the call.
 */

#define pr_fmt(fmt) "efi: " fmt

#include <linux/bitmap.h>
#include <linux/efi.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <asm/debugreg.h>
#include <asm/efi.h>
#if EFI_PGD_BASE >= 601
#include <asm/fpu/xcr.h>
#else
#include <asm/fpu/internal.h>
#endif
#include <asm/insn.h>
#if EFI_PGD_BASE >= 601
#include <asm/insn-eval.h>
#endif
#include <asm/msr.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#if EFI_PGD_BASE >= 601
#include <asm/trapnr.h>
#else
#include <asm/traps.h>
#endif

#include "gate.h"
#include "gate_report.h"

#define ERROR_CODE_IDT		BIT(1)

/* SGDT and SIDT tell of a table at an address that no one can map, as UMIP does */
#define DUMMY_TABLE_BASE	0xfffffffffffe0000ULL

/* DR7 has a bit that is always set. */
#define DR7_RESET		0x400

static u8 second_byte(const struct insn *insn)
{
	return insn->opcode.bytes[1];
}

static unsigned long *rm_register(struct insn *insn, struct pt_regs *regs)
{
	int offset = insn_get_modrm_rm_off(insn, regs);

	return offset < 0 ? NULL : (void *)regs + offset;
}

/* The register in the reg field of ModRM, and REX.R */
static unsigned int reg_field(const struct insn *insn)
{
	return X86_MODRM_REG(insn->modrm.value) |
	       (X86_REX_R(insn->rex_prefix.value) ? 8 : 0);
}

/* MOV to and from CRn and DRn ignore the mod field: it is always a register. */
static unsigned long *mov_operand(struct insn *insn, struct pt_regs *regs)
{
	insn->modrm.value |= 0xc0;
	return rm_register(insn, regs);
}

/* What firmware sees in a control register; whether there is such a one */
static bool cr_value(unsigned int cr, unsigned long *value)
{
	switch (cr) {
	case 0:
		*value = read_cr0();
		return true;
	case 2:	/* of the kernel's faults; firmware has none */
		*value = 0;
		return true;
	case 3:
		*value = __pa(efi_mm.pgd);
		return true;
	case 4:
		*value = cr4_read_shadow();
		return true;
	case 8:
		*value = 0;
		return true;
	}
	return false;
}

static bool read_cr(struct insn *insn, struct pt_regs *regs)
{
	unsigned long *to = mov_operand(insn, regs);

	return to && cr_value(reg_field(insn), to);
}

/* To write to CR3 what it holds is to flush the TLB, as each stay does. */
static bool write_cr(struct insn *insn, struct pt_regs *regs)
{
	const unsigned long *from = mov_operand(insn, regs);
	unsigned long value;

	if (!from || !cr_value(reg_field(insn), &value) || *from != value)
		return false;
	efi_gate_unusual(EFI_GATE_SAME_CR, regs);
	return true;
}

/* LMSW writes the low four bits of CR0. */
static bool write_msw(struct insn *insn, struct pt_regs *regs)
{
	const unsigned long *from;
	u16 value;

	if (X86_MODRM_MOD(insn->modrm.value) != 3) {
		if (efi_gate_read((u64)insn_get_addr_ref(insn, regs), &value,
				  sizeof(value)) != sizeof(value))
			return false;
	} else {
		from = rm_register(insn, regs);
		if (!from)
			return false;
		value = *from;
	}
	if ((value ^ read_cr0()) & 0xf)
		return false;
	efi_gate_unusual(EFI_GATE_SAME_CR, regs);
	return true;
}

static bool write_xcr(struct pt_regs *regs)
{
	if (!boot_cpu_has(X86_FEATURE_OSXSAVE) || (u32)regs->cx ||
	    (u32)regs->ax != lower_32_bits(xgetbv(0)) ||
	    (u32)regs->dx != upper_32_bits(xgetbv(0)))
		return false;
	efi_gate_unusual(EFI_GATE_SAME_CR, regs);
	return true;
}

/* Debug registers are as after reset: what others have in them is theirs. */
static unsigned long dr_value(unsigned int dr)
{
	switch (dr & ~2) {
	case 4:
		return DR6_RESERVED;
	case 5:
		return DR7_RESET;
	default:
		return 0;
	}
}

static bool access_dr(struct insn *insn, struct pt_regs *regs, bool write)
{
	unsigned long *operand = mov_operand(insn, regs);
	unsigned int dr = reg_field(insn);

	if (!operand || dr > 7)
		return false;
	if (write && *operand != dr_value(dr))
		return false;
	if (!write)
		*operand = dr_value(dr);
	efi_gate_unusual(write ? EFI_GATE_SAME_DR : EFI_GATE_READ_DR, regs);
	return true;
}

/*
 * MSRs that tell about the CPU, the platform or the time, not about the kernel.
 * Which CPU and hypervisor has which does not matter: those that do not exist are
 * refused. What a range holds is of one kind.
 */
static const struct {
	u32 first, last;
} readable_msrs[] = {
	{ MSR_IA32_TSC, MSR_IA32_TSC },
	{ MSR_IA32_PLATFORM_ID, MSR_IA32_PLATFORM_ID },
	{ MSR_IA32_APICBASE, MSR_IA32_APICBASE },
	{ MSR_EBC_FREQUENCY_ID, MSR_EBC_FREQUENCY_ID },
	{ 0x35, 0x35 },				/* core and thread count */
	{ MSR_IA32_FEAT_CTL, MSR_IA32_FEAT_CTL },
	{ MSR_IA32_UCODE_REV, MSR_IA32_UCODE_REV },
	{ MSR_FSB_FREQ, MSR_FSB_FREQ },
	{ MSR_PLATFORM_INFO, MSR_PLATFORM_INFO },
	{ MSR_IA32_MPERF, MSR_IA32_APERF },
	{ 0xfe, 0xfe },				/* MTRR capabilities */
	{ MSR_IA32_ARCH_CAPABILITIES, MSR_IA32_ARCH_CAPABILITIES },
	{ MSR_IA32_PERF_STATUS, MSR_IA32_PERF_CTL },
	{ MSR_IA32_THERM_STATUS, MSR_IA32_THERM_STATUS },
	{ MSR_IA32_MISC_ENABLE, MSR_IA32_MISC_ENABLE },
	{ MSR_IA32_TEMPERATURE_TARGET, MSR_IA32_TEMPERATURE_TARGET },
	{ MSR_TURBO_RATIO_LIMIT, MSR_TURBO_RATIO_LIMIT },
	{ MSR_IA32_PACKAGE_THERM_STATUS, MSR_IA32_PACKAGE_THERM_STATUS },
	{ 0x200, 0x21f },			/* MTRRs of variable range */
	{ 0x250, 0x26f },			/* MTRRs of fixed range */
	{ MSR_IA32_CR_PAT, MSR_IA32_CR_PAT },
	{ 0x2ff, 0x2ff },			/* the type where there is no MTRR */
	{ MSR_RAPL_POWER_UNIT, MSR_RAPL_POWER_UNIT },
	{ 0x802, 0x803 },			/* x2APIC id and version */
	{ 0x838, 0x839 },			/* x2APIC timer counts */
	{ 0x83e, 0x83e },			/* and its divider */
	{ 0x40000020, 0x40000023 },		/* Hyper-V's time and clocks */
	{ MSR_EFER, MSR_EFER },
	{ MSR_AMD64_SYSCFG, MSR_AMD64_SYSCFG },
	{ MSR_K7_HWCR, MSR_K7_HWCR },
	{ MSR_K8_TOP_MEM1, MSR_K8_TOP_MEM1 },
	{ MSR_K8_TOP_MEM2, MSR_K8_TOP_MEM2 },
	{ MSR_FAM10H_MMIO_CONF_BASE, MSR_FAM10H_MMIO_CONF_BASE },
	{ MSR_AMD_PSTATE_DEF_BASE - 3, MSR_AMD_PSTATE_DEF_BASE + 7 },
};

/* The value that firmware sees in an MSR, whether it can */
static bool msr_value(u32 msr, u64 *value, unsigned int *entry)
{
	u32 low, high;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(readable_msrs); i++) {
		if (msr < readable_msrs[i].first || msr > readable_msrs[i].last)
			continue;
		*entry = i;
		if (rdmsr_safe(msr, &low, &high))
			return false;
		*value = (u64)high << 32 | low;
		/* The gate has turned SYSCALL off. */
		if (msr == MSR_EFER)
			*value |= EFER_SCE;
		return true;
	}
	return false;
}

static bool read_msr(struct pt_regs *regs)
{
	static DECLARE_BITMAP(said, ARRAY_SIZE(readable_msrs));
	u32 msr = regs->cx;
	unsigned int entry;
	u64 value;

	if (!msr_value(msr, &value, &entry))
		return false;
	if (!test_and_set_bit(entry, said))
		pr_info("firmware at 0x%lx reads MSR 0x%x\n", regs->ip, msr);
	regs->ax = lower_32_bits(value);
	regs->dx = upper_32_bits(value);
	return true;
}

/*
 * Only what changes nothing. The microcode id is written with 0 before CPUID puts
 * the revision there, which the CPU has done for the kernel already.
 */
static bool write_msr(struct pt_regs *regs)
{
	u64 to = (u64)(u32)regs->dx << 32 | (u32)regs->ax, value;
	u32 msr = regs->cx;
	unsigned int entry;

	if (!msr_value(msr, &value, &entry))
		return false;
	if (to != value && (msr != MSR_IA32_UCODE_REV || to))
		return false;
	efi_gate_unusual(EFI_GATE_SAME_MSR, regs);
	return true;
}

static bool store(struct insn *insn, struct pt_regs *regs, u64 value, int bytes)
{
	unsigned long *to;

	/* In memory, they are words whatever the operand size is. */
	if (X86_MODRM_MOD(insn->modrm.value) != 3)
		return efi_gate_write((u64)insn_get_addr_ref(insn, regs),
				      &value, 2);

	to = rm_register(insn, regs);
	if (!to)
		return false;
	insn_assign_reg(to, value, bytes);
	return true;
}

static bool store_table(struct insn *insn, struct pt_regs *regs)
{
	struct {
		u16 limit;
		u64 base;
	} __packed table = { 0, DUMMY_TABLE_BASE };

	return efi_gate_write((u64)insn_get_addr_ref(insn, regs), &table,
			      sizeof(table));
}

/* What UMIP refuses at CPL 3 */
static bool store_system_register(struct insn *insn, struct pt_regs *regs)
{
	u8 reg = X86_MODRM_REG(insn->modrm.value);
	bool memory = X86_MODRM_MOD(insn->modrm.value) != 3;

	if (second_byte(insn) == 0x00 && reg <= 1)	/* SLDT, STR */
		return store(insn, regs, 0, insn->opnd_bytes);
	if (second_byte(insn) == 0x01 && reg == 4)	/* SMSW */
		return store(insn, regs, read_cr0(), insn->opnd_bytes);
	if (second_byte(insn) == 0x01 && reg <= 1 && memory) /* SGDT, SIDT */
		return store_table(insn, regs);
	return false;
}

/* The instructions of opcode 0F 01 that have no memory operand */
static enum efi_gate_action group_7(struct insn *insn, struct pt_regs *regs,
				    const char **what)
{
	switch (insn->modrm.value) {
	case 0xc8:	/* MONITOR and MWAIT: firmware looks again by itself */
	case 0xc9:
		efi_gate_unusual(EFI_GATE_MONITOR, regs);
		return EFI_GATE_DONE;
	case 0xca:	/* CLAC and STAC: at CPL 3, AC has another meaning */
	case 0xcb:
		efi_gate_unusual(EFI_GATE_AC_FLAG, regs);
		return EFI_GATE_DONE;
	case 0xd1:
		*what = "XSETBV";
		return write_xcr(regs) ? EFI_GATE_DONE : EFI_GATE_REFUSED;
	}

	switch (X86_MODRM_REG(insn->modrm.value)) {
	case 6:
		*what = "LMSW";
		return write_msw(insn, regs) ? EFI_GATE_DONE : EFI_GATE_REFUSED;
	case 7:
		if (X86_MODRM_MOD(insn->modrm.value) == 3)
			return EFI_GATE_REFUSED;
		efi_gate_unusual(EFI_GATE_INVLPG, regs);
		return EFI_GATE_DONE;
	}

	*what = "system instruction";
	return store_system_register(insn, regs) ? EFI_GATE_DONE :
						   EFI_GATE_REFUSED;
}

static enum efi_gate_action two_bytes(struct insn *insn, struct pt_regs *regs,
				      const char **what)
{
	bool done = false;

	switch (second_byte(insn)) {
	case 0x00:
		*what = "system instruction";
		done = store_system_register(insn, regs);
		break;
	case 0x01:
		return group_7(insn, regs, what);
	case 0x06:	/* CLTS: it is clear */
		return EFI_GATE_DONE;
	case 0x08:	/* INVD: with the memory of others in the cache */
	case 0x09:	/* WBINVD */
		wbinvd();
		return EFI_GATE_DONE;
	case 0x20:
		*what = "MOV from CRn";
		done = read_cr(insn, regs);
		break;
	case 0x21:
		*what = "MOV from DRn";
		done = access_dr(insn, regs, false);
		break;
	case 0x22:
		*what = "MOV to CRn";
		done = write_cr(insn, regs);
		break;
	case 0x23:
		*what = "MOV to DRn";
		done = access_dr(insn, regs, true);
		break;
	case 0x30:
		*what = "WRMSR";
		done = write_msr(regs);
		break;
	case 0x32:
		*what = "RDMSR";
		done = read_msr(regs);
		break;
	case 0x33:	/* RDPMC: counters tell about the kernel */
		efi_gate_unusual(EFI_GATE_RDPMC, regs);
		regs->ax = 0;
		regs->dx = 0;
		return EFI_GATE_DONE;
	}

	return done ? EFI_GATE_DONE : EFI_GATE_REFUSED;
}

static enum efi_gate_action carry_out(struct insn *insn, struct pt_regs *regs,
				      const char **what)
{
	switch (insn->opcode.bytes[0]) {
	case 0xf4:	/* HLT: waits for an interrupt, or not so long */
		return EFI_GATE_DONE;
	case 0xfa:
		return EFI_GATE_CLI;
	case 0xfb:
		return EFI_GATE_STI;
	case 0x6c ... 0x6f:	/* INS and OUTS */
	case 0xe4 ... 0xe7:	/* IN and OUT */
	case 0xec ... 0xef:
		return EFI_GATE_PORT;
	case 0x0f:
		return two_bytes(insn, regs, what);
	default:
		return EFI_GATE_REFUSED;
	}
}

/**
 * efi_gate_emulate() - carry out an instruction that took #GP or #UD
 * @vector:	which of these
 * @regs:	the firmware's registers
 * @what:	set to what was refused, where there is a word for it
 *
 * With an I/O permission bitmap, accesses to ports do not get here, but while KVM
 * has cut the limit of the TSS. They are the CPU's to carry out, with firmware's
 * registers in it: an access may be a call of SMM, which looks at all of them.
 *
 * Context: Runtime services are locked, interrupts are off.
 * Return: What there is to do. RIP is behind the instruction, if it is not the CPU
 * that has to carry it out.
 */
enum efi_gate_action efi_gate_emulate(unsigned int vector, struct pt_regs *regs,
				      const char **what)
{
	enum efi_gate_action action;
	u8 code[MAX_INSN_SIZE];
	struct insn insn;
	size_t size;

	/* An error code means a selector or a vector: not the instruction itself. */
	if (vector == X86_TRAP_GP && regs->orig_ax & ERROR_CODE_IDT)
		*what = "INT n";
	if (regs->cs != __USER_CS || regs->orig_ax)
		return EFI_GATE_REFUSED;

	size = efi_gate_read(regs->ip, code, sizeof(code));
#if EFI_PGD_BASE >= 601
	if (!size || insn_decode(&insn, code, size, INSN_MODE_64) < 0)
#else
	if (!size || !insn_decode_64(&insn, code, size))
#endif
		return EFI_GATE_REFUSED;
	/* In the maps of VEX and EVEX, the same opcodes are other instructions. */
#if EFI_PGD_BASE >= 700
	if (insn_is_avx_or_xop(&insn))
#else
	if (insn_is_avx(&insn))
#endif
		return EFI_GATE_REFUSED;
	/* At CPL 3, MONITOR, MWAIT, CLAC and STAC are invalid. */
	if (vector == X86_TRAP_UD &&
	    (insn.opcode.bytes[0] != 0x0f || second_byte(&insn) != 0x01 ||
	     insn.modrm.value < 0xc8 || insn.modrm.value > 0xcb))
		return EFI_GATE_REFUSED;

	action = carry_out(&insn, regs, what);
	if (action != EFI_GATE_REFUSED) {
		*what = NULL;
		if (action != EFI_GATE_PORT)
			regs->ip += insn.length;
	}
	return action;
}
