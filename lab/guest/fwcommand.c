// SPDX-License-Identifier: GPL-2.0
/*
 * fwcommand ports: have the test firmware use a port in all ways that there are, and
 * one that takes and gives registers, and compare. Of interest where the kernel has
 * no I/O permission bitmap: the gate carries out port I/O itself there.
 *
 * fwcommand code: have it write to its text, execute its data, and run instructions
 * that write to the page that they are in. It may where nobody has said which of its
 * pages are text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef uint32_t u32;
typedef unsigned long long u64;

#include "../firmware/commands.h"

#define PATH "/sys/firmware/efi/efivars/Misbehave-" MISBEHAVE_VENDOR_TEXT

/* One for all commands: a file that is there already may not be opened to write. */
static int fd;

static int command(u32 number, const char *what)
{
	struct {
		u32 attributes;
		struct misbehave_command command;
	} __attribute__((packed)) file = {
		.attributes = 7,
		.command = { .command = number, .sequence = 1 },
	};

	/* EIO is what the firmware says when something differs. */
	if (pwrite(fd, &file, sizeof(file), 0) == sizeof(file))
		return 0;
	printf("fwcommand: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	int i, bad = 0;

	fd = open(PATH, O_WRONLY | O_CREAT, 0600);
	if (fd < 0) {
		printf("fwcommand: %s: %s\n", PATH, strerror(errno));
		return 1;
	}

	if (argc == 2 && !strcmp(argv[1], "ports"))
		return command(CMD_PORTS, "port 0x92") |
		       command(CMD_VMPORT, "arguments in registers");

	if (argc == 2 && !strcmp(argv[1], "code")) {
		for (i = 0; i < 3; i++)
			bad |= command(CMD_WRITE_OWN_TEXT, "writing to text") |
			       command(CMD_EXEC_OWN_DATA, "executing data") |
			       command(CMD_SELF_MODIFY, "writing to itself") |
			       command(CMD_ALIAS_MODIFY,
				       "writing to itself by physical address");
		return bad;
	}

	fprintf(stderr, "usage: fwcommand ports|code\n");
	return 1;
}
