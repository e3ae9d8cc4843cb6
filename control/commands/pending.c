/*
 * The verbs by which a channel fetches what waits for its devices. It sees no
 * others; an operator sees all.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "store/agent.h"
#include "store/pending.h"

enum { LINES = 1000, LINES_MAX = 100000 };
/* "SERIAL:EMAIL-ID", where a list goes on. */
enum { CURSOR_SIZE = SERIAL_SIZE + EMAIL_ID_SIZE };

struct listing {
	struct command_context *c;
	enum device_channel channel;       /* of whom asks */
	const enum device_channel *wanted; /* NULL: any */
	char center[CENTER_ID_SIZE];       /* "": any */
	char serial[SERIAL_SIZE];          /* "": any */
	char agent[AGENT_ID_SIZE];         /* "": any, and none */
	bool nobody;                       /* nothing waits for its principal */
	struct pending after;
	uint64_t left;
	int64_t now;
	struct device device; /* of the last line */
	struct columns columns;
	struct error *e;
};

/* Which channel's devices may the asking one have? *wanted_r NULL: any's.
 * False: none's; no device is registered for what it is. */
static bool
asks_for(const struct command_context *c, enum device_channel *channel_r,
	const enum device_channel **wanted_r)
{
	*wanted_r = NULL;
	if (c->channel == NULL || c->channel[0] == '\0')
		return true;
	*wanted_r = channel_r;
	return registry_channel(c->channel, channel_r);
}

static int
read_cursor(const struct arguments *a, struct pending *after, struct error *e)
{
	const char *text = options_value(a, "after");
	const char *colon = text != NULL ? strrchr(text, ':') : NULL;

	if (text == NULL)
		return 0;
	if (colon == NULL ||
		!claims_serial(text, (size_t)(colon - text), after->serial) ||
		!claims_email_id(colon + 1, strlen(colon + 1), after->email_id))
		return error_set(e, ERROR_BAD,
			"--after: no cursor of an earlier answer");
	return 0;
}

static int
read_limit(const struct arguments *a, uint64_t *limit_r, struct error *e)
{
	const char *text = options_value(a, "limit");
	char *end;

	*limit_r = LINES;
	if (text == NULL)
		return 0;
	*limit_r = strtoull(text, &end, 10);
	if (strspn(text, "0123456789") != strlen(text) || *end != '\0' ||
		*limit_r == 0 || *limit_r > LINES_MAX)
		return error_set(e, ERROR_USAGE,
			"--limit takes a number from 1 to %d", LINES_MAX);
	return 0;
}

/* For whom: a device itself, or an agent for those assigned to it. */
static int
read_principal(const struct arguments *a, char principal_r[PRINCIPAL_SIZE],
	struct error *e)
{
	const char *text = options_value(a, "principal");

	principal_r[0] = '\0';
	if (text == NULL || principal_parse(text, strlen(text), principal_r))
		return 0;
	return error_set(
		e, ERROR_BAD, "--principal: device:SERIAL or agent:ID");
}

static int
read_whose(const struct arguments *a, struct listing *l, struct error *e)
{
	char principal[PRINCIPAL_SIZE];
	const char *serial, *agent;

	if (read_principal(a, principal, e) == -1)
		return -1;
	serial = principal_name(principal, PRINCIPAL_DEVICE);
	agent = principal_name(principal, PRINCIPAL_AGENT);
	l->nobody = principal[0] != '\0' && serial == NULL && agent == NULL;
	if (serial != NULL)
		(void)text_copy(l->serial, sizeof(l->serial), serial);
	if (agent != NULL)
		(void)text_copy(l->agent, sizeof(l->agent), agent);
	return 0;
}

static int
read_listing(const struct arguments *a, struct listing *l, struct error *e)
{
	const char *center = options_value(a, "center");

	if (center != NULL && !claims_center(center, strlen(center), l->center))
		return error_set(e, ERROR_BAD, "--center: no center ID");
	if (read_whose(a, l, e) == -1 || read_cursor(a, &l->after, e) == -1)
		return -1;
	return read_limit(a, &l->left, e);
}

