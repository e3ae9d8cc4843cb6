/*
 * What becomes of files in time: too old, gone by hand, half written. Each
 * call is one bounded step, for a thread in the background.
 */
#include "gate/quarantine_inside.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

enum {
	OLD_ONES = 100, /* removed in one step */
	TURNS = 256,    /* looked after in one step */
	SWEEP = 3600    /* seconds between two, and that a file is young */
};

static bool
path_of(const struct quarantine *q, const struct kept *k, char *out,
	size_t size)
{
	char file[QUARANTINE_NAME_SIZE];

	index_file_name(k, file);
	return text_format(out, size, "%s/%s", q->directory, file);
}

int
quarantine_discard(struct quarantine *q, struct kept *k, struct error *e)
{
	char path[4096];

	if (!path_of(q, k, path, sizeof(path)))
		return error_set(e, ERROR_TROUBLE, "quarantine: long path");
	if (unlink(path) == -1 && errno != ENOENT)
		return error_errno(e, "%s", path);
	index_drop(q->index, k);
	return 0;
}

int
quarantine_present(struct quarantine *q, struct kept *k, struct error *e)
{
	char path[4096];
	struct stat st;

	if (k->writing)
		return 1;
	if (!path_of(q, k, path, sizeof(path)))
		return error_set(e, ERROR_TROUBLE, "quarantine: long path");
	if (lstat(path, &st) == 0)
		return 1;
	if (errno != ENOENT)
		return error_errno(e, "%s", path);
	index_drop(q->index, k);
	return 0;
}

/* One share's too old ones, as many as *budget; how many went, or -1. */
static int
expire_share(struct quarantine *q, enum share share, int64_t before,
	int *budget, struct error *e)
{
	struct kept *k;
	int count = 0;

	while (*budget > 0 && (k = index_oldest(q->index, share)) != NULL &&
		!k->writing && k->name.came / 1000000 < before) {
		if (quarantine_discard(q, k, e) == -1)
			return -1;
		(*budget)--;
		count++;
	}
	if (count > 0)
		(share == SHARE_STRANGER ? log_info : log_warn)(
			"quarantine: %d %s messages expired unreleased "
			"(quarantine_retention)",
			count, share_name(share));
	return count;
}

static int
expire(struct quarantine *q, const struct settings *s, int64_t now,
	struct error *e)
{
	int64_t before = now - s->quarantine_retention;
	int budget = OLD_ONES;

	for (int i = 0; i < SHARES; i++)
		if (expire_share(q, (enum share)i, before, &budget, e) == -1)
			return -1;
	return 0;
}

static int
look_after(struct quarantine *q, struct error *e)
{
	struct kept *k;
	int64_t all = 0;

	for (int i = 0; i < SHARES; i++)
		all += index_count(q->index, (enum share)i).files;
	for (int i = 0;
		i < TURNS && i < all && (k = index_turn(q->index)) != NULL; i++)
		if (quarantine_present(q, k, e) == -1)
			return -1;
	return 0;
}

static void
sweep(struct quarantine *q, const char *directory)
{
	int64_t now = clock_seconds();

	if (now - q->swept < SWEEP)
		return;
	q->swept = now;
	quarantine_sweep(directory, SWEEP);
}

int
quarantine_watch(struct quarantine *q, struct error *e)
{
	return watch_start(q->watch, e);
}

void
quarantine_unwatch(struct quarantine *q)
{
	watch_stop(q->watch);
}

int
quarantine_healthy(struct quarantine *q, struct error *e)
{
	return watch_ready(q->watch, e);
}

/* Asks the file system itself: of a file, the kernel may know without it. */
static void
ask(const char *directory)
{
	struct statvfs answer;

	(void)statvfs(directory, &answer);
}

static int
tend(struct quarantine *q, const struct settings *s, int64_t now,
	struct error *e)
{
	int rc = -1;

	pthread_mutex_lock(&q->lock);
	if (quarantine_ready(q, s, e) == 0 && look_after(q, e) == 0 &&
		(now == 0 || expire(q, s, now, e) == 0)) {
		sweep(q, s->quarantine_directory);
		quarantine_alarm(q, s);
		rc = 0;
	}
	pthread_mutex_unlock(&q->lock);
	return rc;
}

int
quarantine_tend(struct quarantine *q, const struct settings *s, int64_t now,
	struct error *e)
{
	int rc;

	watch_begin(q->watch, 0);
	ask(s->quarantine_directory);
	rc = tend(q, s, now, e);
	watch_end(q->watch, 0);
	return rc;
}

int
quarantine_count(struct quarantine *q, const struct settings *s,
	struct quarantine_share shares_r[SHARES], struct error *e)
{
	struct share_count c;
	int rc;

	if (quarantine_healthy(q, e) == -1)
		return -1;
	pthread_mutex_lock(&q->lock);
	rc = quarantine_ready(q, s, e);
	for (int i = 0; rc == 0 && i < SHARES; i++) {
		c = index_count(q->index, (enum share)i);
		shares_r[i] = (struct quarantine_share){ c.files, c.octets,
			quarantine_limit(s, (enum share)i) };
	}
	pthread_mutex_unlock(&q->lock);
	return rc;
}
