/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the UEFI specification (2.10) that the test firmware uses. Members
 * that it does not use are there as void pointers, to keep the others in place.
 */
#ifndef LAB_EFI_H
#define LAB_EFI_H

typedef unsigned char		u8;
typedef unsigned short		u16;
typedef unsigned int		u32;
typedef unsigned long long	u64;
typedef u16			char16;
typedef u64			efi_status;
typedef void			*efi_handle;

/* The compiler's target is Windows, whose calling convention is UEFI's. */
#define NULL			((void *)0)

#define EFI_SUCCESS		0ULL
#define EFI_ERROR(n)		(0x8000000000000000ULL | (n))
#define EFI_INVALID_PARAMETER	EFI_ERROR(2)
#define EFI_BUFFER_TOO_SMALL	EFI_ERROR(5)
#define EFI_DEVICE_ERROR	EFI_ERROR(7)
#define EFI_NOT_FOUND		EFI_ERROR(14)

#define TPL_CALLBACK				8
#define EVT_SIGNAL_EXIT_BOOT_SERVICES		0x00000201
#define EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE	0x60000202

#define EFI_ALLOCATE_ADDRESS	2

#define EFI_RESERVED_MEMORY	0
#define EFI_BOOT_SERVICES_CODE	3
#define EFI_BOOT_SERVICES_DATA	4
#define EFI_RUNTIME_SERVICES_CODE 5
#define EFI_RUNTIME_SERVICES_DATA 6
#define EFI_CONVENTIONAL_MEMORY	7
#define EFI_MEMORY_MAPPED_IO	11

#define EFI_MEMORY_UC		0x0000000000000001ULL
#define EFI_MEMORY_WC		0x0000000000000002ULL
#define EFI_MEMORY_CACHED	0x000000000000000eULL	/* WC, WT, WB */

#define EFI_MEMORY_XP		0x0000000000004000ULL
#define EFI_MEMORY_RO		0x0000000000020000ULL
#define EFI_MEMORY_RUNTIME	0x8000000000000000ULL

struct efi_guid {
	u32	data1;
	u16	data2, data3;
	u8	data4[8];
};

#define GUID(a, b, c, d...)	{ a, b, c, { d } }

struct efi_table_header {
	u64	signature;
	u32	revision, header_size, crc32, reserved;
};

struct efi_memory_descriptor {
	u32	type, pad;
	u64	physical_start, virtual_start, pages, attribute;
};

struct efi_memory_attributes_table {
	u32	version, entries, descriptor_size, flags;
	/* descriptors follow */
};

struct efi_capsule_header {
	struct efi_guid guid;
	u32	header_size, flags, image_size;
};

/* The EFI system resource table, with one entry */
struct efi_esrt {
	u32	count, max;
	u64	version;
	struct efi_guid class;
	u32	type, firmware_version, lowest_supported, flags, last_version;
	u32	last_status;
};

struct efi_runtime_services {
	struct efi_table_header hdr;
	void	*get_time, *set_time, *get_wakeup_time, *set_wakeup_time;
	void	*set_virtual_address_map;
	efi_status (*convert_pointer)(u64 disposition, void **address);
	efi_status (*get_variable)(char16 *name, struct efi_guid *vendor,
				   u32 *attr, u64 *size, void *data);
	efi_status (*get_next_variable_name)(u64 *size, char16 *name,
					     struct efi_guid *vendor);
	efi_status (*set_variable)(char16 *name, struct efi_guid *vendor,
				   u32 attr, u64 size, void *data);
	efi_status (*get_next_high_monotonic_count)(u32 *count);
	void	*reset_system;
	efi_status (*update_capsule)(struct efi_capsule_header **headers,
				     u64 count, u64 list);
	efi_status (*query_capsule_capabilities)(
		struct efi_capsule_header **headers, u64 count, u64 *max_size,
		u32 *reset_type);
	/* more follow; hdr.header_size covers them */
};

struct efi_boot_services {
	struct efi_table_header hdr;
	void	*raise_tpl, *restore_tpl;
	efi_status (*allocate_pages)(u32 type, u32 memory_type, u64 pages,
				     u64 *address);
	efi_status (*free_pages)(u64 address, u64 pages);
	efi_status (*get_memory_map)(u64 *size, void *map, u64 *key,
				     u64 *desc_size, u32 *version);
	void	*allocate_pool, *free_pool;
	efi_status (*create_event)(u32 type, u64 tpl,
				   void (*notify)(void *event, void *context),
				   void *context, void **event);
	void	*set_timer, *wait_for_event, *signal_event, *close_event;
	void	*check_event;
	void	*install_protocol, *reinstall_protocol, *uninstall_protocol;
	efi_status (*handle_protocol)(efi_handle handle,
				      struct efi_guid *protocol,
				      void **interface);
	void	*reserved, *register_protocol_notify, *locate_handle;
	void	*locate_device_path;
	efi_status (*install_configuration_table)(struct efi_guid *guid,
						  void *table);
	void	*load_image, *start_image, *exit, *unload_image;
	void	*exit_boot_services, *get_next_monotonic_count, *stall;
	void	*set_watchdog_timer, *connect_controller;
	void	*disconnect_controller, *open_protocol, *close_protocol;
	void	*open_protocol_information, *protocols_per_handle;
	void	*locate_handle_buffer, *locate_protocol;
	void	*install_multiple_protocols, *uninstall_multiple_protocols;
	efi_status (*calculate_crc32)(void *data, u64 size, u32 *crc);
};

struct efi_configuration_table {
	struct efi_guid vendor;
	void	*table;
};

struct efi_system_table {
	struct efi_table_header hdr;
	char16	*firmware_vendor;
	u32	firmware_revision;
	efi_handle con_in_handle;
	void	*con_in;
	efi_handle con_out_handle;
	void	*con_out;
	efi_handle std_err_handle;
	void	*std_err;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
	u64	tables;
	struct efi_configuration_table *table;
};

struct efi_loaded_image {
	u32	revision;
	efi_handle parent;
	struct efi_system_table *system_table;
	efi_handle device;
	void	*file_path, *reserved;
	u32	load_options_size;
	void	*load_options;
	u8	*image_base;
	u64	image_size;
	u32	image_code_type, image_data_type;
	void	*unload;
};

#endif /* LAB_EFI_H */
