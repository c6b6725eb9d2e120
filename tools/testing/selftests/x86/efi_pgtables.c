// SPDX-License-Identifier: GPL-2.0-only
/*
 * efi_pgtables.c - EFI runtime mappings live in page tables of their own
 *
 * When the kernel calls UEFI runtime services, it runs firmware in page tables
 * that hold the runtime regions at their physical (1:1) and at their virtual
 * addresses.  None of those mappings may show up in the kernel's own tables,
 * none may be writable and executable if the firmware says how to avoid it,
 * and what was only mapped for SetVirtualAddressMap() must be gone.
 *
 * A kernel that isolates firmware calls it at CPL 3, in page tables that have
 * nothing of the kernel but the gate that leads there and back: then, all else
 * in them must be user pages, and those must be the firmware's.
 *
 * All of this is decided from what the kernel shows in debugfs, in the text
 * format of arch/x86/mm/dump_pagetables.c, from the EFI memory map in
 * /sys/firmware/efi/runtime-map, and from where /proc/kallsyms has the gate.  The
 * dump has no physical addresses, so that a mapping leads where it should is only
 * shown by firmware working.
 *
 * Prints KTAP by itself, so that it builds in trees whose kselftest.h has no
 * helpers for that.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_PASS	0
#define EXIT_FAIL	1
#define EXIT_SKIP	4	/* KSFT_SKIP */

#ifndef __x86_64__

int main(void)
{
	printf("TAP version 13\n1..0 # SKIP not x86-64\n");
	return EXIT_SKIP;
}

#else

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define EFI_DIR		"/sys/firmware/efi"
#define DEBUGFS_DIR	"/sys/kernel/debug"
#define EFIVARFS_DIR	EFI_DIR "/efivars"

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
 * Where an isolated firmware has its stack and, after it, its arguments.  The
 * first page is where it returns to, and never mapped.
 */
#define FW_AREA_START	(EFI_WIN_START - SZ_1GB)
#define FW_AREA_LAST	(EFI_WIN_START - 1)

/* GDT and TSS of each CPU are in here, and how far apart they can be */
#define ENTRY_AREA_START	0xfffffe0000000000UL
#define ENTRY_AREA_LAST		0xfffffe7fffffffffUL
#define MAX_GDT_TO_TSS_END	(16 * PG_SIZE)

/* More pages than this are not just a way in and out */
#define MAX_GATE_PAGES	12

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

enum prot {
	P_PRESENT	= BIT(0),
	P_RW		= BIT(1),
	P_NX		= BIT(2),
	P_USER		= BIT(3),
	P_PWT		= BIT(4),
	P_PCD		= BIT(5),
	P_GLOBAL	= BIT(6),
};

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
};

enum memattr {
	MEMATTR_UNKNOWN,
	MEMATTR_ABSENT,
	MEMATTR_PUBLISHED,
};

enum verdict {
	PASS,
	FAIL,
	SKIP,
};

static struct table kernel_table, efi_table;
static struct region *regions;
static size_t nr_regions;

static const char *kernel_file, *efi_file;
static bool mounted_debugfs;

/* The kernel command line's options that matter here */
static bool opt_old_map, opt_noruntime, opt_debug;
static bool mixed_mode;
static enum memattr memattr;

static bool isolated;
static char not_isolated_reason[128];

/*
 * EFI has no table of its own to show, but its mappings are in the kernel's:
 * then the EFI window of the kernel's table *is* what firmware runs on, and
 * what can be judged there is judged there.
 */
static bool efi_shares_kernel_table;

static unsigned int shown;
static char skip_reason[256];

#define diag(fmt, ...)	printf("# " fmt "\n", ##__VA_ARGS__)

/* What a subtest returns that has nothing to judge, with the reason */
#define skip(fmt, ...)								\
	(snprintf(skip_reason, sizeof(skip_reason), fmt, ##__VA_ARGS__), SKIP)

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

/* Show an offending range, unless there were many already */
static void show(const char *what, unsigned long start, unsigned long last,
		 unsigned int prot)
{
	if (shown++ < MAX_SHOWN)
		diag("%s: 0x%016lx-0x%016lx %s", what, start, last, prot_str(prot));
	else if (shown == MAX_SHOWN + 1)
		diag("%s: more of the same", what);
}

static unsigned long nr_pages(unsigned long start, unsigned long last)
{
	return ((last - start) >> PG_SHIFT) + 1;
}

static bool is_wx(unsigned int prot)
{
	return (prot & P_PRESENT) && (prot & P_RW) && !(prot & P_NX);
}

/* Cut [*start, *last] down to the part inside [lo, hi]; is there any? */
static bool clip(unsigned long *start, unsigned long *last, unsigned long lo,
		 unsigned long hi)
{
	if (*start < lo)
		*start = lo;
	if (*last > hi)
		*last = hi;
	return *start <= *last;
}

/*
 * Reading the dumps
 */

/*
 * "0x<start>-0x<end>  <size> [flags] <level>".  Versions differ in the spacing
 * and in the names of levels, and a range that is not present has no flags, so
 * take it apart word by word: "RW" or "ro" is what every present range has.
 */
static bool parse_range(char *line, struct range *r)
{
	unsigned long end;
	char *word, *save;

	if (sscanf(line, "0x%lx-0x%lx", &r->start, &end) != 2)
		return false;

	/* The dump ends at 2^64, which it can only print as 0 */
	r->last = end - 1;
	r->prot = 0;

	strtok_r(line, " \t\n", &save);
	while ((word = strtok_r(NULL, " \t\n", &save))) {
		if (!strcmp(word, "RW"))
			r->prot |= P_PRESENT | P_RW;
		else if (!strcmp(word, "ro"))
			r->prot |= P_PRESENT;
		else if (!strcmp(word, "NX"))
			r->prot |= P_NX;
		else if (!strcmp(word, "USR"))
			r->prot |= P_USER;
		else if (!strcmp(word, "PWT"))
			r->prot |= P_PWT;
		else if (!strcmp(word, "PCD"))
			r->prot |= P_PCD;
		else if (!strcmp(word, "GLB"))
			r->prot |= P_GLOBAL;
	}

	if (!(r->prot & P_PRESENT))
		r->prot = 0;
	return true;
}

static void free_table(struct table *t)
{
	free(t->range);
	memset(t, 0, sizeof(*t));
}

static bool read_table(const char *path, struct table *t)
{
	bool after_marker = false;
	size_t len = 0, max = 0;
	char *line = NULL;
	struct range r;
	FILE *f;

	free_table(t);

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
		if (!(r.prot & P_PRESENT))
			continue;
		if (t->nr == max) {
			max = max ? 2 * max : 1024;
			t->range = realloc(t->range, max * sizeof(r));
			if (!t->range) {
				perror("realloc");
				exit(EXIT_FAIL);
			}
		}
		t->range[t->nr++] = r;
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
		if (r->start > addr && r->start - 1 < *last)
			*last = r->start - 1;
	}
	return 0;
}

/* Show and count the pages that are present in [lo, hi] */
static unsigned long present_pages(const struct table *t, const char *what,
				   unsigned long lo, unsigned long hi)
{
	unsigned long start, last, pages = 0;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		start = t->range[i].start;
		last = t->range[i].last;
		if (!clip(&start, &last, lo, hi))
			continue;
		if (what)
			show(what, start, last, t->range[i].prot);
		pages += nr_pages(start, last);
	}
	return pages;
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
	unsigned long start = ~0UL;
	size_t i;

	for (i = 0; i < kernel_table.nr; i++) {
		const struct range *r = &kernel_table.range[i];

		if (r->start > LOWER_HALF_LAST && r->start < start)
			start = r->start;
	}

	*base = start;
	return start != ~0UL && !(start & (SZ_1GB - 1)) && start < EFI_WIN_START;
}

