/*
 * Small work on text that several rooms share: case, hex, time, escaping.
 * ASCII only; the locale plays no part. Nothing here allocates.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Room for "2026-11-22T12:34:56Z" and its NUL. */
enum { TEXT_TIME_SIZE = 21 };

/* RFC 3339, UTC, whole seconds. */
void text_time(time_t when, char out[TEXT_TIME_SIZE]);

/*
 * Reads an RFC 3339 date-time with its zone ("Z" or "+hh:mm"), fraction
 * ignored. Strict: real calendar dates only, years 1970 to 9999. 0 or -1.
 */
int text_time_parse(const char *text, time_t *when_r);

/* Seconds from 1970 to 00:00:00 UTC of a civil date; -1 if no such day. */
int text_day(int year, int month, int day, time_t *when_r);

/* "90", "90s", "15m", "36h", "7d", "2w" as seconds; "64k", "4M", "1G" as
 * octets. 0, or -1 for anything else and for overflow. */
int text_duration(const char *text, int64_t *seconds_r);
int text_octets(const char *text, int64_t *octets_r);

void text_upper(char *text);
void text_lower(char *text);
bool text_ascii(const char *text);
bool text_equal_nocase(const char *a, const char *b);

/* Writes 2*length lower-case hex digits and a NUL. */
void text_hex(const void *octets, size_t length, char *out);
/* Fills at most size octets; returns how many, or -1 (odd, bad digit, room). */
int text_unhex(const char *hex, unsigned char *out, size_t size);

/* Printable ASCII stays, "\" doubles, all else becomes \xNN. Cuts to size. */
void text_printable(const char *in, size_t length, char *out, size_t size);
/* Its inverse. False, and out is "", for what it never writes, for a NUL, and
 * for want of room. */
bool text_unprintable(const char *in, char *out, size_t size);

/*
 * One word for a log line: blanks, quotes, backslashes, parentheses, "%" and
 * whatever is not printable ASCII become %XX, nothing becomes "<>", so that it
 * cannot look like more than one. Cuts to size, at least 8.
 */
enum { TEXT_TOKEN_SIZE = 512 };
void text_token(const char *in, char *out, size_t size);

/*
 * The body of a JSON string (no quotes) of a printable-ASCII text: escapes
 * " and \ . Returns its length, or -1 if size is too small.
 */
int text_json(const char *in, char *out, size_t size);

/*
 * The next word of a text whose words have blanks (space, tab) between: its
 * length, and 0 at the end. *at moves behind it; *word_r is no string.
 */
size_t text_word(const char **at, const char **word_r);

/*
 * The length of the UTF-8 sequence (RFC 3629) that text begins with; 0: none.
 * iconv lets pass what is beyond U+10FFFF, and JSON then would not.
 */
size_t text_utf8(const unsigned char *text, size_t left);
/* UTF-8, and nothing that a terminal obeys or a spreadsheet takes for a line.
 */
bool text_visible(const char *text);

/* snprintf that always ends in NUL; true if all of it fitted. */
bool text_format(char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Copies; true if it fitted, else out is "". */
bool text_copy(char *out, size_t size, const char *in);

#endif
