/*
 * The index is read from the file names, once for each directory; then it is
 * kept up, and looks after itself.
 */
#include "gate/quarantine_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/log.h"
#include "base/text.h"

enum { ALARM = 80 }; /* per cent */

struct quarantine *
quarantine_new(void)
{
	static const struct watched tended = { "the quarantine", "its" };
	struct quarantine *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->watch = watch_new(&tended, 1);
	if (q->watch == NULL) {
		free(q);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->written, NULL);
	return q;
}

void
quarantine_free(struct quarantine **quarantine)
{
	struct quarantine *q = *quarantine;

	*quarantine = NULL;
	if (q == NULL)
		return;
	watch_free(&q->watch);
	index_free(&q->index);
	free(q->directory);
	pthread_cond_destroy(&q->written);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

int64_t
quarantine_limit(const struct settings *s, enum share share)
{
	static const int64_t eighths[SHARES] = { [SHARE_STRANGER] = 1,
		[SHARE_REGISTERED] = 3,
		[SHARE_AGENT] = 2, /* of those that are for what is proved */
		[SHARE_PROVED] = 4 };

	return s->quarantine_size / 8 * eighths[share];
}

void
quarantine_alarm(struct quarantine *q, const struct settings *s)
{
	struct share_count c;
	int64_t limit;
	bool over;

	/* A ring is full when it has worked for a while. */
	for (int i = SHARE_REGISTERED; i < SHARES; i++) {
		if (i == SHARE_AGENT)
			continue;
		c = index_count(q->index, (enum share)i);
		limit = quarantine_limit(s, (enum share)i);
		over = c.octets / ALARM >= limit / 100;
		if (over && !q->alarmed[i])
			log_warn("quarantine: the share of %s messages is "
				 "%lld%% full: %lld files, %lld octets",
				share_name((enum share)i),
				(long long)(c.octets * 100 / limit),
				(long long)c.files, (long long)c.octets);
		q->alarmed[i] = over;
	}
}

static int
error_directory(const char *directory, struct error *e)
{
	return error_errno(e, "quarantine %s", directory);
}

/* A file of the directory, as far as the index wants to know it. */
struct found {
	struct quarantine_name name;
	int64_t size;
	char *file; /* NULL: name makes it */
};

struct list {
	struct found *all;
	size_t count, capacity;
};

static void
list_clear(struct list *l)
{
	while (l->count > 0)
		free(l->all[--l->count].file);
	free(l->all);
}

static struct found *
list_more(struct list *l)
{
	size_t capacity = l->capacity * 2 + 64;
	struct found *all = l->all;

	if (l->count == l->capacity) {
		all = reallocarray(all, capacity, sizeof(*all));
		if (all == NULL)
			return NULL;
		l->all = all;
		l->capacity = capacity;
	}
	return memset(&all[l->count++], 0, sizeof(*all));
}

/* A name of another form: the content is the end of it, if it was one of
 * version 0.1, and the rest is in the prologue. 1, 0: not ours, or -1. */
static int
read_other(const char *directory, const char *file, struct found *f,
	struct error *e)
{
	struct quarantined q;
	struct error ignored;
	const char *content = strrchr(file, '-');
	off_t offset;
	int fd = quarantine_file_open(directory, file, &q, &offset, &ignored);

	if (fd == -1)
		return 0;
	close(fd);
	f->file = strdup(file);
	if (f->file == NULL)
		return error_memory(e);
	f->name.came = q.received * 1000000;
	f->name.share = q.share;
	if (content != NULL)
		f->name.content = strtoull(content + 1, NULL, 16);
	return 1;
}

static int
take_entry(const char *directory, int dir, const char *file, struct list *l,
	struct error *e)
{
	struct found *f;
	struct stat st;
	int rc = 1;

	if (!quarantine_name_valid(file) ||
		fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		!S_ISREG(st.st_mode))
		return 0;
	/* A copy by hand may have been made readable for others. */
	if ((st.st_mode & 077) != 0 && fchmodat(dir, file, 0600, 0) == -1)
		log_warn("quarantine %s/%s: others may read it", directory,
			file);
	f = list_more(l);
	if (f == NULL)
		return error_memory(e);
	f->size = st.st_size;
	if (!quarantine_name_read(file, &f->name))
		rc = read_other(directory, file, f, e);
	if (rc != 1)
		l->count--;
	return rc == -1 ? -1 : 0;
}

static int
by_age(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	return (a->name.came > b->name.came) - (a->name.came < b->name.came);
}

static int
read_directory(const char *directory, struct list *l, struct error *e)
{
	DIR *d = opendir(directory);
	struct dirent *entry;
	struct stat st;
	int rc = 0;

	if (d == NULL)
		return error_directory(directory, e);
	if (fstat(dirfd(d), &st) == 0 && (st.st_mode & 077) != 0 &&
		fchmod(dirfd(d), 0700) == -1)
		log_warn("quarantine %s: others may read it", directory);
	errno = 0;
	while (rc == 0 && (entry = readdir(d)) != NULL) {
		rc = take_entry(directory, dirfd(d), entry->d_name, l, e);
		errno = 0;
	}
	if (rc == 0 && errno != 0)
		rc = error_directory(directory, e);
	closedir(d);
	if (rc == 0 && l->count > 1)
		qsort(l->all, l->count, sizeof(*l->all), by_age);
	return rc;
}

static int
fill(struct quarantine_index *ix, const struct list *l, struct error *e)
{
	for (size_t i = 0; i < l->count; i++)
		if (index_add(ix, &l->all[i].name, l->all[i].size,
			    l->all[i].file, NULL, e) == -1)
			return -1;
	return 0;
}

static int
load(struct quarantine *q, const char *directory, struct error *e)
{
	struct quarantine_index *ix = index_new();
	struct list l = { 0 };
	char *copy = strdup(directory);
	int rc = -1;

	if (ix == NULL || copy == NULL) {
		error_memory(e);
		goto out;
	}
	quarantine_sweep(directory, 0);
	/* Who was killed may have left a name that is not on the disk yet. What
	 * is in the index is said to be kept when it comes again. */
	if (durable_directory(directory, e) == -1 ||
		read_directory(directory, &l, e) == -1 || fill(ix, &l, e) == -1)
		goto out;
	q->index = ix;
	q->directory = copy;
	ix = NULL;
	copy = NULL;
	rc = 0;
out:
	list_clear(&l);
	index_free(&ix);
	free(copy);
	return rc;
}

int
quarantine_ready(
	struct quarantine *q, const struct settings *s, struct error *e)
{
	const char *directory = s->quarantine_directory;

	if (q->index != NULL && strcmp(q->directory, directory) == 0)
		return 0;
	/* Those who write know the index of before. */
	while (q->writing > 0)
		pthread_cond_wait(&q->written, &q->lock);
	if (q->index != NULL && strcmp(q->directory, directory) == 0)
		return 0;
	index_free(&q->index);
	free(q->directory);
	q->directory = NULL;
	return load(q, directory, e);
}

void
quarantine_sweep(const char *directory, int64_t seconds)
{
	static const char aside[] = QUARANTINE_ASIDE;
	DIR *d = opendir(directory);
	time_t now = time(NULL); /* right or wrong: the files' own clock */
	struct dirent *entry;
	struct stat st;

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, aside, sizeof(aside) - 1) == 0 &&
			quarantine_name_valid(
				entry->d_name + sizeof(aside) - 1) &&
			fstatat(dirfd(d), entry->d_name, &st,
				AT_SYMLINK_NOFOLLOW) == 0 &&
			llabs((long long)(now - st.st_mtime)) >= seconds)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
}