/*
 * Reading the EFI memory map
 */

static bool read_str(const char *path, char *buf, size_t size)
{
	ssize_t n = -1;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		n = read(fd, buf, size - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static bool read_ul(const char *path, unsigned long *val)
{
	char buf[64], *end;

	if (!read_str(path, buf, sizeof(buf)))
		return false;

	errno = 0;
	*val = strtoul(buf, &end, 0);
	return !errno && end != buf;
}

static bool read_region(const char *name, struct region *r)
{
	static const char dir[] = EFI_DIR "/runtime-map";
	unsigned long pages;
	struct {
		const char	*attr;
		unsigned long	*val;
	} files[] = {
		{ "type",	&r->type },
		{ "phys_addr",	&r->phys },
		{ "virt_addr",	&r->virt },
		{ "num_pages",	&pages },
		{ "attribute",	&r->attr },
	};
	char path[512];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", dir, name, files[i].attr);
		if (!read_ul(path, files[i].val))
			return false;
	}

	r->size = pages << PG_SHIFT;
	return r->size;
}

/*
 * The map has the runtime regions.  Newer kernels also list in it what they
 * keep of boot services memory, with EFI_MEMORY_RUNTIME set to say that it is
 * kept, and with efi=debug all of boot services memory, without that bit.
 */
static void read_runtime_map(void)
{
	struct dirent *de;
	struct region r;
	DIR *dir;

	dir = opendir(EFI_DIR "/runtime-map");
	if (!dir)
		return;

	while ((de = readdir(dir))) {
		if (de->d_name[0] == '.')
			continue;
		if (!read_region(de->d_name, &r)) {
			diag("cannot read runtime-map entry %s", de->d_name);
			continue;
		}
		if (!(r.attr & EFI_MEMORY_RUNTIME))
			continue;
		regions = realloc(regions, (nr_regions + 1) * sizeof(r));
		if (!regions) {
			perror("realloc");
			exit(EXIT_FAIL);
		}
		regions[nr_regions++] = r;
	}
	closedir(dir);
}

/*
 * Is the region the firmware's alone?  Boot services regions that the kernel
 * keeps are ordinary RAM to it and stay in its direct map.  What is listed
 * here becomes a reserved range in the e820 map, which is never in the direct
 * map above 1 MiB.
 */
static bool firmware_owned(const struct region *r)
{
	switch (r->type) {
	case EFI_RESERVED_TYPE:
	case EFI_RUNTIME_SERVICES_CODE:
	case EFI_RUNTIME_SERVICES_DATA:
	case EFI_MEMORY_MAPPED_IO:
	case EFI_MEMORY_MAPPED_IO_PORT:
	case EFI_PAL_CODE:
		return true;
	}
	return false;
}

/*
 * Reading the kernel log
 */

/*
 * Look for a message of the kernel's own, not one that was written to
 * /dev/kmsg, and put in buf what follows the text in its line.
 */
static bool find_in_log(const char *text, char *buf, size_t size)
{
	bool found = false;
	char record[8192];
	char *at;
	ssize_t n;
	int fd;

	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return false;

	for (;;) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			continue;	/* overwritten meanwhile, there is more */
		if (n <= 0)
			break;
		record[n] = '\0';
		/* Facility 0, any level */
		if (strtoul(record, NULL, 10) >= 8)
			continue;
		at = strchr(record, ';');
		at = at ? strstr(at, text) : NULL;
		if (at) {
			snprintf(buf, size, "%s", at + strlen(text));
			buf[strcspn(buf, "\n")] = '\0';
			found = true;
		}
	}
	close(fd);
	return found;
}

/*
 * Does the firmware publish a memory attributes table?
 */

/* Kernels that know the table list it when they start */
static bool memattr_in_log(void)
{
	char buf[8];

	return find_in_log("MEMATTR=0x", buf, sizeof(buf));
}

/*
 * Older kernels do not know it.  The firmware's configuration tables are in
 * memory that is not RAM to the kernel, so /dev/mem reads them even where it
 * is restricted.  How many there are is not shown anywhere: they end with the
 * region or where a table has no address.
 */
