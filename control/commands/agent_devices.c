/*
 * Which devices an agent reports. A printer that it has seen is registered and
 * assigned in one step; then what the quarantine has of the agent's is judged
 * again, so that what lacked nothing but that is admitted, and nothing else.
 */
#include "control/commands/agent_devices.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/commands/csv.h"
#include "control/output.h"
#include "gate/quarantine.h"
#include "store/agent.h"

struct listing {
	struct command_context *c;
	struct error *e;
	struct columns columns;
};

static int
list_device(const char *serial, void *arg)
{
	struct listing *l = arg;
	char reported[TEXT_TIME_SIZE], model[OUTPUT_CELL_SIZE];
	struct activity y;
	struct device d;

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (registry_device_get(l->c->store, serial, &d, l->e) == -1)
		return l->e->code == ERROR_NOT_FOUND ? 0 : -1;
	if (registry_activity_get(l->c->store, serial, &y, l->e) == -1)
		return -1;
	output_time(y.reported, reported);
	if (l->c->json)
		return output_json(l->c->out, l->e, "{s:s,s:s?,s:b,s:s,s:s?}",
			"serial", d.serial, "model", output_or_null(d.model),
			"enabled", d.enabled, "channel",
			registry_channel_name(d.channel), "reported",
			y.reported != 0 ? reported : NULL);
	columns_row(&l->columns,
		(const char *const[]){ d.serial, output_cell(d.model, model),
			d.enabled ? "yes" : "no",
			registry_channel_name(d.channel), reported });
	return 0;
}

int
agent_list_devices(struct command_context *c, const char *id, struct error *e)
{
	static const char *const names[] = { "SERIAL", "MODEL", "ENABLED",
		"CHANNEL", "REPORTED" };
	struct listing l = { .c = c, .e = e };
	int rc;

	columns_begin(
		&l.columns, c->out, names, sizeof(names) / sizeof(names[0]));
	rc = registry_assigned(c->store, id, "", list_device, &l, e);
	columns_end(&l.columns);
	return rc;
}

static int
list_unassigned(const struct unassigned *u, void *arg)
{
	struct listing *l = arg;
	char first[TEXT_TIME_SIZE], last[TEXT_TIME_SIZE];
	char model[OUTPUT_CELL_SIZE], address[OUTPUT_CELL_SIZE];

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	output_time(u->first, first);
	output_time(u->last, last);
	if (l->c->json)
		return output_json(l->c->out, l->e,
			"{s:s,s:s?,s:s?,s:s?,s:s,s:s}", "serial", u->serial,
			"model", output_or_null(u->model), "address",
			output_or_null(u->address), "counters",
			output_or_null(u->counters), "first", first, "last",
			last);
	columns_row(&l->columns,
		(const char *const[]){ u->serial, output_cell(u->model, model),
			output_cell(u->address, address), last, first,
			u->counters });
	return 0;
}

int
agent_list_unassigned(
	struct command_context *c, const char *id, struct error *e)
{
	static const char *const names[] = { "SERIAL", "MODEL", "ADDRESS",
		"LAST", "FIRST", "COUNTERS" };
	struct listing l = { .c = c, .e = e };
	int rc;

	columns_begin(
		&l.columns, c->out, names, sizeof(names) / sizeof(names[0]));
	rc = registry_unassigned(c->store, id, list_unassigned, &l, e);
	columns_end(&l.columns);
	return rc;
}

/* One agent, whose devices are written, or collected. */
struct exporting {
	struct command_context *c;
	const struct agent *agent;
	json_t *devices; /* NULL: as CSV */
	size_t count;
	struct error *e;
};

static int
export_device(const char *serial, void *arg)
{
	struct exporting *x = arg;
	const struct agent *a = x->agent;
	const char *const fields[] = { a->id, a->center,
		a->enabled ? "yes" : "no", a->note, serial };

	x->count++;
	if (x->devices != NULL)
		return json_array_append_new(x->devices, json_string(serial)) ==
				-1
			? error_memory(x->e)
			: 0;
	csv_write(x->c->out, fields, sizeof(fields) / sizeof(fields[0]));
	return 0;
}

static int
export_object(struct exporting *x)
{
	const struct agent *a = x->agent;
	int rc;

	x->devices = json_array();
	if (x->devices == NULL)
		return error_memory(x->e);
	rc = registry_assigned(x->c->store, a->id, "", export_device, x, x->e);
	if (rc == 0)
		rc = output_json(x->c->out, x->e, "{s:s,s:s,s:b,s:s?,s:O}",
			"agent", a->id, "center", a->center, "enabled",
			a->enabled, "note", output_or_null(a->note), "devices",
			x->devices);
	json_decref(x->devices);
	return rc;
}

static int
export_agent(const struct agent *a, void *arg)
{
	const struct listing *l = arg;
	struct exporting x = { .c = l->c, .agent = a, .e = l->e };

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (l->c->json)
		return export_object(&x);
	if (registry_assigned(
		    l->c->store, a->id, "", export_device, &x, l->e) != 0)
		return -1;
	return x.count > 0 ? 0 : export_device("", &x);
}

/* A line a device; an agent without any has one line all the same. */
enum exit_code
command_agent_export(struct command_context *c, const struct arguments *a)
{
	static const char *const header[] = { "agent", "center", "enabled",
		"note", "serial" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };

	(void)a;
	if (!c->json)
		csv_write(c->out, header, sizeof(header) / sizeof(header[0]));
	return registry_agents(c->store, export_agent, &l, &e) == 0
		? EXIT_DONE
		: command_failed(c, &e);
}

