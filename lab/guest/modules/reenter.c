// SPDX-License-Identifier: GPL-2.0
/*
 * Call runtime services from NMIs, some of which arrive while the same CPU is in
 * firmware. Such a call must come back with EFI_NOT_READY, and leave the one that it
 * has interrupted as it was. Otherwise it must succeed.
 *
 * Loading the module runs the test, on two CPUs, and fails when a call does. It is for
 * v4.4: later kernels take a semaphore for a call, which an NMI must not.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/efi.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/nmi.h>

#define ATTRIBUTES	(EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_RUNTIME_ACCESS | \
			 EFI_VARIABLE_BOOTSERVICE_ACCESS)

static efi_guid_t vendor = EFI_GUID(0x0f7bc8a4, 0x2c62, 0x4c5b, 0x9d, 0x2f,
				    0x6b, 0x61, 0x8f, 0x2a, 0x10, 0x32);
static efi_char16_t name[] = { 'L', 'a', 'b', 'A', 'g', 'a', 'i', 'n', 0 };
static int caller;
static atomic_t waiting = ATOMIC_INIT(0);
static unsigned int busy, done, other;
static bool in_call;

/* What pstore calls when it must not wait */
static efi_status_t call_service(void)
{
	u64 storage, remaining, max;
	u32 data = 1;

	if (done & 1)
		return efi.query_variable_info(ATTRIBUTES, &storage, &remaining,
					       &max);
	/* Not non-volatile: the firmware refuses it, and writes nothing. */
	return efi.set_variable_nonblocking(name, &vendor,
					    EFI_VARIABLE_RUNTIME_ACCESS,
					    sizeof(data), &data);
}

static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	efi_status_t status;

	if (raw_smp_processor_id() != caller || !atomic_read(&waiting))
		return NMI_DONE;

	/* Outside of a call, the FPU may be anybody's. */
	if (READ_ONCE(in_call)) {
		status = call_service();
		if (status == EFI_NOT_READY)
			busy++;
		else if (status == EFI_SUCCESS || status == EFI_INVALID_PARAMETER)
			done++;
		else
			other++;
	}
	atomic_set(&waiting, 0);
	return NMI_HANDLED;
}

static int send(void *unused)
{
	while (!kthread_should_stop()) {
		if (!atomic_read(&waiting)) {
			atomic_set(&waiting, 1);
			apic->send_IPI_mask(cpumask_of(caller), NMI_VECTOR);
		}
		/* On a busy host, a call in an NMI takes long: leave it time for others. */
		usleep_range(1000, 2000);
	}
	return 0;
}

static int call_often(void)
{
	unsigned long end = jiffies + 3 * HZ, size;
	unsigned int failed = 0, calls = 0;
	efi_status_t status;
	u32 attr, data = 0x12345678, got;

	status = efi.set_variable(name, &vendor, ATTRIBUTES, sizeof(data), &data);
	while (status == EFI_SUCCESS && time_before(jiffies, end)) {
		size = sizeof(got);
		got = 0;
		WRITE_ONCE(in_call, true);
		status = efi.get_variable(name, &vendor, &attr, &size, &got);
		WRITE_ONCE(in_call, false);
		calls++;
		failed += status != EFI_SUCCESS || got != data;
	}
	efi.set_variable(name, &vendor, 0, 0, NULL);
	pr_info("reenter: %u calls, %u failed, status 0x%lx\n", calls, failed,
		(unsigned long)status);
	return status == EFI_SUCCESS && !failed ? 0 : -EIO;
}

static int __init reenter_init(void)
{
	struct task_struct *sender;
	int cpu, rc;

	caller = get_cpu();
	for_each_online_cpu(cpu)
		if (cpu != caller)
			break;
	if (cpu >= nr_cpu_ids) {
		put_cpu();
		return -ENODEV;
	}
	put_cpu();
	/* Whoever loads this is bound to that CPU. */
	rc = register_nmi_handler(NMI_LOCAL, on_nmi, 0, "reenter");
	if (rc)
		return rc;

	sender = kthread_create(send, NULL, "reenter");
	if (IS_ERR(sender)) {
		rc = PTR_ERR(sender);
	} else {
		kthread_bind(sender, cpu);
		wake_up_process(sender);
		rc = call_often();
		kthread_stop(sender);
		mdelay(10);
	}
	unregister_nmi_handler(NMI_LOCAL, "reenter");

	pr_info("reenter: in NMIs %u calls were refused, %u done, %u failed\n",
		busy, done, other);
	if (!busy || other)
		rc = -EIO;
	return rc;
}

static void __exit reenter_exit(void)
{
}

module_init(reenter_init);
module_exit(reenter_exit);
MODULE_DESCRIPTION("Call runtime services from NMIs");
MODULE_LICENSE("GPL");
