/*
 * The parts of an entity as texts that a format file may be for. Inside
 * parser/formats/ only.
 */
#ifndef PARSER_FORMATS_DOCUMENT_H
#define PARSER_FORMATS_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/entity.h"
#include "parser/formats/formats.h"
#include "parser/limits.h"

enum document_kind {
	DOCUMENT_NONE, /* nothing to read */
	DOCUMENT_TEXT,
	DOCUMENT_HTML,
	DOCUMENT_RTF,
	DOCUMENT_XML,
	DOCUMENT_JSON,
	DOCUMENT_ZIP
};

struct document {
	char *text;          /* UTF-8; as plain_text leaves it, but XML, JSON */
	char *name;          /* of the part, or of the file in it; or NULL */
	const char *charset; /* of those that were tried, or NULL */
	bool xml, json;
	bool quotes; /* cells may be in quotation marks */
	size_t part;
};

struct documents {
	size_t count;
	struct document *rows;
};

/* Charsets to try where a part declares none, as format files name them. */
enum { CHARSETS_MAX = 8 };
struct charsets {
	size_t count;
	const char *rows[CHARSETS_MAX];
};
void charsets_of(const struct formats *formats, struct charsets *charsets_r);

/* By its type, its name and its first octets. */
enum document_kind document_kind(const struct part *part);
const char *document_kind_name(enum document_kind kind);

/*
 * Adds what is in a part: one text; of a ZIP one a file; more, where no charset
 * is declared and some are to be tried. ERROR_BAD, ERROR_LIMIT: it cannot be
 * read, or not all of it, and why; what was added stays.
 */
int documents_add(struct documents *documents, const struct entity *entity,
	size_t part, const struct charsets *charsets, const struct limits *l,
	struct error *e);
void documents_clear(struct documents *documents);

#endif
