/*
 * The daemon says what is due until it was told that it is done: whatever is
 * cut off is done again. That it cannot be asked, or does not believe its
 * clock, is told once, and again when the reason changes; nothing is issued
 * meanwhile.
 */
#include "authority/tend.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "authority/letter.h"
#include "authority/publish.h"
#include "authority/request.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/worker.h"
#include "control/client.h"
#include "control/handover_authority.h"

enum {
	AT_ONCE = 64, /* letters, and requests: more than are told at once */
	PAUSE_FIRST = 60, /* seconds, when a letter was not taken */
	PAUSE_MAX = 600,
	DAY = 86400
};

struct tend {
	const struct ca_configuration *configuration;
	struct issuer *issuer;
	struct worker worker;
	struct client *client; /* NULL: not connected */
	struct published published;
	char trouble[sizeof(((struct error *)0)->text)]; /* told; "": none */
	/* As clock_seconds: no letter before, and the pause behind it. */
	int64_t letters_from, pause;
	int64_t warned; /* that the list ends, as clock_seconds */
};

/* What one answer said is due. */
struct round {
	uint64_t revision;
	struct authority_mail letters[AT_ONCE];
	size_t letter_count;
	struct authority_sign requests[AT_ONCE];
	size_t request_count;
};

static int
copy(struct buffer *b, struct error *e)
{
	struct buffer own = { .limit = b->limit };

	if (buffer_append(&own, b->data, b->length) != BUFFER_OK)
		return error_memory(e);
	*b = own;
	return 0;
}

static int
note_crl(uint64_t revision, void *arg, struct error *e)
{
	struct round *r = arg;

	(void)e;
	r->revision = revision;
	return 0;
}

/* What does not fit is due the next time. */
static int
note_letter(const struct authority_mail *mail, void *arg, struct error *e)
{
	struct round *r = arg;

	if (r->letter_count == AT_ONCE)
		return 0;
	r->letters[r->letter_count] = *mail;
	if (copy(&r->letters[r->letter_count].certificate, e) == -1)
		return -1;
	r->letter_count++;
	return 0;
}

static int
note_request(const struct authority_sign *sign, void *arg, struct error *e)
{
	struct round *r = arg;

	if (r->request_count == AT_ONCE)
		return 0;
	r->requests[r->request_count] = *sign;
	if (copy(&r->requests[r->request_count].request, e) == -1)
		return -1;
	r->request_count++;
	return 0;
}

static void
round_clear(struct round *r)
{
	for (size_t i = 0; i < r->letter_count; i++)
		buffer_clear(&r->letters[i].certificate);
	for (size_t i = 0; i < r->request_count; i++)
		buffer_clear(&r->requests[i].request);
}

static int
ask(struct tend *t, struct round *r, struct error *e)
{
	static const struct authority_due_calls calls = { note_crl, note_letter,
		note_request };

	if (t->client == NULL &&
		client_open(t->configuration->socket,
			(int)t->configuration->timeout, &t->client, e) == -1)
		return -1;
	return authority_due(t->client, &calls, r, e);
}

/* One that the mail system does not take holds up the others for a while, since
 * it will hardly take them either. */
static int
post(struct tend *t, const struct authority_mail *mail, struct error *e)
{
	if (letter_send(t->configuration, t->issuer, mail, e) == -1) {
		log_error("letter number=%s server=%s to=%s: not sent: %s",
			mail->number, mail->server, mail->address, e->text);
		return 1;
	}
	log_info("letter number=%s server=%s to=%s: sent", mail->number,
		mail->server, mail->address);
	return authority_mailed(t->client, mail->number, e) == -1 &&
			e->code != ERROR_NOT_FOUND
		? -1
		: 0;
}

static int
post_all(struct tend *t, const struct round *r, struct error *e)
{
	bool failed = false;
	int rc = 0;

	if (r->letter_count == 0 || clock_seconds() < t->letters_from)
		return 0;
	for (size_t i = 0;
		rc != -1 && i < r->letter_count && worker_rest(&t->worker, 0);
		i++) {
		rc = post(t, &r->letters[i], e);
		failed = failed || rc == 1;
	}
	t->pause = !failed ? 0 : t->pause == 0 ? PAUSE_FIRST : 2 * t->pause;
	if (t->pause > PAUSE_MAX)
		t->pause = PAUSE_MAX;
	t->letters_from = clock_seconds() + t->pause;
	return rc == -1 ? -1 : 0;
}

