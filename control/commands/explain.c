/*
 * explain: one mail from a file through the gate's own judgement, with every
 * check and what it saw, and nothing changed.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "base/buffer.h"
#include "config/rules.h"
#include "store/registry.h"

typedef char center_id[CENTER_ID_SIZE];

struct recipients {
	center_id centers[ARGUMENTS_MAX];
	size_t count;
};

static int
only_center(const struct center *center, void *arg)
{
	struct recipients *r = arg;

	if (r->count < 2)
		memcpy(r->centers[r->count++], center->id, CENTER_ID_SIZE);
	return r->count == 2;
}

static bool
known(const struct recipients *r, const char *center)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->centers[i], center) == 0)
			return true;
	}
	return false;
}

/* The centers among --to; without it the only center there is. */
static int
find_centers(struct command_context *c, const struct arguments *a,
	struct recipients *r, struct error *e)
{
	const char *addresses[ARGUMENTS_MAX];
	size_t count = options_values(a, "to", addresses);

	r->count = 0;
	if (count == 0) {
		if (registry_centers(c->store, only_center, r, e) == -1)
			return -1;
		return r->count == 1
			? 0
			: error_set(e, ERROR_USAGE, "which center? Give --to");
	}
	for (size_t i = 0; i < count; i++) {
		int is = gate_center_of(
			c->gate, addresses[i], r->centers[r->count], e);

		if (is == -1)
			return -1;
		if (is == 1 && !known(r, r->centers[r->count]))
			r->count++;
	}
	return 0;
}

static const char *
outcome_name(const struct finding *f)
{
	return f->outcome == FINDING_PASSED    ? "passed"
		: f->outcome == FINDING_FAILED ? "failed"
					       : "skipped";
}

/* What a check saw may come out of a hostile arrival. */
static void
say_findings(FILE *out, const struct findings *findings)
{
	char safe[1024];

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->rows[i];

		text_printable(f->saw, strlen(f->saw), safe, sizeof(safe));
		fprintf(out, "%-10s %-8s %s\n", f->check, outcome_name(f),
			safe);
	}
}

static void
say_decision(FILE *out, const struct verdict *v)
{
	char safe[1024];

	text_printable(v->text, strlen(v->text), safe, sizeof(safe));
	fprintf(out, "verdict: %s%s%s%s%s%s\n", verdict_kind_name(v->kind),
		v->reason != REASON_NONE ? " " : "",
		v->reason != REASON_NONE ? reason_name(v->reason) : "",
		safe[0] != '\0' ? " (" : "", safe, safe[0] != '\0' ? ")" : "");
}

/* Of several reports each has been told. */
static void
say_text(FILE *out, const struct arrival *arrival, const struct verdict *v,
	const struct findings *findings)
{
	char safe[1024];

	if (v->reports <= 1)
		say_findings(out, findings);
	say_decision(out, v);
	fprintf(out, "channel: %s\n", arrival->channel);
	if (v->owner[0] == '\0')
		return;
	text_printable(v->owner, strlen(v->owner), safe, sizeof(safe));
	fprintf(out, "owner: %s, for whom it would be kept\n", safe);
}

static json_t *
list_findings(const struct findings *findings)
{
	json_t *array = json_array();
	char safe[1024];

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->rows[i];

		text_printable(f->saw, strlen(f->saw), safe, sizeof(safe));
		json_array_append_new(array,
			json_pack("{s:s,s:s,s:s}", "check", f->check, "outcome",
				outcome_name(f), "saw", safe));
	}
	return array;
}

static int
say_json(FILE *out, const struct arrival *arrival, const struct verdict *v,
	const struct findings *findings, struct error *e)
{
	char safe[1024];

	text_printable(v->text, strlen(v->text), safe, sizeof(safe));
	return output_json(out, e,
		"{s:s,s:s,s:s?,s:s?,s:b,s:s?,s:s?,s:s?,s:s?,s:I,s:o}",
		"channel", arrival->channel, "verdict",
		verdict_kind_name(v->kind), "reason",
		output_or_null(reason_name(v->reason)), "text",
		output_or_null(safe), "sealed", v->sealed, "center",
		output_or_null(v->claims.center), "serial",
		output_or_null(v->claims.serial), "email_id",
		output_or_null(v->claims.email_id), "owner",
		output_or_null(v->owner), "reports", (json_int_t)v->reports,
		"findings", list_findings(findings));
}

/* One of several reports. */
static void
say_report(const struct told *told, void *arg)
{
	const struct command_context *c = arg;
	const struct verdict *v = told->verdict;
	char safe[1024];
	struct error ignored;

	if (told->total <= 1)
		return;
	if (!c->json) {
		fprintf(c->out, "report %zu of %zu\n", told->number,
			told->total);
		say_findings(c->out, told->findings);
		say_decision(c->out, v);
		fputs("\n", c->out);
		return;
	}
	text_printable(v->text, strlen(v->text), safe, sizeof(safe));
	(void)output_json(c->out, &ignored, "{s:I,s:I,s:s,s:s?,s:s?,s:s?,s:o}",
		"report", (json_int_t)told->number, "of",
		(json_int_t)told->total, "verdict", verdict_kind_name(v->kind),
		"reason", output_or_null(reason_name(v->reason)), "text",
		output_or_null(safe), "serial",
		output_or_null(v->claims.serial), "findings",
		list_findings(told->findings));
}

static enum exit_code
judge(struct command_context *c, struct arrival *arrival)
{
	struct findings findings = { 0 };
	struct verdict verdict;
	struct error e;

	arrival->tell = say_report;
	arrival->tell_arg = c;
	gate_explain(c->gate, arrival, &verdict, &findings);
	if (!c->json)
		say_text(c->out, arrival, &verdict, &findings);
	else if (say_json(c->out, arrival, &verdict, &findings, &e) == -1)
		return command_failed(c, &e);
	if (verdict.kind == VERDICT_TROUBLE)
		return EXIT_TROUBLE;
	return verdict.kind == VERDICT_GENUINE ? EXIT_DONE : EXIT_NO;
}

/* No center among the recipients: none of our business. */
static enum exit_code
say_untouched(struct command_context *c)
{
	if (c->json)
		output_json(c->out, NULL, "{s:s}", "verdict", "untouched");
	else
		fprintf(c->out,
			"verdict: untouched (no recipient is a "
			"center; the mail passes)\n");
	return EXIT_NO;
}

enum exit_code
command_explain(struct command_context *c, const struct arguments *a)
{
	const char *from = options_value(a, "from");
	struct recipients recipients;
	struct buffer octets = { 0 };
	struct arrival arrival = { .channel = CHANNEL_MAIL,
		.trace = "",
		.evidence.sender = from ? from : "" };
	enum exit_code code;
	struct error e;

	if (message_client(
		    options_value(a, "client"), &arrival.evidence.client) == -1)
		return command_refused(c, ERROR_USAGE,
			"--client takes an IP address, not %s",
			options_value(a, "client"));
	if (find_centers(c, a, &recipients, &e) == -1 ||
		message_read(c, &octets, &e) == -1) {
		code = command_failed(c, &e);
	} else if (recipients.count == 0) {
		code = say_untouched(c);
	} else {
		arrival.centers = (const center_id *)recipients.centers;
		arrival.center_count = recipients.count;
		arrival.octets = octets.data;
		arrival.length = octets.length;
		arrival.too_large = message_too_large(&octets);
		code = judge(c, &arrival);
	}
	buffer_clear(&octets);
	return code;
}
