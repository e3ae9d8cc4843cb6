/*
 * The verbs of a channel: submit hands over a message, identify asks whether
 * an ID is known, before anything is transferred. What a channel is called is
 * the daemon's word, from who asks; an operator's messages come by none.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "control/commands/commands.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "parser/claims.h"
#include "parser/principal.h"
#include "store/agent.h"
#include "store/registry.h"

#define CHANNEL_FILE "file"

enum { TRACE_MAX = 64 };

/* A message, and what its channel says of it. */
struct submission {
	struct arrival arrival;
	char centers[1][CENTER_ID_SIZE];
	char principal[PRINCIPAL_SIZE];
	char caller[TELEPHONE_SIZE], station[TELEPHONE_SIZE];
	struct buffer octets;
};

static bool
from_channel(const struct command_context *c)
{
	return c->channel != NULL && c->channel[0] != '\0';
}

static int
read_center(const struct arguments *a, char center_r[CENTER_ID_SIZE],
	struct error *e)
{
	const char *text = options_value(a, "center");

	if (!claims_center(text, strlen(text), center_r))
		return error_set(e, ERROR_BAD, "--center: no center ID");
	return 0;
}

/* It stands in log lines, and in a file's prologue. */
static int
read_trace(const struct arguments *a, const char **trace_r, struct error *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-_.:@/+=";
	const char *text = options_value(a, "trace");
	size_t length = text != NULL ? strlen(text) : 0;

	*trace_r = text != NULL ? text : "";
	if (length > TRACE_MAX || strspn(*trace_r, good) != length)
		return error_set(e, ERROR_BAD,
			"--trace: 1 to %d letters, digits and -_.:@/+=",
			TRACE_MAX);
	return 0;
}

/* Whom the transport proved the peer to be, and how. */
static int
read_principal(const struct arguments *a, struct submission *s, struct error *e)
{
	const char *text = options_value(a, "principal");
	const char *how = options_value(a, "how");

	if (text == NULL)
		return 0;
	if (!principal_parse(text, strlen(text), s->principal))
		return error_set(
			e, ERROR_BAD, "--principal: device:SERIAL or agent:ID");
	if (strcmp(how, "login") == 0)
		s->arrival.evidence.login = s->principal;
	else if (strcmp(how, "certificate") == 0)
		s->arrival.evidence.certificate = s->principal;
	else
		return error_set(e, ERROR_USAGE, "--how: login or certificate");
	return 0;
}

/* Anybody can set what a line says, and a machine that says no number, or none
 * that could be one, has said nothing. */
static void
read_line(const struct arguments *a, struct submission *s)
{
	const char *caller = options_value(a, "caller");
	const char *station = options_value(a, "station");

	if (caller != NULL && telephone_read(caller, s->caller))
		s->arrival.evidence.caller = s->caller;
	if (station == NULL)
		return;
	(void)telephone_read(station, s->station);
	s->arrival.evidence.station = s->station;
}

static int
read_evidence(struct command_context *c, const struct arguments *a,
	struct submission *s, struct error *e)
{
	const char *client = options_value(a, "client");

	if (!from_channel(c) &&
		(client != NULL || options_given(a, "principal") ||
			options_given(a, "caller") ||
			options_given(a, "station")))
		return error_set(e, ERROR_DENIED,
			"a file has no evidence: only a channel says "
			"--principal, --how, --client, --caller and "
			"--station");
	read_line(a, s);
	if (message_client(client, &s->arrival.evidence.client) == -1)
		return error_set(e, ERROR_BAD, "--client: no IP address");
	return read_principal(a, s, e);
}

static int
read_submission(struct command_context *c, const struct arguments *a,
	struct submission *s, struct error *e)
{
	s->arrival.channel = from_channel(c) ? c->channel : CHANNEL_FILE;
	/* An operator's file is as good as a mail from nowhere: it must be
	 * where its device may send from anywhere. */
	s->arrival.evidence.sender = from_channel(c) ? NULL : "";
	s->arrival.receipt = true;
	s->arrival.centers = (const char(*)[CENTER_ID_SIZE])s->centers;
	s->arrival.center_count = 1;
	if (read_center(a, s->centers[0], e) == -1 ||
		read_trace(a, &s->arrival.trace, e) == -1 ||
		read_evidence(c, a, s, e) == -1 ||
		message_read(c, &s->octets, e) == -1)
		return -1;
	s->arrival.octets = s->octets.data;
	s->arrival.length = s->octets.length;
	s->arrival.too_large = message_too_large(&s->octets);
	return 0;
}

