/*
 * What was done, as a file of one JSON object, and for people.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/turn.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "parser/limits.h"
#include "parser/object.h"

enum { STATUS_MAX = 64 << 10 };

static json_t *
contact_json(const struct site *s, const struct turn *t)
{
	const struct contact *c = &s->contact;

	return json_pack("{s:s, s:s, s:I, s:I, s:i, s:I, s:I, s:I, s:I, s:I}",
		"state", contact_state_name(t->contact), "why", t->contact_why,
		"tried", (json_int_t)t->contacted, "confirmed",
		(json_int_t)t->confirmed, "failures", (int)t->failures,
		"bundles", (json_int_t)c->bundles, "genuine",
		(json_int_t)c->genuine, "duplicate", (json_int_t)c->duplicate,
		"kept", (json_int_t)c->kept, "refused", (json_int_t)c->refused);
}

static json_t *
queue_json(const struct site *s, const struct turn *t)
{
	struct backlog_count q;

	backlog_count(s->backlog, &q);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "octets",
		(json_int_t)q.octets, "limit", (json_int_t)q.limit, "files",
		(json_int_t)q.files, "undated", (json_int_t)q.undated,
		"refused_files", (json_int_t)q.refused_files, "bad_files",
		(json_int_t)q.bad_files, "lost", (json_int_t)t->lost);
}

static json_t *
round_json(const struct turn *t)
{
	const struct round *r = &t->round;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"discovered", (json_int_t)t->discovered, "polled",
		(json_int_t)t->polled, "asked", (json_int_t)r->asked,
		"answered", (json_int_t)r->answered, "reports",
		(json_int_t)r->reports, "milliseconds",
		(json_int_t)r->milliseconds, "octets_sent",
		(json_int_t)r->traffic.sent_octets, "octets_received",
		(json_int_t)r->traffic.received_octets);
}

static json_t *
to_json(const struct site *s, const struct turn *t)
{
	const struct dca_configuration *c = s->configuration;

	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:{s:s,"
			 " s:I}}",
		"version", PACKAGE_VERSION, "agent", c->id, "center", c->center,
		"url", c->url, "printers", (json_int_t)s->park.count,
		"requests_answered", (json_int_t)t->answered, "contact",
		contact_json(s, t), "queue", queue_json(s, t), "round",
		round_json(t), "clock", "source", dating_name(s->dating.source),
		"difference", (json_int_t)s->dating.difference);
}

int
turn_save(struct site *s, const struct turn *t, struct error *e)
{
	json_t *object = to_json(s, t);
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
	struct buffer line = { 0 };
	char path[SITE_PATH_SIZE];
	int rc = -1;

	if (text == NULL || buffer_format(&line, "%s\n", text) != BUFFER_OK)
		error_memory(e);
	else if (site_path(s, "status.json", path, e) == 0)
		rc = file_write(path, 0640, &line, e);
	buffer_clear(&line);
	free(text);
	json_decref(object);
	return rc;
}

/* --- for people --- */

/* PATH as "contact.state". */
static const json_t *
member(const json_t *object, const char *path)
{
	const char *point = strchr(path, '.');
	char name[32];

	if (point == NULL)
		return json_object_get(object, path);
	text_format(name, sizeof(name), "%.*s", (int)(point - path), path);
	return json_object_get(json_object_get(object, name), point + 1);
}

static void
print_text(FILE *out, const char *label, const json_t *object, const char *path)
{
	const char *text = json_string_value(member(object, path));
	char shown[TURN_TEXT_SIZE * 4];

	if (text == NULL || text[0] == '\0')
		return;
	text_printable(text, strlen(text), shown, sizeof(shown));
	fprintf(out, "%-18s %s\n", label, shown);
}

static void
print_time(FILE *out, const char *label, const json_t *object, const char *path)
{
	json_int_t when = json_integer_value(member(object, path));
	char text[TEXT_TIME_SIZE];

	text_time((time_t)when, text);
	fprintf(out, "%-18s %s\n", label, when == 0 ? "never" : text);
}

static void
print_numbers(FILE *out, const char *label, const json_t *object,
	const char *const *rows)
{
	fprintf(out, "%-18s", label);
	for (; *rows != NULL; rows += 2)
		fprintf(out, " %" JSON_INTEGER_FORMAT " %s",
			json_integer_value(member(object, rows[0])), rows[1]);
	fprintf(out, "\n");
}

static void
print_all(FILE *out, const json_t *o)
{
	static const char *const sent[] = { "contact.genuine", "genuine,",
		"contact.duplicate", "duplicate,", "contact.kept", "kept,",
		"contact.refused", "refused", NULL };
	static const char *const queue[] = { "queue.octets", "octets of",
		"queue.limit", "in", "queue.files", "files,", "queue.undated",
		"undated;", "queue.refused_files", "files put aside;",
		"queue.bad_files", "files unreadable;", "queue.lost",
		"reports had no room", NULL };
	static const char *const round[] = { "round.answered", "of",
		"round.asked", "printers answered,", "round.reports",
		"reports,", "round.milliseconds", "ms", NULL };

	print_text(out, "agent", o, "agent");
	print_text(out, "center", o, "center");
	print_text(out, "url", o, "url");
	print_text(out, "contact", o, "contact.state");
	print_text(out, "because", o, "contact.why");
	print_time(out, "tried", o, "contact.tried");
	print_time(out, "confirmed", o, "contact.confirmed");
	print_numbers(out, "sent", o, sent);
	print_numbers(out, "queue", o, queue);
	print_time(out, "discovered", o, "round.discovered");
	print_time(out, "polled", o, "round.polled");
	print_numbers(out, "last round", o, round);
	print_text(out, "clock", o, "clock.source");
}

/* The center was reached, nothing was lost, and nothing cannot be read. */
static bool
is_well(const json_t *o)
{
	const char *state = json_string_value(member(o, "contact.state"));

	return state != NULL &&
		strcmp(state, contact_state_name(CONTACT_CONFIRMED)) == 0 &&
		json_integer_value(member(o, "queue.lost")) == 0 &&
		json_integer_value(member(o, "queue.bad_files")) == 0;
}

int
turn_print(const struct site *s, bool json, FILE *out, bool *well_r,
	struct error *e)
{
	struct buffer text = { .limit = STATUS_MAX };
	char path[SITE_PATH_SIZE];
	json_t *object = NULL;
	int rc = -1;

	if (site_path(s, "status.json", path, e) == -1)
		return -1;
	if (access(path, F_OK) == -1)
		return errno == ENOENT
			? error_set(e, ERROR_NOT_FOUND,
				  "csrc-dca has not worked in %s yet",
				  s->configuration->state_directory)
			: error_errno(e, "%s", path);
	if (file_read(path, &text, e) == 0 &&
		object_read(text.data, text.length, &limits_default, &object,
			e) == 0)
		rc = 0;
	if (rc == 0 && json)
		fprintf(out, "%.*s", (int)text.length, (char *)text.data);
	else if (rc == 0)
		print_all(out, object);
	*well_r = rc == 0 && is_well(object);
	json_decref(object);
	buffer_clear(&text);
	return rc;
}
