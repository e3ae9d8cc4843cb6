/*
 * Starting is a row of phases, most privileged first; stopping undoes them in
 * the opposite order, so that every report that an MTA was told about is in the
 * spool before the store is closed.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "control/peers.h"
#include "control/socket.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/text.h"
#include "config/masterkey.h"
#include "gate/gate.h"
#include "config/rules.h"
#include "daemon/deadline.h"
#include "daemon/detach.h"
#include "milter/door.h"
#include "daemon/events.h"
#include "daemon/listen.h"
#include "base/load.h"
#include "base/privileges.h"
#include "milter/session.h"
#include "parser/entity.h"
#include "store/archive.h"
#include "store/store.h"

struct daemon {
	char *config; /* absolute; NULL: the default */
	bool foreground;
	int caller;          /* who waits for us to start; -1: nobody */
	bool logs_elsewhere; /* not to standard error */
	struct rules *rules; /* those of the start */
	struct peers *peers; /* who may ask what */
	struct identity identity;
	struct masterkeys master_keys;
	struct control *control;
	struct store *store;
	struct gate *gate;
	struct load *load;
	pthread_mutex_t reloading;
};

/*
 * Mails come on changing threads and in all sizes. Without a fixed threshold
 * the allocator would keep what the largest ones took, once for each thread.
 */
static void
tame_allocator(void)
{
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_ARENA_MAX, 4);
}

static int
read_configuration(struct daemon *d, struct error *e)
{
	const struct settings *s;
	gid_t gid;

	if (rules_load(d->config, &d->rules, e) == -1)
		return -1;
	s = d->rules->settings;
	door_raise_limit();
	if (door_fits(s, e) == -1 ||
		identity_find(s->user, &d->identity, e) == -1 ||
		group_find(s->milter_socket_group, 0, &gid, e) == -1 ||
		group_find(s->spool_group, 0, &gid, e) == -1 ||
		peers_new(d->identity.uid, &d->peers, e) == -1 ||
		peers_set(d->peers, s->channel_users, e) == -1)
		return error_prefix(e, "%s", s->path);
	return 0;
}

static int
read_master_key(struct daemon *d, struct error *e)
{
	return masterkeys_read(
		d->rules->settings->master_key_file, &d->master_keys, e);
}

/* Files that are wrong are left out, and the others go on. A directory that is
 * missing is an empty one, and may be a misprint. */
static void
warn_of_formats(const struct rules *rules)
{
	const char *fault;

	for (size_t i = 0; (fault = formats_fault(rules->formats, i)) != NULL;
		i++)
		log_error("%s: its mails cannot be read", fault);
	if (formats_count(rules->formats) == 0)
		log_warn("no format files in %s: no maker's mail can be read",
			rules->settings->format_directory);
}

/* A log file is opened as root but must be reopened without. */
static int
open_log(struct daemon *d, struct error *e)
{
	const struct settings *s = d->rules->settings;

	if (log_open(s->log_target, (enum log_level)s->log_level, e) == -1)
		return -1;
	d->logs_elsewhere = strcmp(s->log_target, "stderr") != 0;
	warn_of_formats(d->rules);
	return log_give(d->identity.uid, e);
}

static int
open_sockets(struct daemon *d, struct error *e)
{
	return listen_open(d->rules->settings, &d->identity, &d->control, e);
}

static int
go_background(struct daemon *d, struct error *e)
{
	if (d->foreground)
		return 0;
	if (detach(&d->caller, e) == -1)
		return -1;
	return chdir("/") == -1 ? error_errno(e, "/") : 0;
}

static int
give_up_root(struct daemon *d, struct error *e)
{
	if (privileges_drop(&d->identity, e) == -1 ||
		privileges_harden(e) == -1)
		return -1;
	if (d->config != NULL && access(d->config, R_OK) == -1)
		log_warn("%s: the daemon's user cannot read it, so that reload "
			 "will fail",
			d->config);
	return 0;
}

/*
 * Segments take the group of the directory they are made in, and only csrcadm
 * init, as root, sets that.
 */
static void
warn_of_spool_group(const struct daemon *d)
{
	const struct settings *s = d->rules->settings;
	char new[4096];
	struct stat st;
	gid_t gid;

	if (group_find(s->spool_group, d->identity.gid, &gid, NULL) == -1 ||
		!text_format(new, sizeof(new), "%s/new", s->spool_directory) ||
		stat(new, &st) == -1 || st.st_gid == gid)
		return;
	log_warn("%s belongs to group %lu, not to %lu as spool_group says: "
		 "stop the daemon and run csrcadm init",
		new, (unsigned long)st.st_gid, (unsigned long)gid);
}

/* A thread, so after the last fork; and before what may hang. */
static int
set_deadline(struct daemon *d, struct error *e)
{
	return deadline_open(d->rules->settings->stop_timeout, e);
}

