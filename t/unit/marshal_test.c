// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of arch/x86/platform/efi/marshal.c. Each runs in a process of its
 * own and fails by ending it: in EXPECT(), or in a sanitizer.
 */


#include "fake_gate.h"
#include "unit_test.h"

static efi_guid_t guid = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
			     16 } };
static efi_guid_t zero_guid;
static efi_char16_t name[] = u"BootOrder";
/* Too long for a slot: memory has to be allocated for it */
static efi_char16_t longer[] = u"ANameThatDoesNotFitIntoTheSlotOfAnArgument";

static bool logged(const char *text)
{
	return strstr(shim_messages, text);
}

/* A copy that ends where the allocation does */
static void *exact(const void *from, size_t size)
{
	void *copy = malloc(size ?: 1);

	EXPECT(copy);
	if (from)
		memcpy(copy, from, size);
	else
		memset(copy, 0xa5, size);
	return copy;
}

static bool untouched(const void *memory, size_t size)
{
	const u8 *bytes = memory;

	while (size && *bytes == 0xa5)
		bytes++, size--;
	return !size;
}

/* Firmware that returns what a test says, and writes what it says to where. */

static efi_status_t status_to_return;
static struct {
	unsigned int arg;
	const void *from;
	size_t size;
} writes[5];

static efi_status_t scripted(void)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		if (writes[i].size)
			memcpy(fake_at(fake_args[writes[i].arg],
				       writes[i].size),
			       writes[i].from, writes[i].size);
	return status_to_return;
}

static void script(efi_status_t status)
{
	fake_firmware = scripted;
	status_to_return = status;
	memset(writes, 0, sizeof(writes));
}

static void script_write(unsigned int arg, const void *from, size_t size)
{
	unsigned int i = 0;

	while (writes[i].size)
		i++;
	writes[i].arg = arg;
	writes[i].from = from;
	writes[i].size = size;
}

/* Honest firmware with a store of variables */

static struct variable {
	efi_char16_t *name;
	efi_guid_t guid;
	u32 attr;
	size_t size;
	void *data;
} store[8];

static size_t name_bytes(const efi_char16_t *s)
{
	return (ucs2_strlen(s) + 1) * sizeof(*s);
}

static int find(const efi_char16_t *s, const efi_guid_t *vendor)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (store[i].name &&
		    name_bytes(s) == name_bytes(store[i].name) &&
		    !memcmp(s, store[i].name, name_bytes(s)) &&
		    !memcmp(vendor, &store[i].guid, sizeof(*vendor)))
			return i;
	return -1;
}

static efi_status_t honest(void)
{
	efi_guid_t *vendor;
	efi_char16_t *s;
	size_t *size;
	int i;

	switch (fake_service) {
	case EFI_GATE_GET_VARIABLE:
		s = fake_at(fake_args[0], 2);
		i = find(s, fake_at(fake_args[1], 16));
		if (i < 0)
			return EFI_NOT_FOUND;
		size = fake_at(fake_args[3], 8);
		if (fake_args[2])
			*(u32 *)fake_at(fake_args[2], 4) = store[i].attr;
		if (*size < store[i].size) {
			*size = store[i].size;
			return EFI_BUFFER_TOO_SMALL;
		}
		*size = store[i].size;
		memcpy(fake_at(fake_args[4], *size), store[i].data, *size);
		return EFI_SUCCESS;
	case EFI_GATE_GET_NEXT_VARIABLE:
		size = fake_at(fake_args[0], 8);
		s = fake_at(fake_args[1], *size);
		vendor = fake_at(fake_args[2], 16);
		i = *s ? find(s, vendor) : -1;
		if (*s && i < 0)
			return EFI_INVALID_PARAMETER;
		while (++i < 8 && !store[i].name)
			;
		if (i == 8)
			return EFI_NOT_FOUND;
		if (*size < name_bytes(store[i].name)) {
			*size = name_bytes(store[i].name);
			return EFI_BUFFER_TOO_SMALL;
		}
		*size = name_bytes(store[i].name);
		memcpy(s, store[i].name, *size);
		*vendor = store[i].guid;
		return EFI_SUCCESS;
	case EFI_GATE_SET_VARIABLE:
		s = fake_at(fake_args[0], 2);
		EXPECT(fake_piece(fake_args[0])->size == name_bytes(s));
		vendor = fake_at(fake_args[1], 16);
		i = find(s, vendor);
		if (!fake_args[3]) {
			if (i < 0)
				return EFI_NOT_FOUND;
			free(store[i].name);
			free(store[i].data);
			memset(&store[i], 0, sizeof(store[i]));
			return EFI_SUCCESS;
		}
		for (i = 0; store[i].name; i++)
			;
		store[i].name = exact(s, name_bytes(s));
		store[i].guid = *vendor;
		store[i].attr = fake_args[2];
		store[i].size = fake_args[3];
		store[i].data = exact(fake_at(fake_args[4], fake_args[3]),
				      fake_args[3]);
		return EFI_SUCCESS;
	default:
		return EFI_UNSUPPORTED;
	}
}

static void test_setup(void)
{
	EXPECT(efi.get_time && efi.set_time && efi.get_wakeup_time &&
	       efi.set_wakeup_time && efi.get_variable &&
	       efi.get_next_variable && efi.set_variable &&
	       efi.set_variable_nonblocking && efi.query_variable_info &&
	       efi.query_variable_info_nonblocking && efi.update_capsule &&
	       efi.query_capsule_caps && efi.get_next_high_mono_count &&
	       efi.reset_system);
}

