/*
 * A line is one JSON object of known members; others are ignored. Which are
 * there, and of which kind, is looked at here and nowhere else.
 */
#include "agent/verdicts.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "parser/limits.h"
#include "parser/object.h"
#include "parser/principal.h"

/* What a report's place has while the answer is read. */
enum {
	FATE_UNKNOWN,
	FATE_TAKEN,
	FATE_KEPT,
	FATE_REFUSED,
	/* with one of these: perhaps it was one report more than are looked at
	 * at once */
	FATE_TOO_LARGE = 8
};

static int
read_object(
	const void *octets, size_t length, json_t **object_r, struct error *e)
{
	if (length > VERDICTS_LINE_MAX)
		return error_set(e, ERROR_BAD, "a line of %zu octets", length);
	if (object_read(octets, length, &limits_default, object_r, e) == 0)
		return 0;
	if (e->code == ERROR_LIMIT)
		e->code = ERROR_BAD;
	return -1;
}

/* A string that fits; without it out is "". */
static bool
take_text(const json_t *object, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	out[0] = '\0';
	return text != NULL && text_copy(out, size, text);
}

/* A word of ours, printable wherever it goes. */
static bool
take_word(const json_t *object, const char *name, char out[VERDICT_WORD_SIZE])
{
	if (take_text(object, name, out, VERDICT_WORD_SIZE) &&
		out[strspn(out, "abcdefghijklmnopqrstuvwxyz-")] == '\0' &&
		out[0] != '\0')
		return true;
	out[0] = '\0';
	return false;
}

static bool
take_number(const json_t *object, const char *name, int64_t *number_r)
{
	const json_t *value = json_object_get(object, name);

	*number_r = json_integer_value(value);
	return json_is_integer(value) && *number_r >= 0;
}

static bool
take_time(const json_t *object, const char *name, time_t *time_r)
{
	char text[TEXT_TIME_SIZE + 16];

	return take_text(object, name, text, sizeof(text)) &&
		text_time_parse(text, time_r) == 0;
}

/* The next line that is not empty: 1; 0: no more. */
static int
next_line(
	const char **at, const char *end, const char **line_r, size_t *length_r)
{
	const char *newline;

	while (*at < end) {
		newline = memchr(*at, '\n', (size_t)(end - *at));
		*line_r = *at;
		*length_r = (size_t)((newline != NULL ? newline : end) - *at);
		*at = newline != NULL ? newline + 1 : end;
		if (*length_r > 0 && (*line_r)[*length_r - 1] == '\r')
			--*length_r;
		if (*length_r > 0)
			return 1;
	}
	return 0;
}

/* --- who it takes us for --- */

static bool
take_greeting(const json_t *object, struct greeting *g)
{
	char agent[64], center[64], spelled[PRINCIPAL_SIZE];

	memset(g, 0, sizeof(*g));
	if (!take_number(object, "octets", &g->octets))
		g->octets = 0;
	return take_text(object, "agent", agent, sizeof(agent)) &&
		principal_spell(PRINCIPAL_AGENT, agent, spelled) &&
		text_copy(g->agent, sizeof(g->agent),
			principal_name(spelled, PRINCIPAL_AGENT)) &&
		take_text(object, "center", center, sizeof(center)) &&
		claims_center(center, strlen(center), g->center) &&
		take_time(object, "time", &g->time) &&
		take_number(object, "printers", &g->printers) &&
		take_number(object, "requests", &g->requests);
}

int
greeting_read(const void *octets, size_t length, struct greeting *greeting_r,
	struct error *e)
{
	json_t *object;
	bool whole;

	memset(greeting_r, 0, sizeof(*greeting_r));
	if (read_object(octets, length, &object, e) == -1)
		return -1;
	whole = take_greeting(object, greeting_r);
	json_decref(object);
	return whole ? 0
		     : error_set(e, ERROR_BAD,
			       "it does not say for whom it takes us");
}

/* --- what became of reports --- */

static bool
is_taken(const char *verdict)
{
	return strcmp(verdict, "genuine") == 0 ||
		strcmp(verdict, "duplicate") == 0;
}

static bool
is_too_large(const char *reason)
{
	return strcmp(reason, "too-large") == 0;
}

static void
note_first(struct verdicts *v, const json_t *object, size_t number,
	const struct refusal *r)
{
	char serial[64];

	if (v->first.report != 0 && v->first.report < number)
		return;
	v->first = *r;
	v->first.report = number;
	if (take_text(object, "serial", serial, sizeof(serial)))
		(void)claims_serial(serial, strlen(serial), v->first.serial);
}

static int
take_report(
	struct verdicts *v, const json_t *object, size_t count, struct error *e)
{
	const bool kept = json_is_true(json_object_get(object, "kept"));
	struct refusal r = { 0 };
	unsigned char *fate;
	int64_t number;

