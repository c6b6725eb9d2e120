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

#include <linux/cc_platform.h>
#include <linux/efi.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/set_memory.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/cpu_entry_area.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/efi.h>
#include <asm/fsgsbase.h>
#include <asm/insn.h>
#include <asm/kvm_para.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>
#include <asm/tlbflush.h>
#include <asm/trapnr.h>
#include <asm/uv/uv.h>

#include "gate.h"
#include "gate_entry.h"
#include "pgtable.h"

/*
 * Addresses of firmware's stack and arguments: in the hole that the kernel's
 * address space has below the window for EFI regions. The first page is never
 * mapped: to jump there is to return from the call.
 */
#define FW_RETURN		EFI_GATE_BASE
#define FW_STACK		(EFI_GATE_BASE + PAGE_SIZE)
#define FW_STACK_SIZE		SZ_16K
#define FW_LARGE_ARGS		(EFI_GATE_BASE + PMD_SIZE)

#define FW_DATA			(_PAGE_RW | _PAGE_NX | _PAGE_USER)

/* Return address, space for four register arguments, the rest, alignment */
#define FW_FRAME_WORDS		9

/*
 * Page tables that are kept for changes while a call is made: those of a CPU's
 * entry area, which may begin in one table of each level and end in the next.
 */
#define SPARE_TABLES		5

/* The part of a TSS that the CPU looks at */
#define TSS_SIZE		PAGE_ALIGN(__KERNEL_TSS_LIMIT + 1)

struct efi_gate_page efi_gate_page __page_aligned_data;
static gate_desc gate_idt[EFI_GATE_VECTORS] __page_aligned_bss;

static void *fw_stack;
static int gate_cpu = -1;

/* After the slots, arguments are allocated from the start to the end. */
#define ARGS_START		(EFI_GATE_MAX_ARGS * EFI_GATE_SLOT)

void *efi_gate_args;
static size_t args_used = ARGS_START;

/* Arguments that do not fit there */
static struct fw_large_arg {
	void	*mem;
	u64	va;
	size_t	size;
} fw_large_args[8];
static unsigned int fw_nr_large_args;

/* "RUNTSERV"; the kernel's EFI_RUNTIME_SERVICES_SIGNATURE lacks a digit. */
#define RUNTIME_SERVICES_SIGNATURE	0x56524553544e5552ULL

/* The firmware's table of runtime services, with virtual addresses in it */
static efi_runtime_services_t fw_services;

static const char * const service_names[EFI_GATE_SERVICES] = {
	[EFI_GATE_GET_TIME]			= "GetTime",
	[EFI_GATE_SET_TIME]			= "SetTime",
	[EFI_GATE_GET_WAKEUP_TIME]		= "GetWakeupTime",
	[EFI_GATE_SET_WAKEUP_TIME]		= "SetWakeupTime",
	[EFI_GATE_SET_VIRTUAL_ADDRESS_MAP]	= "SetVirtualAddressMap",
	[EFI_GATE_CONVERT_POINTER]		= "ConvertPointer",
	[EFI_GATE_GET_VARIABLE]			= "GetVariable",
	[EFI_GATE_GET_NEXT_VARIABLE]		= "GetNextVariableName",
	[EFI_GATE_SET_VARIABLE]			= "SetVariable",
	[EFI_GATE_GET_NEXT_HIGH_MONO_COUNT]	= "GetNextHighMonotonicCount",
	[EFI_GATE_RESET_SYSTEM]			= "ResetSystem",
	[EFI_GATE_UPDATE_CAPSULE]		= "UpdateCapsule",
	[EFI_GATE_QUERY_CAPSULE_CAPS]		= "QueryCapsuleCapabilities",
	[EFI_GATE_QUERY_VARIABLE_INFO]		= "QueryVariableInfo",
	[EFI_GATE_PRM_HANDLER]			= "PRM handler",
};

/**
 * efi_gate_service_name() - the name of a runtime service
 * @service: the service
 *
 * Context: Any.
 * Return: The name that the UEFI specification has for it, for messages.
 */
const char *efi_gate_service_name(enum efi_gate_service service)
{
	return service_names[service];
}

/* What firmware can change at CPL 3 and the kernel or the caller relies on */
struct gate_task {
	unsigned short	ss, ds, es, fs, gs;
	unsigned long	fsbase, gsbase;
	u64		efer;
	u64		sysenter_cs;
	u64		misc_features;
	u64		u_cet;
	u32		pkru;
	bool		tsd;
	u64		sp0;
	u16		io_bitmap_base;
};