static void test_time(void)
{
	efi_time_t now = { .year = 2026, .month = 2, .timezone = -60 };
	efi_time_cap_t cap = { 1, 2, 3 };
	efi_time_t *tm = exact(NULL, sizeof(*tm));
	efi_time_cap_t *tc = exact(NULL, sizeof(*tc));

	script(EFI_SUCCESS);
	script_write(0, &now, sizeof(now));
	script_write(1, &cap, sizeof(cap));
	EXPECT(efi.get_time(tm, tc) == EFI_SUCCESS);
	EXPECT(fake_service == EFI_GATE_GET_TIME);
	EXPECT(!memcmp(tm, &now, sizeof(now)));
	EXPECT(!memcmp(tc, &cap, sizeof(cap)));

	script(EFI_SUCCESS);
	EXPECT(efi.get_time(tm, NULL) == EFI_SUCCESS && !fake_args[1]);
	EXPECT(efi.get_time(NULL, NULL) == EFI_SUCCESS && !fake_args[0]);

	/* What firmware did not write is nothing of an earlier call */
	memset(&now, 0, sizeof(now));
	EXPECT(efi.get_time(tm, NULL) == EFI_SUCCESS);
	EXPECT(!memcmp(tm, &now, sizeof(now)));

	now.year = 2026;
	*tm = now;
	EXPECT(efi.set_time(tm) == EFI_SUCCESS);
	EXPECT(fake_service == EFI_GATE_SET_TIME);
	EXPECT(!memcmp(fake_at(fake_args[0], sizeof(now)), &now, sizeof(now)));
}

static void test_wakeup_time(void)
{
	efi_time_t when = { .year = 2027, .day = 3 };
	efi_bool_t *enabled = exact(NULL, 1), *pending = exact(NULL, 1);
	efi_time_t *tm = exact(NULL, sizeof(*tm));

	script(EFI_SUCCESS);
	script_write(0, "\1", 1);
	script_write(1, "\2", 1);
	script_write(2, &when, sizeof(when));
	EXPECT(efi.get_wakeup_time(enabled, pending, tm) == EFI_SUCCESS);
	EXPECT(fake_service == EFI_GATE_GET_WAKEUP_TIME);
	EXPECT(*enabled == 1 && *pending == 2);
	EXPECT(!memcmp(tm, &when, sizeof(when)));

	script(EFI_SUCCESS);
	EXPECT(efi.set_wakeup_time(1, tm) == EFI_SUCCESS);
	EXPECT(fake_service == EFI_GATE_SET_WAKEUP_TIME && fake_args[0] == 1);
	EXPECT(!memcmp(fake_at(fake_args[1], sizeof(when)), &when,
		       sizeof(when)));
	EXPECT(efi.set_wakeup_time(0, NULL) == EFI_SUCCESS);
	EXPECT(!fake_args[0] && !fake_args[1]);
}

static void round_trip(efi_char16_t *s, size_t size)
{
	u8 *data = exact(NULL, size), *back = exact(NULL, size);
	unsigned long got = 0;
	efi_guid_t vendor;
	u32 attr = 0;
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = i * 7 + i / 251;
	fake_firmware = honest;
	EXPECT(efi.set_variable(s, &guid, 7, size, data) == EFI_SUCCESS);
	EXPECT(efi.get_variable(s, &guid, NULL, &got, NULL) ==
	       EFI_BUFFER_TOO_SMALL);
	EXPECT(got == size);
	EXPECT(efi.get_variable(s, &guid, &attr, &got, back) == EFI_SUCCESS);
	EXPECT(got == size && attr == 7 && !memcmp(data, back, size));

	free(back);
	got = name_bytes(s);
	back = exact(NULL, got);
	memset(back, 0, 2);
	EXPECT(efi.get_next_variable(&got, (efi_char16_t *)back, &vendor) ==
	       EFI_SUCCESS);
	EXPECT(got == name_bytes(s) && !memcmp(back, s, got));
	EXPECT(!memcmp(&vendor, &guid, sizeof(guid)));
	EXPECT(efi.get_next_variable(&got, (efi_char16_t *)back, &vendor) ==
	       EFI_NOT_FOUND);

	EXPECT(efi.set_variable(s, &guid, 0, 0, NULL) == EFI_SUCCESS);
	EXPECT(!fake_args[3] && !fake_args[4]);
	EXPECT(efi.get_variable(s, &guid, NULL, &got, NULL) == EFI_NOT_FOUND);
	free(data);
	free(back);
}

static void test_variables(void)
{
	static efi_char16_t long_name[5000];
	unsigned int i;

	round_trip(name, 1);
	round_trip(name, 65536);
	round_trip(name, 1 << 20);
	round_trip(name, EFI_GATE_ARGS_MAX);
	for (i = 0; i < 4999; i++)
		long_name[i] = 0x100 + i;
	round_trip(long_name, 10);
	/* Of any length, those that just fit into a slot among them */
	for (i = 1; i < EFI_GATE_SLOT; i++) {
		long_name[i] = 0;
		round_trip(long_name, 10);
		long_name[i] = 0x100 + i;
	}
	EXPECT(!shim_message_count);
}

static void test_variable_names_in_turn(void)
{
	efi_char16_t *s = exact(NULL, 512);
	unsigned long size = 512;
	efi_guid_t vendor;
	unsigned int i;
	efi_char16_t one[] = u"One", two[] = u"Two";

	fake_firmware = honest;
	EXPECT(!efi.set_variable(one, &guid, 7, 3, "abc"));
	EXPECT(!efi.set_variable_nonblocking(two, &guid, 7, 3, "abc"));
	*s = 0;
	for (i = 0; i < 2; i++) {
		size = 512;
		EXPECT(!efi.get_next_variable(&size, s, &vendor));
		EXPECT(size == 8 && !memcmp(s, i ? two : one, 8));
	}
	EXPECT(efi.get_next_variable(&size, s, &vendor) == EFI_NOT_FOUND);
	EXPECT(size == 8 && !memcmp(s, two, 8));

	*s = 0;
	size = 2;
	EXPECT(efi.get_next_variable(&size, s, &vendor) ==
	       EFI_BUFFER_TOO_SMALL);
	EXPECT(size == 8);
}

