/*
 * The directory, its locks, and what is in it. The messages' own names say
 * whose they are; there is no index that could say something else.
 */
#include "device/queue_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/file.h"
#include "base/regular.h"
#include "base/text.h"
#include "device/queue_state.h"

/* --- the directory --- */

static int
check_directory(int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "stat");
	if (st.st_uid != geteuid())
		return error_set(e, ERROR_BAD, "it is another user's");
	if ((st.st_mode & 022) != 0)
		return error_set(e, ERROR_BAD,
			"mode is %04o, but others than its owner must not "
			"write to it",
			(unsigned int)(st.st_mode & 07777));
	return 0;
}

static int
open_lock(struct queue *q, const char *name, struct error *e)
{
	int fd = openat(q->directory, name,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd == -1)
		error_errno(e, "%s", name);
	return fd;
}

static int
open_all(struct queue *q, const char *path, struct error *e)
{
	bool made = mkdir(path, 0700) == 0;

	if (!made && errno != EEXIST)
		return error_errno(e, "make it");
	if (durable_made(path, made, e))
		return -1;
	q->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (q->directory == -1)
		return error_errno(e, "open");
	if (check_directory(q->directory, e))
		return -1;
	q->lock = open_lock(q, "lock", e);
	return q->lock == -1 ? -1 : 0;
}

int
queue_open(const char *path, struct queue **queue_r, struct error *e)
{
	struct queue *q = calloc(1, sizeof(*q));
	int rc;

	*queue_r = NULL;
	if (q == NULL)
		return error_memory(e);
	q->directory = q->lock = q->claim = -1;
	rc = open_all(q, path, e);
	if (rc == -1) {
		error_prefix(e, "queue %s", path);
		queue_close(&q);
	}
	*queue_r = q;
	return rc;
}

void
queue_close(struct queue **queue)
{
	struct queue *q = *queue;

	if (q == NULL)
		return;
	if (q->claim != -1)
		close(q->claim);
	if (q->lock != -1)
		close(q->lock);
	if (q->directory != -1)
		close(q->directory);
	free(q);
	*queue = NULL;
}

int
queue_lock(struct queue *q, struct error *e)
{
	while (flock(q->lock, LOCK_EX) == -1)
		if (errno != EINTR)
			return error_errno(e, "lock the queue");
	return 0;
}

void
queue_unlock(struct queue *q)
{
	(void)flock(q->lock, LOCK_UN);
}

