/*
 * A row's key is serial, date and number, so that a device's readings stand in
 * order of date. Names in its value end with a NUL and are used where they
 * stand.
 */
#include "store/reading_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "store/inside.h"
#include "store/pack.h"
#include "store/purge.h"
#include "store/rows.h"

enum {
	READING_VERSION = 1,
	/* At one moment so many are looked at for one that is the same. */
	SAME_MAX = 16
};

/* A date before 1970 is none that a key can have. */
static uint64_t
date_of(int64_t when)
{
	return when > 0 ? (uint64_t)when : 0;
}

static struct packer
key_of(const char *serial, int64_t earliest)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, serial, strlen(serial) + 1);
	pack_number(&p, date_of(earliest), 8);
	return p;
}

static bool
read_key(const struct octets *key, struct reading *r)
{
	const unsigned char *at = key->data, *nul;
	struct unpacker u;
	size_t length;

	nul = memchr(at, '\0', key->length);
	if (nul == NULL || nul == at || nul - at >= SERIAL_SIZE)
		return false;
	length = (size_t)(nul - at) + 1;
	memcpy(r->serial, at, length);
	u = unpack_row(nul + 1, key->length - length);
	r->earliest = unpack_time(&u);
	r->sequence = unpack_number(&u, 8);
	return unpack_done(&u);
}

static void
read_head(struct unpacker *u, struct reading *r)
{
	if (unpack_number(u, 1) != READING_VERSION)
		u->failed = true;
	r->latest = unpack_time(u);
	r->received = unpack_time(u);
	r->expires = unpack_time(u);
	r->timed = unpack_number(u, 1) != 0;
	r->counts = unpack_number(u, 1) != 0;
	r->flags = (unsigned int)unpack_number(u, 2);
	r->same_as = unpack_number(u, 8);
	unpack_text(u, r->assurance, sizeof(r->assurance));
	unpack_text(u, r->model, sizeof(r->model));
	r->counter_count = unpack_number(u, 2);
}

/* The name stays where it is. */
static void
read_counter(struct unpacker *u, struct counter *c)
{
	const unsigned char *nul = memchr(u->at, '\0', u->left);

	if (nul == NULL || u->failed) {
		u->failed = true;
		return;
	}
	c->name = (char *)(uintptr_t)u->at;
	u->left -= (size_t)(nul + 1 - u->at);
	u->at = nul + 1;
	c->value = unpack_time(u);
}

bool
reading_read(
	const struct octets *key, const struct octets *value, struct reading *r)
{
	struct unpacker u = unpack_row(value->data, value->length);

	if (!read_key(key, r))
		return false;
	read_head(&u, r);
	if (r->counter_count > COUNTERS_MAX)
		return false;
	for (size_t i = 0; i < r->counter_count && !u.failed; i++)
		read_counter(&u, &r->counters[i]);
	return unpack_done(&u);
}

static struct packer
pack_head(const struct admission *a, const struct reading_note *note,
	size_t count, int64_t expires)
{
	struct packer p = { .length = 0 };

	pack_number(&p, READING_VERSION, 1);
	pack_number(&p, date_of(a->latest), 8);
	pack_number(&p, (uint64_t)a->now, 8);
	pack_number(&p, (uint64_t)expires, 8);
	pack_number(&p, a->timed, 1);
	pack_number(&p, a->counts, 1);
	pack_number(&p, note->flags, 2);
	pack_number(&p, note->same_as, 8);
	pack_text(&p, a->assurance);
	pack_text(&p, a->model);
	pack_number(&p, count, 2);
	return p;
}

static enum buffer_result
add_counter(struct buffer *row, const struct counter *c)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, c->name, strlen(c->name) + 1);
	pack_number(&p, (uint64_t)c->value, 8);
	return p.failed ? BUFFER_FULL : buffer_append(row, p.data, p.length);
}

static int
make_row(const struct admission *a, const struct reading_note *note,
	int64_t expires, struct buffer *row, struct error *e)
{
	const size_t count = a->counter_count < COUNTERS_MAX ? a->counter_count
							     : COUNTERS_MAX;
	struct packer head = pack_head(a, note, count, expires);
	enum buffer_result bad = buffer_append(row, head.data, head.length);

	for (size_t i = 0; i < count; i++)
		bad |= add_counter(row, &a->counters[i]);
	return bad != BUFFER_OK || head.failed ? error_memory(e) : 0;
}

struct reading_place
reading_place(const struct admission *a, const char *serial, uint64_t sequence)
{
	struct reading_place place = {
		.when = (int64_t)date_of(a->dated ? a->earliest : a->now)
	};
	struct packer p = key_of(serial, place.when);

	pack_number(&p, sequence, 8);
	memcpy(place.octets, p.data, p.length);
	place.length = p.length;
	return place;
}

