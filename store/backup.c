/*
 * A backup is a state directory of its own: store_open works on it. It is
 * written aside, opened and checked, and gets its name when it is on the disk:
 * of one that is cut off some tables could be missing, or empty.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/text.h"
#include "store/inside.h"

/* A path that will not do is not our trouble: it can be named better. */
static int
directory_failed(const char *what, const char *path, struct error *e)
{
	int why = errno;

	error_errno(e, "cannot %s %s", what, path);
	if (why == ENOENT || why == ENOTDIR || why == EACCES)
		e->code = ERROR_DENIED;
	return -1;
}

static int
make_empty(const char *path, struct error *e)
{
	struct dirent *entry;
	DIR *dir;
	bool empty = true;

	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return directory_failed("make", path, e);
	dir = opendir(path);
	if (dir == NULL)
		return directory_failed("read", path, e);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0)
			empty = false;
	closedir(dir);
	if (!empty)
		return error_set(e, ERROR_EXISTS, "%s is not empty", path);
	return 0;
}

/* Log removal waits meanwhile: the copy needs every log since the checkpoint
 * before it began. */
static int
copy(struct store *s, const char *directory, struct error *e)
{
	int rc;

	if (store_enter(s, e) == -1)
		return -1;
	pthread_mutex_lock(&s->housekeeping);
	rc = store_settle(s, e);
	if (rc == 0)
		rc = db_backup(s->db, directory, e);
	pthread_mutex_unlock(&s->housekeeping);
	store_leave(s);
	return rc;
}

static int
sync_all(const char *path, struct error *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return error_errno(e, "cannot open %s", path);
	if (syncfs(fd) != 0)
		rc = error_errno(e, "cannot sync %s", path);
	close(fd);
	return rc;
}

/* Opening recovers the copy; closing leaves it ready to be opened. */
static int
try_copy(struct store *s, const char *directory, struct error *e)
{
	struct store_options o = s->options;
	struct store *again;
	int rc;

	o.state_directory = directory;
	o.spool_directory = directory; /* it has none */
	o.master_key = s->keyed ? s->master : NULL;
	if (store_open(&o, &again, e) == -1)
		return error_prefix(e, "the copy does not open");
	rc = store_check(again, NULL, e);
	/* without publishing: its outbox is ours */
	store_shut(&again);
	return rc == 0 ? 0 : error_prefix(e, "the copy is not sound");
}

static int
give_name(const char *partial, const char *directory, struct error *e)
{
	char from[STORE_PATH_SIZE], to[STORE_PATH_SIZE];

	if (!text_format(from, sizeof(from), "%s/db", partial) ||
		!text_format(to, sizeof(to), "%s/db", directory))
		return error_set(e, ERROR_USAGE, "a path is too long");
	if (rename(from, to) == -1)
		return error_errno(e, "cannot move %s to its place", from);
	/* What opening it has left does no harm there. */
	if (text_format(from, sizeof(from), "%s/lock", partial))
		unlink(from);
	rmdir(partial);
	return durable_directory(directory, e);
}

int
store_backup(struct store *s, const char *directory, struct error *e)
{
	char partial[STORE_PATH_SIZE], db[STORE_PATH_SIZE];

	if (directory[0] != '/' ||
		!text_format(
			partial, sizeof(partial), "%s/partial", directory) ||
		!text_format(db, sizeof(db), "%s/db", partial))
		return error_set(
			e, ERROR_USAGE, "a backup goes to an absolute path");
	if (make_empty(directory, e) == -1 || make_empty(partial, e) == -1 ||
		make_empty(db, e) == -1 || copy(s, db, e) == -1 ||
		try_copy(s, partial, e) == -1 || sync_all(partial, e) == -1)
		return -1;
	return give_name(partial, directory, e);
}
