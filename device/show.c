/*
 * csrc-device show: what is asked, for the program that is to do it. The same
 * checks as for an answer, so that nothing is done for a request that would
 * not be answered.
 */
#include <stdio.h>
#include <stdlib.h>

#include "device/asked.h"
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

static int
print(const struct arguments *a, const struct received *r, struct error *e)
{
	struct buffer line = { 0 };

	if (a->entity) {
		fwrite(r->opened.data, 1, r->opened.length, stdout);
	} else {
		if (asked_describe(&r->request, &line, e))
			return -1;
		fwrite(line.data, 1, line.length, stdout);
		buffer_clear(&line);
	}
	if (fflush(stdout) == EOF || ferror(stdout))
		return error_errno(e, "standard output");
	return 0;
}

int
command_show(
	const struct arguments *a, const struct keyring *ring, struct error *e)
{
	struct received *r = calloc(1, sizeof(*r));
	int rc = -1;

	if (r == NULL)
		return error_memory(e);
	if (received_read(a, &ring->keys[0], r, e) == 0 &&
		received_fresh(r, a->now, e) == 0 && check_open(a, r, e) == 0)
		rc = print(a, r, e);
	received_clear(r);
	free(r);
	return rc;
}