int
reading_put(struct db_txn *t, const struct admission *a,
	const struct reading_note *note, struct error *e)
{
	const int64_t expires = a->now + a->retention;
	const struct reading_place place =
		reading_place(a, note->serial, note->sequence);
	const struct octets key = { place.octets, place.length };
	struct octets value;
	struct buffer row = { 0 };
	int rc;

	rc = make_row(a, note, expires, &row, e);
	value = (struct octets){ row.data, row.length };
	if (rc == 0)
		rc = db_put(t, TABLE_READINGS, &key, &value, e);
	if (rc == 0)
		rc = purge_later(
			t, expires, EXPIRY_READING, key.data, key.length, e);
	buffer_clear(&row);
	return rc;
}

struct sameness {
	const struct admission *a;
	struct octets prefix;
	struct reading *reading;
	int seen;
	uint64_t same;
	struct error *e;
};

/* Both are in order of name: some are shared, all of those are equal, and one
 * of them has more. */
static bool
shares(const struct admission *a, const struct reading *r)
{
	size_t i = 0, j = 0, shared = 0;
	int order;

	while (i < a->counter_count && j < r->counter_count) {
		order = strcmp(a->counters[i].name, r->counters[j].name);
		if (order == 0 && a->counters[i].value != r->counters[j].value)
			return false;
		shared += order == 0;
		i += order <= 0;
		j += order >= 0;
	}
	return shared > 0 &&
		(shared < a->counter_count || shared < r->counter_count);
}

static int
compare(const struct octets *key, const struct octets *value, void *arg)
{
	struct sameness *s = arg;
	struct reading *r = s->reading;

	if (key->length < s->prefix.length ||
		memcmp(key->data, s->prefix.data, s->prefix.length) != 0 ||
		s->seen++ == SAME_MAX)
		return 1;
	if (!reading_read(key, value, r))
		return rows_damaged(TABLE_READINGS, s->e);
	if (!r->timed || r->latest != s->a->latest || !shares(s->a, r))
		return 0;
	s->same = r->same_as != 0 ? r->same_as : r->sequence;
	return 1;
}

int
reading_same(struct db_txn *t, const struct admission *a, const char *serial,
	uint64_t *same_r, struct error *e)
{
	struct packer p = key_of(serial, a->earliest);
	struct sameness s = { .a = a, .prefix = pack_row(&p), .e = e };
	int rc = 0;

	*same_r = 0;
	if (!a->timed || a->counter_count == 0)
		return 0;
	s.reading = malloc(sizeof(*s.reading));
	if (s.reading == NULL)
		return error_memory(e);
	if (db_scan(t, TABLE_READINGS, &s.prefix, compare, &s, e) < 0)
		rc = -1;
	free(s.reading);
	*same_r = s.same;
	return rc;
}

void
reading_date(const struct reading *r, char out[TEXT_TIME_SIZE])
{
	text_time((time_t)(r->timed ? r->earliest
				    : r->earliest +
					  (r->latest - r->earliest) / 2),
		out);
	if (!r->timed)
		out[strlen("2026-11-22")] = '\0';
}

struct reading_walk {
	int64_t to;
	int (*each)(const struct reading *r, void *arg);
	void *arg;
	struct reading reading;
	bool over;
	struct error *e;
};

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct reading_walk *w = arg;

	if (!reading_read(key, value, &w->reading))
		return rows_damaged(TABLE_READINGS, w->e);
	w->over = w->reading.earliest > w->to;
	return w->over ? 1 : w->each(&w->reading, w->arg);
}

int
readings_each(struct store *s, const char *serial, int64_t from, int64_t to,
	int (*each)(const struct reading *r, void *arg), void *arg,
	struct error *e)
{
	struct reading_walk *w = calloc(1, sizeof(*w));
	struct packer prefix = { .length = 0 }, first;
	char name[SERIAL_SIZE];
	struct octets p, f;
	int rc;

	if (w == NULL)
		return error_memory(e);
	if (!claims_serial(serial, strlen(serial), name)) {
		free(w);
		return error_set(e, ERROR_BAD, "that is no serial");
	}
	w->to = to;
	w->each = each;
	w->arg = arg;
	w->e = e;
	pack_raw(&prefix, name, strlen(name) + 1);
	first = key_of(name, from);
	p = pack_row(&prefix);
	f = pack_row(&first);
	rc = store_walk_from(s, TABLE_READINGS, &p, &f, give, w, e);
	if (rc == 1 && w->over)
		rc = 0;
	free(w);
	return rc;
}