static void test_null_arguments(void)
{
	unsigned long size = 10;
	efi_char16_t *s;
	u8 data[10];

	script(EFI_INVALID_PARAMETER);
	EXPECT(efi.get_variable(NULL, NULL, NULL, NULL, NULL) ==
	       EFI_INVALID_PARAMETER);
	EXPECT(!fake_args[0] && !fake_args[1] && !fake_args[2] &&
	       !fake_args[3] && !fake_args[4]);
	EXPECT(efi.get_next_variable(NULL, NULL, NULL) ==
	       EFI_INVALID_PARAMETER);
	EXPECT(!fake_args[0] && !fake_args[1] && !fake_args[2]);
	EXPECT(efi.set_variable(NULL, NULL, 1, 5, NULL) ==
	       EFI_INVALID_PARAMETER);
	EXPECT(!fake_args[0] && !fake_args[1] && fake_args[2] == 1 &&
	       fake_args[3] == 5 && !fake_args[4]);

	/* Only what is NULL is NULL for firmware, sizes are what they are */
	EXPECT(efi.get_variable(name, &guid, NULL, NULL, data) ==
	       EFI_INVALID_PARAMETER);
	EXPECT(!fake_args[3] && fake_args[4]);
	EXPECT(efi.get_variable(name, &guid, NULL, &size, NULL) ==
	       EFI_INVALID_PARAMETER);
	EXPECT(*(u64 *)fake_at(fake_args[3], 8) == 10 && !fake_args[4]);
	size = 0;
	EXPECT(efi.get_variable(name, &guid, NULL, &size, data) ==
	       EFI_INVALID_PARAMETER);
	EXPECT(fake_args[4]);
	EXPECT(efi.set_variable(name, &guid, 1, 0, data) ==
	       EFI_INVALID_PARAMETER);
	EXPECT(fake_args[4]);
	s = exact(NULL, 0);
	EXPECT(efi.get_next_variable(NULL, s, &guid) == EFI_INVALID_PARAMETER);
	EXPECT(fake_args[1]);

	/* Firmware that calls such a thing a success */
	script(EFI_SUCCESS);
	EXPECT(efi.get_variable(NULL, NULL, NULL, NULL, NULL) == EFI_SUCCESS);
	EXPECT(efi.get_next_variable(NULL, NULL, NULL) == EFI_SUCCESS);
	EXPECT(efi.get_next_variable(NULL, s, NULL) == EFI_DEVICE_ERROR);
	EXPECT(efi.get_wakeup_time(NULL, NULL, NULL) == EFI_SUCCESS);
	EXPECT(efi.query_variable_info(0, NULL, NULL, NULL) == EFI_SUCCESS);
	EXPECT(efi.query_capsule_caps(NULL, 3, NULL, NULL) == EFI_SUCCESS);
	EXPECT(efi.get_next_high_mono_count(NULL) == EFI_SUCCESS);
	EXPECT(efi.set_time(NULL) == EFI_SUCCESS && !fake_args[0]);
}

/* GetVariable() that returns @status and @size for a buffer of @room bytes */
static efi_status_t lie(efi_status_t status, u64 size, unsigned long room,
			unsigned long *got, bool *changed)
{
	unsigned long *data_size = exact(&room, sizeof(room));
	u32 *attr = exact(NULL, sizeof(*attr));
	void *data = exact(NULL, room);
	u32 fw_attr = 0x77;

	script(status);
	script_write(2, &fw_attr, sizeof(fw_attr));
	script_write(3, &size, sizeof(size));
	status = efi.get_variable(name, &guid, attr, data_size, data);
	*got = *data_size;
	*changed = !untouched(data, room) || *attr != 0xa5a5a5a5;
	free(data_size);
	free(attr);
	free(data);
	return status;
}

