/*
 * The best fit wins; of two that fit alike nobody may choose. A file is tried
 * only if what it wants to match is there, and a serial's label and a
 * counter's are.
 */
#include "parser/formats/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/wipe.h"
#include "parser/formats/outside.h"
#include "parser/formats/plain.h"
#include "parser/formats/vocabulary.h"
#include "parser/word.h"

/* A field's value in one line; what cannot be decoded stays as it is. */
static int
add_value(struct buffer *out, struct span value, struct error *e)
{
	struct error ignored;
	const size_t before = out->length;
	size_t length;

	value = span_trim(value);
	if (word_decode(value, out, &ignored)) {
		if (ignored.code == ERROR_TROUBLE)
			return error_memory(e);
		out->length = before;
		if (buffer_append(out, value.at, value.length) != BUFFER_OK)
			return error_memory(e);
	}
	for (length = before; length < out->length; length++)
		if (strchr("\r\n\t", out->data[length]) != NULL)
			out->data[length] = ' ';
	return buffer_append(out, "\n", 1) == BUFFER_OK ? 0 : error_memory(e);
}

int
choice_header(const struct entity *entity, char **text_r, struct error *e)
{
	static const struct limits wide = { .header_size = INT64_MAX,
		.header_fields = INT64_MAX,
		.line_length = INT64_MAX };
	struct walk w = { .l = &wide, .e = e };
	struct buffer out = { 0 };
	struct span name, value;
	int rc = 0;

	*text_r = NULL;
	w.at = (const unsigned char *)entity->header;
	w.end = w.at == NULL ? NULL : w.at + entity->header_length;
	while (rc == 0 && w.at != NULL &&
		walk_field(&w, &name, &value) == FIELD_TAKEN)
		if (buffer_append(&out, name.at, name.length) != BUFFER_OK ||
			buffer_append(&out, ": ", 2) != BUFFER_OK)
			rc = error_memory(e);
		else
			rc = add_value(&out, value, e);
	if (rc == 0) {
		*text_r = strndup(
			out.length == 0 ? "" : (char *)out.data, out.length);
		if (*text_r == NULL)
			rc = error_memory(e);
		else
			plain_text(*text_r);
	}
	buffer_clear(&out);
	return rc;
}

static bool
has_one(const char *text, const struct words *words)
{
	for (size_t i = 0; text != NULL && i < words->count; i++)
		if (strcasestr(text, words->rows[i]) != NULL)
			return true;
	return false;
}

/* The caller frees it; NULL: there is none. */
static char *
subject_of(const char *header)
{
	const char *at = header == NULL ? NULL
		: strncasecmp(header, "Subject:", 8) == 0
		? header
		: strcasestr(header, "\nSubject:");

	if (at == NULL)
		return NULL;
	at += *at == '\n';
	return strndup(at + 8, strcspn(at + 8, "\n"));
}

/* Is one of the words in the Subject? */
static bool
subject_has(const char *header, const struct words *words)
{
	char *subject = subject_of(header);
	bool has;

	has = has_one(subject, words);
	wipe_free(subject);
	return has;
}

/* How many of the names in the section "match" hold; -1: one does not. */
static int
matches(const struct format *f, const struct document *d, const char *header)
{
	const struct words *w = f->match.words;
	int count = 0;

	for (enum match_where i = MATCH_BODY; i <= MATCH_NAME; i++) {
		if (w[i].count == 0)
			continue;
		if ((i == MATCH_BODY && !has_one(d->text, &w[i])) ||
			(i == MATCH_SUBJECT && !subject_has(header, &w[i])) ||
			(i == MATCH_HEADER && !has_one(header, &w[i])) ||
			(i == MATCH_NAME && !has_one(d->name, &w[i])))
			return -1;
		count++;
	}
	return count;
}

/* May the text be in the format, by what is seen of its labels? */
static bool
may_be(const struct format *f, const struct document *d,
	const struct seen *seen)
{
	if ((f->layout == LAYOUT_XML) != d->xml ||
		(f->layout == LAYOUT_JSON) != d->json ||
		(d->charset != NULL &&
			(f->charset == NULL ||
				strcmp(f->charset, d->charset) != 0)))
		return false;
	return (seen->serial || outside_may_have(f, PAIR_SERIAL)) &&
		(seen->counter || f->alarm_on.count > 0);
}

/* By the patterns of the file; clear outside in any case. */
static int
look_outside(const struct format *f, const struct document *d,
	const char *header, struct pairs *outside, struct error *e)
{
	char *subject = f->in_subject.count > 0 ? subject_of(header) : NULL;
	int rc = outside_read(f, subject, d->name, outside, e);

	wipe_free(subject);
	return rc;
}

static int
attempt(const struct document *d, const char *header, const struct seen *seen,
	struct attempt *a, struct records **records_r, struct error *e)
{
	const int count = matches(a->format, d, header);
	struct pairs outside = { 0 };
	int rc;

	*records_r = NULL;
	a->matched = count != -1;
	if (count == -1 || !may_be(a->format, d, seen))
		return 0;
	rc = look_outside(a->format, d, header, &outside, e);
	if (rc == 0)
		rc = records_open(
			d, a->format, &outside, records_r, &a->likeness, e);
	pairs_clear(&outside);
	if (rc == 0 && a->likeness.recognised)
		a->points = a->likeness.labels + (size_t)count;
	return rc;
}

/* Is this one better? Then it takes the place. */
static void
take(struct choice *choice, const struct attempt *a, struct records **records)
{
	if (a->points > choice->points) {
		records_close(&choice->records);
		choice->format = a->format;
		choice->tied = NULL;
		choice->points = a->points;
		choice->records = *records;
		*records = NULL;
	} else if (a->points > 0 && a->points == choice->points &&
		choice->tied == NULL) {
		choice->tied = a->format;
	}
	records_close(records);
}

static int
try_all(const struct document *document, const struct formats *formats,
	const char *header, const struct seen *seen, struct choice *choice_r,
	void (*note)(const struct attempt *attempt, void *arg), void *arg,
	struct error *e)
{
	struct records *records;

	for (size_t i = 0; i < formats_count(formats); i++) {
		struct attempt a = { .format = formats_get(formats, i) };

		if (attempt(document, header, &seen[i], &a, &records, e)) {
			records_close(&choice_r->records);
			return -1;
		}
		if (note != NULL)
			note(&a, arg);
		take(choice_r, &a, &records);
	}
	return 0;
}

int
choice_make(const struct document *document, const struct formats *formats,
	const char *header, struct choice *choice_r,
	void (*note)(const struct attempt *attempt, void *arg), void *arg,
	struct error *e)
{
	struct seen *seen = calloc(formats_count(formats) + 1, sizeof(*seen));
	int rc;

	memset(choice_r, 0, sizeof(*choice_r));
	if (seen == NULL ||
		vocabulary_look(
			formats_vocabulary(formats), document->text, seen)) {
		free(seen);
		return error_memory(e);
	}
	rc = try_all(document, formats, header, seen, choice_r, note, arg, e);
	free(seen);
	return rc;
}
