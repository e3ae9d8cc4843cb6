/*
 * Runs the table of checks: what is of a piece once, what is of a report for
 * each of its reports. A report's line in the log, and what its channel hears
 * of it, wait for the next report, since one that stays alone is the message.
 */
#include "gate/message.h"

#include <string.h>

#include "gate/lacking.h"
#include "gate/outcome.h"
#include "gate/verdict.h"

/* A report that was judged. */
struct judged {
	struct verdict verdict;
	struct findings findings;
};

struct message {
	const struct judgement *all;
	bool explain;
	struct verdict *best;
	struct judged last;
	size_t pieces, piece; /* so far; that in hand */
	size_t count;         /* reports so far */
	size_t expected;      /* reports, as far as is known */
	size_t kinds[VERDICT_TROUBLE + 1];
	enum reason refused; /* the first refusal's */
	bool devices;        /* the reports are of several */
	bool over;           /* trouble: it ends here */
	struct lacking lacking;
	struct lacked lacked; /* where only some are judged */
	/* The first that must be kept; share: SHARE_STRANGER: none. */
	struct verdict kept;
};

/* Notes for explain what a check came to. */
static void
note(struct finding *row, const char *check, int rc, const struct judgement *j)
{
	bool failed = rc != CHECK_PASSED && rc != CHECK_SKIPPED;
	bool both = failed && j->saw[0] != '\0' &&
		strcmp(j->saw, j->error.text) != 0;

	row->check = check;
	row->outcome = failed         ? FINDING_FAILED
		: rc == CHECK_SKIPPED ? FINDING_SKIPPED
				      : FINDING_PASSED;
	/* Cutting a long explanation short is fine. */
	(void)text_format(row->saw, sizeof(row->saw), "%s%s%s",
		failed && !both ? "" : j->saw, both ? "; " : "",
		failed ? j->error.text : "");
}

/*
 * Runs the checks of a piece or of a report in order; returns how the last one
 * run came out. rows has a row a check, or is NULL.
 */
static int
run_checks(struct judgement *j, bool of_report, struct finding *rows)
{
	const struct check *checks;
	const char *failed = NULL;
	size_t count = check_table(&checks);
	int rc, last = CHECK_PASSED;
	int (*run)(struct judgement *);

	for (size_t i = 0; i < count; i++) {
		run = of_report ? checks[i].report : checks[i].piece;
		if (run == NULL && failed == NULL)
			continue;
		j->saw[0] = '\0';
		if (failed != NULL)
			SAW(j, "not reached: %s failed", failed);
		rc = failed == NULL ? run(j) : CHECK_SKIPPED;
		if (rows != NULL && rc != CHECK_STANDS)
			note(&rows[i], checks[i].name, rc, j);
		if (rc == CHECK_SKIPPED || rc == CHECK_STANDS)
			continue;
		last = rc;
		if (rc != CHECK_PASSED)
			failed = checks[i].name;
	}
	return last;
}

/* Who stands before whom. */
static int
rank(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_TROUBLE:
		return v->over_limit ? 1 : 0;
	case VERDICT_GENUINE:
		return 2;
	case VERDICT_DUPLICATE:
		return 3;
	default:
		return verdict_must_keep(v) ? 4 : 5;
	}
}

/* Says of the last report what was held back; more: at least so many more are
 * known to come. */
static void
tell(const struct message *m, size_t more)
{
	const struct arrival *a = m->all->arrival;
	const size_t known = m->count + more;
	const struct told told = { .number = m->count,
		.total = m->expected > known ? m->expected : known,
		.verdict = &m->last.verdict,
		.findings = m->explain ? &m->last.findings : NULL };

	if (!m->explain && told.total > 1)
		verdict_log(a, &m->last.verdict, told.number, told.total);
	if (a->tell != NULL)
		a->tell(&told, a->tell_arg);
}

static bool
is_refused(const struct verdict *v)
{
	return v->kind == VERDICT_SPOOF || v->kind == VERDICT_MALFORMED;
}

/* Takes the verdict in m->last, of report number of the piece in hand; 0: of
 * all of it. */
static void
take(struct message *m, size_t number)
{
	const struct verdict *v = &m->last.verdict;

	m->devices |= m->count > 0 &&
		strcmp(v->claims.serial, m->best->claims.serial) != 0;
	if (m->count == 0 || rank(v) < rank(m->best))
		*m->best = *v;
	m->count++;
	m->kinds[v->kind]++;
	if (is_refused(v)) {
		lacking_add(&m->lacking, m->piece, number);
		if (m->refused == REASON_NONE)
			m->refused = v->reason;
	}
	if (verdict_must_keep(v) && !verdict_must_keep(&m->kept))
		m->kept = *v;
	/* What is over its device's limit stops nobody else's. */
	m->over |= v->kind == VERDICT_TROUBLE && !v->over_limit;
}

/* A verdict is there; the one before it is no longer alone. */
static void
come_to(struct message *m, struct judgement *j, size_t number, int rc,
	const struct findings *f)
{
	if (m->count > 0)
		tell(m, 1);
	outcome_fill(&m->last.verdict, j, rc);
	if (f != NULL)
		m->last.findings = *f;
	take(m, number);
}

