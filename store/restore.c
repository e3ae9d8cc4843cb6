/*
 * A backup is copied beside the store, opened and checked there, and only then
 * takes its place, in one rename: whatever happens, there is one whole store,
 * the old one or the backup's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/durable.h"
#include "base/regular.h"
#include "base/text.h"
#include "store/inside.h"
#include "store/lock.h"
#include "store/meta.h"
#include "store/spool.h"

enum { ASIDE_MAX = 1000 };

struct restore {
	const struct store_options *options;
	char from[STORE_PATH_SIZE];    /* the backup's db */
	char partial[STORE_PATH_SIZE]; /* a state directory of its own */
	char copy[STORE_PATH_SIZE];    /* its db */
	char db[STORE_PATH_SIZE];      /* what it is to become */
};

static int
name_all(struct restore *r, const char *backup, struct error *e)
{
	const char *state = r->options->state_directory;

	return text_format(r->from, STORE_PATH_SIZE, "%s/db", backup) &&
			text_format(r->partial, STORE_PATH_SIZE,
				"%s/restore.partial", state) &&
			text_format(r->copy, STORE_PATH_SIZE,
				"%s/restore.partial/db", state) &&
			text_format(r->db, STORE_PATH_SIZE, "%s/db", state)
		? 0
		: error_set(e, ERROR_BAD, "a path is too long");
}

/* A path that will not do is not our trouble: it can be named better. */
static int
cannot_read(const char *path, struct error *e)
{
	const int why = errno;

	error_errno(e, "cannot read %s", path);
	if (e != NULL && (why == ENOENT || why == ENOTDIR))
		e->code = ERROR_NOT_FOUND;
	else if (e != NULL && why == EACCES)
		e->code = ERROR_DENIED;
	return -1;
}

/* The files of a flat directory, one by one. */
static int
each_file(const char *path,
	int (*each)(
		int directory, const char *name, void *arg, struct error *e),
	void *arg, struct error *e)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL)
		return cannot_read(path, e);
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0)
			rc = each(dirfd(dir), entry->d_name, arg, e);
	}
	closedir(dir);
	return rc;
}

static int
remove_one(int directory, const char *name, void *arg, struct error *e)
{
	(void)arg;
	if (unlinkat(directory, name, 0) == 0 || errno == EISDIR)
		return 0;
	return error_errno(e, "cannot remove %s", name);
}

/* What a restore that was cut off has left. */
static int
remove_partial(const struct restore *r, struct error *e)
{
	if (access(r->copy, F_OK) == 0 &&
		each_file(r->copy, remove_one, NULL, e) == -1)
		return -1;
	if (access(r->partial, F_OK) == 0 &&
		each_file(r->partial, remove_one, NULL, e) == -1)
		return -1;
	if ((rmdir(r->copy) == -1 && errno != ENOENT && errno != ENOTDIR) ||
		(rmdir(r->partial) == -1 && errno != ENOENT))
		return error_errno(e, "cannot remove %s", r->partial);
	return 0;
}

static int
copy_octets(int from, int to, const char *name, struct error *e)
{
	char octets[65536];
	ssize_t got;

	while ((got = read(from, octets, sizeof(octets))) > 0) {
		errno = ENOSPC; /* if less was written */
		if (write(to, octets, (size_t)got) != got)
			return error_errno(e, "cannot write %s", name);
	}
	if (got == -1)
		return error_errno(e, "cannot read %s", name);
	return fsync(to) == 0 ? 0 : error_errno(e, "cannot sync %s", name);
}

static int
copy_one(int directory, const char *name, void *arg, struct error *e)
{
	const int target = *(const int *)arg;
	int from = regular_open(directory, name, O_RDONLY | O_NOFOLLOW, e);
	int to, rc = -1;

	if (from == -1) {
		e->code = errno == EACCES ? ERROR_DENIED : e->code;
		return -1;
	}
	to = openat(target, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to == -1) {
		error_errno(e, "cannot make %s", name);
	} else {
		rc = copy_octets(from, to, name, e);
		close(to);
	}
	close(from);
	return rc;
}

