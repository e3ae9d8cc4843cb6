/*
 * iconv(3) knows hundreds of charsets, each with code of its own. Hostile
 * octets may choose among those that
 * devices are known to write.
 */
#include "parser/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"

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
	{ "iso-8859-2", "ISO-8859-2" },
	{ "iso-8859-9", "ISO-8859-9" },
	{ "windows-1250", "CP1250" },
	{ "windows-1251", "CP1251" },
	{ "windows-1254", "CP1254" },
	{ "shift_jis", "CP932" },
	{ "iso-2022-jp", "ISO-2022-JP" },
	{ "euc-jp", "EUC-JP" },
	{ "euc-kr", "UHC" },
	{ "gb18030", "GB18030" },
	{ "big5", "CP950" },
	{ "utf-16", "UTF-16" },
	{ "utf-16le", "UTF-16LE" },
	{ "utf-16be", "UTF-16BE" },
	/* what programs write for them */
	{ "ascii", NULL },
	{ "ansi_x3.4-1968", NULL },
	{ "unknown-8bit", NULL }, /* RFC 1428 */
	{ "utf8", "UTF-8" },
	{ "iso8859-1", "ISO-8859-1" },
	{ "iso_8859-1", "ISO-8859-1" },
	{ "latin1", "ISO-8859-1" },
	{ "cp1252", "CP1252" },
	{ "iso8859-2", "ISO-8859-2" },
	{ "iso8859-9", "ISO-8859-9" },
	{ "iso_8859-2", "ISO-8859-2" },
	{ "iso_8859-9", "ISO-8859-9" },
	{ "latin2", "ISO-8859-2" },
	{ "latin5", "ISO-8859-9" },
	{ "cp1250", "CP1250" },
	{ "cp1251", "CP1251" },
	{ "cp1254", "CP1254" },
	{ "shift-jis", "CP932" },
	{ "x-sjis", "CP932" },
	{ "sjis", "CP932" },
	{ "windows-31j", "CP932" },
	{ "cp932", "CP932" },
	{ "ks_c_5601-1987", "UHC" },
	{ "cp949", "UHC" },
	{ "gbk", "GB18030" },
	{ "gb2312", "GB18030" },
	{ "gb_2312-80", "GB18030" },
	{ "cp936", "GB18030" },
	{ "cp950", "CP950" },
};

/* Some senders begin UTF-8 with a byte order mark, which is no text. */
static void
strip_mark(char *text)
{
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		memmove(text, text + 3, strlen(text + 3) + 1);
}

bool
charset_is_utf8(const void *octets, size_t length)
{
	const unsigned char *text = octets;
	size_t step;

	for (; length > 0; text += step, length -= step)
		if ((step = text_utf8(text, length)) == 0)
			return false;
	return true;
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
	if (rc != (size_t)-1 &&
		memchr(text, '\0', (size_t)(out - text)) != NULL) {
		rc = (size_t)-1;
		saved = EILSEQ;
	}
	if (rc != (size_t)-1) {
		strip_mark(text);
		*text_r = text;
		return 0;
	}
	wipe_free(text);
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

static const char *
iconv_name(const char *charset, bool *known_r)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		if (strcmp(charsets[i].name, charset) == 0) {
			*known_r = true;
			return charsets[i].iconv;
		}
	*known_r = false;
	return NULL;
}

bool
charset_known(const char *charset)
{
	bool known;

	iconv_name(charset, &known);
	return known;
}

/* Text of two octets a character has NULs before it is converted, and may have
 * none after it. */
static bool
has_nul(const char *from, const void *octets, size_t length)
{
	return (from == NULL || strncmp(from, "UTF-16", 6) != 0) &&
		memchr(octets, '\0', length) != NULL;
}

int
charset_decode(const char *charset, const void *octets, size_t length,
	char **text_r, struct error *e)
{
	const char *from = NULL;
	bool known = true;

	if (charset != NULL)
		from = iconv_name(charset, &known);
	if (!known)
		return error_set(e, ERROR_BAD, "the charset is not known");
	if (from == NULL && length >= 2 &&
		(memcmp(octets, "\xff\xfe", 2) == 0 ||
			memcmp(octets, "\xfe\xff", 2) == 0))
		from = "UTF-16"; /* by its byte order mark */
	if (has_nul(from, octets, length))
		return error_set(e, ERROR_BAD, "NUL octet in text");
	if (from == NULL)
		from = charset_is_utf8(octets, length) ? "UTF-8" : "CP1252";
	else if (strcmp(from, "UTF-8") == 0 && !charset_is_utf8(octets, length))
		return error_set(e, ERROR_BAD, "the text is not UTF-8");
	if (convert(from, octets, length, text_r) == 0)
		return 0;
	return failed(e);
}

/* Is an octet of ASCII that character in it, unless others switched? */
static bool
has_ascii(const char *charset)
{
	static const char *const begins[] = { "iso-8859-", "iso8859-",
		"iso_8859-", "latin", "windows-125", "cp125", "cp437", "cp850",
		"ibm437", "ibm850", "koi8-", "iso-2022-", "euc-", "ks_c_5601",
		"cp949", "shift_jis", "shift-jis", "x-sjis", "sjis", "cp932",
		"gb2312", "gb_2312", "gbk", "gb18030", "cp936", "big5", "cp950",
		"tis-620" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(charset, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* Nothing that could switch to other characters, either. */
static bool
is_ascii_text(const unsigned char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] >= 0x7f ||
			(text[i] < ' ' &&
				memchr("\t\r\n\f", text[i], 4) == NULL))
			return false;
	return true;
}

const char *
charset_of_body(const char *charset, const void *octets, size_t length)
{
	if (charset == NULL || charset[0] == '\0' ||
		(has_ascii(charset) && is_ascii_text(octets, length)))
		return NULL;
	return charset;
}
