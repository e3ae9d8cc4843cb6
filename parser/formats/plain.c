/*
 * Only characters of two and three octets are looked for, in the few rows of
 * Unicode that devices and mail programs write for ASCII.
 */
#include "parser/formats/plain.h"

#include <stdlib.h>
#include <string.h>

/* What a character is written as; 0: nothing, -1: itself. */
static int
plain_of(unsigned int c)
{
	if (c >= 0xff01 && c <= 0xff5e) /* full-width forms */
		return (int)(c - 0xff01) + '!';
	if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
		c == 0x205f || c == 0x3000)
		return ' ';
	if ((c >= 0x200b && c <= 0x200f) || c == 0xfeff || c == 0xad)
		return 0;
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	if (c == 0x2018 || c == 0x2019)
		return '\'';
	return -1;
}

/* A character of two or three octets; 0: another one. */
static unsigned int
character(const unsigned char *at, size_t *octets_r)
{
	*octets_r = 1;
	if ((at[0] & 0xe0) == 0xc0 && at[1] != '\0') {
		*octets_r = 2;
		return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
	}
	if ((at[0] & 0xf0) == 0xe0 && at[1] != '\0' && at[2] != '\0') {
		*octets_r = 3;
		return (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 |
			(at[2] & 0x3fu);
	}
	return 0;
}

void
plain_text(char *text)
{
	const unsigned char *in = (unsigned char *)text;
	char *out = text;
	size_t octets;
	int c;

	while (*in != '\0') {
		c = *in < 0xc2 ? -1 : plain_of(character(in, &octets));
		if (*in < 0xc2)
			octets = 1;
		if (c > 0) {
			*out++ = (char)c;
		} else if (c == -1) {
			memmove(out, in, octets);
			out += octets;
		}
		in += octets;
	}
	*out = '\0';
}

char *
plain_copy(const char *text)
{
	char *copy = strdup(text);

	if (copy != NULL)
		plain_text(copy);
	return copy;
}

size_t
plain_width(const char *text, size_t *octets_r)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned int c = character(at, octets_r);

	if ((at[0] & 0xf8) == 0xf0)
		*octets_r = strnlen(text, 4);
	return c >= 0x1100 && (c < 0x2000 || c >= 0x2e80) ? 2 : 1;
}
