// SPDX-License-Identifier: GPL-2.0
/*
 * Test firmware: a UEFI runtime driver that misbehaves on command, or does what
 * firmware may do.
 *
 * It puts itself in front of some runtime services of the firmware that loads
 * it; commands.h says what it can be told to do, and how. Its code runs at
 * whatever privilege and in whatever page tables the kernel gives to runtime
 * services.
 *
 * The assembly leaves out clobbers on purpose where the point is to break what
 * the caller relies on.
 */
#include "efi.h"
#include "commands.h"

/* Room for a table of attributes with thousands of entries: see map.c */
#define ATTRIBUTES_PAGES	64

/* What set_variable_entry() is to break on the way back. */
enum { LEAVE_WELL, LEAVE_RBX, LEAVE_RBP, LEAVE_RSI_RDI, LEAVE_R12_R15,
       LEAVE_XMM, LEAVE_RSP };
u32 leave;

static struct efi_guid our_vendor = MISBEHAVE_VENDOR(GUID);
static struct efi_guid attributes_guid = GUID(0xdcfa911d, 0x26eb, 0x469f,
	0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20);
static struct efi_guid esrt_guid = GUID(0xb122a263, 0x3661, 0x4f68,
	0x99, 0x29, 0x78, 0xf8, 0xb0, 0xd6, 0x21, 0x80);
static struct efi_guid capsule_vendor = CAPSULE_VENDOR(GUID);
static struct efi_guid loaded_image_guid = GUID(0x5b1b31a1, 0x9562, 0x11d2,
	0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b);

static struct efi_system_table *system;
static struct efi_runtime_services *runtime;
static struct efi_loaded_image *image;

/* The services that ours stand before; pointers are converted with the map. */
static efi_status (*next_get)(char16 *, struct efi_guid *, u32 *, u64 *, void *);
static efi_status (*next_next)(u64 *, char16 *, struct efi_guid *);
static efi_status (*next_set)(char16 *, struct efi_guid *, u32, u64, void *);
static efi_status (*next_count)(u32 *);
static efi_status (*next_capsule)(struct efi_capsule_header **, u64, u64);
static efi_status (*next_capabilities)(struct efi_capsule_header **, u64, u64 *,
				       u32 *);

static struct misbehave_command lie;
static struct misbehave_result result;
static u32 empty_count;
static u8 own_data[16] = { 0xc3 };	/* ret */
static u64 boot_memory;			/* boot-services data, not converted */
static struct efi_esrt *esrt[2];	/* not converted, and converted */
static u8 *argument;			/* what the command came in */
static void *new_attributes;
static u64 new_attributes_size;

static void copy(void *to, const void *from, u64 n)
{
	u8 *t = to;
	const u8 *f = from;

	while (n--)
		*t++ = *f++;
}

static int same(const void *a, const void *b, u64 n)
{
	const u8 *x = a, *y = b;

	while (n--)
		if (*x++ != *y++)
			return 0;
	return 1;
}

/* Does the name begin with the text, and if all is set, end with it, too? */
static int named(const char16 *name, const char *text, int all)
{
	while (*text)
		if (*name++ != (u8)*text++)
			return 0;
	return !all || !*name;
}

static volatile u32 never;

__attribute__((noinline)) static u64 recurse(u64 depth)
{
	volatile u8 frame[512];

	frame[depth & 511] = depth;
	if (never)
		return 0;
	return recurse(depth + 1) + frame[(depth + 1) & 511];
}

