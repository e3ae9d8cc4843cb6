/*
 * The file is read before the store's numbers are: so a publisher that works
 * meanwhile can only put the store further ahead.
 */
#include "store/published.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/text.h"
#include "store/inside.h"
#include "store/meta.h"

#define NAME "published"

enum { TEXT_SIZE = 128 };

static void
write_text(const struct published *p, char text[TEXT_SIZE])
{
	text_format(text, TEXT_SIZE, "{\"last\":%llu,\"store\":\"%s\"}\n",
		(unsigned long long)p->last, p->store);
}

/* Only what would be written is read. */
static bool
read_text(const char *text, struct published *p)
{
	char again[TEXT_SIZE];
	unsigned long long last;

	if (sscanf(text, "{\"last\":%20llu,\"store\":\"%32[0-9a-f]\"}", &last,
		    p->store) != 2 ||
		last > SEQUENCE_MAX || strlen(p->store) != STORE_ID_SIZE - 1)
		return false;
	p->last = last;
	write_text(p, again);
	return strcmp(text, again) == 0;
}

int
published_read(const struct spool *spool, struct published *p, struct error *e)
{
	char text[TEXT_SIZE] = "";
	int fd = regular_open(spool->base, NAME, O_RDONLY | O_NOFOLLOW, e);
	ssize_t got;

	*p = (struct published){ .state = PUBLISHED_NEVER };
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		e->code = ERROR_TROUBLE;
		return error_prefix(e, "the spool's");
	}
	got = read(fd, text, sizeof(text) - 1);
	if (got < 0)
		error_errno(e, "cannot read the spool's " NAME);
	close(fd);
	if (got < 0)
		return -1;
	p->state = PUBLISHED;
	if (!read_text(text, p))
		*p = (struct published){ .state = PUBLISHED_DAMAGED };
	return 0;
}

/* Made in tmp, where files get the spool's group by themselves. */
static int
replace(struct store *s, const struct spool *spool, const struct published *p,
	struct error *e)
{
	char text[TEXT_SIZE];
	FILE *file;

	write_text(p, text);
	if (spool_create(spool, NAME, &file, e) == -1)
		return -1;
	fputs(text, file); /* spool_finish sees if it failed */
	if (spool_finish(spool, file, e) == -1)
		return -1;
	if (s->step != NULL)
		s->step("noted", s->step_arg);
	if (renameat(spool->tmp, NAME, spool->base, NAME) == -1)
		return error_errno(e, "cannot move tmp/" NAME " to its place");
	if (fsync(spool->base) == -1)
		return error_errno(e, "cannot sync the spool's directory");
	return 0;
}

int
published_set(struct store *s, const struct spool *spool, uint64_t last,
	struct error *e)
{
	struct published old, new = { .state = PUBLISHED, .last = last };
	int rc;

	(void)text_copy(new.store, sizeof(new.store), s->id);
	pthread_mutex_lock(&s->counting);
	rc = published_read(spool, &old, e);
	if (rc == 0 &&
		(old.state != PUBLISHED || strcmp(old.store, s->id) != 0 ||
			old.last < last))
		rc = replace(s, spool, &new, e);
	pthread_mutex_unlock(&s->counting);
	return rc;
}

struct standing {
	struct store *store;
	const struct published *published;
	uint64_t next; /* that the store would publish */
};

static int
foreign(const struct published *p, struct error *e)
{
	if (p->state == PUBLISHED_DAMAGED)
		return error_set(e, ERROR_TROUBLE,
			"the spool's file " NAME " is damaged, so that it is "
			"not known which numbers were given; to go on above "
			"NUMBER, the highest that billing has seen, run: "
			"csrcadm sequence --next NUMBER+1");
	return error_set(e, ERROR_TROUBLE,
		"the spool is another store's (%s), which published up to "
		"%llu; if that store is gone for good, run: csrcadm sequence "
		"--next %llu",
		p->store, (unsigned long long)p->last,
		(unsigned long long)p->last + 1);
}

static int
judge(struct db_txn *t, void *arg, struct error *e)
{
	struct standing *g = arg;
	const struct published *p = g->published;
	struct batch batch;

	if (meta_number(t, META_NEXT_PUBLISHED, 1, &g->next, e) == -1 ||
		meta_batch(t, &batch, e) == -1)
		return -1;
	if (p->state == PUBLISHED_NEVER)
		return 0;
	if (p->state == PUBLISHED_DAMAGED ||
		strcmp(p->store, g->store->id) != 0)
		return foreign(p, e);
	/* The last one may be on its way still: it has its number. */
	if (p->last < g->next || batch_ends(&batch, p->last))
		return 0;
	return error_set(e, ERROR_TROUBLE,
		"an old store was put back: the spool has had reports up to "
		"%llu, the store would go on with %llu; to go on above that, "
		"run: csrcadm sequence --next %llu",
		(unsigned long long)p->last, (unsigned long long)g->next,
		(unsigned long long)p->last + 1);
}

int
published_keep(struct store *s, const struct spool *spool, struct error *e)
{
	struct published p;
	struct standing g = { .store = s, .published = &p };

	if (published_read(spool, &p, e) == -1 ||
		store_read(s, judge, &g, e) == -1)
		return -1;
	return p.state == PUBLISHED ? 0
				    : published_set(s, spool, g.next - 1, e);
}

int
published_check(struct store *s, struct error *e)
{
	struct spool spool;
	struct published p;
	struct standing g = { .store = s, .published = &p };
	int rc;

	if (spool_open(s->spool, &spool, e) == -1)
		return 0;
	rc = published_read(&spool, &p, e) == -1 ? 0
						 : store_read(s, judge, &g, e);
	spool_close(&spool);
	return rc;
}
