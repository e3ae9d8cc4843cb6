/*
 * JSON by Jansson, checked by the parser like a stranger's before it is
 * touched.
 */
#include "device/document.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/text.h"
#include "parser/limits.h"
#include "parser/object.h"
#include "parser/report.h"

/* --- from a file --- */

static json_t *
from_octets(
	const struct buffer *text, struct numbers **numbers_r, struct error *e)
{
	struct json_t *object = NULL;

	object_read_exact(text->data == NULL ? (void *)"" : text->data,
		text->length, &limits_default, &object, numbers_r, e);
	return object;
}

static json_t *
from_file(const char *path, struct numbers **numbers_r, struct error *e)
{
	struct buffer text = { .limit = (size_t)limits_default.report_size };
	struct json_t *object = NULL;

	if (file_read(path, &text, e) == 0) {
		object = from_octets(&text, numbers_r, e);
		if (object == NULL)
			error_prefix(e, "%s", path);
	}
	buffer_clear(&text);
	return object;
}

/* --- from options --- */

/* text up to "=" into name, "" if it is too long; what follows, or NULL if
 * there is none. */
static const char *
split(const char *text, char *name, size_t size)
{
	const char *equals = strchrnul(text, '=');

	name[0] = '\0';
	if ((size_t)(equals - text) >= size)
		return NULL;
	memcpy(name, text, (size_t)(equals - text));
	name[equals - text] = '\0';
	return *equals == '\0' ? NULL : equals + 1;
}

/* The member, made if it is missing; belongs to report. */
static json_t *
member(json_t *report, const char *name, json_t *(*make)(void))
{
	if (json_object_get(report, name) == NULL)
		json_object_set_new(report, name, make());
	return json_object_get(report, name);
}

static int
add_counter(json_t *report, const char *text, struct error *e)
{
	json_t *counters = member(report, "counters", json_object);
	char name[128];
	const char *value = split(text, name, sizeof(name));
	char *end;
	long long number;

	if (value == NULL || strspn(value, "0123456789") != strlen(value) ||
		*value == '\0')
		return error_set(e, ERROR_BAD,
			"--counter is not NAME=VALUE with a number");
	if (json_object_get(counters, name) != NULL)
		return error_set(
			e, ERROR_BAD, "--counter %s is given twice", name);
	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno != 0)
		return error_set(
			e, ERROR_BAD, "--counter %s is too large", name);
	if (json_object_set_new(counters, name, json_integer(number)))
		return error_memory(e);
	return 0;
}

static int
add_alarm(json_t *report, const char *text, struct error *e)
{
	json_t *alarms = member(report, "alarms", json_array);
	char code[256];
	const char *words = split(text, code, sizeof(code));

	if (code[0] == '\0' ||
		json_array_append_new(alarms,
			json_pack("{s:s, s:s*}", "code", code, "text", words)))
		return error_set(e, ERROR_BAD,
			"--alarm is not CODE or CODE=TEXT in UTF-8");
	return 0;
}

/*
 * Takes "\\" from before ":", "=" and itself, up to the first stop without
 * one. *at moves behind that, or is NULL at the end. False: "\\" before
 * something else.
 */
static bool
take_word(char **at, char stop, char **word_r)
{
	char *from = *at, *to = from;

	*word_r = to;
	for (; *from != '\0' && *from != stop; from++) {
		if (*from == '\\' &&
			(*++from == '\0' || strchr(":=\\", *from) == NULL))
			return false;
		*to++ = *from;
	}
	*at = *from == '\0' ? NULL : from + 1;
	*to = '\0';
	return true;
}

/* NAME=NEW or NAME=OLD:NEW, cut where it stands; NULL: without that part. */
static bool
split_setting(char *text, char **name_r, char **old_r, char **new_r)
{
	*old_r = NULL;
	if (!take_word(&text, '=', name_r) || text == NULL ||
		!take_word(&text, ':', new_r))
		return false;
	if (text != NULL) {
		*old_r = *new_r;
		if (!take_word(&text, ':', new_r) || text != NULL)
			return false;
	}
	return **name_r != '\0';
}

