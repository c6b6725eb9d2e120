// SPDX-License-Identifier: GPL-2.0
/*
 * awkward.c - runtime calls from tasks in a state that firmware must not inherit
 *
 *	awkward FILE
 *
 * FILE is an EFI variable in efivarfs. Each case brings a child into some state,
 * reads the variable, and looks whether the call worked and the state is what it
 * was. Cases that the CPU or the kernel has not got are skipped. The exit status
 * is 0 if none failed.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED	4

static int fd;
static char buffer[4096] __attribute__((aligned(4096)));

/* A system call that keeps no account of anything: no errno, no memory */
static inline long raw4(long nr, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10)
		     : "rcx", "r11", "memory");
	return ret;
}

static bool read_variable(void)
{
	return raw4(SYS_pread64, fd, (long)buffer, sizeof(buffer), 0) > 4;
}

static sigjmp_buf out;

static void on_fault(int sig)
{
	siglongjmp(out, sig);
}

/* In this task: another one would have what a context switch loads. */
static bool faults(void (*what)(void))
{
	bool faulted = true;

	signal(SIGSEGV, on_fault);
	if (!sigsetjmp(out, 1)) {
		what();
		faulted = false;
	}
	signal(SIGSEGV, SIG_DFL);
	return faulted;
}

static int case_plain(void)
{
	return read_variable() ? 0 : 1;
}

/* Protection keys: no access to any memory of key 0, from here to the end. */
static int case_pkru(void)
{
	unsigned int a, b, c, d, deny = 0x55555555 & ~(3U << 2), pkru;
	long ret;
	int key;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(c & (1 << 4)))
		return SKIPPED;
	key = syscall(SYS_pkey_alloc, 0, 0);
	if (key != 1 || syscall(SYS_pkey_mprotect, buffer, sizeof(buffer),
				PROT_READ | PROT_WRITE, key))
		return 1;

	asm volatile("mov %[deny], %%eax\n\t"
		     "xor %%ecx, %%ecx\n\t"
		     "xor %%edx, %%edx\n\t"
		     ".byte 0x0f, 0x01, 0xef\n\t"	/* wrpkru */
		     "mov %[nr], %%eax\n\t"
		     "mov %[size], %%edx\n\t"
		     "xor %%r10d, %%r10d\n\t"
		     "syscall\n\t"
		     "mov %%rax, %%r8\n\t"
		     "xor %%ecx, %%ecx\n\t"
		     ".byte 0x0f, 0x01, 0xee\n\t"	/* rdpkru */
		     "mov %%eax, %%r9d\n\t"
		     "xor %%eax, %%eax\n\t"
		     "xor %%edx, %%edx\n\t"
		     ".byte 0x0f, 0x01, 0xef\n\t"
		     "mov %%r8, %[ret]\n\t"
		     "mov %%r9d, %[pkru]"
		     : [ret] "=&b" (ret), [pkru] "=&r" (pkru)
		     : [deny] "i" (deny), [nr] "i" (SYS_pread64),
		       [size] "i" (sizeof(buffer)), "D" (fd), "S" (buffer)
		     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
	return ret > 4 && pkru == deny ? 0 : 1;
}

static void rdtsc(void)
{
	asm volatile("rdtsc" ::: "eax", "edx");
}

static int case_tsd(void)
{
	if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV))
		return SKIPPED;
	return read_variable() && faults(rdtsc) ? 0 : 1;
}

static void cpuid(void)
{
	unsigned int a, b, c, d;

	__cpuid(0, a, b, c, d);
}

static int case_cpuid_faulting(void)
{
	if (syscall(SYS_arch_prctl, ARCH_GET_CPUID) != 1 ||
	    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0))
		return SKIPPED;
	return read_variable() && faults(cpuid) ? 0 : 1;
}

static void use_port(void)
{
	asm volatile("inb $0x80, %%al" ::: "al");
}

/* All ports are open to firmware, and to this task none. */
static int case_ports(void)
{
	return read_variable() && faults(use_port) ? 0 : 1;
}

/* Here some are, and others are not. */
static void use_other_port(void)
{
	asm volatile("inb $0x84, %%al" ::: "al");
}

static int case_ioperm(void)
{
	if (ioperm(0x80, 1, 1))
		return SKIPPED;
	return read_variable() && !faults(use_port) &&
	       faults(use_other_port) ? 0 : 1;
}

static int case_bases(void)
{
	unsigned long gs = 0x123456789000, fs, now_fs, now_gs;

	if (syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) ||
	    syscall(SYS_arch_prctl, ARCH_SET_GS, gs) || !read_variable() ||
	    syscall(SYS_arch_prctl, ARCH_GET_FS, &now_fs) ||
	    syscall(SYS_arch_prctl, ARCH_GET_GS, &now_gs))
		return 1;
	return now_fs == fs && now_gs == gs ? 0 : 1;
}

