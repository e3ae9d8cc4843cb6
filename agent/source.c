/*
 * A number is told as the printer gave it: one that has begun anew at 2^32 is a
 * small one, and who bills sees that it fell.
 */
#include "agent/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/legible.h"
#include "base/text.h"

#define NUMBER_MAX ((INT64_C(1) << 53) - 1)
enum { WORD_SIZE = OID_TEXT_SIZE, DIGITS_MAX = 16, TIMES_MAX = 1000000 };

static int
bad(struct error *e, const char *what)
{
	return error_set(e, ERROR_BAD, "%s", what);
}

/* The next word into out; false: there is none, or it is too long. */
static bool
word(const char **at, char out[WORD_SIZE])
{
	const char *start;
	const size_t length = text_word(at, &start);

	return length > 0 &&
		text_format(out, WORD_SIZE, "%.*s", (int)length, start);
}

/* "1.3.6", or "1.3.6.*", which is a column. */
static bool
read_oid(char *text, struct oid *oid_r, bool *column_r)
{
	const size_t length = strlen(text);

	*column_r = length > 2 && strcmp(text + length - 2, ".*") == 0;
	if (*column_r)
		text[length - 2] = '\0';
	return oid_read(text, oid_r) && oid_r->count >= 2;
}

static int
read_tag(const char **at, struct source *s, struct error *e)
{
	char hex[WORD_SIZE];
	int length =
		word(at, hex) ? text_unhex(hex, s->tag, sizeof(s->tag)) : -1;

	if (length < 1)
		return bad(e, "tag wants one to eight octets in hex");
	s->tag_length = (size_t)length;
	return 0;
}

static int
read_times(const char **at, struct source *s, struct error *e)
{
	char digits[WORD_SIZE];

	if (!word(at, digits) || strspn(digits, "0123456789") > 7 ||
		digits[strspn(digits, "0123456789")] != '\0' ||
		(s->times = strtol(digits, NULL, 10)) < 1 ||
		s->times > TIMES_MAX)
		return bad(e, "times wants a number from 1 to 1000000");
	return 0;
}

/* Where " and OID" begins; the end if there is none. */
static const char *
next_condition(const char *text)
{
	const char *at = text;

	while ((at = strstr(at, " and ")) != NULL) {
		if (at[5] >= '0' && at[5] <= '9')
			return at;
		at++;
	}
	return text + strlen(text);
}

/* "OID.* = VALUE" */
static int
read_condition(const char **at, struct source *s, struct error *e)
{
	struct source_condition *c = &s->where[s->where_count];
	char oid[WORD_SIZE], sign[WORD_SIZE];
	const char *end;
	bool column;

	if (s->where_count == SOURCE_CONDITIONS || !s->column)
		return bad(e, "where is for a column, with one and at most");
	if (!word(at, oid) || !read_oid(oid, &c->oid, &column) || !column ||
		!word(at, sign) || strcmp(sign, "=") != 0)
		return bad(e, "where wants OID.* = VALUE");
	*at += strspn(*at, " \t");
	end = next_condition(*at);
	if (end == *at)
		return bad(e, "where wants OID.* = VALUE");
	c->wanted = strndup(*at, (size_t)(end - *at));
	if (c->wanted == NULL)
		return error_memory(e);
	s->where_count++;
	*at = end;
	return 0;
}

/* The rest of the line. */
static int
read_where(const char **at, struct source *s, struct error *e)
{
	const char *and;

	do {
		if (read_condition(at, s, e) != 0)
			return -1;
	} while (text_word(at, &and) > 0);
	return 0;
}

static int
read_more(const char **at, const char *name, struct source *s, struct error *e)
{
	if (strcmp(name, "text") == 0) {
		s->text = true;
		return 0;
	}
	if (strcmp(name, "tag") == 0)
		return read_tag(at, s, e);
	if (strcmp(name, "times") == 0)
		return read_times(at, s, e);
	if (strcmp(name, "where") == 0)
		return read_where(at, s, e);
	return bad(e, "behind the OID there may be text, tag, times, where");
}

