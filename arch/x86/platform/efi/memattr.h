/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _X86_PLATFORM_EFI_MEMATTR_H
#define _X86_PLATFORM_EFI_MEMATTR_H

#include <linux/efi.h>

#define EFI_MEMORY_ATTRIBUTES_TABLE_GUID \
	EFI_GUID(0xdcfa911d, 0x26eb, 0x469f, \
		 0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20)

extern unsigned long efi_memattr_pa;

#ifdef CONFIG_X86_64
void efi_memattr_init(void);
void efi_memattr_exit(void);
int efi_memattr_apply(const efi_memory_desc_t *md);
#else
static inline void efi_memattr_exit(void) {}
#endif

#endif /* _X86_PLATFORM_EFI_MEMATTR_H */