/* The report in j, or that it cannot be read: j->report NULL. */
static void
judge_report(struct message *m, struct judgement *j, size_t number,
	const struct findings *of_piece)
{
	struct findings f;
	int rc;

	if (of_piece != NULL)
		f = *of_piece;
	judgement_gather(j);
	rc = run_checks(j, true, of_piece != NULL ? f.rows : NULL);
	come_to(m, j, number, rc, of_piece != NULL ? &f : NULL);
	judgement_end_report(j);
}

/* What is left of a piece cannot be read for an error of our own. */
static void
give_up(struct message *m, struct judgement *j, const struct findings *f)
{
	j->error = j->report_error;
	come_to(m, j, 0, CHECK_TROUBLE, f);
}

static int
open_reports(struct judgement *j)
{
	const struct reading_source source = { .entity = judgement_entity(j),
		.formats = j->rules->formats,
		.limits = &j->rules->settings->limits,
		.vouched = j->cms != NULL,
		.now = j->now };

	if (source.entity == NULL) /* report_error says why */
		return -1;
	return reports_open(&source, &j->reports, &j->report_error);
}

/* Each of a piece's reports as a judgement of its own. */
static void
judge_each(struct message *m, struct judgement *piece, const struct findings *f)
{
	const size_t total = reports_total(piece->reports);
	struct judgement j = *piece;
	size_t part = SIZE_MAX, same = 0;
	int rc;

	if (total > 1)
		m->expected += total - 1;
	for (size_t number = 1; !m->over; number++) {
		rc = reports_next(j.reports, &j.report, &j.report_error);
		if (rc == 0)
			break;
		if (rc == -1 && j.report_error.code != ERROR_BAD &&
			j.report_error.code != ERROR_LIMIT) {
			give_up(m, &j, f);
			break;
		}
		if (rc == 1) {
			same = j.report->part == part ? same + 1 : 0;
			part = j.report->part;
			j.ordinal = j.cms != NULL ? number - 1 : same;
		}
		if (lacked_has(&m->lacked, m->piece, number))
			judge_report(m, &j, number, f);
		else
			judgement_end_report(&j);
		j = *piece;
	}
}

static void
judge_reports(
	struct message *m, struct judgement *piece, const struct findings *f)
{
	if (open_reports(piece) == 0)
		judge_each(m, piece, f);
	else if (piece->report_error.code == ERROR_TROUBLE)
		give_up(m, piece, f);
	else
		judge_report(m, piece, 0, f);
}

static void
judge_piece(struct message *m, struct judgement *piece)
{
	const struct check *checks;
	struct findings seen = { .count = check_table(&checks) };
	struct findings *f = m->explain ? &seen : NULL;
	int rc;

	m->piece = ++m->pieces;
	if (!lacked_has(&m->lacked, m->piece, 0))
		return;
	rc = run_checks(piece, false, f != NULL ? f->rows : NULL);
	if (rc == CHECK_PASSED)
		judge_reports(m, piece, f);
	else
		come_to(m, piece, 0, rc, f);
}

/* What came of all of them together. */
static void
sum_up(const struct message *m, struct verdict *v)
{
	const size_t refused =
		m->kinds[VERDICT_SPOOF] + m->kinds[VERDICT_MALFORMED];

	v->reports = m->count;
	if (m->count == 1)
		return;
	if (m->devices)
		v->claims.serial[0] = '\0';
	if (v->kind == VERDICT_TROUBLE)
		return;
	(void)text_format(v->text, sizeof(v->text),
		"%zu reports: %zu genuine, %zu duplicate, %zu not admitted%s%s",
		m->count, m->kinds[VERDICT_GENUINE],
		m->kinds[VERDICT_DUPLICATE], refused,
		refused > 0 ? "; the first: " : "",
		refused > 0 ? reason_name(m->refused) : "");
}

/* Which of them, and for whom, a copy is kept for. */
static void
say_lacking(struct message *m, struct verdict *v)
{
	const char *only = m->all->arrival->only;

	if (verdict_must_keep(&m->kept)) {
		v->share = m->kept.share;
		memcpy(v->owner, m->kept.owner, sizeof(v->owner));
		memcpy(v->content, m->kept.content, sizeof(v->content));
	}
	v->refused = m->refused;
	if (m->count == 1 && only == NULL)
		return;
	lacking_end(&m->lacking);
	memcpy(v->lacking, m->lacking.text, sizeof(v->lacking));
	/* What is not found any more is not forgotten. */
	if (only != NULL && !lacked_all(&m->lacked))
		(void)text_copy(v->lacking, sizeof(v->lacking), only);
}

/* Only some were to be judged, and they are not there. */
static void
find_none(struct verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->kind = VERDICT_MALFORMED;
	v->reason = REASON_UNREADABLE;
	(void)text_copy(v->text, sizeof(v->text),
		"the reports that are lacking are not found in it");
}

void
message_judge(const struct judgement *all, struct verdict *v,
	struct findings *findings)
{
	struct message m = { .all = all,
		.explain = findings != NULL,
		.best = v,
		.expected = 1 };
	struct judgement piece = *all;

	lacked_begin(&m.lacked, all->arrival->only);
	piece.octets = all->arrival->octets;
	piece.length = all->arrival->length;
	judge_piece(&m, &piece);
	judgement_end_piece(&piece);
	m.expected = m.count;
	if (m.count > 0)
		tell(&m, 0);
	else
		find_none(v);
	sum_up(&m, v);
	say_lacking(&m, v);
	if (findings != NULL)
		*findings = m.last.findings;
}
