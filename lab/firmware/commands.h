/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test firmware can be told to do wrong, and what it can be told to do
 * that well-meaning firmware does, too: shared by the firmware, the kernel's test
 * module and the guest program. u32 and u64 come from whoever
 * includes this.
 *
 * A command is data written to the variable "Misbehave" of the vendor below. The
 * variable "Result" says how far the last command came. A lie stays in force
 * until the next command; it is told of variables whose name starts with "Lie".
 */
#ifndef LAB_COMMANDS_H
#define LAB_COMMANDS_H

/* 5fb9a1f4-7f4e-4a04-9d3a-9f2d6d0e6e01 */
#define MISBEHAVE_VENDOR_TEXT	"5fb9a1f4-7f4e-4a04-9d3a-9f2d6d0e6e01"
#define MISBEHAVE_VENDOR(GUID)	GUID(0x5fb9a1f4, 0x7f4e, 0x4a04, \
	0x9d, 0x3a, 0x9f, 0x2d, 0x6d, 0x0e, 0x6e, 0x01)

struct misbehave_command {
	u32	command;
	u32	sequence;
	u64	arg[2];
};

struct misbehave_result {
	u32	sequence;	/* of the command */
	u32	survived;	/* 1 once it is done and about to return */
	u64	value;		/* what was read, or what a function returned */
};

enum misbehave_commands {
	CMD_NOTHING,
	CMD_EMPTY_COUNT,	/* GetNextHighMonotonicCount returns at once */
	/* memory: arg[0] is the address */
	CMD_READ, CMD_WRITE, CMD_WRITE_WP_OFF, CMD_EXEC, CMD_RSP,
	CMD_READ_BOOT, CMD_WRITE_BOOT, CMD_WRITE_OWN_TEXT, CMD_EXEC_OWN_DATA,
	CMD_RECURSE,
	/* exceptions */
	CMD_DE, CMD_ICEBP, CMD_SINGLE_STEP, CMD_BP, CMD_UD, CMD_NM, CMD_MF,
	CMD_AC, CMD_XM,
	/* state left behind */
	CMD_CR0_XOR, CMD_CR3_SAME, CMD_CR3_ZERO, CMD_CR4_XOR, CMD_CR8,
	CMD_RFLAGS_SET, CMD_CLI,
	CMD_LOAD_DS, CMD_LOAD_ES, CMD_LOAD_FS, CMD_LOAD_GS, CMD_LOAD_SS,
	CMD_WRFSBASE, CMD_WRGSBASE, CMD_SWAPGS,
	CMD_LGDT, CMD_LIDT, CMD_LLDT, CMD_LTR,
	CMD_DR0, CMD_DR7, CMD_WRMSR_XOR, CMD_WRPKRU, CMD_XSETBV,
	CMD_FPU_CONTROL, CMD_MXCSR, CMD_X87_FULL, CMD_YMM,
	CMD_TRASH_RBX, CMD_TRASH_RBP, CMD_TRASH_RSI_RDI, CMD_TRASH_R12_R15,
	CMD_TRASH_XMM, CMD_TRASH_RSP,
	/* privileged instructions, and gates into the kernel */
	CMD_HLT, CMD_CLTS, CMD_INVD, CMD_WBINVD, CMD_INVLPG, CMD_LMSW,
	CMD_READ_CR0, CMD_READ_CR2, CMD_READ_CR3, CMD_READ_CR4, CMD_READ_DR7,
	CMD_RDMSR, CMD_SGDT, CMD_SIDT, CMD_SLDT, CMD_STR, CMD_SMSW,
	CMD_RSM, CMD_SYSRET, CMD_SYSEXIT, CMD_IRET, CMD_MONITOR, CMD_MWAIT,
	CMD_VMCALL, CMD_VMXON, CMD_RDPMC, CMD_IN, CMD_OUT, CMD_PORTS, CMD_STI,
	CMD_SYSCALL, CMD_SYSENTER, CMD_INT80, CMD_INT20, CMD_INT2, CMD_INT8,
	CMD_INT14, CMD_INTFF, CMD_FAR_CALL, CMD_FAR_JUMP,
	/* outputs */
	CMD_STATUS,
	CMD_LIE_OVERRUN, CMD_LIE_SIZE, CMD_LIE_TOO_SMALL, CMD_LIE_STATUS,
	CMD_LIE_NAME_OVERRUN, CMD_LIE_NAME_SIZE, CMD_LIE_NAME_TOO_SMALL,
	CMD_LIE_NAME_ENDLESS, CMD_LIE_NO_BUFFER,
	/* time: arg[0] is in cycles of the TSC */
	CMD_SPIN, CMD_SPIN_CLI,
	CMD_CLI_BRACKETS,	/* CLI, STI; arg[1] is how long each is */
	CMD_CLI_PORTS,		/* a pair of ports in each; arg[1]: POPF, no STI */
	/* memory that is lent: arg[0] is 1 for the virtual address */
	CMD_READ_ESRT, CMD_WRITE_ESRT,
	/* what lies up to arg[0] behind the start of the command itself */
	CMD_READ_PAST, CMD_WRITE_PAST,
	/* of the next capsule */
	CMD_CAPSULE_READ, CMD_CAPSULE_WRITE, CMD_CAPSULE_OUTSIDE,
	/* what changes nothing */
	CMD_CR8_SAME, CMD_LMSW_SAME, CMD_XGETBV, CMD_XSETBV_SAME, CMD_STAC_CLAC,
	CMD_MONITOR_MWAIT, CMD_READ_DR6, CMD_MICROCODE,
	CMD_VMPORT,		/* port I/O with arguments in registers */
	CMD_SELF_MODIFY,	/* instructions that write to the page they are in */
	CMD_ALIAS_MODIFY,	/* the same, by its physical address, after CLI */
};

