// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of arch/x86/platform/efi/gate_args.c: what firmware can see during a
 * call, and that nothing else is in the page tables. Each runs in a process of its
 * own. Page tables are a list here, and memory of the kernel is mapped twice, as
 * the direct mapping and, page by page in another order, as vmalloc's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "gate.h"
#include "pgtable.h"
#include "unit_test.h"

#define READ_ONLY	(_PAGE_USER | _PAGE_NX)
#define READ_WRITE	(READ_ONLY | _PAGE_RW)
#define MAPS_SIZE	(64ULL << 30)

/*
 * Memory of the kernel
 */

#define PAGES		4096UL

static u8 *direct, *vmalloced;
static struct page pages[PAGES];
static unsigned int next_page, fail_alloc, allocs;
static size_t vmalloc_next;
static bool nmi, exact_fails, vmalloc_fails;
static long allocated;		/* pages */

struct shim_mm efi_mm = { .pgd = (pgd_t *)0x1000 };

/* Where page @i of vmalloc's is in the direct mapping, from the end and in pairs */
static size_t backing(size_t i)
{
	return (PAGES - 1 - i) ^ 1;
}

static void make_memory(void)
{
	int fd = memfd_create("memory", 0);
	size_t i;

	EXPECT(fd >= 0 && !ftruncate(fd, PAGES * PAGE_SIZE));
	direct = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, 0);
	vmalloced = mmap(NULL, PAGES * PAGE_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(direct != MAP_FAILED && vmalloced != MAP_FAILED);
	for (i = 0; i < PAGES; i++) {
		pages[i].memory = direct + i * PAGE_SIZE;
		/* Not all of it: a process may have so many mappings. */
		if (i < PAGES / 2)
			EXPECT(mmap(vmalloced + i * PAGE_SIZE, PAGE_SIZE,
				    PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_FIXED, fd,
				    backing(i) * PAGE_SIZE) != MAP_FAILED);
	}
	memset(direct, 0xee, PAGES * PAGE_SIZE);
}

bool is_vmalloc_addr(const void *mem)
{
	return (size_t)((u8 *)mem - vmalloced) < PAGES * PAGE_SIZE;
}

bool is_vmalloc_or_module_addr(const void *mem)
{
	return is_vmalloc_addr(mem);
}

struct page *virt_to_page(const void *mem)
{
	size_t offset = (u8 *)mem - direct;

	EXPECT(offset < PAGES * PAGE_SIZE);
	return &pages[offset / PAGE_SIZE];
}

struct page *vmalloc_to_page(const void *mem)
{
	size_t i = ((u8 *)mem - vmalloced) / PAGE_SIZE;

	EXPECT(is_vmalloc_addr(mem));
	return i < PAGES / 2 ? &pages[backing(i)] : NULL;
}

u64 page_to_phys(struct page *page)
{
	return (page - pages + 0x100) * PAGE_SIZE;
}

static bool no_memory(void)
{
	return ++allocs == fail_alloc;
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	u8 *mem = direct + next_page * PAGE_SIZE;

	if (no_memory() || exact_fails)
		return NULL;
	EXPECT(size && gfp & __GFP_ZERO);
	next_page += PAGE_ALIGN(size) / PAGE_SIZE;
	/* The second quarter is memory()'s, the rest vmalloc's. */
	EXPECT(next_page <= PAGES / 4);
	memset(mem, 0, PAGE_ALIGN(size));
	allocated += PAGE_ALIGN(size) / PAGE_SIZE;
	return mem;
}

void free_pages_exact(void *mem, size_t size)
{
	EXPECT(virt_to_page(mem));
	memset(mem, 0xdd, PAGE_ALIGN(size));
	allocated -= PAGE_ALIGN(size) / PAGE_SIZE;
}

struct page *alloc_page(gfp_t gfp)
{
	void *mem = alloc_pages_exact(PAGE_SIZE, gfp);

	return mem ? virt_to_page(mem) : NULL;
}

void __free_page(struct page *page)
{
	free_pages_exact(page->memory, PAGE_SIZE);
}

void *vzalloc(size_t size)
{
	u8 *mem = vmalloced + vmalloc_next * PAGE_SIZE;

	if (vmalloc_fails)
		return NULL;
	vmalloc_next += size / PAGE_SIZE;
	EXPECT(vmalloc_next <= PAGES / 4);
	memset(mem, 0, size);
	allocated += size / PAGE_SIZE;
	return mem;
}

void vfree(void *mem)
{
	EXPECT(is_vmalloc_addr(mem));
	allocated -= vmalloc_next;
	vmalloc_next = 0;
}

bool in_nmi(void)
{
	return nmi;
}

/*
 * Page tables of EFI
 */

