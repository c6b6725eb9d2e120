// SPDX-License-Identifier: GPL-2.0-only
/*
 * efi_pgtables.c - EFI runtime mappings live in page tables of their own
 *
 * The kernel calls UEFI runtime services in page tables that hold the runtime
 * regions at their physical (1:1) and at their virtual addresses.  The kernel's own
 * tables may have none of those mappings.  No mapping may be writable and
 * executable if the firmware says how to avoid it, or is isolated.  What was only
 * mapped for SetVirtualAddressMap() must be gone.
 *
 * A kernel that isolates firmware calls it at CPL 3.  Its page tables then have
 * nothing of the kernel but the gate that leads there and back.  All else in them
 * must be user pages, and those must be the firmware's.
 *
 * The facts come from the page tables in debugfs, in the text format of
 * arch/x86/mm/dump_pagetables.c, from the EFI memory map in
 * /sys/firmware/efi/runtime-map, from /proc/iomem, and from /proc/kallsyms.  The
 * dump has no physical addresses: only firmware that works shows that a mapping
 * leads where it should.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#if EFI_PGD_BASE >= 600
#include "../kselftest.h"
#else
/* What the kselftest.h of later kernels has */
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KSFT_FAIL	1
#define KSFT_SKIP	4

static unsigned int ksft_pass, ksft_fail, ksft_skip;

#define ksft_test_num()			(ksft_pass + ksft_fail + ksft_skip)
#define ksft_print_header()		printf("TAP version 13\n")
#define ksft_set_plan(plan)		printf("1..%zu\n", plan)
#define ksft_print_msg(...)		(printf("# "), printf(__VA_ARGS__))
#define ksft_result(count, what, ...)						\
	((count)++, printf(what, ksft_test_num()), printf(__VA_ARGS__))
#define ksft_test_result_pass(...)	ksft_result(ksft_pass, "ok %u ", __VA_ARGS__)
#define ksft_test_result_fail(...)	ksft_result(ksft_fail, "not ok %u ", __VA_ARGS__)
#define ksft_test_result_skip(...)	ksft_result(ksft_skip, "ok %u # SKIP ", __VA_ARGS__)
#define ksft_exit_skip(...)							\
	(printf("1..0 # SKIP "), printf(__VA_ARGS__), exit(KSFT_SKIP))

static void ksft_finished(void)
{
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	       ksft_pass, ksft_fail, ksft_skip);
	exit(ksft_fail ? KSFT_FAIL : 0);
}
#endif

#define EFI_DIR		"/sys/firmware/efi"
#define EFIVARS_DIR	EFI_DIR "/efivars"
#define DEBUGFS_DIR	"/sys/kernel/debug"
#if EFI_PGD_BASE >= 600
#define TABLE_PATH	DEBUGFS_DIR "/page_tables/%s"
#else
#define TABLE_PATH	DEBUGFS_DIR "/%s_page_tables"
#endif

#define BIT(nr)		(1UL << (nr))

#define PG_SHIFT	12
#define PG_SIZE		BIT(PG_SHIFT)
#define SZ_1MB		BIT(20)
#define SZ_1GB		BIT(30)

#define LOWER_HALF_LAST	0x7fffffffffffffffUL

/* EFI_VA_END and EFI_VA_START of the kernel, the same on every version */
#define EFI_WIN_START	0xffffffef00000000UL
#define EFI_WIN_LAST	0xfffffffeffffffffUL

/*
 * An isolated firmware has its stack here and, after it, its arguments.  It returns
 * to the first page, which is never mapped.
 */
#define FW_AREA_START	(EFI_WIN_START - SZ_1GB)
#define FW_AREA_LAST	(EFI_WIN_START - 1)

/* More pages than this are not just a way in and out */
#define MAX_GATE_PAGES	12
#if EFI_PGD_BASE >= 600
/* Each CPU has its GDT and TSS in here, not further apart than this */
#define ENTRY_AREA_START	0xfffffe0000000000UL
#define ENTRY_AREA_LAST		0xfffffe7fffffffffUL
#define MAX_GDT_TO_TSS_END	(16 * PG_SIZE)
#else
/* The gate's own GDT and TSS, with a bitmap of all ports */
#define GATE_TABLES_SIZE	(3 * PG_SIZE)
#endif

/* Memory descriptor types and attributes of the UEFI specification */
#define EFI_RESERVED_TYPE		0
#define EFI_BOOT_SERVICES_CODE		3
#define EFI_BOOT_SERVICES_DATA		4
#define EFI_RUNTIME_SERVICES_CODE	5
#define EFI_RUNTIME_SERVICES_DATA	6
#define EFI_MEMORY_MAPPED_IO		11
#define EFI_MEMORY_MAPPED_IO_PORT	12
#define EFI_PAL_CODE			13
#define EFI_MEMORY_RUNTIME		BIT(63)

/* A subtest shows as many offending ranges, and counts all */
#define MAX_SHOWN	8

/*
 * Mainline leaves the memory map that it handed to SetVirtualAddressMap() mapped
 * 1:1.  This is room for more than a thousand descriptors.
 */
#define MAX_NEW_MEMMAP	(16 * PG_SIZE)

#define P_PRESENT	BIT(0)
#define P_RW		BIT(1)
#define P_NX		BIT(2)
#define P_USER		BIT(3)
#define P_PWT		BIT(4)
#define P_PCD		BIT(5)
#define P_GLOBAL	BIT(6)

