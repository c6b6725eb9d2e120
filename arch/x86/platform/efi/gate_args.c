// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel shows to firmware during a call: the argument area, which both
 * write to, and memory of the caller that firmware reads where it is.
 */
#include <linux/efi.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#if EFI_PGD_BASE >= 601
#include <linux/preempt.h>
#else
#include <linux/hardirq.h>
#endif
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/efi.h>

#include "gate.h"
#include "pgtable.h"

/*
 * Arguments that do not fit into the area. Each has room for the largest, and a
 * page that is not mapped before it.
 */
#define LARGE_ARGS		(EFI_GATE_BASE + PMD_SIZE + PAGE_SIZE)
#define LARGE_ARG_STRIDE	(EFI_GATE_ARGS_MAX + PMD_SIZE)

/* Memory of the caller, each piece with a page that is not mapped after it */
#define MAPS_SIZE		(64ULL << 30)
#define MAPS			(EFI_GATE_BASE - MAPS_SIZE)

#define READ_ONLY		(_PAGE_NX | _PAGE_USER)
#define READ_WRITE		(READ_ONLY | _PAGE_RW)

/* After the slots, arguments are allocated from the start to the end. */
#define ARGS_START		(EFI_GATE_MAX_ARGS * EFI_GATE_SLOT)

void *efi_gate_args;
static size_t args_used = ARGS_START;

static struct fw_large_arg {
	void	*mem;
	u64	va;
	size_t	size;
} fw_large_args[8];
static unsigned int fw_nr_large_args;

static u64 maps_end = MAPS;
static LIST_HEAD(copied_pages);

/* Map the page of the kernel that @mem is in. */
static int map_page(u64 va, const void *mem, u64 prot)
{
	struct page *page = is_vmalloc_or_module_addr(mem) ?
			    vmalloc_to_page(mem) : virt_to_page(mem);

	if (!page)
		return -EFAULT;

	return efi_pt_map(efi_mm.pgd, va, page_to_phys(page), PAGE_SIZE, prot);
}

/*
 * Some firmware reads a buffer further than its length, by more than a page. It
 * finds what is left of earlier calls, to the end of the argument area, and then
 * zeros: one page, again and again.
 */
static int map_zeros(u64 va)
{
	u64 end = va + EFI_GATE_ZEROS_SIZE;
	int err = 0;

	for (; !err && va < end; va += PAGE_SIZE)
		err = map_page(va, efi_gate_args + EFI_GATE_ARGS_SIZE,
			       READ_ONLY);
	return err;
}

/**
 * efi_gate_args_reset() - empty the argument area, and unmap what was mapped
 *
 * At the end of a call: the next one may be in a context where large arguments
 * of this one cannot be freed.
 *
 * Context: Runtime services are locked. As the call that the arguments were of.
 */
