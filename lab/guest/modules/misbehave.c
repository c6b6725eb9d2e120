// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's side of the misbehaviour tests: calls the test firmware, and
 * finds out what that did to the kernel.
 *
 * /dev/misbehave takes what misbehave.h describes. Only one process may use it
 * at a time, and that one stays on the CPU that it is on.
 */
#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/efi.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/api.h>
#include <asm/msr.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <asm/tsc.h>
#include "commands.h"
#include "misbehave.h"

#define PLANTED		0x6b6b6b01
#define RED		0xa5
#define RED_ZONE	4096
#define MAX_CPUS	16
#define CR4_PKE		(1UL << 22)	/* not a name that old kernels know */

static efi_guid_t vendor = MISBEHAVE_VENDOR(EFI_GUID);
static efi_guid_t capsule_vendor = CAPSULE_VENDOR(EFI_GUID);

static struct misbehave_run *run;	/* the one that END is to fill in */
static u32 sequence;

/* What firmware is told to read and write. */
static u32 module_data = PLANTED;
static DEFINE_PER_CPU(u32, percpu_data) = PLANTED;
static u32 *direct, *vmalloced;
static u32 *planted;			/* the target, if it is ours to write */
static u32 planted_value;		/* what was there */
static unsigned int ran;		/* how often our function has run */

/* Around a command that comes in memory of its own; the word all the rest holds. */
#define AROUND_ORDER	3
#define AROUND_SIZE	(PAGE_SIZE << AROUND_ORDER)
#define AROUND_COMMAND	2048
static u8 *around;

/* A capsule, and what is in its first and last page besides. */
#define CAPSULE_AREA	(4 << 20)
#define CAPSULE_HEADER	64
#define CAPSULE_FLAG	0x00010000	/* PERSIST_ACROSS_RESET */
#define CAPSULE_WORD(n)	(0xca500000 + (u32)(n))
static u8 *capsule_area;
static efi_capsule_header_t *capsule;
struct capsule_block {
	u64 length, data;
};
static struct capsule_block *capsule_list;

static unsigned int text_sum;
static u8 *heap;			/* with red zones around the middle */

/*
 * Small objects, with gaps in between for the buffers that the kernel makes for
 * firmware.
 */
#define SMALL		16
static u8 *small[1024];

static __printf(2, 3) void note(u32 *count, const char *format, ...)
{
	size_t used = strlen(run->evidence);
	va_list args;

	(*count)++;
	va_start(args, format);
	used += vscnprintf(run->evidence + used, EVIDENCE_SIZE - used, format,
			   args);
	va_end(args);
	scnprintf(run->evidence + used, EVIDENCE_SIZE - used, "\n");
}

#define exposed(...)	note(&run->exposed, __VA_ARGS__)
#define changed(...)	note(&run->changed, __VA_ARGS__)

/*
 * A CPU's state, each piece with a name. What is in pictures is what neither
 * interrupts nor switching tasks changes, on an otherwise idle machine.
 */
static const struct {
	u32 number;
	const char *name;
} msrs[] = {
	{ 0xc0000080, "EFER" }, { 0xc0000081, "STAR" }, { 0xc0000082, "LSTAR" },
	{ 0xc0000083, "CSTAR" }, { 0xc0000084, "SFMASK" },
	{ 0xc0000103, "TSC_AUX" }, { 0x174, "SYSENTER_CS" },
	{ 0x175, "SYSENTER_ESP" }, { 0x176, "SYSENTER_EIP" },
	{ 0x1b, "APIC_BASE" }, { 0x1a0, "MISC_ENABLE" }, { 0x277, "PAT" },
	{ 0x2ff, "MTRR_DEF_TYPE" }, { 0x1d9, "DEBUGCTL" }, { 0x48, "SPEC_CTRL" },
	{ 0x6a0, "U_CET" }, { 0x6a2, "S_CET" }, { 0xc0000101, "GS_BASE" },
};

enum {
	CR0, CR4, CR8, XCR0, GDT_BASE, GDT_LIMIT, IDT_BASE, IDT_LIMIT, LDT, TR,
	DR0, DR1, DR2, DR3, DR7, FIRST_MSR
};

static const char * const names[] = {
	"CR0", "CR4", "CR8", "XCR0", "GDT base", "GDT limit", "IDT base",
	"IDT limit", "LDTR", "TR", "DR0", "DR1", "DR2", "DR3", "DR7",
};