static int
open_store(struct daemon *d, struct error *e)
{
	const struct settings *s = d->rules->settings;
	struct store_options options =
		gate_store_options(s, d->master_keys.key);
	int rc;

	if (crypto_init(e) == -1 || parser_init(e) == -1)
		return -1;
	if (d->master_keys.has_next)
		options.next_master_key = d->master_keys.next;
	deadline_at("opening the store");
	rc = store_open(&options, &d->store, e);
	if (rc == 0)
		warn_of_spool_group(d);
	else if (e->code == ERROR_NOT_FOUND &&
		access(s->state_directory, F_OK) == -1)
		/* an empty directory may be mounted yet, this is a misprint */
		e->code = ERROR_DENIED;
	masterkeys_wipe(&d->master_keys);
	return rc;
}

/* All or nothing: the new rules are in force when this returns 0. */
static int
change_rules(struct daemon *d, struct rules *rules, struct error *e)
{
	const struct settings *s = rules->settings;
	struct rules *old = gate_rules(d->gate);
	const char *option = settings_needs_restart(old->settings, s);

	rules_drop(&old);
	if (option != NULL)
		return error_set(e, ERROR_DENIED,
			"%s: %s has changed, which needs a restart", s->path,
			option);
	if (door_fits(s, e) == -1 ||
		peers_set(d->peers, s->channel_users, e) == -1)
		return error_prefix(e, "%s", s->path);
	if (log_open(s->log_target, (enum log_level)s->log_level, e) == -1)
		return -1;
	warn_of_formats(rules);
	door_set(s->max_connections);
	deadline_set(s->stop_timeout);
	gate_set_rules(d->gate, rules);
	return 0;
}

/* What csrcadm reload and SIGHUP call. */
static int
reload(void *arg, struct error *e)
{
	struct daemon *d = arg;
	struct rules *rules = NULL;
	int rc = -1;

	pthread_mutex_lock(&d->reloading);
	manager_tell("RELOADING=1");
	/* Whatever the configuration says: the file may be rotated away. */
	if (log_reopen(e) == -1)
		log_error("%s", e->text);
	if (rules_load(d->config, &rules, e) == 0 &&
		rules_faultless(rules, e) == 0)
		rc = change_rules(d, rules, e);
	rules_drop(&rules);
	manager_tell("READY=1");
	pthread_mutex_unlock(&d->reloading);
	if (rc == 0)
		log_info("configuration reloaded");
	else
		log_error("not reloaded, the old configuration stays: %s",
			e->text);
	return rc;
}

/* What the thread of the sessions needs; a copy, since nobody waits for it. */
struct serving {
	struct gate *gate;
	struct load *load;
};

static void *
serve(void *arg)
{
	struct serving s = *(struct serving *)arg;
	struct error e;

	free(arg);
	if (session_serve(s.gate, s.load, &e) == -1)
		log_error("%s", e.text);
	events_raise(EVENT_ENDED);
	return NULL;
}

static int
start_serving(struct daemon *d, struct error *e)
{
	struct serving *s = malloc(sizeof(*s));
	pthread_t thread;
	int failed;

	if (s == NULL)
		return error_memory(e);
	*s = (struct serving){ .gate = d->gate, .load = d->load };
	failed = pthread_create(&thread, NULL, serve, s);
	if (failed != 0) {
		free(s);
		errno = failed;
		return error_errno(e, "thread for sessions");
	}
	/* Never joined: see daemon_stop. */
	pthread_detach(thread);
	return 0;
}

static int
start_threads(struct daemon *d, struct error *e)
{
	struct command_context context = {
		.reload = reload, .reload_arg = d, .started = time(NULL)
	};
	struct clock_reading now;

	clock_read(&now);
	context.began = now.boot;
	if (gate_open(d->store, d->rules, &d->gate, e) == -1 ||
		load_new(&d->load, e) == -1 || events_open(e) == -1 ||
		store_start(d->store, e) == -1 || gate_start(d->gate, e) == -1)
		return -1;
	context.store = d->store;
	context.gate = d->gate;
	context.peers = d->peers;
	if (control_start(d->control, &context, e) == -1)
		return -1;
	return start_serving(d, e);
}

static const struct phase {
	int (*run)(struct daemon *d, struct error *e);
	int exit_code;
} phases[] = {
	{ read_configuration, EX_CONFIG },
	{ read_master_key, EX_CONFIG },
	{ open_log, EX_OSERR },
	{ open_sockets, EX_OSERR },
	{ go_background, EX_OSERR },
	{ give_up_root, EX_OSERR },
	{ set_deadline, EX_OSERR },
	{ open_store, EX_OSERR },
	{ start_threads, EX_OSERR },
};

