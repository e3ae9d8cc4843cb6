/*
 * What comes from the disk is not trusted to be what we wrote: every length is
 * checked before it is used.
 */
#include "store/pack.h"

#include <string.h>

void
pack_raw(struct packer *p, const void *octets, size_t length)
{
	if (p->failed || length > sizeof(p->data) - p->length) {
		p->failed = true;
		return;
	}
	if (length > 0)
		memcpy(p->data + p->length, octets, length);
	p->length += length;
}

void
pack_number(struct packer *p, uint64_t value, unsigned int octets)
{
	unsigned char out[8];

	for (unsigned int i = 0; i < octets; i++)
		out[i] = (unsigned char)(value >> (8 * (octets - 1 - i)));
	pack_raw(p, out, octets);
}

void
pack_octets(struct packer *p, const void *octets, size_t length)
{
	if (length > UINT16_MAX) {
		p->failed = true;
		return;
	}
	pack_number(p, length, 2);
	pack_raw(p, octets, length);
}

void
pack_text(struct packer *p, const char *text)
{
	pack_octets(p, text, strlen(text));
}

struct octets
pack_row(const struct packer *p)
{
	return (struct octets){ p->data, p->length };
}

struct unpacker
unpack_row(const void *row, size_t length)
{
	return (struct unpacker){ .at = row, .left = length };
}

static const unsigned char *
take(struct unpacker *u, size_t length)
{
	const unsigned char *at = u->at;

	if (u->failed || length > u->left) {
		u->failed = true;
		return NULL;
	}
	u->at += length;
	u->left -= length;
	return at;
}

uint64_t
unpack_number(struct unpacker *u, unsigned int octets)
{
	const unsigned char *at = take(u, octets);
	uint64_t value = 0;

	for (unsigned int i = 0; at != NULL && i < octets; i++)
		value = value << 8 | at[i];
	return value;
}

int64_t
unpack_time(struct unpacker *u)
{
	uint64_t value = unpack_number(u, 8);

	if (value > INT64_MAX) {
		u->failed = true;
		return 0;
	}
	return (int64_t)value;
}

size_t
unpack_octets(struct unpacker *u, void *out, size_t size)
{
	size_t length = (size_t)unpack_number(u, 2);
	const unsigned char *at;

	if (length > size)
		u->failed = true;
	at = take(u, length);
	if (at == NULL)
		return 0;
	memcpy(out, at, length);
	return length;
}

void
unpack_text(struct unpacker *u, char *out, size_t size)
{
	size_t length = unpack_octets(u, out, size - 1);

	out[length] = '\0';
	if (memchr(out, '\0', length) != NULL)
		u->failed = true;
}

bool
unpack_done(const struct unpacker *u)
{
	return !u->failed && u->left == 0;
}

struct octets
text_octets_of(const char *text)
{
	return (struct octets){ text, strlen(text) };
}
