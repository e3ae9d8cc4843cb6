/*
 * What stands in one cell is one: breaks in it are blanks, unless it is alone
 * in its row, as where tables are for the looks. A table inside a cell begins
 * lines of its own.
 */
#include "parser/formats/html.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/HTMLparser.h>

#include "base/buffer.h"
#include "base/wipe.h"

enum { DEPTH_MAX = 200, NAMES_MAX = 256 << 10, SPAN_MAX = 20 };

enum element {
	INLINE,
	BLOCK,
	BREAK,
	CELL,
	ROW,
	TABLE,
	TERM,
	MEANING,
	PREFORMATTED,
	SILENT
};

struct html {
	htmlParserCtxtPtr parser;
	struct buffer out, line; /* line: the one that is being made */
	size_t cells;            /* of it; 0: it is no row */
	size_t span;             /* columns that the open cell takes */
	size_t silent, preformatted;
	bool blank; /* a blank is due before the next word */
	struct error *e;
	bool failed;
};

static void
fail(struct html *h, enum error_code code, const char *what)
{
	if (!h->failed)
		error_set(h->e, code, "%s", what);
	h->failed = true;
	xmlStopParser(h->parser);
}

static void
put(struct html *h, struct buffer *to, const void *octets, size_t length)
{
	if (h->failed)
		return;
	switch (buffer_append(to, octets, length)) {
	case BUFFER_OK:
		break;
	case BUFFER_FULL:
		fail(h, ERROR_LIMIT, "the text of HTML is too long");
		break;
	case BUFFER_NOMEM:
		fail(h, ERROR_TROUBLE, "out of memory");
		break;
	}
}

/* Ends the line; breaks in its cells were '\v'. */
static void
flush(struct html *h)
{
	unsigned char *at = h->line.data;
	const char instead = h->cells > 1 ? ' ' : '\n';

	for (size_t i = 0; i < h->line.length; i++)
		if (at[i] == '\v')
			at[i] = (unsigned char)instead;
	if (h->line.length > 0) {
		put(h, &h->out, at, h->line.length);
		put(h, &h->out, "\n", 1);
	}
	h->line.length = 0;
	h->cells = 0;
	h->span = 1;
	h->blank = false;
}

static bool
at_begin(const struct html *h)
{
	return h->line.length == 0 ||
		strchr("\t\v", h->line.data[h->line.length - 1]) != NULL;
}

static void
line_break(struct html *h)
{
	h->blank = false;
	if (h->cells > 0) {
		if (!at_begin(h))
			put(h, &h->line, "\v", 1);
		return;
	}
	if (h->line.length == 0)
		put(h, &h->out, "\n", 1);
	flush(h);
}

/* A block begins or ends: in a cell it is a break. */
static void
block(struct html *h)
{
	h->blank = false;
	if (h->cells == 0)
		flush(h);
	else if (!at_begin(h))
		put(h, &h->line, "\v", 1);
}

static const struct {
	const char *name;
	enum element element;
} elements[] = {
	{ "address", BLOCK },
	{ "blockquote", BLOCK },
	{ "body", BLOCK },
	{ "br", BREAK },
	{ "caption", BLOCK },
	{ "center", BLOCK },
	{ "dd", MEANING },
	{ "div", BLOCK },
	{ "dl", BLOCK },
	{ "dt", TERM },
	{ "form", BLOCK },
	{ "h1", BLOCK },
	{ "h2", BLOCK },
	{ "h3", BLOCK },
	{ "h4", BLOCK },
	{ "h5", BLOCK },
	{ "h6", BLOCK },
	{ "hr", BLOCK },
	{ "li", BLOCK },
	{ "ol", BLOCK },
	{ "p", BLOCK },
	{ "pre", PREFORMATTED },
	{ "script", SILENT },
	{ "style", SILENT },
	{ "table", TABLE },
	{ "td", CELL },
	{ "th", CELL },
	{ "title", SILENT },
	{ "tr", ROW },
	{ "ul", BLOCK },
};

static enum element
element_of(const xmlChar *name)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (strcmp(elements[i].name, (const char *)name) == 0)
			return elements[i].element;
	return INLINE;
}

static size_t
span_of(const xmlChar **attributes)
{
	unsigned long span;

	for (; attributes != NULL && attributes[0] != NULL; attributes += 2) {
		if (strcmp((const char *)attributes[0], "colspan") != 0 ||
			attributes[1] == NULL)
			continue;
		span = strtoul((const char *)attributes[1], NULL, 10);
		return span >= 1 && span <= SPAN_MAX ? span : 1;
	}
	return 1;
}