/* 0d6f5f4c-53c8-4ef6-8f0e-2f6d8a1b7c11 */
#define CAPSULE_VENDOR(GUID)	GUID(0x0d6f5f4c, 0x53c8, 0x4ef6, \
	0x8f, 0x0e, 0x2f, 0x6d, 0x8a, 0x1b, 0x7c, 0x11)
#define CAPSULE_FAR	(3 << 20)	/* where firmware reads a second word */

/* arg[0] of THEN_CAPSULE */
#define CAPSULE_PERSISTS	1
#define CAPSULE_VMALLOC		2

/* The clock's index register; what firmware selects and finds; what others do */
#define INDEX_PORT		0x70
#define DATA_PORT		0x71
#define FIRMWARE_INDEX		0x0d	/* the battery is good */
#define FIRMWARE_FINDS		0x80
#define OTHERS_INDEX		0x0e

#define SECRET	0x5ec7e75e	/* the kernel's, not to be seen */

/* An address of the kernel's, for arg[0] */
enum misbehave_targets {
	NOWHERE,		/* arg[0] is what the case says */
	TEXT,			/* _text: nothing runs there after boot */
	FUNCTION,		/* __sw_hweight32() */
	DATA,			/* a variable in the kernel's .data */
	MODULE_DATA, MODULE_TEXT, DIRECT, VMALLOC, PERCPU, STACK,
	TARGETS
};

/* How the firmware is called; then, what of it is looked at */
enum misbehave_routes {
	QUEUED,			/* efi.set_variable() */
	DIRECTLY,		/* efi.set_variable_nonblocking() */
	EFIVARFS,		/* by writing a file */
	THEN_GET,		/* and then efi.get_variable() */
	THEN_NEXT,		/* and then efi.get_next_variable() */
	THEN_READ,		/* and then by reading a file in efivarfs */
	THEN_MOUNT,		/* and then by mounting efivarfs again */
	DURING_IPI, DURING_NMI,	/* with these sent all the time */
	DURING_BACKTRACE,	/* and another CPU asks for all backtraces */
	THEN_ASK_SIZE,		/* and then efi.get_variable() without a buffer */
	THEN_CAPSULE,		/* and then efi.update_capsule() */
};

/*
 * The cases: name, route, command, target, arg[0], arg[1]. What is left behind
 * is looked for in the task that called, so there the call has to be direct:
 * the queue of later kernels would hide it in a kernel thread.
 */