#define PICTURE	(FIRST_MSR + ARRAY_SIZE(msrs))

static u64 pictures[2][MAX_CPUS][PICTURE];

static u64 read_dr(int n)
{
	unsigned long value = 0;

	switch (n) {
	case 0: asm volatile("mov %%db0, %0" : "=r" (value)); break;
	case 1: asm volatile("mov %%db1, %0" : "=r" (value)); break;
	case 2: asm volatile("mov %%db2, %0" : "=r" (value)); break;
	case 3: asm volatile("mov %%db3, %0" : "=r" (value)); break;
	case 7: asm volatile("mov %%db7, %0" : "=r" (value)); break;
	}
	return value;
}

static void take_picture(void *which)
{
	u64 *p = pictures[(long)which][smp_processor_id()];
	unsigned long value;
	struct desc_ptr table;
	u32 low, high;
	u16 selector;
	size_t i;

	asm volatile("mov %%cr0, %0" : "=r" (value));
	p[CR0] = value;
	asm volatile("mov %%cr4, %0" : "=r" (value));
	p[CR4] = value;
	if (value & X86_CR4_OSXSAVE) {
		asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
		p[XCR0] = (u64)high << 32 | low;
	} else {
		p[XCR0] = 0;
	}
	asm volatile("mov %%cr8, %0" : "=r" (value));
	p[CR8] = value;
	asm volatile("sgdt %0" : "=m" (table));
	p[GDT_BASE] = table.address;
	p[GDT_LIMIT] = table.size;
	asm volatile("sidt %0" : "=m" (table));
	p[IDT_BASE] = table.address;
	p[IDT_LIMIT] = table.size;
	asm volatile("sldt %0" : "=m" (selector));
	p[LDT] = selector;
	asm volatile("str %0" : "=m" (selector));
	p[TR] = selector;
	for (i = 0; i < 4; i++)
		p[DR0 + i] = read_dr(i);
	p[DR7] = read_dr(7);
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		low = high = 0;
		rdmsr_safe(msrs[i].number, &low, &high);
		p[FIRST_MSR + i] = (u64)high << 32 | low;
	}
}

static void compare_pictures(void)
{
	int cpu;
	size_t i;

	for_each_online_cpu(cpu) {
		const u64 *before = pictures[0][cpu], *after = pictures[1][cpu];

		for (i = 0; i < PICTURE; i++)
			if (before[i] != after[i])
				changed("CPU %d %s %llx -> %llx", cpu,
					i < FIRST_MSR ? names[i] :
					msrs[i - FIRST_MSR].name,
					before[i], after[i]);
	}
}

/* The calling task's state, right before and right after a direct call. */
struct task_picture {
	u64 flags, ds, es, fs, gs, ss, fs_base, user_gs_base, pkru, cr0, cr4, cr8;
};

static __always_inline void picture_task(struct task_picture *t)
{
	unsigned long value;
	u32 low, high;

	/* Kernel code must not go on with flags that it does not expect. */
	asm volatile("pushfq\n\tpopq %0\n\tpushq %1\n\tpopfq"
		     : "=&r" (value)
		     : "i" (X86_EFLAGS_IF | X86_EFLAGS_FIXED) : "memory", "cc");
	t->flags = value;
	asm volatile("mov %%ds, %0" : "=r" (value));
	t->ds = value;
	asm volatile("mov %%es, %0" : "=r" (value));
	t->es = value;
	asm volatile("mov %%fs, %0" : "=r" (value));
	t->fs = value;
	asm volatile("mov %%gs, %0" : "=r" (value));
	t->gs = value;
	asm volatile("mov %%ss, %0" : "=r" (value));
	t->ss = value;
	rdmsr(MSR_FS_BASE, low, high);
	t->fs_base = (u64)high << 32 | low;
	rdmsr(MSR_KERNEL_GS_BASE, low, high);
	t->user_gs_base = (u64)high << 32 | low;
	asm volatile("mov %%cr0, %0" : "=r" (value));
	t->cr0 = value;
	asm volatile("mov %%cr4, %0" : "=r" (value));
	t->cr4 = value;
	asm volatile("mov %%cr8, %0" : "=r" (value));
	t->cr8 = value;
	t->pkru = 0;
	if (t->cr4 & CR4_PKE) {
		asm volatile(".byte 0x0f, 0x01, 0xee"	/* rdpkru */
			     : "=a" (low), "=d" (high) : "c" (0));
		t->pkru = low;
	}
}