static void test_variable_sizes_that_lie(void)
{
	unsigned long got;
	u64 size;
	bool changed;

	/* The truth first */
	EXPECT(lie(EFI_SUCCESS, 8, 8, &got, &changed) == EFI_SUCCESS);
	EXPECT(got == 8 && changed);
	EXPECT(lie(EFI_SUCCESS, 0, 8, &got, &changed) == EFI_SUCCESS);
	EXPECT(got == 0);
	EXPECT(lie(EFI_BUFFER_TOO_SMALL, 9, 8, &got, &changed) ==
	       EFI_BUFFER_TOO_SMALL);
	EXPECT(got == 9);
	EXPECT(lie(EFI_BUFFER_TOO_SMALL, EFI_GATE_ARGS_MAX, 8, &got, &changed)
	       == EFI_BUFFER_TOO_SMALL);
	EXPECT(got == EFI_GATE_ARGS_MAX);
	EXPECT(!shim_message_count);

	EXPECT(lie(EFI_SUCCESS, 9, 8, &got, &changed) == EFI_DEVICE_ERROR);
	EXPECT(got == 8 && !changed);
	EXPECT(shim_message_count == 1 &&
	       logged("efi: [Firmware Bug]: GetVariable: size 0x9"));
	EXPECT(lie(EFI_SUCCESS, ~0ULL, 8, &got, &changed) == EFI_DEVICE_ERROR);
	EXPECT(got == 8 && !changed);
	EXPECT(lie(EFI_SUCCESS, 1, 0, &got, &changed) == EFI_DEVICE_ERROR);
	EXPECT(got == 0 && !changed);
	EXPECT(lie(EFI_SUCCESS, 1ULL << 32, 8, &got, &changed) ==
	       EFI_DEVICE_ERROR);
	EXPECT(got == 8 && !changed);

	EXPECT(lie(EFI_BUFFER_TOO_SMALL, 8, 8, &got, &changed) ==
	       EFI_DEVICE_ERROR);
	EXPECT(got == 8 && !changed);
	EXPECT(lie(EFI_BUFFER_TOO_SMALL, 0, 0, &got, &changed) ==
	       EFI_DEVICE_ERROR);
	EXPECT(lie(EFI_BUFFER_TOO_SMALL, EFI_GATE_ARGS_MAX + 1, 8, &got,
		   &changed) == EFI_DEVICE_ERROR);
	EXPECT(got == 8 && !changed);
	EXPECT(lie(EFI_BUFFER_TOO_SMALL, ~0ULL, 8, &got, &changed) ==
	       EFI_DEVICE_ERROR);
	EXPECT(got == 8 && !changed);
	EXPECT(shim_message_count == 1);

	/* Success without a buffer: some firmware says how large it should be */
	got = 0;
	size = 100;
	script(EFI_SUCCESS);
	script_write(3, &size, sizeof(size));
	EXPECT(efi.get_variable(name, &guid, NULL, &got, NULL) == EFI_SUCCESS);
	EXPECT(got == 100);
	size = EFI_GATE_ARGS_MAX;
	EXPECT(efi.get_variable(name, &guid, NULL, &got, NULL) == EFI_SUCCESS);
	EXPECT(got == EFI_GATE_ARGS_MAX);
	size = EFI_GATE_ARGS_MAX + 1;
	EXPECT(efi.get_variable(name, &guid, NULL, &got, NULL) ==
	       EFI_DEVICE_ERROR);
	EXPECT(got == EFI_GATE_ARGS_MAX);
	/* No buffer has no room, whatever its size was said to be */
	got = 100;
	size = 50;
	status_to_return = EFI_BUFFER_TOO_SMALL;
	EXPECT(efi.get_variable(name, &guid, NULL, &got, NULL) ==
	       EFI_BUFFER_TOO_SMALL);
	EXPECT(got == 50);

	/* Any other status: nothing comes back, whatever firmware wrote */
	EXPECT(lie(EFI_NOT_FOUND, 3, 8, &got, &changed) == EFI_NOT_FOUND);
	EXPECT(got == 8 && !changed);
	EXPECT(lie(5, 3, 8, &got, &changed) == 5);
	EXPECT(got == 8 && !changed);
}

static void test_variable_attributes(void)
{
	unsigned long size = 0;
	u32 attr = 0x55, none = 0;
	u64 need = 4;

	/* When the buffer is too small: since UEFI 2.8, and before */
	script(EFI_BUFFER_TOO_SMALL);
	script_write(3, &need, sizeof(need));
	EXPECT(efi.get_variable(name, &guid, &attr, &size, NULL) ==
	       EFI_BUFFER_TOO_SMALL);
	EXPECT(attr == 0x55);
	need = 5;
	script_write(2, "\7\0\0\0", 4);
	EXPECT(efi.get_variable(name, &guid, &attr, &size, NULL) ==
	       EFI_BUFFER_TOO_SMALL);
	EXPECT(attr == 7 && size == 5);

	need = 0;
	script(EFI_SUCCESS);
	script_write(2, &none, sizeof(none));
	script_write(3, &need, sizeof(need));
	EXPECT(efi.get_variable(name, &guid, &attr, &size, &none) ==
	       EFI_SUCCESS);
	EXPECT(attr == 0);
}

/* Firmware memory that changes as soon as it has been looked at */
static void worsen(const volatile void *from)
{
	unsigned int i;

	if (!fake_calls)
		return;
	for (i = 0; i < fake_piece_count; i++)
		if ((void *)from == fake_pieces[i].memory &&
		    !fake_pieces[i].mapped)
			memset(fake_pieces[i].memory, 0xff,
			       fake_pieces[i].size);
	for (i = 0; i < EFI_GATE_MAX_ARGS; i++)
		if ((void *)from == fake_slots[i].memory)
			memset(fake_slots[i].memory, 0xff, fake_slots[i].size);
}

static void test_values_that_change(void)
{
	unsigned long size = 16;
	u8 *data = exact(NULL, 16);
	efi_char16_t *s = exact(NULL, 16);
	u64 fw_size = 8;
	u32 attr;
	int type;

	shim_after_read = worsen;
	script(EFI_SUCCESS);
	script_write(2, "\7\0\0\0", 4);
	script_write(3, &fw_size, sizeof(fw_size));
	EXPECT(efi.get_variable(name, &guid, &attr, &size, data) ==
	       EFI_SUCCESS);
	EXPECT(size == 8 && attr == 7 && untouched(data + 8, 8));

	script(EFI_SUCCESS);
	script_write(0, &fw_size, sizeof(fw_size));
	script_write(1, u"abc", 8);
	size = 16;
	*s = 0;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_SUCCESS);
	EXPECT(size == 8 && s[3] == 0 && untouched(s + 4, 8));

	script(EFI_SUCCESS);
	script_write(3, "\1\0\0\0", 4);
	EXPECT(efi.query_capsule_caps(NULL, 0, NULL, &type) == EFI_SUCCESS);
	EXPECT(type == 1);
}

static efi_status_t next(const efi_char16_t *write, size_t bytes, u64 fw_size,
			 efi_char16_t *s, unsigned long *size)
{
	efi_guid_t vendor = zero_guid;
	efi_status_t status;

	script(EFI_SUCCESS);
	script_write(0, &fw_size, sizeof(fw_size));
	script_write(1, write, bytes);
	script_write(2, &guid, sizeof(guid));
	status = efi.get_next_variable(size, s, &vendor);
	EXPECT(!memcmp(&vendor, status ? &zero_guid : &guid, sizeof(vendor)));
	return status;
}

