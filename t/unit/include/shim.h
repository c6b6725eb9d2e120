/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What marshal.c and gate_args.c of arch/x86/platform/efi need of the kernel, for
 * user space. The types and values are those of include/linux/efi.h.
 */
#ifndef SHIM_H
#define SHIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef unsigned int gfp_t;

#define BITS_PER_LONG	64
#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define GENMASK_ULL(high, low) \
	((~0ULL << (low)) & (~0ULL >> (63 - (high))))
#define SZ_4K		0x1000
#define SZ_32K		0x8000
#define SZ_64K		0x10000
#define SZ_2M		0x200000
#define SZ_1G		0x40000000
#define EFI_VA_END	(-68ULL << 30)
#define GFP_KERNEL	1U
#define GFP_ATOMIC	2U
#define __GFP_ZERO	0x100U
#define __GFP_NOWARN	0x200U
#define __packed	__attribute__((packed))
#define __init
#define __uninitialized
#ifndef __always_inline	/* libc may have it */
#define __always_inline	inline __attribute__((always_inline))
#endif
#define BUILD_BUG_ON(condition) \
	do { if (condition) shim_build_bug(); } while (0)
void shim_build_bug(void) __attribute__((error("BUILD_BUG_ON")));

static inline void *memset64(u64 *to, u64 value, size_t count)
{
	while (count--)
		to[count] = value;
	return to;
}

#define min_t(type, a, b) ({ type a_ = (a), b_ = (b); a_ < b_ ? a_ : b_; })
#define max_t(type, a, b) ({ type a_ = (a), b_ = (b); a_ > b_ ? a_ : b_; })

/* Called after each read of memory that firmware may change meanwhile */
extern void (*shim_after_read)(const volatile void *from);
#define READ_ONCE(x) ({							\
	__typeof__(x) x_ = *(const volatile __typeof__(x) *)&(x);	\
	if (shim_after_read)						\
		shim_after_read(&(x));					\
	x_; })

struct pt_regs;

#define shim_say(format, ...) shim_log(pr_fmt(format), ##__VA_ARGS__)
#define FW_BUG		"[Firmware Bug]: "
#define pr_err(...)	shim_say(__VA_ARGS__)
#define pr_warn(...)	shim_say(__VA_ARGS__)
#define pr_warn_once(...) shim_say(__VA_ARGS__)
__attribute__((format(printf, 1, 2))) void shim_log(const char *format, ...);
extern char shim_messages[4096];
extern unsigned int shim_message_count;

struct semaphore {
	int count;
};

#define __SEMAPHORE_INITIALIZER(name, n) { .count = (n) }
int down_interruptible(struct semaphore *sem);
int down_trylock(struct semaphore *sem);
void up(struct semaphore *sem);
extern bool shim_signal;	/* one is pending */
extern bool shim_busy;		/* somebody else has the semaphore */
extern int shim_held;		/* how often it is held here */

unsigned long ucs2_strnlen(const u16 *s, size_t maxlength);
unsigned long ucs2_strlen(const u16 *s);

#define EFI_ERROR_CODE(n)	((n) | (1UL << (BITS_PER_LONG - 1)))
#define EFI_SUCCESS		0
#define EFI_INVALID_PARAMETER	EFI_ERROR_CODE(2)
#define EFI_UNSUPPORTED		EFI_ERROR_CODE(3)
#define EFI_BUFFER_TOO_SMALL	EFI_ERROR_CODE(5)
#define EFI_NOT_READY		EFI_ERROR_CODE(6)
#define EFI_DEVICE_ERROR	EFI_ERROR_CODE(7)
#define EFI_OUT_OF_RESOURCES	EFI_ERROR_CODE(9)
#define EFI_NOT_FOUND		EFI_ERROR_CODE(14)
#define EFI_ABORTED		EFI_ERROR_CODE(21)

#define EFI_2_00_SYSTEM_TABLE_REVISION	(2 << 16)
#define EFI_CAPSULE_PERSIST_ACROSS_RESET 0x00010000

typedef unsigned long efi_status_t;
typedef u8 efi_bool_t;
typedef u16 efi_char16_t;
typedef struct {
	u8 b[16];
} efi_guid_t __attribute__((aligned(4)));

typedef struct {
	u16 year;
	u8 month, day, hour, minute, second, pad1;
	u32 nanosecond;
	s16 timezone;
	u8 daylight, pad2;
} efi_time_t;

typedef struct {
	u32 resolution, accuracy;
	u8 sets_to_zero;
} efi_time_cap_t;

