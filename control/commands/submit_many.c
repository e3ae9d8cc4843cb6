/*
 * History: the mails of a mailbox, handed in by the operator, who speaks for
 * their origin. It may be broken off at any mail, and be run again: what was
 * admitted is a duplicate then.
 */
#include <string.h>

#include "base/progress.h"
#include "control/commands/commands.h"
#include "control/commands/mbox.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "gate/verdict.h"
#include "parser/claims.h"

struct many {
	struct command_context *c;
	char centers[1][CENTER_ID_SIZE];
	struct mbox mbox;
	struct progress progress;
	uint64_t mails;
	uint64_t kinds[VERDICT_TROUBLE + 1]; /* of mails */
	uint64_t reports[VERDICT_TROUBLE + 1];
	uint64_t reasons[REASON_COUNT]; /* of reports that were not taken */
	bool told;                      /* any report of this mail */
};

static void
note_report(const struct told *told, void *arg)
{
	struct many *m = arg;

	m->told = true;
	m->reports[told->verdict->kind]++;
	m->reasons[told->verdict->reason]++;
}

static int
say_mail(struct many *m, const struct verdict *v, struct error *e)
{
	if (m->c->json)
		return output_json(m->c->out, e, "{s:I,s:s,s:s?,s:I,s:I}",
			"message", (long long)m->mails, "verdict",
			verdict_kind_name(v->kind), "reason",
			output_or_null(reason_name(v->reason)), "sequence",
			(long long)v->sequence, "reports",
			(long long)v->reports);
	if (v->kind == VERDICT_GENUINE || v->kind == VERDICT_DUPLICATE)
		return 0;
	progress_clear(&m->progress);
	fprintf(m->c->out, "message %llu: %s %s\n",
		(unsigned long long)m->mails, verdict_kind_name(v->kind),
		reason_name(v->reason));
	return 0;
}

/* One mail. Only trouble ends the work. */
static int
judge(struct many *m, const struct buffer *mail, struct error *e)
{
	char trace[32];
	struct arrival arrival = { .channel = "file",
		.trace = trace,
		.evidence = { .sender = "", .imported = true },
		.centers = (const char(*)[CENTER_ID_SIZE])m->centers,
		.center_count = 1,
		.octets = mail->data,
		.length = mail->length,
		.too_large = message_too_large(mail),
		.tell = note_report,
		.tell_arg = m };
	struct verdict v;

	m->told = false;
	text_format(trace, sizeof(trace), "import:%llu",
		(unsigned long long)m->mails);
	gate_judge(m->c->gate, &arrival, &v);
	m->kinds[v.kind]++;
	if (!m->told) {
		m->reports[v.kind]++;
		m->reasons[v.reason]++;
	}
	if (say_mail(m, &v, e) == -1)
		return -1;
	return v.kind != VERDICT_TROUBLE
		? 0
		: error_set(e, ERROR_TROUBLE,
			  "message %llu cannot be judged now (%.120s): run it "
			  "again later, what was taken is a duplicate then",
			  (unsigned long long)m->mails, v.text);
}

static int
judge_all(struct many *m, struct error *e)
{
	struct buffer mail = {
		.limit = (size_t)m->c->rules->settings->limits.message_size + 1
	};
	int rc;

	while ((rc = mbox_next(&m->mbox, &mail, e)) == 1) {
		m->mails++;
		rc = command_over(m->c) ? error_set(e, ERROR_TROUBLE, "stopped")
					: judge(m, &mail, e);
		buffer_clear(&mail);
		if (rc == -1)
			break;
		progress_show(
			&m->progress, m->mbox.octets, m->c->in_size, m->mails);
	}
	buffer_clear(&mail);
	return rc;
}

static unsigned long long
refused(const uint64_t kinds[VERDICT_TROUBLE + 1])
{
	return kinds[VERDICT_SPOOF] + kinds[VERDICT_MALFORMED] +
		kinds[VERDICT_TROUBLE];
}

static int
say_summary(struct many *m, struct error *e)
{
	if (m->c->json)
		return output_json(m->c->out, e, "{s:I,s:{s:I,s:I,s:I}}",
			"messages", (long long)m->mails, "reports", "genuine",
			(long long)m->reports[VERDICT_GENUINE], "duplicate",
			(long long)m->reports[VERDICT_DUPLICATE], "refused",
			(long long)refused(m->reports));
	fprintf(m->c->out,
		"messages: %llu\nreports taken: %llu\nhad before: %llu\n"
		"not taken: %llu\n",
		(unsigned long long)m->mails,
		(unsigned long long)m->reports[VERDICT_GENUINE],
		(unsigned long long)m->reports[VERDICT_DUPLICATE],
		refused(m->reports));
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		if (m->reasons[i] != 0)
			fprintf(m->c->out, "  %s: %llu\n",
				reason_name((enum reason)i),
				(unsigned long long)m->reasons[i]);
	return 0;
}

static int
begin(struct many *m, const struct arguments *a, struct error *e)
{
	const char *center = options_value(a, "center");

	if (m->c->channel != NULL && m->c->channel[0] != '\0')
		return error_set(
			e, ERROR_DENIED, "only an operator hands in mailboxes");
	if (!claims_center(center, strlen(center), m->centers[0]))
		return error_set(e, ERROR_BAD, "--center: no center ID");
	mbox_begin(&m->mbox, m->c->in);
	progress_start(&m->progress, m->c->json ? NULL : m->c->err,
		m->c->terminal, "messages");
	return 0;
}

enum exit_code
command_submit_many(struct command_context *c, const struct arguments *a)
{
	struct many m = { .c = c };
	struct error e, ignored;
	int rc;

	if (begin(&m, a, &e) == -1)
		return command_failed(c, &e);
	rc = judge_all(&m, &e);
	progress_end(&m.progress, m.mbox.octets, c->in_size, m.mails);
	if (say_summary(&m, rc == -1 ? &ignored : &e) == -1)
		rc = -1;
	if (rc == -1)
		return command_failed(c, &e);
	return refused(m.kinds) == 0 ? EXIT_DONE : EXIT_NO;
}
