// SPDX-License-Identifier: GPL-2.0-only
/* The gate and the kernel as marshal.c sees them, in user space */

#include <sanitizer/asan_interface.h>

#include "fake_gate.h"
#include "unit_test.h"

struct efi efi = {
	.runtime_version = 2 << 16 | 70,
	.flags = BIT(EFI_RUNTIME_SERVICES),
};

void (*shim_after_read)(const volatile void *from);
char shim_messages[4096];
unsigned int shim_message_count;
bool shim_signal, shim_busy;
int shim_held;

struct fake_piece *fake_pieces;
unsigned int fake_piece_count;
struct fake_piece fake_slots[EFI_GATE_MAX_ARGS];
void *efi_gate_args;
enum efi_gate_service fake_service;
u64 fake_address, fake_args[EFI_GATE_MAX_ARGS];
unsigned int fake_calls;
gfp_t fake_gfp;
unsigned int fake_allocs, fake_fail;
efi_status_t (*fake_firmware)(void);
bool efi_gate_prm_off;

/* Far from where this process has anything. Never the same address twice. */
#define FIRST_ADDR	0x0000013370000000ULL
static u64 next_addr = FIRST_ADDR;

/*
 * For each service which of its arguments are pointers, and to what: bytes in a slot,
 * ANY for memory that is allocated, NAME for a string in either: in the slot if it
 * fits. Arguments that are values are VALUE.
 */
#define VALUE	-1
#define ANY	-2
#define NAME	-3
static const struct {
	unsigned int nargs;
	int size[EFI_GATE_MAX_ARGS];
} services[EFI_GATE_SERVICES] = {
	[EFI_GATE_GET_TIME]			= { 2, { 16, 12 } },
	[EFI_GATE_SET_TIME]			= { 1, { 16 } },
	[EFI_GATE_GET_WAKEUP_TIME]		= { 3, { 1, 1, 16 } },
	[EFI_GATE_SET_WAKEUP_TIME]		= { 2, { VALUE, 16 } },
	[EFI_GATE_SET_VIRTUAL_ADDRESS_MAP]	= { 4, { VALUE, VALUE, VALUE, ANY } },
	[EFI_GATE_GET_VARIABLE]			= { 5, { NAME, 16, 4, 8, ANY } },
	[EFI_GATE_GET_NEXT_VARIABLE]		= { 3, { 8, ANY, 16 } },
	[EFI_GATE_SET_VARIABLE]			= { 5, { NAME, 16, VALUE, VALUE, ANY } },
	[EFI_GATE_GET_NEXT_HIGH_MONO_COUNT]	= { 1, { 4 } },
	[EFI_GATE_RESET_SYSTEM]			= { 4, { VALUE, VALUE, VALUE, ANY } },
	[EFI_GATE_UPDATE_CAPSULE]		= { 3, { ANY, VALUE, VALUE } },
	[EFI_GATE_QUERY_CAPSULE_CAPS]		= { 4, { ANY, VALUE, 8, 4 } },
	[EFI_GATE_QUERY_VARIABLE_INFO]		= { 4, { VALUE, 8, 8, 8 } },
	[EFI_GATE_PRM_HANDLER]			= { 2, { VALUE, 40 } },
};

void shim_log(const char *format, ...)
{
	size_t used = strlen(shim_messages);
	va_list args;

	va_start(args, format);
	vsnprintf(shim_messages + used, sizeof(shim_messages) - used, format,
		  args);
	va_end(args);
	shim_message_count++;
}

/*
 * The slots are there only while the lock is held. What they had then stays to be
 * looked at in fake_slots.
 */
static u8 slots[EFI_GATE_MAX_ARGS][EFI_GATE_SLOT];

static void show_slots(void)
{
	unsigned int i;

	efi_gate_args = slots;
	ASAN_UNPOISON_MEMORY_REGION(slots, sizeof(slots));
	memset(slots, 0xee, sizeof(slots));
	for (i = 0; i < EFI_GATE_MAX_ARGS; i++)
		fake_slots[i] = (struct fake_piece) {
			.addr = EFI_GATE_ARGS + i * EFI_GATE_SLOT,
			.memory = slots[i],
		};
}

