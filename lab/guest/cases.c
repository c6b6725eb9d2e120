// SPDX-License-Identifier: GPL-2.0
/*
 * Let the test firmware misbehave, or have a habit, and find out what that did.
 *
 *	cases list			the names of the cases
 *	cases [-t] CASE...		run cases until one is not contained
 *
 * Each case prints a line when it begins, which is in the kernel's log, too, and a
 * result of KTAP with the verdict, on the level below that of the steps:
 *
 *	# case name
 *	  ok 1 - name contained|kept|skipped: evidence; evidence...
 *	  not ok 1 - name changed|exposed|lost: evidence; evidence...
 *
 * kept, of a habit: firmware came to the end of it, the call gave what it should,
 * nothing has changed, and runtime services are on. lost: anything else.
 *
 * exposed: firmware read, wrote or executed kernel memory, or the kernel would
 * have because of it. changed: something is not as it was, or does not work any
 * more. The host concludes from a missing verdict that the kernel died.
 *
 * -t turns runtime services on again after a case that had them turned off.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

typedef uint32_t u32;
typedef unsigned long long u64;

#include "../firmware/commands.h"
#include "modules/misbehave.h"

#define EFIVARS		"/sys/firmware/efi/efivars"
#define FILE_OF(name)	EFIVARS "/" name "-" MISBEHAVE_VENDOR_TEXT
#define ARCH_SET_GS	0x1001
#define ARCH_GET_GS	0x1004
#define USER_GS		0x123456000UL
#define CALL_SECONDS	15
#define HEALTH_SECONDS	5

static const struct a_case {
	const char *name;
	u32 route, command, target;
	u64 arg[2];
	int habit;
} cases[] = {
#define CASE(name, route, command, target, a, b) \
	{ name, route, command, target, { a, b }, 0 },
	MISBEHAVE_CASES(CASE)
#define HABIT(name, route, command, target, a, b) \
	{ name, route, command, target, { a, b }, 1 },
	HABIT_CASES(HABIT)
};

static struct misbehave_run *run;	/* shared with children */
static int device, kmsg;
static regex_t complaints;
static int stuck;			/* a call has not come back */
static int told_where;			/* the kernel said where firmware was */

static void __attribute__((format(printf, 2, 3)))
note(u32 *count, const char *format, ...)
{
	size_t used = strlen(run->evidence);
	va_list args;

	(*count)++;
	va_start(args, format);
	vsnprintf(run->evidence + used, EVIDENCE_SIZE - used - 1, format, args);
	va_end(args);
	strcat(run->evidence, "\n");
}

#define exposed(...)	note(&run->exposed, __VA_ARGS__)
#define changed(...)	note(&run->changed, __VA_ARGS__)

/*
 * What may take for ever, or be killed, is done in a child. True if it ended by
 * itself and in time.
 */
static int in_child(const char *what, int seconds, void (*job)(void))
{
	struct timespec pause = { 0, 10 * 1000 * 1000 };
	int i, status;
	pid_t pid = fork();

	if (pid < 0) {
		changed("%s: fork: %s", what, strerror(errno));
		return 0;
	}
	if (!pid) {
		job();
		_exit(0);
	}
	for (i = 0; i < seconds * 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (!status)
				return 1;
			changed("%s: the process was killed or failed (%x)",
				what, status);
			return 0;
		}
		nanosleep(&pause, NULL);
	}
	changed("%s: no end within %d s", what, seconds);
	kill(pid, SIGKILL);
	stuck = 1;
	return 0;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * An ioctl with known values in all registers that a system call preserves: the
 * FPU's are saved right before and right after, to be compared. Returns the
 * number of general registers that are not as they were.
 */
long guarded_ioctl(int fd, unsigned long request, void *arg, void *before,
		   void *after, long with_xsave);