#define FLAGS	(X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | \
		 X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_AC)

static void compare_tasks(const struct task_picture *before,
			  const struct task_picture *after)
{
#define ONE(name, member) do {						\
	if (before->member != after->member)				\
		changed("the caller's " name " %llx -> %llx",		\
			before->member, after->member);			\
} while (0)
	if ((before->flags ^ after->flags) & FLAGS)
		changed("the caller's RFLAGS %llx -> %llx",
			before->flags & FLAGS, after->flags & FLAGS);
	ONE("DS", ds);
	ONE("ES", es);
	ONE("FS", fs);
	ONE("GS", gs);
	ONE("SS", ss);
	ONE("FS base", fs_base);
	ONE("GS base", user_gs_base);
	ONE("PKRU", pkru);
	ONE("CR0", cr0);
	ONE("CR4", cr4);
	ONE("CR8", cr8);
#undef ONE
}

/* Timers: when did each CPU last have one, and what was the longest wait? */
static DEFINE_PER_CPU(struct hrtimer, beat);
static DEFINE_PER_CPU(u64, last_beat);
static DEFINE_PER_CPU(u64, longest_gap);
#define BEAT_NS		(20 * 1000 * 1000)
#define LONG_GAP_NS	(1500ULL * 1000 * 1000)

static enum hrtimer_restart on_beat(struct hrtimer *timer)
{
	u64 now = ktime_to_ns(ktime_get());
	u64 gap = now - this_cpu_read(last_beat);

	if (gap > this_cpu_read(longest_gap))
		this_cpu_write(longest_gap, gap);
	this_cpu_write(last_beat, now);
	hrtimer_forward_now(timer, ns_to_ktime(BEAT_NS));
	return HRTIMER_RESTART;
}

static void start_beat(void *unused)
{
	struct hrtimer *timer = this_cpu_ptr(&beat);

	this_cpu_write(longest_gap, 0);
	this_cpu_write(last_beat, ktime_to_ns(ktime_get()));
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	hrtimer_setup(timer, on_beat, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	timer->function = on_beat;
#endif
	hrtimer_start(timer, ns_to_ktime(BEAT_NS), HRTIMER_MODE_REL_PINNED);
}

static void stop_beats(void)
{
	int cpu;

	msleep(60);
	for_each_online_cpu(cpu) {
		u64 gap;

		/* First, so that no beat comes after the time was read */
		hrtimer_cancel(&per_cpu(beat, cpu));
		gap = ktime_to_ns(ktime_get()) - per_cpu(last_beat, cpu);
		gap = max(gap, per_cpu(longest_gap, cpu));
		if (gap > LONG_GAP_NS)
			changed("CPU %d had no timer interrupt for %llu ms", cpu,
				gap / 1000000);
	}
}

/* What no interrupt should wait for, on a host that has other things to do. */
#define DELAY_US	(1000 * 1000)

/* IPIs and NMIs from another CPU to the one that calls, one after the other. */
static atomic_t nmis_handled = ATOMIC_INIT(0);
static atomic_t ipis_handled = ATOMIC_INIT(0);
static unsigned int sent, lost;
static int caller_cpu;
static bool send_nmis;

static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	if (!send_nmis)
		return NMI_DONE;
	atomic_inc(&nmis_handled);
	return NMI_HANDLED;
}

/* The kernel's own user of the ports that firmware uses in pairs. */
static bool use_ports;
static u64 longest_delay;

static void on_ipi(void *sent_at)
{
	u64 delay = ktime_to_ns(ktime_get()) - *(u64 *)sent_at;

	longest_delay = max(longest_delay, delay);
	if (use_ports) {
		outb(OTHERS_INDEX, INDEX_PORT);
		inb(DATA_PORT);
	}
	atomic_inc(&ipis_handled);
}

static int send(void *unused)
{
	int i;

	while (!kthread_should_stop()) {
		int before = atomic_read(&nmis_handled);

		sent++;
		if (!send_nmis) {
			u64 now = ktime_to_ns(ktime_get());

			smp_call_function_single(caller_cpu, on_ipi, &now, 1);
		} else {
			apic->send_IPI_mask(cpumask_of(caller_cpu), NMI_VECTOR);
			for (i = 0; i < 10000; i++) {
				if (atomic_read(&nmis_handled) != before)
					break;
				udelay(100);
			}
			if (i == 10000)
				lost++;
		}
		udelay(50);
		cond_resched();
	}
	return 0;
}

