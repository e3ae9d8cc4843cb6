/*
 * Lines of a mail are found with memchr and never copied; a limit is checked
 * where its octet is seen first.
 */
#include "parser/walk.h"

#include <string.h>
#include <strings.h>

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

bool
span_is_white(unsigned char c)
{
	return is_blank(c) || c == '\r' || c == '\n';
}

bool
span_starts(struct span s, const char *prefix)
{
	size_t length = strlen(prefix);

	return s.length >= length &&
		strncasecmp((const char *)s.at, prefix, length) == 0;
}

bool
span_equal(struct span s, const char *text)
{
	return s.length == strlen(text) && span_starts(s, text);
}

struct span
span_trim(struct span s)
{
	while (s.length > 0 && span_is_white(s.at[0])) {
		s.at++;
		s.length--;
	}
	while (s.length > 0 && span_is_white(s.at[s.length - 1]))
		s.length--;
	return s;
}

/* Takes the next line; line_r excludes its LF or CRLF. False at the end. */
bool
walk_line(struct walk *w, struct span *line_r)
{
	const unsigned char *lf;

	if (w->at == w->end)
		return false;
	lf = memchr(w->at, '\n', (size_t)(w->end - w->at));
	line_r->at = w->at;
	line_r->length = (size_t)((lf == NULL ? w->end : lf) - w->at);
	w->at = lf == NULL ? w->end : lf + 1;
	if (lf != NULL && line_r->length > 0 && lf[-1] == '\r')
		line_r->length--;
	return true;
}

int
walk_check_line(const struct walk *w, struct span line)
{
	if (line.length <= (size_t)w->l->line_length)
		return 0;
	return error_set(w->e, ERROR_LIMIT,
		"a line is longer than %lld octets (max_line_length)",
		(long long)w->l->line_length);
}

/*
 * A line of a header, whichever entity's, that walk_line has just taken: counts
 * it against header_size and header_fields, refuses NUL and bare CR.
 */
static int
check_header(struct walk *w, struct span line)
{
	if (walk_check_line(w, line))
		return -1;
	if (memchr(line.at, '\0', line.length) != NULL)
		return error_set(w->e, ERROR_BAD, "NUL octet in a header");
	if (memchr(line.at, '\r', line.length) != NULL)
		return error_set(w->e, ERROR_BAD, "bare CR in a header");
	w->header_octets += (size_t)(w->at - line.at);
	if (w->header_octets > (size_t)w->l->header_size)
		return error_set(w->e, ERROR_LIMIT,
			"a header is larger than %lld octets "
			"(max_header_size)",
			(long long)w->l->header_size);
	if (!is_blank(line.at[0]))
		w->header_fields++;
	if (w->header_fields > (size_t)w->l->header_fields)
		return error_set(w->e, ERROR_LIMIT,
			"a header has more than %lld fields "
			"(max_header_fields)",
			(long long)w->l->header_fields);
	return 0;
}

/* The name of the field that the line begins; length 0: it begins none. */
static struct span
field_name(struct span line)
{
	const unsigned char *colon = memchr(line.at, ':', line.length);
	struct span name = { line.at, 0 };

	if (colon != NULL)
		name.length = (size_t)(colon - line.at);
	while (name.length > 0 && is_blank(name.at[name.length - 1]))
		name.length--;
	for (size_t i = 0; i < name.length; i++)
		if (name.at[i] <= ' ' || name.at[i] >= 0x7f)
			name.length = 0;
	return name;
}

enum walk_field
walk_field(struct walk *w, struct span *name_r, struct span *value_r)
{
	struct span line;

	if (!walk_line(w, &line) || line.length == 0)
		return FIELD_END;
	*name_r = field_name(line);
	if (name_r->length == 0) {
		w->at = line.at;
		return FIELD_NONE;
	}
	if (check_header(w, line))
		return FIELD_REFUSED;
	value_r->at =
		(const unsigned char *)memchr(line.at, ':', line.length) + 1;
	while (w->at < w->end && is_blank(w->at[0])) {
		walk_line(w, &line);
		if (check_header(w, line))
			return FIELD_REFUSED;
	}
	value_r->length = (size_t)(w->at - value_r->at);
	return FIELD_TAKEN;
}
