// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer for arch/x86/platform/efi/marshal.c. The input says which service is
 * called with buffers of what size, what firmware writes where in the argument
 * area, during the call and after anything has been read there, and its status.
 *
 * The caller's buffers end where their allocations do, for ASan to see.
 */

#include "fake_gate.h"
#include "unit_test.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const u8 *input;
static size_t input_left;

/* The next bytes of the input, and zeroes after it */
static u64 take(unsigned int bytes)
{
	u64 value = 0;

	while (bytes--) {
		value = value << 8 | (input_left ? *input : 0);
		if (input_left)
			input++, input_left--;
	}
	return value;
}

/* What a size may be that is worth a try, @near the real one */
static u64 take_number(u64 near)
{
	switch (take(1) % 8) {
	case 0: return near;
	case 1: return near + 1;
	case 2: return near - 1;
	case 3: return near / 2;
	case 4: return ~take(1);
	case 5: return EFI_GATE_ARGS_MAX + take(1) - 128;
	case 6: return take(8);
	default: return take(2);
	}
}

static unsigned long room;	/* of the caller's buffer */

static void scribble(void)
{
	const unsigned int which = take(1) % (fake_piece_count +
					       EFI_GATE_MAX_ARGS);
	struct fake_piece *piece;
	size_t offset, size;
	u64 number;

	piece = which < fake_piece_count ? &fake_pieces[which] :
		&fake_slots[which - fake_piece_count];
	if (!piece->size || piece->mapped)
		return;
	switch (take(1) % 4) {
	case 0:		/* a number at the start */
		number = take_number(room);
		size = piece->size < 8 ? piece->size : 8;
		memcpy(piece->memory, &number, size);
		break;
	case 1:		/* the same byte everywhere */
		memset(piece->memory, take(1), piece->size);
		break;
	default:	/* some bytes somewhere */
		offset = take(2) % piece->size;
		size = take(1) % 16;
		if (size > piece->size - offset)
			size = piece->size - offset;
		while (size--)
			piece->memory[offset++] = take(1);
	}
}

static bool running;

static void after_read(const volatile void *from)
{
	(void)from;
	if (fake_calls && running && take(1) & 1)
		scribble();
}

static efi_status_t firmware(void)
{
	unsigned int n = take(1) % 8;

	running = true;
	while (n--)
		scribble();
	switch (take(1) % 8) {
	case 0: return EFI_BUFFER_TOO_SMALL;
	case 1: return EFI_ERROR_CODE(take(1));
	case 2: return take(1);
	case 3: return take(8);
	case 4:
		efi.flags = 0;
		return EFI_ABORTED;
	default: return EFI_SUCCESS;
	}
}

static void *buffer(size_t size)
{
	void *memory = malloc(size ?: 1);

	EXPECT(memory);
	memset(memory, 0xa5, size);
	return memory;
}

static bool untouched(const void *memory, size_t size)
{
	const u8 *bytes = memory;

	while (size && *bytes == 0xa5)
		bytes++, size--;
	return !size;
}

/* A buffer, or none for some inputs */
static void *maybe(size_t size)
{
	return take(1) % 8 ? buffer(size) : NULL;
}

/* A name: exact, with an end, or none for some inputs */
static efi_char16_t *maybe_name(void)
{
	size_t i, length = take(1) % 40;
	efi_char16_t *name = maybe((length + 1) * 2);

	for (i = 0; name && i <= length; i++)
		name[i] = i < length ? u'a' + i : 0;
	return name;
}

static unsigned long take_room(void)
{
	unsigned long size = take(1);

	return size < 250 ? size : take(3) % (EFI_GATE_ARGS_MAX + 10);
}

static void variable(void)
{
	efi_char16_t *name = maybe_name();
	efi_guid_t *vendor = maybe(sizeof(*vendor));
	unsigned long *size = maybe(sizeof(*size));
	u32 *attr = maybe(sizeof(*attr));
	efi_status_t status;
	void *data;

	room = take_room();
	data = maybe(room);
	if (size)
		*size = room;
	status = efi.get_variable(name, vendor, attr, size, data);
	if (status == EFI_SUCCESS && size)
		EXPECT(*size <= (data ? room : EFI_GATE_ARGS_MAX));
	if (status == EFI_BUFFER_TOO_SMALL && size)
		EXPECT(*size > (data ? room : 0) && *size <= EFI_GATE_ARGS_MAX);
	if (status != EFI_SUCCESS) {
		EXPECT(!data || untouched(data, room));
		if (status != EFI_BUFFER_TOO_SMALL) {
			EXPECT(!size || *size == room);
			EXPECT(!attr || untouched(attr, sizeof(*attr)));
		}
	}
	free(name);
	free(vendor);
	free(size);
	free(attr);
	free(data);
}