int
source_read(const char *text, struct source *source_r, struct error *e)
{
	char name[WORD_SIZE];
	struct source s = { .times = 1 };

	if (!word(&text, name) || !read_oid(name, &s.oid, &s.column))
		return bad(e, "does not begin with an OID");
	while (word(&text, name))
		if (read_more(&text, name, &s, e) != 0) {
			source_clear(&s);
			return -1;
		}
	*source_r = s;
	return 0;
}

void
source_clear(struct source *source)
{
	for (size_t i = 0; i < source->where_count; i++)
		free(source->where[i].wanted);
	source->where_count = 0;
}

static bool
ask(struct queries *queries, const struct oid *oid, bool subtree)
{
	for (size_t i = 0; i < queries->count; i++)
		if (queries->rows[i].subtree == subtree &&
			oid_compare(&queries->rows[i].oid, oid) == 0)
			return true;
	return queries_add(queries, oid, subtree);
}

bool
source_ask(const struct source *source, struct queries *queries)
{
	bool good = ask(queries, &source->oid, source->column);

	for (size_t i = 0; i < source->where_count; i++)
		good = ask(queries, &source->where[i].oid, true) && good;
	return good;
}

/* What other has at the place in its table that row has in source's. */
static bool
same_place(const struct oid *other, const struct oid *column,
	const struct answers *answers, const struct answer *row,
	struct answer *beside_r)
{
	struct oid oid = *other;
	const size_t more = row->oid.count - column->count;

	if (oid.count + more > OID_MAX)
		return false;
	memcpy(oid.ids + oid.count, row->oid.ids + column->count,
		more * sizeof(oid.ids[0]));
	oid.count += more;
	return answers_find(answers, &oid, beside_r) && answer_there(beside_r);
}

bool
source_beside(const struct source *source, const struct answers *answers,
	const struct source *other, const struct answer *row,
	struct answer *beside_r)
{
	return same_place(&source->oid, &other->oid, answers, row, beside_r);
}

static bool
is_wanted(const struct source *s, const struct answers *answers,
	const struct answer *row)
{
	char text[OID_TEXT_SIZE];
	struct answer beside;

	for (size_t i = 0; i < s->where_count; i++) {
		if (!same_place(
			    &s->where[i].oid, &s->oid, answers, row, &beside))
			return false;
		source_text(&beside, text, sizeof(text));
		if (!text_equal_nocase(text, s->where[i].wanted))
			return false;
	}
	return true;
}

bool
source_has(const struct source *source, const struct answers *answers,
	const struct answer *row)
{
	if (!answer_there(row))
		return false;
	if (!source->column)
		return oid_compare(&row->oid, &source->oid) == 0;
	return row->oid.count > source->oid.count &&
		oid_begins(&row->oid, &source->oid) &&
		is_wanted(source, answers, row);
}

bool
source_next(const struct source *source, const struct answers *answers,
	struct answer *row)
{
	const struct oid *behind =
		row->oid.count > 0 ? &row->oid : &source->oid;

	if (!source->column)
		return row->oid.count == 0 &&
			answers_find(answers, &source->oid, row) &&
			answer_there(row);
	while (answers_next(answers, behind, row)) {
		if (!oid_begins(&row->oid, &source->oid))
			return false;
		if (source_has(source, answers, row))
			return true;
		behind = &row->oid;
	}
	return false;
}

static bool
failed(const struct oid *oid, const struct answers *answers)
{
	struct answer row;

	return answers_find(answers, oid, &row) && row.kind == ANSWER_FAILED;
}

bool
source_failed(const struct source *source, const struct answers *answers)
{
	bool any = failed(&source->oid, answers);

	for (size_t i = 0; i < source->where_count; i++)
		any |= failed(&source->where[i].oid, answers);
	return any;
}