typedef struct {
	efi_guid_t guid;
	u32 headersize, flags, imagesize;
} efi_capsule_header_t;

typedef struct {
	u32 type, pad;
	u64 phys_addr, virt_addr, num_pages, attribute;
} efi_memory_desc_t;

#define EFI_RUNTIME_SERVICES	3

/* Memory, for gate_args.c: physical addresses are what args_test.c says. */

#define PAGE_SIZE	0x1000UL
#define PMD_SIZE	0x200000UL
#define PUD_SIZE	0x40000000UL
#define ALIGN(x, a)	(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define PAGE_ALIGN(x)	ALIGN(x, PAGE_SIZE)
#define offset_in_page(p) ((unsigned long)(p) & (PAGE_SIZE - 1))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))
#define IS_ENABLED(option) 0
#define noinline	__attribute__((noinline))
#define _PAGE_RW	0x002ULL
#define _PAGE_USER	0x004ULL
#define _PAGE_NX	(1ULL << 63)

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)	struct list_head name = { &(name), &(name) }
static inline void list_add(struct list_head *new, struct list_head *head)
{
	new->next = head->next;
	new->prev = head;
	head->next->prev = new;
	head->next = new;
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

struct page {
	struct list_head lru;
	u8 *memory;
	bool allocated;
};

#define shim_page(list)	((struct page *)(list))	/* lru is what it begins with */
#define list_for_each_entry_safe(page, n, head, lru)			\
	for (page = shim_page((head)->next), n = shim_page(page->lru.next);	\
	     &page->lru != (head);					\
	     page = n, n = shim_page(page->lru.next))

typedef struct {
	u64 pgd;
} pgd_t;
extern struct shim_mm {
	pgd_t *pgd;
} efi_mm;

struct page *virt_to_page(const void *mem);
struct page *vmalloc_to_page(const void *mem);
bool is_vmalloc_addr(const void *mem);
bool is_vmalloc_or_module_addr(const void *mem);
u64 page_to_phys(struct page *page);
#define __pa(mem)	page_to_phys(virt_to_page(mem))
#define page_address(page) ((void *)(page)->memory)
struct page *alloc_page(gfp_t gfp);
void __free_page(struct page *page);
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *mem, size_t size);
void *vzalloc(size_t size);
void vfree(void *mem);
bool in_nmi(void);
#define irqs_disabled()	false
#define gfpflags_allow_blocking(gfp) (((gfp) & GFP_KERNEL) != 0)

extern struct efi {
	unsigned int runtime_version;
	efi_status_t (*get_time)(efi_time_t *tm, efi_time_cap_t *tc);
	efi_status_t (*set_time)(efi_time_t *tm);
	efi_status_t (*get_wakeup_time)(efi_bool_t *enabled,
					efi_bool_t *pending, efi_time_t *tm);
	efi_status_t (*set_wakeup_time)(efi_bool_t enabled, efi_time_t *tm);
	efi_status_t (*get_variable)(efi_char16_t *name, efi_guid_t *vendor,
				     u32 *attr, unsigned long *data_size,
				     void *data);
	efi_status_t (*get_next_variable)(unsigned long *name_size,
					  efi_char16_t *name,
					  efi_guid_t *vendor);
	efi_status_t (*set_variable)(efi_char16_t *name, efi_guid_t *vendor,
				     u32 attr, unsigned long data_size,
				     void *data);
	efi_status_t (*set_variable_nonblocking)(efi_char16_t *name,
						 efi_guid_t *vendor, u32 attr,
						 unsigned long data_size,
						 void *data);
	efi_status_t (*query_variable_info)(u32 attr, u64 *storage,
					    u64 *remaining, u64 *max_size);
	efi_status_t (*query_variable_info_nonblocking)(u32 attr, u64 *storage,
							u64 *remaining,
							u64 *max_size);
	efi_status_t (*update_capsule)(efi_capsule_header_t **capsules,
				       unsigned long count,
				       unsigned long sg_list);
	efi_status_t (*query_capsule_caps)(efi_capsule_header_t **capsules,
					   unsigned long count, u64 *max_size,
					   int *reset_type);
	efi_status_t (*get_next_high_mono_count)(u32 *count);
	void (*reset_system)(int reset_type, efi_status_t status,
			     unsigned long data_size, efi_char16_t *data);
	unsigned long flags;
} efi;

static inline bool efi_enabled(int feature)
{
	return efi.flags & BIT(feature);
}

#endif /* SHIM_H */
