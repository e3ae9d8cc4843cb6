/*
 * The one transaction in which it is decided that a report counts. Order
 * matters: a duplicate is one whatever has happened to its Email-ID since, so
 * that an MTA's retry is always answered as the first time.
 */
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "parser/principal.h"
#include "store/chain.h"
#include "store/flag.h"
#include "store/inside.h"
#include "store/request.h"
#include "store/key.h"
#include "store/meta.h"
#include "store/plausible.h"
#include "store/pending_rows.h"
#include "store/publisher.h"
#include "store/reading_rows.h"
#include "store/rows.h"
#include "store/seen.h"

enum { HOUR = 3600, DAY = 24 * HOUR }; /* seconds */

struct admit_call {
	const struct admission *a;
	char email_id[EMAIL_ID_SIZE]; /* "": unsolicited */
	char center[CENTER_ID_SIZE];
	char serial[SERIAL_SIZE];
	int64_t received;
	enum ledger_result result;
	uint64_t sequence;
	struct seen seen;
	unsigned int flags;
	uint64_t same_as;
	struct plausible plausible;
	uint64_t answer; /* number under which the message has answered row */
	bool answers;    /* row, which is open until now */
	bool alone;      /* no others are asked with it */
	struct request row;
	struct activity activity; /* of the device; all 0: none yet */
	const char *used_up;      /* the limit that this one reached */
};

static int
not_believed(struct error *e)
{
	return error_set(e, ERROR_TROUBLE,
		"the clock is not believed; see \"csrcadm clock\"");
}

static const char *
floor_name(enum domain domain)
{
	return domain == DOMAIN_READING  ? META_FLOOR_READING
		: domain == DOMAIN_PLAIN ? META_FLOOR_PLAIN
					 : META_FLOOR_SEALED;
}

/* A maker's text may be weeks old, or of a device whose clock is wrong: both
 * are said of it. */
static bool
in_window(struct admit_call *c)
{
	const struct admission *a = c->a;
	const bool old = a->latest < c->received - a->window;
	const bool future = a->earliest > c->received + a->skew;

	if (a->domain != DOMAIN_READING)
		return !old && !future;
	c->flags = (old ? FLAG_OLD : 0) | (future ? FLAG_FUTURE : 0);
	return a->latest >= c->received - a->reading_window &&
		a->earliest <= c->received + a->reading_window;
}

/* Within the window, and not of a time whose digests were forgotten already
 * (the window may have been narrower then). */
static int
judge_unsolicited(struct db_txn *t, struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;
	uint64_t floor;

	if (meta_number(t, floor_name(a->domain), 0, &floor, e) == -1)
		return -1;
	/* asked in any case: what it flags is flagged, and known for longer */
	if ((!a->dated || !in_window(c) || a->latest <= 0 ||
		    (uint64_t)a->latest <= floor) &&
		!a->accept_date)
		c->result = LEDGER_STALE;
	return 0;
}

/* By an earlier report of the same message, or by its first copy. */
static bool
answered_with(const struct admit_call *c)
{
	return c->row.answered != 0 && c->answer != 0 &&
		c->row.sequence == c->answer;
}

static int
judge_solicited(struct db_txn *t, struct admit_call *c, struct error *e)
{
	int found = rows_request(t, c->email_id, &c->row, e);

	if (found < 0)
		return -1;
	if (found == 0)
		c->result = LEDGER_UNKNOWN_EMAIL_ID;
	else if (strcmp(c->row.center, c->center) != 0 ||
		strcmp(c->row.serial, c->serial) != 0)
		c->result = LEDGER_FOREIGN_EMAIL_ID;
	else if (c->received > c->row.expires ||
		(c->row.cancelled != 0 && c->row.answered == 0))
		c->result = LEDGER_EXPIRED_EMAIL_ID;
	else if (c->row.answered != 0 && !answered_with(c))
		c->result = LEDGER_ANSWERED_EMAIL_ID;
	else
		c->answers = c->row.answered == 0;
	return 0;
}

/* Not before it was asked for. */
static bool
may_answer(const struct admit_call *c)
{
	return c->answers && c->a->dated && c->a->latest >= c->row.issued;
}

/*
 * The same text may be a new answer: of a counter that has not moved, say, with
 * a date that has no time. Whatever else is wrong with the Email-ID, a
 * duplicate it is.
 */
