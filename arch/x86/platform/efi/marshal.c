// SPDX-License-Identifier: GPL-2.0-only
/*
 * The EFI runtime services behind the gate (UEFI specification, chapter 8).
 *
 * Firmware at CPL 3 sees nothing of the kernel: what a call passes is copied to
 * the argument area, which both see, and what comes back is copied from there.
 *
 * What comes back is not to be trusted. Firmware can also change it while it is
 * being looked at, by DMA or from SMM, so a value that is checked is read once.
 * What fails a check is reported and makes the call fail with EFI_DEVICE_ERROR,
 * as if firmware had given that status.
 */

#define pr_fmt(fmt) "efi: " fmt

#if EFI_PGD_BASE < 601
#include <linux/atomic.h>
#endif
#include <linux/bitops.h>
#if EFI_PGD_BASE >= 601
#include <linux/build_bug.h>
#else
#include <linux/bug.h>
#endif
#include <linux/compiler.h>
#include <linux/efi.h>
#include <linux/init.h>
#include <linux/kernel.h>
#if EFI_PGD_BASE < 601
#include <linux/mc146818rtc.h>
#include <linux/preempt.h>
#endif
#include <linux/printk.h>
#if EFI_PGD_BASE >= 601
#include <linux/semaphore.h>
#else
#include <linux/smp.h>
#include <linux/spinlock.h>
#endif
#include <linux/string.h>
#include <linux/ucs2_string.h>

#include "gate.h"

/* EfiResetPlatformSpecific */
#define RESET_TYPE_MAX		3

/**
 * struct rts_call - a call of a runtime service
 * @service:	which
 * @gfp:	how memory may be allocated for it
 * @status:	EFI_SUCCESS as long as nothing went wrong, or what did; in the end
 *		what the caller gets
 * @args:	the arguments as firmware gets them, 0 where nothing was set
 */
struct rts_call {
	enum efi_gate_service	service;
	gfp_t			gfp;
	efi_status_t		status;
	u64			args[EFI_GATE_MAX_ARGS];
};

#if EFI_PGD_BASE >= 601
/* What a PRM handler is passed, see drivers/acpi/prmt.c */
struct prm_mmio_info {
	u64	count;
	u8	ranges[][20];
} __packed;

struct prm_context {
	u8	head[24];
	u64	static_data_buffer;
	u64	mmio_ranges;
} __packed;

/*
 * One lock for all services, as runtime-wrappers.c has it: the argument area is
 * one, and few of them may be called while another is busy.
 */
static struct semaphore rts_lock = __SEMAPHORE_INITIALIZER(rts_lock, 1);
#else
/*
 * One lock for all services, as runtime-wrappers.c has it: the argument area is
 * one, and few of them may be called while another is busy.
 *
 * Callers may hold spinlocks, so it spins, too. Interrupts are what they are for
 * the caller: firmware is interrupted for them, and for NMIs. What is called from
 * there must not wait for the call that it has interrupted, nor in a panic for a
 * CPU that may have been stopped. That is why the lock says which CPU has it, and
 * is taken in one step: an interrupt would find one without the other.
 */
#define RTS_UNLOCKED	(-1)

static int rts_lock = RTS_UNLOCKED;

static bool lock_services(bool may_wait)
{
	int cpu, holder;

	preempt_disable();
	cpu = smp_processor_id();
	for (;;) {
		holder = cmpxchg(&rts_lock, RTS_UNLOCKED, cpu);
		if (holder == RTS_UNLOCKED)
			return true;
		if (holder == cpu || !may_wait || in_nmi() || oops_in_progress)
			break;
		cpu_relax();
	}
	preempt_enable();
	return false;
}

static void unlock_services(void)
{
	/* What was done under the lock is done before: pairs with cmpxchg(). */
	smp_store_release(&rts_lock, RTS_UNLOCKED);
	preempt_enable();
}
#endif