/* One line of a dump.  Ends are inclusive: the last one is the top of memory */
struct range {
	unsigned long	start;
	unsigned long	last;
	unsigned int	prot;
};

/* The ranges that are present, in ascending order */
struct table {
	struct range	*range;
	size_t		nr;
	unsigned long	vmalloc;	/* where the vmalloc area starts, or after */
	bool		found;
};

struct region {
	unsigned long	type;
	unsigned long	base[2];	/* physical, virtual */
	unsigned int	mappings;	/* in mixed mode, 1:1 is all there is */
	unsigned long	size;
	unsigned long	attr;
};

static const char * const mapping_name[] = { "1:1 mapping", "virtual mapping" };

static struct table kernel_table, efi_table;
static struct region *regions;
static size_t nr_regions;

static bool opt_noruntime, opt_debug, mixed_mode;
static bool memattr_absent;
static bool isolated;
static char not_isolated_reason[128] = "by all that the kernel shows";
#if EFI_PGD_BASE < 600
static bool opt_old_map;
static bool efi_shares_kernel_table;
static unsigned long esrt_start, esrt_size;
#endif

static unsigned int shown;
static char skip_reason[256];

/* A subtest with nothing to judge returns this.  Others return a number of faults */
#define SKIP	(-1L)

#define diag(fmt, ...)	ksft_print_msg(fmt "\n", ##__VA_ARGS__)
#define skip(fmt, ...)								\
	(snprintf(skip_reason, sizeof(skip_reason), fmt, ##__VA_ARGS__), SKIP)

/* Say how many there are of what, if any */
static long fault(unsigned long number, const char *what)
{
	if (number)
		diag("%lu %s", number, what);
	return number;
}

/* Show an offending range, if there is a word for it; count its pages */
static unsigned long show(const char *what, const struct range *r)
{
	if (what && shown++ < MAX_SHOWN)
		diag("%s: 0x%016lx-0x%016lx %s%s%s%s%s", what, r->start, r->last,
		     r->prot & P_USER ? "USR " : "",
		     r->prot & P_RW ? "RW " : r->prot & P_PRESENT ? "ro " : "not mapped",
		     r->prot & P_PWT ? "PWT " : "", r->prot & P_PCD ? "PCD " : "",
		     r->prot & P_NX ? "NX" : r->prot & P_PRESENT ? "x" : "");
	return ((r->last - r->start) >> PG_SHIFT) + 1;
}

static unsigned long min_ul(unsigned long a, unsigned long b)
{
	return a < b ? a : b;
}

/* Cut the range down to the part inside [lo, hi]; is there any? */
static bool clip(struct range *r, unsigned long lo, unsigned long hi)
{
	if (r->start < lo)
		r->start = lo;
	r->last = min_ul(r->last, hi);
	return r->start <= r->last;
}

/*
 * Page tables
 */

static void *grow(void *array, size_t nr, size_t size)
{
	array = realloc(array, (nr + 1) * size);
	if (!array) {
		perror("realloc");
		exit(KSFT_FAIL);
	}
	return array;
}

static void add_range(struct table *t, const struct range *r)
{
	t->range = grow(t->range, t->nr, sizeof(*r));
	t->range[t->nr++] = *r;
}

/*
 * "0x<start>-0x<end>  <size> [flags] <level>".  Versions differ in the spacing and
 * in the names of levels.  Every present range has "RW" or "ro".  The flags are the
 * last level's, the levels above allow everything.
 */
static bool parse_range(const char *line, struct range *r)
{
	static const struct {
		const char	*word;
		unsigned int	prot;
	} flags[] = {
		{ " RW ", P_PRESENT | P_RW }, { " ro ", P_PRESENT }, { " NX ", P_NX },
		{ " USR ", P_USER }, { " PWT ", P_PWT }, { " PCD ", P_PCD },
		{ " GLB ", P_GLOBAL },
	};
	size_t i;

	if (sscanf(line, "0x%lx-0x%lx", &r->start, &r->last) != 2)
		return false;

	/* The dump ends at 2^64, which it can only print as 0 */
	r->last--;
	r->prot = 0;
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (strstr(line, flags[i].word))
			r->prot |= flags[i].prot;
	}
	return true;
}

/* The kernel leaves out most lines of the ESPfix area: those are not judged */
static bool read_table(struct table *t, const char *name)
{
	bool after_marker = false;
	char path[64], line[256];
	struct range r;
	FILE *f;

	free(t->range);
	*t = (struct table) {};

	snprintf(path, sizeof(path), TABLE_PATH, name);
	f = fopen(path, "r");
	if (!f)
		return false;

	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, "[ vmalloc() Area ]"))
			after_marker = true;
		if (!parse_range(line, &r))
			continue;
		if (after_marker && !t->vmalloc)
			t->vmalloc = r.start;
		if (r.prot & P_PRESENT)
			add_range(t, &r);
	}

	t->found = !ferror(f);
	fclose(f);
	return t->found;
}

static int compare_range(const void *addr, const void *range)
{
	const unsigned long *a = addr;
	const struct range *r = range;

	return *a < r->start ? -1 : *a > r->last;
}

static struct range page_at(const struct table *t, unsigned long addr)
{
	const struct range *r;