static void test_names_and_sizes_that_disagree(void)
{
	static const u64 sizes[] = { 0, 2, 6, 7, 8, 9, 16, 31, 32, 33, ~0ULL };
	efi_char16_t *s = exact(NULL, 32);
	unsigned long size;
	unsigned int i;

	/* The name is what counts */
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		memset(s, 0xa5, 32);
		*s = 0;
		size = 32;
		EXPECT(next(u"abc", 8, sizes[i], s, &size) == EFI_SUCCESS);
		EXPECT(size == 8 && !memcmp(s, u"abc", 8));
		EXPECT(untouched(s + 4, 24));
	}
	size = 32;
	*s = 0;
	EXPECT(next(u"0123456789abcde", 32, 10, s, &size) == EFI_SUCCESS);
	EXPECT(size == 32 && !memcmp(s, u"0123456789abcde", 32));
	EXPECT(!shim_message_count);
}

static void test_names_that_lie(void)
{
	efi_char16_t *s = exact(u"0123456789abcde", 32);
	unsigned long size = 32;
	u64 large = 9;

	/* There is one more character after the buffer, which is not used */
	EXPECT(next(u"ABCDEFGHIJKLMNOP", 32, 32, s, &size) ==
	       EFI_DEVICE_ERROR);
	EXPECT(size == 32 && !memcmp(s, u"0123456789abcde", 32));
	EXPECT(shim_message_count == 1 && logged("GetNextVariableName: name"));
	free(s);

	/* Each service has one message */
	s = exact(NULL, 8);
	size = 8;
	script(EFI_SUCCESS);
	script_write(3, &large, sizeof(large));
	EXPECT(efi.get_variable(name, &guid, NULL, &size, s) ==
	       EFI_DEVICE_ERROR);
	EXPECT(shim_message_count == 2 && logged("GetVariable: size 0x9 "));
	free(s);

	/* Half a character at the end of a buffer is none */
	s = exact(u"\0bcd", 7);
	size = 7;
	EXPECT(next(u"abc", 8, 7, s, &size) == EFI_DEVICE_ERROR);
	EXPECT(size == 7);
	EXPECT(next(u"ab", 6, 7, s, &size) == EFI_SUCCESS);
	EXPECT(size == 6);

	size = 8;
	script(EFI_BUFFER_TOO_SMALL);
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_DEVICE_ERROR);
	EXPECT(size == 8);
}

static void test_previous_name(void)
{
	efi_char16_t *s = exact(u"abcdefg", 16);
	unsigned long size = 16;
	efi_char16_t *seen;

	script(EFI_NOT_FOUND);
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_NOT_FOUND);
	seen = fake_at(fake_args[1], 16);
	EXPECT(!memcmp(seen, s, 16));
	EXPECT(!memcmp(fake_at(fake_args[2], 16), &guid, 16));
	EXPECT(*(u64 *)fake_at(fake_args[0], 8) == 16);

	/* What is after its end is nobody's business; so is a GUID with none */
	s[2] = 0;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_NOT_FOUND);
	seen = fake_at(fake_args[1], 16);
	EXPECT(seen[1] == u'b' && !seen[2] && !seen[3] && !seen[7]);
	s[0] = 0;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_NOT_FOUND);
	EXPECT(!memcmp(fake_at(fake_args[2], 16), &zero_guid, 16));

	/* A buffer that is full of it, or smaller */
	s[0] = u'x';
	s[2] = u'y';
	size = 4;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_NOT_FOUND);
	seen = fake_at(fake_args[1], 6);
	EXPECT(seen[0] == u'x' && seen[1] == u'b' && !seen[2]);
	size = 0;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_NOT_FOUND);
	EXPECT(!*(u16 *)fake_at(fake_args[1], 2));

	/* Absurd sizes */
	*s = 0;
	size = ~0UL;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_OUT_OF_RESOURCES);
	size = ~0UL - 1;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_OUT_OF_RESOURCES);
	size = EFI_GATE_ARGS_MAX;
	EXPECT(efi.get_next_variable(&size, s, &guid) == EFI_OUT_OF_RESOURCES);
}

static void test_statuses(void)
{
	/* Of the specification, of a vendor, of an OEM, and of nobody */
	static const efi_status_t statuses[] = {
		1, 7, 8, 64, 1UL << 32, 1UL << 61, 1UL << 62 | 1,
		EFI_ERROR_CODE(0UL), EFI_ERROR_CODE(14UL), EFI_ERROR_CODE(30UL),
		EFI_ERROR_CODE(36UL), EFI_ERROR_CODE(64UL + 14),
		EFI_ERROR_CODE(1UL << 61), EFI_ERROR_CODE(1UL << 62), ~0UL,
	};
	efi_time_t *tm = exact(NULL, sizeof(*tm)), now = { .year = 1 };
	unsigned int i;

	for (i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		script(statuses[i]);
		script_write(0, &now, sizeof(now));
		EXPECT(efi.get_time(tm, NULL) == statuses[i]);
		EXPECT(untouched(tm, sizeof(*tm)));
		EXPECT(efi.set_time(tm) == statuses[i]);
	}
	EXPECT(!shim_message_count);
}

static void test_variable_info(void)
{
	u64 *a = exact(NULL, 8), *b = exact(NULL, 8), *c = exact(NULL, 8);
	u64 values[] = { 0x123456789abcULL, ~0ULL, 3 };
	int i;

	for (i = 0; i < 2; i++) {
		script(EFI_SUCCESS);
		script_write(1, &values[0], 8);
		script_write(2, &values[1], 8);
		script_write(3, &values[2], 8);
		EXPECT((i ? efi.query_variable_info_nonblocking :
			efi.query_variable_info)(7, a, b, c) == EFI_SUCCESS);
		EXPECT(fake_args[0] == 7);
		EXPECT(*a == values[0] && *b == values[1] && *c == values[2]);
		*a = *b = *c = 5;
		status_to_return = EFI_INVALID_PARAMETER;
		EXPECT((i ? efi.query_variable_info_nonblocking :
			efi.query_variable_info)(7, a, b, c) ==
		       EFI_INVALID_PARAMETER);
		EXPECT(*a == 5 && *b == 5 && *c == 5);
	}
	EXPECT(fake_calls == 4);

	efi.runtime_version = 1 << 16 | 10;
	EXPECT(efi.query_variable_info(7, a, b, c) == EFI_UNSUPPORTED);
	EXPECT(efi.query_variable_info_nonblocking(7, a, b, c) ==
	       EFI_UNSUPPORTED);
	EXPECT(efi.update_capsule(NULL, 0, 0) == EFI_UNSUPPORTED);
	EXPECT(efi.query_capsule_caps(NULL, 0, a, NULL) == EFI_UNSUPPORTED);
	EXPECT(fake_calls == 4);
}

