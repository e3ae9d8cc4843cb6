/*
 * Centers and their mail addresses.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/commands/csv.h"
#include "control/output.h"
#include "store/registry.h"

/* A center being shown: its addresses as JSON and as text. */
struct shown {
	struct command_context *c;
	struct error *e;
	json_t *addresses, *forwarders;
	struct buffer text;
	size_t count;
};

/* Centers being listed; as text they are rows of a list. */
struct listing {
	struct command_context *c;
	struct error *e;
	struct columns columns;
};

static enum exit_code
done(struct command_context *c, const char *id)
{
	char canonical[CENTER_ID_SIZE];

	return command_done(c, "center",
		claims_center(id, strlen(id), canonical) ? canonical : id);
}

enum exit_code
command_center_add(struct command_context *c, const struct arguments *a)
{
	const char *addresses[ARGUMENTS_MAX];
	size_t count = options_values(a, "address", addresses);
	struct error e;

	if (registry_center_add(
		    c->store, a->operands[0], addresses, count, &e) == -1)
		return command_failed(c, &e);
	return done(c, a->operands[0]);
}

enum exit_code
command_center_remove(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (registry_center_remove(c->store, a->operands[0], &e) == -1)
		return command_failed(c, &e);
	return done(c, a->operands[0]);
}

static int
add_address(const char *address, const char *center, void *arg)
{
	struct shown *s = arg;
	char cell[OUTPUT_CELL_SIZE];

	(void)center;
	if (json_array_append_new(s->addresses, json_string(address)) == -1 ||
		buffer_format(&s->text, "%s%s", s->text.length > 0 ? " " : "",
			output_cell(address, cell)) != BUFFER_OK)
		return error_memory(s->e);
	return 0;
}

static int
add_forwarder(const struct forwarder *f, void *arg)
{
	struct shown *s = arg;

	if (json_array_append_new(s->forwarders,
		    json_pack("{s:s,s:s}", "address", f->address,
			    registry_proof_name(f->proof), f->value)) == -1)
		return error_memory(s->e);
	return 0;
}

static void
say_forwarders(FILE *out, const struct shown *s)
{
	char address[OUTPUT_CELL_SIZE], cell[OUTPUT_CELL_SIZE];
	const char *name;
	json_t *f, *value;
	size_t i;

	json_array_foreach(s->forwarders, i, f)
	{
		output_cell(json_string_value(json_object_get(f, "address")),
			address);
		json_object_foreach(f, name, value)
		{
			if (strcmp(name, "address") != 0)
				fprintf(out, "forwarder %s %s %s\n", address,
					name,
					output_cell(json_string_value(value),
						cell));
		}
	}
}

static int
say_center(struct command_context *c, const struct center *center,
	const struct shown *s, struct columns *columns, struct error *e)
{
	const char *const cells[] = { center->id,
		s->text.length > 0 ? (const char *)s->text.data : "" };
	char created[TEXT_TIME_SIZE];

	if (c->json)
		return output_json(c->out, e, "{s:s,s:s,s:O,s:O}", "center",
			center->id, "created",
			output_time(center->created, created), "addresses",
			s->addresses, "forwarders", s->forwarders);
	if (columns != NULL) {
		columns_row(columns, cells);
		return 0;
	}
	fprintf(c->out, "%-16s %s\n", cells[0], cells[1]);
	say_forwarders(c->out, s);
	return 0;
}

/* columns NULL: the only one. */
static int
show_center(struct command_context *c, const struct center *center,
	struct columns *columns, struct error *e)
{
	struct shown s = { .c = c,
		.e = e,
		.addresses = json_array(),
		.forwarders = json_array() };
	int rc = -1;

	if (s.addresses == NULL || s.forwarders == NULL)
		error_memory(e);
	else if (registry_addresses(c->store, center->id, add_address, &s, e) ==
			0 &&
		registry_forwarders(
			c->store, center->id, add_forwarder, &s, e) == 0)
		rc = say_center(c, center, &s, columns, e);
	json_decref(s.addresses);
	json_decref(s.forwarders);
	buffer_clear(&s.text);
	return rc;
}

static int
list_one(const struct center *center, void *arg)
{
	struct listing *l = arg;

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	return show_center(l->c, center, &l->columns, l->e);
}

enum exit_code
command_center_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "CENTER", "ADDRESSES" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };
	int rc;

	(void)a;
	columns_begin(&l.columns, c->out, names, 2);
	rc = registry_centers(c->store, list_one, &l, &e);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