asm(".globl guarded_ioctl\n"
    "guarded_ioctl:\n\t"
    "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\t"
    "push %r14\n\tpush %r15\n\t"
    "mov %rdx, %r10\n\t"
    "mov $-1, %eax\n\tmov $-1, %edx\n\t"
    "test %r9, %r9\n\tjz 1f\n\t"
    "xsave64 (%rcx)\n\tjmp 2f\n"
    "1:\tfxsave64 (%rcx)\n"
    "2:\tmov %r10, %rdx\n\t"
    "mov $0x1b1b1b1b, %rbx\n\tmov $0x1c1c1c1c, %rbp\n\t"
    "mov $0x12121212, %r12\n\tmov $0x13131313, %r13\n\t"
    "mov $0x14141414, %r14\n\tmov $0x15151515, %r15\n\t"
    "mov $16, %eax\n\t"
    "syscall\n\t"
    "mov $-1, %eax\n\tmov $-1, %edx\n\t"
    "test %r9, %r9\n\tjz 3f\n\t"
    "xsave64 (%r8)\n\tjmp 4f\n"
    "3:\tfxsave64 (%r8)\n"
    "4:\txor %eax, %eax\n\t"
    "cmp $0x1b1b1b1b, %rbx\n\tsetne %al\n\tmov %rax, %rdx\n\t"
    "cmp $0x1c1c1c1c, %rbp\n\tsetne %al\n\tadd %rax, %rdx\n\t"
    "cmp $0x12121212, %r12\n\tsetne %al\n\tadd %rax, %rdx\n\t"
    "cmp $0x13131313, %r13\n\tsetne %al\n\tadd %rax, %rdx\n\t"
    "cmp $0x14141414, %r14\n\tsetne %al\n\tadd %rax, %rdx\n\t"
    "cmp $0x15151515, %r15\n\tsetne %al\n\tadd %rax, %rdx\n\t"
    "mov %rdx, %rax\n\t"
    "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\t"
    "pop %rbp\n\tpop %rbx\n\t"
    "ret\n");

static int cpu_has(const char *flag)
{
	static char line[8192];
	char word[32];
	FILE *f = fopen("/proc/cpuinfo", "r");
	int has = 0;

	snprintf(word, sizeof(word), " %s ", flag);
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "flags", 5)) {
			line[strcspn(line, "\n")] = ' ';
			has = strstr(line, word) != NULL;
			break;
		}
	if (f)
		fclose(f);
	return has;
}

static void load_fpu(int with_avx)
{
	static const u32 pattern[4] = { 0x5eed0001, 0x5eed0002, 3, 4 };
	static const u32 mxcsr = 0x3f80;	/* rounds down */
	static const uint16_t control = 0x0b7f;	/* rounds up */

	asm volatile("fninit\n\tfldcw %0\n\tfldpi\n\tldmxcsr %1"
		     : : "m" (control), "m" (mxcsr));
	if (with_avx)
		asm volatile("vbroadcastf128 %0, %%ymm0\n\t"
			     "vmovaps %%ymm0, %%ymm7\n\t"
			     "vmovaps %%ymm0, %%ymm15" : : "m" (pattern));
	asm volatile("movups %0, %%xmm1\n\tmovups %0, %%xmm6\n\t"
		     "movups %0, %%xmm8\n\tmovups %0, %%xmm14"
		     : : "m" (pattern));
}

#define SEGMENT(name) ({						\
	unsigned long _selector;					\
	asm volatile("mov %%" name ", %0" : "=r" (_selector));		\
	_selector & 0xffff;						\
})

static void call_guarded(void)
{
	static char before[16384] __attribute__((aligned(64)));
	static char after[16384] __attribute__((aligned(64)));
	int with_xsave = cpu_has("xsave"), with_avx = cpu_has("avx");
	unsigned long gs = 0, flags, ds = SEGMENT("ds"), es = SEGMENT("es");
	unsigned long fs = SEGMENT("fs"), ss = SEGMENT("ss");
	size_t i, differ = 0;
	long bad;

	syscall(SYS_arch_prctl, ARCH_SET_GS, USER_GS);
	load_fpu(with_avx);
	bad = guarded_ioctl(device, MISBEHAVE_CALL, run, before, after,
			    with_xsave);
	asm volatile("pushfq\n\tpop %0\n\tcld\n\tfninit" : "=r" (flags));
	if (bad)
		changed("%ld of the caller's registers", bad);
	if (flags & 0x47400)	/* AC, NT, IOPL, DF */
		changed("the process's flags %lx", flags);
	if (ds != SEGMENT("ds") || es != SEGMENT("es") ||
	    fs != SEGMENT("fs") || ss != SEGMENT("ss"))
		changed("the process's segment registers");
	syscall(SYS_arch_prctl, ARCH_GET_GS, &gs);
	if (gs != USER_GS)
		changed("the process's GS base %lx", gs);
	for (i = 0; i < sizeof(before); i++)
		if ((i < 512 || i >= 576) && before[i] != after[i] && !differ++)
			changed("the process's FPU registers, from byte %zu of the save area",
				i);
}

static void begin(void)
{
	if (ioctl(device, MISBEHAVE_BEGIN, run))
		_exit(1);
}