/* How a call ended; the registers are in efi_gate_page */
struct gate_exit {
	u64		cr2;
	unsigned int	vector;
	bool		in_gate;	/* the exception was in the gate itself */
	bool		returned;
	const char	*refused;	/* privileged instruction, if one was the reason */
	u8		insn[MAX_INSN_SIZE];
	size_t		insn_size;
};

/*
 * The argument area
 */

/**
 * efi_gate_args_reset() - empty the argument area
 *
 * At the end of a call: the next one may be in a context where large arguments
 * of this one cannot be freed.
 *
 * Context: Runtime services are locked. As the call that the arguments were of.
 */
void efi_gate_args_reset(void)
{
	struct fw_large_arg *arg;

	args_used = ARGS_START;
	while (fw_nr_large_args) {
		arg = &fw_large_args[--fw_nr_large_args];
		efi_pt_unmap(efi_mm.pgd, arg->va, arg->size);
		if (is_vmalloc_addr(arg->mem))
			vfree(arg->mem);
		else
			free_pages_exact(arg->mem, arg->size);
	}
}

static int map_large_arg(struct fw_large_arg *arg, gfp_t gfp)
{
	u64 pa, offset;
	void *mem;
	int err;

	err = efi_pt_reserve(SPARE_TABLES + arg->size / PMD_SIZE + 2, gfp);
	for (offset = 0; !err && offset < arg->size; offset += PAGE_SIZE) {
		mem = arg->mem + offset;
		pa = is_vmalloc_addr(mem) ?
			PFN_PHYS(vmalloc_to_pfn(mem)) : virt_to_phys(mem);
		err = efi_pt_map(efi_mm.pgd, arg->va + offset, pa, PAGE_SIZE,
				 FW_DATA);
	}
	return err;
}

