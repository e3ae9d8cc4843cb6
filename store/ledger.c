/*
 * The one transaction in which it is decided that a report counts. Order
 * matters: a duplicate is one whatever has happened to its Email-ID since, so
 * that an MTA's retry is always answered as the first time.
 */
#include "store/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/wipe.h"
#include "parser/principal.h"
#include "store/inside.h"
#include "store/request.h"
#include "store/key.h"
#include "store/meta.h"
#include "store/pending_rows.h"
#include "store/publisher.h"
#include "store/purge.h"
#include "store/rows.h"

/* Room before a line for {"sequence":18446744073709551615, */
enum { PREFIX_SIZE = 40 };
enum { HOUR = 3600, DAY = 24 * HOUR }; /* seconds */

struct admit_call {
	const struct admission *a;
	char email_id[EMAIL_ID_SIZE]; /* "": unsolicited */
	char center[CENTER_ID_SIZE];
	char serial[SERIAL_SIZE];
	int64_t received;
	unsigned char *line; /* PREFIX_SIZE, then the line after its brace */
	enum ledger_result result;
	uint64_t sequence;
	bool answers; /* row, which is open until now */
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

/* Within the window, and not of a time whose digests were forgotten already
 * (the window may have been narrower then). */
static int
judge_unsolicited(struct db_txn *t, struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;
	uint64_t floor;

	if (meta_number(t,
		    a->domain == DOMAIN_PLAIN ? META_FLOOR_PLAIN
					      : META_FLOOR_SEALED,
		    0, &floor, e) == -1)
		return -1;
	if (a->accept_date)
		return 0;
	if (!a->dated || a->latest < c->received - a->window ||
		a->earliest > c->received + a->skew || a->latest <= 0 ||
		(uint64_t)a->latest <= floor)
		c->result = LEDGER_STALE;
	return 0;
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
	else if (c->row.answered != 0)
		c->result = LEDGER_ANSWERED_EMAIL_ID;
	else
		c->answers = true;
	return 0;
}

/* What schema 1 remembered has no domain; it is gone once that has expired. */
static int
find_seen(struct db_txn *t, const struct admission *a, struct seen_row *seen,
	struct error *e)
{
	int found = rows_seen(t, a->digest, seen, e);
	uint64_t last;

