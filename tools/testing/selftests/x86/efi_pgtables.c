// SPDX-License-Identifier: GPL-2.0-only
/*
 * efi_pgtables.c - EFI runtime mappings live in page tables of their own
 *
 * When the kernel calls UEFI runtime services, it runs firmware in page tables
 * that hold the runtime regions at their physical (1:1) and at their virtual
 * addresses.  None of those mappings may show up in the kernel's own tables,
 * none may be writable and executable if the firmware says how to avoid it, or is
 * isolated, and what was only mapped for SetVirtualAddressMap() must be gone.
 *
 * A kernel that isolates firmware calls it at CPL 3, in page tables that have
 * nothing of the kernel but the gate that leads there and back: then, all else
 * in them must be user pages, and those must be the firmware's.
 *
 * All of this is decided from what the kernel shows in debugfs, in the text
 * format of arch/x86/mm/dump_pagetables.c, from the EFI memory map in
 * /sys/firmware/efi/runtime-map, from /proc/iomem, and from where /proc/kallsyms
 * has the gate.  The dump has no physical addresses, so that a mapping leads
 * where it should is only shown by firmware working.
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

/* How many offending ranges a subtest shows before it only counts them */
#define MAX_SHOWN	8

/*
 * Mainline leaves the memory map that it handed to SetVirtualAddressMap()
 * mapped 1:1.  A descriptor takes 48 bytes or so, which makes this room for
 * more than a thousand of them.
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

struct table {
	struct range	*range;
	size_t		nr;
	size_t		skipped;	/* places where the kernel left lines out */
	unsigned long	vmalloc;	/* where the vmalloc area starts, or after */
	bool		found;
};

struct region {
	unsigned long	type;
	unsigned long	phys;
	unsigned long	virt;
	unsigned long	size;
	unsigned long	attr;
	bool		kept;		/* of boot services memory, not firmware's */
};

static struct table kernel_table, efi_table;
static struct region *regions;
static size_t nr_regions;

static bool opt_noruntime, opt_debug, mixed_mode;
static bool memattr_absent;
static bool isolated;
#if EFI_PGD_BASE < 600
static bool opt_old_map;

/*
 * EFI has no table of its own to show, but its mappings are in the kernel's:
 * then the EFI window of the kernel's table *is* what firmware runs on, and
 * what can be judged there is judged there.
 */
static bool efi_shares_kernel_table;
#endif

static unsigned int shown;
static char skip_reason[256];

/* What a subtest returns that has nothing to judge; otherwise, it counts faults */
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

static const char *prot_str(unsigned int prot)
{
	static char buf[32];

	if (!(prot & P_PRESENT))
		return "not mapped";

	snprintf(buf, sizeof(buf), "%s%s %s%s%s", prot & P_USER ? "USR " : "",
		 prot & P_RW ? "RW" : "ro", prot & P_PWT ? "PWT " : "",
		 prot & P_PCD ? "PCD " : "", prot & P_NX ? "NX" : "x");
	return buf;
}

/* Show an offending range, unless there were many already; count its pages */
static unsigned long show(const char *what, unsigned long start, unsigned long last,
			  unsigned int prot)
{
	if (what && shown++ < MAX_SHOWN)
		diag("%s: 0x%016lx-0x%016lx %s", what, start, last, prot_str(prot));
	else if (what && shown == MAX_SHOWN + 1)
		diag("%s: more of the same", what);
	return ((last - start) >> PG_SHIFT) + 1;
}

static unsigned long min_ul(unsigned long a, unsigned long b)
{
	return a < b ? a : b;
}

/* Cut [*start, *last] down to the part inside [lo, hi]; is there any? */
static bool clip(unsigned long *start, unsigned long *last, unsigned long lo,
		 unsigned long hi)
{
	if (*start < lo)
		*start = lo;
	*last = min_ul(*last, hi);
	return *start <= *last;
}

static bool mount_at(const char *dir, const char *type)
{
	return !mount(type, dir, type, 0, NULL) || errno == EBUSY;
}

/*
 * Reading the dumps
 */

