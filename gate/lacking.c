/*
 * A file in the quarantine may have been edited: whatever does not read as a
 * number ends the list.
 */
#include "gate/lacking.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ALL "*" /* every report of every piece */

static bool
append(struct lacking *l, const char *text)
{
	if (!text_copy(l->text + l->length, sizeof(l->text) - l->length, text))
		return false;
	l->length += strlen(text);
	return true;
}

void
lacking_all(struct lacking *l)
{
	l->length = l->first = l->last = 0;
	l->whole = true;
	(void)append(l, ALL);
}

/* The piece as a whole, instead of what is there of it. */
static void
make_whole(struct lacking *l)
{
	char number[32];

	l->length = l->begin;
	(void)text_format(number, sizeof(number), "%s%zu",
		l->begin == 0 ? "" : " ", l->piece);
	l->whole = true;
	if (!append(l, number))
		lacking_all(l);
}

/* Writes the reports that are not yet written. */
static void
flush(struct lacking *l)
{
	char range[96], piece[32] = ",";

	if (l->last == 0)
		return;
	if (l->length == l->begin)
		(void)text_format(piece, sizeof(piece), "%s%zu.",
			l->begin == 0 ? "" : " ", l->piece);
	if (l->first == l->last)
		(void)text_format(
			range, sizeof(range), "%s%zu", piece, l->first);
	else
		(void)text_format(range, sizeof(range), "%s%zu-%zu", piece,
			l->first, l->last);
	l->first = l->last = 0;
	if (!append(l, range))
		make_whole(l);
}

void
lacking_add(struct lacking *l, size_t piece, size_t report)
{
	if (strcmp(l->text, ALL) == 0)
		return;
	if (piece != l->piece) {
		flush(l);
		l->piece = piece;
		l->begin = l->length;
		l->whole = false;
	}
	if (l->whole)
		return;
	if (report == 0) {
		l->first = l->last = 0;
		make_whole(l);
	} else if (l->last != 0 && report == l->last + 1) {
		l->last = report;
	} else {
		flush(l);
		if (!l->whole)
			l->first = l->last = report;
	}
}

void
lacking_end(struct lacking *l)
{
	if (!l->whole)
		flush(l);
	l->text[l->length] = '\0';
}

/* 0: there is no number. */
static size_t
take_number(const char **at)
{
	char *end;
	unsigned long number;

	if (!isdigit((unsigned char)**at))
		return 0;
	number = strtoul(*at, &end, 10);
	*at = end;
	return number >= SIZE_MAX ? 0 : number;
}

static void
take_range(struct lacked *l)
{
	l->missed |= l->met < l->last;
	l->first = l->last = take_number(&l->at);
	if (*l->at == '-') {
		l->at++;
		l->last = take_number(&l->at);
	}
	l->met = 0;
	if (*l->at == ',')
		l->at++;
}

/* On to the next piece that is there. */
static void
take_piece(struct lacked *l)
{
	if (l->piece != 0) {
		l->missed |= l->met < l->last;
		l->missed |= isdigit((unsigned char)*l->at) != 0;
		l->at += strcspn(l->at, " ");
	}
	l->at += strspn(l->at, " ");
	l->first = l->last = l->met = 0;
	l->piece = take_number(&l->at);
	l->whole = *l->at != '.';
	if (l->whole)
		l->last = 1; /* to be met */
	else
		l->at++;
	if (l->piece == 0) {
		l->piece = SIZE_MAX;
		l->last = 0;
	}
}

void
lacked_begin(struct lacked *l, const char *text)
{
	*l = (struct lacked){ .at = text };
	if (text != NULL && strcmp(text, ALL) != 0)
		take_piece(l);
}

bool
lacked_has(struct lacked *l, size_t piece, size_t report)
{
	if (l->piece == 0)
		return true;
	while (l->piece < piece)
		take_piece(l);
	if (l->piece != piece)
		return false;
	if (l->whole)
		l->met = l->last;
	if (l->whole || report == 0)
		return true;
	while (l->last < report && isdigit((unsigned char)*l->at))
		take_range(l);
	if (report < l->first || report > l->last)
		return false;
	l->met = report;
	return true;
}

bool
lacked_all(struct lacked *l)
{
	while (l->piece != 0 && l->piece != SIZE_MAX)
		take_piece(l);
	return !l->missed;
}
