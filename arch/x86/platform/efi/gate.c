// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run UEFI runtime services at CPL 3, in page tables of their own.
 *
 * Firmware is to the kernel what a guest is to a hypervisor. The gate enters it
 * with a set of registers and gets it back when something has happened: an
 * interrupt, which goes to the kernel's handler; a privileged instruction, which
 * may be carried out; the return from the call; or any other exception, which
 * ends the call. See efi-isolation.rst, in Documentation.
 *
 * Calls are serialized by their callers, so there is one of everything here.
 */

#define pr_fmt(fmt) "efi: " fmt

#if EFI_PGD_BASE >= 601
#include <linux/cc_platform.h>
#endif
#include <linux/efi.h>
#include <linux/gfp.h>
#if EFI_PGD_BASE >= 700
#include <linux/hrtimer_rearm.h>
#endif
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#if EFI_PGD_BASE < 601
#include <linux/kprobes.h>
#endif
#include <linux/mm.h>
#include <linux/percpu.h>
#if EFI_PGD_BASE >= 601
#include <linux/set_memory.h>
#endif
#include <linux/sizes.h>
#if EFI_PGD_BASE < 601
#include <linux/slab.h>
#endif
#include <linux/string.h>
#include <linux/uaccess.h>
#if EFI_PGD_BASE >= 601
#include <asm/cpu_entry_area.h>
#else
#include <asm/cacheflush.h>
#endif
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/efi.h>
#if EFI_PGD_BASE >= 601
#include <asm/fsgsbase.h>
#endif
#include <asm/insn.h>
#include <asm/kvm_para.h>
#include <asm/msr.h>
#if EFI_PGD_BASE >= 601
#include <asm/nospec-branch.h>
#endif
#include <asm/segment.h>
#include <asm/tlbflush.h>
#if EFI_PGD_BASE >= 601
#include <asm/trapnr.h>
#else
#include <asm/traps.h>
#endif
#include <asm/uv/uv.h>

#include "gate.h"
#include "gate_entry.h"
#include "gate_report.h"
#include "pgtable.h"

#define FW_DATA			(_PAGE_RW | _PAGE_NX | _PAGE_USER)

/* Return address, space for four register arguments, the rest, alignment */
#define FW_FRAME_WORDS		9

#if EFI_PGD_BASE >= 601
/* The part of a TSS that the CPU looks at */
#define TSS_SIZE		PAGE_ALIGN(__KERNEL_TSS_LIMIT + 1)

#endif
struct efi_gate_page efi_gate_page __page_aligned_data;
static gate_desc gate_idt[EFI_GATE_VECTORS] __page_aligned_bss;

#if EFI_PGD_BASE < 601
/*
 * Event delivery needs a GDT and a TSS. Those of the CPUs are among other data of
 * the kernel, so there are these, and any CPU that makes a call has them meanwhile.
 */
static struct {
	struct desc_struct	gdt[GDT_ENTRIES];
	struct tss_struct	tss;
} __aligned(PAGE_SIZE) gate_tables __page_aligned_bss;

#endif
static void *fw_stack;

/* The CPU that the descriptor tables are those of */
static int gate_cpu = -1;
#if EFI_PGD_BASE >= 601

/* One of the handlers faulted. They are modules apart from runtime services. */
bool efi_gate_prm_off;
#endif

/* What SYSENTER loads into CS, on every CPU since it was started, or 0 */
static u64 sysenter_cs __ro_after_init;

/* The firmware's table of runtime services, with virtual addresses in it */
static efi_runtime_services_t fw_services;

/* What code at CPL 3 can change by itself, besides the registers */
struct gate_user {
	union {
		struct {
			unsigned short	ds, es, fs, gs;
		};
		u64	selectors;
	};
	unsigned long	fsbase, gsbase;
#if EFI_PGD_BASE >= 601
	u32		pkru;
#endif
};

/*
 * What a stay in firmware puts aside. It is put back before the kernel does
 * anything else, be it to handle an interrupt: whatever others change then is the
 * kernel's, and stays as they leave it.
 */
struct gate_state {
	struct gate_user	caller;
	struct gate_user	firmware;
	unsigned short		ss;
	bool			block_step;
	u64			efer;
#if EFI_PGD_BASE >= 601
	u64			misc_features;
	u64			u_cet;
#endif
	unsigned long		cr4;
#if EFI_PGD_BASE >= 700
	bool			no_cpuid;
#endif
#if EFI_PGD_BASE >= 601
	u64			sp0;
	u16			io_bitmap_base;
#endif
};

/*
 * The interrupt flag that firmware has, as far as CLI and STI tell, and what the
 * gate does on account of it. For a while, firmware is run instruction by
 * instruction, with interrupts off, see may_deliver().
 */
struct gate_flags {
	bool		cli;		/* by CLI, interrupts are off */
	int		held;		/* vector of the interrupt that waits, or -1 */
	unsigned int	steps;		/* so many more instructions */
	bool		port;		/* one instruction, with access to all ports */
	bool		own_page;	/* one, which writes to the page that it is in */
};

/*
 * Entering and leaving
 */

#if EFI_PGD_BASE >= 601
/*
 * Event delivery needs the GDT and the TSS of the CPU, which are in its entry
 * area. Only those of the CPU that makes the call are mapped.
 */
static void unmap_cpu(int cpu)
{
	struct cpu_entry_area *cea = get_cpu_entry_area(cpu);

	efi_pt_unmap(efi_mm.pgd, (u64)cea, sizeof(cea->gdt));
	efi_pt_unmap(efi_mm.pgd, (u64)&cea->tss, TSS_SIZE);
}

