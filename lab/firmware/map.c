// SPDX-License-Identifier: GPL-2.0
/*
 * Test firmware: a UEFI driver that makes the memory map one that kernels seldom
 * see, before the kernel is started.
 *
 * QEMU's "-fw_cfg name=opt/efi-pgd/map,string=NAME:N" says how; with "+" there
 * may be several:
 *
 *	runtime:N	N pages of runtime code and data in turn, none next to
 *			another: reserved pages are in between
 *	holes:N		the same, but with free memory in between
 *	boot:N		N pages of boot-services code and data in turn, with free
 *			memory in between
 *	adjacent:N	N pages of runtime code and data in turn, next to one
 *			another, of which half cannot be cached
 *	misaligned:N	N regions of runtime code and data that begin and end a few
 *			pages from a boundary of 2 MiB, or just at one
 *	window:N	N regions of MMIO, of 1 GiB each, which cannot be merged: Linux
 *			has 64 GiB of virtual addresses for all
 *	large:N		one region of MMIO of N GiB
 *	filler:N	one region of MMIO of N MiB
 *	mmio4g:N	N regions of MMIO of 4 GiB, the first from 2 GiB to 6 GiB
 *	beyond:N	N regions of MMIO at addresses that the CPU does not have
 *	odd:N		N regions of MMIO that do not begin at a page
 *	plain:0		nothing
 *
 * All of these are runtime regions but those of boot services. Memory is allocated
 * as any driver does it. MMIO is added to what GetMemoryMap() returns: the
 * addresses are not those of any device, but for those below 4 GiB.
 *
 * What the lab is told on the serial port: "MAP: made" and the string, and when
 * boot services end "MAP: left at" and the TSC.
 */
#include "efi.h"

#define MIB		(1ULL << 20)
#define GIB		(1ULL << 30)
#define PAGES_2M	512

#define FW_CFG_SELECT	0x510
#define FW_CFG_DATA	0x511
#define FW_CFG_DIR	0x19
#define SERIAL		0x3f8

/* Far above any memory, and below the 40 bits of QEMU's qemu64 */
#define MMIO_BASE	(256 * GIB)
#define MMIO_BEYOND	(1ULL << 50)

static struct efi_boot_services *boot;
static efi_status (*next_map)(u64 *size, void *map, u64 *key, u64 *desc_size,
			      u32 *version);

static struct {
	u64	start, pages;
} mmio[256];
static u32 nr_mmio;
static u64 mmio_next = MMIO_BASE;

/* Every other pair of pages from start on cannot be cached. */
static u64 uncached_start, uncached_end;

/* QEMU's fw_cfg, by port I/O; its numbers have the high byte first. */
static void select(u16 key)
{
	asm volatile("outw %0, %w1" : : "a" (key), "d" (FW_CFG_SELECT));
}

static u8 next_byte(void)
{
	u8 byte;

	asm volatile("inb %w1, %0" : "=a" (byte) : "d" (FW_CFG_DATA));
	return byte;
}

static u32 next_number(u32 bytes)
{
	u32 n = 0;

	while (bytes--)
		n = n << 8 | next_byte();
	return n;
}

/* What the file has, as a string; empty if there is no such file. */
static void read_config(const char *name, char *to, u32 room)
{
	u32 files, size, i, at, same;
	u16 key;

	to[0] = 0;
	select(FW_CFG_DIR);
	for (files = next_number(4); files; files--) {
		size = next_number(4);
		key = next_number(2);
		next_number(2);
		for (i = at = 0, same = 1; i < 56; i++) {
			if (next_byte() != (u8)name[at])
				same = 0;
			at += !!name[at];
		}
		if (!same)
			continue;
		if (size >= room)
			size = room - 1;
		select(key);
		for (i = 0; i < size; i++)
			to[i] = next_byte();
		to[size] = 0;
		return;
	}
}

/* On the first serial port, which nobody uses as early as that */
static void say(const char *text)
{
	while (*text)
		asm volatile("outb %0, %w1" : : "a" (*text++), "d" (SERIAL));
}

static void say_number(u64 n)
{
	char digits[21], *d = digits + 20;

	*d = 0;
	do {
		*--d = '0' + n % 10;
		n /= 10;
	} while (n);
	say(d);
}

