/*
 * The main thread takes the signals, tells the service manager how it is, and
 * leaves the work to the collectors. A reload starts new ones at once and asks
 * the old ones to end: that several work at one server does no harm.
 */
#include "webdav/service.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/privileges.h"
#include "webdav/fleet.h"

enum {
	OLD_MAX = 4,      /* fleets that have not ended yet */
	TICK = 200,       /* ms, while something is to end */
	WATCHDOG_PART = 2 /* of the time that the manager waits */
};

struct service {
	const struct service_options *options;
	int signals; /* a descriptor */
	struct fleet *fleet;
	struct fleet *old[OLD_MAX];
};

enum event { EVENT_NONE, EVENT_RELOAD, EVENT_STOP };

/* Before any thread is made: all of them have these blocked. */
static int
take_signals(int *signals_r, struct error *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	*signals_r = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *signals_r != -1 ? 0 : error_errno(e, "signalfd");
}

static enum event
wait_for_event(const struct service *s, int milliseconds)
{
	struct pollfd fd = { .fd = s->signals, .events = POLLIN };
	struct signalfd_siginfo info;

	if (poll(&fd, 1, milliseconds) != 1 ||
		read(s->signals, &info, sizeof(info)) != sizeof(info))
		return EVENT_NONE;
	return info.ssi_signo == SIGHUP ? EVENT_RELOAD : EVENT_STOP;
}

static int
open_log(const struct fleet *f, struct error *e)
{
	const struct configuration *c = fleet_configuration(f);

	return log_open(c->log_target, (enum log_level)c->log_level, e);
}

/* Ours to the daemon is who we are: as root we would be an operator to it, and
 * no channel. */
static int
check_user(struct error *e)
{
	if (geteuid() != 0)
		return 0;
	return error_set(e, ERROR_DENIED,
		"must not run as root: start it as a user that channel_users "
		"in csrc-milter.conf(5) names");
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

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)clock_milliseconds() * 1000);
	/* whatever the configuration says: the file may be rotated away */
	if (log_reopen(&e) == -1)
		log_error("%s", e.text);
	if (change_fleet(s, &e) == 0)
		log_info("configuration reloaded");
	else
		log_error("not reloaded, the old configuration stays: %s",
			e.text);
	sd_notify(0, "READY=1");
}

/* How often the service manager wants to hear that we live; -1: it does not. */
static int
watchdog_milliseconds(void)
{
	uint64_t limit;

	if (sd_watchdog_enabled(0, &limit) <= 0)
		return -1;
	limit /= WATCHDOG_PART * 1000;
	if (limit == 0)
		return 1;
	return limit < INT_MAX ? (int)limit : INT_MAX;
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
	const int interval = watchdog_milliseconds();

	for (;;) {
		bool busy = any_old(s) && (interval == -1 || interval > TICK);
		enum event event = wait_for_event(s, busy ? TICK : interval);

		sd_notify(0, "WATCHDOG=1");
		reap(s);
		if (event == EVENT_STOP)
			return;
		if (event == EVENT_RELOAD)
			reload(s);
	}
}

/* Until all collectors have ended by themselves. */
static void
serve_once(struct service *s)
{
	while (!fleet_ended(s->fleet, TICK))
		if (wait_for_event(s, 0) == EVENT_STOP)
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
		sd_notify(0, "WATCHDOG=1");
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
	if (check_user(e) == -1 || take_signals(&s->signals, e) == -1 ||
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
		sd_notify(0, "READY=1");
		log_info("started, version %s", PACKAGE_VERSION);
		serve(&s);
		sd_notify(0, "STOPPING=1");
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