static int
add_setting(json_t *report, const char *text, struct error *e)
{
	json_t *settings = member(report, "settings", json_array);
	char *copy = strdup(text), *name, *old, *new;
	int rc = 0;

	if (copy == NULL)
		return error_memory(e);
	if (!split_setting(copy, &name, &old, &new) ||
		json_array_append_new(settings,
			json_pack("{s:s, s:s*, s:s}", "name", name, "old", old,
				"new", new)))
		rc = error_set(e, ERROR_BAD,
			"--setting is not NAME=NEW or NAME=OLD:NEW in UTF-8 "
			"(\":\" in a value, and \"=\" in a name, are written "
			"\"\\:\" and \"\\=\")");
	free(copy);
	return rc;
}

static const struct {
	int option;
	int (*add)(json_t *report, const char *text, struct error *e);
	const char *kind;
} adders[] = {
	{ 'c', add_counter, "counters" },
	{ 'a', add_alarm, "alarm" },
	{ 's', add_setting, "settings" },
};
enum { ADDERS = sizeof(adders) / sizeof(adders[0]) };

/* kind_r: of the first row, if nobody says another. */
static int
add_rows(const struct arguments *a, json_t *report, const char **kind_r,
	struct error *e)
{
	size_t j;

	for (size_t i = 0; i < a->row_count; i++) {
		for (j = 0; j + 1 < ADDERS; j++)
			if (adders[j].option == a->rows[i].option)
				break;
		if (i == 0)
			*kind_r = adders[j].kind;
		if (adders[j].add(report, a->rows[i].text, e))
			return -1;
	}
	return 0;
}

/* --- both --- */

static int
fill(json_t *report, const char *name, const char *value, struct error *e)
{
	json_t *string;

	if (value == NULL || json_object_get(report, name) != NULL)
		return 0;
	string = json_string(value);
	if (string == NULL)
		return error_set(e, ERROR_BAD, "--%s is no UTF-8", name);
	if (json_object_set_new(report, name, string))
		return error_memory(e);
	return 0;
}

static int
complete(const struct arguments *a, const struct claims *claims, json_t *report,
	const char *kind, struct error *e)
{
	const char *email_id = claims->email_id_state == CLAIM_PRESENT
		? claims->email_id
		: NULL;
	char date[TEXT_TIME_SIZE];

	text_time(a->date, date);
	if (json_object_get(report, "version") == NULL &&
		json_object_set_new(report, "version", json_integer(1)))
		return error_memory(e);
	if (email_id != NULL) {
		json_object_del(report, "kind");
		kind = report_kind_name(REPORT_ANSWER);
	}
	if (fill(report, "kind", kind, e) || fill(report, "date", date, e) ||
		fill(report, "center", claims->center, e) ||
		fill(report, "serial", claims->serial, e) ||
		fill(report, "email_id", email_id, e) ||
		fill(report, "model", a->model, e))
		return -1;
	return 0;
}

int
document_make(const struct arguments *a, const struct claims *claims,
	struct buffer *json, struct error *e)
{
	const char *kind = NULL;
	struct numbers *numbers = NULL;
	json_t *report;
	int rc = -1;

	if (a->given != NULL)
		report = from_octets(a->given, &numbers, e);
	else if (a->json != NULL)
		report = from_file(a->json, &numbers, e);
	else if ((report = json_object()) == NULL)
		error_memory(e);
	if (report == NULL)
		return -1;
	if (add_rows(a, report, &kind, e))
		goto out;
	if (a->kind != NULL)
		kind = a->kind;
	if (complete(a, claims, report, kind, e))
		goto out;
	rc = numbers_write(report, numbers, json, e);
out:
	numbers_free(&numbers);
	json_decref(report);
	return rc;
}
