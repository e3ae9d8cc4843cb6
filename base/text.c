/*
 * Text helpers without locale, allocation or surprises.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* 10000-01-01T00:00:00Z, the first moment with a year of five digits. */
#define TEXT_TIME_END ((time_t)253402300800)

void
text_time(time_t when, char out[TEXT_TIME_SIZE])
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || tm.tm_year > 9999 - 1900 ||
		strftime(out, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(out, "0000-00-00T00:00:00Z");
}

int
text_day(int year, int month, int day, time_t *when_r)
{
	struct tm tm = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day
	};
	time_t when;

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 ||
		day > 31)
		return -1;
	when = timegm(&tm);
	/* timegm turns 31 February into a day in March; we do not. */
	if (tm.tm_mday != day || tm.tm_mon != month - 1)
		return -1;
	*when_r = when;
	return 0;
}

/* Reads exactly count digits at *p. */
static int
digits(const char **p, int count, int *value_r)
{
	int value = 0;

	for (; count > 0; count--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		value = value * 10 + (**p - '0');
	}
	*value_r = value;
	return 0;
}

static int
expect(const char **p, const char *set)
{
	if (**p == '\0' || strchr(set, **p) == NULL)
		return -1;
	(*p)++;
	return 0;
}

static int
zone(const char **p, int *seconds_r)
{
	int sign, hour, minute;

	*seconds_r = 0;
	if (expect(p, "Zz") == 0)
		return 0;
	sign = **p == '-' ? -1 : 1;
	if (expect(p, "+-") || digits(p, 2, &hour) || expect(p, ":") ||
		digits(p, 2, &minute) || hour > 23 || minute > 59)
		return -1;
	*seconds_r = sign * (hour * 3600 + minute * 60);
	return 0;
}

int
text_time_parse(const char *text, time_t *when_r)
{
	const char *p = text;
	int year, month, day, hour, minute, second, offset;
	time_t midnight;

	if (digits(&p, 4, &year) || expect(&p, "-") || digits(&p, 2, &month) ||
		expect(&p, "-") || digits(&p, 2, &day) || expect(&p, "Tt ") ||
		digits(&p, 2, &hour) || expect(&p, ":") ||
		digits(&p, 2, &minute) || expect(&p, ":") ||
		digits(&p, 2, &second))
		return -1;
	if (*p == '.') {
		p++;
		if (expect(&p, "0123456789"))
			return -1;
		p += strspn(p, "0123456789");
	}
	if (hour > 23 || minute > 59 || second > 60 || zone(&p, &offset) ||
		*p != '\0' || text_day(year, month, day, &midnight))
		return -1;
	/* A zone may lead out of the years that can be written again. */
	*when_r = midnight + hour * 3600 + minute * 60 + second - offset;
	return *when_r >= 0 && *when_r < TEXT_TIME_END ? 0 : -1;
}

/* A decimal number and one optional unit letter. */
static int
scaled(const char *text, const char *units, const int64_t *factors,
	int64_t *value_r)
{
	int64_t value = 0;
	const char *unit;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (value > INT64_MAX / 10 - 1)
			return -1;
		value = value * 10 + (*text - '0');
	}
	if (*text != '\0') {
		unit = strchr(units, *text);
		if (unit == NULL || text[1] != '\0' ||
			value > INT64_MAX / factors[unit - units])
			return -1;
		value *= factors[unit - units];
	}
	*value_r = value;
	return 0;
}

int
text_duration(const char *text, int64_t *seconds_r)
{
	static const int64_t factors[] = { 1, 60, 3600, 86400, 604800 };

	return scaled(text, "smhdw", factors, seconds_r);
}

int
text_octets(const char *text, int64_t *octets_r)
{
	static const int64_t factors[] = { 1 << 10, 1 << 10, 1 << 20, 1 << 20,
		1 << 30, 1 << 30 };

	return scaled(text, "kKmMgG", factors, octets_r);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

void
text_upper(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - ('a' - 'A'));
}

void
text_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = lower(*text);
}

