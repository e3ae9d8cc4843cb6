/*
 * What a moment of CLOCK_BOOTTIME was is one number, when this boot began; it
 * moves with each look at a synchronised clock, and stays if that is lost.
 */
#include "agent/dating.h"

#include <stddef.h>
#include <string.h>

void
dating_init(struct dating *d, clock_source *clock)
{
	memset(d, 0, sizeof(*d));
	d->clock = clock != NULL ? clock : clock_read;
	(void)dating_look(d);
}

int64_t
dating_look(struct dating *d)
{
	struct clock_reading now;

	d->clock(&now);
	memcpy(d->boot_id, now.boot_id, sizeof(d->boot_id));
	/* no right clock is before the program */
	if (now.synchronised && now.real >= clock_release()) {
		d->source = DATING_OWN;
		d->began = now.real - now.boot;
	}
	return now.boot;
}

void
dating_hear(struct dating *d, time_t center)
{
	struct clock_reading now;

	d->clock(&now);
	d->difference = now.real - (int64_t)center;
	d->compared = true;
	if (d->source == DATING_OWN && now.synchronised)
		return;
	d->source = DATING_CENTER;
	d->began = (int64_t)center - now.boot;
}

bool
dating_known(const struct dating *d)
{
	return d->source != DATING_NONE;
}

time_t
dating_of(const struct dating *d, int64_t boot)
{
	return (time_t)(d->began + boot);
}

const char *
dating_name(enum dating_source source)
{
	static const char *const names[] = { "none", "own", "center" };

	return names[source];
}