static int map_cpu(int cpu)
{
	struct cpu_entry_area *cea;
	void *tss = &per_cpu(cpu_tss_rw, cpu);
	unsigned int offset;
	int err;

	if (gate_cpu >= 0)
		unmap_cpu(gate_cpu);
	gate_cpu = -1;

	cea = get_cpu_entry_area(cpu);
	err = efi_pt_map(efi_mm.pgd, (u64)cea, get_cpu_gdt_paddr(cpu),
			 sizeof(cea->gdt), _PAGE_NX);
	for (offset = 0; !err && offset < TSS_SIZE; offset += PAGE_SIZE)
		err = efi_pt_map(efi_mm.pgd, (u64)&cea->tss + offset,
				 per_cpu_ptr_to_phys(tss + offset), PAGE_SIZE,
				 _PAGE_NX);
	if (err)
		unmap_cpu(cpu);
	else
		gate_cpu = cpu;
	return err;
}

static int use_this_cpu(void)
{
	int cpu = smp_processor_id();

	return cpu == gate_cpu ? 0 : map_cpu(cpu);
}
#else
/*
 * Stacks for events in the kernel are the kernel's own; the one for events at CPL 3
 * is the gate's, and all ports are open. The entry code of the kernel moves stacks
 * in the TSS of the CPU: it must not take an exception while that is not the one in
 * use.
 */
static void copy_tables(int cpu)
{
	memcpy(gate_tables.gdt, get_cpu_gdt_table(cpu), GDT_SIZE);
	set_tssldt_descriptor(&gate_tables.gdt[GDT_ENTRY_TSS],
			      (unsigned long)&gate_tables.tss, DESC_TSS,
			      IO_BITMAP_OFFSET + IO_BITMAP_BYTES +
			      sizeof(unsigned long) - 1);
	memcpy(gate_tables.tss.x86_tss.ist, per_cpu(cpu_tss, cpu).x86_tss.ist,
	       sizeof(gate_tables.tss.x86_tss.ist));
	gate_cpu = cpu;
}

static int use_this_cpu(void)
{
	int cpu = smp_processor_id(), debug = DEBUG_STACK - 1;
	const struct desc_struct *gdt = get_cpu_gdt_table(cpu);
	unsigned int i;

	if (cpu != gate_cpu)
		copy_tables(cpu);
	/* Those of the task. The one of the CPU is written late in boot. */
	for (i = GDT_ENTRY_TLS_MIN; i <= GDT_ENTRY_PER_CPU; i++)
		gate_tables.gdt[i] = gdt[i];
	/* The entry code moves this one while it is in use. */
	gate_tables.tss.x86_tss.ist[debug] = this_cpu_ptr(&cpu_tss)->x86_tss.ist[debug];
	return 0;
}

/* A TSS must not be busy, or LTR refuses it. */
static __always_inline void load_tables(struct desc_struct *gdt)
{
	const struct desc_ptr gdtr = {
		.address = (unsigned long)gdt,
		.size	 = GDT_SIZE - 1,
	};

	((tss_desc *)&gdt[GDT_ENTRY_TSS])->type = DESC_TSS;
	native_load_gdt(&gdtr);
	native_load_tr_desc();
}
#endif

static void read_user(struct gate_user *u)
{
	savesegment(ds, u->ds);
	savesegment(es, u->es);
	savesegment(fs, u->fs);
	savesegment(gs, u->gs);
#if EFI_PGD_BASE >= 601
	if (cpu_feature_enabled(X86_FEATURE_OSPKE))
		u->pkru = rdpkru();
#endif
}

static void read_bases(struct gate_user *u)
{
#if EFI_PGD_BASE >= 601
	u->fsbase = x86_fsbase_read_cpu();
	u->gsbase = x86_gsbase_read_cpu_inactive();
#else
	u->fsbase = native_read_msr(MSR_FS_BASE);
	u->gsbase = native_read_msr(MSR_KERNEL_GS_BASE);
#endif
}

/* Load what of @to is not the same in @from, which is what the CPU has. */
static void load_user(const struct gate_user *to, const struct gate_user *from)
{
	bool selectors = to->selectors != from->selectors;

	if (selectors) {
		loadsegment(ds, to->ds);
		loadsegment(es, to->es);
		/* These two bring a base along. */
		loadsegment(fs, to->fs);
		load_gs_index(to->gs);
	}
	if (selectors || to->fsbase != from->fsbase)
#if EFI_PGD_BASE >= 601
		x86_fsbase_write_cpu(to->fsbase);
#else
		wrmsrl(MSR_FS_BASE, to->fsbase);
#endif
	if (selectors || to->gsbase != from->gsbase)
#if EFI_PGD_BASE >= 601
		x86_gsbase_write_cpu_inactive(to->gsbase);
	if (cpu_feature_enabled(X86_FEATURE_OSPKE) && to->pkru != from->pkru)
		wrpkru(to->pkru);
#else
		wrmsrl(MSR_KERNEL_GS_BASE, to->gsbase);
#endif
}

/* What the caller has, and what firmware begins with */
static void gate_init_state(struct gate_state *s)
{
	read_user(&s->caller);
	read_bases(&s->caller);
	s->firmware.selectors = s->caller.selectors;
	s->firmware.fsbase = 0;
	s->firmware.gsbase = 0;
#if EFI_PGD_BASE >= 601
	s->firmware.pkru = 0;
#endif
}

static __always_inline void write_msr(u32 msr, u64 value)
{
#if EFI_PGD_BASE >= 700
	native_wrmsrq(msr, value);
#else
	__wrmsr(msr, lower_32_bits(value), upper_32_bits(value));
#endif
}

#if EFI_PGD_BASE >= 700
/* What user mode may be denied, and firmware is not: RDTSC, and the upper half */
#define CR4_OFF		(X86_CR4_TSD | X86_CR4_LASS)
#else
/* What user mode may be denied, and firmware is not: RDTSC */
#define CR4_OFF		X86_CR4_TSD
#endif

