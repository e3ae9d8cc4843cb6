/*
 * A label may hold what else ends one ("T:Total PrtPGS"), and devices write
 * dots and blanks behind it, and even an escape before the separator.
 */
#include "parser/formats/known.h"

#include <ctype.h>
#include <string.h>

/* So many dots lead to a value as a separator does. */
enum { LEADERS_MIN = 3 };

static bool
is_blank(const struct format *f, char c)
{
	return c == ' ' ||
		(strchr("\t\r\n", c) != NULL && c != '\0' &&
			strchr(f->separators, c) == NULL);
}

const char *
known_match(const char *text, const char *label)
{
	for (; *label != '\0'; label++) {
		if (*label == ' ' && strchr(" \t\r\n", *text) != NULL &&
			*text != '\0') {
			text += strspn(text, " \t\r\n");
			continue;
		}
		if (tolower((unsigned char)*text) !=
			tolower((unsigned char)*label))
			return NULL;
		text++;
	}
	return text;
}

/* The value's beginning behind a separator; NULL: there is none. */
static const char *
behind(const struct format *f, const char *text)
{
	const char *at = text;
	size_t dots;

	while (is_blank(f, *at))
		at++;
	dots = strspn(at, "._");
	if (dots > 1)
		at += dots;
	if (dots >= LEADERS_MIN && strchr(f->separators, *at) == NULL)
		return at;
	while (is_blank(f, *at))
		at++;
	if (at[0] == '\\' && at[1] != '\0')
		at++;
	if (*at != '\0' && strchr(f->separators, *at) != NULL)
		return at + 1;
	return f->columns && strncmp(text, "  ", 2) == 0 && *at != '\0' &&
			*at != '\n'
		? at
		: NULL;
}

const char *
known_label(const struct format *f, const char *text, size_t *length_r,
	const struct label_rule **rule_r)
{
	const char *end, *value, *found = NULL, *label;

	*length_r = 0;
	*rule_r = NULL;
	if (!f->first_part[tolower((unsigned char)text[0])])
		return NULL;
	for (size_t i = 0; i < f->rule_count; i++) {
		label = f->rules[i].label + f->rules[i].leaf;
		end = known_match(text, label);
		if (end == NULL || (size_t)(end - text) <= *length_r)
			continue;
		value = behind(f, end);
		if (value == NULL)
			continue;
		found = value;
		*length_r = (size_t)(end - text);
		*rule_r = &f->rules[i];
	}
	return found;
}

/* Is the colon at text[at] one of a time of day, 07:10? */
static bool
is_time(const char *text, size_t at)
{
	size_t digits = 0;

	if (text[at] != ':' || !isdigit((unsigned char)text[at + 1]) ||
		!isdigit((unsigned char)text[at + 2]))
		return false;
	while (digits < at && isdigit((unsigned char)text[at - digits - 1]))
		digits++;
	return digits > 0 && digits <= 2 &&
		(digits == at || strchr(" T:", text[at - digits - 1]) != NULL);
}

const char *
any_label(const struct format *f, const char *text, size_t *length_r)
{
	size_t at;

	for (at = 0;
		at <= NAME_LENGTH_MAX && text[at] != '\0' && text[at] != '\n';
		at++) {
		if (strchr(f->separators, text[at]) != NULL &&
			!is_time(text, at)) {
			*length_r = at;
			return at == 0 ? NULL : text + at + 1;
		}
		if (at > 0 &&
			(strncmp(text + at, "....", 4) == 0 ||
				(f->columns &&
					strncmp(text + at, "  ", 2) == 0))) {
			*length_r = at;
			return behind(f, text + at);
		}
	}
	return NULL;
}

const struct label_rule *
known_line(const struct format *f, const char *line)
{
	const char *end, *label;

	line += strspn(line, " \t");
	for (size_t i = 0; i < f->rule_count; i++) {
		label = f->rules[i].label + f->rules[i].leaf;
		end = known_match(line, label);
		if (end != NULL && end[strspn(end, " \t\r:=")] == '\0')
			return &f->rules[i];
	}
	return NULL;
}
