/*
 * What the members of a report must look like is a table; that the text is
 * JSON at all is seen to by parser/object.c.
 */
#include "parser/report_json.h"

#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "parser/object.h"
#include "parser/report_content.h"

#define COUNTER_MAX ((INT64_C(1) << 53) - 1)
enum { AGENT_TEXT_SIZE = 512 }; /* of a profile's name, an address, an OID */

static int
bad(struct error *e, const char *member, const char *what)
{
	return error_set(e, ERROR_BAD, "the report's \"%s\" %s", member, what);
}

static int
check_version(const json_t *value, struct report *r, struct error *e)
{
	(void)r;
	if (!json_is_integer(value) || json_integer_value(value) != 1)
		return bad(e, "version", "is not 1");
	return 0;
}

static int
check_kind(const json_t *value, struct report *r, struct error *e)
{
	for (enum report_kind kind = REPORT_COUNTERS; kind <= REPORT_ANSWER;
		kind++)
		if (json_is_string(value) &&
			strcmp(json_string_value(value),
				report_kind_name(kind)) == 0) {
			r->kind = kind;
			return 0;
		}
	return bad(e, "kind", "is not counters, alarm, settings or answer");
}

static int
check_date(const json_t *value, struct report *r, struct error *e)
{
	if (!json_is_string(value) ||
		text_time_parse(json_string_value(value), &r->earliest))
		return bad(e, "date", "is no RFC 3339 date-time with zone");
	r->latest = r->earliest;
	r->dated = true;
	return 0;
}

static int
check_model(const json_t *value, struct report *r, struct error *e)
{
	(void)r;
	return json_is_string(value) ? 0 : bad(e, "model", "is no string");
}

static int
check_counters(const json_t *value, struct report *r, struct error *e)
{
	const char *name;
	json_t *number;

	(void)r;
	if (!json_is_object(value))
		return bad(e, "counters", "are no object");
	json_object_foreach((json_t *)value, name, number)
	{
		if (!counter_name_valid(name))
			return bad(e, "counters",
				"have a name that is none of a counter");
		if (!json_is_integer(number) ||
			json_integer_value(number) < 0 ||
			json_integer_value(number) > COUNTER_MAX)
			return bad(e, "counters",
				"have a value that is no integer from 0 to "
				"2^53-1");
	}
	return 0;
}

/* An array of objects, each with a string of this name. */
static int
check_rows(const json_t *rows, const char *member, const char *required,
	struct error *e)
{
	const json_t *row;
	size_t i;

	if (!json_is_array(rows))
		return bad(e, member, "are no array");
	json_array_foreach(rows, i,
		row) if (!json_is_string(json_object_get(row,
				 required))) return error_set(e, ERROR_BAD,
		"one of the report's \"%s\" has no \"%s\"", member, required);
	return 0;
}

static int
check_alarms(const json_t *value, struct report *r, struct error *e)
{
	static const char *const strings[] = { "text", "since" };
	const json_t *row, *text;
	size_t i;

	(void)r;
	if (check_rows(value, "alarms", "code", e))
		return -1;
	json_array_foreach(value, i, row) for (size_t j = 0; j < 2; j++)
	{
		text = json_object_get(row, strings[j]);
		if (text != NULL && !json_is_string(text))
			return bad(e, "alarms",
				"have a text or since that is no "
				"string");
	}
	return 0;
}

static int
check_settings(const json_t *value, struct report *r, struct error *e)
{
	(void)r;
	return check_rows(value, "settings", "name", e);
}

static int
check_uncertain(const json_t *value, struct report *r, struct error *e)
{
	(void)r;
	return json_is_boolean(value)
		? 0
		: bad(e, "date_uncertain", "is neither true nor false");
}

/* A string of an agent's, if it is there, which is kept with the report. */
static int
check_agent_text(const json_t *value, struct error *e)
{
	if (value == NULL ||
		(json_is_string(value) &&
			json_string_length(value) < AGENT_TEXT_SIZE))
		return 0;
	return bad(e, "agent", "has what is no string, or too long");
}

/* From which object of the printer each counter was read. */
static int
check_oids(const json_t *value, struct error *e)
{
	const char *name;
	json_t *oid;

	if (value != NULL && !json_is_object(value))
		return bad(e, "agent", "has oids that are no object");
	json_object_foreach((json_t *)(uintptr_t)value, name, oid)
	{
		if (!counter_name_valid(name))
			return bad(e, "agent",
				"has an OID for what is no counter's name");
		if (!json_is_string(oid) || check_agent_text(oid, e))
			return bad(e, "agent", "has an OID that is none");
	}
	return 0;
}

static int
check_agent(const json_t *value, struct report *r, struct error *e)
{
	(void)r;
	if (!json_is_object(value))
		return bad(e, "agent", "is no object");
	if (check_agent_text(json_object_get(value, "profile"), e) ||
		check_agent_text(json_object_get(value, "address"), e))
		return -1;
	return check_oids(json_object_get(value, "oids"), e);
}

static const struct {
	const char *name;
	bool required;
	int (*check)(const json_t *value, struct report *r, struct error *e);
} members[] = {
	{ "version", true, check_version },
	{ "kind", true, check_kind },
	{ "date", true, check_date },
	{ "model", false, check_model },
	{ "counters", false, check_counters },
	{ "alarms", false, check_alarms },
	{ "settings", false, check_settings },
	{ "date_uncertain", false, check_uncertain },
	{ "agent", false, check_agent },
};

/* The member that makes a report of this kind worth having. */
static const char *const substance[] = {
	[REPORT_COUNTERS] = "counters",
	[REPORT_ALARM] = "alarms",
	[REPORT_SETTINGS] = "settings",
	[REPORT_ANSWER] = NULL,
};

static int
check_substance(const json_t *object, const struct report *r, struct error *e)
{
	const char *name = substance[r->kind];
	const json_t *value;

	if (name == NULL)
		return 0;
	value = json_object_get(object, name);
	if (json_object_size(value) == 0 && json_array_size(value) == 0)
		return bad(e, name, "are missing or empty");
	return 0;
}

static int
check_members(const json_t *object, struct report *r, struct error *e)
{
	const json_t *value;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		value = json_object_get(object, members[i].name);
		if (value == NULL && members[i].required)
			return bad(e, members[i].name, "is missing");
		if (value != NULL && members[i].check(value, r, e))
			return -1;
	}
	if (object_claims(object, "report", &r->claims, e))
		return -1;
	return check_substance(object, r, e);
}

int
report_json_read(const void *octets, size_t length, const struct limits *l,
	struct report *report_r, struct json_t **object_r,
	struct numbers **numbers_r, struct error *e)
{
	struct json_t *object;

	if (object_read_exact(octets, length, l, &object, numbers_r, e))
		return -1;
	if (check_members(object, report_r, e)) {
		numbers_free(numbers_r);
		json_decref(object);
		return -1;
	}
	*object_r = object;
	return 0;
}

int
report_json_whole(const void *octets, size_t length, const struct limits *l,
	struct report *report_r, struct error *e)
{
	struct json_t *object = NULL;
	struct numbers *numbers = NULL;
	struct buffer json = { 0 };
	int rc = -1;

	if (report_json_read(
		    octets, length, l, report_r, &object, &numbers, e) == 0 &&
		report_content_take(object, report_r, e) == 0 &&
		numbers_write(object, numbers, &json, e) == 0) {
		report_r->json = (char *)json.data;
		report_r->json_length = json.length;
		memset(&json, 0, sizeof(json));
		rc = 0;
	}
	buffer_clear(&json);
	numbers_free(&numbers);
	json_decref(object);
	return rc;
}