static void set_btf(bool on)
{
	u64 debugctl = __rdmsr(MSR_IA32_DEBUGCTLMSR) & ~(u64)DEBUGCTLMSR_BTF;

	write_msr(MSR_IA32_DEBUGCTLMSR, debugctl | (on ? DEBUGCTLMSR_BTF : 0));
}

/*
 * Interrupts are off, and stay off in between these two. MSRs are accessed without
 * the tracepoints and hooks of others: it is for every call, and never for Xen PV.
 */
static void gate_begin(struct gate_state *s)
{
#if EFI_PGD_BASE >= 601
	struct x86_hw_tss *tss = this_cpu_ptr(&cpu_tss_rw.x86_tss);

#endif
	savesegment(ss, s->ss);
	load_user(&s->firmware, &s->caller);

	/* A step of firmware is an instruction, also where a tracer steps branches. */
	s->block_step = test_thread_flag(TIF_BLOCKSTEP);
	if (s->block_step)
		set_btf(false);

	/* SYSCALL is an invalid opcode, SYSENTER a general protection fault. */
	s->efer = __rdmsr(MSR_EFER);
	write_msr(MSR_EFER, s->efer & ~EFER_SCE);
	if (sysenter_cs)
		write_msr(MSR_IA32_SYSENTER_CS, 0);

	/* What the caller has forbidden itself does not apply to firmware. */
#if EFI_PGD_BASE >= 601
	s->misc_features = this_cpu_read(msr_misc_features_shadow);
	if (s->misc_features & MSR_MISC_FEATURES_ENABLES_CPUID_FAULT)
		write_msr(MSR_MISC_FEATURES_ENABLES, s->misc_features &
		       ~MSR_MISC_FEATURES_ENABLES_CPUID_FAULT);
#endif
#if EFI_PGD_BASE >= 700
	s->no_cpuid = boot_cpu_data.x86_vendor == X86_VENDOR_AMD &&
		      test_thread_flag(TIF_NOCPUID);
	if (s->no_cpuid)
		msr_clear_bit(MSR_K7_HWCR, MSR_K7_HWCR_CPUID_USER_DIS_BIT);
#endif
	s->cr4 = cr4_read_shadow() & CR4_OFF;
	if (s->cr4)
#if EFI_PGD_BASE >= 601
		cr4_clear_bits_irqsoff(s->cr4);
#else
		cr4_clear_bits(s->cr4);
#endif
#if EFI_PGD_BASE >= 612
	if (cpu_feature_enabled(X86_FEATURE_USER_SHSTK)) {
		s->u_cet = __rdmsr(MSR_IA32_U_CET);
		write_msr(MSR_IA32_U_CET, 0);
	}
#endif
#if EFI_PGD_BASE >= 601

	/* Events at CPL 3 go to the gate's stack; all ports are open. */
	s->sp0 = tss->sp0;
	tss->sp0 = (u64)(&efi_gate_page.regs + 1);
	s->io_bitmap_base = tss->io_bitmap_base;
	if (IS_ENABLED(CONFIG_X86_IOPL_IOPERM)) {
		tss->io_bitmap_base = IO_BITMAP_OFFSET_VALID_ALL;
		/* A VM exit cuts it. */
		refresh_tss_limit();
	}
#endif
}

static void gate_end(struct gate_state *s)
{
#if EFI_PGD_BASE >= 601
	struct x86_hw_tss *tss = this_cpu_ptr(&cpu_tss_rw.x86_tss);

	tss->sp0 = s->sp0;
	tss->io_bitmap_base = s->io_bitmap_base;

#endif
	/* Events at CPL 3 make SS null, and so it is left where it was not. */
	loadsegment(ss, s->ss);
	read_user(&s->firmware);
#if EFI_PGD_BASE >= 601
	/*
	 * Without instructions for it, only a selector changes a base. Where it
	 * stays when a null selector is loaded, that cannot be told from them.
	 */
	if (boot_cpu_has(X86_FEATURE_FSGSBASE) ||
	    boot_cpu_has_bug(X86_BUG_NULL_SEG) ||
	    s->firmware.selectors != s->caller.selectors)
		read_bases(&s->firmware);
#else
	/*
	 * Only a selector changes a base. On AMD's CPUs, it stays when a null
	 * selector is loaded: that cannot be told from them.
	 */
	if (boot_cpu_data.x86_vendor == X86_VENDOR_AMD ||
	    s->firmware.selectors != s->caller.selectors)
		read_bases(&s->firmware);
#endif
	load_user(&s->caller, &s->firmware);

#if EFI_PGD_BASE >= 612
	if (cpu_feature_enabled(X86_FEATURE_USER_SHSTK))
		write_msr(MSR_IA32_U_CET, s->u_cet);
#endif
	if (s->cr4)
#if EFI_PGD_BASE >= 601
		cr4_set_bits_irqsoff(s->cr4);
#else
		cr4_set_bits(s->cr4);
#endif
#if EFI_PGD_BASE >= 700
	if (s->no_cpuid)
		msr_set_bit(MSR_K7_HWCR, MSR_K7_HWCR_CPUID_USER_DIS_BIT);
#endif
#if EFI_PGD_BASE >= 601
	if (s->misc_features & MSR_MISC_FEATURES_ENABLES_CPUID_FAULT)
		write_msr(MSR_MISC_FEATURES_ENABLES, s->misc_features);
#endif
	if (sysenter_cs)
		write_msr(MSR_IA32_SYSENTER_CS, sysenter_cs);
	write_msr(MSR_EFER, s->efer);
	if (s->block_step)
		set_btf(true);
}

/*
 * The CPU traces branches and events into buffers in the entry area, which is not
 * mapped while firmware runs. A counter that is left to run without its buffer
 * overflows without a word: stop those, too.
 */
struct gate_trace {
	u64	debugctl;
	u64	pebs_enable;
	u64	global_ctrl;
};

