/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _X86_PLATFORM_EFI_GATE_H
#define _X86_PLATFORM_EFI_GATE_H

#include <linux/efi.h>
#include <linux/gfp.h>
#include <linux/sizes.h>
#include <linux/types.h>
#if EFI_PGD_BASE < 601

#include "gate_compat.h"
#endif

/*
 * The functions of the EFI runtime services table in the order of the table
 * (UEFI specification, section 4.5), so that a value is also the index of the
 * function's pointer after the table's header.
 */
enum efi_gate_service {
	EFI_GATE_GET_TIME,
	EFI_GATE_SET_TIME,
	EFI_GATE_GET_WAKEUP_TIME,
	EFI_GATE_SET_WAKEUP_TIME,
	EFI_GATE_SET_VIRTUAL_ADDRESS_MAP,
	EFI_GATE_CONVERT_POINTER,	/* not for the kernel: keeps the order */
	EFI_GATE_GET_VARIABLE,
	EFI_GATE_GET_NEXT_VARIABLE,
	EFI_GATE_SET_VARIABLE,
	EFI_GATE_GET_NEXT_HIGH_MONO_COUNT,
	EFI_GATE_RESET_SYSTEM,
	EFI_GATE_UPDATE_CAPSULE,
	EFI_GATE_QUERY_CAPSULE_CAPS,
	EFI_GATE_QUERY_VARIABLE_INFO,
	EFI_GATE_TABLE_SERVICES,	/* how many the table has */

#if EFI_PGD_BASE >= 601
	/* Not in the table, called by address: a handler of ACPI's PRM */
	EFI_GATE_PRM_HANDLER = EFI_GATE_TABLE_SERVICES,
	EFI_GATE_SERVICES,
#else
	EFI_GATE_SERVICES = EFI_GATE_TABLE_SERVICES,
#endif
};

/* The most arguments a runtime service has: GetVariable() and others have 5 */
#define EFI_GATE_MAX_ARGS	5

/*
 * The most that one argument may take, and the largest buffer that firmware is
 * believed to need when it says that the caller's is too small. Variable stores
 * are smaller by far. Callers allocate what they are told, and a few bytes for
 * themselves: half of what kmalloc() can give keeps it from warning.
 */
#define EFI_GATE_ARGS_MAX	SZ_2M

/* The gate's own addresses in EFI's page tables begin here, see gate.c. */
#define EFI_GATE_BASE		(EFI_VA_END - SZ_1G)

/*
 * Firmware's stack: in the hole that the kernel's address space has below the
 * window for EFI regions. The first page is never mapped: to jump there is to
 * return from the call.
 */
#define EFI_GATE_RETURN		EFI_GATE_BASE
#define EFI_GATE_STACK		(EFI_GATE_BASE + PAGE_SIZE)
#define EFI_GATE_STACK_SIZE	SZ_16K

/*
 * The argument area, memory that both the kernel and firmware see: where firmware
 * sees it and how large it is. It begins with a slot for each argument.
 */
#define EFI_GATE_ARGS		(EFI_GATE_BASE + SZ_32K)
#define EFI_GATE_ARGS_SIZE	SZ_4K
#define EFI_GATE_SLOT		64

/* Zeros that can be read and not written, behind it and behind large arguments */
#define EFI_GATE_ZEROS_SIZE	SZ_64K
#if EFI_PGD_BASE >= 601

/*
 * Page tables that are kept for changes while a call is made: those of a CPU's
 * entry area, which may begin in one table of each level and end in the next.
 */
#define EFI_GATE_SPARE_TABLES	5
#endif

/* gate_args.c */
extern void *efi_gate_args;
int efi_gate_args_init(void);
void efi_gate_args_reset(void);
void *efi_gate_args_alloc(size_t size, u64 *addr, gfp_t gfp);
int efi_gate_args_map(const void *mem, size_t size, u64 *addr, gfp_t gfp);

/* gate.c: run a function of the firmware at CPL 3 */
#if EFI_PGD_BASE >= 601
extern bool efi_gate_prm_off;
#endif
efi_status_t efi_gate_call(enum efi_gate_service service, const u64 *args);
efi_status_t efi_gate_call_addr(enum efi_gate_service service, u64 addr,
				const u64 *args);

/* gate.c: memory that firmware uses, from the kernel's side */
size_t efi_gate_read(u64 va, void *buf, size_t size);
bool efi_gate_write(u64 va, const void *buf, size_t size);
#if EFI_PGD_BASE >= 601

void efi_gate_settle(void);
#endif

/* gate_report.c */
const char *efi_gate_service_name(enum efi_gate_service service);

/* gate.c: setting up */
int efi_gate_init(void);
int efi_gate_load_services(u64 table);

/* gate_emulate.c */
enum efi_gate_action {
	EFI_GATE_REFUSED,
	EFI_GATE_DONE,		/* as if the CPU had done it */
	EFI_GATE_PORT,		/* the CPU may do it, once */
	EFI_GATE_CLI,
	EFI_GATE_STI,
};

enum efi_gate_action efi_gate_emulate(unsigned int vector, struct pt_regs *regs,
				      const char **what);

/* gate_wx.c: runtime code that the memory attributes table says nothing of */
enum efi_gate_wx {
	EFI_GATE_WX_NONE,
	EFI_GATE_WX_CHANGED,	/* try again */
	EFI_GATE_WX_STEP,	/* one instruction */
};

enum efi_gate_wx efi_gate_wx_fault(const struct pt_regs *regs, u64 addr);
void efi_gate_wx_stepped(void);
void efi_gate_wx_write(u64 addr, size_t size);

/* marshal.c: the runtime services as the kernel calls them */
efi_status_t efi_marshal_set_virtual_address_map(unsigned long memory_map_size,
						 unsigned long descriptor_size,
						 u32 descriptor_version,
						 efi_memory_desc_t *virtual_map);
#if EFI_PGD_BASE >= 601
efi_status_t efi_marshal_prm_handler(u64 handler, u64 param_buffer_addr,
				     void *context);
#endif
void efi_marshal_runtime_setup(void);

#endif /* _X86_PLATFORM_EFI_GATE_H */