static void end(void)
{
	if (ioctl(device, MISBEHAVE_END, run))
		_exit(1);
}

static void judge(void)
{
	if (ioctl(device, MISBEHAVE_JUDGE, run))
		_exit(1);
}

static void again(void)
{
	if (ioctl(device, MISBEHAVE_AGAIN, run))
		_exit(1);
}

static void unprotect(const char *path)
{
	int flags, fd = open(path, O_RDONLY);

	if (fd < 0)
		return;
	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags)) {
		flags &= ~FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
}

static ssize_t write_file(const char *path, const void *data, size_t len)
{
	static struct {
		u32 attr;
		char data[64];
	} file;
	ssize_t n;
	int fd;

	file.attr = 7;
	memcpy(file.data, data, len);
	unprotect(path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		return -errno;
	n = write(fd, &file, sizeof(file.attr) + len);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static void call_by_file(void)
{
	struct misbehave_command c = {
		run->command, 0, { run->arg[0], run->arg[1] },
	};

	run->status = write_file(FILE_OF("Misbehave"), &c, sizeof(c));
}

static void make_lie(void)
{
	write_file(FILE_OF("Lie"), "12345678", 8);
}

/* The variable has 8 bytes. */
static void read_lie(void)
{
	static char buf[65536];
	int fd = open(FILE_OF("Lie"), O_RDONLY);
	ssize_t n;

	if (fd < 0) {
		changed("cannot open the variable that will be lied about");
		return;
	}
	n = read(fd, buf, sizeof(buf));
	run->status = n < 0 ? -errno : n;
	if (n > 12)
		exposed("%zd bytes read from a variable of 8", n - 4);
	close(fd);
}

static void remount(void)
{
	umount(EFIVARS);
	if (mount("efivarfs", EFIVARS, "efivarfs", 0, NULL))
		run->status = -errno;
}

/* Of a list with one name in it, which is told with the wrong size. */
static void mount_one(void)
{
	remount();
	if (access(FILE_OF("A"), F_OK))
		changed("no file of the name that was told");
}

/* Health: does all that ought to work still do? */

static void check_cpus(void)
{
	struct timespec pause = { 0, 30 * 1000 * 1000 }, a, b;
	long cpu, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	long ms;

	for (cpu = 0; cpu < cpus; cpu++) {
		pin(cpu);
		clock_gettime(CLOCK_MONOTONIC, &a);
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &b);
		ms = (b.tv_sec - a.tv_sec) * 1000 +
		     (b.tv_nsec - a.tv_nsec) / 1000000;
		if (ms < 29 || ms > 1500)
			changed("30 ms on CPU %ld take %ld ms", cpu, ms);
	}
}

static void check_files(void)
{
	char buf[16] = "";
	int fd = open("/tmp/health", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, "healthy", 8) != 8 ||
	    pread(fd, buf, sizeof(buf), 0) != 8 || strcmp(buf, "healthy") ||
	    close(fd) || unlink("/tmp/health"))
		changed("file system: %s", strerror(errno));
}

static void check_exec(void)
{
	execl("/bin/busybox", "true", NULL);
	_exit(127);
}

static void check_efivarfs(void)
{
	struct dirent *e;
	DIR *d = opendir(EFIVARS);
	char path[512], buf[1024];
	int fd, n = 0;

	while (d && (e = readdir(d))) {
		n++;
		if (strncmp(e->d_name, "PlatformLang-", 13))
			continue;
		snprintf(path, sizeof(path), EFIVARS "/%s", e->d_name);
		fd = open(path, O_RDONLY);
		/* An error will do, as long as there is an end to it. */
		if (fd >= 0) {
			n += read(fd, buf, sizeof(buf)) > 0;
			close(fd);
		}
	}
	if (n < 3 && run->route != THEN_MOUNT)
		changed("efivarfs lists %d files", n);
}

/* A thread that sleeps in EFI code now will do so for ever. */
static void check_threads(void)
{
	struct dirent *e;
	DIR *d = opendir("/proc");
	char path[300], where[128];
	int fd;
	ssize_t n;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/wchan", e->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		n = read(fd, where, sizeof(where) - 1);
		close(fd);
		where[n > 0 ? n : 0] = 0;
		if (strstr(where, "efi_"))
			changed("process %s sleeps in %s", e->d_name, where);
	}
	if (d)
		closedir(d);
}

