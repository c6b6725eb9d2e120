// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptprobe.c - what the page tables of a running kernel map, as the CPU sees it
 *
 * It asks no kernel code about page tables, but reads them by physical address through
 * /dev/mem (CONFIG_STRICT_DEVMEM=n), as root, on x86-64 with CONFIG_KALLSYMS_ALL and
 * /sys/firmware/efi/runtime-map.
 *
 * --trampoline-offset N: where realmode.elf has the symbol trampoline_pgd.  Without it,
 * all pages that the header of the real-mode blob names are tried.
 *
 * Nothing about the layout is taken on trust.  The kernel's root and the direct map must
 * map the kernel's text where /proc/iomem has it, and EFI's root every runtime region
 * where the EFI memory map says.  What cannot be determined ends the program with one
 * line on stderr and a non-zero status, before any figure is printed.  If EFI's table is
 * isolated but has what it must not have, all figures are printed and the status is 3.
 *
 * Output: key=value lines, counts in decimal and addresses in hex.  Pages are of 4 KiB,
 * writable if every level says so, executable if none says otherwise.
 *
 * probe.levels                  4 or 5
 * probe.direct_map              virtual address of physical address 0
 * probe.kernel_root             physical address of the kernel's top level
 * probe.efi_root                the same for the table firmware is run on
 * probe.trampoline_root         the same for trampoline_pgd
 * probe.efi_source              efi_pgd, efi_mm or trampoline_pgd
 * probe.isolated                yes if pages of runtime regions are user pages in EFI's
 *                               table, no if they are supervisor pages
 * probe.wx.kernel               W+X pages in the kernel's table
 * probe.wx.efi                  the same in EFI's part: the lower half and the EFI window
 * probe.wx.efi.all              the same anywhere in EFI's table
 * probe.efi_in_kernel.va_pages  pages that the kernel's table has in the EFI window
 * probe.efi_in_kernel.direct_pages
 *                               pages of runtime code and data above 1 MiB that it has
 *                               1:1 or in the direct map
 * probe.efi_in_trampoline.pages pages that trampoline_pgd has in the EFI window, and of
 *                               runtime code and data above 1 MiB that it has 1:1
 * probe.ram_bytes               bytes of System RAM outside runtime regions
 * probe.kernel_bytes_in_efi     bytes of these that EFI's table maps anywhere; on an
 *                               isolated kernel, without what is allowed below
 * probe.efi.pt_pages            page-table pages that only EFI's root reaches, and it
 * probe.efi.pt_pages_shared     page-table pages that the kernel's root reaches, too
 * probe.efi.user_pages          pages that EFI's table maps for CPL 3
 * probe.efi.supervisor_pages    pages that it maps, but not for CPL 3
 * probe.efi.global_pages        pages that it maps with the global bit
 *
 * On an isolated kernel only:
 *
 * probe.efi.gate.{text,data,idt,tables,gdt,tss}
 *                               supervisor pages of the gate, which the kernel has at the
 *                               same address: by symbol, and GDT and TSS in the CPU entry
 *                               area of one CPU, or tables where there is no such area
 * probe.efi.gate_bytes          all of these
 * probe.efi.gate_prot           how many of these have other permissions than in kinds[]
 * probe.efi.supervisor_unnamed  supervisor pages that are none of these
 * probe.efi.fw_pages            firmware's stack and argument pages
 * probe.efi.zero_pages          pages of zeros that it can only read, behind these
 * probe.efi.kept_pages          reserved pages of boot services data, only to read
 * probe.efi.kept_prot           other pages of boot services memory, but for page 0
 * probe.efi.user_elsewhere      user pages that are none of these, nor in EFI's part
 *
 * Of the top levels, and as slot511 and slot511.shared of the level-3 tables that cover
 * the top 512 GiB, with the EFI window in it:
 *
 * probe.slots.{kernel,efi,trampoline}=INDEX:PHYS,...
 *                               present entries and what they point to
 * probe.shared.{efi_kernel,trampoline_kernel,efi_trampoline}=INDEX,...
 *                               entries of the first that point to what the second has
 *                               there, too, or INDEX/OTHER, in another slot only
 * probe.slot511.{kernel,efi,trampoline}.table=PHYS, or "none"
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

typedef unsigned long long u64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT_ULL(nr)	(1ULL << (nr))

#define PG_SHIFT	12
#define PG_SIZE		BIT_ULL(PG_SHIFT)
#define ENTRIES		512
#define LEVEL_SHIFT(l)	(PG_SHIFT + 9 * ((l) - 1))