static int
judge_duplicate(struct db_txn *t, struct admit_call *c, struct error *e)
{
	if (c->email_id[0] != '\0' && judge_solicited(t, c, e) == -1)
		return -1;
	c->answers = may_answer(c);
	if (c->answers && c->a->doubted)
		return not_believed(e);
	c->result = c->answers ? LEDGER_DUPLICATE_ANSWER : LEDGER_DUPLICATE;
	c->sequence = c->seen.sequence;
	if (c->email_id[0] != '\0' && c->row.answered != 0 &&
		c->row.sequence == c->sequence)
		c->answer = c->sequence;
	return 0;
}

/* The device's, as of this hour and day. 1; 0: it has none yet; -1. */
static int
find_activity(struct db_txn *t, struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;
	struct activity *y = &c->activity;
	int found = rows_activity(t, c->serial, y, e);

	if (found < 0)
		return -1;
	if (found == 0)
		memset(y, 0, sizeof(*y));
	if (y->hour != a->now / HOUR)
		y->hour_reports = 0;
	if (y->day != a->now / DAY)
		y->day_octets = 0;
	y->hour = a->now / HOUR;
	y->day = a->now / DAY;
	return found;
}

/*
 * What one principal may have admitted in an hour and a day, so that a stolen
 * key or a mad device fills the disk for nobody else. The last report may
 * pass the octets' limit: so it is reached by one report, once.
 */
static int
judge_limits(struct db_txn *t, struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;
	const struct activity *y = &c->activity;

	if (find_activity(t, c, e) < 0)
		return -1;
	if (a->reports_per_hour != 0 &&
		y->hour_reports >= (uint64_t)a->reports_per_hour)
		c->result = LEDGER_OVER_REPORTS;
	else if (a->octets_per_day != 0 &&
		y->day_octets >= (uint64_t)a->octets_per_day)
		c->result = LEDGER_OVER_OCTETS;
	return 0;
}

/* Counts what is admitted, and notes the limit that is reached by it. */
static void
count_activity(struct admit_call *c)
{
	const struct admission *a = c->a;
	struct activity *y = &c->activity;
	const uint64_t reports = (uint64_t)a->reports_per_hour;
	const uint64_t octets = (uint64_t)a->octets_per_day;

	c->used_up = NULL;
	y->hour_reports++;
	if (y->hour_reports == reports)
		c->used_up = "reports of this hour (max_reports_per_hour)";
	y->day_octets += a->line_length;
	if (octets != 0 && y->day_octets >= octets &&
		y->day_octets - a->line_length < octets)
		c->used_up = "octets of this day (max_octets_per_day)";
}

/* While we do not know the time only what needs none is said. */
static int
judge_doubted(struct admit_call *c, struct error *e)
{
	if (c->result == LEDGER_UNKNOWN_EMAIL_ID ||
		c->result == LEDGER_FOREIGN_EMAIL_ID)
		return 0;
	return not_believed(e);
}

/* Does line leave out just what was admitted before? */
static bool
fits(const struct admit_call *c)
{
	const struct known *found = &c->seen.known, *said = &c->a->known;

	return found->reading == said->reading && found->alarms == said->alarms;
}

static int
judge_new(struct db_txn *t, struct admit_call *c, struct error *e)
{
	if ((c->email_id[0] == '\0' ? judge_unsolicited(t, c, e)
				    : judge_solicited(t, c, e)) != 0)
		return -1;
	if (c->a->doubted)
		return judge_doubted(c, e);
	if (c->result != LEDGER_ADMITTED)
		return 0;
	if (!fits(c)) {
		c->result = LEDGER_PARTLY;
		c->sequence = c->seen.sequence;
		return 0;
	}
	return judge_limits(t, c, e);
}