	if (found != 0)
		return found;
	if (meta_number(t, META_BARE_DIGESTS, 0, &last, e) == -1)
		return -1;
	return last == 0 ? 0 : rows_seen(t, a->bare, seen, e);
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
judge_duplicate(struct db_txn *t, struct admit_call *c,
	const struct seen_row *seen, struct error *e)
{
	if (c->email_id[0] != '\0' && judge_solicited(t, c, e) == -1)
		return -1;
	c->answers = may_answer(c);
	if (c->answers && c->a->doubted)
		return not_believed(e);
	c->result = c->answers ? LEDGER_DUPLICATE_ANSWER : LEDGER_DUPLICATE;
	c->sequence = seen->sequence;
	return 0;
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

static int
judge(struct db_txn *t, void *arg, struct error *e)
{
	struct admit_call *c = arg;
	struct seen_row seen;
	int found = find_seen(t, c->a, &seen, e);

	if (found < 0)
		return -1;
	c->result = LEDGER_ADMITTED;
	c->sequence = 0;
	c->answers = false;
	if (found == 1)
		return judge_duplicate(t, c, &seen, e);
	if ((c->email_id[0] == '\0' ? judge_unsolicited(t, c, e)
				    : judge_solicited(t, c, e)) != 0)
		return -1;
	if (c->a->doubted)
		return judge_doubted(c, e);
	return c->result == LEDGER_ADMITTED ? judge_limits(t, c, e) : 0;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The date that is forgotten with the content. One that cannot be right yet
 * says nothing of what will be forgotten then. */
static int64_t
forgotten_date(const struct admission *a)
{
	return a->dated && a->latest > 0 && a->earliest <= a->now + a->skew
		? a->latest
		: 0;
}

/*
 * Remembered for as long as the content could pass the other checks, which
 * RETENTION is more than enough for: a date ahead of the clock, be it by years,
 * sets no time here.
 */
static int
put_seen(struct db_txn *t, const struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;
	struct seen_row seen = { .domain = a->domain,
		.sequence = c->sequence,
		.latest = forgotten_date(a) };
	struct octets key = { a->digest, SHA256_SIZE }, row;
	struct packer p;

	seen.expires = a->now + a->window + a->skew + RETENTION +
		(a->accept_date ? a->remember : 0);
	if (c->email_id[0] != '\0')
		seen.expires = later(seen.expires, c->row.expires + RETENTION);
	p = rows_pack_seen(&seen);
	row = pack_row(&p);
	if (db_put(t, TABLE_SEEN, &key, &row, e) == -1)
		return -1;
	return purge_later(
		t, seen.expires, EXPIRY_SEEN, a->digest, SHA256_SIZE, e);
}

static int
put_answered(struct db_txn *t, struct admit_call *c, struct error *e)
{
	if (!c->answers)
		return 0;
	c->row.answered = c->a->now;
	c->row.sequence = c->sequence;
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

/* Writes the sequence number right before the rest of the line. */
static int
put_outbox(struct db_txn *t, const struct admit_call *c, struct error *e)
{
	struct packer p = rows_pack_sequence(c->sequence);
	struct octets key = pack_row(&p), row;
	char prefix[PREFIX_SIZE + 1];
	bool empty = c->line[PREFIX_SIZE] == '}';
	int used = snprintf(prefix, sizeof(prefix), "{\"sequence\":%llu%s",
		(unsigned long long)c->sequence, empty ? "" : ",");

	memcpy(c->line + PREFIX_SIZE - used, prefix, (size_t)used);
	row.data = c->line + PREFIX_SIZE - used;
	row.length = (size_t)used + c->a->line_length - 1;
	return db_put(t, TABLE_OUTBOX, &key, &row, e);
}

static int
admit(struct db_txn *t, void *arg, struct error *e)
{
	struct admit_call *c = arg;

	if (judge(t, c, e) == -1)
		return -1;
	if (c->result == LEDGER_DUPLICATE_ANSWER)
		return put_answered(t, c, e) == -1 ? -1
						   : put_confirmed(t, c, e);
	if (c->result != LEDGER_ADMITTED)
		return 0;
	if (meta_number(t, META_NEXT_SEQUENCE, 1, &c->sequence, e) == -1 ||
		meta_set(t, META_NEXT_SEQUENCE, c->sequence + 1, e) == -1 ||
		put_answered(t, c, e) == -1 || put_seen(t, c, e) == -1 ||
		put_activity(t, c, e) != 0 || put_outbox(t, c, e) == -1)
		return -1;
	return 0;
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
		a->key_id_length > KEY_ID_MAX ||
		a->now < (a->doubted ? 0 : 1) || a->window < 0 || a->skew < 0 ||
		a->remember < 0 || a->received < 0 || a->received > a->now)
		return error_set(e, ERROR_BAD, "this is no admission");
	c->received = a->received != 0 ? a->received : a->now;
	return 0;
}

static int
take_line(struct admit_call *c, struct error *e)
{
	const struct admission *a = c->a;

	if (a->line_length < 2 || a->line_length > INT32_MAX ||
		a->line[0] != '{' || a->line[a->line_length - 1] != '}' ||
		memchr(a->line, '\n', a->line_length) != NULL)
		return error_set(e, ERROR_BAD, "the record is no line");
	c->line = malloc(PREFIX_SIZE + a->line_length);
	if (c->line == NULL)
		return error_memory(e);
	memcpy(c->line + PREFIX_SIZE, a->line + 1, a->line_length - 1);
	return 0;
}

int
ledger_admit(struct store *s, const struct admission *a,
	enum ledger_result *result_r, uint64_t *sequence_r, struct error *e)
{
	struct admit_call c = { .a = a };
	char principal[PRINCIPAL_SIZE];
	int rc = -1;

	if (store_healthy_but_clock(s, e) == -1 || take_names(&c, e) != 0 ||
		take_line(&c, e) == -1)
		goto out;
	if (store_write(s, DURABLE, admit, &c, e) == -1)
		goto out;
	if (c.result == LEDGER_ADMITTED)
		publisher_wake(s->publisher);
	if (c.result == LEDGER_ADMITTED && c.used_up != NULL &&
		principal_spell(PRINCIPAL_DEVICE, c.serial, principal))
		log_warn("%s has used up its %s: more from it gets a 4xx until "
			 "that is over",
			principal, c.used_up);
	*result_r = c.result;
	*sequence_r = c.sequence;
	rc = 0;
out:
	wipe_free(c.line);
	return rc;
}

int
ledger_probe(struct store *s, const struct admission *a,
	enum ledger_result *result_r, uint64_t *sequence_r, struct error *e)
{
	struct admit_call c = { .a = a };

	if (take_names(&c, e) != 0 || store_read(s, judge, &c, e) == -1)
		return -1;
	*result_r = c.result;
	*sequence_r = c.sequence;
	return 0;
}
