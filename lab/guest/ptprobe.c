// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptprobe.c - what the page tables of a running kernel map, as the CPU sees it
 *
 * The lab's witness that asks no kernel code about page tables: it reads them
 * by physical address through /dev/mem (CONFIG_STRICT_DEVMEM=n) and so works
 * the same on kernels that have a debugfs file for EFI's table and on those
 * that do not.  Runs as root, on x86-64 kernels, with CONFIG_KALLSYMS_ALL and
 * /sys/firmware/efi/runtime-map.
 *
 * ptprobe [--trampoline-offset N]
 *
 *   --trampoline-offset   offset of the symbol trampoline_pgd in the real-mode
 *                         blob (nm arch/x86/realmode/rm/realmode.elf); found by
 *                         looking for it otherwise
 *
 * Nothing about the layout is taken on trust.  The kernel's root must map the
 * kernel's text where /proc/iomem has it, the direct map must lead to it too,
 * and EFI's root must map every runtime region where the EFI memory map says.
 * What cannot be determined ends the program with one line on stderr and a
 * non-zero status, before any figure is printed.  If EFI's table is isolated but
 * has what it must not have, all figures are printed and the status is 3.
 *
 * Output: key=value lines, counts in decimal and addresses in hex.  Pages are
 * 4 KiB units, whatever size they are mapped with.  Permissions are effective
 * ones: writable if every level says so, executable if none says otherwise.
 *
 *   probe.levels                 4 or 5
 *   probe.direct_map             virtual address of physical address 0
 *   probe.kernel_root            physical address of the kernel's top level
 *   probe.efi_root               the same for the table firmware is run on
 *   probe.trampoline_root        the same for trampoline_pgd
 *   probe.efi_source             efi_pgd, efi_mm or trampoline_pgd
 *   probe.isolated               yes if pages of runtime regions are user pages
 *                                in EFI's table, no if they are supervisor pages
 *   probe.wx.kernel              W+X pages in the kernel's table
 *   probe.wx.efi                 W+X pages in EFI's own part of its table: the
 *                                lower half and the EFI window
 *   probe.wx.efi.all             W+X pages anywhere in EFI's table
 *   probe.efi_in_kernel.va_pages
 *                                pages the kernel's table has in the EFI window
 *   probe.efi_in_kernel.direct_pages
 *                                pages of runtime code and data above 1 MiB
 *                                that the kernel's table maps 1:1 or in the
 *                                direct map
 *   probe.efi_in_trampoline.pages
 *                                what trampoline_pgd has in the EFI window,
 *                                plus runtime code and data above 1 MiB that
 *                                it maps 1:1
 *   probe.kernel_bytes_in_efi    bytes of System RAM outside runtime regions
 *                                that EFI's table maps anywhere, each once; on an
 *                                isolated kernel without what has a name below
 *   probe.ram_bytes              bytes of System RAM outside runtime regions
 *   probe.efi.pt_pages           page-table pages reached from EFI's root and
 *                                not from the kernel's, the root included
 *   probe.efi.pt_pages_shared    page-table pages reached from both
 *   probe.efi.user_pages         pages that EFI's table maps for CPL 3
 *   probe.efi.supervisor_pages   pages that it maps, but not for CPL 3
 *   probe.efi.global_pages       pages that it maps with the global bit
 *
 * On an isolated kernel only:
 *
 *   probe.efi.gate.{text,data,idt,tables,gdt,tss}
 *                                supervisor pages that are the gate's, which the
 *                                kernel has at the same address: by symbol, and
 *                                in the CPU entry area GDT and TSS of one CPU;
 *                                tables are those that the gate has for itself
 *                                where there is no such area
 *   probe.efi.gate_bytes         all of these
 *   probe.efi.gate_prot          how many of these allow something else than text
 *                                to be read and run, data and tables to be read and
 *                                written, and the others to be read
 *   probe.efi.supervisor_unnamed supervisor pages that are none of these
 *   probe.efi.fw_pages           firmware's stack and argument pages
 *   probe.efi.zero_pages         pages of zeros that it can only read, behind these
 *   probe.efi.kept_pages         pages of boot services data that are reserved, not
 *                                RAM, and that it can only read
 *   probe.efi.kept_prot          pages of boot services memory, reserved or not, that
 *                                it has in another way; page 0 is its to write
 *   probe.efi.user_elsewhere     user pages in the upper half that are not these
 *                                and not in the EFI window
 *
 *   probe.slots.{kernel,efi,trampoline}=INDEX:PHYS,...
 *                                present top-level entries and what they point to
 *   probe.shared.{efi_kernel,trampoline_kernel,efi_trampoline}=INDEX,...
 *                                slots of the first that point to a table the
 *                                second's top level points to as well; INDEX/OTHER
 *                                where the second has it in another slot only
 *   probe.slot511.{kernel,efi,trampoline}=INDEX:PHYS,...
 *                                present entries of the level-3 table that covers
 *                                the top 512 GiB, with the EFI window in it
 *   probe.slot511.{kernel,efi,trampoline}.table
 *                                physical address of that table
 *   probe.slot511.shared.{efi_kernel,...}=INDEX,...
 *                                its entries that point to the same table
 *
 * Lists are empty where there is nothing; a missing table is "none".
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#define BIT_ULL(nr)	(1ULL << (nr))

#define PG_SHIFT	12
#define PG_SIZE		BIT_ULL(PG_SHIFT)
#define PG_MASK		(~(PG_SIZE - 1))
#define ENTRIES		512

#define PTE_P		BIT_ULL(0)
#define PTE_RW		BIT_ULL(1)
#define PTE_US		BIT_ULL(2)
#define PTE_PS		BIT_ULL(7)
#define PTE_G		BIT_ULL(8)
#define PTE_NX		BIT_ULL(63)
#define PTE_ADDR	0x000ffffffffff000ULL

