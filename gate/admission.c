/*
 * The last check, and the one that acts: the record is built, and the ledger
 * judges and admits it in one transaction.
 */
#include "gate/judgement.h"

#include <string.h>

#include "gate/issue.h"

/* The digest that makes a second copy a duplicate: of the serial and of what
 * was sealed, or of a plain report's own text. */
static int
digest_content(struct judgement *j)
{
	const struct part *part = &j->outer->parts[j->report->part];
	const bool sealed = j->cms != NULL;
	const struct crypto_span spans[] = {
		{ j->claims.serial, strlen(j->claims.serial) + 1 },
		{ sealed ? j->opened.data : part->data,
			sealed ? j->opened.length : part->length },
	};

	return crypto_sha256(spans, 2, j->digest, &j->error);
}

/* The request that is answered, for the record; the ledger judges it. */
static int
find_request(struct judgement *j)
{
	if (j->claims.email_id_state != CLAIM_PRESENT ||
		ledger_email_id(j->store, j->claims.email_id, &j->request,
			&j->error) == 0)
		return 0;
	j->request.id[0] = '\0';
	return j->error.code == ERROR_NOT_FOUND ? 0 : -1;
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

	*yes_r = false;
	if (j->request.id[0] == '\0' || j->cms == NULL)
		return 0;
	if (issue_digest(j->opened.data, j->opened.length, digest, &j->error) ==
		-1)
		return -1;
	*yes_r = memcmp(digest, j->request.digest, sizeof(digest)) == 0;
	return 0;
}

static int
ask_ledger(struct judgement *j, const struct buffer *line)
{
	const struct settings *s = j->rules->settings;
	struct admission a = {
		.center = j->claims.center,
		.serial = j->claims.serial,
		.email_id = j->claims.email_id,
		.key_id = j->key.id,
		.key_id_length = j->cms != NULL ? j->key.id_length : 0,
		.dated = j->report->dated,
		.earliest = j->report->earliest,
		.latest = j->report->latest,
		.now = j->now,
		.received = j->received,
		.window = s->report_window,
		.skew = s->clock_skew,
		.line = (const char *)line->data,
		.line_length = line->length,
	};

	memcpy(a.digest, j->digest, sizeof(a.digest));
	return (j->dry ? ledger_probe : ledger_admit)(
		j->store, &a, &j->ledger, &j->sequence, &j->error);
}

static const struct {
	enum reason reason;
	const char *saw;
} ledger_results[] = {
	[LEDGER_ADMITTED] = { REASON_NONE, "new" },
	[LEDGER_DUPLICATE] = { REASON_NONE,
		"this content was admitted before" },
	[LEDGER_STALE] = { REASON_STALE, "dated outside the report window" },
	[LEDGER_UNKNOWN_EMAIL_ID] = { REASON_UNKNOWN_EMAIL_ID,
		"no such Email-ID was issued" },
	[LEDGER_FOREIGN_EMAIL_ID] = { REASON_FOREIGN_EMAIL_ID,
		"the Email-ID was issued to another device" },
	[LEDGER_EXPIRED_EMAIL_ID] = { REASON_EXPIRED_EMAIL_ID,
		"the Email-ID has expired" },
	[LEDGER_ANSWERED_EMAIL_ID] = { REASON_ANSWERED_EMAIL_ID,
		"the Email-ID was answered with other content" },
};

int
check_ledger(struct judgement *j)
{
	struct buffer line = { 0 };
	bool reflected;
	int rc = CHECK_TROUBLE;

	if (j->report->kind == REPORT_ANSWER &&
		j->claims.email_id_state != CLAIM_PRESENT)
		return REFUSE(j, REASON_UNKNOWN_EMAIL_ID,
			"an answer without an Email-ID");
	if (find_request(j) == -1 || is_reflected(j, &reflected) == -1)
		return CHECK_TROUBLE;
	if (reflected)
		return REFUSE(j, REASON_FOREIGN_EMAIL_ID,
			"the center's own mail, sent back");
	if (digest_content(j) == -1 ||
		record_build(j, &line, &j->error) == -1 ||
		ask_ledger(j, &line) == -1)
		goto out;
	rc = (int)ledger_results[j->ledger].reason;
	SAW(j, "%s", ledger_results[j->ledger].saw);
	if (rc != CHECK_PASSED)
		error_set(&j->error, ERROR_DENIED, "%s", j->saw);
out:
	buffer_cleanse(&line);
	return rc;
}
