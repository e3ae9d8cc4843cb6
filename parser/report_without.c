/*
 * The JSON is our own, written a moment ago: what does not fit is trouble.
 */
#include "parser/report_without.h"

#include <jansson.h>

#include "base/wipe.h"

static int
drop_alarms(json_t *object, bool (*leaves)(size_t alarm, const void *arg),
	const void *arg)
{
	json_t *alarms = json_object_get(object, "alarms");
	size_t i = json_array_size(alarms);

	while (i-- > 0)
		if (leaves(i, arg) && json_array_remove(alarms, i))
			return -1;
	if (alarms != NULL && json_array_size(alarms) == 0)
		return json_object_del(object, "alarms");
	return 0;
}

static int
drop_counters(json_t *object)
{
	(void)json_object_del(object, "labels");
	(void)json_object_del(object, "counters");
	return json_object_set_new(
		object, "kind", json_string(report_kind_name(REPORT_ALARM)));
}

int
report_without(const struct report *report, bool counters,
	bool (*leaves)(size_t alarm, const void *arg), const void *arg,
	struct buffer *json, struct error *e)
{
	json_t *object = json_loadb(report->json, report->json_length, 0, NULL);
	char *text = NULL;
	int rc = -1;

	if (object != NULL && drop_alarms(object, leaves, arg) == 0 &&
		(!counters || drop_counters(object) == 0))
		text = json_dumps(object, JSON_COMPACT);
	if (text != NULL && buffer_text(json, text) == BUFFER_OK)
		rc = 0;
	wipe_free(text);
	json_decref(object);
	return rc == 0 ? 0 : error_memory(e);
}
