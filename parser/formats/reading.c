/*
 * Finds the parts that are reports, and reads them one by one. What says that
 * it is a report goes before text, text before HTML, and that before files: a
 * mail that says one thing in several ways says it once.
 */
#include "parser/formats/reading.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/wipe.h"
#include "parser/attachments.h"
#include "parser/date.h"
#include "parser/formats/choice.h"
#include "parser/formats/document.h"
#include "parser/formats/labels.h"
#include "parser/numbers.h"
#include "parser/report_content.h"
#include "parser/report_json.h"

/* A text that is in a format, or in two. */
struct find {
	struct document document;
	struct choice choice;
	bool told; /* how many rows of it are left out */
};

struct reports {
	struct reading_source source;
	struct error why; /* of what could not be tried */
	char *header;     /* for matches */
	bool *parts;      /* which parts are reports */
	/* JSON: the one report, until it is taken */
	struct report *one;
	json_t *object;
	struct numbers *numbers;
	/* the others */
	struct find **finds;
	size_t find_count, find;
	size_t total;
	bool first_given; /* attachments are in the first report */
};

/* JSON. */

static int
check_size(const struct reports *r, const struct part *p, struct error *e)
{
	const int64_t size = r->source.limits->report_size;

	if (p->length <= (size_t)size)
		return 0;
	return error_set(e, ERROR_LIMIT,
		"the report is larger than %lld octets (max_report_size)",
		(long long)size);
}

static int
read_json(struct reports *r, size_t part, struct error *e)
{
	const struct part *p = &r->source.entity->parts[part];
	struct json_t *object = NULL;

	if (r->one != NULL)
		return error_set(
			e, ERROR_BAD, "more than one part is a report");
	r->one = calloc(1, sizeof(*r->one));
	if (r->one == NULL)
		return error_memory(e);
	if (check_size(r, p, e) ||
		report_json_read(p->data, p->length, r->source.limits, r->one,
			&object, &r->numbers, e))
		return -1;
	r->object = object;
	r->one->part = part;
	r->parts[part] = true;
	r->total = 1;
	return 0;
}

static int try_part(struct reports *r, size_t part, struct error *e);
static int turn(struct reports *r, const struct part *p);

/* JSON that is no report of ours may be in a format. e: why it is none. */
static int
read_other_json(struct reports *r, size_t part, struct error *e)
{
	const struct error why = *e;

	report_free(&r->one);
	json_decref(r->object);
	r->object = NULL;
	numbers_free(&r->numbers);
	r->parts[part] = false;
	if (why.code != ERROR_BAD ||
		turn(r, &r->source.entity->parts[part]) == 3)
		return error_set(e, why.code, "%s", why.text);
	if (r->header == NULL && choice_header(r->source.entity, &r->header, e))
		return -1;
	if (try_part(r, part, e))
		return -1;
	return r->total > 0 ? 0 : error_set(e, why.code, "%s", why.text);
}

static int
read_any_json(struct reports *r, size_t part, struct error *e)
{
	const bool more = r->one != NULL;

	if (r->find_count > 0)
		return try_part(r, part, e);
	if (read_json(r, part, e) == 0)
		return 0;
	return more ? -1 : read_other_json(r, part, e);
}

/* In order of certainty: a part that says it is a report is it, and plain JSON
 * beside it an attachment. */
static int
look_for_json(struct reports *r, struct error *e)
{
	static const char *const types[] = { "application/vnd.csrc.report+json",
		"application/json" };
	static int (*const reads[])(struct reports * r, size_t part,
		struct error * e) = { read_json, read_any_json };
	const struct entity *entity = r->source.entity;

	for (size_t type = 0; type < 2 && r->total == 0; type++)
		for (size_t i = 0; i < entity->part_count; i++)
			if (strcmp(entity->parts[i].type, types[type]) == 0 &&
				reads[type](r, i, e))
				return -1;
	return 0;
}

/* Texts. */

static void
find_free(struct find *find)
{
	records_close(&find->choice.records);
	wipe_free(find->document.text);
	wipe_free(find->document.name);
	free(find);
}

/* The document moves into the find, which lives as long as the reports. */
static struct find *
try_document(struct reports *r, struct document *document, struct error *e)
{
	struct find *find = calloc(1, sizeof(*find));

	if (find == NULL) {
		error_memory(e);
		return NULL;
	}
	find->document = *document;
	document->text = document->name = NULL;
	if (choice_make(&find->document, r->source.formats, r->header,
		    &find->choice, NULL, NULL, e)) {
		find_free(find);
		return NULL;
	}
	return find;
}

static int
add_find(struct reports *r, struct find *find, struct error *e)
{
	struct find **finds = reallocarray(
		r->finds, r->find_count + 1, sizeof(struct find *));

	if (finds == NULL) {
		find_free(find);
		return error_memory(e);
	}
	r->finds = finds;
	finds[r->find_count++] = find;
	r->parts[find->document.part] = true;
	r->total += find->choice.tied != NULL
		? 1
		: records_count(find->choice.records);
	if (r->total == 0 && r->why.text[0] == '\0')
		error_set(&r->why, ERROR_BAD, "%s: no row has a counter",
			find->choice.format->name);
	return 0;
}