#define MISBEHAVE_CASES(CASE) \
	CASE("nothing", QUEUED, CMD_NOTHING, NOWHERE, 0, 0) \
	CASE("nothing-directly", DIRECTLY, CMD_NOTHING, NOWHERE, 0, 0) \
	CASE("nothing-efivarfs", EFIVARFS, CMD_NOTHING, NOWHERE, 0, 0) \
	/* memory */ \
	CASE("read-text", QUEUED, CMD_READ, TEXT, 0, 0) \
	CASE("read-data", QUEUED, CMD_READ, DATA, 0, 0) \
	CASE("read-module-data", QUEUED, CMD_READ, MODULE_DATA, 0, 0) \
	CASE("read-direct-map", QUEUED, CMD_READ, DIRECT, 0, 0) \
	CASE("read-vmalloc", QUEUED, CMD_READ, VMALLOC, 0, 0) \
	CASE("read-percpu", QUEUED, CMD_READ, PERCPU, 0, 0) \
	CASE("read-stack", QUEUED, CMD_READ, STACK, 0, 0) \
	CASE("write-text", QUEUED, CMD_WRITE, TEXT, 0, 0xc3c3c3c3) \
	CASE("write-text-wp-off", QUEUED, CMD_WRITE_WP_OFF, TEXT, 0, 0xc3c3c3c3) \
	CASE("write-data", QUEUED, CMD_WRITE, DATA, 0, 7) \
	CASE("write-module-data", QUEUED, CMD_WRITE, MODULE_DATA, 0, 7) \
	CASE("write-direct-map", QUEUED, CMD_WRITE, DIRECT, 0, 7) \
	CASE("write-vmalloc", QUEUED, CMD_WRITE, VMALLOC, 0, 7) \
	CASE("write-percpu", QUEUED, CMD_WRITE, PERCPU, 0, 7) \
	CASE("exec-function", QUEUED, CMD_EXEC, FUNCTION, 0, 0) \
	CASE("exec-module-text", QUEUED, CMD_EXEC, MODULE_TEXT, 0, 0) \
	CASE("exec-module-data", QUEUED, CMD_EXEC, MODULE_DATA, 0, 0) \
	CASE("read-unmapped", QUEUED, CMD_READ, NOWHERE, 0x600000000000, 0) \
	CASE("write-unmapped", QUEUED, CMD_WRITE, NOWHERE, 0x600000000000, 0) \
	CASE("exec-unmapped", QUEUED, CMD_EXEC, NOWHERE, 0x600000000000, 0) \
	CASE("read-unmapped-directly", DIRECTLY, CMD_READ, NOWHERE, \
	     0x600000000000, 0) \
	CASE("read-unmapped-efivarfs", EFIVARFS, CMD_READ, NOWHERE, \
	     0x600000000000, 0) \
	CASE("read-noncanonical", QUEUED, CMD_READ, NOWHERE, 1ULL << 63, 0) \
	CASE("write-noncanonical", QUEUED, CMD_WRITE, NOWHERE, 1ULL << 63, 0) \
	CASE("exec-noncanonical", QUEUED, CMD_EXEC, NOWHERE, 1ULL << 63, 0) \
	CASE("read-page-0", QUEUED, CMD_READ, NOWHERE, 0, 0) \
	CASE("write-page-0", QUEUED, CMD_WRITE, NOWHERE, 0, 0) \
	CASE("exec-page-0", QUEUED, CMD_EXEC, NOWHERE, 0, 0) \
	CASE("read-boot-services", QUEUED, CMD_READ_BOOT, NOWHERE, 0, 0) \
	CASE("write-boot-services", QUEUED, CMD_WRITE_BOOT, NOWHERE, 0, 0) \
	CASE("write-esrt", QUEUED, CMD_WRITE_ESRT, NOWHERE, 0, 0) \
	CASE("write-esrt-virtual", QUEUED, CMD_WRITE_ESRT, NOWHERE, 1, 0) \
	CASE("read-past-buffer", QUEUED, CMD_READ_PAST, NOWHERE, 0x3000, SECRET) \
	CASE("write-past-buffer", QUEUED, CMD_WRITE_PAST, NOWHERE, 32, SECRET) \
	CASE("write-past-pages", QUEUED, CMD_WRITE_PAST, NOWHERE, 0x3000, SECRET) \
	CASE("capsule-write", THEN_CAPSULE, CMD_CAPSULE_WRITE, NOWHERE, 0, 0) \
	CASE("capsule-write-persistent", THEN_CAPSULE, CMD_CAPSULE_WRITE, NOWHERE, \
	     CAPSULE_PERSISTS, 0) \
	CASE("capsule-outside", THEN_CAPSULE, CMD_CAPSULE_OUTSIDE, NOWHERE, 0, 0) \
	CASE("write-own-text", QUEUED, CMD_WRITE_OWN_TEXT, NOWHERE, 0, 0) \
	CASE("exec-own-data", QUEUED, CMD_EXEC_OWN_DATA, NOWHERE, 0, 0) \
	/* the stack */ \
	CASE("stack-overflow", QUEUED, CMD_RECURSE, NOWHERE, 0, 0) \
	CASE("stack-at-0", QUEUED, CMD_RSP, NOWHERE, 0, 0) \
	CASE("stack-unmapped", QUEUED, CMD_RSP, NOWHERE, 0x600000000000, 0) \
	CASE("stack-noncanonical", QUEUED, CMD_RSP, NOWHERE, 1ULL << 63, 0) \
	CASE("stack-in-kernel", QUEUED, CMD_RSP, DIRECT, 0, 0) \
	/* exceptions */ \
	CASE("de", QUEUED, CMD_DE, NOWHERE, 0, 0) \
	CASE("db-icebp", QUEUED, CMD_ICEBP, NOWHERE, 0, 0) \
	CASE("db-single-step", QUEUED, CMD_SINGLE_STEP, NOWHERE, 0, 0) \
	CASE("bp", QUEUED, CMD_BP, NOWHERE, 0, 0) \
	CASE("ud", QUEUED, CMD_UD, NOWHERE, 0, 0) \
	CASE("ud-directly", DIRECTLY, CMD_UD, NOWHERE, 0, 0) \
	CASE("ud-efivarfs", EFIVARFS, CMD_UD, NOWHERE, 0, 0) \
	CASE("nm", QUEUED, CMD_NM, NOWHERE, 0, 0) \
	CASE("gp-ldt", QUEUED, CMD_LOAD_DS, NOWHERE, 0x08 | 4, 0) \
	CASE("gp", QUEUED, CMD_LOAD_DS, NOWHERE, 0xfff0, 0) \
	CASE("mf", QUEUED, CMD_MF, NOWHERE, 0, 0) \
	CASE("ac", QUEUED, CMD_AC, NOWHERE, 0, 0) \
	CASE("xm", QUEUED, CMD_XM, NOWHERE, 0, 0) \
	/* control registers */ \
	CASE("cr0-wp", DIRECTLY, CMD_CR0_XOR, NOWHERE, 1 << 16, 0) \
	CASE("cr0-am", DIRECTLY, CMD_CR0_XOR, NOWHERE, 1 << 18, 0) \
	CASE("cr0-ts", DIRECTLY, CMD_CR0_XOR, NOWHERE, 1 << 3, 0) \
	CASE("cr0-ne", DIRECTLY, CMD_CR0_XOR, NOWHERE, 1 << 5, 0) \
	CASE("cr0-cd", DIRECTLY, CMD_CR0_XOR, NOWHERE, 1 << 30, 0) \
	CASE("cr3-same", DIRECTLY, CMD_CR3_SAME, NOWHERE, 0, 0) \
	CASE("cr3-zero", DIRECTLY, CMD_CR3_ZERO, NOWHERE, 0, 0) \
	CASE("cr4-tsd", DIRECTLY, CMD_CR4_XOR, NOWHERE, 1 << 2, 0) \
	CASE("cr4-pge", DIRECTLY, CMD_CR4_XOR, NOWHERE, 1 << 7, 0) \
	CASE("cr4-umip", DIRECTLY, CMD_CR4_XOR, NOWHERE, 1 << 11, 0) \
	CASE("cr4-fsgsbase", DIRECTLY, CMD_CR4_XOR, NOWHERE, 1 << 16, 0) \
	CASE("cr4-osxsave", DIRECTLY, CMD_CR4_XOR, NOWHERE, 1 << 18, 0) \
	CASE("cr4-smep", DIRECTLY, CMD_CR4_XOR, NOWHERE, 1 << 20, 0) \
	CASE("cr4-smap", DIRECTLY, CMD_CR4_XOR, NOWHERE, 1 << 21, 0) \
	CASE("cr8", DIRECTLY, CMD_CR8, NOWHERE, 2, 0) \
	CASE("xcr0", DIRECTLY, CMD_XSETBV, NOWHERE, 1, 0) \
	/* flags */ \
	CASE("rflags-df", DIRECTLY, CMD_RFLAGS_SET, NOWHERE, 1 << 10, 0) \
	CASE("rflags-ac", DIRECTLY, CMD_RFLAGS_SET, NOWHERE, 1 << 18, 0) \
	CASE("rflags-nt", DIRECTLY, CMD_RFLAGS_SET, NOWHERE, 1 << 14, 0) \
	CASE("rflags-tf", DIRECTLY, CMD_RFLAGS_SET, NOWHERE, 1 << 8, 0) \
	CASE("rflags-iopl", DIRECTLY, CMD_RFLAGS_SET, NOWHERE, 3 << 12, 0) \
	CASE("rflags-if", DIRECTLY, CMD_CLI, NOWHERE, 0, 0) \
	CASE("rflags-if-queued", QUEUED, CMD_CLI, NOWHERE, 0, 0) \
	CASE("rflags-df-queued", QUEUED, CMD_RFLAGS_SET, NOWHERE, 1 << 10, 0) \
	/* segments and descriptor tables */ \
	CASE("ds-null", DIRECTLY, CMD_LOAD_DS, NOWHERE, 0, 0) \
	CASE("ds-user", DIRECTLY, CMD_LOAD_DS, NOWHERE, 0x2b, 0) \
	CASE("es-user", DIRECTLY, CMD_LOAD_ES, NOWHERE, 0x2b, 0) \
	CASE("fs-user", DIRECTLY, CMD_LOAD_FS, NOWHERE, 0x2b, 0) \
	CASE("gs-null", DIRECTLY, CMD_LOAD_GS, NOWHERE, 0, 0) \
	CASE("gs-user", DIRECTLY, CMD_LOAD_GS, NOWHERE, 0x2b, 0) \
	CASE("ss-null", DIRECTLY, CMD_LOAD_SS, NOWHERE, 0, 0) \
	CASE("ss-bad", DIRECTLY, CMD_LOAD_SS, NOWHERE, 0xfff0, 0) \
	CASE("fs-base", DIRECTLY, CMD_WRFSBASE, NOWHERE, 0x1000, 0) \
	CASE("gs-base", DIRECTLY, CMD_WRGSBASE, NOWHERE, 0x1000, 0) \
	CASE("swapgs", DIRECTLY, CMD_SWAPGS, NOWHERE, 0, 0) \
	CASE("lgdt", DIRECTLY, CMD_LGDT, NOWHERE, 0, 0) \
	CASE("lidt", DIRECTLY, CMD_LIDT, NOWHERE, 0, 0) \
	CASE("lldt-null", DIRECTLY, CMD_LLDT, NOWHERE, 0, 0) \
	CASE("lldt-bad", DIRECTLY, CMD_LLDT, NOWHERE, 0x10, 0) \
	CASE("ltr-null", DIRECTLY, CMD_LTR, NOWHERE, 0, 0) \
	CASE("ltr-busy", DIRECTLY, CMD_LTR, NOWHERE, 0x40, 0) \
	/* debug registers */ \
	CASE("dr0", DIRECTLY, CMD_DR0, NOWHERE, 0x1234, 0) \
	CASE("dr7", DIRECTLY, CMD_DR7, NOWHERE, 0x401, 0) \
	/* model-specific registers */ \
	CASE("msr-efer-nxe", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000080, 0x800) \
	CASE("msr-efer-sce", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000080, 1) \
	CASE("msr-star", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000081, 8ULL << 48) \
	CASE("msr-lstar", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000082, 0x1000) \
	CASE("msr-cstar", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000083, 0x1000) \
	CASE("msr-sfmask", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000084, 0x400) \
	CASE("msr-sysenter-cs", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0x174, 0x10) \
	CASE("msr-sysenter-eip", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0x176, 0x1000) \
	CASE("msr-fs-base", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000100, 0x1000) \
	CASE("msr-gs-base", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000101, 0x1000) \
	CASE("msr-kernel-gs-base", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000102, \
	     0x1000) \
	CASE("msr-tsc-aux", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0xc0000103, 0x1000) \
	CASE("msr-apic-base", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0x1b, 0x800) \
	CASE("msr-misc-enable", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0x1a0, 1) \
	CASE("msr-pat", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0x277, 6) \
	CASE("msr-mtrr", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0x2ff, 0x800) \
	CASE("msr-tsc", DIRECTLY, CMD_WRMSR_XOR, NOWHERE, 0x10, 1ULL << 50) \
	CASE("pkru", DIRECTLY, CMD_WRPKRU, NOWHERE, 0xfffffff0, 0) \
	/* the FPU */ \
	CASE("fpu-control", DIRECTLY, CMD_FPU_CONTROL, NOWHERE, 0x0f7f, 0) \
	CASE("fpu-unmasked", DIRECTLY, CMD_FPU_CONTROL, NOWHERE, 0x0340, 0) \
	CASE("mxcsr", DIRECTLY, CMD_MXCSR, NOWHERE, 0xffc0, 0) \
	CASE("mxcsr-unmasked", DIRECTLY, CMD_MXCSR, NOWHERE, 0, 0) \
	CASE("x87-full", DIRECTLY, CMD_X87_FULL, NOWHERE, 0, 0) \
	CASE("ymm", DIRECTLY, CMD_YMM, NOWHERE, 0, 0) \
	CASE("xmm", DIRECTLY, CMD_TRASH_XMM, NOWHERE, 0, 0) \
	/* registers that a callee has to preserve */ \
	CASE("rbx", DIRECTLY, CMD_TRASH_RBX, NOWHERE, 0, 0) \
	CASE("rbp", DIRECTLY, CMD_TRASH_RBP, NOWHERE, 0, 0) \
	CASE("rsi-rdi", DIRECTLY, CMD_TRASH_RSI_RDI, NOWHERE, 0, 0) \
	CASE("r12-r15", DIRECTLY, CMD_TRASH_R12_R15, NOWHERE, 0, 0) \
	CASE("rsp", DIRECTLY, CMD_TRASH_RSP, NOWHERE, 0, 0) \
	/* privileged instructions that runtime firmware may well use */ \
	CASE("hlt", QUEUED, CMD_HLT, NOWHERE, 0, 0) \
	CASE("clts", QUEUED, CMD_CLTS, NOWHERE, 0, 0) \
	CASE("sti", QUEUED, CMD_STI, NOWHERE, 0, 0) \
	CASE("wbinvd", QUEUED, CMD_WBINVD, NOWHERE, 0, 0) \
	CASE("read-cr0", QUEUED, CMD_READ_CR0, NOWHERE, 0, 0) \
	CASE("read-cr3", QUEUED, CMD_READ_CR3, NOWHERE, 0, 0) \
	CASE("read-cr4", QUEUED, CMD_READ_CR4, NOWHERE, 0, 0) \
	CASE("rdmsr", QUEUED, CMD_RDMSR, NOWHERE, 0x1b, 0) \
	CASE("sgdt", QUEUED, CMD_SGDT, NOWHERE, 0, 0) \
	CASE("sidt", QUEUED, CMD_SIDT, NOWHERE, 0, 0) \
	CASE("sldt", QUEUED, CMD_SLDT, NOWHERE, 0, 0) \
	CASE("str", QUEUED, CMD_STR, NOWHERE, 0, 0) \
	CASE("smsw", QUEUED, CMD_SMSW, NOWHERE, 0, 0) \
	CASE("in", QUEUED, CMD_IN, NOWHERE, 0x71, 0) \
	CASE("out", QUEUED, CMD_OUT, NOWHERE, 0x80, 0) \
	/* and those that it has no business with */ \
	CASE("read-cr2", QUEUED, CMD_READ_CR2, NOWHERE, 0, 0) \
	CASE("read-dr7", QUEUED, CMD_READ_DR7, NOWHERE, 0, 0) \
	CASE("rdmsr-unknown", QUEUED, CMD_RDMSR, NOWHERE, 0xdead, 0) \
	CASE("wrmsr-unknown", QUEUED, CMD_WRMSR_XOR, NOWHERE, 0xdead, 1) \
	CASE("invd", QUEUED, CMD_INVD, NOWHERE, 0, 0) \
	CASE("invlpg", QUEUED, CMD_INVLPG, NOWHERE, 0, 0) \
	CASE("lmsw", DIRECTLY, CMD_LMSW, NOWHERE, 0xb, 0) \
	CASE("rsm", QUEUED, CMD_RSM, NOWHERE, 0, 0) \
	CASE("sysret", QUEUED, CMD_SYSRET, NOWHERE, 0, 0) \
	CASE("sysexit", QUEUED, CMD_SYSEXIT, NOWHERE, 0, 0) \
	CASE("iret-user", QUEUED, CMD_IRET, NOWHERE, 0x33, 0x2b) \
	CASE("iret-user32", QUEUED, CMD_IRET, NOWHERE, 0x23, 0x2b) \
	CASE("iret-kernel", QUEUED, CMD_IRET, NOWHERE, 0x10, 0x18) \
	CASE("iret-null", QUEUED, CMD_IRET, NOWHERE, 0, 0) \
	CASE("monitor", QUEUED, CMD_MONITOR, NOWHERE, 0, 0) \
	CASE("mwait", QUEUED, CMD_MWAIT, NOWHERE, 0, 0) \
	CASE("vmcall", QUEUED, CMD_VMCALL, NOWHERE, 0, 0) \
	CASE("vmxon", QUEUED, CMD_VMXON, NOWHERE, 0, 0) \
	CASE("rdpmc", QUEUED, CMD_RDPMC, NOWHERE, 0, 0) \
	CASE("syscall", QUEUED, CMD_SYSCALL, NOWHERE, 0, 0) \
	CASE("sysenter", QUEUED, CMD_SYSENTER, NOWHERE, 0, 0) \
	CASE("int-2", QUEUED, CMD_INT2, NOWHERE, 0, 0) \
	CASE("int-8", QUEUED, CMD_INT8, NOWHERE, 0, 0) \
	CASE("int-14", QUEUED, CMD_INT14, NOWHERE, 0, 0) \
	CASE("int-0x20", QUEUED, CMD_INT20, NOWHERE, 0, 0) \
	CASE("int-0x80", QUEUED, CMD_INT80, NOWHERE, 0, 0) \
	CASE("int-0xff", QUEUED, CMD_INTFF, NOWHERE, 0, 0) \
	CASE("far-call-kernel", QUEUED, CMD_FAR_CALL, NOWHERE, 0x10, 0) \
	CASE("far-call-null", QUEUED, CMD_FAR_CALL, NOWHERE, 0, 0) \
	CASE("far-jump-kernel", QUEUED, CMD_FAR_JUMP, NOWHERE, 0x10, 0) \
	/* outputs; buffers are 64 bytes */ \
	CASE("status-deadbeef", QUEUED, CMD_STATUS, NOWHERE, 0xdeadbeef, 0) \
	CASE("status-error-fff", QUEUED, CMD_STATUS, NOWHERE, \
	     0x8000000000000fff, 0) \
	CASE("status-ones", QUEUED, CMD_STATUS, NOWHERE, ~0ULL, 0) \
	CASE("status-ones-efivarfs", EFIVARFS, CMD_STATUS, NOWHERE, ~0ULL, 0) \
	CASE("get-overrun", THEN_GET, CMD_LIE_OVERRUN, NOWHERE, 64, 0) \
	CASE("get-overrun-page", THEN_GET, CMD_LIE_OVERRUN, NOWHERE, 2048, 0) \
	CASE("get-size", THEN_GET, CMD_LIE_SIZE, NOWHERE, 65, 0) \
	CASE("get-size-huge", THEN_GET, CMD_LIE_SIZE, NOWHERE, 1ULL << 63, 0) \
	CASE("get-too-small", THEN_GET, CMD_LIE_TOO_SMALL, NOWHERE, 8, 0) \
	CASE("get-status", THEN_GET, CMD_LIE_STATUS, NOWHERE, 0xdeadbeef, 0) \
	CASE("next-overrun", THEN_NEXT, CMD_LIE_NAME_OVERRUN, NOWHERE, 64, 0) \
	CASE("next-size", THEN_NEXT, CMD_LIE_NAME_SIZE, NOWHERE, 4096, 0) \
	CASE("next-endless", THEN_NEXT, CMD_LIE_NAME_ENDLESS, NOWHERE, 0, 0) \
	CASE("next-too-small", THEN_NEXT, CMD_LIE_NAME_TOO_SMALL, NOWHERE, 8, 0) \
	CASE("read-size", THEN_READ, CMD_LIE_SIZE, NOWHERE, 16384, 0) \
	CASE("read-overrun", THEN_READ, CMD_LIE_OVERRUN, NOWHERE, 2048, 0) \
	CASE("read-too-small", THEN_READ, CMD_LIE_TOO_SMALL, NOWHERE, 8, 0) \
	CASE("read-2g", THEN_READ, CMD_LIE_TOO_SMALL, NOWHERE, 0x7fffffff, 0) \
	CASE("read-2-to-63", THEN_READ, CMD_LIE_TOO_SMALL, NOWHERE, 1ULL << 63, 0) \
	CASE("read-wraps", THEN_READ, CMD_LIE_TOO_SMALL, NOWHERE, ~0ULL - 3, 0) \
	CASE("mount-endless", THEN_MOUNT, CMD_LIE_NAME_ENDLESS, NOWHERE, 0, 0) \
	CASE("mount-size", THEN_MOUNT, CMD_LIE_NAME_SIZE, NOWHERE, 65536, 0) \
	CASE("mount-too-small", THEN_MOUNT, CMD_LIE_NAME_TOO_SMALL, NOWHERE, \
	     1ULL << 63, 0) \
	/* calls that last: arg[0] in ms here */ \
	CASE("long", QUEUED, CMD_SPIN, NOWHERE, 3000, 0) \
	CASE("long-cli", QUEUED, CMD_SPIN_CLI, NOWHERE, 3000, 0) \
	CASE("long-ipi", DURING_IPI, CMD_SPIN, NOWHERE, 3000, 0) \
	CASE("long-nmi", DURING_NMI, CMD_SPIN, NOWHERE, 3000, 0) \
	CASE("long-cli-ipi", DURING_IPI, CMD_SPIN_CLI, NOWHERE, 3000, 0) \
	CASE("backtrace", DURING_BACKTRACE, CMD_SPIN, NOWHERE, 5000, 0)