static struct {
	u64 va, pa, prot;
} mapped[20000];
static unsigned int nr_mapped, spare, tables_used;
static u64 tables[4096];	/* the addresses that they begin at, odd for 1 GiB */
static bool fail_reserve;
static bool booted;

static void need_table(u64 which)
{
	unsigned int i;

	for (i = 0; i < tables_used; i++)
		if (tables[i] == which)
			return;
	EXPECT(tables_used < ARRAY_SIZE(tables));
	tables[tables_used++] = which;
	if (booted) {
		EXPECT(spare);
		spare--;
	}
}

int efi_pt_reserve(unsigned int count, gfp_t gfp)
{
	EXPECT(gfp == GFP_KERNEL || gfp == GFP_ATOMIC);
	if (fail_reserve)
		return -ENOMEM;
	if (spare < count)
		spare = count;
	return 0;
}

static unsigned int find(u64 va)
{
	unsigned int i;

	for (i = 0; i < nr_mapped && mapped[i].va != va; i++)
		;
	return i;
}

int efi_pt_map(pgd_t *root, u64 va, u64 pa, u64 size, u64 prot)
{
	static u64 last;

	EXPECT(root == efi_mm.pgd && !(va & (PAGE_SIZE - 1)));
	EXPECT(prot == READ_ONLY || prot == READ_WRITE);
	EXPECT(va < EFI_VA_END && va > EFI_GATE_BASE - MAPS_SIZE - 1);
	for (; size; size -= PAGE_SIZE, va += PAGE_SIZE, pa += PAGE_SIZE) {
		EXPECT(find(va) == nr_mapped);
		EXPECT(nr_mapped < ARRAY_SIZE(mapped));
		if (va >> 21 != last) {
			need_table((va & ~(PUD_SIZE - 1)) | 1);
			need_table(va & ~(PMD_SIZE - 1));
		}
		last = va >> 21;
		mapped[nr_mapped].va = va;
		mapped[nr_mapped].pa = pa;
		mapped[nr_mapped++].prot = prot;
	}
	return 0;
}

int efi_pt_unmap(pgd_t *root, u64 va, u64 size)
{
	unsigned int i, j = 0;

	EXPECT(root == efi_mm.pgd && !((va | size) & (PAGE_SIZE - 1)));
	for (i = 0; i < nr_mapped; i++)
		if (mapped[i].va < va || mapped[i].va >= va + size)
			mapped[j++] = mapped[i];
	nr_mapped = j;
	return 0;
}

/* What firmware sees, or NULL if there is nothing or it is not @prot */
static u8 *seen(u64 va, u64 prot)
{
	unsigned int i = find(va & ~(PAGE_SIZE - 1));

	if (i == nr_mapped || mapped[i].prot != prot)
		return NULL;
	return pages[mapped[i].pa / PAGE_SIZE - 0x100].memory +
	       offset_in_page(va);
}

static bool is_mapped(u64 va)
{
	return find(va & ~(PAGE_SIZE - 1)) != nr_mapped;
}

static bool all(const u8 *mem, u8 value, size_t size)
{
	while (size && *mem == value)
		mem++, size--;
	return !size;
}

static void expect_zeros(u64 va)
{
	u64 end = va + 16 * PAGE_SIZE;
	u8 *mem;

	for (; va < end; va += PAGE_SIZE) {
		mem = seen(va, READ_ONLY);
		EXPECT(mem && all(mem, 0, PAGE_SIZE));
		/* Nothing else is at the same place */
		EXPECT(mem == (u8 *)efi_gate_args + PAGE_SIZE);
	}
	EXPECT(!is_mapped(va));
}

/* All is as it was before the call */
static void expect_reset(void)
{
	efi_gate_args_reset();
	EXPECT(nr_mapped == 17 && allocated == 2);
	expect_zeros(EFI_GATE_ARGS + PAGE_SIZE);
	tables_used = 2;
}

static void start(void)
{
	make_memory();
	EXPECT(!efi_gate_args_init());
	booted = true;
	spare = EFI_GATE_SPARE_TABLES;
}

/* Memory of the kernel that nothing else uses, with something in it */
static u8 *memory(size_t offset, size_t size)
{
	u8 *mem = direct + PAGES / 4 * PAGE_SIZE + offset;
	size_t i;

	EXPECT(offset + size <= 4 << 20);
	for (i = 0; i < size; i++)
		mem[i] = i * 7 + i / 251 + 1;
	return mem;
}

static void test_area(void)
{
	EXPECT(seen(EFI_GATE_ARGS, READ_WRITE) == efi_gate_args);
	EXPECT(!is_mapped(EFI_GATE_ARGS - 1));
	expect_reset();
}

static void test_no_memory_for_it(void)
{
	fail_alloc = allocs + 1;
	EXPECT(efi_gate_args_init() == -ENOMEM);
}

