/*
 * What format files make of a mail, step by step, for those who write them:
 * which parts are looked at, how each file does, what every label means.
 */
#ifndef PARSER_FORMATS_SURVEY_H
#define PARSER_FORMATS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/formats/reading.h"

/* All text is as the mail has it: it may be hostile to a terminal. */
struct survey_part {
	size_t part;             /* from 0 */
	const char *type, *name; /* name: NULL, there is none */
	const char *kind;        /* what it is read as */
	const char *why;         /* it cannot be read, or NULL */
};

struct survey_attempt {
	const char *format;
	bool matched; /* its section "match" holds */
	bool recognised;
	size_t labels, points;
	bool chosen;
};

struct survey_label {
	size_t line; /* from 1; 0: it is from outside of the text */
	const char *label, *value;
	const char *meaning; /* "serial", a counter's name …; NULL: not known */
};

struct survey {
	void (*part)(const struct survey_part *part, void *arg);
	/* of the part before; those that have not one label are left out */
	void (*attempt)(const struct survey_attempt *attempt, void *arg);
	/* of the first report in it, as the chosen format has it */
	void (*label)(const struct survey_label *label, void *arg);
	void *arg;
};

/* Calls the functions. -1: trouble only. */
int survey_run(const struct reading_source *source, const struct survey *survey,
	struct error *e);

/* What is installed, for a list. */
struct survey_format {
	const char *name, *source, *certainty, *layout; /* source may be NULL */
	size_t labels;
};
void survey_formats(const struct formats *formats,
	void (*tell)(const struct survey_format *format, void *arg), void *arg);

#endif
