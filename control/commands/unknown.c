/*
 * The newest files are read, with the mails inside of them, as they would be
 * judged: what only a registered origin may have read is read of those only.
 */
#include "control/commands/unknown.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "parser/date.h"
#include "parser/formats/reading.h"

struct search {
	struct command_context *c;
	struct unknown_list *list;
	const struct quarantined *file; /* in hand */
	char centers[QUARANTINE_CENTERS_MAX][CENTER_ID_SIZE];
	size_t center_count;
	int64_t reports, pieces; /* of the file */
	bool named;              /* the file names the serial that is meant */
	char (*files)[QUARANTINE_NAME_SIZE]; /* a ring, of the newest */
	size_t file_count;
	struct error *e;
};

static int
collect(const struct quarantined *q, void *arg)
{
	struct search *s = arg;

	if (command_over(s->c))
		return error_set(s->e, ERROR_TROUBLE, "stopped");
	memcpy(s->files[s->file_count++ % UNKNOWN_FILES], q->name,
		sizeof(q->name));
	return 0;
}

/* Does nobody have it, in these centers or as a serial anywhere? 1, 0, -1. */
static int
is_unknown(struct search *s, const char *serial)
{
	struct device d;
	int found = registry_device_named(s->c->store, serial,
		(const char(*)[CENTER_ID_SIZE])s->centers, s->center_count, &d,
		s->e);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (registry_device_get(s->c->store, serial, &d, s->e) == 0)
		return 0;
	return s->e->code == ERROR_NOT_FOUND ? 1 : -1;
}

