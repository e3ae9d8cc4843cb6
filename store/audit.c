/*
 * Lines are read in order of number. A record is held against the digest of the
 * one before it; the first one that is read has nothing to be held against, and
 * the last one the store's own head.
 */
#include "store/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/archive.h"
#include "store/inside.h"
#include "store/meta.h"

enum { HEX_SIZE = 2 * SHA256_SIZE + 1, TOLD_EACH = 1000 };

/* What a record says of its place. */
struct place {
	uint64_t sequence;
	bool chained;
	char chain[HEX_SIZE];
	uint64_t after; /* a declared break: the record that is chained to */
	bool erased;
};

struct auditing {
	struct store *store;
	const struct audit_question *q;
	struct audit_result *r;
	struct chain head; /* the store's */
	uint64_t begins;   /* the archive; 0: it is not known */
	char digest[HEX_SIZE];
	void (*tell)(uint64_t records, void *arg);
	void *arg;
	struct error *e;
};

static bool
read_number(const char **at, const char *before, uint64_t *number_r)
{
	const size_t length = strlen(before);
	char *end;

	if (strncmp(*at, before, length) != 0 || (*at)[length] < '0' ||
		(*at)[length] > '9')
		return false;
	*number_r = strtoull(*at + length, &end, 10);
	*at = end;
	return true;
}

/* The members that the ledger puts first, as it writes them. */
static bool
read_place(const char *record, struct place *p)
{
	static const char chain[] = ",\"chain\":\"";
	const char *at = record;
	uint64_t to;

	memset(p, 0, sizeof(*p));
	if (!read_number(&at, "{\"sequence\":", &p->sequence))
		return false;
	p->erased = strstr(at, ",\"report\":\"sha256:") != NULL &&
		strstr(at, ",\"report\":{") == NULL;
	if (strncmp(at, chain, sizeof(chain) - 1) != 0)
		return true;
	at += sizeof(chain) - 1;
	if (strspn(at, "0123456789abcdef") != HEX_SIZE - 1 ||
		at[HEX_SIZE - 1] != '"')
		return false;
	p->chained = true;
	memcpy(p->chain, at, HEX_SIZE - 1);
	at += HEX_SIZE;
	return !read_number(&at, ",\"restored\":{\"after\":", &p->after) ||
		(read_number(&at, ",\"to\":", &to) && *at == '}' &&
			to == p->sequence - 1 && p->after < p->sequence);
}

static int
broken(struct auditing *a, const struct archive_line *line, const char *why)
{
	return error_set(a->e, ERROR_BAD, "%s, line %zu: %s", line->file,
		line->number, why);
}

/* For a declared break: the digest of an earlier record. */
struct finding {
	uint64_t sequence;
	char digest[HEX_SIZE];
	struct error *e;
};

static int
look_for(const struct archive_line *line, void *arg)
{
	struct finding *f = arg;
	unsigned char digest[SHA256_SIZE];
	struct place p;

	if (!read_place(line->text, &p) || p.sequence < f->sequence)
		return 0;
	if (p.sequence > f->sequence)
		return 1;
	if (chain_digest(line->text, line->length, digest, f->e) == -1)
		return -1;
	text_hex(digest, sizeof(digest), f->digest);
	return 1;
}

/* The record is chained to the last one that the store knew of. One that the
 * archive has no more is taken at its word. */
static int
check_break(
	struct auditing *a, const struct archive_line *line, struct place *p)
{
	struct finding f = { .sequence = p->after, .e = a->e };

	if (p->sequence <= a->r->last)
		return broken(a, line, "its number was there before");
	a->r->breaks++;
	if (a->r->last > p->after)
		a->r->unproved += a->r->last - p->after;
	if (p->after < a->r->first)
		return 0;
	if (archive_each(a->store->archive, p->after, look_for, &f, a->e) == -1)
		return -1;
	return strcmp(f.digest, p->chain) == 0
		? 0
		: broken(a, line,
			  "it is not chained to the record that it names");
}

/* The first one is held against nothing but its number. */
static int
check_first(struct auditing *a, const struct archive_line *line,
	const struct place *p)
{
	const uint64_t from = a->q->from > a->begins ? a->q->from : a->begins;

	return a->begins == 0 || p->sequence <= from
		? 0
		: broken(a, line, "records before it are missing");
}

/* The one behind the last that is asked for says what that one was. */
static int
check_beyond(struct auditing *a, const struct archive_line *line,
	const struct place *p)
{
	if (p->sequence != a->r->last + 1 || !p->chained || p->after != 0 ||
		a->r->unchained == a->r->records ||
		strcmp(p->chain, a->digest) == 0)
		return 1;
	return broken(a, line, "the record before it was altered");
}

