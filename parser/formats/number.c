/*
 * Bills are made of these: what is not exactly a number of the format is none.
 */
#include "parser/formats/number.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Above this a reader of JSON may lose digits. */
#define COUNTER_MAX ((INT64_C(1) << 53) - 1)

bool
number_is_none(const struct format *f, const char *text)
{
	if (text[0] == '\0')
		return f->layout == LAYOUT_TABLE || f->layout == LAYOUT_JSON ||
			f->matrix != '\0' ||
			words_equal(&f->none, "empty") != NULL;
	return words_equal(&f->none, text) != NULL;
}

/* How much of text is left without a unit behind it. */
static size_t
without_unit(const struct format *f, const char *text)
{
	size_t length = strlen(text), unit, rest = length;

	for (size_t i = 0; i < f->units.count; i++) {
		unit = strlen(f->units.rows[i]);
		if (unit < length && unit > length - rest &&
			strcasecmp(text + length - unit, f->units.rows[i]) == 0)
			rest = length - unit;
	}
	while (rest > 0 && text[rest - 1] == ' ')
		rest--;
	return rest;
}

/* How much is left without a fraction that is nothing. One of three digits may
 * be thousands to whoever wrote it. */
static size_t
without_fraction(const struct format *f, const char *text, size_t length)
{
	size_t zeros = 0;

	while (zeros < length && text[length - zeros - 1] == '0')
		zeros++;
	return f->decimal != '\0' && zeros > 0 && zeros != 3 &&
			zeros < length && text[length - zeros - 1] == f->decimal
		? length - zeros - 1
		: length;
}

/* The first sign between digits that the format knows, or '\0'. */
static char
sign_in(const struct format *f, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]))
			return strchr(f->thousands, text[i]) != NULL ? text[i]
								     : '\0';
	return '\0';
}

/* Digits; where grouped, then by threes. */
static bool
read_digits(const char *text, size_t length, char sign, int64_t *number_r)
{
	const char *first = sign == '\0' ? NULL : memchr(text, sign, length);
	int64_t number = 0;
	size_t group = 0;

	if (first != NULL && (first == text || first - text > 3))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (first != NULL && text + i >= first && group++ % 4 == 0) {
			if (text[i] != sign)
				return false;
			continue;
		}
		if (!isdigit((unsigned char)text[i]) ||
			number > COUNTER_MAX / 10)
			return false;
		number = number * 10 + (text[i] - '0');
	}
	*number_r = number;
	return length > 0 && group % 4 == 0 && number <= COUNTER_MAX;
}

enum number
number_read(const struct format *f, const char *text, int64_t *number_r)
{
	size_t length;

	if (number_is_none(f, text))
		return NUMBER_NONE;
	length = without_fraction(f, text, without_unit(f, text));
	return read_digits(text, length, sign_in(f, text, length), number_r)
		? NUMBER_READ
		: NUMBER_MISFIT;
}