/* Fail a call for what firmware gave back. Say so once for each service. */
static void firmware_bug(struct rts_call *call, const char *what, u64 value)
{
	static unsigned long said;

	if (!(said & BIT(call->service)))
		pr_err(FW_BUG "%s: %s %#llx refused\n",
		       efi_gate_service_name(call->service), what, value);
	said |= BIT(call->service);
	call->status = EFI_DEVICE_ERROR;
}

/*
 * A call goes through call_begin(), something for each of its arguments,
 * call_firmware() and call_end(). If call_begin() returns false, the call has
 * failed and ended. If there is no memory for an argument, call_firmware() does
 * nothing.
 */
static bool call_begin(struct rts_call *call, enum efi_gate_service service,
		       bool may_wait)
{
	call->service = service;
#if EFI_PGD_BASE >= 601
	call->gfp = may_wait ? GFP_KERNEL : GFP_ATOMIC;
#else
	call->gfp = GFP_ATOMIC;
#endif
	call->status = EFI_SUCCESS;
	memset64(call->args, 0, EFI_GATE_MAX_ARGS);

#if EFI_PGD_BASE >= 601
	if (may_wait ? down_interruptible(&rts_lock) : down_trylock(&rts_lock)) {
		call->status = may_wait ? EFI_ABORTED : EFI_NOT_READY;
		return false;
	}
#else
	if (!lock_services(may_wait)) {
		call->status = EFI_NOT_READY;
		return false;
	}
#endif
	/* Looked at under the lock, where a call that failed cleared it */
	if (!efi_enabled(EFI_RUNTIME_SERVICES)) {
#if EFI_PGD_BASE >= 601
		up(&rts_lock);
#else
		unlock_services();
#endif
		pr_warn_once("EFI Runtime Services are disabled!\n");
		call->status = EFI_DEVICE_ERROR;
		return false;
	}
	return true;
}

static efi_status_t call_end(struct rts_call *call)
{
	/* Here, and not at the next call: that may be one that cannot sleep */
#if EFI_PGD_BASE >= 601
	efi_gate_args_reset();
	if (call->gfp == GFP_KERNEL)
		efi_gate_settle();
	up(&rts_lock);
#else
	efi_gate_args_reset();
	unlock_services();
#endif
	return call->status;
}

#if EFI_PGD_BASE < 601
/* The services for the time may use the CMOS clock, which has a lock. */
static efi_status_t call_service(const struct rts_call *call)
{
	efi_status_t status;
	unsigned long flags;

	if (call->service > EFI_GATE_SET_WAKEUP_TIME)
		return efi_gate_call(call->service, call->args);

	spin_lock_irqsave(&rtc_lock, flags);
	status = efi_gate_call(call->service, call->args);
	spin_unlock_irqrestore(&rtc_lock, flags);
	return status;
}

#endif
/* Any status is passed on: it may be the vendor's own. Callers only compare it. */
static void call_firmware(struct rts_call *call)
{
	if (call->status == EFI_SUCCESS)
#if EFI_PGD_BASE >= 601
		call->status = efi_gate_call(call->service, call->args);
#else
		call->status = call_service(call);
#endif
}

/*
 * The place in the argument area for the argument @n, and in @addr where firmware
 * sees it. What an earlier call has left is still in it.
 */
static __always_inline void *arg_slot(unsigned int n, u64 *addr)
{
	*addr = EFI_GATE_ARGS + n * EFI_GATE_SLOT;
	return efi_gate_args + n * EFI_GATE_SLOT;
}

/*
 * An argument that points to something of fixed size, which has a place of its own
 * in the argument area: a copy of what is at @ptr. What is NULL here is NULL for
 * firmware, too.
 */
static __always_inline void *set_in(struct rts_call *call, unsigned int n,
				    const void *ptr, size_t size)
{
	BUILD_BUG_ON(size > EFI_GATE_SLOT);
	return ptr ? memcpy(arg_slot(n, &call->args[n]), ptr, size) : NULL;
}

/* The same, zeroed, for firmware to write to */
static __always_inline void *set_out(struct rts_call *call, unsigned int n,
				     const void *ptr, size_t size)
{
	BUILD_BUG_ON(size > EFI_GATE_SLOT);
	return ptr ? memset(arg_slot(n, &call->args[n]), 0, size) : NULL;
}

