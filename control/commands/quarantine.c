/*
 * The quarantine: messages that were not admitted and wait for a second look.
 */
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/commands/quarantine_select.h"
#include "control/output.h"
#include "gate/quarantine.h"
#include "config/rules.h"

struct walk {
	struct command_context *c;
	struct error *e;
	struct quarantine_selection selection;
	struct columns columns;
	bool accept_date;
	enum exit_code code; /* of what was done so far */
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
	json_t *exact = sender[0] != '\0' ? json_string(sender) : json_null();

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
	if (!quarantine_selected(&w->selection, q))
		return 0;
	output_time(q->received, when);
	if (w->c->json)
		return output_json(w->c->out, w->e,
			"{s:s,s:s,s:I,s:s?,s:s?,s:s?,s:s?,s:o,s:s?,s:s?,s:s,"
			"s:s?,s:s?}",
			"name", q->name, "received", when, "size",
			(long long)q->size, "verdict",
			output_or_null(q->verdict), "reason",
			output_or_null(q->reason), "channel",
			output_or_null(q->channel), "queue_id",
			output_or_null(q->trace), "sender",
			json_sender(q->sender), "client",
			output_or_null(q->client), "centers",
			output_or_null(q->centers), "share",
			share_name(q->share), "owner",
			output_or_null(q->owner), "lacking",
			output_or_null(q->lacking));
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

	if (quarantine_selection_read(
		    &w.selection, a, store_time(c->store), &e) == -1)
		return command_failed(c, &e);
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

/* The reason is that of what is still lacking, if something is. */
static int
say_verdict(struct command_context *c, const char *name,
	const struct verdict *v, struct error *e)
{
	const char *reason =
		reason_name(v->lacking[0] != '\0' ? v->refused : v->reason);

	if (c->json)
		return output_json(c->out, e, "{s:s,s:s,s:s?,s:I,s:s?}", "name",
			name, "verdict", verdict_kind_name(v->kind), "reason",
			output_or_null(reason), "sequence",
			(long long)v->sequence, "lacking",
			output_or_null(v->lacking));
	fprintf(c->out, "%s %s %s %llu%s%s%s\n", name,
		verdict_kind_name(v->kind), reason,
		(unsigned long long)v->sequence,
		v->lacking[0] != '\0' ? " (lacking: " : "", v->lacking,
		v->lacking[0] != '\0' ? ")" : "");
	return 0;
}

/* Something else than EXIT_DONE or EXIT_NO ends the work. */
static enum exit_code
release(struct walk *w, const char *name)
{
	struct verdict v;

	if (quarantine_release(w->c->gate, name, w->accept_date, &v, w->e) ==
			-1 ||
		say_verdict(w->c, name, &v, w->e) == -1)
		return command_failed(w->c, w->e);
	if (v.kind == VERDICT_TROUBLE)
		return EXIT_TROUBLE;
	return (v.kind == VERDICT_GENUINE || v.kind == VERDICT_DUPLICATE) &&
			v.lacking[0] == '\0'
		? EXIT_DONE
		: EXIT_NO;
}

static enum exit_code
forget(struct walk *w, const char *name)
{
	if (gate_forget(w->c->gate, name, w->e) == -1)
		return command_failed(w->c, w->e);
	return command_done(w->c, "name", name);
}

static int
release_one(const struct quarantined *q, void *arg)
{
	struct walk *w = arg;
	enum exit_code code;

	if (command_over(w->c))
		return error_set(w->e, ERROR_TROUBLE, "stopped");
	if (!quarantine_selected(&w->selection, q))
		return 0;
	code = release(w, q->name);
	if (code != EXIT_DONE)
		w->code = code;
	return code == EXIT_DONE || code == EXIT_NO ? 0 : 1;
}

/* Nobody wrote the names down, so they are told. */
static int
forget_one(const struct quarantined *q, void *arg)
{
	struct walk *w = arg;

	if (command_over(w->c))
		return error_set(w->e, ERROR_TROUBLE, "stopped");
	if (!quarantine_selected(&w->selection, q))
		return 0;
	w->code = forget(w, q->name);
	if (w->code == EXIT_DONE && !w->c->json)
		fprintf(w->c->out, "%s\n", q->name);
	return w->code == EXIT_DONE ? 0 : 1;
}

/* Those that are named, or all that the filters mean. */
static enum exit_code
work_on(struct walk *w, const struct arguments *a,
	enum exit_code (*work)(struct walk *w, const char *name),
	int (*each)(const struct quarantined *q, void *arg))
{
	enum exit_code code;

	if (quarantine_selection_read(
		    &w->selection, a, store_time(w->c->store), w->e) == -1)
		return command_failed(w->c, w->e);
	if (a->operand_count == 0 &&
		quarantine_each(directory_of(w->c), each, w, w->e) == -1)
		return command_failed(w->c, w->e);
	for (size_t i = 0; i < a->operand_count; i++) {
		code = work(w, a->operands[i]);
		if (code != EXIT_DONE)
			w->code = code;
		if (code != EXIT_DONE && code != EXIT_NO)
			break;
	}
	return w->code;
}

enum exit_code
command_quarantine_release(struct command_context *c, const struct arguments *a)
{
	struct error e;
	struct walk w = {
		.c = c, .e = &e, .accept_date = options_given(a, "accept-date")
	};

	return work_on(&w, a, release, release_one);
}

enum exit_code
command_quarantine_remove(struct command_context *c, const struct arguments *a)
{
	struct error e;
	struct walk w = { .c = c, .e = &e };

	return work_on(&w, a, forget, forget_one);
}
