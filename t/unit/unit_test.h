/* SPDX-License-Identifier: GPL-2.0-only */
/* What the unit tests are made with: each runs in a process of its own. */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPECT(condition) do {						\
	if (!(condition)) {						\
		printf("# %s:%d: not true: %s\n", __FILE__, __LINE__,	\
		       #condition);					\
		fflush(stdout);						\
		abort();						\
	}								\
} while (0)

struct unit_test {
	const char *name;
	void (*run)(void);
};

#define TEST(name) { #name, test_##name }

/* Run them, each between begin() and end(). Returns what main() is to return. */
static inline int run_tests(const struct unit_test *tests, unsigned int total,
			    void (*begin)(void), void (*end)(void))
{
	unsigned int i, failed = 0;
	int status;
	pid_t pid;

	printf("KTAP version 1\n1..%u\n", total);
	for (i = 0; i < total; i++) {
		fflush(stdout);
		pid = fork();
		EXPECT(pid >= 0);
		if (!pid) {
			begin();
			tests[i].run();
			end();
			_exit(0);
		}
		EXPECT(waitpid(pid, &status, 0) == pid);
		failed += !!status;
		printf("%sok %u - %s\n", status ? "not " : "", i + 1,
		       tests[i].name);
	}
	return !!failed;
}

#endif /* UNIT_TEST_H */