/* A call that does not come back holds the device; do not wait for that, too. */
static void check_health(void)
{
	if (!stuck) {
		in_child("the state of CPUs", CALL_SECONDS, end);
		in_child("a call after it", HEALTH_SECONDS, again);
		in_child("the state of memory", CALL_SECONDS, judge);
		in_child("another call", HEALTH_SECONDS, again);
	}
	in_child("CPUs and timers", HEALTH_SECONDS, check_cpus);
	in_child("files", HEALTH_SECONDS, check_files);
	in_child("a new program", HEALTH_SECONDS, check_exec);
	in_child("efivarfs", HEALTH_SECONDS, check_efivarfs);
	in_child("threads", HEALTH_SECONDS, check_threads);
}

/*
 * What the kernel has said since the case began. A kernel that contains a fault
 * reports it, in lines that begin with "efi:".
 */
static void check_log(void)
{
	int backtrace = run->route == DURING_BACKTRACE;
	char line[2048], *text;
	ssize_t n;
	int said = 0;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		line[n] = 0;
		text = strchr(line, ';');
		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = 0;
		if (strstr(text, "EFI firmware: ") &&
		    strstr(text, "runtime services code"))
			told_where = 1;
		if (!strncmp(text, "efi:", 4))
			continue;
		if (backtrace)		/* which looks like trouble */
			continue;
		if (!regexec(&complaints, text, 0, NULL, 0) && said++ < 3)
			changed("the kernel said '%.90s'", text);
	}
}

/*
 * Another CPU asks all CPUs what they do, while firmware runs on this one. It must be
 * there before the call: during that, this CPU runs nothing else.
 */
static pid_t ask_for_backtraces(void)
{
	struct timespec pause = { 0, 500 * 1000 * 1000 };
	int fd, ready[2];
	pid_t pid;
	char c;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (pid) {
		close(ready[1]);
		read(ready[0], &c, 1);
		close(ready[0]);
		return pid;
	}
	pin(1);
	fd = open("/proc/sysrq-trigger", O_WRONLY);
	close(ready[0]);
	close(ready[1]);
	do {
		nanosleep(&pause, NULL);
	} while (write(fd, "l", 1) == 1);
	_exit(1);
}

static void stop_asking(pid_t pid)
{
	int status;

	if (pid <= 0 || kill(pid, SIGTERM) || waitpid(pid, &status, 0) != pid ||
	    !WIFSIGNALED(status))
		changed("nobody asked for backtraces");
}

static u64 symbol(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[512], found[256];
	u64 address, value = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &address, found) == 2 &&
		    !strcmp(found, name)) {
			value = address;
			break;
		}
	if (f)
		fclose(f);
	return value;
}

static const char *skip(const struct a_case *c)
{
	switch (c->command) {
	case CMD_WRPKRU:
		return cpu_has("ospke") ? NULL : "no protection keys";
	case CMD_YMM:
		return cpu_has("avx") ? NULL : "no AVX";
	case CMD_STAC_CLAC:
		return cpu_has("smap") ? NULL : "no SMAP";
	case CMD_XGETBV:
	case CMD_XSETBV_SAME:
		return cpu_has("xsave") ? NULL : "no XSAVE";
	case CMD_MONITOR_MWAIT:
		return cpu_has("monitor") ? NULL : "no MONITOR";
	case CMD_WRFSBASE:
	case CMD_WRGSBASE:
		return cpu_has("fsgsbase") ? NULL : "no FSGSBASE";
	}
	return NULL;
}

/* What is wrong with how a habit went, besides what has changed. */
static void judge_habit(const struct a_case *c)
{
	u64 want = 0;

	if (c->command == CMD_STATUS || c->command == CMD_LIE_STATUS)
		want = c->arg[0];
	if (c->route == THEN_READ)
		want = 12;		/* bytes, of which 4 are attributes */
	if (run->status != want)
		changed("the status should be %llx", want);
	if (run->services_off)
		changed("runtime services were turned off");
	else if (!run->survived)
		changed("firmware did not come to an end");
}

/* In the log, and not only in it, so that what ends the kernel is told from what did not */
static void mark(const char *name)
{
	FILE *log = fopen("/dev/kmsg", "w");

	if (log) {
		fprintf(log, "<4>lab: case %s\n", name);
		fclose(log);
	}
	printf("# case %s\n", name);
}

/* What comes next may be the end of the kernel: this is to be sent before. */
static int result(const struct a_case *c, const char *verdict, const char *evidence,
		  int failed)
{
	static int number;

	printf("  %s %d - %s %s: %s\n", failed ? "not ok" : "ok", ++number, c->name,
	       verdict, evidence);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	return failed;
}

