/*
 * Which reports of a message were not admitted, as a line of text: pieces by
 * their numbers, and of a piece that was admitted in part its reports, "2
 * 5.1-3,7". It is written and read in order, as a message is judged.
 */
#ifndef GATE_LACKING_H
#define GATE_LACKING_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/gate.h"

/* Being written; begins as zeros. Numbers begin at 1. */
struct lacking {
	char text[LACKING_SIZE]; /* whole after lacking_end; "": none */
	size_t length;
	size_t piece, begin; /* the last one, and where it begins */
	size_t first, last;  /* reports of it that are not yet written */
	bool whole;          /* it is there as a whole */
};

/* Report 0 is the piece as a whole, which could not be taken apart. What there
 * is no room for is there as a whole: it is judged again, and what is in of it
 * is found to be. */
void lacking_add(struct lacking *l, size_t piece, size_t report);
/* Nobody knows how many: all are judged again. */
void lacking_all(struct lacking *l);
void lacking_end(struct lacking *l);

/* Being read; text is to outlive it. */
struct lacked {
	const char *at;
	size_t piece;       /* 0: all are; SIZE_MAX: no more */
	size_t first, last; /* of its reports */
	size_t met;         /* the last of them that was asked for */
	bool whole;
	bool missed; /* one that is there was never asked for */
};

/* text NULL: everything is. */
void lacked_begin(struct lacked *l, const char *text);
/* Is it there? Asked in order; report 0: is anything of the piece? */
bool lacked_has(struct lacked *l, size_t piece, size_t report);
/* All that is there was asked for? No more is asked after this. */
bool lacked_all(struct lacked *l);

#endif