static struct task_struct *start_sender(bool nmi)
{
	struct task_struct *task;
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu != raw_smp_processor_id())
			break;
	if (cpu >= nr_cpu_ids)
		return NULL;
	sent = lost = 0;
	longest_delay = 0;
	atomic_set(&nmis_handled, 0);
	atomic_set(&ipis_handled, 0);
	caller_cpu = raw_smp_processor_id();
	send_nmis = nmi;
	task = kthread_create(send, NULL, "misbehave-send");
	if (IS_ERR(task))
		return NULL;
	kthread_bind(task, cpu);
	wake_up_process(task);
	return task;
}

static void stop_sender(struct task_struct *task)
{
	unsigned int handled;

	if (!task) {
		changed("no second CPU to send from");
		return;
	}
	kthread_stop(task);
	handled = send_nmis ? atomic_read(&nmis_handled) :
			      atomic_read(&ipis_handled);
	send_nmis = false;
	run->delay_us = div_u64(longest_delay, 1000);
	if (run->delay_us > DELAY_US)
		changed("an interrupt had to wait for %u us", run->delay_us);
	pr_info("misbehave: %u sent, %u handled, %u lost\n", sent, handled, lost);
	if (lost || handled < 10)
		changed("of %u interrupts sent %u were handled, %u lost", sent,
			handled, lost);
}

/* Something in our text to be executed, in either calling convention. */
static noinline int our_function(void)
{
	return ++ran;
}

/* Where a command is to strike, and what is there. */
static u64 address_of(u32 target)
{
	planted = NULL;
	switch (target) {
	case TEXT:
		return run->text;
	case FUNCTION:
		return run->function;
	case DATA:
		planted = (u32 *)run->data;
		break;
	case MODULE_DATA:
		planted = &module_data;
		break;
	case MODULE_TEXT:
		return (u64)our_function;
	case DIRECT:
		planted = direct + 512;
		break;
	case VMALLOC:
		planted = vmalloced + 512;
		break;
	case PERCPU:
		planted = per_cpu_ptr(&percpu_data, 0);
		break;
	case STACK:
		return (u64)__builtin_frame_address(0);
	}
	return (u64)planted;
}

static unsigned int sum_text(void)
{
	const u32 *p = (u32 *)run->text;
	unsigned int sum = 0;

	while (p < (u32 *)run->text_end)
		sum = (sum << 5 | sum >> 27) + *p++;
	return sum;
}

static void plant_small(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(small); i++) {
		small[i] = kmalloc(SMALL, GFP_KERNEL);
		if (small[i])
			memset(small[i], RED, SMALL);
	}
	for (i = 0; i < ARRAY_SIZE(small); i += 8) {
		kfree(small[i]);
		small[i] = NULL;
	}
}

static void check_small(void)
{
	size_t i, bad = 0;

	for (i = 0; i < ARRAY_SIZE(small); i++) {
		if (!small[i])
			continue;
		bad += memchr_inv(small[i], RED, SMALL) != NULL;
		kfree(small[i]);
		small[i] = NULL;
	}
	if (bad)
		exposed("%zu objects on the heap were written", bad);
}

static void fill(void *to, u32 word, size_t size)
{
	u32 *p = to;

	while (size) {
		*p++ = word;
		size -= sizeof(*p);
	}
}

static bool differs(const void *from, u32 word, size_t size)
{
	const u32 *p = from;

	for (; size; size -= sizeof(*p))
		if (*p++ != word)
			return true;
	return false;
}

static void free_capsule(void)
{
	if (!capsule_area)
		return;
	if (is_vmalloc_addr(capsule_area))
		vfree(capsule_area);
	else
		free_pages((unsigned long)capsule_area, get_order(CAPSULE_AREA));
	kfree(capsule_list);
	capsule_area = NULL;
	capsule_list = NULL;
}

/*
 * A capsule of words that are all different. One from the page allocator neither
 * begins nor ends with a page, and has secrets around it.
 */