static void test_small(void)
{
	u64 addr, before = 0;
	u8 *mem;
	int i;

	memset(efi_gate_args, 0xaa, PAGE_SIZE);
	for (i = 1; i < 60; i++) {
		mem = efi_gate_args_alloc(i, &addr, GFP_ATOMIC);
		EXPECT(mem && all(mem, 0, i) && !(addr & 15));
		EXPECT(seen(addr, READ_WRITE) == mem);
		EXPECT(addr >= EFI_GATE_ARGS + EFI_GATE_MAX_ARGS * EFI_GATE_SLOT);
		EXPECT(addr >= before && addr + i <= EFI_GATE_ARGS + PAGE_SIZE);
		before = addr + i;
	}
	EXPECT(all(efi_gate_args, 0xaa, EFI_GATE_MAX_ARGS * EFI_GATE_SLOT));
	EXPECT(nr_mapped == 17);
	/* After the reset it is the same again. */
	expect_reset();
	EXPECT(efi_gate_args_alloc(16, &before, GFP_ATOMIC));
	EXPECT(before == EFI_GATE_ARGS + EFI_GATE_MAX_ARGS * EFI_GATE_SLOT);
	EXPECT(efi_gate_args_alloc(PAGE_SIZE - EFI_GATE_MAX_ARGS *
				   EFI_GATE_SLOT - 16, &addr, GFP_ATOMIC));
	EXPECT(nr_mapped == 17);
	EXPECT(efi_gate_args_alloc(1, &addr, GFP_ATOMIC));
	EXPECT(nr_mapped == 17 + 1 + 16);
	expect_reset();
}

static void large(size_t size, bool vmalloc)
{
	u64 addr, offset;
	u8 *mem;

	mem = efi_gate_args_alloc(size, &addr, GFP_KERNEL);
	EXPECT(mem && is_vmalloc_addr(mem) == vmalloc);
	EXPECT(all(mem, 0, PAGE_ALIGN(size)));
	EXPECT(!is_mapped(addr - 1));
	for (offset = 0; offset < size; offset += PAGE_SIZE) {
		/* Another address of the same memory */
		mem[offset] = offset / PAGE_SIZE + 1;
		EXPECT(seen(addr + offset, READ_WRITE));
		EXPECT(*seen(addr + offset, READ_WRITE) == mem[offset]);
	}
	expect_zeros(addr + offset);
	EXPECT(spare >= EFI_GATE_SPARE_TABLES);
}

static void test_large(void)
{
	size_t sizes[] = { PAGE_SIZE, PAGE_SIZE + 1, 65536, 1 << 20,
			   EFI_GATE_ARGS_MAX };
	unsigned int i;
	u64 addr;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		large(sizes[i], false);
		expect_reset();
	}
	exact_fails = true;
	large(3 * PAGE_SIZE + 5, true);
	large(EFI_GATE_ARGS_MAX, true);
	EXPECT(!efi_gate_args_alloc(PAGE_SIZE, &addr, GFP_ATOMIC));
	vmalloc_fails = true;
	EXPECT(!efi_gate_args_alloc(PAGE_SIZE, &addr, GFP_KERNEL));
	exact_fails = false;
	large(PAGE_SIZE, false);
	expect_reset();
	EXPECT(!efi_gate_args_alloc(EFI_GATE_ARGS_MAX + 1, &addr, GFP_KERNEL));
	for (i = 0; i < 8; i++)
		large(PAGE_SIZE + i * 5000, false);
	EXPECT(!efi_gate_args_alloc(PAGE_SIZE, &addr, GFP_KERNEL));
	expect_reset();
	nmi = true;
	EXPECT(!efi_gate_args_alloc(PAGE_SIZE, &addr, GFP_ATOMIC));
	EXPECT(efi_gate_args_alloc(PAGE_SIZE / 2, &addr, GFP_ATOMIC));
	nmi = false;
	fail_reserve = true;
	EXPECT(!efi_gate_args_alloc(PAGE_SIZE, &addr, GFP_KERNEL));
	expect_reset();
}

/* Return the address of the first page */
static u64 map(const u8 *mem, size_t size)
{
	u64 addr, offset, first, last;
	const u8 *page, *byte;

	EXPECT(!efi_gate_args_map(mem, size, &addr, GFP_KERNEL));
	EXPECT(offset_in_page(addr) == offset_in_page(mem));
	first = addr - offset_in_page(addr);
	last = addr + size - 1 - offset_in_page(addr + size - 1);
	EXPECT(!is_mapped(first - 1) && !is_mapped(last + PAGE_SIZE));
	for (offset = 0; offset < size; offset++) {
		byte = seen(addr + offset, READ_ONLY);
		EXPECT(byte && *byte == mem[offset]);
		page = byte - offset_in_page(byte);
		/* The page itself, if it is all of @mem, or else a copy of a part */
		if (offset_in_page(mem + offset) || size - offset < PAGE_SIZE)
			continue;
		EXPECT(page == (is_vmalloc_addr(mem) ?
				vmalloc_to_page(mem + offset) :
				virt_to_page(mem + offset))->memory);
		offset += PAGE_SIZE - 1;
	}
	EXPECT(all(seen(first, READ_ONLY), 0, addr - first));
	offset = offset_in_page(addr + size);
	if (offset)
		EXPECT(all(seen(last, READ_ONLY) + offset, 0,
			   PAGE_SIZE - offset));
	EXPECT(spare >= EFI_GATE_SPARE_TABLES);
	return first;
}

