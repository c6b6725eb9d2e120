// SPDX-License-Identifier: GPL-2.0
/*
 * Have the test firmware use a port in all ways that there are, and one that takes
 * and gives registers, and compare. Of interest where the kernel has no I/O
 * permission bitmap: the gate carries out port I/O itself there.
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

static int command(u32 number, const char *what)
{
	struct {
		u32 attributes;
		struct misbehave_command command;
	} __attribute__((packed)) file = {
		.attributes = 7,
		.command = { .command = number, .sequence = 1 },
	};
	int fd = open(PATH, O_WRONLY | O_CREAT, 0600);

	if (fd < 0) {
		printf("ports: %s: %s\n", PATH, strerror(errno));
		return 1;
	}
	/* EIO is what the firmware says when something differs. */
	if (write(fd, &file, sizeof(file)) != sizeof(file)) {
		printf("ports: %s: %s\n", what, strerror(errno));
		close(fd);
		return 1;
	}
	close(fd);
	return 0;
}

int main(void)
{
	return command(CMD_PORTS, "port 0x92") |
	       command(CMD_VMPORT, "arguments in registers");
}
