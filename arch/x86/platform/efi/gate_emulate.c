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
#include <linux/efi.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/efi.h>
#include <asm/insn.h>
#include <asm/insn-eval.h>
#include <asm/msr.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>

#include "gate.h"

#define ERROR_CODE_IDT		BIT(1)

/* SGDT and SIDT tell of a table at an address that no one can map, as UMIP does */
#define DUMMY_TABLE_BASE	0xfffffffffffe0000ULL

static u8 second_byte(const struct insn *insn)
{
	return insn->opcode.bytes[1];
}

static unsigned long *rm_register(struct insn *insn, struct pt_regs *regs)
{
	int offset = insn_get_modrm_rm_off(insn, regs);

	return offset < 0 ? NULL : (void *)regs + offset;
}

static bool read_cr(struct insn *insn, struct pt_regs *regs)
{
	unsigned long *to, value;

	switch (X86_MODRM_REG(insn->modrm.value) |
		(X86_REX_R(insn->rex_prefix.value) ? 8 : 0)) {
	case 0:
		value = read_cr0();
		break;
	case 3:
		value = __pa(efi_mm.pgd);
		break;
	case 4:
		value = cr4_read_shadow();
		break;
	case 8:
		value = 0;
		break;
	default:
		return false;
	}

	/* The mod field of MOV from CRn is ignored: it is always a register. */
	insn->modrm.value |= 0xc0;
	to = rm_register(insn, regs);
	if (!to)
		return false;
	*to = value;
	return true;
}

/* MSRs that tell about the CPU, not about the kernel */
static bool read_msr(struct pt_regs *regs)
{
	u64 value;

	switch ((u32)regs->cx) {
	case MSR_IA32_TSC:
	case MSR_IA32_PLATFORM_ID:
	case MSR_IA32_APICBASE:
	case MSR_IA32_UCODE_REV:
	case MSR_PLATFORM_INFO:
	case MSR_MTRRcap:
	case MSR_IA32_MISC_ENABLE:
	case MSR_IA32_CR_PAT:
	case MSR_EFER:
		break;
	default:
		return false;
	}

	if (rdmsrl_safe((u32)regs->cx, &value))
		return false;
	regs->ax = lower_32_bits(value);
	regs->dx = upper_32_bits(value);
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

static u32 port_in(u16 port, int bytes)
{
	return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static void port_out(u32 value, u16 port, int bytes)
{
	if (bytes == 1)
		outb(value, port);
	else if (bytes == 2)
		outw(value, port);
	else
		outl(value, port);
}

/*
 * With an I/O permission bitmap, these do not get here, but while KVM has cut the
 * limit of the TSS. A repeated instruction is done once, and comes back here for
 * the next time.
 */
static bool port_io(struct insn *insn, struct pt_regs *regs, bool *again)
{
	u8 op = insn->opcode.bytes[0];
	int bytes = op & 1 ? min_t(int, insn->opnd_bytes, 4) : 1;
	/* The decoder has the immediate with a sign. */
	u16 port = op >= 0xec || op <= 0x6f ? regs->dx : (u8)insn->immediate.value;
	bool rep = insn_has_rep_prefix(insn);
	insn_byte_t prefix;
	u32 value = 0;
	int i;

	switch (op) {
	case 0xe4: case 0xe5: case 0xec: case 0xed:
		insn_assign_reg(&regs->ax, port_in(port, bytes), bytes);
		return true;
	case 0xe6: case 0xe7: case 0xee: case 0xef:
		port_out(regs->ax, port, bytes);
		return true;
	}

	/* INS and OUTS; addresses of 32 bits, FS and GS are refused */
	if (insn->addr_bytes != 8)
		return false;
	for_each_insn_prefix(insn, i, prefix)
		if (prefix == 0x64 || prefix == 0x65)
			return false;
	if (rep && !regs->cx)
		return true;
	if (op <= 0x6d) {
		value = port_in(port, bytes);
		if (!efi_gate_write(regs->di, &value, bytes))
			return false;
		regs->di += regs->flags & X86_EFLAGS_DF ? -bytes : bytes;
	} else {
		if (efi_gate_read(regs->si, &value, bytes) != bytes)
			return false;
		port_out(value, port, bytes);
		regs->si += regs->flags & X86_EFLAGS_DF ? -bytes : bytes;
	}
	*again = rep && --regs->cx;
	return true;
}

static bool carry_out(struct insn *insn, struct pt_regs *regs, bool *again,
		      const char **what)
{
	switch (insn->opcode.bytes[0]) {
	case 0xf4:	/* HLT: waits for an interrupt, or not so long */
	case 0xfa:	/* CLI and STI: interrupts are the kernel's */
	case 0xfb:
		return true;
	case 0x6c ... 0x6f:
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		*what = "port I/O";
		return port_io(insn, regs, again);
	case 0x0f:
		break;
	default:
		return false;
	}

	switch (second_byte(insn)) {
	case 0x06:	/* CLTS: it is clear */
		return true;
	case 0x08:	/* INVD: with the memory of others in the cache */
	case 0x09:	/* WBINVD */
		wbinvd();
		return true;
	case 0x20:
		*what = "MOV from CRn";
		return read_cr(insn, regs);
	case 0x32:
		*what = "RDMSR";
		return read_msr(regs);
	case 0x00:
	case 0x01:
		*what = "system instruction";
		return store_system_register(insn, regs);
	case 0x21:
		*what = "MOV from DRn";
		return false;
	case 0x22:
		*what = "MOV to CRn";
		return false;
	case 0x23:
		*what = "MOV to DRn";
		return false;
	case 0x30:
		*what = "WRMSR";
		return false;
	default:
		return false;
	}
}

/**
 * efi_gate_emulate() - carry out an instruction that took #GP
 * @regs:	the firmware's registers
 * @what:	set to what was refused, where there is a word for it
 *
 * Context: Runtime services are locked, interrupts are off.
 * Return: true if it was carried out and firmware can go on.
 */
bool efi_gate_emulate(struct pt_regs *regs, const char **what)
{
	u8 code[MAX_INSN_SIZE];
	bool again = false;
	struct insn insn;
	size_t size;

	/* An error code means a selector or a vector: not the instruction itself. */
	if (regs->orig_ax & ERROR_CODE_IDT)
		*what = "INT n";
	if (regs->cs != __USER_CS || regs->orig_ax)
		return false;

	size = efi_gate_read(regs->ip, code, sizeof(code));
	if (!size || insn_decode(&insn, code, size, INSN_MODE_64) < 0)
		return false;
	/* In the maps of VEX and EVEX, the same opcodes are other instructions. */
	if (insn_is_avx(&insn))
		return false;
	if (!carry_out(&insn, regs, &again, what))
		return false;

	*what = NULL;
	if (!again)
		regs->ip += insn.length;
	return true;
}
