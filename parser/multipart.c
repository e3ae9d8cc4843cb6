/*
 * How many parts will the MIME library make of this? Answered without MIME:
 * each value of a boundary parameter anywhere could be one, and each line that
 * begins with "--" and such a value could be a delimiter. That counts too many
 * rather than too few. A boundary written so that the library might read it in
 * another way is refused.
 */
#include "parser/multipart.h"

#include <string.h>
#include <strings.h>

enum {
	BOUNDARY_MAX = 70,   /* RFC 2046, 5.1.1 */
	BOUNDARIES_MAX = 256 /* kept, whatever limits.parts says */
};

struct boundaries {
	size_t count;
	struct span rows[BOUNDARIES_MAX];
};

static int
odd_boundary(struct error *e)
{
	return error_set(e, ERROR_BAD, "a boundary parameter is malformed");
}

static int
too_many(const struct walk *w)
{
	return error_set(w->e, ERROR_LIMIT, "more than %lld parts (max_parts)",
		(long long)w->l->parts);
}

static const unsigned char *
skip_white(const unsigned char *at, const unsigned char *end)
{
	while (at < end && span_is_white(*at))
		at++;
	return at;
}

/* Is c part of a boundary? Without quotes it ends at the first special. */
static bool
is_boundary(unsigned char c, bool quoted)
{
	if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\')
		return false;
	return quoted || strchr("()<>@,;:/[]?=", c) == NULL;
}

/*
 * at is behind the word "boundary". 1: a parameter, its value in value_r; 0:
 * only a word; -1: a parameter in a form (RFC 2231 pieces, quoted pairs,
 * comments, encoded words) that the library might read in another way.
 */
static int
read_boundary(const unsigned char *at, const unsigned char *end,
	struct span *value_r, struct error *e)
{
	bool quoted;

	at = skip_white(at, end);
	if (at == end || strchr("=*(", *at) == NULL || *at == '\0')
		return 0;
	if (*at++ != '=')
		return odd_boundary(e);
	at = skip_white(at, end);
	quoted = at < end && *at == '"';
	at += quoted;
	value_r->at = at;
	while (at < end && is_boundary(*at, quoted))
		at++;
	value_r->length = (size_t)(at - value_r->at);
	if (value_r->length == 0 || value_r->length > BOUNDARY_MAX ||
		(quoted && (at == end || *at != '"')) ||
		memmem(value_r->at, value_r->length, "=?", 2) != NULL)
		return odd_boundary(e);
	return 1;
}

/* Collects every value that any multipart in here could have as boundary. */
static int
find_boundaries(const struct walk *w, struct span entity, struct boundaries *b)
{
	static const char word[] = "boundary";
	const size_t length = sizeof(word) - 1;
	const unsigned char *at = entity.at;
	const unsigned char *end = entity.at + entity.length;
	struct span value;
	int got;

	for (; (size_t)(end - at) >= length; at++) {
		if ((*at | 0x20) != 'b' ||
			strncasecmp((const char *)at, word, length) != 0)
			continue;
		got = read_boundary(at + length, end, &value, w->e);
		if (got == -1)
			return -1;
		if (got == 0)
			continue;
		if (b->count == BOUNDARIES_MAX ||
			b->count == (size_t)w->l->parts)
			return too_many(w);
		b->rows[b->count++] = value;
	}
	return 0;
}

/* Could the library take this line for a delimiter? */
static bool
is_delimiter(const struct boundaries *b, struct span line)
{
	size_t i;

	if (line.length < 3 || line.at[0] != '-' || line.at[1] != '-')
		return false;
	for (i = 0; i < b->count; i++)
		if (line.length - 2 >= b->rows[i].length &&
			memcmp(line.at + 2, b->rows[i].at, b->rows[i].length) ==
				0)
			return true;
	return false;
}

/*
 * Walks a body that may have parts. Each part has one delimiter before it, each
 * multipart one behind it, so more than two a part are too many. What
 * follows a delimiter up to an empty line is a header and bounded like one.
 */
static int
check_parts(struct walk *w, const struct boundaries *b)
{
	size_t delimiters = 0;
	bool in_header = false;
	struct span line;

	while (walk_line(w, &line)) {
		if (walk_check_line(w, line))
			return -1;
		if (is_delimiter(b, line)) {
			if (++delimiters > 2 * (size_t)w->l->parts)
				return too_many(w);
			w->header_octets = w->header_fields = 0;
			in_header = true;
		} else if (line.length == 0) {
			in_header = false;
		} else if (in_header && walk_check_header(w, line)) {
			return -1;
		}
	}
	return 0;
}

int
multipart_check(struct walk *w, struct span entity)
{
	struct boundaries b = { 0 };

	if (find_boundaries(w, entity, &b))
		return -1;
	return check_parts(w, &b);
}