/* An agent's messages in the quarantine. */
struct kept {
	char owner[PRINCIPAL_SIZE];
	char (*names)[QUARANTINE_NAME_SIZE];
	size_t count;
	struct error *e;
};

static int
collect_kept(const struct quarantined *q, void *arg)
{
	struct kept *k = arg;
	char(*grown)[QUARANTINE_NAME_SIZE];

	if (q->share != SHARE_AGENT || strcmp(q->owner, k->owner) != 0)
		return 0;
	grown = reallocarray(k->names, k->count + 1, sizeof(*grown));
	if (grown == NULL)
		return error_memory(k->e);
	k->names = grown;
	memcpy(k->names[k->count++], q->name, sizeof(q->name));
	return 0;
}

struct assigning {
	struct command_context *c;
	struct agent agent;
	enum exit_code code; /* of the first that could not be assigned */
	size_t assigned, adopted;
	uint64_t counts[VERDICT_TROUBLE + 1]; /* of what was released */
	struct error *e;
};

static int
release_one(struct assigning *n, const char *name)
{
	struct verdict v;

	if (command_over(n->c))
		return error_set(n->e, ERROR_TROUBLE, "stopped");
	if (quarantine_release(n->c->gate, name, false, &v, n->e) == -1)
		return n->e->code == ERROR_NOT_FOUND ? 0 : -1;
	n->counts[v.kind]++;
	return v.kind == VERDICT_TROUBLE
		? error_set(n->e, ERROR_TROUBLE, "%s", v.text)
		: 0;
}

static int
release(struct assigning *n)
{
	const char *directory = n->c->rules->settings->quarantine_directory;
	struct kept k = { .e = n->e };
	int rc;

	(void)principal_spell(PRINCIPAL_AGENT, n->agent.id, k.owner);
	rc = quarantine_each(directory, collect_kept, &k, n->e);
	for (size_t i = 0; rc == 0 && i < k.count; i++)
		rc = release_one(n, k.names[i]);
	free(k.names);
	return rc;
}

static int
assign_named(struct assigning *n, const struct arguments *a)
{
	const size_t count = a->operand_count - 1;
	const char *serials[ARGUMENTS_MAX];

	n->assigned = count;
	for (size_t i = 0; i < count; i++)
		serials[i] = a->operands[i + 1];
	return registry_assign(n->c->store, n->agent.id, serials, count, true,
		&n->adopted, NULL, n->e);
}

/* What the agent has seen. */
struct seen {
	char (*serials)[SERIAL_SIZE]; /* UNASSIGNED_MAX */
	size_t count;
};

static int
collect_seen(const struct unassigned *u, void *arg)
{
	struct seen *s = arg;

	memcpy(s->serials[s->count++], u->serial, sizeof(u->serial));
	return s->count < UNASSIGNED_MAX ? 0 : 1;
}

/* One that fails does not hold up the others. */
static void
assign_one(struct assigning *n, const char *serial)
{
	enum exit_code code;
	size_t adopted;

	if (registry_assign(n->c->store, n->agent.id, &serial, 1, true,
		    &adopted, NULL, n->e) == 0) {
		n->assigned++;
		n->adopted += adopted;
		return;
	}
	code = command_failed(n->c, n->e);
	if (n->code == EXIT_DONE)
		n->code = code;
}

static int
assign_seen(struct assigning *n)
{
	struct seen s = { calloc(UNASSIGNED_MAX, sizeof(*s.serials)), 0 };
	int rc = s.serials != NULL
		? registry_unassigned(
			  n->c->store, n->agent.id, collect_seen, &s, n->e)
		: error_memory(n->e);

	for (size_t i = 0; rc != -1 && i < s.count && !command_over(n->c); i++)
		assign_one(n, s.serials[i]);
	free(s.serials);
	return rc == -1 ? -1 : 0;
}

static enum exit_code
say_assigned(const struct assigning *n)
{
	const uint64_t taken =
		n->counts[VERDICT_GENUINE] + n->counts[VERDICT_DUPLICATE];
	const uint64_t left =
		n->counts[VERDICT_SPOOF] + n->counts[VERDICT_MALFORMED];

	if (!n->c->json) {
		fprintf(n->c->out,
			"devices assigned: %zu\nnewly registered: %zu\n"
			"messages released: %llu\nstill refused: %llu\n",
			n->assigned, n->adopted, (unsigned long long)taken,
			(unsigned long long)left);
		return n->code;
	}
	return output_json(n->c->out, n->e, "{s:s,s:I,s:I,s:I,s:I}", "agent",
		       n->agent.id, "assigned", (long long)n->assigned,
		       "registered", (long long)n->adopted, "released",
		       (long long)taken, "refused", (long long)left) == -1
		? command_failed(n->c, n->e)
		: n->code;
}

enum exit_code
command_agent_assign(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct assigning n = { .c = c, .code = EXIT_DONE, .e = &e };

	if (registry_agent_get(c->store, a->operands[0], &n.agent, &e) == -1 ||
		(options_given(a, "unassigned") ? assign_seen(&n)
						: assign_named(&n, a)) == -1 ||
		release(&n) == -1)
		return command_failed(c, &e);
	return say_assigned(&n);
}

enum exit_code
command_agent_unassign(struct command_context *c, const struct arguments *a)
{
	const char *serials[ARGUMENTS_MAX];
	struct error e;

	for (size_t i = 1; i < a->operand_count; i++)
		serials[i - 1] = a->operands[i];
	if (registry_unassign(c->store, a->operands[0], serials,
		    a->operand_count - 1, NULL, &e) == -1)
		return command_failed(c, &e);
	return command_done(c, "agent", a->operands[0]);
}