	r = bsearch(&addr, t->range, t->nr, sizeof(*r), compare_range);
	return (struct range) { addr, addr + PG_SIZE - 1, r ? r->prot : 0 };
}

/* Show, if there is a word for it, and count the pages in [lo, hi] with these flags */
static unsigned long pages_with(const struct table *t, const char *what,
				unsigned long lo, unsigned long hi,
				unsigned int mask, unsigned int want)
{
	unsigned long pages = 0;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		struct range r = t->range[i];

		if ((r.prot & mask) == want && clip(&r, lo, hi))
			pages += show(what, &r);
	}
	return pages;
}

static unsigned long present_pages(const struct table *t, const char *what,
				   unsigned long lo, unsigned long hi)
{
	return pages_with(t, what, lo, hi, P_PRESENT, P_PRESENT);
}

/*
 * Where the kernel's direct map of physical memory starts, or 0.
 *
 * The first MiB is always direct mapped, and init_mm has nothing below the direct
 * map in the kernel's half.  So the direct map is the first thing present there.
 * The "Low Kernel Mapping" marker is no guide: the dumper moves on by one marker
 * per line at most, and an LDT remap area right below makes it a line late.
 * KASLR moves the direct map by multiples of 1 GiB.
 */
static unsigned long direct_map_base(void)
{
	unsigned long base;
	size_t i;

	for (i = 0; i < kernel_table.nr; i++) {
		base = kernel_table.range[i].start;
		if (base > LOWER_HALF_LAST)
			return base % SZ_1GB || base >= EFI_WIN_START ? 0 : base;
	}
	return 0;
}

/*
 * The EFI memory map
 */

static bool read_hex(const char *dir, const char *name, unsigned long *val)
{
	char path[128];
	bool found;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f)
		return false;
	found = fscanf(f, "%lx", val) == 1;
	fclose(f);
	return found;
}

static bool read_region(size_t nr, struct region *r)
{
	char dir[64];

	snprintf(dir, sizeof(dir), EFI_DIR "/runtime-map/%zu", nr);
	if (!read_hex(dir, "type", &r->type) ||
	    !read_hex(dir, "phys_addr", &r->base[0]) ||
	    !read_hex(dir, "virt_addr", &r->base[1]) ||
	    !read_hex(dir, "num_pages", &r->size) ||
	    !read_hex(dir, "attribute", &r->attr))
		return false;

	r->size <<= PG_SHIFT;
	r->mappings = r->base[0] == r->base[1] ? 1 : 2;
	return true;
}

/*
 * The map has the runtime regions.  Newer kernels also list what they keep of boot
 * services memory, with EFI_MEMORY_RUNTIME.  With efi=debug, they list all of boot
 * services memory, without that bit.
 */
static void read_runtime_map(void)
{
	struct region r;
	size_t i;

	for (i = 0; read_region(i, &r); i++) {
		if (!r.size || !(r.attr & EFI_MEMORY_RUNTIME))
			continue;
		regions = grow(regions, nr_regions, sizeof(r));
		regions[nr_regions++] = r;
	}
	if (!nr_regions)
		diag("no " EFI_DIR "/runtime-map: what needs it is not checked");
}

/*
 * The region that has the start of the piece, in either place.  The piece is cut
 * down to the part that this holds for.
 */
static const struct region *region_of(struct range *piece)
{
	size_t i;

	for (i = 0; i < 2 * nr_regions; i++) {
		const struct region *r = &regions[i / 2];
		unsigned long base = r->base[i % 2];

		if (piece->start - base < r->size) {
			piece->last = min_ul(piece->last, base + r->size - 1);
			return r;
		}
		if (base > piece->start)
			piece->last = min_ul(piece->last, base - 1);
	}
	return NULL;
}

/*
 * Regions of these types become reserved ranges in the e820 map, which are never in
 * the direct map above 1 MiB.  Boot services regions that the kernel keeps are
 * ordinary RAM to it and stay in its direct map.
 */
static bool firmware_owned(const struct region *r)
{
	return r->type <= EFI_PAL_CODE &&
	       BIT(r->type) & (BIT(EFI_RESERVED_TYPE) | BIT(EFI_RUNTIME_SERVICES_CODE) |
			       BIT(EFI_RUNTIME_SERVICES_DATA) | BIT(EFI_MEMORY_MAPPED_IO) |
			       BIT(EFI_MEMORY_MAPPED_IO_PORT) | BIT(EFI_PAL_CODE));
}

/* Boot services memory, of which an isolated firmware only gets what is reserved */
static bool is_kept(const struct region *r)
{
	return isolated && (r->type == EFI_BOOT_SERVICES_CODE ||
			    r->type == EFI_BOOT_SERVICES_DATA);
}

/*
 * The kernel log
 */

/*
 * Look for a message of the kernel's own, not one that was written to /dev/kmsg.
 * What follows the text in its line goes to rest.
 */
static bool find_in_log(const char *text, char *rest, size_t size)
{
	char record[8192], *at;
	bool found = false;
	unsigned int prio;
	ssize_t n;
	int fd;

	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	/* EPIPE: a record was overwritten meanwhile, there is more */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n && errno == EPIPE)) {
		record[n > 0 ? n : 0] = '\0';
		if (sscanf(record, "%u,", &prio) != 1)
			continue;
		at = strchr(record, ';');
		at = at ? strstr(at, text) : NULL;
		/* Facility 0, any level */
		if (prio < 8 && at) {
			snprintf(rest, size, "%s", at + strlen(text));
			rest[strcspn(rest, "\n")] = '\0';
			found = true;
		}
	}
	close(fd);
	return found;
}

