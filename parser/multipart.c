/*
 * A delimiter is a line that is "--", the boundary of a multipart that is still
 * open, "--" for its end, and white space, no more: so a boundary may begin
 * like another. The innermost is looked at first. Recursion is as deep as
 * limits.depth.
 */
#include "parser/multipart.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

/* An open multipart, inside others. */
struct level {
	const struct level *outer;
	struct boundary boundary; /* length 0: none, so nothing ends it */
	bool digest;
	int64_t depth;
};

/* One walk through a body. */
struct reading {
	struct walk *w;
	struct leaves *leaves;
	size_t entities, mails;
	/* Whose delimiter was the last line, NULL: the end was reached. */
	const struct level *met;
	bool met_end; /* it was the one behind the last part */
};

static bool
is_delimiter(struct span line, const struct boundary *b, bool *end_r)
{
	if (b->length == 0 || line.length < b->length + 2 ||
		memcmp(line.at + 2, b->text, b->length) != 0)
		return false;
	line.at += b->length + 2;
	line.length -= b->length + 2;
	*end_r = span_starts(line, "--");
	if (*end_r) {
		line.at += 2;
		line.length -= 2;
	}
	return span_trim(line).length == 0;
}

/* Is the line a delimiter? Then it is noted in r. */
static bool
meet(struct reading *r, const struct level *level, struct span line)
{
	if (!span_starts(line, "--"))
		return false;
	for (; level != NULL; level = level->outer)
		if (is_delimiter(line, &level->boundary, &r->met_end)) {
			r->met = level;
			return true;
		}
	return false;
}

/* Everything from start up to line, whose line end is the delimiter's. */
static struct span
before(const unsigned char *start, struct span line)
{
	struct span body = { start, (size_t)(line.at - start) };

	if (body.length > 0 && body.at[body.length - 1] == '\n')
		body.length--;
	if (body.length > 0 && body.length < (size_t)(line.at - start) &&
		body.at[body.length - 1] == '\r')
		body.length--;
	return body;
}

/* Takes the lines up to the next delimiter, or to the end. */
static int
read_lines(struct reading *r, const struct level *level, struct span *body_r)
{
	struct walk *w = r->w;
	struct span line;

	body_r->at = w->at;
	r->met = NULL;
	while (walk_line(w, &line)) {
		if (walk_check_line(w, line))
			return -1;
		if (meet(r, level, line)) {
			*body_r = before(body_r->at, line);
			return 0;
		}
	}
	body_r->length = (size_t)(w->end - body_r->at);
	return 0;
}

/* The row is counted at once: so what it has so far will be freed. */
static struct leaf *
add_leaf(struct leaves *leaves)
{
	struct leaf *rows = leaves->rows;
	size_t n = leaves->count;

	if ((n & (n - 1)) == 0) /* full: room for twice as many */
		rows = reallocarray(rows, n == 0 ? 1 : 2 * n, sizeof(*rows));
	if (rows == NULL)
		return NULL;
	leaves->rows = rows;
	leaves->count++;
	memset(&rows[n], 0, sizeof(rows[n]));
	return &rows[n];
}

/* RFC 2045, 5.2 and RFC 2046, 5.1.5: of a part whose header names none. But a
 * file that only lost its type is no text. */
static const char *
implied_type(const struct level *level, const struct leaf *leaf)
{
	if (level != NULL && level->digest)
		return "message/rfc822";
	return leaf->p7m ? "application/octet-stream" : "text/plain";
}

static int
count_entity(struct reading *r)
{
	const struct walk *w = r->w;

	if (++r->entities <= (size_t)w->l->parts)
		return 0;
	return error_set(w->e, ERROR_LIMIT, "more than %lld parts (max_parts)",
		(long long)w->l->parts);
}

/* A mail in the mail is no part like the others: a bundle has many. */
static int
count_leaf(struct reading *r, const struct leaf *leaf)
{
	const struct walk *w = r->w;

	if (!type_is_mail(leaf->type))
		return count_entity(r);
	if (++r->mails <= (size_t)w->l->pieces)
		return 0;
	return error_set(w->e, ERROR_LIMIT,
		"more than %lld mails in the mail (max_pieces)",
		(long long)w->l->pieces);
}

