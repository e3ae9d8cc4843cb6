/*
 * Which format file is a text's. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_CHOICE_H
#define PARSER_FORMATS_CHOICE_H

#include "base/error.h"
#include "parser/formats/document.h"
#include "parser/formats/format.h"
#include "parser/formats/records.h"

struct choice {
	const struct format *format; /* NULL: none fits */
	const struct format *tied;   /* fits as well, or NULL */
	size_t points;
	struct records *records; /* the format's; the caller's to close */
};

/* How one format file does with a text, for csrcadm. */
struct attempt {
	const struct format *format;
	bool matched; /* its section "match" holds */
	struct likeness likeness;
	size_t points; /* 0: it does not fit */
};

/*
 * Fields of a header, one a line, unfolded, in UTF-8, as matches are looked for
 * in them. The caller frees *text_r (wipe_free).
 */
int choice_header(const struct entity *entity, char **text_r, struct error *e);

/*
 * A file's points are its labels that are in the text, and one for each name in
 * its section "match". Most points win. header: of the mail, or NULL. note is
 * called for each format that was tried, may be NULL. -1: trouble.
 */
int choice_make(const struct document *document, const struct formats *formats,
	const char *header, struct choice *choice_r,
	void (*note)(const struct attempt *attempt, void *arg), void *arg,
	struct error *e);

#endif