void efi_gate_args_reset(void)
{
	struct fw_large_arg *arg;
	struct page *page, *next;

	args_used = ARGS_START;
	while (fw_nr_large_args) {
		arg = &fw_large_args[--fw_nr_large_args];
		efi_pt_unmap(efi_mm.pgd, arg->va,
			     arg->size + EFI_GATE_ZEROS_SIZE);
		if (is_vmalloc_addr(arg->mem))
			vfree(arg->mem);
		else
			free_pages_exact(arg->mem, arg->size);
	}

	if (maps_end == MAPS)
		return;
	efi_pt_unmap(efi_mm.pgd, MAPS, maps_end - MAPS);
	maps_end = MAPS;
	list_for_each_entry_safe(page, next, &copied_pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

static int map_large_arg(struct fw_large_arg *arg, gfp_t gfp)
{
	u64 offset;
	int err;

#if EFI_PGD_BASE >= 601
	err = efi_pt_reserve(EFI_GATE_SPARE_TABLES + 2 +
			     (arg->size + EFI_GATE_ZEROS_SIZE) / PMD_SIZE, gfp);
#else
	err = efi_pt_reserve(2 + (arg->size + EFI_GATE_ZEROS_SIZE) / PMD_SIZE,
			     gfp);
#endif
	for (offset = 0; !err && offset < arg->size; offset += PAGE_SIZE)
		err = map_page(arg->va + offset, arg->mem + offset, READ_WRITE);
	return err ?: map_zeros(arg->va + arg->size);
}

static noinline void *alloc_large_arg(size_t size, u64 *addr, gfp_t gfp)
{
	struct fw_large_arg *arg = &fw_large_args[fw_nr_large_args];

	if (size > EFI_GATE_ARGS_MAX ||
	    fw_nr_large_args == ARRAY_SIZE(fw_large_args))
		return NULL;

	/* A dump that needs more than there is set aside may come from anywhere. */
#if EFI_PGD_BASE >= 601
	if (in_nmi() || (IS_ENABLED(CONFIG_PREEMPT_RT) && irqs_disabled()))
#else
	if (in_nmi())
#endif
		return NULL;

	arg->va = LARGE_ARGS + fw_nr_large_args * LARGE_ARG_STRIDE;
	arg->size = PAGE_ALIGN(size);
	arg->mem = alloc_pages_exact(arg->size,
				     gfp | __GFP_ZERO | __GFP_NOWARN);
	if (!arg->mem && gfpflags_allow_blocking(gfp))
		arg->mem = vzalloc(arg->size);
	if (!arg->mem)
		return NULL;

	/* Of what cannot be mapped to the end, efi_gate_args_reset() takes care. */
	fw_nr_large_args++;
	if (map_large_arg(arg, gfp))
		return NULL;

	*addr = arg->va;
	return arg->mem;
}

/**
 * efi_gate_args_alloc() - memory that the kernel shares with firmware
 * @size:	in bytes
 * @addr:	set to the address that firmware sees the memory at
 * @gfp:	GFP_KERNEL, or GFP_ATOMIC where the caller cannot sleep
 *
 * The memory is zeroed and aligned to 16 bytes. It is the kernel's until
 * efi_gate_call(), and is gone with efi_gate_args_reset().
 *
 * Context: Runtime services are locked.
 * Return: the address for the kernel, or NULL.
 */
void *efi_gate_args_alloc(size_t size, u64 *addr, gfp_t gfp)
{
	void *mem;

	if (size > EFI_GATE_ARGS_SIZE - args_used)
		return alloc_large_arg(size, addr, gfp);

	mem = efi_gate_args + args_used;
	*addr = EFI_GATE_ARGS + args_used;
	size = ALIGN(size, 16);
	args_used += size;
	/* A few words mostly: not worth a call of memset() */
	memset64(mem, 0, size / sizeof(u64));
	return mem;
}

/* The first or last page of what is mapped: from @mem, @size bytes of it are. */
static int map_part(u64 va, const void *mem, size_t size, gfp_t gfp)
{
	struct page *page = alloc_page(gfp | __GFP_ZERO | __GFP_NOWARN);

	if (!page)
		return -ENOMEM;

	list_add(&page->lru, &copied_pages);
	memcpy(page_address(page) + offset_in_page(mem), mem, size);
	return map_page(va, page_address(page), READ_ONLY);
}

/**
 * efi_gate_args_map() - let firmware read memory of the kernel where it is
 * @mem:	in the direct mapping, or from vmalloc() or vmap()
 * @size:	in bytes
 * @addr:	set to the address that firmware sees @mem at
 * @gfp:	as for efi_gate_args_alloc()
 *
 * Firmware sees @mem, and nothing around it: where a page is only partly in it,
 * what firmware sees is a copy of that part, and zeros. It is gone with
 * efi_gate_args_reset().
 *
 * Context: Runtime services are locked.
 * Return: 0, -ENOMEM, or -EFAULT if there are no pages at @mem.
 */
int efi_gate_args_map(const void *mem, size_t size, u64 *addr, gfp_t gfp)
{
	const void *end = mem + size;
	u64 va = maps_end, pages_size = PAGE_ALIGN(offset_in_page(mem) + size);
	size_t part;
	int err;

	if (size > MAPS_SIZE || pages_size + PAGE_SIZE > MAPS + MAPS_SIZE - va)
		return -ENOMEM;

	/* A table for each 2 MiB and for each GiB, begun at either end */
#if EFI_PGD_BASE >= 601
	err = efi_pt_reserve(EFI_GATE_SPARE_TABLES + pages_size / PMD_SIZE + 2 +
			     pages_size / PUD_SIZE + 2, gfp);
#else
	err = efi_pt_reserve(pages_size / PMD_SIZE + 2 +
			     pages_size / PUD_SIZE + 2, gfp);
#endif
	*addr = va + offset_in_page(mem);
	maps_end = va + pages_size + PAGE_SIZE;
	for (; !err && mem < end; mem += part, va += PAGE_SIZE) {
		part = min_t(size_t, end - mem, PAGE_SIZE - offset_in_page(mem));
		err = part < PAGE_SIZE ? map_part(va, mem, part, gfp) :
					 map_page(va, mem, READ_ONLY);
	}
	return err;
}

/**
 * efi_gate_args_init() - set up the argument area
 *
 * Context: Process context, at boot.
 * Return: 0 or -ENOMEM.
 */
int __init efi_gate_args_init(void)
{
	/* With the page of zeros behind it */
	efi_gate_args = alloc_pages_exact(EFI_GATE_ARGS_SIZE + PAGE_SIZE,
					  GFP_KERNEL | __GFP_ZERO);
	if (!efi_gate_args)
		return -ENOMEM;

	return efi_pt_map(efi_mm.pgd, EFI_GATE_ARGS, __pa(efi_gate_args),
			  EFI_GATE_ARGS_SIZE, READ_WRITE) ?:
	       map_zeros(EFI_GATE_ARGS + EFI_GATE_ARGS_SIZE);
}