static void test_mono_count(void)
{
	u32 *count = exact(NULL, 4);

	script(EFI_SUCCESS);
	script_write(0, "\1\2\3\4", 4);
	EXPECT(efi.get_next_high_mono_count(count) == EFI_SUCCESS);
	EXPECT(fake_service == EFI_GATE_GET_NEXT_HIGH_MONO_COUNT);
	EXPECT(*count == 0x04030201);
}

static void test_reset(void)
{
	efi_char16_t *data = exact(u"why", 8);

	script(0xdead);		/* a function without a result */
	efi.reset_system(2, EFI_ABORTED, 8, data);
	EXPECT(fake_calls == 1 && fake_service == EFI_GATE_RESET_SYSTEM);
	EXPECT(fake_args[0] == 2 && fake_args[1] == EFI_ABORTED &&
	       fake_args[2] == 8);
	EXPECT(!memcmp(fake_at(fake_args[3], 8), data, 8));
	EXPECT(fake_gfp == GFP_ATOMIC && !shim_message_count && !shim_held);

	efi.reset_system(0, EFI_SUCCESS, 0, NULL);
	EXPECT(fake_calls == 2 && !fake_args[2] && !fake_args[3]);

	fake_fail = 1;
	efi.reset_system(1, EFI_SUCCESS, 8, data);
	EXPECT(fake_calls == 3 && fake_args[0] == 1);
	EXPECT(!fake_args[2] && !fake_args[3]);
	EXPECT(!shim_message_count);

	shim_busy = true;
	efi.reset_system(0, EFI_SUCCESS, 8, data);
	EXPECT(fake_calls == 3 && logged("reset_system") && !shim_held);
}

static efi_capsule_header_t *capsule(u32 flags, u32 imagesize, size_t size)
{
	efi_capsule_header_t header = { .flags = flags,
		.imagesize = imagesize, .headersize = sizeof(header) };
	void *all = exact(NULL, size);

	memcpy(all, &header, sizeof(header));
	return all;
}

/* Reads the capsules and then has somebody change them */
static efi_capsule_header_t **seen_by_firmware;

static efi_status_t reads_capsules(void)
{
	u64 *array = fake_at(fake_args[0], fake_args[1] * 8);
	u8 *image;
	u64 i;

	for (i = 0; i < fake_args[1]; i++) {
		if (!array[i])
			continue;
		/* No copy */
		image = fake_piece(array[i])->memory;
		EXPECT((void *)image == seen_by_firmware[i]);
		EXPECT(fake_piece(array[i])->mapped);
	}
	return EFI_SUCCESS;
}

static void test_capsules(void)
{
	const size_t large = 3 * EFI_GATE_ARGS_MAX + 5;
	efi_capsule_header_t *list[] = {
		capsule(EFI_CAPSULE_PERSIST_ACROSS_RESET, large, large),
		NULL,
		capsule(0, 100, 100),
		capsule(0, 3, 28),
		capsule(0, large, large),
		capsule(EFI_CAPSULE_PERSIST_ACROSS_RESET, 0, 28),
	};
	const size_t sizes[] = { large, 0, 100, 28, large, 28 };
	efi_capsule_header_t **capsules = exact(list, sizeof(list));
	u64 *array;
	int i;

	seen_by_firmware = capsules;
	fake_firmware = reads_capsules;
	EXPECT(efi.update_capsule(capsules, 6, 0x123000) == EFI_SUCCESS);
	EXPECT(fake_service == EFI_GATE_UPDATE_CAPSULE);
	EXPECT(fake_args[1] == 6 && fake_args[2] == 0x123000);
	array = fake_at(fake_args[0], 48);
	EXPECT(!array[1]);
	for (i = 0; i < 6; i++) {
		if (!list[i])
			continue;
		EXPECT(fake_piece(array[i])->size == sizes[i]);
		EXPECT(!memcmp(fake_at(array[i], sizes[i]), list[i],
			       sizes[i]));
	}

	script(EFI_SUCCESS);
	EXPECT(efi.update_capsule(NULL, 2, 0) == EFI_SUCCESS);
	EXPECT(!fake_args[0] && fake_args[1] == 2);
	EXPECT(efi.update_capsule(capsules, 0, 0) == EFI_SUCCESS);
	EXPECT(fake_args[0] && !fake_args[1]);

	/* Arrays that are too large; the last ones overflow */
	i = fake_calls;
	EXPECT(efi.update_capsule(capsules, EFI_GATE_ARGS_MAX / 8 + 1, 0) ==
	       EFI_OUT_OF_RESOURCES);
	EXPECT(efi.update_capsule(capsules, 1UL << 61, 0) ==
	       EFI_OUT_OF_RESOURCES);
	EXPECT(efi.update_capsule(capsules, (1UL << 61) + 1, 0) ==
	       EFI_OUT_OF_RESOURCES);
	EXPECT(efi.query_capsule_caps(capsules, ~0UL, NULL, NULL) ==
	       EFI_OUT_OF_RESOURCES);
	EXPECT((int)fake_calls == i);
}

