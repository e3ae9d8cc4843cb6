/*
 * Chooses the one part that is the report, has it read, and makes one JSON
 * object of it and the rest of the mail. Text is tried against each format
 * file; if two know it, nobody may choose.
 */
#include "parser/formats/reading.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/wipe.h"
#include "parser/attachments.h"
#include "parser/charset.h"
#include "parser/date.h"
#include "parser/formats/labels.h"
#include "parser/numbers.h"
#include "parser/report_content.h"
#include "parser/report_json.h"

/* What every step needs. */
struct choice {
	const struct entity *entity;
	const struct formats *formats;
	const struct limits *l;
	struct error *e;
	struct report *report;
	json_t *object; /* of the part that was read */
	struct numbers *numbers;
	size_t found; /* parts that are reports */
};

static int
check_size(const struct choice *c, const struct part *p)
{
	if (p->length <= (size_t)c->l->report_size)
		return 0;
	return error_set(c->e, ERROR_LIMIT,
		"the report is larger than %lld octets (max_report_size)",
		(long long)c->l->report_size);
}

/* One more part is a report; only one may be. */
static int
found_one(struct choice *c, size_t part)
{
	if (c->found++ > 0)
		return error_set(
			c->e, ERROR_BAD, "more than one part is a report");
	c->report->part = part;
	return 0;
}

static int
read_json(struct choice *c, size_t part)
{
	const struct part *p = &c->entity->parts[part];
	struct json_t *object = NULL;

	if (found_one(c, part) || check_size(c, p) ||
		report_json_read(p->data, p->length, c->l, c->report, &object,
			&c->numbers, c->e))
		return -1;
	c->object = object;
	return 0;
}

/* Tries each format file on a text. */
static int
match(struct choice *c, size_t part, const char *text)
{
	struct report report;
	struct json_t *object;
	int rc;

	for (size_t i = 0; i < formats_count(c->formats); i++) {
		memset(&report, 0, sizeof(report));
		object = NULL;
		rc = labels_read(text, formats_get(c->formats, i), &report,
			&object, c->e);
		if (rc == 0)
			continue;
		if (rc == 1 && c->found > 0 && c->report->part == part)
			rc = error_set(c->e, ERROR_BAD,
				"more than one format file fits the text");
		if (rc == -1 || found_one(c, part)) {
			json_decref(object);
			return -1;
		}
		report.part = part;
		*c->report = report;
		c->object = object;
	}
	return 0;
}

static int
read_text(struct choice *c, size_t part)
{
	const struct part *p = &c->entity->parts[part];
	char *text;
	int rc;

	/* what is not recognised is an attachment, whatever its size */
	if (check_size(c, p))
		return 0;
	if (charset_decode(charset_of_body(p->charset, p->data, p->length),
		    p->data, p->length, &text, c->e))
		return c->e->code == ERROR_TROUBLE ? -1 : 0;
	rc = match(c, part, text);
	wipe_free(text);
	return rc;
}

/*
 * In order of certainty: a part that says it is a report is it, and plain JSON
 * beside it an attachment.
 */
static const struct {
	const char *type;
	int (*read)(struct choice *c, size_t part);
} types[] = {
	{ "application/vnd.csrc.report+json", read_json },
	{ "application/json", read_json },
	{ "text/plain", read_text },
};

static int
choose(struct choice *c)
{
	c->e->text[0] = '\0';
	for (size_t type = 0; type < sizeof(types) / sizeof(types[0]); type++) {
		for (size_t i = 0; i < c->entity->part_count; i++)
			if (strcmp(c->entity->parts[i].type,
				    types[type].type) == 0 &&
				types[type].read(c, i))
				return -1;
		if (c->found > 0)
			return 0;
	}
	c->e->code = ERROR_BAD;
	if (c->e->text[0] != '\0') /* why a text could not be tried */
		return error_prefix(c->e, "no part is a report");
	return error_set(c->e, ERROR_BAD, "no part is a report");
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

/* Finds the report and reads it. */
static int
read_one(const struct reading_source *source, struct report **report_r,
	struct error *e)
{
	struct buffer json = { 0 };
	struct error ignored;
	struct choice c = { .entity = source->entity,
		.formats = source->formats,
		.l = source->limits };
	int rc = -1;

	c.e = e == NULL ? &ignored : e;
	c.report = calloc(1, sizeof(*c.report));
	if (c.report == NULL)
		return error_memory(e);
	if (choose(&c) || report_content_take(c.object, c.report, c.e) ||
		attachments_add(c.object, c.entity, c.report->part, c.e))
		goto out;
	date_by_mail(c.report, c.entity);
	if (numbers_write(c.object, c.numbers, &json, c.e))
		goto out;
	c.report->json = (char *)json.data;
	c.report->json_length = json.length;
	memset(&json, 0, sizeof(json));
	*report_r = c.report;
	c.report = NULL;
	rc = 0;
out:
	buffer_clear(&json);
	numbers_free(&c.numbers);
	json_decref(c.object);
	report_free(&c.report);
	return rc;
}

struct reports {
	struct report *one; /* NULL: it was taken */
};

int
reports_open(const struct reading_source *source, struct reports **reports_r,
	struct error *e)
{
	struct reports *r = calloc(1, sizeof(*r));

	*reports_r = NULL;
	if (r == NULL)
		return error_memory(e);
	if (read_one(source, &r->one, e)) {
		reports_close(&r);
		return -1;
	}
	*reports_r = r;
	return 0;
}

int
reports_next(struct reports *reports, struct report **report_r, struct error *e)
{
	(void)e;
	*report_r = reports->one;
	reports->one = NULL;
	return *report_r == NULL ? 0 : 1;
}

size_t
reports_total(const struct reports *reports)
{
	(void)reports;
	return 1;
}

void
reports_close(struct reports **reports)
{
	struct reports *old = *reports;

	*reports = NULL;
	if (old == NULL)
		return;
	report_free(&old->one);
	free(old);
}

int
report_read(const struct entity *entity, const struct formats *formats,
	const struct limits *l, struct report **report_r, struct error *e)
{
	const struct reading_source source = { .entity = entity,
		.formats = formats,
		.limits = l,
		.vouched = true };
	struct reports *reports;
	int rc = -1;

	*report_r = NULL;
	if (reports_open(&source, &reports, e))
		return -1;
	if (reports_total(reports) > 1)
		error_set(e, ERROR_BAD, "there is more than one report");
	else if (reports_next(reports, report_r, e) == 1)
		rc = 0;
	reports_close(&reports);
	return rc;
}