static void hide_slots(void)
{
	static u8 copy[EFI_GATE_MAX_ARGS][EFI_GATE_SLOT];
	unsigned int i;

	if (fake_slots[0].memory != slots[0])
		return;
	memcpy(copy, slots, sizeof(copy));
	ASAN_POISON_MEMORY_REGION(slots, sizeof(slots));
	for (i = 0; i < EFI_GATE_MAX_ARGS; i++)
		fake_slots[i].memory = copy[i];
}

int down_trylock(struct semaphore *sem)
{
	if (shim_busy || sem->count <= 0)
		return 1;
	sem->count--;
	shim_held++;
	show_slots();
	return 0;
}

int down_interruptible(struct semaphore *sem)
{
	if (shim_signal)
		return -4;
	/* Would wait for ever */
	EXPECT(!down_trylock(sem));
	return 0;
}

unsigned long ucs2_strnlen(const u16 *s, size_t maxlength)
{
	unsigned long length = 0;

	while (length < maxlength && s[length])
		length++;
	if (shim_after_read)
		shim_after_read(s);
	return length;
}

unsigned long ucs2_strlen(const u16 *s)
{
	return ucs2_strnlen(s, ~0UL);
}

/*
 * What is gone stays to be looked at until there is something new, but not where
 * marshal.c had it.
 */
static bool gone;

static void forget(void)
{
	unsigned int i;

	for (i = 0; i < fake_piece_count; i++)
		free(fake_pieces[i].memory);
	free(fake_pieces);
	fake_pieces = NULL;
	fake_piece_count = 0;
	fake_allocs = 0;
	gone = false;
}

void efi_gate_args_reset(void)
{
	struct fake_piece *piece;
	unsigned int i;
	u8 *copy;

	EXPECT(shim_held == 1);
	for (i = 0; i < fake_piece_count && !gone; i++) {
		piece = &fake_pieces[i];
		copy = malloc(piece->size);
		EXPECT(copy);
		memcpy(copy, piece->memory, piece->size);
		if (!piece->mapped)
			free(piece->memory);
		piece->memory = copy;
	}
	hide_slots();
	gone = true;
}

/* A piece of @size bytes, its memory to be set; NULL if it is not to be had */
static struct fake_piece *new_piece(size_t size, u64 *addr, gfp_t gfp)
{
	struct fake_piece *piece;

	EXPECT(shim_held == 1);
	EXPECT(size > 0);
	if (gone)
		forget();
	fake_gfp = gfp;
	if (++fake_allocs == fake_fail) {
		*addr = 1;
		return NULL;
	}

	fake_pieces = realloc(fake_pieces,
			      (fake_piece_count + 1) * sizeof(*fake_pieces));
	EXPECT(fake_pieces);
	piece = &fake_pieces[fake_piece_count++];
	piece->size = size;
	piece->addr = next_addr;
	next_addr += (size | 0xfff) + 1;
	*addr = piece->addr;
	return piece;
}

void *efi_gate_args_alloc(size_t size, u64 *addr, gfp_t gfp)
{
	struct fake_piece *piece;

	EXPECT(size <= EFI_GATE_ARGS_MAX);
	piece = new_piece(size, addr, gfp);
	if (!piece)
		return NULL;
	piece->mapped = false;
	piece->memory = calloc(1, size);
	EXPECT(piece->memory);
	return piece->memory;
}

/* All of it has to be the caller's. */
int efi_gate_args_map(const void *mem, size_t size, u64 *addr, gfp_t gfp)
{
	struct fake_piece *piece;

	EXPECT(!__asan_region_is_poisoned((void *)mem, size));
	piece = new_piece(size, addr, gfp);
	if (!piece)
		return -ENOMEM;
	piece->mapped = true;
	piece->memory = (u8 *)mem;
	return 0;
}

struct fake_piece *fake_piece(u64 addr)
{
	unsigned int i;

	for (i = 0; i < EFI_GATE_MAX_ARGS; i++)
		if (addr == fake_slots[i].addr)
			return &fake_slots[i];
	for (i = 0; i < fake_piece_count; i++)
		if (addr == fake_pieces[i].addr)
			return &fake_pieces[i];
	printf("# firmware was given %#llx, which is not in the argument area\n",
	       addr);
	fflush(stdout);
	abort();
}

