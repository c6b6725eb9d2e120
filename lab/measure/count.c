// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU: how many instructions the guest runs from one RDTSC to the
 * next, and how many of them are of the firmware. Only RDTSC in modules and in
 * static programs counts. A line for each, "ALL FIRMWARE", goes to the file that
 * the argument out= names.
 *
 * Debian has no package with qemu-plugin.h: what is used of it is below.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
	void (*cb)(plugin_id id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	void (*cb)(unsigned int cpu, void *data), int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
	int add, void *counter, uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t n);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#define FIRMWARE_START	(-68ULL << 30)	/* where Linux maps it */
#define FIRMWARE_END	(-4ULL << 30)
#define MODULES_START	0xffffffffa0000000ULL
#define PROGRAM_START	0x400000ULL
#define PROGRAM_END	0x800000ULL

int qemu_plugin_version = 1;

static uint64_t all, firmware;
static FILE *out;

static void rdtsc(unsigned int cpu, void *data)
{
	static uint64_t last_all, last_firmware;

	(void)cpu;
	(void)data;
	fprintf(out, "%" PRIu64 " %" PRIu64 "\n", all - last_all,
		firmware - last_firmware);
	last_all = all;
	last_firmware = firmware;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t i;

	(void)id;
	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint64_t addr = qemu_plugin_insn_vaddr(insn);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, 0, &all, 1);
		if (addr >= FIRMWARE_START && addr < FIRMWARE_END)
			qemu_plugin_register_vcpu_insn_exec_inline(insn, 0,
							&firmware, 1);
		if (qemu_plugin_insn_size(insn) == 2 &&
		    !memcmp(qemu_plugin_insn_data(insn), "\x0f\x31", 2) &&
		    (addr >= MODULES_START ||
		     (addr >= PROGRAM_START && addr < PROGRAM_END)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, rdtsc, 0,
							       NULL);
	}
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	setvbuf(out, NULL, _IOLBF, 0);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