static int
keep_leaf(struct reading *r, const struct level *level,
	const struct content *content, struct span body)
{
	struct leaf *leaf = add_leaf(r->leaves);
	struct error *e = r->w->e;

	if (leaf == NULL)
		return error_memory(e);
	leaf->body = body;
	leaf->encoding = content_encoding(content);
	if (content_names_p7m(content, &leaf->p7m, e) ||
		content_type(
			content, implied_type(level, leaf), &leaf->type, e) ||
		content_charset(content, &leaf->charset, e) ||
		content_name(content, &leaf->name, e))
		return -1;
	return count_leaf(r, leaf);
}

static int
read_leaf(struct reading *r, const struct level *level,
	const struct content *content)
{
	struct walk *w = r->w;
	struct span body;

	if (level != NULL || content_has_lines(content)) {
		if (read_lines(r, level, &body))
			return -1;
	} else {
		body.at = w->at;
		body.length = (size_t)(w->end - w->at);
		w->at = w->end;
	}
	return keep_leaf(r, level, content, body);
}

/* Takes the next line if it is a delimiter. */
static bool
take_delimiter(struct reading *r, const struct level *level)
{
	const unsigned char *here = r->w->at;
	struct span line;

	if (walk_line(r->w, &line) && meet(r, level, line))
		return true;
	r->w->at = here;
	return false;
}

/*
 * Reads a part's header. *cut_r: a delimiter ended it, so there is no body. A
 * line that is no field ends it too: better the beginning of the text than
 * nothing of it.
 */
static int
read_header(struct reading *r, const struct level *level,
	struct content *content, bool *cut_r)
{
	struct walk *w = r->w;
	struct span name, value;
	enum walk_field got;

	w->header_octets = w->header_fields = 0;
	while (!(*cut_r = take_delimiter(r, level))) {
		got = walk_field(w, &name, &value);
		if (got == FIELD_REFUSED ||
			(got == FIELD_TAKEN &&
				content_take(content, name, value, w->e)))
			return -1;
		if (got != FIELD_TAKEN)
			break;
	}
	return 0;
}

static int read_parts(struct reading *r, const struct level *outer,
	const struct content *content, bool cut);

static int
read_part(struct reading *r, const struct level *level)
{
	struct content content = { 0 };
	struct span none = { r->w->at, 0 };
	bool cut;

	if (read_header(r, level, &content, &cut))
		return -1;
	if (content_is_multipart(&content))
		return read_parts(r, level, &content, cut);
	if (cut)
		return keep_leaf(r, level, &content, none);
	return read_leaf(r, level, &content);
}

/* cut: there is nothing behind the header. */
static int
read_parts(struct reading *r, const struct level *outer,
	const struct content *content, bool cut)
{
	struct walk *w = r->w;
	struct level level = { .outer = outer,
		.digest = content_is_digest(content),
		.depth = outer == NULL ? 1 : outer->depth + 1 };
	struct span ignored;

	if (level.depth > w->l->depth)
		return error_set(w->e, ERROR_LIMIT,
			"multiparts nested deeper than %lld (max_depth)",
			(long long)w->l->depth);
	if (count_entity(r))
		return -1;
	if (content_boundary(content, &level.boundary, w->e))
		return -1;
	if (cut)
		return 0;
	if (read_lines(r, &level, &ignored))
		return -1;
	while (r->met == &level && !r->met_end && w->at < w->end)
		if (read_part(r, &level))
			return -1;
	return r->met == &level ? read_lines(r, outer, &ignored) : 0;
}

bool
type_is_mail(const char *type)
{
	return strcmp(type, "message/rfc822") == 0 ||
		strcmp(type, "message/global") == 0;
}

int
multipart_read(
	struct walk *w, const struct content *content, struct leaves *leaves_r)
{
	struct reading r = { .w = w, .leaves = leaves_r };

	if (content_is_multipart(content))
		return read_parts(&r, NULL, content, false);
	return read_leaf(&r, NULL, content);
}

void
leaves_clear(struct leaves *leaves)
{
	for (size_t i = 0; i < leaves->count; i++) {
		wipe_free(leaves->rows[i].type);
		wipe_free(leaves->rows[i].charset);
		wipe_free(leaves->rows[i].name);
	}
	wipe_free(leaves->rows);
	memset(leaves, 0, sizeof(*leaves));
}