/* The part of the address space that the kernel sets aside for EFI */
#define EFI_WIN_START	0xffffffef00000000ULL
#define EFI_WIN_END	0xffffffff00000000ULL

/* Where the gate has firmware's stack and arguments, see EFI_GATE_BASE in gate.h */
#define FW_STACK		(EFI_WIN_START - BIT_ULL(30) + PG_SIZE)
#define FW_STACK_SIZE		(4 * PG_SIZE)
#define FW_ARGS			(EFI_WIN_START - BIT_ULL(30) + BIT_ULL(15))
#define FW_ARGS_SIZE		PG_SIZE
#define FW_ZEROS		(FW_ARGS + FW_ARGS_SIZE)
#define FW_ZEROS_SIZE		BIT_ULL(16)

/* The gate's own descriptor tables: a GDT, and a TSS with a bitmap of all ports */
#define GATE_TABLES_SIZE	(3 * PG_SIZE)

/* The part for CPU entry areas, and in each GDT the entry for the TSS */
#define ENTRY_AREA_START	0xfffffe0000000000ULL
#define ENTRY_AREA_END		0xfffffe8000000000ULL
#define GDT_ENTRY_TSS		8

#define LOW_MEG		BIT_ULL(20)

#define EFI_BOOT_CODE		3
#define EFI_BOOT_DATA		4
#define EFI_RUNTIME_CODE	5
#define EFI_RUNTIME_DATA	6
#define EFI_MEMORY_RUNTIME	BIT_ULL(63)

struct extent {
	uint64_t start, end;		/* end is exclusive */
};

struct region {
	uint64_t type, phys, virt, size;
};

struct extents {
	struct extent *e;
	size_t nr;
};

static int mem_fd;
static int levels;
static uint64_t direct_map;

static struct extents ram;
static struct region *regions;
static size_t nr_regions;

static void *grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		errx(1, "out of memory");
	return p;
}

/*
 * Physical memory
 */

static bool read_phys(uint64_t phys, void *buf, size_t size)
{
	return pread(mem_fd, buf, size, phys) == (ssize_t)size;
}

static bool in_ram(uint64_t phys)
{
	size_t i;

	for (i = 0; i < ram.nr; i++) {
		if (phys >= ram.e[i].start && phys < ram.e[i].end)
			return true;
	}
	return false;
}

/* Page-table pages, each read once, so that all figures tell of one state */
struct pt_page {
	uint64_t phys;
	uint64_t entry[ENTRIES];
	unsigned int seen;		/* by which roots, a bit each */
	struct pt_page *next;
};

static struct pt_page *pt_hash[4096];

static struct pt_page *pt_lookup(uint64_t phys)
{
	struct pt_page **head = &pt_hash[(phys >> PG_SHIFT) % 4096], *p;

	for (p = *head; p; p = p->next) {
		if (p->phys == phys)
			return p;
	}

	/* While guessing, this may be anything: never read MMIO */
	if (!in_ram(phys))
		return NULL;

	p = calloc(1, sizeof(*p));
	if (!p)
		errx(1, "out of memory");
	p->phys = phys;
	if (!read_phys(phys, p->entry, PG_SIZE)) {
		free(p);
		return NULL;
	}
	p->next = *head;
	*head = p;
	return p;
}

static struct pt_page *pt_get(uint64_t phys)
{
	struct pt_page *p = pt_lookup(phys);

	if (!p)
		errx(1, "cannot read the page table at %#llx", (unsigned long long)phys);
	return p;
}

/*
 * Walking
 */

static unsigned int level_shift(int level)
{
	return PG_SHIFT + 9 * (level - 1);
}

static uint64_t canonical(uint64_t va)
{
	unsigned int unused = 64 - level_shift(levels + 1);

	return (uint64_t)((int64_t)(va << unused) >> unused);
}

static bool is_leaf(uint64_t entry, int level)
{
	return level == 1 || (level <= 3 && (entry & PTE_PS));
}

static uint64_t leaf_phys(uint64_t entry, int level)
{
	/* Bit 12 of a large page's entry is PAT */
	return entry & PTE_ADDR & ~((1ULL << level_shift(level)) - 1);
}

/* What all levels down to an entry allow; only the last one's PTE_G counts */
struct perm {
	bool rw, nx, user, global;
};

static const struct perm perm_all = { .rw = true, .user = true };

static struct perm perm_below(struct perm p, uint64_t entry)
{
	return (struct perm) {
		.rw = p.rw && (entry & PTE_RW),
		.nx = p.nx || (entry & PTE_NX),
		.user = p.user && (entry & PTE_US),
		.global = entry & PTE_G,
	};
}

struct leaf {
	uint64_t va, phys, size;
	struct perm perm;
};

static struct leaf make_leaf(uint64_t va, uint64_t entry, int level, struct perm perm)
{
	return (struct leaf) {
		.va = canonical(va),
		.phys = leaf_phys(entry, level),
		.size = 1ULL << level_shift(level),
		.perm = perm,
	};
}

static bool find_leaf(uint64_t root, int nlevels, uint64_t va, struct leaf *leaf)
{
	struct perm perm = perm_all;
	uint64_t table = root, entry;
	struct pt_page *p;
	int level;

	for (level = nlevels; level; level--) {
		p = pt_lookup(table);
		if (!p)
			return false;
		entry = p->entry[(va >> level_shift(level)) % ENTRIES];
		if (!(entry & PTE_P))
			return false;
		perm = perm_below(perm, entry);
		if (is_leaf(entry, level)) {
			*leaf = make_leaf(va & ~((1ULL << level_shift(level)) - 1),
					  entry, level, perm);
			return true;
		}
		table = entry & PTE_ADDR;
	}
	return false;
}

/* Where does va lead to? */
static bool translate_levels(uint64_t root, int nlevels, uint64_t va, uint64_t *phys)
{
	struct leaf leaf;

	if (!find_leaf(root, nlevels, va, &leaf))
		return false;
	*phys = leaf.phys + (va & (leaf.size - 1));
	return true;
}

