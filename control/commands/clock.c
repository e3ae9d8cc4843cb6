/*
 * clock, clock accept: whether the machine's clock is believed, and the
 * operator's word that it is right.
 */
#include <string.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/output.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/registry.h"

static void
say_text(FILE *out, const struct store_clock *k)
{
	char time[TEXT_TIME_SIZE], own[TEXT_TIME_SIZE];

	text_time((time_t)k->time, time);
	text_time((time_t)k->own, own);
	fprintf(out,
		"state %s\ntime %s\nown %s\nsynchronised %s\n"
		"seconds %lld\n",
		!k->believed      ? "not believed"
			: k->held ? "held"
				  : "believed",
		k->time != 0 ? time : "-", own, k->synchronised ? "yes" : "no",
		(long long)k->seconds);
	if (!k->believed)
		fprintf(out, "why %s\n", k->why);
}

static int
say_json(FILE *out, const struct store_clock *k, struct error *e)
{
	char time[TEXT_TIME_SIZE], own[TEXT_TIME_SIZE];

	text_time((time_t)k->time, time);
	text_time((time_t)k->own, own);
	return output_json(out, e, "{s:b,s:b,s:s?,s:s,s:b,s:I,s:s?}",
		"believed", k->believed, "held", k->held, "time",
		k->time != 0 ? time : NULL, "own", own, "synchronised",
		k->synchronised, "seconds", (json_int_t)k->seconds, "why",
		k->believed ? NULL : k->why);
}

static enum exit_code
say(struct command_context *c)
{
	struct store_clock k;
	struct error e;

	store_clock_look(c->store, &k);
	if (!c->json)
		say_text(c->out, &k);
	else if (say_json(c->out, &k, &e) == -1)
		return command_failed(c, &e);
	return k.believed ? EXIT_DONE : EXIT_NO;
}

enum exit_code
command_clock(struct command_context *c, const struct arguments *a)
{
	(void)a;
	return say(c);
}

struct ahead {
	struct command_context *c;
	int64_t now;
	struct error e;
};

static void
tell(const struct ahead *x, const char *what, const char *name, int64_t when)
{
	char time[TEXT_TIME_SIZE];

	text_time((time_t)when, time);
	if (x->c->json)
		output_json(x->c->out, NULL, "{s:s,s:s,s:s}", "ahead", what,
			"name", name, "time", time);
	else
		fprintf(x->c->out, "ahead: %s %s, %s\n", what, name, time);
}

static int
tell_request(const struct request *r, void *arg)
{
	struct ahead *x = arg;

	if (r->issued > x->now)
		tell(x, "request", r->id, r->issued);
	return 0;
}

static int
tell_device(const struct device *d, void *arg)
{
	struct ahead *x = arg;
	struct activity activity;

	if (d->created > x->now)
		tell(x, "device", d->serial, d->created);
	if (registry_activity_get(x->c->store, d->serial, &activity, &x->e) ==
		-1)
		return x->e.code == ERROR_NOT_FOUND ? 0 : -1;
	if (activity.reported > x->now)
		tell(x, "report of", d->serial, activity.reported);
	return 0;
}

/* What a clock that was ahead has left, so that somebody may look at it. */
enum exit_code
command_clock_accept(struct command_context *c, const struct arguments *a)
{
	struct ahead x = { .c = c };

	(void)a;
	if (store_clock_accept(c->store, &x.e) == -1)
		return command_failed(c, &x.e);
	x.now = store_time(c->store);
	if (ledger_requests(c->store, tell_request, &x, &x.e) == -1 ||
		registry_devices(c->store, tell_device, &x, &x.e) == -1)
		return command_failed(c, &x.e);
	return say(c);
}