/*
 * Kernels that know the memory attributes table list it when they start.  Where the
 * log has lost its first message, the table is taken for granted: so nothing is
 * overlooked.
 */
static void find_memattr(void)
{
	char buf[8];

	memattr_absent = !find_in_log("MEMATTR=0x", buf, sizeof(buf)) &&
			 find_in_log(";Linux version ", buf, sizeof(buf));
	if (memattr_absent)
		diag("no memory attributes table: runtime code may be writable");
}

#if EFI_PGD_BASE < 600
/* The pages of the ESRT are kept in EFI's table, and the kernel says where they are */
static void find_esrt(void)
{
	unsigned long start, end;
	char buf[64];

	if (!find_in_log("esrt: Reserving ESRT space from ", buf, sizeof(buf)) ||
	    sscanf(buf, "%lx to %lx", &start, &end) != 2)
		return;
	esrt_start = start & ~(PG_SIZE - 1);
	esrt_size = ((end + PG_SIZE - 1) & ~(PG_SIZE - 1)) - esrt_start;
}

#endif
/*
 * The kernel says which it is when it starts.  When that is no longer in the log, or
 * was never said, user pages tell: stock kernels call firmware at CPL 0 and have no
 * user page in EFI's table.
 */
static void find_isolation(void)
{
	char buf[8];

	if (find_in_log(";efi: runtime services are isolated", buf, sizeof(buf)))
		isolated = true;
	else if (!find_in_log(";efi: runtime services are not isolated: ",
			      not_isolated_reason, sizeof(not_isolated_reason)))
		isolated = pages_with(&efi_table, NULL, 0, ~0UL, P_USER, P_USER);
	diag("runtime services: %s", isolated ? "isolated" : "not isolated");
}

/*
 * Subtests on the kernel's table
 */

static unsigned long virtual_pages(const char *what)
{
	unsigned long pages, virt;
	size_t i;

	pages = present_pages(&kernel_table, what, EFI_WIN_START, EFI_WIN_LAST);
	for (i = 0; i < nr_regions; i++) {
		virt = regions[i].base[1];
		/* The window is counted already */
		if (virt < EFI_WIN_START || virt > EFI_WIN_LAST)
			pages += present_pages(&kernel_table, what, virt,
					       virt + regions[i].size - 1);
	}
	return pages;
}

static long test_kernel_virtual(void)
{
	return fault(virtual_pages("in the kernel's table"),
		     "pages of EFI's virtual mapping in the kernel's table");
}

static long test_kernel_direct(void)
{
	unsigned long pages = 0, base, end;
	long faults;
	size_t i;

	/* This is init_mm: nothing at all belongs in its lower half */
	faults = fault(present_pages(&kernel_table, "in the kernel's table", 0,
				     LOWER_HALF_LAST),
		       "pages in the lower half of the kernel's table");
	if (!nr_regions)
		return faults ?: skip("no runtime-map: direct map not checked");

	base = direct_map_base();
	if (!base) {
		diag("cannot tell where the direct map starts");
		return 1;
	}

	/* MMIO can be further up than the direct map has room for */
	end = kernel_table.vmalloc > base ? kernel_table.vmalloc - 1 : ~0UL;

	for (i = 0; i < nr_regions; i++) {
		unsigned long phys = regions[i].base[0];
		struct range r = { phys, phys + regions[i].size - 1, 0 };

		/* The first MiB is direct mapped no matter what is there */
		if (firmware_owned(&regions[i]) && clip(&r, SZ_1MB, end - base))
			pages += present_pages(&kernel_table, "runtime region in the direct map",
					       base + r.start, base + r.last);
	}
	return faults + fault(pages, "pages of runtime regions in the direct map");
}

static long test_kernel_wx(void)
{
	return fault(pages_with(&kernel_table, "writable and executable", 0, ~0UL,
				P_RW | P_NX, P_RW),
		     "W+X pages in the kernel's table");
}

/*
 * Subtests on EFI's table
 */

typedef unsigned long (*piece_fn)(const struct region *region, struct range piece);

/*
 * EFI's part of the table is the lower half and the EFI window.  Call fn for each
 * range there, cut where a region begins or ends.
 */
static unsigned long sum_pieces(piece_fn fn)
{
	static const struct range part[] = {
		{ 0, LOWER_HALF_LAST, 0 },
		{ EFI_WIN_START, EFI_WIN_LAST, 0 },
	};
	unsigned long sum = 0;
	size_t i;

	for (i = 0; i < 2 * efi_table.nr; i++) {
		struct range rest = efi_table.range[i / 2], piece;
		const struct region *region;

		if (!clip(&rest, part[i % 2].start, part[i % 2].last))
			continue;
		do {
			piece = rest;
			region = region_of(&piece);
			sum += fn(region, piece);
			rest.start = piece.last + 1;
		} while (piece.last != rest.last);
	}
	return sum;
}