#define DEBUGCTL_BTS	(DEBUGCTLMSR_TR | DEBUGCTLMSR_BTS | DEBUGCTLMSR_BTINT)

static __always_inline void stop_trace(struct gate_trace *t)
{
	t->debugctl = __rdmsr(MSR_IA32_DEBUGCTLMSR);
	if (t->debugctl & DEBUGCTL_BTS)
		write_msr(MSR_IA32_DEBUGCTLMSR, t->debugctl & ~DEBUGCTL_BTS);
	t->pebs_enable = 0;
	if (!cpu_feature_enabled(X86_FEATURE_PEBS) ||
	    !cpu_feature_enabled(X86_FEATURE_ARCH_PERFMON))
		return;
	t->pebs_enable = __rdmsr(MSR_IA32_PEBS_ENABLE);
	if (!t->pebs_enable)
		return;
	t->global_ctrl = __rdmsr(MSR_CORE_PERF_GLOBAL_CTRL);
	write_msr(MSR_CORE_PERF_GLOBAL_CTRL, t->global_ctrl & ~t->pebs_enable);
	write_msr(MSR_IA32_PEBS_ENABLE, 0);
}

static __always_inline void start_trace(const struct gate_trace *t)
{
	if (t->pebs_enable) {
		write_msr(MSR_IA32_PEBS_ENABLE, t->pebs_enable);
		write_msr(MSR_CORE_PERF_GLOBAL_CTRL, t->global_ctrl);
	}
	if (t->debugctl & DEBUGCTL_BTS)
		write_msr(MSR_IA32_DEBUGCTLMSR, t->debugctl);
}

/*
 * An NMI or a machine check that came meanwhile is handled when tracing is the
 * kernel's again, which the handler may change. INT uses the stack of the NMI and
 * its reentrance check, as the CPU would have. NMIs are blocked until the handler's
 * IRET, if there is no other before: nothing here may take an exception.
 */
#if EFI_PGD_BASE >= 601
static noinstr void enter_firmware(void)
#else
static noinline notrace __kprobes void enter_firmware(void)
#endif
{
	struct efi_gate_page *page = &efi_gate_page;
	struct gate_trace trace __uninitialized;
	unsigned long dr7;

	/* Breakpoints may be at any address, EFI's among them. */
	dr7 = local_db_save();
	if (cpu_feature_enabled(X86_FEATURE_DS))
		stop_trace(&trace);
#if EFI_PGD_BASE < 601
#if EFI_PGD_SUBLEVEL >= 180
	mds_user_clear_cpu_buffers();
#endif
	load_tables(gate_tables.gdt);
#endif
	efi_gate_enter();
#if EFI_PGD_BASE < 601
	load_tables(get_cpu_gdt_table(smp_processor_id()));
#endif
	if (cpu_feature_enabled(X86_FEATURE_DS))
		start_trace(&trace);
	if (page->nmi_pending) {
		page->nmi_pending = 0;
		asm volatile("int %0" : : "i" (X86_TRAP_NMI) : "memory");
	}
	/* After it: the IRET from this one would unblock NMIs, too. */
	if (page->mce_pending) {
		page->mce_pending = 0;
		asm volatile("int %0" : : "i" (X86_TRAP_MC) : "memory");
	}
	local_db_restore(dr7);
}

/* Interrupts are off. */
static void enter(void)
{
	struct efi_gate_page *page = &efi_gate_page;

#if EFI_PGD_BASE >= 601
	/*
	 * Nothing is flushed on the way back, as EFI has PCID 0, which the kernel
	 * does not use. An event that flushes is handled on the kernel's page
	 * tables; it may load others, so read each time.
	 */
	page->kernel_cr3 = __read_cr3();
	if (page->kernel_cr3 & X86_CR3_PCID_MASK &&
	    cr4_read_shadow() & X86_CR4_PCIDE)
		page->kernel_cr3 |= X86_CR3_PCID_NOFLUSH;
#else
	/*
	 * The kernel uses PCID 0, and so do these page tables: what is loaded
	 * flushes, there and back. An event is handled on the kernel's page tables,
	 * and may load others, so read each time.
	 */
	page->kernel_cr3 = read_cr3();
	/* Tracing of interrupts has another IDT, and may be switched meanwhile. */
	store_idt(&page->kernel_idt);
#endif
	page->fault = 0;
	page->vector = EFI_GATE_NOTHING;
	enter_firmware();
}

static size_t copy(u64 to, u64 from, size_t size)
{
	struct efi_gate_page *page = &efi_gate_page;
	size_t left;

	page->copy_to = to;
	page->copy_from = from;
	do {
		page->copy_left = size;
		enter();
	} while (page->copy_left && !page->fault);

	left = page->copy_left;
	page->copy_left = 0;
	return size - left;
}

/**
 * efi_gate_read() - read what firmware has at an address
 * @va:		in EFI's page tables
 * @buf:	where to put it
 * @size:	bytes, at most what efi_gate_page.buffer can hold
 *
 * Only what firmware can get at itself is got at for it: user pages.
 *
 * Context: Runtime services are locked, interrupts are off, descriptor tables are
 * there.
 * Return: the number of bytes before the first one that could not be read.
 */
size_t efi_gate_read(u64 va, void *buf, size_t size)
{
	size = min(size, sizeof(efi_gate_page.buffer));
	while (size && !efi_pt_is_user(efi_mm.pgd, va, size))
		size--;
	if (!size)
		return 0;

	size = copy((u64)efi_gate_page.buffer, va, size);
	memcpy(buf, efi_gate_page.buffer, size);
	return size;
}

/**
 * efi_gate_write() - write to where firmware could have written
 * @va:		in EFI's page tables
 * @buf:	what to write
 * @size:	bytes, at most what efi_gate_page.buffer can hold
 *
 * Context: As efi_gate_read().
 * Return: whether all of it was written.
 */
