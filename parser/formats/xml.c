/*
 * The library's SAX reader builds no tree: memory is a path and one text. What
 * it keeps of names is bounded too.
 */
#include "parser/formats/xml.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "base/buffer.h"
#include "base/wipe.h"
#include "parser/formats/plain.h"

enum {
	DEPTH_MAX = 64,
	VALUE_MAX = 4096,
	NAMES_MAX = 256 << 10, /* octets of different names */
	UNKNOWN_MAX = 500      /* labels that are kept though nobody asked */
};

/* An open element. */
struct level {
	char *path;
	char *name, *value; /* of the pair in it, so far */
	bool elements;      /* there are some in it */
	bool attributes;    /* it has some */
};

struct xml {
	const struct format *f;
	xmlParserCtxtPtr parser;
	struct pairs *pairs;
	bool slicing; /* pairs are what is outside of slices */
	struct xml_slice *slices;
	size_t slice_count;
	size_t inside; /* levels down in a record */
	size_t line;   /* of the slice's begin */
	struct level levels[DEPTH_MAX];
	size_t depth;
	struct buffer text; /* of the innermost element */
	struct error *e;
	bool failed;
};

static void
fail(struct xml *x, int rc)
{
	x->failed = x->failed || rc != 0;
	if (x->failed)
		xmlStopParser(x->parser);
}

static void
refuse(struct xml *x, enum error_code code, const char *what)
{
	if (!x->failed)
		fail(x, error_set(x->e, code, "%s", what));
}

/* Where the parser is in the text. */
static size_t
position(const struct xml *x)
{
	const xmlParserInput *in = x->parser->input;

	return in->consumed + (size_t)(in->cur - in->base);
}

static size_t
line_of(const struct xml *x)
{
	return x->line + (size_t)x->parser->input->line - 1;
}

/* Outside of reports, dates are, that are for all of them. */
static bool
is_wanted(const struct xml *x, const char *name)
{
	const struct label_rule *rule = format_rule(x->f, name);

	if (x->slicing)
		return rule != NULL && rule->use == LABEL_DATE &&
			x->pairs->count < UNKNOWN_MAX;
	return rule != NULL || x->pairs->count < UNKNOWN_MAX;
}

static void
emit(struct xml *x, const char *name, const char *text)
{
	char *value;

	if (!is_wanted(x, name))
		return;
	value = plain_copy(text);
	if (value == NULL)
		fail(x, error_memory(x->e));
	else
		fail(x,
			pairs_add(x->pairs, PAIR_LABEL, line_of(x), name, value,
				x->e));
	wipe_free(value);
}

static char *
path_of(const struct xml *x, const char *name)
{
	char *path;

	if (x->depth == 0)
		return strdup(name);
	if (asprintf(&path, "%s > %s", x->levels[x->depth - 1].path, name) ==
		-1)
		return NULL;
	return path;
}

/* Keeps a text if it is one of the pair that the format names. */
static bool
is_of_pair(
	struct xml *x, struct level *level, const char *name, const char *text)
{
	char **place = NULL;

	if (x->f->pair_name == NULL)
		return false;
	if (strcmp(name, x->f->pair_name) == 0)
		place = &level->name;
	else if (strcmp(name, x->f->pair_value) == 0)
		place = &level->value;
	if (place == NULL)
		return false;
	if (*place != NULL)
		refuse(x, ERROR_BAD, "two names or values in one pair");
	else if ((*place = strdup(text)) == NULL)
		fail(x, error_memory(x->e));
	return true;
}

static void
take_attributes(struct xml *x, const xmlChar **attributes)
{
	struct level *level = &x->levels[x->depth - 1];
	char *name, *path;

	for (; !x->failed && attributes != NULL && attributes[0] != NULL;
		attributes += 2) {
		if (strncmp((const char *)attributes[0], "xmlns", 5) == 0)
			continue;
		level->attributes = true;
		if (asprintf(&name, "@%s", (const char *)attributes[0]) == -1) {
			fail(x, error_memory(x->e));
			return;
		}
		path = path_of(x, name);
		if (path == NULL)
			fail(x, error_memory(x->e));
		else if (!is_of_pair(
				 x, level, name, (const char *)attributes[1]))
			emit(x, path, (const char *)attributes[1]);
		free(name);
		wipe_free(path);
	}
}

/* Notes where an element of the record's name begins. */
static void
begin_slice(struct xml *x, const char *name)
{
	struct xml_slice *slices;

	if (x->inside > 0 || strcmp(name, x->f->record) != 0) {
		x->inside += x->inside > 0;
		return;
	}
	x->inside = 1;
	if (x->slice_count == XML_SLICES_MAX) {
		refuse(x, ERROR_LIMIT, "too many reports in XML");
		return;
	}
	if ((x->slice_count & (x->slice_count - 1)) == 0) {
		slices = reallocarray(x->slices,
			x->slice_count == 0 ? 1 : 2 * x->slice_count,
			sizeof(*slices));
		if (slices == NULL) {
			fail(x, error_memory(x->e));
			return;
		}
		x->slices = slices;
	}
	x->slices[x->slice_count].at = position(x);
	x->slices[x->slice_count].line = line_of(x);
	x->slices[x->slice_count++].length = 0;
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar **attributes)
{
	struct xml *x = arg;
	struct level *level;

	if (x->failed)
		return;
	if (x->slicing)
		begin_slice(x, (const char *)name);
	if (x->failed || x->inside > 0)
		return;
	if (x->depth == DEPTH_MAX) {
		refuse(x, ERROR_LIMIT, "XML is nested too deep");
		return;
	}
	level = &x->levels[x->depth];
	memset(level, 0, sizeof(*level));
	level->path = path_of(x, (const char *)name);
	if (level->path == NULL) {
		fail(x, error_memory(x->e));
		return;
	}
	if (x->depth > 0)
		x->levels[x->depth - 1].elements = true;
	x->depth++;
	x->text.length = 0;
	take_attributes(x, attributes);
}