static bool
is_same(const struct document *a, const char *name)
{
	return name == NULL || a->name == NULL ? a->name == name
					       : strcmp(a->name, name) == 0;
}

/* One text, in each of the charsets that it may be in: the best one counts. */
static int
try_same(struct reports *r, struct documents *d, size_t *at, struct error *e)
{
	const char *name = d->rows[*at].name;
	char *copy = name == NULL ? NULL : strdup(name);
	struct find *best = NULL, *find;
	int rc = name != NULL && copy == NULL ? error_memory(e) : 0;

	for (; rc == 0 && *at < d->count && is_same(&d->rows[*at], copy);
		++*at) {
		find = try_document(r, &d->rows[*at], e);
		if (find == NULL) {
			rc = -1;
		} else if (find->choice.points > 0 &&
			(best == NULL ||
				find->choice.points > best->choice.points)) {
			if (best != NULL)
				find_free(best);
			best = find;
		} else {
			find_free(find);
		}
	}
	free(copy);
	if (rc == 0 && best != NULL)
		return add_find(r, best, e);
	if (best != NULL)
		find_free(best);
	return rc;
}

static int
try_documents(struct reports *r, struct documents *d, struct error *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->count;)
		rc = try_same(r, d, &i, e);
	return rc;
}

static int
try_part(struct reports *r, size_t part, struct error *e)
{
	const struct reading_source *s = &r->source;
	struct documents documents = { 0 };
	struct charsets charsets;
	struct error why;
	int rc = 0;

	/* what is not recognised is an attachment, whatever its size */
	charsets_of(s->formats, &charsets);
	if (documents_add(
		    &documents, s->entity, part, &charsets, s->limits, &why)) {
		if (why.code == ERROR_TROUBLE) {
			rc = -1;
			*e = why;
		} else if (r->why.text[0] == '\0') {
			r->why = why;
		}
	}
	if (rc == 0)
		rc = try_documents(r, &documents, e);
	documents_clear(&documents);
	return rc;
}

/* When it is a part's turn: 0, 1, 2; or 3, never. */
static int
turn(struct reports *r, const struct part *p)
{
	const enum document_kind kind = document_kind(p);

	if (kind == DOCUMENT_NONE)
		return 3;
	if (kind != DOCUMENT_TEXT && !r->source.vouched) {
		if (r->why.text[0] == '\0')
			error_set(&r->why, ERROR_BAD,
				"%s is read from registered origins only",
				document_kind_name(kind));
		return 3;
	}
	if (strcmp(p->type, "text/plain") == 0 && p->name == NULL)
		return 0;
	if (strcmp(p->type, "text/plain") == 0)
		return kind == DOCUMENT_TEXT ? 0 : 2;
	return strcmp(p->type, "text/html") == 0 ? 1 : 2;
}

static int
look_for_texts(struct reports *r, struct error *e)
{
	const struct entity *entity = r->source.entity;

	if (r->total > 0 || formats_count(r->source.formats) == 0)
		return 0;
	if (choice_header(entity, &r->header, e))
		return -1;
	for (int now = 0; now < 3 && r->total == 0; now++)
		for (size_t i = 0; i < entity->part_count; i++)
			if (turn(r, &entity->parts[i]) == now &&
				try_part(r, i, e))
				return -1;
	return 0;
}

static int
look(struct reports *r, struct error *e)
{
	r->parts = calloc(r->source.entity->part_count + 1, sizeof(bool));
	if (r->parts == NULL)
		return error_memory(e);
	if (look_for_json(r, e) || look_for_texts(r, e))
		return -1;
	if (r->total > 0)
		return 0;
	if (r->why.text[0] != '\0') /* why a text could not be tried */
		return error_set(
			e, ERROR_BAD, "no part is a report: %s", r->why.text);
	return error_set(e, ERROR_BAD, "no part is a report");
}

int
reports_open(const struct reading_source *source, struct reports **reports_r,
	struct error *e)
{
	struct reports *r = calloc(1, sizeof(*r));
	struct error ignored;

	*reports_r = NULL;
	if (r == NULL)
		return error_memory(e);
	r->source = *source;
	if (look(r, e == NULL ? &ignored : e)) {
		reports_close(&r);
		return -1;
	}
	*reports_r = r;
	return 0;
}

/* A report without a date is as old as its mail. */
static void
date_by_mail(struct report *r, const struct entity *entity)
{
	char shown[80];
	struct date date;

	if (r->dated)
		return;
	if (entity->date == NULL) {
		strcpy(r->undated, "it has no date");
	} else if (!date_read_mail(entity->date, &date)) {
		text_printable(entity->date, strlen(entity->date), shown,
			sizeof(shown));
		text_format(r->undated, sizeof(r->undated),
			"the Date field cannot be read: %s", shown);
	} else {
		r->dated = true;
		r->earliest = date.earliest;
		r->latest = date.latest;
	}
}