bool efi_gate_write(u64 va, const void *buf, size_t size)
{
	if (size > sizeof(efi_gate_page.buffer) ||
	    !efi_pt_is_user(efi_mm.pgd, va, size))
		return false;

	efi_gate_wx_write(va, size);
	memcpy(efi_gate_page.buffer, buf, size);
	return copy(va, (u64)efi_gate_page.buffer, size) == size;
}

#if EFI_PGD_BASE >= 601
/*
 * KVM announces with a token that a page is missing, and later, by an interrupt,
 * that it is there. The task that has waited takes the token off a list then. Who
 * did not wait has to do that when it may sleep, or it stays there.
 */
#define MAX_APF		16

static u32 apf_tokens[MAX_APF];
static unsigned int nr_apf_tokens;

static void note_apf(u32 token)
{
	if (nr_apf_tokens < MAX_APF)
		apf_tokens[nr_apf_tokens++] = token;
}

/**
 * efi_gate_settle() - catch up on what had to wait during a call
 *
 * Context: Process context, may sleep. Runtime services are locked.
 */
void efi_gate_settle(void)
{
	if (!nr_apf_tokens)
		return;

	local_irq_disable();
	while (nr_apf_tokens)
		kvm_async_pf_task_wait_schedule(apf_tokens[--nr_apf_tokens]);
	local_irq_enable();
}

#else
/*
 * KVM announces by a page fault that a page is missing, with a token, and later,
 * by another, that it is there, so that some other task can run meanwhile. Firmware
 * just tries again, and the host waits. Those who wait for other tokens are told.
 */
#define MAX_APF		16

static u32 apf_tokens[MAX_APF];
static unsigned int nr_apf_tokens;

static void apf_ready(u32 token)
{
	unsigned int i;

	for (i = 0; i < nr_apf_tokens; i++) {
		if (apf_tokens[i] != token)
			continue;
		apf_tokens[i] = apf_tokens[--nr_apf_tokens];
		return;
	}
	kvm_async_pf_task_wake(token);
}

static bool is_apf(u32 token)
{
	switch (kvm_read_and_reset_pf_reason()) {
	case KVM_PV_REASON_PAGE_NOT_PRESENT:
		if (nr_apf_tokens < MAX_APF)
			apf_tokens[nr_apf_tokens++] = token;
		return true;
	case KVM_PV_REASON_PAGE_READY:
		apf_ready(token);
		return true;
	}
	return false;
}

#endif
static void deliver_irq(struct gate_state *s, unsigned int vector)
{
	const gate_desc *idt = (gate_desc *)efi_gate_page.kernel_idt.address;

	gate_end(s);
#if EFI_PGD_BASE >= 601
	efi_gate_deliver_irq(gate_offset(&idt[vector]));
#else
	efi_gate_deliver_irq(gate_offset(idt[vector]));
#endif
#if EFI_PGD_BASE >= 700
	/* The handler does so only where it returns with interrupts on. */
	hrtimer_rearm_deferred();
#endif
	gate_begin(s);
}

/*
 * Firmware turns interrupts off around a few accesses that belong together, such
 * as those to an index and a data port. An interrupt that arrives then is held,
 * and firmware goes on with interrupts really off, instruction by instruction,
 * until it turns them on or has used up the number that it gets. STI is seen as
 * such; POPF is seen by the trap flag that it clears.
 */
#define MAX_STEPS	256

static bool may_deliver(struct gate_flags *f)
{
	return !f->cli || !f->steps;
}

static void deliver_held(struct gate_state *s, struct gate_flags *f)
{
	int vector = f->held;

	f->held = -1;
	f->cli = false;
	deliver_irq(s, vector);
}

/* What firmware is to be run with, for the gate's reasons */
static void set_flags(struct pt_regs *regs, const struct gate_flags *f)
{
	if (f->held >= 0 || f->own_page)
		regs->flags &= ~X86_EFLAGS_IF;
	if (f->held >= 0 || f->port || f->own_page)
		regs->flags |= X86_EFLAGS_TF;
	if (f->port)
		regs->flags |= X86_EFLAGS_IOPL;
}

/* Take that out again of what firmware was left with. */
static void clear_flags(struct pt_regs *regs, unsigned long if_flag)
{
	regs->flags &= ~(X86_EFLAGS_TF | X86_EFLAGS_IOPL);
	regs->flags |= if_flag;
}

/* A debug exception: is it one of the gate's own, or one that does not matter? */
static bool go_on_after_db(struct gate_flags *f, bool trap_flag)
{
	unsigned long dr6;

	/* Reset it, as the kernel's handler expects it. */
	get_debugreg(dr6, 6);
#if EFI_PGD_BASE >= 601
	set_debugreg(DR6_RESERVED, 6);
	dr6 ^= DR6_RESERVED;
#else
	set_debugreg(0, 6);
	dr6 &= ~(unsigned long)DR6_RESERVED;
#endif

	if (f->own_page)
		efi_gate_wx_stepped();

#if EFI_PGD_BASE >= 601
	if (dr6 & ~(DR_STEP | DR_BUS_LOCK) || !dr6)
		return false;
	if (!(dr6 & DR_STEP)) {
		f->own_page = false;
		return true;
	}
#else
	if (dr6 != DR_STEP)
		return false;
#endif

	if (!f->port && !f->own_page && f->held < 0)
		efi_gate_unusual(EFI_GATE_TRAP_FLAG, &efi_gate_page.regs);
	/* Interrupts wait for instructions, and not for parts of one. */
	if (f->held >= 0 && !f->port) {
		f->cli = trap_flag;
		if (!--f->steps)
			efi_gate_unusual(EFI_GATE_LONG_CLI, &efi_gate_page.regs);
	}
	f->port = false;
	f->own_page = false;
	return true;
}

