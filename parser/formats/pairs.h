/*
 * What a text says, before anybody knows what it means: labels and values, in
 * their order. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_PAIRS_H
#define PARSER_FORMATS_PAIRS_H

#include <stddef.h>

#include "base/error.h"

enum { PAIRS_MAX = 2000 };

enum pair_kind {
	PAIR_LABEL, /* a label and its value */
	PAIR_DATE,  /* a date that has no label */
	PAIR_ON,    /* an alarm's line */
	PAIR_OFF,   /* one of an alarm that is over */
	PAIR_SINCE, /* since when, for the alarms that follow */
	/* from outside of the text, as PAIR_DATE may be */
	PAIR_SERIAL,
	PAIR_MODEL,
	PAIR_TIME
};

struct pair {
	enum pair_kind kind;
	size_t line; /* from 1; 0: it is from outside of the text */
	char *name;  /* white space collapsed; under its sections, "A > B" */
	char *value; /* white space collapsed */
};

struct pairs {
	size_t count;
	struct pair *rows;
};

/* Copies both, and collapses them. ERROR_LIMIT: more than PAIRS_MAX. */
int pairs_add(struct pairs *pairs, enum pair_kind kind, size_t line,
	const char *name, const char *value, struct error *e);

/* Wipes and empties. */
void pairs_clear(struct pairs *pairs);

#endif
