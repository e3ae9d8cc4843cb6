/*
 * Collection agents: which there are, and what they did last. What they report
 * is in agent_devices.c, their keys in key.c.
 */
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "control/columns.h"
#include "control/commands/agent_devices.h"
#include "control/commands/commands.h"
#include "control/commands/key_show.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "store/agent.h"

static enum exit_code
done(struct command_context *c, const char *id)
{
	char canonical[AGENT_ID_SIZE];

	return command_done(
		c, "agent", registry_agent_id(id, canonical) ? canonical : id);
}

enum exit_code
command_agent_add(struct command_context *c, const struct arguments *a)
{
	const char *note = options_value(a, "note");
	struct agent agent = { .enabled = true };
	struct error e;

	if (!registry_agent_id(a->operands[0], agent.id))
		return command_refused(c, ERROR_BAD,
			"an agent's ID is 1 to %d of A-Z 0-9 -",
			AGENT_ID_SIZE - 1);
	if (!text_copy(agent.center, sizeof(agent.center),
		    options_value(a, "center")))
		return command_refused(c, ERROR_BAD, "--center: no center ID");
	if (!text_copy(
		    agent.note, sizeof(agent.note), note != NULL ? note : ""))
		return command_refused(c, ERROR_BAD,
			"a note is up to %d octets", AGENT_NOTE_SIZE - 1);
	if (registry_agent_add(c->store, &agent, &e) == -1)
		return command_failed(c, &e);
	return done(c, agent.id);
}

/* Each that is named; one that fails does not hold up the others. */
static enum exit_code
each_named(struct command_context *c, const struct arguments *a,
	int (*change)(struct store *s, const char *id, struct error *e))
{
	enum exit_code code = EXIT_DONE, one;
	struct error e;

	for (size_t i = 0; i < a->operand_count; i++) {
		if (change(c->store, a->operands[i], &e) == 0)
			one = done(c, a->operands[i]);
		else
			one = command_failed(c, &e);
		code = code == EXIT_DONE ? one : code;
	}
	return code;
}

static int
enable(struct store *s, const char *id, struct error *e)
{
	return registry_agent_enable(s, id, true, e);
}

static int
disable(struct store *s, const char *id, struct error *e)
{
	return registry_agent_enable(s, id, false, e);
}

enum exit_code
command_agent_enable(struct command_context *c, const struct arguments *a)
{
	return each_named(c, a, enable);
}

enum exit_code
command_agent_disable(struct command_context *c, const struct arguments *a)
{
	return each_named(c, a, disable);
}

enum exit_code
command_agent_remove(struct command_context *c, const struct arguments *a)
{
	return each_named(c, a, registry_agent_remove);
}

struct listing {
	struct command_context *c;
	struct error *e;
	char center[CENTER_ID_SIZE]; /* "": any */
	bool overdue;
	int64_t before; /* silent since then */
	struct columns columns;
};

static int
read_listing(const struct arguments *a, struct listing *l, struct error *e)
{
	const char *center = options_value(a, "center");
	const char *overdue = options_value(a, "overdue");
	int64_t seconds = 0;

	if (center != NULL && !claims_center(center, strlen(center), l->center))
		return error_set(e, ERROR_BAD, "%s is no center ID", center);
	if (overdue != NULL && text_duration(overdue, &seconds) == -1)
		return error_set(e, ERROR_USAGE,
			"--overdue takes a time such as 36h or 2d, not %s",
			overdue);
	l->overdue = overdue != NULL;
	l->before = store_time(l->c->store) - seconds;
	return 0;
}

static json_t *
agent_object(const struct agent *a)
{
	char created[TEXT_TIME_SIZE], heard[TEXT_TIME_SIZE];
	char reported[TEXT_TIME_SIZE], doubled[TEXT_TIME_SIZE];

	output_time(a->heard, heard);
	output_time(a->reported, reported);
	output_time(a->doubled, doubled);
	return json_pack("{s:s,s:s,s:b,s:s?,s:s,s:I,s:I,s:s?,s:s?,s:s?,s:s?,"
			 "s:s?}",
		"agent", a->id, "center", a->center, "enabled", a->enabled,
		"note", output_or_null(a->note), "created",
		output_time(a->created, created), "devices",
		(json_int_t)a->devices, "unassigned", (json_int_t)a->unassigned,
		"heard", a->heard != 0 ? heard : NULL, "address",
		output_or_null(a->address), "reported",
		a->reported != 0 ? reported : NULL, "two_places",
		a->doubled != 0 ? doubled : NULL, "elsewhere",
		output_or_null(a->elsewhere));
}

static void
agent_row(struct columns *columns, const struct agent *a)
{
	char heard[TEXT_TIME_SIZE], reported[TEXT_TIME_SIZE];
	char devices[24], unassigned[24], note[OUTPUT_CELL_SIZE];

	(void)text_format(devices, sizeof(devices), "%llu",
		(unsigned long long)a->devices);
	(void)text_format(unassigned, sizeof(unassigned), "%llu",
		(unsigned long long)a->unassigned);
	columns_row(columns,
		(const char *const[]){ a->id, a->center,
			a->enabled ? "yes" : "no", devices, unassigned,
			output_time(a->heard, heard),
			output_time(a->reported, reported), a->address,
			output_cell(a->note, note) });
}

