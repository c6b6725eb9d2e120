// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables that belong to EFI alone.
 *
 * The builder in arch/x86/mm/pageattr.c edits tables that the kernel runs on:
 * it sets the global bit, keeps the aliases of a page in step and flushes TLBs.
 * None of that is wanted here, and some of it is wrong: a global translation
 * at a 1:1 address would outlive the call and sit in the middle of user space.
 *
 * So these tables have a builder of their own. It works on the entries as the
 * Intel SDM defines them (volume 3, "4-level paging"), with one function for
 * all levels, the way KVM treats the tables of a guest.
 */

#if EFI_PGD_BASE >= 601
/*
 * An entry here never points to a table that the kernel's page tables use. The
 * tables are in use only while firmware runs, they are not global, and loading
 * them flushes what the CPU knew of them: changing them needs no TLB flush. It
 * must not race with a runtime call. After boot only the gate changes them.
 */
#else
/*
 * Two things follow from what the tables are for:
 *
 *  - An entry here never points to a table that the kernel's own page tables
 *    use. Only where firmware is not isolated, there is a part for the kernel,
 *    which efi_pt_sync_kernel() copies; addresses in that part are refused. No
 *    mapping made here can show up in the kernel.
 *
 *  - The tables are in use only while firmware runs, they are not global, and
 *    CR3 is loaded before and after. Changing them needs no TLB flush. It must
 *    not race with a runtime call. After boot only the gate changes them.
 */
#endif

#if EFI_PGD_BASE < 601
#include <linux/efi.h>
#endif
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/page.h>
#if EFI_PGD_BASE >= 601
#include <asm/pgalloc.h>
#else
#include <asm/efi.h>
#endif
#include <asm/processor.h>

#include "pgtable.h"

/* Levels are counted as in the SDM: 4 is PML4, 1 the page table. */
#if EFI_PGD_BASE >= 601
#define ROOT_LEVEL	(pgtable_l5_enabled() ? 5 : 4)
#else
#define ROOT_LEVEL	4
#endif
/* Whether a page is the user's is up to its own entry. */
#define ENTRY_TABLE	((u64)_PAGE_TABLE)
#define ENTRY_LEAF	((u64)(_PAGE_PRESENT | _PAGE_ACCESSED))
#define ENTRY_LARGE	((u64)_PAGE_PSE)
/* Of a page that is never writable and executable; the CPU ignores it. */
#define ENTRY_SPLIT_WX	((u64)_PAGE_SOFTW1)

enum efi_pt_op {
	EFI_PT_MAP,
#if EFI_PGD_BASE < 601
	EFI_PT_PROTECT,
#endif
	EFI_PT_UNMAP,
	EFI_PT_SPLIT_WX,
};

/* One change to a range of addresses */
struct efi_pt_change {
	enum efi_pt_op op;
	u64 offset;		/* EFI_PT_MAP: physical minus virtual address */
	u64 set;
#if EFI_PGD_BASE < 601
	u64 clear;
#endif
};

/*
 * Empty tables that were set aside, for changes that are made during a runtime
 * call. After boot, those that fall free are kept: with interrupts off they
 * cannot be freed, and whoever reads the dump in debugfs may be in them. That is
 * why they stay empty, and are listed by their struct page.
 */
static LIST_HEAD(spare_tables);
static unsigned int nr_spare;

static void put_spare(u64 *table)
{
	list_add(&virt_to_page(table)->lru, &spare_tables);
	nr_spare++;
}

static u64 *take_spare(void)
{
	struct page *page = list_first_entry_or_null(&spare_tables,
						     struct page, lru);

	if (!page)
		return NULL;

	list_del(&page->lru);
	nr_spare--;
	return page_address(page);
}

static u64 *alloc_table(void)
{
#if EFI_PGD_BASE >= 601
	if (system_state < SYSTEM_RUNNING && !irqs_disabled())
		return (u64 *)get_zeroed_page(GFP_KERNEL);

	return take_spare();
#else
	u64 *table = take_spare();

	if (!table && system_state < SYSTEM_RUNNING && !irqs_disabled())
		table = (u64 *)get_zeroed_page(GFP_KERNEL);
	return table;
#endif
}

static void free_table(u64 *table)
{
	if (system_state < SYSTEM_RUNNING && !irqs_disabled())
		free_page((unsigned long)table);
	else
		put_spare(table);
}

