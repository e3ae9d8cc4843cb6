/*
 * What a mail says of its parts is a hint: a table comes as octet-stream, XML
 * as text. Names and first octets decide where types say nothing.
 */
#include "parser/formats/document.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/wipe.h"
#include "parser/charset.h"
#include "parser/formats/format.h"
#include "parser/formats/html.h"
#include "parser/formats/plain.h"
#include "parser/formats/quoted.h"
#include "parser/formats/rtf.h"
#include "parser/formats/zip.h"

enum { DOCUMENTS_MAX = 256 };

/* One part on its way. */
struct making {
	struct documents *documents;
	const struct charsets *charsets;
	const struct limits *l;
	size_t part;
	const char *name;
	enum document_kind kind;
};

static const char *const kind_names[] = {
	[DOCUMENT_NONE] = "nothing to read",
	[DOCUMENT_TEXT] = "text",
	[DOCUMENT_HTML] = "HTML",
	[DOCUMENT_RTF] = "RTF",
	[DOCUMENT_XML] = "XML",
	[DOCUMENT_JSON] = "JSON",
	[DOCUMENT_ZIP] = "ZIP",
};

const char *
document_kind_name(enum document_kind kind)
{
	return kind_names[kind];
}

static enum document_kind
kind_of_type(const char *type)
{
	static const struct {
		const char *type;
		enum document_kind kind;
	} rows[] = {
		{ "text/plain", DOCUMENT_TEXT },
		{ "text/csv", DOCUMENT_TEXT },
		{ "text/tab-separated-values", DOCUMENT_TEXT },
		{ "text/comma-separated-values", DOCUMENT_TEXT },
		{ "application/csv", DOCUMENT_TEXT },
		{ "application/vnd.ms-excel", DOCUMENT_TEXT },
		{ "text/html", DOCUMENT_HTML },
		{ "application/xhtml+xml", DOCUMENT_HTML },
		{ "text/xml", DOCUMENT_XML },
		{ "application/xml", DOCUMENT_XML },
		{ "text/json", DOCUMENT_JSON },
		{ "application/json", DOCUMENT_JSON },
		{ "text/rtf", DOCUMENT_RTF },
		{ "text/richtext", DOCUMENT_RTF },
		{ "application/rtf", DOCUMENT_RTF },
		{ "application/msword", DOCUMENT_RTF },
		{ "application/zip", DOCUMENT_ZIP },
		{ "application/x-zip-compressed", DOCUMENT_ZIP },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].type, type) == 0)
			return rows[i].kind;
	return DOCUMENT_NONE;
}

static enum document_kind
kind_of_name(const char *name)
{
	static const struct {
		const char *end;
		enum document_kind kind;
	} rows[] = { { ".txt", DOCUMENT_TEXT }, { ".csv", DOCUMENT_TEXT },
		{ ".tsv", DOCUMENT_TEXT }, { ".log", DOCUMENT_TEXT },
		{ ".htm", DOCUMENT_HTML }, { ".html", DOCUMENT_HTML },
		{ ".xml", DOCUMENT_XML }, { ".json", DOCUMENT_JSON },
		{ ".rtf", DOCUMENT_RTF }, { ".zip", DOCUMENT_ZIP } };
	const char *end = name == NULL ? NULL : strrchr(name, '.');

	for (size_t i = 0; end != NULL && i < sizeof(rows) / sizeof(rows[0]);
		i++)
		if (strcasecmp(rows[i].end, end) == 0)
			return rows[i].kind;
	return DOCUMENT_NONE;
}

static bool
begins(const unsigned char *data, size_t length, const char *with)
{
	static const char blanks[] = " \t\r\n";
	size_t at = length >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (at < length && memchr(blanks, data[at], 4) != NULL)
		at++;
	return length - at >= strlen(with) &&
		strncasecmp((const char *)data + at, with, strlen(with)) == 0;
}

/* What the octets show at once, whatever somebody called them. */
static enum document_kind
kind_of_octets(const unsigned char *data, size_t length)
{
	if (length >= 4 && memcmp(data, "PK\3\4", 4) == 0)
		return DOCUMENT_ZIP;
	if (begins(data, length, "{\\rtf"))
		return DOCUMENT_RTF;
	if (begins(data, length, "<?xml"))
		return DOCUMENT_XML;
	if (begins(data, length, "<!doctype html") ||
		begins(data, length, "<html"))
		return DOCUMENT_HTML;
	return DOCUMENT_NONE;
}

