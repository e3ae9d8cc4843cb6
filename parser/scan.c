/*
 * The MIME library has no limits: a million empty parts or header fields cost
 * it a gigabyte, and nested address groups its stack. So the octets are
 * walked once here, line by line, before it sees them, and it is handed only
 * the fields of MIME itself. Where this walk and the library could disagree
 * about what a delimiter is, the mail is refused rather than interpreted.
 */
#include "parser/scan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "parser/multipart.h"
#include "parser/walk.h"

/*
 * Reads one field with its folded lines. 1: got one; 0: the header is over,
 * with or without an empty line; -1: refused.
 */
static int
next_field(struct walk *w, struct span *name_r, struct span *value_r)
{
	const unsigned char *colon;
	struct span line;
	size_t i;

	if (!walk_line(w, &line) || line.length == 0)
		return 0;
	if (walk_check_header(w, line))
		return -1;
	colon = memchr(line.at, ':', line.length);
	name_r->at = line.at;
	name_r->length = colon == NULL ? 0 : (size_t)(colon - line.at);
	while (name_r->length > 0 &&
		span_is_blank(name_r->at[name_r->length - 1]))
		name_r->length--;
	for (i = 0; i < name_r->length; i++)
		if (name_r->at[i] <= ' ' || name_r->at[i] >= 0x7f)
			break;
	if (name_r->length == 0 || i < name_r->length)
		return error_set(w->e, ERROR_BAD,
			"a header line is no field of RFC 5322");
	while (w->at < w->end && span_is_blank(w->at[0])) {
		walk_line(w, &line);
		if (walk_check_header(w, line))
			return -1;
	}
	value_r->at = colon + 1;
	value_r->length = (size_t)(w->at - value_r->at);
	return 1;
}

/* The unfolded text of a value, for the caller to free. */
static char *
unfold(struct span value)
{
	char *text, *out;
	size_t i;

	value = span_trim(value);
	text = out = malloc(value.length + 1);
	for (i = 0; text != NULL && i < value.length; i++)
		if (value.at[i] != '\r' && value.at[i] != '\n')
			*out++ = (char)value.at[i];
	if (text != NULL)
		*out = '\0';
	return text;
}

typedef void take_fn(struct claims *c, const char *text, size_t length);

static int
take_claim(struct scan *s, take_fn *take, struct span value, struct error *e)
{
	char *text = unfold(value);

	if (text == NULL)
		return error_memory(e);
	take(&s->claims, text, strlen(text));
	free(text);
	return 0;
}

static int
take_center(struct scan *s, struct span value, struct error *e)
{
	return take_claim(s, claims_take_center, value, e);
}

static int
take_serial(struct scan *s, struct span value, struct error *e)
{
	return take_claim(s, claims_take_serial, value, e);
}

static int
take_email_id(struct scan *s, struct span value, struct error *e)
{
	return take_claim(s, claims_take_email_id, value, e);
}

static int
take_date(struct scan *s, struct span value, struct error *e)
{
	if (s->date != NULL)
		return 0;
	s->date = unfold(value);
	return s->date == NULL ? error_memory(e) : 0;
}

enum { MINTED_LENGTH = 26 }; /* of an Email-ID, see gate/issue.h */

/* A request's Message-ID is <EMAIL-ID@domain>; an answer quotes it. */
static int
take_reply(struct scan *s, struct span value, struct error *e)
{
	const unsigned char *at;

	(void)e;
	value = span_trim(value);
	if (s->reply_id[0] != '\0' || value.length == 0 || value.at[0] != '<')
		return 0;
	at = memchr(value.at, '@', value.length);
	/* As long as ours are: others' Message-IDs are no claims. */
	if (at != NULL && at - value.at - 1 == MINTED_LENGTH)
		claims_email_id((const char *)value.at + 1,
			(size_t)(at - value.at) - 1, s->reply_id);
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct scan *s, struct span value, struct error *e);
} fields[] = {
	{ "CSRC-Center-ID", take_center },
	{ "CSRC-Device-Serial", take_serial },
	{ "CSRC-Email-ID", take_email_id },
	{ "Date", take_date },
	{ "In-Reply-To", take_reply },
};