/* A segment of its own in every register that can have one */
static int case_ldt(void)
{
	struct user_desc desc = {
		.base_addr = 0x1000, .limit = 0xfffff, .seg_32bit = 1,
		.limit_in_pages = 1, .useable = 1,
	};
	unsigned short ds, es, gs, sel = 0x7;

	if (syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)))
		return SKIPPED;
	asm volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs" :: "r" (sel));
	if (!read_variable())
		return 1;
	asm volatile("mov %%ds, %0; mov %%es, %1; mov %%gs, %2"
		     : "=r" (ds), "=r" (es), "=r" (gs));
	return ds == sel && es == sel && gs == sel ? 0 : 1;
}

/* Vector and control registers of the FPU */
/* Null, with a privilege level, which a return to user mode may take away */
static int case_null_selectors(void)
{
	asm volatile("mov %0, %%ds\n\t"
		     "mov %0, %%es" : : "r" (3));
	return read_variable() ? 0 : 1;
}

static int case_fpu(void)
{
	uint64_t in[2] = { 0x1122334455667788, 0x99aabbccddeeff00 }, out[2];
	uint16_t cw = 0x027f, now_cw;
	uint32_t csr = 0x9fc0, now_csr;
	long ret;

	asm volatile("fldcw %0; ldmxcsr %1" :: "m" (cw), "m" (csr));
	asm volatile("movdqu %[in], %%xmm7\n\t"
		     "movdqu %[in], %%xmm15\n\t"
		     "xor %%r10d, %%r10d\n\t"
		     "syscall\n\t"
		     "pand %%xmm15, %%xmm7\n\t"
		     "movdqu %%xmm7, %[out]"
		     : "=a" (ret), [out] "=m" (out)
		     : "a" (SYS_pread64), "D" (fd), "S" (buffer),
		       "d" (sizeof(buffer)), [in] "m" (in)
		     : "rcx", "r10", "r11", "memory", "xmm7", "xmm15");
	asm volatile("fnstcw %0; stmxcsr %1" : "=m" (now_cw), "=m" (now_csr));
	return ret > 4 && !memcmp(in, out, sizeof(in)) && now_cw == cw &&
	       (now_csr & ~0x3f) == (csr & ~0x3f) ? 0 : 1;
}

static int finish_trace(pid_t pid, bool good)
{
	int status;

	ptrace(PTRACE_DETACH, pid, 0, 0);
	waitpid(pid, &status, 0);
	return good && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Single-stepped into and out of the call */
static int case_single_step(void)
{
	int status, steps = 0;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(read_variable() ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	while (WIFSTOPPED(status) && steps < 100000) {
		if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0))
			return 1;
		waitpid(pid, &status, 0);
		steps++;
	}
	return WIFEXITED(status) && steps > 10 ? WEXITSTATUS(status) : 1;
}

static volatile unsigned long watched;

/* A watchpoint must not fire in the firmware, and must fire afterwards. */
static int case_watchpoint(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (!read_variable())
			_exit(1);
		watched = 1;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]),
		   &watched) ||
	    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]),
		   0x90001))
		return SKIPPED;
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	return finish_trace(pid, WIFSTOPPED(status) &&
			    WSTOPSIG(status) == SIGTRAP);
}

static void getpid_by_int80(void)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret) : "a" (20)
		     : "r8", "r9", "r10", "r11", "memory");
}

/* By the system call of 32-bit tasks, where the kernel has it */
static int case_int80(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	if (low == MAP_FAILED)
		return SKIPPED;
	if (faults(getpid_by_int80))
		return SKIPPED;
	lseek(fd, 0, SEEK_SET);
	asm volatile("int $0x80" : "=a" (ret)
		     : "a" (3), "b" ((long)fd), "c" (low), "d" (4096L)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret > 4 ? 0 : 1;
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "plain",		case_plain },
	{ "pkru",		case_pkru },
	{ "tsd",		case_tsd },
	{ "cpuid-faulting",	case_cpuid_faulting },
	{ "ports",		case_ports },
	{ "ioperm",		case_ioperm },
	{ "fs-gs-base",		case_bases },
	{ "ldt",		case_ldt },
	{ "null-selectors",	case_null_selectors },
	{ "fpu",		case_fpu },
	{ "single-step",	case_single_step },
	{ "watchpoint",		case_watchpoint },
	{ "int80",		case_int80 },
};

int main(int argc, char **argv)
{
	unsigned int i;
	int status, failed = 0;
	pid_t pid;

	if (argc != 2 || (fd = open(argv[1], O_RDONLY)) < 0) {
		fprintf(stderr, "usage: awkward variable-in-efivarfs\n");
		return 2;
	}

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fflush(stdout);
		pid = fork();
		if (!pid)
			_exit(cases[i].run());
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
			printf("awkward: %s skipped\n", cases[i].name);
		} else if (WIFEXITED(status) && !WEXITSTATUS(status)) {
			printf("awkward: %s ok\n", cases[i].name);
		} else {
			printf("awkward: %s FAILED (status 0x%x)\n",
			       cases[i].name, status);
			failed = 1;
		}
	}
	return failed;
}
