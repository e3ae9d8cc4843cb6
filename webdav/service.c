/*
 * The main thread takes the signals, tells the service manager how it is, and
 * leaves the work to the collectors. A reload starts new ones at once and asks
 * the old ones to end: that several work at one server does no harm.
 */
#include "webdav/service.h"

#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/privileges.h"
#include "base/signals.h"
#include "webdav/fleet.h"

enum {
	OLD_MAX = 4, /* fleets that have not ended yet */
	TICK = 200   /* ms, while something is to end */
};

struct service {
	const struct service_options *options;
	int signals; /* a descriptor */
	struct fleet *fleet;
	struct fleet *old[OLD_MAX];
};

static int
open_log(const struct fleet *f, struct error *e)
{
	const struct configuration *c = fleet_configuration(f);

	return log_open(c->log_target, (enum log_level)c->log_level, e);
}

static enum exit_code
code_of(const struct error *e)
{
	return e->code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
}

static void
reap(struct service *s)
{
	for (int i = 0; i < OLD_MAX; i++)
		if (s->old[i] != NULL && fleet_ended(s->old[i], 0))
			fleet_close(&s->old[i]);
}

/* A place for one more that ends; NULL: there is none. */
static struct fleet **
free_place(struct service *s)
{
	reap(s);
	for (int i = 0; i < OLD_MAX; i++)
		if (s->old[i] == NULL)
			return &s->old[i];
	return NULL;
}

/* All or nothing. */
static int
change_fleet(struct service *s, struct error *e)
{
	struct fleet **place = free_place(s);
	struct fleet *new;

	if (place == NULL)
		return error_set(e, ERROR_TROUBLE,
			"what was reloaded before has not ended yet");
	if (fleet_open(s->options->config, &new, e) == -1)
		return -1;
	if (open_log(new, e) == -1 || fleet_start(new, false, e) == -1) {
		*place = new;
		fleet_ask(new);
		return -1;
	}
	*place = s->fleet;
	fleet_ask(s->fleet);
	s->fleet = new;
	return 0;
}

static void
reload(struct service *s)
{
	struct error e;

	manager_tell("RELOADING=1");
	/* whatever the configuration says: the file may be rotated away */
	if (log_reopen(&e) == -1)
		log_error("%s", e.text);
	if (change_fleet(s, &e) == 0)
		log_info("configuration reloaded");
	else
		log_error("not reloaded, the old configuration stays: %s",
			e.text);
	manager_tell("READY=1");
}

static bool
any_old(const struct service *s)
{
	for (int i = 0; i < OLD_MAX; i++)
		if (s->old[i] != NULL)
			return true;
	return false;
}

static void
serve(struct service *s)
{
	const int interval = manager_interval();

	for (;;) {
		bool busy = any_old(s) && (interval == -1 || interval > TICK);
		enum signals_event event =
			signals_wait(s->signals, busy ? TICK : interval);

		manager_alive();
		reap(s);
		if (event == SIGNALS_STOP)
			return;
		if (event == SIGNALS_RELOAD)
			reload(s);
	}
}

/* Until all collectors have ended by themselves. */
static void
serve_once(struct service *s)
{
	while (!fleet_ended(s->fleet, TICK))
		if (signals_wait(s->signals, 0) == SIGNALS_STOP)
			return;
}

/* A server that hangs holds up no stop: whatever is under way is done again. */
static enum exit_code
stop(struct service *s)
{
	int64_t seconds = fleet_configuration(s->fleet)->stop_timeout;
	int64_t until = clock_milliseconds() + seconds * 1000, left;
	bool ended;

	fleet_ask(s->fleet);
	do {
		manager_alive();
		reap(s);
		ended = fleet_ended(s->fleet, TICK);
		left = until - clock_milliseconds();
	} while ((!ended || any_old(s)) && left > 0);
	if (ended && !any_old(s))
		return EXIT_DONE;
	log_error("stopped with something under way after %lld s "
		  "(stop_timeout); does a server hang?",
		(long long)seconds);
	_exit(EXIT_TROUBLE);
}

static int
start(struct service *s, struct error *e)
{
	umask(027);
	if (privileges_none(e) == -1 || signals_take(&s->signals, e) == -1 ||
		fleet_open(s->options->config, &s->fleet, e) == -1 ||
		open_log(s->fleet, e) == -1 || privileges_harden(e) == -1)
		return -1;
	return fleet_start(s->fleet, s->options->once, e);
}

enum exit_code
service_run(const struct service_options *o, struct error *e)
{
	struct service s = { .options = o, .signals = -1 };
	enum exit_code code;

	e->text[0] = '\0';
	log_program("csrc-webdav");
	if (start(&s, e) == -1) {
		code = code_of(e);
		if (s.fleet != NULL)
			stop(&s);
	} else if (o->once) {
		serve_once(&s);
		stop(&s);
		code = fleet_report(s.fleet, stdout, o->json);
	} else {
		manager_tell("READY=1");
		log_info("started, version %s", PACKAGE_VERSION);
		serve(&s);
		manager_tell("STOPPING=1");
		code = stop(&s);
		log_info("stopped");
	}
	fleet_close(&s.fleet);
	if (s.signals != -1)
		close(s.signals);
	return code;
}

enum exit_code
service_check(const struct service_options *o, struct error *e)
{
	struct fleet *fleet;

	if (fleet_open(o->config, &fleet, e) == -1)
		return code_of(e);
	fleet_close(&fleet);
	return EXIT_DONE;
}