/* Writes the JSON of a report that was read. */
static int
finish(struct reports *r, struct report *report, json_t *object,
	struct error *e)
{
	struct buffer json = { 0 };

	if (report_content_take(object, report, e))
		return -1;
	if (!r->first_given &&
		attachments_add(object, r->source.entity, r->parts,
			report->format[0] == '\0' || r->source.keep_all, e))
		return -1;
	date_by_mail(report, r->source.entity);
	if (numbers_write(object, r->numbers, &json, e)) {
		buffer_clear(&json);
		return -1;
	}
	report->json = (char *)json.data;
	report->json_length = json.length;
	r->first_given = true;
	return 0;
}

static int
next_json(struct reports *r, struct report **report_r, struct error *e)
{
	int rc;

	if (r->one == NULL)
		return 0;
	rc = finish(r, r->one, r->object, e);
	if (rc == 0)
		*report_r = r->one;
	else
		report_free(&r->one);
	r->one = NULL;
	return rc == 0 ? 1 : -1;
}

/* Says with the first report what was left out of its table. */
static int
tell_left_out(struct find *find, json_t *object, struct error *e)
{
	const size_t count = records_left_out(find->choice.records);

	if (find->told || count == 0)
		return 0;
	find->told = true;
	return json_object_set_new(
		       object, "left_out", json_integer((json_int_t)count))
		? error_memory(e)
		: 0;
}

static int
read_pairs(struct reports *r, struct find *find, const struct pairs *pairs,
	struct report **report_r, struct error *e)
{
	struct report *report = calloc(1, sizeof(*report));
	struct json_t *object = NULL;
	int rc;

	if (report == NULL)
		return error_memory(e);
	report->part = find->document.part;
	report->line = records_line(find->choice.records);
	rc = labels_read(pairs, records_common(find->choice.records),
		find->choice.format, &r->source, report, &object, e);
	if (rc == 0)
		rc = tell_left_out(find, object, e);
	if (rc == 0)
		rc = finish(r, report, object, e);
	json_decref(object);
	if (rc == -1)
		report_free(&report);
	*report_r = report;
	return rc;
}

/* Names the format, if that is not done. */
static int
read_record(struct reports *r, struct find *find, struct report **report_r,
	struct error *e)
{
	struct pairs pairs;
	int rc;

	if (find->choice.tied != NULL && find->choice.records != NULL) {
		records_close(&find->choice.records);
		return error_set(e, ERROR_BAD,
			"more than one format file fits the text: %s, %s",
			find->choice.format->name, find->choice.tied->name);
	}
	if (find->choice.records == NULL)
		return 0;
	rc = records_next(find->choice.records, &pairs, e);
	if (rc == -1 && e->code != ERROR_TROUBLE)
		error_prefix(e, "%s", find->choice.format->name);
	if (rc == 1)
		rc = read_pairs(r, find, &pairs, report_r, e) == 0 ? 1 : -1;
	pairs_clear(&pairs);
	return rc;
}

int
reports_next(struct reports *reports, struct report **report_r, struct error *e)
{
	struct error ignored;
	int rc;

	*report_r = NULL;
	if (e == NULL)
		e = &ignored;
	rc = next_json(reports, report_r, e);
	for (; rc == 0 && reports->find < reports->find_count;
		reports->find += rc == 0)
		rc = read_record(
			reports, reports->finds[reports->find], report_r, e);
	return rc;
}

size_t
reports_total(const struct reports *reports)
{
	return reports->total;
}

void
reports_close(struct reports **reports)
{
	struct reports *old = *reports;

	*reports = NULL;
	if (old == NULL)
		return;
	for (size_t i = 0; i < old->find_count; i++)
		find_free(old->finds[i]);
	free(old->finds);
	wipe_free(old->header);
	free(old->parts);
	report_free(&old->one);
	json_decref(old->object);
	numbers_free(&old->numbers);
	free(old);
}

int
report_read(const struct entity *entity, const struct formats *formats,
	const struct limits *l, struct report **report_r, struct error *e)
{
	struct reading_source source = { .entity = entity,
		.formats = formats,
		.limits = l,
		.vouched = true,
		.keep_all = true };
	struct reports *reports;
	struct date date;
	int rc = -1;

	*report_r = NULL;
	if (entity->date != NULL && date_read_mail(entity->date, &date))
		source.mail_date = date.latest;
	if (reports_open(&source, &reports, e))
		return -1;
	if (reports_total(reports) > 1)
		error_set(e, ERROR_BAD, "there is more than one report");
	else if (reports_next(reports, report_r, e) == 1)
		rc = 0;
	reports_close(&reports);
	return rc;
}
