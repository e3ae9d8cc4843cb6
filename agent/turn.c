/*
 * The steps, and what is told of them.
 */
#include "agent/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/asked.h"
#include "agent/host.h"
#include "base/buffer.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

enum {
	ACCEPTS_MAX = 1 << 20,
	PAUSE_MAX = 3600, /* seconds, unless contact_interval is more */
	DOUBLINGS_MAX = 12
};

/* --- what people have decided --- */

static void
accept_engine(struct site *s, const char *text)
{
	struct sockaddr_storage address;
	struct error e;

	if (!host_read(text, HOST_PORT, &address))
		return;
	if (engines_accept(s->engines, &address, &e) == 0)
		log_info("%s: its new engine is accepted", text);
	else
		log_warn("%s: %s", text, e.text);
}

int
turn_begin(struct site *s, struct error *e)
{
	struct buffer text = { .limit = ACCEPTS_MAX };
	char path[SITE_PATH_SIZE], *rest, *line;
	int rc = 0;

	if (site_path(s, "accepted", path, e) == -1)
		return -1;
	if (access(path, F_OK) == -1)
		return 0;
	if (file_read(path, &text, e) == -1)
		return -1;
	for (rest = (char *)text.data; (line = strsep(&rest, "\n")) != NULL;)
		accept_engine(s, line);
	rc = engines_save(s->engines, e);
	if (rc == 0)
		(void)unlink(path);
	buffer_clear(&text);
	return rc;
}

/* --- printers --- */

int
turn_discover(struct site *s, struct turn *t, struct error *e)
{
	char path[SITE_PATH_SIZE];

	t->discovered = site_now(s);
	if (round_discover(s, NULL, NULL, NULL, &t->found, e) == -1)
		return error_prefix(e, "discovery");
	if (t->found > 0)
		log_info("discovered %zu new printers, %zu are known", t->found,
			s->park.count);
	if (s->mode != SITE_WORK)
		return 0;
	return site_path(s, "printers.jsonl", path, e) == -1
		? -1
		: park_save(&s->park, path, e);
}

int
turn_poll(struct site *s, struct turn *t, struct error *e)
{
	int rc;

	t->round.asked = t->round.done = t->round.answered = 0;
	t->round.reports = t->round.lost = 0;
	t->round.keep = s->mode == SITE_WORK;
	rc = round_poll(s, &t->round, e);
	t->polled = site_now(s);
	t->lost += t->round.lost;
	log_info("polled %zu printers in %lld ms: %zu answered, %zu reports%s",
		t->round.asked, (long long)t->round.milliseconds,
		t->round.answered, t->round.reports,
		t->round.lost > 0 ? ", some had no room in the queue" : "");
	return rc;
}

/* --- the center --- */

static void
compare_clocks(const struct site *s)
{
	const int64_t apart = s->dating.difference;

	if (s->dating.source == DATING_OWN &&
		(apart > DATING_DIFFERS || apart < -DATING_DIFFERS))
		log_warn("our clock is %lld s off the center's",
			(long long)apart);
}

static enum contact_state
answer_requests(struct site *s, struct turn *t, struct error *e)
{
	enum contact_state state;
	size_t answered = 0;

	if (s->contact.greeting.requests == 0)
		return CONTACT_CONFIRMED;
	state = asked_fetch(s, &answered, e);
	t->answered += answered;
	if (state == CONTACT_CONFIRMED && answered > 0)
		state = asked_send(s, e);
	return state;
}

/* Neither a date nor an answer that fails holds up readings: it is told when
 * they are sent, and the next contact is not put off for it. */
static enum contact_state
exchange(struct site *s, struct turn *t, struct error *e)
{
	struct error aside = { 0 };
	enum contact_state others = asked_send(s, &aside);
	enum contact_state state;

	if (site_date(s, &aside) == -1)
		others = CONTACT_TROUBLE;
	state = contact_send(&s->contact, e);
	t->failures = state == CONTACT_CONFIRMED ? 0 : t->failures + 1;
	if (state != CONTACT_CONFIRMED)
		return state;
	state = answer_requests(s, t, e);
	if (state != CONTACT_CONFIRMED || others == CONTACT_CONFIRMED)
		return state;
	*e = aside;
	return others;
}

/* Once for each change, and not for each try. */
static void
tell(const struct turn *t, enum contact_state before, const struct error *e)
{
	if (t->contact == before)
		log_debug("center: %s", contact_state_name(t->contact));
	else if (t->contact == CONTACT_CONFIRMED)
		log_info("center: confirmed");
	else
		log_error("center: %s: %s", contact_state_name(t->contact),
			e->text);
}

enum contact_state
turn_contact(struct site *s, struct turn *t)
{
	enum contact_state before = t->contact;
	struct error e = { 0 };

	/* a clock of our own is waited for by nobody else */
	if (site_date(s, &e) == -1)
		log_error("%s", e.text);
	t->contact = contact_greet(&s->contact, &e);
	t->contacted = site_now(s);
	if (t->contact == CONTACT_CONFIRMED) {
		compare_clocks(s);
		t->contact = exchange(s, t, &e);
	} else {
		t->failures++;
	}
	if (t->contact == CONTACT_CONFIRMED) {
		t->confirmed = site_now(s);
		e.text[0] = '\0';
	}
	text_format(t->contact_why, sizeof(t->contact_why), "%s", e.text);
	tell(t, before, &e);
	return t->contact;
}

/* A tenth more or less by chance, so that not all agents come at once. */
int64_t
turn_pause(const struct site *s, const struct turn *t)
{
	const int64_t interval = s->configuration->contact_interval;
	const int64_t most = interval > PAUSE_MAX ? interval : PAUSE_MAX;
	int64_t pause = interval;
	unsigned char chance = 0;

	for (unsigned int i = 1; i < t->failures && i < DOUBLINGS_MAX; i++)
		pause = pause < most ? 2 * pause : pause;
	if (t->failures > 0 && pause > most)
		pause = most;
	if (t->failures > 0 && s->contact.retry_after > pause)
		pause = s->contact.retry_after;
	(void)crypto_random(&chance, sizeof(chance), NULL);
	return pause + pause * (chance - 128) / 1280;
}
