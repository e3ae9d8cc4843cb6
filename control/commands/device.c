/*
 * Devices: what the operator registers of them, and what they did last. Keys
 * are in key.c, the import of files in import.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/commands/csv.h"
#include "control/commands/device_fields.h"
#include "control/commands/device_select.h"
#include "control/commands/key_show.h"
#include "control/output.h"
#include "store/agent.h"
#include "store/pending.h"

/* Takes the fields that the options give. */
static int
set_fields(struct device *d, const struct arguments *a, struct error *e)
{
	for (size_t i = 0; i < a->option_count; i++) {
		int field = device_field_find(a->options[i].spec->name);

		if (field != -1 &&
			device_field_set(
				d, (size_t)field, a->options[i].value, e) == -1)
			return -1;
	}
	return 0;
}

static enum exit_code
done(struct command_context *c, const char *serial)
{
	char canonical[SERIAL_SIZE];

	return command_done(c, "serial",
		claims_serial(serial, strlen(serial), canonical) ? canonical
								 : serial);
}

enum exit_code
command_device_add(struct command_context *c, const struct arguments *a)
{
	struct device d = { .enabled = true };
	struct error e;

	if (device_field_set(&d, 0, a->operands[0], &e) == -1 ||
		set_fields(&d, a, &e) == -1 ||
		registry_device_add(c->store, &d, 1, NULL, &e) == -1)
		return command_failed(c, &e);
	return done(c, d.serial);
}

static int
set(struct device *d, void *arg, struct error *e)
{
	return set_fields(d, arg, e);
}

static int
enable(struct device *d, void *arg, struct error *e)
{
	(void)arg;
	(void)e;
	d->enabled = true;
	return 0;
}

static int
disable(struct device *d, void *arg, struct error *e)
{
	(void)arg;
	(void)e;
	d->enabled = false;
	return 0;
}

/* Each device that is named; one that fails does not hold up the others. The
 * exit code is the first failure's. */
static enum exit_code
update(struct command_context *c, const struct arguments *a,
	registry_change *change)
{
	enum exit_code code = EXIT_DONE, one;
	struct error e;

	for (size_t i = 0; i < a->operand_count; i++) {
		if (registry_device_update(c->store, a->operands[i], change,
			    (void *)(uintptr_t)a, &e) == 0)
			one = done(c, a->operands[i]);
		else
			one = command_failed(c, &e);
		code = code == EXIT_DONE ? one : code;
	}
	return code;
}

static bool
sets_something(const struct arguments *a)
{
	for (size_t i = 0; i < a->option_count; i++) {
		if (device_field_find(a->options[i].spec->name) != -1)
			return true;
	}
	return false;
}

/* To another channel what waits moves by itself; mails somebody has to send. */
static enum exit_code
tell_waiting(struct command_context *c, const char *serial)
{
	struct device d;
	size_t count;
	struct error e;

	if (registry_device_get(c->store, serial, &d, &e) == -1 ||
		pending_count(c->store, d.serial, &count, &e) == -1)
		return command_failed(c, &e);
	if (d.channel != BY_MAIL || count == 0)
		return EXIT_DONE;
	if (c->json)
		return output_json(c->out, &e, "{s:s,s:I}", "serial", d.serial,
			       "waiting", (json_int_t)count) == 0
			? EXIT_DONE
			: command_failed(c, &e);
	fprintf(c->out,
		"requests that wait for it: %zu; csrcadm request waiting %s "
		"--send mails them\n",
		count, d.serial);
	return EXIT_DONE;
}

enum exit_code
command_device_set(struct command_context *c, const struct arguments *a)
{
	enum exit_code code;

	if (!sets_something(a))
		return command_refused(c, ERROR_USAGE,
			"nothing is changed without an option: see csrcadm "
			"help device set");
	code = update(c, a, set);
	return code == EXIT_DONE && options_given(a, "channel")
		? tell_waiting(c, a->operands[0])
		: code;
}

enum exit_code
command_device_enable(struct command_context *c, const struct arguments *a)
{
	return update(c, a, enable);
}

enum exit_code
command_device_disable(struct command_context *c, const struct arguments *a)
{
	return update(c, a, disable);
}

