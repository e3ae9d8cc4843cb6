/*
 * Base64, for the attachments in a report, the body of a sealed mail, and
 * encoded words.
 */
#include "parser/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_size(size_t length)
{
	return (length + 2) / 3 * 4;
}

void
base64_encode(const unsigned char *in, size_t length, char *out)
{
	unsigned int group;

	for (size_t i = 0; i < length; i += 3) {
		group = (unsigned int)in[i] << 16;
		group |= i + 1 < length ? (unsigned int)in[i + 1] << 8 : 0;
		group |= i + 2 < length ? in[i + 2] : 0;
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
		*out++ = i + 2 < length ? digits[group & 63] : '=';
	}
}

long
base64_decode(const char *in, size_t length, unsigned char *out)
{
	unsigned int group = 0;
	const char *digit;
	long count = 0;

	while (length > 0 && in[length - 1] == '=')
		length--;
	for (size_t i = 0; i < length; i++) {
		digit = memchr(digits, in[i], sizeof(digits) - 1);
		if (digit == NULL)
			return -1;
		group = group << 6 | (unsigned int)(digit - digits);
		if (i % 4 > 0)
			out[count++] =
				(unsigned char)(group >> (6 - i % 4 * 2));
	}
	return count;
}