/* Run the firmware until the call is over. Interrupts are off. */
static void run(struct gate_state *s, struct efi_gate_exit *e)
{
	struct efi_gate_page *page = &efi_gate_page;
	struct pt_regs *regs = &page->regs;
	unsigned long if_flag = regs->flags & X86_EFLAGS_IF;
	struct gate_flags flags = { .held = -1 };
	bool trap_flag;

	e->in_gate = false;
	e->returned = false;
	e->refused = NULL;
#if EFI_PGD_BASE >= 601
	store_idt(&page->kernel_idt);
#else
	/* What was not there when the last call ended is told to the kernel. */
	nr_apf_tokens = 0;
#endif
	for (;;) {
		if (flags.held >= 0 && may_deliver(&flags))
			deliver_held(s, &flags);
		set_flags(regs, &flags);
		enter();
		trap_flag = regs->flags & X86_EFLAGS_TF;
		clear_flags(regs, if_flag);

		if (page->fault) {
			e->vector = page->fault - 1;
			e->in_gate = true;
			break;
		}

		e->vector = page->vector;
		switch (page->vector) {
		case EFI_GATE_NOTHING:
		case X86_TRAP_NMI:
		case X86_TRAP_MC:
			continue;
		case EFI_GATE_IRQ:
			flags.held = regs->orig_ax + 128;
			flags.steps = MAX_STEPS;
			continue;
		case X86_TRAP_PF:
			/* The page is the host's to bring back: try again. */
#if EFI_PGD_BASE >= 601
			if (kvm_read_and_reset_apf_flags()) {
				note_apf(page->cr2);
				continue;
			}
#else
			if (is_apf(page->cr2))
				continue;
#endif
			switch (efi_gate_wx_fault(regs, page->cr2)) {
			case EFI_GATE_WX_NONE:
				break;
			case EFI_GATE_WX_STEP:
				flags.own_page = true;
				continue;
			case EFI_GATE_WX_CHANGED:
				/* Held interrupts do not wait for ever. */
				if (flags.held >= 0)
					flags.steps--;
				continue;
			}
			e->returned = regs->ip == EFI_GATE_RETURN &&
				      page->cr2 == EFI_GATE_RETURN;
			break;
		case X86_TRAP_UD:
		case X86_TRAP_GP:
			switch (efi_gate_emulate(page->vector, regs, &e->refused)) {
			case EFI_GATE_REFUSED:
				break;
			case EFI_GATE_PORT:
				flags.port = true;
				continue;
			case EFI_GATE_CLI:
				flags.cli = true;
				continue;
			case EFI_GATE_STI:
				flags.cli = false;
				continue;
			case EFI_GATE_DONE:
				continue;
			}
			break;
		case X86_TRAP_DB:
			if (go_on_after_db(&flags, trap_flag))
				continue;
			break;
#if EFI_PGD_BASE >= 601
		case X86_TRAP_NM:
			/* Not CR0.TS: a feature that is off for the caller. */
			if (cpu_feature_enabled(X86_FEATURE_XFD))
				write_msr(MSR_IA32_XFD_ERR, 0);
			break;
#endif
		}
		break;
	}

	if (flags.own_page)
		efi_gate_wx_stepped();
	if (flags.held >= 0)
		deliver_held(s, &flags);
	if (e->returned)
		return;

	e->cr2 = page->cr2;
	e->insn_size = efi_gate_read(regs->ip, e->insn, sizeof(e->insn));
}

/* The x64 calling convention; what it says is the caller's was 0 on entry. */
static const char *changed_registers(const struct gate_state *s)
{
	const struct pt_regs *r = &efi_gate_page.regs;
	const struct gate_user *u = &s->firmware;

	if (r->bx | r->bp | r->si | r->di | r->r12 | r->r13 | r->r14 | r->r15)
		return "registers that are its caller's";
	if (r->sp != EFI_GATE_STACK + EFI_GATE_STACK_SIZE - (FW_FRAME_WORDS - 1) * 8)
		return "RSP";
	if (r->flags & X86_EFLAGS_DF)
		return "RFLAGS.DF";
	if (r->flags & (X86_EFLAGS_AC | X86_EFLAGS_NT))
		return "RFLAGS";
	if (r->cs != __USER_CS || r->ss != __USER_DS)
		return "CS or SS";
	/* Null selectors lose their privilege level by themselves. */
	if ((u->selectors ^ s->caller.selectors) & ~0x0003000300030003ULL)
		return "DS, ES, FS or GS";
	if (u->fsbase | u->gsbase)
		return "the base of FS or GS";
#if EFI_PGD_BASE >= 601
	if (u->pkru)
		return "PKRU";
#endif
	return NULL;
}

/*
 * Calls
 */

static void prepare(u64 addr, const u64 *args)
{
	struct pt_regs *regs = &efi_gate_page.regs;
	u64 *frame = fw_stack + EFI_GATE_STACK_SIZE - FW_FRAME_WORDS * 8;

	/* What is not an argument is 0, and so nothing of the kernel's. */
	memset64((u64 *)regs, 0, offsetof(struct pt_regs, orig_ax) / sizeof(u64));
	regs->cx = args[0];
	regs->dx = args[1];
	regs->r8 = args[2];
	regs->r9 = args[3];
	frame[5] = args[4];
	frame[0] = EFI_GATE_RETURN;
	regs->sp = EFI_GATE_STACK + EFI_GATE_STACK_SIZE - FW_FRAME_WORDS * 8;
	regs->ip = addr;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = X86_EFLAGS_FIXED;
	if (!irqs_disabled())
		regs->flags |= X86_EFLAGS_IF;
}

