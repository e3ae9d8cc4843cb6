/*
 * Each printer's reports are put into the queue when it has answered; some
 * printers' at a time are synced, and only then is it noted what was told of
 * them. Who is killed in between tells a change twice.
 */
#include "agent/round.h"

#include <stdlib.h>
#include <string.h>

#include "agent/discover.h"
#include "agent/host.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

/* So many wait for a sync; each takes some 300 kB. */
enum {
	STATES_LEAST = 4096, /* files of what was told of printers */
	TOGETHER = 8,
	/* kept of printers that are not known now */
	STATES_MORE = 1000
};

struct told {
	struct printer *printer;
	struct printer_state *state;
	char address[HOST_TEXT_SIZE];
	time_t date;
};

struct work {
	struct site *site;
	struct round *round;
	struct told told[TOGETHER];
	size_t told_count;
	char states[SITE_PATH_SIZE]; /* a directory */
	bool full;                   /* the queue is; said once */
	bool dated;         /* what waits there, once there is a clock */
	struct error error; /* the first trouble */
	bool failed;
};

/* A printer's turn. */
struct visit {
	struct work *work;
	struct sockaddr_storage address;
	struct profile_asking asking;
};

/* --- into the queue --- */

static void
trouble(struct work *w, const struct error *e)
{
	log_error("%s", e->text);
	if (!w->failed)
		w->error = *e;
	w->failed = true;
}

/* What was put is on the disk: so it was told. */
static void
settle(struct work *w)
{
	struct error e;
	bool kept = true;

	if (w->round->keep && backlog_sync(w->site->backlog, &e) == -1) {
		trouble(w, &e);
		kept = false;
	}
	for (size_t i = 0; i < w->told_count; i++) {
		struct told *t = &w->told[i];
		const struct printer_origin origin = {
			.center = w->site->configuration->center,
			.address = t->address,
			.date = t->date,
		};

		if (kept && t->state != NULL &&
			printer_state_advance(t->state, t->printer, &origin,
				w->states, &e) == -1)
			trouble(w, &e);
		printer_state_free(&t->state);
		printer_free(&t->printer);
	}
	w->told_count = 0;
}

/* -1: it is not in the queue. */
static int
put_report(struct work *w, struct park_printer *p, const struct buffer *json,
	int64_t boot)
{
	const struct dating *dating = &w->site->dating;
	struct error e;

	if (backlog_put(w->site->backlog, json->data, json->length,
		    dating_known(dating) ? NULL : dating, boot, &e) == 0) {
		w->round->reports++;
		p->reports++;
		return 0;
	}
	w->round->lost++;
	if (e.code == ERROR_TROUBLE)
		trouble(w, &e);
	else if (!w->full)
		log_error("%s: not put into the queue: %s", p->serial, e.text);
	w->full |= e.code == ERROR_LIMIT;
	return -1;
}

struct report_call {
	const struct printer *printer;
	const struct printer_state *state;
	const struct printer_origin *origin;
};

static int
make_counters(const struct report_call *c, struct buffer *json, struct error *e)
{
	return printer_report_counters(c->printer, c->origin, json, e);
}

static int
make_alarms(const struct report_call *c, struct buffer *json, struct error *e)
{
	return printer_report_alarms(c->printer, c->state, c->origin, json, e);
}

static int
make_settings(const struct report_call *c, struct buffer *json, struct error *e)
{
	return printer_report_settings(
		c->printer, c->state, c->origin, json, e);
}

/* All that there is to say; -1: some of it is not in the queue. */
static int
put_reports(struct work *w, struct park_printer *p,
	const struct report_call *call, int64_t boot)
{
	static int (*const makers[])(const struct report_call *,
		struct buffer *,
		struct error *) = { make_counters, make_alarms, make_settings };
	struct buffer json = { 0 };
	struct error e;
	int rc = 0, made;

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		json.length = 0;
		made = makers[i](call, &json, &e);
		if (made == -1)
			trouble(w, &e);
		if (made == -1 ||
			(made == 1 && put_report(w, p, &json, boot) == -1))
			rc = -1;
	}
	buffer_clear(&json);
	return rc;
}

/* Nothing is put with a date while something there waits for one. */
static void
date_queue(struct work *w)
{
	struct error e;

	if (w->dated)
		return;
	if (site_date(w->site, &e) == -1)
		trouble(w, &e);
	w->dated = dating_known(&w->site->dating);
}

