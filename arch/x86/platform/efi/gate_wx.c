// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runtime regions of which nobody says what is code in them, and what is data.
 *
 * The memory map has one region for the whole image of a runtime driver. The
 * memory attributes table (UEFI specification, "EFI_MEMORY_ATTRIBUTES_TABLE")
 * divides it, where firmware publishes one, has all its drivers in it, and the
 * kernel can read it: a kernel that was started by kexec may not. It can also say
 * that pages are both.
 *
 * For these, what firmware does tells. Such a page is executable and read-only
 * until firmware writes to it; then it is writable and not executable, until
 * firmware executes it. Both mappings of the page change together.
 */

#define pr_fmt(fmt) "efi: " fmt

#include <linux/efi.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <asm/efi.h>
#include <asm/insn.h>
#include <asm/ptrace.h>
#if EFI_PGD_BASE >= 601
#include <asm/trap_pf.h>
#endif

#include "gate.h"
#include "pgtable.h"

#define WX_CODE		0
#define WX_DATA		(_PAGE_RW | _PAGE_NX)
#define WX_BOTH		_PAGE_RW

/* The pages, at most two, that one instruction is in and writes to; or 0 */
static u64 both[2];

/* A table can say of data, too, that it is executable. */
static bool may_be_code(const efi_memory_desc_t *md)
{
	return md->type == EFI_RUNTIME_SERVICES_CODE ||
	       md->type == EFI_RUNTIME_SERVICES_DATA;
}

/* The region that has a page, and where else in EFI's tables that page is */
static const efi_memory_desc_t *region_of(u64 page, u64 *other)
{
	const efi_memory_desc_t *md;
	u64 phys, virt, size;

#if EFI_PGD_BASE >= 601
	for_each_efi_memory_desc(md) {
#else
	for (md = efi_gate_regions;
	     md < efi_gate_regions + efi_gate_nr_regions; md++) {
#endif
		if (!may_be_code(md))
			continue;

		size = md->num_pages << EFI_PAGE_SHIFT;
		phys = md->phys_addr & PAGE_MASK;
		virt = md->virt_addr & PAGE_MASK;
		*other = page - phys + virt;
		if (page - phys < size)
			return md;
		*other = page - virt + phys;
		if (page - virt < size)
			return md;
	}
	return NULL;
}

/* Does @prot change a page that was writable and executable? */
static bool set_page(u64 page, u64 prot)
{
	u64 other;

	if (!region_of(page, &other) || !efi_pt_set(efi_mm.pgd, page, prot))
		return false;

	efi_pt_set(efi_mm.pgd, other, prot);
	return true;
}

/* Once for each region, of so many as there may be */
static void say_both(u64 page)
{
	static u64 said[32];
	const efi_memory_desc_t *md;
	u64 other;
	int i;

	md = region_of(page, &other);
	for (i = 0; i < ARRAY_SIZE(said); i++) {
		if (said[i] == md->phys_addr)
			return;
		if (said[i])
			continue;
		said[i] = md->phys_addr;
		pr_info("runtime region at 0x%llx, %llu pages: code and data share pages\n",
			md->phys_addr, md->num_pages);
		return;
	}
}

/**
 * efi_gate_wx_fault() - find out what a page is from a page fault
 * @regs:	of firmware; the error code is in @regs->orig_ax
 * @addr:	CR2
 *
 * An instruction that writes to the page that it is in needs both at once, through
 * whichever mapping it writes. It gets that for itself alone: it must be run by
 * itself, with interrupts off, and efi_gate_wx_stepped() called then.
 *
 * Context: Runtime services are locked, interrupts are off.
 * Return: Whether firmware can go on.
 */
enum efi_gate_wx efi_gate_wx_fault(const struct pt_regs *regs, u64 addr)
{
	u64 page = addr & PAGE_MASK, first, last, other;
	int own;

	if (!(regs->orig_ax & X86_PF_PROT))
		return EFI_GATE_WX_NONE;

	if (regs->orig_ax & X86_PF_INSTR) {
		if (!set_page(page, WX_CODE))
			return EFI_GATE_WX_NONE;
		say_both(page);
		return EFI_GATE_WX_CHANGED;
	}

	if (!(regs->orig_ax & X86_PF_WRITE) || !region_of(page, &other))
		return EFI_GATE_WX_NONE;

	first = regs->ip & PAGE_MASK;
	/* As long as it may be: to find out costs more than to step once too often. */
	last = (regs->ip + MAX_INSN_SIZE - 1) & PAGE_MASK;
	if (page == first || other == first)
		own = 0;
	else if (page == last || other == last)
		own = 1;
	else
		return set_page(page, WX_DATA) ? EFI_GATE_WX_CHANGED :
						 EFI_GATE_WX_NONE;

	if (!set_page(page, WX_BOTH))
		return EFI_GATE_WX_NONE;
	both[own] = page;
	say_both(page);
	return EFI_GATE_WX_STEP;
}

/**
 * efi_gate_wx_stepped() - an instruction that wrote to its own page is over
 *
 * Context: As efi_gate_wx_fault().
 */
void efi_gate_wx_stepped(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(both); i++) {
		if (both[i])
			set_page(both[i], WX_CODE);
		both[i] = 0;
	}
}

/**
 * efi_gate_wx_write() - the gate is going to write for firmware
 * @addr:	where, in EFI's page tables
 * @size:	bytes, not 0
 *
 * Context: As efi_gate_wx_fault().
 */
void efi_gate_wx_write(u64 addr, size_t size)
{
	set_page(addr & PAGE_MASK, WX_DATA);
	set_page((addr + size - 1) & PAGE_MASK, WX_DATA);
}

/**
 * efi_gate_wx_init() - begin to find out about runtime code
 *
 * To be called when SetVirtualAddressMap() has relocated the code, and what the
 * memory attributes table says has been applied. What is not both stays as it is.
 * Data is not executable until firmware executes it.
 *
 * Context: Process context, at boot. May sleep.
 */
void __init efi_gate_wx_init(void)
{
	efi_memory_desc_t *md;
	u64 size, offset;

#if EFI_PGD_BASE >= 601
	for_each_efi_memory_desc(md) {
#else
	for (md = efi_gate_regions;
	     md < efi_gate_regions + efi_gate_nr_regions; md++) {
#endif
		if (!may_be_code(md))
			continue;

		/* Where it was not mapped, as an address is none, there is nothing. */
		size = md->num_pages << EFI_PAGE_SHIFT;
		if (efi_pt_split_wx(efi_mm.pgd, md->phys_addr & PAGE_MASK, size) == -ENOMEM ||
		    efi_pt_split_wx(efi_mm.pgd, md->virt_addr & PAGE_MASK, size) == -ENOMEM)
			pr_warn("runtime region at 0x%llx, %llu pages, stays writable and executable\n",
				md->phys_addr, md->num_pages);
		for (offset = 0; offset < size && md->type == EFI_RUNTIME_SERVICES_DATA;
		     offset += PAGE_SIZE)
			set_page((md->phys_addr & PAGE_MASK) + offset, WX_DATA);
	}
}