static bool maps(uint64_t root, uint64_t va, uint64_t phys)
{
	uint64_t p;

	return translate_levels(root, levels, va, &p) && p == phys;
}

typedef void (*leaf_fn)(const struct leaf *leaf, void *arg);

static void walk_table(uint64_t phys, int level, uint64_t va, struct perm above,
		       unsigned int root_bit, leaf_fn fn, void *arg)
{
	struct pt_page *p = pt_get(phys);
	unsigned int i;

	p->seen |= root_bit;
	for (i = 0; i < ENTRIES; i++) {
		uint64_t entry = p->entry[i];
		uint64_t addr = va + ((uint64_t)i << level_shift(level));
		struct perm perm;

		if (!(entry & PTE_P))
			continue;
		perm = perm_below(above, entry);
		if (is_leaf(entry, level)) {
			struct leaf leaf = make_leaf(addr, entry, level, perm);

			fn(&leaf, arg);
		} else {
			walk_table(entry & PTE_ADDR, level - 1, addr, perm,
				   root_bit, fn, arg);
		}
	}
}

/*
 * What the kernel says about itself
 */

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		err(1, "cannot open %s", path);
	return f;
}


enum sym {
	SYM_TEXT,
	SYM_END,
	SYM_INIT_LEVEL4_PGT,
	SYM_INIT_TOP_PGT,
	SYM_REAL_MODE_HEADER,
	SYM_EFI_PGD,
	SYM_EFI_MM,
	SYM_PAGE_OFFSET_BASE,
	SYM_L5_ENABLED,
	SYM_GATE_TEXT,
	SYM_GATE_TEXT_END,
	SYM_GATE_PAGE,
	SYM_GATE_IDT,
	SYM_FW_STACK,
	SYM_FW_ARGS,
	SYM_PER_CPU_OFFSET,
	SYM_GDT_PAGE,
	SYM_CPU_TSS,
	SYM_GATE_TABLES,
	NR_SYMS
};

static const char *const sym_name[NR_SYMS] = {
	[SYM_TEXT]		= "_text",
	[SYM_END]		= "_end",
	[SYM_INIT_LEVEL4_PGT]	= "init_level4_pgt",
	[SYM_INIT_TOP_PGT]	= "init_top_pgt",
	[SYM_REAL_MODE_HEADER]	= "real_mode_header",
	[SYM_EFI_PGD]		= "efi_pgd",
	[SYM_EFI_MM]		= "efi_mm",
	[SYM_PAGE_OFFSET_BASE]	= "page_offset_base",
	[SYM_L5_ENABLED]	= "__pgtable_l5_enabled",
	[SYM_GATE_TEXT]		= "efi_gate_text",
	[SYM_GATE_TEXT_END]	= "efi_gate_text_end",
	[SYM_GATE_PAGE]		= "efi_gate_page",
	[SYM_GATE_IDT]		= "gate_idt",
	[SYM_FW_STACK]		= "fw_stack",
	[SYM_FW_ARGS]		= "efi_gate_args",
	[SYM_PER_CPU_OFFSET]	= "__per_cpu_offset",
	[SYM_GDT_PAGE]		= "gdt_page",
	[SYM_CPU_TSS]		= "cpu_tss_rw",
	[SYM_GATE_TABLES]	= "gate_tables",
};

static uint64_t sym[NR_SYMS];
static uint64_t text_phys;

static void read_symbols(void)
{
	FILE *f = open_file("/proc/kallsyms");
	unsigned long long addr;
	char line[512], name[256], type;
	int i;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %c %255s", &addr, &type, name) != 3)
			continue;
		if (strchr(line, '['))
			continue;	/* a module's */
		for (i = 0; i < NR_SYMS; i++) {
			if (strcmp(name, sym_name[i]))
				continue;
			if (sym[i] && sym[i] != addr)
				errx(1, "more than one symbol %s", name);
			sym[i] = addr;
		}
	}
	fclose(f);

	if (!sym[SYM_TEXT] || !sym[SYM_END])
		errx(1, "no addresses in /proc/kallsyms (not root, or kptr_restrict)");
}

static void read_iomem(void)
{
	FILE *f = open_file("/proc/iomem");
	unsigned long long start, last;
	char line[512];
	int n;

	while (fgets(line, sizeof(line), f)) {
		n = 0;
		if (sscanf(line, " %llx-%llx : %n", &start, &last, &n) != 2 || !n)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line + n, "Kernel code"))
			text_phys = start;
		/* Not what is nested in it: that is there already */
		if (line[0] != ' ' && !strcmp(line + n, "System RAM")) {
			ram.e = grow(ram.e, (ram.nr + 1) * sizeof(*ram.e));
			ram.e[ram.nr].start = start;
			ram.e[ram.nr++].end = last + 1;
		}
	}
	fclose(f);

	if (!text_phys || !ram.nr)
		errx(1, "no \"Kernel code\" or \"System RAM\" in /proc/iomem");
}

static uint64_t region_attr(const char *entry, const char *attr)
{
	unsigned long long val;
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/firmware/efi/runtime-map/%s/%s", entry, attr);
	f = open_file(path);
	if (fscanf(f, "%llx", &val) != 1)
		errx(1, "cannot read %s", path);
	fclose(f);
	return val;
}

static void read_runtime_map(void)
{
	DIR *dir = opendir("/sys/firmware/efi/runtime-map");
	struct dirent *de;

	if (!dir)
		errx(1, "no /sys/firmware/efi/runtime-map: not an EFI boot, or without runtime services");

	while ((de = readdir(dir))) {
		struct region *r;

		if (de->d_name[0] == '.')
			continue;
		if (!(region_attr(de->d_name, "attribute") & EFI_MEMORY_RUNTIME))
			continue;
		regions = grow(regions, (nr_regions + 1) * sizeof(*regions));
		r = &regions[nr_regions++];
		r->type = region_attr(de->d_name, "type");
		r->phys = region_attr(de->d_name, "phys_addr");
		r->virt = region_attr(de->d_name, "virt_addr");
		r->size = region_attr(de->d_name, "num_pages") << PG_SHIFT;
	}
	closedir(dir);

	if (!nr_regions)
		errx(1, "/sys/firmware/efi/runtime-map has no runtime region");
}