	if (!take_number(object, "report", &number) || number < 1 ||
		(uint64_t)number > count ||
		!take_word(object, "verdict", r.verdict))
		return error_set(e, ERROR_BAD, "a report's line is none");
	fate = &v->reports[number - 1];
	if (*fate != FATE_UNKNOWN)
		return error_set(e, ERROR_BAD, "report %lld has two verdicts",
			(long long)number);
	(void)take_word(object, "reason", r.reason);
	*fate = is_taken(r.verdict) ? FATE_TAKEN
		: kept              ? FATE_KEPT
				    : FATE_REFUSED;
	if (!is_taken(r.verdict) && is_too_large(r.reason))
		*fate |= FATE_TOO_LARGE;
	v->genuine += strcmp(r.verdict, "genuine") == 0;
	v->duplicate += strcmp(r.verdict, "duplicate") == 0;
	if (!is_taken(r.verdict))
		note_first(v, object, (size_t)number, &r);
	return 0;
}

static int
take_message(struct verdicts *v, const json_t *object, struct error *e)
{
	const json_t *message = json_object_get(object, "message");

	if (!take_word(message, "verdict", v->verdict))
		return error_set(
			e, ERROR_BAD, "the line of the message is none");
	(void)take_word(message, "reason", v->reason);
	/* without one that can be checked nothing is forgotten */
	(void)take_text(object, "receipt", v->receipt, sizeof(v->receipt));
	return 0;
}

static int
take_verdict(struct verdicts *v, const char *line, size_t length, size_t count,
	struct error *e)
{
	json_t *object;
	int rc;

	if (v->verdict[0] != '\0')
		return error_set(e, ERROR_BAD,
			"there is something behind the last line");
	if (read_object(line, length, &object, e) == -1)
		return -1;
	rc = json_object_get(object, "message") != NULL
		? take_message(v, object, e)
		: take_report(v, object, count, e);
	json_decref(object);
	return rc;
}

/* What was said of the message is said of each, if nothing is of any; but of
 * one of many that was too large nothing is said of them. */
static void
say_of_each(struct verdicts *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (v->reports[i] != FATE_UNKNOWN)
			return;
	v->too_large =
		count > 1 && !is_taken(v->verdict) && is_too_large(v->reason);
	if (!v->too_large)
		memset(v->reports,
			is_taken(v->verdict) ? FATE_TAKEN : FATE_REFUSED,
			count);
}

/* How many were looked at. The last may be the one where it left off: sent
 * again as the first, it is too large by itself or it is not. */
static size_t
count_answered(const struct verdicts *v, size_t count)
{
	size_t i = 0;

	while (i < count && v->reports[i] != FATE_UNKNOWN)
		i++;
	return i > 1 && (v->reports[i - 1] & FATE_TOO_LARGE) != 0 ? i - 1 : i;
}

static void
conclude(struct verdicts *v, size_t count)
{
	unsigned char fate;

	say_of_each(v, count);
	v->answered = count_answered(v, count);
	if (v->answered > 0 && (v->reports[0] & FATE_TOO_LARGE) != 0)
		v->too_large = true;
	for (size_t i = 0; i < v->answered; i++) {
		fate = v->reports[i] & ~FATE_TOO_LARGE;
		v->kept += fate == FATE_KEPT;
		v->refused += fate == FATE_REFUSED;
		v->reports[i] = fate == FATE_REFUSED;
	}
	if (v->first.report > v->answered)
		memset(&v->first, 0, sizeof(v->first));
}

int
verdicts_read(const void *octets, size_t length, size_t count,
	struct verdicts *verdicts_r, struct error *e)
{
	const char *at = octets, *end = at + length, *line;
	size_t line_length;

	memset(verdicts_r, 0, sizeof(*verdicts_r));
	if (count > BACKLOG_LINES_MAX)
		return error_set(e, ERROR_BAD, "more reports than may be");
	while (next_line(&at, end, &line, &line_length) == 1)
		if (take_verdict(verdicts_r, line, line_length, count, e) == -1)
			return -1;
	if (verdicts_r->verdict[0] == '\0')
		return error_set(e, ERROR_BAD, "the last line is missing");
	conclude(verdicts_r, count);
	return 0;
}

/* --- requests --- */

static bool
take_request(const json_t *object, struct waiting_request *r)
{
	char email_id[128], serial[64];

	memset(r, 0, sizeof(*r));
	return take_text(object, "email_id", email_id, sizeof(email_id)) &&
		claims_email_id(email_id, strlen(email_id), r->email_id) &&
		take_text(object, "serial", serial, sizeof(serial)) &&
		claims_serial(serial, strlen(serial), r->serial) &&
		take_number(object, "octets", &r->octets) &&
		take_time(object, "expires", &r->expires);
}

int
requests_read(const void *octets, size_t length,
	int (*each)(const struct waiting_request *request, void *arg),
	void *arg, struct error *e)
{
	const char *at = octets, *end = at + length, *line;
	struct waiting_request request;
	size_t line_length, count = 0;
	json_t *object;
	bool whole;
	int rc = 0;

	while (rc == 0 && next_line(&at, end, &line, &line_length) == 1) {
		if (++count > REQUESTS_WAITING_MAX)
			return error_set(e, ERROR_BAD, "too many requests");
		if (read_object(line, line_length, &object, e) == -1)
			return -1;
		whole = take_request(object, &request);
		json_decref(object);
		if (!whole)
			return error_set(
				e, ERROR_BAD, "line %zu is no request", count);
		rc = each(&request, arg);
	}
	return rc;
}