static unsigned long wx_piece(const struct region *region, struct range piece)
{
	if ((piece.prot & (P_RW | P_NX)) != P_RW)
		return 0;
	if (memattr_absent && !isolated && region &&
	    region->type == EFI_RUNTIME_SERVICES_CODE)
		return 0;
	return show("writable and executable", &piece);
}

static long test_efi_wx(void)
{
	return fault(sum_pieces(wx_piece),
		     "W+X pages in EFI's mappings that should not be");
}

static long test_efi_complete(void)
{
	unsigned long off, pages = 0;
	struct range page;
	size_t i, m;

#if EFI_PGD_BASE < 600
	if (efi_shares_kernel_table)
		return skip("no table of EFI's own that would show 1:1 mappings");

#endif
	for (i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		for (m = 0; m < r->mappings && !is_kept(r); m++) {
			for (off = 0; off < r->size; off += PG_SIZE) {
				page = page_at(&efi_table, r->base[m] + off);
				if (!(page.prot & P_PRESENT))
					pages += show(mapping_name[m], &page);
			}
		}
	}
	return fault(pages, "pages missing");
}

/*
 * The map's EFI_MEMORY_RO and _XP bits are no guide here: they say what the memory is
 * capable of, not what it wants.
 */
static long test_efi_permissions(void)
{
	unsigned long off, exec = 0, differ = 0;
	struct range phys, virt;
	size_t i, m;

	for (i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		for (m = 0; m < r->mappings && r->type != EFI_RUNTIME_SERVICES_CODE; m++)
			exec += pages_with(&efi_table, mapping_name[m], r->base[m],
					   r->base[m] + r->size - 1, P_NX, 0);

		for (off = 0; off < r->size && !is_kept(r); off += PG_SIZE) {
			phys = page_at(&efi_table, r->base[0] + off);
			virt = page_at(&efi_table, r->base[1] + off);
			/* What is missing altogether is another test's business */
			if (!(phys.prot & virt.prot & P_PRESENT) ||
			    !((phys.prot ^ virt.prot) & ~P_GLOBAL))
				continue;
			show("mapped 1:1 as", &phys);
			differ += show("but virtually as", &virt);
		}
	}

	return fault(exec, "executable pages outside runtime code") +
	       fault(differ, "pages whose 1:1 and virtual mappings differ");
}

static bool has_kernel_half, memmap_seen;

#if EFI_PGD_BASE < 600
static bool esrt_seen[2];	/* in the window, 1:1 */

/*
 * Firmware that is isolated can only read the ESRT.  The kernel does not say at which
 * virtual address: the size tells.
 */
static bool is_esrt(const struct range *piece, bool low)
{
	if (!esrt_size || piece->last - piece->start + 1 != esrt_size ||
	    (low && piece->start != esrt_start) || esrt_seen[low] ||
	    !(piece->prot & P_NX) || (isolated && piece->prot & P_RW))
		return false;
	esrt_seen[low] = true;
	return true;
}

#endif
/* What EFI's table maps and no runtime region accounts for */
static unsigned long leftover_piece(const struct region *region, struct range piece)
{
	bool low = piece.last <= LOWER_HALF_LAST;

	/* Page 0 is mapped 1:1 on purpose: some firmware writes to it */
	if (region || !clip(&piece, PG_SIZE, ~0UL))
		return 0;
#if EFI_PGD_BASE < 600
	if (is_esrt(&piece, low))
		return 0;
#endif
	/* Arguments for 32-bit firmware are passed by their physical addresses */
	if (mixed_mode && low && (piece.prot & (P_RW | P_NX)) != P_RW)
		return 0;

	/*
	 * The memory map for SetVirtualAddressMap() is the kernel's memory.  As long as
	 * EFI's table has all of that in its upper half, one piece mapped 1:1 as data
	 * gives nothing away.
	 */
	if (low && (piece.prot & P_NX) && has_kernel_half && !memmap_seen &&
	    piece.last - piece.start < MAX_NEW_MEMMAP) {
		memmap_seen = true;
		show("tolerated, taken for the map given to SetVirtualAddressMap()", &piece);
		return 0;
	}
	return show("left over", &piece);
}
#if EFI_PGD_BASE >= 600

static struct table reserved;		/* of /proc/iomem, physical */

static void read_reserved(void)
{
	struct range r = { .prot = P_PRESENT };
	char line[512], name[64];
	FILE *f;

	f = fopen("/proc/iomem", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %lx-%lx : %63s", &r.start, &r.last, name) != 3 ||
		    strcmp(name, "Reserved"))
			continue;
		/* Whole pages */
		r.start = (r.start + PG_SIZE - 1) & ~(PG_SIZE - 1);
		r.last = ((r.last + 1) & ~(PG_SIZE - 1)) - 1;
		if (r.start < r.last)
			add_range(&reserved, &r);
	}
	if (f)
		fclose(f);
}

/*
 * Drivers keep boot services data with efi_mem_reserve(), which makes it reserved
 * memory.  Firmware can read it, in both places.  All else in a region that is kept
 * is memory of the kernel.  Show and count the pages that are mapped in another way.
 */
