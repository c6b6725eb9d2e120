// SPDX-License-Identifier: GPL-2.0
/*
 * As long as this is loaded, the last CPU sends NMIs and interrupts to all others,
 * each as soon as the one before was handled. An NMI has precedence over the
 * interrupt that is sent after it: if it was not handled before that, it is lost.
 * Unloading says how many there were of each.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/nmi.h>

static atomic_t handled = ATOMIC_INIT(0);
static atomic_t waiting = ATOMIC_INIT(-1);	/* the CPU that is to get one */
static unsigned int nmis, late, lost, ipis;
static struct task_struct *sender;

static int on_nmi(unsigned int type, struct pt_regs *regs)
{
	if (atomic_cmpxchg(&waiting, raw_smp_processor_id(), -1) !=
	    raw_smp_processor_id())
		return NMI_DONE;
	atomic_inc(&handled);
	return NMI_HANDLED;
}

static void on_ipi(void *unused)
{
}

static void send_nmi(int cpu)
{
	int i;

	atomic_set(&waiting, cpu);
	nmis++;
	apic->send_IPI_mask(cpumask_of(cpu), NMI_VECTOR);
	for (i = 0; i < 100000; i++) {
		if (atomic_read(&waiting) == -1)
			return;
		udelay(10);
	}
	/* In SMM, or the host is busy: it is still on its way. */
	late++;
}

static int send(void *unused)
{
	int cpu, self = raw_smp_processor_id();

	while (!kthread_should_stop()) {
		for_each_online_cpu(cpu) {
			if (cpu == self)
				continue;
			send_nmi(cpu);
			smp_call_function_single(cpu, on_ipi, NULL, 1);
			ipis++;
			if (atomic_read(&waiting) != -1)
				lost++;
		}
		/* Emulated CPUs need time to do something else. */
		usleep_range(100, 200);
	}
	return 0;
}

static int __init storm_init(void)
{
	int cpu, last = 0, rc;

	/* Not num_online_cpus(): 4.4.1 cannot load what today's assembler makes of it. */
	for_each_online_cpu(cpu)
		last = cpu;
	if (last == cpumask_first(cpu_online_mask))
		return -ENODEV;

	rc = register_nmi_handler(NMI_LOCAL, on_nmi, 0, "storm");
	if (rc)
		return rc;

	sender = kthread_create(send, NULL, "storm");
	if (IS_ERR(sender)) {
		unregister_nmi_handler(NMI_LOCAL, "storm");
		return PTR_ERR(sender);
	}
	kthread_bind(sender, last);
	wake_up_process(sender);
	return 0;
}

static void __exit storm_exit(void)
{
	kthread_stop(sender);
	unregister_nmi_handler(NMI_LOCAL, "storm");
	pr_info("storm: %u NMIs sent, %u handled, %u late, %u lost, %u IPIs\n",
		nmis, atomic_read(&handled), late, lost, ipis);
}

module_init(storm_init);
module_exit(storm_exit);
MODULE_DESCRIPTION("Send NMIs and interrupts");
MODULE_LICENSE("GPL");