static noinline void *alloc_large_arg(size_t size, u64 *addr, gfp_t gfp)
{
	struct fw_large_arg *arg = &fw_large_args[fw_nr_large_args];

	if (size > EFI_GATE_ARGS_MAX ||
	    fw_nr_large_args == ARRAY_SIZE(fw_large_args))
		return NULL;

	/* A dump that needs more than there is set aside may come from anywhere. */
	if (in_nmi() || (IS_ENABLED(CONFIG_PREEMPT_RT) && irqs_disabled()))
		return NULL;

	/* Each has room for the largest, and a page that is not mapped before it. */
	arg->va = FW_LARGE_ARGS + PAGE_SIZE +
		  fw_nr_large_args * (EFI_GATE_ARGS_MAX + PMD_SIZE);
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

/*
 * Entering and leaving
 */

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

static int map_this_cpu(void)
{
	int cpu = smp_processor_id();

	return cpu == gate_cpu ? 0 : map_cpu(cpu);
}

/*
 * Interrupts are off, and stay off in between these two. MSRs are accessed without
 * the tracepoints and hooks of others: it is for every call, and never for Xen PV.
 */
static void gate_begin(struct gate_task *t)
{
	struct x86_hw_tss *tss = this_cpu_ptr(&cpu_tss_rw.x86_tss);

	savesegment(ss, t->ss);
	savesegment(ds, t->ds);
	savesegment(es, t->es);
	savesegment(fs, t->fs);
	savesegment(gs, t->gs);
	t->fsbase = x86_fsbase_read_cpu();
	t->gsbase = x86_gsbase_read_cpu_inactive();
	if (t->fsbase)
		x86_fsbase_write_cpu(0);
	if (t->gsbase)
		x86_gsbase_write_cpu_inactive(0);

	/* SYSCALL is an invalid opcode, SYSENTER a general protection fault. */
	t->efer = __rdmsr(MSR_EFER);
	native_wrmsrl(MSR_EFER, t->efer & ~EFER_SCE);
	if (boot_cpu_has(X86_FEATURE_SEP)) {
		t->sysenter_cs = __rdmsr(MSR_IA32_SYSENTER_CS);
		native_wrmsrl(MSR_IA32_SYSENTER_CS, 0);
	}

	/* What the caller has forbidden itself does not apply to firmware. */
	t->misc_features = this_cpu_read(msr_misc_features_shadow);
	if (t->misc_features & MSR_MISC_FEATURES_ENABLES_CPUID_FAULT)
		native_wrmsrl(MSR_MISC_FEATURES_ENABLES, t->misc_features &
		       ~MSR_MISC_FEATURES_ENABLES_CPUID_FAULT);
	t->tsd = cr4_read_shadow() & X86_CR4_TSD;
	if (t->tsd)
		cr4_clear_bits_irqsoff(X86_CR4_TSD);
	if (cpu_feature_enabled(X86_FEATURE_OSPKE)) {
		t->pkru = rdpkru();
		wrpkru(0);
	}
#if EFI_PGD_BASE >= 612
	if (cpu_feature_enabled(X86_FEATURE_USER_SHSTK)) {
		t->u_cet = __rdmsr(MSR_IA32_U_CET);
		native_wrmsrl(MSR_IA32_U_CET, 0);
	}
#endif

	/* Events at CPL 3 go to the gate's stack; all ports are open. */
	t->sp0 = tss->sp0;
	tss->sp0 = (u64)(&efi_gate_page.regs + 1);
	t->io_bitmap_base = tss->io_bitmap_base;
	if (IS_ENABLED(CONFIG_X86_IOPL_IOPERM)) {
		tss->io_bitmap_base = IO_BITMAP_OFFSET_VALID_ALL;
		/* A VM exit cuts it. */
		refresh_tss_limit();
	}
}

/* Put back what firmware, and gate_begin(), have changed. */
static const char *gate_end(const struct gate_task *t)
{
	struct x86_hw_tss *tss = this_cpu_ptr(&cpu_tss_rw.x86_tss);
	const char *changed = NULL;
	unsigned short sel;

	tss->sp0 = t->sp0;
	tss->io_bitmap_base = t->io_bitmap_base;

	/* Events at CPL 3 make SS null, and so it is left where it was not. */
	loadsegment(ss, t->ss);
	savesegment(ds, sel);
	if (sel != t->ds) {
		loadsegment(ds, t->ds);
		changed = "DS";
	}
	savesegment(es, sel);
	if (sel != t->es) {
		loadsegment(es, t->es);
		changed = "ES";
	}
	savesegment(fs, sel);
	if (sel != t->fs) {
		loadsegment(fs, t->fs);
		changed = "FS";
	}
	savesegment(gs, sel);
	if (sel != t->gs) {
		load_gs_index(t->gs);
		changed = "GS";
	}
	/* Without instructions for it, only a selector changes a base. */
	if (boot_cpu_has(X86_FEATURE_FSGSBASE)) {
		if (x86_fsbase_read_cpu())
			changed = "FS base";
		if (x86_gsbase_read_cpu_inactive())
			changed = "GS base";
	}
	x86_fsbase_write_cpu(t->fsbase);
	x86_gsbase_write_cpu_inactive(t->gsbase);

#if EFI_PGD_BASE >= 612
	if (cpu_feature_enabled(X86_FEATURE_USER_SHSTK))
		native_wrmsrl(MSR_IA32_U_CET, t->u_cet);
#endif
	if (cpu_feature_enabled(X86_FEATURE_OSPKE)) {
		if (rdpkru())
			changed = "PKRU";
		wrpkru(t->pkru);
	}
	if (t->tsd)
		cr4_set_bits_irqsoff(X86_CR4_TSD);
	if (t->misc_features & MSR_MISC_FEATURES_ENABLES_CPUID_FAULT)
		native_wrmsrl(MSR_MISC_FEATURES_ENABLES, t->misc_features);
	if (boot_cpu_has(X86_FEATURE_SEP))
		native_wrmsrl(MSR_IA32_SYSENTER_CS, t->sysenter_cs);
	native_wrmsrl(MSR_EFER, t->efer);
	return changed;
}

/*
 * The CPU traces branches and events into buffers in the entry area, which is not
 * mapped while firmware runs. On its way, a debug exception clears DEBUGCTL.BTF.
 */
struct gate_trace {
	u64	debugctl;
	u64	pebs_enable;
};

static void stop_trace(struct gate_trace *t)
{
	rdmsrl(MSR_IA32_DEBUGCTLMSR, t->debugctl);
	if (t->debugctl)
		wrmsrl(MSR_IA32_DEBUGCTLMSR, 0);
	if (!boot_cpu_has(X86_FEATURE_PEBS))
		return;
	rdmsrl(MSR_IA32_PEBS_ENABLE, t->pebs_enable);
	if (t->pebs_enable)
		wrmsrl(MSR_IA32_PEBS_ENABLE, 0);
}

static void start_trace(const struct gate_trace *t)
{
	if (boot_cpu_has(X86_FEATURE_PEBS) && t->pebs_enable)
		wrmsrl(MSR_IA32_PEBS_ENABLE, t->pebs_enable);
	if (t->debugctl)
		wrmsrl(MSR_IA32_DEBUGCTLMSR, t->debugctl);
}

/* Interrupts are off. */
static void enter(void)
{
	struct efi_gate_page *page = &efi_gate_page;
	struct gate_trace trace EFI_GATE_UNINIT;
	unsigned long dr7;

	/*
	 * Nothing is flushed on the way back, as EFI has PCID 0, which the kernel
	 * does not use. An event that flushes is handled on the kernel's page
	 * tables; it may load others, so read each time.
	 */
	page->kernel_cr3 = __read_cr3();
	if (page->kernel_cr3 & X86_CR3_PCID_MASK &&
	    cr4_read_shadow() & X86_CR4_PCIDE)
		page->kernel_cr3 |= X86_CR3_PCID_NOFLUSH;
	page->fault = 0;
	page->vector = EFI_GATE_NOTHING;

	/* Breakpoints may be at any address, EFI's among them. */
	dr7 = local_db_save();
	if (boot_cpu_has(X86_FEATURE_DS))
		stop_trace(&trace);
	efi_gate_enter();
	if (boot_cpu_has(X86_FEATURE_DS))
		start_trace(&trace);
	local_db_restore(dr7);
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
 * Context: Runtime services are locked, interrupts are off, map_this_cpu() was
 * called.
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

	memcpy(efi_gate_page.buffer, buf, size);
	return copy(va, (u64)efi_gate_page.buffer, size) == size;
}

static void deliver_irq(unsigned int vector)
{
	const gate_desc *idt = (gate_desc *)efi_gate_page.kernel_idt.address;

	efi_gate_deliver_irq(gate_offset(&idt[vector]));
}

/* Run the firmware until the call is over. Interrupts are off. */
static void run(struct gate_exit *e)
{
	struct efi_gate_page *page = &efi_gate_page;
	struct pt_regs *regs = &page->regs;
	unsigned long dr6;

	e->in_gate = false;
	e->returned = false;
	e->refused = NULL;
	store_idt(&page->kernel_idt);
	for (;;) {
		enter();

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
			deliver_irq(regs->orig_ax + 128);
			continue;
		case X86_TRAP_PF:
			/* The page is the host's to bring back: try again. */
			if (kvm_read_and_reset_apf_flags())
				continue;
			e->returned = regs->ip == FW_RETURN &&
				      page->cr2 == FW_RETURN;
			break;
		case X86_TRAP_GP:
			if (efi_gate_emulate(regs, &e->refused))
				continue;
			break;
		case X86_TRAP_DB:
			/* Reset it, as the kernel's handler expects it. */
			get_debugreg(dr6, 6);
			set_debugreg(DR6_RESERVED, 6);
			if ((dr6 ^ DR6_RESERVED) == DR_BUS_LOCK)
				continue;
			break;
		case X86_TRAP_NM:
			/* Not CR0.TS: a feature that is off for the caller. */
			if (cpu_feature_enabled(X86_FEATURE_XFD))
				wrmsrl(MSR_IA32_XFD_ERR, 0);
			break;
		}
		break;
	}

	if (e->returned)
		return;

	e->cr2 = page->cr2;
	e->insn_size = efi_gate_read(regs->ip, e->insn, sizeof(e->insn));
}