static void *grow(void *array, size_t nr, size_t size)
{
	/* Doubled whenever it is full, which a power of two says */
	if (!(nr & (nr - 1)))
		array = realloc(array, (nr ? 2 * nr : 1) * size);
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
 * "0x<start>-0x<end>  <size> [flags] <level>".  Versions differ in the spacing
 * and in the names of levels, and a range that is not present has no flags, so
 * take it apart word by word: "RW" or "ro" is what every present range has.
 */
static bool parse_range(char *line, struct range *r)
{
	static const struct {
		const char	*word;
		unsigned int	prot;
	} flags[] = {
		{ "RW", P_PRESENT | P_RW }, { "ro", P_PRESENT }, { "NX", P_NX },
		{ "USR", P_USER }, { "PWT", P_PWT }, { "PCD", P_PCD }, { "GLB", P_GLOBAL },
	};
	char *word, *save;
	size_t i;

	if (sscanf(line, "0x%lx-0x%lx", &r->start, &r->last) != 2)
		return false;

	/* The dump ends at 2^64, which it can only print as 0 */
	r->last--;
	r->prot = 0;

	strtok_r(line, " \t\n", &save);
	while ((word = strtok_r(NULL, " \t\n", &save))) {
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			if (!strcmp(word, flags[i].word))
				r->prot |= flags[i].prot;
		}
	}
	return true;
}

static bool read_table(struct table *t, const char *name)
{
	bool after_marker = false;
	char *line = NULL;
	char path[64];
	struct range r;
	size_t len = 0;
	FILE *f;

	free(t->range);
	*t = (struct table) {};

	snprintf(path, sizeof(path), TABLE_PATH, name);
	f = fopen(path, "r");
	if (!f)
		return false;

	while (getline(&line, &len, f) > 0) {
		if (strstr(line, "skipped"))
			t->skipped++;
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
	free(line);
	fclose(f);
	return t->found;
}

/* Permissions at addr, and the last address up to which they are the same */
static unsigned int prot_at(const struct table *t, unsigned long addr,
			    unsigned long *last)
{
	size_t i;

	*last = ~0UL;
	for (i = 0; i < t->nr; i++) {
		const struct range *r = &t->range[i];

		if (addr >= r->start && addr <= r->last) {
			*last = r->last;
			return r->prot;
		}
		if (r->start > addr)
			*last = min_ul(*last, r->start - 1);
	}
	return 0;
}

/* Show, if there is a word for it, and count the pages in [lo, hi] with these flags */
static unsigned long pages_with(const struct table *t, const char *what,
				unsigned long lo, unsigned long hi,
				unsigned int mask, unsigned int want)
{
	unsigned long start, last, pages = 0;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		start = t->range[i].start;
		last = t->range[i].last;
		if ((t->range[i].prot & mask) == want && clip(&start, &last, lo, hi))
			pages += show(what, start, last, t->range[i].prot);
	}
	return pages;
}

static unsigned long present_pages(const struct table *t, const char *what,
				   unsigned long lo, unsigned long hi)
{
	return pages_with(t, what, lo, hi, P_PRESENT, P_PRESENT);
}

/* The flags are the last level's, the levels above allow everything */
static unsigned long kernel_wx_pages(const char *what)
{
	return pages_with(&kernel_table, what, 0, ~0UL, P_RW | P_NX, P_RW);
}

/*
 * Where the kernel's direct map of physical memory starts.
 *
 * Not the line after the "Low Kernel Mapping" marker: the dumper moves on by
 * one marker per line at most, so with an LDT remap area right below, that
 * marker comes a line late.  But the first MiB is always direct mapped, and
 * nothing below the direct map in the kernel's half is ever present in
 * init_mm, so it is the first thing present.  KASLR moves it by multiples of
 * 1 GiB, which makes for a plausibility check.
 */
static bool direct_map_base(unsigned long *base)
{
	size_t i;

	*base = ~0UL;
	for (i = 0; i < kernel_table.nr; i++) {
		if (kernel_table.range[i].start > LOWER_HALF_LAST)
			*base = min_ul(*base, kernel_table.range[i].start);
	}
	return !(*base & (SZ_1GB - 1)) && *base < EFI_WIN_START;
}

/*
 * Reading the EFI memory map
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
	    !read_hex(dir, "phys_addr", &r->phys) ||
	    !read_hex(dir, "virt_addr", &r->virt) ||
	    !read_hex(dir, "num_pages", &r->size) ||
	    !read_hex(dir, "attribute", &r->attr))
		return false;

	r->size <<= PG_SHIFT;
	return true;
}

/*
 * The map has the runtime regions.  Newer kernels also list what they keep of boot
 * services memory, with EFI_MEMORY_RUNTIME.  With efi=debug, they list all of boot
 * services memory, without that bit.
 */
