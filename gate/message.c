/*
 * Runs the table of checks: what is of a piece once, what is of a report for
 * each of its reports. A report's line in the log, and what its channel hears
 * of it, wait for the next report, since one that stays alone is the message.
 */
#include "gate/message.h"

#include <stdlib.h>
#include <string.h>

#include "gate/lacking.h"
#include "gate/outcome.h"
#include "gate/verdict.h"
#include "parser/date.h"
#include "parser/personal.h"

/* How many times the largest message the mails inside of one may come to,
 * decoded: what is nested twice is held twice. */
enum { NESTED_FACTOR = 4 };

/* How many octets of records wait for the ledger at most, but for the last. */
enum { WAITING_OCTETS = 1 << 20 };

/* A report whose checks were run, but for the ledger's word. */
struct waiting {
	struct judgement j;
	int rc;
	size_t piece, number;
	struct findings findings; /* for explain */
};

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
	size_t mails;         /* inside of the message, so far */
	size_t octets;        /* of these, decoded */
	struct waiting *waiting[LEDGER_AT_ONCE];
	size_t waiting_count, waiting_octets;
	uint64_t answer; /* under which the Email-ID was answered */
	size_t seen;     /* reports so far */
	size_t count;    /* of them, with a verdict */
	size_t expected; /* reports, as far as is known */
	size_t kinds[VERDICT_TROUBLE + 1];
	enum reason refused; /* the first refusal's */
	bool devices;        /* the reports are of several */
	bool over;           /* it ends here */
	bool no_memory;
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

