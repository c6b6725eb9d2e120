// SPDX-License-Identifier: GPL-2.0
/*
 * How many ticks of the TSC it takes to read a variable from efivarfs.
 *
 *	ticks FILE	"# bench read TICKS" and "# bench open-read-close TICKS"
 *	ticks now	"# bench now TSC"
 *	ticks pause	nothing but PAUSE, until killed
 *
 * Of a number of reads the quickest, which no interrupt was in.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#define READS	200

static unsigned long long ticks(void)
{
	_mm_lfence();
	return __rdtsc();
}

int main(int argc, char **argv)
{
	unsigned long long t, read_best = -1, all_best = -1;
	char buf[1024];
	int i, fd;

	if (argc != 2) {
		fprintf(stderr, "usage: ticks FILE|now|pause\n");
		return 2;
	}
	if (!strcmp(argv[1], "now")) {
		printf("# bench now %llu\n", ticks());
		return 0;
	}
	while (!strcmp(argv[1], "pause"))
		_mm_pause();
	fd = open(argv[1], O_RDONLY);
	for (i = 0; i < READS; i++) {
		t = ticks();
		if (pread(fd, buf, sizeof(buf), 0) <= 0) {
			perror(argv[1]);
			return 1;
		}
		t = ticks() - t;
		read_best = t < read_best ? t : read_best;
	}
	close(fd);
	for (i = 0; i < READS; i++) {
		t = ticks();
		fd = open(argv[1], O_RDONLY);
		if (read(fd, buf, sizeof(buf)) <= 0) {
			perror(argv[1]);
			return 1;
		}
		close(fd);
		t = ticks() - t;
		all_best = t < all_best ? t : all_best;
	}
	printf("# bench read %llu\n# bench open-read-close %llu\n", read_best,
	       all_best);
	return 0;
}