static void make_capsule(void)
{
	bool far = run->arg[0] & CAPSULE_VMALLOC;
	size_t skip = far ? 0 : 0x140, size = CAPSULE_AREA - PAGE_SIZE, i, n;
	struct capsule_block *block;
	u8 *p;

	free_capsule();
	capsule_area = far ? vmalloc(CAPSULE_AREA) :
		(u8 *)__get_free_pages(GFP_KERNEL, get_order(CAPSULE_AREA));
	capsule_list = kcalloc(CAPSULE_AREA / PAGE_SIZE + 2, sizeof(*block),
			       GFP_KERNEL);
	if (!capsule_area || !capsule_list) {
		changed("no memory for a capsule");
		return;
	}
	fill(capsule_area, SECRET, CAPSULE_AREA);
	capsule = (efi_capsule_header_t *)(capsule_area + skip);
	for (i = 0; i < size / sizeof(u32); i++)
		((u32 *)capsule)[i] = CAPSULE_WORD(i);
	capsule->guid = capsule_vendor;
	capsule->headersize = CAPSULE_HEADER;
	capsule->flags = run->arg[0] & CAPSULE_PERSISTS ? CAPSULE_FLAG : 0;
	capsule->imagesize = size;

	block = capsule_list;
	for (p = (u8 *)capsule; size; p += n, size -= n, block++) {
		n = min_t(size_t, size, PAGE_SIZE - offset_in_page(p));
		block->length = n;
		block->data = far ?
			page_to_phys(vmalloc_to_page(p)) + offset_in_page(p) :
			__pa(p);
	}
}

static bool capsule_is_whole(void)
{
	size_t skip = (u8 *)capsule - capsule_area, i;
	size_t size = CAPSULE_AREA - PAGE_SIZE;

	for (i = sizeof(*capsule) / sizeof(u32); i < size / sizeof(u32); i++)
		if (((u32 *)capsule)[i] != CAPSULE_WORD(i))
			return false;
	return !differs(capsule_area, SECRET, skip) &&
	       !differs(capsule_area + skip + size, SECRET, PAGE_SIZE - skip);
}

static void call_capsule(void)
{
	u64 max_size = 0;
	int reset_type = -1;

	if (!capsule_area || !capsule_list)
		return;
	run->status = efi.query_capsule_caps(&capsule, 1, &max_size, &reset_type);
	if (run->status == EFI_SUCCESS && (max_size != 1 << 30 || reset_type != 1))
		changed("capsules of up to %llu, reset %d", max_size, reset_type);
	if (run->status == EFI_SUCCESS)
		run->status = efi.update_capsule(&capsule, 1,
						 __pa(capsule_list));
}

static void begin(void)
{
	u32 low, high;

	if (run->habit &&
	    (run->command == CMD_RDMSR || run->command == CMD_WRMSR_XOR) &&
	    rdmsr_safe(run->arg[0], &low, &high)) {
		run->missing = 1;
		return;
	}
	if (run->route == THEN_CAPSULE)
		make_capsule();
	if (run->command == CMD_READ_PAST || run->command == CMD_WRITE_PAST)
		fill(around, run->arg[1], AROUND_SIZE);
	plant_small();
	address_of(run->target);
	if (run->target == DIRECT)
		memset(direct, 0x6b, PAGE_SIZE);
	if (planted)
		planted_value = *planted;
	ran = 0;
	memset(heap, RED, 2 * RED_ZONE + LIE_BUFFER);
	text_sum = sum_text();
	on_each_cpu(take_picture, (void *)0, 1);
	on_each_cpu(start_beat, NULL, 1);
}

static void set_name(efi_char16_t *to, const char *from)
{
	do {
		*to++ = *from;
	} while (*from++);
}

static void check_red_zones(const char *what)
{
	size_t i, bad = 0;

	for (i = 0; i < RED_ZONE; i++)
		bad += heap[i] != RED;
	for (i = RED_ZONE + LIE_BUFFER; i < 2 * RED_ZONE + LIE_BUFFER; i++)
		bad += heap[i] != RED;
	if (bad)
		exposed("%s wrote %zu bytes outside of the buffer", what, bad);
}

/* Calls of which the results are lies. */
static void call_get(void)
{
	unsigned long size = LIE_BUFFER;
	efi_char16_t name[16];
	u32 attr = 0;

	set_name(name, "Lie");
	run->status = efi.get_variable(name, &vendor, &attr, &size,
				       heap + RED_ZONE);
	check_red_zones("GetVariable");
	if (run->status == EFI_SUCCESS && size > LIE_BUFFER)
		exposed("GetVariable: success, and size %lu with a buffer of %d",
			size, LIE_BUFFER);
}

