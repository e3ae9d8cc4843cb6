/*
 * Dates as mails and makers write them, as an interval: a date without zone
 * may mean any zone's, one without time any moment of its day.
 */
#ifndef PARSER_DATE_H
#define PARSER_DATE_H

#include <stdbool.h>
#include <time.h>

enum {
	DATE_TEXT_SIZE = 32,
	ZONE_FIRST = 14 * 3600, /* where a day begins first: UTC+14 */
	ZONE_LAST = 12 * 3600   /* and last: UTC-12 */
};

/* In which order a device writes the numbers of a date. */
enum date_order { ORDER_UNKNOWN, ORDER_DMY, ORDER_MDY, ORDER_YMD };

struct date {
	time_t earliest, latest;
	/* RFC 3339 without what the text did not say: "2023-06-01",
	 * "2023-06-01T07:10:04", "2023-06-01T07:10:04Z" (then in UTC) */
	char text[DATE_TEXT_SIZE];
};

/* Does pattern, as of strptime(3), name day, month and year? */
bool date_pattern_valid(const char *pattern);
/* Reads text, all of it. False: it does not fit, or is no day of a calendar. */
bool date_read(const char *text, const char *pattern, struct date *date_r);
/*
 * The Date field of RFC 5322, 3.3, and what 4.3 calls obsolete and wants
 * understood. A zone by a name that is none of theirs may be any zone.
 */
bool date_read_mail(const char *text, struct date *date_r);

#endif