static void
begin_cell(struct html *h, const xmlChar **attributes)
{
	if (h->cells == 0 && h->line.length > 0)
		flush(h);
	if (h->cells > 0)
		for (size_t i = 0; i < h->span; i++)
			put(h, &h->line, "\t", 1);
	h->cells += h->cells > 0 ? h->span : 1;
	h->span = span_of(attributes);
	h->blank = false;
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct html *h = arg;

	if (h->failed)
		return;
	if (h->parser->nameNr > DEPTH_MAX) {
		fail(h, ERROR_LIMIT, "HTML is nested too deep");
		return;
	}
	switch (element_of(name)) {
	case CELL:
		begin_cell(h, attributes);
		break;
	case ROW:
	case TABLE:
		flush(h);
		break;
	case BREAK:
		line_break(h);
		break;
	case MEANING:
		put(h, &h->line, "\t", 1);
		break;
	case PREFORMATTED:
		h->preformatted++;
		block(h);
		break;
	case SILENT:
		h->silent++;
		break;
	case BLOCK:
	case TERM:
		block(h);
		break;
	case INLINE:
		break;
	}
}

static void
on_end(void *arg, const xmlChar *name)
{
	struct html *h = arg;

	if (h->failed)
		return;
	switch (element_of(name)) {
	case ROW:
	case TABLE:
		flush(h);
		break;
	case PREFORMATTED:
		h->preformatted -= h->preformatted > 0;
		block(h);
		break;
	case SILENT:
		h->silent -= h->silent > 0;
		break;
	case BLOCK:
	case MEANING:
		block(h);
		break;
	case CELL:
	case TERM:
	case BREAK:
	case INLINE:
		break;
	}
}

/* Runs of white space are a blank. */
static void
flow(struct html *h, const char *text, size_t length)
{
	static const char white[] = " \t\r\n\v\f";
	size_t word;

	for (; length > 0; text += word, length -= word) {
		for (word = 0;
			word < length && memchr(white, text[word], 6) != NULL;
			word++)
			h->blank = true;
		if (word > 0)
			continue;
		while (word < length && memchr(white, text[word], 6) == NULL)
			word++;
		if (h->blank && !at_begin(h))
			put(h, &h->line, " ", 1);
		h->blank = false;
		put(h, &h->line, text, word);
	}
}

static void
on_text(void *arg, const xmlChar *octets, int size)
{
	struct html *h = arg;
	const char *text = (const char *)octets, *end;
	size_t length = (size_t)size, line;

	if (h->failed || h->silent > 0)
		return;
	if (h->preformatted == 0 || h->cells > 0) {
		flow(h, text, length);
		return;
	}
	for (; length > 0; text += line, length -= line) {
		end = memchr(text, '\n', length);
		line = end == NULL ? length : (size_t)(end - text);
		put(h, &h->line, text, line);
		if (end == NULL)
			continue;
		line_break(h);
		line++;
	}
}

static void
on_error(void *arg, const char *format, ...)
{
	(void)arg;
	(void)format;
}

static int
run(struct html *h, const char *html, size_t length)
{
	const htmlSAXHandler sax = { .startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.ignorableWhitespace = on_text,
		.error = on_error,
		.warning = on_error,
		.fatalError = on_error,
		.initialized = 1 };
	htmlDocPtr none;

	h->parser = htmlNewParserCtxt();
	if (h->parser == NULL)
		return error_memory(h->e);
	*h->parser->sax = sax;
	h->parser->userData = h;
	(void)xmlDictSetLimit(h->parser->dict, NAMES_MAX);
	none = htmlCtxtReadMemory(h->parser, html, (int)length, NULL, "UTF-8",
		HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
	flush(h);
	xmlFreeDoc(none);
	htmlFreeParserCtxt(h->parser);
	return h->failed ? -1 : 0;
}

int
html_text(const char *html, size_t length, size_t limit, char **text_r,
	struct error *e)
{
	struct html h = { .out.limit = limit, .line.limit = limit, .e = e };
	int rc = run(&h, html, length);

	*text_r = NULL;
	if (rc == 0) {
		*text_r = strndup(
			h.out.length == 0 ? "" : (const char *)h.out.data,
			h.out.length);
		if (*text_r == NULL)
			rc = error_memory(e);
	}
	buffer_clear(&h.out);
	buffer_clear(&h.line);
	return rc;
}
