#include "device/schedule.h"

#include <limits.h>

/* FIRST, doubled for each time after the first one, to most. */
static time_t
after(unsigned int times, time_t most)
{
	time_t wait = SCHEDULE_FIRST;

	for (unsigned int i = 1; i < times && wait < most; i++)
		wait *= 2;
	return wait < most ? wait : most;
}

bool
schedule_due(const struct schedule *s, time_t now)
{
	return s->next <= now || s->next - now > SCHEDULE_MOST;
}

static void
count(unsigned int *times)
{
	if (*times < UINT_MAX)
		++*times;
}

void
schedule_sent(struct schedule *s, time_t now)
{
	count(&s->sent);
	s->failed = 0;
	s->next = now + after(s->sent, SCHEDULE_MOST);
}

void
schedule_failed(struct schedule *s, time_t now)
{
	count(&s->failed);
	s->next = now + after(s->failed, SCHEDULE_MOST_FAILED);
}

void
schedule_sent_plain(struct schedule *s, bool anew, time_t now)
{
	if (anew)
		count(&s->sent);
	s->failed = 0;
	s->next = now + SCHEDULE_MOST;
}