void
source_index(const struct source *source, const struct answer *row, char *out,
	size_t size)
{
	char text[OID_TEXT_SIZE];
	struct oid rest = { .count = row->oid.count - source->oid.count };

	memcpy(rest.ids, row->oid.ids + source->oid.count,
		rest.count * sizeof(rest.ids[0]));
	oid_write(&rest, text);
	text_format(out, size, "%s", text);
}

/* Digits and nothing else but blanks round them. */
static const char *
digits_number(const struct answer *row, uint64_t *number_r)
{
	char text[DIGITS_MAX + 1];

	if (row->length > sizeof(text) * 4)
		return "no number";
	legible(row->text, row->length, text, sizeof(text));
	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' ||
		strlen(text) == DIGITS_MAX)
		return "no number";
	*number_r = strtoull(text, NULL, 10);
	return NULL;
}

/*
 * Records one behind the other: a tag, an octet that says how long the value
 * is, the value, highest octet first.
 */
static const char *
tagged_number(
	const struct source *s, const struct answer *row, uint64_t *number_r)
{
	size_t at = 0, length = 0;

	while (row->length - at > s->tag_length) {
		length = row->text[at + s->tag_length];
		if (row->length - at - s->tag_length - 1 < length)
			return "its records are cut off";
		if (memcmp(row->text + at, s->tag, s->tag_length) == 0)
			break;
		at += s->tag_length + 1 + length;
	}
	if (row->length - at <= s->tag_length)
		return "no record has the tag";
	if (length == 0 || length > 8)
		return "no number";
	*number_r = 0;
	for (size_t i = 0; i < length; i++)
		*number_r =
			*number_r << 8 | row->text[at + s->tag_length + 1 + i];
	return NULL;
}

/* As it was answered. */
static const char *
plain_number(
	const struct source *s, const struct answer *row, uint64_t *number_r)
{
	const bool number = row->kind == ANSWER_COUNTER32 ||
		row->kind == ANSWER_COUNTER64 || row->kind == ANSWER_GAUGE ||
		row->kind == ANSWER_TICKS;

	if (row->kind == ANSWER_TEXT && s->tag_length > 0)
		return tagged_number(s, row, number_r);
	if (row->kind == ANSWER_TEXT && s->text)
		return digits_number(row, number_r);
	if (s->text || s->tag_length > 0)
		return "no text";
	if (row->kind == ANSWER_INTEGER && row->integer < 0)
		return "below 0";
	if (!number && row->kind != ANSWER_INTEGER)
		return "no number";
	*number_r = number ? row->number : (uint64_t)row->integer;
	return NULL;
}

const char *
source_number(
	const struct source *source, const struct answer *row, int64_t *value_r)
{
	uint64_t number = 0;
	const char *why = plain_number(source, row, &number);

	if (why != NULL)
		return why;
	if (number > (uint64_t)(NUMBER_MAX / source->times))
		return "beyond 2^53 - 1";
	*value_r = (int64_t)number * source->times;
	return NULL;
}

void
source_text(const struct answer *row, char *out, size_t size)
{
	char text[OID_TEXT_SIZE] = "";

	switch (row->kind) {
	case ANSWER_TEXT:
		legible(row->text, row->length, out, size);
		return;
	case ANSWER_INTEGER:
		snprintf(text, sizeof(text), "%" PRId64, row->integer);
		break;
	case ANSWER_COUNTER32:
	case ANSWER_COUNTER64:
	case ANSWER_GAUGE:
	case ANSWER_TICKS:
		snprintf(text, sizeof(text), "%" PRIu64, row->number);
		break;
	case ANSWER_OID:
		oid_write(&row->value, text);
		break;
	case ANSWER_ADDRESS:
		if (row->length == 4)
			snprintf(text, sizeof(text), "%d.%d.%d.%d",
				row->text[0], row->text[1], row->text[2],
				row->text[3]);
		break;
	case ANSWER_ABSENT:
	case ANSWER_FAILED:
	case ANSWER_OTHER:
		break;
	}
	text_format(out, size, "%s", text);
}