static int run_case(const struct a_case *c, int turn_on)
{
	const char *verdict = "contained", *why = skip(c);
	static char said[sizeof(run->evidence) + 100];
	pid_t asking = -1;
	char *p;
	int n;

	mark(c->name);
	if (why)
		return result(c, "skipped", why, 0);
	memset(run, 0, sizeof(*run));
	run->command = c->command;
	run->route = c->route;
	run->target = c->target;
	run->turn_on = turn_on;
	run->habit = c->habit;
	run->arg[0] = c->arg[0];
	run->arg[1] = c->arg[1];
	run->text = symbol("_text");
	run->text_end = symbol("_etext");
	run->data = symbol("C_A_D");
	run->function = symbol("__sw_hweight32");
	if (!run->text || !run->text_end || !run->data || !run->function) {
		return result(c, "changed", "no kernel symbols", 1);
	}
	lseek(kmsg, 0, SEEK_END);
	pin(0);
	if (c->route == THEN_READ)
		in_child("making a variable", HEALTH_SECONDS, make_lie);
	in_child("preparation", HEALTH_SECONDS, begin);
	if (run->missing)
		return result(c, "skipped", "no such register", 0);
	told_where = 0;
	if (c->route == DURING_BACKTRACE)
		asking = ask_for_backtraces();
	in_child("the call", CALL_SECONDS,
		 c->route == EFIVARFS ? call_by_file : call_guarded);
	if (c->route == DURING_BACKTRACE)
		stop_asking(asking);
	if (c->route == THEN_READ)
		in_child("reading", HEALTH_SECONDS, read_lie);
	if (c->route == THEN_MOUNT)
		in_child("mounting efivarfs", HEALTH_SECONDS,
			 c->habit ? mount_one : remount);
	check_log();
	check_health();
	if (c->route == THEN_MOUNT)
		in_child("mounting efivarfs again", HEALTH_SECONDS, remount);
	if (c->route == THEN_READ) {
		unprotect(FILE_OF("Lie"));
		unlink(FILE_OF("Lie"));
	}
	check_log();
	if (c->route == DURING_BACKTRACE && !told_where)
		changed("no backtrace says where firmware was");
	if (c->habit)
		judge_habit(c);

	if (c->habit)
		verdict = run->exposed || run->changed ? "lost" : "kept";
	else if (run->exposed)
		verdict = "exposed";
	else if (run->changed)
		verdict = "changed";
	for (p = run->evidence; *p; p++)
		if (*p == '\n')
			*p = ';';
	n = snprintf(said, sizeof(said), "status %llx, services %s; ", run->status,
		     run->services_off ? "off" : "on");
	if (c->route == DURING_IPI)
		n += snprintf(said + n, sizeof(said) - n,
			      "longest delay %u us; ", run->delay_us);
	if (c->command == CMD_CLI_PORTS)
		n += snprintf(said + n, sizeof(said) - n, "%llu port pairs; ",
			      run->value >> 32);
	snprintf(said + n, sizeof(said) - n, "%s", run->evidence);
	result(c, verdict, said, run->exposed || run->changed);
	/* Services that can be turned on again are no reason to boot again. */
	if (c->habit && turn_on && run->services_off && !stuck)
		return run->exposed;
	return run->exposed || run->changed;
}

/* What a kernel says when it is in trouble, see lab/tables/complaints */
static int read_complaints(void)
{
	char expression[1024] = "";
	FILE *f = fopen("/lab/complaints", "r");

	if (!f || !fgets(expression, sizeof(expression), f))
		return -1;
	fclose(f);
	expression[strcspn(expression, "\n")] = 0;
	return regcomp(&complaints, expression, REG_EXTENDED | REG_NOSUB);
}

int main(int argc, char **argv)
{
	int turn_on = argc > 1 && !strcmp(argv[1], "-t");
	size_t i;
	int arg;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			puts(cases[i].name);
		return 0;
	}
	run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	device = open("/dev/misbehave", O_RDWR);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (run == MAP_FAILED || device < 0 || kmsg < 0 || read_complaints()) {
		perror("misbehave");
		return 1;
	}
	for (arg = 1 + turn_on; arg < argc; arg++) {
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			if (!strcmp(cases[i].name, argv[arg]))
				break;
		if (i == sizeof(cases) / sizeof(cases[0])) {
			fprintf(stderr, "cases: no case %s\n", argv[arg]);
			return 1;
		}
		if (run_case(&cases[i], turn_on))
			return 1;
	}
	return 0;
}
