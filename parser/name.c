/*
 * Whoever wrote a name, it is for reading only: nothing is opened by it. So one
 * that cannot be decoded is shown as it stands, and refuses no mail.
 */
#include "parser/name.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "parser/field.h"
#include "parser/word.h"

enum { SECTIONS_MAX = 64 };

/* The parameters of one name: one that is whole, or sections by number. */
struct found {
	bool whole, sectioned[SECTIONS_MAX];
	struct parameter plain, sections[SECTIONS_MAX];
};

static void
find(struct span parameters, const char *name, struct found *f)
{
	struct parameter p;
	size_t number;

	memset(f, 0, sizeof(*f));
	while (field_parameter(&parameters, &p)) {
		if (!span_equal(p.name, name))
			continue;
		number = p.section < 0 ? 0 : (size_t)p.section;
		if (p.section < 0 && !p.extended && !f->whole) {
			f->whole = true;
			f->plain = p;
		} else if ((p.section >= 0 || p.extended) &&
			number < SECTIONS_MAX && !f->sectioned[number]) {
			f->sectioned[number] = true;
			f->sections[number] = p;
		}
	}
}

/* Appends s without quoted pairs and line ends. */
static enum buffer_result
unquote(struct buffer *b, struct span s, bool quoted)
{
	enum buffer_result rc = BUFFER_OK;

	for (size_t i = 0; i < s.length && rc == BUFFER_OK; i++) {
		if (quoted && s.at[i] == '\\' && i + 1 < s.length)
			i++;
		if (s.at[i] != '\r' && s.at[i] != '\n')
			rc = buffer_append(b, &s.at[i], 1);
	}
	return rc;
}

/* RFC 2231: charset'language'octets, the first two in the first section. */
static int
read_sections(const struct found *f, struct buffer *out, struct error *e)
{
	char charset[CHARSET_NAME_SIZE] = "";
	struct buffer octets = { 0 };
	enum buffer_result got = BUFFER_OK;
	struct span rest, before;
	int rc = -1;

	for (size_t i = 0; i < SECTIONS_MAX && f->sectioned[i]; i++) {
		rest = f->sections[i].value;
		if (i == 0 && f->sections[i].extended &&
			word_cut(&rest, '\'', &before)) {
			word_charset(before, charset);
			word_cut(&rest, '\'', &before);
		}
		if (got == BUFFER_OK && f->sections[i].extended)
			got = word_unescape(&octets, rest, '%');
		else if (got == BUFFER_OK)
			got = unquote(&octets, rest, f->sections[i].quoted);
	}
	if (got != BUFFER_OK)
		error_memory(e);
	else
		rc = word_convert(out, charset, &octets, e);
	buffer_clear(&octets);
	return rc;
}

/* What could not be decoded, as it was written. */
static int
as_written(const struct found *f, struct buffer *out, struct error *e)
{
	enum buffer_result rc = BUFFER_OK;

	buffer_clear(out);
	if (f->sectioned[0])
		for (size_t i = 0; i < SECTIONS_MAX && f->sectioned[i]; i++)
			rc |= unquote(out, f->sections[i].value, false);
	else
		rc = unquote(out, f->plain.value, f->plain.quoted);
	if (rc != BUFFER_OK)
		return error_memory(e);
	for (size_t i = 0; i < out->length; i++)
		if (out->data[i] < ' ' || out->data[i] >= 0x7f)
			out->data[i] = '?';
	return 0;
}

static int
read_plain(const struct found *f, struct buffer *out, struct error *e)
{
	struct buffer octets = { 0 };
	struct span text;
	int rc = -1;

	if (unquote(&octets, f->plain.value, f->plain.quoted) != BUFFER_OK) {
		error_memory(e);
	} else {
		text.at = octets.data;
		text.length = octets.length;
		rc = word_decode(text, out, e);
	}
	buffer_clear(&octets);
	return rc;
}

int
name_read(struct span parameters, const char *name, char **text_r,
	struct error *e)
{
	struct buffer out = { 0 };
	struct error why = { 0 };
	struct found f;
	int rc;

	*text_r = NULL;
	find(parameters, name, &f);
	if (!f.whole && !f.sectioned[0])
		return 0;
	rc = f.sectioned[0] ? read_sections(&f, &out, &why)
			    : read_plain(&f, &out, &why);
	if (rc == -1 && why.code != ERROR_TROUBLE)
		rc = as_written(&f, &out, &why);
	if (rc == 0)
		*text_r = strndup(
			out.data == NULL ? "" : (char *)out.data, out.length);
	buffer_clear(&out);
	return *text_r == NULL ? error_memory(e) : 0;
}
