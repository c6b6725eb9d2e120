// SPDX-License-Identifier: GPL-2.0
/*
 * Call UEFI runtime services with buffers that were mapped after boot.
 *
 * The page tables that firmware runs in have to know of every mapping that a
 * runtime call may be handed. Mappings made after boot are the ones that are
 * easily forgotten: this module's own data, memory from vmalloc(), and the
 * stack of the task, which is in vmalloc space too where CONFIG_VMAP_STACK is
 * set. Each line printed starts with "efi_call:" and ends in "ok" or "FAILED".
 *
 * Loading the module runs the test and fails when a call does. With clock=1 it
 * reads the clock twice instead: no driver does that through EFI on x86.
 */
#include <linux/delay.h>
#include <linux/efi.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define PAYLOAD_SIZE	64

static efi_guid_t vendor = EFI_GUID(0x0f7bc8a4, 0x2c62, 0x4c5b, 0x9d, 0x2f,
				    0x6b, 0x61, 0x8f, 0x2a, 0x10, 0x31);

/* What a call is handed: as static data it lies in module space. */
struct call_buffers {
	efi_time_t	time;
	efi_time_cap_t	cap;
	efi_guid_t	vendor;
	efi_char16_t	name[16];
	u32		attr;
	unsigned long	size;
	u8		data[PAYLOAD_SIZE];
};

static struct call_buffers module_buffers;

static bool clock;
module_param(clock, bool, 0);
MODULE_PARM_DESC(clock, "only check that the clock reads well and moves on");

static int failures;

static void check(const char *where, const char *what, efi_status_t status,
		  bool good)
{
	pr_info("efi_call: %s %s status 0x%lx %s\n", where, what,
		(unsigned long)status, good ? "ok" : "FAILED");
	if (!good)
		failures++;
}

static void set_name(efi_char16_t *to, const char *from)
{
	do {
		*to++ = *from;
	} while (*from++);
}

static void try_calls(const char *where, struct call_buffers *b)
{
	const u32 attr = EFI_VARIABLE_NON_VOLATILE |
			 EFI_VARIABLE_BOOTSERVICE_ACCESS |
			 EFI_VARIABLE_RUNTIME_ACCESS;
	efi_status_t status;
	int i;

	pr_info("efi_call: %s at %p\n", where, b);

	memset(&b->time, 0, sizeof(b->time));
	status = efi.get_time(&b->time, &b->cap);
	check(where, "GetTime", status, status == EFI_SUCCESS &&
	      b->time.year >= 1998 && b->time.month && b->time.month <= 12);

	/* At runtime only non-volatile variables can be made. */
	b->vendor = vendor;
	set_name(b->name, "LabEfiCall");
	for (i = 0; i < PAYLOAD_SIZE; i++)
		b->data[i] = i ^ 0x5a;
	status = efi.set_variable(b->name, &b->vendor, attr, PAYLOAD_SIZE,
				  b->data);
	check(where, "SetVariable", status, status == EFI_SUCCESS);

	memset(b->data, 0, PAYLOAD_SIZE);
	b->size = PAYLOAD_SIZE;
	b->attr = 0;
	status = efi.get_variable(b->name, &b->vendor, &b->attr, &b->size,
				  b->data);
	for (i = 0; i < PAYLOAD_SIZE && b->data[i] == (u8)(i ^ 0x5a); i++)
		;
	check(where, "GetVariable", status, status == EFI_SUCCESS &&
	      b->size == PAYLOAD_SIZE && b->attr == attr && i == PAYLOAD_SIZE);

	status = efi.set_variable(b->name, &b->vendor, 0, 0, NULL);
	check(where, "delete", status, status == EFI_SUCCESS);

	status = efi.get_variable(b->name, &b->vendor, NULL, &b->size, b->data);
	check(where, "GetVariable-deleted", status, status == EFI_NOT_FOUND);
}

static unsigned long seconds(const efi_time_t *t)
{
	return (((t->year * 12UL + t->month) * 31 + t->day) * 24 * 60 +
		t->hour * 60 + t->minute) * 60 + t->second;
}

static void read_clock(void)
{
	static efi_time_t first, second;
	efi_status_t status;

	status = efi.get_time(&first, NULL);
	check("clock", "GetTime", status, status == EFI_SUCCESS);
	msleep(1200);
	status = efi.get_time(&second, NULL);
	pr_info("efi_call: %04u-%02u-%02u %02u:%02u:%02u, then %02u:%02u:%02u\n",
		first.year, first.month, first.day, first.hour, first.minute,
		first.second, second.hour, second.minute, second.second);
	check("clock", "GetTime-again", status, status == EFI_SUCCESS &&
	      first.year >= 1998 && seconds(&second) > seconds(&first));
}

static int __init efi_call_init(void)
{
	struct call_buffers stack_buffers;
	struct call_buffers *b;

	if (!efi_enabled(EFI_RUNTIME_SERVICES)) {
		pr_info("efi_call: no runtime services FAILED\n");
		return -ENODEV;
	}

	if (clock) {
		read_clock();
		return failures ? -EIO : 0;
	}

	try_calls("module", &module_buffers);
	try_calls("stack", &stack_buffers);

	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	try_calls("slab", b);
	kfree(b);

	/* Each variable of the call on a page of its own, across a boundary. */
	b = vmalloc(16 * PAGE_SIZE);
	if (!b)
		return -ENOMEM;
	memset(b, 0, 16 * PAGE_SIZE);
	try_calls("vmalloc", b);
	try_calls("vmalloc-crossing",
		  (void *)b + PAGE_SIZE - offsetof(struct call_buffers, data) -
		  PAYLOAD_SIZE / 2);
	vfree(b);

	return failures ? -EIO : 0;
}

static void __exit efi_call_exit(void)
{
}

module_init(efi_call_init);
module_exit(efi_call_exit);
MODULE_DESCRIPTION("UEFI runtime calls with buffers mapped after boot");
MODULE_LICENSE("GPL");
