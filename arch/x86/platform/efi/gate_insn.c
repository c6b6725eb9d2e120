// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operands of an instruction of firmware's, in 64-bit mode (Intel SDM, volume 2,
 * "Instruction format").
 */
#include <linux/kernel.h>
#include <linux/types.h>
#include <asm/insn.h>
#include <asm/msr.h>
#include <asm/ptrace.h>

#include "gate.h"

/* Registers by their numbers */
static const u8 reg_offsets[] = {
	offsetof(struct pt_regs, ax),
	offsetof(struct pt_regs, cx),
	offsetof(struct pt_regs, dx),
	offsetof(struct pt_regs, bx),
	offsetof(struct pt_regs, sp),
	offsetof(struct pt_regs, bp),
	offsetof(struct pt_regs, si),
	offsetof(struct pt_regs, di),
	offsetof(struct pt_regs, r8),
	offsetof(struct pt_regs, r9),
	offsetof(struct pt_regs, r10),
	offsetof(struct pt_regs, r11),
	offsetof(struct pt_regs, r12),
	offsetof(struct pt_regs, r13),
	offsetof(struct pt_regs, r14),
	offsetof(struct pt_regs, r15),
};

/* RSP or R12 in r/m: there is a SIB byte. As its index, RSP is none. */
#define REG_SP		4
/* RBP or R13 in r/m or base, with mod 0: there is only a displacement. */
#define REG_BP		5

static u64 reg_value(const struct pt_regs *regs, unsigned int number)
{
	return *(u64 *)((void *)regs + reg_offsets[number]);
}

static unsigned int rex(const struct insn *insn, bool bit)
{
	return bit && insn->rex_prefix.nbytes ? 8 : 0;
}

static unsigned int rm_field(const struct insn *insn)
{
	return X86_MODRM_RM(insn->modrm.value) +
	       rex(insn, X86_REX_B(insn->rex_prefix.value));
}

/**
 * insn_decode_64() - decode an instruction in 64-bit mode
 * @insn:	set
 * @code:	its bytes
 * @size:	how many of them there are; there may be more than it has
 *
 * Context: Any.
 * Return: Whether there is a whole instruction.
 */
bool insn_decode_64(struct insn *insn, const void *code, size_t size)
{
	insn_init(insn, code, size, 1);
	insn_get_length(insn);
	return insn->immediate.got && insn->length && insn->length <= size;
}

/**
 * insn_get_modrm_rm_off() - where the register is that r/m names
 * @insn:	decoded instruction, with a mod field of 3
 * @regs:	registers
 *
 * Context: Any.
 * Return: Offset in @regs.
 */
int insn_get_modrm_rm_off(struct insn *insn, struct pt_regs *regs)
{
	return reg_offsets[rm_field(insn)];
}

static bool has_prefix(const struct insn *insn, u8 prefix)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(insn->prefixes.bytes); i++)
		if (insn->prefixes.bytes[i] == prefix)
			return true;
	return false;
}

/* FS and GS are firmware's: what the CPU has now is the kernel's GS. */
static u64 segment_base(const struct insn *insn)
{
	u64 base = 0;

	if (has_prefix(insn, 0x64))
		rdmsrl(MSR_FS_BASE, base);
	else if (has_prefix(insn, 0x65))
		rdmsrl(MSR_KERNEL_GS_BASE, base);
	return base;
}

/**
 * insn_get_addr_ref() - the address of the operand in memory
 * @insn:	decoded instruction, with a mod field that is not 3
 * @regs:	registers
 *
 * Context: Interrupts are off, and FS and GS have the bases that firmware has.
 * Return: The address.
 */
void __user *insn_get_addr_ref(struct insn *insn, struct pt_regs *regs)
{
	unsigned int mod = X86_MODRM_MOD(insn->modrm.value), base, index;
	u64 addr = insn->displacement.nbytes ? (s64)insn->displacement.value : 0;

	if (insn->sib.nbytes) {
		base = X86_SIB_BASE(insn->sib.value);
		if (base != REG_BP || mod)
			addr += reg_value(regs, base +
				rex(insn, X86_REX_B(insn->rex_prefix.value)));
		index = X86_SIB_INDEX(insn->sib.value) +
			rex(insn, X86_REX_X(insn->rex_prefix.value));
		if (index != REG_SP)
			addr += reg_value(regs, index) <<
				X86_SIB_SCALE(insn->sib.value);
	} else if (X86_MODRM_RM(insn->modrm.value) == REG_BP && !mod) {
		addr += regs->ip + insn->length;
	} else {
		addr += reg_value(regs, rm_field(insn));
	}

	if (insn->addr_bytes == 4)
		addr = (u32)addr;
	return (void __user *)(addr + segment_base(insn));
}

/**
 * insn_assign_reg() - write to a register
 * @reg:	in pt_regs
 * @value:	what to write
 * @bytes:	size of the operand: 2, 4, which clears the upper half, or 8
 *
 * Context: Any.
 */
void insn_assign_reg(unsigned long *reg, u64 value, int bytes)
{
	switch (bytes) {
	case 2:
		*(u16 *)reg = value;
		break;
	case 4:
		*reg = (u32)value;
		break;
	case 8:
		*reg = value;
		break;
	}
}