#define PTE_P		BIT_ULL(0)
#define PTE_RW		BIT_ULL(1)
#define PTE_US		BIT_ULL(2)
#define PTE_PS		BIT_ULL(7)
#define PTE_G		BIT_ULL(8)
#define PTE_NX		BIT_ULL(63)
#define PTE_ADDR	0x000ffffffffff000ULL

/* The part of the address space that the kernel sets aside for EFI */
#define EFI_WIN		0xffffffef00000000ULL
#define EFI_WIN_SIZE	(64 * BIT_ULL(30))

/* Where the gate has firmware's stack and arguments, see EFI_GATE_BASE in gate.h */
#define FW_STACK	(EFI_WIN - BIT_ULL(30) + PG_SIZE)
#define FW_STACK_SIZE	(4 * PG_SIZE)
#define FW_ARGS		(EFI_WIN - BIT_ULL(30) + 8 * PG_SIZE)
#define FW_ZEROS	(FW_ARGS + PG_SIZE)
#define FW_ZEROS_SIZE	(16 * PG_SIZE)

/* The gate's own descriptor tables: a GDT, and a TSS with a bitmap of all ports */
#define GATE_TABLES_SIZE	(3 * PG_SIZE)

/* The part for CPU entry areas, and in each GDT the entry for the TSS */
#define ENTRY_AREA	0xfffffe0000000000ULL
#define ENTRY_AREA_SIZE	BIT_ULL(39)
#define GDT_ENTRY_TSS	8

#define LOW_MEG		BIT_ULL(20)

enum root { KERNEL, EFI, TRAMPOLINE, NR_ROOTS };

static const char *const root_name[NR_ROOTS] = { "kernel", "efi", "trampoline" };
static u64 root[NR_ROOTS];

static int levels;
static u64 direct_map, text_phys;
static bool isolated;

static void *check_alloc(void *p)
{
	if (!p)
		errx(1, "out of memory");
	return p;
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		err(1, "cannot open %s", path);
	return f;
}

/* There may be many reasons to believe in something, but all for the same value. */
static void settle(u64 *found, u64 val, const char *what)
{
	if (*found && *found != val)
		errx(1, "more than one %s", what);
	*found = val;
}

/* What is known of a page; roots have a bit each for the page tables they reach. */
#define PAGE_RAM	1		/* at least some of it */
#define PAGE_RUNTIME	2
#define PAGE_IN_EFI	4
#define PAGE_TABLE(r)	(8 << (r))

static int mem_fd;
static u64 nr_pages;			/* up to the end of RAM */
static unsigned char *page_flags;
static u64 **page_copy;			/* read once: all figures tell of one state */

static void set_flag(u64 phys, int flag)
{
	if (phys >> PG_SHIFT < nr_pages)
		page_flags[phys >> PG_SHIFT] |= flag;
}

static bool in_ram(u64 phys)
{
	return phys >> PG_SHIFT < nr_pages && (page_flags[phys >> PG_SHIFT] & PAGE_RAM);
}

/* How many pages have exactly these of the flags in the mask? */
static u64 count_pages(int mask, int flags)
{
	u64 i, count = 0;

	for (i = 0; i < nr_pages; i++)
		count += (page_flags[i] & mask) == flags;
	return count;
}

static void read_phys(u64 phys, void *buf, size_t size, const char *what)
{
	if (pread(mem_fd, buf, size, phys) != (ssize_t)size)
		errx(1, "cannot read %s at %#llx through /dev/mem", what, phys);
}

/* A guess leads anywhere, and MMIO must not be read: NULL if this is no RAM. */
static const u64 *read_page(u64 phys)
{
	u64 **copy;

	if (!in_ram(phys))
		return NULL;
	copy = &page_copy[phys >> PG_SHIFT];
	if (!*copy) {
		*copy = check_alloc(malloc(PG_SIZE));
		read_phys(phys, *copy, PG_SIZE, "a page");
	}
	return *copy;
}

/*
 * What a root has at an address: a page of any size, or a hole. All levels have a say
 * in what is allowed, but only the last one in what is global.
 */
struct mapping {
	u64 va, phys, size;
	bool present, rw, nx, user, global;
};

/* With a flag for the tables on the way, all must be there, and holes are merged. */
static struct mapping look_up(u64 table, u64 va, int flag)
{
	struct mapping m = { .rw = true, .user = true };
	u64 entry;
	int level;