int
queue_claim(struct queue *q, const char *spelled, struct error *e)
{
	char name[QUEUE_FILE_SIZE];

	text_format(name, sizeof(name), "%s.lock", spelled);
	q->claim = open_lock(q, name, e);
	if (q->claim == -1)
		return -1;
	if (flock(q->claim, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_errno(e, "lock %s", name);
	return error_set(e, ERROR_EXISTS,
		"another process is at work with this device's queue");
}

/* --- what is there --- */

void
queue_state_name(const char *name, char out[QUEUE_FILE_SIZE])
{
	text_format(out, QUEUE_FILE_SIZE, "%.*s.state",
		(int)(strrchr(name, '.') - name), name);
}

bool
queue_has(const struct queue *q, const char *name)
{
	return faccessat(q->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Has a state its message? For a name that is no state's: true. */
static bool
is_wanted(const struct queue *q, const char *name)
{
	const char *dot = strrchr(name, '.');
	char other[QUEUE_FILE_SIZE];
	size_t spelled, length;
	bool plain;

	if (dot == NULL || strcmp(dot, ".state") != 0)
		return true;
	for (int i = 0; i < 2; i++)
		if (!text_format(other, sizeof(other), "%.*s.%s",
			    (int)(dot - name), name, i == 0 ? "p7m" : "eml") ||
			!names_inbox(other, &spelled, &length, &plain) ||
			queue_has(q, other))
			return true;
	return false;
}

/* A file's name in the directory; false: it is none of a message. */
static bool
is_message(const struct queue_walk *w, const char *name)
{
	size_t spelled, length;
	bool plain;

	return names_inbox(name, &spelled, &length, &plain) &&
		(w->spelled == NULL ||
			(strlen(w->spelled) == spelled &&
				strncmp(name, w->spelled, spelled) == 0));
}

int
queue_walk(struct queue_walk *w, struct error *e)
{
	int fd = openat(w->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *found;
	int rc = 0;

	if (dir == NULL) {
		error_errno(e, "read the queue");
		if (fd != -1)
			close(fd);
		return -1;
	}
	for (errno = 0; rc == 0 && (found = readdir(dir)) != NULL; errno = 0)
		if (is_message(w, found->d_name))
			rc = w->take(w, found->d_name, e);
		else if (!is_wanted(w->q, found->d_name))
			(void)unlinkat(w->q->directory, found->d_name, 0);
	if (rc == 0 && errno != 0)
		rc = error_errno(e, "read the queue");
	closedir(dir);
	return rc;
}

static void
read_state(struct queue *q, struct queue_entry *entry)
{
	struct buffer text = { .limit = QUEUE_STATE_MAX };
	char name[QUEUE_FILE_SIZE];
	int fd;

	queue_state_name(entry->name, name);
	fd = regular_open(q->directory, name, O_RDONLY | O_NOFOLLOW, NULL);
	if (fd == -1)
		return;
	if (file_read_fd(fd, &text, NULL) == 0)
		queue_state_read((const char *)text.data, text.length, entry);
	buffer_clear(&text);
	close(fd);
}

struct list {
	struct queue_walk walk; /* first: queue_walk hands it on */
	struct queue_entry *entries;
	size_t room;
};

static int
collect(struct queue_walk *w, const char *name, struct error *e)
{
	struct list *list = (struct list *)w;
	size_t room = list->room == 0 ? 64 : 2 * list->room;
	struct queue_entry *entry;
	size_t unused;

	if (w->count == list->room) {
		entry = reallocarray(list->entries, room, sizeof(*entry));
		if (entry == NULL)
			return error_memory(e);
		list->entries = entry;
		list->room = room;
	}
	entry = &list->entries[w->count++];
	memset(entry, 0, sizeof(*entry));
	text_copy(entry->name, sizeof(entry->name), name);
	names_inbox(name, &unused, &unused, &entry->plain);
	read_state(w->q, entry);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct queue_entry *one = a, *other = b;

	if (one->schedule.next != other->schedule.next)
		return one->schedule.next < other->schedule.next ? -1 : 1;
	return strcmp(one->name, other->name);
}

int
queue_list(struct queue *q, const char *spelled, struct queue_entry **entries_r,
	size_t *count_r, struct error *e)
{
	struct list list = { .walk = { .q = q,
				     .directory = q->directory,
				     .spelled = spelled,
				     .take = collect } };
	int rc;

	*entries_r = NULL;
	*count_r = 0;
	if (queue_lock(q, e))
		return -1;
	rc = queue_walk(&list.walk, e);
	queue_unlock(q);
	if (rc == -1) {
		free(list.entries);
		return -1;
	}
	if (list.walk.count > 1)
		qsort(list.entries, list.walk.count, sizeof(*list.entries),
			compare);
	*entries_r = list.entries;
	*count_r = list.walk.count;
	return 0;
}

int
queue_read(
	struct queue *q, const char *name, struct buffer *out, struct error *e)
{
	int fd, rc;

	fd = regular_open(q->directory, name, O_RDONLY | O_NOFOLLOW, e);
	if (fd == -1 && errno == ENOENT)
		return error_set(e, ERROR_NOT_FOUND, "%s: is gone", name);
	if (fd == -1)
		return -1;
	rc = file_read_fd(fd, out, e);
	close(fd);
	return rc == 0 ? 0 : error_prefix(e, "%s", name);
}