static enum memattr memattr_in_config_table(void)
{
	static const unsigned char guid[16] = {
		/* dcfa911d-26eb-469f-a220-38b7dc461220 */
		0x1d, 0x91, 0xfa, 0xdc, 0xeb, 0x26, 0x9f, 0x46,
		0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20,
	};
	size_t entry = sizeof(guid) + (mixed_mode ? 4 : 8);
	unsigned char buf[128 * 24];
	unsigned long phys, table;
	ssize_t n, len;
	int fd;

	if (!read_ul(EFI_DIR "/config_table", &phys))
		return MEMATTR_UNKNOWN;

	/* Stay within the page: what follows may be anything */
	len = PG_SIZE - (phys & (PG_SIZE - 1));
	if (len > (ssize_t)sizeof(buf))
		len = sizeof(buf);

	fd = open("/dev/mem", O_RDONLY);
	if (fd < 0)
		return MEMATTR_UNKNOWN;
	n = pread(fd, buf, len, phys);
	close(fd);
	if (n < (ssize_t)entry)
		return MEMATTR_UNKNOWN;

	for (len = 0; len + (ssize_t)entry <= n; len += entry) {
		table = 0;
		memcpy(&table, buf + len + sizeof(guid), entry - sizeof(guid));
		if (!table)
			return MEMATTR_ABSENT;
		if (!memcmp(buf + len, guid, sizeof(guid)))
			return MEMATTR_PUBLISHED;
	}

	/* Ran off the page without seeing the end */
	return MEMATTR_UNKNOWN;
}

static void find_memattr(void)
{
	memattr = memattr_in_log() ? MEMATTR_PUBLISHED : memattr_in_config_table();

	diag("firmware memory attributes table: %s",
	     memattr == MEMATTR_PUBLISHED ? "published" :
	     memattr == MEMATTR_ABSENT ? "none found" : "unknown, taken as none");
}

/*
 * Subtests
 */

static const char old_map_reason[] = "efi=old_map uses the kernel's page tables";
static const char noruntime_reason[] = "booted with noefi or efi=noruntime";

static unsigned long count_virtual(bool quiet)
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

static enum verdict test_kernel_virtual(void)
{
	unsigned long pages;

	if (opt_old_map)
		return skip("%s", old_map_reason);

	pages = count_virtual(false);
	if (pages)
		diag("%lu pages of EFI's virtual mapping in the kernel's table", pages);
	return pages ? FAIL : PASS;
}

static enum verdict test_kernel_direct(void)
{
	unsigned long pages, base, end, start, last;
	enum verdict verdict = PASS;
	size_t i;

	if (opt_old_map)
		return skip("%s", old_map_reason);

	/* This is init_mm: nothing at all belongs in its lower half */
	pages = present_pages(&kernel_table, "in the lower half of the kernel's table",
			      0, LOWER_HALF_LAST);
	if (pages) {
		diag("%lu pages in the lower half of the kernel's table", pages);
		verdict = FAIL;
	}

	if (!nr_regions) {
		if (verdict == FAIL)
			return FAIL;
		return skip("no runtime-map: direct map not checked (lower half is empty)");
	}

	if (!direct_map_base(&base)) {
		diag("cannot tell where the direct map starts");
		return FAIL;
	}

	/* MMIO can be further up than the direct map has room for */
	end = kernel_table.vmalloc > base ? kernel_table.vmalloc - 1 : ~0UL;

	for (pages = 0, i = 0; i < nr_regions; i++) {
		if (!firmware_owned(&regions[i]))
			continue;
		start = regions[i].phys;
		last = start + regions[i].size - 1;
		/* The first MiB is direct mapped no matter what is there */
		if (!clip(&start, &last, SZ_1MB, end - base))
			continue;
		pages += present_pages(&kernel_table, "runtime region in the direct map",
				       base + start, base + last);
	}
	if (pages) {
		diag("%lu pages of runtime regions in the direct map at 0x%lx", pages, base);
		verdict = FAIL;
	}
	return verdict;
}

/* The flags are the last level's, the levels above allow everything */
static unsigned long count_kernel_wx(bool quiet)
{
	unsigned long pages = 0;
	size_t i;

	for (i = 0; i < kernel_table.nr; i++) {
		const struct range *r = &kernel_table.range[i];

		if (!is_wx(r->prot))
			continue;
		if (!quiet)
			show("writable and executable", r->start, r->last, r->prot);
		pages += nr_pages(r->start, r->last);
	}
	return pages;
}

static enum verdict test_kernel_wx(void)
{
	unsigned long pages;

	if (opt_old_map)
		return skip("%s", old_map_reason);

	pages = count_kernel_wx(false);
	if (pages)
		diag("%lu W+X pages in the kernel's table", pages);
	if (kernel_table.skipped)
		diag("the kernel left lines out of its dump, what they say is not checked");
	return pages ? FAIL : PASS;
}

/*
 * The next tests look at EFI's side.  Where EFI has a table of its own, that is
 * the lower half and the EFI window; the rest of it is none of EFI's.  Where
 * it lives in the kernel's table, the 1:1 mappings cannot be told from the
 * direct map, which leaves the window.
 */
static const struct table *efi_view(unsigned int half, unsigned long *lo,
				    unsigned long *hi)
{
	if (half) {
		*lo = EFI_WIN_START;
		*hi = EFI_WIN_LAST;
	} else {
		*lo = 0;
		*hi = LOWER_HALF_LAST;
	}

	if (!efi_shares_kernel_table)
		return &efi_table;
	return half ? &kernel_table : NULL;
}

