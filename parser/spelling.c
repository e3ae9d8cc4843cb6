/*
 * That there is one spelling is not argued but made sure of: what was read is
 * spelled again, and must come out the same.
 */
#include "parser/spelling.h"

#include <string.h>

#include "base/text.h"

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

/* Canonical already. */
static void
spell(const char *name, char *out)
{
	for (; *name != '\0'; name++) {
		if (strchr(plain, *name) != NULL) {
			*out++ = *name;
			continue;
		}
		*out++ = '=';
		text_hex(name, 1, out);
		text_upper(out);
		out += 2;
	}
	*out = '\0';
}

bool
spelling_make(const char *name, char out[SPELLED_SIZE])
{
	char canonical[SERIAL_SIZE];

	out[0] = '\0';
	if (!claims_serial(name, strlen(name), canonical))
		return false;
	spell(canonical, out);
	return true;
}

/* The octet at *at, which moves behind it; -1: there is none. */
static int
next_octet(const char **at)
{
	char hex[3];
	unsigned char octet;

	if (**at != '=')
		return (unsigned char)*(*at)++;
	if ((*at)[1] == '\0' || (*at)[2] == '\0')
		return -1;
	memcpy(hex, *at + 1, 2);
	hex[2] = '\0';
	*at += 3;
	return text_unhex(hex, &octet, 1) == 1 ? octet : -1;
}

/* A name of as many octets as there is room for, or fewer. */
static bool
unspell(const char *text, char name_r[SERIAL_SIZE])
{
	size_t length = 0;
	int octet;

	while (*text != '\0') {
		octet = next_octet(&text);
		if (octet <= 0 || length == SERIAL_SIZE - 1)
			return false;
		name_r[length++] = (char)octet;
	}
	name_r[length] = '\0';
	return true;
}

bool
spelling_read(const char *text, size_t length, char name_r[SERIAL_SIZE])
{
	char copy[SPELLED_SIZE], again[SPELLED_SIZE];

	if (length > 0 && length < sizeof(copy) &&
		memchr(text, '\0', length) == NULL) {
		memcpy(copy, text, length);
		copy[length] = '\0';
		if (unspell(copy, name_r) && spelling_make(name_r, again) &&
			strcmp(copy, again) == 0)
			return true;
	}
	name_r[0] = '\0';
	return false;
}
