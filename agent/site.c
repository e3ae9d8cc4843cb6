/*
 * Opened from what everybody may read to what only one process may change.
 */
#include "agent/site.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/privileges.h"
#include "base/text.h"
#include "base/wipe.h"
#include "parser/entity.h"

int
site_path(const struct site *s, const char *name, char out[SITE_PATH_SIZE],
	struct error *e)
{
	const char *directory = s->configuration->state_directory;

	return text_format(out, SITE_PATH_SIZE, "%s/%s", directory, name)
		? 0
		: error_set(e, ERROR_BAD, "%s: too long", directory);
}

int64_t
site_now(struct site *s)
{
	struct clock_reading now;

	(void)dating_look(&s->dating);
	s->dating.clock(&now);
	return dating_known(&s->dating)
		? (int64_t)dating_of(&s->dating, now.boot)
		: now.real;
}

/* --- whose it is --- */

static int
make_directory(const char *path, struct error *e)
{
	bool made = mkdir(path, 0750) == 0;

	if (!made && errno != EEXIST)
		return error_errno(e, "make %s", path);
	return durable_made(path, made, e);
}

/* Root would leave files behind that the service could not write. */
static int
become_owner(const char *directory, struct error *e)
{
	const struct passwd *user;
	struct identity owner;
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(directory, &st) == -1)
		return errno == ENOENT ? 0 : error_errno(e, "%s", directory);
	if (st.st_uid == 0)
		return 0;
	user = getpwuid(st.st_uid);
	if (user == NULL)
		return error_set(e, ERROR_DENIED,
			"%s belongs to nobody we know", directory);
	owner = (struct identity){ user->pw_name, user->pw_uid, user->pw_gid };
	return privileges_drop(&owner, e);
}

static int
take_lock(struct site *s, struct error *e)
{
	char path[SITE_PATH_SIZE];

	if (make_directory(s->configuration->state_directory, e) == -1 ||
		site_path(s, "lock", path, e) == -1)
		return -1;
	s->lock = open(path,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (s->lock == -1)
		return error_errno(e, "%s", path);
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK
		? error_set(e, ERROR_EXISTS,
			  "%s: another csrc-dca is at work here",
			  s->configuration->state_directory)
		: error_errno(e, "lock %s", path);
}

int
site_date(struct site *s, struct error *e)
{
	size_t files;

	(void)dating_look(&s->dating);
	if (!dating_known(&s->dating))
		return 0;
	if (backlog_date(s->backlog, &s->dating, &files, e) == -1)
		return -1;
	if (files > 0)
		log_info("%zu files of the queue have got their dates from "
			 "%s clock",
			files,
			s->dating.source == DATING_OWN ? "our own"
						       : "the center's");
	return 0;
}

/* --- what it has --- */

static int
load_profiles(struct site *s, struct error *e)
{
	const char *directories[] = { PKGDATADIR "/profiles",
		s->configuration->profiles };
	const char *fault;

	if (profiles_load(directories, 2, s->configuration->personal != 0,
		    &s->profiles, e) == -1)
		return -1;
	for (size_t i = 0; (fault = profiles_fault(s->profiles, i)) != NULL;
		i++)
		log_warn("%s", fault);
	return 0;
}

static int
open_rest(struct site *s, struct error *e)
{
	const struct dca_configuration *c = s->configuration;
	char path[SITE_PATH_SIZE];

	if (site_path(s, "engines", path, e) == -1 ||
		engines_open(path, &s->engines, e) == -1)
		return -1;
	if (s->mode != SITE_WORK)
		return 0;
	if (site_path(s, "printers", path, e) == -1 ||
		make_directory(path, e) == -1 ||
		site_path(s, "answers", path, e) == -1 ||
		make_directory(path, e) == -1 ||
		site_path(s, "queue", path, e) == -1)
		return -1;
	return backlog_open(path, c->queue_size, &s->backlog, e);
}

static int
load_park(struct site *s, struct error *e)
{
	char path[SITE_PATH_SIZE];

	if (site_path(s, "printers.jsonl", path, e) == -1 ||
		park_load(path, &s->park, e) == -1)
		return -1;
	return s->mode == SITE_READ
		? 0
		: park_match(&s->park, s->configuration, site_now(s), e);
}

/* What root may read, and then what is the agent's own. */
static int
open_work(struct site *s, struct error *e)
{
	const struct dca_configuration *c = s->configuration;

	if (keyfile_read(c->key_file, -1, &s->key, e) == -1 ||
		load_profiles(s, e) == -1 ||
		become_owner(c->state_directory, e) == -1 ||
		privileges_harden(e) == -1 ||
		(s->mode == SITE_WORK && take_lock(s, e) == -1) ||
		open_rest(s, e) == -1 || load_park(s, e) == -1)
		return -1;
	return contact_open(&s->contact, c, &s->key, s->backlog, &s->dating, e);
}

int
site_open(struct site *s, const struct dca_place *place, enum site_mode mode,
	struct error *e)
{
	struct dca_place where = *place;

	memset(s, 0, sizeof(*s));
	s->mode = mode;
	s->lock = -1;
	pthread_mutex_init(&s->mutex, NULL);
	dating_init(&s->dating, NULL);
	where.public = mode == SITE_READ;
	if (crypto_init(e) == -1 || parser_init(e) == -1 ||
		dca_configuration_load(&where, &s->configuration, e) == -1)
		return -1;
	return mode == SITE_READ ? load_park(s, e) : open_work(s, e);
}

void
site_close(struct site *s)
{
	contact_close(&s->contact);
	backlog_close(&s->backlog);
	engines_free(&s->engines);
	profiles_free(&s->profiles);
	park_clear(&s->park);
	if (s->lock != -1)
		close(s->lock);
	wipe(&s->key, sizeof(s->key));
	dca_configuration_free(&s->configuration);
	pthread_mutex_destroy(&s->mutex);
}

/* --- its end, from another thread --- */

void
site_stop(struct site *s)
{
	atomic_store(&s->stopping, true);
	s->undiscovered = 1;
	if (s->contact.https != NULL)
		https_stop(s->contact.https);
	pthread_mutex_lock(&s->mutex);
	if (s->poller != NULL)
		poller_stop(s->poller);
	pthread_mutex_unlock(&s->mutex);
}

bool
site_stops(struct site *s)
{
	return atomic_load(&s->stopping);
}

void
site_polls(struct site *s, struct poller *poller)
{
	pthread_mutex_lock(&s->mutex);
	s->poller = poller;
	pthread_mutex_unlock(&s->mutex);
	if (poller != NULL && site_stops(s))
		poller_stop(poller);
}
