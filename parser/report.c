/*
 * What all readers of reports share.
 */
#include "parser/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

enum { COUNTER_NAME_MAX = 64 };

static const char *const kinds[] = {
	[REPORT_COUNTERS] = "counters",
	[REPORT_ALARM] = "alarm",
	[REPORT_SETTINGS] = "settings",
	[REPORT_ANSWER] = "answer",
};

const char *
report_kind_name(enum report_kind kind)
{
	return kinds[kind];
}

bool
counter_name_valid(const char *name)
{
	bool after_sign = true;
	size_t length = strlen(name);

	if (length == 0 || length > COUNTER_NAME_MAX)
		return false;
	for (; *name != '\0'; name++) {
		bool sign = strchr("._-", *name) != NULL;

		if (sign && after_sign)
			return false;
		if (!sign && (*name < '0' || *name > '9') &&
			(*name < 'a' || *name > 'z'))
			return false;
		after_sign = sign;
	}
	return !after_sign;
}

void
report_free(struct report **report)
{
	struct report *old = *report;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->counter_count; i++)
		wipe_free(old->counters[i].name);
	for (size_t i = 0; i < old->alarm_count; i++) {
		wipe_free(old->alarms[i].code);
		wipe_free(old->alarms[i].text);
		wipe_free(old->alarms[i].since);
	}
	wipe_free(old->counters);
	wipe_free(old->alarms);
	wipe_free(old->json);
	wipe_free(old);
	*report = NULL;
}
