// SPDX-License-Identifier: GPL-2.0
/*
 * Drive the UEFI variable services through efivarfs.
 *
 *	efivars check		write, read, overwrite, list, delete
 *	efivars put NAME	write a variable that outlives the boot
 *	efivars get NAME	read it back, check it, fail when it is not there
 *	efivars del NAME	delete it
 *	efivars storm N PROCS	N reads and writes from PROCS processes at once
 *
 * Says on standard output what it did; the exit status is 0 when all went well.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIR_PATH	"/sys/firmware/efi/efivars"
#define VENDOR		"0f7bc8a4-2c62-4c5b-9d2f-6b618f2a1031"
#define ATTR		7	/* non-volatile, boot and runtime access */
#define MAX_DATA	1024

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), DIR_PATH "/%s-" VENDOR, name);
	return path;
}

static int failed(const char *what, const char *name)
{
	printf("efivars: %s %s: %s\n", what, name, strerror(errno));
	return -1;
}

/* Kernels since 4.5 protect variables they do not know from accidents. */
static void unprotect(const char *name)
{
	int fd = open(path_of(name), O_RDONLY);
	int flags;

	if (fd < 0)
		return;
	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags) && (flags & FS_IMMUTABLE_FL)) {
		flags &= ~FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
}

static uint8_t pattern(unsigned int seed, unsigned int i)
{
	return seed * 31 + i * 7 + (i >> 8);
}

static int put(const char *name, unsigned int seed, unsigned int len)
{
	uint8_t buf[4 + MAX_DATA] = { ATTR };
	unsigned int i;
	ssize_t n;
	int fd;

	for (i = 0; i < len; i++)
		buf[4 + i] = pattern(seed, i);
	unprotect(name);
	fd = open(path_of(name), O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		return failed("open for writing", name);
	n = write(fd, buf, 4 + len);
	if (n != (ssize_t)(4 + len)) {
		failed("write", name);
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int get(const char *name, unsigned int seed, unsigned int len)
{
	uint8_t buf[4 + MAX_DATA + 1];
	unsigned int i;
	ssize_t n;
	int fd;

	fd = open(path_of(name), O_RDONLY);
	if (fd < 0)
		return failed("open for reading", name);
	n = read(fd, buf, sizeof(buf));
	close(fd);
	if (n < 0)
		return failed("read", name);
	if (n != (ssize_t)(4 + len) || buf[0] != ATTR) {
		printf("efivars: %s: %zd bytes, attributes %#x: not what was written\n",
		       name, n, buf[0]);
		return -1;
	}
	for (i = 0; i < len; i++) {
		if (buf[4 + i] != pattern(seed, i)) {
			printf("efivars: %s: byte %u is %#x, not %#x\n", name,
			       i, buf[4 + i], pattern(seed, i));
			return -1;
		}
	}
	return 0;
}

static int del(const char *name)
{
	unprotect(name);
	if (unlink(path_of(name)))
		return failed("unlink", name);
	return 0;
}

static int listed(const char *name)
{
	size_t len = strlen(name);
	struct dirent *entry;
	int found = 0;
	DIR *dir;

	dir = opendir(DIR_PATH);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		found |= !strncmp(entry->d_name, name, len) &&
			 !strcmp(entry->d_name + len, "-" VENDOR);
	closedir(dir);
	return found;
}

static int check(void)
{
	if (put("LabCheck", 1, 32) || get("LabCheck", 1, 32))
		return -1;
	/* Across a page boundary of whatever buffer the kernel uses. */
	if (put("LabCheck", 2, MAX_DATA) || get("LabCheck", 2, MAX_DATA))
		return -1;
	if (!listed("LabCheck")) {
		printf("efivars: LabCheck is not in the list\n");
		return -1;
	}
	if (del("LabCheck"))
		return -1;
	if (!access(path_of("LabCheck"), F_OK)) {
		printf("efivars: LabCheck is there after it was deleted\n");
		return -1;
	}
	printf("efivars: written, read, overwritten, listed, deleted\n");
	return 0;
}

/* One in sixteen is a write: a write to the flash takes QEMU's time. */
static int storm_one(int id, int calls)
{
	/* Each write takes its place in the store for good, until a reboot. */
	int period = calls / 32 > 16 ? calls / 32 : 16;
	char name[32];
	int i;

	snprintf(name, sizeof(name), "LabStorm%d", id);
	for (i = 0; i < calls; i++) {
		if (i % period == 0 ? put(name, id + i / period, 100 + id)
				    : get(name, id + i / period, 100 + id))
			return -1;
	}
	return del(name);
}

static int storm(int calls, int procs)
{
	int bad = 0;
	int status;
	int i;

	fflush(stdout);
	for (i = 0; i < procs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return failed("fork", "storm");
		if (!pid) {
			status = storm_one(i, calls / procs);
			fflush(stdout);
			_exit(!!status);
		}
	}
	while (wait(&status) > 0)
		bad += !!status;
	printf("efivars: %d calls from %d processes, %d processes failed\n",
	       calls, procs, bad);
	return bad;
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";

	if (argc == 2 && !strcmp(cmd, "check"))
		return !!check();
	if (argc == 3 && !strcmp(cmd, "put"))
		return !!put(argv[2], 5, 64);
	if (argc == 3 && !strcmp(cmd, "get"))
		return !!get(argv[2], 5, 64);
	if (argc == 3 && !strcmp(cmd, "del"))
		return !!del(argv[2]);
	if (argc == 4 && !strcmp(cmd, "storm"))
		return !!storm(atoi(argv[2]), atoi(argv[3]));
	fprintf(stderr, "usage: efivars check | put NAME | get NAME | del NAME | storm N PROCS\n");
	return 2;
}
