/*
 * One reading of the filters, so that what quarantine list shows is what is
 * released or removed by the same words.
 */
#include "control/commands/quarantine_select.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "gate/verdict.h"

/* "2026-11-22", "2026-11-22T12:00:00Z", or "30d": how long ago. */
static int
read_moment(const char *text, int64_t now, int64_t *when_r)
{
	char midnight[TEXT_TIME_SIZE];
	int64_t age;
	time_t when;

	if (text_duration(text, &age) == 0) {
		*when_r = now - age;
		return 0;
	}
	if (text_time_parse(text, &when) == -1 &&
		(!text_format(
			 midnight, sizeof(midnight), "%sT00:00:00Z", text) ||
			text_time_parse(midnight, &when) == -1))
		return -1;
	*when_r = when;
	return 0;
}

static bool
is_reason(const char *name)
{
	for (int i = 1; i < REASON_COUNT; i++) {
		if (strcmp(reason_name((enum reason)i), name) == 0)
			return true;
	}
	return false;
}

int
quarantine_selection_read(struct quarantine_selection *s,
	const struct arguments *a, int64_t now, struct error *e)
{
	const char *serial = options_value(a, "serial");
	const char *center = options_value(a, "center");
	const char *before = options_value(a, "before");
	char canonical[SERIAL_SIZE];

	memset(s, 0, sizeof(*s));
	s->reason = options_value(a, "reason");
	if (s->reason != NULL && !is_reason(s->reason))
		return error_set(e, ERROR_BAD, "%s is no reason", s->reason);
	if (center != NULL && !claims_center(center, strlen(center), s->center))
		return error_set(e, ERROR_BAD, "%s is no center ID", center);
	if (serial != NULL && !claims_serial(serial, strlen(serial), canonical))
		return error_set(e, ERROR_BAD, "%s is no serial", serial);
	if (serial != NULL)
		(void)principal_spell(PRINCIPAL_DEVICE, canonical, s->owner);
	if (before != NULL && read_moment(before, now, &s->before) == -1)
		return error_set(e, ERROR_USAGE,
			"--before takes a date, a time with its zone, or an "
			"age such as 30d, not %s",
			before);
	return 0;
}

/* Is it one of the words? */
static bool
has_word(const char *words, const char *wanted)
{
	const char *word;
	size_t length;

	while ((length = text_word(&words, &word)) > 0) {
		if (strlen(wanted) == length &&
			memcmp(word, wanted, length) == 0)
			return true;
	}
	return false;
}

bool
quarantine_selected(
	const struct quarantine_selection *s, const struct quarantined *q)
{
	return (s->reason == NULL || strcmp(s->reason, q->reason) == 0) &&
		(s->owner[0] == '\0' || strcmp(s->owner, q->owner) == 0) &&
		(s->center[0] == '\0' || has_word(q->centers, s->center)) &&
		(s->before == 0 || q->received < s->before);
}
