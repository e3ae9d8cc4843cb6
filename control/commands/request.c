/*
 * Requests to devices, made one after another. What becomes of the
 * mails is csrcadm's business (admin/delivery.c), not that of the daemon, which
 * runs this: it may start no programs and writes no files of its user's.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/commands/device_select.h"
#include "control/output.h"
#include "outgoing/outgoing.h"

/* Where the row needs none: what every device knows. */
#define COMMISSION_COMMAND "status"

enum { LIFETIME_MIN = 60, LIFETIME_MAX = 3660 * 86400 };

struct asking {
	struct command_context *c;
	struct device_selection selection;
	bool objects;                 /* print JSON, not the mail as it is */
	bool send;                    /* what does not go by mail is to wait */
	struct request_text *request; /* too large for a stack */
	int64_t lifetime;             /* 0: as configured */
	uint64_t devices, made, skipped, failed;
	struct error *e;
};

static int
say_waits(struct asking *k, const struct request_text *r, const char *channel,
	struct error *e)
{
	char issued[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];

	return output_json(k->c->out, e, "{s:s,s:s,s:s,s:s,s:s,s:s,s:s}",
		"email_id", r->claims.email_id, "serial", r->claims.serial,
		"center", r->claims.center, "command", r->command, "issued",
		output_time(r->date, issued), "expires",
		output_time(r->expires, expires), "waits", channel);
}

static int
say_made(struct asking *k, const struct outgoing_message *made, struct error *e)
{
	const struct request_text *r = k->request;
	char issued[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];

	if (made->waits)
		return say_waits(k, r, registry_channel_name(made->channel), e);
	if (!k->objects) {
		fwrite(made->octets.data, 1, made->octets.length, k->c->out);
		return 0;
	}
	return output_json(k->c->out, e,
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s?,s:s%}", "email_id",
		r->claims.email_id, "serial", r->claims.serial, "center",
		r->claims.center, "command", r->command, "issued",
		output_time(r->date, issued), "expires",
		output_time(r->expires, expires), "from",
		output_or_null(made->from), "to", output_or_null(made->to),
		"mail", (const char *)made->octets.data, made->octets.length);
}

static int
ask(struct asking *k, const char *serial, struct error *e)
{
	struct outgoing_message made;
	int rc;

	memset(&k->request->claims, 0, sizeof(k->request->claims));
	if (!claims_serial(serial, strlen(serial), k->request->claims.serial))
		return error_set(e, ERROR_BAD, "%s is no serial", serial);
	k->request->claims.serial_state = CLAIM_PRESENT;
	if (outgoing_request(k->c->gate, k->request, k->lifetime, k->send,
		    &made, e) == -1)
		return -1;
	rc = say_made(k, &made, e);
	buffer_clear(&made.octets);
	return rc;
}

/* Is the device one of those that are meant? 1, 0, or -1. */
static int
is_meant(struct asking *k, const struct device *d)
{
	struct activity y = { 0 };

	if (command_over(k->c))
		return error_set(k->e, ERROR_TROUBLE, "stopped");
	if (!device_selection_center(&k->selection, d))
		return 0;
	if (k->selection.overdue &&
		registry_activity_get(k->c->store, d->serial, &y, k->e) == -1)
		return -1;
	return device_selection_time(&k->selection, d, &y);
}

static int
count_device(const struct device *d, void *arg)
{
	struct asking *k = arg;
	int meant = is_meant(k, d);

	if (meant == 1)
		k->devices++;
	return meant == -1 ? -1 : 0;
}

static int
ask_device(const struct device *d, void *arg)
{
	struct asking *k = arg;
	struct error e;
	int meant = is_meant(k, d);

	if (meant != 1)
		return meant;
	if (!d->enabled || (d->channel == BY_MAIL && d->address[0] == '\0')) {
		k->skipped++;
		return 0;
	}
	if (ask(k, d->serial, &e) == 0) {
		k->made++;
		return 0;
	}
	k->failed++;
	return output_json(k->c->out, k->e, "{s:s,s:s}", "serial", d->serial,
		"error", e.text);
}

/* How many there are comes first, for a progress bar. */
static enum exit_code
ask_many(struct asking *k, struct error *e)
{
	struct command_context *c = k->c;
	struct center known;
	enum exit_code code;
	int rc;

	/* A slip must not look like a center whose devices were all asked. */
	if (k->selection.center[0] != '\0' &&
		registry_center_get(c->store, k->selection.center, &known, e) ==
			-1)
		return command_failed(c, e);
	if (registry_devices(c->store, count_device, k, e) != 0 ||
		output_json(c->out, e, "{s:I}", "devices",
			(json_int_t)k->devices) == -1)
		return command_failed(c, e);
	rc = registry_devices(c->store, ask_device, k, e);
	code = k->failed == 0 ? EXIT_DONE : EXIT_NO;
	if (rc != 0)
		code = command_failed(c, e);
	if (output_json(c->out, e, "{s:I,s:I,s:I}", "made", (json_int_t)k->made,
		    "skipped", (json_int_t)k->skipped, "failed",
		    (json_int_t)k->failed) == -1)
		code = command_failed(c, e);
	return code;
}