static void call_ask_size(void)
{
	unsigned long size = 0;
	efi_char16_t name[16];
	u32 attr = 0;

	set_name(name, "Lie");
	run->status = efi.get_variable(name, &vendor, &attr, &size, NULL);
	if (run->status == EFI_SUCCESS && size != 8)
		changed("GetVariable without a buffer: size %lu", size);
}

static void call_next(void)
{
	efi_char16_t *name = (efi_char16_t *)(heap + RED_ZONE);
	unsigned long size = LIE_BUFFER;
	efi_guid_t guid = vendor;
	size_t i;

	memset(name, 0, LIE_BUFFER);
	run->status = efi.get_next_variable(&size, name, &guid);
	check_red_zones("GetNextVariableName");
	if (run->status != EFI_SUCCESS)
		return;
	if (size > LIE_BUFFER && !run->habit)
		exposed("GetNextVariableName: success, and size %lu with a buffer of %d",
			size, LIE_BUFFER);
	for (i = 0; i < LIE_BUFFER / 2 && name[i]; i++)
		;
	if (i == LIE_BUFFER / 2)
		exposed("GetNextVariableName: success, and a name without end");
	if (run->habit && (i != 1 || name[0] != 'A'))
		changed("GetNextVariableName: another name");
}

static efi_status_t command(u32 command, u64 a, u64 b, bool direct_call,
			    struct task_picture *task)
{
	struct misbehave_command c = {
		.command = command, .sequence = ++sequence, .arg = { a, b },
	};
	void *data = &c;
	efi_char16_t name[16];
	efi_status_t status;

	set_name(name, "Misbehave");
	if (command == CMD_READ_PAST || command == CMD_WRITE_PAST) {
		data = around + AROUND_COMMAND;
		memcpy(data, &c, sizeof(c));
	}
	if (!direct_call)
		return efi.set_variable(name, &vendor, 7, sizeof(c), data);

	picture_task(&task[0]);
	status = efi.set_variable_nonblocking(name, &vendor, 7, sizeof(c), data);
	picture_task(&task[1]);
	return status;
}

static void call(void)
{
	struct task_struct *sender = NULL;
	struct task_picture task[2];
	/* To be interrupted, firmware has to run on this CPU. */
	bool direct_call = run->route == DIRECTLY ||
			   run->route == DURING_IPI ||
			   run->route == DURING_NMI ||
			   run->route == DURING_BACKTRACE;
	u64 b = run->arg[1];
	u64 a = run->target == NOWHERE ? run->arg[0] : address_of(run->target);

	if (run->command == CMD_SPIN || run->command == CMD_SPIN_CLI ||
	    run->command == CMD_CLI_BRACKETS || run->command == CMD_CLI_PORTS)
		a *= tsc_khz;
	if (run->command == CMD_CLI_BRACKETS)
		b *= tsc_khz;
	use_ports = run->command == CMD_CLI_PORTS;
	/* In the middle, so that what is pushed does no harm. */
	if (run->command == CMD_RSP && run->target)
		a += 512;
	if (run->route == DURING_IPI || run->route == DURING_NMI)
		sender = start_sender(run->route == DURING_NMI);

	run->status = command(run->command, a, b, direct_call, task);

	if (run->route == DURING_IPI || run->route == DURING_NMI)
		stop_sender(sender);
	if (direct_call)
		compare_tasks(&task[0], &task[1]);
	if (run->route == THEN_GET)
		call_get();
	if (run->route == THEN_NEXT)
		call_next();
	if (run->route == THEN_ASK_SIZE)
		call_ask_size();
	if (run->route == THEN_CAPSULE && run->status == EFI_SUCCESS)
		call_capsule();
}

/* How far did the firmware come? */
static bool read_result(struct misbehave_result *result)
{
	unsigned long size = sizeof(*result);
	efi_char16_t name[16];
	efi_status_t status;
	u32 attr;

	if (run->turn_on)
		set_bit(EFI_RUNTIME_SERVICES, &efi.flags);
	if (!efi_enabled(EFI_RUNTIME_SERVICES))
		return false;
	set_name(name, "Result");
	status = efi.get_variable(name, &vendor, &attr, &size, result);
	if (status != EFI_SUCCESS || size != sizeof(*result)) {
		changed("the services are on, but reading the result is status %lx",
			(unsigned long)status);
		return false;
	}
	return true;
}

