// SPDX-License-Identifier: GPL-2.0
/*
 * Have the test firmware use a port in all ways that there are, and compare. Of
 * interest where the kernel has no I/O permission bitmap: the gate carries out
 * port I/O itself there.
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

int main(void)
{
	struct {
		u32 attributes;
		struct misbehave_command command;
	} __attribute__((packed)) file = {
		.attributes = 7,
		.command = { .command = CMD_PORTS, .sequence = 1 },
	};
	int fd = open(PATH, O_WRONLY | O_CREAT, 0600);

	if (fd < 0) {
		printf("ports: %s: %s\n", PATH, strerror(errno));
		return 1;
	}
	if (write(fd, &file, sizeof(file)) != sizeof(file)) {
		/* EIO is what the firmware says when something differs. */
		printf("ports: the command: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
