/*
 * What the gateway said of each report is passed on in its words; a receipt is
 * passed on to whose key it was made with, and to nobody else.
 */
#include "receive/upload.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

enum { STATUS_OK = 200, STATUS_REFUSED = 422, STATUS_LATER = 503 };

struct passing {
	struct upload *upload;
	const struct handover_answer *answer;
	bool full; /* it had no room */
};

static const char *
or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static bool
is_done(const char *verdict)
{
	return strcmp(verdict, "genuine") == 0 ||
		strcmp(verdict, "duplicate") == 0;
}

static bool
add_line(struct buffer *text, json_t *line)
{
	char *written = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	bool there = written != NULL &&
		buffer_format(text, "%s\n", written) == BUFFER_OK;

	free(written);
	json_decref(line);
	return there;
}

static void
pass_on(const struct handover_report *r, void *arg)
{
	struct passing *p = arg;
	struct upload *u = p->upload;
	const bool done = is_done(r->verdict), kept = p->answer->kept && !done;

	u->reports++;
	u->done += done;
	u->kept += kept;
	u->lost += !done && !kept;
	p->full |= !add_line(&u->text,
		json_pack("{s:I,s:s,s:s,s:s,s:I,s:b}", "report",
			(json_int_t)u->reports, "verdict", r->verdict, "reason",
			or_dash(r->reason), "serial", r->serial, "sequence",
			(json_int_t)r->sequence, "kept", kept));
}

static bool
add_last(struct upload *u, const struct handover_answer *a, const char *whom)
{
	const char *receipt =
		a->receipt[0] != '\0' && strcmp(a->principal, whom) == 0
		? a->receipt
		: NULL;

	return add_line(&u->text,
		json_pack("{s:{s:s,s:s,s:b},s:s?}", "message", "verdict",
			a->verdict, "reason", or_dash(a->reason), "kept",
			a->kept && !is_done(a->verdict), "receipt", receipt));
}

int
upload_hand_over(struct client *daemon, struct handover_message *m,
	struct upload *u, struct error *e)
{
	static const int statuses[] = {
		[HANDOVER_TAKEN] = STATUS_OK,
		[HANDOVER_REFUSED] = STATUS_REFUSED,
		[HANDOVER_LATER] = STATUS_LATER,
	};
	struct handover_answer answer;
	struct passing passing = { u, &answer, false };

	memset(u, 0, sizeof(*u));
	m->each = pass_on;
	m->arg = &passing;
	if (handover_submit(daemon, m, &answer, e) == -1)
		return -1;
	u->status = statuses[answer.disposal];
	return !passing.full && add_last(u, &answer, m->principal)
		? 0
		: error_memory(e);
}