/* Is it the one that follows? */
static int
check_place(
	struct auditing *a, const struct archive_line *line, struct place *p)
{
	if (line->number == 1 && p->sequence != line->first)
		return broken(a, line, "its number is not the file's");
	if (a->r->last == 0)
		return check_first(a, line, p);
	if (p->after != 0)
		return check_break(a, line, p);
	if (p->sequence != a->r->last + 1)
		return broken(a, line,
			p->sequence <= a->r->last
				? "its number was there before"
				: "records before it are missing");
	if (!p->chained)
		return a->r->unchained == a->r->records
			? 0
			: broken(a, line, "it has no chain");
	if (a->r->unchained == a->r->records)
		return strspn(p->chain, "0") == HEX_SIZE - 1
			? 0
			: broken(a, line, "the chain does not begin here");
	return strcmp(p->chain, a->digest) == 0
		? 0
		: broken(a, line,
			  "the record before it was altered, or it is itself");
}

static int
check_pinned(struct auditing *a, const struct archive_line *line)
{
	const struct chain *c = &a->q->checkpoint;

	if (c->sequence == 0 || c->sequence != a->r->last)
		return 0;
	if (memcmp(c->digest, a->r->digest, SHA256_SIZE) != 0)
		return broken(a, line, "it is not what the checkpoint says");
	a->r->pinned = true;
	return 0;
}

static void
count(struct auditing *a, const struct place *p)
{
	struct audit_result *r = a->r;

	if (r->first == 0)
		r->first = p->sequence;
	r->last = p->sequence;
	r->records++;
	r->unchained += !p->chained;
	r->erased += p->erased;
	if (a->tell != NULL && r->records % TOLD_EACH == 0)
		a->tell(r->records, a->arg);
}

static int
look_at(const struct archive_line *line, void *arg)
{
	struct auditing *a = arg;
	struct place p;

	if (line->cut)
		return broken(a, line, "the file was cut off");
	if (strlen(line->text) != line->length + 1 ||
		!read_place(line->text, &p))
		return broken(a, line, "that is no record of ours");
	if (p.sequence > a->q->to)
		return check_beyond(a, line, &p);
	if (p.sequence < a->q->from)
		return 0;
	if (check_place(a, line, &p) == -1)
		return -1;
	if (chain_digest(line->text, line->length, a->r->digest, a->e) == -1)
		return broken(a, line, "that is no record");
	text_hex(a->r->digest, SHA256_SIZE, a->digest);
	count(a, &p);
	return check_pinned(a, line);
}

/* Does the archive end where it was to? */
static int
check_end(struct auditing *a)
{
	const struct audit_result *r = a->r;

	if (r->last != a->q->to)
		return error_set(a->e, ERROR_BAD,
			"the archive ends with record %llu, and not with %llu",
			(unsigned long long)r->last,
			(unsigned long long)a->q->to);
	if (r->last == a->head.sequence &&
		memcmp(r->digest, a->head.digest, SHA256_SIZE) != 0)
		return error_set(a->e, ERROR_BAD,
			"record %llu is not the one that the store has "
			"admitted",
			(unsigned long long)r->last);
	if (a->q->checkpoint.sequence != 0 && !r->pinned)
		return error_set(a->e, ERROR_BAD,
			"the checkpoint's record %llu was not there",
			(unsigned long long)a->q->checkpoint.sequence);
	return 0;
}

static int
read_head(struct db_txn *t, void *arg, struct error *e)
{
	return chain_head(t, arg, e);
}

static int
read_begins(struct db_txn *t, void *arg, struct error *e)
{
	return meta_number(t, META_ARCHIVE, 0, arg, e);
}

int
store_chain(struct store *s, struct chain *head_r, struct error *e)
{
	return store_read(s, read_head, head_r, e);
}

int
store_audit(struct store *s, const struct audit_question *q,
	struct audit_result *result_r,
	void (*tell)(uint64_t records, void *arg), void *arg, struct error *e)
{
	struct audit_question whole = *q;
	struct auditing a = { .store = s,
		.q = &whole,
		.r = result_r,
		.tell = tell,
		.arg = arg,
		.e = e };

	memset(result_r, 0, sizeof(*result_r));
	if (s->archive[0] == '\0')
		return error_set(e, ERROR_NOT_FOUND,
			"there is no archive (archive_directory)");
	if (store_chain(s, &a.head, e) == -1 || store_publish(s, e) != 0)
		return -1;
	if (whole.to == 0 || whole.to > a.head.sequence)
		whole.to = a.head.sequence;
	if (store_read(s, read_begins, &a.begins, e) == -1 ||
		archive_each(s->archive, whole.to + 1, look_at, &a, e) == -1)
		return -1;
	return check_end(&a);
}