static void read_runtime_map(void)
{
	struct region r = {};
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

/* The region that has addr, in either place, and the last address that this holds for */
static const struct region *region_at(unsigned long addr, unsigned long *last)
{
	unsigned int alias;
	size_t i;

	*last = ~0UL;
	for (i = 0; i < nr_regions; i++) {
		for (alias = 0; alias < 2; alias++) {
			unsigned long base = alias ? regions[i].virt : regions[i].phys;

			if (addr - base < regions[i].size) {
				*last = base + regions[i].size - 1;
				return &regions[i];
			}
			if (base > addr)
				*last = min_ul(*last, base - 1);
		}
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

/*
 * Reading the kernel log
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
static unsigned long esrt_start, esrt_size;

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
 * Subtests on the kernel's table
 */

static unsigned long virtual_pages(bool quiet)
{
	const char *what = quiet ? NULL : "in the EFI window of the kernel's table";
	unsigned long pages;
	size_t i;

	pages = present_pages(&kernel_table, what, EFI_WIN_START, EFI_WIN_LAST);

	what = quiet ? NULL : "at a runtime region's virtual address";
	for (i = 0; i < nr_regions; i++) {
		/* Counted already */
		if (regions[i].virt >= EFI_WIN_START && regions[i].virt <= EFI_WIN_LAST)
			continue;
		pages += present_pages(&kernel_table, what, regions[i].virt,
				       regions[i].virt + regions[i].size - 1);
	}
	return pages;
}

static long test_kernel_virtual(void)
{
	return fault(virtual_pages(false),
		     "pages of EFI's virtual mapping in the kernel's table");
}

static long test_kernel_direct(void)
{
	unsigned long pages = 0, base, end, start, last;
	long faults;
	size_t i;

	/* This is init_mm: nothing at all belongs in its lower half */
	faults = fault(present_pages(&kernel_table, "in the lower half of the kernel's table",
				     0, LOWER_HALF_LAST),
		       "pages in the lower half of the kernel's table");
	if (!nr_regions)
		return faults ?: skip("no runtime-map: direct map not checked");

	if (!direct_map_base(&base)) {
		diag("cannot tell where the direct map starts");
		return 1;
	}

	/* MMIO can be further up than the direct map has room for */
	end = kernel_table.vmalloc > base ? kernel_table.vmalloc - 1 : ~0UL;

	for (i = 0; i < nr_regions; i++) {
		start = regions[i].phys;
		last = start + regions[i].size - 1;
		/* The first MiB is direct mapped no matter what is there */
		if (firmware_owned(&regions[i]) && clip(&start, &last, SZ_1MB, end - base))
			pages += present_pages(&kernel_table, "runtime region in the direct map",
					       base + start, base + last);
	}
	return faults + fault(pages, "pages of runtime regions in the direct map");
}

static long test_kernel_wx(void)
{
	if (kernel_table.skipped)
		diag("the kernel left lines out of its dump, what they say is not checked");
	return fault(kernel_wx_pages("writable and executable"),
		     "W+X pages in the kernel's table");
}

/*
 * The next tests look at EFI's side.  Where EFI has a table of its own, that is
 * the lower half and the EFI window; the rest of it is none of EFI's.
 */
static const struct {
	unsigned long lo, hi;
} efi_half[] = {
	{ 0, LOWER_HALF_LAST },
	{ EFI_WIN_START, EFI_WIN_LAST },
};

/*
 * Where EFI's mappings are in the kernel's table, those that are 1:1 cannot be
 * told from the direct map, which leaves the window.
 */
static const struct table *efi_view(unsigned int half)
{
#if EFI_PGD_BASE < 600
	if (efi_shares_kernel_table)
		return half ? &kernel_table : NULL;
#endif
	return &efi_table;
}

static bool efi_is_empty(void)
{
	unsigned long pages = 0;
	unsigned int half;

	for (half = 0; half < 2; half++)
		pages += present_pages(&efi_table, NULL, efi_half[half].lo, efi_half[half].hi);
	return !pages;
}

typedef unsigned long (*piece_fn)(const struct region *region, const struct range *piece);

/* Call fn for each range in EFI's part of the table, cut where a region begins or ends */
static unsigned long sum_pieces(piece_fn fn)
{
	unsigned long start, last, next, sum = 0;
	const struct table *t;
	unsigned int half;
	size_t i;

	for (half = 0; half < 2; half++) {
		t = efi_view(half);
		for (i = 0; t && i < t->nr; i++) {
			start = t->range[i].start;
			last = t->range[i].last;
			if (!clip(&start, &last, efi_half[half].lo, efi_half[half].hi))
				continue;
			for (;; start = next + 1) {
				const struct region *r = region_at(start, &next);

				next = min_ul(next, last);
				sum += fn(r, &(struct range) { start, next, t->range[i].prot });
				if (next == last)
					break;
			}
		}
	}
	return sum;
}

static unsigned long tolerated;

static unsigned long wx_piece(const struct region *region, const struct range *piece)
{
	if ((piece->prot & (P_RW | P_NX)) != P_RW)
		return 0;
	if (memattr_absent && !isolated && region &&
	    region->type == EFI_RUNTIME_SERVICES_CODE) {
		tolerated += show(NULL, piece->start, piece->last, piece->prot);
		return 0;
	}
	return show("writable and executable", piece->start, piece->last, piece->prot);
}

static long test_efi_wx(void)
{
	unsigned long pages;

	tolerated = 0;
	pages = sum_pieces(wx_piece);
	if (tolerated)
		diag("%lu W+X pages in runtime code, without attributes to go by", tolerated);
	return fault(pages, "W+X pages in EFI's mappings that should not be");
}

/* Show and count the pages that are not mapped */
static unsigned long missing_pages(const char *what, unsigned long start, unsigned long size)
{
	unsigned long next, last = start + size - 1, pages = 0;
	unsigned int prot;

	for (;; start = next + 1) {
		prot = prot_at(&efi_table, start, &next);
		next = min_ul(next, last);
		if (!(prot & P_PRESENT))
			pages += show(what, start, next, prot);
		if (next == last)
			return pages;
	}
}

static long test_efi_complete(void)
{
	unsigned long pages = 0, number = 0;
	size_t i;

#if EFI_PGD_BASE < 600
	if (efi_shares_kernel_table)
		return skip("no table of EFI's own that would show 1:1 mappings");

#endif
	for (i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		if (r->kept)
			continue;
		number++;
		pages += missing_pages("1:1 mapping", r->phys, r->size);
		/* In mixed mode, the 1:1 mapping is all there is */
		if (r->virt != r->phys)
			pages += missing_pages("virtual mapping", r->virt, r->size);
	}

	diag("%lu runtime regions", number);
	return fault(pages, "pages missing");
}

/* Show and count pages whose two mappings allow different things */
static unsigned long differing_pages(const struct region *r)
{
	unsigned long off, last1, last2, end, pages = 0;
	unsigned int prot1, prot2;

	for (off = 0; off < r->size; off = end + 1) {
		prot1 = prot_at(&efi_table, r->phys + off, &last1);
		prot2 = prot_at(&efi_table, r->virt + off, &last2);
		end = min_ul(min_ul(last1 - r->phys, last2 - r->virt), r->size - 1);
		/* What is missing altogether is another test's business */
		if ((prot1 & prot2 & P_PRESENT) && ((prot1 ^ prot2) & ~P_GLOBAL)) {
			show("mapped 1:1 as", r->phys + off, r->phys + end, prot1);
			pages += show("but virtually as", r->virt + off, r->virt + end, prot2);
		}
	}
	return pages;
}

/*
 * The map's EFI_MEMORY_RO and _XP bits are no guide here: they say what the
 * memory is capable of, not what it wants.
 */
static long test_efi_permissions(void)
{
	static const char * const what[] = { "executable, 1:1", "executable, virtual" };
	unsigned long exec = 0, differ = 0, base;
	const struct table *t;
	unsigned int alias;
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		for (alias = 0; alias < (r->virt == r->phys ? 1 : 2); alias++) {
			base = alias ? r->virt : r->phys;
			t = efi_view(alias);
			if (t && r->type != EFI_RUNTIME_SERVICES_CODE)
				exec += pages_with(t, what[alias], base, base + r->size - 1,
						   P_NX, 0);
		}
		if (efi_view(0) && !r->kept && r->virt != r->phys)
			differ += differing_pages(r);
	}

	return fault(exec, "executable pages outside runtime code") +
	       fault(differ, "pages whose 1:1 and virtual mappings differ");
}

/* What EFI's table maps and no runtime region accounts for */
static unsigned long mixed_pages;	/* RAM, for arguments in mixed mode */
static bool has_kernel_half;
static bool memmap_seen;
#if EFI_PGD_BASE < 600
static bool esrt_seen[2];	/* in the window, 1:1 */

/*
 * Firmware that is isolated can only read it.  At which virtual address it has it
 * is not to be seen here: its size tells.
 */
static bool is_esrt(unsigned long start, unsigned long last, unsigned int prot)
{
	bool low = last <= LOWER_HALF_LAST;

	if (!esrt_size || last - start + 1 != esrt_size || (low && start != esrt_start) ||
	    esrt_seen[low] || !(prot & P_NX) || (isolated && prot & P_RW))
		return false;
	esrt_seen[low] = true;
	return true;
}
#endif

static unsigned long leftover_piece(const struct region *region, const struct range *piece)
{
	unsigned long start = piece->start, last = piece->last;
	bool low = last <= LOWER_HALF_LAST;

	if (region)
		return 0;

	/*
	 * Page 0 is mapped 1:1 on purpose: some firmware writes to it.  Nothing
	 * but that can come first in the table.
	 */
	if (!start) {
		start += PG_SIZE;
		if (start > last)
			return 0;
	}

#if EFI_PGD_BASE < 600
	if (is_esrt(start, last, piece->prot))
		return 0;

#endif
	/* Arguments for 32-bit firmware are passed by their physical addresses */
	if (mixed_mode && low && (piece->prot & (P_RW | P_NX)) != P_RW) {
		mixed_pages += show(NULL, start, last, piece->prot);
		return 0;
	}

	/*
	 * The memory map for SetVirtualAddressMap() is the kernel's memory.
	 * As long as EFI's table has all of that in its upper half anyhow, a
	 * page of it mapped 1:1 as data gives nothing away, so one such piece
	 * is worth a line but no failure.
	 */
	if (low && (piece->prot & P_NX) && has_kernel_half && !memmap_seen &&
	    last - start < MAX_NEW_MEMMAP) {
		memmap_seen = true;
		diag("left over: 0x%016lx-0x%016lx %s", start, last, prot_str(piece->prot));
		diag("tolerated, taken for the map given to SetVirtualAddressMap()");
		return 0;
	}

	return show("left over", start, last, piece->prot);
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
 * What drivers keep of boot services data, with efi_mem_reserve(), is reserved
 * memory from then on: firmware can read it, in both places.  All else in a
 * region that is kept is memory of the kernel.  Show and count the pages that
 * are mapped in another way.
 */
static unsigned long wrongly_kept(const struct region *r, unsigned long base)
{
	unsigned long off, last1 = ~0UL, last2, end, pages = 0;
	unsigned int prot, want = 0;

	/* The first page has its own rule */
	for (off = base ? 0 : PG_SIZE; off < r->size; off = end + 1) {
		if (r->type == EFI_BOOT_SERVICES_DATA)
			want = prot_at(&reserved, r->phys + off, &last1) ?
			       P_PRESENT | P_USER | P_NX : 0;
		prot = prot_at(&efi_table, base + off, &last2);
		end = min_ul(min_ul(last1 - r->phys, last2 - base), r->size - 1);
		if ((prot & (P_PRESENT | P_USER | P_NX | P_RW)) != want)
			pages += show(want ? "kept for firmware to read" :
				      "boot services memory of the kernel's",
				      base + off, base + end, prot);
	}
	return pages;
}
#endif

/* What is kept of boot services memory, and the first page, which always is */
static long isolated_leftovers(void)
{
	unsigned long last;
	unsigned int prot;
	long faults = 0;
#if EFI_PGD_BASE >= 600
	unsigned long pages = 0;
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		if (!regions[i].kept)
			continue;
		pages += wrongly_kept(&regions[i], regions[i].phys);
		pages += wrongly_kept(&regions[i], regions[i].virt);
	}
	faults = fault(pages, "pages of boot services memory that are not as they should be");
#endif

	prot = prot_at(&efi_table, 0, &last);
	return faults + fault((prot & (P_USER | P_RW | P_NX)) != (P_USER | P_RW | P_NX),
			      "first page that firmware cannot write to, or can execute");
}

static long test_efi_leftover(void)
{
	unsigned long base, last;
	long faults;

	if (opt_debug && !isolated)
		return skip("efi=debug keeps boot services memory mapped");

	has_kernel_half = direct_map_base(&base) && prot_at(&efi_table, base, &last);
	mixed_pages = 0;
	memmap_seen = false;
#if EFI_PGD_BASE < 600
	memset(esrt_seen, 0, sizeof(esrt_seen));
#endif
	faults = fault(sum_pieces(leftover_piece), "pages that belong to no runtime region");
	if (isolated)
		faults += isolated_leftovers();

	if (efi_view(0))
		diag("EFI's table %s the kernel's direct map",
		     has_kernel_half ? "has" : "does not have");
	if (mixed_pages)
		diag("%lu pages of RAM mapped 1:1 for mixed mode", mixed_pages);
	return faults;
}

/*
 * Isolation
 */

/*
 * Where an isolated firmware has its stack and, after it, its arguments.  The
 * first page is where it returns to, and never mapped.
 */
#define FW_AREA_START	(EFI_WIN_START - SZ_1GB)
#define FW_AREA_LAST	(EFI_WIN_START - 1)

#if EFI_PGD_BASE >= 600
/* GDT and TSS of each CPU are in here, and how far apart they can be */
#define ENTRY_AREA_START	0xfffffe0000000000UL
#define ENTRY_AREA_LAST		0xfffffe7fffffffffUL
#define MAX_GDT_TO_TSS_END	(16 * PG_SIZE)

#else
/* The gate's own GDT and TSS, with a bitmap of all ports */
#define GATE_TABLES_SIZE	(3 * PG_SIZE)

#endif
/* More pages than this are not just a way in and out */
#define MAX_GATE_PAGES	12

static char not_isolated_reason[128] = "by all that the kernel shows";

/*
 * The kernel says which it is when it starts.  When that is no longer in the log, or
 * was never said, user pages tell: stock kernels call firmware at CPL 0 and have no
 * user page in EFI's table.
 */
static void find_isolation(void)
{
	char buf[8];
	size_t i;

	if (find_in_log(";efi: runtime services are isolated", buf, sizeof(buf)))
		isolated = true;
	else if (!find_in_log(";efi: runtime services are not isolated: ",
			      not_isolated_reason, sizeof(not_isolated_reason)))
		isolated = pages_with(&efi_table, NULL, 0, ~0UL, P_USER, P_USER);
	diag("runtime services: %s", isolated ? "isolated" : "not isolated");
	for (i = 0; isolated && i < nr_regions; i++)
		regions[i].kept = regions[i].type == EFI_BOOT_SERVICES_CODE ||
				  regions[i].type == EFI_BOOT_SERVICES_DATA;
}

/* What it takes to enter and leave firmware, where the kernel has it, too */
static struct gate_part {
	const char	*start_name;
	const char	*end_name;	/* if there is none, it is of that size */
	unsigned long	size;
	unsigned int	prot;
	unsigned long	start;
	unsigned long	end;
} gate_parts[] = {
	{ "efi_gate_text", "efi_gate_text_end", 0, P_PRESENT },
	{ "efi_gate_page", NULL, PG_SIZE, P_PRESENT | P_RW | P_NX },
	{ "gate_idt", NULL, PG_SIZE, P_PRESENT | P_NX },
#if EFI_PGD_BASE < 600
	{ "gate_tables", NULL, GATE_TABLES_SIZE, P_PRESENT | P_RW | P_NX },
#endif
};

/* Returns the name of a symbol that could not be found, or NULL */
static const char *read_gate_symbols(void)
{
	const char *missing = NULL;
	char line[512], name[256];
	struct gate_part *part;
	unsigned long addr;
	FILE *f;

	f = fopen("/proc/kallsyms", "r");
	while (f && fgets(line, sizeof(line), f)) {
		/* Not those of modules */
		if (sscanf(line, "%lx %*c %255s", &addr, name) != 2 || strchr(line, '['))
			continue;
		for (part = gate_parts; part < gate_parts + ARRAY_SIZE(gate_parts); part++) {
			if (!strcmp(name, part->start_name))
				part->start = addr;
			if (part->end_name && !strcmp(name, part->end_name))
				part->end = addr;
		}
	}
	if (f)
		fclose(f);

	for (part = gate_parts; part < gate_parts + ARRAY_SIZE(gate_parts); part++) {
		if (!part->end_name)
			part->end = part->start + part->size;
		else if (!part->end)
			missing = part->end_name;
		if (!part->start)
			missing = part->start_name;
	}
	return missing;
}

/* What EFI's table has that is no user page */
struct gate {
	unsigned long	pages;
	unsigned long	unnamed;
	unsigned long	wrong;		/* permissions */
#if EFI_PGD_BASE >= 600
	unsigned long	entry_first;	/* in the CPU entry area */
	unsigned long	entry_last;
#endif
};

static void judge_supervisor_page(struct gate *g, unsigned long addr, unsigned int prot)
{
#if EFI_PGD_BASE >= 600
	unsigned long last = addr + PG_SIZE - 1, next;
	unsigned int want = P_PRESENT | P_NX;	/* GDT and TSS */
#else
	unsigned long last = addr + PG_SIZE - 1;
	unsigned int want = 0;
#endif
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gate_parts); i++) {
		if (addr >= gate_parts[i].start && addr < gate_parts[i].end) {
			want = gate_parts[i].prot;
			break;
		}
	}

#if EFI_PGD_BASE < 600
	if (i == ARRAY_SIZE(gate_parts)) {
		g->unnamed += show("no user page, and not the gate's", addr, last, prot);
		return;
	}
#else
	if (i == ARRAY_SIZE(gate_parts)) {
		/*
		 * GDT and TSS are read-only for the kernel, too: the stacks
		 * between and after them are not.  First in the area is the IDT
		 * of the kernel, which firmware does not run with.
		 */
		if (addr < ENTRY_AREA_START + PG_SIZE || addr > ENTRY_AREA_LAST ||
		    (prot_at(&kernel_table, addr, &next) & (P_PRESENT | P_RW)) != P_PRESENT) {
			g->unnamed += show("no user page, and not the gate's", addr, last, prot);
			return;
		}
		if (!g->entry_first)
			g->entry_first = addr;
		g->entry_last = last;
	}
#endif

	g->pages++;
	if ((prot & (P_PRESENT | P_RW | P_NX)) != want)
		g->wrong += show("the gate's, with other permissions", addr, last, prot);
}

