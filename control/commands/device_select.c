/*
 * One reading of --center, --overdue and the like, so that what device list
 * shows is what request asks.
 */
#include "control/commands/device_select.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "store/agent.h"

int
device_selection_read(struct device_selection *s, const struct arguments *a,
	struct store *store, struct error *e)
{
	const char *center = options_value(a, "center");
	const char *overdue = options_value(a, "overdue");
	const char *channel = options_value(a, "channel");
	int64_t seconds = 0;

	memset(s, 0, sizeof(*s));
	if (center != NULL && !claims_center(center, strlen(center), s->center))
		return error_set(e, ERROR_BAD, "%s is no center ID", center);
	if (overdue != NULL && text_duration(overdue, &seconds) == -1)
		return error_set(e, ERROR_USAGE,
			"--overdue takes a time such as 36h or 2d, not %s",
			overdue);
	s->disabled = options_given(a, "disabled");
	s->never = options_given(a, "never");
	s->without_key = options_given(a, "without-key");
	s->model = options_value(a, "model");
	s->by_channel = channel != NULL;
	if (s->by_channel && !registry_channel(channel, &s->channel))
		return error_set(e, ERROR_BAD,
			"channel is mail, webdav, agent or line, not \"%s\"",
			channel);
	s->overdue = overdue != NULL;
	if (s->overdue)
		s->before = store_time(store) - seconds;
	return 0;
}

bool
device_selection_center(
	const struct device_selection *s, const struct device *d)
{
	return (s->center[0] == '\0' || strcmp(s->center, d->center) == 0) &&
		(!s->disabled || !d->enabled) &&
		(s->model == NULL || text_equal_nocase(s->model, d->model)) &&
		(!s->by_channel || s->channel == d->channel);
}

bool
device_selection_time(const struct device_selection *s, const struct device *d,
	const struct activity *y)
{
	int64_t last = y->reported != 0 ? y->reported : d->created;

	if (s->never && y->reported != 0)
		return false;
	return !s->overdue || (d->enabled && last < s->before);
}

static int
is_live(const struct key *k, void *arg)
{
	(void)arg;
	return k->live;
}

int
device_selection_key(const struct device_selection *s, struct store *store,
	const struct device *d, struct error *e)
{
	char principal[PRINCIPAL_SIZE], agent[AGENT_ID_SIZE];
	int rc;

	if (!s->without_key)
		return 1;
	/* Its agent's key is the one that counts. */
	rc = registry_agent_of(store, d->serial, agent, e);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	(void)principal_spell(PRINCIPAL_DEVICE, d->serial, principal);
	rc = registry_keys(store, principal, is_live, NULL, e);
	return rc == -1 ? -1 : rc == 0;
}
