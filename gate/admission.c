/*
 * The last check, and the one that acts: the record is built, and the ledger
 * judges and admits it in one transaction.
 */
#include "gate/judgement.h"

#include <string.h>

#include "gate/issue.h"
#include "gate/said.h"
#include "config/rules.h"
#include "parser/request_text.h"

/* What makes a second copy a copy: what was sealed, of a bundle the line; or a
 * plain report's part. */
static struct span
content_of(const struct judgement *j)
{
	const struct part *part = &judgement_entity(j)->parts[j->report->part];

	if (j->content.length > 0)
		return j->content;
	if (j->sealed)
		return (struct span){ j->opened.data, j->opened.length };
	return (struct span){ part->data, part->length };
}

int
admission_sum(struct judgement *j)
{
	const struct span content = content_of(j);
	const struct crypto_span span = { content.at, content.length };

	return crypto_sha256(&span, 1, j->sum, &j->error);
}

/*
 * The digests that make a second copy a duplicate: of the serial and of what
 * was sealed, or of a plain report's own text. Which of the two comes first, as
 * a word, so that plain never stands for sealed; schema 1 had no such word. Of
 * several reports in one content each but the first is of its sum and its
 * number.
 */
static int
digest_content(struct judgement *j)
{
	const char *domain = j->sealed ? "sealed" : "plain";
	const struct span content = j->ordinal == 0
		? content_of(j)
		: (struct span){ j->sum, sizeof(j->sum) };
	char number[32];

	(void)text_format(number, sizeof(number), "%zu", j->ordinal);
	const struct crypto_span spans[] = {
		{ domain, strlen(domain) + 1 },
		{ j->claims.serial, strlen(j->claims.serial) + 1 },
		{ content.at, content.length },
		{ number, strlen(number) + 1 },
	};
	const size_t count = j->ordinal == 0 ? 3 : 4;

	if (crypto_sha256(spans, count, j->digest, &j->error) == -1)
		return -1;
	return crypto_sha256(spans + 1, count - 1, j->bare_digest, &j->error);
}

/* The request that is answered, for the record; the ledger judges it. */
static int
find_request(struct judgement *j)
{
	if (j->claims.email_id_state != CLAIM_PRESENT ||
		ledger_request(j->store, j->claims.email_id, &j->request,
			&j->error) == 0)
		return 0;
	j->request.id[0] = '\0';
	return j->error.code == ERROR_NOT_FOUND ? 0 : -1;
}

/* What would have been recorded, had it been sent plain: as stamped. */
static int
digest_as_sent(struct judgement *j, unsigned char digest[SHA256_SIZE])
{
	struct buffer content = { 0 };
	struct claims claims;
	int rc = -1;

	issue_claims(&j->request, &claims);
	if (issue_content(&claims, j->request.issued, j->arrival->octets,
		    j->arrival->length, &j->rules->settings->limits, &content,
		    &j->error) == 0)
		rc = issue_digest(
			content.data, content.length, digest, &j->error);
	buffer_clear(&content);
	return rc;
}

/*
 * Key and Email-ID of the center's own mail to a device are right when that
 * mail is sent back. What was recorded with the Email-ID tells it from an
 * answer.
 */
static int
is_reflected(struct judgement *j, bool *yes_r)
{
	unsigned char digest[SHA256_SIZE];
	int rc;

	*yes_r = false;
	if (j->request.id[0] == '\0')
		return 0;
	rc = j->sealed ? issue_digest(j->opened.data, j->opened.length, digest,
				 &j->error)
		       : digest_as_sent(j, digest);
	if (rc == -1)
		return -1;
	*yes_r = memcmp(digest, j->request.digest, sizeof(digest)) == 0;
	return 0;
}

/* A device that reports in two ways is billed by one. */
bool
record_counts(const struct judgement *j)
{
	switch (j->device.counts) {
	case COUNTS_SEALED:
		return j->sealed;
	case COUNTS_PLAIN:
		return !j->sealed;
	case COUNTS_BOTH:
		break;
	}
	return true;
}