static long judge_gate(bool quiet)
{
	struct gate g = {};
	const char *missing;
	unsigned long addr;
	long faults;
	size_t i;

	missing = read_gate_symbols();
	if (missing)
		return skip("no %s in /proc/kallsyms: needs CONFIG_KALLSYMS_ALL", missing);

	for (i = 0; i < efi_table.nr; i++) {
		const struct range *r = &efi_table.range[i];

		if (r->prot & P_USER)
			continue;
		/* The gate's pages are few, and anything large is none of them */
		if (r->last - r->start >= MAX_GATE_PAGES * PG_SIZE) {
			g.unnamed += show("no user pages, and not the gate's", r->start,
					  r->last, r->prot);
			continue;
		}
		for (addr = r->start; addr - 1 != r->last; addr += PG_SIZE)
			judge_supervisor_page(&g, addr, r->prot);
	}

#if EFI_PGD_BASE >= 600
	if (!quiet)
		diag("%lu pages for the gate; of the CPU, 0x%lx-0x%lx", g.pages,
		     g.entry_first, g.entry_last);
#else
	if (!quiet)
		diag("%lu pages for the gate", g.pages);
#endif
	faults = fault(g.unnamed, "supervisor pages that are not the gate's");
	faults += fault(g.wrong, "pages of the gate with other permissions than it needs");
	faults += fault(pages_with(&efi_table, "global", 0, ~0UL, P_GLOBAL, P_GLOBAL),
			"global pages, which stay in the TLB after a call");
	if (g.pages > MAX_GATE_PAGES)
		faults += fault(g.pages, "pages for the gate are too many");
#if EFI_PGD_BASE >= 600
	if (g.entry_first && g.entry_last - g.entry_first >= MAX_GDT_TO_TSS_END)
		faults += fault(1, "GDT and TSS too many: another CPU's");
#endif
	return faults;
}