/* For one that has no mailbox: what was admitted, before or now, or is kept,
 * is taken. */
static const char *
disposal_name(const struct verdict *v)
{
	if (v->kind == VERDICT_TROUBLE || v->disposal == DISPOSAL_LATER)
		return "later";
	return v->kind == VERDICT_GENUINE || v->kind == VERDICT_DUPLICATE ||
			v->quarantined
		? "taken"
		: "refused";
}

/* What is said of a message, and of its reports before it. */
struct answer {
	FILE *reports;
	bool lines; /* a line a report; else they are an array's elements */
};

/* What came of a report: its reason is a word of ours, and its serial is
 * printable. */
static void
note_report(const struct told *told, void *arg)
{
	const struct answer *answer = arg;
	const struct verdict *v = told->verdict;
	const bool why = v->reason != REASON_NONE;
	char serial[2 * SERIAL_SIZE] = "";

	(void)text_json(v->claims.serial, serial, sizeof(serial));
	if (answer->lines)
		fprintf(answer->reports, "{\"report\":%zu,\"serial\":\"%s\",",
			told->number, serial);
	else
		fputs(told->number == 1 ? "{" : ",{", answer->reports);
	fprintf(answer->reports,
		"\"verdict\":\"%s\",\"reason\":%s%s%s,\"sequence\":%llu}%s",
		verdict_kind_name(v->kind), why ? "\"" : "",
		why ? reason_name(v->reason) : "null", why ? "\"" : "",
		(unsigned long long)v->sequence, answer->lines ? "\n" : "");
}

/* A channel hears no more than it needs: why is in the log. Written as it is
 * noted, since ten thousand reports are many values. */
static int
say_json(struct command_context *c, const struct verdict *v, bool lines,
	const char *reports, struct error *e)
{
	if (lines)
		fputs(reports, c->out);
	fprintf(c->out,
		"{\"verdict\":\"%s\",\"reason\":", verdict_kind_name(v->kind));
	output_text(c->out, reason_name(v->reason));
	fprintf(c->out, ",\"sequence\":%llu,\"disposal\":\"%s\",",
		(unsigned long long)v->sequence, disposal_name(v));
	if (lines)
		fprintf(c->out, "\"kept\":%s",
			v->quarantined ? "true" : "false");
	else
		fprintf(c->out, "\"reports\":[%s]", reports);
	fputs(",\"principal\":", c->out);
	output_text(c->out, v->principal);
	fputs(",\"receipt\":", c->out);
	output_text(c->out, v->receipt);
	fputs("}\n", c->out);
	return ferror(c->out)
		? error_set(e, ERROR_TROUBLE, "the output is closed")
		: 0;
}

static int
say_verdict(struct command_context *c, const struct verdict *v, bool lines,
	const char *reports, struct error *e)
{
	if (c->json || from_channel(c) || lines)
		return say_json(c, v, lines, reports, e);
	fprintf(c->out, "verdict: %s", verdict_kind_name(v->kind));
	if (v->reason != REASON_NONE)
		fprintf(c->out, " %s", reason_name(v->reason));
	if (v->sequence != 0)
		fprintf(c->out, " sequence=%llu",
			(unsigned long long)v->sequence);
	if (v->reports > 1)
		fprintf(c->out, " (%s)", v->text);
	fprintf(c->out, "\ndisposal: %s\n", disposal_name(v));
	return 0;
}

/* What is said of the reports is noted while they are judged, since ten
 * thousand are many. */
