/*
 * See clock.h.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* The beginning of 2026, by hand with each release: a build may be repeated
 * later, on a machine of an earlier date. */
#define RELEASED 1767225600

/* Read once, and never changed: a process does not outlive its boot. */
static char boot_id[BOOT_ID_SIZE];

static int64_t
seconds(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return now.tv_sec;
}

static void
read_boot_id(void)
{
	const char *path = "/proc/sys/kernel/random/boot_id";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, boot_id, BOOT_ID_SIZE - 1);

	boot_id[n > 0 ? n : 0] = '\0';
	if (fd != -1)
		close(fd);
}

void
clock_read(struct clock_reading *r)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct timex kernel = { .modes = 0 };
	int state = adjtimex(&kernel);

	pthread_once(&once, read_boot_id);
	memset(r, 0, sizeof(*r));
	r->real = seconds(CLOCK_REALTIME);
	r->boot = seconds(CLOCK_BOOTTIME);
	r->synchronised = state != -1 && state != TIME_ERROR &&
		(kernel.status & STA_UNSYNC) == 0;
	memcpy(r->boot_id, boot_id, sizeof(r->boot_id));
}

int64_t
clock_seconds(void)
{
	return seconds(CLOCK_MONOTONIC);
}

int64_t
clock_milliseconds(void)
{
	return clock_microseconds() / 1000;
}

int64_t
clock_microseconds(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_release(void)
{
	return RELEASED;
}
