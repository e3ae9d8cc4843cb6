/*
 * Rows are packed one behind the other into one buffer, and a list of their
 * places is kept in order: an identifier takes what it has, not what it might,
 * so that a printer's bound is a bound of memory. Nearly all rows come in
 * order, and are then at the list's end without a search.
 */
#include "agent/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

struct answers {
	struct buffer rows;
	uint32_t *places; /* in rows, by identifier */
	size_t count, room;
};

/* What stands before a row's identifier, value and text. */
struct head {
	enum answer_kind kind;
	uint32_t ids, value_ids, length;
	int64_t integer;
	uint64_t number;
};

_Static_assert(sizeof(struct head) % 8 == 0, "rows are aligned");

/* A number without sign or leading zeros; NULL: it is none. */
static const char *
read_id(const char *at, uint32_t *id_r)
{
	uint64_t id = 0;
	const char *start = at;

	for (; *at >= '0' && *at <= '9' && id <= UINT32_MAX; at++)
		id = id * 10 + (uint64_t)(*at - '0');
	*id_r = (uint32_t)id;
	if (at == start || id > UINT32_MAX || (*start == '0' && at > start + 1))
		return NULL;
	return at;
}

bool
oid_read(const char *text, struct oid *oid_r)
{
	const char *at = text + (*text == '.' ? 1 : 0);

	oid_r->count = 0;
	while (oid_r->count < OID_MAX) {
		at = read_id(at, &oid_r->ids[oid_r->count]);
		if (at == NULL)
			return false;
		oid_r->count++;
		if (*at == '\0')
			return true;
		if (*at++ != '.')
			return false;
	}
	return false;
}

void
oid_write(const struct oid *oid, char out[OID_TEXT_SIZE])
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < oid->count; i++)
		at += (size_t)snprintf(out + at, OID_TEXT_SIZE - at,
			i > 0 ? ".%" PRIu32 : "%" PRIu32, oid->ids[i]);
}