static unsigned long wrongly_kept(const struct region *r)
{
	unsigned long off, pages = 0;
	unsigned int m, want;
	struct range page;

	for (m = 0; m < 2; m++) {
		for (off = 0; off < r->size; off += PG_SIZE) {
			page = page_at(&efi_table, r->base[m] + off);
			want = r->type == EFI_BOOT_SERVICES_DATA &&
			       page_at(&reserved, r->base[0] + off).prot ?
			       P_PRESENT | P_USER | P_NX : 0;
			page.prot &= P_PRESENT | P_USER | P_NX | P_RW;
			/* The first page has its own rule */
			if (page.start && page.prot != want)
				pages += show(want ? "kept for firmware to read" :
					      "boot services memory of the kernel's",
					      &page);
		}
	}
	return pages;
}
#endif

static long test_efi_leftover(void)
{
	const unsigned int first_page = P_USER | P_RW | P_NX;
	unsigned long base = direct_map_base();
	long faults;
#if EFI_PGD_BASE >= 600
	unsigned long pages = 0;
	size_t i;
#endif

	if (opt_debug && !isolated)
		return skip("efi=debug keeps boot services memory mapped");

	has_kernel_half = base && page_at(&efi_table, base).prot;
	faults = fault(sum_pieces(leftover_piece),
		       "pages that belong to no runtime region");
	if (!isolated)
		return faults;

#if EFI_PGD_BASE >= 600
	for (i = 0; i < nr_regions; i++) {
		if (is_kept(&regions[i]))
			pages += wrongly_kept(&regions[i]);
	}
	faults += fault(pages,
			"pages of boot services memory that are not as they should be");
#endif
	return faults + fault((page_at(&efi_table, 0).prot & first_page) != first_page,
			      "first page that firmware cannot write to, or can execute");
}

/*
 * Subtests on isolation
 */

/* What it takes to enter and leave firmware, where the kernel has it, too */
enum { GATE_TEXT_END, GATE_TEXT };

static struct gate_symbol {
	const char	*name;
	unsigned int	prot;
	unsigned long	size;
	unsigned long	addr;
} gate_symbols[] = {
	[GATE_TEXT_END] = { "efi_gate_text_end", 0, 0, 0 },
	[GATE_TEXT] = { "efi_gate_text", P_PRESENT, 0, 0 },
	{ "efi_gate_page", P_PRESENT | P_RW | P_NX, PG_SIZE, 0 },
	{ "gate_idt", P_PRESENT | P_NX, PG_SIZE, 0 },
#if EFI_PGD_BASE < 600
	{ "gate_tables", P_PRESENT | P_RW | P_NX, GATE_TABLES_SIZE, 0 },
#endif
};

/* Returns the name of a symbol that could not be found, or NULL */
static const char *read_gate_symbols(void)
{
	const char *missing = NULL;
	char line[512], name[256];
	unsigned long addr;
	size_t i;
	FILE *f;

	f = fopen("/proc/kallsyms", "r");
	while (f && fgets(line, sizeof(line), f)) {
		/* Not those of modules */
		if (sscanf(line, "%lx %*c %255s", &addr, name) != 2 || strchr(line, '['))
			continue;
		for (i = 0; i < ARRAY_SIZE(gate_symbols); i++) {
			if (!strcmp(name, gate_symbols[i].name))
				gate_symbols[i].addr = addr;
		}
	}
	if (f)
		fclose(f);

	for (i = 0; i < ARRAY_SIZE(gate_symbols); i++) {
		if (!gate_symbols[i].addr)
			missing = gate_symbols[i].name;
	}
	gate_symbols[GATE_TEXT].size = gate_symbols[GATE_TEXT_END].addr -
				       gate_symbols[GATE_TEXT].addr;
	return missing;
}
#if EFI_PGD_BASE >= 600

/*
 * GDT and TSS are read-only for the kernel, too: the stacks between and after them
 * are not.  First in the area is the IDT of the kernel, which firmware does not run
 * with.
 */
static bool is_gdt_or_tss(unsigned long addr)
{
	return addr >= ENTRY_AREA_START + PG_SIZE && addr <= ENTRY_AREA_LAST &&
	       (page_at(&kernel_table, addr).prot & (P_PRESENT | P_RW)) == P_PRESENT;
}
#endif

/* Permissions that the gate needs at addr, or 0 */
static unsigned int gate_prot(unsigned long addr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gate_symbols); i++) {
		if (addr - gate_symbols[i].addr < gate_symbols[i].size)
			return gate_symbols[i].prot;
	}
#if EFI_PGD_BASE >= 600
	if (is_gdt_or_tss(addr))
		return P_PRESENT | P_NX;
#endif
	return 0;
}

