/*
 * The names of days and months and the order of things are RFC 5322's; comments
 * and white space may stand between any two of them.
 */
#include "parser/date.h"

#include <string.h>

#include "base/text.h"
#include "parser/field.h"

enum { MINUTE = 60, HOUR = 60 * MINUTE };

/* Of least to most digits, and no more. */
static bool
number(struct span *rest, size_t least, size_t most, int *value_r)
{
	size_t count = 0;

	field_skip(rest);
	*value_r = 0;
	for (; count < rest->length && count <= most &&
		rest->at[count] >= '0' && rest->at[count] <= '9';
		count++)
		*value_r = *value_r * 10 + (rest->at[count] - '0');
	if (count < least || count > most)
		return false;
	rest->at += count;
	rest->length -= count;
	return true;
}

/* Letters; length 0 if there are none. */
static struct span
word(struct span *rest)
{
	struct span w;
	unsigned char c;

	field_skip(rest);
	for (w = *rest; rest->length > 0; rest->at++, rest->length--) {
		c = rest->at[0] | 0x20;
		if (c < 'a' || c > 'z')
			break;
	}
	w.length -= rest->length;
	return w;
}

/* The name's place in names; -1: it is none of them. */
static int
place(struct span name, const char *const *names, int count)
{
	while (count-- > 0)
		if (span_equal(name, names[count]))
			return count;
	return -1;
}

/* The day of the week: a name and a comma, or nothing. */
static bool
skip_day_name(struct span *rest)
{
	static const char *const names[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun", "Monday", "Tuesday", "Wednesday", "Thursday",
		"Friday", "Saturday", "Sunday" };
	struct span name = word(rest);

	return name.length == 0 ||
		(place(name, names, sizeof(names) / sizeof(names[0])) >= 0 &&
			field_char(rest, ','));
}

/* 4.3: two digits are of 1950 to 2049, three count from 1900. */
static bool
read_year(struct span *rest, int *year_r)
{
	const unsigned char *begin;

	field_skip(rest);
	begin = rest->at;
	if (!number(rest, 2, 4, year_r))
		return false;
	if (rest->at - begin < 4)
		*year_r += rest->at - begin == 2 && *year_r < 50 ? 2000 : 1900;
	return true;
}

static bool
read_day(struct span *rest, time_t *at_r)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int year, month, day;

	if (!number(rest, 1, 2, &day))
		return false;
	month = place(word(rest), names, sizeof(names) / sizeof(names[0]));
	return month >= 0 && read_year(rest, &year) &&
		text_day(year, month + 1, day, at_r) == 0;
}

/* Adds the time of day. Seconds may be missing, and 60 is a leap second. */
static bool
read_time(struct span *rest, time_t *at)
{
	int hour, minute, second = 0;

	if (!number(rest, 1, 2, &hour) || !field_char(rest, ':') ||
		!number(rest, 1, 2, &minute) ||
		(field_char(rest, ':') && !number(rest, 1, 2, &second)) ||
		hour > 23 || minute > 59 || second > 60)
		return false;
	*at += hour * HOUR + minute * MINUTE + second;
	return true;
}

/* "+hhmm", no farther from UTC than a zone is. */
static bool
read_offset(struct span *rest, int sign, int *offset_r)
{
	int value;

	if (!number(rest, 4, 4, &value) || value % 100 > 59 || value > 1400)
		return false;
	*offset_r = sign * (value / 100 * HOUR + value % 100 * MINUTE);
	return true;
}

/*
 * A name of a zone. *known_r false: it is one letter, which was read in two
 * ways (4.3), or a name of up to five that is no standard's.
 */
static bool
read_zone_name(struct span name, int *offset_r, bool *known_r)
{
	static const struct {
		const char *name;
		int hours;
	} rows[] = { { "UT", 0 }, { "GMT", 0 }, { "UTC", 0 }, { "Z", 0 },
		{ "EDT", -4 }, { "EST", -5 }, { "CDT", -5 }, { "CST", -6 },
		{ "MDT", -6 }, { "MST", -7 }, { "PDT", -7 }, { "PST", -8 } };

	*known_r = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_equal(name, rows[i].name)) {
			*offset_r = rows[i].hours * HOUR;
			return true;
		}
	*known_r = false;
	*offset_r = 0;
	return name.length > 0 && name.length <= 5 && !span_equal(name, "J");
}

static bool
read_zone(struct span *rest, int *offset_r, bool *known_r)
{
	*known_r = true;
	if (field_char(rest, '+'))
		return read_offset(rest, 1, offset_r);
	if (field_char(rest, '-'))
		return read_offset(rest, -1, offset_r);
	return read_zone_name(word(rest), offset_r, known_r);
}

bool
date_read_mail(const char *text, struct date *date_r)
{
	struct span rest = { (const unsigned char *)text, strlen(text) };
	char utc[TEXT_TIME_SIZE];
	bool known;
	time_t at;
	int offset;

	if (!skip_day_name(&rest) || !read_day(&rest, &at) ||
		!read_time(&rest, &at) || !read_zone(&rest, &offset, &known))
		return false;
	field_skip(&rest);
	if (rest.length > 0)
		return false;
	at -= offset;
	date_r->earliest = at - (known ? 0 : ZONE_FIRST);
	date_r->latest = at + (known ? 0 : ZONE_LAST);
	text_time(at, utc);
	text_format(date_r->text, sizeof(date_r->text), "%.*s", known ? 20 : 19,
		utc);
	return true;
}