static bool cpu_has(const char *flag)
{
	FILE *f = open_file("/proc/cpuinfo");
	char *line = NULL, *word, *save;
	bool found = false;
	size_t len = 0;

	while (!found && getline(&line, &len, f) > 0) {
		if (strncmp(line, "flags", 5))
			continue;
		for (word = strtok_r(line, " \t\n", &save); word;
		     word = strtok_r(NULL, " \t\n", &save)) {
			if (!strcmp(word, flag))
				found = true;
		}
		break;
	}
	free(line);
	fclose(f);
	return found;
}

/*
 * Finding the roots
 */

static uint64_t sym_phys(enum sym s)
{
	return sym[s] - sym[SYM_TEXT] + text_phys;
}

static uint64_t read_u64(uint64_t phys, const char *what)
{
	uint64_t val;

	if (!read_phys(phys, &val, sizeof(val)))
		errx(1, "cannot read %s at %#llx through /dev/mem", what, (unsigned long long)phys);
	return val;
}

/* Physical address of a direct-map pointer, if it is one into RAM */
static bool direct_to_phys(uint64_t va, uint64_t *phys)
{
	if (va < direct_map)
		return false;
	*phys = va - direct_map;
	return in_ram(*phys);
}

static uint64_t find_kernel_root(void)
{
	enum sym s = sym[SYM_INIT_TOP_PGT] ? SYM_INIT_TOP_PGT : SYM_INIT_LEVEL4_PGT;
	uint64_t root, phys;
	bool four, five;

	if (!sym[s])
		errx(1, "neither init_top_pgt nor init_level4_pgt in /proc/kallsyms");

	/*
	 * With page table isolation a root is a pair of pages, the kernel's
	 * first.  The symbol is the kernel's.
	 */
	root = sym_phys(s);

	/*
	 * CR4 cannot be read from here.  Only with the right number of levels
	 * does the kernel's text lead to where it is.
	 */
	four = translate_levels(root, 4, sym[SYM_TEXT], &phys) && phys == text_phys;
	five = translate_levels(root, 5, sym[SYM_TEXT], &phys) && phys == text_phys;
	if (four == five)
		errx(1, "%s at %#llx does not map the kernel's text to %#llx", sym_name[s],
		    (unsigned long long)root, (unsigned long long)text_phys);
	levels = five ? 5 : 4;

	/* Two more who should know */
	if (levels == 5 && !cpu_has("la57"))
		errx(1, "five levels in the page tables, but no la57 in /proc/cpuinfo");
	if (sym[SYM_L5_ENABLED] &&
	    !(uint32_t)read_u64(sym_phys(SYM_L5_ENABLED), "__pgtable_l5_enabled") !=
	    (levels == 4))
		errx(1, "__pgtable_l5_enabled disagrees with the %d levels found", levels);
	return root;
}

/* Where the direct map is, if not told: it has been here, and here */
static const uint64_t known_direct_maps[] = {
	0xffff880000000000ULL,
	0xffff888000000000ULL,
	0xff11000000000000ULL,
};

static void find_direct_map(uint64_t root)
{
	size_t i;

	if (sym[SYM_PAGE_OFFSET_BASE]) {
		direct_map = read_u64(sym_phys(SYM_PAGE_OFFSET_BASE), "page_offset_base");
	} else {
		for (i = 0; i < sizeof(known_direct_maps) / sizeof(known_direct_maps[0]); i++) {
			if (!maps(root, known_direct_maps[i] + text_phys, text_phys))
				continue;
			if (direct_map)
				errx(1, "more than one place looks like the direct map");
			direct_map = known_direct_maps[i];
		}
	}

	if (!direct_map || !maps(root, direct_map + text_phys, text_phys))
		errx(1, "cannot find the direct map");
}

/* What the kernel keeps of boot services memory has the runtime attribute, too. */
static bool is_boot_services(const struct region *r)
{
	return r->type == EFI_BOOT_CODE || r->type == EFI_BOOT_DATA;
}

/* Does this root map each runtime region, at both addresses? */
static bool maps_efi(uint64_t root)
{
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		if (!is_boot_services(r) && (!maps(root, r->virt, r->phys) ||
					     !maps(root, r->phys, r->phys)))
			return false;
	}
	return true;
}

/* The pgd of efi_mm: the one pointer in it that leads to EFI's mappings */
static uint64_t find_efi_mm_pgd(void)
{
	/* Larger than struct mm_struct gets without a cpumask of thousands */
	uint64_t word[512], phys, found = 0;
	size_t i, n;

	/* efi_mm is kernel data: do not read past its end */
	n = (sym[SYM_END] - sym[SYM_EFI_MM]) / sizeof(word[0]);
	if (n > sizeof(word) / sizeof(word[0]))
		n = sizeof(word) / sizeof(word[0]);
	for (i = 0; i < n; i++)
		word[i] = read_u64(sym_phys(SYM_EFI_MM) + i * sizeof(word[0]), "efi_mm");

	for (i = 0; i < n; i++) {
		if ((word[i] & ~PG_MASK) || !direct_to_phys(word[i], &phys) ||
		    phys == found || !maps_efi(phys))
			continue;
		if (found)
			errx(1, "more than one pointer in efi_mm leads to EFI's mappings");
		found = phys;
	}
	if (!found)
		errx(1, "no pointer in efi_mm leads to a table with EFI's mappings");
	return found;
}