static long test_isolation_gate(void)
{
	return judge_gate(false);
}

/*
 * The next piece of firmware's stack or arguments at or after *start: pages
 * without a hole in between.  The stack and each argument can be written to;
 * behind an argument, there may be pages that can be read only.  Is there one?
 */
static bool next_piece(unsigned long *start, unsigned long *last, bool stack,
		       unsigned long *bad)
{
	unsigned long addr = *start, next;
	bool writable = true;
	unsigned int prot;

	for (;; addr = next + 1) {
		if (addr > FW_AREA_LAST)
			return false;
		prot = prot_at(&efi_table, addr, &next);
		if (prot & P_PRESENT)
			break;
	}

	for (*start = addr; addr <= FW_AREA_LAST; addr = next + 1) {
		prot = prot_at(&efi_table, addr, &next);
		if (!(prot & P_PRESENT))
			break;
		next = min_ul(next, FW_AREA_LAST);
		*last = next;
		/* That it is a user page is another test's business */
		if (!(prot & P_NX) ||
		    ((prot & P_RW) ? !writable : stack || addr == *start))
			*bad += show("stack or arguments", addr, next, prot);
		writable = prot & P_RW;
	}
	return true;
}

static long judge_user(bool quiet)
{
	static const char what[] = "a user page that is not firmware's";
	unsigned long start = FW_AREA_START, last = 0, bad = 0;
	unsigned int pieces;
	long faults;

	/* The lower half and the window are efi_no_leftovers' business */
	faults = fault(pages_with(&efi_table, what, LOWER_HALF_LAST + 1, FW_AREA_START - 1,
				  P_USER, P_USER) +
		       pages_with(&efi_table, what, EFI_WIN_LAST + 1, ~0UL, P_USER, P_USER),
		       "user pages outside EFI's part of the upper half");

	for (pieces = 0; next_piece(&start, &last, !pieces, &bad); pieces++) {
		if (!pieces && !quiet)
			diag("firmware's stack: 0x%lx-0x%lx", start, last);
		faults += fault(start == FW_AREA_START,
				"page below is mapped, which firmware returns to");
		faults += fault(last == FW_AREA_LAST,
				"page below the EFI window is mapped, which is to be a guard");
		start = last + 1;
	}

	/* With nothing in between, they would be one */
	faults += fault(pieces < 2,
			"stack and arguments without pages that are not mapped around them");
	return faults + fault(bad, "pages of stack or arguments with wrong permissions");
}

