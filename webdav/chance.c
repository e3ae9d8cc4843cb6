/*
 * See chance.h.
 */
#include "webdav/chance.h"

#include <sys/random.h>

#include "base/clock.h"

uint64_t
chance(void)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint64_t)clock_milliseconds() * 0x9e3779b97f4a7c15;
	return number;
}