/* Only packing and markup show: text shows nothing. */
static enum document_kind
kind_of(const char *type, const char *name, const unsigned char *data,
	size_t length)
{
	enum document_kind said = kind_of_type(type), seen;

	if (strcmp(type, "text/html") == 0)
		return DOCUMENT_HTML;
	seen = kind_of_octets(data, length);
	if (seen == DOCUMENT_XML && begins(data, length, "<?xml") &&
		(said == DOCUMENT_HTML || kind_of_name(name) == DOCUMENT_HTML))
		return DOCUMENT_HTML;
	if (seen != DOCUMENT_NONE &&
		(said != DOCUMENT_NONE ||
			strcmp(type, "application/octet-stream") == 0))
		return seen;
	if (said == DOCUMENT_ZIP || said == DOCUMENT_RTF)
		return DOCUMENT_NONE; /* it is something else */
	if (strcmp(type, "application/octet-stream") == 0)
		said = kind_of_name(name);
	seen = said == DOCUMENT_TEXT ? kind_of_name(name) : DOCUMENT_NONE;
	return seen == DOCUMENT_XML || seen == DOCUMENT_JSON ? seen : said;
}

enum document_kind
document_kind(const struct part *part)
{
	return kind_of(part->type, part->name, part->data, part->length);
}

/* text is taken, and freed in any case. */
static int
add(struct making *m, char *text, const char *charset, struct error *e)
{
	struct documents *d = m->documents;
	struct document *rows = NULL;

	if (d->count < DOCUMENTS_MAX)
		rows = reallocarray(d->rows, d->count + 1, sizeof(*rows));
	if (rows == NULL) {
		wipe_free(text);
		return d->count < DOCUMENTS_MAX
			? error_memory(e)
			: error_set(e, ERROR_LIMIT, "too many texts");
	}
	d->rows = rows;
	memset(&rows[d->count], 0, sizeof(*rows));
	rows[d->count].text = text;
	rows[d->count].charset = charset;
	rows[d->count].xml = m->kind == DOCUMENT_XML;
	rows[d->count].json = m->kind == DOCUMENT_JSON;
	rows[d->count].quotes = m->kind == DOCUMENT_TEXT;
	rows[d->count].part = m->part;
	d->count++;
	if (m->kind != DOCUMENT_XML && m->kind != DOCUMENT_JSON)
		plain_text(text);
	if (m->kind == DOCUMENT_TEXT)
		quoted_strip(text);
	if (m->name != NULL) {
		rows[d->count - 1].name = strdup(m->name);
		if (rows[d->count - 1].name == NULL)
			return error_memory(e);
	}
	return 0;
}

/* Markup becomes text; decoded is taken. */
static int
add_decoded(
	struct making *m, char *decoded, const char *charset, struct error *e)
{
	char *text = NULL;
	int rc;

	if (m->kind != DOCUMENT_HTML)
		return add(m, decoded, charset, e);
	rc = html_text(
		decoded, strlen(decoded), (size_t)m->l->report_size, &text, e);
	wipe_free(decoded);
	return rc == 0 ? add(m, text, charset, e) : -1;
}

/* What XML says itself of its charset; "": nothing. */
static void
charset_of_xml(const unsigned char *data, size_t length, char out[32])
{
	const char *text = (const char *)data, *at;
	const size_t head = length < 200 ? length : 200;
	const char *end = memchr(text, '>', head);
	size_t size;

	out[0] = '\0';
	at = end == NULL ? NULL
			 : memmem(text, (size_t)(end - text), "encoding=", 9);
	if (at == NULL)
		return;
	at += 10;
	size = strcspn(at, "\"'>");
	if (size < 32) {
		memcpy(out, at, size);
		out[size] = '\0';
		text_lower(out);
	}
}

