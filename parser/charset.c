/*
 * iconv(3) knows hundreds of charsets, each with code of its own. Hostile
 * octets may choose among five.
 */
#include "parser/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What a mail may say, and what iconv calls it; NULL: as if undeclared, since
 * devices say us-ascii and send more. */
static const struct {
	const char *name, *iconv;
} charsets[] = {
	{ "us-ascii", NULL },
	{ "utf-8", "UTF-8" },
	{ "iso-8859-1", "ISO-8859-1" },
	{ "iso-8859-15", "ISO-8859-15" },
	{ "windows-1252", "CP1252" },
};

/* Some senders begin UTF-8 with a byte order mark, which is no text. */
static void
strip_mark(char *text)
{
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		memmove(text, text + 3, strlen(text + 3) + 1);
}

/* errno tells why not: EILSEQ, EINVAL: not of this charset. */
static int
convert(const char *from, const void *octets, size_t length, char **text_r)
{
	/* no octet of these charsets takes more than three in UTF-8 */
	size_t in_left = length, out_left = length * 3;
	char *text = malloc(out_left + 1);
	char *in = (char *)(uintptr_t)octets;
	char *out = text;
	iconv_t cd;
	size_t rc;
	int saved;

	if (text == NULL)
		return -1;
	cd = iconv_open("UTF-8", from);
	if (cd == (iconv_t)-1) {
		free(text);
		return -1;
	}
	rc = iconv(cd, &in, &in_left, &out, &out_left);
	saved = errno;
	iconv_close(cd);
	*out = '\0';
	if (rc != (size_t)-1) {
		strip_mark(text);
		*text_r = text;
		return 0;
	}
	explicit_bzero(text, (size_t)(out - text));
	free(text);
	errno = saved;
	return -1;
}

static int
failed(struct error *e)
{
	if (errno == EILSEQ || errno == EINVAL)
		return error_set(
			e, ERROR_BAD, "the text is not of its charset");
	return error_errno(e, "cannot convert text");
}

int
charset_decode(const char *charset, const void *octets, size_t length,
	char **text_r, struct error *e)
{
	const char *from = NULL;
	size_t i = 0;

	if (memchr(octets, '\0', length) != NULL)
		return error_set(e, ERROR_BAD, "NUL octet in text");
	if (charset != NULL) {
		while (i < sizeof(charsets) / sizeof(charsets[0]) &&
			strcmp(charsets[i].name, charset) != 0)
			i++;
		if (i == sizeof(charsets) / sizeof(charsets[0]))
			return error_set(
				e, ERROR_BAD, "the charset is not known");
		from = charsets[i].iconv;
	}
	if (convert(from == NULL ? "UTF-8" : from, octets, length, text_r) == 0)
		return 0;
	if (from == NULL && errno == EILSEQ &&
		convert("CP1252", octets, length, text_r) == 0)
		return 0;
	return failed(e);
}
