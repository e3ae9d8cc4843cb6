/*
 * The quarantine: messages that were not admitted and wait for a second look.
 */
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "gate/quarantine.h"
#include "config/rules.h"

struct walk {
	struct command_context *c;
	struct error *e;
	struct columns columns;
};

static const char *
directory_of(const struct command_context *c)
{
	return c->rules->settings->quarantine_directory;
}

/* Exactly, where JSON can say it; as in text where it is no UTF-8. */
static json_t *
json_sender(const char *sender)
{
	char printable[4 * QUARANTINE_SENDER_SIZE + 1];
	json_t *exact = json_string(sender);

	if (exact != NULL)
		return exact;
	text_printable(sender, strlen(sender), printable, sizeof(printable));
	return json_string(printable);
}

static int
list_one(const struct quarantined *q, void *arg)
{
	struct walk *w = arg;
	char when[TEXT_TIME_SIZE];
	char sender[4 * QUARANTINE_SENDER_SIZE + 1], size[24];

	if (command_over(w->c))
		return error_set(w->e, ERROR_TROUBLE, "stopped");
	output_time(q->received, when);
	if (w->c->json)
		return output_json(w->c->out, w->e,
			"{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:o,s:s,s:s,s:s,s:s}",
			"name", q->name, "received", when, "size",
			(long long)q->size, "verdict", q->verdict, "reason",
			q->reason, "channel", q->channel, "queue_id", q->trace,
			"sender", json_sender(q->sender), "client", q->client,
			"centers", q->centers, "share", share_name(q->share),
			"owner", q->owner);
	text_printable(q->sender, strlen(q->sender), sender, sizeof(sender));
	text_format(size, sizeof(size), "%lld", (long long)q->size);
	columns_row(&w->columns,
		(const char *const[]){ q->name, when, size, q->verdict,
			q->reason, q->centers, q->client, sender,
			share_name(q->share), q->owner });
	return 0;
}

enum exit_code
command_quarantine_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "NAME", "RECEIVED", "SIZE",
		"VERDICT", "REASON", "CENTERS", "CLIENT", "SENDER", "SHARE",
		"OWNER" };
	struct error e = { ERROR_NONE, "" };
	struct walk w = { .c = c, .e = &e };
	int rc;

	(void)a;
	columns_begin(&w.columns, c->out, names, 10);
	rc = quarantine_each(directory_of(c), list_one, &w, &e);
	columns_end(&w.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

enum exit_code
command_quarantine_show(struct command_context *c, const struct arguments *a)
{
	struct error e;

	/* Who reads along should know before it is there. */
	if (c->terminal) {
		fputs("csrcadm: a message follows as it came: it may hold "
		      "names, addresses and numbers of people\n",
			c->err);
		fflush(c->err);
	}
	if (quarantine_show(directory_of(c), a->operands[0],
		    isatty(fileno(c->out)), c->out, &e) == -1)
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

		if (quarantine_release(c->gate, name,
			    options_given(a, "accept-date"), &verdict,
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
		if (gate_forget(c->gate, a->operands[i], &e) == -1)
			return command_failed(c, &e);
	}
	return EXIT_DONE;
}
