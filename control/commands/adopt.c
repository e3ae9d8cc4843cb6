/*
 * Devices that send and that nobody registered: which there are, and how one is
 * registered with what was seen of it. Nothing that was seen proves anything;
 * so the operator says what is to be believed.
 */
#include <string.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/commands/device_fields.h"
#include "control/commands/unknown.h"
#include "control/output.h"
#include "gate/verdict.h"
#include "store/agent.h"

static int
say_json(struct command_context *c, const struct unknown *u, struct error *e)
{
	char last[TEXT_TIME_SIZE], sender[OUTPUT_CELL_SIZE];

	return output_json(c->out, e, "{s:s,s:s?,s:s?,s:I,s:s,s:s?,s:s?,s:s?}",
		"serial", u->serial, "format", output_or_null(u->format),
		"model", output_or_null(u->model), "mails", (long long)u->mails,
		"last", output_time(u->last, last), "center",
		output_or_null(u->center), "sender",
		output_or_null(output_cell(u->sender, sender)), "client",
		output_or_null(u->client));
}

static void
say_text(struct columns *columns, const struct unknown *u)
{
	char last[TEXT_TIME_SIZE], mails[24];
	char model[OUTPUT_CELL_SIZE], sender[OUTPUT_CELL_SIZE];

	text_format(mails, sizeof(mails), "%llu", (unsigned long long)u->mails);
	columns_row(columns,
		(const char *const[]){ u->serial, u->format,
			output_cell(u->model, model), mails,
			output_time(u->last, last), u->center, u->client,
			output_cell(u->sender, sender) });
}

static void
say_cut(struct command_context *c, const struct unknown_list *list)
{
	if (list->cut && !c->json)
		fprintf(c->err,
			"csrcadm: not all: the newest %d messages are read, "
			"and the first %d serials are told\n",
			UNKNOWN_FILES, UNKNOWN_SERIALS);
}

static int
say_all(struct command_context *c, const struct unknown_list *list,
	struct error *e)
{
	static const char *const names[] = { "SERIAL", "FORMAT", "MODEL",
		"MAILS", "LAST", "CENTER", "CLIENT", "SENDER" };
	struct columns columns;
	int rc = 0;

	columns_begin(&columns, c->out, names, 8);
	for (size_t i = 0; i < list->count && rc == 0; i++) {
		if (c->json)
			rc = say_json(c, &list->rows[i], e);
		else
			say_text(&columns, &list->rows[i]);
	}
	columns_end(&columns);
	say_cut(c, list);
	return rc;
}

enum exit_code
command_device_unknown(struct command_context *c, const struct arguments *a)
{
	struct unknown_list list = { .count = 0 };
	const char *center = options_value(a, "center");
	char id[CENTER_ID_SIZE];
	struct error e = { ERROR_NONE, "" };
	int rc;

	if (center != NULL && !claims_center(center, strlen(center), id))
		return command_refused(
			c, ERROR_BAD, "%s is no center ID", center);
	list.center = center != NULL ? id : NULL;
	rc = unknown_find(c, &list, &e);
	if (rc == 0)
		rc = say_all(c, &list, &e);
	unknown_clear(&list);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

/* What the operator has to say, and what was seen. */
static int
ask_for_more(const struct unknown *u, const char *missing, struct error *e)
{
	char sender[OUTPUT_CELL_SIZE];

	return error_set(e, ERROR_USAGE,
		"--%s is needed; its last mail came from %.100s at %.60s, to "
		"center %s",
		missing,
		u->sender[0] != '\0' ? output_cell(u->sender, sender)
				     : "nobody",
		u->client[0] != '\0' ? u->client : "an unknown place",
		u->center[0] != '\0' ? u->center : "-");
}

static int
fill(struct device *d, const struct unknown *u, const struct arguments *a,
	struct error *e)
{
	static const char *const wanted[] = { "protection", "from", "network" };
	const char *center = options_value(a, "center");
	const char *value;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		value = options_value(a, wanted[i]);
		if (value == NULL)
			return ask_for_more(u, wanted[i], e);
		if (device_field_set(d, (size_t)device_field_find(wanted[i]),
			    value, e) == -1)
			return -1;
	}
	(void)text_copy(d->serial, sizeof(d->serial), u->serial);
	if (device_field_set(
		    d, (size_t)device_field_find("model"), u->model, e) == -1)
		d->model[0] = '\0';
	return device_field_set(d, (size_t)device_field_find("center"),
		center != NULL ? center : u->center, e);
}