static long test_isolation_user(void)
{
	return judge_user(false);
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

static long test_runtime_services(void)
{
	unsigned long virt, wx;
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
	if (!read_table(&kernel_table, "kernel"))
		return fault(1, "table that cannot be read again, the kernel's");
	virt = virtual_pages(true);
	wx = kernel_wx_pages(NULL);
	diag("after runtime calls, the kernel's table has %lu pages of EFI's, %lu W+X pages",
	     virt, wx);
	faults = virt + wx;

	if (!isolated)
		return faults;
	if (!read_table(&efi_table, "efi"))
		return fault(1, "table that cannot be read again, EFI's");
	if (judge_gate(true) > 0 || judge_user(true) > 0)
		faults += fault(1, "call that ended isolation");
	return faults;
}

/* What a subtest needs */
#define RUNTIME		BIT(0)		/* runtime services */
#define TABLE		BIT(1)		/* a table to see EFI's mappings in, and RUNTIME */
#define MAP		BIT(2)		/* the EFI memory map */
#define ISOLATION	BIT(3)
#define OLD_MAP_TOO	BIT(4)		/* can do with EFI in the kernel's page tables */

static const struct {
	const char	*name;
	long		(*run)(void);
	unsigned int	needs;
} tests[] = {
	{ "kernel_no_efi_virtual",	test_kernel_virtual },
	{ "kernel_no_efi_direct",	test_kernel_direct },
	{ "kernel_no_wx",		test_kernel_wx },
	{ "efi_no_wx",			test_efi_wx, TABLE },
	{ "efi_regions_complete",	test_efi_complete, TABLE | MAP },
	{ "efi_permissions",		test_efi_permissions, TABLE | MAP },
	{ "efi_no_leftovers",		test_efi_leftover, TABLE | MAP },
	{ "isolation_supervisor_pages",	test_isolation_gate, TABLE | ISOLATION },
	{ "isolation_user_pages",	test_isolation_user, TABLE | ISOLATION },
	{ "runtime_services",		test_runtime_services, RUNTIME | OLD_MAP_TOO },
};

/* Is something missing that the subtest needs? */
static bool cannot_run(unsigned int needs)
{
#if EFI_PGD_BASE < 600
	if (opt_old_map && !(needs & OLD_MAP_TOO))
		return skip("efi=old_map uses the kernel's page tables");
#endif
	if (needs & ISOLATION && !isolated)
		return skip("not isolated: %s", not_isolated_reason);
	if (needs & (RUNTIME | TABLE) && opt_noruntime)
		return skip("booted with noefi or efi=noruntime");
	if (needs & MAP && !nr_regions)
		return skip("no " EFI_DIR "/runtime-map");
	if (!(needs & TABLE))
		return false;
#if EFI_PGD_BASE < 600
	if (efi_shares_kernel_table) {
		diag("EFI's mappings are in the kernel's table, judged from there");
		return false;
	}
#endif
	if (!efi_table.found)
		return skip("kernel does not show EFI's page tables in debugfs");
	/* Not even a kernel half: the kernel has turned runtime services off */
	if (!efi_table.nr)
		return skip("EFI has no page tables");
	/* Where there are regions, a test will say that they are missing */
	if (!nr_regions && efi_is_empty())
		return skip("EFI's page tables are empty");
	return false;
}

/*
 * Setting up
 */

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
#if EFI_PGD_BASE < 600
	efi_shares_kernel_table = !efi_table.found && virtual_pages(true);
#endif
	find_isolation();
#if EFI_PGD_BASE >= 600
	read_reserved();
#endif
	find_memattr();
#if EFI_PGD_BASE < 600
	find_esrt();
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
		skip_reason[0] = '\0';
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
