/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _X86_PLATFORM_EFI_PGTABLE_H
#define _X86_PLATFORM_EFI_PGTABLE_H

#include <linux/gfp.h>
#include <linux/types.h>
#include <asm/pgtable.h>

pgd_t *efi_pt_alloc(void);
int efi_pt_reserve(unsigned int count, gfp_t gfp);
int efi_pt_split_wx(pgd_t *root, u64 va, u64 size);
bool efi_pt_set(pgd_t *root, u64 va, u64 prot);
bool efi_pt_is_user(pgd_t *root, u64 va, u64 size);
#if EFI_PGD_BASE < 601
void efi_pt_sync_kernel(pgd_t *root);
int efi_pt_protect(pgd_t *root, u64 va, u64 size, u64 set, u64 clear);
#endif
int efi_pt_map(pgd_t *root, u64 va, u64 pa, u64 size, u64 prot);
int efi_pt_unmap(pgd_t *root, u64 va, u64 size);

#endif /* _X86_PLATFORM_EFI_PGTABLE_H */
