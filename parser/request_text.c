/*
 * One table for both ways: what is read is what is written.
 */
#include "parser/request_text.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "parser/compose.h"
#include "parser/object.h"

static bool
made_of(const char *text, size_t min, size_t max, const char *octets)
{
	size_t length = strspn(text, octets);

	return text[length] == '\0' && length >= min && length <= max;
}

bool
request_text_command(const char *command)
{
	return command[0] >= 'a' && command[0] <= 'z' &&
		made_of(command, 1, REQUEST_COMMAND_SIZE - 1,
			"abcdefghijklmnopqrstuvwxyz0123456789-");
}

static bool
value_valid(const char *value)
{
	json_t *string;

	if (strlen(value) >= REQUEST_VALUE_SIZE)
		return false;
	string = json_string(value); /* NULL: no UTF-8 */
	json_decref(string);
	return string != NULL;
}

int
request_text_add(struct request_text *r, const char *name, const char *value,
	struct error *e)
{
	struct request_param *p;

	if (!made_of(name, 1, REQUEST_NAME_SIZE - 1,
		    "abcdefghijklmnopqrstuvwxyz0123456789._-"))
		return error_set(e, ERROR_BAD,
			"a parameter's name is 1 to %d of a-z 0-9 . _ -",
			REQUEST_NAME_SIZE - 1);
	if (!value_valid(value))
		return error_set(e, ERROR_BAD,
			"the value of parameter %s is no UTF-8 text of up to "
			"%d octets",
			name, REQUEST_VALUE_SIZE - 1);
	for (size_t i = 0; i < r->param_count; i++)
		if (strcmp(r->params[i].name, name) == 0)
			return error_set(e, ERROR_EXISTS,
				"parameter %s is given twice", name);
	if (r->param_count == REQUEST_PARAMS_MAX)
		return error_set(e, ERROR_LIMIT, "more than %d parameters",
			REQUEST_PARAMS_MAX);
	p = &r->params[r->param_count++];
	strcpy(p->name, name);
	strcpy(p->value, value);
	return 0;
}

/* --- writing --- */

static int
check(const struct request_text *r, struct error *e)
{
	if (!request_text_command(r->command))
		return error_set(e, ERROR_BAD,
			"a command is 1 to %d of a-z 0-9 -, a letter first",
			REQUEST_COMMAND_SIZE - 1);
	if (r->claims.center_state != CLAIM_PRESENT ||
		r->claims.serial_state != CLAIM_PRESENT ||
		r->claims.email_id_state != CLAIM_PRESENT)
		return error_set(e, ERROR_BAD,
			"a request names a center, a serial and an Email-ID");
	if (r->expires < r->date)
		return error_set(e, ERROR_BAD,
			"a request cannot expire before it is made");
	return 0;
}

static json_t *
params_object(const struct request_text *r)
{
	json_t *object = json_object();

	for (size_t i = 0; i < r->param_count; i++)
		if (json_object_set_new(object, r->params[i].name,
			    json_string(r->params[i].value))) {
			json_decref(object);
			return NULL;
		}
	return object;
}

int
request_text_write(
	const struct request_text *r, struct buffer *json, struct error *e)
{
	char date[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];
	json_t *object;
	int rc = -1;

	if (check(r, e))
		return -1;
	text_time(r->date, date);
	text_time(r->expires, expires);
	/* "o" takes over, and fails if it is given NULL. */
	object = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:o}",
		"version", 1, "command", r->command, "center", r->claims.center,
		"serial", r->claims.serial, "email_id", r->claims.email_id,
		"date", date, "expires", expires, "params", params_object(r));
	if (object == NULL)
		error_memory(e);
	else
		rc = numbers_write(object, NULL, json, e);
	json_decref(object);
	return rc;
}

int
request_text_entity(
	const struct request_text *r, struct buffer *entity, struct error *e)
{
	if (compose_claims(entity, &r->claims, e) ||
		compose_date(entity, r->date, e) ||
		compose_field(entity, "MIME-Version", "1.0", e) ||
		compose_field(entity, "Content-Type", REQUEST_TYPE, e) ||
		compose_field(entity, "Content-Transfer-Encoding", "8bit", e))
		return -1;
	if (buffer_text(entity, "\r\n") != BUFFER_OK)
		return error_memory(e);
	if (request_text_write(r, entity, e))
		return -1;
	if (buffer_text(entity, "\r\n") != BUFFER_OK)
		return error_memory(e);
	return 0;
}

/* --- reading --- */

static int
bad(struct error *e, const char *member, const char *what)
{
	return error_set(e, ERROR_BAD, "the request's \"%s\" %s", member, what);
}