	for (level = levels; ; level--) {
		unsigned int i = (va >> LEVEL_SHIFT(level)) % ENTRIES;
		const u64 *entries = read_page(table);

		if (!entries && flag)
			errx(1, "the page table at %#llx is not in RAM", table);
		if (!entries)
			return m;
		set_flag(table, flag);

		m.size = BIT_ULL(LEVEL_SHIFT(level));
		m.va = va & ~(m.size - 1);
		entry = entries[i];
		if (!(entry & PTE_P)) {
			while (flag && ++i < ENTRIES && !(entries[i] & PTE_P))
				m.size += BIT_ULL(LEVEL_SHIFT(level));
			return m;
		}
		m.rw = m.rw && (entry & PTE_RW);
		m.nx = m.nx || (entry & PTE_NX);
		m.user = m.user && (entry & PTE_US);
		if (level == 1 || (level <= 3 && (entry & PTE_PS)))
			break;
		table = entry & PTE_ADDR;
	}
	m.present = true;
	m.global = entry & PTE_G;
	/* Bit 12 of a large page's entry is PAT. */
	m.phys = entry & PTE_ADDR & ~(m.size - 1);
	return m;
}

static bool maps(u64 table, u64 va, u64 phys)
{
	struct mapping m = look_up(table, va, 0);

	return m.present && m.phys + (va - m.va) == phys;
}

/* The kernel's symbols; 0 is for those that it does not have. */
static struct {
	u64 text, top_pgt, real_mode_header, efi_pgd, efi_mm, page_offset_base;
	u64 l5_enabled, gate_text, gate_text_end, gate_page, gate_idt, fw_stack, fw_args;
	u64 gate_tables, per_cpu_offset, gdt_page, cpu_tss;
} sym;

/* Where the gate has no tables of its own, the CPUs have an area for them. */
static const struct symbol {
	const char *name;
	u64 *addr;
	enum { OPTIONAL, IF_ISOLATED, IF_ENTRY_AREA } needed;
} symbols[] = {
	{ "_text",		&sym.text,		OPTIONAL },
	{ "init_level4_pgt",	&sym.top_pgt,		OPTIONAL },
	{ "init_top_pgt",	&sym.top_pgt,		OPTIONAL },
	{ "real_mode_header",	&sym.real_mode_header,	OPTIONAL },
	{ "efi_pgd",		&sym.efi_pgd,		OPTIONAL },
	{ "efi_mm",		&sym.efi_mm,		OPTIONAL },
	{ "page_offset_base",	&sym.page_offset_base,	OPTIONAL },
	{ "__pgtable_l5_enabled", &sym.l5_enabled,	OPTIONAL },
	{ "efi_gate_text",	&sym.gate_text,		IF_ISOLATED },
	{ "efi_gate_text_end",	&sym.gate_text_end,	IF_ISOLATED },
	{ "efi_gate_page",	&sym.gate_page,		IF_ISOLATED },
	{ "gate_idt",		&sym.gate_idt,		IF_ISOLATED },
	{ "fw_stack",		&sym.fw_stack,		IF_ISOLATED },
	{ "efi_gate_args",	&sym.fw_args,		IF_ISOLATED },
	{ "gate_tables",	&sym.gate_tables,	OPTIONAL },
	{ "__per_cpu_offset",	&sym.per_cpu_offset,	IF_ENTRY_AREA },
	{ "gdt_page",		&sym.gdt_page,		IF_ENTRY_AREA },
	{ "cpu_tss_rw",		&sym.cpu_tss,		IF_ENTRY_AREA },
};

static void read_symbols(void)
{
	FILE *f = open_file("/proc/kallsyms");
	char line[512], name[256];
	size_t i;
	u64 addr;

	while (fgets(line, sizeof(line), f)) {
		/* In brackets is the name of a module. */
		if (sscanf(line, "%llx %*c %255s", &addr, name) != 2 || strchr(line, '['))
			continue;
		for (i = 0; i < ARRAY_SIZE(symbols); i++) {
			if (!strcmp(name, symbols[i].name))
				settle(symbols[i].addr, addr, name);
		}
	}
	fclose(f);

	if (!sym.text)
		errx(1, "no addresses in /proc/kallsyms (not root, or kptr_restrict)");
}