static int
daemon_start(struct daemon *d, struct error *e)
{
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		if (phases[i].run(d, e) == -1)
			/* not the store for this master key, this spool, or
			 * this program: no better the next time */
			return e->code == ERROR_DENIED || e->code == ERROR_BAD
				? EX_CONFIG
				: phases[i].exit_code;
	return 0;
}

/*
 * Alive is a main thread that goes round and has the lock that every mail
 * takes. A file system that hangs is no reason: base/watch says so, the MTA
 * hears "later", and a new process would hang as well.
 */
static void
say_alive(struct daemon *d)
{
	struct rules *rules = gate_rules(d->gate);

	rules_drop(&rules);
	manager_alive();
}

/* Until it is time to go; returns the exit code. */
static int
wait_for_end(struct daemon *d)
{
	const int interval = manager_interval();
	struct error e;

	for (;;) {
		if (interval != -1)
			say_alive(d);
		switch (events_wait(interval)) {
		case EVENT_NONE:
			break;
		case EVENT_RELOAD:
			reload(d, &e);
			break;
		case EVENT_STOP:
			return 0;
		case EVENT_ENDED:
			log_error("libmilter has stopped unasked");
			return EX_OSERR;
		}
	}
}

/*
 * libmilter's threads are not waited for, since an idle one would take long.
 * Until the process ends they go on answering, and all that they can say is
 * "later": load_stop keeps them from the gate. Those that are in it must come
 * out before it is closed.
 */
static void
finish_mails(struct daemon *d)
{
	struct rules *rules = gate_rules(d->gate);
	int64_t seconds = rules->settings->stop_timeout;
	int busy;

	rules_drop(&rules);
	busy = load_stop(d->load, seconds);
	if (busy > 0) {
		/* No answer was given for those; the store recovers. */
		log_error("stopped with %d mails under way after %lld s "
			  "(stop_timeout)",
			busy, (long long)seconds);
		_exit(EX_OSERR);
	}
}

static void
daemon_stop(struct daemon *d)
{
	deadline_begin();
	deadline_at("mails under way");
	if (d->load != NULL && d->gate != NULL)
		finish_mails(d);
	deadline_at("a command of csrcadm");
	if (d->control != NULL)
		listen_close(d->rules->settings, &d->control);
	deadline_at("the publisher or the keeper");
	if (d->store != NULL)
		store_stop(d->store);
	deadline_at("the quarantine");
	if (d->gate != NULL)
		gate_close(&d->gate);
	deadline_at("publishing and closing");
	if (d->store != NULL)
		store_close(&d->store);
	rules_drop(&d->rules);
	peers_free(&d->peers);
	masterkeys_wipe(&d->master_keys);
	pthread_mutex_destroy(&d->reloading);
	free(d->config);
}

static int
daemon_init(
	struct daemon *d, const char *config, bool foreground, struct error *e)
{
	*d = (struct daemon){ .foreground = foreground, .caller = -1 };
	pthread_mutex_init(&d->reloading, NULL);
	if (config == NULL)
		return 0;
	/* The directory changes when we go to the background. */
	d->config = realpath(config, NULL);
	return d->config == NULL ? error_errno(e, "%s", config) : 0;
}

static int
check_archive(const struct settings *s, struct error *e)
{
	return s->archive_directory[0] == '\0'
		? 0
		: archive_check(s->archive_directory, s->spool_directory, e);
}

int
daemon_check(const char *config, struct error *e)
{
	struct daemon d;
	int rc = EX_CONFIG;

	if (daemon_init(&d, config, true, e) == 0 &&
		read_configuration(&d, e) == 0 &&
		rules_tieless(d.rules, e) == 0 &&
		check_archive(d.rules->settings, e) == 0)
		rc = 0;
	daemon_stop(&d);
	return rc;
}

/* Ready: says so to whoever waits for it. */
static void
daemon_ready(struct daemon *d)
{
	bool log_to_stderr =
		strcmp(d->rules->settings->log_target, "stderr") == 0;

	if (d->caller != -1)
		detach_ready(d->caller, log_to_stderr);
	d->caller = -1;
	deadline_started();
	manager_tell("READY=1");
	log_info("started, version %s", PACKAGE_VERSION);
}

int
daemon_run(const char *config, bool foreground, struct error *e)
{
	struct daemon d;
	int rc = EX_CONFIG;

	/* Ours and not the caller's; what must be open to more says so. */
	umask(027);
	tame_allocator();
	events_early();
	if (daemon_init(&d, config, foreground, e) == 0)
		rc = daemon_start(&d, e);
	if (rc == 0) {
		daemon_ready(&d);
		rc = wait_for_end(&d);
		manager_tell("STOPPING=1");
		log_info("stopping");
	} else if (d.logs_elsewhere) {
		log_error("cannot start: %s", e->text);
	}
	if (d.caller != -1)
		detach_failed(d.caller, rc);
	daemon_stop(&d);
	return rc;
}
