#include "base/manager.h"

#include <limits.h>
#include <stdint.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void
manager_tell(const char *state)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "%s\nMONOTONIC_USEC=%lld", state,
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

int
manager_interval(void)
{
	uint64_t limit;

	if (sd_watchdog_enabled(0, &limit) <= 0)
		return -1;
	limit /= 2 * 1000; /* microseconds, and twice in that time */
	if (limit == 0)
		return 1;
	return limit < INT_MAX ? (int)limit : INT_MAX;
}

void
manager_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}