/*
 * trampoline_pgd is a page of the real-mode blob, and the blob's header has its
 * physical address among others, at an offset that depends on the configuration.
 * It is the one that maps the kernel's text.
 */
static uint64_t find_trampoline(long offset)
{
	uint64_t blob, phys, found = 0;
	uint32_t header[32];
	size_t i;

	if (!sym[SYM_REAL_MODE_HEADER])
		errx(1, "no real_mode_header in /proc/kallsyms");
	blob = read_u64(sym_phys(SYM_REAL_MODE_HEADER), "real_mode_header");
	if (blob < direct_map || blob - direct_map >= LOW_MEG)
		errx(1, "real_mode_header does not point into the first MiB");
	blob -= direct_map;
	if (!read_phys(blob, header, sizeof(header)))
		errx(1, "cannot read the real-mode header at %#llx", (unsigned long long)blob);

	for (i = 0; i < sizeof(header) / sizeof(header[0]); i++) {
		phys = header[i];
		if (phys < blob || phys >= LOW_MEG || (phys & ~PG_MASK) || phys == found)
			continue;
		if (offset >= 0 && phys != blob + offset)
			continue;
		if (!maps(phys, sym[SYM_TEXT], text_phys))
			continue;
		if (found)
			errx(1, "more than one page of the real-mode blob looks like trampoline_pgd");
		found = phys;
	}
	if (!found && offset >= 0)
		errx(1, "no table that maps the kernel's text at offset %#lx of the real-mode blob",
		    offset);
	if (!found)
		errx(1, "cannot find trampoline_pgd in the real-mode blob");
	return found;
}

static uint64_t find_efi_root(uint64_t trampoline, const char **source)
{
	uint64_t root;

	if (sym[SYM_EFI_PGD]) {
		*source = "efi_pgd";
		if (!direct_to_phys(read_u64(sym_phys(SYM_EFI_PGD), "efi_pgd"), &root))
			errx(1, "efi_pgd does not point to RAM: EFI has no table of its own");
	} else if (sym[SYM_EFI_MM]) {
		*source = "efi_mm";
		root = find_efi_mm_pgd();
	} else {
		*source = "trampoline_pgd";
		root = trampoline;
	}

	if (!maps_efi(root))
		errx(1, "%s does not map the runtime regions of the EFI memory map", *source);
	return root;
}

enum root {
	KERNEL,
	EFI,
	TRAMPOLINE,
	NR_ROOTS
};

static const char *const root_name[NR_ROOTS] = { "kernel", "efi", "trampoline" };
static uint64_t root[NR_ROOTS];

/*
 * Isolation: what EFI's table may have besides the firmware's own memory
 */

enum gate_part {
	GATE_TEXT,
	GATE_DATA,
	GATE_IDT,
	GATE_TABLES,
	GATE_GDT,
	GATE_TSS,
	NR_GATE_PARTS,
	GATE_NONE
};

static const struct {
	const char *name;
	struct perm perm;
} gate_parts[NR_GATE_PARTS] = {
	[GATE_TEXT]	= { "text", { .rw = false, .nx = false } },
	[GATE_DATA]	= { "data", { .rw = true,  .nx = true } },
	[GATE_IDT]	= { "idt",  { .rw = false, .nx = true } },
	[GATE_TABLES]	= { "tables", { .rw = true, .nx = true } },
	[GATE_GDT]	= { "gdt",  { .rw = false, .nx = true } },
	[GATE_TSS]	= { "tss",  { .rw = false, .nx = true } },
};

static bool isolated;
static uint64_t fw_stack, fw_args;	/* physical */
static int gate_cpu = -1;
static uint64_t tss_base;		/* as the GDT of that CPU has it */

static bool log_has(const char *log, const char *text)
{
	return log && strstr(log, text);
}

/*
 * Firmware that runs at CPL 3 needs user pages, and firmware that runs at CPL 0
 * with SMEP cannot have any.  The kernel's word is not taken for it, but must
 * not be a different one.
 */
static void find_isolation(void)
{
	int size = klogctl(10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0);
	char *log = size > 0 ? calloc(1, size + 1) : NULL;
	struct leaf leaf;
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		if (find_leaf(root[EFI], levels, regions[i].virt, &leaf) && leaf.perm.user)
			isolated = true;
	}

	if (log && klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, size) < 0)
		err(1, "cannot read the kernel log");
	if (log_has(log, "efi: runtime services are isolated") && !isolated)
		errx(1, "isolated, says the kernel log, but firmware's pages are supervisor pages");
	if (log_has(log, "efi: runtime services are not isolated") && isolated)
		errx(1, "not isolated, says the kernel log, but firmware's pages are user pages");
	free(log);

	if (!isolated)
		return;
	for (i = SYM_GATE_TEXT; i < NR_SYMS; i++) {
		/* Either the gate has tables, or the CPUs have an area for them. */
		if (!sym[i] && (i <= SYM_FW_ARGS || !sym[SYM_GATE_TABLES]) &&
		    (i != SYM_GATE_TABLES || !sym[SYM_CPU_TSS]))
			errx(1, "no %s in /proc/kallsyms", sym_name[i]);
	}
	if (!direct_to_phys(read_u64(sym_phys(SYM_FW_STACK), "fw_stack"), &fw_stack) ||
	    !direct_to_phys(read_u64(sym_phys(SYM_FW_ARGS), "efi_gate_args"), &fw_args))
		errx(1, "fw_stack or efi_gate_args does not point to RAM");
}

static int last_cpu(void)
{
	FILE *f = open_file("/sys/devices/system/cpu/possible");
	int cpu, last = -1;

	while (fscanf(f, "%d%*[-,]", &cpu) == 1)
		last = cpu;
	fclose(f);
	if (last < 0)
		errx(1, "cannot read /sys/devices/system/cpu/possible");
	return last;
}

