/*
 * Two search trees, of parties and of contents, and a list by age for each
 * share. So whatever an arrival asks costs the same however much is kept.
 */
#include "gate/quarantine_index.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

TAILQ_HEAD(ages, kept);

struct quarantine_index {
	void *parties;  /* struct party */
	void *contents; /* struct kept */
	struct ages ages[SHARES];
	struct share_count counts[SHARES];
	struct kept *turn; /* whose it is next; NULL: begin anew */
};

static int
order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_parties(const void *left, const void *right)
{
	const struct party *a = left, *b = right;

	return a->share != b->share ? order(a->share, b->share)
				    : order(a->whose, b->whose);
}

static int
compare_contents(const void *left, const void *right)
{
	const struct quarantine_name *a = &((const struct kept *)left)->name;
	const struct quarantine_name *b = &((const struct kept *)right)->name;

	if (a->content != b->content)
		return order(a->content, b->content);
	return a->share != b->share ? order(a->share, b->share)
				    : order(a->whose, b->whose);
}

struct quarantine_index *
index_new(void)
{
	struct quarantine_index *ix = calloc(1, sizeof(*ix));

	for (int i = 0; ix != NULL && i < SHARES; i++)
		TAILQ_INIT(&ix->ages[i]);
	return ix;
}

void
index_free(struct quarantine_index **index)
{
	struct quarantine_index *ix = *index;
	struct kept *k;

	*index = NULL;
	if (ix == NULL)
		return;
	for (int i = 0; i < SHARES; i++)
		while ((k = TAILQ_FIRST(&ix->ages[i])) != NULL)
			index_drop(ix, k);
	free(ix);
}

struct party *
index_party(struct quarantine_index *ix, enum share share, uint64_t whose)
{
	const struct party key = { .share = share, .whose = whose };
	void *found = tfind(&key, &ix->parties, compare_parties);

	return found == NULL ? NULL : *(struct party **)found;
}

/* The party of a file that is to be added; made if it is the first. */
static struct party *
make_party(struct quarantine_index *ix, const struct quarantine_name *name)
{
	struct party *p = index_party(ix, name->share, name->whose);

	if (p != NULL || (p = calloc(1, sizeof(*p))) == NULL)
		return p;
	p->share = name->share;
	p->whose = name->whose;
	TAILQ_INIT(&p->all);
	if (tsearch(p, &ix->parties, compare_parties) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

static void
drop_party(struct quarantine_index *ix, struct party *p)
{
	if (p == NULL || p->files > 0)
		return;
	tdelete(p, &ix->parties, compare_parties);
	free(p);
}

static int64_t
day_of(const struct kept *k)
{
	return k->name.came / 1000000 / 86400;
}

static void
count_in(struct quarantine_index *ix, struct kept *k)
{
	struct party *p = k->party;
	struct share_count *c = &ix->counts[k->name.share];

	if (p->day != day_of(k)) {
		p->day = day_of(k);
		p->today = 0;
	}
	p->today++;
	p->files++;
	p->octets += k->octets;
	c->files++;
	c->octets += k->octets;
	TAILQ_INSERT_TAIL(&p->all, k, by_party);
	TAILQ_INSERT_TAIL(&ix->ages[k->name.share], k, by_age);
}

int
index_add(struct quarantine_index *ix, const struct quarantine_name *name,
	int64_t octets, const char *file, struct kept **kept_r, struct error *e)
{
	struct kept *k = calloc(1, sizeof(*k));
	void *found;

	if (k == NULL)
		return error_memory(e);
	k->name = *name;
	k->octets =
		octets < QUARANTINE_FILE_LEAST ? QUARANTINE_FILE_LEAST : octets;
	if (file != NULL && (k->file = strdup(file)) == NULL)
		goto fail;
	k->party = make_party(ix, name);
	found = k->party == NULL ? NULL
				 : tsearch(k, &ix->contents, compare_contents);
	if (found == NULL)
		goto fail;
	k->findable = *(struct kept **)found == k;
	count_in(ix, k);
	if (kept_r != NULL)
		*kept_r = k;
	return 0;
fail:
	drop_party(ix, k->party);
	free(k->file);
	free(k);
	return error_memory(e);
}

void
index_drop(struct quarantine_index *ix, struct kept *k)
{
	struct party *p = k->party;
	struct share_count *c = &ix->counts[k->name.share];

	if (ix->turn == k)
		ix->turn = TAILQ_NEXT(k, by_age);
	if (k->findable)
		tdelete(k, &ix->contents, compare_contents);
	TAILQ_REMOVE(&ix->ages[k->name.share], k, by_age);
	TAILQ_REMOVE(&p->all, k, by_party);
	c->files--;
	c->octets -= k->octets;
	p->files--;
	p->octets -= k->octets;
	if (p->day == day_of(k))
		p->today--;
	drop_party(ix, p);
	free(k->file);
	free(k);
}

struct kept *
index_content(struct quarantine_index *ix, const struct quarantine_name *name)
{
	const struct kept key = { .name = *name };
	void *found = tfind(&key, &ix->contents, compare_contents);

	return found == NULL ? NULL : *(struct kept **)found;
}

/* A name of ours says where to look; for another all have to be asked, which
 * only an operator's command does. */
struct kept *
index_file(struct quarantine_index *ix, const char *file)
{
	struct quarantine_name name;
	struct party *p;
	struct kept *k = NULL;

	if (quarantine_name_read(file, &name)) {
		p = index_party(ix, name.share, name.whose);
		k = p == NULL ? NULL : TAILQ_FIRST(&p->all);
		while (k != NULL &&
			(k->file != NULL || k->name.came != name.came ||
				k->name.content != name.content))
			k = TAILQ_NEXT(k, by_party);
	}
	for (int i = 0; k == NULL && i < SHARES; i++) {
		k = TAILQ_FIRST(&ix->ages[i]);
		while (k != NULL &&
			(k->file == NULL || strcmp(k->file, file) != 0))
			k = TAILQ_NEXT(k, by_age);
	}
	return k;
}

struct kept *
index_oldest(struct quarantine_index *ix, enum share share)
{
	return TAILQ_FIRST(&ix->ages[share]);
}

struct kept *
index_turn(struct quarantine_index *ix)
{
	struct kept *k = ix->turn;

	for (int i = SHARES - 1; k == NULL && i >= 0; i--)
		k = TAILQ_FIRST(&ix->ages[i]);
	if (k == NULL)
		return NULL;
	ix->turn = TAILQ_NEXT(k, by_age);
	for (int i = (int)k->name.share - 1; ix->turn == NULL && i >= 0; i--)
		ix->turn = TAILQ_FIRST(&ix->ages[i]);
	return k;
}

struct share_count
index_count(const struct quarantine_index *ix, enum share share)
{
	return ix->counts[share];
}

void
index_file_name(const struct kept *k, char out[QUARANTINE_NAME_SIZE])
{
	if (k->file != NULL)
		(void)text_copy(out, QUARANTINE_NAME_SIZE, k->file);
	else
		quarantine_name_write(&k->name, out);
}