static void test_map(void)
{
	static const struct {
		size_t offset, size;
	} tries[] = {
		{ 0, PAGE_SIZE }, { 0, 1 }, { 100, 28 }, { 0, 3 * PAGE_SIZE },
		{ 1, PAGE_SIZE }, { PAGE_SIZE - 1, 2 }, { 5, PAGE_SIZE - 5 },
		{ 4, 2 * PAGE_SIZE - 4 }, { 0, 2 * PAGE_SIZE + 1 },
		{ 4000, 3 << 20 }, { 0, 4 << 20 },
	};
	u64 before = 0, first;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		first = map(memory(tries[i].offset, tries[i].size),
			    tries[i].size);
		EXPECT(first == EFI_GATE_BASE - MAPS_SIZE);
		expect_reset();
	}
	/* Several, one after the other */
	for (i = 0; i < 6; i++) {
		first = map(memory(tries[i].offset, tries[i].size),
			    tries[i].size);
		EXPECT(first > before);
		before = first;
	}
	large(EFI_GATE_ARGS_MAX, false);
	EXPECT(efi_gate_args_map(memory(0, 8), 0, &first, GFP_KERNEL) == 0);
	expect_reset();
}

static void test_map_vmalloc(void)
{
	u8 *mem = vmalloced + PAGES / 4 * PAGE_SIZE;

	memset(mem, 0x33, 4 << 20);
	map(mem, 3 << 20);
	map(mem + 77, PAGE_SIZE * 2);
	map(mem + 77, 1000);
	expect_reset();
}

static void test_map_fails(void)
{
	u8 *mem = memory(100, 3 * PAGE_SIZE), *hole;
	unsigned int i;
	u64 addr;

	for (i = 1; i <= 2; i++) {
		fail_alloc = allocs + i;
		EXPECT(efi_gate_args_map(mem, 3 * PAGE_SIZE, &addr,
					 GFP_KERNEL) == -ENOMEM);
		expect_reset();
	}
	fail_reserve = true;
	EXPECT(efi_gate_args_map(mem, 5, &addr, GFP_KERNEL) == -ENOMEM);
	expect_reset();
	fail_reserve = false;

	hole = vmalloced + (PAGES / 2 - 2) * PAGE_SIZE;
	EXPECT(efi_gate_args_map(hole, 4 * PAGE_SIZE, &addr, GFP_KERNEL) ==
	       -EFAULT);
	expect_reset();
}

/* Whether there is room for so many: then it is page tables that lack. */
static bool has_room(size_t size)
{
	u64 addr = 0;

	fail_reserve = true;
	EXPECT(efi_gate_args_map(direct, size, &addr, GFP_KERNEL) == -ENOMEM);
	efi_gate_args_reset();
	fail_reserve = false;
	return addr;
}

static void test_map_window(void)
{
	EXPECT(has_room(MAPS_SIZE - PAGE_SIZE));
	EXPECT(!has_room(MAPS_SIZE - PAGE_SIZE + 1));
	EXPECT(!has_room(MAPS_SIZE) && !has_room(MAPS_SIZE + 1));
	EXPECT(!has_room(~0UL) && !has_room(~0UL - PAGE_SIZE));
}

static void test_map_window_used(void)
{
	u64 addr = 0;

	map(memory(0, PAGE_SIZE), PAGE_SIZE);
	fail_reserve = true;
	EXPECT(efi_gate_args_map(direct, MAPS_SIZE - 3 * PAGE_SIZE + 1, &addr,
				 GFP_KERNEL) == -ENOMEM && !addr);
	EXPECT(efi_gate_args_map(direct, MAPS_SIZE - 3 * PAGE_SIZE, &addr,
				 GFP_KERNEL) == -ENOMEM && addr);
	expect_reset();
}

static const struct unit_test tests[] = {
	TEST(area),
	TEST(no_memory_for_it),
	TEST(small),
	TEST(large),
	TEST(map),
	TEST(map_vmalloc),
	TEST(map_fails),
	TEST(map_window),
	TEST(map_window_used),
};

static void nothing(void)
{
}

int main(void)
{
	return run_tests(tests, ARRAY_SIZE(tests), start, nothing);
}