static enum verdict need_efi_table(bool need_map)
{
	if (opt_old_map)
		return skip("%s", old_map_reason);
	if (opt_noruntime)
		return skip("%s", noruntime_reason);
	if (need_map && !nr_regions)
		return skip("no " EFI_DIR "/runtime-map");
	if (efi_shares_kernel_table) {
		diag("EFI's mappings are in the kernel's table, judged from there");
		return PASS;
	}
	if (!efi_table.found)
		return skip("kernel does not show EFI's page tables in debugfs");
	/* Not even a kernel half: the kernel has turned runtime services off */
	if (!efi_table.nr)
		return skip("EFI has no page tables");
	if (!present_pages(&efi_table, NULL, 0, LOWER_HALF_LAST) &&
	    !present_pages(&efi_table, NULL, EFI_WIN_START, EFI_WIN_LAST)) {
		if (nr_regions)
			return PASS;	/* there should be, and the test will say so */
		return skip("EFI's page tables are empty");
	}
	return PASS;
}

/* Show and count W+X pages in [start, last] that are not in runtime code */
static unsigned long wx_outside_code(unsigned long start, unsigned long last,
				     unsigned int prot)
{
	unsigned long lo, hi, base, pages;
	unsigned int i, alias;

	if (start > last)
		return 0;

	for (i = 0; memattr != MEMATTR_PUBLISHED && i < nr_regions; i++) {
		if (regions[i].type != EFI_RUNTIME_SERVICES_CODE)
			continue;
		for (alias = 0; alias < 2; alias++) {
			base = alias ? regions[i].virt : regions[i].phys;
			lo = start;
			hi = last;
			if (!clip(&lo, &hi, base, base + regions[i].size - 1))
				continue;
			pages = 0;
			if (lo > start)
				pages += wx_outside_code(start, lo - 1, prot);
			if (hi < last)
				pages += wx_outside_code(hi + 1, last, prot);
			return pages;
		}
	}

	show("writable and executable", start, last, prot);
	return nr_pages(start, last);
}

static enum verdict test_efi_wx(void)
{
	unsigned long lo, hi, start, last, pages = 0, all = 0;
	const struct table *t;
	enum verdict verdict;
	unsigned int half;
	size_t i;

	verdict = need_efi_table(false);
	if (verdict != PASS)
		return verdict;

	for (half = 0; half < 2; half++) {
		t = efi_view(half, &lo, &hi);
		for (i = 0; t && i < t->nr; i++) {
			start = t->range[i].start;
			last = t->range[i].last;
			if (!is_wx(t->range[i].prot) || !clip(&start, &last, lo, hi))
				continue;
			all += nr_pages(start, last);
			pages += wx_outside_code(start, last, t->range[i].prot);
		}
	}

	if (all > pages)
		diag("%lu W+X pages in runtime code, without attributes to go by", all - pages);
	if (pages)
		diag("%lu W+X pages in EFI's mappings that should not be", pages);
	if (pages && opt_debug)
		diag("efi=debug keeps boot services memory mapped");
	return pages ? FAIL : PASS;
}

/* Show and count the pages of [start, last] that are not mapped */
static unsigned long missing_pages(const struct table *t, const char *what,
				   unsigned long start, unsigned long last)
{
	unsigned long next, pages = 0;

	for (;;) {
		unsigned int prot = prot_at(t, start, &next);

		if (next > last)
			next = last;
		if (!(prot & P_PRESENT)) {
			show(what, start, next, prot);
			pages += nr_pages(start, next);
		}
		if (next == last)
			return pages;
		start = next + 1;
	}
}

static enum verdict test_efi_complete(void)
{
	unsigned long lo, hi, pages = 0;
	const struct table *t;
	enum verdict verdict;
	size_t i;

	verdict = need_efi_table(true);
	if (verdict != PASS)
		return verdict;
	if (efi_shares_kernel_table)
		return skip("no table of EFI's own that would show 1:1 mappings");

	t = efi_view(0, &lo, &hi);
	for (i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		pages += missing_pages(t, "1:1 mapping", r->phys, r->phys + r->size - 1);
		/* In mixed mode, the 1:1 mapping is all there is */
		if (r->virt == r->phys)
			continue;
		pages += missing_pages(t, "virtual mapping", r->virt, r->virt + r->size - 1);
	}

	diag("%zu runtime regions", nr_regions);
	if (pages)
		diag("%lu pages missing", pages);
	return pages ? FAIL : PASS;
}

/* Show and count executable pages of something that holds no runtime code */
static unsigned long executable_pages(const struct table *t, const char *what,
				      unsigned long start, unsigned long size)
{
	unsigned long next, last = start + size - 1, pages = 0;

	for (;;) {
		unsigned int prot = prot_at(t, start, &next);

		if (next > last)
			next = last;
		if ((prot & P_PRESENT) && !(prot & P_NX)) {
			show(what, start, next, prot);
			pages += nr_pages(start, next);
		}
		if (next == last)
			return pages;
		start = next + 1;
	}
}

/* Show and count pages whose two mappings allow different things */
static unsigned long differing_pages(const struct table *t, const struct region *r)
{
	unsigned long off = 0, last1, last2, end, pages = 0;
	unsigned int prot1, prot2;

	while (off < r->size) {
		prot1 = prot_at(t, r->phys + off, &last1);
		prot2 = prot_at(t, r->virt + off, &last2);
		last1 -= r->phys;
		last2 -= r->virt;
		end = last1 < last2 ? last1 : last2;
		if (end > r->size - 1)
			end = r->size - 1;
		/* What is missing altogether is another test's business */
		if ((prot1 & prot2 & P_PRESENT) && ((prot1 ^ prot2) & ~P_GLOBAL)) {
			show("mapped 1:1 as", r->phys + off, r->phys + end, prot1);
			show("but virtually as", r->virt + off, r->virt + end, prot2);
			pages += nr_pages(off, end);
		}
		off = end + 1;
	}
	return pages;
}

/*
 * The map's EFI_MEMORY_RO and _XP bits are no guide here: they say what the
 * memory is capable of, not what it wants.
 */
static enum verdict test_efi_permissions(void)
{
	unsigned long lo, hi, exec = 0, differ = 0;
	const struct table *t, *t_low;
	enum verdict verdict;
	size_t i;