static int
list_agent(const struct agent *a, void *arg)
{
	struct listing *l = arg;

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (l->center[0] != '\0' && strcmp(l->center, a->center) != 0)
		return 0;
	if (l->overdue && (!a->enabled || registry_agent_sign(a) >= l->before))
		return 0;
	if (l->c->json)
		return output_json(l->c->out, l->e, "o", agent_object(a));
	agent_row(&l->columns, a);
	return 0;
}

enum exit_code
command_agent_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "AGENT", "CENTER", "ENABLED",
		"DEVICES", "UNASSIGNED", "HEARD", "REPORTED", "ADDRESS",
		"NOTE" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };
	int rc;

	if (read_listing(a, &l, &e) == -1)
		return command_failed(c, &e);
	columns_begin(
		&l.columns, c->out, names, sizeof(names) / sizeof(names[0]));
	rc = registry_agents(c->store, list_agent, &l, &e);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

static int
add_key(const struct key *k, void *arg)
{
	return json_array_append_new(arg, key_object(k));
}

static int
show_key(const struct key *k, void *arg)
{
	fputs("key ", arg);
	key_show(arg, k);
	return 0;
}

static int
say_json(struct command_context *c, const struct agent *a,
	const char *principal, struct error *e)
{
	json_t *object = agent_object(a), *keys = json_array();

	if (object == NULL || keys == NULL ||
		registry_keys(c->store, principal, add_key, keys, e) != 0) {
		json_decref(object);
		json_decref(keys);
		return e->code != ERROR_NONE ? -1 : error_memory(e);
	}
	json_object_set_new(object, "keys", keys);
	return output_json(c->out, e, "o", object);
}

static void
say_text(struct command_context *c, const struct agent *a)
{
	char at[TEXT_TIME_SIZE], cell[OUTPUT_CELL_SIZE];
	FILE *out = c->out;

	fprintf(out, "agent %s\ncenter %s\nenabled %s\nnote %s\n", a->id,
		a->center, a->enabled ? "yes" : "no",
		output_cell(a->note, cell));
	fprintf(out, "created %s\n", output_time(a->created, at));
	fprintf(out, "devices %llu\nunassigned %llu\n",
		(unsigned long long)a->devices,
		(unsigned long long)a->unassigned);
	fprintf(out, "heard %s%s%s\n", output_time(a->heard, at),
		a->address[0] != '\0' ? " from " : "", a->address);
	fprintf(out, "reported %s\n", output_time(a->reported, at));
	if (a->doubled != 0)
		fprintf(out,
			"two places %s, also %s: its key or certificate "
			"may be used elsewhere\n",
			output_time(a->doubled, at), a->elsewhere);
}

static int
say_agent(struct command_context *c, const struct agent *a, struct error *e)
{
	char principal[PRINCIPAL_SIZE];

	(void)principal_spell(PRINCIPAL_AGENT, a->id, principal);
	if (c->json)
		return say_json(c, a, principal, e);
	say_text(c, a);
	return registry_keys(c->store, principal, show_key, c->out, e);
}

enum exit_code
command_agent_show(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct agent agent;
	int rc;

	if (registry_agent_get(c->store, a->operands[0], &agent, &e) == -1)
		return command_failed(c, &e);
	if (options_given(a, "devices"))
		rc = agent_list_devices(c, agent.id, &e);
	else if (options_given(a, "unassigned"))
		rc = agent_list_unassigned(c, agent.id, &e);
	else
		rc = say_agent(c, &agent, &e);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

/* An operator, or the channel that agents come by. */
static bool
may_ask(const struct command_context *c)
{
	return c->channel == NULL || c->channel[0] == '\0' ||
		strcmp(c->channel, registry_channel_name(BY_AGENT)) == 0;
}

static enum exit_code
refuse_channel(struct command_context *c)
{
	return command_refused(c, ERROR_DENIED,
		"agents are no business of the channel %s", c->channel);
}

static int
list_enabled(const struct agent *a, void *arg)
{
	struct listing *l = arg;

	if (!a->enabled)
		return 0;
	if (l->c->json || (l->c->channel != NULL && l->c->channel[0] != '\0'))
		return output_json(l->c->out, l->e, "{s:s,s:s}", "agent", a->id,
			"center", a->center);
	columns_row(&l->columns, (const char *const[]){ a->id, a->center });
	return 0;
}

enum exit_code
command_agent_registry(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "AGENT", "CENTER" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };
	int rc;

	(void)a;
	if (!may_ask(c))
		return refuse_channel(c);
	columns_begin(&l.columns, c->out, names, 2);
	rc = registry_agents(c->store, list_enabled, &l, &e);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

enum exit_code
command_agent_heard(struct command_context *c, const struct arguments *a)
{
	const char *address = options_value(a, "address");
	struct sockaddr_storage client;
	struct agent agent;
	struct error e;
	bool twice;

	if (!may_ask(c))
		return refuse_channel(c);
	if (message_client(address, &client) == -1)
		return command_refused(
			c, ERROR_BAD, "--address: no IP address");
	if (registry_agent_heard(c->store, a->operands[0],
		    address != NULL ? address : "", store_time(c->store),
		    &twice, &agent, &e) == -1)
		return command_failed(c, &e);
	if (twice)
		log_warn("agent %s calls from two places: %s and %s", agent.id,
			agent.elsewhere, agent.address);
	return EXIT_DONE;
}
