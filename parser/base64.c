/*
 * Base64, for the attachments in a report and the body of a sealed mail.
 */
#include "parser/base64.h"

size_t
base64_size(size_t length)
{
	return (length + 2) / 3 * 4;
}

void
base64_encode(const unsigned char *in, size_t length, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int group;
	size_t i;

	for (i = 0; i < length; i += 3) {
		group = (unsigned int)in[i] << 16;
		group |= i + 1 < length ? (unsigned int)in[i + 1] << 8 : 0;
		group |= i + 2 < length ? in[i + 2] : 0;
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
		*out++ = i + 2 < length ? digits[group & 63] : '=';
	}
}