static void read_iomem(void)
{
	FILE *f = open_file("/proc/iomem");
	char line[512], name[64];
	u64 first, last;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx : %63[^\n]", &first, &last, name) != 3)
			continue;
		if (!strcmp(name, "Kernel code"))
			text_phys = first;
		if (strcmp(name, "System RAM"))
			continue;
		first >>= PG_SHIFT;
		last >>= PG_SHIFT;
		if (last >= nr_pages) {
			page_flags = check_alloc(realloc(page_flags, last + 1));
			memset(page_flags + nr_pages, 0, last + 1 - nr_pages);
			nr_pages = last + 1;
		}
		memset(page_flags + first, PAGE_RAM, last + 1 - first);
	}
	fclose(f);

	if (!text_phys || !nr_pages)
		errx(1, "no \"Kernel code\" or \"System RAM\" in /proc/iomem");
	page_copy = check_alloc(calloc(nr_pages, sizeof(*page_copy)));
}

#define EFI_MEMORY_RUNTIME	BIT_ULL(63)

enum { BOOT_CODE = 3, BOOT_DATA, RUNTIME_CODE, RUNTIME_DATA };

/* Of the EFI memory map, what has the runtime attribute */
static struct region {
	u64 type, phys, virt, size;
} *regions;
static size_t nr_regions;

/* What the kernel keeps of boot services memory has the runtime attribute, too. */
static bool is_boot_services(const struct region *r)
{
	return r->type == BOOT_CODE || r->type == BOOT_DATA;
}

static const struct region *region_of(u64 phys)
{
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		if (phys - regions[i].phys < regions[i].size)
			return &regions[i];
	}
	return NULL;
}

/* False if there is no such region */
static bool region_attr(size_t nr, const char *attr, u64 *val)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/firmware/efi/runtime-map/%zu/%s", nr, attr);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (fscanf(f, "%llx", val) != 1)
		errx(1, "cannot read %s", path);
	fclose(f);
	return true;
}

static void read_runtime_map(void)
{
	struct region r;
	u64 attr, off;
	size_t i;

	for (i = 0; region_attr(i, "attribute", &attr); i++) {
		if (!(attr & EFI_MEMORY_RUNTIME))
			continue;
		if (!region_attr(i, "type", &r.type) ||
		    !region_attr(i, "phys_addr", &r.phys) ||
		    !region_attr(i, "virt_addr", &r.virt) ||
		    !region_attr(i, "num_pages", &r.size))
			errx(1, "region %zu of the runtime map is not complete", i);
		r.size <<= PG_SHIFT;

		regions = check_alloc(realloc(regions, (nr_regions + 1) * sizeof(r)));
		regions[nr_regions++] = r;
		for (off = 0; !is_boot_services(&r) && off < r.size; off += PG_SIZE)
			set_flag(r.phys + off, PAGE_RUNTIME);
	}
	if (!nr_regions)
		errx(1, "no /sys/firmware/efi/runtime-map: not an EFI boot, or without runtime services");
}

static bool cpu_has(const char *flag)
{
	FILE *f = open_file("/proc/cpuinfo");
	bool found = false;
	char word[64];

	while (!found && fscanf(f, "%63s", word) == 1)
		found = !strcmp(word, flag);
	fclose(f);
	return found;
}

static u64 sym_phys(u64 addr)
{
	return addr - sym.text + text_phys;
}

static u64 read_var(u64 addr, const char *name)
{
	u64 val;

	if (!addr)
		errx(1, "no %s in /proc/kallsyms", name);
	read_phys(sym_phys(addr), &val, sizeof(val), name);
	return val;
}

/* Where a pointer into the direct map leads to, 0 if that is no RAM */
static u64 direct_to_phys(u64 va)
{
	return va >= direct_map && in_ram(va - direct_map) ? va - direct_map : 0;
}

static void find_kernel_root(void)
{
	bool four, five;

	/* With page table isolation, it is a pair of pages, the kernel's first. */
	root[KERNEL] = sym_phys(sym.top_pgt);

	/* CR4 cannot be read, but only one number of levels leads to the text. */
	levels = 4;
	four = maps(root[KERNEL], sym.text, text_phys);
	levels = 5;
	five = maps(root[KERNEL], sym.text, text_phys);
	if (four == five)
		errx(1, "init_top_pgt or init_level4_pgt does not map the kernel's text");
	levels = five ? 5 : 4;

	/* Two more who should know */
	if (five && !cpu_has("la57"))
		errx(1, "five levels in the page tables, but no la57 in /proc/cpuinfo");
	if (sym.l5_enabled &&
	    five != (int)read_var(sym.l5_enabled, "__pgtable_l5_enabled"))
		errx(1, "__pgtable_l5_enabled says that it is not %d levels", levels);
}