enum exit_code
command_center_show(struct command_context *c, const struct arguments *a)
{
	struct center center;
	struct error e;

	if (registry_center_get(c->store, a->operands[0], &center, &e) == -1 ||
		show_center(c, &center, NULL, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

static const struct {
	const char *option;
	enum forwarder_proof proof;
} proofs[] = {
	{ "network", BY_NETWORK },
	{ "login", BY_LOGIN },
	{ "dkim", BY_DKIM },
};

static int
set_forwarder(struct command_context *c, const struct arguments *a,
	const char *address, struct error *e)
{
	struct forwarder f;
	const char *value;

	if (!text_copy(f.center, sizeof(f.center), a->operands[0]) ||
		!text_copy(f.address, sizeof(f.address), address))
		return error_set(
			e, ERROR_BAD, "the ID or the address is too long");
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		value = options_value(a, proofs[i].option);
		if (value == NULL)
			continue;
		f.proof = proofs[i].proof;
		if (!text_copy(f.value, sizeof(f.value), value))
			return error_set(e, ERROR_BAD, "--%s: too long",
				proofs[i].option);
		return registry_forwarder_add(c->store, &f, e);
	}
	return registry_forwarder_remove(c->store, a->operands[0], address, e);
}

enum exit_code
command_center_set(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (set_forwarder(c, a, options_value(a, "forwarder"), &e) == -1)
		return command_failed(c, &e);
	return done(c, a->operands[0]);
}

enum exit_code
command_center_address(struct command_context *c, const struct arguments *a)
{
	const char *what = a->operands[0];
	int (*change)(
		struct store *, const char *, const char *, struct error *);
	struct error e;

	if (strcmp(what, "add") == 0)
		change = registry_address_add;
	else if (strcmp(what, "remove") == 0)
		change = registry_address_remove;
	else
		return command_refused(
			c, ERROR_USAGE, "add or remove, not %s", what);
	for (size_t i = 2; i < a->operand_count; i++) {
		if (change(c->store, a->operands[1], a->operands[i], &e) == -1)
			return command_failed(c, &e);
	}
	return done(c, a->operands[1]);
}

static int
export_address(const char *address, const char *center, void *arg)
{
	struct shown *s = arg;
	const char *const fields[] = { center, address };

	csv_write(s->c->out, fields, 2);
	s->count++;
	return 0;
}

static int
export_one(const struct center *center, void *arg)
{
	struct shown *s = arg;

	if (command_over(s->c))
		return error_set(s->e, ERROR_TROUBLE, "stopped");
	s->count = 0;
	if (registry_addresses(
		    s->c->store, center->id, export_address, s, s->e) != 0)
		return -1;
	return s->count > 0 ? 0 : export_address("", center->id, s);
}

/* A line an address; a center without any has one line all the same. */
enum exit_code
command_center_export(struct command_context *c, const struct arguments *a)
{
	static const char *const header[] = { "center", "address" };
	struct error e = { ERROR_NONE, "" };
	struct shown s = { .c = c, .e = &e };

	if (c->json)
		return command_center_list(c, a);
	csv_write(c->out, header, 2);
	if (registry_centers(c->store, export_one, &s, &e) != 0)
		return command_failed(c, &e);
	return EXIT_DONE;
}

/* Makes sure of one line; what is there already stays. */
static int
import_line(struct command_context *c, const char *id, const char *address,
	struct error *e)
{
	char owner[CENTER_ID_SIZE], wanted[CENTER_ID_SIZE];

	if (registry_center_add(c->store, id, NULL, 0, e) == -1 &&
		e->code != ERROR_EXISTS)
		return -1;
	if (address[0] == '\0')
		return 0;
	if (registry_center_of(c->store, address, owner, e) == -1)
		return e->code != ERROR_NOT_FOUND
			? -1
			: registry_address_add(c->store, id, address, e);
	claims_center(id, strlen(id), wanted);
	if (strcmp(owner, wanted) != 0)
		return error_set(
			e, ERROR_EXISTS, "%s belongs to %s", address, owner);
	return 0;
}

static int
import_all(struct command_context *c, struct csv *csv, struct error *e)
{
	int more = csv_next(csv, e);

	if (more == -1)
		return -1;
	if (more == 0 || csv_count(csv) != 2 ||
		strcmp(csv_field(csv, 0), "center") != 0 ||
		strcmp(csv_field(csv, 1), "address") != 0)
		return error_set(e, ERROR_BAD,
			"the header line must be \"center,address\"");
	while ((more = csv_next(csv, e)) == 1) {
		if (csv_count(csv) != 2)
			return error_set(e, ERROR_BAD, "not two fields");
		if (import_line(c, csv_field(csv, 0), csv_field(csv, 1), e) ==
			-1)
			return -1;
		if (command_over(c))
			return error_set(e, ERROR_TROUBLE, "stopped");
	}
	return more;
}

enum exit_code
command_center_import(struct command_context *c, const struct arguments *a)
{
	struct csv *csv;
	struct error e;
	enum exit_code code;

	(void)a;
	if (csv_open(c->in, &csv, &e) == -1)
		return command_failed(c, &e);
	if (import_all(c, csv, &e) == -1) {
		error_prefix(&e, "line %lu", csv_line(csv));
		code = command_failed(c, &e);
	} else {
		code = command_done(c, NULL, NULL);
	}
	csv_close(&csv);
	return code;
}