static void
keep(struct work *w, struct park_printer *p, struct printer **printer,
	const char *address)
{
	struct site *s = w->site;
	struct told *t = &w->told[w->told_count];
	int64_t boot;
	struct printer_origin origin = { .center = s->configuration->center,
		.address = address };
	struct report_call call = { *printer, NULL, &origin };
	bool damaged;
	struct error e;

	date_queue(w);
	boot = dating_look(&s->dating);
	if (dating_known(&s->dating))
		origin.date = dating_of(&s->dating, boot);
	if (printer_state_read(w->states, (*printer)->serial, &t->state,
		    &damaged, &e) == -1) {
		trouble(w, &e);
		return;
	}
	if (damaged)
		log_warn(
			"%s: what was told of it is damaged: all is told again",
			(*printer)->serial);
	call.state = t->state;
	if (put_reports(w, p, &call, boot) == -1)
		printer_state_free(&t->state);
	t->printer = *printer;
	t->date = origin.date;
	text_copy(t->address, sizeof(t->address), address);
	*printer = NULL;
	if (++w->told_count == TOGETHER)
		settle(w);
}

/* --- a printer's end --- */

/* Told where it changes. */
static void
say(struct park_printer *p, const char *outcome, const char *why)
{
	char address[HOST_TEXT_SIZE];

	host_write(&p->address, address);
	if (strcmp(p->outcome, outcome) != 0 &&
		strcmp(outcome, "answered") != 0)
		log_warn("%s %s: %s%s%s", address,
			p->serial[0] != '\0' ? p->serial : "(no serial yet)",
			outcome, why[0] != '\0' ? ": " : "", why);
	text_copy(p->outcome, sizeof(p->outcome), outcome);
	text_format(p->why, sizeof(p->why), "%s", why);
}

/* Does what it says of itself stand? Another's serial is another's bill. */
static bool
admit(struct work *w, struct park_printer *p, const struct printer *printer,
	int64_t now)
{
	const struct park_printer *other;
	char address[HOST_TEXT_SIZE], why[PARK_TEXT_SIZE];

	if (printer->serial[0] == '\0') {
		say(p, "no-serial", "it does not say its serial number");
		return false;
	}
	other = park_other(&w->site->park, p, printer->serial, now);
	if (other != NULL) {
		host_write(&other->address, address);
		text_format(why, sizeof(why), "%s is at %s", printer->serial,
			address);
		say(p, "conflict", why);
		return false;
	}
	return true;
}

static void
describe(struct park_printer *p, const struct printer *printer, int64_t now)
{
	text_copy(p->serial, sizeof(p->serial), printer->serial);
	text_format(p->model, sizeof(p->model), "%s", printer->model);
	text_format(p->profile, sizeof(p->profile), "%s", printer->profile);
	p->heard = now;
}

/* What it came to is known for "status", and told where it changes. */
static void
take_printer(struct work *w, const struct visit *v, struct printer **printer,
	enum poll_outcome outcome, const char *why)
{
	struct park_printer *p = park_find(&w->site->park, &v->address);
	int64_t now = site_now(w->site);
	char address[HOST_TEXT_SIZE];

	if (p == NULL)
		return;
	p->asked = now;
	w->site->park.changed = true;
	host_write(&v->address, address);
	if (*printer == NULL) {
		say(p, poll_outcome_name(outcome), why);
	} else if (admit(w, p, *printer, now)) {
		describe(p, *printer, now);
		say(p, poll_outcome_name(outcome), why);
		w->round->answered++;
		if (w->round->keep)
			keep(w, p, printer, address);
	}
}

static int
ask(void *arg, const struct answers *so_far, struct queries *queries)
{
	struct visit *v = arg;

	return profile_next(&v->asking, so_far, queries);
}

static void
done(void *arg, const struct answers *all, enum poll_outcome outcome,
	const char *why)
{
	struct visit *v = arg;
	struct work *w = v->work;
	struct printer *printer = NULL;
	struct round_visit seen = { .address = &v->address,
		.answers = all,
		.profile = &v->asking.profile,
		.outcome = outcome,
		.why = why };
	struct error e;

	w->round->done++;
	if ((outcome == POLL_ANSWERED || outcome == POLL_LIMIT) &&
		printer_read(&v->asking.profile, all, outcome == POLL_ANSWERED,
			&printer, &e) == -1)
		trouble(w, &e);
	seen.printer = printer;
	if (w->round->each != NULL)
		w->round->each(w->round->arg, &seen);
	take_printer(w, v, &printer, outcome, why);
	printer_free(&printer);
}

/* --- all of them --- */

static const struct poll_calls calls = { .next = ask, .done = done };