static void find_direct_map(void)
{
	/* v4.4 has no variable for it, and does not move it. */
	direct_map = 0xffff880000000000ULL;
	if (sym.page_offset_base)
		direct_map = read_var(sym.page_offset_base, "page_offset_base");
	if (!maps(root[KERNEL], direct_map + text_phys, text_phys))
		errx(1, "the direct map is not at %#llx", direct_map);
}

/*
 * The header of the real-mode blob has physical addresses of pages behind it.  That of
 * trampoline_pgd is the one that maps the kernel's text.
 */
static void find_trampoline(u64 offset)
{
	unsigned int header[32];
	u64 blob, phys;
	size_t i;

	blob = read_var(sym.real_mode_header, "real_mode_header") - direct_map;
	if (blob >= LOW_MEG)
		errx(1, "real_mode_header does not point into the first MiB");
	read_phys(blob, header, sizeof(header), "the real-mode header");

	for (i = 0; i < ARRAY_SIZE(header); i++) {
		phys = header[i];
		if (phys >= blob && phys < LOW_MEG && phys % PG_SIZE == 0 &&
		    (!offset || phys == blob + offset) && maps(phys, sym.text, text_phys))
			settle(&root[TRAMPOLINE], phys, "table like trampoline_pgd");
	}
	if (!root[TRAMPOLINE])
		errx(1, "no table that maps the kernel's text in the real-mode blob");
}

/* Does this root map each runtime region, at both addresses? */
static bool maps_efi(u64 table)
{
	const struct region *r;

	for (r = regions; r < regions + nr_regions; r++) {
		if (!is_boot_services(r) && (!maps(table, r->virt, r->phys) ||
					     !maps(table, r->phys, r->phys)))
			return false;
	}
	return true;
}

/* The one pointer in a variable that leads to EFI's mappings */
static u64 find_efi_table(u64 var, size_t size, const char *name)
{
	u64 word[512], phys, found = 0;
	size_t i;

	read_phys(sym_phys(var), word, size, name);
	for (i = 0; i < size / sizeof(word[0]); i++) {
		phys = direct_to_phys(word[i]);
		if (phys && phys % PG_SIZE == 0 && maps_efi(phys))
			settle(&found, phys, "pointer in efi_mm to EFI's mappings");
	}
	return found;
}

static const char *find_efi_root(void)
{
	const char *source = "trampoline_pgd";

	root[EFI] = root[TRAMPOLINE];
	if (sym.efi_pgd) {
		source = "efi_pgd";
		root[EFI] = find_efi_table(sym.efi_pgd, sizeof(u64), source);
	} else if (sym.efi_mm) {
		/* No struct mm_struct is larger, without a cpumask of thousands. */
		source = "efi_mm";
		root[EFI] = find_efi_table(sym.efi_mm, 512 * sizeof(u64), source);
	}
	if (!root[EFI] || !maps_efi(root[EFI]))
		errx(1, "%s does not lead to the regions of the EFI memory map", source);
	return source;
}

static u64 fw_stack, fw_args;		/* physical */

/*
 * At CPL 3, firmware needs user pages, and at CPL 0 with SMEP it cannot have any.  The
 * kernel's word is not taken for it, but must not be a different one.
 */
static void find_isolation(void)
{
	int size = klogctl(10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0);
	char *log = check_alloc(calloc(1, size + 1));
	const struct symbol *s;
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		struct mapping m = look_up(root[EFI], regions[i].virt, 0);

		isolated = isolated || (m.present && m.user);
	}
	if (size < 0 || klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, size) < 0)
		err(1, "cannot read the kernel log");
	if (strstr(log, isolated ? "efi: runtime services are not isolated" :
				   "efi: runtime services are isolated"))
		errx(1, "the log denies that it is%s isolated", isolated ? "" : " not");
	free(log);
	if (!isolated)
		return;

	for (s = symbols; s < symbols + ARRAY_SIZE(symbols); s++) {
		if (!*s->addr && (s->needed == IF_ISOLATED ||
				  (s->needed == IF_ENTRY_AREA && !sym.gate_tables)))
			errx(1, "no %s in /proc/kallsyms", s->name);
	}
	fw_stack = direct_to_phys(read_var(sym.fw_stack, "fw_stack"));
	fw_args = direct_to_phys(read_var(sym.fw_args, "efi_gate_args"));
	if (!fw_stack || !fw_args)
		errx(1, "fw_stack or efi_gate_args does not point to RAM");
}