	verdict = need_efi_table(true);
	if (verdict != PASS)
		return verdict;

	t_low = efi_view(0, &lo, &hi);
	t = efi_view(1, &lo, &hi);
	for (i = 0; i < nr_regions; i++) {
		const struct region *r = &regions[i];

		if (r->type != EFI_RUNTIME_SERVICES_CODE) {
			if (t_low)
				exec += executable_pages(t_low, "executable, 1:1",
							 r->phys, r->size);
			if (r->virt != r->phys)
				exec += executable_pages(t, "executable, virtual",
							 r->virt, r->size);
		}
		if (t_low && r->virt != r->phys)
			differ += differing_pages(t, r);
	}

	if (exec)
		diag("%lu executable pages outside runtime code", exec);
	if (differ)
		diag("%lu pages whose 1:1 and virtual mappings differ", differ);
	return exec || differ ? FAIL : PASS;
}

/* What EFI's table maps and no runtime region accounts for */
struct leftover {
	unsigned long	pages;		/* that should not be there */
	unsigned long	mixed;		/* RAM, for arguments in mixed mode */
	bool		has_kernel_half;
	bool		memmap_seen;
};

static void judge_leftover(struct leftover *l, unsigned long start, unsigned long last,
			   unsigned int prot)
{
	bool low = last <= LOWER_HALF_LAST;

	/* Arguments for 32-bit firmware are passed by their physical addresses */
	if (mixed_mode && low && !is_wx(prot)) {
		l->mixed += nr_pages(start, last);
		return;
	}

	/*
	 * The memory map for SetVirtualAddressMap() is the kernel's memory.
	 * As long as EFI's table has all of that in its upper half anyhow, a
	 * page of it mapped 1:1 as data gives nothing away, so one such piece
	 * is worth a line but no failure.
	 */
	if (low && (prot & P_NX) && l->has_kernel_half && !l->memmap_seen &&
	    last - start < MAX_NEW_MEMMAP) {
		l->memmap_seen = true;
		diag("left over: 0x%016lx-0x%016lx %s", start, last, prot_str(prot));
		diag("tolerated, taken for the map given to SetVirtualAddressMap()");
		return;
	}

	show("left over", start, last, prot);
	l->pages += nr_pages(start, last);
}

/* Take away what a runtime region accounts for and judge the rest */
static void leftover_pages(struct leftover *l, unsigned long start, unsigned long last,
			   unsigned int prot)
{
	unsigned long lo, hi, base;
	unsigned int alias;
	size_t i;

	for (i = 0; i < nr_regions; i++) {
		for (alias = 0; alias < 2; alias++) {
			base = alias ? regions[i].virt : regions[i].phys;
			lo = start;
			hi = last;
			if (!clip(&lo, &hi, base, base + regions[i].size - 1))
				continue;
			if (lo > start)
				leftover_pages(l, start, lo - 1, prot);
			if (hi < last)
				leftover_pages(l, hi + 1, last, prot);
			return;
		}
	}

	judge_leftover(l, start, last, prot);
}

static enum verdict test_efi_leftover(void)
{
	unsigned long lo, hi, start, last, base;
	struct leftover l = {};
	const struct table *t;
	enum verdict verdict;
	unsigned int half;
	size_t i;

	verdict = need_efi_table(true);
	if (verdict != PASS)
		return verdict;
	if (opt_debug)
		return skip("efi=debug keeps boot services memory mapped");

	l.has_kernel_half = direct_map_base(&base) && prot_at(&efi_table, base, &last);

	for (half = 0; half < 2; half++) {
		t = efi_view(half, &lo, &hi);
		for (i = 0; t && i < t->nr; i++) {
			start = t->range[i].start;
			last = t->range[i].last;
			/*
			 * Page 0 is mapped 1:1 on purpose: some firmware writes
			 * to it.  Nothing but that can come first in the table.
			 */
			if (!half && !start)
				start += PG_SIZE;
			if (clip(&start, &last, lo, hi))
				leftover_pages(&l, start, last, t->range[i].prot);
		}
	}

	if (!efi_shares_kernel_table)
		diag("EFI's table %s the kernel's direct map",
		     l.has_kernel_half ? "has" : "does not have");
	if (l.mixed)
		diag("%lu pages of RAM mapped 1:1 for mixed mode", l.mixed);
	if (l.pages)
		diag("%lu pages that belong to no runtime region", l.pages);
	return l.pages ? FAIL : PASS;
}

/*
 * Isolation
 */

/*
 * The kernel says which it is when it starts.  When that is no longer in the
 * log, or was never said, user pages tell: stock kernels call firmware at CPL 0
 * and have no user page in EFI's table.
 */
static void find_isolation(void)
{
	char buf[sizeof(not_isolated_reason)];
	const char *said_by = "kernel log";
	size_t i, n;

	if (find_in_log(";efi: runtime services are isolated", buf, sizeof(buf))) {
		isolated = true;
	} else if (find_in_log(";efi: runtime services are not isolated: ", buf,
			       sizeof(buf))) {
		snprintf(not_isolated_reason, sizeof(not_isolated_reason), "%s", buf);
	} else {
		said_by = "page tables";
		for (i = 0; i < efi_table.nr; i++) {
			if (efi_table.range[i].prot & P_USER)
				isolated = true;
		}
	}

	diag("runtime services, by the %s: %s", said_by,
	     isolated ? "isolated" : "not isolated");
	if (!isolated)
		return;

	/* What the kernel keeps of boot services memory is not for firmware. */
	for (i = 0, n = 0; i < nr_regions; i++) {
		if (regions[i].type != EFI_BOOT_SERVICES_CODE &&
		    regions[i].type != EFI_BOOT_SERVICES_DATA)
			regions[n++] = regions[i];
	}
	nr_regions = n;
}

