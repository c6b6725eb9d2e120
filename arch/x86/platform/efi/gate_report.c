// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the gate says about firmware: why a call was ended, what firmware does that
 * little firmware does, and where it is when the kernel shows a backtrace.
 */

#define pr_fmt(fmt) "efi: " fmt

#include <linux/bitops.h>
#include <linux/efi.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <asm/efi.h>
#if EFI_PGD_BASE >= 601
#include <asm/trapnr.h>
#else
#include <asm/traps.h>
#endif

#include "gate.h"
#include "gate_entry.h"
#include "gate_report.h"

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
#if EFI_PGD_BASE >= 601
	[EFI_GATE_PRM_HANDLER]			= "PRM handler",
#endif
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
#if EFI_PGD_BASE >= 601
	[X86_TRAP_CP]	= "control protection exception",
#endif
};

static const char *region_name(u64 addr, u64 *start)
{
	efi_memory_desc_t *md;
	u64 size;

#if EFI_PGD_BASE >= 601
	for_each_efi_memory_desc(md) {
#else
	for (md = efi_gate_regions;
	     md < efi_gate_regions + efi_gate_nr_regions; md++) {
#endif
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
	if (addr - EFI_GATE_STACK < EFI_GATE_STACK_SIZE)
		return "the stack";
	if (addr - EFI_GATE_ARGS < EFI_GATE_ARGS_SIZE)
		return "the arguments";
	return "no EFI region";
}

/**
 * efi_gate_report() - say why a call was ended
 * @service:	of the call
 * @e:		how it ended
 *
 * Context: Any. Runtime services are locked.
 */
void efi_gate_report(enum efi_gate_service service,
		     const struct efi_gate_exit *e)
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
#if EFI_PGD_BASE >= 601
	pr_err("the call was ended, and %s are off from now on\n",
	       service == EFI_GATE_PRM_HANDLER ? "PRM handlers" :
						 "EFI runtime services");
#else
	pr_err("the call was ended, and EFI runtime services are off from now on\n");
#endif
}

static const char *const unusual[EFI_GATE_UNUSUALS] = {
	[EFI_GATE_TRAP_FLAG]	= "sets the trap flag, which is cleared",
	[EFI_GATE_LONG_CLI]	= "turns interrupts off for long: they are back on",
	[EFI_GATE_SAME_MSR]	= "writes an MSR that already has the value",
	[EFI_GATE_SAME_CR]	= "writes a control register that already has the value",
	[EFI_GATE_INVLPG]	= "executes INVLPG, which does nothing",
	[EFI_GATE_RDPMC]	= "executes RDPMC, and gets 0",
	[EFI_GATE_READ_DR]	= "reads a debug register, as after reset",
	[EFI_GATE_SAME_DR]	= "writes a debug register, as after reset",
	[EFI_GATE_AC_FLAG]	= "executes CLAC or STAC, which does nothing",
	[EFI_GATE_MONITOR]	= "executes MONITOR or MWAIT, which does nothing",
};

/* The call that is being made */
static enum efi_gate_service running_service;
static struct task_struct *running_task;

/**
 * efi_gate_running() - note that a runtime service runs
 * @service:	which
 * @task:	who called it; NULL when it is over
 *
 * Context: Runtime services are locked.
 */
void efi_gate_running(enum efi_gate_service service, struct task_struct *task)
{
	running_service = service;
	WRITE_ONCE(running_task, task);
}

/**
 * efi_gate_unusual() - say once that firmware does something that is unusual
 * @what:	that
 * @regs:	registers of the firmware
 *
 * It is harmless. Reports of it tell what firmware in the field really does.
 *
 * Context: As efi_gate_emulate().
 */
void efi_gate_unusual(enum efi_gate_unusual what, const struct pt_regs *regs)
{
	static unsigned long said;

	if (!test_and_set_bit(what, &said))
		pr_info("firmware at 0x%lx in %s %s\n", regs->ip,
			efi_gate_service_name(running_service), unusual[what]);
}

/**
 * efi_gate_show_firmware() - where firmware was interrupted
 * @task:	of which a backtrace was shown
 *
 * Firmware has no frames that a backtrace could show: the kernel runs on its own
 * stack when it looks. Without that, a service that hangs looks like the gate.
 *
 * Context: Any.
 */
void efi_gate_show_firmware(struct task_struct *task)
{
	const struct pt_regs *regs = &efi_gate_page.regs;
	const char *region;
	u64 start;

	if (!task || READ_ONCE(running_task) != task)
		return;

	region = region_name(regs->ip, &start);
	pr_warn("EFI firmware: %s at 0x%lx in %s at 0x%llx + 0x%llx\n",
		efi_gate_service_name(running_service), regs->ip, region,
		start, regs->ip - start);
}