/* What EFI's table has that is not firmware's own, in the order of the output */
enum kind {
	GATE_TEXT, GATE_DATA, GATE_IDT, GATE_TABLES, GATE_GDT, GATE_TSS, GATE_PROT,
	UNNAMED, FW_PAGE, ZEROS, KEPT, KEPT_PROT, ELSEWHERE, NR_KINDS,
	FIRMWARE
};

static const struct {
	const char *key;
	bool allowed, rw, nx;		/* allowed if just as writable and executable */
} kinds[NR_KINDS] = {
	[GATE_TEXT]	= { "gate.text",	true,	false,	false },
	[GATE_DATA]	= { "gate.data",	true,	true,	true },
	[GATE_IDT]	= { "gate.idt",		true,	false,	true },
	[GATE_TABLES]	= { "gate.tables",	true,	true,	true },
	[GATE_GDT]	= { "gate.gdt",		true,	false,	true },
	[GATE_TSS]	= { "gate.tss",		true,	false,	true },
	[GATE_PROT]	= { "gate_prot",	false,	false,	false },
	[UNNAMED]	= { "supervisor_unnamed", false, false,	false },
	[FW_PAGE]	= { "fw_pages",		true,	true,	true },
	[ZEROS]		= { "zero_pages",	true,	false,	true },
	[KEPT]		= { "kept_pages",	true,	false,	true },
	[KEPT_PROT]	= { "kept_prot",	false,	false,	false },
	[ELSEWHERE]	= { "user_elsewhere",	false,	false,	false },
};

static u64 nr_of_kind[NR_KINDS];	/* pages */

/*
 * GDTs come first in their CPU's entry area, and one CPU's is all there may be.
 * They and the TSS are read-only there, other than the stacks.
 */
static enum kind entry_area_kind(u64 va, u64 phys)
{
	static u64 tss, tss_alias;	/* by the GDT, and among per-CPU variables */
	long cpu, nr_cpus = sysconf(_SC_NPROCESSORS_CONF);
	u64 base, desc[2];

	if (look_up(root[KERNEL], va, 0).rw)
		return UNNAMED;
	if (tss && va >= tss && maps(root[KERNEL], va - tss + tss_alias, phys))
		return GATE_TSS;

	for (cpu = 0; !tss && cpu < nr_cpus; cpu++) {
		base = read_var(sym.per_cpu_offset + cpu * sizeof(base),
				"__per_cpu_offset");
		if (!maps(root[KERNEL], base + sym.gdt_page, phys))
			continue;
		read_phys(phys + GDT_ENTRY_TSS * sizeof(u64), desc, sizeof(desc), "GDT");
		tss = (desc[0] >> 16 & 0xffffff) | (desc[0] >> 56) << 24 | desc[1] << 32;
		tss_alias = base + sym.cpu_tss;
		return GATE_GDT;
	}
	return UNNAMED;
}

/* All of the gate is where the kernel has it, too. */
static enum kind supervisor_kind(u64 va, u64 phys)
{
	if (!maps(root[KERNEL], va, phys))
		return UNNAMED;
	if (va >= sym.gate_text && va < sym.gate_text_end)
		return GATE_TEXT;
	if (va == sym.gate_page)
		return GATE_DATA;
	if (va == sym.gate_idt)
		return GATE_IDT;
	if (sym.gate_tables)
		return va - sym.gate_tables < GATE_TABLES_SIZE ? GATE_TABLES : UNNAMED;
	if (va - ENTRY_AREA < ENTRY_AREA_SIZE)
		return entry_area_kind(va, phys);
	return UNNAMED;
}

static bool is_zeros(u64 phys)
{
	static const u64 zeros[ENTRIES];
	const u64 *page = read_page(phys);

	return page && !memcmp(page, zeros, sizeof(zeros));
}

static bool in_window(u64 va)
{
	return va - EFI_WIN < EFI_WIN_SIZE;
}

/* In EFI's own part of its table, that is the lower half and the EFI window? */
static bool is_own(u64 va)
{
	return va >> 63 == 0 || in_window(va);
}

/*
 * What drivers keep of boot services data, with efi_mem_reserve(), is no RAM to the
 * kernel any more, and firmware can read it.
 */
static enum kind user_kind(u64 va, u64 phys)
{
	const struct region *r = region_of(phys);

	if (is_own(va) && r && is_boot_services(r) && va)
		return r->type == BOOT_DATA && !in_ram(phys) ? KEPT : KEPT_PROT;
	if (is_own(va))
		return FIRMWARE;
	if ((va - FW_STACK < FW_STACK_SIZE && phys - fw_stack == va - FW_STACK) ||
	    (va == FW_ARGS && phys == fw_args))
		return FW_PAGE;
	return va - FW_ZEROS < FW_ZEROS_SIZE && is_zeros(phys) ? ZEROS : ELSEWHERE;
}