static int
say_pending(struct listing *l, const struct pending *w)
{
	char issued[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];
	char cursor[CURSOR_SIZE];
	const char *channel = registry_channel_name(l->device.channel);

	(void)text_format(
		cursor, sizeof(cursor), "%s:%s", w->serial, w->email_id);
	output_time(w->issued, issued);
	output_time(w->expires, expires);
	if (l->wanted != NULL || l->c->json)
		return output_json(l->c->out, l->e,
			"{s:s,s:s,s:s,s:s,s:s,s:I,s:b,s:s,s:s}", "email_id",
			w->email_id, "serial", w->serial, "center", w->center,
			"issued", issued, "expires", expires, "octets",
			(json_int_t)w->octets, "sealed", w->sealed, "channel",
			channel, "cursor", cursor);
	columns_row(&l->columns,
		(const char *const[]){
			w->email_id, w->serial, w->center, channel, expires });
	return 0;
}

/* Of one device there are several, one behind the other. */
static int
list_pending(const struct pending *w, void *arg)
{
	struct listing *l = arg;

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (w->expires < l->now ||
		(l->center[0] != '\0' && strcmp(l->center, w->center) != 0))
		return 0;
	if (strcmp(l->device.serial, w->serial) != 0 &&
		registry_device_get(l->c->store, w->serial, &l->device, l->e) ==
			-1)
		return l->e->code == ERROR_NOT_FOUND ? 0 : -1;
	if (l->wanted != NULL && l->device.channel != *l->wanted)
		return 0;
	if (say_pending(l, w) == -1)
		return -1;
	return --l->left == 0 ? 1 : 0;
}

/* Of each device of an agent's, from where an earlier answer ended. */
static int
list_assigned(const char *serial, void *arg)
{
	struct listing *l = arg;
	const bool there = strcmp(serial, l->after.serial) == 0;

	if (strcmp(serial, l->after.serial) < 0)
		return 0;
	return pending_walk(l->c->store, serial, there ? &l->after : NULL,
		list_pending, l, l->e);
}

static int
list_all(struct listing *l)
{
	if (l->agent[0] != '\0')
		return registry_assigned(
			l->c->store, l->agent, "", list_assigned, l, l->e);
	return pending_walk(l->c->store, l->serial,
		l->after.serial[0] != '\0' ? &l->after : NULL, list_pending, l,
		l->e);
}

enum exit_code
command_pending(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "EMAIL-ID", "SERIAL", "CENTER",
		"CHANNEL", "EXPIRES" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e, .now = store_time(c->store) };
	int rc = 0;

	if (read_listing(a, &l, &e) == -1)
		return command_failed(c, &e);
	columns_begin(
		&l.columns, c->out, names, sizeof(names) / sizeof(names[0]));
	if (asks_for(c, &l.channel, &l.wanted) && !l.nobody)
		rc = list_all(&l);
	columns_end(&l.columns);
	return rc == -1 ? command_failed(c, &e) : EXIT_DONE;
}

/* What has expired is not purged at once. */
static int
fetch(struct command_context *c, const struct arguments *a,
	struct buffer *message, struct error *e)
{
	enum device_channel channel;
	const enum device_channel *wanted;
	char principal[PRINCIPAL_SIZE];
	struct pending w;

	if (!asks_for(c, &channel, &wanted))
		return error_set(e, ERROR_NOT_FOUND,
			"no request waits by that Email-ID");
	if (read_principal(a, principal, e) == -1 ||
		pending_fetch(c->store, a->operands[0], wanted, principal, &w,
			message, e) == -1)
		return -1;
	if (w.expires < store_time(c->store))
		return error_set(
			e, ERROR_NOT_FOUND, "that request has expired");
	return 0;
}

enum exit_code
command_fetch(struct command_context *c, const struct arguments *a)
{
	struct buffer message = { 0 };
	enum exit_code code = EXIT_DONE;
	struct error e;

	if (fetch(c, a, &message, &e) == 0)
		fwrite(message.data, 1, message.length, c->out);
	else
		code = command_failed(c, &e);
	buffer_clear(&message);
	return code;
}

enum exit_code
command_delivered(struct command_context *c, const struct arguments *a)
{
	enum device_channel channel;
	const enum device_channel *wanted;
	char principal[PRINCIPAL_SIZE];
	struct error e;

	if (!asks_for(c, &channel, &wanted))
		return EXIT_DONE;
	if (read_principal(a, principal, &e) == -1)
		return command_failed(c, &e);
	for (size_t i = 0; i < a->operand_count; i++)
		if (pending_delivered(c->store, a->operands[i], wanted,
			    principal, &e) == -1)
			return command_failed(c, &e);
	return command_done(c, NULL, NULL);
}
