/*
 * What changes the queue. Names change by rename, octets are synced before and
 * the directory after. A state that says what a message answers is there
 * before the message; one without its message is nobody's, and the next look
 * sweeps it away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "device/queue_inside.h"
#include "device/queue_state.h"

static int
sync_directory(const struct queue *q, struct error *e)
{
	return fsync(q->directory) == -1 ? error_errno(e, "sync the queue") : 0;
}

static int
measure(struct queue_walk *w, const char *name, struct error *e)
{
	struct stat st;

	(void)e;
	if (fstatat(w->q->directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		w->count++;
		w->octets += st.st_size;
	}
	return 0;
}

static int
write_state(struct queue *q, const struct queue_entry *entry, struct error *e)
{
	struct buffer text = { 0 };
	char name[QUEUE_FILE_SIZE];
	int rc = -1;

	queue_state_name(entry->name, name);
	if (queue_state_write(entry, &text, e) == 0)
		rc = file_replace(q->directory, "tmp", name, 0600, &text, e);
	buffer_clear(&text);
	return rc;
}

static int
check_room(struct queue *q, size_t length, struct error *e)
{
	struct queue_walk w = {
		.q = q, .directory = q->directory, .take = measure
	};

	if (queue_walk(&w, e))
		return -1;
	if (w.count >= QUEUE_ENTRIES_MAX ||
		w.octets + (int64_t)length > QUEUE_OCTETS_MAX)
		return error_set(e, ERROR_LIMIT,
			"the queue is full: %zu messages, %lld octets", w.count,
			(long long)w.octets);
	return 0;
}

static int
add(struct queue *q, const char *spelled, struct queue_entry *entry,
	const struct buffer *message, struct error *e)
{
	if (check_room(q, message->length, e) ||
		names_make(spelled, entry->plain, entry->name, e))
		return -1;
	if (entry->answers[0] != '\0' && write_state(q, entry, e))
		return -1;
	if (file_replace(q->directory, "tmp", entry->name, 0600, message, e) ||
		sync_directory(q, e)) {
		unlinkat(q->directory, entry->name, 0);
		return -1;
	}
	return 0;
}

int
queue_add(struct queue *q, const char *spelled, struct queue_entry *entry,
	const struct buffer *message, struct error *e)
{
	int rc;

	if (queue_lock(q, e))
		return -1;
	rc = add(q, spelled, entry, message, e);
	queue_unlock(q);
	return rc;
}

int
queue_note(struct queue *q, const struct queue_entry *entry, struct error *e)
{
	int rc = 0;

	if (queue_lock(q, e))
		return -1;
	if (queue_has(q, entry->name)) {
		rc = write_state(q, entry, e);
		if (rc == 0)
			rc = sync_directory(q, e);
	}
	queue_unlock(q);
	return rc;
}

/* Its message is there no more. */
static int
drop_state(struct queue *q, const char *name, struct error *e)
{
	char state[QUEUE_FILE_SIZE];

	queue_state_name(name, state);
	(void)unlinkat(q->directory, state, 0);
	return sync_directory(q, e);
}

int
queue_forget(struct queue *q, const char *name, struct error *e)
{
	int rc;

	if (queue_lock(q, e))
		return -1;
	if (unlinkat(q->directory, name, 0) == -1 && errno != ENOENT)
		rc = error_errno(e, "remove %s", name);
	else
		rc = drop_state(q, name, e);
	queue_unlock(q);
	return rc;
}

/* --- refused/ --- */

struct oldest {
	struct queue_walk walk; /* first: queue_walk hands it on */
	struct timespec when;
	char name[NAMES_INBOX_SIZE];
};

static int
look_for_oldest(struct queue_walk *w, const char *name, struct error *e)
{
	struct oldest *o = (struct oldest *)w;
	struct stat st;

	(void)e;
	if (fstatat(w->directory, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	if (w->count++ == 0 || st.st_mtim.tv_sec < o->when.tv_sec ||
		(st.st_mtim.tv_sec == o->when.tv_sec &&
			st.st_mtim.tv_nsec < o->when.tv_nsec)) {
		o->when = st.st_mtim;
		text_copy(o->name, sizeof(o->name), name);
	}
	return 0;
}

/* Room for one more. */
static int
make_room(struct queue *q, int directory, struct error *e)
{
	struct oldest o;

	do {
		memset(&o, 0, sizeof(o));
		o.walk.q = q;
		o.walk.directory = directory;
		o.walk.take = look_for_oldest;
		if (queue_walk(&o.walk, e))
			return -1;
		if (o.walk.count >= QUEUE_REFUSED_MAX &&
			unlinkat(directory, o.name, 0) == -1)
			return error_errno(e, "remove refused/%s", o.name);
	} while (o.walk.count > QUEUE_REFUSED_MAX);
	return 0;
}

static int
move(struct queue *q, const char *name, int directory, struct error *e)
{
	if (make_room(q, directory, e))
		return -1;
	if (renameat(q->directory, name, directory, name) == -1 &&
		errno != ENOENT)
		return error_errno(e, "move %s to refused", name);
	if (fsync(directory) == -1)
		return error_errno(e, "sync refused");
	return drop_state(q, name, e);
}

static int
refuse(struct queue *q, const char *name, struct error *e)
{
	int directory, rc;

	if (mkdirat(q->directory, "refused", 0700) == -1 && errno != EEXIST)
		return error_errno(e, "make refused");
	directory = openat(q->directory, "refused",
		O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (directory == -1)
		return error_errno(e, "open refused");
	rc = move(q, name, directory, e);
	close(directory);
	return rc;
}

int
queue_refuse(struct queue *q, const char *name, struct error *e)
{
	int rc;

	if (queue_lock(q, e))
		return -1;
	rc = refuse(q, name, e);
	queue_unlock(q);
	return rc;
}