enum exit_code
command_device_remove(struct command_context *c, const struct arguments *a)
{
	enum exit_code code = EXIT_DONE, one;
	struct error e;

	for (size_t i = 0; i < a->operand_count; i++) {
		if (registry_device_remove(c->store, a->operands[i], &e) == 0)
			one = done(c, a->operands[i]);
		else
			one = command_failed(c, &e);
		code = code == EXIT_DONE ? one : code;
	}
	return code;
}

/* A walk over devices. */
struct listing {
	struct command_context *c;
	struct error *e;
	struct device_selection selection;
	struct columns columns;
};

/* Of which key was the last report? NULL: of none, it was plain. */
static const char *
last_key(const struct activity *y, char id[2 * KEY_ID_MAX + 1])
{
	text_hex(y->key_id, y->key_id_length, id);
	return y->key_id_length > 0 ? id : NULL;
}

/* A first exchange has ended well both ways, and nothing stands against more.
 */
static bool
is_ready(const struct device *d, const struct activity *y)
{
	return d->enabled && y->confirmed != 0;
}

static json_t *
device_json(const struct device *d, const struct activity *y)
{
	char created[TEXT_TIME_SIZE], reported[TEXT_TIME_SIZE];
	char confirmed[TEXT_TIME_SIZE], id[2 * KEY_ID_MAX + 1];

	return json_pack("{s:s,s:s,s:s,s:s?,s:s?,s:s?,s:b,s:s,s:s?,s:s,s:s?,"
			 "s:s?,s:b,s:I,s:s?,s:s?,s:s,s:b,s:s,s:s?,s:s?}",
		"serial", d->serial, "center", d->center, "protection",
		device_field_get(d, 2), "from", output_or_null(d->from),
		"network", output_or_null(d->network), "address",
		output_or_null(d->address), "enabled", d->enabled, "channel",
		registry_channel_name(d->channel), "model",
		output_or_null(d->model), "created",
		output_time(d->created, created), "reported",
		y->reported != 0 ? output_time(y->reported, reported) : NULL,
		"confirmed",
		y->confirmed != 0 ? output_time(y->confirmed, confirmed) : NULL,
		"ready", is_ready(d, y), "sequence", (json_int_t)y->sequence,
		"key_id", last_key(y, id), "alias", output_or_null(d->alias),
		"date_order", device_field_get(d, 10), "forwarded",
		d->forwarded, "counts", device_field_get(d, 12), "fax",
		output_or_null(d->fax), "caller", output_or_null(d->caller));
}

static int
list_device(const struct device *d, void *arg)
{
	struct listing *l = arg;
	struct activity y;
	char reported[TEXT_TIME_SIZE];
	int meant;

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (!device_selection_center(&l->selection, d))
		return 0;
	if (registry_activity_get(l->c->store, d->serial, &y, l->e) == -1)
		return -1;
	if (!device_selection_time(&l->selection, d, &y))
		return 0;
	meant = device_selection_key(&l->selection, l->c->store, d, l->e);
	if (meant != 1)
		return meant;
	if (l->c->json)
		return output_json(l->c->out, l->e, "o", device_json(d, &y));
	columns_row(&l->columns,
		(const char *const[]){ d->serial, d->center,
			device_field_get(d, 2),
			d->enabled ? "enabled" : "disabled",
			output_time(y.reported, reported) });
	return 0;
}

enum exit_code
command_device_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "SERIAL", "CENTER", "PROTECTION",
		"STATE", "REPORTED" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };
	int rc;

	if (device_selection_read(&l.selection, a, c->store, &e) == -1)
		return command_failed(c, &e);
	columns_begin(&l.columns, c->out, names, 5);
	rc = registry_devices(c->store, list_device, &l, &e);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

struct key_listing {
	struct command_context *c;
	json_t *array; /* NULL: as text */
	struct error *e;
};

static int
list_key(const struct key *k, void *arg)
{
	struct key_listing *l = arg;

	if (l->array == NULL) {
		fputs("key ", l->c->out);
		key_show(l->c->out, k);
		return ferror(l->c->out) != 0;
	}
	if (json_array_append_new(l->array, key_object(k)) == -1)
		return error_memory(l->e);
	return 0;
}