static enum verdict need_isolation(void)
{
	if (isolated)
		return need_efi_table(false);
	if (not_isolated_reason[0])
		return skip("not isolated: %s", not_isolated_reason);
	return skip("not isolated, by all that the kernel shows");
}

/* What it takes to enter and leave firmware, where the kernel has it, too */
static struct gate_part {
	const char	*start_name;
	const char	*end_name;	/* one page if there is none */
	unsigned int	prot;
	unsigned long	start;
	unsigned long	end;
} gate_parts[] = {
	{
		.start_name	= "efi_gate_text",
		.end_name	= "efi_gate_text_end",
		.prot		= P_PRESENT,
	}, {
		.start_name	= "efi_gate_page",
		.prot		= P_PRESENT | P_RW | P_NX,
	}, {
		.start_name	= "gate_idt",
		.prot		= P_PRESENT | P_NX,
	},
};

/* Returns the name of a symbol that could not be found, or NULL */
static const char *read_gate_symbols(void)
{
	char line[512], name[256];
	unsigned long addr;
	const char *missing = NULL;
	FILE *f;
	size_t i;

	f = fopen("/proc/kallsyms", "r");
	while (f && fgets(line, sizeof(line), f)) {
		/* Not those of modules */
		if (sscanf(line, "%lx %*c %255s", &addr, name) != 2 || strchr(line, '['))
			continue;
		for (i = 0; i < ARRAY_SIZE(gate_parts); i++) {
			if (!strcmp(name, gate_parts[i].start_name))
				gate_parts[i].start = addr;
			if (gate_parts[i].end_name && !strcmp(name, gate_parts[i].end_name))
				gate_parts[i].end = addr;
		}
	}
	if (f)
		fclose(f);

	for (i = 0; i < ARRAY_SIZE(gate_parts); i++) {
		if (!gate_parts[i].end_name)
			gate_parts[i].end = gate_parts[i].start + PG_SIZE;
		else if (!gate_parts[i].end)
			missing = gate_parts[i].end_name;
		if (!gate_parts[i].start)
			missing = gate_parts[i].start_name;
	}
	return missing;
}

/* What EFI's table has that is no user page */
struct gate {
	unsigned long	pages;
	unsigned long	unnamed;
	unsigned long	wrong;		/* permissions */
	unsigned long	entry_first;	/* in the CPU entry area */
	unsigned long	entry_last;
};

static void judge_supervisor_page(struct gate *g, unsigned long addr, unsigned int prot)
{
	unsigned int want = P_PRESENT | P_NX;	/* GDT and TSS */
	unsigned long last;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gate_parts); i++) {
		if (addr >= gate_parts[i].start && addr < gate_parts[i].end) {
			want = gate_parts[i].prot;
			break;
		}
	}

	if (i == ARRAY_SIZE(gate_parts)) {
		/*
		 * GDT and TSS are read-only for the kernel, too: the stacks
		 * between and after them are not.  First in the area is the IDT
		 * of the kernel, which firmware does not run with.
		 */
		if (addr < ENTRY_AREA_START + PG_SIZE || addr > ENTRY_AREA_LAST ||
		    (prot_at(&kernel_table, addr, &last) & (P_PRESENT | P_RW)) != P_PRESENT) {
			show("no user page, and not the gate's", addr,
			     addr + PG_SIZE - 1, prot);
			g->unnamed++;
			return;
		}
		if (!g->entry_first)
			g->entry_first = addr;
		g->entry_last = addr + PG_SIZE - 1;
	}

	g->pages++;
	if ((prot & (P_PRESENT | P_RW | P_NX)) != want) {
		show("the gate's, with other permissions", addr, addr + PG_SIZE - 1, prot);
		g->wrong++;
	}
}

static void judge_supervisor_pages(struct gate *g)
{
	unsigned long addr;
	size_t i;

	for (i = 0; i < efi_table.nr; i++) {
		const struct range *r = &efi_table.range[i];

		if (r->prot & P_USER)
			continue;
		/* The gate's pages are few, and anything large is none of them */
		if (nr_pages(r->start, r->last) > MAX_GATE_PAGES) {
			show("no user pages, and not the gate's", r->start, r->last, r->prot);
			g->unnamed += nr_pages(r->start, r->last);
			continue;
		}
		for (addr = r->start; addr - 1 != r->last; addr += PG_SIZE)
			judge_supervisor_page(g, addr, r->prot);
	}
}

static enum verdict judge_gate(bool quiet)
{
	unsigned long entry_size, global = 0;
	struct gate g = {};
	const char *missing;
	enum verdict verdict;
	size_t i;

	verdict = need_isolation();
	if (verdict != PASS)
		return verdict;

	missing = read_gate_symbols();
	if (missing)
		return skip("no %s in /proc/kallsyms: needs CONFIG_KALLSYMS_ALL", missing);

	judge_supervisor_pages(&g);
	for (i = 0; i < efi_table.nr; i++) {
		if (!(efi_table.range[i].prot & P_GLOBAL))
			continue;
		show("global", efi_table.range[i].start, efi_table.range[i].last,
		     efi_table.range[i].prot);
		global += nr_pages(efi_table.range[i].start, efi_table.range[i].last);
	}

	if (!quiet)
		diag("%lu pages for the gate; of the CPU, 0x%lx-0x%lx", g.pages,
		     g.entry_first, g.entry_last);
	if (g.unnamed)
		diag("%lu supervisor pages that are not the gate's", g.unnamed);
	if (g.wrong)
		diag("%lu pages of the gate with other permissions than it needs", g.wrong);
	if (global)
		diag("%lu global pages, which stay in the TLB after a call", global);

	if (g.pages > MAX_GATE_PAGES) {
		diag("that is more than %d", MAX_GATE_PAGES);
		return FAIL;
	}
	entry_size = g.entry_last - g.entry_first + 1;
	if (g.entry_first && entry_size > MAX_GDT_TO_TSS_END) {
		diag("GDT and TSS of more than one CPU");
		return FAIL;
	}
	return g.unnamed || g.wrong || global ? FAIL : PASS;
}

