/*
 * Centers and their mail addresses.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/commands/csv.h"
#include "control/output.h"
#include "store/registry.h"

/* A center being shown: its addresses as JSON and as text. */
struct shown {
	struct command_context *c;
	struct error *e;
	json_t *addresses;
	size_t count;
};

enum exit_code
command_center_add(struct command_context *c, const struct arguments *a)
{
	const char *addresses[ARGUMENTS_MAX];
	size_t count = options_values(a, "address", addresses);
	struct error e;

	if (registry_center_add(
		    c->store, a->operands[0], addresses, count, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

enum exit_code
command_center_remove(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (registry_center_remove(c->store, a->operands[0], &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

static int
add_address(const char *address, const char *center, void *arg)
{
	struct shown *s = arg;
	char cell[OUTPUT_CELL_SIZE];

	(void)center;
	if (json_array_append_new(s->addresses, json_string(address)) == -1)
		return error_memory(s->e);
	if (!s->c->json)
		fprintf(s->c->out, "%s%s", s->count > 0 ? " " : "",
			output_cell(address, cell));
	s->count++;
	return 0;
}

/* "ID\tADDRESS ADDRESS" or an object. */
static int
show_center(
	struct command_context *c, const struct center *center, struct error *e)
{
	struct shown s = { c, e, json_array(), 0 };
	char created[TEXT_TIME_SIZE];
	int rc = -1;

	if (s.addresses == NULL)
		return error_memory(e);
	if (!c->json)
		fprintf(c->out, "%-16s ", center->id);
	if (registry_addresses(c->store, center->id, add_address, &s, e) != 0)
		goto out;
	if (!c->json)
		rc = putc('\n', c->out) == EOF ? -1 : 0;
	else
		rc = output_json(c->out, e, "{s:s,s:s,s:O}", "center",
			center->id, "created",
			output_time(center->created, created), "addresses",
			s.addresses);
out:
	json_decref(s.addresses);
	return rc;
}

static int
list_one(const struct center *center, void *arg)
{
	struct shown *s = arg;

	if (command_over(s->c))
		return error_set(s->e, ERROR_TROUBLE, "stopped");
	return show_center(s->c, center, s->e);
}

enum exit_code
command_center_list(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct shown s = { c, &e, NULL, 0 };

	(void)a;
	if (registry_centers(c->store, list_one, &s, &e) != 0)
		return command_failed(c, &e);
	return EXIT_DONE;
}

enum exit_code
command_center_show(struct command_context *c, const struct arguments *a)
{
	struct center center;
	struct error e;

	if (registry_center_get(c->store, a->operands[0], &center, &e) == -1 ||
		show_center(c, &center, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
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
	return EXIT_DONE;
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
	struct shown s = { c, &e, NULL, 0 };

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
	enum exit_code code = EXIT_DONE;

	(void)a;
	if (csv_open(c->in, &csv, &e) == -1)
		return command_failed(c, &e);
	if (import_all(c, csv, &e) == -1) {
		error_prefix(&e, "line %lu", csv_line(csv));
		code = command_failed(c, &e);
	}
	csv_close(&csv);
	return code;
}