static void left(void *event, void *context)
{
	u32 low, high;

	(void)event;
	(void)context;
	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	say("\nMAP: left at ");
	say_number((u64)high << 32 | low);
	say("\n");
}

static void add_mmio(u64 start, u64 pages)
{
	if (nr_mmio == sizeof(mmio) / sizeof(mmio[0]))
		return;
	mmio[nr_mmio].start = start;
	mmio[nr_mmio++].pages = pages;
}

static void add_mmio_next(u64 size)
{
	add_mmio(mmio_next, size >> 12);
	mmio_next += size;
}

static efi_status get_memory_map(u64 *size, void *map, u64 *key, u64 *desc_size,
				 u32 *version)
{
	u64 had = *size, need = 0, extra, i;
	struct efi_memory_descriptor *d;
	efi_status status;

	/* First, how large a descriptor is */
	next_map(&need, NULL, key, desc_size, version);
	extra = nr_mmio * *desc_size;
	*size = had > extra ? had - extra : 0;
	status = next_map(size, map, key, desc_size, version);
	if (!status) {
		for (i = 0; i < *size; i += *desc_size) {
			d = (void *)((u8 *)map + i);
			if (d->physical_start >= uncached_start &&
			    d->physical_start < uncached_end &&
			    d->physical_start & 0x2000)
				d->attribute &= ~EFI_MEMORY_CACHED;
		}
		for (i = 0; i < nr_mmio; i++) {
			d = (void *)((u8 *)map + *size + i * *desc_size);
			d->type = EFI_MEMORY_MAPPED_IO;
			d->pad = 0;
			d->physical_start = mmio[i].start;
			d->virtual_start = 0;
			d->pages = mmio[i].pages;
			d->attribute = EFI_MEMORY_RUNTIME | EFI_MEMORY_UC;
			if (i & 1)
				d->attribute |= EFI_MEMORY_WC;
		}
	}
	if (!status || status == EFI_BUFFER_TOO_SMALL)
		*size += extra;
	return status;
}

/*
 * Memory to cut pieces from, at a boundary of 2 MiB. What the firmware allocates
 * meanwhile, for its list of pieces, is taken from as far up as can be: above the
 * block, memory is left free for that.
 */
static u64 block(u64 pages)
{
	u64 all = pages + 2 * PAGES_2M, start = 0, end, aligned;

	if (boot->allocate_pages(0, EFI_BOOT_SERVICES_DATA, all, &start))
		return 0;
	end = start + all * 0x1000;
	aligned = (start + 2 * MIB - 1) & ~(2 * MIB - 1);
	start = aligned + pages * 0x1000;
	return boot->free_pages(start, (end - start) / 0x1000) ? 0 : aligned;
}

/* The piece is boot-services data so far. */
static int give(u64 start, u64 pages, u32 type)
{
	if (boot->free_pages(start, pages))
		return -1;
	return boot->allocate_pages(EFI_ALLOCATE_ADDRESS, type, pages, &start) ?
		-1 : 0;
}

static u32 code_or_data(u64 i)
{
	return i & 1 ? EFI_RUNTIME_SERVICES_CODE : EFI_RUNTIME_SERVICES_DATA;
}

/* Pages with a gap of one page after each */
static int with_gaps(u64 n, int runtime, u32 gap)
{
	u64 start = block(2 * n), i;

	if (!start)
		return -1;
	for (i = 0; i < n; i++)
		if (give(start + i * 0x2000, 1,
			 runtime ? code_or_data(i) :
			 i & 1 ? EFI_BOOT_SERVICES_CODE :
				 EFI_BOOT_SERVICES_DATA))
			return -1;
	for (i = 0; i < n; i++)
		if (gap == EFI_CONVENTIONAL_MEMORY ?
		    boot->free_pages(start + i * 0x2000 + 0x1000, 1) != 0 :
		    give(start + i * 0x2000 + 0x1000, 1, gap))
			return -1;
	return 0;
}

static int adjacent(u64 n)
{
	u64 start = block(n), i;

	if (!start)
		return -1;
	for (i = 0; i < n; i++)
		if (give(start + i * 0x1000, 1, code_or_data(i)))
			return -1;
	uncached_start = start;
	uncached_end = start + n * 0x1000;
	return 0;
}