static u64 cycles(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

static void spin(u64 n)
{
	u64 start = cycles();

	while (cycles() - start < n)
		asm volatile("pause");
}

/* Address of what a far pointer leads to: a far return. */
void far_target(void);
asm(".text\n"
    ".globl far_target\n"
    "far_target:\n\t"
    "lretq\n");

struct far_pointer {
	u64 offset;
	u16 selector;
} __attribute__((packed));

struct table_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

/*
 * System control port A, which is read as it was written. Bit 2 does nothing. Its
 * number is one that an immediate has to be taken without a sign for.
 */
static efi_status use_port_92(void)
{
	u8 was, is, sign, string[4] = { 0 }, *to = string, *from = string;
	u64 n = sizeof(string) - 1;

	asm volatile("inb %%dx, %%al" : "=a" (was) : "d" (0x92));
	asm volatile("inb %%dx, %%al" : "=a" (sign) : "d" (0xff92));
	asm volatile("inb $0x92, %%al" : "=a" (is));
	if (is != was || is == sign)
		return EFI_DEVICE_ERROR;

	asm volatile("outb %%al, $0x92" : : "a" ((u8)(was ^ 4)));
	asm volatile("rep insb" : "+D" (to), "+c" (n) : "d" (0x92) : "memory");
	if (n || to != string + 3 || string[3] ||
	    string[0] != (was ^ 4) || string[2] != (was ^ 4))
		return EFI_DEVICE_ERROR;

	string[1] = was;
	n = 2;
	asm volatile("rep outsb" : "+S" (from), "+c" (n) : "d" (0x92) : "memory");
	asm volatile("inb $0x92, %%al" : "=a" (is));
	return n || from != string + 2 || is != was ? EFI_DEVICE_ERROR :
						      EFI_SUCCESS;
}

/*
 * QEMU's port for guests of another hypervisor: the command that asks for the
 * version takes arguments in EAX and ECX, and answers in EAX, EBX and ECX.
 */
static efi_status use_vmport(u64 *value)
{
	u32 a = 0x564d5868, b = 0x1234, c = 10, d = 0x5658;

	asm volatile("inl %%dx, %%eax" : "+a" (a), "+b" (b), "+c" (c), "+d" (d));
	*value = (u64)b << 32 | a;
	return b != 0x564d5868 || a == ~0U || a == b || d != 0x5658 || c == 10 ?
	       EFI_DEVICE_ERROR : EFI_SUCCESS;
}

/*
 * Code that changes the next instruction but one, and puts it back, as who goes on
 * using physical addresses would: where it runs, the page is at another address.
 * Interrupts are off meanwhile.
 */
static u64 image_physical;

static u32 modify_alias(void)
{
	u64 delta = image_physical - (u64)&image_physical;
	u32 is;

	asm volatile("cli\n\t"
		     "lea 1f(%%rip), %%rdi\n\t"
		     "add %%rax, %%rdi\n\t"
		     "addb $6, 1(%%rdi)\n\t"
		     "xor %%eax, %%eax\n\t"
		     "cpuid\n"
		     "1:\tmov $1, %%eax\n\t"
		     "subb $6, 1(%%rdi)\n\t"
		     "sti"
		     : "=a" (is) : "0" (delta)
		     : "rbx", "rcx", "rdx", "rdi", "cc", "memory");
	return is;
}

/*
 * Code that changes the next instruction, and puts it back: with one store, and with
 * a string of them, which are as many instructions to who steps through them.
 */
static u32 modify_self(void)
{
	u32 first, second;

	asm volatile(".p2align 6\n\t"
		     "lea 1f(%%rip), %%rdi\n\t"
		     "addb $6, 1(%%rdi)\n"
		     "1:\tmov $1, %%eax\n\t"
		     "mov %%eax, %%edx\n\t"
		     "subb $6, 1(%%rdi)\n\t"
		     "lea 2f+1(%%rip), %%rdi\n\t"
		     "mov $4, %%ecx\n\t"
		     "mov $0x11, %%al\n\t"
		     "rep stosb\n"
		     "2:\tmov $0, %%eax\n\t"
		     "movl $0, 2b+1(%%rip)\n\t"
		     : "=a" (first), "=d" (second)
		     : : "rcx", "rdi", "memory", "cc");
	return first == 0x11111111 && second == 7;
}

/*
 * Between one access and the other there are jumps, which is where QEMU looks
 * for interrupts.
 */
#define PORT_PAIR							\
	"outb %%al, $0x70\n\t"						\
	"mov $32, %%ecx\n"						\
	"1:\tdec %%ecx\n\t"						\
	"jnz 1b\n\t"							\
	"inb $0x71, %%al\n\t"

/* Low half: how many pairs were torn. High half: of how many. */
static u64 use_port_pairs(u64 n, u64 with_popf)
{
	u64 start = cycles(), torn = 0, pairs = 0;
	u8 byte;

	while (cycles() - start < n) {
		if (with_popf)
			asm volatile("pushfq\n\tcli\n\t" PORT_PAIR "popfq"
				     : "=a" (byte) : "0" (FIRMWARE_INDEX)
				     : "rcx", "memory", "cc");
		else
			asm volatile("cli\n\t" PORT_PAIR "sti"
				     : "=a" (byte) : "0" (FIRMWARE_INDEX)
				     : "rcx", "memory", "cc");
		torn += byte != FIRMWARE_FINDS;
		pairs++;
	}
	return pairs << 32 | torn;
}

/* Do what was commanded; value is what is to be seen in "Result". */
static efi_status misbehave(u32 command, u64 a, u64 b, u64 *value)
{
	static struct table_pointer table;
	static struct far_pointer far;
	u64 x = 0, y;
	u32 low, high, word;

	switch (command) {
	case CMD_NOTHING:
		break;
	case CMD_EMPTY_COUNT:
		empty_count = 1;
		break;

	case CMD_READ:
		x = *(volatile u32 *)a;
		break;
	case CMD_WRITE:
		*(volatile u32 *)a = b;
		break;
	case CMD_WRITE_WP_OFF:
		asm volatile("mov %%cr0, %0\n\t"
			     "mov %0, %1\n\t"
			     "and $0xfffffffffffeffff, %1\n\t"
			     "mov %1, %%cr0\n\t"
			     "movl %2, (%3)\n\t"
			     "mov %0, %%cr0"
			     : "=&r" (x), "=&r" (y) : "r" ((u32)b), "r" (a)
			     : "memory");
		break;
	case CMD_EXEC:	/* a function of the kernel, with its arguments */
		asm volatile("call *%1"
			     : "=a" (x) : "r" (a), "D" (0xffULL)
			     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
			       "memory");
		x = (u32)x;
		break;
	case CMD_RSP:
		asm volatile("mov %%rsp, %%r11\n\t"
			     "mov %0, %%rsp\n\t"
			     "push %%r11\n\t"
			     "mov %%r11, %%rsp" : : "r" (a) : "r11", "memory");
		break;
	case CMD_READ_BOOT:
		x = *(volatile u64 *)boot_memory;
		break;
	case CMD_WRITE_BOOT:
		*(volatile u64 *)boot_memory = 1;
		break;
	case CMD_WRITE_OWN_TEXT:
		*(volatile u8 *)far_target = 0x48;	/* as it is */
		break;
	case CMD_EXEC_OWN_DATA:
		asm volatile("call *%0" : : "r" (own_data) : "memory");
		break;
	case CMD_READ_ESRT:
		x = esrt[a]->version;
		if (x != 1 || esrt[a]->count != 1 ||
		    !same(&esrt[a]->class, &our_vendor, sizeof(our_vendor)))
			return EFI_DEVICE_ERROR;
		break;
	case CMD_WRITE_ESRT:
		*(volatile u32 *)&esrt[a]->last_status = 1;
		break;
	case CMD_READ_PAST:
		for (y = sizeof(struct misbehave_command); y <= a; y += 8)
			x |= *(volatile u64 *)(argument + y);
		break;
	case CMD_WRITE_PAST:
		*(volatile u64 *)(argument + a) = ~b;
		break;
	case CMD_RECURSE:
		x = recurse(0);
		break;

	case CMD_DE:
		asm volatile("xor %%ecx, %%ecx\n\tdiv %%ecx"
			     : : : "rax", "rcx", "rdx");
		break;
	case CMD_ICEBP:
		asm volatile(".byte 0xf1");
		break;
	case CMD_SINGLE_STEP:
		asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\t"
			     "pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq"
			     : : : "memory");
		break;
	case CMD_BP:
		asm volatile("int3");
		break;
	case CMD_UD:
		asm volatile("ud2");
		break;
	case CMD_NM:
		asm volatile("mov %%cr0, %0\n\tor $8, %0\n\tmov %0, %%cr0\n\t"
			     "fnop\n\tclts" : "=&r" (x));
		break;
	case CMD_MF:
		word = 0x0340;
		asm volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\t"
			     "fdivrp\n\tfwait\n\tfninit" : : "m" (word));
		break;
	case CMD_AC:
		asm volatile("pushfq\n\torq $0x40000, (%%rsp)\n\tpopfq\n\t"
			     "mov 1(%%rsp), %0\n\t"
			     "pushfq\n\tandq $~0x40000, (%%rsp)\n\tpopfq"
			     : "=&r" (x) : : "memory");
		break;
	case CMD_XM:
		word = 0x1d80;
		asm volatile("ldmxcsr %0\n\txorps %%xmm0, %%xmm0\n\t"
			     "pcmpeqd %%xmm1, %%xmm1\n\t"
			     "psrld $25, %%xmm1\n\tpslld $23, %%xmm1\n\t"
			     "divss %%xmm0, %%xmm1" : : "m" (word));
		break;

	case CMD_CR0_XOR:
		asm volatile("mov %%cr0, %0\n\txor %1, %0\n\tmov %0, %%cr0"
			     : "=&r" (x) : "r" (a) : "memory");
		break;
	case CMD_CR3_SAME:
		asm volatile("mov %%cr3, %0\n\tmov %0, %%cr3"
			     : "=&r" (x) : : "memory");
		break;
	case CMD_CR3_ZERO:
		asm volatile("mov %0, %%cr3" : : "r" (0ULL) : "memory");
		break;
	case CMD_CR4_XOR:
		asm volatile("mov %%cr4, %0\n\txor %1, %0\n\tmov %0, %%cr4"
			     : "=&r" (x) : "r" (a) : "memory");
		break;
	case CMD_CR8_SAME:
		asm volatile("mov %%cr8, %0\n\tmov %0, %%cr8" : "=&r" (x));
		break;
	case CMD_CR8:
		asm volatile("mov %0, %%cr8" : : "r" (a));
		break;
	case CMD_RFLAGS_SET:
		asm volatile("pushfq\n\tor %0, (%%rsp)\n\tpopfq"
			     : : "r" (a) : "memory");
		break;
	case CMD_CLI:
		asm volatile("cli");
		break;
	case CMD_STI:
		asm volatile("sti");
		break;
	case CMD_LOAD_DS:
		asm volatile("mov %w0, %%ds" : : "r" (a));
		break;
	case CMD_LOAD_ES:
		asm volatile("mov %w0, %%es" : : "r" (a));
		break;
	case CMD_LOAD_FS:
		asm volatile("mov %w0, %%fs" : : "r" (a));
		break;
	case CMD_LOAD_GS:
		asm volatile("mov %w0, %%gs" : : "r" (a));
		break;
	case CMD_LOAD_SS:
		asm volatile("mov %w0, %%ss" : : "r" (a));
		break;
	case CMD_WRFSBASE:
		asm volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xd0" : : "a" (a));
		break;
	case CMD_WRGSBASE:
		asm volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xd8" : : "a" (a));
		break;
	case CMD_SWAPGS:
		asm volatile("swapgs");
		break;
	case CMD_LGDT:
		table.limit = table.base = 0;
		asm volatile("lgdt %0" : : "m" (table));
		break;
	case CMD_LIDT:
		table.limit = table.base = 0;
		asm volatile("lidt %0" : : "m" (table));
		break;
	case CMD_LLDT:
		asm volatile("lldt %w0" : : "r" (a));
		break;
	case CMD_LTR:
		asm volatile("ltr %w0" : : "r" (a));
		break;
	case CMD_DR0:
		asm volatile("mov %0, %%dr0" : : "r" (a));
		break;
	case CMD_DR7:
		asm volatile("mov %0, %%dr7" : : "r" (a));
		break;
	case CMD_WRMSR_XOR:
		asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" ((u32)a));
		low ^= (u32)b;
		high ^= b >> 32;
		asm volatile("wrmsr" : : "a" (low), "d" (high), "c" ((u32)a)
			     : "memory");
		break;
	case CMD_WRPKRU:
		asm volatile(".byte 0x0f, 0x01, 0xef"
			     : : "a" ((u32)a), "c" (0), "d" (0) : "memory");
		break;
	case CMD_XSETBV:
		asm volatile("xsetbv" : : "a" ((u32)a), "c" (0), "d" (0));
		break;

	case CMD_XGETBV:
		asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
		x = (u64)high << 32 | low;
		break;
	case CMD_XSETBV_SAME:
		asm volatile("xgetbv\n\txsetbv"
			     : "=&a" (low), "=&d" (high) : "c" (0));
		break;
	case CMD_MICROCODE:	/* the way that the SDM says to read it */
		asm volatile("wrmsr" : : "a" (0), "d" (0), "c" (0x8b));
		asm volatile("cpuid" : : "a" (1), "c" (0) : "rbx", "rdx");
		asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (0x8b));
		x = (u64)high << 32 | low;
		break;

	case CMD_FPU_CONTROL:
		asm volatile("fldcw %0" : : "m" (a));
		break;
	case CMD_MXCSR:
		asm volatile("ldmxcsr %0" : : "m" (a));
		break;
	case CMD_X87_FULL:
		asm volatile("fld1\n\tfld1\n\tfld1\n\tfld1\n\t"
			     "fld1\n\tfld1\n\tfld1\n\tfld1");
		break;
	case CMD_YMM:
		asm volatile("vpcmpeqd %xmm0, %xmm0, %xmm0\n\t"
			     "vinsertf128 $1, %xmm0, %ymm0, %ymm0\n\t"
			     "vmovaps %ymm0, %ymm7\n\t"
			     "vmovaps %ymm0, %ymm15");
		break;
	case CMD_TRASH_RBX:
		leave = LEAVE_RBX;
		break;
	case CMD_TRASH_RBP:
		leave = LEAVE_RBP;
		break;
	case CMD_TRASH_RSI_RDI:
		leave = LEAVE_RSI_RDI;
		break;
	case CMD_TRASH_R12_R15:
		leave = LEAVE_R12_R15;
		break;
	case CMD_TRASH_XMM:
		leave = LEAVE_XMM;
		break;
	case CMD_TRASH_RSP:
		leave = LEAVE_RSP;
		break;

	case CMD_HLT:
		asm volatile("hlt");
		break;
	case CMD_CLTS:
		asm volatile("clts");
		break;
	case CMD_INVD:
		asm volatile("invd");
		break;
	case CMD_WBINVD:
		asm volatile("wbinvd");
		break;
	case CMD_INVLPG:
		asm volatile("invlpg (%0)" : : "r" (&result));
		break;
	case CMD_LMSW:
		asm volatile("lmsw %w0" : : "r" (a));
		break;
	case CMD_LMSW_SAME:
		asm volatile("smsw %0\n\tlmsw %w0" : "=&r" (x));
		break;
	case CMD_STAC_CLAC:
		asm volatile("stac\n\tclac");
		break;
	case CMD_READ_CR0:
		asm volatile("mov %%cr0, %0" : "=r" (x));
		break;
	case CMD_READ_CR2:
		asm volatile("mov %%cr2, %0" : "=r" (x));
		break;
	case CMD_READ_CR3:
		asm volatile("mov %%cr3, %0" : "=r" (x));
		break;
	case CMD_READ_CR4:
		asm volatile("mov %%cr4, %0" : "=r" (x));
		break;
	case CMD_READ_DR6:
		asm volatile("mov %%dr6, %0" : "=r" (x));
		break;
	case CMD_READ_DR7:
		asm volatile("mov %%dr7, %0" : "=r" (x));
		break;
	case CMD_RDMSR:
		asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" ((u32)a));
		x = (u64)high << 32 | low;
		break;
	case CMD_SGDT:
		asm volatile("sgdt %0" : "=m" (table));
		x = table.base;
		break;
	case CMD_SIDT:
		asm volatile("sidt %0" : "=m" (table));
		x = table.base;
		break;
	case CMD_SLDT:
		asm volatile("sldt %0" : "=r" (x));
		break;
	case CMD_STR:
		asm volatile("str %0" : "=r" (x));
		break;
	case CMD_SMSW:
		asm volatile("smsw %0" : "=r" (x));
		break;
	case CMD_RSM:
		asm volatile("rsm");
		break;
	case CMD_SYSRET:
		asm volatile("lea 1f(%%rip), %%rcx\n\t"
			     "pushfq\n\tpop %%r11\n\t"
			     "sysretq\n1:" : : : "rcx", "r11", "memory");
		break;
	case CMD_SYSEXIT:
		asm volatile("lea 1f(%%rip), %%rdx\n\t"
			     "mov %%rsp, %%rcx\n\t"
			     ".byte 0x48\n\tsysexit\n1:"
			     : : : "rcx", "rdx", "memory");
		break;
	case CMD_IRET:
		asm volatile("mov %%rsp, %%r11\n\t"
			     "push %1\n\tpush %%r11\n\tpushfq\n\tpush %0\n\t"
			     "lea 1f(%%rip), %%r10\n\tpush %%r10\n\t"
			     "iretq\n1:" : : "r" (a), "r" (b)
			     : "r10", "r11", "memory");
		break;
	case CMD_MONITOR:
		asm volatile("monitor"
			     : : "a" (&result), "c" (0ULL), "d" (0ULL));
		break;
	case CMD_MONITOR_MWAIT:
		asm volatile("monitor"
			     : : "a" (&result), "c" (0ULL), "d" (0ULL));
		asm volatile("mwait" : : "a" (0ULL), "c" (0ULL));
		break;
	case CMD_MWAIT:
		asm volatile("mwait" : : "a" (0ULL), "c" (0ULL));
		break;
	case CMD_VMCALL:
		asm volatile("vmcall" : : : "rax");
		break;
	case CMD_VMXON:
		x = 0;
		asm volatile("vmxon %0" : : "m" (x));
		break;
	case CMD_RDPMC:
		asm volatile("rdpmc" : "=a" (low), "=d" (high) : "c" (0));
		x = low;
		break;
	case CMD_IN:
		asm volatile("inb %%dx, %%al" : "=a" (low) : "d" ((u16)a));
		x = low & 0xff;
		break;
	case CMD_OUT:
		asm volatile("outb %%al, %%dx" : : "a" (0), "d" ((u16)a));
		break;
	case CMD_PORTS:
		return use_port_92();
	case CMD_SELF_MODIFY:
		if (!modify_self())
			return EFI_DEVICE_ERROR;
		break;
	case CMD_ALIAS_MODIFY:
		if (modify_alias() != 7)
			return EFI_DEVICE_ERROR;
		break;
	case CMD_VMPORT:
		return use_vmport(value);
	case CMD_SYSCALL:	/* getpid(), as far as the number goes */
		asm volatile("syscall" : "=a" (x) : "a" (39ULL)
			     : "rcx", "r11", "memory");
		break;
	case CMD_SYSENTER:
		asm volatile("sysenter" : "=a" (x) : "a" (39ULL) : "memory");
		break;
	case CMD_INT80:
		asm volatile("int $0x80" : "=a" (x) : "a" (20ULL) : "memory");
		break;
	case CMD_INT20:
		asm volatile("int $0x20");
		break;
	case CMD_INT2:
		asm volatile("int $2");
		break;
	case CMD_INT8:
		asm volatile("int $8");
		break;
	case CMD_INT14:
		asm volatile("int $14");
		break;
	case CMD_INTFF:
		asm volatile("int $0xff");
		break;
	case CMD_FAR_CALL:
		far.offset = (u64)far_target;
		far.selector = a;
		asm volatile("lcallq *%0" : : "m" (far) : "memory");
		break;
	case CMD_FAR_JUMP:
		far.selector = a;
		asm volatile("lea 1f(%%rip), %%rax\n\t"
			     "mov %%rax, %0\n\t"
			     "ljmpq *%0\n1:"
			     : "+m" (far) : : "rax");
		break;

	case CMD_STATUS:
		return a;
	case CMD_SPIN:
		spin(a);
		break;
	case CMD_SPIN_CLI:
		asm volatile("cli");
		spin(a);
		asm volatile("sti");
		break;
	case CMD_CLI_BRACKETS:
		for (y = cycles(); cycles() - y < a;) {
			asm volatile("cli");
			spin(b);
			asm volatile("sti\n\tnop");
		}
		break;
	case CMD_CLI_PORTS:
		x = use_port_pairs(a, b);
		break;
	}
	*value = x;
	return EFI_SUCCESS;
}

