// SPDX-License-Identifier: GPL-2.0
/*
 * Read the clock of /dev/rtc0 and check that it moves forward and makes sense.
 */
#include <fcntl.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static long long seconds(const struct rtc_time *t)
{
	/* Good enough to compare two times of the same day or year. */
	return ((((t->tm_year * 12LL + t->tm_mon) * 31 + t->tm_mday) * 24 +
		 t->tm_hour) * 60 + t->tm_min) * 60 + t->tm_sec;
}

int main(void)
{
	struct rtc_time first, second;
	int fd = open("/dev/rtc0", O_RDONLY);

	if (fd < 0 || ioctl(fd, RTC_RD_TIME, &first)) {
		perror("/dev/rtc0");
		return 1;
	}
	usleep(1200 * 1000);
	if (ioctl(fd, RTC_RD_TIME, &second)) {
		perror("/dev/rtc0, second time");
		return 1;
	}
	printf("rtc: %04d-%02d-%02d %02d:%02d:%02d, then %02d:%02d:%02d\n",
	       first.tm_year + 1900, first.tm_mon + 1, first.tm_mday,
	       first.tm_hour, first.tm_min, first.tm_sec,
	       second.tm_hour, second.tm_min, second.tm_sec);
	return !(first.tm_year >= 98 && seconds(&second) > seconds(&first));
}