static int
take_version(const json_t *value, struct request_text *r, struct error *e)
{
	(void)r;
	if (!json_is_integer(value) || json_integer_value(value) != 1)
		return bad(e, "version", "is not 1");
	return 0;
}

static int
take_command(const json_t *value, struct request_text *r, struct error *e)
{
	if (!json_is_string(value) ||
		!request_text_command(json_string_value(value)))
		return bad(e, "command", "is no command");
	strcpy(r->command, json_string_value(value));
	return 0;
}

static int
take_date(const json_t *value, struct request_text *r, struct error *e)
{
	if (!json_is_string(value) ||
		text_time_parse(json_string_value(value), &r->date))
		return bad(e, "date", "is no RFC 3339 date-time with zone");
	return 0;
}

static int
take_expires(const json_t *value, struct request_text *r, struct error *e)
{
	if (!json_is_string(value) ||
		text_time_parse(json_string_value(value), &r->expires))
		return bad(e, "expires", "is no RFC 3339 date-time with zone");
	return 0;
}

static int
take_params(const json_t *value, struct request_text *r, struct error *e)
{
	const char *name;
	json_t *string;

	if (!json_is_object(value))
		return bad(e, "params", "are no object");
	json_object_foreach((json_t *)value, name, string)
	{
		if (!json_is_string(string))
			return bad(
				e, "params", "have a value that is no string");
		if (request_text_add(r, name, json_string_value(string), e))
			return -1;
	}
	return 0;
}

static const struct {
	const char *name;
	bool required;
	int (*take)(
		const json_t *value, struct request_text *r, struct error *e);
} members[] = {
	{ "version", true, take_version },
	{ "command", true, take_command },
	{ "date", true, take_date },
	{ "expires", true, take_expires },
	{ "params", false, take_params },
};

/* All three, and each of its syntax. */
static int
take_claims(const json_t *object, struct request_text *r, struct error *e)
{
	if (object_claims(object, "request", &r->claims, e))
		return -1;
	const struct {
		const char *name, *what;
		enum claim_state state;
	} rows[] = {
		{ "center", "is no center ID", r->claims.center_state },
		{ "serial", "is no serial", r->claims.serial_state },
		{ "email_id", "is no Email-ID", r->claims.email_id_state },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].state != CLAIM_PRESENT)
			return bad(e, rows[i].name,
				rows[i].state == CLAIM_ABSENT ? "is missing"
							      : rows[i].what);
	return 0;
}

static int
take_members(const json_t *object, struct request_text *r, struct error *e)
{
	const json_t *value;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		value = json_object_get(object, members[i].name);
		if (value == NULL && members[i].required)
			return bad(e, members[i].name, "is missing");
		if (value != NULL && members[i].take(value, r, e))
			return -1;
	}
	if (take_claims(object, r, e))
		return -1;
	return check(r, e);
}

static const struct part *
find(const struct entity *entity, struct error *e)
{
	const struct part *found = NULL;

	for (size_t i = 0; i < entity->part_count; i++) {
		if (strcmp(entity->parts[i].type, REQUEST_TYPE) != 0)
			continue;
		if (found != NULL) {
			error_set(e, ERROR_BAD, "two requests in one mail");
			return NULL;
		}
		found = &entity->parts[i];
	}
	if (found == NULL)
		error_set(e, ERROR_NOT_FOUND,
			"no part is a request (" REQUEST_TYPE ")");
	return found;
}

/* The header fields beside it must be there, and say the same. */
static int
check_claims(const struct entity *entity, const struct request_text *r,
	struct error *e)
{
	const struct claims *c = &entity->claims;
	const char *what;

	if (!claims_agree(c, &r->claims, &what))
		return error_set(e, ERROR_BAD,
			"the header beside the request says another %s", what);
	if (c->center_state == CLAIM_ABSENT ||
		c->serial_state == CLAIM_ABSENT ||
		c->email_id_state == CLAIM_ABSENT)
		return error_set(e, ERROR_BAD,
			"one of the three CSRC header fields is missing beside "
			"the request");
	return 0;
}

int
request_text_read(const struct entity *entity, const struct limits *l,
	struct request_text *request_r, struct error *e)
{
	const struct part *part = find(entity, e);
	struct json_t *object = NULL;
	int rc = -1;

	memset(request_r, 0, sizeof(*request_r));
	if (part == NULL)
		return -1;
	if (part->length > (size_t)l->report_size)
		return error_set(e, ERROR_LIMIT,
			"the request is larger than %lld octets "
			"(max_report_size)",
			(long long)l->report_size);
	if (object_read(part->data, part->length, l, &object, e) == 0 &&
		take_members(object, request_r, e) == 0 &&
		check_claims(entity, request_r, e) == 0)
		rc = 0;
	json_decref(object);
	return rc;
}