static int
compare(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
	for (size_t i = 0; i < a_count && i < b_count; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return (a_count > b_count) - (a_count < b_count);
}

int
oid_compare(const struct oid *a, const struct oid *b)
{
	return compare(a->ids, a->count, b->ids, b->count);
}

bool
oid_begins(const struct oid *oid, const struct oid *root)
{
	return oid->count >= root->count &&
		compare(oid->ids, root->count, root->ids, root->count) == 0;
}

struct answers *
answers_make(void)
{
	struct answers *answers = calloc(1, sizeof(*answers));

	if (answers != NULL)
		answers->rows.limit = ANSWERS_OCTETS;
	return answers;
}

void
answers_free(struct answers **answers)
{
	if (*answers == NULL)
		return;
	buffer_clear(&(*answers)->rows);
	free((*answers)->places);
	free(*answers);
	*answers = NULL;
}

static const uint32_t *
ids_at(const struct answers *answers, size_t place, struct head *head_r)
{
	const unsigned char *row = answers->rows.data + answers->places[place];

	memcpy(head_r, row, sizeof(*head_r));
	/* rows begin at multiples of eight, and so do a head's ends */
	return (const void *)(row + sizeof(*head_r));
}

/* The first place that is not before the identifier. */
static size_t
place_of(const struct answers *answers, const struct oid *oid, bool *same_r)
{
	size_t low = 0, high = answers->count;
	struct head head;
	const uint32_t *ids;
	int order;

	*same_r = false;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		ids = ids_at(answers, middle, &head);
		order = compare(ids, head.ids, oid->ids, oid->count);
		*same_r = *same_r || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
behind_all(const struct answers *answers, const struct oid *oid)
{
	struct head head;
	const uint32_t *ids;

	if (answers->count == 0)
		return true;
	ids = ids_at(answers, answers->count - 1, &head);
	return compare(ids, head.ids, oid->ids, oid->count) < 0;
}

static int
make_room(struct answers *answers, struct error *e)
{
	size_t room = answers->room == 0 ? 64 : answers->room * 2;
	uint32_t *places;

	if (answers->count == ANSWERS_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d answers", ANSWERS_MAX);
	if (answers->count < answers->room)
		return 0;
	places = reallocarray(answers->places, room, sizeof(*places));
	if (places == NULL)
		return error_memory(e);
	answers->places = places;
	answers->room = room;
	return 0;
}

/* At the end of the buffer, padded; all of it or nothing. */
static int
append(struct answers *answers, const struct answer *one, struct error *e)
{
	static const unsigned char padding[8];
	const struct head head = { .kind = one->kind,
		.ids = (uint32_t)one->oid.count,
		.value_ids = (uint32_t)one->value.count,
		.length = (uint32_t)one->length,
		.integer = one->integer,
		.number = one->number };
	const struct {
		const void *octets;
		size_t length;
	} pieces[] = { { &head, sizeof(head) },
		{ one->oid.ids, one->oid.count * sizeof(uint32_t) },
		{ one->value.ids, one->value.count * sizeof(uint32_t) },
		{ one->text, one->length } };
	struct buffer *rows = &answers->rows;
	const size_t start = rows->length;
	enum buffer_result result = BUFFER_OK;

	for (size_t i = 0; i < 4 && result == BUFFER_OK; i++)
		result =
			buffer_append(rows, pieces[i].octets, pieces[i].length);
	if (result == BUFFER_OK)
		result = buffer_append(
			rows, padding, (8 - rows->length % 8) % 8);
	if (result == BUFFER_OK)
		return 0;
	rows->length = start;
	return result == BUFFER_NOMEM
		? error_memory(e)
		: error_set(e, ERROR_LIMIT, "more than %d octets of answers",
			  ANSWERS_OCTETS);
}

int
answers_add(struct answers *answers, const struct answer *one, struct error *e)
{
	const uint32_t start = (uint32_t)answers->rows.length;
	size_t place = answers->count;
	bool same = false;

	if (make_room(answers, e) != 0 || append(answers, one, e) != 0)
		return -1;
	if (!behind_all(answers, &one->oid))
		place = place_of(answers, &one->oid, &same);
	if (!same) {
		memmove(answers->places + place + 1, answers->places + place,
			(answers->count - place) * sizeof(uint32_t));
		answers->count++;
	}
	answers->places[place] = start;
	return 0;
}

bool
answer_there(const struct answer *one)
{
	return one->kind != ANSWER_ABSENT && one->kind != ANSWER_FAILED;
}

size_t
answers_count(const struct answers *answers)
{
	return answers->count;
}

bool
answers_at(const struct answers *answers, size_t place, struct answer *one_r)
{
	struct head head;
	const uint32_t *ids;

	if (place >= answers->count)
		return false;
	ids = ids_at(answers, place, &head);
	*one_r = (struct answer){ .kind = head.kind,
		.integer = head.integer,
		.number = head.number,
		.oid.count = head.ids,
		.value.count = head.value_ids,
		.length = head.length };
	memcpy(one_r->oid.ids, ids, head.ids * sizeof(*ids));
	ids += head.ids;
	memcpy(one_r->value.ids, ids, head.value_ids * sizeof(*ids));
	one_r->text = (const unsigned char *)(ids + head.value_ids);
	return true;
}

bool
answers_find(const struct answers *answers, const struct oid *oid,
	struct answer *one_r)
{
	bool same;
	const size_t place = place_of(answers, oid, &same);

	return same && answers_at(answers, place, one_r);
}

bool
answers_next(const struct answers *answers, const struct oid *oid,
	struct answer *one_r)
{
	bool same;
	const size_t place = place_of(answers, oid, &same);

	return answers_at(answers, place + (same ? 1 : 0), one_r);
}

bool
queries_add(struct queries *queries, const struct oid *oid, bool subtree)
{
	if (queries->count == QUERIES_MAX)
		return false;
	queries->rows[queries->count++] =
		(struct query){ .oid = *oid, .subtree = subtree };
	return true;
}