efi_status set_variable(char16 *name, struct efi_guid *vendor, u32 attr,
			       u64 size, void *data)
{
	struct misbehave_command c;
	efi_status status;

	if (!same(vendor, &our_vendor, sizeof(our_vendor)))
		return next_set(name, vendor, attr, size, data);
	if (!named(name, "Misbehave", 1))
		return EFI_SUCCESS;	/* efivarfs wants files made, removed */
	if (size != sizeof(c))
		return size ? EFI_INVALID_PARAMETER : EFI_SUCCESS;

	copy(&c, data, sizeof(c));
	lie = c;
	argument = data;
	result.survived = 0;
	result.value = 0;
	result.sequence = c.sequence;
	status = misbehave(c.command, c.arg[0], c.arg[1], &result.value);
	result.survived = 1;
	return status;
}

static efi_status get_variable(char16 *name, struct efi_guid *vendor, u32 *attr,
			       u64 *size, void *data)
{
	const u64 a = lie.arg[0];
	u64 had = *size, need = 8;
	u8 *bytes = data;
	u64 i;

	if (!same(vendor, &our_vendor, sizeof(our_vendor)))
		return next_get(name, vendor, attr, size, data);
	if (attr)
		*attr = 7;
	if (named(name, "Result", 1)) {
		*size = sizeof(result);
		if (had < sizeof(result))
			return EFI_BUFFER_TOO_SMALL;
		copy(data, &result, sizeof(result));
		return EFI_SUCCESS;
	}
	if (named(name, "Misbehave", 1))
		need = sizeof(lie);
	else if (!named(name, "Lie", 0))
		return EFI_NOT_FOUND;
	else if (lie.command == CMD_LIE_TOO_SMALL) {
		*size = a;
		/* Should the caller believe that: there is data, too. */
		if (!had || had != a)
			return EFI_BUFFER_TOO_SMALL;
	} else if (lie.command == CMD_LIE_STATUS)
		return a;

	if (had < need) {
		*size = need;
		return lie.command == CMD_LIE_NO_BUFFER && !had ?
		       EFI_SUCCESS : EFI_BUFFER_TOO_SMALL;
	}
	*size = need;
	for (i = 0; i < need; i++)
		bytes[i] = 0x11;
	if (lie.command == CMD_LIE_SIZE)
		*size = a;
	if (lie.command == CMD_LIE_OVERRUN)
		for (i = 0; i < had + a; i++)
			bytes[i] = 0xee;
	return EFI_SUCCESS;
}