/*
 * Reports
 */

static const char *const exception_names[EFI_GATE_EXCEPTIONS] = {
	[X86_TRAP_DE]	= "divide error",
	[X86_TRAP_DB]	= "debug exception",
	[X86_TRAP_BP]	= "breakpoint",
	[X86_TRAP_UD]	= "invalid opcode",
	[X86_TRAP_NM]	= "device not available",
	[X86_TRAP_TS]	= "invalid TSS",
	[X86_TRAP_NP]	= "segment not present",
	[X86_TRAP_SS]	= "stack-segment fault",
	[X86_TRAP_GP]	= "general protection fault",
	[X86_TRAP_PF]	= "page fault",
	[X86_TRAP_MF]	= "x87 floating-point exception",
	[X86_TRAP_AC]	= "alignment check",
	[X86_TRAP_XF]	= "SIMD floating-point exception",
	[X86_TRAP_CP]	= "control protection exception",
};

static const char *region_name(u64 addr, u64 *start)
{
	efi_memory_desc_t *md;
	u64 size;

	for_each_efi_memory_desc(md) {
		size = md->num_pages << EFI_PAGE_SHIFT;
		*start = md->phys_addr;
		if (addr - *start >= size)
			*start = md->virt_addr;
		if (addr - *start >= size)
			continue;

		switch (md->type) {
		case EFI_RUNTIME_SERVICES_CODE:
			return "runtime services code";
		case EFI_RUNTIME_SERVICES_DATA:
			return "runtime services data";
		case EFI_BOOT_SERVICES_CODE:
		case EFI_BOOT_SERVICES_DATA:
			return "boot services memory";
		default:
			return "an EFI region";
		}
	}

	*start = addr & PAGE_MASK;
	if (addr - FW_STACK < FW_STACK_SIZE)
		return "the stack";
	if (addr - EFI_GATE_ARGS < EFI_GATE_ARGS_SIZE)
		return "the arguments";
	return "no EFI region";
}