/* Does a CPU have this page of the per-CPU variable there? */
static bool is_per_cpu(enum sym s, uint64_t offset, int cpu, uint64_t phys)
{
	uint64_t base = read_u64(sym_phys(SYM_PER_CPU_OFFSET) + cpu * sizeof(base),
				 "__per_cpu_offset");

	return maps(root[KERNEL], base + sym[s] + offset, phys);
}

/*
 * GDTs come first in their CPU's entry area, and one CPU's is all there may be.
 * They and the TSS are read-only there, other than the stacks.
 */
static enum gate_part entry_area_part(uint64_t va, uint64_t phys)
{
	struct leaf leaf;
	uint64_t desc[2];
	int cpu, last;

	if (!find_leaf(root[KERNEL], levels, va, &leaf) || leaf.perm.rw)
		return GATE_NONE;
	if (gate_cpu >= 0)
		return va >= tss_base &&
		       is_per_cpu(SYM_CPU_TSS, va - tss_base, gate_cpu, phys) ?
		       GATE_TSS : GATE_NONE;

	last = last_cpu();
	for (cpu = 0; cpu <= last; cpu++) {
		if (is_per_cpu(SYM_GDT_PAGE, 0, cpu, phys))
			break;
	}
	if (cpu > last)
		return GATE_NONE;

	if (!read_phys(phys + GDT_ENTRY_TSS * sizeof(desc[0]), desc, sizeof(desc)))
		errx(1, "cannot read the GDT at %#llx", (unsigned long long)phys);
	tss_base = (desc[0] >> 16 & 0xffffff) | (desc[0] >> 56) << 24 | desc[1] << 32;
	gate_cpu = cpu;
	return GATE_GDT;
}

static enum gate_part gate_part_at(uint64_t va, uint64_t phys)
{
	/* All of it is where the kernel has it, too */
	if (!maps(root[KERNEL], va, phys))
		return GATE_NONE;
	if (va >= sym[SYM_GATE_TEXT] && va < sym[SYM_GATE_TEXT_END])
		return GATE_TEXT;
	if (va == sym[SYM_GATE_PAGE])
		return GATE_DATA;
	if (va == sym[SYM_GATE_IDT])
		return GATE_IDT;
	if (sym[SYM_GATE_TABLES])
		return va - sym[SYM_GATE_TABLES] < GATE_TABLES_SIZE ? GATE_TABLES : GATE_NONE;
	if (va >= ENTRY_AREA_START && va < ENTRY_AREA_END)
		return entry_area_part(va, phys);
	return GATE_NONE;
}

/* Behind the arguments, firmware reads zeros, and writes nothing. */
static bool is_zero_page(uint64_t va, uint64_t phys, struct perm perm)
{
	uint64_t word[PG_SIZE / sizeof(uint64_t)];
	size_t i;

	if (perm.rw || !perm.nx || va - FW_ZEROS >= FW_ZEROS_SIZE ||
	    !read_phys(phys, word, sizeof(word)))
		return false;
	for (i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		if (word[i])
			return false;
	}
	return true;
}

static bool is_fw_page(uint64_t va, uint64_t phys, struct perm perm)
{
	if (!perm.rw || !perm.nx)
		return false;
	return (va - FW_STACK < FW_STACK_SIZE && phys - fw_stack == va - FW_STACK) ||
	       (va - FW_ARGS < FW_ARGS_SIZE && phys - fw_args == va - FW_ARGS);
}

/*
 * Figures
 */

struct figures {
	uint64_t wx;			/* W+X pages */
	uint64_t wx_own;		/* of these, in lower half and EFI window */
	uint64_t window;		/* pages present in the EFI window */
	unsigned char *reached;		/* physical RAM, a bit for each page */
	uint64_t nr_reached;
	/* Pages of EFI's table */
	uint64_t user, supervisor, global;
	uint64_t gate[NR_GATE_PARTS], gate_prot, supervisor_unnamed;
	uint64_t fw, zero, user_elsewhere;
	uint64_t kept, kept_prot;
};

static const struct region *region_of(uint64_t phys)
{
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		if (phys - regions[i].phys < regions[i].size)
			return &regions[i];
	}
	return NULL;
}

static bool is_runtime_page(uint64_t phys)
{
	const struct region *r = region_of(phys);

	return r && !is_boot_services(r);
}

/*
 * A page in the lower half or in the EFI window. What drivers keep of boot services
 * data, with efi_mem_reserve(), is no RAM to the kernel any more, and firmware can
 * read it.
 */
static void judge_kept(struct figures *f, uint64_t va, uint64_t phys, struct perm perm)
{
	const struct region *r = region_of(phys);

	if (!r || !is_boot_services(r) || !va)
		return;
	if (r->type == EFI_BOOT_DATA && !in_ram(phys) && !in_ram(phys + PG_SIZE - 1) &&
	    !perm.rw && perm.nx)
		f->kept++;
	else
		f->kept_prot++;
}

static uint64_t overlap(uint64_t start, uint64_t size, uint64_t lo, uint64_t hi)
{
	uint64_t last = start + (size - 1);

	if (start < lo)
		start = lo;
	if (last > hi - 1)
		last = hi - 1;
	return start <= last ? last - start + 1 : 0;
}

static void reach(struct figures *f, uint64_t phys)
{
	uint64_t pfn = phys >> PG_SHIFT;

	if (f->reached[pfn / 8] & (1 << pfn % 8))
		return;
	/*
	 * A page counts if any of it is RAM: boundaries in /proc/iomem need not
	 * be at pages.
	 */
	f->reached[pfn / 8] |= 1 << pfn % 8;
	if (!is_runtime_page(phys))
		f->nr_reached++;
}

static void reach_ram(struct figures *f, uint64_t start, uint64_t size)
{
	uint64_t end = start + size, phys, lo, hi;
	size_t i;

	for (i = 0; i < ram.nr; i++) {
		lo = ram.e[i].start & PG_MASK;
		hi = ram.e[i].end;
		if (lo < start)
			lo = start;
		if (hi > end)
			hi = end;
		for (phys = lo; phys < hi; phys += PG_SIZE)
			reach(f, phys);
	}
}