/**
 * efi_gate_call_addr() - call a function of the firmware
 * @service:	what it is, for reports
 * @addr:	where it is, in EFI's page tables
 * @args:	EFI_GATE_MAX_ARGS arguments, 0 for those it does not have; addresses
 *		in the argument area are those that firmware sees
 *
 * The calling convention is that of the UEFI specification, "x64 Platforms".
 * Firmware is interrupted for interrupts, if they are on.
 *
 * Context: Any; in an NMI, the gate's own have to wait until it returns. Runtime
 * services are locked.
 * Return: what the firmware returned, EFI_ABORTED if it took an exception.
 */
efi_status_t efi_gate_call_addr(enum efi_gate_service service, u64 addr,
				const u64 *args)
{
	static unsigned long said;
	struct efi_gate_exit e __uninitialized;
	struct gate_state s __uninitialized;
	const char *changed;
	unsigned long flags;
	int err;

	/* An address that the firmware's table does not have, or that is not one */
	if (!addr)
		return EFI_UNSUPPORTED;

	prepare(addr, args);

	efi_fpu_begin();
	firmware_restrict_branch_speculation_start();
	local_irq_save(flags);
	err = use_this_cpu();
	if (!err) {
		efi_gate_running(service, current);
		gate_init_state(&s);
		gate_begin(&s);
		run(&s, &e);
		gate_end(&s);
		efi_gate_running(service, NULL);
	}
	local_irq_restore(flags);
	firmware_restrict_branch_speculation_end();
	efi_fpu_end();

	if (err)
		return EFI_OUT_OF_RESOURCES;

	if (e.returned) {
		changed = changed_registers(&s);
		if (changed && !test_and_set_bit(service, &said))
			pr_warn(FW_BUG "%s returned with %s changed\n",
				efi_gate_service_name(service), changed);
		return efi_gate_page.regs.ax;
	}

#if EFI_PGD_BASE >= 601
	if (service == EFI_GATE_PRM_HANDLER)
		efi_gate_prm_off = true;
	else
		clear_bit(EFI_RUNTIME_SERVICES, &efi.flags);
#else
	clear_bit(EFI_RUNTIME_SERVICES, &efi.flags);
#endif
	add_taint(TAINT_FIRMWARE_WORKAROUND, LOCKDEP_STILL_OK);
	efi_gate_report(service, &e);
	return EFI_ABORTED;
}

/**
 * efi_gate_call() - call a runtime service
 * @service:	which
 * @args:	its arguments
 *
 * As efi_gate_call_addr(), with the address from the table of runtime services.
 */
efi_status_t efi_gate_call(enum efi_gate_service service, const u64 *args)
{
	/* The functions follow the header, in the order of the enum. */
	const u64 *table = (void *)&fw_services + sizeof(fw_services.hdr);

	BUILD_BUG_ON(sizeof(fw_services) < sizeof(fw_services.hdr) +
		     EFI_GATE_TABLE_SERVICES * sizeof(*table));

	return efi_gate_call_addr(service, table[service], args);
}

/*
 * Setting up
 */

static int __init map_gate(void)
{
	pgd_t *root = efi_mm.pgd;
	int err;

	err = efi_pt_map(root, (u64)efi_gate_text, __pa_symbol(efi_gate_text),
			 efi_gate_text_size, 0);
	if (!err)
		err = efi_pt_map(root, (u64)&efi_gate_page,
				 __pa_symbol(&efi_gate_page), PAGE_SIZE,
				 _PAGE_RW | _PAGE_NX);
	if (!err)
		err = efi_pt_map(root, (u64)gate_idt, __pa_symbol(gate_idt),
				 sizeof(gate_idt), _PAGE_NX);
#if EFI_PGD_BASE < 601
	/* The CPU marks descriptors as accessed. */
	if (!err)
		err = efi_pt_map(root, (u64)&gate_tables,
				 __pa_symbol(&gate_tables),
				 sizeof(gate_tables), _PAGE_RW | _PAGE_NX);
#endif
	if (!err)
		err = efi_pt_map(root, EFI_GATE_STACK, __pa(fw_stack), EFI_GATE_STACK_SIZE,
				 FW_DATA);
	if (!err)
		err = efi_gate_args_init();
	return err;
}

static void __init make_idt(void)
{
	unsigned long stub;
	unsigned int i;

	for (i = 0; i < EFI_GATE_VECTORS; i++) {
		if (i < EFI_GATE_EXCEPTIONS)
			stub = (unsigned long)efi_gate_exc_stubs +
			       i * EFI_GATE_EXC_STUB;
		else
			stub = (unsigned long)efi_gate_irq_stubs +
			       (i - EFI_GATE_EXCEPTIONS) * EFI_GATE_IRQ_STUB;
		/* INT3 is a breakpoint; INT n is a general protection fault. */
		pack_gate(&gate_idt[i], GATE_INTERRUPT, stub,
			  i == X86_TRAP_BP ? 3 : 0, 0, __KERNEL_CS);
	}
	set_memory_ro((unsigned long)gate_idt, 1);
	efi_gate_page.idt.size = sizeof(gate_idt) - 1;
	efi_gate_page.idt.address = (unsigned long)gate_idt;
}

#if EFI_PGD_BASE < 601
static void __init make_tss(void)
{
	struct tss_struct *tss = &gate_tables.tss;

	tss->x86_tss.sp0 = (u64)(&efi_gate_page.regs + 1);
	/* All ports are open. The CPU reads a byte beyond the last one. */
	tss->x86_tss.io_bitmap_base = IO_BITMAP_OFFSET;
	tss->io_bitmap[IO_BITMAP_LONGS] = ~0UL;
}

efi_memory_desc_t *efi_gate_regions;
unsigned int efi_gate_nr_regions;

static bool __init is_runtime(const efi_memory_desc_t *md)
{
	return md->attribute & EFI_MEMORY_RUNTIME && !efi_boot_region_not_ours(md);
}