/* Is this page of EFI's table not firmware's, but has a reason to be there? */
static bool is_allowed(const struct mapping *m)
{
	enum kind kind = m->user ? user_kind(m->va, m->phys) :
				   supervisor_kind(m->va, m->phys);

	if (kind == FIRMWARE)
		return false;
	if (kinds[kind].allowed && (m->rw != kinds[kind].rw || m->nx != kinds[kind].nx)) {
		if (kind < GATE_PROT)
			nr_of_kind[GATE_PROT]++;
		else
			kind = kind == KEPT ? KEPT_PROT : ELSEWHERE;
	}
	nr_of_kind[kind]++;
	return kinds[kind].allowed;
}

#define print(key, format, val)	printf("# probe." key "=" format "\n", val)

/* Numbers of pages */
static struct figures {
	u64 wx, wx_own, window, user, supervisor, global;
} figures[NR_ROOTS];

static void add_page(enum root r, const struct mapping *m)
{
	struct figures *f = &figures[r];
	bool wx = m->rw && !m->nx;

	f->wx += wx;
	f->wx_own += wx && is_own(m->va);
	f->window += in_window(m->va);
	f->user += m->user;
	f->supervisor += !m->user;
	f->global += m->global;
	if (r == EFI && !(isolated && is_allowed(m)))
		set_flag(m->phys, PAGE_IN_EFI);
}

static void walk(enum root r)
{
	unsigned int unused = 64 - LEVEL_SHIFT(levels + 1);
	u64 at, next;

	for (at = 0; at < BIT_ULL(64 - unused); at = next) {
		/* The highest bit that is used goes into all that are not. */
		u64 va = (long long)(at << unused) >> unused;
		struct mapping m = look_up(root[r], va, PAGE_TABLE(r));

		next = at + m.size;
		for (; m.present && at < next; at += PG_SIZE) {
			add_page(r, &m);
			m.va += PG_SIZE;
			m.phys += PG_SIZE;
		}
	}
}

/* Runtime code and data above 1 MiB that this root maps 1:1 or in the direct map */
static u64 runtime_pages(enum root r, bool direct)
{
	const struct region *reg;
	u64 pages = 0, phys;

	for (reg = regions; reg < regions + nr_regions; reg++) {
		if (reg->type != RUNTIME_CODE && reg->type != RUNTIME_DATA)
			continue;
		for (phys = reg->phys; phys < reg->phys + reg->size; phys += PG_SIZE)
			pages += phys >= LOW_MEG &&
				 (maps(root[r], phys, phys) ||
				  (direct && maps(root[r], direct_map + phys, phys)));
	}
	return pages;
}

/* Is there only what may be? */
static bool print_kinds(void)
{
	u64 gate_pages = 0, wrong = 0;
	enum kind kind;

	for (kind = 0; kind < NR_KINDS; kind++) {
		if (kind < GATE_PROT)
			gate_pages += nr_of_kind[kind];
		if (kind == GATE_PROT)
			print("efi.gate_bytes", "%llu", gate_pages << PG_SHIFT);
		if (!kinds[kind].allowed)
			wrong += nr_of_kind[kind];
		printf("# probe.efi.%s=%llu\n", kinds[kind].key, nr_of_kind[kind]);
	}
	return !wrong;
}

/* The table of a level that covers the end of the address space, 0 if none does */
static u64 last_table(enum root r, int level)
{
	u64 entry = root[r] | PTE_P;
	int l;

	for (l = levels; l > level && (entry & PTE_P); l--)
		entry = read_page(entry & PTE_ADDR)[ENTRIES - 1];
	return entry & PTE_P ? entry & PTE_ADDR : 0;
}

static void print_slots(const u64 *table)
{
	const char *sep = "";
	int i;

	for (i = 0; table && i < ENTRIES; i++) {
		if (!(table[i] & PTE_P))
			continue;
		printf("%s%d:0x%llx", sep, i, table[i] & PTE_ADDR);
		sep = ",";
	}
	printf("\n");
}

static void print_shared(const u64 *a, const u64 *b)
{
	const u64 target = PTE_P | PTE_ADDR;
	const char *sep = "";
	int i, j;

	for (i = 0; a && b && i < ENTRIES; i++) {
		if (!(a[i] & PTE_P))
			continue;
		/* The same slot is preferred to others. */
		j = (a[i] ^ b[i]) & target ? 0 : i;
		while (j < ENTRIES && ((a[i] ^ b[j]) & target))
			j++;
		if (j == ENTRIES)
			continue;
		printf(j == i ? "%s%d" : "%s%d/%d", sep, i, j);
		sep = ",";
	}
	printf("\n");
}