/* Is this page of EFI's table kernel memory that has a reason to be there? */
static bool has_name(struct figures *f, uint64_t va, uint64_t phys, struct perm perm)
{
	enum gate_part part;

	if (!perm.user) {
		part = gate_part_at(va, phys);
		if (part == GATE_NONE) {
			f->supervisor_unnamed++;
			return false;
		}
		f->gate[part]++;
		if (perm.rw != gate_parts[part].perm.rw || perm.nx != gate_parts[part].perm.nx)
			f->gate_prot++;
		return true;
	}

	if ((int64_t)va >= 0 || (va >= EFI_WIN_START && va < EFI_WIN_END)) {
		judge_kept(f, va, phys, perm);
		return false;
	}
	if (is_fw_page(va, phys, perm)) {
		f->fw++;
		return true;
	}
	if (is_zero_page(va, phys, perm)) {
		f->zero++;
		return true;
	}
	f->user_elsewhere++;
	return false;
}

static void add_efi_leaf(struct figures *f, const struct leaf *leaf)
{
	uint64_t pages = leaf->size >> PG_SHIFT, off;

	*(leaf->perm.user ? &f->user : &f->supervisor) += pages;
	if (leaf->perm.global)
		f->global += pages;

	if (!isolated) {
		reach_ram(f, leaf->phys, leaf->size);
		return;
	}
	for (off = 0; off < leaf->size; off += PG_SIZE) {
		if (!has_name(f, leaf->va + off, leaf->phys + off, leaf->perm))
			reach_ram(f, leaf->phys + off, PG_SIZE);
	}
}

static void add_leaf(const struct leaf *leaf, void *arg)
{
	struct figures *f = arg;
	uint64_t win = overlap(leaf->va, leaf->size, EFI_WIN_START, EFI_WIN_END);

	f->window += win >> PG_SHIFT;
	if (leaf->perm.rw && !leaf->perm.nx) {
		f->wx += leaf->size >> PG_SHIFT;
		f->wx_own += ((int64_t)leaf->va >= 0 ? leaf->size : win) >> PG_SHIFT;
	}
	if (f->reached)
		add_efi_leaf(f, leaf);
}

static void alloc_reached(struct figures *f, uint64_t top)
{
	f->reached = calloc(1, (top >> PG_SHIFT) / 8 + 1);
	if (!f->reached)
		errx(1, "out of memory");
}

static void walk_root(enum root r, struct figures *f)
{
	walk_table(root[r], levels, 0, perm_all, 1U << r, add_leaf, f);
}

/* Runtime code and data above 1 MiB that this root maps 1:1 or in the direct map */
static uint64_t runtime_pages(enum root r, bool direct)
{
	uint64_t pages = 0, phys, end;
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		if (regions[i].type != EFI_RUNTIME_CODE && regions[i].type != EFI_RUNTIME_DATA)
			continue;
		end = regions[i].phys + regions[i].size;
		for (phys = regions[i].phys; phys < end; phys += PG_SIZE) {
			if (phys < LOW_MEG)
				continue;
			if (maps(root[r], phys, phys) ||
			    (direct && maps(root[r], direct_map + phys, phys)))
				pages++;
		}
	}
	return pages;
}

static void count_pt_pages(uint64_t *own, uint64_t *shared)
{
	struct pt_page *p;
	size_t i;

	*own = 0;
	*shared = 0;
	for (i = 0; i < sizeof(pt_hash) / sizeof(pt_hash[0]); i++) {
		for (p = pt_hash[i]; p; p = p->next) {
			if (!(p->seen & (1U << EFI)))
				continue;
			if (p->seen & (1U << KERNEL))
				(*shared)++;
			else
				(*own)++;
		}
	}
}

static void print_slots(const char *key, const char *name, const struct pt_page *p)
{
	const char *sep = "";
	unsigned int i;

	printf("# probe.%s.%s=", key, name);
	for (i = 0; p && i < ENTRIES; i++) {
		if (!(p->entry[i] & PTE_P))
			continue;
		printf("%s%u:0x%llx", sep, i, (unsigned long long)(p->entry[i] & PTE_ADDR));
		sep = ",";
	}
	printf("\n");
}

static bool same_target(uint64_t a, uint64_t b)
{
	return (a & PTE_P) && (b & PTE_P) && (a & PTE_ADDR) == (b & PTE_ADDR);
}

static void print_shared(const char *key, enum root r1, enum root r2,
			 const struct pt_page *a, const struct pt_page *b)
{
	const char *sep = "";
	unsigned int i, j;

	printf("# probe.%s.%s_%s=", key, root_name[r1], root_name[r2]);
	for (i = 0; a && b && i < ENTRIES; i++) {
		if (same_target(a->entry[i], b->entry[i])) {
			printf("%s%u", sep, i);
			sep = ",";
			continue;
		}
		for (j = 0; j < ENTRIES; j++) {
			if (!same_target(a->entry[i], b->entry[j]))
				continue;
			printf("%s%u/%u", sep, i, j);
			sep = ",";
			break;
		}
	}
	printf("\n");
}

/* The level-3 table that covers the top 512 GiB, NULL if there is none */
static struct pt_page *top_level3(enum root r)
{
	uint64_t table = root[r], entry;
	int level;

	for (level = levels; level > 3; level--) {
		entry = pt_get(table)->entry[ENTRIES - 1];
		if (!(entry & PTE_P))
			return NULL;
		table = entry & PTE_ADDR;
	}
	return pt_get(table);
}

