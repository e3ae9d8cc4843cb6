/*
 * One format file as the label reader sees it. Inside parser/ only.
 */
#ifndef PARSER_FORMATS_FORMAT_H
#define PARSER_FORMATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/formats/formats.h"

enum label_use { LABEL_SERIAL, LABEL_MODEL, LABEL_DATE, LABEL_COUNTER };

struct label_rule {
	char *label;   /* white space collapsed */
	char *counter; /* its name, for LABEL_COUNTER */
	enum label_use use;
};

struct format {
	char *name;         /* of the file, without ".format" */
	bool brackets;      /* [Label],value */
	char separators[8]; /* else any of these between label and value */
	bool sections;      /* indented labels belong to the one above */
	char *date;         /* strptime(3) pattern */
	char thousands;     /* in numbers, or '\0' */
	struct label_rule *rules;
	size_t rule_count;
};

/* Reads the file at path; name is its last component. */
int format_read(const char *path, const char *name, struct format **format_r,
	struct error *e);
void format_free(struct format *f);
const struct format *formats_get(const struct formats *f, size_t index);

/* Makes every run of white space one space, none at the ends. */
void label_collapse(char *text);

#endif