static void report(enum efi_gate_service service, const struct gate_exit *e)
{
	const struct pt_regs *r = &efi_gate_page.regs;
	const char *name = NULL, *region;
	u64 start;

	if (e->vector < EFI_GATE_EXCEPTIONS)
		name = exception_names[e->vector];
	region = region_name(r->ip, &start);

	pr_err(FW_BUG "%s: %s%s%s in %s at 0x%llx + 0x%llx\n",
	       efi_gate_service_name(service), name ?: "exception",
	       e->refused ? ", refused: " : "", e->refused ?: "",
	       e->in_gate ? "the gate, bound for" : region, start,
	       r->ip - start);
	pr_err("vector %u, error code 0x%lx, CR2 0x%llx, code %*ph\n",
	       e->vector, r->orig_ax, e->cr2, (int)e->insn_size, e->insn);
	pr_err("RIP %04x:%016lx RSP %04x:%016lx RFLAGS %08lx\n",
	       (u16)r->cs, r->ip, (u16)r->ss, r->sp, r->flags);
	pr_err("RAX %016lx RBX %016lx RCX %016lx RDX %016lx\n",
	       r->ax, r->bx, r->cx, r->dx);
	pr_err("RSI %016lx RDI %016lx RBP %016lx R8  %016lx\n",
	       r->si, r->di, r->bp, r->r8);
	pr_err("R9  %016lx R10 %016lx R11 %016lx R12 %016lx\n",
	       r->r9, r->r10, r->r11, r->r12);
	pr_err("R13 %016lx R14 %016lx R15 %016lx\n",
	       r->r13, r->r14, r->r15);
	pr_err("the call was ended, and EFI runtime services are off from now on\n");
}

/* The x64 calling convention; what it says is the caller's was 0 on entry. */
static const char *changed_registers(void)
{
	const struct pt_regs *r = &efi_gate_page.regs;

	if (r->bx | r->bp | r->si | r->di | r->r12 | r->r13 | r->r14 | r->r15)
		return "registers that are its caller's";
	if (r->sp != FW_STACK + FW_STACK_SIZE - (FW_FRAME_WORDS - 1) * 8)
		return "RSP";
	if (r->flags & X86_EFLAGS_DF)
		return "RFLAGS.DF";
	if (r->flags & (X86_EFLAGS_AC | X86_EFLAGS_NT | X86_EFLAGS_TF))
		return "RFLAGS";
	if (r->cs != __USER_CS || r->ss != __USER_DS)
		return "CS or SS";
	return NULL;
}

/*
 * Calls
 */