static efi_status get_next(u64 *size, char16 *name, struct efi_guid *vendor)
{
	u64 had = *size, i;

	/* One lie to a list: one that has no end is a hang, not a lie. */
	if (name[0] && lie.command >= CMD_LIE_NAME_OVERRUN &&
	    lie.command <= CMD_LIE_NAME_ENDLESS)
		return EFI_NOT_FOUND;
	switch (lie.command) {
	case CMD_LIE_NAME_OVERRUN:
		had += lie.arg[0];
		/* fall through */
	case CMD_LIE_NAME_ENDLESS:
		for (i = 0; i < had / 2; i++)
			name[i] = 'A';
		break;
	case CMD_LIE_NAME_SIZE:
		name[0] = 'A';
		name[1] = 0;
		*size = lie.arg[0];
		break;
	case CMD_LIE_NAME_TOO_SMALL:
		*size = lie.arg[0];
		return EFI_BUFFER_TOO_SMALL;
	default:
		return next_next(size, name, vendor);
	}
	copy(vendor, &our_vendor, sizeof(our_vendor));
	return EFI_SUCCESS;
}

static efi_status count(u32 *high)
{
	return empty_count ? EFI_SUCCESS : next_count(high);
}

/* In the result: the word behind the header, and one far into the capsule. */
static efi_status update_capsule(struct efi_capsule_header **headers, u64 count,
				 u64 list)
{
	struct efi_capsule_header *h = headers[0];
	volatile u32 *near, *far;

	if (!count || !same(&h->guid, &capsule_vendor, sizeof(capsule_vendor)))
		return next_capsule(headers, count, list);
	near = (u32 *)((u8 *)h + h->header_size);
	far = (u32 *)((u8 *)h + CAPSULE_FAR);
	result.survived = 0;
	switch (lie.command) {
	case CMD_CAPSULE_OUTSIDE:	/* in the same pages */
		near = (u32 *)h - 1;
		far = (u32 *)((u8 *)h + h->image_size);
		/* fall through */
	case CMD_CAPSULE_READ:
		result.value = (u64)*far << 32 | *near;
		break;
	case CMD_CAPSULE_WRITE:
		*near = ~SECRET;
		break;
	}
	result.survived = 1;
	return EFI_SUCCESS;
}