/* What waits is judged again; one that is still refused does not hold up the
 * others. */
static int
release(struct command_context *c, const struct unknown_list *list,
	uint64_t counts[VERDICT_TROUBLE + 1], struct error *e)
{
	struct verdict v;

	for (size_t i = 0; i < list->file_count; i++) {
		if (command_over(c))
			return error_set(e, ERROR_TROUBLE, "stopped");
		if (quarantine_release(c->gate, list->files[i], false, &v, e) ==
			-1) {
			if (e->code != ERROR_NOT_FOUND)
				return -1;
			continue;
		}
		counts[v.kind]++;
		if (v.kind == VERDICT_TROUBLE)
			return error_set(e, ERROR_TROUBLE, "%s", v.text);
	}
	return 0;
}

static enum exit_code
say_adopted(struct command_context *c, const struct device *d,
	const uint64_t counts[VERDICT_TROUBLE + 1])
{
	const uint64_t taken =
		counts[VERDICT_GENUINE] + counts[VERDICT_DUPLICATE];
	const uint64_t left = counts[VERDICT_SPOOF] + counts[VERDICT_MALFORMED];
	struct error e;

	if (c->json) {
		if (output_json(c->out, &e, "{s:s,s:s,s:I,s:I}", "serial",
			    d->serial, "center", d->center, "released",
			    (long long)taken, "refused", (long long)left) == -1)
			return command_failed(c, &e);
	} else {
		fprintf(c->out,
			"%s is registered with center %s\nmessages released: "
			"%llu\nstill refused: %llu\n",
			d->serial, d->center, (unsigned long long)taken,
			(unsigned long long)left);
	}
	return left == 0 ? EXIT_DONE : EXIT_NO;
}

/* Which agent has seen the printer? "": none. */
struct sighting {
	struct store *store;
	const char *serial;
	char agent[AGENT_ID_SIZE];
	struct error *e;
};

static int
is_sighted(const struct unassigned *u, void *arg)
{
	struct sighting *s = arg;

	if (strcmp(u->serial, s->serial) != 0)
		return 0;
	memcpy(s->agent, u->agent, sizeof(s->agent));
	return 1;
}

static int
ask_agent(const struct agent *agent, void *arg)
{
	struct sighting *s = arg;

	return registry_unassigned(s->store, agent->id, is_sighted, s, s->e);
}

/* What agents seal is not read here: it is an assignment that takes it in. */
static enum exit_code
refuse_unknown(struct command_context *c, const char *serial)
{
	struct error e = { ERROR_NONE, "" };
	struct sighting s = { .store = c->store, .serial = serial, .e = &e };

	if (registry_agents(c->store, ask_agent, &s, &e) == -1)
		return command_failed(c, &e);
	if (s.agent[0] != '\0')
		return command_refused(c, ERROR_NOT_FOUND,
			"agent %s has seen %s: \"csrcadm agent assign %s %s\" "
			"registers it",
			s.agent, serial, s.agent, serial);
	return command_refused(c, ERROR_NOT_FOUND,
		"no message in the quarantine names %s, or it is registered; "
		"\"csrcadm device add\" registers others",
		serial);
}

static enum exit_code
adopt(struct command_context *c, const struct arguments *a,
	struct unknown_list *list)
{
	struct device d = { .enabled = true };
	uint64_t counts[VERDICT_TROUBLE + 1] = { 0 };
	struct error e;

	if (unknown_find(c, list, &e) == -1)
		return command_failed(c, &e);
	if (list->count == 0)
		return refuse_unknown(c, list->serial);
	if (fill(&d, &list->rows[0], a, &e) == -1 ||
		registry_device_add(c->store, &d, 1, NULL, &e) == -1 ||
		release(c, list, counts, &e) == -1)
		return command_failed(c, &e);
	return say_adopted(c, &d, counts);
}

enum exit_code
command_device_adopt(struct command_context *c, const struct arguments *a)
{
	struct unknown_list list = { .count = 0 };
	char serial[SERIAL_SIZE];
	enum exit_code code;

	if (!claims_serial(a->operands[0], strlen(a->operands[0]), serial))
		return command_refused(
			c, ERROR_BAD, "%s is no serial", a->operands[0]);
	list.serial = serial;
	code = adopt(c, a, &list);
	unknown_clear(&list);
	return code;
}
