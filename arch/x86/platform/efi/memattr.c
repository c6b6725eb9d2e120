// SPDX-License-Identifier: GPL-2.0-only
/*
 * The EFI memory attributes table (UEFI specification, section 4.6,
 * "EFI_MEMORY_ATTRIBUTES_TABLE"): which part of the runtime regions is code to
 * be read-only, and which is data not to be executed.
 *
 * The memory map gives a runtime driver one region for its whole image, so
 * without the table that region must be writable and executable.
 */

#define pr_fmt(fmt) "efi: " fmt

#include <linux/efi.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <asm/efi.h>
#include <asm/pgtable.h>

#include "memattr.h"
#include "pgtable.h"

/* Since UEFI 2.10, version 2 has flags where there was a reserved field. */
#define MEMATTR_VERSION_MAX	2

/* Far more than firmware has drivers; early_memremap() takes 64 pages. */
#define MEMATTR_SIZE_MAX	(63 * PAGE_SIZE)

struct memattr_table {
	u32 version;
	u32 num_entries;
	u32 desc_size;
	u32 flags;
	/* num_entries descriptors of desc_size bytes each */
};

/* Set by efi_config_init() */
unsigned long efi_memattr_pa = EFI_INVALID_TABLE_ADDR;

/* A copy, NULL if there is no table, or none that can be used */
static struct memattr_table *memattr __initdata;

static efi_memory_desc_t *__init memattr_entry(unsigned int i)
{
	return (void *)(memattr + 1) + i * memattr->desc_size;
}

static u64 __init region_end(const efi_memory_desc_t *md)
{
	return md->phys_addr + (md->num_pages << EFI_PAGE_SHIFT);
}

static bool __init region_is_runtime(const efi_memory_desc_t *md)
{
	return md->type == EFI_RUNTIME_SERVICES_CODE ||
	       md->type == EFI_RUNTIME_SERVICES_DATA;
}

static struct memattr_table *__init memattr_copy(unsigned long pa)
{
	struct memattr_table *table, *copy = NULL;
	struct memattr_table head;
	u64 size;

	table = early_memremap(pa, sizeof(*table));
	if (!table)
		return NULL;
	head = *table;
	early_memunmap(table, sizeof(*table));

	size = sizeof(head) + (u64)head.num_entries * head.desc_size;
	if (!head.version || head.version > MEMATTR_VERSION_MAX ||
	    !head.num_entries ||
	    head.desc_size < sizeof(efi_memory_desc_t) ||
	    size > MEMATTR_SIZE_MAX) {
		pr_warn(FW_BUG "Memory attributes table: version %u, %u entries of %u bytes, ignored\n",
			head.version, head.num_entries, head.desc_size);
		return NULL;
	}

	table = early_memremap(pa, size);
	if (!table)
		return NULL;
	copy = kmemdup(table, size, GFP_KERNEL);
	early_memunmap(table, size);

	return copy;
}

/**
 * efi_memattr_init() - read the memory attributes table
 *
 * The table is in boot-services memory: to be called before that is freed. A
 * kernel started by kexec cannot read it any more and must not call this.
 *
 * Context: Process context, at boot. May sleep.
 */
void __init efi_memattr_init(void)
{
	efi_memory_desc_t *entry;
	unsigned int i;

	if (efi_memattr_pa != EFI_INVALID_TABLE_ADDR)
		memattr = memattr_copy(efi_memattr_pa);

	if (!memattr) {
		pr_info("No memory attributes table\n");
		return;
	}

	for (i = 0; i < memattr->num_entries; i++) {
		entry = memattr_entry(i);
		if (!region_is_runtime(entry) ||
		    region_end(entry) < entry->phys_addr ||
		    !IS_ALIGNED(entry->phys_addr, EFI_PAGE_SIZE)) {
			pr_warn(FW_BUG "Memory attributes table: entry %u is no runtime memory, ignored\n",
				i);
			entry->type = EFI_RESERVED_TYPE;
		}
	}
}

/* The entry that says what is at @pa in @md */
static efi_memory_desc_t *__init find_entry(const efi_memory_desc_t *md, u64 pa)
{
	efi_memory_desc_t *entry;
	unsigned int i;

	for (i = 0; i < memattr->num_entries; i++) {
		entry = memattr_entry(i);
		if (entry->type == md->type && entry->phys_addr <= pa &&
		    region_end(entry) > pa)
			return entry;
	}

	return NULL;
}

/*
 * Is there anything to go by for a region of code? Code that is data to the
 * table's author, or that was left out of it, cannot be told apart. Where firmware
 * is not isolated, what then is executable by mistake does less harm than what is
 * not: firmware that faults takes the kernel with it.
 */
static bool __init covers(const efi_memory_desc_t *md)
{
	efi_memory_desc_t *entry;
	u64 pa = md->phys_addr;

	while (pa < region_end(md)) {
		entry = find_entry(md, pa);
		if (!entry)
			return false;
		pa = region_end(entry);
	}

	return true;
}

static int __init protect(const efi_memory_desc_t *md, u64 pa, u64 size,
			  u64 attr)
{
	u64 va = md->virt_addr + (pa - md->phys_addr);
	u64 set = 0, clear = 0;
	int err;

	if (attr & EFI_MEMORY_RO)
		clear |= _PAGE_RW;
	if (attr & EFI_MEMORY_XP)
		set |= _PAGE_NX;
	else
		clear |= _PAGE_NX;

	err = efi_pt_protect(efi_pgd, pa, size, set, clear);
	if (!err && va != pa)
		err = efi_pt_protect(efi_pgd, va, size, set, clear);

	return err;
}

/**
 * efi_memattr_apply() - enforce the memory attributes table on one region
 * @md:		a region that is mapped in efi_pgd
 *
 * Changes both mappings. A region that is not code is data already, and stays
 * as it is. To be called after SetVirtualAddressMap(), which relocates runtime
 * code in place and so writes to it.
 *
 * Context: Process context, at boot. May sleep.
 * Return: 0 or what efi_pt_protect() returned.
 */
int __init efi_memattr_apply(const efi_memory_desc_t *md)
{
	efi_memory_desc_t *entry;
	u64 pa, next;
	int err;

	if (!memattr || md->type != EFI_RUNTIME_SERVICES_CODE)
		return 0;

	if (!covers(md)) {
		pr_warn(FW_BUG "Memory attributes table leaves out runtime code at 0x%llx, %llu pages\n",
			md->phys_addr, md->num_pages);
		return 0;
	}

	for (pa = md->phys_addr; pa < region_end(md); pa = next) {
		entry = find_entry(md, pa);
		next = min(region_end(md), region_end(entry));
		err = protect(md, pa, next - pa, entry->attribute);
		if (err)
			return err;
	}

	return 0;
}

/**
 * efi_memattr_exit() - forget the table
 */
void __init efi_memattr_exit(void)
{
	kfree(memattr);
	memattr = NULL;
}
