/*
 * csrc-device show: what is asked, for the program that is to do it. The same
 * checks as for an answer, so that nothing is done for a request that would
 * not be answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "device/commands.h"
#include "device/received.h"
#include "device/state.h"

static int
check_open(const struct arguments *a, const struct received *r, struct error *e)
{
	struct state *state;
	int rc = 0;

	if (a->state == NULL)
		return 0;
	if (state_open(a->state, a->now, &state, e))
		return -1;
	if (state_has(state, r->request.claims.email_id))
		rc = error_set(e, ERROR_DENIED, "already answered");
	state_close(&state);
	return rc;
}

static json_t *
params(const struct request_text *r)
{
	json_t *object = json_object();

	for (size_t i = 0; i < r->param_count; i++)
		json_object_set_new(object, r->params[i].name,
			json_string(r->params[i].value));
	return object;
}

/* NULL: no memory. */
static json_t *
describe(const struct request_text *r)
{
	char date[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];

	text_time(r->date, date);
	text_time(r->expires, expires);
	/* "s?": null for a mail that is no request in our form */
	return json_pack("{s:s?, s:o, s:s, s:s, s:s, s:s, s:s}", "command",
		r->command[0] == '\0' ? NULL : r->command, "params", params(r),
		"center", r->claims.center, "serial", r->claims.serial,
		"email_id", r->claims.email_id, "date", date, "expires",
		expires);
}

static int
print(const struct arguments *a, const struct received *r, struct error *e)
{
	json_t *object;
	char *line = NULL;

	if (a->entity) {
		fwrite(r->opened.data, 1, r->opened.length, stdout);
	} else {
		object = describe(&r->request);
		line = json_dumps(object, JSON_COMPACT);
		json_decref(object);
		if (line == NULL)
			return error_memory(e);
		puts(line);
		free(line);
	}
	if (fflush(stdout) == EOF || ferror(stdout))
		return error_errno(e, "standard output");
	return 0;
}

int
command_show(const struct arguments *a, const struct device_key *key,
	struct error *e)
{
	struct received *r = calloc(1, sizeof(*r));
	int rc = -1;

	if (r == NULL)
		return error_memory(e);
	if (received_read(a, key, r, e) == 0 &&
		received_fresh(r, a->now, e) == 0 && check_open(a, r, e) == 0)
		rc = print(a, r, e);
	received_clear(r);
	free(r);
	return rc;
}