/* After success: what firmware has written there */
static __always_inline void get_out(void *ptr, const void *slot, size_t size)
{
	if (ptr)
		memcpy(ptr, slot, size);
}

/*
 * The same for what is of any size. Its place in the argument area is zeroed, and
 * gone after the call.
 */
static void *set_buffer(struct rts_call *call, unsigned int n, const void *ptr,
			size_t size)
{
	void *area = NULL;

	if (!ptr)
		return NULL;

	/* Never nothing: the address of an empty buffer is not 0 either */
	if (size <= EFI_GATE_ARGS_MAX)
		area = efi_gate_args_alloc(size ?: 1, &call->args[n],
					   call->gfp);
	if (!area)
		call->status = EFI_OUT_OF_RESOURCES;
	return area;
}

static void *set_data(struct rts_call *call, unsigned int n, const void *ptr,
		      size_t size)
{
	void *area = set_buffer(call, n, ptr, size);

	if (area)
		memcpy(area, ptr, size);
	return area;
}

/* Most names fit into the slot of the argument, and are copied as they are read. */
static void set_name(struct rts_call *call, unsigned int n,
		     const efi_char16_t *name)
{
	efi_char16_t *slot;
	unsigned int i;
	u64 addr;

	if (!name)
		return;

	slot = arg_slot(n, &addr);
	for (i = 0; i < EFI_GATE_SLOT / sizeof(*name); i++) {
		slot[i] = name[i];
		if (!name[i]) {
			call->args[n] = addr;
			return;
		}
	}
	set_data(call, n, name, (ucs2_strlen(name) + 1) * sizeof(*name));
}

/* Whether a call that returns something of variable size has said its size */
static bool has_size(const struct rts_call *call)
{
	return call->status == EFI_SUCCESS ||
	       call->status == EFI_BUFFER_TOO_SMALL;
}

/*
 * That size, which firmware left at @area, if it goes with @room for it in @buf.
 * Callers may allocate as much, after success without a buffer, too.
 */
static unsigned long take_size(struct rts_call *call, const unsigned long *area,
			       const void *buf, unsigned long room)
{
	unsigned long size;

	if (!area || !has_size(call))
		return 0;

	size = READ_ONCE(*area);
	if (call->status == EFI_SUCCESS ?
	    size > (buf ? room : EFI_GATE_ARGS_MAX) :
	    size <= room || size > EFI_GATE_ARGS_MAX)
		firmware_bug(call, "size", size);

	return size;
}

static efi_status_t marshal_get_time(efi_time_t *tm, efi_time_cap_t *tc)
{
	struct rts_call call __uninitialized;
	void *fw_tm, *fw_tc;

	if (!call_begin(&call, EFI_GATE_GET_TIME, true))
		return call.status;
	fw_tm = set_out(&call, 0, tm, sizeof(*tm));
	fw_tc = set_out(&call, 1, tc, sizeof(*tc));
	call_firmware(&call);
	if (call.status == EFI_SUCCESS) {
		get_out(tm, fw_tm, sizeof(*tm));
		get_out(tc, fw_tc, sizeof(*tc));
	}
	return call_end(&call);
}

static efi_status_t marshal_set_time(efi_time_t *tm)
{
	struct rts_call call __uninitialized;

	if (!call_begin(&call, EFI_GATE_SET_TIME, true))
		return call.status;
	set_in(&call, 0, tm, sizeof(*tm));
	call_firmware(&call);
	return call_end(&call);
}

static efi_status_t marshal_get_wakeup_time(efi_bool_t *enabled,
					    efi_bool_t *pending, efi_time_t *tm)
{
	struct rts_call call __uninitialized;
	void *fw_enabled, *fw_pending, *fw_tm;

	if (!call_begin(&call, EFI_GATE_GET_WAKEUP_TIME, true))
		return call.status;
	fw_enabled = set_out(&call, 0, enabled, sizeof(*enabled));
	fw_pending = set_out(&call, 1, pending, sizeof(*pending));
	fw_tm = set_out(&call, 2, tm, sizeof(*tm));
	call_firmware(&call);
	if (call.status == EFI_SUCCESS) {
		get_out(enabled, fw_enabled, sizeof(*enabled));
		get_out(pending, fw_pending, sizeof(*pending));
		get_out(tm, fw_tm, sizeof(*tm));
	}
	return call_end(&call);
}