static efi_status capabilities(struct efi_capsule_header **headers, u64 count,
			       u64 *max_size, u32 *reset_type)
{
	if (!count ||
	    !same(&headers[0]->guid, &capsule_vendor, sizeof(capsule_vendor)))
		return next_capabilities(headers, count, max_size, reset_type);
	*max_size = 1 << 30;
	*reset_type = 1;	/* warm */
	return EFI_SUCCESS;
}

/*
 * SetVariable comes through here: no C function could return with the registers
 * of its caller trashed.
 */
__attribute__((naked)) static efi_status set_variable_entry(char16 *name,
	struct efi_guid *vendor, u32 attr, u64 size, void *data)
{
	asm("sub $0x38, %rsp\n\t"
	    "mov 0x60(%rsp), %rax\n\t"	/* the fifth argument */
	    "mov %rax, 0x20(%rsp)\n\t"
	    "call set_variable\n\t"
	    "add $0x38, %rsp\n\t"
	    "xor %ecx, %ecx\n\t"
	    "xchg %ecx, leave(%rip)\n\t"
	    "mov $0x6b6b6b6b6b6b6b6b, %rdx\n\t"
	    "cmp $1, %ecx\n\tje 1f\n\t"
	    "cmp $2, %ecx\n\tje 2f\n\t"
	    "cmp $3, %ecx\n\tje 3f\n\t"
	    "cmp $4, %ecx\n\tje 4f\n\t"
	    "cmp $5, %ecx\n\tje 5f\n\t"
	    "cmp $6, %ecx\n\tje 6f\n\t"
	    "ret\n"
	    "1:\tmov %rdx, %rbx\n\tret\n"
	    "2:\tmov %rdx, %rbp\n\tret\n"
	    "3:\tmov %rdx, %rsi\n\tmov %rdx, %rdi\n\tret\n"
	    "4:\tmov %rdx, %r12\n\tmov %rdx, %r13\n\t"
	    "mov %rdx, %r14\n\tmov %rdx, %r15\n\tret\n"
	    "5:\tmovq %rdx, %xmm6\n\tmovq %rdx, %xmm7\n\t"
	    "movq %rdx, %xmm8\n\tmovq %rdx, %xmm9\n\t"
	    "movq %rdx, %xmm10\n\tmovq %rdx, %xmm11\n\t"
	    "movq %rdx, %xmm12\n\tmovq %rdx, %xmm13\n\t"
	    "movq %rdx, %xmm14\n\tmovq %rdx, %xmm15\n\tret\n"
	    "6:\tpop %rdx\n\tadd $0x40, %rsp\n\tjmp *%rdx\n");
}