static long test_isolation_gate(void)
{
	unsigned long pages = 0, unnamed = 0, wrong = 0;
#if EFI_PGD_BASE >= 600
	unsigned long first_entry = 0, last_entry = 0;
#endif
	const char *missing;
	struct range page;
	unsigned int want;
	long faults;
	size_t i;

	missing = read_gate_symbols();
	if (missing)
		return skip("no %s in /proc/kallsyms: needs CONFIG_KALLSYMS_ALL", missing);

	for (i = 0; i < efi_table.nr; i++) {
		struct range r = efi_table.range[i];
		unsigned long nr = ((r.last - r.start) >> PG_SHIFT) + 1;

		if (r.prot & P_USER)
			continue;
		/* The gate's pages are few, and anything large is none of them */
		if (nr > MAX_GATE_PAGES) {
			unnamed += show("no user pages, and not the gate's", &r);
			continue;
		}
		for (; nr; nr--, r.start += PG_SIZE) {
			page = page_at(&efi_table, r.start);
			want = gate_prot(page.start);
			if (!want) {
				unnamed += show("no user page, and not the gate's", &page);
				continue;
			}
			pages++;
			if ((page.prot & (P_PRESENT | P_RW | P_NX)) != want)
				wrong += show("the gate's, with other permissions", &page);
#if EFI_PGD_BASE >= 600
			if (page.start >= ENTRY_AREA_START && page.last <= ENTRY_AREA_LAST) {
				first_entry = first_entry ?: page.start;
				last_entry = page.last;
			}
#endif
		}
	}

	faults = fault(unnamed, "supervisor pages that are not the gate's");
	faults += fault(wrong, "pages of the gate with other permissions than it needs");
	faults += fault(pages_with(&efi_table, "global", 0, ~0UL, P_GLOBAL, P_GLOBAL),
			"global pages, which stay in the TLB after a call");
	if (pages > MAX_GATE_PAGES)
		faults += fault(pages, "pages for the gate are too many");
#if EFI_PGD_BASE >= 600
	faults += fault(last_entry - first_entry >= MAX_GDT_TO_TSS_END,
			"GDT and TSS too many: another CPU's");
#endif
	return faults;
}

/*
 * The stack and each argument are pieces without a hole in between.  They can be
 * written to.  Behind an argument, there may be pages that can be read only.
 */
static long test_isolation_user(void)
{
	static const char what[] = "a user page that is not firmware's";
	unsigned long bad = 0, prev = 0;
	unsigned int pieces = 0;
	bool writable = true, begins;
	long faults;
	size_t i;

	/* The lower half and the window are efi_no_leftovers' business */
	faults = fault(pages_with(&efi_table, what, LOWER_HALF_LAST + 1, FW_AREA_START - 1,
				  P_USER, P_USER) +
		       pages_with(&efi_table, what, EFI_WIN_LAST + 1, ~0UL, P_USER, P_USER),
		       "user pages outside EFI's part of the upper half");

	for (i = 0; i < efi_table.nr; i++) {
		struct range r = efi_table.range[i];

		if (!clip(&r, FW_AREA_START, FW_AREA_LAST))
			continue;
		begins = r.start != prev + 1;
		if (begins)
			pieces++;
		/* That it is a user page is another test's business */
		if (!(r.prot & P_NX) ||
		    (r.prot & P_RW ? !begins && !writable : begins || pieces == 1))
			bad += show("stack or arguments", &r);
		writable = r.prot & P_RW;
		prev = r.last;
	}

	faults += fault(page_at(&efi_table, FW_AREA_START).prot != 0,
			"page below is mapped, which firmware returns to");
	faults += fault(page_at(&efi_table, FW_AREA_LAST).prot != 0,
			"page below the EFI window is mapped, which is to be a guard");
	/* With nothing in between, they would be one */
	faults += fault(pieces < 2,
			"stack and arguments without pages that are not mapped around them");
	return faults + fault(bad, "pages of stack or arguments with wrong permissions");
}

/*
 * Runtime services
 */

#define VAR_NAME	"EfiPgtablesTest-e5730064-5726-4bdf-a4cd-b97198c3f346"
#define VAR_PATH	EFIVARS_DIR "/" VAR_NAME

static void remove_variable(void)
{
	int fd, flags = 0;

	/* Those that the kernel does not know are protected against rm -rf */
	fd = open(VAR_PATH, O_RDONLY);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
	close(fd);
	unlink(VAR_PATH);
}

static long write_read_delete(void)
{
	/* Non-volatile, boot and runtime access: firmware need not take anything else */
	static const unsigned char data[] = { 7, 0, 0, 0, 'e', 'f', 'i', '-', 'p', 'g', 't' };
	unsigned char buf[sizeof(data) + 1];
	long faults;
	ssize_t n;
	int fd, err;

	remove_variable();
	fd = open(VAR_PATH, O_WRONLY | O_CREAT | O_EXCL, 0600);
	n = fd < 0 ? -1 : write(fd, data, sizeof(data));
	err = errno;
	close(fd);
	if (n < 0) {
		remove_variable();
		if (fd < 0 ? err == EROFS || err == EPERM || err == EACCES : err == ENOSPC)
			return skip("cannot create variables: %s", strerror(err));
		diag("writing a variable: %s", strerror(err));
		return 1;
	}

	fd = open(VAR_PATH, O_RDONLY);
	n = read(fd, buf, sizeof(buf));
	close(fd);
	faults = fault(n != sizeof(data) || memcmp(buf, data, sizeof(data)),
		       "variable that does not read back as it was written");

	remove_variable();
	return faults + fault(!access(VAR_PATH, F_OK),
			      "variable that is there after deleting it");
}

static bool mount_at(const char *dir, const char *type)
{
	return !mount(type, dir, type, 0, NULL) || errno == EBUSY;
}

static long test_runtime_services(void)
{
	long faults;

	if (!mount_at(EFIVARS_DIR, "efivarfs"))
		return skip("cannot mount efivarfs: %s", strerror(errno));
	faults = write_read_delete();
	if (faults)
		return faults;
#if EFI_PGD_BASE < 600
	if (opt_old_map)
		return 0;
#endif

	/* Firmware has run: what held before must hold now */
	if (!read_table(&kernel_table, "kernel") ||
	    (isolated && !read_table(&efi_table, "efi")))
		return fault(1, "table that cannot be read again");
	faults = test_kernel_virtual() + test_kernel_wx();
	if (isolated)
		faults += (test_isolation_gate() > 0) + test_isolation_user();
	return faults;
}

