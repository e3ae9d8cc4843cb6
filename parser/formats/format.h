/*
 * One format file as its readers see it. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_FORMAT_H
#define PARSER_FORMATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "parser/formats/formats.h"

enum label_use {
	LABEL_SERIAL,
	LABEL_MODEL,
	LABEL_DATE,
	LABEL_TIME, /* of the day that a date names */
	LABEL_COUNTER,
	LABEL_ALARM,  /* its value is an alarm */
	LABEL_OTHER,  /* known and kept, of no further meaning */
	LABEL_IGNORED /* known, so that it ends the value before it; not kept */
};

struct label_rule {
	char *label; /* as label_collapse leaves it */
	char *name;  /* of the counter; else NULL */
	enum label_use use;
	size_t leaf; /* where in label its last part begins, behind " > " */
};

/* Words of one kind: as many as the file has values for the name. */
struct words {
	size_t count;
	char **rows;
};

enum match_where { MATCH_BODY, MATCH_SUBJECT, MATCH_HEADER, MATCH_NAME };

struct match_rules {
	struct words words[4]; /* by enum match_where */
};

enum format_layout { LAYOUT_LINES, LAYOUT_TABLE, LAYOUT_XML, LAYOUT_JSON };
enum format_sections { SECTIONS_NONE, SECTIONS_INDENT, SECTIONS_HEADINGS };
enum date_place { PLACE_LABEL, PLACE_LINE, PLACE_FIRST };

struct format {
	char *name; /* of the file, without ".format" */
	char *source, *certainty, *charset;
	enum format_layout layout;
	bool brackets;       /* [Label],value */
	char separators[12]; /* else any of these between label and value */
	bool columns;        /* or two blanks */
	bool below;          /* or the value is the next line */
	enum format_sections sections;
	/* What is between the cells of a table in the text whose rows are
	 * functions and whose columns are colours, say; '\0': there is none.
	 */
	char matrix;
	bool continued; /* lines without label go on with the last value */
	struct words begins, ends; /* lines that begin and end the report */
	char *record;              /* a label, or element, that begins each */
	struct words skips;        /* rows of a table that are none */
	bool leave_out;            /* so are those without a counter */
	char *pair_name, *pair_value;
	struct words dates; /* patterns, as date.h has them */
	enum date_place date_place;
	struct words months, days; /* by twelve, by seven */
	char thousands[5];         /* in numbers: some of , . ' and blank */
	char decimal;              /* before a fraction, or '\0' */
	/* patterns, as outside.h has them */
	struct words in_subject, in_name;
	struct words units, none;
	char *serial_prefix, *serial_suffix;
	size_t serial_length; /* only those of so many characters; 0: any */
	struct words alarm_on, alarm_off; /* how an alarm's line begins */
	char *since;                      /* a line that dates the next ones */
	struct label_rule *rules;
	size_t rule_count;
	/* octets that the rules' labels, and their last parts, begin with */
	bool first[256], first_part[256];
	struct match_rules match;
};

/* Reads the file at path; name is what the format is called. Errors begin with
 * "PATH:LINE: ". */
int format_read(const char *path, const char *name, struct format **format_r,
	struct error *e);
int format_stream(FILE *file, const char *path, const char *name,
	struct format **format_r, struct error *e);
void format_free(struct format *f);
const struct format *formats_get(const struct formats *f, size_t index);
struct vocabulary;
const struct vocabulary *formats_vocabulary(const struct formats *f);

/* Is a label the path of what it names, of which a file may have the end? */
bool format_has_paths(const struct format *f);

/* Makes every run of white space one space, none at the ends. */
void label_collapse(char *text);

void words_free(struct words *words);
/* The first of the words that text begins with, in whatever case; or NULL. */
const char *words_begin(const struct words *words, const char *text);
/* The first that is all of text, in whatever case; or NULL. */
const char *words_equal(const struct words *words, const char *text);

/* The rule for a label's full name; NULL: none knows it. */
const struct label_rule *format_rule(const struct format *f, const char *label);

#endif
