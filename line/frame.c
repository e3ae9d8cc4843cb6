/*
 * See frame.h. A reader needs no more state than what came since the last zero:
 * so it finds its way again at the next one, whatever was lost.
 */
#include "line/frame.h"

#include <string.h>

void
frame_put32(unsigned char out[4], uint32_t number)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(number >> (24 - 8 * i));
}

uint32_t
frame_get32(const unsigned char in[4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 |
		(uint32_t)in[2] << 8 | in[3];
}

/* Four bits at once: lines are slow. */
uint32_t
frame_crc(const void *octets, size_t length)
{
	static const uint32_t table[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede,
		0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4,
		0xd3d3e1ab, 0xe330a81a, 0xf36e6f75 };
	const unsigned char *at = octets;
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= at[i];
		crc = table[crc & 15] ^ crc >> 4;
		crc = table[crc & 15] ^ crc >> 4;
	}
	return ~crc;
}

/* Each zero is taken out, and how far it is to the next one stands before. */
static size_t
stuff(const unsigned char *octets, size_t length, unsigned char *coded)
{
	size_t out = 1, code = 0;

	for (size_t i = 0; i < length; i++) {
		if (octets[i] != 0)
			coded[out++] = octets[i];
		if (octets[i] != 0 && out - code < 255)
			continue;
		coded[code] = (unsigned char)(out - code);
		code = out++;
	}
	coded[code] = (unsigned char)(out - code);
	return out;
}

size_t
frame_write(
	const void *octets, size_t length, unsigned char coded[FRAME_CODED_MAX])
{
	unsigned char all[FRAME_MAX + FRAME_CRC_SIZE];
	size_t out = 0;

	memcpy(all, octets, length);
	frame_put32(all + length, frame_crc(octets, length));
	coded[out++] = 0;
	out += stuff(all, length + FRAME_CRC_SIZE, coded + out);
	coded[out++] = 0;
	return out;
}

/* In place; 0: it is nothing that stuff could have written. */
static size_t
unstuff(unsigned char *octets, size_t length)
{
	size_t in = 0, out = 0, code;

	while (in < length) {
		code = octets[in++];
		if (code - 1 > length - in)
			return 0;
		memmove(octets + out, octets + in, code - 1);
		in += code - 1;
		out += code - 1;
		if (code < 255 && in < length)
			octets[out++] = 0;
	}
	return out;
}

/* The length without its CRC of what stands there; 0: it is no frame. */
static size_t
decode(struct frame_reader *r)
{
	size_t length = unstuff(r->octets, r->length);

	if (length <= FRAME_CRC_SIZE || length > FRAME_MAX + FRAME_CRC_SIZE)
		return 0;
	length -= FRAME_CRC_SIZE;
	return frame_crc(r->octets, length) == frame_get32(r->octets + length)
		? length
		: 0;
}

size_t
frame_read(struct frame_reader *r, const unsigned char *octets, size_t length,
	size_t *length_r)
{
	size_t taken = 0;

	*length_r = 0;
	while (taken < length && *length_r == 0) {
		if (octets[taken] != 0 && r->length < sizeof(r->octets))
			r->octets[r->length++] = octets[taken];
		else if (octets[taken] != 0)
			r->passed_over++; /* too long; and so is the rest */
		else if (r->length > 0) {
			*length_r = decode(r);
			if (*length_r == 0)
				r->passed_over += r->length;
			r->length = 0;
		}
		taken++;
	}
	return taken;
}