static enum verdict test_isolation_gate(void)
{
	return judge_gate(false);
}

/* Show and count user pages in [lo, hi] */
static unsigned long user_pages(const char *what, unsigned long lo, unsigned long hi)
{
	unsigned long start, last, pages = 0;
	size_t i;

	for (i = 0; i < efi_table.nr; i++) {
		start = efi_table.range[i].start;
		last = efi_table.range[i].last;
		if (!(efi_table.range[i].prot & P_USER) || !clip(&start, &last, lo, hi))
			continue;
		show(what, start, last, efi_table.range[i].prot);
		pages += nr_pages(start, last);
	}
	return pages;
}

/*
 * The next piece of firmware's stack or arguments at or after *start: pages
 * without a hole in between.  Is there one?
 */
static bool next_piece(unsigned long *start, unsigned long *last, unsigned long *bad)
{
	unsigned long addr = *start, next;
	unsigned int prot = 0;

	while (addr <= FW_AREA_LAST) {
		prot = prot_at(&efi_table, addr, &next);
		if (prot & P_PRESENT)
			break;
		addr = next + 1;
	}
	if (!(prot & P_PRESENT))
		return false;

	for (*start = addr; addr <= FW_AREA_LAST; addr = next + 1) {
		prot = prot_at(&efi_table, addr, &next);
		if (!(prot & P_PRESENT))
			break;
		if (next > FW_AREA_LAST)
			next = FW_AREA_LAST;
		*last = next;
		/* That it is a user page is another test's business */
		if (!(prot & P_RW) || !(prot & P_NX)) {
			show("stack or arguments", addr, next, prot);
			*bad += nr_pages(addr, next);
		}
	}
	return true;
}

static enum verdict judge_user(bool quiet)
{
	unsigned long start = FW_AREA_START, last = 0, pages, bad = 0;
	static const char what[] = "a user page that is not firmware's";
	enum verdict verdict;
	unsigned int pieces;

	verdict = need_isolation();
	if (verdict != PASS)
		return verdict;

	/* The lower half and the window are efi_no_leftovers' business */
	pages = user_pages(what, LOWER_HALF_LAST + 1, FW_AREA_START - 1);
	pages += user_pages(what, EFI_WIN_LAST + 1, ~0UL);
	if (pages) {
		diag("%lu user pages outside EFI's part of the upper half", pages);
		verdict = FAIL;
	}

	for (pieces = 0; next_piece(&start, &last, &bad); pieces++) {
		if (!pieces && !quiet)
			diag("firmware's stack: 0x%lx-0x%lx", start, last);
		if (start == FW_AREA_START) {
			diag("the page below is mapped, which firmware returns to");
			verdict = FAIL;
		}
		if (last == FW_AREA_LAST) {
			diag("no page that is not mapped below the EFI window");
			verdict = FAIL;
		}
		start = last + 1;
	}

	/* With nothing in between, they would be one */
	if (pieces < 2) {
		diag("no stack and arguments with pages that are not mapped around them");
		verdict = FAIL;
	}
	if (bad) {
		diag("%lu pages of stack or arguments that are executable or read-only", bad);
		verdict = FAIL;
	}
	return verdict;
}

static enum verdict test_isolation_user(void)
{
	return judge_user(false);
}

/*
 * Runtime services
 */

#define VAR_NAME	"EfiPgtablesTest-e5730064-5726-4bdf-a4cd-b97198c3f346"

/* Variables that the kernel does not know are protected against rm -rf */
static void remove_variable(const char *path)
{
	int fd, flags;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags) && (flags & FS_IMMUTABLE_FL)) {
		flags &= ~FS_IMMUTABLE_FL;
		if (ioctl(fd, FS_IOC_SETFLAGS, &flags))
			diag("cannot make %s mutable: %s", path, strerror(errno));
	}
	close(fd);
	unlink(path);
}

static enum verdict write_read_delete(const char *dir)
{
	/*
	 * Non-volatile, boot and runtime access: at runtime, firmware need not
	 * take anything else.
	 */
	static const unsigned char data[] = { 7, 0, 0, 0, 'e', 'f', 'i', '-', 'p', 'g', 't' };
	unsigned char buf[sizeof(data) + 1];
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, VAR_NAME);
	remove_variable(path);

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0) {
		if (errno == EROFS || errno == EPERM || errno == EACCES)
			return skip("cannot create variables: %s", strerror(errno));
		diag("creating a variable: %s", strerror(errno));
		return FAIL;
	}
	n = write(fd, data, sizeof(data));
	if (n != sizeof(data)) {
		int err = n < 0 ? errno : EIO;

		close(fd);
		remove_variable(path);
		if (err == ENOSPC)
			return skip("no room for a variable");
		diag("writing a variable: %s", strerror(err));
		return FAIL;
	}
	close(fd);

	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
	if (n < 0)
		diag("reading the variable: %s", strerror(errno));
	else if (n != sizeof(data) || memcmp(buf, data, sizeof(data)))
		diag("the variable reads back differently");
	if (fd >= 0)
		close(fd);

	remove_variable(path);
	if (!access(path, F_OK)) {
		diag("the variable is still there after deleting it");
		return FAIL;
	}

	return n == sizeof(data) && !memcmp(buf, data, sizeof(data)) ? PASS : FAIL;
}

static bool is_mounted(const char *dir, const char *type)
{
	char line[1024], mdir[512], mtype[64];
	bool found = false;
	FILE *f;

	f = fopen("/proc/mounts", "r");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %511s %63s", mdir, mtype) == 2 &&
		    !strcmp(mdir, dir) && !strcmp(mtype, type))
			found = true;
	}
	fclose(f);
	return found;
}

/* Runtime services through efivarfs, at a mount point of our own if need be */
static enum verdict use_variable(void)
{
	char dir[] = "/tmp/efi_pgtables.XXXXXX";
	enum verdict verdict;

