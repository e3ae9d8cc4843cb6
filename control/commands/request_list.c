/*
 * The requests that were sent: what is outstanding, what was answered, and how
 * long it took.
 */
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "store/ledger.h"

enum state { OPEN, ANSWERED, EXPIRED, CANCELLED, STATES };

/* In JSON, and as options. */
static const char *const state_names[STATES] = { "open", "answered", "expired",
	"cancelled" };

static enum state
state_of(const struct request *r, int64_t now)
{
	if (r->answered != 0)
		return ANSWERED;
	if (r->cancelled != 0)
		return CANCELLED;
	return now > r->expires ? EXPIRED : OPEN;
}

struct listing {
	struct command_context *c;
	struct error *e;
	int64_t now;
	bool wanted[STATES];
	char serial[SERIAL_SIZE]; /* "": any */
	struct columns columns;
};

static json_t *
time_json(int64_t when)
{
	char text[TEXT_TIME_SIZE];

	return when != 0 ? json_string(output_time(when, text)) : json_null();
}

static int
say_json(FILE *out, const struct request *r, enum state state, struct error *e)
{
	bool answered = r->answered != 0;

	return output_json(out, e,
		"{s:s,s:s,s:s,s:s?,s:s,s:o,s:o,s:o,s:o,s:I,s:o}", "email_id",
		r->id, "serial", r->serial, "center", r->center, "command",
		output_or_null(r->command), "state", state_names[state],
		"issued", time_json(r->issued), "expires",
		time_json(r->expires), "answered", time_json(r->answered),
		"cancelled", time_json(r->cancelled), "sequence",
		(json_int_t)r->sequence, "seconds",
		answered ? json_integer(r->answered - r->issued) : json_null());
}

static int
list_request(const struct request *r, void *arg)
{
	struct listing *l = arg;
	enum state state = state_of(r, l->now);
	char issued[TEXT_TIME_SIZE];

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (!l->wanted[state] ||
		(l->serial[0] != '\0' && strcmp(l->serial, r->serial) != 0))
		return 0;
	if (l->c->json)
		return say_json(l->c->out, r, state, l->e);
	columns_row(&l->columns,
		(const char *const[]){ r->id, r->serial, r->center, r->command,
			state_names[state], output_time(r->issued, issued) });
	return 0;
}

/* Without any, all states are wanted. */
static void
take_states(struct listing *l, const struct arguments *a)
{
	bool any = false;

	for (int i = 0; i < STATES; i++) {
		l->wanted[i] = options_given(a, state_names[i]);
		any = any || l->wanted[i];
	}
	for (int i = 0; i < STATES; i++)
		l->wanted[i] = l->wanted[i] || !any;
}

enum exit_code
command_request_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "EMAIL-ID", "SERIAL", "CENTER",
		"COMMAND", "STATE", "ISSUED" };
	const char *serial = options_value(a, "serial");
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };
	int rc;

	if (serial != NULL && !claims_serial(serial, strlen(serial), l.serial))
		return command_refused(c, ERROR_BAD, "%s is no serial", serial);
	take_states(&l, a);
	l.now = store_time(c->store);
	columns_begin(&l.columns, c->out, names, 6);
	rc = ledger_requests(c->store, list_request, &l, &e);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

static void
say_text(FILE *out, const struct request *r, enum state state)
{
	const struct {
		const char *name;
		int64_t when;
	} times[] = { { "issued", r->issued }, { "expires", r->expires },
		{ "answered", r->answered }, { "cancelled", r->cancelled } };
	char text[TEXT_TIME_SIZE];

	fprintf(out,
		"email_id %s\nserial %s\ncenter %s\ncommand %s\nstate %s\n",
		r->id, r->serial, r->center,
		r->command[0] != '\0' ? r->command : "-", state_names[state]);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		fprintf(out, "%s %s\n", times[i].name,
			output_time(times[i].when, text));
	fprintf(out, "sequence %llu\n", (unsigned long long)r->sequence);
	if (r->answered != 0)
		fprintf(out, "seconds %lld\n",
			(long long)(r->answered - r->issued));
	else
		fprintf(out, "seconds -\n");
}

enum exit_code
command_request_show(struct command_context *c, const struct arguments *a)
{
	struct request r;
	enum state state;
	struct error e;

	if (ledger_request(c->store, a->operands[0], &r, &e) == -1)
		return command_failed(c, &e);
	state = state_of(&r, store_time(c->store));
	if (!c->json)
		say_text(c->out, &r, state);
	else if (say_json(c->out, &r, state, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

enum exit_code
command_request_cancel(struct command_context *c, const struct arguments *a)
{
	int64_t now;
	struct error e;

	if (store_clock(c->store, &now, &e) == -1 ||
		ledger_cancel(c->store, a->operands[0], now, &e) == -1)
		return command_failed(c, &e);
	return command_done(c, "email_id", a->operands[0]);
}