static int
judge(struct db_txn *t, void *arg, struct error *e)
{
	struct admit_call *c = arg;

	c->plausible.flags = 0;
	buffer_clear(&c->plausible.members);
	if (seen_find(t, c->a, &c->seen, e) == -1)
		return -1;
	c->result = LEDGER_ADMITTED;
	c->sequence = 0;
	c->flags = 0;
	c->answers = false;
	return c->seen.duplicate ? judge_duplicate(t, c, e)
				 : judge_new(t, c, e);
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/*
 * Remembered for as long as the content could pass the other checks, which
 * RETENTION is more than enough for: a date ahead of the clock, be it by years,
 * sets no time here. Where it may be ahead, it passes for a window longer.
 */
static int64_t
expires(const struct admit_call *c)
{
	const struct admission *a = c->a;
	int64_t window = a->window;
	int64_t when;

	if (a->domain == DOMAIN_READING)
		window = later(window, a->reading_window) *
			((c->flags & FLAG_FUTURE) != 0 ? 2 : 1);
	when = a->now + window + a->skew + RETENTION +
		(a->accept_date ? a->remember : 0);
	return c->email_id[0] == '\0' ? when
				      : later(when, c->row.expires + RETENTION);
}

static int
put_answered(struct db_txn *t, struct admit_call *c, struct error *e)
{
	if (!c->answers)
		return 0;
	c->row.answered = c->a->now;
	c->row.sequence = c->sequence;
	c->answer = c->sequence;
	if (pending_drop(t, c->serial, c->email_id, e) == -1)
		return -1;
	return request_put(t, &c->row, e);
}

/* By what was admitted before; the rest of its activity is that of then. */
static int
put_confirmed(struct db_txn *t, struct admit_call *c, struct error *e)
{
	struct packer p;
	int found = rows_activity(t, c->serial, &c->activity, e);

	if (found != 1 || !c->answers)
		return found < 0 ? -1 : 0;
	c->activity.confirmed = c->a->now;
	p = rows_pack_activity(&c->activity);
	return rows_put(t, TABLE_ACTIVITY, c->serial, &p, e);
}

/* A device that was removed since it was judged leaves no trace. */
static int
put_activity(struct db_txn *t, struct admit_call *c, struct error *e)
{
	struct device device;
	int found = rows_device(t, c->serial, &device, e);
	struct activity *activity = &c->activity;
	struct octets key = { c->a->key_id, c->a->key_id_length };
	struct packer p;

	if (found != 1)
		return found;
	activity->reported = c->a->now;
	activity->sequence = c->sequence;
	activity->key_id_length = key.length;
	if (c->answers)
		activity->confirmed = c->a->now;
	count_activity(c);
	if (key.length > 0) {
		memcpy(activity->key_id, key.data, key.length);
		if (key_used(t, &key, c->a->now, e) == -1)
			return -1;
	}
	p = rows_pack_activity(activity);
	return rows_put(t, TABLE_ACTIVITY, c->serial, &p, e);
}

/* Numbers that were skipped, when an older store was put back, are a break of
 * the chain that says so. */
static enum buffer_result
put_chain(struct buffer *line, const struct admit_call *c,
	const struct chain *head)
{
	char hex[2 * SHA256_SIZE + 1];
	enum buffer_result bad;

	text_hex(head->digest, sizeof(head->digest), hex);
	bad = buffer_format(line, "{\"sequence\":%llu,\"chain\":\"%s\"",
		(unsigned long long)c->sequence, hex);
	if (head->sequence != 0 && head->sequence + 1 != c->sequence)
		bad |= buffer_format(line,
			",\"restored\":{\"after\":%llu,\"to\":%llu}",
			(unsigned long long)head->sequence,
			(unsigned long long)c->sequence - 1);
	return bad;
}

/* What only the ledger knows of a record, in front of the rest. */
static enum buffer_result
put_members(struct buffer *line, const struct admit_call *c)
{
	enum buffer_result bad = BUFFER_OK;
	char flags[FLAGS_SIZE];

	if (c->seen.known.reading)
		bad |= buffer_format(line, ",\"alarm_of\":%llu",
			(unsigned long long)c->seen.sequence);
	if (c->same_as != 0)
		bad |= buffer_format(line, ",\"same_as\":%llu",
			(unsigned long long)c->same_as);
	if (c->flags != 0) {
		flags_text(c->flags, "\",\"", flags);
		bad |= buffer_format(line, ",\"flags\":[\"%s\"]", flags);
	}
	return bad |
		buffer_append(line, c->plausible.members.data,
			c->plausible.members.length);
}

static int
put_outbox(struct db_txn *t, const struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;
	struct packer p = rows_pack_sequence(c->sequence);
	struct octets key = pack_row(&p), row;
	struct buffer line = { 0 };
	struct chain head;
	int rc = -1;

	if (chain_head(t, &head, e) == -1)
		return -1;
	if (put_chain(&line, c, &head) != BUFFER_OK ||
		put_members(&line, c) != BUFFER_OK ||
		buffer_text(&line, a->line[1] == '}' ? "" : ",") != BUFFER_OK ||
		buffer_append(&line, a->line + 1, a->line_length - 1) !=
			BUFFER_OK) {
		error_memory(e);
	} else {
		row = (struct octets){ line.data, line.length };
		rc = db_put(t, TABLE_OUTBOX, &key, &row, e);
		if (rc == 0)
			rc = chain_set(t, c->sequence, (char *)line.data,
				line.length, e);
	}
	buffer_clear(&line);
	return rc;
}

/* Only a maker's text comes in several shapes at once. */
static int
put_reading(struct db_txn *t, struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;
	struct reading_note note = { .serial = c->serial,
		.sequence = c->sequence };

	c->same_as = 0;
	if (a->counter_count == 0 || a->retention == 0 || a->known.reading)
		return 0;
	if (a->domain == DOMAIN_READING &&
		reading_same(t, a, c->serial, &c->same_as, e) == -1)
		return -1;
	if (c->same_as == 0 &&
		plausible_judge(
			t, a, c->serial, c->sequence, &c->plausible, e) == -1)
		return -1;
	c->flags |= c->plausible.flags;
	note.same_as = c->same_as;
	note.flags = c->flags;
	return reading_put(t, a, &note, e);
}

/*
 * A duplicate by what it says is known by its octets from now on, so that a
 * format file that learns to read more of them does not make it new. It takes
 * one of the hour's reports, as long as half of them are left for new ones:
 * copies must not fill the disk. Of a log that grows, and comes whole each
 * time, nothing is kept.
 */
static int
put_wrapping(struct db_txn *t, struct admit_call *c, struct error *e)
{
	const uint64_t limit = (uint64_t)c->a->reports_per_hour;
	struct packer p;
	int found;

	if (!c->alone || !c->seen.by_said || c->a->doubted)
		return 0;
	found = find_activity(t, c, e);
	if (found != 1)
		return found;
	if (limit != 0 && c->activity.hour_reports >= limit / 2)
		return 0;
	c->activity.hour_reports++;
	p = rows_pack_activity(&c->activity);
	if (rows_put(t, TABLE_ACTIVITY, c->serial, &p, e) == -1)
		return -1;
	return seen_put_octets(t, c->a, c->sequence, expires(c), e);
}

static int
admit(struct db_txn *t, struct admit_call *c, struct error *e)
{
	if (judge(t, c, e) == -1)
		return -1;
	if (c->result == LEDGER_DUPLICATE_ANSWER)
		return put_answered(t, c, e) == -1 ? -1
						   : put_confirmed(t, c, e);
	if (c->result == LEDGER_DUPLICATE)
		return put_wrapping(t, c, e);
	if (c->result != LEDGER_ADMITTED)
		return 0;
	if (meta_number(t, META_NEXT_SEQUENCE, 1, &c->sequence, e) == -1 ||
		meta_set(t, META_NEXT_SEQUENCE, c->sequence + 1, e) == -1 ||
		put_answered(t, c, e) == -1 ||
		seen_put(t, c->a, c->sequence, expires(c), e) == -1 ||
		put_activity(t, c, e) != 0 || put_reading(t, c, e) == -1 ||
		put_outbox(t, c, e) == -1)
		return -1;
	return 0;
}

struct admit_calls {
	struct admit_call *calls;
	size_t count;
};

static int
admit_all(struct db_txn *t, void *arg, struct error *e)
{
	const struct admit_calls *all = arg;
	uint64_t answer = all->calls[0].a->answer;

	for (size_t i = 0; i < all->count; i++) {
		all->calls[i].answer = answer;
		all->calls[i].alone = all->count == 1;
		if (admit(t, &all->calls[i], e) == -1)
			return -1;
		answer = all->calls[i].answer;
	}
	return 0;
}

/* What is said has a window; nothing else has. */
static bool
names_well(const struct admission *a)
{
	const bool reading = a->domain == DOMAIN_READING;

	return a->key_id_length <= KEY_ID_MAX &&
		a->now >= (a->doubted ? 0 : 1) && a->window >= 0 &&
		a->skew >= 0 && a->remember >= 0 && a->received >= 0 &&
		a->received <= a->now && a->reading_window >= 0 &&
		a->retention >= 0 &&
		(a->counter_count == 0 ||
			(a->assurance != NULL && a->model != NULL &&
				strlen(a->model) < MODEL_SIZE)) &&
		a->max_pages_per_day >= 0 && reading == (a->said != NULL) &&
		(a->said == NULL || a->said->alarm_count <= ALARMS_MAX);
}

static int
take_names(struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;

	if (!claims_center(a->center, strlen(a->center), c->center) ||
		!claims_serial(a->serial, strlen(a->serial), c->serial) ||
		(a->email_id[0] != '\0' &&
			!claims_email_id(a->email_id, strlen(a->email_id),
				c->email_id)) ||
		!names_well(a))
		return error_set(e, ERROR_BAD, "this is no admission");
	c->received = a->received != 0 ? a->received : a->now;
	return 0;
}

static int
check_line(const struct admission *a, struct error *e)
{
	if (a->line_length < 2 || a->line_length > INT32_MAX ||
		a->line[0] != '{' || a->line[a->line_length - 1] != '}' ||
		memchr(a->line, '\n', a->line_length) != NULL)
		return error_set(e, ERROR_BAD, "the record is no line");
	return 0;
}

/* As many as one transaction may hold. */
static size_t
count_slice(const struct admission *a, size_t count)
{
	size_t digests = 0, octets = 0, n;

	for (n = 0; n < count && n < LEDGER_AT_ONCE; n++) {
		digests += 2 + (a[n].said != NULL ? a[n].said->alarm_count : 0);
		octets += a[n].line_length;
		if (n > 0 &&
			(digests > LEDGER_DIGESTS || octets > LEDGER_OCTETS))
			break;
	}
	return n;
}

static void
tell_used_up(const struct admit_call *c)
{
	char principal[PRINCIPAL_SIZE];

	if (c->result == LEDGER_ADMITTED && c->used_up != NULL &&
		principal_spell(PRINCIPAL_DEVICE, c->serial, principal))
		log_warn("%s has used up its %s: more from it gets a 4xx until "
			 "that is over",
			principal, c->used_up);
}

static struct admitted
outcome(const struct admit_call *c)
{
	return (struct admitted){ .result = c->result,
		.sequence = c->sequence,
		.by_said = c->seen.by_said,
		.known = c->seen.known,
		.flags = c->flags,
		.same_as = c->same_as,
		.answer = c->answer };
}

int
ledger_admit_many(struct store *s, const struct admission *admissions,
	size_t count, struct admitted *admitted_r, size_t *taken_r,
	struct error *e)
{
	struct admit_calls all = { .count = count_slice(admissions, count) };
	bool admitted = false;
	int rc = -1;

	if (store_healthy_but_clock(s, e) == -1)
		return -1;
	all.calls = calloc(all.count + 1, sizeof(*all.calls));
	if (all.calls == NULL)
		return error_memory(e);
	for (size_t i = 0; i < all.count; i++) {
		all.calls[i].a = &admissions[i];
		if (take_names(&all.calls[i], e) != 0 ||
			check_line(&admissions[i], e) == -1)
			goto out;
	}
	if (all.count > 0 && store_write(s, DURABLE, admit_all, &all, e) == -1)
		goto out;
	for (size_t i = 0; i < all.count; i++) {
		admitted = admitted || all.calls[i].result == LEDGER_ADMITTED;
		tell_used_up(&all.calls[i]);
		admitted_r[i] = outcome(&all.calls[i]);
	}
	if (admitted)
		publisher_wake(s->publisher);
	*taken_r = all.count;
	rc = 0;
out:
	for (size_t i = 0; i < all.count; i++)
		buffer_clear(&all.calls[i].plausible.members);
	free(all.calls);
	return rc;
}

int
ledger_admit(struct store *s, const struct admission *a,
	struct admitted *admitted_r, struct error *e)
{
	size_t taken;

	return ledger_admit_many(s, a, 1, admitted_r, &taken, e);
}

int
ledger_probe(struct store *s, const struct admission *a,
	struct admitted *admitted_r, struct error *e)
{
	struct admit_call c = { .a = a, .answer = a->answer };

	if (take_names(&c, e) != 0 || store_read(s, judge, &c, e) == -1)
		return -1;
	*admitted_r = outcome(&c);
	return 0;
}