static void prepare(u64 addr, const u64 *args)
{
	struct pt_regs *regs = &efi_gate_page.regs;
	u64 *frame = fw_stack + FW_STACK_SIZE - FW_FRAME_WORDS * 8;

	/* What is not an argument is 0, and so nothing of the kernel's. */
	memset64((u64 *)regs, 0, offsetof(struct pt_regs, orig_ax) / sizeof(u64));
	regs->cx = args[0];
	regs->dx = args[1];
	regs->r8 = args[2];
	regs->r9 = args[3];
	frame[5] = args[4];
	frame[0] = FW_RETURN;
	regs->sp = FW_STACK + FW_STACK_SIZE - FW_FRAME_WORDS * 8;
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
	const char *changed = NULL;
	struct gate_task task EFI_GATE_UNINIT;
	struct gate_exit e EFI_GATE_UNINIT;
	unsigned long flags;
	int err;

	prepare(addr, args);

	efi_fpu_begin();
	firmware_restrict_branch_speculation_start();
	local_irq_save(flags);
	err = map_this_cpu();
	if (!err) {
		gate_begin(&task);
		run(&e);
		changed = gate_end(&task);
	}
	local_irq_restore(flags);
	firmware_restrict_branch_speculation_end();
	efi_fpu_end();

	if (err)
		return EFI_OUT_OF_RESOURCES;

	if (e.returned) {
		changed = changed_registers() ?: changed;
		if (changed && !test_and_set_bit(service, &said))
			pr_warn(FW_BUG "%s returned with %s changed\n",
				efi_gate_service_name(service), changed);
		return efi_gate_page.regs.ax;
	}

	clear_bit(EFI_RUNTIME_SERVICES, &efi.flags);
	add_taint(TAINT_FIRMWARE_WORKAROUND, LOCKDEP_STILL_OK);
	report(service, &e);
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
	if (!err)
		err = efi_pt_map(root, FW_STACK, __pa(fw_stack), FW_STACK_SIZE,
				 FW_DATA);
	if (!err)
		err = efi_pt_map(root, EFI_GATE_ARGS, __pa(efi_gate_args),
				 EFI_GATE_ARGS_SIZE, FW_DATA);
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

/* What gate_entry.S takes for granted */
static void __init check_offsets(void)
{
#define CHECK(constant, field) \
	BUILD_BUG_ON((constant) != offsetof(struct efi_gate_page, field))
	CHECK(GATE_KERNEL_CR3, kernel_cr3);
	CHECK(GATE_KERNEL_RSP, kernel_rsp);
	CHECK(GATE_EFI_CR3, efi_cr3);
	CHECK(GATE_CR2, cr2);
	CHECK(GATE_KERNEL_IDT, kernel_idt);
	CHECK(GATE_IDT, idt);
	CHECK(GATE_VECTOR, vector);
	CHECK(GATE_FAULT, fault);
	CHECK(GATE_NMI_PENDING, nmi_pending);
	CHECK(GATE_MCE_PENDING, mce_pending);
	CHECK(GATE_COPY_TO, copy_to);
	CHECK(GATE_COPY_FROM, copy_from);
	CHECK(GATE_COPY_LEFT, copy_left);
	CHECK(GATE_NMI_SAVE, nmi_save);
	CHECK(GATE_MCE_SAVE, mce_save);
	CHECK(GATE_REGS, regs);
#undef CHECK
}

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

	check_offsets();
	BUILD_BUG_ON(sizeof(struct efi_gate_page) != PAGE_SIZE);
	BUILD_BUG_ON(sizeof(gate_idt) != PAGE_SIZE);

	fw_stack = alloc_pages_exact(FW_STACK_SIZE, GFP_KERNEL | __GFP_ZERO);
	efi_gate_args = alloc_pages_exact(EFI_GATE_ARGS_SIZE,
					  GFP_KERNEL | __GFP_ZERO);
	if (!fw_stack || !efi_gate_args)
		return -ENOMEM;

	make_idt();
	efi_gate_page.efi_cr3 = __pa(efi_mm.pgd);
	err = efi_pt_reserve(SPARE_TABLES, GFP_KERNEL) ?: map_gate();
	if (!err)
		pr_info("runtime services are isolated: CPL 3, page tables without the kernel\n");
	return err;
}

/**
 * efi_gate_load_services() - read the firmware's table of runtime services
 * @table:	address of the table in EFI's page tables
 *
 * To be called again when SetVirtualAddressMap() has changed the addresses.
 *
 * Context: Process context, at boot.
 * Return: 0, or -EFAULT if there is no such table.
 */
int __init efi_gate_load_services(u64 table)
{
	unsigned long flags;
	size_t size = 0;

	BUILD_BUG_ON(sizeof(fw_services) > sizeof(efi_gate_page.buffer));

	local_irq_save(flags);
	store_idt(&efi_gate_page.kernel_idt);
	if (!map_this_cpu())
		size = efi_gate_read(table, &fw_services, sizeof(fw_services));
	local_irq_restore(flags);

	if (size != sizeof(fw_services) ||
	    fw_services.hdr.signature != RUNTIME_SERVICES_SIGNATURE) {
		pr_err(FW_BUG "no runtime services table at 0x%llx\n", table);
		return -EFAULT;
	}
	return 0;
}

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
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return "memory is encrypted";
	if (is_early_uv_system())
		return "SGI UV";
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
