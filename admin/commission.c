/*
 * What the daemon knows of the request says it all: the answer is in the store
 * in the transaction that ends the request.
 */
#include "admin/commission.h"

#include <string.h>

#include <jansson.h>

#include "control/output.h"

/* What became of the request. */
struct outcome {
	char state[16]; /* "": it is not known just now */
	char serial[65];
	long long sequence;
};

bool
commission_wanted(const struct command *row)
{
	return row->noun != NULL && strcmp(row->noun, "commission") == 0;
}

static bool
read_outcome(const json_t *answer, void *arg)
{
	struct outcome *o = arg;

	wait_take(answer, "state", o->state, sizeof(o->state));
	wait_take(answer, "serial", o->serial, sizeof(o->serial));
	o->sequence = json_integer_value(json_object_get(answer, "sequence"));
	return o->state[0] != '\0' && strcmp(o->state, "open") != 0;
}

static enum exit_code
say(const struct wait *w, const char *email_id, const struct outcome *o)
{
	const bool answered = strcmp(o->state, "answered") == 0;
	struct error e;

	if (w->json)
		(void)output_json(stdout, &e, "{s:s,s:s?,s:s?,s:I,s:I,s:b}",
			"email_id", email_id, "serial",
			output_or_null(o->serial), "state",
			output_or_null(o->state), "sequence",
			(json_int_t)o->sequence, "waited",
			(json_int_t)w->waited, "ready", answered);
	else if (answered)
		printf("%s answered after %lld s, sequence %lld: ready\n",
			o->serial, (long long)w->waited, o->sequence);
	else if (strcmp(o->state, "open") == 0)
		printf("no answer within %lld s; the request stays open\n",
			(long long)w->waited);
	else
		printf("no answer: the request is %s\n",
			o->state[0] != '\0' ? o->state : "not known just now");
	return answered ? EXIT_DONE : EXIT_NO;
}

enum exit_code
commission_wait(struct wait *w, const char *email_id)
{
	struct command_context context = { .err = stderr, .json = w->json };
	struct outcome o = { .state = "" };
	struct error e;

	w->what = "the answer";
	w->gone = "the request is not known any more";
	w->words[0] = "request";
	w->words[1] = "show";
	w->words[2] = email_id;
	w->words[3] = "--json";
	w->look = read_outcome;
	w->arg = &o;
	if (wait_for(w, &e) != -1)
		return say(w, email_id, &o);
	if (w->stopped(NULL))
		return command_refused(&context, ERROR_TROUBLE,
			"stopped: request %s stays open", email_id);
	return command_failed(&context, &e);
}