static int __init keep_regions(void)
{
	efi_memory_desc_t *md;
	unsigned int nr = 0;
	void *p;

	for (p = memmap.map; p < memmap.map_end; p += memmap.desc_size)
		nr += is_runtime(p);

	efi_gate_regions = kcalloc(nr, sizeof(*efi_gate_regions), GFP_KERNEL);
	if (!efi_gate_regions)
		return -ENOMEM;

	for (p = memmap.map; p < memmap.map_end; p += memmap.desc_size) {
		md = p;
		if (is_runtime(md))
			efi_gate_regions[efi_gate_nr_regions++] = *md;
	}
	return 0;
}

#endif
/**
 * efi_gate_init() - set up the gate
 *
 * The page tables of EFI were allocated, and its regions are mapped.
 *
 * Context: Process context, at boot.
 * Return: 0 or -ENOMEM.
 */
int __init efi_gate_init(void)
{
	int err;

	BUILD_BUG_ON(sizeof(struct efi_gate_page) != PAGE_SIZE);
	BUILD_BUG_ON(sizeof(gate_idt) != PAGE_SIZE);

	fw_stack = alloc_pages_exact(EFI_GATE_STACK_SIZE,
				     GFP_KERNEL | __GFP_ZERO);
	if (!fw_stack)
		return -ENOMEM;

	make_idt();
#if EFI_PGD_BASE < 601
	make_tss();
#endif
	efi_gate_page.efi_cr3 = __pa(efi_mm.pgd);
	if (boot_cpu_has(X86_FEATURE_SEP))
		sysenter_cs = __rdmsr(MSR_IA32_SYSENTER_CS);
#if EFI_PGD_BASE >= 601
	err = efi_pt_reserve(EFI_GATE_SPARE_TABLES, GFP_KERNEL) ?: map_gate();
#else
	err = keep_regions() ?: map_gate();
#endif
	if (!err)
		pr_info("runtime services are isolated: CPL 3, page tables without the kernel\n");
	return err;
}

/**
 * efi_gate_load_services() - read the firmware's table of runtime services
 * @table:	address of the table in EFI's page tables
 *
 * To be called again when SetVirtualAddressMap() has changed the addresses. The
 * header of the table says how many services it has: those that an earlier
 * revision of the specification does not know are left out.
 *
 * Context: Process context, at boot.
 * Return: 0, or -EFAULT if there is no table.
 */
int __init efi_gate_load_services(u64 table)
{
	const efi_table_hdr_t *hdr = &fw_services.hdr;
	unsigned long flags;
	size_t size = 0;

	BUILD_BUG_ON(sizeof(fw_services) > sizeof(efi_gate_page.buffer));

	memset(&fw_services, 0, sizeof(fw_services));
	local_irq_save(flags);
#if EFI_PGD_BASE >= 601
	store_idt(&efi_gate_page.kernel_idt);
#endif
	if (!use_this_cpu())
		size = efi_gate_read(table, &fw_services, sizeof(fw_services));
	local_irq_restore(flags);

	if (size < sizeof(*hdr)) {
		pr_err(FW_BUG "no runtime services table at 0x%llx\n", table);
		return -EFAULT;
	}
	if (hdr->headersize >= sizeof(*hdr) && hdr->headersize < size)
		memset((void *)&fw_services + hdr->headersize, 0,
		       size - hdr->headersize);
	return 0;
}

#if EFI_PGD_BASE < 601
/**
 * efi_isolation_load() - find the runtime services
 * @systab_phys:	physical address of the system table
 *
 * To be called again when SetVirtualAddressMap() has changed the addresses.
 *
 * Context: Process context, at boot.
 * Return: 0, -ENOMEM, or -EFAULT if there is no table of runtime services.
 */
int __init efi_isolation_load(u64 systab_phys)
{
	efi_system_table_t *systab;
	u64 table;

	systab = early_memremap(systab_phys, sizeof(*systab));
	if (!systab)
		return -ENOMEM;
	table = (u64)systab->runtime;
	early_memunmap(systab, sizeof(*systab));

	return efi_gate_load_services(table);
}

/**
 * efi_isolation_setup() - make everything ready for calls of isolated firmware
 * @systab_phys:	physical address of the system table
 *
 * Context: Process context, at boot, when the regions of EFI are mapped.
 * Return: as efi_isolation_load().
 */
int __init efi_isolation_setup(u64 systab_phys)
{
	int err = efi_gate_init() ?: efi_isolation_load(systab_phys);

	if (err)
		pr_err("Failed to set up the isolation of runtime services\n");
	return err;
}

#endif
/*
 * Whether to
 */

bool efi_isolated __ro_after_init;
static bool noisolate __initdata;

static int __init parse_efi_noisolate(char *str)
{
	if (parse_option_str(str, "noisolate"))
		noisolate = true;
	return 0;
}
early_param("efi", parse_efi_noisolate);

static const char *__init why_not(void)
{
	if (noisolate)
		return "efi=noisolate";
	if (efi_enabled(EFI_PARAVIRT))
		return "Xen makes the calls";
	if (!efi_enabled(EFI_64BIT))
		return "32-bit firmware";
#if EFI_PGD_BASE >= 601
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return "memory is encrypted";
	if (is_early_uv_system())
		return "SGI UV";
#else
	if (efi_enabled(EFI_OLD_MEMMAP))
		return "efi=old_map";
	if (is_uv_system())
		return "SGI UV";
#endif
#if EFI_PGD_BASE >= 612
	if (cpu_feature_enabled(X86_FEATURE_FRED))
		return "FRED";
#endif
	return NULL;
}

/**
 * efi_isolation_select() - decide whether firmware runs at CPL 3
 *
 * Makes efi_is_isolated() tell, and says why not in the kernel log.
 *
 * Context: At boot, before the page tables of EFI are allocated.
 */
void __init efi_isolation_select(void)
{
	const char *reason = why_not();

	if (reason) {
		pr_info("runtime services are not isolated: %s\n", reason);
		return;
	}

	efi_isolated = true;
}