void *fake_at(u64 addr, size_t size)
{
	struct fake_piece *piece = fake_piece(addr);

	EXPECT(size <= piece->size);
	return piece->memory;
}

void up(struct semaphore *sem)
{
	EXPECT(shim_held == 1);
	/* Nothing of a call is left when the next may begin */
	EXPECT(gone || !fake_piece_count);
	hide_slots();
	sem->count++;
	shim_held--;
}

/* The bytes of a string, with its end; in a slot it ends before that does. */
static size_t string_size(const u16 *s, size_t room)
{
	size_t i;

	for (i = 0; i < room / sizeof(*s); i++)
		if (!s[i])
			return (i + 1) * sizeof(*s);
	EXPECT(!"a string without an end");
	return 0;
}

static void check_name(unsigned int n, struct fake_piece *piece)
{
	size_t size;

	if (piece == &fake_slots[n]) {
		piece->size = string_size((u16 *)piece->memory, EFI_GATE_SLOT);
		/* Other arguments do not care what is in their slots' rest. */
		memset(slots[n] + piece->size, 0xee, EFI_GATE_SLOT - piece->size);
		return;
	}
	size = string_size((u16 *)piece->memory, piece->size);
	EXPECT(size == piece->size && size > EFI_GATE_SLOT);
	memset(slots[n], 0xee, EFI_GATE_SLOT);
}

/* An argument that is 0 is a NULL pointer, or a value. */
static void check_arg(unsigned int n, int size, u64 arg)
{
	struct fake_piece *piece;

	if (size == VALUE || !arg)
		return;
	piece = fake_piece(arg);
	if (size == NAME) {
		check_name(n, piece);
	} else if (size == ANY) {
		EXPECT(piece < fake_slots ||
		       piece >= fake_slots + EFI_GATE_MAX_ARGS);
	} else {
		EXPECT(piece == &fake_slots[n]);
		piece->size = size;
	}
}

static efi_status_t call(enum efi_gate_service service, u64 addr,
			 const u64 *args)
{
	unsigned int i, j;

	EXPECT(shim_held == 1);
	EXPECT(efi_enabled(EFI_RUNTIME_SERVICES));
	EXPECT(services[service].nargs > 0);
	if (gone)
		forget();
	for (i = 0; i < EFI_GATE_MAX_ARGS; i++) {
		if (i < services[service].nargs)
			check_arg(i, services[service].size[i], args[i]);
		else
			EXPECT(!args[i]);
	}
	/* Nothing was written beyond what a slot is for */
	for (i = 0; i < EFI_GATE_MAX_ARGS; i++)
		for (j = fake_slots[i].size; j < EFI_GATE_SLOT; j++)
			EXPECT(slots[i][j] == 0xee);

	fake_service = service;
	fake_address = addr;
	memcpy(fake_args, args, sizeof(fake_args));
	fake_calls++;
	return fake_firmware ? fake_firmware() : EFI_SUCCESS;
}

const char *efi_gate_service_name(enum efi_gate_service service)
{
	switch (service) {
	case EFI_GATE_GET_TIME:
		return "GetTime";
	case EFI_GATE_SET_TIME:
		return "SetTime";
	case EFI_GATE_GET_VARIABLE:
		return "GetVariable";
	case EFI_GATE_GET_NEXT_VARIABLE:
		return "GetNextVariableName";
	case EFI_GATE_QUERY_CAPSULE_CAPS:
		return "QueryCapsuleCapabilities";
	default:
		EXPECT(service < EFI_GATE_SERVICES);
		return "another service";
	}
}

efi_status_t efi_gate_call(enum efi_gate_service service, const u64 *args)
{
	EXPECT(service < EFI_GATE_TABLE_SERVICES);
	return call(service, 0, args);
}

efi_status_t efi_gate_call_addr(enum efi_gate_service service, u64 addr,
				const u64 *args)
{
	EXPECT(service == EFI_GATE_PRM_HANDLER);
	return call(service, addr, args);
}

/* What had to wait during a call is none of the arguments' business. */
void efi_gate_settle(void)
{
}