static void to_virtual(void *event, void *context)
{
	(void)event;
	(void)context;
	runtime->convert_pointer(0, (void **)&next_get);
	runtime->convert_pointer(0, (void **)&next_next);
	runtime->convert_pointer(0, (void **)&next_set);
	runtime->convert_pointer(0, (void **)&next_count);
	runtime->convert_pointer(0, (void **)&next_capsule);
	runtime->convert_pointer(0, (void **)&next_capabilities);
	runtime->convert_pointer(0, (void **)&esrt[1]);
}

/* In boot-services data, which the kernel has to reserve. */
static void fill_esrt(struct efi_esrt *t)
{
	t->count = 1;
	t->max = 1;
	t->version = 1;
	t->class = our_vendor;
	t->type = 1;			/* system firmware */
	t->firmware_version = 1;
	t->lowest_supported = 1;
	t->flags = 0;
	t->last_version = 1;
	t->last_status = 0;
	esrt[0] = t;
	esrt[1] = t;
}

static u8 *emit(u8 *to, const struct efi_memory_descriptor *like, u64 start,
		u64 end, u64 attr)
{
	struct efi_memory_descriptor *d = (void *)to;
	const struct efi_memory_attributes_table *t = new_attributes;

	if (start >= end ||
	    (u64)(to - (u8 *)t) + t->descriptor_size > new_attributes_size)
		return to;
	*d = *like;
	d->physical_start = start;
	d->pages = (end - start) >> 12;
	d->attribute = attr;
	((struct efi_memory_attributes_table *)new_attributes)->entries++;
	return to + t->descriptor_size;
}

