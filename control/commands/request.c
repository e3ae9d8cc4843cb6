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

enum { LIFETIME_MIN = 60, LIFETIME_MAX = 3660 * 86400 };

struct asking {
	struct command_context *c;
	struct device_selection selection;
	bool objects;                 /* print JSON, not the mail as it is */
	struct request_text *request; /* too large for a stack */
	int64_t lifetime;             /* 0: as configured */
	uint64_t devices, made, skipped, failed;
	struct error *e;
};

/* The envelope sender is the address that the mail has in its first field. */
static bool
take_sender(const struct buffer *mail, char from[ADDRESS_SIZE])
{
	static const char name[] = "From: ";
	const size_t skip = sizeof(name) - 1;
	const char *text = (const char *)mail->data;

	if (mail->length < skip || memcmp(text, name, skip) != 0)
		return false;
	return text_format(from, ADDRESS_SIZE, "%.*s",
		(int)strcspn(text + skip, "\r\n"), text + skip);
}

static int
say_mail(struct asking *k, const struct buffer *mail, const char *to,
	struct error *e)
{
	const struct request_text *r = k->request;
	char from[ADDRESS_SIZE], issued[TEXT_TIME_SIZE];
	char expires[TEXT_TIME_SIZE];

	if (!k->objects) {
		fwrite(mail->data, 1, mail->length, k->c->out);
		return 0;
	}
	if (!take_sender(mail, from))
		return error_set(e, ERROR_TROUBLE, "a mail without sender");
	return output_json(k->c->out, e,
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s%}", "email_id",
		r->claims.email_id, "serial", r->claims.serial, "center",
		r->claims.center, "command", r->command, "issued",
		output_time(r->date, issued), "expires",
		output_time(r->expires, expires), "from", from, "to", to,
		"mail", (const char *)mail->data, mail->length);
}

static int
ask(struct asking *k, const char *serial, struct error *e)
{
	struct buffer mail = { 0 };
	char to[ADDRESS_SIZE];
	int rc = -1;

	memset(&k->request->claims, 0, sizeof(k->request->claims));
	if (!claims_serial(serial, strlen(serial), k->request->claims.serial))
		return error_set(e, ERROR_BAD, "%s is no serial", serial);
	k->request->claims.serial_state = CLAIM_PRESENT;
	if (outgoing_request(
		    k->c->gate, k->request, k->lifetime, &mail, to, e) == 0)
		rc = say_mail(k, &mail, to, e);
	buffer_clear(&mail);
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
	if (!d->enabled || d->address[0] == '\0') {
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
	const char *command = options_value(a, "command");
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

enum exit_code
command_request(struct command_context *c, const struct arguments *a)
{
	bool many = a->operand_count == 0;
	struct error e = { ERROR_NONE, "" };
	struct asking k = { .c = c, .e = &e };
	enum exit_code code = EXIT_DONE;

	k.objects = c->json || options_given(a, "send") ||
		options_given(a, "output");
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