/*
 * Habits that firmware may have, and that stock kernels live with: the call has
 * to give what it should, and runtime services stay on. Of a register that can
 * be compared, arg[1] of CMD_RDMSR is 1.
 */
#define HABIT_CASES(CASE) \
	/* memory */ \
	CASE("habit-esrt", QUEUED, CMD_READ_ESRT, NOWHERE, 0, 0) \
	CASE("habit-esrt-virtual", QUEUED, CMD_READ_ESRT, NOWHERE, 1, 0) \
	CASE("habit-read-past", QUEUED, CMD_READ_PAST, NOWHERE, 0x3000, 0) \
	CASE("habit-capsule", THEN_CAPSULE, CMD_CAPSULE_READ, NOWHERE, 0, 0) \
	CASE("habit-capsule-persistent", THEN_CAPSULE, CMD_CAPSULE_READ, NOWHERE, \
	     CAPSULE_PERSISTS, 0) \
	CASE("habit-capsule-vmalloc", THEN_CAPSULE, CMD_CAPSULE_READ, NOWHERE, \
	     CAPSULE_VMALLOC, 0) \
	CASE("habit-capsule-vmalloc-persistent", THEN_CAPSULE, CMD_CAPSULE_READ, \
	     NOWHERE, CAPSULE_VMALLOC | CAPSULE_PERSISTS, 0) \
	/* interrupts; arguments in ms here */ \
	CASE("habit-cli-sti-ports", DURING_IPI, CMD_CLI_PORTS, NOWHERE, 1000, 0) \
	CASE("habit-cli-popf-ports", DURING_IPI, CMD_CLI_PORTS, NOWHERE, 1000, 1) \
	CASE("habit-cli-2ms", DURING_IPI, CMD_CLI_BRACKETS, NOWHERE, 1000, 2) \
	CASE("habit-cli", QUEUED, CMD_CLI_BRACKETS, NOWHERE, 1, 1) \
	CASE("habit-sti", QUEUED, CMD_STI, NOWHERE, 0, 0) \
	CASE("habit-hlt", QUEUED, CMD_HLT, NOWHERE, 0, 0) \
	CASE("habit-monitor", QUEUED, CMD_MONITOR, NOWHERE, 0, 0) \
	CASE("habit-monitor-mwait", QUEUED, CMD_MONITOR_MWAIT, NOWHERE, 0, 0) \
	/* model-specific registers */ \
	CASE("habit-rdmsr-tsc", DIRECTLY, CMD_RDMSR, NOWHERE, 0x10, 0) \
	CASE("habit-rdmsr-platform-id", DIRECTLY, CMD_RDMSR, NOWHERE, 0x17, 1) \
	CASE("habit-rdmsr-apic-base", DIRECTLY, CMD_RDMSR, NOWHERE, 0x1b, 0) \
	CASE("habit-rdmsr-core-count", DIRECTLY, CMD_RDMSR, NOWHERE, 0x35, 1) \
	CASE("habit-rdmsr-feature-control", DIRECTLY, CMD_RDMSR, NOWHERE, 0x3a, 1) \
	CASE("habit-rdmsr-microcode", DIRECTLY, CMD_RDMSR, NOWHERE, 0x8b, 1) \
	CASE("habit-rdmsr-platform-info", DIRECTLY, CMD_RDMSR, NOWHERE, 0xce, 1) \
	CASE("habit-rdmsr-mperf", DIRECTLY, CMD_RDMSR, NOWHERE, 0xe7, 0) \
	CASE("habit-rdmsr-aperf", DIRECTLY, CMD_RDMSR, NOWHERE, 0xe8, 0) \
	CASE("habit-rdmsr-mtrr-cap", DIRECTLY, CMD_RDMSR, NOWHERE, 0xfe, 1) \
	CASE("habit-rdmsr-perf-status", DIRECTLY, CMD_RDMSR, NOWHERE, 0x198, 0) \
	CASE("habit-rdmsr-mtrr-base", DIRECTLY, CMD_RDMSR, NOWHERE, 0x200, 1) \
	CASE("habit-rdmsr-mtrr-type", DIRECTLY, CMD_RDMSR, NOWHERE, 0x2ff, 1) \
	CASE("habit-rdmsr-x2apic-timer", DIRECTLY, CMD_RDMSR, NOWHERE, 0x839, 0) \
	CASE("habit-rdmsr-hyperv-time", DIRECTLY, CMD_RDMSR, NOWHERE, 0x40000020, 0) \
	CASE("habit-rdmsr-hwcr", DIRECTLY, CMD_RDMSR, NOWHERE, 0xc0010015, 1) \
	CASE("habit-rdmsr-top-mem", DIRECTLY, CMD_RDMSR, NOWHERE, 0xc001001a, 1) \
	CASE("habit-rdmsr-ecam-base", DIRECTLY, CMD_RDMSR, NOWHERE, 0xc0010058, 1) \
	CASE("habit-microcode", QUEUED, CMD_MICROCODE, NOWHERE, 0, 0) \
	CASE("habit-wrmsr-same-apic-base", QUEUED, CMD_WRMSR_XOR, NOWHERE, 0x1b, 0) \
	CASE("habit-wrmsr-same-misc", QUEUED, CMD_WRMSR_XOR, NOWHERE, 0x1a0, 0) \
	CASE("habit-wrmsr-same-mtrr", QUEUED, CMD_WRMSR_XOR, NOWHERE, 0x2ff, 0) \
	/* other registers: reads, and writes that change nothing */ \
	CASE("habit-read-cr0", QUEUED, CMD_READ_CR0, NOWHERE, 0, 0) \
	CASE("habit-read-cr2", QUEUED, CMD_READ_CR2, NOWHERE, 0, 0) \
	CASE("habit-read-cr3", QUEUED, CMD_READ_CR3, NOWHERE, 0, 0) \
	CASE("habit-read-cr4", QUEUED, CMD_READ_CR4, NOWHERE, 0, 0) \
	CASE("habit-read-dr6", QUEUED, CMD_READ_DR6, NOWHERE, 0, 0) \
	CASE("habit-read-dr7", QUEUED, CMD_READ_DR7, NOWHERE, 0, 0) \
	CASE("habit-cr0-same", QUEUED, CMD_CR0_XOR, NOWHERE, 0, 0) \
	CASE("habit-cr3-same", QUEUED, CMD_CR3_SAME, NOWHERE, 0, 0) \
	CASE("habit-cr4-same", QUEUED, CMD_CR4_XOR, NOWHERE, 0, 0) \
	CASE("habit-cr8-same", QUEUED, CMD_CR8_SAME, NOWHERE, 0, 0) \
	CASE("habit-lmsw-same", QUEUED, CMD_LMSW_SAME, NOWHERE, 0, 0) \
	CASE("habit-clts", QUEUED, CMD_CLTS, NOWHERE, 0, 0) \
	CASE("habit-xgetbv", QUEUED, CMD_XGETBV, NOWHERE, 0, 0) \
	CASE("habit-xsetbv-same", QUEUED, CMD_XSETBV_SAME, NOWHERE, 0, 0) \
	CASE("habit-invlpg", QUEUED, CMD_INVLPG, NOWHERE, 0, 0) \
	CASE("habit-wbinvd", QUEUED, CMD_WBINVD, NOWHERE, 0, 0) \
	CASE("habit-stac-clac", QUEUED, CMD_STAC_CLAC, NOWHERE, 0, 0) \
	CASE("habit-sgdt", QUEUED, CMD_SGDT, NOWHERE, 0, 0) \
	CASE("habit-smsw", QUEUED, CMD_SMSW, NOWHERE, 0, 0) \
	/* ports */ \
	CASE("habit-ports", QUEUED, CMD_PORTS, NOWHERE, 0, 0) \
	CASE("habit-vmport", QUEUED, CMD_VMPORT, NOWHERE, 0, 0) \
	/* outputs */ \
	CASE("habit-set-status", QUEUED, CMD_STATUS, NOWHERE, \
	     0xc000000000000042, 0) \
	CASE("habit-get-status", THEN_GET, CMD_LIE_STATUS, NOWHERE, \
	     0xc000000000000042, 0) \
	CASE("habit-get-no-buffer", THEN_ASK_SIZE, CMD_LIE_NO_BUFFER, NOWHERE, \
	     0, 0) \
	CASE("habit-read-no-buffer", THEN_READ, CMD_LIE_NO_BUFFER, NOWHERE, 0, 0) \
	CASE("habit-next-size", THEN_NEXT, CMD_LIE_NAME_SIZE, NOWHERE, 4096, 0) \
	CASE("habit-mount-next-size", THEN_MOUNT, CMD_LIE_NAME_SIZE, NOWHERE, \
	     4096, 0)

#endif /* LAB_COMMANDS_H */