static int
make_copy(const struct restore *r, struct error *e)
{
	int target, rc;

	if (mkdir(r->partial, 0700) == -1 || mkdir(r->copy, 0700) == -1)
		return error_errno(e, "cannot make %s", r->copy);
	target = open(r->copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (target == -1)
		return error_errno(e, "cannot open %s", r->copy);
	rc = each_file(r->from, copy_one, &target, e);
	close(target);
	return rc;
}

static int
next_number(struct db_txn *t, void *arg, struct error *e)
{
	return meta_number(t, META_NEXT_SEQUENCE, 0, arg, e);
}

/* How its numbers stand to what its spool has had. */
static int
hold_against_spool(struct store *s, const char *path,
	struct store_restored *found, struct error *e)
{
	struct published p = { .state = PUBLISHED_NEVER };
	struct spool spool;
	struct error why;

	if (store_read(s, next_number, &found->next_sequence, e) == -1)
		return -1;
	(void)text_copy(s->spool, sizeof(s->spool), path);
	if (spool_open(s->spool, &spool, &why) == 0) {
		(void)published_read(&spool, &p, &why);
		spool_close(&spool);
	}
	found->spool_knows = p.state != PUBLISHED_NEVER;
	if (published_check(s, &why) == -1)
		(void)text_copy(found->behind, sizeof(found->behind), why.text);
	return 0;
}

/* Opening recovers the copy; closing leaves it ready to be opened. */
static int
check_copy(
	const struct restore *r, struct store_restored *found, struct error *e)
{
	struct store_options o = *r->options;
	struct store *s;
	int rc;

	o.state_directory = r->partial;
	o.spool_directory = r->partial; /* it has none yet */
	if (store_open(&o, &s, e) == -1)
		return error_prefix(e, "the backup does not open");
	rc = store_check(s, NULL, e);
	if (rc == -1)
		error_prefix(e, "the backup is not sound");
	else
		rc = hold_against_spool(
			s, r->options->spool_directory, found, e);
	store_shut(&s);
	return rc == 0 ? durable_directory(r->copy, e) : -1;
}

/* The old one keeps a name that says when, and is nobody else's. */
static int
name_aside(
	const struct restore *r, char aside_r[STORE_PATH_SIZE], struct error *e)
{
	char now[TEXT_TIME_SIZE];
	struct clock_reading reading;

	clock_read(&reading);
	text_time((time_t)reading.real, now);
	for (int i = 1; i < ASIDE_MAX; i++) {
		if (!text_format(aside_r, STORE_PATH_SIZE, "%s.before-%s.%d",
			    r->db, now, i))
			return error_set(e, ERROR_BAD, "a path is too long");
		if (access(aside_r, F_OK) == -1)
			return 0;
	}
	return error_set(e, ERROR_EXISTS, "%s is there", aside_r);
}

/* The copy gets the old store's name, and the old one the copy's, in one step:
 * at every moment there is a store. */
static int
change_places(const struct restore *r, const char *aside, struct error *e)
{
	if (rename(r->copy, aside) == -1)
		return error_errno(e, "cannot rename %s", r->copy);
	if (renameat2(AT_FDCWD, aside, AT_FDCWD, r->db, RENAME_EXCHANGE) == -1)
		return error_errno(
			e, "cannot put %s in the store's place", aside);
	return 0;
}

static int
take_place(const struct restore *r, bool there, char aside_r[STORE_PATH_SIZE],
	struct error *e)
{
	if (there &&
		(name_aside(r, aside_r, e) == -1 ||
			change_places(r, aside_r, e) == -1))
		return -1;
	if (!there && rename(r->copy, r->db) == -1)
		return error_errno(e, "cannot rename %s", r->copy);
	if (durable_directory(r->options->state_directory, e) == -1 ||
		remove_partial(r, e) == -1)
		return -1;
	return durable_directory(r->options->state_directory, e);
}

/* As init leaves the place of a store, or not there at all. */
static bool
is_empty(const char *path)
{
	return rmdir(path) == 0 || errno == ENOENT;
}

int
store_restore(const struct store_options *o, const char *backup, bool force,
	struct store_restored *found, struct error *e)
{
	struct restore r = { .options = o };
	int rc = -1, held = -1;
	bool there;

	*found = (struct store_restored){ .next_sequence = 0 };
	if (backup[0] != '/')
		return error_set(e, ERROR_USAGE,
			"a backup is named by its absolute path");
	/* Nobody else begins with the store meanwhile. */
	if (name_all(&r, backup, e) == -1 ||
		lock_file(o->state_directory, O_RDWR | O_CREAT, &held, e) == -1)
		goto out;
	there = !is_empty(r.db);
	if (there && !force) {
		error_set(e, ERROR_EXISTS,
			"there is a store in %s: --force moves it aside",
			o->state_directory);
		goto out;
	}
	if (remove_partial(&r, e) == 0 && make_copy(&r, e) == 0 &&
		check_copy(&r, found, e) == 0)
		rc = take_place(&r, there, found->aside, e);
	if (rc == -1)
		(void)remove_partial(&r, NULL);
out:
	if (held != -1)
		close(held);
	return rc;
}