/* What of it the device's next readings will be held against. */
static void
keep_reading(const struct judgement *j, struct admission *a)
{
	a->counters = j->report->counters;
	a->counter_count = j->report->counter_count;
	a->timed = j->report->precision >= PRECISION_TIME;
	a->counts = record_counts(j);
	a->assurance = record_assurance(j);
	a->model = j->report->model;
	a->retention = j->rules->settings->readings_retention;
	a->max_pages_per_day = j->rules->settings->max_pages_per_day;
}

/* The ledger's question; it borrows from j. answer: under which number the
 * message has answered its Email-ID, 0: not yet. */
static struct admission
ask_for(const struct judgement *j, uint64_t answer)
{
	const struct settings *s = j->rules->settings;
	const bool reading = !j->sealed && said_by_maker(j->report);
	struct admission a = {
		.center = j->claims.center,
		.serial = j->claims.serial,
		.email_id = j->claims.email_id,
		.key_id = j->key.id,
		.key_id_length = j->sealed ? j->key.id_length : 0,
		.domain = j->sealed ? DOMAIN_SEALED
			: reading   ? DOMAIN_READING
				    : DOMAIN_PLAIN,
		.dated = j->report->dated,
		.earliest = j->report->earliest,
		.latest = j->report->latest,
		.now = j->now,
		.doubted = j->doubted,
		.received = j->received,
		.window = s->report_window,
		.skew = s->clock_skew,
		.said = reading ? &j->said : NULL,
		.reading_window = s->reading_window,
		.known = j->known,
		.answer = answer,
		.accept_date = j->date_accepted,
		.remember = s->quarantine_retention,
		/* history comes at once */
		.reports_per_hour = j->arrival->evidence.imported
			? 0
			: s->max_reports_per_hour,
		.octets_per_day = j->arrival->evidence.imported
			? 0
			: s->max_octets_per_day,
		.line = (const char *)j->line.data,
		.line_length = j->line.length,
	};

	memcpy(a.digest, j->digest, sizeof(a.digest));
	memcpy(a.bare, j->bare_digest, sizeof(a.bare));
	keep_reading(j, &a);
	return a;
}

static const struct {
	int rc; /* a reason, or trouble: it may count later */
	const char *saw;
} ledger_results[] = {
	[LEDGER_ADMITTED] = { REASON_NONE, "new" },
	[LEDGER_DUPLICATE] = { REASON_NONE,
		"this content was admitted before" },
	[LEDGER_DUPLICATE_ANSWER] = { REASON_NONE,
		"this content was admitted before; that is the answer to the "
		"request" },
	[LEDGER_STALE] = { REASON_STALE, "dated outside the report window" },
	[LEDGER_UNKNOWN_EMAIL_ID] = { REASON_UNKNOWN_EMAIL_ID,
		"no such Email-ID was issued" },
	[LEDGER_FOREIGN_EMAIL_ID] = { REASON_FOREIGN_EMAIL_ID,
		"the Email-ID was issued to another device" },
	[LEDGER_EXPIRED_EMAIL_ID] = { REASON_EXPIRED_EMAIL_ID,
		"the Email-ID has expired" },
	[LEDGER_ANSWERED_EMAIL_ID] = { REASON_ANSWERED_EMAIL_ID,
		"the Email-ID was answered with other content" },
	[LEDGER_OVER_REPORTS] = { CHECK_TROUBLE,
		"the device has had its reports of this hour "
		"(max_reports_per_hour)" },
	[LEDGER_OVER_OCTETS] = { CHECK_TROUBLE,
		"the device has had its octets of this day "
		"(max_octets_per_day)" },
	[LEDGER_PARTLY] = { CHECK_TROUBLE, "a part of it was admitted before" },
};

static int
build(struct judgement *j)
{
	buffer_clear(&j->line);
	return record_build(j, &j->line, &j->error);
}

static void
take_result(struct judgement *j, const struct admitted *r, uint64_t *answer)
{
	j->ledger = r->result;
	j->sequence = r->sequence;
	if (r->result == LEDGER_PARTLY)
		j->known = r->known;
	if (r->answer != 0)
		*answer = r->answer;
}

/* With another record than before. */
static int
ask_again(struct judgement *j, uint64_t *answer)
{
	struct admitted admitted;
	struct admission a;

	if (build(j) == -1)
		return -1;
	a = ask_for(j, *answer);
	if ((j->dry ? ledger_probe : ledger_admit)(
		    j->store, &a, &admitted, &j->error) == -1)
		return -1;
	take_result(j, &admitted, answer);
	return 0;
}