/* Where the serial is, or would have to be. */
static size_t
place_of(const struct unknown_list *list, const char *serial)
{
	size_t low = 0, high = list->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (strcmp(list->rows[middle].serial, serial) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct unknown *
row_of(struct search *s, const char *serial)
{
	struct unknown_list *list = s->list;
	size_t at = place_of(list, serial);
	struct unknown *row = &list->rows[at];

	if (at < list->count && strcmp(row->serial, serial) == 0)
		return row;
	if (list->count == UNKNOWN_SERIALS) {
		list->cut = true;
		return NULL;
	}
	memmove(row + 1, row, (list->count++ - at) * sizeof(*row));
	memset(row, 0, sizeof(*row));
	(void)text_copy(row->serial, sizeof(row->serial), serial);
	return row;
}

static void
take_model(struct unknown *row, const struct report *report)
{
	json_t *object = json_loadb(report->json, report->json_length, 0, NULL);
	const char *model = json_string_value(json_object_get(object, "model"));

	if (model != NULL)
		(void)text_copy(row->model, sizeof(row->model), model);
	json_decref(object);
}

static void
note(struct search *s, const char *serial, const struct report *report)
{
	const struct quarantined *q = s->file;
	struct unknown *row = row_of(s, serial);

	s->named = true;
	if (row == NULL)
		return;
	row->mails++;
	row->last = q->received;
	(void)text_copy(row->sender, sizeof(row->sender), q->sender);
	(void)text_copy(row->client, sizeof(row->client), q->client);
	if (s->center_count > 0)
		memcpy(row->center, s->centers[0], sizeof(row->center));
	if (report == NULL)
		return;
	(void)text_copy(row->format, sizeof(row->format), report->format);
	take_model(row, report);
}

/* report NULL: the mail's header names it. */
static int
look_at_serial(
	struct search *s, const struct claims *claims, const struct report *r)
{
	int unknown;

	if (claims->serial_state != CLAIM_PRESENT ||
		(s->list->serial != NULL &&
			strcmp(s->list->serial, claims->serial) != 0))
		return 0;
	unknown = is_unknown(s, claims->serial);
	if (unknown == 1)
		note(s, claims->serial, r);
	return unknown < 0 ? -1 : 0;
}

static int
about(const char *serial, void *arg, struct device_hint *hint, struct error *e)
{
	struct search *s = arg;
	struct device d;
	int found = registry_device_named(s->c->store, serial,
		(const char(*)[CENTER_ID_SIZE])s->centers, s->center_count, &d,
		e);

	if (found != 1)
		return found == 0 ? 1 : -1;
	memset(hint, 0, sizeof(*hint));
	memcpy(hint->serial, d.serial, sizeof(hint->serial));
	hint->order = d.date_order;
	return 0;
}

static int
look_at_reports(struct search *s, const struct entity *entity)
{
	const struct settings *settings = s->c->rules->settings;
	const struct reading_source source = { .entity = entity,
		.formats = s->c->rules->formats,
		.limits = &settings->limits,
		.vouched = s->file->share != SHARE_STRANGER,
		.now = s->file->received,
		.window = settings->report_window,
		.about = about,
		.arg = s };
	struct reports *reports;
	struct report *report;
	struct error ignored;
	int rc = 0, more;

	if (reports_open(&source, &reports, &ignored) == -1)
		return look_at_serial(s, &entity->claims, NULL);
	while (rc == 0 && s->reports++ < settings->limits.reports) {
		more = reports_next(reports, &report, &ignored);
		if (more == 0 ||
			(more == -1 && ignored.code != ERROR_BAD &&
				ignored.code != ERROR_LIMIT))
			break;
		if (more == -1)
			continue;
		rc = look_at_serial(s, &report->claims, report);
		report_free(&report);
	}
	reports_close(&reports);
	return rc;
}

/* A mail, and those inside of it. */
static int
look_at_mail(struct search *s, const void *octets, size_t length, int64_t depth)
{
	const struct limits *l = &s->c->rules->settings->limits;
	struct entity *entity = NULL;
	struct error ignored;
	int rc;

	if (depth > l->depth || s->pieces++ >= l->pieces ||
		entity_parse(octets, length, l, &entity, &ignored) == -1)
		return 0;
	rc = look_at_reports(s, entity);
	for (size_t i = 0; i < entity->part_count && rc == 0; i++)
		if (part_is_mail(&entity->parts[i]))
			rc = look_at_mail(s, entity->parts[i].data,
				entity->parts[i].length, depth + 1);
	entity_free(&entity);
	return rc;
}

static void
take_centers(struct search *s, const struct quarantined *q)
{
	const char *at = q->centers, *word;
	size_t length;

	s->center_count = 0;
	while ((length = text_word(&at, &word)) > 0 &&
		s->center_count < QUARANTINE_CENTERS_MAX)
		if (claims_center(word, length, s->centers[s->center_count]))
			s->center_count++;
}

static bool
is_meant(const struct search *s)
{
	for (size_t i = 0; i < s->center_count; i++)
		if (s->list->center == NULL ||
			strcmp(s->list->center, s->centers[i]) == 0)
			return true;
	return false;
}

/* One that vanished or is damaged does not hide the others. */
static int
look_at_file(struct search *s, const char *name)
{
	struct unknown_list *list = s->list;
	struct buffer octets = { 0 };
	struct quarantined q;
	struct error ignored;
	int rc = 0;

	if (quarantine_read(s->c->rules->settings->quarantine_directory, name,
		    &q, &octets, &ignored) == -1)
		return 0;
	s->file = &q;
	s->reports = s->pieces = 0;
	s->named = false;
	take_centers(s, &q);
	if (is_meant(s))
		rc = look_at_mail(s, octets.data, octets.length, 0);
	if (rc == 0 && s->named && list->serial != NULL)
		memcpy(list->files[list->file_count++], q.name, sizeof(q.name));
	buffer_clear(&octets);
	return rc;
}

static int
look_at_all(struct search *s)
{
	const size_t from = s->file_count > UNKNOWN_FILES
		? s->file_count - UNKNOWN_FILES
		: 0;
	int rc = 0;

	s->list->cut = from > 0;
	for (size_t i = from; i < s->file_count && rc == 0; i++)
		rc = command_over(s->c)
			? error_set(s->e, ERROR_TROUBLE, "stopped")
			: look_at_file(s, s->files[i % UNKNOWN_FILES]);
	return rc;
}

int
unknown_find(
	struct command_context *c, struct unknown_list *list, struct error *e)
{
	struct search *s = calloc(1, sizeof(*s));
	int rc = -1;

	list->rows = calloc(UNKNOWN_SERIALS + 1, sizeof(*list->rows));
	list->files = calloc(UNKNOWN_FILES, sizeof(*list->files));
	if (s != NULL)
		s->files = calloc(UNKNOWN_FILES, sizeof(*s->files));
	if (s == NULL || s->files == NULL || list->rows == NULL ||
		list->files == NULL) {
		error_memory(e);
		goto out;
	}
	s->c = c;
	s->list = list;
	s->e = e;
	if (quarantine_each(c->rules->settings->quarantine_directory, collect,
		    s, e) == 0)
		rc = look_at_all(s);
out:
	if (s != NULL)
		free(s->files);
	free(s);
	return rc;
}

void
unknown_clear(struct unknown_list *list)
{
	free(list->rows);
	free(list->files);
	list->rows = NULL;
	list->files = NULL;
}