void
charsets_of(const struct formats *formats, struct charsets *charsets_r)
{
	const char *charset;
	size_t i;

	charsets_r->count = 0;
	for (size_t f = 0; f < formats_count(formats); f++) {
		charset = formats_get(formats, f)->charset;
		for (i = 0; charset != NULL && i < charsets_r->count; i++)
			if (strcmp(charsets_r->rows[i], charset) == 0)
				charset = NULL;
		if (charset != NULL && charsets_r->count < CHARSETS_MAX)
			charsets_r->rows[charsets_r->count++] = charset;
	}
}

/* In each of the charsets that are to be tried. */
static int
add_named(struct making *m, const unsigned char *data, size_t length,
	struct error *e)
{
	struct error ignored;
	char *decoded;

	for (size_t i = 0; i < m->charsets->count; i++) {
		if (charset_decode(m->charsets->rows[i], data, length, &decoded,
			    &ignored))
			continue;
		if (add_decoded(m, decoded, m->charsets->rows[i], e))
			return -1;
	}
	return 0;
}

static int
add_text(struct making *m, const char *charset, const unsigned char *data,
	size_t length, struct error *e)
{
	const bool vague = charset == NULL ||
		strcmp(charset, "us-ascii") == 0 || !charset_known(charset);
	struct error why;
	char said[32], *decoded;

	if (m->kind == DOCUMENT_XML && charset == NULL) {
		charset_of_xml(data, length, said);
		charset = said;
	}
	if (vague && !charset_is_utf8(data, length) &&
		add_named(m, data, length, e))
		return -1;
	if (charset_decode(charset_of_body(charset, data, length), data, length,
		    &decoded, &why) == 0)
		return add_decoded(m, decoded, NULL, e);
	if (e != NULL)
		*e = why;
	return -1;
}

static int
check_size(const struct making *m, size_t length, struct error *e)
{
	if (length <= (size_t)m->l->report_size)
		return 0;
	return error_set(e, ERROR_LIMIT,
		"the report is larger than %lld octets (max_report_size)",
		(long long)m->l->report_size);
}

static int
add_rtf(struct making *m, const unsigned char *data, size_t length,
	struct error *e)
{
	char *text;

	if (rtf_text(data, length, (size_t)m->l->report_size, &text, e))
		return -1;
	return add(m, text, NULL, e);
}

/* A file in a ZIP. What is of no use there is passed over. */
static int
take_member(const char *name, const unsigned char *data, size_t length,
	void *arg, struct error *e)
{
	struct making m = *(struct making *)arg;
	struct error why;
	int rc = 0;

	m.name = name;
	m.kind = kind_of("application/octet-stream", name, data, length);
	if (m.kind == DOCUMENT_RTF)
		rc = add_rtf(&m, data, length, &why);
	else if (m.kind != DOCUMENT_NONE && m.kind != DOCUMENT_ZIP)
		rc = add_text(&m, NULL, data, length, &why);
	if (rc == -1 && e != NULL)
		*e = why;
	return rc == -1 && why.code == ERROR_TROUBLE ? -1 : 0;
}

int
documents_add(struct documents *documents, const struct entity *entity,
	size_t part, const struct charsets *charsets, const struct limits *l,
	struct error *e)
{
	const struct part *p = &entity->parts[part];
	struct making m = { .documents = documents,
		.charsets = charsets,
		.l = l,
		.part = part,
		.name = p->name,
		.kind = document_kind(p) };

	if (m.kind != DOCUMENT_NONE && check_size(&m, p->length, e))
		return -1;
	switch (m.kind) {
	case DOCUMENT_NONE:
		return 0;
	case DOCUMENT_RTF:
		return add_rtf(&m, p->data, p->length, e);
	case DOCUMENT_ZIP:
		return zip_each(p->data, p->length, (size_t)l->report_size,
			take_member, &m, e);
	case DOCUMENT_TEXT:
	case DOCUMENT_HTML:
	case DOCUMENT_XML:
	case DOCUMENT_JSON:
		break;
	}
	return add_text(&m, p->charset, p->data, p->length, e);
}

void
documents_clear(struct documents *documents)
{
	for (size_t i = 0; i < documents->count; i++) {
		wipe_free(documents->rows[i].text);
		wipe_free(documents->rows[i].name);
	}
	free(documents->rows);
	memset(documents, 0, sizeof(*documents));
}
