/*
 * What is due is done one after the other: a printer or a center that is slow
 * holds up the other for minutes at most, which nobody bills by, and nothing
 * here needs a lock.
 */
#include "agent/duty.h"

#include <sys/stat.h>
#include <unistd.h>

#include "agent/site.h"
#include "agent/turn.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/signals.h"
#include "base/worker.h"

enum { CLOCK_LOOK = 60 /* seconds */ };

struct duty {
	const struct dca_place *place;
	struct site site;
	struct turn turn;
	struct worker worker;
	int signals;
	bool open;
	/* when, in seconds of clock_seconds */
	int64_t discover, poll, contact;
};

static void
note(const char *what, int rc, const struct error *e)
{
	if (rc == -1)
		log_error("%s: %s", what, e->text);
}

/* Between two bundles: is there something else to be done? */
static bool
is_due(void *arg)
{
	struct duty *d = arg;

	return site_stops(&d->site) || clock_seconds() >= d->poll;
}

static void
do_printers(struct duty *d)
{
	const struct dca_configuration *c = d->site.configuration;
	struct error e;

	note("dates", site_date(&d->site, &e), &e);
	note("accepted engines", turn_begin(&d->site, &e), &e);
	if (clock_seconds() >= d->discover) {
		note("discovery", turn_discover(&d->site, &d->turn, &e), &e);
		d->discover = clock_seconds() + c->discovery_interval;
	}
	if (!site_stops(&d->site) && clock_seconds() >= d->poll) {
		d->poll = clock_seconds() + c->interval;
		note("poll", turn_poll(&d->site, &d->turn, &e), &e);
		/* what is there goes soon, unless the center is away */
		if (d->turn.failures == 0)
			d->contact = 0;
	}
}

/* While readings wait for a clock it is looked at again and again: its coming
 * wakes nobody. */
static int64_t
next(const struct duty *d)
{
	int64_t first = d->poll < d->discover ? d->poll : d->discover;
	struct backlog_count count;

	first = d->contact < first ? d->contact : first;
	first -= clock_seconds();
	backlog_count(d->site.backlog, &count);
	if (count.undated > 0 && first > CLOCK_LOOK)
		first = CLOCK_LOOK;
	return first > 0 ? first : 0;
}

static void *
work(void *arg)
{
	struct duty *d = arg;
	struct error e;

	do {
		do_printers(d);
		if (!site_stops(&d->site) && clock_seconds() >= d->contact) {
			(void)turn_contact(&d->site, &d->turn);
			d->contact = clock_seconds() +
				turn_pause(&d->site, &d->turn);
		}
		note("status", turn_save(&d->site, &d->turn, &e), &e);
	} while (!site_stops(&d->site) && worker_rest(&d->worker, next(d)));
	return NULL;
}

/* --- its life --- */

static int
begin(struct duty *d, struct error *e)
{
	const struct dca_configuration *c;

	d->open = true;
	if (site_open(&d->site, d->place, SITE_WORK, e) == -1)
		return -1;
	c = d->site.configuration;
	if (log_open(c->log_target, (enum log_level)c->log_level, e) == -1)
		return -1;
	for (size_t i = 0; i < c->credential_count; i++) {
		const char *why =
			credentials_weakness(&c->credentials[i].ready);

		if (why != NULL)
			log_warn("credentials %s: %s", c->credentials[i].name,
				why);
	}
	d->site.contact.enough = is_due;
	d->site.contact.enough_arg = d;
	d->discover = d->poll = d->contact = 0;
	return worker_start(&d->worker, "the agent", work, d, e);
}

static void
end(struct duty *d)
{
	if (!d->open)
		return;
	site_stop(&d->site);
	worker_stop(&d->worker);
	site_close(&d->site);
	d->open = false;
}

/* What cannot be read leaves everything as it is. */
static int
reload(struct duty *d, struct error *e)
{
	struct dca_configuration *c;

	if (dca_configuration_load(d->place, &c, e) == -1) {
		log_error("not reloaded, the old configuration stays: %s",
			e->text);
		return 0;
	}
	dca_configuration_free(&c);
	end(d);
	if (begin(d, e) == -1)
		return -1;
	log_info("configuration reloaded");
	return 0;
}

static int
serve(struct duty *d, struct error *e)
{
	const int interval = manager_interval();
	int rc = 0;

	while (rc == 0) {
		enum signals_event event = signals_wait(d->signals, interval);

		manager_alive();
		if (event == SIGNALS_STOP)
			return 0;
		if (event != SIGNALS_RELOAD)
			continue;
		manager_tell("RELOADING=1");
		if (log_reopen(e) == -1)
			log_error("%s", e->text);
		rc = reload(d, e);
		manager_tell("READY=1");
	}
	return rc;
}

int
duty_run(const struct dca_place *place, struct error *e)
{
	struct duty d = { .place = place, .signals = -1 };
	int rc = -1;

	umask(027);
	log_program("csrc-dca");
	worker_init(&d.worker);
	e->text[0] = '\0';
	if (signals_take(&d.signals, e) == 0 && begin(&d, e) == 0) {
		manager_tell("READY=1");
		log_info("started, version %s", PACKAGE_VERSION);
		rc = serve(&d, e);
		manager_tell("STOPPING=1");
	}
	end(&d);
	worker_clear(&d.worker);
	if (d.signals != -1)
		close(d.signals);
	if (rc == 0)
		log_info("stopped");
	return rc == 0                     ? EXIT_DONE
		: e->code == ERROR_TROUBLE ? EXIT_TROUBLE
					   : EXIT_REFUSED;
}