/*
 * What was admitted before is left out of the record, which may be more by the
 * time that it is asked for again. What would only be stale is asked again as
 * what the operator says of it: so the record tells, and only where it was so.
 */
static int
settle(struct judgement *j, uint64_t *answer)
{
	enum { TRIES = 8 };

	for (int i = 0; i < TRIES; i++) {
		if (j->ledger == LEDGER_STALE && j->arrival->accept_date &&
			!j->date_accepted)
			j->date_accepted = true;
		else if (j->ledger != LEDGER_PARTLY)
			return 0;
		if (ask_again(j, answer) == -1)
			return -1;
	}
	return error_set(&j->error, ERROR_TROUBLE,
		"what is known of it changes all the time");
}

/* Nothing but the type that only a center sends: what stands beside it may be
 * a reading. */
static bool
is_request(const struct entity *entity)
{
	for (size_t i = 0; entity != NULL && i < entity->part_count; i++)
		if (strcmp(entity->parts[i].type, REQUEST_TYPE) != 0)
			return false;
	return entity != NULL && entity->part_count > 0;
}

int
check_direction(struct judgement *j)
{
	bool reflected = is_request(judgement_entity(j));

	if (find_request(j) == -1 ||
		(!reflected && is_reflected(j, &reflected) == -1))
		return CHECK_TROUBLE;
	return reflected ? REFUSE(j, REASON_FOREIGN_EMAIL_ID,
				   "the center's own mail, sent back")
			 : CHECK_PASSED;
}

/* How the check comes out, by what the ledger has said. */
static int
conclude(struct judgement *j)
{
	const int rc = ledger_results[j->ledger].rc;

	SAW(j, "%s",
		j->ledger == LEDGER_STALE && !j->report->dated
			? j->report->undated
			: ledger_results[j->ledger].saw);
	if (rc != CHECK_PASSED)
		error_set(&j->error, ERROR_DENIED, "%s", j->saw);
	return rc;
}

int
check_ledger(struct judgement *j)
{
	uint64_t answer = 0;

	if (j->report->kind == REPORT_ANSWER &&
		j->claims.email_id_state != CLAIM_PRESENT)
		return REFUSE(j, REASON_UNKNOWN_EMAIL_ID,
			"an answer without an Email-ID");
	if (digest_content(j) == -1 ||
		said_digest(j->claims.serial, j->report, &j->said, &j->error) ==
			-1 ||
		build(j) == -1)
		return CHECK_TROUBLE;
	if (!j->dry)
		return CHECK_WAITS;
	if (ask_again(j, &answer) == -1 || settle(j, &answer) == -1)
		return CHECK_TROUBLE;
	return conclude(j);
}

/* As many of the first as the ledger takes at once; 0: trouble, in the first
 * one's error. */
static size_t
admit_some(
	struct judgement *const *rows, int *rcs, size_t count, uint64_t *answer)
{
	struct admission asked[LEDGER_AT_ONCE];
	struct admitted admitted[LEDGER_AT_ONCE];
	size_t taken;

	if (count > LEDGER_AT_ONCE)
		count = LEDGER_AT_ONCE;
	for (size_t i = 0; i < count; i++)
		asked[i] = ask_for(rows[i], *answer);
	if (ledger_admit_many(rows[0]->store, asked, count, admitted, &taken,
		    &rows[0]->error) == -1)
		return 0;
	for (size_t i = 0; i < taken; i++) {
		take_result(rows[i], &admitted[i], answer);
		rcs[i] = settle(rows[i], answer) == -1 ? CHECK_TROUBLE
						       : conclude(rows[i]);
	}
	return taken;
}

void
admission_decide(
	struct judgement *const *rows, int *rcs, size_t count, uint64_t *answer)
{
	size_t taken;

	for (; count > 0; rows += taken, rcs += taken, count -= taken) {
		taken = admit_some(rows, rcs, count, answer);
		if (taken == 0)
			break;
	}
	for (size_t i = 0; i < count; i++) {
		rows[i]->error = rows[0]->error;
		rcs[i] = CHECK_TROUBLE;
	}
}
