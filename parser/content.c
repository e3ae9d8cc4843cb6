/*
 * Where two readers could see two mails, the mail is refused rather than
 * interpreted; what only describes is read as well as it can be.
 */
#include "parser/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "parser/field.h"
#include "parser/name.h"

static int
take_once(struct span *into, struct span value, struct error *e)
{
	if (into->at != NULL)
		return error_set(e, ERROR_BAD, "a MIME field is given twice");
	*into = value;
	return 0;
}

int
content_take(
	struct content *c, struct span name, struct span value, struct error *e)
{
	if (span_equal(name, "Content-Type"))
		return take_once(&c->type, value, e);
	if (span_equal(name, "Content-Transfer-Encoding"))
		return take_once(&c->encoding, value, e);
	if (span_equal(name, "Content-Disposition") &&
		c->disposition.at == NULL)
		c->disposition = value;
	return 0;
}

/* "type/subtype" at the front; what is left are the parameters. */
static bool
split_type(const struct content *c, struct span *main_r, struct span *sub_r,
	struct span *parameters_r)
{
	*parameters_r = c->type;
	return c->type.at != NULL && field_token(parameters_r, main_r) &&
		field_char(parameters_r, '/') &&
		field_token(parameters_r, sub_r);
}

bool
content_is_multipart(const struct content *c)
{
	struct span rest = c->type, type;

	return rest.at != NULL && field_token(&rest, &type) &&
		span_equal(type, "multipart");
}

bool
content_is_digest(const struct content *c)
{
	struct span type, sub, rest;

	return split_type(c, &type, &sub, &rest) && span_equal(sub, "digest");
}

bool
content_has_lines(const struct content *c)
{
	struct span type, sub, rest;

	if (span_equal(content_encoding(c), "binary"))
		return false;
	return !split_type(c, &type, &sub, &rest) ||
		!span_equal(type, "application");
}

static int
odd_boundary(struct error *e)
{
	return error_set(e, ERROR_BAD, "a boundary parameter is malformed");
}

/*
 * A field may be folded at a blank of a boundary in quotes. The blank is a
 * space, since no boundary has another: some programs fold by a tab.
 */
static bool
unfold(struct span s, struct boundary *b)
{
	bool folded = false;

	for (size_t i = 0; i < s.length; i++) {
		if (s.at[i] == '\r' || s.at[i] == '\n') {
			folded = true;
			continue;
		}
		if (b->length == sizeof(b->text))
			return false;
		b->text[b->length++] =
			folded && s.at[i] == '\t' ? ' ' : s.at[i];
		folded = false;
	}
	return !folded && b->length > 0;
}

/* Beyond RFC 2046's characters, what mail programs use besides. */
static bool
read_boundary(const struct parameter *p, struct boundary *b)
{
	if (p->section != -1 || p->extended || !unfold(p->value, b))
		return false;
	for (size_t i = 0; i < b->length; i++)
		if (b->text[i] < ' ' || b->text[i] >= 0x7f ||
			memchr("\"\\", b->text[i], 2) != NULL ||
			(!p->quoted && memchr(" ()", b->text[i], 3) != NULL))
			return false;
	return b->text[b->length - 1] != ' ';
}

int
content_boundary(
	const struct content *c, struct boundary *boundary_r, struct error *e)
{
	struct span type, sub, rest;
	struct parameter p;

	memset(boundary_r, 0, sizeof(*boundary_r));
	if (!split_type(c, &type, &sub, &rest))
		return odd_boundary(e);
	while (field_parameter(&rest, &p))
		if (span_equal(p.name, "boundary") &&
			(boundary_r->length > 0 ||
				!read_boundary(&p, boundary_r)))
			return odd_boundary(e);
	return 0;
}

/* A field that names no type is of octets of some kind. */
int
content_type(const struct content *c, const char *implied, char **type_r,
	struct error *e)
{
	struct span type, sub, rest;

	if (c->type.at == NULL)
		*type_r = strdup(implied);
	else if (!split_type(c, &type, &sub, &rest))
		*type_r = strdup("application/octet-stream");
	else if (asprintf(type_r, "%.*s/%.*s", (int)type.length, type.at,
			 (int)sub.length, sub.at) == -1)
		*type_r = NULL;
	if (*type_r == NULL)
		return error_memory(e);
	text_lower(*type_r);
	return 0;
}

static int
type_parameter(const struct content *c, const char *name, char **text_r,
	struct error *e)
{
	struct span type, sub, rest;

	*text_r = NULL;
	if (!split_type(c, &type, &sub, &rest))
		return 0;
	return name_read(rest, name, text_r, e);
}

int
content_charset(const struct content *c, char **charset_r, struct error *e)
{
	if (type_parameter(c, "charset", charset_r, e))
		return -1;
	if (*charset_r != NULL)
		text_lower(*charset_r);
	return 0;
}

int
content_name(const struct content *c, char **name_r, struct error *e)
{
	*name_r = NULL;
	if (c->disposition.at != NULL &&
		name_read(c->disposition, "filename", name_r, e))
		return -1;
	return *name_r != NULL ? 0 : type_parameter(c, "name", name_r, e);
}

static bool
ends_in_p7m(const char *name)
{
	struct span s = { (const unsigned char *)name, strlen(name) };

	s = span_trim(s);
	if (s.length < 4)
		return false;
	s.at += s.length - 4;
	s.length = 4;
	return span_equal(s, ".p7m");
}

int
content_names_p7m(const struct content *c, bool *is_r, struct error *e)
{
	char *name = NULL, *type_name = NULL;
	int rc;

	rc = (c->disposition.at != NULL &&
		     name_read(c->disposition, "filename", &name, e)) ||
		type_parameter(c, "name", &type_name, e);
	*is_r = (name != NULL && ends_in_p7m(name)) ||
		(type_name != NULL && ends_in_p7m(type_name));
	wipe_free(name);
	wipe_free(type_name);
	return rc ? -1 : 0;
}

struct span
content_encoding(const struct content *c)
{
	struct span rest = c->encoding, token = { 0 };

	/* some write it in quotes */
	if (rest.at != NULL && !field_token(&rest, &token))
		(void)field_quoted(&rest, &token);
	return token;
}