bool
text_ascii(const char *text)
{
	while (*text != '\0' && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}

bool
text_equal_nocase(const char *a, const char *b)
{
	for (; *a != '\0' && lower(*a) == lower(*b); a++, b++)
		;
	return lower(*a) == lower(*b);
}

void
text_hex(const void *octets, size_t length, char *out)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *in = octets;

	for (size_t i = 0; i < length; i++) {
		*out++ = hex[in[i] >> 4];
		*out++ = hex[in[i] & 15];
	}
	*out = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
text_unhex(const char *hex, unsigned char *out, size_t size)
{
	size_t length = strlen(hex);
	size_t i;

	if (length % 2 != 0 || length / 2 > size)
		return -1;
	for (i = 0; i < length / 2; i++) {
		int high = nibble(hex[2 * i]);
		int low = nibble(hex[2 * i + 1]);

		if (high == -1 || low == -1)
			return -1;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return (int)i;
}

void
text_printable(const char *in, size_t length, char *out, size_t size)
{
	char *end = out + size - 5; /* room for one \xNN and the NUL */

	for (; length > 0 && out < end; in++, length--) {
		unsigned char c = (unsigned char)*in;

		if (c == '\\') {
			*out++ = '\\';
			*out++ = '\\';
		} else if (c >= 0x20 && c < 0x7f) {
			*out++ = (char)c;
		} else {
			*out++ = '\\';
			*out++ = 'x';
			text_hex(&c, 1, out);
			out += 2;
		}
	}
	*out = '\0';
}

/* One octet as text_printable writes it; *in moves behind it. 0: none. */
static unsigned char
unescape(const char **in)
{
	const char *p = *in;
	int high, low;

	*in = p + 1;
	if (*p != '\\')
		return *p >= 0x20 && *p < 0x7f ? (unsigned char)*p : 0;
	if (p[1] == '\\') {
		*in = p + 2;
		return '\\';
	}
	high = p[1] == 'x' ? nibble(p[2]) : -1;
	low = high != -1 ? nibble(p[3]) : -1;
	if (low == -1)
		return 0;
	*in = p + 4;
	return (unsigned char)(high << 4 | low);
}

bool
text_unprintable(const char *in, char *out, size_t size)
{
	size_t used = 0;
	unsigned char c = 1;

	while (*in != '\0' && c != 0 && used + 1 < size) {
		c = unescape(&in);
		out[used++] = (char)c;
	}
	if (c == 0 || *in != '\0')
		used = 0;
	out[used] = '\0';
	return c != 0 && (used != 0 || *in == '\0');
}

void
text_token(const char *in, char *out, size_t size)
{
	char *end = out + size - 4; /* room for one %XX and the NUL */

	if (*in == '\0')
		in = "<>";
	for (; *in != '\0' && out < end; in++) {
		unsigned char c = (unsigned char)*in;

		if (c > 0x20 && c < 0x7f && strchr("\"\\()%", c) == NULL) {
			*out++ = (char)c;
			continue;
		}
		*out++ = '%';
		text_hex(&c, 1, out);
		out += 2;
	}
	*out = '\0';
}

int
text_json(const char *in, char *out, size_t size)
{
	size_t used = 0;

	for (; *in != '\0'; in++) {
		if (used + 3 > size)
			return -1;
		if (*in == '"' || *in == '\\')
			out[used++] = '\\';
		out[used++] = *in;
	}
	if (used >= size)
		return -1;
	out[used] = '\0';
	return (int)used;
}

size_t
text_word(const char **at, const char **word_r)
{
	size_t length;

	*word_r = *at + strspn(*at, " \t");
	length = strcspn(*word_r, " \t");
	*at = *word_r + length;
	return length;
}

size_t
text_utf8(const unsigned char *text, size_t left)
{
	static const struct {
		unsigned char first, last; /* of the first octet */
		unsigned char low, high;   /* of the second */
		size_t length;
	} rows[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i;

	if (text[0] < 0x80)
		return 1;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text[0] >= rows[i].first && text[0] <= rows[i].last)
			break;
	if (i == sizeof(rows) / sizeof(rows[0]) || left < rows[i].length ||
		text[1] < rows[i].low || text[1] > rows[i].high)
		return 0;
	for (size_t j = 2; j < rows[i].length; j++)
		if ((text[j] & 0xc0) != 0x80)
			return 0;
	return rows[i].length;
}

bool
text_visible(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text), step;

	for (; left > 0; at += step, left -= step) {
		step = text_utf8(at, left);
		if (step == 0 || *at < ' ' || *at == 0x7f ||
			(*at == 0xc2 && at[1] < 0xa0))
			return false;
	}
	return true;
}

bool
text_format(char *out, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(out, size, fmt, args);
	va_end(args);
	return length >= 0 && (size_t)length < size;
}

bool
text_copy(char *out, size_t size, const char *in)
{
	size_t length = strlen(in);

	if (length >= size) {
		out[0] = '\0';
		return false;
	}
	memcpy(out, in, length + 1);
	return true;
}