static int misaligned(u64 n)
{
	/* Where each begins, from a boundary on, and ends, from a later one on */
	static const struct {
		u64 begin, end;
	} shape[] = {
		{ 1, 0 }, { 0, 1 }, { 511, 1 }, { 511, 511 }, { 0, 511 },
		{ 1, 511 }, { 0, 0 }, { 255, 257 },
	};
	const u64 step = 4 * PAGES_2M;
	u64 start = block(n * step), i, at, end;

	if (!start)
		return -1;
	for (i = 0; i < n; i++) {
		at = start / 0x1000 + i * step;
		/* Some end in the third part of 2 MiB, some in the second. */
		end = at + (i / 8 % 2 + 1) * PAGES_2M + shape[i % 8].end;
		at += shape[i % 8].begin;
		if (give(at * 0x1000, end - at, code_or_data(i / 2)))
			return -1;
	}
	return 0;
}

static int starts_with(const char **text, const char *name)
{
	const char *t = *text;

	while (*name)
		if (*t++ != *name++)
			return 0;
	if (*t++ != ':')
		return 0;
	*text = t;
	return 1;
}

static u64 number(const char **text)
{
	u64 n = 0;

	while (**text >= '0' && **text <= '9')
		n = n * 10 + (u64)(*(*text)++ - '0');
	return n;
}

/* One layout of the string */
static int make(const char **text)
{
	u64 i, n;

	if (starts_with(text, "runtime"))
		return with_gaps(number(text), 1, EFI_RESERVED_MEMORY);
	if (starts_with(text, "holes"))
		return with_gaps(number(text), 1, EFI_CONVENTIONAL_MEMORY);
	if (starts_with(text, "boot"))
		return with_gaps(number(text), 0, EFI_CONVENTIONAL_MEMORY);
	if (starts_with(text, "adjacent"))
		return adjacent(number(text));
	if (starts_with(text, "misaligned"))
		return misaligned(number(text));
	if (starts_with(text, "plain"))
		return number(text) != 0;
	if (starts_with(text, "window")) {
		for (i = 0, n = number(text); i < n; i++)
			add_mmio_next(GIB);
		return 0;
	}
	if (starts_with(text, "large")) {
		add_mmio_next(number(text) * GIB);
		return 0;
	}
	if (starts_with(text, "filler")) {
		add_mmio_next(number(text) * MIB);
		return 0;
	}
	if (starts_with(text, "mmio4g")) {
		for (i = 0, n = number(text); i < n; i++)
			add_mmio((2 + 4 * i) * GIB, 4 * GIB >> 12);
		return 0;
	}
	if (starts_with(text, "beyond")) {
		for (i = 0, n = number(text); i < n; i++)
			add_mmio(MMIO_BEYOND + i * GIB, 16);
		return 0;
	}
	if (starts_with(text, "odd")) {
		for (i = 0, n = number(text); i < n; i++)
			add_mmio(mmio_next + i * 16 * MIB + 0x800, 4);
		mmio_next += GIB;
		return 0;
	}
	return -1;
}

/* What cannot be done must not pass for done: the firmware stops here. */
static void give_up(const char *text)
{
	say("\nMAP: cannot make ");
	say(text);
	say("\n");
	for (;;)
		asm volatile("hlt");
}

efi_status efi_main(efi_handle handle, struct efi_system_table *table)
{
	static char config[256];
	const char *text = config;
	void *event;

	(void)handle;
	boot = table->boot;
	read_config("opt/efi-pgd/map", config, sizeof(config));
	while (*text) {
		if (make(&text) || (*text && *text != '+'))
			give_up(config);
		text += *text == '+';
	}
	say("\nMAP: made ");
	say(config);
	say("\n");

	if (boot->create_event(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, left,
			       NULL, &event))
		give_up(config);
	next_map = boot->get_memory_map;
	boot->get_memory_map = get_memory_map;
	boot->hdr.crc32 = 0;
	boot->calculate_crc32(boot, boot->hdr.header_size, &boot->hdr.crc32);
	return EFI_SUCCESS;
}
