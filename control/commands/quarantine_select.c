/*
 * One reading of the filters, so that what quarantine list shows is what is
 * released or removed by the same words.
 */
#include "control/commands/quarantine_select.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "control/commands/moment.h"
#include "gate/verdict.h"

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
	return moment_read(a, "before", now, &s->before, e);
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