static efi_status_t marshal_set_wakeup_time(efi_bool_t enabled, efi_time_t *tm)
{
	struct rts_call call __uninitialized;

	if (!call_begin(&call, EFI_GATE_SET_WAKEUP_TIME, true))
		return call.status;
	call.args[0] = enabled;
	set_in(&call, 1, tm, sizeof(*tm));
	call_firmware(&call);
	return call_end(&call);
}

static efi_status_t marshal_get_variable(efi_char16_t *name, efi_guid_t *vendor,
					 u32 *attr, unsigned long *data_size,
					 void *data)
{
	unsigned long room = data && data_size ? *data_size : 0;
	unsigned long *fw_size, size;
	struct rts_call call __uninitialized;
	u32 *fw_attr, got;
	void *fw_data;

	if (!call_begin(&call, EFI_GATE_GET_VARIABLE, true))
		return call.status;
	set_name(&call, 0, name);
	set_in(&call, 1, vendor, sizeof(*vendor));
	fw_attr = set_out(&call, 2, attr, sizeof(*attr));
	fw_size = set_in(&call, 3, data_size, sizeof(*data_size));
	fw_data = set_buffer(&call, 4, data, room);
	call_firmware(&call);

	size = take_size(&call, fw_size, data, room);
	if (!has_size(&call))
		return call_end(&call);

	if (call.status == EFI_SUCCESS && data)
		memcpy(data, fw_data, size);
	if (data_size)
		*data_size = size;
	if (attr) {
		/*
		 * Before UEFI 2.8 there are no attributes when the buffer is
		 * too small. Nothing that exists has none.
		 */
		got = READ_ONCE(*fw_attr);
		if (got || call.status == EFI_SUCCESS)
			*attr = got;
	}

	return call_end(&call);
}

/*
 * There is firmware whose sizes are too small or too large for the name that it
 * returns. What the caller gets is the size of the name that it gets.
 *
 * Callers may pass a name that does not end within @name_size, or what happens
 * to be on the stack. To refuse that is left to firmware; the name that it sees
 * ends where the buffer does.
 */
static efi_status_t marshal_get_next_variable(unsigned long *name_size,
					      efi_char16_t *name,
					      efi_guid_t *vendor)
{
	unsigned long room = name && name_size ? *name_size : 0;
	size_t len = 0, chars = room / sizeof(*name);
	unsigned long *fw_size, size;
	struct rts_call call __uninitialized;
	efi_char16_t *fw_name;
	efi_guid_t *fw_vendor;

	if (!call_begin(&call, EFI_GATE_GET_NEXT_VARIABLE, true))
		return call.status;
	fw_size = set_in(&call, 0, name_size, sizeof(*name_size));
	fw_name = set_buffer(&call, 1, name, sizeof(*name) +
			     min_t(unsigned long, room, EFI_GATE_ARGS_MAX));
	if (fw_name) {
		len = ucs2_strnlen(name, chars);
		memcpy(fw_name, name, len * sizeof(*name));
	}
	/* Callers do not set the GUID for the first name, nor is it looked at */
	fw_vendor = set_out(&call, 2, vendor, sizeof(*vendor));
	if (fw_vendor && len)
		*fw_vendor = *vendor;
	call_firmware(&call);

	if (call.status == EFI_SUCCESS && name) {
		len = ucs2_strnlen(fw_name, chars);
		size = (len + 1) * sizeof(*name);
		if (len < chars) {
			memcpy(name, fw_name, size);
			name[len] = 0;
		} else {
			firmware_bug(&call, "name that has no end in", room);
		}
	} else {
		size = take_size(&call, fw_size, name, room);
	}
	if (call.status == EFI_SUCCESS)
		get_out(vendor, fw_vendor, sizeof(*vendor));
	if (has_size(&call) && name_size)
		*name_size = size;

	return call_end(&call);
}

