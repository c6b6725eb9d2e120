// SPDX-License-Identifier: GPL-2.0
/*
 * How many ticks of the TSC runtime calls take. Where the machine counts
 * instructions (qemu -icount shift=0), a tick is an instruction.
 *
 * Loading the module measures and leaves lines "bench: NAME TICKS" in the kernel
 * log: of a number of calls the quickest, which no interrupt was in. With
 * testfw=1 the firmware is the one in lab/firmware, and what is measured is a
 * service that does nothing and, unless there is late=0, calls that last.
 */
#include <linux/efi.h>
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/version.h>
#include <asm/msr.h>
#include <asm/tsc.h>
#include "commands.h"

#define CALLS		200
#define WRITES		50	/* each takes room in the variable store */
#define LOOPS		100000
#define PERIOD_NS	100000
#define LONG_MS		50

static bool testfw;
module_param(testfw, bool, 0);
MODULE_PARM_DESC(testfw, "the firmware is the lab's");

static bool late = true;
module_param(late, bool, 0);
MODULE_PARM_DESC(late, "measure how late interrupts are, too");

static const efi_guid_t bench_vendor =
	EFI_GUID(0x0f7bc8a4, 0x2c62, 0x4c5b, 0x9d, 0x2f, 0x6b, 0x61, 0x8f, 0x2a,
		 0x10, 0x31);
static const efi_guid_t test_vendor = MISBEHAVE_VENDOR(EFI_GUID);
static const u32 attributes = EFI_VARIABLE_NON_VOLATILE |
			      EFI_VARIABLE_BOOTSERVICE_ACCESS |
			      EFI_VARIABLE_RUNTIME_ACCESS;

static efi_char16_t bench_name[] = { 'L', 'a', 'b', 'B', 'e', 'n', 'c', 'h', 0 };
static efi_char16_t test_name[] = { 'M', 'i', 's', 'b', 'e', 'h', 'a', 'v', 'e',
				    0 };

static u64 nothing;	/* ticks that it takes to measure */
static u64 value;	/* of the variable */

/* Ticks of the quickest of @n calls that return @expect */
static void measure(const char *name, int n, efi_status_t (*call)(void),
		    efi_status_t expect)
{
	efi_status_t status = expect;
	u64 ticks, best = ~0ULL;
	int i;

	for (i = 0; i < n && status == expect; i++) {
		ticks = rdtsc_ordered();
		status = call();
		ticks = rdtsc_ordered() - ticks;
		best = min(best, ticks);
	}
	if (status != expect)
		pr_info("bench: %s failed: status 0x%lx\n", name,
			(unsigned long)status);
	else
		pr_info("bench: %s %llu\n", name, best - nothing);
	if (!nothing)
		nothing = best;
}

static efi_status_t no_call(void)
{
	return EFI_SUCCESS;
}

static efi_status_t get_time(void)
{
	efi_time_cap_t cap;
	efi_time_t time;

	return efi.get_time(&time, &cap);
}

static efi_status_t get_variable(void)
{
	unsigned long size = sizeof(value);
	efi_guid_t vendor = bench_vendor;
	u32 attr;

	return efi.get_variable(bench_name, &vendor, &attr, &size, &value);
}

static efi_status_t set_variable(void)
{
	efi_guid_t vendor = bench_vendor;

	return efi.set_variable(bench_name, &vendor, attributes, sizeof(value),
				&value);
}

/* Firmware returns at once if the variable is what it is to be. */
static efi_status_t change_variable(void)
{
	value++;
	return set_variable();
}

static efi_status_t next_count(void)
{
	u32 count;

	return efi.get_next_high_mono_count(&count);
}

static efi_status_t command(u32 number, u64 arg)
{
	struct misbehave_command c = { .command = number, .arg = { arg } };
	efi_guid_t vendor = test_vendor;

	return efi.set_variable(test_name, &vendor, attributes, sizeof(c), &c);
}

static efi_status_t spin(void)
{
	return command(CMD_SPIN, (u64)tsc_khz * LONG_MS);
}

static efi_status_t spin_cli(void)
{
	return command(CMD_SPIN_CLI, (u64)tsc_khz * LONG_MS);
}

/* A timer that is late: interrupts were off. */
static struct hrtimer timer;
static u64 latest, fired;

static enum hrtimer_restart tick(struct hrtimer *t)
{
	s64 late = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(t)));

	fired++;
	latest = max_t(s64, latest, late);
	hrtimer_forward_now(t, ns_to_ktime(PERIOD_NS));
	return HRTIMER_RESTART;
}

static void measure_late(const char *name, int n, efi_status_t (*call)(void))
{
	efi_status_t status = EFI_SUCCESS;
	int i;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = tick;
#endif
	latest = fired = 0;
	hrtimer_start(&timer, ns_to_ktime(PERIOD_NS), HRTIMER_MODE_REL);
	for (i = 0; i < n && status == EFI_SUCCESS; i++)
		status = call();
	hrtimer_cancel(&timer);
	if (status != EFI_SUCCESS)
		pr_info("bench: %s failed: status 0x%lx\n", name,
			(unsigned long)status);
	else
		pr_info("bench: %s %llu, of %llu\n", name, latest, fired);
}

/* Known instructions: two for each time around. */
static efi_status_t loop(void)
{
	unsigned long n = LOOPS;

	asm volatile("1:	dec %0\n\t"
		     "jnz 1b" : "+r" (n) : : "cc");
	return EFI_SUCCESS;
}

static int __init bench_init(void)
{
	if (!efi_enabled(EFI_RUNTIME_SERVICES))
		return -ENODEV;

	measure("measuring", CALLS, no_call, EFI_SUCCESS);
	measure("loop", CALLS, loop, EFI_SUCCESS);

	if (testfw) {
		if (command(CMD_EMPTY_COUNT, 0) != EFI_SUCCESS)
			return -EIO;
		measure("empty", CALLS, next_count, EFI_SUCCESS);
		if (!late)
			return 0;
		measure_late("late-long", 4, spin);
		measure_late("late-long-cli", 4, spin_cli);
		return 0;
	}

	measure("get-time", CALLS, get_time, EFI_SUCCESS);
	measure("set-variable", WRITES, change_variable, EFI_SUCCESS);
	measure("set-variable-same", CALLS, set_variable, EFI_SUCCESS);
	measure("get-variable", CALLS, get_variable, EFI_SUCCESS);
	measure_late("late", WRITES, change_variable);
	return 0;
}

static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("How long UEFI runtime calls take");
MODULE_LICENSE("GPL");