static int
take_param(struct request_text *r, const char *text, struct error *e)
{
	const char *equals = strchr(text, '=');
	char name[REQUEST_NAME_SIZE];

	if (equals == NULL)
		return error_set(
			e, ERROR_USAGE, "--param takes NAME=VALUE: %s", text);
	if (!text_format(
		    name, sizeof(name), "%.*s", (int)(equals - text), text))
		return error_set(e, ERROR_BAD,
			"the name of parameter %.40s is too long", text);
	return request_text_add(r, name, equals + 1, e);
}

static int
take_request(struct asking *k, const struct arguments *a, struct error *e)
{
	const char *command = options_given(a, "command")
		? options_value(a, "command")
		: COMMISSION_COMMAND;
	const char *lifetime = options_value(a, "lifetime");
	const char *params[ARGUMENTS_MAX];
	size_t count = options_values(a, "param", params);

	if (!request_text_command(command) ||
		!text_copy(k->request->command, sizeof(k->request->command),
			command))
		return error_set(e, ERROR_BAD,
			"\"%s\" is no command (1 to %d of a-z 0-9 -)", command,
			REQUEST_COMMAND_SIZE - 1);
	if (lifetime != NULL &&
		(text_duration(lifetime, &k->lifetime) == -1 ||
			k->lifetime < LIFETIME_MIN ||
			k->lifetime > LIFETIME_MAX))
		return error_set(e, ERROR_USAGE,
			"--lifetime takes a time from 1m to 3660d, not %s",
			lifetime);
	for (size_t i = 0; i < count; i++) {
		if (take_param(k->request, params[i], e) == -1)
			return -1;
	}
	return 0;
}

/* The first that a device gets. What becomes of it csrcadm waits for. */
enum exit_code
command_device_commission(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct asking k = { .c = c, .e = &e, .objects = true, .send = true };
	enum exit_code code = EXIT_DONE;

	k.request = calloc(1, sizeof(*k.request));
	if (k.request == NULL)
		return command_refused(c, ERROR_TROUBLE, "out of memory");
	if (take_request(&k, a, &e) == -1 || ask(&k, a->operands[0], &e) == -1)
		code = command_failed(c, &e);
	free(k.request);
	return code;
}

enum exit_code
command_request(struct command_context *c, const struct arguments *a)
{
	bool many = a->operand_count == 0;
	struct error e = { ERROR_NONE, "" };
	struct asking k = { .c = c, .e = &e };
	enum exit_code code = EXIT_DONE;

	k.send = options_given(a, "send");
	k.objects = c->json || k.send || options_given(a, "output");
	if (many && !k.objects)
		return command_refused(c, ERROR_USAGE,
			"for many devices: --send, --output or --json");
	k.request = calloc(1, sizeof(*k.request));
	if (k.request == NULL)
		return command_refused(c, ERROR_TROUBLE, "out of memory");
	if (device_selection_read(&k.selection, a, c->store, &e) == -1 ||
		take_request(&k, a, &e) == -1)
		code = command_failed(c, &e);
	else if (many)
		code = ask_many(&k, &e);
	else if (ask(&k, a->operands[0], &e) == -1)
		code = command_failed(c, &e);
	free(k.request);
	return code;
}

/* Those that wait, and are to be mailed now. */
struct mailing {
	struct command_context *c;
	char ids[PENDING_MAX][EMAIL_ID_SIZE];
	size_t count;
};

static int
take_id(const struct pending *w, void *arg)
{
	struct mailing *m = arg;

	memcpy(m->ids[m->count], w->email_id, sizeof(w->email_id));
	return ++m->count == PENDING_MAX ? 1 : 0;
}

static int
mail_waiting(
	struct mailing *m, const char *serial, const char *id, struct error *e)
{
	struct outgoing_message made;
	int rc;

	if (outgoing_waiting(m->c->gate, id, &made, e) == -1)
		return -1;
	rc = output_json(m->c->out, e, "{s:s,s:s,s:s,s:s,s:s%}", "email_id", id,
		"serial", serial, "from", made.from, "to", made.to, "mail",
		(const char *)made.octets.data, made.octets.length);
	buffer_clear(&made.octets);
	return rc;
}

static enum exit_code
mail_all(struct mailing *m, const char *serial)
{
	struct error e;

	if (output_json(m->c->out, &e, "{s:I}", "devices",
		    (json_int_t)m->count) == -1)
		return command_failed(m->c, &e);
	for (size_t i = 0; i < m->count; i++)
		if (mail_waiting(m, serial, m->ids[i], &e) == -1)
			return command_failed(m->c, &e);
	if (output_json(m->c->out, &e, "{s:I,s:I,s:I}", "made",
		    (json_int_t)m->count, "skipped", (json_int_t)0, "failed",
		    (json_int_t)0) == -1)
		return command_failed(m->c, &e);
	return EXIT_DONE;
}

/* They go on waiting: csrcadm says "delivered" of what it has mailed. */
enum exit_code
command_request_waiting(struct command_context *c, const struct arguments *a)
{
	struct mailing m = { .c = c };
	struct device d;
	struct error e;

	if (registry_device_get(c->store, a->operands[0], &d, &e) == -1)
		return command_failed(c, &e);
	if (d.channel != BY_MAIL)
		return command_refused(c, ERROR_DENIED,
			"device %s gets its requests by %s, for which they "
			"wait",
			d.serial, registry_channel_name(d.channel));
	if (pending_walk(c->store, d.serial, NULL, take_id, &m, &e) == -1)
		return command_failed(c, &e);
	return mail_all(&m, d.serial);
}