static enum exit_code
judge(struct command_context *c, struct arrival *arrival, bool lines)
{
	struct verdict v;
	struct error e;
	char *text = NULL;
	size_t length;
	struct answer answer = { open_memstream(&text, &length), lines };
	int rc;

	if (answer.reports == NULL)
		return command_refused(c, ERROR_TROUBLE, "out of memory");
	arrival->tell = note_report;
	arrival->tell_arg = &answer;
	gate_judge(c->gate, arrival, &v);
	if (fclose(answer.reports) != 0)
		rc = error_memory(&e);
	else
		rc = say_verdict(c, &v, lines, text, &e);
	free(text);
	if (rc == -1)
		return command_failed(c, &e);
	if (v.kind == VERDICT_TROUBLE)
		return EXIT_TROUBLE;
	return v.kind == VERDICT_GENUINE ? EXIT_DONE : EXIT_NO;
}

enum exit_code
command_submit(struct command_context *c, const struct arguments *a)
{
	struct submission s = { .octets = { 0 } };
	enum exit_code code;
	struct error e;

	if (options_given(a, "mbox") || options_given(a, "maildir"))
		return command_submit_many(c, a);

	if (read_submission(c, a, &s, &e) == -1)
		code = command_failed(c, &e);
	else
		code = judge(c, &s.arrival, options_given(a, "reports"));
	buffer_clear(&s.octets);
	return code;
}

/* What is known of an ID. */
struct identity {
	bool registered, enabled, of_center, of_channel;
	uint64_t printers; /* that are assigned to an agent */
};

static int
look_up_agent(struct command_context *c, const char *name, const char *center,
	struct identity *id, struct error *e)
{
	struct agent agent;

	if (registry_agent_get(c->store, name, &agent, e) == -1)
		return e->code == ERROR_NOT_FOUND ? 0 : -1;
	id->registered = true;
	id->printers = agent.devices;
	id->enabled = agent.enabled;
	id->of_center = strcmp(agent.center, center) == 0;
	id->of_channel = from_channel(c) &&
		strcmp(registry_channel_name(BY_AGENT), c->channel) == 0;
	return 0;
}

static int
look_up(struct command_context *c, const char *principal, const char *center,
	struct identity *id, struct error *e)
{
	const char *serial = principal_name(principal, PRINCIPAL_DEVICE);
	const char *agent = principal_name(principal, PRINCIPAL_AGENT);
	struct device device;

	if (agent != NULL)
		return look_up_agent(c, agent, center, id, e);
	if (serial == NULL)
		return 0;
	if (registry_device_get(c->store, serial, &device, e) == -1)
		return e->code == ERROR_NOT_FOUND ? 0 : -1;
	id->registered = true;
	id->enabled = device.enabled;
	id->of_center = strcmp(device.center, center) == 0;
	id->of_channel = from_channel(c) &&
		strcmp(registry_channel_name(device.channel), c->channel) == 0;
	return 0;
}

static int
say_identity(struct command_context *c, const struct identity *id,
	const char *principal, struct error *e)
{
	if (from_channel(c))
		return output_json(c->out, e, "{s:s,s:b,s:b,s:b,s:b,s:I}", "id",
			principal, "registered", id->registered, "enabled",
			id->enabled, "of_center", id->of_center, "of_channel",
			id->of_channel, "printers", (json_int_t)id->printers);
	if (c->json)
		return output_json(c->out, e, "{s:s,s:b,s:b,s:b}", "id",
			principal, "registered", id->registered, "enabled",
			id->enabled, "of_center", id->of_center);
	fprintf(c->out, "%s: %s\n", principal,
		!id->registered          ? "not registered"
			: !id->of_center ? "of another center"
			: !id->enabled   ? "disabled"
					 : "registered");
	return 0;
}

enum exit_code
command_identify(struct command_context *c, const struct arguments *a)
{
	const char *text = a->operands[0];
	struct identity id = { .registered = false };
	char center[CENTER_ID_SIZE], principal[PRINCIPAL_SIZE];
	struct error e;

	if (!principal_parse(text, strlen(text), principal))
		return command_refused(
			c, ERROR_BAD, "an ID is device:SERIAL or agent:ID");
	if (read_center(a, center, &e) == -1 ||
		look_up(c, principal, center, &id, &e) == -1 ||
		say_identity(c, &id, principal, &e) == -1)
		return command_failed(c, &e);
	return id.registered && id.enabled && id.of_center ? EXIT_DONE
							   : EXIT_NO;
}
