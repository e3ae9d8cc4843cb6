/*
 * "03/04/26" is a day in March to one device and one in April to the next, as
 * their administrators set it. What decides, in this order: what is
 * registered of the device, and which of the days is near the mail's own date.
 */
#include "parser/formats/dated.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { TEXT_MAX = 128, AHEAD_MAX = 366 * 24 * 3600, MUCH_FURTHER = 4 };

/* What one pattern makes of a text. */
struct candidate {
	struct date date;
	enum date_order order;
};

static const char *const english_months[12] = { "Jan", "Feb", "Mar", "Apr",
	"May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const english_days[7] = { "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat", "Sun" };

/* German, French, Spanish, Italian, Portuguese, Dutch, Polish, Turkish. */
static const char *const other_months[][12] = {
	{ "januar", "februar", "märz", "april", "mai", "juni", "juli", "august",
		"september", "oktober", "november", "dezember" },
	{ "jän", "feber", "mär", "apr", "mai", "jun", "jul", "aug", "sept",
		"okt", "nov", "dez" },
	{ "jänner", "feb", "mrz", "apr", "mai", "jun", "jul", "aug", "sep",
		"okt", "nov", "dez" },
	{ "janvier", "février", "mars", "avril", "mai", "juin", "juillet",
		"août", "septembre", "octobre", "novembre", "décembre" },
	{ "janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept",
		"oct", "nov", "déc" },
	{ "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio",
		"agosto", "septiembre", "octubre", "noviembre", "diciembre" },
	{ "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "set", "oct",
		"nov", "dic" },
	{ "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
		"luglio", "agosto", "settembre", "ottobre", "novembre",
		"dicembre" },
	{ "gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott",
		"nov", "dic" },
	{ "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho",
		"agosto", "setembro", "outubro", "novembro", "dezembro" },
	{ "jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out",
		"nov", "dez" },
	{ "januari", "februari", "maart", "april", "mei", "juni", "juli",
		"augustus", "september", "oktober", "november", "december" },
	{ "jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt",
		"nov", "dec" },
	{ "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca",
		"sierpnia", "września", "października", "listopada",
		"grudnia" },
	{ "styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec",
		"sierpień", "wrzesień", "październik", "listopad", "grudzień" },
	{ "sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź",
		"lis", "gru" },
	{ "ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz",
		"ağustos", "eylül", "ekim", "kasım", "aralık" },
	{ "oca", "şub", "mar", "nis", "may", "haz", "tem", "ağu", "eyl", "eki",
		"kas", "ara" },
};

/* The English for a word of the file's, or NULL. */
static const char *
english(const struct words *words, const char *const *names, size_t count,
	const char *word, size_t length)
{
	for (size_t i = 0; i < words->count; i++)
		if (strlen(words->rows[i]) == length &&
			strncasecmp(words->rows[i], word, length) == 0)
			return names[i % count];
	return NULL;
}

/* An octet of UTF-8 in lower case, as far as these names need it. */
static char
lower(char before, char octet)
{
	const unsigned char c = (unsigned char)octet;

	if (before == '\xc3')
		return c >= 0x80 && c <= 0x9e ? (char)(c + 0x20) : octet;
	if (before == '\xc4' || before == '\xc5')
		return strchr("\x9a\x9e\xb9\x83", c) != NULL ? (char)(c + 1)
							     : octet;
	return (char)tolower(c);
}

/* The English for a month's name in one of the languages above, or NULL. */
static const char *
english_month(const char *word, size_t length)
{
	enum { COUNT = sizeof(other_months) / sizeof(other_months[0][0]) };
	const char first = lower('\0', word[0]);
	size_t same;

	for (size_t i = 0; length >= 3 && i < COUNT; i++) {
		const char *name = other_months[i / 12][i % 12];

		if (name[0] != first || strlen(name) != length)
			continue;
		for (same = 1; same < length; same++)
			if (lower(word[same - 1], word[same]) != name[same])
				break;
		if (same == length)
			return english_months[i % 12];
	}
	return NULL;
}

static size_t
word_length(const char *text)
{
	size_t length = 0;

	while (isalpha((unsigned char)text[length]) ||
		((unsigned char)text[length] & 0x80) != 0)
		length++;
	return length;
}

/* Is at the "." of "04.889", of which strptime knows nothing? */
static size_t
fraction(const char *text, const char *at)
{
	size_t digits = strspn(at + 1, "0123456789");

	return *at == '.' && digits >= 3 && at - text >= 6 && at[-3] == ':'
		? digits + 1
		: 0;
}

/* Writes text as strptime reads it; false: too long. */
static bool
translate(const struct format *f, const char *text, char out[TEXT_MAX])
{
	const char *at = text, *name;
	size_t length, used = 0;

	while (*at != '\0') {
		length = word_length(at);
		name = english(&f->months, english_months, 12, at, length);
		if (name == NULL)
			name = english(&f->days, english_days, 7, at, length);
		if (name == NULL)
			name = english_month(at, length);
		at += fraction(text, at);
		if (length == 0 && *at != '\0')
			length = 1;
		if (used + (length > 3 ? length : 3) + 1 >= TEXT_MAX)
			return false;
		memcpy(out + used, name != NULL ? name : at,
			name != NULL ? 3 : length);
		used += name != NULL ? 3 : length;
		at += length;
	}
	out[used] = '\0';
	return true;
}

/* Where the pattern has one of these conversions; NULL: nowhere. */
static const char *
conversion(const char *pattern, const char *which)
{
	for (; *pattern != '\0'; pattern++)
		if (pattern[0] == '%' && pattern[1] != '\0' &&
			strchr(which, *++pattern) != NULL)
			return pattern;
	return NULL;
}

static enum date_order
order_of(const char *pattern)
{
	const char *year = conversion(pattern, "yYc");
	const char *month = conversion(pattern, "mbBhc");
	const char *day = conversion(pattern, "dec");

	if (conversion(pattern, "F") != NULL)
		return ORDER_YMD;
	if (conversion(pattern, "Dx") != NULL)
		return ORDER_MDY;
	if (year == NULL || month == NULL || day == NULL)
		return ORDER_UNKNOWN;
	if (year < month)
		return ORDER_YMD;
	return day < month ? ORDER_DMY : ORDER_MDY;
}

/* Are there patterns of several orders? Then a day may be found that was never
 * meant: 31/02/23 as one in 2031. */
static bool
has_orders(const struct format *f)
{
	for (size_t i = 1; i < f->dates.count; i++)
		if (order_of(f->dates.rows[i]) != order_of(f->dates.rows[0]))
			return true;
	return false;
}

/* All that the patterns make of text before latest, each day once. */
static size_t
candidates(const struct format *f, const char *text, enum date_order order,
	int64_t latest, struct candidate found[ORDER_YMD + 1])
{
	char english_text[TEXT_MAX];
	size_t count = 0, same;
	struct candidate c;

	if (!translate(f, text, english_text))
		return 0;
	for (size_t i = 0; i < f->dates.count; i++) {
		c.order = order_of(f->dates.rows[i]);
		if ((order != ORDER_UNKNOWN && c.order != order) ||
			!date_read(english_text, f->dates.rows[i], &c.date) ||
			c.date.earliest > latest)
			continue;
		for (same = 0; same < count; same++)
			if (strcmp(found[same].date.text, c.date.text) == 0)
				break;
		if (same == count && count <= ORDER_YMD)
			found[count++] = c;
	}
	return count;
}

bool
dated_fits(const struct format *f, const char *text)
{
	struct candidate found[ORDER_YMD + 1];

	return candidates(f, text, ORDER_UNKNOWN, INT64_MAX, found) > 0;
}

static int64_t
mailed(const struct reading_source *source)
{
	return source->mail_date != 0 ? source->mail_date : source->now;
}

/* Seconds between a day and the mail. */
static int64_t
distance(const struct candidate *c, int64_t at)
{
	if (c->date.latest < at)
		return at - c->date.latest;
	return c->date.earliest > at ? c->date.earliest - at : 0;
}

/*
 * Which of several is the one near the mail's date? It lies within the window,
 * and no other does; or, if none does, the others are much further off. NULL:
 * nobody can say.
 */
static const struct candidate *
nearest(const struct candidate *found, size_t count,
	const struct reading_source *source)
{
	const struct candidate *near = &found[0];
	int64_t least = INT64_MAX, second = INT64_MAX, now;

	for (size_t i = 0; i < count; i++) {
		now = distance(&found[i], mailed(source));
		if (now < least) {
			second = least;
			least = now;
			near = &found[i];
		} else if (now < second) {
			second = now;
		}
	}
	if (least <= source->window)
		return second > source->window ? near : NULL;
	return second / MUCH_FURTHER >= least ? near : NULL;
}

int
dated_read(const struct format *f, const char *text,
	const struct reading_source *source, const struct device_hint *hint,
	struct date *date_r, struct error *e)
{
	struct candidate found[ORDER_YMD + 1];
	const struct candidate *one;
	int64_t latest = INT64_MAX;
	size_t count;

	if (mailed(source) != 0 && has_orders(f))
		latest = mailed(source) + AHEAD_MAX;
	count = candidates(f, text, hint->order, latest, found);
	if (count == 0 && hint->order != ORDER_UNKNOWN)
		count = candidates(f, text, ORDER_UNKNOWN, latest, found);
	if (count == 0)
		return error_set(e, ERROR_BAD, "is no date of this format");
	one = &found[0];
	if (count > 1 && source->window > 0)
		one = nearest(found, count, source);
	if (one == NULL)
		return error_set(e, ERROR_BAD,
			"may be %s or %s (csrcadm device set --date-order)",
			found[0].date.text, found[1].date.text);
	*date_r = one->date;
	return 0;
}