static int
take_field(struct scan *s, struct span name, struct span value, struct error *e)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_equal(name, fields[i].name))
			return fields[i].take(s, value, e);
	return 0;
}

static int
keep(struct scan *s, struct span octets, struct error *e)
{
	if (buffer_append(&s->mime, octets.at, octets.length) != BUFFER_OK)
		return error_memory(e);
	return 0;
}

static int
keep_text(struct scan *s, const char *text, struct error *e)
{
	struct span octets = { (const unsigned char *)text, strlen(text) };

	return keep(s, octets, e);
}

/* What the entity's own header says about the body, as far as it matters. */
struct shape {
	struct span type, encoding; /* Content-Type, -Transfer-Encoding */
};

static int
take_once(struct span *into, struct span value, struct error *e)
{
	if (into->at != NULL)
		return error_set(e, ERROR_BAD, "a MIME field is given twice");
	*into = span_trim(value);
	return 0;
}

/* Puts a field aside for the MIME library if it is one of MIME. */
static int
keep_mime(struct scan *s, struct shape *shape, struct span name,
	struct span value, struct error *e)
{
	if (!span_starts(name, "Content-") && !span_equal(name, "MIME-Version"))
		return 0;
	if (span_equal(name, "Content-Type") &&
		take_once(&shape->type, value, e))
		return -1;
	if (span_equal(name, "Content-Transfer-Encoding") &&
		take_once(&shape->encoding, value, e))
		return -1;
	if (keep(s, name, e) || keep_text(s, ":", e) || keep(s, value, e))
		return -1;
	/* the last line of a mail may lack its end */
	if (value.length == 0 || value.at[value.length - 1] != '\n')
		return keep_text(s, "\r\n", e);
	return 0;
}

static int
read_header(struct walk *w, struct scan *s, struct shape *shape)
{
	struct span name, value;
	int got;

	while ((got = next_field(w, &name, &value)) == 1)
		if (take_field(s, name, value, w->e) ||
			keep_mime(s, shape, name, value, w->e))
			return -1;
	if (got == -1)
		return -1;
	if (w->header_fields == 0)
		return error_set(w->e, ERROR_BAD, "no header field");
	return keep_text(s, "\r\n", w->e);
}

/*
 * Can the body have parts? Only when the type is plainly one that has none is
 * the answer no; what reads unusually is taken for the worse.
 */
static bool
may_have_parts(const struct shape *shape)
{
	static const char *const leaves[] = { "text/", "application/", "image/",
		"audio/", "video/", "font/" };
	size_t i;

	if (shape->type.at == NULL)
		return false;
	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		if (span_starts(shape->type, leaves[i]))
			return false;
	return true;
}

/* Is the body made of lines at all, so that one could be too long? */
static bool
has_lines(const struct shape *shape)
{
	return may_have_parts(shape) ||
		(!span_starts(shape->type, "application/") &&
			!span_equal(shape->encoding, "binary"));
}

static int
check_body(struct walk *w, const struct scan *s, const struct shape *shape)
{
	struct span entity = { s->mime.data, s->mime.length };
	struct span line;

	if (may_have_parts(shape))
		return multipart_check(w, entity);
	while (has_lines(shape) && walk_line(w, &line))
		if (walk_check_line(w, line))
			return -1;
	return 0;
}

int
scan_read(const void *octets, size_t length, const struct limits *l,
	struct scan *scan_r, struct error *e)
{
	struct walk w = { .at = octets, .l = l, .e = e };
	struct shape shape = { 0 };
	struct span body;

	memset(scan_r, 0, sizeof(*scan_r));
	if (length == 0) /* octets may then be NULL, which has no end */
		return error_set(e, ERROR_BAD, "empty");
	w.end = w.at + length;
	if (length > (size_t)l->message_size)
		return error_set(e, ERROR_LIMIT,
			"larger than %lld octets (max_message_size)",
			(long long)l->message_size);
	if (read_header(&w, scan_r, &shape))
		return -1;
	body.at = w.at;
	body.length = (size_t)(w.end - w.at);
	if (keep(scan_r, body, e))
		return -1;
	return check_body(&w, scan_r, &shape);
}

void
scan_clear(struct scan *s)
{
	free(s->date);
	buffer_cleanse(&s->mime);
	memset(s, 0, sizeof(*s));
}