/* Takes the verdict in m->last, of that report. */
static void
take(struct message *m, size_t piece, size_t number)
{
	const struct verdict *v = &m->last.verdict;

	m->devices |= m->count > 0 &&
		strcmp(v->claims.serial, m->best->claims.serial) != 0;
	if (m->count == 0 || rank(v) < rank(m->best))
		*m->best = *v;
	m->count++;
	m->kinds[v->kind]++;
	if (is_refused(v)) {
		lacking_add(&m->lacking, piece, number);
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
come_to(struct message *m, struct waiting *w)
{
	if (m->count > 0)
		tell(m, 1);
	outcome_fill(&m->last.verdict, &w->j, w->rc);
	if (!verdict_must_keep(&m->kept))
		outcome_name(&m->last.verdict, &w->j);
	if (m->explain)
		m->last.findings = w->findings;
	take(m, w->piece, w->number);
}

/* The ledger's word on those that wait for it, and all their verdicts, in
 * order. */
static void
settle(struct message *m)
{
	struct judgement *rows[LEDGER_AT_ONCE];
	int rcs[LEDGER_AT_ONCE];
	size_t count = 0;

	for (size_t i = 0; i < m->waiting_count; i++)
		if (m->waiting[i]->rc == CHECK_WAITS)
			rows[count++] = &m->waiting[i]->j;
	admission_decide(rows, rcs, count, &m->answer);
	count = 0;
	for (size_t i = 0; i < m->waiting_count; i++) {
		if (m->waiting[i]->rc == CHECK_WAITS)
			m->waiting[i]->rc = rcs[count++];
		come_to(m, m->waiting[i]);
		judgement_end_report(&m->waiting[i]->j);
		free(m->waiting[i]);
	}
	m->waiting_count = m->waiting_octets = 0;
}

/*
 * The checks of a report of the piece in hand were run; number 0: of the piece,
 * which is none. What belongs to the report goes with it.
 */
static void
hand_in(struct message *m, struct judgement *j, size_t number, int rc,
	const struct findings *f)
{
	struct waiting *w = malloc(sizeof(*w));

	if (w == NULL) {
		judgement_end_report(j);
		m->no_memory = m->over = true;
		return;
	}
	*w = (struct waiting){ .rc = rc, .piece = m->piece, .number = number };
	w->j = *j;
	if (f != NULL)
		w->findings = *f;
	j->report = NULL;
	memset(&j->line, 0, sizeof(j->line));
	m->seen++;
	m->waiting[m->waiting_count++] = w;
	m->waiting_octets += w->j.line.length;
	if (m->explain || rc == CHECK_TROUBLE ||
		m->waiting_count == LEDGER_AT_ONCE ||
		m->waiting_octets >= WAITING_OCTETS)
		settle(m);
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
	hand_in(m, j, number, rc, of_piece != NULL ? &f : NULL);
}

/* What is left of a piece cannot be read for an error of our own. */
static void
give_up(struct message *m, struct judgement *j, const struct findings *f)
{
	j->error = j->report_error;
	hand_in(m, j, 0, CHECK_TROUBLE, f);
}

/* The device that a maker's text names, as its center has registered it. */
static int
tell_about(const char *serial, void *arg, struct device_hint *hint,
	struct error *e)
{
	const struct judgement *j = arg;
	const struct arrival *m = j->arrival;
	struct device device;
	int found = j->nested
		? registry_device_named(j->store, serial,
			  (const char(*)[CENTER_ID_SIZE])j->forwarder.center, 1,
			  &device, e)
		: registry_device_named(j->store, serial, m->centers,
			  m->center_count, &device, e);

	if (found != 1)
		return found == 0 ? 1 : -1;
	memcpy(hint->serial, device.serial, sizeof(hint->serial));
	hint->order = device.date_order;
	hint->all_labels = j->rules->settings->keep == KEEP_ALL;
	return 0;
}

/* When a mail says that it was written; 0: it does not. */
static int64_t
mail_date(const struct entity *entity)
{
	struct date date;

	return entity->date != NULL && date_read_mail(entity->date, &date)
		? date.earliest
		: 0;
}

/* Is it known where it comes from, before it is read? Else its HTML and files
 * stay closed. 1, 0 or -1. */
static int
is_registered(struct judgement *j)
{
	const struct arrival *m = j->arrival;
	struct device ignored;
	int found;

	if (j->sealed || j->nested || m->evidence.imported ||
		judgement_proved(j) != NULL)
		return 1;
	if (m->evidence.sender == NULL)
		return 0;
	found = registry_sender_find(j->store, m->evidence.sender,
		&m->evidence.client, m->centers, m->center_count, &ignored,
		&j->report_error);
	return found > 0 ? 1 : found;
}

static int
open_reports(struct judgement *j)
{
	const struct settings *s = j->rules->settings;
	const int registered = is_registered(j);
	struct reading_source source = { .entity = judgement_entity(j),
		.formats = j->rules->formats,
		.limits = &s->limits,
		.vouched = registered == 1,
		.keep_all = s->keep == KEEP_ALL,
		.now = j->now,
		.window = s->report_window,
		.about = tell_about,
		.arg = j };

	if (registered == -1 || source.entity == NULL) /* it is said why */
		return -1;
	if (j->sealed && bundle_begin(source.entity, &s->limits, &j->bundle))
		return 0;
	source.mail_date = mail_date(source.entity);
	return reports_open(&source, &j->reports, &j->report_error);
}

/* Too much of something: all that is left is lacking. */
static void
stop(struct message *m, struct judgement *j, const struct findings *f,
	const char *what, int64_t limit)
{
	report_free(&j->report);
	error_set(&j->error, ERROR_LIMIT, "more than %lld %s", (long long)limit,
		what);
	hand_in(m, j, 0, REASON_TOO_LARGE, f);
	settle(m);
	lacking_all(&m->lacking);
	m->over = true;
}

/* The next report of the piece, as reports_next. */
static int
take_report(struct judgement *piece, struct judgement *j)
{
	int rc;

	if (piece->bundle.limits == NULL)
		return reports_next(
			piece->reports, &j->report, &j->report_error);
	rc = bundle_next(&piece->bundle, &j->report, &j->report_error);
	j->content = piece->bundle.line;
	return rc;
}

/* Which one of its content a report is: of a bundle's line it is the only one.
 * What the piece remembers is for the next report. */
static int
find_place(struct judgement *piece, struct judgement *j, size_t number)
{
	const bool again = number > 1 && j->report->part == piece->part;

	if (j->content.length > 0)
		return 0;
	piece->ordinal = piece->sealed ? number - 1
		: again                ? piece->ordinal + 1
				       : 0;
	piece->summed = piece->summed && again;
	piece->part = j->report->part;
	j->ordinal = piece->ordinal;
	if (j->ordinal == 0 || piece->summed)
		return 0;
	if (admission_sum(j) == -1) {
		j->report_error = j->error;
		return -1;
	}
	memcpy(piece->sum, j->sum, sizeof(piece->sum));
	piece->summed = true;
	return 0;
}

/* Each of a piece's reports as a judgement of its own. */
static void
judge_each(struct message *m, struct judgement *piece, const struct findings *f)
{
	const size_t total = piece->bundle.limits != NULL
		? bundle_total(&piece->bundle)
		: reports_total(piece->reports);
	struct judgement j = *piece;
	int rc;

	if (total > 1)
		m->expected += total - 1;
	for (size_t number = 1; !m->over; number++) {
		rc = take_report(piece, &j);
		if (rc == 0)
			break;
		if (m->seen >= (size_t)j.rules->settings->limits.reports) {
			stop(m, &j, f, "reports (max_reports)",
				j.rules->settings->limits.reports);
			break;
		}
		if (rc == -1 && j.report_error.code != ERROR_BAD &&
			j.report_error.code != ERROR_LIMIT) {
			give_up(m, &j, f);
			break;
		}
		if (rc == 1 && find_place(piece, &j, number) == -1) {
			give_up(m, &j, f);
			break;
		}
		if (lacked_has(&m->lacked, m->piece, number))
			judge_report(m, &j, number, f);
		else
			judgement_end_report(&j);
		j = *piece;
	}
}

/* How many mails are inside that will be opened. */
static size_t
count_mails(const struct judgement *piece)
{
	const struct entity *outer = piece->outer;
	size_t count = 0;

	if (outer == NULL || !judgement_opens(piece))
		return 0;
	for (size_t i = 0; i < outer->part_count; i++)
		count += part_is_mail(&outer->parts[i]);
	return count;
}

/* Nothing of its own, around what is forwarded. */
static bool
is_wrapper(const struct judgement *piece)
{
	return !piece->sealed && count_mails(piece) > 0;
}

static void
judge_nothing(
	struct message *m, struct judgement *piece, const struct findings *f)
{
	const struct entity *entity = judgement_entity(piece);

	piece->personal = entity != NULL && personal_is(entity);
	judge_report(m, piece, 0, f);
}

static void
judge_reports(
	struct message *m, struct judgement *piece, const struct findings *f)
{
	if (open_reports(piece) == 0)
		judge_each(m, piece, f);
	else if (piece->report_error.code == ERROR_TROUBLE)
		give_up(m, piece, f);
	else if (is_wrapper(piece))
		m->expected--;
	else
		judge_nothing(m, piece, f);
	reports_close(&piece->reports);
}

static void
judge_piece(struct message *m, struct judgement *piece)
{
	const struct check *checks;
	struct findings seen = { .count = check_table(&checks) };
	struct findings *f = m->explain ? &seen : NULL;
	int rc;

	m->piece = ++m->pieces;
	rc = run_checks(piece, false, f != NULL ? f->rows : NULL);
	if (!lacked_has(&m->lacked, m->piece, 0))
		return; /* there may be others inside of it */
	if (rc == CHECK_PASSED)
		judge_reports(m, piece, f);
	else
		hand_in(m, piece, 0, rc, f);
	/* What was sealed names what must be kept, and goes with the piece. */
	if (piece->sealed && !piece->nested)
		settle(m);
}

static void judge_octets(struct message *m, const struct judgement *outer,
	const unsigned char *octets, size_t length, int64_t depth);

/* Is one more mail inside the message within the limits? It is decoded already,
 * so that what is counted is what was held. */
static bool
may_open(struct message *m, struct judgement *j, size_t length, int64_t depth)
{
	const struct limits *l = &m->all->rules->settings->limits;

	m->octets += length;
	if (++m->mails > (size_t)l->pieces)
		stop(m, j, NULL, "mails in it (max_pieces)", l->pieces);
	else if (depth > l->depth)
		stop(m, j, NULL, "levels of mails in it (max_depth)", l->depth);
	else if (m->octets > NESTED_FACTOR * (size_t)l->message_size)
		stop(m, j, NULL, "octets of mails in it",
			NESTED_FACTOR * l->message_size);
	return !m->over;
}

static void
judge_nested(struct message *m, struct judgement *piece, int64_t depth)
{
	const struct entity *outer = piece->outer;
	const size_t mails = count_mails(piece);

	m->expected += mails;
	if (mails == 0)
		return;
	for (size_t i = 0; i < outer->part_count && !m->over; i++)
		if (part_is_mail(&outer->parts[i]) &&
			may_open(m, piece, outer->parts[i].length, depth))
			judge_octets(m, piece, outer->parts[i].data,
				outer->parts[i].length, depth + 1);
}

/*
 * One mail: a piece, or of a forwarder's as many as it has sealed parts, and
 * the mails inside of it. outer: the piece that it is in; NULL: it is the
 * message.
 */
static void
judge_octets(struct message *m, const struct judgement *outer,
	const unsigned char *octets, size_t length, int64_t depth)
{
	struct judgement piece;
	size_t seal = 0, seals = 1;

	for (; seal < seals && !m->over; seal++) {
		piece = *m->all;
		piece.nested = outer != NULL;
		if (outer != NULL) {
			piece.forwarder = outer->forwarder;
			piece.due = NULL;
		}
		piece.octets = octets;
		piece.length = length;
		piece.seal = seal;
		judge_piece(m, &piece);
		seals = judgement_opens(&piece) ? piece.seals : 1;
		if (seal == 0)
			judge_nested(m, &piece, depth);
		judgement_end_piece(&piece);
	}
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

/* Nothing was judged, or not all: then only some were to be, and they are not
 * there; or memory ran out. */
static void
find_none(const struct message *m, struct verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->kind = m->no_memory ? VERDICT_TROUBLE : VERDICT_MALFORMED;
	v->reason = m->no_memory ? REASON_NONE : REASON_UNREADABLE;
	(void)text_copy(v->text, sizeof(v->text),
		m->no_memory
			? "out of memory"
			: "the reports that are lacking are not found in it");
}

void
message_judge(const struct judgement *all, struct verdict *v,
	struct findings *findings)
{
	struct message m = { .all = all,
		.explain = findings != NULL,
		.best = v,
		.expected = 1 };

	lacked_begin(&m.lacked, all->arrival->only);
	judge_octets(&m, NULL, all->arrival->octets, all->arrival->length, 1);
	settle(&m);
	m.expected = m.count;
	if (m.count > 0)
		tell(&m, 0);
	if (m.count == 0 || m.no_memory)
		find_none(&m, v);
	sum_up(&m, v);
	say_lacking(&m, v);
	if (findings != NULL)
		*findings = m.last.findings;
}