	if (is_mounted(EFIVARFS_DIR, "efivarfs"))
		return write_read_delete(EFIVARFS_DIR);

	if (!mkdtemp(dir))
		return skip("cannot make a mount point: %s", strerror(errno));

	if (mount("efivarfs", dir, "efivarfs", 0, NULL)) {
		verdict = skip("cannot mount efivarfs: %s", strerror(errno));
	} else {
		verdict = write_read_delete(dir);
		if (umount(dir))
			diag("cannot unmount %s: %s", dir, strerror(errno));
	}
	rmdir(dir);
	return verdict;
}

static enum verdict test_runtime_services(void)
{
	unsigned long virt, wx;
	enum verdict verdict;

	if (opt_noruntime)
		return skip("%s", noruntime_reason);

	verdict = use_variable();
	if (verdict != PASS || opt_old_map)
		return verdict;

	/* Firmware has run: what held before must hold now */
	if (!read_table(kernel_file, &kernel_table)) {
		diag("cannot read %s again: %s", kernel_file, strerror(errno));
		return FAIL;
	}
	virt = count_virtual(true);
	wx = count_kernel_wx(true);
	diag("after runtime calls, the kernel's table has %lu pages of EFI's, %lu W+X pages",
	     virt, wx);
	if (virt || wx)
		return FAIL;

	if (!isolated)
		return PASS;
	if (!read_table(efi_file, &efi_table)) {
		diag("cannot read %s again: %s", efi_file, strerror(errno));
		return FAIL;
	}
	if (judge_gate(true) == FAIL || judge_user(true) == FAIL) {
		diag("after runtime calls, firmware is not isolated any more");
		return FAIL;
	}
	return PASS;
}

static const struct {
	const char	*name;
	enum verdict	(*run)(void);
} tests[] = {
	{ "kernel_no_efi_virtual",	test_kernel_virtual },
	{ "kernel_no_efi_direct",	test_kernel_direct },
	{ "kernel_no_wx",		test_kernel_wx },
	{ "efi_no_wx",			test_efi_wx },
	{ "efi_regions_complete",	test_efi_complete },
	{ "efi_permissions",		test_efi_permissions },
	{ "efi_no_leftovers",		test_efi_leftover },
	{ "isolation_supervisor_pages",	test_isolation_gate },
	{ "isolation_user_pages",		test_isolation_user },
	{ "runtime_services",		test_runtime_services },
};

/*
 * Setting up
 */

static void unmount_debugfs(void)
{
	if (mounted_debugfs && umount(DEBUGFS_DIR))
		diag("cannot unmount " DEBUGFS_DIR ": %s", strerror(errno));
}

static void skip_all(const char *reason)
{
	printf("1..0 # SKIP %s\n", reason);
	exit(EXIT_SKIP);
}

static void read_cmdline(void)
{
	char buf[4096], *word, *opt, *save, *save2;
	static const char sep[] = " \t\n";

	if (!read_str("/proc/cmdline", buf, sizeof(buf)))
		return;

	for (word = strtok_r(buf, sep, &save); word; word = strtok_r(NULL, sep, &save)) {
		if (!strcmp(word, "noefi"))
			opt_noruntime = true;
		if (strncmp(word, "efi=", 4))
			continue;
		for (opt = strtok_r(word + 4, ",", &save2); opt;
		     opt = strtok_r(NULL, ",", &save2)) {
			if (!strcmp(opt, "old_map"))
				opt_old_map = true;
			else if (!strcmp(opt, "noruntime"))
				opt_noruntime = true;
			else if (!strcmp(opt, "debug"))
				opt_debug = true;
		}
	}
}

static const char *read_first(const char *const *paths, struct table *t)
{
	for (; *paths; paths++) {
		if (read_table(*paths, t))
			return *paths;
	}
	return NULL;
}

static void setup(void)
{
	static const char *const kernel_files[] = {
		DEBUGFS_DIR "/page_tables/kernel",
		DEBUGFS_DIR "/kernel_page_tables",
		NULL
	};
	static const char *const efi_files[] = {
		DEBUGFS_DIR "/page_tables/efi",
		DEBUGFS_DIR "/efi_page_tables",
		NULL
	};
	unsigned long bits;

	if (geteuid())
		skip_all("needs root");
	if (access(EFI_DIR, F_OK))
		skip_all("not booted from EFI");

	if (!is_mounted(DEBUGFS_DIR, "debugfs")) {
		if (mount("debugfs", DEBUGFS_DIR, "debugfs", 0, NULL))
			skip_all("cannot mount debugfs");
		mounted_debugfs = true;
		atexit(unmount_debugfs);
	}

	kernel_file = read_first(kernel_files, &kernel_table);
	if (!kernel_file || !kernel_table.nr)
		skip_all("kernel does not show its page tables in debugfs");
	efi_file = read_first(efi_files, &efi_table);

	read_cmdline();
	mixed_mode = read_ul(EFI_DIR "/fw_platform_size", &bits) && bits == 32;
	read_runtime_map();
	if (!nr_regions)
		diag("no " EFI_DIR "/runtime-map: what needs it is not checked");

	efi_shares_kernel_table = !efi_table.found && count_virtual(true);
}

int main(void)
{
	unsigned int count[3] = {};
	enum verdict verdict;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	setup();
	printf("1..%zu\n", ARRAY_SIZE(tests));
	find_memattr();
	find_isolation();

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		shown = 0;
		verdict = tests[i].run();
		count[verdict]++;
		printf("%sok %zu - %s", verdict == FAIL ? "not " : "", i + 1, tests[i].name);
		if (verdict == SKIP)
			printf(" # SKIP %s", skip_reason);
		printf("\n");
	}

	diag("Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0",
	     count[PASS], count[FAIL], count[SKIP]);

	if (count[FAIL])
		return EXIT_FAIL;
	return count[PASS] ? EXIT_PASS : EXIT_SKIP;
}

#endif /* __x86_64__ */