/**
 * efi_pt_reserve() - set tables aside
 * @count:	how many tables efi_pt_map() is to find
 * @gfp:	how to allocate them
 *
 * After boot, and with interrupts off, efi_pt_map() takes only these, and does
 * not sleep.
 *
 * Context: As @gfp says. Runtime services are locked, or it is boot time.
 * Return: 0 or -ENOMEM.
 */
int efi_pt_reserve(unsigned int count, gfp_t gfp)
{
	u64 *table;

	while (nr_spare < count) {
		table = (u64 *)get_zeroed_page(gfp | __GFP_NOWARN);
		if (!table)
			return -ENOMEM;
		put_spare(table);
	}
	return 0;
}

static u64 level_size(int level)
{
	return 1ULL << (PAGE_SHIFT + (level - 1) * 9);
}

static unsigned int level_index(u64 va, int level)
{
	return (va / level_size(level)) % PTRS_PER_PTE;
}

static bool is_leaf(u64 entry, int level)
{
	return entry && (level == 1 || (entry & ENTRY_LARGE));
}

static bool is_wx(u64 entry)
{
	return (entry & (_PAGE_RW | _PAGE_NX)) == _PAGE_RW;
}

static u64 *entry_table(u64 entry)
{
	return __va(entry & PTE_PFN_MASK);
}

/* Can one entry of this level map @pa? */
static bool leaf_fits(u64 pa, int level)
{
	if (pa & (level_size(level) - 1))
		return false;

	return level <= 2 || (level == 3 && boot_cpu_has(X86_FEATURE_GBPAGES));
}

static bool table_is_empty(const u64 *table)
{
	return !memchr_inv(table, 0, PAGE_SIZE);
}

/*
 * Make *@entry point to a table: a new one, or one that maps what the large
 * page that was there maps.
 */
static u64 *make_table(u64 *entry, int level)
{
	u64 child = *entry, step = level_size(level - 1);
	u64 *table;
	int i;

	if (*entry && !is_leaf(*entry, level))
		return entry_table(*entry);

	table = alloc_table();
	if (!table)
		return NULL;

	if (child) {
		if (level == 2)
			child &= ~ENTRY_LARGE;
		for (i = 0; i < PTRS_PER_PTE; i++, child += step)
			table[i] = child;
	}

	*entry = __pa(table) | ENTRY_TABLE;
	return table;
}

static u64 new_leaf(u64 va, int level, const struct efi_pt_change *c)
{
	u64 leaf = (va + c->offset) | ENTRY_LEAF | c->set;

	/* What is dirty and not writable is a shadow stack. */
	if (c->set & _PAGE_RW)
		leaf |= _PAGE_DIRTY;
	if (level > 1)
		leaf |= ENTRY_LARGE;
	return leaf;
}

static void change_leaf(u64 *entry, u64 va, int level,
			const struct efi_pt_change *c)
{
	u64 uncached;

	switch (c->op) {
	case EFI_PT_MAP:
		uncached = is_leaf(*entry, level) ? *entry & _PAGE_PCD : 0;
		*entry = new_leaf(va, level, c) | uncached;
		break;
#if EFI_PGD_BASE < 601
	case EFI_PT_PROTECT:
		*entry = (*entry & ~c->clear) | c->set;
		break;
#endif
	case EFI_PT_UNMAP:
		*entry = 0;
		break;
	case EFI_PT_SPLIT_WX:
		if (is_wx(*entry))
			*entry = (*entry & ~(u64)(_PAGE_RW | _PAGE_DIRTY)) |
				 ENTRY_SPLIT_WX;
		break;
	}
}

/*
 * The bulk of a large region: empty entries of one table that map whole pages of
 * this level, one after the other. Return the address that comes after them.
 */
static u64 map_run(u64 *entry, u64 va, u64 end, int level,
		   const struct efi_pt_change *c)
{
	unsigned int left = PTRS_PER_PTE - level_index(va, level);
	u64 leaf, size = level_size(level);

	if (c->op != EFI_PT_MAP || va & (size - 1) ||
	    !leaf_fits(va + c->offset, level))
		return va;

	leaf = new_leaf(va, level, c);
	for (; left && end - va >= size && !*entry; left--) {
		*entry++ = leaf;
		leaf += size;
		va += size;
	}
	return va;
}