static void judge_target(void)
{
	struct misbehave_result result = {};
	bool write = run->command == CMD_WRITE ||
		     run->command == CMD_WRITE_WP_OFF;
	/* Page 0 holds nothing of the kernel's, which lends it on purpose. */
	bool nowhere = run->target == NOWHERE && run->arg[0];
	u32 low, high;

	if (read_result(&result)) {
		run->survived = result.survived;
		run->value = result.value;
	}
	if (ran)
		exposed("a function of the kernel was executed");
	if (planted && *planted != planted_value) {
		exposed("kernel memory at %px was written: %x -> %x", planted,
			planted_value, *planted);
		*planted = planted_value;
	}
	if (run->target == DIRECT && memchr_inv(direct, 0x6b, PAGE_SIZE))
		exposed("a page of the kernel's was written");
	if (run->command == CMD_WRITE_PAST) {
		fill(around + AROUND_COMMAND, run->arg[1],
		     sizeof(struct misbehave_command));
		if (differs(around, run->arg[1], AROUND_SIZE))
			exposed("memory behind a buffer was written");
	}
	if (capsule_area && !capsule_is_whole())
		exposed("a capsule was written");
	free_capsule();
	if (!run->survived)
		return;
	switch (run->command) {
	case CMD_READ_PAST:
		if (run->value && run->habit)
			changed("memory behind a buffer reads as %llx",
				run->value);
		else if (run->value)
			exposed("memory behind a buffer was read: %llx",
				run->value);
		break;
	case CMD_WRITE_ESRT:
		exposed("the system resource table was written");
		break;
	case CMD_CAPSULE_READ:
		if (run->value != ((u64)CAPSULE_WORD(CAPSULE_FAR / 4) << 32 |
				   CAPSULE_WORD(CAPSULE_HEADER / 4)))
			changed("the capsule reads as %llx", run->value);
		break;
	case CMD_CAPSULE_OUTSIDE:
		if (run->value)
			exposed("memory beside a capsule was read: %llx",
				run->value);
		break;
	case CMD_CLI_PORTS:
		if ((u32)run->value || !(run->value >> 32))
			changed("of %llu port pairs %u were torn",
				run->value >> 32, (u32)run->value);
		break;
	case CMD_RDMSR:
		if (run->habit && run->arg[1] &&
		    (rdmsr_safe(run->arg[0], &low, &high) ||
		     run->value != ((u64)high << 32 | low)))
			changed("MSR %llx reads as %llx", run->arg[0],
				run->value);
		break;
	case CMD_READ:
		if (nowhere)
			exposed("memory at %llx was read", run->arg[0]);
		else if (run->target == STACK)
			exposed("the kernel's stack was read");
		else if (run->target &&
			 (u32)run->value == *(u32 *)address_of(run->target))
			exposed("kernel memory was read: %llx", run->value);
		break;
	case CMD_READ_BOOT:
	case CMD_WRITE_BOOT:
		exposed("boot-services memory was reached");
		break;
	case CMD_WRITE_OWN_TEXT:
	case CMD_EXEC_OWN_DATA:
		exposed("the firmware's own W^X does not hold");
		break;
	case CMD_RSP:
		exposed("the firmware pushed to the stack it was given");
		break;
	case CMD_EXEC:
		if (run->target == FUNCTION && run->value == 8)
			exposed("a function of the kernel was executed");
		break;
	}
	if (write && nowhere)
		exposed("memory at %llx was written", run->arg[0]);
}

/* Work gets done on every CPU, and off the CPUs' own queues. */
static void do_work(struct work_struct *work);
static DEFINE_PER_CPU(struct work_struct, work);
static DECLARE_WORK(unbound_work, do_work);
static atomic_t works_left;
static DECLARE_COMPLETION(works_done);

static void do_work(struct work_struct *work)
{
	if (atomic_dec_and_test(&works_left))
		complete(&works_done);
}