/* What a subtest needs */
#define RUNTIME		BIT(0)		/* runtime services, in whatever page tables */
#define TABLE		BIT(1)		/* a table to see EFI's mappings in */
#define MAP		BIT(2)		/* the EFI memory map */
#define ISOLATION	BIT(3)

static const struct {
	const char	*name;
	long		(*run)(void);
	unsigned int	needs;
} tests[] = {
	{ "kernel_no_efi_virtual",	test_kernel_virtual, 0 },
	{ "kernel_no_efi_direct",	test_kernel_direct, 0 },
	{ "kernel_no_wx",		test_kernel_wx, 0 },
	{ "efi_no_wx",			test_efi_wx, TABLE },
	{ "efi_regions_complete",	test_efi_complete, TABLE | MAP },
	{ "efi_permissions",		test_efi_permissions, TABLE | MAP },
	{ "efi_no_leftovers",		test_efi_leftover, TABLE | MAP },
	{ "isolation_supervisor_pages",	test_isolation_gate, TABLE | ISOLATION },
	{ "isolation_user_pages",	test_isolation_user, TABLE | ISOLATION },
	{ "runtime_services",		test_runtime_services, RUNTIME },
};

/* Is something missing that the subtest needs? */
static bool cannot_run(unsigned int needs)
{
#if EFI_PGD_BASE < 600
	if (opt_old_map && !(needs & RUNTIME))
		return skip("efi=old_map uses the kernel's page tables");
#endif
	if (needs & ISOLATION && !isolated)
		return skip("not isolated: %s", not_isolated_reason);
	if (needs && opt_noruntime)
		return skip("booted with noefi or efi=noruntime");
	if (needs & MAP && !nr_regions)
		return skip("no " EFI_DIR "/runtime-map");
	if (!(needs & TABLE))
		return false;
	if (!efi_table.found)
		return skip("kernel does not show EFI's page tables in debugfs");
	/* Not even a kernel half: the kernel has turned runtime services off */
	if (!efi_table.nr)
		return skip("EFI has no page tables");
	/* Where there are regions, a test will say that they are missing */
	if (!nr_regions && !present_pages(&efi_table, NULL, 0, LOWER_HALF_LAST) &&
	    !present_pages(&efi_table, NULL, EFI_WIN_START, EFI_WIN_LAST))
		return skip("EFI's page tables are empty");
	return false;
}

static void read_options(void)
{
	char cmdline[4096] = "", *word;
	FILE *f;

	f = fopen("/proc/cmdline", "r");
	if (!f || !fgets(cmdline, sizeof(cmdline), f))
		diag("cannot read /proc/cmdline");
	if (f)
		fclose(f);

	for (word = strtok(cmdline, " \t\n"); word; word = strtok(NULL, " \t\n")) {
		opt_noruntime |= !strcmp(word, "noefi");
		/* No option of efi= has another's name in it */
		if (strncmp(word, "efi=", 4))
			continue;
		opt_noruntime |= !!strstr(word, "noruntime");
		opt_debug |= !!strstr(word, "debug");
#if EFI_PGD_BASE < 600
		opt_old_map |= !!strstr(word, "old_map");
#endif
	}
}

static void setup(void)
{
	unsigned long bits;

	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (access(EFI_DIR, F_OK))
		ksft_exit_skip("not booted from EFI\n");

	/* What is mounted here is to be seen nowhere else */
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		diag("no mount namespace: %s", strerror(errno));
	if (!mount_at(DEBUGFS_DIR, "debugfs"))
		ksft_exit_skip("cannot mount debugfs\n");
	if (!read_table(&kernel_table, "kernel") || !kernel_table.nr)
		ksft_exit_skip("kernel does not show its page tables in debugfs\n");
	read_table(&efi_table, "efi");

	read_options();
	mixed_mode = read_hex(EFI_DIR, "fw_platform_size", &bits) && bits == 0x32;
	read_runtime_map();
	find_isolation();
	find_memattr();
#if EFI_PGD_BASE >= 600
	read_reserved();
#else
	find_esrt();
	/*
	 * EFI has no table of its own to show, but its mappings are in the kernel's:
	 * then firmware runs on those in the EFI window.
	 */
	efi_shares_kernel_table = !efi_table.found && virtual_pages(NULL) &&
				  read_table(&efi_table, "kernel");
	if (efi_shares_kernel_table)
		diag("EFI's mappings are in the kernel's table, judged from there");
#endif
}

int main(void)
{
	long faults;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	setup();
	ksft_set_plan(ARRAY_SIZE(tests));

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		shown = 0;
		faults = cannot_run(tests[i].needs) ? SKIP : tests[i].run();
		if (faults == SKIP)
			ksft_test_result_skip("%s: %s\n", tests[i].name, skip_reason);
		else if (faults)
			ksft_test_result_fail("%s\n", tests[i].name);
		else
			ksft_test_result_pass("%s\n", tests[i].name);
	}
	ksft_finished();
}