/* Is the change done with this one entry, or is there a table below it? */
static bool ends_here(u64 entry, u64 va, u64 next, int level,
		      const struct efi_pt_change *c)
{
	if (level == 1)
		return true;
	if (next - va != level_size(level))
		return false;
	if (is_leaf(entry, level) && c->op == EFI_PT_SPLIT_WX)
		return !is_wx(entry);
	if (is_leaf(entry, level))
		return c->op != EFI_PT_MAP || leaf_fits(va + c->offset, level);

	return !entry && c->op == EFI_PT_MAP && leaf_fits(va + c->offset, level);
}

/* Recursion is bounded by the number of levels. */
static int change_range(u64 *table, int level, u64 va, u64 end,
			const struct efi_pt_change *c)
{
	u64 next, *entry, *child;
	int err;

	for (; va < end; va = next) {
		entry = &table[level_index(va, level)];
		next = map_run(entry, va, end, level, c);
		if (next != va)
			continue;

		/* The last page this entry can map may be the last there is. */
		next = min(end - 1, va | (level_size(level) - 1)) + 1;

#if EFI_PGD_BASE < 601
		if (!*entry && c->op == EFI_PT_PROTECT)
			return -ENOENT;
#endif
		if (!*entry && c->op != EFI_PT_MAP)
			continue;

		if (ends_here(*entry, va, next, level, c)) {
			change_leaf(entry, va, level, c);
			continue;
		}

		child = make_table(entry, level);
		if (!child)
			return -ENOMEM;

		err = change_range(child, level - 1, va, next, c);
		if (err)
			return err;

#if EFI_PGD_BASE >= 601
		/* Root entries stay: one table is not worth a rule. */
#else
		/* Root entries stay: efi_pt_sync_kernel() relies on one. */
#endif
		if (c->op == EFI_PT_UNMAP && level < ROOT_LEVEL &&
		    table_is_empty(child)) {
			*entry = 0;
			free_table(child);
		}
	}

	return 0;
}

#if EFI_PGD_BASE < 601
/*
 * Only addresses that are EFI's to use: the lower half, for 1:1 mappings, and
 * the window that virtual addresses are given out from. Where firmware is
 * isolated, all of the upper half is: nothing of the kernel is mapped there but
 * the gate.
 */
static bool range_is_efi(u64 va, u64 size)
{
	u64 half = level_size(ROOT_LEVEL) * PTRS_PER_PGD / 2;
	u64 end = va + size;

	if (end < va || !IS_ALIGNED(va | size, PAGE_SIZE))
		return false;
	if (efi_is_isolated() && va >= -half)
		return true;
	if (va >= EFI_VA_END && end <= EFI_VA_START)
		return true;

	return end <= half;
}

#endif
/* Does the CPU have these addresses, below the hole between the halves or above? */
static bool is_canonical(u64 va, u64 size)
{
	u64 half = level_size(ROOT_LEVEL) * PTRS_PER_PGD / 2;

	return va >= -half || va + size <= half;
}

static int change(pgd_t *root, u64 va, u64 size,
		  const struct efi_pt_change *c)
{
	if (!is_canonical(va, size))
		return -ERANGE;
#if EFI_PGD_BASE >= 601
	if (va + size < va || !IS_ALIGNED(va | size, PAGE_SIZE))
#else
	if (!range_is_efi(va, size))
#endif
		return -EINVAL;

	return change_range((u64 *)root, ROOT_LEVEL, va, va + size, c);
}

/**
 * efi_pt_map() - map a physical range
 * @root:	what efi_pt_alloc() returned
 * @va:		virtual address of the first page
 * @pa:		physical address of the first page; not a page frame number
 * @size:	bytes, a multiple of the page size; 0 maps nothing
 * @prot:	_PAGE_RW, _PAGE_NX, _PAGE_PCD; 0 is read-only and executable
 *
 * Uses the largest pages that alignment and CPU allow. What was mapped in the
 * range before is replaced, but for _PAGE_PCD, which stays.
 *
 * Context: Boot time, when it may sleep, or runtime services are locked.
 * Return: 0, -EINVAL for a range that is misaligned or not EFI's, -ERANGE for one
 * that no address of the CPU leads to, -ENOMEM. After an error part of the range
 * may be mapped.
 */