static efi_status_t set_variable(efi_char16_t *name, efi_guid_t *vendor,
				 u32 attr, unsigned long data_size, void *data,
				 bool may_wait)
{
	struct rts_call call __uninitialized;

	if (!call_begin(&call, EFI_GATE_SET_VARIABLE, may_wait))
		return call.status;
	set_name(&call, 0, name);
	set_in(&call, 1, vendor, sizeof(*vendor));
	call.args[2] = attr;
	call.args[3] = data_size;
	set_data(&call, 4, data, data_size);
	call_firmware(&call);
	return call_end(&call);
}

static efi_status_t marshal_set_variable(efi_char16_t *name, efi_guid_t *vendor,
					 u32 attr, unsigned long data_size,
					 void *data)
{
	return set_variable(name, vendor, attr, data_size, data, true);
}

static efi_status_t marshal_set_variable_nb(efi_char16_t *name,
					    efi_guid_t *vendor, u32 attr,
					    unsigned long data_size, void *data)
{
	return set_variable(name, vendor, attr, data_size, data, false);
}

#if EFI_PGD_BASE >= 601
static efi_status_t query_variable_info(u32 attr, u64 *storage, u64 *remaining,
					u64 *max_size, bool may_wait)
{
#else
static efi_status_t marshal_query_variable_info(u32 attr, u64 *storage,
						u64 *remaining, u64 *max_size)
{
#endif
	struct rts_call call __uninitialized;
	void *fw_storage, *fw_remaining, *fw_max;

	if (efi.runtime_version < EFI_2_00_SYSTEM_TABLE_REVISION)
		return EFI_UNSUPPORTED;

#if EFI_PGD_BASE >= 601
	if (!call_begin(&call, EFI_GATE_QUERY_VARIABLE_INFO, may_wait))
#else
	if (!call_begin(&call, EFI_GATE_QUERY_VARIABLE_INFO, true))
#endif
		return call.status;
	call.args[0] = attr;
	fw_storage = set_out(&call, 1, storage, sizeof(*storage));
	fw_remaining = set_out(&call, 2, remaining, sizeof(*remaining));
	fw_max = set_out(&call, 3, max_size, sizeof(*max_size));
	call_firmware(&call);
	if (call.status == EFI_SUCCESS) {
		get_out(storage, fw_storage, sizeof(*storage));
		get_out(remaining, fw_remaining, sizeof(*remaining));
		get_out(max_size, fw_max, sizeof(*max_size));
	}
	return call_end(&call);
}

#if EFI_PGD_BASE >= 601
static efi_status_t marshal_query_variable_info(u32 attr, u64 *storage,
						u64 *remaining, u64 *max_size)
{
	return query_variable_info(attr, storage, remaining, max_size, true);
}

static efi_status_t marshal_query_variable_info_nb(u32 attr, u64 *storage,
						   u64 *remaining,
						   u64 *max_size)
{
	return query_variable_info(attr, storage, remaining, max_size, false);
}

#endif
static efi_status_t marshal_get_next_high_mono_count(u32 *count)
{
	struct rts_call call __uninitialized;
	void *fw_count;

	if (!call_begin(&call, EFI_GATE_GET_NEXT_HIGH_MONO_COUNT, true))
		return call.status;
	fw_count = set_out(&call, 0, count, sizeof(*count));
	call_firmware(&call);
	if (call.status == EFI_SUCCESS)
		get_out(count, fw_count, sizeof(*count));
	return call_end(&call);
}

static void marshal_reset_system(int reset_type, efi_status_t status,
				 unsigned long data_size, efi_char16_t *data)
{
	struct rts_call call __uninitialized;

	if (!call_begin(&call, EFI_GATE_RESET_SYSTEM, false)) {
		if (call.status == EFI_NOT_READY)
			pr_warn("failed to invoke the reset_system() runtime service:\n"
				"could not get exclusive access to the firmware\n");
		return;
	}
	call.args[0] = reset_type;
	call.args[1] = status;
	call.args[2] = data_size;
	set_data(&call, 3, data, data_size);
	/* A reset without the data is better than none */
	if (call.status != EFI_SUCCESS) {
		call.args[2] = 0;
		call.args[3] = 0;
	}
	/* It has no status to check, whether it returns or not */
	efi_gate_call(call.service, call.args);
	call_end(&call);
}

/*
 * Firmware may look into a capsule during UpdateCapsule(), also into one that it
 * is to find in physical memory after a reset. Callers have all of it in one piece,
 * see efi_capsule_update(). It may be as large as firmware itself, or larger: it is
 * not copied. With QueryCapsuleCapabilities() there may be nothing but the header.
 */
static void set_capsule(struct rts_call *call, unsigned int n,
			const efi_capsule_header_t *capsule)
{
	if (call->service == EFI_GATE_QUERY_CAPSULE_CAPS)
		set_data(call, n, capsule, sizeof(*capsule));
	else if (capsule && efi_gate_args_map(capsule,
					      max_t(size_t, sizeof(*capsule),
						    capsule->imagesize),
					      &call->args[n], call->gfp))
		call->status = EFI_OUT_OF_RESOURCES;
}

/* The first two arguments of both services. The first serves for addresses. */
static void set_capsules(struct rts_call *call, efi_capsule_header_t **capsules,
			 unsigned long count)
{
	unsigned long i;
	u64 *array, addr;

	/* A count for which the product would overflow is too large as it is */
	array = set_buffer(call, 0, capsules, sizeof(*array) *
			   min_t(unsigned long, count, EFI_GATE_ARGS_MAX));
	addr = call->args[0];
	for (i = 0; array && i < count; i++) {
		call->args[0] = 0;
		set_capsule(call, 0, capsules[i]);
		array[i] = call->args[0];
	}
	call->args[0] = addr;
	call->args[1] = count;
}

static efi_status_t marshal_update_capsule(efi_capsule_header_t **capsules,
					   unsigned long count,
					   unsigned long sg_list)
{
	struct rts_call call __uninitialized;

	if (efi.runtime_version < EFI_2_00_SYSTEM_TABLE_REVISION)
		return EFI_UNSUPPORTED;

	if (!call_begin(&call, EFI_GATE_UPDATE_CAPSULE, true))
		return call.status;
	set_capsules(&call, capsules, count);
	call.args[2] = sg_list;	/* a physical address */
	call_firmware(&call);
	return call_end(&call);
}

static efi_status_t marshal_query_capsule_caps(efi_capsule_header_t **capsules,
					       unsigned long count,
					       u64 *max_size, int *reset_type)
{
	struct rts_call call __uninitialized;
	int *fw_type, type;
	void *fw_max;

	if (efi.runtime_version < EFI_2_00_SYSTEM_TABLE_REVISION)
		return EFI_UNSUPPORTED;

	if (!call_begin(&call, EFI_GATE_QUERY_CAPSULE_CAPS, true))
		return call.status;
	set_capsules(&call, capsules, count);
	fw_max = set_out(&call, 2, max_size, sizeof(*max_size));
	fw_type = set_out(&call, 3, reset_type, sizeof(*reset_type));
	call_firmware(&call);

	if (call.status == EFI_SUCCESS && reset_type) {
		type = READ_ONCE(*fw_type);
		if (type < 0 || type > RESET_TYPE_MAX)
			firmware_bug(&call, "reset type", (u32)type);
		else
			*reset_type = type;
	}
	if (call.status == EFI_SUCCESS)
		get_out(max_size, fw_max, sizeof(*max_size));

	return call_end(&call);
}

/**
 * efi_marshal_set_virtual_address_map() - call SetVirtualAddressMap()
 * @memory_map_size:	size of @virtual_map in bytes
 * @descriptor_size:	size of one descriptor in it, in bytes
 * @descriptor_version:	version of the descriptors
 * @virtual_map:	the runtime regions with their new virtual addresses
 *
 * See the UEFI specification, section 8.4. Firmware takes it once in its life.
 *
 * Context: Process context, at boot. May sleep.
 * Return: What firmware returned, or why it was not called.
 */
efi_status_t __init
efi_marshal_set_virtual_address_map(unsigned long memory_map_size,
				    unsigned long descriptor_size,
				    u32 descriptor_version,
				    efi_memory_desc_t *virtual_map)
{
	struct rts_call call __uninitialized;

	if (!call_begin(&call, EFI_GATE_SET_VIRTUAL_ADDRESS_MAP, true))
		return call.status;
	call.args[0] = memory_map_size;
	call.args[1] = descriptor_size;
	call.args[2] = descriptor_version;
	set_data(&call, 3, virtual_map, memory_map_size);
	call_firmware(&call);
	return call_end(&call);
}

#if EFI_PGD_BASE >= 601
/**
 * efi_marshal_prm_handler() - call a handler of ACPI's Platform Runtime Mechanism
 * @handler:		virtual address of the handler, as firmware sees it
 * @param_buffer_addr:	its parameter buffer, likewise
 * @context:		a struct prm_context_buffer of drivers/acpi/prmt.c
 *
 * The context and the MMIO ranges that it points to are memory of the kernel and
 * are copied; the other addresses in it are firmware's own. See the Platform
 * Runtime Mechanism specification, "PRM Handler Context Buffer".
 *
 * Context: Process context. May sleep.
 * Return: What the handler returned, or why it was not called. The status is not
 *	   checked: it is for the ACPI code of the same firmware.
 */
efi_status_t efi_marshal_prm_handler(u64 handler, u64 param_buffer_addr,
				     void *context)
{
	struct prm_context *prm = context, *fw_prm;
	struct rts_call call __uninitialized;
	const struct prm_mmio_info *mmio;
	u64 count = 0;

	if (!call_begin(&call, EFI_GATE_PRM_HANDLER, true))
		return call.status;
	fw_prm = set_in(&call, 1, prm, sizeof(*prm));
	if (fw_prm) {
		mmio = (void *)(unsigned long)prm->mmio_ranges;
		if (mmio)
			count = min_t(u64, mmio->count, EFI_GATE_ARGS_MAX);
		set_data(&call, 0, mmio, sizeof(*mmio) +
			 count * sizeof(mmio->ranges[0]));
		fw_prm->mmio_ranges = call.args[0];
	}
	call.args[0] = param_buffer_addr;
	if (efi_gate_prm_off)
		call.status = EFI_DEVICE_ERROR;
	else if (call.status == EFI_SUCCESS)
		call.status = efi_gate_call_addr(call.service, handler,
						 call.args);

	return call_end(&call);
}

#endif
/**
 * efi_marshal_runtime_setup() - let the kernel call runtime services by the gate
 *
 * Sets the functions of struct efi; they have the contexts and the errors of
 * those in drivers/firmware/efi/runtime-wrappers.c.
 *
 * Context: At boot, before anything calls a runtime service.
 */
void __init efi_marshal_runtime_setup(void)
{
	efi.get_time			    = marshal_get_time;
	efi.set_time			    = marshal_set_time;
	efi.get_wakeup_time		    = marshal_get_wakeup_time;
	efi.set_wakeup_time		    = marshal_set_wakeup_time;
	efi.get_variable		    = marshal_get_variable;
	efi.get_next_variable		    = marshal_get_next_variable;
	efi.set_variable		    = marshal_set_variable;
	efi.set_variable_nonblocking	    = marshal_set_variable_nb;
	efi.get_next_high_mono_count	    = marshal_get_next_high_mono_count;
	efi.reset_system		    = marshal_reset_system;
	efi.query_variable_info		    = marshal_query_variable_info;
#if EFI_PGD_BASE >= 601
	efi.query_variable_info_nonblocking = marshal_query_variable_info_nb;
#endif
	efi.update_capsule		    = marshal_update_capsule;
	efi.query_capsule_caps		    = marshal_query_capsule_caps;
}