static void next_variable(void)
{
	efi_guid_t *vendor = maybe(sizeof(*vendor));
	unsigned long *size = maybe(sizeof(*size));
	efi_char16_t *name, *before = NULL;
	efi_status_t status;
	size_t length;

	room = take_room();
	name = maybe(room);
	length = take(1);
	if (name && length < room / 2)
		name[length] = 0;
	if (name) {
		before = buffer(room);
		memcpy(before, name, room);
	}
	if (size)
		*size = room;
	status = efi.get_next_variable(size, name, vendor);
	if (status == EFI_SUCCESS && name) {
		EXPECT(size && *size <= room && *size >= 2);
		EXPECT(ucs2_strnlen(name, room / 2) < room / 2);
		EXPECT(!name[*size / 2 - 1]);
	} else if (name) {
		EXPECT(!memcmp(name, before, room));
	}
	if (status == EFI_BUFFER_TOO_SMALL && size)
		EXPECT(*size > (name ? room : 0) && *size <= EFI_GATE_ARGS_MAX);
	if (status != EFI_SUCCESS) {
		EXPECT(!vendor || untouched(vendor, sizeof(*vendor)));
		if (status != EFI_BUFFER_TOO_SMALL)
			EXPECT(!size || *size == room);
	}
	free(vendor);
	free(size);
	free(name);
	free(before);
}

static void set_variable(bool may_sleep)
{
	efi_char16_t *name = maybe_name();
	efi_guid_t *vendor = maybe(sizeof(*vendor));
	void *data;

	room = take_room();
	data = maybe(room);
	(may_sleep ? efi.set_variable :
		     efi.set_variable_nonblocking)(name, vendor, take(4), room,
						   data);
	free(name);
	free(vendor);
	free(data);
}

/* Services whose outputs are of fixed size, or that have none */
static void fixed(unsigned int which)
{
	void *a = maybe(sizeof(efi_time_t)), *b = maybe(sizeof(efi_time_cap_t));
	void *c = maybe(sizeof(efi_time_t));
	efi_status_t status;

	room = 3;
	switch (which) {
	case 0:
		status = efi.get_time(a, b);
		break;
	case 1:
		status = efi.set_time(a);
		break;
	case 2:
		status = efi.get_wakeup_time(a, b, c);
		break;
	case 3:
		status = efi.set_wakeup_time(1, a);
		break;
	case 4:
		status = efi.query_variable_info(7, a, b, c);
		break;
	case 5:
		status = efi.query_variable_info_nonblocking(7, a, b, c);
		break;
	case 6:
		status = efi.get_next_high_mono_count(a);
		break;
	default:
		room = take_room() / 2 * 2;
		free(c);
		c = maybe(room);
		efi.reset_system(take(1), take(8), c ? room : 0, c);
		status = EFI_SUCCESS;
	}
	if (status != EFI_SUCCESS) {
		EXPECT(!a || untouched(a, sizeof(efi_time_t)));
		EXPECT(!b || untouched(b, sizeof(efi_time_cap_t)));
		EXPECT(!c || untouched(c, sizeof(efi_time_t)));
	}
	free(a);
	free(b);
	free(c);
}

static void capsules(bool update)
{
	unsigned long i, count = take(1) % 16;
	efi_capsule_header_t **list = buffer(count * sizeof(*list));
	u64 *max_size = maybe(sizeof(*max_size));
	int *type = maybe(sizeof(*type));
	efi_status_t status;
	size_t size;

	for (i = 0; i < count; i++) {
		size = take(1);
		list[i] = maybe(update && size > 28 ? size : 28);
		if (list[i]) {
			list[i]->flags = (take(1) & 1) << 16;
			list[i]->imagesize = update ? size : take(4);
		}
	}
	if (update)
		status = efi.update_capsule(list, count, take(8));
	else
		status = efi.query_capsule_caps(list, count, max_size, type);
	if (!update && status == EFI_SUCCESS && type)
		EXPECT(*type >= 0 && *type <= 3);
	if (status != EFI_SUCCESS) {
		EXPECT(!max_size || untouched(max_size, sizeof(*max_size)));
		EXPECT(!type || untouched(type, sizeof(*type)));
	}
	for (i = 0; i < count; i++)
		free(list[i]);
	free(list);
	free(max_size);
	free(type);
}

static void prm(void)
{
	u64 count = take(1) % 8;
	u64 *mmio = maybe(8 + count * 20);
	u8 *context = maybe(40);

	if (mmio)
		*mmio = count;
	if (context)
		memcpy(context + 32, &mmio, 8);
	efi_marshal_prm_handler(take(8), take(8), context);
	free(mmio);
	free(context);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	efi_marshal_runtime_setup();
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int which, allocs;

	input = data;
	input_left = size;
	fake_firmware = firmware;
	fake_calls = 0;
	running = false;
	shim_after_read = after_read;
	shim_messages[0] = 0;
	efi.flags = BIT(EFI_RUNTIME_SERVICES);
	which = take(1) % 16;
	allocs = take(1);
	fake_fail = allocs < 16 ? allocs : 0;

	switch (which) {
	case 0: case 1: case 2:
		variable();
		break;
	case 3: case 4:
		next_variable();
		break;
	case 5: case 6:
		set_variable(which & 1);
		break;
	case 7: case 8:
		capsules(which & 1);
		break;
	case 9:
		prm();
		break;
	default:
		fixed(take(1) % 8);
	}
	EXPECT(!shim_held && fake_calls <= 1);
	running = false;
	return 0;
}