int efi_pt_map(pgd_t *root, u64 va, u64 pa, u64 size, u64 prot)
{
	struct efi_pt_change c = {
		.op	= EFI_PT_MAP,
		.offset	= pa - va,
		.set	= prot & __supported_pte_mask,
	};

	if (!size)
		return 0;
	if (!IS_ALIGNED(pa, PAGE_SIZE))
		return -EINVAL;
	if (pa + size - 1 < pa ||
	    (pa + size - 1) >> boot_cpu_data.x86_phys_bits)
		return -ERANGE;

	return change(root, va, size, &c);
}

#if EFI_PGD_BASE < 601
/**
 * efi_pt_protect() - change the permissions of a mapped range
 * @root:	what efi_pt_alloc() returned
 * @va:		virtual address of the first page
 * @size:	bytes, a multiple of the page size
 * @set:	flags to set: _PAGE_RW, _PAGE_NX
 * @clear:	flags to clear
 *
 * Large pages that are only partly in the range are split.
 *
 * Context: Process context, at boot. May sleep.
 * Return: 0, -EINVAL and -ERANGE as for efi_pt_map(), -ENOMEM, -ENOENT if a page
 * of the range is not mapped. After an error part of the range may have changed.
 */
int efi_pt_protect(pgd_t *root, u64 va, u64 size, u64 set, u64 clear)
{
	struct efi_pt_change c = {
		.op	= EFI_PT_PROTECT,
		.set	= set & __supported_pte_mask,
		.clear	= clear,
	};

	return change(root, va, size, &c);
}

#endif
/**
 * efi_pt_unmap() - take a range out of the tables
 * @root:	what efi_pt_alloc() returned
 * @va:		virtual address of the first page
 * @size:	bytes, a multiple of the page size
 *
 * Pages of the range that are not mapped are skipped. Tables that become empty
 * are freed, but for those that the root points to.
 *
 * Context: Boot time, when it may sleep, or runtime services are locked.
 * Return: 0, -EINVAL and -ERANGE as for efi_pt_map(), -ENOMEM if a large page
 * could not be split.
 */
int efi_pt_unmap(pgd_t *root, u64 va, u64 size)
{
	struct efi_pt_change c = { .op = EFI_PT_UNMAP };

	return change(root, va, size, &c);
}

/* The entry that maps the page that @va is in, or NULL */
static u64 *find_leaf(pgd_t *root, u64 va)
{
	u64 *entry, *table = (u64 *)root;
	int level = ROOT_LEVEL;

	for (;;) {
		entry = &table[level_index(va, level)];
		if (is_leaf(*entry, level))
			return entry;
		if (!*entry)
			return NULL;
		table = entry_table(*entry);
		level--;
	}
}

/**
 * efi_pt_split_wx() - have no page of a range be writable and executable
 * @root:	what efi_pt_alloc() returned
 * @va:		virtual address of the first page
 * @size:	bytes, a multiple of the page size
 *
 * Pages that are both become read-only, and pages of their own that efi_pt_set()
 * takes. Others stay as they are. Nothing is done where the CPU has no NX.
 *
 * Context: Process context, at boot. May sleep.
 * Return: 0, -EINVAL and -ERANGE as for efi_pt_map(), -ENOMEM.
 */
int efi_pt_split_wx(pgd_t *root, u64 va, u64 size)
{
	struct efi_pt_change c = { .op = EFI_PT_SPLIT_WX };

	if (!(__supported_pte_mask & _PAGE_NX) || !size)
		return 0;

	return change(root, va, size, &c);
}

/**
 * efi_pt_set() - change the permissions of a page
 * @root:	what efi_pt_alloc() returned
 * @va:		an address that efi_pt_split_wx() was called for
 * @prot:	_PAGE_RW, _PAGE_NX; 0 is read-only and executable
 *
 * Context: Any. Runtime services are locked.
 * Return: Whether it was such a page and had other permissions.
 */
bool efi_pt_set(pgd_t *root, u64 va, u64 prot)
{
	u64 *entry, new;

	if (!is_canonical(va, 1))
		return false;
	entry = find_leaf(root, va);
	if (!entry || !(*entry & ENTRY_SPLIT_WX))
		return false;

	/* What is dirty and not writable is a shadow stack. */
	new = *entry & ~(u64)(_PAGE_RW | _PAGE_NX | _PAGE_DIRTY);
	new |= prot | (prot & _PAGE_RW ? _PAGE_DIRTY : 0);
	if (((new ^ *entry) & (_PAGE_RW | _PAGE_NX)) == 0)
		return false;

	WRITE_ONCE(*entry, new);
	return true;
}