static void check_work(void)
{
	int cpu;

	reinit_completion(&works_done);
	atomic_set(&works_left, 1);	/* for the unbound one, which is the last */
	for_each_online_cpu(cpu) {
		atomic_inc(&works_left);
		INIT_WORK(per_cpu_ptr(&work, cpu), do_work);
		schedule_work_on(cpu, per_cpu_ptr(&work, cpu));
	}
	queue_work(system_unbound_wq, &unbound_work);
	if (!wait_for_completion_timeout(&works_done, 5 * HZ))
		changed("work queues do not get work done");
}

static void end(void)
{
	run->services_off = !efi_enabled(EFI_RUNTIME_SERVICES);
	on_each_cpu(take_picture, (void *)1, 1);
	compare_pictures();
	stop_beats();
	check_work();
	if (preempt_count() || irqs_disabled())
		changed("preempt_count %x, interrupts %s", preempt_count(),
			irqs_disabled() ? "off" : "on");
}

static void judge(void)
{
	judge_target();
	check_red_zones("the firmware");
	check_small();
	if (sum_text() != text_sum)
		exposed("the kernel's text was written");
	/* No lie outlives its case. */
	if (efi_enabled(EFI_RUNTIME_SERVICES))
		command(CMD_NOTHING, 0, 0, false, NULL);
}

static DEFINE_MUTEX(one_at_a_time);
static u8 scratch[16];

static long misbehave_ioctl(struct file *file, unsigned int request,
			    unsigned long arg)
{
	long rc = 0;

	mutex_lock(&one_at_a_time);
	if (copy_from_user(run, (void __user *)arg, sizeof(*run))) {
		rc = -EFAULT;
		goto out;
	}
	switch (request) {
	case MISBEHAVE_BEGIN:
		begin();
		break;
	case MISBEHAVE_CALL:
		call();
		break;
	case MISBEHAVE_END:
		end();
		break;
	case MISBEHAVE_JUDGE:
		judge();
		break;
	case MISBEHAVE_AGAIN: {	/* does a call come back? */
		unsigned long size = sizeof(scratch);
		efi_char16_t name[16];

		set_name(name, "NoSuch");
		efi.get_variable(name, &vendor, NULL, &size, scratch);
		break;
	}
	default:
		rc = -ENOTTY;
	}
	if (!rc && copy_to_user((void __user *)arg, run, sizeof(*run)))
		rc = -EFAULT;
out:
	mutex_unlock(&one_at_a_time);
	return rc;
}

static const struct file_operations misbehave_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= misbehave_ioctl,
};

static struct miscdevice misbehave_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "misbehave",
	.fops	= &misbehave_fops,
};

static int __init misbehave_init(void)
{
	struct misbehave_result result;
	int rc = -ENOMEM;

	run = kzalloc(sizeof(*run), GFP_KERNEL);
	direct = (u32 *)__get_free_page(GFP_KERNEL);
	vmalloced = vmalloc(PAGE_SIZE);
	heap = kmalloc(2 * RED_ZONE + LIE_BUFFER, GFP_KERNEL);
	around = (u8 *)__get_free_pages(GFP_KERNEL, AROUND_ORDER);
	if (!run || !direct || !vmalloced || !heap || !around)
		goto out;
	memset(direct, 0x6b, PAGE_SIZE);
	memset(vmalloced, 0x6b, PAGE_SIZE);

	rc = -ENODEV;
	command(CMD_NOTHING, 0, 0, false, NULL);
	if (!read_result(&result) || result.sequence != sequence) {
		pr_err("misbehave: the test firmware is not there\n");
		goto out;
	}
	rc = register_nmi_handler(NMI_LOCAL, on_nmi, 0, "misbehave");
	if (rc)
		goto out;
	rc = misc_register(&misbehave_device);
	if (!rc)
		return 0;
	unregister_nmi_handler(NMI_LOCAL, "misbehave");
out:
	free_pages((unsigned long)around, AROUND_ORDER);
	kfree(heap);
	vfree(vmalloced);
	free_page((unsigned long)direct);
	kfree(run);
	return rc;
}

static void __exit misbehave_exit(void)
{
	misc_deregister(&misbehave_device);
	free_capsule();
	unregister_nmi_handler(NMI_LOCAL, "misbehave");
	free_pages((unsigned long)around, AROUND_ORDER);
	kfree(heap);
	vfree(vmalloced);
	free_page((unsigned long)direct);
	kfree(run);
}

module_init(misbehave_init);
module_exit(misbehave_exit);
MODULE_DESCRIPTION("Calls test firmware, finds what it did to the kernel");
MODULE_LICENSE("GPL");