/* Our own image, section by section: text read-only, the rest not executable. */
static u8 *emit_image(u8 *to, const struct efi_memory_descriptor *like)
{
	const u64 base = (u64)image->image_base;
	const u8 *pe = image->image_base + *(u32 *)(image->image_base + 0x3c);
	const u8 *section = pe + 24 + *(const u16 *)(pe + 20);
	u64 done = base, start, end;
	u32 i;

	for (i = 0; i < *(const u16 *)(pe + 6); i++, section += 40) {
		if (!(*(const u32 *)(section + 36) & 0x20000000))
			continue;		/* not executable */
		start = base + *(const u32 *)(section + 12);
		end = start + ((*(const u32 *)(section + 8) + 4095) & ~4095ULL);
		to = emit(to, like, done, start,
			  EFI_MEMORY_RUNTIME | EFI_MEMORY_XP);
		to = emit(to, like, start, end,
			  EFI_MEMORY_RUNTIME | EFI_MEMORY_RO);
		done = end;
	}
	return emit(to, like, done, base + image->image_size,
		    EFI_MEMORY_RUNTIME | EFI_MEMORY_XP);
}

/*
 * EDK2 leaves images that are loaded as late as we are out of the memory
 * attributes table, and has the kernel map them as data. Publish another table,
 * in which our pages are cut out of what they lie in. It is too late to
 * allocate: the memory map must not change any more.
 *
 * Its version is that of UEFI 2.10, which is compatible with the first, and it has
 * a flag that nobody knows. Of one region of data it says that it is executable, too.
 * With NO_TABLE, there is none in the end, as with much
 * firmware from before 2016.
 */