/* Is the page that @va is in mapped, and firmware's? */
static bool page_is_user(pgd_t *root, u64 va)
{
	u64 *entry = find_leaf(root, va);

	return entry && *entry & _PAGE_USER;
}

/**
 * efi_pt_is_user() - is a range firmware's to access?
 * @root:	what efi_pt_alloc() returned
 * @va:		virtual address of the first byte
 * @size:	bytes, not 0
 *
 * Context: Any. Runtime services are locked.
 * Return: Whether all of it is mapped in user pages.
 */
bool efi_pt_is_user(pgd_t *root, u64 va, u64 size)
{
	u64 last = va + size - 1, page;

	if (last < va || !is_canonical(va, size))
		return false;

	for (page = va & PAGE_MASK; page <= (last & PAGE_MASK); page += PAGE_SIZE)
		if (!page_is_user(root, page))
			return false;
	return true;
}

#if EFI_PGD_BASE >= 601
/**
 * efi_pt_alloc() - allocate page tables without any mapping
 *
 * The root is one page of an aligned pair, as the kernel's are if there may be
 * page table isolation. The other page of the pair stays empty.
 *
 * Context: Process context, at boot. May sleep.
 * Return: The root, or NULL if there is no memory.
 */
pgd_t *efi_pt_alloc(void)
{
#if EFI_PGD_BASE >= 700
	return (pgd_t *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					 pgd_allocation_order());
#else
	return (pgd_t *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					 PGD_ALLOCATION_ORDER);
#endif
}
#else
/* The table of the third level that the kernel's entry for @va points to */
static u64 *kernel_level3(u64 va)
{
	return entry_table(pgd_val(*pgd_offset_k(va)));
}

/**
 * efi_pt_sync_kernel() - bring the kernel half up to date
 * @root:	what efi_pt_alloc() returned
 *
 * The arguments of a runtime call are anywhere in kernel memory, so the kernel
 * half is lent to the firmware. Below the root, tables are shared with the
 * kernel, but for one: the root entry that holds the EFI window holds the
 * kernel image and modules, too. There, EFI has a table of its own, and shares
 * the entries above the window. Below it, that table has nothing of the kernel.
 *
 * Context: Any, interrupts or at least preemption disabled.
 */
void efi_pt_sync_kernel(pgd_t *root)
{
	unsigned int first = pgd_index(PAGE_OFFSET);
	unsigned int window = pgd_index(EFI_VA_END);
	unsigned int above = pud_index(EFI_VA_START);
	u64 *level3 = entry_table(pgd_val(root[window]));

	BUILD_BUG_ON(pgd_index(EFI_VA_END) != pgd_index(EFI_VA_START - 1));
	BUILD_BUG_ON(pgd_index(EFI_VA_END) != PTRS_PER_PGD - 1);
	BUILD_BUG_ON(EFI_VA_START & ~PUD_MASK);
	BUILD_BUG_ON(EFI_VA_END & ~PUD_MASK);

	memcpy(root + first, init_mm.pgd + first,
	       (window - first) * sizeof(*root));
	memcpy(level3 + above, kernel_level3(EFI_VA_START) + above,
	       (PTRS_PER_PUD - above) * sizeof(*level3));
}

/**
 * efi_pt_alloc() - allocate page tables without any EFI mapping
 *
 * The root is one page of an aligned pair. A kernel with page table isolation
 * turns the CR3 it finds on an NMI into the kernel's by clearing bit 12, so no
 * CR3 that is loaded in kernel mode may have it set. The other page of the pair
 * stays empty: nothing returns to user mode from here.
 *
 * The tables hold no kernel mapping either, and never do where firmware is
 * isolated. Where it is not, they do from efi_pt_sync_kernel() on.
 *
 * Context: Process context, at boot. May sleep.
 * Return: The root, or NULL if there is no memory.
 */
pgd_t *efi_pt_alloc(void)
{
	pgd_t *root;
	u64 *level3;

	root = (pgd_t *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 1);
	if (!root || efi_is_isolated())
		return root;

	level3 = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!level3) {
		free_pages((unsigned long)root, 1);
		return NULL;
	}

	/* Not set_pgd(): with page table isolation it looks at the pair. */
	((u64 *)root)[pgd_index(EFI_VA_END)] = __pa(level3) | ENTRY_TABLE;
	return root;
}
#endif
