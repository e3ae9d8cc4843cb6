/*
 * Where a value comes from, as a line of a profile says it, csrc-profile(5):
 *
 *	OID[.*] [text] [tag HEX] [times N] [where OID.* = VALUE [and …]]
 */
#ifndef AGENT_SOURCE_H
#define AGENT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/answer.h"
#include "base/error.h"

enum { SOURCE_TAG_MAX = 8, SOURCE_CONDITIONS = 2 };

/* Another column, and what must be in the same row of it. */
struct source_condition {
	struct oid oid;
	char *wanted;
};

struct source {
	struct oid oid;
	bool column; /* all rows below oid; else the object itself */
	bool text;   /* a number that is written in digits */
	unsigned char tag[SOURCE_TAG_MAX]; /* of the record that has it */
	size_t tag_length;                 /* 0: there are no records */
	int64_t times;
	struct source_condition where[SOURCE_CONDITIONS];
	size_t where_count;
};

/* ERROR_BAD, and then there is nothing to free. */
int source_read(const char *text, struct source *source_r, struct error *e);
void source_clear(struct source *source);

/* What has to be asked for it. False: no room. What is there already is not
 * added again. */
bool source_ask(const struct source *source, struct queries *queries);

/*
 * The next row that fits, behind *row; the first if row->oid.count is 0. False:
 * no more. What says that it is absent, or failed, is no row.
 */
bool source_next(const struct source *source, const struct answers *answers,
	struct answer *row);
/* Is it one of the rows that fit? */
bool source_has(const struct source *source, const struct answers *answers,
	const struct answer *row);
/* Was some of what source_ask asks for not answered, but with an error? */
bool source_failed(const struct source *source, const struct answers *answers);
/* The row of a column that belongs to another column's row. */
bool source_beside(const struct source *source, const struct answers *answers,
	const struct source *other, const struct answer *row,
	struct answer *beside_r);
/* "1.4": what an identifier has behind the source's; cut to size. */
void source_index(const struct source *source, const struct answer *row,
	char *out, size_t size);

/* From 0 to 2^53 - 1, as it was answered, times what the source says. NULL, or
 * why it is no such number. */
const char *source_number(const struct source *source, const struct answer *row,
	int64_t *value_r);

/* An answer as legible text, "" if it has none; cut to size. */
void source_text(const struct answer *row, char *out, size_t size);

#endif
