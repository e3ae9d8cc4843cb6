/*
 * Walks over a table in small steps: a few rows are copied out under the lock
 * and handed on outside it, so that whoever reads a million devices slowly
 * holds up nobody and may use the store meanwhile.
 */
#include <string.h>

#include "base/buffer.h"
#include "store/inside.h"

enum { STEP_ROWS = 128, STEP_OCTETS = 1024 * 1024 };

struct step {
	enum table table;
	const struct octets *prefix;
	struct octets from;
	struct buffer rows; /* length, key, length, value */
	unsigned int count;
	bool full, nomem;
};

static bool
begins(const struct octets *key, const struct octets *prefix)
{
	return key->length >= prefix->length &&
		(prefix->length == 0 ||
			memcmp(key->data, prefix->data, prefix->length) == 0);
}

static int
collect(const struct octets *key, const struct octets *value, void *arg)
{
	struct step *s = arg;

	if (!begins(key, s->prefix))
		return 1;
	if (buffer_append(&s->rows, &key->length, sizeof(size_t)) != 0 ||
		buffer_append(&s->rows, key->data, key->length) != 0 ||
		buffer_append(&s->rows, &value->length, sizeof(size_t)) != 0 ||
		buffer_append(&s->rows, value->data, value->length) != 0) {
		s->nomem = true;
		return 1;
	}
	s->count++;
	s->full = s->count == STEP_ROWS || s->rows.length >= STEP_OCTETS;
	return s->full ? 1 : 0;
}

static int
read_step(struct db_txn *t, void *arg, struct error *e)
{
	struct step *s = arg;

	s->count = 0;
	s->full = false;
	buffer_clear(&s->rows);
	if (db_scan(t, s->table, &s->from, collect, s, e) < 0)
		return -1;
	return s->nomem ? error_memory(e) : 0;
}

static const unsigned char *
next_octets(const unsigned char *at, struct octets *octets)
{
	memcpy(&octets->length, at, sizeof(size_t));
	octets->data = at + sizeof(size_t);
	return at + sizeof(size_t) + octets->length;
}

/* last becomes the key from which the next step goes on. */
static int
hand_on(const struct step *s, db_each *each, void *arg, unsigned char *last,
	size_t *length_r)
{
	const unsigned char *at = s->rows.data;
	struct octets key, value;
	int rc = 0;

	for (unsigned int i = 0; i < s->count && rc == 0; i++) {
		at = next_octets(at, &key);
		at = next_octets(at, &value);
		rc = each(&key, &value, arg);
		if (i + 1 == s->count) {
			/* the least key above it */
			memcpy(last, key.data, key.length);
			last[key.length] = 0;
			*length_r = key.length + 1;
		}
	}
	return rc;
}

int
store_walk(struct store *s, enum table table, const struct octets *prefix,
	db_each *each, void *arg, struct error *e)
{
	return store_walk_from(s, table, prefix, prefix, each, arg, e);
}

int
store_walk_from(struct store *s, enum table table, const struct octets *prefix,
	const struct octets *from, db_each *each, void *arg, struct error *e)
{
	unsigned char last[TABLE_KEY_MAX + 1];
	struct step step = { .table = table, .prefix = prefix, .from = *from };
	size_t length = 0;
	int rc;

	do {
		rc = store_read(s, read_step, &step, e);
		if (rc != 0 || step.count == 0)
			break;
		rc = hand_on(&step, each, arg, last, &length);
		step.from = (struct octets){ last, length };
	} while (rc == 0 && step.full && length <= TABLE_KEY_MAX);
	buffer_clear(&step.rows);
	return rc;
}