/* 1: it is one of the section's; 0; -1. */
static int
covers(const struct dca_printers *section,
	const struct sockaddr_storage *address, struct error *e)
{
	struct sockaddr_storage one;
	struct ranges *ranges;
	bool there = false;

	if (park_ranges(section, false, &ranges, e) == -1)
		return -1;
	for (size_t i = 0; !there && ranges_at(ranges, i, &one); i++)
		there = host_same(&one, address);
	ranges_free(&ranges);
	return there;
}

/* Where its credentials are from; an address that nobody has configured gets
 * none: it may be anybody's. ERROR_NOT_FOUND. */
static int
find_section(const struct site *s, const struct sockaddr_storage *address,
	const struct dca_printers **section_r, struct error *e)
{
	const struct park_printer *p = park_find(&s->park, address);
	const struct dca_configuration *c = s->configuration;
	char text[HOST_TEXT_SIZE];
	int is = 0;

	for (size_t i = 0; is == 0 && i < c->printer_count; i++) {
		*section_r = &c->printers[i];
		is = p != NULL
			? text_equal_nocase(c->printers[i].name, p->section)
			: covers(&c->printers[i], address, e);
	}
	if (is != 0)
		return is == 1 ? 0 : -1;
	host_write(address, text);
	return error_set(e, ERROR_NOT_FOUND,
		"%s is in no [printers] section: whose credentials it may have "
		"is not known",
		text);
}

static int
add_target(struct work *w, struct visit *v,
	const struct sockaddr_storage *address, struct error *e)
{
	struct poll_target target = { .address = *address, .arg = v };
	const struct dca_printers *section = NULL;

	if (find_section(w->site, address, &section, e) == -1)
		return -1;
	target.credentials = &section->with->ready;
	v->work = w;
	v->address = *address;
	v->asking.profiles = w->site->profiles;
	return poller_add(w->site->poller, &target, &calls, e);
}

static int
add_targets(struct work *w, struct visit *visits, size_t count, struct error *e)
{
	const struct round *r = w->round;

	for (size_t i = 0; i < count; i++)
		if (add_target(w, &visits[i],
			    r->addresses != NULL
				    ? &r->addresses[i]
				    : &w->site->park.printers[i].address,
			    e) == -1)
			return -1;
	return 0;
}

static int
poll_all(struct work *w, struct poller *poller, struct visit *visits,
	struct error *e)
{
	int64_t began = clock_milliseconds();
	int rc;

	site_polls(w->site, poller);
	rc = add_targets(w, visits, w->round->asked, e);
	if (rc == 0)
		rc = poller_run(poller, e);
	site_polls(w->site, NULL);
	settle(w);
	w->round->milliseconds = clock_milliseconds() - began;
	poller_traffic(poller, &w->round->traffic);
	return rc;
}

/* Of printers that are gone nothing is remembered some day. */
static size_t
states_kept(const struct park *park)
{
	return STATES_LEAST + 4 * park->count;
}

static int
keep_known(struct site *s, struct error *e)
{
	char path[SITE_PATH_SIZE];

	if (site_path(s, "printers", path, e) == -1 ||
		printer_state_sweep(path, states_kept(&s->park), e) == -1)
		return -1;
	if (engines_save(s->engines, e) == -1 ||
		site_path(s, "printers.jsonl", path, e) == -1)
		return -1;
	if (park_save(&s->park, path, e) == -1 ||
		site_path(s, "printers", path, e) == -1)
		return -1;
	/* who makes up serials does not fill the disk */
	return printer_state_sweep(path, s->park.count + STATES_MORE, e);
}

static struct poll_options
options_of(const struct site *s)
{
	const struct dca_configuration *c = s->configuration;

	return (struct poll_options){ .window = (size_t)c->window,
		.timeout = c->snmp_timeout * 1000,
		.tries = (unsigned int)c->snmp_tries,
		.engines = s->engines };
}

int
round_poll(struct site *s, struct round *r, struct error *e)
{
	struct work work = { .site = s, .round = r };
	struct poll_options options = options_of(s);
	struct poller *poller = NULL;
	struct visit *visits;
	int rc = -1;

	r->asked = r->addresses != NULL ? r->address_count : s->park.count;
	visits = calloc(r->asked + 1, sizeof(*visits));
	if (visits == NULL)
		error_memory(e);
	else if (site_path(s, "printers", work.states, e) == 0 &&
		poller_open(&options, &poller, e) == 0)
		rc = poll_all(&work, poller, visits, e);
	poller_free(&poller);
	free(visits);
	if (rc == 0 && r->keep)
		rc = keep_known(s, e);
	if (rc == 0 && work.failed) {
		*e = work.error;
		rc = -1;
	}
	return rc;
}
