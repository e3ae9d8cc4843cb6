/*
 * Octets are walked once, line by line, and a limit is applied where its octet
 * is seen first: before anything is kept, and before anything is decoded.
 */
#include "parser/scan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "parser/content.h"
#include "parser/field.h"
#include "parser/walk.h"

/* The unfolded text of a value, for the caller to free. */
static char *
unfold(struct span value)
{
	char *text, *out;

	value = span_trim(value);
	text = out = malloc(value.length + 1);
	for (size_t i = 0; text != NULL && i < value.length; i++)
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
	wipe_free(text);
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

/*
 * A request's Message-ID is <EMAIL-ID@domain>; an answer quotes it. What is not
 * as long as ours are is another program's, and no claim.
 */
static void
take_identifier(struct scan *s, struct span local)
{
	char id[EMAIL_ID_SIZE];

	if (local.length != MINTED_LENGTH ||
		!claims_email_id((const char *)local.at, local.length, id))
		return;
	if (s->reply_id[0] == '\0')
		strcpy(s->reply_id, id);
	else if (strcmp(s->reply_id, id) != 0)
		s->reply_several = true;
}

static void
drop_one(struct span *rest)
{
	rest->at++;
	rest->length--;
}

/* Goes behind an identifier's end. False: another begins before, or none. */
static bool
end_identifier(struct span *rest)
{
	while (rest->length > 0 && rest->at[0] != '<') {
		if (field_char(rest, '>'))
			return true;
		if (rest->length > 0)
			drop_one(rest);
	}
	return false;
}

/*
 * Identifiers among phrases, quoted strings and comments (RFC 5322, 3.6.4 and
 * 4.5.4); inside of one, white space and comments may stand between its parts.
 */
static int
take_reply(struct scan *s, struct span rest, struct error *e)
{
	struct span local, ignored;

	(void)e;
	for (field_skip(&rest); rest.length > 0; field_skip(&rest)) {
		if (field_char(&rest, '<')) {
			if (field_token(&rest, &local) &&
				field_char(&rest, '@') && end_identifier(&rest))
				take_identifier(s, local);
		} else if (rest.at[0] != '"') {
			drop_one(&rest);
		} else if (!field_quoted(&rest, &ignored)) {
			break; /* it never ends */
		}
	}
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
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_equal(name, fields[i].name))
			return fields[i].take(s, value, e);
	return 0;
}

static int
read_header(struct walk *w, struct scan *s, struct content *content)
{
	enum walk_field got;
	struct span name, value;

	while ((got = walk_field(w, &name, &value)) == FIELD_TAKEN)
		if (take_field(s, name, value, w->e) ||
			content_take(content, name, value, w->e))
			return -1;
	if (got == FIELD_REFUSED)
		return -1;
	if (got == FIELD_NONE)
		return error_set(w->e, ERROR_BAD,
			"a header line is no field of RFC 5322");
	if (w->header_fields == 0)
		return error_set(w->e, ERROR_BAD, "no header field");
	return 0;
}

int
scan_read(const void *octets, size_t length, const struct limits *l,
	struct scan *scan_r, struct error *e)
{
	struct walk w = { .at = octets, .l = l, .e = e };
	struct content content = { 0 };

	memset(scan_r, 0, sizeof(*scan_r));
	if (length == 0) /* octets may then be NULL, which has no end */
		return error_set(e, ERROR_BAD, "empty");
	w.end = w.at + length;
	if (length > (size_t)l->message_size)
		return error_set(e, ERROR_LIMIT,
			"larger than %lld octets (max_message_size)",
			(long long)l->message_size);
	if (read_header(&w, scan_r, &content))
		return -1;
	scan_r->header_length = (size_t)(w.at - (const unsigned char *)octets);
	return multipart_read(&w, &content, &scan_r->leaves);
}

/* Appends a field of MIME as it stands. */
static int
keep_mime(struct buffer *mime, struct span name, struct span value,
	struct error *e)
{
	const bool ended =
		value.length > 0 && value.at[value.length - 1] == '\n';

	if (!span_starts(name, "Content-") && !span_equal(name, "MIME-Version"))
		return 0;
	if (buffer_append(mime, name.at, name.length) != BUFFER_OK ||
		buffer_text(mime, ":") != BUFFER_OK ||
		buffer_append(mime, value.at, value.length) != BUFFER_OK ||
		buffer_text(mime, ended ? "" : "\r\n") != BUFFER_OK)
		return error_memory(e);
	return 0;
}

int
scan_mime(const void *octets, size_t length, const struct limits *l,
	struct buffer *mime, struct error *e)
{
	struct walk w = { .at = octets, .l = l, .e = e };
	struct span name, value;
	struct scan scan;
	int rc;

	rc = scan_read(octets, length, l, &scan, e);
	scan_clear(&scan);
	if (rc == 0) /* so octets is not NULL */
		w.end = w.at + length;
	while (rc == 0 && walk_field(&w, &name, &value) == FIELD_TAKEN)
		rc = keep_mime(mime, name, value, e);
	if (rc == 0 &&
		(buffer_text(mime, "\r\n") != BUFFER_OK ||
			buffer_append(mime, w.at, (size_t)(w.end - w.at)) !=
				BUFFER_OK))
		rc = error_memory(e);
	return rc;
}

void
scan_clear(struct scan *s)
{
	wipe_free(s->date);
	leaves_clear(&s->leaves);
	memset(s, 0, sizeof(*s));
}