static void print_tables(void)
{
	static const enum root pairs[][2] = {
		{ EFI, KERNEL }, { TRAMPOLINE, KERNEL }, { EFI, TRAMPOLINE },
	};
	struct pt_page *top[NR_ROOTS], *l3[NR_ROOTS];
	size_t i;

	for (i = 0; i < NR_ROOTS; i++) {
		top[i] = pt_get(root[i]);
		l3[i] = top_level3(i);
		print_slots("slots", root_name[i], top[i]);
	}
	for (i = 0; i < 3; i++)
		print_shared("shared", pairs[i][0], pairs[i][1],
			     top[pairs[i][0]], top[pairs[i][1]]);

	for (i = 0; i < NR_ROOTS; i++) {
		if (l3[i])
			printf("# probe.slot511.%s.table=0x%llx\n", root_name[i],
			       (unsigned long long)l3[i]->phys);
		else
			printf("# probe.slot511.%s.table=none\n", root_name[i]);
		print_slots("slot511", root_name[i], l3[i]);
	}
	for (i = 0; i < 3; i++)
		print_shared("slot511.shared", pairs[i][0], pairs[i][1],
			     l3[pairs[i][0]], l3[pairs[i][1]]);
}

static void print_u64(const char *key, uint64_t val)
{
	printf("# probe.%s=%llu\n", key, (unsigned long long)val);
}

static void print_hex(const char *key, uint64_t val)
{
	printf("# probe.%s=0x%llx\n", key, (unsigned long long)val);
}

static void print_isolation(const struct figures *f)
{
	uint64_t pages = 0;
	int part;

	for (part = 0; part < NR_GATE_PARTS; part++) {
		printf("# probe.efi.gate.%s=%llu\n", gate_parts[part].name,
		       (unsigned long long)f->gate[part]);
		pages += f->gate[part];
	}
	print_u64("efi.gate_bytes", pages << PG_SHIFT);
	print_u64("efi.gate_prot", f->gate_prot);
	print_u64("efi.supervisor_unnamed", f->supervisor_unnamed);
	print_u64("efi.fw_pages", f->fw);
	print_u64("efi.zero_pages", f->zero);
	print_u64("efi.kept_pages", f->kept);
	print_u64("efi.kept_prot", f->kept_prot);
	print_u64("efi.user_elsewhere", f->user_elsewhere);
}

static bool isolation_holds(const struct figures *f, uint64_t shared)
{
	return !f->nr_reached && !f->gate_prot && !f->supervisor_unnamed &&
	       !f->user_elsewhere && !f->kept_prot && !f->global && !shared;
}

static long parse_offset(const char *s)
{
	char *end;
	long val;

	errno = 0;
	val = strtol(s, &end, 0);
	if (errno || end == s || *end || val < 0)
		errx(1, "not an offset: %s", s);
	return val;
}

int main(int argc, char **argv)
{
	long trampoline_offset = -1;
	uint64_t direct_pages, trampoline_pages, own, shared, top = 0;
	struct figures f[NR_ROOTS] = { }, all = { };
	const char *source;
	size_t i;

	if (argc == 3 && !strcmp(argv[1], "--trampoline-offset"))
		trampoline_offset = parse_offset(argv[2]);
	else if (argc != 1)
		errx(1, "usage: ptprobe [--trampoline-offset N]");

	mem_fd = open("/dev/mem", O_RDONLY);
	if (mem_fd < 0)
		err(1, "cannot open /dev/mem");
	if (!cpu_has("nx"))
		errx(1, "no nx in /proc/cpuinfo: everything is executable");

	read_symbols();
	read_iomem();
	read_runtime_map();

	root[KERNEL] = find_kernel_root();
	find_direct_map(root[KERNEL]);
	root[TRAMPOLINE] = find_trampoline(trampoline_offset);
	root[EFI] = find_efi_root(root[TRAMPOLINE], &source);

	find_isolation();

	for (i = 0; i < ram.nr; i++) {
		if (ram.e[i].end > top)
			top = ram.e[i].end;
	}
	alloc_reached(&all, top);
	reach_ram(&all, 0, top);
	alloc_reached(&f[EFI], top);

	for (i = 0; i < NR_ROOTS; i++)
		walk_root(i, &f[i]);
	direct_pages = runtime_pages(KERNEL, true);
	trampoline_pages = f[TRAMPOLINE].window + runtime_pages(TRAMPOLINE, false);
	count_pt_pages(&own, &shared);

	/* All there is to know is known: from here on nothing fails */
	print_u64("levels", levels);
	print_hex("direct_map", direct_map);
	print_hex("kernel_root", root[KERNEL]);
	print_hex("efi_root", root[EFI]);
	print_hex("trampoline_root", root[TRAMPOLINE]);
	printf("# probe.efi_source=%s\n", source);
	printf("# probe.isolated=%s\n", isolated ? "yes" : "no");
	print_u64("wx.kernel", f[KERNEL].wx);
	print_u64("wx.efi", f[EFI].wx_own);
	print_u64("wx.efi.all", f[EFI].wx);
	print_u64("efi_in_kernel.va_pages", f[KERNEL].window);
	print_u64("efi_in_kernel.direct_pages", direct_pages);
	print_u64("efi_in_trampoline.pages", trampoline_pages);
	print_u64("kernel_bytes_in_efi", f[EFI].nr_reached << PG_SHIFT);
	print_u64("ram_bytes", all.nr_reached << PG_SHIFT);
	print_u64("efi.pt_pages", own);
	print_u64("efi.pt_pages_shared", shared);
	print_u64("efi.user_pages", f[EFI].user);
	print_u64("efi.supervisor_pages", f[EFI].supervisor);
	print_u64("efi.global_pages", f[EFI].global);
	if (isolated)
		print_isolation(&f[EFI]);
	print_tables();

	if (fflush(stdout) || ferror(stdout))
		errx(1, "cannot write the results");
	if (isolated && !isolation_holds(&f[EFI], shared)) {
		fprintf(stderr, "ptprobe: EFI's table has what isolation does not allow\n");
		return 3;
	}
	return 0;
}