static void
show_text(FILE *out, const struct device *d, const struct activity *y)
{
	char when[TEXT_TIME_SIZE], id[2 * KEY_ID_MAX + 1];
	const char *key = last_key(y, id);
	char cell[OUTPUT_CELL_SIZE];

	for (size_t i = 0; i < DEVICE_FIELDS; i++) {
		const char *value = device_field_get(d, i);

		fprintf(out, "%s %s\n", device_field_name(i),
			value[0] != '\0' ? output_cell(value, cell) : "-");
	}
	fprintf(out, "created %s\n", output_time(d->created, when));
	fprintf(out, "reported %s\n", output_time(y->reported, when));
	fprintf(out, "confirmed %s\n", output_time(y->confirmed, when));
	fprintf(out, "ready %s\n", is_ready(d, y) ? "yes" : "no");
	fprintf(out, "sequence %llu\n", (unsigned long long)y->sequence);
	fprintf(out, "key_id %s\n", key != NULL ? key : "-");
	if (y->called != 0)
		fprintf(out,
			"calls %llu seconds %llu sent %llu received %llu "
			"last %s\n",
			(unsigned long long)y->calls.count,
			(unsigned long long)y->calls.seconds,
			(unsigned long long)y->calls.sent,
			(unsigned long long)y->calls.received,
			output_time(y->called, when));
}

/* null: it never called, and never was called. */
static json_t *
calls_json(const struct activity *y)
{
	char when[TEXT_TIME_SIZE];

	return y->called == 0 ? json_null()
			      : json_pack("{s:I,s:I,s:I,s:I,s:s}", "count",
					(json_int_t)y->calls.count, "seconds",
					(json_int_t)y->calls.seconds, "sent",
					(json_int_t)y->calls.sent, "received",
					(json_int_t)y->calls.received, "last",
					output_time(y->called, when));
}

static int
show_device(struct command_context *c, const struct device *d,
	const struct activity *y, struct error *e)
{
	struct key_listing l = { c, NULL, e };
	char principal[PRINCIPAL_SIZE], agent[AGENT_ID_SIZE];
	json_t *object = NULL;
	int rc = -1;

	(void)principal_spell(PRINCIPAL_DEVICE, d->serial, principal);
	if (registry_agent_of(c->store, d->serial, agent, e) == -1)
		return -1;
	if (!c->json) {
		show_text(c->out, d, y);
		fprintf(c->out, "agent %s\n", agent[0] != '\0' ? agent : "-");
		return registry_keys(c->store, principal, list_key, &l, e);
	}
	l.array = json_array();
	object = device_json(d, y);
	if (l.array == NULL || object == NULL) {
		error_memory(e);
		goto out;
	}
	if (registry_keys(c->store, principal, list_key, &l, e) != 0)
		goto out;
	json_object_set(object, "keys", l.array);
	json_object_set_new(object, "calls", calls_json(y));
	json_object_set_new(object, "agent",
		agent[0] != '\0' ? json_string(agent) : json_null());
	rc = output_json(c->out, e, "O", object);
out:
	json_decref(l.array);
	json_decref(object);
	return rc;
}

enum exit_code
command_device_show(struct command_context *c, const struct arguments *a)
{
	struct device d;
	struct activity y;
	struct error e = { ERROR_TROUBLE, "the output is closed" };

	if (registry_device_get(c->store, a->operands[0], &d, &e) == -1 ||
		registry_activity_get(c->store, d.serial, &y, &e) == -1 ||
		show_device(c, &d, &y, &e) != 0)
		return command_failed(c, &e);
	return EXIT_DONE;
}

static int
export_device(const struct device *d, void *arg)
{
	struct listing *l = arg;
	const char *fields[DEVICE_FIELDS];

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (!device_selection_center(&l->selection, d))
		return 0;
	for (size_t i = 0; i < DEVICE_FIELDS; i++)
		fields[i] = device_field_get(d, i);
	csv_write(l->c->out, fields, DEVICE_FIELDS);
	return 0;
}

enum exit_code
command_device_export(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };
	const char *names[DEVICE_FIELDS];

	if (c->json)
		return command_device_list(c, a);
	for (size_t i = 0; i < DEVICE_FIELDS; i++)
		names[i] = device_field_name(i);
	if (device_selection_read(&l.selection, a, c->store, &e) == -1)
		return command_failed(c, &e);
	csv_write(c->out, names, DEVICE_FIELDS);
	if (registry_devices(c->store, export_device, &l, &e) != 0)
		return command_failed(c, &e);
	return EXIT_DONE;
}
