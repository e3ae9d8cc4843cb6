/*
 * A charset named in a mail goes to parser/charset.c and its short list, never
 * to a library that would load a converter for it.
 */
#include "parser/word.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "parser/base64.h"
#include "parser/charset.h"

static int
hex(unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit = memchr(digits, c < 'A' ? c : c | 0x20, 16);

	return digit == NULL ? -1 : (int)(digit - digits);
}

enum buffer_result
word_unescape(struct buffer *b, struct span s, char mark)
{
	enum buffer_result rc = BUFFER_OK;
	unsigned char c;

	for (size_t i = 0; i < s.length && rc == BUFFER_OK; i++) {
		c = s.at[i];
		if (c == mark && s.length - i > 2 && hex(s.at[i + 1]) >= 0 &&
			hex(s.at[i + 2]) >= 0) {
			c = (unsigned char)(hex(s.at[i + 1]) << 4 |
				hex(s.at[i + 2]));
			i += 2;
		} else if (c == '_' && mark == '=') {
			c = ' ';
		}
		rc = buffer_append(b, &c, 1);
	}
	return rc;
}

bool
word_cut(struct span *rest, char c, struct span *before_r)
{
	const unsigned char *at = memchr(rest->at, c, rest->length);

	if (at == NULL)
		return false;
	before_r->at = rest->at;
	before_r->length = (size_t)(at - rest->at);
	rest->length -= before_r->length + 1;
	rest->at = at + 1;
	return true;
}

void
word_charset(struct span s, char charset[CHARSET_NAME_SIZE])
{
	struct span name = s;

	word_cut(&s, '*', &name);
	if (name.length >= CHARSET_NAME_SIZE)
		name.length =
			CHARSET_NAME_SIZE - 1; /* and so is none of ours */
	memcpy(charset, name.at, name.length);
	charset[name.length] = '\0';
	text_lower(charset);
}

int
word_convert(struct buffer *out, const char *charset, const struct buffer *in,
	struct error *e)
{
	enum buffer_result rc;
	char *text;

	if (in->length == 0)
		return 0;
	if (charset_decode(charset[0] == '\0' ? NULL : charset, in->data,
		    in->length, &text, e))
		return -1;
	rc = buffer_text(out, text);
	wipe_free(text);
	return rc == BUFFER_OK ? 0 : error_memory(e);
}

/* Encoded words; those of one charset may share a character. */
struct words {
	struct buffer octets; /* not yet decoded */
	char charset[CHARSET_NAME_SIZE];
	struct buffer *out;
	struct error *e;
};

static int
flush(struct words *w)
{
	int rc = word_convert(w->out, w->charset, &w->octets, w->e);

	buffer_clear(&w->octets);
	w->charset[0] = '\0';
	return rc;
}

static int
unbase64(struct words *w, struct span text)
{
	unsigned char *octets = malloc(text.length + 1);
	enum buffer_result rc = BUFFER_OK;
	long length;

	if (octets == NULL)
		return error_memory(w->e);
	length = base64_decode((const char *)text.at, text.length, octets);
	if (length > 0)
		rc = buffer_append(&w->octets, octets, (size_t)length);
	wipe_free(octets);
	if (length == -1)
		return error_set(w->e, ERROR_BAD, "no base64");
	return rc == BUFFER_OK ? 0 : error_memory(w->e);
}

/* "=?charset?B?text?=" at the front of rest. 1: taken, 0: not one. */
static int
take_word(struct words *w, struct span *rest)
{
	struct span s = *rest, charset, how, text;
	char name[CHARSET_NAME_SIZE];
	bool base64;

	if (!span_starts(s, "=?"))
		return 0;
	s.at += 2;
	s.length -= 2;
	if (!word_cut(&s, '?', &charset) || !word_cut(&s, '?', &how) ||
		!word_cut(&s, '?', &text) || s.length == 0 || s.at[0] != '=')
		return 0;
	base64 = span_equal(how, "b");
	if (charset.length == 0 || (!base64 && !span_equal(how, "q")))
		return 0;
	word_charset(charset, name);
	if (strcmp(name, w->charset) != 0 && flush(w))
		return -1;
	strcpy(w->charset, name);
	rest->at = s.at + 1;
	rest->length = s.length - 1;
	if (base64)
		return unbase64(w, text) ? -1 : 1;
	return word_unescape(&w->octets, text, '=') == BUFFER_OK
		? 1
		: error_memory(w->e);
}

/* White space between two words is none. */
static struct span
after_white(struct span rest)
{
	while (rest.length > 0 && span_is_white(rest.at[0])) {
		rest.at++;
		rest.length--;
	}
	return rest;
}

static int
read_words(struct words *w, struct span rest)
{
	bool after_word = false;
	struct span next;
	int got = 0;

	while (rest.length > 0) {
		next = after_word ? after_white(rest) : rest;
		got = take_word(w, &next);
		if (got == -1)
			return -1;
		if (got == 1) {
			rest = next;
			after_word = true;
			continue;
		}
		if (after_word && flush(w))
			return -1;
		after_word = false;
		if (buffer_append(&w->octets, rest.at, 1) != BUFFER_OK)
			return error_memory(w->e);
		rest.at++;
		rest.length--;
	}
	return flush(w);
}

int
word_decode(struct span text, struct buffer *out, struct error *e)
{
	struct words w = { .out = out, .e = e };
	int rc = read_words(&w, text);

	buffer_clear(&w.octets);
	return rc;
}