static void test_capsule_caps(void)
{
	static const int good[] = { 0, 1, 2, 3 }, bad[] = { 4, -1, 1 << 31 };
	efi_capsule_header_t *header = capsule(0, 1 << 20, 28);
	u64 *max = exact(NULL, 8), fw_max = 0x1234567890ULL;
	int *type = exact(NULL, 4), i;
	u64 *array;

	for (i = 0; i < 4; i++) {
		script(EFI_SUCCESS);
		script_write(2, &fw_max, 8);
		script_write(3, &good[i], 4);
		EXPECT(!efi.query_capsule_caps(&header, 1, max, type));
		EXPECT(*max == fw_max && *type == good[i]);
		array = fake_at(fake_args[0], 8);
		EXPECT(fake_piece(*array)->size == 28);
		EXPECT(!fake_piece(*array)->mapped);
	}
	for (i = 0; i < 3; i++) {
		*max = *type = 42;
		script(EFI_SUCCESS);
		script_write(2, &fw_max, 8);
		script_write(3, &bad[i], 4);
		EXPECT(efi.query_capsule_caps(&header, 1, max, type) ==
		       EFI_DEVICE_ERROR);
		EXPECT(*max == 42 && *type == 42);
		EXPECT(shim_message_count == 1 &&
		       logged("QueryCapsuleCapabilities: reset type 0x4"));
	}
}

static void test_virtual_address_map(void)
{
	efi_memory_desc_t *map = exact(NULL, 200 * 48);

	script(EFI_SUCCESS);
	EXPECT(efi_marshal_set_virtual_address_map(200 * 48, 48, 1, map) ==
	       EFI_SUCCESS);
	EXPECT(fake_service == EFI_GATE_SET_VIRTUAL_ADDRESS_MAP);
	EXPECT(fake_args[0] == 200 * 48 && fake_args[1] == 48 &&
	       fake_args[2] == 1);
	EXPECT(!memcmp(fake_at(fake_args[3], 200 * 48), map, 200 * 48));
	EXPECT(efi_marshal_set_virtual_address_map(~0UL, 48, 1, map) ==
	       EFI_OUT_OF_RESOURCES);
	status_to_return = EFI_UNSUPPORTED;
	EXPECT(efi_marshal_set_virtual_address_map(48, 48, 1, map) ==
	       EFI_UNSUPPORTED);
}

static void test_prm_handler(void)
{
	struct {
		char signature[4];
		u16 revision, reserved;
		u8 identifier[16];
		u64 static_data;
		void *mmio;
	} *context, *seen;
	u8 mmio[8 + 3 * 20] = { 3 };
	u64 addr;

	memset(mmio + 8, 0x11, 60);
	context = exact(NULL, sizeof(*context));
	memcpy(context->signature, "PRMC", 4);
	context->mmio = exact(mmio, sizeof(mmio));
	script(0xc000000000001234);	/* its own business */
	EXPECT(efi_marshal_prm_handler(0xfffffffeee001000, 0xfffffffeee002000,
				       context) == 0xc000000000001234);
	EXPECT(fake_address == 0xfffffffeee001000);
	EXPECT(fake_args[0] == 0xfffffffeee002000);
	seen = fake_at(fake_args[1], sizeof(*seen));
	EXPECT(!memcmp(seen, context, 32));
	addr = (u64)seen->mmio;
	EXPECT(fake_piece(addr)->size == sizeof(mmio));
	EXPECT(!memcmp(fake_at(addr, sizeof(mmio)), mmio, sizeof(mmio)));
	EXPECT(!shim_message_count);

	*(u64 *)context->mmio = 0xccccccccccccccdULL;	/* times 20: overflow */
	EXPECT(efi_marshal_prm_handler(1, 2, context) == EFI_OUT_OF_RESOURCES);
	*(u64 *)context->mmio = EFI_GATE_ARGS_MAX / 20 + 1;
	EXPECT(efi_marshal_prm_handler(1, 2, context) == EFI_OUT_OF_RESOURCES);
	EXPECT(fake_calls == 1);

	context->mmio = NULL;
	EXPECT(efi_marshal_prm_handler(1, 2, context) == status_to_return);
	seen = fake_at(fake_args[1], sizeof(*seen));
	EXPECT(!seen->mmio);
	EXPECT(efi_marshal_prm_handler(1, 2, NULL) == status_to_return);
	EXPECT(!fake_args[1]);
}

static efi_status_t prm_faults(void)
{
	efi_gate_prm_off = true;
	return EFI_ABORTED;
}

static void test_prm_handler_that_faults(void)
{
	efi_time_t tm = { .year = 1 };

	fake_firmware = prm_faults;
	EXPECT(efi_marshal_prm_handler(1, 2, NULL) == EFI_ABORTED);
	script(EFI_SUCCESS);
	EXPECT(efi_marshal_prm_handler(1, 2, NULL) == EFI_DEVICE_ERROR);
	EXPECT(efi_marshal_prm_handler(3, 4, NULL) == EFI_DEVICE_ERROR);
	EXPECT(fake_calls == 1 && !shim_held);
	EXPECT(efi.set_time(&tm) == EFI_SUCCESS && fake_calls == 2);
}

/* Every service that returns a status, once */
#define BLOCKING	14
#define SERVICES	16

