/*
 * The quarantine: mails that were not admitted and wait for a second look.
 */
#include <string.h>

#include "admin/commands.h"
#include "admin/output.h"
#include "gate/quarantine.h"
#include "gate/rules.h"

struct walk {
	struct command_context *c;
	struct error *e;
};

static const char *
directory_of(const struct command_context *c)
{
	return c->rules->settings->quarantine_directory;
}

static const char *
or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static int
list_one(const struct quarantined *q, void *arg)
{
	struct walk *w = arg;
	char when[TEXT_TIME_SIZE];

	if (command_over(w->c))
		return error_set(w->e, ERROR_TROUBLE, "stopped");
	output_time(q->received, when);
	if (w->c->json)
		return output_json(w->c->out, w->e,
			"{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s}", "name",
			q->name, "received", when, "size", (long long)q->size,
			"verdict", q->verdict, "reason", q->reason, "queue_id",
			q->queue_id, "sender", q->sender, "client", q->client,
			"centers", q->centers);
	fprintf(w->c->out, "%s %s %lld %s %s %s %s %s\n", q->name, when,
		(long long)q->size, q->verdict, q->reason, or_dash(q->centers),
		or_dash(q->client), or_dash(q->sender));
	return 0;
}

enum exit_code
command_quarantine_list(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct walk w = { c, &e };

	(void)a;
	if (quarantine_each(directory_of(c), list_one, &w, &e) != 0)
		return command_failed(c, &e);
	return EXIT_DONE;
}

enum exit_code
command_quarantine_show(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (quarantine_show(directory_of(c), a->operands[0], c->out, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

static int
say_verdict(struct command_context *c, const char *name,
	const struct verdict *v, struct error *e)
{
	if (c->json)
		return output_json(c->out, e, "{s:s,s:s,s:s,s:I}", "name", name,
			"verdict", verdict_kind_name(v->kind), "reason",
			reason_name(v->reason), "sequence",
			(long long)v->sequence);
	fprintf(c->out, "%s %s %s %llu\n", name, verdict_kind_name(v->kind),
		reason_name(v->reason), (unsigned long long)v->sequence);
	return 0;
}

enum exit_code
command_quarantine_release(struct command_context *c, const struct arguments *a)
{
	enum exit_code code = EXIT_DONE;
	struct verdict verdict;
	struct error e;

	for (size_t i = 0; i < a->operand_count; i++) {
		const char *name = a->operands[i];

		if (quarantine_release(c->gate, directory_of(c), name, &verdict,
			    &e) == -1 ||
			say_verdict(c, name, &verdict, &e) == -1)
			return command_failed(c, &e);
		if (verdict.kind == VERDICT_TROUBLE)
			return EXIT_TROUBLE;
		if (verdict.kind != VERDICT_GENUINE &&
			verdict.kind != VERDICT_DUPLICATE)
			code = EXIT_NO;
	}
	return code;
}

enum exit_code
command_quarantine_remove(struct command_context *c, const struct arguments *a)
{
	struct error e;

	for (size_t i = 0; i < a->operand_count; i++) {
		if (quarantine_remove(directory_of(c), a->operands[i], &e) ==
			-1)
			return command_failed(c, &e);
	}
	return EXIT_DONE;
}