/* A name and a value side by side are a label beside their parent. */
static void
emit_pair(struct xml *x, const struct level *level)
{
	char *path = path_of(x, level->name);

	if (path == NULL)
		fail(x, error_memory(x->e));
	else
		emit(x, path, level->value);
	wipe_free(path);
}

static void
end_level(struct xml *x, const char *name)
{
	struct level *level = &x->levels[--x->depth];
	const char *text =
		x->text.length == 0 ? "" : (const char *)x->text.data;

	if (!level->elements) {
		(void)is_of_pair(x, level, ".", text);
		if (level->name == NULL &&
			!(level->attributes && text[0] == '\0') &&
			(x->depth == 0 ||
				!is_of_pair(x, level - 1, name, text)))
			emit(x, level->path, text);
	}
	if (!x->failed && level->name != NULL && level->value != NULL)
		emit_pair(x, level);
	x->text.length = 0;
	wipe_free(level->path);
	wipe_free(level->name);
	wipe_free(level->value);
}

static void
on_end(void *arg, const xmlChar *name)
{
	struct xml *x = arg;
	struct xml_slice *slice;

	if (x->failed)
		return;
	if (x->inside == 0) {
		if (x->depth > 0)
			end_level(x, (const char *)name);
	} else if (--x->inside == 0) {
		slice = &x->slices[x->slice_count - 1];
		slice->length = position(x) - slice->at;
	}
}

static void
on_text(void *arg, const xmlChar *text, int length)
{
	struct xml *x = arg;

	if (x->failed || x->inside > 0)
		return;
	x->text.limit = VALUE_MAX;
	if (buffer_append(&x->text, text, (size_t)length) == BUFFER_NOMEM)
		fail(x, error_memory(x->e));
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *external,
	const xmlChar *system)
{
	(void)name;
	(void)external;
	(void)system;
	refuse(arg, ERROR_BAD, "XML with a DOCTYPE is not read");
}

static void
on_error(void *arg, const char *format, ...)
{
	(void)arg;
	(void)format;
}

static int
run(struct xml *x, const char *text, size_t length)
{
	xmlSAXHandler sax = { .startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_doctype,
		.error = on_error,
		.warning = on_error,
		.fatalError = on_error,
		.initialized = 1 };
	xmlDocPtr none;

	x->parser = xmlNewParserCtxt();
	if (x->parser == NULL)
		return error_memory(x->e);
	*x->parser->sax = sax;
	x->parser->userData = x;
	(void)xmlDictSetLimit(x->parser->dict, NAMES_MAX);
	none = xmlCtxtReadMemory(x->parser, text, (int)length, NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	if (!x->failed && x->parser->wellFormed == 0)
		refuse(x, ERROR_BAD, "it is no well-formed XML");
	xmlFreeDoc(none);
	xmlFreeParserCtxt(x->parser);
	while (x->depth > 0) {
		x->depth--;
		wipe_free(x->levels[x->depth].path);
		wipe_free(x->levels[x->depth].name);
		wipe_free(x->levels[x->depth].value);
	}
	buffer_clear(&x->text);
	return x->failed ? -1 : 0;
}

/* The parser was behind a start tag's name and attributes: no "<" is in them.
 */
static void
trim(const char *text, struct xml_slice *slice)
{
	const char *begin = memrchr(text, '<', slice->at);
	const size_t more =
		begin == NULL ? 0 : slice->at - (size_t)(begin - text);

	slice->at -= more;
	slice->length += more;
}

int
xml_slices(const char *text, size_t length, const struct format *f,
	struct xml_slice **slices_r, size_t *count_r, struct pairs *outside,
	struct error *e)
{
	struct xml x = {
		.f = f, .pairs = outside, .slicing = true, .e = e, .line = 1
	};

	*slices_r = NULL;
	*count_r = 0;
	if (f->record == NULL) {
		*slices_r = malloc(sizeof(**slices_r));
		if (*slices_r == NULL)
			return error_memory(e);
		**slices_r = (struct xml_slice){ 0, length, 1 };
		*count_r = 1;
		return 0;
	}
	if (run(&x, text, length)) {
		free(x.slices);
		return -1;
	}
	for (size_t i = 0; i < x.slice_count; i++)
		trim(text, &x.slices[i]);
	*slices_r = x.slices;
	*count_r = x.slice_count;
	return 0;
}

int
xml_pairs(const char *text, const struct xml_slice *slice,
	const struct format *f, struct pairs *pairs_r, struct error *e)
{
	struct xml x = {
		.f = f, .pairs = pairs_r, .e = e, .line = slice->line
	};

	memset(pairs_r, 0, sizeof(*pairs_r));
	return run(&x, text + slice->at, slice->length);
}