static efi_status_t service(int which)
{
	static efi_capsule_header_t header = { .flags = 1 << 16 };
	static efi_capsule_header_t *capsules[] = { &header };
	static struct {
		u8 head[32];
		void *mmio;
	} context;
	static u64 mmio = 0, x, y, z;
	static unsigned long size;
	static efi_char16_t s[8];
	static efi_bool_t a, b;
	static efi_time_cap_t tc;
	static efi_time_t tm;
	static u8 data[32];
	static int type;
	static u32 attr;
	static efi_memory_desc_t map;

	context.mmio = &mmio;
	size = sizeof(s);
	switch (which) {
	case 0: return efi.get_time(&tm, &tc);
	case 1: return efi.set_time(&tm);
	case 2: return efi.get_wakeup_time(&a, &b, &tm);
	case 3: return efi.set_wakeup_time(1, &tm);
	case 4:
		size = sizeof(data);
		return efi.get_variable(longer, &guid, &attr, &size, data);
	case 5: return efi.get_next_variable(&size, s, &guid);
	case 6: return efi.set_variable(longer, &guid, 7, 32, data);
	case 7: return efi.query_variable_info(7, &x, &y, &z);
	case 8: return efi.get_next_high_mono_count(&attr);
	case 9: return efi.update_capsule(capsules, 1, 0);
	case 10: return efi.query_capsule_caps(capsules, 1, &x, &type);
	case 11: return efi_marshal_prm_handler(1, 2, &context);
	case 12:
		return efi_marshal_set_virtual_address_map(sizeof(map),
							   sizeof(map), 1,
							   &map);
	case 13: return efi.set_wakeup_time(0, &tm);
	case 14:
		return efi.set_variable_nonblocking(longer, &guid, 7, 32, data);
	default: return efi.query_variable_info_nonblocking(7, &x, &y, &z);
	}
}

static void test_locking(void)
{
	int i;

	script(EFI_SUCCESS);
	shim_signal = true;
	for (i = 0; i < BLOCKING; i++)
		EXPECT(service(i) == EFI_ABORTED && !fake_calls);
	shim_signal = false;
	shim_busy = true;
	for (i = BLOCKING; i < SERVICES; i++)
		EXPECT(service(i) == EFI_NOT_READY && !fake_calls);
	shim_busy = false;
	EXPECT(!fake_piece_count && !shim_message_count && !shim_held);
	/* A signal is nothing to those that do not wait */
	shim_signal = true;
	for (i = BLOCKING; i < SERVICES; i++)
		EXPECT(service(i) == EFI_SUCCESS && !shim_held);
	shim_signal = false;
	for (i = 0; i < BLOCKING; i++)
		EXPECT(service(i) == EFI_SUCCESS && !shim_held);
}

static void test_services_off(void)
{
	int i;

	efi.flags = 0;
	script(EFI_SUCCESS);
	for (i = 0; i < SERVICES; i++)
		EXPECT(service(i) == EFI_DEVICE_ERROR && !shim_held);
	efi.reset_system(0, 0, 0, NULL);
	EXPECT(!shim_held && !fake_calls && !fake_allocs);
	EXPECT(logged("efi: EFI Runtime Services are disabled!"));
}

static efi_status_t faults(void)
{
	unsigned int i;

	for (i = 0; i < fake_piece_count; i++)
		if (!fake_pieces[i].mapped)
			memset(fake_pieces[i].memory, 0xff,
			       fake_pieces[i].size);
	for (i = 0; i < EFI_GATE_MAX_ARGS; i++)
		memset(fake_slots[i].memory, 0xff, fake_slots[i].size);
	efi.flags = 0;
	return EFI_ABORTED;
}

static void test_firmware_that_faults(void)
{
	int i;

	fake_firmware = faults;
	for (i = 0; i < SERVICES; i++) {
		unsigned int before = fake_calls;

		efi.flags = BIT(EFI_RUNTIME_SERVICES);
		EXPECT(service(i) == EFI_ABORTED && fake_calls == before + 1);
		EXPECT(!shim_held);
		EXPECT(service(i) == EFI_DEVICE_ERROR);
		EXPECT(fake_calls == before + 1);
	}
}

static void test_out_of_memory(void)
{
	unsigned long size;
	unsigned int n;
	int i, failed = 0;
	u8 *data;

	script(EFI_SUCCESS);
	for (i = 0; i < SERVICES; i++) {
		fake_fail = 0;
		EXPECT(service(i) == EFI_SUCCESS);
		if (fake_allocs)
			EXPECT(fake_gfp == (i < BLOCKING ? GFP_KERNEL :
					    GFP_ATOMIC));
		n = fake_allocs;
		fake_calls = 0;
		for (fake_fail = 1; fake_fail <= n; fake_fail++, failed++) {
			EXPECT(service(i) == EFI_OUT_OF_RESOURCES);
			EXPECT(!fake_calls && !shim_held);
		}
	}
	EXPECT(failed > 10 && !shim_message_count);

	fake_fail = 0;
	size = EFI_GATE_ARGS_MAX + 1;
	data = exact(NULL, size);
	EXPECT(efi.get_variable(name, &guid, NULL, &size, data) ==
	       EFI_OUT_OF_RESOURCES);
	EXPECT(size == EFI_GATE_ARGS_MAX + 1);
	EXPECT(efi.set_variable(name, &guid, 7, size, data) ==
	       EFI_OUT_OF_RESOURCES);
	EXPECT(efi.set_variable(name, &guid, 7, ~0UL, data) ==
	       EFI_OUT_OF_RESOURCES);
	EXPECT(!fake_calls);
}

static const struct unit_test tests[] = {
	TEST(setup),
	TEST(time),
	TEST(wakeup_time),
	TEST(variables),
	TEST(variable_names_in_turn),
	TEST(null_arguments),
	TEST(variable_sizes_that_lie),
	TEST(variable_attributes),
	TEST(values_that_change),
	TEST(names_and_sizes_that_disagree),
	TEST(names_that_lie),
	TEST(previous_name),
	TEST(statuses),
	TEST(variable_info),
	TEST(mono_count),
	TEST(reset),
	TEST(capsules),
	TEST(capsule_caps),
	TEST(virtual_address_map),
	TEST(prm_handler),
	TEST(prm_handler_that_faults),
	TEST(locking),
	TEST(services_off),
	TEST(firmware_that_faults),
	TEST(out_of_memory),
};

static void nothing_locked(void)
{
	EXPECT(!shim_held);
}

int main(void)
{
	return run_tests(tests, sizeof(tests) / sizeof(*tests),
			 efi_marshal_runtime_setup, nothing_locked);
}
