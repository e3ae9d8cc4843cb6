/*
 * No library of Debian reads RTF and is kept up. What devices write is plain:
 * groups, control words, and octets of a charset that fonts may change. Each
 * octet is looked at once; groups are a stack of bounded depth; pictures and
 * objects are passed over.
 */
#include "parser/formats/rtf.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/wipe.h"
#include "parser/charset.h"

enum { DEPTH_MAX = 64, FONTS_MAX = 64, WORD_MAX = 32 };

/* What a group changes until it ends. */
struct group {
	bool silent, fonts; /* not text; the table of fonts */
	long font, instead; /* characters that stand for one in Unicode */
};

struct rtf {
	const char *at, *end;
	struct buffer out, run; /* run: not yet converted, of one charset */
	const char *charset;    /* the document's */
	struct {
		long number;
		const char *charset;
	} fonts[FONTS_MAX];
	size_t font_count;
	struct group groups[DEPTH_MAX];
	size_t depth;
	long skip; /* characters that stand for the last one in Unicode */
	struct error *e;
};

static const struct {
	long number;
	const char *charset;
} code_pages[] = { { 932, "shift_jis" }, { 936, "gb18030" }, { 949, "euc-kr" },
	{ 950, "big5" }, { 1250, "windows-1250" }, { 1251, "windows-1251" },
	{ 1254, "windows-1254" }, { 65001, "utf-8" } },
  font_charsets[] = { { 128, "shift_jis" }, { 129, "euc-kr" },
	  { 134, "gb18030" }, { 136, "big5" }, { 162, "windows-1254" },
	  { 204, "windows-1251" }, { 238, "windows-1250" } };

static const char *
code_page(long number)
{
	for (size_t i = 0; i < sizeof(code_pages) / sizeof(code_pages[0]); i++)
		if (code_pages[i].number == number)
			return code_pages[i].charset;
	return "windows-1252";
}

static const char *
font_charset(long number)
{
	for (size_t i = 0; i < sizeof(font_charsets) / sizeof(font_charsets[0]);
		i++)
		if (font_charsets[i].number == number)
			return font_charsets[i].charset;
	return NULL;
}

static struct group *
group(struct rtf *r)
{
	return &r->groups[r->depth];
}

static int
put(struct rtf *r, struct buffer *to, const void *octets, size_t length)
{
	switch (buffer_append(to, octets, length)) {
	case BUFFER_OK:
		return 0;
	case BUFFER_FULL:
		return error_set(
			r->e, ERROR_LIMIT, "the text of RTF is too long");
	case BUFFER_NOMEM:
		break;
	}
	return error_memory(r->e);
}

static const char *
charset_now(const struct rtf *r)
{
	for (size_t i = 0; i < r->font_count; i++)
		if (r->fonts[i].number == r->groups[r->depth].font &&
			r->fonts[i].charset != NULL)
			return r->fonts[i].charset;
	return r->charset;
}

/* What is of one charset is converted at once. */
static int
end_run(struct rtf *r)
{
	char *text;
	int rc;

	if (r->run.length == 0)
		return 0;
	if (charset_decode(
		    charset_now(r), r->run.data, r->run.length, &text, r->e))
		return -1;
	rc = put(r, &r->out, text, strlen(text));
	wipe_free(text);
	r->run.length = 0;
	return rc;
}

static int
put_text(struct rtf *r, char octet)
{
	if (r->skip > 0) {
		r->skip--;
		return 0;
	}
	return group(r)->silent ? 0 : put(r, &r->run, &octet, 1);
}

static int
put_mark(struct rtf *r, const char *mark)
{
	if (group(r)->silent)
		return 0;
	return end_run(r) || put(r, &r->out, mark, 1) ? -1 : 0;
}

static int
put_unicode(struct rtf *r, long code)
{
	const unsigned int c = (unsigned int)(code < 0 ? code + 65536 : code);
	const unsigned char octets[3] = { (unsigned char)(0xe0 | c >> 12),
		(unsigned char)(0x80 | (c >> 6 & 0x3f)),
		(unsigned char)(0x80 | (c & 0x3f)) };
	const unsigned char two[2] = { (unsigned char)(0xc0 | c >> 6),
		octets[2] };

	r->skip = group(r)->instead;
	if (group(r)->silent)
		return 0;
	if (c == 0 || c > 0xffff || (c >= 0xd800 && c <= 0xdfff))
		return error_set(r->e, ERROR_BAD, "RTF with no character");
	if (end_run(r))
		return -1;
	if (c < 0x80)
		return put(r, &r->out, (char[]){ (char)c }, 1);
	return c < 0x800 ? put(r, &r->out, two, 2) : put(r, &r->out, octets, 3);
}

static int
set_font(struct rtf *r, long number)
{
	if (group(r)->fonts && r->font_count < FONTS_MAX) {
		r->fonts[r->font_count].number = number;
		r->fonts[r->font_count++].charset = NULL;
	}
	if (end_run(r))
		return -1;
	group(r)->font = number;
	return 0;
}

/* What words mean; the others are of the looks. */
enum action {
	MARK,
	SILENCE,
	FONTS,
	FONT,
	CHARSET,
	PAGE,
	CODE,
	INSTEAD,
	BINARY
};