static void publish_attributes(void *event, void *context)
{
	const u64 start = (u64)image->image_base;
	const u64 end = start + image->image_size;
	struct efi_memory_attributes_table *old, *new = new_attributes;
	const struct efi_memory_descriptor *d;
	struct efi_configuration_table *t = system->table;
	int seen = 0, data, executable = 0;
	u64 from, to;
	u32 i;
	u8 *at;

	(void)event;
	(void)context;
	for (i = 0; i < system->tables; i++, t++)
		if (same(&t->vendor, &attributes_guid, sizeof(attributes_guid)))
			break;
	if (i == system->tables)
		return;
#ifdef NO_TABLE
	/* Nobody looks for it under this name. */
	copy(&t->vendor, &our_vendor, sizeof(our_vendor));
	return;
#endif
	old = t->table;
	*new = *old;
	new->version = 2;
	new->flags |= 1U << 31;
	new->entries = 0;
	at = (u8 *)(new + 1);
	for (i = 0; i < old->entries; i++) {
		d = (void *)((u8 *)(old + 1) + i * old->descriptor_size);
		from = d->physical_start;
		to = from + (d->pages << 12);
		if (to <= start || from >= end) {
			data = !executable && d->type == EFI_RUNTIME_SERVICES_DATA;
			executable |= data;
			at = emit(at, d, from, to, d->attribute &
				  ~(data ? EFI_MEMORY_XP : 0ULL));
			continue;
		}
		at = emit(at, d, from, start, d->attribute);
		if (!seen++)
			at = emit_image(at, d);
		at = emit(at, d, end, to, d->attribute);
	}
	t->table = new;
}

efi_status efi_main(efi_handle handle, struct efi_system_table *table)
{
	struct efi_boot_services *boot = table->boot;
	u64 address = 0, table_address = 0;
	void *event;

	system = table;
	runtime = table->runtime;
	new_attributes_size = ATTRIBUTES_PAGES * 4096;
	if (boot->handle_protocol(handle, &loaded_image_guid, (void **)&image) ||
	    boot->allocate_pages(0, EFI_BOOT_SERVICES_DATA, 1, &boot_memory) ||
	    boot->allocate_pages(0, EFI_BOOT_SERVICES_DATA,
				 ATTRIBUTES_PAGES, &address) ||
	    boot->allocate_pages(0, EFI_BOOT_SERVICES_DATA, 1,
				 &table_address) ||
	    boot->install_configuration_table(&esrt_guid,
					      (void *)table_address) ||
	    boot->create_event(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_CALLBACK,
			       to_virtual, NULL, &event) ||
	    boot->create_event(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK,
			       publish_attributes, NULL, &event))
		return EFI_ERROR(1);
	image_physical = (u64)&image_physical;
	new_attributes = (void *)address;
	fill_esrt((void *)table_address);

	next_get = runtime->get_variable;
	next_next = runtime->get_next_variable_name;
	next_set = runtime->set_variable;
	next_count = runtime->get_next_high_monotonic_count;
	next_capsule = runtime->update_capsule;
	next_capabilities = runtime->query_capsule_capabilities;
	runtime->get_variable = get_variable;
	runtime->get_next_variable_name = get_next;
	runtime->set_variable = set_variable_entry;
	runtime->get_next_high_monotonic_count = count;
	runtime->update_capsule = update_capsule;
	runtime->query_capsule_capabilities = capabilities;
	runtime->hdr.crc32 = 0;
	boot->calculate_crc32(runtime, runtime->hdr.header_size,
			      &runtime->hdr.crc32);
	return EFI_SUCCESS;
}
