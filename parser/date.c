/*
 * strptime does the reading; what it is lenient about (30 February, text left
 * over) is refused here.
 */
#include "parser/date.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { HOUR = 3600, DAY = 24 * HOUR, PATTERN_SIZE = 64 };

/* Does the pattern have one of these conversions? */
static bool
has(const char *pattern, const char *conversions)
{
	for (; *pattern != '\0'; pattern++)
		if (pattern[0] == '%' && pattern[1] != '\0' &&
			strchr(conversions, *++pattern) != NULL)
			return true;
	return false;
}

bool
date_pattern_valid(const char *pattern)
{
	return has(pattern, "FDcx") ||
		(has(pattern, "de") && has(pattern, "mbB") &&
			has(pattern, "yY"));
}

static void
write_text(struct date *d, const struct tm *tm, bool time)
{
	strftime(d->text, sizeof(d->text), time ? "%Y-%m-%dT%H:%M:%S" : "%F",
		tm);
}

/* strptime knows no names of zones: %Z passes one over, which may be any. */
static const char *
read_pattern(const char *text, const char *pattern, struct tm *tm)
{
	const char *zone = strstr(pattern, "%Z");
	char before[PATTERN_SIZE];
	size_t letters;

	if (zone == NULL)
		return strptime(text, pattern, tm);
	if (!text_format(before, sizeof(before), "%.*s", (int)(zone - pattern),
		    pattern))
		return NULL;
	text = strptime(text, before, tm);
	if (text == NULL)
		return NULL;
	for (letters = 0; text[letters] >= 'A' && text[letters] <= 'Z';)
		letters++;
	return letters == 0 ? NULL : strptime(text + letters, zone + 2, tm);
}

bool
date_read(const char *text, const char *pattern, struct date *date_r)
{
	struct tm tm = { 0 };
	bool timed = has(pattern, "HIT");
	const char *end = read_pattern(text, pattern, &tm);
	time_t day, at;

	if (end == NULL || *end != '\0' ||
		text_day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &day))
		return false;
	if (!timed) {
		date_r->earliest = day - ZONE_FIRST;
		date_r->latest = day + DAY - 1 + ZONE_LAST;
		write_text(date_r, &tm, false);
		return true;
	}
	at = day + tm.tm_hour * HOUR + tm.tm_min * 60 + tm.tm_sec;
	date_r->earliest = at - ZONE_FIRST;
	date_r->latest = at + ZONE_LAST;
	write_text(date_r, &tm, true);
	if (has(pattern, "z")) {
		date_r->earliest = date_r->latest = at - tm.tm_gmtoff;
		text_time(date_r->earliest, date_r->text);
	}
	return true;
}