static const struct {
	const char *word;
	enum action action;
	const char *mark;
} words[] = {
	{ "par", MARK, "\n" },
	{ "line", MARK, "\n" },
	{ "sect", MARK, "\n" },
	{ "page", MARK, "\n" },
	{ "row", MARK, "\n" },
	{ "tab", MARK, "\t" },
	{ "cell", MARK, "\t" },
	{ "fonttbl", FONTS, NULL },
	{ "colortbl", SILENCE, NULL },
	{ "stylesheet", SILENCE, NULL },
	{ "info", SILENCE, NULL },
	{ "pict", SILENCE, NULL },
	{ "object", SILENCE, NULL },
	{ "f", FONT, NULL },
	{ "fcharset", CHARSET, NULL },
	{ "ansicpg", PAGE, NULL },
	{ "u", CODE, NULL },
	{ "uc", INSTEAD, NULL },
	{ "bin", BINARY, NULL },
};

static int
act(struct rtf *r, size_t i, long number)
{
	switch (words[i].action) {
	case MARK:
		return put_mark(r, words[i].mark);
	case FONTS:
		group(r)->fonts = true;
		group(r)->silent = true;
		break;
	case SILENCE:
		group(r)->silent = true;
		break;
	case FONT:
		return set_font(r, number);
	case CHARSET:
		if (group(r)->fonts && r->font_count > 0)
			r->fonts[r->font_count - 1].charset =
				font_charset(number);
		break;
	case PAGE:
		r->charset = code_page(number);
		break;
	case CODE:
		return put_unicode(r, number);
	case INSTEAD:
		group(r)->instead = number >= 0 && number <= 4 ? number : 1;
		break;
	case BINARY:
		if (number > 0)
			r->at += number < r->end - r->at ? number
							 : r->end - r->at;
		break;
	}
	return 0;
}

/* A control word; at is at its first letter. */
static int
take_word(struct rtf *r)
{
	char word[WORD_MAX + 1];
	size_t length = 0;
	long number = 0, sign = 1;

	while (r->at < r->end && isalpha((unsigned char)*r->at)) {
		if (length < WORD_MAX)
			word[length++] = *r->at;
		r->at++;
	}
	word[length] = '\0';
	if (r->at < r->end && *r->at == '-') {
		sign = -1;
		r->at++;
	}
	for (; r->at < r->end && isdigit((unsigned char)*r->at); r->at++)
		if (number < 100000000)
			number = number * 10 + (*r->at - '0');
	if (r->at < r->end && *r->at == ' ')
		r->at++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return act(r, i, sign * number);
	return 0;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An octet in hex; at is behind the apostrophe. */
static int
take_octet(struct rtf *r)
{
	int high, low;

	if (r->end - r->at < 2)
		return error_set(r->e, ERROR_BAD, "RTF that is cut off");
	high = hex(r->at[0]);
	low = hex(r->at[1]);
	r->at += 2;
	if (high == -1 || low == -1 || (high == 0 && low == 0))
		return error_set(
			r->e, ERROR_BAD, "RTF with an octet of no hex");
	return put_text(r, (char)(high << 4 | low));
}

/* Behind a backslash. */
static int
take_control(struct rtf *r)
{
	char c;

	if (r->at == r->end)
		return 0;
	if (isalpha((unsigned char)*r->at))
		return take_word(r);
	c = *r->at++;
	switch (c) {
	case '\'':
		return take_octet(r);
	case '*':
		group(r)->silent = true;
		return 0;
	case '~':
		return put_text(r, ' ');
	case '_':
		return put_text(r, '-');
	case '\\':
	case '{':
	case '}':
		return put_text(r, c);
	case '\r':
	case '\n':
		return put_mark(r, "\n");
	default:
		return 0;
	}
}

static int
open_group(struct rtf *r)
{
	if (r->depth + 1 == DEPTH_MAX)
		return error_set(r->e, ERROR_LIMIT, "RTF is nested too deep");
	if (end_run(r))
		return -1;
	r->groups[r->depth + 1] = r->groups[r->depth];
	r->depth++;
	r->skip = 0;
	return 0;
}

static int
close_group(struct rtf *r)
{
	if (end_run(r))
		return -1;
	r->skip = 0;
	r->depth -= r->depth > 0;
	return 0;
}

static int
take_all(struct rtf *r)
{
	int rc = 0;

	while (rc == 0 && r->at < r->end) {
		const char c = *r->at++;

		if (c == '{')
			rc = open_group(r);
		else if (c == '}')
			rc = close_group(r);
		else if (c == '\\')
			rc = take_control(r);
		else if (c == '\0')
			rc = error_set(r->e, ERROR_BAD, "NUL octet in RTF");
		else if (c != '\r' && c != '\n')
			rc = put_text(r, c);
	}
	return rc == 0 ? end_run(r) : -1;
}

int
rtf_text(const void *octets, size_t length, size_t limit, char **text_r,
	struct error *e)
{
	struct rtf r = { .at = octets,
		.end = (const char *)octets + length,
		.out.limit = limit,
		.run.limit = limit,
		.charset = "windows-1252",
		.groups[0].instead = 1,
		.groups[0].font = -1,
		.e = e };
	int rc = 0;

	*text_r = NULL;
	if (length < 5 || memcmp(octets, "{\\rtf", 5) != 0)
		return error_set(e, ERROR_BAD, "it is no RTF");
	rc = take_all(&r);
	if (rc == 0) {
		*text_r = strndup(
			r.out.length == 0 ? "" : (const char *)r.out.data,
			r.out.length);
		if (*text_r == NULL)
			rc = error_memory(e);
	}
	buffer_clear(&r.out);
	buffer_clear(&r.run);
	return rc;
}