static int
sign_all(struct tend *t, const struct round *r, struct error *e)
{
	struct error later;
	int rc = 0;

	for (size_t i = 0; i < r->request_count; i++)
		if (request_sign(t->issuer, t->client, &r->requests[i],
			    (int64_t)time(NULL), rc == 0 ? e : &later) == -1)
			rc = -1;
	return rc;
}

static int
publish(struct tend *t, const struct round *r, struct error *e)
{
	int64_t now = (int64_t)time(NULL);

	if (!publish_due(&t->published, r->revision, now))
		return publish_tell(&t->published, t->client, e);
	if (publish_crl(&t->published, t->client, r->revision, now, e) == -1)
		return error_prefix(e, "no new CRL");
	log_info("crl number=%llu revision=%llu: published",
		(unsigned long long)t->published.crl.number,
		(unsigned long long)t->published.revision);
	return 0;
}

/* All of it; what fails does not keep the rest from being done. */
static int
do_round(struct tend *t, struct error *e)
{
	struct round r = { 0 };
	struct error later;
	int rc = ask(t, &r, e);

	if (rc == 0) {
		rc = publish(t, &r, e);
		if (sign_all(t, &r, rc == 0 ? e : &later) == -1)
			rc = -1;
		if (post_all(t, &r, rc == 0 ? e : &later) == -1)
			rc = -1;
	}
	round_clear(&r);
	return rc;
}

/* Once a day: who reads the list refuses everybody from its end on. */
static void
look_at_end(struct tend *t)
{
	const struct crl_facts *crl = &t->published.crl;
	int64_t left = crl->until - (int64_t)time(NULL);
	char until[TEXT_TIME_SIZE];

	if (crl->number == 0 || t->trouble[0] == '\0' ||
		left > (crl->until - crl->issued) / 2 ||
		(t->warned != 0 && clock_seconds() - t->warned < DAY))
		return;
	t->warned = clock_seconds();
	text_time((time_t)crl->until, until);
	if (left > 0)
		log_warn("the CRL ends at %s, and there is no newer one: from "
			 "then on servers that read it refuse everybody",
			until);
	else
		log_error("the CRL has ended at %s: servers that read it "
			  "refuse everybody",
			until);
}

/* Once, until something else is wrong, or nothing. */
static void
tell(struct tend *t, const struct error *e)
{
	const char *now = e != NULL ? e->text : "";

	if (strcmp(now, t->trouble) == 0)
		return;
	text_copy(t->trouble, sizeof(t->trouble), now);
	if (e != NULL)
		log_error("what is due cannot be done: %s", now);
	else
		log_info("what is due is done again");
}

static void *
run(void *arg)
{
	struct tend *t = arg;
	struct error e;

	do {
		if (do_round(t, &e) == 0) {
			tell(t, NULL);
		} else {
			tell(t, &e);
			client_close(&t->client);
		}
		look_at_end(t);
	} while (worker_rest(&t->worker, t->configuration->interval));
	client_close(&t->client);
	return NULL;
}

int
tend_start(const struct ca_configuration *c, struct issuer *issuer,
	struct tend **tend_r, struct error *e)
{
	struct tend *t = calloc(1, sizeof(*t));

	*tend_r = NULL;
	if (t == NULL)
		return error_memory(e);
	t->configuration = c;
	t->issuer = issuer;
	worker_init(&t->worker);
	if (publish_begin(&t->published, c, issuer, e) == 0 &&
		worker_start(&t->worker, "the housekeeping", run, t, e) == 0) {
		*tend_r = t;
		return 0;
	}
	worker_clear(&t->worker);
	free(t);
	return -1;
}

void
tend_stop(struct tend **tend)
{
	struct tend *t = *tend;

	*tend = NULL;
	if (t == NULL)
		return;
	worker_stop(&t->worker);
	worker_clear(&t->worker);
	free(t);
}