/* One level of all roots: the highest, or that of the last tables */
static void print_level(int level, const char *slots, const char *shared)
{
	static const enum root pairs[][2] = {
		{ EFI, KERNEL }, { TRAMPOLINE, KERNEL }, { EFI, TRAMPOLINE },
	};
	const u64 *table[NR_ROOTS];
	u64 phys;
	size_t i;

	for (i = 0; i < NR_ROOTS; i++) {
		phys = last_table(i, level);
		table[i] = read_page(phys);
		if (level < levels && phys)
			printf("# probe.%s.%s.table=0x%llx\n", slots, root_name[i], phys);
		else if (level < levels)
			printf("# probe.%s.%s.table=none\n", slots, root_name[i]);
		printf("# probe.%s.%s=", slots, root_name[i]);
		print_slots(table[i]);
	}
	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		enum root a = pairs[i][0], b = pairs[i][1];

		printf("# probe.%s.%s_%s=", shared, root_name[a], root_name[b]);
		print_shared(table[a], table[b]);
	}
}

int main(int argc, char **argv)
{
	const int tables = PAGE_TABLE(EFI) | PAGE_TABLE(KERNEL);
	const int ram = PAGE_RAM | PAGE_RUNTIME;
	const struct figures *f = &figures[EFI];
	u64 trampoline_offset = 0, kernel_pages, shared;
	const char *source;
	enum root r;
	bool holds;

	if (argc == 3 && !strcmp(argv[1], "--trampoline-offset"))
		trampoline_offset = strtoull(argv[2], NULL, 0);
	if (argc > 1 && !trampoline_offset)
		errx(1, "usage: ptprobe [--trampoline-offset N]");

	mem_fd = open("/dev/mem", O_RDONLY);
	if (mem_fd < 0)
		err(1, "cannot open /dev/mem");
	if (!cpu_has("nx"))
		errx(1, "no nx in /proc/cpuinfo: everything is executable");

	read_symbols();
	read_iomem();
	read_runtime_map();

	find_kernel_root();
	find_direct_map();
	find_trampoline(trampoline_offset);
	source = find_efi_root();
	find_isolation();

	for (r = 0; r < NR_ROOTS; r++)
		walk(r);
	kernel_pages = count_pages(ram | PAGE_IN_EFI, PAGE_RAM | PAGE_IN_EFI);
	shared = count_pages(tables, tables);

	/* All there is to know is known: from here on nothing fails. */
	print("levels", "%d", levels);
	print("direct_map", "0x%llx", direct_map);
	print("kernel_root", "0x%llx", root[KERNEL]);
	print("efi_root", "0x%llx", root[EFI]);
	print("trampoline_root", "0x%llx", root[TRAMPOLINE]);
	print("efi_source", "%s", source);
	print("isolated", "%s", isolated ? "yes" : "no");
	print("wx.kernel", "%llu", figures[KERNEL].wx);
	print("wx.efi", "%llu", f->wx_own);
	print("wx.efi.all", "%llu", f->wx);
	print("efi_in_kernel.va_pages", "%llu", figures[KERNEL].window);
	print("efi_in_kernel.direct_pages", "%llu", runtime_pages(KERNEL, true));
	print("efi_in_trampoline.pages", "%llu",
	      figures[TRAMPOLINE].window + runtime_pages(TRAMPOLINE, false));
	print("kernel_bytes_in_efi", "%llu", kernel_pages << PG_SHIFT);
	print("ram_bytes", "%llu", count_pages(ram, PAGE_RAM) << PG_SHIFT);
	print("efi.pt_pages", "%llu", count_pages(tables, PAGE_TABLE(EFI)));
	print("efi.pt_pages_shared", "%llu", shared);
	print("efi.user_pages", "%llu", f->user);
	print("efi.supervisor_pages", "%llu", f->supervisor);
	print("efi.global_pages", "%llu", f->global);
	holds = !isolated || (print_kinds() && !kernel_pages && !shared && !f->global);
	print_level(levels, "slots", "shared");
	print_level(3, "slot511", "slot511.shared");

	if (fflush(stdout) || ferror(stdout))
		errx(1, "cannot write the results");
	if (!holds)
		errx(3, "EFI's table has what isolation does not allow");
	return 0;
}
